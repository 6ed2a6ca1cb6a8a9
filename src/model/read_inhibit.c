/*
 * inhibit: while alerts of one kind fire, others are held.
 *
 *	- {source: {severity: critical}, target: {severity: warning}, equal: [cluster]}
 *
 * An alert that is held still holds others (Alertmanager's semantics), so of two rules that
 * are each other's mirror each side would hold the other, and nobody would hear of either.
 * Where both are taken already, as earlier versions did, the later one holds nothing.
 */
#include "model/internal.h"

static bool
has_matcher(const struct matchers *of, const struct matcher *m)
{
	for (size_t i = 0; i < of->n; i++) {
		if (of->p[i].op == m->op && str_eq(of->p[i].label, m->label) &&
		    str_eq(of->p[i].value, m->value))
			return true;
	}
	return false;
}

static bool
is_within(const struct matchers *one, const struct matchers *other)
{
	for (size_t i = 0; i < other->n; i++) {
		if (!has_matcher(one, &other->p[i]))
			return false;
	}
	return other->n > 0;
}

/* Some alerts match both, as far as that is written in the same words. */
static bool
meet(const struct matchers *one, const struct matchers *other)
{
	return is_within(one, other) || is_within(other, one);
}

static bool
hold_each_other(const struct inhibit *one, const struct inhibit *other)
{
	return meet(&one->target, &other->source) && meet(&one->source, &other->target);
}

static void
mirrors_check(struct reader *r, const struct section *section)
{
	const struct model *m = r->model;
	for (size_t i = 0; i < m->inhibits_n; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct inhibit *other = &m->inhibits[k];
			if (!hold_each_other(&m->inhibits[i], other))
				continue;
			read_error(r, section->nodes[i],
			    STR("leave one of the two out: whichever fires, somebody must "
				"hear of it"),
			    "this rule of inhibition and the one at line %u hold each "
			    "other's alerts",
			    other->place.line);
		}
	}
}

static void
mirrors_drop(struct model *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->inhibits_n; i++) {
		size_t k = 0;
		while (k < n && !hold_each_other(&m->inhibits[i], &m->inhibits[k]))
			k++;
		if (k == n)
			m->inhibits[n++] = m->inhibits[i];
	}
	m->inhibits_n = n;
}

void
inhibit_read(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	if (section->n > INHIBITS_MAX) {
		read_error(r, section->nodes[INHIBITS_MAX], STR(""),
		    "more than %d rules of inhibition", INHIBITS_MAX);
		return;
	}
	m->inhibits = arena_new(r->arena, struct inhibit, section->n);
	m->inhibits_n = section->n;
	for (size_t i = 0; i < section->n; i++) {
		struct inhibit *inhibit = &m->inhibits[i];
		const struct node *source = NULL, *target = NULL, *equal = NULL;
		const struct key keys[] = {
			{ "source", &source, .required = true },
			{ "target", &target, .required = true },
			{ "equal", &equal },
		};
		inhibit->place = node_place(section->nodes[i]);
		(void)read_map(r, section->nodes[i], "rule of inhibition", keys,
		    countof(keys));
		if (source != NULL)
			(void)read_matchers(r, source, &inhibit->source);
		if (target != NULL)
			(void)read_matchers(r, target, &inhibit->target);
		if (equal != NULL && read_at_most(r, equal, INHIBIT_EQUAL_MAX))
			(void)read_strs(r, equal, false, &inhibit->equal);
	}
	if (r->bundle->taken)
		mirrors_drop(m);
	else
		mirrors_check(r, section);
}
