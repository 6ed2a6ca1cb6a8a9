/*
 * stamp -- an action that writes when it was started.
 *
 *	stamp FILE NAME		appends "NAME MICROSECONDS" (CLOCK_MONOTONIC) to the file
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	if (argc != 3)
		return 2;
	char line[256];
	int n = snprintf(line, sizeof(line), "%s %lld\n", argv[2],
	    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	int fd = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 || n >= (int)sizeof(line) || write(fd, line, (size_t)n) != n;
}
