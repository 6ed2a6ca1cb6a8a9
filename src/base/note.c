#include "base/note.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/hash.h"

#define ED25519 1 /* the algorithm's byte, before a key and in its id */
#define SIGNATURE_BYTES 64
#define SIGNATURES_MAX 16
#define SECRET "PRIVATE+KEY+"
#define DASH "\xe2\x80\x94 " /* an em dash and a blank */

/* ---- keys ---- */

static bool
name_ok(str name)
{
	if (name.n == 0 || name.n > NOTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c <= ' ' || c == '+' || c >= 0x7f)
			return false;
	}
	return true;
}

static void
id_make(struct note_key *key)
{
	static const char algorithm = ED25519;
	const str parts[] = { str_of(key->name), STR("\n"), { &algorithm, 1 },
		{ (const char *)key->public, sizeof(key->public) } };
	hash32 hash = sha256_parts(parts, countof(parts));
	memcpy(key->id, hash.b, sizeof(key->id));
}

/* The public half of a seed. */
static bool
public_make(struct note_key *key, struct err *err)
{
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed,
	    sizeof(key->seed));
	size_t n = sizeof(key->public);
	bool ok = pair != NULL && EVP_PKEY_get_raw_public_key(pair, key->public, &n) == 1;
	EVP_PKEY_free(pair);
	if (!ok)
		return err_set(err, ERR_IO, "libcrypto makes no Ed25519 key");
	key->signs = true;
	id_make(key);
	return true;
}

bool
note_key_new(str name, struct note_key *ret, struct err *err)
{
	struct note_key key = { 0 };
	if (!name_ok(name))
		return err_set(err, ERR_INVALID,
		    "a key's name has 1 to %d printable characters, no blank and no '+'",
		    NOTE_NAME_MAX);
	memcpy(key.name, name.p, name.n);
	if (RAND_bytes(key.seed, sizeof(key.seed)) != 1)
		return err_set(err, ERR_IO, "there is no randomness");
	if (!public_make(&key, err))
		return false;
	*ret = key;
	return true;
}

/* "NAME+ID+BASE64" behind what says that it is secret. */
static bool
parts_read(str text, struct note_key *key, uint8_t *bytes, size_t *ret_n)
{
	uint8_t raw[NOTE_KEY_TEXT_MAX];
	struct str_cut name = str_cut(text, '+');
	struct str_cut id = str_cut(name.tail, '+');
	if (!name_ok(name.head) || id.tail.n == 0 || id.tail.n > 60 ||
	    !hex_decode(id.head, key->id, sizeof(key->id)) ||
	    !base64_decode(id.tail, raw, ret_n) || *ret_n != 33 || raw[0] != ED25519)
		return false;
	memcpy(key->name, name.head.p, name.head.n);
	memcpy(bytes, raw + 1, 32);
	OPENSSL_cleanse(raw, sizeof(raw));
	return true;
}

bool
note_key_read(str text, struct note_key *ret, struct err *err)
{
	struct note_key key = { 0 };
	uint8_t id[4];
	size_t n;
	text = str_trim(text);
	bool secret = str_starts(text, STR(SECRET));
	if (secret)
		text = str_drop(text, strlen(SECRET));
	if (!parts_read(text, &key, secret ? key.seed : key.public, &n))
		return err_set(err, ERR_INVALID,
		    "it is no key: write NAME+ID+BASE64, as 'firstline journal checkpoint' "
		    "says it");
	memcpy(id, key.id, sizeof(id));
	if (secret && !public_make(&key, err))
		return false;
	id_make(&key);
	if (memcmp(id, key.id, sizeof(id)) != 0)
		return err_set(err, ERR_INVALID,
		    "its id is not that of its key: it was cut or changed");
	*ret = key;
	return true;
}

void
note_key_write(const struct note_key *key, bool secret, struct buf *out)
{
	uint8_t raw[33] = { ED25519 };
	ASSERT(!secret || key->signs);
	memcpy(raw + 1, secret ? key->seed : key->public, 32);
	buf_add(out, secret ? STR(SECRET) : STR(""));
	note_key_name(key, out);
	buf_char(out, '+');
	buf_base64(out, (str){ (const char *)raw, sizeof(raw) });
	OPENSSL_cleanse(raw, sizeof(raw));
}

void
note_key_name(const struct note_key *key, struct buf *out)
{
	buf_printf(out, "%s+", key->name);
	buf_hex(out, (str){ (const char *)key->id, sizeof(key->id) });
}

/* ---- notes ---- */

static bool
text_ok(str text)
{
	if (text.n == 0 || text.n > NOTE_BYTES_MAX || text.p[text.n - 1] != '\n')
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if ((c < ' ' && c != '\n') || c == 0x7f)
			return false;
	}
	return str_utf8(text);
}

bool
note_sign(const struct note_key *key, str text, struct buf *out, struct err *err)
{
	uint8_t signature[4 + SIGNATURE_BYTES];
	size_t n = SIGNATURE_BYTES;
	ASSERT(key->signs);
	if (!text_ok(text))
		return err_set(err, ERR_INVALID, "the text cannot be signed");
	memcpy(signature, key->id, sizeof(key->id));
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed,
	    sizeof(key->seed));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok =
	    pair != NULL && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pair) == 1 &&
	    EVP_DigestSign(ctx, signature + 4, &n, (const uint8_t *)text.p, text.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pair);
	if (!ok)
		return err_set(err, ERR_IO, "libcrypto signs nothing");
	buf_add(out, text);
	buf_printf(out, "\n" DASH "%s ", key->name);
	buf_base64(out, (str){ (const char *)signature, sizeof(signature) });
	buf_char(out, '\n');
	return true;
}

static bool
is_signed(const struct note_key *key, str text, const uint8_t *signature)
{
	EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public,
	    sizeof(key->public));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = public != NULL && ctx != NULL &&
	          EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) == 1 &&
	          EVP_DigestVerify(ctx, signature, SIGNATURE_BYTES, (const uint8_t *)text.p,
		      text.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	return ok;
}

/* Where the signatures begin: behind the last empty line. 0: nowhere. */
static size_t
signatures_at(str note)
{
	for (size_t i = note.n; i >= 2; i--) {
		if (note.p[i - 1] == '\n' && note.p[i - 2] == '\n')
			return i;
	}
	return 0;
}

/* One line "— NAME BASE64", the latter being the key's id and a signature. */
static bool
line_read(str line, str *ret_name, uint8_t *ret_id, uint8_t *ret_signature)
{
	uint8_t raw[256];
	size_t n;
	struct str_cut name = str_cut(str_drop(line, strlen(DASH)), ' ');
	if (!name_ok(name.head) || name.tail.n > 200 ||
	    !base64_decode(name.tail, raw, &n) || n != 4 + SIGNATURE_BYTES)
		return false;
	*ret_name = name.head;
	memcpy(ret_id, raw, 4);
	memcpy(ret_signature, raw + 4, SIGNATURE_BYTES);
	return true;
}

/* Text and signature lines; false: it is no note. */
static bool
note_cut(str note, str *ret_text, str *ret_lines)
{
	size_t at = note.n <= NOTE_BYTES_MAX ? signatures_at(note) : 0;
	if (at < 2 || at == note.n || note.p[note.n - 1] != '\n' ||
	    !text_ok(str_take(note, at - 1)))
		return false;
	*ret_text = str_take(note, at - 1);
	*ret_lines = str_drop(note, at);
	return true;
}

bool
note_look(str note, str *ret_text, struct note_key *ret_by)
{
	str lines, name;
	uint8_t signature[SIGNATURE_BYTES];
	struct note_key by = { 0 };
	if (!note_cut(note, ret_text, &lines))
		return false;
	str line = str_cut(lines, '\n').head;
	if (!str_starts(line, STR(DASH)) || !line_read(line, &name, by.id, signature))
		return false;
	memcpy(by.name, name.p, name.n);
	*ret_by = by;
	return true;
}

/* `other`: whose signature it has under that name; without a name nobody's. */
static bool
not_by(const struct note_key *key, const struct note_key *other, struct err *err)
{
	if (other->name[0] == '\0')
		return err_set(err, ERR_INVALID, "it has no signature by '%s'", key->name);
	struct buf by = BUF(NOTE_NAME_MAX + 40), wanted = BUF(NOTE_NAME_MAX + 40);
	note_key_name(other, &by);
	note_key_name(key, &wanted);
	(void)err_set(err, ERR_INVALID,
	    "another key of that name signed it: %.*s, not %.*s", STR_ARG(buf_str(&by)),
	    STR_ARG(buf_str(&wanted)));
	buf_done(&wanted);
	buf_done(&by);
	return false;
}

bool
note_open(const struct note_key *key, str note, str *ret_text, struct err *err)
{
	str text, rest;
	struct note_key other = { 0 };
	if (!note_cut(note, &text, &rest))
		return err_set(err, ERR_INVALID,
		    "it is no signed note: a text, an empty line, and lines that begin "
		    "with a dash");
	for (unsigned i = 0; rest.n > 0; i++) {
		uint8_t id[sizeof(key->id)], signature[SIGNATURE_BYTES];
		str name;
		struct str_cut line = str_cut(rest, '\n');
		rest = line.tail;
		if (i == SIGNATURES_MAX || !str_starts(line.head, STR(DASH)))
			return err_set(err, ERR_INVALID,
			    "a line behind its text is no signature");
		if (!line_read(line.head, &name, id, signature) ||
		    !str_eq(name, str_of(key->name)))
			continue;
		if (memcmp(id, key->id, sizeof(id)) != 0) {
			memcpy(other.name, key->name, sizeof(other.name));
			memcpy(other.id, id, sizeof(id));
			continue;
		}
		if (!is_signed(key, text, signature))
			return err_set(err, ERR_INVALID,
			    "its signature is not of this text: it was changed");
		*ret_text = text;
		return true;
	}
	return not_by(key, &other, err);
}
