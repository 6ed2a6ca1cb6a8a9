/*
 * silence add, update, import: the changes.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/silence.h"
#include "intake/matchers.h"
#include "intake/moment.h"
#include "intake/silence.h"
#include "os/clock.h"
#include "os/env.h"
#include "os/file.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define BODY_BYTES_MAX ((size_t)1 << 20)

struct set_options {
	const char *lasts, *until, *start, *comment, *by, *during;
	bool until_resolved, preview;
};

/* "30m" from now, or a date and time. */
static bool
when_take(const char *text, msec now, msec *ret)
{
	msec length;
	str s = str_of(text);
	if (moment_parse(s, ret) && *ret > 0)
		return true;
	if (length_read(s, &length)) {
		*ret = now + length;
		return true;
	}
	complain("'%s' is no time: write 30m (from now) or 2026-11-23T07:00:00Z", text);
	return false;
}

/* From --start, --for and --until, on top of what is in the row. */
static bool
times_take(const struct set_options *o, struct silence_row *row)
{
	msec now = clock_wall(), length;
	if (o->start != NULL && !when_take(o->start, now, &row->starts_wall))
		return false;
	if (o->lasts != NULL && o->until != NULL) {
		complain("--for or --until, not both");
		return false;
	}
	if (o->until != NULL)
		return when_take(o->until, now, &row->ends_wall);
	if (o->lasts == NULL)
		return true;
	if (!length_take(o->lasts, &length))
		return false;
	row->ends_wall = (row->starts_wall > now ? row->starts_wall : now) + length;
	return true;
}

static void
put_text(struct buf *b, const char *name, str text)
{
	buf_printf(b, ",\"%s\":", name);
	json_put_string(b, text);
}

static void
put_time(struct buf *b, const char *name, msec wall)
{
	buf_printf(b, ",\"%s\":\"", name);
	buf_time(b, wall);
	buf_char(b, '"');
}

static str
body_of_silence(struct client *client, const struct silence_row *row)
{
	struct buf b = BUF(BODY_BYTES_MAX);
	const struct silence_matcher *m = row->matchers.p;
	buf_add(&b, STR("{\"matchers\":["));
	for (size_t i = 0; i < row->matchers.n; i++) {
		buf_printf(&b, "%s{\"isRegex\":%s,\"isEqual\":%s", i > 0 ? "," : "",
		    m[i].regex ? "true" : "false", m[i].equal ? "true" : "false");
		put_text(&b, "name", m[i].name);
		put_text(&b, "value", m[i].value);
		buf_char(&b, '}');
	}
	buf_char(&b, ']');
	if (row->uuid.n > 0)
		put_text(&b, "id", row->uuid);
	put_time(&b, "startsAt", row->starts_wall);
	put_time(&b, "endsAt", row->ends_wall);
	put_text(&b, "createdBy", row->created_by);
	put_text(&b, "comment", row->comment);
	if (row->during.n > 0)
		put_text(&b, "during", row->during);
	if (row->until_resolved)
		buf_add(&b, STR(",\"untilResolved\":true"));
	buf_char(&b, '}');
	str text = arena_str(&client->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static int
post(struct client *client, const struct silence_row *row, str *ret_body,
    struct silence_row *ret)
{
	int code =
	    client_post(client, "/v1/silences", body_of_silence(client, row), ret_body);
	if (code != EXIT_OK)
		return code;
	return reply_one(client, *ret_body, "silence", &silence_row_type, ret)
	           ? EXIT_OK
	           : EXIT_FAILED;
}

/* Run with the options that say what a silence shall be. */
static int
run_set(int argc, char **argv, struct client_command command)
{
	struct set_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "for", .value = &o.lasts },
		{ .name = "until", .value = &o.until },
		{ .name = "start", .value = &o.start },
		{ .name = "comment", .value = &o.comment },
		{ .name = "by", .value = &o.by },
		{ .name = "during", .value = &o.during },
		{ .name = "until-resolved", .flag = &o.until_resolved },
		{ .name = "preview", .flag = &o.preview },
	};
	command.specs = specs;
	command.specs_n = countof(specs);
	command.context = &o;
	return client_run(argc, argv, &command);
}

/* ---- what it would hold ---- */

/* "DiskFull  instance="db-1"", line by line; false: that is no answer of a server of ours. */
static bool
put_alert(struct client *client, struct json *j, struct out *out)
{
	struct buf text = BUF(BODY_BYTES_MAX);
	str name;
	bool ok = reply_alert(j, &name, &text);
	out_styled(out, STYLE_BOLD, name);
	out_text(out, STR("  "));
	out_wrapped(out, 2, 2 + text_columns(name),
	    arena_str(&client->arena, buf_str(&text)));
	buf_done(&text);
	return ok;
}

static int
silence_preview(struct client *client, const struct silence_row *row)
{
	struct buf path = BUF(BODY_BYTES_MAX);
	const struct silence_matcher *m = row->matchers.p;
	buf_add(&path, STR("/api/v2/alerts?silenced=false&inhibited=false"));
	for (size_t i = 0; i < row->matchers.n; i++) {
		struct records one = { (void *)(uintptr_t)&m[i], 1 };
		str text = silence_matchers_text(&client->arena,
		    &(struct silence_row){ .matchers = one });
		buf_add(&path, STR("&filter="));
		buf_add(&path, client_escape(client, arena_cstr(&client->arena, text)));
	}
	str body;
	int code = client_get(client, arena_cstr(&client->arena, buf_str(&path)), &body);
	buf_done(&path);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	struct json j;
	size_t n = 0;
	json_open(&j, body, &client->arena);
	bool ok = json_array(&j);
	for (; ok && json_element(&j); n++)
		ok = put_alert(client, &j, &out);
	if (!ok || !json_close(&j)) {
		complain("the server's answer is no list of alerts");
		buf_done(&out.text);
		return EXIT_FAILED;
	}
	say("%zu alert%s that fire%s now would be held; nothing was changed.", n,
	    n == 1 ? "" : "s", n == 1 ? "s" : "");
	return out_end(&out);
}

/* ---- add ---- */

static str
author(const char *by)
{
	const char *name = by != NULL ? by : env_get("USER");
	return name != NULL && *name != '\0' ? str_of(name) : STR("firstline");
}

/* A word alone is the name of an alert, as for amtool. */
static bool
add_typed(struct label_matchers *read, const char *typed, struct arena *arena)
{
	str text = str_of(typed);
	if (strpbrk(typed, "=!~") == NULL) {
		struct silence_matcher word = { .name = STR("alertname"),
			.value = text,
			.equal = true };
		text = silence_matchers_text(arena,
		    &(struct silence_row){ .matchers = { &word, 1 } });
	}
	if (label_matchers_add(read, text, arena))
		return true;
	complain("'%s' is no matcher: write job=db, job!=db, job=~\"db-.*\" or "
		 "job!~\"db-.*\"",
	    typed);
	return false;
}

bool
silence_matchers_take(struct arena *arena, int argc, char **argv, struct silence_row *row)
{
	struct label_matchers read = { .n = 0 };
	bool ok = true;
	for (int i = 0; ok && i < argc; i++)
		ok = add_typed(&read, argv[i], arena);
	struct silence_matcher *m = arena_new(arena, struct silence_matcher, read.n);
	for (size_t i = 0; i < read.n; i++) {
		enum label_op op = read.item[i].op;
		m[i] = (struct silence_matcher){ .name = read.item[i].name,
			.value = read.item[i].value,
			.regex = op == LABEL_MATCH || op == LABEL_NOT_MATCH,
			.equal = op == LABEL_EQUAL || op == LABEL_MATCH };
	}
	if (ok)
		row->matchers = (struct records){ m, read.n };
	label_matchers_done(&read);
	return ok;
}

static int
add(struct client *client, void *context, int argc, char **argv)
{
	const struct set_options *o = context;
	struct silence_row row = { .starts_wall = clock_wall(),
		.created_by = author(o->by),
		.comment = str_of(o->comment != NULL ? o->comment : ""),
		.during = str_of(o->during != NULL ? o->during : ""),
		.until_resolved = o->until_resolved };
	if (!silence_matchers_take(&client->arena, argc, argv, &row))
		return EXIT_USAGE;
	if (o->preview)
		return silence_preview(client, &row);
	if (!times_take(o, &row))
		return EXIT_USAGE;
	if (row.ends_wall == 0) {
		complain("for how long? --for 2h, or --until 2026-11-23T07:00:00Z");
		return EXIT_USAGE;
	}
	if (row.comment.n == 0) {
		complain("why? --comment \"new disks\"");
		return EXIT_USAGE;
	}
	str body;
	struct silence_row made;
	int code = post(client, &row, &body, &made);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	printf("%.*s\n", STR_ARG(made.uuid));
	str what = silence_matchers_text(&client->arena, &made);
	struct out out = out_begin(&client->arena);
	say("Alerts with %.*s are held%s%.*s until %.*s%s.", STR_ARG(what),
	    made.during.n > 0 ? " at the times of " : "", STR_ARG(made.during),
	    STR_ARG(text_date_time(&out, made.ends_wall)),
	    made.until_resolved ? ", or until none of them fires any more" : "");
	say("firstline silence expire %.*s    ends it sooner",
	    STR_ARG(str_take(made.uuid, made.uuid.n < 8 ? made.uuid.n : 8)));
	return out_end(&out);
}

static int
run_add(int argc, char **argv)
{
	return run_set(argc, argv,
	    (struct client_command){
		.usage = "silence add MATCHER... --for LENGTH --comment TEXT",
		.min = 1,
		.max = -1,
		.run = add });
}

const struct command_line command_silence_add = {
	.name = "add",
	.summary = "hold alerts for a while",
	.help =
	    "  firstline silence add alertname=DiskFull 'instance=~\"db-.*\"' --for 2h \\\n"
	    "      --comment \"new disks\"\n"
	    "\n"
	    "Holds alerts that match all of these and prints the silence's id. A word "
	    "alone "
	    "is\n"
	    "the name of an alert. Regular expressions match the whole value; put them in\n"
	    "quotes.\n"
	    "\n"
	    "  --for LENGTH       30m, 2h, 1d; from its start on\n"
	    "  --until WHEN       or until then: 2026-11-23T07:00:00Z, or 2h from now\n"
	    "  --start WHEN       not from now on, but from then\n"
	    "  --comment TEXT     why\n"
	    "  --by NAME          who (default $USER); whose token it was is kept as "
	    "well\n"
	    "  --during CALENDAR  only while that calendar of the configuration is on\n"
	    "  --until-resolved   it ends when nothing that it held fires any more\n"
	    "  --preview          only show what it would hold now\n" CLIENT_HELP,
	.run = run_add,
};

/* ---- update ---- */

static int
update(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct set_options *o = context;
	struct silence_row row, now;
	int code = silence_named(client, argv[0], &row);
	if (code != EXIT_OK)
		return code;
	if (o->lasts == NULL && o->until == NULL && o->start == NULL &&
	    o->comment == NULL && o->during == NULL && !o->until_resolved) {
		complain("change what? --for, --until, --start, --during or --comment");
		return EXIT_USAGE;
	}
	if (o->comment != NULL)
		row.comment = str_of(o->comment);
	if (o->by != NULL)
		row.created_by = str_of(o->by);
	if (o->during != NULL)
		row.during = str_of(o->during);
	row.until_resolved = row.until_resolved || o->until_resolved;
	if (!times_take(o, &row))
		return EXIT_USAGE;
	str body;
	code = post(client, &row, &body, &now);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	printf("%.*s\n", STR_ARG(now.uuid));
	struct out out = out_begin(&client->arena);
	if (!str_eq(now.uuid, row.uuid))
		say("It is a new silence: the old one has ended.");
	say("It lasts until %.*s.", STR_ARG(text_date_time(&out, now.ends_wall)));
	return out_end(&out);
}

static int
run_update(int argc, char **argv)
{
	return run_set(argc, argv,
	    (struct client_command){ .usage = "silence update ID --for LENGTH",
		.min = 1,
		.max = 1,
		.run = update });
}

const struct command_line command_silence_update = {
	.name = "update",
	.summary = "another end or comment",
	.help =
	    "  firstline silence update 2f02ae82 --for 4h\n"
	    "\n"
	    "Changes a silence and prints its id. It stays the same one unless that would "
	    "change\n"
	    "what has been: another start of one that is active, or any of one that "
	    "expired,\n"
	    "makes a new one.\n"
	    "\n"
	    "  --for LENGTH       so much longer from now on, or from its start where that "
	    "is\n"
	    "                     yet to come\n"
	    "  --until WHEN       until then\n"
	    "  --start WHEN       from then on\n"
	    "  --comment TEXT     why\n"
	    "  --by NAME          who\n"
	    "  --during CALENDAR  at the times of that calendar\n"
	    "  --until-resolved   it ends when nothing that it held fires any "
	    "more\n" CLIENT_HELP,
	.run = run_update,
};

/* ---- import ---- */

struct imported {
	size_t made, expired;
};

static bool
is_kept(const struct records *all, str uuid)
{
	const struct silence_row *rows = all->p;
	for (size_t i = 0; i < all->n; i++) {
		if (str_eq(rows[i].uuid, uuid))
			return true;
	}
	return false;
}

static int
import_one(struct client *client, str object, size_t at, const struct records *all,
    struct imported *count)
{
	struct silence_read read;
	silence_read(object, &client->arena, &read);
	if (read.status != SILENCE_READ) {
		complain("silence %zu of the file: %s", at, read.error);
		return EXIT_USAGE;
	}
	if (read.row.ends_wall <= clock_wall()) {
		count->expired++;
		return EXIT_OK;
	}
	/* Another server's id means nothing here. */
	if (!is_kept(all, read.row.uuid))
		read.row.uuid = STR("");
	str body;
	struct silence_row made;
	int code = post(client, &read.row, &body, &made);
	if (code != EXIT_OK) {
		say("That was silence %zu of the file; those before it are made.", at);
		return code;
	}
	count->made++;
	printf("%.*s\n", STR_ARG(made.uuid));
	return EXIT_OK;
}

static int
import(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	struct err err;
	struct json j;
	struct imported count = { 0 };
	struct records all;
	str text, body, object;
	if (!file_read(&client->arena, argv[0], FILE_BYTES_MAX, &text, &err)) {
		complain("%s", err.text);
		return err.kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
	}
	int code = silences_get(client, &body, &all);
	json_open(&j, text, &client->arena);
	if (code == EXIT_OK && json_array(&j)) {
		for (size_t at = 1; code == EXIT_OK && json_element(&j); at++) {
			if (json_raw(&j, &object))
				code = import_one(client, object, at, &all, &count);
		}
	}
	if (code != EXIT_OK)
		return code;
	if (!json_close(&j)) {
		complain("'%s' is no list of silences: %s (at byte %zu)", argv[0], j.error,
		    j.error_at);
		return EXIT_USAGE;
	}
	say("%zu made%s", count.made,
	    count.expired > 0 ? "; the others had expired." : ".");
	return EXIT_OK;
}

static int
run_import(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "silence import FILE",
		.min = 1,
		.max = 1,
		.run = import });
}

const struct command_line command_silence_import = {
	.name = "import",
	.summary = "silences of an Alertmanager",
	.help =
	    "  firstline silence import silences.json\n"
	    "\n"
	    "Makes the silences of a file in amtool's JSON and prints their ids:\n"
	    "\n"
	    "  amtool --output=json silence query > silences.json\n"
	    "\n"
	    "Those that have expired are left out; ids of this server are changed, others "
	    "made\n"
	    "anew.\n" CLIENT_HELP,
	.run = run_import,
};
