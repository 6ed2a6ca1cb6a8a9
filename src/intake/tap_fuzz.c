#include "intake/tap.h"

#include "support/fuzz.h"

/* Whatever is accepted is what we would have written; nothing is by another key. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	struct tap tap, same;
	struct buf again = BUF(2 * TAP_BYTES_MAX);
	ASSERT(!tap_read(text, STR("another key"), &same));
	if (tap_peek(text, &tap)) {
		ASSERT(text.n <= TAP_BYTES_MAX && tap.incident[0] > 0 && tap.person.n > 0);
		tap_write(&again, &tap, STR("key"));
		ASSERT(tap_read(buf_str(&again), STR("key"), &same));
		ASSERT(same.act == tap.act && same.incident_n == tap.incident_n);
		for (size_t i = 0; i < tap.incident_n; i++)
			ASSERT(same.incident[i] == tap.incident[i]);
		ASSERT(same.notice == tap.notice && same.until_s == tap.until_s);
		ASSERT(str_eq(same.person, tap.person));
		ASSERT(!tap_read(buf_str(&again), STR("kez"), &same));
	}
	buf_done(&again);
	return 0;
}
