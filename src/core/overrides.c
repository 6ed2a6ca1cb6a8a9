/*
 * Overrides: who stands in for whom in a rotation, as facts beside what is written.
 *
 *	set    somebody says who has it                      -> HOLDS
 *	cover  "take my turn": the others are asked          -> ASKED -> the first yes: HOLDS
 *	swap   "mine for yours": the other one is asked      -> ASKED -> a yes: HOLDS
 *
 *	HOLDS -> (its time passes) OVER, (a person takes it back) ENDED
 *	ASKED -> DECLINED by all, EXPIRED when its time has passed, ENDED
 *
 * What is over leaves memory; its row stays. Whoever stands in is on duty for escalation,
 * notices and authority at once, and whoever is replaced is not. So only people of the team
 * may stand in, and only they say so; the role admin may name anybody who can be reached. It
 * never widens what people of the team could be given by a turn of their own.
 */
#include "core/state.h"

#define OVERRIDE_DAYS_MAX 366
#define OVERRIDE_MS_MAX (OVERRIDE_DAYS_MAX * DAY)

static struct override *
override_of(struct link *it)
{
	return container_of(object_of(it, in_table), struct override, o);
}

static bool
is_person(str principal)
{
	return str_starts(principal, STR("person:"));
}

/* ---- what holds ---- */

static void
wire_one(struct core *core, const struct override_row *row, str instead, str person,
    msec from, msec until)
{
	const struct model *model = core->newest->model;
	const struct team *team = model_team(model, row->team);
	const struct person *who = model_person(model, person);
	if (team == NULL || who == NULL || who->reach.n == 0)
		return;
	core->stand_ins[core->over.n++] = (struct stand_in){ .team = row->team,
		.rotation = row->rotation,
		.instead = instead,
		.person = person,
		.from_wall = from,
		.until_wall = until };
}

void
overrides_wire(struct core *core)
{
	core->over = (struct stand_ins){ core->stand_ins, 0 };
	list_each(it, &core->tables[TABLE_OVERRIDE])
	{
		const struct override_row *row = &override_of(it)->row;
		if (row->state != OVERRIDE_HOLDS)
			continue;
		wire_one(core, row, row->instead, row->person, row->from_wall,
		    row->until_wall);
		if (row->kind == OVERRIDE_SWAP)
			wire_one(core, row, row->person, row->instead, row->back_from_wall,
			    row->back_until_wall);
	}
}

static msec
ends_wall(const struct override_row *row)
{
	return row->back_until_wall > row->until_wall ? row->back_until_wall
	                                              : row->until_wall;
}

/* Looked at when it ends; what is asked also when it begins. */
static void
arm(struct core *core, struct override *override)
{
	struct override_row *row = &override->row;
	bool asked = row->state == OVERRIDE_ASKED;
	msec wall = asked ? row->until_wall : ends_wall(row);
	if (asked && !row->reminded && row->from_wall > core->wall)
		wall = row->from_wall;
	msec left = wall > core->wall ? wall - core->wall : 0;
	row->due_at = core->at + (left > SECOND ? left : SECOND);
	object_touch(core, &override->o);
	heap_set(&core->timers, &override->o, row->due_at);
}

/* Other people have it now, or later. */
static void
changed(struct core *core, const struct hads *had)
{
	overrides_wire(core);
	handover_look(core, had);
}

static void
finish(struct core *core, struct override *override, enum override_state state, str by,
    str why)
{
	struct override_row *row = &override->row;
	bool held = row->state == OVERRIDE_HOLDS;
	struct hads had = held ? handover_had(core) : (struct hads){ 0 };
	row->state = state;
	row->over_wall = core->wall;
	row_set_str(core, &row->over_by, by);
	row_set_str(core, &row->over_why, why);
	row->due_at = 0;
	object_done(core, &override->o);
	if (held)
		changed(core, &had);
}

static str
accept_hint(struct core *core, const struct override_row *row)
{
	return text_make(core,
	    "firstline override accept %llu    (you take it)\n"
	    "  firstline override decline %llu",
	    (unsigned long long)row->id, (unsigned long long)row->id);
}

static struct strs
one(struct core *core, str person)
{
	struct strs ret = { arena_new(&core->scratch, str, 1), person.n > 0 ? 1 : 0 };
	ret.p[0] = person;
	return ret;
}

static void
tell_asker(struct core *core, const struct override_row *row, str words)
{
	struct strs asker = one(core, row->instead);
	override_tell(core, row, &asker, (str){ 0 }, words, STR("firstline on-call"));
}

/* It begins, and nobody said yes: whoever asked still has it. */
static void
remind(struct core *core, struct override *override)
{
	struct override_row *row = &override->row;
	row->reminded = true;
	str what = override_what(core, row);
	tell_asker(core, row,
	    text_make(core, "Nobody has taken %.*s yet: it is still yours.",
		STR_ARG(what)));
	arm(core, override);
}

static void
expire(struct core *core, struct override *override)
{
	struct override_row *row = &override->row;
	str what = override_what(core, row);
	str span = override_span(core, row->from_wall, row->until_wall);
	tell_asker(core, row,
	    text_make(core, "Nobody has taken %.*s %.*s: it stayed yours.", STR_ARG(what),
		STR_ARG(span)));
	finish(core, override, OVERRIDE_EXPIRED, FIRSTLINE, STR("nobody said yes"));
}

void
override_timer(struct core *core, struct override *override)
{
	struct override_row *row = &override->row;
	str what = override_what(core, row);
	bool asked = row->state == OVERRIDE_ASKED;
	msec ends = asked ? row->until_wall : ends_wall(row);
	if (core->wall >= ends) {
		override_say(core, row, FIRSTLINE,
		    text_make(core, "override %llu of %.*s is over: %s",
			(unsigned long long)row->id, STR_ARG(what),
			asked ? "nobody said yes" : "its time has passed"));
		if (asked)
			expire(core, override);
		else
			finish(core, override, OVERRIDE_OVER, FIRSTLINE,
			    STR("its time has passed"));
	} else if (asked && !row->reminded && core->wall >= row->from_wall) {
		remind(core, override);
	} else {
		arm(core, override); /* the wall clock was set back */
	}
}

/* ---- what is asked for ---- */

struct asking_for {
	const struct team *team;
	struct override_row row; /* texts of the command */
};

static bool
number(const struct command *command, str name, msec otherwise, msec *ret)
{
	str text = pairs_get(&command->params, name);
	*ret = otherwise;
	return text.n == 0 || str_u64(text, UINT64_MAX, ret);
}

/* Status 0: it is well formed. */
static struct answering
read_span(struct core *core, msec from, msec until, const char *what)
{
	if (until <= from)
		return answer_no(core, 422, EXIT_USAGE, "%s ends before it begins", what);
	if (until <= core->wall)
		return answer_no(core, 422, EXIT_USAGE, "%s is in the past", what);
	if (until - from > OVERRIDE_MS_MAX)
		return answer_no(core, 422, EXIT_USAGE,
		    "%s is longer than a year: change the rotation itself", what);
	return (struct answering){ 0 };
}

/* Who asks: a person, for nobody else, or whoever has the local token. */
static struct answering
may_ask(struct core *core, const struct command *command, const struct team *team)
{
	str who = command->principal;
	if (command->behalf.n > 0 || str_starts(who, STR("agent:")))
		return answer_no(core, 403, EXIT_REFUSED,
		    "only people say who is on duty; %.*s is an agent", STR_ARG(who));
	if (command->admin || (is_person(who) && duty_member(team, text_who(who))))
		return (struct answering){ 0 };
	return answer_no(core, 403, EXIT_REFUSED,
	    "only people of %.*s, or the role admin, say who stands in there",
	    STR_ARG(team->name));
}

static struct answering
read_common(struct core *core, const struct command *command, struct asking_for *ret)
{
	const struct model *model = core->newest->model;
	str team = pairs_get(&command->params, STR("team"));
	str rotation = pairs_get(&command->params, STR("rotation"));
	struct override_row *row = &ret->row;
	ret->team = model_team(model, team);
	if (ret->team == NULL || ret->team->rotation_n == 0)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no team '%.*s' with a rotation", STR_ARG(team));
	bool found = rotation.n == 0;
	for (size_t i = 0; i < ret->team->rotation_n; i++)
		found = found || str_eq(ret->team->rotations[i].name, rotation);
	if (!found)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "team %.*s has no rotation '%.*s'", STR_ARG(team), STR_ARG(rotation));
	if (command->text.n > OVERRIDE_WHY_MAX)
		return answer_no(core, 413, EXIT_USAGE, "a reason has at most %d bytes",
		    OVERRIDE_WHY_MAX);
	if (!number(command, STR("from"), core->wall, &row->from_wall) ||
	    !number(command, STR("to"), 0, &row->until_wall))
		return answer_no(core, 422, EXIT_USAGE, "say until when: 'to'");
	row->team = ret->team->name;
	row->rotation = rotation;
	row->why = text_line(core, str_trim(command->text), OVERRIDE_WHY_MAX);
	row->by = command->principal;
	row->made_wall = core->wall;
	struct answering no = read_span(core, row->from_wall, row->until_wall, "it");
	return no.status != 0 ? no : may_ask(core, command, ret->team);
}

/* A person who may stand in there, and who can be told. */
static struct answering
can_stand_in(struct core *core, const struct asking_for *asking, str person, bool any)
{
	const struct person *who = model_person(core->newest->model, person);
	if (who == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is nobody called '%.*s'",
		    STR_ARG(person));
	if (who->reach.n == 0)
		return answer_no(core, 422, EXIT_USAGE,
		    "%.*s cannot be reached: no 'reach' is written", STR_ARG(person));
	if (!any && !duty_member(asking->team, person))
		return answer_no(core, 403, EXIT_REFUSED,
		    "%.*s is not of %.*s: only the role admin puts others on duty there",
		    STR_ARG(person), STR_ARG(asking->team->name));
	return (struct answering){ 0 };
}

static bool
spans_meet(msec from, msec until, msec other_from, msec other_until)
{
	return from < other_until && other_from < until;
}

/* Two for the same turns: which one holds must be said. */
static struct answering
stands_alone(struct core *core, const struct override_row *asked)
{
	list_each(it, &core->tables[TABLE_OVERRIDE])
	{
		const struct override_row *row = &override_of(it)->row;
		bool same = str_eq(row->team, asked->team) &&
		            str_eq(row->instead, asked->instead) &&
		            (row->rotation.n == 0 || asked->rotation.n == 0 ||
				str_eq(row->rotation, asked->rotation));
		if (!same || !spans_meet(asked->from_wall, asked->until_wall,
				 row->from_wall, row->until_wall))
			continue;
		str who = row->person.n > 0 ? row->person : STR("nobody yet");
		str span = override_span(core, row->from_wall, row->until_wall);
		return answer_no(core, 409, EXIT_CONFLICT,
		    "override %llu lies over it: %.*s, %.*s; end it first",
		    (unsigned long long)row->id, STR_ARG(who), STR_ARG(span));
	}
	return (struct answering){ 0 };
}

static struct override *
add(struct core *core, struct override_row *row, struct answering *ret)
{
	*ret = stands_alone(core, row);
	if (ret->status != 0)
		return NULL;
	if (core->counts[TABLE_OVERRIDE] >= OVERRIDES_OPEN_MAX || !core_roomy(core)) {
		*ret = answer_no(core, 409, EXIT_CONFLICT,
		    "there are %u overrides already: end some",
		    core->counts[TABLE_OVERRIDE]);
		return NULL;
	}
	row->id = row_next(core);
	struct override *override = object_add(core, TABLE_OVERRIDE, row);
	if (override == NULL)
		*ret = answer_no(core, 503, 1, "there is no memory for another override");
	else
		arm(core, override);
	return override;
}

/* ---- set ---- */

struct answering
override_set(struct core *core, const struct command *command)
{
	struct asking_for asking = { .row = { .kind = OVERRIDE_SET,
					 .state = OVERRIDE_HOLDS } };
	struct override_row *row = &asking.row;
	struct answering no = read_common(core, command, &asking);
	if (no.status != 0)
		return no;
	row->person = pairs_get(&command->params, STR("person"));
	row->accepted_wall = core->wall;
	no = can_stand_in(core, &asking, row->person, command->admin);
	if (no.status != 0)
		return no;
	struct strs before = override_holders(core, row, row->from_wall, row->until_wall);
	struct override *override = add(core, row, &no);
	if (override == NULL)
		return no;
	str what = override_what(core, row);
	str span = override_span(core, row->from_wall, row->until_wall);
	str words = text_make(core, "%.*s has %.*s %.*s", STR_ARG(row->person),
	    STR_ARG(what), STR_ARG(span));
	override_say(core, row, command->principal, words);
	struct strs person = one(core, row->person);
	str by = text_who(command->principal);
	override_tell(core, row, &person, by,
	    text_make(core, "You have %.*s %.*s: %.*s says so.", STR_ARG(what),
		STR_ARG(span), STR_ARG(by)),
	    text_make(core, "firstline override end %llu    (not you after all)",
		(unsigned long long)row->id));
	override_tell(core, row, &before, row->person,
	    text_make(core, "%.*s, not you: %.*s says so.", STR_ARG(words), STR_ARG(by)),
	    text_make(core, "firstline override end %llu    (you have it after all)",
		(unsigned long long)row->id));
	struct hads had = handover_had(core);
	changed(core, &had);
	return answer_yes(201, &override->o);
}

/* ---- cover me, swap ---- */

static bool
has_turn(struct core *core, const struct override_row *row, str person, msec from,
    msec until)
{
	struct strs holders = override_holders(core, row, from, until);
	return strs_has(&holders, person);
}

/* Whoever asks asks for themselves. */
static struct answering
read_own(struct core *core, const struct command *command, struct asking_for *asking)
{
	struct override_row *row = &asking->row;
	struct answering no = read_common(core, command, asking);
	if (no.status != 0)
		return no;
	if (!is_person(command->principal))
		return answer_no(core, 403, EXIT_REFUSED,
		    "ask with a token of your own: these are your turns");
	row->instead = text_who(command->principal);
	if (!has_turn(core, row, row->instead, row->from_wall, row->until_wall)) {
		str span = override_span(core, row->from_wall, row->until_wall);
		return answer_no(core, 422, EXIT_USAGE, "you have no turn of %.*s %.*s",
		    STR_ARG(row->team), STR_ARG(span));
	}
	return (struct answering){ 0 };
}

/* Everybody else who has turns there; whoever has one can be told. */
static struct strs
others_of(struct core *core, const struct asking_for *asking)
{
	struct strs ret = { arena_new(&core->scratch, str, OVERRIDE_ASKED_MAX), 0 };
	for (size_t i = 0; i < asking->team->rotation_n; i++) {
		const struct rotation *rotation = &asking->team->rotations[i];
		for (size_t k = 0; k < rotation->people_n; k++) {
			const struct person *person = rotation->people[k];
			if (ret.n < OVERRIDE_ASKED_MAX &&
			    !str_eq(person->id, asking->row.instead) &&
			    !strs_has(&ret, person->id))
				ret.p[ret.n++] = person->id;
		}
	}
	return ret;
}

/* Its row is made, and whoever is asked is told. */
static struct answering
ask(struct core *core, const struct command *command, struct override_row *row, str words)
{
	struct answering no;
	struct override *override = add(core, row, &no);
	if (override == NULL)
		return no;
	str what = override_what(core, row);
	str span = override_span(core, row->from_wall, row->until_wall);
	override_say(core, row, command->principal,
	    text_make(core, "%s for %.*s %.*s",
		row->kind == OVERRIDE_COVER ? "asked for somebody" : "asked for a swap",
		STR_ARG(what), STR_ARG(span)));
	override_tell(core, row, &override->row.asked, (str){ 0 }, words,
	    accept_hint(core, row));
	return answer_yes(202, &override->o);
}

struct answering
override_cover(struct core *core, const struct command *command)
{
	struct asking_for asking = { .row = { .kind = OVERRIDE_COVER,
					 .state = OVERRIDE_ASKED } };
	struct override_row *row = &asking.row;
	struct answering no = read_own(core, command, &asking);
	if (no.status != 0)
		return no;
	row->asked = others_of(core, &asking);
	if (row->asked.n == 0)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "there is nobody else in the rotations of %.*s", STR_ARG(row->team));
	str what = override_what(core, row);
	str span = override_span(core, row->from_wall, row->until_wall);
	return ask(core, command, row,
	    text_make(core, "%.*s asks who takes %.*s %.*s. The first yes has it.",
		STR_ARG(row->instead), STR_ARG(what), STR_ARG(span)));
}

struct answering
override_swap(struct core *core, const struct command *command)
{
	struct asking_for asking = { .row = { .kind = OVERRIDE_SWAP,
					 .state = OVERRIDE_ASKED } };
	struct override_row *row = &asking.row;
	struct answering no = read_own(core, command, &asking);
	if (no.status != 0)
		return no;
	str with = pairs_get(&command->params, STR("person"));
	if (!number(command, STR("back_from"), 0, &row->back_from_wall) ||
	    !number(command, STR("back_to"), 0, &row->back_until_wall))
		return answer_no(core, 422, EXIT_USAGE, "say which turn you take for it");
	no = can_stand_in(core, &asking, with, false);
	if (no.status == 0)
		no = read_span(core, row->back_from_wall, row->back_until_wall,
		    "the turn that you take");
	if (no.status != 0)
		return no;
	str back = override_span(core, row->back_from_wall, row->back_until_wall);
	if (str_eq(with, row->instead))
		return answer_no(core, 422, EXIT_USAGE, "a swap is with somebody else");
	if (!has_turn(core, row, with, row->back_from_wall, row->back_until_wall))
		return answer_no(core, 422, EXIT_USAGE, "%.*s has no turn of %.*s %.*s",
		    STR_ARG(with), STR_ARG(row->team), STR_ARG(back));
	row->asked = one(core, with);
	str what = override_what(core, row);
	str span = override_span(core, row->from_wall, row->until_wall);
	return ask(core, command, row,
	    text_make(core,
		"%.*s asks for a swap of %.*s: you have it %.*s, and %.*s has it for you "
		"%.*s.",
		STR_ARG(row->instead), STR_ARG(what), STR_ARG(span), STR_ARG(row->instead),
		STR_ARG(back)));
}

/* ---- yes, no, and back ---- */

/* What waits for this person's word; NULL: the refusal is in *ret. */
static struct override *
asked_of(struct core *core, const struct command *command, struct answering *ret)
{
	struct override *override = object_find(core, TABLE_OVERRIDE, command->row);
	if (override == NULL)
		*ret = answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no override %llu that waits or holds",
		    (unsigned long long)command->row);
	else if (command->behalf.n > 0 || !is_person(command->principal) ||
		 !strs_has(&override->row.asked, text_who(command->principal)))
		*ret = answer_no(core, 403, EXIT_REFUSED, "you were not asked");
	else if (override->row.state != OVERRIDE_ASKED)
		*ret = answer_no(core, 409, EXIT_CONFLICT, "%.*s has taken it already",
		    STR_ARG(override->row.person));
	else
		return override;
	return NULL;
}

struct answering
override_accept(struct core *core, const struct command *command)
{
	struct answering no;
	struct override *override = asked_of(core, command, &no);
	if (override == NULL)
		return no;
	struct override_row *row = &override->row;
	str who = text_who(command->principal);
	const struct person *person = model_person(core->newest->model, who);
	if (person == NULL || person->reach.n == 0)
		return answer_no(core, 403, EXIT_REFUSED,
		    "%.*s is not in the configuration, or cannot be reached", STR_ARG(who));
	row_set_str(core, &row->person, who);
	if (!str_eq(row->person, who))
		return answer_no(core, 503, 1, "there is no memory for it: ask again");
	row->state = OVERRIDE_HOLDS;
	row->accepted_wall = core->wall;
	arm(core, override);
	str what = override_what(core, row);
	str span = override_span(core, row->from_wall, row->until_wall);
	str words = text_make(core, "%.*s has %.*s %.*s, for %.*s", STR_ARG(who),
	    STR_ARG(what), STR_ARG(span), STR_ARG(row->instead));
	override_say(core, row, command->principal, words);
	str look =
	    text_make(core, "firstline on-call weeks --team %.*s", STR_ARG(row->team));
	struct strs asker = one(core, row->instead);
	words = text_make(core, "%.*s.", STR_ARG(words));
	override_tell(core, row, &asker, (str){ 0 }, words, look);
	override_tell(core, row, &row->asked, who, words, look);
	struct hads had = handover_had(core);
	changed(core, &had);
	return answer_yes(200, &override->o);
}

struct answering
override_decline(struct core *core, const struct command *command)
{
	struct answering no;
	struct override *override = asked_of(core, command, &no);
	if (override == NULL)
		return no;
	struct override_row *row = &override->row;
	str who = text_who(command->principal);
	struct strs left = { arena_new(&core->scratch, str, row->asked.n), 0 };
	for (size_t i = 0; i < row->asked.n; i++) {
		if (!str_eq(row->asked.p[i], who))
			left.p[left.n++] = arena_str(&core->scratch, row->asked.p[i]);
	}
	row_set_strs(core, &row->asked, left);
	object_touch(core, &override->o);
	str words = text_line(core, command->text, OVERRIDE_WHY_MAX);
	str what = override_what(core, row);
	override_say(core, row, command->principal,
	    text_make(core, "does not take %.*s (override %llu)%s%.*s", STR_ARG(what),
		(unsigned long long)row->id, words.n > 0 ? ": " : "", STR_ARG(words)));
	if (left.n > 0)
		return answer_yes(200, &override->o);
	struct strs asker = one(core, row->instead);
	override_tell(core, row, &asker, (str){ 0 },
	    text_make(core, "Nobody takes %.*s%s%.*s: it is still yours.", STR_ARG(what),
		words.n > 0 ? ": " : "", STR_ARG(words)),
	    STR("firstline override cover-me    (another time)"));
	finish(core, override, OVERRIDE_DECLINED, command->principal, words);
	return answer_yes(200, &override->o);
}

/* What stands in place of a written turn names nobody: who has it by what is left. */
static void
tell_regained(struct core *core, const struct override_row *ended, str but, str sentence)
{
	msec from = ended->from_wall > core->wall ? ended->from_wall : core->wall;
	struct strs holders = override_holders(core, ended, from, ended->until_wall);
	struct strs others = { arena_new(&core->scratch, str, holders.n), 0 };
	for (size_t i = 0; i < holders.n; i++) {
		if (!str_eq(holders.p[i], ended->person))
			others.p[others.n++] = holders.p[i];
	}
	override_tell(core, ended, &others, but,
	    text_make(core, "%.*s You have it again.", STR_ARG(sentence)),
	    STR("firstline on-call"));
}

struct answering
override_end(struct core *core, const struct command *command)
{
	struct override *override = object_find(core, TABLE_OVERRIDE, command->row);
	if (override == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no override %llu that waits or holds",
		    (unsigned long long)command->row);
	struct override_row *row = &override->row;
	const struct team *team = model_team(core->newest->model, row->team);
	str who = text_who(command->principal);
	bool theirs = is_person(command->principal) && command->behalf.n == 0 &&
	              (str_eq(row->by, command->principal) || str_eq(row->person, who) ||
			  (team != NULL && duty_member(team, who)));
	if (!command->admin && !theirs)
		return answer_no(core, 403, EXIT_REFUSED,
		    "only people of %.*s, or the role admin, end it", STR_ARG(row->team));
	str what = override_what(core, row);
	str words = text_line(core, command->text, OVERRIDE_WHY_MAX);
	override_say(core, row, command->principal,
	    text_make(core, "ended override %llu of %.*s%s%.*s",
		(unsigned long long)row->id, STR_ARG(what), words.n > 0 ? ": " : "",
		STR_ARG(words)));
	struct strs told =
	    row->state == OVERRIDE_HOLDS ? one(core, row->person) : row->asked;
	struct strs asker = one(core, row->instead);
	str sentence = text_make(core,
	    "Override %llu of %.*s is ended by %.*s: what is written holds again.",
	    (unsigned long long)row->id, STR_ARG(what), STR_ARG(who));
	override_tell(core, row, &told, who, sentence, STR("firstline on-call"));
	override_tell(core, row, &asker, who, sentence, STR("firstline on-call"));
	struct override_row ended = *row;
	ended.team = arena_str(&core->scratch, row->team);
	ended.rotation = arena_str(&core->scratch, row->rotation);
	ended.person = arena_str(&core->scratch, row->person);
	ended.why = arena_str(&core->scratch, row->why);
	finish(core, override, OVERRIDE_ENDED, command->principal, words);
	if (ended.kind == OVERRIDE_SET && team != NULL)
		tell_regained(core, &ended, who, sentence);
	return answer_yes(200, &override->o);
}
