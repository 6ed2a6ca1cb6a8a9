/*
 * Any bytes as a runbook beside a small, faultless configuration: whatever is loaded keeps
 * what the core takes for granted, whatever is refused says why.
 */
#include <stdlib.h>

#include "model/runbook.h"
#include "support/fuzz.h"

static const char config[] =
    "fallback: ops\n"
    "prometheus: http://localhost:9090\n"
    "channels: {email: {smtp: smtp://mail.example:25, from: a@example.com}}\n"
    "people: {ana: {email: ana@example.com, reach: [email]}}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "services: {checkout: {owner: ops}, payments: {owner: ops}}\n"
    "hosts: {web-1: {service: checkout, role: web}}\n"
    "actions:\n"
    "  restart-unit:\n"
    "    verb: restart\n"
    "    params: {unit: {type: string, pattern: '[a-z-]+'}}\n"
    "    run: [systemctl, restart, '${unit}']\n";

static void
check_step(const struct runbook *runbook, size_t i)
{
	const struct runbook_step *step = &runbook->steps[i];
	ASSERT(step->name.n > 0);
	ASSERT(step->place.line > 1);
	ASSERT(step->otherwise == STEP_STOP || step->otherwise == STEP_PERSON ||
	       (step->otherwise > i && step->otherwise < runbook->steps_n));
	ASSERT(step->then == STEP_NEXT || step->then == STEP_STOP ||
	       step->then == STEP_PERSON ||
	       (step->then > i && step->then < runbook->steps_n));
	ASSERT(step->probes_n == 0 ||
	       (step->probes_n >= STEP_PROBES_MIN && step->probes_n <= STEP_PROBES_MAX));
	for (size_t k = 0; k < step->probes_n; k++)
		ASSERT(step->probes[k].probe.kind != 0 && step->probes[k].name.n > 0);
	switch (step->kind) {
	case STEP_CHECK:
	case STEP_VERIFY:
		ASSERT(step->probe.kind != 0);
		ASSERT(step->every_ms > 0);
		ASSERT(step->within_ms >= step->for_ms);
		ASSERT(step->within_ms > 0);
		ASSERT(!step->undoes || step->undo_of < i || step->undo_of == STEP_ALL);
		return;
	case STEP_ACTION:
		ASSERT(step->action != NULL);
		ASSERT(step->stop_after_failures > 0);
		ASSERT(step->batch.count <= BATCH_MAX && step->batch.percent < 100);
		ASSERT(!step->gate_hosts || step->target_service->healthy != NULL);
		ASSERT((!step->gate_hosts && step->probe.kind == 0) ||
		       (step->within_ms >= step->for_ms && step->every_ms > 0));
		ASSERT(step->retry_times <= STEP_RETRIES_MAX);
		ASSERT((step->retry_times > 0) == (step->retry_wait_ms > 0));
		ASSERT(i + 1 < runbook->steps_n);
		return;
	case STEP_WAIT:
		ASSERT(i + 1 < runbook->steps_n);
		if (step->probe.kind == 0) {
			ASSERT(step->for_ms > 0);
			return;
		}
		ASSERT(step->every_ms > 0);
		ASSERT(step->within_ms >= step->for_ms);
		ASSERT(step->within_ms > 0);
		return;
	case STEP_ASK:
		ASSERT(step->question.n > 0);
		ASSERT(step->answer.kind != 0);
		ASSERT(str_eq(step->answer.name, step->name));
		ASSERT(step->within_ms > 0);
		for (size_t k = 0; k < step->answers_n; k++)
			ASSERT(step->answers[k].to == STEP_NEXT ||
			       step->answers[k].to == STEP_STOP ||
			       step->answers[k].to == STEP_PERSON ||
			       (step->answers[k].to > i &&
				   step->answers[k].to < runbook->steps_n));
		return;
	case STEP_UNDO:
		ASSERT(step->undoes && step->undo_of < i);
		return;
	case STEP_CALL:
		ASSERT(step->calls.n > 0);
		return;
	case STEP_HANDOFF:
		ASSERT(step->class != 0);
		ASSERT(step->because.n > 0);
		ASSERT(step->ask.n > 0);
		return;
	}
	UNREACHABLE();
}

static void
check_runbook(const struct runbook *runbook)
{
	ASSERT(runbook->name.n > 0);
	ASSERT(runbook->title.n > 0);
	ASSERT(runbook->steps_n <= RUNBOOK_STEPS_MAX);
	ASSERT(runbook->steps_n > 0 || runbook->ceiling == AUTONOMY_SUGGEST);
	for (size_t i = 0; i < runbook->steps_n; i++)
		check_step(runbook, i);
	for (size_t i = 0; i < runbook->inputs_n; i++)
		ASSERT(runbook->inputs[i].from != 0 ||
		       runbook->inputs[i].param.otherwise.n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena_map map;
	static struct arena arena;
	if (size > RUNBOOK_BYTES_MAX + 1)
		return 0;
	if (map.memory == NULL)
		arena = arena_map(&map,
		    model_arena_bytes(RUNBOOK_BYTES_MAX + sizeof(config) + 1));

	struct bundle_file files[] = {
		{ STR("a.yaml"), { config, sizeof(config) - 1 } },
		{ STR("runbooks/x.md"), { (const char *)data, size } },
	};
	struct bundle bundle = { files, countof(files) };
	struct diags diags;
	diags_init(&diags, &arena);
	hash32 hash = { { 0 } };
	struct model *model = model_load(&bundle, &hash, &arena, &diags);

	/* Every refusal explains itself, where it can be shown. */
	ASSERT((model == NULL) == (diags.count > 0));
	for (const struct diag *diag = diags.first; diag != NULL; diag = diag->next) {
		ASSERT(str_eq(diag->src->name, files[1].path));
		ASSERT(diag->at.off <= size);
		ASSERT(diag->at.len <= size - diag->at.off);
	}
	struct buf text = BUF(1 << 20);
	diags_text(&text, &diags);
	ASSERT(str_utf8(buf_str(&text)));
	buf_done(&text);

	if (model != NULL) {
		ASSERT(model->runbooks_n == 1);
		check_runbook(&model->runbooks[0]);
	}
	model_done(model);
	arena = arena_map_reset(&map, 1 << 20);
	return 0;
}
