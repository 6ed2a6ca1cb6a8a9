/*
 * Lines: what waits for each channel, and how each of them does. A channel has places of
 * its own, so one that hangs fills those alone, and nobody who is told by another waits.
 *
 *	outbox --(due)--> its line, by reader, urgency, time --(a turn, a place)--> out
 *
 * Whose turn it is, and what goes as one message, is pace.c's.
 *
 * Which line a notice stands in, and where, follows from rows: a loaded core has the same.
 * Nothing is written while a notice waits.
 *
 * A channel that failed CHANNEL_DOWN_AFTER times in a row is down. One notice at a time
 * goes by it, ever further apart, to see whether it takes something again (a probe); people
 * are reached by their next channel at once (notice_fallback_at), and what nobody was told
 * by then waits for it. Whoever answers for Firstline itself hears of it when it lasts. A
 * channel for which nothing waits cannot show that it is well: after a while it is as good
 * as up, but for one failure.
 */
#include "core/pace.h"
#include "core/state.h"

/* ---- lines ---- */

static str
line_name(const struct line *line)
{
	return (str){ line->name, line->name_n };
}

static int
name_cmp(str a, str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

void
lines_init(struct core *core)
{
	struct arena memory = arena_map(&core->lines_map,
	    (LINES_MAX + 1) * sizeof(struct line) + pace_bytes());
	struct line *lines = arena_fresh(&memory, struct line, LINES_MAX);
	pace_init(core, &memory);
	list_init(&core->lines);
	list_init(&core->spare_lines);
	core->line_memory = lines;
	/* The first has no name: all that find no line of their own share it. */
	core->lines_made = 1;
	line_pace_init(core, &lines[0]);
	list_append(&core->lines, &lines[0].link);
}

static struct line *
line_spare(struct core *core)
{
	struct line *line = NULL;
	if (!list_empty(&core->spare_lines)) {
		line = container_of(core->spare_lines.next, struct line, link);
		link_remove(&line->link);
	} else if (core->lines_made < LINES_MAX) {
		line = &core->line_memory[core->lines_made++];
	}
	if (line != NULL)
		*line = (struct line){ 0 };
	return line;
}

const struct line *
line_find(const struct core *core, str name)
{
	for (const struct link *it = core->lines.next; it != &core->lines; it = it->next) {
		const struct line *line =
		    (const struct line *)(const void *)((const char *)it -
							offsetof(struct line, link));
		if (str_eq(line_name(line), name))
			return line;
	}
	return NULL;
}

/* By name, so that their order is that of a core which was loaded. */
static struct line *
line_of(struct core *core, str name)
{
	struct link *before = core->lines.next;
	while (before != &core->lines) {
		struct line *line = container_of(before, struct line, link);
		int order = name_cmp(line_name(line), name);
		if (order == 0)
			return line;
		if (order > 0)
			break;
		before = before->next;
	}
	struct line *line = name.n <= sizeof(line->name) ? line_spare(core) : NULL;
	if (line == NULL)
		return &core->line_memory[0];
	memcpy(line->name, name.p, name.n);
	line->name_n = name.n;
	line_pace_init(core, line);
	list_append(before, &line->link);
	return line;
}

void
line_join(struct core *core, struct notice *notice)
{
	list_init(&notice->folded);
	notice->line = line_of(core, notice->row.channel);
	notice->line->users++;
}

void
line_leave(struct core *core, struct notice *notice)
{
	struct line *line = notice->line;
	if (link_on(&notice->in_line))
		line_step_out(core, notice);
	ASSERT(line->users > 0);
	if (--line->users > 0 || line == &core->line_memory[0])
		return;
	link_remove(&line->link);
	list_append(&core->spare_lines, &line->link);
}

/* What nobody must act on comes last: 0 is the most urgent. */
unsigned
notice_rank(const struct notice_row *row)
{
	switch (row->purpose) {
	case PURPOSE_ENDED:
	case PURPOSE_APPROVAL_ENDED:
	case PURPOSE_QUESTION_ENDED:
	case PURPOSE_ACKNOWLEDGED:
		return NOTICE_RANKS - 1;
	case PURPOSE_APPROVAL:
	case PURPOSE_QUESTION:
	case PURPOSE_VETO: /* somebody waits for the answer, or will not for long */
		return row->severity == SEV1 ? SEV1 - 1 : SEV2 - 1;
	case PURPOSE_DIGEST: /* of what is over alone: of none */
		return row->severity != 0 ? row->severity - 1 : NOTICE_RANKS - 1;
	case PURPOSE_OPENED:
	case PURPOSE_NEEDS_PERSON:
	case PURPOSE_ESCALATED:
	case PURPOSE_REFIRED:
	case PURPOSE_HANDED_OFF:
	case PURPOSE_SELF:
	case PURPOSE_TEST:
		return row->severity != 0 ? row->severity - 1 : SEV3 - 1;
	}
	UNREACHABLE();
}

/* ---- how a channel does ---- */

static struct channel_trouble *
trouble_find(const struct core *core, str name)
{
	const struct records *all = &core->control->row.channels;
	struct channel_trouble *p = all->p;
	for (size_t i = 0; i < all->n; i++) {
		if (str_eq(p[i].name, name))
			return &p[i];
	}
	return NULL;
}

const struct channel_trouble *
channel_trouble(const struct core *core, str name)
{
	return trouble_find(core, name);
}

msec
channel_down_at(const struct core *core, str name)
{
	const struct channel_trouble *trouble = trouble_find(core, name);
	return trouble != NULL ? trouble->down_at : 0;
}

msec
channels_due(const struct core *core)
{
	const struct channel_trouble *p = core->control->row.channels.p;
	msec due = 0;
	for (size_t i = 0; i < core->control->row.channels.n; i++) {
		if (p[i].look_at != 0 && (due == 0 || p[i].look_at < due))
			due = p[i].look_at;
	}
	return due;
}

static void
channels_arm(struct core *core)
{
	object_touch(core, &core->control->o);
	heap_set(&core->timers, &core->control->o, control_due(core));
}

static struct channel_trouble *
trouble_add(struct core *core, str name)
{
	struct records *all = &core->control->row.channels;
	size_t n = all->n;
	if (n >= CHANNEL_TROUBLES_MAX)
		return NULL;
	struct channel_trouble *p =
	    arena_new(&core->scratch, struct channel_trouble, n + 1);
	if (n > 0)
		memcpy(p, all->p, n * sizeof(*p));
	p[n] = (struct channel_trouble){ .name = name };
	row_set_records(core, &channel_trouble_type, all, (struct records){ p, n + 1 });
	return trouble_find(core, name);
}

static void
trouble_drop(struct core *core, const struct channel_trouble *trouble)
{
	struct records *all = &core->control->row.channels;
	struct channel_trouble *from = all->p;
	struct channel_trouble *p =
	    arena_new(&core->scratch, struct channel_trouble, all->n);
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++) {
		if (&from[i] != trouble)
			p[n++] = from[i];
	}
	row_set_records(core, &channel_trouble_type, all, (struct records){ p, n });
}

/* When its notices go by another reach has changed. */
static void
rearm(struct core *core, str name)
{
	list_each(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		if (str_eq(notice->row.channel, name))
			notice_arm(core, notice);
	}
}

static void
earlier(msec *at, msec other, msec now)
{
	if (other > now && (*at == 0 || other < *at))
		*at = other;
}

static void
look_next(struct core *core, struct channel_trouble *trouble)
{
	msec at = 0;
	if (trouble->down_at != 0) {
		if (!trouble->told)
			earlier(&at, trouble->down_at + CHANNEL_TOLD_MS, core->at);
		earlier(&at, trouble->probe_at, core->at);
		earlier(&at, trouble->failed_at + CHANNEL_FORGET_MS, core->at);
		earlier(&at, core->at + CHANNEL_FORGET_MS, core->at);
	}
	trouble->look_at = at;
	channels_arm(core);
}

/* What was tried while it did well was perhaps taken all the same; what fails from now on
 * was not, and may be told anew with what came since. */
static void
tell_anew(struct core *core, str name)
{
	list_each_safe(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		if (notice->row.state != NOTICE_PENDING ||
		    !str_eq(notice->row.channel, name))
			continue;
		if (notice->row.purpose == PURPOSE_DIGEST)
			digest_dissolve(core, notice);
		else
			notice_set_alone(core, notice, notice_has_thread(core, notice));
	}
}

static void
go_down(struct core *core, struct channel_trouble *trouble)
{
	trouble->down_at = core->at;
	trouble->down_wall = core->wall;
	trouble->probes = 1;
	trouble->probe_at = core->at + notice_backoff_ms(core, trouble->probes);
	timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, 0,
	    "channel %.*s is down, %u tries in a row failed: %.*s", STR_ARG(trouble->name),
	    trouble->failed, STR_ARG(trouble->error));
	tell_anew(core, trouble->name);
	rearm(core, trouble->name);
}

static void
go_up(struct core *core, struct channel_trouble *trouble, const char *why)
{
	str name = arena_str(&core->scratch, trouble->name);
	bool was_down = trouble->down_at != 0;
	if (was_down)
		timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, 0, "channel %.*s %s",
		    STR_ARG(name), why);
	if (trouble->told)
		self_channel_up(core, name, str_of(why));
	trouble_drop(core, trouble);
	channels_arm(core);
	if (was_down)
		rearm(core, name);
}

/* It may be well by now; nobody can know before something is sent. */
static void
lapse(struct core *core, struct channel_trouble *trouble)
{
	static const char why[] = "has nothing to send; the next message shows how it does";
	timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, 0, "channel %.*s %s",
	    STR_ARG(trouble->name), why);
	/* Down for so much longer than until it is told, it was. */
	static_assert(CHANNEL_FORGET_MS > CHANNEL_TOLD_MS, "told before it is forgotten");
	ASSERT(trouble->told);
	self_channel_up(core, trouble->name, STR(why));
	trouble->told = false;
	trouble->down_at = trouble->down_wall = trouble->probe_at = 0;
	trouble->probe = 0;
	trouble->probes = 0;
	trouble->failed = CHANNEL_DOWN_AFTER - 1;
}

static str
down_text(struct core *core, const struct channel_trouble *trouble)
{
	str lasted = text_ms(core, core->at - trouble->down_at);
	return text_make(core, "nothing got out by channel %.*s for %.*s: %.*s",
	    STR_ARG(trouble->name), STR_ARG(lasted), STR_ARG(trouble->error));
}

static void
look(struct core *core, struct channel_trouble *trouble)
{
	ASSERT(trouble->down_at != 0); /* else nothing looks */
	if (!trouble->told && trouble->down_at + CHANNEL_TOLD_MS <= core->at) {
		trouble->told = true;
		self_channel_down(core, trouble->name, down_text(core, trouble));
	}
	if (trouble->failed_at + CHANNEL_FORGET_MS <= core->at &&
	    line_find(core, trouble->name) == NULL)
		lapse(core, trouble);
	look_next(core, trouble);
}

void
channels_look(struct core *core)
{
	struct channel_trouble *p = core->control->row.channels.p;
	for (size_t i = 0; i < core->control->row.channels.n; i++) {
		if (p[i].look_at != 0 && p[i].look_at <= core->at)
			look(core, &p[i]);
	}
}

/* The next probe, ever further from this one. */
static void
probe_later(struct core *core, struct channel_trouble *trouble)
{
	trouble->probe = 0;
	trouble->probes++;
	trouble->probe_at = core->at + notice_backoff_ms(core, trouble->probes);
	if (trouble->told)
		self_channel_down(core, trouble->name, down_text(core, trouble));
}

static void
failed(struct core *core, str name, const struct notice_result *result)
{
	struct channel_trouble *trouble = trouble_find(core, name);
	if (trouble == NULL)
		trouble = trouble_add(core, name);
	if (trouble == NULL)
		return;
	trouble->failed++;
	trouble->failed_at = core->at;
	row_set_str(core, &trouble->error,
	    text_line(core, result->error, TIMELINE_TEXT_MAX));
	if (trouble->down_at == 0 && trouble->failed >= CHANNEL_DOWN_AFTER)
		go_down(core, trouble);
	else if (trouble->down_at != 0 && trouble->probe == result->notice)
		probe_later(core, trouble);
	look_next(core, trouble);
}

void
channel_result(struct core *core, str name, const struct notice_result *result)
{
	struct channel_trouble *trouble = trouble_find(core, name);
	if (result->delivered) {
		if (trouble != NULL)
			go_up(core, trouble, "takes messages again");
	} else if (!result->permanent) {
		failed(core, name, result);
	} else if (trouble != NULL && trouble->probe == result->notice) {
		/* Of this notice alone: it says nothing of the others. */
		probe_later(core, trouble);
		look_next(core, trouble);
	}
}

void
channel_late_result(struct core *core, const struct notice_result *result)
{
	const struct channel_trouble *p = core->control->row.channels.p;
	for (size_t i = 0; i < core->control->row.channels.n; i++) {
		if (p[i].probe != 0 && p[i].probe == result->notice) {
			channel_result(core, arena_str(&core->scratch, p[i].name), result);
			return;
		}
	}
}

/* Whoever changed it may have mended a channel; of one that is gone there is nothing to tell. */
void
channels_adopted(struct core *core)
{
	pace_adopted(core);
	for (size_t i = core->control->row.channels.n; i > 0; i--) {
		struct channel_trouble *p = core->control->row.channels.p;
		struct channel_trouble *trouble = &p[i - 1];
		if (names_get(&core->newest->model->channel_by_name, trouble->name) ==
		    NULL) {
			go_up(core, trouble, "is not written any more");
			continue;
		}
		if (trouble->down_at != 0 && trouble->probe == 0)
			trouble->probe_at = core->at;
		look_next(core, trouble);
	}
}

struct core_channel
core_channel(const struct core *core, str name)
{
	const struct line *line = line_find(core, name);
	const struct channel_trouble *trouble = trouble_find(core, name);
	return (struct core_channel){ .waiting = line != NULL ? line->ready_n : 0,
		.down_wall = trouble != NULL ? trouble->down_wall : 0 };
}

/* ---- sending ---- */

static void
line_out(struct core *core, struct notice *notice)
{
	notice->line->sending++;
	core->sending++;
	line_take(core, notice->line);
	notice_send(core, notice);
}

/* Somebody waits to see how a test goes: it needs no place. */
static bool
goes_at_once(const struct core *core, const struct notice *notice)
{
	return core->fx != NULL && notice->row.purpose == PURPOSE_TEST;
}

static void
lines_fill(struct core *core)
{
	struct object *o;
	while ((o = heap_top(&core->outbox)) != NULL && o->due <= core->at) {
		struct notice *notice = container_of(o, struct notice, o);
		ASSERT(notice->row.state == NOTICE_PENDING);
		if (goes_at_once(core, notice)) {
			line_out(core, notice);
			continue;
		}
		if (notice_must_wait(core, notice)) {
			notice_wait_until(core, notice, core->at + NOTICE_GUARD_MS);
			continue;
		}
		line_put(core, notice);
		notice_note_turn(core, notice);
		notice_arm(core, notice);
	}
}

/* What waits for its reader's turn alone wakes the control row. */
static void
lines_arm(struct core *core)
{
	core->lines_at = lines_next_at(core);
	heap_set(&core->timers, &core->control->o, control_due(core));
}

void
lines_due(struct core *core)
{
	core->lines_at = 0; /* until the pump, which comes after each step */
	heap_set(&core->timers, &core->control->o, control_due(core));
}

void
lines_loaded(struct core *core)
{
	pace_loaded(core);
	list_each(it, &core->tables[TABLE_NOTICE])
	    notice_arm(core, container_of(object_of(it, in_table), struct notice, o));
	lines_fill(core);
	lines_arm(core);
}

/* All of them together have few, so that a storm is bounded; one is always its own. */
static bool
line_has_place(const struct core *core, const struct line *line,
    const struct channel_trouble *trouble)
{
	if (trouble != NULL && trouble->down_at != 0)
		return line->sending == 0 && trouble->probe_at <= core->at;
	return line_has_rate(core, line) && line->sending < CHANNEL_SENDING_MAX &&
	       (core->sending < SENDING_MAX || line->sending == 0);
}

/* One that nobody needs any more: all that it told was told otherwise. */
static bool
is_hollow(const struct notice *notice)
{
	return notice->row.purpose == PURPOSE_DIGEST && list_empty(&notice->folded);
}

/* It, or the digest that it goes in. */
static struct notice *
line_go(struct core *core, struct notice *notice, bool probe)
{
	struct reader *reader = notice->reader;
	struct notice *digest =
	    line_folds(core, notice, probe) ? digest_fold(core, reader) : NULL;
	if (digest == NULL)
		line_step_out(core, notice);
	/* A probe is more for the channel's sake than for whom it goes to. */
	if (!probe)
		reader_take(core, reader, notice->row.channel);
	return digest != NULL ? digest : notice;
}

static void
line_send(struct core *core, struct line *line)
{
	while (line->ready_n > 0) {
		struct channel_trouble *trouble = trouble_find(core, line_name(line));
		if (!line_has_place(core, line, trouble))
			return;
		bool down = trouble != NULL && trouble->down_at != 0;
		struct notice *notice = down ? line_probe(line) : line_next(core, line);
		if (notice == NULL)
			return;
		if (is_hollow(notice)) {
			notice_drop(core, notice);
			continue;
		}
		notice = line_go(core, notice, down);
		if (down) {
			trouble->probe = notice->row.id;
			trouble->probe_at = core->at + CHANNEL_PROBE_MS;
			look_next(core, trouble);
		}
		line_out(core, notice);
	}
}

void
outbox_pump(struct core *core)
{
	lines_fill(core);
	/* A line goes with the last that stood in it, where that is dropped. */
	list_each_safe(it, &core->lines)
	    line_send(core, container_of(it, struct line, link));
	lines_arm(core);
}
