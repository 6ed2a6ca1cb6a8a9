#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/demo.h"
#include "os/fd.h"
#include "os/file.h"

#define REQUEST_MAX 65536
#define PATIENCE_MS 2000
#define SPOOL_MAX (2 << 20)     /* bytes: full */
#define SPOOL_CHUNK (256 << 10) /* that come at a time */
#define SPOOL_EVERY_MS 50

struct service {
	const char *name;
	int dir;
	int listener;
};

static struct sockaddr_in
loopback(unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
}

static int
listen_on(unsigned port)
{
	struct sockaddr_in at = loopback(port);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

bool
demo_free_port(unsigned *ret, struct err *err)
{
	AUTO_CLOSE int fd = listen_on(0);
	struct sockaddr_in at;
	socklen_t n = sizeof(at);
	if (fd < 0 || getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		return err_sys(err, ERR_IO, "a port on 127.0.0.1");
	*ret = ntohs(at.sin_port);
	return true;
}

/* ---- a request and its answer ---- */

static bool
wait_readable(int fd, int patience_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	return poll(&poll_fd, 1, patience_ms) == 1;
}

/* The body's length as the head says it; 0 without one. */
static size_t
body_length(str head)
{
	while (head.n > 0) {
		struct str_cut line = str_cut(head, '\n');
		uint64_t n;
		if (str_starts(line.head, STR("Content-Length:")) &&
		    str_u64(str_trim(str_drop(line.head, 15)), REQUEST_MAX, &n))
			return (size_t)n;
		head = line.tail;
	}
	return 0;
}

/* Where the body begins, or 0 while the head is not whole. */
static size_t
head_end(str text)
{
	for (size_t i = 0; i + 4 <= text.n; i++) {
		if (memcmp(text.p + i, "\r\n\r\n", 4) == 0)
			return i + 4;
	}
	return 0;
}

static bool
read_request(int fd, char *memory, str *ret_head, str *ret_body)
{
	str text = { memory, 0 };
	while (text.n < REQUEST_MAX) {
		size_t body = head_end(text);
		if (body > 0 && text.n >= body + body_length(str_take(text, body))) {
			*ret_head = str_take(text, body);
			*ret_body = str_drop(text, body);
			return true;
		}
		if (!wait_readable(fd, PATIENCE_MS))
			return false;
		ssize_t got = read(fd, memory + text.n, REQUEST_MAX - text.n);
		if (got <= 0)
			return false;
		text.n += (size_t)got;
	}
	return false;
}

/* The notice's subject: data.subject of the webhook's body. */
static str
notice_subject(str body, struct arena *arena)
{
	struct json j;
	str name, subject = STR("");
	json_open(&j, body, arena);
	if (!json_object(&j))
		return subject;
	while (json_member(&j, &name)) {
		if (!str_eq(name, STR("data")) || json_peek(&j) != JSON_OBJECT) {
			(void)json_skip(&j);
			continue;
		}
		(void)json_object(&j);
		while (json_member(&j, &name)) {
			if (str_eq(name, STR("subject")))
				(void)json_string(&j, &subject);
			else
				(void)json_skip(&j);
		}
	}
	return json_close(&j) ? subject : STR("");
}

static void
keep_notice(const struct service *service, str body)
{
	static char memory[REQUEST_MAX];
	struct arena arena = arena_over(memory, sizeof(memory));
	str subject = notice_subject(body, &arena);
	AUTO_CLOSE int fd = openat(service->dir, "notices",
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)dprintf(fd, "%.*s\n", STR_ARG(subject));
}

/* ---- what it is full of ---- */

static int
open_spool(const struct service *service)
{
	char name[64];
	(void)snprintf(name, sizeof(name), "%s.spool", service->name);
	return openat(service->dir, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static bool
is_full(const struct service *service)
{
	struct stat st;
	AUTO_CLOSE int fd = open_spool(service);
	return fd >= 0 && fstat(fd, &st) == 0 && st.st_size >= SPOOL_MAX;
}

static bool
conf_says(const struct service *service, str what)
{
	char name[64];
	static char memory[256];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	(void)snprintf(name, sizeof(name), "%s.conf", service->name);
	return file_read_at(&arena, service->dir, name, sizeof(memory) - 1, &text, &err) &&
	       str_contains(text, what);
}

/* Nobody takes from it: what comes stays. */
static void
take_in(const struct service *service)
{
	static const char chunk[SPOOL_CHUNK];
	if (is_full(service) || !conf_says(service, STR("consumer off")))
		return;
	AUTO_CLOSE int fd = open_spool(service);
	ssize_t n = fd >= 0 ? write(fd, chunk, sizeof(chunk)) : -1;
	(void)n;
}

static void
answer(const struct service *service, int fd)
{
	static char memory[REQUEST_MAX];
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
				 "Connection: close\r\n\r\nok\n";
	static const char full[] = "HTTP/1.1 503 Full\r\nContent-Length: 5\r\n"
				   "Connection: close\r\n\r\nfull\n";
	str head, body;
	if (!read_request(fd, memory, &head, &body))
		return;
	if (str_starts(head, STR("POST ")))
		keep_notice(service, body);
	str text = is_full(service) ? STR(full) : STR(ok);
	(void)send(fd, text.p, text.n, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
}

bool
demo_healthy(unsigned port, int patience_ms)
{
	static const char ask[] = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char text[64];
	struct sockaddr_in at = loopback(port);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return false;
	if (send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) < 0 ||
	    !wait_readable(fd, patience_ms))
		return false;
	ssize_t n = read(fd, text, sizeof(text));
	return n > 0 && str_contains((str){ text, (size_t)n }, STR(" 200 "));
}

/* ---- the process ---- */

static void
write_pid(const struct service *service)
{
	char name[64], text[32];
	struct err err;
	(void)snprintf(name, sizeof(name), "%s.pid", service->name);
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (!file_write_durable(service->dir, name, (str){ text, (size_t)n }, 0600, &err))
		_exit(1);
}

/* Ends with the demonstration: when its folder is gone. */
static _Noreturn void
serve(const struct service *service)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = service->listener, .events = POLLIN };
		struct stat st;
		if (fstat(service->dir, &st) < 0 || st.st_nlink == 0)
			_exit(0);
		take_in(service);
		if (poll(&poll_fd, 1, SPOOL_EVERY_MS) != 1)
			continue;
		int fd = accept4(service->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		answer(service, fd);
		(void)close(fd);
	}
}

int
demo_service(int argc, char **argv)
{
	uint64_t port;
	/* demo service NAME DIR PORT */
	if (argc != 5 || !str_u64(str_of(argv[4]), 65535, &port)) {
		complain("'demo service' is how the demonstration starts its parts");
		return EXIT_USAGE;
	}
	struct service service = { .name = argv[2] };
	service.dir = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	service.listener = listen_on((unsigned)port);
	if (service.dir < 0 || service.listener < 0) {
		complain("%s: %s", service.name, "its port or folder is not to be had");
		return EXIT_FAILED;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	pid_t pid = fork();
	if (pid != 0)
		return pid > 0 ? EXIT_OK : EXIT_FAILED;
	(void)setsid();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		(void)dup2(null, fd);
	if (!conf_says(&service, STR("workers ")))
		_exit(1);
	write_pid(&service);
	serve(&service);
}
