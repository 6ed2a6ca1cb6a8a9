/*
 * gate -- the supervisor and the gate, as the roles see them: they are started, told their
 * configuration and connected in the supervisor's order, and started again when they die.
 * Senders hear what the engine answers; what it did not answer, they do not know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "hands/hands.h"
#include "intake/intake.h"
#include "intake/wire.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/peer.h"
#include "sim/house.h"
#include "sim/sim.h"
#include "support/config.h"

#define OUT_MAX ((size_t)64 << 20)
#define ASKED_MAX 512

struct served {
	const char *name;
	enum role_kind kind;
	struct process *process;
	struct peer *peer; /* the supervisor's end */
	int fd;            /* the role's end, until it has it */
	enum { DOWN = 1, STARTING, READY } state;
	msec start_at; /* when it is started again */
};

struct asked {
	uint64_t id; /* 0: free */
	uint64_t life;
	bool alerts;
	void (*taken)(void *arg);
	void *arg;
	str payload; /* of a command: sent again until it is answered */
	msec again_at;
};

/* A role that is gone is noticed in its turn, not by what is written to it. */
static void
flush(struct peer *peer)
{
	struct err err;
	bool gone = !peer_flush(peer, &err);
	(void)gone;
}

static void
send_fd(struct peer *peer, enum frame_kind kind, const struct record_type *type,
    const void *record, int fd)
{
	struct err err;
	bool gone = !peer_send_fd(peer, kind, 0, type, record, fd, &err);
	(void)gone;
}

static struct served engine = { .name = "engine", .kind = ROLE_KIND_ENGINE };
static struct served hands = { .name = "hands", .kind = ROLE_KIND_HANDS };
static struct peer *gate; /* our end of the engine's */
static uint64_t life;     /* of that connection */
static struct asked asked[ASKED_MAX];
static size_t asked_top; /* from here on none was ever taken: they are many, and few are */
static uint64_t last_id;
static char local_token[80], ana_token[80];

static struct config configs[SIM_CONFIGS];
static int bundles[SIM_CONFIGS];
static uint64_t bundle_bytes[SIM_CONFIGS];
static size_t now, next; /* of a reload: next != now */
static enum { CALM = 1, HANDS_ADOPT, ENGINE_ADOPTS } reloading = CALM;
static bool stopping;

/* How often the engine has ended and was not ready since; and since when it is without its
 * store, as the supervisor has it. */
static struct {
	bool without;
	unsigned ends;
	msec wall;
} lost;

struct process *
gate_engine(void)
{
	return engine.process;
}

struct process *
gate_hands(void)
{
	return hands.process;
}

bool
gate_ready(void)
{
	return engine.state == READY && hands.state == READY && gate != NULL &&
	       ana_token[0] != '\0';
}

bool
gate_quiet(void)
{
	for (size_t i = 0; i < ASKED_MAX; i++) {
		if (asked[i].id != 0)
			return false;
	}
	return true;
}

/* ---- starting ---- */

static int
engine_entry(void *arg)
{
	const struct served *role = arg;
	return engine_main(&(struct engine_options){ .supervisor_fd = role->fd,
	    .state_dir = SIM_STATE,
	    .store_url = "sqlite:firstline.db",
	    .lost = { .why = lost.without ? "the engine ends again and again" : NULL,
		.wall = lost.wall } });
}

static int
hands_entry(void *arg)
{
	const struct served *role = arg;
	return hands_main(&(struct hands_options){ .supervisor_fd = role->fd,
	    .state_dir = SIM_STATE,
	    .shim = "/sim/firstline-shim",
	    .program = "/sim/firstline" });
}

static void
send_bundle(struct served *role, size_t i)
{
	struct bundle_frame frame = { .hash = configs[i].hash, .bytes = bundle_bytes[i] };
	send_fd(role->peer, FRAME_BUNDLE, &bundle_frame_type, &frame, bundles[i]);
}

static void
start(struct served *role)
{
	int pair[2];
	struct err err;
	bool ok = peer_pair(pair, &err);
	ASSERT(ok);
	role->fd = pair[1];
	role->state = STARTING;
	role->process = process_start(role->name,
	    role->kind == ROLE_KIND_ENGINE ? engine_entry : hands_entry, role);
	kernel_give(pair[1], role->process);
	role->peer = peer_new(pair[0], OUT_MAX);
	sim.n.restarts++;
	sim_say("%s starts", role->name);
	send_bundle(role, now);
}

static void
connect_roles(struct served *a, struct served *b)
{
	int pair[2];
	struct err err;
	bool ok = peer_pair(pair, &err);
	ASSERT(ok);
	struct peer_frame to_a = { .role = b != NULL ? b->kind : ROLE_KIND_GATE };
	struct peer_frame to_b = { .role = a->kind };
	send_fd(a->peer, FRAME_PEER, &peer_frame_type, &to_a, pair[0]);
	(void)close(pair[0]);
	if (b == NULL) {
		peer_free(gate);
		gate = peer_new(pair[1], OUT_MAX);
		life++;
		return;
	}
	send_fd(b->peer, FRAME_PEER, &peer_frame_type, &to_b, pair[1]);
	(void)close(pair[1]);
}

static void
forget_gate(void)
{
	peer_free(gate);
	gate = NULL;
	for (size_t i = 0; i < ASKED_MAX; i++) {
		if (asked[i].id == 0)
			continue;
		if (asked[i].alerts)
			asked[i].id =
			    0; /* the sender knows nothing of it, and sends again */
		else
			asked[i].again_at = sim_clock.now + 500;
	}
}

/* With its store is it started next, or without? As the supervisor has it. */
static void
look_at_store(void)
{
	if (lost.without) {
		lost.without = false;
		return;
	}
	if (++lost.ends < LOST_AFTER_ENDS)
		return;
	lost.without = true;
	lost.wall = lost.wall != 0 ? lost.wall : clock_wall();
	sim_say("the engine is started without its store");
}

static void
died(struct served *role)
{
	const struct process *p = role->process;
	if (p->ended &&
	    (p->exit_code == ENGINE_EXIT_BUSY || p->exit_code == ENGINE_EXIT_CORRUPT))
		sim_fail("the engine ended with code %d", p->exit_code);
	sim_say("%s is gone (%s %d)", role->name, p->ended ? "code" : "killed in",
	    p->exit_code);
	peer_free(role->peer);
	role->peer = NULL;
	role->state = DOWN;
	role->start_at = sim_clock.now + (sim_peace() ? 100 : rng_below(&sim.rng, 3000));
	reloading = CALM;
	next = now;
	if (role == &engine) {
		forget_gate();
		look_at_store();
	}
}

void
gate_power_cut(void)
{
	struct served *roles[] = { &engine, &hands };
	for (size_t i = 0; i < countof(roles); i++) {
		if (roles[i]->process != NULL)
			process_kill(roles[i]->process);
	}
}

/* ---- what roles tell ---- */

static void
reload_adopted(const struct served *role, bool ok)
{
	if (!ok) { /* without room on the disk; the other one stays in force */
		sim_say("%s refuses configuration %zu", role->name, next);
		reloading = CALM;
		next = now;
		return;
	}
	if (reloading == HANDS_ADOPT && role == &hands) {
		reloading = ENGINE_ADOPTS;
		send_bundle(&engine, next);
	} else if (reloading == ENGINE_ADOPTS && role == &engine) {
		reloading = CALM;
		now = next;
		sim_say("configuration %zu is in force", now);
	}
}

static void
on_adopted(struct served *role, const struct adopted_frame *adopted)
{
	if (role->state == READY) {
		reload_adopted(role, adopted->ok);
		return;
	}
	if (!adopted->ok) {
		/* A disk without room: it is started again. */
		sim_say("%s adopts nothing: %.*s", role->name, STR_ARG(adopted->text));
		process_kill(role->process);
		return;
	}
	if (role == &engine) {
		if (hands.state == READY)
			connect_roles(&engine, &hands);
		return;
	}
	hands.state = READY;
	if (engine.process == NULL)
		engine.start_at = sim_clock.now;
	else if (engine.state != DOWN)
		connect_roles(&engine, &hands);
}

static void
on_role_frame(struct served *role, const struct frame *frame)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct adopted_frame adopted;
	struct log_frame log;
	struct err err;
	if (frame->kind == FRAME_ADOPTED &&
	    record_decode_all(&adopted_frame_type, frame->payload, &arena, &adopted, &err))
		on_adopted(role, &adopted);
	if (frame->kind == FRAME_READY && role == &engine) {
		engine.state = READY;
		if (!lost.without) {
			lost.ends = 0;
			lost.wall = 0;
		}
		connect_roles(&engine, NULL);
	}
	if (frame->kind == FRAME_LOG &&
	    record_decode_all(&log_frame_type, frame->payload, &arena, &log, &err))
		sim_say("%s: %.*s", role->name, STR_ARG(log.text));
}

/* ---- senders ---- */

static struct asked *
free_asked(void)
{
	for (size_t i = 0; i < ASKED_MAX; i++) {
		if (asked[i].id != 0)
			continue;
		if (i >= asked_top)
			asked_top = i + 1;
		return &asked[i];
	}
	return NULL;
}

static struct asked *
find_asked(uint64_t id)
{
	for (size_t i = 0; i < asked_top; i++) {
		if (asked[i].id == id)
			return &asked[i];
	}
	return NULL;
}

static void
keep_token(const struct answer *answer, struct arena *arena)
{
	const struct item *items = answer->items.p;
	for (size_t i = 0; i < answer->items.n; i++) {
		struct secret_item secret;
		struct err err;
		if (items[i].kind != ITEM_SECRET ||
		    !record_decode_all(&secret_item_type, items[i].body, arena, &secret,
			&err))
			continue;
		(void)snprintf(ana_token, sizeof(ana_token), "%.*s",
		    STR_ARG(secret.secret));
	}
}

static void
on_answer(const struct frame *frame)
{
	static char memory[1 << 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct answer answer;
	struct err err;
	if (!record_decode_all(&answer_type, frame->payload, &arena, &answer, &err))
		sim_fail("an answer cannot be read: %s", err.text);
	struct asked *a = find_asked(frame->id);
	if (a == NULL)
		return;
	if (answer.seq > sim.acked_seq)
		sim.acked_seq = answer.seq;
	if (answer.status == 401 || (answer.status == 403 && a->alerts))
		sim_fail("an answer is %u: %.*s", answer.status, STR_ARG(answer.error));
	bool ok = answer.status < 300;
	sim.n.refused += ok ? 0 : 1;
	if (a->alerts) {
		if (ok) {
			sim.n.acked++;
			a->taken(a->arg);
		}
		a->id = 0;
		return;
	}
	if (answer.status == 503 || answer.status == 507) {
		a->again_at = sim_clock.now + 5 * SECOND;
		return;
	}
	keep_token(&answer, &arena);
	free((void *)(uintptr_t)a->payload.p);
	a->id = 0;
}

static uint64_t
send_frame(enum frame_kind kind, uint64_t id, str token, str bytes)
{
	struct buf *out = peer_out(gate);
	size_t begin = frame_begin(out, kind, id);
	if (kind == FRAME_ALERTS)
		wire_put_start(out,
		    &(struct wire_start){ token, clock_boot(), clock_wall() });
	buf_add(out, bytes);
	frame_end(out, begin);
	flush(gate);
	return id;
}

bool
gate_alerts(str json, void (*taken)(void *arg), void *arg)
{
	static char memory[4 << 20];
	struct arena scratch = arena_over(memory, sizeof(memory));
	struct asked *a = free_asked();
	if (gate == NULL || a == NULL || local_token[0] == '\0')
		return false;
	struct buf wire = BUF((size_t)8 << 20);
	struct intake_read read = intake_read_alertmanager(json,
	    (msec)((int64_t)sim_clock.now + sim_clock.wall_offset), 5 * MINUTE,
	    &intake_limits_default, &scratch, &wire);
	if (read.status != INTAKE_OK)
		sim_fail("the simulation's alerts are refused: %s", read.error);
	*a = (struct asked){ .id = ++last_id,
		.life = life,
		.alerts = true,
		.taken = taken,
		.arg = arg };
	sim.n.alerts++;
	(void)send_frame(FRAME_ALERTS, a->id, str_of(local_token), buf_str(&wire));
	buf_done(&wire);
	return true;
}

static void
ask(const struct request *request)
{
	struct asked *a = free_asked();
	if (a == NULL)
		return;
	struct buf bytes = BUF(1 << 20);
	record_encode(&request_type, request, &bytes);
	char *copy = malloc(bytes.n);
	ASSERT(copy != NULL);
	memcpy(copy, bytes.p, bytes.n);
	*a = (struct asked){ .id = ++last_id, .payload = { copy, bytes.n } };
	buf_done(&bytes);
	sim.n.commands++;
}

void
gate_command(const struct request *request)
{
	static uint64_t keys;
	char key[40];
	struct request keyed = *request;
	(void)snprintf(key, sizeof(key), "key-%llu", (unsigned long long)++keys);
	keyed.token = str_of(ana_token);
	keyed.idempotency_key = str_of(key);
	ask(&keyed);
}

static void
send_commands(void)
{
	for (size_t i = 0; gate != NULL && i < asked_top; i++) {
		struct asked *a = &asked[i];
		if (a->id == 0 || a->alerts || sim_clock.now < a->again_at)
			continue;
		a->again_at = UINT64_MAX;
		(void)send_frame(FRAME_REQUEST, a->id, (str){ 0 }, a->payload);
	}
}

/* Made by the engine at its first start; then ana gets one by it. */
static void
find_tokens(void)
{
	static bool asked_for;
	if (asked_for)
		return;
	const struct inode *file = disk_find(&kernel.disk, SIM_STATE "/local.token");
	if (local_token[0] == '\0' && file != NULL)
		(void)disk_read(file, 0, local_token, sizeof(local_token) - 1);
	if (local_token[0] == '\0')
		return;
	asked_for = true;
	static struct pair params[] = { { { "principal", 9 }, { "person:ana", 10 } },
		{ { "role", 4 }, { "operator", 8 } } };
	struct request request = { .op = OP_TOKEN_ADD,
		.token = str_of(local_token),
		.name = STR("ana"),
		.params = { params, 2 } };
	ask(&request);
}

/* ---- turns ---- */

static bool
read_peer(struct peer *peer, struct served *role)
{
	struct frame frame;
	struct err err = { .kind = ERR_NONE };
	size_t n;
	if (peer == NULL || !kernel_readable(peer_fd(peer)) || !peer_read(peer, &n, &err))
		return false;
	while (peer_next(peer, &frame, &err)) {
		if (role != NULL)
			on_role_frame(role, &frame);
		else if (frame.kind == FRAME_ANSWER)
			on_answer(&frame);
		if (role != NULL && role->peer != peer)
			return true;
	}
	return n > 0;
}

static bool
role_turn(struct served *role)
{
	if (role->process != NULL && !role->process->alive && role->state != DOWN)
		died(role);
	if (role->process == NULL || role->state == DOWN) {
		bool first = role->process == NULL;
		if (stopping || role->start_at > sim_clock.now ||
		    (first && role->start_at == 0))
			return false;
		start(role);
		return true;
	}
	if (peer_wants_write(role->peer))
		flush(role->peer);
	return read_peer(role->peer, role);
}

bool
gate_turn(void)
{
	bool worked = role_turn(&hands);
	worked |= role_turn(&engine);
	if (gate != NULL && peer_wants_write(gate))
		flush(gate);
	if (gate != NULL)
		worked |= read_peer(gate, NULL);
	if (gate != NULL)
		find_tokens();
	send_commands();
	return worked;
}

void
gate_reload(void)
{
	if (reloading != CALM || engine.state != READY || hands.state != READY)
		return;
	next = (now + 1) % SIM_CONFIGS;
	reloading = HANDS_ADOPT;
	send_bundle(&hands, next);
}

void
gate_stop(void)
{
	stopping = true;
	if (engine.state == READY && engine.process->alive) {
		frame_empty(peer_out(engine.peer), FRAME_STOP, 0);
		flush(engine.peer);
	}
}

void
gate_init(void)
{
	for (size_t i = 0; i < SIM_CONFIGS; i++) {
		struct config *c = &configs[i];
		config_open(c);
		if (sim.days > 0)
			config_add(c, "keep.yaml", SIM_KEEP);
		config_add(c, "production.yaml", sim_configs[i]);
		config_add(c, "runbooks/checkout.md", SIM_RUNBOOK("checkout", "restart"));
		config_add(c, "runbooks/payments.md",
		    SIM_RUNBOOK("payments", "restart-known"));
		config_add(c, "runbooks/ledger.md", SIM_RUNBOOK("ledger", "restart-safe"));
		if (config_load(c) == NULL) {
			str faults = config_faults(c);
			sim_fail("configuration %zu: %.*s", i, STR_ARG(faults));
		}
		struct buf bytes = BUF(BUNDLE_BYTES_MAX);
		struct err err;
		bundle_encode(&c->bundle, &bytes);
		bundle_bytes[i] = bytes.n;
		bool ok = memfd_sealed("bundle", buf_str(&bytes), &bundles[i], &err);
		ASSERT(ok);
		buf_done(&bytes);
	}
	hands.state = engine.state = DOWN;
	hands.start_at = 1;
	engine.start_at = 0; /* when hands has adopted */
}
