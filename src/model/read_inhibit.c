/*
 * inhibit: while alerts of one kind fire, others are held.
 *
 *	- {source: {severity: critical}, target: {severity: warning}, equal: [cluster]}
 */
#include "model/internal.h"

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
}
