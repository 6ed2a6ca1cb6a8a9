/*
 * load -- sends alerts to an Alertmanager API v2 on loopback and measures.
 *
 *	load port=N [connections=8] [batch=256] [seconds=3] [first=0] [distinct=0]
 *	     [rate=0] [count=0] [lasts=3600]
 *
 * Each keep-alive connection has one request in flight, of `batch` alerts (10 labels, 3
 * annotations, about 700 bytes of JSON). Ids run from `first`; `distinct` 0 makes every
 * alert a new one, else ids cycle over so many. An id has the same labels and startsAt in
 * every run, so that it is the same alert; its endsAt moves, as Prometheus' does: `lasts`
 * seconds after the run began. A listing may ask for `slice`, one of 100, and
 * `service_group`, which has 50 alerts.
 *
 * Without `rate` the next request leaves when an answer came; with it, so many alerts a
 * second leave by the clock, as far as the connections keep up: by turns, for a server ends a
 * connection on which nothing was ever asked. With `count` it ends when
 * so many were answered (a multiple of `batch`), if the seconds have not passed before.
 *
 * Prints one JSON object; exits 1 when a request was not answered with 200. Bounded: at most
 * 300 s, 64 connections, 127.0.0.1 only.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "base/buf.h"
#include "bench/client.h"
#include "os/clock.h"

#define CONNECTIONS_MAX 64
#define BATCH_MAX 4096
#define SECONDS_MAX 300
#define RATE_MAX 10000000
#define LASTS_MAX 86400
#define LATENCIES_MAX 4000000
#define ID_DIGITS 12
#define NAMES 20u
#define NAME_DIGITS 2
#define SLICES 100u
#define SLICE_DIGITS 2
#define GROUP_ALERTS 50u
#define GROUP_DIGITS 8
#define BODY_MAX ((size_t)8 << 20)

/* Where an alert's numbers stand. */
struct places {
	size_t name, id, slice, group;
};

struct request {
	struct buf bytes;
	struct places at[BATCH_MAX];
};

struct connection {
	int fd;
	bool flying; /* a request is under way; else it waits for its time */
	struct request request;
	size_t sent;
	char answer[4096];
	size_t answer_n;
	uint64_t began_us;
};

struct load {
	unsigned port, connections, batch, seconds;
	uint64_t next, first, distinct, rate;
	msec lasts_ms;
	uint64_t requests_max; /* 0: until the time is over */
	unsigned turn;         /* with `rate`: the connection that is next */
	uint64_t begun, requests, failed;
	uint32_t *latency_us;
	size_t latency_n;
	uint64_t began_us, end_us;
};

static void
build_request(const struct load *load, struct request *r)
{
	struct buf body = BUF(BODY_MAX);
	msec now = clock_wall();
	for (unsigned i = 0; i < load->batch; i++) {
		buf_printf(&body, "%s{\"labels\":{\"alertname\":\"LoadTest",
		    i == 0 ? "[" : ",");
		r->at[i].name = body.n;
		buf_printf(&body, "00\",\"id\":\"");
		r->at[i].id = body.n;
		buf_printf(&body,
		    "000000000000\",\"service\":\"bench\",\"cluster\":\"eu-central-1\","
		    "\"namespace\":\"production\",\"slice\":\"");
		r->at[i].slice = body.n;
		buf_printf(&body, "00\",\"service_group\":\"checkout-eu-");
		r->at[i].group = body.n;
		buf_printf(&body,
		    "00000000\",\"instance\":\"10.20.30.40:9090\","
		    "\"job\":\"kubernetes-pods\",\"severity\":\"warning\"},"
		    "\"annotations\":{\"summary\":\"The service answers too slowly\","
		    "\"description\":\"The 99th percentile of the request duration has "
		    "been above half a second for ten minutes.\","
		    "\"runbook_url\":\"https://runbooks.example.com/latency\"},"
		    "\"generatorURL\":\"http://prometheus.example.com/graph?g0.expr=x\","
		    "\"startsAt\":\"2026-01-01T00:00:00.000Z\",\"endsAt\":\"");
		buf_time(&body, now + load->lasts_ms);
		buf_printf(&body, "\"}");
	}
	buf_printf(&body, "]");
	r->bytes = BUF(BODY_MAX);
	buf_printf(&r->bytes,
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    load->port, body.n);
	for (unsigned i = 0; i < load->batch; i++) {
		r->at[i].name += r->bytes.n;
		r->at[i].id += r->bytes.n;
		r->at[i].slice += r->bytes.n;
		r->at[i].group += r->bytes.n;
	}
	buf_add(&r->bytes, buf_str(&body));
	buf_done(&body);
}

static void
write_digits(char *digits, int n, uint64_t value)
{
	for (int k = n - 1; k >= 0; k--, value /= 10)
		digits[k] = (char)('0' + value % 10);
}

static void
number_alerts(struct load *load, struct request *r)
{
	for (unsigned i = 0; i < load->batch; i++) {
		uint64_t id =
		    load->first +
		    (load->distinct > 0 ? load->next % load->distinct : load->next);
		load->next++;
		write_digits(r->bytes.p + r->at[i].name, NAME_DIGITS, id % NAMES);
		write_digits(r->bytes.p + r->at[i].id, ID_DIGITS, id);
		write_digits(r->bytes.p + r->at[i].slice, SLICE_DIGITS, id % SLICES);
		write_digits(r->bytes.p + r->at[i].group, GROUP_DIGITS, id / GROUP_ALERTS);
	}
}

static uint64_t
next_due_us(const struct load *load)
{
	if (load->rate == 0)
		return 0;
	return load->began_us + load->begun * load->batch * 1000000 / load->rate;
}

/* Begins its next request if there is one and its time has come. */
static void
begin_request(struct load *load, struct connection *c)
{
	uint64_t now = client_now_us();
	bool all = load->requests_max > 0 && load->begun >= load->requests_max;
	c->flying = !all && now >= next_due_us(load);
	if (!c->flying)
		return;
	load->begun++;
	number_alerts(load, &c->request);
	c->sent = 0;
	c->answer_n = 0;
	c->began_us = now;
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
	str answer = { c->answer, c->answer_n };
	if (client_whole(answer) == 0)
		return;
	load->requests++;
	if (!str_starts(answer, STR("HTTP/1.1 200")) && load->failed++ == 0)
		fprintf(stderr, "load: %.*s\n", STR_ARG(answer));
	if (load->latency_n < LATENCIES_MAX)
		load->latency_us[load->latency_n++] =
		    (uint32_t)(client_now_us() - c->began_us);
	c->flying = false;
	if (load->rate == 0)
		begin_request(load, c);
}

static void
send_more(struct connection *c)
{
	while (c->flying && c->sent < c->request.bytes.n) {
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
send_and_watch(int epoll_fd, struct connection *c)
{
	send_more(c);
	bool more = c->flying && c->sent < c->request.bytes.n;
	struct epoll_event wanted = { .data.ptr = c,
		.events = EPOLLIN | (more ? EPOLLOUT : 0u) };
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &wanted);
}

/* What is due, each on the next connection that is free. */
static void
begin_by_turns(struct load *load, struct connection *connections, int epoll_fd)
{
	for (unsigned i = 0; i < load->connections; i++) {
		struct connection *c = &connections[load->turn];
		if (!c->flying) {
			begin_request(load, c);
			if (!c->flying)
				return; /* nothing is due */
			send_and_watch(epoll_fd, c);
		}
		load->turn = (load->turn + 1) % load->connections;
	}
}

static void
turn(struct load *load, struct connection *connections, int epoll_fd)
{
	struct epoll_event events[CONNECTIONS_MAX];
	int n = epoll_wait(epoll_fd, events, CONNECTIONS_MAX, load->rate > 0 ? 1 : 100);
	for (int i = 0; i < n; i++) {
		struct connection *c = events[i].data.ptr;
		if ((events[i].events & EPOLLIN) != 0)
			take_answer(load, c);
		send_and_watch(epoll_fd, c);
	}
	if (load->rate > 0)
		begin_by_turns(load, connections, epoll_fd);
}

static bool
read_options(int argc, char **argv, struct load *load)
{
	struct client_option o[] = {
		{ "port", 65535, 0 },
		{ "connections", CONNECTIONS_MAX, 8 },
		{ "batch", BATCH_MAX, 256 },
		{ "seconds", SECONDS_MAX, 3 },
		{ "first", UINT64_C(999999999999), 0 },
		{ "distinct", UINT64_C(999999999999), 0 },
		{ "rate", RATE_MAX, 0 },
		{ "count", UINT64_C(100000000), 0 },
		{ "lasts", LASTS_MAX, HOUR / SECOND },
	};
	if (!client_options(argc, argv, o, countof(o)))
		return false;
	*load = (struct load){ .port = (unsigned)o[0].value,
		.connections = (unsigned)o[1].value,
		.batch = (unsigned)o[2].value,
		.seconds = (unsigned)o[3].value,
		.first = o[4].value,
		.distinct = o[5].value,
		.rate = o[6].value,
		.lasts_ms = (msec)o[8].value * SECOND };
	if (load->port == 0 || load->connections == 0 || load->batch == 0 ||
	    load->seconds == 0 || o[7].value % load->batch != 0) {
		fprintf(stderr, "load: a port, and a count that is a multiple of batch\n");
		return false;
	}
	load->requests_max = o[7].value / load->batch;
	return true;
}

static void
report(struct load *load, double seconds)
{
	qsort(load->latency_us, load->latency_n, sizeof(*load->latency_us),
	    client_by_value);
	printf("{\"alerts_per_s\": %.0f, \"alerts\": %llu, \"seconds\": %.3f, "
	       "\"failed\": %llu, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
	    (double)load->requests * load->batch / seconds,
	    (unsigned long long)load->requests * load->batch, seconds,
	    (unsigned long long)load->failed,
	    client_percentile_ms(load->latency_us, load->latency_n, 500),
	    client_percentile_ms(load->latency_us, load->latency_n, 990));
}

int
main(int argc, char **argv)
{
	static struct load load;
	static struct connection connections[CONNECTIONS_MAX];
	if (!read_options(argc, argv, &load))
		return 2;
	load.latency_us = calloc(LATENCIES_MAX, sizeof(*load.latency_us));
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load.latency_us == NULL || epoll_fd < 0)
		return 1;
	for (unsigned i = 0; i < load.connections; i++) {
		build_request(&load, &connections[i].request);
		connections[i].fd = client_connect(load.port);
	}
	load.began_us = client_now_us();
	load.end_us = load.began_us + (uint64_t)load.seconds * 1000000;
	for (unsigned i = 0; i < load.connections; i++) {
		struct connection *c = &connections[i];
		struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
		begin_request(&load, c);
	}
	while (client_now_us() < load.end_us &&
	       (load.requests_max == 0 || load.requests < load.requests_max))
		turn(&load, connections, epoll_fd);
	report(&load, (double)(client_now_us() - load.began_us) / 1e6);
	return load.failed > 0 ? 1 : 0;
}
