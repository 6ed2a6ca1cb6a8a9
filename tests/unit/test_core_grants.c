/* Grants that end: their owners hear of it in time, once. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* The world begins on 2026-11-23, a Monday, at 13:12 UTC. */
#define ENDS(sentence, until)                                  \
	"  - {grant: " sentence ", to: [ana], may: [restart]," \
	" on: {service: [ledger]}, until: " until ", owner: ana}\n"
#define CLEARS "ana clears the ledger"

static struct gap_row
gap_of(struct world *w, const char *sentence)
{
	return world_gap(w, GAP_GRANT_ENDS, sentence);
}

static void
grants__an_owner_is_told_14_days_ahead_and_once(void)
{
	struct world *w = world_new(SHOP ENDS(CLEARS, "2026-12-09"), NULL, NULL);
	/* On the 26th at 00:00 it is 14 days; on the 26th at nine it is looked for. */
	world_after(w, 2 * DAY);
	EXPECT_U64(gap_of(w, CLEARS).count, 0);
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 0);
	world_after(w, DAY);
	struct gap_row gap = gap_of(w, CLEARS);
	EXPECT_U64(gap.count, 1);
	EXPECT_STR(gap.owner, STR("ana"));
	EXPECT_STR(gap.text,
	    STR("grant 'ana clears the ledger' ends with 2026-12-09: after that it "
		"allows nothing"));
	EXPECT_U64(gap.first_wall % DAY, 9 * HOUR);
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_STR(world_last_notice(w)->subject,
	    STR("[grants] 'ana clears the ledger' ends with 2026-12-09"));
	EXPECT(str_contains(world_last_notice(w)->text, STR("(production.yaml:")));
	/* Neither days nor restarts nor the same rules again tell it again. */
	world_after(w, 5 * DAY);
	world_restart(w);
	world_after(w, 5 * DAY);
	world_adopt(w, SHOP ENDS(CLEARS, "2026-12-09"), SHOP_QUEUE("restart-unit"));
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 1);
	EXPECT_U64(gap_of(w, CLEARS).count, 1);
	/* It has ended: the gap says so. */
	world_after(w, 10 * DAY);
	gap = gap_of(w, CLEARS);
	EXPECT_STR(gap.text,
	    STR("grant 'ana clears the ledger' ended with 2026-12-09: it allows "
		"nothing any more"));
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 1);
	world_after(w, 20 * DAY);
	EXPECT_U64(gap_of(w, CLEARS).count, 2);
	/* Prolonged: nothing is missing, until that end is near. */
	world_adopt(w, SHOP ENDS(CLEARS, "2027-03-01"), NULL);
	EXPECT_U64(gap_of(w, CLEARS).count, 0);
	world_restart(w);
	world_after(w, 60 * DAY);
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 2);
	EXPECT(str_contains(gap_of(w, CLEARS).text, STR("2027-03-01")));
	world_free(w);
}

static void
grants__a_configuration_with_an_end_near_tells_at_once(void)
{
	struct world *w = world_new(SHOP ENDS(CLEARS, "2026-12-01") ENDS("ana looks",
					"2026-11-01") ENDS("ana waits", "2027-12-01"),
	    NULL, NULL);
	EXPECT_U64(gap_of(w, CLEARS).count, 1);
	EXPECT(str_contains(gap_of(w, "ana looks").text, STR("ended with 2026-11-01")));
	EXPECT_U64(gap_of(w, "ana waits").count, 0);
	/* One notice to one owner. */
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_STR(world_last_notice(w)->subject, STR("[grants] 2 of your grants end"));
	EXPECT(str_contains(world_last_notice(w)->text, STR("ana clears the ledger")));
	EXPECT(str_contains(world_last_notice(w)->text, STR("ana looks")));
	/* Taken out: nothing is missing. */
	world_adopt(w, SHOP, NULL);
	EXPECT_U64(world_count(w, TABLE_GAP), 0);
	EXPECT_U64(core_counts(w->core).gaps, 0);
	world_free(w);
}

/* So many grants, whose sentences are that long, and the notice of them. */
static str
told_of(unsigned n, unsigned long_, struct world **ret)
{
	static char yaml[(size_t)1 << 16]; /* the world goes on reading it */
	struct buf out = BUF(sizeof(yaml) - 1);
	buf_printf(&out, "%s", SHOP);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&out, ENDS("g%0*u", "2026-12-01"), (int)long_ - 1, i);
	memset(yaml, 0, sizeof(yaml));
	memcpy(yaml, buf_str(&out).p, buf_str(&out).n);
	buf_done(&out);
	*ret = world_new(yaml, NULL, NULL);
	return world_last_notice(*ret)->text;
}

/* One message has fifty at most, each of them whole, and says how many more there are. */
static void
grants__that_are_many_are_counted(void)
{
	static const struct {
		unsigned n, long_, more; /* 0: none */
	} rows[] = { { 50, 10, 0 }, { 51, 10, 1 }, { 53, 128, 3 }, { 49, 300, 9 } };
	for (size_t i = 0; i < countof(rows); i++) {
		struct world *w;
		str text = told_of(rows[i].n, rows[i].long_, &w);
		char more[40], subject[60];
		(void)snprintf(more, sizeof(more), ")\n  and %u more\n\nWrite a later",
		    rows[i].more);
		(void)snprintf(subject, sizeof(subject), "[grants] %u of your grants end",
		    rows[i].n);
		EXPECT_STR(world_last_notice(w)->subject, str_of(subject));
		EXPECT(str_contains(text,
		    rows[i].more > 0 ? str_of(more) : STR(")\n\nWrite a later")));
		unsigned lines = 0;
		for (str rest = text; rest.n > 0;) {
			struct str_cut line = str_cut(rest, '\n');
			lines += str_starts(line.head, STR("  grant 'g")) ? 1 : 0;
			rest = line.tail;
		}
		EXPECT_U64(lines, rows[i].n - rows[i].more);
		world_free(w);
	}
}

static void
grants__of_one_sentence_the_one_that_ends_first_counts(void)
{
	struct world *w =
	    world_new(SHOP ENDS(CLEARS, "2026-12-02") ENDS(CLEARS, "2026-12-01"), NULL,
		NULL);
	EXPECT(str_contains(gap_of(w, CLEARS).text, STR("2026-12-01")));
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	world_after(w, 20 * DAY);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_U64(gap_of(w, CLEARS).count, 2);
	world_free(w);
}

static void
grants__a_notice_that_fails_takes_the_next_reach(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->deliver = false;
	world_adopt(w, SHOP ENDS(CLEARS, "2026-12-01"), NULL);
	const struct notice_row *mail = world_last_notice(w);
	EXPECT_STR(mail->channel, STR("mail"));
	row_id id = mail->id;
	world_after(w, MINUTE);
	EXPECT_STR(world_last_notice(w)->channel, STR("pager"));
	w->deliver = true;
	struct event told = { .kind = EVENT_NOTICE_RESULT,
		.notice_result = { .notice = world_last_notice(w)->id,
		    .delivered = true } };
	world_step(w, &told);
	struct notice_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_NOTICE, id, &row));
	EXPECT(row.state == NOTICE_GIVEN_UP || row.state == NOTICE_DELIVERED);
	EXPECT_U64(core_counts(w->core).notices_open, 0);
	world_free(w);
}

/* ---- who brought in what is in force ---- */

static void
reloaded_by__is_kept_with_the_configuration(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	EXPECT_STR(core_control(w->core)->reloaded_by, STR(""));
	world_adopt_by(w, SHOP ENDS(CLEARS, "2029-12-01"), NULL, "person:ana");
	EXPECT_STR(core_control(w->core)->reloaded_by, STR("person:ana"));
	world_restart(w);
	EXPECT_STR(core_control(w->core)->reloaded_by, STR("person:ana"));
	/* A start of the engine adopts what is in force already: by nobody. */
	struct event again = { .kind = EVENT_CONFIG_ADOPTED,
		.config_adopted = { .hash = w->configs[1].hash,
		    .model = w->configs[1].model } };
	world_step(w, &again);
	EXPECT_STR(core_control(w->core)->reloaded_by, STR("person:ana"));
	/* A decision says by whose rules it was made. */
	world_fire(w, "alertname=QueueStuck,queue=payments");
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("restart-unit"),
		.action = true,
		.target = STR("pay-1") };
	EXPECT_U64(world_command(w, &run).status, 202);
	struct decision_row decision = { 0 };
	EXPECT(world_row_get(w, TABLE_DECISION, world_last(w, TABLE_DECISION), &decision));
	EXPECT_STR(decision.given.reloaded_by, STR("person:ana"));
	/* By the operating system: nobody knows. */
	world_adopt(w, SHOP, NULL);
	EXPECT_STR(core_control(w->core)->reloaded_by, STR(""));
	world_free(w);
}

int
main(void)
{
	RUN(grants__an_owner_is_told_14_days_ahead_and_once);
	RUN(grants__a_configuration_with_an_end_near_tells_at_once);
	RUN(grants__that_are_many_are_counted);
	RUN(grants__of_one_sentence_the_one_that_ends_first_counts);
	RUN(grants__a_notice_that_fails_takes_the_next_reach);
	RUN(reloaded_by__is_kept_with_the_configuration);
	TEST_MAIN_END();
}
