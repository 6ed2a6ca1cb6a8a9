/*
 * notify_teams -- a notice to Microsoft Teams: an Adaptive Card to the URL of a workflow.
 *
 *	{"type": "message", "attachments": [{
 *	  "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
 *	  "content": {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
 *	    "type": "AdaptiveCard", "version": "1.4", "body": [...], "actions": [...]}}]}
 *
 * All text stands in RichTextBlocks, whose TextRuns know no Markdown: what came from
 * outside can neither format nor link. A card of over 28 KB is refused there.
 */
#include "base/json.h"
#include "hands/clean.h"
#include "hands/notify_http.h"

#define TITLE_BYTES_MAX 300
#define TEXT_BYTES_MAX 8000
#define FIELD_BYTES_MAX 1000
#define FIELDS_SHOWN_MAX 12

static void
put_run(struct buf *out, str text, size_t max, bool bold)
{
	buf_add(out, STR("{\"type\":\"TextRun\",\"text\":"));
	json_put_string(out, clean_cut(text, max));
	buf_add(out, bold ? STR(",\"weight\":\"Bolder\"}") : STR("}"));
}

static void
put_title(struct buf *out, const struct notice_row *notice)
{
	str severity = notify_field(notice, "severity");
	bool bad = str_starts(severity, STR("sev1")) || str_starts(severity, STR("sev2"));
	buf_add(out, STR("{\"type\":\"RichTextBlock\",\"inlines\":[{\"type\":\"TextRun\","
			 "\"size\":\"Large\",\"weight\":\"Bolder\",\"color\":\""));
	buf_add(out, notify_is_end(notice) ? STR("Good")
		     : bad                 ? STR("Attention")
					   : STR("Warning"));
	buf_add(out, STR("\",\"text\":"));
	json_put_string(out, clean_cut(notice->subject, TITLE_BYTES_MAX));
	buf_add(out, STR("}]}"));
}

static void
put_open(struct buf *out, const char *title, str url)
{
	buf_printf(out, "{\"type\":\"Action.OpenUrl\",\"title\":\"%s\",\"url\":", title);
	json_put_string(out, url);
	buf_char(out, '}');
}

void
teams_body(struct buf *out, const struct notice_row *notice, bool markup)
{
	(void)markup; /* runs are plain */
	str url = notify_field(notice, "url");
	buf_add(out, STR("{\"type\":\"message\",\"attachments\":[{\"contentType\":"
			 "\"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,"
			 "\"content\":{\"$schema\":"
			 "\"http://adaptivecards.io/schemas/adaptive-card.json\","
			 "\"type\":\"AdaptiveCard\",\"version\":\"1.4\","
			 "\"msteams\":{\"width\":\"Full\"},\"body\":["));
	put_title(out, notice);
	buf_add(out, STR(",{\"type\":\"RichTextBlock\",\"inlines\":["));
	put_run(out, notice->text, TEXT_BYTES_MAX, false);
	buf_add(out, STR("]}"));
	size_t shown = 0;
	for (size_t i = 0; i < notice->fields.n && shown < FIELDS_SHOWN_MAX; i++) {
		const struct pair *field = &notice->fields.p[i];
		if (str_eq(field->name, STR("url")) || notify_is_tap(field->name) ||
		    str_eq(field->name, STR("title")) || field->value.n == 0)
			continue;
		shown++;
		buf_add(out, STR(",{\"type\":\"RichTextBlock\",\"inlines\":["));
		put_run(out, field->name, FIELD_BYTES_MAX, true);
		buf_char(out, ',');
		put_run(out, STR("  "), FIELD_BYTES_MAX, false);
		buf_char(out, ',');
		put_run(out, field->value, FIELD_BYTES_MAX, false);
		buf_add(out, STR("]}"));
	}
	buf_add(out, STR("],\"actions\":["));
	str tap = notify_field(notice, NOTICE_TAP_FIELD);
	str yes = notify_field(notice, NOTICE_USEFUL_FIELD);
	str no = notify_field(notice, NOTICE_USELESS_FIELD);
	str asks = notify_field(notice, NOTICE_ASKS_FIELD);
	const struct {
		const char *label;
		str url;
	} links[] = { { "Acknowledge", tap }, { "Useful", no.n > 0 ? yes : STR("") },
		{ "Not useful", yes.n > 0 ? no : STR("") }, { "Was it useful?", asks },
		{ "Open", url } };
	bool first = true;
	for (size_t i = 0; i < countof(links); i++) {
		if (links[i].url.n == 0)
			continue;
		if (!first)
			buf_char(out, ',');
		first = false;
		put_open(out, links[i].label, links[i].url);
	}
	buf_add(out, STR("]}}]}"));
}

bool
notify_teams_start(struct notice_out *out, struct net *net, const struct channel *channel,
    const struct notice_row *notice, struct err *err)
{
	return notify_card(out, net, channel, notice, teams_body, err);
}
