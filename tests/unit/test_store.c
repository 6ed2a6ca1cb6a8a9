#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/temp.h"
#include "support/test.h"

/*
 * What every kind of store promises: each test runs over all of them.
 */
static const struct kind {
	const char *name;
	const char *url;
	bool keeps; /* what it held is there when it is opened again */
} kinds[] = {
	{ .name = "memory", .url = "memory:" },
	{ .name = "sqlite", .url = "sqlite:firstline.db", .keeps = true },
};

static const struct kind *kind;
static char folder[TEMP_PATH_MAX];
static char memory[1 << 20];

static struct store *
open_it(void)
{
	struct store *store = NULL;
	struct err err = { 0 };
	if (!store_open(kind->url, folder, &store, &err)) {
		(void)fprintf(stderr, "open: %s\n", err.text);
		abort();
	}
	return store;
}

static struct store *
fresh(void)
{
	if (folder[0] != '\0')
		temp_remove(folder);
	temp_folder(folder);
	return open_it();
}

/* The same store after its process ended and started again, where that keeps anything. */
static struct store *
again(struct store *store)
{
	if (!kind->keeps)
		return store;
	store_close(store);
	return open_it();
}

static bool
commit(struct store *store, str entry, const struct row_write *rows, size_t row_n)
{
	struct commit c = {
		.seq = entry.n > 0 ? store_head(store).seq + 1 : 0,
		.entry = entry,
		.rows = rows,
		.row_n = row_n,
	};
	struct err err = { 0 };
	bool ok = store_commit(store, &c, &err);
	if (!ok)
		printf("commit: %s\n", err.text);
	return ok;
}

/* ---- reading back as text ---- */

static struct buf seen = { .max = 1 << 20 };
static uint64_t seen_seq;
static size_t stop_after;

static bool
see_row(void *context, const struct stored_row *row)
{
	(void)context;
	buf_printf(&seen, "%llu%s:%u:%llu:", (unsigned long long)row->id,
	    row->open ? "o" : "", row->incident, (unsigned long long)row->wall);
	buf_add(&seen, row->body);
	buf_char(&seen, ' ');
	return stop_after == 0 || --stop_after > 0;
}

static str
rows(struct store *store, struct row_query query)
{
	struct err err = { 0 };
	buf_reset(&seen);
	if (query.limit == 0)
		query.limit = 100;
	if (!store_rows(store, &query, see_row, NULL, &seen_seq, &err))
		buf_printf(&seen, "error: %s", err.text);
	return buf_str(&seen);
}

static bool
see_entry(void *context, const struct stored_entry *entry)
{
	(void)context;
	buf_printf(&seen, "%llu:", (unsigned long long)entry->seq);
	buf_add(&seen, entry->bytes);
	buf_char(&seen, ' ');
	return stop_after == 0 || --stop_after > 0;
}

static str
entries(struct store *store, uint64_t first, uint64_t limit)
{
	struct err err = { 0 };
	buf_reset(&seen);
	if (!store_entries(store, first, limit, see_entry, NULL, &err))
		buf_printf(&seen, "error: %s", err.text);
	return buf_str(&seen);
}

static const struct row_write three_rows[] = {
	{ .table = TABLE_INCIDENT,
	    .id = 7,
	    .incident = 7,
	    .open = true,
	    .wall = 100,
	    .body = { "seven", 5 } },
	{ .table = TABLE_TIMELINE,
	    .id = 8,
	    .incident = 7,
	    .wall = 101,
	    .body = { "eight", 5 } },
	{ .table = TABLE_TIMELINE, .id = 9, .wall = 102, .body = { "n\0ne", 4 } },
};

/* ---- tests ---- */

static void
store__begins_empty(void)
{
	struct store *store = fresh();
	struct store_head head = store_head(store);
	EXPECT(head.seq == 0 && hash32_zero(&head.hash) && head.alerts_as_of == 0);
	EXPECT_STR(entries(store, 1, 10), STR(""));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_ALERTS }), STR(""));
	EXPECT_U64(seen_seq, 0);
	store_close(store);
}

static void
store__commit_is_there_afterwards(void)
{
	struct store *store = fresh();
	EXPECT(commit(store, STR("one"), three_rows, countof(three_rows)));
	EXPECT(commit(store, STR("two"), NULL, 0));
	hash32 none = { 0 };
	hash32 first = entry_hash(&none, STR("one"));
	hash32 second = entry_hash(&first, STR("two"));
	for (int round = 0; round < 2; round++) {
		struct store_head head = store_head(store);
		EXPECT_U64(head.seq, 2);
		EXPECT(hash32_eq(&head.hash, &second));
		EXPECT_STR(entries(store, 1, 10), STR("1:one 2:two "));
		EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_INCIDENT }),
		    STR("7o:7:100:seven "));
		EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_TIMELINE }),
		    STR("8:7:101:eight 9:0:102:n\0ne "));
		EXPECT_U64(seen_seq, 2);
		store = again(store);
	}
	store_close(store);
}

static void
store__row_is_replaced_whole(void)
{
	static const struct row_write later[] = {
		{ .table = TABLE_INCIDENT,
		    .id = 7,
		    .incident = 7,
		    .open = true,
		    .wall = 200,
		    .body = { "SEVEN", 5 } },
		/* its place in both indexes changes */
		{ .table = TABLE_TIMELINE,
		    .id = 8,
		    .incident = 9,
		    .open = true,
		    .wall = 201,
		    .body = { "e", 1 } },
		/* twice in one commit: the last counts */
		{ .table = TABLE_TIMELINE, .id = 9, .wall = 1, .body = { "x", 1 } },
		{ .table = TABLE_TIMELINE, .id = 9, .wall = 2, .body = { "y", 1 } },
	};
	struct store *store = fresh();
	EXPECT(commit(store, STR("one"), three_rows, countof(three_rows)));
	EXPECT(commit(store, STR("two"), later, countof(later)));
	store = again(store);
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_INCIDENT }),
	    STR("7o:7:200:SEVEN "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_TIMELINE }),
	    STR("8o:9:201:e 9:0:2:y "));
	EXPECT_STR(rows(store,
		       (struct row_query){ .table = TABLE_TIMELINE, .incident = 7 }),
	    STR(""));
	EXPECT_STR(rows(store,
		       (struct row_query){ .table = TABLE_TIMELINE, .incident = 9 }),
	    STR("8o:9:201:e "));
	EXPECT_STR(rows(store,
		       (struct row_query){ .table = TABLE_TIMELINE, .open_only = true }),
	    STR("8o:9:201:e "));
	store_close(store);
}

static void
store__empty_body_deletes(void)
{
	static const struct row_write gone[] = {
		{ .table = TABLE_TIMELINE, .id = 8 },
		{ .table = TABLE_RUN, .id = 8 }, /* was never there: fine */
	};
	struct store *store = fresh();
	EXPECT(commit(store, STR("one"), three_rows, countof(three_rows)));
	EXPECT(commit(store, STR("two"), gone, countof(gone)));
	store = again(store);
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_TIMELINE }),
	    STR("9:0:102:n\0ne "));
	store_close(store);
}

static void
store__rows_alone_make_no_entry(void)
{
	struct store *store = fresh();
	EXPECT(commit(store, STR("one"), NULL, 0));
	struct store_head before = store_head(store);
	EXPECT(commit(store, (str){ 0 }, three_rows, countof(three_rows)));
	EXPECT(commit(store, (str){ 0 }, NULL, 0));
	store = again(store);
	struct store_head head = store_head(store);
	EXPECT(head.seq == 1 && hash32_eq(&head.hash, &before.hash));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_INCIDENT }),
	    STR("7o:7:100:seven "));
	store_close(store);
}

static void
store__alerts_as_of_never_goes_back(void)
{
	struct store *store = fresh();
	struct err err = { 0 };
	EXPECT(commit(store, STR("one"), NULL, 0));
	EXPECT(store_commit(store,
	    &(struct commit){ .seq = 2, .entry = STR("two"), .alerts_as_of = 2 }, &err));
	EXPECT_U64(store_head(store).alerts_as_of, 2);
	EXPECT(store_commit(store, &(struct commit){ .alerts_as_of = 1 }, &err));
	store = again(store);
	EXPECT_U64(store_head(store).alerts_as_of, 2);
	store_close(store);
}

static void
store__refused_commit_leaves_nothing(void)
{
	static char large[STORE_ROW_BYTES_MAX + 1];
	struct row_write with_large[] = { three_rows[0],
		{ .table = TABLE_RUN, .id = 1, .body = { large, sizeof(large) } } };
	struct store *store = fresh();
	struct err err = { 0 };
	EXPECT(commit(store, STR("one"), NULL, 0));
	struct commit c = { .seq = 2,
		.entry = STR("two"),
		.rows = with_large,
		.row_n = countof(with_large) };
	EXPECT(!store_commit(store, &c, &err) && err.kind == ERR_LIMIT);
	EXPECT_STR(str_of(err.text),
	    STR("row 1 of run has 4194305 bytes; the limit is 4194304"));
	EXPECT_U64(store_head(store).seq, 1);
	store = again(store);
	EXPECT_U64(store_head(store).seq, 1);
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_INCIDENT }), STR(""));

	with_large[1].body.n--;
	EXPECT(commit(store, STR("two"), with_large, countof(with_large)));
	store_close(store);
}

static void
store__open_rows_are_found(void)
{
	struct store *store = fresh();
	for (row_id id = 1; id <= 300; id++) {
		struct row_write row = { .table = TABLE_RUN,
			.id = id,
			.incident = (incident_id)(id % 3 + 1),
			.open = id % 100 == 0,
			.body = STR("r") };
		EXPECT(commit(store, (str){ 0 }, &row, 1));
	}
	store = again(store);
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_RUN, .open_only = true }),
	    STR("100o:2:0:r 200o:3:0:r 300o:1:0:r "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_RUN,
				   .open_only = true,
				   .newest_first = true }),
	    STR("300o:1:0:r 200o:3:0:r 100o:2:0:r "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_RUN,
				   .open_only = true,
				   .incident = 3 }),
	    STR("200o:3:0:r "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_RUN,
				   .open_only = true,
				   .after = 100 }),
	    STR("200o:3:0:r 300o:1:0:r "));
	store_close(store);
}

static void
store__rows_come_in_pages(void)
{
	struct store *store = fresh();
	for (row_id id = 1; id <= 9; id++) {
		/* a table with an index by incident, and one without */
		struct row_write row[] = {
			{ .table = TABLE_NOTICE,
			    .id = id,
			    .incident = id % 2 ? 2 : 1,
			    .body = STR("n") },
			{ .table = TABLE_GAP,
			    .id = id,
			    .incident = id % 2 ? 2 : 1,
			    .body = STR("n") },
		};
		EXPECT(commit(store, (str){ 0 }, row, countof(row)));
	}
	static const enum table tables[] = { TABLE_NOTICE, TABLE_GAP };
	for (size_t i = 0; i < countof(tables); i++) {
		struct row_query query = { .table = tables[i], .limit = 2 };
		EXPECT_STR(rows(store, query), STR("1:2:0:n 2:1:0:n "));
		query.after = 2;
		EXPECT_STR(rows(store, query), STR("3:2:0:n 4:1:0:n "));
		query.newest_first = true;
		EXPECT_STR(rows(store, query), STR("1:2:0:n "));
		query.after = 0;
		EXPECT_STR(rows(store, query), STR("9:2:0:n 8:1:0:n "));
		query.incident = 2;
		EXPECT_STR(rows(store, query), STR("9:2:0:n 7:2:0:n "));
		query.after = 7;
		EXPECT_STR(rows(store, query), STR("5:2:0:n 3:2:0:n "));
		query.newest_first = false;
		EXPECT_STR(rows(store, query), STR("9:2:0:n "));
	}
	stop_after = 1;
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_GAP }), STR("1:2:0:n "));
	EXPECT_U64(stop_after, 0);
	store_close(store);
}

static void
store__entries_from_anywhere(void)
{
	struct store *store = fresh();
	static const str texts[] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 } };
	for (size_t i = 0; i < countof(texts); i++)
		EXPECT(commit(store, texts[i], NULL, 0));
	store = again(store);
	EXPECT_STR(entries(store, 1, UINT64_MAX), STR("1:a 2:b 3:c 4:d "));
	EXPECT_STR(entries(store, 2, 2), STR("2:b 3:c "));
	EXPECT_STR(entries(store, 4, 1), STR("4:d "));
	EXPECT_STR(entries(store, 5, 1), STR(""));
	EXPECT_STR(entries(store, 99, 1), STR(""));
	EXPECT_STR(entries(store, 2, 0), STR(""));
	EXPECT_STR(entries(store, UINT64_MAX, 1), STR(""));
	stop_after = 2;
	EXPECT_STR(entries(store, 2, 10), STR("2:b 3:c "));
	stop_after = 0;
	store_close(store);
}

static void
store__long_walks_are_whole(void)
{
	struct store *store = fresh();
	for (int i = 0; i < 600; i++)
		EXPECT(commit(store, STR("x"), NULL, 0));
	(void)entries(store, 1, UINT64_MAX);
	EXPECT_U64(seen.n, 9 * 4 + 90 * 5 + 501 * 6);
	EXPECT(str_ends(buf_str(&seen), STR(" 599:x 600:x ")));
	(void)entries(store, 300, 290);
	EXPECT(str_starts(buf_str(&seen), STR("300:x 301:x ")));
	EXPECT(str_ends(buf_str(&seen), STR(" 588:x 589:x ")));
	store_close(store);
}

static void
store__one_row_by_id(void)
{
	struct store *store = fresh();
	struct arena arena = arena_over(memory, sizeof(memory));
	struct stored_row row = { 0 };
	struct err err = { 0 };
	EXPECT(commit(store, (str){ 0 }, three_rows, countof(three_rows)));
	EXPECT(store_row(store, TABLE_INCIDENT, 7, &arena, &row, &err));
	EXPECT(row.table == TABLE_INCIDENT && row.id == 7 && row.incident == 7 &&
	       row.open && row.wall == 100);
	EXPECT_STR(row.body, STR("seven"));
	EXPECT(!store_row(store, TABLE_INCIDENT, 8, &arena, &row, &err));
	EXPECT(err.kind == ERR_NOT_FOUND && row.id == 7);
	EXPECT_STR(str_of(err.text), STR("there is no incident 8"));
	char little[4];
	struct arena small = arena_over(little, sizeof(little));
	EXPECT(!store_row(store, TABLE_INCIDENT, 7, &small, &row, &err));
	EXPECT(err.kind == ERR_LIMIT);
	arena_release(little, sizeof(little));
	store_close(store);
}

static bool
add_bundle(void *context, const hash32 *hash, str bytes)
{
	hash32 is = sha256(bytes);
	EXPECT(hash32_eq(&is, hash));
	buf_add(context, bytes);
	return !str_eq(bytes, STR("two "));
}

static void
store__bundles_in_the_order_in_which_they_came(void)
{
	static const char *const texts[] = { "two ", "three ", "one " };
	struct err err = { 0 };
	struct store *store = fresh();
	struct buf all = BUF(100);
	for (size_t i = countof(texts); i-- > 0;) {
		hash32 hash = sha256(str_of(texts[i]));
		EXPECT(store_bundle_put(store, &hash, str_of(texts[i]), 5, &err));
	}
	hash32 again_hash = sha256(STR("one "));
	EXPECT(store_bundle_put(store, &again_hash, STR("one "), 6, &err));
	EXPECT(store_bundles(store, add_bundle, &all, &err));
	EXPECT_STR(buf_str(&all), STR("one three two "));
	buf_done(&all);
	store_close(store);
}

static void
store__bundles_by_hash(void)
{
	struct store *store = fresh();
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err = { 0 };
	str bytes = STR("services: {}");
	hash32 hash = sha256(bytes);
	str got = { 0 };
	EXPECT(!store_bundle_get(store, &hash, &arena, &got, &err));
	EXPECT(err.kind == ERR_NOT_FOUND);
	EXPECT(store_bundle_put(store, &hash, bytes, 5, &err));
	EXPECT(store_bundle_put(store, &hash, bytes, 6, &err));
	store = again(store);
	EXPECT(store_bundle_get(store, &hash, &arena, &got, &err));
	EXPECT_STR(got, bytes);
	store_close(store);
}

static void
store__reader_sees_each_commit_whole(void)
{
	struct store *store = fresh();
	struct store *reader = NULL;
	struct err err = { 0 };
	EXPECT(commit(store, STR("one"), three_rows, countof(three_rows)));
	EXPECT(store_reader(store, &reader, &err));
	EXPECT_U64(store_head(reader).seq, 1);
	for (int i = 0; i < 20; i++) {
		struct row_write both[] = {
			{ .table = TABLE_RUN, .id = 1, .body = STR("a") },
			{ .table = TABLE_RUN, .id = 2 + (row_id)i, .body = STR("b") },
		};
		EXPECT(commit(store, STR("next"), both, countof(both)));
		(void)rows(reader, (struct row_query){ .table = TABLE_RUN });
		EXPECT_U64(seen_seq, (uint64_t)i + 2);
		EXPECT_U64(seen.n,
		    8 + (size_t)(i < 8 ? i + 1 : 8) * 8 + (size_t)(i < 8 ? 0 : i - 7) * 9);
		(void)store_checkpoint(store);
	}
	EXPECT(str_ends(entries(reader, 20, 10), STR("20:next 21:next ")));
	struct arena arena = arena_over(memory, sizeof(memory));
	struct stored_row row;
	EXPECT(store_row(reader, TABLE_INCIDENT, 7, &arena, &row, &err));
	struct store_verdict verdict;
	EXPECT(store_verify(reader, &verdict, &err) && verdict.ok);
	store_close(store);
	/* What a reader holds stays until it goes too. */
	EXPECT_STR(rows(reader, (struct row_query){ .table = TABLE_INCIDENT }),
	    STR("7o:7:100:seven "));
	store_close(reader);
}

/* A reader in a thread of its own, until `stop`: two rows that each commit writes alike. */
struct watcher {
	struct store *reader;
	atomic_bool stop;
	unsigned looks;
	unsigned torn; /* looks at which they differed, or were not of the entry said */
};

struct both {
	uint64_t said[2];
	size_t n;
};

static bool
take_both(void *context, const struct stored_row *row)
{
	struct both *both = context;
	return both->n < 2 && str_u64(row->body, UINT64_MAX, &both->said[both->n++]);
}

static void *
watch(void *context)
{
	struct watcher *w = context;
	while (!atomic_load(&w->stop)) {
		struct row_query query = { .table = TABLE_RUN, .limit = 10 };
		struct both both = { 0 };
		struct err err;
		uint64_t seq = 0;
		bool ok = store_rows(w->reader, &query, take_both, &both, &seq, &err);
		w->looks++;
		w->torn += !ok || both.n != 2 || both.said[0] != both.said[1] ||
		           both.said[0] != seq;
	}
	return NULL;
}

static void
store__reader_in_another_thread_is_never_torn(void)
{
	struct store *store = fresh();
	struct watcher w = { 0 };
	struct err err = { 0 };
	pthread_t thread;
	for (uint64_t seq = 1; seq <= 300; seq++) {
		char text[24];
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
		struct row_write both[] = {
			{ .table = TABLE_RUN, .id = 1, .body = str_of(text) },
			{ .table = TABLE_RUN, .id = 2, .body = str_of(text) },
		};
		EXPECT(commit(store, STR("entry"), both, countof(both)));
		(void)store_checkpoint(store);
		if (seq == 1) {
			EXPECT(store_reader(store, &w.reader, &err));
			ASSERT(pthread_create(&thread, NULL, watch, &w) == 0);
		}
	}
	atomic_store(&w.stop, true);
	ASSERT(pthread_join(thread, NULL) == 0);
	EXPECT(w.torn == 0);
	store_close(w.reader);
	store_close(store);
}

static void
store__verify_agrees_with_what_was_written(void)
{
	struct store *store = fresh();
	struct err err = { 0 };
	struct store_verdict verdict;
	EXPECT(store_verify(store, &verdict, &err) && verdict.ok && verdict.entries == 0);
	for (int i = 0; i < 300; i++)
		EXPECT(commit(store, STR("entry"), three_rows, countof(three_rows)));
	str bundle = STR("bundle");
	hash32 hash = sha256(bundle);
	EXPECT(store_bundle_put(store, &hash, bundle, 1, &err));
	EXPECT(store_verify(store, &verdict, &err));
	EXPECT(verdict.ok && verdict.entries == 300 && verdict.bad_seq == 0);
	struct store_head head = store_head(store);
	EXPECT(hash32_eq(&verdict.head, &head.hash));
	EXPECT_STR(str_of(verdict.text), STR(""));
	store_close(store);
}

static void
store__has_room_and_checkpoints(void)
{
	struct store *store = fresh();
	struct err err;
	EXPECT(store_has_room(store, &err));
	EXPECT(commit(store, STR("one"), NULL, 0));
	while (store_checkpoint(store))
		continue;
	EXPECT(store_has_room(store, &err));
	EXPECT(store_reserve(store, &err));
	EXPECT(store_reserve(store, &err));
	EXPECT(store_reserve_release(store, &err));
	EXPECT(commit(store, STR("two"), NULL, 0));
	store_close(store);
}

/* ---- letting go ---- */

static bool
see_mark(void *context, const struct store_mark *mark)
{
	*(struct store_mark *)context = *mark;
	return true;
}

static struct store_mark
mark_now(struct store *store, msec at)
{
	struct store_mark last = { 0 };
	struct err err = { 0 };
	bool done = false;
	EXPECT(store_mark_begin(store, at, at + 1, &err));
	while (!done && test_failures == 0)
		EXPECT(store_mark_some(store, &done, &err));
	EXPECT(store_marks(store, see_mark, &last, &err));
	return last;
}

static void
trim_all(struct store *store)
{
	struct err err = { 0 };
	bool done = false;
	while (!done) {
		bool ok = store_trim(store, &done, &err);
		EXPECT(ok);
		if (!ok) {
			printf("%s\n", err.text);
			return;
		}
	}
}

static str
base_rows(struct store *store, uint64_t base, enum table table)
{
	struct err err = { 0 };
	buf_reset(&seen);
	if (!store_base_rows(store, base, table, 0, 100, see_row, NULL, &err))
		buf_printf(&seen, "error: %s", err.text);
	return buf_str(&seen);
}

/* Incident 1 is over, with a row of its timeline; incident 2 is not, and has a closed run. */
static struct store *
with_history(void)
{
	static const struct row_write begin[] = {
		{ .table = TABLE_INCIDENT,
		    .id = 1,
		    .incident = 1,
		    .wall = 1,
		    .body = { "over", 4 } },
		{ .table = TABLE_TIMELINE,
		    .id = 11,
		    .incident = 1,
		    .wall = 1,
		    .body = { "told", 4 } },
		{ .table = TABLE_INCIDENT,
		    .id = 2,
		    .incident = 2,
		    .open = true,
		    .wall = 1,
		    .body = { "open", 4 } },
		{ .table = TABLE_RUN,
		    .id = 12,
		    .incident = 2,
		    .wall = 1,
		    .body = { "done", 4 } },
		{ .table = TABLE_GRANT_USE, .id = 13, .wall = 1, .body = { "used", 4 } },
		{ .table = TABLE_TRUST, .id = 14, .wall = 1, .body = { "trust", 5 } },
	};
	struct store *store = fresh();
	struct err err;
	str old = STR("old"), used = STR("used");
	hash32 old_hash = sha256(old), used_hash = sha256(used);
	EXPECT(store_bundle_put(store, &old_hash, old, 1, &err));
	EXPECT(store_bundle_put(store, &used_hash, used, 1, &err));
	EXPECT(commit(store, STR("one"), begin, countof(begin)));
	EXPECT(commit(store, STR("two"), NULL, 0));
	return store;
}

static void
commit_all_known(struct store *store, str entry)
{
	struct err err = { 0 };
	struct commit c = { .seq = store_head(store).seq + 1,
		.entry = entry,
		.alerts_as_of = store_head(store).seq + 1 };
	EXPECT(store_commit(store, &c, &err));
}

static void
store__lets_go_of_what_is_old(void)
{
	struct store *store = with_history();
	struct err err = { 0 };
	hash32 used_hash = sha256(STR("used")), old_hash = sha256(STR("old"));
	EXPECT(store_bundle_use(store, &used_hash, &err));
	struct store_mark mark = mark_now(store, 500);
	EXPECT(mark.seq == 2 && mark.at == 500 && mark.wall == 501);
	static const struct row_write later[] = { { .table = TABLE_INCIDENT,
	    .id = 2,
	    .incident = 2,
	    .open = true,
	    .wall = 1,
	    .body = { "later", 5 } } };
	EXPECT(commit(store, STR("three"), later, 1));
	commit_all_known(store, STR("four"));

	EXPECT(store_let_go(store,
	    &(struct store_base){ .mark = mark, .rows_seq = 2, .note = STR("note") },
	    &err));
	EXPECT_STR(entries(store, 1, 9),
	    STR("error: entries up to 2 were let go of: the journal begins with entry 3"));
	store = again(store); /* cut short: what is left goes on */
	trim_all(store);

	EXPECT_STR(entries(store, 3, 9), STR("3:three 4:four "));
	EXPECT_STR(entries(store, 4, 9), STR("4:four "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_INCIDENT }),
	    STR("2o:2:1:later "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_TIMELINE }), STR(""));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_RUN }),
	    STR("12:2:1:done ")); /* its incident is open */
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_GRANT_USE }), STR(""));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_TRUST }),
	    STR("14:0:1:trust "));
	EXPECT_STR(base_rows(store, 2, TABLE_INCIDENT), STR("2o:2:1:open "));
	EXPECT_STR(base_rows(store, 1, TABLE_INCIDENT),
	    STR("error: the journal begins elsewhere by now"));

	struct arena arena = arena_over(memory, sizeof(memory));
	struct store_base base;
	struct store_verdict verdict;
	str bundle;
	EXPECT(store_base(store, &arena, &base, &err));
	EXPECT(base.mark.seq == 2 && base.rows_seq == 2);
	EXPECT_STR(base.note, STR("note"));
	EXPECT(store_bundle_get(store, &used_hash, &arena, &bundle, &err));
	EXPECT(!store_bundle_get(store, &old_hash, &arena, &bundle, &err));
	EXPECT(store_verify(store, &verdict, &err) && verdict.ok);
	EXPECT_STR(str_of(verdict.text), STR(""));
	EXPECT(verdict.entries == 4 && verdict.let_go == 2);
	EXPECT(commit(store, STR("five"), NULL, 0));
	store_close(store);
}

/* Commits go on between two slices of a mark, which is of its beginning all the same. */
static void
store__mark_stands_still(void)
{
	struct store *store = with_history();
	struct err err = { 0 };
	static const struct row_write later[] = { { .table = TABLE_INCIDENT,
	    .id = 2,
	    .incident = 2,
	    .open = true,
	    .wall = 1,
	    .body = { "later", 5 } } };
	bool done = false;
	uint64_t base = store_head(store).seq;
	EXPECT(store_mark_begin(store, 1, 1, &err));
	while (!done) {
		EXPECT(commit(store, STR("more"), later, 1));
		EXPECT(store_mark_some(store, &done, &err));
	}
	struct store_mark mark = { 0 };
	EXPECT(store_marks(store, see_mark, &mark, &err));
	commit_all_known(store, STR("last"));
	EXPECT(store_let_go(store, &(struct store_base){ .mark = mark }, &err));
	trim_all(store);
	EXPECT_STR(base_rows(store, base, TABLE_INCIDENT), STR("2o:2:1:open "));
	EXPECT_STR(rows(store, (struct row_query){ .table = TABLE_TIMELINE }),
	    STR("11:1:1:told ")); /* only entries were let go of */
	store_close(store);
}

int
main(void)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		kind = &kinds[i];
		unsigned before = test_failures;
		RUN(store__begins_empty);
		RUN(store__commit_is_there_afterwards);
		RUN(store__row_is_replaced_whole);
		RUN(store__empty_body_deletes);
		RUN(store__rows_alone_make_no_entry);
		RUN(store__alerts_as_of_never_goes_back);
		RUN(store__refused_commit_leaves_nothing);
		RUN(store__open_rows_are_found);
		RUN(store__rows_come_in_pages);
		RUN(store__entries_from_anywhere);
		RUN(store__long_walks_are_whole);
		RUN(store__one_row_by_id);
		RUN(store__bundles_by_hash);
		RUN(store__bundles_in_the_order_in_which_they_came);
		RUN(store__reader_sees_each_commit_whole);
		RUN(store__reader_in_another_thread_is_never_torn);
		RUN(store__verify_agrees_with_what_was_written);
		RUN(store__has_room_and_checkpoints);
		RUN(store__lets_go_of_what_is_old);
		RUN(store__mark_stands_still);
		if (test_failures > before)
			printf("in the kind '%s'\n", kind->name);
	}
	buf_done(&seen);
	TEST_MAIN_END();
}
