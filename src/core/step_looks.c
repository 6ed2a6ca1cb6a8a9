/*
 * Several probes of one step at once. They are out together, and when the last of them is
 * answered it is known whether the step holds:
 *
 *	     all of them                     any of them
 *	no   one surely does not hold        none holds
 *	yes  each holds                      one holds
 *	?    else: what was not seen may be the one that matters
 */
#include "core/state.h"

static struct look *
looks_of(const struct run *run)
{
	return run->row.looks.p;
}

uint32_t
looks_out(const struct run *run)
{
	uint32_t n = 0;
	for (size_t i = 0; i < run->row.looks.n; i++)
		n += looks_of(run)[i].probe != 0 ? 1 : 0;
	return n;
}

static void
drop(struct core *core, const struct records *looks)
{
	const struct look *p = looks->p;
	for (size_t i = 0; i < looks->n; i++) {
		if (p[i].probe != 0)
			probe_drop(core, p[i].probe);
	}
}

void
looks_drop(struct core *core, struct run *run)
{
	drop(core, &run->row.looks);
	row_set_records(core, &look_type, &run->row.looks, (struct records){ 0 });
}

static bool
send(struct core *core, const struct run *run, const struct probe *probe,
    const struct pairs *values, struct look *ret, str *ret_why)
{
	struct probe_row row;
	if (!probe_fill(core, probe, values, &row, ret_why))
		return false;
	row.incident = run->row.incident;
	row.run = run->row.id;
	row.config = run->model->hash;
	ret->probe = probe_send(core, &row);
	*ret_why = STR("there is no memory to ask");
	return ret->probe != 0;
}

/* Number `i` of what the step asks: of its list, or of its hosts. */
static struct step_probe
asked_at(struct core *core, const struct run *run, size_t i)
{
	const struct runbook_step *step = run_step(run);
	if (!step->gate_hosts)
		return step->probes[i];
	return (struct step_probe){ .name = roll_gate_hosts(core, run).p[i],
		.probe = *step->target_service->healthy };
}

bool
looks_send(struct core *core, struct run *run, str *ret_why)
{
	const struct runbook_step *step = run_step(run);
	struct pairs values = run_values(core, run);
	size_t n = step->gate_hosts ? roll_gate_hosts(core, run).n : step->probes_n;
	struct records looks = { arena_new(&core->scratch, struct look, n), 0 };
	struct look *p = looks.p;
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		struct step_probe what = asked_at(core, run, i);
		struct pairs with = values;
		if (step->gate_hosts) {
			with = pairs_with(core, &with, STR("service"),
			    step->target_service->name);
			with = pairs_with(core, &with, STR("target"), what.name);
		}
		ok = send(core, run, &what.probe, &with, &p[i], ret_why);
		looks.n++;
	}
	if (ok && !own_records(&look_type, core->pool, &run->row.looks, looks)) {
		core->control->row.shed++;
		ok = false;
	}
	if (!ok) {
		drop(core, &looks);
		return false;
	}
	run_wait(core, run, PHASE_PROBING, 0, 0);
	return true;
}

/* ---- what they say together ---- */

static enum look_answer
answer_of(enum holds holds)
{
	switch (holds) {
	case HOLDS_NO:
		return LOOK_NO;
	case HOLDS_YES:
		return LOOK_YES;
	case HOLDS_UNKNOWN:
		return LOOK_UNKNOWN;
	}
	UNREACHABLE();
}

static enum holds
together(const struct run *run)
{
	bool any = run_step(run)->any;
	bool unknown = false;
	for (size_t i = 0; i < run->row.looks.n; i++) {
		switch (looks_of(run)[i].answer) {
		case LOOK_NO:
			if (!any)
				return HOLDS_NO;
			break;
		case LOOK_YES:
			if (any)
				return HOLDS_YES;
			break;
		case LOOK_UNKNOWN:
			unknown = true;
			break;
		}
	}
	return unknown ? HOLDS_UNKNOWN : any ? HOLDS_NO : HOLDS_YES;
}

/* "depth 812 (wanted > 500), up status 503 (wanted status == 200)" */
static str
seen_together(struct core *core, const struct run *run)
{
	str text = { 0 };
	for (size_t i = 0; i < run->row.looks.n; i++) {
		struct step_probe what = asked_at(core, run, i);
		text = text_make(core, "%.*s%s%.*s %.*s (wanted %.*s)", STR_ARG(text),
		    i > 0 ? ", " : "", STR_ARG(what.name),
		    STR_ARG(text_short(core, looks_of(run)[i].value, 80)),
		    STR_ARG(what.probe.expect.written));
	}
	return text_line(core, text, TIMELINE_TEXT_MAX / 2);
}

void
looks_seen(struct core *core, struct run *run, row_id probe,
    const struct probe_result *seen)
{
	size_t i = 0;
	while (i < run->row.looks.n && looks_of(run)[i].probe != probe)
		i++;
	if (i == run->row.looks.n)
		return;
	struct look *look = &looks_of(run)[i];
	struct step_probe what = asked_at(core, run, i);
	look->probe = 0;
	look->answer = answer_of(condition_holds(&what.probe.expect, seen));
	row_set_str(core, &look->value, check_value(core, &what.probe, seen));
	object_touch(core, &run->o);
	if (looks_out(run) > 0)
		return;
	enum holds holds = together(run);
	str value = seen_together(core, run);
	looks_drop(core, run);
	check_looked(core, run, holds, value);
}
