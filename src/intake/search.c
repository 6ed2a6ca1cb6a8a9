#include "intake/search.h"

#include <stdlib.h>

#include "intake/state.h"

/* Of one turn: looking at a signature costs about 1 ns, at an alert's labels up to 1 us. */
#define TURN_COST 1000000
#define LABELS_COST 1000

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
	if (!s->more || new.fingerprint < s->next)
		s->next = new.fingerprint;
	s->more = true;
}

void
search_begin(struct search *search, const struct label_matchers *matchers, uint64_t above,
    struct found *found, size_t most, struct pair *pair)
{
	ASSERT(most > 0);
	*search = (struct search){ .matchers = matchers,
		.wanted = signature_of_matchers(matchers),
		.above = above,
		.found = found,
		.most = most,
		.pair = pair };
}

bool
search_turn(const struct intake *intake, struct search *s)
{
	uint32_t end = intake->slots_used;
	for (int64_t left = TURN_COST; s->slot < end && left > 0; s->slot++, left--) {
		if (!signature_may_match(&intake->signature[s->slot], &s->wanted))
			continue;
		const struct alert *alert = &intake->alert[s->slot];
		left -= LABELS_COST;
		if (!alert_used(alert) || (s->above != 0 && alert->fingerprint <= s->above))
			continue;
		struct pairs labels = labels_of_body(alert->head, s->pair);
		if (label_matchers_match(s->matchers, &labels))
			take(s, (struct found){ alert->fingerprint, alert->number });
	}
	return s->slot < end;
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
