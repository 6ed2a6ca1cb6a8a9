/*
 * twilio -- POST /in/twilio/LINK: somebody whom we called pressed a key on their telephone.
 *
 * Whose link that is, and whether the form is signed by whoever made the call, the engine
 * says; here it is only carried there, and what comes back is said in Twilio's language:
 *
 *	<Response><Say>Incident 17 is yours.</Say></Response>
 *
 * Who can press once more (another key, or a moment later) is asked to: a Gather without an
 * address comes back to the one that it was served at.
 */
#include "intake/twilio.h"

#include "base/xml.h"
#include "gate/state.h"
#include "intake/form.h"

#define SAID_BYTES_MAX 1000

static void
say(struct call *call, str text, bool again)
{
	struct buf out = BUF(4096);
	buf_add(&out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>"));
	if (again)
		buf_add(&out,
		    STR("<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"10\">"));
	buf_add(&out, STR("<Say>"));
	xml_put(&out, text, SAID_BYTES_MAX);
	buf_add(&out, STR(".</Say>"));
	buf_add(&out, again ? STR("</Gather></Response>\n") : STR("</Response>\n"));
	respond(call, 200, "text/xml; charset=utf-8", buf_str(&out));
	buf_done(&out);
}

static void
on_answer(struct call *call, const struct answer *answer)
{
	struct arena scratch = call->gate->scratch;
	str keys = STR("");
	if (answer == NULL)
		say(call, STR("Firstline is starting. Press once more, in a moment"), true);
	else if (answer->status == 422)
		say(call, answer->error, true);
	else if (answer->status == 409 || answer->status == 404)
		say(call, answer->error, false);
	else if (answer->status == 503 || answer->status == 507)
		say(call, STR("Firstline cannot keep that now. Press once more"), true);
	else if (answer->status < 200 || answer->status >= 300)
		respond_answer_error(call, answer);
	else if (answer->note.n > 0)
		say(call, answer->note, false);
	else if (form_value(buf_str(&call->body), STR("Digits"), &scratch, &keys) ==
		     FORM_FOUND &&
		 str_eq(keys, STR("5")))
		say(call, STR("The next is called. Goodbye"), false);
	else
		say(call, STR("It is yours. Goodbye"), false);
}

void
serve_twilio(struct call *call)
{
	struct request request = { .op = OP_DIALED,
		.secret = call->match.name,
		.name = call->head.twilio_signature,
		.text = buf_str(&call->body) };
	if (request.text.n > TWILIO_BODY_MAX || request.name.n == 0) {
		call->gate->n.refused_signature++;
		respond_error(call, 403, 4, "that is not signed by whoever calls for us");
		return;
	}
	if (link_ready(call))
		link_ask(call, &request, on_answer);
}
