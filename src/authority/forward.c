/* What would help: the nearest way forward, one sentence for the whole decision. */
#include "authority/internal.h"

#define PEOPLE_NAMED_MAX 3
#define GRANTS_ASKED_MAX 4 /* for people to name */

struct people {
	const struct person *p[PEOPLE_NAMED_MAX];
	size_t n;
};

static void
people_add(struct people *people, const struct judgement *j, const struct person *person)
{
	if (person == NULL || people->n == countof(people->p))
		return;
	for (size_t i = 0; i < j->chain_n; i++) {
		if (j->chain[i].kind == ASKER_PERSON &&
		    str_eq(j->chain[i].name, person->id))
			return;
	}
	for (size_t i = 0; i < people->n; i++) {
		if (people->p[i] == person)
			return;
	}
	people->p[people->n++] = person;
}

/* People whom the principal covers now and who can be expected to answer. */
static void
people_of(struct people *people, const struct judgement *j, uint32_t whom)
{
	const struct model *model = j->authority->model;
	size_t at = whom & ((1u << WHOM_KIND_SHIFT) - 1);
	if (whom == WHOM_NOBODY)
		return;
	switch ((enum principal_kind)(whom >> WHOM_KIND_SHIFT)) {
	case PRINCIPAL_PERSON:
		people_add(people, j, &model->people[at]);
		return;
	case PRINCIPAL_TEAM:
	case PRINCIPAL_ON_DUTY:
		for (size_t i = 0; i < model->teams[at].rotation_n; i++) {
			const struct team *team = &model->teams[at];
			msec wall = j->request->wall;
			const struct person *turn =
			    person_on_turn(j->authority, team, i, wall);
			str has = duty_of(team, &team->rotations[i], &j->facts->over,
			    turn != NULL ? turn->id : (str){ 0 }, wall);
			people_add(people, j, model_person(model, has));
		}
		return;
	case PRINCIPAL_AUTOMATION:
	case PRINCIPAL_AGENT:
		return;
	}
	UNREACHABLE();
}

/* By the first grants that lack nothing but a principal. None of them is for whom no grant
 * allows it: it would, or its values would be said to be against it. */
static struct people
people_who_could(struct judgement *j)
{
	struct people people = { 0 };
	size_t asked = 0;
	for (size_t k = 0;
	     k < j->others_n && asked < GRANTS_ASKED_MAX && people.n < countof(people.p);
	     k++) {
		const struct entry *entry = j->others[k];
		if ((entry->is & IS_VALUED) &&
		    bounds_hold(j, entry->with, entry->values_n) != HOLDS_YES)
			continue;
		const uint32_t *to = entry_whom(entry);
		for (size_t i = 0; i < entry->to_n; i++)
			people_of(&people, j, to[i]);
		asked++;
	}
	return people;
}

static void
add_owner(struct text *text, const struct rule *rule, str to)
{
	if (rule->owner != NULL) {
		ADD(text, STR("ask "), rule->owner->id, STR(", who owns '"), rule->name,
		    STR("'"), to);
		return;
	}
	ADD(text, STR("have '"), rule->name, STR("' at "), rule->place.file, STR(":"));
	add_u64(text, rule->place.line);
	ADD(text, STR(" changed"));
}

/* For whoever could: one person alone. */
static void
add_glass(struct text *text, const struct judgement *j, const struct rule *rule)
{
	if (rule->liftable && rule->kind != RULE_GRANT && j->chain_n == 1 &&
	    j->chain[0].kind == ASKER_PERSON)
		ADD(text, STR(", or break the glass on "), j->service->name);
}

static void
add_no_grant_forward(struct text *text, struct judgement *j, const struct finding *finding)
{
	struct people people = people_who_could(j);
	if (people.n == 0 && finding->entry != NULL) {
		add_owner(text, finding->entry->rule, STR(", to extend it"));
		return;
	}
	if (people.n == 0) {
		ADD(text, STR("nobody may: write a grant for "), j->action->verb,
		    STR(" on "), j->service->name);
		return;
	}
	ADD(text, STR("ask "));
	add_people(text, people.p, people.n, STR(" or "));
	ADD(text, STR(", who may do it now"));
}

/* The limit that gives way at no known time, if there is one. */
static const struct finding *
limit_told(const struct judgement *j)
{
	for (size_t i = 0; i < j->d->n; i++) {
		if (j->d->findings[i].kind == REASON_LIMIT &&
		    j->d->findings[i].free_at == 0)
			return &j->d->findings[i];
	}
	return &j->d->findings[0];
}

static void
add_limit_forward(struct text *text, const struct judgement *j)
{
	const struct finding *finding = limit_told(j);
	if (finding->free_at != 0 && j->d->findings[0].free_at == j->d->free_at) {
		ADD(text, STR("wait until then")); /* the reason before it says when */
	} else if (finding->free_at != 0) {
		ADD(text, STR("next slot at "));
		add_clock(text, j->d->free_at, j->request->wall);
	} else if (finding->bound == BOUND_KEEP_HEALTHY && j->host != NULL) {
		ADD(text, STR("wait until more hosts of "), j->service->name,
		    STR(" are healthy"));
	} else if (finding->bound == BOUND_KEEP_HEALTHY ||
		   (finding->bound == BOUND_TARGETS && finding->touched > 1)) {
		ADD(text, STR("name single hosts of "), j->service->name);
	} else if (finding->bound == BOUND_TARGETS) {
		add_owner(text, finding->entry->rule, STR(": its limit leaves nothing"));
	} else {
		ADD(text, STR("wait until what is under way has ended"));
	}
	add_glass(text, j, j->d->findings[0].entry->rule);
}

static void
add_not_now_forward(struct text *text, const struct judgement *j,
    const struct finding *finding)
{
	const struct rule *rule = finding->entry->rule;
	if (finding->lacks & (LACKS_TIME | LACKS_BEGIN)) {
		add_owner(text, rule, STR(", to renew it"));
		return;
	}
	msec opens = finding->lacks & LACKS_DURING
	                 ? calendar_changes(rule->during, j->request->wall)
	                 : 0;
	if ((finding->lacks & LACKS_DURING) && opens == 0) {
		add_owner(text, rule, STR(", to change its times"));
		return;
	}
	ADD(text, STR("allowed "));
	if (opens != 0) {
		ADD(text, STR("from "));
		add_clock(text, opens, j->request->wall);
		if (finding->lacks & LACKS_INCIDENT)
			ADD(text, STR(", "));
	}
	if (finding->lacks & LACKS_INCIDENT)
		ADD(text, STR("once an incident is open on "), j->service->name);
}

static void
add_unknown_forward(struct text *text, struct judgement *j, const struct finding *finding)
{
	const struct rule *rule = finding->entry->rule;
	if (finding->bound != BOUND_KEEP_HEALTHY) {
		ADD(text, STR("its live value could not be read"));
		if (!live_can_be_asked(j, rule))
			ADD(text, STR(": "), j->action->name,
			    STR(" does not say how to observe it"));
	} else if (j->group.n == 0) {
		add_owner(text, rule, STR(": it asks for hosts"));
	} else if (j->service->healthy == NULL) {
		ADD(text, STR("write under 'healthy' of "), j->service->name,
		    STR(" how to tell that a host is well"));
	} else {
		ADD(text, STR("the health of its hosts could not be read"));
	}
}

static void
add_approval_forward(struct text *text, struct judgement *j)
{
	if (!approvers_enough(j)) {
		ADD(text, STR("too few who may approve are there now: "));
		add_owner(text, j->d->findings[0].entry->rule, (str){ 0 });
	} else {
		add_people(text, j->approvers, j->approvers_n, STR(" or "));
		ADD(text, STR(" may approve"));
		if (j->d->yes_missing > 1) {
			ADD(text, STR("; "));
			add_u64(text, j->d->yes_missing);
			ADD(text, STR(" of them must"));
		}
	}
	add_glass(text, j, j->d->findings[0].entry->rule);
}

str
forward_text(struct judgement *j, struct arena *arena)
{
	const struct finding *finding = &j->d->findings[0];
	struct text text;
	if (j->d->n == 0)
		return STR("nobody can tell");
	if (finding->wrong != WRONG_NOTHING)
		return fault_forward(j, finding, arena);
	text_begin(&text, arena);
	switch (finding->kind) {
	case REASON_PROHIBITED:
		add_owner(&text, finding->entry->rule, (str){ 0 });
		add_glass(&text, j, finding->entry->rule);
		return text_end(&text);
	case REASON_LIMIT:
		add_limit_forward(&text, j);
		return text_end(&text);
	case REASON_NOT_NOW:
		add_not_now_forward(&text, j, finding);
		return text_end(&text);
	case REASON_NO_GRANT:
		add_no_grant_forward(&text, j, finding);
		return text_end(&text);
	case REASON_UNKNOWN:
		add_unknown_forward(&text, j, finding);
		return text_end(&text);
	case REASON_BOUND:
		add_outside_forward(&text, j, finding->entry->rule);
		return text_end(&text);
	case REASON_APPROVAL:
		add_approval_forward(&text, j);
		return text_end(&text);
	case REASON_GRANT:
	case REASON_APPROVED:
	case REASON_LIFTED:
		return (str){ 0 };
	case REASON_STOPPED:
	case REASON_ERROR:
	case REASON_HANDS_ON:
	case REASON_UNDO:
		break; /* from no rule */
	}
	UNREACHABLE();
}
