/* What is seen before something is done, what moved meanwhile, and what is left for people to read. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define TOP SHOP_TOP SHOP_PEOPLE

static struct run_row
last_run(struct world *w)
{
	struct run_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &row));
	return row;
}

static struct asked_row
last_asked(struct world *w)
{
	struct asked_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_ASKED, world_last(w, TABLE_ASKED), &row));
	return row;
}

/* ---- evidence ---- */

#define DOWN "alertname=Down,service=payments"
#define RESTARTS                                                               \
	"services:\n  payments: {owner: platform-ops, tier: 2}\n"              \
	"actions:\n  restart: {verb: restart, run: [restart, '${service}']}\n" \
	"authority:\n  - {grant: restarts, to: [automation, ana],"             \
	" may: [restart], on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"
#define HEAD(evidence)                            \
	"---\nrunbook: down\nservice: payments\n" \
	"answers: [{alertname: Down}]\nevidence: [" evidence "]\n---\n# D\n"
#define STEPS                                   \
	"```action restart\ndo: restart\n```\n" \
	"```verify up\npromql: up\nexpect: '> 0'\nwithin: 2m\n```\n"

static void
evidence__says_what_each_probe_answered(void)
{
	static const struct {
		const char *evidence;
		struct probe_result seen;
		const char *value;
	} rows[] = {
		{ "{name: a, http: 'http://h/'}", { .status = PROBE_OK },
		    "connection refused" },
		{ "{name: a, http: 'http://h/'}", { .status = PROBE_OK, .code = 204 },
		    "status 204" },
		{ "{name: a, run: [ps]}", { .status = PROBE_OK, .value = { " \n", 2 } },
		    "exit 0" },
		{ "{name: a, promql: x}", { .status = PROBE_OK, .value = { "0.83", 4 } },
		    "0.83" },
		{ "{name: a, tcp: 'h:1'}",
		    { .status = PROBE_OK, .code = 1, .value = { "220 h", 5 } }, "220 h" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[1024];
		test_row = rows[i].value;
		(void)snprintf(book, sizeof(book), HEAD("%s") STEPS, rows[i].evidence);
		struct world *w = world_new(TOP RESTARTS, book, NULL);
		world_fire(w, DOWN);
		EXPECT_U64(w->attempt_n, 0);
		world_answer(w, &rows[i].seen);
		struct run_row run = last_run(w);
		const struct evidence *one = run.evidence.p;
		EXPECT_STR(one->value, str_of(rows[i].value));
		EXPECT(one->seen);
		EXPECT_U64(w->attempt_n, 1);
		world_free(w);
	}
}

/* In one line of the timeline as much as goes in; all of it is with the run. */
static void
evidence__that_is_much_is_counted_behind_the_first(void)
{
	static const char book[] =
	    HEAD("{name: the-first-of-eight-with-a-long-name, promql: a},"
		 " {name: the-second-of-eight-with-a-long-name, promql: a},"
		 " {name: the-third-of-eight-with-a-long-name, promql: a},"
		 " {name: the-fourth-of-eight-with-a-long-name, promql: a},"
		 " {name: the-fifth-of-eight-with-a-long-name, promql: a},"
		 " {name: the-sixth-of-eight-with-a-long-name, promql: a},"
		 " {name: the-seventh-of-eight-with-a-long-name, promql: a},"
		 " {name: the-eighth-of-eight-with-a-long-name, promql: a}") STEPS;
	static char text[200];
	memset(text, 'y', sizeof(text));
	struct world *w = world_new(TOP RESTARTS, book, NULL);
	world_fire(w, DOWN);
	EXPECT_U64(w->probe_n, 8);
	while (w->probe_n > 0)
		world_answer(w, &(struct probe_result){ .status = PROBE_OK,
				    .value = { text, sizeof(text) } });
	EXPECT(world_says(w, 1, "evidence before restart: the-first-of-eight"));
	EXPECT(world_says(w, 1, "y...; and 2 more"));
	EXPECT_U64(last_run(w).evidence.n, 8);
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* An incident of no service has the runbook's alone, and its case file no links. */
static void
evidence__of_no_service_is_the_runbooks(void)
{
	struct world *w = world_new(TOP RESTARTS,
	    "---\nrunbook: any\nevidence: [{name: load, promql: load}]\n---\n# A\n"
	    "```handoff it\nclass: investigation\nbecause: odd\nask: why?\n```\n",
	    "---\nrunbook: bare\n---\n# B\n"
	    "```handoff it\nclass: investigation\nbecause: odd\nask: why?\n```\n");
	world_fire(w, "alertname=Strange");
	EXPECT_STR(world_incident(w, 1).service, (str){ 0 });
	static const char *const books[] = { "bare", "any" };
	for (size_t i = 0; i < countof(books); i++) {
		test_row = books[i];
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = str_of(books[i]),
			.principal = STR("person:ana") };
		EXPECT_U64(world_command(w, &run).status, 202);
		EXPECT_U64(w->probe_n, i);
		EXPECT(world_says(w, 1, "evidence before it: load 7") == false);
	}
	world_probe(w, "7");
	EXPECT(world_says(w, 1, "evidence before it: load 7"));
	world_free(w);
}

/* ---- live values, and what moves them ---- */

#define SCALED                                                                        \
	"services:\n  shop: {owner: platform-ops, tier: 2}\n"                         \
	"  ledger: {owner: platform-ops, tier: 2}\n"                                  \
	"hosts:\n  c-1: {service: shop, role: web}\n"                                 \
	"  c-2: {service: shop, role: web}\n"                                         \
	"  l-1: {service: ledger, role: web}\n"                                       \
	"actions:\n"                                                                  \
	"  restart: {verb: restart, run: [restart, '${target}']}\n"                   \
	"  move: {verb: move, params: {n: {type: integer, min: 0, max: 99}},"         \
	" run: [move, '${n}'], observe: {n: {promql: n}}}\n"                          \
	"  grow:\n    verb: scale\n"                                                  \
	"    params: {cpu: {type: integer, min: 1, max: 99},"                         \
	" disk: {type: integer, min: 1, max: 99}, zone: {type: name}}\n"              \
	"    run: [grow, '${cpu}', '${disk}', '${zone}']\n"                           \
	"    observe: {cpu: {promql: cpu}, disk: {promql: disk}}\n"                   \
	"    undo: {do: grow, with: {zone: '${zone}', disk: '1',"                     \
	" cpu: '${observed.cpu}'}}\n"                                                 \
	"authority:\n  - {grant: all, to: [automation], may: [restart, scale, move]," \
	" on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"                          \
	"  - {approval: much, for: [scale], when: {cpu: '> 2x'}, by: [mei]}\n"

static struct reply
act(struct world *w, const char *action, const char *target, struct pairs params)
{
	struct command command = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = str_of(action),
		.action = true,
		.target = str_of(target),
		.params = params,
		.principal = STR("automation") };
	return world_command(w, &command);
}

static struct reply
grow(struct world *w, const char *target)
{
	struct pair params[] = { { STR("cpu"), STR("6") }, { STR("disk"), STR("5") },
		{ STR("zone"), STR("a") } };
	return act(w, "grow", target, (struct pairs){ params, countof(params) });
}

/* A live value is not known while what may change it is under way, there and by its kind. */
static void
facts__are_moved_by_what_is_done_there(void)
{
	struct pair n = { STR("n"), STR("5") };
	const struct {
		const char *name, *action, *target;
		struct pairs params;
		bool moves;
	} rows[] = {
		{ "another kind of action there", "restart", "c-1", { 0 }, false },
		{ "the same on another host", "grow", "c-2", { 0 }, false },
		{ "something else on another service", "restart", "l-1", { 0 }, false },
		{ "what has a live value, there", "move", "c-1", { &n, 1 }, true },
		{ "the same, there", "grow", "c-1", { 0 }, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(TOP SCALED, NULL, NULL);
		world_fire(w, "alertname=Slow,service=shop");
		uint32_t status =
		    strcmp(rows[i].action, "grow") == 0
			? grow(w, rows[i].target).status
			: act(w, rows[i].action, rows[i].target, rows[i].params).status;
		EXPECT_U64(status, 202);
		while (w->probe_n > 0)
			world_probe(w, "5");
		EXPECT_U64(w->attempt_n, 1);
		EXPECT_U64(grow(w, "c-1").status, 202);
		while (w->probe_n > 0)
			world_probe(w, "5");
		EXPECT(
		    last_asked(w).state == (rows[i].moves ? ASKED_REFUSED : ASKED_STARTED));
		EXPECT_U64(w->attempt_n, rows[i].moves ? 1 : 2);
		world_free(w);
	}
}

/* Only what taking it back goes to, and what a rule compares with. */
static void
facts__of_before_are_read_for_taking_it_back(void)
{
	struct world *w = world_new(TOP SCALED, NULL, NULL);
	world_fire(w, "alertname=Slow,service=shop");
	EXPECT_U64(grow(w, "c-1").status, 202);
	EXPECT_U64(w->probe_n, 1); /* cpu; disk goes back to 1, whatever it was */
	world_probe(w, "5");
	struct attempt_row row = world_attempt(w, world_last(w, TABLE_ATTEMPT));
	EXPECT_STR(pairs_get(&row.observed, STR("cpu")), STR("5"));
	EXPECT_U64(row.observed.n, 1);
	world_exit(w, 0);
	world_free(w);
}

/* ---- what is not given ---- */

#define DRAIN                                                                         \
	"services:\n  lb: {owner: platform-ops, tier: 2}\n"                           \
	"actions:\n  drain:\n    verb: drain\n    params: {seconds: {type: integer,"  \
	" default: 30}, mode: {type: name, optional: true}, pool: {type: name}}\n"    \
	"    run: [drain, '${pool}', '${seconds}']\n"                                 \
	"authority:\n  - {grant: drains, to: [ana, mei, {agent: sre}], may: [drain]," \
	" on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"

static void
param__that_is_not_given_is_its_default(void)
{
	struct world *w = world_new(TOP DRAIN, NULL, NULL);
	world_fire(w, "alertname=Slow,service=lb");
	static const char *const want[] = { "30", "5" };
	for (size_t i = 0; i < countof(want); i++) {
		struct pair params[] = { { STR("pool"), STR("a") },
			{ STR("seconds"), STR("5") } };
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("drain"),
			.action = true,
			.params = { params, i + 1 },
			.principal = STR("person:ana") };
		EXPECT_U64(world_command(w, &run).status, 202);
		struct attempt_row row = world_attempt(w, w->attempts[0]);
		EXPECT_STR(row.argv.p[2], str_of(want[i]));
		world_exit(w, 0);
	}
	/* Who looks at what they may do is told to give what has none. */
	struct can_view can[4];
	EXPECT_U64(core_what_can(w->core, STR("person:ana"), (str){ 0 }, 1, w->at, w->wall,
		       &w->arena, can, countof(can)),
	    1);
	EXPECT_STR(can[0].needs, STR("pool=VALUE"));
	world_free(w);
}

/* Whoever an agent asked for is who asked: somebody else who is on duty says that it did not
 * happen. */
static void
settle__is_not_for_whom_it_was_asked(void)
{
	static const struct {
		const char *behalf;
		uint32_t status;
	} rows[] = { { "person:mei", 403 }, { "person:ana", 200 } };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].behalf;
		struct world *w = world_new(TOP DRAIN, NULL, NULL);
		world_fire(w, "alertname=Slow,service=lb");
		struct pair pool = { STR("pool"), STR("a") };
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("drain"),
			.action = true,
			.params = { &pool, 1 },
			.principal = STR("agent:sre"),
			.behalf = str_of(rows[i].behalf) };
		EXPECT_U64(world_command(w, &run).status, 202);
		row_id id = w->attempts[0];
		world_news(w, NEWS_UNKNOWN);
		struct command settle = { .kind = COMMAND_SETTLE,
			.row = id,
			.principal = str_of(rows[i].behalf),
			.happened = HAPPENED_NO };
		EXPECT_U64(world_command(w, &settle).status, rows[i].status);
		EXPECT((world_attempt(w, id).state == ATTEMPT_IN_DOUBT) ==
		       (rows[i].status == 403));
		world_free(w);
	}
}

/* ---- alerts of an incident, and its case file ---- */

static void
alerts__that_end_twice_end_once(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	uint64_t first = world_fire(w, "alertname=Slow,service=ledger");
	world_resolve(w, first);
	EXPECT_U64(world_incident(w, 1).alerts_active, 0);
	world_resolve(w, first);
	world_expire(w, first);
	world_hold(w, first, 0);
	EXPECT_U64(world_incident(w, 1).alerts_active, 0);
	EXPECT_U64(world_incident(w, 1).alerts_held, 0);
	world_free(w);
}

static void
alerts__that_are_many_are_told_as_the_last_goes(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	uint64_t alerts[ALERTS_TOLD + 2];
	for (size_t i = 0; i < countof(alerts); i++)
		alerts[i] = world_fire(w, "alertname=Slow,service=ledger");
	EXPECT_U64(world_incident(w, 1).alerts_active, countof(alerts));
	for (size_t i = 0; i + 1 < countof(alerts); i++)
		world_hold(w, alerts[i], 0);
	EXPECT(!world_says(w, 1, "an alert is "));
	world_hold(w, alerts[countof(alerts) - 1], 0);
	EXPECT(world_says(w, 1, "0 are active"));
	world_free(w);
}

#define HANDED(look)                                                                    \
	"services:\n  payments: {owner: platform-ops, developers: checkout-dev, tier: " \
	"2" look "}\n"
#define HANDOFF                                             \
	"---\nrunbook: hand\nservice: payments\n---\n# H\n" \
	"```handoff it\nclass: investigation\nbecause: it is odd\nask: why?\n```\n"

static str
case_file(struct world *w)
{
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("hand"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	struct handoff_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_HANDOFF, world_last(w, TABLE_HANDOFF), &row));
	return row.case_file;
}

static void
case_file__says_where_to_look_and_who_found_it_useful(void)
{
	struct world *w = world_new(TOP HANDED(", look: {logs: ['http://logs/payments']}"),
	    HANDOFF, NULL);
	world_fire(w, DOWN);
	static const struct {
		const char *who, *yes, *note;
	} said[] = { { "person:ana", "no", "it goes by itself" },
		{ "person:mei", "yes", "" } };
	for (size_t i = 0; i < countof(said); i++) {
		struct command command = { .kind = COMMAND_USEFUL,
			.incident = 1,
			.principal = str_of(said[i].who),
			.name = str_of(said[i].yes),
			.text = str_of(said[i].note) };
		EXPECT_U64(world_command(w, &command).status, 200);
	}
	str file = case_file(w);
	EXPECT(
	    str_contains(file, STR("## Where to look\n\n- logs: http://logs/payments\n")));
	EXPECT(str_contains(file,
	    STR("- useful to know of: ana no (it goes by itself), mei yes\n")));
	world_free(w);
}

/* What finds no room is counted at its end. */
static void
case_file__is_bounded(void)
{
	static char text[NOTE_MAX];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 100 == 99 ? '\n' : 'y';
	struct world *w = world_new(TOP HANDED(""), HANDOFF, NULL);
	w->reload = false;
	world_fire(w, DOWN);
	for (size_t i = 0; i < 2 * CASE_FILE_MAX / NOTE_MAX; i++) {
		struct command note = { .kind = COMMAND_NOTE,
			.incident = 1,
			.principal = STR("person:ana"),
			.text = { text, sizeof(text) } };
		EXPECT_U64(world_command(w, &note).status, 200);
	}
	str file = case_file(w);
	EXPECT(file.n <= CASE_FILE_MAX);
	EXPECT(str_contains(file, STR("## What is asked\n\nwhy?")));
	EXPECT(str_contains(file,
	    STR(" parts found no room here: see the incident itself.\n")));
	world_free(w);
}

int
main(void)
{
	RUN(evidence__says_what_each_probe_answered);
	RUN(evidence__that_is_much_is_counted_behind_the_first);
	RUN(evidence__of_no_service_is_the_runbooks);
	RUN(facts__are_moved_by_what_is_done_there);
	RUN(facts__of_before_are_read_for_taking_it_back);
	RUN(param__that_is_not_given_is_its_default);
	RUN(settle__is_not_for_whom_it_was_asked);
	RUN(alerts__that_end_twice_end_once);
	RUN(alerts__that_are_many_are_told_as_the_last_goes);
	RUN(case_file__says_where_to_look_and_who_found_it_useful);
	RUN(case_file__is_bounded);
	TEST_MAIN_END();
}
