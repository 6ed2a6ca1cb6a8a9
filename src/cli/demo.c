/*
 * demo -- breaks a small production in two ways and shows what becomes of it.
 *
 *	1. shop is killed: restarted within authority, verified, closed.
 *	2. payments gets a broken configuration: a restart does not help, so it becomes a
 *	   handoff to its developers, with the case file.
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

#include "cli/client.h"
#include "cli/demo.h"
#include "cli/output.h"
#include "facts/row.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"

#define START_MS (15 * SECOND)
#define STORY_MS (60 * SECOND)
#define LOOK_MS 150
#define PATH_BYTES 512

struct story {
	struct demo demo;
	struct client client;
	pid_t server;
	msec began;
	row_id shown; /* the last timeline row on the screen */
	bool stay;
};

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void
pause_ms(unsigned ms)
{
	const struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };
	(void)nanosleep(&time, NULL);
}

/* ---- the screen: 80 columns, seconds since the beginning on the left ---- */

static void narrate(struct story *story, enum style style, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void
narrate(struct story *story, enum style style, const char *fmt, ...)
{
	struct arena scratch = story->client.arena;
	va_list args;
	va_start(args, fmt);
	str text = arena_vprintf(&scratch, fmt, args);
	va_end(args);
	struct out out = out_begin(&scratch);
	unsigned tenths = (unsigned)((clock_boot() - story->began) / 100);
	out_printf(&out, "%3u.%us  ", tenths / 10, tenths % 10);
	if (style == STYLE_PLAIN)
		out_wrapped(&out, 8, 8, text);
	else {
		out_styled(&out, style, text);
		out_printf(&out, "\n");
	}
	(void)out_end(&out);
	(void)fflush(stdout);
}

static void
headline(struct story *story, const char *text)
{
	printf("\n");
	narrate(story, STYLE_BOLD, "%s", text);
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
start_service(struct story *story, const char *name, unsigned port)
{
	char number[16], log[PATH_BYTES];
	char demo[] = "demo", service[] = "service", own[32];
	(void)snprintf(number, sizeof(number), "%u", port);
	(void)snprintf(own, sizeof(own), "%s", name);
	(void)snprintf(log, sizeof(log), "%s/services.log", story->demo.dir);
	char *argv[] = { story->demo.exe, demo, service, own, story->demo.dir, number,
		NULL };
	pid_t pid = start(argv, log);
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return false;
	for (int i = 0; i < 50; i++) {
		if (demo_healthy(port))
			return true;
		pause_ms(20);
	}
	return false;
}

static pid_t
service_pid(const struct story *story, const char *name)
{
	char path[PATH_BYTES];
	static char memory[64];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	uint64_t pid = 0;
	(void)snprintf(path, sizeof(path), "%s/%s.pid", story->demo.dir, name);
	if (!file_read(&arena, path, 32, &text, &err) ||
	    !str_u64(str_trim(text), INT32_MAX, &pid))
		return 0;
	return (pid_t)pid;
}

static void
kill_service(const struct story *story, const char *name)
{
	pid_t pid = service_pid(story, name);
	if (pid > 1)
		(void)kill(pid, SIGKILL);
}

static bool
start_server(struct story *story)
{
	char config[PATH_BYTES], state[PATH_BYTES], log[PATH_BYTES], endpoint[PATH_BYTES];
	char serve[] = "serve", c[] = "--config", s[] = "--state", l[] = "--listen",
	     any[] = "127.0.0.1:0";
	(void)snprintf(config, sizeof(config), "%s/config", story->demo.dir);
	(void)snprintf(state, sizeof(state), "%s/state", story->demo.dir);
	(void)snprintf(log, sizeof(log), "%s/server.log", story->demo.dir);
	(void)snprintf(endpoint, sizeof(endpoint), "%s/state/endpoint", story->demo.dir);
	char *argv[] = { story->demo.exe, serve, c, config, s, state, l, any, NULL };
	story->server = start(argv, log);
	msec end = clock_boot() + START_MS;
	while (story->server > 0 && clock_boot() < end && !interrupted) {
		if (access(endpoint, R_OK) == 0)
			return true;
		if (waitpid(story->server, NULL, WNOHANG) != 0) {
			story->server = -1;
			break;
		}
		pause_ms(10);
	}
	return false;
}

/* ---- what the server says ---- */

static bool
send_alert(struct story *story, const char *service, bool firing)
{
	struct buf body = BUF(4096);
	msec now = clock_wall();
	str ignored;
	buf_printf(&body,
	    "[{\"labels\":{\"alertname\":\"ServiceDown\",\"service\":\"%s\","
	    "\"severity\":\"critical\"},\"annotations\":{\"summary\":"
	    "\"%s does not answer\"},\"startsAt\":\"",
	    service, service);
	buf_time(&body, now - 5 * SECOND);
	buf_printf(&body, "\",\"endsAt\":\"");
	buf_time(&body, firing ? now + 5 * MINUTE : now);
	buf_printf(&body, "\"}]");
	bool ok = client_post(&story->client, "/api/v2/alerts", buf_str(&body), &ignored) ==
	          EXIT_OK;
	buf_done(&body);
	return ok;
}

/* New rows of the incident's timeline; its state, 0 when it cannot be had. */
static enum incident_state
follow(struct story *story, incident_id id)
{
	char path[64];
	str body;
	struct arena before = story->client.arena;
	struct incident_row incident = { .id = 0 };
	struct records rows = { NULL, 0 };
	(void)snprintf(path, sizeof(path), "/v1/incidents/%u", id);
	if (client_get(&story->client, path, &body) == EXIT_OK &&
	    reply_one(&story->client, body, "incident", &incident_row_type, &incident) &&
	    reply_list(&story->client, body, "timeline", &timeline_row_type, &rows)) {
		const struct timeline_row *row = rows.p;
		for (size_t i = 0; i < rows.n; i++) {
			if (row[i].id <= story->shown)
				continue;
			story->shown = row[i].id;
			narrate(story, STYLE_PLAIN, "%.*s", STR_ARG(row[i].text));
		}
	}
	enum incident_state state = incident.state;
	story->client.arena = before;
	return state;
}

/* Until the incident of the service is in that state; its number, 0 when it never is. */
static incident_id
watch(struct story *story, incident_id id, enum incident_state until)
{
	msec end = clock_boot() + STORY_MS;
	while (clock_boot() < end && !interrupted) {
		if (follow(story, id) == until)
			return id;
		pause_ms(LOOK_MS);
	}
	return 0;
}

static void
print_file(struct story *story, const char *title, str text, size_t lines)
{
	printf("\n        %s\n", title);
	for (size_t i = 0; i < lines && text.n > 0; i++) {
		struct str_cut line = str_cut(text, '\n');
		struct arena scratch = story->client.arena;
		struct out out = out_begin(&scratch);
		out_printf(&out, "        | ");
		out_wrapped(&out, 10, 10, line.head);
		(void)out_end(&out);
		text = line.tail;
	}
	if (text.n > 0)
		printf("        | ...\n");
}

/* ---- the two acts ---- */

static bool
act_restart(struct story *story)
{
	headline(story, "1. shop is killed");
	kill_service(story, "shop");
	narrate(story, STYLE_BAD, "kill -9: shop does not answer any more");
	if (!send_alert(story, "shop", true))
		return false;
	if (watch(story, 1, INCIDENT_RECOVERED) == 0)
		return false;
	(void)send_alert(story, "shop", false);
	narrate(story, STYLE_GOOD,
	    "shop answers again; Ana was told and had nothing to do");
	return demo_healthy(story->demo.shop_port);
}

static bool
break_payments(struct story *story)
{
	struct err err;
	AUTO_CLOSE int dir = open(story->demo.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 ||
	    !file_write_durable(dir, "payments.conf", STR("wrokers 4\n"), 0644, &err))
		return false;
	kill_service(story, "payments");
	return true;
}

static bool
act_handoff(struct story *story)
{
	str body;
	struct handoff_row handoff;
	headline(story, "2. payments is broken so that a restart does not help");
	if (!break_payments(story))
		return false;
	narrate(story, STYLE_BAD,
	    "a typing error in payments.conf, and it ends at its start");
	if (!send_alert(story, "payments", true) ||
	    watch(story, 2, INCIDENT_HANDED_OFF) == 0)
		return false;
	if (client_get(&story->client, "/v1/incidents/2", &body) != EXIT_OK)
		return false;
	struct records handoffs;
	if (!reply_list(&story->client, body, "handoffs", &handoff_row_type, &handoffs) ||
	    handoffs.n == 0)
		return false;
	handoff = *(const struct handoff_row *)handoffs.p;
	print_file(story,
	    "The case file its developers get instead of a phone call:", handoff.case_file,
	    14);
	return true;
}

static size_t
count_notices(const struct story *story)
{
	char path[PATH_BYTES];
	static char memory[65536];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	size_t n = 0;
	(void)snprintf(path, sizeof(path), "%s/notices", story->demo.dir);
	if (!file_read(&arena, path, sizeof(memory) - 1, &text, &err))
		return 0;
	while (text.n > 0) {
		n++;
		text = str_cut(text, '\n').tail;
	}
	return n;
}

static void
summarize(struct story *story)
{
	char url[200];
	(void)snprintf(url, sizeof(url), "%s", story->client.url);
	printf("\n"
	       "  2 incidents   1 restarted and verified, 1 handed off with its case "
	       "file\n"
	       "  2 actions     each decided by a written rule, each started once\n"
	       "  %zu notices     to the person on duty, who is told of the end too when "
	       "it\n"
	       "                closes (a minute of quiet); developers were not called\n"
	       "\n",
	    count_notices(story));
	if (!story->stay) {
		printf("  firstline init production    writes one of your own\n");
		return;
	}
	printf("  firstline why 1 --state %s/state\n", story->demo.dir);
	printf("\n  Still serving on %s until Ctrl-C; 'firstline init' is the next step.\n",
	    url);
	(void)fflush(stdout);
	while (!interrupted)
		pause_ms(200);
}

/* ---- beginning and end ---- */

static bool
prepare(struct story *story, struct err *err)
{
	struct demo *demo = &story->demo;
	(void)snprintf(demo->dir, sizeof(demo->dir), "/tmp/firstline-demo-XXXXXX");
	if (mkdtemp(demo->dir) == NULL)
		return err_sys(err, ERR_IO, "a temporary folder");
	ssize_t n = readlink("/proc/self/exe", demo->exe, sizeof(demo->exe) - 1);
	if (n < 0)
		return err_sys(err, ERR_IO, "/proc/self/exe");
	demo->exe[n] = '\0';
	return demo_free_port(&demo->shop_port, err) &&
	       demo_free_port(&demo->payments_port, err) &&
	       demo_free_port(&demo->sink_port, err) && demo_write_files(demo, err);
}

/* Only what we made: the folder is ours alone. */
static void
remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char inner[PATH_BYTES];
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

static void
clear_away(struct story *story)
{
	static const char *const services[] = { "shop", "payments", "sink" };
	if (story->server > 0) {
		(void)kill(story->server, SIGTERM);
		(void)waitpid(story->server, NULL, 0);
	}
	for (size_t i = 0; i < countof(services); i++)
		kill_service(story, services[i]);
	remove_tree(story->demo.dir);
}

static void
print_log(const struct story *story)
{
	char path[PATH_BYTES];
	static char memory[65536];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	(void)snprintf(path, sizeof(path), "%s/server.log", story->demo.dir);
	if (file_read(&arena, path, sizeof(memory) - 1, &text, &err))
		fprintf(stderr, "%.*s\n", (int)text.n, text.p);
}

/* By its own endpoint and token, whatever the environment names. */
static bool
open_client(struct story *story)
{
	char endpoint[PATH_BYTES];
	static char memory[512];
	static char token[PATH_BYTES], url[256];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str text;
	(void)snprintf(endpoint, sizeof(endpoint), "%s/state/endpoint", story->demo.dir);
	(void)snprintf(token, sizeof(token), "%s/state/local.token", story->demo.dir);
	if (!file_read(&arena, endpoint, 200, &text, &err)) {
		complain("%s", err.text);
		return false;
	}
	(void)snprintf(url, sizeof(url), "%.*s", STR_ARG(str_trim(text)));
	const struct client_options options = { .url = url, .token_file = token };
	return client_open(&story->client, &options) == EXIT_OK;
}

static bool
play(struct story *story)
{
	struct demo *demo = &story->demo;
	if (!start_service(story, "sink", demo->sink_port) ||
	    !start_service(story, "shop", demo->shop_port) ||
	    !start_service(story, "payments", demo->payments_port) ||
	    !start_server(story)) {
		complain("the demonstration's processes did not start");
		return false;
	}
	if (!open_client(story))
		return false;
	narrate(story, STYLE_PLAIN,
	    "a small production is up: shop (tier 1) needs payments (tier 2); "
	    "Ana is on duty");
	bool ok = act_restart(story) && act_handoff(story);
	if (ok)
		summarize(story);
	client_close(&story->client);
	return ok;
}

static int
run(int argc, char **argv)
{
	static struct story story;
	struct err err;
	bool once = false;
	const struct option_spec specs[] = { { .name = "once", .flag = &once } };
	if (argc > 1 && strcmp(argv[1], "service") == 0)
		return demo_service(argc, argv);
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("demo takes no '%s'", argv[1]);
		return EXIT_USAGE;
	}
	story.began = clock_boot();
	story.stay = !once && isatty(STDOUT_FILENO);
	(void)signal(SIGINT, on_interrupt);
	(void)signal(SIGTERM, on_interrupt);
	if (!prepare(&story, &err)) {
		complain("%s", err.text);
		return EXIT_FAILED;
	}
	bool ok = play(&story);
	if (!ok && !interrupted)
		print_log(&story);
	clear_away(&story);
	return ok ? EXIT_OK : EXIT_FAILED;
}

const struct command_line command_demo = {
	.name = "demo",
	.summary = "watch it handle a small real production",
	.help =
	    "  firstline demo --once\n"
	    "\n"
	    "Starts a small production on loopback, breaks it in two ways and shows "
	    "what becomes\n"
	    "of it: a restart that is verified, and one that does not help and becomes a\n"
	    "handoff with its case file. Everything lives in a temporary folder and ends "
	    "with\n"
	    "the command.\n"
	    "\n"
	    "  --once    end after the summary, also on a terminal\n",
	.run = run,
};
