#ifndef HANDS_WEBHOOK_H
#define HANDS_WEBHOOK_H

#include "base/buf.h"
#include "base/err.h"
#include "facts/row.h"

/*
 * webhook -- a notice as a Standard Webhooks message (standardwebhooks.com, 1.0.0).
 *
 *	webhook-id: notice-42
 *	webhook-timestamp: 1795456684
 *	webhook-signature: v1,BASE64(HMAC-SHA256(key, id "." timestamp "." body))
 *
 *	{"type": "incident.opened", "timestamp": "2026-11-23T07:18:22.380Z", "data": {...}}
 *
 * data: notice, incident (a number, left out when 0), person and address (left out when
 * empty), subject, text, then the notice's fields in their order; a field that bears one
 * of those names is left out. The body depends on the notice alone, so a repetition is
 * byte-identical and bears the same id.
 */
void webhook_body(struct buf *out, const struct notice_row *notice);

/* "incident.opened", "incident.needs_person", "firstline.self", ... */
const char *webhook_type(enum notice_purpose purpose);

/* "whsec_" and base64 of the key, or the key itself as it is. ERR_INVALID when what
 * follows whsec_ is not base64, or the key is empty. */
#define WEBHOOK_SECRET_MAX 4096
NODISCARD bool webhook_sign(struct buf *out, str secret, str id, uint64_t timestamp,
    str body, struct err *err);

#endif
