#include "engine/grouped.h"

#include "os/clock.h"

static size_t
bytes_of(const struct grouped_list *list)
{
	size_t bytes = 0;
	for (size_t i = 0; i < GROUPED_MAX; i++) {
		if (list->item[i].number != 0)
			bytes += groups_bytes(list->item[i].groups);
	}
	return bytes;
}

static uint64_t
idle_us(const struct grouped *grouped)
{
	return grouped->left_us != 0 ? clock_boot_us() - grouped->left_us : 0;
}

/* The one that has not been asked for longest; NULL: all are in use. */
static struct grouped *
make_room(struct grouped_list *list)
{
	struct grouped *oldest = &list->item[0];
	for (size_t i = 1; i < GROUPED_MAX; i++) {
		if (idle_us(&list->item[i]) > idle_us(oldest))
			oldest = &list->item[i];
	}
	if (idle_us(oldest) < GROUPED_FRESH_MS * UINT64_C(1000))
		return NULL;
	grouped_end(oldest);
	return oldest;
}

bool
grouped_fit(struct grouped_list *list)
{
	while (bytes_of(list) > GROUPED_BYTES_MAX) {
		if (make_room(list) == NULL)
			return false;
	}
	return true;
}

struct grouped *
grouped_begin(struct grouped_list *list, const struct label_matchers *matchers,
    uint64_t alerts_max)
{
	grouped_forget(list, false);
	struct grouped *free = NULL;
	for (size_t i = 0; i < GROUPED_MAX && free == NULL; i++) {
		if (list->item[i].number == 0)
			free = &list->item[i];
	}
	if (free == NULL)
		free = make_room(list);
	if (free == NULL)
		return NULL;
	*free = (struct grouped){ .number = ++list->number,
		.groups = groups_new((size_t)alerts_max, random_u64()) };
	search_begin(&free->search, matchers != NULL ? matchers : &free->all, 0, NULL, 0);
	return free;
}

struct grouped *
grouped_resume(struct grouped_list *list, uint64_t number)
{
	for (size_t i = 0; i < GROUPED_MAX; i++) {
		struct grouped *grouped = &list->item[i];
		if (grouped->number == number && grouped->left_us != 0) {
			grouped->left_us = 0;
			return grouped;
		}
	}
	return NULL;
}

void
grouped_leave(struct grouped *grouped)
{
	ASSERT(grouped->gathered && grouped->left_us == 0);
	grouped->left_us = clock_boot_us();
}

void
grouped_end(struct grouped *grouped)
{
	if (grouped == NULL)
		return;
	groups_free(grouped->groups);
	*grouped = (struct grouped){ .number = 0 };
}

void
grouped_forget(struct grouped_list *list, bool all)
{
	for (size_t i = 0; i < GROUPED_MAX; i++) {
		struct grouped *grouped = &list->item[i];
		bool idle = idle_us(grouped) > GROUPED_IDLE_MS * UINT64_C(1000);
		if (grouped->number != 0 && (all || idle))
			grouped_end(grouped);
	}
}
