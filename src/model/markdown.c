/*
 * Steps and headings of a runbook's Markdown.
 *
 *	## Is it really this?
 *	```check backlog
 *	expect: "> 500"
 *	```
 *
 * cmark says where blocks begin and end, in lines; the words of a fence are cut from the
 * source itself, so that a caret can point at each of them. What looks like a step but
 * would not be one (inside a list, HTML, indented text, or swallowed by a fence that is
 * never closed) is an error: a step that nobody runs is worse than one that does not load.
 */
#include "model/runbook.h"

#include <assert.h>
#define CMARK_NO_SHORT_NAMES /* NODE_TEXT and its like are ours */
#include <cmark.h>

struct scan {
	struct reader *r;
	const struct source *src;
	size_t *lines; /* the byte at which each line begins, and one more: the end */
	size_t lines_n;
	str heading;
	struct markdown *ret;
};

static const char *const kinds[STEP_KIND_COUNT] = {
	[STEP_CHECK] = "check",
	[STEP_ACTION] = "action",
	[STEP_VERIFY] = "verify",
	[STEP_HANDOFF] = "handoff",
	[STEP_WAIT] = "wait",
	[STEP_ASK] = "ask",
	[STEP_UNDO] = "undo",
	[STEP_CALL] = "call",
};
#define STEP_NEAR_MIN 4 /* letters: awk, asm and wat are languages */

const char *
step_kind_name(enum step_kind kind)
{
	ASSERT(kind < countof(kinds) && kinds[kind] != NULL);
	return kinds[kind];
}

bool
step_kind_of(str word, enum step_kind *ret)
{
	for (unsigned i = STEP_CHECK; i < countof(kinds); i++) {
		if (kinds[i] == NULL || !str_eq(word, str_of(kinds[i])))
			continue;
		*ret = (enum step_kind)i;
		return true;
	}
	return false;
}

/* ---- lines ---- */

static void
find_lines(struct scan *s, size_t off)
{
	str text = s->src->text;
	size_t n = 1;
	for (size_t i = off; i < text.n; i++)
		n += text.p[i] == '\n';
	s->lines = arena_new(s->r->arena, size_t, n + 1);
	s->lines[s->lines_n++] = off;
	for (size_t i = off; i < text.n; i++) {
		if (text.p[i] == '\n')
			s->lines[s->lines_n++] = i + 1;
	}
	s->lines[s->lines_n] = text.n;
}

/* Line `line` (from 1, as cmark counts), without its end. */
static str
line_text(const struct scan *s, int line)
{
	if (line < 1 || (size_t)line > s->lines_n)
		return str_drop(s->src->text, s->src->text.n);
	size_t from = s->lines[line - 1];
	size_t until = s->lines[line];
	while (until > from &&
	       (s->src->text.p[until - 1] == '\n' || s->src->text.p[until - 1] == '\r'))
		until--;
	return str_take(str_drop(s->src->text, from), until - from);
}

static struct span
span_of(const struct scan *s, str part)
{
	return (struct span){ (size_t)(part.p - s->src->text.p), part.n };
}

static size_t
blanks_of(str s)
{
	size_t n = 0;
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n++;
	return n;
}

/* The next word of *rest, empty at its end. */
static str
take_word(str *rest)
{
	*rest = str_drop(*rest, blanks_of(*rest));
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	str word = str_take(*rest, n);
	*rest = str_drop(*rest, n);
	return word;
}

/* ---- fences ---- */

struct opening {
	size_t indent;
	char mark;    /* '`' or '~' */
	size_t marks; /* 3 or more; 0: no fence begins here */
	str info;     /* what follows */
};

static struct opening
opening_of(str line)
{
	struct opening opening = { .indent = blanks_of(line) };
	str rest = str_drop(line, opening.indent);
	opening.mark = rest.n > 0 ? rest.p[0] : 0;
	if (opening.mark != '`' && opening.mark != '~')
		return opening;
	size_t n = 0;
	while (n < rest.n && rest.p[n] == opening.mark)
		n++;
	if (n >= 3)
		opening.marks = n;
	opening.info = str_drop(rest, n);
	return opening;
}

static bool
closes(str line, const struct opening *opening)
{
	struct opening last = opening_of(line);
	return last.indent <= 3 && last.mark == opening->mark &&
	       last.marks >= opening->marks && str_trim(last.info).n == 0;
}

/* The first word of a fence that is no kind of step, but wants to be one. */
static bool
is_near_step(struct scan *s, str word, str *ret_hint)
{
	char lower[16];
	if (word.n == 0 || word.n > sizeof(lower))
		return false;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	str low = { lower, word.n };
	str names[countof(kinds)];
	size_t n = 0;
	bool same = false;
	for (size_t i = STEP_CHECK; i < countof(kinds); i++) {
		if (kinds[i] == NULL)
			continue;
		same = same || str_eq(low, str_of(kinds[i]));
		names[n++] = str_of(kinds[i]);
	}
	if (!same && word.n < STEP_NEAR_MIN)
		return false;
	*ret_hint = diag_suggest(s->r->arena, low, names, n);
	return ret_hint->n > 0;
}

static void
fault(struct scan *s, str part, str hint, const char *what)
{
	s->ret->faulty = true;
	diag_error(s->r->diags, s->src, span_of(s, part), hint, "%s", what);
}

/* Words behind the kind: the name, and nothing more. */
static bool
read_fence_name(struct scan *s, enum step_kind kind, str word, str rest, str *ret)
{
	struct reader *r = s->r;
	const char *kind_name = step_kind_name(kind);
	str name = take_word(&rest);
	str more = str_trim(rest);
	if (name.n == 0) {
		s->ret->faulty = true;
		diag_error(r->diags, s->src, span_of(s, word),
		    read_hint(r, "write ```%s NAME", kind_name), "this %s has no name",
		    kind_name);
		return false;
	}
	if (more.n > 0)
		diag_error(r->diags, s->src, span_of(s, more),
		    STR("a name has no blanks, and nothing stands behind it"),
		    "unexpected '%.*s' after the name of a step", STR_ARG(more));
	if (!name_is(name))
		diag_error(r->diags, s->src, span_of(s, name),
		    STR("use letters, digits, '-', '_' and '.'"),
		    "'%.*s' cannot be the name of a step", STR_ARG(name));
	if (str_eq(name, STR("stop")) || str_eq(name, STR("person")))
		diag_error(r->diags, s->src, span_of(s, name),
		    read_hint(r, "'otherwise: %.*s' has a meaning of its own",
			STR_ARG(name)),
		    "a step cannot be called '%.*s'", STR_ARG(name));
	*ret = name;
	return true;
}

static void
add_step(struct scan *s, enum step_kind kind, str name, struct span body, int line)
{
	struct markdown *ret = s->ret;
	for (size_t i = 0; i < ret->n; i++) {
		const struct node *first = &ret->fences[i].name;
		if (!str_eq(first->text, name))
			continue;
		ret->faulty = true;
		diag_error(s->r->diags, s->src, span_of(s, name),
		    STR("give each step a name of its own"),
		    "the step '%.*s' is already written in line %u", STR_ARG(name),
		    first->line);
		return;
	}
	if (ret->n == RUNBOOK_STEPS_MAX) {
		if (!ret->faulty)
			fault(s, name, STR("make two runbooks of it"),
			    "more than 64 steps in one runbook");
		return;
	}
	static_assert(RUNBOOK_STEPS_MAX == 64, "the message above");

	uint32_t before = 1;
	for (size_t i = 0; i < s->lines[0]; i++)
		before += s->src->text.p[i] == '\n';
	struct span at = span_of(s, name);
	ret->fences[ret->n++] = (struct fence){
		.kind = kind,
		.name = {
			.kind = NODE_TEXT,
			.line = before + (uint32_t)line - 1,
			.src = s->src,
			.at = at,
			.verbatim = true,
			.text_off = at.off,
			.text = name,
		},
		.body = body,
		.heading = s->heading,
	};
}

/* A fence of the document itself, from line `first` to `last`. */
static void
read_fence(struct scan *s, const struct opening *opening, int first, int last)
{
	str rest = opening->info;
	str word = take_word(&rest);
	str line = line_text(s, first);
	bool closed = last > first && closes(line_text(s, last), opening);
	if (!closed) {
		fault(s, str_take(str_drop(line, opening->indent), opening->marks),
		    STR("close it with the same marks on a line of their own"),
		    "this fence is never closed");
		return;
	}

	enum step_kind kind;
	str hint, name;
	if (!step_kind_of(word, &kind)) {
		if (!is_near_step(s, word, &hint))
			return; /* bash, promql, text: prose */
		s->ret->faulty = true;
		diag_error(s->r->diags, s->src, span_of(s, word), hint,
		    "unknown step '%.*s'", STR_ARG(word));
		return;
	}
	if (opening->indent > 0) {
		fault(s, word, STR("remove the blanks before the fence"),
		    "a step must begin at the start of its line");
		return;
	}
	if (!read_fence_name(s, kind, word, rest, &name))
		return;
	size_t from = s->lines[first]; /* the line after */
	size_t until = s->lines[last - 1];
	add_step(s, kind, name, (struct span){ from, until - from }, first);
}

/* Lines that open a step where no fence can: HTML, indented text, a paragraph. */
static void
refuse_hidden_steps(struct scan *s, int first, int last)
{
	for (int line = first; line <= last && (size_t)line <= s->lines_n; line++) {
		struct opening opening = opening_of(line_text(s, line));
		str rest = opening.info;
		str word = take_word(&rest);
		enum step_kind kind;
		if (opening.marks > 0 && step_kind_of(word, &kind))
			fault(s, word,
			    STR("put an empty line before the fence, and begin it at the "
				"start of its line"),
			    "nothing runs this step: it is part of the text around it");
	}
}

/* In a list or quote: where the marks stand in the line is told by cmark's column, but
 * the block's text is not the source's. */
static void
refuse_nested_step(struct scan *s, cmark_node *node)
{
	str line = line_text(s, cmark_node_get_start_line(node));
	int column = cmark_node_get_start_column(node);
	size_t skip = column > 0 ? (size_t)column - 1 : 0;
	struct opening opening = opening_of(str_drop(line, skip < line.n ? skip : line.n));
	str rest = opening.info;
	str word = take_word(&rest);
	str hint;
	enum step_kind kind;
	if (step_kind_of(word, &kind) || is_near_step(s, word, &hint))
		fault(s, word, STR("move it out, to the start of a line"),
		    "a step cannot stand inside a list or a quote");
}

/* ---- blocks ---- */

static str
heading_text(struct scan *s, cmark_node *heading)
{
	char text[HEADING_BYTES_MAX];
	size_t n = 0;
	cmark_iter *iter = cmark_iter_new(heading);
	for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
		cmark_node *node = cmark_iter_get_node(iter);
		cmark_node_type type = cmark_node_get_type(node);
		const char *part = NULL;
		if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
			part = cmark_node_get_literal(node);
		else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
			part = " ";
		if (event != CMARK_EVENT_ENTER || part == NULL)
			continue;
		/* Whole characters, as many as find room. */
		for (str rest = str_of(part); rest.n > 0;) {
			size_t len = str_utf8_char(rest);
			if (len == 0 || n + len > sizeof(text))
				break;
			memcpy(&text[n], rest.p, len);
			n += len;
			rest = str_drop(rest, len);
		}
	}
	cmark_iter_free(iter);
	return arena_str(s->r->arena, (str){ text, n });
}

static void
read_block(struct scan *s, cmark_node *node, bool nested)
{
	int first = cmark_node_get_start_line(node);
	int last = cmark_node_get_end_line(node);
	cmark_node_type type = cmark_node_get_type(node);
	if (type == CMARK_NODE_HEADING && !nested) {
		s->heading = heading_text(s, node);
		if (s->ret->title.n == 0)
			s->ret->title = s->heading;
	} else if (type == CMARK_NODE_CODE_BLOCK && nested) {
		refuse_nested_step(s, node);
	} else if (type == CMARK_NODE_CODE_BLOCK) {
		struct opening opening = opening_of(line_text(s, first));
		if (opening.marks > 0 && opening.indent <= 3)
			read_fence(s, &opening, first, last);
		else
			refuse_hidden_steps(s, first, last);
	} else if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_PARAGRAPH) {
		refuse_hidden_steps(s, first, last);
	}
}

void
markdown_read(struct reader *r, const struct source *src, size_t off, struct markdown *ret)
{
	*ret = (struct markdown){ .fences = arena_new(r->arena, struct fence,
				      RUNBOOK_STEPS_MAX) };
	struct scan s = { .r = r, .src = src, .ret = ret };
	find_lines(&s, off);

	str text = str_drop(src->text, off);
	cmark_node *document =
	    cmark_parse_document(text.n > 0 ? text.p : "", text.n, CMARK_OPT_DEFAULT);
	cmark_iter *iter = cmark_iter_new(document);
	for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
		cmark_node *node = cmark_iter_get_node(iter);
		if (event == CMARK_EVENT_ENTER)
			read_block(&s, node, cmark_node_parent(node) != document);
	}
	cmark_iter_free(iter);
	cmark_node_free(document);
}

bool
markdown_wants_step(struct reader *r, str word)
{
	struct scan s = { .r = r };
	enum step_kind kind;
	str hint;
	return step_kind_of(word, &kind) || is_near_step(&s, word, &hint);
}
