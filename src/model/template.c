/*
 * Text with ${name} in it.
 *
 * A value never becomes code: where a placeholder may stand is decided when the text is
 * read, how its value is written there when it is filled.
 *
 *	[systemctl, restart, "${unit}"]                   a whole argument, as it is
 *	queue_depth{queue="${queue}"}                     inside a PromQL string, escaped
 *	up{instance=~"${host}:.*"}                        there as literal text of the pattern
 *	https://status.example/units/${unit}?on=${host}   behind the host, percent-encoded
 *	http://${target}:8080/health                      there only these two: target, service
 *	${target}:5432                                    the same where a port is named
 *	/var/log/apps/${unit}.log                         a name, which holds no '/'
 *
 * "$${" is a literal "${".
 */
#include "model/internal.h"

#define PIECES_MAX 64
#define FILLED_BYTES_MAX 16384

/* ---- cutting ---- */

struct cutter {
	struct reader *r;
	const struct node *node;
	const struct strs *allowed;
	struct piece pieces[PIECES_MAX];
	size_t n;
	char *literal; /* unescaped text so far of the literal in work */
	size_t literal_n;
	/* QUOTE_PROMQL: where in the query we are. */
	char in_quote; /* '"', '\'', '`', '#' for a comment, 0 */
	size_t quote_off;
	bool pattern; /* the string in work follows =~ or !~ */
};

static bool
too_many(struct cutter *c)
{
	read_error(c->r, c->node, STR(""), "more than %d pieces in one text", PIECES_MAX);
	return false;
}

static bool
end_literal(struct cutter *c)
{
	if (c->literal_n == 0)
		return true;
	if (c->n == PIECES_MAX)
		return too_many(c);
	c->pieces[c->n++] = (struct piece){ .text = { c->literal, c->literal_n } };
	c->literal += c->literal_n;
	c->literal_n = 0;
	return true;
}

static bool
name_allowed(struct cutter *c, str name, size_t off)
{
	for (size_t i = 0; i < c->allowed->n; i++)
		if (str_eq(c->allowed->p[i], name))
			return true;
	str hint = read_suggest(c->r, name, c->allowed->p, c->allowed->n);
	if (hint.n == 0 && c->allowed->n > 0) {
		str all = read_join(c->r, c->allowed->p, c->allowed->n);
		hint = read_hint(c->r, "known here: %.*s", STR_ARG(all));
	} else if (hint.n == 0) {
		hint = STR("no placeholder can be used here");
	}
	read_error_part(c->r, c->node, off, name.n, hint, "unknown placeholder '%.*s'",
	    STR_ARG(name));
	return false;
}

/* Whether what stands before the string that begins here is =~ or !~. */
static bool
after_pattern_operator(str before)
{
	before = str_trim(before);
	return str_ends(before, STR("=~")) || str_ends(before, STR("!~"));
}

/* Keeps track of strings and comments in a query. */
static void
promql_char(struct cutter *c, str text, size_t i)
{
	char ch = text.p[i];
	if (c->in_quote == '#') {
		if (ch == '\n')
			c->in_quote = 0;
	} else if (c->in_quote != 0) {
		if (ch == c->in_quote)
			c->in_quote = 0;
	} else if (ch == '"' || ch == '\'' || ch == '`' || ch == '#') {
		c->in_quote = ch;
		c->quote_off = i;
		c->pattern = after_pattern_operator(str_take(text, i));
	}
}

/* How the value of a placeholder that stands here is written; false: it may not. */
static bool
quote_here(struct cutter *c, enum quote quote, size_t off, size_t len, enum quote *ret)
{
	*ret = quote;
	if (quote != QUOTE_PROMQL)
		return true;
	if (c->pattern)
		*ret = QUOTE_PROMQL_REGEX;
	if (c->in_quote == '"' || c->in_quote == '\'')
		return true;
	read_error_part(c->r, c->node, off, len,
	    STR("a value stands inside \"...\" or '...', as in {queue=\"${queue}\"}"),
	    "this placeholder is not inside quotes");
	return false;
}

/* The placeholder at `off`; *ret_len is the length of all of "${name}". */
static bool
cut_placeholder(struct cutter *c, enum quote quote, size_t off, size_t *ret_len)
{
	str rest = str_drop(c->node->text, off + 2);
	struct str_cut cut = str_cut(rest, '}');
	if (!cut.found) {
		read_error_part(c->r, c->node, off, 2,
		    STR("write ${name}, or $${ for a literal ${"),
		    "this placeholder has no end");
		return false;
	}
	*ret_len = cut.head.n + 3;
	enum quote here;
	bool fits = quote_here(c, quote, off, *ret_len, &here);
	bool known = name_allowed(c, cut.head, off + 2);
	if (!fits || !known || !end_literal(c))
		return false;
	if (c->n == PIECES_MAX)
		return too_many(c);
	c->pieces[c->n++] =
	    (struct piece){ .text = cut.head, .placeholder = true, .quote = here };
	return true;
}

/* Cuts it all, reporting every fault; false when there was any. */
static bool
cut_text(struct cutter *c, enum quote quote)
{
	str text = c->node->text;
	bool ok = true;
	for (size_t i = 0; i < text.n; i++) {
		str rest = str_drop(text, i);
		size_t len;
		if (str_starts(rest, STR("$${"))) {
			i++; /* the second '$' and the '{' are literal */
			c->literal[c->literal_n++] = '$';
			continue;
		}
		if (str_starts(rest, STR("${"))) {
			if (cut_placeholder(c, quote, i, &len))
				i += len - 1;
			else
				ok = false;
			continue;
		}
		c->literal[c->literal_n++] = text.p[i];
		if (quote != QUOTE_PROMQL)
			continue;
		bool escape =
		    text.p[i] == '\\' && (c->in_quote == '"' || c->in_quote == '\'');
		if (!escape || i + 1 == text.n) {
			promql_char(c, text, i);
		} else if (str_starts(str_drop(text, i + 1), STR("${"))) {
			read_error_part(c->r, c->node, i, 1, STR("remove the backslash"),
			    "a backslash would change the value that follows");
			ok = false;
		} else {
			c->literal[c->literal_n++] = text.p[++i];
		}
	}
	return end_literal(c) && ok;
}

static bool
whole_ok(struct cutter *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!c->pieces[i].placeholder || c->n == 1)
			continue;
		read_error(c->r, c->node,
		    STR("make it an element of its own: no value can then change what "
			"runs"),
		    "a placeholder must be the whole argument");
		return false;
	}
	return true;
}

static bool
promql_ok(struct cutter *c)
{
	if (c->in_quote == 0 || c->in_quote == '#')
		return true;
	read_error_part(c->r, c->node, c->quote_off, 1,
	    STR("close it, or write \\ before a quote that is part of the text"),
	    "this quote is never closed");
	return false;
}

/* Names of the configuration, that cannot lead elsewhere than their owner wrote down. */
static bool
may_be_host(str name)
{
	return str_eq(name, STR("target")) || str_eq(name, STR("service"));
}

static bool
ends_host(str literal)
{
	return str_contains(literal, STR("/")) || str_contains(literal, STR("?"));
}

/* Marks the placeholders that are the host, or part of it; false when one may not be. */
static bool
host_ok(struct cutter *c)
{
	/* All of the scheme is literal, or it is no URL. */
	str first = c->pieces[0].text;
	str behind = str_cut(first, ':').tail;
	if (ends_host(behind.n > 2 ? str_drop(behind, 2) : STR("")))
		return true;
	for (size_t i = 1; i < c->n; i++) {
		if (!c->pieces[i].placeholder && ends_host(c->pieces[i].text))
			return true;
		if (!c->pieces[i].placeholder)
			continue;
		if (!may_be_host(c->pieces[i].text))
			return false;
		c->pieces[i].quote = QUOTE_HOST;
	}
	return true;
}

static bool
url_ok(struct cutter *c)
{
	/* With something harmless for each value it must be a URL. */
	struct buf tried = BUF(FILLED_BYTES_MAX);
	for (size_t i = 0; i < c->n; i++)
		buf_add(&tried, c->pieces[i].placeholder ? STR("x") : c->pieces[i].text);
	const char *fault =
	    tried.overflow ? "is too long" : url_fault(buf_str(&tried), "http https");
	buf_done(&tried);
	if (fault == NULL && !host_ok(c))
		fault = "has a placeholder in its host";
	if (fault == NULL)
		return true;
	read_error(c->r, c->node, STR("as in https://host.example/health?unit=${unit}"),
	    "'%.*s' %s", STR_ARG(c->node->text), fault);
	return false;
}

/* HOST:PORT, with a host that no label can choose. */
static bool
endpoint_ok(struct cutter *c)
{
	struct buf tried = BUF(FILLED_BYTES_MAX);
	const char *fault = NULL;
	for (size_t i = 0; i < c->n; i++) {
		buf_add(&tried, c->pieces[i].placeholder ? STR("x") : c->pieces[i].text);
		c->pieces[i].quote = QUOTE_HOST;
		if (c->pieces[i].placeholder && !may_be_host(c->pieces[i].text))
			fault = "has a placeholder in its host";
	}
	if (fault == NULL &&
	    (tried.overflow || !text_endpoint(buf_str(&tried), false, true)))
		fault = "is not HOST:PORT";
	buf_done(&tried);
	if (fault == NULL)
		return true;
	read_error(c->r, c->node,
	    STR("as in db.example:5432, \"${target}:22\" or \"[::1]:9090\""), "'%.*s' %s",
	    STR_ARG(c->node->text), fault);
	return false;
}

bool
read_template(struct reader *r, const struct node *node, enum quote quote,
    const struct strs *allowed, struct template *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	struct cutter c = {
		.r = r,
		.node = node,
		.allowed = allowed,
		.literal = arena_new(r->arena, char, text.n),
	};
	if (!cut_text(&c, quote))
		return false;
	if (quote == QUOTE_WHOLE && !whole_ok(&c))
		return false;
	if (quote == QUOTE_PROMQL && !promql_ok(&c))
		return false;
	if (quote == QUOTE_URL && !url_ok(&c))
		return false;
	if (quote == QUOTE_ENDPOINT && !endpoint_ok(&c))
		return false;

	struct piece *pieces = arena_new(r->arena, struct piece, c.n);
	memcpy(pieces, c.pieces, c.n * sizeof(*pieces));
	*ret = (struct template){ .pieces = pieces, .n = c.n, .written = text };
	return true;
}

/* "write [systemctl, restart, nginx]" */
static str
list_hint(struct reader *r, str command)
{
	struct buf hint = BUF(400);
	for (str rest = str_trim(command); rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ' ');
		buf_add(&hint, hint.n ? STR(", ") : STR("write ["));
		buf_add(&hint, cut.head);
		rest = str_trim(cut.tail);
	}
	buf_char(&hint, ']');
	str ret = hint.overflow ? STR("") : read_hint(r, "%.*s", (int)hint.n, hint.p);
	buf_done(&hint);
	return ret;
}

bool
read_argv(struct reader *r, const struct node *node, const struct strs *allowed,
    struct templates *ret)
{
	if (node->kind == NODE_TEXT) {
		read_error(r, node, list_hint(r, node->text),
		    "a command is a list of arguments: no shell splits it");
		return false;
	}
	if (!read_is_list(r, node, NULL))
		return false;
	if (node->n == 0 || node->n > ARGV_MAX) {
		read_error(r, node, STR("as in [systemctl, restart, \"${unit}\"]"),
		    "a command has 1 to %d arguments, not %zu", ARGV_MAX, node->n);
		return false;
	}

	struct templates argv = { arena_new(r->arena, struct template, node->n), 0 };
	bool ok = true;
	for (const struct node *item = node->first; item != NULL; item = item->next)
		ok = read_template(r, item, QUOTE_WHOLE, allowed, &argv.p[argv.n++]) && ok;
	if (ok && argv.p[0].pieces[0].placeholder) {
		read_error(r, node->first, STR("write the program's name or path out"),
		    "the program cannot be a placeholder");
		ok = false;
	}
	if (ok)
		*ret = argv;
	return ok;
}

/* ---- filling ---- */

/* Both kinds of PromQL string know \\ and \xNN, but each only its own quote escaped. */
static void
put_promql_char(struct buf *out, char c)
{
	if (c == '\\')
		buf_add(out, STR("\\\\"));
	else if (c == '"' || c == '\'' || (unsigned char)c < 0x20 || c == 0x7f)
		buf_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
	else
		buf_char(out, c);
}

static void
put_promql(struct buf *out, str value, bool pattern)
{
	for (size_t i = 0; i < value.n; i++) {
		if (pattern && value.p[i] != 0 &&
		    strchr("\\.+*?()|[]{}^$", value.p[i]) != NULL)
			put_promql_char(out, '\\');
		put_promql_char(out, value.p[i]);
	}
}

void
put_url(struct buf *out, str value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL))
			buf_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

/* The inside of a JSON string. Values and literals are UTF-8. */
void
put_json_text(struct buf *out, str value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if ((unsigned char)c < 0x20)
			buf_printf(out, "\\u%04x", (unsigned)(unsigned char)c);
		else
			buf_char(out, c);
	}
}

static bool
put_number(struct buf *out, const struct piece *piece, str value, struct err *err)
{
	int64_t number;
	if (!text_i64(value, &number))
		return err_set(err, ERR_INVALID,
		    "the value '%.*s' of '%.*s' is not a whole number", STR_ARG(value),
		    STR_ARG(piece->text));
	buf_printf(out, "%lld", (long long)number);
	return true;
}

static bool
put_line(struct buf *out, const struct piece *piece, str value, struct err *err)
{
	for (size_t i = 0; i < value.n; i++) {
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return err_set(err, ERR_INVALID,
			    "the value of '%.*s' holds a control character",
			    STR_ARG(piece->text));
	}
	buf_add(out, value);
	return true;
}

static bool
put_piece(struct buf *out, const struct piece *piece, const struct pairs *values,
    struct err *err)
{
	if (!piece->placeholder) {
		buf_add(out, piece->text);
		return true;
	}
	if (!pairs_has(values, piece->text))
		return err_set(err, ERR_NOT_FOUND, "'%.*s' has no value",
		    STR_ARG(piece->text));
	str value = pairs_get(values, piece->text);
	if (value.n > 0 && memchr(value.p, 0, value.n) != NULL)
		return err_set(err, ERR_INVALID, "the value of '%.*s' holds a NUL",
		    STR_ARG(piece->text));

	switch (piece->quote) {
	case QUOTE_PROMQL:
	case QUOTE_PROMQL_REGEX:
		put_promql(out, value, piece->quote == QUOTE_PROMQL_REGEX);
		return true;
	case QUOTE_HOST:
		if (!name_is(value))
			return err_set(err, ERR_INVALID,
			    "the value '%.*s' of '%.*s' is not a host", STR_ARG(value),
			    STR_ARG(piece->text));
		buf_add(out, value);
		return true;
	case QUOTE_URL:
		/* These would still mean "here" and "above" however they are encoded. */
		if (str_eq(value, STR(".")) || str_eq(value, STR("..")))
			return err_set(err, ERR_INVALID,
			    "the value '%.*s' of '%.*s' cannot stand in a URL",
			    STR_ARG(value), STR_ARG(piece->text));
		put_url(out, value);
		return true;
	case QUOTE_FORM:
		put_url(out, value);
		return true;
	case QUOTE_JSON:
		buf_char(out, '"');
		put_json_text(out, value);
		buf_char(out, '"');
		return true;
	case QUOTE_JSON_TEXT:
		put_json_text(out, value);
		return true;
	case QUOTE_JSON_NUMBER:
		return put_number(out, piece, value, err);
	case QUOTE_LINE:
		return put_line(out, piece, value, err);
	case QUOTE_NAME:
		if (!name_is(value))
			return err_set(err, ERR_INVALID,
			    "the value '%.*s' of '%.*s' is not a name", STR_ARG(value),
			    STR_ARG(piece->text));
		buf_add(out, value);
		return true;
	case QUOTE_WHOLE:
	case QUOTE_ENDPOINT:
	case QUOTE_NONE:
		buf_add(out, value);
		return true;
	}
	UNREACHABLE();
}

bool
template_fill(const struct template *t, const struct pairs *values, struct arena *arena,
    str *ret, struct err *err)
{
	struct buf out = BUF(FILLED_BYTES_MAX);
	bool ok = true;
	for (size_t i = 0; ok && i < t->n; i++)
		ok = put_piece(&out, &t->pieces[i], values, err);
	if (ok && out.overflow)
		ok = err_set(err, ERR_LIMIT, "'%.*s' filled in is over %d bytes",
		    STR_ARG(t->written), FILLED_BYTES_MAX);

	char *copy = ok ? arena_try(arena, char, out.n) : NULL;
	if (ok && copy == NULL)
		ok = err_set(err, ERR_LIMIT, "no room to fill in '%.*s'",
		    STR_ARG(t->written));
	if (ok) {
		if (out.n > 0)
			memcpy(copy, out.p, out.n);
		*ret = (str){ copy, out.n };
	}
	buf_done(&out);
	return ok;
}

bool
request_fill(const struct templates *argv, const struct parts *parts,
    const struct pairs *values, struct arena *arena, struct strs *ret_argv,
    struct pairs *ret_parts, struct err *err)
{
	struct strs args = { arena_try(arena, str, argv->n), argv->n };
	struct pairs all = { arena_try(arena, struct pair, parts->n), parts->n };
	if ((argv->n > 0 && args.p == NULL) || (parts->n > 0 && all.p == NULL))
		return err_set(err, ERR_LIMIT, "no room for a request");
	for (size_t i = 0; i < argv->n; i++) {
		if (!template_fill(&argv->p[i], values, arena, &args.p[i], err))
			return false;
	}
	for (size_t i = 0; i < parts->n; i++) {
		all.p[i].name = parts->p[i].name;
		if (!template_fill(&parts->p[i].value, values, arena, &all.p[i].value, err))
			return false;
	}
	*ret_argv = args;
	*ret_parts = all;
	return true;
}
