/* Telling people: who, when, again, and of the end. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define SLOW "alertname=Slow,service=ledger"

static void
answer(struct world *w, size_t i, bool delivered, bool permanent)
{
	w->notices[i].answered = true;
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = w->notices[i].row.id,
		    .delivered = delivered,
		    .permanent = permanent,
		    .error = STR("451 later") } };
	if (delivered)
		event.notice_result.error = (str){ 0 };
	world_step(w, &event);
}

/* The order of that purpose to that person or channel, without an answer. */
static size_t
order_to(const struct world *w, enum notice_purpose purpose, const char *whom)
{
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		str to = row->person.n > 0 ? row->person : row->channel;
		if (!w->notices[i].answered && row->purpose == purpose &&
		    str_eq(to, str_of(whom)))
			return i;
	}
	UNREACHABLE();
}

/* What turns the direction of writing shows a value as another than it is. */
static void
notice__shows_no_text_turned_around(void)
{
	static const char turned[] = "\xe2\x80\xae", isolated[] = "\xe2\x81\xa6";
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, "alertname=Slow\xe2\x80\xae"
		      "1-bew,host=\xe2\x81\xa6w\xc2\x9b"
		      "2,service=ledger");
	EXPECT(w->notice_n > 0);
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		str texts[32] = { row->subject, row->text };
		size_t n = 2;
		for (size_t k = 0; k < row->fields.n; k++)
			texts[n++] = row->fields.p[k].value;
		for (size_t k = 0; k < n; k++) {
			EXPECT(!str_contains(texts[k], STR(turned)));
			EXPECT(!str_contains(texts[k], STR(isolated)));
			EXPECT(!str_contains(texts[k], STR("\xc2\x9b")));
		}
		EXPECT(str_contains(row->subject, STR("Slow?1-bew")));
		EXPECT(str_contains(row->text, STR("Slow?1-bew")));
		EXPECT(str_contains(row->text, STR("\n")));
	}
	world_free(w);
}

static void
named(struct world *w, size_t i, const char *ref)
{
	w->notices[i].answered = true;
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = w->notices[i].row.id,
		    .delivered = true,
		    .ref = str_of(ref) } };
	world_step(w, &event);
}

static void
notice__goes_on_in_the_thread_that_the_first_began(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, SLOW);
	size_t first = order_to(w, PURPOSE_NEEDS_PERSON, "ops-hook");
	EXPECT_U64(w->notices[first].row.thread.n, 0);
	named(w, first, "C1:1.2");
	answer(w, order_to(w, PURPOSE_NEEDS_PERSON, "ana"), true, false);
	world_restart(w);
	world_after(w, 5 * MINUTE);
	size_t second = order_to(w, PURPOSE_ESCALATED, "ops-hook");
	EXPECT_STR(w->notices[second].row.thread, STR("C1:1.2"));
	named(w, second, "C1:9.9"); /* an answer in it begins no other */
	answer(w, order_to(w, PURPOSE_ESCALATED, "mei"), true, false);
	/* Who has it is said where there is a thread, and nobody is paged for it. */
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT_U64(world_told(w, PURPOSE_ACKNOWLEDGED, NULL), 1);
	size_t third = order_to(w, PURPOSE_ACKNOWLEDGED, "ops-hook");
	EXPECT_STR(w->notices[third].row.thread, STR("C1:1.2"));
	EXPECT(str_ends(w->notices[third].row.subject, STR("mei has it")));
	answer(w, third, false, true);
	world_resolve(w, 1);
	world_after(w, MINUTE);
	EXPECT_STR(w->notices[order_to(w, PURPOSE_ENDED, "ops-hook")].row.thread,
	    STR("C1:1.2"));
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	world_free(w);
}

/* Pressed at once, before it was heard which message it was. */
static void
notice__says_in_its_thread_who_acknowledged_before_there_was_one(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, SLOW);
	size_t first = order_to(w, PURPOSE_NEEDS_PERSON, "ops-hook");
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT_U64(world_told(w, PURPOSE_ACKNOWLEDGED, NULL), 0);
	named(w, first, "C1:1.2");
	EXPECT_U64(world_told(w, PURPOSE_ACKNOWLEDGED, NULL), 1);
	size_t then = order_to(w, PURPOSE_ACKNOWLEDGED, "ops-hook");
	EXPECT_STR(w->notices[then].row.thread, STR("C1:1.2"));
	EXPECT(str_ends(w->notices[then].row.subject, STR("mei has it")));
	EXPECT_STR(pairs_get(&w->notices[then].row.fields, STR("acknowledged_by")),
	    STR("mei"));
	named(w, then, "C1:1.2"); /* and once */
	EXPECT_U64(world_told(w, PURPOSE_ACKNOWLEDGED, NULL), 1);
	/* Nor does it say of nobody that they have it. */
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT_U64(world_told(w, PURPOSE_ACKNOWLEDGED, NULL), 2);
	const struct notice_row *back = world_last_notice(w);
	EXPECT(str_ends(back->subject, STR(": taken back, nobody has it")));
	EXPECT(str_starts(back->text,
	    STR("The acknowledgement was taken back: nobody has it.\n")));
	EXPECT_U64(pairs_get(&back->fields, STR("acknowledged_by")).n, 0);
	world_free(w);
}

static void
notice__escalates_until_somebody_acknowledges(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SLOW);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ana"), 1);
	world_after(w, 5 * MINUTE - 1);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, NULL), 0);
	world_after(w, 1);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "ana"), 0);
	world_after(w, 30 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "ana"), 1);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	struct incident_row row = world_incident(w, 1);
	EXPECT(row.acknowledged);
	EXPECT_U64(row.escalate_at, row.worked_at + 2 * DAY); /* acknowledge_timeout */
	EXPECT_STR(row.acknowledged_by, STR("person:mei"));
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	EXPECT_STR(world_incident(w, 1).acknowledged_by, STR("person:mei"));
	world_after(w, DAY);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, NULL), 4); /* with ops-hook */
	/* All three are told of the end, once. */
	world_resolve(w, 1);
	world_after(w, MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "mei"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	world_free(w);
}

static void
notice__what_was_acknowledged_by_mistake_escalates_as_if_it_had_not_been(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SLOW);
	world_after(w, 4 * MINUTE);
	msec due = world_incident(w, 1).escalate_at;
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	world_after(w, 20 * SECOND);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:mei").status, 409);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 200);
	struct incident_row row = world_incident(w, 1);
	EXPECT(!row.acknowledged && row.escalate_at == due);
	EXPECT(world_says(w, 1, "acknowledged"));
	EXPECT(world_says(w, 1, "took the acknowledgement back"));
	world_after(w, 40 * SECOND);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	/* When that time has come meanwhile, at once. */
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	world_after(w, MINUTE + 1);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 409);
	world_free(w);
}

static void
notice__who_an_incident_is_handed_over_to_is_told(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	world_fire(w, SLOW);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	struct command command = { .kind = COMMAND_HAND_OVER,
		.incident = 1,
		.principal = STR("person:ana"),
		.name = STR("mei"),
		.text = STR("my train leaves") };
	EXPECT_U64(world_command(w, &command).status, 200);
	EXPECT_STR(world_incident(w, 1).acknowledged_by, STR("person:mei"));
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "mei"), 1);
	EXPECT(str_starts(world_last_notice(w)->text,
	    STR("ana hands it over to you: my train leaves.\n\n")));
	EXPECT(world_says(w, 1, "handed it over to mei: my train leaves"));
	command.name = STR("nobody");
	EXPECT_U64(world_command(w, &command).status, 422);
	world_free(w);
}

static row_id
last_to(const struct world *w, const char *whom)
{
	for (size_t i = w->notice_n; i > 0; i--) {
		if (str_eq(w->notices[i - 1].row.person, str_of(whom)))
			return w->notices[i - 1].row.id;
	}
	return 0;
}

/* What was pressed in a call may be heard on the way, and sent again when the tiers have
 * come round to the same person. */
static void
notice__one_call_passes_an_incident_on_once(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command five = { .kind = COMMAND_ESCALATE,
		.incident = 1,
		.principal = STR("person:ana") };
	world_fire(w, SLOW);
	five.row = last_to(w, "ana");
	EXPECT_U64(world_command(w, &five).status, 200);
	world_after(w, SECOND);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	EXPECT(str_contains(world_command(w, &five).error, STR("gone on to the next")));
	world_after(w, ESCALATE_AGAIN_MS);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "ana"), 1);
	world_restart(w);
	struct reply reply = world_command(w, &five);
	EXPECT_U64(reply.status, 409);
	EXPECT(str_contains(reply.error, STR("does it once")));
	world_after(w, MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	/* By her new call she may; and it still acknowledges, as the first does. */
	five.row = last_to(w, "ana");
	EXPECT_U64(world_command(w, &five).status, 200);
	world_after(w, SECOND);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 2);
	bool did;
	EXPECT_U64(core_tapped(core_incident(w->core, 1), five.row, &did), 0);
	world_free(w);
}

/* Refused is answered too: it does nothing later. */
static void
notice__a_call_that_could_not_pass_it_on_does_not_later(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command five = { .kind = COMMAND_ESCALATE,
		.incident = 1,
		.principal = STR("person:ana") };
	world_fire(w, SLOW);
	five.row = last_to(w, "ana");
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT_U64(world_command(w, &five).status, 409);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT(str_contains(world_command(w, &five).error, STR("does it once")));
	world_after(w, SECOND);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 0);
	world_free(w);
}

/* What was sent while somebody had it is known to whoever heard it on the way: when that
 * person lets go, the same again is no acknowledgement. */
static void
notice__a_link_that_came_too_late_acknowledges_never(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command four = { .kind = COMMAND_ACKNOWLEDGE,
		.incident = 1,
		.principal = STR("person:ana") };
	bool did = true;
	world_fire(w, SLOW);
	four.row = last_to(w, "ana");
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT_U64(world_command(w, &four).status, 200);
	EXPECT_STR(world_incident(w, 1).acknowledged_by, STR("person:mei"));
	EXPECT(core_tapped(core_incident(w->core, 1), four.row, &did) != 0 && !did);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:mei").status, 200);
	world_restart(w);
	EXPECT_U64(world_command(w, &four).status, 200);
	EXPECT(!world_incident(w, 1).acknowledged);
	/* By what she is sent when she is called once more she has it. */
	world_after(w, HOUR);
	row_id before = four.row;
	four.row = last_to(w, "ana");
	EXPECT(four.row != before);
	EXPECT_U64(world_command(w, &four).status, 200);
	EXPECT_STR(world_incident(w, 1).acknowledged_by, STR("person:ana"));
	EXPECT(core_tapped(core_incident(w->core, 1), four.row, &did) != 0 && did);
	world_free(w);
}

static void
notice__what_was_handed_over_by_mistake_is_taken_back(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command hand = { .kind = COMMAND_HAND_OVER,
		.incident = 1,
		.principal = STR("person:ana"),
		.name = STR("mei") };
	world_fire(w, SLOW);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	struct incident_row before = world_incident(w, 1);
	world_after(w, 10 * SECOND);
	EXPECT_U64(world_command(w, &hand).status, 200);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:piotr").status, 409);
	world_restart(w);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 200);
	struct incident_row row = world_incident(w, 1);
	EXPECT_STR(row.acknowledged_by, STR("person:ana"));
	EXPECT(row.acknowledged && row.acknowledged_wall == before.acknowledged_wall);
	EXPECT(world_says(w, 1, "took it back from mei"));
	EXPECT_U64(world_told(w, PURPOSE_ACKNOWLEDGED, "mei"), 1);
	EXPECT(str_starts(world_last_notice(w)->text,
	    STR("ana takes it back: it is not with you any more.\n\nana has it.\n\n")));
	/* What she had before she may still give back; then it is nobody's. */
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 200);
	EXPECT(!world_incident(w, 1).acknowledged);
	world_free(w);
}

static void
notice__what_nobody_had_is_nobodys_again_when_it_is_taken_back(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command hand = { .kind = COMMAND_HAND_OVER,
		.incident = 1,
		.principal = STR("person:ana"),
		.name = STR("mei") };
	world_fire(w, SLOW);
	world_after(w, 4 * MINUTE);
	msec due = world_incident(w, 1).escalate_at;
	EXPECT_U64(world_command(w, &hand).status, 200);
	world_after(w, 20 * SECOND);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 200);
	struct incident_row row = world_incident(w, 1);
	EXPECT(!row.acknowledged && row.escalate_at == due);
	EXPECT(str_starts(world_last_notice(w)->text,
	    STR("ana takes it back: it is not with you any more.\n\nThe "
		"acknowledgement was taken back: nobody has it.\n\n")));
	/* Later it is handed back; and who was given it may say at once that they have it not. */
	EXPECT_U64(world_command(w, &hand).status, 200);
	world_after(w, MINUTE + 1);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 409);
	EXPECT_U64(world_command(w, &hand).status, 200);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT(!world_incident(w, 1).acknowledged);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	EXPECT_U64(world_ask(w, COMMAND_UNACKNOWLEDGE, 1, "person:ana").status, 409);
	world_free(w);
}

/* mei says that she has it, and falls asleep. */
static void
notice__an_acknowledged_incident_that_nobody_works_on_comes_back(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command say = { .kind = COMMAND_NOTE,
		.principal = STR("person:mei"),
		.incident = 1,
		.text = STR("looking") };
	world_fire(w, SLOW);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	world_after(w, DAY);
	EXPECT_U64(world_command(w, &say).status, 200);
	world_after(w, 2 * DAY - MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, NULL), 0);
	EXPECT(world_incident(w, 1).acknowledged);
	world_restart(w);
	world_after(w, MINUTE);
	EXPECT(!world_incident(w, 1).acknowledged);
	EXPECT(world_says(w, 1, "mei acknowledged it, and nobody has worked on it for 2d"));
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "ana"),
	    1); /* from the first tier again */
	world_after(w, 5 * MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	world_free(w);
}

/* One in doubt waits for whoever acknowledged it: that is no work. */
static void
notice__an_attempt_in_doubt_is_not_worked_on(void)
{
	struct world *w = world_new(SHOP, SHOP_DOWN("payments", "restart-unit"), NULL);
	world_fire(w, "alertname=Down,service=payments");
	world_news(w, NEWS_UNKNOWN);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei").status, 200);
	world_after(w, 2 * DAY + MINUTE);
	EXPECT(!world_incident(w, 1).acknowledged);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "ana"), 1);
	world_free(w);
}

/* How often ana was sent something of it over that channel, and the last of these orders. */
static unsigned
orders_by(const struct world *w, const char *channel, size_t *ret_last)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		if (row->incident != 1 || !str_eq(row->person, STR("ana")) ||
		    !str_eq(row->channel, str_of(channel)))
			continue;
		*ret_last = i;
		n++;
	}
	return n;
}

/* Something else gets through to her: it is not the channel that is down. */
static void
mail_works(struct world *w)
{
	char labels[64];
	(void)snprintf(labels, sizeof(labels), "alertname=Other%llu,service=ledger",
	    (unsigned long long)w->next_alert);
	world_fire(w, labels);
	for (size_t i = 0; i < w->notice_n; i++) {
		if (!w->notices[i].answered && w->notices[i].row.incident != 1)
			answer(w, i, true, false);
	}
}

static void
notice__is_tried_again_with_growing_pauses(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, SLOW);
	size_t last = order_to(w, PURPOSE_NEEDS_PERSON, "ana");
	row_id id = w->notices[last].row.id;
	const msec pauses[] = { 5 * SECOND, 15 * SECOND, 45 * SECOND, 2 * MINUTE,
		5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 15 * MINUTE };
	world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana");
	for (size_t i = 0; i < countof(pauses); i++) {
		mail_works(w);
		(void)orders_by(w, "mail", &last);
		answer(w, last, false, false);
		struct notice_row row = { 0 };
		EXPECT(world_row_get(w, TABLE_NOTICE, id, &row));
		EXPECT(row.state == NOTICE_PENDING);
		msec pause = row.next_at - w->at;
		EXPECT(pause >= pauses[i] * 4 / 5 && pause <= pauses[i] * 6 / 5);
		world_after(w, pause);
	}
	mail_works(w);
	EXPECT_U64(orders_by(w, "mail", &last), countof(pauses) + 1);
	world_free(w);
}

static void
notice__given_up_takes_the_next_reach_and_is_a_gap(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, SLOW);
	size_t mail = order_to(w, PURPOSE_NEEDS_PERSON, "ana");
	EXPECT_STR(w->notices[mail].row.channel, STR("mail"));
	EXPECT_STR(w->notices[mail].row.address, STR("ana@example.com"));
	answer(w, mail, false, true);
	EXPECT_U64(world_gap(w, GAP_NOT_TOLD, "ana").count, 1);
	size_t pager = order_to(w, PURPOSE_NEEDS_PERSON, "ana");
	EXPECT_STR(w->notices[pager].row.channel, STR("pager"));
	EXPECT_STR(w->notices[pager].row.text, w->notices[mail].row.text);
	answer(w, pager, true, false);
	/* The end goes where she was reached; the channel was never answered, and may know: it is
	 * told when no answer can be meant any more. */
	world_resolve(w, 1);
	world_after(w, MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, NULL), 1);
	EXPECT_STR(w->notices[order_to(w, PURPOSE_ENDED, "ana")].row.channel, STR("pager"));
	world_after(w, NOTICE_GUARD_MS);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, "ops-hook"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	/* The end itself falls back in the same way. */
	answer(w, order_to(w, PURPOSE_ENDED, "ops-hook"), false, true);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	world_free(w);
}

/* Somebody has it, nothing but the message to ana is out. */
static struct world *
one_message(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, SLOW);
	world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:mei");
	answer(w, order_to(w, PURPOSE_NEEDS_PERSON, "ops-hook"), true, false);
	return w;
}

static void
notice__gives_up_after_twelve_tries(void)
{
	struct world *w = one_message();
	w->reload = false;
	size_t mail = 0, pager = 0;
	for (unsigned i = 0; i < 12; i++) {
		mail_works(w);
		(void)orders_by(w, "mail", &mail);
		EXPECT_U64(w->notices[mail].row.tries, i + 1);
		answer(w, mail, false, false);
		world_after(w, 20 * MINUTE);
	}
	EXPECT_U64(world_gap(w, GAP_NOT_TOLD, "ana").count, 1);
	/* The next reach was asked long before, once; nobody answers for it here. */
	struct notice_row row = { 0 };
	EXPECT(orders_by(w, "pager", &pager) > 0);
	EXPECT(world_row_get(w, TABLE_NOTICE, w->notices[pager].row.id, &row));
	EXPECT(row.state == NOTICE_SENDING);
	EXPECT_U64(row.tries, 1);
	world_free(w);
}

static void
notice__not_delivered_within_a_minute_takes_the_next_reach_too(void)
{
	/* The first hangs, or is refused at once again and again. */
	for (int hangs = 0; hangs < 2; hangs++) {
		struct world *w = one_message();
		size_t mail = 0, pager = 0;
		for (msec at = 0; at < MINUTE - SECOND; at += SECOND) {
			EXPECT_U64(orders_by(w, "pager", &pager), 0);
			(void)orders_by(w, "mail", &mail);
			if (hangs == 0 && !w->notices[mail].answered)
				answer(w, mail, false, false);
			world_after(w, SECOND);
		}
		world_restart(w);
		unsigned tries = orders_by(w, "mail", &mail);
		world_after(w, SECOND);
		EXPECT_U64(orders_by(w, "pager", &pager), 1);
		EXPECT_U64(w->notices[pager].row.tries, 1);
		EXPECT_STR(w->notices[pager].row.text, w->notices[mail].row.text);
		EXPECT(world_says(w, 1,
		    "needs-person notice to ana by mail not delivered within 1m: by pager "
		    "too"));
		/* The first goes on; its end is no reason to begin the second again. */
		if (!w->notices[mail].answered)
			answer(w, mail, false, false);
		world_after(w, 3 * MINUTE);
		EXPECT_U64(orders_by(w, "mail", &mail), tries + 1);
		answer(w, mail, false, true);
		EXPECT_U64(orders_by(w, "pager", &pager), 1);
		EXPECT_U64(world_gap(w, GAP_NOT_TOLD, "ana").count, 1);
		answer(w, pager, true, false);
		world_free(w);
	}
}

/* Of her own order: the pager for two minutes, then mail, and nothing after it. */
static void
notice__within_its_time_or_the_next_channel(void)
{
	static const char yaml[] = SHOP_TOP
	    "people:\n"
	    "  ana: {email: ana@example.com, reach: [{channel: pager, within: 2m}, {mail: "
	    "night@example.com, within: 20s}, mail]}\n"
	    "  mei: {email: mei@example.com, reach: [mail]}\n"
	    "teams:\n"
	    "  platform-ops:\n"
	    "    kind: operations\n"
	    "    lead: mei\n"
	    "    on_call:\n"
	    "      zone: UTC\n"
	    "      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n"
	    "      escalate: [{to: primary, after: 30m}, {to: lead}]\n";
	struct world *w = world_new(yaml, NULL, NULL);
	size_t mail = 0, pager = 0;
	w->deliver = false;
	world_fire(w, SLOW);
	EXPECT_U64(orders_by(w, "pager", &pager), 1);
	world_after(w, 2 * MINUTE - 1);
	EXPECT_U64(orders_by(w, "mail", &mail), 0);
	world_restart(w);
	world_after(w, 1);
	EXPECT_U64(orders_by(w, "mail", &mail), 1);
	EXPECT_STR(w->notices[mail].row.address, STR("night@example.com"));
	EXPECT(world_says(w, 1, "by pager not delivered within 2m: by mail too"));
	world_after(w, 20 * SECOND);
	EXPECT_U64(orders_by(w, "mail", &mail), 2);
	EXPECT_STR(w->notices[mail].row.address, STR("ana@example.com"));
	/* None of them works: nobody waits for her tier's half hour. */
	answer(w, pager, false, true);
	answer(w, mail - 1, false, true);
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 0);
	answer(w, mail, false, true);
	world_after(w, 1);
	EXPECT(world_says(w, 1, "ana could be reached in no way: the next tier now"));
	EXPECT_U64(world_told(w, PURPOSE_ESCALATED, "mei"), 1);
	EXPECT_U64(world_incident(w, 1).escalate_tier, 1);
	world_free(w);
}

static void
notice__told_once_is_enough(void)
{
	/* By the second while the first waits, or is out; or by the first after all. */
	for (int turn = 0; turn < 3; turn++) {
		struct world *w = one_message();
		size_t mail = 0, pager = 0;
		world_after(w, MINUTE);
		EXPECT_U64(orders_by(w, "pager", &pager), 1);
		(void)orders_by(w, "mail", &mail);
		if (turn == 0)
			answer(w, mail, false, false);
		answer(w, turn < 2 ? pager : mail, true, false);
		struct notice_row row = { 0 };
		size_t other = turn < 2 ? mail : pager;
		EXPECT(world_row_get(w, TABLE_NOTICE, w->notices[other].row.id, &row));
		EXPECT(row.state == NOTICE_GIVEN_UP);
		EXPECT_STR(row.error,
		    turn < 2 ? STR("ana was told by pager") : STR("ana was told by mail"));
		size_t orders = w->notice_n;
		answer(w, other, false, true); /* too late to matter */
		world_after(w, HOUR);
		EXPECT_U64(w->notice_n, orders);
		EXPECT_U64(world_gap(w, GAP_NOT_TOLD, "ana").count, 0);
		/* The end goes to where she was told. */
		world_resolve(w, 1);
		world_after(w, MINUTE);
		EXPECT_STR(w->notices[order_to(w, PURPOSE_ENDED, "ana")].row.channel,
		    turn < 2 ? STR("pager") : STR("mail"));
		world_free(w);
	}
}

static void
notice__the_end_is_told_though_the_configuration_dropped_the_person(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_fire(w, SLOW);
	world_restart(w);
	world_adopt(w,
	    SHOP_TOP
	    "people:\n  mei: {name: Mei Lin, email: mei@example.com, reach: [mail]}\n"
	    "teams:\n"
	    "  platform-ops:\n"
	    "    kind: operations\n"
	    "    on_call:\n"
	    "      zone: UTC\n"
	    "      rotations: [{name: primary, people: [mei], every: 1 week,"
	    " handover: 'Mon 09:00'}]\n",
	    NULL);
	world_resolve(w, 1);
	world_after(w, MINUTE);
	world_hands_restart(w); /* of the first message no answer comes */
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ana"), 1);
	EXPECT_STR(w->notices[order_to(w, PURPOSE_ENDED, "ana")].row.address,
	    STR("ana@example.com"));
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "ops-hook"), 1);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, "mei"), 0);
	world_free(w);
}

/* Of the two channels that are used. */
#define ROOM (2 * CHANNEL_SENDING_MAX)

/* More incidents than notices may be out at once. */
static void
notice__never_sent_is_dropped_when_it_ends(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	w->reload = false;
	uint64_t last = 0;
	for (unsigned i = 0; i < CHANNEL_SENDING_MAX + 1; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=Slow%u,service=ledger",
		    i);
		if (i == CHANNEL_SENDING_MAX)
			w->reload = true;
		last = world_fire(w, labels);
	}
	EXPECT_U64(w->notice_n, ROOM);
	incident_id id = w->alert_incident[last];
	world_resolve(w, last);
	world_after(w, MINUTE);
	EXPECT(world_state(w, id) == INCIDENT_CLOSED);
	answer(w, 0, true, false);
	for (size_t i = 0; i < w->notice_n; i++)
		EXPECT(w->notices[i].row.incident != id);
	EXPECT_U64(world_told(w, PURPOSE_ENDED, NULL), 0);
	world_free(w);
}

static void
notice__waits_for_room_and_goes_when_there_is_some(void)
{
	struct world *w = world_new(SHOP "limits: {incidents: 80}\n", NULL, NULL);
	w->deliver = false;
	w->reload = false;
	for (unsigned i = 0; i < CHANNEL_SENDING_MAX + 2; i++) {
		char labels[64];
		(void)snprintf(labels, sizeof(labels), "alertname=Slow%u,service=ledger",
		    i);
		world_fire(w, labels);
	}
	EXPECT_U64(w->notice_n, ROOM);
	for (size_t i = 0; i < 4; i++) {
		answer(w, i, true, false);
		EXPECT_U64(w->notice_n, ROOM + i + 1);
	}
	answer(w, 4, true, false);
	EXPECT_U64(w->notice_n, ROOM + 4);
	world_free(w);
}

static void
notice__nobody_to_tell_is_a_gap(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	/* No configuration can say so; a rotation before its first turn can. */
	for (size_t i = 0; i < w->configs[0].model->people_n; i++)
		w->configs[0].model->people[i].reach.n = 0;
	world_fire(w, SLOW);
	EXPECT_U64(world_told(w, PURPOSE_NEEDS_PERSON, NULL), 1); /* the channel */
	EXPECT_U64(world_gap(w, GAP_NOBODY, "platform-ops").count, 1);
	EXPECT(world_incident(w, 1).escalate_at != 0);
	world_free(w);
}

static void
notice__says_all_that_a_reader_needs(void)
{
	struct world *w = world_new(SHOP "url: 'https://firstline.example.com/'\n",
	    SHOP_QUEUE("restart-unit"), NULL);
	world_fire(w, "alertname=QueueStuck,queue=mail,severity=critical");
	const struct notice_row *row = world_last_notice(w);
	EXPECT_STR(row->subject,
	    STR("[sev2] payments: QueueStuck (incident 1): checking backlog"));
	EXPECT_STR(row->text, STR("QueueStuck: it does not move\n\n"
				  "customers may be unable to buy; payments (tier 2) is "
				  "affected, and checkout "
				  "depends on it.\n\n"
				  "severity:  sev2\n"
				  "owner:     platform-ops\n"
				  "service:   payments\n"
				  "state:     acting\n"
				  "runbook:   queue-not-draining\n"
				  "alerts:    1 active, 1 in all\n\n"
				  "Firstline: checking backlog\n\n"
				  "You may:\n"
				  "  firstline incident ack 1    (you have it)\n"
				  "  firstline incident show 1    (all about it)\n"
				  "  firstline incident cancel 1    (stop the runbook)\n"
				  "  firstline incident resolve 1    (it is over)\n\n"
				  "https://firstline.example.com/incidents/1\n"));
	EXPECT_STR(pairs_get(&row->fields, STR("severity")), STR("sev2"));
	EXPECT_STR(pairs_get(&row->fields, STR("state")), STR("acting"));
	EXPECT_STR(pairs_get(&row->fields, STR("doing")), STR("checking backlog"));
	world_free(w);
}

int
main(void)
{
	RUN(notice__shows_no_text_turned_around);
	RUN(notice__goes_on_in_the_thread_that_the_first_began);
	RUN(notice__says_in_its_thread_who_acknowledged_before_there_was_one);
	RUN(notice__escalates_until_somebody_acknowledges);
	RUN(notice__what_was_acknowledged_by_mistake_escalates_as_if_it_had_not_been);
	RUN(notice__who_an_incident_is_handed_over_to_is_told);
	RUN(notice__one_call_passes_an_incident_on_once);
	RUN(notice__a_call_that_could_not_pass_it_on_does_not_later);
	RUN(notice__a_link_that_came_too_late_acknowledges_never);
	RUN(notice__what_was_handed_over_by_mistake_is_taken_back);
	RUN(notice__what_nobody_had_is_nobodys_again_when_it_is_taken_back);
	RUN(notice__an_acknowledged_incident_that_nobody_works_on_comes_back);
	RUN(notice__an_attempt_in_doubt_is_not_worked_on);
	RUN(notice__is_tried_again_with_growing_pauses);
	RUN(notice__given_up_takes_the_next_reach_and_is_a_gap);
	RUN(notice__gives_up_after_twelve_tries);
	RUN(notice__not_delivered_within_a_minute_takes_the_next_reach_too);
	RUN(notice__within_its_time_or_the_next_channel);
	RUN(notice__told_once_is_enough);
	RUN(notice__the_end_is_told_though_the_configuration_dropped_the_person);
	RUN(notice__never_sent_is_dropped_when_it_ends);
	RUN(notice__waits_for_room_and_goes_when_there_is_some);
	RUN(notice__nobody_to_tell_is_a_gap);
	RUN(notice__says_all_that_a_reader_needs);
	TEST_MAIN_END();
}
