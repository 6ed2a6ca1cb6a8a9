#include "facts/plan.h"

const char *const plan_fate_names[6] = {
	[PLAN_RUNS] = "runs",
	[PLAN_ASKS] = "asks",
	[PLAN_REFUSED] = "refused",
	[PLAN_UNKNOWN] = "unknown",
	[PLAN_UNREACHED] = "unreached",
};

static const struct field target_fields[] = {
	F_STRS(1, struct plan_target, targets, TARGETS_MAX),
	F_ENUM(2, struct plan_target, fate, plan_fate_names),
	FQ_STR(3, struct plan_target, rule),
	FQ_STR(4, struct plan_target, file),
	FQ_U32(5, struct plan_target, line),
	F_STR(6, struct plan_target, text),
};
const struct record_type plan_target_type =
    RECORD(struct plan_target, "plan_target", target_fields);

static const struct field item_fields[] = {
	F_U32(1, struct plan_item, number),
	F_STR(2, struct plan_item, kind),
	F_STR(3, struct plan_item, step),
	FQ_STR(4, struct plan_item, heading),
	F_ENUM(5, struct plan_item, fate, plan_fate_names),
	FQ_U32(6, struct plan_item, before),
	FQ_STR(7, struct plan_item, before_step),
	F_STR(8, struct plan_item, text),
	FQ_STR(9, struct plan_item, action),
	FQ_PAIRS(10, struct plan_item, params, PAIRS_MAX),
	F_RECORDS(11, struct plan_item, targets, &plan_target_type, PLAN_GROUPS_MAX),
	FQ_STR(12, struct plan_item, otherwise),
};
const struct record_type plan_item_type = RECORD(struct plan_item, "step", item_fields);
