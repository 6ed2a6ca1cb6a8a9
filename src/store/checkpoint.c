#include "store/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/file.h"

#define ORIGIN "firstline journal"
#define ORIGIN_BASE "firstline journal base"
#define TEXT_BYTES_MAX 1000

/* ---- the key ---- */

static bool
key_read(int state_fd, struct note_key *ret, struct err *err)
{
	if (faccessat(state_fd, CHECKPOINT_KEY_FILE, F_OK, 0) != 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "open '" CHECKPOINT_KEY_FILE "'");
	char memory[NOTE_KEY_TEXT_MAX + 64];
	struct arena arena = arena_over(memory, sizeof(memory));
	str text;
	bool read = file_read_at(&arena, state_fd, CHECKPOINT_KEY_FILE, NOTE_KEY_TEXT_MAX,
	    &text, err);
	struct err why = { 0 };
	bool ok = read && note_key_read(text, ret, &why);
	arena_release(memory, sizeof(memory));
	explicit_bzero(memory, sizeof(memory));
	if (read && !ok)
		return err_set(err, why.kind,
		    "'" CHECKPOINT_KEY_FILE "' of the state folder: %s", why.text);
	return ok &&
	       (ret->signs || err_set(err, ERR_INVALID,
				  "'" CHECKPOINT_KEY_FILE "' holds no key to sign with"));
}

static bool
key_make(int state_fd, str name, struct note_key *ret, struct err *err)
{
	struct note_key key;
	struct buf out = BUF(NOTE_KEY_TEXT_MAX);
	bool ok = note_key_new(name, &key, err);
	if (ok) {
		note_key_write(&key, true, &out);
		buf_char(&out, '\n');
		ok = file_write_first(state_fd, CHECKPOINT_KEY_FILE, buf_str(&out), 0600,
		    err);
	}
	buf_done(&out);
	/* Somebody else may have made one meanwhile, and given it out: what is there counts. */
	return ok && key_read(state_fd, ret, err);
}

static int
state_open(const char *state_dir, struct err *err)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		(void)err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "open '%s'",
		    state_dir);
	return fd;
}

bool
checkpoint_key_find(const char *state_dir, struct note_key *ret, struct err *err)
{
	AUTO_CLOSE int fd = state_open(state_dir, err);
	return fd >= 0 && key_read(fd, ret, err);
}

bool
checkpoint_key(const char *state_dir, str name, struct note_key *ret, struct err *err)
{
	AUTO_CLOSE int fd = state_open(state_dir, err);
	if (fd < 0)
		return false;
	return key_read(fd, ret, err) ||
	       (err->kind == ERR_NOT_FOUND && key_make(fd, name, ret, err));
}

/* ---- a checkpoint ---- */

static void
put_head(struct buf *text, uint64_t entries, const hash32 *head)
{
	buf_printf(text, "%llu\n", (unsigned long long)entries);
	buf_base64(text, (str){ (const char *)head->b, sizeof(head->b) });
	buf_char(text, '\n');
}

bool
checkpoint_sign(const struct note_key *key, const struct checkpoint *at, msec wall,
    struct buf *out, struct err *err)
{
	struct buf text = BUF(TEXT_BYTES_MAX);
	buf_add(&text, STR(ORIGIN "\n"));
	put_head(&text, at->entries, &at->head);
	buf_time(&text, wall);
	buf_char(&text, '\n');
	bool ok = note_sign(key, buf_str(&text), out, err);
	buf_done(&text);
	return ok;
}

bool
checkpoint_read(str text, struct checkpoint *ret)
{
	size_t n;
	uint8_t bytes[64];
	uint64_t number;
	struct str_cut origin = str_cut(text, '\n');
	struct str_cut entries = str_cut(origin.tail, '\n');
	struct str_cut head = str_cut(entries.tail, '\n');
	if (!str_eq(origin.head, STR(ORIGIN)) ||
	    !str_u64(entries.head, UINT64_MAX, &number) || head.head.n > 60 ||
	    !base64_decode(head.head, bytes, &n) || n != sizeof(ret->head.b))
		return false;
	ret->entries = number;
	memcpy(ret->head.b, bytes, n);
	return true;
}

struct looking {
	hash32 found;
	uint64_t seq;
};

static bool
take_entry(void *context, const struct stored_entry *entry)
{
	struct looking *l = context;
	l->seq = entry->seq;
	l->found = entry->hash;
	return false;
}

/* Does the journal go on from there? The whole chain has been walked. */
static bool
goes_on(struct store *store, const struct checkpoint *at, const struct store_verdict *now,
    struct err *err)
{
	struct looking l = { .seq = 0 };
	struct store_base base;
	unsigned long long entries = at->entries;
	if (now->entries < at->entries)
		return err_set(err, ERR_CORRUPT,
		    "the journal was cut off: it has %llu entries, and had %llu",
		    (unsigned long long)now->entries, entries);
	if (at->entries == 0)
		return true;
	if (!store_base(store, NULL, &base, err))
		return false;
	if (at->entries < base.mark.seq)
		return err_set(err, ERR_GONE,
		    "entries up to %llu were let go of: what was signed about entry %llu "
		    "can be held against a backup from before that",
		    (unsigned long long)base.mark.seq, entries);
	if (at->entries == base.mark.seq)
		return hash32_eq(&base.mark.hash, &at->head) ||
		       err_set(err, ERR_CORRUPT,
			   "the journal was written anew: it begins behind another entry "
			   "%llu than was signed",
			   entries);
	if (!store_entries(store, at->entries, 1, take_entry, &l, err))
		return false;
	return (l.seq == at->entries && hash32_eq(&l.found, &at->head)) ||
	       err_set(err, ERR_CORRUPT,
		   "the journal was written anew: entry %llu, or one before it, is not "
		   "what was signed",
		   entries);
}

/* ---- the base ---- */

/* What its note says follows from the base alone, so nothing of it is ever read. */
static void
base_text(const struct store_base *base, struct buf *text)
{
	buf_add(text, STR(ORIGIN_BASE "\n"));
	put_head(text, base->mark.seq, &base->mark.hash);
	buf_printf(text, "%llu\n", (unsigned long long)base->rows_seq);
	buf_time(text, base->mark.wall);
	buf_char(text, '\n');
}

bool
checkpoint_sign_base(const struct note_key *key, struct store_base *base, struct buf *out,
    struct err *err)
{
	struct buf text = BUF(TEXT_BYTES_MAX);
	base_text(base, &text);
	bool ok = note_sign(key, buf_str(&text), out, err);
	buf_done(&text);
	ASSERT(!ok || (!out->overflow && out->n <= STORE_NOTE_MAX));
	if (ok)
		base->note = buf_str(out);
	return ok;
}

static bool
signed_by(const struct note_key *key, const struct store_base *base,
    const struct note_key *by, const char *option, struct err *err)
{
	str text;
	struct err why;
	if (note_open(key, base->note, &text, &why))
		return true;
	struct buf names = BUF(2 * NOTE_NAME_MAX + 80);
	note_key_name(by, &names);
	buf_add(&names, STR("', not by '"));
	note_key_name(key, &names);
	bool other = memcmp(by->id, key->id, sizeof(key->id)) != 0;
	if (other)
		(void)err_set(err, ERR_CORRUPT,
		    "that the journal begins behind entry %llu is signed by '%.*s': "
		    "give its key with %s",
		    (unsigned long long)base->mark.seq, STR_ARG(buf_str(&names)), option);
	else
		(void)err_set(err, ERR_CORRUPT,
		    "the note that the journal begins behind entry %llu: %s",
		    (unsigned long long)base->mark.seq, why.text);
	buf_done(&names);
	return false;
}

static bool
base_check(const struct store_base *base, const struct note_key *key, const char *option,
    struct base_verdict *ret, struct err *err)
{
	unsigned long long entries = base->mark.seq;
	str said;
	if (!note_look(base->note, &said, &ret->by))
		return err_set(err, ERR_CORRUPT,
		    "entries up to %llu are not there, and nobody has signed that they "
		    "were let go of",
		    entries);
	struct buf text = BUF(TEXT_BYTES_MAX);
	base_text(base, &text);
	bool same = str_eq(said, buf_str(&text));
	buf_done(&text);
	if (!same)
		return err_set(err, ERR_CORRUPT,
		    "entries up to %llu are not there, and what was signed is another "
		    "beginning of the journal",
		    entries);
	ret->is = key != NULL ? BASE_SIGNED : BASE_UNCHECKED;
	return key == NULL || signed_by(key, base, &ret->by, option, err);
}

/* `option`: how a person gives that key. */
static bool
base_may_be(struct store *store, const struct note_key *key, const char *option,
    struct base_verdict *ret, struct err *err)
{
	char memory[STORE_NOTE_MAX + 64];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct store_base base;
	bool ok = store_base(store, &arena, &base, err);
	if (ok) {
		*ret = (struct base_verdict){ .is = BASE_WHOLE, .entries = base.mark.seq };
		ok = base.mark.seq == 0 || base_check(&base, key, option, ret, err);
	}
	arena_release(memory, sizeof(memory));
	return ok;
}

bool
checkpoint_base(struct store *store, const struct note_key *key, struct base_verdict *ret,
    struct err *err)
{
	return base_may_be(store, key, "--key", ret, err);
}

bool
checkpoint_prove(struct store *store, const struct note_key *base_key,
    const struct checkpoint *at, struct store_verdict *ret, struct err *err)
{
	struct base_verdict base;
	return store_verify(store, ret, err) &&
	       (ret->ok || err_set(err, ERR_CORRUPT, "damaged: %s", ret->text)) &&
	       base_may_be(store, base_key, "--base-key", &base, err) &&
	       goes_on(store, at, ret, err);
}
