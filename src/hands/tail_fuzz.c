/* Three bytes say how, a NUL ends the text to look for, the rest is the end of a file. */
#include "hands/tail.h"
#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	str all = { (const char *)data + 3, size - 3 };
	struct str_cut cut = str_cut(all, '\0');
	bool whole = data[0] % 2 == 0;
	uint32_t lines = 1 + (uint32_t)data[1];
	struct tail tail;
	tail_lines(cut.tail, whole, lines, cut.head, data[2], &tail);
	ASSERT(tail.lines <= lines);
	ASSERT(tail.matches <= tail.lines);
	ASSERT(tail.text.n <= data[2]);
	ASSERT(str_ends(cut.tail, tail.text));
	ASSERT(!whole || !tail.least);
	ASSERT(!tail.least || tail.lines < lines);
	ASSERT(tail.cut || tail.text.n <= cut.tail.n);
	/* Every line has the empty text. */
	tail_lines(cut.tail, whole, lines, STR(""), data[2], &tail);
	ASSERT(tail.matches == tail.lines);
	return 0;
}
