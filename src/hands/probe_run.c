/*
 * probe_run -- a command that looks and changes nothing: its exit code and its output.
 *
 * The shim answers on a socket and ends its command when our side of it closes, so neither
 * a timeout here nor the end of hands leaves one running.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hands/act.h"
#include "hands/folder.h"
#include "hands/probe.h"
#include "hands/setup.h"
#include "os/fd.h"

#define ANSWER_MAX (SHIM_TEXT_MAX + SHIM_OUTPUT_MAX)
#define PATIENCE_MS (SHIM_GRACE_MS + 5 * SECOND) /* beyond its timeout */

struct run {
	struct probe_out *out;
	int fd;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open; /* handles */
	struct buf answer;
};

static void
on_closed(uv_handle_t *handle)
{
	struct run *run = handle->data;
	if (--run->open > 0)
		return;
	(void)close(run->fd);
	buf_done(&run->answer);
	free(run);
}

/* Our side closes: the shim ends what it may still run. */
static void
run_close(struct run *run)
{
	run->out->run = NULL;
	uv_close((uv_handle_t *)&run->poll, on_closed);
	uv_close((uv_handle_t *)&run->timer, on_closed);
}

static void
fail(struct run *run, str error)
{
	struct probe_out *out = run->out;
	run_close(run);
	probe_failed(out, error);
}

static void
conclude(struct run *run)
{
	static char memory[64 * 1024];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct probe_out *out = run->out;
	struct shim_result end;
	struct probe_result result = { .status = PROBE_FAILED };
	struct err err;
	str output;
	if (!probe_answer_read(buf_str(&run->answer), &arena, &end, &output, &err)) {
		fail(run, STR("whoever ran it is gone"));
		return;
	}
	switch (end.state) {
	case SHIM_EXITED:
		result.status = PROBE_OK;
		result.code = end.exit_code;
		result.value = output;
		break;
	case SHIM_SIGNALED:
		result.error = arena_printf(&arena, "it ended by signal %u", end.signal);
		break;
	case SHIM_TIMED_OUT:
		result.error = STR("it did not end in time");
		break;
	case SHIM_STOPPED:
		result.error = STR("it was stopped");
		break;
	case SHIM_NEVER_STARTED:
	case SHIM_REFUSED:
	case SHIM_UNKNOWN:
		result.error = end.why;
		break;
	}
	run_close(run);
	probe_done(out, &result);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct run *run = poll->data;
	(void)status;
	(void)events;
	for (;;) {
		char bytes[4096];
		ssize_t n = read(run->fd, bytes, sizeof(bytes));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conclude(run);
			return;
		}
		buf_put(&run->answer, bytes, (size_t)n);
	}
}

static void
on_patience_over(uv_timer_t *timer)
{
	fail(timer->data, STR("it did not end in time, and could not be ended"));
}

static struct run *
run_new(struct probe_out *out, uv_loop_t *loop, int fd, msec timeout_ms)
{
	struct run *run = calloc(1, sizeof(*run));
	ASSERT(run != NULL);
	run->out = out;
	run->fd = fd;
	run->answer = BUF(ANSWER_MAX);
	run->poll.data = run->timer.data = run;
	run->open = 2;
	ASSERT(uv_poll_init(loop, &run->poll, fd) == 0);
	ASSERT(uv_timer_init(loop, &run->timer) == 0);
	ASSERT(uv_poll_start(&run->poll, UV_READABLE, on_readable) == 0);
	(void)uv_timer_start(&run->timer, on_patience_over, timeout_ms + PATIENCE_MS, 0);
	return run;
}

/* `input` is 0 where it is a command, else what a command of our own reads. */
static bool
start(struct probe_out *out, uv_loop_t *loop, struct spawner *spawner,
    const struct probe_row *row, const struct strs *argv, int input, struct err *err)
{
	struct spawn_order order = {
		.probe = true,
		.id = row->id,
		.incident = row->incident,
		.timeout_ms = row->timeout_ms,
		.argv = argv,
		.lock_fd = -1,
		.input_fd = input,
	};
	const char *refused = spawn_refuses(&order);
	if (refused != NULL)
		return err_set(err, ERR_INVALID, "%s", refused);
	int pair[2];
	if (!setup_make(&row->sandbox, &row->parts, row->id, spawner->pillars,
		&order.setup_fd, err))
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)close(order.setup_fd);
		return err_sys(err, ERR_IO, "socketpair");
	}
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK); /* ours alone: the shim just writes */
	order.work_fd = pair[1];
	bool ok = spawner_send(spawner, &order, err);
	(void)close(pair[1]);
	(void)close(order.setup_fd);
	if (ok)
		out->run = run_new(out, loop, pair[0], row->timeout_ms);
	else
		(void)close(pair[0]);
	return ok;
}

bool
probe_run_start(struct probe_out *out, uv_loop_t *loop, struct spawner *spawner,
    const struct probe_row *row, struct err *err)
{
	return start(out, loop, spawner, row, &row->argv, 0, err);
}

bool
probe_act_start(struct probe_out *out, uv_loop_t *loop, struct spawner *spawner,
    const struct probe_row *row, struct err *err)
{
	str words[3];
	enum action_kind kind = row->kind == PROBE_SSH ? ACTION_SSH : ACTION_SYSTEMD;
	struct strs argv = act_argv(spawner->program, kind, words);
	str record = pairs_get(&row->parts, STR(PROBE_RECORD));
	uint64_t wall = 0;
	if (record.n > 0 && !str_u64(record, UINT64_MAX, &wall))
		return err_set(err, ERR_INVALID, "its record has no name");
	struct act_request request = { .kind = kind,
		.ask = true,
		.attempt = row->attempt,
		.intent_wall = wall,
		.timeout_ms = row->timeout_ms,
		.argv = row->argv,
		.parts = row->parts };
	AUTO_CLOSE int input = -1;
	return act_input(&request, &input, err) &&
	       start(out, loop, spawner, row, &argv, input, err);
}

void
probe_run_spawned(struct probe_out *out, int error)
{
	char text[128];
	if (error == 0)
		return;
	(void)snprintf(text, sizeof(text), "cannot start firstline-shim: %s",
	    strerror(error));
	fail(out->run, str_of(text));
}

void
probe_run_drop(struct probe_out *out)
{
	run_close(out->run);
}
