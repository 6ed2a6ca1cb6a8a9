/*
 * Evidence: what is seen before a run changes anything. A restart ends the leak that it
 * hides; what it looked like before stays with the run.
 *
 * Before the first step that acts, or hands off, all of the runbook's and the service's
 * probes go out together. When all are answered, or after EVIDENCE_MS, the step begins:
 * whatever could not be seen is recorded as that, and stops nothing.
 */
#include <assert.h>

#include "core/state.h"

static struct evidence *
evidence_of(const struct run *run)
{
	return run->row.evidence.p;
}

bool
evidence_wanted(const struct core *core, const struct run *run)
{
	enum step_kind kind = run_step(run)->kind;
	const struct service *service =
	    model_service(run->model->model, run_incident(core, run)->row.service);
	if (run->row.acted || run->row.evidence.n > 0 ||
	    (kind != STEP_ACTION && kind != STEP_HANDOFF))
		return false;
	return run->runbook->evidence_n > 0 || (service != NULL && service->evidence_n > 0);
}

static void
ask(struct core *core, const struct run *run, const struct evidence_probe *what,
    struct evidence *ret)
{
	struct pairs values = run_values(core, run);
	struct probe_row row;
	*ret = (struct evidence){ .name = what->name };
	if (!probe_fill(core, what->probe, &values, &row, &ret->value)) {
		ret->value = text_line(core, ret->value, EVIDENCE_VALUE_MAX);
		return;
	}
	row.incident = run->row.incident;
	row.run = run->row.id;
	row.config = run->model->hash;
	ret->probe = probe_send(core, &row);
	if (ret->probe == 0)
		ret->value = STR("there is no memory to ask");
}

static bool
all_answered(const struct run *run)
{
	for (size_t i = 0; i < run->row.evidence.n; i++) {
		if (evidence_of(run)[i].probe != 0)
			return false;
	}
	return true;
}

bool
evidence_begin(struct core *core, struct run *run)
{
	const struct service *service =
	    model_service(run->model->model, run_incident(core, run)->row.service);
	struct evidence *asked = arena_new(&core->scratch, struct evidence, EVIDENCE_MAX);
	static_assert(EVIDENCE_MAX >= 2 * EVIDENCE_OF_MAX, "there is room for all");
	size_t n = 0;
	for (size_t i = 0; i < run->runbook->evidence_n; i++)
		ask(core, run, &run->runbook->evidence[i], &asked[n++]);
	for (size_t i = 0; service != NULL && i < service->evidence_n; i++)
		ask(core, run, &service->evidence[i], &asked[n++]);
	row_set_records(core, &evidence_type, &run->row.evidence,
	    (struct records){ asked, n });
	if (run->row.evidence.n == n) {
		run_wait(core, run, PHASE_EVIDENCE, core->at + EVIDENCE_MS, 0);
		if (all_answered(run))
			evidence_due(core, run);
		return true;
	}
	for (size_t i = 0; i < n; i++)
		probe_drop(core, asked[i].probe);
	return false;
}

/* "status 200: ok", "exit 0: 12 workers", "0.83" */
static str
answer_text(struct core *core, enum probe_kind kind, const struct probe_result *seen)
{
	str value = str_trim(seen->value);
	if (seen->status == PROBE_FAILED)
		return text_make(core, "no answer: %.*s", STR_ARG(seen->error));
	if (seen->status == PROBE_NO_DATA)
		return STR("no data");
	if (kind == PROBE_HTTP && seen->code == 0)
		return STR("connection refused");
	if (kind != PROBE_HTTP && kind != PROBE_RUN)
		return value;
	struct buf text = BUF(PROBE_VALUE_MAX + 64);
	buf_printf(&text, "%s %lld%s", kind == PROBE_HTTP ? "status" : "exit",
	    (long long)seen->code, value.n > 0 ? ": " : "");
	buf_add(&text, value);
	value = arena_str(&core->scratch, buf_str(&text));
	buf_done(&text);
	return value;
}

/* In one line, as much as goes in. */
static void
tell(struct core *core, const struct run *run)
{
	struct buf text = BUF(TIMELINE_TEXT_MAX);
	buf_printf(&text, "evidence before %.*s: ", STR_ARG(run_step(run)->name));
	for (size_t i = 0; i < run->row.evidence.n; i++) {
		const struct evidence *one = &evidence_of(run)[i];
		str value = text_line(core, one->value, 100);
		str said = text_make(core, "%s%.*s %.*s", i > 0 ? "; " : "",
		    STR_ARG(one->name), STR_ARG(value));
		if (text.n + said.n > TIMELINE_TEXT_MAX - 100) {
			buf_printf(&text, "; and %zu more", run->row.evidence.n - i);
			break;
		}
		buf_add(&text, said);
	}
	/* Not by a format: what is put into one is cut. */
	timeline_text(core, run->row.incident, TIMELINE_CHECK, FIRSTLINE, run->row.id,
	    arena_str(&core->scratch, buf_str(&text)));
	buf_done(&text);
}

/* The step begins. */
static void
go_on(struct core *core, struct run *run)
{
	tell(core, run);
	run_wait(core, run, PHASE_ENTER, 0, 0);
	run_walk(core, run);
}

void
evidence_seen(struct core *core, struct run *run, const struct probe_row *probe,
    const struct probe_result *seen)
{
	for (size_t i = 0; i < run->row.evidence.n; i++) {
		struct evidence *one = &evidence_of(run)[i];
		if (one->probe != probe->id)
			continue;
		one->probe = 0;
		one->seen = seen->status == PROBE_OK;
		one->wall = core->wall;
		row_set_str(core, &one->value,
		    text_short(core, answer_text(core, probe->kind, seen),
			EVIDENCE_VALUE_MAX));
		object_touch(core, &run->o);
	}
	if (all_answered(run))
		go_on(core, run);
}

/* What is still out is not waited for. */
void
evidence_drop(struct core *core, struct run *run)
{
	for (size_t i = 0; i < run->row.evidence.n; i++) {
		struct evidence *one = &evidence_of(run)[i];
		if (one->probe == 0)
			continue;
		probe_drop(core, one->probe);
		one->probe = 0;
		row_set_str(core, &one->value, STR("no answer in time"));
	}
	object_touch(core, &run->o);
}

void
evidence_due(struct core *core, struct run *run)
{
	evidence_drop(core, run);
	go_on(core, run);
}
