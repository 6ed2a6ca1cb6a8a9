#include "intake/silence.h"

#include "support/fuzz.h"

/* Any body: what is read is within all limits and can be kept and read back; what is not
 * says why, once. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[(64 << 10) + SILENCE_READ_ROOM];
	static char again[128 << 10];
	if (size > (64 << 10))
		return 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct silence_read read;
	silence_read((str){ (const char *)data, size }, &arena, &read);
	ASSERT((read.status == SILENCE_READ) == (read.error[0] == '\0'));
	if (read.status == SILENCE_READ) {
		struct silence_row *row = &read.row;
		ASSERT(row->matchers.n > 0 && row->matchers.n <= SILENCE_MATCHERS_MAX);
		ASSERT(row->starts_wall > 0 && row->ends_wall > 0);
		char text[512];
		const char *why = silence_refuses(row, text);
		ASSERT(why == NULL || why[0] != '\0');
		struct buf out = BUF(64 << 10);
		record_encode(&silence_row_type, row, &out);
		ASSERT(!out.overflow);
		struct arena other = arena_over(again, sizeof(again));
		struct silence_row back;
		struct err err;
		bool ok = record_decode_all(&silence_row_type, buf_str(&out), &other, &back,
		    &err);
		ASSERT(ok && record_eq(&silence_row_type, row, &back));
		buf_done(&out);
		arena_release(again, sizeof(again));
	}
	arena_release(memory, sizeof(memory));
	return 0;
}
