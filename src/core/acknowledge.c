/*
 * Somebody has it, takes that back, gives it to somebody else, or says that it is not theirs.
 *
 * Taken back, its escalation goes on as if it had never been acknowledged; both stand in the
 * timeline. Only who acknowledged takes back, and soon: later it is handed over.
 */
#include "core/state.h"

/* ---- links that were tapped ---- */

msec
core_tapped(const struct incident_row *row, row_id notice)
{
	for (size_t i = 0; notice != 0 && i < row->taps.n; i++) {
		struct str_cut cut = str_cut(row->taps.p[i], ' ');
		uint64_t of, wall;
		if (str_u64(cut.head, UINT64_MAX, &of) && of == notice &&
		    str_u64(cut.tail, UINT64_MAX, &wall))
			return wall;
	}
	return 0;
}

static void
tap_keep(struct core *core, struct incident_row *row, row_id notice)
{
	str kept[TAPS_MAX];
	size_t n = 0;
	for (size_t i = row->taps.n == TAPS_MAX ? 1 : 0; i < row->taps.n; i++)
		kept[n++] = row->taps.p[i];
	kept[n++] = text_make(core, "%llu %llu", (unsigned long long)notice,
	    (unsigned long long)core->wall);
	row_set_strs(core, &row->taps, (struct strs){ kept, n });
}

/* ---- commands ---- */

struct answering
acknowledge(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	/* What a link did was perhaps taken back or handed on since: it does it once. */
	if (row->acknowledged || core_tapped(row, command->row) != 0)
		return answer_yes(200, &incident->o);
	if (command->row != 0)
		tap_keep(core, row, command->row);
	row->escalate_kept = row->escalate_at;
	row->acknowledged = true;
	row->acknowledged_wall = core->wall;
	row->acknowledged_at = core->at;
	row_set_str(core, &row->acknowledged_by, command->principal);
	row->worked_at = core->at;
	object_touch(core, &incident->o);
	incident_escalate_arm(core, incident);
	str words = command_words(core, command);
	timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0,
	    "acknowledged%.*s", STR_ARG(words));
	notices_acknowledged(core, incident);
	return answer_yes(200, &incident->o);
}

struct answering
unacknowledge(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	if (!row->acknowledged)
		return answer_yes(200, &incident->o);
	if (row->drill)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u is a drill: it is with who asked for it", row->id);
	if (!str_eq(row->acknowledged_by, command->principal))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "%.*s has incident %u, and takes that back or hands it over",
		    STR_ARG(text_who(row->acknowledged_by)), row->id);
	if (core->at - row->acknowledged_at > UNACKNOWLEDGE_MS)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u was acknowledged more than %u s ago: hand it over",
		    row->id, (unsigned)(UNACKNOWLEDGE_MS / SECOND));
	row->acknowledged = false;
	row->acknowledged_wall = 0;
	row_set_str(core, &row->acknowledged_by, (str){ 0 });
	incident_escalate_arm(core, incident);
	if (row->needs_person && row->escalate_kept != 0 &&
	    row->escalate_kept < row->escalate_at)
		row->escalate_at =
		    row->escalate_kept > core->at ? row->escalate_kept : core->at;
	row->escalate_kept = 0;
	incident_arm(core, incident);
	str words = command_words(core, command);
	timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0,
	    "took the acknowledgement back%.*s", STR_ARG(words));
	notices_acknowledged(core, incident);
	return answer_yes(200, &incident->o);
}

struct answering
hand_over(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct person *person = model_person(core->newest->model, command->name);
	if (person == NULL)
		return answer_no(core, 422, EXIT_USAGE, "there is no person '%.*s'",
		    STR_ARG(command->name));
	if (row->drill)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u is a drill: it stays with who asked for it", row->id);
	row->acknowledged = true;
	row->acknowledged_wall = core->wall;
	row->acknowledged_at = core->at;
	row->escalate_kept = 0;
	row_set_str(core, &row->acknowledged_by,
	    text_make(core, "person:%.*s", STR_ARG(person->id)));
	row->worked_at = core->at;
	object_touch(core, &incident->o);
	incident_escalate_arm(core, incident);
	str words = command_words(core, command);
	timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0,
	    "handed it over to %.*s%.*s", STR_ARG(person->id), STR_ARG(words));
	notices_handed_over(core, incident, person, command);
	return answer_yes(200, &incident->o);
}

/* Who was told says that it is not for them. Told once more, or by the same message again,
 * when it has gone on, it goes no further. */
struct answering
escalate_command(struct core *core, const struct command *command,
    struct incident *incident)
{
	struct incident_row *row = &incident->row;
	uint32_t tier = row->escalate_tier;
	const struct person *at = people_at_tier(core, incident, tier, core->wall);
	if (row->acknowledged)
		return answer_no(core, 409, EXIT_CONFLICT, "%.*s has incident %u",
		    STR_ARG(text_who(row->acknowledged_by)), row->id);
	if (!row->needs_person)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "nobody is called for incident %u: it waits for no person", row->id);
	if (command->row != 0 &&
	    (at == NULL || !str_eq(at->id, text_who(command->principal))))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u has gone on to the next already", row->id);
	if (people_next_tier(core, incident, tier, core->wall) == 0)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "there is nobody after you for incident %u: it comes back to the first",
		    row->id);
	str words = command_words(core, command);
	timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0,
	    "said that it is not for them: the next now%.*s", STR_ARG(words));
	row->escalate_at = core->at;
	object_touch(core, &incident->o);
	incident_arm(core, incident);
	return answer_yes(200, &incident->o);
}
