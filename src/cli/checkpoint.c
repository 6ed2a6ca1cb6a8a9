/*
 * journal checkpoint, prove: a signed line about the journal for somebody else to keep, and
 * whether the journal is still the one that it was about.
 *
 * A chain shows a change only to who knows a later hash. A checkpoint kept elsewhere is that:
 * what was before it can be neither changed, nor cut off, nor written anew.
 *
 *	firstline journal
 *	4711                      entries
 *	BASE64                    the chain's hash with the last of them
 *	2026-11-28T19:40:00.000Z  when it was signed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/note.h"
#include "cli/client.h"
#include "cli/journal.h"
#include "cli/output.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"
#include "store/store.h"

#define KEY_FILE "journal.key" /* of the state folder; 0600 */
#define KEY_NAME "firstline"
#define ORIGIN "firstline journal"

struct options {
	const char *state, *store, *key, *name;
	bool show_key;
};

struct checkpoint {
	uint64_t entries;
	hash32 head;
};

static int
failed(const struct err *err)
{
	complain("%s", err->text);
	return err->kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
}

static bool
open_store(const struct options *o, struct store **ret, struct err *err)
{
	return store_open_readonly(o->store != NULL ? o->store : STORE_DEFAULT,
	    client_state_dir(o->state), ret, err);
}

/* ---- making one ---- */

/* The key of this state folder; the first time, a new one. */
static bool
key_of(const char *state, const char *name, struct arena *arena, struct note_key *ret,
    struct err *err)
{
	str text;
	AUTO_CLOSE int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "open '%s'",
		    state);
	if (faccessat(fd, KEY_FILE, F_OK, 0) == 0)
		return file_read_at(arena, fd, KEY_FILE, NOTE_KEY_TEXT_MAX, &text, err) &&
		       note_key_read(text, ret, err) &&
		       (ret->signs || err_set(err, ERR_INVALID,
					  "'" KEY_FILE "' holds no key to sign with"));
	struct buf out = BUF(NOTE_KEY_TEXT_MAX);
	bool ok = note_key_new(str_of(name != NULL ? name : KEY_NAME), ret, err);
	if (ok) {
		note_key_write(ret, true, &out);
		buf_char(&out, '\n');
		ok = file_write_durable(fd, KEY_FILE, buf_str(&out), 0600, err);
	}
	buf_done(&out);
	return ok;
}

static bool
sign(const struct note_key *key, const struct checkpoint *at, struct buf *out,
    struct err *err)
{
	struct buf text = BUF(1000);
	buf_printf(&text, ORIGIN "\n%llu\n", (unsigned long long)at->entries);
	buf_base64(&text, (str){ (const char *)at->head.b, sizeof(at->head.b) });
	buf_char(&text, '\n');
	buf_time(&text, clock_wall());
	buf_char(&text, '\n');
	bool ok = note_sign(key, buf_str(&text), out, err);
	buf_done(&text);
	return ok;
}

/* The chain is walked first: what is damaged is not signed. */
static bool
whole(const struct options *o, struct checkpoint *ret, struct err *err)
{
	struct store *store;
	struct store_verdict verdict;
	if (!open_store(o, &store, err))
		return false;
	bool ok = store_verify(store, &verdict, err);
	store_close(store);
	if (ok && !verdict.ok)
		ok = err_set(err, ERR_CORRUPT, "damaged, and not signed: %s", verdict.text);
	*ret = (struct checkpoint){ verdict.entries, verdict.head };
	return ok;
}

static int
print_buf(struct buf *out)
{
	bool ok = fwrite(out->p, 1, out->n, stdout) == out->n && fflush(stdout) == 0;
	buf_done(out);
	return ok ? EXIT_OK : EXIT_FAILED;
}

static int
run_checkpoint(int argc, char **argv)
{
	static char memory[4096];
	struct options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "store", .value = &o.store },
		{ .name = "name", .value = &o.name },
		{ .name = "key", .flag = &o.show_key },
	};
	struct arena arena = arena_over(memory, sizeof(memory));
	struct note_key key;
	struct checkpoint at;
	struct err err;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("usage: firstline journal checkpoint [--key] [--state DIR]");
		return EXIT_USAGE;
	}
	struct buf out = BUF(NOTE_BYTES_MAX);
	bool ok = key_of(client_state_dir(o.state), o.name, &arena, &key, &err);
	if (ok && o.show_key) {
		note_key_write(&key, false, &out);
		buf_char(&out, '\n');
	} else {
		ok = ok && whole(&o, &at, &err) && sign(&key, &at, &out, &err);
	}
	if (!ok) {
		buf_done(&out);
		return failed(&err);
	}
	return print_buf(&out);
}

const struct command_line command_journal_checkpoint = {
	.name = "checkpoint",
	.summary = "a signed line about it, for somebody else to keep",
	.help =
	    "  firstline journal checkpoint > /elsewhere/firstline.checkpoint\n"
	    "  firstline journal checkpoint --key > /elsewhere/firstline.key\n"
	    "\n"
	    "Walks the chain and signs how many entries it has and the hash with which it\n"
	    "ends, as a note that other programs can check (C2SP signed-note, Ed25519). "
	    "Kept\n"
	    "where nobody who can write the store can write, it shows any later change of\n"
	    "what was before: 'firstline journal prove'. The key is made the first time.\n"
	    "\n"
	    "  --key          instead: the key to check with, to be kept beside\n"
	    "  --name NAME    the key's name, when it is made (default " KEY_NAME ")\n"
	    "  --state DIR    the server's state folder (default $FIRSTLINE_STATE,\n"
	    "                 ./firstline-state)\n"
	    "  --store URL    as serve has it (default " STORE_DEFAULT ")\n",
	.run = run_checkpoint,
};

/* ---- proving ---- */

static bool
checkpoint_read(str text, struct checkpoint *ret)
{
	size_t n;
	uint8_t bytes[64];
	struct str_cut origin = str_cut(text, '\n');
	struct str_cut entries = str_cut(origin.tail, '\n');
	struct str_cut head = str_cut(entries.tail, '\n');
	if (!str_eq(origin.head, STR(ORIGIN)) ||
	    !str_u64(entries.head, UINT64_MAX, &ret->entries) || head.head.n > 60 ||
	    !base64_decode(head.head, bytes, &n) || n != sizeof(ret->head.b))
		return false;
	memcpy(ret->head.b, bytes, n);
	return true;
}

struct proving {
	const struct checkpoint *at;
	hash32 found;
	uint64_t seq;
};

static bool
take_entry(void *context, const struct stored_entry *entry)
{
	struct proving *p = context;
	p->seq = entry->seq;
	p->found = entry->hash;
	return false;
}

/* Does the journal go on from there? The whole chain has been walked. */
static bool
goes_on(struct store *store, const struct checkpoint *at, const struct store_verdict *now,
    struct err *err)
{
	struct proving p = { .at = at };
	if (now->entries < at->entries)
		return err_set(err, ERR_CORRUPT,
		    "the journal was cut off: it has %llu entries, and had %llu",
		    (unsigned long long)now->entries, (unsigned long long)at->entries);
	if (at->entries == 0)
		return true;
	struct store_base base;
	if (!store_base(store, NULL, &base, err))
		return false;
	if (at->entries < base.mark.seq)
		return err_set(err, ERR_GONE,
		    "entries up to %llu were let go of: what was signed about entry %llu "
		    "can be held against a backup from before that",
		    (unsigned long long)base.mark.seq, (unsigned long long)at->entries);
	if (at->entries == base.mark.seq)
		return hash32_eq(&base.mark.hash, &at->head) ||
		       err_set(err, ERR_CORRUPT,
			   "the journal was written anew: it begins behind another entry "
			   "%llu than was signed",
			   (unsigned long long)at->entries);
	if (!store_entries(store, at->entries, 1, take_entry, &p, err))
		return false;
	if (p.seq != at->entries || !hash32_eq(&p.found, &at->head))
		return err_set(err, ERR_CORRUPT,
		    "the journal was written anew: entry %llu, or one before it, is not "
		    "what "
		    "was signed",
		    (unsigned long long)at->entries);
	return true;
}

static bool
prove(const struct options *o, const char *file, struct arena *arena, struct err *err)
{
	str note, text, key_text;
	struct note_key key;
	struct checkpoint at;
	struct store *store;
	struct store_verdict now;
	if (!file_read(arena, o->key, NOTE_KEY_TEXT_MAX, &key_text, err) ||
	    !note_key_read(key_text, &key, err) ||
	    !file_read(arena, file, NOTE_BYTES_MAX, &note, err) ||
	    !note_open(&key, note, &text, err))
		return false;
	if (!checkpoint_read(text, &at))
		return err_set(err, ERR_INVALID, "'%s' is signed, but is no checkpoint",
		    file);
	if (!open_store(o, &store, err))
		return false;
	bool ok = store_verify(store, &now, err);
	if (ok && !now.ok)
		ok = err_set(err, ERR_CORRUPT, "damaged: %s", now.text);
	ok = ok && goes_on(store, &at, &now, err);
	store_close(store);
	if (ok)
		printf("%llu entries as they were signed, %llu since\n",
		    (unsigned long long)at.entries,
		    (unsigned long long)(now.entries - at.entries));
	return ok;
}

static int
run_prove(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "store", .value = &o.store },
		{ .name = "key", .value = &o.key },
	};
	struct err err;
	struct arena_map map;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc != 2 || o.key == NULL) {
		complain("usage: firstline journal prove CHECKPOINT --key FILE");
		return EXIT_USAGE;
	}
	struct arena arena = arena_map(&map, (size_t)1 << 20);
	bool ok = prove(&o, argv[1], &arena, &err) && fflush(stdout) == 0;
	arena_unmap(&map);
	return ok ? EXIT_OK : failed(&err);
}

const struct command_line command_journal_prove = {
	.name = "prove",
	.summary = "is it still the one that a checkpoint was about?",
	.help = "  firstline journal prove firstline.checkpoint --key firstline.key\n"
		"\n"
		"Checks the signature, walks the chain, and finds the signed hash in it: "
		"nothing\n"
		"before it was changed, left out, or cut off. Exits 0 or 1.\n"
		"\n"
		"  --key FILE     what 'firstline journal checkpoint --key' said\n"
		"  --state DIR    the server's state folder (default $FIRSTLINE_STATE,\n"
		"                 ./firstline-state)\n"
		"  --store URL    as serve has it (default " STORE_DEFAULT ")\n",
	.run = run_prove,
};
