#include "model/init.h"
#include "model/policy.h"
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
	EXPECT_U64(policy_general(ops)->tier_n, 1);
	EXPECT(policy_general(ops)->tiers[0].kind == TIER_ROTATION);
	EXPECT(policy_general(ops)->tiers[0].rotation == &ops->rotations[0]);
	/* The Wednesday before 2024-01-01. */
	EXPECT(ops->rotations[0].layers[0].anchor_days == civil_days(2023, 12, 27));
	struct turn turn =
	    rotation_at(&ops->rotations[0], (msec)civil_days(2024, 1, 2) * DAY);
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

/* What the rules below are about. */
#define SCALING                                                                           \
	"services:\n"                                                                     \
	"  a: {owner: ops, healthy: {http: \"http://${target}:80/h\", expect: status == " \
	"200}}\n"                                                                         \
	"actions:\n"                                                                      \
	"  scale: {verb: scale, run: [scale, \"${n}\", \"${how}\"],\n"                    \
	"    params: {n: {type: integer, min: 1, max: 100}, how: {type: one-of, "         \
	"values: [slow, fast]}},\n"                                                       \
	"    observe: {n: {promql: \"n{s='${service}'}\", server: http://p:9090, "        \
	"timeout: 2s}}}\n"

static void
load__grant_bounds_parameters_and_the_blast(void)
{
	const struct model *m = load(SCALING
	    "authority:\n"
	    "  - grant: g\n"
	    "    to: [automation]\n"
	    "    may: [scale]\n"
	    "    on: {tier: 3}\n"
	    "    with:\n"
	    "      n: {min: 2, max: 20, change: 1.25x}\n"
	    "      how: {one_of: [slow, fast], like: \"s*\"}\n"
	    "    within: {per_actor: 5 in 1d, targets: 30% in 2h, keep_healthy: 60%, "
	    "spacing: 10m, not_beside: [scale]}\n"
	    "    from: 2026-01-01\n"
	    "    until: 2027-06-30\n"
	    "    owner: ana\n"
	    "  - {limit: l, for: any, within: {targets: 2 in 1h, keep_healthy: 3}, "
	    "liftable: true, owner: piotr}\n"
	    "  - {grant: h, to: [ana], may: [scale], on: {tier: 3}, until: 2027-06-30, "
	    "owner: ana,\n"
	    "     with: {n: {change: 12.5%}}}\n"
	    "  - {grant: i, to: [ana], may: [scale], on: {tier: 3}, until: 2027-06-30, "
	    "owner: ana,\n"
	    "     with: {n: {change: \"3\", min: -5}}}\n");
	if (m == NULL)
		return;
	const struct rule *g = &m->rules[0];
	EXPECT_U64(g->from_wall, (msec)civil_days(2026, 1, 1) * DAY);
	EXPECT_U64(g->with_n, 2);
	EXPECT_STR(g->with[0].param, STR("n"));
	EXPECT(g->with[0].has_min && g->with[0].min == 2);
	EXPECT(g->with[0].has_max && g->with[0].max == 20);
	EXPECT(g->with[0].change.kind == DELTA_FACTOR);
	EXPECT_U64(g->with[0].change.thousandths, 1250);
	EXPECT_U64(g->with[1].values.n, 2);
	EXPECT_STR(g->with[1].like, STR("s*"));
	EXPECT(g->with[1].change.kind == 0 && !g->with[1].has_min);
	EXPECT_U64(g->per_actor.count, 5);
	EXPECT_U64(g->per_actor.window_ms, DAY);
	EXPECT_U64(g->targets.percent, 30);
	EXPECT_U64(g->targets.count, 0);
	EXPECT_U64(g->targets_window_ms, 2 * HOUR);
	EXPECT_U64(g->keep_healthy.percent, 60);
	EXPECT_U64(g->spacing_ms, 10 * MINUTE);
	EXPECT_STR(g->not_beside.p[0], STR("scale"));
	const struct rule *l = &m->rules[1];
	EXPECT(l->kind == RULE_LIMIT && l->any && l->liftable && !l->has_end);
	EXPECT_U64(l->targets.count, 2);
	EXPECT_U64(l->keep_healthy.count, 3);
	EXPECT_U64(l->to_n, 0);
	EXPECT(l->owner == model_person(m, STR("piotr")));
	EXPECT(m->rules[2].with[0].change.kind == DELTA_PERCENT);
	EXPECT_U64(m->rules[2].with[0].change.thousandths, 125);
	EXPECT(m->rules[3].with[0].change.kind == DELTA_NUMBER);
	EXPECT_U64(m->rules[3].with[0].change.number, 3);
	EXPECT(m->rules[3].with[0].min == -5);
	config_close(&c);
}

static void
load__approval_says_when_and_by_whom(void)
{
	const struct model *m = load(
	    SCALING "authority:\n"
		    "  - {approval: a, for: [scale], by: ana}\n"
		    "  - approval: b\n"
		    "    for: any\n"
		    "    to: [automation]\n"
		    "    on: {service: a}\n"
		    "    when: {n: \"> 2x\", targets: \">= 3\", how: \"is [fast, slow]\"}\n"
		    "    by: [{on-duty: ops}, team: ops]\n"
		    "    need: 2\n"
		    "    not: reloader\n"
		    "    expires: 1h\n"
		    "    liftable: true\n"
		    "  - {approval: c, for: [scale], by: ana, when: {n: \"<=5\"}}\n"
		    "  - {approval: d, for: [scale], by: ana, when: {n: \"< 50%\"}}\n"
		    "  - {approval: e, for: [scale], by: ana, when: {how: is fast}}\n");
	if (m == NULL)
		return;
	const struct rule *a = &m->rules[0], *b = &m->rules[1];
	EXPECT(a->kind == RULE_APPROVAL && a->when_n == 0 && a->by_n == 1);
	EXPECT(a->by[0].kind == PRINCIPAL_PERSON);
	EXPECT_U64(a->need, 1);
	EXPECT_U64(a->expires_ms, 15 * MINUTE);
	EXPECT(!a->not_reloader && !a->liftable && a->to_n == 0);
	EXPECT(b->any && b->to_n == 1 && b->by_n == 2);
	EXPECT(b->by[0].kind == PRINCIPAL_ON_DUTY && b->by[0].team == m->fallback);
	EXPECT(b->by[1].kind == PRINCIPAL_TEAM);
	EXPECT_U64(b->need, 2);
	EXPECT_U64(b->expires_ms, HOUR);
	EXPECT(b->not_reloader && b->liftable);
	EXPECT_U64(b->when_n, 3);
	EXPECT(b->when[0].op == WHEN_GT && b->when[0].times.kind == DELTA_FACTOR);
	EXPECT_U64(b->when[0].times.thousandths, 2000);
	EXPECT(b->when[1].op == WHEN_GE && b->when[1].number == 3);
	EXPECT(b->when[1].times.kind == 0);
	EXPECT_STR(b->when[1].param, STR("targets"));
	EXPECT(b->when[2].op == WHEN_IS && b->when[2].values.n == 2);
	EXPECT_STR(b->when[2].values.p[1], STR("slow"));
	EXPECT(m->rules[2].when[0].op == WHEN_LE && m->rules[2].when[0].number == 5);
	EXPECT(m->rules[3].when[0].op == WHEN_LT);
	EXPECT_U64(m->rules[3].when[0].times.thousandths, 500);
	EXPECT_STR(m->rules[4].when[0].values.p[0], STR("fast"));
	config_close(&c);
}

static void
load__calendars_are_instants_and_minutes(void)
{
	const struct model *m = load(
	    "calendars:\n"
	    "  b: {zone: Europe/Lisbon, weekly: [{days: fri-mon, from: \"22:00\", until: "
	    "\"06:00\"}, {days: [Tue, sat]}, {days: any, until: \"24:00\"}]}\n"
	    "  a:\n"
	    "    zone: Europe/Lisbon\n"
	    "    spans:\n"
	    "      - {from: 2026-10-25, until: 2026-10-25}\n"
	    "      - {from: \"2026-03-29 01:30\", until: \"2026-10-25 01:30\"}\n"
	    "authority:\n"
	    "  - {prohibit: p, may: any, during: a, liftable: true, owner: ana, to: [team: "
	    "ops]}\n");
	if (m == NULL)
		return;
	const struct calendar *b = &m->calendars[0], *a = &m->calendars[1];
	EXPECT(m->calendars_n == 2 && names_get(&m->calendar_by_name, STR("a")) == a);
	EXPECT_STR(zone_name(a->zone), STR("Europe/Lisbon"));
	EXPECT_U64(a->place.line, 3);
	EXPECT_U64(b->weeks_n, 3);
	EXPECT_U64(b->weeks[0].days, 1u << 5 | 1u << 6 | 1u << 0 | 1u << 1);
	EXPECT_U64(b->weeks[0].from_minute, 22 * 60);
	EXPECT_U64(b->weeks[0].until_minute, 6 * 60);
	EXPECT_U64(b->weeks[1].days, 1u << 2 | 1u << 6);
	EXPECT_U64(b->weeks[1].from_minute, 0);
	EXPECT_U64(b->weeks[1].until_minute, 1440);
	EXPECT_U64(b->weeks[2].days, 0x7f);
	/* By their beginning: one at a time there is not, until one there is twice. */
	EXPECT_U64(a->spans_n, 2);
	EXPECT_U64(a->spans[0].from_wall, (msec)civil_days(2026, 3, 29) * DAY + HOUR);
	EXPECT_U64(a->spans[0].until_wall,
	    (msec)civil_days(2026, 10, 25) * DAY + HOUR + 30 * MINUTE);
	/* A day of 25 hours. */
	EXPECT_U64(a->spans[1].from_wall, (msec)civil_days(2026, 10, 25) * DAY - HOUR);
	EXPECT_U64(a->spans[1].until_wall, (msec)civil_days(2026, 10, 26) * DAY);
	const struct rule *p = &m->rules[0];
	EXPECT(p->during == a && p->liftable && p->owner != NULL && p->to_n == 1);
	config_close(&c);
}

static void
load__actions_can_be_observed_and_taken_back(void)
{
	const struct model *m = load(
	    "services:\n"
	    "  a: {owner: ops, healthy: {http: \"http://${target}:80/h\", expect: status "
	    "== "
	    "200}}\n"
	    "  b: {owner: ops}\n"
	    "actions:\n"
	    "  scale: {verb: scale, run: [scale, \"${n}\"],\n"
	    "    params: {n: {type: integer}, how: {type: name, default: slow}},\n"
	    "    observe: {n: {run: [count, \"${how}\"], timeout: 2s}},\n"
	    "    undo: {do: scale, with: {n: \"${observed.n}\"}, within: 30m}}\n"
	    "  stop: {verb: stop, run: [stop, \"${unit}\"], undo: start,\n"
	    "    params: {unit: {type: name}, why: {type: name, optional: true}}}\n"
	    "  start: {verb: start, run: [start, \"${unit}\"],\n"
	    "    params: {unit: {type: name}, why: {type: name, optional: true}, x: {type: "
	    "name, optional: true}}}\n");
	if (m == NULL)
		return;
	const struct service *a = model_service(m, STR("a"));
	EXPECT(a->healthy != NULL && a->healthy->kind == PROBE_HTTP);
	EXPECT(a->healthy->url.pieces[1].quote == QUOTE_HOST);
	EXPECT(model_service(m, STR("b"))->healthy == NULL);

	const struct action *scale = model_action(m, STR("scale"));
	EXPECT_U64(scale->observe_n, 1);
	EXPECT_STR(scale->observe[0].param, STR("n"));
	EXPECT(scale->observe[0].probe.kind == PROBE_RUN);
	EXPECT_U64(scale->observe[0].probe.timeout_ms, 2 * SECOND);
	EXPECT(scale->undo == scale && scale->undo_with_n == 2);
	EXPECT_U64(scale->undo_within_ms, 30 * MINUTE);
	EXPECT_STR(scale->undo_with[0].name, STR("n"));
	EXPECT_STR(scale->undo_with[0].value.pieces[0].text, STR("observed.n"));
	EXPECT_STR(scale->undo_with[1].name, STR("how"));
	EXPECT_STR(scale->undo_with[1].value.pieces[0].text, STR("how"));
	EXPECT(scale->undo_with[1].value.pieces[0].placeholder);

	/* What both have is handed on; what only the undo has is left out. */
	const struct action *stop = model_action(m, STR("stop"));
	EXPECT_STR(stop->undo->name, STR("start"));
	EXPECT_U64(stop->undo_within_ms, HOUR);
	EXPECT_U64(stop->undo_with_n, 2);
	EXPECT_STR(stop->undo_with[0].value.written, STR("${unit}"));
	EXPECT_STR(stop->undo_with[1].name, STR("why"));
	EXPECT(model_action(m, STR("start"))->undo == NULL);
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
	EXPECT_U64(a->argv.n, 4);
	EXPECT(!a->argv.p[1].pieces[0].placeholder && a->argv.p[2].pieces[0].placeholder);
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
	    "x: [{zone: ../../etc/passwd}, {zone: /etc/passwd}, {zone: UTC}]\n"
	    "calendars: {c: {zone: Europe/Warsaw, spans: []}}\n");
	config_add(&c, "c.yaml", "zone: [broken\n");
	config_add(&c, "d.yaml", "zone: Etc/GMT+3\n");
	struct strs names = model_zone_names(&c.bundle, &c.arena);
	EXPECT_U64(names.n, 4);
	EXPECT_STR(names.p[0], STR("Europe/Lisbon"));
	EXPECT_STR(names.p[1], STR("UTC"));
	EXPECT_STR(names.p[2], STR("Europe/Warsaw"));
	EXPECT_STR(names.p[3], STR("Etc/GMT+3"));
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

/* What it only shows, behind '#', is right as well. */
static void
load__first_folder_shows_what_can_be_written(void)
{
	struct init_file files[INIT_FILES_MAX];
	size_t n = 0;
	(void)init_files(files);
	static char text[16384];
	for (str rest = files[0].text; rest.n > 0;) {
		struct str_cut cut = str_cut(rest, '\n');
		str line = cut.head;
		bool rule = str_starts(line, STR("  # - {"));
		bool calendar = str_starts(line, STR("# calendars:")) ||
		                str_starts(line, STR("#   nights:"));
		line = str_drop(line, rule ? 4 : calendar ? 2 : 0);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s\n",
		    rule ? "  " : "", STR_ARG(line));
		rest = cut.tail;
	}
	config_open(&c);
	config_add(&c, files[0].path, text);
	const struct model *m = config_load(&c);
	EXPECT_STR(config_faults(&c), STR(""));
	EXPECT(m != NULL && m->rules_n == 4 && m->calendars_n == 1);
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
		{ "rules of nothing", "authority: [", "a," },
		{ "empty rules", "authority: [", "{}," },
		{ "limits", "authority: [", "{limit: a,for: any,within: {}}," },
		{ "approvals", "authority: [", "{approval: a,for: any,by: a}," },
		{ "many bounds", "authority: [", "{grant: a,with: {a: {},b: {},c: {}}}," },
		{ "many whens", "authority: [", "{approval: a,when: {a: b,c: d,e: f}}," },
		{ "values of whens", "authority: [",
		    "{approval: a,when: {a: 'is [b,c,d,e,f,g,h,i,j,k,l,m]'}}," },
		{ "calendars", "calendars: {", "a#: {}," },
		{ "spans", "calendars: {", "a#: {spans: [a,a,a,a]}," },
		{ "weekly times", "calendars: {", "a#: {weekly: [a,a,a,a]}," },
		{ "observations", "actions: {", "a#: {observe: {}}," },
		{ "params observed", "actions: {",
		    "a#: {params: {a: a,b: b},observe: {a: {},b: {}}}," },
		{ "undo", "actions: {", "a#: {undo: a0}," },
		{ "undo of itself", "actions: {", "a#: {params: {a: a,b: b},undo: a#}," },
		{ "undo with", "actions: {",
		    "a#: {undo: {do: a0,with: {a: a,b: '${c}'}}}," },
		{ "healthy", "services: {", "a#: {healthy: {}}," },
		{ "zones", "people: {", "a#: {zone: a}," },
		{ "unknown keys", "", "a#:\n" },
	};
	static char text[BUNDLE_FILE_BYTES_MAX];
	for (size_t i = 0; i < countof(rows); i++) {
		size_t n = (size_t)snprintf(text, sizeof(text), "%s", rows[i].head);
		test_row = rows[i].name;
		for (unsigned k = 0; n < 30000; k++) {
			for (const char *p = rows[i].each; *p != 0; p++) {
				if (*p == '#')
					n += (size_t)snprintf(text + n, sizeof(text) - n,
					    "%u", k);
				else
					text[n++] = *p;
			}
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
	RUN(load__grant_bounds_parameters_and_the_blast);
	RUN(load__approval_says_when_and_by_whom);
	RUN(load__calendars_are_instants_and_minutes);
	RUN(load__actions_can_be_observed_and_taken_back);
	RUN(load__actions_are_arguments_and_typed_values);
	RUN(load__order_of_files_and_of_reading_is_that_of_names);
	RUN(load__examples_have_no_fault);
	RUN(load__first_folder_has_no_fault);
	RUN(load__first_folder_shows_what_can_be_written);
	RUN(load__zone_names_are_found_without_loading);
	RUN(load__fits_the_arena_it_asks_for);
	RUN(load__fits_the_arena_with_many_short_runbooks);
	RUN(load__too_small_an_arena_is_a_mistake);
	TEST_MAIN_END();
}
