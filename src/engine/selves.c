/*
 * selves -- what the parts of Firstline tell of themselves while nothing can be kept: the last
 * of each kind and subject waits, and is stepped once there is room. Whoever told it says it
 * once, so nobody else would.
 *
 * They wait as they came, encoded: `self` borrows its text from a frame.
 */
#include "base/hash.h"
#include "engine/state.h"

#define SELF_BYTES_MAX 4096

static uint64_t
about(const struct self *self)
{
	const uint32_t kind = (uint32_t)self->kind;
	uint64_t what = fnv64(FNV64_BASIS, (str){ (const char *)&kind, sizeof(kind) });
	return fnv64(what, self->subject);
}

/* The one of that kind and subject, else a free one; NULL: there is no room for more. */
static struct held_self *
place(struct held_selves *held, uint64_t of)
{
	for (size_t i = 0; i < held->n; i++) {
		if (held->item[i].about == of)
			return &held->item[i];
	}
	return held->n < HELD_SELVES_MAX ? &held->item[held->n++] : NULL;
}

static void
hold(struct engine *engine, const struct self *self)
{
	uint64_t of = about(self);
	struct held_self *item = place(&engine->held_selves, of);
	if (item == NULL) {
		engine_log(engine, LOG_WARNING, "no room to tell later: %.*s: %.*s",
		    STR_ARG(self->subject), STR_ARG(self->text));
		return;
	}
	buf_done(&item->bytes);
	*item = (struct held_self){ .about = of, .bytes = BUF(SELF_BYTES_MAX) };
	record_encode(&self_frame_type, self, &item->bytes);
}

void
selves_step(struct engine *engine, struct event *event)
{
	ASSERT(event->kind == EVENT_SELF);
	if (engine->refusing)
		hold(engine, &event->self);
	else
		batch_step(engine, event);
}

void
selves_go_on(struct engine *engine)
{
	struct held_selves *held = &engine->held_selves;
	ASSERT(!engine->refusing);
	for (size_t i = 0; i < held->n; i++) {
		struct arena whole = engine->batch.arena;
		struct event event = { .kind = EVENT_SELF };
		struct err err;
		struct held_self *item = &held->item[i];
		if (!item->bytes.overflow &&
		    record_decode_all(&self_frame_type, buf_str(&item->bytes),
			&engine->batch.arena, &event.self, &err))
			batch_step(engine, &event);
		else
			engine_log(engine, LOG_WARNING,
			    "something told meanwhile is too long to be told now");
		engine->batch.arena = whole;
		buf_done(&item->bytes);
	}
	held->n = 0;
}
