/*
 * restore: a state folder made of a backup.
 *
 * A restored server does nothing until a person resumes, and each attempt that was open is in
 * doubt: what became of it after the backup is not known to it.
 *
 * A folder that is not there is made under another name, and gets its own when it is complete.
 * One that is there and empty stays, as it may be a volume whose name nobody can move: what
 * is complete moves into it, the mark that nothing is to be done first and the store last. As
 * root it is given to whose folder that is first: the server runs as that user.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/backup.h"
#include "cli/client.h"
#include "cli/journal.h"
#include "cli/output.h"
#include "cli/part.h"
#include "engine/engine.h"
#include "facts/effect.h"
#include "hands/claim.h"
#include "os/crash.h"
#include "os/fd.h"
#include "os/file.h"

#define ARENA_BYTES ((size_t)1 << 30) /* address space; touched as it is used */
#define ATTEMPTS "attempts"

struct options {
	const char *state, *key;
	bool json;
};

struct restoring {
	const char *from, *state, *key;
	int state_fd; /* -1: the folder is not there yet */
	struct part part;
	struct arena arena;
	struct store_verdict verdict;
	msec wall; /* of its last entry; 0: there is none */
	int attempts_fd;
	uint32_t doubtful;
	bool ok;
	struct err *err;
};

/* ---- the copy ---- */

static bool
write_bytes(int to, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t wrote =
		    write(to, bytes, n); /* of a full disk the first part goes well */
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		bytes += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

static bool
copy_bytes(struct restoring *r, int from, int to)
{
	static char bytes[1 << 16];
	for (;;) {
		ssize_t n = read(from, bytes, sizeof(bytes));
		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(r->err, ERR_IO, "read '%s'", r->from);
		if (!write_bytes(to, bytes, (size_t)n))
			return err_sys(r->err, ERR_IO, "copy '%s' to '%s'", r->from,
			    r->state);
	}
}

static uint32_t
number_at(const unsigned char *header, size_t at, size_t n)
{
	uint32_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | header[at + i];
	return value;
}

/*
 * What SQLite's header says, before anything writes to it. The store of a server has its
 * newest in a log beside it, and by itself is a whole chain that ends too soon: the header
 * says whether there may be such a log.
 */
static bool
is_backup(const struct restoring *r, int copy)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char header[100] = { 0 };
	struct stat st;
	if (fstat(copy, &st) != 0 || pread(copy, header, sizeof(header), 0) < 0)
		return err_sys(r->err, ERR_IO, "read '%s'", r->from);
	if (st.st_size == 0)
		return err_set(r->err, ERR_INVALID,
		    "'%s' is empty, and no backup: name a file that 'firstline backup' "
		    "wrote",
		    r->from);
	if (memcmp(header, magic, sizeof(magic)) != 0)
		return err_set(r->err, ERR_INVALID,
		    "'%s' is no backup: name a file that 'firstline backup' wrote",
		    r->from);
	if (header[18] == 2 || header[19] == 2) /* to write it, to read it */
		return err_set(r->err, ERR_INVALID,
		    "'%s' is the store of a server and no backup: its newest entries stand "
		    "beside it. 'firstline backup FILE --state DIR' makes one of the "
		    "folder "
		    "that it is in",
		    r->from);
	uint64_t page = number_at(header, 16, 2);
	uint64_t whole = (page == 1 ? 65536 : page) * number_at(header, 28, 4);
	if ((uint64_t)st.st_size < whole)
		return err_set(r->err, ERR_CORRUPT,
		    "'%s' is cut off: %llu of %llu bytes are there. Copy it again, or use "
		    "another backup",
		    r->from, (unsigned long long)st.st_size, (unsigned long long)whole);
	return true;
}

/* It may be of an earlier version: what a server's start would make of it is made here. */
static bool
take_copy(struct restoring *r, const char *path)
{
	struct stat st;
	AUTO_CLOSE int source = open(r->from, O_RDONLY | O_CLOEXEC);
	if (source < 0 || fstat(source, &st) != 0)
		return err_sys(r->err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "open '%s'", r->from);
	if (S_ISDIR(st.st_mode))
		return err_set(r->err, ERR_INVALID,
		    "'%s' is a folder: name the file that 'firstline backup' wrote",
		    r->from);
	AUTO_CLOSE int copy =
	    openat(r->part.fd, BACKUP_STORE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (copy < 0)
		return err_sys(r->err, ERR_IO, "make '%s'", path);
	if (!copy_bytes(r, source, copy) || !is_backup(r, copy))
		return false;
	char at[PATH_MAX];
	if (realpath(path, at) == NULL)
		return err_sys(r->err, ERR_IO, "find '%s'", path);
	if (!store_upgrade(at, r->err) || !backup_whole(at, r->key, &r->verdict, r->err)) {
		backup_name(r->err, at, r->from);
		return false;
	}
	return fsync(copy) == 0 || err_sys(r->err, ERR_IO, "write '%s'", path);
}

/* ---- what it says ---- */

/* It may have begun after the backup was made: a claim that nobody works on says so, and
 * hands reads it as it reads every other. */
static bool
doubt(void *context, const struct stored_row *stored)
{
	struct restoring *r = context;
	struct arena scratch = r->arena;
	struct attempt_row row;
	struct claimed claimed;
	r->ok = record_decode_all(&attempt_row_type, stored->body, &scratch, &row, r->err);
	if (!r->ok)
		return false;
	struct attempt_order order = { .attempt = row.id,
		.incident = row.incident,
		.epoch = row.epoch,
		.action = row.action,
		.service = row.service,
		.target = row.target };
	r->ok = claim_make(r->attempts_fd, &order, &claimed, r->err);
	if (!r->ok)
		return false;
	fd_close(&claimed.dir_fd);
	fd_close(&claimed.lock_fd);
	fd_close(&claimed.look_fd);
	r->doubtful++;
	return true;
}

static bool
take_last(void *context, const struct stored_entry *stored)
{
	struct restoring *r = context;
	struct arena scratch = r->arena;
	struct entry entry;
	r->ok = entry_decode(stored->bytes, &scratch, &entry, r->err);
	if (r->ok && entry.step_n > 0)
		r->wall = entry.step[entry.step_n - 1].event.wall;
	return r->ok;
}

/* When it ends, and what was open then. */
static bool
look(struct restoring *r)
{
	struct store *store;
	if (!store_open_readonly(STORE_DEFAULT, r->part.path, &store, r->err))
		return false;
	struct row_query query = { .table = TABLE_ATTEMPT,
		.open_only = true,
		.limit = STORE_ROWS_MAX };
	uint64_t seq;
	r->ok = true;
	bool ok =
	    r->verdict.entries == 0 ||
	    (store_entries(store, r->verdict.entries, 1, take_last, r, r->err) && r->ok);
	/* Attempts that are open are bounded far below a page by what may run at once. */
	ok = ok && store_rows(store, &query, doubt, r, &seq, r->err) && r->ok;
	store_close(store);
	return ok;
}

/* "from a backup of 2026-11-28T19:40:00.000Z, which ends with entry 4711" */
static bool
mark(const struct restoring *r)
{
	struct buf text = BUF(200);
	buf_add(&text, STR("from a backup "));
	if (r->wall > 0) {
		buf_add(&text, STR("of "));
		buf_time(&text, r->wall);
		buf_printf(&text, ", which ends with entry %llu\n",
		    (unsigned long long)r->verdict.entries);
	} else {
		buf_add(&text, STR("that has no entry\n"));
	}
	bool ok =
	    file_write_durable(r->part.fd, ENGINE_RESTORED, buf_str(&text), 0600, r->err);
	buf_done(&text);
	return ok;
}

static bool
fill(struct restoring *r)
{
	const char *path = arena_cstr(&r->arena,
	    arena_printf(&r->arena, "%s/" BACKUP_STORE, r->part.path));
	if (!take_copy(r, path))
		return false;
	if (mkdirat(r->part.fd, ATTEMPTS, 0700) != 0)
		return err_sys(r->err, ERR_IO, "make '%s/" ATTEMPTS "'", r->part.path);
	AUTO_CLOSE int attempts_fd =
	    openat(r->part.fd, ATTEMPTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->attempts_fd = attempts_fd;
	if (attempts_fd < 0)
		return err_sys(r->err, ERR_IO, "open '%s/" ATTEMPTS "'", r->part.path);
	return look(r) && folder_sync(attempts_fd, r->err) && mark(r) &&
	       folder_sync(r->part.fd, r->err);
}

/* ---- the folder ---- */

/* Is there nothing in it, but what a new volume has and what a restore that was killed here
 * left? That one had not moved the store, and its part is still there. */
static bool
is_empty(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	if (dir == NULL) {
		fd_close(&own);
		return false;
	}
	static const char *const moved[] = { ENGINE_RESTORED, ATTEMPTS };
	bool begun = faccessat(fd, ENGINE_RESTORING, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	bool none = true;
	for (struct dirent *entry; none && (entry = readdir(dir)) != NULL;) {
		const char *name = entry->d_name;
		none = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		       strcmp(name, ENGINE_RESTORING) == 0 ||
		       strcmp(name, "lost+found") == 0;
		for (size_t i = 0; begun && i < countof(moved); i++)
			none = none || strcmp(name, moved[i]) == 0;
	}
	(void)closedir(dir);
	return none;
}

static bool
not_empty(const struct restoring *r)
{
	return err_set(r->err, ERR_INVALID,
	    "'%s' is not an empty folder to restore into: name one that is empty or not "
	    "there",
	    r->state);
}

static bool
move(const struct restoring *r, const char *name)
{
	/* Not over a store: a server may have been started there meanwhile. */
	return (file_rename_new(r->part.fd, name, r->state_fd, name) ||
		   err_sys(r->err, ERR_IO, "move '%s' into '%s'", name, r->state)) &&
	       folder_sync(r->state_fd, r->err);
}

/* Killed within, it leaves a folder without a store, and the mark that stops whatever begins
 * there; the next restore goes on from it. */
static bool
move_all(const struct restoring *r)
{
	if (!is_empty(r->state_fd))
		return not_empty(r);
	if (!part_remove_all(r->state_fd, ENGINE_RESTORED, r->err) ||
	    !part_remove_all(r->state_fd, ATTEMPTS, r->err))
		return false;
	CRASH_POINT("restore-filled");
	if (!move(r, ENGINE_RESTORED))
		return false;
	CRASH_POINT("restore-marked");
	if (!move(r, ATTEMPTS))
		return false;
	CRASH_POINT("restore-attempts");
	if (!move(r, BACKUP_STORE))
		return false;
	CRASH_POINT("restore-named");
	return true;
}

static bool
rename_all(struct restoring *r)
{
	CRASH_POINT("restore-filled");
	/* Onto an empty folder is fine; onto one that holds something it fails. */
	if (rename(r->part.path, r->state) != 0)
		return errno == ENOTEMPTY || errno == EEXIST
		           ? not_empty(r)
		           : err_sys(r->err, ERR_IO, "make '%s'", r->state);
	CRASH_POINT("restore-named");
	AUTO_CLOSE int above = backup_folder(r->state, r->err);
	return above >= 0 && folder_sync(above, r->err);
}

static bool
restore_in(struct restoring *r)
{
	bool inside = r->state_fd >= 0;
	if (inside && !is_empty(r->state_fd))
		return not_empty(r);
	if (!part_take(r->state, inside ? "/" ENGINE_RESTORING : ".part", &r->part, r->err))
		return false;
	bool ok = fill(r);
	if (ok && inside)
		ok = part_give(&r->part, r->state_fd, r->err) && move_all(r);
	else if (ok)
		ok = rename_all(r);
	if (ok && !inside)
		part_keep(&r->part);
	else
		part_drop(&r->part);
	return ok;
}

/* ---- the command ---- */

/* As a shell reads it back. */
static void
put_word(struct buf *out, str word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+:@%=,-";
	bool quoted = word.n == 0;
	for (size_t i = 0; i < word.n; i++)
		quoted = quoted || strchr(plain, word.p[i]) == NULL;
	if (!quoted) {
		buf_add(out, word);
		return;
	}
	buf_char(out, '\'');
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] == '\'')
			buf_add(out, STR("'\\''"));
		else
			buf_char(out, word.p[i]);
	}
	buf_char(out, '\'');
}

static int
restored(const struct restoring *r, bool json)
{
	struct buf state = BUF(4 * PATH_MAX + 3);
	int code = backup_print("restored into", r->state, &r->verdict, json);
	put_word(&state, str_of(r->state));
	say("%u %s open then and now in doubt. Nothing is done until a person says so:\n"
	    "  firstline serve --config DIR --state %.*s\n"
	    "  firstline status --state %.*s\n"
	    "  firstline resume --state %.*s\n"
	    "Tokens, sessions and passwords are those of the backup: revoke again what was "
	    "revoked since.",
	    r->doubtful, r->doubtful == 1 ? "attempt was" : "attempts were",
	    STR_ARG(buf_str(&state)), STR_ARG(buf_str(&state)), STR_ARG(buf_str(&state)));
	buf_done(&state);
	return code;
}

static int
restore(const char *from, const char *state, const struct options *o)
{
	struct err err;
	struct arena_map map;
	struct restoring r = { .from = from,
		.state = state,
		.key = o->key,
		.arena = arena_map(&map, ARENA_BYTES),
		.err = &err };
	AUTO_CLOSE int state_fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r.state_fd = state_fd;
	bool ok = state_fd >= 0 || errno == ENOENT ||
	          err_sys(&err, ERR_IO, "open '%s', to restore into it", state);
	ok = ok && restore_in(&r);
	int code = ok ? restored(&r, o->json) : backup_failed(&err);
	arena_unmap(&map);
	return code;
}

static int
run_restore(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "key", .value = &o.key },
		{ .name = "json", .flag = &o.json },
	};
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc != 2) {
		complain("usage: firstline restore FILE --state DIR [--key FILE]");
		return EXIT_USAGE;
	}
	char state[PATH_MAX];
	str dir = str_of(client_state_dir(o.state));
	if (dir.n == 0 || dir.n >= sizeof(state)) {
		complain("restore needs --state DIR: the folder to make");
		return EXIT_USAGE;
	}
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	(void)snprintf(state, sizeof(state), "%.*s", STR_ARG(dir));
	return restore(argv[1], state, &o);
}

const struct command_line command_restore = {
	.name = "restore",
	.summary = "make a state folder of a backup; nothing is done until you resume",
	.help =
	    "  firstline restore /backup/firstline-2026-11-28.db --state firstline-state\n"
	    "\n"
	    "Makes a new state folder of a backup, here or on another machine, after "
	    "walking\n"
	    "its chain. The server that starts with it tells people, and does nothing: "
	    "the\n"
	    "world went on after the backup, and what was done then is not known to it. "
	    "What\n"
	    "was open is in doubt. 'firstline resume' lets it act again.\n"
	    "\n"
	    "  --state DIR    the folder to make: not there, or empty (default\n"
	    "                 $FIRSTLINE_STATE, ./firstline-state)\n"
	    "  --key FILE     what 'firstline journal checkpoint --key' said there: where "
	    "old\n"
	    "                 entries were let go of, that key must have signed it\n"
	    "  --json         its file, entries and the chain's head\n",
	.run = run_restore,
};
