#ifndef TESTS_SIM_TASKS_H
#define TESTS_SIM_TASKS_H

#include "sim/kernel.h"

/*
 * tasks -- roles as they would run as processes with threads, but in one thread and in an
 * order that the seed draws: each task runs until it waits, then another one does. Time
 * passes only when all of them wait.
 *
 * A process dies within any of its system calls, or between them; nothing of it runs after
 * that, and what it had open is closed.
 */
struct task;

struct process {
	struct process *next;
	const char *name;
	bool alive;
	bool ended; /* by itself, with this code */
	int exit_code;
	uint64_t calls, dies_at; /* the call in which it dies; 0: none */
	const char *died_in;
	bool stopped; /* SIGSTOP */
	struct map *maps;
};

struct clock {
	msec now;  /* since the simulation began */
	msec boot; /* when this machine started */
	int64_t wall_offset;
};
extern struct clock sim_clock;

void tasks_init(uint64_t seed);
struct process *process_start(const char *name, int (*main)(void *), void *arg);
void process_kill(struct process *process);
struct task *task_start(struct process *process, void (*run)(void *), void *arg);
bool task_done(const struct task *task);

/* In a task: until then, or until `ready` says so. UINT64_MAX: for ever. */
void task_wait(bool (*ready)(void *), void *arg, msec until);
void task_sleep(msec ms); /* outside of tasks: not at all */
/* A task of a role runs, or none. */
bool tasks_in_role(void);

/* Runs what is ready, in turns, until all wait. false: it never ends. */
bool tasks_run(void);
/* When the first of them goes on by itself; UINT64_MAX: none does. */
msec tasks_next(void);

#endif
