/*
 * Inhibition: while alerts of one kind fire, alerts of another kind are held.
 *
 * A rule and the values of its `equal` labels are a key. Under a key stand all the alerts
 * that match its source, and all that match its target: so what inhibits an alert is found
 * without matching anything, one source that ends does not lift what another still holds,
 * and when the first comes or the last goes, the targets to be looked at again are known.
 *
 * An alert that matches both sides of a rule is inhibited by those only that match its
 * source alone: never by itself, and two of them never by each other.
 *
 * Without memory for a place the alert is not in it: then it holds nobody, and nobody holds
 * it. People are told too much rather than too little.
 */
#include "intake/intake.h"
#include "intake/suppress.h"

/* ---- rules ---- */

void
inhibition_init(struct inhibition *inhibition, struct pool *pool,
    const struct siphash_key *key)
{
	*inhibition = (struct inhibition){ .pool = pool, .siphash_key = *key };
	map_init(&inhibition->keys, key->k[0]);
	map_init(&inhibition->places, key->k[1]);
	list_init(&inhibition->again);
}

static void
side_done(struct inhibit_side *side)
{
	for (size_t i = 0; i < side->n; i++)
		label_matcher_done(&side->matcher[i]);
	side->n = 0;
}

static void
rules_done(struct inhibition *inhibition)
{
	for (size_t i = 0; i < inhibition->n; i++) {
		side_done(&inhibition->rule[i].source);
		side_done(&inhibition->rule[i].target);
	}
	inhibition->n = 0;
	if (inhibition->map.memory != NULL)
		arena_unmap(&inhibition->map);
	inhibition->map = (struct arena_map){ .memory = NULL };
}

void
inhibition_done(struct inhibition *inhibition)
{
	rules_done(inhibition);
	map_done(&inhibition->keys);
	map_done(&inhibition->places);
}

/* false: a pattern does not compile; the configuration's reader let it pass. */
static bool
side_compile(struct arena *arena, const struct records *matchers, struct inhibit_side *ret)
{
	const struct silence_matcher *m = matchers->p;
	ret->matcher = arena_new(arena, struct label_matcher, matchers->n);
	for (size_t i = 0; i < matchers->n; i++) {
		str name = arena_str(arena, m[i].name);
		str value = arena_str(arena, m[i].value);
		if (!label_matcher_make(label_op_of(m[i].regex, m[i].equal), name, value,
			&ret->matcher[ret->n]))
			return false;
		ret->n++;
	}
	return true;
}

static size_t
side_bytes(const struct records *matchers)
{
	const struct silence_matcher *m = matchers->p;
	size_t bytes = matchers->n * sizeof(struct label_matcher);
	for (size_t i = 0; i < matchers->n; i++)
		bytes += m[i].name.n + m[i].value.n;
	return bytes + 64;
}

void
inhibition_rules(struct inhibition *inhibition, const struct inhibit_rule *rules, size_t n)
{
	ASSERT(inhibition->places.n == 0 && inhibition->keys.n == 0);
	ASSERT(n <= INHIBIT_RULES_MAX);
	rules_done(inhibition);
	size_t bytes = 4096;
	for (size_t i = 0; i < n; i++) {
		bytes += sizeof(struct inhibiting) + side_bytes(&rules[i].source) +
		         side_bytes(&rules[i].target);
		for (size_t k = 0; k < rules[i].equal.n; k++)
			bytes += sizeof(str) + rules[i].equal.p[k].n;
	}
	struct arena arena = arena_map(&inhibition->map, bytes);
	inhibition->rule = arena_new(&arena, struct inhibiting, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct inhibiting *rule = &inhibition->rule[inhibition->n];
		*rule = (struct inhibiting){ .equal_n = rules[i].equal.n };
		if (!side_compile(&arena, &rules[i].source, &rule->source) ||
		    !side_compile(&arena, &rules[i].target, &rule->target)) {
			side_done(&rule->source);
			side_done(&rule->target);
			continue;
		}
		rule->equal = arena_new(&arena, str, rule->equal_n + 1);
		for (size_t k = 0; k < rule->equal_n; k++)
			rule->equal[k] = arena_str(&arena, rules[i].equal.p[k]);
		inhibition->n++;
	}
}

static bool
side_same(const struct inhibit_side *side, const struct records *matchers)
{
	const struct silence_matcher *m = matchers->p;
	if (side->n != matchers->n)
		return false;
	for (size_t i = 0; i < side->n; i++) {
		if (side->matcher[i].op != label_op_of(m[i].regex, m[i].equal) ||
		    !str_eq(side->matcher[i].name, m[i].name) ||
		    !str_eq(side->matcher[i].value, m[i].value))
			return false;
	}
	return true;
}

static bool
rule_same(const struct inhibiting *rule, const struct inhibit_rule *other)
{
	if (!side_same(&rule->source, &other->source) ||
	    !side_same(&rule->target, &other->target) || rule->equal_n != other->equal.n)
		return false;
	for (size_t i = 0; i < rule->equal_n; i++) {
		if (!str_eq(rule->equal[i], other->equal.p[i]))
			return false;
	}
	return true;
}

bool
inhibition_has(const struct inhibition *inhibition, const struct inhibit_rule *rules,
    size_t n)
{
	if (inhibition->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!rule_same(&inhibition->rule[i], &rules[i]))
			return false;
	}
	return true;
}

/* ---- keys and places ---- */

static bool
side_matches(const struct inhibit_side *side, const struct pairs *labels)
{
	for (size_t i = 0; i < side->n; i++) {
		if (!label_matcher_match(&side->matcher[i],
			pairs_get(labels, side->matcher[i].name)))
			return false;
	}
	return true;
}

/* Keyed by a random seed: two keys with one hash do not happen, by chance or on purpose. */
static uint64_t
key_hash(const struct inhibition *inhibition, size_t rule, const struct pairs *labels)
{
	uint64_t hash = rule;
	for (size_t i = 0; i < inhibition->rule[rule].equal_n; i++) {
		struct siphash_key key = { { inhibition->siphash_key.k[0] ^ hash,
		    inhibition->siphash_key.k[1] + i + 1 } };
		hash = siphash(&key, pairs_get(labels, inhibition->rule[rule].equal[i]));
	}
	return hash ^ (uint64_t)rule << 48;
}

static uint64_t
place_key(size_t rule, bool target, uint32_t slot)
{
	return (uint64_t)rule << 33 | (uint64_t)target << 32 | slot;
}

static struct inhibit_place *
place_find(const struct inhibition *inhibition, size_t rule, bool target, uint32_t slot)
{
	uint64_t value;
	return map_get(&inhibition->places, place_key(rule, target, slot), &value)
	           ? (struct inhibit_place *)(uintptr_t)value
	           : NULL;
}

static bool
key_unused(const struct inhibit_key *key)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (!list_empty(&key->part[i]))
			return false;
	}
	return true;
}

static void
key_drop_unused(struct inhibition *inhibition, struct inhibit_key *key)
{
	if (!key_unused(key))
		return;
	map_remove(&inhibition->keys, key->hash);
	pool_free(inhibition->pool, key, sizeof(*key));
}

static struct inhibit_key *
key_make(struct inhibition *inhibition, uint64_t hash)
{
	uint64_t value;
	if (map_get(&inhibition->keys, hash, &value))
		return (struct inhibit_key *)(uintptr_t)value;
	struct inhibit_key *key = pool_alloc(inhibition->pool, sizeof(*key));
	if (key == NULL)
		return NULL;
	key->hash = hash;
	for (size_t i = 0; i < PART_COUNT; i++)
		list_init(&key->part[i]);
	map_put(&inhibition->keys, hash, (uintptr_t)key);
	return key;
}

/* The first source of its kind came, or the last went. */
static void
targets_again(struct inhibition *inhibition, struct inhibit_key *key)
{
	list_each(it, &key->part[PART_TARGET])
	{
		struct inhibit_place *place =
		    container_of(it, struct inhibit_place, in_key);
		if (!link_on(&place->in_again))
			list_append(&inhibition->again, &place->in_again);
	}
}

static void
place_add(struct inhibition *inhibition, size_t rule, uint64_t hash, enum inhibit_part part,
    uint32_t slot)
{
	struct inhibit_key *key = key_make(inhibition, hash);
	if (key == NULL)
		return;
	struct inhibit_place *place = pool_alloc(inhibition->pool, sizeof(*place));
	if (place == NULL) {
		key_drop_unused(inhibition, key);
		return;
	}
	*place = (struct inhibit_place){ .key = key,
		.slot = slot,
		.rule = (uint32_t)rule,
		.part = part };
	bool first = list_empty(&key->part[part]);
	list_append(&key->part[part], &place->in_key);
	map_put(&inhibition->places, place_key(rule, part == PART_TARGET, slot),
	    (uintptr_t)place);
	if (first && part != PART_TARGET)
		targets_again(inhibition, key);
}

static void
place_drop(struct inhibition *inhibition, struct inhibit_place *place)
{
	struct inhibit_key *key = place->key;
	map_remove(&inhibition->places,
	    place_key(place->rule, place->part == PART_TARGET, place->slot));
	link_remove(&place->in_key);
	if (link_on(&place->in_again))
		link_remove(&place->in_again);
	if (place->part != PART_TARGET && list_empty(&key->part[place->part]))
		targets_again(inhibition, key);
	pool_free(inhibition->pool, place, sizeof(*place));
	key_drop_unused(inhibition, key);
}

/* ---- alerts come and go ---- */

void
inhibition_add(struct inhibition *inhibition, uint32_t slot, const struct pairs *labels)
{
	for (size_t i = 0; i < inhibition->n; i++) {
		const struct inhibiting *rule = &inhibition->rule[i];
		bool source = side_matches(&rule->source, labels);
		bool target = side_matches(&rule->target, labels);
		if (!source && !target)
			continue;
		uint64_t hash = key_hash(inhibition, i, labels);
		if (source)
			place_add(inhibition, i, hash, target ? PART_BOTH : PART_SOURCE,
			    slot);
		if (target)
			place_add(inhibition, i, hash, PART_TARGET, slot);
	}
}

void
inhibition_source_gone(struct inhibition *inhibition, uint32_t slot)
{
	for (size_t i = 0; i < inhibition->n; i++) {
		struct inhibit_place *place = place_find(inhibition, i, false, slot);
		if (place != NULL)
			place_drop(inhibition, place);
	}
}

void
inhibition_remove(struct inhibition *inhibition, uint32_t slot)
{
	inhibition_source_gone(inhibition, slot);
	for (size_t i = 0; i < inhibition->n; i++) {
		struct inhibit_place *place = place_find(inhibition, i, true, slot);
		if (place != NULL)
			place_drop(inhibition, place);
	}
}

/* ---- who is held ---- */

static size_t
find_in(const struct link *list, uint32_t *ret, size_t found, size_t max)
{
	list_each(it, list)
	{
		if (found == max)
			break;
		const struct inhibit_place *place =
		    (const struct inhibit_place *)(const void *)it;
		ret[found++] = place->slot;
	}
	return found;
}

size_t
inhibition_find(const struct inhibition *inhibition, uint32_t slot, uint32_t *ret,
    size_t max)
{
	static_assert(offsetof(struct inhibit_place, in_key) == 0, "find_in relies on it");
	size_t found = 0;
	for (size_t i = 0; i < inhibition->n && found < max; i++) {
		const struct inhibit_place *place = place_find(inhibition, i, true, slot);
		if (place == NULL)
			continue;
		found = find_in(&place->key->part[PART_SOURCE], ret, found, max);
		/* One that matches both sides is held by pure sources only. */
		if (place_find(inhibition, i, false, slot) == NULL)
			found = find_in(&place->key->part[PART_BOTH], ret, found, max);
	}
	return found;
}

bool
inhibition_again(struct inhibition *inhibition, uint32_t *ret)
{
	if (list_empty(&inhibition->again))
		return false;
	struct inhibit_place *place =
	    container_of(inhibition->again.next, struct inhibit_place, in_again);
	link_remove(&place->in_again);
	*ret = place->slot;
	return true;
}

size_t
inhibition_check(const struct inhibition *inhibition, uint32_t slot,
    const struct pairs *labels)
{
	size_t n = 0;
	for (size_t i = 0; i < inhibition->n; i++) {
		const struct inhibit_place *source = place_find(inhibition, i, false, slot);
		const struct inhibit_place *target = place_find(inhibition, i, true, slot);
		ASSERT(
		    (source != NULL) == side_matches(&inhibition->rule[i].source, labels));
		ASSERT(
		    (target != NULL) == side_matches(&inhibition->rule[i].target, labels));
		ASSERT(source == NULL ||
		       source->part == (target != NULL ? PART_BOTH : PART_SOURCE));
		ASSERT(source == NULL || target == NULL || source->key == target->key);
		n += (size_t)(source != NULL) + (size_t)(target != NULL);
	}
	return n;
}
