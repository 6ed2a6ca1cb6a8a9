#include "cli/view.h"

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records gaps;
	int code = client_get_all(client, "/v1/gaps", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &gap_row_type, &gaps))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	struct arena *a = &client->arena;
	const struct gap_row *rows = gaps.p;
	for (size_t i = 0; i < gaps.n; i++) {
		const struct gap_row *row = &rows[i];
		str head = arena_printf(a, "%.*s: %.*s",
		    STR_ARG(view_enum(&gap_row_type, "kind", row->kind)),
		    STR_ARG(row->subject));
		out_styled(&out, STYLE_BOLD, head);
		out_text(&out, STR("\n    "));
		out_wrapped(&out, 4, 4, row->text);
		str last = row->incident > 0
		               ? arena_printf(a, ", last in incident %u", row->incident)
		               : STR("");
		out_text(&out, STR("    "));
		out_wrapped(&out, 4, 4,
		    arena_printf(a, "%s, %.*s ago%.*s; owner %.*s",
			row->count == 1
			    ? "once"
			    : arena_cstr(a, arena_printf(a, "%u times", row->count)),
			STR_ARG(text_ago(&out, row->last_wall)), STR_ARG(last),
			STR_ARG(row->owner.n > 0 ? row->owner : STR("nobody"))));
	}
	if (gaps.n == 0)
		say("No gap is known.");
	return out_end(&out);
}

static int
run(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "gaps", .run = list });
}

const struct command_line command_gaps = {
	.name = "gaps",
	.summary = "what is missing: owners, runbooks, grants, people to reach",
	.help =
	    "  firstline gaps\n"
	    "\n"
	    "What operations showed to be missing: alerts without a service, incidents\n"
	    "without a runbook, steps that authority refused, people nobody reached. Each\n"
	    "has an owner.\n" CLIENT_HELP,
	.run = run,
};
