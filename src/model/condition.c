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

#define OF(kind) (1u << PROBE_##kind)

/* What can be asked about the answer of which kinds of probe. */
static const struct subject {
	const char *name;
	unsigned kinds;
	bool textual;  /* else a number */
	bool searched; /* may stand before contains and lacks */
} subjects[] = {
	[SUBJECT_VALUE] = { "value", OF(PROMQL), false, false },
	[SUBJECT_STATUS] = { "status", OF(HTTP), false, false },
	[SUBJECT_BODY] = { "body", OF(HTTP), true, true },
	[SUBJECT_EXIT] = { "exit", OF(RUN) | OF(SSH), false, false },
	[SUBJECT_OUTPUT] = { "output", OF(RUN) | OF(SSH), true, true },
	[SUBJECT_OPEN] = { "open", OF(TCP), false, false },
	[SUBJECT_MS] = { "ms", OF(TCP), false, false },
	[SUBJECT_BANNER] = { "banner", OF(TCP), true, true },
	[SUBJECT_VALID] = { "valid", OF(TLS), false, false },
	[SUBJECT_DAYS] = { "days", OF(TLS), false, false },
	[SUBJECT_ANSWERS] = { "answers", OF(DNS), false, true },
	[SUBJECT_TEXT] = { "text", OF(DNS) | OF(LOG), true, true },
	[SUBJECT_LINES] = { "lines", OF(LOG), false, false },
	[SUBJECT_MATCHES] = { "matches", OF(LOG), false, false },
	[SUBJECT_STATE] = { "state", OF(SYSTEMD), true, true },
};
static_assert(countof(subjects) == SUBJECT_STATE + 1, "a row for each subject");

/* A word that is a whole condition. */
static const struct alone {
	const char *word;
	enum condition_subject subject;
	double number;
} alone[] = {
	{ "open", SUBJECT_OPEN, 1 },
	{ "closed", SUBJECT_OPEN, 0 },
	{ "valid", SUBJECT_VALID, 1 },
	{ "invalid", SUBJECT_VALID, 0 },
};

/* What a condition on each kind looks like. */
static const struct {
	const char *what;
	const char *hint;
} kinds[] = {
	[PROBE_PROMQL] = { "a query", "as in \"> 500\"" },
	[PROBE_HTTP] = { "an HTTP answer", "as in status == 200 or body contains ok" },
	[PROBE_RUN] = { "a command", "as in exit == 0 or output contains ok" },
	[PROBE_SSH] = { "a command", "as in exit == 0 or output contains ok" },
	[PROBE_SYSTEMD] = { "a unit", "as in value == active" },
	[PROBE_TCP] = { "a TCP connection",
	    "as in open, closed, \"ms < 50\" or banner contains SSH-2.0" },
	[PROBE_DNS] = { "a DNS answer",
	    "as in \"answers >= 2\", answers contains 192.0.2.7 or text contains v=spf1" },
	[PROBE_TLS] = { "a certificate", "as in valid, invalid or \"days > 14\"" },
	[PROBE_LOG] = { "a log",
	    "as in matches == 0, lines > 0 or text lacks \"out of memory\"" },
};

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
	ASSERT(subject >= SUBJECT_VALUE && subject < countof(subjects));
	return subjects[subject].name;
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

/* The first word: a subject, or one that stands alone. */
static bool
find_subject(str word, enum condition_subject *ret, const struct alone **ret_alone)
{
	for (size_t i = 0; i < countof(alone); i++) {
		if (!str_eq(word, str_of(alone[i].word)))
			continue;
		*ret = alone[i].subject;
		*ret_alone = &alone[i];
		return true;
	}
	for (size_t i = SUBJECT_VALUE; i < countof(subjects); i++) {
		if (!str_eq(word, str_of(subjects[i].name)))
			continue;
		*ret = (enum condition_subject)i;
		*ret_alone = NULL;
		return true;
	}
	return false;
}

/* Of the kind in question, did-you-mean; else an example. `kind` 0: any. */
static str
subject_hint(struct reader *r, str word, enum probe_kind kind)
{
	str names[countof(subjects) + countof(alone)];
	size_t n = 0;
	for (size_t i = SUBJECT_VALUE; i < countof(subjects); i++) {
		if (kind == 0 || (subjects[i].kinds & 1u << kind) != 0)
			names[n++] = str_of(subjects[i].name);
	}
	for (size_t i = 0; i < countof(alone); i++) {
		if (kind == 0 || (subjects[alone[i].subject].kinds & 1u << kind) != 0)
			names[n++] = str_of(alone[i].word);
	}
	str hint = read_suggest(r, word, names, n);
	if (hint.n > 0)
		return hint;
	return kind != 0 ? str_of(kinds[kind].hint)
	                 : STR("as in \"> 500\", status == 200 or exit == 0");
}

static bool
read_subject(struct reader *r, const struct node *node, str word, enum probe_kind kind,
    struct condition *c, const struct alone **ret_alone)
{
	size_t off = (size_t)(word.p - node->text.p);
	if (kind == PROBE_SYSTEMD && str_eq(word, STR("value")))
		return true; /* its only one: a word */
	if (!find_subject(word, &c->subject, ret_alone)) {
		read_error_part(r, node, off, word.n, subject_hint(r, word, kind),
		    "unknown subject '%.*s'", STR_ARG(word));
		return false;
	}
	if (kind == 0 || (subjects[c->subject].kinds & 1u << kind) != 0)
		return true;
	read_error_part(r, node, off, word.n, subject_hint(r, word, kind),
	    "%s has no '%.*s'", kinds[kind].what, STR_ARG(word));
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
	bool textual = subjects[c->subject].textual;
	bool searches = c->op == OP_CONTAINS || c->op == OP_CONTAINS_NOT;
	if (operand.n == 0) {
		read_error(r, node, STR("as in \"> 500\" or \"status == 200\""),
		    "this comparison has nothing to compare with");
		return false;
	}
	if (searches && !subjects[c->subject].searched) {
		read_error(r, node, STR("only texts can be searched; use == or !="),
		    "'%s' is a number and holds no text",
		    condition_subject_name(c->subject));
		return false;
	}

	c->numeric = !searches && !(textual && (c->op == OP_EQ || c->op == OP_NE));
	if (c->numeric && c->subject == SUBJECT_STATE) {
		read_error(r, node, STR("use == or !="), "a unit's state is a word");
		return false;
	}
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

static bool
read_alone(struct reader *r, const struct node *node, const struct alone *is, str rest,
    struct condition *c)
{
	if (rest.n > 0) {
		read_error_part(r, node, (size_t)(rest.p - node->text.p), rest.n,
		    STR("remove it"), "'%s' stands alone", is->word);
		return false;
	}
	c->op = OP_EQ;
	c->numeric = true;
	c->number = is->number;
	return true;
}

/* The sentence may begin with its operator, and is then about a query's value. */
static bool
read_value_of(struct reader *r, const struct node *node, enum probe_kind kind)
{
	if (kind == 0 || kind == PROBE_PROMQL || kind == PROBE_SYSTEMD)
		return true;
	read_error(r, node, str_of(kinds[kind].hint), "%s has no 'value'",
	    kinds[kind].what);
	return false;
}

bool
read_condition(struct reader *r, const struct node *node, enum probe_kind kind,
    struct condition *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	struct condition c = {
		.subject = kind == PROBE_SYSTEMD ? SUBJECT_STATE : SUBJECT_VALUE,
		.written = text,
	};
	const struct alone *is_alone = NULL;
	size_t at = skip_blanks(text, 0);
	size_t len = token_length(str_drop(text, at));
	str word = str_take(str_drop(text, at), len);
	bool is_word = len > 0 && is_word_char(word.p[0]) &&
	               !str_eq(word, STR("contains")) && !str_eq(word, STR("lacks"));
	if (is_word) {
		if (!read_subject(r, node, word, kind, &c, &is_alone))
			return false;
		at = skip_blanks(text, at + len);
	}
	if (is_alone != NULL) {
		if (!read_alone(r, node, is_alone, str_trim(str_drop(text, at)), &c))
			return false;
		*ret = c;
		return true;
	}
	if (!read_op(r, node, at, &c.op, &len))
		return false;
	if (!is_word && !read_value_of(r, node, kind))
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
compare_text(const struct condition *c, const struct probe_result *seen)
{
	str text = seen->value;
	bool cut_off = seen->cut || text.n >= PROBE_VALUE_MAX;
	if (c->op == OP_CONTAINS || c->op == OP_CONTAINS_NOT) {
		bool found = str_contains(text, c->text);
		if (!found && cut_off)
			return HOLDS_UNKNOWN;
		return holds_if(found == (c->op == OP_CONTAINS));
	}
	if (cut_off)
		return HOLDS_UNKNOWN;
	return holds_if(str_eq(str_trim(text), c->text) == (c->op == OP_EQ));
}

/* Names end in a dot or not, in whatever case. */
static str
without_dot(str name)
{
	return str_ends(name, STR(".")) ? str_take(name, name.n - 1) : name;
}

/* One of the answers is that, whole: 10.0.0.1 is not in 10.0.0.10. */
static enum holds
compare_answers(const struct condition *c, const struct probe_result *seen)
{
	bool found = false;
	for (str rest = seen->value; rest.n > 0 && !found;) {
		struct str_cut cut = str_cut(rest, '\n');
		found = str_eq_caseless(without_dot(cut.head), without_dot(c->text));
		rest = cut.tail;
	}
	if (!found && (seen->cut || seen->value.n >= PROBE_VALUE_MAX))
		return HOLDS_UNKNOWN;
	return holds_if(found == (c->op == OP_CONTAINS));
}

/* There are at least so many. */
static enum holds
compare_at_least(enum condition_op op, double seen, double wanted)
{
	enum holds now = compare_numbers(op, seen, wanted);
	bool more_may_change_it;
	if (op == OP_GT || op == OP_GE)
		more_may_change_it = now != HOLDS_YES;
	else if (op == OP_LT || op == OP_LE)
		more_may_change_it = now != HOLDS_NO;
	else
		more_may_change_it = seen <= wanted;
	return more_may_change_it ? HOLDS_UNKNOWN : now;
}

static enum holds
compare_value(const struct condition *c, const struct probe_result *seen)
{
	double number;
	if (!c->numeric)
		return compare_text(c, seen);
	if (!number_seen(seen->value, &number))
		return HOLDS_UNKNOWN;
	return compare_numbers(c->op, number, c->number);
}

enum holds
condition_holds(const struct condition *condition, const struct probe_result *seen)
{
	const struct condition *c = condition;
	double number = (double)seen->number, code = (double)seen->code;
	if (seen->status != PROBE_OK)
		return HOLDS_UNKNOWN;

	switch (c->subject) {
	case SUBJECT_STATUS:
	case SUBJECT_EXIT:
	case SUBJECT_OPEN:
	case SUBJECT_VALID:
		return compare_numbers(c->op, code, c->number);
	case SUBJECT_MS:
		return compare_numbers(c->op, seen->code != 0 ? number : HUGE_VAL,
		    c->number);
	case SUBJECT_DAYS:
		return compare_numbers(c->op, number, c->number);
	case SUBJECT_ANSWERS:
		if (!c->numeric)
			return compare_answers(c, seen);
		return compare_numbers(c->op, number, c->number);
	case SUBJECT_LINES:
	case SUBJECT_MATCHES:
		number = c->subject == SUBJECT_LINES ? number : code;
		if (seen->least)
			return compare_at_least(c->op, number, c->number);
		return compare_numbers(c->op, number, c->number);
	case SUBJECT_BANNER: /* a door that is closed says nothing */
		if (seen->code == 0)
			return HOLDS_UNKNOWN;
		return compare_value(c, seen);
	case SUBJECT_VALUE:
	case SUBJECT_STATE:
	case SUBJECT_BODY:
	case SUBJECT_OUTPUT:
	case SUBJECT_TEXT:
		return compare_value(c, seen);
	}
	UNREACHABLE();
}
