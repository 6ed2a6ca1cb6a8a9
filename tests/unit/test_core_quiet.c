/*
 * Quiet hours: what is not urgent is held and told as one message when they end; what is
 * urgent goes through; nothing that was held is dropped, and nobody counts as told before.
 */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define CHANNELS                                                               \
	"prometheus: http://127.0.0.1:9090\n"                                  \
	"fallback: ops\n"                                                      \
	"channels:\n"                                                          \
	"  chat: {webhook: 'http://127.0.0.1:8001/chat'}\n"                    \
	"  phone: {ntfy: 'http://127.0.0.1:8001', topic: t}\n"                 \
	"  mail: {smtp: 'smtp://127.0.0.1:25', from: firstline@example.com}\n" \
	"  ops-hook: {webhook: 'http://127.0.0.1:8001/ops', digest: never}\n"
#define NIGHT "quiet: {hours: [{days: any, from: '22:00', until: '07:00'}]}"
#define PHONE "quiet: {hours: [{days: any, from: '22:00', until: '07:00'}], by: [ntfy]}"
#define ANA(quiet)                                                                      \
	"people:\n"                                                                     \
	"  ana: {name: Ana, zone: Europe/Lisbon, reach: [chat, mail: ana@example.com, " \
	"phone], " quiet "}\n"
#define MEI(quiet) "  mei: {name: Mei, zone: Asia/Tokyo, reach: [phone: mei], " quiet "}\n"
#define TEAM                                                               \
	"teams:\n"                                                         \
	"  ops:\n"                                                         \
	"    kind: operations\n"                                           \
	"    lead: mei\n"                                                  \
	"    notify: [ops-hook]\n"                                         \
	"    on_call:\n"                                                   \
	"      zone: Europe/Lisbon\n"                                      \
	"      rotations: [{name: primary, people: [ana], handover: 'Mon " \
	"09:00'}]\n"                                                       \
	"      escalate: [{to: primary, after: 5m}, {to: lead}]\n"         \
	"services:\n"                                                      \
	"  shop: {owner: ops, tier: 1}\n"                                  \
	"  ledger: {owner: ops, tier: 3}\n"
#define HOUSE(ana, mei) CHANNELS ANA(ana) MEI(mei) TEAM
#define NONE "role: operator"
#define CALM "alertname=Slow,service=ledger,severity=sev3"
#define CALMER "alertname=Odd,service=ledger,severity=sev4"
#define GRAVE "alertname=Down,service=shop,severity=critical" /* sev1 */

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

static void
until(struct world *w, msec wall)
{
	EXPECT(wall > w->wall);
	world_after(w, wall - w->wall);
}

/* What went out to that person since the order number `from`. */
static unsigned
sent(const struct world *w, size_t from, const char *whom)
{
	unsigned n = 0;
	for (size_t i = from; i < w->notice_n; i++)
		n += str_eq(w->notices[i].row.person, str_of(whom));
	return n;
}

static const struct notice_row *
last_to(const struct world *w, const char *whom)
{
	for (size_t i = w->notice_n; i > 0; i--) {
		if (str_eq(w->notices[i - 1].row.person, str_of(whom)))
			return &w->notices[i - 1].row;
	}
	EXPECT(false);
	return NULL;
}

/* Notices that are held for them, as the store has them. */
static unsigned
held(struct world *w, const char *whom, msec *ret_until)
{
	unsigned n = 0;
	list_each(it, &w->core->tables[TABLE_NOTICE])
	{
		struct notice_row row = { 0 };
		row_id id = object_of(it, in_table)->id;
		EXPECT(world_row_get(w, TABLE_NOTICE, id, &row));
		if (row.held_wall == 0 || !str_eq(row.person, str_of(whom)))
			continue;
		EXPECT(row.state == NOTICE_PENDING && row.first_at == 0);
		*ret_until = row.held_wall;
		n++;
	}
	return n;
}

static bool
has(const struct notice_row *row, const char *part)
{
	return str_contains(row->text, str_of(part)) ||
	       str_contains(row->subject, str_of(part));
}

static void
quiet__holds_what_is_not_urgent_and_tells_it_as_one(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	msec end = 0;
	until(w, utc(2026, 11, 24, 1, 0));
	uint64_t calm = world_fire(w, CALM);
	world_after(w, MINUTE);
	world_fire(w, CALMER);
	EXPECT_U64(sent(w, 0, "ana"), 0);
	EXPECT_U64(held(w, "ana", &end), 2);
	EXPECT_U64(end, utc(2026, 11, 24, 7, 0));
	EXPECT(world_says(w, 1,
	    "needs-person notice to ana is held until 2026-11-24 07:00 (Europe/Lisbon)"));
	EXPECT_U64(world_incident(w, 1).told_people.n, 1); /* the team's own channel */
	/* Nobody counts as told: the next tier is told at its time. */
	EXPECT_U64(sent(w, 0, "mei"), 0);
	world_after(w, 5 * MINUTE);
	EXPECT_U64(sent(w, 0, "mei"), 2);
	until(w, utc(2026, 11, 24, 3, 0));
	world_resolve(w, calm);
	until(w, utc(2026, 11, 24, 3, 20));
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_U64(sent(w, 0, "ana"), 0);
	until(w, utc(2026, 11, 24, 6, 59));
	EXPECT_U64(sent(w, 0, "ana"), 0);
	until(w, utc(2026, 11, 24, 7, 0));
	EXPECT_U64(sent(w, 0, "ana"), 1);
	const struct notice_row *row = last_to(w, "ana");
	EXPECT(row->purpose == PURPOSE_DIGEST && str_eq(row->channel, STR("chat")));
	EXPECT(has(row, "held for the end of your quiet hours"));
	EXPECT(has(row, "Odd (incident 2): escalated to you"));
	EXPECT(has(row, "Slow (incident 1)"));
	EXPECT(has(row, "opened and ended while it was quiet"));
	EXPECT_U64(row->told_n, 2);
	EXPECT_U64(held(w, "ana", &end), 0);
	world_free(w);
}

static void
quiet__lets_what_is_urgent_through_and_its_end(void)
{
	struct world *w = world_new(HOUSE(PHONE, NONE), NULL, NULL);
	msec end;
	until(w, utc(2026, 11, 24, 1, 0));
	uint64_t grave = world_fire(w, GRAVE);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("phone")));
	world_resolve(w, grave);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_U64(sent(w, 0, "ana"), 2);
	EXPECT(last_to(w, "ana")->purpose == PURPOSE_ENDED);
	EXPECT_U64(held(w, "ana", &end), 0);
	world_free(w);

	/* Told of it by day, and not woken for it: its end waits. */
	w = world_new(HOUSE(PHONE, NONE), NULL, NULL);
	until(w, utc(2026, 11, 23, 21, 58));
	grave = world_fire(w, GRAVE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("chat")));
	until(w, utc(2026, 11, 23, 22, 1));
	world_resolve(w, grave);
	until(w, utc(2026, 11, 23, 22, 5));
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_U64(held(w, "ana", &end), 1);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	until(w, utc(2026, 11, 24, 7, 0));
	EXPECT_U64(sent(w, 0, "ana"), 2);
	EXPECT(last_to(w, "ana")->purpose == PURPOSE_ENDED);
	world_free(w);
}

/* Those of `by` first, then the others: nobody is untold for a channel's sake. */
static void
quiet__by_says_what_comes_first(void)
{
	struct world *w = world_new(HOUSE(PHONE, NONE), NULL, NULL);
	w->deliver = false;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, GRAVE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("phone")));
	world_after(w, MINUTE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("chat")));
	world_after(w, MINUTE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("mail")));
	world_free(w);
}

/* Nor for a configuration's, by which they have no such hours: those by day come instead. */
static void
quiet__taken_out_leaves_nobody_untold(void)
{
	struct world *w = world_new(HOUSE(PHONE, NONE), NULL, NULL);
	w->deliver = false;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, GRAVE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("phone")));
	world_adopt(w, HOUSE(NONE, NONE), NULL);
	world_after(w, MINUTE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("chat")));
	world_after(w, MINUTE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("mail")));
	world_after(w, MINUTE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("phone")));
	size_t all = sent(w, 0, "ana");
	world_after(w, MINUTE);
	EXPECT_U64(sent(w, 0, "ana"), all);
	world_free(w);
}

static void
quiet__ends_early_for_what_becomes_worse(void)
{
	struct world *w = world_new(HOUSE(PHONE, NONE), NULL, NULL);
	msec end;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	world_after(w, 10 * MINUTE); /* mei has the tier by now */
	EXPECT_U64(held(w, "ana", &end), 1);
	world_fire(w, "alertname=Slow,service=ledger,severity=sev2");
	EXPECT_U64(world_incident(w, 1).alerts_total, 2);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("phone")));
	EXPECT(has(last_to(w, "ana"), "[sev2]"));
	EXPECT_U64(held(w, "ana", &end), 0);
	until(w, utc(2026, 11, 24, 6, 50));
	size_t before = w->notice_n;
	until(w, utc(2026, 11, 24, 7, 5));
	for (size_t i = before; i < w->notice_n; i++)
		EXPECT(!w->notices[i].row.was_held);
	world_free(w);
}

static void
quiet__what_a_person_hands_over_is_not_held(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	EXPECT_U64(sent(w, 0, "ana"), 0);
	(void)world_command(w, &(struct command){ .kind = COMMAND_HAND_OVER,
				   .incident = 1,
				   .principal = STR("person:mei"),
				   .name = STR("ana"),
				   .text = STR("yours") });
	EXPECT_U64(sent(w, 0, "ana"), 1);
	msec end;
	EXPECT_U64(held(w, "ana", &end), 0);
	world_free(w);
}

/* Told before it was quiet, and called again in it: the end is told once all the same. */
static void
quiet__tells_the_end_once_to_who_was_told_before(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	msec end;
	until(w, utc(2026, 11, 23, 21, 58));
	uint64_t calm = world_fire(w, CALM);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	until(w, utc(2026, 11, 24, 1, 0));
	EXPECT_U64(held(w, "ana", &end), 1);
	world_resolve(w, calm);
	until(w, utc(2026, 11, 24, 1, 30));
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_U64(held(w, "ana", &end), 1);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	until(w, utc(2026, 11, 24, 7, 0));
	EXPECT_U64(sent(w, 0, "ana"), 2);
	EXPECT(has(last_to(w, "ana"), "ended"));
	EXPECT(!has(last_to(w, "ana"), "while it was quiet"));
	world_free(w);
}

/* 07:00 by the clocks of each; one of the two nights is an hour shorter, the other longer. */
static void
quiet__ends_by_the_clocks_of_each(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NIGHT), NULL, NULL);
	msec end;
	until(w, utc(2027, 3, 27, 21, 30)); /* 06:30 in Tokyo */
	world_fire(w, CALM);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	until(w, utc(2027, 3, 27, 21, 45));
	EXPECT_U64(held(w, "mei", &end), 1);
	EXPECT_U64(end, utc(2027, 3, 27, 22, 0));
	until(w, utc(2027, 3, 27, 22, 0));
	EXPECT_U64(held(w, "mei", &end), 0);
	EXPECT_U64(sent(w, 0, "mei"), 1);
	until(w, utc(2027, 3, 28, 0, 30));
	world_fire(w, CALMER);
	EXPECT(held(w, "ana", &end) > 0);
	EXPECT_U64(end, utc(2027, 3, 28, 6, 0));
	until(w, utc(2027, 3, 28, 6, 0));
	EXPECT_U64(held(w, "ana", &end), 0);
	world_free(w);

	w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	until(w, utc(2027, 10, 30, 23, 0));
	world_fire(w, CALM);
	EXPECT_U64(held(w, "ana", &end), 1);
	EXPECT_U64(end, utc(2027, 10, 31, 7, 0));
	until(w, utc(2027, 10, 31, 6, 59));
	EXPECT_U64(sent(w, 0, "ana"), 0);
	until(w, utc(2027, 10, 31, 7, 0));
	EXPECT_U64(sent(w, 0, "ana"), 1);
	world_free(w);
}

static void
quiet__outlives_a_restart(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	msec end = 0;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	world_fire(w, CALMER);
	world_restart(w);
	until(w, utc(2026, 11, 24, 5, 0));
	world_restart(w);
	EXPECT_U64(held(w, "ana", &end), 2);
	EXPECT_U64(end, utc(2026, 11, 24, 7, 0));
	EXPECT_U64(sent(w, 0, "ana"), 0);
	until(w, utc(2026, 11, 24, 7, 0));
	EXPECT_U64(sent(w, 0, "ana"), 1);
	EXPECT_U64(last_to(w, "ana")->told_n, 2);
	world_free(w);
}

static void
quiet__follows_another_configuration(void)
{
	static const char later[] =
	    "quiet: {hours: [{days: any, from: '22:00', until: '08:00'}]}";
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	msec end = 0;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	world_fire(w, CALMER);
	char yaml[8192];
	(void)snprintf(yaml, sizeof(yaml), CHANNELS ANA("%s") MEI(NONE) TEAM, later);
	world_adopt(w, yaml, NULL);
	EXPECT_U64(held(w, "ana", &end), 2);
	EXPECT_U64(end, utc(2026, 11, 24, 8, 0));
	/* None any more: told now, as one. */
	world_adopt(w, HOUSE(NONE, NONE), NULL);
	EXPECT_U64(held(w, "ana", &end), 0);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	EXPECT_U64(last_to(w, "ana")->told_n, 2);
	EXPECT(world_says(w, 1, "is not held any longer: told now"));
	world_free(w);
}

static void
quiet__of_who_left_is_told_to_who_is_there(void)
{
	static const char without[] = CHANNELS
	    "people:\n  bob: {name: Bob, reach: [chat]}\n"
	    "  mei: {name: Mei, zone: Asia/Tokyo, reach: [phone: mei]}\n"
	    "teams:\n  ops:\n    kind: operations\n    on_call:\n"
	    "      zone: Europe/Lisbon\n"
	    "      rotations: [{name: primary, people: [bob], handover: 'Mon 09:00'}]\n"
	    "services:\n  shop: {owner: ops, tier: 1}\n  ledger: {owner: ops, tier: 3}\n";
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	msec end;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	EXPECT_U64(held(w, "ana", &end), 1);
	world_adopt(w, without, NULL);
	EXPECT_U64(held(w, "ana", &end), 0);
	EXPECT_U64(sent(w, 0, "ana"), 0);
	/* The page that ana did not have, and that the turn is his with what is open. */
	EXPECT_U64(sent(w, 0, "bob"), 2);
	EXPECT(world_says(w, 1, "they are not in the configuration any more"));
	until(w, utc(2026, 11, 24, 8, 0));
	EXPECT_U64(sent(w, 0, "ana"), 0);
	world_free(w);
}

/* The clock is set forward past their end: looked at within the hour. */
static void
quiet__goes_by_the_clock_of_then(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	w->wall += 8 * HOUR;
	world_after(w, HOUR);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	world_free(w);

	/* And back: they are not over. */
	w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	until(w, utc(2026, 11, 24, 6, 0));
	w->wall -= 2 * HOUR;
	world_after(w, 2 * HOUR);
	EXPECT_U64(sent(w, 0, "ana"), 0);
	world_after(w, HOUR);
	EXPECT_U64(sent(w, 0, "ana"), 1);
	world_free(w);
}

/* From then on each channel has its time, as ever. */
static void
quiet__end_and_the_next_channel_follows(void)
{
	struct world *w = world_new(HOUSE(NIGHT, NONE), NULL, NULL);
	w->deliver = false;
	msec end;
	until(w, utc(2026, 11, 24, 1, 0));
	world_fire(w, CALM);
	EXPECT_U64(held(w, "ana", &end), 1);
	until(w, utc(2026, 11, 24, 7, 0));
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("chat")));
	world_after(w, MINUTE);
	EXPECT(str_eq(last_to(w, "ana")->channel, STR("mail")));
	world_free(w);
}

int
main(void)
{
	RUN(quiet__holds_what_is_not_urgent_and_tells_it_as_one);
	RUN(quiet__lets_what_is_urgent_through_and_its_end);
	RUN(quiet__by_says_what_comes_first);
	RUN(quiet__taken_out_leaves_nobody_untold);
	RUN(quiet__ends_early_for_what_becomes_worse);
	RUN(quiet__what_a_person_hands_over_is_not_held);
	RUN(quiet__tells_the_end_once_to_who_was_told_before);
	RUN(quiet__ends_by_the_clocks_of_each);
	RUN(quiet__outlives_a_restart);
	RUN(quiet__follows_another_configuration);
	RUN(quiet__of_who_left_is_told_to_who_is_there);
	RUN(quiet__goes_by_the_clock_of_then);
	RUN(quiet__end_and_the_next_channel_follows);
	TEST_MAIN_END();
}
