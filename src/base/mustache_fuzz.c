#include "base/mustache.h"

#include "support/fuzz.h"

#define OUT_MAX 65536

static char memory[1 << 20];

/* An escape that leaves no brace: whatever of the data gets through unescaped would show. */
static void
escape(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_char(out, text.p[i] == '<' ? '_' : text.p[i]);
}

/* The first line is a value, the rest a text with names in it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const items[] = { "line", NULL };
	static const struct mustache_name names[] = { { "a", NULL }, { "b.c", NULL },
		{ "list", items } };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct str_cut cut = str_cut((str){ (const char *)data, size }, '\n');
	struct mustache m;
	struct mustache_fault fault = { 0 };
	if (!mustache_read(cut.tail, names, countof(names), &arena, &m, &fault)) {
		ASSERT(fault.what != NULL);
		ASSERT(fault.off <= cut.tail.n);
		return 0;
	}
	ASSERT(cut.tail.n <= MUSTACHE_TEXT_MAX && m.n <= MUSTACHE_NODES_MAX);
	for (size_t i = 0; i < m.n; i++) {
		bool section =
		    m.node[i].kind == MUSTACHE_IF || m.node[i].kind == MUSTACHE_UNLESS;
		ASSERT(!section || (m.node[i].end > i && m.node[i].end <= m.n));
	}
	struct mustache_value value[] = { { STR("a"), cut.head },
		{ STR("line"), cut.head } };
	struct mustache_item item[] = { { &value[1], 1 }, { &value[1], 1 } };
	struct mustache_list list = { STR("list"), item, size % 3 };
	struct mustache_data with = { value, 1, &list, 1 }, without = { 0 };
	struct buf out = BUF(OUT_MAX), again = BUF(OUT_MAX), none = BUF(OUT_MAX);
	mustache_write(&out, &m, &with, escape);
	mustache_write(&again, &m, &with, escape);
	mustache_write(&none, &m, &without, escape);
	ASSERT(out.overflow == again.overflow && str_eq(buf_str(&out), buf_str(&again)));
	/* Without data it is the text's own, which is no longer than the text. */
	ASSERT(!none.overflow && none.n <= cut.tail.n);
	if (memchr(cut.tail.p, '<', cut.tail.n) == NULL)
		ASSERT(out.n == 0 || memchr(out.p, '<', out.n) == NULL);
	buf_done(&out);
	buf_done(&again);
	buf_done(&none);
	return 0;
}
