/*
 * duty -- who is on duty, now and in the coming weeks, for whoever asks.
 */
#include "model/duty.h"
#include "base/diag.h"
#include "engine/state.h"
#include "os/clock.h"

#define SPAN_MS_MAX (400 * DAY)

static void
refuse(struct answer_out *a, const char *why)
{
	a->answer.status = 422;
	a->answer.exit = 2;
	a->answer.error = str_of(why);
}

/* Milliseconds since 1970; false: it is none. Absent: *ret stays. */
static bool
read_time(const struct request *request, str name, msec *ret)
{
	str text = pairs_get(&request->params, name);
	return text.n == 0 || str_u64(text, UINT64_MAX, ret);
}

/* true: that team is none, which is answered; a typing error must not read as "no rotation". */
static bool
is_no_team(struct answer_out *a, const struct model *model, str name)
{
	if (name.n == 0 || model_team(model, name) != NULL)
		return false;
	str *names = arena_new(a->arena, str, model->teams_n + 1);
	for (size_t i = 0; i < model->teams_n; i++)
		names[i] = model->teams[i].name;
	str near = diag_suggest(a->arena, name, names, model->teams_n);
	a->answer.status = 404;
	a->answer.exit = 3;
	a->answer.error = arena_printf(a->arena, "there is no team '%.*s'%s%.*s",
	    STR_ARG(name), near.n > 0 ? ": " : "", STR_ARG(near));
	return true;
}

static bool
is_asked(const struct request *request, const struct team *team)
{
	return request->name.n == 0 || str_eq(request->name, team->name);
}

static void
duty_of_team(struct answer_out *a, const struct model *model, const struct team *team,
    const struct stand_ins *over, msec wall)
{
	for (size_t i = 0; i < team->rotation_n; i++) {
		struct turn turn = duty_at(model, team, &team->rotations[i], over, wall);
		struct duty_item duty = {
			.team = team->name,
			.rotation = team->rotations[i].name,
			.person = turn.person != NULL ? turn.person->id : STR(""),
			.from_wall = turn.from_wall,
			.until_wall = turn.until_wall,
			.quiet_wall =
			    turn.person != NULL ? person_quiet_until(turn.person, wall) : 0,
			.name = turn.person != NULL ? turn.person->name : STR(""),
		};
		answer_record(a, ITEM_DUTY, &duty);
	}
}

void
answer_on_call(struct engine *engine, const struct request *request, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	msec wall = clock_wall();
	if (!read_time(request, STR("at"), &wall)) {
		refuse(a, "at is a time in milliseconds since 1970");
		return;
	}
	if (is_no_team(a, model, request->name))
		return;
	for (size_t i = 0; i < model->teams_n; i++) {
		if (is_asked(request, &model->teams[i]))
			duty_of_team(a, model, &model->teams[i],
			    core_stand_ins(engine->core), wall);
	}
}

/* false: there is no room for more. */
static bool
shifts_of(struct answer_out *a, struct shifts *shifts, size_t *n)
{
	const struct team *team = shifts->team;
	const struct rotation *rotation = shifts->rotation;
	struct turn turn;
	while (shift_next(shifts, &turn)) {
		struct shift_item item = {
			.team = team->name,
			.rotation = rotation->name,
			.tier = duty_tier(team, rotation),
			.person = turn.person != NULL ? turn.person->id : STR(""),
			.from_wall = turn.from_wall,
			.until_wall = turn.until_wall,
			.gap = turn.person == NULL,
			.zone = duty_zone(team, rotation),
		};
		if (++*n > SHIFTS_MAX)
			return false;
		answer_record(a, ITEM_SHIFT, &item);
	}
	return true;
}

void
answer_shifts(struct engine *engine, const struct request *request, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	msec from = clock_wall();
	bool ok = read_time(request, STR("from"), &from);
	msec to = from < UINT64_MAX - DUTY_AHEAD_MS ? from + DUTY_AHEAD_MS : from;
	ok = read_time(request, STR("to"), &to) && ok;
	if (!ok || to <= from || to - from > SPAN_MS_MAX) {
		refuse(a, "'to' is a time after 'from', by at most 400 days");
		return;
	}
	if (is_no_team(a, model, request->name))
		return;
	size_t n = 0;
	bool room = true;
	for (size_t i = 0; i < model->teams_n && room; i++) {
		const struct team *team = &model->teams[i];
		for (size_t k = 0; is_asked(request, team) && k < team->rotation_n && room;
		     k++) {
			struct shifts shifts = { .model = model,
				.team = team,
				.rotation = &team->rotations[k],
				.over = core_stand_ins(engine->core),
				.at = from,
				.until = to };
			room = shifts_of(a, &shifts, &n);
		}
	}
	if (!room)
		a->answer.note =
		    STR("there are more shifts than one answer holds: ask for a "
			"shorter time, or for one team");
}
