/*
 * Inputs that are asked for. Before the first step of a run the probes of those that were
 * not given go out together; when the last is answered each value is held against its type,
 * as one that a person gives, and the run begins.
 *
 *	PHASE_INPUTS --all known, all fit--> the first step
 *	             --one is not known, or does not fit--> a person: it does not begin
 *
 * What was seen is data: it fills placeholders as any input does, and nothing more.
 */
#include "core/state.h"

static struct look *
looks_of(const struct run *run)
{
	return run->row.looks.p;
}

/* The inputs that are asked for, in order: number i of them, or NULL. */
static const struct input *
asked_input(const struct run *run, size_t i)
{
	for (size_t k = 0; k < run->runbook->inputs_n; k++) {
		const struct input *input = &run->runbook->inputs[k];
		if (input->from == INPUT_PROBE &&
		    !pairs_has(&run->row.inputs, input->param.name) && i-- == 0)
			return input;
	}
	return NULL;
}

static struct look
ask(struct core *core, const struct run *run, const struct input *input)
{
	struct pairs values = run_values(core, run);
	struct look look = { .answer = LOOK_UNKNOWN };
	struct probe_row row;
	if (!probe_fill(core, input->probe, &values, &row, &look.value))
		return look;
	row.incident = run->row.incident;
	row.run = run->row.id;
	row.config = run->model->hash;
	look.probe = probe_send(core, &row);
	if (look.probe == 0)
		look.value = STR("there is no memory to ask");
	else
		look.answer = 0;
	return look;
}

static void
does_not_begin(struct core *core, struct run *run, str name, str why)
{
	run_person(core, run,
	    text_make(core, "runbook %.*s does not begin: its input %.*s %.*s",
		STR_ARG(run->row.runbook), STR_ARG(name), STR_ARG(why)));
}

/* All are answered. */
static void
settle(struct core *core, struct run *run)
{
	struct pairs inputs = run->row.inputs;
	const struct input *input;
	for (size_t i = 0; (input = asked_input(run, i)) != NULL; i++) {
		const struct look *look = &looks_of(run)[i];
		str name = input->param.name;
		if (look->answer != LOOK_YES) {
			does_not_begin(core, run, name,
			    text_make(core, "is not known: %.*s", STR_ARG(look->value)));
			return;
		}
		str refused = param_refuses(&input->param, look->value, &core->scratch);
		if (refused.n > 0) {
			does_not_begin(core, run, name,
			    text_make(core, "is not usable: %.*s", STR_ARG(refused)));
			return;
		}
		inputs =
		    pairs_with(core, &inputs, name, arena_str(&core->scratch, look->value));
		timeline_add(core, run->row.incident, TIMELINE_CHECK, FIRSTLINE,
		    run->row.id, "input %.*s: %.*s", STR_ARG(name),
		    STR_ARG(text_line(core, look->value, 200)));
	}
	if (!own_pairs(core->pool, &run->row.inputs, inputs)) {
		core->control->row.shed++;
		does_not_begin(core, run, STR("values"), STR("find no room in memory"));
		return;
	}
	looks_drop(core, run);
	run_wait(core, run, PHASE_ENTER, 0, 0);
	run_walk(core, run);
}

void
inputs_begin(struct core *core, struct run *run)
{
	struct records looks = {
		arena_new(&core->scratch, struct look, run->runbook->inputs_n), 0
	};
	struct look *p = looks.p;
	const struct input *input;
	for (; (input = asked_input(run, looks.n)) != NULL; looks.n++)
		p[looks.n] = ask(core, run, input);
	if (looks.n == 0) {
		run_walk(core, run);
		return;
	}
	incident_set_state(core, run_incident(core, run), INCIDENT_ACTING);
	if (!own_records(&look_type, core->pool, &run->row.looks, looks)) {
		core->control->row.shed++;
		for (size_t i = 0; i < looks.n; i++)
			probe_drop(core, p[i].probe);
		does_not_begin(core, run, STR("values"), STR("find no room in memory"));
		return;
	}
	run_wait(core, run, PHASE_INPUTS, 0, 0);
	if (looks_out(run) == 0)
		settle(core, run);
}

/* The value that an answer comes to; false: *ret is why there is none. */
static bool
value_of(struct core *core, enum probe_kind kind, const struct probe_result *seen, str *ret)
{
	*ret = seen->value;
	if (seen->status != PROBE_OK) {
		*ret = seen->status == PROBE_NO_DATA ? STR("no data")
		                                     : text_line(core, seen->error, 200);
		return false;
	}
	switch (kind) {
	case PROBE_PROMQL:
		if (seen->series <= 1)
			break;
		*ret = text_make(core, "%u series, which is none of them",
		    (unsigned)seen->series);
		return false;
	case PROBE_HTTP:
		if (seen->code >= 200 && seen->code <= 299)
			break;
		*ret = seen->code == 0
		           ? STR("connection refused")
		           : text_make(core, "status %lld", (long long)seen->code);
		return false;
	case PROBE_RUN:
	case PROBE_SSH:
	case PROBE_SYSTEMD:
		*ret = str_cut(*ret, '\n').head;
		if (seen->code == 0)
			break;
		*ret = text_make(core, "exit %lld", (long long)seen->code);
		return false;
	case PROBE_TCP: /* ms */
		*ret = text_make(core, "%lld", (long long)seen->number);
		if (seen->code != 0)
			break;
		*ret = STR("closed");
		return false;
	case PROBE_DNS: /* answers */
	case PROBE_TLS: /* days */
		*ret = text_make(core, "%lld", (long long)seen->number);
		break;
	case PROBE_LOG: /* matches */
		*ret = text_make(core, "%lld", (long long)seen->code);
		if (!seen->least)
			break;
		*ret = text_make(core, "at least %lld", (long long)seen->code);
		return false;
	}
	*ret = str_trim(*ret);
	return true;
}

void
inputs_seen(struct core *core, struct run *run, const struct probe_row *probe,
    const struct probe_result *seen)
{
	for (size_t i = 0; i < run->row.looks.n; i++) {
		struct look *look = &looks_of(run)[i];
		str value;
		if (look->probe != probe->id)
			continue;
		bool known = value_of(core, probe->kind, seen, &value);
		if (value.n > PARAM_VALUE_BYTES_MAX) { /* cut it would be another value */
			known = false;
			value = text_make(core, "%zu bytes, at most %d", value.n,
			    PARAM_VALUE_BYTES_MAX);
		}
		row_set_str(core, &look->value, value);
		known = known && look->value.n == value.n;
		look->answer = known ? LOOK_YES : LOOK_UNKNOWN;
		look->probe = 0;
		object_touch(core, &run->o);
	}
	if (looks_out(run) == 0)
		settle(core, run);
}
