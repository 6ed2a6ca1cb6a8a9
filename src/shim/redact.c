#include "shim/redact.h"

#include <string.h>

enum alphabet { BYTES, HEX, BASE64 };

static const enum alphabet alphabets[REDACT_FORMS] = {
	[REDACT_PLAIN] = BYTES,
	[REDACT_PERCENT] = BYTES,
	[REDACT_PLUS] = BYTES,
	[REDACT_JSON] = BYTES,
	[REDACT_HEX] = HEX,
	[REDACT_BASE64] = BASE64,
};

/* How much of the beginning of a secret, at the very end, counts as the secret. */
static const unsigned telling[3] = { REDACT_MIN, 2 * REDACT_MIN, (REDACT_MIN * 8 + 5) / 6 };

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* ---- the automata: nodes 1, 2 and 3 are the roots, 0 is none ---- */

static uint32_t
child_of(const struct redact_node *nodes, uint32_t node, uint8_t digit)
{
	uint32_t at = nodes[node].child;
	while (at != 0 && nodes[at].digit != digit)
		at = nodes[at].sibling;
	return at;
}

static uint32_t
add_digit(struct redactor *r, uint32_t node, uint8_t digit)
{
	uint32_t next = child_of(r->nodes, node, digit);
	if (next != 0)
		return next;
	next = ++r->nodes_n;
	r->nodes[next] = (struct redact_node){
		.sibling = r->nodes[node].child,
		.depth = (uint16_t)(r->nodes[node].depth + 1),
		.digit = digit,
	};
	r->nodes[node].child = next;
	return next;
}

static void
end_pattern(struct redactor *r, uint32_t node)
{
	r->nodes[node].match = r->nodes[node].depth;
}

static uint8_t
bit_of(const char *p, size_t bit)
{
	return (uint8_t)((uint8_t)p[bit / 8] >> (7 - bit % 8) & 1);
}

/* Those digits that hold nothing but bits of the secret, when `before` bytes of something
 * else stand before it in its group of three. */
static void
add_base64(struct redactor *r, const char *p, size_t n, size_t before)
{
	uint32_t node = 1 + BASE64;
	for (size_t i = (8 * before + 5) / 6; i < 8 * (before + n) / 6; i++) {
		uint8_t digit = 0;
		for (size_t bit = 6 * i; bit < 6 * i + 6; bit++)
			digit = (uint8_t)(digit << 1 | bit_of(p, bit - 8 * before));
		node = add_digit(r, node, digit);
	}
	end_pattern(r, node);
}

static void
add_pattern(struct redactor *r, const char *p, size_t n)
{
	uint32_t bytes = 1 + BYTES, hex = 1 + HEX;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)p[i];
		bytes = add_digit(r, bytes, c);
		hex = add_digit(r, add_digit(r, hex, c >> 4), c & 15);
	}
	end_pattern(r, bytes);
	end_pattern(r, hex);
	for (size_t before = 0; before < 3; before++)
		add_base64(r, p, n, before);
}

bool
redact_add(struct redactor *r, const char *secret, size_t n)
{
	if (n < REDACT_MIN || n > REDACT_ONE_MAX || n > REDACT_ALL_MAX - r->bytes)
		return false;
	r->bytes += n;
	r->patterns++;
	add_pattern(r, secret, n);
	if (memchr(secret, ' ', n) != NULL)
		r->blanks = true;
	for (size_t at = 0; at < n;) {
		const char *end = memchr(secret + at, '\n', n - at);
		size_t length = end != NULL ? (size_t)(end - secret) - at : n - at;
		size_t line = length;
		if (line > 0 && secret[at + line - 1] == '\r')
			line--;
		if (line >= REDACT_LINE_MIN && line < n)
			add_pattern(r, secret + at, line);
		at += length + 1;
	}
	return true;
}

static uint32_t
next_of(const struct redactor *r, enum alphabet alphabet, uint32_t node, uint8_t digit)
{
	const uint32_t root = 1 + (uint32_t)alphabet;
	while (node != root) {
		uint32_t next = child_of(r->nodes, node, digit);
		if (next != 0)
			return next;
		node = r->nodes[node].fail;
	}
	uint32_t next = r->first[alphabet][digit];
	return next != 0 ? next : root;
}

/* Breadth first: whatever a node may fail to is shallower, and done. */
static void
link_nodes(struct redactor *r, enum alphabet alphabet)
{
	const uint32_t root = 1 + (uint32_t)alphabet;
	struct redact_node *nodes = r->nodes;
	for (uint32_t at = nodes[root].child; at != 0; at = nodes[at].sibling)
		r->first[alphabet][nodes[at].digit] = at;
	uint32_t last = root;
	for (uint32_t at = root; at != 0; at = nodes[at].queue) {
		for (uint32_t child = nodes[at].child; child != 0;
		     child = nodes[child].sibling) {
			uint32_t fail = at == root ? root
			                           : next_of(r, alphabet, nodes[at].fail,
							 nodes[child].digit);
			nodes[child].fail = fail;
			if (nodes[child].match == 0)
				nodes[child].match = nodes[fail].match;
			nodes[last].queue = child;
			last = child;
		}
	}
}

void
redact_init(struct redactor *r, redact_sink *sink, void *ctx)
{
	r->sink = sink;
	r->ctx = ctx;
	r->nodes_n = 3;
	for (int form = 0; form < REDACT_FORMS; form++)
		r->views[form].root = r->views[form].node = 1 + (uint32_t)alphabets[form];
}

void
redact_ready(struct redactor *r)
{
	for (int alphabet = BYTES; alphabet <= BASE64; alphabet++)
		link_nodes(r, (enum alphabet)alphabet);
	for (int c = 0; c < 256; c++) {
		int hex = hex_digit((uint8_t)c), base64 = base64_digit((uint8_t)c);
		r->starter[c] = r->first[BYTES][c] != 0 || c == '%' || c == '\\' ||
		                (c == '+' && r->blanks) ||
		                (hex >= 0 && r->first[HEX][hex] != 0) ||
		                (base64 >= 0 && r->first[BASE64][base64] != 0);
	}
}

/* ---- views: a form's digits, and where in the stream each stands ---- */

static void
see(struct redactor *r, enum redact_form form, uint8_t digit, uint32_t start, uint32_t end)
{
	struct redact_view *v = &r->views[form];
	v->starts[v->count++ % REDACT_RING] = start;
	v->node = next_of(r, alphabets[form], v->node, digit);
	unsigned match = r->nodes[v->node].match;
	if (match == 0)
		return;
	for (uint32_t at = v->starts[(v->count - match) % REDACT_RING]; at != end; at++)
		r->mark[at % REDACT_HOLD] = true;
}

/* Something that no secret has. */
static void
see_other(struct redact_view *v)
{
	v->node = v->root;
}

static void
feed_percent(struct redactor *r, enum redact_form form, uint8_t c, uint32_t at)
{
	struct redact_view *v = &r->views[form];
	int hex = hex_digit(c);
	if (v->pending == 1 && hex >= 0) {
		v->value = c;
		v->pending = 2;
		return;
	}
	if (v->pending == 2 && hex >= 0) {
		int high = hex_digit((uint8_t)v->value);
		v->pending = 0;
		see(r, form, (uint8_t)(high << 4 | hex), v->pending_at, at + 1);
		return;
	}
	/* it was none */
	if (v->pending > 0)
		see(r, form, '%', v->pending_at, v->pending_at + 1);
	if (v->pending == 2)
		see(r, form, (uint8_t)v->value, v->pending_at + 1, v->pending_at + 2);
	v->pending = c == '%';
	v->pending_at = at;
	if (c != '%')
		see(r, form, c == '+' && form == REDACT_PLUS ? ' ' : c, at, at + 1);
}

/* ---- JSON: \n, \u00e9, and pairs of \u for what is beyond ---- */

static int
json_escape(uint8_t c)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *at = c != 0 ? strchr(names, c) : NULL;
	return at != NULL ? values[at - names] : -1;
}

static void
see_character(struct redactor *r, uint32_t code, uint32_t start, uint32_t end)
{
	if (code < 0x80) {
		see(r, REDACT_JSON, (uint8_t)code, start, end);
		return;
	}
	int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
	see(r, REDACT_JSON, (uint8_t)(lead[more] | code >> (6 * more)), start, end);
	while (more-- > 0)
		see(r, REDACT_JSON, (uint8_t)(0x80 | (code >> (6 * more) & 0x3f)), start,
		    end);
}

static void
see_unit(struct redactor *r, uint16_t unit, uint32_t start, uint32_t end)
{
	struct redact_view *v = &r->views[REDACT_JSON];
	bool low = unit >= 0xdc00 && unit < 0xe000;
	if (v->high != 0 && low && v->high_at + 6 == start) {
		uint32_t code = 0x10000 + ((uint32_t)(v->high - 0xd800) << 10) +
		                (uint32_t)(unit - 0xdc00);
		v->high = 0;
		see_character(r, code, v->high_at, end);
		return;
	}
	if (v->high != 0 || low)
		see_other(v);
	v->high = 0;
	if (unit >= 0xd800 && unit < 0xdc00) {
		v->high = unit;
		v->high_at = start;
	} else if (!low) {
		see_character(r, unit, start, end);
	}
}

/* The bytes of what turned out to be no escape, as they are. */
static void
give_up_escape(struct redactor *r, uint32_t until)
{
	struct redact_view *v = &r->views[REDACT_JSON];
	uint32_t from = v->pending_at;
	v->pending = 0;
	for (uint32_t at = from; at != until; at++)
		see(r, REDACT_JSON, r->held[at % REDACT_HOLD], at, at + 1);
}

static void
feed_json(struct redactor *r, uint8_t c, uint32_t at)
{
	struct redact_view *v = &r->views[REDACT_JSON];
	int hex = hex_digit(c), escape = json_escape(c);
	if (v->pending == 1 && c == 'u') {
		v->value = 0;
		v->pending = 2;
		return;
	}
	if (v->pending >= 2 && hex >= 0) {
		v->value = (uint16_t)(v->value << 4 | hex);
		if (++v->pending == 6) {
			v->pending = 0;
			see_unit(r, v->value, v->pending_at, at + 1);
		}
		return;
	}
	if (v->high != 0 && !(v->pending == 0 && c == '\\')) {
		v->high = 0;
		see_other(v);
	}
	if (v->pending == 1 && escape >= 0) {
		v->pending = 0;
		see(r, REDACT_JSON, (uint8_t)escape, v->pending_at, at + 1);
		return;
	}
	if (v->pending > 0)
		give_up_escape(r, at);
	v->pending = c == '\\';
	v->pending_at = at;
	if (c != '\\')
		see(r, REDACT_JSON, c, at, at + 1);
}

static void
feed_digit(struct redactor *r, enum redact_form form, uint8_t c, int digit, uint32_t at)
{
	struct redact_view *v = &r->views[form];
	if (digit >= 0) {
		v->breaks = 0;
		see(r, form, (uint8_t)digit, at, at + 1);
	} else if ((c == '\n' || c == '\r') && v->breaks < 2) {
		v->breaks++;
	} else {
		see_other(v);
	}
}

static void
feed(struct redactor *r, uint8_t c, uint32_t at)
{
	see(r, REDACT_PLAIN, c, at, at + 1);
	feed_percent(r, REDACT_PERCENT, c, at);
	if (r->blanks)
		feed_percent(r, REDACT_PLUS, c, at);
	feed_json(r, c, at);
	feed_digit(r, REDACT_HEX, c, hex_digit(c), at);
	feed_digit(r, REDACT_BASE64, c, base64_digit(c), at);
}

/* How far before `pos` the first byte is that may still turn out to be of a secret. */
static uint32_t
undecided(const struct redactor *r)
{
	uint32_t most = 0;
	for (int form = 0; form < REDACT_FORMS; form++) {
		const struct redact_view *v = &r->views[form];
		unsigned depth = r->nodes[v->node].depth;
		uint32_t at = r->pos;
		if (depth > 0)
			at = v->starts[(v->count - depth) % REDACT_RING];
		else if (v->high != 0)
			at = v->high_at;
		else if (v->pending > 0)
			at = v->pending_at;
		if (r->pos - at > most)
			most = r->pos - at;
	}
	return most;
}

/* ---- the stream ---- */

static void
flush(struct redactor *r)
{
	if (r->out_n > 0)
		r->sink(r->ctx, r->out, r->out_n);
	r->out_n = 0;
}

static void
emit(struct redactor *r, const char *p, size_t n)
{
	if (r->out_n + n > sizeof(r->out))
		flush(r);
	memcpy(r->out + r->out_n, p, n);
	r->out_n += n;
}

static void
emit_until(struct redactor *r, uint32_t end)
{
	for (; r->base != end; r->base++) {
		size_t at = r->base % REDACT_HOLD;
		if (!r->mark[at])
			emit(r, (const char *)&r->held[at], 1);
		else if (!r->marked)
			emit(r, REDACT_INSTEAD, strlen(REDACT_INSTEAD));
		r->marked = r->mark[at];
		r->mark[at] = false;
	}
}

/* Bytes that begin no secret, while none is begun. */
static size_t
pass(struct redactor *r, const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && !r->starter[(uint8_t)p[i]])
		i++;
	if (i == 0)
		return 0;
	flush(r);
	r->sink(r->ctx, p, i);
	r->base = r->pos += (uint32_t)i;
	r->marked = false;
	return i;
}

void
redact_put(struct redactor *r, const char *p, size_t n)
{
	if (r->patterns == 0) {
		r->sink(r->ctx, p, n);
		return;
	}
	for (size_t i = 0; i < n;) {
		if (r->base == r->pos)
			i += pass(r, p + i, n - i);
		if (i == n)
			break;
		uint32_t at = r->pos++;
		r->held[at % REDACT_HOLD] = (uint8_t)p[i];
		feed(r, (uint8_t)p[i++], at);
		emit_until(r, r->pos - undecided(r));
	}
	flush(r);
}

void
redact_end(struct redactor *r)
{
	if (r->patterns == 0)
		return;
	for (int form = 0; form < REDACT_FORMS; form++) {
		const struct redact_view *v = &r->views[form];
		uint32_t node = v->node;
		while (node != v->root && r->nodes[node].child == 0)
			node = r->nodes[node].fail; /* that one is whole, and done */
		unsigned depth = r->nodes[node].depth;
		if (depth < telling[alphabets[form]])
			continue;
		uint32_t at = v->starts[(v->count - depth) % REDACT_RING];
		for (; at != r->pos; at++)
			r->mark[at % REDACT_HOLD] = true;
	}
	emit_until(r, r->pos);
	flush(r);
}

void
redact_again(struct redactor *r, redact_sink *sink, void *ctx)
{
	r->sink = sink;
	r->ctx = ctx;
	r->base = r->pos;
	r->marked = false;
	r->out_n = 0;
	for (int form = 0; form < REDACT_FORMS; form++) {
		struct redact_view *v = &r->views[form];
		v->node = v->root;
		v->pending = v->breaks = 0;
		v->high = 0;
	}
}
