/*
 * Which label tells so many alerts apart? Counted, not guessed: the different values of each
 * label among the newest alerts, which are those that a runaway sender brought. The packs are
 * walked from the newest number down, at most SPREAD_PACKS of them.
 */
#include "intake/state.h"
#include "intake/wire.h"

#define SPREAD_PACKS 8192
#define PLACES ((size_t)1 << 17) /* of values seen; at most half are taken */

struct counting {
	const struct intake *intake;
	struct spread *ret;
	str name[SPREAD_NAMES];
	size_t values[SPREAD_NAMES];
	str newest[SPREAD_NAMES]; /* value */
	size_t n;
	uint64_t *place; /* hash of name and value; 0: free */
	size_t seen;
};

static size_t
name_index(struct counting *c, str name, size_t hint)
{
	if (hint < c->n && str_eq(c->name[hint], name))
		return hint;
	for (size_t i = 0; i < c->n; i++) {
		if (str_eq(c->name[i], name))
			return i;
	}
	if (c->n == SPREAD_NAMES) {
		c->ret->many_names = true;
		return SPREAD_NAMES;
	}
	c->name[c->n] = name;
	return c->n++;
}

static void
count_value(struct counting *c, size_t name, str value)
{
	uint64_t hash =
	    siphash(&c->intake->key, value) ^ (name + 1) * UINT64_C(0x9e3779b97f4a7c15);
	hash |= hash == 0;
	size_t at = hash % PLACES;
	for (; c->place[at] != 0; at = (at + 1) % PLACES) {
		if (c->place[at] == hash)
			return;
	}
	if (c->seen == PLACES / 2)
		return;
	c->seen++;
	c->place[at] = hash;
	if (c->values[name]++ == 0)
		c->newest[name] = value;
}

static void
count_alert(struct counting *c, const struct alert *alert)
{
	struct pairs labels = labels_of_body(alert->head, c->intake->pairs);
	for (size_t i = 0, last = 0; i < labels.n; i++) {
		size_t name = name_index(c, labels.p[i].name, last);
		if (name == SPREAD_NAMES)
			continue;
		last = name + 1;
		count_value(c, name, labels.p[i].value);
	}
	c->ret->alerts++;
}

static bool
is_wanted(const struct intake *intake, const struct alert *alert, str source, str alertname)
{
	if (source.n > 0)
		return str_eq(intake->source[alert->source], source);
	return str_eq(alertname_of(intake, alert->head), alertname);
}

struct spread
intake_spread(const struct intake *intake, str source, str alertname, uint64_t next_alert,
    struct arena *arena)
{
	struct arena scratch = *arena;
	struct spread ret = { .alerts = 0 };
	struct counting *c = arena_new(&scratch, struct counting, 1);
	*c = (struct counting){ .intake = intake, .ret = &ret };
	c->place = arena_new(&scratch, uint64_t, PLACES);
	uint64_t id = next_alert / PACK_ALERTS + 1;
	for (size_t looked = 0; id-- > 0 && looked < SPREAD_PACKS; looked++) {
		const struct pack_state *pack = pack_find(intake, id);
		for (size_t i = PACK_ALERTS; pack != NULL && i-- > 0;) {
			if (pack->slot_1[i] == 0 || ret.alerts == SPREAD_ALERTS)
				continue;
			const struct alert *alert = &intake->alert[pack->slot_1[i] - 1];
			if (is_wanted(intake, alert, source, alertname))
				count_alert(c, alert);
		}
	}
	size_t most = 0;
	for (size_t i = 1; i < c->n; i++)
		most = c->values[i] > c->values[most] ? i : most;
	if (c->n == 0)
		return ret;
	ret.values = c->values[most];
	str label = c->name[most], example = c->newest[most];
	ret.label =
	    arena_str(arena, label); /* scratch lies over it: nothing of it is used again */
	ret.example = arena_str(arena, example);
	return ret;
}
