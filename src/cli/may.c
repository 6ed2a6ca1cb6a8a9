/*
 * may, why-not: would authority allow it, and what would change the answer?
 */
#include "cli/question.h"

#include <stdio.h>

#include "base/json.h"
#include "cli/view.h"

/* ---- questions ---- */

int
question_exit(enum verdict verdict)
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

const char *
question_who(struct client *client, const char *who)
{
	if (strcmp(who, "me") == 0)
		return NULL;
	if (strchr(who, ':') != NULL || strcmp(who, "automation") == 0 ||
	    strcmp(who, "local-admin") == 0)
		return who;
	return arena_cstr(&client->arena, arena_printf(&client->arena, "person:%s", who));
}

static int
at_text(struct client *client, const char *at, const char **ret)
{
	msec wall;
	if (at == NULL)
		return EXIT_OK;
	struct out out = out_begin(&client->arena);
	bool ok = time_take(out.zone, at, &wall);
	buf_done(&out.text);
	if (!ok)
		return EXIT_USAGE;
	*ret = arena_cstr(&client->arena,
	    arena_printf(&client->arena, "%llu", (unsigned long long)wall));
	return EXIT_OK;
}

/* {"live":{"NAME":"VALUE"}} beside what is in the object. */
static bool
add_live(struct client *client, const char *live, str *body)
{
	struct str_cut cut = str_cut(str_of(live), '=');
	if (!cut.found || cut.head.n == 0) {
		complain("'%s' is no live value: write --live name=value", live);
		return false;
	}
	struct buf text = BUF(1 << 20);
	buf_add(&text, str_take(*body, body->n - 1));
	buf_add(&text, STR(",\"live\":{"));
	json_put_string(&text, cut.head);
	buf_char(&text, ':');
	json_put_string(&text, cut.tail);
	buf_add(&text, STR("}}"));
	*body = arena_str(&client->arena, buf_str(&text));
	buf_done(&text);
	return true;
}

int
question_body(struct client *client, const char *who, const char *action,
    const char *service, const struct question_options *o, const struct pairs *params,
    str *ret)
{
	const char *at = NULL;
	int code = at_text(client, o->at, &at);
	if (code != EXIT_OK)
		return code;
	const char *texts[] = { "service", service, "principal",
		who != NULL ? question_who(client, who) : NULL, "action", action, "target",
		o->target, "targets", o->targets, "at", at, "behalf",
		o->behalf != NULL ? question_who(client, o->behalf) : NULL, "incident",
		o->incident, NULL };
	*ret = body_of(client, texts, params);
	return o->live == NULL || add_live(client, o->live, ret) ? EXIT_OK : EXIT_USAGE;
}

void
question_say_note(struct client *client, str body)
{
	str note = reply_text(client, body, "note");
	if (note.n > 0)
		say("Note: %.*s.", STR_ARG(note));
}

/* ---- one decision ---- */

struct may_command {
	const char *name;
	bool why_not;
	struct question_options o;
};

static int
show(struct client *client, const struct may_command *command, str body)
{
	struct decision_row decision;
	if (!reply_one(client, body, "decision", &decision_row_type, &decision))
		return EXIT_FAILED;
	int code;
	if (client->options.json) {
		code = client_print_json(body);
	} else {
		struct out out = out_begin(&client->arena);
		view_decision(&out, &decision);
		code = out_end(&out);
		if (command->why_not && decision.verdict == VERDICT_ALLOW)
			say("Nothing stands in the way.");
		question_say_note(client, body);
	}
	return code != EXIT_OK ? code : question_exit(decision.verdict);
}

static int
may(struct client *client, void *context, int argc, char **argv)
{
	const struct may_command *command = context;
	if (strcmp(argv[2], "on") != 0) {
		complain("expected 'on' where '%s' stands: firstline %s %s %s on SERVICE",
		    argv[2], command->name, argv[0], argv[1]);
		return EXIT_USAGE;
	}
	struct pairs params;
	str question, body = STR("");
	if (!params_take(client, argc - 4, argv + 4, &params))
		return EXIT_USAGE;
	int code = question_body(client, argv[0], argv[1], argv[3], &command->o, &params,
	    &question);
	if (code == EXIT_OK)
		code = client_post(client, "/v1/may", question, &body);
	return code != EXIT_OK ? code : show(client, command, body);
}

static int
run(int argc, char **argv, struct may_command *command, const char *usage)
{
	struct question_options *o = &command->o;
	const struct option_spec specs[] = {
		{ .name = "target", .value = &o->target },
		{ .name = "targets", .value = &o->targets },
		{ .name = "at", .value = &o->at },
		{ .name = "behalf", .value = &o->behalf },
		{ .name = "live", .value = &o->live },
		{ .name = "incident", .value = &o->incident },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = usage,
		.min = 4,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = may,
		.context = command });
}

static int
run_may(int argc, char **argv)
{
	struct may_command command = { .name = "may" };
	return run(argc, argv, &command, "may WHO ACTION on SERVICE [name=value...]");
}

const struct command_line command_may = {
	.name = "may",
	.summary = "ask authority without doing anything",
	.help =
	    "  firstline may ana restart-unit on checkout unit=web.service\n"
	    "  firstline may agent:helper restart-unit on checkout --behalf ana\n"
	    "  firstline may ana restart-unit on checkout --at \"2026-12-24 18:00\"\n"
	    "\n"
	    "Says whether this would be allowed, by which rule, with each bound and its "
	    "use,\n"
	    "and what would change a refusal. Nothing is done and nothing is used up. WHO "
	    "is a\n"
	    "person, 'automation', 'me', or a principal such as agent:helper. Exits 0 for\n"
	    "allow, 5 for deny, 6 when another person's approval is needed.\n"
	    "\n" QUESTION_AT_HELP QUESTION_BEHALF_HELP QUESTION_INCIDENT_HELP
		QUESTION_TARGET_HELP QUESTION_PARAMS_HELP CLIENT_HELP,
	.run = run_may,
};

static int
run_why_not(int argc, char **argv)
{
	struct may_command command = { .name = "why-not", .why_not = true };
	return run(argc, argv, &command, "why-not WHO ACTION on SERVICE [name=value...]");
}

const struct command_line command_why_not = {
	.name = "why-not",
	.summary = "what stands in the way of an action, and what would change that",
	.help =
	    "  firstline why-not ana scale-out on checkout replicas=40\n"
	    "\n"
	    "The same question as 'firstline may', asked the other way round: each rule "
	    "that\n"
	    "stands in the way, and the nearest way forward: another value, another "
	    "person,\n"
	    "another time. Exits 0 when nothing does, 5 for deny, 6 when an approval is "
	    "missing.\n"
	    "\n" QUESTION_AT_HELP QUESTION_BEHALF_HELP QUESTION_INCIDENT_HELP
		QUESTION_TARGET_HELP QUESTION_PARAMS_HELP CLIENT_HELP,
	.run = run_why_not,
};
