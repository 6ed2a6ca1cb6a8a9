/*
 * The demonstration's processes and its folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/demo.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"

#define START_MS (15 * SECOND)

const char *const demo_parts[DEMO_PARTS] = { "shop", "search", "payments", "ledger",
	"sink" };

void
demo_pause(unsigned ms)
{
	const struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };
	(void)nanosleep(&time, NULL);
}

/* ---- processes ---- */

static pid_t
start(char *const argv[], const char *log)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 1, log,
	    O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)posix_spawn_file_actions_adddup2(&actions, 1, 2);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
		pid = -1;
	(void)posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static bool
start_service(const struct demo *demo, enum demo_part part)
{
	char number[16], log[DEMO_PATH_BYTES], name[32], exe[4096], dir[256];
	char word[] = "demo", service[] = "service";
	(void)snprintf(number, sizeof(number), "%u", demo->port[part]);
	(void)snprintf(name, sizeof(name), "%s", demo_parts[part]);
	(void)snprintf(log, sizeof(log), "%s/services.log", demo->dir);
	(void)snprintf(exe, sizeof(exe), "%s", demo->exe);
	(void)snprintf(dir, sizeof(dir), "%s", demo->dir);
	char *argv[] = { exe, word, service, name, dir, number, NULL };
	pid_t pid = start(argv, log);
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return false;
	for (int i = 0; i < 100; i++) {
		if (demo_healthy(demo->port[part], 100))
			return true;
		demo_pause(10);
	}
	return false;
}

static pid_t
service_pid(const struct demo *demo, enum demo_part part)
{
	char path[DEMO_PATH_BYTES];
	static char memory[64];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	uint64_t pid = 0;
	(void)snprintf(path, sizeof(path), "%s/%s.pid", demo->dir, demo_parts[part]);
	if (!file_read(&arena, path, 32, &text, &err) ||
	    !str_u64(str_trim(text), INT32_MAX, &pid))
		return 0;
	return (pid_t)pid;
}

void
demo_signal(const struct demo *demo, enum demo_part part, int number)
{
	pid_t pid = service_pid(demo, part);
	if (pid > 1)
		(void)kill(pid, number);
}

bool
demo_configure(const struct demo *demo, enum demo_part part, str text)
{
	struct err err;
	char name[64];
	(void)snprintf(name, sizeof(name), "%s.conf", demo_parts[part]);
	AUTO_CLOSE int dir = open(demo->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 && file_write_durable(dir, name, text, 0644, &err);
}

static bool
start_server(struct demo *demo, const volatile int *interrupted)
{
	char config[DEMO_PATH_BYTES], state[DEMO_PATH_BYTES], log[DEMO_PATH_BYTES],
	    endpoint[DEMO_PATH_BYTES];
	char serve[] = "serve", c[] = "--config", s[] = "--state", l[] = "--listen", at[32];
	(void)snprintf(at, sizeof(at), "127.0.0.1:%u", demo->server_port);
	(void)snprintf(config, sizeof(config), "%s/config", demo->dir);
	(void)snprintf(state, sizeof(state), "%s/state", demo->dir);
	(void)snprintf(log, sizeof(log), "%s/server.log", demo->dir);
	(void)snprintf(endpoint, sizeof(endpoint), "%s/state/endpoint", demo->dir);
	char *argv[] = { demo->exe, serve, c, config, s, state, l, at, NULL };
	demo->server = start(argv, log);
	msec end = clock_boot() + START_MS;
	while (demo->server > 0 && clock_boot() < end && !*interrupted) {
		if (access(endpoint, R_OK) == 0)
			return true;
		if (waitpid(demo->server, NULL, WNOHANG) != 0) {
			demo->server = -1;
			break;
		}
		demo_pause(10);
	}
	return false;
}

/* ---- beginning and end ---- */

static bool
prepare(struct demo *demo, struct err *err)
{
	(void)snprintf(demo->dir, sizeof(demo->dir), "/tmp/firstline-demo-XXXXXX");
	if (mkdtemp(demo->dir) == NULL)
		return err_sys(err, ERR_IO, "a temporary folder");
	ssize_t n = readlink("/proc/self/exe", demo->exe, sizeof(demo->exe) - 1);
	if (n < 0)
		return err_sys(err, ERR_IO, "/proc/self/exe");
	demo->exe[n] = '\0';
	for (size_t i = 0; i < DEMO_PARTS; i++) {
		if (!demo_free_port(&demo->port[i], err))
			return false;
	}
	return demo_free_port(&demo->server_port, err) && demo_write_files(demo, err);
}

void
demo_print_log(const struct demo *demo)
{
	char path[DEMO_PATH_BYTES];
	static char memory[65536];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	(void)snprintf(path, sizeof(path), "%s/server.log", demo->dir);
	if (file_read(&arena, path, sizeof(memory) - 1, &text, &err))
		fprintf(stderr, "%.*s\n", (int)text.n, text.p);
}

bool
demo_set(struct demo *demo, const volatile int *interrupted)
{
	struct err err;
	if (!prepare(demo, &err)) {
		complain("%s", err.text);
		return false;
	}
	/* The sink first: it is told of everything. */
	for (enum demo_part part = DEMO_PARTS; part-- > 0;) {
		if (!start_service(demo, part)) {
			complain("the service %s did not start", demo_parts[part]);
			return false;
		}
	}
	if (start_server(demo, interrupted))
		return true;
	if (!*interrupted) {
		complain("the server did not start");
		demo_print_log(demo);
	}
	return false;
}

/* Only what we made: the folder is ours alone. */
static void
remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char inner[DEMO_PATH_BYTES];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (unlink(inner) < 0 && (errno == EISDIR || errno == EPERM))
			remove_tree(inner);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

/* This program, in our folder: whoever only reads what lies there is left alone. */
static bool
is_ours(const struct demo *demo, pid_t pid)
{
	char path[64], exe[sizeof(demo->exe)], argv[8192];
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(path, exe, sizeof(exe));
	if (n < 0 || !str_eq((str){ exe, (size_t)n }, str_of(demo->exe)))
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, argv, sizeof(argv)) : -1;
	return n > 0 && str_contains((str){ argv, (size_t)n }, str_of(demo->dir));
}

static pid_t
left_over(const struct demo *demo, DIR *proc)
{
	const struct dirent *entry;
	uint64_t pid;
	rewinddir(proc);
	while ((entry = readdir(proc)) != NULL) {
		if (str_u64(str_of(entry->d_name), INT32_MAX, &pid) &&
		    (pid_t)pid != getpid() && is_ours(demo, (pid_t)pid))
			return (pid_t)pid;
	}
	return 0;
}

/* An action outlives its server, and may be starting a service right now. */
static void
end_left_over(const struct demo *demo)
{
	DIR *proc = opendir("/proc");
	msec end = clock_boot() + START_MS;
	pid_t pid;
	while (proc != NULL && (pid = left_over(demo, proc)) != 0 && clock_boot() < end) {
		(void)kill(pid, SIGKILL);
		demo_pause(1);
	}
	if (proc != NULL)
		(void)closedir(proc);
}

void
demo_clear(struct demo *demo)
{
	if (demo->server > 0) {
		(void)kill(demo->server, SIGTERM);
		(void)waitpid(demo->server, NULL, 0);
	}
	if (demo->dir[0] == '\0')
		return;
	/* A script of an action is no program of ours until it starts a service, which may be
	 * while the folder is emptied: then it is not, and the service would stay. */
	msec end = clock_boot() + START_MS;
	do {
		end_left_over(demo);
		remove_tree(demo->dir);
	} while (access(demo->dir, F_OK) == 0 && clock_boot() < end);
}
