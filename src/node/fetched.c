/*
 * fetched -- what hands brings of `calendar_urls`. A copy that says something else than the one
 * in force becomes part of a new configuration, of the files that are in force and not of those
 * in the folder: nobody's edits are adopted by a calendar. One that does not fit is told with
 * its place, and the one before stays.
 */
#include <stdio.h>

#include "node/supervisor.h"
#include "os/clock.h"

static struct kept_calendar *
find(struct supervisor *s, str name)
{
	for (size_t i = 0; i < countof(s->fetched); i++) {
		if (name.n > 0 && str_eq(str_of(s->fetched[i].name), name))
			return &s->fetched[i];
	}
	return NULL;
}

/* ---- how each does ---- */

static void
tell(struct supervisor *s, const struct kept_calendar *f, bool over, const char *text)
{
	struct self self = { .kind = SELF_CALENDAR,
		.subject = str_of(f->name),
		.text = str_of(text),
		.over = over };
	role_send(&s->engine, FRAME_SELF, 0, &self_frame_type, &self, -1);
}

/* To an engine that is there, or to the next one. */
static void
tell_over(struct supervisor *s, struct kept_calendar *f)
{
	f->over_waits = s->engine.state != ROLE_READY;
	f->bad_waits = false;
	if (!f->over_waits)
		tell(s, f, true, "is fetched again");
}

static void
good(struct supervisor *s, struct kept_calendar *f)
{
	bool was = f->watch.why[0] != '\0';
	if (watch_good(&f->watch, clock_wall()) == WATCH_OVER)
		tell_over(s, f);
	f->unfit[0] = '\0';
	copy_seen(s->state_dir, str_of(f->name), clock_wall());
	if (was)
		node_log(s, LOG_INFO, "supervisor", "calendar %s: it is fetched again",
		    f->name);
}

static void
bad(struct supervisor *s, struct kept_calendar *f, str why)
{
	bool new;
	enum watch_news news = watch_bad(&f->watch, clock_wall(), why, &new);
	struct buf stands = BUF(200);
	if (f->watch.good_wall == 0) {
		buf_add(&stands, STR("nothing is known of it yet"));
	} else {
		buf_add(&stands, STR("its copy of "));
		buf_time(&stands, f->watch.good_wall);
		buf_add(&stands, STR(" stays in force"));
	}
	char text[700];
	(void)snprintf(text, sizeof(text), "%s; %.*s", f->watch.why,
	    STR_ARG(buf_str(&stands)));
	buf_done(&stands);
	if (new)
		node_log(s, LOG_WARNING, "supervisor", "calendar %s: %s", f->name, text);
	if (news != WATCH_BAD)
		return;
	f->over_waits = false;
	f->bad_waits = s->engine.state != ROLE_READY;
	if (!f->bad_waits)
		tell(s, f, false, text);
	else
		f->watch.told_wall = 0; /* once there is somebody to tell */
}

/* The same again is as bad as this one. */
static void
unfit(struct supervisor *s, struct kept_calendar *f, str why)
{
	(void)snprintf(f->unfit, sizeof(f->unfit), "%.*s", STR_ARG(why));
	bad(s, f, why);
}

/* ---- a new copy ---- */

/* The first mistake, of many lines that all are in the log. */
static str
first_line(const struct buf *text, const struct err *err)
{
	return text->n > 0 ? str_cut(buf_str(text), '\n').head : str_of(err->text);
}

static bool
may_begin(const struct supervisor *s)
{
	return !reading_busy(s) && s->hands.state == ROLE_READY &&
	       s->engine.state == ROLE_READY && !s->stopping;
}

static void
keep(struct kept_calendar *f, str bytes)
{
	buf_reset(&f->waits);
	buf_add(&f->waits, bytes);
}

static void
came(struct supervisor *s, struct kept_calendar *f, str bytes)
{
	if (may_begin(s))
		reading_calendar(s, f->name, bytes);
	else
		keep(f, bytes);
}

/* Its times are those that are in force: only when that was seen is new. */
static void
stays(struct supervisor *s, struct kept_calendar *f, str bytes)
{
	struct err err;
	if (copy_wall(s->state_dir, str_of(f->name)) == 0 &&
	    !copy_write(s->state_dir, str_of(f->name), bytes, &err))
		node_log(s, LOG_WARNING, "supervisor", "calendar %s: %s", f->name,
		    err.text);
	good(s, f);
}

static void
give_out(struct supervisor *s, struct kept_calendar *f, struct reading *r)
{
	s->next = r->adoption;
	good(s, f);
	node_log(s, LOG_INFO, "supervisor", "calendar %s: its times are others now",
	    f->name);
	s->next_fetched = true;
	s->hands.adopting = true;
	adoption_give(&s->hands, &s->next, 0);
}

void
fetched_read(struct supervisor *s, struct reading *r)
{
	struct kept_calendar *f = find(s, str_of(r->name));
	str bytes = buf_str(&r->bytes);
	if (f == NULL) {
		adoption_free(&r->adoption); /* it is not written any more */
	} else if (r->ok && r->same) {
		stays(s, f, bytes);
	} else if (r->ok && !may_begin(s)) {
		adoption_free(&r->adoption); /* a role ended meanwhile */
		keep(f, bytes);
	} else if (r->ok && copy_write(s->state_dir, str_of(f->name), bytes, &r->err)) {
		give_out(s, f, r);
	} else {
		adoption_free(&r->adoption);
		unfit(s, f, first_line(&r->text, &r->err));
	}
}

static void
again(struct supervisor *s, struct kept_calendar *f)
{
	char why[sizeof(f->watch.why)];
	memcpy(why, f->watch.why, sizeof(why));
	bad(s, f, str_of(why));
}

void
fetched_go_on(struct supervisor *s)
{
	for (size_t i = 0; i < countof(s->fetched); i++) {
		struct kept_calendar *f = &s->fetched[i];
		if (f->over_waits)
			tell_over(s, f);
		if (f->bad_waits)
			again(s, f);
	}
	for (size_t i = 0; i < countof(s->fetched) && may_begin(s); i++) {
		struct kept_calendar *f = &s->fetched[i];
		if (f->waits.n == 0)
			continue;
		struct buf waits = f->waits;
		f->waits = BUF(CALENDAR_BYTES_MAX);
		came(s, f, buf_str(&waits));
		buf_done(&waits);
	}
}

void
fetched_frame(struct supervisor *s, const struct calendar_frame *frame)
{
	struct kept_calendar *f = find(s, frame->name);
	if (f == NULL)
		return;
	switch (frame->what) {
	case FETCHED_NEW:
		if (frame->bytes.n == 0 || frame->bytes.n > CALENDAR_BYTES_MAX)
			unfit(s, f, STR("what came is no calendar"));
		else
			came(s, f, frame->bytes);
		return;
	case FETCHED_SAME:
		if (s->reading.out && str_eq(str_of(s->reading.name), frame->name))
			return; /* as what is being read: that says how it does */
		if (f->unfit[0] != '\0')
			bad(s, f, str_of(f->unfit));
		else if (f->waits.n == 0)
			good(s, f);
		return;
	case FETCHED_FAILED:
		bad(s, f, frame->text);
		return;
	}
}

/* ---- which ---- */

static void
add(struct supervisor *s, const struct calendar_url *url)
{
	struct kept_calendar *f = find(s, url->name);
	for (size_t i = 0; f == NULL && i < countof(s->fetched); i++) {
		if (s->fetched[i].name[0] != '\0')
			continue;
		f = &s->fetched[i];
		*f = (struct kept_calendar){ .waits = BUF(CALENDAR_BYTES_MAX) };
		(void)snprintf(f->name, sizeof(f->name), "%.*s", STR_ARG(url->name));
		f->watch.good_wall = copy_wall(s->state_dir, url->name);
	}
	ASSERT(f != NULL); /* as many as a model has, and those it has not are gone */
	f->watch.every_ms = url->every_ms;
}

void
fetched_adopted(struct supervisor *s)
{
	for (size_t i = 0; i < countof(s->fetched); i++) {
		struct kept_calendar *f = &s->fetched[i];
		if (f->name[0] == '\0' ||
		    model_calendar_url(s->now.model, str_of(f->name)) != NULL)
			continue;
		tell(s, f, true, "is not written any more");
		buf_done(&f->waits);
		*f = (struct kept_calendar){ .name = "" };
	}
	for (size_t i = 0; i < s->now.model->calendar_urls_n; i++)
		add(s, &s->now.model->calendar_urls[i]);
}
