/*
 * What is signed about a journal: that it goes on from a checkpoint, and where it may begin.
 */
#include "store/checkpoint.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp.h"
#include "support/test.h"

static char folder[TEMP_PATH_MAX];

static struct note_key
key_new(void)
{
	struct note_key key;
	struct err err;
	EXPECT(note_key_new(STR(CHECKPOINT_KEY_NAME), &key, &err));
	return key;
}

static void
add_entry(struct store *store)
{
	struct err err;
	uint64_t seq = store_head(store).seq + 1;
	struct commit c = { .seq = seq, .entry = STR("entry"), .alerts_as_of = seq };
	EXPECT(store_commit(store, &c, &err));
}

static bool
see_mark(void *context, const struct store_mark *mark)
{
	*(struct store_mark *)context = *mark;
	return true;
}

/* Three entries, of which the first two may go: a mark stands behind them. */
static struct store *
with_mark(struct store_base *ret)
{
	struct store *store;
	struct err err;
	bool done = false;
	EXPECT(store_open("memory:", folder, &store, &err));
	add_entry(store);
	add_entry(store);
	EXPECT(store_mark_begin(store, 10, UINT64_C(1761336000000), &err));
	while (!done)
		EXPECT(store_mark_some(store, &done, &err));
	add_entry(store);
	*ret = (struct store_base){ .rows_seq = 1 };
	EXPECT(store_marks(store, see_mark, &ret->mark, &err));
	EXPECT(ret->mark.seq == 2);
	return store;
}

/* Why the journal may not begin where it does; empty: it may. */
static str
refused(struct store *store, const struct note_key *key)
{
	static struct err err;
	struct base_verdict verdict;
	if (checkpoint_base(store, key, &verdict, &err))
		return STR("");
	EXPECT(err.kind == ERR_CORRUPT);
	return str_of(err.text);
}

static void
base__is_signed_or_refused(void)
{
	struct err err;
	struct store_base base;
	struct base_verdict verdict;
	struct note_key key = key_new(), other = key_new();
	struct store *store = with_mark(&base);
	EXPECT(checkpoint_base(store, &key, &verdict, &err) && verdict.is == BASE_WHOLE);
	EXPECT(store_let_go(store, &base, &err)); /* by nobody's word */
	EXPECT_STR(refused(store, &key),
	    STR("entries up to 2 are not there, and nobody has signed that they were let "
		"go of"));
	EXPECT_STR(refused(store, NULL), refused(store, &key));

	struct buf note = BUF(STORE_NOTE_MAX);
	EXPECT(checkpoint_sign_base(&key, &base, &note, &err));
	EXPECT(store_let_go(store, &base, &err));
	EXPECT(checkpoint_base(store, &key, &verdict, &err));
	EXPECT(verdict.is == BASE_SIGNED && verdict.entries == 2);
	EXPECT(checkpoint_base(store, NULL, &verdict, &err));
	EXPECT(verdict.is == BASE_UNCHECKED &&
	       memcmp(verdict.by.id, key.id, sizeof(key.id)) == 0);
	EXPECT(str_starts(refused(store, &other),
	    STR("that the journal begins behind entry 2 is signed by 'firstline+")));
	store_close(store);
	buf_done(&note);
}

static void
base__every_letter_of_its_note_counts(void)
{
	struct err err;
	struct store_base base;
	struct note_key key = key_new();
	struct store *store = with_mark(&base);
	struct buf note = BUF(STORE_NOTE_MAX);
	EXPECT(checkpoint_sign_base(&key, &base, &note, &err));
	for (size_t i = 0; i < note.n; i++) {
		note.p[i] = (char)(note.p[i] ^ 1);
		EXPECT(store_let_go(store, &base, &err));
		EXPECT(refused(store, &key).n > 0);
		note.p[i] = (char)(note.p[i] ^ 1);
	}
	EXPECT(store_let_go(store, &base, &err));
	EXPECT(refused(store, &key).n == 0);
	/* The same note, and more closed rows let go of than it says. */
	base.rows_seq = 2;
	EXPECT(store_let_go(store, &base, &err));
	EXPECT(str_ends(refused(store, &key),
	    STR("what was signed is another beginning of the journal")));
	store_close(store);
	buf_done(&note);
}

/* Else whoever holds one could cut the journal off before it. */
static void
base__is_not_what_a_checkpoint_says(void)
{
	struct err err;
	struct store_base base;
	struct note_key key = key_new();
	struct store *store = with_mark(&base);
	struct buf note = BUF(STORE_NOTE_MAX);
	struct checkpoint at = { 2, base.mark.hash };
	EXPECT(checkpoint_sign(&key, &at, base.mark.wall, &note, &err));
	base.note = buf_str(&note);
	EXPECT(store_let_go(store, &base, &err));
	EXPECT(refused(store, &key).n > 0);
	EXPECT(refused(store, NULL).n > 0);
	store_close(store);
	buf_done(&note);
}

static void
checkpoint__is_held_against_what_is_left(void)
{
	struct err err;
	struct store_base base;
	struct store_verdict verdict;
	struct note_key key = key_new();
	struct store *store = with_mark(&base);
	struct buf note = BUF(STORE_NOTE_MAX);
	struct store_head head = store_head(store);
	struct checkpoint first = { 1, { { 0 } } }, second = { 2, base.mark.hash },
			  third = { 3, head.hash }, fourth = { 4, head.hash },
			  anew = { 3, base.mark.hash };
	EXPECT(checkpoint_prove(store, &key, &second, &verdict, &err));
	EXPECT(store_let_go(store, &base, &err));
	EXPECT(!checkpoint_prove(store, &key, &third, &verdict, &err)); /* unsigned */
	EXPECT(checkpoint_sign_base(&key, &base, &note, &err));
	EXPECT(store_let_go(store, &base, &err));
	add_entry(store);
	EXPECT(checkpoint_prove(store, &key, &second, &verdict, &err));
	EXPECT(checkpoint_prove(store, &key, &third, &verdict, &err));
	EXPECT(verdict.entries == 4 && verdict.let_go == 2);
	EXPECT(
	    !checkpoint_prove(store, &key, &first, &verdict, &err) && err.kind == ERR_GONE);
	EXPECT(!checkpoint_prove(store, &key, &anew, &verdict, &err) &&
	       err.kind == ERR_CORRUPT);
	EXPECT(!checkpoint_prove(store, &key, &fourth, &verdict, &err));
	fourth.entries = 5; /* rolled back to an earlier state */
	EXPECT(!checkpoint_prove(store, &key, &fourth, &verdict, &err));
	EXPECT_STR(str_of(err.text),
	    STR("the journal was cut off: it has 4 entries, and had 5"));
	store_close(store);
	buf_done(&note);
}

static void
key__is_made_once_and_for_its_user(void)
{
	struct err err;
	struct stat st;
	struct note_key key, again;
	char path[TEMP_PATH_MAX + 40];
	EXPECT(!checkpoint_key_find(folder, &key, &err) && err.kind == ERR_NOT_FOUND);
	EXPECT(!checkpoint_key(folder, STR("a b"), &key, &err));
	EXPECT(checkpoint_key(folder, STR("a"), &key, &err));
	EXPECT(checkpoint_key(folder, STR("b"), &again, &err));
	EXPECT(memcmp(&key, &again, sizeof(key)) == 0);
	EXPECT(checkpoint_key_find(folder, &again, &err) && again.signs);
	(void)snprintf(path, sizeof(path), "%s/" CHECKPOINT_KEY_FILE, folder);
	EXPECT(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	EXPECT(!checkpoint_key("/nowhere/at/all", STR("a"), &key, &err) &&
	       err.kind == ERR_NOT_FOUND);
}

static void
key__that_is_none_is_named(void)
{
	struct err err;
	struct note_key key;
	char where[TEMP_PATH_MAX + 40], path[sizeof(where) + 40];
	(void)snprintf(where, sizeof(where), "%s/garbled", folder);
	(void)snprintf(path, sizeof(path), "%s/" CHECKPOINT_KEY_FILE, where);
	EXPECT(mkdir(where, 0700) == 0);
	FILE *file = fopen(path, "w");
	EXPECT(file != NULL && fputs("none\n", file) >= 0 && fclose(file) == 0);
	EXPECT(!checkpoint_key(where, STR(CHECKPOINT_KEY_NAME), &key, &err));
	EXPECT(err.kind == ERR_INVALID);
	EXPECT_STR(str_of(err.text),
	    STR("'journal.key' of the state folder: it is no key: write NAME+ID+BASE64, as "
		"'firstline journal checkpoint' says it"));
}

/* One first user of the key: what it got, into the pipe. */
static void
first_user(const char *where, int start, int said)
{
	struct err err;
	struct note_key key;
	char byte;
	bool ok = read(start, &byte, 1) == 0 &&
	          checkpoint_key(where, STR(CHECKPOINT_KEY_NAME), &key, &err);
	_exit(ok && write(said, key.id, sizeof(key.id)) == sizeof(key.id) ? 0 : 1);
}

/* What is given out at once must be what stays: a note that another key signed is no proof. */
static void
key__is_the_same_for_all_who_make_it_at_once(void)
{
	enum { USERS = 8, ROUNDS = 20 };
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct err err;
		struct note_key key = { 0 };
		char where[TEMP_PATH_MAX + 40];
		int start[2], said[2], status;
		(void)snprintf(where, sizeof(where), "%s/at-once-%u", folder, round);
		EXPECT(mkdir(where, 0700) == 0 && pipe(start) == 0 && pipe(said) == 0);
		for (unsigned i = 0; i < USERS; i++) {
			if (fork() == 0) {
				(void)close(start[1]);
				first_user(where, start[0], said[1]);
			}
		}
		(void)close(start[1]);
		(void)close(said[1]);
		for (unsigned i = 0; i < USERS; i++)
			EXPECT(wait(&status) > 0 && status == 0);
		EXPECT(checkpoint_key_find(where, &key, &err));
		uint8_t id[sizeof(key.id)];
		for (unsigned i = 0; i < USERS; i++)
			EXPECT(read(said[0], id, sizeof(id)) == sizeof(id) &&
			       memcmp(id, key.id, sizeof(id)) == 0);
		(void)close(start[0]);
		(void)close(said[0]);
		DIR *dir = opendir(where);
		EXPECT(dir != NULL);
		for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
			EXPECT(entry->d_name[0] != '.' ||
			       strspn(entry->d_name, ".") == strlen(entry->d_name));
		(void)closedir(dir);
	}
}

/* Root who asks first leaves a key that the server can read. */
static void
key__belongs_to_whom_the_folder_belongs(void)
{
	struct err err;
	struct stat st;
	struct note_key key;
	char where[TEMP_PATH_MAX + 40], path[sizeof(where) + 40];
	if (geteuid() != 0)
		return;
	(void)snprintf(where, sizeof(where), "%s/theirs", folder);
	(void)snprintf(path, sizeof(path), "%s/" CHECKPOINT_KEY_FILE, where);
	EXPECT(mkdir(where, 0700) == 0 && chown(where, 65534, 65533) == 0);
	EXPECT(checkpoint_key(where, STR(CHECKPOINT_KEY_NAME), &key, &err));
	EXPECT(stat(path, &st) == 0 && st.st_uid == 65534 && st.st_gid == 65533 &&
	       (st.st_mode & 0777) == 0600);
}

int
main(void)
{
	temp_folder(folder);
	RUN(base__is_signed_or_refused);
	RUN(base__every_letter_of_its_note_counts);
	RUN(base__is_not_what_a_checkpoint_says);
	RUN(checkpoint__is_held_against_what_is_left);
	RUN(key__is_made_once_and_for_its_user);
	RUN(key__that_is_none_is_named);
	RUN(key__is_the_same_for_all_who_make_it_at_once);
	RUN(key__belongs_to_whom_the_folder_belongs);
	TEST_MAIN_END();
}
