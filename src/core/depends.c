/*
 * Dependents of what is sick: nobody is paged for what another incident explains.
 *
 *	payments is sick: incident 3, told       checkout depends on it: incident 4, kept, its
 *	                                         runbook runs, its channels hear of it, nobody
 *	                                         is paged
 *	incident 3 ends ---------------------->  incident 4 has not: whoever has the tier is told
 *
 * Only by an incident that somebody is told of itself (not one that is muted, so what
 * depends on each other in a circle is told once, or that waits for hours), that is not over, is as bad or sev2 at
 * least (the tier of a database is seldom that of the shop in front of it), and opened
 * within an hour of this one: what has been wrong for days explains nothing new. Any doubt
 * pages: an incident without a service, a drill, a service that says so.
 */
#include "core/state.h"

#define LOOKED_MAX 256   /* services that one depends on, by however many steps */
#define EXPLAINS_MS HOUR /* between the two, whichever opened first */

static bool
near(msec a, msec b)
{
	return (a > b ? a - b : b - a) <= EXPLAINS_MS;
}

static bool
explains(const struct incident *cause, const struct incident *incident)
{
	const struct incident_row *row = &cause->row;
	return row->muted_by == 0 && row->waits_wall == 0 && !row->drill &&
	       !row->overflow && row->state != INCIDENT_RECOVERED &&
	       near(row->opened_at, incident->row.opened_at) &&
	       (row->severity <= incident->row.severity || row->severity <= SEV2);
}

static const struct incident *
open_of(const struct core *core, const struct service *service,
    const struct incident *incident)
{
	const struct service_state *state = service_state_find(core, service->name);
	if (state == NULL || state->open == 0)
		return NULL;
	list_each(it, &core->open)
	{
		const struct incident *cause = container_of(it, struct incident, in_state);
		if (str_eq(cause->row.service, service->name) && explains(cause, incident))
			return cause;
	}
	return NULL;
}

/* The nearest by the catalogue, in its order. */
static const struct incident *
cause_of(const struct core *core, const struct incident *incident)
{
	const struct service *looked[LOOKED_MAX];
	const struct service *service = incident_service(incident);
	size_t n = 0;
	/* Drills are escalated where alerts had joined them, as earlier versions let them. */
	if (service == NULL || service->page_always || incident->row.drill)
		return NULL;
	looked[n++] = service;
	for (size_t at = 0; at < n; at++) {
		for (size_t i = 0; i < looked[at]->depends_on_n; i++) {
			const struct service *other = looked[at]->depends_on[i];
			size_t k = 0;
			while (k < n && looked[k] != other)
				k++;
			if (k < n || n == LOOKED_MAX)
				continue;
			looked[n++] = other;
			const struct incident *cause = open_of(core, other, incident);
			if (cause != NULL)
				return cause;
		}
	}
	return NULL;
}

bool
dependency_mutes(struct core *core, struct incident *incident)
{
	const struct incident *cause = cause_of(core, incident);
	struct incident_row *row = &incident->row;
	incident_id by = cause != NULL ? cause->row.id : 0;
	if (row->muted_by == by)
		return by != 0;
	row->muted_by = by;
	object_touch(core, &incident->o);
	if (by != 0)
		timeline_add(core, row->id, TIMELINE_NOTICE, FIRSTLINE, 0,
		    "nobody is paged: it depends on %.*s, whose incident %u (%s) is open",
		    STR_ARG(cause->row.service), by, severity_name(cause->row.severity));
	return by != 0;
}

void
dependency_again(struct core *core, struct incident *incident)
{
	if (incident->row.muted_by != 0 && !dependency_mutes(core, incident))
		incident_page(core, incident,
		    STR("it is worse than what it depends on: paged now"));
}

void
dependency_ended(struct core *core, const struct incident *cause)
{
	incident_id id = cause->row.id;
	list_each_safe(it, &core->open)
	{
		struct incident *incident = container_of(it, struct incident, in_state);
		if (incident->row.muted_by != id)
			continue;
		struct arena mark = core->scratch;
		if (!dependency_mutes(core, incident))
			incident_page(core, incident,
			    text_make(core,
				"incident %u of %.*s has ended, and this one has not: "
				"paged "
				"now",
				id, STR_ARG(cause->row.service)));
		core->scratch = mark;
	}
}
