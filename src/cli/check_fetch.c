/*
 * check --fetch -- what the calendars of URLs say now: asked for as hands does, by the same
 * code, so that what fits here is what `serve` would take, and what is refused there is here.
 */
#include "cli/check.h"
#include "hands/calendars.h"
#include "node/calendars.h"

struct fetching {
	const struct adoption *of;
	uv_loop_t *loop;
	struct arena *arena;
	struct diags *diags;
	struct fetched_copies *got;
	size_t left; /* nothing came of them yet */
};

/* What is written on that line. */
static struct span
line_of(str text, uint32_t line)
{
	struct str_cut cut = str_cut(text, '\n');
	for (uint32_t i = 1; i < line; i++)
		cut = str_cut(cut.tail, '\n');
	str words = str_trim(cut.head);
	return (struct span){ (size_t)(words.p - text.p), words.n };
}

/* At the place where it is written. */
static void
refuse(struct fetching *f, const struct calendar_url *url, str why, str hint)
{
	const struct bundle_file *file = bundle_find(&f->of->bundle, url->place.file);
	ASSERT(file != NULL);
	struct source *src = arena_new(f->arena, struct source, 1);
	*src = (struct source){ file->path, file->bytes };
	diag_error(f->diags, src, line_of(file->bytes, url->place.line), hint,
	    "calendar %.*s: %.*s", STR_ARG(url->name), STR_ARG(why));
}

/* Also of one that nothing in the folder names yet: whether it can be read at all. */
static void
take(struct fetching *f, const struct calendar_url *url, str bytes)
{
	struct err err;
	str spelled;
	struct arena scratch = *f->arena;
	if (!calendar_spell(bytes, &scratch, &spelled, &err)) {
		refuse(f, url, str_of(err.text),
		    STR("give the URL of an iCalendar feed (.ics)"));
		return;
	}
	f->got->copy[f->got->n++] =
	    (struct copy){ arena_str(f->arena, url->name), arena_str(f->arena, bytes) };
}

static void
on_came(void *ctx, const struct calendar_frame *frame)
{
	struct fetching *f = ctx;
	const struct calendar_url *url = model_calendar_url(f->of->model, frame->name);
	ASSERT(url != NULL && f->left > 0);
	if (frame->what == FETCHED_NEW)
		take(f, url, frame->bytes);
	else
		refuse(f, url, frame->text,
		    STR("its URL must answer 200 with iCalendar, within 20 s, to this "
			"machine; serve asks for it in the same way"));
	if (--f->left == 0)
		uv_stop(f->loop);
}

static void
close_all(uv_loop_t *loop, struct net *net, struct calendars *calendars)
{
	net_free(net);
	calendars_free(calendars);
	while (uv_run(loop, UV_RUN_DEFAULT) != 0)
		continue; /* it may have been stopped before it ran */
	ASSERT(uv_loop_close(loop) == 0);
}

bool
check_fetch(const struct adoption *of, struct arena *arena, struct diags *diags,
    struct fetched_copies *ret, struct err *err)
{
	uv_loop_t loop;
	ASSERT(uv_loop_init(&loop) == 0);
	struct net *net = net_new(&loop, err);
	if (net == NULL) {
		(void)uv_loop_close(&loop);
		return false;
	}
	*ret = (struct fetched_copies){ .n = 0 };
	struct fetching f = { of, &loop, arena, diags, ret, of->model->calendar_urls_n };
	struct calendars *calendars = calendars_new(&loop, net, on_came, &f);
	calendars_adopt(calendars, of->model);
	if (f.left > 0)
		(void)uv_run(&loop, UV_RUN_DEFAULT);
	close_all(&loop, net, calendars);
	return true;
}
