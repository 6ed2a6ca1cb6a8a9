/* What alerts cost people: counted once, on the right day, and the same after a restart. */
#include "core/noise_sum.h"
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define SLOW "alertname=Slow,service=checkout,severity=warning"
#define OCTOBER_25 \
	UINT64_C(1792886400000) /* 2026-10-25 00:00 UTC: clocks go back that night */

static struct noise_row
sum_of(struct world *w, const char *alert, uint32_t day)
{
	struct noise_row sum = { 0 }, row;
	for (row_id id = 1; id <= world_last(w, TABLE_NOISE); id++) {
		if (!world_row_get(w, TABLE_NOISE, id, &row) ||
		    !str_eq(row.alert, str_of(alert)) || (day != 0 && row.day != day))
			continue;
		sum.id++;
		sum.fired += row.fired;
		sum.flaps += row.flaps;
		sum.incidents += row.incidents;
		sum.called += row.called;
		sum.acted += row.acted;
		sum.alone += row.alone;
		sum.wasted += row.wasted;
		sum.yes += row.yes;
		sum.no += row.no;
	}
	return sum;
}

/* Of all days: "fired incidents called acted alone wasted yes/no" */
static const char *
shown(struct world *w, const char *alert)
{
	static char text[200];
	struct noise_row row = sum_of(w, alert, 0);
	(void)snprintf(text, sizeof(text), "%llu %u %u %u %u %u %u/%u",
	    (unsigned long long)row.fired, row.incidents, row.called, row.acted, row.alone,
	    row.wasted, row.yes, row.no);
	return text;
}

#define EXPECT_NOISE(w, alert, text) EXPECT_STR(str_of(shown(w, alert)), STR(text))

/* Fires, and is over before anybody did anything. */
static void
once(struct world *w, const char *labels)
{
	uint64_t alert = world_fire(w, labels);
	world_after(w, 2 * MINUTE);
	world_resolve(w, alert);
	world_after(w, 20 * MINUTE);
}

static struct noise_item
first_item(struct world *w, enum noise_by by, msec since, size_t *ret_n)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct noise_sum sum;
	struct noise_item *items;
	struct noise_row row;
	noise_sum_begin(&sum, &arena, by, since);
	for (row_id id = 1; id <= world_last(w, TABLE_NOISE); id++) {
		if (world_row_get(w, TABLE_NOISE, id, &row))
			noise_sum_add(&sum, &row);
	}
	*ret_n = noise_sum_end(&sum, &items);
	return *ret_n > 0 ? items[0] : (struct noise_item){ 0 };
}

static struct reply
say(struct world *w, incident_id incident, const char *who, const char *what,
    const char *note)
{
	return world_command(w, &(struct command){ .kind = COMMAND_USEFUL,
				    .principal = str_of(who),
				    .incident = incident,
				    .name = str_of(what),
				    .text = str_of(note) });
}

static void
noise__tells_of_what_fires_and_nobody_acts_on(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	for (unsigned i = 0; i < 50; i++) {
		once(w, SLOW);
		if (i == 20)
			world_restart(w);
	}
	EXPECT_NOISE(w, "Slow", "50 50 50 0 50 50 0/0");
	/* Nineteen hours of them: the days of 23 and 24 November. */
	EXPECT_U64(sum_of(w, "Slow", 0).id, 2);
	size_t n;
	struct noise_item item = first_item(w, NOISE_BY_ALERT, 0, &n);
	EXPECT_STR(item.name, STR("Slow"));
	EXPECT_STR(item.verdict, STR("fired 50, nobody acted: drop or fix"));
	EXPECT_U64(item.acted_percent, 0);
	item = first_item(w, NOISE_BY_SOURCE, 0, &n);
	EXPECT_STR(item.name, STR("prometheus"));
	item = first_item(w, NOISE_BY_SERVICE, w->wall, &n);
	EXPECT_STR(item.name, STR("checkout"));
	EXPECT(item.fired > 0 && item.fired < 50); /* of the last day alone */
	world_free(w);
}

static void
noise__counts_who_acted_once(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	world_after(w, MINUTE);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 0 0 0/0");
	(void)world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana");
	(void)world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana");
	(void)world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei");
	EXPECT_NOISE(w, "Slow", "1 1 1 1 0 0 0/0");
	world_restart(w);
	world_resolve(w, alert);
	world_after(w, 5 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_NOISE(w, "Slow", "1 1 1 1 0 0 0/0");
	/* Closed by a person is acted upon. */
	(void)world_fire(w, "alertname=Other,service=checkout");
	(void)world_ask(w, COMMAND_RESOLVE, 2, "person:ana");
	EXPECT_NOISE(w, "Other", "1 1 1 1 0 0 0/0");
	/* Open again, it is the same incident. */
	world_after(w, 2 * HOUR);
	EXPECT(world_state(w, 2) == INCIDENT_OPEN);
	EXPECT_NOISE(w, "Other", "1 1 1 1 0 0 0/0");
	world_free(w);
}

static void
noise__counts_what_a_runbook_did(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	(void)world_fire(w, "alertname=QueueStuck,queue=a,service=payments");
	world_see(w, "812", 2 * MINUTE);
	EXPECT_U64(w->attempt_n, 1);
	EXPECT_U64(sum_of(w, "QueueStuck", 0).acted, 1);
	world_free(w);
}

static void
noise__counts_what_comes_back_before_it_is_closed(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, SLOW);
	for (unsigned i = 0; i < 3; i++) {
		world_resolve(w, alert);
		world_after(w, 30 * SECOND);
		alert = world_fire(w, SLOW);
	}
	EXPECT_U64(sum_of(w, "Slow", 0).flaps, 3);
	EXPECT_NOISE(w, "Slow", "4 1 1 0 0 0 0/0");
	/* One more alert of it is no flap. */
	(void)world_fire(w, SLOW ",host=b");
	EXPECT_U64(sum_of(w, "Slow", 0).flaps, 3);
	EXPECT_U64(sum_of(w, "Slow", 0).fired, 5);
	world_free(w);
}

static void
noise__counts_no_drill_and_nothing_that_is_held(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire_held(w, SLOW);
	EXPECT_U64(world_count(w, TABLE_NOISE), 0);
	world_release(w, alert);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 0 0 0/0");
	struct event event = { .kind = EVENT_SELF };
	event.self = (struct self){ .kind = SELF_ROLE_DIED, .text = STR("hands ended") };
	world_step(w, &event);
	world_after(w, SECOND);
	EXPECT_NOISE(w, "firstline=role-died", "0 1 1 0 0 0 0/0");
	world_free(w);
}

static void
noise__counts_by_days_of_utc(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint32_t day = (uint32_t)(OCTOBER_25 / DAY);
	w->wall = OCTOBER_25 - 12 * HOUR;
	/* An hour that some clocks have twice is two hours here. */
	for (unsigned i = 0; i < 48; i++) {
		once(w, SLOW);
		world_after(w, 38 * MINUTE);
	}
	EXPECT_U64(sum_of(w, "Slow", day - 1).fired, 12);
	EXPECT_U64(sum_of(w, "Slow", day).fired, 24);
	EXPECT_U64(sum_of(w, "Slow", day + 1).fired, 12);
	/* Whatever comes of an incident counts on the day on which it opened. */
	w->wall = OCTOBER_25 + 4 * DAY - 1;
	(void)world_fire(w, SLOW);
	EXPECT_U64(sum_of(w, "Slow", day + 3).fired, 1);
	world_after(w, 1);
	(void)world_fire(w, SLOW ",host=b");
	EXPECT_U64(sum_of(w, "Slow", day + 4).fired, 1);
	(void)world_ask(w, COMMAND_ACKNOWLEDGE, 49, "person:ana");
	EXPECT_U64(sum_of(w, "Slow", day + 3).acted, 1);
	EXPECT_U64(sum_of(w, "Slow", day + 4).incidents, 0);
	/* A clock that was put back finds the rows of that day. */
	w->wall = OCTOBER_25 + HOUR;
	(void)world_fire(w, SLOW ",host=c");
	EXPECT_U64(sum_of(w, "Slow", day).id, 1);
	EXPECT_U64(sum_of(w, "Slow", day).fired, 25);
	world_free(w);
}

static void
noise__counts_further_names_together(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	for (unsigned i = 0; i < NOISE_DAY_MAX + 44; i++) {
		char labels[100];
		(void)snprintf(labels, sizeof(labels), "alertname=Made%u,service=ledger",
		    i);
		(void)world_fire(w, labels);
	}
	EXPECT_U64(world_count(w, TABLE_NOISE), NOISE_DAY_MAX + 1);
	/* The incident that collects what is too much has a row too. */
	EXPECT_U64(sum_of(w, NOISE_OTHERS, 0).fired, 45);
	EXPECT_U64(sum_of(w, "Made254", 0).fired, 1);
	EXPECT_U64(sum_of(w, "Made255", 0).fired, 0);
	world_restart(w);
	(void)world_fire(w, "alertname=Made299,service=ledger,host=b");
	EXPECT_U64(sum_of(w, NOISE_OTHERS, 0).fired, 46);
	/* The next day has rows of its own. */
	world_after(w, DAY);
	(void)world_fire(w, "alertname=Made299,service=ledger,host=c");
	EXPECT_U64(sum_of(w, "Made299", 0).fired, 1);
	world_free(w);
}

static void
noise__forgets_what_is_old(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	once(w, SLOW);
	w->wall += 1000 * DAY; /* a clock that jumps ages nothing */
	once(w, "alertname=Jumped,service=checkout");
	EXPECT_U64(world_count(w, TABLE_NOISE), 2);
	w->wall -= 1000 * DAY;
	w->at += (NOISE_KEEP_DAYS + 1) * DAY;
	w->wall += (NOISE_KEEP_DAYS + 1) * DAY;
	once(w, "alertname=New,service=checkout");
	EXPECT_U64(sum_of(w, "Slow", 0).id, 0);
	EXPECT_NOISE(w, "New", "1 1 1 0 1 1 0/0");
	/* What is said of it now has nowhere to count. */
	EXPECT_U64(say(w, 1, "person:ana", "yes", "").status, 200);
	EXPECT_U64(world_incident(w, 1).useful.n, 1);
	world_free(w);
}

/* A day of many names is not erased at once, and not by the last moment of its time. */
static void
noise__forgets_two_for_each_that_is_new(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	for (unsigned i = 0; i < 5; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=Old%u,service=checkout",
		    i);
		once(w, labels);
	}
	msec first = 0;
	EXPECT_U64(world_count(w, TABLE_NOISE), 5);
	list_each(it, &w->core->tables[TABLE_NOISE])
	{
		const struct noise *noise =
		    container_of(object_of(it, in_table), struct noise, o);
		first = first == 0 ? noise->row.made_at : first;
	}
	msec left = first + (NOISE_KEEP_DAYS + 1) * DAY - 1 - w->at;
	w->at += left;
	w->wall += left;
	world_fire(w, "alertname=New0,service=checkout");
	EXPECT_U64(world_count(w, TABLE_NOISE), 6);
	w->at += DAY;
	w->wall += DAY;
	world_fire(w, "alertname=New1,service=checkout");
	EXPECT_U64(world_count(w, TABLE_NOISE), 5);
	EXPECT_U64(sum_of(w, "Old1", 0).id, 0);
	EXPECT_U64(sum_of(w, "Old2", 0).fired, 1);
	world_fire(w, "alertname=New2,service=checkout");
	EXPECT_U64(world_count(w, TABLE_NOISE), 4);
	world_fire(w, "alertname=New3,service=checkout");
	EXPECT_U64(world_count(w, TABLE_NOISE), 4);
	EXPECT_U64(sum_of(w, "Old4", 0).id, 0);
	EXPECT_U64(sum_of(w, "New0", 0).fired, 1);
	world_free(w);
}

/* ---- was it useful? ---- */

static void
useful__is_what_each_said_last(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	once(w, SLOW);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 1 1 0/0");
	EXPECT_U64(say(w, 1, "person:ana", "yes", "").status, 200);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 1 0 1/0");
	size_t entries = w->entry_n;
	/* The same once more says nothing new. */
	EXPECT_U64(say(w, 1, "person:ana", "yes", "").status, 200);
	EXPECT_U64(w->entry_n, entries + 1);
	EXPECT_U64(world_incident(w, 1).useful.n, 1);
	EXPECT_U64(say(w, 1, "person:ana", "no", "it goes by itself").status, 200);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 1 1 0/1");
	world_restart(w);
	EXPECT_U64(say(w, 1, "person:mei", "yes", "").status, 200);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 1 1 1/1");
	EXPECT(world_says(w, 1,
	    "said that it was not useful to know of it: it goes by itself"));
	EXPECT(world_says(w, 1, "said that it was useful to know of it"));
	struct incident_row row = world_incident(w, 1);
	const struct useful *said = row.useful.p;
	EXPECT_U64(row.useful.n, 2);
	EXPECT_STR(said[0].who, STR("person:ana"));
	EXPECT(!said[0].yes && said[1].yes && said[0].wall != 0);
	EXPECT_STR(said[0].note, STR("it goes by itself"));
	EXPECT(!row.acted);
	world_free(w);
}

static void
useful__is_said_while_it_is_open_too(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	(void)world_fire(w, SLOW);
	msec worked = world_incident(w, 1).worked_at;
	EXPECT_U64(say(w, 1, "person:ana", "no", "").status, 200);
	/* To say that is no work on it. */
	EXPECT_U64(world_incident(w, 1).worked_at, worked);
	EXPECT(!world_incident(w, 1).acted);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 0 1 0/1");
	world_free(w);
}

static void
useful__refuses_what_is_no_answer(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	(void)world_fire(w, SLOW);
	EXPECT_U64(say(w, 1, "person:ana", "perhaps", "").status, 422);
	EXPECT_U64(say(w, 1, "agent:bot", "yes", "").status, 403);
	EXPECT_U64(say(w, 7, "person:ana", "yes", "").status, 404);
	for (unsigned i = 0; i < USEFUL_MAX; i++) {
		char who[40];
		(void)snprintf(who, sizeof(who), "person:p%u", i);
		EXPECT_U64(say(w, 1, who, "yes", "").status, 200);
	}
	EXPECT_U64(say(w, 1, "person:ana", "yes", "").status, 409);
	EXPECT_U64(say(w, 1, "person:p0", "no", "").status, 200);
	EXPECT_NOISE(w, "Slow", "1 1 1 0 0 0 63/1");
	world_free(w);
}

/* The core does not know it any more: its row comes with the question. */
static void
useful__is_said_of_what_is_long_over(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	once(w, SLOW);
	once(w, SLOW);
	EXPECT(core_incident(w->core, 1) == NULL);
	EXPECT_U64(say(w, 1, "person:ana", "no", "").status, 404);
	struct incident_row was = world_incident(w, 1);
	struct command command = { .kind = COMMAND_USEFUL,
		.principal = STR("person:ana"),
		.incident = 1,
		.name = STR("no"),
		.was = { &was, 1 } };
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT(core_incident(w->core, 1) == NULL);
	EXPECT_U64(world_incident(w, 1).useful.n, 1);
	EXPECT_NOISE(w, "Slow", "2 2 2 0 2 2 0/1");
	EXPECT(world_says(w, 1, "said that it was not useful to know of it"));
	was = world_incident(w, 1);
	command.name = STR("yes");
	command.was = (struct records){ &was, 1 };
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT_U64(world_incident(w, 1).useful.n, 1);
	EXPECT_NOISE(w, "Slow", "2 2 2 0 2 1 1/0");
	world_free(w);
}

/* Two say so before the row of the first is written: neither is lost. */
static void
useful__is_kept_of_all_who_say_so_at_once(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	once(w, SLOW);
	once(w, SLOW);
	struct incident_row was = world_incident(w, 1);
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	static const char *const who[] = { "person:ana", "person:mei" };
	for (size_t i = 0; i < countof(who); i++) {
		struct effects fx = { .arena = &arena };
		struct event event = { .kind = EVENT_COMMAND,
			.at = w->at,
			.wall = w->wall };
		event.command = (struct command){ .kind = COMMAND_USEFUL,
			.principal = str_of(who[i]),
			.incident = 1,
			.name = STR("yes"),
			.was = { &was, 1 } };
		core_step(w->core, &event, &fx);
		core_check(w->core);
	}
	size_t n, found = 0;
	const struct row_ref *touched = core_touched(w->core, &n);
	for (size_t i = 0; i < n; i++) {
		const struct incident_row *row = touched[i].row;
		if (touched[i].table != TABLE_INCIDENT)
			continue;
		found++;
		EXPECT_U64(row->id, 1);
		EXPECT_U64(row->useful.n, 2);
		EXPECT(!touched[i].open);
	}
	EXPECT_U64(found, 1);
	core_clean(w->core);
	world_restart(w); /* as it was without them */
	world_free(w);
}

/* Of two that are over, before the row of the first is written: each has its own. */
static void
useful__is_kept_with_the_incident_of_which_it_is_said(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	for (unsigned i = 0; i < 3; i++)
		once(w, SLOW);
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct incident_row was[] = { world_incident(w, 1), world_incident(w, 2) };
	for (size_t i = 0; i < countof(was); i++) {
		EXPECT(core_incident(w->core, was[i].id) == NULL);
		struct effects fx = { .arena = &arena };
		struct event event = { .kind = EVENT_COMMAND,
			.at = w->at,
			.wall = w->wall };
		event.command = (struct command){ .kind = COMMAND_USEFUL,
			.principal = STR("person:ana"),
			.incident = was[i].id,
			.name = STR("no"),
			.was = { &was[i], 1 } };
		core_step(w->core, &event, &fx);
		core_check(w->core);
	}
	size_t n;
	unsigned found = 0;
	const struct row_ref *touched = core_touched(w->core, &n);
	for (size_t i = 0; i < n; i++) {
		const struct incident_row *row = touched[i].row;
		if (touched[i].table != TABLE_INCIDENT || row->id > countof(was))
			continue;
		found += row->id;
		EXPECT_U64(row->useful.n, 1);
	}
	EXPECT_U64(found, 1 + 2);
	core_clean(w->core);
	world_restart(w);
	world_free(w);
}

/* ---- in sum ---- */

static str
verdict(struct noise_row row)
{
	static char memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct noise_sum sum;
	struct noise_item *items;
	noise_sum_begin(&sum, &arena, NOISE_BY_ALERT, 0);
	noise_sum_add(&sum, &row);
	EXPECT_U64(noise_sum_end(&sum, &items), 1);
	return items[0].verdict;
}

static void
noise_sum__says_what_to_do(void)
{
	static const struct {
		const char *name;
		struct noise_row row;
		const char *verdict;
	} rows[] = {
		{ "too few to tell",
		    { .fired = 2, .incidents = 2, .called = 2, .wasted = 2 }, "" },
		{ "nobody acts", { .fired = 412, .incidents = 9, .called = 3, .wasted = 3 },
		    "fired 412, nobody acted: drop or fix" },
		{ "nobody acts, and it is wanted",
		    { .fired = 9, .incidents = 9, .called = 9, .yes = 2, .wasted = 1 },
		    "" },
		{ "people say no",
		    { .fired = 9,
			.incidents = 9,
			.called = 2,
			.acted = 2,
			.no = 2,
			.yes = 1 },
		    "not useful, 2 of 3 said: drop or fix" },
		{ "half for nothing",
		    { .fired = 9, .incidents = 9, .called = 8, .acted = 4, .wasted = 4 },
		    "called somebody 8 times, 4 for nothing: change when it calls" },
		{ "well",
		    { .fired = 9, .incidents = 9, .called = 9, .acted = 8, .wasted = 1 },
		    "" },
		{ "comes and goes", { .fired = 9, .incidents = 2, .flaps = 7 },
		    "cleared and fired again 7 times: let it wait before it fires" },
		{ "a graph", { .fired = 5, .incidents = 5, .alone = 5 },
		    "calls nobody and goes by itself: a graph will do" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT_STR(verdict(rows[i].row), str_of(rows[i].verdict));
	}
}

static void
noise_sum__has_the_worst_first_and_the_rest_as_one(void)
{
	static char memory[4 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct noise_sum sum;
	struct noise_item *items;
	noise_sum_begin(&sum, &arena, NOISE_BY_ALERT, 10 * DAY + 5 * HOUR);
	for (uint32_t i = 0; i < NOISE_LISTED_MAX + 20; i++) {
		char name[20];
		(void)snprintf(name, sizeof(name), "a%u", i);
		noise_sum_add(&sum, &(struct noise_row){ .day = 10,
					.alert = str_of(name),
					.fired = i,
					.incidents = 4,
					.called = 1,
					.acted = 3,
					.wasted = i == 7 });
		noise_sum_add(&sum,
		    &(struct noise_row){ .day = 9, .alert = str_of(name), .fired = 1000 });
	}
	EXPECT_U64(noise_sum_end(&sum, &items), NOISE_LISTED_MAX + 1);
	EXPECT_STR(items[0].name, STR("a7"));
	EXPECT_U64(items[0].fired, 7);
	EXPECT_U64(items[0].acted_percent, 75);
	EXPECT_U64(items[0].since_wall, 10 * DAY);
	EXPECT_STR(items[1].name, STR("a519"));
	EXPECT_STR(items[NOISE_LISTED_MAX].name, STR(NOISE_REST));
	/* a0 to a20, but for a7 */
	EXPECT_U64(items[NOISE_LISTED_MAX].fired, 20 * 21 / 2 - 7);
	enum noise_by by = 0;
	EXPECT(noise_by_word(STR(""), &by) && by == NOISE_BY_ALERT);
	EXPECT(noise_by_word(STR("source"), &by) && by == NOISE_BY_SOURCE);
	EXPECT(!noise_by_word(STR("team"), &by));
}

int
main(void)
{
	RUN(noise__tells_of_what_fires_and_nobody_acts_on);
	RUN(noise__counts_who_acted_once);
	RUN(noise__counts_what_a_runbook_did);
	RUN(noise__counts_what_comes_back_before_it_is_closed);
	RUN(noise__counts_no_drill_and_nothing_that_is_held);
	RUN(noise__counts_by_days_of_utc);
	RUN(noise__counts_further_names_together);
	RUN(noise__forgets_what_is_old);
	RUN(noise__forgets_two_for_each_that_is_new);
	RUN(useful__is_what_each_said_last);
	RUN(useful__is_said_while_it_is_open_too);
	RUN(useful__refuses_what_is_no_answer);
	RUN(useful__is_said_of_what_is_long_over);
	RUN(useful__is_kept_of_all_who_say_so_at_once);
	RUN(useful__is_kept_with_the_incident_of_which_it_is_said);
	RUN(noise_sum__says_what_to_do);
	RUN(noise_sum__has_the_worst_first_and_the_rest_as_one);
	TEST_MAIN_END();
}
