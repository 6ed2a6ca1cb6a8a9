/*
 * ssh: a command on another machine, by the OpenSSH client. Actions and probes.
 *
 *	ssh:
 *	  host: "${target}"
 *	  user: ops
 *	  known_hosts: /etc/firstline/known_hosts
 *	  identity: cred:ops-key
 *	  run: [systemctl, restart, "${unit}"]
 *
 * Arguments: the command's. Parts: host, user, port, known_hosts, secret.identity.
 */
#include "model/internal.h"
#include "model/kinds.h"

#define PATH_MAX_BYTES 1024

static bool
host_chars(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		              (c >= '0' && c <= '9');
		if (!letter && strchr("-._:", c) == NULL)
			return false;
	}
	return true;
}

/* A name or an address; in it only names of the configuration stand for something. */
static void
host_read(struct kind_reader *k, const struct node *node)
{
	struct template host;
	bool ok = true;
	if (!read_template(k->r, node, QUOTE_LINE, k->names, &host))
		return;
	for (size_t i = 0; i < host.n; i++) {
		struct piece *piece = &host.pieces[i];
		bool target = str_eq(piece->text, STR("target")) ||
		              str_eq(piece->text, STR("service"));
		ok = ok && (piece->placeholder ? target : host_chars(piece->text));
		if (piece->placeholder)
			piece->quote = QUOTE_HOST;
	}
	if (!ok || host.n == 0 || str_starts(host.pieces[0].text, STR("-"))) {
		read_error(k->r, node, STR("as in \"${target}\" or web-1.example.com"),
		    "'%.*s' is not a host", STR_ARG(host.written));
		return;
	}
	part_add(k, STR("host"), &host);
}

static void
known_hosts_read(struct kind_reader *k, const struct node *node)
{
	str path;
	if (!read_text(k->r, node, &path))
		return;
	bool ok = path.p[0] == '/' && path.n <= PATH_MAX_BYTES;
	for (size_t i = 0; ok && i < path.n; i++)
		ok = host_chars(str_take(str_drop(path, i), 1)) || path.p[i] == '/';
	if (!ok)
		read_error(k->r, node, STR("as in /etc/firstline/known_hosts"),
		    "'%.*s' is not the absolute path of a file", STR_ARG(path));
	part_literal(k, STR("known_hosts"), path);
}

static void
user_read(struct kind_reader *k, const struct node *node)
{
	str user;
	if (read_name(k->r, node, &user))
		part_literal(k, STR("user"), user);
}

static void
identity_read(struct kind_reader *k, const struct node *node)
{
	str reference;
	if (read_secret(k->r, node, &reference))
		part_literal(k, STR("secret.identity"), reference);
}

static void
run_read(struct kind_reader *k, const struct node *node, struct templates *ret)
{
	if (!read_argv(k->r, node, k->names, ret))
		return;
	str program = ret->p[0].pieces[0].text;
	if (program.n == 0 || program.p[0] == '-')
		read_error(k->r, node->first, STR("write the program's name or path"),
		    "a program does not begin with '-'");
}

void
kind_ssh_read(struct kind_reader *k, const struct node *node)
{
	const struct node *host = NULL, *user = NULL, *port = NULL, *known = NULL,
			  *identity = NULL, *run = NULL;
	const struct key keys[] = {
		{ "host", &host, .required = true },
		{ "user", &user, .required = true },
		{ "port", &port },
		{ "known_hosts", &known, .required = true },
		{ "identity", &identity, .required = true },
		{ "run", &run, .required = true },
	};
	uint32_t number = 22;
	if (!read_map(k->r, node, NULL, keys, countof(keys)))
		return;
	host_read(k, host);
	user_read(k, user);
	if (port != NULL)
		(void)read_u32(k->r, port, 1, 65535, &number);
	part_literal(k, STR("port"), arena_printf(k->r->arena, "%u", number));
	known_hosts_read(k, known);
	identity_read(k, identity);
	run_read(k, run, k->argv);
}
