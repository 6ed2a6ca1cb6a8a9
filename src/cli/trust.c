/*
 * trust -- how far each runbook goes by itself, and what it has proved.
 */
#include "cli/trust.h"

#include <stdio.h>

#include "cli/view.h"

int
trust_get_items(struct client *client, const char *runbook, str *ret_body,
    struct records *ret)
{
	str path = runbook == NULL ? STR("/v1/trust")
	                           : arena_printf(&client->arena, "/v1/trust?runbook=%.*s",
					 STR_ARG(client_escape(client, runbook)));
	int code = client_get(client, arena_cstr(&client->arena, path), ret_body);
	if (code != EXIT_OK)
		return code;
	return reply_list(client, *ret_body, "items", &trust_item_type, ret) ? EXIT_OK
	                                                                     : EXIT_FAILED;
}

static str
level_name(uint32_t level)
{
	return view_enum(&trust_item_type, "level", level);
}

static str
held_text(struct out *out, const struct trust_item *item)
{
	const struct trust_row *row = &item->row;
	struct arena *a = out->arena;
	if (row->level == 0)
		return item->earned ? STR("it must be earned; not promoted yet")
		                    : STR("as it is declared");
	str why = row->level_why.n > 0 ? arena_printf(a, ": %.*s", STR_ARG(row->level_why))
	                               : STR("");
	return arena_printf(a, "%.*s, by %.*s, %.*s%.*s", STR_ARG(level_name(row->level)),
	    STR_ARG(view_who(row->level_by)), STR_ARG(text_date_time(out, row->level_wall)),
	    STR_ARG(why));
}

enum autonomy
trust_may(const struct trust_item *item)
{
	enum autonomy may = item->said;
	if (item->stale && may > AUTONOMY_PLAN)
		may = AUTONOMY_PLAN;
	if (item->earned && may > item->earns)
		may = item->earns;
	return may;
}

void
view_trust(struct out *out, const struct trust_item *item)
{
	const struct trust_row *row = &item->row;
	struct arena *a = out->arena;
	out_styled(out, STYLE_BOLD, item->runbook);
	out_printf(out, " on %.*s: ",
	    STR_ARG(item->service.n > 0 ? item->service : STR("any service")));
	out_styled(out, item->level == AUTONOMY_AUTO ? STYLE_GOOD : STYLE_WARN,
	    level_name(item->level));
	out_printf(out, "%s\n", item->shadow ? ", in shadow: it does nothing" : "");
	out_field(out, "because", item->why);
	out_field(out, "ceiling",
	    arena_printf(a, "%.*s; with what the owner says, %.*s",
		STR_ARG(level_name(item->ceiling)), STR_ARG(level_name(item->said))));
	out_field(out, "held", held_text(out, item));
	out_field(out, "earns",
	    arena_printf(a, "%.*s%s", STR_ARG(level_name(item->earns)),
		item->earned ? "" : " (not asked for: its trust is declared)"));
	out_field(out, "evidence", item->arithmetic);
	if (row->history.n > 0)
		out_field(out, "history", row->history);
	if (item->last_wall > 0)
		out_field(out, "last", text_date_time(out, item->last_wall));
	enum autonomy may = trust_may(item);
	if (item->level < may && item->service.n > 0)
		out_field(out, "may go",
		    arena_printf(a,
			"as far as %.*s when a person says so: firstline promote %.*s --on "
			"%.*s --to %.*s",
			STR_ARG(level_name(may)), STR_ARG(item->runbook),
			STR_ARG(item->service), STR_ARG(level_name(may))));
	if (item->next.n > 0 && item->earned && may < item->said)
		out_field(out, "next", item->next);
	if (item->drill_due_wall > 0)
		out_field(out, "drill",
		    arena_printf(a, "%sdue %.*s", item->stale ? "overdue; was " : "",
			STR_ARG(text_date_time(out, item->drill_due_wall))));
	if (row->shadow_runs > 0)
		out_field(out, "shadow",
		    arena_printf(a,
			"it would have acted %u time%s: %u ended by %s, %u by a "
			"person",
			row->shadow_runs, row->shadow_runs == 1 ? "" : "s",
			row->shadow_alone, row->shadow_alone == 1 ? "itself" : "themselves",
			row->shadow_person));
}

static int
trust(struct client *client, void *context, int argc, char **argv)
{
	(void)context;
	str body;
	struct records items;
	int code = trust_get_items(client, argc > 0 ? argv[0] : NULL, &body, &items);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	const struct trust_item *p = items.p;
	for (size_t i = 0; i < items.n; i++) {
		if (i > 0)
			out_text(&out, STR("\n"));
		view_trust(&out, &p[i]);
	}
	code = out_end(&out);
	if (items.n == 0)
		say("There is no runbook with steps.");
	else
		say("\nfirstline promote RUNBOOK --on SERVICE --to LEVEL");
	return code;
}

static int
run(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "trust [RUNBOOK]", .max = 1, .run = trust });
}

const struct command_line command_trust = {
	.name = "trust",
	.summary = "how far runbooks go by themselves, and what they proved",
	.help = "  firstline trust\n"
		"  firstline trust queue-not-draining\n"
		"\n"
		"For each runbook and service: the level in force and what holds it there, "
		"the\n"
		"arithmetic of what was verified, and what the next level wants. In the "
		"history,\n"
		"V and F are runs that a verify saw recover or not, D and E the same in "
		"drills,\n"
		"O one that a person stopped, U what was taken back, C a changed "
		"text.\n" CLIENT_HELP,
	.run = run,
};
