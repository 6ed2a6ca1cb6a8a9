#include "hands/attempts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/map.h"
#include "hands/act.h"
#include "hands/claim.h"
#include "hands/clean.h"
#include "hands/folder.h"
#include "hands/setup.h"
#include "os/clock.h"
#include "os/crash.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/process.h"

#define WHY_MAX 300

struct attempts {
	uv_loop_t *loop;
	int dir_fd;
	struct spawner *spawner;
	struct ceiling *ceiling;
	const struct tell *tell;
	struct link at_work; /* struct attempt, in the order they were taken on */
	struct map by_id;    /* id to struct attempt * */
	uv_timer_t *timer;
	DIR *left; /* folders not told yet to the engine that is there; NULL: none */
	uv_timer_t *left_timer;
};

/* One that may still be running. */
struct attempt {
	struct link link;
	struct attempts *all;
	row_id id;
	struct claimed claimed; /* lock_fd: ours until the spawner answered, then -1 */
	bool started;           /* told */
	uv_fs_event_t *watch;   /* NULL: the timer has to do */
};

/* ---- telling ---- */

static void
tell_news(const struct tell *tell, const struct attempt_result *result)
{
	struct event event = { .kind = EVENT_ATTEMPT_RESULT, .attempt_result = *result };
	CRASH_POINT("hands-tell-before");
	tell_result(tell, &event);
	CRASH_POINT("hands-tell-after");
}

void
attempts_tell(const struct tell *tell, row_id id, enum attempt_news news, str why)
{
	struct attempt_result result = { .attempt = id, .news = news, .why = why };
	tell_news(tell, &result);
}

void
attempts_tell_refusal(const struct tell *tell, row_id id, str why, str judged)
{
	struct attempt_result result = { .attempt = id,
		.news = NEWS_REFUSED,
		.why = why,
		.judged = judged };
	tell_news(tell, &result);
}

static enum attempt_news
news_of(enum shim_state state)
{
	switch (state) {
	case SHIM_EXITED:
		return NEWS_EXITED;
	case SHIM_SIGNALED:
	case SHIM_STOPPED:
		return NEWS_KILLED;
	case SHIM_TIMED_OUT:
		return NEWS_TIMED_OUT;
	case SHIM_NEVER_STARTED:
		return NEWS_NEVER_STARTED;
	case SHIM_REFUSED:
		return NEWS_REFUSED;
	case SHIM_UNKNOWN:
		return NEWS_UNKNOWN;
	}
	UNREACHABLE();
}

/* What an act says of itself counts more than that it was there to try. */
static bool
surely_ran(enum shim_state state)
{
	return state != SHIM_NEVER_STARTED && state != SHIM_REFUSED;
}

static void
tell_started(struct attempts *all, row_id id, msec begun_wall)
{
	struct attempt_result result = { .attempt = id,
		.news = NEWS_STARTED,
		.started_wall = begun_wall };
	tell_news(all->tell, &result);
}

static void
tell_end(struct attempts *all, row_id id, int dir_fd, const struct shim_result *end,
    struct arena scratch)
{
	struct attempt_result result = {
		.attempt = id,
		.news = news_of(end->state),
		.exit_code = end->exit_code,
		.signal = end->signal,
		.output_bytes = end->output_bytes,
		.started_wall = end->begun_wall,
		.ended_wall = end->ended_wall,
	};
	str output = STR(""), why = end->why;
	struct err err;
	if (end->output_bytes > 0 &&
	    !file_read_at(&scratch, dir_fd, SHIM_OUTPUT, SHIM_OUTPUT_MAX, &output, &err))
		output = arena_printf(&scratch, "(its output is gone: %s)", err.text);
	if (end->state == SHIM_STOPPED && why.n == 0)
		why = STR("stopped");
	result.output = clean_text(&scratch, output, ATTEMPT_OUTPUT_MAX);
	result.why = clean_line(&scratch, why, WHY_MAX);
	if (end->state == SHIM_REFUSED)
		result.judged = STR("the far side");
	if (end->state == SHIM_UNKNOWN && str_eq(end->why, STR(SHIM_WHY_STUCK)))
		result.alive = ALIVE_MAYBE;
	tell_news(all->tell, &result);
}

/* ---- looking into a folder ---- */

/* The result, if there is one. ERR_NOT_FOUND: not yet; anything else is damage. */
static bool
read_result(int dir_fd, struct arena *arena, struct shim_result *ret, struct err *err)
{
	str text;
	return file_read_at(arena, dir_fd, SHIM_RESULT, SHIM_TEXT_MAX, &text, err) &&
	       result_read(text, arena, ret, err);
}

static bool
read_started(int dir_fd, struct arena *arena, struct started_file *ret)
{
	struct err err;
	str text;
	return file_read_at(arena, dir_fd, SHIM_STARTED, SHIM_TEXT_MAX, &text, &err) &&
	       started_read(text, arena, ret, &err);
}

/* Once its shim is gone: may its command be at work still? It is let go only after its
 * number stands in the folder. */
static enum alive
look_for_command(int dir_fd, struct arena *arena)
{
	struct started_file started;
	struct err err;
	str text = STR("");
	bool read =
	    file_read_at(arena, dir_fd, SHIM_STARTED, SHIM_TEXT_MAX, &text, &err) ||
	    (err.kind == ERR_NOT_FOUND &&
		file_read_at(arena, dir_fd, SHIM_STARTED_NEW, SHIM_TEXT_MAX, &text, &err));
	if (read ? text.n == 0 : err.kind == ERR_NOT_FOUND)
		return ALIVE_NO;
	if (!read || !started_read(text, arena, &started, &err))
		return ALIVE_MAYBE;
	return process_there(started.child_pid, started.child_start) ? ALIVE_MAYBE
	                                                             : ALIVE_NO;
}

static void
tell_unknown(struct attempts *all, row_id id, int dir_fd, const struct err *damage,
    struct arena scratch)
{
	struct started_file started = { 0 };
	struct attempt_result result = { .attempt = id, .news = NEWS_UNKNOWN };
	result.alive = look_for_command(dir_fd, &scratch);
	bool maybe = result.alive == ALIVE_MAYBE;
	if (damage->kind != ERR_NOT_FOUND)
		result.why =
		    arena_printf(&scratch, "its result cannot be read: %s", damage->text);
	else if (read_started(dir_fd, &scratch, &started))
		result.why = maybe ? STR("it began, whoever watched it is gone, and it may "
					 "be at work still")
		                   : STR("it began, and whoever watched it is gone");
	else
		result.why = maybe ? STR("whoever started it is gone, and it may be at "
					 "work still")
		                   : STR("it was claimed, and whoever was to start it is "
					 "gone");
	result.started_wall = started.begun_wall;
	tell_news(all->tell, &result);
}

/* ---- those at work ---- */

static void
free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void
attempt_free(struct attempt *attempt)
{
	fd_close(&attempt->claimed.dir_fd);
	fd_close(&attempt->claimed.lock_fd);
	fd_close(&attempt->claimed.look_fd);
	if (attempt->watch != NULL)
		uv_close((uv_handle_t *)attempt->watch, free_handle);
	if (link_on(&attempt->link)) {
		link_remove(&attempt->link);
		(void)map_remove(&attempt->all->by_id, attempt->id);
	}
	if (list_empty(&attempt->all->at_work))
		(void)uv_timer_stop(attempt->all->timer);
	free(attempt);
}

/* Tell what is new; an attempt that ended is freed. */
static void
look(struct attempt *attempt)
{
	static char memory[64 * 1024];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct attempts *all = attempt->all;
	struct started_file started;
	struct shim_result result;
	struct err err;

	/* First the lock, then the result: who held it a moment ago may have written it. */
	bool gone = !claim_locked(attempt->claimed.look_fd);
	bool ended = read_result(attempt->claimed.dir_fd, &arena, &result, &err);
	if (!attempt->started && (!ended || surely_ran(result.state)) &&
	    read_started(attempt->claimed.dir_fd, &arena, &started)) {
		attempt->started = true;
		tell_started(all, attempt->id, started.begun_wall);
	}
	if (ended)
		tell_end(all, attempt->id, attempt->claimed.dir_fd, &result, arena);
	else if (gone)
		tell_unknown(all, attempt->id, attempt->claimed.dir_fd, &err, arena);
	if (ended || gone)
		attempt_free(attempt);
}

static void
on_change(uv_fs_event_t *watch, const char *name, int events, int status)
{
	(void)events;
	(void)status;
	if (name != NULL &&
	    (strcmp(name, SHIM_STARTED) == 0 || strcmp(name, SHIM_RESULT) == 0))
		look(watch->data);
}

static void
on_timer(uv_timer_t *timer)
{
	struct attempts *all = timer->data;
	list_each_safe(it, &all->at_work) look(container_of(it, struct attempt, link));
}

static void
watch_folder(struct attempt *attempt)
{
	char path[64];
	uv_fs_event_t *watch = calloc(1, sizeof(*watch));
	ASSERT(watch != NULL);
	watch->data = attempt;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/.", attempt->claimed.dir_fd);
	(void)uv_fs_event_init(attempt->all->loop, watch);
	if (uv_fs_event_start(watch, on_change, path, 0) == 0)
		attempt->watch = watch;
	else
		uv_close((uv_handle_t *)watch, free_handle);
}

/* Takes the descriptors. */
static struct attempt *
take_on(struct attempts *all, row_id id, const struct claimed *claimed)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	ASSERT(attempt != NULL);
	*attempt = (struct attempt){
		.all = all,
		.id = id,
		.claimed = *claimed,
	};
	if (list_empty(&all->at_work))
		(void)uv_timer_start(all->timer, on_timer, ATTEMPTS_LOOK_MS,
		    ATTEMPTS_LOOK_MS);
	list_append(&all->at_work, &attempt->link);
	map_put(&all->by_id, id, (uint64_t)(uintptr_t)attempt);
	watch_folder(attempt);
	return attempt;
}

static struct attempt *
find(const struct attempts *all, row_id id)
{
	uint64_t value;
	if (!map_get(&all->by_id, id, &value))
		return NULL;
	return (struct attempt *)(uintptr_t)value;
}

/* ---- orders ---- */

static bool
has_folder(const struct attempts *all, row_id id)
{
	char name[CLAIM_NAME_BYTES];
	return faccessat(all->dir_fd, claim_name(id, false, name), F_OK, 0) == 0;
}

/* What the shim is told, and what acts by itself: NULL, or why it cannot be. */
static const char *
prepare(const struct attempts *all, const struct attempt_order *order,
    const struct sandbox *sandbox, struct spawn_order *spawn, struct err *err)
{
	if (!setup_make(sandbox, &order->parts, order->attempt, all->spawner->pillars,
		&spawn->setup_fd, err))
		return err->text;
	if (order->kind == ACTION_RUN || order->kind == 0)
		return NULL;
	struct act_request request = { .kind = order->kind,
		.attempt = order->attempt,
		.intent_wall = order->intent_wall,
		.timeout_ms = order->timeout_ms,
		.argv = order->argv,
		.parts = order->parts };
	return act_input(&request, &spawn->input_fd, err) ? NULL : err->text;
}

/* NULL, or why it is not begun. */
static const char *
refuses(const struct attempts *all, const struct attempt_order *order,
    const struct spawn_order *spawn, msec boot)
{
	const char *refused = spawn_refuses(spawn);
	if (refused != NULL)
		return refused;
	if (!ceiling_allows(all->ceiling, order->target, boot))
		return "over the ceiling of starts on one target in an hour";
	if (all->by_id.n >= ATTEMPTS_AT_WORK_MAX)
		return "too many attempts are at work";
	return NULL;
}

/* Claim it and have it started. False when the spawner is gone. */
static bool
begin(struct attempts *all, const struct attempt_order *order, struct spawn_order *spawn,
    msec boot, struct err *err)
{
	struct err claim_err;
	struct claimed claimed;
	if (!ceiling_count(all->ceiling, order->target, clock_wall(), boot, &claim_err) ||
	    !claim_make(all->dir_fd, order, &claimed, &claim_err)) {
		attempts_tell(all->tell, order->attempt, NEWS_NEVER_STARTED,
		    str_of(claim_err.text));
		return true;
	}
	struct attempt *attempt = take_on(all, order->attempt, &claimed);
	CRASH_POINT("hands-claimed");
	attempts_tell(all->tell, order->attempt, NEWS_CLAIMED, STR(""));
	spawn->work_fd = attempt->claimed.dir_fd;
	spawn->lock_fd = attempt->claimed.lock_fd;
	bool ok = spawner_send(all->spawner, spawn, err);
	CRASH_POINT("hands-spawned");
	return ok;
}

bool
attempts_start(struct attempts *all, const struct attempt_order *order,
    const struct sandbox *sandbox, struct err *err)
{
	bool own = order->kind != ACTION_RUN && order->kind != 0;
	str words[3];
	struct strs act = act_argv(all->spawner->program, order->kind, words);
	struct spawn_order spawn = {
		.id = order->attempt,
		.incident = order->incident,
		.service = order->service,
		.target = order->target,
		.timeout_ms = order->timeout_ms,
		.argv = own ? &act : &order->argv,
	};
	if (find(all, order->attempt) != NULL || has_folder(all, order->attempt)) {
		attempts_reconcile(all, order->attempt);
		return true;
	}
	msec boot = clock_boot();
	struct err why;
	bool ok = true;
	const char *refused = refuses(all, order, &spawn, boot);
	if (refused == NULL)
		refused = prepare(all, order, sandbox, &spawn, &why);
	if (refused != NULL)
		attempts_tell(all->tell, order->attempt, NEWS_REFUSED, str_of(refused));
	else
		ok = begin(all, order, &spawn, boot, err);
	if (spawn.setup_fd > 0)
		(void)close(spawn.setup_fd);
	if (spawn.input_fd > 0)
		(void)close(spawn.input_fd);
	return ok;
}

/* The spawn itself failed: that is a result, and we are the ones to write it. */
static void
never_started(struct attempt *attempt, int error)
{
	struct err err;
	char why[128];
	msec wall = clock_wall();
	struct buf text = BUF(SHIM_TEXT_MAX);
	(void)snprintf(why, sizeof(why), "cannot start firstline-shim: %s",
	    strerror(error));
	result_write(&text, &(struct shim_result){ .state = SHIM_NEVER_STARTED,
				.begun_wall = wall,
				.ended_wall = wall,
				.why = str_of(why) });
	if (file_write_durable(attempt->claimed.dir_fd, SHIM_RESULT, buf_str(&text), 0600,
		&err)) {
		look(attempt);
	} else {
		tell_log(attempt->all->tell, LOG_ERROR, "attempt %llu: %s",
		    (unsigned long long)attempt->id, err.text);
		attempts_tell(attempt->all->tell, attempt->id, NEWS_NEVER_STARTED,
		    str_of(why));
		attempt_free(attempt);
	}
	buf_done(&text);
}

void
attempts_answered(struct attempts *all, const struct spawn_answer *answer)
{
	struct attempt *attempt = find(all, answer->id);
	if (attempt == NULL || attempt->claimed.lock_fd < 0)
		return;
	if (answer->error != 0) {
		never_started(attempt, answer->error);
		return;
	}
	/* From now on the lock is the shim's alone. */
	fd_close(&attempt->claimed.lock_fd);
	attempt->claimed.lock_fd = -1;
	look(attempt);
}

/* Not in memory: what does the folder say? An attempt that is alive is taken on. */
static void
look_at_folder(struct attempts *all, row_id id, int dir_fd)
{
	static char memory[64 * 1024];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct shim_result result;
	struct err err;

	int look_fd = openat(dir_fd, SHIM_CLAIMED, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool locked = look_fd >= 0 && claim_locked(look_fd);
	bool ended = read_result(dir_fd, &arena, &result, &err);
	if (!ended && locked) {
		attempts_tell(all->tell, id, NEWS_CLAIMED, STR(""));
		look(take_on(all, id, &(struct claimed){ dir_fd, -1, look_fd }));
		return;
	}
	if (ended)
		tell_end(all, id, dir_fd, &result, arena);
	else
		tell_unknown(all, id, dir_fd, &err, arena);
	fd_close(&look_fd);
	fd_close(&dir_fd);
}

void
attempts_reconcile(struct attempts *all, row_id id)
{
	char name[CLAIM_NAME_BYTES];
	struct attempt *attempt = find(all, id);
	if (attempt != NULL) {
		attempt->started = false; /* look tells it again */
		attempts_tell(all->tell, id, NEWS_CLAIMED, STR(""));
		look(attempt);
		return;
	}
	int dir_fd = openat(all->dir_fd, claim_name(id, false, name),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir_fd >= 0) {
		look_at_folder(all, id, dir_fd);
		return;
	}
	/* Only "there is none" is certain. */
	bool none = errno == ENOENT;
	str why = none ? STR("it was never claimed") : STR("its folder cannot be opened");
	struct attempt_result result = { .attempt = id,
		.news = none ? NEWS_NEVER_STARTED : NEWS_UNKNOWN,
		.why = why,
		.alive = none ? 0 : ALIVE_MAYBE };
	tell_news(all->tell, &result);
}

void
attempts_stop(struct attempts *all, row_id id)
{
	if (find(all, id) == NULL)
		attempts_reconcile(all, id); /* takes it on if it is alive */
	struct attempt *attempt = find(all, id);
	if (attempt == NULL)
		return;
	AUTO_CLOSE int fd = openat(attempt->claimed.dir_fd, SHIM_STOP,
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		tell_log(all->tell, LOG_ERROR, "stop attempt %llu: %s",
		    (unsigned long long)id, strerror(errno));
}

struct output_item
attempts_output(const struct attempts *all, row_id id, struct arena *arena)
{
	const struct attempt *attempt = find(all, id);
	str output = STR("");
	struct err err;
	/* There is no such file before it writes. */
	if (attempt != NULL && !file_read_at(arena, attempt->claimed.dir_fd, SHIM_OUTPUT,
				   SHIM_OUTPUT_MAX, &output, &err))
		output = STR("");
	return (struct output_item){ .attempt = id,
		.at_work = attempt != NULL,
		.output = clean_text(arena, output, ATTEMPT_OUTPUT_MAX) };
}

/* Locked, and without a result: one whose result is there may take a moment to leave. */
static bool
at_work(const struct attempts *all, const char *name)
{
	AUTO_CLOSE int dir_fd =
	    openat(all->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	AUTO_CLOSE int look_fd =
	    dir_fd < 0 ? -1 : openat(dir_fd, SHIM_CLAIMED, O_RDONLY | O_CLOEXEC);
	return look_fd >= 0 && claim_locked(look_fd) &&
	       faccessat(dir_fd, SHIM_RESULT, F_OK, 0) < 0;
}

void
attempts_forget(struct attempts *all, row_id id)
{
	struct err err;
	char hidden[CLAIM_NAME_BYTES], name[CLAIM_NAME_BYTES];
	(void)claim_name(id, true, hidden);
	(void)claim_name(id, false, name);
	if (at_work(all, name)) {
		tell_log(all->tell, LOG_WARNING,
		    "attempt %llu is still at work: its folder stays",
		    (unsigned long long)id);
		return;
	}
	CRASH_POINT("hands-forget-before");
	if (renameat(all->dir_fd, name, all->dir_fd, hidden) < 0)
		return;
	CRASH_POINT("hands-forget-renamed");
	if (!claim_remove_hidden(all->dir_fd, hidden, &err))
		tell_log(all->tell, LOG_WARNING, "%s", err.text);
}

/* ---- what is left ---- */

static void
left_end(struct attempts *all)
{
	(void)uv_timer_stop(all->left_timer);
	if (all->left != NULL)
		(void)closedir(all->left);
	all->left = NULL;
}

static void
on_left(uv_timer_t *timer)
{
	struct attempts *all = timer->data;
	for (unsigned n = 0; n < ATTEMPTS_LEFT_AT_ONCE;) {
		struct dirent *entry = readdir(all->left);
		if (entry == NULL) {
			left_end(all);
			return;
		}
		row_id id;
		if (!str_u64(str_of(entry->d_name), UINT64_MAX, &id) ||
		    find(all, id) != NULL)
			continue;
		attempts_reconcile(all, id);
		n++;
	}
}

void
attempts_tell_left(struct attempts *all)
{
	left_end(all);
	int fd = openat(all->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	all->left = fd < 0 ? NULL : fdopendir(fd);
	if (all->left == NULL) {
		tell_log(all->tell, LOG_WARNING, "read the folder of attempts: %s",
		    strerror(errno));
		fd_close(&fd);
		return;
	}
	(void)uv_timer_start(all->left_timer, on_left, ATTEMPTS_LOOK_MS, ATTEMPTS_LOOK_MS);
}

/* ---- the whole ---- */

struct attempts *
attempts_new(uv_loop_t *loop, int dir_fd, struct spawner *spawner, struct ceiling *ceiling,
    const struct tell *tell, struct err *err)
{
	struct attempts *all = calloc(1, sizeof(*all));
	ASSERT(all != NULL);
	*all = (struct attempts){
		.loop = loop,
		.dir_fd = dir_fd,
		.spawner = spawner,
		.ceiling = ceiling,
		.tell = tell,
	};
	if (!claim_sweep(dir_fd, tell, err)) {
		free(all);
		return NULL;
	}
	all->timer = calloc(1, sizeof(*all->timer));
	all->left_timer = calloc(1, sizeof(*all->left_timer));
	ASSERT(all->timer != NULL && all->left_timer != NULL);
	list_init(&all->at_work);
	map_init(&all->by_id, random_u64());
	(void)uv_timer_init(loop, all->timer);
	all->timer->data = all;
	(void)uv_timer_init(loop, all->left_timer);
	all->left_timer->data = all;
	return all;
}

void
attempts_free(struct attempts *all)
{
	if (all == NULL)
		return;
	list_each_safe(it, &all->at_work)
	    attempt_free(container_of(it, struct attempt, link));
	map_done(&all->by_id);
	left_end(all);
	uv_close((uv_handle_t *)all->left_timer, free_handle);
	uv_close((uv_handle_t *)all->timer, free_handle);
	free(all);
}
