/*
 * reader -- answers from the store: history, whole incidents, reports; and all silences.
 *
 * One thread of libuv's pool at a time works with a read-only handle of its own; the loop
 * hands it a copy of the request and takes back finished frames. Nothing is shared.
 *
 * What is finished goes to the gate as fast as the gate takes it, and the next question is
 * looked into when it has gone: of long answers there is one in memory, and they never fill
 * the gate's wire.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/list.h"
#include "core/noise_sum.h"
#include "engine/state.h"
#include "os/clock.h"

#define JOBS_MAX 256
#define JOB_ARENA_BYTES ((size_t)256 << 20)
#define PAGE_MAX 1000
#define PAGE_BYTES ((size_t)16 << 20) /* of a list; the cursor goes on from there */
#define PART_BYTES ((size_t)1 << 20)  /* the same of one incident */
#define PART_TABLE_SHIFT 56           /* of its cursor: see part_of_incident */
/* A journal entry that is longer goes into no answer. */
#define ENTRY_SENT_MAX ((size_t)16 << 20)
static_assert(ENTRY_SENT_MAX >= PAGE_BYTES, "what is too long is the first of its page");
static_assert(ENTRY_SENT_MAX + (1u << 20) <= FRAME_PAYLOAD_MAX, "it fits into a frame");
/* On the way to the gate before more is handed over: what else is answered waits behind it. */
#define READER_AHEAD_BYTES ((size_t)1 << 20)

struct job {
	struct link link;
	uint64_t id;
	uint64_t generation; /* of the gate connection that asked */
	struct request request;
	struct arena_map map;
	struct arena arena;   /* of the answer: reset after each of its frames */
	struct arena scratch; /* what outlives a frame: an entry while its rows are taken */
	row_id waiting_run;   /* as `doing` */
	str doing;            /* about the incident, when it was asked for */
	struct buf out;
	str left; /* of `out`, once it is finished: not handed over yet */
	struct reader *reader;
	struct answer_out answer;
	/* While rows come: */
	uint64_t last;
	size_t taken;
	size_t bytes, bytes_max;
	bool full; /* the next one did not fit */
};

struct reader {
	struct engine *engine;
	struct store *store;
	struct link waiting;
	size_t n;
	uint64_t generation;
	struct job *working; /* on its thread, or finished: */
	bool finished;       /* the loop hands it over */
	uv_work_t work;
};

bool
reader_init(struct engine *engine, struct err *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	ASSERT(reader != NULL);
	reader->engine = engine;
	list_init(&reader->waiting);
	engine->reader = reader;
	return store_reader(engine->store, &reader->store, err);
}

/* ---- on the reader's thread ---- */

static void
refuse(struct job *job, uint32_t status, uint32_t exit, str error)
{
	job->answer.answer.status = status;
	job->answer.answer.exit = exit;
	job->answer.answer.error = error;
}

/* Counts what is about to be taken; false when it is for the next page. The first is always
 * taken, however long it is. */
static bool
fits(struct job *job, size_t bytes)
{
	job->full = job->bytes > 0 && job->bytes + bytes > job->bytes_max;
	if (job->full)
		return false;
	job->bytes += bytes;
	job->taken++;
	return true;
}

static bool
take_row(void *context, const struct stored_row *row)
{
	struct job *job = context;
	if (!fits(job, row->body.n))
		return false;
	answer_item(&job->answer, row->table, 0, row->body, true);
	job->last = row->id;
	return true;
}

/* Those behind `after`, as far as they fit; job->last is where to go on. */
static bool
rows_of_incident(struct job *job, enum table table, row_id after, struct err *err)
{
	struct row_query query = { .table = table,
		.incident = job->request.incident,
		.limit = PAGE_MAX };
	uint64_t seq;
	job->last = after;
	do {
		job->taken = 0;
		query.after = job->last;
		if (!store_rows(job->reader->store, &query, take_row, job, &seq, err))
			return false;
		job->answer.answer.seq = seq;
	} while (job->taken == PAGE_MAX && !job->full);
	return true;
}

/* Was that incident there once, and let go of? Numbers are given one after the other. */
static bool
let_go_of(struct job *job, incident_id id)
{
	struct stored_row row;
	struct store_base base;
	struct control_row control;
	struct err err;
	struct arena scratch = job->scratch;
	return store_base(job->reader->store, NULL, &base, &err) && base.rows_seq > 0 &&
	       store_row(job->reader->store, TABLE_CONTROL, 1, &scratch, &row, &err) &&
	       record_decode_all(&control_row_type, row.body, &scratch, &control, &err) &&
	       id < control.next_incident;
}

static void
refuse_row(struct job *job, enum table table, row_id id, const char *what)
{
	if (table != TABLE_INCIDENT || !let_go_of(job, (incident_id)id))
		refuse(job, 404, 3, str_of(what));
	else
		refuse(job, 410, 3,
		    arena_printf(&job->scratch,
			"incident %llu is not kept any more: it was over for longer than "
			"keep.history says",
			(unsigned long long)id));
}

static bool
put_incident(struct job *job, str body, struct err *err)
{
	struct incident_row row;
	if (!record_decode_all(&incident_row_type, body, &job->arena, &row, err))
		return false;
	if (row.state != INCIDENT_CLOSED) {
		row.doing = job->doing;
		row.waiting_run = job->waiting_run;
	}
	answer_row_record(&job->answer, TABLE_INCIDENT, &row);
	return true;
}

static bool
one_row(struct job *job, enum table table, row_id id, const char *what, struct err *err)
{
	struct stored_row row;
	if (store_row(job->reader->store, table, id, &job->arena, &row, err)) {
		if (table == TABLE_INCIDENT && job->doing.n > 0)
			return put_incident(job, row.body, err);
		answer_item(&job->answer, table, 0, row.body, true);
		return true;
	}
	if (err->kind == ERR_NOT_FOUND)
		refuse_row(job, table, id, what);
	return false;
}

/*
 * An incident and what belongs to it, table after table; the gate asks for the next part when
 * its client has read the last, so nobody holds all of it. Where the next part begins:
 *
 *	63     56 55                                    0
 *	| table  | rows of it behind this one            |
 *
 * `table` counts in `with`. 0 is the first part, which has the incident itself before them.
 */
static bool
part_of_incident(struct job *job, const enum table *with, size_t n, uint64_t *ret_cursor,
    struct err *err)
{
	uint64_t cursor = job->request.cursor;
	row_id after = cursor & ((UINT64_C(1) << PART_TABLE_SHIFT) - 1);
	if (cursor == 0 &&
	    !one_row(job, TABLE_INCIDENT, job->request.incident, "no such incident", err))
		return false;
	for (size_t i = (size_t)(cursor >> PART_TABLE_SHIFT); i < n && !job->full; i++) {
		if (!rows_of_incident(job, with[i], after, err))
			return false;
		ASSERT(job->last >> PART_TABLE_SHIFT == 0);
		if (job->full)
			*ret_cursor = (uint64_t)i << PART_TABLE_SHIFT | job->last;
		after = 0;
	}
	return true;
}

/* What was asked for, and what was decided about it last. */
static bool
one_asked(struct job *job, struct err *err)
{
	struct stored_row row;
	struct asked_row asked;
	if (!one_row(job, TABLE_ASKED, job->request.row,
		"nothing with that number was asked for", err))
		return false;
	if (!store_row(job->reader->store, TABLE_ASKED, job->request.row, &job->arena, &row,
		err) ||
	    !record_decode_all(&asked_row_type, row.body, &job->arena, &asked, err))
		return false;
	return asked.decision == 0 || one_row(job, TABLE_DECISION, asked.decision,
					  "its decision is not there", err);
}

/* One page of a table, newest first; the cursor goes on below the last one. */
static bool
page(struct job *job, enum table table, bool open_only, uint64_t *ret_cursor,
    struct err *err)
{
	uint32_t limit = job->request.limit > 0 && job->request.limit <= PAGE_MAX
	                     ? job->request.limit
	                     : 100;
	struct row_query query = { .table = table,
		.incident = job->request.incident,
		.open_only = open_only,
		.newest_first = true,
		.after = job->request.cursor,
		.limit = limit };
	uint64_t seq;
	if (!store_rows(job->reader->store, &query, take_row, job, &seq, err))
		return false;
	job->answer.answer.seq = seq;
	*ret_cursor = job->full || job->taken == limit ? job->last : 0;
	return true;
}

/* Whoever asked for it has all pages before, and is told how to get those behind. */
static void
refuse_entry(struct job *job, const struct stored_entry *entry)
{
	unsigned long long seq = entry->seq;
	refuse(job, 422, 2,
	    arena_printf(&job->scratch,
		"entry %llu has %zu bytes, of which at most %zu are sent: "
		"'firstline journal show --from %llu --limit 1' on the server shows it, "
		"cursor=%llu goes on past it",
		seq, entry->bytes.n, ENTRY_SENT_MAX, seq, seq));
}

static bool
take_entry(void *context, const struct stored_entry *entry)
{
	struct job *job = context;
	struct entry_item item = { .seq = entry->seq,
		.hash = entry->hash,
		.bytes = entry->bytes };
	if (!fits(job, entry->bytes.n))
		return false;
	if (entry->bytes.n > ENTRY_SENT_MAX) {
		refuse_entry(job, entry);
		return false;
	}
	struct buf body = BUF(FRAME_PAYLOAD_MAX);
	record_encode(&entry_item_type, &item, &body);
	answer_item(&job->answer, TABLE_NONE, ITEM_ENTRY, buf_str(&body), true);
	buf_done(&body);
	job->last = entry->seq;
	return true;
}

/* The timeline rows that an entry appended, for an event stream that resumes. */
static bool
take_timeline(void *context, const struct stored_entry *stored)
{
	struct job *job = context;
	struct arena scratch = job->scratch;
	struct entry entry;
	struct err err;
	if (!fits(job, 0))
		return false;
	job->last = stored->seq;
	if (!entry_decode(stored->bytes, &scratch, &entry, &err))
		return true;
	job->answer.answer.seq = stored->seq;
	struct buf body = BUF(STORE_ROW_BYTES_MAX);
	for (size_t i = 0; i < entry.step_n; i++) {
		for (size_t k = 0; k < entry.step[i].effect_n; k++) {
			const struct effect *effect = &entry.step[i].effect[k];
			if (effect->kind != EFFECT_APPEND_TIMELINE)
				continue;
			buf_reset(&body);
			record_encode(&timeline_row_type, &effect->append_timeline.row,
			    &body);
			job->bytes += body.n;
			answer_item(&job->answer, TABLE_TIMELINE, 0, buf_str(&body), true);
		}
	}
	buf_done(&body);
	/* A frame an entry: its `seq` is the event's id. */
	answer_more(&job->answer);
	return true;
}

static bool
entries(struct job *job, bool (*take)(void *, const struct stored_entry *),
    uint64_t *ret_cursor, struct err *err)
{
	uint64_t limit = job->request.limit > 0 && job->request.limit <= PAGE_MAX
	                     ? job->request.limit
	                     : PAGE_MAX;
	if (job->request.cursor >= INT64_MAX)
		return true; /* no journal is that long */
	if (!store_entries(job->reader->store, job->request.cursor + 1, limit, take, job,
		err))
		return false;
	*ret_cursor = job->full || job->taken == limit ? job->last : 0;
	return true;
}

struct noise_page {
	struct job *job;
	struct noise_sum *sum;
	row_id last;
	uint32_t n;
	struct err err;
};

static bool
take_noise(void *context, const struct stored_row *row)
{
	struct noise_page *page = context;
	struct arena scratch = page->job->scratch;
	struct noise_row noise;
	if (!record_decode_all(&noise_row_type, row->body, &scratch, &noise, &page->err))
		return false;
	noise_sum_add(page->sum, &noise);
	page->last = row->id;
	page->n++;
	return true;
}

/* All rows there are, as it is their sum that is asked for. */
static bool
noise(struct job *job, struct err *err)
{
	const struct request *r = &job->request;
	msec span = r->span_ms != 0 ? r->span_ms : NOISE_SINCE_MS, now = clock_wall();
	struct noise_sum sum;
	struct noise_item *items;
	enum noise_by by;
	if (!noise_by_word(r->name, &by)) {
		refuse(job, 422, 2, STR("by is alert, source or service"));
		return true;
	}
	noise_sum_begin(&sum, &job->arena, by, now > span ? now - span : 0);
	struct noise_page page = { .job = job, .sum = &sum };
	struct row_query query = { .table = TABLE_NOISE, .limit = PAGE_MAX };
	do {
		page.n = 0;
		query.after = page.last;
		if (!store_rows(job->reader->store, &query, take_noise, &page,
			&job->answer.answer.seq, err))
			return false;
		if (page.err.kind != ERR_NONE) {
			*err = page.err;
			return false;
		}
	} while (page.n == PAGE_MAX);
	size_t n = noise_sum_end(&sum, &items);
	job->answer.begin = job->arena; /* they outlive each frame */
	for (size_t i = 0; i < n; i++)
		answer_record(&job->answer, ITEM_NOISE, &items[i]);
	return true;
}

static bool
read_answer(struct job *job, uint64_t *ret_cursor, struct err *err)
{
	/* In the order in which the gate writes them. */
	static const enum table whole[] = { TABLE_TIMELINE, TABLE_RUN, TABLE_ATTEMPT,
		TABLE_DECISION, TABLE_ASKED, TABLE_NOTICE, TABLE_HANDOFF };
	static const enum table why[] = { TABLE_TIMELINE, TABLE_RUN, TABLE_DECISION,
		TABLE_ATTEMPT, TABLE_ASKED };
	switch ((int)job->request.op) {
	case OP_INCIDENT:
		return part_of_incident(job, whole, countof(whole), ret_cursor, err);
	case OP_WHY:
		return part_of_incident(job, why, countof(why), ret_cursor, err);
	case OP_INCIDENTS:
		return page(job, TABLE_INCIDENT, false, ret_cursor, err);
	case OP_HANDOFFS:
		return page(job, TABLE_HANDOFF, false, ret_cursor, err);
	case OP_HANDOFF:
		return one_row(job, TABLE_HANDOFF, job->request.row, "no such handoff",
		    err);
	case OP_NOTICE:
		return one_row(job, TABLE_NOTICE, job->request.row, "no such notice", err);
	case OP_GAPS:
		return page(job, TABLE_GAP, false, ret_cursor, err);
	case OP_ASKED:
		return page(job, TABLE_ASKED, false, ret_cursor, err);
	case OP_ASKED_ONE:
		return one_asked(job, err);
	case OP_LEASES:
		return page(job, TABLE_LEASE, false, ret_cursor, err);
	case OP_OVERRIDES:
		return page(job, TABLE_OVERRIDE, false, ret_cursor, err);
	case OP_JOURNAL:
		return entries(job, take_entry, ret_cursor, err);
	case OP_EVENTS:
		return entries(job, take_timeline, ret_cursor, err);
	case OP_NOISE:
		return noise(job, err);
	default:
		UNREACHABLE();
	}
}

/* What does not fit is no answer at all: half a one would look whole, or be waited for. */
static void
end_answer(struct job *job, uint64_t cursor)
{
	answer_end(&job->answer, cursor);
	if (!job->out.overflow)
		return;
	buf_reset(&job->out);
	answer_plain(&job->out, job->id, job->answer.answer.seq, 500, 1,
	    "the answer is too long to be sent");
}

static void
work(uv_work_t *work)
{
	struct reader *reader = work->data;
	struct job *job = reader->working;
	struct err err;
	uint64_t cursor = 0;
	answer_begin(&job->answer, &job->out, &job->arena, job->id, 0);
	bool part = job->request.op == OP_INCIDENT || job->request.op == OP_WHY;
	job->bytes_max = part ? PART_BYTES : PAGE_BYTES;
	if (!read_answer(job, &cursor, &err) && job->answer.answer.status == 200) {
		bool gone = err.kind == ERR_GONE;
		refuse(job, gone ? 410 : 500, gone ? 3 : 1,
		    arena_str(&job->scratch, str_of(err.text)));
	}
	end_answer(job, cursor);
}

/* ---- on the loop ---- */

static void
job_free(struct job *job)
{
	buf_done(&job->out);
	arena_unmap(&job->map);
	free(job);
}

/* The turn of the loop that this wakes hands it over. */
static void
work_done(uv_work_t *uv, int status)
{
	struct reader *reader = uv->data;
	struct job *job = reader->working;
	ASSERT(status == 0); /* none is ever cancelled */
	job->left = buf_str(&job->out);
	reader->finished = true;
}

/* Silences are the core's: their turn is waited for, but it is the loop that looks. */
static void
list_silences(struct reader *reader, struct job *job)
{
	struct engine *engine = reader->engine;
	answer_begin(&job->answer, &job->out, &job->arena, job->id, engine->head.seq);
	answer_silences(engine, &job->answer);
	end_answer(job, 0);
	job->left = buf_str(&job->out);
	reader->finished = true;
}

static void
start_next(struct reader *reader)
{
	if (reader->working != NULL || list_empty(&reader->waiting))
		return;
	struct job *job = container_of(reader->waiting.next, struct job, link);
	link_remove(&job->link);
	reader->n--;
	reader->working = job;
	reader->finished = false;
	reader->work.data = reader;
	if (job->request.op == OP_SILENCES)
		list_silences(reader, job);
	else
		ASSERT(uv_queue_work(&reader->engine->loop, &reader->work, work,
			   work_done) == 0);
}

/* Whole frames, so that what else is answered may stand between them. */
static void
hand_over(struct engine *engine, struct job *job)
{
	struct buf *to = &engine->batch.to_gate;
	struct frame frame;
	while (job->left.n > 0 &&
	       peer_waiting(engine->gate.peer) + to->n <= READER_AHEAD_BYTES) {
		str rest = job->left;
		ASSERT(frame_cut(&rest, &frame) == FRAME_WHOLE);
		buf_add(to, str_take(job->left, job->left.n - rest.n));
		job->left = rest;
	}
}

bool
reader_turn(struct engine *engine)
{
	struct reader *reader = engine->reader;
	struct job *job = reader->working;
	if (job == NULL || !reader->finished)
		return false;
	if (job->generation != reader->generation)
		job->left = (str){ 0 }; /* nobody is there who asked */
	if (job->left.n > 0) {
		/* The gate's taking it, or the commit's end, wakes the loop. */
		if (batch_crowded(engine) ||
		    peer_waiting(engine->gate.peer) > READER_AHEAD_BYTES)
			return false;
		hand_over(engine, job);
	}
	if (job->left.n > 0)
		return true;
	reader->working = NULL;
	job_free(job);
	start_next(reader);
	return reader->working != NULL && reader->finished;
}

/* The second half of it. */
static struct arena
arena_half(struct arena *arena)
{
	char *middle = arena->beg + (arena->end - arena->beg) / 2;
	struct arena half = { middle, arena->end };
	arena->end = middle;
	return half;
}

void
reader_ask(struct engine *engine, uint64_t id, const struct request *request, str first)
{
	struct reader *reader = engine->reader;
	if (reader->n == JOBS_MAX) {
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 503, 1,
		    "too many questions wait: ask again");
		return;
	}
	struct job *job = calloc(1, sizeof(*job));
	ASSERT(job != NULL);
	job->arena = arena_map(&job->map, JOB_ARENA_BYTES);
	job->scratch = arena_half(&job->arena);
	job->out = BUF(JOB_ARENA_BYTES);
	buf_add(&job->out, first);
	job->id = id;
	job->reader = reader;
	job->generation = reader->generation;
	record_copy(&request_type, request, &job->arena, &job->request);
	if (request->op == OP_INCIDENT || request->op == OP_WHY) {
		struct buf doing = BUF(DOING_BYTES_MAX);
		core_doing(engine->core, request->incident, &doing);
		job->doing = arena_str(&job->scratch, buf_str(&doing));
		job->waiting_run = core_waiting_run(engine->core, request->incident);
		buf_done(&doing);
	}
	list_append(&reader->waiting, &job->link);
	reader->n++;
	start_next(reader);
}

void
reader_forget(struct engine *engine)
{
	engine->reader->generation++;
}
