/*
 * Looking at the table in slices, by fingerprint.
 */
#include "intake/state.h"

const struct alert *
intake_find(const struct intake *intake, uint64_t number)
{
	uint32_t slot = alert_by_number(intake, number);
	return slot != SLOT_NONE ? &intake->alert[slot] : NULL;
}

static bool
comes_before(const struct alert *a, const struct alert *b)
{
	return a->fingerprint < b->fingerprint ||
	       (a->fingerprint == b->fingerprint && a->number < b->number);
}

/* The n smallest seen so far, as a heap with the largest on top. */
struct heap {
	const struct alert **p;
	size_t n;
	size_t max;
	const struct alert *next; /* the smallest that found no room; NULL */
};

static void
sift_down(const struct alert **p, size_t n, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && comes_before(p[child], p[child + 1]))
			child++;
		if (!comes_before(p[i], p[child]))
			return;
		const struct alert *moved = p[i];
		p[i] = p[child];
		p[child] = moved;
	}
}

static void
heap_push(struct heap *heap, const struct alert *alert)
{
	const struct alert **p = heap->p;
	if (heap->n < heap->max) {
		size_t i = heap->n++;
		for (; i > 0 && comes_before(p[(i - 1) / 2], alert); i = (i - 1) / 2)
			p[i] = p[(i - 1) / 2];
		p[i] = alert;
		return;
	}
	if (comes_before(alert, p[0])) {
		const struct alert *top = p[0];
		p[0] = alert;
		sift_down(p, heap->n, 0);
		alert = top;
	}
	if (heap->next == NULL || comes_before(alert, heap->next))
		heap->next = alert;
}

static void
heap_sort(struct heap *heap)
{
	for (size_t n = heap->n; n > 1; n--) {
		const struct alert *top = heap->p[0];
		heap->p[0] = heap->p[n - 1];
		heap->p[n - 1] = top;
		sift_down(heap->p, n - 1, 0);
	}
}

/* The incident's own list: it is short, or there are few others. */
static void
list_by_incident(const struct intake *intake, uint32_t first, uint64_t cursor,
    struct heap *heap)
{
	for (uint32_t slot = first; slot != SLOT_NONE;) {
		const struct alert *alert = &intake->alert[slot];
		slot = alert->next_in_incident;
		if (cursor == 0 || alert->fingerprint > cursor)
			heap_push(heap, alert);
	}
	heap_sort(heap);
}

/* Bucket after bucket, until those that are seen fill the slice. */
static void
list_in_order(const struct intake *intake, incident_id incident, uint64_t cursor,
    struct heap *heap)
{
	if (cursor == UINT64_MAX)
		return;
	struct order_at at = order_seek(&intake->order, cursor > 0 ? cursor + 1 : 0);
	do {
		uint32_t slot;
		while (order_next(&intake->order, &at, &slot)) {
			const struct alert *alert = &intake->alert[slot];
			if ((incident == 0 || alert->incident == incident) &&
			    (cursor == 0 || alert->fingerprint > cursor))
				heap_push(heap, alert);
		}
	} while (heap->next == NULL && order_next_bucket(&intake->order, &at));
	heap_sort(heap);
}

size_t
intake_list(const struct intake *intake, incident_id incident, uint64_t cursor,
    const struct alert **ret, size_t n)
{
	ASSERT(n > 0);
	struct heap heap = { .p = ret, .max = n };
	uint64_t list = 0;
	if (incident != 0 && !map_get(&intake->incidents, incident, &list))
		return 0;
	/* Walking the list costs its length for each slice, walking the order what lies
	 * between its alerts. */
	uint64_t members = list >> 32;
	if (incident != 0 && members * members <= (uint64_t)intake->active * n)
		list_by_incident(intake, (uint32_t)list, cursor, &heap);
	else
		list_in_order(intake, incident, cursor, &heap);

	/* Equal fingerprints stay together: the cursor could not part them. */
	size_t keep = heap.n;
	if (heap.next != NULL) {
		while (keep > 0 && ret[keep - 1]->fingerprint == heap.next->fingerprint)
			keep--;
	}
	return keep > 0 ? keep : heap.n;
}
