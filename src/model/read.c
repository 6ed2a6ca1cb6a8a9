/*
 * What every reader of configuration needs: reporting, maps, lists, names and the plain
 * scalars. Durations, dates and their like are in values.c.
 */
#include "model/read.h"

#include "model/internal.h"

#define SUGGEST_AMONG_MAX 4096 /* names looked at for a did-you-mean */

#define NAME_HINT                                                                          \
	STR("use letters, digits, '-', '_' and '.', at most 128, beginning with a letter " \
	    "or "                                                                          \
	    "digit")

/* ---- reporting ---- */

static void report(struct reader *r, const struct node *node, struct span at, str hint,
    const char *fmt, va_list args) PRINTF_LIKE(5, 0);

static void
report(struct reader *r, const struct node *node, struct span at, str hint, const char *fmt,
    va_list args)
{
	diag_verror(r->diags, node->src, at, hint, fmt, args);
}

/* Where the eye should go: all of a text, but only the beginning of a list or map. */
static struct span
node_head(const struct node *node)
{
	bool block = node->kind == NODE_LIST || node->kind == NODE_MAP;
	return (struct span){ node->at.off, block && node->at.len ? 1 : node->at.len };
}

void
read_error(struct reader *r, const struct node *node, str hint, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	report(r, node, node_head(node), hint, fmt, args);
	va_end(args);
}

void
read_error_key(struct reader *r, const struct node *node, str hint, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	report(r, node, node->key.n ? node->key_at : node_head(node), hint, fmt, args);
	va_end(args);
}

void
read_error_part(struct reader *r, const struct node *node, size_t off, size_t len, str hint,
    const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	report(r, node, node_part(node, off, len), hint, fmt, args);
	va_end(args);
}

str
read_hint(struct reader *r, const char *fmt, ...)
{
	if (r->diags->kept == DIAGS_MAX)
		return STR("");
	va_list args;
	va_start(args, fmt);
	str hint = arena_vprintf(r->arena, fmt, args);
	va_end(args);
	return hint;
}

str
read_suggest(struct reader *r, str wanted, const str *candidates, size_t n)
{
	if (r->diags->kept == DIAGS_MAX)
		return STR("");
	return diag_suggest(r->arena, wanted, candidates,
	    n < SUGGEST_AMONG_MAX ? n : SUGGEST_AMONG_MAX);
}

str
read_join(struct reader *r, const str *texts, size_t n)
{
	if (r->diags->kept == DIAGS_MAX)
		return STR("");
	struct buf joined = BUF(400);
	for (size_t i = 0; i < n && !joined.overflow; i++) {
		buf_add(&joined, i ? STR(", ") : STR(""));
		buf_add(&joined, texts[i]);
	}
	str ret = arena_str(r->arena, buf_str(&joined));
	if (joined.overflow)
		ret = arena_printf(r->arena, "%.*s, ...", STR_ARG(ret));
	buf_done(&joined);
	return ret;
}

struct place
node_place(const struct node *node)
{
	return (struct place){ .file = node->src->name, .line = node->line };
}

/* ---- maps and lists ---- */

/* "service 'checkout'", "this rotation", "'on_call'". */
static str
thing(struct reader *r, const struct node *node, const char *what)
{
	if (r->diags->kept == DIAGS_MAX)
		return STR("");
	if (what == NULL)
		return arena_printf(r->arena, "'%.*s'", STR_ARG(node->key));
	if (node->key.n > 0)
		return arena_printf(r->arena, "%s '%.*s'", what, STR_ARG(node->key));
	return arena_printf(r->arena, "this %s", what);
}

static const char *
kind_text(enum node_kind kind)
{
	switch (kind) {
	case NODE_EMPTY:
		return "nothing";
	case NODE_TEXT:
		return "text";
	case NODE_LIST:
		return "a list";
	case NODE_MAP:
		return "a map";
	}
	UNREACHABLE();
}

bool
read_is_map(struct reader *r, const struct node *node, const char *what)
{
	if (node->kind == NODE_MAP)
		return true;
	str name = thing(r, node, what);
	read_error(r, node, STR("write 'key: value' pairs"), "%.*s must be a map, not %s",
	    STR_ARG(name), kind_text(node->kind));
	return false;
}

bool
read_is_list(struct reader *r, const struct node *node, const char *what)
{
	if (node->kind == NODE_LIST)
		return true;
	str name = thing(r, node, what);
	str hint = node->kind == NODE_TEXT
	               ? read_hint(r, "write [%.*s]", STR_ARG(node->text))
	               : STR("write [item, item] or one '- item' a line");
	read_error(r, node, hint, "%.*s must be a list, not %s", STR_ARG(name),
	    kind_text(node->kind));
	return false;
}

bool
read_at_most(struct reader *r, const struct node *node, size_t max)
{
	if (node->n <= max)
		return true;
	read_error_key(r, node, STR(""), "%zu entries here; the most is %zu", node->n, max);
	return false;
}

static const struct key *
key_find(const struct key *keys, size_t n, str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(keys[i].name), name))
			return &keys[i];
	return NULL;
}

static void
report_unknown_key(struct reader *r, const struct node *map, const struct node *child,
    const char *what, const struct key *keys, size_t n)
{
	str names[32];
	ASSERT(n <= countof(names));
	for (size_t i = 0; i < n; i++)
		names[i] = str_of(keys[i].name);
	str hint = read_suggest(r, child->key, names, n);
	if (hint.n == 0) {
		str all = read_join(r, names, n);
		hint = read_hint(r, "the keys here are %.*s", STR_ARG(all));
	}
	str name = thing(r, map, what);
	read_error_key(r, child, hint, "unknown key '%.*s' in %.*s", STR_ARG(child->key),
	    STR_ARG(name));
}

bool
read_map(struct reader *r, const struct node *node, const char *what,
    const struct key *keys, size_t n)
{
	if (!read_is_map(r, node, what))
		return false;

	for (const struct node *child = node->first; child != NULL; child = child->next) {
		const struct key *key = key_find(keys, n, child->key);
		if (key == NULL)
			report_unknown_key(r, node, child, what, keys, n);
		else if (child->kind == NODE_EMPTY)
			read_error_key(r, child, STR("write a value, or remove the key"),
			    "'%.*s' has no value", STR_ARG(child->key));
		else
			*key->ret = child;
	}

	bool complete = true;
	for (size_t i = 0; i < n; i++) {
		if (!keys[i].required || *keys[i].ret != NULL)
			continue;
		complete = false;
		if (node_get(node, str_of(keys[i].name)) != NULL)
			continue; /* it has no value: said above */
		str name = thing(r, node, what);
		read_error_key(r, node, read_hint(r, "add '%s: ...'", keys[i].name),
		    "missing key '%s' in %.*s", keys[i].name, STR_ARG(name));
	}
	return complete;
}

bool
read_item(struct reader *r, const struct node *node, const char *what, str *ret_name,
    const struct node **ret_value)
{
	if (node->kind == NODE_TEXT && read_name(r, node, ret_name)) {
		*ret_value = NULL;
		return true;
	}
	if (node->kind == NODE_MAP && node->n == 1 && node->first->kind != NODE_EMPTY) {
		*ret_name = node->first->key;
		*ret_value = node->first;
		return true;
	}
	if (node->kind != NODE_TEXT)
		read_error(r, node, STR("write 'name' or 'name: value'"),
		    "this %s must be a name, or one name with a value", what);
	return false;
}

/* ---- scalars ---- */

bool
name_is(str s)
{
	if (s.n == 0 || s.n > NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		             (c >= '0' && c <= '9');
		if (!alnum && (i == 0 || (c != '_' && c != '.' && c != '-')))
			return false;
	}
	return true;
}

bool
read_text(struct reader *r, const struct node *node, str *ret)
{
	if (node->kind != NODE_TEXT) {
		read_error(r, node,
		    STR("write one text, in quotes if it begins with [ or {"),
		    "expected text, not %s", kind_text(node->kind));
		return false;
	}
	if (str_trim(node->text).n == 0) {
		read_error(r, node, STR("write something, or remove it"),
		    "this text is empty");
		return false;
	}
	*ret = node->text;
	return true;
}

bool
read_name(struct reader *r, const struct node *node, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (!name_is(text)) {
		read_error(r, node, NAME_HINT, "'%.*s' cannot be a name", STR_ARG(text));
		return false;
	}
	*ret = text;
	return true;
}

bool
read_bool(struct reader *r, const struct node *node, bool *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	bool yes = str_eq(text, STR("true"));
	if (!yes && !str_eq(text, STR("false"))) {
		read_error(r, node, STR("write true or false"),
		    "expected true or false, not '%.*s'", STR_ARG(text));
		return false;
	}
	*ret = yes;
	return true;
}

bool
read_u64(struct reader *r, const struct node *node, uint64_t min, uint64_t max,
    uint64_t *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	uint64_t value;
	if (!str_u64(text, max, &value) || value < min) {
		read_error(r, node, STR(""),
		    "expected a number from %llu to %llu, not '%.*s'",
		    (unsigned long long)min, (unsigned long long)max, STR_ARG(text));
		return false;
	}
	*ret = value;
	return true;
}

bool
read_u32(struct reader *r, const struct node *node, uint32_t min, uint32_t max,
    uint32_t *ret)
{
	uint64_t value;
	if (!read_u64(r, node, min, max, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool
text_i64(str text, int64_t *ret)
{
	bool negative = str_starts(text, STR("-"));
	uint64_t value;
	if (!str_u64(negative ? str_drop(text, 1) : text, INT64_MAX, &value))
		return false;
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool
read_i64(struct reader *r, const struct node *node, int64_t *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (!text_i64(text, ret)) {
		read_error(r, node, STR(""), "expected a whole number, not '%.*s'",
		    STR_ARG(text));
		return false;
	}
	return true;
}

bool
read_choice(struct reader *r, const struct node *node, const char *what,
    const char *const *texts, size_t n, unsigned *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;

	str choices[16];
	ASSERT(n <= countof(choices));
	for (size_t i = 0; i < n; i++) {
		choices[i] = str_of(texts[i]);
		if (str_eq(choices[i], text)) {
			*ret = (unsigned)i;
			return true;
		}
	}
	str hint = read_suggest(r, text, choices, n);
	if (hint.n == 0) {
		str all = read_join(r, choices, n);
		hint =
		    read_hint(r, n == 1 ? "write %.*s" : "write one of %.*s", STR_ARG(all));
	}
	read_error(r, node, hint, "unknown %s '%.*s'", what, STR_ARG(text));
	return false;
}

bool
read_strs(struct reader *r, const struct node *node, bool one, struct strs *ret)
{
	str text;
	if (one && node->kind == NODE_TEXT) {
		if (!read_text(r, node, &text))
			return false;
		str *p = arena_new(r->arena, str, 1);
		p[0] = text;
		*ret = (struct strs){ p, 1 };
		return true;
	}
	if (!read_is_list(r, node, NULL))
		return false;

	struct strs list = { arena_new(r->arena, str, node->n), 0 };
	bool ok = true;
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		if (read_text(r, item, &text))
			list.p[list.n++] = text;
		else
			ok = false;
	}
	if (ok)
		*ret = list;
	return ok;
}

/* ---- names ---- */

void
known_init(struct reader *r, struct known *known, const char *kind, const char *section,
    struct names *by_name, size_t max)
{
	known->kind = kind;
	known->section = section;
	known->by_name = by_name;
	known->list = arena_new(r->arena, str, max);
	known->n = 0;
}

void
known_add(struct reader *r, struct known *known, const struct node *node, void *object)
{
	/* A bad name is known all the same: one fault is one report. */
	if (!name_is(node->key))
		read_error_key(r, node, NAME_HINT, "'%.*s' cannot be the name of a %s",
		    STR_ARG(node->key), known->kind);
	void **slot = names_slot(known->by_name, r->arena, node->key);
	ASSERT(*slot == NULL); /* section_add saw to it */
	*slot = object;
	known->list[known->n++] = node->key;
}

void *
read_ref_name(struct reader *r, const struct known *known, const struct node *node,
    str name)
{
	void *object = names_get(known->by_name, name);
	if (object != NULL)
		return object;
	str hint = read_suggest(r, name, known->list, known->n);
	if (hint.n == 0 && r->incomplete)
		return NULL;
	if (hint.n == 0 && known->n == 0)
		hint = read_hint(r, "no %s is written down yet: add it under '%s'",
		    known->kind, known->section);
	else if (hint.n == 0)
		hint = read_hint(r, "add it under '%s'", known->section);
	if (name.p == node->key.p)
		read_error_key(r, node, hint, "unknown %s '%.*s'", known->kind,
		    STR_ARG(name));
	else
		read_error(r, node, hint, "unknown %s '%.*s'", known->kind, STR_ARG(name));
	return NULL;
}

void *
read_ref(struct reader *r, const struct known *known, const struct node *node)
{
	str name;
	if (!read_text(r, node, &name))
		return NULL;
	return read_ref_name(r, known, node, name);
}
