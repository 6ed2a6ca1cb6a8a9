#include "os/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "os/env.h"
#include "os/fd.h"

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || n >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, length) == 0)
		return fd;
	fd_close(&fd); /* the number is free: another's socket may have it soon */
	return -1;
}

/* Microseconds, and for which process. */
static msec
watchdog(void)
{
	uint64_t us, pid = (uint64_t)getpid();
	const char *every = env_get("WATCHDOG_USEC"), *whose = env_get("WATCHDOG_PID");
	if (every == NULL || !str_u64(str_of(every), UINT64_MAX, &us))
		return 0;
	if (whose != NULL &&
	    (!str_u64(str_of(whose), UINT64_MAX, &pid) || pid != (uint64_t)getpid()))
		return 0;
	return us / 1000;
}

struct notify
notify_begin(void)
{
	const char *path = env_get("NOTIFY_SOCKET");
	struct notify notify = { .fd = path != NULL ? connect_to(path) : -1 };
	notify.watchdog_ms = notify.fd >= 0 ? watchdog() : 0;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	return notify;
}

void
notify_tell(const struct notify *notify, const char *lines)
{
	if (notify->fd >= 0)
		(void)send(notify->fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT);
}
