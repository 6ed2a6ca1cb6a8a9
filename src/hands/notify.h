#ifndef HANDS_NOTIFY_H
#define HANDS_NOTIFY_H

#include "base/list.h"
#include "hands/notices.h"
#include "hands/words.h"

/*
 * notify -- one try that is out; shared by notices.c and the file of each kind of channel.
 */
struct line;
struct notice_out {
	struct link link;
	struct line *line;
	row_id id;
	void *own;                   /* of its kind's file, freed with it */
	msec began_ms;               /* boot time */
	const struct worded *worded; /* while it starts */
	/* PURPOSE_TEST: what is told besides; else NULL */
	struct notice_tried *tried;
};

/* What a test sent, its secrets masked, and what was answered. */
struct notice_tried {
	bool showing;    /* notify_order sends nothing, and writes down what would go out */
	bool only_shown; /* nothing is ever sent */
	struct buf request, answer;
};

/* net_start; or write the request down. */
struct net_order;
NODISCARD bool notify_order(struct notice_out *out, struct net *net,
    const struct net_order *order, struct err *err);
/* Keep what was answered, where somebody wants to see it. */
struct net_answer;
void notify_heard(struct notice_out *out, const struct net_answer *answer);

/* Starts a try; false when it could not: ERR_INVALID where another cannot either. Else
 * notice_done, later, once. */
typedef bool notify_start_fn(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice, struct err *err);
notify_start_fn notify_smtp_start, notify_webhook_start, notify_ntfy_start,
    notify_mattermost_start, notify_teams_start, notify_pagerduty_start,
    notify_twilio_start, notify_slack_start, notify_voice_start;

/* What they send; each file's top shows it. `markup`: the text is in the channel's own. */
void ntfy_body(struct buf *out, const struct notice_row *notice);
void mattermost_body(struct buf *out, const struct notice_row *notice, bool markup);
void mattermost_escape(struct buf *out, str text);
void teams_body(struct buf *out, const struct notice_row *notice, bool markup);
void pagerduty_body(struct buf *out, const struct notice_row *notice, str routing_key);
/* `whole`: all of the text, not the subject. */
void twilio_body(struct buf *out, const struct notice_row *notice, str from, bool whole);
/* One POST to Twilio: of a text message, or of a call. */
NODISCARD bool twilio_post(struct notice_out *out, struct net *net,
    const struct channel *channel, const char *what, str body, struct err *err);
void twilio_put(struct buf *out, const char *name, str value);
/* Is it a call, or can it wait until a text message is read? */
bool voice_calls(const struct notice_row *notice);
void voice_body(struct buf *out, const struct notice_row *notice, str from, bool whole);

/* `calls`: its app calls us, so there may be a button to press. */
void slack_body(struct buf *out, const struct notice_row *notice, str channel, str ts,
    bool reply, bool markup, bool calls);
void slack_escape(struct buf *out, str text);
/* Whether it was taken, why not, and what the message is called, from the answer. */
void slack_answer(uint32_t status, str body, struct arena *arena,
    struct notice_result *ret);

/* tried.c. Begins one for a notice of PURPOSE_TEST. */
struct notice_tried *tried_new(const struct notice_row *notice);
void tried_free(struct notice_tried *tried);
/* What its kind is given to write down: every secret is SECRET_MASKED. */
struct channel tried_channel(const struct channel *channel);
/* ... and, where it is only shown, the notice that it is shown as. */
struct notice_row tried_notice(const struct notice_row *notice);
/* Puts request and answer into the result, in the arena. Secrets of the channel are taken
 * out of the answer; without a channel (NULL), or where they cannot be read, all of it. */
void tried_tell(const struct notice_tried *tried, const struct channel *channel,
    struct arena *arena, struct notice_result *result);

/* Tells it and frees it. */
void notice_done(struct notice_out *out, const struct notice_result *result);

#endif
