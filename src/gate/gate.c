/*
 * gate -- the loop: libmicrohttpd's descriptor, the supervisor's and the engine's in one
 * epoll set, and deadlines.
 */
#include "gate/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gate/state.h"
#include "gate/tls.h"
#include "os/clock.h"
#include "os/confine.h"

#define SUPERVISOR_BYTES_MAX ((size_t)1 << 20)
#define ANSWER_ARENA_BYTES ((size_t)32 << 20)   /* address space: one frame's records */
#define SCRATCH_ARENA_BYTES ((size_t)256 << 20) /* address space: one body */
#define EVENTS_A_TURN 8
#define TLS_AGAIN_MS (30 * MINUTE) /* its incident ends after an hour without news */

void
gate_log(struct gate *gate, enum log_level level, const char *fmt, ...)
{
	char text[500];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct log_frame log = { .level = level, .text = str_of(text) };
	frame_record(peer_out(gate->supervisor), FRAME_LOG, 0, &log_frame_type, &log);
}

/* ---- the supervisor ---- */

static void
send_ready(struct gate *gate, bool first)
{
	struct ready_frame ready = { .port = 0 };
	if (first)
		ready.sandbox_gaps = gate->sandbox_gaps;
	frame_record(peer_out(gate->supervisor), FRAME_READY, 0, &ready_frame_type, &ready);
}

static void
take_proxies(struct settings *s, const struct settings_frame *frame)
{
	for (size_t i = 0; i < frame->proxies.n; i++) {
		if (str_eq(frame->proxies.p[i], STR(PROXY_SOCKET)))
			s->proxy_socket = true;
		else if (s->proxy_n < PROXIES_MAX &&
			 network_parse(frame->proxies.p[i], &s->proxy[s->proxy_n]))
			s->proxy_n++;
	}
	(void)snprintf(s->user_header, sizeof(s->user_header), "%.*s",
	    STR_ARG(frame->user_header));
}

/* An engine that comes is told too: at the start of a gate there is none, and one that was
 * there before may have heard of nothing. Told again and again while it lasts. */
void
gate_tell_tls(struct gate *gate)
{
	struct tls_trouble *tls = &gate->tls;
	tls->again = tls->text[0] != '\0' ? gate->now + TLS_AGAIN_MS : 0;
	struct self self = { .kind = SELF_TLS,
		.subject = STR("gate"),
		.text = str_of(tls->text) };
	if (gate->engine == NULL || (tls->text[0] == '\0' && !tls->over))
		return;
	if (tls->over) {
		self.text = STR("the certificate can be used again");
		self.over = true;
	}
	tls->over = false;
	frame_record(peer_out(gate->engine), FRAME_SELF, 0, &self_frame_type, &self);
}

/* A bad one changes nothing, but people are told of it: the one in force will end. Without any
 * the configuration has no TLS any more, and this door is open until the next start. */
static void
take_certificate(struct gate *gate, const struct settings_frame *frame)
{
	struct tls_trouble *tls = &gate->tls;
	struct err err;
	if (gate->options->tls_fd < 0 ||
	    (frame->certificate.n == 0 && frame->tls_unread.n == 0))
		return;
	bool ok =
	    frame->tls_unread.n > 0
		? err_set(&err, ERR_IO, "%.*s", STR_ARG(frame->tls_unread))
		: tls_take(frame->certificate, frame->key, frame->clients, gate->now, &err);
	tls->over = ok && (tls->over || tls->text[0] != '\0');
	tls->text[0] = '\0';
	if (!ok) {
		(void)snprintf(tls->text, sizeof(tls->text), "tls: %s; %s", err.text,
		    tls_ready() ? "the certificate before stays in force"
				: "nothing is served by TLS until that is put right");
		gate_log(gate, LOG_ERROR, "%s", tls->text);
	} else if (gate->started && !web_start(gate, &err)) {
		gate_log(gate, LOG_ERROR, "tls: %s", err.text);
	}
	gate_tell_tls(gate);
}

static void
take_hooks(struct hooks *hooks, const struct settings_frame *frame)
{
	const struct hook *given = frame->hooks.p;
	explicit_bzero(hooks, sizeof(*hooks));
	for (size_t i = 0; i < frame->hooks.n && i < HOOKS_MAX; i++) {
		struct hook_key *hook = &hooks->hook[hooks->n];
		if (given[i].channel.n >= sizeof(hook->channel) ||
		    given[i].key.n > sizeof(hook->key))
			continue;
		memcpy(hook->channel, given[i].channel.p, given[i].channel.n);
		memcpy(hook->key, given[i].key.p, given[i].key.n);
		hook->key_n = given[i].key.n;
		hooks->n++;
	}
}

static void
take_pings(struct pings *pings, const struct settings_frame *frame)
{
	const struct hook *given = frame->pings.p;
	pings->n = 0;
	for (size_t i = 0; i < frame->pings.n && i < PINGS_MAX; i++) {
		struct ping_key *key = &pings->key[pings->n];
		if (given[i].channel.n >= sizeof(key->name) || given[i].key.n == 0)
			continue;
		*key = (struct ping_key){ .key = sha256(given[i].key) };
		if (given[i].channel.n > 0)
			memcpy(key->name, given[i].channel.p, given[i].channel.n);
		pings->n++;
	}
}

/* ADDR:PORT as bound. */
static bool
take_settings(struct gate *gate, str payload)
{
	struct arena scratch = gate->scratch;
	struct settings_frame frame;
	struct err err;
	if (!record_decode_all(&settings_frame_type, payload, &scratch, &frame, &err))
		return false;
	struct settings *s = &gate->settings;
	*s = (struct settings){ .body_bytes_max = frame.body_bytes_max,
		.alert_timeout_ms = frame.alert_timeout_ms };
	struct arena keep = arena_over(s->memory, sizeof(s->memory));
	hosts_init(&s->hosts,
	    arena_str(&keep,
		str_take(frame.listen, frame.listen.n < 256 ? frame.listen.n : 256)));
	for (size_t i = 0; i < frame.hosts.n && i < HOSTS_MAX; i++) {
		str host = frame.hosts.p[i];
		if (host.n <= 255)
			hosts_add(&s->hosts, arena_str(&keep, host));
	}
	take_proxies(s, &frame);
	arena_release(s->memory, sizeof(s->memory));
	take_hooks(&gate->hooks, &frame);
	take_pings(&gate->pings, &frame);
	take_certificate(gate, &frame);
	return true;
}

static void
stop(struct gate *gate)
{
	if (gate->stopping)
		return;
	gate->stopping = true;
	gate->stop_by = gate->now + GATE_STOP_MS;
	web_stop(gate);
	events_stop(gate);
	list_each_safe(it, &gate->visits)
	{
		struct visit *visit = container_of(it, struct visit, link);
		if (visit->call == NULL)
			web_cut(visit);
	}
}

static void
on_peer(struct gate *gate, const struct frame *frame)
{
	struct arena scratch = gate->scratch;
	struct peer_frame peer;
	struct err err;
	if (!record_decode_all(&peer_frame_type, frame->payload, &scratch, &peer, &err) ||
	    peer.role != ROLE_KIND_ENGINE || gate->stopping) {
		(void)close(frame->fd);
		return;
	}
	link_open(gate, frame->fd);
}

static void
end(struct gate *gate, int code)
{
	gate->ended = true;
	gate->exit_code = code;
}

static void
on_supervisor_frame(struct gate *gate, const struct frame *frame)
{
	switch ((int)frame->kind) {
	case FRAME_SETTINGS:
		if (!take_settings(gate, frame->payload))
			end(gate, 1);
		return;
	case FRAME_PEER:
		on_peer(gate, frame);
		return;
	case FRAME_PING:
		frame_empty(peer_out(gate->supervisor), FRAME_PONG, frame->id);
		return;
	case FRAME_STOP:
		stop(gate);
		return;
	default:
		if (frame->fd >= 0)
			(void)close(frame->fd);
		end(gate, 1);
	}
}

static void
read_supervisor(struct gate *gate)
{
	struct err err;
	struct frame frame;
	size_t got;
	if (!peer_read(gate->supervisor, &got, &err)) {
		end(gate, 1);
		return;
	}
	while (!gate->ended && peer_next(gate->supervisor, &frame, &err))
		on_supervisor_frame(gate, &frame);
	if (!gate->ended && err.kind != ERR_NONE)
		end(gate, 1);
}

/* ---- the loop ---- */

static void
watch(struct gate *gate, struct peer *peer, struct peer **which, uint64_t *events)
{
	uint64_t wanted = EPOLLIN | (peer_wants_write(peer) ? EPOLLOUT : 0);
	if (wanted == *events)
		return;
	*events = wanted;
	struct epoll_event event = { .events = (uint32_t)wanted, .data.ptr = which };
	ASSERT(epoll_ctl(gate->epoll, EPOLL_CTL_MOD, peer_fd(peer), &event) == 0);
}

/* What this turn made goes out in one write each. */
static void
flush(struct gate *gate)
{
	struct err err;
	if (gate->engine != NULL) {
		if (!peer_flush(gate->engine, &err))
			link_close(gate, err.text);
		else
			watch(gate, gate->engine, &gate->engine, &gate->engine_events);
	}
	if (!peer_flush(gate->supervisor, &err))
		end(gate, 1);
	else
		watch(gate, gate->supervisor, &gate->supervisor, &gate->supervisor_events);
}

static int
wait_ms(struct gate *gate)
{
	msec until = gate->next_look;
	if (gate->ask_again != 0 && gate->ask_again < until)
		until = gate->ask_again;
	if (gate->tls.again != 0 && gate->tls.again < until)
		until = gate->tls.again;
	if (gate->stopping && gate->stop_by < until)
		until = gate->stop_by;
	msec wait = until <= gate->now ? 0 : until - gate->now;
	wait = web_wait_ms(gate, wait);
	if (until == LOOK_NEVER && wait > MINUTE)
		return -1;
	return wait > MINUTE ? (int)MINUTE : (int)wait;
}

static void
look_at_time(struct gate *gate)
{
	visits_look(gate);
	events_look(gate);
	if (gate->tls.again != 0 && gate->now >= gate->tls.again)
		gate_tell_tls(gate);
	/* Perhaps only the connection broke: the supervisor then makes another. */
	if (gate->ask_again != 0 && gate->now >= gate->ask_again) {
		gate->ask_again = gate->now + GATE_AGAIN_MS;
		send_ready(gate, false);
	}
}

static void
run_loop(struct gate *gate)
{
	struct epoll_event events[EVENTS_A_TURN];
	while (!gate->ended) {
		int n = epoll_wait(gate->epoll, events, EVENTS_A_TURN, wait_ms(gate));
		ASSERT(n >= 0 || errno == EINTR);
		gate->now = clock_boot();
		bool from_engine = false, from_supervisor = false;
		for (int i = 0; i < n; i++) {
			from_engine |= events[i].data.ptr == &gate->engine;
			from_supervisor |= events[i].data.ptr == &gate->supervisor;
		}
		uint64_t engines = gate->engines;
		if (from_supervisor)
			read_supervisor(gate);
		/* The event was not a new engine's. */
		if (from_engine && gate->engine != NULL && gate->engines == engines)
			link_read(gate);
		look_at_time(gate);
		web_turn(gate);
		flush(gate);
		if (gate->stopping &&
		    (list_empty(&gate->visits) || gate->now >= gate->stop_by))
			end(gate, 0);
	}
}

/* Until the first settings nothing is served. */
static bool
wait_for_settings(struct gate *gate)
{
	struct epoll_event event;
	while (!gate->ended && gate->settings.body_bytes_max == 0) {
		int n = epoll_wait(gate->epoll, &event, 1, -1);
		ASSERT(n >= 0 || errno == EINTR);
		gate->now = clock_boot();
		if (n > 0)
			read_supervisor(gate);
		if (gate->stopping)
			end(gate, 0);
	}
	return !gate->ended;
}

static bool
watch_first(struct gate *gate, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	return epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool
set_up(struct gate *gate, struct arena *arena, struct err *err)
{
	struct confine how = { .role = CONFINE_GATE };
	if (!confine(&how, arena, &gate->sandbox_gaps, err))
		return false;
	if (!wait_for_settings(gate))
		return true;
	gate->started = true;
	gate->pressed_since_wall = clock_wall();
	if (!web_start(gate, err))
		return false;
	send_ready(gate, true);
	flush(gate);
	return true;
}

static void
gate_init(struct gate *gate, const struct gate_options *options)
{
	*gate = (struct gate){ .options = options, .next_look = LOOK_NEVER };
	gate->door[0] = (struct door){ .kind = DOOR_PLAIN, .fd = options->listen_fd };
	gate->door[1] = (struct door){ .kind = DOOR_TLS, .fd = options->tls_fd };
	gate->door[2] = (struct door){ .kind = DOOR_SOCKET, .fd = options->socket_fd };
	gate->now = clock_boot();
	gate->key = (struct siphash_key){ { random_u64(), random_u64() } };
	map_init(&gate->calls, random_u64());
	list_init(&gate->held);
	gate->answers = arena_map(&gate->answer_map, ANSWER_ARENA_BYTES);
	gate->scratch = arena_map(&gate->scratch_map, SCRATCH_ARENA_BYTES);
	gate->supervisor = peer_new(options->supervisor_fd, SUPERVISOR_BYTES_MAX);
	gate->supervisor_events = EPOLLIN;
	gate->epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT(gate->epoll >= 0);
	ASSERT(watch_first(gate, options->supervisor_fd, &gate->supervisor));
	char nothing[1] = "";
	gate->taken = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_MUST_COPY);
	response_common(gate->taken);
	gate->taken_last =
	    MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_MUST_COPY);
	response_common(gate->taken_last);
	response_header(gate->taken_last, "Connection", "close");
	visits_init(gate);
	events_init(gate);
}

int
gate_main(const struct gate_options *options)
{
	static struct gate gate;
	static char memory[16384];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	(void)signal(SIGPIPE, SIG_IGN);
	gate_init(&gate, options);
	if (!set_up(&gate, &arena, &err)) {
		gate_log(&gate, LOG_ERROR, "%s", err.text);
		flush(&gate);
		return 1;
	}
	run_loop(&gate);
	return gate.exit_code;
}
