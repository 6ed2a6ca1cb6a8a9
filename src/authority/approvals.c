/*
 * Approvals: when they are asked for, whose yes counts, and who could give one now.
 *
 * A yes is a person's: never an agent's or automation's, never one of the chain, however
 * they are called there, and, where the rule says so, never of who brought in the
 * configuration or the runbook as it is, or one that called that. Where nobody knows who
 * that was, one person more must agree: among them at most one brought in this runbook.
 */
#include "authority/internal.h"

__extension__ typedef __int128 i128;

/* ---- when ---- */

static bool
compares(enum when_op op, i128 value, i128 with)
{
	switch (op) {
	case WHEN_GT:
		return value > with;
	case WHEN_GE:
		return value >= with;
	case WHEN_LT:
		return value < with;
	case WHEN_LE:
		return value <= with;
	case WHEN_IS:
		break;
	}
	UNREACHABLE();
}

static enum holds
number_holds(struct judgement *j, const struct when *when, int64_t value)
{
	int64_t live;
	if (when->times.kind == 0)
		return compares(when->op, value, when->number) ? HOLDS_YES : HOLDS_NO;
	if (!live_value(j, when->param, &live))
		return HOLDS_UNKNOWN;
	return compares(when->op, (i128)value * 1000,
		   (i128)live * (i128)when->times.thousandths)
	           ? HOLDS_YES
	           : HOLDS_NO;
}

static bool
is_declared(const struct action *action, str param)
{
	for (size_t i = 0; i < action->params.n; i++) {
		if (str_eq(action->params.p[i].name, param))
			return true;
	}
	return false;
}

/* The service itself is all its hosts: naming none is no way around a rule about many. */
uint32_t
targets_of(const struct judgement *j)
{
	uint32_t n = j->request->targets_n > 0 ? j->request->targets_n : 1;
	return j->host == NULL && j->group.n > n ? j->group.n : n;
}

enum holds
when_holds(struct judgement *j, const struct when *when)
{
	if (str_eq(when->param, STR("targets"))) {
		uint32_t n = targets_of(j);
		if (when->op != WHEN_IS)
			return number_holds(j, when, n);
		for (size_t i = 0; i < when->values.n; i++) {
			int64_t one;
			if (number_of(when->values.p[i], &one) && one == n)
				return HOLDS_YES;
		}
		return HOLDS_NO;
	}
	if (!j->whole || !is_declared(j->action, when->param))
		return HOLDS_NO;
	str value;
	int64_t number;
	/* Left out, or no number: nobody can tell what it comes to, so people look. */
	if (!param_value(j, when->param, &value))
		return HOLDS_YES;
	if (when->op == WHEN_IS)
		return strs_has(&when->values, value) ? HOLDS_YES : HOLDS_NO;
	if (!number_of(value, &number))
		return HOLDS_YES;
	return number_holds(j, when, number);
}

enum holds
whens_hold(struct judgement *j, const struct when *whens, size_t n)
{
	enum holds all = HOLDS_YES;
	if (n == 0)
		return all;
	uint64_t asked = j->live_unknown;
	for (size_t i = 0; i < n; i++) {
		enum holds holds = when_holds(j, &whens[i]);
		if (holds == HOLDS_NO) {
			j->live_unknown = asked;
			return HOLDS_NO;
		}
		if (holds == HOLDS_UNKNOWN)
			all = HOLDS_UNKNOWN;
	}
	return all;
}

/* ---- whose yes counts ---- */

static bool
is_person(str principal, str *ret)
{
	struct asker asker = asker_of(principal, NULL);
	*ret = asker.name;
	return asker.kind == ASKER_PERSON;
}

static bool
knows_reloaders(const struct judgement *j)
{
	const struct brought *callers = j->facts->callers.p;
	str name;
	for (size_t i = 0; i < j->facts->callers.n; i++) {
		if (!is_person(callers[i].by, &name))
			return false;
	}
	return is_person(j->facts->reloaded_by, &name) &&
	       is_person(j->facts->runbook_by, &name);
}

static bool
is_reloader(const struct judgement *j, str person)
{
	const struct brought *callers = j->facts->callers.p;
	str name;
	for (size_t i = 0; i < j->facts->callers.n; i++) {
		if (is_person(callers[i].by, &name) && str_eq(name, person))
			return true;
	}
	return (is_person(j->facts->reloaded_by, &name) && str_eq(name, person)) ||
	       (is_person(j->facts->runbook_by, &name) && str_eq(name, person));
}

uint32_t
approval_need(const struct judgement *j, const struct rule *rule)
{
	uint32_t need = rule->need > 0 ? rule->need : 1;
	if (rule->not_reloader && !knows_reloaders(j) && need < UINT32_MAX)
		need++;
	return need;
}

static bool
in_chain(const struct judgement *j, str person)
{
	for (size_t i = 0; i < j->chain_n; i++) {
		if (j->chain[i].kind == ASKER_PERSON && str_eq(j->chain[i].name, person))
			return true;
	}
	return false;
}

/* Could their yes count, whether they said it or not? */
static enum yes_fault
may_say_yes(const struct judgement *j, const struct rule *rule, const struct asker *asker)
{
	if (asker->kind != ASKER_PERSON ||
	    model_person(j->authority->model, asker->name) == NULL)
		return YES_NO_PERSON;
	if (in_chain(j, asker->name))
		return YES_ASKED;
	if (rule->not_reloader && is_reloader(j, asker->name))
		return YES_RELOADED;
	if (!principals_have(j->authority, rule->by, rule->by_n, asker, j->request->wall))
		return YES_NOT_BY;
	return YES_COUNTS;
}

static bool
said_yes_before(const struct authority_facts *facts, size_t n, str principal)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(facts->yes[i].principal, principal))
			return true;
	}
	return false;
}

uint32_t
approval_given(const struct judgement *j, const struct rule *rule)
{
	const struct authority_facts *facts = j->facts;
	uint32_t n = 0;
	for (size_t i = 0; i < facts->yes_n; i++) {
		struct asker asker = asker_of(facts->yes[i].principal, &facts->over);
		if (!said_yes_before(facts, i, asker.text) &&
		    may_say_yes(j, rule, &asker) == YES_COUNTS)
			n++;
	}
	return n;
}

enum yes_fault
yes_fault_of(const struct judgement *j, const struct rule *rule, const struct asker *asker)
{
	enum yes_fault fault = may_say_yes(j, rule, asker);
	if (fault == YES_COUNTS && said_yes_before(j->facts, j->facts->yes_n, asker->text))
		return YES_ALREADY;
	return fault;
}

/* ---- who could ---- */

static void
seek(struct judgement *j, const struct rule *rule, const struct person *person)
{
	if (person == NULL || j->approvers_n == countof(j->approvers))
		return;
	for (size_t i = 0; i < j->approvers_n; i++) {
		if (str_eq(j->approvers[i]->id, person->id))
			return;
	}
	const struct authority_facts *facts = j->facts;
	struct asker asker = { .kind = ASKER_PERSON,
		.name = person->id,
		.over = &facts->over };
	if (may_say_yes(j, rule, &asker) != YES_COUNTS)
		return;
	for (size_t i = 0; i < facts->yes_n; i++) {
		struct asker said = asker_of(facts->yes[i].principal, NULL);
		if (said.kind == ASKER_PERSON && str_eq(said.name, person->id))
			return;
	}
	j->approvers[j->approvers_n++] = person;
}

static void
seek_principal(struct judgement *j, const struct rule *rule, const struct principal *by)
{
	switch (by->kind) {
	case PRINCIPAL_PERSON:
		seek(j, rule, model_person(j->authority->model, by->name));
		return;
	case PRINCIPAL_ON_DUTY:
	case PRINCIPAL_TEAM:
		/* Who is on duty is asked of each when they are found. */
		for (size_t i = 0; i < by->team->rotation_n; i++) {
			const struct rotation *rotation = &by->team->rotations[i];
			for (size_t k = 0; k < rotation->people_n; k++)
				seek(j, rule, rotation->people[k]);
		}
		for (size_t i = 0; i < j->facts->over.n; i++)
			seek(j, rule,
			    model_person(j->authority->model, j->facts->over.p[i].person));
		seek(j, rule, by->team->lead);
		return;
	case PRINCIPAL_AUTOMATION:
	case PRINCIPAL_AGENT:
		return;
	}
	UNREACHABLE();
}

void
approvers_seek(struct judgement *j)
{
	if (j->approvers_sought)
		return;
	j->approvers_sought = true;
	for (size_t i = 0; i < j->d->n; i++) {
		if (j->d->findings[i].kind != REASON_APPROVAL)
			continue;
		const struct rule *rule = j->d->findings[i].entry->rule;
		for (size_t k = 0; k < rule->by_n; k++)
			seek_principal(j, rule, &rule->by[k]);
	}
}

bool
approvers_enough(struct judgement *j)
{
	approvers_seek(j);
	if (j->approvers_n == countof(j->approvers))
		return true; /* who found no room may be among them */
	for (size_t i = 0; i < j->d->n; i++) {
		const struct finding *finding = &j->d->findings[i];
		size_t could = 0;
		if (finding->kind != REASON_APPROVAL)
			continue;
		for (size_t k = 0; k < j->approvers_n; k++) {
			struct asker asker = { .kind = ASKER_PERSON,
				.name = j->approvers[k]->id,
				.over = &j->facts->over };
			if (may_say_yes(j, finding->entry->rule, &asker) == YES_COUNTS)
				could++;
		}
		if (finding->value + could < finding->limit)
			return false;
	}
	return true;
}
