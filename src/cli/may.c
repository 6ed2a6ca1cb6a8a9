#include <stdio.h>

#include "cli/view.h"

struct may_options {
	const char *target;
};

static int
exit_of_verdict(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ALLOW:
		return EXIT_OK;
	case VERDICT_AFTER_APPROVAL:
		return EXIT_NEEDS_APPROVAL;
	case VERDICT_DENY:
		return EXIT_REFUSED;
	}
	return EXIT_FAILED;
}

/* "ana" is a person; "automation", "person:ana" and "agent:x" stand as they are; "me" is
 * whoever asks. */
static const char *
principal_of(struct client *client, const char *who)
{
	if (strcmp(who, "me") == 0)
		return NULL;
	if (strchr(who, ':') != NULL || strcmp(who, "automation") == 0 ||
	    strcmp(who, "local-admin") == 0)
		return who;
	return arena_cstr(&client->arena, arena_printf(&client->arena, "person:%s", who));
}

static int
ask(struct client *client, const char *who, const char *action, const char *service,
    const struct may_options *o, const struct pairs *params)
{
	const char *texts[] = { "principal", principal_of(client, who), "action", action,
		"service", service, "target", o->target, NULL };
	str body;
	struct decision_row decision;
	int code = client_post(client, "/v1/may", body_of(client, texts, params), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_one(client, body, "decision", &decision_row_type, &decision))
		return EXIT_FAILED;
	if (client->options.json) {
		code = client_print_json(body);
	} else {
		struct out out = out_begin(&client->arena);
		view_decision(&out, &decision);
		code = out_end(&out);
	}
	return code != EXIT_OK ? code : exit_of_verdict(decision.verdict);
}

static int
may(struct client *client, void *context, int argc, char **argv)
{
	if (strcmp(argv[2], "on") != 0) {
		complain("expected 'on' where '%s' stands: firstline may %s %s on SERVICE",
		    argv[2], argv[0], argv[1]);
		return EXIT_USAGE;
	}
	struct pairs params;
	if (!params_take(client, argc - 4, argv + 4, &params))
		return EXIT_USAGE;
	return ask(client, argv[0], argv[1], argv[3], context, &params);
}

static int
run(int argc, char **argv)
{
	struct may_options o = { 0 };
	const struct option_spec specs[] = { { .name = "target", .value = &o.target } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "may WHO ACTION on SERVICE [name=value...]",
		.min = 4,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = may,
		.context = &o });
}

const struct command_line command_may = {
	.name = "may",
	.summary = "ask authority without doing anything",
	.help =
	    "  firstline may ana restart-unit on checkout unit=web.service\n"
	    "\n"
	    "Says whether this would be allowed right now, by which rule, with each bound "
	    "and\n"
	    "its use, and what would change a refusal. Nothing is done and nothing is used "
	    "up.\n"
	    "WHO is a person, 'automation', 'me', or a principal such as agent:helper. "
	    "Exits "
	    "0\n"
	    "for allow, 5 for deny, 6 when another person's approval is needed.\n"
	    "\n"
	    "  --target HOST      on this host of the service\n"
	    "  name=value         parameters of the action\n" CLIENT_HELP,
	.run = run,
};
