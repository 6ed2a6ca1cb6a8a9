#ifndef MODEL_YAML_H
#define MODEL_YAML_H

#include "base/diag.h"

/*
 * yaml -- the strict subset of YAML in which configuration is written, as a tree.
 *
 * Maps, lists and text; nothing is typed here ("yes", "1", "2026-01-05" are text, quoted
 * or not, and whoever reads them says what they are). Refused, each with its place:
 * duplicate keys, tags, anchors, aliases, directives, several documents, keys that are
 * not text, nesting over YAML_DEPTH_MAX, a byte order mark, bad UTF-8, control characters.
 *
 * Every node knows the bytes it was written in, so a fault inside a text can be shown
 * where it stands: node_part().
 */
#define YAML_DEPTH_MAX 32
#define YAML_KEY_BYTES_MAX 256

enum node_kind {
	NODE_EMPTY = 1, /* nothing was written: "key:" */
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
};

struct node {
	enum node_kind kind;
	uint32_t line; /* of the key, or of the value where there is none; from 1 */
	const struct source *src;
	struct span at; /* the whole value; a single place where nothing was written */
	bool verbatim;  /* NODE_TEXT: the bytes at text_off are the text itself */
	size_t text_off;
	str text; /* NODE_TEXT */
	str key;  /* in a map: its key */
	struct span key_at;
	struct node *first; /* NODE_LIST, NODE_MAP: children, in order */
	struct node *next;
	size_t n;
};

/*
 * Parse src->text[within]. Faults are reported and what is left is returned; NULL after a
 * fault that leaves nothing to go on with (a syntax error). A text of comments alone is
 * NODE_EMPTY. Nodes live in the arena and borrow from src.
 */
struct node *yaml_parse(const struct source *src, struct span within, struct arena *arena,
    struct diags *diags);

/* Where bytes [off, off + len) of node->text stand; the whole value when they cannot be
 * told apart (escapes, folded lines). */
struct span node_part(const struct node *node, size_t off, size_t len);

/* All of a source as one plain text, for small languages that stand alone. */
struct node node_of_source(const struct source *src);

/* The value of a key, or NULL. */
const struct node *node_get(const struct node *map, str key);

#endif
