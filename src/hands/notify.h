#ifndef HANDS_NOTIFY_H
#define HANDS_NOTIFY_H

#include "base/list.h"
#include "hands/notices.h"

/*
 * notify -- one try that is out; shared by notices.c and the file of each kind of channel.
 */
struct line;
struct notice_out {
	struct link link;
	struct line *line;
	row_id id;
};

/* Each starts a try; false when it could not: ERR_INVALID where another cannot either.
 * Else notice_done, later, once. */
NODISCARD bool notify_webhook_start(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice, struct err *err);
NODISCARD bool notify_smtp_start(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice, struct err *err);

/* Tells it and frees it. */
void notice_done(struct notice_out *out, const struct notice_result *result);

#endif
