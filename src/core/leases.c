/*
 * Leases: a person on a service, for a time.
 *
 *	hands-on     automation and agents only watch; the person works
 *	broken glass liftable rules do not hold for the person; nothing is granted by it
 *
 * Both end by themselves, whatever becomes of who has them; both stand in the timeline of no
 * incident and in those of the service's open ones. Hands-on takes effect at the next
 * decision: what is under way is not killed. Broken glass is loud, and stays an open row
 * after its end until another person has looked at what was done under it.
 */
#include "core/state.h"

static struct lease *
lease_of(struct link *it)
{
	return container_of(object_of(it, in_table), struct lease, o);
}

static bool
holds(const struct core *core, const struct lease *lease)
{
	return !lease->row.over && core->at < lease->row.until_at;
}

static struct lease *
find(const struct core *core, enum lease_kind kind, str service, str principal)
{
	list_each(it, &core->tables[TABLE_LEASE])
	{
		struct lease *lease = lease_of(it);
		if (lease->row.kind == kind && holds(core, lease) &&
		    str_eq(lease->row.service, service) &&
		    (kind == LEASE_HANDS_ON || str_eq(lease->row.principal, principal)))
			return lease;
	}
	return NULL;
}

const struct lease *
lease_find(const struct core *core, enum lease_kind kind, str service, str principal)
{
	return find(core, kind, service, principal);
}

msec
lease_due(const struct lease *lease)
{
	const struct lease_row *row = &lease->row;
	if (row->over)
		return 0;
	return row->warn_at != 0 ? row->warn_at : row->until_at;
}

/* ---- saying it ---- */

/* In the timeline of no incident, and where people look: those of the open ones. */
static void
say(struct core *core, const struct lease *lease, str who, str words)
{
	row_id id = lease->row.id;
	timeline_add(core, 0, TIMELINE_COMMAND, who, id, "%.*s", STR_ARG(words));
	unsigned n = 0;
	list_each(it, &core->open)
	{
		const struct incident *incident =
		    container_of(it, struct incident, in_state);
		if (str_eq(incident->row.service, lease->row.service) &&
		    n++ < LEASE_INCIDENTS)
			timeline_add(core, incident->row.id, TIMELINE_COMMAND, who, id,
			    "%.*s", STR_ARG(words));
	}
}

static struct pairs
fields_of(struct core *core, const struct lease *lease, str you_can)
{
	const struct lease_row *row = &lease->row;
	const struct pair fields[] = {
		{ STR("doing"),
		    row->kind == LEASE_HANDS_ON ? STR("hands-on") : STR("break-glass") },
		{ STR("service"), row->service },
		{ STR("until"), text_wall(core, row->until_wall) },
		{ STR("who"), text_who(row->principal) },
		{ STR("why"), row->why },
		{ STR("you_can"), you_can },
	};
	struct pair *p = arena_new(&core->scratch, struct pair, countof(fields));
	memcpy(p, fields, sizeof(fields));
	return (struct pairs){ p, countof(fields) };
}

static void
tell(struct core *core, const struct lease *lease, const struct recipients *to, str subject,
    str words, str you_can)
{
	notices_tell(core, to,
	    &(struct notice_words){ .subject = text_line(core, subject, 400),
		.text = text_make(core, "%.*s\n\nYou may:\n  %.*s\n", STR_ARG(words),
		    STR_ARG(you_can)),
		.fields = fields_of(core, lease, you_can) });
}

/* NULL: not in the configuration any more. */
static const struct person *
person_named(const struct core *core, str principal)
{
	return model_person(core->newest->model, text_who(principal));
}

static const struct team *
owner_of(const struct core *core, str service)
{
	const struct service *known = model_service(core->newest->model, service);
	return known != NULL ? known->owner : core->newest->model->fallback;
}

static void
tell_holder(struct core *core, const struct lease *lease, str subject, str words,
    str you_can)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	const struct person *holder = person_named(core, lease->row.principal);
	if (holder == NULL)
		return;
	recipients_person(to, holder);
	tell(core, lease, to, subject, words, you_can);
}

/* Everybody who answers for the service: nobody breaks the glass unseen. */
static void
tell_all(struct core *core, const struct lease *lease, str subject, str words, str you_can)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	const struct team *team = owner_of(core, lease->row.service);
	recipients_team(to, team);
	recipients_duty(core, to, team);
	tell(core, lease, to, subject, words, you_can);
}

/* ---- ending ---- */

static void
arm(struct core *core, struct lease *lease)
{
	object_touch(core, &lease->o);
	heap_set(&core->timers, &lease->o, lease_due(lease));
}

/* Of a person on a service: several unreviewed ones are one gap. */
static str
gap_subject(struct core *core, const struct lease_row *row)
{
	str who = text_who(row->principal);
	return text_make(core, "%.*s on %.*s", STR_ARG(who), STR_ARG(row->service));
}

static void
needs_review(struct core *core, struct lease *lease)
{
	const struct lease_row *row = &lease->row;
	str who = text_who(row->principal), why = text_part(core, row->why);
	str words = text_make(core,
	    "the glass on %.*s is whole again: %.*s broke it because: %.*s; %u decision%s "
	    "made under it that rules would have stopped",
	    STR_ARG(row->service), STR_ARG(who), STR_ARG(why), row->uses,
	    row->uses == 1 ? " was" : "s were");
	gap_add(core, GAP_UNREVIEWED, gap_subject(core, row),
	    owner_of(core, row->service)->name, NULL,
	    text_make(core, "%.*s; nobody has reviewed it (lease %llu)", STR_ARG(words),
		(unsigned long long)row->id));
	tell_all(core, lease,
	    text_make(core, "[break-glass] %.*s: over, to be reviewed (%.*s)",
		STR_ARG(row->service), STR_ARG(who)),
	    text_make(core, "%.*s.\n\nSomebody other than %.*s must look at it.",
		STR_ARG(words), STR_ARG(who)),
	    text_make(core, "firstline review %llu TEXT    (what you found)",
		(unsigned long long)row->id));
}

/* Until now somebody worked on all that is wrong with it. */
static void
worked_on(struct core *core, str service)
{
	list_each(it, &core->open)
	{
		struct incident *incident = container_of(it, struct incident, in_state);
		if (str_eq(incident->row.service, service))
			incident_worked(core, incident);
	}
}

static void
lease_end(struct core *core, struct lease *lease, str by, str words)
{
	struct lease_row *row = &lease->row;
	row->over = true;
	row->over_wall = core->wall;
	row->warn_at = 0;
	row_set_str(core, &row->over_by, by);
	say(core, lease, by, words);
	arm(core, lease);
	if (row->kind == LEASE_HANDS_ON) {
		worked_on(core, row->service);
		object_done(core, &lease->o);
	} else {
		needs_review(core, lease);
	}
}

static void
warn(struct core *core, struct lease *lease)
{
	struct lease_row *row = &lease->row;
	row->warn_at = 0;
	str left = text_ms(core, row->until_at - core->at);
	str until = text_when(core, row->until_wall);
	tell_holder(core, lease,
	    text_make(core, "[hands-on] %.*s: yours for another %.*s",
		STR_ARG(row->service), STR_ARG(left)),
	    text_make(core,
		"Your hands-on of %.*s ends at %.*s, in %.*s. From then on automation acts "
		"on it again.",
		STR_ARG(row->service), STR_ARG(until), STR_ARG(left)),
	    text_make(core,
		"firstline hands-on %.*s --for 1h    (keep it)\n"
		"  firstline hands-off %.*s    (give it back now)",
		STR_ARG(row->service), STR_ARG(row->service)));
	arm(core, lease);
}

void
lease_timer(struct core *core, struct lease *lease)
{
	const struct lease_row *row = &lease->row;
	if (core->at < row->until_at) {
		warn(core, lease);
		return;
	}
	str who = text_who(row->principal);
	lease_end(core, lease, FIRSTLINE,
	    row->kind == LEASE_HANDS_ON
		? text_make(core, "%.*s's hands-on of %.*s is over: its time has passed",
		      STR_ARG(who), STR_ARG(row->service))
		: text_make(core,
		      "%.*s's broken glass on %.*s is over: its time has passed",
		      STR_ARG(who), STR_ARG(row->service)));
}

/* ---- asking ---- */

/* A person of the configuration, for nobody else; else the refusal. */
static bool
is_person(struct core *core, const struct command *command, const char *what,
    struct answering *ret)
{
	str who = command->principal;
	if (command->behalf.n > 0 || !str_starts(who, STR("person:"))) {
		*ret = answer_no(core, 403, EXIT_REFUSED,
		    "only a person may %s, with a token of their own; %.*s is none", what,
		    STR_ARG(who));
		return false;
	}
	if (person_named(core, who) == NULL) {
		*ret = answer_no(core, 403, EXIT_REFUSED,
		    "%.*s is not in the configuration: only people who are may %s",
		    STR_ARG(text_who(who)), what);
		return false;
	}
	return true;
}

/* What is written with it: bounded, else the refusal. `what`: all of what is said where one
 * character would do, and what needs a reason where that has a least length. */
static bool
read_why(struct core *core, const struct command *command, size_t min, const char *what,
    str *ret_why, struct answering *ret)
{
	str why = str_trim(command->text);
	size_t n = 0;
	for (size_t i = 0; i < why.n; i++)
		n += ((unsigned char)why.p[i] & 0xc0) != 0x80 ? 1 : 0;
	if (n < min) {
		*ret = min > 1
		           ? answer_no(core, 422, EXIT_USAGE,
				 "%s needs a reason of at least %zu characters", what, min)
		           : answer_no(core, 422, EXIT_USAGE, "%s", what);
		return false;
	}
	if (why.n > LEASE_WHY_MAX) {
		*ret = answer_no(core, 413, EXIT_USAGE, "a reason has at most %d bytes",
		    LEASE_WHY_MAX);
		return false;
	}
	*ret_why = text_line(core, why, LEASE_WHY_MAX);
	return true;
}

static bool
read_span(struct core *core, const struct command *command, msec otherwise, msec max,
    msec *ret_ms, struct answering *ret)
{
	msec ms = command->span_ms != 0 ? command->span_ms : otherwise;
	if (ms < LEASE_MS_MIN || ms > max) {
		str least = text_ms(core, LEASE_MS_MIN), most = text_ms(core, max);
		*ret = answer_no(core, 422, EXIT_USAGE, "for how long: %.*s to %.*s",
		    STR_ARG(least), STR_ARG(most));
		return false;
	}
	*ret_ms = ms;
	return true;
}

static bool
is_service(struct core *core, const struct command *command, struct answering *ret)
{
	if (model_service(core->newest->model, command->name) != NULL)
		return true;
	*ret = answer_no(core, 404, EXIT_NOT_FOUND, "%.*s",
	    STR_ARG(unknown_service(core, command->name, &core->scratch)));
	return false;
}

static unsigned
count(const struct core *core, enum lease_kind kind)
{
	unsigned n = 0;
	list_each(it, &core->tables[TABLE_LEASE]) n += lease_of(it)->row.kind == kind;
	return n;
}

static struct lease *
add(struct core *core, const struct command *command, enum lease_kind kind, msec ms,
    str why, struct answering *ret)
{
	bool glass = kind == LEASE_BREAK_GLASS;
	if (count(core, kind) >= LEASES_OF_KIND_MAX ||
	    core->counts[TABLE_LEASE] >= LEASES_MAX) {
		*ret = answer_no(core, 409, EXIT_CONFLICT, "there are %d %s",
		    LEASES_OF_KIND_MAX,
		    glass ? "broken glasses already: review those that are over"
			  : "services in hand already: end some");
		return NULL;
	}
	struct lease_row row = { .id = row_next(core),
		.kind = kind,
		.service = command->name,
		.principal = command->principal,
		.why = why,
		.from_wall = core->wall,
		.until_wall = core->wall + ms,
		.until_at = core->at + ms };
	struct lease *lease = object_add(core, TABLE_LEASE, &row);
	if (lease == NULL)
		*ret = answer_no(core, 503, 1, "there is no memory for another lease");
	return lease;
}

/* ---- hands-on ---- */

static void
warn_later(struct lease *lease, msec ms)
{
	msec before = ms / 2 < LEASE_WARN_MS ? ms / 2 : LEASE_WARN_MS;
	ASSERT(before > 0);
	lease->row.warn_at = lease->row.until_at - before;
}

static struct answering
prolong(struct core *core, struct lease *lease, msec ms, str why)
{
	struct lease_row *row = &lease->row;
	row->until_at = core->at + ms;
	row->until_wall = core->wall + ms;
	if (row->from_wall >= row->until_wall) /* the clock was set back */
		row->from_wall = core->wall;
	warn_later(lease, ms);
	if (why.n > 0)
		row_set_str(core, &row->why, why);
	arm(core, lease);
	str until = text_when(core, row->until_wall);
	say(core, lease, row->principal,
	    text_make(core, "keeps %.*s in hand until %.*s%s%.*s", STR_ARG(row->service),
		STR_ARG(until), why.n > 0 ? ": " : "", STR_ARG(why)));
	return answer_yes(200, &lease->o);
}

struct answering
lease_hands_on(struct core *core, const struct command *command)
{
	struct answering no;
	msec ms;
	str why;
	if (!is_person(core, command, "take a service in hand", &no) ||
	    !is_service(core, command, &no) ||
	    !read_span(core, command, HANDS_ON_MS, LEASE_MS_MAX, &ms, &no) ||
	    !read_why(core, command, 0, "hands-on", &why, &no))
		return no;
	struct lease *lease = find(core, LEASE_HANDS_ON, command->name, (str){ 0 });
	if (lease != NULL && str_eq(lease->row.principal, command->principal))
		return prolong(core, lease, ms, why);
	if (lease != NULL) {
		str until = text_when(core, lease->row.until_wall);
		str who = text_who(lease->row.principal);
		return answer_no(core, 409, EXIT_CONFLICT,
		    "%.*s has %.*s in hand until %.*s", STR_ARG(who),
		    STR_ARG(command->name), STR_ARG(until));
	}
	lease = add(core, command, LEASE_HANDS_ON, ms, why, &no);
	if (lease == NULL)
		return no;
	warn_later(lease, ms);
	arm(core, lease);
	str until = text_when(core, lease->row.until_wall);
	say(core, lease, command->principal,
	    text_make(core, "took %.*s in hand until %.*s: automation only watches%s%.*s",
		STR_ARG(command->name), STR_ARG(until), why.n > 0 ? ": " : "",
		STR_ARG(why)));
	return answer_yes(201, &lease->o);
}

/* By its id, else the service's hands-on, else the glass that who asks broke there. */
static struct lease *
to_end(const struct core *core, const struct command *command)
{
	if (command->row != 0) {
		struct lease *lease = object_find(core, TABLE_LEASE, command->row);
		return lease != NULL && holds(core, lease) ? lease : NULL;
	}
	struct lease *lease = find(core, LEASE_HANDS_ON, command->name, (str){ 0 });
	return lease != NULL
	           ? lease
	           : find(core, LEASE_BREAK_GLASS, command->name, command->principal);
}

static void
tell_ended(struct core *core, const struct lease *lease, str by, str why)
{
	const struct lease_row *row = &lease->row;
	tell_holder(core, lease,
	    text_make(core, "[hands-on] %.*s: ended by %.*s", STR_ARG(row->service),
		STR_ARG(by)),
	    text_make(core,
		"%.*s ended your hands-on of %.*s: %.*s. Automation acts on it again.",
		STR_ARG(by), STR_ARG(row->service), STR_ARG(why)),
	    text_make(core, "firstline hands-on %.*s    (take it again)",
		STR_ARG(row->service)));
}

struct answering
lease_hands_off(struct core *core, const struct command *command)
{
	struct answering no;
	str why;
	if (!is_person(core, command, "end a lease", &no))
		return no;
	struct lease *lease = to_end(core, command);
	if (lease == NULL)
		return command->row != 0
		           ? answer_no(core, 404, EXIT_NOT_FOUND,
				 "there is no lease %llu that holds",
				 (unsigned long long)command->row)
		           : answer_no(core, 404, EXIT_NOT_FOUND, "nobody has %.*s in hand",
				 STR_ARG(command->name));
	struct lease_row *row = &lease->row;
	bool own = str_eq(row->principal, command->principal);
	if (!read_why(core, command, own ? 0 : 1,
		"to end what another person holds needs a reason", &why, &no))
		return no;
	str by = text_who(command->principal), who = text_who(row->principal);
	if (!own && row->kind == LEASE_HANDS_ON)
		tell_ended(core, lease, by, why);
	const char *what = row->kind == LEASE_HANDS_ON ? "hands-on of" : "broken glass on";
	lease_end(core, lease, command->principal,
	    text_make(core, "ended %.*s's %s %.*s%s%.*s", STR_ARG(who), what,
		STR_ARG(row->service), why.n > 0 ? ": " : "", STR_ARG(why)));
	return answer_yes(200, &lease->o);
}

/* ---- break-glass ---- */

static void
shout(struct core *core, const struct lease *lease)
{
	const struct lease_row *row = &lease->row;
	str who = text_who(row->principal), until = text_when(core, row->until_wall);
	tell_all(core, lease,
	    text_make(core, "[break-glass] %.*s: %.*s lifted the rules until %.*s",
		STR_ARG(row->service), STR_ARG(who), STR_ARG(until)),
	    text_make(core,
		"%.*s broke the glass on %.*s, until %.*s.\n\nWhy: %.*s\n\nUntil then "
		"rules that say `liftable` do not stop %.*s there; grants are needed as "
		"ever. What is done is recorded, and somebody else must review it.",
		STR_ARG(who), STR_ARG(row->service), STR_ARG(until), STR_ARG(row->why),
		STR_ARG(who)),
	    text_make(core,
		"firstline hands-off %.*s --lease %llu REASON    (end it)\n"
		"  firstline stop-all    (stop everything)",
		STR_ARG(row->service), (unsigned long long)row->id));
}

struct answering
lease_break_glass(struct core *core, const struct command *command)
{
	struct answering no;
	msec ms;
	str why;
	if (!is_person(core, command, "break the glass", &no) ||
	    !is_service(core, command, &no) ||
	    !read_span(core, command, GLASS_MS, GLASS_MS_MAX, &ms, &no) ||
	    !read_why(core, command, GLASS_WHY_MIN, "break-glass", &why, &no))
		return no;
	struct lease *lease =
	    find(core, LEASE_BREAK_GLASS, command->name, command->principal);
	if (lease != NULL) {
		str until = text_when(core, lease->row.until_wall);
		return answer_no(core, 409, EXIT_CONFLICT,
		    "you broke the glass on %.*s already, until %.*s (lease %llu)",
		    STR_ARG(command->name), STR_ARG(until),
		    (unsigned long long)lease->row.id);
	}
	lease = add(core, command, LEASE_BREAK_GLASS, ms, why, &no);
	if (lease == NULL)
		return no;
	core->control->row.glasses_broken++;
	arm(core, lease);
	str until = text_when(core, lease->row.until_wall);
	say(core, lease, command->principal,
	    text_make(core, "broke the glass on %.*s until %.*s: %.*s",
		STR_ARG(command->name), STR_ARG(until), STR_ARG(why)));
	shout(core, lease);
	return answer_yes(201, &lease->o);
}

/* Is there another one of that person on that service which nobody has looked at? */
static bool
another_unreviewed(const struct core *core, const struct lease *lease)
{
	list_each(it, &core->tables[TABLE_LEASE])
	{
		const struct lease *other = lease_of(it);
		if (other != lease && other->row.kind == LEASE_BREAK_GLASS &&
		    other->row.over && str_eq(other->row.service, lease->row.service) &&
		    str_eq(other->row.principal, lease->row.principal))
			return true;
	}
	return false;
}

struct answering
lease_review(struct core *core, const struct command *command)
{
	struct answering no;
	str text;
	if (!is_person(core, command, "review broken glass", &no))
		return no;
	struct lease *lease = object_find(core, TABLE_LEASE, command->row);
	if (lease == NULL || lease->row.kind != LEASE_BREAK_GLASS)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no broken glass %llu that waits for a review",
		    (unsigned long long)command->row);
	struct lease_row *row = &lease->row;
	if (!row->over)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "it is not over yet: a review comes afterwards");
	if (str_eq(row->principal, command->principal))
		return answer_no(core, 403, EXIT_REFUSED,
		    "you broke it: another person must review it");
	if (!read_why(core, command, 1, "a review needs a text", &text, &no))
		return no;
	row_set_str(core, &row->review, text);
	if (str_eq(row->review, text))
		row_set_str(core, &row->reviewed_by, command->principal);
	if (row->reviewed_by.n == 0)
		return answer_no(core, 503, 1, "there is no memory for what was found");
	row->reviewed_wall = core->wall;
	str who = text_who(row->principal);
	say(core, lease, command->principal,
	    text_make(core, "reviewed %.*s's broken glass on %.*s: %.*s", STR_ARG(who),
		STR_ARG(row->service), STR_ARG(text)));
	if (!another_unreviewed(core, lease))
		gap_close(core, GAP_UNREVIEWED, gap_subject(core, row));
	object_done(core, &lease->o);
	return answer_yes(200, &lease->o);
}
