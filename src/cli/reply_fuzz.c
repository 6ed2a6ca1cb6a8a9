#include <stdlib.h>

#include "cli/client.h"
#include "facts/frame.h"

#include "support/fuzz.h"

#define TEXT_MAX (64 << 10)

static char memory[1 << 20];

/* What is left of an object is known, stays as it is when asked again, and can be written
 * once it was read. */
static void
check(const struct record_type *type, str object)
{
	struct buf known = BUF(4 * TEXT_MAX), again = BUF(4 * TEXT_MAX);
	struct arena arena = arena_over(memory, sizeof(memory));
	if (reply_known(type, object, arena, &known) == NULL) {
		ASSERT(!known.overflow);
		ASSERT(reply_known(type, buf_str(&known), arena, &again) == NULL);
		ASSERT(str_eq(buf_str(&known), buf_str(&again)));
		struct err err;
		void *record = arena_alloc(&arena, type->size, alignof(max_align_t), 1);
		buf_reset(&again);
		if (record_from_json(type, buf_str(&known), &arena, record, &err))
			record_to_json(type, record, &again);
	}
	buf_done(&known);
	buf_done(&again);
}

/* An answer that refuses, a page of a list, and a list of alerts. */
static void
check_others(str text)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	str message = { 0 };
	uint64_t code = 0;
	bool refused = reply_error(text, &arena, &message, &code);
	ASSERT(code <= EXIT_CONFLICT);
	ASSERT(refused || (message.n == 0 && code == 0));
	struct reply_page page;
	if (reply_page(text, &arena, &page)) {
		str list = page.items;
		ASSERT(list.n == 0 ||
		       (list.n >= 2 && list.p[0] == '[' && list.p[list.n - 1] == ']'));
		ASSERT(memchr(page.cursor, '\0', sizeof(page.cursor)) != NULL);
	}
	struct json j;
	json_open(&j, text, &arena);
	if (!json_array(&j))
		return;
	while (json_element(&j)) {
		struct buf labels = BUF(8 * TEXT_MAX);
		str name;
		bool ok = reply_alert(&j, &name, &labels);
		ASSERT(ok || j.error != NULL);
		ASSERT(!labels.overflow);
		buf_done(&labels);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > TEXT_MAX)
		return 0;
	str text = { (const char *)data, size };
	check(&incident_row_type, text);
	check(&decision_row_type, text);
	check(&status_item_type, text);
	check_others(text);
	return 0;
}
