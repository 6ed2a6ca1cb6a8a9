/*
 * Alert rules, remembered. Which rule an alert matches depends only on the labels that
 * rules mention at all, usually two or three with few values (job, namespace), so the
 * answer for those values is kept: alerts that differ elsewhere need no matching.
 *
 * A table of fixed size, one place for each hash; a new answer takes the place of the one
 * that is there. The values themselves are kept and compared: a hash decides nothing.
 */
#include "core/state.h"

#define NAMES_MAX 16
#define PLACES 1024u   /* a power of two */
#define VALUES_MAX 240 /* bytes */

struct place_kept {
	const struct alert_rule *rule; /* NULL: none matches */
	uint16_t n;
	bool taken;
	char values[VALUES_MAX];
};

struct rules {
	const struct model *model;
	str names[NAMES_MAX]; /* labels that rules mention */
	size_t n;
	bool off; /* too many of them */
	struct place_kept places[PLACES];
};

struct rules *
rules_new(struct arena *arena)
{
	return arena_fresh(arena, struct rules, 1);
}

size_t
rules_bytes(void)
{
	return sizeof(struct rules) + alignof(struct rules);
}

static void
mention(struct rules *rules, str name)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (str_eq(rules->names[i], name))
			return;
	}
	if (rules->n == NAMES_MAX)
		rules->off = true;
	else
		rules->names[rules->n++] = name;
}

void
rules_adopt(struct rules *rules, const struct model *model)
{
	rules->model = model;
	rules->n = 0;
	rules->off = false;
	for (size_t i = 0; i < PLACES; i++)
		rules->places[i].taken = false;
	for (size_t i = 0; i < model->alert_rules_n; i++) {
		const struct matchers *match = &model->alert_rules[i].match;
		for (size_t k = 0; k < match->n; k++)
			mention(rules, match->p[k].label);
	}
}

/* Each value behind its length; false: too long to keep. */
static bool
put_values(const struct rules *rules, const struct pairs *labels, char *out, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < rules->n; i++) {
		str value = pairs_get(labels, rules->names[i]);
		if (n + value.n + 1 > VALUES_MAX)
			return false;
		out[n++] = (char)value.n;
		if (value.n > 0)
			memcpy(out + n, value.p, value.n);
		n += value.n;
	}
	*ret_n = n;
	return true;
}

const struct alert_rule *
rules_match(struct rules *rules, const struct pairs *labels)
{
	static const struct siphash_key key = { { 1, 2 } };
	char values[VALUES_MAX];
	size_t n;
	if (rules->off || !put_values(rules, labels, values, &n))
		return model_alert_rule(rules->model, labels);
	uint64_t hash = siphash(&key, (str){ values, n });
	struct place_kept *place = &rules->places[hash & (PLACES - 1)];
	if (place->taken && place->n == n && memcmp(place->values, values, n) == 0)
		return place->rule;
	place->rule = model_alert_rule(rules->model, labels);
	place->taken = true;
	place->n = (uint16_t)n;
	memcpy(place->values, values, n);
	return place->rule;
}
