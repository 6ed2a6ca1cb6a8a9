/*
 *	http://user:word@[fe80::1%25en0]:9090/graph?g0.expr=up
 *	scheme userinfo   host           port path   query (not looked at)
 */
#include "intake/uri.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_host_char(char c)
{
	return is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80 ||
	       is_one_of(c, "!$&'()*+,;=:[]<>\"-_.~");
}

/* Every '%' begins an escape; *ret_value is the byte that the escape at s.p[i] means. */
static bool
escape_at(str s, size_t i, int *ret_value)
{
	if (s.n - i < 3)
		return false;
	int high = hex_value(s.p[i + 1]);
	int low = hex_value(s.p[i + 2]);
	if (high < 0 || low < 0)
		return false;
	*ret_value = high << 4 | low;
	return true;
}

static bool
escapes_ok(str s)
{
	int value;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && !escape_at(s, i, &value))
			return false;
	}
	return true;
}

/* A host may escape bytes beyond ASCII and '%' itself; a zone also what a host may hold,
 * and the blank. */
static bool
host_ok(str s, bool zone)
{
	for (size_t i = 0; i < s.n; i++) {
		int value = 0;
		if (s.p[i] != '%') {
			if (!is_host_char(s.p[i]))
				return false;
			continue;
		}
		if (!escape_at(s, i, &value))
			return false;
		bool allowed = value >= 0x80 || value == '%' ||
		               (zone && (value == ' ' || is_host_char((char)value)));
		if (!allowed)
			return false;
		i += 2;
	}
	return true;
}

static bool
port_ok(str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
	}
	return s.n == 0 || s.p[0] == ':';
}

/* Where the last `c` is; s.n when there is none. */
static size_t
last_of(str s, char c)
{
	const char *p = s.n ? memrchr(s.p, c, s.n) : NULL;
	return p ? (size_t)(p - s.p) : s.n;
}

static bool
host_and_port_ok(str s)
{
	if (s.n == 0 || s.p[0] != '[') {
		return port_ok(str_drop(s, last_of(s, ':'))) && host_ok(s, false);
	}
	size_t close = last_of(s, ']');
	if (close == s.n || !port_ok(str_drop(s, close + 1)))
		return false;
	str inside = str_take(s, close);
	const char *zone = memmem(inside.p, inside.n, "%25", 3);
	size_t at = zone ? (size_t)(zone - inside.p) : inside.n;
	return host_ok(str_take(inside, at), false) && host_ok(str_drop(inside, at), true);
}

static bool
authority_ok(str s)
{
	size_t at = last_of(s, '@');
	if (at == s.n)
		return host_and_port_ok(s);
	str user = str_take(s, at);
	for (size_t i = 0; i < user.n; i++) {
		char c = user.p[i];
		if (!is_letter(c) && !is_digit(c) && !is_one_of(c, "-._:~!$&'()*+,;=%@"))
			return false;
	}
	/* the colon that parts name from password cannot stand inside an escape */
	return escapes_ok(user) && host_and_port_ok(str_drop(s, at + 1));
}

/* The length of "http:", 0 without one; false for a colon with nothing before it. */
static bool
scheme_length(str s, size_t *ret)
{
	size_t i = 0;
	while (i < s.n && (is_letter(s.p[i]) ||
			      (i > 0 && (is_digit(s.p[i]) || is_one_of(s.p[i], "+-.")))))
		i++;
	bool colon = i < s.n && s.p[i] == ':';
	*ret = colon ? i + 1 : 0;
	return !colon || i > 0;
}

bool
uri_ok(str uri)
{
	for (size_t i = 0; i < uri.n; i++) {
		if ((unsigned char)uri.p[i] < ' ' || uri.p[i] == 0x7f)
			return false;
	}
	size_t scheme = 0;
	if (str_eq(uri, STR("*")))
		return true;
	if (uri.n == 0 || !scheme_length(uri, &scheme))
		return false;

	str rest = str_cut(str_drop(uri, scheme), '?').head;
	if (rest.n == 0 || rest.p[0] != '/')
		return scheme > 0;
	if (scheme > 0 && str_starts(rest, STR("//"))) {
		rest = str_drop(rest, 2);
		const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
		size_t authority = slash ? (size_t)(slash - rest.p) : rest.n;
		if (!authority_ok(str_take(rest, authority)))
			return false;
		rest = str_drop(rest, authority);
	}
	return escapes_ok(rest);
}
