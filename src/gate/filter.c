#include "gate/filter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_STEPS_MAX 20000
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
take_kind(str *in, enum filter_kind *ret)
{
	static const struct {
		const char *text;
		enum filter_kind kind;
	} kinds[] = {
		{ "=~", FILTER_MATCH },
		{ "!~", FILTER_NOT_MATCH },
		{ "!=", FILTER_NOT_EQUAL },
		{ "=", FILTER_EQUAL },
	};
	for (size_t i = 0; i < countof(kinds); i++) {
		str text = str_of(kinds[i].text);
		if (str_starts(*in, text)) {
			*in = str_drop(*in, text.n);
			*ret = kinds[i].kind;
			return true;
		}
	}
	return false;
}

static void *
compile(str pattern)
{
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

static bool
take_matcher(str *in, struct filters *filters, struct arena *arena)
{
	if (filters->n == FILTERS_MAX)
		return false;
	struct filter filter = { .regex = NULL };
	*in = skip_blanks(*in);
	if (!take_text(in, arena, false, &filter.name))
		return false;
	*in = skip_blanks(*in);
	if (!take_kind(in, &filter.kind))
		return false;
	*in = skip_blanks(*in);
	if (!take_text(in, arena, true, &filter.value))
		return false;
	*in = skip_blanks(*in);
	if (filter.kind == FILTER_MATCH || filter.kind == FILTER_NOT_MATCH) {
		filter.regex = compile(filter.value);
		if (filter.regex == NULL)
			return false;
	}
	filters->item[filters->n++] = filter;
	return true;
}

/* "{...}" or the same without braces; a comma may follow the last. */
bool
filters_add(struct filters *filters, str text, struct arena *arena)
{
	text = str_trim(text);
	if (text.n > FILTER_BYTES_MAX || !str_utf8(text))
		return false;
	if (text.n >= 2 && text.p[0] == '{') {
		if (text.p[text.n - 1] != '}')
			return false;
		text = str_trim((str){ text.p + 1, text.n - 2 });
		if (text.n == 0)
			return true;
	}
	do {
		if (!take_matcher(&text, filters, arena))
			return false;
		if (text.n == 0)
			return true;
		if (text.p[0] != ',')
			return false;
		text = skip_blanks(str_drop(text, 1));
	} while (text.n > 0);
	return true;
}

bool
filters_add_pattern(struct filters *filters, str pattern)
{
	if (filters->n == FILTERS_MAX || pattern.n > FILTER_BYTES_MAX || !str_utf8(pattern))
		return false;
	struct filter filter = { .kind = FILTER_MATCH,
		.name = STR(""),
		.value = pattern,
		.regex = compile(pattern) };
	if (filter.regex == NULL)
		return false;
	filters->item[filters->n++] = filter;
	return true;
}

/* ---- matching ---- */

static bool
regex_match(const void *code, str value)
{
	static pcre2_match_data *data;
	static pcre2_match_context *context;
	if (data == NULL) {
		data = pcre2_match_data_create(1, NULL);
		context = pcre2_match_context_create(NULL);
		ASSERT(data != NULL && context != NULL);
		(void)pcre2_set_match_limit(context, MATCH_STEPS_MAX);
		(void)pcre2_set_heap_limit(context, MATCH_HEAP_KIB_MAX);
	}
	return pcre2_match(code, (PCRE2_SPTR)(value.n ? value.p : ""), value.n, 0, 0, data,
		   context) >= 0;
}

bool
filter_match(const struct filter *filter, str value)
{
	switch (filter->kind) {
	case FILTER_EQUAL:
		return str_eq(value, filter->value);
	case FILTER_NOT_EQUAL:
		return !str_eq(value, filter->value);
	case FILTER_MATCH:
		return regex_match(filter->regex, value);
	case FILTER_NOT_MATCH:
		return !regex_match(filter->regex, value);
	}
	UNREACHABLE();
}

bool
filters_match(const struct filters *filters, const struct pairs *labels)
{
	for (size_t i = 0; i < filters->n; i++) {
		const struct filter *filter = &filters->item[i];
		if (!filter_match(filter, pairs_get(labels, filter->name)))
			return false;
	}
	return true;
}

void
filters_done(struct filters *filters)
{
	for (size_t i = 0; i < filters->n; i++)
		pcre2_code_free(filters->item[i].regex);
	filters->n = 0;
}
