/*
 * backup, restore: a copy of the store as of one moment, and a state folder made of one.
 *
 * A backup is a store by itself: one file, whose chain is walked before it gets its name. A
 * restored server does nothing until a person resumes, and each attempt that was open is in
 * doubt: what became of it after the backup is not known to it.
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

#include "cli/client.h"
#include "cli/journal.h"
#include "cli/output.h"
#include "engine/engine.h"
#include "facts/effect.h"
#include "hands/claim.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"
#include "store/checkpoint.h"

#define STORE_FILE "firstline.db" /* of STORE_DEFAULT */
#define ARENA_BYTES ((size_t)64 << 20)

struct options {
	const char *state, *store, *key;
	bool json;
};

static int
failed(const struct err *err)
{
	complain("%s", err->text);
	return err->kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
}

/* The folder that a path is in, open. */
static int
folder_of(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	(void)snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		(void)snprintf(folder, sizeof(folder), ".");
	else
		slash[slash == folder] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		(void)err_sys(err, ERR_IO, "open '%s'", folder);
	return fd;
}

/* Is the file at this absolute path a whole store? Where it begins behind entries that were
 * let go of, that must be signed; by whom is checked with a key alone. */
static bool
whole(const char *path, const char *key, struct store_verdict *ret, struct err *err)
{
	struct base_verdict base;
	char url[PATH_MAX + 16];
	struct store *store;
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	if (!store_open_readonly(url, "/", &store, err))
		return false;
	bool ok = store_verify(store, ret, err) &&
	          (ret->ok ||
		      err_set(err, ERR_CORRUPT, "'%s' is damaged: %s", path, ret->text)) &&
	          journal_base(store, NULL, key, &base, err);
	store_close(store);
	return ok;
}

static void
print_made(const char *what, const char *path, const struct store_verdict *v, bool json)
{
	struct buf head = BUF(80), text = BUF(2 * PATH_MAX);
	buf_hex(&head, (str){ (const char *)v->head.b, json ? sizeof(v->head.b) : 8 });
	if (json) {
		buf_printf(&text, "{\"file\":");
		json_put_string(&text, str_of(path));
		buf_printf(&text, ",\"entries\":%llu,\"head\":\"%.*s\"}",
		    (unsigned long long)v->entries, STR_ARG(buf_str(&head)));
		(void)client_print_json(buf_str(&text));
	} else {
		printf("%s %s: %llu %s, the chain is whole, head %.*s...\n", what, path,
		    (unsigned long long)v->entries, v->entries == 1 ? "entry" : "entries",
		    STR_ARG(buf_str(&head)));
	}
	buf_done(&text);
	buf_done(&head);
}

/* ---- backup ---- */

/* Written beside it, looked at, and only then given its name. */
static bool
backup_write(struct store *store, const char *path, struct store_verdict *ret,
    struct err *err)
{
	char part[PATH_MAX], at[PATH_MAX];
	int n = snprintf(part, sizeof(part), "%s.part", path);
	if (n < 0 || (size_t)n >= sizeof(part))
		return err_set(err, ERR_INVALID, "the path is too long");
	if (access(path, F_OK) == 0)
		return err_set(err, ERR_INVALID,
		    "'%s' is there already: name another file, or remove it", path);
	if (!store_copy(store, part, err))
		return false;
	AUTO_CLOSE int folder = folder_of(path, err);
	AUTO_CLOSE int fd = open(part, O_RDONLY | O_CLOEXEC);
	bool ok = folder >= 0 && realpath(part, at) != NULL && whole(at, NULL, ret, err);
	if (ok && (fd < 0 || fsync(fd) != 0 || rename(part, path) != 0))
		ok = err_sys(err, ERR_IO, "write '%s'", path);
	ok = ok && folder_sync(folder, err);
	if (!ok)
		(void)unlink(part);
	return ok;
}

static int
run_backup(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "store", .value = &o.store },
		{ .name = "json", .flag = &o.json },
	};
	struct store *store;
	struct store_verdict verdict;
	struct err err;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc != 2) {
		complain("usage: firstline backup FILE [--state DIR]");
		return EXIT_USAGE;
	}
	if (!store_open_readonly(o.store != NULL ? o.store : STORE_DEFAULT,
		client_state_dir(o.state), &store, &err))
		return failed(&err);
	bool ok = backup_write(store, argv[1], &verdict, &err);
	store_close(store);
	if (!ok)
		return failed(&err);
	print_made("backed up to", argv[1], &verdict, o.json);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

const struct command_line command_backup = {
	.name = "backup",
	.summary = "copy the store, beside a live server, into one file",
	.help =
	    "  firstline backup /backup/firstline-$(date +%F).db\n"
	    "\n"
	    "Everything that Firstline knows as of one moment: journal, tables and the\n"
	    "configurations that it judged by. The copy is whole: its chain is walked "
	    "before\n"
	    "it gets its name. It holds what people wrote, and no secret of a channel.\n"
	    "'firstline restore' makes a server of it.\n"
	    "\n"
	    "  --state DIR    the server's state folder (default $FIRSTLINE_STATE,\n"
	    "                 ./firstline-state)\n"
	    "  --store URL    as serve has it (default " STORE_DEFAULT ")\n"
	    "  --json         its file, entries and the chain's head\n",
	.run = run_backup,
};

/* ---- restore ---- */

struct restoring {
	int attempts_fd;
	struct arena arena;
	uint32_t doubtful;
	bool ok;
	struct err *err;
};

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
doubt_all(struct restoring *r, const char *state)
{
	struct store *store;
	if (!store_open_readonly(STORE_DEFAULT, state, &store, r->err))
		return false;
	struct row_query query = { .table = TABLE_ATTEMPT,
		.open_only = true,
		.limit = STORE_ROWS_MAX };
	uint64_t seq;
	r->ok = true;
	/* Attempts that are open are bounded far below a page by what may run at once. */
	bool ok = store_rows(store, &query, doubt, r, &seq, r->err) && r->ok;
	store_close(store);
	return ok;
}

static bool
copy_bytes(int from, int to, const char *name, struct err *err)
{
	static char bytes[1 << 16];
	ssize_t n;
	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		if (write(to, bytes, (size_t)n) != n)
			return err_sys(err, ERR_IO, "write '%s'", name);
	}
	if (n < 0 || fsync(to) != 0)
		return err_sys(err, ERR_IO, "copy '%s'", name);
	return true;
}

/* The store of a server has its newest in a log beside it, and by itself is a whole chain
 * that ends too soon: SQLite's header says whether there may be such a log. */
static bool
is_backup(int copy, const char *from, struct err *err)
{
	unsigned char version[2] = { 0 }; /* to write it, to read it; 2: with a log */
	if (pread(copy, version, sizeof(version), 18) < 0)
		return err_sys(err, ERR_IO, "read '%s'", from);
	if (version[0] != 2 && version[1] != 2)
		return true;
	return err_set(err, ERR_INVALID,
	    "'%s' is the store of a server and no backup: its newest entries stand beside "
	    "it. "
	    "'firstline backup FILE --state DIR' makes one of the folder that it is in",
	    from);
}

/* "from a backup of 2026-11-28T19:40:00.000Z, which ends with entry 4711" */
static bool
mark(int state_fd, const char *from, const struct store_verdict *verdict, struct err *err)
{
	struct stat st;
	if (stat(from, &st) != 0)
		return err_sys(err, ERR_IO, "stat '%s'", from);
	struct buf text = BUF(200);
	buf_add(&text, STR("from a backup of "));
	buf_time(&text, (msec)st.st_mtim.tv_sec * SECOND);
	buf_printf(&text, ", which ends with entry %llu\n",
	    (unsigned long long)verdict->entries);
	bool ok = file_write_durable(state_fd, ENGINE_RESTORED, buf_str(&text), 0600, err);
	buf_done(&text);
	return ok;
}

/* Into a folder under another name, which becomes the state folder when it is complete. */
static bool
restore_into(const char *from, const char *key, const char *folder, struct restoring *r,
    struct store_verdict *ret)
{
	struct err *err = r->err;
	const char *path =
	    arena_cstr(&r->arena, arena_printf(&r->arena, "%s/" STORE_FILE, folder));
	const char *attempts =
	    arena_cstr(&r->arena, arena_printf(&r->arena, "%s/attempts", folder));
	AUTO_CLOSE int state_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int source = open(from, O_RDONLY | O_CLOEXEC);
	if (source < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "open '%s'",
		    from);
	AUTO_CLOSE int copy =
	    openat(state_fd, STORE_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (state_fd < 0 || copy < 0)
		return err_sys(err, ERR_IO, "make '%s'", path);
	char at[PATH_MAX];
	if (!copy_bytes(source, copy, path, err) || !is_backup(copy, from, err))
		return false;
	if (realpath(path, at) == NULL)
		return err_sys(err, ERR_IO, "find '%s'", path);
	if (!whole(at, key, ret, err) || !folder_make(attempts, 0700, err))
		return false;
	AUTO_CLOSE int attempts_fd = open(attempts, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->attempts_fd = attempts_fd;
	if (attempts_fd < 0)
		return err_sys(err, ERR_IO, "open '%s'", attempts);
	return doubt_all(r, folder) && folder_sync(attempts_fd, err) &&
	       mark(state_fd, from, ret, err) && folder_sync(state_fd, err);
}

static void
remove_all(const char *folder)
{
	struct err err;
	static const char *const files[] = { STORE_FILE, ENGINE_RESTORED };
	AUTO_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int attempts = openat(fd, "attempts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = attempts < 0 ? NULL : fdopendir(attempts);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !claim_remove_hidden(attempts, entry->d_name, &err))
			complain("%s", err.text);
	}
	if (dir != NULL)
		(void)closedir(dir);
	for (size_t i = 0; i < countof(files); i++)
		(void)unlinkat(fd, files[i], 0);
	(void)unlinkat(fd, "attempts", AT_REMOVEDIR);
	(void)rmdir(folder);
}

static int
restore(const char *from, const char *state, const struct options *o)
{
	struct err err;
	struct arena_map map;
	struct store_verdict verdict;
	struct restoring r = { .arena = arena_map(&map, ARENA_BYTES), .err = &err };
	const char *part = arena_cstr(&r.arena, arena_printf(&r.arena, "%s.part", state));
	if (mkdir(part, 0700) != 0) {
		complain("cannot make '%s': %s", part, strerror(errno));
		return EXIT_FAILED;
	}
	bool ok = restore_into(from, o->key, part, &r, &verdict);
	/* Renaming onto an empty folder is fine; onto one that holds something it fails. */
	if (ok && rename(part, state) != 0)
		ok = err_sys(&err, ERR_IO, "'%s' is not an empty folder to restore into",
		    state);
	AUTO_CLOSE int above = ok ? folder_of(state, &err) : -1;
	ok = ok && above >= 0 && folder_sync(above, &err);
	if (!ok) {
		int code = failed(&err);
		remove_all(part);
		return code;
	}
	arena_unmap(&map);
	print_made("restored into", state, &verdict, o->json);
	say("%u %s open then and now in doubt. Nothing is done until a person says so:\n"
	    "  firstline serve --config DIR --state %s\n"
	    "  firstline status\n"
	    "  firstline resume",
	    r.doubtful, r.doubtful == 1 ? "attempt was" : "attempts were", state);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
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
