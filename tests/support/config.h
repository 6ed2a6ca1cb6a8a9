#ifndef TESTS_CONFIG_H
#define TESTS_CONFIG_H

#include "base/hash.h"
#include "model/model.h"

/*
 * config -- a configuration for a test, from texts or from a folder.
 *
 *	struct config c;
 *	config_open(&c);
 *	config_add(&c, "a.yaml", "fallback: ops\n...");
 *	const struct model *model = config_load(&c);   // NULL: config_faults(&c) says why
 *	config_close(&c);
 *
 * Zone files are taken from /usr/share/zoneinfo, as the server does.
 */
#define CONFIG_FILES_MAX 512
#define CONFIG_TESTS_MAX 16

struct config {
	struct arena_map map;
	struct arena arena;
	struct diags diags;
	struct bundle_file files[CONFIG_FILES_MAX];
	struct bundle bundle;
	/* Those beside runbooks (*.test.yaml), which are no part of it. */
	struct bundle_file tests[CONFIG_TESTS_MAX];
	size_t tests_n;
	hash32 hash;
	struct model *model;
};

void config_open(struct config *c);
void config_add(struct config *c, const char *path, const char *text);
/* Every *.yaml, *.yml, *.ics and *.md below the folder; false when there is no such folder. */
bool config_add_folder(struct config *c, const char *folder);
struct model *config_load(struct config *c);
/* All faults as they are printed. */
str config_faults(struct config *c);
void config_close(struct config *c);

#endif
