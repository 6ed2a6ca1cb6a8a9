/*
 * seccomp -- system calls that no action needs answer EPERM; those that this file does not
 * know, being newer than it, ENOSYS, which every libc takes for an old kernel.
 *
 * The filter is written by hand: for each call two instructions, a comparison and an
 * answer, so no jump is ever long.
 */
#include "shim/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#define CALL_LAST 462       /* mseal, Linux 6.10: the last one looked at */
#define FOREIGN 0x40000000u /* x32: other numbers for the same calls */
#define NEW_NAMESPACES                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	    CLONE_NEWPID | CLONE_NEWNET)
#define SOCKET_KINDS 0xfu     /* SOCK_STREAM ... without SOCK_CLOEXEC, SOCK_NONBLOCK */
#define PUT_CHARACTER 0x5412u /* TIOCSTI: into a terminal's input */
#define CONSOLE 0x541cu       /* TIOCLINUX */

#ifdef ARCH

static const int never[] = {
	/* mounts, roots, namespaces */
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_fsopen,
	SYS_fsmount,
	SYS_fsconfig,
	SYS_fspick,
	SYS_move_mount,
	SYS_open_tree,
	SYS_mount_setattr,
	SYS_unshare,
	SYS_setns,
	/* other processes' memory and descriptors */
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_process_madvise,
	SYS_pidfd_getfd,
	SYS_kcmp,
	/* parts of the kernel with a history */
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_fanotify_init,
	SYS_lookup_dcookie,
	SYS_move_pages,
	SYS_migrate_pages,
	/* files by number, past every path */
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	/* the machine */
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_quotactl,
	SYS_quotactl_fd,
	SYS_syslog,
	SYS_vhangup,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_clock_adjtime,
	SYS_adjtimex,
	SYS_sethostname,
	SYS_setdomainname,
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_uselib,
	SYS_ustat,
	SYS_sysfs,
	SYS__sysctl,
#endif
};

struct filter {
	struct sock_filter code[256];
	unsigned short n;
};

static void
add(struct filter *f, uint16_t code, uint8_t yes, uint8_t no, uint32_t value)
{
	if (f->n < sizeof(f->code) / sizeof(f->code[0]))
		f->code[f->n++] = (struct sock_filter){ code, yes, no, value };
}

static void
load(struct filter *f, size_t at)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)at);
}

static void
answer(struct filter *f, int error)
{
	add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (uint32_t)error);
}

static void
allow(struct filter *f)
{
	add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void
refuse_equal(struct filter *f, uint32_t value, int error)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
	answer(f, error);
}

/* The low half of an argument: all that the kernel looks at of these. */
static void
load_argument(struct filter *f, unsigned i)
{
	load(f, offsetof(struct seccomp_data, args) + 8 * i);
}

/* What follows until end_call is for this call alone. */
static unsigned short
begin_call(struct filter *f, int call)
{
	load(f, offsetof(struct seccomp_data, nr));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, (uint32_t)call);
	return (unsigned short)(f->n - 1);
}

static void
end_call(struct filter *f, unsigned short begun)
{
	allow(f);
	f->code[begun].jf = (uint8_t)(f->n - begun - 1);
}

/* Without a network: the same machine's sockets by path alone. Else also IP, but not raw,
 * and what libc asks the kernel's own tables by. */
static void
refuse_sockets(struct filter *f, bool offline)
{
	unsigned short begun = begin_call(f, SYS_socket);
	load_argument(f, 0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, AF_UNIX);
	allow(f);
	if (offline) {
		answer(f, EPERM);
	} else {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, AF_NETLINK);
		load_argument(f, 2);
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0); /* NETLINK_ROUTE */
		allow(f);
		answer(f, EPERM);
		load_argument(f, 0); /* not reached: keeps the jump above plain */
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, AF_INET);
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_INET6);
		answer(f, EPERM);
		load_argument(f, 1);
		add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, SOCKET_KINDS);
		refuse_equal(f, SOCK_RAW, EPERM);
		refuse_equal(f, SOCK_PACKET, EPERM);
	}
	end_call(f, begun);
}

static void
refuse_arguments(struct filter *f)
{
	unsigned short begun = begin_call(f, SYS_clone);
	load_argument(f, 0);
	add(f, BPF_JMP | BPF_JSET | BPF_K, 0, 1, (uint32_t)NEW_NAMESPACES);
	answer(f, EPERM);
	end_call(f, begun);

	begun = begin_call(f, SYS_ioctl);
	load_argument(f, 1);
	refuse_equal(f, PUT_CHARACTER, EPERM);
	refuse_equal(f, CONSOLE, EPERM);
	end_call(f, begun);

	begun = begin_call(f, SYS_personality); /* asking (all ones) is harmless */
	load_argument(f, 0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0xffffffffu);
	answer(f, EPERM);
	end_call(f, begun);

	begun = begin_call(f, SYS_mknodat);
	load_argument(f, 2);
	add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, S_IFMT);
	refuse_equal(f, S_IFCHR, EPERM);
	refuse_equal(f, S_IFBLK, EPERM);
	end_call(f, begun);
#ifdef SYS_mknod
	begun = begin_call(f, SYS_mknod);
	load_argument(f, 1);
	add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, S_IFMT);
	refuse_equal(f, S_IFCHR, EPERM);
	refuse_equal(f, S_IFBLK, EPERM);
	end_call(f, begun);
#endif
}

static void
write_filter(struct filter *f, bool offline)
{
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH);
	answer(f, EPERM);
	load(f, offsetof(struct seccomp_data, nr));
	add(f, BPF_JMP | BPF_JGT | BPF_K, 0, 1, CALL_LAST); /* FOREIGN ones too */
	answer(f, ENOSYS);
	/* its flags lie in memory, where no filter sees them; libc falls back to clone */
	refuse_equal(f, SYS_clone3, ENOSYS);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		refuse_equal(f, (uint32_t)never[i], EPERM);
	refuse_sockets(f, offline);
	refuse_arguments(f);
	allow(f);
}

bool
seccomp_works(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool
seccomp_put_on(bool offline, struct said *ret)
{
	static struct filter f;
	write_filter(&f, offline);
	struct sock_fprog program = { .len = f.n, .filter = f.code };
	if (f.n == sizeof(f.code) / sizeof(f.code[0]))
		return say(ret, E2BIG, "filter its system calls");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return say(ret, errno, "filter its system calls");
	return true;
}

#else

bool
seccomp_works(void)
{
	return false;
}

bool
seccomp_put_on(bool offline, struct said *ret)
{
	(void)offline;
	return say(ret, ENOSYS, "filter its system calls");
}

#endif
