#ifndef BASE_NOTE_H
#define BASE_NOTE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * note -- a text with a signature that outsiders can check (C2SP signed-note).
 *
 *	TEXT, whole lines
 *	(an empty line)
 *	— NAME BASE64(key id, Ed25519 signature of TEXT)
 *
 * A key's id is the first 4 bytes of SHA-256(NAME, '\n', 1, public key). It is written as
 * "NAME+ID in hex+BASE64(1, public key)", to check with, and "PRIVATE+KEY+" and the same
 * with the secret seed, to sign with. Names hold neither blanks nor '+'.
 */
#define NOTE_BYTES_MAX 65536
#define NOTE_NAME_MAX 200
#define NOTE_KEY_TEXT_MAX 400

struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	uint8_t public[32];
	uint8_t seed[32]; /* zero: it can only check */
	bool signs;
};

/* A new one; false: the name cannot be one, or there is no randomness. */
NODISCARD bool note_key_new(str name, struct note_key *ret, struct err *err);
/* Either form. ERR_INVALID says what is wrong with it. */
NODISCARD bool note_key_read(str text, struct note_key *ret, struct err *err);
void note_key_write(const struct note_key *key, bool secret, struct buf *out);

/* `text` is not empty, UTF-8 without control characters but line ends, and ends with one. */
NODISCARD bool note_sign(const struct note_key *key, str text, struct buf *out,
    struct err *err);
/* The text of a note that this key has signed, a slice of it. ERR_INVALID: it is no note, has
 * no signature of this key, or one that is not of this text. Other signatures are skipped. */
NODISCARD bool note_open(const struct note_key *key, str note, str *ret_text,
    struct err *err);

/* What a note says of itself, unchecked: its text, and the key named by its first signature
 * (name and id alone). false: it is no note. */
NODISCARD bool note_look(str note, str *ret_text, struct note_key *ret_by);
/* "NAME+ID in hex": which key it is, for people. */
void note_key_name(const struct note_key *key, struct buf *out);

#endif
