/*
 * The memory that an authority asks for is enough, whatever a configuration has many of, and
 * little more.
 */
#include "authority/internal.h"
#include "support/config.h"
#include "support/test.h"

#define MANY 1500
#define SLACK 65536 /* whatever there is little of */

static struct config config;
static struct buf text = { .max = (size_t)8 << 20 };

static void
write_people(unsigned n)
{
	buf_add(&text, STR("people:\n  ana: {reach: [pager]}\n  zoe: {reach: [pager]}\n"));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "  p%u: {reach: [pager]}\n", i);
}

/* So many rotations of so many people each. */
static void
write_teams(unsigned n, unsigned rotations, unsigned people)
{
	buf_add(&text, STR("teams:\n"));
	for (unsigned i = 0; i < n; i++) {
		buf_printf(&text,
		    "  t%u:\n    kind: operations\n    lead: ana\n    on_call:\n"
		    "      zone: UTC\n      rotations:\n",
		    i);
		for (unsigned k = 0; k < rotations; k++) {
			buf_printf(&text,
			    "        - {name: r%u, handover: 'Mon 09:00', people: [", k);
			buf_add(&text, STR("zoe"));
			for (unsigned p = 0; p < people; p++)
				buf_printf(&text, ", p%u", p);
			buf_add(&text, STR("]}\n"));
		}
		buf_add(&text, STR("      escalate: [{to: r0, after: 5m}, {to: lead}]\n"));
	}
}

static void
write_services(unsigned n, unsigned systems)
{
	buf_add(&text, STR("services:\n"));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "  s%u: {owner: t0, tier: 1, system: y%u}\n", i,
		    i % systems);
}

static void
write_hosts(unsigned n, unsigned services)
{
	buf_add(&text, STR("hosts:\n"));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "  h%u: {service: s%u, environment: e%u}\n", i,
		    i % services, i % 7);
}

static void
write_actions(unsigned n)
{
	buf_add(&text, STR("actions:\n"));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "  a%u: {verb: v%u, run: [act]}\n", i, i);
}

static void
write_list(const char *key, const char *prefix, unsigned first, unsigned n)
{
	buf_printf(&text, ", %s: [", key);
	for (unsigned i = 0; i < n; i++) {
		buf_printf(&text, "%s%s%u", i > 0 ? ", " : "", prefix, first + i);
	}
	buf_char(&text, ']');
}

struct row {
	const char *name;
	unsigned people, teams, rotations, members, services, systems, hosts, actions;
	unsigned rules; /* prohibitions, each with: */
	unsigned words, to, on_services, on_systems;
	bool during;
};

static void
write_config(const struct row *row)
{
	buf_reset(&text);
	buf_add(&text, STR("fallback: t0\nprometheus: http://localhost:9090\n"
			   "channels:\n  pager: {webhook: 'https://p.example/', secret: "
			   "cred:pager}\n"));
	write_people(row->people);
	write_teams(row->teams + 1, row->rotations + 1, row->members);
	write_services(row->services + 1, row->systems + 1);
	write_hosts(row->hosts + 1, row->services + 1);
	write_actions(row->actions + 1);
	if (row->during) {
		buf_add(&text, STR("calendars:\n"));
		for (unsigned i = 0; i < row->rules; i++)
			buf_printf(&text,
			    "  c%u: {zone: UTC, weekly: [{days: mon, from: '10:00', until: "
			    "'11:00'}]}\n",
			    i);
	}
	buf_add(&text, row->rules > 0 ? STR("authority:\n") : (str){ 0 });
	for (unsigned i = 0; i < row->rules; i++) {
		buf_printf(&text, "  - {prohibit: prohibition %u", i);
		if (row->words > 0)
			write_list("may", "v", 0, row->words);
		else
			buf_add(&text, STR(", may: any"));
		if (row->to > 0)
			write_list("to", "agent: x", i * row->to, row->to);
		if (row->on_services > 0)
			write_list("on: {service", "s", 0, row->on_services);
		if (row->on_systems > 0)
			write_list("on: {system", "y", 0, row->on_systems);
		if (row->on_services + row->on_systems > 0)
			buf_char(&text, '}');
		if (row->during)
			buf_printf(&text, ", during: c%u", i);
		buf_add(&text, STR("}\n"));
	}
}

static void
authority__has_the_memory_that_it_needs(void)
{
	static const struct row rows[] = {
		{ .name = "nothing" },
		{ .name = "people", .people = MANY },
		{ .name = "teams", .teams = 400 },
		{ .name = "rotations", .teams = 40, .rotations = 10 },
		{ .name = "members", .people = 60, .teams = 100, .members = 60 },
		{ .name = "services", .services = MANY },
		{ .name = "services and systems", .services = MANY, .systems = MANY },
		{ .name = "hosts", .hosts = MANY },
		{ .name = "hosts of services", .services = 300, .hosts = MANY },
		{ .name = "actions", .actions = MANY },
		{ .name = "rules about anything", .rules = MANY },
		{ .name = "rules", .actions = MANY, .rules = MANY, .words = 1 },
		{ .name = "words", .actions = 64, .rules = 100, .words = 64 },
		{ .name = "agents", .rules = 40, .to = 64 },
		{ .name = "times", .rules = 300, .during = true },
		{ .name = "scopes", .services = 40, .rules = 300, .on_services = 32 },
		{ .name = "long scopes", .services = 40, .rules = 300, .on_services = 33 },
		{ .name = "scopes of systems",
		    .services = 40,
		    .systems = 40,
		    .rules = 300,
		    .on_systems = 32 },
		{ .name = "words in scopes",
		    .services = 40,
		    .actions = 40,
		    .rules = 60,
		    .words = 40,
		    .on_services = 32 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena_map map;
		test_row = rows[i].name;
		write_config(&rows[i]);
		ASSERT(!text.overflow);
		buf_char(&text, '\0');
		config_open(&config);
		config_add(&config, "a.yaml", text.p);
		const struct model *model = config_load(&config);
		if (model == NULL)
			(void)fprintf(stderr, "%s: %.*s\n", test_row,
			    STR_ARG(config_faults(&config)));
		ASSERT(model != NULL);
		size_t bytes = authority_arena_bytes(model);
		struct arena arena = arena_map(&map, bytes);
		arena.end = arena.beg + bytes;
		const char *begin = arena.beg;
		(void)authority_new(model, &arena);
		size_t used = (size_t)(arena.beg - begin);
		EXPECT(bytes <= 16 * used + SLACK);
		arena_unmap(&map);
		config_close(&config);
	}
	test_row = NULL;
}

int
main(void)
{
	RUN(authority__has_the_memory_that_it_needs);
	buf_done(&text);
	TEST_MAIN_END();
}
