/*
 * incident list, ack, hand-over, note, useful, resolve, cancel, settle. `incident show` is
 * incident_show.c.
 */
#include <stdio.h>

#include "cli/incident.h"
#include "cli/view.h"

/* ---- list ---- */

struct list_options {
	const char *service, *owner, *limit;
	bool all, closed;
};

static const char *
list_path(struct client *client, const struct list_options *o, str cursor)
{
	struct buf path = BUF(64 << 10);
	buf_add(&path, STR("/v1/incidents?state="));
	buf_add(&path, o->all ? STR("all") : o->closed ? STR("closed") : STR("open"));
	if (o->service != NULL) {
		buf_add(&path, STR("&service="));
		buf_add(&path, client_escape(client, o->service));
	}
	if (o->owner != NULL) {
		buf_add(&path, STR("&owner="));
		buf_add(&path, client_escape(client, o->owner));
	}
	if (o->limit != NULL) {
		buf_add(&path, STR("&limit="));
		buf_add(&path, client_escape(client, o->limit));
	}
	if (cursor.n > 0) {
		buf_add(&path, STR("&cursor="));
		buf_add(&path, cursor);
	}
	const char *text = arena_cstr(&client->arena, buf_str(&path));
	buf_done(&path);
	return text;
}

static void
print_page(struct out *out, const struct records *page, size_t before)
{
	const struct incident_row *rows = page->p;
	for (size_t i = 0; i < page->n; i++) {
		if (before + i > 0)
			out_text(out, STR("\n"));
		view_incident_short(out, &rows[i]);
	}
}

static void
say_none(const struct list_options *o)
{
	const char *open = o->all || o->closed ? "" : " is open";
	if (o->service != NULL && o->owner != NULL)
		say("No incident of service '%s' and team '%s'%s.", o->service, o->owner,
		    open);
	else if (o->service != NULL || o->owner != NULL)
		say("No incident of %s '%s'%s.", o->service != NULL ? "service" : "team",
		    o->service != NULL ? o->service : o->owner, open);
	else
		say("No incident%s.", open);
}

/* Nothing is found: of a name that is mistyped that would be no news. */
static int
names_known(struct client *client, const struct list_options *o, str body)
{
	struct records items;
	int code = EXIT_OK;
	if (o->service == NULL && o->owner == NULL)
		return EXIT_OK;
	if (!reply_list(client, body, "items", &incident_row_type, &items))
		return EXIT_FAILED;
	if (items.n == 0 && o->service != NULL)
		code = service_known(client, o->service);
	if (items.n == 0 && o->owner != NULL && code == EXIT_OK)
		code = team_known(client, o->owner);
	return code;
}

/* Page by page, until what was asked for is there. */
static int
print_list(struct client *client, const struct list_options *o, str body, struct out *out)
{
	size_t n = 0;
	for (;;) {
		struct records page;
		if (!reply_list(client, body, "items", &incident_row_type, &page))
			return EXIT_FAILED;
		print_page(out, &page, n);
		n += page.n;
		str cursor = reply_text(client, body, "cursor");
		if (cursor.n == 0 || o->limit != NULL)
			break;
		int code = client_get(client, list_path(client, o, cursor), &body);
		if (code != EXIT_OK)
			return code;
	}
	if (n == 0)
		say_none(o);
	else
		say("\nfirstline incident show NUMBER    all about one of them");
	return EXIT_OK;
}

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)argc, (void)argv;
	const struct list_options *o = context;
	str body;
	if (o->all && o->closed) {
		complain("--all or --closed, not both: --all has the open ones too");
		return EXIT_USAGE;
	}
	const char *path = list_path(client, o, STR(""));
	bool all = client->options.json && o->limit == NULL;
	int code =
	    all ? client_get_all(client, path, &body) : client_get(client, path, &body);
	if (code == EXIT_OK)
		code = names_known(client, o, body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	code = print_list(client, o, body, &out);
	int written = out_end(&out);
	return code != EXIT_OK ? code : written;
}

static const char *
instead_of_state(str word)
{
	if (str_eq(word, STR("all")))
		return "'firstline incident list --all'";
	if (str_eq(word, STR("closed")) || str_eq(word, STR("resolved")))
		return "'firstline incident list --closed'";
	return "'firstline incident list', which shows the state of each that is open";
}

static int
run_list(int argc, char **argv)
{
	struct list_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "service", .value = &o.service },
		{ .name = "owner", .value = &o.owner },
		{ .name = "limit", .value = &o.limit },
		{ .name = "all", .flag = &o.all },
		{ .name = "closed", .flag = &o.closed },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident list [--all] [--service NAME]",
		.specs = specs,
		.specs_n = countof(specs),
		.run = list,
		.context = &o,
		.instead_of_state = instead_of_state });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "open incidents, or all",
	.help = "  firstline incident list --service checkout\n"
		"\n"
		"Open incidents, each with its impact first, then the alert that opened "
		"it, its\n"
		"state, age and owner, and what is being done about it.\n"
		"\n"
		"  --all              closed ones too, newest first\n"
		"  --closed           only closed ones\n"
		"  --service NAME     of one service\n"
		"  --owner TEAM       of one team\n"
		"  --limit N          at most N\n" CLIENT_HELP,
	.run = run_list,
};

/* ---- what changes one ---- */

/* POSTs and shows how the incident is then; `next` is said after it. */
static int
change(struct client *client, str path, str json, const char *did, const char *next)
{
	str body;
	struct incident_row row;
	int code = client_post(client, arena_cstr(&client->arena, path), json, &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "incident", &incident_row_type, &row))
		return EXIT_FAILED;
	say("%s incident %u%s", did, row.id, next);
	struct out out = out_begin(&client->arena);
	view_incident_short(&out, &row);
	return out_end(&out);
}

static str
incident_path(struct client *client, uint64_t incident, const char *verb)
{
	return arena_printf(&client->arena, "/v1/incidents/%llu/%s",
	    (unsigned long long)incident, verb);
}

static const char *
text_argument(struct client *client, int argc, char **argv)
{
	if (argc < 2)
		return NULL;
	return arena_cstr(&client->arena, words_of(client, argc - 1, argv + 1));
}

static int
take_back(struct client *client, uint64_t incident)
{
	str body;
	struct incident_row row;
	str path = incident_path(client, incident, "unacknowledge");
	int code = client_post(client, arena_cstr(&client->arena, path), STR("{}"), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "incident", &incident_row_type, &row))
		return EXIT_FAILED;
	if (row.acknowledged)
		say("%.*s has incident %u again.", STR_ARG(view_who(row.acknowledged_by)),
		    row.id);
	else
		say("Nobody has incident %u; its escalation goes on as if nobody had.",
		    row.id);
	struct out out = out_begin(&client->arena);
	view_incident_short(&out, &row);
	return out_end(&out);
}

/* Who is second is answered as who is first: with the incident as it is, which the other
 * keeps. Only who asks makes the difference, and the server knows who that is. */
static void
say_who_has(struct client *client, const struct incident_row *row)
{
	str body, me = STR("");
	if (row->acknowledged && client_get(client, "/v1/whoami", &body) == EXIT_OK)
		me = reply_text(client, body, "principal");
	if (!row->acknowledged || str_eq(me, row->acknowledged_by)) {
		say("You have incident %u; nobody else is told meanwhile.", row->id);
		return;
	}
	say("%.*s has incident %u; nobody else is told meanwhile.",
	    STR_ARG(view_who(row->acknowledged_by)), row->id);
	if (me.n == 0 || row->drill) /* a drill stays with who asked for it */
		return;
	bool person = str_starts(me, STR("person:"));
	say("firstline incident hand-over %u %.*s    %s", row->id,
	    STR_ARG(person ? view_who(me) : STR("PERSON")),
	    person ? "takes it" : "gives it to somebody else");
}

static int
acknowledge(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const bool *undo = context;
	uint64_t incident;
	str body;
	struct incident_row row;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	if (*undo)
		return take_back(client, incident);
	str path = incident_path(client, incident, "acknowledge");
	int code = client_post(client, arena_cstr(&client->arena, path), STR("{}"), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "incident", &incident_row_type, &row))
		return EXIT_FAILED;
	say_who_has(client, &row);
	struct out out = out_begin(&client->arena);
	view_incident_short(&out, &row);
	return out_end(&out);
}

static int
run_ack(int argc, char **argv)
{
	bool undo = false;
	const struct option_spec specs[] = { { .name = "undo", .flag = &undo } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident ack NUMBER [--undo]",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = acknowledge,
		.context = &undo });
}

static const struct command_line command_ack = {
	.name = "ack",
	.summary = "say that you have it; stops the escalation",
	.help =
	    "  firstline incident ack 12\n"
	    "\n"
	    "Says that you are on it. Escalation stops; what Firstline is doing goes on.\n"
	    "Where somebody else has it, they keep it, and you are told who that is.\n"
	    "\n"
	    "  --undo    take that back, or that you handed it over, within a minute: it "
	    "is\n"
	    "            with whom it was, and whoever it was handed to is told; if that\n"
	    "            was nobody, the escalation goes on as if you had not. Later\n"
	    "            'incident hand-over' gives it away\n" CLIENT_HELP,
	.run = run_ack,
};

static int
hand_over(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	uint64_t incident;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	const char *texts[] = { "person", argv[1], "text",
		text_argument(client, argc - 1, argv + 1), NULL };
	const char *did =
	    arena_cstr(&client->arena, arena_printf(&client->arena, "%s has", argv[1]));
	return change(client, incident_path(client, incident, "hand-over"),
	    body_of(client, texts, NULL), did, " now, and is told.");
}

static int
run_hand_over(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage =
					  "incident hand-over NUMBER PERSON [SUMMARY...]",
		.min = 2,
		.max = -1,
		.run = hand_over });
}

static const struct command_line command_hand_over = {
	.name = "hand-over",
	.summary = "give it to somebody else, who is told",
	.help =
	    "  firstline incident hand-over 12 mei \"the replica lags; vendor is called\"\n"
	    "\n"
	    "The incident is theirs from now on, as if they had acknowledged it. PERSON "
	    "is\n"
	    "the id, or a name that only one has (\"Mei Lin\"). They are\n"
	    "told, with your summary, which stands in the timeline too (at most 500 bytes: "
	    "a\n"
	    "note takes more). 'incident ack --undo' takes it back within a minute; they "
	    "are\n"
	    "told of that as well.\n" CLIENT_HELP,
	.run = run_hand_over,
};

static int
note(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	uint64_t incident;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	const char *texts[] = { "text", text_argument(client, argc, argv), NULL };
	return change(client, incident_path(client, incident, "notes"),
	    body_of(client, texts, NULL), "Noted on", ":");
}

static int
run_note(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident note NUMBER TEXT...",
		.min = 2,
		.max = -1,
		.run = note });
}

static const struct command_line command_note = {
	.name = "note",
	.summary = "add to its timeline what you saw or did",
	.help = "  firstline incident note 12 \"the replica lags by 40 s\"\n"
		"\n"
		"Adds a note of up to 16 KiB to the timeline; also to a closed incident's, "
		"while\n"
		"it is remembered.\n" CLIENT_HELP,
	.run = run_note,
};

static int
useful(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const char *const *note = context;
	uint64_t incident;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	if (strcmp(argv[1], "yes") != 0 && strcmp(argv[1], "no") != 0) {
		complain("was it useful? say 'yes' or 'no', not '%s'", argv[1]);
		return EXIT_USAGE;
	}
	const char *texts[] = { "useful", argv[1], "text", *note, NULL };
	return change(client, incident_path(client, incident, "useful"),
	    body_of(client, texts, NULL), "Noted of",
	    ": 'firstline noise' adds up what people say.");
}

static int
run_useful(int argc, char **argv)
{
	const char *note = NULL;
	const struct option_spec specs[] = { { .name = "note", .value = &note } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage =
					  "incident useful NUMBER yes|no [--note TEXT]",
		.min = 2,
		.max = 2,
		.specs = specs,
		.specs_n = countof(specs),
		.run = useful,
		.context = &note });
}

static const struct command_line command_useful = {
	.name = "useful",
	.summary = "say whether it was worth knowing of",
	.help = "  firstline incident useful 12 no --note \"it goes by itself\"\n"
		"\n"
		"Was it useful to know of it? Said while it is open or after it is closed; "
		"say it\n"
		"again to say something else. 'firstline noise' shows what alerts cost "
		"people and\n"
		"what they said.\n"
		"\n"
		"  --note TEXT    why, in at most 500 bytes\n" CLIENT_HELP,
	.run = run_useful,
};

static int
resolve(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	uint64_t incident;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	const char *texts[] = { "text", text_argument(client, argc, argv), NULL };
	return change(client, incident_path(client, incident, "resolve"),
	    body_of(client, texts, NULL), "Closed",
	    "; who was told of it is told of the end.");
}

static int
run_resolve(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident resolve NUMBER [REASON...]",
		.min = 1,
		.max = -1,
		.run = resolve });
}

static const struct command_line command_resolve = {
	.name = "resolve",
	.summary = "close it: it is over",
	.help = "  firstline incident resolve 12 \"the provider fixed it\"\n"
		"\n"
		"Closes an incident on your word. One whose alerts still fire is looked at "
		"again.\n"
		"REASON has at most 500 bytes: a note takes more.\n" CLIENT_HELP,
	.run = run_resolve,
};

static int
cancel(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	uint64_t incident;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	return change(client, incident_path(client, incident, "cancel"), STR("{}"),
	    "Stopped the runbook of", "; it is yours now.");
}

static int
run_cancel(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident cancel NUMBER",
		.min = 1,
		.max = 1,
		.run = cancel });
}

static const struct command_line command_cancel = {
	.name = "cancel",
	.summary = "stop its runbook",
	.help =
	    "  firstline incident cancel 12\n"
	    "\n"
	    "Stops the runbook at work and the action that is out, and leaves the incident "
	    "to\n"
	    "you. An action that was already done is not undone.\n" CLIENT_HELP,
	.run = run_cancel,
};

/* [INCIDENT] ATTEMPT yes|no: an attempt's number says whose it is. */
static int
settle(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	uint64_t incident, attempt;
	const char *happened = argv[argc - 1];
	if (argc == 3 && !number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	if (!number_take(argv[argc - 2], "an attempt", &attempt))
		return EXIT_USAGE;
	if (strcmp(happened, "yes") != 0 && strcmp(happened, "no") != 0) {
		complain("did it happen? say 'yes' or 'no', not '%s'", happened);
		return EXIT_USAGE;
	}
	str path = arena_printf(&client->arena, "/v1/attempts/%llu/settle",
	    (unsigned long long)attempt);
	const char *texts[] = { "happened", happened, NULL };
	str body;
	struct attempt_row row;
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "attempt", &attempt_row_type, &row))
		return EXIT_FAILED;
	say("Attempt %llu is settled: %s; a runbook that waits for it goes on from there.",
	    (unsigned long long)attempt,
	    strcmp(happened, "yes") == 0 ? "it happened" : "it did not happen");
	say("firstline incident show %u", row.incident);
	return EXIT_OK;
}

static int
run_settle(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident settle [NUMBER] ATTEMPT yes|no",
		.min = 2,
		.max = 3,
		.run = settle });
}

static const struct command_line command_settle = {
	.name = "settle",
	.summary = "say whether an attempt in doubt happened",
	.help =
	    "  firstline incident settle 12 34 yes\n"
	    "\n"
	    "An attempt is in doubt when nobody knows whether its action happened. Nothing "
	    "like\n"
	    "it is started on that target until you say. 'yes': the runbook goes on to "
	    "verify\n"
	    "that it helped; 'no': it may be done again. The incident's number may be left "
	    "out.\n" CLIENT_HELP,
	.run = run_settle,
};

static const struct command_line *const subs[] = {
	&command_list,
	&command_incident_show,
	&command_ack,
	&command_hand_over,
	&command_note,
	&command_useful,
	&command_resolve,
	&command_cancel,
	&command_settle,
};

const struct command_line command_incident = {
	.name = "incident",
	.summary = "what is wrong: list, show, ack, hand-over, note, useful, resolve, "
		   "cancel, settle",
	.help =
	    "  firstline incident show 12\n"
	    "\n"
	    "An incident is what people and runbooks work on: alerts of one service that\n"
	    "belong together, with impact, severity and owner.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
