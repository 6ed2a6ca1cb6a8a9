#ifndef GATE_GROUPS_H
#define GATE_GROUPS_H

#include "facts/frame.h"

/*
 * groups -- alerts gathered, then written group by group, as GET /api/v2/alerts/groups wants
 * them: groups by their labels and receiver, the alerts of one by job, instance and labels.
 *
 * All of them are in memory before the first byte is written, about 1.5 KiB each, so there is
 * a bound, and who asks for more is told to filter.
 */
#define GROUPS_BYTES_MAX ((size_t)192 << 20)

struct groups;

struct groups *groups_new(void);
void groups_free(struct groups *groups);
/* `json` is the alert as it will be written; the item's `group` and `owner` say where. false:
 * there is no room for it. */
NODISCARD bool groups_add(struct groups *groups, const struct alert_item *item,
    const struct alert_body *body, str json);
/* All are there. */
void groups_sort(struct groups *groups);
/* "[{"alerts":[...],"labels":{...},"receiver":{"name":"..."}}]", about `most` bytes more of it.
 * true: there is more. */
bool groups_write(struct groups *groups, struct buf *out, size_t most);

#endif
