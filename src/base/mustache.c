#include "base/mustache.h"

/* ---- reading ---- */

struct open_section {
	uint32_t node;
	size_t off;
	const struct mustache_name *list; /* NULL: of a value */
};

struct reading {
	str text;
	size_t at;
	const struct mustache_name *names;
	size_t names_n;
	struct mustache_node *node;
	size_t n;
	struct open_section open[MUSTACHE_DEPTH_MAX];
	size_t open_n;
	struct mustache_fault *fault;
};

static bool
fail(struct reading *r, size_t off, size_t len, const char *what)
{
	*r->fault = (struct mustache_fault){ .off = off, .len = len, .what = what };
	return false;
}

static const struct mustache_name *
find_name(const struct reading *r, str name)
{
	for (size_t i = 0; i < r->names_n; i++) {
		if (str_eq(name, str_of(r->names[i].name)))
			return &r->names[i];
	}
	return NULL;
}

/* Of the list that is gone through here; NULL: none is. */
static const struct mustache_name *
list_here(const struct reading *r)
{
	for (size_t i = r->open_n; i > 0; i--) {
		if (r->open[i - 1].list != NULL)
			return r->open[i - 1].list;
	}
	return NULL;
}

static bool
is_of_list(const struct mustache_name *list, str name)
{
	for (size_t i = 0; list != NULL && list->items[i] != NULL; i++) {
		if (str_eq(name, str_of(list->items[i])))
			return true;
	}
	return false;
}

static bool
add_node(struct reading *r, enum mustache_kind kind, str text, size_t off)
{
	if (kind == MUSTACHE_TEXT && text.n == 0)
		return true;
	if (r->n == MUSTACHE_NODES_MAX)
		return fail(r, off, 2, "there are too many parts");
	r->node[r->n++] = (struct mustache_node){ .kind = kind, .text = text };
	return true;
}

/* The name must be known; a value stands for itself, a list only for its section. */
static bool
check_name(struct reading *r, str name, size_t off, bool section,
    const struct mustache_name **ret_list)
{
	const struct mustache_name *list = list_here(r), *known = find_name(r, name);
	*ret_list = NULL;
	if (is_of_list(list, name))
		return true;
	if (known == NULL) {
		(void)fail(r, off, name.n, "unknown name");
		r->fault->unknown = true;
		r->fault->name = name;
		r->fault->in_list = list != NULL;
		r->fault->list = list != NULL ? str_of(list->name) : STR("");
		return false;
	}
	if (known->items != NULL && !section) {
		(void)fail(r, off, name.n, "a list is no value");
		r->fault->name = name;
		return false;
	}
	if (known->items != NULL && list != NULL)
		return fail(r, off, name.n, "a list cannot be gone through within a list");
	*ret_list = known->items != NULL ? known : NULL;
	return true;
}

static bool
open_section(struct reading *r, enum mustache_kind kind, str name, size_t off)
{
	const struct mustache_name *list;
	if (r->open_n == MUSTACHE_DEPTH_MAX)
		return fail(r, off, name.n, "sections stand too deep in each other");
	if (!check_name(r, name, off, true, &list) || !add_node(r, kind, name, off))
		return false;
	/* Where a list has none there is nothing of it to name. */
	r->open[r->open_n++] = (struct open_section){ (uint32_t)(r->n - 1), off,
		kind == MUSTACHE_IF ? list : NULL };
	return true;
}

static bool
close_section(struct reading *r, str name, size_t off)
{
	if (r->open_n == 0)
		return fail(r, off, name.n, "nothing is open here");
	struct open_section *open = &r->open[r->open_n - 1];
	if (!str_eq(r->node[open->node].text, name)) {
		(void)fail(r, off, name.n, "what is open here is another");
		r->fault->name = r->node[open->node].text;
		return false;
	}
	r->node[open->node].end = (uint32_t)r->n;
	r->open_n--;
	return true;
}

/* [from, to) is a tag that writes nothing: alone on its line, it takes the line with it. */
static void
swallow_line(const struct reading *r, size_t from, size_t to, size_t *ret_from,
    size_t *ret_to)
{
	size_t begin = from, end = to;
	while (begin > 0 && (r->text.p[begin - 1] == ' ' || r->text.p[begin - 1] == '\t'))
		begin--;
	while (end < r->text.n && (r->text.p[end] == ' ' || r->text.p[end] == '\t'))
		end++;
	bool first = begin == 0 || r->text.p[begin - 1] == '\n';
	bool last = end == r->text.n || r->text.p[end] == '\n';
	bool alone = first && last && begin >= r->at;
	*ret_from = alone ? begin : from;
	*ret_to = alone ? end + (end < r->text.n ? 1 : 0) : to;
}

/* What stands between {{ and }} at `off`. */
static bool
read_tag(struct reading *r, str inner, size_t off)
{
	str body = inner;
	char mark = inner.n > 0 ? inner.p[0] : '\0';
	const struct mustache_name *list;
	if (mark == '!')
		return true;
	if (mark == '{' || mark == '&')
		return fail(r, off, inner.n, "nothing is written unescaped");
	if (mark == '>' || mark == '=')
		return fail(r, off, inner.n, "there are no partials and no other brackets");
	bool section = mark == '#' || mark == '^' || mark == '/';
	if (section)
		body = str_drop(inner, 1);
	str name = str_trim(body);
	size_t at = name.n > 0 ? off + (size_t)(name.p - inner.p) : off;
	if (name.n == 0 || name.n > MUSTACHE_NAME_MAX)
		return fail(r, off, inner.n,
		    name.n == 0 ? "a name is missing" : "the name is too long");
	if (mark == '/')
		return close_section(r, name, at);
	if (section)
		return open_section(r, mark == '#' ? MUSTACHE_IF : MUSTACHE_UNLESS, name,
		    at);
	return check_name(r, name, at, false, &list) &&
	       add_node(r, MUSTACHE_VALUE, name, at);
}

static size_t
find_pair(str text, size_t from, char c)
{
	for (size_t i = from; i + 1 < text.n; i++) {
		if (text.p[i] == c && text.p[i + 1] == c)
			return i;
	}
	return text.n;
}

static bool
read_next(struct reading *r)
{
	size_t from = find_pair(r->text, r->at, '{');
	if (from == r->text.n) {
		bool ok = add_node(r, MUSTACHE_TEXT, str_drop(r->text, r->at), r->at);
		r->at = r->text.n;
		return ok;
	}
	size_t inner = from + 2, close = find_pair(r->text, inner, '}');
	if (close == r->text.n)
		return fail(r, from, 2, "this is not closed");
	size_t to = close + 2, text_end = from, next = to;
	char mark = r->text.p[inner];
	if (mark == '#' || mark == '^' || mark == '/' || mark == '!')
		swallow_line(r, from, to, &text_end, &next);
	str before = { r->text.p + r->at, text_end - r->at };
	if (!add_node(r, MUSTACHE_TEXT, before, r->at) ||
	    !read_tag(r, (str){ r->text.p + inner, close - inner }, inner))
		return false;
	r->at = next;
	return true;
}

bool
mustache_read(str text, const struct mustache_name *names, size_t names_n,
    struct arena *arena, struct mustache *ret, struct mustache_fault *ret_fault)
{
	struct reading r = { .text = text,
		.names = names,
		.names_n = names_n,
		.node = arena_new(arena, struct mustache_node, MUSTACHE_NODES_MAX),
		.fault = ret_fault };
	if (text.n > MUSTACHE_TEXT_MAX)
		return fail(&r, MUSTACHE_TEXT_MAX, 1, "the text is too long");
	while (r.at < text.n) {
		if (!read_next(&r))
			return false;
	}
	if (r.open_n > 0) {
		const struct open_section *open = &r.open[r.open_n - 1];
		return fail(&r, open->off, r.node[open->node].text.n,
		    "this section is not closed");
	}
	*ret = (struct mustache){ r.node, r.n };
	return true;
}

/* ---- writing ---- */

struct writing {
	struct buf *out;
	const struct mustache *mustache;
	const struct mustache_data *data;
	void (*escape)(struct buf *out, str text);
};

static str
value_in(const struct mustache_value *values, size_t n, str name, bool *ret_found)
{
	for (size_t i = 0; i < n; i++) {
		*ret_found = str_eq(values[i].name, name);
		if (*ret_found)
			return values[i].value;
	}
	*ret_found = false;
	return STR("");
}

static str
value_of(const struct writing *w, const struct mustache_item *item, str name)
{
	bool found = false;
	str value = STR("");
	if (item != NULL)
		value = value_in(item->value, item->n, name, &found);
	return found ? value : value_in(w->data->value, w->data->value_n, name, &found);
}

static const struct mustache_list *
list_of(const struct writing *w, str name)
{
	for (size_t i = 0; i < w->data->list_n; i++) {
		if (str_eq(w->data->list[i].name, name))
			return &w->data->list[i];
	}
	return NULL;
}

static void write_span(const struct writing *w, size_t from, size_t to,
    const struct mustache_item *item);

/* Sections are at most MUSTACHE_DEPTH_MAX deep, and so is this. */
static void
write_section(const struct writing *w, size_t at, const struct mustache_item *item)
{
	const struct mustache_node *node = &w->mustache->node[at];
	const struct mustache_list *list = item == NULL ? list_of(w, node->text) : NULL;
	bool is_if = node->kind == MUSTACHE_IF;
	if (list == NULL) {
		if ((value_of(w, item, node->text).n > 0) == is_if)
			write_span(w, at + 1, node->end, item);
		return;
	}
	if (!is_if && list->n == 0)
		write_span(w, at + 1, node->end, item);
	for (size_t i = 0; is_if && i < list->n && i < MUSTACHE_ITEMS_MAX; i++)
		write_span(w, at + 1, node->end, &list->item[i]);
}

static void
write_span(const struct writing *w, size_t from, size_t to,
    const struct mustache_item *item)
{
	for (size_t i = from; i < to && !w->out->overflow;) {
		const struct mustache_node *node = &w->mustache->node[i];
		switch (node->kind) {
		case MUSTACHE_TEXT:
			buf_add(w->out, node->text);
			i++;
			break;
		case MUSTACHE_VALUE:
			w->escape(w->out, value_of(w, item, node->text));
			i++;
			break;
		case MUSTACHE_IF:
		case MUSTACHE_UNLESS:
			write_section(w, i, item);
			i = node->end;
			break;
		}
	}
}

void
mustache_write(struct buf *out, const struct mustache *mustache,
    const struct mustache_data *data, void (*escape)(struct buf *out, str text))
{
	struct writing w = { out, mustache, data, escape };
	write_span(&w, 0, mustache->n, NULL);
}
