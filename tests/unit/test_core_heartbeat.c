/* What must be heard of again and again: up, down, and who says so. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define BEATS                                                                  \
	"ping_key: file:/none\n"                                               \
	"heartbeats:\n"                                                        \
	"  import: {service: payments, period: 10m, grace: 2m, longest: 5m}\n" \
	"  backup: {service: payments, cron: \"30 2 * * *\", grace: 1h}\n"

static struct reply
ping(struct world *w, const char *name, const char *kind, uint64_t code, const char *rid)
{
	struct pair params[] = { { STR("kind"), str_of(kind) },
		{ STR("rid"), str_of(rid) } };
	struct command command = { .kind = COMMAND_PING,
		.principal = STR("firstline"),
		.name = str_of(name),
		.row = code,
		.params = { params, rid[0] != '\0' ? 2 : 1 } };
	return world_command(w, &command);
}

static struct heartbeat_row
beat(struct world *w, const char *name)
{
	const struct heartbeat_row *rows[8];
	size_t n = core_heartbeats(w->core, rows, countof(rows));
	for (size_t i = 0; i < n; i++) {
		if (str_eq(rows[i]->name, str_of(name)))
			return *rows[i];
	}
	return (struct heartbeat_row){ 0 };
}

static bool
has(str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void
heartbeat__that_stays_away_is_down_until_it_is_heard_of(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	EXPECT(beat(w, "import").state == HEARTBEAT_NEW);
	EXPECT_U64(ping(w, "import", "success", 0, "").status, 200);
	EXPECT(beat(w, "import").state == HEARTBEAT_UP);
	world_after(w, 11 * MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_UP); /* late, within its grace */
	world_after(w, MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_DOWN);
	EXPECT(has(beat(w, "import").why, "import was last heard of at 2026-11-23 13:12"));
	msec since = beat(w, "import").since_wall;
	world_after(w, HOUR);
	EXPECT_U64(beat(w, "import").since_wall, since);
	(void)ping(w, "import", "success", 0, "");
	EXPECT(beat(w, "import").state == HEARTBEAT_UP && beat(w, "import").why.n == 0);
	world_free(w);
}

static void
heartbeat__that_never_came_is_missed_too(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	world_after(w, 12 * MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_DOWN);
	EXPECT(has(beat(w, "import").why, "never heard of"));
	/* 13:12 UTC: the next 02:30 is tomorrow's, its grace ends at 03:30. */
	world_after(w, 14 * HOUR);
	EXPECT(beat(w, "backup").state == HEARTBEAT_NEW);
	world_after(w, HOUR);
	EXPECT(beat(w, "backup").state == HEARTBEAT_DOWN);
	world_free(w);
}

static void
heartbeat__says_itself_that_it_failed(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	(void)ping(w, "import", "fail", 0, "");
	EXPECT(has(beat(w, "import").why, "said that it failed"));
	(void)ping(w, "import", "exit", 0, "");
	EXPECT(beat(w, "import").state == HEARTBEAT_UP);
	(void)ping(w, "import", "exit", 3, "");
	EXPECT(has(beat(w, "import").why, "ended with code 3"));
	(void)ping(w, "import", "exit", 4, "");
	EXPECT(has(beat(w, "import").why, "code 3")); /* one trouble, its first reason */
	(void)ping(w, "import", "log", 0, "");
	EXPECT(beat(w, "import").state == HEARTBEAT_DOWN);
	EXPECT_U64(beat(w, "import").pings, 5);
	world_free(w);
}

static void
heartbeat__run_has_a_length_and_may_be_too_long(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	(void)ping(w, "import", "start", 0, "a");
	world_after(w, 90 * SECOND);
	(void)ping(w, "import", "success", 0, "a");
	EXPECT(beat(w, "import").lasted);
	EXPECT_U64(beat(w, "import").took_ms, 90 * SECOND);
	(void)ping(w, "import", "start", 0, "b");
	world_after(w, MINUTE);
	(void)ping(w, "import", "success", 0, "c"); /* another's end says nothing of b's */
	EXPECT_U64(beat(w, "import").took_ms, 90 * SECOND);
	(void)ping(w, "import", "start", 0, "");
	world_after(w, 5 * MINUTE);
	EXPECT(has(beat(w, "import").why, "has not ended"));
	(void)ping(w, "import", "success", 0, "");
	EXPECT(beat(w, "import").state == HEARTBEAT_UP);
	world_free(w);
}

static void
heartbeat__state_outlives_a_restart_and_what_we_did_not_hear_gets_time(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	(void)ping(w, "import", "success", 0, "");
	world_after(w, 11 * MINUTE + 50 * SECOND);
	world_restart(w);
	EXPECT(beat(w, "import").state == HEARTBEAT_UP);
	world_after(w, 4 * MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_UP);
	world_after(w, 2 * MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_DOWN);
	world_restart(w);
	EXPECT(beat(w, "import").state == HEARTBEAT_DOWN);
	world_free(w);
}

static void
heartbeat__is_what_the_newest_configuration_says(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	(void)ping(w, "import", "success", 0, "");
	world_adopt(w,
	    SHOP "ping_key: file:/none\nheartbeats:\n  import: {service: payments, "
		 "period: 1h}\n",
	    NULL);
	EXPECT_U64(ping(w, "backup", "success", 0, "").status, 404);
	EXPECT_U64(beat(w, "backup").id, 0);
	world_after(w, 30 * MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_UP);
	world_after(w, 36 * MINUTE);
	EXPECT(beat(w, "import").state == HEARTBEAT_DOWN);
	world_free(w);
}

/* Their alerts come as all alerts do; each is a trouble of its own, as bad as it says. */
static void
heartbeats__of_one_service_are_two_incidents(void)
{
	struct world *w = world_new(SHOP BEATS, NULL, NULL);
	(void)world_fire(w, "alertname=HeartbeatMissing,heartbeat=import,service=payments,"
			    "severity=sev4");
	incident_id first = w->last_incident;
	(void)world_fire(w, "alertname=HeartbeatMissing,heartbeat=backup,service=payments,"
			    "severity=sev1");
	EXPECT(w->last_incident != first);
	EXPECT(world_incident(w, first).severity == SEV4);
	EXPECT(world_incident(w, w->last_incident).severity == SEV1);
	world_free(w);
}

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

/* Each night at 01:30 in Lisbon, which is skipped on 2027-03-28 (the clocks go from 01:00 to
 * 02:00) and comes twice on 2027-10-31. It is due at the jump, and the first time. */
static void
heartbeat__is_due_once_in_the_nights_when_clocks_jump(void)
{
	static const struct {
		const char *name;
		unsigned month, day, hour, minute; /* of the night before, in UTC */
		unsigned due_hour, due_minute;     /* of the night itself */
		unsigned next_hour;                /* and of the one after, at :30 */
	} rows[] = {
		{ "skipped", 3, 27, 1, 30, 1, 0, 0 },
		{ "twice", 10, 30, 0, 30, 0, 30, 1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(SHOP
		    "ping_key: file:/none\nheartbeats:\n  nightly: {service: "
		    "payments, cron: \"30 1 * * *\", zone: Europe/Lisbon, grace: "
		    "20m}\n",
		    NULL, NULL);
		unsigned month = rows[i].month, day = rows[i].day;
		world_after(w,
		    utc(2027, month, day, rows[i].hour, rows[i].minute) - w->wall);
		(void)ping(w, "nightly", "success", 0, "");
		msec due = utc(2027, month, day + 1, rows[i].due_hour, rows[i].due_minute);
		EXPECT_U64(beat(w, "nightly").due_wall, due);
		world_after(w, due + 20 * MINUTE - SECOND - w->wall);
		EXPECT(beat(w, "nightly").state == HEARTBEAT_UP);
		(void)ping(w, "nightly", "success", 0, "");
		/* Not once more in the same night. */
		msec next = utc(2027, month, day + 1, rows[i].next_hour, 30) + DAY;
		EXPECT_U64(beat(w, "nightly").due_wall, next);
		world_after(w, next + 20 * MINUTE - SECOND - w->wall);
		EXPECT(beat(w, "nightly").state == HEARTBEAT_UP);
		world_after(w, SECOND);
		EXPECT(beat(w, "nightly").state == HEARTBEAT_DOWN);
		world_free(w);
	}
}

int
main(void)
{
	RUN(heartbeat__is_due_once_in_the_nights_when_clocks_jump);
	RUN(heartbeat__that_stays_away_is_down_until_it_is_heard_of);
	RUN(heartbeat__that_never_came_is_missed_too);
	RUN(heartbeat__says_itself_that_it_failed);
	RUN(heartbeat__run_has_a_length_and_may_be_too_long);
	RUN(heartbeat__state_outlives_a_restart_and_what_we_did_not_hear_gets_time);
	RUN(heartbeat__is_what_the_newest_configuration_says);
	RUN(heartbeats__of_one_service_are_two_incidents);
	TEST_MAIN_END();
}
