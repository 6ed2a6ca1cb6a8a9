/*
 * feed -- /feed/LINK.ics: who is on duty, as a calendar that programs subscribe to. Without
 * signing in: whoever has the link reads it. What it opens only the engine knows.
 *
 * The engine answers with whose calendar it is and then with its shifts; here they become
 * text as they come. The tag is of the shifts, not of the text, in which each event says when
 * it was written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "facts/shift_ical.h"
#include "gate/state.h"
#include "os/clock.h"

#define FEED_ENDS ".ics"
#define FEED_TYPE "text/calendar; charset=utf-8"

struct feed {
	bool begun;
	msec from_wall, now_wall;
	uint64_t tag;
};

/* "person:ana" to "On duty: ana"; alike of a team, and of "ops/primary". */
static void
begin(struct call *call, struct feed *feed, const struct token_row *row)
{
	struct buf name = BUF(4096);
	str whose = str_cut(row->feed, ':').tail;
	buf_printf(&name, "On duty: %.*s", STR_ARG(whose));
	ical_begin(&call->stream.out, buf_str(&name));
	feed->begun = true;
	feed->from_wall = row->made_wall;
	feed->now_wall = clock_wall();
	feed->tag = fnv64(FNV64_BASIS, buf_str(&name));
	buf_done(&name);
}

static bool
put_items(struct call *call, struct feed *feed, const struct answer *answer)
{
	const struct item *items = answer->items.p;
	for (size_t i = 0; i < answer->items.n; i++) {
		struct arena scratch = call->gate->scratch;
		const struct record_type *type;
		void *record;
		if (!item_decode(call->gate, &items[i], &scratch, &record, &type))
			return false;
		if (type == &token_row_type && !feed->begun)
			begin(call, feed, record);
		else if (type != &shift_item_type || !feed->begun)
			return false;
		feed->tag = fnv64(feed->tag, items[i].body);
		if (type == &shift_item_type &&
		    ((const struct shift_item *)record)->until_wall + SHIFTS_PAST_MS >=
			feed->now_wall)
			shift_ical(&call->stream.out, record, feed->from_wall,
			    feed->now_wall);
	}
	return !call->stream.out.overflow;
}

static void
finish(struct call *call, const struct feed *feed)
{
	char tag[32];
	(void)snprintf(tag, sizeof(tag), "\"%016llx\"", (unsigned long long)feed->tag);
	ical_end(&call->stream.out);
	if (head_etag_matches(&call->head, str_of(tag)))
		respond(call, 304, NULL, STR(""));
	else
		stream_whole(call, 200, FEED_TYPE);
	char weak[40];
	(void)snprintf(weak, sizeof(weak), "W/%s", tag);
	response_header(call->response, "ETag", weak);
	(void)MHD_del_response_header(call->response, "Cache-Control", "no-store");
	response_header(call->response, "Cache-Control", "private, no-cache");
}

static void
on_answer(struct call *call, const struct answer *answer)
{
	struct feed *feed = call->own;
	if (answer == NULL)
		respond_no_engine(call);
	else if (answer->status != 200)
		respond_answer_error(call, answer);
	else if (!put_items(call, feed, answer) || (!answer->more && !feed->begun))
		respond_error(call, 500, 1, "the engine's answer is malformed or too long");
	else if (!answer->more)
		finish(call, feed);
}

static void
on_end(struct call *call)
{
	free(call->own);
}

void
serve_feed(struct call *call)
{
	str link = call->match.name;
	if (str_ends(link, STR(FEED_ENDS)))
		link.n -= strlen(FEED_ENDS);
	struct request request = { .op = OP_FEED, .secret = link };
	call->own = calloc(1, sizeof(struct feed));
	ASSERT(call->own != NULL);
	call->on_end = on_end;
	if (link_ready(call))
		link_ask(call, &request, on_answer);
}
