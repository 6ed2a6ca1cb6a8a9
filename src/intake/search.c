#include "intake/search.h"

#include <stdlib.h>

#include "intake/state.h"

#include "intake/wire.h"

/* In nanoseconds, about: a step ends when it has cost so much. The last alert may cost all
 * LABEL_MATCH_STEPS_MAX of an alert; expressions just within them, 100 us for each four. */
#define STEP_COST 20000
#define SIGNATURE_COST 1
#define ALERT_COST 10
#define LABELS_COST 250
#define REGEX_COST 5000

static int
compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->fingerprint != y->fingerprint)
		return x->fingerprint < y->fingerprint ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void
sift_down(struct found *p, size_t n)
{
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && compare(&p[child], &p[child + 1]) < 0)
			child++;
		if (compare(&p[i], &p[child]) >= 0)
			return;
		struct found was = p[i];
		p[i] = p[child];
		p[child] = was;
	}
}

/* Keep the lowest `most`; of the others the lowest fingerprint. */
static void
take(struct search *s, struct found new)
{
	struct found *p = s->found;
	if (s->n < s->most) {
		size_t i = s->n++;
		for (; i > 0 && compare(&p[(i - 1) / 2], &new) < 0; i = (i - 1) / 2)
			p[i] = p[(i - 1) / 2];
		p[i] = new;
		return;
	}
	if (compare(&new, &p[0]) < 0) {
		struct found top = p[0];
		p[0] = new;
		sift_down(p, s->n);
		new = top;
	}
	if (new.fingerprint < s->next)
		s->next = new.fingerprint;
	s->more = true;
}

void
search_begin(struct search *search, const struct label_matchers *matchers, uint64_t above,
    struct found *found, size_t most)
{
	*search = (struct search){ .wanted = signature_of_matchers(matchers),
		.above = above,
		.found = found,
		.most = most,
		.next = UINT64_MAX };
	label_scan_begin(&search->scan, matchers);
}

void
search_narrow(struct search *search, const struct needle *needle, enum search_held held)
{
	search->needle = needle->n > 0 ? needle : NULL;
	search->held = held;
}

/* Of an alert that may match. */
static bool
matches(struct search *s, const struct alert *alert, uint64_t *cost)
{
	uint64_t before = s->scan.regexes;
	if (s->held != SEARCH_ANY && alert->held != (s->held == SEARCH_HELD)) {
		*cost += ALERT_COST;
		return false;
	}
	bool match =
	    label_scan_match(&s->scan, wire_labels(alert->head, alert->labels_bytes));
	*cost += LABELS_COST + REGEX_COST * (s->scan.regexes - before);
	if (!match || s->needle == NULL)
		return match;
	*cost += s->needle->n * alert->head.n;
	return needle_in(s->needle, alert);
}

/* What it cost. */
static uint64_t
look_at(struct search *s, const struct alert *alert)
{
	if (!alert_used(alert) || (s->above != 0 && alert->fingerprint <= s->above))
		return ALERT_COST;
	/* The page is full of lower ones: whether it matches need not be known. */
	if (s->n == s->most && alert->fingerprint > s->found[0].fingerprint) {
		s->more = true;
		return ALERT_COST;
	}
	uint64_t cost = 0;
	if (matches(s, alert, &cost))
		take(s, (struct found){ alert->fingerprint, alert->number });
	return cost;
}

const struct alert *
search_next(const struct intake *intake, struct search *s)
{
	s->end = s->scan.exceeded ? s->slot : intake->slots_used;
	while (s->slot < s->end && s->cost < STEP_COST) {
		uint32_t slot = s->slot++;
		s->cost += SIGNATURE_COST;
		const struct alert *alert = &intake->alert[slot];
		if (signature_may_match(&intake->signature[slot], &s->wanted) &&
		    alert_used(alert) && matches(s, alert, &s->cost))
			return alert;
	}
	s->cost = 0;
	return NULL;
}

bool
search_step(const struct intake *intake, struct search *s)
{
	uint32_t end = intake->slots_used;
	for (uint64_t cost = 0; s->slot < end && cost < STEP_COST; s->slot++) {
		cost += SIGNATURE_COST;
		if (signature_may_match(&intake->signature[s->slot], &s->wanted))
			cost += look_at(s, &intake->alert[s->slot]);
	}
	return s->slot < end && !s->scan.exceeded;
}

void
search_end(struct search *s)
{
	qsort(s->found, s->n, sizeof(*s->found), compare);
	if (!s->more)
		return;
	size_t keep = s->n;
	while (keep > 0 && s->found[keep - 1].fingerprint == s->next)
		keep--;
	s->n = keep > 0 ? keep : s->n;
}
