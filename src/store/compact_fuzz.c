/*
 * What is on the disk may be anything: opening it either fails or gives a body within its
 * maximum, and every body that is packed comes back as it was.
 */
#include "store/compact.h"
#include "support/fuzz.h"

#define BODY_MAX (1u << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct compact_room in, out;
	str text = { (const char *)data, size };
	str body;
	if (compact_open(&in, text, BODY_MAX, &body))
		ASSERT(body.n <= BODY_MAX);
	if (size == 0)
		return 0;
	str stored = compact_body(&in, text);
	ASSERT(stored.n <= size || text.p[0] == (char)0xff);
	bool ok = compact_open(&out, stored, size, &body);
	ASSERT(ok && str_eq(body, text));
	ASSERT(stored.p == text.p || !compact_open(&out, stored, size - 1, &body));
	return 0;
}
