/* Trying a channel: whom a test may go to, what a preview says, and what is kept of both. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static struct reply
try(struct world *w, enum command_kind kind, const char *channel, const char *to,
    incident_id incident)
{
	struct pair pair = { STR("to"), str_of(to) };
	struct command command = { .kind = kind,
		.principal = STR("person:ana"),
		.name = str_of(channel),
		.incident = incident,
		.params = { &pair, to[0] != '\0' ? 1 : 0 } };
	w->deliver = false;
	return world_command(w, &command);
}

static void
answer(struct world *w, bool delivered)
{
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = world_last_notice(w)->id,
		    .delivered = delivered,
		    .error = delivered ? STR("") : STR("the receiver answered 500"),
		    .request = STR("POST http://127.0.0.1:8001/ops\n"),
		    .answer = STR("status 500\n\noh"),
		    .took_ms = 120 } };
	w->notices[w->notice_n - 1].answered = true;
	world_step(w, &event);
}

static void
channel__test_goes_where_the_configuration_says_and_nowhere_else(void)
{
	static const struct {
		const char *channel, *to, *person, *address;
		uint32_t status;
	} rows[] = {
		{ "mail", "", "ana", "ana@example.com", 202 }, /* the asker's own */
		{ "mail", "mei", "mei", "mei@example.com", 202 },
		{ "ops-hook", "", "", "", 202 },
		{ "ops-hook", "platform-ops", "", "", 202 },
		{ "pager", "mei", "", "", 422 }, /* she is not reached by it */
		{ "mail", "x@example.com", "", "", 422 },
		{ "none-such", "", "", "", 404 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct world *w = world_new(SHOP, NULL, NULL);
		test_row = rows[i].channel;
		struct reply reply =
		    try(w, COMMAND_CHANNEL_TEST, rows[i].channel, rows[i].to, 0);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT_U64(w->notice_n, reply.status == 202 ? 1 : 0);
		if (reply.status == 202) {
			const struct notice_row *row = world_last_notice(w);
			EXPECT(row->purpose == PURPOSE_TEST && row->shows_as == 0);
			EXPECT_STR(row->person, str_of(rows[i].person));
			EXPECT_STR(row->address, str_of(rows[i].address));
			EXPECT(str_contains(row->text, STR("ana asked for a test")));
			answer(w, true);
		}
		world_free(w);
	}
}

/* One try: nobody else is told, nothing is a gap, and what was seen is kept. */
static void
channel__test_that_fails_is_told_and_not_tried_again(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct notice_row row;
	EXPECT_U64(try(w, COMMAND_CHANNEL_TEST, "mail", "", 0).status, 202);
	row_id id = world_last_notice(w)->id;
	answer(w, false);
	world_after(w, HOUR);
	EXPECT_U64(w->notice_n, 1);
	EXPECT_U64(world_gap(w, GAP_NOT_TOLD, "ana").count, 0);
	EXPECT(world_row_get(w, TABLE_NOTICE, id, &row));
	EXPECT(row.state == NOTICE_GIVEN_UP);
	EXPECT_U64(row.took_ms, 120);
	EXPECT_STR(row.request, STR("POST http://127.0.0.1:8001/ops\n"));
	EXPECT_STR(row.answer, STR("status 500\n\noh"));
	EXPECT(world_says(w, 0, "asked for a test of channel mail"));
	EXPECT(world_says(w, 0, "the test of channel mail failed: the receiver answered"));
	world_free(w);
}

static void
channel__preview_says_what_would_be_said_of_an_incident(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	EXPECT_U64(try(w, COMMAND_CHANNEL_PREVIEW, "mail", "mei", 1).status, 202);
	const struct notice_row *row = world_last_notice(w);
	EXPECT(row->purpose == PURPOSE_TEST && row->shows_as == PURPOSE_NEEDS_PERSON);
	EXPECT_U64(row->shows, 1);
	EXPECT_U64(row->incident, 0);
	EXPECT_STR(row->person, STR("mei"));
	EXPECT(str_contains(row->subject, STR("Slow (incident 1): needs a person")));
	/* Being looked at is no telling: its end goes to who was told. */
	uint32_t told = world_incident(w, 1).told;
	answer(w, true);
	EXPECT_U64(world_incident(w, 1).told, told);
	EXPECT_U64(try(w, COMMAND_CHANNEL_PREVIEW, "mail", "", 99).status, 404);
	EXPECT_U64(try(w, COMMAND_CHANNEL_PREVIEW, "mail", "", 0).status, 202);
	EXPECT(
	    str_contains(world_last_notice(w)->subject, STR("QueueStuck (incident 17)")));
	answer(w, true);
	world_free(w);
}

static void
channel__tests_that_wait_are_bounded(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	for (unsigned i = 0; i < 16; i++)
		EXPECT_U64(try(w, COMMAND_CHANNEL_TEST, "ops-hook", "", 0).status, 202);
	EXPECT_U64(try(w, COMMAND_CHANNEL_TEST, "ops-hook", "", 0).status, 429);
	answer(w, true);
	EXPECT_U64(try(w, COMMAND_CHANNEL_TEST, "ops-hook", "", 0).status, 202);
	world_free(w);
}

int
main(void)
{
	RUN(channel__test_goes_where_the_configuration_says_and_nowhere_else);
	RUN(channel__test_that_fails_is_told_and_not_tried_again);
	RUN(channel__preview_says_what_would_be_said_of_an_incident);
	RUN(channel__tests_that_wait_are_bounded);
	TEST_MAIN_END();
}
