/*
 * Somebody has it, takes that back, gives it to somebody else, or says that it is not theirs.
 *
 * Taken back, its escalation goes on as if it had never been acknowledged; both stand in the
 * timeline. Only who acknowledged takes back, and soon: later it is handed over. So does who
 * handed it over: it is with whom it was, and whoever was told that it is theirs is told again.
 */
#include "core/state.h"

/* ---- links that were tapped ---- */

msec
core_tapped(const struct incident_row *row, row_id notice, bool *ret_did)
{
	for (size_t i = 0; notice != 0 && i < row->taps.n; i++) {
		struct str_cut cut = str_cut(row->taps.p[i], ' ');
		struct str_cut rest = str_cut(cut.tail, ' ');
		uint64_t of, wall;
		if (str_u64(cut.head, UINT64_MAX, &of) && of == notice &&
		    str_u64(rest.head, UINT64_MAX, &wall)) {
			*ret_did = rest.tail.n == 0;
			return wall;
		}
	}
	return 0;
}

static void
taps_add(struct core *core, struct incident_row *row, str entry)
{
	str kept[TAPS_MAX];
	size_t n = 0;
	for (size_t i = row->taps.n == TAPS_MAX ? 1 : 0; i < row->taps.n; i++)
		kept[n++] = row->taps.p[i];
	kept[n++] = entry;
	row_set_strs(core, &row->taps, (struct strs){ kept, n });
}

/* The first time by that link, or by that call? Whatever comes of it, it is the only one:
 * what was sent while somebody else had it may be sent again when they let go. */
static bool
tap_once(struct core *core, struct incident *incident, row_id notice)
{
	struct incident_row *row = &incident->row;
	bool did;
	if (core_tapped(row, notice, &did) != 0)
		return false;
	taps_add(core, row,
	    text_make(core, "%llu %llu%s", (unsigned long long)notice,
		(unsigned long long)core->wall, row->acknowledged ? " had" : ""));
	object_touch(core, &incident->o);
	return true;
}

/* The first "not for me" by that call? Whatever comes of it, it is the only one: what was
 * heard on the way may be sent again when the tier has come round to the same person. */
static bool
pass_once(struct core *core, struct incident *incident, const struct command *command)
{
	struct incident_row *row = &incident->row;
	str entry = text_make(core, "passed %llu %.*s", (unsigned long long)command->row,
	    STR_ARG(text_who(command->principal)));
	if (strs_has(&row->taps, entry))
		return false;
	taps_add(core, row, entry);
	object_touch(core, &incident->o);
	return true;
}

/* ---- commands ---- */

struct answering
acknowledge(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	/* What a link did was perhaps taken back or handed on since: it does it once. */
	bool first = command->row == 0 || tap_once(core, incident, command->row);
	if (row->acknowledged || !first)
		return answer_yes(200, &incident->o);
	row->escalate_kept = row->escalate_at;
	row_set_str(core, &row->handed_by, (str){ 0 });
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

/* As if nobody had ever said that they have it. */
static void
let_go(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
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
}

/* It is where it was before it was handed over; where more is said of it, that was not told. */
static void
take_back(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	str words = command_words(core, command);
	str with = text_make(core, "%.*s", STR_ARG(text_who(row->acknowledged_by)));
	if (row->handed_from.n > 0) {
		row_set_str(core, &row->acknowledged_by, row->handed_from);
		row->acknowledged_wall = row->handed_from_wall;
		row->acknowledged_at = row->handed_from_at;
		incident_escalate_arm(core, incident);
	} else {
		let_go(core, incident);
	}
	timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0,
	    "took it back from %.*s%.*s", STR_ARG(with), STR_ARG(words));
	notices_taken_back(core, incident, model_person(core->newest->model, with),
	    command);
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
	bool handed = row->handed_by.n > 0;
	bool handed_on = handed && str_eq(row->handed_by, command->principal);
	if (!handed_on && !str_eq(row->acknowledged_by, command->principal))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "%.*s has incident %u, and takes that back or hands it over",
		    STR_ARG(text_who(row->acknowledged_by)), row->id);
	if (core->at - row->acknowledged_at > UNACKNOWLEDGE_MS)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u was %s more than %u s ago: hand it over", row->id,
		    handed ? "handed over" : "acknowledged",
		    (unsigned)(UNACKNOWLEDGE_MS / SECOND));
	if (handed_on) {
		take_back(core, command, incident);
	} else {
		if (handed) /* they were told of it only now */
			row->escalate_kept = 0;
		let_go(core, incident);
		str words = command_words(core, command);
		timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0,
		    "took the acknowledgement back%.*s", STR_ARG(words));
		notices_acknowledged(core, incident);
	}
	row_set_str(core, &row->handed_by, (str){ 0 });
	row_set_str(core, &row->handed_from, (str){ 0 });
	return answer_yes(200, &incident->o);
}

struct answering
hand_over(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	size_t n;
	const struct person *person =
	    model_person_called(core->newest->model, command->name, &n);
	if (n > 1)
		return answer_no(core, 422, EXIT_USAGE,
		    "%zu people are called '%.*s': say which by the id", n,
		    STR_ARG(command->name));
	if (person == NULL)
		return answer_no(core, 422, EXIT_USAGE, "there is no person '%.*s'",
		    STR_ARG(command->name));
	if (person->reach.n == 0)
		return answer_no(core, 422, EXIT_USAGE,
		    "%.*s cannot be reached: no 'reach' is written, so it would be "
		    "nobody's",
		    STR_ARG(person->id));
	if (row->drill)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u is a drill: it stays with who asked for it", row->id);
	row_set_str(core, &row->handed_by, command->principal);
	row_set_str(core, &row->handed_from,
	    row->acknowledged ? row->acknowledged_by : (str){ 0 });
	row->handed_from_wall = row->acknowledged ? row->acknowledged_wall : 0;
	row->handed_from_at = row->acknowledged ? row->acknowledged_at : 0;
	if (!row->acknowledged)
		row->escalate_kept = row->escalate_at;
	row->acknowledged = true;
	row->acknowledged_wall = core->wall;
	row->acknowledged_at = core->at;
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
	bool first = command->row == 0 || pass_once(core, incident, command);
	if (row->acknowledged)
		return answer_no(core, 409, EXIT_CONFLICT, "%.*s has incident %u",
		    STR_ARG(text_who(row->acknowledged_by)), row->id);
	if (!row->needs_person)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "nobody is called for incident %u: it waits for no person", row->id);
	if (command->row != 0 &&
	    !incident_is_told_to(core, incident, text_who(command->principal)))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u has gone on to the next already", row->id);
	if (!first)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "that call has said so of incident %u already, and does it once",
		    row->id);
	if (incident_only_settles(incident))
		return answer_no(core, 409, EXIT_CONFLICT,
		    "nothing of incident %u fires any more: the next is told if it does",
		    row->id);
	if (!incident_has_next(core, incident))
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
