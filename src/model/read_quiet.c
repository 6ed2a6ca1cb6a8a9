/*
 * quiet: the hours of a person in which only what is urgent is told.
 *
 *	quiet: {hours: [{days: any, from: "22:00", until: "07:00"}], by: [phone, twilio]}
 *
 * `by` names channels of their `reach`, or kinds of channels: what is urgent goes by these
 * first. The others come after them, since nobody shall stay untold for a channel's sake.
 */
#include "model/internal.h"

#define ANY_MONDAY_DAYS 19723 /* 2024-01-01: weeks are alike */

msec
person_quiet_until(const struct person *person, msec wall)
{
	const struct window *when = &person->quiet.when;
	if (when->only == NULL || !window_has(when, wall))
		return 0;
	msec at = wall;
	while (window_has(when, at)) {
		at = window_until(when, at);
		if (at > wall + QUIET_MS_MAX)
			return 0;
	}
	return at;
}

/* ---- by ---- */

static bool
is_named(const struct reach *reach, str name)
{
	return str_eq(reach->channel->name, name) ||
	       str_eq(str_of(channel_kind_word(reach->channel->kind)), name);
}

static bool
is_kind(str name)
{
	for (int kind = 1; kind < CHANNEL_KIND_COUNT; kind++) {
		if (str_eq(str_of(channel_kind_word((enum channel_kind)kind)), name))
			return true;
	}
	return false;
}

static void
report_unnamed(struct reader *r, const struct node *node, const struct person *person,
    str name)
{
	size_t n = person->reach.n;
	str *names = arena_new(r->arena, str, n);
	for (size_t i = 0; i < n; i++)
		names[i] = person->reach.p[i].channel->name;
	bool known = names_get(r->channels.by_name, name) != NULL || is_kind(name);
	str hint = known ? (str){ 0 } : read_suggest(r, name, names, n);
	if (hint.n == 0 && n > 0) {
		str join = read_join(r, names, n);
		hint = read_hint(r, "name one of their 'reach', or its kind: %.*s",
		    STR_ARG(join));
	}
	if (known)
		read_error(r, node, hint, "person '%.*s' is not reached by '%.*s'",
		    STR_ARG(person->id), STR_ARG(name));
	else if (!r->incomplete)
		read_error(r, node, hint, "unknown channel or kind '%.*s'", STR_ARG(name));
}

/* Those that are named, in the order of `reach`; then the others. */
static void
by_read(struct reader *r, const struct node *node, struct person *person)
{
	const struct reaches *reach = &person->reach;
	bool *first = arena_new(r->arena, bool, reach->n);
	if (!read_is_list(r, node, NULL))
		return;
	if (node->n == 0)
		read_error(r, node, STR("leave it out for all of their 'reach'"),
		    "'by' names no channel");
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		str name;
		bool found = false;
		if (!read_text(r, item, &name))
			continue;
		for (size_t i = 0; i < reach->n; i++) {
			if (is_named(&reach->p[i], name))
				found = first[i] = true;
		}
		if (!found)
			report_unnamed(r, item, person, name);
	}
	struct reaches *ret = &person->quiet.reach;
	*ret = (struct reaches){ arena_new(r->arena, struct reach, reach->n), 0 };
	for (int others = 0; others < 2; others++) {
		for (size_t i = 0; i < reach->n; i++) {
			if (first[i] != (others != 0))
				ret->p[ret->n++] = reach->p[i];
		}
	}
}

/* ---- hours ---- */

/* The hours of a week: those of a calendar are read later, and their spans end. */
static void
need_end(struct reader *r, const struct node *hours, const struct person *person)
{
	for (unsigned hour = 0; hour < 7 * 24; hour++) {
		msec wall = ANY_MONDAY_DAYS * DAY + hour * HOUR;
		if (!calendar_has(person->quiet.when.only, wall))
			continue;
		if (person_quiet_until(person, wall) == 0)
			read_error(r, hours,
			    STR("leave some time of the week out, in which it is told"),
			    "these hours never end: '%.*s' would never be told of what is "
			    "not urgent",
			    STR_ARG(person->id));
		return;
	}
}

void
quiet_read(struct reader *r, const struct node *node, bool has_zone, struct person *person)
{
	const struct node *hours = NULL, *except = NULL, *by = NULL;
	const struct key keys[] = {
		{ "hours", &hours, .required = true },
		{ "except", &except },
		{ "by", &by },
	};
	person->quiet.reach = person->reach;
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	bool week = hours->kind != NODE_TEXT;
	unsigned faults = r->diags->count;
	read_window(r, hours, except, person->zone, &person->quiet.when);
	if (week && !has_zone)
		read_error(r, node, STR("add 'zone: Europe/Lisbon' to the person"),
		    "these hours are in the person's own time, and '%.*s' has no zone",
		    STR_ARG(person->id));
	else if (week && except == NULL && r->diags->count == faults)
		need_end(r, hours, person);
	if (by != NULL)
		by_read(r, by, person);
}
