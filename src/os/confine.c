#include "os/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "os/env.h"
#include "os/fd.h"

/* Later than Debian 12's header; the numbers are the kernel's. */
#define ACCESS_FS_REFER (UINT64_C(1) << 13)     /* ABI 2 */
#define ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define ACCESS_NET_BIND_TCP (UINT64_C(1) << 0)  /* ABI 4 */
#define ACCESS_NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define CALL_FCHMODAT2 452

#define CALL_LAST 462 /* mseal, Linux 6.10: the last one looked at, as in shim/seccomp.c */

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define FILTER_SECONDS 5 /* of CPU; it takes some milliseconds */

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_ABI1 ((UINT64_C(1) << 13) - 1)

static void
add_gap(struct strs *gaps, struct arena *arena, const char *text)
{
	if (gaps->n < CONFINE_GAPS_MAX)
		gaps->p[gaps->n++] = arena_str(arena, str_of(text));
}

/* ---- Landlock ---- */

static long
landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t
fs_all(long abi)
{
	uint64_t all = FS_ABI1;
	all |= abi >= 2 ? ACCESS_FS_REFER : 0;
	all |= abi >= 3 ? ACCESS_FS_TRUNCATE : 0;
	all |= abi >= 5 ? ACCESS_FS_IOCTL_DEV : 0;
	return all;
}

/* A path that does not exist needs no rule, and one that a failing disk does not tell of gets
 * none: it is out of reach then. */
static bool
allow_path(int ruleset, const char *path, uint64_t access, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == EIO ||
		       err_sys(err, ERR_DENIED, "confine: open '%s'", path);
	int dir = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);
	if (dir < 0) /* a file: only what makes sense on one */
		access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
		          ACCESS_FS_TRUNCATE;
	else
		(void)close(dir);
	struct landlock_path_beneath_attr rule = { .allowed_access = access,
		.parent_fd = fd };
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) <
	    0)
		return err_sys(err, ERR_DENIED, "confine: rule for '%s'", path);
	return true;
}

static bool
allow_beneath_state(int ruleset, const char *state_dir, const char *sub, uint64_t access,
    struct err *err)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s%s", state_dir, sub);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ERR_LIMIT, "state folder's name is too long");
	return allow_path(ruleset, path, access, err);
}

/* A test build notes where it passes and dies in files of the test (see crash.h). */
static bool
allow_crash_files(int ruleset, uint64_t access, struct err *err)
{
#ifdef CRASH_POINTS
	static const char *const names[] = { "FIRSTLINE_CRASH_LOG",
		"FIRSTLINE_CRASH_ONCE" };
	for (size_t i = 0; i < countof(names); i++) {
		char folder[4096];
		const char *path = env_get(names[i]);
		(void)snprintf(folder, sizeof(folder), "%s", path != NULL ? path : "");
		char *slash = strrchr(folder, '/');
		if (slash == NULL)
			continue;
		slash[1] = '\0';
		if (!allow_path(ruleset, folder, access, err))
			return false;
	}
#else
	(void)ruleset;
	(void)access;
	(void)err;
#endif
	return true;
}

/* By what its folder says of it: a disk that does not answer, put there, would keep whoever
 * asks for more. What is not there any more counts as one. */
static bool
is_link(const char *path, const struct dirent *e)
{
	struct statx is;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_LNK;
	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE,
		   &is) < 0 ||
	       S_ISLNK(is.stx_mode);
}

static bool
allow_siblings(int ruleset, const char *folder, str own, struct err *err)
{
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return err_sys(err, ERR_DENIED, "confine: read '%s'", folder);
	bool ok = true;
	for (const struct dirent *e; ok && (e = readdir(dir)) != NULL;) {
		char path[PATH_MAX + 256];
		(void)snprintf(path, sizeof(path), "%s%s", folder, e->d_name);
		/* A link might lead to what is hidden; what it leads to has its own name. */
		if (str_eq(str_of(e->d_name), own) || strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 || is_link(path, e) ||
		    strcmp(path, "/dev") == 0)
			continue;
		ok = allow_path(ruleset, path, FS_READ, err);
	}
	(void)closedir(dir);
	return ok;
}

/* All there is but devices and the folder `hidden`. Landlock only ever allows, so in each
 * folder above it the others are named one by one: what is put right there later can be read
 * from the next start on. */
static bool
allow_all_but(int ruleset, const char *hidden, struct err *err)
{
	char whole[PATH_MAX], folder[PATH_MAX];
	if (realpath(hidden, whole) == NULL)
		return err_sys(err, ERR_IO, "confine: '%s'", hidden);
	for (const char *slash = whole; slash != NULL; slash = strchr(slash + 1, '/')) {
		const char *end = strchrnul(slash + 1, '/');
		str own = { slash + 1, (size_t)(end - slash - 1) };
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(own.p - whole), whole);
		if (!allow_siblings(ruleset, folder, own, err))
			return false;
	}
	return true;
}

static bool
allow_files(int ruleset, const struct confine *how, uint64_t all, struct err *err)
{
	static const char *const devices[] = { "/dev/urandom", "/dev/null" };
	uint64_t write = all & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;

	if (!allow_crash_files(ruleset, write, err))
		return false;
	switch (how->role) {
	case CONFINE_GATE:
		return true;
	case CONFINE_ENGINE:
		return allow_beneath_state(ruleset, how->state_dir, "", write, err);
	case CONFINE_HANDS:
		for (size_t i = 0; i < countof(devices); i++) {
			if (!allow_path(ruleset, devices[i], FS_READ, err))
				return false;
		}
		/* Secrets and logs are where the configuration says, also the next one. */
		return allow_all_but(ruleset, how->state_dir, err) &&
		       allow_beneath_state(ruleset, how->state_dir, "/attempts", write,
			   err) &&
		       allow_beneath_state(ruleset, how->state_dir, "/handoffs", write,
			   err);
	}
	UNREACHABLE();
}

static bool
confine_landlock(const struct confine *how, struct arena *arena, struct strs *gaps,
    struct err *err)
{
	long abi = landlock_abi();
	if (abi < 1) {
		add_gap(gaps, arena,
		    "landlock: the kernel has none: files are not confined");
		return true;
	}
	if (abi < 4)
		add_gap(gaps, arena, "landlock: no TCP rules (they need ABI 4, Linux 6.7)");
	if (abi < 6)
		add_gap(gaps, arena,
		    "landlock: no signal scope (it needs ABI 6, Linux 6.12)");

	struct ruleset_attr attr = { .handled_access_fs = fs_all(abi) };
	if (abi >= 4)
		attr.handled_access_net =
		    ACCESS_NET_BIND_TCP |
		    (how->role == CONFINE_HANDS ? 0 : ACCESS_NET_CONNECT_TCP);
	/* hands stops shims, which are not its children: it keeps its signals */
	if (abi >= 6)
		attr.scoped =
		    how->role == CONFINE_HANDS ? 0 : SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	size_t size = abi >= 6   ? sizeof(attr)
	              : abi >= 4 ? offsetof(struct ruleset_attr, scoped)
	                         : offsetof(struct ruleset_attr, handled_access_net);
	AUTO_CLOSE int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, (void *)&attr, size, 0);
	if (ruleset < 0)
		return err_sys(err, ERR_DENIED, "confine: landlock ruleset");
	if (!allow_files(ruleset, how, attr.handled_access_fs, err))
		return false;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_sys(err, ERR_DENIED, "confine: landlock");
	return true;
}

/* ---- seccomp ---- */

/* No role has a use for these. */
static const int never[] = {
	SCMP_SYS(acct),
	SCMP_SYS(add_key),
	SCMP_SYS(bpf),
	SCMP_SYS(chroot),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(clock_settime),
	SCMP_SYS(delete_module),
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(finit_module),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fsopen),
	SCMP_SYS(init_module),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(ioprio_set),
	SCMP_SYS(kcmp),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl),
	SCMP_SYS(migrate_pages),
	SCMP_SYS(mount),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount),
	SCMP_SYS(move_pages),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(open_tree),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(personality),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pivot_root),
	SCMP_SYS(process_madvise),
	SCMP_SYS(process_mrelease),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(ptrace),
	SCMP_SYS(quotactl),
	SCMP_SYS(reboot),
	SCMP_SYS(request_key),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_setattr),
	SCMP_SYS(sched_setparam),
	SCMP_SYS(sched_setscheduler),
	SCMP_SYS(setdomainname),
	SCMP_SYS(sethostname),
	SCMP_SYS(setns),
	SCMP_SYS(setpriority),
	SCMP_SYS(settimeofday),
	SCMP_SYS(swapoff),
	SCMP_SYS(swapon),
	SCMP_SYS(syslog),
	SCMP_SYS(umount2),
	SCMP_SYS(unshare),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(vhangup),
};

static bool
refuse(scmp_filter_ctx filter, int call)
{
	int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
	return code == 0 || code == -EDOM; /* EDOM: this machine has no such call */
}

/* A process of its own: clone without CLONE_THREAD. clone3 hides its flags in memory; ENOSYS
 * makes libc fall back to clone. */
static bool
refuse_processes(scmp_filter_ctx filter)
{
	const uint64_t thread = 0x00010000; /* CLONE_THREAD */
	return refuse(filter, SCMP_SYS(fork)) && refuse(filter, SCMP_SYS(vfork)) &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		   SCMP_A0(SCMP_CMP_MASKED_EQ, thread, 0)) == 0;
}

/* Limits of others of the same user: one of CPU kills, one of descriptors stops. libc asks for
 * its own by 0. */
static bool
refuse_limits_of_others(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1,
		   SCMP_A0(SCMP_CMP_NE, 0)) == 0;
}

/* Landlock knows no modes and owners. */
static const int file_modes[] = {
	SCMP_SYS(chmod),
	SCMP_SYS(chown),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchownat),
	SCMP_SYS(fremovexattr),
	SCMP_SYS(fsetxattr),
	SCMP_SYS(futimesat),
	SCMP_SYS(lchown),
	SCMP_SYS(lremovexattr),
	SCMP_SYS(lsetxattr),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(removexattr),
	SCMP_SYS(setxattr),
	SCMP_SYS(utime),
	SCMP_SYS(utimes),
	CALL_FCHMODAT2,
};

/* abort() needs tgkill, of its own process. */
static const int signals[] = {
	SCMP_SYS(kill),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(tkill),
};

/* Of a call with many: its second argument. */
struct command {
	int call;
	scmp_datum_t command;
};

static bool
refuse_commands(scmp_filter_ctx filter, const struct command *commands, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* each is 32 bits wide */
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), commands[i].call, 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, commands[i].command)) != 0)
			return false;
	}
	return true;
}

/* A server that was started by hand shares its terminal with a shell: nothing is typed there. */
static bool
refuse_typing(scmp_filter_ctx filter)
{
	static const struct command typing[] = {
		{ SCMP_SYS(ioctl), TIOCSTI },
		{ SCMP_SYS(ioctl), TIOCLINUX },
	};
	return refuse_commands(filter, typing, countof(typing));
}

/* Input can be set to signal whom one names, with what one names: a kernel without a scope for
 * signals looks at the user alone. */
static bool
refuse_signals_of_input(scmp_filter_ctx filter)
{
	static const struct command sets[] = {
		{ SCMP_SYS(fcntl), F_SETOWN },
		{ SCMP_SYS(fcntl), F_SETOWN_EX },
		{ SCMP_SYS(fcntl), F_SETSIG },
		{ SCMP_SYS(ioctl), FIOSETOWN },
		{ SCMP_SYS(ioctl), SIOCSPGRP },
	};
	return refuse_commands(filter, sets, countof(sets));
}

/* Hands reads files, stops shims and writes what is theirs. */
static bool
refuse_files_and_signals(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < countof(file_modes); i++) {
		if (!refuse(filter, file_modes[i]))
			return false;
	}
	for (size_t i = 0; i < countof(signals); i++) {
		if (!refuse(filter, signals[i]))
			return false;
	}
	/* of a descriptor's own file the times may be set, as its mode */
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(utimensat), 1,
		   SCMP_A1(SCMP_CMP_NE, 0)) == 0 &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
		   SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid())) == 0 &&
	       refuse_signals_of_input(filter);
}

/* Of the families of sockets hands has use for the local ones, the two of IP, and netlink, by
 * which names are resolved; of these, for none of IP's raw ones. */
static bool
refuse_sockets(scmp_filter_ctx filter)
{
	for (scmp_datum_t family = 0; family < AF_NETLINK; family++) {
		if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, family)) != 0)
			return false;
	}
	const scmp_datum_t raw[] = { AF_INET, AF_INET6 };
	for (size_t i = 0; i < countof(raw); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
			SCMP_A0(SCMP_CMP_EQ, raw[i]),
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW)) != 0)
			return false;
	}
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
		   SCMP_A0(SCMP_CMP_GT, AF_NETLINK)) == 0;
}

static bool
refuse_network(scmp_filter_ctx filter, enum confine_role role)
{
	switch (role) {
	case CONFINE_GATE: /* what it accepts on was made before */
		return refuse(filter, SCMP_SYS(connect)) &&
		       refuse(filter, SCMP_SYS(bind)) && refuse(filter, SCMP_SYS(listen)) &&
		       refuse(filter, SCMP_SYS(socket));
	case CONFINE_ENGINE:
		return refuse(filter, SCMP_SYS(connect)) &&
		       refuse(filter, SCMP_SYS(bind)) && refuse(filter, SCMP_SYS(listen)) &&
		       refuse(filter, SCMP_SYS(accept)) &&
		       refuse(filter, SCMP_SYS(accept4)) &&
		       refuse(filter, SCMP_SYS(socket));
	case CONFINE_HANDS:
		return refuse_sockets(filter) && refuse(filter, SCMP_SYS(listen)) &&
		       refuse(filter, SCMP_SYS(accept)) &&
		       refuse(filter, SCMP_SYS(accept4));
	}
	UNREACHABLE();
}

/* Calls newer than those looked at, ENOSYS: whoever asks takes it for an older kernel.
 * libseccomp has no rule for a range, so they are a filter of their own; of other machines'
 * numbers the first one has rid us. */
static bool
refuse_newer(struct err *err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, CALL_LAST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = countof(code), .filter = code };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return err_sys(err, ERR_DENIED, "confine: seccomp");
	return true;
}

/* The process ends after so many seconds of its own; 0: it goes on. */
static void
end_after(time_t seconds)
{
	const struct itimerval left = { .it_value.tv_sec = seconds };
	(void)setitimer(ITIMER_VIRTUAL, &left, NULL);
}

static bool
confine_seccomp(const struct confine *how, struct err *err)
{
	/* Where there is no memory, libseccomp 2.5.4 goes round and round, and nobody expects
	 * an answer of a role that starts. */
	end_after(FILTER_SECONDS);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		return err_set(err, ERR_DENIED, "confine: no memory for a filter");
	bool ok = refuse_network(filter, how->role) && refuse_processes(filter) &&
	          refuse_limits_of_others(filter) && refuse_typing(filter) &&
	          (how->role == CONFINE_HANDS || refuse_files_and_signals(filter));
	for (size_t i = 0; ok && i < countof(never); i++)
		ok = refuse(filter, never[i]);
	if (!ok)
		(void)err_set(err, ERR_DENIED, "confine: a filter rule was not accepted");
	int code = ok ? seccomp_load(filter) : 0;
	if (code < 0) {
		errno = -code;
		ok = err_sys(err, ERR_DENIED, "confine: seccomp");
	}
	seccomp_release(filter);
	end_after(0);
	return ok && refuse_newer(err);
}

/* ---- user ---- */

#define GATE_USER "firstline-gate"
#define NOBODY 65534 /* Debian's nobody and nogroup */

/* The gate needs nothing of root's: it gives the user up. Engine and hands share the state
 * folder with actions that may need root, and keep theirs. */
static bool
give_up_root(struct err *err)
{
	if (geteuid() != 0)
		return true;
	const struct passwd *user = getpwnam(GATE_USER);
	uid_t uid = user != NULL ? user->pw_uid : NOBODY;
	gid_t gid = user != NULL ? user->pw_gid : NOBODY;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return err_sys(err, ERR_DENIED, "confine: give up root");
	/* A change of user forgets it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	return true;
}

bool
confine(const struct confine *how, struct arena *arena, struct strs *gaps, struct err *err)
{
	*gaps = (struct strs){ .p = arena_new(arena, str, CONFINE_GAPS_MAX) };
	if (how->role == CONFINE_GATE && !give_up_root(err))
		return false;
	const struct rlimit no_core = { 0, 0 };
	if (setrlimit(RLIMIT_CORE, &no_core) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, ERR_DENIED, "confine");
	return confine_landlock(how, arena, gaps, err) && confine_seccomp(how, err);
}

void
die_with_parent(int parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
}
