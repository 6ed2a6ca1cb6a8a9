#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "authority/analyse.h"
#include "base/diag.h"
#include "node/adoption.h"

/* check -- what `firstline check` prints of rules that are not mistakes but odd. */
struct check_options {
	const char *config, *diff;
	const char *state; /* NULL: no copies of calendars of URLs */
	bool strict, json, explain, fetch;
	struct buf *mistakes; /* NULL, or --json: elements of a list; see diags_json */
};

/* What calendars of URLs say now. */
struct fetched_copies {
	struct copy copy[CALENDAR_URLS_MAX];
	size_t n;
};
/* Each is asked for once; what cannot be had is in `diags`. Texts are in the arena. */
NODISCARD bool check_fetch(const struct adoption *of, struct arena *arena,
    struct diags *diags, struct fetched_copies *ret, struct err *err);

/* The cases beside runbooks that were played. */
struct tests_tried {
	size_t cases;
};
/* All files below the folder; false: said on stderr what is not as expected, and added to
 * `mistakes` unless that is NULL. */
bool check_tests(const char *dir, const struct model *model, struct arena *arena,
    struct buf *mistakes, struct tests_tried *ret);

/* Exit codes. Warnings go to stdout, as data: a configuration with them is sound. */
int check_print(const struct model *model, const struct analysis *analysis,
    const struct tests_tried *tried, const struct check_options *o);
/* In place of them: the list of mistakes, and nothing else was looked at. */
void check_print_list(const struct buf *mistakes);
int check_print_difference(const struct difference *difference,
    const struct check_options *o);

#endif
