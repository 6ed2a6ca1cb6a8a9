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
#include "intake/intake.h"
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

static void
put_wall(struct buf *line, const char *name, msec wall)
{
	buf_printf(line, ",\"%s\":\"", name);
	buf_time(line, wall);
	buf_char(line, '"');
}

static bool
take_alert(void *context, const struct packed_alert *alert)
{
	struct exporting *x = context;
	struct arena scratch = x->arena;
	struct alert_body body;
	x->ok = record_decode_all(&alert_body_type, alert->body, &scratch, &body, &x->err);
	if (!x->ok)
		return false;
	buf_printf(&x->line, "{\"table\":\"%s\",\"row\":{\"number\":%llu,\"incident\":%u",
	    table_names[TABLE_ALERTS], (unsigned long long)alert->number, alert->incident);
	buf_add(&x->line, STR(",\"source\":"));
	json_put_string(&x->line, alert->source);
	put_wall(&x->line, "starts_wall", alert->starts_wall);
	put_wall(&x->line, "ends_wall", alert->ends_wall);
	put_wall(&x->line, "updated_wall", alert->updated_wall);
	buf_printf(&x->line, ",\"held\":%s,\"body\":", alert->held ? "true" : "false");
	record_to_json(&alert_body_type, &body, &x->line);
	buf_add(&x->line, STR("}}"));
	return put_line(x);
}

static bool
take_row(void *context, const struct stored_row *row)
{
	struct exporting *x = context;
	struct arena scratch = x->arena;
	const struct record_type *type = table_type(row->table);
	x->last = row->id;
	x->taken++;
	if (row->table == TABLE_ALERTS) { /* a pack of them, counted from 0 */
		struct err err;
		if (!intake_read_pack(row->id - 1, row->body, take_alert, x, &err)) {
			x->err = err;
			x->ok = false;
		}
		return x->ok;
	}
	void *record = arena_alloc(&scratch, type->size, alignof(max_align_t), 1);
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

/* ---- configurations, and the journal ---- */

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

/* Each that is kept, also one whose adoption was let go of. */
static bool
take_configuration(void *context, const hash32 *hash, str bytes)
{
	struct exporting *x = context;
	struct arena scratch = x->arena;
	struct bundle bundle;
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
	return put_line(x);
}

/* As of one moment, whatever a live server does meanwhile. */
static bool
everything(struct exporting *x)
{
	if (!store_hold(x->store, &x->err))
		return false;
	for (unsigned i = 1; i < TABLE_COUNT; i++) {
		if (!table(x, (enum table)i))
			return false;
	}
	struct store_base base;
	return store_bundles(x->store, take_configuration, x, &x->err) && x->ok &&
	       store_base(x->store, NULL, &base, &x->err) &&
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
		ok = everything(x);
	if (!ok && ferror(stdout) == 0) /* else main says it, of whatever command */
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
	    "Each row of each table, each alert that is active, each configuration that "
	    "is kept,\n"
	    "and each entry of the journal with the alerts in it, all as of one moment. "
	    "Works\n"
	    "beside a live server. Hashes of tokens and passwords are left out.\n"
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
