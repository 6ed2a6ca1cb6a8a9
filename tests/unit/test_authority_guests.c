/*
 * Whoever stands in for somebody is on duty for that time, and no member of the team: not
 * before, not then, not afterwards. What is said about all members of a team says nothing
 * about them.
 */
#include "authority/analyse.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

/* kim has ops' only rotation from noon to noon; gus is nobody there. */
static const char base[] =
    "fallback: ops\n"
    "channels:\n"
    "  pager: {webhook: https://pager.example/hook, secret: file:/run/secret}\n"
    "people:\n"
    "  ana: {reach: [pager]}\n"
    "  piotr: {reach: [pager]}\n"
    "  kim: {reach: [pager]}\n"
    "  gus: {reach: [pager]}\n"
    "  mei: {reach: [pager]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations:\n"
    "        - name: primary\n"
    "          people: [ana, piotr]\n"
    "          every: 1 week\n"
    "          handover: 'Mon 09:00'\n"
    "          overrides:\n"
    "            - {person: kim, from: '2026-11-24 12:00', until: '2026-11-25 12:00'}\n"
    "      escalate: [{to: primary}]\n"
    "    lead: mei\n"
    "services:\n"
    "  web: {owner: ops, tier: 2}\n"
    "actions:\n"
    "  restart-unit: {verb: restart, run: [restart, '${target}']}\n"
    "  scale-in: {verb: scale, run: [scale, '${target}']}\n";
#define TAIL ", on: {tier: [2]}, until: 2027-06-30, owner: gus}\n"

static struct config config;

static const struct model *
load(const char *rules)
{
	config_open(&config);
	config_add(&config, "a.yaml", base);
	config_add(&config, "b.yaml", rules);
	const struct model *model = config_load(&config);
	if (model == NULL)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(config_faults(&config)));
	ASSERT(model != NULL);
	return model;
}

static bool
may(const struct authority *authority, const char *person, const char *action, msec wall)
{
	static const struct authority_facts facts;
	const struct model *model = config.model;
	const struct service *service = model_service(model, STR("web"));
	struct authority_request request = {
		.principal = str_of(person),
		.action = model_action(model, str_of(action)),
		.service = service,
		.target = service->name,
		.wall = wall,
		.at = 400 * DAY,
	};
	return authority_verdict(authority, &request, &facts) == VERDICT_ALLOW;
}

static void
guest__is_on_duty_in_its_window_and_never_a_member(void)
{
	const struct model *model =
	    load("authority:\n"
		 "  - {grant: members restart, to: [{team: ops}], may: [restart]" TAIL
		 "  - {grant: on duty scales, to: [{on-duty: ops}], may: [scale]" TAIL);
	struct authority *authority = authority_new(model, &config.arena);
	const msec from = UINT64_C(1795521600000), until = from + DAY;
	EXPECT_U64(model->teams[0].rotations[0].guests_n, 1);
	static const struct {
		const char *person;
		bool member, now, then;
	} rows[] = {
		{ "person:ana", true, false, false },
		{ "person:piotr", true, true, false },
		{ "person:mei", true, false, false },
		{ "person:kim", false, false, true },
		{ "person:gus", false, false, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		const char *who = rows[i].person;
		test_row = who;
		bool now = may(authority, who, "scale-in", WALL);
		EXPECT(now == rows[i].now);
		EXPECT(may(authority, who, "scale-in", from) == rows[i].then);
		EXPECT(may(authority, who, "scale-in", until - 1) == rows[i].then);
		EXPECT(may(authority, who, "scale-in", from - 1) == now);
		EXPECT(may(authority, who, "scale-in", until) == now);
		for (msec wall = WALL; wall < until + DAY; wall += 6 * HOUR)
			EXPECT(may(authority, who, "restart-unit", wall) == rows[i].member);
	}
	config_close(&config);
}

static size_t
shadowed(void)
{
	static struct analysis analysis;
	size_t n = 0;
	authority_analyse(config.model, WALL, &config.arena, &analysis);
	for (size_t i = 0; i < analysis.n; i++)
		n += analysis.found[i].kind == FOUND_SHADOWED;
	return n;
}

/* A grant for all members does not cover who stands in, so one for whoever is on duty says
 * more. */
static void
guest__keeps_a_grant_of_those_on_duty_from_being_shadowed(void)
{
	static const char rules[] =
	    "authority:\n"
	    "  - {grant: members restart, to: [{team: ops}], may: [restart]" TAIL
	    "  - {grant: on duty restarts, to: [{on-duty: ops}], may: [restart]" TAIL;
	(void)load(rules);
	EXPECT_U64(shadowed(), 0);
	config_close(&config);
	(void)load("authority:\n"
		   "  - {grant: members restart, to: [{team: ops}], may: [restart]" TAIL
		   "  - {grant: ana restarts, to: [ana], may: [restart]" TAIL
		   "  - {grant: kim restarts, to: [kim], may: [restart]" TAIL);
	EXPECT_U64(shadowed(), 1);
	config_close(&config);
}

int
main(void)
{
	RUN(guest__is_on_duty_in_its_window_and_never_a_member);
	RUN(guest__keeps_a_grant_of_those_on_duty_from_being_shadowed);
	TEST_MAIN_END();
}
