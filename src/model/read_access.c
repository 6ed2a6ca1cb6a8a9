/*
 * How this server is reached besides `listen`, and by whom it lets itself be told who asks:
 *
 *	tls: {listen: 0.0.0.0:9443, certificate: /etc/firstline/chain.pem,
 *	      key: /etc/firstline/key.pem, clients: /etc/firstline/clients.pem}
 *	socket: /run/firstline/firstline.sock
 *	access: {proxy: {from: [127.0.0.1, socket], user_header: X-Remote-User}}
 */
#include "base/network.h"
#include "model/internal.h"

#define SOCKET_PATH_MAX 107 /* what the kernel takes */
#define FILE_PATH_MAX 1024

static bool
read_file_path(struct reader *r, const struct node *node, size_t max, str *ret)
{
	str text;
	if (!read_text(r, node, &text))
		return false;
	if (text.p[0] != '/' || text.n > max || memchr(text.p, '\0', text.n) != NULL) {
		read_error(r, node,
		    read_hint(r, "write the whole path from /, at most %zu bytes", max),
		    "'%.*s' is no path of a file", STR_ARG(text));
		return false;
	}
	*ret = text;
	return true;
}

static void
tls_read(struct reader *r, const struct node *node, struct tls_paths *ret)
{
	const struct node *listen = NULL, *certificate = NULL, *key = NULL, *clients = NULL;
	const struct key keys[] = {
		{ "listen", &listen, .required = true },
		{ "certificate", &certificate, .required = true },
		{ "key", &key, .required = true },
		{ "clients", &clients },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	(void)read_listen(r, listen, &ret->listen);
	(void)read_file_path(r, certificate, FILE_PATH_MAX, &ret->certificate);
	(void)read_file_path(r, key, FILE_PATH_MAX, &ret->key);
	if (clients != NULL)
		(void)read_file_path(r, clients, FILE_PATH_MAX, &ret->clients);
}

static bool
header_is(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		          (c >= '0' && c <= '9') || c == '-';
		if (!ok)
			return false;
	}
	return s.n > 0 && s.n <= 64;
}

/* Headers that say something else, or that clients send anyway. */
static bool
header_is_taken(str s)
{
	static const char *const taken[] = { "Authorization", "Cookie", "Host", "Origin",
		"User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "X-Firstline-CSRF" };
	for (size_t i = 0; i < countof(taken); i++) {
		if (str_eq_caseless(s, str_of(taken[i])))
			return true;
	}
	return false;
}

static void
from_read(struct reader *r, const struct node *node, struct strs *ret)
{
	struct network network;
	struct strs list = { NULL, 0 };
	if (!read_strs(r, node, true, &list) || !read_at_most(r, node, PROXIES_MAX))
		return;
	for (const struct node *item = node->kind == NODE_LIST ? node->first : node;
	     item != NULL; item = node->kind == NODE_LIST ? item->next : NULL) {
		if (item->kind != NODE_TEXT || str_eq(item->text, STR(PROXY_SOCKET)) ||
		    network_parse(item->text, &network))
			continue;
		read_error(r, item,
		    STR("write an address or a network, as in 10.0.0.0/8, or socket"),
		    "'%.*s' is no address of a proxy", STR_ARG(item->text));
	}
	*ret = list;
}

static void
proxy_read(struct reader *r, const struct node *node, struct proxy *ret)
{
	const struct node *from = NULL, *user = NULL;
	const struct key keys[] = {
		{ "from", &from, .required = true },
		{ "user_header", &user },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	from_read(r, from, &ret->from);
	if (user == NULL || !read_text(r, user, &ret->user_header))
		return;
	if (!header_is(ret->user_header) || header_is_taken(ret->user_header))
		read_error(r, user, STR("as in X-Remote-User"),
		    "'%.*s' cannot be the header that names who asks",
		    STR_ARG(ret->user_header));
}

void
access_read(struct reader *r, const struct section sections[SECTION_COUNT])
{
	struct model *m = r->model;
	const struct section *tls = &sections[SECTION_TLS];
	const struct section *socket = &sections[SECTION_SOCKET];
	const struct section *access = &sections[SECTION_ACCESS];
	const struct node *proxy = NULL;
	const struct key keys[] = { { "proxy", &proxy } };
	if (tls->n > 0)
		tls_read(r, tls->nodes[0], &m->tls);
	if (socket->n > 0)
		(void)read_file_path(r, socket->nodes[0], SOCKET_PATH_MAX, &m->socket);
	if (access->n > 0 && read_map(r, access->nodes[0], NULL, keys, countof(keys)) &&
	    proxy != NULL)
		proxy_read(r, proxy, &m->proxy);
}
