/*
 * sink -- takes webhooks and writes when each came.
 *
 *	sink port=N		appends to stdout "NAME MICROSECONDS" (CLOCK_MONOTONIC)
 *
 * NAME is the first `pulse-...` in the request (what bench_pace calls its services); a request
 * without one is answered and not written. Ends by SIGTERM; 127.0.0.1 only.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "base/buf.h"
#include "bench/client.h"

#define REQUEST_MAX ((size_t)64 << 20)
#define NAME_MAX_BYTES 32

struct sender {
	int fd;
	struct buf request;
};

static int
listen_on(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 512) < 0) {
		perror("sink: listen");
		exit(1);
	}
	return fd;
}

static void
write_name(str request, uint64_t now_us)
{
	const char *found = memmem(request.p, request.n, "pulse-", 6);
	if (found == NULL)
		return;
	str rest = str_drop(request, (size_t)(found - request.p));
	size_t n = 6;
	while (n < rest.n && n < NAME_MAX_BYTES && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	printf("%.*s %llu\n", (int)n, rest.p, (unsigned long long)now_us);
	(void)fflush(stdout);
}

/* False when the sender is gone. */
static bool
take(struct sender *s)
{
	static char piece[65536];
	ssize_t got = recv(s->fd, piece, sizeof(piece), MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return true;
	if (got <= 0)
		return false;
	uint64_t now_us = client_now_us();
	buf_add(&s->request, (str){ piece, (size_t)got });
	if (client_whole(buf_str(&s->request)) == 0)
		return !s->request.overflow;
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	bool ok = send(s->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) > 0;
	write_name(buf_str(&s->request), now_us);
	s->request.n = 0;
	return ok;
}

static void
add_sender(int listener, int epoll_fd)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct sender *s = fd < 0 ? NULL : calloc(1, sizeof(*s));
	if (s == NULL)
		return;
	*s = (struct sender){ .fd = fd, .request = BUF(REQUEST_MAX) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int
main(int argc, char **argv)
{
	struct client_option port = { "port", 65535, 0 };
	if (!client_options(argc, argv, &port, 1) || port.value == 0)
		return 2;
	int listener = listen_on((unsigned)port.value);
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) < 0)
		return 1;
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll_fd, events, 64, -1);
		for (int i = 0; i < n; i++) {
			struct sender *s = events[i].data.ptr;
			if (s == NULL) {
				add_sender(listener, epoll_fd);
			} else if (!take(s)) {
				(void)close(s->fd);
				buf_done(&s->request);
				free(s);
			}
		}
	}
}
