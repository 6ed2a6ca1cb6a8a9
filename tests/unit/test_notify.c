#include "hands/notify.h"

#include "base/json.h"
#include "support/test.h"

static struct pair fields[] = {
	{ { "impact", 6 }, { "buying \"may\" fail", 17 } },
	{ { "service", 7 }, { "checkout", 8 } },
	{ { "severity", 8 }, { "sev1", 4 } },
	{ { "url", 3 }, { "https://f.example/i/17", 22 } },
};

static struct notice_row
notice(enum notice_purpose purpose)
{
	return (struct notice_row){ .id = 42,
		.incident = 17,
		.purpose = purpose,
		.address = STR("on-duty"),
		.subject = STR("[sev1] checkout: Down & out"),
		.text = STR("line one\n@all *bold* [x](http://evil)"),
		.fields = { fields, countof(fields) },
		.made_wall = UINT64_C(1795456684380) };
}

static void
ntfy__rings_by_severity_and_ends_quietly(void)
{
	struct buf out = BUF(4096);
	struct notice_row row = notice(PURPOSE_OPENED);
	ntfy_body(&out, &row);
	EXPECT_STR(buf_str(&out),
	    STR("{\"topic\":\"on-duty\",\"title\":\"[sev1] checkout: Down & out\","
		"\"message\":\"line one\\n@all *bold* [x](http://evil)\",\"priority\":5,"
		"\"tags\":[\"rotating_light\"],\"click\":\"https://f.example/i/17\","
		"\"actions\":[{\"action\":\"view\",\"label\":\"Open\","
		"\"url\":\"https://f.example/i/17\"}]}"));
	out.n = 0;
	row = notice(PURPOSE_ENDED);
	row.fields.n = 0;
	ntfy_body(&out, &row);
	EXPECT_STR(buf_str(&out),
	    STR("{\"topic\":\"on-duty\",\"title\":\"[sev1] checkout: Down & out\","
		"\"message\":\"line one\\n@all *bold* [x](http://evil)\",\"priority\":3,"
		"\"tags\":[\"white_check_mark\"]}"));
	buf_done(&out);
}

/* Nothing from outside formats, links or calls people. */
static void
mattermost__escapes_what_came_from_outside(void)
{
	struct buf out = BUF(4096);
	mattermost_escape(&out, STR("@all *b* [x](y) <z> :fire: a\\b"));
	EXPECT_STR(buf_str(&out), STR("@\xe2\x80\x8b"
				      "all \\*b\\* \\[x\\]\\(y\\) \\<z\\> :\xe2\x80\x8b"
				      "fire:\xe2\x80\x8b a\\\\b"));
	out.n = 0;
	struct notice_row row = notice(PURPOSE_OPENED);
	mattermost_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out), STR("\"text\":\"line one\\n@\xe2\x80\x8b"
					       "all \\\\*bold\\\\* \\\\[x")));
	EXPECT(str_contains(buf_str(&out), STR("\"channel\":\"on-duty\"")));
	EXPECT(str_contains(buf_str(&out), STR("\"color\":\"#d24b4e\"")));
	out.n = 0;
	row.subject = STR("[sev2] @all [x](y)");
	mattermost_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out), STR("\"fallback\":\"[sev2] @\xe2\x80\x8b"
					       "all [x](y)\"")));
	EXPECT(str_contains(buf_str(&out), STR("\"title\":\"\\\\[sev2\\\\] @\xe2\x80\x8b"
					       "all \\\\[x\\\\]\\\\(y\\\\)\"")));
	buf_done(&out);
}

static void
teams__is_a_card_of_plain_runs(void)
{
	struct buf out = BUF(8192);
	struct notice_row row = notice(PURPOSE_ENDED);
	teams_body(&out, &row, false);
	EXPECT(str_starts(buf_str(&out),
	    STR("{\"type\":\"message\",\"attachments\":[{\"contentType\":"
		"\"application/vnd.microsoft.card.adaptive\"")));
	EXPECT(!str_contains(buf_str(&out), STR("\"type\":\"TextBlock\"")));
	EXPECT(str_contains(buf_str(&out), STR("\"color\":\"Good\"")));
	EXPECT(str_contains(buf_str(&out), STR("\"type\":\"Action.OpenUrl\"")));
	buf_done(&out);
}

static void
pagerduty__opens_and_resolves_one_incident(void)
{
	struct buf out = BUF(8192);
	struct notice_row row = notice(PURPOSE_OPENED);
	pagerduty_body(&out, &row, STR("R0UTE"));
	EXPECT_STR(buf_str(&out),
	    STR("{\"routing_key\":\"R0UTE\",\"event_action\":\"trigger\","
		"\"dedup_key\":\"firstline-incident-17\",\"payload\":{\"summary\":"
		"\"[sev1] checkout: Down & out\",\"source\":\"checkout\","
		"\"severity\":\"critical\",\"timestamp\":\"2026-11-23T17:58:04.380Z\","
		"\"custom_details\":{\"text\":\"line one\\n@all *bold* "
		"[x](http://evil)\",\"impact\":\"buying \\\"may\\\" fail\","
		"\"service\":\"checkout\",\"severity\":\"sev1\","
		"\"url\":\"https://f.example/i/17\"}},\"client\":\"Firstline\","
		"\"links\":[{\"href\":\"https://f.example/i/17\","
		"\"text\":\"Firstline\"}]}"));
	out.n = 0;
	row = notice(PURPOSE_APPROVAL_ENDED);
	row.asked = 9;
	pagerduty_body(&out, &row, STR("R0UTE"));
	EXPECT(str_contains(buf_str(&out),
	    STR("\"event_action\":\"resolve\",\"dedup_key\":\"firstline-asked-9\"")));
	out.n = 0;
	row = notice(PURPOSE_QUESTION_ENDED);
	row.asked = 9;
	pagerduty_body(&out, &row, STR("R0UTE"));
	EXPECT(str_contains(buf_str(&out),
	    STR("\"event_action\":\"resolve\",\"dedup_key\":\"firstline-asked-9\"")));
	buf_done(&out);
}

static void
twilio__encodes_its_form(void)
{
	struct buf out = BUF(4096);
	struct notice_row row = notice(PURPOSE_OPENED);
	row.address = STR("+351210000000");
	twilio_body(&out, &row, STR("+15550100"), false);
	EXPECT_STR(buf_str(&out),
	    STR("To=%2B351210000000&From=%2B15550100&Body=%5Bsev1%5D%20checkout%3A%20Down"
		"%20%26%20out%0Ahttps%3A%2F%2Ff.example%2Fi%2F17"));
	buf_done(&out);
}

static void
slack__has_buttons_while_somebody_is_wanted(void)
{
	struct buf out = BUF(4096);
	struct notice_row row = notice(PURPOSE_OPENED);
	slack_body(&out, &row, STR("C0"), STR(""), false, false, true);
	EXPECT_STR(buf_str(&out),
	    STR("{\"channel\":\"C0\",\"text\":\"[sev1] checkout: Down &amp; out\","
		"\"unfurl_links\":false,\"unfurl_media\":false,\"attachments\":["
		"{\"color\":\"#d24b4e\",\"blocks\":[{\"type\":\"section\",\"text\":"
		"{\"type\":\"plain_text\",\"emoji\":false,\"text\":\"line one\\n"
		"@all *bold* [x](http://evil)\"}},{\"type\":\"context\",\"elements\":["
		"{\"type\":\"plain_text\",\"emoji\":false,\"text\":\"severity sev1, "
		"service checkout\"}]},{\"type\":\"actions\",\"elements\":[{\"type\":"
		"\"button\",\"style\":\"primary\",\"action_id\":"
		"\"firstline_acknowledge\",\"value\":\"17\",\"text\":{\"type\":"
		"\"plain_text\",\"text\":\"Acknowledge\"}},{\"type\":\"button\","
		"\"action_id\":\"firstline_open\",\"text\":{\"type\":\"plain_text\","
		"\"text\":\"Open\"},\"url\":\"https://f.example/i/17\"}]}]}]}"));
	/* An app that does not call us: nobody could press it. */
	out.n = 0;
	slack_body(&out, &row, STR("C0"), STR(""), false, false, false);
	EXPECT(!str_contains(buf_str(&out), STR("firstline_acknowledge")));
	EXPECT(str_contains(buf_str(&out), STR("firstline_open")));
	static const enum notice_purpose over[] = { PURPOSE_ENDED, PURPOSE_ACKNOWLEDGED,
		PURPOSE_HANDED_OFF };
	static struct pair by[] = { { { "acknowledged_by", 15 }, { "mei", 3 } } };
	const struct pairs held = { by, countof(by) };
	for (size_t i = 0; i < countof(over); i++) {
		out.n = 0;
		row = notice(over[i]);
		if (over[i] == PURPOSE_ACKNOWLEDGED)
			row.fields = held;
		slack_body(&out, &row, STR("C0"), STR("1.2"), false, false, true);
		EXPECT(str_contains(buf_str(&out), STR("\"ts\":\"1.2\"")));
		EXPECT(!str_contains(buf_str(&out), STR("firstline_acknowledge")));
	}
	/* Taken back: it may be pressed again. */
	out.n = 0;
	row = notice(PURPOSE_ACKNOWLEDGED);
	slack_body(&out, &row, STR("C0"), STR("1.2"), false, false, true);
	EXPECT(str_contains(buf_str(&out), STR("firstline_acknowledge")));
	EXPECT(!str_contains(buf_str(&out), STR("#4a90d9")));
	out.n = 0;
	row = notice(PURPOSE_ESCALATED);
	slack_body(&out, &row, STR("C0"), STR("1.2"), true, false, true);
	EXPECT(str_contains(buf_str(&out), STR("\"thread_ts\":\"1.2\"")));
	EXPECT(!str_contains(buf_str(&out), STR("button")));
	out.n = 0;
	slack_escape(&out, STR("<!channel> a&b <@U1>"));
	EXPECT_STR(buf_str(&out), STR("&lt;!channel&gt; a&amp;b &lt;@U1&gt;"));
	buf_done(&out);
}

static void
slack__answers_say_whether_another_try_may_help(void)
{
	static const struct {
		const char *body;
		uint32_t status;
		bool delivered, permanent;
		const char *part, *ref;
	} rows[] = {
		{ "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\",\"x\":{}}", 200, true,
		    false, "", "C1:1.2" },
		{ "{\"ok\":true,\"channel\":{\"id\":\"C1\"}}", 200, true, false, "", "" },
		{ "{\"ok\":false,\"error\":\"is_archived\"}", 200, false, true,
		    "is_archived", "" },
		{ "{\"ok\":false,\"error\":\"ratelimited\"}", 200, false, false,
		    "ratelimited", "" },
		/* what is no name of Slack's may be what it was sent */
		{ "{\"ok\":false,\"error\":\"no such token: xoxb-1\"}", 200, false, false,
		    "Slack refused it", "" },
		{ "{\"ok\":true", 200, false, false, "no JSON", "" },
		{ "[]", 200, false, false, "no JSON", "" },
		{ "", 429, false, false, "429", "" },
		{ "", 503, false, false, "503", "" },
		{ "", 404, false, true, "404", "" },
	};
	char memory[2048];
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct notice_result result;
		test_row = rows[i].body;
		slack_answer(rows[i].status, str_of(rows[i].body), &arena, &result);
		EXPECT(result.delivered == rows[i].delivered);
		EXPECT(result.permanent == rows[i].permanent);
		EXPECT(rows[i].part[0] == '\0'
			   ? result.error.n == 0
			   : str_contains(result.error, str_of(rows[i].part)));
		EXPECT(!str_contains(result.error, STR("xoxb")));
		EXPECT_STR(result.ref, str_of(rows[i].ref));
		arena_release(memory, sizeof(memory));
	}
}

/* Of no incident: nothing to acknowledge, one link; as bad as the worst it tells, and of what
 * is over alone an end. */
static void
digest__is_shown_by_every_kind(void)
{
	static struct pair own[] = { { { "messages", 8 }, { "12", 2 } },
		{ { "severity", 8 }, { "sev1", 4 } },
		{ { "url", 3 }, { "https://f.example/incidents", 27 } } };
	struct notice_row row = notice(PURPOSE_DIGEST);
	struct buf out = BUF(16384);
	row.incident = 0;
	row.subject = STR("[sev1] 12 messages: 2 sev1, 10 over: checkout");
	row.fields = (struct pairs){ own, countof(own) };
	row.severity = SEV1;
	slack_body(&out, &row, STR("C0"), STR(""), false, false, true);
	EXPECT(str_contains(buf_str(&out), STR("12 messages")));
	EXPECT(str_contains(buf_str(&out), STR("\"url\":\"https://f.example/incidents\"")));
	EXPECT(!str_contains(buf_str(&out), STR("firstline_acknowledge")));
	EXPECT(str_contains(buf_str(&out), STR("#d24b4e")));
	out.n = 0;
	mattermost_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out),
	    STR("\"title_link\":\"https://f.example/incidents\"")));
	out.n = 0;
	teams_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out), STR("12 messages")));
	EXPECT(str_contains(buf_str(&out), STR("Action.OpenUrl")));
	EXPECT(str_contains(buf_str(&out), STR("Attention")));
	out.n = 0;
	ntfy_body(&out, &row);
	EXPECT(str_contains(buf_str(&out), STR("\"priority\":5")));
	EXPECT(
	    str_contains(buf_str(&out), STR("\"click\":\"https://f.example/incidents\"")));
	out.n = 0;
	twilio_body(&out, &row, STR("+1"), false);
	EXPECT(str_contains(buf_str(&out), STR("12%20messages")));
	EXPECT(str_contains(buf_str(&out), STR("https%3A%2F%2Ff.example%2Fincidents")));
	out.n = 0;
	row.severity = 0; /* ends alone */
	ntfy_body(&out, &row);
	EXPECT(str_contains(buf_str(&out), STR("\"priority\":3")));
	EXPECT(str_contains(buf_str(&out), STR("white_check_mark")));
	buf_done(&out);
}

/* Two links of ours, where who reads it can press them; a service that calls others has none. */
static void
notify__asks_at_the_end_whether_it_was_useful(void)
{
	struct pair own[] = { { STR(NOTICE_USELESS_FIELD), STR("https://f.example/act/n") },
		{ STR("severity"), STR("sev2") },
		{ STR("url"), STR("https://f.example/incidents/17") },
		{ STR(NOTICE_USEFUL_FIELD), STR("https://f.example/act/y") } };
	struct notice_row row = notice(PURPOSE_ENDED);
	struct buf out = BUF(16384);
	row.fields = (struct pairs){ own, countof(own) };
	ntfy_body(&out, &row);
	EXPECT(str_contains(buf_str(&out),
	    STR("\"label\":\"Useful\",\"url\":\"https://f.example/act/y\"")));
	EXPECT(str_contains(buf_str(&out),
	    STR("\"label\":\"Not useful\",\"url\":\"https://f.example/act/n\"")));
	EXPECT(str_contains(buf_str(&out), STR("\"label\":\"Open\"")));
	out.n = 0;
	teams_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out),
	    STR("\"title\":\"Useful\",\"url\":\"https://f.example/act/y\"},{")));
	EXPECT(!str_contains(buf_str(&out), STR("\"text\":\"https://f.example/act/")));
	out.n = 0;
	slack_body(&out, &row, STR("D0"), STR(""), false, false, true);
	EXPECT(str_contains(buf_str(&out), STR("firstline_not_useful")));
	EXPECT(str_contains(buf_str(&out), STR("\"url\":\"https://f.example/act/y\"")));
	EXPECT(!str_contains(buf_str(&out), STR("firstline_acknowledge")));
	out.n = 0;
	mattermost_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out), STR("\"value\":\"https://f.example/act/y\"")));
	out.n = 0;
	pagerduty_body(&out, &row, STR("key"));
	EXPECT(!str_contains(buf_str(&out), STR("/act/")));
	/* Of many one link, whose page asks of each; a text message has no other room. */
	own[3] = (struct pair){ STR(NOTICE_ASKS_FIELD), STR("https://f.example/act/was") };
	row.fields.p = own + 1;
	row.fields.n = countof(own) - 1;
	out.n = 0;
	ntfy_body(&out, &row);
	EXPECT(str_contains(buf_str(&out),
	    STR("\"label\":\"Was it useful?\",\"url\":\"https://f.example/act/was\"")));
	out.n = 0;
	teams_body(&out, &row, false);
	EXPECT(str_contains(buf_str(&out), STR("\"title\":\"Was it useful?\"")));
	out.n = 0;
	slack_body(&out, &row, STR("D0"), STR(""), false, false, true);
	EXPECT(str_contains(buf_str(&out), STR("firstline_was_useful")));
	out.n = 0;
	twilio_body(&out, &row, STR("+15550100"), false);
	EXPECT(str_ends(buf_str(&out),
	    STR("%0AUseful%3F%20https%3A%2F%2Ff.example%2Fact%2Fwas")));
	buf_done(&out);
}

/* Twilio takes 4,000 characters, whatever is in them. */
static void
voice__says_less_where_it_would_be_too_long(void)
{
	static char long_text[4000], long_link[3000] = "https://f.example/act/";
	struct pair own[] = { { STR(NOTICE_TAP_FIELD), { long_link, 0 } },
		{ STR("impact"), { long_text, sizeof(long_text) } },
		{ STR("severity"), STR("sev1") },
		{ STR("title"), { long_text, sizeof(long_text) } } };
	memset(long_text, '<', sizeof(long_text));
	for (size_t n = strlen(long_link); n < sizeof(long_link); n++)
		long_link[n] = 'x';
	static const size_t links[] = { 100, 400, 985, 986, 2000, sizeof(long_link) };
	for (size_t i = 0; i < countof(links); i++) {
		for (int whole = 0; whole < 2; whole++) {
			struct buf out = BUF(16384);
			struct notice_row row = notice(PURPOSE_OPENED);
			own[0].value.n = links[i];
			row.fields = (struct pairs){ own, countof(own) };
			row.text = own[1].value;
			voice_body(&out, &row, STR("+1"), whole == 1);
			EXPECT(!out.overflow);
			EXPECT(
			    str_contains(buf_str(&out), STR("Gather")) == (links[i] < 987));
			EXPECT(str_contains(buf_str(&out),
			    STR("%3C%2FSay%3E%3C%2FResponse%3E")));
			EXPECT(str_contains(buf_str(&out), STR("%26lt%3B")));
			buf_done(&out);
		}
	}
}

/* Nobody is called for what can wait. */
static void
voice__calls_for_what_cannot_wait(void)
{
	static const enum notice_purpose waits[] = { PURPOSE_ENDED, PURPOSE_ACKNOWLEDGED,
		PURPOSE_HANDED_OFF, PURPOSE_APPROVAL_ENDED, PURPOSE_QUESTION_ENDED };
	static const enum notice_purpose calls[] = { PURPOSE_OPENED, PURPOSE_NEEDS_PERSON,
		PURPOSE_ESCALATED, PURPOSE_REFIRED, PURPOSE_APPROVAL, PURPOSE_VETO };
	for (size_t i = 0; i < countof(waits); i++) {
		struct notice_row row = notice(waits[i]);
		EXPECT(!voice_calls(&row));
	}
	for (size_t i = 0; i < countof(calls); i++) {
		struct notice_row row = notice(calls[i]);
		EXPECT(voice_calls(&row));
	}
	struct notice_row row = notice(PURPOSE_DIGEST);
	EXPECT(!voice_calls(&row)); /* all of it is over */
	row.severity = SEV2;
	EXPECT(voice_calls(&row));
}

int
main(void)
{
	RUN(voice__says_less_where_it_would_be_too_long);
	RUN(voice__calls_for_what_cannot_wait);
	RUN(notify__asks_at_the_end_whether_it_was_useful);
	RUN(ntfy__rings_by_severity_and_ends_quietly);
	RUN(mattermost__escapes_what_came_from_outside);
	RUN(teams__is_a_card_of_plain_runs);
	RUN(pagerduty__opens_and_resolves_one_incident);
	RUN(twilio__encodes_its_form);
	RUN(slack__has_buttons_while_somebody_is_wanted);
	RUN(slack__answers_say_whether_another_try_may_help);
	RUN(digest__is_shown_by_every_kind);
	TEST_MAIN_END();
}
