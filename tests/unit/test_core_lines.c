/* What waits for a channel delays no other; a channel that is down, and comes back. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define LEDGER(name) "alertname=" name ",service=ledger"

static uint64_t
fire_n(struct world *w, unsigned n)
{
	char labels[64];
	(void)snprintf(labels, sizeof(labels), "alertname=N%u,service=ledger", n);
	return world_fire(w, labels);
}

static void
answer(struct world *w, size_t i, bool delivered)
{
	w->notices[i].answered = true;
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = w->notices[i].row.id,
		    .delivered = delivered } };
	if (!delivered)
		event.notice_result.error = STR("connection refused");
	world_step(w, &event);
}

/* Every order that is out: that channel fails or hangs, all others deliver. */
enum fault { FAULT_NONE, FAULT_FAILS, FAULT_HANGS };
static void
answer_all(struct world *w, const char *channel, enum fault fault)
{
	for (size_t i = 0; i < w->notice_n; i++) {
		bool bad = str_eq(w->notices[i].row.channel, str_of(channel));
		if (!w->notices[i].answered && !(bad && fault == FAULT_HANGS))
			answer(w, i, !(bad && fault == FAULT_FAILS));
	}
}

static void
live(struct world *w, msec ms, const char *channel, enum fault fault)
{
	for (msec at = 0; at < ms; at += SECOND) {
		world_after(w, SECOND);
		answer_all(w, channel, fault);
	}
}

static unsigned
orders(const struct world *w, const char *channel)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++)
		n += str_eq(w->notices[i].row.channel, str_of(channel)) ? 1 : 0;
	return n;
}

static void
lines__a_channel_that_hangs_delays_no_other(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	for (unsigned i = 0; i < 30; i++) {
		fire_n(w, i);
		answer_all(w, "mail", FAULT_HANGS);
	}
	EXPECT_U64(orders(w, "mail"), CHANNEL_SENDING_MAX);
	EXPECT_U64(orders(w, "ops-hook"), 30);
	/* What waits has nothing to do before its time to go by another way. */
	size_t entries = w->entry_n;
	EXPECT(core_next_due(w->core) >= w->at + REACH_FALLBACK_MS);
	world_after(w, REACH_FALLBACK_MS - 1);
	EXPECT_U64(w->entry_n, entries);
	/* Then it does, also what had no place yet. */
	live(w, 2 * SECOND, "mail", FAULT_HANGS);
	EXPECT_U64(orders(w, "pager"), 30);
	world_free(w);
}

/* The page that hangs, and the escalation of the same: when it comes back, the newest of them
 * alone, and by its own id what was out already. */
static void
lines__what_hung_is_not_told_twice(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, LEDGER("Hangs"));
	row_id first = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		if (str_eq(w->notices[i].row.channel, STR("ops-hook")))
			first = w->notices[i].row.id;
	}
	live(w, 5 * MINUTE + 5 * SECOND, "ops-hook", FAULT_HANGS); /* escalated meanwhile */
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "ops-hook"), 1);
	size_t from = w->notice_n;
	live(w, SECOND, "ops-hook", FAULT_FAILS); /* both have run into their time */
	live(w, 10 * MINUTE, "ops-hook", FAULT_NONE);
	unsigned again = 0, newest = 0;
	for (size_t i = from; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		again += row->id == first;
		newest += str_eq(row->channel, STR("ops-hook")) &&
		          row->purpose == PURPOSE_ESCALATED;
	}
	EXPECT_U64(again, 0);
	EXPECT_U64(newest, 1);
	struct notice_row row;
	EXPECT(world_row_get(w, TABLE_NOTICE, first, &row));
	EXPECT(row.state == NOTICE_GIVEN_UP && row.moot);
	world_free(w);
}

static void
lines__the_worst_goes_first(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	for (unsigned i = 0; i < CHANNEL_SENDING_MAX + 2; i++)
		fire_n(w, i);
	world_fire(w, LEDGER("Bad") ",severity=sev2");
	world_fire(w, LEDGER("Worst") ",severity=sev1");
	world_restart(w);
	static const char *const order[] = { "Worst", "Bad", "N8", "N9" };
	for (size_t i = 0, next = 0; i < w->notice_n && next < countof(order); i++) {
		if (w->notices[i].answered ||
		    !str_eq(w->notices[i].row.channel, STR("mail")))
			continue;
		size_t before = w->notice_n;
		answer(w, i, true);
		bool found = false;
		for (size_t k = before; k < w->notice_n; k++)
			found |=
			    str_contains(w->notices[k].row.subject, str_of(order[next]));
		EXPECT(found);
		next++;
	}
	world_free(w);
}

static void
lines__a_channel_that_is_down_is_probed_and_people_are_reached_otherwise(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	w->reload = false;
	for (unsigned i = 0; i < CHANNEL_DOWN_AFTER; i++)
		fire_n(w, i);
	unsigned before = orders(w, "pager");
	EXPECT_U64(before, 0);
	answer_all(w, "mail", FAULT_FAILS);
	EXPECT(channel_down_at(w->core, STR("mail")) == w->at);
	w->reload = true;
	world_after(w, 1); /* at once, not after a minute */
	EXPECT_U64(orders(w, "pager"), CHANNEL_DOWN_AFTER);
	EXPECT(world_says(w, 1,
	    "ana by mail not delivered, channel mail is down: by pager too"));
	answer_all(w, "mail", FAULT_FAILS);
	/* What is new then is no exception; it is the probe. */
	unsigned mails = orders(w, "mail");
	live(w, 10 * SECOND, "mail", FAULT_FAILS);
	fire_n(w, 70);
	world_after(w, 1);
	EXPECT_U64(orders(w, "pager"), CHANNEL_DOWN_AFTER + 1);
	EXPECT_U64(orders(w, "mail"), mails + 1);
	live(w, 40 * SECOND, "mail", FAULT_FAILS);
	/* It is told once it lasts, by what works. */
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 0);
	live(w, 20 * SECOND, "mail", FAULT_FAILS);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ops-hook"), 1);
	EXPECT(str_contains(world_last_notice(w)->subject, STR("channel mail is down")) ||
	       str_contains(w->notices[w->notice_n - 2].row.subject,
		   STR("channel mail is down")));
	world_restart(w);
	live(w, 2 * MINUTE, "mail", FAULT_NONE);
	world_free(w);
}

/* Eight hours; the team's channel has no other way. */
static void
lines__what_still_matters_is_sent_when_it_comes_back(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	w->reload = false;
	uint64_t first = fire_n(w, 0);
	live(w, 5 * MINUTE, "ops-hook", FAULT_FAILS);
	EXPECT(channel_down_at(w->core, STR("ops-hook")) != 0);
	for (unsigned i = 1; i < 20; i++)
		fire_n(w, i);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 3, "person:mei").status, 200);
	unsigned tries = orders(w, "ops-hook");
	live(w, 8 * HOUR, "ops-hook", FAULT_FAILS);
	unsigned probes = orders(w, "ops-hook") - tries;
	EXPECT(probes >= 8 * 60 / 18 && probes <= 8 * 60 / 12 + 8);
	EXPECT_U64(world_gap(w, GAP_NOT_TOLD, "ops-hook").count, 0);
	incident_id ended = w->alert_incident[5];
	world_resolve(w, 5);
	world_resolve(w, first);
	live(w, 2 * MINUTE, "ops-hook", FAULT_FAILS);
	world_restart(w);
	unsigned before = orders(w, "ops-hook");
	size_t from = w->notice_n;
	live(w, 20 * MINUTE, "ops-hook", FAULT_NONE);
	/* The newest of each that waited is enough. */
	EXPECT(orders(w, "ops-hook") - before >= 18);
	EXPECT(orders(w, "ops-hook") - before <= 3 * 20);
	EXPECT(channel_trouble(w->core, STR("ops-hook")) == NULL);
	bool of_third = false;
	for (size_t i = from; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		if (!str_eq(row->channel, STR("ops-hook")))
			continue;
		of_third |= row->incident == 3 && row->purpose == PURPOSE_NEEDS_PERSON;
		EXPECT(row->incident != ended || row->purpose == PURPOSE_ENDED);
	}
	EXPECT(of_third);
	/* What was told of the channel itself is told to have ended. */
	EXPECT(world_told(w, PURPOSE_SELF, "ana") == 1);
	const struct incident_row self = world_incident(w, 2);
	EXPECT(str_contains(self.title, STR("channel ops-hook is down")));
	EXPECT(self.state == INCIDENT_CLOSED);
	world_free(w);
}

static void
lines__what_waits_for_ever_is_given_up_and_a_gap(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	w->reload = false;
	fire_n(w, 0);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	live(w, 25 * HOUR, "ops-hook", FAULT_FAILS);
	EXPECT(world_gap(w, GAP_NOT_TOLD, "ops-hook").count >= 1);
	world_free(w);
}

/* With nothing to send nobody can know how it does. */
static void
lines__a_channel_with_nothing_to_send_is_up_but_for_one_failure(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	w->reload = false;
	for (unsigned i = 0; i < CHANNEL_DOWN_AFTER; i++)
		fire_n(w, i);
	answer_all(w, "mail", FAULT_FAILS);
	EXPECT(channel_down_at(w->core, STR("mail")) != 0);
	live(w, 2 * SECOND, "mail", FAULT_FAILS); /* all are told by the pager */
	for (incident_id id = 1; id <= CHANNEL_DOWN_AFTER; id++)
		EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, id, "person:ana").status, 200);
	live(w, 2 * MINUTE, "mail", FAULT_FAILS); /* of the channel itself, too */
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, CHANNEL_DOWN_AFTER + 1, "person:ana")
		       .status,
	    200);
	live(w, CHANNEL_FORGET_MS + 5 * MINUTE, "mail", FAULT_FAILS);
	EXPECT_U64(channel_down_at(w->core, STR("mail")), 0);
	w->reload = true;
	fire_n(w, 50);
	answer_all(w, "mail", FAULT_FAILS);
	EXPECT(channel_down_at(w->core, STR("mail")) != 0);
	world_free(w);
}

static void
lines__another_configuration_is_tried_at_once(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	fire_n(w, 0);
	w->reload = false;
	live(w, HOUR, "ops-hook", FAULT_FAILS);
	w->reload = true;
	unsigned before = orders(w, "ops-hook");
	EXPECT(channel_down_at(w->core, STR("ops-hook")) != 0);
	world_adopt(w, SHOP "limits: {incidents: 81}\n", NULL);
	EXPECT_U64(orders(w, "ops-hook"), before + 1);
	answer_all(w, "ops-hook", FAULT_NONE);
	EXPECT_U64(channel_down_at(w->core, STR("ops-hook")), 0);
	world_free(w);
}

int
main(void)
{
	RUN(lines__a_channel_that_hangs_delays_no_other);
	RUN(lines__what_hung_is_not_told_twice);
	RUN(lines__the_worst_goes_first);
	RUN(lines__a_channel_that_is_down_is_probed_and_people_are_reached_otherwise);
	RUN(lines__what_still_matters_is_sent_when_it_comes_back);
	RUN(lines__what_waits_for_ever_is_given_up_and_a_gap);
	RUN(lines__a_channel_with_nothing_to_send_is_up_but_for_one_failure);
	RUN(lines__another_configuration_is_tried_at_once);
	TEST_MAIN_END();
}
