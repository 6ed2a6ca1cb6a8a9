/*
 * notify_ntfy -- a notice to a topic of ntfy, published as JSON to the server's root.
 *
 *	{"topic": "on-duty", "title": "[sev2] checkout: ...", "message": "...", "priority": 4,
 *	 "tags": ["rotating_light"], "click": "https://firstline.example/...",
 *	 "actions": [{"action": "view", "label": "Open", "url": "..."}]}
 *
 * Priority 5 is sev1 and rings through "do not disturb"; an end is 3.
 */
#include "base/json.h"
#include "hands/clean.h"
#include "hands/notify_http.h"

#define TITLE_BYTES_MAX 250
#define MESSAGE_BYTES_MAX 4000 /* longer ones become an attachment there */

static int
priority_of(const struct notice_row *notice)
{
	str severity = notify_field(notice, "severity");
	if (notify_is_end(notice))
		return 3;
	if (str_starts(severity, STR("sev1")))
		return 5;
	if (str_starts(severity, STR("sev2")))
		return 4;
	return str_starts(severity, STR("sev4")) ? 2 : 3;
}

static void
put_view(struct buf *out, const char *label, str url)
{
	buf_printf(out, "{\"action\":\"view\",\"label\":\"%s\",\"url\":", label);
	json_put_string(out, url);
	buf_char(out, '}');
}

/* Was it? With that, three actions: there are never more. */
static void
put_useful(struct buf *out, const struct notice_row *notice)
{
	str yes = notify_field(notice, NOTICE_USEFUL_FIELD);
	str no = notify_field(notice, NOTICE_USELESS_FIELD);
	str asks = notify_field(notice, NOTICE_ASKS_FIELD);
	if (asks.n > 0) {
		put_view(out, "Was it useful?", asks);
		buf_char(out, ',');
	}
	if (yes.n == 0 || no.n == 0)
		return;
	put_view(out, "Useful", yes);
	buf_char(out, ',');
	put_view(out, "Not useful", no);
	buf_char(out, ',');
}

void
ntfy_body(struct buf *out, const struct notice_row *notice)
{
	str url = notify_field(notice, "url");
	buf_add(out, STR("{\"topic\":"));
	json_put_string(out, notice->address);
	buf_add(out, STR(",\"title\":"));
	json_put_string(out, clean_cut(notice->subject, TITLE_BYTES_MAX));
	buf_add(out, STR(",\"message\":"));
	json_put_string(out, clean_cut(notice->text, MESSAGE_BYTES_MAX));
	buf_printf(out, ",\"priority\":%d,\"tags\":[\"%s\"]", priority_of(notice),
	    notify_is_end(notice) ? "white_check_mark" : "rotating_light");
	str tap = notify_field(notice, NOTICE_TAP_FIELD);
	if (url.n > 0) {
		buf_add(out, STR(",\"click\":"));
		json_put_string(out, url);
		buf_add(out, STR(",\"actions\":["));
		if (tap.n > 0) {
			put_view(out, "Acknowledge", tap);
			buf_char(out, ',');
		}
		put_useful(out, notice);
		put_view(out, "Open", url);
		buf_char(out, ']');
	}
	buf_char(out, '}');
}

bool
notify_ntfy_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	char url[NOTIFY_URL_MAX], authorization[NOTIFY_HEADER_MAX];
	if (!notify_url(channel, "/", url, err) ||
	    !notify_authorization(channel, STR(""), authorization, err))
		return false;
	struct buf body = BUF(NOTIFY_BODY_MAX);
	ntfy_body(&body, notice);
	bool ok = body.overflow
	              ? err_set(err, ERR_INVALID, "the notice is too long")
	              : notify_post(out, net,
			    &(struct notify_post){
				.url = url,
				.headers = { "Content-Type: application/json",
				    authorization[0] != '\0' ? authorization : NULL },
				.body = buf_str(&body),
			    },
			    err);
	explicit_bzero(authorization, sizeof(authorization));
	buf_done(&body);
	return ok;
}
