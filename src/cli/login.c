/*
 * login-link, session list and end: who is signed in with a browser.
 */
#include <stdio.h>

#include "cli/view.h"
#include "facts/frame.h"

/* ---- login-link ---- */

static int
link_for(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	struct secret_item secret;
	str body;
	str path = arena_printf(&client->arena, "/v1/people/%.*s/link",
	    STR_ARG(client_escape(client, argv[0])));
	int code = client_post(client, arena_cstr(&client->arena, path), STR("{}"), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "secret", &secret_item_type, &secret))
		return EXIT_FAILED;
	str url = secret.url.n > 0 ? secret.url : str_of(client->url);
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	printf("%.*s/#login=%.*s\n", STR_ARG(url), STR_ARG(secret.secret));
	say("Whoever opens this link within 10 minutes is signed in as %s, once.", argv[0]);
	return EXIT_OK;
}

static int
run_link(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "login-link PERSON",
		.min = 1,
		.max = 1,
		.run = link_for });
}

const struct command_line command_login_link = {
	.name = "login-link",
	.summary = "a link by which a person signs in, once",
	.help =
	    "  firstline login-link ana\n"
	    "\n"
	    "Prints a link that signs a person of the configuration in with their browser. "
	    "It\n"
	    "opens once, within 10 minutes; a new one ends the one before. Signed in by "
	    "it, "
	    "the\n"
	    "person may set a password. Needs the role admin.\n" CLIENT_HELP,
	.run = run_link,
};

/* ---- session list ---- */

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records sessions;
	int code = client_get(client, "/v1/sessions", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &session_row_type, &sessions))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct session_row *rows = sessions.p;
	for (size_t i = 0; i < sessions.n; i++) {
		str how = view_enum(&session_row_type, "how", rows[i].how);
		out_printf(&out, "%-8llu %-20.*s by %.*s from %.*s since %.*s",
		    (unsigned long long)rows[i].id, STR_ARG(rows[i].principal),
		    STR_ARG(how), STR_ARG(rows[i].address),
		    STR_ARG(text_date_time(&out, rows[i].made_wall)));
		out_printf(&out, ", last asked %.*s\n",
		    STR_ARG(text_date_time(&out, rows[i].seen_wall)));
	}
	if (sessions.n == 0)
		say("Nobody is signed in with a browser.");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "session list", .run = list });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "who is signed in with a browser",
	.help = "  firstline session list\n"
		"\n"
		"Sessions, with where they come from: to an admin all, to others their "
		"own.\n" CLIENT_HELP,
	.run = run_list,
};

/* ---- session end ---- */

static int
end(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	uint64_t number;
	str body;
	if (!number_take(argv[0], "a session", &number))
		return EXIT_USAGE;
	str path =
	    arena_printf(&client->arena, "/v1/sessions/%llu", (unsigned long long)number);
	int code = client_delete(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("That browser is signed out.");
	return EXIT_OK;
}

static int
run_end(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "session end NUMBER",
		.min = 1,
		.max = 1,
		.run = end });
}

static const struct command_line command_end = {
	.name = "end",
	.summary = "sign a browser out",
	.help =
	    "  firstline session end 118\n"
	    "\n"
	    "Ends a session at once: one's own, or as an admin anybody's.\n" CLIENT_HELP,
	.run = run_end,
};

static const struct command_line *const subs[] = { &command_list, &command_end };

const struct command_line command_session = {
	.name = "session",
	.summary = "browsers that are signed in: list, end",
	.help = "  firstline session list\n"
		"\n"
		"A session lasts 7 days, or until nothing was asked by it for 12 hours.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
