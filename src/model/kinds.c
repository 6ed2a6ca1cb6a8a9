#include "model/kinds.h"

#include <assert.h>
#include <stdlib.h>

#include "model/internal.h"

static void
read_run(struct kind_reader *k, const struct node *node)
{
	(void)read_argv(k->r, node, k->names, k->argv);
}

static const struct kind_type types[] = {
	{ ACTION_RUN, "run: [systemctl, restart, \"${unit}\"]", read_run },
	{ ACTION_HTTP, "http: {url: 'https://lb.example/drain'}", kind_http_read },
	{ ACTION_SSH, "ssh: {host: \"${target}\", ...}", kind_ssh_read },
	{ ACTION_SYSTEMD, "systemd: {restart: nginx.service}", kind_systemd_read },
};

const struct kind_type *
kind_type(enum action_kind kind)
{
	for (size_t i = 0; i < countof(types); i++) {
		if (types[i].kind == kind)
			return &types[i];
	}
	return NULL;
}

/* ---- parts ---- */

void
part_add(struct kind_reader *k, str name, const struct template *value)
{
	if (k->parts.n == PARTS_MAX) {
		k->full = true;
		return;
	}
	k->parts.p[k->parts.n++] = (struct part){ arena_str(k->r->arena, name), *value };
}

void
part_literal(struct kind_reader *k, str name, str value)
{
	struct template t = { .written = value };
	if (value.n > 0) {
		t.pieces = arena_new(k->r->arena, struct piece, 1);
		t.pieces[0] = (struct piece){ .text = value };
		t.n = 1;
	}
	part_add(k, name, &t);
}

bool
part_template(struct kind_reader *k, str name, const struct node *node, enum quote quote)
{
	struct template t;
	if (!read_template(k->r, node, quote, k->names, &t))
		return false;
	part_add(k, name, &t);
	return true;
}

bool
template_is_literal(const struct template *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->pieces[i].placeholder)
			return false;
	}
	return true;
}

static int
compare_parts(const void *a, const void *b)
{
	const struct part *one = a, *other = b;
	return str_cmp(one->name, other->name);
}

/* ---- the one kind of an action ---- */

static bool
uses(const struct template *t, str name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->pieces[i].placeholder && str_eq(t->pieces[i].text, name))
			return true;
	}
	return false;
}

static bool
action_uses(const struct action *action, str name)
{
	bool used = false;
	for (size_t i = 0; i < action->argv.n; i++)
		used = used || uses(&action->argv.p[i], name);
	for (size_t i = 0; i < action->parts.n; i++)
		used = used || uses(&action->parts.p[i].value, name);
	return used;
}

/* A value must always be there. */
static void
check_use(struct reader *r, const struct node *node, const struct action *action)
{
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		if (param->optional && param->otherwise.n == 0 &&
		    action_uses(action, param->name))
			read_error(r, node,
			    read_hint(r, "give '%.*s' a default, or make it required",
				STR_ARG(param->name)),
			    "'%.*s' is optional, so '${%.*s}' may have no value",
			    STR_ARG(param->name), STR_ARG(param->name));
	}
}

void
kind_probe_read(struct reader *r, const struct node *node, const struct strs *allowed,
    void (*read)(struct kind_reader *k, const struct node *node), struct probe *probe)
{
	struct kind_reader k = { .r = r, .names = allowed, .argv = &probe->argv };
	k.parts.p = arena_new(r->arena, struct part, PARTS_MAX);
	read(&k, node);
	qsort(k.parts.p, k.parts.n, sizeof(k.parts.p[0]), compare_parts);
	probe->parts = k.parts;
}

static str
all_kinds(struct reader *r)
{
	str names[countof(types)];
	for (size_t i = 0; i < countof(types); i++)
		names[i] = str_of(action_kind_names[types[i].kind]);
	return read_join(r, names, countof(types));
}

void
kind_read(struct reader *r, const struct node *action_node,
    const struct node *const nodes[ACTION_KIND_COUNT], const struct strs *names,
    struct action *action)
{
	const struct kind_type *type = NULL;
	for (size_t i = 0; i < countof(types); i++) {
		if (nodes[types[i].kind] == NULL)
			continue;
		if (type != NULL) {
			read_error_key(r, nodes[types[i].kind],
			    STR("make it an action of its own"),
			    "action '%.*s' says both '%s' and '%s'", STR_ARG(action->name),
			    action_kind_names[type->kind],
			    action_kind_names[types[i].kind]);
			return;
		}
		type = &types[i];
	}
	if (type == NULL) {
		str all = all_kinds(r);
		read_error_key(r, action_node,
		    read_hint(r, "add one of %.*s, as in %s", STR_ARG(all), types[0].as_in),
		    "action '%.*s' does not say what to do", STR_ARG(action->name));
		return;
	}
	struct kind_reader k = {
		.r = r,
		.names = names,
		.params = &action->params,
		.argv = &action->argv,
	};
	const struct node *node = nodes[type->kind];
	unsigned faults = r->diags->count;
	k.parts.p = arena_new(r->arena, struct part, PARTS_MAX);
	type->read(&k, node);
	if (k.full)
		read_error(r, node, STR(""), "'%s' has more than %d parts",
		    action_kind_names[type->kind], PARTS_MAX);
	qsort(k.parts.p, k.parts.n, sizeof(k.parts.p[0]), compare_parts);
	action->kind = type->kind;
	action->parts = k.parts;
	if (faults == r->diags->count)
		check_use(r, node, action);
}
