/*
 * Values against bounds, in words: "replicas 40 is more than twice the live 12; at most 24".
 */
#include "authority/internal.h"

/* "1.5" of 1500 */
static void
add_thousandths(struct text *text, uint64_t thousandths)
{
	add_u64(text, thousandths / 1000);
	uint64_t rest = thousandths % 1000;
	if (rest == 0)
		return;
	char digits[3] = { (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
		(char)('0' + rest % 10) };
	size_t n = rest % 100 == 0 ? 1 : rest % 10 == 0 ? 2 : 3;
	str part = { digits, n };
	ADD(text, STR("."), part);
}

static void
add_percent(struct text *text, uint64_t thousandths)
{
	add_u64(text, thousandths / 10);
	if (thousandths % 10 != 0) {
		ADD(text, STR("."));
		add_u64(text, thousandths % 10);
	}
	ADD(text, STR("%"));
}

/* "twice the live 12", "50% of the live 12" */
static void
add_times(struct text *text, const struct delta *times, int64_t live)
{
	if (times->kind == DELTA_PERCENT) {
		add_percent(text, times->thousandths);
		ADD(text, STR(" of"));
	} else if (times->thousandths == 2000) {
		ADD(text, STR("twice"));
	} else {
		add_thousandths(text, times->thousandths);
		ADD(text, STR(" times"));
	}
	ADD(text, STR(" the live "));
	add_i64(text, live);
}

static void
add_list(struct text *text, const struct strs *values)
{
	for (size_t i = 0; i < values->n; i++) {
		if (i > 0)
			ADD(text, i + 1 == values->n ? STR(" or ") : STR(", "));
		ADD(text, values->p[i]);
	}
}

/* ---- bounds of grants ---- */

enum outside {
	OUTSIDE_MISSING,
	OUTSIDE_VALUES,
	OUTSIDE_LIKE,
	OUTSIDE_NO_NUMBER,
	OUTSIDE_MIN,
	OUTSIDE_MAX,
	OUTSIDE_CHANGE,
};

static enum outside
outside_of(const struct judgement *j, const struct param_bound *bound, str *ret_value,
    int64_t *ret_number)
{
	if (!param_value(j, bound->param, ret_value))
		return OUTSIDE_MISSING;
	if (bound->values.n > 0 && !strs_has(&bound->values, *ret_value))
		return OUTSIDE_VALUES;
	if (bound->like.n > 0 && !like_matches(bound->like, *ret_value))
		return OUTSIDE_LIKE;
	if (!number_of(*ret_value, ret_number))
		return OUTSIDE_NO_NUMBER;
	if (bound->has_min && *ret_number < bound->min)
		return OUTSIDE_MIN;
	if (bound->has_max && *ret_number > bound->max)
		return OUTSIDE_MAX;
	return OUTSIDE_CHANGE;
}

/* "more than twice the live 12", "more than 3 below the live 12" */
static void
add_change(struct text *text, const struct delta *change, int64_t live, int64_t number)
{
	bool more = number > live;
	if (change->kind == DELTA_FACTOR && more == (live >= 0)) {
		ADD(text, more ? STR("more than ") : STR("less than "));
		add_times(text, change, live);
		return;
	}
	if (change->kind == DELTA_FACTOR) {
		ADD(text, more ? STR("more than the live ") : STR("less than the live "));
		add_i64(text, live);
		ADD(text, STR(" divided by "));
		add_thousandths(text, change->thousandths);
		return;
	}
	ADD(text, STR("more than "));
	if (change->kind == DELTA_PERCENT)
		add_percent(text, change->thousandths);
	else
		add_u64(text, change->number);
	ADD(text, more ? STR(" above the live ") : STR(" below the live "));
	add_i64(text, live);
}

/* "at most 24", "at least 6": the nearest that it could be. False: there is none. */
static bool
add_nearest(struct text *text, struct judgement *j, const struct param_bound *bound,
    int64_t number, int64_t *ret_nearest)
{
	int64_t low, high;
	if (!bound_range(j, bound, &low, &high)) {
		ADD(text, STR("no value is within all bounds"));
		return false;
	}
	*ret_nearest = number < low ? low : high;
	ADD(text, number < low ? STR("at least ") : STR("at most "));
	add_i64(text, *ret_nearest);
	return true;
}

void
add_outside(struct text *text, struct judgement *j, const struct rule *rule)
{
	const struct param_bound *bound = bound_outside(j, rule);
	str value = { 0 };
	int64_t number = 0, nearest, live = 0;
	ASSERT(bound != NULL);
	enum outside outside = outside_of(j, bound, &value, &number);
	if (outside == OUTSIDE_MISSING) {
		ADD(text, j->action->name, STR(" is asked for without "), bound->param);
		return;
	}
	ADD(text, bound->param, STR(" "), value, STR(" is "));
	switch (outside) {
	case OUTSIDE_VALUES:
		ADD(text, STR("not "));
		add_list(text, &bound->values);
		return;
	case OUTSIDE_LIKE:
		ADD(text, STR("not like '"), bound->like, STR("'"));
		return;
	case OUTSIDE_NO_NUMBER:
		ADD(text, STR("no whole number"));
		return;
	case OUTSIDE_MIN:
		ADD(text, STR("less than "));
		add_i64(text, bound->min);
		break;
	case OUTSIDE_MAX:
		ADD(text, STR("more than "));
		add_i64(text, bound->max);
		break;
	case OUTSIDE_CHANGE:
		(void)live_value(j, bound->param, &live);
		add_change(text, &bound->change, live, number);
		break;
	case OUTSIDE_MISSING:
		UNREACHABLE();
	}
	ADD(text, STR("; "));
	(void)add_nearest(text, j, bound, number, &nearest);
}

void
add_outside_forward(struct text *text, struct judgement *j, const struct rule *rule)
{
	const struct param_bound *bound = bound_outside(j, rule);
	str value = { 0 };
	int64_t number = 0, nearest;
	ASSERT(bound != NULL);
	switch (outside_of(j, bound, &value, &number)) {
	case OUTSIDE_MISSING:
		ADD(text, STR("give a value for "), bound->param);
		return;
	case OUTSIDE_VALUES:
		ADD(text, STR("ask for "), bound->param, STR(" "));
		add_list(text, &bound->values);
		return;
	case OUTSIDE_LIKE:
		ADD(text, STR("ask for a "), bound->param, STR(" like '"), bound->like,
		    STR("'"));
		return;
	case OUTSIDE_NO_NUMBER:
		ADD(text, STR("give a whole number for "), bound->param);
		return;
	case OUTSIDE_MIN:
	case OUTSIDE_MAX:
	case OUTSIDE_CHANGE:
		if (!add_nearest(text, j, bound, number, &nearest))
			return;
		ADD(text, STR(" now: ask for "), bound->param, STR(" "));
		add_i64(text, nearest);
		return;
	}
	UNREACHABLE();
}

/* ---- conditions of approvals ---- */

static void
add_when(struct text *text, struct judgement *j, const struct when *when)
{
	static const str words[] = {
		[WHEN_GT] = { "more than ", 10 },
		[WHEN_GE] = { "at least ", 9 },
		[WHEN_LT] = { "less than ", 10 },
		[WHEN_LE] = { "at most ", 8 },
		[WHEN_IS] = { "", 0 },
	};
	str value;
	int64_t live = 0;
	if (str_eq(when->param, STR("targets"))) {
		uint32_t n = targets_of(j);
		add_u64(text, n);
		ADD(text, n > 1 ? STR(" targets are ") : STR(" target is "));
	} else if (param_value(j, when->param, &value)) {
		ADD(text, when->param, STR(" "), value, STR(" is "));
	} else {
		ADD(text, when->param, STR(" is left out"));
		return;
	}
	ADD(text, words[when->op]);
	if (when->op == WHEN_IS) {
		ADD(text, when->values.n > 1 ? STR("one of ") : STR(""));
		add_list(text, &when->values);
	} else if (when->times.kind != 0) {
		(void)live_value(j, when->param, &live);
		add_times(text, &when->times, live);
	} else {
		add_i64(text, when->number);
	}
}

void
add_whens(struct text *text, struct judgement *j, const struct rule *rule)
{
	for (size_t i = 0; i < rule->when_n; i++) {
		ADD(text, i == 0 ? STR(": ") : STR(" and "));
		add_when(text, j, &rule->when[i]);
	}
}
