/* Each role, confined in a child process, tries what it must not be able to do. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/confine.h"
#include "support/test.h"

static char state_dir[] = "/tmp/firstline-confine-XXXXXX";

static bool
may_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool
may_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int code = connect(fd, (struct sockaddr *)&to, sizeof(to));
	bool refused_by_us = code < 0 && (errno == EPERM || errno == EACCES);
	(void)close(fd);
	return !refused_by_us;
}

static bool
may_listen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool ok = listen(fd, 1) == 0;
	(void)close(fd);
	return ok;
}

static bool
may_exec(void)
{
	char *argv[] = { (char[]){ "/bin/true" }, NULL };
	(void)execv("/bin/true", argv);
	return errno != EPERM && errno != EACCES;
}

static bool
may_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

/* One letter for each thing that worked. */
static void
try_all(enum confine_role role, char *out)
{
	static char memory[8192];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct strs gaps;
	struct err err;
	struct confine how = { .role = role, .state_dir = state_dir };
	if (!confine(&how, &arena, &gaps, &err)) {
		printf("%s\n", err.text);
		*out++ = '!';
	}
	char path[100];
	(void)snprintf(path, sizeof(path), "%s/db", state_dir);
	if (may_open(path, O_RDWR | O_CREAT))
		*out++ = 's';
	(void)snprintf(path, sizeof(path), "%s/attempts/x", state_dir);
	if (may_open(path, O_RDWR | O_CREAT))
		*out++ = 'a';
	if (may_open("/etc/passwd", O_RDONLY))
		*out++ = 'e';
	if (may_open("/tmp/firstline-confine-outside", O_RDWR | O_CREAT))
		*out++ = 'o';
	if (may_connect())
		*out++ = 'c';
	if (may_listen())
		*out++ = 'l';
	if (may_fork())
		*out++ = 'f';
	if (may_exec())
		*out++ = 'x';
	if (geteuid() == 0)
		*out++ = 'r';
	*out = '\0';
}

static void
confine__takes_from_each_role_what_it_does_not_need(void)
{
	static const struct {
		const char *name;
		enum confine_role role;
		const char *can;
	} rows[] = {
		{ "gate", CONFINE_GATE, "" },
		{ "engine", CONFINE_ENGINE, "sar" },
		{ "hands", CONFINE_HANDS, "aecr" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		int pipes[2];
		EXPECT(pipe(pipes) == 0);
		pid_t pid = fork();
		if (pid == 0) {
			char can[32] = { 0 };
			try_all(rows[i].role, can);
			(void)!write(pipes[1], can, sizeof(can));
			_exit(0);
		}
		(void)close(pipes[1]);
		char can[33] = { 0 };
		EXPECT(read(pipes[0], can, 32) == 32);
		(void)close(pipes[0]);
		(void)waitpid(pid, NULL, 0);
		str want = str_of(rows[i].can);
		if (geteuid() != 0 && str_ends(want, STR("r")))
			want = str_take(want, want.n - 1); /* nobody to begin with */
		EXPECT_STR(str_of(can), want);
	}
}

int
main(void)
{
	if (mkdtemp(state_dir) == NULL)
		return 1;
	char path[100];
	(void)snprintf(path, sizeof(path), "%s/attempts", state_dir);
	(void)mkdir(path, 0700);
	RUN(confine__takes_from_each_role_what_it_does_not_need);
	static const char *const made[] = { "/attempts/x", "/attempts", "/db", "" };
	for (size_t i = 0; i < countof(made); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", state_dir, made[i]);
		(void)remove(path);
	}
	TEST_MAIN_END();
}
