/*
 * heartbeat -- what must be heard of again and again, and what was.
 */
#include "facts/heartbeat.h"
#include "cli/view.h"

static enum style
style_of(enum heartbeat_state state)
{
	switch (state) {
	case HEARTBEAT_UP:
		return STYLE_GOOD;
	case HEARTBEAT_DOWN:
		return STYLE_BAD;
	case HEARTBEAT_NEW:
		break;
	}
	return STYLE_DIM;
}

static str
last_text(struct out *out, const struct heartbeat_row *row)
{
	if (row->last_wall == 0)
		return STR("nothing yet");
	str kind = view_enum(&heartbeat_row_type, "last", row->last);
	if (row->last == PING_EXIT)
		kind = arena_printf(out->arena, "exit code %u", row->exit);
	return arena_printf(out->arena, "%.*s, %.*s", STR_ARG(kind),
	    STR_ARG(text_date_time(out, row->last_wall)));
}

static void
print_heartbeat(struct out *out, const struct heartbeat_row *row)
{
	struct arena *a = out->arena;
	out_styled(out, STYLE_BOLD, row->name);
	out_text(out, STR("  "));
	out_styled(out, style_of(row->state),
	    view_enum(&heartbeat_row_type, "state", row->state));
	out_text(out, arena_printf(a, " since %.*s\n",
			  STR_ARG(text_date_time(out, row->since_wall))));
	out_field(out, "service", row->service);
	if (row->why.n > 0)
		out_field(out, "why", row->why);
	out_field(out, "last", last_text(out, row));
	out_field(out, "due", text_date_time(out, row->due_wall));
	if (row->started_wall != 0)
		out_field(out, "runs since", text_date_time(out, row->started_wall));
	if (row->lasted)
		out_field(out, "took",
		    arena_printf(a, "%llu.%03llu s",
			(unsigned long long)(row->took_ms / SECOND),
			(unsigned long long)(row->took_ms % SECOND)));
}

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records rows;
	int code = client_get(client, "/v1/heartbeats", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &heartbeat_row_type, &rows))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct heartbeat_row *row = rows.p;
	for (size_t i = 0; i < rows.n; i++) {
		if (i > 0)
			out_text(&out, STR("\n"));
		print_heartbeat(&out, &row[i]);
	}
	if (rows.n == 0)
		say("Nothing must be heard of: there are no 'heartbeats' in the "
		    "configuration.");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "heartbeat list", .run = list });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "what must be heard of, and what was",
	.help =
	    "  firstline heartbeat list\n"
	    "\n"
	    "What must be heard of again and again: whether it is up or down, when it was\n"
	    "heard of last and is due next, and how long its last run took.\n" CLIENT_HELP,
	.run = run_list,
};

static const struct command_line *const subs[] = {
	&command_list,
};

const struct command_line command_heartbeat = {
	.name = "heartbeat",
	.summary = "what must be heard of again and again: list",
	.help =
	    "  firstline heartbeat list\n"
	    "\n"
	    "Jobs that ping a URL, and alerts that must never stop: what is missing is an\n"
	    "alert.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
