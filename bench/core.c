/*
 * What an alert costs in the core, when it joins an incident that is open.
 *
 *	bench_core [RULES]		default 20 alert rules
 *
 * Batches of 256 alerts of 10 labels and 2 annotations, over 50 incidents of 10 services.
 * The rule that matches is the last but one for half of them, none for the others (they
 * name their service). Half of the rules have a regular expression.
 */
#include <stdlib.h>

#include "bench.h"
#include "core/core.h"

#define BATCH 256u
#define ROUNDS 2000u
#define INCIDENTS 50u
#define SERVICES 10u

/* Our own time only: what others take of the machine is not the question. */
static double
cpu_now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct model *
make_model(struct arena *arena, unsigned rules)
{
	struct buf yaml = BUF(1 << 20);
	buf_add(&yaml,
	    STR("fallback: ops\nchannels:\n  mail: {smtp: 'smtp://127.0.0.1:25', from: "
		"a@b.c}\n"
		"people:\n  ana: {name: Ana, email: a@b.c, reach: [mail]}\nteams:\n  ops:\n"
		"    kind: operations\n    on_call:\n      zone: UTC\n      rotations: "
		"[{name: "
		"primary, people: [ana], every: 1 week, handover: 'Mon "
		"09:00'}]\nservices:\n"));
	for (unsigned i = 0; i < SERVICES; i++)
		buf_printf(&yaml, "  service-%u: {owner: ops}\n", i);
	buf_add(&yaml, STR("alerts:\n"));
	for (unsigned i = 0; i < rules; i++)
		buf_printf(&yaml,
		    i % 2 == 0
			? "  - {match: {namespace: 'shop', job: '~other-%u-.*'}, "
			  "service: service-1}\n"
			: "  - {match: {namespace: 'other-%u'}, service: service-1}\n",
		    i);
	buf_add(&yaml, STR("  - {match: {job: '~shop-.*'}, service: service-2}\n"));

	struct bundle_file file = { STR("a.yaml"), arena_str(arena, buf_str(&yaml)) };
	struct bundle bundle = { &file, 1 };
	struct diags diags;
	diags_init(&diags, arena);
	hash32 hash = sha256(file.bytes);
	const struct model *model = model_load(&bundle, &hash, arena, &diags);
	if (model == NULL) {
		struct buf faults = BUF(65536);
		diags_text(&faults, &diags);
		printf("%.*s\n", (int)faults.n, faults.p);
		exit(1);
	}
	buf_done(&yaml);
	return model;
}

static str
make_body(struct arena *arena, unsigned i)
{
	unsigned incident = i % INCIDENTS;
	struct pair labels[] = {
		{ STR("alertname"), arena_printf(arena, "Alert%u", incident) },
		{ STR("cluster"), STR("eu-1") },
		{ STR("container"), STR("worker") },
		{ STR("instance"),
		    arena_printf(arena, "10.0.%u.%u:9100", i / 256, i % 256) },
		{ STR("job"),
		    incident % 2 == 0 ? STR("shop-workers") : STR("kubernetes-nodes") },
		{ STR("namespace"), STR("shop") },
		{ STR("pod"), arena_printf(arena, "worker-7d9f8b-%u", i) },
		{ STR("prometheus"), STR("monitoring/k8s") },
		{ STR("service"), arena_printf(arena, "service-%u", incident % SERVICES) },
		{ STR("severity"), STR("warning") },
	};
	struct pair annotations[] = {
		{ STR("description"),
		    STR("The queue has not moved for more than 10 minutes.") },
		{ STR("summary"), STR("it does not move") },
	};
	struct alert_body body = { .labels = { labels, countof(labels) },
		.annotations = { annotations, countof(annotations) },
		.url = STR("http://prometheus:9090/graph?g0.expr=up") };
	struct buf out = BUF(65536);
	record_encode(&alert_body_type, &body, &out);
	str s = arena_str(arena, buf_str(&out));
	buf_done(&out);
	return s;
}

int
main(int argc, char **argv)
{
	unsigned rules = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20;
	struct arena_map map, fx_map;
	struct arena arena = arena_map(&map, (size_t)1 << 30);
	struct arena fx_arena = arena_map(&fx_map, (size_t)64 << 20);
	const struct model *model = make_model(&arena, rules);

	struct core *core = core_new(1000);
	struct event event = { .kind = EVENT_STARTED, .at = 1, .started = { 1, true } };
	struct effects fx = { .arena = &fx_arena };
	core_step(core, &event, &fx);
	event = (struct event){ .kind = EVENT_CONFIG_ADOPTED,
		.at = 1,
		.config_adopted = { .hash = model->hash, .model = model } };
	core_step(core, &event, &fx);

	struct alert_change *changes = arena_new(&arena, struct alert_change, BATCH);
	for (unsigned i = 0; i < BATCH; i++)
		changes[i] = (struct alert_change){ .kind = CHANGE_FIRED,
			.body = make_body(&arena, i) };
	double took = 0;
	for (unsigned round = 0; round < ROUNDS + 200; round++) {
		struct arena fresh = fx_arena;
		struct effects made = { .arena = &fresh };
		event = (struct event){ .kind = EVENT_ALERTS_CHANGED,
			.at = 2 + round,
			.alerts_changed = { .changes = { changes, BATCH } } };
		for (unsigned i = 0; i < BATCH; i++)
			changes[i].alert = (uint64_t)round * BATCH + i + 1;
		double begun = cpu_now();
		core_step(core, &event, &made);
		/* The first rounds open the incidents and write their timelines. */
		took += round >= 200 ? cpu_now() - begun : 0;
		core_clean(core);
	}
	printf("%u rules: %.0f ns an alert, %u incidents open\n", rules + 1,
	    took * 1e9 / ROUNDS / BATCH, core_counts(core).incidents_open);
	core_free(core);
	arena_unmap(&map);
	arena_unmap(&fx_map);
	return 0;
}
