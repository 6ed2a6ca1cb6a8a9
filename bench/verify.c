/*
 * How long it takes to walk the journal: `firstline journal verify`.
 *
 *	bench_verify [ENTRIES [FOLDER]]	default: 300,000 entries of 300 bytes, in /dev/shm
 *
 * The store is made in memory, since what it costs to make one is not what is measured; the
 * walk then reads it as it would a file that the kernel still has. One core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "store/store.h"

#define ENTRY_BYTES ((size_t)300)
#define TIMES 5u

static char bytes[ENTRY_BYTES];

static void
must(bool ok, const struct err *err)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", err->text);
	exit(1);
}

/* Half of it the same in all, as names in an entry are; the rest by chance. */
static void
entry_make(uint64_t seq)
{
	uint64_t word = seq;
	for (size_t i = 0; i < ENTRY_BYTES / 2; i++) {
		word = word * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		bytes[i] = (char)(word >> 56);
	}
}

static void
fill(struct store *store, uint64_t entries)
{
	struct err err = { 0 };
	for (uint64_t seq = 1; seq <= entries; seq++) {
		entry_make(seq);
		struct commit commit = { .seq = seq,
			.entry = { bytes, ENTRY_BYTES },
			.alerts_as_of = seq };
		must(store_commit(store, &commit, &err), &err);
		(void)store_checkpoint(store);
	}
}

static double
walk(const char *folder, uint64_t entries)
{
	struct err err = { 0 };
	struct store *store = NULL;
	struct store_verdict verdict = { 0 };
	must(store_open_readonly("sqlite:bench.db", folder, &store, &err), &err);
	double began = bench_now();
	must(store_verify(store, &verdict, &err), &err);
	double took = bench_now() - began;
	ASSERT(verdict.ok && verdict.entries == entries);
	store_close(store);
	return (double)entries / took;
}

int
main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 300000;
	char folder[256];
	(void)snprintf(folder, sizeof(folder), "%s/bench-verify-XXXXXX",
	    argc > 2 ? argv[2] : "/dev/shm");
	ASSERT(mkdtemp(folder) != NULL);
	struct err err = { 0 };
	struct store *store = NULL;
	must(store_open("sqlite:bench.db", folder, &store, &err), &err);
	fill(store, entries);
	store_close(store);
	double rate[TIMES];
	for (size_t i = 0; i < TIMES; i++)
		rate[i] = walk(folder, entries);
	qsort(rate, TIMES, sizeof(rate[0]), bench_order);
	printf("verify %llu entries  %.0f entries/s [%.0f..%.0f]\n",
	    (unsigned long long)entries, rate[TIMES / 2], rate[0], rate[TIMES - 1]);
	static const char *const names[] = { "bench.db", "bench.db-wal", "bench.db-shm",
		"lock" };
	for (size_t i = 0; i < countof(names); i++) {
		char name[320];
		(void)snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
		(void)unlink(name);
	}
	(void)rmdir(folder);
	return 0;
}
