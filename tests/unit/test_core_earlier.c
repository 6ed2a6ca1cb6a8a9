/*
 * What an earlier version, or an earlier configuration, left in the store: each start reads it,
 * so nothing of it may end the engine.
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define FX_BYTES ((size_t)8 << 20)

/* ---- rows ---- */

typedef void change_fn(void *row);

static const struct model *
find_model(void *context, const hash32 *hash)
{
	struct world *w = context;
	for (size_t i = 0; i < w->config_n; i++) {
		if (hash32_eq(&w->configs[i].hash, hash))
			return w->configs[i].model;
	}
	return NULL;
}

static void
load_row(struct core *core, struct world *w, const struct world_row *from,
    change_fn *change)
{
	const struct record_type *type = table_type(from->table);
	struct buf body = BUF((size_t)1 << 20);
	struct err err;
	void *row = arena_alloc(&w->arena, type->size, 16, 1);
	bool ok = record_decode_all(type, from->body, &w->arena, row, &err);
	ASSERT(ok);
	if (change != NULL)
		change(row);
	record_encode(type, row, &body);
	ok = core_load(core, from->table, buf_str(&body), &err);
	ASSERT(ok);
	buf_done(&body);
}

/* What the engine has at its start, when the rows of one table are as they were written then. */
static struct core *
start(struct world *w, enum table table, change_fn *change)
{
	struct core *core = core_new(100);
	struct err err = { 0 };
	for (size_t i = 0; i < w->row_n; i++) {
		if (w->rows[i].open)
			load_row(core, w, &w->rows[i],
			    w->rows[i].table == table ? change : NULL);
	}
	bool ok = core_load_done(core, find_model, w, &err);
	ASSERT(ok);
	return core;
}

static row_id last_notice; /* that was ordered */

/* Not core_check: what was written then may hold less than what is written now. The status of
 * what was answered, or 0. */
static uint32_t
step(struct world *w, struct core *core, struct event *event)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, FX_BYTES);
	struct effects fx = { .arena = &arena };
	uint32_t status = 0;
	event->at = w->at;
	event->wall = w->wall;
	core_step(core, event, &fx);
	core_clean(core);
	for (size_t i = 0; i < fx.n; i++) {
		if (fx.item[i].kind == EFFECT_REPLY)
			status = fx.item[i].reply.status;
		if (fx.item[i].kind == EFFECT_NOTIFY)
			last_notice = fx.item[i].notify.notice.id;
	}
	arena_unmap(&map);
	return status;
}

/* As each start does. */
static void
adopt(struct world *w, struct core *core)
{
	const struct config *c = &w->configs[w->config_n - 1];
	struct event started = { .kind = EVENT_STARTED,
		.started = { .epoch = 9, .engine = true } };
	struct event event = { .kind = EVENT_CONFIG_ADOPTED,
		.config_adopted = { .hash = c->hash, .model = c->model } };
	(void)step(w, core, &started);
	(void)step(w, core, &event);
}

/* ---- who had which rotation ---- */

static void
before_handovers(void *row)
{
	struct control_row *control = row;
	control->duty_wall = control->duty_at = 0;
}

/* Nobody knows who was on duty: nobody is told that they came, and it is looked at from then. */
static void
earlier__a_store_without_handovers_begins_them(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=payments");
	struct core *core = start(w, TABLE_CONTROL, before_handovers);
	EXPECT_U64(core_control(core)->duty_wall, 0);
	adopt(w, core);
	EXPECT_U64(core_control(core)->duty_wall, w->wall);
	EXPECT(core_control(core)->duty_at > w->at);
	core_check(core);
	core_free(core);
	world_free(w);
}

/* ---- drills that alerts had joined ---- */

#define DRILL_RULE "  - {match: {drill: '~.+'}, service: payments, recurrence: [drill]}\n"
#define DRILL_SHOP SHOP_TOP SHOP_PEOPLE SHOP_SERVICES DRILL_RULE SHOP_ACTIONS SHOP_AUTHORITY

static void
drill_with_an_alert(void *row)
{
	struct incident_row *incident = row;
	incident->drill = true;
	incident->drill_by = incident->acknowledged_by = STR("person:ana");
	incident->acknowledged = true;
	incident->needs_person = false;
	incident->needs_person_why = (str){ 0 };
	incident->escalate_at = 0;
}

static void
drill_that_fired_again(void *row)
{
	struct incident_row *incident = row;
	drill_with_an_alert(row);
	incident->acknowledged = false;
	incident->needs_person = true;
	incident->needs_person_why = STR("no runbook answers it");
	incident->escalate_at = WORLD_WALL; /* the engine's clock is behind it by far */
}

static void
earlier__a_drill_that_an_alert_had_joined_ends_with_it(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t alert = world_fire(w, "alertname=Slow,service=payments");
	struct core *core = start(w, TABLE_INCIDENT, drill_with_an_alert);
	adopt(w, core);
	struct alert_change change = { .alert = alert,
		.kind = CHANGE_RESOLVED,
		.incident = 1,
		.body = w->alert_body[alert] };
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.alerts_changed = { .source = STR("prometheus"),
		    .changes = { &change, 1 } } };
	(void)step(w, core, &event);
	EXPECT_U64(core_incident(core, 1)->alerts_active, 0);
	EXPECT_U64(core_incident(core, 1)->cleared.n, 0);
	core_check(core);
	core_free(core);
	world_free(w);
}

/* It was escalated like any other, and is. */
static void
earlier__a_drill_that_fires_is_told_of_to_who_drills(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=checkout");
	struct core *core = start(w, TABLE_INCIDENT, drill_that_fired_again);
	adopt(w, core);
	struct event event = { .kind = EVENT_TIME_PASSED };
	w->at += WORLD_WALL;
	(void)step(w, core, &event);
	EXPECT(core_incident(core, 1)->escalate_at > w->at);
	EXPECT_U64(core_incident(core, 1)->muted_by, 0);
	EXPECT_U64(core_incident(core, 1)->waits_wall, 0);
	w->at -= WORLD_WALL;
	core_free(core);
	world_free(w);
}

#define DRILL_GRANT                                      \
	"  - {grant: drills, to: [ana], may: [restart]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define DRILL_BOOK                                             \
	"---\nrunbook: workers\nservice: payments\n"           \
	"answers: [{alertname: Down}]\n---\n# Workers\n"       \
	"```action restart\ndo: restart-unit\n"                \
	"targets: {service: payments, role: worker}\n```\n"    \
	"```verify up\nhttp: 'http://127.0.0.1:8080/health'\n" \
	"expect: \"status == 200\"\nwithin: 2m\notherwise: person\n```\n"

/* An alert with a label that is the rest of what a drill recurs as. */
static void
fire_as_drill(struct world *w)
{
	struct pair labels[] = { { STR("alertname"), STR("Slow") },
		{ STR("drill"), STR("workers, environment=staging") } };
	struct alert_body body = { .labels = { labels, countof(labels) } };
	struct buf bytes = BUF(ALERT_BODY_MAX);
	record_encode(&alert_body_type, &body, &bytes);
	struct alert_change fired = { .alert = w->next_alert++,
		.kind = CHANGE_FIRED,
		.fingerprint = 7,
		.starts_wall = w->wall,
		.ends_wall = w->wall + 5 * MINUTE,
		.body = arena_str(&w->arena, buf_str(&bytes)) };
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.alerts_changed = { .source = STR("prometheus"),
		    .changes = { &fired, 1 } } };
	buf_done(&bytes);
	world_step(w, &event);
}

/* Of what fires people hear, whatever its labels: an incident of its own has its key. */
static void
earlier__no_alert_joins_a_drill(void)
{
	struct world *w = world_new(DRILL_SHOP DRILL_GRANT, DRILL_BOOK, NULL);
	struct command command = { .kind = COMMAND_DRILL,
		.principal = STR("person:ana"),
		.name = STR("workers"),
		.environment = STR("staging") };
	EXPECT_U64(world_command(w, &command).status, 202);
	fire_as_drill(w);
	EXPECT_U64(w->last_incident, 2);
	EXPECT_STR(world_incident(w, 2).recurrence, world_incident(w, 1).recurrence);
	EXPECT(!world_incident(w, 2).drill);
	EXPECT(world_told(w, PURPOSE_NEEDS_PERSON, "ana") > 0);
	fire_as_drill(w);
	EXPECT_U64(w->last_incident, 2);
	EXPECT_U64(world_command(w, &command).status,
	    409); /* the drill is known by its own */
	world_free(w);
}

/* ---- who was told ---- */

static void
before_it_was_kept(void *row)
{
	((struct incident_row *)row)->tier_person = (str){ 0 };
}

static struct core *
start_told(struct world *w)
{
	w->deliver = false;
	world_fire(w, "alertname=Slow,service=ledger");
	EXPECT_STR(world_incident(w, 1).tier_person, STR("ana"));
	struct core *core = start(w, TABLE_INCIDENT, before_it_was_kept);
	adopt(w, core);
	return core;
}

/* Whoever has the tier was told: they pass it on as ever. */
static void
earlier__who_was_told_passes_it_on(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct core *core = start_told(w);
	struct event event = { .kind = EVENT_COMMAND,
		.command = { .kind = COMMAND_ESCALATE,
		    .request = 1,
		    .principal = STR("person:mei"),
		    .incident = 1,
		    .row = 1 } };
	EXPECT_U64(step(w, core, &event), 409);
	event.command.principal = STR("person:ana");
	EXPECT_U64(step(w, core, &event), 200);
	EXPECT_U64(core_incident(core, 1)->escalate_at, w->at);
	core_free(core);
	world_free(w);
}

static void
cannot_be_told(struct world *w, struct core *core, row_id notice)
{
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = notice,
		    .permanent = true,
		    .error = STR("no such address") } };
	(void)step(w, core, &event);
}

/* Who can be reached in no way is passed over at once; a channel is no person. */
static void
earlier__who_cannot_be_told_is_passed_over(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct core *core = start_told(w);
	msec lasts = core_incident(core, 1)->escalate_at;
	EXPECT_U64(w->notice_n, 2);
	EXPECT_STR(w->notices[0].row.person, STR("ana"));
	EXPECT_STR(w->notices[1].row.person, STR(""));
	cannot_be_told(w, core, w->notices[1].row.id);
	EXPECT_U64(core_incident(core, 1)->escalate_at, lasts);
	cannot_be_told(w, core, w->notices[0].row.id);
	EXPECT_U64(core_incident(core, 1)->escalate_at, lasts);
	cannot_be_told(w, core, last_notice); /* by her pager */
	EXPECT_U64(core_incident(core, 1)->escalate_at, w->at);
	core_free(core);
	world_free(w);
}

/* ---- runs that took one target after the other ---- */

static void
one_after_the_other(void *row)
{
	struct run_row *run = row;
	run->rolled = (struct records){ 0 };
	run->target = 1;
	run->between = (enum between)0;
}

static row_id
last_attempt(const struct core *core)
{
	return object_of(core->tables[TABLE_ATTEMPT].prev, in_table)->id;
}

static str
target_of(const struct core *core, row_id id)
{
	const struct attempt *attempt = object_find(core, TABLE_ATTEMPT, id);
	return attempt->row.target;
}

/* What is out ends, and the run goes on behind it. */
static void
earlier__a_run_under_way_goes_on(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=QueueStuck,queue=mail");
	world_see(w, "812", MINUTE);
	world_exit(w, 0);
	world_after(w, 45 * SECOND);
	struct core *core = start(w, TABLE_RUN, one_after_the_other);
	row_id second = last_attempt(core);
	EXPECT_STR(target_of(core, second), STR("pay-2"));
	adopt(w, core);
	core_check(core);
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = second, .news = NEWS_EXITED } };
	(void)step(w, core, &event);
	EXPECT_U64(core_incident(core, 1)->state, INCIDENT_VERIFYING);
	EXPECT_U64(last_attempt(core), second);
	core_check(core);
	core_free(core);
	world_free(w);
}

/* Between two, it begins the next, and none that it began. */
static void
earlier__a_run_that_pauses_begins_nothing_twice(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=QueueStuck,queue=mail");
	world_see(w, "812", MINUTE);
	world_exit(w, 0);
	struct core *core = start(w, TABLE_RUN, one_after_the_other);
	row_id first = last_attempt(core);
	EXPECT_STR(target_of(core, first), STR("pay-1"));
	adopt(w, core);
	core_check(core);
	msec at = w->at;
	struct event event = { .kind = EVENT_TIME_PASSED };
	for (int i = 0; i < 2; i++) { /* the pause, which is counted anew */
		w->at += MINUTE;
		(void)step(w, core, &event);
	}
	EXPECT(last_attempt(core) != first);
	EXPECT_STR(target_of(core, last_attempt(core)), STR("pay-2"));
	w->at = at;
	core_free(core);
	world_free(w);
}

int
main(void)
{
	RUN(earlier__a_run_under_way_goes_on);
	RUN(earlier__a_run_that_pauses_begins_nothing_twice);
	RUN(earlier__who_was_told_passes_it_on);
	RUN(earlier__who_cannot_be_told_is_passed_over);
	RUN(earlier__a_drill_that_an_alert_had_joined_ends_with_it);
	RUN(earlier__no_alert_joins_a_drill);
	RUN(earlier__a_drill_that_fires_is_told_of_to_who_drills);
	RUN(earlier__a_store_without_handovers_begins_them);
	TEST_MAIN_END();
}
