#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include "base/buf.h"
#include "base/note.h"
#include "store/store.h"

/*
 * checkpoint -- signed notes (base/note.h) about the journal: one for somebody else to keep,
 * and one that stands in the store itself, about where the journal begins.
 *
 * A chain shows a change only to who knows a later hash. A checkpoint kept elsewhere is that:
 * what was before it can be neither changed, nor cut off, nor written anew.
 *
 *	firstline journal
 *	4711                      entries
 *	BASE64                    the chain's hash with the last of them
 *	2026-11-28T19:40:00.000Z  when it was signed
 *
 * What was let go of is in no chain any more. That it was let go of, and not cut off, is what
 * the base's note says; it begins with another line, so that neither passes for the other.
 *
 *	firstline journal base
 *	4711                      entries that were let go of
 *	BASE64                    the chain's hash with the last of them
 *	3200                      closed rows as of entries up to this one were let go of too
 *	2025-10-24T19:40:00.000Z  when that last entry was the newest
 *
 * Thread: any. Nothing is kept.
 */
#define CHECKPOINT_KEY_FILE "journal.key" /* of the state folder; 0600 */
#define CHECKPOINT_KEY_NAME "firstline"

struct checkpoint {
	uint64_t entries;
	hash32 head;
};

/* The key that this state folder signs with. ERR_NOT_FOUND: there is none yet. */
NODISCARD bool checkpoint_key_find(const char *state_dir, struct note_key *ret,
    struct err *err);
/* The same; the first time a new one of that name is made. */
NODISCARD bool checkpoint_key(const char *state_dir, str name, struct note_key *ret,
    struct err *err);

NODISCARD bool checkpoint_sign(const struct note_key *key, const struct checkpoint *at,
    msec wall, struct buf *out, struct err *err);
/* Its text, which somebody has signed. false: it is no checkpoint. */
NODISCARD bool checkpoint_read(str text, struct checkpoint *ret);

/* Walks the store: it is whole, begins at its start or where this key has signed that it may
 * (in a store that came from a backup, the key of the folder that let entries go), and goes on
 * from what was signed. ERR_CORRUPT or ERR_INVALID says what it is not, ERR_GONE that what was
 * signed is about entries that were let go of. */
NODISCARD bool checkpoint_prove(struct store *store, const struct note_key *base_key,
    const struct checkpoint *at, struct store_verdict *ret, struct err *err);

/* base->note is made, in `out`. */
NODISCARD bool checkpoint_sign_base(const struct note_key *key, struct store_base *base,
    struct buf *out, struct err *err);

enum base_signed {
	BASE_WHOLE = 1, /* nothing was let go of */
	BASE_SIGNED,    /* by that key */
	BASE_UNCHECKED, /* by a key that nobody gave; all else is right */
};

struct base_verdict {
	enum base_signed is;
	uint64_t entries;   /* let go of */
	struct note_key by; /* whose signature it has: name and id */
};

/* May the journal begin where it does? `key` NULL: nobody has it. ERR_CORRUPT: its note is
 * missing, about something else, or not signed by that key. */
NODISCARD bool checkpoint_base(struct store *store, const struct note_key *key,
    struct base_verdict *ret, struct err *err);

#endif
