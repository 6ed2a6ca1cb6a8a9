#include "engine/committer.h"

#include <pthread.h>
#include <stdlib.h>

#include "os/clock.h"
#include "os/crash.h"

enum job { JOB_COMMIT = 1, JOB_CHECKPOINT, JOB_RUN, JOB_END };

struct committer {
	struct store *store;
	void (*done)(void *context, const struct committed *result);
	void *context;
	uv_thread_t thread;
	uv_sem_t go, finished;
	uv_async_t wake; /* the loop, when a job is finished */
	bool busy;       /* the loop's view: a job is out and its end was not seen */
	/* Written by whoever the semaphores say it is. */
	enum job job;
	struct commit commit;
	struct committed result;
	void (*run)(void *context, struct store *store);
	void (*ended)(void *context);
	void *run_context;
};

static void
work(void *context)
{
	struct committer *c = context;
	(void)pthread_setname_np(pthread_self(), "committer"); /* for top -H */
	for (;;) {
		uv_sem_wait(&c->go);
		uint64_t began = clock_boot_us();
		switch (c->job) {
		case JOB_COMMIT:
			CRASH_POINT("engine-commit-before");
			c->result.ok = store_commit(c->store, &c->commit, &c->result.err);
			CRASH_POINT("engine-commit-after");
			break;
		case JOB_CHECKPOINT:
			(void)store_checkpoint(c->store);
			break;
		case JOB_RUN:
			c->run(c->run_context, c->store);
			break;
		case JOB_END:
			return;
		}
		c->result.us = clock_boot_us() - began;
		uv_sem_post(&c->finished);
		(void)uv_async_send(&c->wake);
	}
}

/* The thread has finished its job, and said so. */
static void
finish(struct committer *c)
{
	c->busy = false;
	if (c->job == JOB_COMMIT)
		c->done(c->context, &c->result);
	if (c->job == JOB_RUN)
		c->ended(c->run_context);
}

static void
on_wake(uv_async_t *async)
{
	struct committer *c = async->data;
	if (c->busy && uv_sem_trywait(&c->finished) == 0)
		finish(c);
}

struct committer *
committer_new(uv_loop_t *loop, struct store *store,
    void (*done)(void *context, const struct committed *result), void *context)
{
	struct committer *c = calloc(1, sizeof(*c));
	ASSERT(c != NULL);
	c->store = store;
	c->done = done;
	c->context = context;
	ASSERT(uv_sem_init(&c->go, 0) == 0);
	ASSERT(uv_sem_init(&c->finished, 0) == 0);
	ASSERT(uv_async_init(loop, &c->wake, on_wake) == 0);
	c->wake.data = c;
	ASSERT(uv_thread_create(&c->thread, work, c) == 0);
	return c;
}

static void
start(struct committer *c, enum job job)
{
	ASSERT(!c->busy);
	c->busy = true;
	c->job = job;
	uv_sem_post(&c->go);
}

void
committer_start(struct committer *c, const struct commit *commit)
{
	ASSERT(!c->busy);
	c->commit = *commit;
	start(c, JOB_COMMIT);
}

void
committer_checkpoint(struct committer *c)
{
	start(c, JOB_CHECKPOINT);
}

void
committer_run(struct committer *c, void (*run)(void *context, struct store *),
    void (*ended)(void *context), void *context)
{
	ASSERT(!c->busy);
	c->run = run;
	c->ended = ended;
	c->run_context = context;
	start(c, JOB_RUN);
}

bool
committer_busy(const struct committer *c)
{
	return c->busy;
}

void
committer_wait(struct committer *c)
{
	if (!c->busy)
		return;
	uv_sem_wait(&c->finished);
	finish(c);
}

void
committer_free(struct committer *c)
{
	if (c == NULL)
		return;
	committer_wait(c);
	start(c, JOB_END);
	(void)uv_thread_join(&c->thread);
	uv_sem_destroy(&c->go);
	uv_sem_destroy(&c->finished);
	uv_close((uv_handle_t *)&c->wake, NULL);
}
