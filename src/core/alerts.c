/*
 * Alerts: which incident each belongs to. The busiest file: most alerts join an incident
 * that is already open, which costs reading the labels, one key and two counts.
 *
 *	labels -> first alert rule that matches, or the label `service` -> service
 *	       -> the labels that make it "the same trouble" again -> recurrence
 *	key = fnv64(service, 0, recurrence) -> the open incident, or a new one
 */
#include "core/noise.h"
#include "core/state.h"
#include "intake/wire.h"

#define RECURRENCE_LABELS_MAX 32

struct match {
	struct pairs labels;
	const struct service *service; /* NULL: none */
	const struct alert_rule *rule; /* NULL: none */
	str recurrence;
	str source;
};

/* "alertname=QueueStuck,queue=payments" */
static str
recurrence_of(struct core *core, const struct alert_rule *rule, const struct pairs *labels)
{
	static const str alertname = { "alertname", 9 };
	const str *names = &alertname;
	size_t n = 1;
	if (rule != NULL && rule->recurrence.n > 0) {
		names = rule->recurrence.p;
		n = rule->recurrence.n;
	}
	/* Each heartbeat is a trouble of its own. */
	static const str heartbeat[] = { { "alertname", 9 }, { "heartbeat", 9 } };
	if (names == &alertname &&
	    str_eq(pairs_get(labels, alertname), STR(HEARTBEAT_ALERTNAME))) {
		names = heartbeat;
		n = countof(heartbeat);
	}
	str values[RECURRENCE_LABELS_MAX];
	if (n > countof(values))
		n = countof(values);
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++) {
		values[i] = pairs_get(labels, names[i]);
		bytes += names[i].n + values[i].n + 2;
	}
	char *p = arena_new(&core->scratch, char, bytes);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			p[at++] = ',';
		memcpy(p + at, names[i].p, names[i].n);
		at += names[i].n;
		p[at++] = '=';
		if (values[i].n > 0)
			memcpy(p + at, values[i].p, values[i].n);
		at += values[i].n;
	}
	return (str){ p, at };
}

static void
match_alert(struct core *core, str body, str source, struct match *ret)
{
	const struct model *model = core->newest->model;
	ret->source = source;
	ret->labels = wire_read_labels(body, &core->scratch);
	ret->rule = rules_match(core->rules, &ret->labels);
	if (ret->rule != NULL) {
		ret->service = ret->rule->service;
	} else {
		str named = pairs_get(&ret->labels, STR("service"));
		ret->service = named.n > 0 ? model_service(model, named) : NULL;
	}
	ret->recurrence = recurrence_of(core, ret->rule, &ret->labels);
}

/* ---- new incidents ---- */

/* Those that inputs of runbooks come from, where they can be the value of one. */
static struct pairs
annotations_of(struct core *core, str body)
{
	const struct strs *wanted = &core->newest->model->annotations;
	struct pairs kept = { 0 };
	struct alert_body whole;
	struct err err;
	if (wanted->n == 0 ||
	    !record_decode_all(&alert_body_type, body, &core->scratch, &whole, &err))
		return kept;
	for (size_t i = 0; i < wanted->n; i++) {
		str value = pairs_get(&whole.annotations, wanted->p[i]);
		if (value.n > 0 && value.n <= PARAM_VALUE_BYTES_MAX)
			kept = pairs_with(core, &kept, wanted->p[i], value);
	}
	return kept;
}

/* "QueueStuck: 812 messages wait", from the alert's name and summary. */
static str
title_of(struct core *core, const struct match *match, str body)
{
	str name = pairs_get(&match->labels, STR("alertname"));
	if (name.n == 0)
		name = STR("alert without a name");
	struct alert_body whole;
	struct err err;
	str summary = { 0 };
	if (record_decode_all(&alert_body_type, body, &core->scratch, &whole, &err)) {
		summary = pairs_get(&whole.annotations, STR("summary"));
		if (summary.n == 0)
			summary = pairs_get(&whole.annotations, STR("description"));
	}
	name = text_line(core, name, TITLE_MAX);
	if (summary.n == 0)
		return name;
	summary = text_line(core, summary, TITLE_MAX);
	return text_short(core,
	    text_make(core, "%.*s: %.*s", STR_ARG(name), STR_ARG(summary)), TITLE_MAX);
}

static bool
is_full(const struct core *core, str service)
{
	const struct limits *limits = &core->newest->model->limits;
	uint32_t most = limits->incidents_max;
	if (most > core->incidents_max)
		most = core->incidents_max;
	if (core->counted >= most || !core_roomy(core))
		return true;
	const struct service_state *state = service_state_find(core, service);
	return state != NULL && state->counted >= limits->incidents_per_service_max;
}

/* Beyond the bound: one incident per service collects what found no room. */
static struct incident *
overflow_incident(struct core *core, const struct match *match, str service, bool *ret_new)
{
	uint64_t key = incident_key(service, (str){ 0 });
	struct incident *incident =
	    incident_by_key(core, &key, service, STR("overflow"), false);
	core->control->row.overflowed++;
	if (incident != NULL)
		return incident;
	str of = service.n > 0 ? service : STR("alerts without a service");
	struct opening opening = { .service = match->service,
		.severity = incident_severity(match->service, match->rule, &match->labels),
		.recurrence = STR("overflow"),
		.title = text_make(core,
		    "overflow: more incidents of %.*s than are kept apart", STR_ARG(of)),
		.key = key,
		.source = match->source,
		.overflow = true };
	*ret_new = true;
	return incident_open(core, &opening);
}

static struct incident *
incident_for(struct core *core, const struct match *match, str body, bool *ret_new)
{
	str service = match->service != NULL ? match->service->name : (str){ 0 };
	uint64_t key = incident_key(service, match->recurrence);
	struct incident *incident =
	    incident_by_key(core, &key, service, match->recurrence, false);
	if (incident != NULL)
		return incident;
	if (is_full(core, service))
		return overflow_incident(core, match, service, ret_new);
	struct opening opening = { .service = match->service,
		.severity = incident_severity(match->service, match->rule, &match->labels),
		.recurrence = match->recurrence,
		.title = title_of(core, match, body),
		.key = key,
		.source = match->source,
		.labels = &match->labels,
		.annotations = annotations_of(core, body) };
	incident = incident_open(core, &opening);
	if (incident == NULL)
		return overflow_incident(core, match, service, ret_new);
	*ret_new = true;
	return incident;
}

/* ---- changes ---- */

static bool
power_of_ten(uint32_t n)
{
	while (n >= 10 && n % 10 == 0)
		n /= 10;
	return n == 1;
}

static void
join(struct core *core, struct incident *incident, const struct match *match, bool released)
{
	struct incident_row *row = &incident->row;
	object_touch(core, &incident->o);
	row->alerts_active++;
	row->alerts_total++;
	row->alerts_expired = 0; /* whoever went quiet may be this one */
	/* Back where it was held, as far as one can tell: it counts as active again. */
	if (released && row->alerts_held > 0)
		row->alerts_held--;
	if (row->alerts_total <= ALERTS_TOLD) {
		str labels = text_labels(core, &match->labels, 500);
		timeline_add(core, row->id, TIMELINE_ALERT, FIRSTLINE, 0, "%s: %.*s",
		    released ? "alert is no longer suppressed" : "alert fired",
		    STR_ARG(labels));
	} else if (row->alerts_total >= 100 && power_of_ten(row->alerts_total)) {
		timeline_add(core, row->id, TIMELINE_ALERT, FIRSTLINE, 0,
		    "%u alerts have fired, %u %s active", row->alerts_total,
		    row->alerts_active, row->alerts_active == 1 ? "is" : "are");
	}
	enum severity severity =
	    incident_severity(match->service, match->rule, &match->labels);
	if (severity < row->severity) {
		timeline_add(core, row->id, TIMELINE_STATE, FIRSTLINE, 0,
		    "severity raised from %s to %s by a further alert",
		    severity_name(row->severity), severity_name(severity));
		row->severity = severity;
		incident_worse(core, incident);
	}
}

static incident_id
on_fired(struct core *core, str body, str source, bool released)
{
	struct match match;
	bool is_new = false;
	match_alert(core, body, source, &match);
	noise_fired(core, &match.labels, source, match.service);
	struct incident *incident = incident_for(core, &match, body, &is_new);
	if (incident == NULL)
		return 0; /* no room even for that: counted */
	join(core, incident, &match, released);
	if (is_new) {
		if (match.service == NULL && !incident->row.overflow) {
			str name = pairs_get(&match.labels, STR("alertname"));
			gap_add(core, GAP_NO_SERVICE, name, incident->row.owner, incident,
			    text_make(core, "alert %.*s belongs to no service",
				STR_ARG(name)));
		}
		incident_begin(core, incident);
	} else {
		incident_fired(core, incident);
	}
	return incident->row.id;
}

static void
one_less(struct core *core, struct incident *incident)
{
	if (incident->row.state == INCIDENT_CLOSED)
		incident_drained(core, incident);
	else if (incident->row.alerts_active == 0)
		incident_quiet(core, incident);
}

static void
on_ended(struct core *core, incident_id id, bool expired)
{
	struct incident *incident = incident_find(core, id);
	if (incident == NULL || incident->row.alerts_active == 0)
		return;
	struct incident_row *row = &incident->row;
	object_touch(core, &incident->o);
	row->alerts_active--;
	if (expired)
		row->alerts_expired++;
	if (row->alerts_total <= ALERTS_TOLD || row->alerts_active == 0)
		timeline_add(core, id, TIMELINE_ALERT, FIRSTLINE, 0,
		    "an alert %s, %u %s active",
		    expired ? "expired: its source went quiet" : "resolved",
		    row->alerts_active, row->alerts_active == 1 ? "is" : "are");
	if (row->alerts_active == 0)
		flap_cleared(core, incident);
	one_less(core, incident);
}

/* It may fire on, but nobody is to hear of it: for the incident it is gone. */
static void
on_held(struct core *core, const struct alert_change *change)
{
	struct incident *incident = incident_find(core, change->incident);
	if (incident == NULL || incident->row.alerts_active == 0)
		return;
	struct incident_row *row = &incident->row;
	object_touch(core, &incident->o);
	row->alerts_active--;
	row->alerts_held++;
	row->held = change->silence != 0 ? END_SILENCED : END_INHIBITED;
	str why = silence_words(core, change);
	row_set_str(core, &row->held_why, why);
	if (row->alerts_total <= ALERTS_TOLD || row->alerts_active == 0)
		timeline_add(core, row->id, TIMELINE_ALERT, FIRSTLINE, 0,
		    "an alert is %.*s, %u %s active", STR_ARG(why), row->alerts_active,
		    row->alerts_active == 1 ? "is" : "are");
	one_less(core, incident);
}

void
on_alerts_changed(struct core *core, const struct alerts_changed *changed)
{
	ASSERT(core->newest != NULL);
	const struct alert_change *changes = changed->changes.p;
	incident_id *incidents =
	    arena_new(core->fx->arena, incident_id, changed->changes.n);
	for (size_t i = 0; i < changed->changes.n; i++) {
		struct arena mark = core->scratch;
		switch (changes[i].kind) {
		case CHANGE_FIRED:
			if (changes[i].held)
				silence_holds(core, changes[i].silence);
			incidents[i] = changes[i].held ? 0
			                               : on_fired(core, changes[i].body,
							     changed->source, false);
			break;
		case CHANGE_RELEASED:
			incidents[i] =
			    on_fired(core, changes[i].body, changed->source, true);
			break;
		case CHANGE_HELD:
			incidents[i] = 0;
			silence_holds(core, changes[i].silence);
			on_held(core, &changes[i]);
			break;
		case CHANGE_CHANGED:
			incidents[i] = changes[i].incident;
			break;
		case CHANGE_RESOLVED:
			incidents[i] = changes[i].incident;
			on_ended(core, changes[i].incident, false);
			break;
		}
		core->scratch = mark;
	}
	core->fx->alert_incident = incidents;
	core->fx->alert_n = changed->changes.n;
}

void
on_alerts_expired(struct core *core, const struct alerts_expired *expired)
{
	const struct alert_end *ends = expired->ends.p;
	for (size_t i = 0; i < expired->ends.n; i++) {
		struct arena mark = core->scratch;
		on_ended(core, ends[i].incident, true);
		core->scratch = mark;
	}
}
