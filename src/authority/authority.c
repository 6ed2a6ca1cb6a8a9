/*
 * The questions that others ask: is this allowed, what would have to be known, whose yes
 * counts, what is allowed, and to whom.
 */
#include <stdlib.h>

#include "authority/internal.h"

void
authority_decide(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct authority_decision *ret)
{
	JUDGEMENT j;
	judgement_begin(&j, authority, request, facts, ret);
	j.whole = true;
	judge(&j);
}

enum verdict
authority_verdict(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts)
{
	DECISION decision;
	JUDGEMENT j;
	judgement_begin(&j, authority, request, facts, &decision);
	j.whole = j.brief = true;
	judge(&j);
	return decision.verdict;
}

/* ---- what is not known ---- */

static void
need_observed(const struct judgement *j, struct arena *arena, struct authority_needs *ret)
{
	const struct action *action = j->action;
	ret->observe = arena_try(arena, const struct observe *, action->observe_n);
	for (size_t i = 0; ret->observe != NULL && i < action->observe_n; i++) {
		if (j->live_unknown >> i & 1)
			ret->observe[ret->observe_n++] = &action->observe[i];
	}
}

void
authority_needs(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena *arena, struct authority_needs *ret)
{
	DECISION decision;
	JUDGEMENT j;
	*ret = (struct authority_needs){ 0 };
	judgement_begin(&j, authority, request, facts, &decision);
	j.whole = true;
	judge(&j);
	if (!decision.lacks_facts)
		return;
	need_observed(&j, arena, ret);
	if (!j.health_unknown)
		return;
	ret->health = &authority->hosts[j.group.first];
	ret->health_n = j.group.n;
}

/* ---- whose yes ---- */

static str
yes_text(struct judgement *j, const struct rule *rule, const struct asker *asker,
    enum yes_fault fault, struct arena *arena)
{
	struct text text;
	text_begin(&text, arena);
	switch (fault) {
	case YES_COUNTS:
		return (str){ 0 };
	case YES_NO_PERSON:
		ADD(&text, STR("only people of the configuration approve, and '"),
		    asker->text, STR("' is none"));
		return text_end(&text);
	case YES_ASKED:
		ADD(&text, asker->name, STR(" asks for it, so somebody else must approve"));
		return text_end(&text);
	case YES_RELOADED:
		ADD(&text, asker->name,
		    STR(" brought in the configuration in force, this runbook or one that "
			"called it, and '"),
		    rule->name, STR("' wants another person"));
		return text_end(&text);
	case YES_ALREADY:
		ADD(&text, asker->name, STR(" has approved already, and '"), rule->name,
		    STR("' wants another person"));
		return text_end(&text);
	case YES_NOT_BY:
		ADD(&text, asker->name, STR(" is none of those who approve '"), rule->name,
		    STR("'"));
		approvers_seek(j);
		if (j->approvers_n > 0) {
			ADD(&text, STR(": ask "));
			add_people(&text, j->approvers, j->approvers_n, STR(" or "));
		}
		return text_end(&text);
	}
	UNREACHABLE();
}

str
authority_yes_refuses(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    str principal, struct arena *arena)
{
	DECISION decision;
	JUDGEMENT j;
	const struct finding *refusing = NULL;
	enum yes_fault why = YES_COUNTS;
	struct asker asker = asker_of(principal, &facts->over);
	judgement_begin(&j, authority, request, facts, &decision);
	j.whole = true;
	judge(&j);
	if (decision.verdict == VERDICT_ALLOW)
		return STR("it waits for no approval");
	if (decision.verdict == VERDICT_DENY) {
		judge_nearest(&j);
		str text = finding_text(&j, &decision.findings[0], arena);
		return text.n > 0 ? text : STR("it is denied");
	}
	for (size_t i = 0; i < decision.n; i++) {
		const struct finding *finding = &decision.findings[i];
		if (finding->kind != REASON_APPROVAL)
			continue;
		enum yes_fault fault = yes_fault_of(&j, finding->entry->rule, &asker);
		if (fault == YES_COUNTS)
			return (str){ 0 };
		if (refusing == NULL) {
			refusing = finding;
			why = fault;
		}
	}
	ASSERT(refusing != NULL);
	str text = yes_text(&j, refusing->entry->rule, &asker, why, arena);
	return text.n > 0 ? text : STR("their approval does not count");
}

/* ---- what, and who ---- */

size_t
authority_what_can(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_can *ret, size_t max)
{
	const struct model *model = authority->model;
	struct authority_request one = *request;
	size_t n = 0;
	for (size_t i = 0; i < model->actions_n && n < max; i++) {
		one.action = &model->actions[i];
		DECISION decision;
		JUDGEMENT j;
		judgement_begin(&j, authority, &one, facts, &decision);
		judge(&j);
		if (decision.verdict == VERDICT_DENY)
			continue;
		ret[n++] = (struct authority_can){
			.action = one.action,
			.verdict = decision.verdict,
			.text = finding_text(&j, &decision.findings[0], arena),
		};
	}
	return n;
}

struct asked_who {
	const struct authority *authority;
	struct authority_facts facts;
	struct authority_request request;
	struct arena *arena;
	struct authority_who *ret;
	size_t n, max;
};

static void
ask_who(struct asked_who *a, str principal)
{
	DECISION decision;
	JUDGEMENT j;
	if (a->n == a->max)
		return;
	a->request.principal = principal;
	if (strs_has(&a->facts.glass_all, principal))
		a->facts.glass_by = principal;
	judgement_begin(&j, a->authority, &a->request, &a->facts, &decision);
	j.whole = true;
	judge(&j);
	if (decision.verdict == VERDICT_DENY)
		return;
	a->ret[a->n++] = (struct authority_who){
		.principal = principal,
		.verdict = decision.verdict,
		.text = finding_text(&j, &decision.findings[0], a->arena),
	};
}

static int
name_cmp(const void *a, const void *b)
{
	return str_cmp(*(const str *)a, *(const str *)b);
}

/* Of those names, each once, in order. */
static void
ask_names(struct asked_who *a, const char *prefix, str *names, size_t n)
{
	qsort(names, n, sizeof(*names), name_cmp);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && str_eq(names[i - 1], names[i]))
			continue;
		ask_who(a, arena_printf(a->arena, "%s%.*s", prefix, STR_ARG(names[i])));
	}
}

static size_t
agents_of(const struct rule *rule, str *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < rule->to_n; i++) {
		if (rule->to[i].kind != PRINCIPAL_AGENT)
			continue;
		if (ret != NULL)
			ret[n] = rule->to[i].name;
		n++;
	}
	return n;
}

size_t
authority_who_can(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_who *ret, size_t max)
{
	const struct model *model = authority->model;
	struct asked_who a = { authority, *facts, *request, arena, ret, 0, max };
	a.request.behalf = (struct strs){ 0 };
	ask_who(&a, STR("automation"));

	size_t agents_n = 0;
	for (size_t i = 0; i < model->rules_n; i++)
		agents_n += agents_of(&model->rules[i], NULL);
	str *people = arena_try(arena, str, model->people_n);
	str *agents = arena_try(arena, str, agents_n);
	if (people == NULL || agents == NULL)
		return a.n;
	for (size_t i = 0; i < model->people_n; i++)
		people[i] = model->people[i].id;
	ask_names(&a, "person:", people, model->people_n);
	for (size_t i = 0, n = 0; i < model->rules_n; i++)
		n += agents_of(&model->rules[i], &agents[n]);
	ask_names(&a, "agent:", agents, agents_n);
	return a.n;
}
