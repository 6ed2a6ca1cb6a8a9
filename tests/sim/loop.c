/*
 * loop -- libuv's functions that the roles use, over tasks and simulated time: timers in order
 * of their time and then of their start, descriptors that are ready in an order by chance.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "sim/loop.h"
#include "sim/tasks.h"

struct sim_handle {
	struct sim_handle *next;
	uv_handle_t *handle;
	bool active, closing;
	/* timers */
	msec due, repeat;
	uint64_t order;
	uv_timer_cb on_timer;
	/* polls */
	int fd, events;
	uv_poll_cb on_poll;
	uv_idle_cb on_idle;
	uv_check_cb on_check;
	uv_async_cb on_async;
	bool sent;
};

struct sim_work {
	struct sim_work *next;
	uv_work_t *req;
	uv_work_cb work;
	uv_after_work_cb after;
	bool done;
};

struct sim_loop {
	struct sim_handle *handles;
	struct sim_work *works;
	uint64_t orders;
	msec now;
	bool stop;
};

static struct rng rng;

void
sim_uv_init(uint64_t seed)
{
	rng = (struct rng){ seed };
}

static struct sim_loop *
loop_of(const uv_loop_t *loop)
{
	return loop->internal_fields;
}

static struct sim_handle *
handle_of(const void *handle)
{
	const uv_handle_t *h = handle;
	struct sim_handle *it = loop_of(h->loop)->handles;
	while (it != NULL && it->handle != h)
		it = it->next;
	ASSERT(it != NULL);
	return it;
}

static struct sim_handle *
add(uv_loop_t *loop, void *handle, uv_handle_type type)
{
	struct sim_loop *l = loop_of(loop);
	struct sim_handle *h = calloc(1, sizeof(*h));
	ASSERT(h != NULL);
	h->handle = handle;
	h->handle->loop = loop;
	h->handle->type = type;
	h->fd = -1;
	struct sim_handle **last = &l->handles;
	while (*last != NULL)
		last = &(*last)->next;
	*last = h;
	return h;
}

int
uv_loop_init(uv_loop_t *loop)
{
	memset(loop, 0, sizeof(*loop));
	struct sim_loop *l = calloc(1, sizeof(*l));
	ASSERT(l != NULL);
	loop->internal_fields = l;
	l->now = sim_clock.now;
	return 0;
}

int
uv_loop_close(uv_loop_t *loop)
{
	return loop_of(loop)->handles != NULL ? UV_EBUSY : 0;
}

void
uv_close(uv_handle_t *handle, uv_close_cb done)
{
	struct sim_handle *h = handle_of(handle);
	ASSERT(!h->closing);
	h->active = false;
	h->closing = true;
	handle->close_cb = done;
}

void
uv_stop(uv_loop_t *loop)
{
	loop_of(loop)->stop = true;
}

int
uv_is_active(const uv_handle_t *handle)
{
	return handle_of(handle)->active;
}

const char *
uv_strerror(int error)
{
	return strerror(-error);
}

/* ---- kinds ---- */

int
uv_timer_init(uv_loop_t *loop, uv_timer_t *timer)
{
	(void)add(loop, timer, UV_TIMER);
	return 0;
}

int
uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t ms, uint64_t repeat)
{
	struct sim_handle *h = handle_of(timer);
	struct sim_loop *l = loop_of(timer->loop);
	ASSERT(!h->closing);
	h->active = true;
	h->due = l->now + ms;
	h->repeat = repeat;
	h->on_timer = cb;
	h->order = ++l->orders;
	return 0;
}

int
uv_timer_stop(uv_timer_t *timer)
{
	handle_of(timer)->active = false;
	return 0;
}

int
uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	add(loop, poll, UV_POLL)->fd = fd;
	return 0;
}

int
uv_poll_init_socket(uv_loop_t *loop, uv_poll_t *poll, uv_os_sock_t fd)
{
	return uv_poll_init(loop, poll, fd);
}

int
uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb cb)
{
	struct sim_handle *h = handle_of(poll);
	ASSERT(!h->closing);
	h->active = events != 0;
	h->events = events;
	h->on_poll = cb;
	return 0;
}

int
uv_poll_stop(uv_poll_t *poll)
{
	handle_of(poll)->active = false;
	return 0;
}

int
uv_check_init(uv_loop_t *loop, uv_check_t *check)
{
	(void)add(loop, check, UV_CHECK);
	return 0;
}

int
uv_check_start(uv_check_t *check, uv_check_cb cb)
{
	struct sim_handle *h = handle_of(check);
	h->active = true;
	h->on_check = cb;
	return 0;
}

int
uv_idle_init(uv_loop_t *loop, uv_idle_t *idle)
{
	(void)add(loop, idle, UV_IDLE);
	return 0;
}

int
uv_idle_start(uv_idle_t *idle, uv_idle_cb cb)
{
	struct sim_handle *h = handle_of(idle);
	h->active = true;
	h->on_idle = cb;
	return 0;
}

int
uv_idle_stop(uv_idle_t *idle)
{
	handle_of(idle)->active = false;
	return 0;
}

int
uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb cb)
{
	struct sim_handle *h = add(loop, async, UV_ASYNC);
	h->active = true;
	h->on_async = cb;
	return 0;
}

int
uv_async_send(uv_async_t *async)
{
	handle_of(async)->sent = true;
	return 0;
}

/* Hands then looks at its folders by time alone. */
int
uv_fs_event_init(uv_loop_t *loop, uv_fs_event_t *event)
{
	(void)add(loop, event, UV_FS_EVENT);
	return 0;
}

int
uv_fs_event_start(uv_fs_event_t *event, uv_fs_event_cb cb, const char *path, unsigned flags)
{
	(void)event;
	(void)cb;
	(void)path;
	(void)flags;
	return UV_ENOSYS;
}

/* ---- threads ---- */

static void
run_work(void *arg)
{
	struct sim_work *work = arg;
	work->work(work->req);
	work->done = true;
}

int
uv_queue_work(uv_loop_t *loop, uv_work_t *req, uv_work_cb work, uv_after_work_cb after)
{
	struct sim_work *w = calloc(1, sizeof(*w));
	ASSERT(w != NULL);
	*w = (struct sim_work){ loop_of(loop)->works, req, work, after, false };
	loop_of(loop)->works = w;
	req->loop = loop;
	(void)task_start(kernel.now, run_work, w);
	return 0;
}

int
uv_cancel(uv_req_t *req)
{
	(void)req;
	return UV_EBUSY;
}

int
uv_sem_init(uv_sem_t *sem, unsigned value)
{
	memcpy(sem, &value, sizeof(value));
	return 0;
}

void
uv_sem_destroy(uv_sem_t *sem)
{
	(void)sem;
}

static bool
sem_is_up(void *arg)
{
	unsigned value;
	memcpy(&value, arg, sizeof(value));
	return value > 0;
}

void
uv_sem_post(uv_sem_t *sem)
{
	unsigned value;
	memcpy(&value, sem, sizeof(value));
	value++;
	memcpy(sem, &value, sizeof(value));
}

int
uv_sem_trywait(uv_sem_t *sem)
{
	unsigned value;
	memcpy(&value, sem, sizeof(value));
	if (value == 0)
		return UV_EAGAIN;
	value--;
	memcpy(sem, &value, sizeof(value));
	return 0;
}

void
uv_sem_wait(uv_sem_t *sem)
{
	while (uv_sem_trywait(sem) != 0)
		task_wait(sem_is_up, sem, UINT64_MAX);
}

int
uv_thread_create(uv_thread_t *ret, uv_thread_cb entry, void *arg)
{
	struct task *task = task_start(kernel.now, entry, arg);
	memcpy(ret, &task, sizeof(*ret));
	return 0;
}

static bool
thread_done(void *task)
{
	return task_done(task);
}

int
uv_thread_join(uv_thread_t *thread)
{
	struct task *task;
	memcpy(&task, thread, sizeof(task));
	while (!task_done(task))
		task_wait(thread_done, task, UINT64_MAX);
	return 0;
}

/* ---- the loop ---- */

static int
ready_events(const struct sim_handle *h)
{
	if (!h->active || h->closing || h->fd < 0)
		return 0;
	int events = 0;
	if ((h->events & UV_READABLE) != 0 && kernel_readable(h->fd))
		events |= UV_READABLE;
	if ((h->events & UV_WRITABLE) != 0 && kernel_writable(h->fd))
		events |= UV_WRITABLE;
	return events;
}

static msec
next_due(const struct sim_loop *l)
{
	msec due = UINT64_MAX;
	for (const struct sim_handle *h = l->handles; h != NULL; h = h->next) {
		if (h->active && h->on_timer != NULL && h->due < due)
			due = h->due;
	}
	return due;
}

static bool
something_waits(void *arg)
{
	const struct sim_loop *l = arg;
	for (const struct sim_handle *h = l->handles; h != NULL; h = h->next) {
		if (h->sent || h->closing || (h->active && h->on_idle != NULL) ||
		    ready_events(h) != 0)
			return true;
	}
	for (const struct sim_work *w = l->works; w != NULL; w = w->next) {
		if (w->done)
			return true;
	}
	return l->stop;
}

static bool
alive(const struct sim_loop *l)
{
	for (const struct sim_handle *h = l->handles; h != NULL; h = h->next) {
		if (h->active || h->closing)
			return true;
	}
	return l->works != NULL;
}

static void
run_timers(struct sim_loop *l)
{
	msec now = l->now;
	uint64_t until = l->orders;
	for (;;) {
		struct sim_handle *first = NULL;
		for (struct sim_handle *h = l->handles; h != NULL; h = h->next) {
			if (!h->active || h->on_timer == NULL || h->due > now ||
			    h->order > until)
				continue;
			if (first == NULL || h->due < first->due ||
			    (h->due == first->due && h->order < first->order))
				first = h;
		}
		if (first == NULL)
			return;
		first->active = false;
		if (first->repeat > 0)
			(void)uv_timer_start((uv_timer_t *)first->handle, first->on_timer,
			    first->repeat, first->repeat);
		first->on_timer((uv_timer_t *)first->handle);
	}
}

/* One after the other, beginning anywhere. */
static void
run_polls(struct sim_loop *l)
{
	struct sim_handle *ready[64];
	size_t n = 0;
	for (struct sim_handle *h = l->handles; h != NULL; h = h->next) {
		if (n < countof(ready) && ready_events(h) != 0)
			ready[n++] = h;
	}
	uint64_t begin = rng_below(&rng, n);
	for (size_t i = 0; i < n; i++) {
		struct sim_handle *h = ready[(begin + i) % n];
		int events = ready_events(h);
		if (events != 0)
			h->on_poll((uv_poll_t *)h->handle, 0, events);
	}
}

static void
run_works(struct sim_loop *l)
{
	for (struct sim_work **it = &l->works; *it != NULL;) {
		struct sim_work *w = *it;
		if (!w->done) {
			it = &w->next;
			continue;
		}
		*it = w->next;
		if (w->after != NULL)
			w->after(w->req, 0);
		free(w);
		it = &l->works; /* it may have begun another */
	}
}

static void
run_asyncs(struct sim_loop *l)
{
	for (struct sim_handle *h = l->handles; h != NULL; h = h->next) {
		if (!h->sent || h->closing)
			continue;
		h->sent = false;
		h->on_async((uv_async_t *)h->handle);
	}
	run_works(l);
}

static void
run_each(struct sim_loop *l, bool idle)
{
	for (struct sim_handle *h = l->handles; h != NULL; h = h->next) {
		if (!h->active)
			continue;
		if (idle && h->on_idle != NULL)
			h->on_idle((uv_idle_t *)h->handle);
		if (!idle && h->on_check != NULL)
			h->on_check((uv_check_t *)h->handle);
	}
}

static void
run_closing(struct sim_loop *l)
{
	for (;;) {
		struct sim_handle **it = &l->handles;
		while (*it != NULL && !(*it)->closing)
			it = &(*it)->next;
		if (*it == NULL)
			return;
		struct sim_handle *h = *it;
		*it = h->next;
		uv_handle_t *handle = h->handle;
		free(h);
		if (handle->close_cb != NULL)
			handle->close_cb(handle);
	}
}

int
uv_run(uv_loop_t *loop, uv_run_mode mode)
{
	struct sim_loop *l = loop_of(loop);
	ASSERT(mode == UV_RUN_DEFAULT);
	while (alive(l) && !l->stop) {
		l->now = sim_clock.now;
		run_timers(l);
		run_each(l, true);
		if (!something_waits(l))
			task_wait(something_waits, l, next_due(l));
		l->now = sim_clock.now;
		run_polls(l);
		run_asyncs(l);
		run_each(l, false);
		run_closing(l);
	}
	l->stop = false;
	return alive(l);
}
