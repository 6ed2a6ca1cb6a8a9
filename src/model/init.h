#ifndef MODEL_INIT_H
#define MODEL_INIT_H

#include "base/str.h"

/*
 * init -- the folder that `firstline init DIR` writes: small, commented, without a fault.
 */
#define INIT_FILES_MAX 3

struct init_file {
	const char *path; /* below DIR, with '/' */
	str text;         /* a C string too */
};

/* How many of `ret` (INIT_FILES_MAX of them) were filled. */
size_t init_files(struct init_file *ret);

#endif
