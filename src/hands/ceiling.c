#include "hands/ceiling.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "os/file.h"

struct start {
	uint64_t target; /* fnv64 of its name: a collision shares a ceiling */
	int64_t boot;    /* negative: before this machine started */
};

struct ceiling {
	int attempts_fd;
	int file;
	size_t n; /* oldest first */
	size_t file_bytes;
	struct start starts[CEILING_TARGETS_MAX];
};

static uint64_t
key_of(str target)
{
	return fnv64(FNV64_BASIS, target);
}

static bool
recent(const struct start *start, msec boot)
{
	return (int64_t)boot - start->boot < (int64_t)CEILING_MS;
}

static void
drop_old(struct ceiling *c, msec boot)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++) {
		if (recent(&c->starts[i], boot))
			c->starts[kept++] = c->starts[i];
	}
	c->n = kept;
}

static void
write_line(struct buf *out, str target, msec wall)
{
	buf_u64(out, wall);
	buf_char(out, ' ');
	buf_add(out, target);
	buf_char(out, '\n');
}

/* Takes what is recent, and writes it to `out` again. */
static void
read_lines(struct ceiling *c, str text, msec wall, msec boot, struct buf *out)
{
	while (text.n > 0) {
		struct str_cut line = str_cut(text, '\n');
		struct str_cut parts = str_cut(line.head, ' ');
		text = line.tail;
		uint64_t then;
		if (!line.found || !parts.found || !str_u64(parts.head, UINT64_MAX, &then))
			continue;
		/* a clock that was put back makes it new, not old */
		uint64_t age = wall > then ? wall - then : 0;
		if (age >= CEILING_MS || c->n == CEILING_TARGETS_MAX)
			continue;
		c->starts[c->n++] =
		    (struct start){ key_of(parts.tail), (int64_t)boot - (int64_t)age };
		write_line(out, parts.tail, then);
	}
}

static bool
reopen(struct ceiling *c, struct err *err)
{
	int file = openat(c->attempts_fd, CEILING_FILE,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return err_sys(err, ERR_IO, "open '" CEILING_FILE "'");
	if (c->file >= 0)
		(void)close(c->file);
	c->file = file;
	return true;
}

static bool
write_anew(struct ceiling *c, str text, struct err *err)
{
	return file_write_durable(c->attempts_fd, CEILING_FILE, text, 0600, err) &&
	       reopen(c, err);
}

/* Reads the file, leaves out what is old, and writes it anew: *ret_written. */
static bool
load(struct ceiling *c, msec wall, msec boot, bool *ret_written, struct err *err)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, CEILING_FILE_MAX + 4096);
	struct buf text = BUF(CEILING_FILE_MAX);
	str bytes = STR("");
	struct err read_err = { 0 };
	bool ok = file_read_at(&arena, c->attempts_fd, CEILING_FILE, CEILING_FILE_MAX,
		      &bytes, &read_err) ||
	          read_err.kind == ERR_NOT_FOUND;
	if (!ok)
		*err = read_err;
	c->n = 0;
	read_lines(c, bytes, wall, boot, &text);
	*ret_written = ok && write_anew(c, buf_str(&text), err);
	c->file_bytes = text.n;
	buf_done(&text);
	arena_unmap(&map);
	return ok;
}

struct ceiling *
ceiling_open(int attempts_fd, msec wall, msec boot, struct err *err)
{
	struct ceiling *c = calloc(1, sizeof(*c));
	ASSERT(c != NULL);
	c->attempts_fd = attempts_fd;
	c->file = -1;
	/* Where it cannot be written nothing starts, but people are told all the same. */
	bool written;
	if (load(c, wall, boot, &written, err))
		return c;
	ceiling_close(c);
	return NULL;
}

void
ceiling_close(struct ceiling *c)
{
	if (c == NULL)
		return;
	if (c->file >= 0)
		(void)close(c->file);
	free(c);
}

bool
ceiling_allows(const struct ceiling *c, str target, msec boot)
{
	uint64_t key = key_of(target);
	size_t here = 0, all = 0;
	for (size_t i = 0; i < c->n; i++) {
		bool counts = recent(&c->starts[i], boot);
		here += counts && c->starts[i].target == key;
		all += counts;
	}
	return here < CEILING_PER_TARGET && all < CEILING_TARGETS_MAX;
}

bool
ceiling_count(struct ceiling *c, str target, msec wall, msec boot, struct err *err)
{
	drop_old(c, boot);
	ASSERT(c->n < CEILING_TARGETS_MAX); /* ceiling_allows was asked */
	bool written = c->file >= 0;
	if ((!written || c->file_bytes > CEILING_FILE_MAX / 2) &&
	    !(load(c, wall, boot, &written, err) && written))
		return false;
	struct buf line = BUF(4096);
	write_line(&line, target, wall);
	ssize_t wrote = line.overflow ? -1 : write(c->file, line.p, line.n);
	bool ok = wrote == (ssize_t)line.n;
	c->file_bytes += line.n;
	buf_done(&line);
	if (!ok)
		return err_sys(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_IO,
		    "write '" CEILING_FILE "'");
	c->starts[c->n++] = (struct start){ key_of(target), (int64_t)boot };
	return true;
}
