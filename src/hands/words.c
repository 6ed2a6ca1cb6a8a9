#include "hands/words.h"

#include "hands/clean.h"
#include "hands/notify_http.h"

#define LINES_MAX 64
#define VALUES_MAX 32
#define SUBJECT_MAX 1024
#define TEXT_MAX ((size_t)64 * 1024)

/* ---- escapes ---- */

static void
put_plain(struct buf *out, str text)
{
	buf_add(out, text);
}

static void
put_html(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '&')
			buf_add(out, STR("&amp;"));
		else if (c == '<')
			buf_add(out, STR("&lt;"));
		else if (c == '>')
			buf_add(out, STR("&gt;"));
		else if (c == '"')
			buf_add(out, STR("&quot;"));
		else if (c == '\'')
			buf_add(out, STR("&#39;"));
		else
			buf_char(out, c);
	}
}

/* Slack escapes '&', '<' and '>' alone; a blank of no width keeps the others from pairing. */
static void
put_mrkdwn(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		slack_escape(out, (str){ text.p + i, 1 });
		if (memchr("*_~`", text.p[i], 4) != NULL)
			buf_add(out, STR("\xe2\x80\x8b"));
	}
}

/* ---- what names stand for ---- */

struct filling {
	struct mustache_value value[VALUES_MAX];
	struct mustache_value line[LINES_MAX], field[PAIRS_MAX][2];
	struct mustache_item line_item[LINES_MAX], field_item[PAIRS_MAX];
	struct mustache_list list[2];
	struct mustache_data data;
};

static void
add(struct filling *f, const char *name, str value)
{
	ASSERT(f->data.value_n < VALUES_MAX);
	f->value[f->data.value_n++] = (struct mustache_value){ str_of(name), value };
}

static void
fill_values(struct filling *f, const struct notice_row *notice)
{
	static const struct {
		const char *name, *field;
	} of[] = {
		{ "incident.number", "incident" },
		{ "incident.title", "title" },
		{ "incident.severity", "severity" },
		{ "incident.impact", "impact" },
		{ "incident.service", "service" },
		{ "incident.owner", "owner" },
		{ "incident.state", "state" },
		{ "incident.doing", "doing" },
		{ "incident.url", "url" },
		{ "incident.acknowledge", NOTICE_TAP_FIELD },
		{ "incident.useful", NOTICE_USEFUL_FIELD },
		{ "incident.not_useful", NOTICE_USELESS_FIELD },
		{ "incident.was_useful", NOTICE_ASKS_FIELD },
		{ "asked.number", "asked" },
		{ "asked.action", "action" },
		{ "asked.target", "target" },
		{ "asked.until", "until" },
	};
	add(f, "subject", notice->subject);
	add(f, "text", notice->text);
	add(f, "about", str_of(notice_purpose_name(notice->purpose)));
	add(f, "person", notice->person);
	add(f, "channel", notice->channel);
	for (size_t i = 0; i < countof(of); i++)
		add(f, of[i].name, notify_field(notice, of[i].field));
}

static void
fill_lists(struct filling *f, const struct notice_row *notice)
{
	size_t n = 0;
	for (str rest = notify_field(notice, "you_can"); rest.n > 0 && n < LINES_MAX;) {
		struct str_cut cut = str_cut(rest, '\n');
		rest = cut.tail;
		if (cut.head.n == 0)
			continue;
		f->line[n] = (struct mustache_value){ STR("line"), cut.head };
		f->line_item[n] = (struct mustache_item){ &f->line[n], 1 };
		n++;
	}
	f->list[0] = (struct mustache_list){ STR("you_can"), f->line_item, n };
	for (n = 0; n < notice->fields.n && n < PAIRS_MAX; n++) {
		const struct pair *pair = &notice->fields.p[n];
		f->field[n][0] = (struct mustache_value){ STR("name"), pair->name };
		f->field[n][1] = (struct mustache_value){ STR("value"), pair->value };
		f->field_item[n] = (struct mustache_item){ f->field[n], 2 };
	}
	f->list[1] = (struct mustache_list){ STR("fields"), f->field_item, n };
}

/* ---- filling in ---- */

/* Empty where there are no words of its own, or they come to nothing. What is too long ends
 * early; with `whole` it is nothing. */
static str
write_words(const struct mustache *words, const struct filling *f, size_t max, bool whole,
    void (*escape)(struct buf *out, str text), struct arena *arena)
{
	struct buf out = BUF(max);
	if (words->n > 0)
		mustache_write(&out, words, &f->data, escape);
	str text = out.overflow && whole ? STR("") : clean_cut(buf_str(&out), out.n);
	text = arena_str(arena, text);
	buf_done(&out);
	return str_trim(text).n > 0 ? text : STR("");
}

static void
fill(const struct channel *channel, struct notice_row *notice, const struct filling *f,
    struct arena *arena, struct worded *ret)
{
	const struct channel_words *words = &channel->words;
	if (words->body.n > 0) {
		struct buf body = BUF(CHANNEL_BODY_MAX);
		str error;
		if (words_json(&words->body, &f->data, &body, *arena, &error))
			ret->body = arena_str(arena, buf_str(&body));
		buf_done(&body);
	}
	/* Words are about one incident; what they say of many would be of none. */
	if (notice->purpose == PURPOSE_DIGEST)
		return;
	bool markup = channel->kind == CHANNEL_SLACK || channel->kind == CHANNEL_MATTERMOST;
	str subject = write_words(&words->subject, f, SUBJECT_MAX, false, put_plain, arena);
	str text = write_words(&words->text, f, TEXT_MAX, false,
	    channel->kind == CHANNEL_SLACK ? put_mrkdwn
	    : markup                       ? mattermost_escape
					   : put_plain,
	    arena);
	ret->html = write_words(&words->html, f, TEXT_MAX, true, put_html, arena);
	if (subject.n > 0)
		notice->subject = clean_line(arena, subject, SUBJECT_MAX);
	if (text.n > 0)
		notice->text = text;
	ret->own_text = text.n > 0;
	ret->markup = markup && text.n > 0;
}

void
words_fill(const struct channel *channel, struct notice_row *notice, struct arena *arena,
    struct worded *ret)
{
	const struct channel_words *words = &channel->words;
	*ret = (struct worded){ 0 };
	if (words->subject.n + words->text.n + words->html.n + words->body.n == 0)
		return;
	struct filling *f = arena_new(arena, struct filling, 1);
	f->data = (struct mustache_data){ f->value, 0, f->list, countof(f->list) };
	fill_values(f, notice);
	fill_lists(f, notice);
	fill(channel, notice, f, arena, ret);
}
