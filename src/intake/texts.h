#ifndef INTAKE_TEXTS_H
#define INTAKE_TEXTS_H

#include "base/hash.h"
#include "base/map.h"
#include "base/pool.h"

/*
 * texts -- long pieces of bytes that many alerts have in common, kept once and counted.
 *
 * All alerts of a rule have its generatorURL: a hundred bytes and more of each.
 */
struct text {
	uint32_t uses;
	uint32_t n;
	char bytes[];
};

struct texts {
	struct pool *pool;
	struct siphash_key key;
	struct map by_hash; /* of the shared ones */
	struct text *last;  /* taken last, while it is there */
};

void texts_init(struct texts *t, struct pool *pool, const struct siphash_key *key);
void texts_done(struct texts *t);
/* One more use of these bytes; n > 0. NULL when the pool is full. */
NODISCARD const struct text *texts_take(struct texts *t, str bytes);
void texts_give(struct texts *t, const struct text *given); /* NULL is fine */

static inline str
text_str(const struct text *text)
{
	return text ? (str){ text->bytes, text->n } : (str){ "", 0 };
}

#endif
