#ifndef ENGINE_HASHER_H
#define ENGINE_HASHER_H

#include <uv.h>

#include "facts/frame.h"

/*
 * hasher -- passwords to Argon2id and back to yes or no, on a thread of its own: each takes
 * tens of milliseconds and 19 MiB, which the loop has not to spare.
 *
 *	hasher_ask(h, &job)      false: too many wait already
 *	... the loop goes on ...
 *	done(context, &job)      on the loop, in the order they were asked
 *
 * The thread begins with the first question. Thread: the loop's. Limit: HASHER_WAITING_MAX.
 */
struct hasher;

#define HASHER_WAITING_MAX 8
#define HASH_TEXT_MAX 200 /* of what Argon2 calls the encoded form */

/* Memory and passes as OWASP advises; one lane, so one thread. */
#define HASH_KIB 19456
#define HASH_PASSES 2

struct hashing {
	char password[PASSWORD_BYTES_MAX];
	size_t password_n;
	char text[HASH_TEXT_MAX]; /* to compare with; empty: to be made */
	uint8_t salt[16];         /* for what is made */
	bool ok;                  /* it is that password; or it was made */
	/* Whose question it is; not looked at here. */
	uint64_t request;
	enum op op;
	row_id session;
	char person[256], from[SESSION_TEXT_MAX + 1], agent[SESSION_TEXT_MAX + 1];
};

struct hasher *hasher_new(uv_loop_t *loop, void (*done)(void *context, struct hashing *job),
    void *context);
NODISCARD bool hasher_ask(struct hasher *hasher, const struct hashing *job);
/* What is asked or waits now is done for nobody: `done` will not be called for it. */
void hasher_forget(struct hasher *hasher);
void hasher_free(struct hasher *hasher); /* waits for the one that is being done */

/* Stands for whoever has no password, so that asking takes as long. */
extern const char hash_of_nobody[];

#endif
