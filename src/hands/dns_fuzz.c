/* The first byte picks the type, the rest is a message that answers for shop.example. */
#include "hands/dns.h"
#include "support/fuzz.h"

static char memory[DNS_ARENA_BYTES];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct dns_answer answer = { .n = 12345 };
	struct err err = { .kind = ERR_NONE };
	enum dns_type type = (enum dns_type)(1 + data[0] % (DNS_TYPE_COUNT - 1));
	str message = { (const char *)data + 1, size - 1 };
	if (!dns_read(message, STR("shop.example"), type, &arena, &answer, &err)) {
		ASSERT(err.kind != ERR_NONE);
		ASSERT(answer.n == 12345);
		return 0;
	}
	/* One line for each answer, in order. */
	ASSERT(answer.rcode == 0 || answer.rcode == 3);
	ASSERT(answer.n <= DNS_RECORDS_MAX);
	size_t lines = 0;
	str last = STR("");
	for (str rest = answer.text; lines < answer.n; lines++) {
		struct str_cut cut = str_cut(rest, '\n');
		ASSERT(str_cmp(last, cut.head) <= 0);
		ASSERT(cut.found == (lines + 1 < answer.n));
		last = cut.head;
		rest = cut.tail;
	}
	return 0;
}
