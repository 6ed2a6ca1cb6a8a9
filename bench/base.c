/*
 * How fast the small tools on the path of every alert are: CBOR of an alert with ten
 * labels and three annotations, the map, the hashes.
 */
#include "base/cbor.h"
#include "base/hash.h"
#include "base/map.h"

#include "bench.h"

#define ALERTS 256
#define MAP_KEYS (1 << 20)
#define MAP_STEPS 4096

static struct buf packed = { .max = 4 << 20 };

static void
write_alerts(void *with)
{
	(void)with;
	static const struct {
		str name, value;
	} pairs[] = {
		{ { "alertname", 9 }, { "PaymentsQueueStuck", 18 } },
		{ { "namespace", 9 }, { "shop", 4 } },
		{ { "pod", 3 }, { "checkout-7c9d6f5b8d-x2x", 23 } },
		{ { "severity", 8 }, { "critical", 8 } },
		{ { "summary", 7 },
		    { "The payments queue of checkout is not draining", 46 } },
	};
	buf_reset(&packed);
	cbor_put_array(&packed, ALERTS);
	for (uint64_t i = 0; i < ALERTS; i++) {
		cbor_put_map(&packed, 4);
		cbor_put_u64(&packed, 1);
		cbor_put_u64(&packed, i * UINT64_C(0x9e3779b97f4a7c15));
		cbor_put_u64(&packed, 2);
		cbor_put_u64(&packed, UINT64_C(1795418302380) + i);
		cbor_put_u64(&packed, 3);
		cbor_put_u64(&packed, UINT64_C(1795418602380) + i);
		cbor_put_u64(&packed, 4);
		cbor_put_array(&packed, 26);
		for (size_t k = 0; k < 13; k++) {
			cbor_put_text(&packed, pairs[k % countof(pairs)].name);
			cbor_put_text(&packed, pairs[k % countof(pairs)].value);
		}
	}
	ASSERT(!packed.overflow);
}

static void
read_alerts(void *with)
{
	(void)with;
	struct cbor c;
	size_t n = 0, fields, texts = 0;
	uint64_t number, key = 0;
	str text;
	cbor_open(&c, buf_str(&packed));
	bool ok = cbor_array(&c, &n);
	for (size_t i = 0; i < n && ok; i++) {
		ok = cbor_map(&c, &fields);
		for (size_t f = 0; f < 3 && ok; f++)
			ok = cbor_key_u64(&c, f, &key) && cbor_u64(&c, &number);
		ok = ok && cbor_key_u64(&c, 3, &key) && cbor_array(&c, &texts);
		for (size_t t = 0; ok && t < texts; t++)
			ok = cbor_text(&c, &text);
	}
	ok = ok && cbor_close(&c);
	ASSERT(ok);
}

static void
skip_alerts(void *with)
{
	(void)with;
	struct cbor c;
	cbor_open(&c, buf_str(&packed));
	bool ok = cbor_skip(&c) && cbor_close(&c);
	ASSERT(ok);
}

static void
look_up(void *with)
{
	static uint64_t key;
	uint64_t value;
	for (int i = 0; i < MAP_STEPS; i++) {
		key = (key * 5 + 12345) % MAP_KEYS;
		bool found = map_get(with, key * UINT64_C(0x9e3779b97f4a7c15), &value);
		ASSERT(found);
	}
}

static void
replace(void *with)
{
	static uint64_t key;
	for (int i = 0; i < MAP_STEPS; i++) {
		key = (key * 5 + 12345) % MAP_KEYS;
		uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);
		bool found = map_remove(with, mixed);
		ASSERT(found);
		map_put(with, mixed, key);
	}
}

static volatile uint64_t sink;

static void
sip(void *with)
{
	static const struct siphash_key key = { { 1, 2 } };
	sink = siphash(&key, *(str *)with);
}

static void
fnv(void *with)
{
	sink = fnv64(FNV64_BASIS, *(str *)with);
}

static void
sha(void *with)
{
	sink = sha256(*(str *)with).b[0];
}

int
main(void)
{
	bench_run("cbor: written, alerts", "M/s", ALERTS / 1e6, write_alerts, NULL);
	bench_run("cbor: read, alerts", "M/s", ALERTS / 1e6, read_alerts, NULL);
	bench_run("cbor: skipped, alerts", "M/s", ALERTS / 1e6, skip_alerts, NULL);
	bench_run("cbor: skipped", "GB/s", (double)packed.n / 1e9, skip_alerts, NULL);

	struct map map;
	map_init(&map, 12345);
	for (uint64_t key = 0; key < MAP_KEYS; key++)
		map_put(&map, key * UINT64_C(0x9e3779b97f4a7c15), key);
	bench_run("map: look-up among a million", "M/s", MAP_STEPS / 1e6, look_up, &map);
	bench_run("map: removed and put", "M/s", MAP_STEPS / 1e6, replace, &map);

	static char bytes[1 << 20];
	str little = { bytes, 64 }, big = { bytes, sizeof(bytes) };
	bench_run("siphash of 64 bytes", "M/s", 1e-6, sip, &little);
	bench_run("fnv of 64 bytes", "M/s", 1e-6, fnv, &little);
	bench_run("sha256 of 64 bytes", "M/s", 1e-6, sha, &little);
	bench_run("sha256 of a megabyte", "GB/s", (double)sizeof(bytes) / 1e9, sha, &big);
	map_done(&map);
	buf_done(&packed);
	return 0;
}
