/*
 * feed add, list, revoke: links by which calendar programs read who is on duty.
 */
#include <stdio.h>

#include "cli/view.h"
#include "facts/frame.h"

/* ---- add ---- */

struct add_options {
	const char *person, *team, *rotation;
};

static int
add(struct client *client, void *context, int argc, char **argv)
{
	(void)argc, (void)argv;
	const struct add_options *o = context;
	if ((o->person == NULL) == (o->team == NULL) ||
	    (o->rotation != NULL && o->team == NULL)) {
		complain(
		    "whose? --person PERSON, or --team TEAM and perhaps --rotation NAME");
		return EXIT_USAGE;
	}
	const char *texts[] = { "person", o->person, "team", o->team, "rotation",
		o->rotation, NULL };
	str body;
	struct secret_item secret;
	int code = client_post(client, "/v1/feeds", body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "secret", &secret_item_type, &secret))
		return EXIT_FAILED;
	str url = secret.url.n > 0 ? secret.url : str_of(client->url);
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	printf("%.*s/feed/%.*s.ics\n", STR_ARG(url), STR_ARG(secret.secret));
	say("Whoever has this link reads who is on duty, and nothing else. It is shown "
	    "this "
	    "once.");
	say("firstline feed revoke %llu    ends it", (unsigned long long)secret.id);
	return EXIT_OK;
}

static int
run_add(int argc, char **argv)
{
	struct add_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "person", .value = &o.person },
		{ .name = "team", .value = &o.team },
		{ .name = "rotation", .value = &o.rotation },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "feed add --person PERSON | --team TEAM "
					       "[--rotation NAME]",
		.specs = specs,
		.specs_n = countof(specs),
		.run = add,
		.context = &o });
}

static const struct command_line command_add = {
	.name = "add",
	.summary = "make a link for a person, a team or a rotation",
	.help =
	    "  firstline feed add --person ana\n"
	    "  firstline feed add --team platform-ops --rotation primary\n"
	    "\n"
	    "Prints a link that a calendar program subscribes to: past week and coming 12 "
	    "weeks,\n"
	    "with whoever stands in. It is made by the person whose it is, by people of "
	    "the "
	    "team,\n"
	    "or by a lead.\n"
	    "\n"
	    "  --person PERSON    what that person has, in all rotations\n"
	    "  --team TEAM        all rotations of a team, gaps too\n"
	    "  --rotation NAME    one of them\n" CLIENT_HELP,
	.run = run_add,
};

/* ---- list ---- */

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records feeds;
	int code = client_get(client, "/v1/feeds", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &token_row_type, &feeds))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct token_row *rows = feeds.p;
	for (size_t i = 0; i < feeds.n; i++)
		out_printf(&out, "%-8llu %-32.*s by %.*s, %.*s\n",
		    (unsigned long long)rows[i].id, STR_ARG(rows[i].feed),
		    STR_ARG(view_who(rows[i].principal)),
		    STR_ARG(text_date_time(&out, rows[i].made_wall)));
	if (feeds.n == 0)
		say("There is no link to a calendar that is yours to see.\n"
		    "firstline feed add --person PERSON    makes one");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "feed list", .run = list });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "the links there are, without their secrets",
	.help =
	    "  firstline feed list\n"
	    "\n"
	    "Whose calendars are read by a link, and who made it: your own and those of "
	    "your\n"
	    "team, to a lead all.\n" CLIENT_HELP,
	.run = run_list,
};

/* ---- revoke ---- */

static int
revoke(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	uint64_t number;
	str body;
	if (!number_take(argv[0], "a link", &number))
		return EXIT_USAGE;
	str path =
	    arena_printf(&client->arena, "/v1/feeds/%llu", (unsigned long long)number);
	int code = client_delete(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("That link opens nothing any more.");
	return EXIT_OK;
}

static int
run_revoke(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "feed revoke NUMBER",
		.min = 1,
		.max = 1,
		.run = revoke });
}

static const struct command_line command_revoke = {
	.name = "revoke",
	.summary = "end a link",
	.help = "  firstline feed revoke 17\n"
		"\n"
		"Ends a link at once and for good; 'firstline feed list' has its "
		"number.\n" CLIENT_HELP,
	.run = run_revoke,
};

static const struct command_line *const subs[] = {
	&command_add,
	&command_list,
	&command_revoke,
};

const struct command_line command_feed = {
	.name = "feed",
	.summary = "who is on duty, in calendars: add, list, revoke",
	.help =
	    "  firstline feed add --person ana\n"
	    "\n"
	    "Links by which calendar programs read who is on duty, without signing in.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
