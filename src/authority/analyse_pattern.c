/*
 * A value that a pattern takes: what a request needs before anything can be asked.
 *
 * The pattern becomes an automaton: states that take one byte, and states that lead on to
 * two others without one. A text that both it and a `like` take is a way through both at
 * once, and the first that a search in breadth finds is among the shortest. What no
 * automaton says (assertions, references) is passed over: so what is found is held against
 * the matcher itself, and where that refuses it another is looked for.
 */
#include "authority/analysing.h"

#define STATES_MAX 4096
#define NODES_MAX 65536
#define DEEP_MAX 32   /* groups in groups, as when it is compiled */
#define COPIES_MAX 64 /* of what may come again, over those that must */
#define LIKE_BYTES_MAX 120
#define MADE_BYTES_MAX 512
#define NOWHERE 0

struct set {
	uint64_t bits[4];
};

/* Takes one byte of `set` to `next`; or leads to `next` and `other` without one. */
struct state {
	struct set set;
	uint16_t next, other; /* NOWHERE: not */
	bool takes;
};

struct automaton {
	str text;
	size_t i;
	struct state *states; /* from 1 */
	uint16_t n;
	unsigned deep;
	bool failed; /* too large, or nothing that can be read */
};

/* A part of it: comes in at the one, goes out at the other, which leads nowhere yet. */
struct part_of {
	uint16_t in, out;
};

static void
set_add(struct set *set, unsigned char c)
{
	set->bits[c / 64] |= UINT64_C(1) << (c % 64);
}

static bool
set_has(const struct set *set, unsigned char c)
{
	return set->bits[c / 64] >> (c % 64) & 1;
}

static void
set_add_range(struct set *set, unsigned char from, unsigned char to)
{
	for (unsigned c = from; c <= to; c++)
		set_add(set, (unsigned char)c);
}

static void
set_join(struct set *set, const struct set *other)
{
	for (size_t i = 0; i < countof(set->bits); i++)
		set->bits[i] |= other->bits[i];
}

/* Of what may stand in a value at all: printable, and one byte. */
static void
set_turn(struct set *set)
{
	struct set turned = { 0 };
	for (unsigned char c = ' '; c < 0x7f; c++) {
		if (!set_has(set, c))
			set_add(&turned, c);
	}
	*set = turned;
}

/* ---- states ---- */

static uint16_t
state_new(struct automaton *m, const struct state *state)
{
	if (m->n + 1 >= STATES_MAX) {
		m->failed = true;
		return m->n;
	}
	m->states[++m->n] = *state;
	return m->n;
}

static struct part_of
nothing(struct automaton *m)
{
	uint16_t only = state_new(m, &(struct state){ 0 });
	return (struct part_of){ only, only };
}

static struct part_of
one_of(struct automaton *m, const struct set *set)
{
	uint16_t out = state_new(m, &(struct state){ 0 });
	uint16_t in =
	    state_new(m, &(struct state){ .set = *set, .next = out, .takes = true });
	return (struct part_of){ in, out };
}

static struct part_of
this_byte(struct automaton *m, char c)
{
	struct set set = { 0 };
	set_add(&set, (unsigned char)c);
	return one_of(m, &set);
}

static struct part_of
after(struct automaton *m, struct part_of first, struct part_of then)
{
	m->states[first.out].next = then.in;
	return (struct part_of){ first.in, then.out };
}

static struct part_of
either(struct automaton *m, struct part_of one, struct part_of other)
{
	uint16_t out = state_new(m, &(struct state){ 0 });
	uint16_t in = state_new(m, &(struct state){ .next = one.in, .other = other.in });
	m->states[one.out].next = out;
	m->states[other.out].next = out;
	return (struct part_of){ in, out };
}

/* As it is, and any number of times more. */
static struct part_of
again(struct automaton *m, struct part_of part)
{
	uint16_t out = state_new(m, &(struct state){ 0 });
	uint16_t back = state_new(m, &(struct state){ .next = out, .other = part.in });
	m->states[part.out].next = back;
	return (struct part_of){ part.in, out };
}

static struct part_of
or_not(struct automaton *m, struct part_of part)
{
	return either(m, part, nothing(m));
}

/* ---- what a pattern says ---- */

static bool
more(const struct automaton *m)
{
	return !m->failed && m->i < m->text.n;
}

static char
peek(const struct automaton *m)
{
	return m->i < m->text.n ? m->text.p[m->i] : '\0';
}

static bool
skip(struct automaton *m, str s)
{
	if (!str_starts(str_drop(m->text, m->i), s))
		return false;
	m->i += s.n;
	return true;
}

/* Passes what ends at `end`, with it. */
static void
pass(struct automaton *m, char end)
{
	while (more(m) && peek(m) != end)
		m->i++;
	m->i += more(m);
}

/* \d, \w, \s, \h and what they are not; false: it is none of them. */
static bool
class_of(char c, struct set *ret)
{
	struct set set = { 0 };
	switch (c) {
	case 'd':
	case 'D':
		set_add_range(&set, '0', '9');
		break;
	case 'w':
	case 'W':
		set_add_range(&set, '0', '9');
		set_add_range(&set, 'a', 'z');
		set_add_range(&set, 'A', 'Z');
		set_add(&set, '_');
		break;
	case 's':
	case 'S':
	case 'h':
	case 'H':
		set_add(&set, ' ');
		break;
	case 'N':
	case 'X':
	case 'V':
		set_turn(&set); /* anything */
		break;
	default:
		return false;
	}
	if (c == 'D' || c == 'W' || c == 'S' || c == 'H')
		set_turn(&set);
	*ret = set;
	return true;
}

static bool
hex_of(struct automaton *m, size_t digits_max, unsigned *ret)
{
	size_t n = 0;
	unsigned value = 0;
	for (; n < digits_max && more(m); n++, m->i++) {
		char c = peek(m);
		if (c >= '0' && c <= '9')
			value = value * 16 + (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (unsigned)((c | 0x20) - 'a') + 10;
		else
			break;
	}
	*ret = value;
	return n > 0;
}

/* \p{Lu}, \PN: near enough; the matcher has the last word. */
static void
property_of(struct automaton *m, struct set *ret)
{
	bool turned = m->text.p[m->i - 1] == 'P';
	bool braces = skip(m, STR("{"));
	turned ^= braces && skip(m, STR("^"));
	str name = str_drop(m->text, m->i);
	*ret = (struct set){ 0 };
	if (str_starts(name, STR("N")))
		set_add_range(ret, '0', '9');
	else if (str_starts(name, STR("Ll")))
		set_add_range(ret, 'a', 'z');
	else if (str_starts(name, STR("Lu")))
		set_add_range(ret, 'A', 'Z');
	else if (str_starts(name, STR("P")) || str_starts(name, STR("S")))
		set_add_range(ret, '!', '/');
	else {
		set_add_range(ret, 'a', 'z');
		set_add_range(ret, 'A', 'Z');
	}
	if (turned)
		set_turn(ret);
	if (braces)
		pass(m, '}');
	else
		m->i += more(m);
}

/* What stands behind a backslash, in a class or not. False: it takes no byte. */
static bool
escaped(struct automaton *m, struct set *ret)
{
	*ret = (struct set){ 0 };
	if (!more(m)) {
		m->failed = true;
		return false;
	}
	char c = peek(m);
	unsigned value;
	m->i++;
	if (class_of(c, ret))
		return true;
	switch (c) {
	case 'p':
	case 'P':
		property_of(m, ret);
		return true;
	case 'x':
		if (skip(m, STR("{"))) {
			m->failed |= !hex_of(m, 6, &value) || !skip(m, STR("}"));
		} else {
			(void)hex_of(m, 2, &value); /* of none it is 0 */
		}
		m->failed |= value >= 0x80; /* more than one byte */
		set_add(ret, (unsigned char)(value & 0x7f));
		return true;
	case 'A':
	case 'Z':
	case 'z':
	case 'G':
	case 'b':
	case 'B':
	case 'K':
	case 'E':
	case 'Q':
		return false;
	default:
		break;
	}
	/* A reference to a group, or a control character: nothing that can be made. */
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		m->failed = true;
		return false;
	}
	set_add(ret, (unsigned char)c);
	return true;
}

static void
posix_class(struct automaton *m, struct set *set)
{
	static const struct {
		const char *name, *ranges;
	} rows[] = {
		{ "alnum", "azAZ09" },
		{ "alpha", "azAZ" },
		{ "digit", "09" },
		{ "lower", "az" },
		{ "upper", "AZ" },
		{ "word", "azAZ09__" },
		{ "xdigit", "09afAF" },
		{ "punct", "!/:@[`{~" },
		{ "space", "  " },
		{ "blank", "  " },
		{ "print", " ~" },
		{ "graph", "!~" },
	};
	struct set named = { 0 };
	bool turned = skip(m, STR("^"));
	for (size_t i = 0; i < countof(rows); i++) {
		if (!str_starts(str_drop(m->text, m->i), str_of(rows[i].name)))
			continue;
		for (const char *p = rows[i].ranges; *p != '\0'; p += 2)
			set_add_range(&named, (unsigned char)p[0], (unsigned char)p[1]);
	}
	if (turned)
		set_turn(&named);
	set_join(set, &named);
	pass(m, ']');
}

/* One thing of a class; *ret_one: it is a single byte, which may begin a range. */
static void
class_member(struct automaton *m, struct set *set, int *ret_one)
{
	*ret_one = -1;
	if (skip(m, STR("[:"))) {
		posix_class(m, set);
		return;
	}
	if (!skip(m, STR("\\"))) {
		*ret_one = (unsigned char)peek(m);
		m->i++;
		return;
	}
	struct set one;
	char c = peek(m);
	struct set class;
	bool many = class_of(c, &class) || c == 'p' || c == 'P';
	if (!escaped(m, &one))
		return;
	if (many) {
		set_join(set, &one);
		return;
	}
	for (unsigned k = 0; k < 256; k++) {
		if (set_has(&one, (unsigned char)k))
			*ret_one = (int)k;
	}
}

/* Behind its bracket. Of more than ASCII nothing is taken. */
static struct part_of
class_part(struct automaton *m)
{
	struct set set = { 0 };
	bool turned = skip(m, STR("^"));
	for (bool first = true; more(m) && (first || peek(m) != ']'); first = false) {
		int from, to;
		class_member(m, &set, &from);
		if (from < 0)
			continue;
		to = from;
		str rest = str_drop(m->text, m->i);
		if (rest.n > 1 && rest.p[0] == '-' && rest.p[1] != ']') {
			m->i++;
			class_member(m, &set, &to);
			if (to < 0)
				to = from;
		}
		if ((from | to) < 0x80 && from <= to)
			set_add_range(&set, (unsigned char)from, (unsigned char)to);
	}
	m->failed |= !skip(m, STR("]"));
	if (turned)
		set_turn(&set);
	return one_of(m, &set);
}

static struct part_of alternatives(struct automaton *m);

/* Passes a group that is looked at and takes nothing, with its bracket. */
static struct part_of
look_part(struct automaton *m)
{
	uint16_t n = m->n; /* what it would be is given back */
	(void)alternatives(m);
	m->failed |= !skip(m, STR(")"));
	if (!m->failed)
		m->n = n;
	return nothing(m);
}

/* Behind its bracket. */
static struct part_of
group_part(struct automaton *m)
{
	static const str looks[] = { { "?=", 2 }, { "?!", 2 }, { "?<=", 3 }, { "?<!", 3 } };
	if (skip(m, STR("?#"))) {
		pass(m, ')');
		return nothing(m);
	}
	for (size_t i = 0; i < countof(looks); i++) {
		if (skip(m, looks[i]))
			return look_part(m);
	}
	if (skip(m, STR("?<")) || skip(m, STR("?P<"))) {
		pass(m, '>');
	} else if (skip(m, STR("?'"))) {
		pass(m, '\'');
	} else if (skip(m, STR("?>")) || skip(m, STR("?|"))) {
		/* as an ordinary group */
	} else if (skip(m, STR("?"))) { /* flags: the matcher minds them */
		while (more(m) && peek(m) != ':' && peek(m) != ')')
			m->i++;
		(void)skip(m, STR(":"));
	} else if (skip(m, STR("*"))) { /* a verb */
		pass(m, ')');
		return nothing(m);
	}
	struct part_of part = alternatives(m);
	m->failed |= !skip(m, STR(")"));
	return part;
}

static struct part_of
quoted_part(struct automaton *m)
{
	struct part_of part = nothing(m);
	while (more(m) && !skip(m, STR("\\E"))) {
		part = after(m, part, this_byte(m, peek(m)));
		m->i++;
	}
	return part;
}

static struct part_of
atom(struct automaton *m)
{
	struct set set = { 0 };
	if (skip(m, STR("(")))
		return group_part(m);
	if (skip(m, STR("[")))
		return class_part(m);
	if (skip(m, STR("\\Q")))
		return quoted_part(m);
	if (skip(m, STR("\\")))
		return escaped(m, &set) ? one_of(m, &set) : nothing(m);
	if (skip(m, STR("."))) {
		set_turn(&set);
		return one_of(m, &set);
	}
	if (skip(m, STR("^")) || skip(m, STR("$")))
		return nothing(m);
	/* All bytes of one character: what is repeated is all of it. */
	struct part_of part = this_byte(m, peek(m));
	for (m->i++; more(m) && ((unsigned char)peek(m) & 0xc0) == 0x80; m->i++)
		part = after(m, part, this_byte(m, peek(m)));
	return part;
}

struct times {
	uint64_t least, most; /* UINT64_MAX: any number */
};

static bool
count(struct automaton *m, uint64_t *ret)
{
	size_t n = 0;
	str rest = str_drop(m->text, m->i);
	while (n < rest.n && n < 6 && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	if (!str_u64(str_take(rest, n), 65535, ret))
		return false;
	m->i += n;
	return true;
}

static bool
braces(struct automaton *m, struct times *ret)
{
	size_t from = m->i;
	struct times times;
	if (skip(m, STR("{")) && count(m, &times.least)) {
		times.most = times.least;
		if (skip(m, STR(",")) && !count(m, &times.most))
			times.most = UINT64_MAX;
		if (skip(m, STR("}"))) {
			*ret = times;
			return true;
		}
	}
	m->i = from; /* then it stands for itself */
	return false;
}

static bool
quantifier(struct automaton *m, struct times *ret)
{
	if (skip(m, STR("*")))
		*ret = (struct times){ 0, UINT64_MAX };
	else if (skip(m, STR("+")))
		*ret = (struct times){ 1, UINT64_MAX };
	else if (skip(m, STR("?")))
		*ret = (struct times){ 0, 1 };
	else if (!braces(m, ret))
		return false;
	if (!skip(m, STR("?")))
		(void)skip(m, STR("+"));
	return true;
}

/* Read once more for each further time: there is no other copy of it. */
static struct part_of
copy(struct automaton *m, size_t from, size_t until)
{
	m->i = from;
	struct part_of part = atom(m);
	m->i = until;
	return part;
}

static struct part_of
repeated(struct automaton *m, size_t from, struct part_of part, const struct times *times)
{
	size_t until = m->i;
	if (times->most == 0)
		return nothing(m);
	if (times->most == UINT64_MAX && times->least <= 1) {
		part = again(m, part);
		return times->least == 0 ? or_not(m, part) : part;
	}
	struct part_of all = times->least == 0 ? or_not(m, part) : part;
	for (uint64_t i = 1; i < times->least && !m->failed; i++)
		all = after(m, all, copy(m, from, until));
	if (times->most == UINT64_MAX)
		return after(m, all, or_not(m, again(m, copy(m, from, until))));
	uint64_t first = times->least == 0 ? 1 : times->least, most = times->most;
	if (most > first + COPIES_MAX)
		most = first + COPIES_MAX;
	for (uint64_t i = first; i < most && !m->failed; i++)
		all = after(m, all, or_not(m, copy(m, from, until)));
	return all;
}

static struct part_of
sequence(struct automaton *m)
{
	struct part_of all = nothing(m);
	while (more(m) && peek(m) != '|' && peek(m) != ')') {
		size_t from = m->i;
		struct part_of part = atom(m);
		struct times times;
		if (!m->failed && quantifier(m, &times))
			part = repeated(m, from, part, &times);
		if (!m->failed)
			all = after(m, all, part);
	}
	return all;
}

static struct part_of
alternatives(struct automaton *m)
{
	if (++m->deep > DEEP_MAX)
		m->failed = true;
	struct part_of all = sequence(m);
	while (more(m) && skip(m, STR("|")))
		all = either(m, all, sequence(m));
	m->deep--;
	return all;
}

/* ---- a way through it ---- */

struct node_of {
	uint32_t parent;
	uint16_t state;
	uint8_t like;
	char c; /* taken on the way to it; '\0': none */
};

struct way {
	const struct automaton *m;
	str like;
	const char *order; /* of bytes, the best first */
	struct node_of *nodes;
	bool *seen;
	uint32_t n;
};

static void
reach(struct way *w, uint32_t parent, uint16_t state, size_t like, char c)
{
	bool *seen = &w->seen[state * (w->like.n + 1) + like];
	if (state == NOWHERE || w->n == NODES_MAX || *seen)
		return;
	*seen = true;
	w->nodes[w->n++] = (struct node_of){ parent, state, (uint8_t)like, c };
}

/* Any of the set: the best; '\0': there is none. */
static char
best_of(const struct way *w, const struct set *set)
{
	for (const char *p = w->order; *p != '\0'; p++) {
		if (set_has(set, (unsigned char)*p))
			return *p;
	}
	for (unsigned c = 0x80; c < 256; c++) {
		if (set_has(set, (unsigned char)c))
			return (char)(unsigned char)c;
	}
	return '\0';
}

static void
go_on(struct way *w, uint32_t at)
{
	struct node_of node = w->nodes[at];
	const struct state *state = &w->m->states[node.state];
	bool in_like = node.like < w->like.n;
	bool star = in_like && w->like.p[node.like] == '*';
	if (star)
		reach(w, at, node.state, node.like + 1u, '\0');
	if (!state->takes) {
		reach(w, at, state->next, node.like, '\0');
		reach(w, at, state->other, node.like, '\0');
		return;
	}
	if (!in_like)
		return;
	char c = w->like.p[node.like];
	bool any = star || c == '?';
	if (any)
		c = best_of(w, &state->set);
	if (c != '\0' && set_has(&state->set, (unsigned char)c))
		reach(w, at, state->next, node.like + (star ? 0u : 1u), c);
}

static bool
text_to(const struct way *w, uint32_t at, struct arena *arena, str *ret)
{
	char text[MADE_BYTES_MAX];
	size_t n = 0;
	for (uint32_t i = at; i != 0; i = w->nodes[i].parent) {
		if (w->nodes[i].c == '\0')
			continue;
		if (n == sizeof(text))
			return false;
		text[n++] = w->nodes[i].c;
	}
	for (size_t i = 0; i < n / 2; i++) {
		char c = text[i];
		text[i] = text[n - 1 - i];
		text[n - 1 - i] = c;
	}
	*ret = arena_str(arena, (str){ text, n });
	return true;
}

static bool
way_through(const struct automaton *m, const struct part_of *all, str like,
    const char *order, struct arena scratch, struct arena *arena, str *ret)
{
	struct way w = { .m = m, .like = like, .order = order };
	w.nodes = arena_fresh(&scratch, struct node_of, NODES_MAX);
	w.seen = arena_fresh(&scratch, bool, STATES_MAX *(like.n + 1));
	reach(&w, 0, all->in, 0, '\0');
	for (uint32_t at = 0; at < w.n; at++) {
		if (w.nodes[at].state == all->out && w.nodes[at].like == like.n)
			return text_to(&w, at, arena, ret);
		go_on(&w, at);
	}
	return false;
}

/* ---- public ---- */

/* A star takes at least `n`. */
static str
stars_with(str like, size_t n, struct buf *text)
{
	buf_reset(text);
	for (size_t i = 0; i < like.n; i++) {
		for (size_t k = 0; like.p[i] == '*' && k < n; k++)
			buf_char(text, '?');
		buf_char(text, like.p[i]);
	}
	return buf_str(text);
}

static const char *const orders[] = {
	"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	"-_./:@,=+%~#!$&()[]{}<>;?*^|\"'`\\ ",
	"1234567890kwbcdfghjlmnpqrstvxyzaeiouKWBCDFGHJLMNPQRSTVXYZAEIOU"
	"_-./:@,=+%~#!$&()[]{}<>;?*^|\"'`\\ ",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ9876543210zyxwvutsrqponmlkjihgfedcba"
	"./:@-_,=+%~#!$&()[]{}<>;?*^|\"'`\\ ",
};

bool
pattern_text_made(str pattern, str like, unsigned variant, struct arena *arena, str *ret)
{
	struct arena_map map;
	if (like.n > LIKE_BYTES_MAX || pattern.n > REGEX_BYTES_MAX)
		return false;
	struct arena work = arena_map(&map, (size_t)4 << 20);
	struct automaton m = { .text = pattern,
		.states = arena_fresh(&work, struct state, STATES_MAX) };
	struct part_of all = alternatives(&m);
	bool ok = !m.failed && m.i == pattern.n &&
	          way_through(&m, &all, like, orders[variant % countof(orders)], work,
		      arena, ret);
	arena_unmap(&map);
	return ok;
}

bool
value_made(const struct param *param, str like, size_t stars, struct arena *arena, str *ret)
{
	static const size_t longer[] = { 0, 2, 7, 15, 31 };
	str pattern = param->pattern_text;
	if (param->kind == PARAM_NAME)
		pattern = STR("[A-Za-z0-9][A-Za-z0-9_.-]{0,126}");
	if (param->kind == PARAM_INTEGER)
		pattern = STR("-?[1-9][0-9]{0,17}|0");
	if (pattern.n == 0) /* hosts, services and values of a list are named */
		return false;
	struct buf text = BUF(LIKE_BYTES_MAX * 33);
	bool made = false;
	for (size_t i = 0; i < countof(longer) && !made; i++) {
		str as = stars_with(like, stars + longer[i], &text);
		for (unsigned k = 0; k < countof(orders) && !made; k++)
			made = pattern_text_made(pattern, as, k, arena, ret) &&
			       param_takes(param, *ret);
	}
	buf_done(&text);
	if (made) /* the way went through both */
		ASSERT(like_matches(like, *ret));
	return made;
}
