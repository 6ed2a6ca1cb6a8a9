/*
 * A request held against the rules. Notes findings; explain.c and forward.c find the words.
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
static unsigned
finding_rank(enum reason_kind kind)
{
	switch (kind) {
	case REASON_STOPPED:
		return 0;
	case REASON_ERROR:
		return 1;
	case REASON_HANDS_ON:
		return 2;
	case REASON_UNKNOWN:
		return 3;
	case REASON_PROHIBITED:
		return 4;
	case REASON_LIMIT:
		return 5;
	case REASON_NOT_NOW:
		return 6;
	case REASON_NO_GRANT:
		return 7;
	case REASON_BOUND:
		return 8;
	case REASON_APPROVAL:
		return 9;
	case REASON_UNDO:
		return 10;
	case REASON_LIFTED:
		return 11;
	case REASON_APPROVED:
		return 12;
	case REASON_GRANT:
		return 13;
	}
	UNREACHABLE();
}

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

static bool
finding_before(const struct finding *a, const struct finding *b)
{
	unsigned rank_a = finding_rank(a->kind);
	unsigned rank_b = finding_rank(b->kind);
	if (rank_a != rank_b)
		return rank_a < rank_b;
	if (a->entry == NULL || b->entry == NULL)
		return a->entry == NULL && b->entry != NULL;
	if (a->entry->order != b->entry->order)
		return a->entry->order < b->entry->order;
	return a->bound < b->bound;
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
	if (finding->kind != REASON_LIMIT)
		return;
	if (finding->free_at == 0)
		j->free_never = true;
	else if (finding->free_at > j->free_at)
		j->free_at = finding->free_at;
}

/* Sorted, the least important falls off. The first is never dropped, and it alone decides
 * the verdict, since ranks fall from deny to allow. */
static void
finding_insert(struct judgement *j, const struct finding *finding)
{
	size_t i = j->n;
	bool grant = finding->kind == REASON_GRANT;
	if (j->brief) {
		j->said |= (uint8_t)(1u << finding_verdict(finding->kind));
		return;
	}
	/* Grants are the last of all, so what falls off for one is one. */
	if (i == countof(j->findings) || (grant && j->grants_n == GRANTS_TOLD_MAX)) {
		j->dropped++;
		if (!finding_before(finding, &j->findings[--i]))
			return;
		j->grants_n -= j->findings[i].kind == REASON_GRANT;
	} else {
		j->n++;
	}
	j->grants_n += grant;
	if (finding->entry != NULL) { /* to be told of later */
		__builtin_prefetch(finding->entry->lists);
	}
	for (; i > 0 && finding_before(finding, &j->findings[i - 1]); i--)
		j->findings[i] = j->findings[i - 1];
	j->findings[i] = *finding;
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
	for (size_t i = 0; i < j->n; i++) {
		if (j->findings[i].kind == REASON_LIFTED && j->findings[i].entry == entry)
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

enum verdict
judgement_verdict(const struct judgement *j)
{
	if (j->brief)
		return j->said == 1u << VERDICT_ALLOW ? VERDICT_ALLOW
		       : is_denied(j) || j->said == 0 ? VERDICT_DENY
		                                      : VERDICT_AFTER_APPROVAL;
	return j->n == 0 ? VERDICT_DENY : finding_verdict(j->findings[0].kind);
}

static void
fault(struct judgement *j, enum reason_kind kind, str text, str forward)
{
	finding_add(j, &(struct finding){ .kind = kind, .text = text, .forward = forward });
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
	*asker = asker_of(text, &j->facts->over);
	j->machine |= asker->kind == ASKER_AUTOMATION || asker->kind == ASKER_AGENT;
	j->near[j->chain_n] = NULL;
	j->near_lacks[j->chain_n++] = 0;
}

void
judgement_begin(struct judgement *j, const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts)
{
	/* Not the arrays: they are most of it. */
	memset((char *)j + offsetof(struct judgement, authority), 0,
	    sizeof(*j) - offsetof(struct judgement, authority));
	j->authority = authority;
	j->request = request;
	j->facts = facts;
	chain_add(j, request->principal);
	for (size_t i = 0; i < request->behalf.n; i++)
		chain_add(j, request->behalf.p[i]);
	j->lifted = j->chain_n == 1 && !j->chain_cut && j->chain[0].kind == ASKER_PERSON &&
	            str_eq(j->chain[0].text, facts->glass_by);
}

static void
judge_chain(struct judgement *j, struct arena *arena)
{
	for (size_t i = 0; i < j->chain_n; i++) {
		struct asker *asker = &j->chain[i];
		asker_find(asker, j->authority, j->request->wall);
		if (asker->kind == ASKER_AUTOMATION || asker->kind == ASKER_AGENT ||
		    str_eq(asker->text, STR("local-admin")) || asker->person != NULL)
			continue;
		fault(j, REASON_UNKNOWN,
		    arena_printf(arena, "nobody knows '%.*s'", STR_ARG(asker->text)),
		    STR("ask as a person of the configuration"));
	}
	if (j->chain_cut)
		fault(j, REASON_ERROR,
		    arena_printf(arena, "it is asked on behalf of more than %d others",
			BEHALF_MAX),
		    STR("ask with a shorter chain"));
}

static void
judge_action(struct judgement *j, struct arena *arena)
{
	const struct action *asked = j->request->action;
	str name = asked != NULL ? asked->name : j->request->action_name;
	if (j->action == NULL)
		fault(j, REASON_UNKNOWN,
		    arena_printf(arena, "unknown action '%.*s'", STR_ARG(name)),
		    STR("ask for an action of the configuration in force"));
}

static void
judge_service(struct judgement *j, struct arena *arena)
{
	const struct service *asked = j->request->service;
	if (asked == NULL) {
		fault(j, REASON_UNKNOWN, STR("it is about no service"),
		    STR("name the service that it is for"));
		return;
	}
	if (j->service == NULL)
		fault(j, REASON_UNKNOWN,
		    arena_printf(arena, "unknown service '%.*s'", STR_ARG(asked->name)),
		    STR("ask for a service of the configuration in force"));
}

static void
judge_target(struct judgement *j, struct arena *arena)
{
	const struct authority *authority = j->authority;
	const struct model *model = authority->model;
	str target = j->request->target;
	if (target.n == 0) {
		fault(j, REASON_ERROR,
		    STR("no target: nothing means nothing, not everything"),
		    STR("name a host, or the service"));
		return;
	}
	if (j->service == NULL)
		return;
	if (j->target_hash == authority->of_service[j->service - model->services].hash &&
	    str_eq(target, j->service->name)) {
		j->group = authority->of_service[j->service - model->services].hosts;
		return;
	}
	const struct host *host = host_of_hash(authority, j->target_hash, target);
	if (host != NULL && (host->service == j->service ||
				str_eq(host->service->name, j->service->name))) {
		j->host = host;
		j->group = authority->group_of_host[host - model->hosts];
		return;
	}
	fault(j, REASON_UNKNOWN,
	    arena_printf(arena, "'%.*s' is neither service %.*s nor one of its hosts",
		STR_ARG(target), STR_ARG(j->service->name)),
	    STR("name a host of that service, or the service"));
}

static void
judge_params(struct judgement *j, struct arena *arena)
{
	static const struct pairs none;
	const struct pairs *given = j->request->params ? j->request->params : &none;
	const struct params *declared = &j->action->params;

	for (size_t i = 0; i < given->n; i++) {
		const struct pair *pair = &given->p[i];
		if (i > 0 && str_cmp(given->p[i - 1].name, pair->name) >= 0) {
			fault(j, REASON_ERROR,
			    arena_printf(arena,
				"parameter '%.*s' is out of order, or twice",
				STR_ARG(pair->name)),
			    STR("give each parameter once"));
			continue;
		}
		const struct param *param = param_find(declared, pair->name);
		if (param == NULL) {
			fault(j, REASON_ERROR,
			    arena_printf(arena, "%.*s has no parameter '%.*s'",
				STR_ARG(j->action->name), STR_ARG(pair->name)),
			    arena_printf(arena, "leave '%.*s' out", STR_ARG(pair->name)));
			continue;
		}
		str why = param_refuses(param, pair->value, arena);
		if (why.n > 0)
			fault(j, REASON_ERROR,
			    arena_printf(arena, "parameter %.*s", STR_ARG(why)),
			    arena_printf(arena, "correct '%.*s'", STR_ARG(pair->name)));
	}
	for (size_t i = 0; i < declared->n; i++) {
		const struct param *param = &declared->p[i];
		if (param->optional || param->otherwise.n > 0 ||
		    pairs_has(given, param->name))
			continue;
		fault(j, REASON_ERROR,
		    arena_printf(arena, "parameter '%.*s' of %.*s is missing",
			STR_ARG(param->name), STR_ARG(j->action->name)),
		    arena_printf(arena, "give a value for '%.*s'", STR_ARG(param->name)));
	}
}

static void
judge_hands_on(struct judgement *j, struct arena *arena)
{
	str by = j->facts->hands_on_by;
	if (by.n == 0 || !j->machine)
		return;
	struct asker asker = asker_of(by, NULL);
	str name = asker.kind == ASKER_PERSON ? asker.name : by;
	fault(j, REASON_HANDS_ON,
	    arena_printf(arena, "%.*s has hands on %.*s: automation and agents only watch",
		STR_ARG(name), STR_ARG(j->service->name)),
	    arena_printf(arena, "wait until %.*s lets go of it, or ask %.*s", STR_ARG(name),
		STR_ARG(name)));
}

/* ---- what a rule is about ---- */

/* A host may stand elsewhere than its service: a grant must cover both places, any other
 * rule needs to cover one. */
static inline bool
environments_cover(const struct judgement *j, const struct entry *entry)
{
	if ((entry->is & IS_PLACED) == 0)
		return true;
	const struct strs *environments = &entry->rule->on.environments;
	bool covers_service = strs_has(environments, j->service->environment);
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

/* A bit for each of the chain that it names. */
static inline unsigned
named_whom(const struct judgement *j, const struct entry *entry)
{
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

static inline unsigned
everyone(const struct judgement *j)
{
	return (1u << j->chain_n) - 1;
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
	return entry->to == 0 ? everyone(j) : named_whom(j, entry);
}

/* ---- grants ---- */

static inline unsigned
lacks_of(struct judgement *j, const struct entry *entry)
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
grant_lacks(struct judgement *j, const struct entry *entry)
{
	return lacks_of(j, entry);
}

static void
consider_near(struct judgement *j, const struct entry *entry, unsigned whom, unsigned lacks)
{
	for (size_t i = 0; whom != 0; i++, whom >>= 1) {
		if ((whom & 1) == 0)
			continue;
		if (j->near[i] == NULL || lacks < j->near_lacks[i] ||
		    (lacks == j->near_lacks[i] && entry->order < j->near[i]->order)) {
			j->near[i] = entry;
			j->near_lacks[i] = lacks;
		}
	}
}

/* Are few grants told yet, or is it one of the first? */
static bool
is_told(const struct judgement *j, const struct entry *entry)
{
	return j->grants_n < GRANTS_TOLD_MAX ||
	       entry->order < j->findings[j->n - 1].entry->order;
}

/* It is about them and in force; it is the values that decide. */
static void
consider_values(struct judgement *j, const struct entry *entry, unsigned whom)
{
	enum holds holds = HOLDS_YES;
	if (j->whole && (entry->is & IS_VALUED))
		holds = bounds_hold(j, entry->rule);
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
		j->dropped++;
		if (entry->is & IS_LIMITED)
			limits_check(j, entry, whom, true, NULL);
		return;
	}
	struct finding grant = { .kind = REASON_GRANT, .entry = entry };
	if (entry->is & IS_LIMITED)
		limits_check(j, entry, whom, true, &grant);
	finding_insert(j, &grant);
}

/* Whoever it is for may do it, unless the values are against it. */
static void
keep_other(struct judgement *j, const struct entry *entry)
{
	size_t i = j->others_n;
	if (i == countof(j->others)) {
		if (j->others[i - 1]->order < entry->order)
			return;
		i--;
	} else {
		j->others_n++;
	}
	for (; i > 0 && j->others[i - 1]->order > entry->order; i--)
		j->others[i] = j->others[i - 1];
	j->others[i] = entry;
}

static void
consider_grant(struct judgement *j, const struct entry *entry)
{
	unsigned lacks = lacks_of(j, entry);
	unsigned whom = named_whom(j, entry);
	unsigned others = everyone(j) & ~whom;
	if (others != 0 && !j->brief) {
		if (lacks == 0 && (entry->to & KINDS_OF_PEOPLE) != 0)
			keep_other(j, entry);
		consider_near(j, entry, others, lacks | LACKS_PRINCIPAL);
	}
	if (whom != 0 && lacks != 0)
		consider_near(j, entry, whom, lacks);
	else if (whom != 0)
		consider_values(j, entry, whom);
}

/* ---- the others ---- */

static void
consider_approval(struct judgement *j, const struct entry *entry)
{
	const struct rule *rule = entry->rule;
	struct finding finding = { .kind = REASON_APPROVAL, .entry = entry };
	switch (whens_hold(j, rule)) {
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
	if (missing > j->yes_missing)
		j->yes_missing = missing;
	if (j->expires_ms == 0 || expires < j->expires_ms)
		j->expires_ms = expires;
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
	uint64_t live[countof(j->live_unknown)];
	if (lifted)
		memcpy(live, j->live_unknown, sizeof(live));
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
		memcpy(j->live_unknown, live, sizeof(live));
	}
}

/* ---- all of them ---- */

/* Only for the answer: nothing off the request's shelves can allow. */
static void
look_further(struct judgement *j, const struct walk *walk)
{
	const struct authority *authority = j->authority;
	unsigned missing = 0;
	for (size_t i = 0; i < j->chain_n; i++) {
		if ((j->granted & (1u << i)) == 0 && j->near[i] == NULL)
			missing |= 1u << i;
	}
	size_t looks = j->whole && missing != 0 ? NEAREST_LOOKS_MAX : 0;
	for (size_t i = 0; looks > 0 && i < authority->entries_n; i++) {
		const struct entry *entry = &authority->entries[i];
		if (entry->kind != RULE_GRANT)
			continue;
		unsigned lacks = grant_lacks(j, entry);
		/* Not met on a shelf that says so. */
		if (!scope_covers(&entry->rule->on, j->service))
			lacks |= LACKS_SCOPE;
		if (!entry_names(entry, walk->verb, walk->name))
			lacks |= LACKS_ACTION;
		unsigned whom = named_whom(j, entry);
		consider_near(j, entry, missing & whom, lacks);
		consider_near(j, entry, missing & ~whom, lacks | LACKS_PRINCIPAL);
		looks--;
	}
}

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
	if (j->granted == everyone(j) || is_denied(j))
		return;
	if (!j->brief)
		look_further(j, walk);
	for (size_t i = 0; i < j->chain_n; i++) {
		if (j->granted & (1u << i))
			continue;
		finding_add(j, &(struct finding){
				   .kind = lack_kind(j->near[i], j->near_lacks[i]),
				   .entry = j->near[i],
				   .asker = &j->chain[i],
				   .lacks = j->near_lacks[i],
				   .may_change = (j->may_be & (1u << i)) != 0,
			       });
	}
}

/* What is asked for, as the configuration in force has it; memory is asked for the rest. */
static void
resolve(struct judgement *j, struct walk *walk)
{
	const struct authority_request *request = j->request;
	const struct action *action = request->action;
	j->action = action_in_force(j->authority, action,
	    action != NULL ? action->name : request->action_name);
	if (request->service != NULL)
		j->service = service_in_force(j->authority, request->service);
	if (j->action != NULL && j->service != NULL)
		walk_seek(walk, j->authority, j->action, j->service);
	if (!j->whole)
		return;
	j->target_hash = name_hash(request->target);
	host_seek(j->authority, j->target_hash);
}

void
judge(struct judgement *j, struct arena *arena)
{
	WALK walk;
	resolve(j, &walk);
	if (j->facts->stopped)
		fault(j, REASON_STOPPED,
		    arena_printf(arena, "everything was stopped by %.*s%s%.*s",
			STR_ARG(j->facts->stopped_by),
			j->facts->stopped_why.n > 0 ? ": " : "",
			STR_ARG(j->facts->stopped_why)),
		    arena_printf(arena, "wait until it is resumed, or ask %.*s",
			STR_ARG(j->facts->stopped_by)));
	judge_chain(j, arena);
	judge_action(j, arena);
	judge_service(j, arena);
	/* What is asked of memory comes while something else is done. */
	bool rules = j->action != NULL && j->service != NULL && !j->request->undo;
	if (j->whole)
		host_fetch(j->authority, j->target_hash);
	if (rules) {
		walk_fetch(&walk, j->authority);
		limits_begin(j);
	}
	if (j->whole)
		judge_target(j, arena);
	if (rules)
		walk_begin(&walk, j->authority);
	if (j->whole && j->action != NULL)
		judge_params(j, arena);
	if (j->action == NULL || j->service == NULL)
		return;
	judge_hands_on(j, arena);
	if (j->request->undo)
		finding_add(j, &(struct finding){ .kind = REASON_UNDO,
				   .text = STR("it takes back what was done before, and "
					       "may for as long as the action says") });
	else
		judge_rules(j, &walk);
}
