/*
 * Where no grant allows it: the nearest one, and who else may. Sought for an answer alone,
 * by a second walk; a decision does without.
 */
#include "authority/internal.h"

/* Whoever it is for may do it, unless the values are against it. */
static void
keep_other(struct judgement *j, const struct entry *entry)
{
	size_t i = j->others_n;
	if (i == countof(j->others)) {
		if (j->others[i - 1] < entry)
			return;
		i--;
	} else {
		j->others_n++;
	}
	for (; i > 0 && j->others[i - 1] > entry; i--)
		j->others[i] = j->others[i - 1];
	j->others[i] = entry;
}

static void
consider_grant(struct judgement *j, const struct entry *entry)
{
	unsigned lacks = grant_lacks(j, entry);
	unsigned whom = grant_names(j, entry);
	unsigned others = whole_chain(j) & ~whom;
	if (others != 0 && lacks == 0 && (entry->to & KINDS_OF_PEOPLE) != 0)
		keep_other(j, entry);
	consider_near(j, entry, others, lacks | LACKS_PRINCIPAL);
	if (lacks != 0)
		consider_near(j, entry, whom, lacks);
}

/* Among the first by place, where none is on the request's shelves: nothing off those can
 * allow it. */
static void
look_further(struct judgement *j, const struct walk *walk)
{
	const struct authority *authority = j->authority;
	unsigned missing = 0;
	for (size_t i = 0; i < j->chain_n; i++) {
		if ((j->d->no_grant & (1u << i)) != 0 && j->near[i] == NULL)
			missing |= 1u << i;
	}
	size_t looks = missing != 0 ? NEAREST_LOOKS_MAX : 0;
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
		unsigned whom = grant_names(j, entry);
		consider_near(j, entry, missing & whom, lacks);
		consider_near(j, entry, missing & ~whom, lacks | LACKS_PRINCIPAL);
		looks--;
	}
}

/* They are put among the others anew, where the nearest grant has its place. Those that
 * found no room come back with them, and find none again. */
static void
take_out(struct judgement *j)
{
	struct authority_decision *d = j->d;
	size_t n = 0;
	for (size_t i = 0; i < d->n; i++) {
		if (d->findings[i].kind == REASON_NO_GRANT)
			continue;
		j->places[n] = j->places[i];
		d->findings[n++] = d->findings[i];
	}
	size_t told = d->n - n;
	d->dropped -= (size_t)__builtin_popcount(d->no_grant) - told;
	d->n = n;
}

void
judge_nearest(struct judgement *j)
{
	WALK walk;
	unsigned whom = j->d->no_grant;
	if (whom == 0)
		return;
	walk_seek(&walk, j->authority, j->action, j->service);
	walk_fetch(&walk, j->authority);
	walk_begin(&walk, j->authority);
	for (const struct entry *entry; (entry = walk_next(&walk)) != NULL;) {
		if (entry->kind == RULE_GRANT)
			consider_grant(j, entry);
	}
	if (j->whole)
		look_further(j, &walk);
	take_out(j);
	for (uint32_t i = 0; whom >> i != 0; i++) {
		if (whom >> i & 1)
			finding_insert(j, &(struct finding){ .kind = REASON_NO_GRANT,
					      .entry = j->near[i],
					      .which = i,
					      .lacks = j->near_lacks[i] });
	}
}
