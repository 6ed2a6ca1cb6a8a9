/*
 * drill -- a runbook is run for practice, on the hosts of another environment.
 */
#include <stdio.h>

#include "cli/view.h"

struct drill_options {
	const char *in, *service;
};

static int
drill(struct client *client, void *context, int argc, char **argv)
{
	const struct drill_options *o = context;
	const char *texts[] = { "runbook", argv[0], "in", o->in, "service", o->service,
		NULL };
	struct pairs params;
	struct incident_row row;
	str body;
	if (!params_take(client, argc - 1, argv + 1, &params))
		return EXIT_USAGE;
	int code =
	    client_post(client, "/v1/drills", body_of(client, texts, &params), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "incident", &incident_row_type, &row))
		return EXIT_FAILED;
	say("The drill has begun; its incident is %u, of which only you are told.", row.id);
	say("firstline incident show %u    how it goes", row.id);
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct drill_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "in", .value = &o.in },
		{ .name = "service", .value = &o.service },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "drill RUNBOOK [INPUT=VALUE...]",
		.min = 1,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = drill,
		.context = &o });
}

const struct command_line command_drill = {
	.name = "drill",
	.summary = "run a runbook for practice in another environment",
	.help =
	    "  firstline drill queue-not-draining --in staging queue=mail\n"
	    "\n"
	    "Runs it as you, on the hosts that the service has there, by what authority\n"
	    "allows you there. Its incident is a drill: nobody is told of it but you, "
	    "nothing\n"
	    "escalates and nothing is handed to developers. What its verify sees counts "
	    "as\n"
	    "evidence ('firstline trust'). Bring about first what the runbook is for.\n"
	    "\n"
	    "  --in ENVIRONMENT   default: the one of the runbook's 'drill'\n"
	    "  --service SERVICE  where the runbook is for several\n" CLIENT_HELP,
	.run = run,
};
