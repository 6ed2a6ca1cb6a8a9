#include "shim/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef CRASH_POINTS
void
crash_point(const char *name)
{
	const char *log = getenv("FIRSTLINE_CRASH_LOG");
	int fd = log ? open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		(void)!write(fd, name, strlen(name));
		(void)!write(fd, "\n", 1);
		(void)close(fd);
	}
	const char *wanted = getenv("FIRSTLINE_CRASH");
	size_t n = strlen(name);
	if (wanted == NULL || strncmp(wanted, name, n) != 0 ||
	    strcmp(wanted + n, ":1") != 0)
		return;
	const char *once = getenv("FIRSTLINE_CRASH_ONCE");
	if (once != NULL) {
		fd = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return;
	}
	(void)kill(getpid(), SIGKILL);
}
#endif

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec ts = { 0 };
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
boot_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

uint64_t
wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		p += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

bool
parse_u64(const char *text, uint64_t *ret)
{
	uint64_t value = 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

size_t
read_small(int dir, const char *name, char *ret, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);
	if (fd >= 0)
		(void)close(fd);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}
