/* What each kind of probe tells: a live value, an input, what a person reads that it saw. */
#include <stdio.h>

#include "support/asked_shop.h"

#define FILES "probe_files: [/var/log/apps]\n"

/* As in asked_shop, but the live value comes from a probe of any kind. */
#define OBSERVING(probe)                                                   \
	FILES SHOP_TOP PEOPLE SERVICES                                     \
	    "actions:\n"                                                   \
	    "  restart-unit: {verb: restart, run: [restart]}\n"            \
	    "  scale-out:\n"                                               \
	    "    verb: scale\n"                                            \
	    "    params: {replicas: {type: integer, min: -9, max: 100}}\n" \
	    "    run: [scale, '${replicas}']\n"                            \
	    "    observe: {replicas: " probe "}\n" GRANTS SCALE_ASKS

#define HTTP "{http: 'http://127.0.0.1:8080/replicas'}"
#define COMMAND "{run: [replicas, '${service}']}"
#define TCP "{tcp: 'shop.example:80'}"
#define DNS "{dns: {name: shop.example}}"
#define TLS "{tls: 'shop.example:443'}"
#define LOG "{log: {file: /var/log/apps/shop.log, match: replica}}"
#define PROMQL "{promql: replicas}"

static void
values__live_are_whole_numbers_of_any_probe(void)
{
	const struct {
		const char *probe;
		struct probe_result seen;
		const char *value; /* NULL: not known, and so refused */
	} rows[] = {
		{ HTTP, { .code = 200, .value = STR(" 20\n") }, "20" },
		{ HTTP, { .code = 299, .value = STR("20") }, "20" },
		{ HTTP, { .code = 199, .value = STR("20") }, NULL },
		{ HTTP, { .code = 300, .value = STR("20") }, NULL },
		{ COMMAND, { .code = 0, .value = STR("20\n21\n") }, "20" },
		{ COMMAND, { .code = 1, .value = STR("20") }, NULL },
		{ TCP, { .code = 1, .number = 20 }, "20" },
		{ TCP, { .code = 0, .number = 20 }, NULL },
		{ DNS, { .number = 20 }, "20" },
		{ TLS, { .code = 1, .number = 20 }, "20" },
		{ LOG, { .code = 20, .number = 90 }, "20" },
		{ LOG, { .code = 20, .number = 90, .least = true }, NULL },
		{ PROMQL, { .value = STR("-7"), .series = 1 }, "-7" },
		{ PROMQL, { .value = STR("-0"), .series = 1 }, "0" },
		{ PROMQL, { .value = STR("-"), .series = 1 }, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char config[8192], name[128];
		(void)snprintf(name, sizeof(name), "%zu: %s", i, rows[i].probe);
		test_row = name;
		(void)snprintf(config, sizeof(config), OBSERVING("%s"), rows[i].probe);
		struct world *w = world_new(config, SCALE_RUNBOOK, NULL);
		world_fire(w, SMALL);
		EXPECT(last_asked(w).state == ASKED_FACTS);
		struct probe_result seen = rows[i].seen;
		seen.status = PROBE_OK;
		world_answer(w, &seen);
		if (rows[i].value != NULL) {
			EXPECT(last_asked(w).state != ASKED_REFUSED);
			EXPECT_STR(observed(w), str_of(rows[i].value));
		} else {
			EXPECT(last_asked(w).state == ASKED_REFUSED);
			EXPECT_U64(observed(w).n, 0);
			EXPECT_U64(w->attempt_n, 0);
		}
		world_free(w);
	}
}

#define TAKES(probe)                                                              \
	"---\nrunbook: r\nservice: checkout\nanswers: [{alertname: Odd}]\n"       \
	"inputs:\n  depth: {type: integer, min: -9, max: 999, from: " probe "}\n" \
	"---\n# R\n```wait a\nfor: 1m\n```\n"                                     \
	"```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n"
#define ODD "alertname=Odd,service=checkout"

static void
values__of_inputs_come_from_any_probe(void)
{
	const struct {
		const char *probe;
		struct probe_result seen;
		const char *value, *why;
	} rows[] = {
		{ HTTP, { .code = 200, .value = STR("20\n") }, "20", NULL },
		{ HTTP, { .code = 299, .value = STR("20") }, "20", NULL },
		{ HTTP, { .code = 100, .value = STR("20") }, NULL, "status 100" },
		{ HTTP, { .code = 503, .value = STR("20") }, NULL, "status 503" },
		{ HTTP, { .code = 0 }, NULL, "connection refused" },
		{ COMMAND, { .code = 0, .value = STR("20\n21") }, "20", NULL },
		{ COMMAND, { .code = 7, .value = STR("20") }, NULL, "exit 7" },
		{ TCP, { .code = 1, .number = 20 }, "20", NULL },
		{ TCP, { .code = 0, .number = 20 }, NULL, "closed" },
		{ DNS, { .number = 20 }, "20", NULL },
		{ TLS, { .code = 1, .number = -3 }, "-3", NULL },
		{ LOG, { .code = 20, .number = 90 }, "20", NULL },
		{ LOG, { .code = 20, .least = true }, NULL, "at least 20" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[2048], name[128];
		(void)snprintf(name, sizeof(name), "%zu: %s", i, rows[i].probe);
		test_row = name;
		(void)snprintf(book, sizeof(book), TAKES("%s"), rows[i].probe);
		struct world *w = world_new(FILES CONFIG(""), book, NULL);
		world_fire(w, ODD);
		EXPECT(last_run(w).phase == PHASE_INPUTS);
		struct probe_result seen = rows[i].seen;
		seen.status = PROBE_OK;
		world_answer(w, &seen);
		struct run_row run = last_run(w);
		if (rows[i].value != NULL) {
			EXPECT(run.phase == PHASE_WAITING);
			EXPECT_STR(pairs_get(&run.inputs, STR("depth")),
			    str_of(rows[i].value));
		} else {
			EXPECT(run.state == RUN_NEEDS_PERSON);
			EXPECT(str_contains(world_incident(w, 1).needs_person_why,
			    str_of(rows[i].why)));
		}
		world_free(w);
	}
}

/* Cut it would be another value. */
static void
values__that_are_too_long_are_not_cut(void)
{
	static char text[PARAM_VALUE_BYTES_MAX + 1];
	memset(text, '7', sizeof(text));
	struct world *w = world_new(CONFIG(""), TAKES(COMMAND), NULL);
	world_fire(w, ODD);
	world_answer(w,
	    &(struct probe_result){ .status = PROBE_OK, .value = { text, sizeof(text) } });
	EXPECT(last_run(w).state == RUN_NEEDS_PERSON);
	EXPECT(str_contains(world_incident(w, 1).needs_person_why,
	    text_make(w->core, "depth is not known: %zu bytes, at most %d", sizeof(text),
		PARAM_VALUE_BYTES_MAX)));
	world_free(w);
}

#define LOOKS(check)                                                                  \
	"---\nrunbook: r\nservice: checkout\nanswers: [{alertname: Odd}]\n---\n# R\n" \
	"```check look\n" check "otherwise: stop\n```\n"                              \
	"```handoff hand\nclass: architecture\nbecause: a\nask: b\n```\n"

static void
values__are_told_as_they_were_seen(void)
{
	const struct {
		const char *check;
		struct probe_result seen;
		const char *says;
	} rows[] = {
		{ "dns: {name: shop.example}\nexpect: answers > 0\n", { .code = 3 },
		    "saw no such name, wanted" },
		{ "dns: {name: shop.example}\nexpect: answers > 0\n", { .code = 0 },
		    "saw no answers, wanted" },
		{ "tcp: shop.example:25\nexpect: banner contains ESMTP\n", { .code = 1 },
		    "saw nothing, wanted" },
		{ "tcp: shop.example:25\nexpect: open\n", { .code = 0 },
		    "saw closed (connection refused), wanted" },
		{ "log: {file: /var/log/apps/a.log}\nexpect: text contains ERROR\n",
		    { .number = 0 }, "saw an empty log, wanted" },
		{ "log: {file: /var/log/apps/a.log}\nexpect: text contains ERROR\n",
		    { .number = 1, .value = STR("all is well") },
		    "saw all is well, wanted" },
		{ "log: {file: /var/log/apps/a.log}\nexpect: lines > 5\n", { .number = 1 },
		    "saw 1 line, wanted" },
		{ "log: {file: /var/log/apps/a.log}\nexpect: lines < 5\n",
		    { .number = 7, .least = true }, "saw at least 7 lines, wanted" },
		{ "log: {file: /var/log/apps/a.log, match: ERROR}\nexpect: matches < 2\n",
		    { .code = 3, .number = 7, .least = true },
		    "saw at least 3 of 7 lines, wanted" },
		{ "http: 'http://127.0.0.1:8080/'\nexpect: body contains well\n",
		    { .code = 200, .value = STR("ill") }, "saw ill, wanted" },
		{ "http: 'http://127.0.0.1:8080/'\nexpect: status == 200\n", { .code = 0 },
		    "saw connection refused, wanted" },
		{ "run: [look]\nexpect: exit == 0\n", { .code = 3 }, "saw exit 3, wanted" },
		{ "run: [look]\nexpect: output contains x\n",
		    { .code = 0, .value = STR("none") }, "saw none, wanted" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[2048];
		test_row = rows[i].says;
		(void)snprintf(book, sizeof(book), LOOKS("%s"), rows[i].check);
		struct world *w = world_new(FILES CONFIG(""), book, NULL);
		world_fire(w, ODD);
		struct probe_result seen = rows[i].seen;
		seen.status = PROBE_OK;
		world_answer(w, &seen);
		EXPECT(world_says(w, 1, rows[i].says));
		world_free(w);
	}
}

int
main(void)
{
	RUN(values__live_are_whole_numbers_of_any_probe);
	RUN(values__of_inputs_come_from_any_probe);
	RUN(values__that_are_too_long_are_not_cut);
	RUN(values__are_told_as_they_were_seen);
	TEST_MAIN_END();
}
