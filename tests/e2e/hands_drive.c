/*
 * hands_drive -- the hands role alone, driven by lines: for tests that play supervisor and
 * engine.
 *
 *	hands_drive SHIM STATE
 *
 *	in	hands			start it
 *		bundle FOLDER		give it this configuration
 *		engine EPOCH		connect an engine of this epoch
 *		order KIND JSON		as struct effect's record of that kind
 *		output ATTEMPT		ask what it has written so far
 *		raw HEX			these bytes, on the engine's connection
 *		kill			SIGKILL
 *		stop			FRAME_STOP
 *	out	hands PID
 *		ready GAPS | adopted OK HASH TEXT | log LEVEL TEXT
 *		result KIND JSON
 *		output JSON
 *		gone engine
 *		exit CODE | signal NUMBER
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hands/hands.h"
#include "os/file.h"
#include "os/peer.h"
#include "support/config.h"

#define OUT_MAX ((size_t)16 << 20)

static const char *shim, *state;
static char program[4096]; /* beside the shim */
static pid_t hands;
static struct peer *supervisor, *engine; /* our ends; NULL: none */
static char memory[8 << 20];

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "hands_drive: %s\n", what);
	exit(2);
}

/* ---- in ---- */

static void
start_hands(void)
{
	int pair[2];
	struct err err;
	if (!peer_pair(pair, &err))
		die(err.text);
	hands = fork();
	if (hands < 0)
		die("fork");
	if (hands == 0) {
		(void)close(pair[0]);
		(void)close(0); /* whoever starts another must not read our lines */
		(void)open("/dev/null", O_RDONLY);
		_exit(hands_main(&(struct hands_options){ .supervisor_fd = pair[1],
		    .state_dir = state,
		    .shim = shim,
		    .program = program }));
	}
	(void)close(pair[1]);
	peer_free(supervisor);
	supervisor = peer_new(pair[0], OUT_MAX);
	printf("hands %d\n", (int)hands);
}

static void
give_bundle(const char *folder)
{
	static struct config config;
	struct err err;
	struct buf bytes = BUF(BUNDLE_BYTES_MAX);
	int fd;
	config_open(&config);
	if (!config_add_folder(&config, folder) || config_load(&config) == NULL) {
		str faults = config_faults(&config);
		fprintf(stderr, "%.*s\n", (int)faults.n, faults.p);
		die("the test's configuration has mistakes");
	}
	bundle_encode(&config.bundle, &bytes);
	struct bundle_frame frame = { .hash = config.hash, .bytes = bytes.n };
	if (!memfd_sealed("bundle", buf_str(&bytes), &fd, &err))
		die(err.text);
	if (supervisor == NULL || !peer_send_fd(supervisor, FRAME_BUNDLE, 1,
				      &bundle_frame_type, &frame, fd, &err))
		fprintf(stderr, "hands_drive: hands is gone\n");
	(void)close(fd);
	buf_done(&bytes);
	config_close(&config);
}

static void
connect_engine(const char *epoch)
{
	int pair[2];
	struct err err;
	if (!peer_pair(pair, &err))
		die(err.text);
	peer_free(engine);
	engine = peer_new(pair[0], OUT_MAX);
	struct peer_frame frame = { .role = ROLE_KIND_ENGINE };
	if (supervisor == NULL || !peer_send_fd(supervisor, FRAME_PEER, 0, &peer_frame_type,
				      &frame, pair[1], &err))
		fprintf(stderr, "hands_drive: hands is gone\n");
	(void)close(pair[1]);
	struct epoch_frame told = { .epoch = strtoull(epoch, NULL, 10) };
	frame_record(peer_out(engine), FRAME_EPOCH, 0, &epoch_frame_type, &told);
}

static void
send_order(char *line)
{
	char *json = strchr(line, ' ');
	if (json == NULL)
		die("order KIND JSON");
	*json++ = '\0';
	struct arena arena = arena_over(memory, sizeof(memory));
	struct effect effect = { .kind = EFFECT_START_ATTEMPT };
	struct err err;
	while (strcmp(effect_kind_name(effect.kind), line) != 0) {
		if (effect.kind == EFFECT_APPEND_TIMELINE)
			die("no such kind of effect");
		effect.kind++;
	}
	if (!record_from_json(effect_type(effect.kind), str_of(json), &arena,
		effect_record(&effect), &err))
		die(err.text);
	if (engine == NULL)
		return; /* hands just died: the order is lost, as an engine's would be */
	struct buf *out = peer_out(engine);
	size_t begin = frame_begin(out, FRAME_ORDER, 0);
	order_encode(out, &effect);
	frame_end(out, begin);
}

static void
ask_output(const char *attempt)
{
	struct output_item asked = { .attempt = strtoull(attempt, NULL, 10) };
	if (engine != NULL)
		frame_record(peer_out(engine), FRAME_OUTPUT, 0, &output_item_type, &asked);
}

static void
send_raw(const char *hex)
{
	static uint8_t bytes[4096];
	size_t n = strlen(hex) / 2;
	if (engine == NULL || n > sizeof(bytes) ||
	    !hex_decode((str){ hex, 2 * n }, bytes, n))
		die("raw HEX");
	buf_put(peer_out(engine), bytes, n);
}

static void
obey(char *line)
{
	char *rest = strchr(line, ' ');
	if (rest != NULL)
		*rest++ = '\0';
	if (strcmp(line, "hands") == 0) {
		start_hands();
	} else if (strcmp(line, "kill") == 0) {
		(void)kill(hands, SIGKILL);
	} else if (strcmp(line, "stop") == 0) {
		struct buf *out = peer_out(supervisor);
		frame_end(out, frame_begin(out, FRAME_STOP, 0));
	} else if (rest == NULL) {
		die("a line it does not know");
	} else if (strcmp(line, "bundle") == 0) {
		give_bundle(rest);
	} else if (strcmp(line, "engine") == 0) {
		connect_engine(rest);
	} else if (strcmp(line, "order") == 0) {
		send_order(rest);
	} else if (strcmp(line, "output") == 0) {
		ask_output(rest);
	} else if (strcmp(line, "raw") == 0) {
		send_raw(rest);
	} else {
		die("a line it does not know");
	}
}

static void
read_lines(void)
{
	static char text[1 << 20];
	static size_t n;
	ssize_t got = read(0, text + n, sizeof(text) - n);
	if (got <= 0)
		exit(0); /* hands leaves with its supervisor */
	n += (size_t)got;
	for (char *end; (end = memchr(text, '\n', n)) != NULL;) {
		*end = '\0';
		obey(text);
		size_t used = (size_t)(end - text) + 1;
		n -= used;
		memmove(text, text + used, n);
	}
}

/* ---- out ---- */

static void
show_result(const struct frame *frame)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct event event = { 0 };
	struct err err;
	struct buf json = BUF(1 << 20);
	if (!result_decode(frame->payload, &arena, &event, &err))
		die(err.text);
	record_to_json(event_type(event.kind), event_record(&event), &json);
	printf("result %s %.*s\n", event_kind_name(event.kind), (int)json.n, json.p);
	buf_done(&json);
}

static void
show_output(const struct output_item *seen)
{
	struct buf json = BUF(1 << 20);
	record_to_json(&output_item_type, seen, &json);
	printf("output %.*s\n", (int)json.n, json.p);
	buf_done(&json);
}

static void
show(const struct frame *frame)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct adopted_frame adopted;
	struct log_frame log;
	struct ready_frame ready;
	struct output_item seen;
	struct err err;
	if (frame->kind == FRAME_RESULT) {
		show_result(frame);
	} else if (frame->kind == FRAME_OUTPUT &&
		   record_decode_all(&output_item_type, frame->payload, &arena, &seen,
		       &err)) {
		show_output(&seen);
	} else if (frame->kind == FRAME_ADOPTED &&
		   record_decode_all(&adopted_frame_type, frame->payload, &arena, &adopted,
		       &err)) {
		struct buf hex = BUF(100);
		buf_hex(&hex,
		    (str){ (const char *)adopted.hash.b, sizeof(adopted.hash.b) });
		printf("adopted %d %.*s %.*s\n", adopted.ok, (int)hex.n, hex.p,
		    STR_ARG(adopted.text));
		buf_done(&hex);
	} else if (frame->kind == FRAME_LOG &&
		   record_decode_all(&log_frame_type, frame->payload, &arena, &log, &err)) {
		printf("log %d %.*s\n", (int)log.level, STR_ARG(log.text));
	} else if (frame->kind == FRAME_READY &&
		   record_decode_all(&ready_frame_type, frame->payload, &arena, &ready,
		       &err)) {
		printf("ready %zu\n", ready.sandbox_gaps.n);
	} else {
		die("hands sent what it may not send");
	}
}

/* False: the other side is gone. */
static bool
pump(struct peer *peer)
{
	struct err err;
	struct frame frame;
	size_t got;
	if (!peer_flush(peer, &err) || !peer_read(peer, &got, &err))
		return false;
	while (peer_next(peer, &frame, &err))
		show(&frame);
	return err.kind == ERR_NONE;
}

static void
see_exit(void)
{
	int status;
	if (hands <= 0 || waitpid(hands, &status, WNOHANG) != hands)
		return;
	hands = 0;
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("exit %d\n", WEXITSTATUS(status));
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		die("hands_drive SHIM STATE");
	shim = argv[1];
	state = argv[2];
	const char *slash = strrchr(shim, '/');
	(void)snprintf(program, sizeof(program), "%.*sfirstline",
	    slash ? (int)(slash + 1 - shim) : 0, shim);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		struct pollfd polled[] = {
			{ .fd = 0, .events = POLLIN },
			{ .fd = supervisor ? peer_fd(supervisor) : -1, .events = POLLIN },
			{ .fd = engine ? peer_fd(engine) : -1, .events = POLLIN },
		};
		bool waits = (supervisor != NULL && peer_wants_write(supervisor)) ||
		             (engine != NULL && peer_wants_write(engine));
		(void)poll(polled, 3, waits ? 0 : 20);
		if (supervisor != NULL && !pump(supervisor)) {
			peer_free(supervisor);
			supervisor = NULL;
		}
		if (engine != NULL && !pump(engine)) {
			peer_free(engine);
			engine = NULL;
			printf("gone engine\n");
		}
		see_exit();
		if (polled[0].revents != 0)
			read_lines();
	}
}
