/*
 * undo -- takes back what an attempt did, by the action that the configuration names for
 * it, with the values of then.
 */
#include <stdio.h>

#include "cli/run_wait.h"
#include "cli/view.h"

struct undo_options {
	const char *why, *timeout;
	bool wait;
};

static int
undo(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct undo_options *o = context;
	struct awaiting awaiting = { .wait = o->wait, .timeout_ms = AWAIT_DEFAULT_MS };
	uint64_t number;
	str body;
	if (!number_take(argv[0], "an attempt", &number) ||
	    (o->timeout != NULL && !length_take(o->timeout, &awaiting.timeout_ms)))
		return EXIT_USAGE;
	const char *texts[] = { "why", o->why, NULL };
	str path = arena_printf(&client->arena, "/v1/attempts/%llu/undo",
	    (unsigned long long)number);
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, NULL), &body);
	return code != EXIT_OK ? code : await_action(client, body, &awaiting);
}

static int
run(int argc, char **argv)
{
	struct undo_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "why", .value = &o.why },
		{ .name = "timeout", .value = &o.timeout },
		{ .name = "wait", .flag = &o.wait },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "undo ATTEMPT",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = undo,
		.context = &o });
}

const struct command_line command_undo = {
	.name = "undo",
	.summary = "take back what an attempt did",
	.help =
	    "  firstline undo 34 --why \"it made it worse\"\n"
	    "\n"
	    "Does what the action's 'undo' says, on the same target, with the values of "
	    "then.\n"
	    "For who did it, as long as the action says, no rule stands in its way, not "
	    "even a\n"
	    "freeze, and no limit is used up: undo is never harder than do. What "
	    "automation "
	    "or\n"
	    "an agent did, whoever is on duty takes back by the ordinary rules.\n"
	    "\n"
	    "  --why TEXT         stands in the timeline; at most 500 bytes\n" AWAIT_HELP
		CLIENT_HELP,
	.run = run,
};
