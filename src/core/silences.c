/*
 * Silences: what a person does not want to hear of for a while, by Alertmanager's rules.
 *
 *	PENDING --(starts)--> ACTIVE --(ends, or is expired)--> EXPIRED --(120 h)--> gone
 *
 * Which of the three it is follows from its times, so nothing is stepped when one starts
 * or ends. Which alerts it holds is found out by intake and comes as CHANGE_HELD and
 * CHANGE_RELEASED; matchers were read there too, before the command came.
 *
 * Changed in place is only what changes no past: the same matchers, an end that is not
 * over, a start that has not been. All else ends the old one and makes a new one.
 */
#include "core/state.h"

bool
silence_matchers_same(const struct records *a, const struct records *b)
{
	const struct silence_matcher *x = a->p, *y = b->p;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!str_eq(x[i].name, y[i].name) || !str_eq(x[i].value, y[i].value) ||
		    x[i].regex != y[i].regex || x[i].equal != y[i].equal)
			return false;
	}
	return true;
}

static bool
may_change(const struct silence_row *row, const struct silence_row *asked, msec wall)
{
	if (!silence_matchers_same(&row->matchers, &asked->matchers) ||
	    !str_eq(row->during, asked->during) || row->window.n > 0)
		return false;
	switch (silence_state(row, wall)) {
	case SILENCE_ACTIVE:
		return asked->starts_wall / SECOND == row->starts_wall / SECOND &&
		       asked->ends_wall >= wall;
	case SILENCE_PENDING:
		return asked->starts_wall >= wall;
	case SILENCE_EXPIRED:
		return false;
	}
	UNREACHABLE();
}

struct silence *
silence_find(const struct core *core, str uuid)
{
	list_each(it, &core->tables[TABLE_SILENCE])
	{
		struct silence *silence =
		    container_of(object_of(it, in_table), struct silence, o);
		if (str_eq(silence->row.uuid, uuid))
			return silence;
	}
	return NULL;
}

/* Its row or the clock changed: when is it to be forgotten? */
static void
keep_until(struct core *core, struct silence *silence)
{
	msec until = silence->row.ends_wall + SILENCE_KEEP_MS;
	msec left = until > core->wall ? until - core->wall : 0;
	silence->row.forget_at = core->at + (left > SECOND ? left : SECOND);
	object_touch(core, &silence->o);
	heap_set(&core->timers, &silence->o, silence->row.forget_at);
}

void
silence_timer(struct core *core, struct silence *silence)
{
	if (core->wall >= silence->row.ends_wall + SILENCE_KEEP_MS)
		object_erase(core, &silence->o);
	else
		keep_until(core, silence); /* the wall clock was set back */
}

static void
end_now(struct core *core, struct silence *silence)
{
	struct silence_row *row = &silence->row;
	if (silence_state(row, core->wall) == SILENCE_PENDING)
		row->starts_wall = core->wall;
	row->ends_wall = core->wall;
	row->updated_wall = core->wall;
	keep_until(core, silence);
}

/* Room for one more, if need be in the place of the one that expired first, or of `old`,
 * which ends with this. */
static bool
make_room(struct core *core, struct silence *old)
{
	if (core->counts[TABLE_SILENCE] < SILENCES_MAX)
		return core_roomy(core);
	struct silence *first = NULL;
	list_each(it, &core->tables[TABLE_SILENCE])
	{
		struct silence *silence =
		    container_of(object_of(it, in_table), struct silence, o);
		if (silence_state(&silence->row, core->wall) == SILENCE_EXPIRED &&
		    (first == NULL || silence->row.ends_wall < first->row.ends_wall))
			first = silence;
	}
	if (first == NULL)
		first = old;
	if (first == NULL)
		return false;
	object_erase(core, &first->o);
	return core_roomy(core);
}

static str
matchers_text(struct core *core, const struct silence_row *row)
{
	struct buf out = BUF(TIMELINE_TEXT_MAX);
	const struct silence_matcher *m = row->matchers.p;
	for (size_t i = 0; i < row->matchers.n; i++)
		buf_printf(&out, "%s%.*s%s\"%.*s\"", i > 0 ? ", " : "", STR_ARG(m[i].name),
		    m[i].regex ? (m[i].equal ? "=~" : "!~") : (m[i].equal ? "=" : "!="),
		    STR_ARG(m[i].value));
	str text = arena_str(&core->scratch, buf_str(&out));
	buf_done(&out);
	return text_line(core, text, TIMELINE_TEXT_MAX / 2);
}

static void
tell(struct core *core, const struct silence_row *row, str principal, const char *done)
{
	str what = matchers_text(core, row);
	str until = text_when(core, row->ends_wall);
	str words = text_line(core, row->comment, TIMELINE_TEXT_MAX / 4);
	str during = row->during.n > 0
	                 ? text_make(core, " during %.*s", STR_ARG(row->during))
	                 : (str){ 0 };
	timeline_add(core, 0, TIMELINE_COMMAND, principal, row->id,
	    "%s silence %.*s of {%.*s}%.*s until %.*s%s%.*s", done, STR_ARG(row->uuid),
	    STR_ARG(what), STR_ARG(during), STR_ARG(until), words.n > 0 ? ": " : "",
	    STR_ARG(words));
}

static bool
has_calendar(const struct core *core, str name)
{
	const struct calendar *calendar =
	    names_get(&core->newest->model->calendar_by_name, name);
	return calendar != NULL && !calendar->fetched; /* who keeps that mutes nothing */
}

void
silence_holds(struct core *core, row_id id)
{
	struct silence *silence = object_find(core, TABLE_SILENCE, id);
	if (silence == NULL || !silence->row.until_resolved || silence->row.held_any)
		return;
	silence->row.held_any = true;
	object_touch(core, &silence->o);
}

void
silence_end(struct core *core, struct silence *silence, str by, const char *why)
{
	end_now(core, silence);
	tell(core, &silence->row, by, why);
}

struct silence *
silence_make(struct core *core, const struct silence_row *row, str by)
{
	if (!make_room(core, NULL))
		return NULL;
	struct silence *silence = object_add(core, TABLE_SILENCE, row);
	if (silence == NULL)
		return NULL;
	keep_until(core, silence);
	tell(core, &silence->row, by, "made");
	return silence;
}

static struct silence *
change(struct core *core, struct silence *silence, const struct silence_row *asked,
    str principal)
{
	struct silence_row *row = &silence->row;
	row->starts_wall = asked->starts_wall;
	row->ends_wall = asked->ends_wall;
	row->updated_wall = core->wall;
	row->until_resolved = asked->until_resolved;
	row_set_str(core, &row->comment, asked->comment);
	row_set_str(core, &row->created_by, asked->created_by);
	row_set_str(core, &row->principal, principal);
	keep_until(core, silence);
	tell(core, row, principal, "changed");
	return silence;
}

/* Ending it makes things louder, which anybody may; what goes on being quiet, and for how
 * long, is whoever's who made it so. What was asked before roles were told is let be. */
static bool
is_anothers(const struct silence_row *row, const struct command *command)
{
	return command->role != 0 && !role_reaches(command->role, ROLE_LEAD) &&
	       !str_eq(row->principal, command->principal) &&
	       !str_eq(row->principal, STR("anonymous"));
}

enum silence_answer
silence_set(struct core *core, const struct command *command, struct silence **ret)
{
	struct silence_row as_asked = command->silence;
	struct silence_row *asked = &as_asked;
	struct silence *old = asked->uuid.n > 0 ? silence_find(core, asked->uuid) : NULL;
	/* Whoever does not know of these, as amtool, does not take them away. */
	if (old != NULL && asked->during.n == 0)
		asked->during = old->row.during;
	if (old != NULL)
		asked->until_resolved = asked->until_resolved || old->row.until_resolved;
	asked->held_any = asked->off = false;
	asked->window = (str){ 0 };
	if (asked->during.n > 0 && !has_calendar(core, asked->during))
		return SILENCE_NO_CALENDAR;
	if (asked->starts_wall >= asked->ends_wall)
		return SILENCE_BACKWARDS;
	if (asked->ends_wall < core->wall)
		return SILENCE_OVER;
	if (asked->uuid.n > 0 && old == NULL)
		return SILENCE_UNKNOWN;
	if (old != NULL && is_anothers(&old->row, command))
		return SILENCE_OTHERS;
	if (asked->matchers.n == 0 || command->fresh.n == 0)
		return SILENCE_MATCHES_ALL;
	if (old != NULL && may_change(&old->row, asked, core->wall)) {
		*ret = change(core, old, asked, command->principal);
		return SILENCE_DONE;
	}
	asked->during = arena_str(&core->scratch, asked->during);
	if (!make_room(core, old))
		return SILENCE_TOO_MANY;
	old = asked->uuid.n > 0 ? silence_find(core, asked->uuid) : NULL;
	if (old != NULL && silence_state(&old->row, core->wall) != SILENCE_EXPIRED)
		end_now(core, old);

	struct silence_row row = *asked;
	row.id = row_next(core);
	row.uuid = command->fresh;
	row.principal = command->principal;
	row.updated_wall = core->wall;
	if (row.starts_wall < core->wall)
		row.starts_wall = core->wall;
	struct silence *silence = object_add(core, TABLE_SILENCE, &row);
	if (silence == NULL)
		return SILENCE_TOO_MANY;
	keep_until(core, silence);
	tell(core, &silence->row, command->principal, "made");
	*ret = silence;
	return SILENCE_DONE;
}

struct silence *
silence_expire(struct core *core, const struct command *command)
{
	struct silence *silence = silence_find(core, command->name);
	if (silence == NULL || silence_state(&silence->row, core->wall) == SILENCE_EXPIRED)
		return silence;
	end_now(core, silence);
	tell(core, &silence->row, command->principal,
	    str_eq(command->principal, FIRSTLINE) ? "nothing of it fires any more: ended"
						  : "ended");
	return silence;
}

str
silence_words(struct core *core, const struct alert_change *change)
{
	const struct silence *silence =
	    change->silence != 0 ? object_find(core, TABLE_SILENCE, change->silence) : NULL;
	if (change->silence == 0)
		return text_make(core, "inhibited by %016llx",
		    (unsigned long long)change->inhibitor);
	if (silence == NULL)
		return STR("silenced");
	const struct silence_row *row = &silence->row;
	str until = text_when(core, row->ends_wall);
	str who = text_line(core, row->created_by, 100);
	str words = text_line(core, row->comment, TIMELINE_TEXT_MAX / 4);
	return text_make(core, "silenced by %.*s (%.*s: %.*s) until %.*s",
	    STR_ARG(row->uuid), STR_ARG(who), STR_ARG(words), STR_ARG(until));
}
