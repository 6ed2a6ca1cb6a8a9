#include "model/init.h"
#include "support/config.h"
#include "support/test.h"

static struct config c;

static const char *const base =
    "fallback: ops\n"
    "channels:\n"
    "  email: {smtp: smtp://h:25, from: f@example.com}\n"
    "  hook: {webhook: http://h/x}\n"
    "people:\n"
    "  ana: {email: ana@example.com, reach: [hook: duty, email]}\n"
    "  piotr: {reach: [hook], zone: Europe/Warsaw}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: Europe/Lisbon\n"
    "      rotations: [{name: p, people: [ana, piotr], handover: "
    "\"Wed 09:30\"}]\n";

static struct model *
load(const char *text)
{
	config_open(&c);
	config_add(&c, "base.yaml", base);
	config_add(&c, "more.yaml", text);
	struct model *m = config_load(&c);
	if (m == NULL)
		EXPECT_STR(config_faults(&c), STR(""));
	return m;
}

static void
load__resolves_names_over_files(void)
{
	const struct model *m =
	    load("services:\n"
		 "  web: {owner: ops, tier: 1, depends_on: [db, cache]}\n"
		 "  db: {owner: ops, system: data}\n"
		 "  cache: {owner: ops, depends_on: [db]}\n");
	if (m == NULL)
		return;
	EXPECT(m->fallback == model_team(m, STR("ops")));
	EXPECT_U64(m->services_n, 3);
	const struct service *web = model_service(m, STR("web"));
	const struct service *db = model_service(m, STR("db"));
	EXPECT(web == &m->services[0] && db == &m->services[1]);
	EXPECT(web->owner == m->fallback);
	EXPECT_STR(web->system, STR("web"));
	EXPECT_STR(web->environment, STR("production"));
	EXPECT_U64(db->tier, 3);
	EXPECT_U64(db->dependents_n, 2);
	EXPECT(db->dependents[0] == web && db->dependents[1] == &m->services[2]);
	EXPECT_STR(web->place.file, STR("more.yaml"));
	EXPECT_U64(web->place.line, 2);
	EXPECT(model_service(m, STR("wb")) == NULL);
	config_close(&c);
}

static void
load__gives_what_is_not_written_its_default(void)
{
	const struct model *m = load("");
	if (m == NULL)
		return;
	EXPECT_STR(m->listen, STR("127.0.0.1:9911"));
	EXPECT_STR(m->store, STR(""));
	EXPECT_U64(m->limits.incidents_max, 10000);
	EXPECT_U64(m->limits.body_bytes_max, 16 << 20);
	EXPECT_U64(m->limits.alert_timeout_ms, 5 * MINUTE);
	EXPECT_U64(m->services_n + m->hosts_n + m->actions_n + m->rules_n, 0);
	config_close(&c);
}

static void
load__people_are_reached_and_take_turns(void)
{
	const struct model *m = load("");
	if (m == NULL)
		return;
	const struct person *ana = model_person(m, STR("ana"));
	EXPECT_STR(ana->name, STR("ana"));
	EXPECT_U64(ana->reach.n, 2);
	EXPECT_STR(ana->reach.p[0].channel->name, STR("hook"));
	EXPECT_STR(ana->reach.p[0].address, STR("duty"));
	EXPECT(ana->reach.p[1].channel->kind == CHANNEL_SMTP);
	EXPECT_STR(ana->reach.p[1].address, STR(""));
	EXPECT(ana->zone == zone_utc());
	EXPECT_STR(zone_name(model_person(m, STR("piotr"))->zone), STR("Europe/Warsaw"));

	const struct team *ops = m->fallback;
	EXPECT_U64(ops->tier_n, 1);
	EXPECT(ops->tiers[0].kind == TIER_ROTATION);
	EXPECT(ops->tiers[0].rotation == &ops->rotations[0]);
	/* The Wednesday before 2024-01-01. */
	EXPECT(ops->rotations[0].anchor_days == civil_days(2023, 12, 27));
	struct turn turn =
	    rotation_at(&ops->rotations[0], ops->zone, (msec)civil_days(2024, 1, 2) * DAY);
	EXPECT(turn.person == ana);
	EXPECT_U64(turn.until_wall,
	    (msec)civil_days(2024, 1, 3) * DAY + 9 * HOUR + 30 * MINUTE);
	config_close(&c);
}

static void
load__first_alert_rule_that_matches_wins(void)
{
	const struct model *m =
	    load("services: {a: {owner: ops}, b: {owner: ops}}\n"
		 "alerts:\n"
		 "  - {match: {job: \"~a-.*\", env: \"!test\"}, service: a}\n"
		 "  - {match: {job: \"~.*\"}, service: b, severity: sev2, "
		 "recurrence: [alertname, job]}\n");
	if (m == NULL)
		return;
	struct pair pairs[] = { { STR("env"), STR("prod") }, { STR("job"), STR("a-1") } };
	struct pairs labels = { pairs, 2 };
	EXPECT_STR(model_alert_rule(m, &labels)->service->name, STR("a"));
	pairs[0].value = STR("test");
	const struct alert_rule *rule = model_alert_rule(m, &labels);
	EXPECT_STR(rule->service->name, STR("b"));
	EXPECT(rule->severity == SEV2);
	EXPECT_U64(rule->recurrence.n, 2);
	config_close(&c);
}

static void
load__rules_say_who_what_where_and_how_much(void)
{
	const struct model *m =
	    load("services: {a: {owner: ops, system: shop}}\n"
		 "actions: {stop: {verb: halt, run: [x]}}\n"
		 "authority:\n"
		 "  - grant: g\n"
		 "    to: [automation, ana, person: piotr, team: ops, on-duty: ops, agent: "
		 "helper]\n"
		 "    may: [halt, stop]\n"
		 "    on: {service: a, tier: [1, 3], system: [shop]}\n"
		 "    within: {per_service: 3 in 1h, per_target: 1 in 5m, at_once: 2}\n"
		 "    while: incident\n"
		 "    until: 2027-06-30\n"
		 "    owner: ana\n"
		 "  - {prohibit: p, may: any, from: 2026-12-20, until: 2027-01-02, "
		 "because: why}\n");
	if (m == NULL)
		return;
	const struct rule *g = &m->rules[0];
	EXPECT(g->kind == RULE_GRANT && g->to_n == 6);
	EXPECT(g->to[0].kind == PRINCIPAL_AUTOMATION);
	EXPECT(g->to[1].kind == PRINCIPAL_PERSON && g->to[2].kind == PRINCIPAL_PERSON);
	EXPECT(g->to[3].kind == PRINCIPAL_TEAM && g->to[3].team == m->fallback);
	EXPECT(g->to[4].kind == PRINCIPAL_ON_DUTY && g->to[4].team == m->fallback);
	EXPECT(g->to[5].kind == PRINCIPAL_AGENT);
	EXPECT_STR(g->to[5].name, STR("helper"));
	EXPECT_U64(g->may.n, 2);
	EXPECT_U64(g->on.tiers, 1u << 1 | 1u << 3);
	EXPECT_STR(g->on.services.p[0], STR("a"));
	EXPECT_U64(g->per_service.count, 3);
	EXPECT_U64(g->per_service.window_ms, HOUR);
	EXPECT_U64(g->per_target.count, 1);
	EXPECT_U64(g->at_once, 2);
	EXPECT(g->while_incident && g->has_end);
	EXPECT_U64(g->until_wall, (msec)civil_days(2027, 7, 1) * DAY);
	EXPECT(g->owner == model_person(m, STR("ana")));
	EXPECT_U64(g->place.line, 4);
	const struct rule *p = &m->rules[1];
	EXPECT(p->kind == RULE_PROHIBITION && p->any);
	EXPECT_U64(p->from_wall, (msec)civil_days(2026, 12, 20) * DAY);
	EXPECT_U64(p->until_wall, (msec)civil_days(2027, 1, 3) * DAY);
	EXPECT_STR(p->because, STR("why"));
	config_close(&c);
}

static void
load__actions_are_arguments_and_typed_values(void)
{
	const struct model *m =
	    load("actions:\n"
		 "  restart:\n"
		 "    verb: restart\n"
		 "    params: {unit: {type: name, default: web}}\n"
		 "    run: [systemctl, restart, \"${unit}\", \"${target}\"]\n"
		 "    happened: {run: [is-up, \"${unit}\"], expect: exit == 0, "
		 "timeout: 3s}\n"
		 "    timeout: 2m\n"
		 "    repeat: safe\n");
	if (m == NULL)
		return;
	const struct action *a = model_action(m, STR("restart"));
	EXPECT_U64(a->run.n, 4);
	EXPECT(!a->run.p[1].pieces[0].placeholder && a->run.p[2].pieces[0].placeholder);
	EXPECT(a->happened != NULL && a->happened->kind == PROBE_RUN);
	EXPECT_U64(a->happened->timeout_ms, 3 * SECOND);
	EXPECT_U64(a->timeout_ms, 2 * MINUTE);
	EXPECT(a->repeat_safe);
	EXPECT(a->params.p[0].optional);
	config_close(&c);
}

static void
load__order_of_files_and_of_reading_is_that_of_names(void)
{
	config_open(&c);
	config_add(&c, "z.yaml", base);
	config_add(&c, "b.yaml", "services: {two: {owner: ops}}\n");
	config_add(&c, "sub/a.yml", "services: {three: {owner: ops}}\n");
	config_add(&c, "a.yaml", "services: {one: {owner: ops}}\n");
	config_add(&c, "notes.txt", "not: [yaml\n");
	const struct model *m = config_load(&c);
	EXPECT(m != NULL && m->services_n == 3);
	if (m != NULL) {
		EXPECT_STR(m->services[0].name, STR("one"));
		EXPECT_STR(m->services[1].name, STR("two"));
		EXPECT_STR(m->services[2].name, STR("three"));
	}
	config_close(&c);
}

static void
load__examples_have_no_fault(void)
{
	static const char *const folders[] = { "examples/minimal", "examples/shop" };
	for (size_t i = 0; i < countof(folders); i++) {
		test_row = folders[i];
		config_open(&c);
		EXPECT(config_add_folder(&c, folders[i]));
		EXPECT(config_load(&c) != NULL);
		EXPECT_STR(config_faults(&c), STR(""));
		config_close(&c);
	}
}

/* The zones that a folder mentions are fit to be paths, each named once. */
static void
load__zone_names_are_found_without_loading(void)
{
	config_open(&c);
	config_add(&c, "a.yaml",
	    "people: {a: {zone: Europe/Lisbon}, b: {zone: Europe/Lisbon}}\n");
	config_add(&c, "b.yaml",
	    "x: [{zone: ../../etc/passwd}, {zone: /etc/passwd}, {zone: UTC}]\n");
	config_add(&c, "c.yaml", "zone: [broken\n");
	config_add(&c, "d.yaml", "zone: Etc/GMT+3\n");
	struct strs names = model_zone_names(&c.bundle, &c.arena);
	EXPECT_U64(names.n, 3);
	EXPECT_STR(names.p[0], STR("Europe/Lisbon"));
	EXPECT_STR(names.p[1], STR("UTC"));
	EXPECT_STR(names.p[2], STR("Etc/GMT+3"));
	config_close(&c);
}

/* What `firstline init` writes is the folder people begin with. */
static void
load__first_folder_has_no_fault(void)
{
	struct init_file files[INIT_FILES_MAX];
	size_t n = init_files(files);
	config_open(&c);
	for (size_t i = 0; i < n; i++) {
		EXPECT(files[i].text.p[files[i].text.n] == 0);
		config_add(&c, files[i].path, files[i].text.p);
	}
	const struct model *m = config_load(&c);
	EXPECT_STR(config_faults(&c), STR(""));
	EXPECT(m != NULL && m->services_n == 1 && m->rules_n == 2);
	config_close(&c);
}

/* However a file is filled, the arena that model_arena_bytes asks for holds what is made
 * of it: these are the shapes with the most to build for each byte. */
static void
load__fits_the_arena_it_asks_for(void)
{
	static const struct {
		const char *name;
		const char *head;
		const char *each; /* '#' becomes a number */
	} rows[] = {
		{ "services", "services:\n", " a#: {}\n" },
		{ "services without value", "services:\n", " a#:\n" },
		{ "services in one line", "services: {", "a#," },
		{ "teams", "teams: {", "a#: {}," },
		{ "people", "people: {", "a#: {}," },
		{ "actions", "actions: {", "a#: {}," },
		{ "alerts", "alerts: [", "{}," },
		{ "alerts that match", "alerts: [", "{match: {a: ~b}}," },
		{ "rules", "authority: [", "{grant: a}," },
		{ "lists", "authority: [", "[]," },
		{ "zones", "people: {", "a#: {zone: a}," },
		{ "unknown keys", "", "a#:\n" },
	};
	static char text[BUNDLE_FILE_BYTES_MAX];
	for (size_t i = 0; i < countof(rows); i++) {
		size_t n = (size_t)snprintf(text, sizeof(text), "%s", rows[i].head);
		test_row = rows[i].name;
		for (unsigned k = 0; n < 30000; k++) {
			struct str_cut cut = str_cut(str_of(rows[i].each), '#');
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s",
			    STR_ARG(cut.head));
			if (cut.found)
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%u%.*s",
				    k, STR_ARG(cut.tail));
		}
		if (strchr(rows[i].head, '{') != NULL)
			text[n++] = '}';
		if (strchr(rows[i].head, '[') != NULL)
			text[n++] = ']';

		struct bundle_file file = { STR("a.yaml"), { text, n } };
		struct bundle bundle = { &file, 1 };
		hash32 hash = { { 0 } };
		struct arena_map map;
		struct arena arena = arena_map(&map, model_arena_bytes(n + 6) / 2);
		struct diags diags;
		diags_init(&diags, &arena);
		struct model *m = model_load(&bundle, &hash, &arena, &diags);
		EXPECT(m == NULL);
		EXPECT(!str_ends(diags.first->message, STR("are too many")));
		model_done(m);
		arena_unmap(&map);
	}
}

/* Runbooks cost most where there are many and each is short. */
static void
load__fits_the_arena_with_many_short_runbooks(void)
{
	static const char *const texts[] = { "x", "```check a\n```\n```check b\n" };
	for (size_t i = 0; i < countof(texts); i++) {
		static char paths[300][32];
		struct bundle_file files[300];
		struct bundle bundle = { files, countof(files) };
		size_t bytes = 0;
		for (size_t k = 0; k < countof(files); k++) {
			(void)snprintf(paths[k], sizeof(paths[k]), "runbooks/%03zu.md", k);
			files[k] =
			    (struct bundle_file){ str_of(paths[k]), str_of(texts[i]) };
			bytes += files[k].path.n + files[k].bytes.n;
		}
		hash32 hash = { { 0 } };
		struct arena_map map;
		struct arena arena = arena_map(&map, model_arena_bytes(bytes) / 2);
		struct diags diags;
		diags_init(&diags, &arena);
		EXPECT(model_load(&bundle, &hash, &arena, &diags) == NULL);
		EXPECT(diags.count > 250);
		arena_unmap(&map);
	}
}

static void
load__too_small_an_arena_is_a_mistake(void)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct diags diags;
	diags_init(&diags, &arena);
	struct bundle_file file = { STR("a.yaml"), str_of(base) };
	struct bundle bundle = { &file, 1 };
	hash32 hash = { { 0 } };
	EXPECT(model_load(&bundle, &hash, &arena, &diags) == NULL);
	EXPECT_U64(diags.count, 1);
}

int
main(void)
{
	RUN(load__resolves_names_over_files);
	RUN(load__gives_what_is_not_written_its_default);
	RUN(load__people_are_reached_and_take_turns);
	RUN(load__first_alert_rule_that_matches_wins);
	RUN(load__rules_say_who_what_where_and_how_much);
	RUN(load__actions_are_arguments_and_typed_values);
	RUN(load__order_of_files_and_of_reading_is_that_of_names);
	RUN(load__examples_have_no_fault);
	RUN(load__first_folder_has_no_fault);
	RUN(load__zone_names_are_found_without_loading);
	RUN(load__fits_the_arena_it_asks_for);
	RUN(load__fits_the_arena_with_many_short_runbooks);
	RUN(load__too_small_an_arena_is_a_mistake);
	TEST_MAIN_END();
}
