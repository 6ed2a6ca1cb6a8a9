#ifndef MODEL_KINDS_H
#define MODEL_KINDS_H

#include "model/read.h"

/*
 * kinds -- the kinds of action there are, as they are written. docs/actions.md says how to
 * add one: a row here with a reader in kind_X.c, a row in hands/act.c with what does it.
 *
 *	actions:
 *	  drain:
 *	    verb: drain
 *	    http: {url: "https://lb.example/pools/${pool}/drain", json: {host: "${target}"}}
 *
 * A reader turns the value of its key into the action's argv and parts: templates, so that
 * one routine, request_fill, makes the request of every kind.
 */
struct kind_reader {
	struct reader *r;
	const struct strs *names;    /* what may stand in ${} */
	const struct params *params; /* NULL for a probe */
	struct templates *argv;
	struct parts parts; /* part_add; in any order */
	bool full;
};

struct kind_type {
	enum action_kind kind; /* action_kind_names has the key */
	const char *as_in;     /* an example, for hints */
	/* Reports what is wrong. */
	void (*read)(struct kind_reader *k, const struct node *node);
};

/* The kind's row; its kind is one that a model or row can hold. */
const struct kind_type *kind_type(enum action_kind kind);

/* Reads the one key of the action that says its kind; reports none and several. */
void kind_read(struct reader *r, const struct node *action_node,
    const struct node *const nodes[ACTION_KIND_COUNT], const struct strs *names,
    struct action *action);

/* The same of a probe: into its argv and parts. */
void kind_probe_read(struct reader *r, const struct node *node, const struct strs *allowed,
    void (*read)(struct kind_reader *k, const struct node *node), struct probe *probe);

/* ---- for the readers ---- */

void part_add(struct kind_reader *k, str name, const struct template *value);
void part_literal(struct kind_reader *k, str name, str value);
/* Text with placeholders; false when it was reported. */
bool part_template(struct kind_reader *k, str name, const struct node *node,
    enum quote quote);
bool template_is_literal(const struct template *t);

void kind_http_read(struct kind_reader *k, const struct node *node);
void kind_ssh_read(struct kind_reader *k, const struct node *node);
void kind_systemd_read(struct kind_reader *k, const struct node *node);
void kind_systemd_look(struct kind_reader *k, const struct node *node); /* a probe */

/* kind_json.c: YAML as one JSON text. A scalar "${x}" keeps the parameter's type. */
bool read_json(struct kind_reader *k, const struct node *node, struct template *ret);

#endif
