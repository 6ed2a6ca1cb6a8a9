/*
 * Test builds only: dies where it is told to. See crash.h for the environment it reads.
 */
#include "os/crash.h"

#ifdef CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned passed; /* times the wanted point was passed in this process */

static void
note_pass(const char *name)
{
	const char *log = getenv("FIRSTLINE_CRASH_LOG");
	if (log == NULL)
		return;
	int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	(void)dprintf(fd, "%s\n", name);
	(void)close(fd);
}

/* Only the first process to reach its point dies. */
static bool
take_turn(void)
{
	const char *once = getenv("FIRSTLINE_CRASH_ONCE");
	if (once == NULL)
		return true;
	int fd = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

void
crash_point(const char *name)
{
	note_pass(name);
	const char *want = getenv("FIRSTLINE_CRASH");
	if (want == NULL)
		return;
	const char *colon = strchr(want, ':');
	size_t n = colon != NULL ? (size_t)(colon - want) : strlen(want);
	if (strlen(name) != n || strncmp(name, want, n) != 0)
		return;
	unsigned long at = colon != NULL ? strtoul(colon + 1, NULL, 10) : 1;
	if (++passed != at || !take_turn())
		return;
	(void)raise(SIGKILL);
	for (;;)
		(void)pause();
}

void
crash_poison(str bytes)
{
	const char *poison = getenv("FIRSTLINE_POISON");
	if (poison != NULL && str_contains(bytes, str_of(poison)))
		(void)raise(SIGKILL);
}

#else
typedef int crash_points_are_off; /* a translation unit is never empty */
#endif
