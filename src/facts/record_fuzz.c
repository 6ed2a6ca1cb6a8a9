/*
 * The first byte picks the record type and, by its high bit, the form of the rest: CBOR or
 * JSON. What is accepted has one CBOR form, survives JSON, copying and owning.
 */
#include "facts/frame.h"
#include "facts/own.h"

#include "support/fuzz.h"

#define INPUT_MAX (64u * 1024)
#define OUTPUT_MAX (16u << 20)

static char memory[8 << 20];
static char copy_memory[8 << 20];
static char json_memory[8 << 20];

union record {
	max_align_t align;
	char bytes[RECORD_SIZE_MAX];
};

/* To JSON, back and to JSON again: the same text. (Not the same record: secrets stay out,
 * and no time is later than 9999.) */
static void
check_json(const struct record_type *type, const union record *record)
{
	struct buf once = BUF(OUTPUT_MAX), twice = BUF(OUTPUT_MAX);
	record_to_json(type, record, &once);
	ASSERT(!once.overflow);

	struct arena arena = arena_over(json_memory, sizeof(json_memory));
	union record back;
	struct err err;
	bool ok = record_from_json(type, buf_str(&once), &arena, &back, &err);
	ASSERT(ok);
	record_to_json(type, &back, &twice);
	ASSERT(str_eq(buf_str(&once), buf_str(&twice)));
	buf_done(&once);
	buf_done(&twice);
}

static void
check_copies(const struct record_type *type, const union record *record)
{
	union record copy;
	struct arena arena = arena_over(copy_memory, sizeof(copy_memory));
	record_copy(type, record, &arena, &copy);
	ASSERT(record_eq(type, record, &copy));

	struct pool *pool = pool_new(8 << 20);
	union record owned = *record;
	if (record_own(type, pool, &owned)) {
		ASSERT(record_eq(type, record, &owned));
		record_disown(type, pool, &owned);
	}
	ASSERT(pool_used(pool) == 0);
	pool_free_all(pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > INPUT_MAX)
		return 0;
	size_t types = 0;
	while (record_type_at(types) != NULL)
		types++;
	const struct record_type *type = record_type_at((data[0] & 0x7f) % types);
	bool json = (data[0] & 0x80) != 0;
	str in = { (const char *)data + 1, size - 1 };

	struct arena arena = arena_over(memory, sizeof(memory));
	union record record;
	struct err err = { .kind = ERR_NONE };
	bool ok = json ? record_from_json(type, in, &arena, &record, &err)
	               : record_decode_all(type, in, &arena, &record, &err);
	ASSERT(ok == (err.kind == ERR_NONE));
	ASSERT(ok || err.text[0] != '\0');
	if (!ok)
		return 0;

	struct buf out = BUF(OUTPUT_MAX);
	record_encode(type, &record, &out);
	ASSERT(!out.overflow);
	if (json) {
		struct arena other = arena_over(copy_memory, sizeof(copy_memory));
		union record back;
		bool same = record_decode_all(type, buf_str(&out), &other, &back, &err);
		ASSERT(same);
		ASSERT(record_eq(type, &record, &back));
	} else {
		ASSERT(str_eq(buf_str(&out), in));
	}
	buf_done(&out);
	check_json(type, &record);
	check_copies(type, &record);
	return 0;
}
