/*
 * Parameters of actions and inputs of runbooks: what they are declared to be, and whether
 * a value is that. A value that passes may stand in an argv, so what could be taken for an
 * option or end a line is refused whatever the type says.
 */
#include <assert.h>

#include "model/internal.h"

static const char *const kinds[] = { "string", "name", "integer", "one-of", "host",
	"service" };
static_assert(countof(kinds) == PARAM_SERVICE, "a name for each kind");

/* "010" is ten to us and eight to others, and no rule that says 10 would know it again: a
 * number has one way to be written. */
static bool
has_needless_zero(str value)
{
	str digits = value.p[0] == '-' ? str_drop(value, 1) : value;
	return digits.n > 0 && digits.p[0] == '0' && value.n > 1;
}

static bool
integer_takes(const struct param *param, str value)
{
	int64_t number;
	return text_i64(value, &number) && !has_needless_zero(value) &&
	       number >= param->min && number <= param->max;
}

static bool
one_of_takes(const struct param *param, str value)
{
	for (size_t i = 0; i < param->values.n; i++)
		if (str_eq(param->values.p[i], value))
			return true;
	return false;
}

static bool
kind_takes(const struct param *param, str value)
{
	switch (param->kind) {
	case PARAM_STRING:
		return param->pattern == NULL || regex_match(param->pattern, value);
	case PARAM_NAME:
		return name_is(value);
	case PARAM_INTEGER:
		return integer_takes(param, value);
	case PARAM_ONE_OF:
		return one_of_takes(param, value);
	case PARAM_HOST:
	case PARAM_SERVICE:
		return param->among != NULL && names_get(param->among, value) != NULL;
	}
	UNREACHABLE();
}

static bool
has_control(str value)
{
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return true;
	return false;
}

static bool
is_option(const struct param *param, str value)
{
	return value.p[0] == '-' && !param->dash;
}

bool
param_takes(const struct param *param, str value)
{
	return value.n > 0 && value.n <= PARAM_VALUE_BYTES_MAX && str_utf8(value) &&
	       !has_control(value) && !is_option(param, value) && kind_takes(param, value);
}

static str
integer_why(const struct param *param, str value, struct arena *arena)
{
	int64_t number;
	if (text_i64(value, &number) && has_needless_zero(value))
		return arena_printf(arena, "'%.*s' is written with a needless zero: %lld",
		    STR_ARG(value), (long long)number);
	if (param->min == INT64_MIN && param->max == INT64_MAX)
		return arena_printf(arena, "'%.*s' is not a whole number", STR_ARG(value));
	if (param->max == INT64_MAX)
		return arena_printf(arena, "'%.*s' is not a whole number from %lld up",
		    STR_ARG(value), (long long)param->min);
	if (param->min == INT64_MIN)
		return arena_printf(arena, "'%.*s' is not a whole number up to %lld",
		    STR_ARG(value), (long long)param->max);
	return arena_printf(arena, "'%.*s' is not a whole number from %lld to %lld",
	    STR_ARG(value), (long long)param->min, (long long)param->max);
}

static str
kind_why(const struct param *param, str value, struct arena *arena)
{
	switch (param->kind) {
	case PARAM_STRING:
		return arena_printf(arena, "'%.*s' does not match '%.*s'", STR_ARG(value),
		    STR_ARG(param->pattern_text));
	case PARAM_NAME:
		return arena_printf(arena, "'%.*s' is not a name", STR_ARG(value));
	case PARAM_INTEGER:
		return integer_why(param, value, arena);
	case PARAM_ONE_OF:
		return arena_printf(arena, "'%.*s' is not one of the values it may have",
		    STR_ARG(value));
	case PARAM_HOST:
	case PARAM_SERVICE:
		return arena_printf(arena, "there is no %s '%.*s'",
		    param->kind == PARAM_HOST ? "host" : "service", STR_ARG(value));
	}
	UNREACHABLE();
}

static str
why_not(const struct param *param, str value, struct arena *arena)
{
	if (value.n == 0)
		return STR("it is empty");
	if (value.n > PARAM_VALUE_BYTES_MAX)
		return arena_printf(arena, "it is over %d bytes", PARAM_VALUE_BYTES_MAX);
	if (!str_utf8(value))
		return STR("it is not UTF-8");
	if (has_control(value))
		return STR("it holds a control character");
	if (is_option(param, value))
		return arena_printf(arena, "'%.*s' begins with '-'", STR_ARG(value));
	return kind_why(param, value, arena);
}

const struct param *
param_find(const struct params *params, str name)
{
	for (size_t i = 0; i < params->n; i++) {
		if (str_eq(params->p[i].name, name))
			return &params->p[i];
	}
	return NULL;
}

str
param_refuses(const struct param *param, str value, struct arena *arena)
{
	if (param_takes(param, value))
		return STR("");
	str why = arena_printf(arena, "'%.*s': %.*s", STR_ARG(param->name),
	    STR_ARG(why_not(param, value, arena)));
	return why.n > 0 ? why : STR("it is not one of the values it may have");
}

/* ---- reading ---- */

static void
read_string_keys(struct reader *r, const struct node *map, const struct param_nodes *nodes,
    struct param *ret)
{
	if (nodes->pattern != NULL) {
		if (!read_text(r, nodes->pattern, &ret->pattern_text))
			return;
		ret->pattern = read_regex(r, nodes->pattern, 0);
	} else if (ret->kind == PARAM_STRING) {
		read_error_key(r, map,
		    STR("add pattern: '...', or use type: name for [A-Za-z0-9_.-]"),
		    "the string '%.*s' has no pattern", STR_ARG(map->key));
	}
}

static void
read_integer_keys(struct reader *r, const struct param_nodes *nodes, struct param *ret)
{
	if (nodes->min != NULL)
		(void)read_i64(r, nodes->min, &ret->min);
	if (nodes->max != NULL)
		(void)read_i64(r, nodes->max, &ret->max);
	if (nodes->min != NULL && nodes->max != NULL && ret->min > ret->max)
		read_error(r, nodes->max, STR("write the smaller number under 'min'"),
		    "max is below min");
	if (nodes->min != NULL && ret->min < 0)
		ret->dash = true; /* a negative number is no option */
}

/* Keys that say nothing about this type are mistakes. */
static void
refuse_foreign_keys(struct reader *r, const struct param_nodes *nodes,
    const struct param *param)
{
	const struct {
		const struct node *node;
		bool belongs;
	} rows[] = {
		{ nodes->pattern, param->kind == PARAM_STRING },
		{ nodes->min, param->kind == PARAM_INTEGER },
		{ nodes->max, param->kind == PARAM_INTEGER },
		{ nodes->values, param->kind == PARAM_ONE_OF },
		{ nodes->dash, param->kind == PARAM_STRING || param->kind == PARAM_ONE_OF },
	};
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].node != NULL && !rows[i].belongs)
			read_error_key(r, rows[i].node,
			    STR("remove it, or change the type"),
			    "'%.*s' means nothing for type: %s", STR_ARG(rows[i].node->key),
			    kinds[param->kind - 1]);
}

static void
read_kind_keys(struct reader *r, const struct node *map, const struct param_nodes *nodes,
    struct param *ret)
{
	switch (ret->kind) {
	case PARAM_STRING:
		read_string_keys(r, map, nodes, ret);
		return;
	case PARAM_INTEGER:
		read_integer_keys(r, nodes, ret);
		return;
	case PARAM_ONE_OF:
		if (nodes->values == NULL)
			read_error_key(r, map, STR("add values: [a, b]"),
			    "'%.*s' has no values to choose from", STR_ARG(map->key));
		else if (read_strs(r, nodes->values, false, &ret->values) &&
			 ret->values.n == 0)
			read_error(r, nodes->values, STR("add at least one"),
			    "'%.*s' has no values to choose from", STR_ARG(map->key));
		return;
	case PARAM_HOST:
		ret->among = r->hosts.by_name;
		return;
	case PARAM_SERVICE:
		ret->among = r->services.by_name;
		return;
	case PARAM_NAME:
		return;
	}
	UNREACHABLE();
}

bool
read_param(struct reader *r, const struct node *map, const struct param_nodes *nodes,
    struct param *ret)
{
	unsigned kind;
	unsigned faults = r->diags->count;
	if (!name_is(map->key))
		read_error_key(r, map, STR("use letters, digits, '-', '_' and '.'"),
		    "'%.*s' cannot be the name of a parameter", STR_ARG(map->key));
	if (!read_choice(r, nodes->type, "type", kinds, countof(kinds), &kind))
		return false;

	struct param param = {
		.name = map->key,
		.kind = (enum param_kind)(kind + 1),
		.min = INT64_MIN,
		.max = INT64_MAX,
		.place = node_place(map),
	};
	refuse_foreign_keys(r, nodes, &param);
	if (nodes->dash != NULL)
		(void)read_bool(r, nodes->dash, &param.dash);
	if (nodes->optional != NULL)
		(void)read_bool(r, nodes->optional, &param.optional);
	read_kind_keys(r, map, nodes, &param);

	if (nodes->otherwise != NULL && read_text(r, nodes->otherwise, &param.otherwise)) {
		param.optional = true;
		str why = faults == r->diags->count
		              ? param_refuses(&param, param.otherwise, r->arena)
		              : STR("");
		if (why.n > 0)
			read_error(r, nodes->otherwise, STR(""), "a bad default for %.*s",
			    STR_ARG(why));
	}
	if (faults != r->diags->count)
		return false;
	*ret = param;
	return true;
}
