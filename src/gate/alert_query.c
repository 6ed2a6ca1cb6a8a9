#include "gate/alert_query.h"

#include <stdarg.h>
#include <stdio.h>

#define LIST_LIMIT 100
#define GROUPS_LIMIT 50
#define GROUPS_FIRST 5

static bool refuse(struct alert_query *q, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool
refuse(struct alert_query *q, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(q->why, sizeof(q->why), fmt, args);
	va_end(args);
	return false;
}

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
read_by(const struct target *target, struct alert_query *q)
{
	str by[TALLY_BY_MAX];
	size_t n = 0;
	for (size_t i = 0; i < target->query_n; i++) {
		const struct pair *pair = &target->query[i];
		if (!str_eq(pair->name, STR("by")))
			continue;
		size_t at = n;
		while (at > 0 && str_cmp(by[at - 1], pair->value) > 0)
			at--;
		bool twice = at > 0 && str_eq(by[at - 1], pair->value);
		if (n == TALLY_BY_MAX || pair->value.n == 0 || twice)
			return refuse(q,
			    "'by' is the name of a label, of at most %d, each once",
			    TALLY_BY_MAX);
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
read_filters(const struct target *target, struct arena *arena, struct alert_query *q)
{
	for (size_t i = 0; i < target->query_n; i++) {
		const struct pair *pair = &target->query[i];
		if (!str_eq(pair->name, STR("filter")) || pair->value.n == 0)
			continue;
		if (q->filter_n == LABEL_MATCHERS_MAX)
			return refuse(q, "there are more than %d filters",
			    LABEL_MATCHERS_MAX);
		if (!label_matchers_add_filter(&q->filters, pair->value, arena))
			return refuse(q,
			    "'%.*s' is no matcher: write severity=\"critical\", !=, =~ or "
			    "!~",
			    STR_ARG(pair->value));
		add_numbered(q, "filter.", q->filter_n++, pair->value);
	}
	return true;
}

static bool
read_number(const struct target *target, struct alert_query *q, const char *name,
    uint64_t min, uint64_t max, uint64_t *ret)
{
	str text = target_query(target, str_of(name));
	if (text.n == 0 || (str_u64(text, max, ret) && *ret >= min))
		return true;
	return refuse(q, "'%s' is a number from %llu to %llu", name,
	    (unsigned long long)min, (unsigned long long)max);
}

/* Names it does not know, or one twice of which there is one. */
static bool
knows_all(const struct target *target, struct alert_query *q, bool groups)
{
	struct target once = *target;
	once.query_n = 0;
	for (size_t i = 0; i < target->query_n; i++) {
		const struct pair *pair = &target->query[i];
		bool many = str_eq(pair->name, STR("filter")) ||
		            (groups && str_eq(pair->name, STR("by")));
		if (!many)
			once.query[once.query_n++] = *pair;
	}
	str unknown = target_query_unknown(&once,
	    groups ? "state text first limit cursor" : "state text limit cursor");
	return unknown.n == 0 ||
	       refuse(q, "unknown or repeated query parameter '%.*s'", STR_ARG(unknown));
}

static bool
read_first(const struct target *target, struct alert_query *q)
{
	uint64_t first = GROUPS_FIRST;
	if (!read_number(target, q, "first", 0, TALLY_FIRST_MAX, &first))
		return false;
	(void)snprintf(q->first, sizeof(q->first), "%u", (unsigned)first);
	add(q, "first", str_of(q->first));
	return true;
}

/* Behind the others: names ascend. */
static bool
read_words(const struct target *target, struct alert_query *q)
{
	str state = target_query(target, STR("state"));
	str text = target_query(target, STR("text"));
	struct needle needle;
	const char *wrong = needle_read(text, &needle);
	if (wrong == NULL && state.n > 0 && !str_eq(state, STR("active")) &&
	    !str_eq(state, STR("held")) && !str_eq(state, STR("all")))
		wrong = "'state' is active, held or all";
	if (wrong != NULL)
		return refuse(q, "%s", wrong);
	if (state.n > 0)
		add(q, "state", state);
	if (needle.n > 0)
		add(q, "text", text);
	return true;
}

bool
alert_query_read(const struct target *target, bool groups, struct arena *arena,
    struct alert_query *q)
{
	q->limit = groups ? GROUPS_LIMIT : LIST_LIMIT;
	return knows_all(target, q, groups) &&
	       read_number(target, q, "limit", 1,
		   groups ? TALLY_PAGE_GROUPS_MAX : ALERT_QUERY_LISTED_MAX, &q->limit) &&
	       read_number(target, q, "cursor", 0, UINT64_MAX, &q->cursor) &&
	       (!groups || read_by(target, q)) && read_filters(target, arena, q) &&
	       (!groups || read_first(target, q)) && read_words(target, q);
}

bool
alert_query_take(struct call *call, bool groups, struct alert_query *q)
{
	bool ok = alert_query_read(&call->target, groups, &call->arena, q);
	if (!ok)
		respond_error(call, 400, 2, "%s", q->why);
	return ok;
}

void
alert_query_done(struct alert_query *query)
{
	label_matchers_done(&query->filters);
}
