/*
 * batch -- one commit: the steps between two turns of the loop.
 *
 * Each step is encoded as soon as it is stepped, so nothing of it needs to live longer
 * than the next one. Answers and orders are written as frames into buffers that are handed
 * to the peers only after the commit.
 *
 * While the committer writes one batch, the next is stepped:
 *
 *	steps 1 | steps 2, 3 ... | steps 4 ...
 *	        | commit 1       | commit 2+3 ...
 *	                         ^ answers and orders of 1 leave
 *
 * Whoever asks meanwhile may see what batch 2 did, so answers wait for the batch in which
 * they were made. A commit that fails ends the process, whatever was stepped after it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/state.h"
#include "os/clock.h"
#include "os/crash.h"

#define STEP_ARENA_BYTES ((size_t)1 << 30) /* address space; touched pages are returned */
#define IDLE_PACKS 16                      /* written in one idle turn */
#define LULL_MS 100                        /* without a commit */
#define STEP_ARENA_KEEP ((size_t)1 << 20)
#define COMMIT_HERE_BYTES ((size_t)64 << 10) /* larger ones are the committer's */
#define CROWDED_BYTES ((size_t)4 << 20)      /* answers that wait for a commit */

#define SWAP(a, b)                       \
	do {                             \
		__typeof__(a) was = (a); \
		(a) = (b);               \
		(b) = was;               \
	} while (0)

static void
steps_begin(struct batch *b)
{
	static const char room[ENTRY_BEGIN_MAX];
	buf_reset(&b->steps);
	buf_put(&b->steps, room, sizeof(room));
}

void
batch_init(struct engine *engine)
{
	struct batch *b = &engine->batch;
	b->arena = arena_map(&b->map, STEP_ARENA_BYTES);
	b->steps = BUF(STORE_ENTRY_BYTES_MAX);
	b->rows = BUF((size_t)1 << 30);
	b->to_gate = BUF((size_t)1 << 30);
	b->to_hands = BUF((size_t)1 << 30);
	struct committing *c = &engine->committing;
	*c = (struct committing){ .steps = b->steps,
		.rows = b->rows,
		.to_gate = b->to_gate,
		.to_hands = b->to_hands };
	steps_begin(b);
}

void
batch_trim(struct engine *engine)
{
	struct batch *b = &engine->batch;
	b->arena = arena_map_reset(&b->map, STEP_ARENA_KEEP);
}

void
engine_now(struct engine *engine, msec *ret_at, msec *ret_wall)
{
	*ret_at = engine_clock_at(&engine->clock, clock_boot());
	*ret_wall = clock_wall();
}

void
engine_log(struct engine *engine, enum log_level level, const char *fmt, ...)
{
	char text[500];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (engine->supervisor.peer == NULL)
		return;
	struct log_frame log = { .level = level, .text = str_of(text) };
	frame_record(peer_out(engine->supervisor.peer), FRAME_LOG, 0, &log_frame_type,
	    &log);
	wire_send(&engine->supervisor);
}

/* Bodies that are in flight at two deaths go into quarantine. A gate that cannot be told
 * suspects them. */
static void
tell_blameless(struct engine *engine)
{
	struct err err;
	if (engine->gate.peer == NULL)
		return;
	frame_empty(peer_out(engine->gate.peer), FRAME_BLAMELESS, 0);
	if (!peer_flush(engine->gate.peer, &err))
		engine_log(engine, LOG_WARNING, "the gate is not told why: %s", err.text);
}

void
engine_die(struct engine *engine, int code, const char *fmt, ...)
{
	char text[400];
	va_list args;
	/* To log it may find that the supervisor is gone, and an engine that is stopped in
	 * order commits what it has: never behind a commit that failed. */
	engine->stopping = true;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	engine_log(engine, LOG_ERROR, "%s", text);
	tell_blameless(engine);
	_Exit(code);
}

uint64_t
batch_seq(const struct engine *engine)
{
	bool under_way = committer_busy(engine->committer) &&
	                 engine->committing.commit.seq > engine->head.seq;
	return engine->head.seq + 1 + under_way;
}

/* ---- rows ---- */

/* `at` in rows.p is filled in when the commit is made: the buffer may still move. */
static struct row_write *
row_add(struct batch *b)
{
	if (b->row_n == b->row_cap) {
		size_t cap = b->row_cap == 0 ? 256 : 2 * b->row_cap;
		struct row_write *row = realloc(b->row, cap * sizeof(*row));
		ASSERT(row != NULL);
		b->row = row;
		b->row_cap = cap;
	}
	struct row_write *row = &b->row[b->row_n++];
	*row = (struct row_write){ .table = TABLE_NONE };
	return row;
}

/* The body as an offset into b->rows until rows_settle. */
static void
row_record(struct batch *b, struct row_write row, const struct record_type *type,
    const void *record)
{
	size_t begin = b->rows.n;
	record_encode(type, record, &b->rows);
	row.body = (str){ NULL, b->rows.n - begin };
	*row_add(b) = row;
}

static void
row_bytes(struct batch *b, struct row_write row, str body)
{
	row.body = (str){ NULL, body.n };
	buf_add(&b->rows, body);
	*row_add(b) = row;
}

void
batch_row(struct engine *engine, struct row_write row, const void *record)
{
	if (record == NULL) {
		*row_add(&engine->batch) = row;
		return;
	}
	row_record(&engine->batch, row, table_type(row.table), record);
}

static void
rows_settle(struct batch *b)
{
	const char *at = b->rows.p;
	for (size_t i = 0; i < b->row_n; i++) {
		if (b->row[i].body.n == 0)
			continue;
		b->row[i].body.p = at;
		at += b->row[i].body.n;
	}
	ASSERT(at == b->rows.p + b->rows.n);
}

/* ---- performing ---- */

static void
perform_reply(struct engine *engine, const struct reply *reply)
{
	struct batch *b = &engine->batch;
	if (reply->request == 0)
		return;
	struct answer_out a;
	answer_begin(&a, &b->to_gate, &b->arena, reply->request, batch_seq(engine));
	a.answer.status = reply->status;
	a.answer.exit = reply->exit;
	a.answer.error = reply->error;
	if (reply->body.n > 0)
		answer_item(&a, reply->table, 0, reply->body, false);
	bool secret = reply->request == engine->secret_request && reply->status < 300;
	if (secret) {
		engine->secret.id = reply->row;
		answer_record(&a, ITEM_SECRET, &engine->secret);
	}
	if (reply->request == engine->session_request && reply->status < 300)
		signin_answer(engine, &a);
	answer_end(&a, 0);
	engine->secret_request = secret ? 0 : engine->secret_request;
}

/* What goes to hands has a link that what is kept of it has not. */
static void
perform_notify(struct engine *engine, const struct effect *effect)
{
	struct batch *b = &engine->batch;
	struct arena scratch = b->arena;
	struct effect sent = *effect;
	taps_add(engine, &sent.notify.notice, &scratch);
	size_t begin = frame_begin(&b->to_hands, FRAME_ORDER, 0);
	order_encode(&b->to_hands, &sent);
	frame_end(&b->to_hands, begin);
}

static void
perform(struct engine *engine, const struct effect *effect)
{
	struct batch *b = &engine->batch;
	switch (effect->kind) {
	case EFFECT_START_ATTEMPT:
	case EFFECT_STOP_ATTEMPT:
	case EFFECT_RECONCILE_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
	case EFFECT_PROBE:
	case EFFECT_FILE_HANDOFF: {
		size_t begin = frame_begin(&b->to_hands, FRAME_ORDER, 0);
		order_encode(&b->to_hands, effect);
		frame_end(&b->to_hands, begin);
		return;
	}
	case EFFECT_NOTIFY:
		perform_notify(engine, effect);
		return;
	case EFFECT_REPLY:
		perform_reply(engine, &effect->reply);
		return;
	case EFFECT_APPEND_TIMELINE: {
		const struct timeline_row *row = &effect->append_timeline.row;
		row_record(b,
		    (struct row_write){ .table = TABLE_TIMELINE,
			.id = row->id,
			.incident = row->incident,
			.wall = row->wall },
		    &timeline_row_type, row);
		return;
	}
	}
	UNREACHABLE();
}

void
batch_step(struct engine *engine, struct event *event)
{
	struct batch *b = &engine->batch;
	ASSERT(!engine->refusing);
	engine_now(engine, &event->at, &event->wall);

	struct effects fx = { .arena = &b->arena };
	core_step(engine->core, event, &fx);
	if (event->kind == EVENT_ALERTS_CHANGED) {
		ASSERT(fx.alert_n == event->alerts_changed.changes.n);
		intake_settle(engine->intake, &event->alerts_changed, fx.alert_incident);
		b->alert_n += fx.alert_n;
	}
	entry_step(&b->steps, &(struct step){
				  .event = *event,
				  .alert_incident = fx.alert_incident,
				  .alert_n = fx.alert_n,
				  .effect = fx.item,
				  .effect_n = fx.n,
			      });
	b->step_n++;
	for (size_t i = 0; i < fx.n; i++)
		perform(engine, &fx.item[i]);
	b->arena.beg = b->map.memory;
}

/* ---- committing ---- */

static void send_waiting(struct buf *from, struct wire *to);

void
batch_aside(struct engine *engine, struct core *core, struct event *event)
{
	struct batch *b = &engine->batch;
	ASSERT(engine->refusing);
	ASSERT(core != engine->core || !store_writes(engine->store));
	engine_now(engine, &event->at, &event->wall);
	struct effects fx = { .arena = &b->arena };
	core_step(core, event, &fx);
	for (size_t i = 0; i < fx.n; i++) {
		if (fx.item[i].kind == EFFECT_NOTIFY)
			perform_notify(engine, &fx.item[i]);
	}
	core_clean(core);
	b->arena.beg = b->map.memory;
	send_waiting(&b->to_hands, &engine->hands);
}

static bool
is_published(enum table table)
{
	return table == TABLE_INCIDENT || table == TABLE_TIMELINE || table == TABLE_RUN ||
	       table == TABLE_ATTEMPT || table == TABLE_DECISION || table == TABLE_NOTICE ||
	       table == TABLE_HANDOFF || table == TABLE_GAP || table == TABLE_CONTROL ||
	       table == TABLE_SILENCE || table == TABLE_ASKED || table == TABLE_LEASE ||
	       table == TABLE_TRUST || table == TABLE_OVERRIDE || table == TABLE_HEARTBEAT;
}

static void
add_touched(struct engine *engine)
{
	size_t n;
	const struct row_ref *touched = core_touched(engine->core, &n);
	for (size_t i = 0; i < n; i++) {
		const struct row_ref *r = &touched[i];
		struct row_write row = { .table = r->table,
			.id = r->id,
			.incident = r->incident,
			.open = r->open,
			.wall = r->wall };
		if (r->table == TABLE_NOTICE && !r->open && r->row != NULL)
			channels_over(engine, r->row);
		if (r->row == NULL)
			*row_add(&engine->batch) = row;
		else
			row_record(&engine->batch, row, table_type(r->table), r->row);
	}
}

/* Trailing alert packs: as many as the batch made dirty once too many trail, a few else. */
static void
add_packs(struct engine *engine, size_t most)
{
	struct batch *b = &engine->batch;
	struct arena scratch = b->arena;
	struct pack *packs = arena_new(&scratch, struct pack, most);
	size_t n = intake_packs(engine->intake, engine->head.seq, packs, most, &scratch);
	for (size_t i = 0; i < n; i++)
		row_bytes(b,
		    (struct row_write){ .table = TABLE_ALERTS,
			.id = packs[i].id + 1, /* rows count from 1, packs from 0 */
			.open = packs[i].body.n > 0 },
		    packs[i].body);
}

static void
add_publish(struct engine *engine, uint64_t seq)
{
	struct batch *b = &engine->batch;
	struct arena scratch = b->arena;
	struct item *items = arena_new(&scratch, struct item, b->row_n > 0 ? b->row_n : 1);
	size_t n = 0, bytes = 0;
	for (size_t i = 0; i < b->row_n; i++) {
		const struct row_write *row = &b->row[i];
		if (!is_published(row->table) || row->body.n == 0)
			continue;
		items[n++] = (struct item){ .table = row->table, .body = row->body };
		bytes += row->body.n;
		if (n == ANSWER_ITEMS_MAX || bytes > ANSWER_BYTES_MAX) {
			struct publish part = { .seq = seq,
				.wall = clock_wall(),
				.items = { items, n } };
			frame_record(&b->to_gate, FRAME_PUBLISH, 0, &publish_type, &part);
			n = bytes = 0;
		}
	}
	struct publish publish = { .seq = seq,
		.wall = clock_wall(),
		.items = { items, n } };
	if (n > 0)
		frame_record(&b->to_gate, FRAME_PUBLISH, 0, &publish_type, &publish);
}

static void
send_waiting(struct buf *from, struct wire *to)
{
	/* A role that is away gets nothing: when it is back it is told what is open. */
	if (to->peer != NULL && from->n > 0) {
		buf_add(peer_out(to->peer), buf_str(from));
		wire_send(to);
	}
	buf_reset(from);
}

/* Else it may be of what was to be written: a row over its limit, or that SQLite will not have. */
static bool
is_of_the_disk(const struct err *err)
{
	return err->kind == ERR_NO_SPACE || err->kind == ERR_CORRUPT ||
	       err->kind == ERR_DENIED || err->kind == ERR_BUSY ||
	       (err->kind == ERR_IO && err->sys != 0);
}

static void
commit_failed(struct engine *engine, const struct err *err)
{
	int code = err->kind == ERR_NO_SPACE  ? ENGINE_EXIT_NO_ROOM
	           : err->kind == ERR_CORRUPT ? ENGINE_EXIT_CORRUPT
	                                      : ENGINE_EXIT_FAILED;
	if (is_of_the_disk(err))
		engine_die(engine, code, "commit: %s", err->text);
	engine->stopping = true; /* as in engine_die */
	engine_log(engine, LOG_ERROR, "commit: %s", err->text);
	_Exit(code);
}

/* The beginning of an entry is known when its steps are: it is written before them. */
static str
entry_whole(struct batch *b, uint64_t seq)
{
	char memory[ENTRY_BEGIN_MAX + 1];
	struct buf begin = { .p = memory, .cap = ENTRY_BEGIN_MAX, .max = ENTRY_BEGIN_MAX };
	entry_begin(&begin, seq, b->step_n);
	ASSERT(!begin.overflow && !b->steps.overflow);
	size_t unused = ENTRY_BEGIN_MAX - begin.n;
	memcpy(b->steps.p + unused, begin.p, begin.n);
	return str_drop(buf_str(&b->steps), unused);
}

/* The batch becomes what is committed, and an empty one takes its place. */
static void
change_places(struct engine *engine)
{
	struct batch *b = &engine->batch;
	struct committing *c = &engine->committing;
	SWAP(b->steps, c->steps);
	SWAP(b->rows, c->rows);
	SWAP(b->to_gate, c->to_gate);
	SWAP(b->to_hands, c->to_hands);
	SWAP(b->row, c->row);
	SWAP(b->row_cap, c->row_cap);
	steps_begin(b);
	buf_reset(&b->rows);
	ASSERT(b->to_gate.n == 0 && b->to_hands.n == 0);
	b->step_n = b->alert_n = b->row_n = 0;
	b->arena.beg = b->map.memory;
}

/* What was stepped, as one commit that waits for nothing but the disk. */
static void
prepare_entry(struct engine *engine)
{
	struct batch *b = &engine->batch;
	uint64_t seq = engine->head.seq + 1;
	add_touched(engine);
	if (intake_packs_dirty(engine->intake) > ENGINE_PACKS_TRAIL_MAX)
		add_packs(engine, 2 * b->alert_n / PACK_ALERTS + 16);
	ASSERT(!b->rows.overflow);
	rows_settle(b);
	add_publish(engine, seq);
	engine->committing.commit = (struct commit){
		.seq = seq,
		.entry = entry_whole(b, seq),
		.rows = b->row,
		.row_n = b->row_n,
		.alerts_as_of = intake_packs_as_of(engine->intake, engine->head.seq),
	};
	change_places(engine);
	core_clean(engine->core);
	configs_drop_unused(&engine->configs, engine->core);
	timers_arm(engine);
}

/* Packs may trail, so they wait for a lull: written between the alerts of a busy moment they
 * would cost each of them a sync, and a pack that fills would be written many times. */
static bool
packs_due(const struct engine *engine)
{
	size_t dirty = intake_packs_dirty(engine->intake);
	return dirty > ENGINE_PACKS_TRAIL_MAX / 2 ||
	       (dirty > 0 && clock_boot() - engine->committed_boot > LULL_MS);
}

static void
prepare_packs(struct engine *engine)
{
	struct batch *b = &engine->batch;
	add_packs(engine, IDLE_PACKS);
	rows_settle(b);
	engine->committing.commit = (struct commit){ .rows = b->row,
		.row_n = b->row_n,
		.alerts_as_of = intake_packs_as_of(engine->intake, engine->head.seq) };
	change_places(engine);
}

void
batch_committed(void *context, const struct committed *result)
{
	struct engine *engine = context;
	struct committing *c = &engine->committing;
	if (!result->ok)
		commit_failed(engine, &result->err);
	engine->head = store_head(engine->store);
	if (c->commit.seq != 0) {
		engine->n.commit_us += result->us;
		engine->n.commits++;
		engine->committed_boot = clock_boot();
	}
	send_waiting(&c->to_hands, &engine->hands);
	CRASH_POINT("engine-orders-sent");
	send_waiting(&c->to_gate, &engine->gate);
}

/* On the loop itself: what is small is done before another thread has woken up. */
static void
commit_here(struct engine *engine)
{
	struct committed result = { .us = 0 };
	uint64_t began = clock_boot_us();
	CRASH_POINT("engine-commit-before");
	result.ok = store_commit(engine->store, &engine->committing.commit, &result.err);
	CRASH_POINT("engine-commit-after");
	result.us = clock_boot_us() - began;
	batch_committed(engine, &result);
}

static void
commit(struct engine *engine)
{
	const struct committing *c = &engine->committing;
	if (c->steps.n + c->rows.n < COMMIT_HERE_BYTES)
		commit_here(engine);
	else
		committer_start(engine->committer, &c->commit);
}

bool
batch_fits(const struct engine *engine, size_t payload)
{
	static_assert(ENTRY_BEGIN_MAX + FRAME_PAYLOAD_MAX + ENGINE_STEP_ROOM <=
			  STORE_ENTRY_BYTES_MAX,
	    "the longest frame fits into an entry of its own");
	const struct batch *b = &engine->batch;
	return b->step_n == 0 ||
	       b->steps.n + payload + ENGINE_STEP_ROOM <= STORE_ENTRY_BYTES_MAX;
}

void
batch_wait(struct engine *engine)
{
	committer_wait(engine->committer);
}

void
batch_hand_over(struct engine *engine)
{
	batch_wait(engine);
	prepare_entry(engine);
	commit(engine);
}

void
batch_commit(struct engine *engine)
{
	struct batch *b = &engine->batch;
	batch_wait(engine);
	if (b->step_n > 0) {
		prepare_entry(engine);
		commit_here(engine);
	}
	send_waiting(&b->to_hands, &engine->hands);
	send_waiting(&b->to_gate, &engine->gate);
}

bool
batch_crowded(const struct engine *engine)
{
	return committer_busy(engine->committer) && engine->batch.to_gate.n > CROWDED_BYTES;
}

void
batch_forget(struct engine *engine, enum role_kind role)
{
	bool gate = role == ROLE_KIND_GATE;
	buf_reset(gate ? &engine->batch.to_gate : &engine->batch.to_hands);
	buf_reset(gate ? &engine->committing.to_gate : &engine->committing.to_hands);
}

bool
batch_turn(struct engine *engine)
{
	struct batch *b = &engine->batch;
	if (committer_busy(engine->committer))
		return false; /* its end wakes the loop */
	if (b->step_n > 0) {
		if (keep_turn(engine, false))
			return false;
		prepare_entry(engine);
		commit(engine);
		return true;
	}
	send_waiting(&b->to_hands, &engine->hands);
	send_waiting(&b->to_gate, &engine->gate);
	if (engine->refusing || !engine->ready)
		return false;
	/* A slice when one is due, also in a storm that leaves no idle turn: put off, it
	 * would be as long as the log has grown, and stand before somebody's answer. */
	if (store_checkpoint_due(engine->store)) {
		committer_checkpoint(engine->committer);
		return false;
	}
	if (!packs_due(engine)) {
		(void)keep_turn(engine, true);
		return false;
	}
	prepare_packs(engine);
	commit(engine);
	return true;
}
