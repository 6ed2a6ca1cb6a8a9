/*
 * stumbles -- preloaded into the real program: the fork of a process whose number, from 1, is
 * LD_STUMBLES fails, as where there are too many processes for a moment.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pid_t
fork(void)
{
	static int forks;
	pid_t (*real)(void);
	void *symbol = dlsym(RTLD_NEXT, "fork");
	const char *which = getenv("LD_STUMBLES");
	memcpy(&real, &symbol, sizeof(real));
	if (which != NULL && ++forks == strtol(which, NULL, 10)) {
		errno = EAGAIN;
		return -1;
	}
	return real();
}
