/*
 * People: who answers for an incident now, and how they are reached. Always by the newest
 * configuration: whoever left it is not called any more, except to be told of an end.
 */
#include "core/state.h"
#include "model/policy.h"

static const struct team *
team_named(const struct core *core, str name)
{
	return name.n > 0 ? model_team(core->newest->model, name) : NULL;
}

const struct team *
people_team(const struct core *core, const struct incident *incident)
{
	const struct team *team = team_named(core, incident->row.owner);
	return team != NULL ? team : core->newest->model->fallback;
}

const struct policy *
people_policy(const struct core *core, const struct incident *incident)
{
	return policy_for(people_team(core, incident), incident->row.severity, core->wall);
}

/* Who has the tier then, whatever its hours. */
static const struct person *
person_of(const struct core *core, const struct team *team, const struct tier *tier,
    msec wall)
{
	switch (tier->kind) {
	case TIER_PERSON:
		return tier->person;
	case TIER_ROTATION:
		return duty_at(core->newest->model, team, tier->rotation, &core->over, wall)
		    .person;
	}
	UNREACHABLE();
}

const struct person *
people_at_tier(const struct core *core, const struct incident *incident, uint32_t tier,
    msec wall)
{
	const struct policy *policy = people_policy(core, incident);
	if (tier >= policy->tier_n || !tier_open(&policy->tiers[tier], wall))
		return NULL;
	return person_of(core, people_team(core, incident), &policy->tiers[tier], wall);
}

/* Of anybody, or of somebody else than whom it was told to last. */
static uint32_t
next_tier(const struct core *core, const struct incident *incident, uint32_t tier,
    msec wall, bool other)
{
	const struct policy *policy = people_policy(core, incident);
	for (uint32_t i = tier + 1; i < policy->tier_n; i++) {
		const struct person *person = people_at_tier(core, incident, i, wall);
		if (person != NULL &&
		    !(other && str_eq(person->id, incident->row.tier_person)))
			return i;
	}
	return 0;
}

uint32_t
people_other_tier(const struct core *core, const struct incident *incident, uint32_t tier,
    msec wall)
{
	return next_tier(core, incident, tier, wall, true);
}

uint32_t
people_next_tier(const struct core *core, const struct incident *incident, uint32_t tier,
    msec wall)
{
	uint32_t other = next_tier(core, incident, tier, wall, true);
	return other != 0 ? other : next_tier(core, incident, tier, wall, false);
}

/* `hours`: those of the tiers are heeded. */
static const struct person *
first_reachable(const struct core *core, const struct team *team,
    const struct policy *policy, bool hours, uint32_t from, uint32_t *ret_tier)
{
	for (uint32_t i = from; i < policy->tier_n; i++) {
		const struct tier *tier = &policy->tiers[i];
		if (!tier_open(tier, core->wall) && (hours || tier->exception != NULL))
			continue;
		const struct person *person = person_of(core, team, tier, core->wall);
		if (person != NULL && person->reach.n > 0) {
			*ret_tier = i;
			return person;
		}
	}
	return NULL;
}

const struct person *
people_reachable(const struct core *core, const struct team *team, uint32_t from,
    uint32_t *ret_tier)
{
	const struct team *fallback = core->newest->model->fallback;
	/* Each only where all before it have nobody. */
	const struct {
		const struct team *team;
		bool hours;
		uint32_t from;
	} ways[] = {
		{ team, true, from },
		{ team, true, 0 },
		{ team, false, 0 },
		{ fallback, true, 0 },
		{ fallback, false, 0 },
	};
	for (size_t i = 0; i < countof(ways); i++) {
		uint32_t tier = 0;
		const struct person *person = first_reachable(core, ways[i].team,
		    policy_general(ways[i].team), ways[i].hours, ways[i].from, &tier);
		if (person == NULL)
			continue;
		*ret_tier = ways[i].team == team ? tier : 0;
		return person;
	}
	*ret_tier = 0;
	return NULL;
}

const struct person *
people_to_tell(const struct core *core, const struct incident *incident, uint32_t from,
    uint32_t *ret_tier)
{
	const struct team *team = people_team(core, incident);
	const struct policy *policy = people_policy(core, incident);
	if (policy == policy_general(team))
		return people_reachable(core, team, from, ret_tier);
	const struct person *person =
	    first_reachable(core, team, policy, true, from, ret_tier);
	if (person == NULL && from > 0)
		person = first_reachable(core, team, policy, true, 0, ret_tier);
	if (person != NULL)
		return person;
	uint32_t other;
	*ret_tier = 0;
	return people_reachable(core, team, 0, &other);
}

void
recipients_add(struct recipients *to, const struct recipient *who)
{
	for (size_t i = 0; i < to->n; i++) {
		const struct recipient *there = &to->p[i];
		if (who->person.n > 0
			? str_eq(there->person, who->person)
			: there->person.n == 0 && str_eq(there->channel, who->channel) &&
			      str_eq(there->address, who->address))
			return;
	}
	if (to->n < countof(to->p))
		to->p[to->n++] = *who;
}

static struct recipient
by_reach(const struct person *person, const struct reach *reach)
{
	str address = reach->address;
	if (address.n == 0 && person != NULL && reach->channel->kind == CHANNEL_SMTP)
		address = person->email;
	return (struct recipient){ .person = person != NULL ? person->id : (str){ 0 },
		.channel = reach->channel->name,
		.address = address,
		.within_ms = reach->within_ms };
}

void
recipients_person(struct recipients *to, const struct person *person)
{
	if (person->reach.n == 0)
		return;
	struct recipient who = by_reach(person, &person->reach.p[0]);
	recipients_add(to, &who);
}

void
recipients_team(struct recipients *to, const struct team *team)
{
	for (size_t i = 0; i < team->notify.n; i++) {
		struct recipient who = by_reach(NULL, &team->notify.p[i]);
		recipients_add(to, &who);
	}
}

void
recipients_duty(const struct core *core, struct recipients *to, const struct team *team)
{
	if (team->lead != NULL)
		recipients_person(to, team->lead);
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct person *person = duty_at(core->newest->model, team,
		    &team->rotations[i], &core->over, core->wall)
		                                  .person;
		if (person != NULL)
			recipients_person(to, person);
	}
}

void
recipients_told(struct recipients *to, const struct incident *incident)
{
	const struct strs *told = &incident->row.told_people;
	for (size_t i = 0; i < told->n; i++) {
		struct str_cut person = str_cut(told->p[i], '/');
		struct str_cut channel = str_cut(person.tail, '/');
		struct recipient who = { .person = person.head,
			.channel = channel.head,
			.address = channel.tail };
		recipients_add(to, &who);
	}
}

static bool
reach_there(const struct person *person, const struct reaches *reaches,
    const struct channel *channel, struct recipient *ret)
{
	for (size_t i = 0; i < reaches->n; i++) {
		if (reaches->p[i].channel != channel)
			continue;
		*ret = by_reach(person, &reaches->p[i]);
		return true;
	}
	return false;
}

bool
people_by_channel(const struct core *core, const struct channel *channel, str who,
    struct recipient *ret)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; i < model->people_n; i++) {
		const struct person *person = &model->people[i];
		if ((who.n == 0 || str_eq(who, person->id)) &&
		    reach_there(person, &person->reach, channel, ret))
			return true;
	}
	for (size_t i = 0; i < model->teams_n; i++) {
		const struct team *team = &model->teams[i];
		if ((who.n == 0 || str_eq(who, team->name)) &&
		    reach_there(NULL, &team->notify, channel, ret))
			return true;
	}
	return false;
}

static const struct reaches *
reaches_of(const struct person *person, bool night)
{
	return night ? &person->quiet.reach : &person->reach;
}

void
people_by_night(const struct core *core, struct notice_row *row)
{
	const struct person *person = model_person(core->newest->model, row->person);
	ASSERT(person != NULL);
	if (person->reach.n == 0)
		return;
	struct recipient by_day = by_reach(person, &person->reach.p[0]);
	struct recipient who = by_reach(person, &reaches_of(person, true)->p[0]);
	/* Otherwise it goes where something was said before. */
	if (!str_eq(row->channel, by_day.channel) || !str_eq(row->address, by_day.address))
		return;
	row->channel = who.channel;
	row->address = who.address;
	row->within_ms = who.within_ms;
	row->night = true;
}

bool
people_next_reach(const struct core *core, const struct notice_row *tried,
    struct recipient *ret)
{
	const struct person *person =
	    tried->person.n > 0 ? model_person(core->newest->model, tried->person) : NULL;
	if (person == NULL || person->reach.n == 0)
		return false;
	/* Who has no such hours any more is reached as by day, from the first on. */
	bool night = tried->night && person->quiet.reach.n > 0;
	const struct reaches *reach = reaches_of(person, night);
	/* By one that is not theirs any more: the first that is. */
	size_t next = 0;
	for (size_t i = 0; i < reach->n && night == tried->night; i++) {
		struct recipient who = by_reach(person, &reach->p[i]);
		if (str_eq(who.channel, tried->channel) &&
		    str_eq(who.address, tried->address)) {
			next = i + 1;
			break;
		}
	}
	if (next == reach->n)
		return false;
	*ret = by_reach(person, &reach->p[next]);
	ret->night = night;
	return true;
}
