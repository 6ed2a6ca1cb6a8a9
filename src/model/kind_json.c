/*
 * A body of JSON, written as YAML.
 *
 *	json: {host: "${target}", replicas: "${replicas}", force: true, note: "by ${service}"}
 *	{"host":"web-1","replicas":4,"force":true,"note":"by checkout"}
 *
 * What is not quoted and reads as JSON's null, true, false or a number is that; anything
 * else is a string. A scalar that is one placeholder has the type of its parameter: a number
 * for `type: integer`, else a string. Within other text a value is part of the string. So no
 * value can end the string it stands in, or add a member.
 */
#include "model/internal.h"
#include "model/kinds.h"

#define JSON_BYTES_MAX 16384
#define JSON_PIECES_MAX 256

struct json_maker {
	struct kind_reader *k;
	struct piece pieces[JSON_PIECES_MAX];
	size_t n;
	struct buf literal; /* not yet a piece */
	bool ok;
};

static void
piece_add(struct json_maker *m, const struct node *node, struct piece piece)
{
	if (m->n < JSON_PIECES_MAX) {
		m->pieces[m->n++] = piece;
		return;
	}
	if (m->ok)
		read_error(m->k->r, node, STR(""), "more than %d pieces in one body",
		    JSON_PIECES_MAX);
	m->ok = false;
}

static void
end_literal(struct json_maker *m, const struct node *node)
{
	if (m->literal.overflow) {
		if (m->ok)
			read_error(m->k->r, node, STR(""), "this body is over %d bytes",
			    JSON_BYTES_MAX);
		m->ok = false;
	}
	if (m->literal.n == 0)
		return;
	str text = arena_str(m->k->r->arena, buf_str(&m->literal));
	piece_add(m, node, (struct piece){ .text = text });
	buf_reset(&m->literal);
}

static void
placeholder(struct json_maker *m, const struct node *node, str name, enum quote quote)
{
	end_literal(m, node);
	piece_add(m, node,
	    (struct piece){ .text = name, .placeholder = true, .quote = quote });
}

static size_t
digits(str s, size_t at)
{
	size_t n = 0;
	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
		n++;
	return n;
}

/* Exactly JSON's numbers: what is let through here is written as it is. */
static bool
is_number(str s)
{
	size_t at = s.n > 0 && s.p[0] == '-';
	size_t n = digits(s, at);
	if (n == 0 || (n > 1 && s.p[at] == '0'))
		return false;
	at += n;
	if (at < s.n && s.p[at] == '.') {
		n = digits(s, at + 1);
		if (n == 0)
			return false;
		at += 1 + n;
	}
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		at++;
		at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
		n = digits(s, at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == s.n;
}

static bool
is_quoted(const struct node *node)
{
	char c = node->at.len > 0 ? node->src->text.p[node->at.off] : 0;
	return c == '"' || c == '\'' || c == '|' || c == '>';
}

static bool
is_word(str text)
{
	return str_eq(text, STR("null")) || str_eq(text, STR("true")) ||
	       str_eq(text, STR("false")) || is_number(text);
}

static void
scalar(struct json_maker *m, const struct node *node)
{
	struct kind_reader *k = m->k;
	struct template t;
	if (node->text.n == 0) {
		buf_add(&m->literal, STR("\"\""));
		return;
	}
	if (!is_quoted(node) && is_word(node->text)) {
		buf_add(&m->literal, node->text);
		return;
	}
	if (!read_template(k->r, node, QUOTE_NONE, k->names, &t)) {
		m->ok = false;
		return;
	}
	if (t.n == 1 && t.pieces[0].placeholder) {
		const struct param *param = param_find(k->params, t.pieces[0].text);
		bool number = param != NULL && param->kind == PARAM_INTEGER;
		placeholder(m, node, t.pieces[0].text,
		    number ? QUOTE_JSON_NUMBER : QUOTE_JSON);
		return;
	}
	buf_char(&m->literal, '"');
	for (size_t i = 0; i < t.n; i++) {
		if (t.pieces[i].placeholder)
			placeholder(m, node, t.pieces[i].text, QUOTE_JSON_TEXT);
		else
			put_json_text(&m->literal, t.pieces[i].text);
	}
	buf_char(&m->literal, '"');
}

/* Depth is bounded by the YAML's own. */
static void
value(struct json_maker *m, const struct node *node)
{
	switch (node->kind) {
	case NODE_EMPTY:
		buf_add(&m->literal, STR("null"));
		return;
	case NODE_TEXT:
		scalar(m, node);
		return;
	case NODE_LIST:
	case NODE_MAP:
		break;
	}
	bool map = node->kind == NODE_MAP;
	buf_char(&m->literal, map ? '{' : '[');
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		if (child != node->first)
			buf_char(&m->literal, ',');
		if (map) {
			buf_char(&m->literal, '"');
			put_json_text(&m->literal, child->key);
			buf_add(&m->literal, STR("\":"));
		}
		value(m, child);
	}
	buf_char(&m->literal, map ? '}' : ']');
}

bool
read_json(struct kind_reader *k, const struct node *node, struct template *ret)
{
	struct json_maker m = { .k = k, .literal = BUF(JSON_BYTES_MAX), .ok = true };
	value(&m, node);
	end_literal(&m, node);
	buf_done(&m.literal);
	if (!m.ok)
		return false;
	struct piece *pieces = arena_new(k->r->arena, struct piece, m.n);
	memcpy(pieces, m.pieces, m.n * sizeof(*pieces));
	*ret = (struct template){ pieces, m.n, STR("json") };
	return true;
}
