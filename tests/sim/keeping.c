/*
 * keeping -- what is over is let go of, and nothing else: --days N.
 *
 * Days, months or a year with little trouble each, in which the journal is kept for a week and
 * history for two. Every row that is ever committed is known here, so that at the end
 *
 *	kept      what was open, or was written within what is kept, or belongs to an incident
 *	          of which that is so, is there
 *	let go    the rest is not, and the journal begins about as long ago as it should
 *	bounded   the disk's files are no larger at the end than after the first weeks, but for
 *	          what alerts cost people, which is kept longer than this history
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "engine/keep.h"
#include "facts/row.h"
#include "sim/house.h"
#include "sim/sim.h"
#include "sim/wrap.h"
#include "store/store.h"

#define SAMPLE_MS (2 * DAY)
#define SAMPLES_MAX 400
#define WARM_SAMPLES 14u /* twice what history is kept for */
#define NOISE_BYTES 128u /* of a row of it, with what SQLite needs beside */

struct known {
	enum table table;
	row_id id;
	incident_id incident;
	uint64_t seq;
	msec at; /* the engine's clock, when it was written last */
	bool open, there;
	bool erasing; /* by a commit of which nobody may ever hear that it holds */
};
static struct {
	struct known *known;
	size_t n, cap;
	struct map by_key;
	uint64_t bytes[SAMPLES_MAX]; /* of the store's files */
	size_t sample_n;
	msec at; /* the engine's clock */
	msec let_go_at;
	unsigned times;
} keeping;

static struct known *
find(enum table table, row_id id)
{
	uint64_t at;
	bool found = map_get(&keeping.by_key, (uint64_t)table << 56 | id, &at);
	return found ? &keeping.known[at] : NULL;
}

static void
know(const struct known *now)
{
	struct known *was = find(now->table, now->id);
	if (was != NULL) {
		*was = *now;
		return;
	}
	if (keeping.n == keeping.cap) {
		keeping.cap = keeping.cap == 0 ? 4096 : 2 * keeping.cap;
		keeping.known =
		    realloc(keeping.known, keeping.cap * sizeof(*keeping.known));
		ASSERT(keeping.known != NULL);
	}
	map_put(&keeping.by_key, (uint64_t)now->table << 56 | now->id, keeping.n);
	keeping.known[keeping.n++] = *now;
}

/* Rows that go when they are over; the others stay. */
static bool
goes(enum table table)
{
	return table != TABLE_ALERTS && table != TABLE_QUARANTINE &&
	       table != TABLE_CONTROL && table != TABLE_TOKEN && table != TABLE_TRUST;
}

void
keeping_committing(const struct commit *commit)
{
	for (size_t i = 0; sim.days > 0 && i < commit->row_n; i++) {
		struct known *known = find(commit->rows[i].table, commit->rows[i].id);
		if (known != NULL && commit->rows[i].body.n == 0)
			known->erasing = true;
	}
}

/* The control row is in every entry's commit. */
static void
see_clock(const struct row_write *row)
{
	static char memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct control_row control;
	struct err err;
	if (row->table == TABLE_CONTROL &&
	    record_decode_all(&control_row_type, row->body, &arena, &control, &err))
		keeping.at = control.at;
}

void
keeping_committed(const struct commit *commit, uint64_t seq)
{
	for (size_t i = 0; sim.days > 0 && i < commit->row_n; i++)
		see_clock(&commit->rows[i]);
	for (size_t i = 0; sim.days > 0 && i < commit->row_n; i++) {
		const struct row_write *row = &commit->rows[i];
		if (goes(row->table))
			know(&(struct known){ .table = row->table,
			    .id = row->id,
			    .incident = row->incident,
			    .seq = seq,
			    .at = keeping.at,
			    .open = row->open,
			    .there = row->body.n > 0 });
	}
}

static bool
take_row(void *context, const struct stored_row *row)
{
	*(row_id *)context = row->id;
	const struct known *known = find(row->table, row->id);
	/* What was known is no younger for being found again. */
	if (known != NULL && known->seq >= row->seq)
		return true;
	know(&(struct known){ .table = row->table,
	    .id = row->id,
	    .incident = row->incident,
	    .seq = row->seq,
	    .at = keeping.at,
	    .open = row->open,
	    .there = true });
	return true;
}

/* A commit that the power cut may be on the disk all the same. */
void
keeping_started(struct store *store)
{
	struct err err;
	uint64_t seq;
	for (enum table table = 1; sim.days > 0 && table < TABLE_COUNT; table++) {
		row_id last = 0;
		struct row_query query = { .table = table, .limit = STORE_ROWS_MAX };
		do {
			query.after = last;
			last = 0;
			if (!goes(table) ||
			    !store_rows(store, &query, take_row, &last, &seq, &err))
				break;
		} while (last != 0);
	}
}

bool WRAP(
    store_let_go)(struct store *store, const struct store_base *base, struct err *err);
bool REAL(
    store_let_go)(struct store *store, const struct store_base *base, struct err *err);
bool
WRAP(store_let_go)(struct store *store, const struct store_base *base, struct err *err)
{
	struct store_base less = *base;
	/* What ended with the mark's entry, or soon after it, goes too. */
	if (sim_bug("history-cut") && base->rows_seq > 0)
		less.rows_seq = base->mark.seq;
	oracle_read(store, base->mark.seq);
	bool ok = REAL(store_let_go)(store, &less, err);
	keeping.let_go_at = sim_clock.now;
	keeping.times += ok;
	sim_say("lets go of entries up to %llu, rows up to %llu",
	    (unsigned long long)base->mark.seq, (unsigned long long)base->rows_seq);
	return ok;
}

/* Kept for NOISE_KEEP_DAYS, and open all that time: so each mark holds it too. */
static uint64_t
noise_bytes(void)
{
	uint64_t rows = 0;
	for (size_t i = 0; i < keeping.n; i++)
		rows += keeping.known[i].table == TABLE_NOISE && keeping.known[i].there;
	return rows * (1 + KEEP_MARKS) * NOISE_BYTES;
}

void
keeping_sample(void)
{
	static const char *const files[] = { SIM_STATE "/firstline.db",
		SIM_STATE "/firstline.db-wal" };
	static msec next;
	if (sim_clock.now < next || keeping.sample_n == SAMPLES_MAX)
		return;
	next = sim_clock.now + SAMPLE_MS;
	uint64_t bytes = 0;
	for (size_t i = 0; i < countof(files); i++) {
		const struct inode *file = disk_find(&kernel.disk, files[i]);
		bytes += file != NULL ? file->now.n : 0;
	}
	uint64_t noise = noise_bytes();
	sim_say("the store has %llu KiB, at most %llu of them noise",
	    (unsigned long long)bytes >> 10, (unsigned long long)noise >> 10);
	keeping.bytes[keeping.sample_n++] = bytes > noise ? bytes - noise : 0;
}

static void
check_bounded(void)
{
	uint64_t warm = 0;
	for (size_t i = 0; i < keeping.sample_n; i++) {
		if (i < WARM_SAMPLES && keeping.bytes[i] > warm)
			warm = keeping.bytes[i];
		if (i >= WARM_SAMPLES && keeping.bytes[i] > warm + warm / 2)
			sim_fail("bounded: the store has %llu KiB, and had at most %llu "
				 "after %u days",
			    (unsigned long long)keeping.bytes[i] >> 10,
			    (unsigned long long)warm >> 10, 2 * WARM_SAMPLES);
	}
}

/* `rows_seq` 0: by age. */
static bool
is_young(const struct known *k, uint64_t rows_seq)
{
	return k->open ||
	       (rows_seq > 0 ? k->seq > rows_seq : keeping.at - k->at < SIM_KEEP_HISTORY);
}

static bool
stays(const struct known *k, uint64_t rows_seq)
{
	const struct known *incident =
	    k->incident != 0 ? find(TABLE_INCIDENT, k->incident) : NULL;
	return is_young(k, rows_seq) ||
	       (incident != NULL && incident->there && is_young(incident, rows_seq));
}

static void
check_rows(struct store *store, uint64_t rows_seq)
{
	size_t gone = 0, left = 0;
	for (size_t i = 0; i < keeping.n; i++) {
		static char memory[STORE_ROW_BYTES_MAX];
		struct arena arena = arena_over(memory, sizeof(memory));
		const struct known *k = &keeping.known[i];
		struct stored_row row;
		struct err err;
		if (!k->there)
			continue;
		bool is = store_row(store, k->table, k->id, &arena, &row, &err);
		if (!is && !k->erasing && stays(k, 0))
			sim_fail("kept: row %llu of table %d, as of entry %llu, is gone "
				 "after %llu hours",
			    (unsigned long long)k->id, (int)k->table,
			    (unsigned long long)k->seq,
			    (unsigned long long)((keeping.at - k->at) / HOUR));
		gone += !is;
		left += is && rows_seq > 0 && !stays(k, rows_seq);
	}
	if (left > 0 && sim_clock.now - keeping.let_go_at > HOUR)
		sim_fail("let go: %zu old rows are left", left);
	sim_say("%zu rows known, %zu gone", keeping.n, gone);
}

void
keeping_end(struct store *store)
{
	struct store_base base;
	struct err err;
	if (sim.days == 0)
		return;
	if (!store_base(store, NULL, &base, &err))
		sim_fail("kept: %s", err.text);
	msec age = keeping.at - base.mark.at;
	/* A mark is due each 32nd of the time, and waits for an hour's look and a start. */
	if (age > SIM_KEEP_JOURNAL + SIM_KEEP_JOURNAL / 32 + 4 * HOUR &&
	    keeping.at > SIM_KEEP_JOURNAL + DAY)
		sim_fail("let go: the journal begins %llu hours ago",
		    (unsigned long long)(age / HOUR));
	if (base.mark.seq > 0 && age < SIM_KEEP_JOURNAL)
		sim_fail("kept: the journal begins %llu hours ago",
		    (unsigned long long)(age / HOUR));
	check_rows(store, base.rows_seq);
	check_bounded();
	sim.n.let_go = keeping.times;
}
