/*
 * token add, list, revoke: who may ask Firstline for what.
 */
#include <stdio.h>

#include "cli/view.h"
#include "facts/frame.h"
#include "os/clock.h"

/* ---- add ---- */

struct add_options {
	const char *role, *principal, *until, *behalf;
};

/* "30d" from now, or the start of 2027-01-31 in UTC, as milliseconds since 1970. */
static const char *
until_of(struct client *client, const char *text)
{
	uint64_t days;
	struct civil date;
	str s = str_of(text);
	msec wall;
	if (str_ends(s, STR("d")) && str_u64(str_take(s, s.n - 1), 36500, &days)) {
		wall = clock_wall() + days * DAY;
	} else if (date_take(s, &date)) {
		wall = (msec)zone_instant(zone_utc(), &date, ZONE_START) * SECOND;
	} else {
		complain("'%s' is no end: write 90d, or a date such as 2027-01-31", text);
		return NULL;
	}
	return arena_cstr(&client->arena,
	    arena_printf(&client->arena, "%llu", (unsigned long long)wall));
}

/* Sources, agents and people have names of their own kind. What says its kind is meant so,
 * and Firstline's own two are no people: the server says that no token stands for them. */
static const char *
principal_of(struct client *client, const struct add_options *o, const char *name)
{
	const char *who = o->principal != NULL ? o->principal : name;
	if (strchr(who, ':') != NULL || strcmp(who, "automation") == 0 ||
	    strcmp(who, "firstline") == 0)
		return who;
	const char *kind = strcmp(o->role, "source") == 0 ? "source" : "person";
	return arena_cstr(&client->arena, arena_printf(&client->arena, "%s:%s", kind, who));
}

static const char *
person_of(struct client *client, const char *name)
{
	if (name == NULL || strchr(name, ':') != NULL)
		return name;
	return arena_cstr(&client->arena, arena_printf(&client->arena, "person:%s", name));
}

static int
add(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	struct add_options *o = context;
	const char *until = NULL;
	if (o->role == NULL) {
		complain("which role? --role viewer, operator, lead, admin or source");
		return EXIT_USAGE;
	}
	if (o->until != NULL && (until = until_of(client, o->until)) == NULL)
		return EXIT_USAGE;
	const char *who = principal_of(client, o, argv[0]);
	const char *texts[] = { "name", argv[0], "principal", who, "role", o->role, "until",
		until, "behalf", person_of(client, o->behalf), NULL };
	str body;
	struct secret_item secret;
	int code = client_post(client, "/v1/tokens", body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_one(client, body, "secret", &secret_item_type, &secret))
		return EXIT_FAILED;
	if (client->options.json) {
		struct buf json = BUF(4096);
		record_to_json(&secret_item_type, &secret, &json);
		code = client_print_json(buf_str(&json));
		buf_done(&json);
		return code;
	}
	printf("%.*s\n", STR_ARG(secret.secret));
	say("That is token '%s' of %s, role %s. It is shown this once; only its hash is "
	    "kept.",
	    argv[0], who, o->role);
	say("It is sent as 'Authorization: Bearer TOKEN'; for this command line put it in "
	    "a "
	    "file and use --token-file.");
	say("firstline token revoke %s    ends it", argv[0]);
	return EXIT_OK;
}

static int
run_add(int argc, char **argv)
{
	struct add_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "role", .value = &o.role },
		{ .name = "principal", .value = &o.principal },
		{ .name = "until", .value = &o.until },
		{ .name = "behalf", .value = &o.behalf },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "token add NAME --role ROLE",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = add,
		.context = &o });
}

static const struct command_line command_add = {
	.name = "add",
	.summary = "make a token; its secret is shown once",
	.help =
	    "  firstline token add prometheus --role source\n"
	    "  firstline token add ana --role operator --until 90d\n"
	    "\n"
	    "Makes a token and prints its secret, once.\n"
	    "\n"
	    "  --role ROLE        source: may send alerts and see active ones\n"
	    "                     viewer: may read\n"
	    "                     operator: may acknowledge, run, approve, resolve, stop\n"
	    "                     lead: ends what others set up, too\n"
	    "                     admin: tokens, journal and reload too\n"
	    "  --principal WHO    who it stands for in authority and timelines: a person "
	    "of\n"
	    "                     the configuration, or KIND:NAME such as agent:helper\n"
	    "                     (default NAME)\n"
	    "  --behalf PERSON    whom an agent serves: what it does both must be "
	    "allowed;\n"
	    "                     without one an agent may only be a viewer or a source\n"
	    "  --until WHEN       90d, or 2027-01-31 (default: until "
	    "revoked)\n" CLIENT_HELP,
	.run = run_add,
};

/* ---- list ---- */

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records tokens;
	int code = client_get(client, "/v1/tokens", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &token_row_type, &tokens))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct token_row *rows = tokens.p;
	for (size_t i = 0; i < tokens.n; i++) {
		str role = view_enum(&token_row_type, "role", rows[i].role);
		out_printf(&out, "%-16.*s %-9.*s %.*s", STR_ARG(rows[i].name),
		    STR_ARG(role), STR_ARG(rows[i].principal));
		if (rows[i].behalf.n > 0)
			out_printf(&out, " for %.*s", STR_ARG(view_who(rows[i].behalf)));
		if (rows[i].until_wall > 0)
			out_printf(&out, ", until %.*s",
			    STR_ARG(text_date_time(&out, rows[i].until_wall)));
		out_text(&out, STR("\n"));
	}
	if (tokens.n == 0)
		say("No token but the local one: the server listens on this machine only.\n"
		    "firstline token add NAME --role ROLE    makes one");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "token list", .run = list });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "tokens, without their secrets",
	.help = "  firstline token list\n"
		"\n"
		"Name, role, principal and end of each token.\n" CLIENT_HELP,
	.run = run_list,
};

/* ---- revoke ---- */

static int
revoke(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	str path = arena_printf(&client->arena, "/v1/tokens/%.*s",
	    STR_ARG(client_escape(client, argv[0])));
	str body;
	int code = client_delete(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("Token '%s' opens nothing any more.", argv[0]);
	return EXIT_OK;
}

static int
run_revoke(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "token revoke NAME",
		.min = 1,
		.max = 1,
		.run = revoke });
}

static const struct command_line command_revoke = {
	.name = "revoke",
	.summary = "end a token",
	.help = "  firstline token revoke prometheus\n"
		"\n"
		"Ends a token at once and for good.\n" CLIENT_HELP,
	.run = run_revoke,
};

static const struct command_line *const subs[] = {
	&command_add,
	&command_list,
	&command_revoke,
};

const struct command_line command_token = {
	.name = "token",
	.summary = "who may ask Firstline: add, list, revoke",
	.help = "  firstline token add prometheus --role source\n"
		"\n"
		"Tokens say who asks. What somebody may do in production is authority's to "
		"say.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
