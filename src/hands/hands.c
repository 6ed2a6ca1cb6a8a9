#include "hands/hands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hands/attempts.h"
#include "hands/beacon.h"
#include "hands/calendars.h"
#include "hands/config.h"
#include "hands/handoff_file.h"
#include "hands/judge.h"
#include "hands/notices.h"
#include "hands/probes.h"
#include "hands/queue.h"
#include "hands/setup.h"
#include "hands/talk.h"
#include "os/clock.h"
#include "os/confine.h"
#include "os/crash.h"
#include "os/fd.h"
#include "os/file.h"

#define SCRATCH_BYTES ((size_t)64 << 20) /* for one order or frame */
#define RETRY_MS 250                     /* how often waiting orders are looked at */
#define LOOK_AGAIN_MS (10 * SECOND)      /* whether the disk that failed works again */

struct hands {
	const struct hands_options *options;
	uv_loop_t loop;
	struct talk *supervisor;
	struct talk *engine; /* NULL: away */
	struct spawner spawner;
	uv_poll_t spawner_poll;
	uv_timer_t patience; /* with the spawner */
	uv_timer_t retry;    /* runs while orders wait */
	uv_timer_t stop, look;
	msec stop_at; /* boot clock; 0: not stopping */
	int exit_code;

	struct tell tell;
	struct net *net;
	struct ceiling *ceiling;
	struct attempts
	    *attempts; /* NULL: their folder cannot be read, and `without` is why */
	char without[240];
	struct probes *probes;
	struct notices *notices;
	struct beacon *beacon;
	struct calendars *calendars;
	int attempts_fd, handoffs_fd;

	struct config config;
	struct queue waiting; /* for a configuration, or for the spawner */
	uint64_t epoch;       /* the newest seen */
	bool epoch_told;      /* on this connection */
	bool acts;            /* ... and it is one that may order more than messages */
	struct arena_map scratch_map;
	struct arena scratch; /* copied by value for each use */
};

/* ---- telling ---- */

static void
on_result(void *ctx, const struct event *event)
{
	struct hands *h = ctx;
	if (h->engine == NULL)
		return;
	struct buf *out = talk_out(h->engine);
	size_t begin = frame_begin(out, FRAME_RESULT, 0);
	result_encode(out, event);
	frame_end(out, begin);
	talk_send(h->engine);
}

static void
on_log(void *ctx, enum log_level level, const char *text)
{
	struct hands *h = ctx;
	struct log_frame log = { .level = level, .text = str_of(text) };
	if (h->supervisor == NULL)
		return;
	frame_record(talk_out(h->supervisor), FRAME_LOG, 0, &log_frame_type, &log);
	talk_send(h->supervisor);
}

static void
on_calendar(void *ctx, const struct calendar_frame *frame)
{
	struct hands *h = ctx;
	if (h->supervisor == NULL)
		return;
	frame_record(talk_out(h->supervisor), FRAME_CALENDAR, 0, &calendar_frame_type,
	    frame);
	talk_send(h->supervisor);
}

static void
leave(struct hands *h, int code)
{
	h->exit_code = code;
	uv_stop(&h->loop);
}

/* We are confined: only a fresh start can fork another. What this one began is found again
 * by its claim; what it has not yet begun it never will. */
static void
lose_spawner(struct hands *h, const char *why)
{
	tell_log(&h->tell, LOG_ERROR, "%s", why);
	spawner_end(&h->spawner);
	leave(h, 1);
}

/* What confined commands do without here: once to each engine and configuration. */
static void
tell_gaps(struct hands *h)
{
	const struct setup_gap *gap;
	if (h->config.model == NULL)
		return;
	for (size_t i = 0;
	     (gap = setup_gap_at(h->config.model, h->spawner.pillars, i)) != NULL; i++) {
		struct event event = { .kind = EVENT_SELF };
		event.self.kind = SELF_SANDBOX_GAP;
		event.self.subject = str_of(gap->subject);
		event.self.text = str_of(gap->text);
		tell_result(&h->tell, &event);
	}
}

/* People are told, and nothing is said of any attempt: what became of one is in the folder. */
static void
tell_without(struct hands *h)
{
	struct event event = { .kind = EVENT_SELF };
	if (h->attempts != NULL)
		return;
	event.self.kind = SELF_DAMAGED;
	event.self.subject = STR(HANDS_DAMAGED);
	event.self.text = str_of(h->without);
	tell_result(&h->tell, &event);
}

/* ---- orders ---- */

static void
start_attempt(struct hands *h, const struct attempt_order *order, struct arena scratch)
{
	struct err err;
	struct order_refusal refusal;
	if (order->epoch < h->epoch) {
		attempts_tell(&h->tell, order->attempt, NEWS_REFUSED,
		    STR("the order is of an engine that is gone"));
		return;
	}
	if (!order_allowed(h->config.model, h->config.authority, order, clock_wall(),
		clock_boot(), &scratch, &refusal)) {
		attempts_tell_refusal(&h->tell, order->attempt, refusal.why,
		    refusal.judged);
		return;
	}
	const struct action *action = model_action(h->config.model, order->action);
	if (!attempts_start(h->attempts, order, &action->sandbox, &err))
		lose_spawner(h, err.text);
}

static void
stop_attempt(struct hands *h, row_id id)
{
	struct waiting *item = queue_find(&h->waiting, id);
	if (item == NULL) {
		attempts_stop(h->attempts, id);
		return;
	}
	queue_drop(&h->waiting, item);
	attempts_tell(&h->tell, id, NEWS_NEVER_STARTED, STR("stopped before it began"));
}

/* One that waits is no attempt yet, and will be one: what became of it is told then. */
static void
reconcile_attempt(struct hands *h, row_id id)
{
	if (queue_find(&h->waiting, id) == NULL)
		attempts_reconcile(h->attempts, id);
}

/* Starts wait for the spawner; notices, stops and all else do not wait behind them. */
static bool
must_wait(const struct hands *h, const struct effect *effect)
{
	if (effect->kind == EFFECT_START_ATTEMPT)
		return effect->start_attempt.epoch >= h->epoch &&
		       (spawner_busy(&h->spawner) ||
			   !config_knows(&h->config, &effect->start_attempt.config));
	return effect->kind == EFFECT_NOTIFY && h->config.model == NULL;
}

static row_id
ordered_id(const struct effect *effect)
{
	return effect->kind == EFFECT_NOTIFY ? effect->notify.notice.id
	                                     : effect->start_attempt.attempt;
}

/* What waited too long, or finds no room to wait. */
static void
refuse(struct hands *h, const struct effect *effect, str why)
{
	struct event event = { .kind = EVENT_NOTICE_RESULT };
	if (effect->kind == EFFECT_START_ATTEMPT) {
		attempts_tell(&h->tell, effect->start_attempt.attempt, NEWS_REFUSED, why);
		return;
	}
	event.notice_result.notice = effect->notify.notice.id;
	event.notice_result.error = why;
	tell_result(&h->tell, &event);
}

/* False: no order that has a place here. */
static bool
carry_out(struct hands *h, const struct effect *effect, str bytes, struct arena scratch)
{
	switch (effect->kind) {
	case EFFECT_START_ATTEMPT:
		start_attempt(h, &effect->start_attempt, scratch);
		return true;
	case EFFECT_STOP_ATTEMPT:
		stop_attempt(h, effect->stop_attempt.attempt);
		return true;
	case EFFECT_RECONCILE_ATTEMPT:
		reconcile_attempt(h, effect->reconcile_attempt.attempt);
		return true;
	case EFFECT_FORGET_ATTEMPT:
		attempts_forget(h->attempts, effect->forget_attempt.attempt);
		return true;
	case EFFECT_PROBE:
		probes_ask(h->probes, &effect->probe, bytes);
		return true;
	case EFFECT_NOTIFY:
		notices_send(h->notices, &effect->notify, bytes);
		return true;
	case EFFECT_FILE_HANDOFF:
		handoff_file(h->handoffs_fd, &effect->file_handoff, &h->tell);
		return true;
	case EFFECT_REPLY:
	case EFFECT_APPEND_TIMELINE:
		return false;
	}
	return false;
}

static void on_retry(uv_timer_t *timer);

static bool
take_order(struct hands *h, str bytes)
{
	struct arena scratch = h->scratch;
	struct effect effect;
	struct err err;
	if (!order_decode(bytes, &scratch, &effect, &err)) {
		tell_log(&h->tell, LOG_ERROR, "an order of the engine: %s", err.text);
		return false;
	}
	if (!h->acts && effect.kind != EFFECT_NOTIFY) {
		tell_log(&h->tell, LOG_ERROR,
		    "an order of an engine that only has people told");
		return false;
	}
	if (h->attempts == NULL && effect.kind != EFFECT_NOTIFY &&
	    effect.kind != EFFECT_PROBE)
		return true; /* asked for again by whoever comes after us */
	if (!must_wait(h, &effect))
		return carry_out(h, &effect, bytes, scratch);
	row_id id = ordered_id(&effect);
	if (queue_find(&h->waiting, id) != NULL)
		return true;
	if (!queue_put(&h->waiting, id, clock_boot(), bytes))
		refuse(h, &effect, STR("too many orders wait"));
	else if (!uv_is_active((uv_handle_t *)&h->retry))
		(void)uv_timer_start(&h->retry, on_retry, RETRY_MS, RETRY_MS);
	return true;
}

/* False: it waits on. */
static bool
retry_one(struct hands *h, const struct waiting *item)
{
	struct arena scratch = h->scratch;
	struct effect effect;
	struct err err;
	bool ok = order_decode(waiting_bytes(item), &scratch, &effect, &err);
	ASSERT(ok); /* as it was before it was let in */
	if (!must_wait(h, &effect)) {
		(void)carry_out(h, &effect, waiting_bytes(item), scratch);
		return true;
	}
	if (clock_boot() - item->since_at < HANDS_CONFIG_WAIT_MS)
		return false;
	refuse(h, &effect, STR("its configuration was not adopted in time"));
	return true;
}

/* Once through all that wait; those that go on waiting keep their order. */
static void
retry_waiting(struct hands *h)
{
	for (size_t n = h->waiting.n; n > 0 && !spawner_busy(&h->spawner); n--) {
		struct waiting *item = queue_take(&h->waiting);
		if (retry_one(h, item))
			waiting_free(item);
		else
			queue_put_back(&h->waiting, item);
	}
	if (h->waiting.n == 0)
		(void)uv_timer_stop(&h->retry);
}

static void
on_retry(uv_timer_t *timer)
{
	retry_waiting(timer->data);
}

/* After anything that may have made room. */
static void
go_on(struct hands *h)
{
	if (h->stop_at == 0)
		retry_waiting(h);
}

/* ---- the engine ---- */

static void
drop_what_waits(struct hands *h)
{
	queue_clear(&h->waiting);
	(void)uv_timer_stop(&h->retry);
	probes_drop_waiting(h->probes);
	notices_drop_waiting(h->notices);
}

static void
on_engine_gone(void *ctx, const char *why)
{
	struct hands *h = ctx;
	h->engine = NULL;
	drop_what_waits(h);
	tell_log(&h->tell, LOG_INFO, "engine: %s", why);
}

static bool
on_epoch(struct hands *h, const struct frame *frame)
{
	struct arena scratch = h->scratch;
	struct epoch_frame epoch;
	struct err err;
	if (!record_decode_all(&epoch_frame_type, frame->payload, &scratch, &epoch, &err))
		return false;
	bool acts = epoch.epoch != EPOCH_NONE;
	if (h->epoch_told || (acts && epoch.epoch < h->epoch))
		return false;
	if (acts)
		h->epoch = epoch.epoch;
	h->acts = acts;
	h->epoch_told = true;
	if (h->attempts != NULL)
		attempts_tell_left(h->attempts);
	tell_without(h);
	tell_gaps(h);
	return true;
}

static bool
on_output(struct hands *h, const struct frame *frame)
{
	struct arena scratch = h->scratch;
	struct output_item asked;
	struct err err;
	if (!record_decode_all(&output_item_type, frame->payload, &scratch, &asked, &err))
		return false;
	struct output_item seen = { .attempt = asked.attempt };
	if (h->attempts != NULL)
		seen = attempts_output(h->attempts, asked.attempt, &scratch);
	frame_record(talk_out(h->engine), FRAME_OUTPUT, 0, &output_item_type, &seen);
	talk_send(h->engine);
	return true;
}

static bool
on_engine_frame(void *ctx, const struct frame *frame)
{
	struct hands *h = ctx;
	bool ok = false;
	if (frame->kind == FRAME_EPOCH)
		ok = on_epoch(h, frame);
	else if (frame->kind == FRAME_ORDER && h->epoch_told)
		ok = take_order(h, frame->payload);
	else if (frame->kind == FRAME_OUTPUT && h->epoch_told)
		ok = on_output(h, frame);
	else if (frame->kind == FRAME_KEPT && h->epoch_told) {
		msec now = clock_boot();
		beacon_all_well(h->beacon, notices_get_out(h->notices, now), now);
		ok = true;
	}
	return ok;
}

/* ---- the supervisor ---- */

static void
on_peer(struct hands *h, const struct frame *frame)
{
	struct arena scratch = h->scratch;
	struct peer_frame peer;
	struct err err;
	if (!record_decode_all(&peer_frame_type, frame->payload, &scratch, &peer, &err) ||
	    peer.role != ROLE_KIND_ENGINE || h->stop_at != 0) {
		(void)close(frame->fd);
		return;
	}
	if (h->engine != NULL) {
		talk_close(h->engine);
		drop_what_waits(h);
	}
	h->epoch_told = false;
	struct talk_use use = { .frame = on_engine_frame,
		.gone = on_engine_gone,
		.ctx = h };
	h->engine = talk_new(&h->loop, frame->fd, &use);
}

static bool
on_bundle(struct hands *h, const struct frame *frame)
{
	struct arena scratch = h->scratch;
	struct bundle_frame bundle;
	struct err err;
	bool whole =
	    record_decode_all(&bundle_frame_type, frame->payload, &scratch, &bundle, &err);
	bool ok =
	    whole && config_adopt(&h->config, frame->fd, bundle.bytes, &bundle.hash, &err);
	(void)close(frame->fd);
	if (!whole)
		return false;
	if (ok)
		notices_adopt(h->notices, h->config.model);
	if (ok)
		beacon_adopt(h->beacon, h->config.model);
	if (ok)
		calendars_adopt(h->calendars, h->config.model);
	if (ok)
		tell_gaps(h);
	if (ok)
		probes_adopt(h->probes, h->config.model);
	struct adopted_frame adopted = { .hash = bundle.hash,
		.ok = ok,
		.text = ok ? STR("") : str_of(err.text) };
	frame_record(talk_out(h->supervisor), FRAME_ADOPTED, frame->id, &adopted_frame_type,
	    &adopted);
	talk_send(h->supervisor);
	go_on(h);
	return true;
}

static void
on_stop_timer(uv_timer_t *timer)
{
	struct hands *h = timer->data;
	if (notices_out(h->notices) == 0 || clock_boot() >= h->stop_at)
		leave(h, 0);
}

static void
begin_stop(struct hands *h)
{
	if (h->stop_at != 0)
		return;
	h->stop_at = clock_boot() + HANDS_STOP_MS;
	drop_what_waits(h);
	if (h->engine != NULL)
		talk_pause(h->engine, true);
	(void)uv_timer_start(&h->stop, on_stop_timer, 0, 20);
}

static bool
on_supervisor_frame(void *ctx, const struct frame *frame)
{
	struct hands *h = ctx;
	switch ((int)frame->kind) {
	case FRAME_PEER:
		on_peer(h, frame);
		return true;
	case FRAME_BUNDLE:
		return on_bundle(h, frame);
	case FRAME_PING:
		frame_empty(talk_out(h->supervisor), FRAME_PONG, frame->id);
		talk_send(h->supervisor);
		return true;
	case FRAME_CALENDAR:
		calendars_now(h->calendars);
		return true;
	case FRAME_STOP:
		begin_stop(h);
		return true;
	default:
		return false;
	}
}

static void
on_supervisor_gone(void *ctx, const char *why)
{
	struct hands *h = ctx;
	(void)why;
	h->supervisor = NULL;
	leave(h, 0);
}

/* ---- the spawner ---- */

static void
on_spawner(uv_poll_t *poll, int status, int events)
{
	struct hands *h = poll->data;
	struct spawn_answer answer;
	(void)status;
	(void)events;
	for (;;) {
		switch (spawner_receive(&h->spawner, &answer)) {
		case SPAWNER_ANSWER:
			if (answer.probe)
				probes_answered(h->probes, &answer);
			else if (h->attempts != NULL)
				attempts_answered(h->attempts, &answer);
			continue;
		case SPAWNER_NOTHING:
			go_on(h);
			return;
		case SPAWNER_GONE:
			lose_spawner(h, "the spawner is gone");
			return;
		}
	}
}

static void
on_patience(uv_timer_t *timer)
{
	struct hands *h = timer->data;
	if (spawner_hangs(&h->spawner))
		lose_spawner(h, "the spawner hangs: it does not answer");
}

/* ---- beginning and end ---- */

/* This program; where it was replaced, what stands in its place now. */
static bool
find_self(char *ret, size_t size, struct err *err)
{
	static const char gone[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);
	if (n < 0)
		return err_sys(err, ERR_IO, "/proc/self/exe");
	ret[n] = '\0';
	str path = { ret, (size_t)n };
	if (str_ends(path, STR(" (deleted)")))
		ret[path.n - (sizeof(gone) - 1)] = '\0';
	return true;
}

/* firstline-shim beside this program, or where it is installed. */
static bool
find_shim(char *ret, size_t size, struct err *err)
{
	static const char *const places[] = { "firstline-shim",
		"../libexec/firstline/firstline-shim" };
	char exe[4096];
	if (!find_self(exe, sizeof(exe), err))
		return false;
	char *slash = strrchr(exe, '/');
	*(slash != NULL ? slash : exe) = '\0';
	for (size_t i = 0; i < countof(places); i++) {
		int len = snprintf(ret, size, "%s/%s", exe, places[i]);
		if (len > 0 && (size_t)len < size && access(ret, X_OK) == 0)
			return true;
	}
	return err_set(err, ERR_NOT_FOUND, "firstline-shim is not beside %s", exe);
}

static int
open_folder(const char *state_dir, const char *name, struct err *err)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		(void)err_set(err, ERR_LIMIT, "the state folder's name is too long");
		return -1;
	}
	if (!folder_make(path, 0700, err))
		return -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		(void)err_sys(err, ERR_IO, "open '%s'", path);
	return fd;
}

/* A disk that fails keeps nobody from being told of it. */
static bool
do_without(struct hands *h, const struct err *err)
{
	if (err->sys != EIO)
		return false;
	(void)snprintf(h->without, sizeof(h->without),
	    "no action is started, nor heard of: %s", err->text);
	return true;
}

/* We are confined to what could be read: another start has all of it. */
static void
on_look(uv_timer_t *timer)
{
	struct hands *h = timer->data;
	struct err err;
	int fd = open_folder(h->options->state_dir, "attempts", &err);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	bool fails = fd < 0 && err.sys == EIO;
	errno = 0;
	while (dir != NULL && readdir(dir) != NULL)
		;
	fails |= dir != NULL && errno == EIO;
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
	if (!fails)
		leave(h, 1);
}

/* Before the first thread and before anything from outside was read. */
static bool
prepare(struct hands *h, struct strs *gaps, struct err *err)
{
	char shim[4096];
	const char *path = h->options->shim;
	if (path == NULL && !find_shim(shim, sizeof(shim), err))
		return false;
	if (!spawner_start(path != NULL ? path : shim, &h->spawner, err))
		return false;
	static char self[4096];
	if (!find_self(self, sizeof(self), err))
		return false;
	h->spawner.program = h->options->program != NULL ? h->options->program : self;
	h->attempts_fd = open_folder(h->options->state_dir, "attempts", err);
	if (h->attempts_fd < 0 && !do_without(h, err))
		return false;
	h->handoffs_fd = open_folder(h->options->state_dir, "handoffs", err);
	if (h->handoffs_fd < 0 && !do_without(h, err))
		return false;
	struct confine how = { .role = CONFINE_HANDS, .state_dir = h->options->state_dir };
	return confine(&how, &h->scratch, gaps, err);
}

static bool
find_attempts(struct hands *h, struct err *err)
{
	bool ok = h->without[0] == '\0';
	h->ceiling =
	    ok ? ceiling_open(h->attempts_fd, clock_wall(), clock_boot(), err) : NULL;
	if (h->ceiling != NULL)
		h->attempts = attempts_new(&h->loop, h->attempts_fd, &h->spawner,
		    h->ceiling, &h->tell, err);
	if (h->attempts != NULL)
		return true;
	if (ok && !do_without(h, err))
		return false;
	tell_log(&h->tell, LOG_ERROR, "%s", h->without);
	(void)uv_timer_start(&h->look, on_look, LOOK_AGAIN_MS, LOOK_AGAIN_MS);
	return true;
}

static bool
assemble(struct hands *h, struct err *err)
{
	ASSERT(uv_poll_init(&h->loop, &h->spawner_poll, h->spawner.fd) == 0);
	h->spawner_poll.data = h;
	(void)uv_poll_start(&h->spawner_poll, UV_READABLE, on_spawner);
	(void)uv_timer_start(&h->patience, on_patience, SPAWNER_LOOK_MS / CRASH_HASTE,
	    SPAWNER_LOOK_MS / CRASH_HASTE);
	h->net = net_new(&h->loop, err);
	if (h->net == NULL || !find_attempts(h, err))
		return false;
	h->probes = probes_new(&h->loop, h->net, &h->spawner, &h->tell);
	h->notices = notices_new(h->net, &h->tell);
	h->beacon = beacon_new(h->net, &h->tell);
	h->calendars = calendars_new(&h->loop, h->net, on_calendar, h);
	queue_init(&h->waiting, HANDS_WAITING_MAX, HANDS_WAITING_BYTES_MAX);
	return true;
}

static void
join(struct hands *h)
{
	ASSERT(uv_loop_init(&h->loop) == 0);
	ASSERT(uv_timer_init(&h->loop, &h->patience) == 0);
	ASSERT(uv_timer_init(&h->loop, &h->retry) == 0);
	ASSERT(uv_timer_init(&h->loop, &h->stop) == 0);
	ASSERT(uv_timer_init(&h->loop, &h->look) == 0);
	h->patience.data = h->retry.data = h->stop.data = h->look.data = h;
	struct talk_use use = { .frame = on_supervisor_frame,
		.gone = on_supervisor_gone,
		.ctx = h };
	h->supervisor = talk_new(&h->loop, h->options->supervisor_fd, &use);
	h->tell = (struct tell){ .result = on_result, .log = on_log, .ctx = h };
}

/* In order, so that a sanitizer sees what is really lost. */
static void
dismantle(struct hands *h)
{
	talk_close(h->engine);
	h->engine = NULL;
	queue_clear(&h->waiting);
	notices_free(h->notices);
	probes_free(h->probes);
	attempts_free(h->attempts);
	ceiling_close(h->ceiling);
	net_free(h->net);
	beacon_free(h->beacon);
	calendars_free(h->calendars);
	uv_close((uv_handle_t *)&h->patience, NULL);
	uv_close((uv_handle_t *)&h->retry, NULL);
	uv_close((uv_handle_t *)&h->stop, NULL);
	uv_close((uv_handle_t *)&h->look, NULL);
	uv_close((uv_handle_t *)&h->spawner_poll, NULL);
	talk_close(h->supervisor);
	h->supervisor = NULL;
	(void)uv_run(&h->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&h->loop);
	config_done(&h->config);
	arena_unmap(&h->scratch_map);
	(void)close(h->spawner.fd);
	fd_close(&h->attempts_fd);
	fd_close(&h->handoffs_fd);
}

int
hands_main(const struct hands_options *options)
{
	static struct hands h;
	struct strs gaps;
	struct err err;
	h = (struct hands){ .options = options };
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
	h.scratch = arena_map(&h.scratch_map, SCRATCH_BYTES);
	bool prepared = prepare(&h, &gaps, &err);
	join(&h);
	if (!prepared || !assemble(&h, &err)) {
		tell_log(&h.tell, LOG_ERROR, "%s", err.text);
		return 1;
	}
	struct ready_frame ready = { .sandbox_gaps = gaps };
	frame_record(talk_out(h.supervisor), FRAME_READY, 0, &ready_frame_type, &ready);
	talk_send(h.supervisor);
	(void)uv_run(&h.loop, UV_RUN_DEFAULT);
	dismantle(&h);
	return h.exit_code;
}
