#include <stdio.h>

#include "intake/intake.h"

#include "intake/state.h"
#include "intake/wire.h"
#include "support/test.h"

#define WALL UINT64_C(1795419163000) /* 2026-11-23T07:32:43Z */
#define AT (100 * DAY)

static char memory[16 << 20];
static struct intake *intake;
static uint64_t next_alert;
static msec now, set_back; /* since the test began */
static struct buf wire = { .max = 4 << 20 };

static void
begin_with(uint64_t alerts_max, size_t bytes_max)
{
	intake = intake_new(alerts_max, bytes_max, 42);
	next_alert = 1;
	now = set_back = 0;
}

static void
begin(void)
{
	begin_with(10000, 64 << 20);
}

static void
end(void)
{
	intake_check(intake);
	intake_free(intake);
}

/* One alert in the wire form: labels {n=name}, annotations {v=value} unless that is empty,
 * times since the test began. */
static void
put(const char *name, const char *value, const char *url, int64_t starts, int64_t ends)
{
	struct pair label = { STR("n"), str_of(name) };
	struct pair annotation = { STR("v"), str_of(value) };
	struct alert_body body = { .labels = { &label, 1 },
		.annotations = { &annotation, *value != '\0' },
		.url = str_of(url) };
	struct buf text = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &text);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&text), &parts));
	struct wire_alert alert = { .body = buf_str(&text),
		.labels_bytes = parts.labels_bytes,
		.fingerprint = wire_fingerprint(buf_str(&text)),
		.starts_wall = WALL + (msec)starts,
		.ends_wall = WALL + (msec)ends };
	char *p = buf_room(&wire, WIRE_HEAD_BYTES);
	wire_put_head(p, &alert);
	wire.n += WIRE_HEAD_BYTES;
	buf_add(&wire, alert.body);
	buf_done(&text);
}

/* Merge what was put; its changes hold until the next merge. */
static struct merge
merge(void)
{
	static char text[4 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	memcpy(text, wire.p, wire.n); /* bodies of changes are slices of it */
	struct merge m = intake_merge(intake, (str){ text, wire.n }, STR("source:a"),
	    AT + now, WALL + now - set_back, &next_alert, &arena);
	buf_reset(&wire);
	return m;
}

static void
settle(const struct merge *m, incident_id incident)
{
	static incident_id incidents[ALERTS_PER_EVENT_MAX];
	for (size_t i = 0; i < m->event.changes.n; i++)
		incidents[i] = incident;
	if (m->event.changes.n > 0)
		intake_settle(intake, &m->event, incidents);
	intake_check(intake);
}

static const struct alert_change *
change_at(const struct merge *m, size_t i)
{
	ASSERT(i < m->event.changes.n);
	return (const struct alert_change *)m->event.changes.p + i;
}

static void
expect_counts(const struct merge *m, size_t fired, size_t changed, size_t resolved,
    size_t unchanged)
{
	EXPECT(m->status == MERGE_OK);
	EXPECT_U64(m->fired, fired);
	EXPECT_U64(m->changed, changed);
	EXPECT_U64(m->resolved, resolved);
	EXPECT_U64(m->unchanged, unchanged);
	EXPECT_U64(m->event.changes.n, fired + changed + resolved);
}

static void
merge__gives_new_alerts_numbers(void)
{
	begin();
	put("a", "1", "http://x", -1000, 240000);
	put("b", "", "", -1000, 240000);
	struct merge m = merge();
	expect_counts(&m, 2, 0, 0, 0);
	EXPECT_STR(m.event.source, STR("source:a"));
	const struct alert_change *change = change_at(&m, 0);
	EXPECT(change->kind == CHANGE_FIRED && change->alert == 1 && change->incident == 0);
	EXPECT_U64(change->starts_wall, WALL - 1000);
	EXPECT_U64(change->ends_wall, WALL + 240000);
	EXPECT_U64(change->fingerprint, wire_fingerprint(change->body));
	EXPECT_U64(change_at(&m, 1)->alert, 2);
	settle(&m, 7);

	const struct alert *alert = intake_find(intake, 1);
	EXPECT(alert != NULL && alert->incident == 7);
	EXPECT_U64(alert->updated_wall, WALL);
	EXPECT_U64(alert->expires_at, AT + 240000);
	EXPECT_STR(intake_source(intake, alert->source), STR("source:a"));
	struct buf body = BUF(1000);
	alert_put_body(alert, &body);
	EXPECT_STR(buf_str(&body), change->body);
	buf_done(&body);
	EXPECT(intake_find(intake, 3) == NULL && intake_find(intake, 0) == NULL);
	EXPECT_U64(intake_active(intake), 2);
	end();
}

static void
merge__drops_what_says_nothing_new(void)
{
	begin();
	put("a", "1", "http://x", -1000, 240000);
	struct merge m = merge();
	settle(&m, 7);
	now = 60000;
	put("a", "1", "http://x", -1000, 300000);
	m = merge();
	expect_counts(&m, 0, 0, 0, 1);
	/* only the promise moved, and where that ends */
	const struct alert *alert = intake_find(intake, 1);
	EXPECT_U64(alert->ends_wall, WALL + 300000);
	EXPECT_U64(alert->expires_at, AT + 300000);
	EXPECT_U64(alert->updated_wall, WALL + 60000);
	/* nothing to settle, nothing to write */
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pack pack[2];
	EXPECT_U64(intake_packs(intake, 1, pack, 2, &arena), 1);
	put("a", "1", "http://x", -1000, 310000);
	m = merge();
	EXPECT_U64(intake_packs_dirty(intake), 0);
	end();
}

/* What is over before the other begins is no part of it: nothing of it is left. */
static void
merge__before_an_activity_still_to_come(void)
{
	begin();
	put("a", "1", "u:1", 240000, 300000);
	struct merge m = merge();
	settle(&m, 7);
	now = 60000;
	put("a", "1", "u:1", -5000, 120000);
	m = merge();
	expect_counts(&m, 0, 1, 0, 0);
	const struct alert *alert = intake_find(intake, 1);
	EXPECT_U64(alert->starts_wall, WALL - 5000);
	EXPECT_U64(alert->ends_wall, WALL + 120000);
	settle(&m, 7);
	end();
}

/* What an active alert [-60 s, +240 s] becomes when it is sent again. */
static void
merge__follows_alertmanagers_rules(void)
{
	static const struct {
		const char *name;
		const char *value, *url;
		int64_t starts, ends;
		unsigned kind; /* 0: nothing new */
		int64_t want_starts, want_ends;
	} rows[] = {
		{ "only the end moves", "1", "u:1", -60000, 250000, 0, -60000, 250000 },
		{ "a promise is not taken back", "1", "u:1", -60000, 100000, 0, -60000,
		    240000 },
		{ "a later start overlaps", "1", "u:1", -5000, 250000, 0, -60000, 250000 },
		{ "a start within the promise", "1", "u:1", 200000, 250000, 0, -60000,
		    250000 },
		{ "an earlier start", "1", "u:1", -90000, 240000, CHANGE_CHANGED, -90000,
		    240000 },
		{ "a start beyond the promise", "1", "u:1", 240001, 250000, CHANGE_CHANGED,
		    240001, 250000 },
		{ "another annotation", "2", "u:1", -60000, 240000, CHANGE_CHANGED, -60000,
		    240000 },
		{ "another annotation, a later start", "2", "u:1", -5000, 250000,
		    CHANGE_CHANGED, -60000, 250000 },
		{ "no annotation", "", "u:1", -60000, 240000, CHANGE_CHANGED, -60000,
		    240000 },
		{ "another url", "1", "u:2", -60000, 240000, CHANGE_CHANGED, -60000,
		    240000 },
		{ "no url", "1", "", -60000, 240000, CHANGE_CHANGED, -60000, 240000 },
		{ "resolved", "1", "u:1", -60000, 30000, CHANGE_RESOLVED, -60000, 30000 },
		{ "resolved just now", "1", "u:1", -60000, 60000, CHANGE_RESOLVED, -60000,
		    60000 },
		{ "resolved, a later start", "1", "u:1", -5000, 30000, CHANGE_RESOLVED,
		    -60000, 30000 },
		{ "resolved, an earlier start", "1", "u:1", -90000, 30000, CHANGE_RESOLVED,
		    -90000, 30000 },
		{ "resolved before it began", "1", "u:1", -90000, -80000, CHANGE_RESOLVED,
		    -90000, -80000 },
		{ "resolved, another annotation", "3", "", -60000, 30000, CHANGE_RESOLVED,
		    -60000, 30000 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		begin();
		put("a", "1", "u:1", -60000, 240000);
		struct merge m = merge();
		settle(&m, 7);
		now = 60000;
		put("a", rows[i].value, rows[i].url, rows[i].starts, rows[i].ends);
		m = merge();
		expect_counts(&m, 0, rows[i].kind == CHANGE_CHANGED,
		    rows[i].kind == CHANGE_RESOLVED, rows[i].kind == 0);
		const struct alert *alert = intake_find(intake, 1);
		if (rows[i].kind != 0) {
			const struct alert_change *change = change_at(&m, 0);
			EXPECT(change->kind == rows[i].kind && change->alert == 1);
			EXPECT(change->incident == 7);
			EXPECT_U64(change->starts_wall, WALL + (msec)rows[i].want_starts);
			EXPECT_U64(change->ends_wall, WALL + (msec)rows[i].want_ends);
			EXPECT((change->body.n == 0) == (rows[i].kind == CHANGE_RESOLVED));
		}
		if (rows[i].kind != CHANGE_RESOLVED) {
			EXPECT_U64(alert->starts_wall, WALL + (msec)rows[i].want_starts);
			EXPECT_U64(alert->ends_wall, WALL + (msec)rows[i].want_ends);
		}
		settle(&m, 7);
		EXPECT_U64(intake_active(intake), rows[i].kind != CHANGE_RESOLVED);
		end();
	}
}

/* The wall clock was an hour ahead when it was promised: nobody means to be heard of so
 * late, and an end that does not come is noticed. */
static void
merge__drops_a_promise_by_a_clock_that_was_set_back(void)
{
	const int64_t hour = 3600 * 1000, since = -5 * hour;
	begin();
	put("a", "1", "", since, 240000);
	struct merge m = merge();
	settle(&m, 7);
	now = 60000;
	set_back = (msec)hour;
	put("a", "1", "", since, 300000 - hour);
	m = merge();
	settle(&m, 7);
	const struct alert *alert = intake_find(intake, 1);
	EXPECT_U64(alert->ends_wall, WALL + 300000 - (msec)hour);
	EXPECT_U64(alert->expires_at, AT + 300000);
	/* by the same clock it is kept, as ever, also where that is kept right */
	set_back += 500;
	put("a", "1", "", since, 200000 - hour);
	m = merge();
	settle(&m, 7);
	EXPECT_U64(alert->expires_at, AT + 300500);
	end();
}

static void
merge__lets_a_default_end_be_replaced(void)
{
	begin();
	put("a", "", "", -1000, 300000);
	wire.p[1] = 1; /* nobody said so */
	struct merge m = merge();
	settle(&m, 7);
	put("a", "", "", -1000, 100000);
	m = merge();
	expect_counts(&m, 0, 0, 0, 1);
	EXPECT_U64(intake_find(intake, 1)->ends_wall, WALL + 100000);
	put("a", "", "", -1000, 50000);
	m = merge();
	EXPECT_U64(intake_find(intake, 1)->ends_wall, WALL + 100000);
	end();
}

static void
merge__ignores_the_end_of_what_is_not_active(void)
{
	begin();
	put("a", "", "", -2000, -1000);
	struct merge m = merge();
	expect_counts(&m, 0, 0, 0, 1);
	EXPECT_U64(intake_active(intake), 0);
	EXPECT_U64(next_alert, 1);
	end();
}

static void
merge__gives_a_new_number_to_what_fires_again(void)
{
	begin();
	put("a", "", "", -2000, 240000);
	struct merge m = merge();
	settle(&m, 7);
	now = 10000;
	put("a", "", "", -2000, 9000);
	m = merge();
	EXPECT(change_at(&m, 0)->kind == CHANGE_RESOLVED);
	settle(&m, 7);
	put("a", "", "", -2000, 9000); /* Prometheus says so for 15 minutes */
	m = merge();
	expect_counts(&m, 0, 0, 0, 1);
	now = 20000;
	put("a", "", "", 19000, 250000);
	m = merge();
	expect_counts(&m, 1, 0, 0, 0);
	EXPECT_U64(change_at(&m, 0)->alert, 2);
	EXPECT_U64(change_at(&m, 0)->starts_wall, WALL + 19000);
	settle(&m, 8);
	EXPECT(intake_find(intake, 1) == NULL && intake_find(intake, 2) != NULL);
	end();
}

static void
merge__takes_the_last_of_several_in_a_batch(void)
{
	begin();
	put("a", "1", "", -2000, 240000);
	put("b", "1", "", -2000, 240000);
	put("a", "2", "", -2000, 240000);
	put("a", "3", "", -3000, 240000);
	struct merge m = merge();
	expect_counts(&m, 2, 0, 0, 2);
	EXPECT_U64(change_at(&m, 1)->starts_wall, WALL - 3000);
	settle(&m, 7);
	EXPECT_U64(intake_active(intake), 2);

	put("a", "3", "", -3000, -1000); /* resolved, but not after all */
	put("a", "3", "", -3000, 240000);
	put("b", "2", "", -2000, 240000);
	put("b", "2", "", -2000, -500);
	put("c", "", "", -2000, 240000); /* came and went */
	put("c", "", "", -2000, -500);
	m = merge();
	expect_counts(&m, 0, 0, 1, 5);
	EXPECT_U64(change_at(&m, 0)->ends_wall, WALL - 500);
	settle(&m, 7);
	EXPECT_U64(intake_active(intake), 1);
	end();
}

/* More is refused than a pack holds: the packs for it were never made. */
static void
merge__refuses_most_of_a_large_batch(void)
{
	begin_with(10, 64 << 20);
	for (int i = 0; i < 3 * PACK_ALERTS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "%d", i);
		put(name, "", "", -2000, 240000);
	}
	struct merge m = merge();
	EXPECT(m.status == MERGE_OK && m.fired == 10);
	EXPECT_U64(m.refused, 3 * PACK_ALERTS - 10);
	settle(&m, 7);
	end();
}

static void
merge__takes_nothing_new_over_the_bound_but_every_end(void)
{
	begin_with(100, 64 << 20);
	put("a", "", "", -2000, 240000);
	put("b", "", "", -2000, 240000);
	struct merge m = merge();
	settle(&m, 7);

	intake_bound(intake, &(struct intake_bounds){
				 .alerts = 1 }); /* a configuration with less was adopted */
	put("c", "", "", -2000, 240000);
	m = merge();
	EXPECT(m.status == MERGE_OK && m.refused == 1);
	expect_counts(&m, 0, 0, 0, 0);

	now = 1000;
	put("a", "", "", -2000, 500);
	put("b", "", "", -2000, 900000);
	m = merge();
	EXPECT(m.status == MERGE_OK && m.resolved == 1 && m.unchanged == 1);
	settle(&m, 7);
	EXPECT_U64(intake_active(intake), 1);

	intake_bound(intake, &(struct intake_bounds){ .alerts = 2 });
	put("c", "", "", -2000, 240000);
	m = merge();
	EXPECT(m.status == MERGE_OK && m.fired == 1);
	settle(&m, 7);
	end();
}

static void
merge__takes_what_it_can_when_the_table_is_full(void)
{
	begin_with(3, 64 << 20);
	put("a", "", "", -2000, 240000);
	put("b", "", "", -2000, 240000);
	struct merge m = merge();
	settle(&m, 7);
	now = 1000;
	put("a", "", "", -2000, 900000);
	put("b", "", "", -2000, 500); /* makes room, but only once it is settled */
	put("c", "", "", -2000, 240000);
	put("d", "", "", -2000, 240000);
	m = merge();
	expect_counts(&m, 1, 0, 1, 1);
	EXPECT_U64(m.refused, 1);
	EXPECT_U64(next_alert, 4);
	settle(&m, 7);
	EXPECT_U64(intake_active(intake), 2);
	EXPECT_U64(intake_find(intake, 1)->ends_wall, WALL + 900000);

	put("d", "", "", -2000, 240000);
	m = merge();
	expect_counts(&m, 1, 0, 0, 0);
	EXPECT_U64(m.refused, 0);
	settle(&m, 7);
	end();
}

static void
merge__takes_what_it_can_when_the_text_is_too_much(void)
{
	static char large[30000];
	memset(large, 'x', sizeof(large) - 1);
	begin_with(1000, 200000);
	put("a", "1", "", -2000, 240000);
	put("z", "1", "", -2000, 240000);
	next_alert = 62; /* across the border of two packs */
	struct merge m = merge();
	settle(&m, 7);
	for (char name[2] = "b"; name[0] < 'j'; name[0]++) {
		memcpy(large + 1000, name, 1); /* urls that nobody shares */
		put(name, "1", large, -2000, 240000);
	}
	put("a", large, "", -9000, 900000);
	put("z", "1", "", -2000, -1000);
	m = merge();
	EXPECT_U64(m.changed, 0);
	EXPECT(m.status == MERGE_OK && m.fired > 0 && m.fired < 8 && m.resolved == 1);
	EXPECT_U64(m.fired + m.changed + m.refused, 9);
	settle(&m, 7);
	EXPECT_U64(intake_active(intake), 1 + m.fired);
	EXPECT_U64(intake_find(intake, 62)->ends_wall, WALL + 900000);
	EXPECT_U64(intake_find(intake, 62)->starts_wall, WALL - 2000);
	end();
}

static void
merge__refuses_what_is_not_wire_form(void)
{
	begin();
	put("a", "1", "", -2000, 240000);
	struct merge m = merge();
	settle(&m, 7);
	for (size_t fault = 0; fault < 3; fault++) {
		put("a", "1", "", -2000, 900000);
		put("b", "1", "", -2000, 240000);
		size_t begin_c = wire.n;
		put("c", "1", "", -2000, 240000);
		if (fault == 0)
			wire.n--;
		else if (fault == 1)
			wire.p[begin_c + WIRE_HEAD_BYTES + 1] = 9; /* no such field */
		else
			wire.p[begin_c + 8]--; /* where the labels end */
		m = merge();
		EXPECT(m.status == MERGE_MALFORMED);
		EXPECT_U64(intake_active(intake), 1);
		EXPECT_U64(intake_find(intake, 1)->ends_wall, WALL + 240000);
	}
	for (size_t i = 0; i < ALERTS_PER_EVENT_MAX + 1; i++)
		put("a", "", "", -2000, 240000);
	m = merge();
	EXPECT(m.status == MERGE_MALFORMED);
	m = merge(); /* nothing at all is fine */
	expect_counts(&m, 0, 0, 0, 0);
	end();
}

static void
sweep__expires_what_went_quiet(void)
{
	begin();
	put("a", "", "", -2000, 60000);
	put("b", "", "", -2000, 240000);
	struct merge m = merge();
	settle(&m, 7);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct alerts_expired expired;
	EXPECT(!intake_sweep(intake, AT + 59999, 100, &arena, &expired));
	EXPECT(intake_sweep(intake, AT + 60000, 100, &arena, &expired));
	EXPECT_U64(expired.ends.n, 1);
	const struct alert_end *ends = expired.ends.p;
	EXPECT(ends[0].alert == 1 && ends[0].incident == 7);
	EXPECT_U64(intake_active(intake), 2); /* until the event is told */
	intake_expired(intake, &expired);
	EXPECT_U64(intake_active(intake), 1);
	EXPECT(!intake_sweep(intake, AT + 60000, 100, &arena, &expired));

	/* a slice at a time, round and round */
	now = 10000;
	put("b", "", "", -2000, 300000);
	m = merge();
	size_t found = 0;
	for (size_t i = 0; i < 10; i++)
		found += intake_sweep(intake, AT + 300000, 1, &arena, &expired);
	EXPECT(found > 0);
	end();
}

static void
sweep__takes_the_word_of_whoever_is_heard_after_a_grace(void)
{
	begin();
	for (unsigned graces = 0; graces < 300; graces++) {
		now = graces * DAY;
		intake_grace(intake, AT + now);
		put("short", "", "", (int64_t)now - 2000, (int64_t)now + 1000);
		struct merge m = merge();
		settle(&m, 7);
		struct arena arena = arena_over(memory, sizeof(memory));
		struct alerts_expired expired;
		EXPECT(!intake_sweep(intake, AT + now + 999, 100, &arena, &expired));
		EXPECT(intake_sweep(intake, AT + now + 1000, 100, &arena, &expired));
		intake_expired(intake, &expired);
	}
	EXPECT_U64(intake_active(intake), 0);
	end();
}

static void
sweep__waits_for_the_horizon_after_a_grace(void)
{
	begin();
	put("short", "", "", -2000, 1000);
	put("long", "", "", -2000, 30 * MINUTE);
	struct merge m = merge();
	settle(&m, 7);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct alerts_expired expired;
	msec grace = AT + DAY;
	intake_grace(intake, grace);
	EXPECT(!intake_sweep(intake, grace + HORIZON_MIN_MS - 1, 100, &arena, &expired));
	EXPECT(intake_sweep(intake, grace + HORIZON_MIN_MS, 100, &arena, &expired));
	EXPECT(expired.ends.n == 1 && ((struct alert_end *)expired.ends.p)->alert == 1);
	EXPECT(intake_sweep(intake, grace + 30 * MINUTE, 100, &arena, &expired));
	EXPECT_U64(expired.ends.n, 2);
	end();
}

/* 2,000 alerts over four incidents of very different size. */
static incident_id
incident_of(size_t i)
{
	return i % 1000 == 0 ? 1 : i % 100 == 1 ? 2 : i % 10 == 2 ? 3 : 4;
}

static void
list__goes_through_all_in_slices(void)
{
	begin();
	for (size_t i = 0; i < 2000; i++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "%zu", i);
		put(name, "", "", -2000, 240000);
		struct merge m = merge();
		incident_id incident = incident_of(i);
		intake_settle(intake, &m.event, &incident);
	}
	static const size_t slices[] = { 1, 3, 17, 500, 5000 };
	for (incident_id incident = 0; incident <= 5; incident++) {
		size_t want = 0;
		for (size_t i = 0; i < 2000; i++)
			want += incident == 0 || incident_of(i) == incident;
		for (size_t k = 0; k < countof(slices); k++) {
			static const struct alert *found[5000];
			uint64_t cursor = 0;
			size_t n, seen = 0;
			while ((n = intake_list(intake, incident, cursor, found,
				    slices[k])) > 0) {
				for (size_t i = 0; i < n; i++) {
					EXPECT(found[i]->fingerprint > cursor);
					EXPECT(incident == 0 ||
					       found[i]->incident == incident);
					cursor = found[i]->fingerprint;
				}
				seen += n;
			}
			EXPECT_U64(seen, want);
		}
	}
	end();
}

static void
list__keeps_equal_fingerprints_together(void)
{
	begin();
	for (size_t i = 0; i < 40; i++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "%zu", i);
		size_t at = wire.n;
		put(name, "", "", -2000, 240000);
		uint64_t fingerprint = 1000 + i / 4; /* as if four collided each time */
		memcpy(wire.p + at + WIRE_FINGERPRINT_AT, &fingerprint, 8);
	}
	struct merge m = merge();
	settle(&m, 7);
	for (incident_id incident = 0; incident <= 7; incident += 7) {
		const struct alert *found[10];
		EXPECT_U64(intake_list(intake, incident, 0, found, 10), 8);
		EXPECT_U64(found[7]->fingerprint, 1001);
		EXPECT_U64(intake_list(intake, incident, 1001, found, 10), 8);
		EXPECT_U64(intake_list(intake, incident, 1009, found, 10), 0);
		/* more of them than fit: the first ones, and on */
		EXPECT_U64(intake_list(intake, incident, 1001, found, 3), 3);
		EXPECT_U64(found[0]->fingerprint, 1002);
		EXPECT_U64(intake_list(intake, incident, UINT64_MAX, found, 3), 0);
	}
	end();
}

int
main(void)
{
	RUN(merge__gives_new_alerts_numbers);
	RUN(merge__drops_what_says_nothing_new);
	RUN(merge__follows_alertmanagers_rules);
	RUN(merge__before_an_activity_still_to_come);
	RUN(merge__drops_a_promise_by_a_clock_that_was_set_back);
	RUN(merge__lets_a_default_end_be_replaced);
	RUN(merge__ignores_the_end_of_what_is_not_active);
	RUN(merge__gives_a_new_number_to_what_fires_again);
	RUN(merge__takes_the_last_of_several_in_a_batch);
	RUN(merge__refuses_most_of_a_large_batch);
	RUN(merge__takes_nothing_new_over_the_bound_but_every_end);
	RUN(merge__takes_what_it_can_when_the_table_is_full);
	RUN(merge__takes_what_it_can_when_the_text_is_too_much);
	RUN(merge__refuses_what_is_not_wire_form);
	RUN(sweep__expires_what_went_quiet);
	RUN(sweep__takes_the_word_of_whoever_is_heard_after_a_grace);
	RUN(sweep__waits_for_the_horizon_after_a_grace);
	RUN(list__goes_through_all_in_slices);
	RUN(list__keeps_equal_fingerprints_together);
	buf_done(&wire);
	TEST_MAIN_END();
}
