/*
 * handoff list, show: what was handed to developers, with its case file.
 */
#include "cli/view.h"

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records handoffs;
	int code = client_get_all(client, "/v1/handoffs", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &handoff_row_type, &handoffs))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct handoff_row *rows = handoffs.p;
	for (size_t i = 0; i < handoffs.n; i++) {
		const struct handoff_row *row = &rows[i];
		str number =
		    arena_printf(&client->arena, "%llu", (unsigned long long)row->id);
		out_styled(&out, STYLE_BOLD, number);
		out_text(&out, STR("  "));
		out_wrapped(&out, 6, number.n + 2, row->title);
		out_text(&out, STR("      "));
		out_wrapped(&out, 6, 6,
		    arena_printf(&client->arena, "%.*s for %.*s, %.*s, incident %u, %.*s",
			STR_ARG(view_enum(&handoff_row_type, "class", row->class)),
			STR_ARG(row->team),
			STR_ARG(view_enum(&handoff_row_type, "state", row->state)),
			row->incident, STR_ARG(text_date_time(&out, row->wall))));
	}
	if (handoffs.n == 0)
		say("Nothing was handed to developers.");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "handoff list", .run = list });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "newest first",
	.help = "  firstline handoff list\n"
		"\n"
		"What was handed to developers, newest first.\n" CLIENT_HELP,
	.run = run_list,
};

static int
show(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	uint64_t handoff;
	str body;
	struct handoff_row row;
	if (!number_take(argv[0], "a handoff", &handoff))
		return EXIT_USAGE;
	str path =
	    arena_printf(&client->arena, "/v1/handoffs/%llu", (unsigned long long)handoff);
	int code = client_get(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "handoff", &handoff_row_type, &row))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	out_text(&out, row.case_file);
	if (!str_ends(row.case_file, STR("\n")))
		out_text(&out, STR("\n"));
	if (row.filed.n > 0)
		say("filed: %.*s", STR_ARG(row.filed));
	return out_end(&out);
}

static int
run_show(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "handoff show NUMBER",
		.min = 1,
		.max = 1,
		.run = show });
}

static const struct command_line command_show = {
	.name = "show",
	.summary = "the case file, in Markdown",
	.help = "  firstline handoff show 41 > case.md\n"
		"\n"
		"The case file, complete in itself, as Markdown.\n" CLIENT_HELP,
	.run = run_show,
};

static const struct command_line *const subs[] = { &command_list, &command_show };

const struct command_line command_handoff = {
	.name = "handoff",
	.summary = "structural work for developers: list, show",
	.help = "  firstline handoff show 41\n"
		"\n"
		"A handoff is deliberate, documented work for developers: what operators "
		"cannot\n"
		"put right, with all that is known.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
