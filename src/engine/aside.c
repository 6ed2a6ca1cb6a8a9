/*
 * aside -- people are told where nothing can be kept: the store is damaged, its disk fails, is
 * read-only, or has no room even for that.
 *
 * A core of its own, with the configuration, who stands in for whom and nothing else, has one
 * incident of Firstline's own. That is told as any other is: again with backoff, by the next
 * reach, to the next tier. It lives in memory alone, so its numbers are none that the store
 * has, and of all that it brings about only messages leave. Once a person was reached it tells
 * nobody else.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/state.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"

#define ASIDE_INCIDENTS_MAX 16
#define KEPT_OPEN_MS (30 * MINUTE) /* an incident of Firstline's own ends after an hour */
#define TOLD_FILE "told"           /* when, and of what */
#define TOLD_BYTES_MAX 500

static const struct model *
find_model(void *context, const hash32 *hash)
{
	const struct engine *engine = context;
	const struct config *config = configs_find(&engine->configs, hash);
	return config != NULL ? config->model : NULL;
}

/* Only who it is: what is due of it is another core's to say. */
static bool
take_override(void *context, const struct stored_row *stored)
{
	struct engine *engine = context;
	struct arena scratch = engine->batch.arena;
	struct override_row row;
	struct err err;
	if (!record_decode_all(&override_row_type, stored->body, &scratch, &row, &err))
		return true;
	row.due_at = 0;
	struct buf body = BUF(STORE_ROW_BYTES_MAX);
	record_encode(&override_row_type, &row, &body);
	bool ok = core_load(engine->aside.core, TABLE_OVERRIDE, buf_str(&body), &err);
	buf_done(&body);
	return ok;
}

/* What cannot be read of it is left out: whoever has duty by the configuration is told. */
static void
load_overrides(struct engine *engine)
{
	struct row_query query = { .table = TABLE_OVERRIDE,
		.open_only = true,
		.limit = STORE_ROWS_MAX };
	uint64_t seq;
	struct err err;
	if (!store_rows(engine->store, &query, take_override, engine, &seq, &err))
		engine_log(engine, LOG_ERROR, "who stands in for whom: %s", err.text);
}

/* Numbers that nobody gave: alike each time that this is told of the same trouble, so that
 * hands and receivers see a repetition. */
static bool
load(struct engine *engine, const hash32 *config, struct err *err)
{
	const struct control_row *known = core_control(engine->core);
	const struct lost *lost = &engine->options->lost;
	struct control_row control = { .id = 1,
		.next_row = known->next_row + RESTORED_ROWS_SKIPPED,
		.next_incident = known->next_incident + RESTORED_INCIDENTS_SKIPPED,
		.next_alert = 1,
		.jitter = known->jitter,
		.config = *config };
	if (lost->why != NULL) {
		control.next_row = lost->wall;
		control.next_incident = (incident_id)(lost->wall / SECOND);
	}
	engine_now(engine, &control.at, &control.wall);
	struct buf body = BUF(STORE_ROW_BYTES_MAX);
	record_encode(&control_row_type, &control, &body);
	bool ok = core_load(engine->aside.core, TABLE_CONTROL, buf_str(&body), err);
	buf_done(&body);
	if (!ok)
		return false;
	load_overrides(engine);
	return core_load_done(engine->aside.core, find_model, engine, err);
}

/* ---- is it told? ---- */

/* Where the folder takes it: a server that is started again and again tells it once. */
static void
note_told(const struct engine *engine)
{
	char text[TOLD_BYTES_MAX];
	struct err err;
	AUTO_CLOSE int dir =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text), "%llu\n%s", (unsigned long long)clock_wall(),
	    engine->options->lost.why);
	bool noted =
	    dir >= 0 && file_write_durable(dir, TOLD_FILE, str_of(text), 0600, &err);
	(void)noted; /* then it is told once more */
}

static bool
told_lately(const struct engine *engine)
{
	char memory[TOLD_BYTES_MAX + 64];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	uint64_t wall = 0;
	str text = { 0 };
	AUTO_CLOSE int dir =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool read =
	    dir >= 0 && file_read_at(&arena, dir, TOLD_FILE, TOLD_BYTES_MAX, &text, &err);
	struct str_cut cut = str_cut(text, '\n');
	read = read && str_u64(cut.head, INT64_MAX, &wall) &&
	       str_eq(cut.tail, str_of(engine->options->lost.why));
	arena_release(memory, sizeof(memory));
	msec now = clock_wall();
	return read && wall <= now && now - wall < ASIDE_TOLD_MS;
}

/* Not at once: damage may be such that it is met again and again, by what is written. */
void
aside_forget(struct engine *engine)
{
	if (engine->aside.forgotten || clock_boot() - engine->since_boot < ASIDE_FORGET_MS)
		return;
	engine->aside.forgotten = true;
	AUTO_CLOSE int dir =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		(void)unlinkat(dir, TOLD_FILE, 0);
}

/* ---- telling ---- */

void
aside_end(struct engine *engine)
{
	if (engine->aside.core != NULL) {
		core_free(engine->aside.core);
		(void)uv_timer_stop(&engine->timer);
	}
	engine->aside = (struct aside){ .core = NULL };
}

static void
arm(struct engine *engine)
{
	struct aside *aside = &engine->aside;
	if (aside->told && core_counts(aside->core).notices_open == 0) {
		core_free(aside->core);
		aside->core = NULL;
		(void)uv_timer_stop(&engine->timer);
		return;
	}
	msec at, wall, due = core_next_due(aside->core);
	engine_now(engine, &at, &wall);
	if (due == 0 || due > aside->again_at)
		due = aside->again_at;
	(void)uv_timer_start(&engine->timer, aside_timer, due > at ? due - at : 0, 0);
}

/* Once more: the incident that there is stays open, or there is another. */
static void
say(struct engine *engine)
{
	struct event event = { .kind = EVENT_SELF, .self = engine->aside.self };
	batch_aside(engine, engine->aside.core, &event);
	engine->aside.again_at = event.at + KEPT_OPEN_MS;
}

void
aside_begin(struct engine *engine, const hash32 *config, const struct self *self)
{
	struct aside *aside = &engine->aside;
	struct err err;
	ASSERT(aside->core == NULL);
	aside->self = *self;
	if (engine->options->lost.why != NULL && told_lately(engine)) {
		engine_log(engine, LOG_INFO, "people were told of it already");
		aside->told = true;
		note_told(engine);
		return;
	}
	aside->core = core_new(ASIDE_INCIDENTS_MAX);
	if (!load(engine, config, &err)) {
		engine_log(engine, LOG_ERROR, "nobody can be told: %s", err.text);
		core_free(aside->core);
		aside->core = NULL;
		return;
	}
	say(engine);
	arm(engine);
}

void
aside_timer(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	struct aside *aside = &engine->aside;
	struct event event = { .kind = EVENT_TIME_PASSED };
	if (aside->core == NULL)
		return;
	batch_aside(engine, aside->core, &event);
	if (event.at >= aside->again_at)
		say(engine);
	arm(engine);
}

/* The page that was kept in the reserve: what is heard of it is not stepped. */
static bool
is_of_full_disk(const struct engine *engine, row_id id)
{
	const struct notice_row *notice = core_notice(engine->core, id);
	const struct incident_row *incident =
	    notice != NULL ? core_incident(engine->core, notice->incident) : NULL;
	return incident != NULL && str_eq(incident->recurrence, STR("firstline=disk-full"));
}

void
aside_heard(struct engine *engine, const struct event *result)
{
	struct aside *aside = &engine->aside;
	row_id id = result->notice_result.notice;
	if (aside->core == NULL && !aside->told && !result->notice_result.delivered &&
	    is_of_full_disk(engine, id))
		aside_begin(engine, &core_control(engine->core)->config,
		    &engine->refusing_self);
	if (aside->core == NULL)
		return;
	const struct notice_row *notice = core_notice(aside->core, id);
	bool reached =
	    notice != NULL && notice->person.n > 0 && result->notice_result.delivered;
	struct event event = *result;
	batch_aside(engine, aside->core, &event);
	if (reached && !aside->told) {
		aside->told = true;
		engine_log(engine, LOG_INFO, "people are told of it");
		if (engine->options->lost.why != NULL)
			note_told(engine);
	}
	arm(engine);
}

/* Hands is there again: what was on its way may be lost. */
void
aside_again(struct engine *engine)
{
	struct event started = { .kind = EVENT_STARTED, .started = { 0, false, false } };
	if (engine->aside.core == NULL)
		return;
	batch_aside(engine, engine->aside.core, &started);
	arm(engine);
}
