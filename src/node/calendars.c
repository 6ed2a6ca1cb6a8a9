#include "node/calendars.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "model/ics.h"
#include "node/output.h"
#include "os/fd.h"
#include "os/file.h"

#define PROGRAM "firstline-ics"
#define READ_TIMEOUT_MS (30 * SECOND) /* of a processor it has 5 s (ics/program.c) */
#define SAID_BYTES_MAX (8u << 20)     /* by all calendars of a folder */

/* Beside this program, or where it is installed. */
static bool
find_program(char *ret, size_t size, struct err *err)
{
	static const char *const places[] = { PROGRAM, "../libexec/firstline/" PROGRAM };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		return err_sys(err, ERR_IO, "/proc/self/exe");
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	*(slash != NULL ? slash : exe) = '\0';
	for (size_t i = 0; i < countof(places); i++) {
		int len = snprintf(ret, size, "%s/%s", exe, places[i]);
		if (len > 0 && (size_t)len < size && access(ret, X_OK) == 0)
			return true;
	}
	return err_set(err, ERR_NOT_FOUND,
	    PROGRAM ", which reads calendars, is not beside %s", exe);
}

static bool
run(const char *program, str text, struct buf *out, struct err *err)
{
	int in;
	char name[] = PROGRAM, *argv[] = { name, NULL }, *none[] = { NULL };
	bool well;
	if (!memfd_sealed("firstline-calendar", text, &in, err))
		return false;
	AUTO_CLOSE int stdin_fd = in;
	if (lseek(in, 0, SEEK_SET) < 0)
		return err_sys(err, ERR_IO, "a calendar's text");
	struct output_order order = { program, argv, none, stdin_fd, READ_TIMEOUT_MS };
	if (!output_of(&order, out, &well, err))
		return err->kind == ERR_LIMIT
		           ? err_set(err, ERR_INVALID,
				 "this calendar could not be read within %u s",
				 (unsigned)(READ_TIMEOUT_MS / SECOND))
		           : false;
	if (!well || out->overflow)
		return err_set(err, ERR_INVALID, "this calendar could not be read");
	return true;
}

bool
calendar_spell(str text, struct arena *arena, str *ret, struct err *err)
{
	char program[PATH_MAX];
	struct buf out = BUF(BUNDLE_FILE_BYTES_MAX);
	bool ok =
	    find_program(program, sizeof(program), err) && run(program, text, &out, err);
	if (ok)
		*ret = arena_str(arena, buf_str(&out));
	buf_done(&out);
	return ok;
}

bool
calendars_spell(struct bundle *bundle, struct arena *arena, struct err *err)
{
	struct bundle_file *files =
	    arena_new(arena, struct bundle_file, bundle->n + ICS_FILES_MAX);
	memcpy(files, bundle->files, bundle->n * sizeof(*files));
	size_t n = bundle->n, said = 0;
	for (size_t i = 0; i < bundle->n; i++) {
		str spelled;
		if (!str_ends(files[i].path, STR(".ics")))
			continue;
		if (n == bundle->n + ICS_FILES_MAX)
			return err_set(err, ERR_LIMIT,
			    "a folder holds at most %d calendars", ICS_FILES_MAX);
		if (calendar_spell(files[i].bytes, arena, &spelled, err))
			files[n++] =
			    (struct bundle_file){ arena_printf(arena, ICS_PREFIX "%.*s",
						      STR_ARG(files[i].path)),
				    spelled };
		else if (err->kind != ERR_INVALID)
			return false;
		said += n > bundle->n ? files[n - 1].bytes.n : 0;
		if (said > SAID_BYTES_MAX)
			return err_set(err, ERR_LIMIT,
			    "the calendars of a folder have too many events: at most %u "
			    "MiB "
			    "of them",
			    SAID_BYTES_MAX >> 20);
	}
	bundle->files = files;
	bundle->n = n;
	return true;
}
