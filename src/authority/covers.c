/* Whom and what a rule covers. */
#include "authority/internal.h"
#include "authority/uses.h"

/* ---- who ---- */

static inline bool
begins(str text, const char *prefix, size_t n)
{
	return text.n > n && memcmp(text.p, prefix, n) == 0;
}

/* Asked twice or more of each decision: sizes are known here, so nothing is called. */
void
asker_set(struct asker *asker, str text, const struct stand_ins *over)
{
	asker->text = text;
	asker->kind = ASKER_OTHER;
	asker->name = (str){ 0 };
	asker->over = over;
	asker->hash = 0;
	asker->person = NULL;
	asker->whom_n = 0;
	if (begins(text, "person:", 7)) {
		asker->kind = ASKER_PERSON;
		asker->name = str_drop(text, 7);
	} else if (begins(text, "agent:", 6)) {
		asker->kind = ASKER_AGENT;
		asker->name = str_drop(text, 6);
	} else if (str_eq(text, STR("automation"))) {
		asker->kind = ASKER_AUTOMATION;
	}
}

struct asker
asker_of(str text, const struct stand_ins *over)
{
	struct asker asker;
	asker_set(&asker, text, over);
	return asker;
}

static bool
rotation_has(const struct rotation *rotation, str person)
{
	for (size_t k = 0; k < rotation->people_n; k++) {
		if (str_eq(rotation->people[k]->id, person))
			return true;
	}
	return false;
}

const struct person *
person_on_turn(const struct authority *authority, const struct team *team, size_t rotation,
    msec wall)
{
	const struct rotation *of = &team->rotations[rotation];
	if (authority == NULL || !stands_in(team, authority->model->teams,
				     authority->model->teams_n, sizeof(*team)))
		return rotation_at(of, wall).person;
	size_t first = authority->turns_of[team - authority->model->teams];
	struct turn *turn = &authority->turns[first + rotation];
	if (wall < turn->from_wall || wall >= turn->until_wall)
		*turn = rotation_at(of, wall);
	return turn->person;
}

/* When it changes is asked where time goes on, which is nearly always: who looks at moments
 * far from each other asks once for each. */
bool
hours_open(struct hours *hours, msec wall)
{
	msec since =
	    wall > hours->asked_wall ? wall - hours->asked_wall : hours->asked_wall - wall;
	hours->asked_wall = wall;
	if (wall >= hours->from_wall && wall < hours->until_wall)
		return hours->open;
	hours->open = calendar_has(hours->calendar, wall);
	hours->from_wall = hours->until_wall = wall;
	if (since < HOUR) {
		msec changes = calendar_changes(hours->calendar, wall);
		hours->until_wall = changes != 0 ? changes : wall + DAY;
	}
	return hours->open;
}

/* Does this person stand in for anybody of the team then? */
static bool
stands_in_for(const struct asker *asker, const struct team *team, msec wall)
{
	for (size_t i = 0; asker->over != NULL && i < asker->over->n; i++) {
		const struct stand_in *s = &asker->over->p[i];
		if (wall >= s->from_wall && wall < s->until_wall &&
		    str_eq(s->person, asker->name) && str_eq(s->team, team->name))
			return true;
	}
	return false;
}

static bool
team_on_duty(const struct authority *authority, const struct team *team,
    const struct asker *asker, msec wall)
{
	bool stands_in = stands_in_for(asker, team, wall);
	for (size_t i = 0; i < team->rotation_n; i++) {
		/* Whose turn it is costs a look at the calendar. */
		const struct rotation *rotation = &team->rotations[i];
		if (!stands_in && !rotation_has(rotation, asker->name))
			continue;
		const struct person *now = person_on_turn(authority, team, i, wall);
		str turn = now != NULL ? now->id : (str){ 0 };
		if (str_eq(duty_of(team, rotation, asker->over, turn, wall), asker->name))
			return true;
	}
	return false;
}

static void
whom_add(struct asker *asker, uint32_t whom)
{
	if (asker->whom_n < countof(asker->whom))
		asker->whom[asker->whom_n] = whom;
	asker->whom_n++;
}

/* Of teams that this person is no part of, and stands in for somebody. */
static void
others_on_duty(struct asker *asker, const struct authority *authority, msec wall)
{
	const struct model *model = authority->model;
	for (size_t i = 0; i < asker->over->n; i++) {
		const struct team *team = model_team(model, asker->over->p[i].team);
		if (team == NULL || duty_member(team, asker->name) ||
		    !team_on_duty(authority, team, asker, wall))
			continue;
		whom_add(asker,
		    whom_of(PRINCIPAL_ON_DUTY, (uintptr_t)(team - model->teams)));
	}
}

void
asker_find(struct asker *asker, const struct authority *authority, msec wall)
{
	const struct model *model = authority->model;
	asker->hash = asker->kind == ASKER_AUTOMATION ? authority->automation_hash
	                                              : name_hash(asker->text);
	if (asker->kind == ASKER_AUTOMATION)
		whom_add(asker, whom_of(PRINCIPAL_AUTOMATION, 0));
	if (asker->kind == ASKER_AGENT) {
		const struct agent *agent =
		    agent_of_hash(authority, asker->hash, asker->name);
		if (agent != NULL) /* else no rule names it */
			whom_add(asker, whom_of(PRINCIPAL_AGENT, agent->number));
	}
	if (asker->kind != ASKER_PERSON)
		return;
	asker->person = person_of_hash(authority, asker->hash, asker->name);
	if (asker->person == NULL)
		return;
	size_t at = (size_t)(asker->person - model->people);
	struct array_run run = authority->teams_of_person[at];
	whom_add(asker, whom_of(PRINCIPAL_PERSON, at));
	for (size_t i = 0; i < run.n; i++) {
		const struct team *team = authority->teams[run.first + i];
		size_t team_at = (size_t)(team - model->teams);
		if (duty_member(team, asker->name))
			whom_add(asker, whom_of(PRINCIPAL_TEAM, team_at));
		if (team_on_duty(authority, team, asker, wall))
			whom_add(asker, whom_of(PRINCIPAL_ON_DUTY, team_at));
	}
	others_on_duty(asker, authority, wall);
}

bool
entry_is_for(const struct authority *authority, const struct entry *entry,
    const struct asker *asker, msec wall)
{
	const uint32_t *to = entry_whom(entry);
	if (asker->whom_n > countof(asker->whom)) /* of very many teams */
		return principals_have(authority, entry->rule->to, entry->rule->to_n, asker,
		    wall);
	for (size_t i = 0; i < entry->to_n; i++) {
		for (size_t k = 0; k < asker->whom_n; k++) {
			if (to[i] == asker->whom[k])
				return true;
		}
	}
	return false;
}

static bool
principal_is(const struct authority *authority, const struct principal *principal,
    const struct asker *asker, msec wall)
{
	switch (principal->kind) {
	case PRINCIPAL_PERSON:
		return asker->kind == ASKER_PERSON && str_eq(asker->name, principal->name);
	case PRINCIPAL_TEAM:
		return asker->kind == ASKER_PERSON &&
		       duty_member(principal->team, asker->name);
	case PRINCIPAL_ON_DUTY:
		return asker->kind == ASKER_PERSON &&
		       team_on_duty(authority, principal->team, asker, wall);
	case PRINCIPAL_AUTOMATION:
		return asker->kind == ASKER_AUTOMATION;
	case PRINCIPAL_AGENT:
		return asker->kind == ASKER_AGENT && str_eq(asker->name, principal->name);
	}
	UNREACHABLE();
}

bool
principals_have(const struct authority *authority, const struct principal *principals,
    size_t n, const struct asker *asker, msec wall)
{
	for (size_t i = 0; i < n; i++) {
		if (principal_is(authority, &principals[i], asker, wall))
			return true;
	}
	return false;
}

bool
principal_covers(const struct principal *principal, str asking,
    const struct stand_ins *over, msec wall)
{
	struct asker asker = asker_of(asking, over);
	return principal_is(NULL, principal, &asker, wall);
}

/* ---- on what ---- */

bool
scope_covers(const struct scope *scope, const struct service *service)
{
	if (scope->services.n > 0 && !strs_has(&scope->services, service->name))
		return false;
	if (scope->systems.n > 0 && !strs_has(&scope->systems, service->system))
		return false;
	return scope->tiers == 0 || (scope->tiers & (1u << service->tier)) != 0;
}
