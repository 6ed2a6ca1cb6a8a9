/* What is too long when its values are filled in is not asked, said or done. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* 17 times a text of 1,000 bytes is more than a template comes to. */
#define T4 "${text}${text}${text}${text}"
#define T17 T4 T4 T4 T4 "${text}"
#define TEXT "params: {text: {type: string, pattern: '[a-z]*'}}, "

#define CONFIG                                                                         \
	SHOP_TOP SHOP_PEOPLE                                                           \
	    "services:\n  web: {owner: platform-ops, tier: 2}\n"                       \
	    "hosts:\n  web-1: {service: web, role: front}\n"                           \
	    "alerts:\n  - {match: {alertname: Odd}, service: web}\n"                   \
	    "actions:\n"                                                               \
	    "  restart: {verb: restart, run: [restart, '${target}']}\n"                \
	    "  say: {verb: restart, " TEXT "run: [say, '${text}']}\n"                  \
	    "  send: {verb: restart, " TEXT                                            \
	    "http: {method: POST, url: 'http://127.0.0.1:8000/', text: '" T17 "'}}\n"  \
	    "  doubtful: {verb: restart, " TEXT "run: [restart, '${target}'],"         \
	    " happened: {promql: 'a{b=\"" T17 "\"}', expect: '> 0'}}\n"                \
	    "  scale: {verb: scale, params: {text: {type: string, pattern: '[a-z]*'}," \
	    " n: {type: integer, min: 1, max: 9}},"                                    \
	    " observe: {n: {promql: 'a{b=\"" T17 "\"}'}}, run: [scale, '${n}']}\n"     \
	    "authority:\n"                                                             \
	    "  - {grant: restarts, to: [automation, ana], may: [restart],"             \
	    " on: {tier: [2]}, until: 2030-01-01, owner: mei}\n"                       \
	    "  - {grant: scales, to: [automation, ana], may: [scale],"                 \
	    " on: {tier: [2]}, with: {n: {change: 2x}}, until: 2030-01-01, owner: mei}\n"

#define BOOK(inputs, steps)                                                           \
	"---\nrunbook: r\nservice: web\nanswers: [{alertname: Odd}]\ninputs:\n"       \
	"  text: {type: string, pattern: '[a-z]*', from: alert.labels.text}\n" inputs \
	"---\n# R\n" steps
#define OTHER                                                                            \
	"---\nrunbook: other\nservice: web\ninputs:\n"                                   \
	"  words: {type: string, pattern: '[a-z]*', default: x}\n---\n# Other\n" RESTART \
	    UP
#define RESTART "```action go\ndo: restart\n```\n"
#define UP "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
#define HAND "```handoff hand\nclass: investigation\nbecause: a\nask: b\n```\n"

static void
fire(struct world *w)
{
	char labels[1100];
	int n = snprintf(labels, sizeof(labels), "alertname=Odd,text=");
	memset(labels + n, 'x', 1000);
	labels[n + 1000] = '\0';
	world_fire(w, labels);
}

static void
full__what_is_too_long_is_not_asked_said_or_done(void)
{
	static const struct {
		const char *name, *runbook, *says;
	} rows[] = {
		{ "a check",
		    BOOK("", "```check deep\npromql: 'a{b=\"" T17
			     "\"}'\nexpect: '> 1'\n```\n" HAND),
		    "deep cannot be asked: " },
		{ "one of two looks",
		    BOOK("",
			"```check deep\nany:\n  - {name: one, promql: one, expect: '> 0'}\n"
			"  - {name: two, promql: 'a{b=\"" T17
			"\"}', expect: '> 0'}\n```\n" HAND),
		    "deep cannot be asked: " },
		{ "a question",
		    BOOK("", "```ask side\nquestion: '" T17 "'\n"
			     "answer: {type: one-of, values: [left, right]}\nwithin: 30m\n"
			     "otherwise: hand\n```\n" HAND),
		    "side cannot be asked: " },
		{ "an input",
		    BOOK("  depth: {type: integer, from: {promql: 'a{b=\"" T17 "\"}'}}\n",
			"```check deep\npromql: 'a{b=\"${depth}\"}'\nexpect: '> "
			"1'\n```\n" HAND),
		    "filled in is over 16384 bytes" },
		{ "what a called runbook is given",
		    BOOK("", "```call other\nrunbook: other\nwith: {words: '" T17
			     "'}\n```\n" UP),
		    "filled in is over 16384 bytes" },
		{ "a parameter",
		    BOOK("", "```action go\ndo: say\nwith: {text: '" T17 "'}\n```\n" UP),
		    "filled in is over 16384 bytes" },
		{ "a request",
		    BOOK("", "```action go\ndo: send\nwith: {text: '${text}'}\n```\n" UP),
		    "its request cannot be made: " },
		{ "a live value",
		    BOOK("", "```action go\ndo: scale\nwith: {text: '${text}', n: "
			     "'3'}\n```\n" UP),
		    "deny: scale on web" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(CONFIG, rows[i].runbook, OTHER);
		fire(w);
		world_after(w, SECOND);
		EXPECT(world_says(w, 1, rows[i].says));
		EXPECT_U64(w->core->counts[TABLE_PROBE], 0);
		EXPECT_U64(w->attempt_n, 0);
		EXPECT(world_incident(w, 1).needs_person);
		world_free(w);
		test_row = NULL;
	}
}

/* The action goes on without it, and whoever looks sees why it is missing. */
static void
full__evidence_says_that_it_is_too_long(void)
{
	struct world *w = world_new(CONFIG,
	    BOOK("evidence: [{name: deep, promql: 'a{b=\"" T17 "\"}'}]\n", RESTART UP),
	    NULL);
	fire(w);
	struct run_row run;
	EXPECT(world_row_get(w, TABLE_RUN, world_last(w, TABLE_RUN), &run));
	EXPECT_U64(run.evidence.n, 1);
	const struct evidence *evidence = run.evidence.p;
	EXPECT_U64(evidence->probe, 0);
	EXPECT(str_contains(evidence->value, STR("filled in is over 16384 bytes")));
	EXPECT_U64(w->attempt_n, 1);
	world_free(w);
}

/* Nobody can ask whether it happened: a person says it. */
static void
full__what_cannot_be_asked_stays_in_doubt(void)
{
	struct world *w = world_new(CONFIG,
	    BOOK("", "```action go\ndo: doubtful\nwith: {text: '${text}'}\n```\n" UP),
	    NULL);
	fire(w);
	world_news(w, NEWS_UNKNOWN);
	EXPECT_U64(w->probe_n, 0);
	EXPECT(world_says(w, 1, "it cannot be asked"));
	EXPECT(world_attempt(w, world_last(w, TABLE_ATTEMPT)).state == ATTEMPT_IN_DOUBT);
	EXPECT(world_incident(w, 1).needs_person);
	world_free(w);
}

int
main(void)
{
	RUN(full__what_is_too_long_is_not_asked_said_or_done);
	RUN(full__evidence_says_that_it_is_too_long);
	RUN(full__what_cannot_be_asked_stays_in_doubt);
	TEST_MAIN_END();
}
