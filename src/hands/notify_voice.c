/*
 * notify_voice -- a notice as a telephone call by Twilio's REST API, answered by its keys.
 *
 *	POST /2010-04-01/Accounts/ACCOUNT/Calls.json, Basic ACCOUNT:TOKEN
 *	To=%2B351210000000&From=%2B15550100&Twiml=%3CResponse%3E...
 *
 *	<Response><Gather input="dtmf" numDigits="1" timeout="10" method="POST"
 *	  action="https://firstline.example.com/in/twilio/acknowledge.17.42...">
 *	  <Say loop="3">Firstline. Incident 17, severity 1, ... Press 4 ...</Say></Gather>
 *	 <Say>No key was pressed. Goodbye.</Say></Response>
 *
 * What is pressed goes to the address that stands there (gate/twilio.c), whose last part is
 * the notice's link of one tap: the engine made it, for this person and this incident.
 * Who does not answer, or has a machine that does, presses nothing and acknowledges nothing.
 *
 * Nobody is called for what can wait, such as the end: that is a text message.
 */
#include "base/xml.h"
#include "hands/clean.h"
#include "hands/notify_http.h"

#define SAID_BYTES_MAX 900
#define OWN_BYTES_MAX 1500
#define SHOWN_BYTES_MAX 2400 /* of either as XML: Twilio takes 4,000 characters in all */
#define ACTION_BYTES_MAX 1000

bool
voice_calls(const struct notice_row *notice)
{
	switch (notice->purpose) {
	case PURPOSE_OPENED:
	case PURPOSE_NEEDS_PERSON:
	case PURPOSE_ESCALATED:
	case PURPOSE_REFIRED:
	case PURPOSE_SELF:
	case PURPOSE_APPROVAL:
	case PURPOSE_QUESTION:
	case PURPOSE_VETO:
	case PURPOSE_TEST:
		return true;
	case PURPOSE_DIGEST:
		return notice->severity != 0; /* not all of it is over */
	case PURPOSE_HANDED_OFF:
	case PURPOSE_ENDED:
	case PURPOSE_APPROVAL_ENDED:
	case PURPOSE_QUESTION_ENDED:
	case PURPOSE_ACKNOWLEDGED:
		return false;
	}
	UNREACHABLE();
}

/* "severity 1" is said, "sev1" is not. */
static void
put_incident(struct buf *out, const struct notice_row *notice)
{
	str severity = notify_field(notice, "severity");
	buf_printf(out, "Incident %u", notice->incident);
	if (str_starts(severity, STR("sev")))
		buf_printf(out, ", severity %.*s", STR_ARG(str_drop(severity, 3)));
	str service = notify_field(notice, "service");
	if (service.n > 0)
		buf_printf(out, ", service %.*s", STR_ARG(service));
	buf_printf(out, ": %.*s. %.*s.", STR_ARG(notify_field(notice, "title")),
	    STR_ARG(notify_field(notice, "impact")));
}

static void
put_said(struct buf *out, const struct notice_row *notice, bool whole)
{
	bool page = notice->incident != 0 && notify_field(notice, "title").n > 0 &&
	            notice->purpose <= PURPOSE_REFIRED;
	struct buf said = BUF(16384);
	if (whole) {
		buf_add(&said, clean_cut(notice->text, OWN_BYTES_MAX));
	} else {
		buf_add(&said, STR("Firstline. "));
		if (page)
			put_incident(&said, notice);
		else
			buf_add(&said, notice->subject);
	}
	xml_put(out, clean_cut(buf_str(&said), whole ? OWN_BYTES_MAX : SAID_BYTES_MAX),
	    SHOWN_BYTES_MAX);
	buf_done(&said);
}

/* "https://firstline.example.com/act/LINK" to ".../in/twilio/LINK"; false: there is none. */
static bool
put_action(struct buf *out, const struct notice_row *notice)
{
	static const str before = { "/act/", 5 };
	str tap = notify_field(notice, NOTICE_TAP_FIELD);
	for (size_t n = tap.n; n > 0; n--) {
		str tail = str_drop(tap, n - 1);
		if (!str_starts(tail, before))
			continue;
		xml_put(out, str_take(tap, n - 1), ACTION_BYTES_MAX);
		buf_add(out, STR("/in/twilio/"));
		xml_put(out, str_drop(tail, before.n), ACTION_BYTES_MAX);
		return true;
	}
	return false;
}

static void
put_twiml(struct buf *out, const struct notice_row *notice, bool whole)
{
	struct buf action = BUF(2 * ACTION_BYTES_MAX + 32);
	bool keys = put_action(&action, notice) && action.n <= ACTION_BYTES_MAX;
	buf_add(out, STR("<Response>"));
	if (keys)
		buf_printf(out,
		    "<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"10\" method=\"POST\" "
		    "action=\"%.*s\">",
		    STR_ARG(buf_str(&action)));
	buf_add(out, keys ? STR("<Say loop=\"3\">") : STR("<Say loop=\"2\">"));
	put_said(out, notice, whole);
	if (keys)
		buf_add(out, STR(" Press 4 to acknowledge. Press 5 if it is not for you, "
				 "and the next is called.</Say></Gather><Say>No key was "
				 "pressed. Goodbye."));
	buf_add(out, STR("</Say></Response>"));
	buf_done(&action);
}

void
voice_body(struct buf *out, const struct notice_row *notice, str from, bool whole)
{
	struct buf twiml = BUF(4000);
	put_twiml(&twiml, notice, whole);
	ASSERT(!twiml.overflow);
	twilio_put(out, "To", notice->address);
	twilio_put(out, "From", from);
	twilio_put(out, "Twiml", buf_str(&twiml));
	buf_done(&twiml);
}

bool
notify_voice_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	struct buf body = BUF(NOTIFY_BODY_MAX);
	bool whole = out->worded->own_text, call = voice_calls(notice);
	if (call)
		voice_body(&body, notice, channel->from, whole);
	else
		twilio_body(&body, notice, channel->from, whole);
	bool ok = twilio_post(out, net, channel, call ? "Calls.json" : "Messages.json",
	    buf_str(&body), err);
	buf_done(&body);
	return ok;
}
