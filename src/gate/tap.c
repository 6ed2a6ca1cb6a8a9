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

/* "Incident 17", "Incidents 17, 18 and 21" */
static void
put_incidents(struct buf *b, const struct tap *tap)
{
	buf_add(b, tap->incident_n > 1 ? STR("Incidents") : STR("Incident"));
	for (size_t i = 0; i < tap->incident_n; i++) {
		bool last = i > 0 && i + 1 == tap->incident_n;
		buf_printf(b, "%s %u", last ? " and" : i > 0 ? "," : "", tap->incident[i]);
	}
}

static void
put_link(struct buf *b, const struct tap *tap)
{
	if (tap->incident_n == 1)
		buf_printf(b,
		    "<p><a href=\"/incidents/%u\">All about incident %u</a></p>\n",
		    tap->incident[0], tap->incident[0]);
	else
		buf_add(b, STR("<p><a href=\"/incidents\">All that is open</a></p>\n"));
}

/* `tap`: of what; NULL: nothing is known. */
static void
say(struct call *call, unsigned status, str text, const struct tap *tap)
{
	struct buf *b = &call->stream.out;
	begin_page(call);
	buf_add(b, status < 300 ? STR("<h1>") : STR("<h1 class=\"wrong\" role=\"alert\">"));
	html_put(b, text);
	buf_add(b, STR("</h1>\n"));
	if (tap != NULL && tap->incident_n > 0)
		put_link(b, tap);
	end_page(call, status);
}

static void
on_done(struct call *call, const struct answer *answer)
{
	struct tap tap;
	if (!tap_peek(call->match.name, &tap))
		tap = (struct tap){ 0 };
	if (answer == NULL)
		say(call, 503, STR("Firstline is starting: tap once more, in a second"),
		    NULL);
	else if (answer->status < 200 || answer->status >= 300)
		say(call, answer->status, answer->error, &tap);
	else if (answer->note.n > 0)
		say(call, 200, answer->note, &tap);
	else
		say(call, 200, STR("It is yours"), &tap);
}

void
serve_tap_page(struct call *call)
{
	struct buf *b = &call->stream.out;
	struct tap tap;
	if (!tap_peek(call->match.name, &tap)) {
		say(call, 404, STR("There is nothing here"), NULL);
		return;
	}
	begin_page(call);
	buf_add(b, STR("<h1>"));
	put_incidents(b, &tap);
	buf_add(b, STR("</h1>\n<form method=\"post\"><button class=\"primary\">"));
	buf_printf(b, "Acknowledge</button></form>\n<p>%s yours then, ",
	    tap.incident_n > 1 ? "Those that nobody has are" : "It is");
	html_put(b, tap.person);
	buf_add(b, STR(", and nobody else is called.</p>\n"));
	put_link(b, &tap);
	end_page(call, 200);
}

void
serve_tap(struct call *call)
{
	struct request request = { .op = OP_TAPPED, .secret = call->match.name };
	if (link_ready(call))
		link_ask(call, &request, on_done);
}
