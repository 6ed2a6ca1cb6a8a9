/*
 * firstline-sim -- Firstline's engine and hands in one process, under simulated time, disk,
 * network, processes and clock, with everything that goes wrong drawn from a seed.
 *
 *	firstline-sim --seed N [--hours H] [--bug NAME] [--loud] [--keep FOLDER]
 *	firstline-sim --seeds COUNT [--within SECONDS] [--from N] [--jobs J] [--hours H]
 *	firstline-sim --prove [--seeds COUNT] [--jobs J]
 *	firstline-sim --days D [--seed N | --seeds COUNT]
 *
 * The first repeats one seed, always the same, to the byte, and leaves its state folder
 * in FOLDER, for `firstline export` and `journal` to read. The second runs many, each in a
 * process of its own, and says for each that fails how to repeat it; none begins after
 * SECONDS, and then it says how many did. The third makes each of the mistakes of bugs.c in
 * turn and fails when no seed finds it. The fourth is of days with little trouble each, in
 * which what is over is let go of (keeping.c).
 *
 * Real are engine, hands, core, intake, authority, the SQLite store with SQLite itself, the
 * frames between the roles and the attempts' folders. Simulated are the kernel (kernel.c),
 * the disk beneath it and beneath SQLite (disk.c, vfs.c), libuv (loop.c), and what hands meets
 * (outside.c): the spawner with its shims, and libcurl. The supervisor and the gate are
 * played (gate.c): the HTTP server, and the forking of roles, have tests of their own.
 */
#include "sim/sim.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/loop.h"
#include "sim/vfs.h"

#define HOURS_DEFAULT 1
/* The last incident closes, and then the longest quiet hours (house.h) end. */
#define PEACE_MS (2 * HOUR)
#define JOBS_MAX 64

struct sim sim;
static unsigned hours = HOURS_DEFAULT;
static uint64_t within = UINT64_MAX; /* seconds */
static const char *keep_in;          /* a folder; or NULL */

/* ---- telling ---- */

void
sim_say(const char *fmt, ...)
{
	va_list args;
	if (!sim.loud)
		return;
	printf("%9llu.%03llu ", (unsigned long long)(sim_clock.now / 1000),
	    (unsigned long long)(sim_clock.now % 1000));
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static void
keep_file(const char *path, const struct copy *bytes)
{
	FILE *file = fopen(path, "wb");
	/* Of ballast there is a length alone. */
	size_t n = bytes->bytes != NULL ? bytes->n : 0;
	if (file == NULL ||
	    fwrite(n > 0 ? bytes->bytes : (const uint8_t *)"", 1, n, file) != n)
		perror(path);
	if (file != NULL)
		(void)fclose(file);
}

static void
keep_folder(const char *path, const struct inode *folder)
{
	(void)mkdir(path, 0755);
	for (size_t i = 0; i < folder->names.n; i++) {
		const struct disk_name *name = &folder->names.item[i];
		char below[1024];
		(void)snprintf(below, sizeof(below), "%s/%s", path, name->name);
		if (!name->inode->folder) {
			keep_file(below, &name->inode->now);
			continue;
		}
		keep_folder(below, name->inode);
	}
}

static void
keep_state(void)
{
	kernel.now = NULL;
	if (keep_in != NULL)
		keep_folder(keep_in, disk_find(&kernel.disk, SIM_STATE));
}

void
sim_fail(const char *fmt, ...)
{
	va_list args;
	keep_state();
	(void)fflush(stdout);
	fprintf(stderr, "seed %llu at %llu s: ", (unsigned long long)sim.seed,
	    (unsigned long long)(sim_clock.now / 1000));
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	(void)fflush(stderr);
	_exit(1);
}

bool
sim_bug(const char *name)
{
	return sim.bug != NULL && strcmp(sim.bug, name) == 0;
}

bool
sim_peace(void)
{
	return sim_clock.now >= sim.peace_at;
}

bool
sim_now_and_then(unsigned n, msec in_ms)
{
	return n > 0 && rng_below(&sim.rng, in_ms / SECOND) < n;
}

/* ---- events of the world ---- */

static struct event_later {
	struct event_later *next;
	msec at;
	void (*run)(void *);
	void *arg;
} * queue;

void
later(msec ms, void (*run)(void *), void *arg)
{
	struct event_later *e = malloc(sizeof(*e));
	ASSERT(e != NULL);
	*e = (struct event_later){ NULL, sim_clock.now + ms, run, arg };
	struct event_later **it = &queue;
	while (*it != NULL && (*it)->at <= e->at)
		it = &(*it)->next;
	e->next = *it;
	*it = e;
}

msec
later_next(void)
{
	return queue != NULL ? queue->at : UINT64_MAX;
}

void
later_run(void)
{
	while (queue != NULL && queue->at <= sim_clock.now) {
		struct event_later *e = queue;
		queue = e->next;
		e->run(e->arg);
		free(e);
	}
}

static void
on_second(void *arg)
{
	(void)arg;
	workload_turn();
	outside_turn();
	if (sim_peace())
		workload_peace();
	if (sim.days > 0)
		keeping_sample();
	later(SECOND, on_second, NULL);
}

/* ---- one seed ---- */

static void
on_sync(void)
{
	if (sim.troubles.sync_ms > 0 && !sim_peace() && tasks_in_role())
		task_sleep(rng_below(&sim.rng, sim.troubles.sync_ms));
}

static void
make_peace(void *arg)
{
	(void)arg;
	sim_say("peace");
	kernel.disk.capacity = 0;
	kernel.disk.fault_at = 0;
	kernel.disk.fault_stays = false;
	memset(sim.sick, 0, sizeof(sim.sick));
	struct process *roles[] = { gate_engine(), gate_hands() };
	for (size_t i = 0; i < countof(roles); i++) {
		if (roles[i] == NULL)
			continue;
		roles[i]->dies_at = 0;
		roles[i]->stopped = false;
	}
}

static void
settle(void)
{
	do {
		if (!tasks_run())
			sim_fail("moves: something runs in circles");
	} while (gate_turn());
}

static void
run_until(msec end)
{
	while (sim_clock.now < end) {
		settle();
		msec next = tasks_next() < later_next() ? tasks_next() : later_next();
		if (next > sim_clock.now)
			sim_clock.now = next < end ? next : end;
		later_run();
	}
	settle();
}

static void
set_up(void)
{
	struct inode *top = NULL, *state = NULL;
	sim.rng = (struct rng){ sim.seed * 6 + 1 };
	tasks_init(sim.seed * 6 + 2);
	sim_uv_init(sim.seed * 6 + 3);
	disk_init(&kernel.disk, sim.seed * 6 + 4);
	outside_init(sim.seed * 6 + 5);
	kernel.syncs = on_sync;
	kernel.sleeps = task_sleep;
	kernel.disk.lies = sim_bug("sync-lies");
	top = inode_new(&kernel.disk, true);
	state = inode_new(&kernel.disk, true);
	ASSERT(disk_link(&kernel.disk, kernel.disk.root, "sim", top) == 0);
	ASSERT(disk_link(&kernel.disk, top, "state", state) == 0);
	bool lies = kernel.disk.lies;
	kernel.disk.lies = false;
	ASSERT(disk_sync(&kernel.disk, kernel.disk.root) == 0);
	ASSERT(disk_sync(&kernel.disk, top) == 0);
	kernel.disk.lies = lies;
	vfs_register();
	sim_clock.now = SECOND;
	oracles_begin();
	workload_init();
	gate_init();
}

static void
run_seed(void)
{
	set_up();
	sim.peace_at = hours * HOUR;
	sim.end_at = sim.peace_at + PEACE_MS;
	later(SECOND, on_second, NULL);
	later(sim.peace_at - sim_clock.now, make_peace, NULL);
	run_until(sim.end_at);
	if (!gate_ready())
		sim_fail("moves: the engine does not serve");
	gate_stop();
	run_until(sim_clock.now + 30 * SECOND);
	if (gate_engine()->alive)
		sim_fail("moves: the engine does not stop");
	process_kill(gate_hands());
	oracles_end();
}

static void
print_counts(void)
{
	printf(
	    "seed %llu: alerts %llu sent, %llu taken, %llu answers refused; %llu commands; "
	    "%llu actions began, %llu doubts; %llu notices (%llu digests); %llu kills, "
	    "%llu power cuts, "
	    "%llu starts of roles; %llu entries, %llu steps replayed; %llu syncs; let go "
	    "%llu "
	    "times\n",
	    (unsigned long long)sim.seed, (unsigned long long)sim.n.alerts,
	    (unsigned long long)sim.n.acked, (unsigned long long)sim.n.refused,
	    (unsigned long long)sim.n.commands, (unsigned long long)sim.n.starts,
	    (unsigned long long)sim.n.doubts, (unsigned long long)sim.n.notices,
	    (unsigned long long)sim.n.digests, (unsigned long long)sim.n.kills,
	    (unsigned long long)sim.n.power_cuts, (unsigned long long)sim.n.restarts,
	    (unsigned long long)sim.n.entries, (unsigned long long)sim.n.replayed,
	    (unsigned long long)kernel.disk.syncs, (unsigned long long)sim.n.let_go);
}

/* ---- many ---- */

struct tally {
	uint64_t passed, failed, kills, power_cuts, starts, acked, steps, doubts;
};
static struct tally *tally; /* shared with the processes of the seeds */

static void
add_counts(void)
{
	__atomic_add_fetch(&tally->kills, sim.n.kills, __ATOMIC_RELAXED);
	__atomic_add_fetch(&tally->power_cuts, sim.n.power_cuts, __ATOMIC_RELAXED);
	__atomic_add_fetch(&tally->starts, sim.n.starts, __ATOMIC_RELAXED);
	__atomic_add_fetch(&tally->acked, sim.n.acked, __ATOMIC_RELAXED);
	__atomic_add_fetch(&tally->steps, sim.n.replayed, __ATOMIC_RELAXED);
	__atomic_add_fetch(&tally->doubts, sim.n.doubts, __ATOMIC_RELAXED);
}

#define SEED_CPU_SECONDS 60

static pid_t
begin_seed(uint64_t seed, bool quiet)
{
	(void)fflush(stdout);
	pid_t pid = fork();
	ASSERT(pid >= 0);
	if (pid != 0)
		return pid;
	if (quiet && freopen("/dev/null", "w", stderr) == NULL)
		_exit(2);
	/* A seed takes less than a second of the processor: this one turns in a circle. */
	struct rlimit most = { SEED_CPU_SECONDS, SEED_CPU_SECONDS };
	if (sim.days == 0 && setrlimit(RLIMIT_CPU, &most) < 0)
		_exit(2);
	sim.seed = seed;
	run_seed();
	add_counts();
	_exit(0);
}

struct child {
	pid_t pid;
	uint64_t seed;
};

static void
end_one(const char *program, struct child *child, size_t jobs, bool quiet)
{
	int status;
	pid_t pid = wait(&status);
	ASSERT(pid > 0);
	for (size_t i = 0; i < jobs; i++) {
		if (child[i].pid != pid)
			continue;
		child[i].pid = 0;
		bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		tally->passed += ok;
		tally->failed += !ok;
		if (ok || quiet)
			return;
		if (WIFSIGNALED(status))
			printf("seed %llu: ended by signal %d\n",
			    (unsigned long long)child[i].seed, WTERMSIG(status));
		printf("repeat it: %s --seed %llu %s %u --loud\n", program,
		    (unsigned long long)child[i].seed, sim.days > 0 ? "--days" : "--hours",
		    sim.days > 0 ? sim.days : hours);
	}
}

static double
seconds(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Until one fails, where that is what is looked for, or the time is over. */
static void
run_many(const char *program, uint64_t from, uint64_t n, size_t jobs, bool seek)
{
	struct child child[JOBS_MAX] = { { 0 } };
	size_t running = 0;
	double began = seconds();
	for (uint64_t seed = from; seed < from + n || running > 0;) {
		size_t i = 0;
		while (i < jobs && child[i].pid != 0)
			i++;
		bool more = seed < from + n && !(seek && tally->failed > 0) &&
		            seconds() - began < (double)within;
		if (more && i < jobs) {
			child[i] = (struct child){ begin_seed(seed, seek), seed };
			seed++;
			running++;
			continue;
		}
		if (running == 0)
			return;
		end_one(program, child, jobs, seek);
		running--;
	}
}

static int
many(const char *program, uint64_t from, uint64_t n, size_t jobs)
{
	double began = seconds();
	run_many(program, from, n, jobs, false);
	double took = seconds() - began;
	uint64_t over = tally->passed + tally->failed;
	double simulated = (double)over * (hours + (double)PEACE_MS / HOUR);
	if (over < n)
		printf("%llu of %llu seeds: the %llu s were over\n",
		    (unsigned long long)over, (unsigned long long)n,
		    (unsigned long long)within);
	printf("%llu seeds passed, %llu failed; %.0f simulated hours in %.1f s: %.1f "
	       "seeds/s, "
	       "%.0f simulated hours/s\n",
	    (unsigned long long)tally->passed, (unsigned long long)tally->failed, simulated,
	    took, (double)over / took, simulated / took);
	printf("%llu requests taken, %llu actions began, %llu in doubt, %llu kills, "
	       "%llu power cuts, %llu steps replayed\n",
	    (unsigned long long)tally->acked, (unsigned long long)tally->starts,
	    (unsigned long long)tally->doubts, (unsigned long long)tally->kills,
	    (unsigned long long)tally->power_cuts, (unsigned long long)tally->steps);
	return tally->failed == 0 ? 0 : 1;
}

static int
prove(const char *program, uint64_t n, size_t jobs)
{
	static const char *const bugs[] = { "sync-lies", "claim-unsynced", "use-forgotten",
		"row-forgotten", "not-pure", "end-untold", "digest-short", "command-unseen",
		"history-cut" };
	int code = 0;
	for (size_t i = 0; i < countof(bugs); i++) {
		*tally = (struct tally){ 0 };
		sim.bug = bugs[i];
		sim.days = strcmp(bugs[i], "history-cut") == 0 ? 18 : 0;
		hours = sim.days > 0 ? 24 * sim.days : HOURS_DEFAULT;
		run_many(program, 1, n, jobs, true);
		bool found = tally->failed > 0;
		printf("%s %s: after %llu seeds\n", found ? "found" : "NOT FOUND", bugs[i],
		    (unsigned long long)(tally->passed + tally->failed));
		code = found ? code : 1;
	}
	return code;
}

/* ---- the command ---- */

static uint64_t
number(char **argv, int *i)
{
	uint64_t value = 0;
	if (argv[*i + 1] == NULL || !str_u64(str_of(argv[*i + 1]), UINT64_MAX, &value)) {
		fprintf(stderr, "%s needs a number\n", argv[*i]);
		_exit(2);
	}
	++*i;
	return value;
}

int
main(int argc, char **argv)
{
	uint64_t from = 1, n = 0, jobs = 2;
	bool proves = false, one = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seed") == 0) {
			sim.seed = number(argv, &i);
			one = true;
		} else if (strcmp(argv[i], "--seeds") == 0)
			n = number(argv, &i);
		else if (strcmp(argv[i], "--within") == 0)
			within = number(argv, &i);
		else if (strcmp(argv[i], "--from") == 0)
			from = number(argv, &i);
		else if (strcmp(argv[i], "--jobs") == 0)
			jobs = number(argv, &i);
		else if (strcmp(argv[i], "--hours") == 0)
			hours = (unsigned)number(argv, &i);
		else if (strcmp(argv[i], "--days") == 0)
			hours = 24 * (sim.days = (unsigned)number(argv, &i));
		else if (strcmp(argv[i], "--bug") == 0 && i + 1 < argc)
			sim.bug = argv[++i];
		else if (strcmp(argv[i], "--keep") == 0 && i + 1 < argc)
			keep_in = argv[++i];
		else if (strcmp(argv[i], "--loud") == 0)
			sim.loud = true;
		else if (strcmp(argv[i], "--prove") == 0)
			proves = true;
		else
			return fprintf(stderr, "unknown: %s\n", argv[i]), 2;
	}
	/* Memory is kept: the kernel's zeroing of it would be a third of the time. */
	int taken = mallopt(M_MMAP_THRESHOLD, 32 << 20); /* more is refused */
	ASSERT(taken == 1);
	(void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
	(void)mallopt(M_TOP_PAD, 16 << 20);
	jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(tally != MAP_FAILED);
	if (proves)
		return prove(argv[0], n > 0 ? n : 200, jobs);
	if (!one)
		return many(argv[0], from, n > 0 ? n : 100, jobs);
	run_seed();
	keep_state();
	print_counts();
	return 0;
}
