#include "engine/keep.h"

#include <stdlib.h>
#include <string.h>

#include "store/checkpoint.h"

/* Older than that, by the engine's clock; what is kept for ever never is. */
static bool
is_old(const struct store_mark *mark, msec keep_ms, msec at)
{
	return keep_ms != 0 && at > keep_ms && mark->at <= at - keep_ms;
}

bool
keep_choose(const struct store_base *was, const struct store_mark *marks, size_t n,
    const struct keep *keep, msec at, struct store_base *ret)
{
	*ret = (struct store_base){ .mark = was->mark, .rows_seq = was->rows_seq };
	for (size_t i = 0; i < n; i++) {
		if (marks[i].seq > ret->mark.seq && is_old(&marks[i], keep->journal_ms, at))
			ret->mark = marks[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (marks[i].seq > ret->rows_seq && marks[i].seq <= ret->mark.seq &&
		    is_old(&marks[i], keep->history_ms, at))
			ret->rows_seq = marks[i].seq;
	}
	return ret->mark.seq > was->mark.seq || ret->rows_seq > was->rows_seq;
}

bool
keep_mark_due(const struct store_mark *last, const struct keep *keep, msec at)
{
	return keep->journal_ms != 0 && at >= last->at &&
	       at - last->at >= keep->journal_ms / KEEP_MARKS;
}

/* ---- what the store has ---- */

struct marks {
	struct store_mark *mark;
	size_t n, cap;
};

static bool
take_mark(void *context, const struct store_mark *mark)
{
	struct marks *m = context;
	if (m->n == m->cap) {
		m->cap = m->cap == 0 ? 64 : 2 * m->cap;
		struct store_mark *more = realloc(m->mark, m->cap * sizeof(*more));
		ASSERT(more != NULL);
		m->mark = more;
	}
	m->mark[m->n++] = *mark;
	return true;
}

/* ---- slices ---- */

static bool
begin_mark(struct store *store, const struct keep_now *now, struct err *err)
{
	for (size_t i = 0; i < now->used_n; i++) {
		if (!store_bundle_use(store, &now->used[i], err))
			return false;
	}
	return store_mark_begin(store, now->at, now->wall, err);
}

static bool
look(struct keeping *k, struct store *store, const struct keep_now *now, struct err *err)
{
	struct marks m = { .n = 0 };
	struct store_mark last = { .seq = 0 };
	bool ok = store_marks(store, take_mark, &m, err);
	if (ok && m.n > 0)
		last = m.mark[m.n - 1];
	free(m.mark);
	bool due = ok && store_head(store).seq > last.seq &&
	           keep_mark_due(&last, &now->keep, now->at);
	if (due)
		ok = begin_mark(store, now, err);
	if (ok)
		k->stage = due ? KEEP_MARK : KEEP_CHOOSE;
	return ok;
}

/* Without a key everything stays: nobody could tell that from what was cut off. */
static bool
let_go(struct keeping *k, struct store *store, struct store_base *base, struct err *err)
{
	struct note_key key;
	struct buf note = BUF(STORE_NOTE_MAX);
	bool ok = true;
	bool is_signed =
	    checkpoint_key(k->state_dir, STR(CHECKPOINT_KEY_NAME), &key, &k->no_key) &&
	    checkpoint_sign_base(&key, base, &note, &k->no_key);
	if (is_signed) {
		k->no_key.kind = ERR_NONE; /* also when there was none before */
		ok = store_let_go(store, base, err);
		k->stage = KEEP_TRIM;
		k->begins = base->mark.seq;
	}
	buf_done(&note);
	explicit_bzero(&key, sizeof(key));
	return ok;
}

/* The store takes none that is as new as its head or newer than the alert packs. */
static size_t
old_enough(const struct marks *m, struct store_head head)
{
	size_t n = m->n;
	while (n > 0 &&
	       (m->mark[n - 1].seq >= head.seq || m->mark[n - 1].seq > head.alerts_as_of))
		n--;
	return n;
}

static bool
choose(struct keeping *k, struct store *store, const struct keep_now *now, struct err *err)
{
	struct marks m = { .n = 0 };
	struct store_base was, base;
	bool ok =
	    store_base(store, NULL, &was, err) && store_marks(store, take_mark, &m, err);
	bool moved = ok && keep_choose(&was, m.mark, old_enough(&m, store_head(store)),
			       &now->keep, now->at, &base);
	free(m.mark);
	k->stage = KEEP_REST;
	if (ok)
		k->begins = was.mark.seq;
	return ok && (!moved || let_go(k, store, &base, err));
}

bool
keep_slice(struct keeping *k, struct store *store, const struct keep_now *now,
    struct err *err)
{
	bool done = false;
	switch (k->stage) {
	case KEEP_TRIM:
		if (!store_trim(store, &done, err))
			return false;
		k->stage = done ? KEEP_LOOK : KEEP_TRIM;
		return true;
	case KEEP_LOOK:
		return look(k, store, now, err);
	case KEEP_MARK:
		if (!store_mark_some(store, &done, err))
			return false;
		k->stage = done ? KEEP_CHOOSE : KEEP_MARK;
		return true;
	case KEEP_CHOOSE:
		return choose(k, store, now, err);
	case KEEP_REST:
		return true;
	}
	UNREACHABLE();
}
