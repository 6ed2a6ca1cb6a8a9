#include "node/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "node/logged.h"
#include "node/owned.h"
#include "node/supervisor.h"
#include "os/clock.h"
#include "os/env.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/listen.h"

#define PATIENCE_MS 8000
#define ADDRESS_BYTES_MIN ((rlim_t)128 << 30) /* the engine with all questions at once */

void
node_log(const struct supervisor *s, enum log_level level, const char *who, const char *fmt,
    ...)
{
	if (s->options->quiet && level != LOG_ERROR)
		return;
	char text[600];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct buf line = BUF(4096);
	buf_time(&line, clock_wall());
	buf_printf(&line, " %s%s: ",
	    level == LOG_ERROR     ? "error: "
	    : level == LOG_WARNING ? "warning: "
				   : "",
	    who);
	logged_put(&line, str_of(text));
	fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&line)));
	buf_done(&line);
}

/* ---- connecting ---- */

/* A fresh pair: one end each. One of them is the engine. */
static void
connect_roles(struct role_process *a, struct role_process *b)
{
	struct supervisor *s = a->supervisor;
	struct err err;
	int pair[2];
	if (!peer_pair(pair, &err)) {
		node_log(s, LOG_ERROR, "supervisor", "%s", err.text);
		return;
	}
	struct peer_frame to_a = { b->kind, s->loopback_only };
	struct peer_frame to_b = { a->kind, s->loopback_only };
	uint64_t id = ++s->pairs;
	(a->kind == ROLE_KIND_ENGINE ? b : a)->pair = id;
	role_send(a, FRAME_PEER, id, &peer_frame_type, &to_a, pair[0]);
	role_send(b, FRAME_PEER, id, &peer_frame_type, &to_b, pair[1]);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
tell_engine(struct supervisor *s, enum self_kind kind, const char *subject,
    const char *text)
{
	struct self self = { .kind = kind,
		.subject = str_of(subject),
		.text = str_of(text) };
	role_send(&s->engine, FRAME_SELF, 0, &self_frame_type, &self, -1);
}

static void
tell_deaths(struct supervisor *s)
{
	struct role_process *roles[] = { &s->hands, &s->engine, &s->gate };
	for (size_t i = 0; i < countof(roles); i++) {
		if (roles[i]->died[0] == '\0' || roles[i]->died_told ||
		    s->engine.state != ROLE_READY || s->lost.without)
			continue;
		tell_engine(s, SELF_ROLE_DIED, roles[i]->name, roles[i]->died);
		roles[i]->died_told = true;
	}
}

/* The engine ended. One that could not write forgot all that it was told. */
static void
told_is_kept(struct supervisor *s, bool wrote)
{
	struct role_process *roles[] = { &s->hands, &s->engine, &s->gate };
	for (size_t i = 0; i < countof(roles); i++) {
		if (roles[i]->died_told && wrote)
			roles[i]->died[0] = '\0';
		roles[i]->died_told = false;
	}
}

/* ---- the listening socket ---- */

static void stop_serving(struct supervisor *s, int exit_code);

/* The address, or the same port on loopback where nobody would have to show a token. */
static void
choose_address(const struct supervisor *s, str wanted, bool tokens, char ret[static 128])
{
	(void)snprintf(ret, 128, "%.*s", STR_ARG(wanted));
	if (tokens || address_is_loopback(wanted))
		return;
	const char *port = strrchr(ret, ':');
	node_log(s, LOG_WARNING, "supervisor",
	    "there is no token but the local one: listening on loopback only, not "
	    "on %s; "
	    "'firstline token add NAME --role source', then start again",
	    ret);
	char loopback[128];
	(void)snprintf(loopback, sizeof(loopback), "127.0.0.1%s", port != NULL ? port : "");
	memcpy(ret, loopback, sizeof(loopback));
}

/* The further ones: with TLS, and in the file system. */
static bool
bind_others(struct supervisor *s, bool tokens, struct err *err)
{
	const struct model *model = s->now.model;
	char address[128];
	uint16_t port;
	struct arena_map map;
	struct settings_frame files = { .loopback_only = false };
	if (model->socket.n > 0 && !listen_unix(model->socket, &s->socket_fd, err))
		return false;
	if (model->socket.n > 0)
		node_log(s, LOG_INFO, "supervisor", "serving on %.*s",
		    STR_ARG(model->socket));
	if (model->tls.listen.n == 0)
		return true;
	struct arena arena = arena_map(&map, 4 * TLS_FILE_MAX);
	bool ok = tls_files_read(model, &arena, &files, err);
	arena_unmap(&map);
	if (!ok)
		return false;
	choose_address(s, model->tls.listen, tokens, address);
	s->loopback_only &= address_is_loopback(str_of(address));
	if (!listen_tcp(str_of(address), &s->tls_fd, &port, err))
		return false;
	const char *colon = strrchr(address, ':');
	node_log(s, LOG_INFO, "supervisor", "serving on https://%.*s:%u",
	    (int)(colon - address), address, port);
	tls_files_watch(s);
	return true;
}

static bool
bind_socket(struct supervisor *s, bool tokens, struct err *err)
{
	str wanted =
	    s->options->listen != NULL ? str_of(s->options->listen) : s->now.model->listen;
	char address[128];
	choose_address(s, wanted, tokens, address);
	s->loopback_only = address_is_loopback(str_of(address));
	if (!listen_tcp(str_of(address), &s->listen_fd, &s->port, err))
		return false;
	const char *colon = strrchr(address, ':');
	(void)snprintf(s->listen, sizeof(s->listen), "%.*s:%u", (int)(colon - address),
	    address, s->port);
	return bind_others(s, tokens, err);
}

/* In the order in which it is looked for: who finds the file finds it said in the log, and who
 * waits for systemd finds the file. */
static void
announce(struct supervisor *s)
{
	if (s->announced)
		return;
	s->announced = true;
	char url[200], counts[COUNTS_MAX];
	struct err err;
	model_counts(s->now.model, counts);
	node_log(s, LOG_INFO, "supervisor", "serving on http://%s (%s)%s", s->listen,
	    counts, s->loopback_only ? "; loopback only" : "");
	(void)snprintf(url, sizeof(url), "http://%s\n", s->listen);
	AUTO_CLOSE int dir = open(s->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && !file_write_durable(dir, "endpoint", str_of(url), 0644, &err))
		node_log(s, LOG_WARNING, "supervisor", "%s", err.text);
	system_ready(s);
}

/* ---- what roles tell ---- */

static void
on_log(struct role_process *role, const struct log_frame *log)
{
	node_log(role->supervisor, log->level, role->name, "%.*s", STR_ARG(log->text));
	if (log->level == LOG_ERROR)
		(void)snprintf(role->said, sizeof(role->said), "%.*s", STR_ARG(log->text));
}

static void
on_hands_adopted(struct supervisor *s)
{
	s->hands.state = ROLE_READY;
	if (!role_running(&s->engine) && s->engine.deaths == 0)
		role_start(&s->engine);
	else if (s->engine.state != ROLE_DOWN)
		connect_roles(&s->engine, &s->hands);
	reading_go_on(s);
}

static void
on_engine_ready(struct supervisor *s, const struct ready_frame *ready)
{
	struct err err;
	s->engine.state = ROLE_READY;
	tell_deaths(s);
	if (!s->lost.without)
		s->lost = (struct lost_store){ .ends = 0 };
	if (s->listen_fd < 0 && !bind_socket(s, ready->tokens, &err)) {
		node_log(s, LOG_ERROR, "supervisor", "%s", err.text);
		stop_serving(s, 1);
		return;
	}
	if (s->gate.state == ROLE_READY)
		connect_roles(&s->gate, &s->engine);
	else if (!role_running(&s->gate) && s->gate.deaths == 0)
		role_start(&s->gate);
	reading_go_on(s);
}

static void
on_gate_ready(struct supervisor *s)
{
	s->gate.state = ROLE_READY;
	if (s->engine.state == ROLE_READY)
		connect_roles(&s->gate, &s->engine);
	announce(s);
}

static void
on_ready(struct role_process *role, const struct ready_frame *ready)
{
	struct supervisor *s = role->supervisor;
	if (role->kind == ROLE_KIND_ENGINE)
		on_engine_ready(s, ready);
	else if (role->kind == ROLE_KIND_GATE)
		on_gate_ready(s);
	for (size_t i = 0; i < ready->sandbox_gaps.n; i++) {
		node_log(s, LOG_WARNING, role->name, "%.*s",
		    STR_ARG(ready->sandbox_gaps.p[i]));
		if (role->kind != ROLE_KIND_ENGINE && s->engine.state == ROLE_READY) {
			char text[300];
			(void)snprintf(text, sizeof(text), "%.*s",
			    STR_ARG(ready->sandbox_gaps.p[i]));
			tell_engine(s, SELF_SANDBOX_GAP, role->name, text);
		}
	}
}

static void
on_adopted(struct role_process *role, const struct adopted_frame *adopted)
{
	struct supervisor *s = role->supervisor;
	bool last = adoption_answered(role, adopted);
	if (role->state == ROLE_STARTING) {
		if (!adopted->ok) {
			struct log_frame log = { LOG_ERROR, adopted->text };
			on_log(role, &log);
			role_kill(role);
			return;
		}
		if (role->kind == ROLE_KIND_HANDS)
			on_hands_adopted(s);
		else if (role->kind == ROLE_KIND_ENGINE && s->hands.state == ROLE_READY)
			connect_roles(&s->engine, &s->hands);
		return;
	}
	if (last)
		reload_adopted(role, adopted);
}

/* The connection of hands with the engine broke, or they spoke nonsense there. Where they have
 * not ended, and will not by themselves, they are started again: that brings both a new one. */
static void
on_parted(struct supervisor *s, enum role_kind kind, uint64_t pair)
{
	struct role_process *role = &s->hands;
	if (!s->stopping && kind == role->kind && role->pair == pair &&
	    role->state == ROLE_READY)
		role_kill(role);
}

void
on_role_frame(struct role_process *role, const struct frame *frame)
{
	struct supervisor *s = role->supervisor;
	static char memory[65536]; /* one loop: never needed twice at once */
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	struct adopted_frame adopted;
	struct ready_frame ready;
	struct log_frame log;
	struct calendar_frame calendar;
	struct peer_frame parted;
	switch ((int)frame->kind) {
	case FRAME_ADOPTED:
		if (record_decode_all(&adopted_frame_type, frame->payload, &arena, &adopted,
			&err))
			on_adopted(role, &adopted);
		return;
	case FRAME_READY:
		if (record_decode_all(&ready_frame_type, frame->payload, &arena, &ready,
			&err))
			on_ready(role, &ready);
		return;
	case FRAME_LOG:
		if (record_decode_all(&log_frame_type, frame->payload, &arena, &log, &err))
			on_log(role, &log);
		return;
	case FRAME_PONG:
		role_answered(role);
		return;
	case FRAME_CALENDAR:
		if (role->kind == ROLE_KIND_HANDS &&
		    record_decode_all(&calendar_frame_type, frame->payload, &arena,
			&calendar, &err))
			fetched_frame(s, &calendar);
		return;
	case FRAME_RELOAD:
		if (role->kind == ROLE_KIND_ENGINE)
			reload_begin(s, frame->id);
		return;
	case FRAME_PARTED:
		if (role->kind == ROLE_KIND_ENGINE &&
		    record_decode_all(&peer_frame_type, frame->payload, &arena, &parted,
			&err))
			on_parted(s, parted.role, frame->id);
		return;
	default:
		role_kill(role);
	}
}

static void
lose_store(struct lost_store *lost, const char *what, const char *why)
{
	lost->without = true;
	if (lost->wall == 0)
		lost->wall = clock_wall();
	(void)snprintf(lost->since, sizeof(lost->since), "%llu",
	    (unsigned long long)lost->wall);
	(void)snprintf(lost->why, sizeof(lost->why), "%s: %.250s", what, why);
}

/* Is it ours alone, and complete? */
static bool
look_at_folder(const struct supervisor *s, struct err *err)
{
	static const char *const folders[] = { "attempts", "handoffs" };
	if (!state_folder_owned(s->state_dir, err))
		return false;
	for (size_t i = 0; i < countof(folders); i++) {
		char path[4200];
		(void)snprintf(path, sizeof(path), "%s/%s", s->state_dir, folders[i]);
		if (!folder_make(path, 0700, err) ||
		    !state_folder_usable(s->state_dir, folders[i], err))
			return false;
	}
	return true;
}

/* What a disk that fails could not say at the start is asked for before it is used. */
static bool
stays_unlooked(struct supervisor *s)
{
	struct err err;
	if (!s->lost.unlooked)
		return false;
	s->lost.unlooked = !look_at_folder(s, &err);
	if (s->lost.unlooked && err.sys != EIO) {
		node_log(s, LOG_ERROR, "supervisor", "%s", err.text);
		stop_serving(s, 1);
	}
	return s->lost.unlooked;
}

/* With the store is it started next, or without? */
static void
look_at_store(struct supervisor *s, bool exited, int64_t status)
{
	struct lost_store *lost = &s->lost;
	bool corrupt = exited && status == ENGINE_EXIT_CORRUPT;
	if (lost->without) {
		lost->without = stays_unlooked(s);
		if (exited && status == ENGINE_EXIT_AGAIN)
			s->engine.deaths = 0;
		return;
	}
	lost->ends++;
	if (!corrupt && lost->ends < LOST_AFTER_ENDS)
		return;
	lose_store(lost,
	    corrupt
		? "the store is damaged, stop the server and restore the last good backup "
		  "(firstline journal verify, firstline restore)"
		: "the engine ends again and again",
	    exited && s->engine.said[0] != '\0' ? s->engine.said : s->engine.died);
}

void
on_role_ended(struct role_process *role, int64_t status, int signal)
{
	struct supervisor *s = role->supervisor;
	if (s->stopping)
		return;
	bool writes =
	    role->kind == ROLE_KIND_ENGINE && signal == 0 && status == ENGINE_EXIT_WRITES;
	if (role->kind == ROLE_KIND_ENGINE)
		told_is_kept(s, !writes);
	role->died_told = false;
	if (role->kind == ROLE_KIND_ENGINE && s->lost.wall != 0)
		(void)snprintf(role->died, sizeof(role->died),
		    "until now no alert was taken and nothing was done: %s", s->lost.why);
	else if (role->hung)
		(void)snprintf(role->died, sizeof(role->died),
		    "the role %s did not answer, was ended and started again", role->name);
	else if (writes)
		(void)snprintf(role->died, sizeof(role->died),
		    "the disk was read-only, and can be written to again: until now alerts "
		    "were refused with 507 and nothing was done");
	else if (signal != 0)
		(void)snprintf(role->died, sizeof(role->died),
		    "the role %s ended by signal %d and was started again", role->name,
		    signal);
	else
		(void)snprintf(role->died, sizeof(role->died),
		    "the role %s ended with code %d and was started again", role->name,
		    (int)status);
	node_log(s, LOG_ERROR, role->name, "ended %s %d",
	    signal != 0 ? "by signal" : "with code", signal != 0 ? signal : (int)status);
	reload_abandon(role);
	if (role->kind == ROLE_KIND_ENGINE)
		look_at_store(s, signal == 0, status);
	role->said[0] = '\0';
	bool for_good =
	    role->kind == ROLE_KIND_ENGINE && signal == 0 && status == ENGINE_EXIT_BUSY;
	if (for_good)
		stop_serving(s, 1);
	else if (role->kind != ROLE_KIND_ENGINE)
		tell_deaths(s);
}

/* ---- the end ---- */

static void
out_of_patience(uv_timer_t *timer)
{
	struct supervisor *s = timer->data;
	role_kill(&s->gate);
	role_kill(&s->engine);
	role_kill(&s->hands);
	uv_stop(&s->loop);
}

/* Gate and hands first: what the one took is answered, and what the other sends is told to the
 * engine, which would have it sent again else. The engine when hands have gone (role.c).
 * Running actions go on: their shims outlive us and are found again. */
static void
stop_serving(struct supervisor *s, int exit_code)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->exit_code = exit_code;
	system_stopping(s);
	role_stop(&s->gate);
	role_stop(&s->hands);
	if (!role_running(&s->hands) || !role_running(&s->engine))
		role_stop(&s->engine);
	(void)uv_timer_start(&s->patience, out_of_patience, PATIENCE_MS, 0);
	if (!role_running(&s->hands) && !role_running(&s->engine) &&
	    !role_running(&s->gate))
		uv_stop(&s->loop);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct supervisor *s = handle->data;
	if (number == SIGHUP)
		reload_begin(s, 0);
	else
		stop_serving(s, 0);
}

/* ---- the beginning ---- */

static const char *
state_of(const struct serve_options *options)
{
	const char *state = options->state_dir;
	if (state == NULL)
		state = env_get("STATE_DIRECTORY");
	return state != NULL ? state : "firstline-state";
}

static bool
choose_paths(struct supervisor *s, struct err *err)
{
	const char *state = state_of(s->options);
	if (!folder_make(state, 0700, err))
		return false;
	if (realpath(state, s->state_dir) == NULL)
		return err_sys(err, ERR_IO, "'%s'", state);
	str store = s->options->store_url != NULL ? str_of(s->options->store_url)
	            : s->now.model->store.n > 0   ? s->now.model->store
	                                          : STR("sqlite:firstline.db");
	(void)snprintf(s->store_url, sizeof(s->store_url), "%.*s", STR_ARG(store));
	if (str_starts(store, STR("sqlite:/")))
		return err_set(err, ERR_INVALID,
		    "--store %s: the store is a file in the state folder: write "
		    "sqlite:FILE, "
		    "and where the folder is by --state",
		    s->store_url);
	/* Before anything is made in it: what is not empty is not restored into. */
	if (!state_folder_complete(s->state_dir, str_of(s->store_url), err))
		return false;
	s->lost.unlooked = !look_at_folder(s, err);
	if (s->lost.unlooked && err->sys != EIO)
		return false;
	if (s->lost.unlooked)
		lose_store(&s->lost, "the state folder cannot be read", err->text);
	ssize_t n = readlink("/proc/self/exe", s->exe, sizeof(s->exe) - 1);
	if (n < 0)
		return err_sys(err, ERR_IO, "/proc/self/exe");
	s->exe[n] = '\0';
	return true;
}

static void
start_loop(struct supervisor *s)
{
	ASSERT(uv_loop_init(&s->loop) == 0);
	const struct {
		uv_signal_t *handle;
		int number;
	} signals[] = { { &s->on_term, SIGTERM }, { &s->on_int, SIGINT },
		{ &s->on_hup, SIGHUP } };
	for (size_t i = 0; i < countof(signals); i++) {
		ASSERT(uv_signal_init(&s->loop, signals[i].handle) == 0);
		signals[i].handle->data = s;
		(void)uv_signal_start(signals[i].handle, on_signal, signals[i].number);
	}
	reading_init(s);
	ASSERT(uv_timer_init(&s->loop, &s->patience) == 0);
	s->patience.data = s;
	role_init(&s->hands, s, ROLE_KIND_HANDS, "hands");
	role_init(&s->engine, s, ROLE_KIND_ENGINE, "engine");
	role_init(&s->gate, s, ROLE_KIND_GATE, "gate");
}

/* As many descriptors and as large a space of addresses as the system lets us have: what is
 * reserved there is ours to limit, and far more than is ever used. */
static bool
raise_limits(struct err *err)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (getrlimit(RLIMIT_AS, &limit) != 0)
		return true;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_AS, &limit);
	return limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= ADDRESS_BYTES_MIN ||
	       err_set(err, ERR_LIMIT,
		   "a process has %llu MiB of addresses here (ulimit -v, LimitAS=), and "
		   "the "
		   "engine reserves up to %llu: take that limit away, and limit what is "
		   "used "
		   "(MemoryMax=)",
		   (unsigned long long)(limit.rlim_max >> 20),
		   (unsigned long long)(ADDRESS_BYTES_MIN >> 20));
}

/* One that comes while the folder is read first would end us: it waits for the loop. */
static void
hold_hang_ups(int how)
{
	sigset_t hang_up;
	(void)sigemptyset(&hang_up);
	(void)sigaddset(&hang_up, SIGHUP);
	(void)pthread_sigmask(how, &hang_up, NULL);
}

int
node_serve(const struct serve_options *options)
{
	static struct supervisor s;
	struct err err;
	s = (struct supervisor){ .options = options,
		.listen_fd = -1,
		.tls_fd = -1,
		.socket_fd = -1 };
	s.now.memfd = s.next.memfd = -1;
	hold_hang_ups(SIG_BLOCK);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
	/* It holds the key of the certificate, and what senders prove themselves with: of it
	 * there is no core, and nobody else looks into it. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!raise_limits(&err)) {
		fprintf(stderr, "firstline: %s\n", err.text);
		return 1;
	}
	struct buf complaints = BUF(ADOPTION_TEXT_MAX);
	const struct copies copies = { .state_dir = state_of(options), .lenient = true };
	bool ok =
	    adoption_read(options->config_dir, NULL, &copies, &s.now, &complaints, &err);
	if (complaints.n > 0)
		(void)fwrite(complaints.p, 1, complaints.n, stderr);
	buf_done(&complaints);
	if (!ok || !choose_paths(&s, &err)) {
		fprintf(stderr, "firstline: %s\n", err.text);
		return !ok && err.kind == ERR_NOT_FOUND ? 3 : 1;
	}
	for (size_t i = 0; i < s.now.skipped.n; i++)
		node_log(&s, LOG_WARNING, "supervisor",
		    "calendar %s: its last copy does not fit any more and is left out",
		    s.now.skipped.name[i]);
	start_loop(&s);
	hold_hang_ups(SIG_UNBLOCK);
	fetched_adopted(&s);
	system_begin(&s);
	role_start(&s.hands);
	(void)uv_run(&s.loop, UV_RUN_DEFAULT);
	return s.exit_code;
}
