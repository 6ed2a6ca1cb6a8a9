/*
 * A table that forgets everything and is loaded from packs and entries, beside one that
 * never does: whatever happens, they hold the same.
 */
#include "intake/state.h"
#include "support/test.h"

#define WALL UINT64_C(1795419163000) /* 2026-11-23T07:32:43Z */
#define ENTRIES_MAX 400
#define PACKS_MAX 200
#define NAMES 150

static char memory[32 << 20];
static uint64_t seed;

static uint64_t
below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 20) % n;
}

/* ---- a store ---- */

static struct disk {
	struct buf entry[ENTRIES_MAX]; /* by seq */
	uint64_t seq;
	struct buf pack[PACKS_MAX]; /* by id; empty: no row */
	uint64_t as_of;
} disk;

static void
disk_reset(void)
{
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		buf_done(&disk.entry[i]);
	for (size_t i = 0; i < PACKS_MAX; i++)
		buf_done(&disk.pack[i]);
	disk = (struct disk){ .seq = 0 };
}

/* Write at most n packs, as of what is committed or of what is committed with them. */
static void
write_packs(struct intake *intake, size_t n)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pack pack[8];
	n = intake_packs(intake, disk.seq, pack, n, &arena);
	for (size_t i = 0; i < n; i++) {
		ASSERT(pack[i].id < PACKS_MAX);
		struct buf *row = &disk.pack[pack[i].id];
		row->max = PACK_BYTES_MAX;
		buf_reset(row);
		buf_add(row, pack[i].body);
	}
	uint64_t as_of = intake_packs_as_of(intake, disk.seq);
	EXPECT(as_of >= disk.as_of); /* never goes back */
	disk.as_of = as_of;
}

static void
apply_entry(struct intake *intake, uint64_t seq, msec at)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err = { .text = "" };
	struct entry entry;
	bool ok = entry_decode(buf_str(&disk.entry[seq]), &arena, &entry, &err);
	for (size_t i = 0; ok && i < entry.step_n; i++)
		ok = intake_apply(intake, seq, &entry.step[i], at, &err);
	if (!ok)
		EXPECT_STR(str_of(err.text), STR(""));
}

static struct intake *
load(msec at)
{
	struct intake *intake = intake_new(10000, 64 << 20, below(UINT64_MAX));
	struct err err = { .text = "" };
	for (uint64_t id = 0; id < PACKS_MAX; id++) {
		str body = buf_str(&disk.pack[id]);
		if (body.n > 0 && !intake_load_pack(intake, id, body, at, &err))
			EXPECT_STR(str_of(err.text), STR(""));
	}
	/* What is applied again changes nothing. */
	for (uint64_t times = 1 + below(2); times > 0; times--) {
		for (uint64_t seq = disk.as_of + 1; seq <= disk.seq; seq++)
			apply_entry(intake, seq, at);
	}
	(void)intake_packs_as_of(intake, disk.seq);
	intake_check(intake);
	return intake;
}

/* ---- comparing, all but how fresh an alert is ---- */

static void
expect_same_alert(const struct intake *a, const struct intake *b, uint64_t number)
{
	const struct alert *x = intake_find(a, number);
	const struct alert *y = intake_find(b, number);
	EXPECT((x == NULL) == (y == NULL));
	if (x == NULL || y == NULL)
		return;
	EXPECT_U64(x->number, y->number);
	EXPECT_U64(x->fingerprint, y->fingerprint);
	EXPECT_U64(x->incident, y->incident);
	EXPECT_U64(x->starts_wall, y->starts_wall);
	EXPECT_U64(x->labels_bytes, y->labels_bytes);
	EXPECT_STR(x->head, y->head);
	EXPECT_STR(text_str(x->url), text_str(y->url));
	EXPECT_STR(intake_source(a, x->source), intake_source(b, y->source));
}

static void
expect_same(const struct intake *a, const struct intake *b, uint64_t numbers)
{
	EXPECT_U64(intake_active(a), intake_active(b));
	for (uint64_t number = 0; number < numbers; number++)
		expect_same_alert(a, b, number);
	for (incident_id incident = 0; incident < 6; incident++) {
		static const struct alert *x[1000], *y[1000];
		size_t n = intake_list(a, incident, 0, x, countof(x));
		EXPECT_U64(intake_list(b, incident, 0, y, countof(y)), n);
		for (size_t i = 0; i < n; i++)
			EXPECT_U64(x[i]->number, y[i]->number);
	}
}

/* ---- a history ---- */

struct world {
	struct intake *kept;      /* never forgets */
	struct intake *forgetful; /* writes the disk */
	uint64_t next_alert;
	msec at;
	struct buf wire;
	struct buf steps;
	size_t step_n;
};

static void
put_alert(struct world *w)
{
	char name[16], value[200], url[80];
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)below(NAMES));
	(void)snprintf(value, sizeof(value), "%0*d", (int)below(150) + 1, (int)below(3));
	(void)snprintf(url, sizeof(url), "http://h/%0*d", (int)below(2) * 30 + 1,
	    (int)below(3));
	struct pair label = { STR("name"), str_of(name) };
	struct pair annotation = { STR("v"), str_of(value) };
	struct alert_body body = { .labels = { &label, 1 },
		.annotations = { &annotation, below(4) > 0 } };
	if (below(4) > 0)
		body.url = str_of(url);

	struct buf text = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &text);
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(buf_str(&text), &parts));
	msec wall = WALL + w->at;
	struct wire_alert alert = { .body = buf_str(&text),
		.labels_bytes = parts.labels_bytes,
		.timeout = below(5) == 0,
		.fingerprint = wire_fingerprint(buf_str(&text)),
		.starts_wall = wall - below(3) * 100000 - 1000,
		.ends_wall = below(3) == 0 ? wall - below(1000) : wall + 1 + below(HOUR) };
	char *p = buf_room(&w->wire, WIRE_HEAD_BYTES);
	wire_put_head(p, &alert);
	w->wire.n += WIRE_HEAD_BYTES;
	buf_add(&w->wire, alert.body);
	buf_done(&text);
}

/* The step of one event, as the engine keeps it. */
static void
keep_step(struct world *w, const struct event *event, const incident_id *incidents,
    size_t n)
{
	struct step step = { .event = *event, .alert_incident = incidents, .alert_n = n };
	entry_step(&w->steps, &step);
	w->step_n++;
}

/* The forgetful table alone when `with_kept` is false: that will never be committed. */
static void
merge_some(struct world *w, bool with_kept)
{
	static incident_id incidents[ALERTS_PER_EVENT_MAX];
	buf_reset(&w->wire);
	for (size_t n = 1 + below(12); n > 0; n--)
		put_alert(w);
	str source = below(2) ? STR("source:a") : STR("source:b");
	uint64_t next = w->next_alert;
	uint64_t next_too = next;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct merge m = intake_merge(w->forgetful, buf_str(&w->wire), source, w->at,
	    WALL + w->at, &next, &arena);
	EXPECT(m.status == MERGE_OK);
	const struct alert_change *changes = m.event.changes.p;
	for (size_t i = 0; i < m.event.changes.n; i++)
		incidents[i] = changes[i].kind == CHANGE_FIRED ? (incident_id)(1 + below(5))
		                                               : changes[i].incident;
	if (m.event.changes.n > 0)
		intake_settle(w->forgetful, &m.event, incidents);
	if (!with_kept)
		return;

	struct merge too = intake_merge(w->kept, buf_str(&w->wire), source, w->at,
	    WALL + w->at, &next_too, &arena);
	EXPECT(next == next_too && m.fired == too.fired && m.changed == too.changed);
	EXPECT(m.resolved == too.resolved && m.unchanged == too.unchanged);
	w->next_alert = next;
	if (too.event.changes.n == 0)
		return;
	intake_settle(w->kept, &too.event, incidents);
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.at = w->at,
		.wall = WALL + w->at,
		.alerts_changed = m.event };
	keep_step(w, &event, incidents, m.event.changes.n);
}

static void
expire_some(struct world *w, bool with_kept)
{
	struct alert_end ends[20];
	size_t n = 0;
	for (uint64_t number = 1; number < w->next_alert && n < countof(ends); number++) {
		const struct alert *alert = intake_find(w->forgetful, number);
		if (alert != NULL && below(10) == 0)
			ends[n++] = (struct alert_end){ number, alert->incident };
	}
	if (n == 0)
		return;
	struct event event = { .kind = EVENT_ALERTS_EXPIRED,
		.at = w->at,
		.wall = WALL + w->at,
		.alerts_expired = { .ends = { ends, n } } };
	intake_expired(w->forgetful, &event.alerts_expired);
	if (!with_kept)
		return;
	intake_expired(w->kept, &event.alerts_expired);
	keep_step(w, &event, NULL, 0);
}

/* As the engine does it: the packs in the transaction of the entry are labelled with the
 * entry before, though they hold this one too. */
static void
commit(struct world *w)
{
	if (w->step_n == 0)
		return;
	if (below(2))
		write_packs(w->forgetful, below(4));
	struct buf *entry = &disk.entry[++disk.seq];
	ASSERT(disk.seq < ENTRIES_MAX);
	entry->max = 16 << 20;
	entry_begin(entry, disk.seq, w->step_n);
	buf_add(entry, buf_str(&w->steps));
	buf_reset(&w->steps);
	w->step_n = 0;
}

static void
crash(struct world *w)
{
	intake_free(w->forgetful);
	w->forgetful = load(w->at);
	expect_same(w->kept, w->forgetful, w->next_alert);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct alerts_expired expired;
	EXPECT(!intake_sweep(w->forgetful, w->at + HORIZON_MIN_MS - 1, 10000, &arena,
	    &expired));
}

static void
run_history(uint64_t with_seed)
{
	seed = with_seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	disk_reset();
	struct world w = { .next_alert = 1 + below(200), .at = DAY };
	w.wire.max = w.steps.max = 16 << 20;
	w.kept = intake_new(10000, 64 << 20, 1);
	w.forgetful = intake_new(10000, 64 << 20, 2);
	for (size_t turn = 0; turn < 150; turn++) {
		w.at += below(10 * MINUTE);
		for (size_t n = below(4); n > 0; n--) {
			if (below(5) == 0)
				expire_some(&w, true);
			else
				merge_some(&w, true);
		}
		commit(&w);
		if (below(3) == 0)
			write_packs(w.forgetful, 1 + below(8)); /* idle */
		if (below(12) == 0) {
			/* what was not committed was never there */
			if (below(2))
				merge_some(&w, false);
			if (below(2))
				expire_some(&w, false);
			crash(&w);
		}
	}
	crash(&w);
	intake_check(w.kept);
	intake_free(w.kept);
	intake_free(w.forgetful);
	buf_done(&w.wire);
	buf_done(&w.steps);
}

static void
packs__and_entries_give_back_what_was_there(void)
{
	for (uint64_t i = 1; i <= 25 && test_failures == 0; i++) {
		char name[30];
		(void)snprintf(name, sizeof(name), "seed %llu", (unsigned long long)i);
		test_row = name;
		run_history(i);
	}
	test_row = NULL;
	disk_reset();
}

/* ---- single facts ---- */

static struct intake *table;
static uint64_t next_number;

/* An alert in the wire form, with this body. */
static void
put_wire(struct buf *wire, str body, msec ends)
{
	struct wire_parts parts = { 0 };
	EXPECT(wire_body_measure(body, &parts));
	struct wire_alert alert = { .body = body,
		.labels_bytes = parts.labels_bytes,
		.fingerprint = wire_fingerprint(body),
		.starts_wall = WALL,
		.ends_wall = ends };
	char *head = buf_room(wire, WIRE_HEAD_BYTES);
	wire_put_head(head, &alert);
	wire->n += WIRE_HEAD_BYTES;
	buf_add(wire, body);
}

static void
fire(size_t n, msec at, msec ends)
{
	struct buf wire = BUF(16 << 20);
	struct buf text = BUF(WIRE_BODY_MAX);
	for (size_t i = 0; i < n; i++) {
		char name[24];
		(void)snprintf(name, sizeof(name), "%zu", i);
		struct pair label = { STR("name"), str_of(name) };
		struct alert_body body = { .labels = { &label, 1 } };
		buf_reset(&text);
		record_encode(&alert_body_type, &body, &text);
		put_wire(&wire, buf_str(&text), ends);
	}
	static incident_id incidents[ALERTS_PER_EVENT_MAX];
	static char room[INTAKE_MERGE_ROOM];
	struct arena arena = arena_over(room, sizeof(room));
	struct merge m = intake_merge(table, buf_str(&wire), STR("s"), at, WALL + at,
	    &next_number, &arena);
	EXPECT(m.status == MERGE_OK);
	if (m.event.changes.n > 0)
		intake_settle(table, &m.event, incidents);
	buf_done(&wire);
	buf_done(&text);
}

static void
packs__are_written_oldest_first(void)
{
	table = intake_new(1000, 1 << 20, 1);
	next_number = 0;
	fire(PACK_ALERTS, 1, WALL + DAY); /* pack 0 */
	EXPECT_U64(intake_packs_as_of(table, 1), 0);
	fire(3 * PACK_ALERTS, 2, WALL + DAY); /* packs 1 and 2 */
	EXPECT_U64(intake_packs_dirty(table), 3);
	EXPECT_U64(intake_packs_as_of(table, 2), 0);

	struct arena arena = arena_over(memory, sizeof(memory));
	struct pack pack[4];
	EXPECT_U64(intake_packs(table, 2, pack, 1, &arena), 1);
	EXPECT_U64(pack[0].id, 0);
	EXPECT_U64(intake_packs_as_of(table, 2), 1);
	EXPECT_U64(intake_packs(table, 2, pack, 4, &arena), 2);
	EXPECT(pack[0].id == 1 && pack[1].id == 2);
	EXPECT_U64(intake_packs_as_of(table, 2), 2);
	EXPECT_U64(intake_packs(table, 2, pack, 4, &arena), 0);
	EXPECT_U64(intake_packs_as_of(table, 9), 9);
	intake_free(table);
}

static void
packs__without_alerts_are_deleted_rows(void)
{
	table = intake_new(1000, 1 << 20, 1);
	next_number = 0;
	fire(2, 1, WALL + DAY);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pack pack[4];
	EXPECT_U64(intake_packs(table, 1, pack, 4, &arena), 1);
	EXPECT(pack[0].body.n > 0);
	struct alerts_expired expired;
	EXPECT(intake_sweep(table, 2 * DAY, 100, &arena, &expired));
	intake_expired(table, &expired);
	EXPECT_U64(intake_packs(table, 2, pack, 4, &arena), 1);
	EXPECT(pack[0].id == 0 && pack[0].body.n == 0);

	/* what came and went between two writes was never on the disk */
	fire(2, 1, WALL + DAY);
	EXPECT(intake_sweep(table, 2 * DAY, 100, &arena, &expired));
	intake_expired(table, &expired);
	EXPECT_U64(intake_packs_dirty(table), 0);
	EXPECT_U64(intake_packs(table, 3, pack, 4, &arena), 0);
	intake_check(table);
	intake_free(table);
}

/* One alert in the wire form, filled up to `bytes` by its last annotation. */
static void
put_large(struct buf *wire, size_t n, size_t bytes)
{
	static char value[8000];
	memset(value, 'v', sizeof(value));
	char name[8];
	(void)snprintf(name, sizeof(name), "%zu", 10 + n);
	struct pair label = { STR("name"), str_of(name) };
	struct pair annotations[9];
	char names[countof(annotations)][2] = { "a", "b", "c", "d", "e", "f", "g", "h",
		"i" };
	for (size_t i = 0; i < countof(annotations); i++)
		annotations[i] = (struct pair){ { names[i], 1 }, { value, sizeof(value) } };
	annotations[8].value.n = 300;
	struct alert_body body = { .labels = { &label, 1 },
		.annotations = { annotations, countof(annotations) } };
	struct buf text = BUF(WIRE_BODY_MAX);
	record_encode(&alert_body_type, &body, &text);
	annotations[8].value.n += bytes - text.n;
	buf_reset(&text);
	record_encode(&alert_body_type, &body, &text);
	EXPECT_U64(text.n, bytes);
	put_wire(wire, buf_str(&text), WALL + DAY);
	buf_done(&text);
}

static void
packs__of_the_largest_alerts_fit_their_row(void)
{
	struct buf wire = BUF(16 << 20);
	for (size_t i = 0; i < PACK_ALERTS; i++)
		put_large(&wire, i, WIRE_BODY_MAX);
	table = intake_new(1000, 16 << 20, 1);
	uint64_t number = 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct merge m =
	    intake_merge(table, buf_str(&wire), STR("s"), 1, WALL, &number, &arena);
	static incident_id incidents[PACK_ALERTS];
	EXPECT(m.status == MERGE_OK && m.fired == PACK_ALERTS);
	intake_settle(table, &m.event, incidents);
	struct pack pack;
	EXPECT_U64(intake_packs(table, 1, &pack, 1, &arena), 1);
	EXPECT(pack.body.n <= PACK_BYTES_MAX);
	buf_done(&wire);
	intake_free(table);
}

/* Freshness is not kept: after two days of unchanged re-sends the rows are two days old,
 * and still no alert ends because we were away. */
static void
load__expires_nothing_by_itself(void)
{
	table = intake_new(1000, 1 << 20, 1);
	next_number = 1;
	fire(100, 0, WALL + 4 * MINUTE);
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pack pack[4];
	size_t n = intake_packs(table, 1, pack, 4, &arena);
	struct arena after = arena;
	for (msec at = MINUTE; at <= 2 * DAY; at += 3 * MINUTE) {
		struct alerts_expired expired;
		fire(100, at, WALL + at + 4 * MINUTE);
		EXPECT(!intake_sweep(table, at, 1000, &after, &expired));
	}
	EXPECT_U64(intake_packs_dirty(table), 0);

	struct intake *again = intake_new(1000, 1 << 20, 2);
	struct err err;
	msec at = 2 * DAY + MINUTE;
	for (size_t i = 0; i < n; i++)
		EXPECT(intake_load_pack(again, pack[i].id, pack[i].body, at, &err));
	struct alerts_expired expired;
	EXPECT_U64(intake_active(again), 100);
	EXPECT(!intake_sweep(again, at + HORIZON_MIN_MS - 1, 1000, &arena, &expired));
	EXPECT(intake_sweep(again, at + HORIZON_MIN_MS, 1000, &arena, &expired));
	intake_free(again);
	intake_free(table);
}

/* A table as it was written, with a pack of two alerts as of entry 5. */
static str
pack_of_two(struct arena *arena)
{
	table = intake_new(1000, 1 << 20, 1);
	next_number = 0;
	fire(2, 1, WALL + DAY);
	struct pack pack;
	EXPECT_U64(intake_packs(table, 5, &pack, 1, arena), 1);
	intake_free(table);
	table = intake_new(1000, 1 << 20, 1);
	return pack.body;
}

struct read_pack {
	size_t n, most;
	uint64_t number[4];
	struct arena arena;
};

static bool
take_packed(void *context, const struct packed_alert *alert)
{
	struct read_pack *read = context;
	struct arena scratch = read->arena;
	struct alert_body body;
	struct err err;
	EXPECT(record_decode_all(&alert_body_type, alert->body, &scratch, &body, &err));
	EXPECT(body.labels.n > 0 && alert->source.n > 0);
	EXPECT(alert->starts_wall > 0 && alert->ends_wall == WALL + DAY);
	read->number[read->n++] = alert->number;
	return read->n < read->most;
}

static void
read__tells_what_is_in_a_pack(void)
{
	static char room[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str body = pack_of_two(&arena);
	intake_free(table);
	for (size_t most = 1; most <= 3; most++) {
		struct read_pack read = { .most = most,
			.arena = arena_over(room, sizeof(room)) };
		EXPECT(intake_read_pack(3, body, take_packed, &read, &err));
		EXPECT_U64(read.n, most < 2 ? most : 2);
		EXPECT(read.number[0] / PACK_ALERTS == 3);
		EXPECT(most == 1 || read.number[1] == read.number[0] + 1);
		arena_release(room, sizeof(room));
	}
	for (size_t i = 0; i < body.n; i++) {
		struct read_pack read = { .most = 3,
			.arena = arena_over(room, sizeof(room)) };
		EXPECT(!intake_read_pack(0, str_take(body, i), take_packed, &read, &err));
		EXPECT(err.kind == ERR_CORRUPT);
		arena_release(room, sizeof(room));
	}
}

static void
apply__leaves_a_newer_pack_alone(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str body = pack_of_two(&arena);
	EXPECT(intake_load_pack(table, 0, body, 1, &err));
	struct alert_end end = { .alert = 1 };
	struct step step = { .event = { .kind = EVENT_ALERTS_EXPIRED,
				 .at = 1,
				 .wall = WALL,
				 .alerts_expired = { .ends = { &end, 1 } } } };
	EXPECT(intake_apply(table, 5, &step, 1, &err));
	EXPECT_U64(intake_active(table), 2);
	EXPECT(intake_apply(table, 6, &step, 1, &err));
	EXPECT_U64(intake_active(table), 1);
	EXPECT(intake_apply(table, 6, &step, 1, &err));
	EXPECT_U64(intake_active(table), 1);
	EXPECT_U64(intake_packs_as_of(table, 6), 5);
	intake_check(table);
	intake_free(table);
}

static void
load__refuses_what_was_not_written(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	str body = pack_of_two(&arena);
	intake_free(table);
	struct err err;
	for (size_t i = 0; i < body.n; i++) {
		table = intake_new(1000, 1 << 20, 1);
		EXPECT(!intake_load_pack(table, 0, str_take(body, i), 1, &err));
		EXPECT(err.kind == ERR_CORRUPT);
		intake_free(table);
	}
	table = intake_new(1000, 1 << 20, 1);
	EXPECT(intake_load_pack(table, 0, body, 1, &err));
	EXPECT(!intake_load_pack(table, 0, body, 1, &err));
	EXPECT_STR(str_of(err.text), STR("alert pack 0 is there twice"));
	EXPECT(!intake_load_pack(table, UINT64_MAX / 64, body, 1, &err));
	intake_free(table);

	table = intake_new(1, 1 << 20, 1);
	EXPECT(!intake_load_pack(table, 0, body, 1, &err) && err.kind == ERR_LIMIT);
	intake_free(table);
}

int
main(void)
{
	RUN(packs__are_written_oldest_first);
	RUN(packs__without_alerts_are_deleted_rows);
	RUN(packs__of_the_largest_alerts_fit_their_row);
	RUN(load__expires_nothing_by_itself);
	RUN(load__refuses_what_was_not_written);
	RUN(read__tells_what_is_in_a_pack);
	RUN(apply__leaves_a_newer_pack_alone);
	RUN(packs__and_entries_give_back_what_was_there);
	TEST_MAIN_END();
}
