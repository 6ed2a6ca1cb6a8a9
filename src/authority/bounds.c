/*
 * What a grant lets a parameter be: sets, globs, ranges, and how far from the live value.
 *
 * Numbers are whole and exact. A bound on a number is the range that it leaves, so that the
 * value is held against the same two numbers that the explanation names: 1.5x of a live 11
 * is from 8 (7.3 rounded into the range) to 16.
 */
#include "authority/internal.h"

__extension__ typedef unsigned __int128 u128;

bool
number_of(str text, int64_t *ret)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint64_t value;
	if (!str_u64(negative ? str_drop(text, 1) : text, INT64_MAX, &value))
		return false;
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static const struct param *
declared_param(const struct judgement *j, str name)
{
	const struct params *params = &j->action->params;
	for (size_t i = 0; i < params->n; i++) {
		if (str_eq(params->p[i].name, name))
			return &params->p[i];
	}
	return NULL;
}

bool
param_value(const struct judgement *j, str name, str *ret)
{
	const struct pairs *given = j->request->params;
	/* Not pairs_get, which finds nothing in pairs that are out of order. */
	for (size_t i = 0; given != NULL && i < given->n; i++) {
		if (!str_eq(given->p[i].name, name))
			continue;
		*ret = given->p[i].value;
		return true;
	}
	const struct param *param = declared_param(j, name);
	if (param == NULL || param->otherwise.n == 0)
		return false;
	*ret = param->otherwise;
	return true;
}

bool
live_value(struct judgement *j, str param, int64_t *ret)
{
	const struct pairs *observed = &j->facts->observed;
	if (j->live_param.n > 0 && str_eq(j->live_param, param)) {
		*ret = j->live_number;
		return true;
	}
	str value = pairs_get(observed, param);
	if (value.n > 0 && number_of(value, ret)) {
		j->live_param = param;
		j->live_number = *ret;
		return true;
	}
	for (size_t i = 0; i < j->action->observe_n; i++) {
		if (str_eq(j->action->observe[i].param, param))
			j->live_unknown |= UINT64_C(1) << i;
	}
	return false;
}

static bool
can_be_asked(struct judgement *j, str param)
{
	int64_t live;
	if (live_value(j, param, &live))
		return false;
	for (size_t i = 0; i < j->action->observe_n; i++) {
		if (str_eq(j->action->observe[i].param, param))
			return true;
	}
	return false;
}

bool
live_can_be_asked(struct judgement *j, const struct rule *rule)
{
	for (size_t i = 0; i < rule->with_n; i++) {
		if (rule->with[i].change.kind != 0 && can_be_asked(j, rule->with[i].param))
			return true;
	}
	for (size_t i = 0; i < rule->when_n; i++) {
		if (rule->when[i].times.kind != 0 && can_be_asked(j, rule->when[i].param))
			return true;
	}
	return false;
}

/* ---- ranges ---- */

static uint64_t
magnitude(int64_t number)
{
	return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

/* -m or m, as far as there are such numbers. */
static int64_t
signed_of(bool negative, u128 m)
{
	if (negative)
		return m > INT64_MAX ? INT64_MIN : -(int64_t)m;
	return m > INT64_MAX ? INT64_MAX : (int64_t)m;
}

/* From what divides the live value to what multiplies it, on its side of zero. */
static bool
factor_range(uint64_t thousandths, int64_t live, int64_t *ret_low, int64_t *ret_high)
{
	if (thousandths == 0)
		return false;
	u128 size = magnitude(live);
	u128 most, least;
	if (magnitude(live) <= UINT32_MAX && thousandths <= UINT32_MAX / 2) {
		/* Most are; the division of wider numbers takes ten times as long. */
		most = magnitude(live) * thousandths / 1000;
		least = (magnitude(live) * 1000 + thousandths - 1) / thousandths;
	} else {
		most = size * thousandths / 1000;
		least = (size * 1000 + thousandths - 1) / thousandths;
	}
	if (least > most)
		return false;
	bool negative = live < 0;
	*ret_low = signed_of(negative, negative ? most : least);
	*ret_high = signed_of(negative, negative ? least : most);
	return true;
}

static void
around(int64_t live, u128 by, int64_t *ret_low, int64_t *ret_high)
{
	u128 below = (u128)((uint64_t)live - (uint64_t)INT64_MIN);
	u128 above = (u128)((uint64_t)INT64_MAX - (uint64_t)live);
	*ret_low = by > below ? INT64_MIN : (int64_t)((uint64_t)live - (uint64_t)by);
	*ret_high = by > above ? INT64_MAX : (int64_t)((uint64_t)live + (uint64_t)by);
}

bool
delta_range(const struct delta *delta, int64_t live, int64_t *ret_low, int64_t *ret_high)
{
	switch (delta->kind) {
	case DELTA_FACTOR:
		return factor_range(delta->thousandths, live, ret_low, ret_high);
	case DELTA_PERCENT:
		around(live, (u128)magnitude(live) * delta->thousandths / 1000, ret_low,
		    ret_high);
		return true;
	case DELTA_NUMBER:
		around(live, delta->number, ret_low, ret_high);
		return true;
	}
	return false; /* not written down by anybody we know */
}

static bool
narrow(int64_t low, int64_t high, int64_t *low_io, int64_t *high_io)
{
	if (low > *low_io)
		*low_io = low;
	if (high < *high_io)
		*high_io = high;
	return *low_io <= *high_io;
}

/* ---- one bound ---- */

/* Rules ask for the same few parameters, one after the other. */
static const struct asked_value *
asked_value(struct judgement *j, str param)
{
	struct asked_value *asked = &j->asked;
	if (asked->param.n > 0 && str_eq(asked->param, param))
		return asked;
	asked->param = param;
	asked->given = param_value(j, param, &asked->value);
	asked->whole = asked->given && number_of(asked->value, &asked->number);
	return asked;
}

static bool
has_range(const struct param_bound *bound)
{
	return bound->has_min || bound->has_max || bound->change.kind != 0;
}

/* What min and max leave. */
static bool
fixed_range(const struct param_bound *bound, int64_t *ret_low, int64_t *ret_high)
{
	*ret_low = bound->has_min ? bound->min : INT64_MIN;
	*ret_high = bound->has_max ? bound->max : INT64_MAX;
	return *ret_low <= *ret_high;
}

enum holds
bound_holds(struct judgement *j, const struct param_bound *bound)
{
	const struct asked_value *asked = asked_value(j, bound->param);
	if (!asked->given)
		return HOLDS_NO;
	if (bound->values.n > 0 && !strs_has(&bound->values, asked->value))
		return HOLDS_NO;
	if (bound->like.n > 0 && !like_matches(bound->like, asked->value))
		return HOLDS_NO;
	if (!has_range(bound))
		return HOLDS_YES;
	int64_t low, high, live, least, most, number = asked->number;
	if (!asked->whole || !fixed_range(bound, &low, &high) || number < low ||
	    number > high)
		return HOLDS_NO;
	if (bound->change.kind == 0)
		return HOLDS_YES;
	if (!live_value(j, bound->param, &live))
		return HOLDS_UNKNOWN;
	if (!delta_range(&bound->change, live, &least, &most))
		return HOLDS_NO;
	return number >= least && number <= most ? HOLDS_YES : HOLDS_NO;
}

enum holds
bounds_hold(struct judgement *j, const struct param_bound *with, size_t n)
{
	enum holds all = HOLDS_YES;
	if (n == 0)
		return all;
	/* A no makes all others of the rule needless to ask about. */
	uint64_t asked = j->live_unknown;
	for (size_t i = 0; i < n; i++) {
		enum holds holds = bound_holds(j, &with[i]);
		if (holds == HOLDS_NO) {
			j->live_unknown = asked;
			return HOLDS_NO;
		}
		if (holds == HOLDS_UNKNOWN)
			all = HOLDS_UNKNOWN;
	}
	return all;
}

bool
bound_range(struct judgement *j, const struct param_bound *bound, int64_t *ret_low,
    int64_t *ret_high)
{
	int64_t low, high, live;
	ASSERT(has_range(bound));
	if (!fixed_range(bound, ret_low, ret_high))
		return false;
	const struct param *param = declared_param(j, bound->param);
	if (param != NULL && param->kind == PARAM_INTEGER &&
	    !narrow(param->min, param->max, ret_low, ret_high))
		return false;
	if (bound->change.kind == 0 || !live_value(j, bound->param, &live))
		return true;
	return delta_range(&bound->change, live, &low, &high) &&
	       narrow(low, high, ret_low, ret_high);
}

const struct param_bound *
bound_outside(struct judgement *j, const struct rule *rule)
{
	for (size_t i = 0; i < rule->with_n; i++) {
		if (bound_holds(j, &rule->with[i]) != HOLDS_YES)
			return &rule->with[i];
	}
	return NULL;
}
