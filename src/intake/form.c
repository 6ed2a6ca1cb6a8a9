#include "intake/form.h"

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
form_decode(str text, struct arena *arena, str *ret)
{
	char *p = arena_try(arena, char, text.n + 1);
	size_t n = 0;
	if (p == NULL)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '%') {
			if (i + 2 >= text.n || digit(text.p[i + 1]) < 0 ||
			    digit(text.p[i + 2]) < 0)
				return false;
			c = (char)(digit(text.p[i + 1]) << 4 | digit(text.p[i + 2]));
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		p[n++] = c;
	}
	*ret = (str){ p, n };
	return true;
}

enum form_status
form_value(str body, str name, struct arena *arena, str *ret)
{
	bool found = false;
	str value = STR("");
	for (str rest = body; rest.n > 0;) {
		struct str_cut part = str_cut(rest, '&');
		struct str_cut pair = str_cut(part.head, '=');
		rest = part.tail;
		if (!str_eq(pair.head, name))
			continue;
		if (found || !form_decode(pair.tail, arena, &value))
			return FORM_BROKEN;
		found = true;
	}
	if (!found)
		return FORM_MISSING;
	*ret = value;
	return FORM_FOUND;
}
