/*
 * silences -- asked for, changed and listed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/state.h"
#include "intake/silence.h"
#include "os/clock.h"

#define UUID_CHARS 36

/* A random one, version 4. */
static void
new_uuid(char ret[static UUID_CHARS + 1])
{
	uint8_t b[16];
	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	size_t at = 0;
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret[at++] = '-';
		(void)snprintf(ret + at, 3, "%02x", b[i]);
		at += 2;
	}
}

void
silence_command(struct engine *engine, uint64_t id, const struct request *request,
    struct caller caller)
{
	char fresh[UUID_CHARS + 1];
	bool sets = request->op == OP_SILENCE_SET;
	char text[512];
	const char *why = sets ? silence_refuses(&request->silence, text) : NULL;
	if (why != NULL) {
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 400, 2, why);
		return;
	}
	new_uuid(fresh);
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){
		.kind = sets ? COMMAND_SILENCE_SET : COMMAND_SILENCE_EXPIRE,
		.request = id,
		.principal = caller.role != 0 ? caller.principal : STR("anonymous"),
		.name = request->name,
		.role = caller.role,
	};
	if (sets) {
		event.command.silence = request->silence;
		event.command.fresh = str_of(fresh);
	}
	char key[REQUEST_KEY_MAX];
	if (!request_key(engine, id, request, event.command.principal, key, &event.command))
		return;
	batch_step(engine, &event);
	suppress_silences(engine);
}

/* ---- listing ---- */

uint32_t
silences_active(struct engine *engine)
{
	struct arena scratch = engine->batch.arena;
	const struct silence_row **rows =
	    arena_new(&scratch, const struct silence_row *, CORE_SILENCES_MAX);
	size_t n = core_silences(engine->core, rows, CORE_SILENCES_MAX);
	msec wall = clock_wall();
	uint32_t active = 0;
	msec changes = 0;
	for (size_t i = 0; i < n; i++)
		active += silence_state(rows[i], wall) == SILENCE_ACTIVE &&
		          silence_on(engine, rows[i], wall, &changes);
	return active;
}

struct sorted {
	enum silence_state state;
	msec key; /* ascending */
	const struct silence_row *row;
};

/* Active ones by their end, pending ones by their start, expired ones the last first. */
static int
sorted_cmp(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->row->id > y->row->id) - (x->row->id < y->row->id);
}

static msec
sort_key(const struct silence_row *row, enum silence_state state)
{
	switch (state) {
	case SILENCE_ACTIVE:
		return row->ends_wall;
	case SILENCE_PENDING:
		return row->starts_wall;
	case SILENCE_EXPIRED:
		return UINT64_MAX - row->ends_wall;
	}
	UNREACHABLE();
}

/* With whether it is between two of its times. */
static void
put_silence(struct engine *engine, const struct silence_row *row, msec wall,
    struct answer_out *a)
{
	struct silence_row copy = *row;
	msec changes = 0;
	copy.off = silence_state(row, wall) == SILENCE_ACTIVE &&
	           !silence_on(engine, row, wall, &changes);
	answer_row_record(a, TABLE_SILENCE, &copy);
}

void
answer_silences(struct engine *engine, struct answer_out *a)
{
	struct sorted *sorted = arena_new(a->arena, struct sorted, CORE_SILENCES_MAX);
	const struct silence_row **rows =
	    arena_new(a->arena, const struct silence_row *, CORE_SILENCES_MAX);
	a->begin = *a->arena; /* they outlive each frame */
	size_t n = core_silences(engine->core, rows, CORE_SILENCES_MAX);
	msec wall = clock_wall();
	for (size_t i = 0; i < n; i++) {
		enum silence_state state = silence_state(rows[i], wall);
		sorted[i] = (struct sorted){ state, sort_key(rows[i], state), rows[i] };
	}
	if (n > 0)
		qsort(sorted, n, sizeof(*sorted), sorted_cmp);
	for (size_t i = 0; i < n; i++)
		put_silence(engine, sorted[i].row, wall, a);
}

void
answer_silence(struct engine *engine, const struct request *request, struct answer_out *a)
{
	const struct silence_row *row = core_silence(engine->core, request->name);
	if (row != NULL) {
		put_silence(engine, row, clock_wall(), a);
		return;
	}
	a->answer.status = 404;
	a->answer.exit = 3;
	a->answer.error = STR("silence not found");
}
