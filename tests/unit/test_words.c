/* A channel's own words: escaped for where they go, and ours where they cannot be made. */
#include "hands/words.h"

#include "base/json.h"
#include "hands/notify.h"
#include "support/config.h"
#include "support/test.h"

static struct pair fields[] = {
	{ { "impact", 6 }, { "<b>\"all\"</b> & *bold* @all", 26 } },
	{ { "title", 5 }, { "Down_now", 8 } },
	{ { "url", 3 }, { "https://f.example/i/17", 22 } },
	{ { "you_can", 7 }, { "firstline ack 17\nfirstline show 17\n", 35 } },
};

#define REST                                                                             \
	"fallback: ops\n"                                                                \
	"people: {ana: {reach: [hook]}}\n"                                               \
	"teams:\n"                                                                       \
	"  ops:\n"                                                                       \
	"    kind: operations\n"                                                         \
	"    on_call:\n"                                                                 \
	"      zone: UTC\n"                                                              \
	"      rotations: [{name: a, people: [ana], every: 1 day, handover: '09:00'}]\n" \
	"services: {shop: {owner: ops, tier: 1}}\n"

#define CHANNELS                                                                \
	"channels:\n"                                                           \
	"  mail:\n"                                                             \
	"    smtp: 'smtp://127.0.0.1:25'\n"                                     \
	"    from: f@example.com\n"                                             \
	"    words:\n"                                                          \
	"      subject: 'S {{incident.title}}'\n"                               \
	"      html: "                                                          \
	"'<p>{{incident.impact}}</p>{{#you_can}}<i>{{line}}</i>{{/you_can}}'\n" \
	"  talk:\n"                                                             \
	"    slack: C0\n"                                                       \
	"    token: env:T\n"                                                    \
	"    words: {text: '*{{incident.title}}* {{incident.impact}}'}\n"       \
	"  town:\n"                                                             \
	"    mattermost: 'http://127.0.0.1/h'\n"                                \
	"    words: {text: '**{{incident.title}}** {{incident.impact}}'}\n"     \
	"  hook:\n"                                                             \
	"    webhook: 'http://127.0.0.1/h'\n"                                   \
	"    words: {body: '{\"t\": \"{{incident.impact}}\", \"n\": "           \
	"\"{{incident.title}}\"}'}\n"                                           \
	"  sms:\n"                                                              \
	"    twilio: AC1\n"                                                     \
	"    token: env:T\n"                                                    \
	"    from: '+15550100'\n"                                               \
	"    words: {text: '{{#asked.action}}x{{/asked.action}}'}\n"

static char memory[WORDS_BYTES_MAX];

static bool digest;

static struct notice_row
fill(const struct model *model, const char *channel, struct worded *ret)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct notice_row row = { .id = 42,
		.incident = 17,
		.purpose = digest ? PURPOSE_DIGEST : PURPOSE_OPENED,
		.subject = STR("ours"),
		.text = STR("our text"),
		.channel = str_of(channel),
		.fields = { fields, countof(fields) } };
	words_fill(names_get(&model->channel_by_name, row.channel), &row, &arena, ret);
	return row;
}

static void
words__are_escaped_for_where_they_go(void)
{
	static struct config config;
	struct worded w;
	config_open(&config);
	config_add(&config, "a.yaml", REST CHANNELS);
	const struct model *model = config_load(&config);
	EXPECT(model != NULL);
	if (model == NULL)
		return;
	struct notice_row row = fill(model, "mail", &w);
	EXPECT_STR(row.subject, STR("S Down_now"));
	EXPECT_STR(row.text, STR("our text"));
	EXPECT_STR(w.html, STR("<p>&lt;b&gt;&quot;all&quot;&lt;/b&gt; &amp; *bold* @all</p>"
			       "<i>firstline ack 17</i><i>firstline show 17</i>"));
	row = fill(model, "talk", &w);
	EXPECT(w.markup);
	EXPECT_STR(row.text,
	    STR("*Down_\xe2\x80\x8bnow* &lt;b&gt;\"all\"&lt;/b&gt; &amp; *\xe2\x80\x8b"
		"bold*\xe2\x80\x8b @all"));
	EXPECT_STR(row.subject, STR("ours"));
	row = fill(model, "town", &w);
	EXPECT(w.markup && str_starts(row.text, STR("**Down\\_now** \\<b\\>")));
	EXPECT(!str_contains(row.text, STR("@all")));
	row = fill(model, "hook", &w);
	EXPECT_STR(w.body,
	    STR("{\"t\": \"<b>\\\"all\\\"</b> & *bold* @all\", \"n\": \"Down_now\"}"));
	EXPECT_STR(row.text, STR("our text"));
	/* Of a digest: what is about one incident is not filled in with many. */
	digest = true;
	row = fill(model, "mail", &w);
	EXPECT_STR(row.subject, STR("ours"));
	EXPECT(w.html.n == 0 && !w.own_text);
	row = fill(model, "hook", &w);
	EXPECT(str_starts(w.body, STR("{\"t\": ")));
	digest = false;
	/* What comes to nothing: ours. */
	row = fill(model, "sms", &w);
	EXPECT(!w.own_text);
	EXPECT_STR(row.text, STR("our text"));
	config_close(&config);
}

int
main(void)
{
	RUN(words__are_escaped_for_where_they_go);
	TEST_MAIN_END();
}
