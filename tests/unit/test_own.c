#include "facts/own.h"

#include "facts/frame.h"
#include "support/fill.h"
#include "support/test.h"

static char memory[8 << 20];

union record {
	max_align_t align;
	char bytes[RECORD_SIZE_MAX];
};

/* The same record for the same seed, borrowing from `memory`. */
static void
fill_from(uint64_t seed, const struct record_type *type, union record *ret)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct fill fill = { .seed = seed * 977 + 1, .arena = &arena, .fields_of_8 = 8 };
	fill_record(&fill, type, ret);
}

static void
scratch_is_gone(void)
{
	arena_release(memory, sizeof(memory));
	memset(memory, 0xaa, sizeof(memory));
}

static void
own__a_record_keeps_what_it_points_at(void)
{
	struct pool *pool = pool_new(8 << 20);
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		const struct record_type *type = record_type_at(i);
		test_row = type->name;
		union record owned, again;
		fill_from(i, type, &owned);
		EXPECT(record_own(type, pool, &owned));
		scratch_is_gone();
		fill_from(i, type, &again);
		EXPECT(record_eq(type, &again, &owned));
		record_disown(type, pool, &owned);
		EXPECT_U64(pool_used(pool), 0);
	}
	pool_free_all(pool);
}

/* Whatever size the pool has, and so wherever a copy fails. */
static void
own__a_full_pool_changes_nothing(void)
{
	for (size_t i = 0; record_type_at(i) != NULL; i++) {
		const struct record_type *type = record_type_at(i);
		test_row = type->name;
		union record before, record;
		fill_from(i, type, &before);
		bool owned = false;
		for (size_t size = 32; !owned && size < 1 << 20; size += 32 + size / 16) {
			struct pool *pool = pool_new(size);
			memcpy(&record, &before, sizeof(record));
			owned = record_own(type, pool, &record);
			EXPECT(owned || pool_used(pool) == 0);
			EXPECT(owned || memcmp(&record, &before, type->size) == 0);
			pool_free_all(pool);
		}
		EXPECT(owned);
	}
}

static void
own__empty_fields_need_no_memory(void)
{
	struct pool *pool = pool_new(64);
	struct run_row run = { .id = 7, .why = STR(""), .runbook = { memory, 0 } };
	EXPECT(record_own(&run_row_type, pool, &run));
	EXPECT(run.why.p == NULL && run.runbook.p == NULL && run.targets.p == NULL);
	EXPECT_U64(pool_used(pool), 0);
	record_disown(&run_row_type, pool, &run);
	EXPECT_U64(run.id, 7);
	pool_free_all(pool);
}

static void
own__a_string_can_be_replaced_by_a_part_of_itself(void)
{
	struct pool *pool = pool_new(4096);
	str field = { NULL, 0 };
	EXPECT(own_str(pool, &field, STR("restart web-1")));
	EXPECT(own_str(pool, &field, str_drop(field, 8)));
	EXPECT_STR(field, STR("web-1"));
	EXPECT(own_str(pool, &field, STR("")));
	EXPECT(field.p == NULL);
	EXPECT_U64(pool_used(pool), 0);
	pool_free_all(pool);
}

static void
own__a_replacement_that_does_not_fit_keeps_the_old_value(void)
{
	struct pool *pool = pool_new(256);
	static char large[300];
	str items[] = { STR("ana"), STR("piotr"), { large, sizeof(large) } };
	struct pair pairs[] = { { STR("queue"), STR("mail") },
		{ STR("text"), { large, sizeof(large) } } };
	str one = { NULL, 0 };
	struct strs list = { NULL, 0 };
	struct pairs params = { NULL, 0 };
	EXPECT(own_str(pool, &one, STR("old")));
	EXPECT(own_strs(pool, &list, (struct strs){ items, 1 }));
	EXPECT(own_pairs(pool, &params, (struct pairs){ pairs, 1 }));
	size_t used = pool_used(pool);

	EXPECT(!own_str(pool, &one, (str){ large, sizeof(large) }));
	EXPECT(!own_strs(pool, &list, (struct strs){ items, 3 }));
	EXPECT(!own_pairs(pool, &params, (struct pairs){ pairs, 2 }));
	EXPECT_U64(pool_used(pool), used);
	EXPECT_STR(one, STR("old"));
	EXPECT(list.n == 1);
	EXPECT_STR(list.p[0], STR("ana"));
	EXPECT_STR(pairs_get(&params, STR("queue")), STR("mail"));

	EXPECT(own_strs(pool, &list, (struct strs){ NULL, 0 }));
	EXPECT(own_pairs(pool, &params, (struct pairs){ NULL, 0 }));
	EXPECT(own_str(pool, &one, STR("")));
	EXPECT_U64(pool_used(pool), 0);
	pool_free_all(pool);
}

static void
own__records_are_replaced_whole_or_not_at_all(void)
{
	struct pool *pool = pool_new(512);
	static char large[600];
	struct vote votes[] = { { .principal = STR("person:ana"), .yes = true },
		{ .principal = STR("person:mei"), .why = { large, sizeof(large) } } };
	struct records kept = { NULL, 0 };
	EXPECT(own_records(&vote_type, pool, &kept, (struct records){ votes, 1 }));
	size_t used = pool_used(pool);
	EXPECT(!own_records(&vote_type, pool, &kept, (struct records){ votes, 2 }));
	EXPECT_U64(pool_used(pool), used);
	EXPECT_U64(kept.n, 1);
	/* From itself. */
	struct vote same = *(struct vote *)kept.p;
	EXPECT(own_records(&vote_type, pool, &kept, (struct records){ &same, 1 }));
	EXPECT_STR(((struct vote *)kept.p)->principal, STR("person:ana"));
	EXPECT(own_records(&vote_type, pool, &kept, (struct records){ NULL, 0 }));
	EXPECT_U64(pool_used(pool), 0);
	pool_free_all(pool);
}

static void
own__lists_can_be_replaced_by_a_part_of_themselves(void)
{
	struct pool *pool = pool_new(4096);
	str items[] = { STR("ana"), STR("piotr"), STR("mei") };
	struct strs list = { NULL, 0 };
	EXPECT(own_strs(pool, &list, (struct strs){ items, 3 }));
	EXPECT(own_strs(pool, &list, (struct strs){ list.p + 1, 2 }));
	EXPECT(list.n == 2);
	EXPECT_STR(list.p[0], STR("piotr"));
	EXPECT_STR(list.p[1], STR("mei"));
	pool_free_all(pool);
}

int
main(void)
{
	RUN(own__a_record_keeps_what_it_points_at);
	RUN(own__a_full_pool_changes_nothing);
	RUN(own__empty_fields_need_no_memory);
	RUN(own__a_string_can_be_replaced_by_a_part_of_itself);
	RUN(own__a_replacement_that_does_not_fit_keeps_the_old_value);
	RUN(own__records_are_replaced_whole_or_not_at_all);
	RUN(own__lists_can_be_replaced_by_a_part_of_themselves);
	TEST_MAIN_END();
}
