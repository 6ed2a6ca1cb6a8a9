/*
 * Short texts for people: cut at whole characters, on one line, bounded.
 */
#include <stdio.h>

#include "core/state.h"

str
text_make(struct core *core, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	str s = arena_vprintf(&core->scratch, fmt, args);
	va_end(args);
	return s;
}

str
text_cut(str s, size_t max)
{
	if (s.n <= max)
		return s;
	/* Back over the bytes that go on a character (10xxxxxx). */
	size_t n = max;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_take(s, n);
}

str
text_short(struct core *core, str s, size_t max)
{
	static const char dots[] = "...";
	size_t n = sizeof(dots) - 1;
	ASSERT(max > n);
	if (s.n <= max)
		return s;
	s = text_cut(s, max - n);
	char *p = arena_new(&core->scratch, char, s.n + n);
	memcpy(p, s.p, s.n);
	memcpy(p + s.n, dots, n);
	return (str){ p, s.n + n };
}

str
text_part(struct core *core, str s)
{
	return text_short(core, s, TIMELINE_TEXT_MAX / 2);
}

str
text_line(struct core *core, str s, size_t max)
{
	s = text_short(core, s, max);
	if (s.n == 0)
		return s;
	char *p = arena_new(&core->scratch, char, s.n);
	size_t n = 0;
	while (s.n > 0) {
		unsigned char c = (unsigned char)s.p[0];
		size_t acts = str_acts(s);
		p[n++] = c < 0x20 || c == 0x7f ? ' ' : acts > 0 ? '?' : s.p[0];
		s = str_drop(s, acts > 0 ? acts : 1);
	}
	return (str){ p, n };
}

/* Nothing in it mostly: then it is the same. */
str
text_shown(struct core *core, str s)
{
	size_t plain = 0;
	while (plain < s.n && str_acts(str_drop(s, plain)) == 0)
		plain++;
	if (plain == s.n)
		return s;
	char *p = arena_new(&core->scratch, char, s.n);
	size_t n = 0;
	while (s.n > 0) {
		size_t acts = str_acts(s);
		p[n++] = acts > 0 ? '?' : s.p[0];
		s = str_drop(s, acts > 0 ? acts : 1);
	}
	return (str){ p, n };
}

str
text_ms(struct core *core, msec ms)
{
	if (ms >= DAY && ms % HOUR == 0)
		return ms % DAY == 0
		           ? text_make(core, "%llud", (unsigned long long)(ms / DAY))
		           : text_make(core, "%llud %lluh", (unsigned long long)(ms / DAY),
				 (unsigned long long)(ms % DAY / HOUR));
	if (ms >= HOUR)
		return ms % HOUR < MINUTE
		           ? text_make(core, "%lluh", (unsigned long long)(ms / HOUR))
		           : text_make(core, "%lluh %llum", (unsigned long long)(ms / HOUR),
				 (unsigned long long)(ms % HOUR / MINUTE));
	if (ms >= MINUTE)
		return ms % MINUTE < SECOND
		           ? text_make(core, "%llum", (unsigned long long)(ms / MINUTE))
		           : text_make(core, "%llum %llus",
				 (unsigned long long)(ms / MINUTE),
				 (unsigned long long)(ms % MINUTE / SECOND));
	if (ms < SECOND && ms > 0)
		return text_make(core, "%llums", (unsigned long long)ms);
	return text_make(core, "%llus", (unsigned long long)(ms / SECOND));
}

static bool
vowel(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

str
text_wall(struct core *core, msec wall)
{
	struct buf out = BUF(64);
	buf_time(&out, wall);
	str text = arena_str(&core->scratch, buf_str(&out));
	buf_done(&out);
	return text;
}

str
text_when(struct core *core, msec wall)
{
	str s = text_wall(core, wall);
	ASSERT(s.n >= 19);
	return text_make(core, "%.*s %.*s UTC", 10, s.p, 8, s.p + 11);
}

/* Verbs are the operators' own words; this is right for the usual ones: restart, scale,
 * stop, roll-back, shift-traffic. */
str
text_verb(struct core *core, str verb)
{
	struct str_cut cut = str_cut(verb, '-');
	str head = cut.head;
	size_t n = head.n;
	if (n < 2)
		return text_make(core, "doing %.*s", STR_ARG(verb));
	char last = head.p[n - 1];
	char doubled[2] = { 0 };
	if (last == 'e' && head.p[n - 2] != 'e')
		head = str_take(head, n - 1);
	else if (n <= 4 && n >= 3 && !vowel(last) && last != 'w' && last != 'x' &&
		 last != 'y' && vowel(head.p[n - 2]) && !vowel(head.p[n - 3]))
		doubled[0] = last;
	return text_make(core, "%.*s%sing%s%.*s", STR_ARG(head), doubled,
	    cut.found ? " " : "", STR_ARG(cut.tail));
}

str
text_labels(struct core *core, const struct pairs *labels, size_t max)
{
	struct buf b = BUF(max + 16);
	buf_char(&b, '{');
	bool all = true;
	for (size_t i = 0; all && i < labels->n; i++) {
		const struct pair *pair = &labels->p[i];
		size_t need = pair->name.n + pair->value.n + 5;
		all = b.n + need < max;
		if (all && i > 0)
			buf_add(&b, STR(", "));
		if (all) {
			buf_add(&b, pair->name);
			buf_add(&b, STR("=\""));
			buf_add(&b, pair->value);
			buf_char(&b, '"');
		}
	}
	buf_add(&b, all ? STR("}") : b.n > 1 ? STR(", ...}") : STR("...}"));
	str s = text_line(core, buf_str(&b), max + 16);
	buf_done(&b);
	return s;
}

str
text_list(struct core *core, const struct strs *items, size_t max)
{
	str s = { 0 };
	for (size_t i = 0; i < items->n && i < max; i++)
		s = text_make(core, "%.*s%s%.*s", STR_ARG(s), i > 0 ? ", " : "",
		    STR_ARG(items->p[i]));
	if (items->n > max)
		s = text_make(core, "%.*s and %zu more", STR_ARG(s), items->n - max);
	return s;
}

str
text_url(struct core *core, incident_id incident)
{
	return text_make(core, "%.*s/%u", STR_ARG(text_url_all(core)), incident);
}

str
text_url_all(struct core *core)
{
	const struct model *model = core->newest->model;
	str base = model->url;
	if (base.n == 0)
		base = text_make(core, "http://%.*s", STR_ARG(model->listen));
	while (base.n > 0 && base.p[base.n - 1] == '/')
		base = str_take(base, base.n - 1);
	return text_make(core, "%.*s/incidents", STR_ARG(base));
}

str
text_who(str principal)
{
	struct str_cut cut = str_cut(principal, ':');
	return cut.found && cut.tail.n > 0 ? cut.tail : principal;
}
