/* Whatever is read as a calendar becomes lines of their form, at most so many. */
#include "ics/ics.h"
#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena_map map;
	struct arena arena = arena_map(&map, ICS_ARENA_BYTES);
	struct buf out = BUF(ICS_OUT_MAX);
	ics_read((str){ (const char *)data, size }, &arena, &out);
	ASSERT(!out.overflow);
	size_t events = 0, problems = 0;
	str rest = buf_str(&out);
	ASSERT(str_utf8(rest) && str_starts(rest, STR("calendar 1\n")));
	while (rest.n > 0) {
		struct str_cut cut = str_cut(rest, '\n');
		ASSERT(cut.found);
		events += str_starts(cut.head, STR("event "));
		problems += str_starts(cut.head, STR("problem "));
		rest = cut.tail;
	}
	ASSERT(events <= ICS_EVENTS_MAX && problems <= ICS_PROBLEMS_MAX + 1);
	buf_done(&out);
	arena_unmap(&map);
	return 0;
}
