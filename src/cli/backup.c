/*
 * backup: a copy of the store as of one moment. It is a store by itself, one file, whose chain
 * is walked before it gets its name.
 */
#include "cli/backup.h"

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
#include "cli/part.h"
#include "facts/row.h"
#include "os/crash.h"
#include "os/fd.h"
#include "os/file.h"
#include "store/checkpoint.h"

#define ARENA_BYTES ((size_t)1 << 30) /* address space; touched as it is used */
#define CONTROL_ROW 1                 /* its number */

struct options {
	const char *state, *store;
	bool json;
};

int
backup_failed(const struct err *err)
{
	complain("%s", err->text);
	return err->kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
}

int
backup_folder(const char *path, struct err *err)
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

static bool
missing(struct err *err, const char *path, const char *what)
{
	return err_set(err, ERR_CORRUPT,
	    "'%s' is damaged: %s is missing, without which no server starts", path, what);
}

/* What a server begins with: written with each step, so that it is there with any entry. Before
 * the first configuration was adopted it names none. */
static bool
begins(struct store *store, const char *path, struct arena *arena, struct err *err)
{
	struct stored_row stored;
	struct control_row control;
	str bundle;
	if (!store_row(store, TABLE_CONTROL, CONTROL_ROW, arena, &stored, err))
		return err->kind == ERR_NOT_FOUND
		           ? missing(err, path, "the row of its counters")
		           : false;
	if (!record_decode_all(&control_row_type, stored.body, arena, &control, err))
		return false;
	if (hash32_zero(&control.config) ||
	    store_bundle_get(store, &control.config, arena, &bundle, err))
		return true;
	return err->kind == ERR_NOT_FOUND
	           ? missing(err, path, "the configuration that was in force")
	           : false;
}

static bool
whole(struct store *store, const char *path, const char *key, struct store_verdict *ret,
    struct err *err)
{
	struct base_verdict base;
	struct arena_map map;
	if (!store_verify(store, ret, err))
		return false;
	if (!ret->ok)
		return err_set(err, ERR_CORRUPT, "'%s' is damaged: %s", path, ret->text);
	if (!journal_base(store, NULL, key, &base, err))
		return false;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	bool ok = ret->entries == 0 || begins(store, path, &arena, err);
	arena_unmap(&map);
	return ok;
}

bool
backup_whole(const char *path, const char *key, struct store_verdict *ret, struct err *err)
{
	char url[PATH_MAX + 16];
	struct store *store;
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	if (!store_open_readonly(url, "/", &store, err))
		return false;
	bool ok = whole(store, path, key, ret, err);
	store_close(store);
	return ok;
}

void
backup_name(struct err *err, const char *was, const char *name)
{
	struct buf text = BUF(2 * PATH_MAX);
	const char *from = err->text;
	for (const char *at; (at = strstr(from, was)) != NULL; from = at + strlen(was)) {
		buf_add(&text, (str){ from, (size_t)(at - from) });
		buf_add(&text, str_of(name));
	}
	buf_add(&text, str_of(from));
	(void)snprintf(err->text, sizeof(err->text), "%.*s", STR_ARG(buf_str(&text)));
	buf_done(&text);
}

int
backup_print(const char *what, const char *path, const struct store_verdict *v, bool json)
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
	return out_flush(true);
}

/* ---- backup ---- */

struct making {
	struct store *store;
	const char *state, *path;
	struct part part;
	struct store_verdict verdict;
	struct err *err;
};

/* What is wrong with a copy is wrong with what it is of, and by now the copy has gone. */
static bool
not_made(const struct making *m, const char *copy)
{
	static const char damaged[] = "'" BACKUP_STORE "' is damaged: ";
	struct err was = *m->err;
	if (was.kind != ERR_CORRUPT) {
		backup_name(m->err, copy, m->path);
		return false;
	}
	backup_name(&was, copy, BACKUP_STORE);
	str why = str_of(was.text);
	if (str_starts(why, STR(damaged)))
		why = str_drop(why, strlen(damaged));
	return err_set(m->err, ERR_CORRUPT,
	    "no backup was made: the store in '%s' is damaged: %.*s, see 'firstline "
	    "journal verify'",
	    m->state, STR_ARG(why));
}

static bool
is_there(const struct making *m)
{
	return err_set(m->err, ERR_INVALID,
	    "'%s' is there already: name another file, or remove it", m->path);
}

/* Written in a folder beside it, looked at, and only then given its name. */
static bool
fill(struct making *m)
{
	/* From the root on: SQLite takes the name of a folder such as 'file:x' for a URI. */
	char folder[PATH_MAX], copy[PATH_MAX];
	struct stat st;
	if (realpath(m->part.path, folder) == NULL)
		return err_sys(m->err, ERR_IO, "find '%s'", m->part.path);
	int n = snprintf(copy, sizeof(copy), "%s/" BACKUP_STORE, folder);
	if (n < 0 || (size_t)n >= sizeof(copy))
		return err_set(m->err, ERR_INVALID, "the path is too long");
	if (lstat(m->path, &st) == 0)
		return is_there(m);
	if (!store_copy(m->store, copy, m->err))
		return not_made(m, copy);
	CRASH_POINT("backup-copied");
	AUTO_CLOSE int above = backup_folder(m->path, m->err);
	if (above < 0)
		return false;
	if (!backup_whole(copy, NULL, &m->verdict, m->err))
		return not_made(m, copy);
	AUTO_CLOSE int fd = open(copy, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fsync(fd) == 0 &&
	    file_rename_new(m->part.fd, BACKUP_STORE, AT_FDCWD, m->path))
		return folder_sync(above, m->err);
	return errno == EEXIST ? is_there(m)
	                       : err_sys(m->err, ERR_IO, "write '%s'", m->path);
}

static bool
backup_write(struct making *m)
{
	if (!part_take(m->path, ".part", &m->part, m->err))
		return false;
	bool ok = fill(m);
	part_drop(&m->part);
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
	struct err err;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc != 2) {
		complain("usage: firstline backup FILE [--state DIR]");
		return EXIT_USAGE;
	}
	struct making m = { .state = client_state_dir(o.state),
		.path = argv[1],
		.err = &err };
	if (!store_open_readonly(o.store != NULL ? o.store : STORE_DEFAULT, m.state,
		&m.store, &err))
		return backup_failed(&err);
	bool ok = backup_write(&m);
	store_close(m.store);
	return ok ? backup_print("backed up to", m.path, &m.verdict, o.json)
	          : backup_failed(&err);
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
