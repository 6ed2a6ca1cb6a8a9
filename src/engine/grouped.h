#ifndef ENGINE_GROUPED_H
#define ENGINE_GROUPED_H

#include "intake/groups.h"
#include "intake/search.h"

/*
 * grouped -- what listings in groups have gathered, kept from page to page.
 *
 * To give the first group in order, all alerts have to be looked at; so that is done once,
 * and the next page goes on from there. The asker names it by a number. Who does not ask for
 * long is forgotten; and where there is no room for another, who has not asked for longest.
 */
#define GROUPED_MAX 64                        /* at once */
#define GROUPED_BYTES_MAX ((size_t)128 << 20) /* of all of them */
#define GROUPED_IDLE_MS (90 * SECOND)         /* without the next page being asked for */
#define GROUPED_FRESH_MS (1 * SECOND) /* let be, while there is no room for another */

struct grouped {
	struct groups *groups;
	struct search search; /* while it gathers */
	struct label_matchers all;
	bool gathered;
	uint64_t number;          /* its name; 0: this place is free */
	uint64_t left_us;         /* when a page of it ended; 0: one is being made */
	const struct group *told; /* whose beginning the asker has seen */
};

struct grouped_list {
	struct grouped item[GROUPED_MAX];
	uint64_t number;
};

/* NULL: there are too many. `matchers` stay until it has gathered; NULL: all alerts. */
struct grouped *grouped_begin(struct grouped_list *list,
    const struct label_matchers *matchers, uint64_t alerts_max);
/* For its next page; NULL: it is forgotten. */
struct grouped *grouped_resume(struct grouped_list *list, uint64_t number);
void grouped_leave(struct grouped *grouped); /* until then */
void grouped_end(struct grouped *grouped);   /* nothing when NULL */
/* false: they take more memory than they may, and none is to be forgotten. */
bool grouped_fit(struct grouped_list *list);
void grouped_forget(struct grouped_list *list,
    bool all); /* or those that were left long ago */

#endif
