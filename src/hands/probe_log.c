/*
 * probe_log -- the tail of a file on this machine.
 *
 * A file may lie on a disk that does not answer: it is read by a thread of libuv's, which
 * owns all it works with and is left behind when the time is over. There are few of those
 * threads: while one is left behind, nobody else goes into its folder.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "hands/probe.h"
#include "hands/tail.h"

struct work {
	struct link link; /* of `left_behind` */
	uv_work_t work;
	struct probe_out *out; /* NULL: already answered */
	uv_timer_t timer;
	unsigned open; /* the work, the timer */
	uint32_t lines;
	size_t match_n;
	char folder[TAIL_PATH_MAX + 1], below[TAIL_PATH_MAX + 1], match[1024];
	/* of the thread */
	char *memory;
	struct tail tail;
	bool ok;
	struct err err;
};

static struct link left_behind = { &left_behind, &left_behind };

static void
let_go(struct work *work)
{
	if (--work->open > 0)
		return;
	free(work->memory);
	free(work);
}

static void
on_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

/* The probe is answered, or dropped; the thread may still be at it. */
static void
leave(struct work *work)
{
	if (work->out == NULL)
		return;
	work->out->own = NULL;
	work->out->drop = NULL;
	work->out = NULL;
	(void)uv_cancel((uv_req_t *)&work->work);
	uv_close((uv_handle_t *)&work->timer, on_closed);
}

static void
log_drop(struct probe_out *out)
{
	leave(out->own);
}

static void
read_it(uv_work_t *req)
{
	struct work *work = req->data;
	int fd;
	if (!tail_open(work->folder, work->below, false, &fd, &work->err))
		return;
	work->ok = tail_read(fd, work->memory, work->lines,
	    (str){ work->match, work->match_n }, PROBE_VALUE_MAX, &work->tail, &work->err);
	(void)close(fd);
}

static void
on_read(uv_work_t *req, int status)
{
	struct work *work = req->data;
	struct probe_out *out = work->out;
	(void)status; /* cancelled: answered already */
	if (out == NULL) {
		if (link_on(&work->link))
			link_remove(&work->link);
		let_go(work);
		return;
	}
	struct probe_result result = { .status = PROBE_FAILED };
	if (work->ok) {
		result.status = PROBE_OK;
		result.code = (int64_t)work->tail.matches;
		result.number = (int64_t)work->tail.lines;
		result.value = work->tail.text;
		result.least = work->tail.least;
		result.cut = work->tail.cut;
	} else {
		result.error = str_of(work->err.text);
	}
	leave(work);
	probe_done(out, &result);
	let_go(work);
}

static void
on_time_over(uv_timer_t *timer)
{
	struct work *work = timer->data;
	struct probe_out *out = work->out;
	bool at_it = uv_cancel((uv_req_t *)&work->work) != 0;
	leave(work);
	if (at_it)
		list_append(&left_behind, &work->link);
	probe_failed(out, STR("the file was not read in time"));
}

static bool
answers(const char *folder)
{
	list_each(it, &left_behind)
	{
		if (strcmp(container_of(it, struct work, link)->folder, folder) == 0)
			return false;
	}
	return true;
}

static void
copy(char *to, str from)
{
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
}

bool
probe_log_start(struct probe_out *out, uv_loop_t *loop, const struct strs *folders,
    const struct probe_row *row, struct err *err)
{
	str folder = tail_folder(folders, row->where);
	if (folder.n == 0 || row->where.n > TAIL_PATH_MAX)
		return err_set(err, ERR_DENIED,
		    "'%.*s' is not below a folder that 'probe_files' names",
		    STR_ARG(row->where));
	struct work *work = calloc(1, sizeof(*work));
	ASSERT(work != NULL);
	if (row->text.n >= sizeof(work->match) || memchr(row->where.p, 0, row->where.n)) {
		free(work);
		return err_set(err, ERR_INVALID, "it cannot be looked for");
	}
	work->memory = malloc(TAIL_BYTES_MAX);
	ASSERT(work->memory != NULL);
	work->out = out;
	work->lines = row->lines;
	copy(work->folder, folder);
	if (!answers(work->folder)) {
		(void)err_set(err, ERR_IO,
		    "the disk of '%s' does not answer: an earlier reading of it goes on",
		    work->folder);
		free(work->memory);
		free(work);
		return false;
	}
	copy(work->below, str_drop(row->where, folder.n + 1));
	work->match_n = row->text.n;
	if (row->text.n > 0)
		copy(work->match, row->text);
	work->work.data = work->timer.data = work;
	work->open = 2;
	ASSERT(uv_timer_init(loop, &work->timer) == 0);
	(void)uv_timer_start(&work->timer, on_time_over, row->timeout_ms, 0);
	ASSERT(uv_queue_work(loop, &work->work, read_it, on_read) == 0);
	out->own = work;
	out->drop = log_drop;
	return true;
}
