/*
 * Overrides in words: who is told, and what stands in the timeline.
 */
#include "core/state.h"

#define HOLDERS_MAX RECIPIENTS_MAX
#define SHIFTS_LOOKED_MAX 256

str
override_what(struct core *core, const struct override_row *row)
{
	return row->rotation.n > 0 ? text_make(core, "%.*s of %.*s", STR_ARG(row->rotation),
					 STR_ARG(row->team))
	                           : text_make(core, "all of %.*s", STR_ARG(row->team));
}

str
override_span(struct core *core, msec from, msec until)
{
	str begins = str_take(text_when(core, from), 16);
	str ends = str_take(text_when(core, until), 16);
	return text_make(core, "from %.*s until %.*s UTC", STR_ARG(begins), STR_ARG(ends));
}

void
override_say(struct core *core, const struct override_row *row, str who, str words)
{
	str why = text_line(core, row->why, TIMELINE_TEXT_MAX / 4);
	timeline_add(core, 0, TIMELINE_COMMAND, who, row->id, "%.*s%s%.*s%s",
	    STR_ARG(words), why.n > 0 ? " (" : "", STR_ARG(why), why.n > 0 ? ")" : "");
}

void
override_tell(struct core *core, const struct override_row *row, const struct strs *people,
    str but, str words, str you_can)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	for (size_t i = 0; i < people->n; i++) {
		const struct person *person =
		    model_person(core->newest->model, people->p[i]);
		if (person != NULL && !str_eq(person->id, but))
			recipients_person(to, person);
	}
	if (to->n == 0)
		return;
	str what = override_what(core, row);
	const struct pair fields[] = {
		{ STR("doing"), STR("override") },
		{ STR("from"), text_wall(core, row->from_wall) },
		{ STR("team"), row->team },
		{ STR("until"), text_wall(core, row->until_wall) },
		{ STR("why"), row->why },
		{ STR("you_can"), you_can },
	};
	struct pair *p = arena_new(&core->scratch, struct pair, countof(fields));
	memcpy(p, fields, sizeof(fields));
	notices_tell(core, to,
	    &(struct notice_words){
		.subject = text_line(core,
		    text_make(core, "[on duty] %.*s: %.*s", STR_ARG(what), STR_ARG(words)),
		    400),
		.text = text_make(core, "%.*s%s%.*s\n\nYou may:\n  %.*s\n", STR_ARG(words),
		    row->why.n > 0 ? "\n\nWhy: " : "", STR_ARG(row->why), STR_ARG(you_can)),
		.fields = { p, countof(fields) } });
}

static void
holders_add(struct strs *to, str person)
{
	if (to->n < HOLDERS_MAX && !strs_has(to, person))
		to->p[to->n++] = person;
}

struct strs
override_holders(struct core *core, const struct override_row *row, msec from, msec until)
{
	const struct team *team = model_team(core->newest->model, row->team);
	struct strs ret = { arena_new(&core->scratch, str, HOLDERS_MAX), 0 };
	for (size_t i = 0; i < team->rotation_n; i++) {
		struct shifts shifts = { .model = core->newest->model,
			.team = team,
			.rotation = &team->rotations[i],
			.over = &core->over,
			.at = from,
			.until = until };
		struct turn turn;
		if (row->rotation.n > 0 && !str_eq(row->rotation, team->rotations[i].name))
			continue;
		for (unsigned k = 0; k < SHIFTS_LOOKED_MAX && shift_next(&shifts, &turn);
		     k++) {
			if (turn.person != NULL)
				holders_add(&ret, turn.person->id);
		}
	}
	return ret;
}
