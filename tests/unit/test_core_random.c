/*
 * Anything may happen, in any order: alerts, late, double and foreign answers, commands,
 * restarts, configurations. After each event every invariant must hold, what is loaded
 * from the rows must be the same, and the journal must replay. So it is when every so many
 * requests for memory one is refused, whatever was asked for.
 *
 *	test_core_random [SEEDS [FIRST]]
 */
#include <stdlib.h>

#include "core/state.h"
#include "support/poor.h"
#include "support/shop.h"
#include "support/world.h"

/* ---- anything ---- */

#define SEEDS 100
#define EVENTS 300

/* Some of it waits: for live values, for the health of others, for people. */
#define GROW                                                         \
	"  grow:\n"                                                  \
	"    verb: scale\n"                                          \
	"    params: {replicas: {type: integer, min: 1, max: 99}}\n" \
	"    run: [scale, '${service}', '${replicas}']\n"            \
	"    observe: {replicas: {promql: replicas}}\n"              \
	"    undo: {do: grow, with: {replicas: '${observed.replicas}'}}\n"
#define WAITING                                                                          \
	"  - {grant: growing, to: [automation, ana, {agent: x}], may: [grow],"           \
	" on: {tier: [1, 2, 3]}, within: {at_once: 1}, until: 2030-01-01, owner: mei}\n" \
	"  - {approval: much, for: [grow], when: {replicas: '> 2x'},"                    \
	" by: [ana, mei], expires: 10m}\n"                                               \
	"  - {approval: careful, for: [restart], on: {service: [checkout]},"             \
	" by: [{team: platform-ops}], liftable: true}\n"                                 \
	"  - {limit: one stays, for: [restart], on: {service: [payments]},"              \
	" within: {keep_healthy: 1}}\n"
/* Messages are folded, and held by a rate. */
#define PACED                                                                    \
	"prometheus: http://127.0.0.1:9090\n"                                    \
	"fallback: platform-ops\n"                                               \
	"channels:\n"                                                            \
	"  mail: {smtp: 'smtp://127.0.0.1:25', from: firstline@example.com}\n"   \
	"  pager: {webhook: 'http://127.0.0.1:8001/page', digest: {after: 1}}\n" \
	"  ops-hook: {webhook: 'http://127.0.0.1:8001/ops', digest: {after: 2,"  \
	" every: 30s}, rate: {messages: 3, per: 20s}}\n"
#define WORLD PACED SHOP_PEOPLE SHOP_SERVICES SHOP_ACTIONS GROW SHOP_AUTHORITY
#define AUTONOMY                                                       \
	"autonomy:\n"                                                  \
	"  - {service: checkout, level: veto, owner: mei}\n"           \
	"  - {runbook: queue-not-draining, level: plan, owner: mei}\n" \
	"  - {service: payments, trust: earned, owner: mei}\n"         \
	"  - {service: ledger, shadow: true, owner: mei}\n"
#define BOTH "  - {approval: both, for: [restart], by: [ana, mei], need: 2}\n"
#define GROW_RUNBOOK                                                               \
	"---\nrunbook: grow-ledger\nservice: ledger\n"                             \
	"answers: [{alertname: Slow}]\n---\n# It is slow\n"                        \
	"```action grow\ndo: grow\nwith: {replicas: 30}\notherwise: person\n```\n" \
	"```verify up\npromql: up\nexpect: '> 0'\nwithin: 2m\notherwise: person\n```\n"

struct walk {
	struct world *w;
	uint64_t random;
	uint64_t alerts[256];
	bool held[256];
	size_t alert_n;
	/* It has too little memory and must shed. It is not loaded again: what finds room
	 * depends on how memory is cut up, which rows do not say. */
	bool poor;
};

static uint64_t
draw(struct walk *walk, uint64_t n)
{
	walk->random = walk->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (walk->random >> 33) % n;
}

/* Mostly something recent of that table, sometimes anything. */
static row_id
some_row(struct walk *walk, enum table table)
{
	const struct world *w = walk->w;
	if (draw(walk, 16) == 0)
		return draw(walk, 2000);
	const struct link *list = &w->core->tables[table];
	uint32_t n = w->core->counts[table];
	if (n == 0)
		return world_last(w, table);
	uint64_t skip = draw(walk, n);
	struct link *it = list->next;
	while (skip-- > 0)
		it = it->next;
	return object_of(it, in_table)->id;
}

static void
fire(struct walk *walk)
{
	static const char *const labels[] = {
		"alertname=QueueStuck,queue=mail",
		"alertname=QueueStuck,queue=bills",
		"alertname=Down,service=checkout,severity=critical",
		"alertname=Down,job=checkout-a",
		"alertname=Slow,service=ledger",
		"alertname=Odd,service=ledger",
		"alertname=Strange",
		"alertname=Stranger,severity=info",
		"instance=7",
	};
	if (walk->alert_n == countof(walk->alerts))
		return;
	const char *text = labels[draw(walk, countof(labels))];
	bool held = walk->held[walk->alert_n] = draw(walk, 8) == 0;
	walk->alerts[walk->alert_n++] =
	    held ? world_fire_held(walk->w, text) : world_fire(walk->w, text);
}

/* By a silence that is, was or never has been; by an alert; or no longer. */
static void
suppress(struct walk *walk)
{
	if (walk->alert_n == 0)
		return;
	size_t at = draw(walk, walk->alert_n);
	if (walk->held[at])
		world_release(walk->w, walk->alerts[at]);
	else
		world_hold(walk->w, walk->alerts[at],
		    draw(walk, 3) == 0 ? 0 : some_row(walk, TABLE_SILENCE));
	walk->held[at] = !walk->held[at];
}

static void
silence(struct walk *walk)
{
	struct world *w = walk->w;
	struct silence_matcher matcher = { STR("alertname"), STR("Down"), false,
		draw(walk, 4) > 0 };
	const struct silence *some =
	    object_find(w->core, TABLE_SILENCE, some_row(walk, TABLE_SILENCE));
	struct command command = { .kind = COMMAND_SILENCE_SET,
		.name = some != NULL ? some->row.uuid : STR("none"),
		.silence = { .uuid = some != NULL && draw(walk, 2) == 0 ? some->row.uuid
		                                                        : (str){ 0 },
		    .matchers = { &matcher, 1 },
		    .starts_wall = w->wall + draw(walk, 3) * HOUR - HOUR,
		    .ends_wall = w->wall + draw(walk, 4) * HOUR - HOUR,
		    .created_by = STR("mei"),
		    .comment = STR("because") },
		.fresh = arena_printf(&w->arena, "%llu",
		    (unsigned long long)draw(walk, UINT32_MAX)) };
	if (draw(walk, 3) == 0)
		command.kind = COMMAND_SILENCE_EXPIRE;
	world_command(w, &command);
}

static void
end_alert(struct walk *walk)
{
	if (walk->alert_n == 0)
		return;
	size_t at = draw(walk, walk->alert_n);
	uint64_t alert = walk->alerts[at];
	if (draw(walk, 2) == 0)
		world_resolve(walk->w, alert);
	else
		world_expire(walk->w, alert);
	walk->alerts[at] = walk->alerts[--walk->alert_n];
	walk->held[at] = walk->held[walk->alert_n];
}

static void
probe_answer(struct walk *walk)
{
	static const char *const values[] = { "812", "812", "12", "12", "0", "1", "junk" };
	struct event event = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = some_row(walk, TABLE_PROBE),
		    .status = draw(walk, 6) == 0 ? PROBE_FAILED : PROBE_OK,
		    .value = str_of(values[draw(walk, countof(values))]),
		    .code = draw(walk, 3) == 0 ? 503 : 200,
		    .error = STR("refused") } };
	if (draw(walk, 20) == 0)
		event.probe_result.status = PROBE_NO_DATA;
	world_step(walk->w, &event);
	walk->w->probe_n = 0; /* we choose from the rows */
}

static void
attempt_answer(struct walk *walk)
{
	enum attempt_news news = (enum attempt_news)(1 + draw(walk, 8));
	if (draw(walk, 2) == 0)
		news = NEWS_EXITED;
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = some_row(walk, TABLE_ATTEMPT),
		    .news = news,
		    .exit_code = (int64_t)draw(walk, 4) / 3,
		    .signal = news == NEWS_KILLED ? 9 : 0,
		    .output = STR("out\nput"),
		    .why = draw(walk, 2) == 0 ? STR("why") : (str){ 0 } } };
	world_step(walk->w, &event);
	walk->w->attempt_n = 0;
}

static void
notice_answer(struct walk *walk)
{
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = some_row(walk, TABLE_NOTICE),
		    .delivered = draw(walk, 3) > 0,
		    .permanent = draw(walk, 3) == 0,
		    .error = STR("421") } };
	world_step(walk->w, &event);
}

static void
handoff_answer(struct walk *walk)
{
	struct event event = { .kind = EVENT_HANDOFF_RESULT,
		.handoff_result = { .handoff = some_row(walk, TABLE_HANDOFF),
		    .filed = draw(walk, 2) == 0,
		    .where = STR("handoffs/1.md"),
		    .error = STR("no room") } };
	world_step(walk->w, &event);
}

static void
command(struct walk *walk)
{
	static const char *const names[] = { "queue-not-draining", "down-checkout",
		"restart-unit", "restart-safe", "restart-known", "drop-table", "none", "t1",
		"grow", "grow-ledger", "checkout", "payments", "yes", "no" };
	static const char *const targets[] = { "", "pay-1", "pay-2", "checkout", "moon" };
	static const char *const who[] = { "person:ana", "person:mei", "agent:x",
		"automation" };
	static const char *const keys[] = { "", "", "k1", "k2" };
	static const enum table tables[] = { TABLE_ATTEMPT, TABLE_ATTEMPT, TABLE_TOKEN,
		TABLE_ASKED, TABLE_LEASE, TABLE_SESSION };
	struct pair replicas = { STR("replicas"),
		draw(walk, 2) == 0 ? STR("3") : STR("90") };
	struct command command = { .kind = (enum command_kind)(
				       1 + draw(walk, COMMAND_KIND_COUNT - 1)),
		.incident = (incident_id)some_row(walk, TABLE_INCIDENT),
		.row = some_row(walk, tables[draw(walk, countof(tables))]),
		.name = str_of(names[draw(walk, countof(names))]),
		.session = { .how =
				 (enum session_how)(1 + draw(walk, SESSION_HOW_COUNT - 1)),
		    .secret = sha256(str_of(names[draw(walk, countof(names))])),
		    .principal =
			draw(walk, 2) == 0 ? STR("person:ana") : STR("person:mei") },
		.login = { .person = draw(walk, 2) == 0 ? STR("ana") : STR("mei"),
		    .link = sha256(str_of(names[draw(walk, 2)])),
		    .password = STR("$argon2id$x") },
		.text = draw(walk, 2) == 0 ? STR("because it is so") : (str){ 0 },
		.params = { &replicas, draw(walk, 3) == 0 ? 1 : 0 },
		.behalf = draw(walk, 6) == 0 ? STR("person:ana") : (str){ 0 },
		.span_ms = draw(walk, 3) * 10 * MINUTE,
		.action = draw(walk, 2) == 0,
		.target = str_of(targets[draw(walk, countof(targets))]),
		.principal = str_of(who[draw(walk, countof(who))]),
		.happened = (enum happened)draw(walk, 3),
		.level = (enum autonomy)draw(walk, AUTONOMY_COUNT),
		.admin = draw(walk, 2) == 0,
		.environment = draw(walk, 2) == 0 ? STR("staging") : (str){ 0 },
		.token = { .name = STR("t1"),
		    .principal = STR("person:ana"),
		    .role = ROLE_VIEWER,
		    .secret = sha256(STR("t")) },
		.idempotency_key = str_of(keys[draw(walk, countof(keys))]) };
	/* An empty list is none. */
	if (command.params.n == 0)
		command.params.p = NULL;
	/* Rarely: it ends all that is in work. */
	if (command_kind_names[command.kind] == NULL)
		return;
	if (command.kind == COMMAND_STOP_ALL && draw(walk, 4) > 0)
		command.kind = COMMAND_RESUME;
	world_command(walk->w, &command);
	walk->w->attempt_n = 0;
}

/* By anybody, for what they saw or for something else. */
static void
vote(struct walk *walk)
{
	static const char *const who[] = { "person:ana", "person:mei", "person:mei",
		"person:zoe", "agent:x" };
	static const enum command_kind kinds[] = { COMMAND_APPROVE, COMMAND_APPROVE,
		COMMAND_APPROVE, COMMAND_DENY, COMMAND_WITHDRAW };
	const struct asked *some =
	    object_find(walk->w->core, TABLE_ASKED, some_row(walk, TABLE_ASKED));
	struct command command = { .kind = kinds[draw(walk, countof(kinds))],
		.row = some != NULL ? some->row.id : draw(walk, 2000),
		.principal = str_of(who[draw(walk, countof(who))]) };
	if (some != NULL && draw(walk, 2) == 0)
		command.digest = some->row.digest;
	if (draw(walk, 16) == 0)
		command.digest.b[0] ^= 1;
	world_command(walk->w, &command);
	walk->w->attempt_n = 0;
}

/* Whoever asks for something that often waits. */
static void
ask(struct walk *walk)
{
	static const char *const who[] = { "person:ana", "agent:x" };
	struct pair replicas = { STR("replicas"),
		draw(walk, 2) == 0 ? STR("3") : STR("90") };
	bool grow = draw(walk, 2) == 0;
	struct command command = { .kind = COMMAND_RUN,
		.incident = (incident_id)some_row(walk, TABLE_INCIDENT),
		.name = grow ? STR("grow") : STR("restart-unit"),
		.action = true,
		.target = grow ? (str){ 0 } : STR("pay-1"),
		.params = { &replicas, grow ? 1 : 0 },
		.principal = str_of(who[draw(walk, countof(who))]),
		.behalf = draw(walk, 2) == 0 ? STR("person:ana") : (str){ 0 } };
	world_command(walk->w, &command);
	walk->w->attempt_n = 0;
}

/* By who did it, mostly; also of what cannot be. */
static void
take_back(struct walk *walk)
{
	const struct attempt *some = NULL;
	list_each(it, &walk->w->core->tables[TABLE_ATTEMPT])
	{
		const struct attempt *attempt =
		    container_of(object_of(it, in_table), struct attempt, o);
		if (attempt->row.undo_until_at != 0 || draw(walk, 8) == 0)
			some = attempt;
	}
	if (some == NULL)
		return;
	bool own = draw(walk, 4) > 0;
	struct command command = { .kind = COMMAND_UNDO,
		.row = some->row.id,
		.principal = own ? some->row.principal : STR("person:ana"),
		.behalf =
		    own && some->row.behalf.n > 0 ? some->row.behalf.p[0] : (str){ 0 } };
	world_command(walk->w, &command);
	walk->w->attempt_n = 0;
}

/* A person on a service. */
static void
hold(struct walk *walk)
{
	static const char *const who[] = { "person:ana", "person:mei" };
	static const char *const services[] = { "payments", "checkout", "ledger" };
	static const enum command_kind kinds[] = { COMMAND_HANDS_ON, COMMAND_HANDS_OFF,
		COMMAND_BREAK_GLASS, COMMAND_REVIEW };
	struct command command = { .kind = kinds[draw(walk, countof(kinds))],
		.name = str_of(services[draw(walk, countof(services))]),
		.text = draw(walk, 4) > 0 ? STR("because it is so") : (str){ 0 },
		.span_ms = draw(walk, 4) * 5 * MINUTE,
		.principal = str_of(who[draw(walk, countof(who))]) };
	if (command.kind == COMMAND_REVIEW || draw(walk, 4) == 0)
		command.row = some_row(walk, TABLE_LEASE);
	world_command(walk->w, &command);
}

/* Who stands in for whom. */
static void
stand_in(struct walk *walk)
{
	static const char *const who[] = { "person:ana", "person:mei", "local-admin" };
	static const char *const people[] = { "ana", "mei", "nobody" };
	char text[4][24];
	for (size_t i = 0; i < countof(text); i++)
		(void)snprintf(text[i], sizeof(text[i]), "%llu",
		    (unsigned long long)(walk->w->wall + draw(walk, 200) * HOUR / 4));
	struct pair p[] = { { STR("back_from"), str_of(text[0]) },
		{ STR("back_to"), str_of(text[1]) }, { STR("from"), str_of(text[2]) },
		{ STR("person"), str_of(people[draw(walk, countof(people))]) },
		{ STR("team"), STR("platform-ops") }, { STR("to"), str_of(text[3]) } };
	struct command command = { .kind = (enum command_kind)(
				       COMMAND_OVERRIDE_SET + draw(walk, 6)),
		.row = some_row(walk, TABLE_OVERRIDE),
		.text = draw(walk, 2) > 0 ? STR("because it is so") : (str){ 0 },
		.params = { p, countof(p) },
		.admin = draw(walk, 3) == 0,
		.principal = str_of(who[draw(walk, countof(who))]) };
	world_command(walk->w, &command);
}

/* How far runbooks go: a plan is permitted or vetoed, a level is raised or lowered, and a
 * runbook is drilled. */
static void
autonomy(struct walk *walk)
{
	static const char *const who[] = { "person:ana", "person:mei", "agent:x" };
	struct core *core = walk->w->core;
	struct command command = { .kind =
				       draw(walk, 5) == 0 ? COMMAND_VETO : COMMAND_PERMIT,
		.principal = str_of(who[draw(walk, countof(who))]) };
	list_each(it, &core->tables[TABLE_RUN])
	{
		const struct run *run =
		    container_of(object_of(it, in_table), struct run, o);
		if (run->row.phase != PHASE_PERMIT)
			continue;
		command.incident = run->row.incident;
		command.digest = run->row.plan_digest;
	}
	struct trust_item items[16];
	struct arena arena = core->scratch;
	size_t n = core_trust(core, (str){ 0 }, walk->w->wall, &arena, items, 16);
	if (n > 0 && draw(walk, 3) == 0) {
		const struct trust_item *item = &items[draw(walk, n)];
		command.kind = COMMAND_PROMOTE;
		command.name = item->runbook;
		command.target = item->service;
		command.digest = item->digest;
		command.level = (enum autonomy)(1 + draw(walk, AUTONOMY_COUNT - 1));
	} else if (draw(walk, 6) == 0) {
		command.kind = COMMAND_DRILL;
		command.name = STR("queue-not-draining");
		command.environment = STR("staging");
		struct pair queue = { STR("queue"), STR("mail") };
		command.params = (struct pairs){ &queue, 1 };
		world_command(walk->w, &command);
		return;
	}
	world_command(walk->w, &command);
}

static void
pass_time(struct walk *walk)
{
	static const msec steps[] = { 0, 1, SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, HOUR };
	struct world *w = walk->w;
	msec due = core_next_due(w->core);
	if (due > w->at && draw(walk, 2) == 0) {
		w->wall += due - w->at;
		w->at = due;
	} else {
		msec ms = steps[draw(walk, countof(steps))];
		w->at += ms;
		w->wall += ms;
	}
	struct event event = { .kind = EVENT_TIME_PASSED };
	world_step(w, &event);
}

static void
self(struct walk *walk)
{
	struct event event = { .kind = EVENT_SELF,
		.self = { .kind = (enum self_kind)(1 + draw(walk, 6)),
		    .text = STR("something of ours"),
		    .subject = STR("hands") } };
	world_step(walk->w, &event);
}

static void
adopt(struct walk *walk)
{
	struct config *c = &walk->w->configs[draw(walk, walk->w->config_n)];
	struct event event = { .kind = EVENT_CONFIG_ADOPTED,
		.config_adopted = { .hash = c->hash, .model = c->model } };
	world_step(walk->w, &event);
}

/* Not inlined: what each of them keeps on the stack would add up. */
__attribute__((noinline)) static void
one(struct walk *walk)
{
	uint64_t kind = draw(walk, 142);
	if (kind < 20)
		fire(walk);
	else if (kind < 30)
		end_alert(walk);
	else if (kind < 48)
		probe_answer(walk);
	else if (kind < 60)
		attempt_answer(walk);
	else if (kind < 70)
		notice_answer(walk);
	else if (kind < 72)
		handoff_answer(walk);
	else if (kind < 80)
		command(walk);
	else if (kind < 95)
		pass_time(walk);
	else if (kind < 96)
		self(walk);
	else if (kind < 98)
		adopt(walk);
	else if (kind < 105)
		suppress(walk);
	else if (kind < 107)
		silence(walk);
	else if (kind < 108 && !walk->poor)
		world_restart(walk->w);
	else if (kind < 109)
		world_hands_restart(walk->w);
	else if (kind < 119)
		vote(walk);
	else if (kind < 124)
		ask(walk);
	else if (kind < 128)
		take_back(walk);
	else if (kind < 132)
		hold(walk);
	else if (kind < 135)
		stand_in(walk);
	else
		autonomy(walk);
}

static void
core__holds_whatever_happens(uint64_t seed)
{
	static char name[32];
	(void)snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	test_row = name;
	struct walk walk = { .random = seed };
	walk.poor = seed % 4 == 0;
	poorer = NULL;
	size_t bytes = walk.poor ? (size_t)(96 + draw(&walk, 160)) << 10 : 0;
	struct world *w = walk.w = world_within(bytes,
	    draw(&walk, 3) == 0   ? WORLD "limits: {incidents: 6}\n"
	    : draw(&walk, 2) == 0 ? WORLD WAITING "limits: {incidents: 6}\n"
				  : WORLD WAITING "limits: {incidents: 6}\n" AUTONOMY,
	    draw(&walk, 3) == 0
		? SHOP_QUEUE_ROLLING("restart-unit", "{batch: 2, stop_after_failures: 2}")
	    : draw(&walk, 2) == 0 ? SHOP_QUEUE("restart-known")
				  : SHOP_QUEUE("restart-unit"),
	    draw(&walk, 3) == 0   ? GROW_RUNBOOK
	    : draw(&walk, 2) == 0 ? SHOP_DOWN("checkout", "restart-safe")
				  : SHOP_DOWN("checkout", "restart-unit"));
	w->deliver = draw(&walk, 3) == 0;
	w->remembered_max = w->core->remembered_max = 1 + (uint32_t)draw(&walk, 4);
	w->reload = false;
	world_adopt(w,
	    WORLD WAITING BOTH
	    "  - {prohibit: no restarts here, may: [restart], on: {service: [ledger]},"
	    " from: 2026-01-01, until: 2030-01-01, because: reasons}\n",
	    SHOP_QUEUE_ROLLING("restart-safe", "{batch: 60%, healthy: {within: 2m}}"));
	for (unsigned i = 0; i < EVENTS && test_failures == 0; i++) {
		w->reload = draw(&walk, 24) == 0 && !walk.poor;
		one(&walk);
	}
	poorer = NULL; /* the replay is refused the same */
	world_free(w);
}

/* What is done without it is refused, shed or left out, and that is counted or said. */
static void
core__holds_whatever_finds_no_memory(uint64_t seed)
{
	refuse_every = 13 + seed * 5 % 200;
	core__holds_whatever_happens(4 * seed);
	refuse_every = 0;
}

int
main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : SEEDS;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (uint64_t seed = first; seed < first + seeds && test_failures == 0; seed++)
		core__holds_whatever_happens(seed);
	for (uint64_t seed = first; seed < first + seeds && test_failures == 0; seed++)
		core__holds_whatever_finds_no_memory(seed);
	TEST_MAIN_END();
}
