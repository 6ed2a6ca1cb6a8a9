/*
 * firstline-ics -- a calendar on stdin, what it says on stdout (ics.h). A program of its own:
 * what comes from outside is read where there is nothing to take, and libical with its Unicode
 * tables would make every other start slower. Whatever goes wrong, it ends; whoever started it
 * keeps the calendar before.
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ics/ics.h"

#define CPU_MS_MAX (5 * SECOND)
#define MEMORY_BYTES_MAX ((size_t)512 << 20)

static bool
bound(int what, rlim_t most)
{
	const struct rlimit limit = { most, most };
	return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

/* From here on it reads, writes, takes memory and ends. */
static bool
confine(void)
{
	static const int calls[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(brk),
		SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
		SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(getrandom) };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = ctx != NULL && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	for (size_t i = 0; ok && i < countof(calls); i++)
		ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	ok = ok && seccomp_load(ctx) == 0;
	if (ctx != NULL)
		seccomp_release(ctx);
	return ok;
}

static bool
read_all(struct buf *in)
{
	for (;;) {
		char bytes[8192];
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && !in->overflow;
		buf_put(in, bytes, (size_t)n);
	}
}

static bool
write_all(str text)
{
	while (text.n > 0) {
		ssize_t n = write(STDOUT_FILENO, text.p, text.n);
		if (n < 0 && errno != EINTR)
			return false;
		text = str_drop(text, n > 0 ? (size_t)n : 0);
	}
	return true;
}

int
main(void)
{
	struct arena_map map;
	struct buf in = BUF(ICS_BYTES_MAX + 1), out = BUF(ICS_OUT_MAX);
	if (!bound(RLIMIT_CPU, CPU_MS_MAX / SECOND) ||
	    !bound(RLIMIT_AS, MEMORY_BYTES_MAX) || !bound(RLIMIT_CORE, 0) ||
	    !bound(RLIMIT_FSIZE, ICS_OUT_MAX) || !confine())
		return 1;
	struct arena arena = arena_map(&map, ICS_ARENA_BYTES);
	if (!read_all(&in))
		return 1;
	ics_read(buf_str(&in), &arena, &out);
	return !out.overflow && write_all(buf_str(&out)) ? 0 : 1;
}
