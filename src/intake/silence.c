#include "intake/silence.h"

#include <stdio.h>

#include "base/json.h"
#include "intake/matchers.h"
#include "intake/moment.h"

#define CODE_REQUIRED 602 /* go-openapi's */
#define CODE_FEW 612
#define CODE_MALFORMED 400

struct reading {
	struct json j;
	struct silence_read *ret;
	struct silence_matcher *matcher;
	unsigned matcher_seen[SILENCE_MATCHERS_MAX]; /* bits of enum part_member */
	size_t bytes;
	unsigned seen; /* bits of enum member */
	const char *what;
	bool too_many;
};

enum member {
	MEMBER_ID = 1,
	MEMBER_COMMENT = 2,
	MEMBER_CREATED_BY = 4,
	MEMBER_ENDS = 8,
	MEMBER_MATCHERS = 16,
	MEMBER_STARTS = 32,
	MEMBER_DURING = 64,
	MEMBER_UNTIL_RESOLVED = 128,
};
#define MEMBERS_OURS 2 /* the last ones; Alertmanager has none of them, nobody needs them */

enum part_member { PART_NAME = 1, PART_VALUE = 2, PART_REGEX = 4, PART_EQUAL = 8 };

struct named {
	const char *name;
	unsigned bit;
};

static const struct named members[] = { { "id", MEMBER_ID }, { "comment", MEMBER_COMMENT },
	{ "createdBy", MEMBER_CREATED_BY }, { "endsAt", MEMBER_ENDS },
	{ "matchers", MEMBER_MATCHERS }, { "startsAt", MEMBER_STARTS },
	{ "during", MEMBER_DURING }, { "untilResolved", MEMBER_UNTIL_RESOLVED } };
static const struct named parts[] = { { "name", PART_NAME }, { "value", PART_VALUE },
	{ "isRegex", PART_REGEX }, { "isEqual", PART_EQUAL } };

/* 0: a member that is not ours, which is skipped. */
static unsigned
bit_of(struct reading *r, const struct named *names, size_t n, str name, unsigned *seen)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(name, str_of(names[i].name)))
			continue;
		if ((*seen & names[i].bit) != 0)
			json_fail(&r->j, "a member stands twice");
		*seen |= names[i].bit;
		return names[i].bit;
	}
	return 0;
}

static void
read_text(struct reading *r, str *ret)
{
	if (json_string(&r->j, ret))
		r->bytes += ret->n;
}

static void
read_moment(struct reading *r, msec *ret)
{
	str text;
	if (json_string(&r->j, &text) && !moment_parse(text, ret))
		json_fail(&r->j, "a time is written as 2026-11-23T07:00:00Z");
}

static void
read_matcher(struct reading *r, struct silence_matcher *m, unsigned *seen)
{
	str name;
	m->equal = true;
	if (!json_object(&r->j))
		return;
	while (json_member(&r->j, &name)) {
		switch (bit_of(r, parts, countof(parts), name, seen)) {
		case PART_NAME:
			read_text(r, &m->name);
			break;
		case PART_VALUE:
			read_text(r, &m->value);
			break;
		case PART_REGEX:
			(void)json_bool(&r->j, &m->regex);
			break;
		case PART_EQUAL:
			(void)json_bool(&r->j, &m->equal);
			break;
		default:
			(void)json_skip(&r->j);
			break;
		}
	}
}

static void
read_matchers(struct reading *r)
{
	size_t *n = &r->ret->row.matchers.n;
	if (!json_array(&r->j))
		return;
	while (json_element(&r->j)) {
		if (*n == SILENCE_MATCHERS_MAX) {
			r->too_many = true;
			(void)json_skip(&r->j);
			continue;
		}
		read_matcher(r, &r->matcher[*n], &r->matcher_seen[*n]);
		++*n;
	}
}

static void
read_members(struct reading *r)
{
	struct silence_row *row = &r->ret->row;
	str name;
	if (!json_object(&r->j))
		return;
	while (json_member(&r->j, &name)) {
		switch (bit_of(r, members, countof(members), name, &r->seen)) {
		case MEMBER_ID:
			read_text(r, &row->uuid);
			break;
		case MEMBER_COMMENT:
			read_text(r, &row->comment);
			break;
		case MEMBER_CREATED_BY:
			read_text(r, &row->created_by);
			break;
		case MEMBER_ENDS:
			read_moment(r, &row->ends_wall);
			break;
		case MEMBER_MATCHERS:
			read_matchers(r);
			break;
		case MEMBER_STARTS:
			read_moment(r, &row->starts_wall);
			break;
		case MEMBER_DURING:
			read_text(r, &row->during);
			break;
		case MEMBER_UNTIL_RESOLVED:
			(void)json_bool(&r->j, &row->until_resolved);
			break;
		default:
			(void)json_skip(&r->j);
			break;
		}
	}
}

/* ---- the schema ---- */

PRINTF_LIKE(4, 5)
static void
say(struct silence_read *ret, enum silence_status status, uint32_t code, const char *fmt,
    ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(ret->error, sizeof(ret->error), fmt, args);
	va_end(args);
	ret->status = status;
	ret->code = code;
}

static bool
has_all_parts(struct reading *r)
{
	static const struct named required[] = { { "isRegex", PART_REGEX },
		{ "name", PART_NAME }, { "value", PART_VALUE } };
	for (size_t i = 0; i < r->ret->row.matchers.n; i++) {
		for (size_t k = 0; k < countof(required); k++) {
			if ((r->matcher_seen[i] & required[k].bit) != 0)
				continue;
			say(r->ret, SILENCE_INVALID, CODE_REQUIRED,
			    "matchers.%zu.%s in body is required", i, required[k].name);
			return false;
		}
	}
	return true;
}

/* In the order in which Alertmanager looks. */
static bool
is_valid(struct reading *r)
{
	const struct silence_row *row = &r->ret->row;
	unsigned seen = r->seen;
	if (row->ends_wall == 0)
		seen &= ~(unsigned)MEMBER_ENDS;
	if (row->starts_wall == 0)
		seen &= ~(unsigned)MEMBER_STARTS;
	for (size_t i = 0; i < countof(members) - MEMBERS_OURS; i++) {
		if (members[i].bit == MEMBER_ID)
			continue;
		if ((seen & members[i].bit) == 0) {
			say(r->ret, SILENCE_INVALID, CODE_REQUIRED,
			    "%s in body is required", members[i].name);
			return false;
		}
		if (members[i].bit != MEMBER_MATCHERS)
			continue;
		if (row->matchers.n == 0) {
			say(r->ret, SILENCE_INVALID, CODE_FEW,
			    "matchers in body should have at least 1 items");
			return false;
		}
		if (!has_all_parts(r))
			return false;
	}
	return true;
}

static bool
is_within(struct reading *r)
{
	const struct silence_row *row = &r->ret->row;
	bool long_text = row->comment.n > SILENCE_TEXT_MAX ||
	                 row->created_by.n > SILENCE_TEXT_MAX ||
	                 row->uuid.n > SILENCE_TEXT_MAX || row->during.n > SILENCE_TEXT_MAX;
	for (size_t i = 0; i < row->matchers.n; i++)
		long_text = long_text || r->matcher[i].name.n > SILENCE_TEXT_MAX ||
		            r->matcher[i].value.n > SILENCE_TEXT_MAX;
	if (r->too_many)
		say(r->ret, SILENCE_TOO_MUCH, 0, "a silence has at most %d matchers",
		    SILENCE_MATCHERS_MAX);
	else if (long_text)
		say(r->ret, SILENCE_TOO_MUCH, 0, "no text of a silence is over %d bytes",
		    SILENCE_TEXT_MAX);
	else if (r->bytes > SILENCE_BYTES_MAX)
		say(r->ret, SILENCE_TOO_MUCH, 0, "a silence has at most %u bytes of text",
		    SILENCE_BYTES_MAX);
	else
		return true;
	return false;
}

void
silence_read(str json, struct arena *arena, struct silence_read *ret)
{
	*ret = (struct silence_read){ .status = SILENCE_READ };
	struct reading r = { .ret = ret };
	r.matcher = arena_new(arena, struct silence_matcher, SILENCE_MATCHERS_MAX);
	ret->row.matchers.p = r.matcher;
	if (str_trim(json).n == 0) {
		say(ret, SILENCE_INVALID, CODE_REQUIRED, "silence in body is required");
		return;
	}
	json_open(&r.j, json, arena);
	read_members(&r);
	if (!json_close(&r.j))
		say(ret, SILENCE_MALFORMED, CODE_MALFORMED,
		    "parsing silence body from \"\" failed, because %s (at byte %zu)",
		    r.j.error, r.j.error_at);
	else if (is_valid(&r))
		(void)is_within(&r);
}

/* ---- what it says ---- */

const char *
silence_refuses(const struct silence_row *row, char text[static 512])
{
	const struct silence_matcher *m = row->matchers.p;
	bool all_empty = true;
	if (row->matchers.n == 0)
		return "silence invalid: at least one matcher required";
	for (size_t i = 0; i < row->matchers.n; i++) {
		struct label_matcher matcher;
		if (m[i].name.n == 0) {
			(void)snprintf(text, 512,
			    "silence invalid: invalid label matcher %zu: invalid label "
			    "name \"\"",
			    i);
			return text;
		}
		if (!label_matcher_make(label_op_of(m[i].regex, m[i].equal), m[i].name,
			m[i].value, &matcher)) {
			(void)snprintf(text, 512,
			    "silence invalid: invalid label matcher %zu: invalid regular "
			    "expression \"%.*s\"",
			    i,
			    STR_ARG(str_take(m[i].value,
				m[i].value.n < 300 ? m[i].value.n : 300)));
			return text;
		}
		/* As Alertmanager judges: whoever writes "not" means what is there. */
		all_empty =
		    all_empty && m[i].equal && label_matcher_match(&matcher, STR(""));
		label_matcher_done(&matcher);
	}
	return all_empty
	           ? "silence invalid: at least one matcher must not match the empty string"
	           : NULL;
}
