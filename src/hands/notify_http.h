#ifndef HANDS_NOTIFY_HTTP_H
#define HANDS_NOTIFY_HTTP_H

#include "hands/notify.h"

/*
 * notify_http -- a notice as one POST: what the kinds of channel that speak HTTP share.
 *
 * A status of 200 to 299 is delivered; another of 400 to 499 but 408 and 429 is permanent.
 */
#define NOTIFY_BODY_MAX (256 * 1024)
#define NOTIFY_HEADERS_MAX 4

struct notify_post {
	const char *url;
	const char *headers[NOTIFY_HEADERS_MAX]; /* "name: value"; NULL ends them */
	str body;
};
NODISCARD bool notify_post(struct notice_out *out, struct net *net,
    const struct notify_post *post, struct err *err);

/* The channel's URL with `path` behind it, also where the URL is a secret. */
#define NOTIFY_URL_MAX 4096
NODISCARD bool notify_url(const struct channel *channel, const char *path,
    char ret[NOTIFY_URL_MAX], struct err *err);

/* What `body` makes of the notice, as JSON, to the channel's URL, which may be a secret. */
NODISCARD bool notify_card(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice,
    void (*body)(struct buf *out, const struct notice_row *notice, bool markup),
    struct err *err);

/* "Authorization: Bearer SECRET", or "Authorization: Basic base64(user:SECRET)" with a user;
 * empty where the channel has no secret. Whoever got it wipes it. */
#define NOTIFY_HEADER_MAX 8192
NODISCARD bool notify_authorization(const struct channel *channel, str user,
    char ret[NOTIFY_HEADER_MAX], struct err *err);

/* A field of the notice ("severity", "url"), or empty. */
str notify_field(const struct notice_row *notice, const char *name);
/* Is it the end of what was told of? */
bool notify_is_end(const struct notice_row *notice);
/* Is that the name of a field with a link of one tap? */
bool notify_is_tap(str name);
/* "firstline-incident-17": the same for all that is told of one thing. */
str notify_thread(const struct notice_row *notice, char ret[64]);

#endif
