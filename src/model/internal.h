#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model/read.h"

/*
 * internal -- how model_load is cut into files.
 *
 * 1. load.c parses every *.yaml and hangs the values of each top-level key, over all
 *    files, into a `struct section`.
 * 2. Each *_declare makes the array of its kind and fills the `struct known`, so that
 *    everything can refer to everything, whatever the order of files.
 * 3. Each *_read fills the objects and resolves their references.
 * 4. runbooks_read does both for runbooks, last: it needs all of the others.
 *
 * Objects whose reading failed stay half filled: the model is thrown away when any fault
 * was reported, but references to them must not be reported once more.
 */

/* What all files together hold under one top-level key: entries of a map (unique names) or items
 * of a list, in the order of (file, position). */
struct section {
	const char *name;
	const struct node **nodes;
	size_t n;
};

/* runbooks/... .md files of the bundle to model->runbooks and runbook_by_name.
 * Everything else of the model is resolved by then. */
void runbooks_read(struct reader *r);

/* Appends to by_name and list; reports a bad name or one that is already taken. False
 * then. */
bool known_add(struct reader *r, struct known *known, const struct node *node,
    void *object);

#endif
