/*
 * Maintenance windows of the configuration: each is a silence that holds while its calendar
 * is on. It is there from the adoption of the configuration that has it until that of one
 * that has not, or has it otherwise; a person may end it sooner, until the next adoption.
 *
 * A silence whose calendar is not written any more holds nothing (the engine sees to that):
 * any doubt notifies. A gap says so.
 */
#include "core/state.h"

#define ENDLESS_YEAR 9998

static msec
endless(void)
{
	return (msec)civil_days(ENDLESS_YEAR, 1, 1) * DAY;
}

static struct records
matchers_of(struct core *core, const struct matchers *match)
{
	size_t n = match->n;
	ASSERT(n <= SILENCE_MATCHERS_MAX);
	struct silence_matcher *p = arena_new(&core->scratch, struct silence_matcher, n);
	for (size_t i = 0; i < n; i++) {
		enum match_op op = match->p[i].op;
		p[i] = (struct silence_matcher){ .name = match->p[i].label,
			.value = match->p[i].value,
			.regex = op == MATCH_RE || op == MATCH_NOT_RE,
			.equal = op == MATCH_EQ || op == MATCH_RE };
	}
	return (struct records){ p, n };
}

/* A uuid that follows from what it is for: nothing is drawn here, and a replay must give
 * the same. Version 8. */
static str
uuid_of(struct core *core, const struct maintenance *window, row_id id)
{
	str seed = text_make(core, "maintenance %llu %.*s", (unsigned long long)id,
	    STR_ARG(window->name));
	hash32 hash = sha256(seed);
	hash.b[6] = (uint8_t)((hash.b[6] & 0x0f) | 0x80);
	hash.b[8] = (uint8_t)((hash.b[8] & 0x3f) | 0x80);
	struct buf out = BUF(64);
	for (size_t i = 0; i < 16; i++)
		buf_printf(&out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		    hash.b[i]);
	str uuid = arena_str(&core->scratch, buf_str(&out));
	buf_done(&out);
	return uuid;
}

static bool
same(const struct silence_row *row, const struct silence_row *wanted)
{
	return silence_matchers_same(&row->matchers, &wanted->matchers) &&
	       str_eq(row->during, wanted->during) && row->ends_wall == wanted->ends_wall &&
	       str_eq(row->comment, wanted->comment) &&
	       str_eq(row->created_by, wanted->created_by);
}

static struct silence *
silence_of(const struct core *core, str window)
{
	list_each(it, &core->tables[TABLE_SILENCE])
	{
		struct silence *silence =
		    container_of(object_of(it, in_table), struct silence, o);
		if (str_eq(silence->row.window, window) &&
		    silence_state(&silence->row, core->wall) != SILENCE_EXPIRED)
			return silence;
	}
	return NULL;
}

static void
adopt(struct core *core, const struct maintenance *window)
{
	struct silence *now = silence_of(core, window->name);
	struct silence_row row = { .matchers = matchers_of(core, &window->match),
		.starts_wall = core->wall,
		.ends_wall = window->until_wall != 0 ? window->until_wall : endless(),
		.updated_wall = core->wall,
		.created_by = window->owner->id,
		.principal = FIRSTLINE,
		.comment = text_cut(window->because, SILENCE_TEXT_MAX),
		.during = window->during->name,
		.window = window->name };
	if (now != NULL && same(&now->row, &row))
		return;
	if (now != NULL)
		silence_end(core, now, FIRSTLINE, "written otherwise: ended");
	if (row.ends_wall <= core->wall)
		return;
	row.id = row_next(core);
	row.uuid = uuid_of(core, window, row.id);
	if (silence_make(core, &row, FIRSTLINE) == NULL)
		core->control->row.shed++; /* it holds nothing, so people are told */
}

static bool
is_written(const struct model *model, str window)
{
	for (size_t i = 0; i < model->maintenance_n; i++) {
		if (str_eq(model->maintenance[i].name, window))
			return true;
	}
	return false;
}

static void
look_at(struct core *core, struct silence *silence)
{
	const struct model *model = core->newest->model;
	const struct silence_row *row = &silence->row;
	if (silence_state(row, core->wall) == SILENCE_EXPIRED)
		return;
	if (row->window.n > 0 && !is_written(model, row->window))
		silence_end(core, silence, FIRSTLINE, "not written any more: ended");
	else if (row->during.n > 0 && row->window.n == 0 &&
		 names_get(&model->calendar_by_name, row->during) == NULL)
		gap_add(core, GAP_NO_CALENDAR, row->during, row->created_by, NULL,
		    text_make(core,
			"silence %.*s is for the times of '%.*s', which is not written any "
			"more: it holds nothing",
			STR_ARG(row->uuid), STR_ARG(row->during)));
}

void
maintenance_adopted(struct core *core)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->maintenance_n; i++) {
		struct arena mark = core->scratch;
		adopt(core, &model->maintenance[i]);
		core->scratch = mark;
	}
	list_each_safe(it, &core->tables[TABLE_SILENCE])
	{
		struct arena mark = core->scratch;
		look_at(core, container_of(object_of(it, in_table), struct silence, o));
		core->scratch = mark;
	}
	for (size_t i = 0; i < model->calendars_n; i++)
		gap_close(core, GAP_NO_CALENDAR, model->calendars[i].name);
}
