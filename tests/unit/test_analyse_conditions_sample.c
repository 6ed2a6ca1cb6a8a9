/*
 * Requests that are made up: how they are written, with which values, and what is varied.
 */
#include "authority/analysing.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

#define BASE                                                                         \
	"fallback: ops\n"                                                            \
	"prometheus: http://localhost:9090\n"                                        \
	"channels:\n"                                                                \
	"  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"       \
	"people:\n"                                                                  \
	"  ana: {reach: [pager]}\n"                                                  \
	"  zoe: {reach: [pager]}\n"                                                  \
	"teams:\n"                                                                   \
	"  ops:\n"                                                                   \
	"    kind: operations\n"                                                     \
	"    on_call:\n"                                                             \
	"      zone: UTC\n"                                                          \
	"      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n" \
	"services:\n"                                                                \
	"  web: {owner: ops, system: shop, tier: 1, healthy: {promql: up, expect: "  \
	"'== 1'}}\n"                                                                 \
	"  books: {owner: ops, system: shop, tier: 1}\n"                             \
	"hosts:\n"                                                                   \
	"  web-1: {service: web, role: front}\n"                                     \
	"  web-2: {service: web, role: back}\n"                                      \
	"  web-3: {service: web, role: front}\n"                                     \
	"  web-4: {service: web, role: front, environment: staging}\n"               \
	"  books-1: {service: books}\n"
#define ACTION(params)                                                       \
	"actions:\n  move: {verb: move, run: [act], params: {" params "}}\n" \
	"  other: {verb: move, run: [act], params: {x: {type: name}}}\n"
#define RULES "authority:\n"
#define GRANT(rest)                                                                        \
	"  - {grant: g, to: [ana], may: [move], on: {tier: 1}, until: 2028-06-30, owner: " \
	"zoe" rest "}\n"
#define WITH(with) GRANT(", with: {x: {" with "}}")
#define LIMIT(within) "  - {limit: l, for: any, within: {" within "}}\n"
#define APPROVAL(when) "  - {approval: p, for: any, by: zoe, when: {" when "}}\n"

static struct config config;

static const struct model *
load_both(const char *text, const char *more)
{
	config_open(&config);
	config_add(&config, "a.yaml", text);
	if (more != NULL)
		config_add(&config, "b.yaml", more);
	const struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%s: %.*s\n", test_row,
		    STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	return model;
}

static const struct model *
load(const char *text)
{
	return load_both(text, NULL);
}

/* All rules of it, in their order. */
static const struct rule *const *
rules_of(const struct model *model)
{
	const struct rule **rules =
	    arena_new(&config.arena, const struct rule *, model->rules_n + 1);
	for (size_t i = 0; i < model->rules_n; i++)
		rules[i] = &model->rules[i];
	return rules;
}

/* ---- written ---- */

static void
request__is_written_as_a_shell_takes_it(void)
{
	static const struct {
		const char *value, *text;
	} rows[] = {
		{ "azAZ09", "azAZ09" },
		{ "web-1.example:80/%", "web-1.example:80/%" },
		{ "a b", "'a b'" },
		{ "a|b", "'a|b'" },
		{ "a[b", "'a[b'" },
		{ "a;b", "'a;b'" },
		{ "", "''" },
	};
	const struct model *model = load(BASE ACTION("x: {type: name}"));
	struct pair pair = { STR("x"), STR("") };
	struct pairs params = { &pair, 1 };
	struct authority_request request = {
		.principal = STR("person:ana"),
		.action = &model->actions[0],
		.service = &model->services[0],
		.target = model->services[0].name,
	};
	EXPECT_STR(request_text(&request, &config.arena),
	    STR("firstline may ana move on web"));
	request.params = &params;
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].value;
		pair.value = str_of(rows[i].value);
		EXPECT_STR(request_text(&request, &config.arena),
		    arena_printf(&config.arena, "firstline may ana move on web x=%s",
			rows[i].text));
	}
	test_row = NULL;
	config_close(&config);
}

static void
everyone__is_in_it_once(void)
{
	const struct model *model = load(BASE ACTION("x: {type: name}") RULES
	    "  - {prohibit: p, may: any, to: [agent: b, agent: a, agent: b, zoe]}\n");
	struct strs all = everyone(model, &config.arena);
	EXPECT_U64(all.n, 5);
	EXPECT(strs_has(&all, STR("automation")) && strs_has(&all, STR("person:ana")));
	EXPECT(strs_has(&all, STR("agent:a")) && strs_has(&all, STR("agent:b")));
	config_close(&config);
}

/* ---- values ---- */

/* The first of them that the pattern takes, as people write it. */
static void
candidates__are_guessed_where_nothing_says_one(void)
{
	static const struct {
		const char *pattern, *value;
	} rows[] = {
		{ "[a-z]+[.]service", "web.service" },
		{ "[a-z]{3}", "web" },
		{ "[a-z]+-[0-9]", "web-1" },
		{ "[0-9]", "1" },
		{ "[0-9]{2}", "10" },
		{ "[a-z]", "a" },
		{ "[0-9][.][0-9][.][0-9]", "1.2.3" },
		{ "v[0-9]+", "v1" },
		{ "[0-9]+h", "1h" },
		{ "([0-9]+[.]){3}[0-9]+", "10.0.0.1" },
		{ "/[a-z/]+", "/var/tmp" },
		{ "[a-z]+[.][a-z]+[.]com", "web.example.com" },
		{ "https://[a-z.]+/", "https://example.com/" },
		{ "[0-9]{4}-[0-9]{2}-[0-9]{2}", "2026-01-01" },
		{ "[A-Z]", "A" },
		{ "[0-9a-f]{16}", "0123456789abcdef" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		struct candidates found = { .n = 0 };
		test_row = rows[i].pattern;
		(void)snprintf(text, sizeof(text),
		    BASE ACTION("x: {type: string, pattern: '%s'}"), rows[i].pattern);
		const struct model *model = load(text);
		param_candidates(model, NULL, 0, &model->actions[0],
		    &model->actions[0].params.p[0], &config.arena, &found);
		EXPECT(found.n >= 1);
		EXPECT_STR(found.p[0], str_of(rows[i].value));
		config_close(&config);
	}
	test_row = NULL;
}

static void
candidates__begin_with_what_rules_say_and_end_with_what_there_is(void)
{
	static const struct {
		const char *name, *text, *values;
	} rows[] = {
		{ "hosts", BASE ACTION("x: {type: host}"), "web-1 web-2 web-3 web-4 " },
		{ "services", BASE ACTION("x: {type: service}"), "web books " },
		{ "hosts like that",
		    BASE ACTION("x: {type: host}") RULES WITH("like: '*-3'"),
		    "web-3 web-1 web-2 web-4 " },
		{ "services like that",
		    BASE ACTION("x: {type: service}") RULES WITH("like: 'bo*'"),
		    "books web " },
		{ "no host like that",
		    BASE ACTION("x: {type: host}") RULES WITH("like: 'y*'"),
		    "web-1 web-2 web-3 web-4 " },
		{ "no service like that",
		    BASE ACTION("x: {type: service}") RULES WITH("like: 'y*'"),
		    "web books " },
		{ "numbers around a condition",
		    BASE
		    "actions:\n  move: {verb: move, run: [act], observe: {x: {promql: "
		    "up}}, params: {x: {type: integer, min: 1, max: 9}}}\n" RULES APPROVAL(
			"x: '> 5'"),
		    "5 6 4 1 9 " },
		{ "a condition on the live value says no number",
		    BASE
		    "actions:\n  move: {verb: move, run: [act], observe: {x: {promql: "
		    "up}}, params: {x: {type: integer, min: 1, max: 9}}}\n" RULES APPROVAL(
			"x: '> 2x'"),
		    "1 9 " },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct candidates values = { .n = 0 };
		str text = { 0 };
		test_row = rows[i].name;
		const struct model *model = load(rows[i].text);
		const struct action *action = &model->actions[0];
		param_candidates(model, rules_of(model), model->rules_n, action,
		    &action->params.p[0], &config.arena, &values);
		for (size_t k = 0; k < values.n; k++)
			text = arena_printf(&config.arena, "%.*s%.*s ", STR_ARG(text),
			    STR_ARG(values.p[k]));
		EXPECT_STR(text, str_of(rows[i].values));
		config_close(&config);
	}
	test_row = NULL;
}

/* As far as it can be told from the runbook alone. */
static void
candidates__begin_with_what_a_runbook_writes(void)
{
#define WRITES(value)                                                \
	"---\nrunbook: r\nceiling: suggest\nservice: web\ninputs:\n" \
	"  u: {type: name, from: alert.labels.u}\n---\n# R\n"        \
	"```action go\ndo: move\nwith: {x: '" value "'}\n```\n"      \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"
	static const struct {
		const char *name, *runbook, *value;
	} rows[] = {
		{ "none", NULL, "web.service" },
		{ "a value", WRITES("a"), "a" },
		{ "an input", WRITES("${u}"), "web.service" },
		{ "an input behind a text", WRITES("a${u}"), "web.service" },
		{ "an input before a text", WRITES("${u}a"), "web.service" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct candidates values = { .n = 0 };
		test_row = rows[i].name;
		config_open(&config);
		config_add(&config, "a.yaml", BASE ACTION("x: {type: name}"));
		if (rows[i].runbook != NULL)
			config_add(&config, "runbooks/r.md", rows[i].runbook);
		const struct model *model = config_load(&config);
		EXPECT_STR(model != NULL ? STR("") : config_faults(&config), STR(""));
		ASSERT(model != NULL);
		const struct action *action = model_action(model, STR("move"));
		param_candidates(model, NULL, 0, action, &action->params.p[0],
		    &config.arena, &values);
		EXPECT_U64(values.n, 1);
		EXPECT_STR(values.p[0], str_of(rows[i].value));
		config_close(&config);
	}
	test_row = NULL;
}

static void
candidates__of_hosts_and_services_are_four_at_most(void)
{
	const struct model *model = load_both(BASE,
	    "services:\n  c: {owner: ops}\n  d: {owner: ops}\n  e: {owner: ops}\n"
	    "actions:\n  move: {verb: move, run: [act], params: {x: {type: host}, y: "
	    "{type: "
	    "service}}}\n");
	const struct action *action = &model->actions[0];
	struct candidates hosts = { .n = 0 }, services = { .n = 0 };
	param_candidates(model, NULL, 0, action, &action->params.p[0], &config.arena,
	    &hosts);
	param_candidates(model, NULL, 0, action, &action->params.p[1], &config.arena,
	    &services);
	EXPECT(model->hosts_n == 5 && hosts.n == 4);
	EXPECT(model->services_n == 5 && services.n == 4);
	struct model few = *model;
	few.hosts_n = 3;
	hosts.n = 0;
	param_candidates(&few, NULL, 0, action, &action->params.p[0], &config.arena,
	    &hosts);
	EXPECT_U64(hosts.n, 3);
	config_close(&config);
}

static void
params__that_may_be_left_out_are_given_where_rules_are(void)
{
	const struct model *model = load(BASE ACTION(
	    "x: {type: integer, min: 1, max: 9}, y: {type: one-of, values: [a], "
	    "optional: true}") RULES GRANT(""));
	struct pairs params;
	EXPECT(params_plain(model, NULL, 0, &model->actions[0], &config.arena, &params));
	EXPECT(params.n == 1 && str_eq(params.p[0].name, STR("x")));
	EXPECT(params_plain(model, rules_of(model), 1, &model->actions[0], &config.arena,
	    &params));
	EXPECT(params.n == 2 && str_eq(params.p[1].value, STR("a")));
	config_close(&config);
}

/* ---- what is varied ---- */

static struct sampler *
sampler_for(const char *text)
{
	const struct model *model = load(text);
	return sampler_new(model, rules_of(model), model->rules_n, WALL, &config.arena);
}

static void
sampler__makes_uses_up_where_limits_count_them(void)
{
	static const struct {
		const char *name, *rules;
		size_t counts_n, ages_n; /* with the age 0 */
	} rows[] = {
		{ "no limit", RULES GRANT(""), 0, 1 },
		{ "at once", RULES LIMIT("at_once: 3"), 2, 1 },
		{ "targets", RULES LIMIT("targets: 3 in 1h"), 2, 3 },
		{ "a percent of targets", RULES LIMIT("targets: 30% in 1h"), 5, 3 },
		{ "so many healthy", RULES LIMIT("keep_healthy: 1"), 5, 1 },
		{ "a percent healthy", RULES LIMIT("keep_healthy: 30%"), 5, 1 },
		{ "spacing", RULES LIMIT("spacing: 1m"), 5, 3 },
		{ "not beside", RULES LIMIT("not_beside: [move]"), 5, 1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		test_row = rows[i].name;
		(void)snprintf(text, sizeof(text), BASE ACTION("x: {type: name}") "%s",
		    rows[i].rules);
		const struct sampler *s = sampler_for(text);
		EXPECT_U64(s->counts_n, rows[i].counts_n);
		EXPECT_U64(s->ages_n, rows[i].ages_n);
		config_close(&config);
	}
	test_row = NULL;
}

static void
sampler__has_room_for_so_many_counts(void)
{
	static char text[8192] = BASE ACTION("x: {type: name}") RULES;
	size_t n = strlen(text);
	for (unsigned i = 1; i <= 30; i++)
		n += (size_t)snprintf(&text[n], sizeof(text) - n, LIMIT("at_once: %u"), i);
	EXPECT_U64(sampler_for(text)->counts_n, CHOICES_MAX);
	config_close(&config);
}

static void
sampler__varies_targets_by_conditions_that_a_plan_can_meet(void)
{
	static const struct {
		const char *when;
		size_t n;
	} rows[] = {
		{ "targets: '> 3'", 4 }, /* 1, 4, 3, 2 */
		{ "targets: '> 0'", 1 },
		{ "targets: '> -5'", 1 },
		{ "targets: '> 1001'", 1 },
		{ "targets: '> 1000'", 4 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[4096];
		test_row = rows[i].when;
		(void)snprintf(text, sizeof(text),
		    BASE ACTION("x: {type: name}") RULES APPROVAL("%s"), rows[i].when);
		EXPECT_U64(sampler_for(text)->targets_ns_n, rows[i].n);
		config_close(&config);
	}
	test_row = NULL;
}

/* Half of it and twice as much: where there is so much. */
static void
sampler__makes_live_values_up_that_have_room(void)
{
#define OBSERVED(range)                                                                \
	BASE "actions:\n  move: {verb: move, run: [act], observe: {x: {promql: up}}, " \
	     "params: {x: {type: integer" range "}}}\n"
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{ OBSERVED(", min: 4, max: 4"), 5 }, /* 4, 2, 8, 1, 5 */
		{ OBSERVED(", min: 4"), 5 },         /* and of no end nothing */
		{ OBSERVED(", min: -9000000000000000000, max: 4"), 5 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct sampler *s = sampler_for(rows[i].text);
		EXPECT(sampler_action(s, &s->model->actions[0]));
		EXPECT_U64(s->lives[0].n, rows[i].n);
		config_close(&config);
	}
}

/* The service itself, and one of each role and environment of its hosts. */
static void
sampler__takes_a_target_of_each_group(void)
{
	struct sampler *s = sampler_for(BASE ACTION("x: {type: name}"));
	EXPECT(sampler_action(s, &s->model->actions[0]));
	sampler_service(s, &s->model->services[0]);
	EXPECT_U64(s->hosts_n, 4);
	EXPECT_U64(s->targets_n, 4);
	EXPECT_STR(s->targets[3], STR("web-4"));
	config_close(&config);
}

static void
sampler__ends_where_all_was_drawn_and_not_before(void)
{
	struct sampler *s = sampler_for(BASE ACTION("x: {type: one-of, values: [a, b]}"));
	s->plain = true;
	EXPECT(sampler_action(s, &s->model->actions[0]));
	sampler_service(s, &s->model->services[1]);
	EXPECT(sampler_next(s, STR("automation"), 0) != NULL);
	EXPECT(sampler_next(s, STR("automation"), s->all * 3) != NULL);
	EXPECT(sampler_next(s, STR("automation"), s->all * 3 + 1) == NULL);
	config_close(&config);
	/* More than can be counted. */
	static char text[16384] =
	    BASE "actions:\n  move:\n    verb: move\n    run: [act]\n    "
		 "params:\n";
	size_t n = strlen(text);
	for (unsigned i = 0; i < PARAMS_MAX; i++)
		n += (size_t)snprintf(&text[n], sizeof(text) - n,
		    "      p%02u: {type: one-of, values: [a, b, c, d, e, f, g, h, i, j, k, "
		    "l, "
		    "m, n, o, p, q, r, s, t]}\n",
		    i);
	s = sampler_for(text);
	EXPECT(sampler_action(s, &s->model->actions[0]));
	sampler_service(s, &s->model->services[1]);
	EXPECT(s->all == SIZE_MAX);
	EXPECT(sampler_next(s, STR("automation"), 0) != NULL);
	EXPECT(sampler_next(s, STR("automation"), 1000000) != NULL);
	config_close(&config);
}

int
main(void)
{
	RUN(request__is_written_as_a_shell_takes_it);
	RUN(everyone__is_in_it_once);
	RUN(candidates__are_guessed_where_nothing_says_one);
	RUN(candidates__begin_with_what_rules_say_and_end_with_what_there_is);
	RUN(candidates__begin_with_what_a_runbook_writes);
	RUN(candidates__of_hosts_and_services_are_four_at_most);
	RUN(params__that_may_be_left_out_are_given_where_rules_are);
	RUN(sampler__makes_uses_up_where_limits_count_them);
	RUN(sampler__has_room_for_so_many_counts);
	RUN(sampler__varies_targets_by_conditions_that_a_plan_can_meet);
	RUN(sampler__makes_live_values_up_that_have_room);
	RUN(sampler__takes_a_target_of_each_group);
	RUN(sampler__ends_where_all_was_drawn_and_not_before);
	TEST_MAIN_END();
}
