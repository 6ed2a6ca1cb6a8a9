/*
 * Limits: how often, how many, how soon after, how many left.
 *
 *	rates		uses in a window: per service, target, actor
 *	at_once		uses held now
 *	targets		different targets of a group in a window
 *	spacing		the age of the youngest use
 *	keep_healthy	hosts of the group that stay well
 *	not_beside	other uses that are held
 *
 * Uses are walked from the youngest, so a window ends the walk, and the n-th that counts is
 * the one that must leave before there is room again.
 */
#include "authority/internal.h"
#include "authority/uses.h"

static bool
young(const struct authority_use *use, msec at, msec window_ms)
{
	return use->at >= at || at - use->at < window_ms;
}

/* One in the future counts as of now. */
static msec
begun_at(const struct judgement *j, const struct authority_use *use)
{
	return use->at < j->request->at ? use->at : j->request->at;
}

static msec
wall_after(const struct judgement *j, msec begun, msec window_ms)
{
	return j->request->wall + (begun + window_ms - j->request->at);
}

/* str_eq for many names of one make: they differ at the end ("web-1", "web-2"). */
static bool
same_name(str a, str b)
{
	return a.n == b.n && (a.n == 0 || a.p[a.n - 1] == b.p[a.n - 1]) && str_eq(a, b);
}

static bool
words_have(const struct strs *words, const struct authority_use *use)
{
	for (size_t i = 0; i < words->n; i++) {
		if (same_name(words->p[i], use->verb) ||
		    same_name(words->p[i], use->action))
			return true;
	}
	return false;
}

static inline bool
names_use(const struct entry *entry, const struct authority_use *use)
{
	if (entry->word != NULL)
		return same_name(entry->word->name, use->verb) ||
		       same_name(entry->word->name, use->action);
	return entry->words_n == 0 || words_have(&entry->rule->may, use);
}

/* On a service that the rule covers; one that is gone counts. */
static bool
rule_reaches(const struct judgement *j, const struct rule *rule,
    const struct authority_use *use)
{
	const struct scope *on = &rule->on;
	if (on->services.n + on->systems.n == 0 && on->tiers == 0)
		return true;
	if (same_name(use->service, j->service->name))
		return true; /* why we are here */
	const struct service *service = model_service(j->authority->model, use->service);
	return service == NULL || scope_covers(on, service);
}

/* ---- notes ---- */

struct check {
	struct judgement *j;
	const struct entry *entry;
	bool sure;
	struct finding *best;
};

static void
note_full(const struct check *c, struct finding *full)
{
	full->kind = REASON_LIMIT;
	full->entry = c->entry;
	full->may_change = !c->sure;
	finding_add(c->j, full);
}

/* So many are used: room that is left, or not. Most often there is. */
static void
note_used(const struct check *c, enum bound bound, const struct asker *asker,
    const struct rate *rate, uint64_t used, msec free_at)
{
	struct finding *best = c->best;
	if (used >= rate->count) {
		struct finding full = {
			.bound = bound,
			.asker = asker,
			.value = used,
			.limit = rate->count,
			.window_ms = rate->window_ms,
			.free_at = free_at,
		};
		note_full(c, &full);
	} else if (best != NULL && (best->bound == BOUND_NONE ||
				       rate->count - used < best->limit - best->value)) {
		best->bound = bound;
		best->asker = asker;
		best->value = used;
		best->limit = rate->count;
		best->window_ms = rate->window_ms;
	}
}

/* ---- rates ---- */

/* A list that a rate walks, and how a use is known as one of it. */
struct walked {
	const struct link *list;
	enum bound bound;
	str name; /* of the service, the target, the actor */
};

static const struct authority_use *
walked_use(const struct walked *walked, struct link *it)
{
	switch (walked->bound) {
	case BOUND_PER_SERVICE:
		return use_by_service(it);
	case BOUND_PER_TARGET:
		return use_by_target(it);
	case BOUND_PER_ACTOR:
		return use_by_actor(it);
	case BOUND_NONE:
	case BOUND_TARGETS:
	case BOUND_SPACING:
	case BOUND_KEEP_HEALTHY:
	case BOUND_NOT_BESIDE:
	case BOUND_AT_ONCE:
		break;
	}
	UNREACHABLE();
}

static bool
walked_has(const struct walked *walked, struct link *it, const struct authority_use *use)
{
	if (walked->bound == BOUND_PER_ACTOR)
		return same_name(container_of(it, struct authority_actor, by_actor)->who,
		    walked->name);
	return same_name(walked->bound == BOUND_PER_TARGET ? use->target : use->service,
	    walked->name);
}

static void
check_rate(const struct check *c, const struct walked *walked, const struct rate *rate,
    const struct asker *asker)
{
	const struct judgement *j = c->j;
	uint64_t used = 0;
	msec free_at = 0;
	uses_each(it, walked->list)
	{
		const struct authority_use *use = walked_use(walked, it);
		if (!young(use, j->request->at, rate->window_ms))
			break;
		if (!walked_has(walked, it, use) || !names_use(c->entry, use))
			continue;
		if (walked->bound == BOUND_PER_ACTOR &&
		    !rule_reaches(j, c->entry->rule, use))
			continue;
		if (++used == rate->count)
			free_at = wall_after(j, begun_at(j, use), rate->window_ms);
	}
	note_used(c, walked->bound, asker, rate, used, free_at);
}

static void
check_rates(const struct check *c, unsigned whom)
{
	const struct judgement *j = c->j;
	const struct entry *entry = c->entry;
	if (entry->per_service.count > 0) {
		struct walked walked = { j->on_service, BOUND_PER_SERVICE,
			j->service->name };
		check_rate(c, &walked, &entry->per_service, NULL);
	}
	if (entry->per_target.count > 0 && j->whole) {
		struct walked walked = { j->on_target, BOUND_PER_TARGET,
			j->request->target };
		check_rate(c, &walked, &entry->per_target, NULL);
	}
	for (size_t i = 0; i < j->chain_n && entry->per_actor.count > 0; i++) {
		const struct asker *asker = &j->chain[i];
		struct walked walked = { uses_list(j->facts->uses, USES_BY_ACTOR,
					     asker->text),
			BOUND_PER_ACTOR, asker->text };
		if (whom & (1u << i))
			check_rate(c, &walked, &entry->per_actor, asker);
	}
}

/* ---- what is held now ---- */

/* Most rules have one word, by which they were found: that of the action. */
static bool
none_held(const struct judgement *j, const struct entry *entry)
{
	const struct authority *authority = j->authority;
	const struct action_words *words =
	    &authority->of_action[j->action - authority->model->actions];
	if (j->held->prev == j->held)
		return true;
	return entry->word != NULL && (entry->word != words->verb || !j->held_verb) &&
	       (entry->word != words->name || !j->held_name);
}

static void
check_at_once(const struct check *c)
{
	const struct judgement *j = c->j;
	const struct rate rate = { .count = c->entry->at_once };
	uint64_t used = 0;
	if (none_held(j, c->entry)) {
		note_used(c, BOUND_AT_ONCE, NULL, &rate, 0, 0);
		return;
	}
	uses_each(it, j->held)
	{
		const struct authority_use *use = use_held(it);
		if (names_use(c->entry, use) && rule_reaches(j, c->entry->rule, use))
			used++;
	}
	note_used(c, BOUND_AT_ONCE, NULL, &rate, used, 0);
}

static void
check_not_beside(const struct check *c)
{
	const struct judgement *j = c->j;
	struct finding finding = { .bound = BOUND_NOT_BESIDE };
	msec first_at = 0;
	uses_each(it, j->held)
	{
		const struct authority_use *use = use_held(it);
		if (!same_name(use->service, j->service->name) ||
		    !words_have(&c->entry->rule->not_beside, use))
			continue;
		/* The one that began first is named. */
		if (finding.value++ == 0 || use->at < first_at ||
		    str_cmp(use->action, finding.text) < 0)
			finding.text = use->action;
		first_at = use->at;
	}
	if (finding.value > 0)
		note_full(c, &finding);
}

/* ---- the youngest ---- */

static void
check_spacing(const struct check *c)
{
	const struct judgement *j = c->j;
	const struct rule *rule = c->entry->rule;
	msec at = j->request->at;
	uses_each(it, j->on_service)
	{
		const struct authority_use *use = use_by_service(it);
		if (!young(use, at, rule->spacing_ms))
			return;
		if (!same_name(use->service, j->service->name) || !names_use(c->entry, use))
			continue;
		struct finding finding = {
			.bound = BOUND_SPACING,
			.value = at - begun_at(j, use),
			.limit = rule->spacing_ms,
			.window_ms = rule->spacing_ms,
			.free_at = wall_after(j, begun_at(j, use), rule->spacing_ms),
		};
		note_full(c, &finding);
		return;
	}
}

/* ---- groups of hosts ---- */

static bool
in_group(const struct judgement *j, const struct host *host)
{
	const struct model *model = j->authority->model;
	const struct host_run *run = j->host != NULL ? j->authority->group_of_host : NULL;
	if (run != NULL)
		return run[host - model->hosts].first == j->group.first;
	return str_eq(host->service->name, j->service->name);
}

uint32_t
share_at_least(const struct share *share, uint32_t n)
{
	if (share->percent == 0)
		return share->count;
	return (uint32_t)(((uint64_t)share->percent * n + 99) / 100);
}

uint32_t
share_at_most(const struct share *share, uint32_t n)
{
	if (share->percent == 0)
		return share->count;
	return (uint32_t)((uint64_t)share->percent * n / 100);
}

/* Was the target met before, among the younger ones that count? */
static bool
met_before(const struct check *c, const struct link *list, const struct link *until,
    const struct authority_use *use)
{
	uses_each(it, list)
	{
		if (it == until)
			return false;
		const struct authority_use *other = use_by_service(it);
		if (same_name(other->target, use->target) &&
		    same_name(other->service, use->service) && names_use(c->entry, other))
			return true;
	}
	return false;
}

/*
 * Targets of the group besides this one. A use of the service itself touched all its hosts;
 * one of a host that is gone cannot be told from one of the group.
 */
static void
check_targets(const struct check *c)
{
	const struct judgement *j = c->j;
	const struct rule *rule = c->entry->rule;
	uint32_t group_n = j->group.n > 0 ? j->group.n : 1;
	struct finding finding = {
		.bound = BOUND_TARGETS,
		.limit = share_at_most(&rule->targets, group_n),
		.window_ms = rule->targets_window_ms,
		.touched = j->host != NULL ? 1 : group_n,
	};
	uint32_t others_n = group_n - finding.touched; /* of the group */
	uint32_t met_n = 0;                            /* of those */
	bool all_met = others_n == 0;
	msec first_at = 0; /* of the use that must leave */
	const struct link *list =
	    j->facts->uses ? &j->facts->uses->by_service[uses_bucket(j->service->name)]
			   : NULL;
	for (struct link *it = list ? list->prev : NULL; it != list; it = it->prev) {
		const struct authority_use *use = use_by_service(it);
		if (!young(use, j->request->at, rule->targets_window_ms))
			break;
		if (!same_name(use->service, j->service->name) ||
		    !names_use(c->entry, use) || same_name(use->target, j->request->target))
			continue;
		const struct host *host =
		    names_get(&j->authority->model->host_by_name, use->target);
		bool is_service = same_name(use->target, j->service->name);
		uint32_t more = 0;
		if (is_service && !all_met) {
			more = others_n - met_n;
			all_met = true;
		} else if (!is_service && (host == NULL || !all_met) &&
			   (host == NULL || in_group(j, host)) &&
			   !met_before(c, list, it, use)) {
			more = 1;
			met_n += host != NULL;
		}
		if (finding.value + finding.touched <= finding.limit &&
		    finding.value + more + finding.touched > finding.limit)
			first_at = begun_at(j, use);
		finding.value += more;
	}
	if (finding.value + finding.touched <= finding.limit) {
		const struct rate rate = { (uint32_t)finding.limit, finding.window_ms };
		note_used(c, BOUND_TARGETS, NULL, &rate, finding.value, 0);
		return;
	}
	if (finding.touched <= finding.limit)
		finding.free_at = wall_after(j, first_at, rule->targets_window_ms);
	note_full(c, &finding);
}

/* Something is done to the host right now, or to all of its service. */
static bool
in_work(const struct judgement *j, str host)
{
	uses_each(it, j->held)
	{
		const struct authority_use *use = use_held(it);
		if (same_name(use->target, host) ||
		    same_name(use->target, j->service->name))
			return true;
	}
	return false;
}

/* Named twice, it is healthy once. Names in order need no look back. */
static bool
named_before(const struct strs *names, size_t i, bool *in_order)
{
	if (i == 0 || (*in_order && str_cmp(names->p[i - 1], names->p[i]) < 0))
		return false;
	*in_order = false;
	for (size_t k = 0; k < i; k++) {
		if (str_eq(names->p[k], names->p[i]))
			return true;
	}
	return false;
}

static uint32_t
healthy_without(const struct judgement *j)
{
	const struct strs *healthy = &j->facts->healthy;
	uint32_t n = 0;
	bool in_order = true;
	if (j->host == NULL)
		return 0; /* it is all of them */
	for (size_t i = 0; i < healthy->n; i++) {
		str name = healthy->p[i];
		bool twice = named_before(healthy, i, &in_order);
		const struct host *host =
		    names_get(&j->authority->model->host_by_name, name);
		if (!twice && host != NULL && host != j->host && in_group(j, host) &&
		    !in_work(j, name))
			n++;
	}
	return n;
}

static void
check_keep_healthy(const struct check *c)
{
	struct judgement *j = c->j;
	uint32_t n = j->group.n;
	struct finding finding = {
		.bound = BOUND_KEEP_HEALTHY,
		.entry = c->entry,
		.limit = share_at_least(&c->entry->rule->keep_healthy, n),
	};
	if (n > 0 && j->host == NULL) {
		note_full(c, &finding);
		return;
	}
	if (n == 0 || !j->facts->health_known) {
		bool can_tell = n > 0 && j->service->healthy != NULL;
		finding.kind = REASON_UNKNOWN;
		finding.may_change = can_tell || !c->sure;
		j->health_unknown |= can_tell;
		finding_add(j, &finding);
		return;
	}
	finding.value = healthy_without(j);
	if (finding.value < finding.limit)
		note_full(c, &finding);
}

/* ---- all of a rule ---- */

void
limits_begin(struct judgement *j)
{
	const struct authority_uses *uses = j->facts->uses;
	j->on_service = uses_list(uses, USES_BY_SERVICE, j->service->name);
	/* Mostly the service is its own target, and a host's name is hashed once. */
	j->on_target = uses_list(uses, USES_BY_TARGET, j->request->target);
	j->held = uses_list(uses, USES_HELD, (str){ 0 });
	uses_each(it, j->held)
	{
		const struct authority_use *use = use_held(it);
		const struct action *action = j->action;
		j->held_verb |= same_name(use->verb, action->verb) ||
		                same_name(use->action, action->verb);
		j->held_name |= same_name(use->verb, action->name) ||
		                same_name(use->action, action->name);
	}
}

void
limits_check(struct judgement *j, const struct entry *entry, unsigned whom, bool sure,
    struct finding *best)
{
	const struct check c = { j, entry, sure, best };
	check_rates(&c, whom);
	if (entry->at_once > 0)
		check_at_once(&c);
	if ((entry->is & IS_WIDER) == 0)
		return;
	const struct rule *rule = entry->rule;
	if (rule->spacing_ms > 0)
		check_spacing(&c);
	if (rule->not_beside.n > 0)
		check_not_beside(&c);
	if (!j->whole)
		return;
	if (rule->targets.count > 0 || rule->targets.percent > 0)
		check_targets(&c);
	if (rule->keep_healthy.count > 0 || rule->keep_healthy.percent > 0)
		check_keep_healthy(&c);
}

bool
rule_has_wider_limits(const struct rule *rule)
{
	return rule->targets.count > 0 || rule->targets.percent > 0 ||
	       rule->keep_healthy.count > 0 || rule->keep_healthy.percent > 0 ||
	       rule->spacing_ms > 0 || rule->not_beside.n > 0;
}

msec
rule_window_ms(const struct rule *rule)
{
	const struct rate windows[] = {
		rule->per_service,
		rule->per_target,
		rule->per_actor,
		{ rule->targets.count | rule->targets.percent, rule->targets_window_ms },
		{ 1, rule->spacing_ms },
	};
	msec longest = 0;
	for (size_t i = 0; i < countof(windows); i++) {
		if (windows[i].count > 0 && windows[i].window_ms > longest)
			longest = windows[i].window_ms;
	}
	return longest;
}
