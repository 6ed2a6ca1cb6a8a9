/* What another configuration changes of what is there already; and what it says of what is there. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* ---- maintenance ---- */

#define NIGHTS                                                      \
	"calendars:\n"                                              \
	"  nights: {zone: UTC, weekly: [{days: any, from: '22:00'," \
	" until: '06:00'}]}\n"
#define WINDOW(match, owner, more)                                           \
	SHOP NIGHTS "maintenance:\n  - {name: upgrades, match: {" match "}," \
		    " during: nights, owner: " owner ", because: patches" more "}\n"
#define MAILS WINDOW("queue: mail", "ana", "")

static struct silence_row
silence_at(struct world *w, row_id id)
{
	struct silence_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_SILENCE, id, &row));
	return row;
}

static bool
holds(struct world *w, row_id id)
{
	struct silence_row row = silence_at(w, id);
	return silence_state(&row, w->wall) != SILENCE_EXPIRED;
}

static void
maintenance__is_made_anew_when_anything_of_it_is_written_otherwise(void)
{
	static const struct {
		const char *name, *yaml;
		bool same;
	} rows[] = {
		{ "the same", MAILS, true },
		{ "other alerts", WINDOW("queue: bills", "ana", "") },
		{ "another owner", WINDOW("queue: mail", "mei", "") },
		{ "another reason", WINDOW("queue: mail", "ana", " of ours") },
		{ "an end", WINDOW("queue: mail", "ana", ", until: 2026-12-24") },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(MAILS, NULL, NULL);
		row_id first = world_last(w, TABLE_SILENCE);
		world_adopt(w, rows[i].yaml, SHOP_QUEUE("restart-unit"));
		row_id now = world_last(w, TABLE_SILENCE);
		EXPECT(holds(w, first) == rows[i].same);
		EXPECT((now == first) == rows[i].same);
		EXPECT(holds(w, now));
		world_free(w);
	}
}

static void
maintenance__holds_by_each_kind_of_matcher(void)
{
	struct world *w = world_new(WINDOW("queue: mail, site: '!lisbon', job: '~web-.*', "
					   "env: '!~test|stage'",
					"ana", ""),
	    NULL, NULL);
	struct silence_row row = silence_at(w, world_last(w, TABLE_SILENCE));
	const struct silence_matcher want[] = {
		{ STR("queue"), STR("mail"), false, true },
		{ STR("site"), STR("lisbon"), false, false },
		{ STR("job"), STR("web-.*"), true, true },
		{ STR("env"), STR("test|stage"), true, false },
	};
	EXPECT_U64(row.matchers.n, countof(want));
	const struct silence_matcher *p = row.matchers.p;
	for (size_t i = 0; i < row.matchers.n; i++) {
		size_t k = 0;
		while (k < countof(want) && !str_eq(want[k].name, p[i].name))
			k++;
		EXPECT(k < countof(want) && str_eq(want[k].value, p[i].value) &&
		       want[k].regex == p[i].regex && want[k].equal == p[i].equal);
	}
	world_free(w);
}

/* One that is over before it is adopted holds nothing; one that a person ended is there again. */
static void
maintenance__ends_by_its_day_or_by_a_person_until_the_next_configuration(void)
{
	struct world *w =
	    world_new(WINDOW("queue: mail", "ana", ", until: 2026-11-24"), NULL, NULL);
	row_id first = world_last(w, TABLE_SILENCE);
	EXPECT(holds(w, first));
	world_after(w, 3 * DAY);
	world_adopt(w, WINDOW("queue: mail", "ana", ", until: 2026-11-24"),
	    SHOP_QUEUE("restart-unit"));
	EXPECT_U64(world_last(w, TABLE_SILENCE), first);
	EXPECT(!holds(w, first));
	world_free(w);

	w = world_new(MAILS, NULL, NULL);
	first = world_last(w, TABLE_SILENCE);
	struct command end = { .kind = COMMAND_SILENCE_EXPIRE,
		.principal = STR("person:ana"),
		.role = ROLE_OPERATOR,
		.name = silence_at(w, first).uuid };
	EXPECT_U64(world_command(w, &end).status, 200);
	EXPECT(!holds(w, first));
	world_adopt(w, MAILS, SHOP_QUEUE("restart-unit"));
	EXPECT(world_last(w, TABLE_SILENCE) != first);
	EXPECT(holds(w, world_last(w, TABLE_SILENCE)));
	world_free(w);
}

/* ---- heartbeats ---- */

#define IMPORT(service, longest)                                        \
	SHOP "ping_key: file:/none\nheartbeats:\n"                      \
	     "  import: {service: " service ", period: 1h, grace: 10m," \
	     " longest: " longest "}\n"                                 \
	     "  export: {service: payments, period: 1h, grace: 10m}\n"

static struct heartbeat_row
import(struct world *w)
{
	const struct heartbeat_row *row;
	EXPECT_U64(core_heartbeats(w->core, &row, 1), 1); /* of two, as many as fit */
	return *row;
}

static void
start(struct world *w)
{
	struct pair kind = { STR("kind"), STR("start") };
	struct command ping = { .kind = COMMAND_PING,
		.principal = STR("firstline"),
		.name = STR("import"),
		.params = { &kind, 1 } };
	EXPECT_U64(world_command(w, &ping).status, 200);
}

static void
heartbeat__that_runs_ends_by_the_length_that_is_written_now(void)
{
	struct world *w = world_new(IMPORT("payments", "40m"), NULL, NULL);
	start(w);
	world_adopt(w, IMPORT("checkout", "15m"), NULL);
	EXPECT_STR(import(w).service, STR("checkout"));
	world_after(w, 15 * MINUTE - 1);
	EXPECT(import(w).state != HEARTBEAT_DOWN);
	world_after(w, 1);
	EXPECT(import(w).state == HEARTBEAT_DOWN);
	EXPECT(str_contains(import(w).why, STR("has not ended")));
	world_free(w);

	/* By that it would have ended already: it has its grace from now. */
	w = world_new(IMPORT("payments", "40m"), NULL, NULL);
	start(w);
	world_after(w, 10 * MINUTE);
	world_adopt(w, IMPORT("payments", "5m"), NULL);
	world_after(w, 10 * MINUTE - 1);
	EXPECT(import(w).state != HEARTBEAT_DOWN);
	world_after(w, 1);
	EXPECT(import(w).state == HEARTBEAT_DOWN);
	world_free(w);
}

/* What was said while we were away we did not hear: there is time to say it again, though
 * each start adopts the configuration. */
static void
heartbeat__that_was_due_while_we_were_away_gets_time(void)
{
	static const struct {
		const char *name;
		bool runs;
		msec before; /* we go away for ten minutes */
	} rows[] = {
		{ "a run that should have ended", true, 35 * MINUTE },
		{ "one that should have been heard of", false, 65 * MINUTE },
		{ "one that is due in a second", false, 60 * MINUTE - SECOND },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(IMPORT("payments", "40m"), NULL, NULL);
		if (rows[i].runs)
			start(w);
		world_after(w, rows[i].before);
		world_away(w, 10 * MINUTE, NULL);
		world_after(w, 10 * MINUTE - 1);
		EXPECT(import(w).state != HEARTBEAT_DOWN);
		world_after(w, 1);
		EXPECT(import(w).state == HEARTBEAT_DOWN);
		world_free(w);
	}
	/* There is time enough left: nothing is moved. */
	struct world *w = world_new(IMPORT("payments", "40m"), NULL, NULL);
	start(w);
	msec due = import(w).run_due_at;
	world_restart(w);
	EXPECT_U64(import(w).run_due_at, due);
	world_free(w);
}

/* ---- grants that end ---- */

#define ENDS(who, sentence)                                    \
	"  - {grant: " sentence ", to: [ana], may: [restart]," \
	" on: {service: [ledger]}, until: 2026-11-30, owner: " who "}\n"

static void
grants__are_told_to_each_of_their_owners_at_once(void)
{
	struct world *w = world_new(SHOP ENDS("ana", "a") ENDS("mei", "b") ENDS("ana", "c")
					ENDS("mei", "d"),
	    NULL, NULL);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	EXPECT_STR(world_last_notice(w)->subject, STR("[grants] 2 of your grants end"));
	EXPECT(str_contains(world_last_notice(w)->text, STR("grant 'b' ends")));
	EXPECT(!str_contains(world_last_notice(w)->text, STR("grant 'a' ends")));
	/* One is taken out: its gap goes, the others' stay. */
	world_adopt(w, SHOP ENDS("ana", "a") ENDS("mei", "b") ENDS("ana", "c"), NULL);
	EXPECT_U64(world_gap(w, GAP_GRANT_ENDS, "d").count, 0);
	EXPECT_U64(world_gap(w, GAP_GRANT_ENDS, "b").count, 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 2);
	world_free(w);
}

static void
grants__that_are_many_are_counted_behind_the_first(void)
{
	struct buf yaml = BUF(64 * 1024);
	buf_add(&yaml, STR(SHOP));
	for (unsigned i = 0; i < 53; i++)
		buf_printf(&yaml,
		    "  - {grant: g%u, to: [ana], may: [restart], on: {service: [ledger]},"
		    " until: 2026-11-30, owner: ana}\n",
		    i);
	buf_add(&yaml, (str){ "", 1 });
	struct world *w = world_new(yaml.p, NULL, NULL);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_STR(world_last_notice(w)->subject, STR("[grants] 53 of your grants end"));
	EXPECT(str_contains(world_last_notice(w)->text, STR("grant 'g49' ends")));
	EXPECT(!str_contains(world_last_notice(w)->text, STR("grant 'g50' ends")));
	EXPECT(str_contains(world_last_notice(w)->text, STR("  and 3 more\n")));
	EXPECT_U64(world_gap(w, GAP_GRANT_ENDS, "g52").count, 1);
	world_free(w);
	buf_done(&yaml);
}

#define PEOPLE_WITH(tier)                                                    \
	"people:\n"                                                          \
	"  ana: {name: Ana, email: ana@example.com, reach: [mail, pager]}\n" \
	"  mei: {name: Mei, email: mei@example.com, reach: [mail]}\n"        \
	"teams:\n"                                                           \
	"  platform-ops:\n"                                                  \
	"    kind: operations\n"                                             \
	"    lead: mei\n"                                                    \
	"    on_call:\n"                                                     \
	"      zone: UTC\n"                                                  \
	"      rotations: [{name: primary, people: [ana], every: 1 week,"    \
	" handover: 'Mon 09:00'}]\n"                                         \
	"      escalate: [{to: primary, after: 5m}, " tier "{to: lead}]\n"   \
	"  shop-dev: {kind: development, lead: ana, tracker: 'github:a/b'}\n"
#define EXCEPT(day)                                                              \
	"{to: shop-dev, after: 5m, exception: {owner: mei, because: a new shop," \
	" until: " day "}}, "
#define SMALL(tier)                                                \
	SHOP_TOP PEOPLE_WITH(tier) "services:\n"                   \
				   "  shop: {owner: platform-ops," \
				   " tier: 2}\n"

/* No grant is written: the exception alone is looked for, at nine, until it is over. */
static void
exception__that_is_over_is_said_once_more(void)
{
	struct world *w = world_new(SMALL(EXCEPT("2026-11-25")), NULL, NULL);
	EXPECT_STR(world_gap(w, GAP_EXCEPTION_ENDS, "shop-dev in platform-ops").text,
	    STR("the exception for shop-dev in platform-ops ends with 2026-11-25: after "
		"that they are told of nothing"));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	world_after(w, 3 * DAY);
	EXPECT_STR(world_gap(w, GAP_EXCEPTION_ENDS, "shop-dev in platform-ops").text,
	    STR("the exception for shop-dev in platform-ops ended with 2026-11-25: they "
		"are told of nothing any more"));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	/* Another end is told of anew. */
	world_adopt(w, SMALL(EXCEPT("2026-12-01")), NULL);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 2);
	world_free(w);
}

/* ---- what is said of a new incident ---- */

#define MANY                                                                            \
	SHOP_TOP PEOPLE_WITH(                                                           \
	    "") "services:\n"                                                           \
		"  base: {owner: platform-ops, tier: 2}\n"                              \
		"  a: {owner: platform-ops, tier: 3, depends_on: [base], journeys: "    \
		"[buy]}\n"                                                              \
		"  b: {owner: platform-ops, tier: 3, depends_on: [base, a], journeys: " \
		"[buy]}\n"                                                              \
		"  c: {owner: platform-ops, tier: 3, depends_on: [base]}\n"             \
		"  d: {owner: platform-ops, tier: 3, depends_on: [base]}\n"             \
		"  e: {owner: platform-ops, tier: 3, depends_on: [base]}\n"             \
		"  f: {owner: platform-ops, tier: 3, depends_on: [base]}\n"             \
		"  g: {owner: platform-ops, tier: 3, depends_on: [base]}\n"             \
		"alerts:\n"                                                             \
		"  - {match: {alertname: Low}, service: base, severity: sev4}\n"        \
		"  - {match: {alertname: Odd}, service: base}\n"

static void
impact__names_a_few_and_counts_the_rest(void)
{
	struct world *w = world_new(MANY, NULL, NULL);
	world_fire(w, "alertname=Odd");
	EXPECT_STR(world_incident(w, 1).impact,
	    STR("customers may be unable to buy; base (tier 2) is affected, and a, b, c, "
		"d, e and 2 more depend on it"));
	world_free(w);
}

static void
severity__is_what_the_rule_says(void)
{
	struct world *w = world_new(MANY, NULL, NULL);
	world_fire(w, "alertname=Low,severity=critical");
	EXPECT(world_incident(w, 1).severity == SEV4);
	world_fire(w, "alertname=Odd,severity=critical");
	EXPECT(world_incident(w, 2).severity == SEV2);
	world_free(w);
}

/* ---- links of calendars ---- */

/* Whoever made it sees and ends it, also when whose it is is written no more. */
static void
feed__of_somebody_who_is_gone_is_its_makers(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command add = { .kind = COMMAND_FEED_ADD,
		.principal = STR("person:ana"),
		.role = ROLE_LEAD,
		.token = { .feed = STR("rotation:platform-ops/primary"),
		    .secret = sha256(STR("a")) } };
	row_id id = world_command(w, &add).row;
	add.token.secret = sha256(STR("b"));
	EXPECT_U64(world_command(w, &add).status, 201);
	const struct token_row *row;
	EXPECT_U64(core_feeds(w->core, &row, 1), 1); /* of two, as many as fit */
	world_adopt(w, SMALL(""), NULL);
	EXPECT(core_feed_is_theirs(w->core, row, STR("person:ana"), ROLE_VIEWER));
	world_adopt(w,
	    SHOP_TOP "people:\n  ana: {name: Ana, email: ana@example.com, reach: [mail]}\n"
		     "teams:\n  platform-ops: {kind: operations, lead: ana,"
		     " on_call: {zone: UTC, rotations: [{name: other, people: [ana],"
		     " every: 1 week, handover: 'Mon 09:00'}], escalate: [{to: lead}]}}\n",
	    NULL);
	EXPECT(core_feed_is_theirs(w->core, row, STR("person:ana"), ROLE_VIEWER));
	EXPECT(!core_feed_is_theirs(w->core, row, STR("person:mei"), ROLE_VIEWER));
	struct command end = { .kind = COMMAND_FEED_END,
		.principal = STR("person:mei"),
		.role = ROLE_VIEWER,
		.row = id };
	EXPECT_U64(world_command(w, &end).status, 404);
	end.principal = STR("person:ana");
	EXPECT_U64(world_command(w, &end).status, 200);
	world_free(w);
}

/* What no incident and no run uses any more is room for the next. */
static void
adopted__again_and_again_takes_no_more_memory(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_adopt(w, SHOP "# the same, said otherwise\n", NULL);
	size_t used = 0;
	for (unsigned i = 0; i < 3 * MODELS_SPARE; i++) {
		const struct config *config = &w->configs[i % 2];
		struct event event = { .kind = EVENT_CONFIG_ADOPTED,
			.config_adopted = { .hash = config->hash,
			    .model = config->model } };
		world_step(w, &event);
		if (i == 3)
			used = pool_used(w->core->pool);
	}
	EXPECT_U64(pool_used(w->core->pool), used);
	world_free(w);
}

int
main(void)
{
	RUN(maintenance__is_made_anew_when_anything_of_it_is_written_otherwise);
	RUN(maintenance__holds_by_each_kind_of_matcher);
	RUN(maintenance__ends_by_its_day_or_by_a_person_until_the_next_configuration);
	RUN(heartbeat__that_runs_ends_by_the_length_that_is_written_now);
	RUN(heartbeat__that_was_due_while_we_were_away_gets_time);
	RUN(grants__are_told_to_each_of_their_owners_at_once);
	RUN(grants__that_are_many_are_counted_behind_the_first);
	RUN(exception__that_is_over_is_said_once_more);
	RUN(impact__names_a_few_and_counts_the_rest);
	RUN(severity__is_what_the_rule_says);
	RUN(feed__of_somebody_who_is_gone_is_its_makers);
	RUN(adopted__again_and_again_takes_no_more_memory);
	TEST_MAIN_END();
}
