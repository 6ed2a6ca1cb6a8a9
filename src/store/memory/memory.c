#include "store/internal.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * A store without a disk, for tests and simulation: the journal and each table are one
 * array in order of their numbers. Readers are handles onto the same data; since they may
 * live in other threads, whoever touches the data holds its lock. The data goes with the
 * last handle. Running out of memory ends the process: nothing here is for production.
 */
struct memory_row {
	row_id id;
	incident_id incident;
	bool open;
	msec wall;
	char *body;
	size_t body_n;
	uint64_t seq;
};

struct memory_table {
	struct memory_row *row; /* by ascending id */
	size_t n, cap;
};

struct memory_entry {
	hash32 hash;
	char *bytes;
	size_t n;
};

struct memory_bundle {
	hash32 hash;
	char *bytes;
	size_t n;
	uint64_t seq; /* in use as of that entry */
};

/* The open rows as of an entry. */
struct memory_mark {
	struct store_mark mark;
	struct memory_table table[TABLE_COUNT];
};

struct memory {
	pthread_mutex_t lock;
	unsigned handles;
	struct memory_table table[TABLE_COUNT];
	struct memory_entry *entry; /* entry[i] is number i + 1; let go of: without bytes */
	size_t entry_n, entry_cap;
	struct memory_bundle *bundle;
	size_t bundle_n, bundle_cap;
	struct memory_mark *mark; /* the oldest first; the last may be under way */
	size_t mark_n, mark_cap;
	bool marking;
	struct store_base base;
	char note[STORE_NOTE_MAX];
	uint64_t alerts_as_of;
};

struct memory_store {
	struct store base;
	struct memory *data;
};

static const struct store_ops memory_ops;

static struct memory *
data_lock(const struct store *store)
{
	struct memory *data = ((const struct memory_store *)(const void *)store)->data;
	ASSERT(pthread_mutex_lock(&data->lock) == 0);
	return data;
}

static void
data_unlock(struct memory *data)
{
	ASSERT(pthread_mutex_unlock(&data->lock) == 0);
}

/* Room for one more item of `size` bytes in *array. */
static void
array_grow(void **array, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return;
	*cap = *cap ? *cap * 2 : 16;
	*array = reallocarray(*array, *cap, size);
	ASSERT(*array != NULL);
}

static char *
bytes_copy(str s)
{
	char *copy = malloc(s.n ? s.n : 1);
	ASSERT(copy != NULL);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}

/* ---- handles ---- */

static struct store *
handle_new(struct memory *data, bool writer)
{
	struct memory_store *m = calloc(1, sizeof(*m));
	ASSERT(m != NULL);
	m->base.ops = &memory_ops;
	m->base.writer = writer;
	m->base.head.seq = data->entry_n;
	if (data->entry_n > 0)
		m->base.head.hash = data->entry[data->entry_n - 1].hash;
	m->base.head.alerts_as_of = data->alerts_as_of;
	m->data = data;
	data->handles++;
	return &m->base;
}

bool
memory_open(struct store **ret, struct err *err)
{
	(void)err;
	struct memory *data = calloc(1, sizeof(*data));
	ASSERT(data != NULL);
	ASSERT(pthread_mutex_init(&data->lock, NULL) == 0);
	*ret = handle_new(data, true);
	return true;
}

static bool
memory_reader(const struct store *store, struct store **ret, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	*ret = handle_new(data, false);
	data_unlock(data);
	return true;
}

static void
tables_free(struct memory_table *tables)
{
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t i = 0; i < tables[t].n; i++)
			free(tables[t].row[i].body);
		free(tables[t].row);
		tables[t] = (struct memory_table){ 0 };
	}
}

static void
data_free(struct memory *data)
{
	tables_free(data->table);
	for (size_t i = 0; i < data->mark_n; i++)
		tables_free(data->mark[i].table);
	free(data->mark);
	for (size_t i = 0; i < data->entry_n; i++)
		free(data->entry[i].bytes);
	free(data->entry);
	for (size_t i = 0; i < data->bundle_n; i++)
		free(data->bundle[i].bytes);
	free(data->bundle);
	ASSERT(pthread_mutex_destroy(&data->lock) == 0);
	free(data);
}

static void
memory_close(struct store *store)
{
	struct memory *data = data_lock(store);
	bool last = --data->handles == 0;
	data_unlock(data);
	if (last)
		data_free(data);
	free(store);
}

/* ---- writing ---- */

/* The index of the first row whose id is not below `id`. */
static size_t
row_place(const struct memory_table *table, row_id id)
{
	size_t from = 0;
	size_t to = table->n;
	if (to > 0 && table->row[to - 1].id < id)
		return to; /* most rows are new and come in order */
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (table->row[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void
row_apply(struct memory_table *table, const struct row_write *write, uint64_t seq)
{
	size_t at = row_place(table, write->id);
	bool there = at < table->n && table->row[at].id == write->id;
	if (there)
		free(table->row[at].body);
	if (write->body.n == 0) {
		if (there) {
			table->n--;
			memmove(&table->row[at], &table->row[at + 1],
			    (table->n - at) * sizeof(table->row[0]));
		}
		return;
	}
	if (!there) {
		void *rows = table->row;
		array_grow(&rows, &table->cap, table->n, sizeof(table->row[0]));
		table->row = rows;
		memmove(&table->row[at + 1], &table->row[at],
		    (table->n - at) * sizeof(table->row[0]));
		table->n++;
	}
	table->row[at] = (struct memory_row){
		.id = write->id,
		.incident = write->incident,
		.open = write->open,
		.wall = write->wall,
		.body = bytes_copy(write->body),
		.body_n = write->body.n,
		.seq = seq,
	};
}

static bool
memory_commit(struct store *store, const struct commit *commit,
    const struct store_head *next, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	if (commit->seq != 0) {
		void *entries = data->entry;
		array_grow(&entries, &data->entry_cap, data->entry_n,
		    sizeof(data->entry[0]));
		data->entry = entries;
		data->entry[data->entry_n++] = (struct memory_entry){
			.hash = next->hash,
			.bytes = bytes_copy(commit->entry),
			.n = commit->entry.n,
		};
	}
	for (size_t i = 0; i < commit->row_n; i++)
		row_apply(&data->table[commit->rows[i].table], &commit->rows[i], next->seq);
	data->alerts_as_of = next->alerts_as_of;
	data_unlock(data);
	return true;
}

static bool
memory_checkpoint(struct store *store)
{
	(void)store;
	return false;
}

static bool
memory_checkpoint_due(const struct store *store)
{
	(void)store;
	return false;
}

static bool
memory_reserve(struct store *store, struct err *err)
{
	(void)store;
	(void)err;
	return true;
}

static bool
memory_has_room(struct store *store, struct err *err)
{
	(void)store;
	(void)err;
	return true;
}

static struct memory_bundle *
bundle_find(struct memory *data, const hash32 *hash)
{
	for (size_t i = 0; i < data->bundle_n; i++) {
		if (hash32_eq(&data->bundle[i].hash, hash))
			return &data->bundle[i];
	}
	return NULL;
}

static bool
memory_bundle_put(struct store *store, const hash32 *hash, str bytes, msec wall,
    struct err *err)
{
	(void)wall;
	(void)err;
	struct memory *data = data_lock(store);
	struct memory_bundle *there = bundle_find(data, hash);
	if (there != NULL)
		there->seq = data->entry_n;
	if (there == NULL) {
		void *bundles = data->bundle;
		array_grow(&bundles, &data->bundle_cap, data->bundle_n,
		    sizeof(data->bundle[0]));
		data->bundle = bundles;
		data->bundle[data->bundle_n++] = (struct memory_bundle){
			.hash = *hash,
			.bytes = bytes_copy(bytes),
			.n = bytes.n,
			.seq = data->entry_n,
		};
	}
	data_unlock(data);
	return true;
}

/* ---- reading ---- */

static struct stored_row
row_view(enum table table, const struct memory_row *row)
{
	return (struct stored_row){
		.table = table,
		.id = row->id,
		.incident = row->incident,
		.open = row->open,
		.wall = row->wall,
		.body = { row->body, row->body_n },
		.seq = row->seq,
	};
}

static bool
row_wanted(const struct memory_row *row, const struct row_query *query)
{
	return (query->incident == 0 || row->incident == query->incident) &&
	       (!query->open_only || row->open);
}

static bool
memory_rows(struct store *store, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    uint64_t *ret_seq, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	const struct memory_table *table = &data->table[query->table];
	/* [from, to) are the rows on the wanted side of `after`. */
	size_t from = 0;
	size_t to = table->n;
	if (query->after != 0 && query->newest_first)
		to = row_place(table, query->after);
	else if (query->after != 0)
		from = row_place(table, query->after + 1);

	uint32_t taken = 0;
	while (from < to && taken < query->limit) {
		const struct memory_row *row =
		    &table->row[query->newest_first ? --to : from++];
		if (!row_wanted(row, query))
			continue;
		struct stored_row view = row_view(query->table, row);
		taken++;
		if (!take(context, &view))
			break;
	}
	*ret_seq = data->entry_n;
	data_unlock(data);
	return true;
}

static bool
memory_row(struct store *store, enum table table, row_id id, struct arena *arena,
    struct stored_row *ret, struct err *err)
{
	struct memory *data = data_lock(store);
	const struct memory_table *rows = &data->table[table];
	size_t at = row_place(rows, id);
	bool found = at < rows->n && rows->row[at].id == id;
	bool ok = false;
	if (!found) {
		(void)err_set(err, ERR_NOT_FOUND, "there is no %s %llu", table_names[table],
		    (unsigned long long)id);
	} else {
		struct stored_row row = row_view(table, &rows->row[at]);
		ok = store_body_copy(arena, row.body, &row.body, err);
		if (ok)
			*ret = row;
	}
	data_unlock(data);
	return ok;
}

static bool
memory_bundle_get(struct store *store, const hash32 *hash, struct arena *arena, str *ret,
    struct err *err)
{
	struct memory *data = data_lock(store);
	const struct memory_bundle *bundle = bundle_find(data, hash);
	bool ok = false;
	if (bundle == NULL)
		(void)err_set(err, ERR_NOT_FOUND, "the store holds no such configuration");
	else
		ok = store_body_copy(arena, (str){ bundle->bytes, bundle->n }, ret, err);
	data_unlock(data);
	return ok;
}

static bool
memory_bundles(struct store *store,
    bool (*take)(void *context, const hash32 *hash, str bytes), void *context,
    struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	for (size_t i = 0; i < data->bundle_n; i++) {
		const struct memory_bundle *bundle = &data->bundle[i];
		if (!take(context, &bundle->hash, (str){ bundle->bytes, bundle->n }))
			break;
	}
	data_unlock(data);
	return true;
}

static bool
memory_hold(struct store *store, struct err *err)
{
	(void)store;
	return err_set(err, ERR_INVALID, "a store in memory cannot be held");
}

static bool
memory_entries(struct store *store, uint64_t first, uint64_t limit,
    bool (*take)(void *context, const struct stored_entry *entry), void *context,
    struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	if (first <= data->base.mark.seq)
		first = data->base.mark.seq + 1;
	for (uint64_t seq = first; seq <= data->entry_n && limit > 0; seq++, limit--) {
		const struct memory_entry *entry = &data->entry[seq - 1];
		struct stored_entry view = {
			.seq = seq,
			.hash = entry->hash,
			.bytes = { entry->bytes, entry->n },
		};
		if (!take(context, &view))
			break;
	}
	data_unlock(data);
	return true;
}

/* ---- letting go ---- */

static bool
memory_mark_begin(struct store *store, const struct store_mark *mark, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	if (data->marking)
		tables_free(data->mark[--data->mark_n].table);
	void *marks = data->mark;
	array_grow(&marks, &data->mark_cap, data->mark_n, sizeof(data->mark[0]));
	data->mark = marks;
	struct memory_mark *made = &data->mark[data->mark_n++];
	*made = (struct memory_mark){ .mark = *mark };
	for (enum table t = 1; t < TABLE_COUNT; t++) {
		for (size_t i = 0; store_is_marked(t) && i < data->table[t].n; i++) {
			const struct memory_row *row = &data->table[t].row[i];
			struct row_write copy = { .table = t,
				.id = row->id,
				.incident = row->incident,
				.open = true,
				.wall = row->wall,
				.body = { row->body, row->body_n } };
			if (row->open)
				row_apply(&made->table[t], &copy, row->seq);
		}
	}
	data->marking = true;
	data_unlock(data);
	return true;
}

static bool
memory_mark_some(struct store *store, bool *ret_done, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	ASSERT(data->marking);
	data->marking = false;
	*ret_done = true;
	data_unlock(data);
	return true;
}

static bool
memory_let_go(struct store *store, const struct store_base *base, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	data->base = *base;
	if (base->note.n > 0)
		memcpy(data->note, base->note.p, base->note.n);
	data->base.note.p = data->note;
	data_unlock(data);
	return true;
}

static const struct memory_row *
row_find(const struct memory *data, enum table table, row_id id)
{
	const struct memory_table *rows = &data->table[table];
	size_t at = row_place(rows, id);
	return at < rows->n && rows->row[at].id == id ? &rows->row[at] : NULL;
}

static bool
row_is_old(const struct memory *data, const struct memory_row *row)
{
	uint64_t until = data->base.rows_seq;
	const struct memory_row *incident =
	    row->incident != 0 ? row_find(data, TABLE_INCIDENT, row->incident) : NULL;
	return !row->open && row->seq <= until &&
	       (incident == NULL || (!incident->open && incident->seq <= until));
}

static void
trim_table(struct memory *data, enum table table)
{
	struct memory_table *rows = &data->table[table];
	for (size_t i = 0; i < rows->n;) {
		struct row_write gone = { .table = table, .id = rows->row[i].id };
		if (row_is_old(data, &rows->row[i]))
			row_apply(rows, &gone, 0);
		else
			i++;
	}
}

static void
trim_marks(struct memory *data)
{
	size_t kept = 0;
	for (size_t i = 0; i < data->mark_n; i++) {
		struct memory_mark *mark = &data->mark[i];
		if (mark->mark.seq < data->base.mark.seq)
			tables_free(mark->table);
		if (mark->mark.seq >= data->base.rows_seq)
			data->mark[kept++] = *mark;
		else
			tables_free(mark->table);
	}
	data->mark_n = kept;
}

static void
trim_bundles(struct memory *data)
{
	size_t kept = 0;
	for (size_t i = 0; i < data->bundle_n; i++) {
		if (data->bundle[i].seq >= data->base.mark.seq)
			data->bundle[kept++] = data->bundle[i];
		else
			free(data->bundle[i].bytes);
	}
	data->bundle_n = kept;
}

static bool
memory_trim(struct store *store, bool *ret_done, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	for (size_t i = 0; i < data->base.mark.seq; i++) {
		free(data->entry[i].bytes);
		data->entry[i].bytes = NULL;
	}
	trim_marks(data);
	trim_bundles(data);
	for (enum table t = 2; t < TABLE_COUNT; t++) {
		if (store_is_history(t))
			trim_table(data, t);
	}
	trim_table(data, TABLE_INCIDENT);
	*ret_done = true;
	data_unlock(data);
	return true;
}

static bool
memory_bundle_use(struct store *store, const hash32 *hash, struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	struct memory_bundle *bundle = bundle_find(data, hash);
	if (bundle != NULL)
		bundle->seq = data->entry_n;
	data_unlock(data);
	return true;
}

static bool
memory_base(struct store *store, struct arena *arena, struct store_base *ret,
    struct err *err)
{
	struct memory *data = data_lock(store);
	struct store_base base = data->base;
	bool ok = arena == NULL || store_body_copy(arena, base.note, &base.note, err);
	data_unlock(data);
	if (arena == NULL)
		base.note = (str){ 0 };
	if (ok)
		*ret = base;
	return ok;
}

static bool
memory_marks(struct store *store,
    bool (*take)(void *context, const struct store_mark *mark), void *context,
    struct err *err)
{
	(void)err;
	struct memory *data = data_lock(store);
	size_t n = data->mark_n - (data->marking ? 1 : 0);
	for (size_t i = 0; i < n && take(context, &data->mark[i].mark); i++)
		continue;
	data_unlock(data);
	return true;
}

static bool
memory_base_rows(struct store *store, uint64_t base_seq, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    struct err *err)
{
	struct memory *data = data_lock(store);
	const struct memory_mark *mark = NULL;
	for (size_t i = 0; i < data->mark_n; i++) {
		if (data->mark[i].mark.seq == base_seq && base_seq == data->base.mark.seq)
			mark = &data->mark[i];
	}
	bool ok =
	    mark != NULL || err_set(err, ERR_GONE, "the journal begins elsewhere by now");
	const struct memory_table *rows = ok ? &mark->table[query->table] : NULL;
	size_t from = ok ? row_place(rows, query->after + 1) : 0;
	for (size_t i = 0; ok && from + i < rows->n && i < query->limit; i++) {
		struct stored_row view = row_view(query->table, &rows->row[from + i]);
		if (!take(context, &view))
			break;
	}
	data_unlock(data);
	return ok;
}

static bool
memory_verify(struct store *store, struct err *err)
{
	(void)store;
	(void)err;
	return true;
}

static bool
memory_copy(struct store *store, const char *path, struct err *err)
{
	(void)store, (void)path;
	return err_set(err, ERR_INVALID, "a store in memory has nothing to copy");
}

static const struct store_ops memory_ops = {
	.close = memory_close,
	.commit = memory_commit,
	.checkpoint = memory_checkpoint,
	.checkpoint_due = memory_checkpoint_due,
	.reserve = memory_reserve,
	.reserve_release = memory_reserve,
	.has_room = memory_has_room,
	.bundle_put = memory_bundle_put,
	.reader = memory_reader,
	.rows = memory_rows,
	.row = memory_row,
	.bundle_get = memory_bundle_get,
	.bundles = memory_bundles,
	.hold = memory_hold,
	.entries = memory_entries,
	.mark_begin = memory_mark_begin,
	.mark_some = memory_mark_some,
	.let_go = memory_let_go,
	.trim = memory_trim,
	.bundle_use = memory_bundle_use,
	.base = memory_base,
	.marks = memory_marks,
	.base_rows = memory_base_rows,
	.verify = memory_verify,
	.copy = memory_copy,
};
