/*
 * idempotency -- answers kept under their Idempotency-Key for a day, so that a client that
 * asks twice is done for once.
 *
 * A ring bounds them: what is pushed out early is still in the store, only no longer known
 * to answer from. Keys are principal, newline, key.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "os/clock.h"

#define ANSWERS_MAX 4096

struct kept {
	uint64_t key_hash;
	hash32 key, request;
	msec wall;
	row_id id;
	str body; /* malloced */
};

struct answers {
	struct map by_key; /* key_hash to slot + 1 */
	struct kept slot[ANSWERS_MAX];
	size_t next;
};

static uint64_t
short_hash(const hash32 *h)
{
	uint64_t value;
	memcpy(&value, h->b, sizeof(value));
	return value;
}

void
idempotency_init(struct engine *engine)
{
	engine->answers = calloc(1, sizeof(*engine->answers));
	ASSERT(engine->answers != NULL);
	map_init(&engine->answers->by_key, random_u64());
}

static void
forget(struct answers *answers, struct kept *kept)
{
	if (kept->body.p == NULL)
		return;
	uint64_t at;
	if (map_get(&answers->by_key, kept->key_hash, &at) &&
	    &answers->slot[at - 1] == kept)
		(void)map_remove(&answers->by_key, kept->key_hash);
	free((void *)(uintptr_t)kept->body.p);
	*kept = (struct kept){ 0 };
}

void
idempotency_keep(struct engine *engine, const struct answer_row *row)
{
	struct answers *answers = engine->answers;
	struct kept *kept = &answers->slot[answers->next];
	answers->next = (answers->next + 1) % ANSWERS_MAX;
	forget(answers, kept);

	char *bytes = malloc(row->body.n > 0 ? row->body.n : 1);
	ASSERT(bytes != NULL);
	memcpy(bytes, row->body.p, row->body.n);
	*kept = (struct kept){
		.key = sha256(row->key),
		.request = row->request,
		.wall = row->wall,
		.id = row->id,
		.body = { bytes, row->body.n },
	};
	kept->key_hash = short_hash(&kept->key);
	map_put(&answers->by_key, kept->key_hash, (uint64_t)(kept - answers->slot) + 1);
}

bool
idempotency_load(struct engine *engine, str body, struct err *err)
{
	char memory[4096];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct answer_row row;
	if (!record_decode_all(&answer_row_type, body, &arena, &row, err))
		return false;
	idempotency_keep(engine, &row);
	return true;
}

enum idempotency
idempotency_look(struct engine *engine, str key, const hash32 *request, str *ret)
{
	struct answers *answers = engine->answers;
	hash32 hash = sha256(key);
	uint64_t at;
	if (!map_get(&answers->by_key, short_hash(&hash), &at))
		return IDEMPOTENCY_NEW;
	struct kept *kept = &answers->slot[at - 1];
	if (!hash32_eq(&kept->key, &hash) || kept->wall + ANSWER_KEEP_MS < clock_wall())
		return IDEMPOTENCY_NEW;
	if (!hash32_eq(&kept->request, request))
		return IDEMPOTENCY_OTHER;
	*ret = kept->body;
	return IDEMPOTENCY_SEEN;
}
