#ifndef FACTS_PLAN_H
#define FACTS_PLAN_H

#include "facts/row.h"

/*
 * plan -- what a run of a runbook would do, step by step, as it is told to people.
 */
enum plan_fate {
	PLAN_RUNS = 1,
	PLAN_ASKS,    /* people are asked first: an approval, or an answer */
	PLAN_REFUSED, /* by the rule that is named, or it cannot be done */
	PLAN_UNKNOWN, /* cannot be known before step `before` */
	PLAN_UNREACHED,
};
extern const char *const plan_fate_names[6];

/* Targets of a step that acts, of which the same is said. */
struct plan_target {
	struct strs targets;
	enum plan_fate fate;
	str rule; /* the deciding one; empty: none stands behind it */
	str file;
	uint32_t line;
	str text; /* a sentence */
};

#define PLAN_GROUPS_MAX 64

struct plan_item {
	uint32_t number; /* of the step, from 1 */
	str kind;
	str step;
	str heading; /* it stands under */
	enum plan_fate fate;
	uint32_t before; /* PLAN_UNKNOWN: the step's number; it may be this one */
	str before_step;
	str text;   /* what it does, or why not: a sentence */
	str action; /* of a step that acts */
	struct pairs params;
	struct records targets; /* struct plan_target, at most PLAN_GROUPS_MAX */
	str otherwise; /* where the run goes when it does not hold, fails, is refused */
};

extern const struct record_type plan_target_type, plan_item_type;

#endif
