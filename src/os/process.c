#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "os/fd.h"

#define FIELD_STATE 3
#define FIELD_THREADS 20
#define FIELD_START 22

static bool
read_stat(uint64_t pid, char *ret, size_t size)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* The second field is a name in brackets and may hold anything; the others have no blanks
 * within. */
static str
stat_field(const char *stat, int field)
{
	const char *at = strrchr(stat, ')');
	for (int i = 2; at != NULL && i < field; i++)
		at = strchr(at + 1, ' ');
	return at != NULL ? (str){ at + 1, strcspn(at + 1, " \n") } : STR("");
}

bool
process_there(uint64_t pid, uint64_t start)
{
	char stat[1024];
	uint64_t is_start, threads;
	if (pid == 0 || pid > INT_MAX)
		return true;
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return false;
	if (!read_stat(pid, stat, sizeof(stat)) ||
	    !str_u64(stat_field(stat, FIELD_START), UINT64_MAX, &is_start) ||
	    !str_u64(stat_field(stat, FIELD_THREADS), UINT64_MAX, &threads))
		return true;
	if (start != 0 && is_start != start)
		return false;
	/* Its first thread may have ended before the others. */
	str state = stat_field(stat, FIELD_STATE);
	return !(str_eq(state, STR("Z")) && threads <= 1) && !str_eq(state, STR("X"));
}
