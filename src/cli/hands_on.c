/*
 * hands-on, hands-off, break-glass, review: a person on a service.
 */
#include <stdio.h>

#include "cli/view.h"

#define HANDS_ON_DEFAULT "1h"
#define LEASE_MEMBER_MAX 64

/* ---- who holds what ---- */

static str
lease_state(struct out *out, const struct lease_row *row)
{
	struct arena *a = out->arena;
	if (!row->over) {
		msec left = row->until_wall > out->now ? row->until_wall - out->now : 0;
		return arena_printf(a, "%.*s left", STR_ARG(text_length(a, left)));
	}
	if (row->kind == LEASE_BREAK_GLASS && row->reviewed_by.n == 0)
		return STR("over; waits for somebody else to review it");
	if (row->reviewed_by.n > 0)
		return arena_printf(a, "reviewed by %.*s",
		    STR_ARG(view_who(row->reviewed_by)));
	return STR("over");
}

static void
print_lease(struct out *out, const struct lease_row *row)
{
	struct arena *a = out->arena;
	out_styled(out, STYLE_BOLD,
	    arena_printf(a, "%llu  %.*s", (unsigned long long)row->id,
		STR_ARG(row->service)));
	out_text(out, STR("  "));
	out_styled(out, row->kind == LEASE_BREAK_GLASS ? STYLE_BAD : STYLE_WARN,
	    view_enum(&lease_row_type, "kind", row->kind));
	out_text(out, STR("  "));
	out_text(out, lease_state(out, row));
	out_text(out, STR("\n"));
	out_field(out, "by", view_who(row->principal));
	if (row->why.n > 0)
		out_field(out, "why", row->why);
	out_field(out, "from", text_date_time(out, row->from_wall));
	out_field(out, row->over ? "ended" : "until",
	    text_date_time(out, row->over ? row->over_wall : row->until_wall));
	if (row->kind == LEASE_BREAK_GLASS)
		out_field(out, "lifted",
		    text_number(a, row->uses, "decision", "decisions"));
	if (row->review.n > 0)
		out_field(out, "review", row->review);
}

static int
list(struct client *client, enum lease_kind kind, const char *none)
{
	str body;
	struct records leases;
	int code = client_get_all(client, "/v1/leases?limit=1000", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &lease_row_type, &leases))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct lease_row *rows = leases.p;
	size_t shown = 0;
	for (size_t i = 0; i < leases.n; i++) {
		if (kind != 0 && rows[i].kind != kind)
			continue;
		if (shown++ > 0)
			out_text(&out, STR("\n"));
		print_lease(&out, &rows[i]);
	}
	if (shown == 0)
		say("%s", none);
	return out_end(&out);
}

/* ---- asking ---- */

static int
post(struct client *client, str path, str json, str *ret_body, struct lease_row *ret)
{
	int code = client_post(client, arena_cstr(&client->arena, path), json, ret_body);
	if (code != EXIT_OK)
		return code;
	return reply_one(client, *ret_body, "lease", &lease_row_type, ret) ? EXIT_OK
	                                                                   : EXIT_FAILED;
}

static str
service_path(struct client *client, const char *service, const char *verb)
{
	return arena_printf(&client->arena, "/v1/services/%.*s/%s",
	    STR_ARG(client_escape(client, service)), verb);
}

static const char *
words(struct client *client, int argc, char **argv)
{
	return argc > 0 ? arena_cstr(&client->arena, words_of(client, argc, argv)) : NULL;
}

static str
until_text(struct client *client, const struct lease_row *row)
{
	struct out out = out_begin(&client->arena);
	str text = text_date_time(&out, row->until_wall);
	buf_done(&out.text);
	return text;
}

/* ---- hands-on ---- */

static int
hands_on(struct client *client, void *context, int argc, char **argv)
{
	const char *const *length = context;
	msec ms;
	str body;
	struct lease_row row;
	if (argc == 0)
		return list(client, 0, "Nobody holds a service.");
	if (!length_take(*length, &ms))
		return EXIT_USAGE;
	const char *texts[] = { "for", *length, "why", words(client, argc - 1, argv + 1),
		NULL };
	int code = post(client, service_path(client, argv[0], "hands-on"),
	    body_of(client, texts, NULL), &body, &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("%s is in your hands until %.*s: automation and agents only watch.", argv[0],
	    STR_ARG(until_text(client, &row)));
	say("firstline hands-off %s    gives it back", argv[0]);
	return EXIT_OK;
}

static int
run_hands_on(int argc, char **argv)
{
	const char *length = HANDS_ON_DEFAULT;
	const struct option_spec specs[] = { { .name = "for", .value = &length } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "hands-on [SERVICE [REASON...]]",
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = hands_on,
		.context = &length });
}

const struct command_line command_hands_on = {
	.name = "hands-on",
	.summary = "take a service: automation only watches",
	.help =
	    "  firstline hands-on checkout --for 2h \"moving its database\"\n"
	    "\n"
	    "While you hold a service, automation and agents act on it no more; people "
	    "may,\n"
	    "within authority. Alerts, checks and notices go on. Without a service: who "
	    "holds\n"
	    "what, and what still waits for a review.\n"
	    "\n"
	    "  --for LENGTH       default " HANDS_ON_DEFAULT
	    ", at most 12h; again before its end: longer\n"
	    "  REASON             why, in at most 700 bytes\n" CLIENT_HELP,
	.run = run_hands_on,
};

/* ---- hands-off ---- */

/* "lease":N beside what is in the object. */
static str
with_lease(struct client *client, str json, uint64_t lease)
{
	if (lease == 0)
		return json;
	struct buf body = BUF(json.n + LEASE_MEMBER_MAX);
	buf_printf(&body, "{\"lease\":%llu%s", (unsigned long long)lease,
	    json.n > 2 ? "," : "");
	buf_add(&body, str_drop(json, 1));
	str text = arena_str(&client->arena, buf_str(&body));
	buf_done(&body);
	return text;
}

static int
hands_off(struct client *client, void *context, int argc, char **argv)
{
	const char *const *number = context;
	uint64_t lease = 0;
	str body;
	struct lease_row row;
	if (*number != NULL && !number_take(*number, "a lease", &lease))
		return EXIT_USAGE;
	const char *texts[] = { "why", words(client, argc - 1, argv + 1), NULL };
	str json = with_lease(client, body_of(client, texts, NULL), lease);
	int code =
	    post(client, service_path(client, argv[0], "hands-off"), json, &body, &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (row.kind == LEASE_HANDS_ON)
		say("%.*s is given back: automation acts on it again.",
		    STR_ARG(row.service));
	else
		say("The glass on %.*s is whole again. Somebody other than %.*s has to "
		    "review it:\nfirstline review %llu TEXT",
		    STR_ARG(row.service), STR_ARG(view_who(row.principal)),
		    (unsigned long long)row.id);
	return EXIT_OK;
}

static int
run_hands_off(int argc, char **argv)
{
	const char *lease = NULL;
	const struct option_spec specs[] = { { .name = "lease", .value = &lease } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "hands-off SERVICE [REASON...]",
		.min = 1,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = hands_off,
		.context = &lease });
}

const struct command_line command_hands_off = {
	.name = "hands-off",
	.summary = "give a service back to automation",
	.help = "  firstline hands-off checkout\n"
		"\n"
		"Ends hands-on before its time, or the glass that you broke on it. What "
		"another\n"
		"person holds needs a reason, and that person is told. What was refused "
		"meanwhile\n"
		"is not begun again by itself: 'firstline run' does.\n"
		"\n"
		"  --lease NUMBER     just that one; 'firstline hands-on' lists "
		"them\n" CLIENT_HELP,
	.run = run_hands_off,
};

/* ---- break-glass ---- */

static int
break_glass(struct client *client, void *context, int argc, char **argv)
{
	const char *const *length = context;
	msec ms;
	str body;
	struct lease_row row;
	if (*length == NULL) {
		complain("for how long? --for 30m");
		return EXIT_USAGE;
	}
	if (!length_take(*length, &ms))
		return EXIT_USAGE;
	const char *texts[] = { "for", *length, "why", words(client, argc - 1, argv + 1),
		NULL };
	int code = post(client, service_path(client, argv[0], "break-glass"),
	    body_of(client, texts, NULL), &body, &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("The glass is broken: until %.*s rules that may be lifted do not hold for you "
	    "on "
	    "%s. People are told.",
	    STR_ARG(until_text(client, &row)), argv[0]);
	say("firstline hands-off %s    ends it", argv[0]);
	say("firstline review %llu TEXT    afterwards, by somebody else",
	    (unsigned long long)row.id);
	return EXIT_OK;
}

static int
run_break_glass(int argc, char **argv)
{
	const char *length = NULL;
	const struct option_spec specs[] = { { .name = "for", .value = &length } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "break-glass SERVICE --for LENGTH REASON...",
		.min = 2,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = break_glass,
		.context = &length });
}

const struct command_line command_break_glass = {
	.name = "break-glass",
	.summary = "lift what may be lifted, for you, for a while, aloud",
	.help =
	    "  firstline break-glass checkout --for 30m \"the freeze holds the repair "
	    "up\"\n"
	    "\n"
	    "Prohibitions, limits and approvals that say 'liftable' do not hold for you on "
	    "this\n"
	    "service. It grants nothing that you may not do otherwise, and lifts nothing "
	    "for\n"
	    "automation or agents. Whoever answers for it is told, every decision names "
	    "it, and\n"
	    "somebody else has to review it afterwards. The reason needs 10 characters, "
	    "and has\n"
	    "at most 700 bytes.\n"
	    "\n"
	    "  --for LENGTH       for how long, at most 4h\n" CLIENT_HELP,
	.run = run_break_glass,
};

/* ---- review ---- */

static int
review(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	uint64_t number;
	str body;
	struct lease_row row;
	if (argc == 0)
		return list(client, LEASE_BREAK_GLASS,
		    "No broken glass waits for a review.");
	if (!number_take(argv[0], "a broken glass", &number))
		return EXIT_USAGE;
	if (argc == 1) {
		complain("what was found? firstline review %s TEXT", argv[0]);
		return EXIT_USAGE;
	}
	const char *texts[] = { "text", words(client, argc - 1, argv + 1), NULL };
	str path = arena_printf(&client->arena, "/v1/leases/%llu/review",
	    (unsigned long long)number);
	int code = post(client, path, body_of(client, texts, NULL), &body, &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("Reviewed: what %.*s did on %.*s is closed.", STR_ARG(view_who(row.principal)),
	    STR_ARG(row.service));
	return EXIT_OK;
}

static int
run_review(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "review [NUMBER TEXT...]",
		.max = -1,
		.run = review });
}

const struct command_line command_review = {
	.name = "review",
	.summary = "say what was found about a broken glass",
	.help = "  firstline review 41 \"needed: the freeze had forgotten the hotfix\"\n"
		"\n"
		"Somebody else than who broke it looks at what was done, once it is over. "
		"Until\n"
		"then it is a gap. Without a number: what waits for a review, and what is "
		"broken\n"
		"now. TEXT has at most 700 bytes.\n" CLIENT_HELP,
	.run = run_review,
};
