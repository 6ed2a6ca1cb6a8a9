/*
 * Is there always somebody to tell? The tiers of each team over the coming weeks.
 *
 * A team answers at an instant when some tier has a person then. When none has, alerts go
 * to the fallback team: a net for mistakes, not a schedule, so that is a mistake. A
 * rotation that has nobody while another tier of its team answers is good to know only: two
 * rotations may share the day.
 */
#include "authority/analysing.h"
#include "model/duty.h"

#define STEPS_MAX 20000 /* of one team: changes of who has which rotation */

struct hole {
	msec from_wall, until_wall; /* the first */
	size_t n;
	msec last_end; /* where it goes on */
};

static void
hole_add(struct hole *hole, msec from, msec until)
{
	if (hole->n > 0 && hole->last_end == from) {
		if (hole->n == 1)
			hole->until_wall = until;
	} else {
		if (hole->n++ == 0) {
			hole->from_wall = from;
			hole->until_wall = until;
		}
	}
	hole->last_end = until;
}

/* "from 2026-11-28 00:00 UTC until 2026-11-28 06:00 UTC, and 11 more times" */
static str
hole_text(struct analysing *a, const struct hole *hole)
{
	str from = moment_text(hole->from_wall, a->arena);
	str until = moment_text(hole->until_wall, a->arena);
	str again = { 0 };
	if (hole->n > 1)
		again = arena_printf(a->arena, ", and %zu more time%s", hole->n - 1,
		    hole->n == 2 ? "" : "s");
	return arena_printf(a->arena, "from %.*s until %.*s%.*s within %d weeks",
	    STR_ARG(from), STR_ARG(until), STR_ARG(again), DUTY_WEEKS);
}

/* "firstline on-call --team ops --at '...'" wants local time: a shift list says it. */
static str
hole_example(struct analysing *a, const struct team *team)
{
	return arena_printf(a->arena, "firstline on-call weeks --team %.*s",
	    STR_ARG(team->name));
}

static void
team_hole(struct analysing *a, const struct team *team, const struct hole *hole)
{
	const struct model *model = a->model;
	str span = hole_text(a, hole);
	const struct tier *first = &team->tiers[0];
	str then = STR("it is the fallback: alerts then reach nobody");
	if (model->fallback != team)
		then = arena_printf(a->arena, "alerts then go to the fallback %.*s",
		    STR_ARG(model->fallback->name));
	found_add(a,
	    &(struct found){
		.kind = FOUND_HOLE,
		.error = true,
		.place =
		    first->kind == TIER_ROTATION ? first->rotation->place : team->place,
		.text = arena_printf(a->arena, "nobody of %.*s is on duty %.*s; %.*s",
		    STR_ARG(team->name), STR_ARG(span), STR_ARG(then)),
		.example = hole_example(a, team),
		.mend = STR("add a layer for those hours, or a tier that is a person or "
			    "`lead`"),
	    });
}

static void
rotation_hole(struct analysing *a, const struct team *team, const struct rotation *rotation,
    const struct hole *hole)
{
	str span = hole_text(a, hole);
	bool told = duty_tier(team, rotation) > 0;
	found_add(a,
	    &(struct found){
		.kind = FOUND_HOLE,
		.note = true,
		.place = rotation->place,
		.text = arena_printf(a->arena, "nobody has rotation %.*s of %.*s %.*s; %s",
		    STR_ARG(rotation->name), STR_ARG(team->name), STR_ARG(span),
		    told ? "the next tier is told at once then"
			 : "it is no tier of `escalate`, so nobody is told by it"),
		.example = hole_example(a, team),
		.mend = STR("add a layer for those hours, if that is not meant"),
	    });
}

/* Does some tier have a person then? And when that may change. */
static bool
answers(const struct team *team, const struct turn *turns, msec *until)
{
	bool any = false;
	for (size_t i = 0; i < team->tier_n; i++) {
		const struct tier *tier = &team->tiers[i];
		if (tier->kind == TIER_PERSON)
			any = any || tier->person != NULL;
		else
			any = any || turns[tier->rotation - team->rotations].person != NULL;
	}
	for (size_t i = 0; i < team->rotation_n; i++) {
		if (turns[i].until_wall < *until)
			*until = turns[i].until_wall;
	}
	return any;
}

static void
team_look(struct analysing *a, const struct team *team)
{
	struct arena scratch = *a->arena;
	struct turn *turns = arena_new(&scratch, struct turn, team->rotation_n);
	struct hole *holes = arena_new(&scratch, struct hole, team->rotation_n + 1);
	struct hole *of_team = &holes[team->rotation_n];
	msec end = a->wall + DUTY_AHEAD_MS;
	size_t steps = 0;
	for (msec at = a->wall; at < end && steps < STEPS_MAX; steps++) {
		msec until = end;
		for (size_t i = 0; i < team->rotation_n; i++) {
			if (turns[i].until_wall <= at)
				turns[i] = rotation_at(&team->rotations[i], at);
		}
		bool answered = answers(team, turns, &until);
		if (!answered)
			hole_add(of_team, at, until);
		for (size_t i = 0; answered && i < team->rotation_n; i++) {
			if (turns[i].person == NULL)
				hole_add(&holes[i], at, until);
		}
		at = until;
	}
	*a->arena = scratch;
	if (steps == STEPS_MAX)
		left_out(a, arena_printf(a->arena,
				"looked at %zu changes of who is on duty in %.*s and left "
				"out the rest",
				steps, STR_ARG(team->name)));
	if (of_team->n > 0)
		team_hole(a, team, of_team);
	for (size_t i = 0; of_team->n == 0 && i < team->rotation_n; i++) {
		if (holes[i].n > 0)
			rotation_hole(a, team, &team->rotations[i], &holes[i]);
	}
}

void
analyse_duty(struct analysing *a)
{
	for (size_t i = 0; i < a->model->teams_n; i++) {
		const struct team *team = &a->model->teams[i];
		if (team->kind == TEAM_OPERATIONS && team->tier_n > 0)
			team_look(a, team);
	}
}
