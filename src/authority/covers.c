/* Whom and what a rule covers. */
#include "authority/internal.h"

bool
strs_has(const struct strs *strs, str s)
{
	for (size_t i = 0; i < strs->n; i++) {
		if (str_eq(strs->p[i], s))
			return true;
	}
	return false;
}

/* ---- who ---- */

bool
asking_as(str asking, str prefix, str *ret_name)
{
	if (asking.n <= prefix.n || !str_starts(asking, prefix))
		return false;
	*ret_name = str_drop(asking, prefix.n);
	return true;
}

static bool
team_has(const struct team *team, str person)
{
	if (team->lead != NULL && str_eq(team->lead->id, person))
		return true;
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		for (size_t k = 0; k < rotation->people_n; k++) {
			if (str_eq(rotation->people[k]->id, person))
				return true;
		}
	}
	return false;
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

static bool
team_on_duty(const struct team *team, str person, msec wall)
{
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct rotation *rotation = &team->rotations[i];
		/* Whose turn it is costs a look at the calendar. */
		if (!rotation_has(rotation, person))
			continue;
		const struct person *now = rotation_at(rotation, team->zone, wall).person;
		if (now != NULL && str_eq(now->id, person))
			return true;
	}
	return false;
}

bool
principal_covers(const struct principal *principal, str asking, msec wall)
{
	str name;
	switch (principal->kind) {
	case PRINCIPAL_PERSON:
		return asking_as(asking, STR("person:"), &name) &&
		       str_eq(name, principal->name);
	case PRINCIPAL_TEAM:
		return asking_as(asking, STR("person:"), &name) &&
		       team_has(principal->team, name);
	case PRINCIPAL_ON_DUTY:
		return asking_as(asking, STR("person:"), &name) &&
		       team_on_duty(principal->team, name, wall);
	case PRINCIPAL_AUTOMATION:
		return str_eq(asking, STR("automation"));
	case PRINCIPAL_AGENT:
		return asking_as(asking, STR("agent:"), &name) &&
		       str_eq(name, principal->name);
	}
	UNREACHABLE();
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

/* A host may stand elsewhere than its service: a grant must cover both places, a
 * prohibition needs to cover one. */
bool
environments_cover(const struct judgement *j, const struct rule *rule)
{
	const struct strs *environments = &rule->on.environments;
	if (environments->n == 0)
		return true;
	bool covers_service = strs_has(environments, j->service->environment);
	if (j->host == NULL)
		return covers_service;
	bool covers_host = strs_has(environments, j->host->environment);
	return rule->kind == RULE_GRANT ? covers_service && covers_host
	                                : covers_service || covers_host;
}
