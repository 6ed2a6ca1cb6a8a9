/*
 * resolved -- silences that are to end with what they hold.
 *
 * One after the other, such a silence that has held something is looked at: does any active
 * alert still match it? When none does, it is ended by command, as if a person had. The
 * search goes in slices between all else, and what cannot be told ends nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"
#include "intake/search.h"
#include "os/clock.h"

#define LOOK_EVERY_MS (10 * SECOND)
#define STEPS_A_TURN 64

struct resolving {
	struct label_matchers matchers;
	struct search search;
	char *text; /* names and values: the row may change meanwhile */
	size_t text_n;
	row_id row; /* the one in work, or looked at last */
	bool running;
	msec due; /* boot time */
};

void
resolved_init(struct engine *engine)
{
	engine->resolving = calloc(1, sizeof(*engine->resolving));
	ASSERT(engine->resolving != NULL);
}

static void
stop(struct resolving *r)
{
	label_matchers_done(&r->matchers);
	memset(&r->matchers, 0, sizeof(r->matchers));
	free(r->text);
	r->text = NULL;
	r->running = false;
}

static str
keep(struct resolving *r, str s)
{
	str ret = { r->text + r->text_n, s.n };
	if (s.n > 0)
		memcpy(r->text + r->text_n, s.p, s.n);
	r->text_n += s.n;
	return ret;
}

/* false: its matchers cannot be read, so nothing is known of it. */
static bool
begin(struct resolving *r, const struct silence_row *row)
{
	const struct silence_matcher *m = row->matchers.p;
	size_t bytes = 1;
	for (size_t i = 0; i < row->matchers.n; i++)
		bytes += m[i].name.n + m[i].value.n;
	r->text = malloc(bytes);
	ASSERT(r->text != NULL);
	r->text_n = 0;
	r->running = true;
	for (size_t i = 0; i < row->matchers.n; i++) {
		str name = keep(r, m[i].name), value = keep(r, m[i].value);
		if (r->matchers.n == LABEL_MATCHERS_MAX ||
		    !label_matcher_make(label_op_of(m[i].regex, m[i].equal), name, value,
			&r->matchers.item[r->matchers.n])) {
			stop(r);
			return false;
		}
		r->matchers.n++;
	}
	search_begin(&r->search, &r->matchers, 0, NULL, 0);
	return true;
}

/* The next one behind the last that is to be looked at; NULL: there is none. */
static const struct silence_row *
next_row(struct engine *engine, row_id after, msec wall)
{
	struct arena scratch = engine->batch.arena;
	const struct silence_row **rows =
	    arena_new(&scratch, const struct silence_row *, CORE_SILENCES_MAX);
	size_t n = core_silences(engine->core, rows, CORE_SILENCES_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct silence_row *row = rows[i];
		if (row->id > after && row->until_resolved && row->held_any &&
		    silence_state(row, wall) == SILENCE_ACTIVE)
			return row;
	}
	return NULL;
}

static void
end_silence(struct engine *engine, row_id id)
{
	struct arena scratch = engine->batch.arena;
	const struct silence_row **rows =
	    arena_new(&scratch, const struct silence_row *, CORE_SILENCES_MAX);
	size_t n = core_silences(engine->core, rows, CORE_SILENCES_MAX), i = 0;
	while (i < n && rows[i]->id != id)
		i++;
	if (i == n)
		return; /* forgotten meanwhile */
	char uuid[64];
	size_t uuid_n = rows[i]->uuid.n < sizeof(uuid) ? rows[i]->uuid.n : sizeof(uuid);
	memcpy(uuid, rows[i]->uuid.p, uuid_n);
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_SILENCE_EXPIRE,
		.principal = STR("firstline"),
		.name = { uuid, uuid_n } };
	batch_step(engine, &event);
	suppress_silences(engine);
}

static bool
go_on(struct engine *engine)
{
	struct resolving *r = engine->resolving;
	for (unsigned i = 0; i < STEPS_A_TURN; i++) {
		bool fires = search_next(engine->intake, &r->search) != NULL;
		bool through = r->search.slot >= r->search.end;
		if (!fires && !through)
			continue;
		bool known = !r->search.scan.exceeded;
		stop(r);
		if (!fires && known)
			end_silence(engine, r->row);
		return true;
	}
	return true;
}

bool
resolved_turn(struct engine *engine)
{
	struct resolving *r = engine->resolving;
	if (!engine->ready || engine->refusing || intake_hold_waits(engine->intake) ||
	    engine->batch.step_n >= ENGINE_BATCH_STEPS_MAX)
		return false;
	if (r->running)
		return go_on(engine);
	msec now = clock_boot();
	if (now < r->due)
		return false;
	const struct silence_row *row = next_row(engine, r->row, clock_wall());
	if (row == NULL) {
		r->row = 0;
		r->due = now + LOOK_EVERY_MS;
		return false;
	}
	r->row = row->id;
	(void)begin(r, row);
	return true;
}
