/*
 * Events of libyaml to a tree.
 *
 * libyaml's marks count characters, our spans count bytes: a table with the byte offset
 * of every MARK_STEP-th character turns one into the other (texts of ASCII alone need
 * none). Text whose bytes stand in the source as they are is borrowed from there, so a
 * span inside it can be pointed at; text with escapes or folded lines is copied.
 *
 * What libyaml would accept and we do not is checked here: characters before it starts,
 * everything else event by event.
 */
#include "model/yaml.h"

#include <yaml.h>

#include "base/map.h"

#define MARK_STEP 128

struct parse {
	const struct source *src;
	struct span within;
	struct arena *arena;
	struct diags *diags;
	yaml_parser_t yaml;
	bool ascii;
	uint32_t
	    *byte_of; /* within src->text: of each MARK_STEP-th character; NULL if ascii */
	size_t line_off; /* line_no is the line of this byte */
	uint32_t line_no;
	size_t quote_off, quote_end; /* the last text in quotes that goes over lines */
	bool failed;                 /* nothing more can be read */
};

static void fault(struct parse *p, struct span at, str hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static void
fault(struct parse *p, struct span at, str hint, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	diag_verror(p->diags, p->src, at, hint, fmt, args);
	va_end(args);
}

/* ---- characters ---- */

/* The characters YAML allows; libyaml would stop at others with a worse message. */
static bool
char_allowed(str s, size_t n)
{
	const unsigned char *b = (const unsigned char *)s.p;
	if (n == 1)
		return b[0] == '\t' || b[0] == '\n' || b[0] == '\r' ||
		       (b[0] >= 0x20 && b[0] < 0x7f);
	if (n == 2)
		return b[0] != 0xc2 || b[1] == 0x85 || b[1] >= 0xa0;
	if (n == 3 && b[0] == 0xef)
		return !(b[1] == 0xbb && b[2] == 0xbf) && !(b[1] == 0xbf && b[2] >= 0xbe);
	return true;
}

static const char *
char_fault(str s, size_t n)
{
	if (n == 0)
		return "this is not UTF-8";
	if (str_starts(s, STR("\xef\xbb\xbf")))
		return "a byte order mark is not allowed";
	return "control characters are not allowed";
}

/* Checks all characters; afterwards marks can be turned into bytes. */
static bool
scan_chars(struct parse *p)
{
	str text = str_take(str_drop(p->src->text, p->within.off), p->within.len);
	size_t steps = text.n / MARK_STEP + 1;
	uint32_t *byte_of = arena_try(p->arena, uint32_t, steps);
	if (byte_of == NULL) {
		fault(p, (struct span){ p->within.off, 0 }, STR(""),
		    "the file is too large");
		return false;
	}

	size_t chars = 0;
	for (size_t i = 0; i < text.n; chars++) {
		str rest = str_drop(text, i);
		size_t n = (unsigned char)rest.p[0] < 0x80 ? 1 : str_utf8_char(rest);
		if (n == 0 || !char_allowed(rest, n)) {
			str hint =
			    n == 0 ? STR("save the file as UTF-8") : STR("remove it");
			fault(p, (struct span){ p->within.off + i, n ? n : 1 }, hint, "%s",
			    char_fault(rest, n));
			return false;
		}
		if (chars % MARK_STEP == 0)
			byte_of[chars / MARK_STEP] = (uint32_t)i;
		i += n;
	}
	p->ascii = chars == text.n;
	p->byte_of = byte_of;
	if (chars % MARK_STEP == 0)
		byte_of[chars / MARK_STEP] = (uint32_t)text.n;
	return true;
}

/* The byte of src->text at which that mark stands. */
static size_t
byte_at(const struct parse *p, yaml_mark_t mark)
{
	str text = str_take(str_drop(p->src->text, p->within.off), p->within.len);
	size_t off;
	if (p->ascii) {
		off = mark.index;
	} else {
		size_t step = mark.index / MARK_STEP;
		off = step <= text.n / MARK_STEP ? p->byte_of[step] : text.n;
		for (size_t left = mark.index % MARK_STEP; left > 0 && off < text.n; left--)
			off += str_utf8_char(str_drop(text, off));
	}
	return p->within.off + (off < text.n ? off : text.n);
}

static struct span
event_span(const struct parse *p, const yaml_event_t *event)
{
	size_t from = byte_at(p, event->start_mark);
	size_t until = byte_at(p, event->end_mark);
	return (struct span){ from, until > from ? until - from : 0 };
}

/* Lines are counted as diag counts them, by '\n'. Offsets mostly ascend. */
static uint32_t
line_at(struct parse *p, size_t off)
{
	if (off < p->line_off) {
		p->line_off = 0;
		p->line_no = 1;
	}
	for (; p->line_off < off; p->line_off++)
		p->line_no += p->src->text.p[p->line_off] == '\n';
	return p->line_no;
}

/* ---- faults of syntax ---- */

static str
syntax_hint(str problem)
{
	static const struct {
		const char *part;
		const char *hint;
	} rows[] = {
		{ "mapping values are not allowed",
		    "put text that holds ': ' in quotes, and indent the keys of one map "
		    "alike" },
		{ "cannot start any token",
		    "indent with spaces, not tabs; put text that begins with @, % or ` in "
		    "quotes" },
		{ "expected ',' or '}'",
		    "close the map with }, and put text that holds , { } [ ] in quotes" },
		{ "expected ',' or ']'",
		    "close the list with ], and put text that holds , { } [ ] in quotes" },
		{ "expected node content", "write a value here, or close the list or map" },
		{ "comment or line break", "put text that begins with > or | in quotes" },
		{ "could not find expected ':'", "write 'key: value'" },
		{ "expected key", "indent the keys of one map alike" },
		{ "expected '-' indicator", "indent the items of one list alike" },
		{ "block sequence entries are not allowed",
		    "begin the list on its own line" },
		{ "unexpected end of stream", "close the quote" },
		{ "unknown escape character",
		    "write \\\\ for a backslash, or use single quotes" },
		{ "tab character", "indent with spaces" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		if (str_contains(problem, str_of(rows[i].part)))
			return str_of(rows[i].hint);
	return STR("");
}

/* A quote that was forgotten ends at the next one, lines later, and only what stands behind
 * that makes no sense. */
static bool
report_quote(struct parse *p, size_t from, size_t until)
{
	uint32_t line = line_at(p, until);
	if (line == line_at(p, from))
		return false;
	fault(p, (struct span){ from, 1 }, STR("close the quote where its text ends"),
	    "this quote is not closed before line %u", line);
	return true;
}

/* Where something is never closed its beginning says more than the place where that shows:
 * true when it is so and was reported. */
static bool
report_open(struct parse *p, str problem, size_t off, str hint)
{
	if (p->quote_end > 0 && line_at(p, p->quote_end) == line_at(p, off))
		return report_quote(p, p->quote_off, off);
	if (p->yaml.context == NULL)
		return false;
	size_t from = byte_at(p, p->yaml.context_mark);
	str begun = str_drop(p->src->text, from);
	struct span at = { from, begun.n ? 1 : 0 };
	char first = begun.n ? begun.p[0] : 0;
	if ((first == '{' || first == '[') &&
	    str_contains(problem, STR("expected ',' or"))) {
		fault(p, at, hint,
		    "this '%c' is neither closed nor continued with ',' in line %u", first,
		    line_at(p, off));
		return true;
	}
	if ((first == '"' || first == '\'') &&
	    str_contains(problem, STR("end of stream"))) {
		fault(p, at, hint, "this quote is never closed");
		return true;
	}
	return first == '"' && str_contains(problem, STR("escape character")) &&
	       report_quote(p, from, off);
}

static void
syntax_fault(struct parse *p)
{
	p->failed = true;
	str problem = p->yaml.problem ? str_of(p->yaml.problem) : STR("out of memory");
	size_t off = byte_at(p, p->yaml.problem_mark);
	str hint = syntax_hint(problem);
	if (!report_open(p, problem, off, hint))
		fault(p, (struct span){ off, 0 }, hint, "%.*s", STR_ARG(problem));
}

static bool
next_event(struct parse *p, yaml_event_t *ret)
{
	if (p->failed)
		return false;
	if (!yaml_parser_parse(&p->yaml, ret)) {
		syntax_fault(p);
		return false;
	}
	return true;
}

/* ---- the tree ---- */

static struct node *
node_new(struct parse *p, enum node_kind kind, struct span at)
{
	struct node *node = arena_try(p->arena, struct node, 1);
	if (node == NULL) {
		fault(p, at, STR(""), "the file holds too much");
		p->failed = true;
		return NULL;
	}
	node->kind = kind;
	node->src = p->src;
	node->at = at;
	node->line = line_at(p, at.off);
	return node;
}

static void
refuse_properties(struct parse *p, struct span at, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
	struct span start = { at.off, at.len ? 1 : 0 };
	if (tag != NULL)
		fault(p, start, STR("put text that begins with '!' in quotes"),
		    "tags are not allowed");
	else if (anchor != NULL)
		fault(p, start,
		    STR("write the value out, or put text that begins with '&' in quotes"),
		    "anchors are not allowed");
}

static bool
has_control(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

/* The node of a scalar: its text, borrowed from the source where the bytes are the same. */
static struct node *
scalar_node(struct parse *p, const yaml_event_t *event)
{
	struct span at = event_span(p, event);
	str value = { (const char *)event->data.scalar.value, event->data.scalar.length };
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	refuse_properties(p, at, event->data.scalar.anchor, event->data.scalar.tag);
	if (plain && value.n == 0) {
		at.len = 0;
		return node_new(p, NODE_EMPTY, at);
	}

	struct node *node = node_new(p, NODE_TEXT, at);
	if (node == NULL)
		return NULL;
	size_t quote = plain ? 0 : 1;
	char mark = at.len > 0 ? p->src->text.p[at.off] : 0;
	if ((mark == '"' || mark == '\'') && line_at(p, at.off + at.len) > node->line) {
		p->quote_off = at.off;
		p->quote_end = at.off + at.len;
	}
	if (at.len == value.n + 2 * quote &&
	    memcmp(p->src->text.p + at.off + quote, value.p, value.n) == 0) {
		node->verbatim = true;
		node->text_off = at.off + quote;
		node->text = str_take(str_drop(p->src->text, node->text_off), value.n);
		return node;
	}
	char *copy = arena_try(p->arena, char, value.n + 1);
	if (copy == NULL) {
		fault(p, at, STR(""), "the file holds too much");
		p->failed = true;
		return NULL;
	}
	memcpy(copy, value.p, value.n);
	node->text = (str){ copy, value.n };
	if (has_control(node->text))
		fault(p, at, STR(""), "control characters are not allowed");
	return node;
}

static struct node *parse_node(struct parse *p, unsigned depth);

/* The tree that begins with this event, or NULL: nothing to keep. */
static struct node *node_of_event(struct parse *p, const yaml_event_t *event,
    unsigned depth);

static void
append(struct node *parent, struct node **last, struct node *child)
{
	if (*last == NULL)
		parent->first = child;
	else
		(*last)->next = child;
	*last = child;
	parent->n++;
	/* libyaml ends a block only where the next thing begins. */
	parent->at.len = child->at.off + child->at.len - parent->at.off;
}

static bool
begins_with(const struct parse *p, struct span at, char c)
{
	return at.off < p->src->text.n && p->src->text.p[at.off] == c;
}

static void
parse_list(struct parse *p, struct node *list, unsigned depth)
{
	struct node *last = NULL;
	for (yaml_event_t event; next_event(p, &event);) {
		struct span at = event_span(p, &event);
		bool end = event.type == YAML_SEQUENCE_END_EVENT;
		struct node *child = end ? NULL : node_of_event(p, &event, depth);
		yaml_event_delete(&event);
		if (end) {
			if (begins_with(p, list->at, '['))
				list->at.len = at.off + at.len - list->at.off;
			return;
		}
		if (child != NULL)
			append(list, &last, child);
	}
}

/* Whether the key can stand: text, not too long, for the first time in this map. */
static bool
key_allowed(struct parse *p, struct node *key, struct names *seen)
{
	if (key->kind != NODE_TEXT || key->text.n == 0) {
		fault(p, key->at, STR("write 'key: value'"), "a key must be text");
		return false;
	}
	if (key->text.n > YAML_KEY_BYTES_MAX) {
		fault(p, key->at, STR(""), "this key is over %d bytes", YAML_KEY_BYTES_MAX);
		return false;
	}
	void **slot = names_slot(seen, p->arena, key->text);
	const struct node *first = *slot;
	if (first != NULL) {
		fault(p, key->at, STR("keep one of the two"),
		    "'%.*s' is here twice, first in line %u", STR_ARG(key->text),
		    first->line);
		return false;
	}
	*slot = key;
	return true;
}

static void
parse_map(struct parse *p, struct node *map, unsigned depth)
{
	struct names seen = { 0 };
	struct node *last = NULL;
	for (yaml_event_t event; next_event(p, &event);) {
		struct span at = event_span(p, &event);
		bool end = event.type == YAML_MAPPING_END_EVENT;
		struct node *key = end ? NULL : node_of_event(p, &event, depth);
		yaml_event_delete(&event);
		if (end) {
			if (begins_with(p, map->at, '{'))
				map->at.len = at.off + at.len - map->at.off;
			return;
		}
		bool keep = key != NULL && key_allowed(p, key, &seen);
		struct node *value = parse_node(p, depth);
		if (value == NULL || !keep)
			continue;
		value->key = key->text;
		value->key_at = key->at;
		value->line = key->line;
		append(map, &last, value);
	}
}

static struct node *
node_of_event(struct parse *p, const yaml_event_t *event, unsigned depth)
{
	struct span at = event_span(p, event);
	switch ((int)event->type) {
	case YAML_SCALAR_EVENT:
		return scalar_node(p, event);
	case YAML_ALIAS_EVENT:
		fault(p, at,
		    STR("write the value out, or put text that begins with '*' in quotes"),
		    "aliases are not allowed");
		return NULL;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		break;
	default:
		UNREACHABLE();
	}

	bool is_list = event->type == YAML_SEQUENCE_START_EVENT;
	if (depth == YAML_DEPTH_MAX) {
		fault(p, at, STR(""), "nested deeper than %d", YAML_DEPTH_MAX);
		p->failed = true;
		return NULL;
	}
	if (is_list)
		refuse_properties(p, at, event->data.sequence_start.anchor,
		    event->data.sequence_start.tag);
	else
		refuse_properties(p, at, event->data.mapping_start.anchor,
		    event->data.mapping_start.tag);
	struct node *node = node_new(p, is_list ? NODE_LIST : NODE_MAP, at);
	if (node == NULL)
		return NULL;
	if (is_list)
		parse_list(p, node, depth + 1);
	else
		parse_map(p, node, depth + 1);
	return node;
}

static struct node *
parse_node(struct parse *p, unsigned depth)
{
	yaml_event_t event;
	if (!next_event(p, &event))
		return NULL;
	struct node *node = node_of_event(p, &event, depth);
	yaml_event_delete(&event);
	return node;
}

/* One document, whatever it holds; NULL when there is none. */
static struct node *
parse_stream(struct parse *p)
{
	struct node *root = NULL;
	unsigned documents = 0;
	for (yaml_event_t event; next_event(p, &event);) {
		struct span at = event_span(p, &event);
		yaml_event_type_t type = event.type;
		bool directive = type == YAML_DOCUMENT_START_EVENT &&
		                 (event.data.document_start.version_directive != NULL ||
				     event.data.document_start.tag_directives.start !=
					 event.data.document_start.tag_directives.end);
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT)
			break;
		if (type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (directive)
			fault(p, (struct span){ at.off, 1 }, STR("remove the line"),
			    "directives are not allowed");
		if (++documents > 1) {
			fault(p, at, STR("put it in a file of its own"),
			    "only one document a file");
			break;
		}
		root = parse_node(p, 0);
	}
	return root;
}

struct node *
yaml_parse(const struct source *src, struct span within, struct arena *arena,
    struct diags *diags)
{
	ASSERT(within.off <= src->text.n);
	ASSERT(within.len <= src->text.n - within.off);
	ASSERT(src->text.n < UINT32_MAX);

	struct parse p = {
		.src = src,
		.within = within,
		.arena = arena,
		.diags = diags,
		.line_no = 1,
	};
	if (!scan_chars(&p))
		return NULL;
	if (!yaml_parser_initialize(&p.yaml)) {
		fault(&p, (struct span){ within.off, 0 }, STR(""), "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.yaml,
	    (const unsigned char *)(within.len ? src->text.p + within.off : ""),
	    within.len);
	struct node *root = parse_stream(&p);
	yaml_parser_delete(&p.yaml);
	if (p.failed)
		return NULL;
	if (root == NULL)
		root = node_new(&p, NODE_EMPTY, (struct span){ within.off, 0 });
	return root;
}

struct span
node_part(const struct node *node, size_t off, size_t len)
{
	if (!node->verbatim || off > node->text.n)
		return node->at;
	size_t rest = node->text.n - off;
	return (struct span){ node->text_off + off, len < rest ? len : rest };
}

struct node
node_of_source(const struct source *src)
{
	return (struct node){
		.kind = src->text.n > 0 ? NODE_TEXT : NODE_EMPTY,
		.line = 1,
		.src = src,
		.at = { 0, src->text.n },
		.verbatim = true,
		.text = src->text,
	};
}

const struct node *
node_get(const struct node *map, str key)
{
	for (const struct node *node = map->first; node != NULL; node = node->next)
		if (map->kind == NODE_MAP && str_eq(node->key, key))
			return node;
	return NULL;
}
