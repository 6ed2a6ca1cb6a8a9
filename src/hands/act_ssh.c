/*
 * act_ssh -- a command on another machine, through Debian's OpenSSH client.
 * model/kind_ssh.c says what its parts are, ssh_script.h what happens on the far side.
 *
 *	connect --ready--> the script is sent --done--> its exit code is ours
 *	   |                      |
 *	   `-- not ready:         `-- the link is cut: ask the record there, again and again,
 *	       surely not begun       until it tells, or nobody can know any more
 *
 * Host keys are pinned: one that is missing or another one is refused by name, and nothing
 * has begun. No agent, no forwarding, no configuration but what stands here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hands/act.h"
#include "hands/ssh_script.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"
#include "shim/shim.h"

#define ANSWER_MAX ((size_t)64 << 10)
#define ERRORS_MAX 4096
#define ASK_EVERY_MS SECOND
#define LEAVE_MS 1000 /* before its time is over: to say that nobody knows */

struct far {
	const struct act_request *request;
	const char *argv[48];
	char identity[64]; /* the path of the memfd that has it */
	int identity_fd;
};

/* One connection, from its beginning to its end. */
struct session {
	bool ready;
	bool late;      /* its time was over first */
	bool talkative; /* it said more than SSH_GREETING_MAX before it was ready */
	struct buf out; /* after it was ready */
	struct buf errors;
};

static void
session_done(struct session *s)
{
	buf_done(&s->out);
	buf_done(&s->errors);
}

/* ---- the client ---- */

/* Everybody who can write that file could choose whom we trust. */
static bool
known_hosts_safe(const char *path, struct act_outcome *ret)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		*ret = act_ended(ACT_NEVER, "there is no file of host keys %.200s", path);
	else if ((st.st_mode & 022) != 0 || (st.st_uid != 0 && st.st_uid != geteuid()))
		*ret = act_ended(ACT_REFUSED,
		    "%.200s, the host keys, can be changed by others", path);
	else
		return true;
	return false;
}

static bool
make_identity(struct far *far, struct act_outcome *ret)
{
	struct err err;
	str key = pairs_get(&far->request->secrets, STR("identity"));
	struct buf text = BUF((size_t)16 << 10);
	buf_add(&text, key);
	buf_char(&text,
	    '\n'); /* a key without it is none, and a secret has none at its end */
	bool ok = memfd_sealed("identity", buf_str(&text), &far->identity_fd, &err) &&
	          fchmod(far->identity_fd, 0600) == 0;
	buf_wipe(&text);
	if (!ok) {
		*ret = act_ended(ACT_NEVER, "its identity cannot be handed over");
		return false;
	}
	/* The client closes all that it inherits, but may open what is ours. */
	(void)snprintf(far->identity, sizeof(far->identity), "/proc/%d/fd/%d", getpid(),
	    far->identity_fd);
	return true;
}

static const char *
option(struct arena *arena, const char *name, str value)
{
	return arena_cstr(arena, arena_printf(arena, "-o%s=%.*s", name, STR_ARG(value)));
}

static bool
prepare(struct far *far, struct arena *arena, struct act_outcome *ret)
{
	static const char *const fixed[] = { "-F/dev/null", "-T", "-oBatchMode=yes",
		"-oStrictHostKeyChecking=yes", "-oGlobalKnownHostsFile=/dev/null",
		"-oUpdateHostKeys=no", "-oVerifyHostKeyDNS=no", "-oCheckHostIP=no",
		"-oIdentitiesOnly=yes", "-oIdentityAgent=none", "-oAddKeysToAgent=no",
		"-oPreferredAuthentications=publickey", "-oForwardAgent=no",
		"-oForwardX11=no", "-oClearAllForwardings=yes", "-oPermitLocalCommand=no",
		"-oProxyCommand=none", "-oControlMaster=no", "-oControlPath=none",
		"-oEscapeChar=none", "-oConnectionAttempts=1", "-oServerAliveInterval=5",
		"-oServerAliveCountMax=3", "-oTCPKeepAlive=yes", "-oLogLevel=ERROR" };
	const struct pairs *parts = &far->request->parts;
	str known = pairs_get(parts, STR("known_hosts"));
	str port = pairs_get(parts, STR("port"));
	msec connect = far->request->timeout_ms / 2 / SECOND;
	size_t n = 0;
	if (!known_hosts_safe(arena_cstr(arena, known), ret) || !make_identity(far, ret))
		return false;
	far->argv[n++] = "ssh";
	for (size_t i = 0; i < countof(fixed); i++)
		far->argv[n++] = fixed[i];
	far->argv[n++] = option(arena, "UserKnownHostsFile", known);
	far->argv[n++] = option(arena, "IdentityFile", str_of(far->identity));
	far->argv[n++] = option(arena, "Port", port);
	far->argv[n++] = option(arena, "User", pairs_get(parts, STR("user")));
	far->argv[n++] = option(arena, "ConnectTimeout",
	    arena_printf(arena, "%llu",
		(unsigned long long)(connect < 1    ? 1
				     : connect > 10 ? 10
						    : connect)));
	far->argv[n++] = "--";
	far->argv[n++] = arena_cstr(arena, pairs_get(parts, STR("host")));
	far->argv[n++] = SSH_REMOTE;
	far->argv[n] = NULL;
	ASSERT(n < countof(far->argv));
	return true;
}

static bool
start_client(const struct far *far, int in, int out, int errors, pid_t *ret)
{
	static const char *env[] = { "PATH=" SHIM_PATH, "LANG=C", NULL };
	posix_spawn_file_actions_t files;
	union {
		const char *const *have;
		char *const *want;
	} argv = { .have = far->argv }, environment = { .have = env };
	int error = posix_spawn_file_actions_init(&files);
	if (error != 0)
		return false;
	int from[] = { in, out, errors };
	for (int fd = 0; fd < 3 && error == 0; fd++)
		error = posix_spawn_file_actions_adddup2(&files, from[fd], fd);
	if (error == 0)
		error = posix_spawnp(ret, "ssh", &files, NULL, argv.want, environment.want);
	(void)posix_spawn_file_actions_destroy(&files);
	return error == 0;
}

/* ---- one session ---- */

struct pipes {
	int in, out, errors; /* ours; -1: closed */
	str script;          /* what is still to be sent */
	struct buf before;   /* what came before it was ready */
	size_t looked;       /* so much of that is lines that are not it */
};

static void
shut(int *fd)
{
	fd_close(fd);
	*fd = -1;
}

/* More of what may be read; the far side may write as much as it likes. */
static void
take(int *fd, struct buf *to)
{
	char bytes[8192];
	ssize_t n = read(*fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		shut(fd);
		return;
	}
	size_t room = to->max - to->n;
	buf_put(to, bytes, (size_t)n < room ? (size_t)n : room);
}

/* Ready is a line of its own; what greets us before does not matter, but for its length. */
static void
look_for_ready(struct session *s, struct pipes *p)
{
	str rest = str_drop(buf_str(&p->before), p->looked);
	for (struct str_cut cut; (cut = str_cut(rest, '\n')).found; rest = cut.tail) {
		if (!str_eq(cut.head, STR(SSH_READY)))
			continue;
		s->ready = true;
		buf_add(&s->out, cut.tail);
		return;
	}
	p->looked = p->before.n - rest.n;
	s->talkative = p->before.n == p->before.max;
}

static void
send_script(struct session *s, struct pipes *p)
{
	if (!s->ready || p->in < 0)
		return;
	ssize_t n = write(p->in, p->script.p, p->script.n);
	if (n > 0)
		p->script = str_drop(p->script, (size_t)n);
	if (p->script.n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		shut(&p->in);
}

static void
talk(struct session *s, struct pipes *p, msec until)
{
	while ((p->out >= 0 || p->errors >= 0) && !s->talkative) {
		struct pollfd polled[] = {
			{ .fd = p->out, .events = POLLIN },
			{ .fd = p->errors, .events = POLLIN },
			{ .fd = s->ready ? p->in : -1, .events = POLLOUT },
		};
		msec now = clock_boot();
		s->late = now >= until;
		if (s->late)
			return;
		(void)poll(polled, 3, (int)(until - now < 1000 ? until - now : 1000));
		if (polled[1].revents != 0)
			take(&p->errors, &s->errors);
		if (polled[0].revents != 0) {
			take(&p->out, s->ready ? &s->out : &p->before);
			if (!s->ready)
				look_for_ready(s, p);
		}
		if (polled[2].revents != 0)
			send_script(s, p);
	}
}

/* Until the far side is done or the link is cut, or until that time. */
static bool
session_run(const struct far *far, str script, msec until, struct session *s)
{
	int in[2], out[2], errors[2];
	pid_t pid;
	*s = (struct session){ .out = BUF(ANSWER_MAX), .errors = BUF(ERRORS_MAX) };
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(errors, O_CLOEXEC) < 0)
		return false;
	bool ok = start_client(far, in[0], out[1], errors[1], &pid);
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(errors[1]);
	struct pipes p = { .in = in[1],
		.out = out[0],
		.errors = errors[0],
		.script = script,
		.before = BUF(SSH_GREETING_MAX) };
	(void)fcntl(p.in, F_SETFL, O_NONBLOCK);
	if (ok) {
		talk(s, &p, until);
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	shut(&p.in);
	shut(&p.out);
	shut(&p.errors);
	buf_done(&p.before);
	return ok;
}

/* ---- what came of it ---- */

/* It was not ready: nothing of the script was sent. */
static struct act_outcome
not_ready(const struct far *far, const struct session *s)
{
	str host = pairs_get(&far->request->parts, STR("host"));
	str file = pairs_get(&far->request->parts, STR("known_hosts"));
	str errors = str_trim(buf_str(&s->errors));
	if (str_contains(errors, STR("IDENTIFICATION HAS CHANGED")))
		return act_ended(ACT_REFUSED,
		    "the host key of %.*s is not the one in %.*s: is it still the same "
		    "machine?",
		    STR_ARG(host), STR_ARG(file));
	if (str_contains(errors, STR("Host key verification failed")))
		return act_ended(ACT_REFUSED, "no host key of %.*s is in %.*s",
		    STR_ARG(host), STR_ARG(file));
	for (struct str_cut cut; (cut = str_cut(errors, '\n')).found;)
		errors = cut.tail; /* the last line says it */
	if (s->talkative)
		return act_ended(ACT_NEVER,
		    "%.*s greets with more than %zu bytes before its shell is ready",
		    STR_ARG(host), SSH_GREETING_MAX);
	if (errors.n == 0)
		errors = s->late ? STR("it was not ready when the time was over")
		                 : STR("no answer");
	return act_ended(ACT_NEVER, "%.*s: %.*s", STR_ARG(host),
	    (int)(errors.n < 200 ? errors.n : 200), errors.p);
}

/* True: that is the end. */
static bool
concluded(const struct ssh_said *said, struct act_outcome *ret)
{
	switch (said->answer) {
	case SSH_DONE:
		act_say(said->text);
		*ret = act_exited(said->code);
		return true;
	case SSH_NEVER:
		*ret = act_ended(ACT_NEVER, "the link was cut before it began");
		return true;
	case SSH_LOST:
		*ret = act_ended(ACT_UNKNOWN,
		    "it began there, and whoever watched it there is gone");
		return true;
	case SSH_CANNOT:
		*ret = act_ended(ACT_NEVER, "the far side %.*s",
		    (int)(said->text.n < 200 ? said->text.n : 200), said->text.p);
		return true;
	case SSH_NOTHING:
	case SSH_RUNNING:
	case SSH_TAKEN:
		return false;
	}
	UNREACHABLE();
}

static msec
end_of(const struct act_request *request)
{
	msec span = request->timeout_ms > 2 * LEAVE_MS ? request->timeout_ms - LEAVE_MS
	                                               : request->timeout_ms / 2;
	return clock_boot() + span;
}

/* What does the record there say? */
static struct act_outcome
ask_until(const struct far *far, msec until)
{
	const struct act_request *request = far->request;
	struct buf script = BUF(SSH_SCRIPT_MAX);
	struct act_outcome ret = { 0 };
	bool ended = false, running = false;
	ssh_script_ask(&script, request->attempt, request->intent_wall);
	while (!ended && clock_boot() < until) {
		struct session s;
		struct ssh_said said = { .answer = SSH_NOTHING };
		if (session_run(far, buf_str(&script), until, &s))
			said = ssh_script_read(buf_str(&s.out));
		running = said.answer == SSH_RUNNING;
		ended = concluded(&said, &ret);
		session_done(&s);
		if (!ended)
			(void)poll(NULL, 0, (int)ASK_EVERY_MS);
	}
	buf_done(&script);
	if (ended)
		return ret;
	if (running) /* its time is over; so says the shim, at once */
		(void)poll(NULL, 0, 2 * LEAVE_MS);
	return act_ended(ACT_UNKNOWN, running ? "it still ran when its time was over"
					      : "the link was cut, and the far side cannot "
						"be asked");
}

static struct act_outcome
do_it(const struct far *far)
{
	const struct act_request *request = far->request;
	struct buf script = BUF(SSH_SCRIPT_MAX);
	struct act_outcome ret;
	struct session s;
	msec until = end_of(request);
	ssh_script_do(&script, request->attempt, request->intent_wall, &request->argv);
	if (script.overflow) {
		ret = act_ended(ACT_NEVER, "its command is too long");
		buf_done(&script);
		return ret;
	}
	bool began = session_run(far, buf_str(&script), until, &s);
	struct ssh_said said = ssh_script_read(buf_str(&s.out));
	if (!began)
		ret = act_ended(ACT_NEVER, "the ssh client cannot be started");
	else if (!s.ready)
		ret = not_ready(far, &s);
	else if (!concluded(&said, &ret))
		ret = ask_until(far, until);
	session_done(&s);
	buf_done(&script);
	return ret;
}

/* ---- probes ---- */

/* A command that only looks: its output and its code. */
static struct act_outcome
look(const struct far *far)
{
	struct buf script = BUF(SSH_SCRIPT_MAX);
	struct act_outcome ret;
	struct session s;
	uint64_t mark = random_u64();
	int code;
	str output;
	ssh_script_look(&script, mark, &far->request->argv);
	bool began = session_run(far, buf_str(&script), end_of(far->request), &s);
	if (!began || !s.ready) {
		ret = not_ready(far, &s);
	} else if (ssh_look_read(buf_str(&s.out), mark, &code, &output)) {
		act_say(output);
		ret = act_exited(code);
	} else {
		ret = act_ended(ACT_UNKNOWN, "the link was cut");
	}
	session_done(&s);
	buf_done(&script);
	return ret;
}

/* The record of an attempt, once: "done CODE", "running", "never" or "lost". */
static struct act_outcome
look_at_record(const struct far *far)
{
	static const char *const words[] = {
		[SSH_RUNNING] = "running",
		[SSH_NEVER] = "never",
		[SSH_LOST] = "lost",
	};
	const struct act_request *request = far->request;
	struct buf script = BUF(SSH_SCRIPT_MAX);
	struct act_outcome ret = act_exited(0);
	struct session s;
	ssh_script_ask(&script, request->attempt, request->intent_wall);
	bool began = session_run(far, buf_str(&script), end_of(request), &s);
	struct ssh_said said = ssh_script_read(buf_str(&s.out));
	if (!began || !s.ready)
		ret = not_ready(far, &s);
	else if (said.answer == SSH_DONE)
		act_printf("done %d\n", said.code);
	else if (said.answer < countof(words) && words[said.answer] != NULL)
		act_printf("%s\n", words[said.answer]);
	else
		ret = act_ended(ACT_UNKNOWN, "the far side does not tell");
	session_done(&s);
	buf_done(&script);
	return ret;
}

struct act_outcome
act_ssh(const struct act_request *request, struct arena *arena)
{
	struct far far = { .request = request, .identity_fd = -1 };
	struct act_outcome ret;
	if (prepare(&far, arena, &ret))
		ret = !request->ask         ? do_it(&far)
		      : request->argv.n > 0 ? look(&far)
		                            : look_at_record(&far);
	fd_close(&far.identity_fd);
	return ret;
}
