#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "node/supervisor.h"
#include "os/clock.h"
#include "os/crash.h"
#include "os/env.h"

#define OUT_MAX ((size_t)16 << 20)
#define QUIET_MS MINUTE /* a role that lived so long starts with a clean record */

static void on_poll(uv_poll_t *poll, int status, int events);
static void on_ping(uv_timer_t *timer);

void
role_init(struct role_process *role, struct supervisor *s, enum role_kind kind,
    const char *name)
{
	*role = (struct role_process){ .supervisor = s,
		.kind = kind,
		.name = name,
		.state = ROLE_DOWN };
	ASSERT(uv_timer_init(&s->loop, &role->again) == 0);
	role->again.data = role;
	ASSERT(uv_timer_init(&s->loop, &role->ping) == 0);
	role->ping.data = role;
	(void)uv_timer_start(&role->ping, on_ping, PING_EVERY_MS / CRASH_HASTE,
	    PING_EVERY_MS / CRASH_HASTE);
}

bool
role_running(const struct role_process *role)
{
	return role->process_open;
}

/* ---- its connection ---- */

static void
poll_again(struct role_process *role)
{
	int events = UV_READABLE | (peer_wants_write(role->peer) ? UV_WRITABLE : 0);
	(void)uv_poll_start(&role->poll, events, on_poll);
}

static void
poll_closed(uv_handle_t *handle)
{
	struct role_process *role = handle->data;
	role->poll_open = false;
}

static void
disconnect(struct role_process *role)
{
	if (role->peer == NULL)
		return;
	(void)uv_poll_stop(&role->poll);
	uv_close((uv_handle_t *)&role->poll, poll_closed);
	peer_free(role->peer);
	role->peer = NULL;
}

/* It speaks nonsense or not at all: it is started again. */
static void
give_up(struct role_process *role)
{
	disconnect(role);
	role_kill(role);
}

void
role_send(struct role_process *role, enum frame_kind kind, uint64_t id,
    const struct record_type *type, const void *record, int fd)
{
	struct err err;
	bool ok;
	if (role->peer == NULL)
		return;
	if (fd >= 0) {
		ok = peer_send_fd(role->peer, kind, id, type, record, fd, &err);
	} else if (type == NULL) {
		frame_empty(peer_out(role->peer), kind, id);
		ok = peer_flush(role->peer, &err);
	} else {
		frame_record(peer_out(role->peer), kind, id, type, record);
		ok = peer_flush(role->peer, &err);
	}
	if (!ok) {
		give_up(role);
		return;
	}
	poll_again(role);
}

static void
read_frames(struct role_process *role)
{
	struct err err;
	struct frame frame;
	size_t got;
	if (!peer_read(role->peer, &got, &err)) {
		disconnect(role); /* it is ending: its exit tells the rest */
		return;
	}
	while (role->peer != NULL && peer_next(role->peer, &frame, &err))
		on_role_frame(role, &frame);
	if (role->peer != NULL && err.kind != ERR_NONE)
		give_up(role);
}

/* It ended with something of ours unread, which counts as an error of the connection. Why it
 * ended is the last thing it said. */
static void
read_rest(struct role_process *role)
{
	while (role->peer != NULL)
		read_frames(role);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct role_process *role = poll->data;
	struct err err;
	if (status < 0) {
		read_rest(role);
		return;
	}
	if ((events & UV_READABLE) != 0)
		read_frames(role);
	if (role->peer == NULL)
		return;
	if ((events & UV_WRITABLE) != 0 && !peer_flush(role->peer, &err))
		give_up(role);
	else
		poll_again(role);
}

/* ---- is it alive? ---- */

/* Only pings that were sent count: when we ourselves did not run, nobody missed one. */
static void
on_ping(uv_timer_t *timer)
{
	struct role_process *role = timer->data;
	/* It has gone, or soon will have: should what told of it be lost, look once more. */
	if (role->process_open && role->peer == NULL)
		(void)raise(SIGCHLD);
	if (role->state != ROLE_READY || role->peer == NULL)
		return; /* at its start a role may be busy for long: loading what was kept */
	if (role->unanswered == PINGS_UNANSWERED_MAX) {
		role->hung = true;
		role_kill(role);
		return;
	}
	role->unanswered++;
	role_send(role, FRAME_PING, 0, NULL, NULL, -1);
}

void
role_answered(struct role_process *role)
{
	role->unanswered = 0;
	if (role->kind == ROLE_KIND_ENGINE)
		role->supervisor->engine_answered = clock_boot();
}

/* ---- its process ---- */

static void
start_later(uv_timer_t *timer)
{
	role_start(timer->data);
}

static void
process_closed(uv_handle_t *handle)
{
	struct role_process *role = handle->data;
	struct supervisor *s = role->supervisor;
	role->process_open = false;
	if (s->stopping) {
		if (role == &s->hands)
			role_stop(&s->engine);
		if (!role_running(&s->hands) && !role_running(&s->engine) &&
		    !role_running(&s->gate))
			uv_stop(&s->loop);
		return;
	}
	/* LOST_AFTER_ENDS of the engine, by these: people are told after some seconds. */
	static const msec pause_ms[] = { 0, 100, 500, 1000, 2000, 5000 };
	unsigned i =
	    role->deaths < countof(pause_ms) ? role->deaths : countof(pause_ms) - 1;
	(void)uv_timer_start(&role->again, start_later, pause_ms[i] / CRASH_HASTE, 0);
	role->deaths++;
}

static void
on_exit(uv_process_t *process, int64_t status, int signal)
{
	struct role_process *role = process->data;
	if (clock_boot() - role->started_boot > QUIET_MS)
		role->deaths = 0;
	disconnect(role);
	role->state = ROLE_DOWN;
	role->adopting = false;
	on_role_ended(role, status, signal);
	uv_close((uv_handle_t *)process, process_closed);
}

static bool
spawn(struct role_process *role, int fd, struct err *err)
{
	struct supervisor *s = role->supervisor;
	char parent[24];
	(void)snprintf(parent, sizeof(parent), "%d", (int)getpid());
	char word[] = "role";
	char name[16];
	(void)snprintf(name, sizeof(name), "%s", role->name);
	bool without = role->kind == ROLE_KIND_ENGINE && s->lost.without;
	char *args[] = { s->exe, word, name, parent, s->state_dir, s->store_url,
		without ? s->lost.since : NULL, s->lost.why, NULL };
	uv_stdio_container_t stdio[] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = 2 },
		{ .flags = UV_INHERIT_FD, .data.fd = 2 },
		{ .flags = UV_INHERIT_FD, .data.fd = fd },
		{ .flags = UV_INHERIT_FD, .data.fd = s->listen_fd },
		{ .flags = s->tls_fd < 0 ? UV_IGNORE : UV_INHERIT_FD,
		    .data.fd = s->tls_fd },
		{ .flags = s->socket_fd < 0 ? UV_IGNORE : UV_INHERIT_FD,
		    .data.fd = s->socket_fd },
	};
	char *env[ENV_PLAIN_MAX + 1];
	env_plain(env);
	uv_process_options_t options = {
		.exit_cb = on_exit,
		/* This program, whatever stands at its path since: roles of two versions do not
		 * understand each other. */
		.file = "/proc/self/exe",
		.args = args,
		/* Of what stands in it only hands may need more: `env:` secrets. */
		.env = role->kind == ROLE_KIND_HANDS ? NULL : env,
		.stdio = stdio,
		.stdio_count = role->kind == ROLE_KIND_GATE ? 7 : 4,
	};
	role->process.data = role;
	int code = uv_spawn(&s->loop, &role->process, &options);
	if (code == 0) {
		role->process_open = true;
		return true;
	}
	uv_close((uv_handle_t *)&role->process, NULL);
	return err_set(err, ERR_IO, "start %s: %s", role->name, uv_strerror(code));
}

void
role_start(struct role_process *role)
{
	struct supervisor *s = role->supervisor;
	struct err err;
	int pair[2];
	ASSERT(!role->process_open);
	/* Whoever asked, this is the try that it waited for. */
	(void)uv_timer_stop(&role->again);
	if (s->stopping)
		return;
	if (role->poll_open || !peer_pair(pair, &err)) {
		/* libuv has not let go of the old connection, or no descriptors: soon */
		(void)uv_timer_start(&role->again, start_later, 100, 0);
		return;
	}
	bool ok = spawn(role, pair[1], &err);
	(void)close(pair[1]);
	if (!ok) {
		(void)close(pair[0]);
		node_log(s, LOG_ERROR, role->name, "%s", err.text);
		(void)uv_timer_start(&role->again, start_later, 1000, 0);
		return;
	}
	role->state = ROLE_STARTING;
	role->unanswered = 0;
	role->bundles_out = 0;
	role->hung = false;
	role->started_boot = clock_boot();
	role->peer = peer_new(pair[0], OUT_MAX);
	ASSERT(uv_poll_init(&s->loop, &role->poll, pair[0]) == 0);
	role->poll.data = role;
	role->poll_open = true;
	poll_again(role);
	adoption_give(role, &s->now, 0);
}

void
role_stop(struct role_process *role)
{
	(void)uv_timer_stop(&role->again);
	role_send(role, FRAME_STOP, 0, NULL, NULL, -1);
}

void
role_kill(struct role_process *role)
{
	if (role->process_open)
		(void)uv_process_kill(&role->process, SIGKILL);
}
