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
	mattermost_body(&out, &row);
	EXPECT(str_contains(buf_str(&out), STR("\"text\":\"line one\\n@\xe2\x80\x8b"
					       "all \\\\*bold\\\\* \\\\[x")));
	EXPECT(str_contains(buf_str(&out), STR("\"channel\":\"on-duty\"")));
	EXPECT(str_contains(buf_str(&out), STR("\"color\":\"#d24b4e\"")));
	out.n = 0;
	row.subject = STR("[sev2] @all [x](y)");
	mattermost_body(&out, &row);
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
	teams_body(&out, &row);
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
	twilio_body(&out, &row, STR("+15550100"));
	EXPECT_STR(buf_str(&out),
	    STR("To=%2B351210000000&From=%2B15550100&Body=%5Bsev1%5D%20checkout%3A%20Down"
		"%20%26%20out%0Ahttps%3A%2F%2Ff.example%2Fi%2F17"));
	buf_done(&out);
}

int
main(void)
{
	RUN(ntfy__rings_by_severity_and_ends_quietly);
	RUN(mattermost__escapes_what_came_from_outside);
	RUN(teams__is_a_card_of_plain_runs);
	RUN(pagerduty__opens_and_resolves_one_incident);
	RUN(twilio__encodes_its_form);
	TEST_MAIN_END();
}
