/*
 * noise -- what alerts cost people, and what came of them; the worst first.
 */
#include <stdio.h>

#include "cli/view.h"
#include "facts/noise.h"

#define NAME_COLUMNS_MIN 12

struct noise_options {
	const char *since, *by;
};

static const char *
path_of(struct client *client, const struct noise_options *o)
{
	str since = o->since != NULL ? client_escape(client, o->since) : STR("30d");
	str by = o->by != NULL ? client_escape(client, o->by) : STR("alert");
	return arena_cstr(&client->arena,
	    arena_printf(&client->arena, "/v1/noise?by=%.*s&since=%.*s", STR_ARG(by),
		STR_ARG(since)));
}

/* Columns of the widest name that is shown whole. */
static size_t
widest(const struct noise_item *items, size_t n, size_t max)
{
	size_t width = NAME_COLUMNS_MIN;
	for (size_t i = 0; i < n; i++) {
		size_t columns = text_columns(items[i].name);
		if (columns > width && columns <= max)
			width = columns;
	}
	return width;
}

static void
put_name(struct out *out, str name, size_t width)
{
	str shown = name.n > 0 ? name : STR("(none)");
	out_styled(out, STYLE_BOLD, shown);
	size_t columns = text_columns(shown);
	if (columns > width) {
		out_text(out, STR("\n"));
		columns = 0;
	}
	out_printf(out, "%*s", (int)(width - columns), "");
}

static void
print_item(struct out *out, const struct noise_item *item, size_t width)
{
	str share = item->incidents > 0
	                ? arena_printf(out->arena, "%u %%", item->acted_percent)
	                : STR("-");
	put_name(out, item->name, width);
	out_printf(out, "  %6llu  %9u  %6u  %5u  %5.*s  %3u/%u\n",
	    (unsigned long long)item->fired, item->incidents, item->called, item->acted,
	    STR_ARG(share), item->yes, item->no);
	if (item->verdict.n == 0)
		return;
	out_text(out, STR("    "));
	out_styled(out, STYLE_WARN, item->verdict);
	out_text(out, STR("\n"));
}

static int
noise(struct client *client, void *context, int argc, char **argv)
{
	(void)argc, (void)argv;
	const struct noise_options *o = context;
	struct records items;
	str body;
	int code = client_get(client, path_of(client, o), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &noise_item_type, &items))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct noise_item *p = items.p;
	size_t width =
	    widest(p, items.n, out.width > 70 ? out.width - 56 : NAME_COLUMNS_MIN);
	if (items.n > 0)
		out_printf(&out, "%-*s   fired  incidents  called  acted  share  useful\n",
		    (int)width, "");
	for (size_t i = 0; i < items.n; i++)
		print_item(&out, &p[i], width);
	code = out_end(&out);
	if (items.n == 0)
		say("No alert has fired.");
	else
		say("\nfirstline incident useful NUMBER yes|no    what you say counts "
		    "here");
	return code;
}

static int
run(int argc, char **argv)
{
	struct noise_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "since", .value = &o.since },
		{ .name = "by", .value = &o.by },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage =
					  "noise [--since 30d] [--by alert|source|service]",
		.specs = specs,
		.specs_n = countof(specs),
		.run = noise,
		.context = &o });
}

const struct command_line command_noise = {
	.name = "noise",
	.summary = "what alerts cost people, and which of them were worth it",
	.help =
	    "  firstline noise --since 30d\n"
	    "\n"
	    "How often each alert fired, how many incidents that made, for how many\n"
	    "somebody was called, on how many a person or a runbook acted, and what "
	    "people\n"
	    "said of them (yes/no); those first for which most were called for nothing,\n"
	    "with what to do about the worst. Counted by days, in UTC.\n"
	    "\n"
	    "  --since TIME    how long ago it begins, 30d where nothing is said; at most "
	    "400d\n"
	    "  --by WHAT       alert, source or service\n" CLIENT_HELP,
	.run = run,
};
