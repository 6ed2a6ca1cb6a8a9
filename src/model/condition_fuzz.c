/* The first line is a condition, the rest what a probe saw. */
#include "model/internal.h"
#include "support/fuzz.h"

static char memory[1 << 20];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct diags diags;
	diags_init(&diags, &arena);
	struct reader r = { .arena = &arena, .diags = &diags };
	struct str_cut cut = str_cut((str){ (const char *)data, size }, '\n');
	struct source src = { .name = STR("fuzz"), .text = cut.head };
	struct node node = node_of_source(&src);
	struct condition c;
	bool ok = read_condition(&r, &node, 0, &c);

	/* Every refusal explains itself, once. */
	ASSERT(diags.count == (ok ? 0 : 1));
	if (!ok)
		return 0;
	struct probe_result seen = { .status = PROBE_OK,
		.value = cut.tail,
		.code = (int64_t)(size % 5),
		.number = (int64_t)(size % 7) - 1,
		.least = size % 3 == 0,
		.cut = size % 2 == 0 };
	enum holds holds = condition_holds(&c, &seen);
	ASSERT(holds >= HOLDS_NO && holds <= HOLDS_UNKNOWN);

	/* The opposite comparison holds just when this one does not. */
	static const enum condition_op opposite[] = {
		[OP_LT] = OP_GE,
		[OP_LE] = OP_GT,
		[OP_GT] = OP_LE,
		[OP_GE] = OP_LT,
		[OP_EQ] = OP_NE,
		[OP_NE] = OP_EQ,
		[OP_CONTAINS] = OP_CONTAINS_NOT,
		[OP_CONTAINS_NOT] = OP_CONTAINS,
	};
	c.op = opposite[c.op];
	enum holds other = condition_holds(&c, &seen);
	ASSERT((holds == HOLDS_UNKNOWN) == (other == HOLDS_UNKNOWN));
	ASSERT(holds == HOLDS_UNKNOWN || holds != other);
	seen.status = PROBE_NO_DATA;
	ASSERT(condition_holds(&c, &seen) == HOLDS_UNKNOWN);
	return 0;
}
