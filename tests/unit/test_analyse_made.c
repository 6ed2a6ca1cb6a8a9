/*
 * Values that are made up for patterns, and what is found by them that no guess would fit.
 */
#include "authority/analysing.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

static const char base[] =
    "fallback: ops\n"
    "prometheus: http://localhost:9090\n"
    "channels:\n"
    "  pager: {webhook: https://pager.example/hook, secret: cred:pager}\n"
    "people:\n"
    "  ana: {reach: [pager]}\n"
    "  zoe: {reach: [pager]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "      escalate: [{to: primary, after: 5m}, {to: lead}]\n"
    "    lead: zoe\n"
    "services:\n"
    "  web: {owner: ops, system: shop, tier: 1}\n"
    "hosts:\n"
    "  web-1: {service: web, role: web}\n"
    "  web-2: {service: web, role: web}\n"
    "  web-3: {service: web, role: web}\n";

#define ACTIONS(pattern)                                               \
	"actions:\n"                                                   \
	"  restart-unit:\n"                                            \
	"    verb: restart\n"                                          \
	"    params: {unit: {type: string, pattern: '" pattern "'}}\n" \
	"    run: [act, '${target}', '${unit}']\n"
#define SERVICE_UNITS ACTIONS("[a-z0-9@.-]+\\.service")
#define TICKETS ACTIONS("[a-z]{2}-[0-9]{4}")
#define TAIL ", until: 2027-06-30, owner: zoe}\n"
#define KEPT "  - {grant: kept, to: [ana], may: [restart], on: {service: web}" TAIL

static const struct model *
load(struct config *c, const char *actions, const char *rules)
{
	char text[8192];
	(void)snprintf(text, sizeof(text), "%sauthority:\n%s", actions, rules);
	config_open(c);
	config_add(c, "a.yaml", base);
	config_add(c, "b.yaml", text);
	const struct model *model = config_load(c);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(c)));
	ASSERT(model != NULL);
	return model;
}

/* ---- made up ---- */

static void
values__are_made_for_patterns_and_likes(void)
{
	static const struct {
		const char *name, *pattern, *like;
		bool none;
	} rows[] = {
		{ .name = "suffix", .pattern = "[a-z0-9@.-]+\\.service", .like = "web-*" },
		{ .name = "counts", .pattern = "[a-z]{2}-[0-9]{4}", .like = "*" },
		{ .name = "counts and like",
		    .pattern = "[a-z]{2}-[0-9]{4}",
		    .like = "*-7?*" },
		{ .name = "either",
		    .pattern = "(?:prod|test)-(eu|us)-\\d{1,2}",
		    .like = "*us*" },
		{ .name = "ends", .pattern = "^[A-Z][A-Z0-9_]{7,}$", .like = "*_*" },
		{ .name = "long", .pattern = "[0-9a-f]{40}", .like = "*" },
		{ .name = "quoted", .pattern = "\\Qa.b\\E\\.[^.]+", .like = "*x" },
		{ .name = "looked ahead", .pattern = "(?!a)[a-z]+", .like = "*" },
		{ .name = "looked at length",
		    .pattern = "(?=.{9,12}$)[a-z-]+",
		    .like = "w*" },
		{ .name = "looked at 32", .pattern = "(?=.{32})[a-z]+", .like = "*" },
		{ .name = "looked at more than is made",
		    .pattern = "(?=.{33})[a-z]+",
		    .like = "*",
		    .none = true },
		{ .name = "looked behind", .pattern = "[a-z-]+(?<!a)", .like = "*" },
		{ .name = "any case", .pattern = "(?i)release-[[:digit:]]+", .like = "*" },
		{ .name = "classes",
		    .pattern = "[\\w.\\-]+@[^@\\s]+\\x2ecom",
		    .like = "*" },
		{ .name = "properties", .pattern = "\\p{Lu}\\p{Ll}+ \\pN+", .like = "*" },
		{ .name = "no ASCII", .pattern = "größe-(x|y)+", .like = "*y" },
		{ .name = "nothing is both",
		    .pattern = "db-[0-9]+",
		    .like = "web-*",
		    .none = true },
		{ .name = "no text at all",
		    .pattern = "(?!a)a",
		    .like = "*",
		    .none = true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		static struct config c;
		char actions[512];
		str made = STR("untouched");
		test_row = rows[i].name;
		(void)snprintf(actions, sizeof(actions), ACTIONS("%s"), rows[i].pattern);
		const struct model *model = load(&c, actions, KEPT);
		const struct param *param = &model->actions[0].params.p[0];
		bool ok = value_made(param, str_of(rows[i].like), 1, &c.arena, &made);
		EXPECT(ok == !rows[i].none);
		EXPECT(!ok || param_takes(param, made));
		EXPECT(!ok || like_matches(str_of(rows[i].like), made));
		config_close(&c);
	}
	test_row = NULL;
}

/* ---- difference ---- */

static struct config one, other;
static struct difference difference;

static void
compare(const char *actions, const char *before, const char *after)
{
	const struct model *old = load(&one, actions, before);
	const struct model *new = load(&other, actions, after);
	authority_difference(old, new, WALL, &other.arena, &difference);
}

static void
done(void)
{
	config_close(&one);
	config_close(&other);
}

static bool
wider_for(const char *who)
{
	for (size_t i = 0; i < difference.n; i++) {
		if (difference.p[i].after < difference.p[i].before &&
		    str_contains(difference.p[i].request, str_of(who)))
			return true;
	}
	return false;
}

static void
difference__asks_with_values_that_are_made_up(void)
{
#define NEW_ONE(with)                                                                      \
	"  - {grant: new one, to: [automation, zoe], may: [restart], on: {tier: [1, 2]}, " \
	"with: {unit: {" with "}}" TAIL
	compare(SERVICE_UNITS, KEPT, KEPT NEW_ONE("like: 'web-*'"));
	EXPECT(wider_for("automation") && wider_for("zoe"));
	done();
	compare(TICKETS, KEPT, KEPT NEW_ONE("like: '*-7*'"));
	EXPECT(wider_for("automation") && wider_for("zoe"));
	done();
	/* A `like` that lets more through, and no less. */
	compare(SERVICE_UNITS, KEPT NEW_ONE("like: 'web-?.service'"),
	    KEPT NEW_ONE("like: 'web-*.service'"));
	EXPECT(wider_for("automation"));
	done();
	/* The only prohibition is gone. */
	compare(TICKETS,
	    KEPT "  - {prohibit: p, may: any, on: {service: web}, because: b}\n", KEPT);
	EXPECT(wider_for("ana"));
	done();
}

/* What a grant's limits stop. */
static void
difference__sees_limits_of_values_that_are_made_up(void)
{
	static const struct {
		const char *name, *before, *after;
	} rows[] = {
		{ "rate", "per_service: 3 in 1h", "per_service: 30 in 1h" },
		{ "targets", "targets: 1 in 1h", "targets: 2 in 1h" },
		{ "spacing", "spacing: 10m", "spacing: 1m" },
		{ "not beside", "not_beside: [restart]", "at_once: 40" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char before[1024], after[1024];
		test_row = rows[i].name;
#define LIMITED                                                                            \
	KEPT "  - {grant: l, to: [automation], may: [restart], on: {service: web}, with: " \
	     "{unit: {like: 'web-*'}}, within: {%s}" TAIL
		(void)snprintf(before, sizeof(before), LIMITED, rows[i].before);
		(void)snprintf(after, sizeof(after), LIMITED, rows[i].after);
		compare(SERVICE_UNITS, before, after);
		EXPECT(wider_for("automation"));
		done();
	}
	test_row = NULL;
}

/* Each runbook writes a value of its own: those of rules come first. */
static void
difference__asks_the_values_of_rules_before_those_of_runbooks(void)
{
	static struct config *const configs[] = { &one, &other };
	const struct model *models[2];
	for (size_t i = 0; i < 2; i++) {
		config_open(configs[i]);
		config_add(configs[i], "a.yaml", base);
		config_add(configs[i], "b.yaml", SERVICE_UNITS);
		config_add(configs[i], "c.yaml",
		    i == 0 ? "authority:\n" KEPT
			   : "authority:\n" KEPT NEW_ONE("one_of: [sshd.service]"));
		for (unsigned k = 0; k < 30; k++) {
			char *name = arena_new(&configs[i]->arena, char, 64);
			char *text = arena_new(&configs[i]->arena, char, 512);
			(void)snprintf(name, 64, "runbooks/r%u.md", k);
			(void)snprintf(text, 512,
			    "---\nrunbook: r%u\nservice: web\nceiling: suggest\n---\n# R\n"
			    "```action go\ndo: restart-unit\nwith: {unit: "
			    "u%u.service}\n```\n"
			    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n",
			    k, k);
			config_add(configs[i], name, text);
		}
		models[i] = config_load(configs[i]);
		if (models[i] == NULL)
			(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(configs[i])));
		ASSERT(models[i] != NULL);
	}
	authority_difference(models[0], models[1], WALL, &other.arena, &difference);
	EXPECT(wider_for("unit=sshd.service"));
	done();
}

int
main(void)
{
	RUN(values__are_made_for_patterns_and_likes);
	RUN(difference__asks_with_values_that_are_made_up);
	RUN(difference__sees_limits_of_values_that_are_made_up);
	RUN(difference__asks_the_values_of_rules_before_those_of_runbooks);
	TEST_MAIN_END();
}
