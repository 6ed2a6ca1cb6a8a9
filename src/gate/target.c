#include "gate/target.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_clean(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	}
	return str_utf8(s);
}

/* false when an escape is broken or the text is none. */
static bool
decode(str raw, bool plus, struct arena *arena, str *ret)
{
	if (raw.n == 0) {
		*ret = STR("");
		return true;
	}
	char *out = arena_try(arena, char, raw.n);
	size_t n = 0;
	if (out == NULL)
		return false;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];
		if (c == '%') {
			if (raw.n - i < 3)
				return false;
			int high = hex_value(raw.p[i + 1]), low = hex_value(raw.p[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		out[n++] = c;
	}
	*ret = (str){ out, n };
	return is_clean(*ret);
}

static const char *
read_path(str path, struct arena *arena, struct target *ret)
{
	if (path.n == 0 || path.p[0] != '/')
		return "the path must begin with '/'";
	str rest = str_drop(path, 1);
	while (rest.n > 0) {
		struct str_cut cut = str_cut(rest, '/');
		if (ret->segment_n == TARGET_SEGMENTS_MAX)
			return "the path has too many parts";
		str *segment = &ret->segment[ret->segment_n++];
		if (!decode(cut.head, false, arena, segment))
			return "the path has a bad escape or is not UTF-8";
		if (str_eq(*segment, STR(".")) || str_eq(*segment, STR("..")))
			return "the path has '.' or '..' in it";
		/* "/v1/" is not "/v1": an empty last part counts */
		if (cut.found && cut.tail.n == 0) {
			if (ret->segment_n == TARGET_SEGMENTS_MAX)
				return "the path has too many parts";
			ret->segment[ret->segment_n++] = STR("");
		}
		rest = cut.tail;
	}
	return NULL;
}

static const char *
read_query(str query, struct arena *arena, struct target *ret)
{
	while (query.n > 0) {
		struct str_cut part = str_cut(query, '&');
		query = part.tail;
		if (part.head.n == 0)
			continue;
		if (ret->query_n == TARGET_QUERY_MAX)
			return "the query has too many parts";
		struct str_cut pair = str_cut(part.head, '=');
		struct pair *to = &ret->query[ret->query_n++];
		if (!decode(pair.head, true, arena, &to->name) ||
		    !decode(pair.tail, true, arena, &to->value))
			return "the query has a bad escape or is not UTF-8";
	}
	return NULL;
}

const char *
target_parse(str raw, struct arena *arena, struct target *ret)
{
	struct target target = { .segment_n = 0 };
	struct str_cut cut = str_cut(raw, '?');
	target.path = cut.head;
	const char *wrong = read_path(cut.head, arena, &target);
	if (wrong == NULL)
		wrong = read_query(cut.tail, arena, &target);
	if (wrong == NULL)
		*ret = target;
	return wrong;
}

str
target_query(const struct target *target, str name)
{
	for (size_t i = 0; i < target->query_n; i++) {
		if (str_eq(target->query[i].name, name))
			return target->query[i].value;
	}
	return STR("");
}

static bool
is_among(str name, const char *names)
{
	for (str rest = str_of(names); rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ' ');
		if (str_eq(cut.head, name))
			return true;
		rest = cut.tail;
	}
	return false;
}

str
target_query_unknown(const struct target *target, const char *names)
{
	for (size_t i = 0; i < target->query_n; i++) {
		str name = target->query[i].name;
		if (!is_among(name, names))
			return name.n > 0 ? name : STR("=");
		for (size_t k = 0; k < i; k++) {
			if (str_eq(target->query[k].name, name))
				return name;
		}
	}
	return STR("");
}

/* As go-openapi reads a boolean: the last counts, whatever its case; what is none of these
 * is false, and the empty text the default, which is true for all of Alertmanager's. */
bool
target_flag(const struct target *target, const char *name)
{
	static const char *const yes[] = { "", "true", "1", "yes", "ok", "y", "on",
		"selected", "checked", "t", "enabled" };
	str value = STR("");
	for (size_t i = 0; i < target->query_n; i++) {
		if (str_eq(target->query[i].name, str_of(name)))
			value = target->query[i].value;
	}
	for (size_t k = 0; k < countof(yes); k++) {
		if (str_eq_caseless(value, str_of(yes[k])))
			return true;
	}
	return false;
}
