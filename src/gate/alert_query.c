#include "gate/alert_query.h"

#include <stdio.h>

#define LIST_LIMIT_MAX 1000
#define LIST_LIMIT 100
#define GROUPS_LIMIT 50
#define GROUPS_FIRST 5

static void
add(struct alert_query *q, const char *name, str value)
{
	ASSERT(q->param_n < countof(q->param));
	q->param[q->param_n++] = (struct pair){ str_of(name), value };
}

/* "filter.07": names of params ascend. */
static void
add_numbered(struct alert_query *q, const char *name, size_t number, str value)
{
	char *text = q->name[q->param_n];
	(void)snprintf(text, sizeof(q->name[0]), "%s", name);
	(void)snprintf(text + strlen(text), sizeof(q->name[0]) - strlen(text), "%02u",
	    (unsigned)number);
	add(q, text, value);
}

/* The labels to group by, ascending. */
static bool
read_by(struct call *call, struct alert_query *q)
{
	str by[TALLY_BY_MAX];
	size_t n = 0;
	for (size_t i = 0; i < call->target.query_n; i++) {
		const struct pair *pair = &call->target.query[i];
		if (!str_eq(pair->name, STR("by")))
			continue;
		size_t at = n;
		while (at > 0 && str_cmp(by[at - 1], pair->value) > 0)
			at--;
		bool twice = at > 0 && str_eq(by[at - 1], pair->value);
		if (n == TALLY_BY_MAX || pair->value.n == 0 || twice) {
			respond_error(call, 400, 2,
			    "'by' is the name of a label, of at most %d, each once",
			    TALLY_BY_MAX);
			return false;
		}
		memmove(&by[at + 1], &by[at], (n - at) * sizeof(by[0]));
		by[at] = pair->value;
		n++;
	}
	if (n == 0)
		by[n++] = STR("alertname");
	for (size_t i = 0; i < n; i++)
		add_numbered(q, "by.", i, by[i]);
	return true;
}

static bool
read_filters(struct call *call, struct alert_query *q)
{
	for (size_t i = 0; i < call->target.query_n; i++) {
		const struct pair *pair = &call->target.query[i];
		if (!str_eq(pair->name, STR("filter")) || pair->value.n == 0)
			continue;
		if (q->filter_n == LABEL_MATCHERS_MAX) {
			respond_error(call, 400, 2, "there are more than %d filters",
			    LABEL_MATCHERS_MAX);
			return false;
		}
		if (!label_matchers_add_filter(&q->filters, pair->value, &call->arena)) {
			respond_error(call, 400, 2,
			    "'%.*s' is no matcher: write severity=\"critical\", !=, =~ or "
			    "!~",
			    STR_ARG(pair->value));
			return false;
		}
		add_numbered(q, "filter.", q->filter_n++, pair->value);
	}
	return true;
}

static bool
read_number(struct call *call, const char *name, uint64_t min, uint64_t max, uint64_t *ret)
{
	str text = target_query(&call->target, str_of(name));
	if (text.n == 0 || (str_u64(text, max, ret) && *ret >= min))
		return true;
	respond_error(call, 400, 2, "'%s' is a number from %llu to %llu", name,
	    (unsigned long long)min, (unsigned long long)max);
	return false;
}

/* Names it does not know, or one twice of which there is one. */
static bool
knows_all(struct call *call, bool groups)
{
	struct target once = call->target;
	once.query_n = 0;
	for (size_t i = 0; i < call->target.query_n; i++) {
		const struct pair *pair = &call->target.query[i];
		bool many = str_eq(pair->name, STR("filter")) ||
		            (groups && str_eq(pair->name, STR("by")));
		if (!many)
			once.query[once.query_n++] = *pair;
	}
	str unknown = target_query_unknown(&once,
	    groups ? "state text first limit cursor" : "state text limit cursor");
	if (unknown.n == 0)
		return true;
	respond_error(call, 400, 2, "unknown or repeated query parameter '%.*s'",
	    STR_ARG(unknown));
	return false;
}

static bool
read_first(struct call *call, struct alert_query *q)
{
	uint64_t first = GROUPS_FIRST;
	if (!read_number(call, "first", 0, TALLY_FIRST_MAX, &first))
		return false;
	(void)snprintf(q->first, sizeof(q->first), "%u", (unsigned)first);
	add(q, "first", str_of(q->first));
	return true;
}

/* Behind the others: names ascend. */
static bool
read_words(struct call *call, struct alert_query *q)
{
	str state = target_query(&call->target, STR("state"));
	str text = target_query(&call->target, STR("text"));
	struct needle needle;
	const char *wrong = needle_read(text, &needle);
	if (wrong == NULL && state.n > 0 && !str_eq(state, STR("active")) &&
	    !str_eq(state, STR("held")) && !str_eq(state, STR("all")))
		wrong = "'state' is active, held or all";
	if (wrong != NULL) {
		respond_error(call, 400, 2, "%s", wrong);
		return false;
	}
	if (state.n > 0)
		add(q, "state", state);
	if (needle.n > 0)
		add(q, "text", text);
	return true;
}

bool
alert_query_read(struct call *call, struct alert_query *q, bool groups)
{
	q->limit = groups ? GROUPS_LIMIT : LIST_LIMIT;
	return knows_all(call, groups) &&
	       read_number(call, "limit", 1,
		   groups ? TALLY_PAGE_GROUPS_MAX : LIST_LIMIT_MAX, &q->limit) &&
	       read_number(call, "cursor", 0, UINT64_MAX, &q->cursor) &&
	       (!groups || read_by(call, q)) && read_filters(call, q) &&
	       (!groups || read_first(call, q)) && read_words(call, q);
}

void
alert_query_done(struct alert_query *query)
{
	label_matchers_done(&query->filters);
}
