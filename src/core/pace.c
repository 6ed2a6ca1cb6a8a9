/*
 * How much goes to one reader and by one channel: pace.h.
 *
 * A turn is one number, `until`: each message adds what it takes, time takes it away again,
 * and there is room while no more than all of it is taken. What waits is derived from rows,
 * and so is each order here: by rank, then by (next_at, id).
 */
#include "core/pace.h"

#include "core/state.h"

#define KEPT_FOR_URGENT 1u

static const struct pace *
pace_of(const struct core *core, str channel)
{
	static const struct pace none;
	const struct channel *found =
	    core->newest != NULL ? names_get(&core->newest->model->channel_by_name, channel)
				 : NULL;
	return found != NULL ? &found->pace : &none;
}

static str
line_name(const struct line *line)
{
	return (str){ line->name, line->name_n };
}

/* ---- turns ---- */

static uint64_t
channel_key(str channel)
{
	return fnv64(fnv64(FNV64_BASIS, channel), STR("\n")) | 1;
}

static uint64_t
reader_key(const struct notice_row *row)
{
	uint64_t key = fnv64(fnv64(FNV64_BASIS, row->person), STR("/"));
	key = fnv64(fnv64(key, row->channel), STR("/"));
	return fnv64(key, row->address) | 1;
}

static msec
turn_until(const struct core *core, uint64_t key)
{
	const struct notice_turn *p = core->control->row.turns.p;
	for (size_t i = 0; i < core->control->row.turns.n; i++) {
		if (p[i].key == key)
			return p[i].until;
	}
	return 0;
}

/* Messages for which there is room now, of `n` with one more each `every`. */
static uint32_t
turn_room(msec until, msec at, uint32_t n, msec every)
{
	if (until <= at)
		return n;
	msec taken = (until - at + every - 1) / every;
	return taken >= n ? 0 : n - (uint32_t)taken;
}

/* When there is room for `need` of them. */
static msec
turn_opens(msec until, uint32_t n, uint32_t need, msec every)
{
	ASSERT(need > 0 && need <= n);
	msec free = (n - need) * every;
	return until > free ? until - free : 0;
}

/* Those whose time is over go; where there is no room, whoever had the least. */
static msec
turn_take(struct core *core, uint64_t key, uint64_t of, msec every)
{
	const struct notice_turn *from = core->control->row.turns.p;
	size_t all = core->control->row.turns.n, n = 0;
	struct notice_turn *p = arena_new(&core->scratch, struct notice_turn, all + 1);
	msec until = core->at;
	for (size_t i = 0; i < all; i++) {
		if (from[i].key == key)
			until = from[i].until > until ? from[i].until : until;
		else if (from[i].until > core->at)
			p[n++] = from[i];
	}
	struct notice_turn own = { key, until + every, of };
	if (n == NOTICE_TURNS_MAX) {
		size_t least = 0;
		for (size_t i = 1; i < n; i++) {
			if (p[i].until < p[least].until)
				least = i;
		}
		p[least] = own;
	} else {
		p[n++] = own;
	}
	object_touch(core, &core->control->o);
	row_set_records(core, &notice_turn_type, &core->control->row.turns,
	    (struct records){ p, n });
	return turn_until(core, key);
}

/* ---- of a channel ---- */

static msec
rate_every(const struct pace *pace)
{
	return (pace->rate_ms + pace->rate_n - 1) / pace->rate_n;
}

bool
line_has_rate(const struct core *core, const struct line *line)
{
	const struct pace *pace = pace_of(core, line_name(line));
	return pace->rate_n == 0 ||
	       turn_room(line->until, core->at, pace->rate_n, rate_every(pace)) > 0;
}

void
line_take(struct core *core, struct line *line)
{
	const struct pace *pace = pace_of(core, line_name(line));
	if (pace->rate_n != 0)
		line->until = turn_take(core, channel_key(line_name(line)),
		    channel_key(line_name(line)), rate_every(pace));
}

/* ---- readers ---- */

static void
reader_init(struct reader *reader, uint64_t key)
{
	*reader = (struct reader){ .key = key };
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++)
		list_init(&reader->ready[rank]);
}

size_t
pace_bytes(void)
{
	return READERS_MAX * sizeof(struct reader);
}

void
pace_init(struct core *core, struct arena *memory)
{
	core->reader_memory = arena_fresh(memory, struct reader, READERS_MAX);
	list_init(&core->spare_readers);
}

void
line_pace_init(struct core *core, struct line *line)
{
	list_init(&line->readers);
	reader_init(&line->alone, 0);
	if (line->name_n > 0)
		line->until = turn_until(core, channel_key(line_name(line)));
}

void
pace_loaded(struct core *core)
{
	list_each(it, &core->lines)
	{
		struct line *line = container_of(it, struct line, link);
		line->until = turn_until(core, channel_key(line_name(line)));
	}
}

static struct reader *
reader_spare(struct core *core)
{
	if (!list_empty(&core->spare_readers)) {
		struct reader *reader =
		    container_of(core->spare_readers.next, struct reader, link);
		link_remove(&reader->link);
		return reader;
	}
	return core->readers_made < READERS_MAX ? &core->reader_memory[core->readers_made++]
	                                        : NULL;
}

static struct reader *
reader_of(struct core *core, struct line *line, const struct notice_row *row)
{
	uint64_t key = reader_key(row);
	list_each(it, &line->readers)
	{
		struct reader *reader = container_of(it, struct reader, link);
		if (reader->key == key)
			return reader;
	}
	struct reader *reader = reader_spare(core);
	if (reader == NULL)
		return &line->alone;
	reader_init(reader, key);
	reader->until = turn_until(core, key);
	list_append(&line->readers, &reader->link);
	return reader;
}

static bool
goes_before(const struct notice_row *a, const struct notice_row *b)
{
	return a->next_at != b->next_at ? a->next_at < b->next_at : a->id < b->id;
}

void
line_put(struct core *core, struct notice *notice)
{
	struct line *line = notice->line;
	bool alone = notice->row.alone || line->name_n == 0;
	struct reader *reader = alone ? &line->alone : reader_of(core, line, &notice->row);
	struct link *list = &reader->ready[notice_rank(&notice->row)], *before = list;
	while (before->prev != list &&
	       goes_before(&notice->row,
		   &container_of(before->prev, struct notice, in_line)->row))
		before = before->prev;
	list_append(before, &notice->in_line);
	notice->reader = reader;
	reader->ready_n++;
	line->ready_n++;
}

void
line_step_out(struct core *core, struct notice *notice)
{
	struct reader *reader = notice->reader;
	link_remove(&notice->in_line);
	notice->reader = NULL;
	notice->line->ready_n--;
	if (--reader->ready_n > 0 || reader->key == 0)
		return;
	link_remove(&reader->link);
	list_append(&core->spare_readers, &reader->link);
}

void
notice_set_alone(struct core *core, struct notice *notice, bool alone)
{
	if (notice->row.alone == alone)
		return;
	bool ready = link_on(&notice->in_line);
	if (ready)
		line_step_out(core, notice);
	notice->row.alone = alone;
	object_touch(core, &notice->o);
	if (ready)
		line_put(core, notice);
}

/* ---- whose turn it is ---- */

static bool
is_paced(const struct pace *pace, const struct reader *reader)
{
	return reader->key != 0 && pace->digest_n != 0;
}

static bool
is_urgent(const struct notice *notice)
{
	return notice_rank(&notice->row) <= SEV2 - 1;
}

/* Of the room, what this one leaves. */
static uint32_t
kept_of(const struct pace *pace, const struct notice *notice)
{
	return is_urgent(notice) || pace->digest_n <= KEPT_FOR_URGENT ? 0 : KEPT_FOR_URGENT;
}

static msec
reader_opens(const struct pace *pace, const struct reader *reader,
    const struct notice *notice)
{
	return is_paced(pace, reader) ? turn_opens(reader->until, pace->digest_n,
					    1 + kept_of(pace, notice), pace->digest_ms)
	                              : 0;
}

/* In its row: turns that are over are forgotten, and what waits for a place after its turn
 * falls back by when that was. */
void
notice_note_turn(struct core *core, struct notice *notice)
{
	msec opens =
	    reader_opens(pace_of(core, notice->row.channel), notice->reader, notice);
	if (opens <= core->at || opens == notice->row.turn_at)
		return;
	notice->row.turn_at = opens;
	object_touch(core, &notice->o);
}

static struct notice *
reader_first(const struct reader *reader)
{
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++) {
		if (!list_empty(&reader->ready[rank]))
			return container_of(reader->ready[rank].next, struct notice,
			    in_line);
	}
	return NULL;
}

static struct notice *
better(struct notice *best, struct notice *other)
{
	if (best == NULL || other == NULL)
		return best != NULL ? best : other;
	unsigned a = notice_rank(&best->row), b = notice_rank(&other->row);
	bool before = a != b ? a < b : goes_before(&best->row, &other->row);
	return before ? best : other;
}

struct notice *
line_next(struct core *core, const struct line *line)
{
	const struct pace *pace = pace_of(core, line_name(line));
	struct notice *best = reader_first(&line->alone);
	list_each(it, &line->readers)
	{
		const struct reader *reader = container_of(it, struct reader, link);
		struct notice *first = reader_first(reader);
		if (reader_opens(pace, reader, first) <= core->at)
			best = better(best, first);
	}
	return best;
}

static void
least_tried(const struct reader *reader, struct notice **least)
{
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++) {
		list_each(it, &reader->ready[rank])
		{
			struct notice *notice = container_of(it, struct notice, in_line);
			uint32_t tries = *least != NULL ? (*least)->row.tries : UINT32_MAX;
			if (notice->row.tries < tries ||
			    (notice->row.tries == tries &&
				better(*least, notice) == notice))
				*least = notice;
		}
	}
}

struct notice *
line_probe(const struct line *line)
{
	struct notice *least = NULL;
	least_tried(&line->alone, &least);
	list_each(it, &line->readers)
	    least_tried(container_of(it, struct reader, link), &least);
	return least;
}

/* It came just now; what it came with is before it, or came no earlier. */
static bool
is_fresh(const struct core *core, const struct notice *notice)
{
	return notice->row.tries == 0 && notice->row.next_at == core->at;
}

static bool
all_fresh(const struct core *core, const struct reader *reader)
{
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++) {
		const struct link *list = &reader->ready[rank];
		if (!list_empty(list) &&
		    !is_fresh(core, container_of(list->next, struct notice, in_line)))
			return false;
	}
	return true;
}

/* Are there no more of them than that? */
static bool
urgent_within(const struct reader *reader, uint32_t max)
{
	uint32_t n = 0;
	for (size_t rank = 0; rank <= SEV2 - 1; rank++) {
		list_each(it, &reader->ready[rank])
		{
			if (++n > max)
				return false;
		}
	}
	return true;
}

bool
line_folds(const struct core *core, const struct notice *notice, bool probe)
{
	const struct reader *reader = notice->reader;
	const struct pace *pace = pace_of(core, notice->row.channel);
	if (!is_paced(pace, reader) || reader->ready_n == 1)
		return false;
	if (probe || notice->row.was_held || !is_fresh(core, notice))
		return true;
	uint32_t room = turn_room(reader->until, core->at, pace->digest_n, pace->digest_ms);
	if (is_urgent(notice))
		return !urgent_within(reader, room);
	return !all_fresh(core, reader) || reader->ready_n > room - kept_of(pace, notice);
}

void
reader_take(struct core *core, struct reader *reader, str channel)
{
	const struct pace *pace = pace_of(core, channel);
	if (!is_paced(pace, reader))
		return;
	reader->until = turn_take(core, reader->key, channel_key(channel), pace->digest_ms);
	for (size_t rank = 0; rank < NOTICE_RANKS; rank++) {
		list_each(it, &reader->ready[rank])
		{
			struct notice *notice = container_of(it, struct notice, in_line);
			notice_note_turn(core, notice);
			notice_arm(core, notice);
		}
	}
}

/* ---- time ---- */

static void
earlier(msec *at, msec other, msec now)
{
	if (other > now && (*at == 0 || other < *at))
		*at = other;
}

/* Each reader's first; none is held by more than one of the two for long. */
static void
line_look(const struct core *core, const struct line *line, msec *at)
{
	const struct pace *pace = pace_of(core, line_name(line));
	msec rate = pace->rate_n == 0
	                ? 0
	                : turn_opens(line->until, pace->rate_n, 1, rate_every(pace));
	if (line->alone.ready_n > 0)
		earlier(at, rate, core->at);
	for (const struct link *it = line->readers.next; it != &line->readers;
	     it = it->next) {
		const struct reader *reader =
		    (const struct reader *)(const void *)((const char *)it -
							  offsetof(struct reader, link));
		msec turn = reader_opens(pace, reader, reader_first(reader));
		earlier(at, turn > rate ? turn : rate, core->at);
	}
}

msec
lines_next_at(const struct core *core)
{
	msec at = 0;
	for (const struct link *it = core->lines.next; it != &core->lines; it = it->next) {
		const struct line *line =
		    (const struct line *)(const void *)((const char *)it -
							offsetof(struct line, link));
		if (line->ready_n > 0 && channel_down_at(core, line_name(line)) == 0)
			line_look(core, line, &at);
	}
	return at;
}

/* ---- another configuration ---- */

/* A turn that takes so long is all taken: what another pace left is no more than that. */
static msec
turn_whole(uint32_t n, msec every)
{
	return n * every;
}

static msec
reader_whole(const struct core *core, str channel)
{
	const struct pace *pace = pace_of(core, channel);
	return turn_whole(pace->digest_n, pace->digest_ms);
}

static msec
at_most(const struct core *core, msec until, msec whole)
{
	return until < core->at + whole ? until : core->at + whole;
}

/* As the channel paces now; at or before core->at: nothing is known of it any more. */
static msec
turn_now(const struct core *core, const struct notice_turn *turn)
{
	const struct model *model = core->newest->model;
	for (size_t i = 0; turn->of != 0 && i < model->channels_n; i++) {
		const struct channel *channel = &model->channels[i];
		const struct pace *pace = &channel->pace;
		if (channel_key(channel->name) != turn->of)
			continue;
		if (turn->key != turn->of)
			return at_most(core, turn->until,
			    reader_whole(core, channel->name));
		return pace->rate_n == 0 ? 0
		                         : at_most(core, turn->until,
					       turn_whole(pace->rate_n, rate_every(pace)));
	}
	return 0;
}

void
pace_adopted(struct core *core)
{
	const struct notice_turn *from = core->control->row.turns.p;
	size_t all = core->control->row.turns.n, n = 0;
	struct notice_turn *p = arena_new(&core->scratch, struct notice_turn, all);
	for (size_t i = 0; i < all; i++) {
		msec until = turn_now(core, &from[i]);
		if (until > core->at)
			p[n++] = (struct notice_turn){ from[i].key, until, from[i].of };
	}
	object_touch(core, &core->control->o);
	row_set_records(core, &notice_turn_type, &core->control->row.turns,
	    (struct records){ p, n });
	list_each(it, &core->lines)
	{
		struct line *line = container_of(it, struct line, link);
		line->until = turn_until(core, channel_key(line_name(line)));
		list_each(of, &line->readers)
		{
			struct reader *reader = container_of(of, struct reader, link);
			reader->until = turn_until(core, reader->key);
		}
	}
	list_each(it, &core->tables[TABLE_NOTICE])
	{
		struct notice *notice =
		    container_of(object_of(it, in_table), struct notice, o);
		struct notice_row *row = &notice->row;
		msec whole = reader_whole(core, row->channel);
		msec turn_at = row->turn_at == 0 || whole == 0
		                   ? 0
		                   : at_most(core, row->turn_at, whole);
		if (row->turn_at != turn_at) {
			row->turn_at = turn_at;
			object_touch(core, &notice->o);
		}
		notice_arm(core, notice);
	}
}
