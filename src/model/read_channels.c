/*
 * channels: how messages leave.
 *
 *	channels:
 *	  email: {smtp: smtp://mail.example:25, from: firstline@example.com}
 *	  hook: {webhook: https://pager.example/hook, secret: env:PAGER_SECRET}
 *	  phone: {ntfy: https://ntfy.example, token: file:/etc/firstline/ntfy}
 *	  town: {mattermost: file:/etc/firstline/mattermost-url}
 *	  sms: {twilio: AC0123..., token: file:/etc/firstline/twilio, from: "+15550100"}
 *	  call: {twilio_voice: AC0123..., token: file:/etc/firstline/twilio, from: "+15550100"}
 *
 *	talk: {slack: C0123ABC, token: file:/etc/firstline/slack-token,
 *	       signing_secret: file:/etc/firstline/slack-signing}
 *
 * The first key says the kind: a row below says which others go with it, and its reader
 * what they mean. Beside any may stand how much goes by it:
 *
 *	  rate: {messages: 30, per: 1m}
 *	  digest: {after: 4, every: 1m}
 */
#include "model/internal.h"

#define ADDRESS_BYTES_MAX 512
#define TOPIC_BYTES_MAX 64
#define CONVERSATION_BYTES_MAX 80
#define NUMBER_DIGITS_MIN 6
#define NUMBER_DIGITS_MAX 15

#define RATE_MESSAGES_MAX 100000
#define RATE_PER_MS_MIN SECOND
#define RATE_PER_MS_MAX DAY
#define DIGEST_AFTER_MAX 100
#define DIGEST_EVERY_MS_MIN (10 * SECOND)
#define DIGEST_EVERY_MS_MAX HOUR
#define DIGEST_AFTER_DEFAULT 4
#define DIGEST_EVERY_MS_DEFAULT MINUTE

enum channel_key {
	KEY_FROM,
	KEY_USERNAME,
	KEY_PASSWORD,
	KEY_SECRET,
	KEY_TOKEN,
	KEY_TOPIC,
	KEY_CHANNEL,
	KEY_URL,
	KEY_SIGNING,
	KEY_WORDS, /* these every kind has */
	KEY_RATE,
	KEY_DIGEST,
};
#define KEY_COUNT 12
static const char *const key_words[KEY_COUNT] = { "from", "username", "password", "secret",
	"token", "topic", "channel", "url", "signing_secret", "words", "rate", "digest" };

struct channel_nodes {
	const struct node *kind[CHANNEL_KIND_COUNT];
	const struct node *key[KEY_COUNT];
};

struct kind_row {
	const char *word;
	unsigned keys; /* that go with it */
	void (*read)(struct reader *r, const struct node *node, const struct node *value,
	    const struct channel_nodes *n, struct channel *ret);
};

static void
need_key(struct reader *r, const struct node *node, const struct channel_nodes *n,
    enum channel_key key, const char *hint)
{
	if (n->key[key] == NULL)
		read_error_key(r, node, read_hint(r, "add '%s'", hint),
		    "missing key '%s' in channel '%.*s'", key_words[key],
		    STR_ARG(node->key));
}

static void
read_key_secret(struct reader *r, const struct channel_nodes *n, enum channel_key key,
    struct channel *ret)
{
	if (n->key[key] != NULL)
		(void)read_secret(r, n->key[key], &ret->secret);
}

/* ---- what addresses look like ---- */

static bool
is_topic(str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		          (c >= '0' && c <= '9') || c == '-' || c == '_';
		if (!ok)
			return false;
	}
	return text.n > 0 && text.n <= TOPIC_BYTES_MAX;
}

static bool
is_number(str text)
{
	str digits = str_drop(text, 1);
	uint64_t number;
	return str_starts(text, STR("+")) && digits.n >= NUMBER_DIGITS_MIN &&
	       digits.n <= NUMBER_DIGITS_MAX && digits.p[0] != '0' &&
	       str_u64(digits, UINT64_MAX, &number);
}

static bool
read_topic(struct reader *r, const struct node *node, str *ret)
{
	if (!read_text(r, node, ret))
		return false;
	if (is_topic(*ret))
		return true;
	read_error(r, node, STR("letters, digits, '-' and '_', at most 64"),
	    "'%.*s' is not a topic of ntfy", STR_ARG(*ret));
	return false;
}

static bool
read_number(struct reader *r, const struct node *node, str *ret)
{
	if (!read_text(r, node, ret))
		return false;
	if (is_number(*ret))
		return true;
	read_error(r, node, STR("write it with its country, as in \"+351210000000\""),
	    "'%.*s' is not a phone number", STR_ARG(*ret));
	return false;
}

/* ---- the kinds ---- */

static void
smtp_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	const struct node *username = n->key[KEY_USERNAME],
			  *password = n->key[KEY_PASSWORD];
	(void)read_url(r, value, "smtp smtps", &ret->url);
	need_key(r, node, n, KEY_FROM, "from: firstline@example.com");
	if (n->key[KEY_FROM] != NULL)
		(void)read_email(r, n->key[KEY_FROM], &ret->from);
	if ((username == NULL) != (password == NULL))
		read_error_key(r, username ? username : password,
		    STR("write both, or neither"), "username and password go together");
	if (username != NULL)
		(void)read_text(r, username, &ret->username);
	read_key_secret(r, n, KEY_PASSWORD, ret);
}

static void
webhook_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)node;
	(void)read_http_url(r, value, &ret->url);
	read_key_secret(r, n, KEY_SECRET, ret);
}

static void
ntfy_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)node;
	(void)read_http_url(r, value, &ret->url);
	read_key_secret(r, n, KEY_TOKEN, ret);
	if (n->key[KEY_TOPIC] != NULL)
		(void)read_topic(r, n->key[KEY_TOPIC], &ret->address);
}

static void
channel_url_read(struct reader *r, const struct node *value, struct channel *ret)
{
	read_secret_url(r, value, &ret->url, &ret->url_secret);
}

static void
mattermost_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)node;
	channel_url_read(r, value, ret);
	if (n->key[KEY_CHANNEL] != NULL)
		(void)read_text(r, n->key[KEY_CHANNEL], &ret->address);
}

static void
teams_read_channel(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)node, (void)n;
	channel_url_read(r, value, ret);
}

static void
pagerduty_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)node;
	(void)read_secret(r, value, &ret->secret);
	ret->url = STR("https://events.pagerduty.com/v2/enqueue");
	if (n->key[KEY_URL] != NULL)
		(void)read_http_url(r, n->key[KEY_URL], &ret->url);
}

static void
twilio_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)read_name(r, value, &ret->username);
	need_key(r, node, n, KEY_TOKEN, "token: file:/etc/firstline/twilio-token");
	need_key(r, node, n, KEY_FROM, "from: \"+15550100\"");
	read_key_secret(r, n, KEY_TOKEN, ret);
	if (n->key[KEY_FROM] != NULL)
		(void)read_number(r, n->key[KEY_FROM], &ret->from);
	ret->url = STR("https://api.twilio.com");
	if (n->key[KEY_URL] != NULL)
		(void)read_http_url(r, n->key[KEY_URL], &ret->url);
}

/* What is pressed on the telephone is sent to us: it must be written where we are. */
static void
twilio_voice_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	twilio_read(r, node, value, n, ret);
	if (r->model->url.n == 0)
		read_error_key(r, node,
		    STR("write 'url: https://firstline.example.com' beside 'channels'"),
		    "channel '%.*s' is answered by telephone, and there is no 'url' that "
		    "Twilio could reach",
		    STR_ARG(node->key));
}

/* "C0123ABC", "#operations", or a person's "U0123ABC". */
static bool
read_conversation(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	str name = str_starts(text, STR("#")) ? str_drop(text, 1) : text;
	bool ok = name.n > 0 && name.n <= CONVERSATION_BYTES_MAX;
	for (size_t i = 0; ok && i < name.n; i++) {
		char c = name.p[i];
		ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		     (c >= '0' && c <= '9') || c == '-' || c == '_';
	}
	if (ok)
		*ret = text;
	else
		read_error(r, node, STR("write its id, as in C0123ABC, or #name"),
		    "'%.*s' is no conversation of Slack", STR_ARG(text));
	return ok;
}

static void
slack_read(struct reader *r, const struct node *node, const struct node *value,
    const struct channel_nodes *n, struct channel *ret)
{
	(void)read_conversation(r, value, &ret->address);
	need_key(r, node, n, KEY_TOKEN, "token: file:/etc/firstline/slack-token");
	read_key_secret(r, n, KEY_TOKEN, ret);
	if (n->key[KEY_SIGNING] != NULL)
		(void)read_secret(r, n->key[KEY_SIGNING], &ret->callback);
	ret->url = STR("https://slack.com/api");
	if (n->key[KEY_URL] != NULL)
		(void)read_http_url(r, n->key[KEY_URL], &ret->url);
}

/* ---- how much goes by it ---- */

static void
rate_read(struct reader *r, const struct node *node, struct pace *ret)
{
	const struct node *messages = NULL, *per = NULL;
	const struct key keys[] = {
		{ "messages", &messages, .required = true },
		{ "per", &per, .required = true },
	};
	uint32_t n = 0;
	msec ms = 0;
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	bool ok = read_u32(r, messages, 1, RATE_MESSAGES_MAX, &n);
	ok &= read_duration(r, per, RATE_PER_MS_MIN, RATE_PER_MS_MAX, &ms);
	if (!ok)
		return;
	if (n > ms) {
		read_error(r, messages, STR("leave 'rate' out"),
		    "that is more than one message each millisecond");
		return;
	}
	ret->rate_n = n;
	ret->rate_ms = ms;
}

/* {after: 4, every: 1m}, or "never". An incident there has a key of its own: what told of
 * many could not end them one by one. */
static void
digest_read(struct reader *r, const struct node *node, enum channel_kind kind,
    struct pace *ret)
{
	const struct node *after = NULL, *every = NULL;
	const struct key keys[] = { { "after", &after }, { "every", &every } };
	if (node->kind == NODE_TEXT && str_eq(node->text, STR("never"))) {
		ret->digest_n = 0;
		return;
	}
	if (kind == CHANNEL_PAGERDUTY) {
		read_error_key(r, node, STR("remove it: each incident is its own there"),
		    "a channel of pagerduty has no digests");
		return;
	}
	if (node->kind != NODE_MAP) {
		read_error(r, node, STR("write {after: 4, every: 1m}, or never"),
		    "'digest' is how many come one by one, or never");
		return;
	}
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (after != NULL)
		(void)read_u32(r, after, 1, DIGEST_AFTER_MAX, &ret->digest_n);
	if (every != NULL)
		(void)read_duration(r, every, DIGEST_EVERY_MS_MIN, DIGEST_EVERY_MS_MAX,
		    &ret->digest_ms);
}

static void
pace_read(struct reader *r, const struct channel_nodes *n, struct channel *ret)
{
	if (ret->kind != CHANNEL_PAGERDUTY) {
		ret->pace.digest_n = DIGEST_AFTER_DEFAULT;
		ret->pace.digest_ms = DIGEST_EVERY_MS_DEFAULT;
	}
	if (n->key[KEY_RATE] != NULL)
		rate_read(r, n->key[KEY_RATE], &ret->pace);
	if (n->key[KEY_DIGEST] != NULL)
		digest_read(r, n->key[KEY_DIGEST], ret->kind, &ret->pace);
}

#define BIT(key) (1u << (key))
static const struct kind_row kinds[CHANNEL_KIND_COUNT] = {
	[CHANNEL_SMTP] = { "smtp", BIT(KEY_FROM) | BIT(KEY_USERNAME) | BIT(KEY_PASSWORD),
	    smtp_read },
	[CHANNEL_WEBHOOK] = { "webhook", BIT(KEY_SECRET), webhook_read },
	[CHANNEL_NTFY] = { "ntfy", BIT(KEY_TOKEN) | BIT(KEY_TOPIC), ntfy_read },
	[CHANNEL_MATTERMOST] = { "mattermost", BIT(KEY_CHANNEL), mattermost_read },
	[CHANNEL_TEAMS] = { "teams", 0, teams_read_channel },
	[CHANNEL_PAGERDUTY] = { "pagerduty", BIT(KEY_URL), pagerduty_read },
	[CHANNEL_TWILIO] = { "twilio", BIT(KEY_TOKEN) | BIT(KEY_FROM) | BIT(KEY_URL),
	    twilio_read },
	[CHANNEL_TWILIO_VOICE] = { "twilio_voice",
	    BIT(KEY_TOKEN) | BIT(KEY_FROM) | BIT(KEY_URL), twilio_voice_read },
	[CHANNEL_SLACK] = { "slack", BIT(KEY_TOKEN) | BIT(KEY_SIGNING) | BIT(KEY_URL),
	    slack_read },
};

const char *
channel_kind_word(enum channel_kind kind)
{
	ASSERT(kind > 0 && kind < CHANNEL_KIND_COUNT);
	return kinds[kind].word;
}

/* ---- channels ---- */

void
channels_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	m->channels = arena_new(r->arena, struct channel, section->n);
	m->channels_n = section->n;
	known_init(r, &r->channels, "channel", "channels", &m->channel_by_name, section->n);
	for (size_t i = 0; i < section->n; i++) {
		m->channels[i].name = section->nodes[i]->key;
		m->channels[i].place = node_place(section->nodes[i]);
		known_add(r, &r->channels, section->nodes[i], &m->channels[i]);
	}
}

/* "mail, webhook, ntfy" of those that take this key. */
static str
kinds_with(struct reader *r, enum channel_key key)
{
	str words[CHANNEL_KIND_COUNT];
	size_t n = 0;
	for (size_t i = 1; i < CHANNEL_KIND_COUNT; i++) {
		if (kinds[i].keys & BIT(key))
			words[n++] = str_of(kinds[i].word);
	}
	return read_join(r, words, n);
}

static void
refuse_foreign(struct reader *r, const struct channel_nodes *n, const struct kind_row *kind)
{
	for (enum channel_key key = 0; key < KEY_COUNT; key++) {
		if (n->key[key] == NULL || key >= KEY_WORDS || (kind->keys & BIT(key)))
			continue;
		str words[KEY_COUNT];
		size_t words_n = 0;
		for (size_t i = 0; i < KEY_COUNT; i++) {
			if (kind->keys & BIT(i))
				words[words_n++] = str_of(key_words[i]);
		}
		str others = read_join(r, words, words_n);
		read_error_key(r, n->key[key],
		    words_n > 0 ? read_hint(r, "beside '%s' may stand: %.*s", kind->word,
				      STR_ARG(others))
				: read_hint(r, "nothing stands beside '%s'", kind->word),
		    "'%s' is for %.*s", key_words[key], STR_ARG(kinds_with(r, key)));
	}
}

static void
channel_read(struct reader *r, const struct node *node, struct channel *ret)
{
	struct channel_nodes n = { 0 };
	struct key keys[CHANNEL_KIND_COUNT - 1 + KEY_COUNT];
	str words[CHANNEL_KIND_COUNT];
	size_t keys_n = 0, found = 0;
	for (size_t i = 1; i < CHANNEL_KIND_COUNT; i++) {
		words[i - 1] = str_of(kinds[i].word);
		keys[keys_n++] = (struct key){ kinds[i].word, &n.kind[i] };
	}
	for (size_t i = 0; i < KEY_COUNT; i++)
		keys[keys_n++] = (struct key){ key_words[i], &n.key[i] };
	if (!read_map(r, node, "channel", keys, keys_n))
		return;
	for (size_t i = 1; i < CHANNEL_KIND_COUNT; i++) {
		found += n.kind[i] != NULL;
		if (n.kind[i] != NULL)
			ret->kind = (enum channel_kind)i;
	}
	if (found != 1) {
		str all = read_join(r, words, CHANNEL_KIND_COUNT - 1);
		read_error_key(r, node,
		    STR("write smtp: smtp://host:25, webhook: https://... or another"),
		    "channel '%.*s' needs one of %.*s%s", STR_ARG(node->key), STR_ARG(all),
		    found > 1 ? ", and only one" : "");
		ret->kind = CHANNEL_WEBHOOK;
		return;
	}
	const struct kind_row *kind = &kinds[ret->kind];
	refuse_foreign(r, &n, kind);
	kind->read(r, node, n.kind[ret->kind], &n, ret);
	if (n.key[KEY_WORDS] != NULL)
		channel_words_read(r, n.key[KEY_WORDS], ret);
	pace_read(r, &n, ret);
}

void
channels_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < section->n; i++)
		channel_read(r, section->nodes[i], &r->model->channels[i]);
}

/* ---- addresses ---- */

static bool
address_any(struct reader *r, const struct node *value, str *ret)
{
	if (!read_text(r, value, ret))
		return false;
	if (ret->n <= ADDRESS_BYTES_MAX)
		return true;
	read_error(r, value, STR(""), "an address is at most %d bytes", ADDRESS_BYTES_MAX);
	return false;
}

static bool
address_missing(struct reader *r, const struct node *node, const struct channel *channel,
    const char *example, const char *what)
{
	read_error(r, node,
	    read_hint(r, "write {%.*s: %s}", STR_ARG(channel->name), example),
	    "there is no %s for '%.*s'", what, STR_ARG(channel->name));
	return false;
}

static bool
address_refused(struct reader *r, const struct node *value, const struct channel *channel)
{
	read_error(r, value, read_hint(r, "write %.*s alone", STR_ARG(channel->name)),
	    "a channel of %s has no addresses", kinds[channel->kind].word);
	return false;
}

bool
channel_address(struct reader *r, const struct node *node, const struct node *value,
    const struct channel *channel, bool has_email, str *ret)
{
	if (value == NULL)
		*ret = channel->address;
	switch (channel->kind) {
	case CHANNEL_SMTP:
		if (value != NULL)
			return read_email(r, value, ret);
		return has_email || address_missing(r, node, channel, "someone@example.com",
					"e-mail address");
	case CHANNEL_NTFY:
		if (value != NULL)
			return read_topic(r, value, ret);
		return ret->n > 0 || address_missing(r, node, channel, "on-duty", "topic");
	case CHANNEL_TWILIO:
	case CHANNEL_TWILIO_VOICE:
		if (value != NULL)
			return read_number(r, value, ret);
		return address_missing(r, node, channel, "\"+351210000000\"",
		    "phone number");
	case CHANNEL_SLACK:
		return value == NULL || read_conversation(r, value, ret);
	case CHANNEL_TEAMS:
	case CHANNEL_PAGERDUTY:
		return value == NULL || address_refused(r, value, channel);
	case CHANNEL_MATTERMOST:
	case CHANNEL_WEBHOOK:
		return value == NULL || address_any(r, value, ret);
	}
	/* Its own kind could not be read: that was said. */
	return value == NULL || address_any(r, value, ret);
}
