/*
 * notify_twilio -- a notice as a text message by Twilio's REST API, or what speaks it.
 *
 *	POST /2010-04-01/Accounts/ACCOUNT/Messages.json, Basic ACCOUNT:TOKEN
 *	To=%2B351210000000&From=%2B15550100&Body=...
 *
 * Short, for each part of a long one is paid for: what it is, and where to look.
 */
#include <stdio.h>

#include "hands/clean.h"
#include "hands/notify_http.h"

#define TEXT_BYTES_MAX 300
#define WHOLE_BYTES_MAX 1500 /* Twilio takes 1,600 characters */

/* Form encoding: all but the unreserved characters of RFC 3986. */
void
twilio_put(struct buf *out, const char *name, str value)
{
	static const char hex[] = "0123456789ABCDEF";
	if (out->n > 0)
		buf_char(out, '&');
	buf_add(out, str_of(name));
	buf_char(out, '=');
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		             (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
		             c == '~';
		if (plain) {
			buf_char(out, (char)c);
			continue;
		}
		buf_char(out, '%');
		buf_char(out, hex[c >> 4]);
		buf_char(out, hex[c & 15]);
	}
}

void
twilio_body(struct buf *out, const struct notice_row *notice, str from, bool whole)
{
	/* One link, as each takes a good part of a message: its page leads to the others. */
	str tap = notify_field(notice, NOTICE_TAP_FIELD);
	str asks = notify_field(notice, NOTICE_ASKS_FIELD);
	str url = tap.n > 0 ? tap : asks.n > 0 ? asks : notify_field(notice, "url");
	struct buf text = BUF(4096);
	if (whole)
		buf_add(&text, clean_cut(notice->text, WHOLE_BYTES_MAX));
	else
		buf_add(&text, clean_cut(notice->subject, TEXT_BYTES_MAX));
	if (!whole && url.n > 0 && url.n < 2048) {
		buf_add(&text, tap.n == 0 && asks.n > 0 ? STR("\nUseful? ") : STR("\n"));
		buf_add(&text, url);
	}
	twilio_put(out, "To", notice->address);
	twilio_put(out, "From", from);
	twilio_put(out, "Body", buf_str(&text));
	buf_done(&text);
}

bool
twilio_post(struct notice_out *out, struct net *net, const struct channel *channel,
    const char *what, str body, struct err *err)
{
	char path[300], url[NOTIFY_URL_MAX], authorization[NOTIFY_HEADER_MAX];
	(void)snprintf(path, sizeof(path), "/2010-04-01/Accounts/%.*s/%s",
	    STR_ARG(channel->username), what);
	if (!notify_url(channel, path, url, err) ||
	    !notify_authorization(channel, channel->username, authorization, err))
		return false;
	bool ok = notify_post(out, net,
	    &(struct notify_post){ .url = url,
		.headers = { "Content-Type: application/x-www-form-urlencoded",
		    authorization },
		.body = body },
	    err);
	explicit_bzero(authorization, sizeof(authorization));
	return ok;
}

bool
notify_twilio_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	struct buf body = BUF(NOTIFY_BODY_MAX);
	twilio_body(&body, notice, channel->from, out->worded->own_text);
	bool ok = twilio_post(out, net, channel, "Messages.json", buf_str(&body), err);
	buf_done(&body);
	return ok;
}
