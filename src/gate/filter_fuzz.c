#include "gate/filter.h"

#include "support/fuzz.h"

/* Any text as a filter: what is accepted has names, and matches itself or not, but never
 * both with a matcher and with its opposite. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[FILTER_BYTES_MAX * 2];
	if (size > FILTER_BYTES_MAX)
		return 0;
	str text = { (const char *)data, size };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct filters filters = { .n = 0 };
	if (filters_add(&filters, text, &arena)) {
		struct pair pair = { STR("alertname"), STR("QueueStuck") };
		struct pairs labels = { &pair, 1 };
		bool all = true;
		for (size_t i = 0; i < filters.n; i++) {
			const struct filter *filter = &filters.item[i];
			ASSERT(str_utf8(filter->name) && str_utf8(filter->value));
			str value = pairs_get(&labels, filter->name);
			struct filter other = *filter;
			other.kind = filter->kind == FILTER_EQUAL       ? FILTER_NOT_EQUAL
			             : filter->kind == FILTER_NOT_EQUAL ? FILTER_EQUAL
			             : filter->kind == FILTER_MATCH     ? FILTER_NOT_MATCH
			                                                : FILTER_MATCH;
			ASSERT(filter_match(filter, value) != filter_match(&other, value));
			all = all && filter_match(filter, value);
		}
		ASSERT(filters_match(&filters, &labels) == all);
	}
	filters_done(&filters);
	bool ok = filters_add_pattern(&filters, text);
	ASSERT(filters.n == (ok ? 1 : 0));
	filters_done(&filters);
	arena_release(memory, sizeof(memory));
	return 0;
}
