#include "model/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "os/fd.h"
#include "os/file.h"

/* Missing is fine: it is made. */
static bool
is_empty(const char *path, struct err *err)
{
	DIR *dir = opendir(path);
	if (dir == NULL && errno == ENOENT)
		return true;
	if (dir == NULL && errno == ENOTDIR)
		return err_set(err, ERR_INVALID,
		    "'%s' is no folder: name a new or an empty one", path);
	if (dir == NULL)
		return err_sys(err, ERR_IO, "open '%s'", path);
	bool empty = true;
	for (const struct dirent *entry; empty && (entry = readdir(dir)) != NULL;)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	(void)closedir(dir);
	return empty || err_set(err, ERR_BUSY,
			    "'%s' is not empty: nothing in it is ever overwritten", path);
}

static bool
write_file(const char *root, const struct init_file *file, struct err *err)
{
	char folder[4096];
	const char *slash = strrchr(file->path, '/');
	int n = slash != NULL ? snprintf(folder, sizeof(folder), "%s/%.*s", root,
				    (int)(slash - file->path), file->path)
	                      : snprintf(folder, sizeof(folder), "%s", root);
	if (n < 0 || (size_t)n >= sizeof(folder))
		return err_set(err, ERR_LIMIT, "'%s' is too long", root);
	if (!folder_make(folder, 0755, err))
		return false;
	AUTO_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, ERR_IO, "open '%s'", folder);
	return file_write_durable(dir, slash != NULL ? slash + 1 : file->path, file->text,
	    0644, err);
}

static int
init(const char *path)
{
	struct init_file files[INIT_FILES_MAX];
	size_t n = init_files(files);
	struct err err;
	if (!is_empty(path, &err) || !folder_make(path, 0755, &err)) {
		complain("%s", err.text);
		return err.kind == ERR_BUSY ? EXIT_CONFLICT : EXIT_FAILED;
	}
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		ok = write_file(path, &files[i], &err);
		if (ok)
			say("wrote %s/%s", path, files[i].path);
	}
	if (!ok) {
		complain("%s", err.text);
		complain("'%s' is not complete: empty it before you begin again", path);
		return EXIT_FAILED;
	}
	say("\nNext: put your services, people and hosts into it, then\n"
	    "  firstline check %s\n"
	    "  firstline serve --config %s",
	    path, path);
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	if (!options_take(&argc, argv, NULL, 0))
		return EXIT_USAGE;
	if (argc != 2) {
		complain("init needs one folder: firstline init production");
		return EXIT_USAGE;
	}
	return init(argv[1]);
}

const struct command_line command_init = {
	.name = "init",
	.summary = "write a small configuration to begin with",
	.help =
	    "  firstline init production\n"
	    "\n"
	    "Writes a small configuration with comments and a runbook into a new or empty\n"
	    "folder. It is without a mistake, so 'firstline serve' runs with it at once.\n",
	.run = run,
};
