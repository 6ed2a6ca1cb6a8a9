/* The core from outside: listings, loading what is damaged, and its small texts. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static void
look__lists_open_incidents_in_pages(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	for (unsigned i = 0; i < 5; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=Slow%u,service=ledger",
		    i);
		world_fire(w, labels);
	}
	world_resolve(w, 3);
	world_after(w, MINUTE);
	const struct incident_row *rows[8];
	EXPECT_U64(core_incidents(w->core, 0, rows, 3), 3);
	EXPECT_U64(rows[2]->id, 4);
	EXPECT_U64(core_incidents(w->core, 2, rows, 8), 2);
	EXPECT_U64(core_incidents(w->core, 3, rows, 8), 2); /* behind a closed one */
	EXPECT_U64(rows[0]->id, 4);
	EXPECT_U64(core_incidents(w->core, 5, rows, 8), 0);
	EXPECT(core_incident(w->core, 3)->state == INCIDENT_CLOSED);
	EXPECT(core_incident(w->core, 9) == NULL);
	EXPECT_U64(core_counts(w->core).incidents_open, 4);
	EXPECT_U64(core_counts(w->core).needing_person, 4);
	EXPECT_U64(core_counts(w->core).gaps, 5);
	world_free(w);
}

static void
look__judges_without_recording(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct core_may may = { .principal = STR("automation"),
		.action = STR("restart-unit"),
		.service = STR("payments"),
		.target = STR("pay-1"),
		.at = w->at,
		.wall = w->wall };
	struct decision_row decision;
	core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY); /* while: incident */
	world_fire(w, "alertname=Slow,service=payments");
	core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.verdict == VERDICT_ALLOW);
	EXPECT_U64(world_count(w, TABLE_DECISION), 0);
	may.action = STR("fly");
	core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY);
	may.service = STR("paymnets"); /* whoever mistypes it is told so */
	core_judge(w->core, &may, &w->arena, &decision);
	EXPECT(decision.verdict == VERDICT_DENY);
	const struct reason *reasons = decision.reasons.p;
	EXPECT_STR(reasons[1].text, STR("unknown service 'paymnets'"));
	struct can_view can[4];
	EXPECT_U64(core_what_can(w->core, STR("person:ana"), STR(""), 1, w->at, w->wall,
		       &w->arena, can, countof(can)),
	    3);
	EXPECT_STR(can[0].action, STR("restart-unit"));
	EXPECT_U64(core_what_can(w->core, STR("person:ana"), STR(""), 9, w->at, w->wall,
		       &w->arena, can, countof(can)),
	    0);
	world_free(w);
}

static size_t
what_can_on(struct world *w, const char *principal, const char *behalf, const char *service,
    msec wall, struct can_view *ret, size_t max)
{
	str chain = str_of(behalf);
	struct core_may may = { .principal = str_of(principal),
		.behalf = { &chain, chain.n > 0 ? 1 : 0 },
		.service = str_of(service),
		.at = w->at,
		.wall = wall };
	return core_what_can_on(w->core, &may, &w->arena, ret, max);
}

static void
look__answers_for_a_chain_and_for_another_time(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct can_view can[4];
	msec end = UINT64_C(1893542400000); /* the day after 2030-01-01 */
	EXPECT_U64(what_can_on(w, "person:ana", "", "payments", w->wall, can, 4), 3);
	EXPECT_U64(what_can_on(w, "person:ana", "", "ledger", w->wall, can, 4), 0);
	EXPECT_U64(what_can_on(w, "person:ana", "", "nothing", w->wall, can, 4), 0);
	EXPECT_U64(what_can_on(w, "person:ana", "", "payments", end - 1, can, 4), 3);
	EXPECT_U64(what_can_on(w, "person:ana", "", "payments", end, can, 4), 0);
	EXPECT_U64(what_can_on(w, "person:ana", "person:mei", "payments", w->wall, can, 4),
	    0);
	EXPECT_U64(what_can_on(w, "person:ana", "automation", "payments", w->wall, can, 4),
	    0); /* while: incident */
	world_fire(w, "alertname=Slow,service=payments");
	EXPECT_U64(what_can_on(w, "person:ana", "automation", "payments", w->wall, can, 4),
	    3);

	struct who_view who[4];
	struct core_may may = { .action = STR("restart-unit"),
		.service = STR("payments"),
		.at = w->at,
		.wall = w->wall };
	EXPECT_U64(core_who_can(w->core, &may, &w->arena, who, countof(who)), 2);
	EXPECT_STR(who[0].principal, STR("automation"));
	EXPECT_STR(who[1].principal, STR("person:ana"));
	may.wall = end;
	EXPECT_U64(core_who_can(w->core, &may, &w->arena, who, countof(who)), 0);
	world_free(w);
}

static void
look__lists_what_waits_and_who_holds(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	const void *rows[8];
	EXPECT_U64(core_waiting(w->core, TABLE_ASKED, 0, rows, 8), 0);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const services[] = { "checkout", "payments", "ledger" };
		struct command command = { .kind = COMMAND_HANDS_ON,
			.request = 7 + i,
			.principal = STR("person:ana"),
			.name = str_of(services[i]) };
		EXPECT_U64(world_command(w, &command).status, 201);
	}
	EXPECT_U64(core_waiting(w->core, TABLE_LEASE, 0, rows, 8), 3);
	const struct lease_row *first = rows[0];
	EXPECT_STR(first->service, STR("checkout"));
	EXPECT_U64(core_waiting(w->core, TABLE_LEASE, first->id, rows, 1), 1);
	EXPECT_STR(((const struct lease_row *)rows[0])->service, STR("payments"));
	world_after(w, 2 * HOUR);
	EXPECT_U64(core_waiting(w->core, TABLE_LEASE, 0, rows, 8), 0);
	world_free(w);
}

static const struct model *
no_model(void *context, const hash32 *hash)
{
	(void)context;
	(void)hash;
	return NULL;
}

/* The rows of the world, but for those that `change` does otherwise. */
static bool
load(const struct world *w, str (*change)(const struct world_row *row, struct arena *arena),
    struct arena *arena, struct err *err)
{
	struct core *core = core_new(10);
	bool ok = true;
	for (size_t i = 0; ok && i < w->row_n; i++) {
		if (w->rows[i].open)
			ok = core_load(core, w->rows[i].table, change(&w->rows[i], arena),
			    err);
	}
	ok = ok && core_load_done(core, no_model, NULL, err);
	core_free(core);
	return ok;
}

static str
unchanged(const struct world_row *row, struct arena *arena)
{
	(void)arena;
	return row->body;
}

static str
cut(const struct world_row *row, struct arena *arena)
{
	(void)arena;
	return row->table == TABLE_INCIDENT ? str_take(row->body, row->body.n - 1)
	                                    : row->body;
}

static void
load__refuses_what_does_not_fit(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow,service=ledger");
	struct err err;
	EXPECT(!load(w, unchanged, &w->arena, &err));
	EXPECT(err.kind == ERR_NOT_FOUND);
	EXPECT(!load(w, cut, &w->arena, &err));

	struct core *core = core_new(10);
	struct gap_row gap = { .kind = GAP_OVERFLOW };
	struct buf body = BUF(4096);
	record_encode(&gap_row_type, &gap, &body);
	EXPECT(!core_load(core, TABLE_GAP, buf_str(&body), &err));
	EXPECT(err.kind == ERR_CORRUPT);
	gap.id = 7;
	buf_reset(&body);
	record_encode(&gap_row_type, &gap, &body);
	EXPECT(core_load(core, TABLE_GAP, buf_str(&body), &err));
	EXPECT(core_load(core, TABLE_GAP, buf_str(&body), &err));
	EXPECT(core_load(core, TABLE_ALERTS, STR("not ours"), &err));
	EXPECT(!core_load_done(core, no_model, NULL, &err));
	EXPECT_STR(str_of(err.text), STR("table gap has row 7 twice"));
	buf_done(&body);
	core_free(core);
	world_free(w);
}

static void
text__of_lengths_of_time(void)
{
	static const struct {
		msec ms;
		const char *want;
	} rows[] = {
		{ 0, "0s" },
		{ 500, "500ms" },
		{ 45 * SECOND, "45s" },
		{ 90 * SECOND, "1m 30s" },
		{ 5 * MINUTE, "5m" },
		{ 90 * MINUTE, "1h 30m" },
		{ 3 * HOUR, "3h" },
		{ DAY, "1d" },
		{ 36 * HOUR, "1d 12h" },
	};
	struct core *core = core_new(1);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].want;
		EXPECT_STR(text_ms(core, rows[i].ms), str_of(rows[i].want));
	}
	core_free(core);
}

static void
text__of_verbs(void)
{
	static const char *const rows[][2] = {
		{ "restart", "restarting" },
		{ "scale", "scaling" },
		{ "clear", "clearing" },
		{ "stop", "stopping" },
		{ "run", "running" },
		{ "free", "freeing" },
		{ "show", "showing" },
		{ "roll-back", "rolling back" },
		{ "shift-traffic", "shifting traffic" },
		{ "x", "doing x" },
	};
	struct core *core = core_new(1);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i][0];
		EXPECT_STR(text_verb(core, str_of(rows[i][0])), str_of(rows[i][1]));
	}
	core_free(core);
}

static void
text__is_cut_at_whole_characters_and_one_line(void)
{
	struct core *core = core_new(1);
	EXPECT_STR(text_cut(STR("a\xc3\xa9"), 3), STR("a\xc3\xa9"));
	EXPECT_STR(text_cut(STR("a\xc3\xa9"), 2), STR("a"));
	EXPECT_STR(text_cut(STR("\xe2\x82\xac"), 2), STR(""));
	EXPECT_STR(text_line(core, STR("a\nb\x01"), 10), STR("a b "));
	/* What is left out is told. */
	EXPECT_STR(text_line(core, STR("abcdefgh"), 8), STR("abcdefgh"));
	EXPECT_STR(text_line(core, STR("abcdefghi"), 8), STR("abcde..."));
	EXPECT_STR(text_line(core, STR("abcd\xc3\xa9hij"), 8), STR("abcd..."));
	struct pair p[] = { { STR("a"), STR("1") }, { STR("b"), STR("22") } };
	struct pairs labels = { p, 2 };
	EXPECT_STR(text_labels(core, &labels, 100), STR("{a=\"1\", b=\"22\"}"));
	EXPECT_STR(text_labels(core, &labels, 10), STR("{a=\"1\", ...}"));
	EXPECT_STR(text_labels(core, &labels, 5), STR("{...}"));
	str names[] = { STR("x"), STR("y"), STR("z") };
	struct strs list = { names, 3 };
	EXPECT_STR(text_list(core, &list, 3), STR("x, y, z"));
	EXPECT_STR(text_list(core, &list, 2), STR("x, y and 1 more"));
	EXPECT_STR(text_who(STR("person:ana")), STR("ana"));
	EXPECT_STR(text_who(STR("local-admin")), STR("local-admin"));
	core_free(core);
}

int
main(void)
{
	RUN(look__lists_open_incidents_in_pages);
	RUN(look__judges_without_recording);
	RUN(look__answers_for_a_chain_and_for_another_time);
	RUN(look__lists_what_waits_and_who_holds);
	RUN(load__refuses_what_does_not_fit);
	RUN(text__of_lengths_of_time);
	RUN(text__of_verbs);
	RUN(text__is_cut_at_whole_characters_and_one_line);
	TEST_MAIN_END();
}
