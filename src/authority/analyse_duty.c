/*
 * Is there always somebody to tell? The tiers of each team over the coming weeks.
 *
 * A team answers at an instant when some tier of `escalate` has a person then. When none
 * has, alerts go to the fallback team: a net for mistakes, not a schedule, so that is a
 * mistake. Where a policy has nobody within its hours, `escalate` holds, which is worth a
 * warning; a policy or tier whose hours never begin is a mistake. A rotation that has nobody
 * while another tier of its team answers is good to know only: two rotations may share the
 * day.
 */
#include "authority/analysing.h"
#include "model/duty.h"
#include "model/policy.h"

#define EXCEPTION_WARN_MS (14 * DAY)
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
	const struct tier *first = &policy_general(team)->tiers[0];
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

static str
severities_text(struct analysing *a, const struct policy *policy)
{
	struct buf out = BUF(64);
	for (unsigned s = SEV1; s <= SEV4; s++) {
		if ((policy->severities >> s & 1) != 0)
			buf_printf(&out, "%ssev%u", out.n > 0 ? ", " : "", s);
	}
	str text = arena_str(a->arena, buf_str(&out));
	buf_done(&out);
	return text;
}

static void
policy_hole(struct analysing *a, const struct team *team, const struct policy *policy,
    const struct hole *hole)
{
	str span = hole_text(a, hole), of = severities_text(a, policy);
	found_add(a,
	    &(struct found){
		.kind = FOUND_HOLE,
		.place = policy->place,
		.text = arena_printf(a->arena,
		    "this policy of %.*s for %.*s has nobody on duty %.*s; its `escalate` "
		    "holds then",
		    STR_ARG(team->name), STR_ARG(of), STR_ARG(span)),
		.example = hole_example(a, team),
		.mend = STR("add a tier that is a person or `lead`, or narrow its hours"),
	    });
}

static void
never_on(struct analysing *a, struct place place, const char *what)
{
	found_add(a,
	    &(struct found){
		.kind = FOUND_HOLE,
		.error = true,
		.place = place,
		.text = arena_printf(a->arena,
		    "the hours of this %s do not come within %d weeks", what, DUTY_WEEKS),
		.mend = STR("mend `hours` and `except`, or take it out"),
	    });
}

static void
exception_ends(struct analysing *a, const struct team *team, const struct exception *e)
{
	bool over = a->wall >= e->until_wall;
	str until = str_take(moment_text(e->until_wall - 1, a->arena), 10);
	if (!over && e->until_wall > a->wall + EXCEPTION_WARN_MS)
		return;
	found_add(a,
	    &(struct found){
		.kind = FOUND_ENDING,
		.error = over,
		.place = e->place,
		.text = arena_printf(a->arena,
		    over
			? "the exception for developers %.*s in %.*s ended with %.*s: this "
			  "tier is told of nothing any more"
			: "the exception for developers %.*s in %.*s ends with %.*s: after "
			  "that this tier is told of nothing",
		    STR_ARG(e->team->name), STR_ARG(team->name), STR_ARG(until)),
		.mend = arena_printf(a->arena,
		    "name operators instead, or write a later `until:`; %.*s owns it",
		    STR_ARG(e->owner->id)),
	    });
}

/* What is wrong with the hours and exceptions of a policy by themselves; false: it is never
 * in force. */
static bool
policy_look(struct analysing *a, const struct team *team, const struct policy *policy)
{
	bool ever = window_next(&policy->when, a->wall, DUTY_AHEAD_MS) != 0;
	if (!ever)
		never_on(a, policy->place, "policy");
	for (size_t i = 0; i < policy->tier_n; i++) {
		const struct tier *tier = &policy->tiers[i];
		if (window_next(&tier->when, a->wall, DUTY_AHEAD_MS) == 0)
			never_on(a, tier->place, "tier");
		if (tier->exception != NULL)
			exception_ends(a, team, tier->exception);
	}
	return ever;
}

/* Does some tier have a person then? And when that may change. Outside of the policy's
 * hours nobody need. */
static bool
answers(const struct team *team, const struct policy *policy, const struct turn *turns,
    msec at, msec *until)
{
	bool any = !window_has(&policy->when, at);
	msec next = window_until(&policy->when, at);
	for (size_t i = 0; i < policy->tier_n; i++) {
		const struct tier *tier = &policy->tiers[i];
		msec changes = tier_until(tier, at);
		next = changes < next ? changes : next;
		if (!tier_open(tier, at))
			continue;
		if (tier->kind == TIER_PERSON)
			any = true;
		else
			any = any || turns[tier->rotation - team->rotations].person != NULL;
	}
	for (size_t i = 0; i < team->rotation_n; i++) {
		if (turns[i].until_wall < next)
			next = turns[i].until_wall;
	}
	*until = next < *until ? next : *until;
	return any;
}

/* The rotations are looked at beside `escalate` alone. */
static void
team_look(struct analysing *a, const struct team *team, const struct policy *policy)
{
	bool general = policy == policy_general(team);
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
		bool answered = answers(team, policy, turns, at, &until);
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
	if (of_team->n > 0 && general)
		team_hole(a, team, of_team);
	else if (of_team->n > 0)
		policy_hole(a, team, policy, of_team);
	for (size_t i = 0; general && of_team->n == 0 && i < team->rotation_n; i++) {
		if (holes[i].n > 0)
			rotation_hole(a, team, &team->rotations[i], &holes[i]);
	}
}

void
analyse_duty(struct analysing *a)
{
	for (size_t i = 0; i < a->model->teams_n; i++) {
		const struct team *team = &a->model->teams[i];
		for (size_t k = 0; k < team->policies_n; k++) {
			const struct policy *policy = &team->policies[k];
			ASSERT(policy->tier_n > 0);
			if (policy_look(a, team, policy))
				team_look(a, team, policy);
		}
	}
}
