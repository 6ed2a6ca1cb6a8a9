/*
 * sandbox: how a command is confined, and what it is trusted with.
 *
 *	sandbox: contained
 *	user: deploy
 *	paths: {read: [/opt/tool], write: [/srv/app/current]}
 *	secrets: {API_TOKEN: cred:api-token}
 */
#include "model/internal.h"

#define SECRET_NAME_MAX 59 /* and _FILE */

static const char *const profiles[] = { "none", "contained", "offline" };

static bool
begins_with_folder(str path, const char *folder)
{
	str f = str_of(folder);
	return str_starts(path, f) && (path.n == f.n || path.p[f.n] == '/');
}

/* NULL, or what is wrong with it. */
static const char *
path_fault(str path, bool write)
{
	static const char *const never[] = { "/proc", "/sys", "/dev" };
	if (path.n < 2 || path.p[0] != '/')
		return path.n == 1 && path.p[0] == '/' ? "it is everything"
		                                       : "it does not begin with '/'";
	if (path.n > 1024)
		return "it is over 1,024 bytes";
	if (path.p[path.n - 1] == '/' || str_contains(path, STR("//")))
		return "there is a '/' too many";
	str rest = str_drop(path, 1);
	while (rest.n > 0) {
		struct str_cut cut = str_cut(rest, '/');
		if (str_eq(cut.head, STR(".")) || str_eq(cut.head, STR("..")))
			return "'.' and '..' do not belong there";
		rest = cut.tail;
	}
	for (size_t i = 0; i < countof(never); i++) {
		if (begins_with_folder(path, never[i]) &&
		    (write || !str_eq(str_of(never[i]), STR("/dev"))))
			return "the kernel's folders are not given away";
	}
	return NULL;
}

static void
paths_of(struct reader *r, const struct node *node, bool write, struct strs *ret)
{
	if (!read_strs(r, node, true, ret))
		return;
	const struct node *item = node->kind == NODE_TEXT ? node : node->first;
	for (size_t i = 0; i < ret->n;
	     i++, item = node->kind == NODE_TEXT ? NULL : item->next) {
		const char *fault = path_fault(ret->p[i], write);
		if (fault != NULL)
			read_error(r, item,
			    STR("name the folder or file it needs, as in /srv/app"),
			    "'%.*s' cannot be given: %s", STR_ARG(ret->p[i]), fault);
	}
}

static void
paths_read(struct reader *r, const struct node *node, struct sandbox *ret)
{
	const struct node *read = NULL, *write = NULL;
	const struct key keys[] = { { "read", &read }, { "write", &write } };
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	if (read != NULL)
		paths_of(r, read, false, &ret->read);
	if (write != NULL)
		paths_of(r, write, true, &ret->write);
	if (ret->read.n + ret->write.n > SANDBOX_PATHS_MAX)
		read_error_key(r, node, STR("name the folders above them"), "over %d paths",
		    SANDBOX_PATHS_MAX);
}

/* A variable's name: what the command finds in its environment is NAME_FILE. */
static bool
variable_is(str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!(c >= 'A' && c <= 'Z') &&
		    !(i > 0 && (c == '_' || (c >= '0' && c <= '9'))))
			return false;
	}
	return name.n > 0 && name.n <= SECRET_NAME_MAX;
}

static void
secrets_read(struct reader *r, const struct node *node, struct pairs *ret)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, SANDBOX_SECRETS_MAX))
		return;
	ret->p = arena_new(r->arena, struct pair, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct pair *pair = &ret->p[ret->n];
		if (!variable_is(child->key))
			read_error_key(r, child, STR("as in API_TOKEN"),
			    "'%.*s' is no name of a variable", STR_ARG(child->key));
		else if (read_secret(r, child, &pair->value))
			ret->p[ret->n++].name = child->key;
	}
	bool unique = pairs_sort(ret); /* as the keys of a map are */
	ASSERT(unique);
}

/* What has the same effect with that kind. */
static str
instead_of(enum action_kind kind, str key)
{
	bool secrets = str_eq(key, STR("secrets"));
	if (secrets && kind == ACTION_HTTP)
		return STR("a header names its own: {Authorization: {secret: cred:NAME}}");
	if (secrets && kind == ACTION_SSH)
		return STR("remove it: its secret is its 'identity'");
	if (kind == ACTION_SYSTEMD)
		return STR("remove it, and write it into the unit");
	return STR("remove it");
}

/* Only a command of somebody else's is confined, and trusted. */
static void
refuse_all(struct reader *r, const struct sandbox_nodes *n, enum action_kind kind)
{
	const struct node *nodes[] = { n->sandbox, n->user, n->paths, n->secrets };
	for (size_t i = 0; i < countof(nodes); i++) {
		if (nodes[i] != NULL)
			read_error_key(r, nodes[i], instead_of(kind, nodes[i]->key),
			    "'%.*s' is for run", STR_ARG(nodes[i]->key));
	}
}

void
read_sandbox(struct reader *r, const struct sandbox_nodes *n, enum action_kind kind,
    struct sandbox *ret)
{
	unsigned choice = 0;
	const struct node *confined[] = { n->user, n->paths };
	if (kind != ACTION_RUN) {
		refuse_all(r, n, kind);
		return;
	}
	if (n->sandbox != NULL &&
	    !read_choice(r, n->sandbox, "sandbox", profiles, countof(profiles), &choice))
		return;
	ret->profile = (enum sandbox_profile)(choice + 1);
	r->model->sandboxes |= 1u << ret->profile;
	for (size_t i = 0; i < countof(confined); i++) {
		if (confined[i] != NULL && ret->profile == SANDBOX_NONE)
			read_error_key(r, confined[i],
			    STR("add 'sandbox: contained', or remove it"),
			    "'%.*s' means nothing without a sandbox",
			    STR_ARG(confined[i]->key));
	}
	if (n->user != NULL)
		(void)read_name(r, n->user, &ret->user);
	if (n->paths != NULL)
		paths_read(r, n->paths, ret);
	if (n->secrets != NULL)
		secrets_read(r, n->secrets, &ret->secrets);
}
