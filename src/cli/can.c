/*
 * who-can, what-can: authority asked the other way round.
 */
#include <stdio.h>

#include "cli/question.h"
#include "cli/view.h"
#include "facts/frame.h"

static void
put_row(struct out *out, enum verdict verdict, str who, str text)
{
	str word = view_enum(&can_item_type, "verdict", verdict);
	out_styled(out, view_verdict_style(verdict), word);
	out_printf(out, "  ");
	out_styled(out, STYLE_BOLD, who);
	out_text(out, STR("\n"));
	if (text.n > 0) {
		out_text(out, STR("    "));
		out_wrapped(out, 4, 4, text);
	}
}

static bool
says_on(const char *word, const char *usage)
{
	if (strcmp(word, "on") == 0)
		return true;
	complain("expected 'on' where '%s' stands: firstline %s", word, usage);
	return false;
}

static int
ask(struct client *client, const char *path, str question, const struct record_type *type,
    str *ret_body, struct records *ret)
{
	int code = client_post(client, path, question, ret_body);
	if (code != EXIT_OK)
		return code;
	return reply_list(client, *ret_body, "items", type, ret) ? EXIT_OK : EXIT_FAILED;
}

static int
nobody(struct client *client, str body, const char *text)
{
	int code = client->options.json ? client_print_json(body) : EXIT_OK;
	if (!client->options.json) {
		say("%s", text);
		question_say_note(client, body);
	}
	return code != EXIT_OK ? code : EXIT_REFUSED;
}

/* ---- who-can ---- */

#define WHO_CAN_USAGE "who-can ACTION on SERVICE [name=value...]"

static int
who_can(struct client *client, void *context, int argc, char **argv)
{
	const struct question_options *o = context;
	struct pairs params;
	struct records who;
	str question, body = STR("");
	if (!says_on(argv[1], WHO_CAN_USAGE) ||
	    !params_take(client, argc - 3, argv + 3, &params))
		return EXIT_USAGE;
	int code = question_body(client, NULL, argv[0], argv[2], o, &params, &question);
	if (code == EXIT_OK)
		code = ask(client, "/v1/who-can", question, &who_item_type, &body, &who);
	if (code != EXIT_OK)
		return code;
	if (who.n == 0)
		return nobody(client, body, "Nobody may.");
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	const struct who_item *rows = who.p;
	for (size_t i = 0; i < who.n; i++)
		put_row(&out, rows[i].verdict, view_who(rows[i].principal), rows[i].text);
	code = out_end(&out);
	question_say_note(client, body);
	return code;
}

static int
run_who_can(int argc, char **argv)
{
	struct question_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "target", .value = &o.target },
		{ .name = "targets", .value = &o.targets },
		{ .name = "at", .value = &o.at },
		{ .name = "live", .value = &o.live },
		{ .name = "incident", .value = &o.incident },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = WHO_CAN_USAGE,
		.min = 3,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = who_can,
		.context = &o });
}

const struct command_line command_who_can = {
	.name = "who-can",
	.summary = "everybody who may do this",
	.help =
	    "  firstline who-can restart-unit on checkout unit=web.service\n"
	    "\n"
	    "Automation, each person and each agent that may, with or without an approval, "
	    "and\n"
	    "by which rule. Exits 5 when nobody may.\n"
	    "\n" QUESTION_AT_HELP QUESTION_INCIDENT_HELP QUESTION_TARGET_HELP
		QUESTION_PARAMS_HELP CLIENT_HELP,
	.run = run_who_can,
};

/* ---- what-can ---- */

#define WHAT_CAN_USAGE "what-can WHO on SERVICE"

static int
what_can(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct question_options *o = context;
	struct records can;
	str question, body = STR("");
	if (!says_on(argv[1], WHAT_CAN_USAGE))
		return EXIT_USAGE;
	int code = question_body(client, argv[0], NULL, argv[2], o, NULL, &question);
	if (code == EXIT_OK)
		code = ask(client, "/v1/what-can", question, &can_item_type, &body, &can);
	if (code != EXIT_OK)
		return code;
	if (can.n == 0)
		return nobody(client, body, "Nothing.");
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	const struct can_item *rows = can.p;
	for (size_t i = 0; i < can.n; i++)
		put_row(&out, rows[i].verdict, rows[i].action, rows[i].text);
	code = out_end(&out);
	question_say_note(client, body);
	return code;
}

static int
run_what_can(int argc, char **argv)
{
	struct question_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "at", .value = &o.at },
		{ .name = "behalf", .value = &o.behalf },
		{ .name = "incident", .value = &o.incident },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = WHAT_CAN_USAGE,
		.min = 3,
		.max = 3,
		.specs = specs,
		.specs_n = countof(specs),
		.run = what_can,
		.context = &o });
}

const struct command_line command_what_can = {
	.name = "what-can",
	.summary = "every action that somebody may do on a service",
	.help =
	    "  firstline what-can ana on checkout --at \"2026-12-24 18:00\"\n"
	    "\n"
	    "Each action that is not denied, with or without an approval, and by which "
	    "rule.\n"
	    "Parameters and single targets are not judged: 'firstline may' does. Exits 5 "
	    "when\n"
	    "there is none.\n"
	    "\n" QUESTION_AT_HELP QUESTION_BEHALF_HELP QUESTION_INCIDENT_HELP CLIENT_HELP,
	.run = run_what_can,
};
