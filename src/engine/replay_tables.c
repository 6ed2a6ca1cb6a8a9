#include "engine/replay_state.h"

#include <stdlib.h>

/*
 * The rows that the replay made, held against the tables. A table is read in pages, each as
 * of some entry; before a page is compared the replay goes on to that very entry, so a
 * server that writes meanwhile is no trouble.
 */
static const struct siphash_key digest_key = { { 1, 2 } };

bool
replay_is_compared(enum table table)
{
	return table != TABLE_QUARANTINE && table != TABLE_ALERTS;
}

static uint64_t
digest_of(incident_id incident, bool open, msec wall, str body)
{
	struct siphash_key key = { { digest_key.k[0] ^ incident ^ (uint64_t)open << 32,
	    digest_key.k[1] ^ wall } };
	return siphash(&key, body);
}

/* ---- as the replay makes them ---- */

/* Of the first row whose id is not below `id`. */
static size_t
place(const struct kept_rows *rows, row_id id)
{
	size_t from = 0;
	size_t to = rows->n;
	if (to > 0 && rows->row[to - 1].id < id)
		return to;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (rows->row[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void
keep_row(struct kept_rows *rows, row_id id, uint64_t digest)
{
	size_t at = place(rows, id);
	if (at == rows->n || rows->row[at].id != id) {
		if (rows->n == rows->cap) {
			rows->cap = rows->cap ? 2 * rows->cap : 64;
			rows->row =
			    reallocarray(rows->row, rows->cap, sizeof(rows->row[0]));
			ASSERT(rows->row != NULL);
		}
		memmove(&rows->row[at + 1], &rows->row[at],
		    (rows->n - at) * sizeof(rows->row[0]));
		rows->n++;
	}
	rows->row[at] = (struct kept_row){ id, digest };
}

static void
drop_row(struct kept_rows *rows, row_id id)
{
	size_t at = place(rows, id);
	if (at == rows->n || rows->row[at].id != id)
		return;
	rows->n--;
	memmove(&rows->row[at], &rows->row[at + 1], (rows->n - at) * sizeof(rows->row[0]));
}

/* A row with all its columns as one JSON object. */
static void
row_json(struct buf *out, const struct record_type *type, incident_id incident, bool open,
    msec wall, const void *record)
{
	buf_printf(out, "{\"(incident)\":%u,\"(open)\":%s,\"(wall)\":%llu,", incident,
	    open ? "true" : "false", (unsigned long long)wall);
	struct buf body = BUF(out->max);
	record_to_json(type, record, &body);
	buf_add(out, str_drop(buf_str(&body), 1)); /* after its '{' */
	buf_done(&body);
}

void
replay_keep_rows(struct replay *r)
{
	size_t n;
	const struct row_ref *touched = core_touched(r->core, &n);
	for (size_t i = 0; i < n; i++) {
		const struct row_ref *ref = &touched[i];
		bool watched = ref->table == r->watch_table && ref->id == r->watch_id;
		if (watched)
			buf_reset(&r->watched_text);
		if (!replay_is_compared(ref->table))
			continue;
		if (ref->row == NULL) {
			drop_row(&r->table[ref->table], ref->id);
			continue;
		}
		const struct record_type *type = table_type(ref->table);
		buf_reset(&r->row);
		record_encode(type, ref->row, &r->row);
		ASSERT(!r->row.overflow);
		keep_row(&r->table[ref->table], ref->id,
		    digest_of(ref->incident, ref->open, ref->wall, buf_str(&r->row)));
		if (watched)
			row_json(&r->watched_text, type, ref->incident, ref->open,
			    ref->wall, ref->row);
	}
}

/* ---- from where the journal begins ---- */

struct base_page {
	struct replay *r;
	row_id last;
	size_t n;
	bool ok;
};

static bool
take_base_row(void *context, const struct stored_row *row)
{
	struct base_page *page = context;
	struct replay *r = page->r;
	struct err err;
	page->last = row->id;
	page->n++;
	page->ok = core_load(r->core, row->table, row->body, &err);
	if (!page->ok)
		return replay_fails(r, &err);
	keep_row(&r->table[row->table], row->id,
	    digest_of(row->incident, row->open, row->wall, row->body));
	if (row->table != r->watch_table || row->id != r->watch_id)
		return true;
	struct arena arena = arena_map_reset(&r->entry_map, ARENA_KEEP);
	const struct record_type *type = table_type(row->table);
	void *record = arena_alloc(&arena, type->size, alignof(max_align_t), 1);
	page->ok = record_decode_all(type, row->body, &arena, record, &err);
	if (!page->ok)
		return replay_fails(r, &err);
	row_json(&r->watched_text, type, row->incident, row->open, row->wall, record);
	return true;
}

static bool
load_base_table(struct replay *r, uint64_t seq, enum table table)
{
	struct base_page page = { .r = r, .ok = true };
	struct err err;
	do {
		page.n = 0;
		if (!store_base_rows(r->store, seq, table, page.last, STORE_ROWS_MAX,
			take_base_row, &page, &err))
			return replay_fails(r, &err);
	} while (page.ok && page.n == STORE_ROWS_MAX);
	return page.ok;
}

static const struct model *
base_model(void *context, const hash32 *hash)
{
	struct replay *r = context;
	const struct config *config = configs_find(&r->configs, hash);
	if (config != NULL)
		return config->model;
	struct arena arena = arena_map_reset(&r->entry_map, ARENA_KEEP);
	str bytes;
	if (!store_bundle_get(r->store, hash, &arena, &bytes, &r->err))
		return NULL;
	config = configs_add(&r->configs, hash, bytes, &r->err);
	return config != NULL ? config->model : NULL;
}

bool
replay_load_base(struct replay *r)
{
	struct store_base base;
	struct err err;
	if (!store_base(r->store, NULL, &base, &err))
		return replay_fails(r, &err);
	if (base.mark.seq == 0)
		return true;
	for (enum table table = 1; table < TABLE_COUNT; table++) {
		if (replay_is_compared(table) && !load_base_table(r, base.mark.seq, table))
			return false;
	}
	if (!core_load_done(r->core, base_model, r, &err))
		return replay_fails(r, &err);
	r->seq = r->verdict.from = base.mark.seq;
	return true;
}

/* ---- against the tables ---- */

struct page {
	struct kept_row row[STORE_ROWS_MAX];
	bool old[STORE_ROWS_MAX]; /* closed before the journal begins: nothing made it */
	size_t n;
	uint64_t from;
};

static bool
take_row(void *context, const struct stored_row *row)
{
	struct page *page = context;
	page->old[page->n] = !row->open && row->seq <= page->from;
	page->row[page->n++] = (struct kept_row){ row->id,
		digest_of(row->incident, row->open, row->wall, row->body) };
	return true;
}

/* The row as the table holds it; empty when it does not. */
static void
stored_json(struct replay *r, enum table table, row_id id, struct buf *out)
{
	struct arena arena = arena_map_reset(&r->entry_map, ARENA_KEEP);
	const struct record_type *type = table_type(table);
	void *record = arena_alloc(&arena, type->size, alignof(max_align_t), 1);
	struct stored_row row;
	struct err err;
	if (!store_row(r->store, table, id, &arena, &row, &err))
		return;
	if (record_decode_all(type, row.body, &arena, record, &err))
		row_json(out, type, row.incident, row.open, row.wall, record);
	else
		buf_printf(out, "{\"(unreadable)\":\"%s\"}", err.text);
}

/* Steps all of it once more, looking at that row. */
static bool
report_row(struct replay *r, enum table table, row_id id)
{
	struct buf stored = BUF(r->watched_text.max);
	stored_json(r, table, id, &stored);
	struct replay again;
	replay_begin(&again, r->store, r->report);
	again.watch_table = table;
	again.watch_id = id;
	bool ok = replay_to(&again, r->seq);
	if (ok) {
		buf_printf(r->report, "%s %llu, as of entry %llu\n", table_names[table],
		    (unsigned long long)id, (unsigned long long)r->seq);
		replay_report_json(r, buf_str(&stored), buf_str(&again.watched_text));
	} else if (again.failed) {
		(void)replay_fails(r, &again.err);
	}
	replay_end(&again);
	buf_done(&stored);
	return replay_differs(r);
}

/* The rows of a page, and those that the replay has between its bounds, are the same. */
static bool
page_same(struct replay *r, enum table table, const struct page *page, row_id after,
    bool last)
{
	const struct kept_rows *kept = &r->table[table];
	size_t k = place(kept, after + 1);
	size_t old = 0;
	for (size_t i = 0; i < page->n; i++) {
		const struct kept_row *stored = &page->row[i];
		bool there = k < kept->n && kept->row[k].id == stored->id;
		if (there && kept->row[k].digest == stored->digest) {
			k++;
			continue;
		}
		if (!there && page->old[i] &&
		    (k == kept->n || kept->row[k].id > stored->id)) {
			old++;
			continue;
		}
		bool only_replayed = k < kept->n && kept->row[k].id < stored->id;
		return report_row(r, table, only_replayed ? kept->row[k].id : stored->id);
	}
	if (last && k < kept->n)
		return report_row(r, table, kept->row[k].id);
	r->verdict.rows += page->n - old;
	r->verdict.rows_before += old;
	return true;
}

static bool
table_same(struct replay *r, enum table table, struct page *page)
{
	struct row_query query = { .table = table, .limit = STORE_ROWS_MAX };
	struct err err;
	do {
		uint64_t seq;
		page->n = 0;
		page->from = r->verdict.from;
		if (!store_rows(r->store, &query, take_row, page, &seq, &err))
			return replay_fails(r, &err);
		if (!replay_to(r, seq) ||
		    !page_same(r, table, page, query.after, page->n < query.limit))
			return false;
		if (page->n > 0)
			query.after = page->row[page->n - 1].id;
	} while (page->n == query.limit);
	return true;
}

bool
replay_tables(struct replay *r)
{
	struct page *page = malloc(sizeof(*page));
	ASSERT(page != NULL);
	bool same = true;
	for (enum table table = 1; same && table < TABLE_COUNT; table++)
		same = !replay_is_compared(table) || table_same(r, table, page);
	free(page);
	return same;
}
