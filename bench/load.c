/*
 * load -- sends alerts to an Alertmanager API v2 on loopback and measures.
 *
 *	load PORT CONNECTIONS BATCH SECONDS FIRST DISTINCT
 *
 * Closed loop: each keep-alive connection has one request in flight, each of BATCH alerts
 * (10 labels, 3 annotations, about 710 bytes of JSON). Ids run from FIRST; DISTINCT 0 makes
 * every alert a new one, else ids cycle over so many. Prints one JSON object. Bounded: at
 * most 60 s, 64 connections, 127.0.0.1 only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/clock.h"

#define CONNECTIONS_MAX 64
#define BATCH_MAX 4096
#define SECONDS_MAX 60
#define LATENCIES_MAX 4000000
#define ID_DIGITS 12
#define BODY_MAX ((size_t)8 << 20)

struct request {
	struct buf bytes;
	size_t id_at[BATCH_MAX]; /* where each alert's id stands */
};

struct connection {
	int fd;
	struct request request;
	size_t sent;
	char answer[4096];
	size_t answer_n;
	uint64_t began_us;
};

struct load {
	unsigned port, connections, batch, seconds;
	uint64_t next, first, distinct;
	uint64_t requests, failed;
	uint32_t *latency_us;
	size_t latency_n;
	uint64_t end_us;
};

static void
build_request(const struct load *load, struct request *r)
{
	struct buf body = BUF(BODY_MAX);
	static size_t at[BATCH_MAX];
	msec now = clock_wall();
	for (unsigned i = 0; i < load->batch; i++) {
		buf_printf(&body, "%s{\"labels\":{\"alertname\":\"LoadTest%02u\",\"id\":\"",
		    i == 0 ? "[" : ",", i % 20);
		at[i] = body.n;
		buf_printf(&body,
		    "000000000000\",\"service\":\"bench\",\"cluster\":\"eu-central-1\","
		    "\"namespace\":\"production\",\"pod\":\"checkout-7d9f8b6c5-x2x4q\","
		    "\"container\":\"checkout\",\"instance\":\"10.20.30.40:9090\","
		    "\"job\":\"kubernetes-pods\",\"severity\":\"warning\"},"
		    "\"annotations\":{\"summary\":\"The service answers too slowly\","
		    "\"description\":\"The 99th percentile of the request duration has "
		    "been above half a second for ten minutes.\","
		    "\"runbook_url\":\"https://runbooks.example.com/latency\"},"
		    "\"generatorURL\":\"http://prometheus.example.com/graph?g0.expr=x\","
		    "\"startsAt\":\"");
		buf_time(&body, now - MINUTE);
		buf_printf(&body, "\",\"endsAt\":\"");
		buf_time(&body, now + HOUR);
		buf_printf(&body, "\"}");
	}
	buf_printf(&body, "]");
	r->bytes = BUF(BODY_MAX);
	buf_printf(&r->bytes,
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    load->port, body.n);
	for (unsigned i = 0; i < load->batch; i++)
		r->id_at[i] = r->bytes.n + at[i];
	buf_add(&r->bytes, buf_str(&body));
	buf_done(&body);
}

static void
number_alerts(struct load *load, struct request *r)
{
	for (unsigned i = 0; i < load->batch; i++) {
		uint64_t id =
		    load->first +
		    (load->distinct > 0 ? load->next % load->distinct : load->next);
		load->next++;
		char *digits = r->bytes.p + r->id_at[i];
		for (int k = ID_DIGITS - 1; k >= 0; k--, id /= 10)
			digits[k] = (char)('0' + id % 10);
	}
}

static int
connect_to(unsigned port)
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

static void
begin_request(struct load *load, struct connection *c)
{
	number_alerts(load, &c->request);
	c->sent = 0;
	c->answer_n = 0;
	c->began_us = clock_boot_us();
}

/* Bytes of a whole answer at the front, or 0. */
static size_t
whole_answer(const struct connection *c, bool *ret_ok)
{
	str text = { c->answer, c->answer_n };
	for (size_t i = 0; i + 4 <= text.n; i++) {
		if (memcmp(text.p + i, "\r\n\r\n", 4) != 0)
			continue;
		str head = str_take(text, i);
		uint64_t length = 0;
		for (str rest = head; rest.n > 0;) {
			struct str_cut line = str_cut(rest, '\n');
			if (line.head.n > 15 &&
			    strncasecmp(line.head.p, "content-length:", 15) == 0)
				(void)!str_u64(str_trim(str_drop(line.head, 15)), 1 << 20,
				    &length);
			rest = line.tail;
		}
		*ret_ok = str_starts(head, STR("HTTP/1.1 200"));
		return text.n >= i + 4 + length ? i + 4 + (size_t)length : 0;
	}
	return 0;
}

static void
take_answer(struct load *load, struct connection *c)
{
	ssize_t got = recv(c->fd, c->answer + c->answer_n, sizeof(c->answer) - c->answer_n,
	    MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		fprintf(stderr, "load: the server closed a connection\n");
		exit(1);
	}
	c->answer_n += (size_t)got;
	bool ok = false;
	if (whole_answer(c, &ok) == 0)
		return;
	uint64_t now = clock_boot_us();
	load->requests++;
	load->failed += !ok;
	if (load->latency_n < LATENCIES_MAX)
		load->latency_us[load->latency_n++] = (uint32_t)(now - c->began_us);
	begin_request(load, c);
}

static void
send_more(struct connection *c)
{
	while (c->sent < c->request.bytes.n) {
		ssize_t n = send(c->fd, c->request.bytes.p + c->sent,
		    c->request.bytes.n - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			perror("load: send");
			exit(1);
		}
		c->sent += (size_t)n;
	}
}

static void
turn(struct load *load, int epoll_fd)
{
	struct epoll_event events[CONNECTIONS_MAX];
	int n = epoll_wait(epoll_fd, events, CONNECTIONS_MAX, 1000);
	for (int i = 0; i < n; i++) {
		struct connection *c = events[i].data.ptr;
		if ((events[i].events & EPOLLIN) != 0)
			take_answer(load, c);
		send_more(c);
		struct epoll_event wanted = { .data.ptr = c,
			.events =
			    EPOLLIN | (c->sent < c->request.bytes.n ? EPOLLOUT : 0u) };
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &wanted);
	}
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double
percentile_ms(const struct load *load, unsigned permille)
{
	if (load->latency_n == 0)
		return 0;
	size_t i = load->latency_n * permille / 1000;
	return (double)load->latency_us[i < load->latency_n ? i : load->latency_n - 1] /
	       1000.0;
}

static bool
read_arguments(int argc, char **argv, struct load *load)
{
	uint64_t v[6];
	static const uint64_t max[6] = { 65535, CONNECTIONS_MAX, BATCH_MAX, SECONDS_MAX,
		UINT64_C(999999999999), UINT64_C(999999999999) };
	if (argc != 7)
		return false;
	for (int i = 0; i < 6; i++) {
		if (!str_u64(str_of(argv[i + 1]), max[i], &v[i]) || (v[i] == 0 && i < 4))
			return false;
	}
	*load = (struct load){ .port = (unsigned)v[0],
		.connections = (unsigned)v[1],
		.batch = (unsigned)v[2],
		.seconds = (unsigned)v[3],
		.first = v[4],
		.distinct = v[5] };
	return true;
}

int
main(int argc, char **argv)
{
	static struct load load;
	static struct connection connections[CONNECTIONS_MAX];
	if (!read_arguments(argc, argv, &load)) {
		fprintf(stderr,
		    "usage: load PORT CONNECTIONS BATCH SECONDS FIRST DISTINCT\n");
		return 2;
	}
	load.latency_us = calloc(LATENCIES_MAX, sizeof(*load.latency_us));
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load.latency_us == NULL || epoll_fd < 0)
		return 1;
	for (unsigned i = 0; i < load.connections; i++) {
		struct connection *c = &connections[i];
		build_request(&load, &c->request);
		c->fd = connect_to(load.port);
		begin_request(&load, c);
		struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
	}
	uint64_t began = clock_boot_us();
	load.end_us = began + (uint64_t)load.seconds * 1000000;
	while (clock_boot_us() < load.end_us)
		turn(&load, epoll_fd);
	double seconds = (double)(clock_boot_us() - began) / 1e6;
	qsort(load.latency_us, load.latency_n, sizeof(*load.latency_us), by_value);
	printf("{\"alerts_per_s\": %.0f, \"requests\": %llu, \"failed\": %llu, "
	       "\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
	    (double)load.requests * load.batch / seconds, (unsigned long long)load.requests,
	    (unsigned long long)load.failed, percentile_ms(&load, 500),
	    percentile_ms(&load, 990));
	return load.failed > 0 ? 1 : 0;
}
