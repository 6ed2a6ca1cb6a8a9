/*
 * Facts that authority lacks: live values of parameters, and how the hosts of the target's
 * group are. Each is a probe of its own; they are out together, for ASKED_FACTS_MS.
 *
 * Each round asks for all that is needed, and what it does not bring is not known: a value
 * that is no whole number, a host without an answer. Until its end the facts of the round
 * before stay, so that who may say yes can still be told. A host without an answer is not
 * well; when none gave one, nobody knows how they are.
 */
#include "core/state.h"

static struct asked_probe *
probes_of(const struct asked *asked)
{
	return asked->row.probes.p;
}

static struct pairs
values_of(struct core *core, const struct asked_row *row, str target)
{
	struct pairs values = pairs_with(core, &row->params, STR("service"), row->service);
	return pairs_with(core, &values, STR("target"), target);
}

/* 0: it cannot be asked, and stays unknown. */
static row_id
ask(struct core *core, const struct asked_row *row, const struct probe *probe, str target)
{
	struct pairs values = values_of(core, row, target);
	struct probe_row out;
	str why;
	if (!probe_fill(core, probe, &values, &out, &why))
		return 0;
	out.incident = row->incident;
	out.run = row->run;
	out.asked = row->id;
	out.config = core->newest->hash;
	return probe_send(core, &out);
}

static struct records
ask_all(struct core *core, const struct asked_row *row, const struct authority_needs *needs)
{
	size_t max = needs->observe_n + needs->health_n;
	struct asked_probe *p = arena_new(&core->scratch, struct asked_probe, max);
	size_t n = 0;
	for (size_t i = 0; i < needs->observe_n && n < ASKED_PROBES_MAX; i++) {
		const struct observe *observe = needs->observe[i];
		row_id id = ask(core, row, &observe->probe, row->target);
		if (id != 0)
			p[n++] =
			    (struct asked_probe){ .probe = id, .subject = observe->param };
	}
	for (size_t i = 0; i < needs->health_n && n < ASKED_PROBES_MAX; i++) {
		const struct host *host = needs->health[i];
		const struct probe *probe = host->service->healthy;
		row_id id = probe != NULL ? ask(core, row, probe, host->name) : 0;
		if (id != 0)
			p[n++] = (struct asked_probe){ .probe = id,
				.subject = host->name,
				.health = true };
	}
	return (struct records){ p, n };
}

static void
drop_all(struct core *core, const struct records *probes)
{
	const struct asked_probe *p = probes->p;
	for (size_t i = 0; i < probes->n; i++) {
		if (p[i].probe != 0)
			probe_drop(core, p[i].probe);
	}
}

bool
asked_facts(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	/* As if nothing were known but who agreed. */
	struct given blank = row->given;
	blank.observed = (struct pairs){ 0 };
	blank.health_known = false;
	blank.healthy = (struct strs){ 0 };
	struct asking asking = asked_asking(core, asked);
	asking.given = &blank;
	struct decision_row row_then;
	struct authority_decision by;
	core_decide(core, &asking, &core->scratch, &row_then, &by);
	struct authority_needs needs = core_needs(core, &asking, &by, &core->scratch);
	struct records probes = ask_all(core, row, &needs);
	if (probes.n == 0)
		return false;
	if (!own_records(&asked_probe_type, core->pool, &row->probes, probes)) {
		core->control->row.shed++;
		drop_all(core, &probes);
		return false;
	}
	timeline_add(core, row->incident, TIMELINE_ASKED, FIRSTLINE, row->id,
	    "%.*s on %.*s: asking%s for %zu %s that authority needs", STR_ARG(row->action),
	    STR_ARG(row->target), row->facts_moved != 0 ? " again" : "", probes.n,
	    probes.n == 1 ? "fact" : "facts");
	row->state = ASKED_FACTS;
	row->facts_moved = 0;
	row->facts_at = core->at;
	row->due = core->at + ASKED_FACTS_MS;
	object_touch(core, &asked->o);
	asked_arm(core, asked);
	return true;
}

/* ---- answers ---- */

/* A whole number as text: the first line of an output, a body, a sample, or what the kind
 * of probe counts; else nothing. */
static str
live_value(struct core *core, enum probe_kind kind, const struct probe_result *seen)
{
	str none = { 0 };
	if (seen->status != PROBE_OK)
		return none;
	str value = seen->value;
	switch (kind) {
	case PROBE_PROMQL:
		break;
	case PROBE_HTTP:
		if (seen->code < 200 || seen->code > 299)
			return none;
		break;
	case PROBE_RUN:
	case PROBE_SSH:
	case PROBE_SYSTEMD: /* its value is no number: nothing */
		if (seen->code != 0)
			return none;
		value = str_cut(value, '\n').head;
		break;
	case PROBE_TCP: /* ms; one that is closed has none */
		if (seen->code == 0)
			return none;
		return text_make(core, "%lld", (long long)seen->number);
	case PROBE_DNS: /* how many answers */
	case PROBE_TLS: /* days */
		return text_make(core, "%lld", (long long)seen->number);
	case PROBE_LOG: /* matches */
		return seen->least ? none : text_make(core, "%lld", (long long)seen->code);
	}
	value = str_trim(value);
	bool minus = value.n > 0 && value.p[0] == '-';
	uint64_t number;
	if (!str_u64(minus ? str_drop(value, 1) : value, INT64_MAX, &number))
		return none;
	/* As a parameter takes it that goes back to it. */
	return text_make(core, "%s%llu", minus && number > 0 ? "-" : "",
	    (unsigned long long)number);
}

static struct pairs
pairs_without(struct core *core, const struct pairs *pairs, str name)
{
	struct pairs left = { arena_new(&core->scratch, struct pair, pairs->n), 0 };
	for (size_t i = 0; i < pairs->n; i++) {
		if (!str_eq(pairs->p[i].name, name))
			left.p[left.n++] = pairs->p[i];
	}
	return left;
}

/* Without room nothing is known: never what was known before. */
static void
set_observed(struct core *core, struct given *given, struct pairs observed)
{
	if (own_pairs(core->pool, &given->observed, observed))
		return;
	core->control->row.shed++;
	bool ok = own_pairs(core->pool, &given->observed, (struct pairs){ 0 });
	ASSERT(ok);
}

static void
set_healthy(struct core *core, struct given *given, struct strs healthy)
{
	if (own_strs(core->pool, &given->healthy, healthy))
		return;
	core->control->row.shed++;
	bool ok = own_strs(core->pool, &given->healthy, (struct strs){ 0 });
	ASSERT(ok);
}

static void
note_value(struct core *core, struct given *given, str param, str value)
{
	struct pairs observed = value.n > 0
	                            ? pairs_with(core, &given->observed, param, value)
	                            : pairs_without(core, &given->observed, param);
	set_observed(core, given, observed);
}

static void
note_health(struct core *core, struct given *given, str host, bool well)
{
	const struct strs *old = &given->healthy;
	struct strs healthy = { arena_new(&core->scratch, str, old->n + 1), 0 };
	for (size_t i = 0; i < old->n; i++) {
		if (!str_eq(old->p[i], host))
			healthy.p[healthy.n++] = old->p[i];
	}
	if (well)
		healthy.p[healthy.n++] = host;
	set_healthy(core, given, healthy);
}

static bool
all_answered(const struct asked *asked)
{
	for (size_t i = 0; i < asked->row.probes.n; i++) {
		if (probes_of(asked)[i].probe != 0)
			return false;
	}
	return true;
}

static void
note(struct core *core, struct asked *asked, struct asked_probe *entry,
    enum probe_kind kind, const struct probe_result *seen)
{
	struct given *given = &asked->row.given;
	if (!entry->health) {
		str value = live_value(core, kind, seen);
		entry->known = value.n > 0;
		note_value(core, given, entry->subject, value);
		return;
	}
	const struct service *service =
	    model_service(core->newest->model, asked->row.service);
	enum holds holds = service != NULL && service->healthy != NULL
	                       ? condition_holds(&service->healthy->expect, seen)
	                       : HOLDS_UNKNOWN;
	entry->known = holds != HOLDS_UNKNOWN;
	note_health(core, given, entry->subject, holds == HOLDS_YES);
}

void
asked_seen(struct core *core, struct asked *asked, const struct probe_row *probe,
    const struct probe_result *seen)
{
	ASSERT(asked->row.state == ASKED_FACTS);
	struct asked_probe *p = probes_of(asked);
	size_t i = 0;
	while (p[i].probe != probe->id) {
		i++;
		ASSERT(i < asked->row.probes.n); /* what it asks no more is dropped */
	}
	p[i].probe = 0;
	note(core, asked, &p[i], probe->kind, seen);
	object_touch(core, &asked->o);
	if (!all_answered(asked))
		return;
	asked_facts_end(core, asked);
	asked_judge(core, asked);
}

void
asked_facts_stop(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	drop_all(core, &row->probes);
	row_set_records(core, &asked_probe_type, &row->probes, (struct records){ 0 });
}

/* What this round did not bring is not known any more. */
void
asked_facts_end(struct core *core, struct asked *asked)
{
	struct asked_row *row = &asked->row;
	const struct asked_probe *p = probes_of(asked);
	struct pairs observed = { 0 };
	struct strs healthy = { arena_new(&core->scratch, str, row->probes.n), 0 };
	bool known = false;
	for (size_t i = 0; i < row->probes.n; i++) {
		if (!p[i].known)
			continue;
		if (!p[i].health) {
			if (!pairs_has(&row->given.observed, p[i].subject))
				continue; /* there was no room */
			observed = pairs_with(core, &observed, p[i].subject,
			    pairs_get(&row->given.observed, p[i].subject));
			continue;
		}
		known = true;
		for (size_t k = 0; k < row->given.healthy.n; k++) {
			if (str_eq(row->given.healthy.p[k], p[i].subject))
				healthy.p[healthy.n++] = p[i].subject;
		}
	}
	set_observed(core, &row->given, observed);
	set_healthy(core, &row->given, healthy);
	row->given.health_known = known;
	asked_facts_stop(core, asked);
	object_touch(core, &asked->o);
}

void
asked_facts_forget(struct core *core, struct asked *asked)
{
	struct given *given = &asked->row.given;
	set_observed(core, given, (struct pairs){ 0 });
	set_healthy(core, given, (struct strs){ 0 });
	given->health_known = false;
	object_touch(core, &asked->o);
}
