#include "engine/engine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/state.h"
#include "os/clock.h"
#include "os/confine.h"
#include "os/file.h"

#define SWEEP_EVERY_MS 1000
#define SWEEP_ALERTS 20000
#define HEAL_EVERY_MS 1000
#define BODY_BYTES_AN_ALERT 1024 /* address space for alert bodies, per possible alert */

/* ---- timers ---- */

static void
on_timer(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	if (engine->refusing || !engine->ready)
		return;
	struct event event = { .kind = EVENT_TIME_PASSED };
	batch_step(engine, &event);
}

void
timers_arm(struct engine *engine)
{
	msec due = core_next_due(engine->core);
	if (due == 0) {
		(void)uv_timer_stop(&engine->timer);
		return;
	}
	msec at, wall;
	engine_now(engine, &at, &wall);
	(void)uv_timer_start(&engine->timer, on_timer, due > at ? due - at : 0, 0);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	batch_trim(engine);
	if (engine->refusing || !engine->ready)
		return;
	timers_arm(
	    engine); /* libuv's clock stands while the machine sleeps, ours goes on */
	aside_forget(engine);
	/* Without a gate nobody can tell us that an alert is still there. */
	if (engine->gate.peer == NULL)
		return;
	kept_tell(engine);
	heartbeats_turn(engine);
	listings_sweep(engine);
	overflows_look(engine);
	struct batch *b = &engine->batch;
	struct event event = { .kind = EVENT_ALERTS_EXPIRED };
	engine_now(engine, &event.at, &event.wall);
	size_t slices = (size_t)(intake_active(engine->intake) / SWEEP_ALERTS / 10) + 1;
	if (intake_sweep(engine->intake, event.at, slices * SWEEP_ALERTS, &b->arena,
		&event.alerts_expired)) {
		engine->n.alerts_expired += event.alerts_expired.ends.n;
		intake_expired(engine->intake, &event.alerts_expired);
		batch_step(engine, &event);
	}
	b->arena.beg = b->map.memory;
}

/* ---- no room on the disk, nothing can be written there, or the store is lost ---- */

static bool
is_lost(const struct engine *engine)
{
	return engine->options->lost.why != NULL;
}

/*
 * One page to the people on duty, and what was on its way to them. It is kept nowhere; the
 * engine that starts once there is a store that can be written to knows nothing of it.
 * Nothing else leaves: to act needs what is kept.
 */
static void
tell_aside(struct engine *engine)
{
	struct event started = { .kind = EVENT_STARTED,
		.started = { engine->epoch + 1, true, false } };
	const hash32 *config = &core_control(engine->core)->config;
	if (is_lost(engine))
		config = &engine->unkept;
	else
		batch_aside(engine, engine->core, &started);
	aside_begin(engine, config, &engine->refusing_self);
}

/* One page to the people on duty, where there is room out of the reserve, as soon as hands
 * can send it. */
static void
tell_refusing(struct engine *engine)
{
	struct err err;
	if (engine->hands.peer == NULL)
		return;
	if (engine->told_refusing) {
		aside_again(engine);
		return;
	}
	engine->told_refusing = true;
	if (is_lost(engine) || !store_writes(engine->store)) {
		tell_aside(engine);
		return;
	}
	if (!store_reserve_release(engine->store, &err)) {
		engine_log(engine, LOG_ERROR, "no reserve to tell of the full disk: %s",
		    err.text);
		aside_begin(engine, &core_control(engine->core)->config,
		    &engine->refusing_self);
		return;
	}
	engine->refusing = false;
	struct event event = { .kind = EVENT_SELF, .self = engine->refusing_self };
	batch_step(engine, &event);
	batch_commit(engine);
	engine->refusing = true;
}

static void
refuse_all(struct engine *engine, const char *why, const char *what_to_do, str text)
{
	engine->refusing = true;
	engine->refusing_self =
	    (struct self){ .kind = SELF_DISK_FULL, .subject = STR("disk"), .text = text };
	(void)snprintf(engine->refusing_why, sizeof(engine->refusing_why),
	    "%s '%s': %s, it goes on by itself", why, engine->options->state_dir,
	    what_to_do);
	engine_log(engine, LOG_ERROR, "%s", engine->refusing_why);
}

static void
refuse_without_store(struct engine *engine)
{
	static char text[sizeof(engine->refusing_why)];
	engine->refusing = true;
	(void)snprintf(text, sizeof(text), "no alert is taken and nothing is done: %s",
	    engine->options->lost.why);
	(void)snprintf(engine->refusing_why, sizeof(engine->refusing_why), "%s", text);
	engine->refusing_self = (struct self){ .kind = SELF_DAMAGED,
		.subject = STR("store"),
		.text = str_of(text) };
	engine_log(engine, LOG_ERROR, "%s", text);
}

/* False where it is not for want of room: another start may do better. */
static bool
look_for_room(struct engine *engine, struct err *err)
{
	if (is_lost(engine)) {
		refuse_without_store(engine);
		return true;
	}
	if (!store_writes(engine->store)) {
		refuse_all(engine, "the disk is read-only that holds",
		    "let it be written to",
		    STR("the disk is read-only: alerts are refused with 507 and nothing is "
			"done until it can be written to"));
		return true;
	}
	if (store_has_room(engine->store, err) && store_reserve(engine->store, err))
		return true;
	if (err->kind != ERR_NO_SPACE)
		return false;
	refuse_all(engine, "no room on the disk of", "make room",
	    STR("there is no room on the disk: alerts are refused with 507 and nothing is "
		"done until there is room"));
	return true;
}

/* ---- the supervisor ---- */

static void
send_adopted(struct engine *engine, uint64_t id, const hash32 *hash, bool ok,
    const char *text)
{
	struct adopted_frame adopted = { .hash = *hash, .ok = ok, .text = str_of(text) };
	frame_record(peer_out(engine->supervisor.peer), FRAME_ADOPTED, id,
	    &adopted_frame_type, &adopted);
	wire_send(&engine->supervisor);
}

static void
send_ready(struct engine *engine)
{
	const struct token_row *any;
	struct ready_frame ready = { .sandbox_gaps = engine->sandbox_gaps,
		.tokens = is_lost(engine) || core_tokens(engine->core, &any, 1) > 0 };
	frame_record(peer_out(engine->supervisor.peer), FRAME_READY, 0, &ready_frame_type,
	    &ready);
	wire_send(&engine->supervisor);
}

static void
step_gaps(struct engine *engine)
{
	for (size_t i = 0; i < engine->sandbox_gaps.n; i++) {
		struct event event = { .kind = EVENT_SELF };
		event.self = (struct self){ .kind = SELF_SANDBOX_GAP,
			.subject = STR("engine"),
			.text = engine->sandbox_gaps.p[i] };
		batch_step(engine, &event);
	}
}

/* The first configuration of this process: what was open goes on. true: from a backup. */
static bool
first_steps(struct engine *engine)
{
	engine->epoch++;
	bool from_backup = restored_begin(engine);
	msec at, wall;
	engine_now(engine, &at, &wall);
	intake_grace(engine->intake, at);
	return from_backup;
}

static void
bound(struct engine *engine, const struct limits *limits)
{
	struct intake_bounds bounds = { .alerts = limits->alerts_max,
		.alerts_per_source = limits->alerts_per_source_max,
		.alerts_per_alertname = limits->alerts_per_alertname_max,
		.rate = limits->alert_rate_per_source,
		.burst = limits->alert_burst_per_source };
	intake_bound(engine->intake, &bounds);
}

/* The one with that number; 0: a free one; NULL: there is none. */
static struct reload *
reload_of(struct engine *engine, uint64_t number)
{
	for (size_t i = 0; i < RELOADS_MAX; i++) {
		if (engine->reloads.item[i].number == number)
			return &engine->reloads.item[i];
	}
	return NULL;
}

/* `number` is of the reload that brought it here; 0: a signal, or a start. */
static void
adopt(struct engine *engine, const struct config *config, uint64_t number)
{
	const struct reload *reload = number != 0 ? reload_of(engine, number) : NULL;
	bool same = hash32_eq(&core_control(engine->core)->config, &config->hash);
	bool first = !engine->begun;
	bool from_backup = first && first_steps(engine);
	if (!same || first) {
		struct event event = { .kind = EVENT_CONFIG_ADOPTED };
		event.config_adopted =
		    (struct config_adopted){ .hash = config->hash, .model = config->model };
		if (reload != NULL)
			event.config_adopted.by = (str){ reload->who, reload->who_n };
		batch_step(engine, &event);
	}
	if (from_backup)
		restored_stop(engine);
	if (first) {
		step_gaps(engine);
		engine_tell_damage(engine);
	}
	bound(engine, &config->model->limits);
	if (!same || first)
		suppress_rules(engine, config->model);
	if (!same || first)
		suppress_silences(engine);
	engine->ready = engine->begun = true;
	keep_again(engine);
	batch_commit(engine);
	if (from_backup)
		restored_forget(engine);
}

/* Started without room: what it was given then is kept and adopted now. */
static bool
begin_late(struct engine *engine, struct err *err)
{
	const struct config *config = configs_find(&engine->configs, &engine->unkept);
	ASSERT(config != NULL); /* the newest stays */
	if (!store_bundle_put(engine->store, &config->hash, config->bundle, clock_wall(),
		err))
		return false;
	aside_end(engine);
	engine->refusing = false;
	adopt(engine, config, 0);
	return true;
}

/* What came while we refused was not heard: ask for all that is open. */
static void
go_on(struct engine *engine)
{
	aside_end(engine);
	engine->refusing = false;
	struct event event = { .kind = EVENT_STARTED,
		.started = { engine->epoch, false, false } };
	batch_step(engine, &event);
	msec at, wall;
	engine_now(engine, &at, &wall);
	intake_grace(engine->intake, at);
}

/* Only another start can tell whether the store is of use again: by and by. */
static void
try_store_again(struct engine *engine)
{
	msec now = clock_wall(), since = engine->options->lost.wall;
	msec pause = now > since ? (now - since) / 2 : 0;
	pause = pause < LOST_AGAIN_MIN_MS   ? LOST_AGAIN_MIN_MS
	        : pause > LOST_AGAIN_MAX_MS ? LOST_AGAIN_MAX_MS
	                                    : pause;
	if (!engine->aside.told)
		pause = LOST_UNTOLD_MS;
	if (clock_boot() - engine->since_boot < pause)
		return;
	engine_log(engine, LOG_INFO, "the store is tried again");
	_Exit(ENGINE_EXIT_AGAIN);
}

static void
on_heal(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	struct err err;
	if (is_lost(engine)) {
		try_store_again(engine);
		return;
	}
	if (!store_writes(engine->store)) {
		if (store_writes_again(engine->store))
			engine_die(engine, ENGINE_EXIT_WRITES,
			    "the disk can be written to again: starting anew");
		return;
	}
	if (!engine->refusing || !engine->ready)
		return;
	if (!store_has_room(engine->store, &err)) {
		/* What failed in another way stays so until the store is opened again. */
		if (err.kind != ERR_NO_SPACE)
			engine_die(engine, ENGINE_EXIT_FAILED, "%s", err.text);
		return;
	}
	if (!store_reserve(engine->store, &err))
		return; /* not yet room for the reserve too */
	if (engine->begun)
		go_on(engine);
	else if (!begin_late(engine, &err))
		return;
	selves_go_on(engine);
	(void)uv_timer_stop(timer);
	quarantine_tell(engine); /* what was reported meanwhile comes again */
	engine_log(engine, LOG_INFO, "there is room on the disk again");
}

static bool
adopt_bundle(struct engine *engine, const struct frame *frame, hash32 *ret_hash,
    struct err *err)
{
	struct arena scratch = engine->batch.arena;
	struct bundle_frame announced;
	if (!record_decode_all(&bundle_frame_type, frame->payload, &scratch, &announced,
		err))
		return false;
	*ret_hash = announced.hash;
	str bytes;
	if (!file_read_fd(&scratch, frame->fd, BUNDLE_BYTES_MAX, &bytes, err))
		return false;
	const struct config *config =
	    configs_add(&engine->configs, &announced.hash, bytes, err);
	if (config == NULL)
		return false;
	if (engine->refusing && engine->ready)
		return err_set(err, ERR_NO_SPACE, "%s", engine->refusing_why);
	if (engine->refusing) {
		/* Nothing can be kept: serve from what was adopted last, if anything was. */
		const struct model *last = configs_newest(&engine->configs, engine->core);
		engine->ready = last != NULL || is_lost(engine);
		engine->unkept = config->hash;
		if (last != NULL) {
			suppress_rules(engine, last);
			suppress_silences(engine);
		}
		if (engine->ready)
			tell_refusing(engine);
		return engine->ready ||
		       err_set(err, ERR_NO_SPACE, "%s", engine->refusing_why);
	}
	batch_wait(engine);
	if (!store_bundle_put(engine->store, &announced.hash, bytes, clock_wall(), err))
		return false;
	adopt(engine, config, frame->id);
	return true;
}

static void
on_bundle(struct engine *engine, const struct frame *frame)
{
	struct err err = { .kind = ERR_NONE };
	hash32 hash = { 0 };
	bool was_ready = engine->ready;
	bool ok = adopt_bundle(engine, frame, &hash, &err);
	(void)close(frame->fd);
	if (!ok && err.kind == ERR_NO_SPACE && !engine->refusing)
		engine_die(engine, ENGINE_EXIT_NO_ROOM, "%s", err.text);
	send_adopted(engine, frame->id, &hash, ok, ok ? "" : err.text);
	if (ok && !was_ready)
		send_ready(engine);
}

static void
on_peer(struct engine *engine, const struct frame *frame)
{
	struct arena scratch = engine->batch.arena;
	struct peer_frame peer;
	struct err err;
	if (!record_decode_all(&peer_frame_type, frame->payload, &scratch, &peer, &err)) {
		(void)close(frame->fd);
		return;
	}
	if (peer.role == ROLE_KIND_GATE)
		engine->loopback_only = peer.loopback_only;
	if (peer.role == ROLE_KIND_GATE)
		wire_replace(&engine->gate, engine, ROLE_KIND_GATE, frame->fd, frame->id);
	else if (peer.role == ROLE_KIND_HANDS)
		wire_replace(&engine->hands, engine, ROLE_KIND_HANDS, frame->fd, frame->id);
	else
		(void)close(frame->fd);
}

static void
on_self(struct engine *engine, const struct frame *frame)
{
	struct arena scratch = engine->batch.arena;
	struct event event = { .kind = EVENT_SELF };
	struct err err;
	if (!engine->ready || !record_decode_all(&self_frame_type, frame->payload, &scratch,
				  &event.self, &err))
		return;
	engine->batch.arena = scratch; /* the step's own memory begins behind */
	selves_step(engine, &event);
}

/* The command line asked for a reload: the supervisor's FRAME_ADOPTED answers it. */
void
engine_ask_reload(struct engine *engine, uint64_t request, struct caller caller)
{
	struct reload *reload = reload_of(engine, 0);
	str who = caller.behalf.n > 0 ? caller.behalf : caller.principal;
	if (reload == NULL || who.n > sizeof(reload->who)) {
		answer_plain(&engine->batch.to_gate, request, engine->head.seq, 503, 1,
		    "other reloads are on their way: ask again");
		return;
	}
	reload->number = ++engine->reloads.last;
	reload->request = request;
	reload->who_n = who.n;
	memcpy(reload->who, who.p, who.n);
	frame_empty(peer_out(engine->supervisor.peer), FRAME_RELOAD, reload->number);
	wire_send(&engine->supervisor);
}

/* The gate is gone: nobody waits, and what the reloads bring in is still theirs who asked. */
static void
reloads_forget(struct engine *engine)
{
	for (size_t i = 0; i < RELOADS_MAX; i++)
		engine->reloads.item[i].request = 0;
}

static void
on_reloaded(struct engine *engine, const struct frame *frame)
{
	struct arena scratch = engine->batch.arena;
	struct adopted_frame adopted;
	struct err err;
	if (!record_decode_all(&adopted_frame_type, frame->payload, &scratch, &adopted,
		&err))
		return;
	struct reload *reload = frame->id != 0 ? reload_of(engine, frame->id) : NULL;
	if (reload == NULL)
		return;
	struct answer answer = { .status = adopted.ok ? 200 : 422,
		.exit = adopted.ok ? 0 : 1,
		.seq = engine->head.seq,
		.error = adopted.text };
	if (reload->request != 0)
		frame_record(&engine->batch.to_gate, FRAME_ANSWER, reload->request,
		    &answer_type, &answer);
	reload->number = reload->request = 0;
}

static void
stop(struct engine *engine, int code)
{
	if (!engine->stopping)
		batch_commit(engine);
	engine->stopping = true;
	engine->exit_code = code;
	uv_stop(&engine->loop);
}

static bool
on_supervisor_frame(struct engine *engine, const struct frame *frame)
{
	switch ((int)frame->kind) {
	case FRAME_PEER:
		on_peer(engine, frame);
		return true;
	case FRAME_SETTINGS:
		return dials_take(engine, frame->payload);
	case FRAME_BUNDLE:
		on_bundle(engine, frame);
		return true;
	case FRAME_SELF:
		on_self(engine, frame);
		return true;
	case FRAME_ADOPTED:
		on_reloaded(engine, frame);
		return true;
	case FRAME_PING:
		frame_empty(peer_out(engine->supervisor.peer), FRAME_PONG, frame->id);
		wire_send(&engine->supervisor);
		return true;
	case FRAME_STOP:
		stop(engine, ENGINE_EXIT_STOPPED);
		return true;
	default:
		return false;
	}
}

/* ---- the other roles ---- */

static bool
on_hands_frame(struct engine *engine, const struct frame *frame)
{
	if (frame->kind == FRAME_OUTPUT)
		return output_seen(engine, frame->payload);
	if (frame->kind != FRAME_RESULT)
		return false;
	if (!engine->ready)
		return true;
	struct arena scratch = engine->batch.arena;
	struct event event;
	struct err err;
	if (!result_decode(frame->payload, &scratch, &event, &err))
		return false;
	/* The step's own memory begins after what was decoded. */
	engine->batch.arena = scratch;
	if (event.kind == EVENT_NOTICE_RESULT)
		channels_heard(engine, &event.notice_result, clock_wall());
	if (event.kind == EVENT_SELF)
		selves_step(engine, &event);
	else if (!engine->refusing)
		batch_step(engine, &event);
	else if (event.kind == EVENT_NOTICE_RESULT)
		aside_heard(engine, &event);
	/* All else is heard again once there is room: all that is open is asked for. */
	return true;
}

static bool
on_gate_frame(struct engine *engine, const struct frame *frame)
{
	switch ((int)frame->kind) {
	case FRAME_ALERTS:
		on_alerts_frame(engine, frame);
		return true;
	case FRAME_REQUEST:
		on_request_frame(engine, frame);
		return true;
	case FRAME_SELF:
		on_self(engine, frame);
		return true;
	case FRAME_QUARANTINE:
		return on_quarantine_frame(engine, frame);
	default:
		return false;
	}
}

void
on_frame(struct wire *wire, const struct frame *frame)
{
	struct engine *engine = wire->engine;
	bool ok = false;
	switch (wire->role) {
	case ROLE_KIND_SUPERVISOR:
		ok = on_supervisor_frame(engine, frame);
		break;
	case ROLE_KIND_GATE:
		ok = on_gate_frame(engine, frame);
		break;
	case ROLE_KIND_HANDS:
		ok = on_hands_frame(engine, frame);
		break;
	case ROLE_KIND_ENGINE:
		UNREACHABLE();
	}
	/* Whatever became of the frame, what was decoded of it is done with. */
	engine->batch.arena.beg = engine->batch.map.memory;
	if (ok)
		return;
	engine->n.frames_bad++;
	wire_close(wire);
}

void
on_wire_opened(struct wire *wire)
{
	struct engine *engine = wire->engine;
	if (wire->role == ROLE_KIND_GATE) {
		/* While it was away nobody could refresh an alert. */
		msec at, wall;
		engine_now(engine, &at, &wall);
		intake_grace(engine->intake, at);
		quarantine_tell(engine);
	}
	if (wire->role != ROLE_KIND_HANDS)
		return;
	/* Its first start of this engine gets the epoch with EVENT_STARTED's orders. */
	uint64_t epoch = engine->begun ? engine->epoch : engine->epoch + 1;
	struct epoch_frame frame = { .epoch = is_lost(engine) ? EPOCH_NONE : epoch };
	frame_record(peer_out(wire->peer), FRAME_EPOCH, 0, &epoch_frame_type, &frame);
	wire_send(wire);
	if (engine->ready && engine->refusing)
		tell_refusing(engine);
	if (!engine->ready || engine->refusing)
		return;
	struct event event = { .kind = EVENT_STARTED,
		.started = { engine->epoch, false, false } };
	batch_step(engine, &event);
}

/* Hands may not have ended, and ask for nothing; a gate asks for another by itself. */
static void
tell_parted(struct engine *engine, const struct wire *wire)
{
	if (engine->stopping || engine->supervisor.peer == NULL)
		return;
	struct peer_frame frame = { .role = wire->role };
	frame_record(peer_out(engine->supervisor.peer), FRAME_PARTED, wire->pair,
	    &peer_frame_type, &frame);
	wire_send(&engine->supervisor);
}

void
on_wire_closed(struct wire *wire)
{
	if (wire->role == ROLE_KIND_GATE) {
		listings_forget(wire->engine);
		reader_forget(wire->engine);
		hasher_forget(wire->engine->hasher);
		output_forget(wire->engine);
		reloads_forget(wire->engine);
		batch_forget(wire->engine, ROLE_KIND_GATE);
	}
	if (wire->role == ROLE_KIND_HANDS) {
		output_lost(wire->engine);
		batch_forget(wire->engine, ROLE_KIND_HANDS);
		tell_parted(wire->engine, wire);
	}
	if (wire->role == ROLE_KIND_SUPERVISOR)
		stop(wire->engine, ENGINE_EXIT_STOPPED);
}

/* ---- the loop ---- */

static void
on_idle(uv_idle_t *idle)
{
	(void)idle; /* its being active is what keeps the loop turning */
}

/* After all that was readable in this turn: commit it, then do what can wait. */
static void
on_check(uv_check_t *check)
{
	struct engine *engine = check->data;
	bool more = suppress_turn(engine);
	more |= resolved_turn(engine);
	heartbeats_turn(engine);
	more |= listings_turn(engine);
	more |= reader_turn(engine);
	more |= batch_turn(engine);
	ahead_turn(engine);
	if (more)
		(void)uv_idle_start(&engine->busy, on_idle);
	else
		(void)uv_idle_stop(&engine->busy);
}

static void
start_loop(struct engine *engine)
{
	uv_loop_t *loop = &engine->loop;
	ASSERT(uv_loop_init(loop) == 0);
	ASSERT(uv_check_init(loop, &engine->check) == 0);
	ASSERT(uv_idle_init(loop, &engine->busy) == 0);
	uv_timer_t *timers[] = { &engine->timer, &engine->sweep, &engine->heal,
		&engine->suppress };
	for (size_t i = 0; i < countof(timers); i++) {
		ASSERT(uv_timer_init(loop, timers[i]) == 0);
		timers[i]->data = engine;
	}
	engine->check.data = engine;
	engine->busy.data = engine;
	(void)uv_check_start(&engine->check, on_check);
	(void)uv_timer_start(&engine->sweep, on_sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS);
}

static int
exit_for(const struct err *err)
{
	switch ((int)err->kind) {
	case ERR_BUSY:
		return ENGINE_EXIT_BUSY;
	case ERR_CORRUPT:
		return ENGINE_EXIT_CORRUPT;
	case ERR_NO_SPACE:
		return ENGINE_EXIT_NO_ROOM;
	default:
		return ENGINE_EXIT_FAILED;
	}
}

/* Everything until the loop turns; false with err. */
static bool
set_up(struct engine *engine, struct arena *arena, struct err *err)
{
	const struct engine_options *options = engine->options;
	if (!store_open(is_lost(engine) ? "memory:" : options->store_url,
		options->state_dir, &engine->store, err))
		return false;
	engine->head = store_head(engine->store);
	if (!access_init(engine, err) || !taps_init(engine, err)) {
		if (!is_lost(engine))
			return false;
		/* Then nobody has the local token, and it is known who is told. */
		engine_log(engine, LOG_ERROR, "%s", err->text);
	}
	struct confine how = { .role = CONFINE_ENGINE, .state_dir = options->state_dir };
	if (!confine(&how, arena, &engine->sandbox_gaps, err))
		return false;
	engine->core = core_new(ENGINE_INCIDENTS_MAX);
	engine->intake = intake_new(ENGINE_ALERTS_MAX,
	    (size_t)ENGINE_ALERTS_MAX * BODY_BYTES_AN_ALERT, random_u64());
	listings_init(engine);
	heartbeats_init(engine);
	channels_init(engine);
	dials_init(engine);
	resolved_init(engine);
	signin_init(engine);
	keep_init(engine);
	engine->ahead = ahead_new();
	engine->committer =
	    committer_new(&engine->loop, engine->store, batch_committed, engine);
	if (!engine_load(engine, err) || !quarantine_load(engine, err) ||
	    !reader_init(engine, err) || !store_reader(engine->store, &engine->look, err))
		return false;
	return look_for_room(engine, err);
}

int
engine_main(const struct engine_options *options)
{
	static struct engine engine;
	static char memory[16384];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	(void)signal(SIGPIPE, SIG_IGN);
	engine = (struct engine){ .options = options,
		.since_wall = clock_wall(),
		.since_boot = clock_boot(),
		.reloads.last = random_u64() >> 1 };
	engine.supervisor.next_fd = engine.gate.next_fd = engine.hands.next_fd = -1;
	batch_init(&engine);

	/* The wire first: a failure to start must be told too. */
	start_loop(&engine);
	wire_open(&engine.supervisor, &engine, ROLE_KIND_SUPERVISOR,
	    options->supervisor_fd);
	if (!set_up(&engine, &arena, &err))
		engine_die(&engine, exit_for(&err), "%s", err.text);
	if (engine.refusing)
		(void)uv_timer_start(&engine.heal, on_heal, HEAL_EVERY_MS, HEAL_EVERY_MS);
	(void)uv_run(&engine.loop, UV_RUN_DEFAULT);
	hasher_free(engine.hasher);
	committer_free(engine.committer);
	if (engine.look != NULL)
		store_close(engine.look);
	store_close(engine.store);
	return engine.exit_code;
}
