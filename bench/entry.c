/*
 * How fast journal entries are written and read: a batch of 256 alerts that fired, bodies
 * of ten labels and three annotations (560 bytes of CBOR), and the bodies by themselves.
 */
#include "facts/effect.h"

#include "bench.h"

#define ALERTS 256

static char memory[8 << 20];
static char body_memory[1 << 20];
static struct buf packed = { .max = 8 << 20 };
static struct buf body = { .max = 1 << 20 };
static struct alert_body alert;
static struct alert_change changes[ALERTS];
static incident_id incidents[ALERTS];
static struct step step;

static void
write_body(void *with)
{
	(void)with;
	buf_reset(&body);
	record_encode(&alert_body_type, &alert, &body);
}

static void
read_body(void *with)
{
	(void)with;
	struct arena arena = arena_over(memory, 4096);
	struct alert_body back;
	struct err err;
	bool ok = record_decode_all(&alert_body_type, buf_str(&body), &arena, &back, &err);
	ASSERT(ok);
}

static void
write_entry(void *with)
{
	(void)with;
	buf_reset(&packed);
	entry_begin(&packed, 1, 1);
	entry_step(&packed, &step);
	ASSERT(!packed.overflow);
}

static void
read_entry(void *with)
{
	(void)with;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct entry entry;
	struct err err;
	bool ok = entry_decode(buf_str(&packed), &arena, &entry, &err);
	ASSERT(ok && entry.step_n == 1);
}

static void
hash_entry(void *with)
{
	hash32 *chain = with;
	*chain = entry_hash(chain, buf_str(&packed));
}

static struct pairs
some_pairs(struct arena *arena, const char *prefix, size_t n, const char *value)
{
	struct pairs pairs = { arena_new(arena, struct pair, n), n };
	for (size_t i = 0; i < n; i++) {
		pairs.p[i].name = arena_printf(arena, "%s_%zu", prefix, i);
		pairs.p[i].value = str_of(value);
	}
	return pairs;
}

int
main(void)
{
	struct arena arena = arena_over(body_memory, sizeof(body_memory));
	alert.labels = some_pairs(&arena, "label", 10, "checkout-7c9d6f5b8d-x2x");
	alert.annotations = some_pairs(&arena, "annotation", 3,
	    "The payments queue of checkout is not draining, 512 messages wait");
	alert.url = STR("http://prometheus.example:9090/graph?g0.expr=queue_depth");
	write_body(NULL);

	for (size_t i = 0; i < ALERTS; i++)
		changes[i] = (struct alert_change){
			.alert = 100000 + i,
			.kind = CHANGE_FIRED,
			.fingerprint = (i + 1) * UINT64_C(0x9e3779b97f4a7c15),
			.starts_wall = UINT64_C(1795418302380) + i,
			.ends_wall = UINT64_C(1795418602380) + i,
			.body = buf_str(&body),
		};
	step.event = (struct event){ .kind = EVENT_ALERTS_CHANGED, .at = 5000, .wall = 1 };
	step.event.alerts_changed.source = STR("prometheus");
	step.event.alerts_changed.changes = (struct records){ changes, ALERTS };
	step.alert_incident = incidents;
	step.alert_n = ALERTS;
	hash32 chain = { { 0 } };

	printf("a body has %zu bytes\n", body.n);
	bench_run("body: write", "M/s", 1e-6, write_body, NULL);
	bench_run("body: read", "M/s", 1e-6, read_body, NULL);
	bench_run("entry of 256 alerts: write", "M alerts", ALERTS / 1e6, write_entry,
	    NULL);
	bench_run("entry of 256 alerts: read", "M alerts", ALERTS / 1e6, read_entry, NULL);
	bench_run("entry of 256 alerts: hash", "M alerts", ALERTS / 1e6, hash_entry,
	    &chain);
	buf_done(&packed);
	buf_done(&body);
	return 0;
}
