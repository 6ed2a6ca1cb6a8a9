#ifndef BASE_MUSTACHE_H
#define BASE_MUSTACHE_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * mustache -- texts with {{names}} in them, without logic.
 *
 *	{{incident.title}}                      what it stands for, escaped
 *	{{#incident.owner}}...{{/incident.owner}}   if that is not empty
 *	{{^incident.owner}}...{{/incident.owner}}   if it is
 *	{{#you_can}}{{line}}{{/you_can}}        for each of a list; ^: if it has none
 *	{{! not said }}
 *
 * A part that opens, closes or is not said and stands alone on its line takes the line with
 * it. Nothing goes in unescaped: there is no {{{x}}} and no {{&x}}; a text is one text, so
 * there are no partials; and what brackets a name cannot be changed.
 *
 * Pure. Nodes are slices of the text they were read from.
 */
#define MUSTACHE_TEXT_MAX 8192 /* bytes */
#define MUSTACHE_NODES_MAX 256
#define MUSTACHE_DEPTH_MAX 4 /* sections in sections */
#define MUSTACHE_NAME_MAX 64

/* What may be named. */
struct mustache_name {
	const char *name;
	const char *const
	    *items; /* of a list: what each of it has, up to NULL; else NULL */
};

enum mustache_kind { MUSTACHE_TEXT = 1, MUSTACHE_VALUE, MUSTACHE_IF, MUSTACHE_UNLESS };

struct mustache_node {
	enum mustache_kind kind;
	str text;     /* or the name */
	uint32_t end; /* of a section: the first node behind it */
};

struct mustache {
	const struct mustache_node *node;
	size_t n;
};

/* Bytes of the text, and what is wrong with them. */
struct mustache_fault {
	size_t off, len;
	const char *what; /* "unknown name", ... */
	str name;         /* where that names one */
	bool unknown;     /* it is not among the names, or not here */
	bool in_list;     /* ... where also `list` has names */
	str list;
};

NODISCARD bool mustache_read(str text, const struct mustache_name *names, size_t names_n,
    struct arena *arena, struct mustache *ret, struct mustache_fault *ret_fault);

struct mustache_value {
	str name, value;
};
struct mustache_item {
	const struct mustache_value *value;
	size_t n;
};
struct mustache_list {
	str name;
	const struct mustache_item *item;
	size_t n;
};
/* What names stand for; what is not in it is empty. */
struct mustache_data {
	const struct mustache_value *value;
	size_t value_n;
	const struct mustache_list *list;
	size_t list_n;
};

/* Appends; what is too long for `out` overflows it. At most MUSTACHE_NODES_MAX nodes for each
 * of MUSTACHE_ITEMS_MAX of a list are written. */
#define MUSTACHE_ITEMS_MAX 256 /* the others of a list are left out */
void mustache_write(struct buf *out, const struct mustache *mustache,
    const struct mustache_data *data, void (*escape)(struct buf *out, str text));

#endif
