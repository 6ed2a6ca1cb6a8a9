/*
 * journal checkpoint, prove: a signed line about the journal for somebody else to keep, and
 * whether the journal is still the one that it was about (store/checkpoint.h).
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/journal.h"
#include "cli/output.h"
#include "os/clock.h"
#include "os/file.h"
#include "store/checkpoint.h"

struct options {
	const char *state, *store, *key, *base_key, *name;
	bool show_key;
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

/* The chain is walked first: what is damaged is not signed. */
static bool
whole(struct store *store, struct checkpoint *ret, struct err *err)
{
	struct store_verdict verdict;
	bool ok = store_verify(store, &verdict, err);
	if (ok && !verdict.ok)
		ok = err_set(err, ERR_CORRUPT, "damaged, and not signed: %s", verdict.text);
	*ret = (struct checkpoint){ verdict.entries, verdict.head };
	return ok;
}

/* The key is made beside a store alone: in any other folder it would be nobody's, and in the
 * way of a restore. */
static bool
checkpoint(const struct options *o, struct buf *out, struct err *err)
{
	struct note_key key;
	struct checkpoint at;
	struct store *store;
	if (!open_store(o, &store, err))
		return false;
	bool ok = checkpoint_key(client_state_dir(o->state), str_of(o->name), &key, err);
	if (ok && o->show_key) {
		note_key_write(&key, false, out);
		buf_char(out, '\n');
	} else {
		ok = ok && whole(store, &at, err) &&
		     checkpoint_sign(&key, &at, clock_wall(), out, err);
	}
	store_close(store);
	return ok;
}

static int
print_buf(struct buf *out)
{
	(void)fwrite(out->p, 1, out->n, stdout);
	buf_done(out);
	return out_flush(true);
}

static int
run_checkpoint(int argc, char **argv)
{
	struct options o = { .name = CHECKPOINT_KEY_NAME };
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "store", .value = &o.store },
		{ .name = "name", .value = &o.name },
		{ .name = "key", .flag = &o.show_key },
	};
	struct err err;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("usage: firstline journal checkpoint [--key] [--state DIR]");
		return EXIT_USAGE;
	}
	struct buf out = BUF(NOTE_BYTES_MAX);
	if (!checkpoint(&o, &out, &err)) {
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
	    "  --name NAME    the key's name, when it is made (default " CHECKPOINT_KEY_NAME
	    ")\n"
	    "  --state DIR    the server's state folder (default $FIRSTLINE_STATE,\n"
	    "                 ./firstline-state)\n"
	    "  --store URL    as serve has it (default " STORE_DEFAULT ")\n",
	.run = run_checkpoint,
};

/* ---- proving ---- */

/* The error is about what is in that file. */
static bool
of_file(const char *file, struct err *err)
{
	struct err was = *err;
	return err_set(err, was.kind, "'%s': %s", file, was.text);
}

/* From a file, either form. */
static bool
key_load(const char *file, struct arena *arena, struct note_key *ret, struct err *err)
{
	str text;
	if (!file_read(arena, file, NOTE_KEY_TEXT_MAX, &text, err))
		return false;
	return note_key_read(text, ret, err) || of_file(file, err);
}

/* A mail may have made CRLF of its line ends. No text that can be signed has a CR, so this
 * makes nothing right that was not. */
static bool
note_load(const char *file, struct arena *arena, str *ret, struct err *err)
{
	str bytes;
	if (!file_read(arena, file, 2 * NOTE_BYTES_MAX, &bytes, err))
		return false;
	char *p = arena_new(arena, char, bytes.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] != '\r' || i + 1 == bytes.n || bytes.p[i + 1] != '\n')
			p[n++] = bytes.p[i];
	}
	*ret = (str){ p, n };
	return true;
}

/* The key of that file, else of that folder, which may have none; false with err. */
static bool
key_of(const char *state, const char *key_file, struct note_key *key, bool *ret_known,
    struct err *err)
{
	char memory[NOTE_KEY_TEXT_MAX + 64];
	*ret_known = true;
	if (key_file != NULL) {
		struct arena arena = arena_over(memory, sizeof(memory));
		bool loaded = key_load(key_file, &arena, key, err);
		arena_release(memory, sizeof(memory));
		return loaded;
	}
	*ret_known = state != NULL && checkpoint_key_find(state, key, err);
	return *ret_known || state == NULL || err->kind == ERR_NOT_FOUND;
}

bool
journal_base(struct store *store, const char *state, const char *key_file,
    struct base_verdict *ret, struct err *err)
{
	struct note_key key;
	bool known;
	return key_of(state, key_file, &key, &known, err) &&
	       checkpoint_base(store, known ? &key : NULL, ret, err);
}

static bool
prove(const struct options *o, const char *file, struct arena *arena, struct err *err)
{
	str note, text;
	struct note_key key, base_key;
	struct checkpoint at;
	struct store *store;
	struct store_verdict now;
	if (!key_load(o->key, arena, &key, err) ||
	    !key_load(o->base_key != NULL ? o->base_key : o->key, arena, &base_key, err) ||
	    !note_load(file, arena, &note, err))
		return false;
	if (!note_open(&key, note, &text, err))
		return of_file(file, err);
	if (!checkpoint_read(text, &at))
		return err_set(err, ERR_INVALID, "'%s' is signed, but is no checkpoint",
		    file);
	if (!open_store(o, &store, err))
		return false;
	bool ok = checkpoint_prove(store, &base_key, &at, &now, err);
	store_close(store);
	if (ok)
		printf("%llu %s signed, %llu since\n", (unsigned long long)at.entries,
		    at.entries == 1 ? "entry as it was" : "entries as they were",
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
		{ .name = "base-key", .value = &o.base_key },
	};
	struct err err;
	struct arena_map map;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc != 2 || o.key == NULL) {
		complain("usage: firstline journal prove CHECKPOINT --key FILE [--base-key "
			 "FILE]");
		return EXIT_USAGE;
	}
	struct arena arena = arena_map(&map, (size_t)1 << 20);
	bool ok = prove(&o, argv[1], &arena, &err);
	arena_unmap(&map);
	return ok ? out_flush(true) : failed(&err);
}

const struct command_line command_journal_prove = {
	.name = "prove",
	.summary = "is it still the one that a checkpoint was about?",
	.help = "  firstline journal prove firstline.checkpoint --key firstline.key\n"
		"\n"
		"Checks the signature, walks the chain, and finds the signed hash in it: "
		"nothing\n"
		"before it was changed, left out, or cut off. Where old entries were let "
		"go of,\n"
		"a key must have signed that too: --key's, or where a backup was restored "
		"since,\n"
		"that of the folder that it was made of. Exits 0 or 1.\n"
		"\n"
		"  --key FILE         what 'firstline journal checkpoint --key' said\n"
		"  --base-key FILE    what it said where entries were let go of (default: "
		"--key's)\n"
		"  --state DIR        the server's state folder (default "
		"$FIRSTLINE_STATE,\n"
		"                     ./firstline-state)\n"
		"  --store URL        as serve has it (default " STORE_DEFAULT ")\n",
	.run = run_prove,
};
