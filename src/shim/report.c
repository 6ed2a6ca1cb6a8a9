/*
 * report -- what the command wrote, bounded, and the files that say how it went.
 */
#include "shim/parts.h"
#include "shim/redact.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESULT_TRIES_MAX 30 /* one a second, should the disk be full */

/* ---- output ---- */

/* Returns how far it came. */
static size_t
pwrite_all(int fd, const char *p, size_t n, off_t at)
{
	size_t done = 0;
	while (done < n) {
		ssize_t wrote = pwrite(fd, p + done, n - done, at + (off_t)done);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	return done;
}

/* What could not be written goes again with the next: nothing stands behind a gap. */
static void
keep_head(struct output *out)
{
	size_t n = out->total < SHIM_HEAD_MAX ? (size_t)out->total : SHIM_HEAD_MAX;
	if (out->fd >= 0)
		out->kept += pwrite_all(out->fd, out->head + out->kept, n - out->kept,
		    (off_t)out->kept);
}

/* Redacted already: no byte of a secret is ever kept, not even for a moment. */
static void
output_take(void *ctx, const char *p, size_t n)
{
	struct output *out = ctx;
	if (out->total < SHIM_HEAD_MAX) {
		size_t at = (size_t)out->total;
		size_t part = n < SHIM_HEAD_MAX - at ? n : SHIM_HEAD_MAX - at;
		memcpy(out->head + at, p, part);
		out->total += part;
		keep_head(out);
		p += part;
		n -= part;
	}
	if (n > SHIM_TAIL_MAX) { /* only the end of it can stay */
		size_t skipped = n - SHIM_TAIL_MAX;
		out->total += skipped;
		p += skipped;
		n -= skipped;
	}
	for (; n > 0; n--, out->total++)
		out->tail[(out->total - SHIM_HEAD_MAX) % SHIM_TAIL_MAX] = *p++;
}

/* What follows the head: the line that says how much is missing, and the tail. */
static size_t
output_rest(const struct output *out, char *ret)
{
	size_t n = 0;
	if (out->total <= SHIM_HEAD_MAX)
		return 0;
	uint64_t beyond = out->total - SHIM_HEAD_MAX;
	if (beyond <= SHIM_TAIL_MAX) {
		memcpy(ret, out->tail, (size_t)beyond);
		return (size_t)beyond;
	}
	n = (size_t)snprintf(ret, SHIM_OUTPUT_MAX - SHIM_HEAD_MAX - SHIM_TAIL_MAX,
	    "\n[... %llu bytes left out ...]\n",
	    (unsigned long long)(beyond - SHIM_TAIL_MAX));
	size_t start = (size_t)(beyond % SHIM_TAIL_MAX);
	memcpy(ret + n, out->tail + start, SHIM_TAIL_MAX - start);
	memcpy(ret + n + SHIM_TAIL_MAX - start, out->tail, start);
	return n + SHIM_TAIL_MAX;
}

bool
output_read(struct output *out, int *pipe_fd)
{
	static char chunk[64 * 1024];
	if (*pipe_fd < 0)
		return false;
	ssize_t n;
	do
		n = read(*pipe_fd, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR);
	if (n > 0)
		redact_put(out->redactor, chunk, (size_t)n);
	if (n == 0) {
		(void)close(*pipe_fd);
		*pipe_fd = -1;
	}
	return n > 0;
}

/* Returns how much of it is surely in the file. What follows the head never becomes
 * shorter, so it takes the place of what stood there. */
static size_t
keep_all(struct output *out)
{
	static char rest[SHIM_OUTPUT_MAX];
	keep_head(out);
	if (out->total <= SHIM_HEAD_MAX || out->kept < SHIM_HEAD_MAX) {
		out->shown = out->kept;
		return out->kept;
	}
	size_t n = output_rest(out, rest);
	size_t wrote = pwrite_all(out->fd, rest, n, SHIM_HEAD_MAX);
	if (wrote == n)
		out->shown = out->total;
	return SHIM_HEAD_MAX + wrote;
}

void
output_show(struct output *out)
{
	if (out->fd >= 0 && out->shown != out->total)
		(void)keep_all(out);
}

void
output_begin(struct output *out, struct redactor *redactor)
{
	redact_init(redactor, output_take, out);
	out->redactor = redactor;
}

void
output_end(struct output *out)
{
	redact_end(out->redactor);
}

/* ---- files ---- */

/* A value of a line: control characters and '%' written %XX, cut at SHIM_WHY_MAX. */
static const char *
escaped(const char *text)
{
	static char ret[3 * SHIM_WHY_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; text[i] != '\0' && i < SHIM_WHY_MAX; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f || c == '%')
			n += (size_t)snprintf(ret + n, 4, "%%%02X", c);
		else
			ret[n++] = (char)c;
	}
	ret[n] = '\0';
	return ret;
}

/* The second field may hold anything; the others have no blanks within. */
static uint64_t
start_time(pid_t pid)
{
	char path[64], stat[1024];
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	(void)read_small(AT_FDCWD, path, stat, sizeof(stat));
	char *field = strrchr(stat, ')');
	for (int i = 2; field != NULL && i < 22; i++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field + 1, NULL, 10) : 0;
}

bool
started_note(pid_t child, uint64_t begun_wall, const struct cgroup *cgroup)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "shim_pid=%d\nchild_pid=%d\nchild_start=%llu\nbegun_wall=%llu\ncgroup=%s\n",
	    getpid(), child, (unsigned long long)start_time(child),
	    (unsigned long long)begun_wall, cgroup->name);
	int fd =
	    openat(SHIM_FD_WORK, SHIM_STARTED_NEW, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, text, (size_t)n);
	(void)close(fd);
	return ok;
}

void
started_tell(void)
{
	(void)renameat(SHIM_FD_WORK, SHIM_STARTED_NEW, SHIM_FD_WORK, SHIM_STARTED);
}

/* Where not all of it can be kept, it is cut: what stood there before is no end of it. */
static void
keep_output(struct output *out)
{
	size_t n = keep_all(out);
	if (out->shown != out->total)
		n = keep_all(out);
	if (out->shown != out->total)
		(void)!ftruncate(out->fd, (off_t)n);
	(void)fsync(out->fd);
}

static bool
write_result_file(const char *text, size_t n)
{
	int fd =
	    openat(SHIM_FD_WORK, SHIM_RESULT_NEW, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, text, n) && ftruncate(fd, (off_t)n) == 0 && fsync(fd) == 0;
	(void)close(fd);
	CRASH_POINT("shim-result-written");
	if (!ok || renameat(SHIM_FD_WORK, SHIM_RESULT_NEW, SHIM_FD_WORK, SHIM_RESULT) < 0)
		return false;
	/* From now on hands may have read it and taken the folder away: no other try. */
	(void)fsync(SHIM_FD_WORK);
	return true;
}

/* Taken away with all that the server kept: nothing can be written there any more. */
static bool
folder_is_gone(void)
{
	struct stat st;
	return fstat(SHIM_FD_WORK, &st) == 0 && st.st_nlink == 0;
}

void
report(const struct job *job, struct output *out, const struct ending *ending)
{
	static char text[SHIM_TEXT_MAX], rest[SHIM_OUTPUT_MAX];
	int n = snprintf(text, sizeof(text),
	    "state=%s\nexit_code=%d\nsignal=%d\nbegun_wall=%llu\nended_wall=%llu\n"
	    "output_bytes=%llu\nwhy=%s\n",
	    ending->state, ending->exit_code, ending->signal,
	    (unsigned long long)ending->begun_wall, (unsigned long long)wall_ms(),
	    (unsigned long long)out->total, escaped(ending->why));
	size_t rest_n = output_rest(out, rest);
	size_t head_n = out->total < SHIM_HEAD_MAX ? (size_t)out->total : SHIM_HEAD_MAX;

	if (job->probe) {
		(void)(write_all(SHIM_FD_WORK, text, (size_t)n) &&
		       write_all(SHIM_FD_WORK, "\n", 1) &&
		       write_all(SHIM_FD_WORK, out->head, head_n) &&
		       write_all(SHIM_FD_WORK, rest, rest_n));
		return;
	}
	CRASH_POINT("shim-result-before");
	if (out->fd >= 0 && out->total > 0)
		keep_output(out);
	for (int i = 0; i < RESULT_TRIES_MAX && !write_result_file(text, (size_t)n) &&
			!folder_is_gone();
	     i++)
		(void)poll(NULL, 0, 1000);
	CRASH_POINT("shim-result-after");
}
