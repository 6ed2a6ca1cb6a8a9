/*
 * veto -- what a runbook is about to do is not done.
 */
#include <stdio.h>

#include "cli/view.h"

struct veto_options {
	const char *why;
};

static int
veto(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct veto_options *o = context;
	uint64_t incident;
	str body;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	const char *texts[] = { "why", o->why, NULL };
	str path = arena_printf(&client->arena, "/v1/incidents/%llu/veto",
	    (unsigned long long)incident);
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say_cut(o->why);
	say("Vetoed: it is not done, and the incident is a person's now.");
	say("firstline incident show %llu    what may be done",
	    (unsigned long long)incident);
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct veto_options o = { 0 };
	const struct option_spec specs[] = { { .name = "why", .value = &o.why } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "veto INCIDENT",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = veto,
		.context = &o });
}

const struct command_line command_veto = {
	.name = "veto",
	.summary = "say no to what a runbook is about to do",
	.help = "  firstline veto 12 --why \"the database is being moved\"\n"
		"\n"
		"Ends the runbook that announced what it will do, or waits for a person's\n"
		"permission. Nothing of it is done, and the incident is a person's.\n"
		"\n"
		"  --why TEXT         stands in the timeline: its first 500 "
		"bytes\n" CLIENT_HELP,
	.run = run,
};
