/* Nights, told from beginning to end, with channels as they come: who is called, who next, and
 * that whoever was called is told the end. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* Two teams, each with its own zone: primary, secondary, lead. Lisbon has the shop, Tokyo the
 * ledger. */
#define TEAM(name, zone, first, second, lead)                                           \
	"  " name ":\n"                                                                 \
	"    kind: operations\n"                                                        \
	"    lead: " lead "\n"                                                          \
	"    notify: [" name "-chat]\n"                                                 \
	"    on_call:\n"                                                                \
	"      zone: " zone "\n"                                                        \
	"      rotations:\n"                                                            \
	"        - {name: primary, people: [" first ", " second "], every: 1 week,"     \
	" handover: 'Mon 09:00', start: 2026-11-23}\n"                                  \
	"        - {name: secondary, people: [" second ", " first "], every: 1 week,"   \
	" handover: 'Mon 09:00', start: 2026-11-23}\n"                                  \
	"      escalate: [{to: primary, after: 5m}, {to: secondary, after: 10m}, {to: " \
	"lead}]\n"                                                                      \
	"      acknowledge_timeout: 30m\n"
#define TWO_ZONES                                                                     \
	"fallback: lisbon\n"                                                          \
	"channels:\n"                                                                 \
	"  phone: {webhook: 'http://127.0.0.1:8001/phone'}\n"                         \
	"  lisbon-chat: {webhook: 'http://127.0.0.1:8001/lisbon'}\n"                  \
	"  tokyo-chat: {webhook: 'http://127.0.0.1:8001/tokyo'}\n"                    \
	"people:\n"                                                                   \
	"  ana: {zone: Europe/Lisbon, reach: [phone]}\n"                              \
	"  rui: {zone: Europe/Lisbon, reach: [phone]}\n"                              \
	"  eva: {zone: Europe/Lisbon, reach: [phone]}\n"                              \
	"  mei: {zone: Asia/Tokyo, reach: [phone]}\n"                                 \
	"  ken: {zone: Asia/Tokyo, reach: [phone]}\n"                                 \
	"  yui: {zone: Asia/Tokyo, reach: [phone]}\n"                                 \
	"teams:\n" TEAM("lisbon", "Europe/Lisbon", "ana", "rui", "eva") TEAM("tokyo", \
	    "Asia/Tokyo", "mei", "ken", "yui") "services:\n"                          \
					       "  shop: {owner: lisbon, tier: 1}\n"   \
					       "  ledger: {owner: tokyo, tier: 1}\n"

static msec
utc(int year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
	return (msec)civil_days(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

static void
until(struct world *w, msec wall)
{
	ASSERT(wall >= w->wall);
	world_after(w, wall - w->wall);
}

/* Messages to that person about that incident, alone or in a digest. */
static unsigned
told(const struct world *w, const char *whom, incident_id incident, bool ends)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		const struct digest_line *lines = row->told.p;
		if (!str_eq(row->person, str_of(whom)))
			continue;
		n += row->incident == incident && (row->purpose == PURPOSE_ENDED) == ends;
		for (size_t k = 0; k < row->told.n; k++)
			n += lines[k].incident == incident &&
			     (lines[k].about == PURPOSE_ENDED) == ends;
	}
	return n;
}

/* It is 03:00 in each zone, six hours apart by the clock of the server, and nobody stirs. */
static void
night__a_page_at_three_in_two_zones_goes_on_to_secondary_and_lead(void)
{
	static const struct {
		const char *labels, *people[3];
		msec at;
	} nights[] = {
		/* 03:00 in Tokyo is 18:00 UTC of the day before; in Lisbon, in winter, 03:00. */
		{ "alertname=Down,service=ledger", { "mei", "ken", "yui" }, 0 },
		{ "alertname=Down,service=shop", { "ana", "rui", "eva" }, 0 },
	};
	const msec at[] = { utc(2026, 11, 24, 18, 0), utc(2026, 11, 25, 3, 0) };
	struct world *w = world_new(TWO_ZONES, NULL, NULL);
	uint64_t alerts[2];
	for (size_t i = 0; i < countof(nights); i++) {
		incident_id id = (incident_id)i + 1;
		until(w, at[i]);
		alerts[i] = world_fire(w, nights[i].labels);
		EXPECT_U64(w->last_incident, id);
		EXPECT_U64(told(w, nights[i].people[0], id, false), 1);
		EXPECT_U64(told(w, nights[i].people[1], id, false), 0);
		world_after(w, 5 * MINUTE);
		EXPECT_U64(told(w, nights[i].people[1], id, false), 1);
		EXPECT_U64(told(w, nights[i].people[2], id, false), 0);
		world_restart(w);
		world_after(w, 10 * MINUTE);
		EXPECT_U64(told(w, nights[i].people[2], id, false), 1);
		/* Half an hour later from the first again. */
		world_after(w, 30 * MINUTE);
		EXPECT_U64(told(w, nights[i].people[0], id, false), 2);
		EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, id,
			       i == 0 ? "person:yui" : "person:eva")
			       .status,
		    200);
		unsigned before = told(w, nights[i].people[1], id, false);
		world_after(w, 20 * MINUTE);
		EXPECT_U64(told(w, nights[i].people[1], id, false), before);
		world_resolve(w, alerts[i]);
		world_after(w, 10 * MINUTE);
		EXPECT(world_state(w, id) == INCIDENT_CLOSED);
		for (size_t k = 0; k < 3; k++)
			EXPECT_U64(told(w, nights[i].people[k], id, true), 1);
		/* Nobody of the other zone was woken. */
		for (size_t k = 0; k < 3; k++)
			EXPECT_U64(told(w, nights[1 - i].people[k], id, false), 0);
	}
	world_free(w);
}

/* "I have it", and asleep again: it comes back, to whoever has the first tier by then. */
static void
night__who_acknowledges_and_falls_asleep_is_called_again(void)
{
	struct world *w = world_new(TWO_ZONES, NULL, NULL);
	until(w, utc(2026, 11, 25, 3, 0));
	uint64_t alert = world_fire(w, "alertname=Down,service=shop");
	world_after(w, MINUTE);
	EXPECT_U64(world_ask(w, COMMAND_ACKNOWLEDGE, 1, "person:ana").status, 200);
	world_after(w, 29 * MINUTE);
	EXPECT_U64(told(w, "ana", 1, false), 1);
	world_restart(w);
	world_after(w, 2 * MINUTE);
	EXPECT_U64(told(w, "ana", 1, false), 2);
	EXPECT(world_says(w, 1, "nobody has worked on it for 30m: it comes back"));
	world_after(w, 5 * MINUTE);
	EXPECT_U64(told(w, "rui", 1, false), 1);
	world_resolve(w, alert);
	world_after(w, 10 * MINUTE);
	EXPECT_U64(told(w, "ana", 1, true), 1);
	EXPECT_U64(told(w, "rui", 1, true), 1);
	EXPECT_U64(told(w, "eva", 1, false) + told(w, "eva", 1, true), 0);
	world_free(w);
}

static struct pair params[8];

/* Clocks change in Lisbon at 01:00 UTC of that Sunday. Ninety minutes around it are swapped
 * for an hour of the next week, which is the other's. */
static void
swap_over(msec sunday)
{
	struct world *w = world_new(TWO_ZONES, NULL, NULL);
	until(w, sunday - 4 * HOUR);
	const msec from = sunday + 30 * MINUTE, to = sunday + 2 * HOUR;
	char text[4][24];
	const msec times[] = { from, to, sunday + 2 * DAY, sunday + 2 * DAY + HOUR };
	static const char *const names[] = { "from", "to", "back_from", "back_to" };
	struct command swap = { .kind = COMMAND_OVERRIDE_SWAP };
	size_t n = 0;
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%llu",
		    (unsigned long long)times[i]);
		params[n++] = (struct pair){ str_of(names[i]), str_of(text[i]) };
	}
	world_fire(w, "alertname=Who,service=shop");
	bool rui = told(w, "rui", 1, false) == 1;
	EXPECT(rui != (told(w, "ana", 1, false) == 1));
	const char *has = rui ? "rui" : "ana", *other = rui ? "ana" : "rui";
	swap.principal = rui ? STR("person:rui") : STR("person:ana");
	params[n++] = (struct pair){ STR("person"), str_of(other) };
	params[n++] = (struct pair){ STR("rotation"), STR("primary") };
	params[n++] = (struct pair){ STR("team"), STR("lisbon") };
	swap.params = (struct pairs){ params, n };
	EXPECT(pairs_sort(&swap.params));
	struct reply reply = world_command(w, &swap);
	EXPECT_U64(reply.status, 202);
	struct command yes = { .kind = COMMAND_OVERRIDE_ACCEPT,
		.principal = rui ? STR("person:ana") : STR("person:rui"),
		.row = reply.row };
	EXPECT_U64(world_command(w, &yes).status, 200);
	EXPECT_U64(world_ask(w, COMMAND_RESOLVE, 1, "person:ana").status, 200);
	/* Each quarter of an hour over the change: whoever has it then is called, and only they. */
	msec at = sunday + 15 * MINUTE;
	for (unsigned i = 0; i < 9; i++, at += 15 * MINUTE) {
		char labels[64];
		until(w, at);
		(void)snprintf(labels, sizeof(labels), "alertname=N%u,service=shop", i);
		uint64_t alert = world_fire(w, labels);
		incident_id id = w->last_incident;
		bool swapped = at >= from && at < to;
		EXPECT_U64(told(w, swapped ? other : has, id, false), 1);
		EXPECT_U64(told(w, swapped ? has : other, id, false), 0);
		world_resolve(w, alert);
		world_after(w, 4 * MINUTE);
		EXPECT_U64(told(w, swapped ? other : has, id, true), 1);
	}
	world_free(w);
}

/* 2027-03-28 has no hour from one to two there, 2027-10-31 has it twice. */
static void
night__of_a_swap_in_which_clocks_change_always_has_somebody(void)
{
	swap_over(utc(2027, 3, 28, 0, 0));
	swap_over(utc(2027, 10, 31, 0, 0));
}

int
main(void)
{
	RUN(night__a_page_at_three_in_two_zones_goes_on_to_secondary_and_lead);
	RUN(night__who_acknowledges_and_falls_asleep_is_called_again);
	RUN(night__of_a_swap_in_which_clocks_change_always_has_somebody);
	TEST_MAIN_END();
}
