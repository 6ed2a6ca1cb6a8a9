/*
 * The same remedy for the same trouble, again and again, masks a cause. At its
 * RECURS_MIN-th recovery within RECURS_MS a gap is opened with what is known of it, for
 * whoever owns the service to hand on.
 *
 * What helped stands in the incident, and goes to the next one with its key: closed ones
 * are forgotten as soon as the trouble is back.
 */
#include "core/state.h"

/* This recovery too, behind those that still count. */
static void
note(struct core *core, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	const struct remedy *old = row->remedies.p;
	struct remedy *p = arena_new(&core->scratch, struct remedy, row->remedies.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < row->remedies.n; i++) {
		bool fits = row->remedies.n - i < REMEDIES_MAX;
		if (fits && core->wall < old[i].wall + RECURS_MS)
			p[n++] = old[i];
	}
	msec took = core->wall > row->opened_wall ? core->wall - row->opened_wall : 0;
	p[n++] = (struct remedy){ row->id, row->runbook, core->wall, took };
	row_set_records(core, &remedy_type, &row->remedies, (struct records){ p, n });
	object_touch(core, &incident->o);
}

void
recurrence_note(struct core *core, struct incident *incident)
{
	const struct incident_row *row = &incident->row;
	if (row->drill)
		return;
	note(core, incident);
	const struct remedy *p = row->remedies.p;
	unsigned times = 0;
	msec longest = 0;
	incident_id named = 0;
	str list = { 0 };
	for (size_t i = 0; i < row->remedies.n; i++) {
		if (!str_eq(p[i].runbook, row->runbook))
			continue;
		times++;
		longest = p[i].took > longest ? p[i].took : longest;
		if (p[i].incident == named) /* it came back before it closed */
			continue;
		named = p[i].incident;
		list = text_make(core, "%.*s%s%u", STR_ARG(list), list.n > 0 ? ", " : "",
		    named);
	}
	if (times < RECURS_MIN)
		return;
	str service = row->service.n > 0 ? row->service : STR("no service");
	str took = text_ms(core, longest);
	str whom = row->developers.n > 0 ? row->developers : STR("whoever develops it");
	gap_add(core, GAP_RECURS,
	    text_make(core, "%.*s on %.*s", STR_ARG(row->runbook), STR_ARG(service)),
	    row->owner, incident,
	    text_make(core,
		"runbook %.*s was the remedy %u times within %u days (%.*s; incident%s "
		"%.*s; it took up to %.*s): its cause is still there, hand it to %.*s",
		STR_ARG(row->runbook), times, (unsigned)(RECURS_MS / DAY),
		STR_ARG(row->recurrence), str_contains(list, STR(",")) ? "s" : "",
		STR_ARG(list), STR_ARG(took), STR_ARG(whom)));
}
