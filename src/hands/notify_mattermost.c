/*
 * notify_mattermost -- a notice by an incoming webhook of Mattermost.
 *
 *	{"text": "", "channel": "town-square", "attachments": [{"fallback": "[sev2] ...",
 *	 "color": "#d24b4e", "title": "[sev2] ...", "title_link": "https://...", "text": "...",
 *	 "fields": [{"title": "severity", "value": "sev2", "short": true}]}]}
 *
 * Its texts are Markdown there, so what came from outside is escaped: it can neither format,
 * nor link, nor call everybody with @all.
 */
#include "base/json.h"
#include "hands/clean.h"
#include "hands/notify_http.h"

#define TEXT_BYTES_MAX 3500
#define FIELD_BYTES_MAX 500

/* A backslash before what Markdown reads; behind '@', '~' and ':' a zero-width space. */
void
mattermost_escape(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c != '\0' && strchr("\\`*_{}[]()#+-.!|<>&", c) != NULL)
			buf_char(out, '\\');
		buf_char(out, c);
		if (c == '@' || c == '~' || c == ':')
			buf_add(out, STR("\xe2\x80\x8b"));
	}
}

static void
put_escaped(struct buf *out, str text, size_t max)
{
	struct buf escaped = BUF(NOTIFY_BODY_MAX);
	mattermost_escape(&escaped, clean_cut(text, max));
	json_put_string(out, buf_str(&escaped));
	buf_done(&escaped);
}

/* What is not read as Markdown, and calls nobody all the same. */
static void
put_plain(struct buf *out, str text)
{
	struct buf plain = BUF(NOTIFY_BODY_MAX);
	text = clean_cut(text, FIELD_BYTES_MAX);
	for (size_t i = 0; i < text.n; i++) {
		buf_char(&plain, text.p[i]);
		if (text.p[i] == '@')
			buf_add(&plain, STR("\xe2\x80\x8b"));
	}
	json_put_string(out, buf_str(&plain));
	buf_done(&plain);
}

static const char *
colour_of(const struct notice_row *notice)
{
	str severity = notify_field(notice, "severity");
	if (notify_is_end(notice))
		return "#3db887";
	return str_starts(severity, STR("sev1")) || str_starts(severity, STR("sev2"))
	           ? "#d24b4e"
	           : "#f5ab00";
}

void
mattermost_body(struct buf *out, const struct notice_row *notice, bool markup)
{
	str url = notify_field(notice, "url");
	buf_add(out, STR("{\"text\":\"\""));
	if (notice->address.n > 0) {
		buf_add(out, STR(",\"channel\":"));
		json_put_string(out, notice->address);
	}
	buf_add(out, STR(",\"attachments\":[{\"fallback\":"));
	put_plain(out, notice->subject);
	buf_printf(out, ",\"color\":\"%s\",\"title\":", colour_of(notice));
	put_escaped(out, notice->subject, FIELD_BYTES_MAX);
	if (url.n > 0) {
		buf_add(out, STR(",\"title_link\":"));
		json_put_string(out, url);
	}
	buf_add(out, STR(",\"text\":"));
	if (markup)
		json_put_string(out, clean_cut(notice->text, TEXT_BYTES_MAX));
	else
		put_escaped(out, notice->text, TEXT_BYTES_MAX);
	buf_add(out, STR(",\"fields\":["));
	bool first = true;
	for (size_t i = 0; i < notice->fields.n; i++) {
		const struct pair *field = &notice->fields.p[i];
		if (str_eq(field->name, STR("url")) || str_eq(field->name, STR("title")))
			continue;
		buf_add(out, first ? STR("{\"title\":") : STR(",{\"title\":"));
		first = false;
		json_put_string(out, field->name);
		buf_add(out, STR(",\"value\":"));
		if (notify_is_tap(field->name))
			json_put_string(out, field->value); /* a link of ours */
		else
			put_escaped(out, field->value, FIELD_BYTES_MAX);
		buf_printf(out, ",\"short\":%s}", field->value.n < 40 ? "true" : "false");
	}
	buf_add(out, STR("]}]}"));
}

bool
notify_mattermost_start(struct notice_out *out, struct net *net,
    const struct channel *channel, const struct notice_row *notice, struct err *err)
{
	return notify_card(out, net, channel, notice, mattermost_body, err);
}
