#ifndef HANDS_CALENDARS_H
#define HANDS_CALENDARS_H

#include "hands/net.h"
#include "hands/tell.h"
#include "model/calendar_url.h"

/*
 * calendars -- fetches `calendar_urls`, each at its own pace, and hands what comes to the
 * supervisor: nothing of it is read here.
 *
 *	it is due           GET with what its server said of the last copy (ETag, Last-Modified)
 *	200                 the whole of it, at most CALENDAR_BYTES_MAX: FETCHED_NEW
 *	304                 FETCHED_SAME
 *	anything else       FETCHED_FAILED, and again after a minute, two, four, until `every`
 *
 * Redirects are not followed, and addresses that address.h forbids are not gone to. A URL that
 * is a secret is read for each try and stands in no message. What is known of a copy goes with
 * each new configuration, since what was refused then may fit now; when it is due does not.
 */
#define CALENDAR_TIMEOUT_MS (20 * SECOND)
#define CALENDAR_RETRY_MS MINUTE

struct calendars;

/* What came of one: into a frame for the supervisor. */
typedef void calendars_came(void *ctx, const struct calendar_frame *frame);

struct calendars *calendars_new(uv_loop_t *loop, struct net *net, calendars_came *came,
    void *ctx);
/* After net_free; the loop must run once more. */
void calendars_free(struct calendars *calendars);

/* New ones, and those whose URL is another, are fetched at once. */
void calendars_adopt(struct calendars *calendars, const struct model *model);
/* Somebody asks for it. */
void calendars_now(struct calendars *calendars);

#endif
