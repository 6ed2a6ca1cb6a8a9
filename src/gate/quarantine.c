#include "gate/quarantine.h"

static void
drop(struct quarantine *q, size_t i)
{
	q->item[i] = q->item[--q->n];
}

static void
forget_old(struct quarantine *q, msec now)
{
	for (size_t i = q->n; i-- > 0;) {
		msec keep = q->item[i].deaths >= QUARANTINE_DEATHS ? QUARANTINE_KEEP_MS
		                                                   : QUARANTINE_SUSPECT_MS;
		if (now - q->item[i].at > keep)
			drop(q, i);
	}
}

static struct quarantine_item *
find(struct quarantine *q, const hash32 *digest)
{
	for (size_t i = 0; i < q->n; i++) {
		if (hash32_eq(&q->item[i].digest, digest))
			return &q->item[i];
	}
	return NULL;
}

bool
quarantine_is_kept(const struct quarantine *q, const hash32 *digest)
{
	for (size_t i = 0; i < q->kept_n; i++) {
		if (hash32_eq(&q->kept[i], digest))
			return true;
	}
	return false;
}

bool
quarantine_keep(struct quarantine *q, str digests)
{
	if (digests.n % sizeof(hash32) != 0 || digests.n > sizeof(q->kept))
		return false;
	if (digests.n > 0)
		memcpy(q->kept, digests.p, digests.n);
	q->kept_n = digests.n / sizeof(hash32);
	for (size_t i = q->n; i-- > 0;) {
		if (quarantine_is_kept(q, &q->item[i].digest))
			drop(q, i);
	}
	return true;
}

enum quarantine_state
quarantine_look(struct quarantine *q, const hash32 *digest, msec now)
{
	if (quarantine_is_kept(q, digest))
		return QUARANTINE_HELD;
	forget_old(q, now);
	const struct quarantine_item *item = find(q, digest);
	if (item == NULL)
		return QUARANTINE_CLEAN;
	return item->deaths >= QUARANTINE_DEATHS ? QUARANTINE_HELD : QUARANTINE_SUSPECT;
}

/* Suspicions go before sentences, older before younger. */
static void
make_room(struct quarantine *q)
{
	size_t worst = 0;
	for (size_t i = 1; i < q->n; i++) {
		const struct quarantine_item *a = &q->item[i], *b = &q->item[worst];
		if (a->deaths < b->deaths || (a->deaths == b->deaths && a->at < b->at))
			worst = i;
	}
	drop(q, worst);
}

uint32_t
quarantine_strike(struct quarantine *q, const hash32 *digest, msec now)
{
	forget_old(q, now);
	struct quarantine_item *item = find(q, digest);
	if (item == NULL) {
		if (q->n == QUARANTINE_ITEMS_MAX)
			make_room(q);
		item = &q->item[q->n++];
		*item = (struct quarantine_item){ .digest = *digest };
	}
	item->at = now;
	return ++item->deaths;
}

void
quarantine_clear(struct quarantine *q, const hash32 *digest)
{
	struct quarantine_item *item = find(q, digest);
	if (item != NULL && item->deaths < QUARANTINE_DEATHS)
		drop(q, (size_t)(item - q->item));
}
