#include "gate/body.h"

#include <stdio.h>

#include "intake/moment.h"

#define MEMBERS_MAX 16

static const char *const behalf_names[BEHALF_MAX] = { "behalf.0", "behalf.1", "behalf.2",
	"behalf.3", "behalf.4", "behalf.5", "behalf.6", "behalf.7" };

struct reading {
	struct json j;
	struct arena *arena;
	struct request *request;
	struct pair *params;
	char why[160]; /* what json_fail keeps only a pointer to */
};

static void PRINTF_LIKE(2, 3) fail(struct reading *r, const char *fmt, ...)
{
	if (r->j.error != NULL)
		return;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
	json_fail(&r->j, r->why);
}

bool
body_time(str text, msec *ret)
{
	if (str_u64(text, MOMENT_MAX, ret))
		return true;
	return text.n > 0 && moment_parse(text, ret) && *ret > 0;
}

bool
body_span(str text, msec *ret)
{
	static const struct {
		char unit;
		msec ms;
	} units[] = { { 's', SECOND }, { 'm', MINUTE }, { 'h', HOUR }, { 'd', DAY } };
	uint64_t n;
	for (size_t i = 0; i < countof(units) && text.n > 1; i++) {
		if (text.p[text.n - 1] == units[i].unit &&
		    str_u64(str_take(text, text.n - 1), BODY_SPAN_MS_MAX / units[i].ms,
			&n) &&
		    n > 0) {
			*ret = n * units[i].ms;
			return true;
		}
	}
	return false;
}

static void
add_param(struct reading *r, str name, str value)
{
	struct pairs *params = &r->request->params;
	if (params->n == PAIRS_MAX) {
		fail(r, "more than %d parameters", PAIRS_MAX);
		return;
	}
	r->params[params->n++] = (struct pair){ name, value };
}

static void
read_time(struct reading *r, str name)
{
	str text;
	msec at;
	bool ok = json_peek(&r->j) == JSON_STRING ? json_string(&r->j, &text)
	                                          : json_number(&r->j, &text);
	if (!ok)
		return;
	if (!body_time(text, &at)) {
		fail(r, "'%.*s' is a time as 2026-11-23T07:00:00Z", STR_ARG(name));
		return;
	}
	char *p = arena_try(r->arena, char, 24);
	if (p == NULL) {
		fail(r, "the body is too long");
		return;
	}
	int n = snprintf(p, 24, "%llu", (unsigned long long)at);
	add_param(r, name, (str){ p, (size_t)n });
}

/* Numbers and truth values stand for their text: {"replicas": 4}. */
static bool
read_value(struct reading *r, str *ret)
{
	bool yes;
	switch (json_peek(&r->j)) {
	case JSON_NUMBER:
		return json_number(&r->j, ret);
	case JSON_BOOL:
		if (!json_bool(&r->j, &yes))
			return false;
		*ret = yes ? STR("true") : STR("false");
		return true;
	case JSON_NONE:
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_STRING:
	case JSON_NULL:
		return json_string(&r->j, ret);
	}
	UNREACHABLE();
}

static void
read_with(struct reading *r, const char *prefix)
{
	str name, value;
	size_t prefix_n = strlen(prefix);
	if (!json_object(&r->j))
		return;
	while (json_member(&r->j, &name)) {
		if (!read_value(r, &value))
			return;
		char *p = arena_try(r->arena, char, prefix_n + name.n + 1);
		if (p == NULL) {
			fail(r, "the body is too long");
			return;
		}
		memcpy(p, prefix, prefix_n);
		memcpy(p + prefix_n, name.p, name.n);
		add_param(r, (str){ p, prefix_n + name.n }, value);
	}
}

static void
read_span(struct reading *r, str name)
{
	str text;
	bool number = json_peek(&r->j) == JSON_NUMBER;
	if (!(number ? json_number(&r->j, &text) : json_string(&r->j, &text)))
		return;
	bool ok = number ? str_u64(text, BODY_SPAN_MS_MAX, &r->request->span_ms) &&
	                       r->request->span_ms > 0
	                 : body_span(text, &r->request->span_ms);
	if (!ok)
		fail(r, "'%.*s' is a length of time as 90s, 30m or 2h", STR_ARG(name));
}

static void
read_digest(struct reading *r, str name)
{
	hash32 *hash = &r->request->digest;
	str text;
	if (!json_string(&r->j, &text))
		return;
	/* Nothing but zeros would mean that none was given. */
	if (!hex_decode(text, hash->b, sizeof(hash->b)) || hash32_zero(hash))
		fail(r, "'%.*s' is 64 hexadecimal digits", STR_ARG(name));
}

static void
read_count(struct reading *r, str name)
{
	str text;
	uint64_t n;
	bool ok = json_peek(&r->j) == JSON_STRING ? json_string(&r->j, &text)
	                                          : json_number(&r->j, &text);
	if (!ok)
		return;
	if (str_u64(text, TARGETS_MAX, &n) && n > 0)
		add_param(r, name, text);
	else
		fail(r, "'%.*s' is a number from 1 to %d", STR_ARG(name), TARGETS_MAX);
}

static void
read_row(struct reading *r, str name)
{
	uint64_t number = 0;
	if (json_u64(&r->j, INT64_MAX, &number) && number == 0)
		fail(r, "'%.*s' is a number from 1", STR_ARG(name));
	r->request->row = number;
}

static void
read_incident(struct reading *r, str name)
{
	str text;
	uint64_t n;
	bool ok = json_peek(&r->j) == JSON_STRING ? json_string(&r->j, &text)
	                                          : json_number(&r->j, &text);
	if (!ok)
		return;
	if (str_u64(text, UINT32_MAX, &n) && n > 0)
		r->request->incident = (incident_id)n;
	else
		fail(r, "'%.*s' is the number of an incident", STR_ARG(name));
}

static void
read_behalf(struct reading *r)
{
	str text;
	if (json_peek(&r->j) == JSON_STRING) {
		if (json_string(&r->j, &text))
			add_param(r, str_of(behalf_names[0]), text);
		return;
	}
	if (!json_array(&r->j))
		return;
	for (size_t i = 0; json_element(&r->j); i++) {
		if (i == BEHALF_MAX)
			fail(r, "'behalf' has at most %d principals", BEHALF_MAX);
		else if (json_string(&r->j, &text))
			add_param(r, str_of(behalf_names[i]), text);
		if (r->j.error != NULL)
			return;
	}
}

static void
read_name(struct reading *r)
{
	if (r->request->name.n > 0)
		fail(r, "give a runbook or an action, not both");
	else if (json_string(&r->j, &r->request->name) && r->request->name.n == 0)
		fail(r, "a name cannot be empty");
}

static void
read_happened(struct reading *r)
{
	str text;
	if (!json_string(&r->j, &text))
		return;
	if (str_eq(text, STR("yes")))
		r->request->happened = HAPPENED_YES;
	else if (str_eq(text, STR("no")))
		r->request->happened = HAPPENED_NO;
	else
		fail(r, "'happened' is 'yes' or 'no'");
}

static void
read_secret(struct reading *r, str name)
{
	if (r->request->text.n > 0) {
		fail(r, "'%.*s' and '%.*s': one of them", STR_ARG(r->request->text),
		    STR_ARG(name));
		return;
	}
	r->request->text = name;
	(void)json_string(&r->j, &r->request->secret);
}

static void
read_member(struct reading *r, const struct body_member *member)
{
	str text;
	switch (member->kind) {
	case BODY_TEXT:
		(void)json_string(&r->j, &r->request->text);
		return;
	case BODY_NAME:
		read_name(r);
		return;
	case BODY_ACTION:
		r->request->action = true;
		read_name(r);
		return;
	case BODY_TARGET:
		(void)json_string(&r->j, &r->request->target);
		return;
	case BODY_HAPPENED:
		read_happened(r);
		return;
	case BODY_PARAM:
		if (json_string(&r->j, &text))
			add_param(r, str_of(member->name), text);
		return;
	case BODY_TIME:
		read_time(r, str_of(member->name));
		return;
	case BODY_WITH:
		read_with(r, "");
		return;
	case BODY_WITH_MAY:
		read_with(r, "with.");
		return;
	case BODY_LIVE:
		read_with(r, "live.");
		return;
	case BODY_SPAN:
		read_span(r, str_of(member->name));
		return;
	case BODY_DIGEST:
		read_digest(r, str_of(member->name));
		return;
	case BODY_COUNT:
		read_count(r, str_of(member->name));
		return;
	case BODY_ROW:
		read_row(r, str_of(member->name));
		return;
	case BODY_INCIDENT:
		read_incident(r, str_of(member->name));
		return;
	case BODY_BEHALF:
		read_behalf(r);
		return;
	case BODY_SECRET:
		read_secret(r, str_of(member->name));
		return;
	}
	UNREACHABLE();
}

static const struct body_member *
find_member(const struct body_member *members, str name, size_t *ret_index)
{
	for (size_t i = 0; members[i].name != NULL; i++) {
		if (str_eq(name, str_of(members[i].name))) {
			*ret_index = i;
			return &members[i];
		}
	}
	return NULL;
}

static void
read_object(struct reading *r, const struct body_member *members)
{
	unsigned seen = 0;
	str name;
	if (!json_object(&r->j))
		return;
	while (json_member(&r->j, &name)) {
		size_t index = 0;
		const struct body_member *member = find_member(members, name, &index);
		if (member == NULL) {
			fail(r, "unknown member '%.*s'", (int)(name.n > 64 ? 64 : name.n),
			    name.p);
			return;
		}
		if (seen & 1u << index) {
			fail(r, "'%s' is given twice", member->name);
			return;
		}
		seen |= 1u << index;
		read_member(r, member);
	}
	for (size_t i = 0; members[i].name != NULL; i++) {
		ASSERT(i < MEMBERS_MAX);
		if (members[i].required && !(seen & 1u << i))
			fail(r, "'%s' is missing", members[i].name);
	}
}

bool
body_read(str json, const struct body_member *members, struct arena *arena,
    struct request *ret, struct err *err)
{
	struct reading r = { .arena = arena, .request = ret };
	if (str_trim(json).n == 0)
		json = STR("{}");
	r.params = arena_try(arena, struct pair, PAIRS_MAX);
	if (r.params == NULL)
		return err_set(err, ERR_LIMIT, "the body is too long");
	ret->params = (struct pairs){ r.params, 0 };
	json_open(&r.j, json, arena);
	read_object(&r, members);
	if (!json_close(&r.j))
		return err_set(err, ERR_INVALID, "%s (at byte %zu of the body)", r.j.error,
		    r.j.error_at);
	if (!pairs_sort(&ret->params))
		return err_set(err, ERR_INVALID, "a parameter is given twice");
	return true;
}
