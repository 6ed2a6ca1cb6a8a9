#include "store/internal.h"

#include <stdio.h>

/*
 * The front of every kind of store: which kind a URL names, what a caller must not do,
 * and the chain. The chain is kept and checked here alone, so no kind can get it wrong.
 */

/* One read transaction of a walk ends after so many entries, so that a walk over a
 * journal of any length never holds back the log of the process that writes. */
#define WALK_ENTRIES 256

static bool
url_is_memory(str url)
{
	return str_eq(url, STR("memory:"));
}

static bool
url_sqlite_path(str url, str *ret_path, struct err *err)
{
	if (!str_starts(url, STR("sqlite:")) || url.n == strlen("sqlite:"))
		return err_set(err, ERR_INVALID,
		    "store '%.*s' is neither 'sqlite:FILE' nor 'memory:'", STR_ARG(url));
	*ret_path = str_drop(url, strlen("sqlite:"));
	return true;
}

bool
store_open(const char *url, const char *state_dir, struct store **ret, struct err *err)
{
	str path = { 0 };
	if (url_is_memory(str_of(url)))
		return memory_open(ret, err);
	return url_sqlite_path(str_of(url), &path, err) &&
	       sqlite_open(path, state_dir, ret, err);
}

bool
store_open_readonly(const char *url, const char *state_dir, struct store **ret,
    struct err *err)
{
	str path = { 0 };
	if (url_is_memory(str_of(url)))
		return err_set(err, ERR_INVALID,
		    "a store in memory is seen by its own process only");
	return url_sqlite_path(str_of(url), &path, err) &&
	       sqlite_open_readonly(path, state_dir, ret, err);
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	compact_done(&store->written);
	compact_done(&store->read);
	store->ops->close(store);
}

bool
store_writes(const struct store *store)
{
	return store->writer && !store->read_only;
}

bool
store_writes_again(struct store *store)
{
	ASSERT(store->read_only);
	return store->ops->writes_again(store);
}

struct store_head
store_head(const struct store *store)
{
	return store->head;
}

/* ---- writing ---- */

static bool
row_fits(const struct row_write *row, struct err *err)
{
	ASSERT(row->table >= 1 && row->table < TABLE_COUNT);
	ASSERT(row->id >= 1 && row->id <= INT64_MAX);
	ASSERT(row->wall <= INT64_MAX);
	if (row->body.n > STORE_ROW_BYTES_MAX)
		return err_set(err, ERR_LIMIT,
		    "row %llu of %s has %zu bytes; the limit is %u",
		    (unsigned long long)row->id, table_names[row->table], row->body.n,
		    STORE_ROW_BYTES_MAX);
	return true;
}

bool
store_commit(struct store *store, const struct commit *commit, struct err *err)
{
	ASSERT(store_writes(store));
	ASSERT(commit->seq == 0 || commit->seq == store->head.seq + 1);
	ASSERT((commit->seq == 0) == (commit->entry.n == 0));

	struct store_head next = store->head;
	struct commit stored = *commit;
	if (commit->seq != 0) {
		if (commit->entry.n > STORE_ENTRY_BYTES_MAX)
			return err_set(err, ERR_LIMIT,
			    "entry %llu has %zu bytes; the limit is %u",
			    (unsigned long long)commit->seq, commit->entry.n,
			    STORE_ENTRY_BYTES_MAX);
		next.seq = commit->seq;
		stored.entry = compact_body(&store->written, commit->entry);
		next.hash = entry_hash(&store->head.hash, stored.entry);
	}
	ASSERT(commit->alerts_as_of <= next.seq);
	if (next.alerts_as_of < commit->alerts_as_of)
		next.alerts_as_of = commit->alerts_as_of;
	for (size_t i = 0; i < commit->row_n; i++) {
		if (!row_fits(&commit->rows[i], err))
			return false;
	}

	if (!store->ops->commit(store, &stored, &next, err))
		return false;
	store->head = next;
	return true;
}

bool
store_checkpoint(struct store *store)
{
	ASSERT(store->writer);
	return store->ops->checkpoint(store);
}

bool
store_checkpoint_due(const struct store *store)
{
	ASSERT(store->writer);
	return store->ops->checkpoint_due(store);
}

bool
store_reserve(struct store *store, struct err *err)
{
	ASSERT(store->writer);
	return store->ops->reserve(store, err);
}

bool
store_reserve_release(struct store *store, struct err *err)
{
	ASSERT(store->writer);
	return store->ops->reserve_release(store, err);
}

bool
store_has_room(struct store *store, struct err *err)
{
	ASSERT(store->writer);
	return store->ops->has_room(store, err);
}

bool
store_bundle_put(struct store *store, const hash32 *hash, str bytes, msec wall,
    struct err *err)
{
	ASSERT(store->writer);
	if (bytes.n > STORE_ENTRY_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "a bundle has %zu bytes; the limit is %u",
		    bytes.n, STORE_ENTRY_BYTES_MAX);
	return store->ops->bundle_put(store, hash, bytes, wall, err);
}

/* ---- reading ---- */

bool
store_body_copy(struct arena *arena, str body, str *ret, struct err *err)
{
	char *copy = arena_try(arena, char, body.n);
	if (copy == NULL)
		return err_set(err, ERR_LIMIT, "no room for a body of %zu bytes", body.n);
	if (body.n > 0)
		memcpy(copy, body.p, body.n);
	*ret = (str){ copy, body.n };
	return true;
}

bool
store_reader(const struct store *store, struct store **ret, struct err *err)
{
	return store->ops->reader(store, ret, err);
}

bool
store_rows(struct store *store, const struct row_query *query,
    bool (*take)(void *context, const struct stored_row *row), void *context,
    uint64_t *ret_seq, struct err *err)
{
	ASSERT(query->table >= 1 && query->table < TABLE_COUNT);
	ASSERT(query->limit >= 1 && query->limit <= STORE_ROWS_MAX);
	return store->ops->rows(store, query, take, context, ret_seq, err);
}

bool
store_row(struct store *store, enum table table, row_id id, struct arena *arena,
    struct stored_row *ret, struct err *err)
{
	ASSERT(table >= 1 && table < TABLE_COUNT);
	return store->ops->row(store, table, id, arena, ret, err);
}

bool
store_bundle_get(struct store *store, const hash32 *hash, struct arena *arena, str *ret,
    struct err *err)
{
	return store->ops->bundle_get(store, hash, arena, ret, err);
}

bool
store_bundles(struct store *store,
    bool (*take)(void *context, const hash32 *hash, str bytes), void *context,
    struct err *err)
{
	return store->ops->bundles(store, take, context, err);
}

bool
store_hold(struct store *store, struct err *err)
{
	ASSERT(!store->writer);
	return store->ops->hold(store, err);
}

/* ---- letting go ---- */

bool
store_mark_begin(struct store *store, msec at, msec wall, struct err *err)
{
	ASSERT(store->writer && store->head.seq > 0);
	struct store_mark mark = { .seq = store->head.seq,
		.hash = store->head.hash,
		.at = at,
		.wall = wall };
	return store->ops->mark_begin(store, &mark, err);
}

bool
store_mark_some(struct store *store, bool *ret_done, struct err *err)
{
	ASSERT(store->writer);
	return store->ops->mark_some(store, ret_done, err);
}

bool
store_let_go(struct store *store, const struct store_base *base, struct err *err)
{
	struct store_base was;
	ASSERT(store->writer);
	if (!store->ops->base(store, NULL, &was, err))
		return false;
	ASSERT(base->mark.seq < store->head.seq);
	ASSERT(base->mark.seq <= store->head.alerts_as_of);
	ASSERT(base->mark.seq >= was.mark.seq && base->rows_seq >= was.rows_seq);
	ASSERT(base->rows_seq <= base->mark.seq);
	ASSERT(base->note.n <= STORE_NOTE_MAX);
	return store->ops->let_go(store, base, err);
}

bool
store_trim(struct store *store, bool *ret_done, struct err *err)
{
	ASSERT(store->writer);
	return store->ops->trim(store, ret_done, err);
}

bool
store_bundle_use(struct store *store, const hash32 *hash, struct err *err)
{
	ASSERT(store->writer);
	return store->ops->bundle_use(store, hash, err);
}

bool
store_base(struct store *store, struct arena *arena, struct store_base *ret,
    struct err *err)
{
	return store->ops->base(store, arena, ret, err);
}

bool
store_marks(struct store *store, bool (*take)(void *context, const struct store_mark *mark),
    void *context, struct err *err)
{
	return store->ops->marks(store, take, context, err);
}

bool
store_base_rows(struct store *store, uint64_t base_seq, enum table table, row_id after,
    uint32_t limit, bool (*take)(void *context, const struct stored_row *row),
    void *context, struct err *err)
{
	ASSERT(table >= 1 && table < TABLE_COUNT);
	ASSERT(limit >= 1 && limit <= STORE_ROWS_MAX);
	struct row_query query = { .table = table, .after = after, .limit = limit };
	return store->ops->base_rows(store, base_seq, &query, take, context, err);
}

/* ---- the chain ---- */

struct chain {
	struct store *store;
	uint64_t seq; /* of the entry that must come next */
	hash32 hash;  /* up to its predecessor, when that is known */
	bool known;
	bool (*take)(void *context, const struct stored_entry *entry);
	void *context;
	uint64_t bad_seq; /* 0: none */
	char text[160];
	bool more; /* the last call of `take` asked for more */
};

static bool
chain_break(struct chain *chain, uint64_t seq, const char *what)
{
	chain->bad_seq = seq;
	(void)snprintf(chain->text, sizeof(chain->text), "entry %llu of the journal %s",
	    (unsigned long long)seq, what);
	return false;
}

static bool
chain_take(void *context, const struct stored_entry *entry)
{
	struct chain *chain = context;
	if (entry->seq != chain->seq)
		return chain_break(chain, chain->seq, "is missing");
	if (chain->known) {
		struct stored_entry whole = *entry;
		hash32 hash = entry_hash(&chain->hash, entry->bytes);
		if (!hash32_eq(&hash, &entry->hash) ||
		    !compact_open(&chain->store->read, entry->bytes, STORE_ENTRY_BYTES_MAX,
			&whole.bytes))
			return chain_break(chain, entry->seq, "does not match its hash");
		chain->more = chain->take(chain->context, &whole);
	}
	chain->known = true;
	chain->hash = entry->hash;
	chain->seq = entry->seq + 1;
	return chain->more;
}

/* Was the entry let go of? What is missing for another reason is damage. */
static bool
let_go_of(struct store *store, uint64_t seq, struct err *err)
{
	struct store_base base;
	if (!store->ops->base(store, NULL, &base, err))
		return true; /* with its error */
	if (seq > base.mark.seq)
		return false;
	(void)err_set(err, ERR_GONE,
	    "entries up to %llu were let go of: the journal begins with entry %llu",
	    (unsigned long long)base.mark.seq, (unsigned long long)base.mark.seq + 1);
	return true;
}

bool
store_entries(struct store *store, uint64_t first, uint64_t limit,
    bool (*take)(void *context, const struct stored_entry *entry), void *context,
    struct err *err)
{
	ASSERT(first >= 1);
	struct store_base base;
	if (!store->ops->base(store, NULL, &base, err))
		return false;
	if (first <= base.mark.seq)
		return !let_go_of(store, first, err);
	/* An entry is checked against its predecessor, so reading starts one before. */
	struct chain chain = { .store = store,
		.seq = first,
		.hash = base.mark.hash,
		.known = true,
		.take = take,
		.context = context,
		.more = true };
	uint64_t n = limit;
	if (first > base.mark.seq + 1) {
		chain.seq = first - 1;
		chain.known = false;
		n += n < UINT64_MAX;
	}
	while (n > 0 && chain.more) {
		uint64_t from = chain.seq;
		uint64_t part = n < WALK_ENTRIES ? n : WALK_ENTRIES;
		if (!store->ops->entries(store, from, part, chain_take, &chain, err))
			return false;
		/* A live server may have let go of it since. */
		if (chain.bad_seq != 0 && let_go_of(store, chain.bad_seq, err))
			return false;
		if (chain.bad_seq != 0)
			return err_set(err, ERR_CORRUPT, "%s", chain.text);
		if (chain.seq - from < part)
			return true; /* the journal's end */
		n -= part;
	}
	return true;
}

static bool
count_entry(void *context, const struct stored_entry *entry)
{
	struct store_verdict *verdict = context;
	verdict->entries = entry->seq;
	verdict->head = entry->hash;
	return true;
}

/* Like store_entries from the first, but a broken link is a finding, not an error. A live
 * server that lets go of what is ahead of the walk makes it begin anew: ERR_GONE. */
static bool
walk_chain(struct store *store, struct store_verdict *verdict, struct err *err)
{
	struct store_base base;
	if (!store->ops->base(store, NULL, &base, err))
		return false;
	*verdict = (struct store_verdict){ .ok = true,
		.entries = base.mark.seq,
		.let_go = base.mark.seq,
		.head = base.mark.hash };
	struct chain chain = { .store = store,
		.seq = base.mark.seq + 1,
		.hash = base.mark.hash,
		.known = true,
		.take = count_entry,
		.context = verdict,
		.more = true };
	for (;;) {
		uint64_t from = chain.seq;
		if (!store->ops->entries(store, from, WALK_ENTRIES, chain_take, &chain,
			err))
			return false;
		if (chain.bad_seq != 0 && let_go_of(store, chain.bad_seq, err))
			return false;
		if (chain.bad_seq != 0) {
			verdict->ok = false;
			verdict->bad_seq = chain.bad_seq;
			(void)snprintf(verdict->text, sizeof(verdict->text), "%s",
			    chain.text);
			return true;
		}
		if (chain.seq - from < WALK_ENTRIES)
			return true;
	}
}

static bool
verify_chain(struct store *store, struct store_verdict *verdict, struct err *err)
{
	while (!walk_chain(store, verdict, err)) {
		if (err->kind != ERR_GONE)
			return false;
	}
	/* Nothing but the base may stand where the journal ends: it is older than that. */
	if (verdict->ok && verdict->let_go > 0 && verdict->entries == verdict->let_go) {
		verdict->ok = false;
		verdict->bad_seq = verdict->let_go + 1;
		(void)snprintf(verdict->text, sizeof(verdict->text),
		    "entry %llu of the journal is missing",
		    (unsigned long long)verdict->bad_seq);
	}
	return true;
}

bool
store_verify(struct store *store, struct store_verdict *ret, struct err *err)
{
	struct store_verdict verdict = { .ok = true };
	struct err failure = { 0 };
	if (!verify_chain(store, &verdict, &failure) ||
	    (verdict.ok && !store->ops->verify(store, &failure))) {
		if (failure.kind != ERR_CORRUPT) {
			*err = failure;
			return false;
		}
		/* So damaged that it cannot be walked. */
		verdict.ok = false;
		(void)snprintf(verdict.text, sizeof(verdict.text), "%s", failure.text);
	}
	*ret = verdict;
	return true;
}

bool
store_copy(struct store *store, const char *path, struct err *err)
{
	return store->ops->copy(store, path, err);
}

bool
store_upgrade(const char *path, struct err *err)
{
	return sqlite_upgrade(path, err);
}
