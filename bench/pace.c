/*
 * pace -- small requests by the clock, one after the other, and how long each waited.
 *
 *	pace port=N [count=200] [gap_us=25000] [first=0] [seconds=300]
 *						POST of one alert each
 *	pace port=N ... path=/-/healthy [token=TEXT]	GET of a path instead
 *
 * One keep-alive connection; a request leaves every `gap_us`, or when the answer before it
 * came, if that took longer; it ends after `count` or `seconds`. Alert i has the labels
 * alertname="Pulse" and service="pulse-0000i": each its own trouble. Prints {"n", "p50_ms",
 * "p99_ms", "max_ms", "sent_us": [...], "answered_us": [...]}, times of CLOCK_MONOTONIC;
 * exits 1 at any answer but 200. 127.0.0.1 only.
 */
#include <errno.h>

#include "base/buf.h"
#include "bench/client.h"
#include "os/clock.h"

#define COUNT_MAX 100000
#define TEXT_MAX ((size_t)8 << 10)
#define ANSWER_MAX ((size_t)1 << 20)

struct pace {
	unsigned port;
	size_t count;
	size_t done; /* of these, before the seconds were over */
	uint64_t gap_us, first, seconds;
	str path, token;
	uint64_t *sent_us, *answered_us;
};

static void
write_alert(struct buf *body, uint64_t i)
{
	msec now = clock_wall();
	buf_printf(body,
	    "[{\"labels\":{\"alertname\":\"Pulse\",\"service\":\"pulse-%05llu\","
	    "\"cluster\":\"eu-central-1\",\"instance\":\"10.20.30.40:9090\","
	    "\"severity\":\"critical\"},\"annotations\":{\"summary\":\"It does not "
	    "answer\"},"
	    "\"startsAt\":\"",
	    (unsigned long long)i);
	buf_time(body, now);
	buf_printf(body, "\",\"endsAt\":\"");
	buf_time(body, now + HOUR);
	buf_printf(body, "\"}]");
}

static void
write_request(const struct pace *pace, uint64_t i, struct buf *out)
{
	out->n = 0;
	if (pace->path.n > 0) {
		buf_printf(out, "GET %.*s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n",
		    STR_ARG(pace->path), pace->port);
		if (pace->token.n > 0)
			buf_printf(out, "Authorization: Bearer %.*s\r\n",
			    STR_ARG(pace->token));
		buf_printf(out, "\r\n");
		return;
	}
	struct buf body = BUF(TEXT_MAX);
	write_alert(&body, i);
	buf_printf(out,
	    "POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
	    pace->port, body.n, (int)body.n, body.p);
	buf_done(&body);
}

static void
await_answer(int fd)
{
	static char answer[ANSWER_MAX];
	size_t n = 0;
	do {
		ssize_t got =
		    n < sizeof(answer) ? recv(fd, answer + n, sizeof(answer) - n, 0) : 0;
		if (got <= 0) {
			fprintf(stderr, "pace: no whole answer\n");
			exit(1);
		}
		n += (size_t)got;
	} while (client_whole((str){ answer, n }) == 0);
	if (!str_starts((str){ answer, n }, STR("HTTP/1.1 200"))) {
		fprintf(stderr, "pace: %.*s\n", (int)n, answer);
		exit(1);
	}
}

static void
run(struct pace *pace)
{
	int fd = client_connect(pace->port);
	struct buf request = BUF(TEXT_MAX);
	uint64_t due = client_now_us();
	uint64_t end = due + pace->seconds * 1000000;
	for (size_t i = 0; i < pace->count && due < end; i++) {
		write_request(pace, pace->first + i, &request);
		uint64_t now = client_now_us();
		if (now < due)
			(void)usleep((useconds_t)(due - now));
		pace->sent_us[i] = client_now_us();
		if (send(fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n) {
			perror("pace: send");
			exit(1);
		}
		await_answer(fd);
		pace->answered_us[i] = client_now_us();
		due += pace->gap_us;
		if (due < pace->answered_us[i])
			due = pace->answered_us[i];
		pace->done = i + 1;
	}
	buf_done(&request);
}

static void
print_times(const char *name, const uint64_t *us, size_t n)
{
	printf(", \"%s\": [", name);
	for (size_t i = 0; i < n; i++)
		printf("%s%llu", i == 0 ? "" : ",", (unsigned long long)us[i]);
	printf("]");
}

static void
report(const struct pace *pace)
{
	size_t n = pace->done;
	uint32_t *took = calloc(n, sizeof(*took));
	if (took == NULL)
		exit(1);
	for (size_t i = 0; i < n; i++)
		took[i] = (uint32_t)(pace->answered_us[i] - pace->sent_us[i]);
	qsort(took, n, sizeof(*took), client_by_value);
	printf("{\"n\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f", n,
	    client_percentile_ms(took, n, 500), client_percentile_ms(took, n, 990),
	    took[n - 1] / 1000.0);
	print_times("sent_us", pace->sent_us, n);
	print_times("answered_us", pace->answered_us, n);
	printf("}\n");
	free(took);
}

/* Takes `path=` and `token=` out of the arguments; what is left are numbers. */
static int
take_texts(int argc, char **argv, struct pace *pace)
{
	int kept = 1;
	for (int i = 1; i < argc; i++) {
		str arg = str_of(argv[i]);
		if (str_starts(arg, STR("path=")))
			pace->path = str_drop(arg, 5);
		else if (str_starts(arg, STR("token=")))
			pace->token = str_drop(arg, 6);
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

int
main(int argc, char **argv)
{
	struct pace pace = { 0 };
	struct client_option o[] = {
		{ "port", 65535, 0 },
		{ "count", COUNT_MAX, 200 },
		{ "gap_us", 999999, 25000 },
		{ "first", 99999, 0 },
		{ "seconds", 300, 300 },
	};
	argc = take_texts(argc, argv, &pace);
	if (!client_options(argc, argv, o, countof(o)) || o[0].value == 0 ||
	    o[1].value == 0 || o[4].value == 0)
		return 2;
	pace.port = (unsigned)o[0].value;
	pace.count = o[1].value;
	pace.gap_us = o[2].value;
	pace.first = o[3].value;
	pace.seconds = o[4].value;
	pace.sent_us = calloc(pace.count, sizeof(*pace.sent_us));
	pace.answered_us = calloc(pace.count, sizeof(*pace.answered_us));
	if (pace.sent_us == NULL || pace.answered_us == NULL)
		return 1;
	run(&pace);
	report(&pace);
	return 0;
}
