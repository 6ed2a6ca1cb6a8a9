#include <string.h>

#include "cli/view.h"
#include "facts/shift_ical.h"

#define WEEKS 12
#define WEEKS_MAX 56

struct options {
	const char *at, *team, *weeks, *person;
	bool ics;
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
	if (duty->quiet_wall > 0)
		out_printf(out, "; quiet until %.*s",
		    STR_ARG(text_date_time(out, duty->quiet_wall)));
	out_text(out, STR("\n"));
}

/* ---- the coming weeks ---- */

static bool
same_rotation(const struct shift_item *a, const struct shift_item *b)
{
	return str_eq(a->team, b->team) && str_eq(a->rotation, b->rotation);
}

/* "2026-11-30 09:00:00 WET until 2026-12-07 09:00:00 WET  mei": gaps in red. */
static void
print_shift(struct out *out, const struct shift_item *shift)
{
	out_printf(out, "%.*s until %.*s  ", STR_ARG(text_date_time(out, shift->from_wall)),
	    STR_ARG(text_date_time(out, shift->until_wall)));
	out_styled(out, shift->gap ? STYLE_BAD : STYLE_BOLD,
	    shift->gap ? STR("nobody") : shift->person);
}

/* Whoever has it now, and who has it next. */
static void
print_next(struct out *out, const struct shift_item *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && same_rotation(&rows[i], &rows[i - 1]))
			continue;
		const struct shift_item *next =
		    i + 1 < n && same_rotation(&rows[i], &rows[i + 1]) ? &rows[i + 1]
								       : NULL;
		out_printf(out, "%-16.*s %-10.*s ", STR_ARG(rows[i].team),
		    STR_ARG(rows[i].rotation));
		out_styled(out, rows[i].gap ? STYLE_BAD : STYLE_BOLD,
		    rows[i].gap ? STR("nobody") : rows[i].person);
		if (next == NULL) {
			out_text(out, STR(", and nobody else within the coming weeks\n"));
			continue;
		}
		out_printf(out, ", then from %.*s ",
		    STR_ARG(text_date_time(out, next->from_wall)));
		out_styled(out, next->gap ? STYLE_BAD : STYLE_BOLD,
		    next->gap ? STR("nobody") : next->person);
		out_text(out, STR("\n"));
	}
}

static void
print_weeks(struct out *out, const struct shift_item *rows, size_t n)
{
	size_t gaps = 0;
	for (size_t i = 0; i < n; i++) {
		const struct shift_item *shift = &rows[i];
		if (i == 0 || !same_rotation(shift, &rows[i - 1])) {
			out_printf(out, "%s%.*s %.*s", i > 0 ? "\n" : "",
			    STR_ARG(shift->team), STR_ARG(shift->rotation));
			if (shift->tier > 0)
				out_printf(out, ", tier %u", shift->tier);
			out_text(out, STR("\n"));
		}
		out_text(out, STR("  "));
		print_shift(out, shift);
		out_text(out, STR("\n"));
		gaps += shift->gap;
	}
	if (gaps == 0)
		return;
	out_text(out, STR("\n"));
	out_styled(out, STYLE_BAD, text_number(out->arena, gaps, "gap", "gaps"));
	out_text(out, STR(": nobody has the rotation then\n"));
}

/* ---- as a calendar ---- */

static bool
has_turn(const struct shift_item *rows, size_t n, const char *person)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(rows[i].person, str_of(person)))
			return true;
	}
	return false;
}

/* As it is: what a terminal would act on, a calendar reads. */
static void
print_ics(struct out *out, const struct options *o, msec from,
    const struct shift_item *rows, size_t n)
{
	struct arena *a = out->arena;
	ical_begin(&out->text, o->person != NULL ? arena_printf(a, "On duty: %s", o->person)
			       : o->team != NULL ? arena_printf(a, "On duty: %s", o->team)
						 : STR("On duty"));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].until_wall + SHIFTS_PAST_MS >= out->now &&
		    (o->person == NULL || str_eq(rows[i].person, str_of(o->person))))
			shift_ical(&out->text, &rows[i], from, out->now);
	}
	ical_end(&out->text);
}

static bool
weeks_of(const struct options *o, uint64_t *ret)
{
	*ret = WEEKS;
	if (o->weeks == NULL || (str_u64(str_of(o->weeks), WEEKS_MAX, ret) && *ret > 0))
		return true;
	complain("--weeks is a number from 1 to %d", WEEKS_MAX);
	return false;
}

static int
ahead(struct client *client, const struct options *o, const char *what)
{
	struct out out = out_begin(&client->arena);
	struct arena *a = &client->arena;
	bool next = strcmp(what, "next") == 0;
	uint64_t weeks;
	msec from = o->ics ? out.now - SHIFTS_BACK_MS : out.now;
	if (!next && strcmp(what, "weeks") != 0) {
		complain("on-call knows 'next' and 'weeks', not '%s'", what);
		return EXIT_USAGE;
	}
	if (next && o->ics) {
		complain("--ics goes with 'on-call weeks'");
		return EXIT_USAGE;
	}
	if (!weeks_of(o, &weeks) || (o->at != NULL && !time_take(out.zone, o->at, &from)))
		return EXIT_USAGE;
	str path = arena_printf(a, "/v1/on-call/shifts?from=%llu&to=%llu%s%.*s",
	    (unsigned long long)from,
	    (unsigned long long)((from > out.now ? from : out.now) + weeks * 7 * DAY),
	    o->team != NULL ? "&team=" : "",
	    STR_ARG(o->team != NULL ? client_escape(client, o->team) : STR("")));
	str body;
	struct records shifts;
	int code = client_get(client, arena_cstr(a, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!reply_list(client, body, "items", &shift_item_type, &shifts))
		return EXIT_FAILED;
	if (o->ics)
		print_ics(&out, o, from, shifts.p, shifts.n);
	else if (next)
		print_next(&out, shifts.p, shifts.n);
	else
		print_weeks(&out, shifts.p, shifts.n);
	if (o->ics && o->person != NULL && !has_turn(shifts.p, shifts.n, o->person))
		say("'%s' has no turn in that time, so the calendar is empty. --person is "
		    "an "
		    "id; firstline on-call weeks    who has turns",
		    o->person);
	str note = reply_text(client, body, "note");
	if (note.n > 0)
		say("%.*s.", STR_ARG(note));
	if (shifts.n == 0)
		say(o->team != NULL ? "That team has no rotation."
				    : "No team has a rotation.");
	return out_end(&out);
}

static int
on_call(struct client *client, void *context, int argc, char **argv)
{
	const struct options *o = context;
	if (argc == 1)
		return ahead(client, o, argv[0]);
	if (o->weeks != NULL || o->ics || o->person != NULL) {
		complain(o->weeks != NULL
			     ? "--weeks goes with 'on-call weeks' and 'on-call next'"
			     : "--ics and --person go with 'on-call weeks'");
		return EXIT_USAGE;
	}
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
		{ .name = "weeks", .value = &o.weeks },
		{ .name = "person", .value = &o.person },
		{ .name = "ics", .flag = &o.ics },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "on-call [next|weeks] [--at TIME]",
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = on_call,
		.context = &o });
}

const struct command_line command_on_call = {
	.name = "on-call",
	.summary = "who is on duty",
	.help =
	    "  firstline on-call\n"
	    "  firstline on-call next\n"
	    "  firstline on-call weeks --team platform-ops\n"
	    "  firstline on-call weeks --ics --person ana > ana.ics\n"
	    "  firstline on-call --team platform-ops --at \"2026-12-24 18:00\"\n"
	    "\n"
	    "Who is on duty in each rotation of each team, and until when; with 'next' who "
	    "comes\n"
	    "after them, with 'weeks' every shift of the coming 12 weeks, gaps in red.\n"
	    "\n"
	    "  --at TIME          then, or from then on, in local time; 18:00: the next "
	    "one\n"
	    "  --team TEAM        one team\n"
	    "  --weeks N          so many weeks ahead (default 12)\n"
	    "  --ics              of 'weeks': as iCalendar, to import into a calendar;\n"
	    "                     an event that is imported again takes the place of "
	    "itself\n"
	    "  --person PERSON    of these: what that person has\n" CLIENT_HELP,
	.run = run,
};
