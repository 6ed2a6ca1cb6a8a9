#include "intake/identity.h"

#define PLACES_FIRST 1024u

static void
make_places(struct identity *t, uint32_t places)
{
	struct arena memory = arena_map(&t->map, places * sizeof(*t->place));
	t->place = arena_fresh(&memory, struct identity_place, places);
	t->mask = places - 1;
}

static void
put(struct identity *t, struct identity_place new)
{
	uint32_t i = new.tag & t->mask;
	while (t->place[i].slot_1 != 0)
		i = (i + 1) & t->mask;
	t->place[i] = new;
}

static void
grow(struct identity *t)
{
	struct identity old = *t;
	ASSERT(old.mask < UINT32_MAX / 2);
	make_places(t, 2 * (old.mask + 1));
	for (uint32_t i = 0; i <= old.mask; i++) {
		if (old.place[i].slot_1 != 0)
			put(t, old.place[i]);
	}
	arena_unmap(&old.map);
}

void
identity_init(struct identity *t)
{
	*t = (struct identity){ .n = 0 };
	make_places(t, PLACES_FIRST);
}

void
identity_done(struct identity *t)
{
	arena_unmap(&t->map);
}

void
identity_add(struct identity *t, uint32_t tag, uint32_t slot)
{
	ASSERT(slot != SLOT_NONE);
	if (t->n >= (t->mask + 1) / 16 * 13)
		grow(t);
	put(t, (struct identity_place){ .tag = tag, .slot_1 = slot + 1 });
	t->n++;
}

void
identity_remove(struct identity *t, uint32_t tag, uint32_t slot)
{
	uint32_t i = tag & t->mask;
	while (t->place[i].slot_1 != slot + 1) {
		ASSERT(t->place[i].slot_1 != 0);
		i = (i + 1) & t->mask;
	}
	/* Whoever was pushed past the hole moves into it. */
	for (uint32_t j = (i + 1) & t->mask; t->place[j].slot_1 != 0;
	     j = (j + 1) & t->mask) {
		uint32_t home = t->place[j].tag & t->mask;
		if (((j - home) & t->mask) >= ((j - i) & t->mask)) {
			t->place[i] = t->place[j];
			i = j;
		}
	}
	t->place[i] = (struct identity_place){ .tag = 0 };
	t->n--;
}
