/*
 * Label matchers and the regular expressions behind them.
 *
 *	match: {namespace: shop, job: "~checkout-.*", severity: "!info"}
 *
 * PCRE2, anchored at both ends, '.' matches a newline too (as Prometheus 3). What it
 * compiles lives in its own memory: hence regex_release, and a bound on their number.
 */
#include "model/matcher.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "model/internal.h"

#define MATCH_STEPS_MAX 20000 /* of backtracking: some 40 us */
#define MATCH_HEAP_KIB_MAX 1024
#define PARENS_NEST_MAX 32
#define MATCHERS_MAX 32
#define REGEXES_MAX 20000 /* of one model; a kilobyte or more each */

struct regex {
	struct regex *next; /* all of one model */
	pcre2_code *code;
};

static void
report_regex(struct reader *r, const struct node *node, size_t off, int code, size_t at)
{
	char text[128];
	int n = pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
	str message = n < 0 ? STR("it does not compile") : str_of(text);
	size_t end = node->text.n - off;
	read_error_part(r, node, off + (at < end ? at : end), 1,
	    STR("this is a regular expression; write \\. for a dot, \\\\ for a backslash"),
	    "bad pattern: %.*s", STR_ARG(message));
}

struct regex *
read_regex(struct reader *r, const struct node *node, size_t off)
{
	str pattern = str_drop(node->text, off);
	if (pattern.n > REGEX_BYTES_MAX) {
		read_error(r, node, STR(""), "a pattern is at most %d bytes",
		    REGEX_BYTES_MAX);
		return NULL;
	}
	if (r->regexes_n == REGEXES_MAX) {
		read_error(r, node, STR(""), "more than %d patterns", REGEXES_MAX);
		return NULL;
	}
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (context == NULL) {
		read_error(r, node, STR(""), "no memory for this pattern");
		return NULL;
	}
	(void)pcre2_set_parens_nest_limit(context, PARENS_NEST_MAX);

	int error = 0;
	size_t error_at = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.n ? pattern.p : ""),
	    pattern.n,
	    PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL | PCRE2_UTF |
		PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
	    &error, &error_at, context);
	pcre2_compile_context_free(context);
	if (code == NULL) {
		report_regex(r, node, off, error, error_at);
		return NULL;
	}
	/* Where there is no executable memory it is interpreted: slower, the same answers. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);

	struct regex *regex = arena_new(r->arena, struct regex, 1);
	*regex = (struct regex){ .next = r->regexes, .code = code };
	r->regexes = regex;
	r->regexes_n++;
	return regex;
}

void
regex_release(struct regex *all)
{
	for (struct regex *regex = all; regex != NULL; regex = regex->next) {
		pcre2_code_free(regex->code);
		regex->code = NULL;
	}
}

/* What a match needs besides the program; one a thread, made at its first match. */
static _Thread_local struct match_tools {
	pcre2_match_data *data;
	pcre2_match_context *context;
} of_thread;

static struct match_tools *
match_tools(void)
{
	if (of_thread.data == NULL) {
		of_thread.data = pcre2_match_data_create(1, NULL);
		of_thread.context = pcre2_match_context_create(NULL);
		ASSERT(of_thread.data != NULL);
		ASSERT(of_thread.context != NULL);
		(void)pcre2_set_match_limit(of_thread.context, MATCH_STEPS_MAX);
		(void)pcre2_set_heap_limit(of_thread.context, MATCH_HEAP_KIB_MAX);
	}
	return &of_thread;
}

void
regex_thread_ends(void)
{
	pcre2_match_data_free(of_thread.data);
	pcre2_match_context_free(of_thread.context);
	of_thread = (struct match_tools){ .data = NULL };
}

bool
regex_match(const struct regex *regex, str s)
{
	struct match_tools *tools = match_tools();
	return pcre2_match(regex->code, (PCRE2_SPTR)(s.n ? s.p : ""), s.n, 0, 0,
		   tools->data, tools->context) >= 0;
}

/* ---- matchers ---- */

static bool
read_matcher(struct reader *r, const struct node *node, struct matcher *ret)
{
	str text = node->text;
	if (node->kind != NODE_TEXT) {
		read_error(r, node,
		    STR("as in {job: api, zone: \"~eu-.*\", team: \"!dev\"}"),
		    "the pattern of a label must be text");
		return false;
	}
	bool negated = str_starts(text, STR("!"));
	bool pattern = str_starts(str_drop(text, negated ? 1 : 0), STR("~"));
	size_t off = (negated ? 1u : 0u) + (pattern ? 1u : 0u);
	*ret = (struct matcher){
		.label = node->key,
		.op = pattern ? (negated ? MATCH_NOT_RE : MATCH_RE)
		              : (negated ? MATCH_NE : MATCH_EQ),
		.value = str_drop(text, off),
	};
	if (pattern)
		ret->regex = read_regex(r, node, off);
	return !pattern || ret->regex != NULL;
}

bool
read_matchers(struct reader *r, const struct node *node, struct matchers *ret)
{
	if (!read_is_map(r, node, NULL))
		return false;
	if (node->n == 0 || node->n > MATCHERS_MAX) {
		read_error(r, node, STR("as in {alertname: DiskFull, job: \"~db-.*\"}"),
		    "expected 1 to %d labels, not %zu: an empty match would take every "
		    "alert",
		    MATCHERS_MAX, node->n);
		return false;
	}
	struct matchers matchers = { arena_new(r->arena, struct matcher, node->n), 0 };
	bool ok = true;
	for (const struct node *child = node->first; child != NULL; child = child->next)
		ok = read_matcher(r, child, &matchers.p[matchers.n++]) && ok;
	if (ok)
		*ret = matchers;
	return ok;
}

static bool
matcher_matches(const struct matcher *m, str value)
{
	switch (m->op) {
	case MATCH_EQ:
		return str_eq(m->value, value);
	case MATCH_NE:
		return !str_eq(m->value, value);
	case MATCH_RE:
		return regex_match(m->regex, value);
	case MATCH_NOT_RE:
		return !regex_match(m->regex, value);
	}
	UNREACHABLE();
}

bool
matchers_match(const struct matchers *matchers, const struct pairs *labels)
{
	for (size_t i = 0; i < matchers->n; i++)
		if (!matcher_matches(&matchers->p[i],
			pairs_get(labels, matchers->p[i].label)))
			return false;
	return true;
}
