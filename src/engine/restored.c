/*
 * restored -- a store that came from a backup begins with everything stopped.
 *
 * The world went on after the backup was made, and what was done then is not known here. So
 * nothing is done until a person has looked and says `firstline resume`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state.h"
#include "os/fd.h"
#include "os/file.h"

#define RESTORED_BYTES_MAX 500

/* Is there what `firstline restore` left in the state folder, and of when does it say that the
 * backup is? That it cannot be read makes it no less there. Who cannot tell whether it is there
 * starts anew: to take it for absent would be to act. */
static bool
told(struct engine *engine, struct arena *arena, str *ret)
{
	struct err err;
	struct stat st;
	AUTO_CLOSE int fd =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool there = fd >= 0 && fstatat(fd, ENGINE_RESTORED, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && (fd < 0 || errno != ENOENT))
		engine_die(engine, ENGINE_EXIT_FAILED,
		    "cannot tell whether the state folder is a backup's: %s",
		    strerror(errno));
	if (there &&
	    !file_read_at(arena, fd, ENGINE_RESTORED, RESTORED_BYTES_MAX, ret, &err))
		*ret = STR("from a backup, of when cannot be read");
	return there;
}

/* Twice at most, and the same. */
static char why[RESTORED_BYTES_MAX + 200];

static void
stop_all(struct engine *engine)
{
	struct event stop = { .kind = EVENT_COMMAND };
	stop.command = (struct command){ .kind = COMMAND_STOP_ALL,
		.principal = STR("firstline"),
		.text = str_of(why) };
	batch_step(engine, &stop);
}

bool
restored_begin(struct engine *engine)
{
	static char
	    memory[RESTORED_BYTES_MAX + 64]; /* once; not poisoned for the next frame */
	struct arena arena = arena_over(memory, sizeof(memory));
	str of = { 0 };
	bool from_backup = told(engine, &arena, &of);
	struct event started = { .kind = EVENT_STARTED,
		.started = { engine->epoch, true, from_backup } };
	batch_step(engine, &started);
	if (!from_backup)
		return false;
	(void)snprintf(why, sizeof(why),
	    "restored %.*s: what was done after it is not known here; look at what is in "
	    "doubt, then resume",
	    STR_ARG(str_trim(of)));
	stop_all(engine);
	return true;
}

void
restored_stop(struct engine *engine)
{
	if (!core_control(engine->core)->stopped)
		stop_all(engine);
}

void
restored_forget(struct engine *engine)
{
	AUTO_CLOSE int fd =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err;
	if (fd < 0 || unlinkat(fd, ENGINE_RESTORED, 0) != 0 || !folder_sync(fd, &err))
		engine_log(engine, LOG_ERROR,
		    "cannot remove '" ENGINE_RESTORED "' from the state folder: the next "
		    "start stops everything again");
}
