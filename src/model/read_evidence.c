/*
 * evidence: what is asked, and kept, before a run changes anything.
 *
 *	evidence: [{name: error rate, promql: 'rate(errors[5m])'},
 *	           {name: processes, run: [ps, aux], timeout: 5s}]
 */
#include "model/internal.h"

static bool
is_twice(const struct evidence_probe *evidence, size_t n, str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(evidence[i].name, name))
			return true;
	}
	return false;
}

void
read_evidence(struct reader *r, const struct node *node, const struct strs *allowed,
    struct evidence_probe **ret, size_t *ret_n)
{
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, EVIDENCE_OF_MAX))
		return;
	struct evidence_probe *evidence =
	    arena_new(r->arena, struct evidence_probe, node->n);
	size_t made = 0;
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		const struct node *name = NULL;
		struct probe_nodes n = { 0 };
		const struct key keys[] = {
			PROBE_ASK_KEYS(&n),
			{ "name", &name, .required = true },
		};
		struct evidence_probe *one = &evidence[made];
		one->probe = arena_new(r->arena, struct probe, 1);
		if (!read_map(r, item, "evidence", keys, countof(keys)) ||
		    !read_text(r, name, &one->name))
			continue;
		if (one->name.n > NAME_BYTES_MAX)
			read_error(r, name, STR("a few words are enough"),
			    "a name has at most %d bytes", NAME_BYTES_MAX);
		else if (is_twice(evidence, made, one->name))
			read_error(r, name, STR("give each a name of its own"),
			    "'%.*s' is here twice", STR_ARG(one->name));
		(void)read_observation(r, item, "this evidence", &n, allowed, one->probe);
		made++;
	}
	*ret = evidence;
	*ret_n = made;
}
