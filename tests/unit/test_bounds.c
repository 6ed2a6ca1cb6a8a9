#include <stdio.h>

#include "intake/intake.h"
#include "intake/state.h"
#include "intake/wire.h"
#include "support/test.h"

#define WALL UINT64_C(1795419163000)
#define AT (100 * DAY)

static char memory[32 << 20];
static struct intake *intake;
static uint64_t next_alert;
static msec now;
static struct buf wire = { .max = 4 << 20 };

static void
begin(struct intake_bounds bounds)
{
	intake = intake_new(100000, 256 << 20, 42);
	next_alert = 1;
	now = 0;
	bounds.alerts = bounds.alerts > 0 ? bounds.alerts : 100000;
	intake_bound(intake, &bounds);
}

static void
end(void)
{
	intake_check(intake);
	intake_free(intake);
	buf_reset(&wire);
}

/* {alertname=name, id=id, zone=id modulo 3}, an annotation that says `text`. */
static void
put(const char *name, unsigned id, const char *text, bool ends)
{
	char number[16], zone[16];
	(void)snprintf(number, sizeof(number), "%u", id);
	(void)snprintf(zone, sizeof(zone), "%u", id % 3);
	struct pair labels[] = { { STR("alertname"), str_of(name) },
		{ STR("id"), str_of(number) }, { STR("zone"), str_of(zone) } };
	struct pair annotation = { STR("v"), str_of(text) };
	struct alert_body body = { .labels = { labels, 3 },
		.annotations = { &annotation, 1 } };
	struct buf bytes = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &bytes);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&bytes), &parts));
	struct wire_alert alert = { .body = buf_str(&bytes),
		.labels_bytes = parts.labels_bytes,
		.fingerprint = wire_fingerprint(buf_str(&bytes)),
		.starts_wall = WALL - 2000,
		.ends_wall = ends ? WALL + now : WALL + now + 10 * MINUTE };
	char *p = buf_room(&wire, WIRE_HEAD_BYTES);
	wire_put_head(p, &alert);
	wire.n += WIRE_HEAD_BYTES;
	buf_add(&wire, alert.body);
	buf_done(&bytes);
}

static void
put_many(const char *name, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put(name, first + i, "", false);
}

static struct merge
merge(const char *source)
{
	static char text[4 << 20];
	static incident_id incidents[ALERTS_PER_EVENT_MAX];
	struct arena arena = arena_over(memory, sizeof(memory));
	memcpy(text, wire.p, wire.n);
	struct merge m = intake_merge(intake, (str){ text, wire.n }, str_of(source),
	    AT + now, WALL + now, &next_alert, &arena);
	buf_reset(&wire);
	EXPECT(m.status == MERGE_OK);
	intake_settle(intake, &m.event, incidents);
	intake_check(intake);
	return m;
}

static void
bounds__hold_one_source_and_no_other(void)
{
	begin((struct intake_bounds){ .alerts_per_source = 10 });
	put_many("A", 0, 15);
	struct merge m = merge("a");
	EXPECT_U64(m.fired, 10);
	EXPECT_U64(m.refused_for[REFUSAL_SOURCE], 5);
	EXPECT_U64(intake_active_of(intake, STR("a")), 10);

	put_many("A", 0, 10); /* re-sent */
	put("A", 3, "news", false);
	put("A", 100, "", false);
	m = merge("a");
	EXPECT_U64(m.unchanged, 10);
	EXPECT_U64(m.changed, 1);
	EXPECT_U64(m.refused, 1);

	put_many("B", 200, 10);
	EXPECT_U64(merge("b").fired, 10);

	put("A", 0, "", true);
	EXPECT_U64(merge("a").resolved, 1);
	put_many("A", 50, 2);
	m = merge("a");
	EXPECT_U64(m.fired, 1); /* what ended made room */
	EXPECT_U64(m.refused, 1);

	put("B", 200, "now of a", false); /* who sends it last has it */
	EXPECT_U64(merge("a").changed, 1);
	EXPECT_U64(intake_active_of(intake, STR("a")), 11);
	EXPECT_U64(intake_active_of(intake, STR("b")), 9);
	end();
}

static void
bounds__hold_one_alertname(void)
{
	begin((struct intake_bounds){ .alerts = 1000 });
	put_many("Old", 0, 8);
	(void)merge("a");
	intake_bound(intake,
	    &(struct intake_bounds){ .alerts = 1000, .alerts_per_alertname = 10 });
	put_many("New", 0, 12);
	put_many("Old", 100, 5);
	struct merge m = merge("a");
	EXPECT_U64(m.fired, 12);
	EXPECT_U64(m.refused_for[REFUSAL_ALERTNAME], 5);
	EXPECT_STR(m.alertname, STR("New"));
	EXPECT_U64(intake_active_named(intake, STR("Old")), 10);
	for (unsigned i = 0; i < 8; i++)
		put("Old", i, "", true);
	put("New", 3, "", true);
	EXPECT_U64(merge("b").resolved, 9);
	EXPECT_U64(intake_active_named(intake, STR("Old")), 2);
	EXPECT_U64(intake_active_named(intake, STR("New")), 9);
	intake_bound(intake, &(struct intake_bounds){ .alerts = 1000 });
	put_many("New", 300, 50);
	EXPECT_U64(merge("a").fired, 50);
	end();
}

static void
bounds__let_new_ones_go_before_changed_ones(void)
{
	begin((struct intake_bounds){ .rate = 10, .burst = 20 });
	put_many("A", 0, 12);
	EXPECT_U64(merge("a").fired, 12);

	for (unsigned i = 0; i < 6; i++)
		put("A", i, "news", false);
	put_many("A", 6, 6); /* nothing new: free */
	put_many("A", 100, 6);
	struct merge m = merge("a");
	EXPECT_U64(m.fired, 6);
	EXPECT_U64(m.changed, 2); /* 20 - 12 - 6 were left */
	EXPECT_U64(m.unchanged, 6);
	EXPECT_U64(m.refused_for[REFUSAL_RATE], 4);

	put_many("A", 200, 1);
	put("A", 6, "", true);
	m = merge("a");
	EXPECT_U64(m.refused, 1);
	EXPECT_U64(m.resolved, 1); /* an end is always heard */
	put_many("B", 0, 20);
	EXPECT_U64(merge("b").fired, 20); /* each has its own */

	now = 500;
	put_many("A", 200, 6);
	m = merge("a");
	EXPECT_U64(m.fired, 5);
	now = HOUR;
	put_many("A", 300, 30);
	EXPECT_U64(merge("a").fired, 20); /* the bucket holds no more */
	end();
}

static void
bounds__are_no_bounds_unless_written(void)
{
	begin((struct intake_bounds){ .alerts = 100000 });
	for (unsigned i = 0; i < 10; i++) {
		put_many("A", 4000 * i, 4000);
		EXPECT_U64(merge("a").fired, 4000);
	}
	end();
}

static void
spread__names_the_label_that_explodes(void)
{
	begin((struct intake_bounds){ .alerts = 100000 });
	put_many("Old", 0, 4000);
	(void)merge("b");
	put_many("New", 10000, 1500);
	(void)merge("a");
	struct arena arena = arena_over(memory, sizeof(memory));
	struct spread s = intake_spread(intake, STR("a"), STR(""), next_alert, &arena);
	EXPECT_U64(s.alerts, SPREAD_ALERTS);
	EXPECT_STR(s.label, STR("id"));
	EXPECT_U64(s.values, SPREAD_ALERTS);
	EXPECT_STR(s.example, STR("11499"));
	EXPECT(!s.many_names);
	s = intake_spread(intake, STR(""), STR("Old"), next_alert, &arena);
	EXPECT_U64(s.alerts, SPREAD_ALERTS);
	EXPECT_STR(s.example, STR("3999"));
	s = intake_spread(intake, STR("nobody"), STR(""), next_alert, &arena);
	EXPECT_U64(s.alerts, 0);
	EXPECT_STR(s.label, STR(""));
	end();
}

int
main(void)
{
	RUN(bounds__hold_one_source_and_no_other);
	RUN(bounds__hold_one_alertname);
	RUN(bounds__let_new_ones_go_before_changed_ones);
	RUN(bounds__are_no_bounds_unless_written);
	RUN(spread__names_the_label_that_explodes);
	buf_done(&wire);
	TEST_MAIN_END();
}
