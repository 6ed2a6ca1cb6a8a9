#include "hands/folder.h"

#include "hands/clean.h"
#include "support/fuzz.h"

static void
expect_same(const struct buf *again, str text)
{
	ASSERT(!again->overflow);
	ASSERT(str_eq(buf_str(again), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[1 << 17];
	str text = { (const char *)data, size };
	struct buf again = BUF(1 << 16);
	struct err err;

	/* Each kind has its own first line, so no text can be two of them. */
	unsigned kinds = 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct claim claim;
	if (claim_read(text, &arena, &claim, &err)) {
		claim_write(&again, &claim);
		expect_same(&again, text);
		kinds++;
	}
	struct started_file started;
	if (started_read(text, &arena, &started, &err)) {
		started_write(&again, &started);
		expect_same(&again, text);
		kinds++;
	}
	struct shim_result result;
	if (result_read(text, &arena, &result, &err)) {
		result_write(&again, &result);
		expect_same(&again, text);
		kinds++;
	}
	ASSERT(kinds <= 1);

	str output;
	arena = arena_over(memory, sizeof(memory));
	if (size <= sizeof(memory) / 4 &&
	    probe_answer_read(text, &arena, &result, &output, &err)) {
		ASSERT(output.n < size);
		str clean = clean_text(&arena, output, 4096);
		ASSERT(clean.n <= 4096 && clean.n <= output.n);
		ASSERT(str_utf8(clean));
		str one = clean_line(&arena, output, 100);
		ASSERT(one.n <= 100 && str_utf8(one) && !str_contains(one, STR("\n")));
	}
	buf_done(&again);
	arena_release(memory, sizeof(memory));
	return 0;
}
