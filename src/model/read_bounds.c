/*
 * What grants let parameters be, and when an approval is asked for.
 *
 *	with: {replicas: {min: 2, max: 20, change: 2x}, unit: {like: "web-*"}}
 *	when: {replicas: "> 2x", targets: "> 3", mode: "is [fast, faster]"}
 *
 * A bound that no value can meet, or a condition that never holds, is a rule that is not
 * there: both are mistakes, as far as the declared types can tell.
 */
#include "model/rules.h"

#define LIKE_BYTES_MAX 256

static bool
rule_names(const struct rule *rule, const struct action *action)
{
	if (rule->any)
		return true;
	for (size_t i = 0; i < rule->may.n; i++) {
		if (str_eq(rule->may.p[i], action->name) ||
		    str_eq(rule->may.p[i], action->verb))
			return true;
	}
	return false;
}

/* An action that a rule names, and its parameter that is written about. */
struct named {
	const struct action *action;
	const struct param *param;
};

/* The next of them from *i on. */
static bool
named_next(const struct model *m, const struct rule *rule, str param, size_t *i,
    struct named *ret)
{
	while (*i < m->actions_n) {
		const struct action *action = &m->actions[(*i)++];
		const struct param *found = param_find(&action->params, param);
		if (found == NULL || !rule_names(rule, action))
			continue;
		*ret = (struct named){ action, found };
		return true;
	}
	return false;
}

#define SUGGESTED_MAX 64

/* Reports a parameter that no action has which the rule names. */
static bool
check_named(struct reader *r, const struct node *node, const struct rule *rule)
{
	const struct model *m = r->model;
	struct named named;
	size_t first = 0, actions_n = 0, n = 0;
	if (named_next(m, rule, node->key, &first, &named))
		return true;

	str names[SUGGESTED_MAX];
	for (size_t i = 0; i < m->actions_n; i++) {
		const struct params *params = &m->actions[i].params;
		if (!rule_names(rule, &m->actions[i]))
			continue;
		actions_n++;
		for (size_t k = 0; k < params->n && n < SUGGESTED_MAX; k++)
			names[n++] = params->p[k].name;
	}
	str hint = read_suggest(r, node->key, names, n);
	if (actions_n == 0 || (r->incomplete && hint.n == 0))
		return false; /* what it names is not known: reported there */
	if (hint.n == 0 && n > 0)
		hint = read_hint(r, "their parameters are %.*s",
		    STR_ARG(read_join(r, names, n)));
	else if (hint.n == 0)
		hint = STR("they have none: remove it");
	read_error_key(r, node, hint,
	    "no action that this rule names has a parameter '%.*s'", STR_ARG(node->key));
	return false;
}

/* Every action's parameter of that name must be a number, and, where it is compared with
 * its live value, observed. */
static void
check_numbers(struct reader *r, const struct node *node, const struct rule *rule, str param,
    bool live)
{
	struct named named;
	for (size_t i = 0; named_next(r->model, rule, param, &i, &named);) {
		str action = named.action->name;
		if (named.param->kind == 0)
			continue; /* its own fault is reported there */
		if (named.param->kind != PARAM_INTEGER)
			read_error(r, node,
			    STR("only a parameter of type: integer can be compared"),
			    "'%.*s' of '%.*s' is not a number", STR_ARG(param),
			    STR_ARG(action));
		else if (live && observe_find(named.action, param) == NULL)
			read_error(r, node,
			    read_hint(r, "add observe: {%.*s: {promql: ...}} to it",
				STR_ARG(param)),
			    "'%.*s' does not observe '%.*s'", STR_ARG(action),
			    STR_ARG(param));
	}
}

/* Whether some action's parameter can be from `min` to `max`, as far as there is one. */
static bool
range_possible(const struct model *m, const struct rule *rule, str param, int64_t min,
    int64_t max)
{
	bool none = true;
	struct named named;
	for (size_t i = 0; named_next(m, rule, param, &i, &named); none = false) {
		if (named.param->kind != PARAM_INTEGER ||
		    (named.param->min <= max && named.param->max >= min))
			return true;
	}
	return none;
}

/* Reports a value that no action's parameter can have; it is a part of the node's text. */
static void
check_value(struct reader *r, const struct node *node, const struct rule *rule, str param,
    str value)
{
	const struct param *last = NULL;
	struct named named;
	for (size_t i = 0; named_next(r->model, rule, param, &i, &named);) {
		struct arena scratch = *r->arena;
		last = named.param;
		if (last->kind == 0 || param_refuses(last, value, &scratch).n == 0)
			return;
	}
	if (last == NULL || r->diags->kept == DIAGS_MAX)
		return;
	str why = param_refuses(last, value, r->arena);
	read_error_part(r, node, (size_t)(value.p - node->text.p), value.n, STR(""),
	    "a bad value for %.*s", STR_ARG(why));
}

/* ---- with ---- */

struct bound_nodes {
	const struct node *min, *max, *change, *one_of, *like;
};

/* Within all that can be said of a single value. */
static bool
fits(const struct param_bound *bound, str value)
{
	int64_t number;
	if ((bound->has_min || bound->has_max) &&
	    (!text_i64(value, &number) || (bound->has_min && number < bound->min) ||
		(bound->has_max && number > bound->max)))
		return false;
	return bound->like.n == 0 || like_matches(bound->like, value);
}

static bool
any_fits(const struct param_bound *bound, const str *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fits(bound, values[i]))
			return true;
	}
	return false;
}

/* Whether a declared value of some action's parameter is within the bound; where values
 * are not declared one by one it may be. */
static bool
declared_fits(const struct reader *r, const struct rule *rule,
    const struct param_bound *bound)
{
	struct named named;
	for (size_t i = 0; named_next(r->model, rule, bound->param, &i, &named);) {
		const struct strs *values = &named.param->values;
		switch (named.param->kind) {
		case PARAM_STRING:
		case PARAM_NAME:
		case PARAM_INTEGER:
			return true;
		case PARAM_ONE_OF:
			if (values->n == 0 || any_fits(bound, values->p, values->n))
				return true;
			break;
		case PARAM_HOST:
			if (any_fits(bound, r->hosts.list, r->hosts.n))
				return true;
			break;
		case PARAM_SERVICE:
			if (any_fits(bound, r->services.list, r->services.n))
				return true;
			break;
		}
		if (named.param->kind == 0)
			return true; /* it could not be read */
	}
	return r->incomplete;
}

static void
read_min_max(struct reader *r, const struct bound_nodes *n, const struct rule *rule,
    struct param_bound *bound)
{
	unsigned faults = r->diags->count;
	if (n->min != NULL)
		bound->has_min = read_i64(r, n->min, &bound->min);
	if (n->max != NULL)
		bound->has_max = read_i64(r, n->max, &bound->max);
	if (bound->has_min && bound->has_max && bound->min > bound->max)
		read_error(r, n->max, STR("write the smaller number under 'min'"),
		    "max is below min");
	const struct node *node = n->min != NULL ? n->min : n->max;
	if (node != NULL)
		check_numbers(r, node, rule, bound->param, false);
	if (node == NULL || faults != r->diags->count)
		return;
	int64_t min = bound->has_min ? bound->min : INT64_MIN;
	int64_t max = bound->has_max ? bound->max : INT64_MAX;
	if (!range_possible(r->model, rule, bound->param, min, max))
		read_error(r, node, STR("stay within the parameter's own 'min' and 'max'"),
		    "no value that '%.*s' can have is within these bounds",
		    STR_ARG(bound->param));
}

static void
read_change(struct reader *r, const struct node *node, const struct rule *rule,
    struct param_bound *bound)
{
	str text;
	struct delta change;
	if (!read_text(r, node, &text))
		return;
	if (!text_delta(text, &change) ||
	    (change.kind == DELTA_FACTOR && change.thousandths <= 1000)) {
		read_error(r, node,
		    STR("write 2x for the double or the half of the live value at most, "
			"50% "
			"or 3 for so much more or less"),
		    "expected a change, not '%.*s'", STR_ARG(text));
		return;
	}
	bound->change = change;
	check_numbers(r, node, rule, bound->param, true);
}

static void
read_one_of(struct reader *r, const struct node *node, const struct rule *rule,
    struct param_bound *bound)
{
	if (!read_at_most(r, node, RULE_LIST_MAX) ||
	    !read_strs(r, node, false, &bound->values))
		return;
	if (node->n == 0)
		read_error(r, node, STR("an empty list never means everything"),
		    "'one_of' names nothing");
	const struct node *item = node->first;
	for (size_t i = 0; i < bound->values.n; i++, item = item->next)
		check_value(r, item, rule, bound->param, bound->values.p[i]);
}

static bool
is_one_value(str like)
{
	return memchr(like.p, '*', like.n) == NULL && memchr(like.p, '?', like.n) == NULL;
}

static void
read_like(struct reader *r, const struct node *node, const struct rule *rule,
    struct param_bound *bound)
{
	str text;
	if (!read_text(r, node, &text))
		return;
	if (text.n > LIKE_BYTES_MAX)
		read_error(r, node, STR(""), "a pattern of more than %d bytes",
		    LIKE_BYTES_MAX);
	else
		bound->like = text;
	if (bound->like.n > 0 && is_one_value(text))
		check_value(r, node, rule, bound->param, text);
}

static void
read_bound(struct reader *r, const struct node *node, const struct rule *rule,
    struct param_bound *bound)
{
	struct bound_nodes n = { 0 };
	const struct key keys[] = {
		{ "min", &n.min },
		{ "max", &n.max },
		{ "change", &n.change },
		{ "one_of", &n.one_of },
		{ "like", &n.like },
	};
	bound->param = node->key;
	bool known = check_named(r, node, rule);
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (node->n == 0)
		read_error(r, node, STR("write min, max, change, one_of or like"),
		    "nothing is said of '%.*s'", STR_ARG(node->key));
	unsigned faults = r->diags->count;
	read_min_max(r, &n, rule, bound);
	if (n.change != NULL)
		read_change(r, n.change, rule, bound);
	if (n.one_of != NULL)
		read_one_of(r, n.one_of, rule, bound);
	if (n.like != NULL)
		read_like(r, n.like, rule, bound);
	if (!known || faults != r->diags->count)
		return;
	if (n.one_of != NULL && !any_fits(bound, bound->values.p, bound->values.n))
		read_error(r, n.one_of, STR("take out what contradicts it"),
		    "none of these is within the other bounds of '%.*s'",
		    STR_ARG(bound->param));
	else if (n.like != NULL && !declared_fits(r, rule, bound))
		read_error(r, n.like, STR("* is any run of characters, ? any one"),
		    "no value that '%.*s' can have is like that", STR_ARG(bound->param));
}

void
read_bounds(struct reader *r, const struct node *node, struct rule *rule)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, PARAMS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("as in {replicas: {max: 20}}, or remove it"),
		    "'with' bounds no parameter");
	rule->with = arena_new(r->arena, struct param_bound, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next)
		read_bound(r, child, rule, &rule->with[rule->with_n++]);
}

/* ---- when ---- */

#define WHEN_HINT                                                                      \
	STR("write \"> 10\", \"<= 5\", \"> 2x\" or \"< 50%\" of the live value, \"is " \
	    "a\" or \"is [a, b]\"")

static const struct {
	const char *text;
	enum when_op op;
} ops[] = {
	{ ">=", WHEN_GE },
	{ "<=", WHEN_LE },
	{ ">", WHEN_GT },
	{ "<", WHEN_LT },
	{ "is ", WHEN_IS },
};

/* "a" or "[a, b]" */
static bool
split_values(struct reader *r, str text, struct strs *ret)
{
	bool list = str_starts(text, STR("["));
	if (list && (text.n < 2 || !str_ends(text, STR("]"))))
		return false;
	str rest = list ? str_take(str_drop(text, 1), text.n - 2) : text;
	size_t most = 1;
	for (size_t i = 0; list && i < rest.n; i++)
		most += rest.p[i] == ',';
	struct strs values = { arena_new(r->arena, str, most), 0 };
	for (size_t i = 0; i < most; i++) {
		struct str_cut cut = str_cut(rest, ',');
		str value = str_trim(list ? cut.head : rest);
		if (value.n == 0)
			return false;
		values.p[values.n++] = value;
		rest = cut.tail;
	}
	*ret = values;
	return true;
}

/* What the text says, whatever parameter it is about. */
static bool
cut_when(struct reader *r, str text, struct when *when)
{
	for (size_t i = 0; i < countof(ops); i++) {
		if (!str_starts(text, str_of(ops[i].text)))
			continue;
		str operand = str_trim(str_drop(text, strlen(ops[i].text)));
		when->op = ops[i].op;
		if (when->op == WHEN_IS)
			return split_values(r, operand, &when->values);
		if (text_i64(operand, &when->number))
			return true;
		return text_delta(operand, &when->times) &&
		       when->times.kind != DELTA_NUMBER;
	}
	return false;
}

/* Whether a number from `min` to `max` can meet it. */
static bool
number_possible(const struct when *when, int64_t min, int64_t max)
{
	switch (when->op) {
	case WHEN_GT:
		return max > when->number;
	case WHEN_GE:
		return max >= when->number;
	case WHEN_LT:
		return min < when->number;
	case WHEN_LE:
		return min <= when->number;
	case WHEN_IS:
		return true;
	}
	UNREACHABLE();
}

static void
never(struct reader *r, const struct node *node)
{
	read_error(r, node, STR("nobody would ever be asked: mend it, or remove the rule"),
	    "'%.*s' is never '%.*s'", STR_ARG(node->key), STR_ARG(node->text));
}

/* How many targets the plan has: a number from 1. */
static void
check_targets(struct reader *r, const struct node *node, const struct when *when)
{
	if (when->op == WHEN_IS || when->times.kind != 0)
		read_error(r, node, STR("as in \"> 3\""),
		    "the number of targets is compared with a number");
	else if (!number_possible(when, 1, INT64_MAX))
		never(r, node);
}

static void
check_when(struct reader *r, const struct node *node, const struct rule *rule,
    const struct when *when)
{
	unsigned faults = r->diags->count;
	for (size_t i = 0; i < when->values.n; i++)
		check_value(r, node, rule, when->param, when->values.p[i]);
	if (when->op == WHEN_IS)
		return;
	check_numbers(r, node, rule, when->param, when->times.kind != 0);
	if (faults != r->diags->count || when->times.kind != 0)
		return;
	struct named named;
	for (size_t i = 0; named_next(r->model, rule, when->param, &i, &named);) {
		if (named.param->kind != PARAM_INTEGER ||
		    number_possible(when, named.param->min, named.param->max))
			return;
	}
	never(r, node);
}

static void
read_when(struct reader *r, const struct node *node, const struct rule *rule,
    struct when *when)
{
	bool targets = str_eq(node->key, STR("targets"));
	bool known = targets || check_named(r, node, rule);
	str text;
	when->param = node->key;
	if (!read_text(r, node, &text))
		return;
	if (!cut_when(r, str_trim(text), when))
		read_error(r, node, WHEN_HINT, "expected a condition, not '%.*s'",
		    STR_ARG(text));
	else if (targets)
		check_targets(r, node, when);
	else if (known)
		check_when(r, node, rule, when);
}

void
read_whens(struct reader *r, const struct node *node, struct rule *rule)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, PARAMS_MAX))
		return;
	if (node->n == 0)
		read_error(r, node, STR("leave 'when' out to ask always"),
		    "'when' holds no condition");
	rule->when = arena_new(r->arena, struct when, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next)
		read_when(r, child, rule, &rule->when[rule->when_n++]);
}
