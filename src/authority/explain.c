/*
 * Findings as sentences, and what would help.
 *
 *	3 of 3 restarts of checkout in 1h are used; free at 14:07 UTC
 *	no grant lets piotr do restart-unit on ledger; closest: 'restart tier 2' at
 *	    authority.yaml:12, which does not cover service ledger
 *
 * A sentence is complete in itself: it is kept with the decision, and read in mails and
 * timelines long after.
 */
#include "authority/internal.h"

/* How many of a verb are spoken of. */
str
verb_noun(str verb)
{
	static const struct {
		str verb, noun;
	} nouns[] = {
		{ { "restart", 7 }, { "restarts", 8 } },
		{ { "roll-back", 9 }, { "roll-backs", 10 } },
		{ { "configure", 9 }, { "configurations", 14 } },
		{ { "scale", 5 }, { "scalings", 8 } },
		{ { "shift-traffic", 13 }, { "traffic shifts", 14 } },
	};
	for (size_t i = 0; i < countof(nouns); i++) {
		if (str_eq(verb, nouns[i].verb))
			return nouns[i].noun;
	}
	return (str){ 0 };
}

static void
add_uses(struct text *text, const struct judgement *j, const struct entry *entry)
{
	const struct authority *authority = j->authority;
	const struct word *word = entry->words_n == 1 ? entry_words(entry)[0] : NULL;
	if (word == NULL) {
		ADD(text, entry->kind == RULE_GRANT ? STR("actions under this grant")
						    : STR("actions under this limit"));
		return;
	}
	const struct action_words *words =
	    &authority->of_action[j->action - authority->model->actions];
	if (word == words->verb && words->noun.n > 0)
		ADD(text, words->noun);
	else
		ADD(text, word->name, STR(" actions"));
}

/* How long ago: whole minutes, or seconds. */
static void
add_age(struct text *text, msec ms)
{
	add_duration(text, ms >= MINUTE ? ms / MINUTE * MINUTE : ms / SECOND * SECOND);
}

static void
add_share(struct text *text, const struct share *share)
{
	add_u64(text, share->percent > 0 ? share->percent : share->count);
	if (share->percent > 0)
		ADD(text, STR("%"));
}

static void
add_free_at(struct text *text, const struct judgement *j, msec free_at)
{
	ADD(text, STR("; free at "));
	add_clock(text, free_at, j->request->wall);
}

static void
add_quoted(struct text *text, const struct rule *rule)
{
	ADD(text, STR("'"), rule->name, STR("'"));
}

/* ---- limits ---- */

/* "2 of 3 restarts of checkout in 1h" */
static void
add_used(struct text *text, const struct judgement *j, const struct finding *finding)
{
	add_u64(text, finding->value);
	ADD(text, STR(" of "));
	add_u64(text, finding->limit);
	ADD(text, STR(" "));
	switch (finding->bound) {
	case BOUND_PER_SERVICE:
		add_uses(text, j, finding->entry);
		ADD(text, STR(" of "), j->service->name);
		break;
	case BOUND_PER_TARGET:
		add_uses(text, j, finding->entry);
		ADD(text, STR(" of "), j->request->target);
		break;
	case BOUND_PER_ACTOR:
		add_uses(text, j, finding->entry);
		ADD(text, STR(" by "));
		add_principal(text, finding_asker(j, finding)->text);
		break;
	case BOUND_TARGETS:
		ADD(text, STR("targets of "), j->service->name);
		break;
	case BOUND_AT_ONCE:
		add_uses(text, j, finding->entry);
		ADD(text, STR(" at once"));
		return;
	case BOUND_SPACING:
	case BOUND_KEEP_HEALTHY:
	case BOUND_NOT_BESIDE:
	case BOUND_NONE:
		UNREACHABLE();
	}
	ADD(text, STR(" in "));
	add_duration(text, finding->window_ms);
}

static void
add_stands_for(struct text *text, const struct judgement *j)
{
	ADD(text, j->service->name, STR(" stands for its "));
	add_u64(text, j->group.n);
	ADD(text, j->group.n == 1 ? STR(" host, and ") : STR(" hosts, and "));
}

static void
add_targets(struct text *text, const struct judgement *j, const struct finding *finding)
{
	if (finding->touched <= finding->limit || finding->touched == 1) {
		add_used(text, j, finding);
		ADD(text, finding->value == 1 ? STR(" is used") : STR(" are used"));
	} else {
		add_stands_for(text, j);
		add_u64(text, finding->limit);
		ADD(text, finding->limit == 1 ? STR(" is") : STR(" are"),
		    STR(" allowed in "));
		add_duration(text, finding->window_ms);
	}
	if (finding->free_at != 0)
		add_free_at(text, j, finding->free_at);
}

static void
add_keep_healthy(struct text *text, const struct judgement *j,
    const struct finding *finding)
{
	if (j->host == NULL) {
		add_stands_for(text, j);
	} else {
		add_u64(text, finding->value);
		ADD(text, STR(" of "));
		add_u64(text, j->group.n);
		ADD(text, STR(" hosts of "), j->service->name,
		    STR(" would stay healthy, and "));
	}
	add_u64(text, finding->limit);
	ADD(text, j->host == NULL ? STR(" must stay healthy") : STR(" must"));
}

static void
add_limit(struct text *text, const struct judgement *j, const struct finding *finding)
{
	switch (finding->bound) {
	case BOUND_PER_SERVICE:
	case BOUND_PER_TARGET:
	case BOUND_PER_ACTOR:
		add_used(text, j, finding);
		ADD(text, finding->value == 1 ? STR(" is used") : STR(" are used"));
		add_free_at(text, j, finding->free_at);
		return;
	case BOUND_AT_ONCE:
		add_used(text, j, finding);
		ADD(text,
		    finding->value == 1 ? STR(" is under way") : STR(" are under way"));
		return;
	case BOUND_TARGETS:
		add_targets(text, j, finding);
		return;
	case BOUND_SPACING:
		add_uses(text, j, finding->entry);
		ADD(text, STR(" of "), j->service->name, STR(" must be "));
		add_duration(text, finding->limit);
		ADD(text, STR(" apart, and the last was "));
		add_age(text, finding->value);
		ADD(text, STR(" ago"));
		add_free_at(text, j, finding->free_at);
		return;
	case BOUND_KEEP_HEALTHY:
		add_keep_healthy(text, j, finding);
		return;
	case BOUND_NOT_BESIDE:
		ADD(text, finding->beside->action, STR(" on "), j->service->name,
		    STR(" is under way, and "), j->action->name,
		    STR(" may not begin beside it"));
		return;
	case BOUND_NONE:
		break;
	}
	UNREACHABLE();
}

/* ---- the other reasons ---- */

static void
add_grant(struct text *text, const struct judgement *j, const struct finding *finding)
{
	ADD(text, STR("'"), entry_told(finding->entry)->name, STR("' covers it"));
	if (finding->bound == BOUND_NONE)
		return;
	ADD(text, STR(": "));
	add_used(text, j, finding);
	ADD(text, STR(" used before this"));
}

msec
rule_changes(const struct judgement *j, const struct rule *rule)
{
	msec ends = rule->until_wall;
	if (rule->during == NULL)
		return ends;
	msec changes = calendar_changes(rule->during, j->request->wall);
	return ends == 0 || (changes != 0 && changes < ends) ? changes : ends;
}

static void
add_prohibition(struct text *text, const struct judgement *j, const struct rule *rule)
{
	add_quoted(text, rule);
	ADD(text, STR(" forbids it"));
	msec ends = rule_changes(j, rule);
	if (ends != 0) {
		ADD(text, STR(" until "));
		add_clock(text, ends, j->request->wall);
	}
	if (rule->because.n > 0)
		ADD(text, STR(": "), rule->because);
}

/* Of the target's, the first that the scope does not have. */
static str
environment_lacking(const struct judgement *j, const struct scope *on)
{
	str own = j->service->environment;
	if (!strs_has(&on->environments, own))
		return own;
	if (j->host != NULL)
		return j->host->environment;
	/* Else it would cover the target. */
	ASSERT(j->elsewhere != NULL);
	size_t i = 0;
	while (strs_has(&on->environments, j->elsewhere->p[i])) {
		i++;
		ASSERT(i < j->elsewhere->n);
	}
	return j->elsewhere->p[i];
}

/* The part of the scope that does not fit. */
static void
add_scope_lack(struct text *text, const struct judgement *j, const struct rule *rule)
{
	const struct scope *on = &rule->on;
	const struct service *service = j->service;
	if (on->services.n > 0 && !strs_has(&on->services, service->name)) {
		ADD(text, STR("service "), service->name);
	} else if (on->systems.n > 0 && !strs_has(&on->systems, service->system)) {
		ADD(text, STR("system "), service->system);
	} else if (on->tiers != 0 && (on->tiers & (1u << service->tier)) == 0) {
		ADD(text, STR("tier "));
		add_u64(text, service->tier);
	} else {
		ADD(text, STR("environment "), environment_lacking(j, on));
	}
}

static void
add_from(struct text *text, msec at, msec now)
{
	if (at == 0)
		return;
	ADD(text, STR(", next from "));
	add_clock(text, at, now);
}

static void
add_lack(struct text *text, const struct judgement *j, const struct finding *finding,
    unsigned lack)
{
	const struct rule *rule = finding->entry->rule;
	msec now = j->request->wall;
	switch (lack) {
	case LACKS_ACTION:
		ADD(text, STR("does not name "), j->action->verb);
		if (!str_eq(j->action->verb, j->action->name))
			ADD(text, STR(" or "), j->action->name);
		return;
	case LACKS_SCOPE:
		ADD(text, STR("does not cover "));
		add_scope_lack(text, j, rule);
		return;
	case LACKS_PRINCIPAL:
		ADD(text, STR("is not for "));
		add_principal(text, finding_asker(j, finding)->text);
		return;
	case LACKS_BEGIN:
		ADD(text, STR("begins at "));
		add_clock(text, rule->from_wall, now);
		return;
	case LACKS_TIME:
		ADD(text, STR("ended at "));
		add_clock(text, rule->until_wall, now);
		return;
	case LACKS_DURING:
		ADD(text, STR("is in force only during "), rule->during->name);
		add_from(text, calendar_changes(rule->during, now), now);
		return;
	case LACKS_INCIDENT:
		ADD(text, STR("needs an open incident on "), j->service->name);
		return;
	default: /* not an enum: bits */
		UNREACHABLE();
	}
}

/* "does not cover service ledger and is not for piotr" */
static void
add_lacks(struct text *text, const struct judgement *j, const struct finding *finding)
{
	bool first = true;
	for (unsigned lack = LACKS_FIRST; lack > LACKS_BOUND; lack >>= 1) {
		if ((finding->lacks & lack) == 0)
			continue;
		if (!first)
			ADD(text, STR(" and "));
		add_lack(text, j, finding, lack);
		first = false;
	}
}

static void
add_no_grant(struct text *text, const struct judgement *j, const struct finding *finding)
{
	ADD(text, STR("no grant lets "));
	add_principal(text, finding_asker(j, finding)->text);
	ADD(text, STR(" do "), j->action->name, STR(" on "), j->service->name);
	if (finding->entry == NULL)
		return;
	const struct rule *rule = finding->entry->rule;
	ADD(text, STR("; closest: '"), rule->name, STR("' at "), rule->place.file,
	    STR(":"));
	add_u64(text, rule->place.line);
	ADD(text, STR(", which "));
	add_lacks(text, j, finding);
}

/* "replicas" of the first thing that is compared with a live value nobody knows. */
static str
unknown_param(struct judgement *j, const struct rule *rule)
{
	int64_t live;
	for (size_t i = 0; i < rule->with_n; i++) {
		if (rule->with[i].change.kind != 0 &&
		    !live_value(j, rule->with[i].param, &live))
			return rule->with[i].param;
	}
	for (size_t i = 0; i < rule->when_n; i++) {
		if (rule->when[i].times.kind != 0 &&
		    !live_value(j, rule->when[i].param, &live))
			return rule->when[i].param;
	}
	return STR("it");
}

static void
add_unknown(struct text *text, struct judgement *j, const struct finding *finding)
{
	const struct rule *rule = finding->entry->rule;
	add_quoted(text, rule);
	if (finding->bound != BOUND_KEEP_HEALTHY) {
		ADD(text, STR(" compares "), unknown_param(j, rule),
		    STR(" with its live value, which is not known"));
		return;
	}
	ADD(text, STR(" keeps "));
	add_share(text, &rule->keep_healthy);
	ADD(text, STR(" of the hosts of "), j->service->name,
	    j->group.n > 0 ? STR(" healthy, and nobody knows how many are")
			   : STR(" healthy, and it has none"));
}

static void
add_approval(struct text *text, struct judgement *j, const struct finding *finding)
{
	const struct rule *rule = finding->entry->rule;
	add_quoted(text, rule);
	ADD(text, STR(" asks for "));
	add_u64(text, finding->limit);
	ADD(text, finding->limit == 1 ? STR(" approval") : STR(" approvals"));
	if (finding->limit > (rule->need > 0 ? rule->need : 1))
		ADD(text, STR(", one more because nobody knows who brought in the "
			      "configuration or the runbook"));
	if (finding->value > 0) {
		ADD(text, STR(", of which "));
		add_u64(text, finding->value);
		ADD(text, finding->value == 1 ? STR(" is given") : STR(" are given"));
	}
	add_whens(text, j, rule);
}

static void
add_approved(struct text *text, const struct finding *finding)
{
	add_quoted(text, finding->entry->rule);
	ADD(text, STR(" asked for "));
	add_u64(text, finding->limit);
	ADD(text, finding->limit == 1 ? STR(" approval, which is given")
				      : STR(" approvals, which are given"));
}

str
finding_text(struct judgement *j, const struct finding *finding, struct arena *arena)
{
	struct text text;
	if (finding->wrong != WRONG_NOTHING)
		return fault_text(j, finding, arena);
	text_begin(&text, arena);
	switch (finding->kind) {
	case REASON_GRANT:
		add_grant(&text, j, finding);
		return text_end(&text);
	case REASON_PROHIBITED:
		add_prohibition(&text, j, finding->entry->rule);
		return text_end(&text);
	case REASON_LIMIT:
		add_limit(&text, j, finding);
		return text_end(&text);
	case REASON_NO_GRANT:
		add_no_grant(&text, j, finding);
		return text_end(&text);
	case REASON_NOT_NOW:
		add_quoted(&text, finding->entry->rule);
		ADD(&text, STR(" "));
		add_lacks(&text, j, finding);
		return text_end(&text);
	case REASON_UNKNOWN:
		add_unknown(&text, j, finding);
		return text_end(&text);
	case REASON_APPROVAL:
		add_approval(&text, j, finding);
		return text_end(&text);
	case REASON_BOUND:
		add_quoted(&text, finding->entry->rule);
		ADD(&text, STR(" would cover it, but "));
		add_outside(&text, j, finding->entry->rule);
		return text_end(&text);
	case REASON_APPROVED:
		add_approved(&text, finding);
		return text_end(&text);
	case REASON_LIFTED:
		add_quoted(&text, finding->entry->rule);
		ADD(&text, STR(" is lifted: "));
		add_principal(&text, j->facts->glass_by);
		ADD(&text, STR(" broke the glass"));
		return text_end(&text);
	case REASON_STOPPED:
	case REASON_ERROR:
	case REASON_HANDS_ON:
	case REASON_UNDO:
		break; /* from no rule */
	}
	UNREACHABLE();
}

static struct reason
reason_of(struct judgement *j, const struct finding *finding, struct arena *arena)
{
	struct reason reason = {
		.kind = finding->kind,
		.text = finding_text(j, finding, arena),
		.value = finding->value,
		.limit = finding->limit,
		.free_at = finding->free_at,
	};
	if (finding->entry != NULL) {
		reason.rule = entry_told(finding->entry)->name;
		reason.file = entry_told(finding->entry)->place.file;
		reason.line = entry_told(finding->entry)->place.line;
	}
	return reason;
}

static struct strs
approvers_of(struct judgement *j, struct arena *arena)
{
	approvers_seek(j);
	size_t n = j->approvers_n;
	struct strs ids = { arena_try(arena, str, n), n };
	if (ids.p == NULL)
		return (struct strs){ 0 };
	for (size_t i = 0; i < n; i++)
		ids.p[i] = j->approvers[i]->id;
	return ids;
}

static str
more_text(size_t n, struct arena *arena)
{
	struct text text;
	text_begin(&text, arena);
	ADD(&text, STR("and "));
	add_u64(&text, n);
	ADD(&text, STR(" more"));
	return text_end(&text);
}

void
authority_explain(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    const struct authority_decision *decision, struct arena *arena,
    struct authority_answer *ret)
{
	struct authority_decision d = *decision;
	JUDGEMENT j;
	judgement_again(&j, authority, request, facts, &d);
	judge_nearest(&j);
	*ret = (struct authority_answer){ 0 };
	if (d.verdict == VERDICT_AFTER_APPROVAL) {
		ret->approvers = approvers_of(&j, arena);
		ret->too_few = !approvers_enough(&j);
	}
	ret->reasons = arena_try(arena, struct reason, d.n);
	if (ret->reasons == NULL)
		return;
	ret->reasons_n = d.n;
	for (size_t i = 0; i + (d.dropped > 0) < d.n; i++)
		ret->reasons[i] = reason_of(&j, &d.findings[i], arena);
	if (d.dropped > 0)
		ret->reasons[d.n - 1] = (struct reason){
			.kind = d.findings[d.n - 1].kind,
			.text = more_text(d.dropped + 1, arena),
		};
	ret->forward = forward_text(&j, arena);
}
