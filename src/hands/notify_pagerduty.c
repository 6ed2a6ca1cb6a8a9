/*
 * notify_pagerduty -- a notice as an event of PagerDuty's Events API v2.
 *
 *	{"routing_key": "...", "event_action": "trigger", "dedup_key": "firstline-incident-17",
 *	 "payload": {"summary": "[sev2] ...", "source": "checkout", "severity": "error",
 *	   "timestamp": "...", "component": "checkout", "custom_details": {...}},
 *	 "client": "Firstline", "links": [{"href": "https://...", "text": "Firstline"}]}
 *
 * All notices of an incident have one key: the first opens it there, the last resolves it.
 */
#include "base/json.h"
#include "hands/clean.h"
#include "hands/notify_http.h"
#include "hands/secrets.h"

#define SUMMARY_BYTES_MAX 1024
#define TEXT_BYTES_MAX (16 * 1024)
#define ROUTING_KEY_MAX 64

static const char *
severity_of(const struct notice_row *notice)
{
	str severity = notify_field(notice, "severity");
	if (str_starts(severity, STR("sev1")))
		return "critical";
	if (str_starts(severity, STR("sev2")))
		return "error";
	return str_starts(severity, STR("sev4")) ? "info" : "warning";
}

static void
put_payload(struct buf *out, const struct notice_row *notice)
{
	str service = notify_field(notice, "service");
	buf_add(out, STR(",\"payload\":{\"summary\":"));
	json_put_string(out, clean_cut(notice->subject, SUMMARY_BYTES_MAX));
	buf_add(out, STR(",\"source\":"));
	json_put_string(out, service.n > 0 ? service : STR("firstline"));
	buf_printf(out, ",\"severity\":\"%s\",\"timestamp\":\"", severity_of(notice));
	buf_time(out, notice->made_wall);
	buf_add(out, STR("\",\"custom_details\":{\"text\":"));
	json_put_string(out, clean_cut(notice->text, TEXT_BYTES_MAX));
	for (size_t i = 0; i < notice->fields.n; i++) {
		const struct pair *field = &notice->fields.p[i];
		/* Whom it calls there we do not know: the link is for one person. */
		if (str_eq(field->name, STR("text")) || notify_is_tap(field->name))
			continue;
		buf_char(out, ',');
		json_put_string(out, field->name);
		buf_char(out, ':');
		json_put_string(out, field->value);
	}
	buf_add(out, STR("}}"));
}

void
pagerduty_body(struct buf *out, const struct notice_row *notice, str routing_key)
{
	char thread[64];
	str url = notify_field(notice, "url");
	buf_add(out, STR("{\"routing_key\":"));
	json_put_string(out, routing_key);
	buf_printf(out, ",\"event_action\":\"%s\",\"dedup_key\":",
	    notify_is_end(notice) ? "resolve" : "trigger");
	json_put_string(out, notify_thread(notice, thread));
	put_payload(out, notice);
	buf_add(out, STR(",\"client\":\"Firstline\""));
	if (url.n > 0) {
		buf_add(out, STR(",\"links\":[{\"href\":"));
		json_put_string(out, url);
		buf_add(out, STR(",\"text\":\"Firstline\"}]"));
	}
	buf_char(out, '}');
}

bool
notify_pagerduty_start(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice, struct err *err)
{
	char url[NOTIFY_URL_MAX];
	struct secret secret;
	if (!notify_url(channel, "", url, err) ||
	    !secret_get(channel->secret, &secret, err))
		return false;
	struct buf body = BUF(NOTIFY_BODY_MAX);
	str key = { secret.bytes, secret.n };
	bool ok = key.n <= ROUTING_KEY_MAX && str_utf8(key);
	if (ok)
		pagerduty_body(&body, notice, key);
	secret_wipe(&secret);
	ok = ok && !body.overflow
	         ? notify_post(out, net,
		       &(struct notify_post){ .url = url,
			   .headers = { "Content-Type: application/json" },
			   .body = buf_str(&body) },
		       err)
	         : err_set(err, ERR_INVALID,
		       ok ? "the notice is too long" : "the routing key is none");
	buf_wipe(&body);
	return ok;
}
