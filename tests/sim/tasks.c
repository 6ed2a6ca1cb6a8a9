#undef _FORTIFY_SOURCE /* it takes a jump to another stack for a mistake */
#include "sim/tasks.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/arena.h"
#include "sim/vfs.h"
#include "sim/wrap.h"

#define STACK_BYTES ((size_t)1 << 20)
#define TURNS_MAX 2000000
#define STACKS_KEPT 16

struct clock sim_clock;

struct task {
	struct task *next;
	struct process *process;
	ucontext_t begin; /* where it begins */
	jmp_buf at;       /* and where it waits since */
	bool begun;
	void *stack;
	void (*run)(void *);
	void *arg;
	bool done;
	bool (*ready)(void *);
	void *ready_arg;
	msec until;
};

struct map {
	struct map *next;
	void *memory;
	size_t size;
};

static struct rng rng;
static struct task *tasks, *running;
static jmp_buf outside;
static void *stacks[STACKS_KEPT];
static size_t stack_n;

bool
tasks_in_role(void)
{
	return running != NULL;
}

bool
task_done(const struct task *task)
{
	return task->done;
}

/* ---- memory of a process, for when it dies ---- */

struct arena WRAP(arena_map)(struct arena_map *map, size_t size);
struct arena REAL(arena_map)(struct arena_map *map, size_t size);
struct arena
WRAP(arena_map)(struct arena_map *map, size_t size)
{
	struct arena arena = REAL(arena_map)(map, size);
	if (kernel.now == NULL)
		return arena;
	struct map *kept = malloc(sizeof(*kept));
	ASSERT(kept != NULL);
	*kept = (struct map){ kernel.now->maps, map->memory, map->size };
	kernel.now->maps = kept;
	return arena;
}

void WRAP(arena_unmap)(struct arena_map *map);
void REAL(arena_unmap)(struct arena_map *map);
void
WRAP(arena_unmap)(struct arena_map *map)
{
	struct map **it = kernel.now != NULL ? &kernel.now->maps : NULL;
	while (it != NULL && *it != NULL) {
		struct map *kept = *it;
		if (kept->memory != map->memory) {
			it = &kept->next;
			continue;
		}
		*it = kept->next;
		free(kept);
		break;
	}
	REAL(arena_unmap)(map);
}

static void
give_back(struct process *process)
{
	while (process->maps != NULL) {
		struct map *map = process->maps;
		process->maps = map->next;
		(void)munmap(map->memory, map->size);
		free(map);
	}
}

/* ---- death ---- */

static void
leave(void)
{
	kernel.now = NULL;
	running = NULL;
	longjmp(outside, 1);
}

void
process_kill(struct process *process)
{
	if (!process->alive)
		return;
	bool own = running != NULL && running->process == process;
	process->alive = false;
	for (struct task *it = tasks; it != NULL; it = it->next)
		it->done |= it->process == process;
	kernel_close_all(process);
	if (strcmp(process->name, "engine") == 0)
		vfs_forget(&kernel.disk);
	if (own)
		leave(); /* what it has mapped is given back by tasks_run */
}

_Noreturn void WRAP(_Exit)(int code);
_Noreturn void REAL(_Exit)(int code);
void
WRAP(_Exit)(int code)
{
	if (kernel.now == NULL)
		REAL(_Exit)(code);
	kernel.now->ended = true;
	kernel.now->exit_code = code;
	process_kill(kernel.now);
	UNREACHABLE();
}

static void
on_call(const char *call)
{
	struct process *process = kernel.now;
	process->calls++;
	if (process->dies_at == 0 || process->calls < process->dies_at)
		return;
	process->dies_at = 0;
	process->died_in = call;
	process_kill(process);
}

/* ---- tasks ---- */

static void
trampoline(void)
{
	struct task *task = running;
	task->run(task->arg);
	task->done = true;
	leave();
}

static void *
stack_get(void)
{
	if (stack_n > 0)
		return stacks[--stack_n];
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(stack != MAP_FAILED);
	return stack;
}

static void
stack_put(void *stack)
{
	if (stack_n < STACKS_KEPT)
		stacks[stack_n++] = stack;
	else
		(void)munmap(stack, STACK_BYTES);
}

struct task *
task_start(struct process *process, void (*run)(void *), void *arg)
{
	struct task *task = calloc(1, sizeof(*task));
	ASSERT(task != NULL);
	task->process = process;
	task->run = run;
	task->arg = arg;
	task->stack = stack_get();
	ASSERT(getcontext(&task->begin) == 0);
	task->begin.uc_stack.ss_sp = task->stack;
	task->begin.uc_stack.ss_size = STACK_BYTES;
	makecontext(&task->begin, trampoline, 0);
	struct task **last = &tasks;
	while (*last != NULL)
		last = &(*last)->next;
	*last = task;
	return task;
}

struct main_call {
	struct process *process;
	int (*main)(void *);
	void *arg;
};

static void
run_main(void *arg)
{
	struct main_call call = *(struct main_call *)arg;
	free(arg);
	call.process->exit_code = call.main(call.arg);
	call.process->ended = true;
	process_kill(call.process);
}

struct process *
process_start(const char *name, int (*main)(void *), void *arg)
{
	struct process *process = calloc(1, sizeof(*process));
	struct main_call *call = malloc(sizeof(*call));
	ASSERT(process != NULL && call != NULL);
	process->name = name;
	process->alive = true;
	*call = (struct main_call){ process, main, arg };
	(void)task_start(process, run_main, call);
	return process;
}

void
task_wait(bool (*ready)(void *), void *arg, msec until)
{
	struct task *task = running;
	ASSERT(task != NULL);
	task->ready = ready;
	task->ready_arg = arg;
	task->until = until;
	running = NULL;
	kernel.now = NULL;
	if (_setjmp(task->at) == 0)
		longjmp(outside, 1);
	task->ready = NULL;
	task->until = 0;
}

void
task_sleep(msec ms)
{
	if (running != NULL && ms > 0)
		task_wait(NULL, NULL, sim_clock.now + ms);
}

static bool
is_ready(const struct task *task)
{
	if (task->done || task->process->stopped)
		return false;
	return task->until <= sim_clock.now ||
	       (task->ready != NULL && task->ready(task->ready_arg));
}

static struct task *
choose(void)
{
	struct task *chosen = NULL;
	uint64_t n = 0;
	for (struct task *it = tasks; it != NULL; it = it->next) {
		if (is_ready(it) && rng_below(&rng, ++n) == 0)
			chosen = it;
	}
	return chosen;
}

static void
bury(void)
{
	for (struct task **it = &tasks; *it != NULL;) {
		struct task *task = *it;
		if (!task->done) {
			it = &task->next;
			continue;
		}
		*it = task->next;
		stack_put(task->stack);
		if (!task->process->alive)
			give_back(task->process);
		/* Its handle may still be asked whether it is done. */
		task->stack = NULL;
	}
}

/* Until it waits or is done. Not by swapcontext: that asks the kernel each time. */
__attribute__((noinline)) static void
resume(struct task *task)
{
	if (_setjmp(outside) != 0)
		return;
	if (task->begun)
		longjmp(task->at, 1);
	task->begun = true;
	(void)setcontext(&task->begin);
	UNREACHABLE();
}

bool
tasks_run(void)
{
	bury();
	for (unsigned turns = 0; turns < TURNS_MAX; turns++) {
		struct task *task = choose();
		if (task == NULL)
			return true;
		running = task;
		kernel.now = task->process;
		resume(task);
		running = NULL;
		kernel.now = NULL;
		bury();
	}
	return false;
}

msec
tasks_next(void)
{
	msec next = UINT64_MAX;
	for (const struct task *it = tasks; it != NULL; it = it->next) {
		if (!it->done && !it->process->stopped && it->until < next)
			next = it->until;
	}
	return next;
}

void
tasks_init(uint64_t seed)
{
	rng = (struct rng){ seed };
	kernel.enter = on_call;
}
