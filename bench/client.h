#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/str.h"

/*
 * client -- what the programs that speak HTTP to a server under test share: the time, a
 * connection on loopback, the end of an answer, percentiles, `name=value` arguments.
 */

/* CLOCK_MONOTONIC, as bench_stamp, bench_sink and Python's time.monotonic read it. */
static inline uint64_t
client_now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static inline int
client_connect(unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("connect");
		exit(1);
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Bytes of a whole message with a Content-Length at the front of the text, or 0. */
static inline size_t
client_whole(str text)
{
	for (size_t i = 0; i + 4 <= text.n; i++) {
		if (memcmp(text.p + i, "\r\n\r\n", 4) != 0)
			continue;
		uint64_t length = 0;
		for (str rest = str_take(text, i); rest.n > 0;) {
			struct str_cut line = str_cut(rest, '\n');
			if (line.head.n > 15 &&
			    strncasecmp(line.head.p, "content-length:", 15) == 0)
				(void)!str_u64(str_trim(str_drop(line.head, 15)), 1 << 30,
				    &length);
			rest = line.tail;
		}
		return text.n >= i + 4 + length ? i + 4 + (size_t)length : 0;
	}
	return 0;
}

static inline int
client_by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Of microseconds in ascending order; 0 when there are none. */
static inline double
client_percentile_ms(const uint32_t *us, size_t n, unsigned permille)
{
	if (n == 0)
		return 0;
	size_t i = n * permille / 1000;
	return us[i < n ? i : n - 1] / 1000.0;
}

struct client_option {
	const char *name;
	uint64_t max;
	uint64_t value; /* the default */
};

/* False, with a sentence, at what is no `name=value` of these. */
static inline bool
client_options(int argc, char **argv, struct client_option *options, size_t n)
{
	for (int i = 1; i < argc; i++) {
		struct str_cut cut = str_cut(str_of(argv[i]), '=');
		size_t k = 0;
		while (k < n && !str_eq(cut.head, str_of(options[k].name)))
			k++;
		if (k == n || !str_u64(cut.tail, options[k].max, &options[k].value)) {
			fprintf(stderr,
			    "%s: '%s' is no option, or its value is too large\n", argv[0],
			    argv[i]);
			return false;
		}
	}
	return true;
}

#endif
