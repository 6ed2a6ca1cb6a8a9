#include "cli/client.h"
#include "facts/row.h"
#include "os/clock.h"

#include "support/test.h"

static char memory[256 << 10];

static struct client
begin(void)
{
	return (struct client){ .arena = arena_over(memory, sizeof(memory)) };
}

static void
reply_one__reads_a_row_bare_or_under_its_name(void)
{
	static const struct {
		const char *name, *body;
	} rows[] = {
		{ "bare", "{\"id\":12,\"state\":\"acting\",\"incident\":7}" },
		{ "under its name",
		    "{\"exit\":0,\"incident\":{\"id\":12,\"state\":\"acting\"}}" },
		{ "what is not known is skipped",
		    "{\"id\":12,\"state\":\"acting\",\"new\":[{\"a\":[1]},null],"
		    "\"severity\":\"sev9\"}" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct client client = begin();
		struct incident_row row;
		EXPECT(reply_one(&client, str_of(rows[i].body), "incident",
		    &incident_row_type, &row));
		EXPECT_U64(row.id, 12);
		EXPECT_U64(row.state, INCIDENT_ACTING);
		EXPECT_U64(row.severity, 0);
	}
}

static void
reply_list__reads_lists_and_what_is_in_them(void)
{
	struct client client = begin();
	struct records rows;
	str body = STR("{\"items\":[{\"id\":1,\"reasons\":[{\"kind\":\"grant\","
		       "\"colour\":1,\"line\":31}]},{\"id\":2}],\"cursor\":\"2\"}");
	EXPECT(reply_list(&client, body, "items", &decision_row_type, &rows));
	EXPECT_U64(rows.n, 2);
	const struct decision_row *decisions = rows.p;
	EXPECT_U64(decisions[0].reasons.n, 1);
	const struct reason *reason = decisions[0].reasons.p;
	EXPECT_U64(reason->line, 31);
	EXPECT_U64(decisions[1].id, 2);
	EXPECT_STR(reply_text(&client, body, "cursor"), STR("2"));

	EXPECT(
	    reply_list(&client, STR("{\"other\":1}"), "items", &decision_row_type, &rows));
	EXPECT_U64(rows.n, 0);
	EXPECT_U64(reply_text(&client, STR("{\"cursor\":null}"), "cursor").n, 0);
}

static void
reply_error__finds_the_reason_in_each_form(void)
{
	static const struct {
		const char *body, *message; /* NULL: no such answer */
		uint64_t code;
	} rows[] = {
		{ "{\"error\":{\"status\":403,\"message\":\"no\",\"exit\":5}}", "no", 5 },
		{ "{\"error\":{\"message\":\"no\"}}", "no", 77 },
		{ "\"a token is needed\"\n", "a token is needed", 77 },
		{ "{\"code\":602,\"message\":\"labels in body is required\"}",
		    "labels in body is required", 77 },
		{ "{\"message\":\"m\",\"code\":413}", "m", 77 },
		{ "{\"code\":1,\"message\":\"m\",\"error\":{\"message\":\"no\"}}", "no",
		    77 },
		{ "{\"message\":\"somebody else's\"}" },
		{ "{\"code\":602,\"message\":7}" },
		{ "{\"error\":{\"message\":7,\"exit\":5}}" },
		{ "{\"error\":\"no\"}" },
		{ "\"cut" },
		{ "\"two\" \"texts\"" },
		{ "{\"error\":{\"message\":\"no\",\"exit\":5}" },
		{ "[\"no\"]" },
		{ "<html>" },
		{ "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].body;
		struct client client = begin();
		str message = STR("before");
		uint64_t code = 77;
		bool ok = reply_error(str_of(rows[i].body), &client.arena, &message, &code);
		EXPECT(ok == (rows[i].message != NULL));
		EXPECT_STR(message, str_of(ok ? rows[i].message : "before"));
		EXPECT_U64(code, ok ? rows[i].code : 77);
	}
	test_row = NULL;
}

static void
body_of__quotes_what_people_type(void)
{
	struct client client = begin();
	struct pair pairs[] = { { STR("unit"), STR("a\"b") } };
	struct pairs params = { pairs, 1 };
	const char *texts[] = { "text", "say \"hi\"\n", "left", NULL, NULL };
	EXPECT_STR(body_of(&client, texts, &params),
	    STR("{\"text\":\"say \\\"hi\\\"\\n\",\"with\":{\"unit\":\"a\\\"b\"}}"));
	const char *none[] = { NULL };
	EXPECT_STR(body_of(&client, none, NULL), STR("{}"));
	EXPECT_STR(body_of(&client, none, &params),
	    STR("{\"with\":{\"unit\":\"a\\\"b\"}}"));
}

static void
client_escape__leaves_nothing_that_means_something_in_a_path(void)
{
	struct client client = begin();
	EXPECT_STR(client_escape(&client, "a-b_c.d~1"), STR("a-b_c.d~1"));
	EXPECT_STR(client_escape(&client, "a/../b?c&d=%"), STR("a%2F..%2Fb%3Fc%26d%3D%25"));
	EXPECT_STR(client_escape(&client, "\xc3\xa9"), STR("%C3%A9"));
}

static void
number_take__reads_numbers_of_incidents(void)
{
	uint64_t n = 7;
	EXPECT(number_take("12", "an incident", &n) && n == 12);
	EXPECT(number_take("#13", "an incident", &n) && n == 13);
}

static void
date_take__reads_days_and_nothing_else(void)
{
	static const char *const bad[] = { "", "2026", "2026-1-1", "2026-13-01",
		"2026-00-10", "2026-01-32", "1969-01-01", "2026/01/01", "2026-01-01 ",
		"2o26-01-01" };
	struct civil date = { .year = 7 };
	for (size_t i = 0; i < countof(bad); i++) {
		test_row = bad[i];
		EXPECT(!date_take(str_of(bad[i]), &date) && date.year == 7);
	}
	EXPECT(date_take(STR("2026-11-23"), &date));
	EXPECT(date.year == 2026 && date.month == 11 && date.day == 23 && date.hour == 0);
}

static void
time_take__reads_the_next_time_of_day(void)
{
#define NOON ((msec)1782820800000) /* 2026-06-30 12:00 UTC */
	static const struct {
		const char *text;
		msec after; /* noon */
	} rows[] = {
		{ "12:01", MINUTE },
		{ "18:00", 6 * HOUR },
		{ "23:59", 11 * HOUR + 59 * MINUTE },
		{ "00:00", 12 * HOUR }, /* the next day, of the next month */
		{ "12:00", 24 * HOUR },
		{ "11:59", 24 * HOUR - MINUTE },
	};
	static const char *const bad[] = { "", "8:00", "24:00", "12:60", "12:00 ", "1200",
		"-1:00", "12.00" };
	msec at = 7;
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		EXPECT(time_next(zone_utc(), NOON, str_of(rows[i].text), &at));
		EXPECT_U64(at, NOON + rows[i].after);
	}
	at = 7;
	for (size_t i = 0; i < countof(bad); i++) {
		test_row = bad[i];
		EXPECT(!time_next(zone_utc(), NOON, str_of(bad[i]), &at) && at == 7);
	}
	test_row = NULL;
	EXPECT(time_take(zone_utc(), "18:00", &at) && at > clock_wall() &&
	       at <= clock_wall() + DAY);
	EXPECT(time_take(zone_utc(), "2026-06-30 12:00", &at) && at == NOON);
	EXPECT(time_take(zone_utc(), "2026-06-30", &at) && at == NOON - 12 * HOUR);
	EXPECT(time_take(zone_utc(), "2026-06-30T14:00:00+02:00", &at) && at == NOON);
	EXPECT(!time_take(zone_utc(), "2026-06-30 24:00", &at));
}

int
main(void)
{
	RUN(reply_one__reads_a_row_bare_or_under_its_name);
	RUN(reply_list__reads_lists_and_what_is_in_them);
	RUN(reply_error__finds_the_reason_in_each_form);
	RUN(body_of__quotes_what_people_type);
	RUN(client_escape__leaves_nothing_that_means_something_in_a_path);
	RUN(date_take__reads_days_and_nothing_else);
	RUN(number_take__reads_numbers_of_incidents);
	RUN(time_take__reads_the_next_time_of_day);
	TEST_MAIN_END();
}
