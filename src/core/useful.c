/*
 * Was it useful to know of it? Said by whoever was called, while the incident is open or long
 * after; the last that somebody said is what they say. It is no work on the incident.
 *
 * An incident that is over is known to the core only while nothing like it came again. Of the
 * others the engine brings the row, as it is in the store: it is changed, written once more
 * and forgotten again.
 */
#include "core/noise.h"

#include "core/state.h"

/* In work; or over and forgotten, but its row is yet to be written; or as the engine read it.
 * NULL: there is none. */
static struct incident *
incident_of(struct core *core, const struct command *command)
{
	struct incident *incident = incident_find(core, command->incident);
	if (incident != NULL)
		return incident;
	const struct incident_row *was = command->was.n > 0 ? command->was.p : NULL;
	struct object *o = object_pending(core, TABLE_INCIDENT, command->incident);
	if (o == NULL && was != NULL && was->id == command->incident)
		o = object_pass(core, TABLE_INCIDENT, was);
	return o != NULL ? container_of(o, struct incident, o) : NULL;
}

/* With what this one says now in the place of what they said; false: as they said already, or
 * too many have. */
static bool
with_answer(struct core *core, const struct incident_row *row, const struct useful *said,
    struct records *ret)
{
	const struct useful *old = row->useful.p;
	struct useful *p = arena_new(&core->scratch, struct useful, row->useful.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < row->useful.n; i++) {
		bool theirs = str_eq(old[i].who, said->who);
		if (theirs && old[i].yes == said->yes && str_eq(old[i].note, said->note))
			return false;
		if (!theirs)
			p[n++] = old[i];
	}
	p[n++] = *said;
	*ret = (struct records){ p, n };
	return n <= USEFUL_MAX;
}

static struct answering
say(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	struct noise_share was = noise_share(row);
	struct records answers = { 0 };
	struct useful said = { .who = command->principal,
		.yes = str_eq(command->name, STR("yes")),
		.wall = core->wall,
		.note = text_line(core, command->text, TIMELINE_TEXT_MAX / 2) };
	if (!with_answer(core, row, &said, &answers)) {
		if (answers.n <= USEFUL_MAX)
			return answer_yes(200, &incident->o);
		return answer_no(core, 409, EXIT_CONFLICT,
		    "%u people have said already whether incident %u was useful",
		    USEFUL_MAX, row->id);
	}
	row_set_records(core, &useful_type, &row->useful, answers);
	object_touch(core, &incident->o);
	noise_moved(core, row, &was);
	str words = command_words(core, command);
	timeline_add(core, row->id, TIMELINE_USEFUL, command->principal, 0,
	    "said that it was %suseful to know of it%.*s", said.yes ? "" : "not ",
	    STR_ARG(words));
	return answer_yes(200, &incident->o);
}

struct answering
useful_command(struct core *core, const struct command *command)
{
	bool agent = command->behalf.n > 0 || str_starts(command->principal, STR("agent:"));
	if (agent)
		return answer_no(core, 403, EXIT_REFUSED,
		    "only a person says whether it was useful; %.*s is an agent",
		    STR_ARG(command->principal));
	if (!str_eq(command->name, STR("yes")) && !str_eq(command->name, STR("no")))
		return answer_no(core, 422, EXIT_USAGE, "useful is 'yes' or 'no'");
	struct incident *incident = incident_of(core, command);
	if (incident == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no incident %u",
		    command->incident);
	if (incident->row.drill)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u is a drill, which counts in no figure", incident->row.id);
	return say(core, command, incident);
}
