/*
 * channel -- by what people are reached: which there are, what each would send, and one real
 * message on its way.
 */
#include <time.h>

#include "cli/view.h"
#include "facts/catalogue.h"
#include "os/clock.h"

#define LOOK_EVERY_MS 200
#define PATIENCE_MS (60 * SECOND)

struct options {
	const char *to, *incident;
};

/* ---- list ---- */

static void
print_channel(struct out *out, const struct channel_item *item)
{
	struct arena *a = out->arena;
	out_styled(out, STYLE_BOLD, item->name);
	out_text(out, arena_printf(a, "  %.*s\n", STR_ARG(item->kind)));
	out_field(out, "people", view_names(out, &item->people));
	out_field(out, "teams", view_names(out, &item->teams));
	out_field(out, "written",
	    arena_printf(a, "%.*s:%u", STR_ARG(item->file), item->line));
	if (item->last_wall != 0)
		out_field(out, "delivered",
		    arena_printf(a, "%.*s, in %.*s",
			STR_ARG(text_date_time(out, item->last_wall)),
			STR_ARG(text_length(a, item->took_ms))));
	if (item->failed_wall != 0)
		out_field(out, "failed",
		    arena_printf(a, "%.*s: %.*s",
			STR_ARG(text_date_time(out, item->failed_wall)),
			STR_ARG(item->error)));
}

static int
list(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc, (void)argv;
	str body;
	struct records items;
	int code = client_get(client, "/v1/channels", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &channel_item_type, &items))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	const struct channel_item *item = items.p;
	for (size_t i = 0; i < items.n; i++) {
		if (i > 0)
			out_text(&out, STR("\n"));
		print_channel(&out, &item[i]);
	}
	if (items.n == 0)
		say("Nobody can be told anything: there are no 'channels' in the "
		    "configuration.");
	return out_end(&out);
}

/* ---- trying one ---- */

static bool
is_over(const struct notice_row *row)
{
	return row->state == NOTICE_DELIVERED || row->state == NOTICE_GIVEN_UP;
}

/* What became of it, however long its provider takes within reason. */
static int
wait_for(struct client *client, struct notice_row *row, str *ret_body)
{
	msec until = clock_boot() + PATIENCE_MS;
	const char *path = arena_cstr(&client->arena,
	    arena_printf(&client->arena, "/v1/notices/%llu", (unsigned long long)row->id));
	for (;;) {
		struct arena mark = client->arena;
		int code = client_get(client, path, ret_body);
		if (code != EXIT_OK)
			return code;
		if (!reply_one(client, *ret_body, "notice", &notice_row_type, row))
			return EXIT_FAILED;
		if (is_over(row))
			return EXIT_OK;
		if (clock_boot() > until) {
			complain("the message is still on its way: firstline channel list "
				 "tells later how it went");
			return EXIT_TIMEOUT;
		}
		client->arena = mark;
		struct timespec left = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
		(void)nanosleep(&left, NULL);
	}
}

static void
print_text(struct out *out, const char *head, str text)
{
	if (text.n == 0)
		return;
	out_styled(out, STYLE_DIM, str_of(head));
	out_text(out, STR("\n"));
	while (text.n > 0) {
		struct str_cut line = str_cut(text, '\n');
		out_text(out, STR("  "));
		out_text(out, line.head);
		out_text(out, STR("\n"));
		text = line.tail;
	}
}

static int
print_tried(struct client *client, const struct notice_row *row)
{
	struct out out = out_begin(&client->arena);
	bool ok = row->state == NOTICE_DELIVERED;
	print_text(&out, row->shows_as != 0 ? "what would go out" : "what went out",
	    row->request);
	print_text(&out, "what was answered", row->answer);
	if (row->shows_as == 0) {
		str took = text_length(&client->arena, row->took_ms);
		out_styled(&out, ok ? STYLE_GOOD : STYLE_BAD,
		    ok ? STR("taken") : STR("not taken"));
		out_text(&out,
		    arena_printf(&client->arena, " after %.*s%s%.*s\n", STR_ARG(took),
			row->error.n > 0 ? ": " : "", STR_ARG(row->error)));
	} else if (!ok) {
		out_styled(&out, STYLE_BAD, row->error);
		out_text(&out, STR("\n"));
	}
	int code = out_end(&out);
	return code == EXIT_OK && !ok ? EXIT_FAILED : code;
}

static int
try(struct client *client, const struct options *o, const char *name, const char *what)
{
	str body;
	struct notice_row row;
	uint64_t incident = 0;
	const char *number = NULL;
	if (o->incident != NULL && strcmp(o->incident, "sample") != 0) {
		if (!number_take(o->incident, "incident", &incident))
			return EXIT_USAGE;
		number = arena_cstr(&client->arena,
		    arena_printf(&client->arena, "%llu", (unsigned long long)incident));
	}
	const char *texts[] = { "to", o->to, "incident", number, NULL };
	const char *path =
	    arena_cstr(&client->arena, arena_printf(&client->arena, "/v1/channels/%.*s/%s",
					   STR_ARG(client_escape(client, name)), what));
	int code = client_post(client, path, body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_one(client, body, "notice", &notice_row_type, &row))
		return EXIT_FAILED;
	code = wait_for(client, &row, &body);
	if (code != EXIT_OK)
		return code;
	if (!client->options.json)
		return print_tried(client, &row);
	code = client_print_json(body);
	return code == EXIT_OK && row.state != NOTICE_DELIVERED ? EXIT_FAILED : code;
}

static int
test(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	return try(client, context, argv[0], "test");
}

static int
preview(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	return try(client, context, argv[0], "preview");
}

/* ---- the command lines ---- */

static int
run_list(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "channel list", .run = list });
}

static int
run_test(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = { { .name = "to", .value = &o.to } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "channel test CHANNEL [--to WHO]",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = test,
		.context = &o });
}

static int
run_preview(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = { { .name = "to", .value = &o.to },
		{ .name = "incident", .value = &o.incident } };
	return client_run(argc, argv,
	    &(struct client_command){
		.usage = "channel preview CHANNEL [--incident NUMBER] [--to WHO]",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = preview,
		.context = &o });
}

static const struct command_line command_list = {
	.name = "list",
	.summary = "by what people are reached",
	.help = "  firstline channel list\n"
		"\n"
		"The channels of the configuration: whom each reaches, how long its last\n"
		"message took, and why the last one that was refused was.\n" CLIENT_HELP,
	.run = run_list,
};

static const struct command_line command_test = {
	.name = "test",
	.summary = "send one message, and show request and answer",
	.help =
	    "  firstline channel test talk\n"
	    "  firstline channel test mail --to ana\n"
	    "\n"
	    "One real message that says that it is a test. Shown are the request that "
	    "went\n"
	    "out, what its provider answered, and how long that took; secrets are masked.\n"
	    "It is recorded who asked.\n"
	    "\n"
	    "  --to WHO           a person or a team that the channel reaches (default\n"
	    "                     you, else the channel's own address)\n" CLIENT_HELP,
	.run = run_test,
};

static const struct command_line command_preview = {
	.name = "preview",
	.summary = "show what would be sent, and send nothing",
	.help =
	    "  firstline channel preview talk\n"
	    "  firstline channel preview mail --incident 12\n"
	    "\n"
	    "The request as it would go out, its secrets masked: of a sample, or of what\n"
	    "would be said of an incident now.\n"
	    "\n"
	    "  --incident NUMBER  of this one (default 'sample')\n"
	    "  --to WHO           as a person or a team that the channel reaches gets "
	    "it\n" CLIENT_HELP,
	.run = run_preview,
};

static const struct command_line *const subs[] = {
	&command_list,
	&command_preview,
	&command_test,
};

const struct command_line command_channel = {
	.name = "channel",
	.summary = "by what people are reached: list, preview, test",
	.help = "  firstline channel list\n"
		"  firstline channel preview talk\n"
		"  firstline channel test talk\n"
		"\n"
		"What each channel would send, without sending it, and one real message.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
