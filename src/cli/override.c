/*
 * override -- who stands in for whom: said, asked for, answered, taken back.
 */
#include "facts/override.h"
#include "cli/view.h"

struct options {
	const char *team, *rotation, *from, *to, *back_from, *back_to;
};

/* ---- what there is ---- */

static enum style
style_of(const struct override_row *row)
{
	switch (row->state) {
	case OVERRIDE_ASKED:
		return STYLE_WARN;
	case OVERRIDE_HOLDS:
		return STYLE_GOOD;
	case OVERRIDE_DECLINED:
	case OVERRIDE_EXPIRED:
		return STYLE_BAD;
	case OVERRIDE_OVER:
	case OVERRIDE_ENDED:
		break;
	}
	return STYLE_DIM;
}

static str
span_of(struct out *out, msec from, msec until)
{
	return arena_printf(out->arena, "%.*s until %.*s",
	    STR_ARG(text_date_time(out, from)), STR_ARG(text_date_time(out, until)));
}

static void
print_override(struct out *out, const struct override_row *row)
{
	struct arena *a = out->arena;
	out_styled(out, STYLE_BOLD,
	    arena_printf(a, "%llu  %.*s%s%.*s", (unsigned long long)row->id,
		STR_ARG(row->team), row->rotation.n > 0 ? " " : "",
		STR_ARG(row->rotation)));
	out_text(out, STR("  "));
	out_styled(out, style_of(row), view_enum(&override_row_type, "state", row->state));
	out_text(out, STR("\n"));
	out_field(out, "who", row->person.n > 0 ? row->person : STR("nobody said yes yet"));
	if (row->instead.n > 0)
		out_field(out, "for", row->instead);
	out_field(out, "when", span_of(out, row->from_wall, row->until_wall));
	if (row->kind == OVERRIDE_SWAP)
		out_field(out, "in return",
		    span_of(out, row->back_from_wall, row->back_until_wall));
	if (row->state == OVERRIDE_ASKED)
		out_field(out, "asked", view_names(out, &row->asked));
	if (row->why.n > 0)
		out_field(out, "why", row->why);
	out_field(out, "by",
	    arena_printf(a, "%.*s, %.*s", STR_ARG(view_who(row->by)),
		STR_ARG(text_date_time(out, row->made_wall))));
	if (row->over_wall > 0)
		out_field(out, "over",
		    arena_printf(a, "%.*s%s%.*s, %.*s", STR_ARG(view_who(row->over_by)),
			row->over_why.n > 0 ? ": " : "", STR_ARG(row->over_why),
			STR_ARG(text_date_time(out, row->over_wall))));
}

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)argc, (void)argv;
	const bool *all = context;
	str body;
	struct records rows;
	int code = client_get_all(client,
	    *all ? "/v1/overrides?limit=1000&state=all" : "/v1/overrides?limit=1000",
	    &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &override_row_type, &rows))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct override_row *row = rows.p;
	for (size_t i = 0; i < rows.n; i++) {
		if (i > 0)
			out_text(&out, STR("\n"));
		print_override(&out, &row[i]);
	}
	if (rows.n == 0)
		say("Nobody stands in for anybody.");
	return out_end(&out);
}

static int
run_list(int argc, char **argv)
{
	bool all = false;
	const struct option_spec specs[] = { { .name = "all", .flag = &all } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "override list [--all]",
		.specs = specs,
		.specs_n = countof(specs),
		.run = list,
		.context = &all });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "who stands in for whom, and what waits for a yes",
	.help = "  firstline override list\n"
		"\n"
		"Who stands in for whom now and later, and what waits for somebody's yes.\n"
		"\n"
		"  --all              those that are over too, newest first\n" CLIENT_HELP,
	.run = run_list,
};

/* ---- asking ---- */

static bool
time_text(struct client *client, const struct zone *zone, const char *text,
    const char **ret)
{
	msec at;
	*ret = NULL;
	if (text == NULL)
		return true;
	if (!time_take(zone, text, &at))
		return false;
	*ret = arena_cstr(&client->arena,
	    arena_printf(&client->arena, "%llu", (unsigned long long)at));
	return true;
}

/* `person` may be NULL; the arguments are why. */
static int
ask(struct client *client, const struct options *o, const char *path, const char *person,
    int argc, char **argv)
{
	struct out out = out_begin(&client->arena); /* for the zone */
	const char *from, *to, *back_from, *back_to;
	buf_done(&out.text);
	if (o->team == NULL || o->to == NULL) {
		complain("which team, and until when? --team TEAM --to TIME");
		return EXIT_USAGE;
	}
	if (!time_text(client, out.zone, o->from, &from) ||
	    !time_text(client, out.zone, o->to, &to) ||
	    !time_text(client, out.zone, o->back_from, &back_from) ||
	    !time_text(client, out.zone, o->back_to, &back_to))
		return EXIT_USAGE;
	const char *why =
	    argc > 0 ? arena_cstr(&client->arena, words_of(client, argc, argv)) : NULL;
	const char *texts[] = { "team", o->team, "rotation", o->rotation, "person", person,
		"from", from, "to", to, "back_from", back_from, "back_to", back_to, "why",
		why, NULL };
	str body;
	struct override_row row;
	int code = client_post(client, path, body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "override", &override_row_type, &row))
		return EXIT_FAILED;
	out = out_begin(&client->arena);
	print_override(&out, &row);
	return out_end(&out);
}

#define SPECS(o)                                             \
	{ .name = "team", .value = &(o)->team },             \
	    { .name = "rotation", .value = &(o)->rotation }, \
	    { .name = "from", .value = &(o)->from },         \
	{                                                    \
		.name = "to", .value = &(o)->to              \
	}
#define SPECS_HELP                                                                \
	"\n"                                                                      \
	"  --team TEAM        whose rotation\n"                                   \
	"  --rotation NAME    one of them (default all of the team's)\n"          \
	"  --from TIME        in local time: 18:00 (the next one), \"2026-12-24 " \
	"18:00\";\n"                                                              \
	"                     default now\n"                                      \
	"  --to TIME          until then; nobody stands in without an end\n"

static int
set(struct client *client, void *context, int argc, char **argv)
{
	return ask(client, context, "/v1/overrides", argv[0], argc - 1, argv + 1);
}

static int
run_set(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = { SPECS(&o) };
	return client_run(argc, argv,
	    &(struct client_command){
		.usage = "override set PERSON --team TEAM --to TIME [WHY...]",
		.min = 1,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = set,
		.context = &o });
}

static const struct command_line command_set = {
	.name = "set",
	.summary = "say who has it for a time",
	.help =
	    "  firstline override set mei --team platform-ops --to \"2026-12-24 18:00\" "
	    "ana is ill\n"
	    "\n"
	    "That person is on duty in the place of whoever would be, at once, with all "
	    "that\n"
	    "being on duty allows. Both are told. People of the team may say so about "
	    "each\n"
	    "other, the role admin about anybody.\n" SPECS_HELP CLIENT_HELP,
	.run = run_set,
};

static int
cover_me(struct client *client, void *context, int argc, char **argv)
{
	return ask(client, context, "/v1/overrides/cover", NULL, argc, argv);
}

static int
run_cover_me(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = { SPECS(&o) };
	return client_run(argc, argv,
	    &(struct client_command){
		.usage = "override cover-me --team TEAM --to TIME [WHY...]",
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = cover_me,
		.context = &o });
}

static const struct command_line command_cover_me = {
	.name = "cover-me",
	.summary = "ask the others to take your turn",
	.help =
	    "  firstline override cover-me --team platform-ops --from 20:00 --to 23:00 "
	    "school\n"
	    "\n"
	    "Everybody else in the team's rotations is asked; the first who says yes has "
	    "it.\n"
	    "Until then it is yours.\n" SPECS_HELP CLIENT_HELP,
	.run = run_cover_me,
};

static int
swap(struct client *client, void *context, int argc, char **argv)
{
	const struct options *o = context;
	if (o->from == NULL || o->back_from == NULL || o->back_to == NULL) {
		complain("which turns? --from TIME --to TIME --back-from TIME --back-to "
			 "TIME");
		return EXIT_USAGE;
	}
	return ask(client, o, "/v1/overrides/swap", argv[0], argc - 1, argv + 1);
}

static int
run_swap(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = { SPECS(&o),
		{ .name = "back-from", .value = &o.back_from },
		{ .name = "back-to", .value = &o.back_to } };
	return client_run(argc, argv,
	    &(struct client_command){
		.usage = "override swap PERSON --team TEAM --from TIME --to TIME "
			 "--back-from TIME --back-to TIME [WHY...]",
		.min = 1,
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = swap,
		.context = &o });
}

static const struct command_line command_swap = {
	.name = "swap",
	.summary = "ask one person: your turn for theirs",
	.help =
	    "  firstline override swap mei --team platform-ops --from 2026-12-24 \\\n"
	    "      --to 2026-12-26 --back-from 2027-01-02 --back-to 2027-01-04\n"
	    "\n"
	    "That person is asked; with a yes they have your turns within the first span, "
	    "and you\n"
	    "theirs within the second.\n" SPECS_HELP
	    "  --back-from TIME   what you take for it\n"
	    "  --back-to TIME     until then\n" CLIENT_HELP,
	.run = run_swap,
};

/* ---- yes, no, and back ---- */

static int
answer(struct client *client, const char *verb, int argc, char **argv)
{
	uint64_t number;
	str body;
	struct override_row row;
	if (!number_take(argv[0], "an override", &number))
		return EXIT_USAGE;
	const char *why =
	    argc > 1 ? arena_cstr(&client->arena, words_of(client, argc - 1, argv + 1))
		     : NULL;
	const char *texts[] = { "why", why, NULL };
	bool end = verb == NULL;
	str path = arena_printf(&client->arena, "/v1/overrides/%llu%s%s",
	    (unsigned long long)number, end ? "" : "/", end ? "" : verb);
	const char *cpath = arena_cstr(&client->arena, path);
	int code = end ? client_delete(client, cpath, &body)
	               : client_post(client, cpath, body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_one(client, body, "override", &override_row_type, &row))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	print_override(&out, &row);
	return out_end(&out);
}

static int
accept_it(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	return answer(client, "accept", argc, argv);
}

static int
decline_it(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	return answer(client, "decline", argc, argv);
}

static int
end_it(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	return answer(client, NULL, argc, argv);
}

static int
run_accept(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "override accept NUMBER",
		.min = 1,
		.max = 1,
		.run = accept_it });
}

static int
run_decline(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "override decline NUMBER [WHY...]",
		.min = 1,
		.max = -1,
		.run = decline_it });
}

static int
run_end(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "override end NUMBER",
		.min = 1,
		.max = 1,
		.run = end_it });
}

static const struct command_line command_accept = {
	.name = "accept",
	.summary = "take the turn that you were asked about",
	.help = "  firstline override accept 41\n"
		"\n"
		"The first yes has it; who asked and the others who were asked are "
		"told.\n" CLIENT_HELP,
	.run = run_accept,
};

static const struct command_line command_decline = {
	.name = "decline",
	.summary = "do not take it",
	.help = "  firstline override decline 41 \"I am away too\"\n"
		"\n"
		"When everybody who was asked said no, who asked is told.\n" CLIENT_HELP,
	.run = run_decline,
};

static const struct command_line command_end = {
	.name = "end",
	.summary = "take it back: what is written holds again",
	.help = "  firstline override end 41\n"
		"\n"
		"Ends what holds or waits. Whoever stood in and whoever asked are "
		"told.\n" CLIENT_HELP,
	.run = run_end,
};

static const struct command_line *const subs[] = {
	&command_list,
	&command_set,
	&command_cover_me,
	&command_swap,
	&command_accept,
	&command_decline,
	&command_end,
};

const struct command_line command_override = {
	.name = "override",
	.summary = "stand in for each other: set, cover-me, swap, accept, end",
	.help = "  firstline override set mei --team platform-ops --to 18:00 ana is ill\n"
		"\n"
		"Who has a rotation in the place of whoever would have it by the "
		"configuration:\n"
		"for a time, known at once to escalation, notices and authority.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
