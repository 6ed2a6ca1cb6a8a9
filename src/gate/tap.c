/*
 * tap -- /act/LINK: one thing, done with one tap, by whoever holds the link that was sent to
 * them. Without a script and without signing in.
 *
 *	GET  /act/acknowledge.17....    a page with one button; changes nothing, since mail
 *	                                programs and their scanners open links before people do
 *	POST /act/acknowledge.17....    does it
 *
 * Whether the link is ours and still good, only the engine knows.
 */
#include "intake/tap.h"

#include "gate/pages.h"
#include "gate/reading.h"
#include "gate/state.h"

static void
begin_page(struct call *call)
{
	const struct page_file *file = page_find(STR("act-head"));
	if (file != NULL)
		buf_add(&call->stream.out, file->body[PAGE_PLAIN]);
	else
		buf_add(&call->stream.out,
		    STR("<!doctype html>\n<title>Firstline</title>\n<main>\n"));
}

static void
end_page(struct call *call, unsigned status)
{
	buf_add(&call->stream.out, STR("</main>\n"));
	stream_whole(call, status, "text/html; charset=utf-8");
}

static void
put_link(struct buf *b, incident_id incident)
{
	buf_printf(b, "<p><a href=\"/incidents/%u\">All about incident %u</a></p>\n",
	    incident, incident);
}

static void
say(struct call *call, unsigned status, str text, incident_id incident)
{
	struct buf *b = &call->stream.out;
	begin_page(call);
	buf_add(b, status < 300 ? STR("<h1>") : STR("<h1 class=\"wrong\" role=\"alert\">"));
	html_put(b, text);
	buf_add(b, STR("</h1>\n"));
	if (incident != 0)
		put_link(b, incident);
	end_page(call, status);
}

static void
on_done(struct call *call, const struct answer *answer)
{
	struct tap tap;
	if (!tap_peek(call->match.name, &tap))
		tap = (struct tap){ 0 };
	if (answer == NULL)
		say(call, 503, STR("Firstline is starting: tap once more, in a second"), 0);
	else if (answer->status < 200 || answer->status >= 300)
		say(call, answer->status, answer->error, tap.incident);
	else if (answer->note.n > 0)
		say(call, 200, answer->note, tap.incident);
	else
		say(call, 200, STR("It is yours"), tap.incident);
}

void
serve_tap_page(struct call *call)
{
	struct buf *b = &call->stream.out;
	struct tap tap;
	if (!tap_peek(call->match.name, &tap)) {
		say(call, 404, STR("There is nothing here"), 0);
		return;
	}
	begin_page(call);
	buf_printf(b,
	    "<h1>Incident %u</h1>\n<form method=\"post\"><button class=\"primary\">",
	    tap.incident);
	buf_add(b, STR("Acknowledge</button></form>\n<p>It is yours then, "));
	html_put(b, tap.person);
	buf_add(b, STR(", and nobody else is called.</p>\n"));
	put_link(b, tap.incident);
	end_page(call, 200);
}

void
serve_tap(struct call *call)
{
	struct request request = { .op = OP_TAPPED, .secret = call->match.name };
	if (link_ready(call))
		link_ask(call, &request, on_done);
}
