/* Cases beside a runbook that are played seldom: what they say, and where they end. */
#include "core/rehearse.h"

#include "support/shop.h"
#include "support/world.h"

#define ACTIONS                                                                \
	"actions:\n"                                                           \
	"  restart: {verb: restart, run: [restart, '${target}']}\n"            \
	"  restart-known: {verb: restart, run: [restart, '${target}'],"        \
	" happened: {promql: 'up{host=\"${target}\"}', expect: '> 0'}}\n"      \
	"  turn-off: {verb: stop, run: ['off', '${target}'], undo: turn-on}\n" \
	"  turn-on: {verb: start, run: ['on', '${target}']}\n"                 \
	"  turn-over: {verb: stop, run: [over, '${target}'], undo: turn-on}\n" \
	"authority:\n"                                                         \
	"  - {grant: anything, to: [automation, ana], may: [restart, stop],"   \
	" on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"
#define CONFIG(rules) SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS rules
#define ONE_AN_HOUR \
	"  - {limit: one an hour, for: [restart], within: {per_service: 1 in 1h}}\n"
#define MEI_AGREES "  - {approval: mei agrees, for: [restart], by: [mei], expires: 15m}\n"
/* What is looked at when an incident opens. */
#define LOOKED                                                                       \
	SHOP_TOP SHOP_PEOPLE                                                         \
	    "services:\n  payments: {owner: platform-ops, tier: 2, look: {evidence:" \
	    " [{name: load, promql: load}]}}\n" ACTIONS
/* payments on three hosts, each of which is well when this holds. */
#define THREE(well)                                                                   \
	SHOP_TOP SHOP_PEOPLE                                                          \
	    "services:\n  payments: {owner: platform-ops, tier: 2, healthy: {promql:" \
	    " 'up{host=\"${target}\"}', expect: " well "}}\n"                         \
	    "hosts:\n  pay-1: {service: payments, role: worker}\n"                    \
	    "  pay-2: {service: payments, role: worker}\n"                            \
	    "  pay-3: {service: payments, role: worker}\n" ACTIONS

#define BOOK(steps)                                                                  \
	"---\nrunbook: slow\nservice: payments\nanswers: [{alertname: Slow}]\n---\n" \
	"# It is slow\n" steps
#define WORKERS(more)                                                                  \
	"```action go\ndo: restart\ntargets: {service: payments, role: worker}\n" more \
	"```\n"
#define AGAIN "```action again\ndo: restart\n```\n"
#define FAST                                                                   \
	"```verify fast\npromql: slow\nexpect: '< 1'\nwithin: 5m\notherwise: " \
	"person\n```\n"

#define CASES(more) "runbook: slow\ncases:\n" CASE("first", more)
#define CASE(name, more) \
	"  - case: " name "\n    alert: {alertname: Slow, service: payments}\n" more

/* All faults of that test of that configuration. */
static str
play(struct config *c, const char *yaml, const char *runbook, const char *cases)
{
	config_open(c);
	config_add(c, "production.yaml", yaml);
	config_add(c, "runbooks/a.md", runbook);
	const struct model *model = config_load(c);
	if (model == NULL)
		return config_faults(c);
	struct source *src = arena_new(&c->arena, struct source, 1);
	*src = (struct source){ STR("a.test.yaml"), str_of(cases) };
	const struct rehearsal *rehearsal =
	    rehearsal_read(model, src, &c->arena, &c->diags);
	bool ok = rehearsal != NULL &&
	          rehearse(model, rehearsal, WORLD_WALL, &c->arena, &c->diags);
	EXPECT(ok == (c->diags.count == 0));
	return config_faults(c);
}

static void
rehearse__says_what_became_of_each_step(void)
{
	static const struct {
		const char *name, *yaml, *runbook, *cases;
	} rows[] = {
		{ "a probe without data tells nothing", CONFIG(""), BOOK(WORKERS("") FAST),
		    CASES("    probes: {fast: no data}\n"
			  "    expect: {path: [go: done, fast: unknown], end: person}\n") },
		{ "the second target is refused", CONFIG(ONE_AN_HOUR),
		    BOOK(WORKERS("") FAST),
		    CASES("    expect: {path: [go: refused], end: person,"
			  " decisions: {go: [allow, deny]}}\n") },
		{ "the first failed, the second is refused", CONFIG(ONE_AN_HOUR),
		    BOOK(WORKERS("rolling: {stop_after_failures: 2}\n") FAST),
		    CASES("    attempts: {go: exit 1}\n"
			  "    expect: {path: [go: failed], end: person}\n") },
		{ "decisions about another step are not asked after", CONFIG(""),
		    BOOK(WORKERS("") AGAIN FAST),
		    CASES("    probes: {fast: 0}\n"
			  "    expect: {path: [go, again, fast], end: recovered,"
			  " decisions: {again: allow}}\n") },
		{ "no hosts said to be well, and several asked at once", CONFIG(MEI_AGREES),
		    BOOK(WORKERS("rolling: {batch: 2}\n") FAST),
		    CASES("    deny: {go: mei}\n"
			  "    expect: {path: [go: refused], end: person}\n") },
		{ "a check whose two ways are one", CONFIG(""),
		    BOOK("```check slow\npromql: slow\nexpect: '> 1'\nthen: go\n"
			 "otherwise: go\n```\n" WORKERS("") FAST),
		    CASES("    probes: {slow: 0, fast: 0}\n"
			  "    expect: {path: [slow: does not hold, go, fast], end: "
			  "recovered}\n") },
		{ "what is taken back", CONFIG(""),
		    BOOK("```action go\ndo: turn-off\n```\n```undo back\nof: "
			 "go\n```\n" FAST),
		    CASES("    probes: {fast: 0}\n"
			  "    expect: {path: [go: done, back: done, fast], end: "
			  "recovered}\n") },
		{ "what cannot be taken back", CONFIG(""),
		    BOOK("```action go\ndo: turn-off\n```\n```undo back\nof: "
			 "go\n```\n" FAST),
		    CASES("    attempts: {go: exit 0, back: exit 1}\n"
			  "    expect: {path: [go: done, back: failed], end: person}\n") },
		{ "nobody to hand it to", CONFIG(""),
		    "---\nrunbook: slow\n---\n# It is slow\n"
		    "```handoff left\nclass: investigation\nbecause: nobody wants it\n"
		    "ask: look\n```\n",
		    "runbook: slow\ncases:\n  - case: first\n    service: ledger\n"
		    "    by: ana\n"
		    "    expect: {path: [left: not possible], end: person}\n" },
		{ "in doubt, and its own probe cannot tell", CONFIG(""),
		    BOOK("```action go\ndo: restart-known\n```\n" FAST),
		    CASES("    attempts: {go: in doubt}\n"
			  "    expect: {path: [go: in doubt], end: in doubt}\n") },
		{ "in doubt, then known", CONFIG(""),
		    BOOK("```action go\ndo: restart-known\n```\n" FAST),
		    CASES(
			"    attempts: {go: ['in doubt: happened']}\n"
			"    probes: {fast: 0}\n"
			"    expect: {path: [go: done, fast: holds], end: recovered}\n") },
		{ "each of several that are in doubt", CONFIG(""), BOOK(WORKERS("") FAST),
		    CASES(
			"    attempts: {go: 'in doubt: happened'}\n"
			"    probes: {fast: 0}\n"
			"    expect: {path: [go: done, fast: holds], end: recovered}\n") },
		{ "the first of several that are asked says enough", CONFIG(""),
		    BOOK("```check slow\nany:\n  - {name: a, promql: a, expect: '> 1'}\n"
			 "  - {name: b, promql: b, expect: '> 1'}\n```\n" WORKERS("") FAST),
		    CASES(
			"    probes: {slow.a: 2, fast: 0}\n"
			"    expect: {path: [slow: holds, go, fast], end: recovered}\n") },
		{ "two hosts between two batches", THREE("'> 0'"),
		    BOOK(WORKERS("rolling: {batch: 2, healthy: {within: 2m}}\n") FAST),
		    CASES(
			"    well: [pay-1, pay-2]\n    probes: {fast: 0}\n"
			"    expect: {path: [go: done, fast: holds], end: recovered}\n") },
		{ "a host that no answer makes well", THREE("'== 4711'"),
		    BOOK(WORKERS("rolling: {batch: 2, healthy: {within: 2m}}\n") FAST),
		    CASES("    well: [pay-1, pay-2]\n"
			  "    expect: {path: [go: failed], end: person}\n") },
		{ "evidence that nobody gives", LOOKED, BOOK(AGAIN FAST),
		    CASES("    probes: {fast: 0}\n"
			  "    expect: {path: [again: done, fast: holds], end: "
			  "recovered}\n") },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static struct config c;
		test_row = rows[i].name;
		EXPECT_STR(play(&c, rows[i].yaml, rows[i].runbook, rows[i].cases), STR(""));
		config_close(&c);
	}
	test_row = NULL;
}

static void
rehearse__says_that_a_decision_was_not_asked_for(void)
{
	static struct config c;
	str faults = play(&c, CONFIG(""),
	    BOOK("```check slow\npromql: slow\nexpect: '> 1'\n```\n" WORKERS("") FAST),
	    CASES("    probes: {slow: 0}\n"
		  "    expect: {end: stopped, decisions: {go: allow}}\n"));
	EXPECT(str_contains(faults, STR("expected 1 decision about go, but there were 0")));
	config_close(&c);
}

/* What takes more than a month is no test either. */
static void
rehearse__gives_up_after_a_month(void)
{
	static struct config c;
	struct buf book = BUF(65536);
	buf_add(&book, STR(BOOK("")));
	for (unsigned i = 0; i < 32; i++)
		buf_printf(&book, "```wait no-%u\nfor: 1d\n```\n", i);
	buf_add(&book, STR(AGAIN FAST));
	buf_char(&book, 0);
	str faults = play(&c, CONFIG(""), book.p, CASES("    expect: {end: recovered}\n"));
	EXPECT(
	    str_contains(faults, STR("it has not ended within 20000 steps and 30 days")));
	config_close(&c);
	buf_done(&book);
}

/* Faults are counted to the last, and shown up to a bound. */
static void
rehearse__counts_more_faults_than_it_shows(void)
{
	static struct config c;
	struct buf cases = BUF(65536);
	buf_add(&cases, STR("runbook: slow\ncases:\n"));
	for (unsigned i = 0; i < DIAGS_MAX + 10; i++)
		buf_printf(&cases,
		    "  - case: no %u\n    alert: {alertname: Slow, service: payments}\n"
		    "    probes: {fast: 0}\n    expect: {end: stopped}\n",
		    i);
	buf_char(&cases, 0);
	play(&c, CONFIG(""), BOOK(WORKERS("") FAST), cases.p);
	EXPECT_U64(c.diags.count, DIAGS_MAX + 10);
	EXPECT_U64(c.diags.kept, DIAGS_MAX);
	config_close(&c);
	buf_done(&cases);
}

int
main(void)
{
	RUN(rehearse__says_what_became_of_each_step);
	RUN(rehearse__says_that_a_decision_was_not_asked_for);
	RUN(rehearse__gives_up_after_a_month);
	RUN(rehearse__counts_more_faults_than_it_shows);
	TEST_MAIN_END();
}
