#include "engine/hasher.h"

#include <argon2.h>
#include <pthread.h>
#include <stdlib.h>

#define HASH_BYTES 32

const char hash_of_nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCEhIQ$"
			      "Tm90aGluZyBoYXNoZXMgdG8gdGhpcyB0ZXh0LCBldmU";

struct hasher {
	void (*done)(void *context, struct hashing *job);
	void *context;
	uv_thread_t thread;
	uv_async_t wake; /* the loop, when something is done */
	bool begun;
	uint64_t round; /* the loop's: questions of an earlier one are forgotten */
	/* Both threads', under the lock. */
	uv_mutex_t lock;
	uv_cond_t more;
	struct waiting {
		struct hashing job;
		uint64_t round;
	} waiting[HASHER_WAITING_MAX];
	size_t first, asked,
	    ended; /* from first: `ended` done ones, then those still asked */
	bool quit;
};

static void
hash(struct hashing *job)
{
	if (job->text[0] != '\0')
		job->ok =
		    argon2id_verify(job->text, job->password, job->password_n) == ARGON2_OK;
	else
		job->ok = argon2id_hash_encoded(HASH_PASSES, HASH_KIB, 1, job->password,
			      job->password_n, job->salt, sizeof(job->salt), HASH_BYTES,
			      job->text, sizeof(job->text)) == ARGON2_OK;
	explicit_bzero(job->password, sizeof(job->password));
}

static void
work(void *context)
{
	struct hasher *h = context;
	(void)pthread_setname_np(pthread_self(), "hasher"); /* for top -H */
	uv_mutex_lock(&h->lock);
	while (!h->quit) {
		if (h->ended == h->asked) {
			uv_cond_wait(&h->more, &h->lock);
			continue;
		}
		/* The loop adds behind it and takes before it, never this one. */
		struct hashing *job =
		    &h->waiting[(h->first + h->ended) % HASHER_WAITING_MAX].job;
		uv_mutex_unlock(&h->lock);
		hash(job);
		uv_mutex_lock(&h->lock);
		h->ended++;
		(void)uv_async_send(&h->wake);
	}
	uv_mutex_unlock(&h->lock);
}

static bool
take(struct hasher *h, struct waiting *ret)
{
	uv_mutex_lock(&h->lock);
	bool any = h->ended > 0;
	if (any) {
		struct waiting *w = &h->waiting[h->first];
		*ret = *w;
		explicit_bzero(w, sizeof(*w));
		h->first = (h->first + 1) % HASHER_WAITING_MAX;
		h->ended--;
		h->asked--;
	}
	uv_mutex_unlock(&h->lock);
	return any;
}

static void
on_wake(uv_async_t *async)
{
	struct hasher *h = async->data;
	struct waiting w;
	while (take(h, &w)) {
		if (w.round == h->round)
			h->done(h->context, &w.job);
	}
	explicit_bzero(&w, sizeof(w));
}

struct hasher *
hasher_new(uv_loop_t *loop, void (*done)(void *context, struct hashing *job), void *context)
{
	struct hasher *h = calloc(1, sizeof(*h));
	ASSERT(h != NULL);
	h->done = done;
	h->context = context;
	ASSERT(uv_mutex_init(&h->lock) == 0);
	ASSERT(uv_cond_init(&h->more) == 0);
	ASSERT(uv_async_init(loop, &h->wake, on_wake) == 0);
	h->wake.data = h;
	return h;
}

bool
hasher_ask(struct hasher *h, const struct hashing *job)
{
	if (!h->begun)
		ASSERT(uv_thread_create(&h->thread, work, h) == 0);
	h->begun = true;
	uv_mutex_lock(&h->lock);
	bool room = h->asked < HASHER_WAITING_MAX;
	if (room) {
		struct waiting *w = &h->waiting[(h->first + h->asked) % HASHER_WAITING_MAX];
		w->job = *job;
		w->round = h->round;
		h->asked++;
		uv_cond_signal(&h->more);
	}
	uv_mutex_unlock(&h->lock);
	return room;
}

void
hasher_forget(struct hasher *h)
{
	if (h != NULL)
		h->round++;
}

void
hasher_free(struct hasher *h)
{
	if (h == NULL)
		return;
	uv_mutex_lock(&h->lock);
	h->quit = true;
	uv_cond_signal(&h->more);
	uv_mutex_unlock(&h->lock);
	if (h->begun)
		(void)uv_thread_join(&h->thread);
	uv_close((uv_handle_t *)&h->wake, NULL);
}
