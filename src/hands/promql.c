#include "hands/promql.h"

#include <stdlib.h>

#include "base/json.h"
#include "hands/clean.h"

#define ERROR_BYTES_MAX 300

struct labels {
	struct pair p[PROMQL_LABELS_MAX];
	size_t n;
};

struct top {
	str status, error;
	str type, result; /* result: JSON as written */
	bool has_status, has_error, has_data, has_type, has_result;
};

static void
failed(struct probe_result *ret, str error)
{
	ret->status = PROBE_FAILED;
	ret->error = error;
}

/* A member may stand there once. */
static bool
once(struct json *j, bool *seen)
{
	if (*seen)
		json_fail(j, "a member stands there twice");
	*seen = true;
	return j->error == NULL;
}

/* ---- the envelope ---- */

static void
read_data(struct json *j, struct top *top)
{
	if (!json_object(j))
		return;
	for (str name; json_member(j, &name);) {
		if (str_eq(name, STR("resultType"))) {
			if (once(j, &top->has_type))
				(void)json_string(j, &top->type);
		} else if (str_eq(name, STR("result"))) {
			if (once(j, &top->has_result))
				(void)json_raw(j, &top->result);
		} else {
			(void)json_skip(j);
		}
	}
}

static void
read_top(struct json *j, struct top *top)
{
	if (!json_object(j))
		return;
	for (str name; json_member(j, &name);) {
		if (str_eq(name, STR("status"))) {
			if (once(j, &top->has_status))
				(void)json_string(j, &top->status);
		} else if (str_eq(name, STR("error"))) {
			if (once(j, &top->has_error))
				(void)json_string(j, &top->error);
		} else if (str_eq(name, STR("data"))) {
			if (once(j, &top->has_data))
				read_data(j, top);
		} else {
			(void)json_skip(j);
		}
	}
}

/* ---- values ---- */

static bool
value_ok(str s)
{
	double number;
	return str_double(s, &number) || str_eq(s, STR("NaN")) || str_eq(s, STR("+Inf")) ||
	       str_eq(s, STR("-Inf"));
}

/* [seconds, "value"] */
static void
read_value(struct json *j, str *ret)
{
	str at;
	if (!json_array(j) || !json_element(j) || !json_number(j, &at) ||
	    !json_element(j) || !json_string(j, ret)) {
		json_fail(j, "expected a time and a value");
		return;
	}
	if (json_element(j))
		json_fail(j, "expected a time and a value");
	if (!value_ok(*ret))
		json_fail(j, "a value is no number");
}

static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *one = a, *other = b;
	return str_cmp(one->name, other->name);
}

static void
read_labels(struct json *j, struct labels *ret)
{
	ret->n = 0;
	if (!json_object(j))
		return;
	for (str name; json_member(j, &name);) {
		if (ret->n == PROMQL_LABELS_MAX) {
			json_fail(j, "a series has too many labels");
			return;
		}
		ret->p[ret->n].name = name;
		if (!json_string(j, &ret->p[ret->n].value))
			return;
		ret->n++;
	}
	qsort(ret->p, ret->n, sizeof(ret->p[0]), compare_pairs);
	for (size_t i = 1; i < ret->n; i++) {
		if (str_eq(ret->p[i - 1].name, ret->p[i].name))
			json_fail(j, "a label stands there twice");
	}
}

static int
compare_labels(const struct labels *a, const struct labels *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		int name = str_cmp(a->p[i].name, b->p[i].name);
		int value = str_cmp(a->p[i].value, b->p[i].value);
		if (name != 0 || value != 0)
			return name != 0 ? name : value;
	}
	return (a->n > b->n) - (a->n < b->n);
}

static void
read_series(struct json *j, struct labels *labels, str *ret_value)
{
	bool has_metric = false, has_value = false;
	if (!json_object(j))
		return;
	for (str name; json_member(j, &name);) {
		if (str_eq(name, STR("metric"))) {
			if (once(j, &has_metric))
				read_labels(j, labels);
		} else if (str_eq(name, STR("value"))) {
			if (once(j, &has_value))
				read_value(j, ret_value);
		} else if (str_eq(name, STR("histogram"))) {
			json_fail(j, "a histogram has no single value");
		} else {
			(void)json_skip(j);
		}
	}
	if (!has_metric || !has_value)
		json_fail(j, "a series has no metric or no value");
}

static void
read_vector(struct json *j, str *ret_value, uint32_t *ret_n)
{
	struct labels best = { .n = 0 }, labels;
	uint32_t n = 0;
	if (!json_array(j))
		return;
	while (json_element(j)) {
		str value = STR("");
		read_series(j, &labels, &value);
		if (j->error != NULL)
			return;
		if (n++ == 0 || compare_labels(&labels, &best) < 0) {
			best = labels;
			*ret_value = value;
		}
	}
	*ret_n = n;
}

void
promql_read(str body, struct arena *arena, struct probe_result *ret)
{
	struct json j;
	struct top top = { 0 };
	ret->value = STR("");
	ret->error = STR("");
	ret->series = 0;

	json_open(&j, body, arena);
	read_top(&j, &top);
	if (!json_close(&j)) {
		failed(ret, arena_printf(arena, "the answer is not JSON of Prometheus: %s",
				j.error));
		return;
	}
	if (str_eq(top.status, STR("error"))) {
		str error = clean_line(arena, top.error, ERROR_BYTES_MAX);
		failed(ret, arena_printf(arena, "Prometheus says: %.*s", STR_ARG(error)));
		return;
	}
	if (!str_eq(top.status, STR("success")) || !top.has_type || !top.has_result) {
		failed(ret, STR("the answer is not one of Prometheus' API"));
		return;
	}

	uint32_t n = 0;
	str value = STR("");
	json_open(&j, top.result, arena);
	if (str_eq(top.type, STR("vector"))) {
		read_vector(&j, &value, &n);
	} else if (str_eq(top.type, STR("scalar"))) {
		read_value(&j, &value);
		n = 1;
	} else {
		failed(ret, STR("the query gives no single value but a range or a text"));
		return;
	}
	if (!json_close(&j)) {
		failed(ret, arena_printf(arena, "the answer cannot be read: %s", j.error));
		return;
	}
	ret->series = n;
	ret->status = n == 0 || str_eq(value, STR("NaN")) ? PROBE_NO_DATA : PROBE_OK;
	ret->value = ret->status == PROBE_OK ? value : STR("");
}
