/*
 * taken -- the real program, but one of its roles is in the hands of an attacker.
 *
 * The linker sends confine() and the gate's link_open() through here: when the role named by
 * TAKEN_ROLE has confined itself, what follows is what an attacker with its code and its
 * descriptors would try. Each attempt is a line of TAKEN_LOG, "refused WHAT" or "THROUGH WHAT".
 * Calls are made so that they do no harm should they get through.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cbor.h"
#include "gate/state.h"
#include "intake/wire.h"
#include "os/confine.h"
#include "os/peer.h"

bool __real_confine(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err);
bool __wrap_confine(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err);
void __real_link_open(struct gate *gate, int fd);
void __wrap_link_open(struct gate *gate, int fd);

#define GATE (1u << CONFINE_GATE)
#define ENGINE (1u << CONFINE_ENGINE)
#define HANDS (1u << CONFINE_HANDS)
#define ALL (GATE | ENGINE | HANDS)

static int log_fd = -1;

static void
say(bool through, const char *what)
{
	char line[300];
	int n =
	    snprintf(line, sizeof(line), "%s %s\n", through ? "THROUGH" : "refused", what);
	if (write(log_fd, line, (size_t)n) != n)
		abort();
}

/* ---- what a role asks the kernel for ---- */

static const char *
named(const char *what)
{
	const char *value = getenv(what);
	return value != NULL ? value : "/nowhere";
}

static bool
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static const char *
of_parent(const char *file)
{
	static char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)getppid(), file);
	return path;
}

static const char *
in_state(const char *file)
{
	static char path[4096];
	(void)snprintf(path, sizeof(path), "%s/%s", named("TAKEN_STATE"), file);
	return path;
}

static bool
socket_opens(int domain, int type)
{
	int fd = socket(domain, type, 0);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool
listens(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool through = fd >= 0 && listen(fd, 1) == 0;
	if (fd >= 0)
		(void)close(fd);
	return through;
}

/* A child that is one tells so by ending at once. */
static bool
forked(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		(void)waitpid((pid_t)pid, NULL, 0);
	return pid > 0;
}

static bool
starts_memory(void)
{
	char name[] = "x";
	char *const argv[] = { name, NULL };
	int fd = memfd_create("x", MFD_CLOEXEC);
	bool through = fd >= 0 && write(fd, "#!", 2) == 2 &&
	               syscall(SYS_execveat, fd, "", argv, argv + 1, AT_EMPTY_PATH) < 0 &&
	               errno != EPERM && errno != EACCES;
	(void)close(fd);
	return through;
}

static bool
reads_parent(void)
{
	char here[8];
	struct iovec to = { here, sizeof(here) }, from = { (void *)&log_fd, sizeof(here) };
	return process_vm_readv(getppid(), &to, 1, &from, 1, 0) > 0;
}

static bool
takes_descriptor(void)
{
	int pid = (int)syscall(SYS_pidfd_open, getppid(), 0);
	return pid >= 0 && syscall(SYS_pidfd_getfd, pid, 0, 0) >= 0;
}

static bool
calls(long number, long a, long b, long c)
{
	/* With arguments that are wrong: whoever is not refused gets another error. */
	return syscall(number, a, b, c, 0L, 0L) >= 0 || (errno != EPERM && errno != ENOSYS);
}

static bool
becomes_root(void)
{
	return syscall(SYS_setresuid, 0, 0, 0) == 0 || syscall(SYS_setresgid, 0, 0, 0) == 0;
}

static bool
has_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct want[2] = { { ~0u, ~0u, 0 }, { 0, 0, 0 } };
	return syscall(SYS_capset, &head, want) == 0;
}

static bool
gains_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ||
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

static bool
dumps_core(void)
{
	const struct rlimit core = { 1 << 20, 1 << 20 };
	return setrlimit(RLIMIT_CORE, &core) == 0;
}

static bool
lifts_filter(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER;
}

#define TRY(what_, roles_, how_)              \
	do {                                  \
		if (((roles_)&role) != 0)     \
			say((how_), (what_)); \
	} while (0)

static void
try_files(unsigned role)
{
	TRY("read /etc/passwd", GATE | ENGINE, opens("/etc/passwd", O_RDONLY));
	TRY("read /etc/shadow", GATE | ENGINE, opens("/etc/shadow", O_RDONLY));
	TRY("list /", ALL, opens("/", O_RDONLY | O_DIRECTORY));
	TRY("read the store", GATE | HANDS, opens(in_state("firstline.db"), O_RDONLY));
	TRY("write the store", GATE | HANDS, opens(in_state("firstline.db"), O_WRONLY));
	TRY("read the store's log", GATE | HANDS,
	    opens(in_state("firstline.db-wal"), O_RDONLY));
	TRY("read the local token", GATE | HANDS, opens(in_state("local.token"), O_RDONLY));
	TRY("make a file beside the store", GATE | HANDS,
	    opens(in_state("x"), O_CREAT | O_WRONLY));
	TRY("read the configuration", GATE | ENGINE,
	    opens(named("TAKEN_CONFIG"), O_RDONLY));
	TRY("write the configuration", ALL, opens(named("TAKEN_CONFIG"), O_WRONLY));
	TRY("read a secret of hands", GATE | ENGINE,
	    opens(named("TAKEN_SECRET"), O_RDONLY));
	TRY("read another secret", GATE | ENGINE, opens(named("TAKEN_OTHER"), O_RDONLY));
	TRY("read the supervisor's environment", GATE | ENGINE,
	    opens(of_parent("environ"), O_RDONLY));
	TRY("read the supervisor's memory", ALL, opens(of_parent("mem"), O_RDONLY));
	TRY("open the supervisor's descriptor", ALL, opens(of_parent("fd/3"), O_RDONLY));
	TRY("write its own memory as a file", ALL, opens("/proc/self/mem", O_RDWR));
	TRY("open the machine's memory", ALL, opens("/dev/mem", O_RDONLY));
	TRY("read the kernel's log", ALL, opens("/dev/kmsg", O_RDONLY));
	TRY("make a file in /tmp", ALL, opens("/tmp/firstline-taken", O_CREAT | O_WRONLY));
	TRY("make a folder", ALL, mkdir("/tmp/firstline-taken", 0700) == 0);
	TRY("make a link", ALL, symlink("/etc/shadow", "/tmp/firstline-taken") == 0);
	TRY("take a file away", ALL, unlink(named("TAKEN_OTHER")) == 0);
	TRY("rename a file", ALL,
	    rename(named("TAKEN_OTHER"), "/tmp/firstline-taken") == 0);
	TRY("cut a file", ALL, truncate(named("TAKEN_OTHER"), 0) == 0);
	TRY("open a file's mode", GATE | ENGINE, chmod(named("TAKEN_OTHER"), 0666) == 0);
	TRY("give a file away", GATE | ENGINE,
	    chown(named("TAKEN_OTHER"), 65534, 65534) == 0);
	TRY("make a device", GATE | ENGINE,
	    mknod(in_state("dev"), S_IFCHR | 0600, 0x103) == 0);
	TRY("link a file into the state folder", ALL,
	    link(named("TAKEN_OTHER"), in_state("y")) == 0);
}

static void
try_processes(unsigned role)
{
	TRY("fork", ALL, forked(syscall(SYS_fork)));
	TRY("clone", ALL, forked(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
	TRY("clone3", ALL, syscall(SYS_clone3, NULL, 0) >= 0 || errno != ENOSYS);
	TRY("run a file in memory", ALL, starts_memory());
	TRY("trace the supervisor", ALL, ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0);
	TRY("read the supervisor", ALL, reads_parent());
	TRY("take a descriptor of the supervisor", ALL, takes_descriptor());
	TRY("signal the supervisor", GATE | ENGINE, kill(getppid(), 0) == 0);
	TRY("signal it by a descriptor", GATE | ENGINE,
	    calls(SYS_pidfd_send_signal, -1, 0, 0));
	TRY("become root", GATE, becomes_root());
	TRY("take capabilities", GATE, has_capabilities());
	TRY("gain privileges", ALL, gains_privileges());
	TRY("leave core files", GATE, dumps_core());
	TRY("be without a filter", ALL, lifts_filter());
}

static void
try_network(unsigned role)
{
	TRY("socket IPv4", GATE | ENGINE, socket_opens(AF_INET, SOCK_STREAM));
	TRY("socket IPv6", GATE | ENGINE, socket_opens(AF_INET6, SOCK_DGRAM));
	TRY("socket unix", GATE | ENGINE, socket_opens(AF_UNIX, SOCK_STREAM));
	TRY("socket netlink", GATE | ENGINE, socket_opens(AF_NETLINK, SOCK_RAW));
	TRY("socket packet", ALL, socket_opens(AF_PACKET, SOCK_RAW));
	TRY("socket raw", ALL, socket_opens(AF_INET, SOCK_RAW));
	TRY("socket vsock", ALL, socket_opens(40, SOCK_STREAM));
	TRY("socket of the kernel's ciphers", ALL, socket_opens(38, SOCK_SEQPACKET));
	TRY("listen", ALL, listens());
	TRY("connect", GATE | ENGINE, calls(SYS_connect, -1, 0, 0));
	TRY("bind", GATE | ENGINE, calls(SYS_bind, -1, 0, 0));
	TRY("accept", ENGINE | HANDS, calls(SYS_accept4, -1, 0, 0));
}

static void
try_kernel(unsigned role)
{
	static const struct {
		const char *name;
		long number, a, b, c;
	} call[] = {
		{ "acct", SYS_acct, -1, 0, 0 },
		{ "add_key", SYS_add_key, 0, 0, 0 },
		{ "bpf", SYS_bpf, -1, 0, 0 },
		{ "chroot", SYS_chroot, 0, 0, 0 },
		{ "clock_settime", SYS_clock_settime, -1, 0, 0 },
		{ "delete_module", SYS_delete_module, 0, 0, 0 },
		{ "execve", SYS_execve, 0, 0, 0 },
		{ "finit_module", SYS_finit_module, -1, 0, 0 },
		{ "fsopen", SYS_fsopen, 0, -1, 0 },
		{ "init_module", SYS_init_module, 0, 0, 0 },
		{ "io_uring_setup", SYS_io_uring_setup, 0, 0, 0 },
		{ "kcmp", SYS_kcmp, 0, 0, -1 },
		{ "kexec_load", SYS_kexec_load, 0, -1, 0 },
		{ "keyctl", SYS_keyctl, -1, 0, 0 },
		{ "mount", SYS_mount, 0, 0, 0 },
		{ "move_mount", SYS_move_mount, -1, 0, -1 },
		{ "name_to_handle_at", SYS_name_to_handle_at, -1, 0, 0 },
		{ "open_by_handle_at", SYS_open_by_handle_at, -1, 0, 0 },
		{ "open_tree", SYS_open_tree, -1, 0, -1 },
		{ "perf_event_open", SYS_perf_event_open, 0, 0, 0 },
		{ "personality", SYS_personality, 0x0040000, 0, 0 },
		{ "pivot_root", SYS_pivot_root, 0, 0, 0 },
		{ "process_vm_writev", SYS_process_vm_writev, -1, 0, 0 },
		{ "quotactl", SYS_quotactl, -1, 0, 0 },
		{ "reboot", SYS_reboot, 0, 0, 0 },
		{ "request_key", SYS_request_key, 0, 0, 0 },
		{ "sethostname", SYS_sethostname, 0, -1, 0 },
		{ "setns", SYS_setns, -1, 0, 0 },
		{ "settimeofday", SYS_settimeofday, 1, 1, 0 },
		{ "swapon", SYS_swapon, 0, 0, 0 },
		{ "syslog", SYS_syslog, -1, 0, 0 },
		{ "umount2", SYS_umount2, 0, -1, 0 },
		{ "unshare", SYS_unshare, CLONE_NEWUSER, 0, 0 },
		{ "userfaultfd", SYS_userfaultfd, -1, 0, 0 },
	};
	for (size_t i = 0; i < countof(call); i++)
		TRY(call[i].name, ALL,
		    calls(call[i].number, call[i].a, call[i].b, call[i].c));
}

/* Others of the same user, who need no privilege to be limited, slowed or signalled. There is
 * no process of that number: whoever is not refused is told so. */
static void
try_others(unsigned role)
{
	static const struct {
		const char *name;
		long number, a, b, c;
	} call[] = {
		{ "limit another", SYS_prlimit64, INT_MAX, RLIMIT_CPU, 0 },
		{ "bind another", SYS_sched_setaffinity, INT_MAX, 0, 0 },
		{ "reschedule another", SYS_sched_setscheduler, INT_MAX, 0, 0 },
		{ "reschedule it alike", SYS_sched_setparam, INT_MAX, 0, 0 },
		{ "reschedule it newly", SYS_sched_setattr, INT_MAX, 0, 0 },
		{ "slow another", SYS_setpriority, PRIO_PROCESS, INT_MAX, 0 },
		{ "slow its disk", SYS_ioprio_set, 1, INT_MAX, 0 },
		{ "take its pages out", SYS_process_madvise, -1, 0, 0 },
		{ "take its memory", SYS_process_mrelease, -1, 0, 0 },
		{ "move its pages", SYS_move_pages, INT_MAX, 0, 0 },
		{ "move all of them", SYS_migrate_pages, INT_MAX, 0, 0 },
	};
	for (size_t i = 0; i < countof(call); i++)
		TRY(call[i].name, ALL,
		    calls(call[i].number, call[i].a, call[i].b, call[i].c));
	TRY("have another signalled of input", GATE | ENGINE,
	    calls(SYS_fcntl, -1, F_SETOWN, 0));
	TRY("have it signalled alike", GATE | ENGINE, calls(SYS_fcntl, -1, F_SETOWN_EX, 0));
	TRY("have it signalled by ioctl", GATE | ENGINE,
	    calls(SYS_ioctl, -1, FIOSETOWN, 0) || calls(SYS_ioctl, -1, SIOCSPGRP, 0));
}

/* A server that was started by hand shares its terminal with a shell. */
static void
try_terminal(unsigned role)
{
	TRY("type into the terminal", ALL, calls(SYS_ioctl, -1, TIOCSTI, 0));
	TRY("paste into the console", ALL, calls(SYS_ioctl, -1, TIOCLINUX, 0));
}

/* What libseccomp of Debian 12 has no name for. */
static void
try_newer(unsigned role)
{
	TRY("open a file's mode newly", GATE | ENGINE,
	    calls(452 /* fchmodat2 */, -1, 0, 0));
	TRY("change a file's times", GATE | ENGINE, calls(SYS_utimensat, -1, -1, -1));
	TRY("setxattrat", ALL, calls(463, -1, 0, -1));
	TRY("open_tree_attr", ALL, calls(467, -1, 0, -1));
	TRY("file_setattr", ALL, calls(469, -1, 0, 0));
}

static void
try_all(enum confine_role role)
{
	try_files(1u << role);
	try_processes(1u << role);
	try_network(1u << role);
	try_kernel(1u << role);
	try_others(1u << role);
	try_terminal(1u << role);
	try_newer(1u << role);
}

bool
__wrap_confine(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err)
{
	static const char *const names[] = { [CONFINE_GATE] = "gate",
		[CONFINE_ENGINE] = "engine",
		[CONFINE_HANDS] = "hands" };
	/* Whoever is started after it is as it should be. */
	if (strcmp(named("TAKEN_ROLE"), names[how->role]) == 0)
		log_fd =
		    open(named("TAKEN_LOG"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* What is tried must be something that would get through. */
	if (log_fd >= 0 && getenv("TAKEN_CONTROL") != NULL) {
		try_all(how->role);
		_exit(0);
	}
	if (!__real_confine(how, arena, gaps, err))
		return false;
	if (log_fd >= 0)
		try_all(how->role);
	return true;
}

/* ---- what the gate asks the engine for ---- */

/* A connection of the engine's, used as no gate would. */
struct line {
	struct peer *peer;
	uint64_t id;
	bool closed;
};

static bool
wait_read(struct line *line, int ms)
{
	struct pollfd poll_fd = { .fd = peer_fd(line->peer), .events = POLLIN };
	struct err err;
	size_t n;
	if (poll(&poll_fd, 1, ms) <= 0)
		return false;
	if (!peer_read(line->peer, &n, &err))
		line->closed = true;
	return !line->closed;
}

/* The status of the answer to the last request; 0: the connection was closed; 1: none. */
static uint32_t
hear(struct line *line)
{
	static char memory[1 << 20];
	for (int waited = 0; waited < 200; waited++) {
		struct frame frame;
		struct err err;
		while (peer_next(line->peer, &frame, &err)) {
			struct arena arena = arena_over(memory, sizeof(memory));
			struct answer answer;
			if (frame.kind != FRAME_ANSWER || frame.id != line->id)
				continue;
			if (!record_decode_all(&answer_type, frame.payload, &arena, &answer,
				&err))
				return 1;
			return answer.status;
		}
		if (line->closed)
			return 0;
		(void)wait_read(line, 50);
	}
	return 1;
}

static void
send_out(struct line *line)
{
	struct err err;
	while (!line->closed && peer_wants_write(line->peer)) {
		if (!peer_flush(line->peer, &err))
			line->closed = true;
	}
}

static uint32_t
ask(struct line *line, const struct request *request)
{
	frame_record(peer_out(line->peer), FRAME_REQUEST, ++line->id, &request_type,
	    request);
	send_out(line);
	return hear(line);
}

/* Anything but a refusal got through. 422 and 429 come before who asks matters. */
static void
ask_and_say(struct line *line, const char *as, const char *what,
    const struct request *request)
{
	char text[200];
	uint32_t status = ask(line, request);
	(void)snprintf(text, sizeof(text), "%s: %s (%u)", as, what, status);
	say(status != 401 && status != 403 && status != 422 && status != 429, text);
}

static struct request
a_request(enum op op, str token)
{
	return (struct request){ .op = op,
		.token = token,
		.changes = true,
		.incident = 1,
		.row = 1,
		.limit = 10,
		.name = STR("worker"),
		.text = STR("restart"),
		.target = STR("worker"),
		.span_ms = HOUR,
		.action = true,
		.user = STR("ana"),
		.from = STR("127.0.0.1"),
		.deadline_ms = 10 * SECOND };
}

static void
ask_all_commands(struct line *line, const char *as, str token)
{
	for (unsigned kind = 1; kind < COMMAND_KIND_COUNT; kind++) {
		struct request request = a_request(OP_COMMAND, token);
		request.command = (enum command_kind)kind;
		if (command_kind_names[kind] != NULL)
			ask_and_say(line, as, command_kind_names[kind], &request);
	}
}

/* What has an operation of its own, or none, is not done as a command, whoever's token was in
 * flight: who may is asked there. */
static void
ask_commands_of_their_own(struct line *line, str token)
{
	static const enum command_kind own[] = { COMMAND_TOKEN_ADD, COMMAND_SILENCE_SET,
		COMMAND_SILENCE_EXPIRE, COMMAND_SESSION_ADD, COMMAND_SESSION_AGAIN,
		COMMAND_SESSION_SEEN, COMMAND_SESSION_END, COMMAND_LOGIN_LINK,
		COMMAND_PASSWORD_SET, COMMAND_PING, COMMAND_FEED_ADD, COMMAND_FEED_END,
		COMMAND_ESCALATE };
	for (size_t i = 0; i < countof(own); i++) {
		struct request request = a_request(OP_COMMAND, token);
		request.command = own[i];
		ask_and_say(line, "an operator", command_kind_names[own[i]], &request);
	}
}

/* What a viewer's token is for. A source's opens only what it sent. */
static bool
is_for(enum op op, bool viewer)
{
	static const enum op not_viewers[] = { OP_COMMAND, OP_SILENCE_SET,
		OP_SILENCE_EXPIRE, OP_JOURNAL, OP_TOKENS, OP_TOKEN_ADD, OP_LOGIN_LINK,
		OP_RELOAD, OP_SESSION, OP_SESSION_AGAIN, OP_SESSION_END, OP_PASSWORD };
	if (!viewer)
		return op == OP_ALERTS;
	for (size_t i = 0; i < countof(not_viewers); i++) {
		if (op == not_viewers[i])
			return false;
	}
	return true;
}

static void
ask_all(struct line *line, const char *as, str token, bool has, bool viewer)
{
	for (unsigned op = 1; op < OP_COUNT; op++) {
		struct request request = a_request((enum op)op, token);
		if (op_names[op] == NULL || (has && is_for(request.op, viewer)) ||
		    op == OP_COMMAND ||
		    op == OP_PING) /* the gate's word is taken, as the threat model says */
			continue;
		/* A browser's own session is none of a token's. */
		request.row = op == OP_SESSION_END ? 0 : 1;
		ask_and_say(line, as, op_names[op], &request);
	}
	ask_all_commands(line, as, token);
}

static void
sign_in(struct line *line, const char *what, str how, str name, str secret)
{
	struct request request = a_request(OP_SESSION_ADD, STR(""));
	request.text = how;
	request.name = name;
	request.secret = secret;
	if (how.n > 0)
		request.user = STR("");
	ask_and_say(line, "nobody", what, &request);
}

static void
ask_as_nobody(struct line *line)
{
	static const char *const guesses[] = { "x", "flt_", "local-admin", "person:ana",
		"' OR 1=1 --", "flt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	ask_all(line, "nobody", STR(""), false, false);
	for (size_t i = 0; i < countof(guesses); i++) {
		struct request request = a_request(OP_TOKENS, str_of(guesses[i]));
		ask_and_say(line, "a guess", guesses[i], &request);
		request = a_request(OP_COMMAND, STR(""));
		request.command = COMMAND_STOP_ALL;
		request.session = str_of(guesses[i]);
		ask_and_say(line, "a cookie", guesses[i], &request);
	}
	sign_in(line, "as whom a proxy names", STR(""), STR(""), STR(""));
	sign_in(line, "by a link", STR("link"), STR("ana"), STR("fll_AAAA"));
	sign_in(line, "by a token", STR("token"), STR(""), STR("flt_AAAA"));
	sign_in(line, "by no password", STR("password"), STR("ana"), STR(""));
	struct request tap = a_request(OP_TAPPED, STR(""));
	tap.secret = STR("acknowledge.1.1.4102444800.0123456789abcdef0123456789abcdef.ana");
	ask_and_say(line, "nobody", "a link that was not sent", &tap);
	struct request dialed = a_request(OP_DIALED, STR(""));
	dialed.secret = tap.secret;
	dialed.name = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	dialed.text = STR("AccountSid=AC123&Digits=4");
	ask_and_say(line, "nobody", "a key of a call that was not made", &dialed);
	struct request press = a_request(OP_PRESSED, STR(""));
	press.name = STR("chat");
	press.target = STR("U0ANA");
	press.text = STR("acknowledge");
	ask_and_say(line, "nobody", "a button of a channel without any", &press);
}

/* Alerts, with that token before them. */
static void
send_alerts(struct line *line, const char *what, str token)
{
	size_t begin = frame_begin(peer_out(line->peer), FRAME_ALERTS, ++line->id);
	wire_put_start(peer_out(line->peer), &(struct wire_start){ .token = token });
	frame_end(peer_out(line->peer), begin);
	send_out(line);
	uint32_t status = hear(line);
	say(status != 401 && status != 403, what);
}

/* Frames that are none of a gate's: the engine hangs up, and that is all. */
static const struct {
	const char *what;
	enum frame_kind kind;
	bool fd;
} foreign[] = {
	{ "an order", FRAME_ORDER, false },
	{ "a result of an attempt", FRAME_RESULT, false },
	{ "an epoch", FRAME_EPOCH, false },
	{ "another peer", FRAME_PEER, true },
	{ "a configuration", FRAME_BUNDLE, true },
	{ "that one was adopted", FRAME_ADOPTED, false },
	{ "to end", FRAME_STOP, false },
	{ "settings", FRAME_SETTINGS, false },
	{ "a calendar that was fetched", FRAME_CALENDAR, false },
	{ "an answer", FRAME_ANSWER, false },
	{ "what is published", FRAME_PUBLISH, false },
	{ "that its end blames nobody", FRAME_BLAMELESS, false },
	{ "no kind of frame", (enum frame_kind)0, false },
};
#define FOREIGN_N (sizeof(foreign) / sizeof(foreign[0]))

static void
send_foreign(struct line *line, size_t i)
{
	struct err err;
	struct event result = { .kind = EVENT_ATTEMPT_RESULT };
	result.attempt_result =
	    (struct attempt_result){ .attempt = 1, .news = NEWS_EXITED, .output = STR("") };
	struct bundle_frame bundle = { .bytes = 100 };
	struct peer_frame peer = { .role = ROLE_KIND_HANDS };
	if (foreign[i].fd && foreign[i].kind == FRAME_PEER) {
		if (!peer_send_fd(line->peer, FRAME_PEER, 1, &peer_frame_type, &peer,
			log_fd, &err))
			line->closed = true;
	} else if (foreign[i].fd) {
		if (!peer_send_fd(line->peer, FRAME_BUNDLE, 1, &bundle_frame_type, &bundle,
			log_fd, &err))
			line->closed = true;
	} else {
		size_t begin = frame_begin(peer_out(line->peer), FRAME_PING, 1);
		/* As it would look on the way: no end of ours writes such a head. */
		peer_out(line->peer)->p[begin + 4] = (char)foreign[i].kind;
		if (foreign[i].kind == FRAME_RESULT)
			result_encode(peer_out(line->peer), &result);
		frame_end(peer_out(line->peer), begin);
	}
	send_out(line);
	char text[100];
	(void)snprintf(text, sizeof(text), "the engine is told %s", foreign[i].what);
	say(hear(line) != 0, text);
}

static void
ask_whatever(struct line *line)
{
	str viewer = str_of(named("TAKEN_VIEWER"));
	str source = str_of(named("TAKEN_SOURCE"));
	ask_as_nobody(line);
	ask_all(line, "a viewer", viewer, true, true);
	ask_all(line, "a source", source, true, false);
	ask_commands_of_their_own(line, str_of(named("TAKEN_OPERATOR")));
	send_alerts(line, "alerts by nobody", STR(""));
	send_alerts(line, "alerts by a viewer", viewer);
}

/* Each connection ends by one foreign frame, and the next comes. */
void
__wrap_link_open(struct gate *gate, int fd)
{
	static size_t connections;
	if (log_fd < 0 || getenv("TAKEN_VIEWER") == NULL || connections == FOREIGN_N) {
		__real_link_open(gate, fd);
		return;
	}
	struct line line = { .peer = peer_new(fd, (size_t)1 << 20) };
	if (connections == 0)
		ask_whatever(&line);
	send_foreign(&line, connections);
	peer_free(line.peer);
	if (++connections == FOREIGN_N)
		say(false, "all of it");
	gate->ask_again = gate->now; /* for the next */
}
