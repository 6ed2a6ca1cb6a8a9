/*
 * What a probe's answer is held against:
 *
 *	> 500              value of a query
 *	status == 200      of an HTTP answer; also: body contains "ready"
 *	exit == 0          of a command; also: output lacks error
 */
#include <assert.h>
#include <math.h>

#include "model/internal.h"

static const char *const subjects[] = { "value", "status", "body", "exit", "output" };
static_assert(countof(subjects) == SUBJECT_OUTPUT, "a name for each subject");

static const struct {
	const char *text;
	enum condition_op op;
} ops[] = {
	{ "<=", OP_LE },
	{ ">=", OP_GE },
	{ "==", OP_EQ },
	{ "!=", OP_NE },
	{ "<", OP_LT },
	{ ">", OP_GT },
	{ "contains", OP_CONTAINS },
	{ "lacks", OP_CONTAINS_NOT },
};

const char *
condition_subject_name(enum condition_subject subject)
{
	ASSERT(subject >= SUBJECT_VALUE && subject <= SUBJECT_OUTPUT);
	return subjects[subject - 1];
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t
skip_blanks(str s, size_t at)
{
	while (at < s.n && s.p[at] == ' ')
		at++;
	return at;
}

/* The length of the operator or word that s begins with. */
static size_t
token_length(str s)
{
	size_t n = 0;
	if (s.n > 0 && is_word_char(s.p[0])) {
		while (n < s.n && is_word_char(s.p[n]))
			n++;
		return n;
	}
	while (n < s.n && strchr("<>=!~", s.p[n] ? s.p[n] : ' ') != NULL)
		n++;
	return n;
}

static bool
read_subject(struct reader *r, const struct node *node, str word,
    enum condition_subject *ret)
{
	str names[countof(subjects)];
	for (size_t i = 0; i < countof(subjects); i++) {
		names[i] = str_of(subjects[i]);
		if (str_eq(names[i], word)) {
			*ret = (enum condition_subject)(i + 1);
			return true;
		}
	}
	str hint = read_suggest(r, word, names, countof(names));
	read_error_part(r, node, (size_t)(word.p - node->text.p), word.n,
	    hint.n ? hint : STR("compare value, status, body, exit or output"),
	    "unknown subject '%.*s'", STR_ARG(word));
	return false;
}

static bool
read_op(struct reader *r, const struct node *node, size_t at, enum condition_op *ret,
    size_t *ret_len)
{
	str rest = str_drop(node->text, at);
	size_t len = token_length(rest);
	for (size_t i = 0; i < countof(ops); i++) {
		if (!str_eq(str_take(rest, len), str_of(ops[i].text)))
			continue;
		*ret = ops[i].op;
		*ret_len = len;
		return true;
	}
	read_error_part(r, node, at, len ? len : rest.n,
	    STR("use <, <=, >, >=, ==, !=, contains or lacks, as in \"> 500\" or \"status "
		"== "
		"200\""),
	    "expected a comparison, not '%.*s'", STR_ARG(len ? str_take(rest, len) : rest));
	return false;
}

/* Whether this may be compared so, and as a number or text. */
static bool
judge_operand(struct reader *r, const struct node *node, size_t at, struct condition *c)
{
	str operand = str_trim(str_drop(node->text, at));
	bool textual = c->subject == SUBJECT_BODY || c->subject == SUBJECT_OUTPUT;
	bool searches = c->op == OP_CONTAINS || c->op == OP_CONTAINS_NOT;
	if (operand.n == 0) {
		read_error(r, node, STR("as in \"> 500\" or \"status == 200\""),
		    "this comparison has nothing to compare with");
		return false;
	}
	if (searches && !textual) {
		read_error(r, node,
		    STR("only body and output can be searched; use == or !="),
		    "'%s' is a number and holds no text",
		    condition_subject_name(c->subject));
		return false;
	}

	c->numeric = !searches && !(textual && (c->op == OP_EQ || c->op == OP_NE));
	if (c->numeric && !str_double(operand, &c->number)) {
		read_error_part(r, node, at, operand.n, STR("as in \"> 0.5\""),
		    "expected a number, not '%.*s'", STR_ARG(operand));
		return false;
	}
	bool quoted =
	    operand.n >= 2 && operand.p[0] == '"' && operand.p[operand.n - 1] == '"';
	c->text = quoted ? str_take(str_drop(operand, 1), operand.n - 2) : operand;
	if (searches && c->text.n == 0) {
		read_error_part(r, node, at, operand.n, STR("write the words to look for"),
		    "every text contains the empty one");
		return false;
	}
	return true;
}

bool
read_condition(struct reader *r, const struct node *node, struct condition *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	struct condition c = { .subject = SUBJECT_VALUE, .written = text };
	size_t at = skip_blanks(text, 0);
	size_t len = token_length(str_drop(text, at));
	str word = str_take(str_drop(text, at), len);
	bool is_word = len > 0 && is_word_char(word.p[0]) &&
	               !str_eq(word, STR("contains")) && !str_eq(word, STR("lacks"));
	if (is_word) {
		if (!read_subject(r, node, word, &c.subject))
			return false;
		at = skip_blanks(text, at + len);
	}
	if (!read_op(r, node, at, &c.op, &len))
		return false;
	if (!judge_operand(r, node, skip_blanks(text, at + len), &c))
		return false;
	*ret = c;
	return true;
}

/* ---- holding ---- */

static enum holds
holds_if(bool yes)
{
	return yes ? HOLDS_YES : HOLDS_NO;
}

static enum holds
compare_numbers(enum condition_op op, double seen, double wanted)
{
	bool less = seen < wanted;
	bool more = seen > wanted;
	switch (op) {
	case OP_LT:
		return holds_if(less);
	case OP_LE:
		return holds_if(!more);
	case OP_GT:
		return holds_if(more);
	case OP_GE:
		return holds_if(!less);
	case OP_EQ:
		return holds_if(!less && !more);
	case OP_NE:
		return holds_if(less || more);
	case OP_CONTAINS:
	case OP_CONTAINS_NOT:
		break;
	}
	UNREACHABLE();
}

/* Prometheus writes infinities as "+Inf" and "-Inf"; NaN is no number to compare. */
static bool
number_seen(str text, double *ret)
{
	text = str_trim(text);
	if (str_eq(text, STR("+Inf")) || str_eq(text, STR("-Inf"))) {
		*ret = text.p[0] == '-' ? -HUGE_VAL : HUGE_VAL;
		return true;
	}
	return str_double(text, ret);
}

static enum holds
compare_text(const struct condition *c, str seen)
{
	bool cut_off = seen.n >= PROBE_VALUE_MAX;
	if (c->op == OP_CONTAINS || c->op == OP_CONTAINS_NOT) {
		bool found = str_contains(seen, c->text);
		if (!found && cut_off)
			return HOLDS_UNKNOWN;
		return holds_if(found == (c->op == OP_CONTAINS));
	}
	if (cut_off)
		return HOLDS_UNKNOWN;
	return holds_if(str_eq(str_trim(seen), c->text) == (c->op == OP_EQ));
}

enum holds
condition_holds(const struct condition *condition, const struct probe_result *seen)
{
	if (seen->status != PROBE_OK)
		return HOLDS_UNKNOWN;

	double number;
	switch (condition->subject) {
	case SUBJECT_STATUS:
	case SUBJECT_EXIT:
		return compare_numbers(condition->op, (double)seen->code,
		    condition->number);
	case SUBJECT_VALUE:
	case SUBJECT_BODY:
	case SUBJECT_OUTPUT:
		if (!condition->numeric)
			return compare_text(condition, seen->value);
		if (!number_seen(seen->value, &number))
			return HOLDS_UNKNOWN;
		return compare_numbers(condition->op, number, condition->number);
	}
	UNREACHABLE();
}
