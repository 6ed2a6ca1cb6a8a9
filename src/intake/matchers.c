#include "intake/matchers.h"

#include "base/cbor.h"
#include "intake/wire.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_HEAP_KIB_MAX 1024
#define PARENS_NEST_MAX 32

/* ---- reading ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static str
skip_blanks(str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = str_drop(s, 1);
	return s;
}

/* In double quotes, with \" \\ and \n. Copied into the arena without them. */
static bool
take_quoted(str *in, struct arena *arena, str *ret)
{
	size_t end = 1;
	while (end < in->n && in->p[end] != '"')
		end += in->p[end] == '\\' ? 2 : 1;
	char *out = end < in->n ? arena_try(arena, char, end) : NULL;
	size_t n = 0;
	if (out == NULL)
		return false;
	for (size_t i = 1; i < end; i++) {
		char c = in->p[i], next = in->p[i + 1];
		/* as Alertmanager: what is no escape stays as it is */
		if (c == '\\' && (next == '"' || next == '\\' || next == 'n')) {
			c = next == 'n' ? '\n' : next;
			i++;
		}
		out[n++] = c;
	}
	*ret = (str){ out, n };
	*in = str_drop(*in, end + 1);
	return true;
}

static bool
ends_bare(char c)
{
	return is_blank(c) || c == ',' || c == '=' || c == '!' || c == '~' || c == '{' ||
	       c == '}' || c == '"';
}

static bool
take_text(str *in, struct arena *arena, bool may_be_empty, str *ret)
{
	if (in->n > 0 && in->p[0] == '"')
		return take_quoted(in, arena, ret);
	size_t n = 0;
	while (n < in->n && !ends_bare(in->p[n]))
		n++;
	if (n == 0 && !may_be_empty)
		return false;
	*ret = str_take(*in, n);
	*in = str_drop(*in, n);
	return true;
}

static bool
take_op(str *in, enum label_op *ret)
{
	static const struct {
		const char *text;
		enum label_op op;
	} ops[] = {
		{ "=~", LABEL_MATCH },
		{ "!~", LABEL_NOT_MATCH },
		{ "!=", LABEL_NOT_EQUAL },
		{ "=", LABEL_EQUAL },
	};
	for (size_t i = 0; i < countof(ops); i++) {
		str text = str_of(ops[i].text);
		if (str_starts(*in, text)) {
			*in = str_drop(*in, text.n);
			*ret = ops[i].op;
			return true;
		}
	}
	return false;
}

/* "(*NO_JIT)" and the like in front are for programs that trust their patterns: it would make
 * matching so much slower that its bound is none. No pattern of Alertmanager begins so. */
static void *
compile(str pattern)
{
	if (str_starts(pattern, STR("(*")))
		return NULL;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (context == NULL)
		return NULL;
	(void)pcre2_set_parens_nest_limit(context, PARENS_NEST_MAX);
	int error = 0;
	size_t error_at = 0;
	pcre2_code *code =
	    pcre2_compile((PCRE2_SPTR)(pattern.n ? pattern.p : ""), pattern.n,
		PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL | PCRE2_UTF |
		    PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
		&error, &error_at, context);
	pcre2_compile_context_free(context);
	if (code != NULL)
		(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

bool
label_matcher_make(enum label_op op, str name, str value, struct label_matcher *ret)
{
	struct label_matcher made = { .op = op, .name = name, .value = value };
	if (op == LABEL_MATCH || op == LABEL_NOT_MATCH) {
		made.regex = compile(value);
		if (made.regex == NULL)
			return false;
	}
	*ret = made;
	return true;
}

void
label_matcher_done(struct label_matcher *matcher)
{
	pcre2_code_free(matcher->regex);
	matcher->regex = NULL;
}

bool
label_matcher_eq(const struct label_matcher *a, const struct label_matcher *b)
{
	return a->op == b->op && str_eq(a->name, b->name) && str_eq(a->value, b->value);
}

enum label_op
label_op_of(bool regex, bool equal)
{
	if (regex)
		return equal ? LABEL_MATCH : LABEL_NOT_MATCH;
	return equal ? LABEL_EQUAL : LABEL_NOT_EQUAL;
}

static bool
take_matcher(str *in, struct label_matchers *matchers, struct arena *arena)
{
	if (matchers->n == LABEL_MATCHERS_MAX)
		return false;
	struct label_matcher matcher = { .regex = NULL };
	*in = skip_blanks(*in);
	if (!take_text(in, arena, false, &matcher.name))
		return false;
	*in = skip_blanks(*in);
	if (!take_op(in, &matcher.op))
		return false;
	*in = skip_blanks(*in);
	if (!take_text(in, arena, true, &matcher.value))
		return false;
	*in = skip_blanks(*in);
	if (!label_matcher_make(matcher.op, matcher.name, matcher.value, &matcher))
		return false;
	matchers->item[matchers->n++] = matcher;
	return true;
}

/* "{...}" or the same without braces; a comma may follow the last. */
bool
label_matchers_add(struct label_matchers *matchers, str text, struct arena *arena)
{
	text = str_trim(text);
	if (text.n > LABEL_MATCHERS_BYTES_MAX || !str_utf8(text))
		return false;
	if (text.n >= 2 && text.p[0] == '{') {
		if (text.p[text.n - 1] != '}')
			return false;
		text = str_trim((str){ text.p + 1, text.n - 2 });
		if (text.n == 0)
			return true;
	}
	do {
		if (!take_matcher(&text, matchers, arena))
			return false;
		if (text.n == 0)
			return true;
		if (text.p[0] != ',')
			return false;
		text = skip_blanks(str_drop(text, 1));
	} while (text.n > 0);
	return true;
}

/* Not in quotes, with their escapes; a quote must have one. */
static bool
take_rest(str in, struct arena *arena, str *ret)
{
	char *out = arena_try(arena, char, in.n);
	size_t n = 0;
	if (out == NULL)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i], next = i + 1 < in.n ? in.p[i + 1] : '\0';
		if (c == '"')
			return false;
		if (c == '\\' && (next == '"' || next == '\\' || next == 'n')) {
			c = next == 'n' ? '\n' : next;
			i++;
		}
		out[n++] = c;
	}
	*ret = (str){ out, n };
	return true;
}

bool
label_matchers_add_filter(struct label_matchers *matchers, str text, struct arena *arena)
{
	text = str_trim(text);
	if (text.n > 0 && text.p[0] == '{')
		return label_matchers_add(matchers, text, arena);
	struct label_matcher m = { .regex = NULL };
	if (text.n > LABEL_MATCHERS_BYTES_MAX || !str_utf8(text) ||
	    matchers->n == LABEL_MATCHERS_MAX || !take_text(&text, arena, false, &m.name))
		return false;
	text = skip_blanks(text);
	if (!take_op(&text, &m.op))
		return false;
	text = skip_blanks(text);
	bool quoted = text.n > 0 && text.p[0] == '"';
	bool ok = quoted ? take_quoted(&text, arena, &m.value) && text.n == 0
	                 : take_rest(text, arena, &m.value);
	if (!ok || !label_matcher_make(m.op, m.name, m.value, &m))
		return false;
	matchers->item[matchers->n++] = m;
	return true;
}

bool
label_matchers_add_pattern(struct label_matchers *matchers, str pattern)
{
	if (matchers->n == LABEL_MATCHERS_MAX || pattern.n > LABEL_MATCHERS_BYTES_MAX ||
	    !str_utf8(pattern))
		return false;
	struct label_matcher matcher;
	if (!label_matcher_make(LABEL_MATCH, STR(""), pattern, &matcher))
		return false;
	matchers->item[matchers->n++] = matcher;
	return true;
}

/* ---- matching ---- */

enum regex_said { REGEX_NO, REGEX_MATCH, REGEX_EXCEEDED };

static enum regex_said
regex_run(const void *code, str value, uint32_t steps)
{
	static pcre2_match_data *data;
	static pcre2_match_context *context;
	if (data == NULL) {
		data = pcre2_match_data_create(1, NULL);
		context = pcre2_match_context_create(NULL);
		ASSERT(data != NULL && context != NULL);
		(void)pcre2_set_heap_limit(context, MATCH_HEAP_KIB_MAX);
	}
	(void)pcre2_set_match_limit(context, steps);
	int said = pcre2_match(code, (PCRE2_SPTR)(value.n ? value.p : ""), value.n, 0, 0,
	    data, context);
	if (said >= 0)
		return REGEX_MATCH;
	return said == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_EXCEEDED;
}

bool
label_matcher_match(const struct label_matcher *matcher, str value)
{
	switch (matcher->op) {
	case LABEL_EQUAL:
		return str_eq(value, matcher->value);
	case LABEL_NOT_EQUAL:
		return !str_eq(value, matcher->value);
	case LABEL_MATCH:
		return regex_run(matcher->regex, value, LABEL_MATCH_STEPS_MAX) ==
		       REGEX_MATCH;
	case LABEL_NOT_MATCH:
		return regex_run(matcher->regex, value, LABEL_MATCH_STEPS_MAX) == REGEX_NO;
	}
	UNREACHABLE();
}

bool
label_matchers_match(const struct label_matchers *matchers, const struct pairs *labels)
{
	for (size_t i = 0; i < matchers->n; i++) {
		const struct label_matcher *matcher = &matchers->item[i];
		if (!label_matcher_match(matcher, pairs_get(labels, matcher->name)))
			return false;
	}
	return true;
}

void
label_matchers_done(struct label_matchers *matchers)
{
	for (size_t i = 0; i < matchers->n; i++)
		label_matcher_done(&matchers->item[i]);
	matchers->n = 0;
}

/* ---- one alert after the other ---- */

static bool
is_regex(const struct label_matcher *matcher)
{
	return matcher->op == LABEL_MATCH || matcher->op == LABEL_NOT_MATCH;
}

void
label_scan_begin(struct label_scan *scan, const struct label_matchers *matchers)
{
	uint32_t regexes = 0;
	for (size_t i = 0; i < matchers->n; i++)
		regexes += is_regex(&matchers->item[i]);
	*scan = (struct label_scan){ .matchers = matchers,
		.steps = LABEL_MATCH_STEPS_MAX / (regexes > 0 ? regexes : 1) };
}

static bool
scan_regex(struct label_scan *scan, size_t i, str value)
{
	struct label_memo *memo = &scan->memo[i];
	if (memo->known && str_eq(value, (str){ memo->value, memo->n }))
		return memo->match;
	enum regex_said said = regex_run(scan->matchers->item[i].regex, value, scan->steps);
	scan->regexes++;
	scan->exceeded |= said == REGEX_EXCEEDED;
	if (value.n <= sizeof(memo->value)) {
		memo->known = true;
		memo->match = said == REGEX_MATCH;
		memo->n = (uint8_t)value.n;
		if (value.n > 0)
			memcpy(memo->value, value.p, value.n);
	}
	return said == REGEX_MATCH;
}

bool
label_scan_value(struct label_scan *scan, size_t i, str value)
{
	ASSERT(i < scan->matchers->n);
	const struct label_matcher *matcher = &scan->matchers->item[i];
	if (!is_regex(matcher))
		return label_matcher_match(matcher, value);
	return scan_regex(scan, i, value) == (matcher->op == LABEL_MATCH);
}

bool
label_scan_match(struct label_scan *scan, str labels)
{
	const struct label_matchers *matchers = scan->matchers;
	str value[LABEL_MATCHERS_MAX];
	size_t missing = matchers->n;
	for (size_t i = 0; i < matchers->n; i++)
		value[i] = (str){ NULL, 0 };
	struct wire_pairs pairs = wire_pairs(labels);
	struct pair pair;
	while (missing > 0 && wire_next_pair(&pairs, &pair)) {
		for (size_t i = 0; i < matchers->n; i++) {
			if (!str_eq(pair.name, matchers->item[i].name))
				continue;
			value[i] = pair.value;
			missing--;
		}
	}
	/* Expressions last, so that they are seldom run. */
	for (size_t i = 0; i < matchers->n; i++) {
		if (!is_regex(&matchers->item[i]) && !label_scan_value(scan, i, value[i]))
			return false;
	}
	for (size_t i = 0; i < matchers->n; i++) {
		if (is_regex(&matchers->item[i]) && !label_scan_value(scan, i, value[i]))
			return false;
	}
	return true;
}

struct pairs
labels_of_body(str body, struct pair *pair)
{
	static const struct pairs none;
	struct cbor in;
	size_t fields, items;
	uint64_t number;
	cbor_open(&in, body);
	if (!cbor_map(&in, &fields) || fields == 0 || !cbor_u64(&in, &number) ||
	    number != 1 || !cbor_array(&in, &items) || items > 2 * LABELS_MAX)
		return none;
	for (size_t i = 0; i < items / 2; i++) {
		if (!cbor_text(&in, &pair[i].name) || !cbor_text(&in, &pair[i].value))
			return none;
	}
	return (struct pairs){ pair, items / 2 };
}
