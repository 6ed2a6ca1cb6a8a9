/*
 * What a durable commit costs.
 *
 *	bench_store [FOLDER [LOAD]]	default: the present folder, all loads
 *
 * Every commit is synced. `row`: an entry of 300 bytes and one row, as a single alert or a
 * command makes. `step`: an entry of 2 kB and the six rows of a run that goes on (control,
 * run, attempt, decision, grant use, timeline). `pack N`: an entry of N alerts of 500 bytes
 * and the control row, as a batch makes. After each commit comes a checkpoint, when one is
 * due, as in the engine's loop; p50 and p99 are of the commit alone, `pause` is the longest
 * checkpoint, and the rate counts both. Beside it: what the disk itself does with as many
 * bytes, written over in a file of 16 MB and synced; the ratio is what survives a noisy
 * machine. `others` is the work of other processes meanwhile, in cores: discard a line
 * with more than 0.1.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/times.h>
#include <unistd.h>

#include "bench.h"
#include "store/store.h"

#define SECONDS 2.0
#define SAMPLES 200000u
#define ALERT_BYTES ((size_t)500)

static char bytes[2048 * ALERT_BYTES];
static double sample[SAMPLES];

/* Seconds of work by all others on the machine since it started; host's thefts count. */
static double
others(void)
{
	double tick = (double)sysconf(_SC_CLK_TCK);
	unsigned long long v[8] = { 0 };
	FILE *f = fopen("/proc/stat", "re");
	int n = f == NULL ? 0
	                  : fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0],
				&v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
	if (f != NULL)
		(void)fclose(f);
	struct tms own;
	(void)times(&own);
	if (n != 8)
		return 0;
	return ((double)(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) -
		   (double)(own.tms_utime + own.tms_stime)) /
	       tick;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Syncs per second of so many bytes over a file that is there already. */
static double
disk_rate(const char *folder, size_t n)
{
	char name[320];
	(void)snprintf(name, sizeof(name), "%s/disk", folder);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	off_t size = 16 << 20;
	for (off_t at = 0; at < size; at += (off_t)sizeof(bytes))
		ASSERT(pwrite(fd, bytes, sizeof(bytes), at) == (ssize_t)sizeof(bytes));
	ASSERT(fsync(fd) == 0);
	unsigned done = 0;
	off_t at = 0;
	double began = bench_now();
	while (bench_now() - began < SECONDS / 2) {
		ASSERT(pwrite(fd, bytes, n, at) == (ssize_t)n && fdatasync(fd) == 0);
		at = at + 2 * (off_t)n > size ? 0 : at + (off_t)n;
		done++;
	}
	double rate = done / (bench_now() - began);
	(void)close(fd);
	(void)unlink(name);
	return rate;
}

struct load {
	const char *name;
	size_t entry_bytes;
	size_t row_n;
	unsigned alerts; /* in the entry */
};

static void
run(const char *folder, const struct load *load)
{
	static const enum table tables[] = { TABLE_CONTROL, TABLE_RUN, TABLE_ATTEMPT,
		TABLE_DECISION, TABLE_GRANT_USE, TABLE_TIMELINE };
	struct store *store = NULL;
	struct err err = { 0 };
	if (!store_open("sqlite:bench.db", folder, &store, &err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	struct row_write row[countof(tables)];
	unsigned n = 0;
	double pause = 0;
	double others_began = others();
	double began = bench_now();
	while (bench_now() - began < SECONDS && n < SAMPLES) {
		uint64_t seq = store_head(store).seq + 1;
		for (size_t i = 0; i < load->row_n; i++)
			row[i] = (struct row_write){ .table = tables[i],
				/* decision, grant use and timeline are new each time */
				.id = i == 0  ? 1
				      : i < 3 ? 7
				              : seq,
				.incident = 7,
				.open = i < 3,
				.wall = 1,
				.body = { bytes, 400 } };
		struct commit commit = { .seq = seq,
			.entry = { bytes, load->entry_bytes },
			.rows = row,
			.row_n = load->row_n,
			.alerts_as_of = seq - 1 };
		double from = bench_now();
		if (!store_commit(store, &commit, &err)) {
			(void)fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
		double to = bench_now();
		sample[n++] = to - from;
		(void)store_checkpoint(store);
		if (pause < bench_now() - to)
			pause = bench_now() - to;
	}
	double took = bench_now() - began;
	double rate = n / took;
	double noise = (others() - others_began) / took;
	store_close(store);
	qsort(sample, n, sizeof(sample[0]), by_value);
	double disk = disk_rate(folder, load->entry_bytes + 400 * load->row_n);
	printf("%-9s %8.0f commits/s %10.0f alerts/s  p50 %6.3f  p99 %6.3f  pause %5.1f ms"
	       "  disk %6.0f/s  ratio %.2f  others %.2f\n",
	    load->name, rate, rate * load->alerts, sample[n / 2] * 1e3,
	    sample[n * 99 / 100] * 1e3, pause * 1e3, disk, rate / disk, noise);
}

int
main(int argc, char **argv)
{
	static const struct load loads[] = {
		{ .name = "row", .entry_bytes = 300, .row_n = 1, .alerts = 1 },
		{ .name = "step", .entry_bytes = 2000, .row_n = 6 },
		{ .name = "pack 64",
		    .entry_bytes = 64 * ALERT_BYTES,
		    .row_n = 1,
		    .alerts = 64 },
		{ .name = "pack 256",
		    .entry_bytes = 256 * ALERT_BYTES,
		    .row_n = 1,
		    .alerts = 256 },
		{ .name = "pack 1024",
		    .entry_bytes = 1024 * ALERT_BYTES,
		    .row_n = 1,
		    .alerts = 1024 },
		{ .name = "pack 2048",
		    .entry_bytes = 2048 * ALERT_BYTES,
		    .row_n = 1,
		    .alerts = 2048 },
	};
	const char *above = argc > 1 ? argv[1] : ".";
	uint64_t word = 1;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		word = word * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		bytes[i] = (char)(word >> 56);
	}
	for (size_t i = 0; i < countof(loads); i++) {
		if (argc > 2 && strcmp(argv[2], loads[i].name) != 0)
			continue;
		char folder[256];
		(void)snprintf(folder, sizeof(folder), "%s/bench-store-XXXXXX", above);
		ASSERT(mkdtemp(folder) != NULL);
		run(folder, &loads[i]);
		static const char *const names[] = { "bench.db", "bench.db-wal",
			"bench.db-shm", "lock" };
		for (size_t k = 0; k < countof(names); k++) {
			char name[320];
			(void)snprintf(name, sizeof(name), "%s/%s", folder, names[k]);
			(void)unlink(name);
		}
		(void)rmdir(folder);
	}
	return 0;
}
