#include "hands/clean.h"

str
clean_cut(str in, size_t max)
{
	size_t n = in.n < max ? in.n : max;
	/* back over the bytes that continue a character which would be cut in two */
	while (n > 0 && n < in.n && ((unsigned char)in.p[n] & 0xc0) == 0x80)
		n--;
	return str_take(in, n);
}

static size_t
clean_control(char c, bool one_line, char *ret)
{
	if (c == '\r')
		return 0;
	if (c == '\n' || c == '\t')
		*ret = one_line ? ' ' : c;
	else
		*ret = '?';
	return 1;
}

static str
clean(struct arena *arena, str in, size_t max, bool one_line)
{
	char *out = arena_new(arena, char, in.n);
	size_t n = 0;
	while (in.n > 0) {
		size_t wide = str_utf8_char(in);
		unsigned char c = (unsigned char)in.p[0];
		bool control = c < 0x20 || (wide > 0 && str_acts(in) > 0);
		size_t took = wide ? wide : 1;
		if (wide == 1 && control) {
			n += clean_control(in.p[0], one_line, out + n);
		} else if (wide == 0 || control) {
			out[n++] = '?';
		} else {
			memcpy(out + n, in.p, wide);
			n += wide;
		}
		in = str_drop(in, took);
	}
	return clean_cut((str){ out, n }, max);
}

str
clean_text(struct arena *arena, str in, size_t max)
{
	return clean(arena, in, max, false);
}

str
clean_line(struct arena *arena, str in, size_t max)
{
	return clean(arena, in, max, true);
}
