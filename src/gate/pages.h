#ifndef GATE_PAGES_H
#define GATE_PAGES_H

#include "base/str.h"

/*
 * pages -- the web pages: files that the build made of web/, in this binary.
 *
 * One page serves every address that people see: what it shows is the script's business,
 * which asks /v1 like everybody else. Names of the other files carry their hash, so a
 * browser may keep those for ever; the page itself is asked for again each time.
 */
enum page_coding { PAGE_PLAIN, PAGE_GZIP, PAGE_BROTLI, PAGE_CODINGS };

struct page_file {
	const char *path; /* "/assets/app-4F2K.js"; "/" */
	const char *type;
	const char *tag; /* of its bytes */
	bool kept;       /* its name changes with its bytes */
	str body[PAGE_CODINGS];
};

/* Of the build; none where it was made without pages. */
extern const struct page_file page_files[];
extern const size_t page_files_n;

/* The shortest that Accept-Encoding takes. */
enum page_coding page_coding_of(str accept);
/* NULL: there is none. */
const struct page_file *page_find(str path);

#endif
