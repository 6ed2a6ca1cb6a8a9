/*
 * stop-all, resume: the brake for everything that acts. Telling people goes on.
 */
#include "cli/view.h"

static int
post_control(struct client *client, const char *path, str json, const char *did,
    const char *next)
{
	str body;
	int code = client_post(client, path, json, &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("%s", did);
	say("%s", next);
	return EXIT_OK;
}

static int
stop_all(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	const char *reason =
	    argc > 0 ? arena_cstr(&client->arena, words_of(client, argc, argv)) : NULL;
	const char *texts[] = { "text", reason, NULL };
	int code = post_control(client, "/v1/stop-all", body_of(client, texts, NULL),
	    "Everything is stopped: runbooks end, actions that are out are ended, none "
	    "starts. "
	    "People are still told.",
	    "firstline resume    lifts it");
	if (code == EXIT_OK)
		say_cut(reason);
	return code;
}

static int
run_stop_all(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "stop-all [REASON...]",
		.max = -1,
		.run = stop_all });
}

const struct command_line command_stop_all = {
	.name = "stop-all",
	.summary = "stop every runbook and action, at once",
	.help =
	    "  firstline stop-all \"the restart makes it worse\"\n"
	    "\n"
	    "Ends every runbook and every action that is out, and lets none start until\n"
	    "'firstline resume'. Alerts are taken and people told as ever. Of REASON the\n"
	    "first 500 bytes are kept.\n" CLIENT_HELP,
	.run = run_stop_all,
};

static int
resume(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	return post_control(client, "/v1/resume", STR("{}"),
	    "Nothing is stopped now. Runbooks that were ended stay ended.",
	    "firstline status    what is open");
}

static int
run_resume(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "resume", .run = resume });
}

const struct command_line command_resume = {
	.name = "resume",
	.summary = "lift stop-all",
	.help = "  firstline resume\n"
		"\n"
		"Lets runbooks and actions start again. What was ended is not started "
		"again by\n"
		"itself: 'firstline run' does.\n" CLIENT_HELP,
	.run = run_resume,
};
