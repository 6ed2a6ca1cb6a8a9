/*
 * What an alert costs on its way in, without HTTP, core and store: JSON to the wire form
 * (the gate's half), merged when it is sent again and when it is new (the engine's), and
 * how much memory it takes.
 *
 *	bench_intake [ALERTS]		default 100,000
 *
 * An alert as Prometheus sends it: 713 bytes of JSON, 10 labels, 3 annotations.
 */
#include <unistd.h>

#include "base/str.h"
#include "bench.h"
#include "facts/effect.h"
#include "intake/search.h"
#include "intake/wire.h"

#define BATCH 256
#define JSON_MAX (BATCH * 1024)
#define WALL UINT64_C(1795419163000) /* 2026-11-23T07:32:43Z */
#define AT (100 * DAY)

static char memory[64 << 20];
static struct intake *intake;
static uint64_t next_alert = 1;
static struct buf *jsons; /* a batch each */
static size_t batches;
static char text[JSON_MAX]; /* the batch in work, as a socket left it in the cache */
static struct buf wire = { .max = JSON_MAX };

static void
put_alert(struct buf *b, size_t i)
{
	buf_printf(b,
	    "%s{\"annotations\":{\"description\":\"Workers of shard %zu hold connections "
	    "to a replica that went "
	    "away\",\"runbook_url\":\"https://runbooks.example.com/queues/"
	    "queue-not-draining\",\"summary\":\"Queue payments-%06zu of eu-west is not "
	    "draining fast\"},"
	    "\"endsAt\":\"2026-11-23T07:36:43.632Z\",\"startsAt\":\"2026-11-23T07:32:43."
	    "632Z\","
	    "\"generatorURL\":\"http://prometheus-0.example.com:9090/graph?g0.expr="
	    "sum+by+%%28queue%%29+%%28queue_depth%%29+%%3E+500\\u0026g0.tab=1\","
	    "\"labels\":{\"alertname\":\"QueueNotDraining\",\"cluster\":\"eu-west-%zu\","
	    "\"container\":\"worker\",\"environment\":\"production\",\"instance\":"
	    "\"10.4%zu.%zu.%zu:9102\",\"job\":\"payments-worker\",\"namespace\":\"shop\","
	    "\"pod\":\"payments-worker-7c9d6f5b8d-%06zu\",\"service\":\"payments\","
	    "\"severity\":\"critical\"}}",
	    b->n > 1 ? "," : "", i % 64, i, i % 3, i % 10, i / 10 % 250, i / 2500 % 250, i);
}

static void
make_json(void)
{
	for (size_t k = 0; k < batches; k++) {
		jsons[k] = BUF(JSON_MAX);
		buf_char(&jsons[k], '[');
		for (size_t i = 0; i < BATCH; i++)
			put_alert(&jsons[k], k * BATCH + i);
		buf_char(&jsons[k], ']');
		ASSERT(!jsons[k].overflow);
	}
}

/* Time on a CPU: others may be at work on this machine. */
static double
cpu_now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The time it took. */
static double
read_one(size_t k)
{
	struct arena scratch = arena_over(memory, sizeof(memory));
	memcpy(text, jsons[k].p, jsons[k].n);
	buf_reset(&wire);
	double from = cpu_now();
	struct intake_read read = intake_read_alertmanager((str){ text, jsons[k].n }, WALL,
	    5 * MINUTE, &intake_limits_default, &scratch, &wire);
	double took = cpu_now() - from;
	ASSERT(read.status == INTAKE_OK && read.taken == BATCH);
	return took;
}

static double
merge_one(size_t k, msec later, size_t expect_fired)
{
	static incident_id incidents[ALERTS_PER_EVENT_MAX];
	struct arena arena = arena_over(memory, sizeof(memory));
	for (size_t i = 0; i < BATCH; i++)
		incidents[i] = (incident_id)(1 + k % 1000);
	double from = cpu_now();
	struct merge merge = intake_merge(intake, buf_str(&wire), STR("source:bench"),
	    AT + later, WALL + later, &next_alert, &arena);
	if (merge.event.changes.n > 0)
		intake_settle(intake, &merge.event, incidents);
	double took = cpu_now() - from;
	ASSERT(merge.status == MERGE_OK && merge.fired == expect_fired);
	ASSERT(merge.fired + merge.unchanged == BATCH);
	return took;
}

struct times {
	double read, merge;
};

/* All alerts once, in batches. */
static struct times
all_once(msec later, bool new)
{
	struct times sum = { .read = 0 };
	for (size_t k = 0; k < batches; k++) {
		sum.read += read_one(k);
		sum.merge += merge_one(k, later, new ? BATCH : 0);
	}
	return sum;
}

static size_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	size_t pages = 0;
	size_t unused = 0;
	ASSERT(f != NULL && fscanf(f, "%zu %zu", &unused, &pages) == 2);
	(void)fclose(f);
	return pages * 4096;
}

static void
report(const char *name, double took, size_t n)
{
	printf("%-36s %12.1f ns an alert\n", name, took * 1e9 / (double)n);
}

static double
sweep_all(void)
{
	struct alerts_expired expired;
	struct arena arena = arena_over(memory, sizeof(memory));
	double from = cpu_now();
	while (intake_sweep(intake, AT + DAY, 1000000, &arena, &expired)) {
		intake_expired(intake, &expired);
		arena = arena_over(memory, sizeof(memory));
	}
	double took = cpu_now() - from;
	ASSERT(intake_active(intake) == 0);
	return took;
}

static void
pack_all(size_t alerts)
{
	static struct pack packs[64];
	size_t bytes = 0;
	double from = cpu_now();
	for (size_t n = 1; n > 0;) {
		struct arena arena = arena_over(memory, sizeof(memory));
		n = intake_packs(intake, 1, packs, countof(packs), &arena);
		for (size_t i = 0; i < n; i++)
			bytes += packs[i].body.n;
	}
	report("packed", cpu_now() - from, alerts);
	printf("%-36s %12.1f bytes an alert\n", "packs", (double)bytes / (double)alerts);
}

static void
list_some(void)
{
	const struct alert *found[500];
	double from = cpu_now();
	size_t n = intake_list(intake, 7, 0, found, countof(found));
	double took = cpu_now() - from;
	printf("%-36s %12.1f us for %zu\n", "listed, one incident", took * 1e6, n);
	from = cpu_now();
	uint64_t cursor = 0;
	size_t listed = 0;
	while ((n = intake_list(intake, 0, cursor, found, countof(found))) > 0) {
		cursor = found[n - 1]->fingerprint;
		listed += n;
	}
	report("listed, all", cpu_now() - from, listed);
}

/* Of what lies in the cache, as when an alert is added. */
static void
sign_some(void)
{
	static struct wire_alert alert[BATCH];
	uint64_t bits = 0;
	str in = buf_str(&wire);
	size_t n = 0;
	while (n < BATCH && wire_cut(&in, &alert[n]) == WIRE_ALERT)
		n++;
	double best = 1e9;
	for (size_t run = 0; run < BENCH_RUNS; run++) {
		double from = cpu_now();
		for (size_t i = 0; i < n; i++)
			bits |= signature_of_labels(
			    wire_labels(alert[i].body, alert[i].labels_bytes))
			            .bits[0];
		double took = cpu_now() - from;
		best = took < best ? took : best;
	}
	ASSERT(bits != 0);
	report("signature, best of nine", best, n);
}

static void
search_for(const char *filter, size_t alerts)
{
	static struct found found[5000];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct label_matchers matchers = { .n = 0 };
	bool ok = label_matchers_add(&matchers, str_of(filter), &arena);
	ASSERT(ok);
	double best = 1e9, worst_step = 0;
	struct search search;
	for (size_t run = 0; run < BENCH_RUNS; run++) {
		search_begin(&search, &matchers, 0, found, countof(found));
		double from = cpu_now(), step = from, now = from;
		for (bool more = true; more; step = now) {
			more = search_step(intake, &search);
			now = cpu_now();
			worst_step = now - step > worst_step ? now - step : worst_step;
		}
		search_end(&search);
		best = cpu_now() - from < best ? cpu_now() - from : best;
	}
	printf("searched, %-26s %12.1f ns an alert, %zu%s found, %.0f us a step at most\n",
	    filter, best * 1e9 / (double)alerts, search.n, search.more ? " and more" : "",
	    worst_step * 1e6);
	label_matchers_done(&matchers);
}

static void
search_some(size_t alerts)
{
	static const char *const filters[] = { "service=none", "container!=worker",
		"service=payments", "pod=~\"never.*\"", "job=~\"pay.*\",severity!=critical",
		"pod!~\"([a-z-]|[0-9a-f-]|.)+-\\\\d+\"" };
	for (size_t i = 0; i < countof(filters); i++)
		search_for(filters[i], alerts);
}

int
main(int argc, char **argv)
{
	size_t alerts = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 100000;
	batches = (alerts + BATCH - 1) / BATCH;
	alerts = batches * BATCH;
	jsons = calloc(batches, sizeof(*jsons));
	ASSERT(jsons != NULL);
	make_json();
	(void)read_one(0);
	printf("%zu alerts, %zu bytes of JSON, %zu on the wire each\n", alerts,
	    jsons[batches / 2].n / BATCH, wire.n / BATCH);

	intake = intake_new(4000000, (size_t)4000000 * 700, 42);
	memset(memory, 1, 1 << 20);
	size_t before = resident();
	struct times times = all_once(0, true);
	report("gate's half", times.read, alerts);
	report("new, memory never used", times.merge, alerts);
	printf("%-36s %12.1f bytes an alert\n", "memory",
	    (double)(resident() - before) / (double)alerts);
	struct times best = { 1e9, 1e9 };
	for (size_t run = 0; run < BENCH_RUNS; run++) {
		times = all_once(1000 * run, false);
		best.read = times.read < best.read ? times.read : best.read;
		best.merge = times.merge < best.merge ? times.merge : best.merge;
	}
	report("gate's half, best of nine", best.read, alerts);
	report("sent again, best of nine", best.merge, alerts);

	double swept = 1e9;
	best.merge = 1e9;
	for (size_t run = 0; run < BENCH_RUNS; run++) {
		double took = sweep_all();
		swept = took < swept ? took : swept;
		times = all_once(0, true);
		best.merge = times.merge < best.merge ? times.merge : best.merge;
	}
	report("swept and gone, best of nine", swept, alerts);
	report("new, memory used before, best of nine", best.merge, alerts);
	pack_all(alerts);
	list_some();
	sign_some();
	search_some(alerts);
	intake_free(intake);
	return 0;
}
