/*
 * answer -- what the people on duty are asked by a runbook.
 */
#include <stdio.h>

#include "cli/view.h"

static int
answer(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	(void)argc;
	uint64_t number;
	str body;
	struct run_row row;
	if (!number_take(argv[0], "a run", &number))
		return EXIT_USAGE;
	const char *texts[] = { "value", argv[1], NULL };
	str path = arena_printf(&client->arena, "/v1/runs/%llu/answer",
	    (unsigned long long)number);
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "run", &run_row_type, &row))
		return EXIT_FAILED;
	say("Answered: runbook %.*s goes on with '%s'.", STR_ARG(row.runbook), argv[1]);
	say("firstline incident show %u    what becomes of it", row.incident);
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "answer RUN VALUE",
		.min = 2,
		.max = 2,
		.run = answer });
}

const struct command_line command_answer = {
	.name = "answer",
	.summary = "answer what a runbook asks",
	.help =
	    "  firstline answer 12 left\n"
	    "\n"
	    "A runbook may ask the people on duty something (a step 'ask'), and goes on "
	    "with "
	    "what\n"
	    "they answer. The notice and 'firstline incident show' say what is asked, the "
	    "number\n"
	    "of the run, and what may be answered. Who answered stands in the timeline; an "
	    "agent\n"
	    "never answers.\n"
	    "\n" CLIENT_HELP,
	.run = run,
};
