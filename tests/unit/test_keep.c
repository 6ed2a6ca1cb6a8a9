/*
 * What is over and old is let go of: which marks, when, by whose signature.
 */
#include "engine/keep.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/checkpoint.h"
#include "support/temp.h"
#include "support/test.h"

static char folder[TEMP_PATH_MAX];

static void
mark__is_due_now_and_then(void)
{
	struct keep keep = { 320 * DAY, 400 * DAY };
	struct store_mark none = { .seq = 0 }, last = { .seq = 5, .at = 100 * DAY };
	EXPECT(!keep_mark_due(&none, &keep, 10 * DAY - 1));
	EXPECT(keep_mark_due(&none, &keep, 10 * DAY));
	EXPECT(!keep_mark_due(&last, &keep, 109 * DAY));
	EXPECT(keep_mark_due(&last, &keep, 110 * DAY));
	EXPECT(!keep_mark_due(&last, &keep, 90 * DAY)); /* no clock goes back; if one did */
	keep.journal_ms = 0;
	EXPECT(!keep_mark_due(&last, &keep, 900 * DAY));
}

static void
choice__is_the_newest_that_is_old_enough(void)
{
	static const struct store_mark marks[] = {
		{ .seq = 10, .at = 10 * DAY },
		{ .seq = 20, .at = 20 * DAY },
		{ .seq = 30, .at = 30 * DAY },
		{ .seq = 40, .at = 40 * DAY },
	};
	static const struct {
		const char *name;
		msec journal, history, at;
		uint64_t was, was_rows;
		uint64_t want, want_rows;
		bool moves;
	} rows[] = {
		{ "all are young", 30 * DAY, 60 * DAY, 39 * DAY, 0, 0, 0, 0, false },
		{ "one is old", 30 * DAY, 60 * DAY, 40 * DAY, 0, 0, 10, 0, true },
		{ "to the day", 30 * DAY, 60 * DAY, 59 * DAY, 0, 0, 20, 0, true },
		{ "history follows", 30 * DAY, 60 * DAY, 75 * DAY, 20, 0, 40, 10, true },
		{ "history alone", 30 * DAY, 60 * DAY, 85 * DAY, 40, 10, 40, 20, true },
		{ "never back", 30 * DAY, 60 * DAY, 50 * DAY, 40, 30, 40, 30, false },
		{ "both at once", 30 * DAY, 30 * DAY, 200 * DAY, 0, 0, 40, 40, true },
		{ "for ever", 0, 0, 9000 * DAY, 0, 0, 0, 0, false },
		{ "history for ever", 30 * DAY, 0, 9000 * DAY, 0, 0, 40, 0, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct keep keep = { rows[i].journal, rows[i].history };
		struct store_base ret,
		    was = { .mark = { .seq = rows[i].was }, .rows_seq = rows[i].was_rows };
		EXPECT(keep_choose(&was, marks, countof(marks), &keep, rows[i].at, &ret) ==
		       rows[i].moves);
		EXPECT(ret.mark.seq == rows[i].want && ret.rows_seq == rows[i].want_rows);
	}
	test_row = NULL;
}

/* ---- with a store ---- */

static void
add_entry(struct store *store, incident_id closed)
{
	struct err err;
	uint64_t seq = store_head(store).seq + 1;
	const struct row_write row[] = {
		{ .table = TABLE_INCIDENT,
		    .id = closed,
		    .incident = closed,
		    .body = STR("over") },
		{ .table = TABLE_INCIDENT,
		    .id = 1,
		    .incident = 1,
		    .open = true,
		    .body = STR("open") },
	};
	struct commit c = { .seq = seq,
		.entry = STR("entry"),
		.rows = row,
		.row_n = countof(row),
		.alerts_as_of = seq };
	EXPECT(store_commit(store, &c, &err));
}

/* A day a turn: an incident closes, and all slices that there are to make. */
static void
live(struct keeping *k, struct store *store, msec from, unsigned days,
    const struct keep *keep)
{
	struct err err = { 0 };
	for (unsigned d = 0; d < days; d++) {
		struct keep_now now = { .at = from + d * DAY, .keep = *keep };
		add_entry(store, 2 + (incident_id)store_head(store).seq);
		k->stage = KEEP_TRIM;
		for (unsigned i = 0; k->stage != KEEP_REST; i++) {
			EXPECT(keep_slice(k, store, &now, &err));
			if (i == 1000 || test_failures > 0) {
				EXPECT(!"it comes to rest");
				return;
			}
		}
	}
}

static bool
count_row(void *context, const struct stored_row *row)
{
	(void)row;
	++*(unsigned *)context;
	return true;
}

static unsigned
incidents(struct store *store)
{
	struct err err;
	uint64_t seq;
	unsigned n = 0;
	struct row_query query = { .table = TABLE_INCIDENT, .limit = STORE_ROWS_MAX };
	EXPECT(store_rows(store, &query, count_row, &n, &seq, &err));
	return n;
}

static void
years__leave_what_keep_says_and_what_is_open(void)
{
	struct err err = { 0 };
	struct store *store;
	struct note_key key;
	struct store_verdict verdict;
	struct base_verdict base;
	struct keep keep = { 64 * DAY, 128 * DAY };
	struct keeping k = { .state_dir = folder };
	EXPECT(store_open("memory:", folder, &store, &err));
	live(&k, store, DAY, 500, &keep);
	EXPECT(store_verify(store, &verdict, &err) && verdict.ok);
	uint64_t kept = verdict.entries - verdict.let_go;
	EXPECT(verdict.entries == 500 && kept >= 64 && kept <= 64 + 2 + 1);
	EXPECT(k.begins == verdict.let_go);
	unsigned n = incidents(store);
	EXPECT(n >= 128 && n <= 128 + 2 + 2); /* the open one too */
	EXPECT(checkpoint_key_find(folder, &key, &err));
	EXPECT(checkpoint_base(store, &key, &base, &err) && base.is == BASE_SIGNED);
	store_close(store);
}

static void
nothing_goes_without_a_key(void)
{
	struct err err = { 0 };
	struct store *store;
	struct store_verdict verdict;
	struct keep keep = { 64 * DAY, 64 * DAY };
	struct keeping k = { .state_dir = folder };
	char path[TEMP_PATH_MAX + 40];
	(void)snprintf(path, sizeof(path), "%s/" CHECKPOINT_KEY_FILE, folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	EXPECT(fd >= 0 && write(fd, "what?", 5) == 5 && close(fd) == 0);
	EXPECT(store_open("memory:", folder, &store, &err));
	live(&k, store, DAY, 200, &keep);
	EXPECT(store_verify(store, &verdict, &err) && verdict.ok && verdict.let_go == 0);
	EXPECT(k.no_key.kind == ERR_INVALID && k.begins == 0);
	EXPECT(unlink(path) == 0);
	live(&k, store, 201 * DAY, 1, &keep);
	EXPECT(k.no_key.kind == ERR_NONE && k.begins > 100);
	store_close(store);
}

int
main(void)
{
	temp_folder(folder);
	RUN(mark__is_due_now_and_then);
	RUN(choice__is_the_newest_that_is_old_enough);
	RUN(years__leave_what_keep_says_and_what_is_open);
	RUN(nothing_goes_without_a_key);
	TEST_MAIN_END();
}
