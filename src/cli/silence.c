/*
 * silence list, show, expire: what is silenced, by whom, and its end.
 */
#include <stdio.h>
#include <string.h>

#include "cli/silence.h"

#define ID_CHARS_MIN 4 /* of an id that is cut short */

int
silences_get(struct client *client, str *ret_body, struct records *ret)
{
	int code = client_get(client, "/v1/silences", ret_body);
	if (code != EXIT_OK)
		return code;
	return reply_list(client, *ret_body, "items", &silence_row_type, ret) ? EXIT_OK
	                                                                      : EXIT_FAILED;
}

int
silence_named(struct client *client, const char *id, struct silence_row *ret)
{
	str body;
	struct records all;
	int code = silences_get(client, &body, &all);
	if (code != EXIT_OK)
		return code;
	const struct silence_row *rows = all.p, *found = NULL;
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++) {
		if (str_eq(rows[i].uuid, str_of(id))) {
			*ret = rows[i];
			return EXIT_OK;
		}
		if (strlen(id) >= ID_CHARS_MIN && str_starts(rows[i].uuid, str_of(id))) {
			found = &rows[i];
			n++;
		}
	}
	if (n == 1) {
		*ret = *found;
		return EXIT_OK;
	}
	if (n > 1) {
		complain("%zu silences begin with '%s': write more of it", n, id);
		return EXIT_CONFLICT;
	}
	complain("there is no silence '%s'", id);
	say("firstline silence list --all    all that are kept");
	return EXIT_NOT_FOUND;
}

/* ---- in words ---- */

static void
put_quoted(struct buf *out, str text)
{
	buf_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '"');
}

/* Names of labels are mostly such that they need no quotes. */
static void
put_name(struct buf *out, str name)
{
	bool bare = name.n > 0;
	for (size_t i = 0; i < name.n; i++)
		bare = bare && strchr(" \t\r\n,=!~{}\"\\", name.p[i]) == NULL;
	if (bare)
		buf_add(out, name);
	else
		put_quoted(out, name);
}

str
silence_matchers_text(struct arena *arena, const struct silence_row *row)
{
	struct buf out = BUF((size_t)1 << 20);
	const struct silence_matcher *m = row->matchers.p;
	for (size_t i = 0; i < row->matchers.n; i++) {
		buf_add(&out, i > 0 ? STR(", ") : STR(""));
		put_name(&out, m[i].name);
		buf_add(&out, m[i].regex ? (m[i].equal ? STR("=~") : STR("!~"))
					 : (m[i].equal ? STR("=") : STR("!=")));
		put_quoted(&out, m[i].value);
	}
	str text = arena_str(arena, buf_str(&out));
	buf_done(&out);
	return text;
}

str
silence_when(struct out *out, const struct silence_row *row)
{
	struct arena *a = out->arena;
	if (row->off)
		return arena_printf(a, "waits for the next time of %.*s",
		    STR_ARG(row->during));
	switch (silence_state(row, out->now)) {
	case SILENCE_ACTIVE:
		return arena_printf(a, "active, %.*s left",
		    STR_ARG(text_length(a, row->ends_wall - out->now)));
	case SILENCE_PENDING:
		return arena_printf(a, "pending, starts in %.*s for %.*s",
		    STR_ARG(text_length(a, row->starts_wall - out->now)),
		    STR_ARG(text_length(a, row->ends_wall - row->starts_wall)));
	case SILENCE_EXPIRED:
		return arena_printf(a, "expired %.*s ago",
		    STR_ARG(text_ago(out, row->ends_wall)));
	}
	UNREACHABLE();
}

static enum style
style_of(const struct out *out, const struct silence_row *row)
{
	return silence_state(row, out->now) == SILENCE_EXPIRED ? STYLE_DIM : STYLE_BOLD;
}

/* ---- list ---- */

static void
put_short(struct out *out, const struct silence_row *row)
{
	out_styled(out, style_of(out, row), row->uuid);
	out_printf(out, "  %.*s\n    ", STR_ARG(silence_when(out, row)));
	out_wrapped(out, 4, 4, silence_matchers_text(out->arena, row));
	out_text(out, STR("    "));
	out_wrapped(out, 4, 4,
	    arena_printf(out->arena, "%.*s: %.*s", STR_ARG(row->created_by),
		STR_ARG(row->comment)));
}

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)argc, (void)argv;
	const bool *all = context;
	str body;
	struct records silences;
	int code = silences_get(client, &body, &silences);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	const struct silence_row *rows = silences.p;
	size_t shown = 0;
	for (size_t i = 0; i < silences.n; i++) {
		if (!*all && silence_state(&rows[i], out.now) == SILENCE_EXPIRED)
			continue;
		put_short(&out, &rows[i]);
		shown++;
	}
	if (shown == 0)
		say("Nothing is silenced%s.", *all ? "" : ", nor will be");
	if (!*all && shown < silences.n)
		say("%zu expired one%s kept too: firstline silence list --all",
		    silences.n - shown, silences.n - shown == 1 ? " is" : "s are");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	bool all = false;
	const struct option_spec specs[] = { { .name = "all", .flag = &all } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "silence list",
		.specs = specs,
		.specs_n = countof(specs),
		.run = list,
		.context = &all });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "silences that are active or yet to start",
	.help =
	    "  firstline silence list\n"
	    "\n"
	    "What is silenced: active ones first, the one that ends first on top; then\n"
	    "those that are yet to start.\n"
	    "\n"
	    "  --all              and those that expired in the last 120 "
	    "hours\n" CLIENT_HELP,
	.run = run_list,
};

/* ---- show ---- */

static int
show(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	struct silence_row row;
	int code = silence_named(client, argv[0], &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json) {
		struct buf json = BUF((size_t)1 << 20);
		record_to_json(&silence_row_type, &row, &json);
		code = client_print_json(buf_str(&json));
		buf_done(&json);
		return code;
	}
	struct out out = out_begin(&client->arena);
	out_styled(&out, style_of(&out, &row), row.uuid);
	out_printf(&out, "  %.*s\n", STR_ARG(silence_when(&out, &row)));
	out_field(&out, "holds", silence_matchers_text(out.arena, &row));
	out_field(&out, "comment", row.comment);
	out_field(&out, "from", text_date_time(&out, row.starts_wall));
	out_field(&out, "until", text_date_time(&out, row.ends_wall));
	if (row.during.n > 0)
		out_field(&out, "during", row.during);
	if (row.window.n > 0)
		out_field(&out, "window",
		    arena_printf(out.arena, "%.*s, written in the configuration",
			STR_ARG(row.window)));
	if (row.until_resolved)
		out_field(&out, "ends",
		    row.held_any ? STR("when nothing that it held fires any more")
				 : STR("when what it will have held fires no more"));
	out_field(&out, "by",
	    arena_printf(out.arena, "%.*s, asked for by %.*s", STR_ARG(row.created_by),
		STR_ARG(view_who(row.principal))));
	out_field(&out, "changed", text_date_time(&out, row.updated_wall));
	return out_end(&out);
}

static int
run_show(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "silence show ID",
		.min = 1,
		.max = 1,
		.run = show });
}

static const struct command_line command_show = {
	.name = "show",
	.summary = "one silence, all of it",
	.help = "  firstline silence show 2f02ae82\n"
		"\n"
		"What it holds, from when until when, whose it is and why. The beginning "
		"of its\n"
		"id will do.\n" CLIENT_HELP,
	.run = run_show,
};

/* ---- expire ---- */

static int
expire(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	str body = STR("");
	for (int i = 0; i < argc; i++) {
		struct silence_row row;
		int code = silence_named(client, argv[i], &row);
		str path = arena_printf(&client->arena, "/v1/silences/%.*s",
		    STR_ARG(code == EXIT_OK ? row.uuid : STR("")));
		if (code == EXIT_OK)
			code =
			    client_delete(client, arena_cstr(&client->arena, path), &body);
		if (code != EXIT_OK)
			return code;
		if (client->options.json)
			(void)client_print_json(body);
		else
			say("Silence %.*s is over: what it held fires again.",
			    STR_ARG(row.uuid));
	}
	return EXIT_OK;
}

static int
run_expire(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "silence expire ID...",
		.min = 1,
		.max = -1,
		.run = expire });
}

static const struct command_line command_expire = {
	.name = "expire",
	.summary = "end silences now",
	.help = "  firstline silence expire 2f02ae82\n"
		"\n"
		"Ends silences at once. What they held and still fires opens incidents, as "
		"if it\n"
		"fired now. One that has expired stays as it is.\n" CLIENT_HELP,
	.run = run_expire,
};

static const struct command_line *const subs[] = {
	&command_silence_add,
	&command_list,
	&command_show,
	&command_expire,
	&command_silence_update,
	&command_silence_import,
};

const struct command_line command_silence = {
	.name = "silence",
	.summary = "hold alerts for a while: add, list, show, expire, update",
	.help =
	    "  firstline silence add alertname=DiskFull --for 2h --comment \"new disks\"\n"
	    "\n"
	    "Alerts that a silence holds open no incident, start no runbook and tell "
	    "nobody.\n"
	    "When it ends, what still fires does so as if it fired now.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
