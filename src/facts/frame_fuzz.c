/*
 * A stream of frames: cutting ends at the first bad or partial one, frames cut from it
 * written again are the same bytes, and so are the orders and results inside.
 */
#include "facts/frame.h"

#include "support/fuzz.h"

#define INPUT_MAX (64u * 1024)

static char memory[8 << 20];

static void
check_order(str payload)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct effect order;
	struct err err;
	if (!order_decode(payload, &arena, &order, &err))
		return;
	struct buf out = BUF(INPUT_MAX);
	order_encode(&out, &order);
	ASSERT(str_eq(buf_str(&out), payload));
	buf_done(&out);
}

static void
check_result(str payload)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct event result;
	struct err err;
	if (!result_decode(payload, &arena, &result, &err))
		return;
	struct buf out = BUF(INPUT_MAX);
	result_encode(&out, &result);
	ASSERT(str_eq(buf_str(&out), payload));
	buf_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	str whole = { (const char *)data, size };
	str in = whole;
	struct frame frame;
	struct buf out = BUF(INPUT_MAX);
	enum frame_status status;
	while ((status = frame_cut(&in, &frame)) == FRAME_WHOLE) {
		ASSERT(frame_kind_name(frame.kind)[0] != '\0');
		ASSERT(frame.fd == -1);
		size_t begin = frame_begin(&out, frame.kind, frame.id);
		buf_add(&out, frame.payload);
		frame_end(&out, begin);
		if (frame.kind == FRAME_ORDER)
			check_order(frame.payload);
		if (frame.kind == FRAME_RESULT)
			check_result(frame.payload);
	}
	ASSERT(out.n + in.n == whole.n);
	ASSERT(str_eq(buf_str(&out), str_take(whole, out.n)));
	ASSERT(status == FRAME_BAD || in.n < FRAME_HEAD_BYTES + (size_t)FRAME_PAYLOAD_MAX);
	buf_done(&out);
	return 0;
}
