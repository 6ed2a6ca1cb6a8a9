/*
 * Lets a store grow old: makes all slices of letting go that there are to make, as if so many
 * days had passed since its last entry.
 *
 *	let_go STATE DAYS [unsigned]
 *
 * Says where the journal begins then. `unsigned`: the note is taken away again, as by somebody
 * who cut the journal off.
 */
#include <stdio.h>
#include <string.h>

#include "engine/keep.h"
#include "facts/row.h"

static char memory[1 << 16];

static bool
now_fill(struct store *store, unsigned days, struct keep_now *now, struct err *err)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct stored_row row;
	struct control_row control;
	if (!store_row(store, TABLE_CONTROL, 1, &arena, &row, err) ||
	    !record_decode_all(&control_row_type, row.body, &arena, &control, err))
		return false;
	*now = (struct keep_now){ .at = control.at + days * DAY,
		.wall = control.wall,
		.keep = { KEEP_MS_MAX, KEEP_MS_MAX },
		.used = { control.config },
		.used_n = 1 };
	return true;
}

struct closed {
	struct row_write row;
	char body[STORE_ROW_BYTES_MAX / 64];
};

static bool
take_closed(void *context, const struct stored_row *row)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct closed *closed = context;
	struct incident_row incident;
	struct err err;
	if (!record_decode_all(&incident_row_type, row->body, &arena, &incident, &err) ||
	    incident.state != INCIDENT_CLOSED || row->body.n > sizeof(closed->body))
		return true;
	memcpy(closed->body, row->body.p, row->body.n);
	closed->row = (struct row_write){ .table = TABLE_INCIDENT,
		.id = row->id,
		.incident = row->incident,
		.wall = row->wall,
		.body = { closed->body, row->body.n } };
	return false;
}

/* A closed incident is remembered for a week, as one that may come again: that is over. */
static bool
forget_closed(struct store *store, struct err *err)
{
	static struct closed closed;
	struct row_query query = { .table = TABLE_INCIDENT,
		.open_only = true,
		.limit = STORE_ROWS_MAX };
	uint64_t seq;
	for (;;) {
		closed.row.id = 0;
		if (!store_rows(store, &query, take_closed, &closed, &seq, err))
			return false;
		if (closed.row.id == 0)
			return true;
		struct commit commit = { .rows = &closed.row, .row_n = 1 };
		if (!store_commit(store, &commit, err))
			return false;
	}
}

static bool
run(struct store *store, const char *state, unsigned days, bool is_unsigned,
    struct err *err)
{
	struct keeping k = { .state_dir = state, .stage = KEEP_TRIM };
	struct keep_now now;
	struct store_base base;
	if (!now_fill(store, days, &now, err) || !forget_closed(store, err))
		return false;
	while (k.stage != KEEP_REST) {
		if (!keep_slice(&k, store, &now, err))
			return false;
	}
	if (k.no_key.kind != ERR_NONE) {
		*err = k.no_key;
		return false;
	}
	if (!store_base(store, NULL, &base, err))
		return false;
	printf("%llu\n", (unsigned long long)base.mark.seq);
	return !is_unsigned || store_let_go(store, &base, err);
}

int
main(int argc, char **argv)
{
	struct store *store;
	struct err err;
	uint64_t days;
	if (argc < 3 || !str_u64(str_of(argv[2]), 10000, &days))
		return fprintf(stderr, "let_go STATE DAYS [unsigned]\n"), 2;
	bool ok = store_open("sqlite:firstline.db", argv[1], &store, &err);
	if (ok) {
		ok = run(store, argv[1], (unsigned)days, argc > 3, &err);
		store_close(store);
	}
	if (!ok)
		fprintf(stderr, "%s\n", err.text);
	return ok ? 0 : 1;
}
