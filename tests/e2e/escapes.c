/*
 * Ways out of a sandbox, one for each name: exits 0 when it got out, 1 when it was held,
 * and says what it saw. Statically linked, so that it runs wherever it is put.
 *
 *	escapes TRICK CANARY FOLDER PID ABSTRACT PORT SOCKET
 *
 * CANARY is a file outside, FOLDER a folder outside, PID a process outside, ABSTRACT and
 * SOCKET where somebody outside listens, PORT the same over TCP on 127.0.0.1.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

static const char *canary, *folder, *abstract, *path_socket;
static pid_t outside;
static unsigned short port;
static char **arguments;

/* -1 with errno, or at least 0: what a call says that should not work. */
static bool
worked(long answer)
{
	if (answer < 0)
		printf("%s\n", strerror(errno));
	return answer >= 0;
}

static bool
opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0644);
	printf("%s: %s\n", path, fd < 0 ? strerror(errno) : "open");
	return fd >= 0;
}

static bool
canary_below(const char *root)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s%s", root, canary);
	return opened(path, O_RDONLY);
}

/* ---- files ---- */

static bool
read_canary(void)
{
	return opened(canary, O_RDONLY);
}

static bool
write_outside(void)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/written", folder);
	return opened(path, O_WRONLY | O_CREAT) |
	       opened("/usr/escaped", O_WRONLY | O_CREAT) |
	       opened("/etc/passwd", O_WRONLY | O_APPEND);
}

static bool
proc_root(void)
{
	bool out = canary_below("/proc/1/root") | canary_below("/proc/self/root") |
	           canary_below("/proc/1/cwd");
	char root[64];
	(void)snprintf(root, sizeof(root), "/proc/%d/root", outside);
	out |= canary_below(root);
	(void)snprintf(root, sizeof(root), "/proc/%d/root", getppid());
	return out | canary_below(root);
}

static bool
proc_memory(void)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", outside);
	return opened("/proc/1/mem", O_RDWR) | opened(path, O_RDWR) |
	       opened("/proc/kcore", O_RDONLY) | opened("/dev/mem", O_RDONLY);
}

static bool
proc_others(void)
{
	DIR *proc = opendir("/proc");
	unsigned n = 0;
	for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;)
		n += e->d_name[0] >= '1' && e->d_name[0] <= '9';
	printf("%u processes\n", n);
	return n > 2;
}

static bool
proc_sys(void)
{
	return opened("/proc/sys/kernel/core_pattern", O_WRONLY) |
	       opened("/proc/sys/kernel/hostname", O_WRONLY) |
	       opened("/proc/sysrq-trigger", O_WRONLY) |
	       opened("/proc/self/oom_score_adj", O_WRONLY) |
	       opened("/sys/kernel/uevent_helper", O_WRONLY) | opened("/sys", O_RDONLY);
}

static bool
by_handle(void)
{
	static union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + 128];
	} handle = { .head = { .handle_bytes = 8, .handle_type = 1 } };
	int mount = open("/", O_RDONLY | O_DIRECTORY);
	handle.head.f_handle[0] = 2; /* the root's inode */
	return worked(open_by_handle_at(mount, &handle.head, O_RDONLY));
}

static bool
device_nodes(void)
{
	bool out = mknod("/tmp/block", S_IFBLK | 0600, 0x0800) == 0 ||
	           mknod("/tmp/memory", S_IFCHR | 0600, 0x0101) == 0;
	static const char *const nodes[] = { "/dev/sda", "/dev/vda", "/dev/mem",
		"/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/ptmx" };
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		out |= opened(nodes[i], O_RDWR);
	return out;
}

/* ---- namespaces and mounts ---- */

static bool
user_namespace(void)
{
	return worked(unshare(CLONE_NEWUSER)) |
	       worked(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

static bool
clone_namespace(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(0);
	struct {
		uint64_t flags, rest[10];
	} args = { .flags = CLONE_NEWUSER };
	long other = syscall(SYS_clone3, &args, sizeof(args));
	if (other == 0)
		_exit(0);
	return worked(pid) | worked(other);
}

static bool
set_namespace(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY);
	return worked(setns(fd, CLONE_NEWNS)) |
	       worked(setns((int)syscall(SYS_pidfd_open, 1, 0), CLONE_NEWNS));
}

static bool
mounts(void)
{
	return worked(mount("tmpfs", "/tmp", "tmpfs", 0, NULL)) |
	       worked(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL)) |
	       worked(umount2("/proc", MNT_DETACH)) |
	       worked(syscall(SYS_open_tree, AT_FDCWD, "/", 1)) |
	       worked(syscall(SYS_fsopen, "tmpfs", 0)) |
	       worked(syscall(SYS_pivot_root, ".", "."));
}

static bool
change_root(void)
{
	return worked(chroot("."));
}

static bool
cgroup(void)
{
	bool out = opened("/sys/fs/cgroup/cgroup.procs", O_WRONLY) |
	           opened("/sys/fs/cgroup/unified/cgroup.procs", O_WRONLY);
	(void)mkdir("/tmp/cgroup", 0700);
	return out | worked(mount("cgroup2", "/tmp/cgroup", "cgroup2", 0, NULL));
}

/* ---- other processes ---- */

static bool
trace(void)
{
	return worked(ptrace(PTRACE_ATTACH, outside, NULL, NULL)) |
	       worked(ptrace(PTRACE_SEIZE, 1, NULL, NULL)) |
	       worked(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static bool
other_memory(void)
{
	char byte;
	struct iovec mine = { &byte, 1 }, theirs = { arguments, 1 };
	return worked(process_vm_readv(outside, &mine, 1, &theirs, 1, 0)) |
	       worked(process_vm_readv(1, &mine, 1, &theirs, 1, 0)) |
	       worked(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 1, 0)) |
	       worked(syscall(SYS_kcmp, 1, getpid(), 0, 0, 0));
}

static bool
signals(void)
{
	return worked(kill(outside, 0)) | worked(syscall(SYS_pidfd_open, outside, 0));
}

/* The test looks whether any of these is left. */
static bool
daemonise(void)
{
	for (int i = 0; i < 3; i++) {
		if (fork() != 0)
			continue;
		(void)setsid();
		if (fork() != 0)
			_exit(0);
		(void)prctl(PR_SET_NAME, "esc-daemon", 0, 0, 0);
		(void)signal(SIGTERM, SIG_IGN);
		(void)signal(SIGHUP, SIG_IGN);
		(void)close(1);
		(void)close(2);
		sleep(60);
		_exit(0);
	}
	(void)usleep(50000);
	return false;
}

static bool
fork_bomb(void)
{
	unsigned n = 0;
	for (; n < 1000; n++) {
		pid_t pid = fork();
		if (pid < 0)
			break;
		if (pid == 0) {
			(void)prctl(PR_SET_NAME, "esc-daemon", 0, 0, 0);
			(void)setsid();
			sleep(60);
			_exit(0);
		}
	}
	printf("%u processes\n", n);
	return n >= 1000;
}

static bool
memory_bomb(void)
{
	size_t most = (size_t)4 << 30;
	void *p = mmap(NULL, most, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	printf("%s\n", p == MAP_FAILED ? strerror(errno) : "mapped");
	return p != MAP_FAILED;
}

static bool
file_bomb(void)
{
	int fd = open("/tmp/big", O_WRONLY | O_CREAT, 0600);
	(void)signal(SIGXFSZ, SIG_IGN);
	return worked(posix_fallocate(fd, 0, (off_t)256 << 20) == 0 ? 0 : -1) |
	       worked(ftruncate(fd, (off_t)2 << 30));
}

static bool
flood(void)
{
	static char chunk[1 << 16];
	memset(chunk, 'f', sizeof(chunk));
	for (int i = 0; i < 3200; i++) /* 200 MiB */
		(void)!write(1, chunk, sizeof(chunk));
	return false;
}

/* ---- privileges ---- */

static bool
privileges(void)
{
	struct rlimit limit;
	int nice_before = getpriority(PRIO_PROCESS, 0);
	bool core = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 1;
	printf("uid %u, core %llu\n", geteuid(), (unsigned long long)limit.rlim_max);
	return core | (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) | (setuid(0) == 0) |
	       (geteuid() == 0) | worked(sethostname("x", 1)) |
	       worked(setrlimit(RLIMIT_CORE,
		   &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY })) |
	       (setpriority(PRIO_PROCESS, 0, nice_before - 1) == 0 &&
		   getpriority(PRIO_PROCESS, 0) < nice_before);
}

/* arguments[0] is then a setuid copy of this program. */
static bool
setuid_program(void)
{
	char *argv[] = { arguments[8], (char[]){ "who" }, NULL };
	if (arguments[8] == NULL)
		return false;
	(void)execv(arguments[8], argv);
	return worked(-1);
}

static bool
memfd_program(void)
{
	static char bytes[1 << 16];
	int self = open("/proc/self/exe", O_RDONLY), fd = memfd_create("x", 0);
	for (ssize_t n; (n = read(self, bytes, sizeof(bytes))) > 0;)
		(void)!write(fd, bytes, (size_t)n);
	arguments[1] = (char[]){ "read-canary" };
	(void)fexecve(fd, arguments, environ);
	return worked(-1);
}

/* ---- the network ---- */

static bool
connect_to(int kind, const void *address, size_t n)
{
	int fd = socket(kind, SOCK_STREAM, 0);
	return fd < 0 ? worked(-1) : worked(connect(fd, address, (socklen_t)n));
}

static bool
abstract_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(abstract);
	memcpy(address.sun_path + 1, abstract, n);
	return connect_to(AF_UNIX, &address,
	    offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

static bool
socket_by_path(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_socket);
	return connect_to(AF_UNIX, &address, sizeof(address));
}

static bool
raw_socket(void)
{
	return worked(socket(AF_INET, SOCK_RAW, 1)) |
	       worked(socket(AF_PACKET, SOCK_RAW, 0)) |
	       worked(socket(AF_INET6, SOCK_RAW, 58)) |
	       worked(socket(AF_ALG, SOCK_SEQPACKET, 0)) |
	       worked(socket(AF_VSOCK, SOCK_STREAM, 0)) |
	       worked(socket(AF_NETLINK, SOCK_RAW, 9));
}

static bool
tcp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect_to(AF_INET, &address, sizeof(address));
}

/* ---- the kernel ---- */

static bool
keys(void)
{
	return worked(syscall(SYS_add_key, "user", "x", "y", 1, -3)) |
	       worked(syscall(SYS_keyctl, 0, -3, 1)) |
	       worked(syscall(SYS_request_key, "user", "x", NULL, -3));
}

static bool
bpf(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1 };
	struct perf_event_attr perf = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(perf) };
	return worked(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr))) |
	       worked(syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0)) |
	       worked(syscall(SYS_userfaultfd, 1));
}

static bool
io_uring(void)
{
	static char parameters[256];
	return worked(syscall(SYS_io_uring_setup, 4, parameters));
}

/* What is wrong with the arguments is only seen behind the filter. */
static bool
machine(void)
{
	static const long calls[] = { SYS_reboot, SYS_init_module, SYS_finit_module,
		SYS_delete_module, SYS_kexec_load, SYS_swapon, SYS_acct, SYS_syslog,
		SYS_settimeofday, SYS_clock_settime, SYS_quotactl, SYS_vhangup };
	bool out = false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (syscall(calls[i], -1L, -1L, -1L, -1L, 0L) < 0 && errno == EPERM)
			continue;
		printf("call %ld: %s\n", calls[i], strerror(errno));
		out = true;
	}
	return out;
}

static bool
foreign_calls(void)
{
#ifdef __x86_64__
	pid_t pid = fork();
	if (pid == 0) {
		int answer = 20; /* getpid of 32 bits */
		__asm__ volatile("int $0x80"
				 : "+a"(answer)
				 :
				 : "memory", "r8", "r9", "r10", "r11");
		_exit(answer > 0 || syscall(0x40000000L | SYS_getpid) > 0 ? 0 : 1);
	}
	int status = 0;
	(void)waitpid(pid, &status, 0);
	printf("status %x\n", (unsigned)status);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
#else
	return false;
#endif
}

static bool
terminal(void)
{
	int master = open("/dev/ptmx", O_RDWR);
	return worked(ioctl(master < 0 ? 0 : master, TIOCSTI, "x"));
}

static bool
descriptors(void)
{
	bool out = false;
	for (int fd = 3; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) >= 0) {
			printf("descriptor %d\n", fd);
			out = true;
		}
	}
	for (char **env = environ; *env != NULL; env++) {
		if (strncmp(*env, "FIRSTLINE_", 10) != 0 &&
		    strncmp(*env, "PATH=", 5) != 0 && strncmp(*env, "LANG=", 5) != 0) {
			printf("%s\n", *env);
			out = true;
		}
	}
	return out;
}

static bool
dump(void)
{
	static char kept[] = "CANARY-IN-MEMORY";
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	(void)setrlimit(RLIMIT_CORE, &limit);
	(void)!chdir("/tmp");
	printf("%zu\n", sizeof(kept));
	(void)fflush(stdout);
	abort();
}

static bool
who(void)
{
	printf("uid %u\n", geteuid());
	return geteuid() == 0;
}

static const struct {
	const char *name;
	bool (*out)(void);
} tricks[] = {
	{ "abstract-socket", abstract_socket },
	{ "bpf", bpf },
	{ "by-handle", by_handle },
	{ "cgroup", cgroup },
	{ "change-root", change_root },
	{ "clone-namespace", clone_namespace },
	{ "daemonise", daemonise },
	{ "descriptors", descriptors },
	{ "device-nodes", device_nodes },
	{ "dump", dump },
	{ "file-bomb", file_bomb },
	{ "flood", flood },
	{ "foreign-calls", foreign_calls },
	{ "fork-bomb", fork_bomb },
	{ "io-uring", io_uring },
	{ "keys", keys },
	{ "machine", machine },
	{ "memfd-program", memfd_program },
	{ "memory-bomb", memory_bomb },
	{ "mounts", mounts },
	{ "other-memory", other_memory },
	{ "privileges", privileges },
	{ "proc-memory", proc_memory },
	{ "proc-others", proc_others },
	{ "proc-root", proc_root },
	{ "proc-sys", proc_sys },
	{ "raw-socket", raw_socket },
	{ "read-canary", read_canary },
	{ "set-namespace", set_namespace },
	{ "setuid-program", setuid_program },
	{ "signals", signals },
	{ "socket-by-path", socket_by_path },
	{ "tcp", tcp },
	{ "terminal", terminal },
	{ "trace", trace },
	{ "user-namespace", user_namespace },
	{ "who", who },
	{ "write-outside", write_outside },
};

int
main(int argc, char **argv)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	arguments = argv;
	if (argc >= 8) {
		canary = argv[2];
		folder = argv[3];
		outside = (pid_t)strtol(argv[4], NULL, 10);
		abstract = argv[5];
		port = (unsigned short)strtol(argv[6], NULL, 10);
		path_socket = argv[7];
	}
	for (size_t i = 0; argc > 1 && i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		if (strcmp(argv[1], tricks[i].name) == 0)
			return tricks[i].out() ? 0 : 1;
	}
	return 2;
}
