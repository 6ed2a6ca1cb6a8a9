/*
 * export -- everything that the store knows as JSON, a line each, for whoever leaves or
 * looks elsewhere. Read beside a live server or without one; nothing is written.
 */
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/journal.h"
#include "facts/effect.h"
#include "model/bundle.h"
#include "store/store.h"

#define ARENA_BYTES ((size_t)1 << 30) /* address space; touched as it is used */
#define LINE_BYTES_MAX ((size_t)512 << 20)

struct exporting {
	struct store *store;
	struct arena arena; /* as it is before each line */
	struct buf line;
	row_id last;
	size_t taken;
	bool ok;
	struct err err;
};

static bool
put_line(struct exporting *x)
{
	buf_char(&x->line, '\n');
	if (x->line.overflow)
		x->ok =
		    err_set(&x->err, ERR_LIMIT, "a line is over %zu bytes", LINE_BYTES_MAX);
	else
		(void)fwrite(x->line.p, 1, x->line.n, stdout);
	buf_reset(&x->line);
	if (x->ok && ferror(stdout) != 0)
		x->ok = err_set(&x->err, ERR_IO, "cannot write to stdout");
	return x->ok;
}

/* ---- tables ---- */

static bool
take_row(void *context, const struct stored_row *row)
{
	struct exporting *x = context;
	struct arena scratch = x->arena;
	const struct record_type *type = table_type(row->table);
	void *record = arena_alloc(&scratch, type->size, alignof(max_align_t), 1);
	x->last = row->id;
	x->taken++;
	x->ok = record_decode_all(type, row->body, &scratch, record, &x->err);
	if (!x->ok)
		return false;
	buf_printf(&x->line, "{\"table\":\"%s\",\"row\":", table_names[row->table]);
	record_to_json(type, record, &x->line);
	buf_char(&x->line, '}');
	return put_line(x);
}

static bool
table(struct exporting *x, enum table table)
{
	struct row_query query = { .table = table, .limit = STORE_ROWS_MAX };
	uint64_t seq;
	do {
		x->taken = 0;
		if (!store_rows(x->store, &query, take_row, x, &seq, &x->err))
			return false;
		query.after = x->last;
	} while (x->ok && x->taken == STORE_ROWS_MAX);
	return x->ok;
}

/* ---- the journal, and the configurations that it tells of ---- */

static void
files_json(struct buf *line, const struct bundle *bundle)
{
	bool first = true;
	for (size_t i = 0; i < bundle->n; i++) {
		if (str_starts(bundle->files[i].path, STR("zone:")))
			continue; /* the machine's, and no text */
		if (!first)
			buf_char(line, ',');
		first = false;
		json_put_string(line, bundle->files[i].path);
		buf_char(line, ':');
		json_put_string(line, bundle->files[i].bytes);
	}
}

static bool
configuration(struct exporting *x, const hash32 *hash)
{
	struct arena scratch = x->arena;
	struct bundle bundle;
	str bytes;
	struct err err;
	if (!store_bundle_get(x->store, hash, &scratch, &bytes, &err))
		return true; /* kept no longer */
	x->ok = bundle_decode(bytes, &scratch, &bundle, &x->err);
	if (!x->ok)
		return false;
	buf_add(&x->line, STR("{\"configuration\":\""));
	buf_hex(&x->line, (str){ (const char *)hash->b, sizeof(hash->b) });
	buf_add(&x->line, STR("\",\"files\":{"));
	files_json(&x->line, &bundle);
	buf_add(&x->line, STR("}}"));
	return put_line(x);
}

static bool
take_entry(void *context, const struct stored_entry *stored)
{
	struct exporting *x = context;
	struct arena scratch = x->arena;
	struct entry entry;
	x->ok = entry_decode(stored->bytes, &scratch, &entry, &x->err);
	if (!x->ok)
		return false;
	buf_add(&x->line, STR("{\"entry\":"));
	entry_json(&x->line, &entry, &stored->hash);
	buf_char(&x->line, '}');
	if (!put_line(x))
		return false;
	struct arena mark = x->arena;
	x->arena = scratch;
	for (size_t i = 0; x->ok && i < entry.step_n; i++) {
		const struct event *event = &entry.step[i].event;
		if (event->kind == EVENT_CONFIG_ADOPTED)
			(void)configuration(x, &event->config_adopted.hash);
	}
	x->arena = mark;
	return x->ok;
}

static bool
everything(struct exporting *x)
{
	for (unsigned i = 1; i < TABLE_COUNT; i++) {
		/* Active alerts are kept in packs; the journal has each of them. */
		if (i != TABLE_ALERTS && !table(x, (enum table)i))
			return false;
	}
	struct store_base base;
	return store_base(x->store, NULL, &base, &x->err) &&
	       store_entries(x->store, base.mark.seq + 1, UINT64_MAX, take_entry, x,
		   &x->err) &&
	       x->ok;
}

static int
run(int argc, char **argv)
{
	const char *state = NULL, *url = NULL;
	const struct option_spec specs[] = {
		{ .name = "state", .value = &state },
		{ .name = "store", .value = &url },
	};
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("usage: firstline export [--state DIR]");
		return EXIT_USAGE;
	}
	struct arena_map map;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	struct exporting *x = arena_new(&arena, struct exporting, 1);
	*x = (struct exporting){ .ok = true, .line = BUF(LINE_BYTES_MAX), .arena = arena };
	bool ok = store_open_readonly(url != NULL ? url : STORE_DEFAULT,
	    client_state_dir(state), &x->store, &x->err);
	bool opened = ok;
	if (ok)
		ok = everything(x) && fflush(stdout) == 0;
	if (!ok)
		complain("%s", x->err.text);
	int code = ok                             ? EXIT_OK
	           : x->err.kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND
	                                          : EXIT_FAILED;
	if (opened)
		store_close(x->store);
	buf_done(&x->line);
	arena_unmap(&map);
	return code;
}

const struct command_line command_export = {
	.name = "export",
	.summary = "everything that the store knows, as lines of JSON",
	.help =
	    "  firstline export --state firstline-state | gzip > firstline.ndjson.gz\n"
	    "\n"
	    "Each row of each table, each entry of the journal with the alerts in it, and "
	    "the\n"
	    "configurations that it was judged by. Works beside a live server. Hashes of\n"
	    "tokens and passwords are left out.\n"
	    "\n"
	    "  {\"table\":\"incident\",\"row\":{...}}\n"
	    "  {\"entry\":{\"seq\":1,\"hash\":\"...\",\"steps\":[...]}}\n"
	    "  {\"configuration\":\"HASH\",\"files\":{\"teams.yaml\":\"...\"}}\n"
	    "\n"
	    "  --state DIR    the server's state folder (default $FIRSTLINE_STATE,\n"
	    "                 ./firstline-state)\n"
	    "  --store URL    as serve has it (default " STORE_DEFAULT ")\n",
	.run = run,
};
