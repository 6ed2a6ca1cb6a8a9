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
	void *own; /* of its kind's file, freed with it */
};

/* Starts a try; false when it could not: ERR_INVALID where another cannot either. Else
 * notice_done, later, once. */
typedef bool notify_start_fn(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice, struct err *err);
notify_start_fn notify_smtp_start, notify_webhook_start, notify_ntfy_start,
    notify_mattermost_start, notify_teams_start, notify_pagerduty_start,
    notify_twilio_start, notify_slack_start;

/* What they send; each file's top shows it. */
void ntfy_body(struct buf *out, const struct notice_row *notice);
void mattermost_body(struct buf *out, const struct notice_row *notice);
void mattermost_escape(struct buf *out, str text);
void teams_body(struct buf *out, const struct notice_row *notice);
void pagerduty_body(struct buf *out, const struct notice_row *notice, str routing_key);
void twilio_body(struct buf *out, const struct notice_row *notice, str from);

void slack_body(struct buf *out, const struct notice_row *notice, str channel, str ts,
    bool reply);
void slack_escape(struct buf *out, str text);
/* Whether it was taken, why not, and what the message is called, from the answer. */
void slack_answer(uint32_t status, str body, struct arena *arena,
    struct notice_result *ret);

/* Tells it and frees it. */
void notice_done(struct notice_out *out, const struct notice_result *result);

#endif
