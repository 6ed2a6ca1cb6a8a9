/* Cases beside a runbook, played: what the world may say, and who. */
#include "core/rehearse.h"

#include <stdlib.h>

#include "support/asked_shop.h"

#define NOW WORLD_WALL
#define WORKERS                                                                      \
	"---\nrunbook: slow\nservice: payments\nanswers: [{alertname: Slow}]\n---\n" \
	"# It is slow\n"                                                             \
	"```action restart\ndo: restart-unit\n"                                      \
	"targets: {service: payments, role: worker}\n"                               \
	"rolling: {pause: 45s, stop_after_failures: 2}\n```\n"                       \
	"```verify fast\nhttp: 'http://127.0.0.1:8080/health'\n"                     \
	"expect: \"status == 200\"\nfor: 1m\nwithin: 5m\n```\n"

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
	bool ok =
	    rehearsal != NULL && rehearse(model, rehearsal, NOW, &c->arena, &c->diags);
	EXPECT(ok == (c->diags.count == 0));
	return config_faults(c);
}

static void
rehearse__plays_what_the_world_says(void)
{
#define SCALE SCALE_RUNBOOK
#define CASE(name) "  - case: " name "\n    alert: {alertname: Small, service: checkout}\n"
#define SLOW(name) "  - case: " name "\n    alert: {alertname: Slow, service: payments}\n"
	static const struct {
		const char *name, *yaml, *runbook, *cases;
	} rows[] = {
		{ "a live value", CONFIG(SCALE_ASKS), SCALE,
		    "runbook: too-small\ncases:\n" CASE(
			"known") "    live: {replicas: 16}\n"
				 "    probes: {up: 200}\n"
				 "    expect: {path: [grow: done, up: holds], end: "
				 "recovered,"
				 " decisions: {grow: allow}}\n" CASE(
				     "unknown") "    expect: {path: [grow: refused], end: "
						"person,"
						" decisions: {grow: deny}}\n" },
		{ "people who agree", CONFIG(SCALE_ASKS_TWO), SCALE,
		    "runbook: too-small\ncases:\n" CASE(
			"two") "    live: {replicas: 4}\n"
			       "    probes: {up: 200}\n"
			       "    approve: {grow: [mei, jon]}\n"
			       "    expect: {path: [grow: done, up], end: recovered,"
			       " decisions: {grow: [allow-after-approval]}}\n" CASE(
				   "one is not enough") "    live: {replicas: 4}\n"
							"    approve: {grow: mei}\n"
							"    expect: {path: [grow: "
							"refused], end: person}\n" CASE(
							    "a no") "    live: {replicas: "
								    "4}\n"
								    "    deny: {grow: "
								    "jon}\n"
								    "    expect: {path: "
								    "[grow: refused], end: "
								    "person}\n" },
		{ "hosts that are well", CONFIG(KEEP_HEALTHY), WORKERS,
		    "runbook: slow\ncases:\n" SLOW(
			"all") "    well: [pay-1, pay-2, pay-3]\n"
			       "    probes: {fast: [refused, 500, 200]}\n"
			       "    expect: {path: [restart: done, fast: holds], end: "
			       "recovered}\n" SLOW(
				   "two") "    well: [pay-1, pay-2]\n"
					  "    expect: {path: [restart: refused], end: "
					  "person}\n" SLOW(
					      "nobody says") "    expect: {path: [restart: "
							     "refused], end: person}\n" },
		{ "attempts", CONFIG(""), WORKERS,
		    "runbook: slow\ncases:\n" SLOW(
			"one fails") "    attempts: {restart: [exit 1, exit 0]}\n"
				     "    probes: {fast: 200}\n"
				     "    expect: {path: [restart: done, fast: holds], "
				     "end: recovered}\n" SLOW(
					 "two fail") "    attempts: {restart: exit 1}\n"
						     "    expect: {path: [restart: "
						     "failed], end: person}\n" SLOW(
							 "time is up") "    attempts: "
								       "{restart: "
								       "timeout}\n"
								       "    probes: {fast: "
								       "fails}\n"
								       "    expect: {path: "
								       "[restart: timed "
								       "out, fast: "
								       "unknown], end: "
								       "person}\n" SLOW(
									   "it never "
									   "starts") "    "
										     "attem"
										     "pts: "
										     "{rest"
										     "art: "
										     "not "
										     "start"
										     "ed}\n"
										     "    "
										     "expec"
										     "t: "
										     "{path"
										     ": "
										     "[rest"
										     "art: "
										     "not "
										     "start"
										     "ed], "
										     "end: "
										     "perso"
										     "n}"
										     "\n" SLOW(
											 "n"
											 "o"
											 "b"
											 "o"
											 "d"
											 "y"
											 " "
											 "k"
											 "n"
											 "o"
											 "w"
											 "s") "    attempts: {restart: in doubt}\n"
											      "    expect: {path: [restart: in doubt], end: in doubt}\n" SLOW(
												  "it did not, and is done again") "    attempts: {restart: ['in doubt: did not happen', exit 0]}\n"
																   "    probes: {fast: 200}\n"
																   "    expect: {path: [restart, fast], end: recovered}\n" SLOW(
																       "who may not") "    by: mei\n"
																		      "    expect: {path: [restart: refused], end: person}\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static struct config c;
		test_row = rows[i].name;
		EXPECT_STR(play(&c, rows[i].yaml, rows[i].runbook, rows[i].cases), STR(""));
		config_close(&c);
	}
	test_row = NULL;
}

#define TWO_WAYS                                                                        \
	"---\nrunbook: slow\nservice: payments\nanswers: [{alertname: Slow}]\n---\n"    \
	"# It is slow\n"                                                                \
	"```check big\npromql: size\nexpect: '> 9'\nthen: restart\notherwise: "         \
	"settle\n```\n"                                                                 \
	"```wait settle\nuntil: {promql: slow, expect: '< 1'}\nwithin: 5m\notherwise: " \
	"stop\n```\n"                                                                   \
	"```wait more\nfor: 1h\n```\n"                                                  \
	"```action restart\ndo: restart-unit\n```\n"                                    \
	"```verify fast\npromql: slow\nexpect: '< 1'\nwithin: 5m\n```\n"

static void
rehearse__walks_each_way(void)
{
	static struct config c;
	EXPECT_STR(
	    play(&c, CONFIG(""), TWO_WAYS,
		"runbook: slow\ncases:\n" SLOW(
		    "big") "    probes: {big: 10, fast: 0}\n"
			   "    expect: {path: [big: holds, restart: done, fast: holds],"
			   " end: recovered}\n" SLOW(
			       "small") "    probes: {big: 1, settle: [5, 5, 0], fast: 0}\n"
					"    expect: {path: [big: does not hold, settle: "
					"holds, more: done,"
					" restart: done, fast: holds], end: "
					"recovered}\n" SLOW(
					    "never") "    probes: {big: 1, settle: 5}\n"
						     "    expect: {path: [big, settle: "
						     "does not hold], end: stopped}\n"),
	    STR(""));
	config_close(&c);
}

#define ASKING                                                                         \
	"---\nrunbook: slow\nservice: payments\nanswers: [{alertname: Slow}]\n---\n"   \
	"# It is slow\n"                                                               \
	"```check both\nall:\n  - {name: big, promql: size, expect: '> 9'}\n"          \
	"  - {name: old, promql: age, expect: '> 5'}\n```\n"                           \
	"```ask which\nquestion: restart it?\nanswer: {type: one-of, values: ['yes', " \
	"'no']}\n"                                                                     \
	"within: 30m\nthen: {'yes': restart}\notherwise: stop\n```\n"                  \
	"```handoff left\nclass: investigation\nbecause: nobody wants it\nask: "       \
	"look\n```\n"                                                                  \
	"```action restart\ndo: restart-unit\n```\n"                                   \
	"```verify fast\npromql: slow\nexpect: '< 1'\nwithin: 5m\n```\n"

static void
rehearse__asks_and_looks_at_several(void)
{
	static struct config c;
	EXPECT_STR(play(&c, CONFIG(""), ASKING,
		       "runbook: slow\ncases:\n" SLOW(
			   "yes") "    probes: {both.big: 10, both.old: 6, fast: 0}\n"
				  "    answers: {which: 'yes'}\n"
				  "    expect: {path: [both: holds, which: answered, "
				  "restart: done,"
				  " fast: holds], end: recovered}\n" SLOW(
				      "nobody") "    probes: {both: 10}\n"
						"    expect: {path: [both, which: "
						"unanswered], end: stopped}\n" SLOW(
						    "one only") "    probes: {both.big: "
								"10, both.old: 1}\n"
								"    expect: {path: [both: "
								"does not hold], end: "
								"stopped}\n"),
	    STR(""));
	config_close(&c);
	str faults = play(&c, CONFIG(""), ASKING,
	    "runbook: slow\ncases:\n" SLOW("neither") "    probes: {both: 10}\n"
						      "    answers: {which: maybe}\n"
						      "    expect: {end: stopped}\n");
	EXPECT(str_contains(faults, STR("this is no answer: ")));
	config_close(&c);
}

#define BATCHES                                                                      \
	"---\nrunbook: slow\nservice: payments\nanswers: [{alertname: Slow}]\n---\n" \
	"# It is slow\n"                                                             \
	"```action restart\ndo: restart-unit\n"                                      \
	"targets: {service: payments, role: worker}\n"                               \
	"rolling: {pause: 45s, healthy: {within: 2m}}\n```\n"                        \
	"```verify fast\npromql: slow\nexpect: '< 1'\nwithin: 5m\n```\n"

static void
rehearse__knows_who_is_well_between_two_batches(void)
{
	static struct config c;
	EXPECT_STR(
	    play(&c, CONFIG(""), BATCHES,
		"runbook: slow\ncases:\n" SLOW(
		    "well") "    probes: {fast: 0}\n"
			    "    well: [pay-1, pay-2]\n"
			    "    expect: {path: [restart: done, fast: holds], end: "
			    "recovered, decisions: {restart: [allow, allow]}}\n" SLOW(
				"not") "    well: [pay-2]\n"
				       "    expect: {path: [restart: failed], end: "
				       "person, decisions: {restart: allow}}\n" SLOW(
					   "unknown") "    expect: {path: [restart: "
						      "failed], end: person}\n" SLOW(
							  "later") "    probes: {fast: 0, "
								   "restart: [500, 500, "
								   "200]}\n"
								   "    expect: {path: "
								   "[restart: done, "
								   "fast], end: "
								   "recovered}\n"),
	    STR(""));
	config_close(&c);
}

/* The same, and the same again: nothing depends on when it is played but what says so. */
static void
rehearse__is_the_same_each_time(void)
{
	static struct config c;
	str first = { 0 };
	for (unsigned i = 0; i < 2; i++) {
		str faults = play(&c, CONFIG(""), WORKERS,
		    "runbook: slow\ncases:\n" SLOW("wrong") "    expect: {end: stopped}\n");
		if (i == 0)
			first = str_of(strndup(faults.p, faults.n));
		else
			EXPECT_STR(faults, first);
		config_close(&c);
	}
	EXPECT(str_contains(first, STR("expected the end 'stopped', but it is 'person'")));
	free((char *)(uintptr_t)first.p);
}

/* A look a second for a week is no test: it is given up, and said so. */
static void
rehearse__gives_up_what_does_not_end(void)
{
	static struct config c;
	str faults = play(&c, CONFIG(""),
	    "---\nrunbook: slow\nservice: payments\nanswers: [{alertname: Slow}]\n---\n"
	    "# It is slow\n"
	    "```check slow\npromql: slow\nexpect: '> 1'\nfor: 1d\nevery: 1s\n```\n"
	    "```action restart\ndo: restart-unit\n```\n"
	    "```verify fast\npromql: slow\nexpect: '< 1'\nwithin: 5m\n```\n",
	    "runbook: slow\ncases:\n" SLOW("for ever") "    probes: {slow: 2}\n"
						       "    expect: {end: recovered}\n");
	EXPECT(str_contains(faults, STR("it has not ended within 20000 steps")));
	config_close(&c);
}

/* Labels that no sender could send either. */
static void
rehearse__an_alert_is_bounded(void)
{
	static struct config c;
	struct buf text = BUF(ALERT_BODY_MAX + 1024);
	buf_add(&text, STR("runbook: slow\ncases:\n  - case: long\n    alert: {alertname: "
			   "Slow, service: payments, text: \""));
	while (text.n < ALERT_BODY_MAX + 512)
		buf_char(&text, 'x');
	buf_add(&text, STR("\"}\n    expect: {end: person}\n"));
	buf_char(&text, 0);
	str faults = play(&c, CONFIG(SCALE_ASKS), WORKERS, text.p);
	EXPECT(str_contains(faults, STR("an alert is at most 65536 bytes")));
	config_close(&c);
	buf_done(&text);
}

int
main(void)
{
	RUN(rehearse__plays_what_the_world_says);
	RUN(rehearse__walks_each_way);
	RUN(rehearse__asks_and_looks_at_several);
	RUN(rehearse__knows_who_is_well_between_two_batches);
	RUN(rehearse__is_the_same_each_time);
	RUN(rehearse__gives_up_what_does_not_end);
	RUN(rehearse__an_alert_is_bounded);
	TEST_MAIN_END();
}
