/*
 * reading -- a configuration is read on a thread of its own: its calendars are read by a
 * program that takes as long as their worst one lets it, and roles, signals and the watchdog
 * do not wait for that.
 *
 * One at a time, and `now` stays what it is meanwhile. What comes of it is taken by the loop.
 * It is no thread of libuv's pool: the end of the program would wait for it.
 */
#include <stdio.h>

#include "base/hash.h"
#include "model/ics.h"
#include "model/matcher.h"
#include "node/calendars.h"
#include "node/supervisor.h"

#define SPELL_ARENA_BYTES ((size_t)8 << 20)

bool
reading_busy(const struct supervisor *s)
{
	return s->reading.out || s->next.memfd >= 0;
}

/* ---- on the thread ---- */

static void
read_folder(struct reading *r)
{
	const struct supervisor *s = r->supervisor;
	const struct copies copies = { .state_dir = s->state_dir,
		.may_skip = &s->now.skipped };
	r->ok = adoption_read(s->options->config_dir, NULL, &copies, &r->adoption, &r->text,
	    &r->err);
}

/* What the one in force says; false: there is none. */
static bool
spelled_now(const struct supervisor *s, const char *name, str *ret)
{
	char path[CALENDAR_NAME_MAX + 32];
	(void)snprintf(path, sizeof(path), ICS_PREFIX CALENDAR_URL_PREFIX "%s.ics", name);
	const struct bundle_file *file = bundle_find(&s->now.bundle, str_of(path));
	if (file == NULL)
		return false;
	*ret = file->bytes;
	return true;
}

/* The same times once more are no other configuration. */
static void
read_calendar(struct reading *r)
{
	const struct supervisor *s = r->supervisor;
	const struct copy copy = { str_of(r->name), buf_str(&r->bytes) };
	const struct copies copies = { .state_dir = s->state_dir,
		.given = &copy,
		.given_n = 1,
		.may_skip = &s->now.skipped };
	struct arena_map map;
	struct arena arena = arena_map(&map, SPELL_ARENA_BYTES);
	str spelled, before;
	r->ok = calendar_spell(copy.bytes, &arena, &spelled, &r->err);
	r->same = r->ok && spelled_now(s, r->name, &before) && str_eq(spelled, before);
	arena_unmap(&map);
	if (r->ok && !r->same)
		r->ok = adoption_renew(&s->now, &copies, &r->adoption, &r->text, &r->err);
}

static void
on_thread(void *arg)
{
	struct reading *r = arg;
	if (r->name[0] != '\0')
		read_calendar(r);
	else
		read_folder(r);
	hash_thread_ends();
	regex_thread_ends();
	ASSERT(uv_async_send(&r->ended) == 0);
}

/* ---- before and after ---- */

static void
on_read(uv_async_t *ended)
{
	struct supervisor *s = ended->data;
	struct reading *r = &s->reading;
	ASSERT(r->out && uv_thread_join(&r->thread) == 0);
	r->out = false;
	if (s->stopping)
		adoption_free(&r->adoption);
	else if (r->name[0] != '\0')
		fetched_read(s, r);
	else
		reload_read(s, r);
	buf_done(&r->bytes);
	buf_done(&r->text);
	if (!s->stopping)
		reading_go_on(s);
}

static void
start(struct supervisor *s)
{
	struct reading *r = &s->reading;
	ASSERT(!reading_busy(s));
	r->adoption = (struct adoption){ .memfd = -1 };
	r->err = (struct err){ 0 };
	r->ok = r->same = false;
	r->out = true;
	ASSERT(uv_thread_create(&r->thread, on_thread, r) == 0);
}

void
reading_init(struct supervisor *s)
{
	s->reading.supervisor = s;
	ASSERT(uv_async_init(&s->loop, &s->reading.ended, on_read) == 0);
	s->reading.ended.data = s;
}

void
reading_folder(struct supervisor *s, uint64_t request)
{
	s->reading.name[0] = '\0';
	s->reading.bytes = BUF(0);
	s->reading.text = BUF(RELOAD_TEXT_MAX);
	s->reading.request = request;
	start(s);
}

void
reading_calendar(struct supervisor *s, const char *name, str bytes)
{
	struct reading *r = &s->reading;
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	r->bytes = BUF(CALENDAR_BYTES_MAX);
	buf_add(&r->bytes, bytes);
	r->text = BUF(ADOPTION_TEXT_MAX);
	start(s);
}

/* A person goes before what was fetched. A signal waits for roles that can adopt what is read:
 * who asked otherwise is told that they cannot. */
void
reading_go_on(struct supervisor *s)
{
	bool ready = s->hands.state == ROLE_READY && s->engine.state == ROLE_READY;
	if (reading_busy(s) || s->stopping)
		return;
	if (s->reload_waits && (ready || s->reload_waiting != 0)) {
		s->reload_waits = false;
		reload_begin(s, s->reload_waiting);
	} else {
		fetched_go_on(s);
	}
}
