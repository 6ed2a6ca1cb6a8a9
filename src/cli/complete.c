#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/output.h"
#include "facts/row.h"

/* What the next argument of a command may be, which only the server knows. */
enum live {
	LIVE_INCIDENT = 1,
	LIVE_ASKED,
	LIVE_HANDOFF,
	LIVE_SILENCE,
	LIVE_TOKEN,
	LIVE_RUNBOOK,
};

struct live_argument {
	const char *command; /* "incident show" */
	enum live live;      /* of its first argument */
};
static const struct live_argument live_arguments[] = {
	{ "incident show", LIVE_INCIDENT },
	{ "incident ack", LIVE_INCIDENT },
	{ "incident hand-over", LIVE_INCIDENT },
	{ "incident note", LIVE_INCIDENT },
	{ "incident resolve", LIVE_INCIDENT },
	{ "incident cancel", LIVE_INCIDENT },
	{ "why", LIVE_INCIDENT },
	{ "permit", LIVE_INCIDENT },
	{ "veto", LIVE_INCIDENT },
	{ "approve", LIVE_ASKED },
	{ "deny", LIVE_ASKED },
	{ "withdraw", LIVE_ASKED },
	{ "handoff show", LIVE_HANDOFF },
	{ "silence show", LIVE_SILENCE },
	{ "silence expire", LIVE_SILENCE },
	{ "silence update", LIVE_SILENCE },
	{ "token revoke", LIVE_TOKEN },
	{ "run", LIVE_RUNBOOK },
	{ "drill", LIVE_RUNBOOK },
	{ "trust", LIVE_RUNBOOK },
	{ "promote", LIVE_RUNBOOK },
};

#define DESCRIPTION_BYTES_MAX 80

/* Only what begins with what was typed; neither may bring a line or a tab of its own. */
static void
candidate(const char *typed, str word, str description)
{
	if (word.n == 0 || !str_starts(word, str_of(typed)))
		return;
	struct buf line = BUF((size_t)4096);
	buf_shown(&line, word);
	buf_add(&line, STR("\t"));
	if (description.n > DESCRIPTION_BYTES_MAX)
		description = str_take(description, DESCRIPTION_BYTES_MAX);
	buf_shown(&line, description);
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '\n' || (line.p[i] == '\t' && i != word.n))
			line.p[i] = ' ';
	}
	if (!line.overflow)
		printf("%.*s\n", (int)line.n, line.p);
	buf_done(&line);
}

/* ---- what the page says ---- */

/* The options of a page: its lines "  --name VALUE    text". */
static void
options_of(const struct command_line *command, const char *typed)
{
	str rest = str_of(command->help);
	while (rest.n > 0) {
		struct str_cut line = str_cut(rest, '\n');
		rest = line.tail;
		str text = str_trim(line.head);
		if (!str_starts(text, STR("--")) || !str_starts(line.head, STR("  ")))
			continue;
		struct str_cut name = str_cut(text, ' ');
		size_t gap = 0;
		while (gap + 1 < text.n && !(text.p[gap] == ' ' && text.p[gap + 1] == ' '))
			gap++;
		candidate(typed, name.head, str_trim(str_drop(text, gap)));
	}
}

/* Does this option of the page take a value? "  --for LENGTH   text" */
static bool
takes_value(const struct command_line *command, str option)
{
	str rest = str_of(command->help);
	while (rest.n > 0) {
		struct str_cut line = str_cut(rest, '\n');
		rest = line.tail;
		str text = str_trim(line.head);
		struct str_cut name = str_cut(text, ' ');
		if (str_starts(line.head, STR("  --")) && str_eq(name.head, option))
			return name.tail.n > 0 && name.tail.p[0] >= 'A' &&
			       name.tail.p[0] <= 'Z';
	}
	return false;
}

/* ---- what the server knows ---- */

static str
number(struct client *client, uint64_t id)
{
	return arena_printf(&client->arena, "%llu", (unsigned long long)id);
}

/* None where there is no answer. */
static struct records
listed(struct client *client, const char *path, const struct record_type *type)
{
	str body;
	struct records all = { 0 };
	if (client_get(client, path, &body) != EXIT_OK ||
	    !reply_list(client, body, "items", type, &all))
		return (struct records){ 0 };
	return all;
}

static void
incidents(struct client *client, const char *typed)
{
	struct records all = listed(client, "/v1/incidents?limit=100", &incident_row_type);
	const struct incident_row *rows = all.p;
	for (size_t i = 0; i < all.n; i++)
		candidate(typed, number(client, rows[i].id), rows[i].title);
}

static void
asked(struct client *client, const char *typed)
{
	struct records all = listed(client, "/v1/asked?limit=100", &asked_row_type);
	const struct asked_row *rows = all.p;
	for (size_t i = 0; i < all.n; i++)
		candidate(typed, number(client, rows[i].id),
		    arena_printf(&client->arena, "%.*s on %.*s", STR_ARG(rows[i].action),
			STR_ARG(rows[i].service)));
}

static void
handoffs(struct client *client, const char *typed)
{
	struct records all = listed(client, "/v1/handoffs?limit=100", &handoff_row_type);
	const struct handoff_row *rows = all.p;
	for (size_t i = 0; i < all.n; i++)
		candidate(typed, number(client, rows[i].id), rows[i].title);
}

static void
silences(struct client *client, const char *typed)
{
	struct records all = listed(client, "/v1/silences", &silence_row_type);
	const struct silence_row *rows = all.p;
	for (size_t i = 0; i < all.n; i++)
		candidate(typed, rows[i].uuid, rows[i].comment);
}

static void
tokens(struct client *client, const char *typed)
{
	struct records all = listed(client, "/v1/tokens", &token_row_type);
	const struct token_row *rows = all.p;
	for (size_t i = 0; i < all.n; i++) {
		if (!rows[i].revoked)
			candidate(typed, rows[i].name, rows[i].principal);
	}
}

/* In the order of the list, which is by name: one after another for its services. */
static void
runbooks(struct client *client, const char *typed)
{
	struct records all = listed(client, "/v1/trust", &trust_row_type);
	const struct trust_row *rows = all.p;
	for (size_t i = 0; i < all.n; i++) {
		if (i == 0 || !str_eq(rows[i].runbook, rows[i - 1].runbook))
			candidate(typed, rows[i].runbook, rows[i].service);
	}
}

static void
live_of(struct client *client, enum live live, const char *typed)
{
	switch (live) {
	case LIVE_INCIDENT:
		incidents(client, typed);
		return;
	case LIVE_ASKED:
		asked(client, typed);
		return;
	case LIVE_HANDOFF:
		handoffs(client, typed);
		return;
	case LIVE_SILENCE:
		silences(client, typed);
		return;
	case LIVE_TOKEN:
		tokens(client, typed);
		return;
	case LIVE_RUNBOOK:
		runbooks(client, typed);
		return;
	}
	UNREACHABLE();
}

/* --state, --url, --token-file as they stand on the line so far. */
static struct client_options
options_so_far(int argc, char **argv)
{
	struct client_options o = { 0 };
	for (int i = 0; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--state") == 0)
			o.state = argv[i + 1];
		else if (strcmp(argv[i], "--url") == 0)
			o.url = argv[i + 1];
		else if (strcmp(argv[i], "--token-file") == 0)
			o.token_file = argv[i + 1];
	}
	return o;
}

static void
ask_server(enum live live, int argc, char **argv)
{
	struct client client;
	struct client_options options = options_so_far(argc, argv);
	/* A complaint would land in the middle of somebody's command line. */
	FILE *quiet = freopen("/dev/null", "w", stderr);
	if (quiet == NULL || client_open(&client, &options) != EXIT_OK)
		return;
	live_of(&client, live, argv[argc - 1]);
	client_close(&client);
}

/* ---- the line ---- */

static const struct command_line *
below(const struct command_line *group, const char *name)
{
	for (size_t i = 0; i < group->subs_n; i++) {
		if (strcmp(group->subs[i]->name, name) == 0)
			return group->subs[i];
	}
	return NULL;
}

/* How many of these words are arguments, neither options nor their values. */
static int
arguments(const struct command_line *command, int argc, char **argv)
{
	int n = 0;
	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-')
			n++;
		else if (takes_value(command, str_of(argv[i])))
			i++;
	}
	return n;
}

static void
first_argument(const char *path, int argc, char **argv)
{
	for (size_t i = 0; i < countof(live_arguments); i++) {
		if (strcmp(live_arguments[i].command, path) == 0)
			ask_server(live_arguments[i].live, argc, argv);
	}
}

int
complete_main(const struct command_line *root, int argc, char **argv)
{
	if (argc < 1)
		return EXIT_USAGE;
	const char *typed = argv[argc - 1];
	char path[64] = "";
	int at = 0;
	if (argc > 1 && strcmp(argv[0], "help") == 0)
		at = 1;
	while (at < argc - 1 && root->subs_n > 0) {
		const struct command_line *next = below(root, argv[at]);
		if (next == NULL)
			return EXIT_OK;
		size_t n = strlen(path);
		(void)snprintf(path + n, sizeof(path) - n, n > 0 ? " %s" : "%s",
		    next->name);
		root = next;
		at++;
	}
	if (root->subs_n > 0) {
		for (size_t i = 0; i < root->subs_n; i++)
			candidate(typed, str_of(root->subs[i]->name),
			    str_of(root->subs[i]->summary));
		return EXIT_OK;
	}
	if (at < argc - 1 && takes_value(root, str_of(argv[argc - 2])))
		return EXIT_OK; /* a value is being typed: nobody knows which */
	if (typed[0] == '-')
		options_of(root, typed);
	else if (arguments(root, argc - 1 - at, argv + at) == 0)
		first_argument(path, argc, argv);
	return EXIT_OK;
}
