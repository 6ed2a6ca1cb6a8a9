/*
 * http: a request over HTTP(S) as an action.
 *
 *	http:
 *	  method: POST
 *	  url: https://lb.example/v1/pools/${pool}/members/${target}
 *	  headers: {Accept: application/json, Authorization: {secret: file:/run/lb.token, prefix: "Bearer "}}
 *	  json: {state: drained, seconds: "${seconds}"}
 *	  expect: status == 202
 *
 * Parts: method, url, body, expect, header.NAME, and secret.header.NAME with
 * prefix.header.NAME: a reference, which only hands resolve. `loopback` is there when the
 * URL names this machine literally; else no connection goes there.
 */
#include "model/internal.h"
#include "model/kinds.h"

#define HEADERS_MAX 16
#define PREFIX_BYTES_MAX 64 /* "Bearer ", "Basic ", "token=" */

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
static const char *const forbidden[] = { "host", "content-length", "transfer-encoding",
	"connection", "expect", "upgrade", "te", "trailer", "idempotency-key",
	"proxy-authorization" };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
eq_any_case(str a, str b)
{
	bool same = a.n == b.n;
	for (size_t i = 0; same && i < a.n; i++)
		same = lower(a.p[i]) == lower(b.p[i]);
	return same;
}

static bool
token_is(str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = lower(name.p[i]);
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && c != '-' && c != '_')
			return false;
	}
	return name.n > 0 && name.n <= 64;
}

static bool
one_line(struct kind_reader *k, const struct node *node, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f)
			continue;
		read_error(k->r, node, STR("write it on one line"),
		    "a header cannot hold a control character");
		return false;
	}
	return true;
}

static void
secret_header(struct kind_reader *k, const struct node *node)
{
	const struct node *secret = NULL, *prefix = NULL;
	const struct key keys[] = {
		{ "secret", &secret, .required = true },
		{ "prefix", &prefix },
	};
	struct arena *arena = k->r->arena;
	str reference;
	if (!read_map(k->r, node, NULL, keys, countof(keys)) ||
	    !read_secret(k->r, secret, &reference))
		return;
	part_literal(k, arena_printf(arena, "secret.header.%.*s", STR_ARG(node->key)),
	    reference);
	str text;
	if (prefix == NULL || !read_text(k->r, prefix, &text) || !one_line(k, prefix, text))
		return;
	if (text.n > PREFIX_BYTES_MAX)
		read_error(k->r, prefix,
		    STR("what stands before the secret, as in \"Bearer \"; the rest "
			"belongs "
			"into the secret itself"),
		    "a prefix of %zu bytes, of at most %d", text.n, PREFIX_BYTES_MAX);
	else
		part_literal(k,
		    arena_printf(arena, "prefix.header.%.*s", STR_ARG(node->key)), text);
}

static bool
header_allowed(struct kind_reader *k, const struct node *node)
{
	for (size_t i = 0; i < countof(forbidden); i++) {
		if (!eq_any_case(node->key, str_of(forbidden[i])))
			continue;
		read_error_key(k->r, node, STR("remove it"),
		    "the header '%.*s' is Firstline's to set", STR_ARG(node->key));
		return false;
	}
	for (const struct node *other = node->next; other != NULL; other = other->next) {
		if (!eq_any_case(node->key, other->key))
			continue;
		read_error_key(k->r, other, STR("keep one of the two"),
		    "the header '%.*s' is there twice", STR_ARG(other->key));
		return false;
	}
	if (token_is(node->key))
		return true;
	read_error_key(k->r, node, STR("as in Accept or X-Api-Key"),
	    "'%.*s' is not the name of a header", STR_ARG(node->key));
	return false;
}

static void
headers_read(struct kind_reader *k, const struct node *map)
{
	if (!read_is_map(k->r, map, NULL) || !read_at_most(k->r, map, HEADERS_MAX))
		return;
	for (const struct node *node = map->first; node != NULL; node = node->next) {
		if (!header_allowed(k, node))
			continue;
		if (node->kind == NODE_MAP) {
			secret_header(k, node);
			continue;
		}
		str name = arena_printf(k->r->arena, "header.%.*s", STR_ARG(node->key));
		if (node->kind != NODE_TEXT || one_line(k, node, node->text))
			(void)part_template(k, name, node, QUOTE_LINE);
	}
}

/* ---- bodies ---- */

static bool
has_header(const struct node *headers, str name)
{
	for (const struct node *node = headers != NULL ? headers->first : NULL;
	     node != NULL; node = node->next) {
		if (eq_any_case(node->key, name))
			return true;
	}
	return false;
}

/* a=b&c=d: names as they are written, each value percent-encoded. */
static bool
form_read(struct kind_reader *k, const struct node *map, struct template *ret)
{
	struct arena *arena = k->r->arena;
	if (!read_is_map(k->r, map, NULL) || !read_at_most(k->r, map, PARTS_MAX))
		return false;
	struct buf text = BUF(16384);
	size_t pieces_n = 0;
	bool ok = true;
	static struct piece none;
	ret->pieces = map->n > 0 ? arena_new(arena, struct piece, 2 * map->n + 1) : &none;
	for (const struct node *node = map->first; node != NULL; node = node->next) {
		struct template value;
		if (!name_is(node->key)) {
			read_error_key(k->r, node,
			    STR("use letters, digits, '-', '_' and '.'"),
			    "'%.*s' cannot be the name of a field", STR_ARG(node->key));
			ok = false;
			continue;
		}
		if (!read_template(k->r, node, QUOTE_FORM, k->names, &value) ||
		    value.n > 1) {
			if (value.n > 1)
				read_error(k->r, node, STR("make it the whole value"),
				    "a placeholder must be the whole field");
			ok = false;
			continue;
		}
		buf_reset(&text);
		buf_printf(&text, "%s%.*s=", node == map->first ? "" : "&",
		    STR_ARG(node->key));
		bool placeholder = value.n == 1 && value.pieces[0].placeholder;
		if (!placeholder && value.n == 1)
			put_url(&text, value.pieces[0].text);
		ret->pieces[pieces_n++] =
		    (struct piece){ .text = arena_str(arena, buf_str(&text)) };
		if (placeholder)
			ret->pieces[pieces_n++] = value.pieces[0];
	}
	buf_done(&text);
	ret->n = pieces_n;
	ret->written = STR("form");
	return ok;
}

struct body_nodes {
	const struct node *json, *form, *text;
};

static void
body_read(struct kind_reader *k, const struct body_nodes *n, const struct node *headers)
{
	const struct node *node = n->json != NULL   ? n->json
	                          : n->form != NULL ? n->form
	                                            : n->text;
	if (node == NULL)
		return;
	if ((n->json != NULL) + (n->form != NULL) + (n->text != NULL) > 1) {
		read_error_key(k->r, n->text != NULL ? n->text : n->form,
		    STR("keep one of json, form and text"), "more than one body");
		return;
	}
	struct template body = { 0 };
	const char *type = "text/plain; charset=utf-8";
	bool ok;
	if (node == n->json) {
		type = "application/json";
		ok = read_json(k, node, &body);
	} else if (node == n->form) {
		type = "application/x-www-form-urlencoded";
		ok = form_read(k, node, &body);
	} else {
		ok = read_template(k->r, node, QUOTE_NONE, k->names, &body);
	}
	if (ok)
		part_add(k, STR("body"), &body);
	if (ok && !has_header(headers, STR("content-type")))
		part_literal(k, STR("header.Content-Type"), str_of(type));
}

/* ---- the whole ---- */

/* Only who writes this machine's own name out means this machine. */
static bool
names_loopback(const struct template *url)
{
	str host = str_drop(str_cut(url->pieces[0].text, ':').tail, 2);
	if (str_starts(host, STR("[::1]")))
		return true;
	size_t end = 0;
	while (
	    end < host.n && host.p[end] != '/' && host.p[end] != ':' && host.p[end] != '?')
		end++;
	if (end == host.n && url->n > 1) /* it goes on with a placeholder */
		return false;
	host = str_take(host, end);
	return str_eq(host, STR("localhost")) || str_eq(host, STR("127.0.0.1"));
}

static void
url_read(struct kind_reader *k, const struct node *node)
{
	struct template url;
	if (!read_template(k->r, node, QUOTE_URL, k->names, &url))
		return;
	part_add(k, STR("url"), &url);
	if (names_loopback(&url))
		part_literal(k, STR("loopback"), STR("yes"));
}

static void
expect_read(struct kind_reader *k, const struct node *node)
{
	struct condition condition;
	if (!read_condition(k->r, node, PROBE_HTTP, &condition))
		return;
	part_literal(k, STR("expect"), condition.written);
}

void
kind_http_read(struct kind_reader *k, const struct node *node)
{
	const struct node *method = NULL, *url = NULL, *headers = NULL, *expect = NULL;
	struct body_nodes body = { 0 };
	const struct key keys[] = {
		{ "method", &method },
		{ "url", &url, .required = true },
		{ "headers", &headers },
		{ "json", &body.json },
		{ "form", &body.form },
		{ "text", &body.text },
		{ "expect", &expect },
	};
	unsigned choice = 1; /* POST */
	if (!read_map(k->r, node, NULL, keys, countof(keys)))
		return;
	if (method != NULL)
		(void)read_choice(k->r, method, "method", methods, countof(methods),
		    &choice);
	part_literal(k, STR("method"), str_of(methods[choice]));
	url_read(k, url);
	if (headers != NULL)
		headers_read(k, headers);
	body_read(k, &body, headers);
	if (expect != NULL)
		expect_read(k, expect);
	bool has_body = body.json != NULL || body.form != NULL || body.text != NULL;
	if (choice == 0 && has_body)
		read_error_key(k->r, node, STR("use method: POST, or remove the body"),
		    "a GET has no body");
}
