/*
 * A request held against the rules. Notes findings, as data; words are made elsewhere.
 *
 *	the request itself	is there such an action, service, target, principal; does
 *				each param have one of its values
 *	prohibitions		about it: denied
 *	grants			those that apply must each have room under their limits; one
 *				of the chain for whom none applies: denied
 *	limits			about it: must have room
 *	approvals		about it, and their conditions hold: people must agree
 *
 * The chain is judged in one walk: a rule is about some of it, a bit each. The verdict is
 * the strictest that any finding asks for, so the order in which rules are met, and in
 * which the chain is written, cannot matter.
 */
#include "authority/internal.h"
#include "authority/uses.h"

/* ---- findings ---- */

/* What decides comes first; enumerators are stored, so their order is not ours to choose. */
static const uint8_t ranks[] = {
	[REASON_STOPPED] = 1,
	[REASON_ERROR] = 2,
	[REASON_HANDS_ON] = 3,
	[REASON_UNKNOWN] = 4,
	[REASON_PROHIBITED] = 5,
	[REASON_LIMIT] = 6,
	[REASON_NOT_NOW] = 7,
	[REASON_NO_GRANT] = 8,
	[REASON_BOUND] = 9,
	[REASON_APPROVAL] = 10,
	[REASON_UNDO] = 11,
	[REASON_LIFTED] = 12,
	[REASON_APPROVED] = 13,
	[REASON_GRANT] = 14,
};

static enum verdict
finding_verdict(enum reason_kind kind)
{
	switch (kind) {
	case REASON_GRANT:
	case REASON_UNDO:
	case REASON_APPROVED:
	case REASON_LIFTED:
		return VERDICT_ALLOW;
	case REASON_APPROVAL:
		return VERDICT_AFTER_APPROVAL;
	case REASON_STOPPED:
	case REASON_ERROR:
	case REASON_UNKNOWN:
	case REASON_PROHIBITED:
	case REASON_LIMIT:
	case REASON_NOT_NOW:
	case REASON_NO_GRANT:
	case REASON_BOUND:
	case REASON_HANDS_ON:
		return VERDICT_DENY;
	}
	UNREACHABLE();
}

/* By rank, then by the rule's place; from no rule before any. */
static inline uint64_t
finding_place(const struct judgement *j, const struct finding *finding)
{
	uint64_t rank = (uint64_t)ranks[finding->kind] << 48;
	if (finding->entry == NULL)
		return rank;
	uint64_t order = (uint64_t)(finding->entry - j->authority->entries);
	return rank + (order + 1) * 256 + finding->bound;
}

static void
note_denial(struct judgement *j, const struct finding *finding)
{
	bool turn = finding->bound == BOUND_AT_ONCE || finding->bound == BOUND_NOT_BESIDE;
	if (finding->kind == REASON_HANDS_ON)
		j->by_hands = true;
	else if (finding->kind == REASON_LIMIT && turn)
		j->by_turn = true;
	else
		j->by_other = true;
	if (finding->may_change)
		j->by_unknown = true;
	else
		j->for_good = true;
	if (finding->kind == REASON_LIMIT && finding->free_at > j->d->free_at)
		j->d->free_at = finding->free_at;
}

/* Sorted, the least important falls off. The first is never dropped, and it alone decides
 * the verdict, since ranks fall from deny to allow. */
void
finding_insert(struct judgement *j, const struct finding *finding)
{
	struct authority_decision *d = j->d;
	size_t i = d->n;
	bool grant = finding->kind == REASON_GRANT;
	if (j->brief) {
		j->said |= (uint8_t)(1u << finding_verdict(finding->kind));
		return;
	}
	uint64_t place = finding_place(j, finding);
	/* Grants are the last of all, so what falls off for one is one. */
	if (i == countof(d->findings) || (grant && d->grants_n == GRANTS_TOLD_MAX)) {
		d->dropped++;
		if (place >= j->places[--i])
			return;
		d->grants_n -= d->findings[i].kind == REASON_GRANT;
	} else {
		d->n++;
	}
	d->grants_n += grant;
	for (; i > 0 && place < j->places[i - 1]; i--) {
		d->findings[i] = d->findings[i - 1];
		j->places[i] = j->places[i - 1];
	}
	d->findings[i] = *finding;
	j->places[i] = place;
}

/* Limits of grants are never lifted: a broken glass grants nothing. */
static bool
is_lifted(const struct judgement *j, const struct entry *entry)
{
	return j->lifted && entry->rule->liftable && entry->kind != RULE_GRANT;
}

/* Once a rule, whatever of it stood in the way. */
static void
note_lifted(struct judgement *j, const struct entry *entry)
{
	for (size_t i = 0; i < j->d->n; i++) {
		const struct finding *finding = &j->d->findings[i];
		if (finding->kind == REASON_LIFTED && finding->entry == entry)
			return;
	}
	finding_insert(j, &(struct finding){ .kind = REASON_LIFTED, .entry = entry });
}

void
finding_add(struct judgement *j, const struct finding *finding)
{
	enum verdict verdict = finding_verdict(finding->kind);
	if (verdict != VERDICT_ALLOW && finding->entry != NULL &&
	    is_lifted(j, finding->entry)) {
		note_lifted(j, finding->entry);
		return;
	}
	if (verdict == VERDICT_DENY)
		note_denial(j, finding);
	finding_insert(j, finding);
}

/* Then nothing else can change the verdict. */
static inline bool
is_denied(const struct judgement *j)
{
	return (j->said & 1u << VERDICT_DENY) != 0;
}

static enum verdict
verdict_of(const struct judgement *j)
{
	/* Nothing said, or anything else, is a denial. */
	if (j->brief)
		return j->said == 1u << VERDICT_ALLOW ? VERDICT_ALLOW
		       : (j->said | 1u << VERDICT_ALLOW) ==
		               (1u << VERDICT_ALLOW | 1u << VERDICT_AFTER_APPROVAL)
		           ? VERDICT_AFTER_APPROVAL
		           : VERDICT_DENY;
	return j->d->n == 0 ? VERDICT_DENY : finding_verdict(j->d->findings[0].kind);
}

static void
fault(struct judgement *j, enum reason_kind kind, enum wrong wrong, size_t which)
{
	finding_add(j,
	    &(struct finding){ .kind = kind, .wrong = wrong, .which = (uint32_t)which });
}

/* ---- the request itself ---- */

static void
chain_add(struct judgement *j, str text)
{
	for (size_t i = 0; i < j->chain_n; i++) {
		if (str_eq(j->chain[i].text, text))
			return;
	}
	if (j->chain_n == countof(j->chain)) {
		j->chain_cut = true;
		return;
	}
	struct asker *asker = &j->chain[j->chain_n];
	asker_set(asker, text, &j->facts->over);
	j->machine |= asker->kind == ASKER_AUTOMATION || asker->kind == ASKER_AGENT;
	j->near[j->chain_n] = NULL;
	j->near_lacks[j->chain_n++] = LACKS_MORE;
}

void
judgement_begin(struct judgement *j, const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct authority_decision *decision)
{
	/* Not the arrays: they are most of it. */
	memset((char *)j + offsetof(struct judgement, authority), 0,
	    sizeof(*j) - offsetof(struct judgement, authority));
	memset(decision, 0, offsetof(struct authority_decision, findings));
	j->d = decision;
	j->authority = authority;
	j->request = request;
	j->facts = facts;
	chain_add(j, request->principal);
	for (size_t i = 0; i < request->behalf.n; i++)
		chain_add(j, request->behalf.p[i]);
	/* One that was cut is longer. */
	j->lifted = j->chain_n == 1 && j->chain[0].kind == ASKER_PERSON &&
	            str_eq(j->chain[0].text, facts->glass_by);
}

static void
find_asker(struct judgement *j, size_t i)
{
	struct asker *asker = &j->chain[i];
	asker_find(asker, j->authority, j->request->wall);
	if (asker->whom_n > countof(asker->whom) ||
	    j->whom_n + asker->whom_n > countof(j->whom)) {
		j->whom_n = countof(j->whom) + 1;
		return;
	}
	for (size_t k = 0; k < asker->whom_n; k++) {
		j->whom[j->whom_n] = asker->whom[k];
		j->whose[j->whom_n++] = 1u << i;
	}
}

static void
judge_chain(struct judgement *j)
{
	for (size_t i = 0; i < j->chain_n; i++) {
		struct asker *asker = &j->chain[i];
		find_asker(j, i);
		if (asker->kind == ASKER_AUTOMATION || asker->kind == ASKER_AGENT ||
		    str_eq(asker->text, STR("local-admin")) || asker->person != NULL)
			continue;
		finding_add(j, &(struct finding){ .kind = REASON_UNKNOWN,
				   .wrong = WRONG_NOBODY,
				   .which = (uint32_t)i });
	}
	if (j->chain_cut)
		fault(j, REASON_ERROR, WRONG_CHAIN, 0);
}

/* The host or group that the target is; false: it is none of the service's. */
static bool
find_target(struct judgement *j)
{
	const struct authority *authority = j->authority;
	const struct model *model = authority->model;
	const struct service_place *place =
	    &authority->of_service[j->service - model->services];
	str target = j->request->target;
	if (j->target_hash == place->hash && str_eq(target, j->service->name)) {
		j->group = place->hosts;
		const struct strs *elsewhere =
		    &authority->elsewhere[j->service - model->services];
		j->elsewhere = elsewhere->n > 0 ? elsewhere : NULL;
		return true;
	}
	const struct host *host = host_of_hash(authority, j->target_hash, target);
	if (host == NULL ||
	    (host->service != j->service && !str_eq(host->service->name, j->service->name)))
		return false;
	j->host = host;
	j->group = authority->group_of_host[host - model->hosts];
	return true;
}

static void
judge_target(struct judgement *j)
{
	if (j->request->target.n == 0)
		fault(j, REASON_ERROR, WRONG_NO_TARGET, 0);
	else if (j->service != NULL && !find_target(j))
		fault(j, REASON_UNKNOWN, WRONG_TARGET, 0);
}

static void
judge_params(struct judgement *j)
{
	static const struct pairs none;
	const struct pairs *given = j->request->params ? j->request->params : &none;
	const struct params *declared = &j->action->params;

	for (size_t i = 0; i < given->n; i++) {
		const struct pair *pair = &given->p[i];
		const struct param *param = param_find(declared, pair->name);
		if (i > 0 && str_cmp(given->p[i - 1].name, pair->name) >= 0)
			fault(j, REASON_ERROR, WRONG_PARAM_ORDER, i);
		else if (param == NULL)
			fault(j, REASON_ERROR, WRONG_PARAM_UNDECLARED, i);
		else if (!param_takes(param, pair->value))
			fault(j, REASON_ERROR, WRONG_PARAM_VALUE, i);
	}
	for (size_t i = 0; i < declared->n; i++) {
		const struct param *param = &declared->p[i];
		if (!param->optional && param->otherwise.n == 0 &&
		    !pairs_has(given, param->name))
			fault(j, REASON_ERROR, WRONG_PARAM_MISSING, i);
	}
}

/* ---- what a rule is about ---- */

/* How many of the places where its hosts are. */
static size_t
covered_elsewhere(const struct judgement *j, const struct strs *environments)
{
	size_t n = 0;
	for (size_t i = 0; i < j->elsewhere->n; i++)
		n += strs_has(environments, j->elsewhere->p[i]);
	return n;
}

/* A host may stand elsewhere than its service, and the service stands wherever one of its
 * hosts does: a grant must cover all those places, any other rule needs to cover one. */
static inline bool
environments_cover(const struct judgement *j, const struct entry *entry)
{
	if ((entry->is & IS_PLACED) == 0)
		return true;
	const struct strs *environments = &entry->rule->on.environments;
	bool covers_service = strs_has(environments, j->service->environment);
	if (j->elsewhere != NULL) {
		size_t n = covered_elsewhere(j, environments);
		return entry->kind == RULE_GRANT ? covers_service && n == j->elsewhere->n
		                                 : covers_service || n > 0;
	}
	if (j->host == NULL)
		return covers_service;
	bool covers_host = strs_has(environments, j->host->environment);
	return entry->kind == RULE_GRANT ? covers_service && covers_host
	                                 : covers_service || covers_host;
}

static inline bool
place_covered(const struct judgement *j, const struct entry *entry)
{
	return environments_cover(j, entry) &&
	       ((entry->is & IS_SHELVED) || scope_covers(&entry->rule->on, j->service));
}

/* What tells whether a rule names one of that kind, but for the name. */
static inline unsigned
kinds_of(enum asker_kind kind)
{
	switch (kind) {
	case ASKER_AUTOMATION:
		return 1u << PRINCIPAL_AUTOMATION;
	case ASKER_AGENT:
		return 1u << PRINCIPAL_AGENT;
	case ASKER_PERSON:
		return KINDS_OF_PEOPLE;
	case ASKER_OTHER:
		return 0;
	}
	UNREACHABLE();
}

/* It names no more than stand in its lines, and they are called few names. */
static inline unsigned
named_few(const struct judgement *j, const struct entry *entry)
{
	unsigned whom = 0;
	for (size_t k = 0; k < j->whom_n; k++) {
		uint32_t call = j->whom[k];
		uint32_t is = (uint32_t)(entry->whom[0] == call) |
		              (uint32_t)(entry->whom[1] == call) |
		              (uint32_t)(entry->whom[2] == call);
		whom |= j->whose[k] & (0 - is);
	}
	return whom;
}
static_assert(WHOM_INLINE == 3, "named_few looks at each");

/* A bit for each of the chain that it names. */
static inline unsigned
named_whom(const struct judgement *j, const struct entry *entry)
{
	if (entry->to_n <= WHOM_INLINE && j->whom_n <= countof(j->whom))
		return named_few(j, entry);
	unsigned whom = 0;
	for (size_t i = 0; i < j->chain_n; i++) {
		const struct asker *asker = &j->chain[i];
		if ((entry->to & kinds_of(asker->kind)) == 0)
			continue;
		if (asker->kind == ASKER_AUTOMATION ||
		    entry_is_for(j->authority, entry, asker, j->request->wall))
			whom |= 1u << i;
	}
	return whom;
}

/* Of the chain, whom a rule that is no grant is about. */
static unsigned
about_whom(struct judgement *j, const struct entry *entry)
{
	msec wall = j->request->wall;
	if (entry->from_wall > wall ||
	    (entry->until_wall != 0 && wall >= entry->until_wall))
		return 0;
	if ((entry->is & IS_DURING) && !hours_open(entry->during, wall))
		return 0;
	if (!place_covered(j, entry))
		return 0;
	return entry->to == 0 ? whole_chain(j) : named_whom(j, entry);
}

/* ---- grants ---- */

static inline unsigned
lacks_of(const struct judgement *j, const struct entry *entry)
{
	const struct authority_request *request = j->request;
	unsigned lacks = 0;
	if (!place_covered(j, entry))
		lacks |= LACKS_SCOPE;
	if (entry->from_wall > request->wall)
		lacks |= LACKS_BEGIN;
	if (entry->until_wall != 0 && request->wall >= entry->until_wall)
		lacks |= LACKS_TIME;
	if ((entry->is & IS_DURING) && !hours_open(entry->during, request->wall))
		lacks |= LACKS_DURING;
	if ((entry->is & IS_INCIDENT) && !request->incident_open)
		lacks |= LACKS_INCIDENT;
	return lacks;
}

unsigned
grant_lacks(const struct judgement *j, const struct entry *entry)
{
	return lacks_of(j, entry);
}

unsigned
grant_names(const struct judgement *j, const struct entry *entry)
{
	return named_whom(j, entry);
}

void
consider_near(struct judgement *j, const struct entry *entry, unsigned whom, unsigned lacks)
{
	for (size_t i = 0; whom != 0; i++, whom >>= 1) {
		if ((whom & 1) == 0)
			continue;
		if (lacks < j->near_lacks[i] ||
		    (lacks == j->near_lacks[i] && entry < j->near[i])) {
			j->near[i] = entry;
			j->near_lacks[i] = lacks;
		}
	}
}

/* Are few grants told yet, or is it one of the first? */
static bool
is_told(const struct judgement *j, const struct entry *entry)
{
	const struct authority_decision *d = j->d;
	return d->grants_n < GRANTS_TOLD_MAX || entry < d->findings[d->n - 1].entry;
}

/* It is about them and in force; it is the values that decide. */
static void
consider_values(struct judgement *j, const struct entry *entry, unsigned whom)
{
	enum holds holds = HOLDS_YES;
	if (j->whole && (entry->is & IS_VALUED))
		holds = bounds_hold(j, entry->with, entry->values_n);
	if (holds == HOLDS_NO) {
		consider_near(j, entry, whom, LACKS_BOUND);
		return;
	}
	if (holds == HOLDS_UNKNOWN) {
		consider_near(j, entry, whom, LACKS_LIVE);
		if (live_can_be_asked(j, entry->rule))
			j->may_be |= whom;
		if (entry->is & IS_LIMITED)
			limits_check(j, entry, whom, false, NULL);
		return;
	}
	j->granted |= whom;
	if (j->brief || !is_told(j, entry)) {
		j->said |= 1u << VERDICT_ALLOW;
		j->d->dropped++;
		if (entry->is & IS_LIMITED)
			limits_check(j, entry, whom, true, NULL);
		return;
	}
	struct finding grant = { .kind = REASON_GRANT, .entry = entry };
	if (entry->is & IS_LIMITED)
		limits_check(j, entry, whom, true, &grant);
	finding_insert(j, &grant);
}

static void
consider_grant(struct judgement *j, const struct entry *entry)
{
	unsigned whom = named_whom(j, entry);
	if (whom == 0)
		return;
	unsigned lacks = lacks_of(j, entry);
	if (lacks != 0)
		consider_near(j, entry, whom, lacks);
	else
		consider_values(j, entry, whom);
}

/* ---- the others ---- */

static void
consider_approval(struct judgement *j, const struct entry *entry)
{
	const struct rule *rule = entry->rule;
	struct finding finding = { .kind = REASON_APPROVAL, .entry = entry };
	switch (whens_hold(j, entry->when, entry->values_n)) {
	case HOLDS_NO:
		return;
	case HOLDS_UNKNOWN:
		finding.kind = REASON_UNKNOWN;
		finding.may_change = live_can_be_asked(j, rule);
		finding_add(j, &finding);
		return;
	case HOLDS_YES:
		break;
	}
	finding.limit = approval_need(j, rule);
	finding.value = approval_given(j, rule);
	if (finding.value >= finding.limit)
		finding.kind = REASON_APPROVED;
	finding_add(j, &finding);
	if (finding.kind == REASON_APPROVED || is_lifted(j, entry))
		return;
	uint32_t missing = (uint32_t)(finding.limit - finding.value);
	msec expires = rule->expires_ms > 0 ? rule->expires_ms : EXPIRES_DEFAULT_MS;
	if (missing > j->d->yes_missing)
		j->d->yes_missing = missing;
	if (j->d->expires_ms == 0 || expires < j->d->expires_ms)
		j->d->expires_ms = expires;
}

static void
consider_other(struct judgement *j, const struct entry *entry)
{
	unsigned whom = about_whom(j, entry);
	if (whom == 0)
		return;
	/* What is lifted need not be known. */
	bool lifted = is_lifted(j, entry);
	bool health = j->health_unknown;
	uint64_t live = j->live_unknown;
	switch ((enum rule_kind)entry->kind) {
	case RULE_PROHIBITION:
		finding_add(j,
		    &(struct finding){ .kind = REASON_PROHIBITED, .entry = entry });
		break;
	case RULE_LIMIT:
		limits_check(j, entry, whom, true, NULL);
		break;
	case RULE_APPROVAL:
		consider_approval(j, entry);
		break;
	case RULE_GRANT:
		UNREACHABLE();
	}
	if (lifted) {
		j->health_unknown = health;
		j->live_unknown = live;
	}
}

/* ---- all of them ---- */

static enum reason_kind
lack_kind(const struct entry *near, unsigned lacks)
{
	if (near == NULL)
		return REASON_NO_GRANT;
	if (lacks == LACKS_LIVE)
		return REASON_UNKNOWN;
	if (lacks == LACKS_BOUND)
		return REASON_BOUND;
	return (lacks & ~LACKS_NOT_NOW) == 0 ? REASON_NOT_NOW : REASON_NO_GRANT;
}

static void
judge_rules(struct judgement *j, struct walk *walk)
{
	for (const struct entry *entry;
	     !is_denied(j) && (entry = walk_next(walk)) != NULL;) {
		if (entry->kind == RULE_GRANT)
			consider_grant(j, entry);
		else
			consider_other(j, entry);
	}
	if (j->granted == whole_chain(j) || is_denied(j))
		return;
	for (uint32_t i = 0; i < j->chain_n; i++) {
		if (j->granted & (1u << i))
			continue;
		struct finding finding = {
			.kind = lack_kind(j->near[i], j->near_lacks[i]),
			.which = i,
			.may_change = (j->may_be & (1u << i)) != 0,
		};
		if (finding.kind == REASON_NO_GRANT) {
			j->d->no_grant |= 1u << i;
		} else {
			finding.entry = j->near[i];
			finding.lacks = j->near_lacks[i];
		}
		finding_add(j, &finding);
	}
}

/* What is asked for, as the configuration in force has it; memory is asked for the rest. */
static void
resolve(struct judgement *j)
{
	const struct authority_request *request = j->request;
	const struct action *action = request->action;
	j->action = action != NULL
	                ? action_in_force(j->authority, action)
	                : model_action(j->authority->model, request->action_name);
	if (request->service != NULL)
		j->service = service_in_force(j->authority, request->service);
	if (!j->whole)
		return;
	__builtin_prefetch(j->service);
	j->target_hash = name_hash(request->target);
	host_seek(j->authority, j->target_hash);
}

void
judgement_again(struct judgement *j, const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct authority_decision *decision)
{
	UNINITIALIZED struct authority_decision none;
	judgement_begin(j, authority, request, facts, &none);
	j->d = decision;
	j->whole = true;
	resolve(j);
	for (size_t i = 0; i < decision->n; i++) {
		const struct finding *finding = &decision->findings[i];
		j->places[i] = finding_place(j, finding);
		if (finding->entry != NULL)
			__builtin_prefetch(finding->entry->lists);
	}
	for (size_t i = 0; i < j->chain_n; i++)
		find_asker(j, i);
	if (j->service != NULL)
		(void)find_target(j);
}

static void
judge_all(struct judgement *j)
{
	WALK walk;
	const struct authority_request *request = j->request;
	resolve(j);
	bool known = j->action != NULL && j->service != NULL;
	bool rules = known && !request->undo;
	if (rules)
		walk_seek(&walk, j->authority, j->action, j->service);
	if (j->facts->stopped)
		fault(j, REASON_STOPPED, WRONG_STOPPED, 0);
	judge_chain(j);
	if (j->action == NULL)
		fault(j, REASON_UNKNOWN, WRONG_ACTION, 0);
	if (j->service == NULL)
		fault(j, REASON_UNKNOWN,
		    request->service == NULL ? WRONG_NO_SERVICE : WRONG_SERVICE, 0);
	/* What is asked of memory comes while something else is done. */
	const struct host *host = NULL;
	if (j->whole)
		host = host_fetch(j->authority, j->target_hash);
	if (rules) {
		walk_fetch(&walk, j->authority);
		limits_begin(j);
	}
	/* The target is called like one of these. */
	if (host != NULL)
		__builtin_prefetch(host->name.p);
	else if (j->service != NULL)
		__builtin_prefetch(j->service->name.p);
	if (rules)
		walk_begin(&walk, j->authority);
	if (j->whole)
		judge_target(j);
	if (j->whole && j->action != NULL)
		judge_params(j);
	if (!known)
		return;
	if (j->machine && j->facts->hands_on_by.n > 0)
		fault(j, REASON_HANDS_ON, WRONG_HANDS_ON, 0);
	if (rules)
		judge_rules(j, &walk);
	else
		fault(j, REASON_UNDO, WRONG_UNDO, 0);
}

void
judge(struct judgement *j)
{
	struct authority_decision *d = j->d;
	judge_all(j);
	d->verdict = verdict_of(j);
	d->only_at_once = j->by_turn && !j->by_hands && !j->by_other;
	d->hands_on = j->by_hands && !j->by_turn && !j->by_other;
	d->lacks_facts = j->by_unknown && !j->for_good;
	if (d->verdict != VERDICT_AFTER_APPROVAL)
		d->expires_ms = d->yes_missing = 0;
}
