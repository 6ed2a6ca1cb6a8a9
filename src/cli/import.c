/*
 * import -- runbooks that people wrote elsewhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "model/import.h"
#include "node/git.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"

#define FILES_MAX 1024
#define DEPTH_MAX 8
#define PATH_BYTES_MAX 4096
#define FILE_BYTES_MAX (256u << 10)   /* read at all; longer ones are no runbooks */
#define ARENA_BYTES ((size_t)4 << 30) /* of address space */
#define FILE_COLUMNS 44

struct row {
	str path;
	str name; /* of the runbook */
	struct imported got;
	bool ok;
	str fault; /* !ok */
	uint64_t age_days;
	bool by_git;
	str written; /* empty: nowhere */
};

struct import {
	struct arena *arena;
	const char *out; /* NULL: only graded */
	bool json;
	struct row *rows;
	size_t n;
	int code;
};

/* ---- which files ---- */

static void
note(struct import *im, int code, const char *path, const char *text)
{
	complain("%s: %s", path, text);
	if (im->code == EXIT_OK)
		im->code = code;
}

static void
add_file(struct import *im, const char *path)
{
	if (im->n == FILES_MAX) {
		if (im->code == EXIT_OK)
			note(im, EXIT_FAILED, path,
			    "more than 1,024 files: the rest is left out");
		return;
	}
	im->rows[im->n++] = (struct row){ .path = arena_str(im->arena, str_of(path)) };
}

/* In a folder: Markdown that is no index. */
static bool
is_runbook(const char *name)
{
	str s = str_of(name);
	return (str_ends(s, STR(".md")) || str_ends(s, STR(".markdown"))) &&
	       name[0] != '.' && name[0] != '_' && !str_eq_caseless(s, STR("README.md")) &&
	       !str_eq_caseless(s, STR("index.md"));
}

static void add_path(struct import *im, const char *path, unsigned depth, bool named);

static int
compare_names(const void *a, const void *b)
{
	const str *x = a, *y = b;
	return str_cmp(*x, *y);
}

/* Its entries, by name; those beyond FILES_MAX are left out and told. */
static size_t
list_folder(struct import *im, DIR *dir, const char *path, str *ret)
{
	size_t n = 0;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		if (n == FILES_MAX) {
			note(im, EXIT_FAILED, path, "it has too many entries");
			break;
		}
		ret[n++] = arena_str(im->arena, str_of(entry->d_name));
	}
	qsort(ret, n, sizeof(*ret), compare_names);
	return n;
}

static void
add_folder(struct import *im, const char *path, unsigned depth)
{
	DIR *dir = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (dir == NULL) {
		note(im, EXIT_FAILED, path,
		    depth < DEPTH_MAX ? strerror(errno) : "folders too deep");
		return;
	}
	str *names = arena_new(im->arena, str, FILES_MAX);
	size_t n = list_folder(im, dir, path, names);
	(void)closedir(dir);
	for (size_t i = 0; i < n; i++) {
		char below[PATH_BYTES_MAX];
		int len =
		    snprintf(below, sizeof(below), "%s/%.*s", path, STR_ARG(names[i]));
		if (len > 0 && (size_t)len < sizeof(below))
			add_path(im, below, depth + 1, false);
	}
}

static void
add_path(struct import *im, const char *path, unsigned depth, bool named)
{
	struct stat st;
	if ((named ? stat(path, &st) : lstat(path, &st)) < 0)
		note(im, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED, path,
		    strerror(errno));
	else if (S_ISDIR(st.st_mode))
		add_folder(im, path, depth);
	else if (named || (S_ISREG(st.st_mode) && is_runbook(strrchr(path, '/') + 1)))
		add_file(im, path);
}

/* ---- one file ---- */

/* When it was last changed: by its commit, else by the file's own time. */
static void
find_age(struct import *im, const char *path, struct row *row)
{
	char folder[PATH_BYTES_MAX];
	const char *slash = strrchr(path, '/');
	(void)snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - path) : 1, slash != NULL ? path : ".");
	const char *const argv[] = { "git", "-C", folder[0] != '\0' ? folder : "/", "log",
		"-1", "--format=%ct", "--", slash != NULL ? slash + 1 : path, NULL };
	struct buf text = BUF(64);
	struct err err;
	struct stat st;
	uint64_t seconds = 0;
	row->by_git = git_output(argv, &text, &err) &&
	              str_u64(str_trim(buf_str(&text)), UINT32_MAX, &seconds);
	buf_done(&text);
	if (!row->by_git && stat(path, &st) == 0 && st.st_mtime > 0)
		seconds = (uint64_t)st.st_mtime;
	uint64_t now = clock_wall() / 1000;
	row->age_days = now > seconds ? (now - seconds) / 86400 : 0;
	(void)im;
}

static bool
name_taken(const struct import *im, str name, const struct row *but)
{
	for (size_t i = 0; i < im->n; i++) {
		if (&im->rows[i] != but && str_eq(im->rows[i].name, name))
			return true;
	}
	return false;
}

/* "node-disk-full", "node-disk-full-2", ... */
static str
free_name(struct import *im, const struct row *row)
{
	str first = import_name(row->path, im->arena);
	str name = first;
	for (unsigned i = 2; name_taken(im, name, row); i++)
		name = arena_printf(im->arena, "%.*s-%u", STR_ARG(first), i);
	return name;
}

/* Never over what is there. */
static bool
write_new(const char *path, str text, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_BUSY, "'%s' is already there: it is left as it is",
		    path);
	if (fd < 0)
		return err_sys(err, ERR_IO, "create '%s'", path);
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "write '%s'", path);
		text = str_drop(text, (size_t)n);
	}
	return true;
}

static void
write_row(struct import *im, struct row *row, const char *path)
{
	char to[PATH_BYTES_MAX];
	struct err err;
	int n = snprintf(to, sizeof(to), "%s/%.*s.md", im->out, STR_ARG(row->name));
	if (n < 0 || (size_t)n >= sizeof(to))
		note(im, EXIT_FAILED, path, "the folder's name is too long");
	else if (write_new(to, row->got.text, &err))
		row->written = arena_str(im->arena, str_of(to));
	else
		note(im, err.kind == ERR_BUSY ? EXIT_CONFLICT : EXIT_FAILED, path,
		    err.text);
}

static void
import_one(struct import *im, struct row *row)
{
	const char *path = arena_cstr(im->arena, row->path);
	struct err err;
	str bytes;
	row->name = free_name(im, row);
	row->ok = file_read(im->arena, path, FILE_BYTES_MAX, &bytes, &err) &&
	          import_runbook(bytes, row->path, row->name, im->arena, &row->got, &err);
	if (!row->ok) {
		row->fault = arena_str(im->arena, str_of(err.text));
		note(im, EXIT_FAILED, path, err.text);
		return;
	}
	find_age(im, path, row);
	if (im->out != NULL)
		write_row(im, row, path);
}

/* ---- what is shown ---- */

static const char *
level_text(enum import_level level)
{
	return level == IMPORT_COMMANDS ? "cmd" : level == IMPORT_WORDS ? "words" : "-";
}

static str
short_path(struct arena *arena, str path)
{
	if (path.n <= FILE_COLUMNS)
		return path;
	size_t drop = path.n - FILE_COLUMNS + 3;
	while (drop < path.n && ((unsigned char)path.p[drop] & 0xc0) == 0x80)
		drop++;
	str end = str_drop(path, drop);
	return arena_printf(arena, "...%.*s", STR_ARG(end));
}

static void
put_row(struct out *out, struct import *im, const struct row *row)
{
	str path = short_path(im->arena, row->path);
	out_text(out, path);
	for (size_t i = text_columns(path); i < FILE_COLUMNS + 1; i++)
		out_printf(out, " ");
	if (!row->ok) {
		out_printf(out, "not imported\n");
		return;
	}
	for (size_t i = 0; i < IMPORT_ASPECTS; i++)
		out_printf(out, i == IMPORT_OWNER ? "%-6s" : "%-7s",
		    i == IMPORT_OWNER && row->got.levels[i] == IMPORT_WORDS
			? "yes"
			: level_text(row->got.levels[i]));
	out_printf(out, "%5llud%s %u/%d  ", (unsigned long long)row->age_days,
	    row->by_git ? " " : "*", row->got.grade, IMPORT_ASPECTS);
	out_text(out, row->got.alert.n > 0 ? row->got.alert : STR("?"));
	out_printf(out, "\n");
}

static void
put_sum(struct out *out, const struct import *im)
{
	size_t done = 0, alerts = 0, by_file = 0, aspects[IMPORT_ASPECTS] = { 0 };
	size_t grades[IMPORT_ASPECTS + 1] = { 0 };
	for (size_t i = 0; i < im->n; i++) {
		const struct row *row = &im->rows[i];
		if (!row->ok)
			continue;
		done++;
		alerts += row->got.alert.n > 0;
		by_file += !row->by_git;
		grades[row->got.grade]++;
		for (size_t k = 0; k < IMPORT_ASPECTS; k++)
			aspects[k] += row->got.levels[k] != IMPORT_NOTHING;
	}
	out_printf(out, "\n%zu of %zu read. With", done, im->n);
	for (size_t k = 0; k < IMPORT_ASPECTS; k++)
		out_printf(out, "%s %s %zu", k > 0 ? "," : "",
		    import_aspect_name((enum import_aspect)k), aspects[k]);
	out_printf(out, ". An alert was guessed for %zu.\nGrades:", alerts);
	for (size_t k = 0; k <= IMPORT_ASPECTS; k++)
		out_printf(out, "%s %zu/%d %zu", k > 0 ? "," : "", k, IMPORT_ASPECTS,
		    grades[k]);
	out_printf(out, "\n");
	if (by_file > 0)
		out_printf(out, "* by the file's own time: Git does not know it\n");
}

static int
show_table(struct import *im)
{
	struct out out = out_begin(im->arena);
	out_printf(&out,
	    "%-*s owner check  action verify undo   handoff   age grade alert\n",
	    FILE_COLUMNS, "file");
	for (size_t i = 0; i < im->n; i++)
		put_row(&out, im, &im->rows[i]);
	put_sum(&out, im);
	return out_end(&out);
}

static void
member(struct buf *text, const char *name, str value)
{
	buf_printf(text, ",\"%s\":", name);
	json_put_string(text, value);
}

static void
put_commands(struct buf *text, const struct imported *got)
{
	buf_add(text, STR(",\"commands\":["));
	for (size_t i = 0; i < got->commands_n; i++) {
		const struct import_command *command = &got->commands[i];
		buf_printf(text, "%s{\"line\":%u,\"kind\":\"%s\"", i > 0 ? "," : "",
		    command->line,
		    command->query     ? "query"
		    : command->changes ? "change"
				       : "look");
		member(text, "heading", command->heading);
		member(text, "text", command->text);
		buf_char(text, '}');
	}
	buf_char(text, ']');
}

static void
put_json(struct buf *text, const struct row *row)
{
	static const char *const levels[] = { "", "no", "words", "commands" };
	buf_add(text, STR("{\"file\":"));
	json_put_string(text, row->path);
	member(text, "runbook", row->name);
	if (!row->ok) {
		member(text, "error", row->fault);
		buf_char(text, '}');
		return;
	}
	member(text, "title", row->got.title);
	member(text, "alert", row->got.alert);
	member(text, "alert_from", str_of(import_from_name(row->got.alert_from)));
	member(text, "named_owner", row->got.owner);
	for (size_t i = 0; i < IMPORT_ASPECTS; i++)
		member(text, import_aspect_name((enum import_aspect)i),
		    str_of(levels[row->got.levels[i]]));
	buf_printf(text, ",\"grade\":%u,\"of\":%d,\"age_days\":%llu,\"age_from\":\"%s\"",
	    row->got.grade, IMPORT_ASPECTS, (unsigned long long)row->age_days,
	    row->by_git ? "git" : "file");
	member(text, "written", row->written);
	put_commands(text, &row->got);
	buf_char(text, '}');
}

static int
show_json(struct import *im)
{
	struct out out = out_begin(im->arena);
	buf_char(&out.text, '[');
	for (size_t i = 0; i < im->n; i++) {
		if (i > 0)
			buf_add(&out.text, STR(",\n"));
		put_json(&out.text, &im->rows[i]);
	}
	buf_add(&out.text, STR("]\n"));
	return out_end(&out);
}

static void
say_what_next(const struct import *im)
{
	size_t written = 0;
	for (size_t i = 0; i < im->n; i++)
		written += im->rows[i].written.n > 0;
	if (im->out == NULL)
		say("Nothing was written: --out production/runbooks does it.");
	else
		say("Wrote %zu to %s. Next: firstline check on the folder above it.",
		    written, im->out);
}

static int
run(int argc, char **argv)
{
	struct import im = { .code = EXIT_OK };
	struct arena_map map;
	struct err err;
	const struct option_spec specs[] = {
		{ .name = "out", .value = &im.out },
		{ .name = "json", .flag = &im.json },
	};
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc < 2) {
		complain("name the files: firstline import runbook old/*.md");
		return EXIT_USAGE;
	}
	if (im.out != NULL && !folder_make(im.out, 0755, &err)) {
		complain("%s", err.text);
		return EXIT_FAILED;
	}
	struct arena arena = arena_map(&map, ARENA_BYTES);
	im.arena = &arena;
	im.rows = arena_new(&arena, struct row, FILES_MAX);
	for (int i = 1; i < argc; i++)
		add_path(&im, argv[i], 0, true);
	for (size_t i = 0; i < im.n; i++)
		import_one(&im, &im.rows[i]);
	int shown = im.json ? show_json(&im) : show_table(&im);
	if (!im.json)
		say_what_next(&im);
	arena_unmap(&map);
	return shown != EXIT_OK ? shown : im.code;
}

static const struct command_line import_runbook_command = {
	.name = "runbook",
	.summary = "Markdown runbooks that people wrote",
	.help =
	    "  firstline import runbook old/*.md --out production/runbooks\n"
	    "\n"
	    "Reads runbooks in Markdown, files or folders of them, and says what each has "
	    "and\n"
	    "what it leaves to whoever is on duty: an owner, a check, an action, a way to "
	    "verify\n"
	    "and to undo it, a handoff, and its age. 'cmd': there is a command or query "
	    "that\n"
	    "could become a step; 'words': a person can follow it; '-': nothing.\n"
	    "\n"
	    "With --out each becomes a runbook of Firstline's: its text is kept, its "
	    "commands\n"
	    "are listed behind it as proposals, and nothing of it runs by itself. The "
	    "alert that\n"
	    "it answers is guessed from its heading or file name, and the text says so.\n"
	    "\n"
	    "  --out DIR     write them there; what is there already is left as it is\n"
	    "  --json        a list, with all that was found\n",
	.run = run,
};

static const struct command_line *const subs[] = { &import_runbook_command };

const struct command_line command_import = {
	.name = "import",
	.summary = "take over runbooks that people wrote elsewhere",
	.help = "  firstline import runbook old/*.md --out production/runbooks\n",
	.subs = subs,
	.subs_n = countof(subs),
};
