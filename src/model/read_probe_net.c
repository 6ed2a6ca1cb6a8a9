/*
 * Probes of the network that are neither HTTP nor a query.
 *
 *	{tcp: "${target}:25", send: QUIT, expect: banner contains ESMTP}
 *	{tls: "10.0.0.7:443", server_name: shop.example, expect: valid}
 *	{dns: {name: shop.example, type: MX, server: 192.0.2.53}, expect: answers >= 2}
 *
 * Where they go is written here, apart from ${target} and ${service}, which are names of
 * the configuration: no label leads a probe to an address of its sender's choice.
 */
#include "model/internal.h"

#define SEND_BYTES_MAX 1024

void
probe_tcp_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)read_template(r, node, QUOTE_ENDPOINT, allowed, &probe->where);
	if (n->send == NULL || !read_text(r, n->send, &probe->text))
		return;
	if (probe->text.n > SEND_BYTES_MAX)
		read_error_key(r, n->send, STR("send less"),
		    "%zu bytes to send; the most is %d", probe->text.n, SEND_BYTES_MAX);
}

/* A host's name without a port; ${...} stands for a name. */
static bool
read_host(struct reader *r, const struct node *node, const struct strs *allowed,
    struct template *ret)
{
	if (!read_template(r, node, QUOTE_NAME, allowed, ret))
		return false;
	struct buf tried = BUF(NAME_BYTES_MAX * 2);
	for (size_t i = 0; i < ret->n; i++)
		buf_add(&tried,
		    ret->pieces[i].placeholder ? STR("x") : ret->pieces[i].text);
	str name = buf_str(&tried);
	bool ok = !tried.overflow && text_endpoint(name, false, false) &&
	          !str_contains(name, STR(":")) && !str_contains(name, STR("["));
	buf_done(&tried);
	if (!ok)
		read_error(r, node, STR("as in shop.example"),
		    "'%.*s' is not a host's name", STR_ARG(node->text));
	return ok;
}

void
probe_tls_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	(void)read_template(r, node, QUOTE_ENDPOINT, allowed, &probe->where);
	if (n->server_name != NULL)
		(void)read_host(r, n->server_name, allowed, &probe->name);
}

void
probe_dns_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	const struct node *name = NULL, *type = NULL, *server = NULL;
	const struct key keys[] = {
		{ "name", &name, .required = true },
		{ "type", &type },
		{ "server", &server },
	};
	(void)n;
	probe->dns = DNS_A;
	(void)read_map(r, node, NULL, keys, countof(keys));
	if (name != NULL)
		(void)read_host(r, name, allowed, &probe->name);
	unsigned choice;
	if (type != NULL && read_choice(r, type, "type", dns_type_names + DNS_A,
				DNS_TYPE_COUNT - 1, &choice))
		probe->dns = (enum dns_type)(DNS_A + choice);
	str text;
	if (server == NULL || !read_text(r, server, &text))
		return;
	if (text_endpoint(text, true, false))
		probe->server = text;
	else
		read_error(r, server, STR("as in 192.0.2.53 or \"[2001:db8::53]:53\""),
		    "'%.*s' is not an address", STR_ARG(text));
}
