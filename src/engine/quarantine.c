/*
 * quarantine -- bodies that were with the engine at two of its deaths: kept, never stepped,
 * told, and refused by every gate from then on.
 *
 * The gate finds them out and reports them until it hears that they are kept; it is told of
 * all of them when it connects. So a sentence survives the death of any role, and a full
 * disk.
 */
#include "engine/state.h"
#include "os/clock.h"

static bool
take_row(void *context, const struct stored_row *stored)
{
	struct quarantined *q = context;
	static char memory[QUARANTINE_BODY_MAX + 65536]; /* one thread, at the start */
	struct arena arena = arena_over(memory, sizeof(memory));
	struct quarantine_row row;
	struct err err;
	struct quarantined_body *body = &q->body[q->n];
	if (record_decode_all(&quarantine_row_type, stored->body, &arena, &row, &err) &&
	    hex_decode(row.source, body->digest.b, sizeof(body->digest.b))) {
		body->id = stored->id;
		q->n++;
	}
	return q->n < QUARANTINE_KEPT_MAX;
}

bool
quarantine_load(struct engine *engine, struct err *err)
{
	struct quarantined *q = &engine->quarantined;
	struct row_query query = { .table = TABLE_QUARANTINE,
		.newest_first = true,
		.limit = QUARANTINE_KEPT_MAX };
	uint64_t seq;
	if (!store_rows(engine->store, &query, take_row, q, &seq, err))
		return false;
	q->next_id = q->n > 0 ? q->body[0].id + 1 : 1;
	return true;
}

static bool
is_kept(const struct quarantined *q, const hash32 *digest)
{
	for (size_t i = 0; i < q->n; i++) {
		if (hash32_eq(&q->body[i].digest, digest))
			return true;
	}
	return false;
}

/* The newest first, as they are loaded. */
static void
keep(struct engine *engine, const hash32 *digest, struct quarantine_row *row)
{
	struct quarantined *q = &engine->quarantined;
	if (q->n == QUARANTINE_KEPT_MAX) {
		row_id oldest = q->body[--q->n].id;
		batch_row(engine,
		    (struct row_write){ .table = TABLE_QUARANTINE, .id = oldest }, NULL);
		engine->n.quarantine_dropped++;
	}
	memmove(q->body + 1, q->body, q->n * sizeof(*q->body));
	q->body[0] = (struct quarantined_body){ q->next_id++, *digest };
	q->n++;
	row->id = q->body[0].id;
	row->wall = clock_wall();
	batch_row(engine,
	    (struct row_write){ .table = TABLE_QUARANTINE,
		.id = row->id,
		.wall = row->wall },
	    row);
}

void
quarantine_tell(struct engine *engine)
{
	const struct quarantined *q = &engine->quarantined;
	struct arena scratch = engine->batch.arena;
	char *digests = arena_new(&scratch, char, q->n * sizeof(hash32) + 1);
	for (size_t i = 0; i < q->n; i++)
		memcpy(digests + i * sizeof(hash32), q->body[i].digest.b, sizeof(hash32));
	struct quarantined_frame frame = { { digests, q->n * sizeof(hash32) } };
	frame_record(&engine->batch.to_gate, FRAME_QUARANTINED, 0, &quarantined_frame_type,
	    &frame);
}

bool
on_quarantine_frame(struct engine *engine, const struct frame *frame)
{
	struct quarantine_row row;
	hash32 digest;
	struct err err;
	if (!engine->ready || engine->refusing)
		return true; /* it is reported until it is kept */
	if (!record_decode_all(&quarantine_row_type, frame->payload, &engine->batch.arena,
		&row, &err) ||
	    !hex_decode(row.source, digest.b, sizeof(digest.b)))
		return false;
	if (!is_kept(&engine->quarantined, &digest)) {
		keep(engine, &digest, &row);
		struct event event = { .kind = EVENT_SELF };
		event.self = (struct self){ .kind = SELF_QUARANTINED,
			.subject = row.source,
			.text = arena_printf(&engine->batch.arena,
			    "a body of %zu bytes was in flight at %u deaths of the engine: "
			    "it is kept in quarantine and refused from now on",
			    row.body.n, row.deaths) };
		batch_step(engine, &event);
	}
	quarantine_tell(engine);
	return true;
}
