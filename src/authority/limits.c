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

static inline bool
is_within(msec begun, msec at, msec window_ms)
{
	return (begun >= at) | (at - begun < window_ms); /* no branch to guess */
}

static bool
young(const struct authority_use *use, msec at, msec window_ms)
{
	return is_within(use->at, at, window_ms);
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

static bool
names_use_among(const struct entry *entry, const struct authority_use *use)
{
	for (size_t i = 0; i < entry->words_n; i++) {
		uint64_t hash = entry_words(entry)[i]->hash;
		if (hash == use->verb_hash || hash == use->action_hash)
			return true;
	}
	return false;
}

/* Of one or two words, most often. */
static inline bool
names_use(const struct entry *entry, const struct authority_use *use)
{
	if ((entry->words_bits & use->words) == 0)
		return false;
	if (entry->words_n > countof(entry->word_hashes))
		return names_use_among(entry, use);
	for (size_t i = 0; i < entry->words_n; i++) {
		uint64_t hash = entry->word_hashes[i];
		if (hash == use->verb_hash || hash == use->action_hash)
			return true;
	}
	return entry->words_n == 0;
}

static bool
words_have(const struct strs *words, const struct authority_use *use)
{
	for (size_t i = 0; i < words->n; i++) {
		uint64_t hash = name_hash(words->p[i]);
		if (hash == use->verb_hash || hash == use->action_hash)
			return true;
	}
	return false;
}

/* Does the rule say that word? */
static bool
entry_says(const struct entry *entry, uint64_t word)
{
	for (size_t i = 0; i < entry->words_n; i++) {
		if (entry_words(entry)[i]->hash == word)
			return true;
	}
	return false;
}

/* On a service that the rule covers; one that is gone counts. */
static bool
reaches(const struct judgement *j, const struct entry *entry,
    const struct authority_use *use)
{
	if ((entry->is & IS_SCOPED) == 0 || use->service_hash == j->service_hash)
		return true; /* the latter is why we are here */
	const struct service *service = service_of_hash(j->authority, use->service_hash);
	if (service == NULL)
		return true;
	if ((entry->reach & reach_of_service(j->authority, service)) == 0)
		return false;
	const uint64_t *reach = entry_reach(entry);
	for (size_t i = 0; i < entry->reach_n; i++) {
		if (reach[i] == use->service_hash)
			return true;
	}
	return entry->reach_n == 0 && scope_covers(&entry->rule->on, service);
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

static uint32_t
who_is(const struct judgement *j, const struct asker *asker)
{
	return asker != NULL ? (uint32_t)(asker - j->chain) : 0;
}

static void
note_used_up(const struct check *c, enum bound bound, const struct asker *asker,
    const struct rate *rate, uint64_t used, msec free_at)
{
	struct finding full = {
		.bound = bound,
		.which = who_is(c->j, asker),
		.value = used,
		.limit = rate->count,
		.window_ms = rate->window_ms,
		.free_at = free_at,
	};
	note_full(c, &full);
}

/* So many are used: room that is left, or not. Most often there is. */
static inline void
note_used(const struct check *c, enum bound bound, const struct asker *asker,
    const struct rate *rate, uint64_t used, msec free_at)
{
	struct finding *best = c->best;
	if (used >= rate->count) {
		note_used_up(c, bound, asker, rate, used, free_at);
	} else if (best != NULL && (best->bound == BOUND_NONE ||
				       rate->count - used < best->limit - best->value)) {
		best->bound = bound;
		best->which = who_is(c->j, asker);
		best->value = used;
		best->limit = rate->count;
		best->window_ms = rate->window_ms;
	}
}

/* ---- rates ---- */

/* What is on a list in its window, from the youngest. */
struct tally {
	uint64_t used;
	msec free_at; /* when enough of it are too old */
};

static inline void
tally_add(struct tally *tally, const struct check *c, const struct rate *rate,
    const struct authority_use *use)
{
	if (++tally->used == rate->count)
		tally->free_at = wall_after(c->j, begun_at(c->j, use), rate->window_ms);
}

static void
check_per_service(const struct check *c, const struct rate *rate)
{
	const struct judgement *j = c->j;
	struct tally tally = { 0 };
	if (!bucket_reaches(j->on_service, j->request->at, rate->window_ms)) {
		note_used(c, BOUND_PER_SERVICE, NULL, rate, 0, 0);
		return;
	}
	uses_each(it, j->on_service)
	{
		const struct authority_use *use = use_by_service(it);
		if (!young(use, j->request->at, rate->window_ms))
			break;
		if (use->service_hash == j->service_hash && names_use(c->entry, use))
			tally_add(&tally, c, rate, use);
	}
	note_used(c, BOUND_PER_SERVICE, NULL, rate, tally.used, tally.free_at);
}

static void
check_per_target(const struct check *c, const struct rate *rate)
{
	const struct judgement *j = c->j;
	struct tally tally = { 0 };
	if (!bucket_reaches(j->on_target, j->request->at, rate->window_ms)) {
		note_used(c, BOUND_PER_TARGET, NULL, rate, 0, 0);
		return;
	}
	uses_each(it, j->on_target)
	{
		const struct authority_use *use = use_by_target(it);
		if (!young(use, j->request->at, rate->window_ms))
			break;
		if (use->target_hash == j->target_hash && names_use(c->entry, use))
			tally_add(&tally, c, rate, use);
	}
	note_used(c, BOUND_PER_TARGET, NULL, rate, tally.used, tally.free_at);
}

/* ---- rates of actors ---- */

/* One actor's uses that count, begun at `since` or later. */
struct deeds {
	const struct check *c;
	const struct asker *asker;
	msec window_ms, since;
	uint64_t n;
};

/* No: too old, and so are all that follow. */
static inline bool
deeds_reach(const struct deeds *d, const struct authority_actor *actor)
{
	msec at = d->c->j->request->at;
	return is_within(actor->at, at, d->window_ms) &&
	       (actor->at < at ? actor->at : at) >= d->since;
}

static inline bool
is_deed(const struct deeds *d, const struct authority_actor *actor)
{
	return actor->hash == d->asker->hash && reaches(d->c->j, d->c->entry, actor->use);
}

/* An actor does much, most of it called otherwise: each word of the rule has its lists. What
 * is met by its verb is not counted again by its name. */
static void
deeds_of_word(struct deeds *d, uint64_t word)
{
	const struct authority_uses *uses = d->c->j->facts->uses;
	msec at = d->c->j->request->at;
	uint64_t hash = deed_hash(d->asker->hash, word);
	const struct authority_bucket *by_verb = uses_bucket_of(uses, by_actor_verb, hash);
	const struct authority_bucket *by_name = uses_bucket_of(uses, by_actor_name, hash);
	if (bucket_reaches(by_verb, at, d->window_ms)) {
		uses_each(it, by_verb)
		{
			const struct authority_actor *actor = actor_by_verb(it);
			if (!deeds_reach(d, actor))
				break;
			d->n += actor->use->verb_hash == word && is_deed(d, actor);
		}
	}
	if (!bucket_reaches(by_name, at, d->window_ms))
		return;
	uses_each(it, by_name)
	{
		const struct authority_actor *actor = actor_by_name(it);
		if (!deeds_reach(d, actor))
			break;
		d->n += actor->use->action_hash == word &&
		        !entry_says(d->c->entry, actor->use->verb_hash) &&
		        is_deed(d, actor);
	}
}

static uint64_t
deeds_since(const struct check *c, const struct asker *asker, msec since)
{
	const struct entry *entry = c->entry;
	struct deeds d = { c, asker, entry->windows_ms[RATE_ACTOR], since, 0 };
	for (size_t i = 0; i < entry->words_n; i++)
		deeds_of_word(&d, i < countof(entry->word_hashes)
				      ? entry->word_hashes[i]
				      : entry_words(entry)[i]->hash);
	if (entry->words_n > 0)
		return d.n;
	uses_each(it, uses_bucket_of(c->j->facts->uses, by_actor, asker->hash))
	{
		if (!deeds_reach(&d, actor_by_actor(it)))
			break;
		d.n += is_deed(&d, actor_by_actor(it));
	}
	return d.n;
}

/* The limit-th youngest must leave: its time is found by halving, for it may be on any of
 * the lists. */
static msec
deeds_free_at(const struct check *c, const struct asker *asker, const struct rate *rate)
{
	msec high = c->j->request->at;
	msec low = high < rate->window_ms ? 0 : high - rate->window_ms;
	while (low < high) {
		msec middle = low + (high - low + 1) / 2;
		if (deeds_since(c, asker, middle) >= rate->count)
			low = middle;
		else
			high = middle - 1;
	}
	return wall_after(c->j, low, rate->window_ms);
}

static void
check_per_actor(const struct check *c, const struct asker *asker)
{
	const struct rate rate = entry_rate(c->entry, RATE_ACTOR);
	uint64_t used = deeds_since(c, asker, 0);
	msec free_at = used >= rate.count ? deeds_free_at(c, asker, &rate) : 0;
	note_used(c, BOUND_PER_ACTOR, asker, &rate, used, free_at);
}

static void
check_rates(const struct check *c, unsigned whom)
{
	const struct judgement *j = c->j;
	const struct entry *entry = c->entry;
	const struct rate service = entry_rate(entry, RATE_SERVICE);
	const struct rate target = entry_rate(entry, RATE_TARGET);
	if (service.count > 0)
		check_per_service(c, &service);
	if (target.count > 0 && j->whole)
		check_per_target(c, &target);
	if (entry->counts[RATE_ACTOR] == 0)
		return;
	for (size_t i = 0; i < j->chain_n; i++) {
		if (whom & (1u << i))
			check_per_actor(c, &j->chain[i]);
	}
}

/* ---- what is held now ---- */

static bool
counts_at_once(const struct check *c, const struct authority_use *use)
{
	return names_use(c->entry, use) && reaches(c->j, c->entry, use);
}

/* A bit for each of what is held that may be called as the rule says. */
static unsigned
held_sharing(const struct check *c)
{
	unsigned some = 0;
	for (uint64_t bits = c->entry->words_bits & c->j->held_words; bits != 0;
	     bits &= bits - 1)
		some |= c->j->held_with[__builtin_ctzll(bits)];
	return some;
}

/* Where it is done, for all rules of the decision. */
static uint32_t
held_reach(struct judgement *j, unsigned which)
{
	if (j->held_reach[which] != 0)
		return j->held_reach[which];
	uint64_t hash = j->held_uses[which]->service_hash;
	const struct service *service = service_of_hash(j->authority, hash);
	uint32_t reach = hash == j->service_hash || service == NULL
	                     ? UINT32_MAX
	                     : reach_of_service(j->authority, service);
	return j->held_reach[which] = reach;
}

static void
check_at_once(const struct check *c)
{
	const struct judgement *j = c->j;
	const struct rate rate = { .count = c->entry->at_once };
	uint64_t used = 0;
	if ((c->entry->words_bits & j->held_words) == 0) {
		note_used(c, BOUND_AT_ONCE, NULL, &rate, 0, 0);
		return;
	}
	if (j->held_n > HELD_KEPT) {
		uses_each(it, j->held) used += counts_at_once(c, use_held(it));
	} else {
		for (unsigned some = held_sharing(c); some != 0; some &= some - 1) {
			unsigned which = (unsigned)__builtin_ctz(some);
			used += (c->entry->reach & held_reach(c->j, which)) != 0 &&
			        counts_at_once(c, j->held_uses[which]);
		}
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
		if (use->service_hash != j->service_hash ||
		    !words_have(&c->entry->not_beside, use))
			continue;
		/* The one that began first is named. */
		if (finding.value++ == 0 || use->at < first_at ||
		    str_cmp(use->action, finding.beside->action) < 0)
			finding.beside = use;
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
	const struct entry *entry = c->entry;
	msec at = j->request->at;
	if (!bucket_reaches(j->on_service, at, entry->spacing_ms))
		return;
	uses_each(it, j->on_service)
	{
		const struct authority_use *use = use_by_service(it);
		if (!young(use, at, entry->spacing_ms))
			return;
		if (use->service_hash != j->service_hash || !names_use(c->entry, use))
			continue;
		struct finding finding = {
			.bound = BOUND_SPACING,
			.value = at - begun_at(j, use),
			.limit = entry->spacing_ms,
			.window_ms = entry->spacing_ms,
			.free_at = wall_after(j, begun_at(j, use), entry->spacing_ms),
		};
		note_full(c, &finding);
		return;
	}
}

/* ---- groups of hosts ---- */

static bool
in_group(const struct judgement *j, const struct host *host)
{
	const struct array_run *runs = j->authority->group_of_host;
	return runs[host - j->authority->model->hosts].first == j->group.first;
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
met_before(const struct check *c, const struct authority_bucket *bucket,
    const struct link *until, const struct authority_use *use)
{
	uses_each(it, bucket)
	{
		if (it == until)
			return false;
		const struct authority_use *other = use_by_service(it);
		if (other->target_hash == use->target_hash &&
		    other->service_hash == use->service_hash && names_use(c->entry, other))
			return true;
	}
	return false;
}

/* A host of the group, not touched yet; one that is gone may be any. */
static bool
is_another(const struct check *c, const struct authority_use *use, const struct link *until,
    bool all_met, uint32_t *met_n)
{
	const struct judgement *j = c->j;
	const struct host *host = host_of_hash(j->authority, use->target_hash, use->target);
	if (host != NULL && (all_met || !in_group(j, host)))
		return false;
	if (met_before(c, j->on_service, until, use))
		return false;
	*met_n += host != NULL;
	return true;
}

/*
 * Targets of the group besides this one. A use of the service itself touched all its hosts;
 * one of a host that is gone cannot be told from one of the group.
 */
static void
check_targets(const struct check *c)
{
	const struct judgement *j = c->j;
	const struct entry *entry = c->entry;
	uint32_t group_n = j->group.n > 0 ? j->group.n : 1;
	struct finding finding = {
		.bound = BOUND_TARGETS,
		.limit = share_at_most(&entry->targets, group_n),
		.window_ms = entry->targets_window_ms,
		.touched = j->host != NULL ? 1 : group_n,
	};
	uint32_t others_n = group_n - finding.touched; /* of the group */
	uint32_t met_n = 0;                            /* of those */
	bool all_met = others_n == 0;
	msec first_at = 0; /* of the use that must leave */
	uses_each(it, j->on_service)
	{
		const struct authority_use *use = use_by_service(it);
		if (!young(use, j->request->at, entry->targets_window_ms))
			break;
		if (use->service_hash != j->service_hash || !names_use(c->entry, use) ||
		    use->target_hash == j->target_hash)
			continue;
		uint32_t more = 0;
		if (use->target_hash == j->service_hash) {
			more = all_met ? 0 : others_n - met_n;
			all_met = true;
		} else {
			more = is_another(c, use, it, all_met, &met_n);
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
		finding.free_at = wall_after(j, first_at, entry->targets_window_ms);
	note_full(c, &finding);
}

/* Something is done to the host right now, or to all of its service. */
static bool
in_work(const struct judgement *j, uint64_t hash)
{
	uses_each(it, j->held)
	{
		const struct authority_use *use = use_held(it);
		if (use->target_hash == hash || use->target_hash == j->service_hash)
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

/* A host of the group besides the target, to which nothing is done. */
static bool
stays_well(const struct judgement *j, str name, uint64_t hash)
{
	const struct host *host = host_of_hash(j->authority, hash, name);
	return host != NULL && host != j->host && in_group(j, host) && !in_work(j, hash);
}

#define HEALTHY_AHEAD 8 /* memory is asked for so many at once */

static uint32_t
healthy_without(const struct judgement *j)
{
	const struct strs *healthy = &j->facts->healthy;
	uint64_t hashes[HEALTHY_AHEAD];
	uint32_t n = 0;
	bool in_order = true;
	if (j->host == NULL)
		return 0; /* it is all of them */
	for (size_t first = 0; first < healthy->n; first += HEALTHY_AHEAD) {
		size_t left = healthy->n - first;
		size_t some = left < HEALTHY_AHEAD ? left : HEALTHY_AHEAD;
		for (size_t i = 0; i < some; i++) {
			hashes[i] = name_hash(healthy->p[first + i]);
			host_seek(j->authority, hashes[i]);
		}
		for (size_t i = 0; i < some; i++)
			(void)host_fetch(j->authority, hashes[i]);
		for (size_t i = 0; i < some; i++)
			n += !named_before(healthy, first + i, &in_order) &&
			     stays_well(j, healthy->p[first + i], hashes[i]);
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
		.limit = share_at_least(&c->entry->keep_healthy, n),
	};
	if (n > 0 && j->host == NULL) {
		note_full(c, &finding);
		return;
	}
	if (n == 0 || !j->facts->health_known) {
		bool can_tell = n > 0 && j->service->healthy != NULL;
		finding.kind = REASON_UNKNOWN;
		finding.limit = 0;
		finding.may_change = can_tell || !c->sure;
		j->health_unknown |= can_tell;
		finding_add(j, &finding);
		return;
	}
	if (!j->healthy_counted)
		j->healthy_n = healthy_without(j);
	j->healthy_counted = true;
	finding.value = j->healthy_n;
	if (finding.value < finding.limit)
		note_full(c, &finding);
}

/* ---- all of a rule ---- */

static inline void
keep_held(struct judgement *j, const struct authority_use *use, size_t which)
{
	j->held_uses[which] = use;
	j->held_reach[which] = 0;
	for (uint64_t bits = use->words; bits != 0; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		unsigned others = j->held_words >> bit & 1 ? j->held_with[bit] : 0;
		j->held_with[bit] = (uint16_t)(others | 1u << which);
	}
}

static inline void
note_held(struct judgement *j, const struct authority_use *use)
{
	if (j->held_n < HELD_KEPT)
		keep_held(j, use, j->held_n);
	j->held_words |= use->words;
	j->held_n++;
}

void
limits_begin(struct judgement *j)
{
	const struct authority_uses *uses = j->facts->uses;
	const struct authority *authority = j->authority;
	j->service_hash =
	    authority->of_service[j->service - authority->model->services].hash;
	if (!j->whole)
		j->target_hash = 0; /* nothing that is asked counts by it */
	j->on_service = uses_bucket_of(uses, by_service, j->service_hash);
	j->on_target = uses_bucket_of(uses, by_target, j->target_hash);
	j->held = uses == NULL ? uses_none : &uses->held;
	__builtin_prefetch(j->on_service);
	__builtin_prefetch(j->on_target);
	uses_each(it, j->held) note_held(j, use_held(it));
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
	if (entry->spacing_ms > 0)
		check_spacing(&c);
	if (entry->not_beside.n > 0)
		check_not_beside(&c);
	if (!j->whole)
		return;
	if (entry->targets.count > 0 || entry->targets.percent > 0)
		check_targets(&c);
	if (entry->keep_healthy.count > 0 || entry->keep_healthy.percent > 0)
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
