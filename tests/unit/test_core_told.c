/* Whoever was told of an incident is told of its end: through silences, restarts and other
 * configurations, each in the middle of it. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define SLOW "alertname=Slow,service=ledger"

static void
answer(struct world *w, size_t i, bool delivered)
{
	w->notices[i].answered = true;
	struct event event = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = w->notices[i].row.id,
		    .delivered = delivered,
		    .permanent = !delivered } };
	if (!delivered)
		event.notice_result.error = STR("the configuration has no such channel");
	world_step(w, &event);
}

static void
deliver_all(struct world *w)
{
	for (size_t i = 0; i < w->notice_n; i++) {
		if (!w->notices[i].answered)
			answer(w, i, true);
	}
}

/* The end was ordered for them by that channel, as one message however often. */
static unsigned
ends_by(const struct world *w, const char *whom, const char *channel)
{
	row_id last = 0;
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		if (row->purpose != PURPOSE_ENDED || !str_eq(row->person, str_of(whom)) ||
		    !str_eq(row->channel, str_of(channel)) || row->id == last)
			continue;
		last = row->id;
		n++;
	}
	return n;
}

static void
told__of_the_end_that_a_silence_made(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	uint64_t alert = world_fire(w, SLOW);
	deliver_all(w);
	world_hold(w, alert, world_silence(w, "Slow", HOUR).id);
	world_restart(w);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	EXPECT_U64(ends_by(w, "ana", "mail"), 1);
	EXPECT_U64(ends_by(w, "", "ops-hook"), 1);
	EXPECT(str_contains(world_last_notice(w)->text, STR("silenced by")));
	deliver_all(w);
	/* And of the end of what it lets go of, anew. */
	world_release(w, alert);
	deliver_all(w);
	world_resolve(w, alert);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(ends_by(w, "ana", "mail"), 2);
	world_free(w);
}

static void
told__of_the_end_over_restarts(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	uint64_t alert = world_fire(w, SLOW);
	/* They were sent it; whether it came nobody knows. */
	world_restart(w);
	world_resolve(w, alert);
	world_restart(w);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	world_restart(w);
	world_hands_restart(w);
	EXPECT_U64(ends_by(w, "ana", "mail"), 1);
	EXPECT_U64(ends_by(w, "", "ops-hook"), 1);
	deliver_all(w);
	world_restart(w);
	size_t orders = w->notice_n;
	world_after(w, HOUR);
	EXPECT_U64(w->notice_n, orders);
	world_free(w);
}

static const char other_channels[] =
    "prometheus: http://127.0.0.1:9090\n"
    "fallback: platform-ops\n"
    "channels:\n"
    "  phone: {webhook: 'http://127.0.0.1:8001/phone'}\n"
    "  ops-hook: {webhook: 'http://127.0.0.1:8001/ops'}\n"
    "people:\n"
    "  ana: {reach: [phone]}\n"
    "teams:\n"
    "  platform-ops:\n"
    "    kind: operations\n"
    "    notify: [ops-hook]\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n";

/* The channel by which she was told is gone: by what she is reached by now. */
static void
told__of_the_end_though_the_configuration_dropped_the_channel(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	uint64_t alert = world_fire(w, SLOW);
	deliver_all(w);
	world_adopt(w, other_channels, NULL);
	world_resolve(w, alert);
	world_after(w, 2 * MINUTE);
	EXPECT(world_state(w, 1) == INCIDENT_CLOSED);
	for (size_t i = 0; i < w->notice_n; i++) {
		if (!w->notices[i].answered)
			answer(w, i, !str_eq(w->notices[i].row.channel, STR("mail")));
	}
	EXPECT_U64(ends_by(w, "ana", "phone"), 1);
	EXPECT_U64(ends_by(w, "", "ops-hook"), 1);
	deliver_all(w);
	size_t orders = w->notice_n;
	world_after(w, HOUR);
	EXPECT_U64(w->notice_n, orders);
	world_free(w);
}

int
main(void)
{
	RUN(told__of_the_end_that_a_silence_made);
	RUN(told__of_the_end_over_restarts);
	RUN(told__of_the_end_though_the_configuration_dropped_the_channel);
	TEST_MAIN_END();
}
