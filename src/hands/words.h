#ifndef HANDS_WORDS_H
#define HANDS_WORDS_H

#include "base/arena.h"
#include "facts/row.h"
#include "model/model.h"

/*
 * words -- a channel's own words (model/channel_words.c), filled in for one notice.
 *
 * What stands in the configuration is taken as it is, also where it formats; what is filled
 * in comes from outside and is escaped for where it goes. Where something cannot be made
 * (too long, no JSON after all) our own words go out: nobody stays untold for a template.
 */
struct worded {
	bool own_text; /* `text` of the notice is the channel's */
	bool markup;   /* ... and is Slack's mrkdwn, or Mattermost's Markdown */
	str html;      /* SMTP: beside the text; or empty */
	str body;      /* WEBHOOK: instead of ours; or empty */
};

/* Replaces the notice's subject and text. All made stands in the arena, at most
 * WORDS_BYTES_MAX of it. */
#define WORDS_BYTES_MAX ((size_t)512 * 1024)
void words_fill(const struct channel *channel, struct notice_row *notice,
    struct arena *arena, struct worded *ret);

#endif
