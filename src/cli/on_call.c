#include "cli/view.h"
#include "facts/frame.h"

struct options {
	const char *at, *team;
};

static str
path_of(struct client *client, const struct options *o, msec at)
{
	const char *sep = "?";
	str path = STR("/v1/on-call");
	struct arena *a = &client->arena;
	if (o->team != NULL) {
		path = arena_printf(a, "%.*s?team=%.*s", STR_ARG(path),
		    STR_ARG(client_escape(client, o->team)));
		sep = "&";
	}
	if (at > 0)
		path = arena_printf(a, "%.*s%sat=%llu", STR_ARG(path), sep,
		    (unsigned long long)at);
	return path;
}

static void
print_duty(struct out *out, const struct duty_item *duty)
{
	str person = duty->person.n > 0 ? duty->person : STR("nobody");
	out_printf(out, "%-16.*s %-10.*s ", STR_ARG(duty->team), STR_ARG(duty->rotation));
	out_styled(out, duty->person.n > 0 ? STYLE_BOLD : STYLE_BAD, person);
	if (duty->until_wall > 0)
		out_printf(out, ", until %.*s",
		    STR_ARG(text_date_time(out, duty->until_wall)));
	out_text(out, STR("\n"));
}

static int
on_call(struct client *client, void *context, int argc, char **argv)
{
	(void)argc, (void)argv;
	const struct options *o = context;
	struct out out = out_begin(&client->arena);
	msec at = 0;
	str body;
	struct records duties;
	if (o->at != NULL && !time_take(out.zone, o->at, &at))
		return EXIT_USAGE;
	int code =
	    client_get(client, arena_cstr(&client->arena, path_of(client, o, at)), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &duty_item_type, &duties))
		return EXIT_FAILED;
	const struct duty_item *rows = duties.p;
	for (size_t i = 0; i < duties.n; i++)
		print_duty(&out, &rows[i]);
	if (duties.n == 0)
		say(o->team != NULL ? "That team has no rotation."
				    : "No team has a rotation.");
	return out_end(&out);
}

static int
run(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "at", .value = &o.at },
		{ .name = "team", .value = &o.team },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "on-call [--at TIME]",
		.specs = specs,
		.specs_n = countof(specs),
		.run = on_call,
		.context = &o });
}

const struct command_line command_on_call = {
	.name = "on-call",
	.summary = "who is on duty",
	.help = "  firstline on-call\n"
		"  firstline on-call --team platform-ops --at \"2026-12-24 18:00\"\n"
		"\n"
		"Who is on duty in each rotation of each team, and until when.\n"
		"\n"
		"  --at TIME          then, in local time\n"
		"  --team TEAM        one team\n" CLIENT_HELP,
	.run = run,
};
