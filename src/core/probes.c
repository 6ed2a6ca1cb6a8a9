/*
 * Probes: questions to the world. A probe is a row until it is answered, so that it is
 * asked again after a restart; what it saw goes to the step or attempt that asked.
 */
#include "core/state.h"

bool
probe_fill(struct core *core, const struct probe *what, const struct pairs *values,
    struct probe_row *ret, str *ret_why)
{
	struct err err;
	struct arena *arena = &core->scratch;
	*ret = (struct probe_row){ .kind = what->kind, .timeout_ms = what->timeout_ms };
	bool ok = true;
	switch (what->kind) {
	case PROBE_PROMQL:
		ret->url = what->server;
		ok = template_fill(&what->query, values, arena, &ret->query, &err);
		break;
	case PROBE_HTTP:
		ok = template_fill(&what->url, values, arena, &ret->url, &err);
		break;
	case PROBE_RUN:
		ret->argv.p = arena_new(arena, str, what->argv.n);
		for (size_t i = 0; ok && i < what->argv.n; i++)
			ok = template_fill(&what->argv.p[i], values, arena, &ret->argv.p[i],
			    &err);
		ret->argv.n = what->argv.n;
		ret->sandbox = what->sandbox;
		break;
	case PROBE_SSH:
	case PROBE_SYSTEMD:
		ok = request_fill(&what->argv, &what->parts, values, arena, &ret->argv,
		    &ret->parts, &err);
		break;
	case PROBE_TCP:
	case PROBE_TLS:
	case PROBE_LOG:
		ok = template_fill(&what->where, values, arena, &ret->where, &err) &&
		     template_fill(&what->name, values, arena, &ret->name, &err);
		ret->lines = what->lines;
		ret->text = what->text;
		ret->listen = what->expect.subject == SUBJECT_BANNER;
		break;
	case PROBE_DNS:
		ok = template_fill(&what->name, values, arena, &ret->name, &err);
		ret->where = what->server;
		ret->dns = what->dns;
		break;
	}
	if (!ok)
		*ret_why = arena_str(arena, str_of(err.text));
	return ok;
}

msec
probe_due(const struct question *probe)
{
	return probe->row.asked_at + probe->row.timeout_ms + PROBE_GRACE_MS;
}

static void
order(struct core *core, struct question *probe)
{
	object_touch(core, &probe->o);
	heap_set(&core->timers, &probe->o, probe_due(probe));
	struct effect *effect = effects_add(core->fx, EFFECT_PROBE);
	record_copy(&probe_row_type, &probe->row, core->fx->arena, &effect->probe.probe);
}

row_id
probe_send(struct core *core, const struct probe_row *row)
{
	struct probe_row filled = *row;
	filled.id = row_next(core);
	filled.asked_at = core->at;
	struct question *probe = object_add(core, TABLE_PROBE, &filled);
	if (probe == NULL)
		return 0;
	order(core, probe);
	return filled.id;
}

void
probe_again(struct core *core, struct question *probe)
{
	probe->row.asked_at = core->at;
	order(core, probe);
}

void
probe_drop(struct core *core, row_id id)
{
	struct question *probe = object_find(core, TABLE_PROBE, id);
	if (probe != NULL)
		object_erase(core, &probe->o);
}

/* It may wait for something else by now. */
static void
run_answered(struct core *core, struct run *run, const struct probe_row *probe,
    const struct probe_result *seen)
{
	const struct run_row *row = &run->row;
	if (row->phase == PHASE_INPUTS)
		inputs_seen(core, run, probe, seen);
	else if (row->phase == PHASE_EVIDENCE)
		evidence_seen(core, run, probe, seen);
	else if (row->phase == PHASE_PROBING && row->waiting_for == probe->id)
		check_seen(core, run, seen);
	else if (row->phase == PHASE_PROBING && row->waiting_for == 0)
		looks_seen(core, run, probe->id, seen);
}

static void
answered(struct core *core, struct question *probe, const struct probe_result *seen)
{
	row_id id = probe->row.id;
	struct run *run = object_find(core, TABLE_RUN, probe->row.run);
	struct attempt *attempt = object_find(core, TABLE_ATTEMPT, probe->row.attempt);
	struct asked *asked = object_find(core, TABLE_ASKED, probe->row.asked);
	object_erase(core, &probe->o);
	if (asked != NULL && asked->row.state == ASKED_FACTS)
		asked_seen(core, asked, &probe->row, seen);
	else if (attempt != NULL && attempt->row.probe == id)
		attempt_probed(core, attempt, seen);
	else if (run != NULL)
		run_answered(core, run, &probe->row, seen);
}

void
probe_timer(struct core *core, struct question *probe)
{
	struct probe_result nothing = { .probe = probe->row.id,
		.status = PROBE_FAILED,
		.error = STR("no answer in time") };
	answered(core, probe, &nothing);
}

void
on_probe_result(struct core *core, const struct probe_result *result)
{
	struct question *probe = object_find(core, TABLE_PROBE, result->probe);
	if (probe != NULL)
		answered(core, probe, result);
}
