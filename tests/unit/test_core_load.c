/* Rows of a store that fit nothing: each is refused with what is wrong, none ends the engine. */
#include "core/objects.h"
#include "support/shop.h"
#include "support/world.h"

static const struct model *
find_model(void *context, const hash32 *hash)
{
	struct world *w = context;
	for (size_t i = 0; i < w->config_n; i++) {
		if (memcmp(w->configs[i].hash.b, hash->b, sizeof(hash->b)) == 0)
			return w->configs[i].model;
	}
	return NULL;
}

typedef void change_fn(void *row);

/* The open rows of the world go into a new core, those of `table` changed. */
static struct core *
load(struct world *w, enum table table, change_fn *change, struct err *err, bool *ret_ok)
{
	struct core *core = core_new(10);
	bool ok = true;
	for (size_t i = 0; ok && i < w->row_n; i++) {
		const struct world_row *from = &w->rows[i];
		if (!from->open)
			continue;
		str body = from->body;
		struct buf changed = BUF((size_t)1 << 20);
		if (from->table == table) {
			const struct record_type *type = table_type(table);
			void *row = arena_alloc(&w->arena, type->size, 16, 1);
			ok = record_decode_all(type, body, &w->arena, row, err);
			ASSERT(ok);
			change(row);
			record_encode(type, row, &changed);
			body = buf_str(&changed);
		}
		ok = core_load(core, from->table, body, err);
		buf_done(&changed);
	}
	*ret_ok = ok && core_load_done(core, find_model, w, err);
	return core;
}

static void
other_config(hash32 *hash)
{
	hash->b[0] ^= 1;
}

static void
incident_one_key(void *row)
{
	((struct incident_row *)row)->key = 1;
}

static void
incident_other_config(void *row)
{
	other_config(&((struct incident_row *)row)->config);
}

static void
incident_without_run(void *row)
{
	((struct incident_row *)row)->run = 0;
}

static void
run_of_no_incident(void *row)
{
	((struct run_row *)row)->incident = 999;
}

static void
run_of_no_runbook(void *row)
{
	((struct run_row *)row)->runbook = STR("none");
}

static void
run_beyond_its_steps(void *row)
{
	((struct run_row *)row)->step = 99;
}

static void
run_called_by_none(void *row)
{
	((struct run_row *)row)->caller = 999;
}

static void
run_that_calls(void *row)
{
	((struct run_row *)row)->phase = PHASE_CALLED;
}

static void
run_other_config(void *row)
{
	other_config(&((struct run_row *)row)->config);
}

static void
attempt_other_config(void *row)
{
	other_config(&((struct attempt_row *)row)->config);
}

static void
control_other_config(void *row)
{
	other_config(&((struct control_row *)row)->config);
}

/* Two incidents; the run of the second waits for its attempt. */
static struct world *
busy_world(void)
{
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	world_fire(w, "alertname=QueueStuck,queue=mail");
	world_see(w, "812", 61 * SECOND);
	EXPECT_U64(w->attempt_n, 1);
	return w;
}

static void
load__refuses_each_row_that_fits_nothing(void)
{
	static const struct {
		enum table table;
		change_fn *change;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ TABLE_INCIDENT, incident_one_key, ERR_CORRUPT,
		    "two open incidents have one key" },
		{ TABLE_INCIDENT, incident_other_config, ERR_NOT_FOUND,
		    "a configuration in use is not in the store" },
		{ TABLE_INCIDENT, incident_without_run, ERR_CORRUPT,
		    "fits no incident or runbook" },
		{ TABLE_RUN, run_of_no_incident, ERR_CORRUPT,
		    "fits no incident or runbook" },
		{ TABLE_RUN, run_of_no_runbook, ERR_CORRUPT,
		    "fits no incident or runbook" },
		{ TABLE_RUN, run_beyond_its_steps, ERR_CORRUPT,
		    "fits no incident or runbook" },
		{ TABLE_RUN, run_called_by_none, ERR_CORRUPT,
		    "fits no incident or runbook" },
		{ TABLE_RUN, run_that_calls, ERR_CORRUPT, "fits no incident or runbook" },
		{ TABLE_RUN, run_other_config, ERR_NOT_FOUND,
		    "a configuration in use is not in the store" },
		{ TABLE_ATTEMPT, attempt_other_config, ERR_NOT_FOUND,
		    "a configuration in use is not in the store" },
		{ TABLE_CONTROL, control_other_config, ERR_NOT_FOUND,
		    "a configuration in use is not in the store" },
	};
	struct world *w = busy_world();
	for (size_t i = 0; i < countof(rows); i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "%zu of %s", i,
		    table_names[rows[i].table]);
		test_row = name;
		struct err err = { 0 };
		bool ok;
		struct core *core = load(w, rows[i].table, rows[i].change, &err, &ok);
		EXPECT(!ok);
		EXPECT(err.kind == rows[i].kind);
		EXPECT(str_contains(str_of(err.text), str_of(rows[i].says)));
		core_free(core);
		test_row = NULL;
	}
	world_free(w);
}

static void
timeline_of_no_incident(void *row)
{
	((struct timeline_row *)row)->incident = 999;
}

static void
attempt_of_no_incident(void *row)
{
	((struct attempt_row *)row)->incident = 999;
}

static void
decision_of_no_incident(void *row)
{
	((struct decision_row *)row)->incident = 999;
}

static void
notice_of_no_incident(void *row)
{
	((struct notice_row *)row)->incident = 999;
}

/* Whoever called waits for what it called, and for nothing else. */
static void
caller_that_waits_for_another(void *row)
{
	struct run_row *run = row;
	if (run->caller == 0)
		run->waiting_for = 999;
}

static void
caller_of_itself(void *row)
{
	struct run_row *run = row;
	if (run->caller != 0)
		run->caller = run->id;
}

static void
load__refuses_a_call_that_its_caller_does_not_know(void)
{
	static change_fn *const changes[] = { caller_that_waits_for_another,
		caller_of_itself };
	struct world *w = world_new(SHOP,
	    "---\nrunbook: outer\nservice: payments\nanswers: [{alertname: Nested}]\n"
	    "---\n# Outer\n```call inner\nrunbook: inner\notherwise: person\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n",
	    "---\nrunbook: inner\nservice: payments\n---\n# Inner\n"
	    "```check full\npromql: full\nexpect: '> 0'\n```\n"
	    "```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n");
	world_fire(w, "alertname=Nested,service=payments");
	EXPECT_U64(world_count(w, TABLE_RUN), 2);
	for (size_t i = 0; i < countof(changes); i++) {
		struct err err = { 0 };
		bool ok;
		struct core *core = load(w, TABLE_RUN, changes[i], &err, &ok);
		EXPECT(!ok && err.kind == ERR_CORRUPT);
		EXPECT(str_contains(str_of(err.text), STR("fits no incident or runbook")));
		core_free(core);
	}
	world_free(w);
}

/* It was forgotten, what belonged to it was not yet over. */
static void
load__keeps_what_outlived_its_incident(void)
{
	static const struct {
		enum table table;
		change_fn *change;
	} rows[] = {
		{ TABLE_TIMELINE, timeline_of_no_incident },
		{ TABLE_ATTEMPT, attempt_of_no_incident },
		{ TABLE_DECISION, decision_of_no_incident },
		{ TABLE_NOTICE, notice_of_no_incident },
	};
	struct world *w = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	w->deliver = false;
	world_fire(w, "alertname=QueueStuck,queue=mail");
	world_see(w, "812", 61 * SECOND);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = table_names[rows[i].table];
		uint32_t n = w->core->counts[rows[i].table];
		EXPECT(n > 0);
		struct err err = { 0 };
		bool ok;
		struct core *core = load(w, rows[i].table, rows[i].change, &err, &ok);
		EXPECT(ok);
		EXPECT_U64(core->counts[rows[i].table], n);
		core_free(core);
	}
	world_free(w);
}

static void
load__says_when_there_is_no_memory_for_the_rows(void)
{
	struct core *core = core_new_within(10, (size_t)256 << 10);
	struct buf body = BUF(4096);
	struct err err = { 0 };
	bool ok = true;
	for (uint64_t id = 1; ok && id < 10000; id++) {
		struct gap_row gap = { .id = id,
			.kind = GAP_OVERFLOW,
			.subject = STR("one service of many"),
			.text = STR("more incidents at once than are kept apart") };
		buf_reset(&body);
		record_encode(&gap_row_type, &gap, &body);
		ok = core_load(core, TABLE_GAP, buf_str(&body), &err);
	}
	EXPECT(!ok && err.kind == ERR_LIMIT);
	EXPECT_STR(str_of(err.text), STR("no memory for the rows of the store"));
	buf_done(&body);
	core_free(core);
}

int
main(void)
{
	RUN(load__refuses_each_row_that_fits_nothing);
	RUN(load__refuses_a_call_that_its_caller_does_not_know);
	RUN(load__keeps_what_outlived_its_incident);
	RUN(load__says_when_there_is_no_memory_for_the_rows);
	TEST_MAIN_END();
}
