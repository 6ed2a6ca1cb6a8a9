/*
 * The timeline: what happened, in order, in sentences. The entries of an open incident
 * stay in memory, as many as its case file shows: the first ones, and the last ones.
 */
#include "core/noise.h"
#include "core/state.h"

/* The one in the middle goes: how it began and where it stands both matter. */
static void
keep_some(struct core *core, struct incident *incident)
{
	if (incident->timeline_n <= TIMELINE_KEPT_MAX)
		return;
	struct link *it = incident->timeline.next;
	for (unsigned i = 0; i < TIMELINE_KEPT_FIRST; i++)
		it = it->next;
	incident->timeline_n--;
	object_done(core, object_of(it, of_incident));
}

/* Not Firstline itself, automation or an agent: what these do is known otherwise. */
static bool
is_person(str who)
{
	return str_starts(who, STR("person:")) || str_eq(who, STR("local-admin"));
}

void
timeline_text(struct core *core, incident_id incident, enum timeline_kind kind, str who,
    row_id ref, str words)
{
	struct timeline_row row = { .id = row_next(core),
		.incident = incident,
		.at = core->at,
		.wall = core->wall,
		.kind = kind,
		.who = who,
		.text = words,
		.ref = ref };
	struct timeline *entry = object_add(core, TABLE_TIMELINE, &row);
	if (entry == NULL)
		return;
	struct effect *effect = effects_add(core->fx, EFFECT_APPEND_TIMELINE);
	record_copy(&timeline_row_type, &row, core->fx->arena,
	    &effect->append_timeline.row);

	struct incident *of = incident != 0 ? incident_find(core, incident) : NULL;
	if (of == NULL || of->row.end != 0) {
		object_done(core, &entry->o);
		return;
	}
	if (is_person(who) && kind != TIMELINE_USEFUL) {
		noise_acted(core, of);
		of->row.worked_at = core->at;
		object_touch(core, &of->o);
	}
	list_append(&of->timeline, &entry->o.of_incident);
	of->timeline_n++;
	keep_some(core, of);
}

void
timeline_add(struct core *core, incident_id incident, enum timeline_kind kind, str who,
    row_id ref, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	/* A text that a format cuts makes the line too long: it is told at its end. */
	static_assert(STR_PRINTED_MAX > TIMELINE_TEXT_MAX, "cut, and nobody is told");
	str words = arena_vprintf(&core->scratch, fmt, args);
	va_end(args);
	timeline_text(core, incident, kind, who, ref,
	    text_line(core, words, TIMELINE_TEXT_MAX));
}

void
timeline_release(struct core *core, struct incident *incident)
{
	list_each_safe(it, &incident->timeline)
	    object_done(core, object_of(it, of_incident));
	incident->timeline_n = 0;
}
