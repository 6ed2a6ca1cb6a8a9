#ifndef HANDS_CONFIG_H
#define HANDS_CONFIG_H

#include "authority/authority.h"

/*
 * config -- the configurations that hands has adopted: the newest as a model, of earlier
 * ones that there was such a one. All is judged by the newest; an order that was planned
 * under an earlier one is known as such, and one that names a configuration never adopted
 * here waits.
 */
#define CONFIGS_REMEMBERED 64

struct config {
	struct model *model; /* NULL until the first */
	const struct authority *authority;
	struct arena_map map;               /* of the model */
	struct arena_map index;             /* of the authority */
	hash32 adopted[CONFIGS_REMEMBERED]; /* a ring, the newest included */
	size_t adopted_n;
};

/* Replace the model by the one in this sealed bundle of so many bytes. On failure all
 * stays as it was. */
NODISCARD bool config_adopt(struct config *config, int bundle_fd, uint64_t bytes,
    const hash32 *hash, struct err *err);
bool config_knows(const struct config *config, const hash32 *hash);
void config_done(struct config *config);

#endif
