/*
 * tap -- /act/LINK: one thing, done with one tap, by whoever holds the link that was sent to
 * them. Without a script and without signing in.
 *
 *	GET  /act/acknowledge.17....    a page with one button; changes nothing, since mail
 *	                                programs and their scanners open links before people do
 *	POST /act/acknowledge.17....    does it
 *	     /act/useful.17....         says that it was useful to know of it
 *	     /act/not-useful.17....     that it was not
 *	     /act/was-useful.17-18....  "said=18-no": of one of those, and asks of the rest again
 *
 * Whether the link is ours and still good, only the engine knows.
 */
#include "intake/tap.h"
#include "intake/form.h"

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

/* "said=18-no": of which, and what. */
static bool
read_said(struct call *call, incident_id *ret_incident, str *ret_answer)
{
	struct arena scratch = call->gate->scratch;
	str said;
	uint64_t incident;
	if (form_value(buf_str(&call->body), STR("said"), &scratch, &said) != FORM_FOUND)
		return false;
	struct str_cut cut = str_cut(said, '-');
	bool yes = str_eq(cut.tail, STR("yes"));
	if (!str_u64(cut.head, UINT32_MAX, &incident) ||
	    (!yes && !str_eq(cut.tail, STR("no"))))
		return false;
	*ret_incident = (incident_id)incident;
	*ret_answer = yes ? STR("yes") : STR("no");
	return true;
}

static void
put_answer(struct buf *b, incident_id incident, const char *answer, const char *label)
{
	buf_printf(b, " <button name=\"said\" value=\"%u-%s\">%s</button>", incident,
	    answer, label);
}

/* A pair of buttons for each; without a script, one is pressed at a time. */
static void
put_asks(struct buf *b, const struct tap *tap)
{
	buf_add(b, STR("<form method=\"post\">\n"));
	for (size_t i = 0; i < tap->incident_n; i++) {
		buf_printf(b, "<p>Incident %u:", tap->incident[i]);
		put_answer(b, tap->incident[i], "yes", "useful");
		put_answer(b, tap->incident[i], "no", "not useful");
		buf_add(b, STR("</p>\n"));
	}
	buf_add(b, STR("</form>\n<p>Said by "));
	html_put(b, tap->person);
	buf_add(b, STR("; what you say last counts.</p>\n"));
}

static void
say_asked(struct call *call, const struct tap *tap)
{
	struct buf *b = &call->stream.out;
	incident_id incident;
	str answer;
	bool read = read_said(call, &incident, &answer);
	ASSERT(read); /* it was asked with that */
	begin_page(call);
	buf_printf(b, "<h1>Noted: incident %u was %suseful</h1>\n", incident,
	    str_eq(answer, STR("yes")) ? "" : "not ");
	if (tap->incident_n > 1)
		put_asks(b, tap);
	put_link(b, tap);
	end_page(call, 200);
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
	else if (tap.act == TAP_ASKS)
		say_asked(call, &tap);
	else if (tap.act == TAP_USEFUL)
		say(call, 200, STR("Noted: it was useful"), &tap);
	else if (tap.act == TAP_USELESS)
		say(call, 200, STR("Noted: it was not useful"), &tap);
	else
		say(call, 200, STR("It is yours"), &tap);
}

static void
put_acknowledge(struct buf *b, const struct tap *tap)
{
	buf_add(b, STR("<h1>"));
	put_incidents(b, tap);
	buf_add(b, STR("</h1>\n<form method=\"post\"><button class=\"primary\">"));
	buf_printf(b, "Acknowledge</button></form>\n<p>%s yours then, ",
	    tap->incident_n > 1 ? "Those that nobody has are" : "It is");
	html_put(b, tap->person);
	buf_add(b, STR(", and nobody else is called.</p>\n"));
}

static void
put_useful(struct buf *b, const struct tap *tap)
{
	buf_add(b, STR("<h1>"));
	put_incidents(b, tap);
	buf_add(b, STR("</h1>\n<form method=\"post\"><button class=\"primary\">"));
	buf_add(b, tap->act == TAP_USEFUL ? STR("It was useful to know of it")
					  : STR("It was not useful to know of it"));
	buf_add(b, STR("</button></form>\n<p>Said by "));
	html_put(b, tap->person);
	buf_add(b, STR("; what you say last counts.</p>\n"));
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
	if (tap.act == TAP_ACKNOWLEDGE) {
		put_acknowledge(b, &tap);
	} else if (tap.act == TAP_ASKS) {
		buf_add(b, STR("<h1>Was it useful to know of it?</h1>\n"));
		put_asks(b, &tap);
	} else {
		put_useful(b, &tap);
	}
	put_link(b, &tap);
	end_page(call, 200);
}

void
serve_tap(struct call *call)
{
	struct request request = { .op = OP_TAPPED, .secret = call->match.name };
	struct tap tap;
	if (tap_peek(call->match.name, &tap) && tap.act == TAP_ASKS &&
	    !read_said(call, &request.incident, &request.name)) {
		say(call, 422, STR("Press one of the buttons"), &tap);
		return;
	}
	if (link_ready(call))
		link_ask(call, &request, on_done);
}
