/* Silences by Alertmanager's rules, and what is left of an incident whose alerts are held. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=mail"
#define SLOW "alertname=Slow,service=ledger"

static bool
has(str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* ---- the rules of change ---- */

struct wanted {
	str uuid, value, comment;
	msec starts, ends;
	const char *who; /* NULL: ana */
	enum role role;
};

static struct reply
set(struct world *w, const struct wanted *asked)
{
	struct silence_matcher matcher = { STR("alertname"), asked->value, false, true };
	static unsigned drawn;
	struct command command = { .kind = COMMAND_SILENCE_SET,
		.principal = str_of(asked->who != NULL ? asked->who : "person:ana"),
		.role = asked->role,
		.silence = { .uuid = asked->uuid,
		    .matchers = { &matcher, 1 },
		    .starts_wall = asked->starts,
		    .ends_wall = asked->ends,
		    .created_by = STR("ana"),
		    .comment = asked->comment },
		.fresh = arena_printf(&w->arena, "fresh-%u", ++drawn) };
	return world_command(w, &command);
}

static struct silence_row
silence(struct world *w, row_id id)
{
	struct silence_row row = { .id = 0 };
	EXPECT(world_row_get(w, TABLE_SILENCE, id, &row));
	return row;
}

static void
silence__begins_now_when_its_start_is_past(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct reply reply = set(w, &(struct wanted){ .value = STR("A"),
					.comment = STR("why"),
					.starts = w->wall - HOUR,
					.ends = w->wall + HOUR });
	EXPECT_U64(reply.status, 200);
	EXPECT(reply.table == TABLE_SILENCE);
	struct silence_row row = silence(w, reply.row);
	EXPECT_U64(row.starts_wall, w->wall);
	EXPECT_U64(row.ends_wall, w->wall + HOUR);
	EXPECT_STR(row.created_by, STR("ana"));
	EXPECT_STR(row.principal, STR("person:ana"));
	EXPECT(silence_state(&row, w->wall) == SILENCE_ACTIVE);
	EXPECT(world_says(w, 0, "made silence"));
	world_free(w);
}

static void
silence__is_refused_in_alertmanagers_words(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	const struct {
		const char *name;
		struct wanted asked;
		uint32_t status;
		const char *error;
	} rows[] = {
		{ "backwards",
		    { .value = STR("A"), .starts = w->wall + 2, .ends = w->wall + 1 }, 400,
		    "Failed to create silence: start time must be before end time" },
		{ "no length",
		    { .value = STR("A"), .starts = w->wall + 2, .ends = w->wall + 2 }, 400,
		    "Failed to create silence: start time must be before end time" },
		{ "over",
		    { .value = STR("A"), .starts = w->wall - 20, .ends = w->wall - 10 },
		    400, "Failed to create silence: end time can't be in the past" },
		{ "unknown",
		    { .uuid = STR("nobody"),
			.value = STR("A"),
			.starts = w->wall,
			.ends = w->wall + 10 },
		    404, "silence not found" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct reply reply = set(w, &rows[i].asked);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT_STR(reply.error, str_of(rows[i].error));
	}
	EXPECT_U64(world_count(w, TABLE_SILENCE), 0);
	world_free(w);
}

static void
silence__changes_in_place_or_is_replaced(void)
{
	static const struct {
		const char *name;
		const char *value;
		int64_t first, starts,
		    ends; /* of the first, of the second: seconds from now */
		bool in_place;
	} rows[] = {
		{ "active, longer", "A", 0, 0, 7200, true },
		{ "active, shorter", "A", 0, 0, 60, true },
		{ "active, another start", "A", 0, 60, 7200, false },
		{ "active, other matchers", "B", 0, 0, 7200, false },
		{ "pending, later", "A", 60, 120, 7200, true },
		{ "pending, at once", "A", 60, 0, 7200, true },
		{ "pending, in the past", "A", 60, -1, 7200, false },
		{ "pending, other matchers", "B", 60, 60, 7200, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(SHOP, NULL, NULL);
		struct wanted asked = { .value = STR("A"),
			.comment = STR("one"),
			.starts = w->wall + (msec)(rows[i].first * (int64_t)SECOND),
			.ends = w->wall + HOUR };
		row_id first = set(w, &asked).row;
		asked.uuid = silence(w, first).uuid;
		asked.value = str_of(rows[i].value);
		asked.comment = STR("two");
		asked.starts = w->wall + (msec)(rows[i].starts * (int64_t)SECOND);
		asked.ends = w->wall + (msec)(rows[i].ends * (int64_t)SECOND);
		struct reply reply = set(w, &asked);
		EXPECT_U64(reply.status, 200);
		struct silence_row now = silence(w, reply.row);
		EXPECT((reply.row == first) == rows[i].in_place);
		EXPECT(str_eq(now.uuid, asked.uuid) == rows[i].in_place);
		EXPECT_U64(now.ends_wall, asked.ends);
		EXPECT_STR(now.comment, STR("two"));
		struct silence_row old = silence(w, first);
		if (!rows[i].in_place)
			EXPECT(silence_state(&old, w->wall) == SILENCE_EXPIRED);
		world_free(w);
	}
}

static void
silence__that_expired_is_made_anew(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct silence_row row = world_silence(w, "A", MINUTE);
	world_after(w, 2 * MINUTE);
	struct reply reply = set(w, &(struct wanted){ .uuid = row.uuid,
					.value = STR("A"),
					.starts = row.starts_wall,
					.ends = w->wall + HOUR });
	EXPECT_U64(reply.status, 200);
	EXPECT(reply.row != row.id);
	EXPECT_U64(silence(w, row.id).ends_wall, row.ends_wall);
	EXPECT_U64(silence(w, reply.row).starts_wall, w->wall);
	world_free(w);
}

static struct reply
expire(struct world *w, str uuid)
{
	struct command command = { .kind = COMMAND_SILENCE_EXPIRE, .name = uuid };
	return world_command(w, &command);
}

static void
silence__is_expired_kept_and_forgotten(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct silence_row active = world_silence(w, "A", HOUR);
	struct silence_row pending = silence(w, set(w, &(struct wanted){ .value = STR("B"),
							   .starts = w->wall + HOUR,
							   .ends = w->wall + 2 * HOUR })
						    .row);
	world_after(w, MINUTE);
	EXPECT_U64(expire(w, STR("none")).status, 404);
	EXPECT_U64(expire(w, active.uuid).status, 200);
	EXPECT_U64(expire(w, pending.uuid).status, 200);
	msec ended = w->wall;
	EXPECT_U64(silence(w, active.id).ends_wall, ended);
	EXPECT_U64(silence(w, active.id).starts_wall, active.starts_wall);
	EXPECT_U64(silence(w, pending.id).starts_wall, ended);
	EXPECT_U64(silence(w, pending.id).ends_wall, ended);
	world_after(w, MINUTE);
	EXPECT_U64(expire(w, active.uuid).status, 200);
	EXPECT_U64(silence(w, active.id).ends_wall, ended);

	world_after(w, SILENCE_KEEP_MS - 2 * MINUTE);
	EXPECT_U64(world_count(w, TABLE_SILENCE), 2);
	world_restart(w);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(world_count(w, TABLE_SILENCE), 0);
	EXPECT_U64(expire(w, active.uuid).status, 404);
	world_free(w);
}

static void
silence__that_expired_first_makes_room(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	for (unsigned i = 0; i < SILENCES_MAX; i++)
		(void)world_silence(w, "A", HOUR + i);
	struct wanted asked = { .value = STR("B"),
		.starts = w->wall,
		.ends = w->wall + DAY };
	struct reply reply = set(w, &asked);
	EXPECT_U64(reply.status, 400);
	EXPECT(has(reply.error, "there are 2048 already"));
	world_after(w, HOUR);
	reply = set(w, &asked);
	EXPECT_U64(reply.status, 200);
	EXPECT_U64(world_count(w, TABLE_SILENCE), SILENCES_MAX);
	world_free(w);
}

/* ---- incidents ---- */

static void
held__from_the_start_opens_nothing(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	uint64_t alert = world_fire_held(w, STUCK);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 0);
	EXPECT_U64(w->notice_n, 0);
	world_resolve(w, alert);
	world_expire(w, world_fire_held(w, STUCK));
	world_after(w, HOUR);
	EXPECT_U64(world_count(w, TABLE_INCIDENT), 0);
	EXPECT_U64(w->notice_n, 0);
	world_free(w);
}

static void
held__ends_the_incident_as_silenced_and_tells_it(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	EXPECT(world_told(w, PURPOSE_NEEDS_PERSON, "ana") == 1);
	struct silence_row silence = world_silence(w, "Slow", 2 * HOUR);
	world_hold(w, alert, silence.id);
	EXPECT_U64(world_incident(w, 1).alerts_active, 0);
	EXPECT_U64(world_incident(w, 1).alerts_held, 1);
	world_after(w, SETTLE_MS);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_CLOSED && row.end == END_SILENCED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	str text = world_last_notice(w)->text;
	str why = arena_printf(&w->arena,
	    "silenced by %.*s (ana: new disks) until 2026-11-23 15:12:00 UTC",
	    STR_ARG(silence.uuid));
	EXPECT_STR(row.held_why, why);
	EXPECT(memmem(text.p, text.n, why.p, why.n) != NULL);
	EXPECT(!has(text, "resolved"));
	EXPECT(!has(text, "recovered"));
	EXPECT(!has(text, "It is over"));
	world_resolve(w, alert); /* it says nothing more */
	EXPECT_U64(world_told(w, PURPOSE_ENDED, NULL), 2);
	world_free(w);
}

static void
held__by_an_alert_ends_as_inhibited(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	world_hold(w, alert, 0);
	world_after(w, SETTLE_MS);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.state == INCIDENT_CLOSED && row.end == END_INHIBITED);
	EXPECT_STR(row.held_why, STR("inhibited by d0b0f9c089b0ac23"));
	world_free(w);
}

static void
held__in_part_goes_on_with_the_rest(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t a = world_fire(w, SLOW ",instance=1"),
		 b = world_fire(w, SLOW ",instance=2");
	world_hold(w, a, world_silence(w, "Slow", HOUR).id);
	world_after(w, 2 * SETTLE_MS);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	EXPECT_U64(world_incident(w, 1).alerts_active, 1);
	world_resolve(w, b);
	world_after(w, SETTLE_MS);
	/* One of them may fire on: that is no resolve. */
	EXPECT(world_incident(w, 1).end == END_SILENCED);
	world_free(w);
}

static void
held__while_acting_forgets_no_attempt(void)
{
	struct world *w = world_new(SHOP, NULL, SHOP_DOWN("checkout", "restart-safe"));
	uint64_t alert = world_fire(w, "alertname=Down,service=checkout");
	world_news(w, NEWS_STARTED);
	row_id attempt = world_last(w, TABLE_ATTEMPT);
	world_hold(w, alert, world_silence(w, "Down", HOUR).id);
	EXPECT(world_state(w, 1) == INCIDENT_ACTING);
	EXPECT(world_attempt(w, attempt).state == ATTEMPT_STARTED);
	world_exit(w, 0);
	EXPECT(world_attempt(w, attempt).state == ATTEMPT_EXITED);
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_after(w, 5 * MINUTE); /* nobody answers the verify */
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT(world_incident(w, 1).end == END_SILENCED);
	world_free(w);
}

static void
held__while_checking_ends_the_run(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	uint64_t alert = world_fire(w, STUCK);
	world_hold(w, alert, world_silence(w, "QueueStuck", HOUR).id);
	EXPECT(world_state(w, 1) == INCIDENT_OPEN);
	EXPECT(world_says(w, 1, "suppressed before anything was done"));
	world_after(w, SETTLE_MS);
	EXPECT(world_incident(w, 1).end == END_SILENCED);
	EXPECT_U64(world_count(w, TABLE_ATTEMPT), 0);
	world_free(w);
}

static void
held__lets_a_closed_incident_rest(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	(void)world_ask(w, COMMAND_RESOLVE, 1, "person:ana");
	world_hold(w, alert, world_silence(w, "Slow", DAY).id);
	world_after(w, RESOLVED_LOOK_MS + HOUR);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT(world_incident(w, 1).end == END_PERSON);
	world_free(w);
}

static void
released__fires_anew(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	world_hold(w, alert, world_silence(w, "Slow", HOUR).id);
	world_after(w, HOUR);
	unsigned told = world_told(w, PURPOSE_NEEDS_PERSON, NULL);
	world_release(w, alert);
	EXPECT_U64(w->alert_incident[alert], 2);
	struct incident_row row = world_incident(w, 2);
	EXPECT_U64(row.previous, 1);
	EXPECT_U64(row.alerts_active, 1);
	EXPECT_U64(row.alerts_held, 0);
	EXPECT(world_told(w, PURPOSE_NEEDS_PERSON, NULL) > told);
	EXPECT(world_says(w, 2, "no longer suppressed"));
	world_resolve(w, alert);
	world_after(w, SETTLE_MS);
	EXPECT(world_incident(w, 2).end == END_RESOLVED);
	world_free(w);
}

static void
released__before_the_incident_closed_goes_on_in_it(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	world_hold(w, alert, world_silence(w, "Slow", HOUR).id);
	world_after(w, SETTLE_MS / 2);
	world_release(w, alert);
	EXPECT_U64(w->alert_incident[alert], 1);
	EXPECT_U64(world_incident(w, 1).alerts_active, 1);
	world_resolve(w, alert);
	world_after(w, SETTLE_MS);
	EXPECT(world_incident(w, 1).end == END_RESOLVED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	world_free(w);
}

static void
silence__anothers_is_changed_by_a_lead_and_ended_by_anybody(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct wanted wanted = { .value = STR("A"),
		.comment = STR("why"),
		.starts = w->wall,
		.ends = w->wall + HOUR,
		.role = ROLE_OPERATOR };
	struct reply reply = set(w, &wanted);
	EXPECT_U64(reply.status, 200);
	wanted.uuid = arena_str(&w->arena, silence(w, reply.row).uuid);
	wanted.ends += HOUR;
	EXPECT_U64(set(w, &wanted).status, 200);
	wanted.who = "person:mei";
	EXPECT_U64(set(w, &wanted).status, 403);
	wanted.value = STR("B"); /* another in its place is no way round */
	EXPECT_U64(set(w, &wanted).status, 403);
	wanted.role = ROLE_LEAD;
	wanted.value = STR("A");
	EXPECT_U64(set(w, &wanted).status, 200);
	struct command end = { .kind = COMMAND_SILENCE_EXPIRE,
		.principal = STR("person:eve"),
		.role = ROLE_OPERATOR,
		.name = wanted.uuid };
	EXPECT_U64(world_command(w, &end).status, 200);
	world_free(w);
}

#define NIGHTS                                                                \
	"calendars:\n"                                                        \
	"  nights: {zone: Europe/Lisbon, weekly: [{days: any, from: '22:00'," \
	" until: '06:00'}]}\n"
#define UPGRADES                                                                  \
	"maintenance:\n"                                                          \
	"  - {name: upgrades, match: {queue: '~.+'}, during: nights, owner: ana," \
	" because: patches}\n"

static struct silence_row
last_silence(struct world *w)
{
	return silence(w, world_last(w, TABLE_SILENCE));
}

/* What is written is a silence: made, kept, replaced and ended with the configuration. */
static void
maintenance__is_a_silence_while_it_is_written(void)
{
	struct world *w = world_new(SHOP NIGHTS UPGRADES, NULL, NULL);
	struct silence_row row = last_silence(w);
	EXPECT_STR(row.window, STR("upgrades"));
	EXPECT_STR(row.during, STR("nights"));
	EXPECT_STR(row.created_by, STR("ana"));
	EXPECT_STR(row.comment, STR("patches"));
	EXPECT_U64(row.uuid.n, 36);
	EXPECT(silence_state(&row, w->wall) == SILENCE_ACTIVE);
	EXPECT(world_says(w, 0, "during nights until 9998-01-01"));
	world_restart(w);
	world_adopt(w, SHOP NIGHTS UPGRADES, NULL);
	EXPECT_U64(last_silence(w).id, row.id);
	world_adopt(w,
	    SHOP NIGHTS "maintenance:\n"
			"  - {name: upgrades, match: {queue: payments}, during: nights,"
			" owner: ana, because: patches}\n",
	    NULL);
	struct silence_row other = last_silence(w), old = silence(w, row.id);
	EXPECT(other.id != row.id && !str_eq(other.uuid, row.uuid));
	EXPECT(silence_state(&old, w->wall) == SILENCE_EXPIRED);
	world_adopt(w, SHOP NIGHTS, NULL);
	other = silence(w, other.id);
	EXPECT(silence_state(&other, w->wall) == SILENCE_EXPIRED);
	EXPECT(world_says(w, 0, "not written any more: ended silence"));
	world_free(w);
}

/* It begins while an incident is open: who was told is told that it is held. */
static void
maintenance__that_begins_ends_what_is_open_and_tells_it(void)
{
	struct world *w = world_new(SHOP NIGHTS UPGRADES, NULL, NULL);
	uint64_t alert = world_fire(w, "alertname=Slow,queue=payments");
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 1);
	world_after(w, 9 * HOUR);
	world_hold(w, alert, last_silence(w).id);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT(world_incident(w, 1).end == END_SILENCED);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	EXPECT(world_says(w, 1, "(ana: patches)"));
	world_free(w);
}

static void
silence__of_times_needs_a_calendar_that_is_written(void)
{
	struct world *w = world_new(SHOP NIGHTS, NULL, NULL);
	struct silence_matcher matcher = { STR("alertname"), STR("Slow"), false, true };
	struct command command = { .kind = COMMAND_SILENCE_SET,
		.principal = STR("person:ana"),
		.fresh = STR("00000000-0000-4000-8000-000000000001"),
		.silence = { .matchers = { &matcher, 1 },
		    .starts_wall = w->wall,
		    .ends_wall = w->wall + 30 * DAY,
		    .created_by = STR("ana"),
		    .comment = STR("noise"),
		    .during = STR("night") } };
	EXPECT_U64(world_command(w, &command).status, 400);
	command.silence.during = STR("nights");
	command.silence.until_resolved = true;
	command.silence.held_any = true; /* is not for a client to say */
	row_id id = world_command(w, &command).row;
	EXPECT(!silence(w, id).held_any && silence(w, id).until_resolved);
	/* amtool does not know of times, and takes none away. */
	command.silence.uuid = silence(w, id).uuid;
	command.silence.during = (str){ 0 };
	command.silence.until_resolved = false;
	command.silence.comment = STR("noise, still");
	EXPECT_U64(world_command(w, &command).row, id);
	EXPECT_STR(silence(w, id).during, STR("nights"));
	EXPECT(silence(w, id).until_resolved);
	uint64_t alert = world_fire(w, "alertname=Slow");
	world_hold(w, alert, id);
	EXPECT(silence(w, id).held_any);
	/* Times that are not written any more hold nothing, and a gap says so. */
	world_adopt(w, SHOP, NULL);
	EXPECT_U64(world_gap(w, GAP_NO_CALENDAR, "nights").count, 1);
	world_adopt(w, SHOP NIGHTS, NULL);
	EXPECT_U64(world_gap(w, GAP_NO_CALENDAR, "nights").count, 0);
	world_free(w);
}

int
main(void)
{
	RUN(maintenance__is_a_silence_while_it_is_written);
	RUN(maintenance__that_begins_ends_what_is_open_and_tells_it);
	RUN(silence__of_times_needs_a_calendar_that_is_written);
	RUN(silence__begins_now_when_its_start_is_past);
	RUN(silence__anothers_is_changed_by_a_lead_and_ended_by_anybody);
	RUN(silence__is_refused_in_alertmanagers_words);
	RUN(silence__changes_in_place_or_is_replaced);
	RUN(silence__that_expired_is_made_anew);
	RUN(silence__is_expired_kept_and_forgotten);
	RUN(silence__that_expired_first_makes_room);
	RUN(held__from_the_start_opens_nothing);
	RUN(held__ends_the_incident_as_silenced_and_tells_it);
	RUN(held__by_an_alert_ends_as_inhibited);
	RUN(held__in_part_goes_on_with_the_rest);
	RUN(held__while_acting_forgets_no_attempt);
	RUN(held__while_checking_ends_the_run);
	RUN(held__lets_a_closed_incident_rest);
	RUN(released__fires_anew);
	RUN(released__before_the_incident_closed_goes_on_in_it);
	TEST_MAIN_END();
}
