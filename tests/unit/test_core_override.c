/* Who stands in for whom: overrides, "cover me", swaps; and the handover. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* ana and mei by turns, from Monday 2026-11-23 09:00 on ana; piotr is the lead; rui is of
 * another team. On duty may restart payments. */
#define DESK                                                                           \
	SHOP_TOP "people:\n"                                                           \
		 "  ana: {email: ana@example.com, reach: [mail, pager]}\n"             \
		 "  mei: {email: mei@example.com, reach: [mail]}\n"                    \
		 "  kim: {name: Kim Lee, email: kim@example.com, reach: [mail]}\n"     \
		 "  piotr: {name: Piotr Nowak, email: p@example.com, reach: [mail]}\n" \
		 "  rui: {name: KIM lee, email: rui@example.com, reach: [mail]}\n"     \
		 "  deaf: {email: deaf@example.com}\n"                                 \
		 "teams:\n"                                                            \
		 "  platform-ops:\n"                                                   \
		 "    kind: operations\n"                                              \
		 "    lead: piotr\n"                                                   \
		 "    notify: [ops-hook]\n"                                            \
		 "    on_call:\n"                                                      \
		 "      zone: Europe/Lisbon\n"                                         \
		 "      rotations:\n"                                                  \
		 "        - {name: primary, people: [ana, mei, kim], every: 1 week,"   \
		 " handover: 'Mon 09:00', start: 2026-11-23}\n"                        \
		 "      escalate: [{to: primary, after: 5m}, {to: lead}]\n"            \
		 "  checkout-dev: {kind: development}\n" SHOP_SERVICES SHOP_ACTIONS    \
		 "authority:\n"                                                        \
		 "  - {grant: on duty restarts, to: [on-duty: platform-ops], may: "    \
		 "[restart], on: {service: [payments]}, until: 2030-01-01, owner: "    \
		 "piotr}\n"

#define STUCK "alertname=QueueStuck,queue=payments"

static struct pair params[8];

/* Params as "name", "value" pairs up to NULL; times as "+1h" from now. */
static struct command
asking(struct world *w, enum command_kind kind, const char *who, const char *const *p)
{
	static char text[8][32];
	struct command command = { .kind = kind, .principal = str_of(who) };
	for (size_t i = 0; p[2 * i] != NULL; i++) {
		str value = str_of(p[2 * i + 1]);
		uint64_t hours;
		if (value.p[0] == '+' && str_u64(str_drop(value, 1), 100000, &hours)) {
			(void)snprintf(text[i], sizeof(text[i]), "%llu",
			    (unsigned long long)(w->wall + hours * HOUR));
			value = str_of(text[i]);
		}
		params[i] = (struct pair){ str_of(p[2 * i]), value };
		command.params = (struct pairs){ params, i + 1 };
	}
	EXPECT(pairs_sort(&command.params));
	return command;
}

#define ASK(w, kind, who, ...) \
	asking(w, kind, who,   \
	    (const char *const[]){ "team", "platform-ops", __VA_ARGS__, NULL })

static struct reply
word(struct world *w, enum command_kind kind, const char *who, row_id row)
{
	struct command command = { .kind = kind, .principal = str_of(who), .row = row };
	return world_command(w, &command);
}

static struct override_row
row_of(struct world *w, row_id id)
{
	struct override_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_OVERRIDE, id, &row));
	return row;
}

static struct reply
restart(struct world *w, const char *who)
{
	struct command run = { .kind = COMMAND_RUN,
		.incident = w->last_incident,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1"),
		.principal = str_of(who) };
	return world_command(w, &run);
}

static void
override__takes_the_pager_and_the_authority_at_once(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct command set = ASK(w, COMMAND_OVERRIDE_SET, "person:piotr", "person", "mei",
	    "to", "+24", "rotation", "primary");
	set.text = STR("ana is ill");
	struct reply reply = world_command(w, &set);
	EXPECT_U64(reply.status, 201);
	EXPECT(reply.table == TABLE_OVERRIDE);
	EXPECT(row_of(w, reply.row).state == OVERRIDE_HOLDS);
	EXPECT_STR(row_of(w, reply.row).by, STR("person:piotr"));
	EXPECT_STR(row_of(w, reply.row).why, STR("ana is ill"));
	/* Both are told: who has it now, and who has not. */
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT(world_says(w, 0,
	    "mei has primary of platform-ops from 2026-11-23 13:12 until "
	    "2026-11-24 13:12 UTC (ana is ill)"));
	world_restart(w);
	world_fire(w, STUCK);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 0);
	EXPECT_U64(restart(w, "person:ana").status, 403);
	EXPECT_U64(restart(w, "person:mei").status, 202);
	struct decision_row decision;
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &decision));
	EXPECT_U64(decision.given.stand_ins.n, 1);
	const struct stand_in *given = decision.given.stand_ins.p;
	EXPECT_STR(given->person, STR("mei"));

	/* Its time passes: what is written holds again, and ana is told what is open. */
	world_exit(w, 0);
	world_after(w, DAY);
	EXPECT(row_of(w, reply.row).state == OVERRIDE_OVER);
	EXPECT_U64(core_stand_ins(w->core)->n, 0);
	EXPECT_U64(restart(w, "person:mei").status, 403);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 2);
	world_free(w);
}

static void
override__is_for_people_of_the_team_by_people_of_the_team(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	static const struct {
		const char *who, *person, *part;
		uint32_t status;
		bool admin;
	} rows[] = {
		{ "person:rui", "rui", "only people of platform-ops", 403, false },
		{ "person:ana", "rui", "only the role admin puts others on duty", 403,
		    false },
		{ "agent:x", "ana", "is an agent", 403, true },
		{ "person:ana", "nobody", "there is nobody called 'nobody'", 404, false },
		{ "local-admin", "deaf", "cannot be reached", 422, true },
		{ "local-admin", "rui", "", 201, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].part;
		struct command set = ASK(w, COMMAND_OVERRIDE_SET, rows[i].who, "person",
		    rows[i].person, "to", "+24");
		set.admin = rows[i].admin;
		struct reply reply = world_command(w, &set);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT(str_contains(reply.error, str_of(rows[i].part)));
	}
	/* Whom the admin put there is on duty, with what that allows. */
	world_fire(w, STUCK);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "rui"), 1);
	EXPECT_U64(restart(w, "person:rui").status, 202);
	world_free(w);
}

static void
override__has_an_end_and_stands_alone(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct command set =
	    ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "mei", "to", "+24");
	row_id first = world_command(w, &set).row;
	set = ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "kim", "from", "+23",
	    "to", "+30");
	struct reply reply = world_command(w, &set);
	EXPECT_U64(reply.status, 409);
	EXPECT(str_contains(reply.error, STR("lies over it: mei, from 2026-11-23 13:12 ")));
	set = ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "kim", "from", "+24",
	    "to", "+30");
	EXPECT_U64(world_command(w, &set).status, 201);
	set = ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "kim", "from", "+30",
	    "to", "+9000");
	EXPECT_U64(world_command(w, &set).status, 422);
	set = ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "kim", "from", "+3",
	    "to", "+3");
	EXPECT_U64(world_command(w, &set).status, 422);
	set = ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "kim");
	EXPECT_U64(world_command(w, &set).status, 422);
	set = ASK(w, COMMAND_OVERRIDE_SET, "person:ana", "person", "kim", "to", "+3",
	    "rotation", "night");
	EXPECT_U64(world_command(w, &set).status, 404);

	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:rui", first).status, 403);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:piotr", first).status, 200);
	EXPECT(row_of(w, first).state == OVERRIDE_ENDED);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:piotr", first).status, 404);
	EXPECT_U64(core_stand_ins(w->core)->n, 1);
	/* Whoever leaves the configuration stands in for nobody any more. */
	world_adopt(w, SHOP, NULL);
	EXPECT_U64(core_stand_ins(w->core)->n, 0);
	world_free(w);
}

/* However many lose a turn by it, all are told; and the last of them has one to ask for. */
static void
override__is_told_to_all_of_a_large_team(void)
{
	struct buf text = BUF(8192);
	buf_printf(&text, SHOP_TOP "people:\n");
	for (unsigned i = 1; i <= 20; i++)
		buf_printf(&text, "  p%u: {email: p%u@example.com, reach: [mail]}\n", i, i);
	buf_printf(&text,
	    "teams:\n  platform-ops:\n    kind: operations\n    on_call:\n"
	    "      zone: UTC\n      escalate: [{to: primary}]\n      rotations:\n"
	    "        - {name: primary, every: 1 day, handover: '09:00', start: "
	    "2026-11-23, people: [p1");
	for (unsigned i = 2; i <= 20; i++)
		buf_printf(&text, ", p%u", i);
	buf_printf(&text, "]}\n  checkout-dev: {kind: development}\n" SHOP_SERVICES "%c",
	    0);
	const char *yaml = buf_str(&text).p;
	struct world *w = world_new(yaml, NULL, NULL);
	struct command set =
	    ASK(w, COMMAND_OVERRIDE_SET, "person:p1", "person", "p1", "to", "+600");
	EXPECT_U64(world_command(w, &set).status, 201);
	for (unsigned i = 2; i <= 20; i++) {
		char whom[8];
		(void)snprintf(whom, sizeof(whom), "p%u", i);
		EXPECT_U64(world_told(w, PURPOSE_SELF, whom), 1);
	}
	EXPECT_U64(world_told(w, PURPOSE_SELF, "p1"), 0);
	world_free(w);

	w = world_new(yaml, NULL, NULL);
	struct command cover = ASK(w, COMMAND_OVERRIDE_COVER, "person:p20", "to", "+600");
	EXPECT_U64(world_command(w, &cover).status, 202);
	world_free(w);
	buf_done(&text);
}

static void
cover__goes_to_the_first_who_says_yes(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct command cover = ASK(w, COMMAND_OVERRIDE_COVER, "person:mei", "to", "+24");
	struct reply reply = world_command(w, &cover);
	EXPECT_U64(reply.status, 422); /* it is ana's */
	EXPECT(str_contains(reply.error, STR("you have no turn of platform-ops")));
	cover = ASK(w, COMMAND_OVERRIDE_COVER, "person:ana", "from", "+2", "to", "+24");
	row_id id = world_command(w, &cover).row;
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "kim"), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "piotr"), 0);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:rui", id).status, 403);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_DECLINE, "person:mei", id).status, 200);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:mei", id).status, 403);
	world_restart(w);
	/* It begins, and nobody has taken it. */
	world_after(w, 2 * HOUR);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:kim", id).status, 200);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:kim", id).status, 409);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 2);
	world_fire(w, STUCK);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "kim"), 1);
	world_after(w, DAY);
	EXPECT(row_of(w, id).state == OVERRIDE_OVER);
	EXPECT_STR(row_of(w, id).person, STR("kim"));

	/* Nobody wants it. */
	cover = ASK(w, COMMAND_OVERRIDE_COVER, "person:ana", "to", "+24");
	id = world_command(w, &cover).row;
	EXPECT_U64(word(w, COMMAND_OVERRIDE_DECLINE, "person:mei", id).status, 200);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_DECLINE, "person:kim", id).status, 200);
	EXPECT(row_of(w, id).state == OVERRIDE_DECLINED);
	cover = ASK(w, COMMAND_OVERRIDE_COVER, "person:ana", "to", "+1");
	id = world_command(w, &cover).row;
	unsigned before = world_told(w, PURPOSE_SELF, "ana");
	world_after(w, HOUR + SECOND);
	EXPECT(row_of(w, id).state == OVERRIDE_EXPIRED);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), before + 1);
	EXPECT(str_contains(world_last_notice(w)->text,
	    STR("Nobody has taken all of platform-ops from ")));
	EXPECT(str_contains(world_last_notice(w)->text, STR(": it stayed yours.")));
	world_free(w);
}

/* The night of 2027-03-28 has no hour from one to two in Lisbon. */
static void
swap__over_a_change_of_clocks_gives_each_the_others_turn(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	/* 2027-03-22 09:00 WET begins a turn of kim's, 2027-03-29 09:00 WEST one of ana's. */
	world_after(w, 119 * DAY);
	msec monday = (msec)civil_days(2027, 3, 29) * DAY + 8 * HOUR;
	char from[24], to[24], back_from[24], back_to[24];
	(void)snprintf(from, sizeof(from), "%llu",
	    (unsigned long long)(monday - 7 * DAY + HOUR));
	(void)snprintf(to, sizeof(to), "%llu", (unsigned long long)monday);
	(void)snprintf(back_from, sizeof(back_from), "%llu", (unsigned long long)monday);
	(void)snprintf(back_to, sizeof(back_to), "%llu",
	    (unsigned long long)(monday + 7 * DAY));
	struct command swap = ASK(w, COMMAND_OVERRIDE_SWAP, "person:kim", "person", "mei",
	    "from", from, "to", to, "back_from", back_from, "back_to", back_to);
	struct reply reply = world_command(w, &swap);
	EXPECT_U64(reply.status, 422);
	EXPECT(str_contains(reply.error, STR("mei has no turn of platform-ops")));
	swap = ASK(w, COMMAND_OVERRIDE_SWAP, "person:kim", "person", "ana", "from", from,
	    "to", to, "back_from", back_from, "back_to", back_to);
	reply = world_command(w, &swap);
	EXPECT_U64(reply.status, 202);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:mei", reply.row).status, 403);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:ana", reply.row).status, 200);
	EXPECT_U64(core_stand_ins(w->core)->n, 2);
	/* The last second of the swapped turn, and the first of the other. */
	world_after(w, monday - SECOND - w->wall);
	world_fire(w, STUCK);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "kim"), 1);
	world_after(w, 2 * SECOND);
	/* kim, who has it from then on, is told what is open. */
	EXPECT_STR(world_last_notice(w)->person, STR("kim"));
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[on duty] primary of platform-ops: 1 open incident"));
	EXPECT(str_contains(world_last_notice(w)->text, STR("incident 1 [sev3] payments")));
	world_fire(w, "alertname=Other,queue=two");
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "kim"), 1);
	world_after(w, 8 * DAY);
	EXPECT(row_of(w, reply.row).state == OVERRIDE_OVER);
	EXPECT_U64(core_stand_ins(w->core)->n, 0);
	world_free(w);
}

static void
handover__tells_who_comes_what_is_open(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	world_after(w, 7 * DAY - 5 * HOUR); /* Monday 08:12 */
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 0);
	world_fire(w, STUCK);
	world_restart(w);
	world_after(w, HOUR);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	EXPECT(str_contains(world_last_notice(w)->text,
	    STR("You have primary of platform-ops until 2026-12-07 09:00")));
	EXPECT(str_contains(world_last_notice(w)->text, STR(", after ana. Open now:")));
	world_after(w, 3 * DAY);
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 1);
	world_free(w);
}

static void
handover__names_twenty_and_counts_the_others(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	world_after(w, 7 * DAY - 5 * HOUR);
	w->reload = false;
	for (unsigned i = 0; i < 22; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=Slow%u,service=%s", i,
		    i % 2 == 0 ? "ledger" : "checkout");
		world_fire(w, labels);
	}
	EXPECT(world_state(w, 22) == INCIDENT_OPEN);
	world_after(w, HOUR);
	const struct notice_row *told = world_last_notice(w);
	EXPECT_STR(told->person, STR("mei"));
	EXPECT(str_contains(told->subject, STR("22 open incidents")));
	EXPECT(str_contains(told->text, STR("  incident 20 [")));
	EXPECT(!str_contains(told->text, STR("  incident 21 [")));
	EXPECT(str_contains(told->text, STR("\n  and 2 more\n")));
	world_free(w);
}

/* ana had been told that it is not hers. */
static void
handover__tells_who_has_it_again_when_a_stand_in_is_ended(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct command set =
	    ASK(w, COMMAND_OVERRIDE_SET, "person:piotr", "person", "mei", "to", "+24");
	row_id id = world_command(w, &set).row;
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	world_after(w, HOUR);
	world_fire(w, STUCK);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "mei"), 1);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:piotr", id).status, 200);
	unsigned again = 0, open = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		if (!str_eq(row->person, STR("ana")))
			continue;
		again += str_contains(row->text, STR("You have it again."));
		open += str_contains(row->text, STR(", after mei. Open now:"));
	}
	EXPECT_U64(again, 1);
	EXPECT_U64(open, 1);
	world_free(w);
}

/* Whoever had it is in no rotation any more. */
static void
handover__tells_who_has_it_by_another_configuration(void)
{
	static const char without_ana[] =
	    SHOP_TOP "people:\n"
		     "  mei: {email: mei@example.com, reach: [mail]}\n"
		     "  piotr: {email: piotr@example.com, reach: [mail]}\n"
		     "teams:\n"
		     "  platform-ops:\n"
		     "    kind: operations\n"
		     "    lead: piotr\n"
		     "    on_call:\n"
		     "      zone: Europe/Lisbon\n"
		     "      rotations:\n"
		     "        - {name: primary, people: [mei], handover: 'Mon 09:00'}\n"
		     "  checkout-dev: {kind: development}\n" SHOP_SERVICES;
	struct world *w = world_new(DESK, NULL, NULL);
	world_after(w, HOUR);
	world_fire(w, STUCK);
	world_adopt(w, without_ana, NULL);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "mei"), 1);
	EXPECT(str_contains(world_last_notice(w)->text, STR(", after ana. Open now:")));
	world_free(w);
}

/* It would be acknowledged, so nobody would be called, and nobody would know. */
static void
handover__of_an_incident_is_to_somebody_who_can_be_told(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct command command = { .kind = COMMAND_HAND_OVER,
		.incident = 1,
		.principal = STR("person:ana"),
		.name = STR("deaf") };
	world_fire(w, STUCK);
	struct reply reply = world_command(w, &command);
	EXPECT_U64(reply.status, 422);
	EXPECT(str_contains(reply.error, STR("deaf cannot be reached")));
	EXPECT(!world_incident(w, 1).acknowledged);
	world_free(w);
}

/* As people speak of each other; of two with one name neither is guessed. */
static void
handover__of_an_incident_is_to_an_id_or_to_a_name_that_one_has(void)
{
	static const struct {
		const char *name, *with, *error;
	} rows[] = {
		{ "mei", "person:mei", NULL },
		{ "Piotr Nowak", "person:piotr", NULL },
		{ "piotr nowak", "person:piotr", NULL },
		{ "Piotr", NULL, "there is no person 'Piotr'" },
		{ "", NULL, "there is no person ''" },
		{ "Kim Lee", NULL, "2 people are called 'Kim Lee': say which by the id" },
		{ "rui", "person:rui", NULL },
	};
	struct world *w = world_new(DESK, NULL, NULL);
	world_fire(w, STUCK);
	str with = { 0 };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct command command = { .kind = COMMAND_HAND_OVER,
			.incident = 1,
			.principal = STR("person:ana"),
			.name = str_of(rows[i].name) };
		struct reply reply = world_command(w, &command);
		if (rows[i].with != NULL)
			with = str_of(rows[i].with);
		EXPECT_U64(reply.status, rows[i].with != NULL ? 200 : 422);
		EXPECT_STR(reply.error, str_of(rows[i].error != NULL ? rows[i].error : ""));
		EXPECT(str_eq(world_incident(w, 1).acknowledged_by, with));
	}
	world_free(w);
}

int
main(void)
{
	RUN(override__takes_the_pager_and_the_authority_at_once);
	RUN(override__is_for_people_of_the_team_by_people_of_the_team);
	RUN(override__has_an_end_and_stands_alone);
	RUN(override__is_told_to_all_of_a_large_team);
	RUN(cover__goes_to_the_first_who_says_yes);
	RUN(swap__over_a_change_of_clocks_gives_each_the_others_turn);
	RUN(handover__tells_who_comes_what_is_open);
	RUN(handover__names_twenty_and_counts_the_others);
	RUN(handover__tells_who_has_it_again_when_a_stand_in_is_ended);
	RUN(handover__tells_who_has_it_by_another_configuration);
	RUN(handover__of_an_incident_is_to_somebody_who_can_be_told);
	RUN(handover__of_an_incident_is_to_an_id_or_to_a_name_that_one_has);
	TEST_MAIN_END();
}
