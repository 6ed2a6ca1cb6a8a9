#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

/*
 * shim -- what hands, its spawner and firstline-shim agree on. Facts only: the shim is a
 * static program of libc alone and includes nothing else of this tree.
 *
 *	firstline-shim attempt ID INCIDENT SERVICE TARGET TIMEOUT_MS ARGV...
 *	firstline-shim probe   ID INCIDENT SERVICE TARGET TIMEOUT_MS ARGV...
 *	firstline-shim act     the same as attempt, for a command of our own: `firstline act`
 *	firstline-shim ask     the same as probe, for that
 *	firstline-shim check
 *
 * All but the last run one command in a session of its own, with stdin from /dev/null and its output
 * captured, end it when its time is over, and say how it went. An attempt says so in its
 * folder (SHIM_FD_WORK) and holds the lock on its claim (SHIM_FD_LOCK) for as long as it
 * lives; a probe writes result, an empty line and output to a socket (SHIM_FD_WORK), and
 * ends with its command when the other side of it is gone.
 *
 * A command of our own (hands/act.h) reads its request from stdin, which is SHIM_FD_INPUT
 * here, and gives a verdict on SHIM_FD_VERDICT: one line "STATE WHY". STATE is
 * SHIM_STATE_EXITED where its exit says how it went, else _NEVER_STARTED, _REFUSED or _UNKNOWN.
 * Where it ends by itself without one, what became of it is unknown.
 *
 * How the command is confined, and its secrets, come as a sealed memfd (SHIM_FD_SETUP):
 * texts NAME=VALUE, each with its NUL, at most SHIM_SETUP_MAX bytes.
 *
 *	profile=none|contained|offline
 *	pillars=N            what this machine can do, as `check` said: all of it is put on,
 *	                     or the command is not started
 *	uid=N gid=N          become these; only where the shim is root
 *	shared=1             others run as that user too
 *	read=/path write=/path
 *	hide=VALUE           a secret that the command has by other ways
 *	secret=NAME=VALUE    the command gets a memfd, and NAME_FILE=/proc/self/fd/N
 *
 * No byte of a secret that the command writes is kept, in any form of redact.h.
 *
 * `check` tries what a confinement is made of and prints pillars=N, the sum of SHIM_HAS_.
 *
 * An attempt's folder, STATE/attempts/ID/:
 *
 *	claimed   by hands, before the spawn; locked (flock) while anybody is at work
 *	started.new   by the shim, before it lets the command go; begun nothing without it
 *	started   the same file, once the command runs
 *	output    by the shim: the first SHIM_HEAD_MAX bytes at once, the last ones every
 *	          SHIM_SHOW_MS (while they change, whoever reads may see some of the old) and
 *	          at the end
 *	result    by the shim (by hands where the spawn itself failed): the end, durable
 *	stop      by hands: end it now
 *
 * claimed, started and result are lines name=value, all of them, in the order written
 * here; control characters and '%' in a value are written %XX.
 *
 *	claimed   attempt incident epoch wall action service target
 *	started   shim_pid child_pid child_start begun_wall cgroup
 *	result    state exit_code signal begun_wall ended_wall output_bytes why
 *
 * child_start is the kernel's start time of the child (field 22 of /proc/PID/stat); walls
 * are milliseconds since 1970. A state is one of the SHIM_STATE_ words.
 */
#define SHIM_FD_WORK 3
#define SHIM_FD_LOCK 4
#define SHIM_FD_INPUT 5   /* act, ask */
#define SHIM_FD_VERDICT 4 /* of the command: act, ask */

#define SHIM_FD_SETUP 6
#define SHIM_SETUP_MAX (64 * 1024)

#define SHIM_PROFILE_NONE "none"
#define SHIM_PROFILE_CONTAINED "contained"
#define SHIM_PROFILE_OFFLINE "offline"

#define SHIM_HAS_NO_NEW_PRIVS 1u
#define SHIM_HAS_LANDLOCK 2u
#define SHIM_HAS_SECCOMP 4u
#define SHIM_HAS_NAMESPACES 8u /* pid, mount, ipc, uts; user where the shim is not root */
#define SHIM_HAS_NET 16u       /* a network namespace */
#define SHIM_HAS_CGROUP 32u    /* cgroup limits of processes and memory */
#define SHIM_HAS_SCOPES 64u    /* Landlock ABI 6: abstract sockets, signals */

#define SHIM_PATHS_MAX 32   /* read and write together */
#define SHIM_SECRETS_MAX 16 /* of one command */

/* What a confined command may use. */
#define SHIM_PROCESSES_MAX 256              /* at once, its threads among them */
#define SHIM_MEMORY_MAX (1024ull << 20)     /* of all by cgroup; else of each process */
#define SHIM_FILE_BYTES_MAX (1024ull << 20) /* of one file it writes */
#define SHIM_TMP_BYTES_MAX (64ull << 20)    /* of its own /tmp */

#define SHIM_CLAIMED "claimed"
#define SHIM_STARTED "started"
#define SHIM_STARTED_NEW "started.new"
#define SHIM_OUTPUT "output"
#define SHIM_RESULT "result"
/* Made ready by hands, as is started.new, so that a full disk loses no result. */
#define SHIM_RESULT_NEW "result.new"
#define SHIM_STOP "stop"

#define SHIM_STATE_EXITED "exited"               /* exit_code */
#define SHIM_STATE_SIGNALED "signaled"           /* signal: by somebody else's hand */
#define SHIM_STATE_TIMED_OUT "timed-out"         /* we ended it */
#define SHIM_STATE_STOPPED "stopped"             /* we were asked to end it */
#define SHIM_STATE_NEVER_STARTED "never-started" /* the command surely did not run */
#define SHIM_STATE_REFUSED "refused" /* nor did this one: it must not; act and ask only */
#define SHIM_STATE_UNKNOWN "unknown" /* nobody can know: act and ask, and what is stuck */

/* It waits for a disk that does not answer, as on a network: it is killed, and there until
 * that answers. What it had asked of the kernel may still come about. */
#define SHIM_WHY_STUCK "some of it is stuck in the kernel and cannot be killed"

#define SHIM_HEAD_MAX 4096
#define SHIM_TAIL_MAX 4000   /* of what did not fit into the head */
#define SHIM_OUTPUT_MAX 8192 /* both and the line between them */
#define SHIM_TEXT_MAX 4096   /* bytes of claimed, started and result each */
#define SHIM_ARGS_MAX 256
#define SHIM_ARGS_BYTES_MAX (64 * 1024) /* all arguments with their NULs */
#define SHIM_TIMEOUT_MS_MAX (7ull * 24 * 3600 * 1000)
#define SHIM_GRACE_MS 5000     /* between TERM and KILL when its time is over */
#define SHIM_STOP_GRACE_MS 500 /* when somebody said stop: it is over within a second */
#define SHIM_LOOK_MS 100       /* how often it looks for `stop` */
#define SHIM_AWAY_MS 500       /* for a command to be away before its clock is looked at */
#define SHIM_SHOW_MS 1000      /* how old the end of the output may be in its file */

/* All that a command gets to see of an environment, besides FIRSTLINE_ATTEMPT, _INCIDENT,
 * _SERVICE and _TARGET. */
#define SHIM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SHIM_LANG "C.UTF-8"
#define SHIM_DESCRIPTORS 1024 /* its soft limit of open files, where ours is higher */

#endif
