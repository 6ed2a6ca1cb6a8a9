#ifndef ENGINE_CONFIGS_H
#define ENGINE_CONFIGS_H

#include "core/core.h"

/*
 * configs -- the configurations in use, each a model in memory of its own. The engine holds
 * one set, a replay another.
 */
struct config {
	hash32 hash;
	struct arena_map map;
	str bundle; /* its bytes, in the map */
	const struct model *model;
};
#define CONFIGS_MAX 64

struct configs {
	struct config config[CONFIGS_MAX]; /* newest last */
	size_t n;
};

const struct config *configs_find(const struct configs *configs, const hash32 *hash);
/* Parse a bundle and keep it; NULL with err->text when it does not load. */
const struct config *configs_add(struct configs *configs, const hash32 *hash, str bundle,
    struct err *err);
/* Forget those that the core has done with; the newest stays, adopted or not. */
void configs_drop_unused(struct configs *configs, const struct core *core);
/* The one the core adopted last; NULL before the first. */
const struct model *configs_newest(const struct configs *configs, const struct core *core);
void configs_done(struct configs *configs);

#endif
