/*
 * Quiet hours of a person: what is not urgent is held, and told as one message when they end.
 *
 *	sev3 at 02:00, and ana's quiet hours are from 22:00 until 07:00
 *	    --> a notice that is PENDING and held; she counts as not told, so the next tier is
 *	        told at its time
 *	sev1 at 03:00 --> told now, by her channels for the night first
 *	07:00: all that was held, as one; what has ended by then says so
 *
 * Urgent is what pace.h calls so: sev1, sev2, and what somebody is asked. Further what a
 * person hands to this one, drills, and what is about Firstline. Whoever was woken for an
 * incident is told of its end in their quiet hours too: they may be about to look at it.
 *
 * Any doubt tells now: hours that do not end, a person or hours that are not written any more,
 * an incident that became worse. What is held stands in the notice's row. Clocks may be set:
 * it is looked at again every hour, by the clock of then.
 */
#include "core/state.h"

#define LOOK_AGAIN_MS HOUR
#define AS_GOOD_AS_OVER_MS MINUTE

static const struct person *
person_named(const struct core *core, str id)
{
	return core->newest != NULL && id.n > 0 ? model_person(core->newest->model, id)
	                                        : NULL;
}

static msec
until_of(const struct core *core, str id)
{
	const struct person *person = person_named(core, id);
	return person != NULL ? person_quiet_until(person, core->wall) : 0;
}

static bool
is_woken(const struct incident *incident, str person)
{
	return strs_has(&incident->row.woken, person);
}

static bool
goes_through(const struct core *core, const struct notice_row *row)
{
	const struct incident *incident = incident_find(core, row->incident);
	unsigned rank = notice_rank(row);
	if (row->urgent || rank <= SEV2 - 1)
		return true;
	if (incident == NULL)
		return false;
	if (rank == NOTICE_RANKS - 1)
		return is_woken(incident, row->person);
	return row->severity == 0 || incident->row.drill || incident->row.overflow ||
	       incident_is_self(incident);
}

static void
hold(const struct core *core, struct notice_row *row, msec until)
{
	msec left = until - core->wall;
	row->held_wall = until;
	row->next_at = core->at + (left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS);
}

void
quiet_place(struct core *core, struct notice_row *row)
{
	msec until = until_of(core, row->person);
	if (until == 0)
		return;
	if (!goes_through(core, row)) {
		hold(core, row, until);
		row->was_held = true;
	} else if (row->first == 0 && notice_rank(row) != NOTICE_RANKS - 1) {
		people_by_night(core, row);
	}
}

/* "2026-11-24 07:00 (Europe/Lisbon)": by the clocks that the person has. */
static str
when_over(struct core *core, const struct notice_row *row)
{
	const struct person *person = person_named(core, row->person);
	const struct zone *zone = person != NULL ? person->zone : zone_utc();
	struct civil c = zone_civil(zone, (int64_t)(row->held_wall / SECOND));
	return text_make(core, "%04d-%02u-%02u %02u:%02u (%.*s)", c.year, c.month, c.day,
	    c.hour, c.minute, STR_ARG(zone_name(zone)));
}

static bool
holds_another(const struct incident *incident, const struct notice *notice)
{
	list_each(it, &incident->notices)
	{
		const struct notice *other =
		    container_of(object_of(it, of_incident), struct notice, o);
		if (other != notice && other->row.held_wall != 0 &&
		    str_eq(other->row.person, notice->row.person))
			return true;
	}
	return false;
}

void
quiet_say(struct core *core, const struct notice *notice)
{
	const struct notice_row *row = &notice->row;
	const struct incident *incident = incident_find(core, row->incident);
	if (row->held_wall == 0 || incident == NULL || holds_another(incident, notice))
		return;
	str when = when_over(core, row);
	timeline_add(core, row->incident, TIMELINE_NOTICE, FIRSTLINE, row->id,
	    "%s notice to %.*s is held until %.*s: quiet hours",
	    notice_purpose_name(row->purpose), STR_ARG(row->person), STR_ARG(when));
}

void
quiet_woke(struct core *core, struct incident *incident, str person)
{
	struct strs *woken = &incident->row.woken;
	if (until_of(core, person) == 0 || is_woken(incident, person) ||
	    woken->n >= TOLD_MAX)
		return;
	struct strs all = { arena_new(&core->scratch, str, woken->n + 1), woken->n + 1 };
	for (size_t i = 0; i < woken->n; i++)
		all.p[i] = woken->p[i];
	all.p[woken->n] = person;
	row_set_strs(core, woken, all);
	object_touch(core, &incident->o);
}

/* ---- over ---- */

/* It says how things are now, not how they were when it was held. */
static void
say_anew(struct core *core, struct notice *notice)
{
	struct notice_row *row = &notice->row;
	const struct incident *incident = incident_find(core, row->incident);
	const struct person *person = person_named(core, row->person);
	if (incident == NULL || person == NULL || row->first != 0 || !notice_pages(row))
		return;
	struct notice_words words = { 0 };
	notice_words(core, incident, row->purpose, person, &words);
	row_set_str(core, &row->subject, text_shown(core, words.subject));
	row_set_str(core, &row->text, text_shown(core, words.text));
	if (!own_pairs(core->pool, &row->fields, notice_fields(core, &words.fields)))
		core->control->row.shed++;
	row->severity = incident->row.severity;
}

static void
release(struct core *core, struct notice *notice)
{
	struct arena mark = core->scratch;
	say_anew(core, notice);
	core->scratch = mark;
	notice->row.held_wall = 0;
	notice->row.next_at = core->at;
	object_touch(core, &notice->o);
	notice_arm(core, notice);
}

/* All of one reader at once, so that they are one message. */
void
quiet_look(struct core *core, const struct notice *first)
{
	msec until = until_of(core, first->row.person);
	list_each_safe(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		struct notice_row *row = &notice->row;
		if (row->held_wall == 0 || row->next_at > core->at ||
		    !str_eq(row->person, first->row.person))
			continue;
		if (until < core->wall + AS_GOOD_AS_OVER_MS) {
			release(core, notice);
			continue;
		}
		hold(core, row, until);
		object_touch(core, &notice->o);
		notice_arm(core, notice);
	}
}

/* ---- it ended, other rules hold ---- */

/* Whom pages about it are held for, each once; the last of each. */
struct recipients *
quiet_held_for(struct core *core, const struct incident *incident)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	list_each(it, &incident->notices)
	{
		const struct notice *notice =
		    container_of(object_of(it, of_incident), struct notice, o);
		const struct notice_row *row = &notice->row;
		if (row->held_wall == 0 || !notice_pages(row))
			continue;
		struct recipient who = { .person = arena_str(&core->scratch, row->person),
			.channel = arena_str(&core->scratch, row->channel),
			.address = arena_str(&core->scratch, row->address),
			.within_ms = row->within_ms };
		recipients_add(to, &who);
	}
	return to;
}

void
quiet_ended(struct core *core, const struct incident *incident,
    const struct recipients *held, const struct recipients *told)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	struct notice_words words = { 0 };
	for (size_t i = 0; i < held->n; i++) {
		bool knows = false;
		for (size_t k = 0; k < told->n; k++)
			knows = knows || str_eq(told->p[k].person, held->p[i].person);
		if (!knows)
			recipients_add(to, &held->p[i]);
	}
	if (to->n == 0)
		return;
	notice_words(core, incident, PURPOSE_ENDED, NULL, &words);
	words.subject = text_line(core,
	    text_make(core, "%.*s; opened and ended while it was quiet",
		STR_ARG(words.subject)),
	    400);
	words.text = text_make(core, "It opened and ended in your quiet hours.\n\n%.*s",
	    STR_ARG(words.text));
	notices_make(core, incident, PURPOSE_ENDED, to, &words);
}

/* Nobody calls whoever left, but to tell of an end. The incident of which nobody is told
 * then, or 0. */
static incident_id
departed(struct core *core, struct notice *notice)
{
	const struct notice_row *row = &notice->row;
	incident_id page = notice_pages(row) ? row->incident : 0;
	if (row->purpose == PURPOSE_ENDED) {
		release(core, notice);
		return 0;
	}
	timeline_add(core, row->incident, TIMELINE_NOTICE, FIRSTLINE, row->id,
	    "%s notice to %.*s, held until now, is not sent: they are not in the "
	    "configuration any more",
	    notice_purpose_name(row->purpose), STR_ARG(row->person));
	notice_drop(core, notice);
	return page;
}

static void
look_again(struct core *core, struct notice *notice)
{
	struct notice_row *row = &notice->row;
	msec until = goes_through(core, row) ? 0 : until_of(core, row->person);
	if (until == 0) {
		timeline_add(core, row->incident, TIMELINE_NOTICE, FIRSTLINE, row->id,
		    "%s notice to %.*s is not held any longer: told now",
		    notice_purpose_name(row->purpose), STR_ARG(row->person));
		release(core, notice);
		return;
	}
	hold(core, row, until);
	object_touch(core, &notice->o);
	notice_arm(core, notice);
}

void
quiet_adopted(struct core *core)
{
	incident_id *page =
	    arena_new(&core->scratch, incident_id, core->counts[TABLE_NOTICE]);
	size_t n = 0;
	list_each_safe(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		struct arena mark = core->scratch;
		if (notice->row.held_wall == 0)
			continue;
		if (person_named(core, notice->row.person) == NULL)
			page[n++] = departed(core, notice);
		else
			look_again(core, notice);
		core->scratch = mark;
	}
	for (size_t i = 0; i < n; i++) {
		struct incident *incident = incident_find(core, page[i]);
		if (incident != NULL && incident->row.state != INCIDENT_CLOSED)
			incident_page(core, incident, STR("whoever has it now is told"));
	}
}
