#ifndef INTAKE_GROUPS_H
#define INTAKE_GROUPS_H

#include "intake/intake.h"

/*
 * groups -- any number of alerts, group by group in Alertmanager's order, found in steps.
 *
 *	groups_add(g, &labels, owner, number)        for each alert
 *	while (groups_step(g, intake, &number))      a few microseconds each
 *		if (number != 0)
 *			... the next alert; groups_now(g) is its group ...
 *
 * Groups come by their labels, then by owner; the alerts of one by job, instance and labels.
 * They are never sorted as a whole: groups are a heap from the start, and the alerts of one
 * become a heap when its turn comes. So the first is known soon, and no step is long.
 *
 * An alert costs 16 bytes here, a group its text and about 100. One that is gone when its
 * turn comes is still given, and is to be passed over.
 */
#define GROUPS_TEXT_MAX ((size_t)64 << 20) /* of the groups themselves */

struct group {
	struct pairs labels; /* ascending */
	str owner;
	uint32_t first, next_alike; /* its own */
};

struct groups;

/* `seed` is random: it keeps outsiders from making groups collide. */
struct groups *groups_new(size_t alerts_max, uint64_t seed);
void groups_free(struct groups *groups);

/* Before the first step. Beyond `alerts_max` they are passed over. false: there is no room
 * for one more group. */
NODISCARD bool groups_add(struct groups *groups, const struct pairs *labels, str owner,
    uint64_t number);
/* false: that was all. *ret_number 0: nothing yet. */
bool groups_step(struct groups *groups, const struct intake *intake, uint64_t *ret_number);
/* Of the number that was given last; a pointer that stands for it. */
const struct group *groups_now(const struct groups *groups);
/* The memory it takes, about. */
size_t groups_bytes(const struct groups *groups);

/* The order of label sets: the smaller first; of two of a size the one that has the first
 * name in which they differ comes last, then that with the larger value. */
int groups_compare_labels(const struct pairs *a, const struct pairs *b);

#endif
