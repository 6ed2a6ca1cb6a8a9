/*
 * A channel's own words, instead of ours:
 *
 *	talk:
 *	  slack: C0123ABC
 *	  token: file:/etc/firstline/slack-token
 *	  words:
 *	    text: |
 *	      *{{incident.title}}* {{incident.impact}}
 *	      {{#you_can}}
 *	      `{{line}}`
 *	      {{/you_can}}
 *
 * What is named is data: it is escaped for where it goes, by hands. Here it is seen to that
 * every name is known, and that a body of JSON is JSON whatever is filled in.
 */
#include "base/json.h"
#include "model/internal.h"

static const char *const line_items[] = { "line", NULL };
static const char *const field_items[] = { "name", "value", NULL };

static const struct mustache_name names[] = {
	{ "subject", NULL },
	{ "text", NULL },
	{ "about", NULL },
	{ "person", NULL },
	{ "channel", NULL },
	{ "incident.number", NULL },
	{ "incident.title", NULL },
	{ "incident.severity", NULL },
	{ "incident.impact", NULL },
	{ "incident.service", NULL },
	{ "incident.owner", NULL },
	{ "incident.state", NULL },
	{ "incident.doing", NULL },
	{ "incident.url", NULL },
	{ "incident.acknowledge", NULL },
	{ "incident.useful", NULL },
	{ "incident.not_useful", NULL },
	{ "asked.number", NULL },
	{ "asked.action", NULL },
	{ "asked.target", NULL },
	{ "asked.until", NULL },
	{ "you_can", line_items },
	{ "fields", field_items },
};
#define NAMES_N countof(names)

#define BIT(kind) (1u << (kind))
#define TALKS                                                              \
	(BIT(CHANNEL_SMTP) | BIT(CHANNEL_NTFY) | BIT(CHANNEL_MATTERMOST) | \
	    BIT(CHANNEL_TEAMS) | BIT(CHANNEL_PAGERDUTY) | BIT(CHANNEL_SLACK))

/* Which kinds have which text. */
enum word_key { WORD_SUBJECT, WORD_TEXT, WORD_HTML, WORD_BODY };
#define WORD_COUNT 4
static const struct {
	const char *key;
	unsigned kinds;
} words[WORD_COUNT] = {
	[WORD_SUBJECT] = { "subject", TALKS },
	[WORD_TEXT] = { "text", TALKS | BIT(CHANNEL_TWILIO) | BIT(CHANNEL_TWILIO_VOICE) },
	[WORD_HTML] = { "html", BIT(CHANNEL_SMTP) },
	[WORD_BODY] = { "body", BIT(CHANNEL_WEBHOOK) },
};

static str
hint_for(struct reader *r, const struct mustache_fault *fault)
{
	str candidates[NAMES_N + 2];
	size_t n = 0;
	for (size_t i = 0; i < NAMES_N; i++) {
		bool here = fault->in_list && str_eq(str_of(names[i].name), fault->list);
		for (size_t j = 0; here && names[i].items[j] != NULL; j++)
			candidates[n++] = str_of(names[i].items[j]);
	}
	for (size_t i = 0; i < NAMES_N; i++)
		candidates[n++] = str_of(names[i].name);
	str hint = read_suggest(r, fault->name, candidates, n);
	if (hint.n > 0)
		return hint;
	str all = read_join(r, candidates, n);
	return read_hint(r, "known here: %.*s", STR_ARG(all));
}

static bool
words_read_one(struct reader *r, const struct node *node, struct mustache *ret)
{
	str text;
	struct mustache_fault fault = { 0 };
	if (!read_text(r, node, &text))
		return false;
	if (mustache_read(text, names, NAMES_N, r->arena, ret, &fault))
		return true;
	if (fault.unknown)
		read_error_part(r, node, fault.off, fault.len, hint_for(r, &fault),
		    "unknown name '%.*s'", STR_ARG(fault.name));
	else if (fault.name.n > 0)
		read_error_part(r, node, fault.off, fault.len, STR(""), "%s: '%.*s'",
		    fault.what, STR_ARG(fault.name));
	else
		read_error_part(r, node, fault.off, fault.len, STR(""), "%s", fault.what);
	return false;
}

/* ---- JSON ---- */

static void
put_json(struct buf *out, str text)
{
	size_t begin = out->n;
	json_put_string(out, text);
	if (out->overflow)
		return;
	/* without its quotes */
	memmove(out->p + begin, out->p + begin + 1, out->n - begin - 2);
	out->n -= 2;
}

bool
words_json(const struct mustache *body, const struct mustache_data *data, struct buf *out,
    struct arena scratch, str *ret_error)
{
	struct json j;
	size_t begin = out->n;
	mustache_write(out, body, data, put_json);
	if (out->overflow) {
		*ret_error = STR("it is too long");
		return false;
	}
	json_open(&j, (str){ out->p + begin, out->n - begin }, &scratch);
	(void)json_skip(&j);
	if (json_close(&j))
		return true;
	*ret_error = str_of(j.error);
	return false;
}

/* With a value for each name and one item in each list, and with none at all. */
static void
check_json(struct reader *r, const struct node *node, const struct mustache *body)
{
	struct mustache_value value[NAMES_N], item[2];
	struct mustache_item items = { item, 2 };
	struct mustache_list lists[2];
	struct mustache_data data = { value, 0, lists, 0 };
	for (size_t i = 0; i < NAMES_N; i++) {
		if (names[i].items == NULL)
			value[data.value_n++] =
			    (struct mustache_value){ str_of(names[i].name),
				    STR("a \"value\"\n") };
		else
			lists[data.list_n++] =
			    (struct mustache_list){ str_of(names[i].name), &items, 1 };
	}
	item[0] = (struct mustache_value){ STR("name"), STR("x") };
	item[1] = (struct mustache_value){ STR("value"), STR("\"") };
	for (unsigned full = 0; full < 2; full++) {
		struct mustache_data none = { 0 };
		struct buf out = BUF(CHANNEL_BODY_MAX);
		str error;
		bool ok = words_json(body, full ? &data : &none, &out, *r->arena, &error);
		buf_done(&out);
		if (ok)
			continue;
		read_error(r, node,
		    STR("names stand within quotes, as in \"title\": "
			"\"{{incident.title}}\"; commas between items of a list cannot be "
			"written: use texts"),
		    "with every name %s the body is no JSON: %.*s",
		    full ? "filled in" : "empty", STR_ARG(error));
		return;
	}
}

/* ---- the whole ---- */

static const char *
kinds_with(struct reader *r, unsigned bits)
{
	str kinds[CHANNEL_KIND_COUNT];
	size_t n = 0;
	for (unsigned i = 1; i < CHANNEL_KIND_COUNT; i++) {
		if (bits & BIT(i))
			kinds[n++] = str_of(channel_kind_word((enum channel_kind)i));
	}
	str all = read_join(r, kinds, n);
	return arena_cstr(r->arena, all);
}

void
channel_words_read(struct reader *r, const struct node *node, struct channel *ret)
{
	struct mustache *into[WORD_COUNT] = { &ret->words.subject, &ret->words.text,
		&ret->words.html, &ret->words.body };
	const struct node *value[WORD_COUNT] = { NULL };
	struct key keys[WORD_COUNT];
	for (size_t i = 0; i < WORD_COUNT; i++)
		keys[i] = (struct key){ words[i].key, &value[i], false };
	if (!read_map(r, node, NULL, keys, WORD_COUNT))
		return;
	for (size_t i = 0; i < WORD_COUNT; i++) {
		if (value[i] == NULL)
			continue;
		if (!(words[i].kinds & BIT(ret->kind)))
			read_error_key(r, value[i], STR(""), "'%s' is for %s", words[i].key,
			    kinds_with(r, words[i].kinds));
		else if (words_read_one(r, value[i], into[i]) && i == WORD_BODY)
			check_json(r, value[i], into[i]);
	}
}
