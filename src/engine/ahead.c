/*
 * ahead -- memory for the alerts of a storm, touched before they come.
 *
 * The first touch of a page costs the kernel its zeroing, which in a storm was a third of
 * the loop's time, and far more where a hypervisor has to find the page first. While alerts
 * pour in, a thread of libuv's pool touches what the next ones will lie in. Nothing is
 * touched for a table that is small: an idle server stays so.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "os/memory.h"

#define FROM_BYTES ((size_t)8 << 20)  /* in use of a range, before anything is done */
#define AHEAD_BYTES ((size_t)2 << 20) /* touched beyond what is in use */

struct touch {
	char *p;
	size_t n;
};

struct ahead {
	uv_work_t work;
	bool busy;
	char *until[INTAKE_UNTOUCHED]; /* of each range */
	struct touch touch[INTAKE_UNTOUCHED];
	size_t n;
};

static void
touch(uv_work_t *work)
{
	const struct ahead *ahead = work->data;
	for (size_t i = 0; i < ahead->n; i++)
		memory_touch(ahead->touch[i].p, ahead->touch[i].n);
}

static void
touched(uv_work_t *work, int status)
{
	struct ahead *ahead = work->data;
	(void)status;
	ahead->busy = false;
}

struct ahead *
ahead_new(void)
{
	struct ahead *ahead = calloc(1, sizeof(*ahead));
	ASSERT(ahead != NULL);
	ahead->work.data = ahead;
	return ahead;
}

void
ahead_turn(struct engine *engine)
{
	struct ahead *ahead = engine->ahead;
	struct untouched range[INTAKE_UNTOUCHED];
	if (ahead->busy)
		return;
	ahead->n = 0;
	intake_untouched(engine->intake, range);
	for (size_t i = 0; i < INTAKE_UNTOUCHED; i++) {
		size_t n = range[i].left < AHEAD_BYTES ? range[i].left : AHEAD_BYTES;
		char *from = range[i].p > ahead->until[i] ? range[i].p : ahead->until[i];
		char *until = range[i].p + n;
		if (range[i].used < FROM_BYTES || until < from + AHEAD_BYTES / 2)
			continue;
		ahead->touch[ahead->n++] = (struct touch){ from, (size_t)(until - from) };
		ahead->until[i] = until;
	}
	if (ahead->n == 0)
		return;
	ahead->busy = true;
	ASSERT(uv_queue_work(&engine->loop, &ahead->work, touch, touched) == 0);
}
