#include "engine/state.h"

void
answer_begin(struct answer_out *a, struct buf *out, struct arena *arena, uint64_t id,
    uint64_t seq)
{
	*a = (struct answer_out){ .out = out, .arena = arena, .id = id, .seq = seq };
	a->answer = (struct answer){ .status = 200, .seq = seq };
	a->item = arena_new(arena, struct item, ANSWER_ITEMS_MAX);
	a->begin = *arena;
}

static void
write_frame(struct answer_out *a, bool more)
{
	a->answer.items.p = a->item;
	a->answer.more = more;
	frame_record(a->out, FRAME_ANSWER, a->id, &answer_type, &a->answer);
	a->answer.items.n = 0;
	a->bytes = 0;
	*a->arena = a->begin;
}

void
answer_item(struct answer_out *a, enum table table, uint32_t kind, str body, bool copy)
{
	if (a->answer.items.n == ANSWER_ITEMS_MAX ||
	    (a->answer.items.n > 0 && a->bytes + body.n > ANSWER_BYTES_MAX))
		write_frame(a, true);
	a->item[a->answer.items.n++] = (struct item){
		.table = table,
		.kind = kind,
		.body = copy ? arena_str(a->arena, body) : body,
	};
	a->bytes += body.n;
}

void
answer_record(struct answer_out *a, enum item_kind kind, const void *record)
{
	struct item probe = { .kind = kind };
	struct buf body = BUF(ANSWER_BYTES_MAX);
	record_encode(item_body_type(&probe), record, &body);
	ASSERT(!body.overflow);
	answer_item(a, TABLE_NONE, kind, buf_str(&body), true);
	buf_done(&body);
}

void
answer_row_record(struct answer_out *a, enum table table, const void *row)
{
	struct buf body = BUF(STORE_ROW_BYTES_MAX);
	record_encode(table_type(table), row, &body);
	ASSERT(!body.overflow);
	answer_item(a, table, 0, buf_str(&body), true);
	buf_done(&body);
}

void
answer_more(struct answer_out *a)
{
	if (a->answer.items.n > 0)
		write_frame(a, true);
}

void
answer_end(struct answer_out *a, uint64_t cursor)
{
	a->answer.cursor = cursor;
	write_frame(a, false);
}

void
answer_plain(struct buf *out, uint64_t id, uint64_t seq, uint32_t status, uint32_t exit,
    const char *error)
{
	struct answer answer = { .status = status,
		.exit = exit,
		.seq = seq,
		.error = str_of(error) };
	frame_record(out, FRAME_ANSWER, id, &answer_type, &answer);
}
