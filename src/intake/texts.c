#include "intake/texts.h"

void
texts_init(struct texts *t, struct pool *pool, const struct siphash_key *key)
{
	*t = (struct texts){ .pool = pool, .key = *key };
	map_init(&t->by_hash, key->k[0]);
}

void
texts_done(struct texts *t)
{
	map_done(&t->by_hash);
}

static struct text *
shared(const struct texts *t, uint64_t hash)
{
	uint64_t value = 0;
	return map_get(&t->by_hash, hash, &value) ? (void *)(uintptr_t)value : NULL;
}

const struct text *
texts_take(struct texts *t, str bytes)
{
	ASSERT(bytes.n > 0 && bytes.n <= UINT32_MAX);
	/* Alerts of a rule come together. */
	if (t->last != NULL && str_eq(text_str(t->last), bytes)) {
		t->last->uses++;
		return t->last;
	}
	uint64_t hash = siphash(&t->key, bytes);
	struct text *text = shared(t, hash);
	if (text != NULL && str_eq(text_str(text), bytes)) {
		text->uses++;
		t->last = text;
		return text;
	}
	/* Other bytes with the same 64 bits: then these stay alone. */
	bool alone = text != NULL;
	text = pool_alloc(t->pool, sizeof(*text) + bytes.n);
	if (text == NULL)
		return NULL;
	text->uses = 1;
	text->n = (uint32_t)bytes.n;
	memcpy(text->bytes, bytes.p, bytes.n);
	if (!alone)
		map_put(&t->by_hash, hash, (uintptr_t)text);
	t->last = text;
	return text;
}

void
texts_give(struct texts *t, const struct text *given)
{
	if (given == NULL)
		return;
	struct text *text = (struct text *)(uintptr_t)given;
	if (--text->uses > 0)
		return;
	uint64_t hash = siphash(&t->key, text_str(text));
	if (t->last == text)
		t->last = NULL;
	if (shared(t, hash) == text)
		(void)map_remove(&t->by_hash, hash);
	pool_free(t->pool, text, sizeof(*text) + text->n);
}
