/* What alerts cost in sum: by which word, in which order, with which verdict. */
#include "core/noise_sum.h"
#include "support/test.h"

static char memory[65536];

static void
noise__is_summed_by_the_word_that_is_known(void)
{
	static const struct {
		const char *word;
		enum noise_by by; /* 0: none is known by it */
	} rows[] = {
		{ "", NOISE_BY_ALERT },
		{ "alert", NOISE_BY_ALERT },
		{ "source", NOISE_BY_SOURCE },
		{ "service", NOISE_BY_SERVICE },
		{ "team", 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		enum noise_by by = 0;
		test_row = rows[i].word;
		EXPECT(noise_by_word(str_of(rows[i].word), &by) == (rows[i].by != 0));
		EXPECT(by == rows[i].by);
	}
	test_row = NULL;
}

/* Who has to do something about it is told what, as far as the figures say. */
static void
noise__says_what_to_do_about_it(void)
{
	static const struct {
		const char *name;
		struct noise_row row;
		const char *verdict;
	} rows[] = {
		{ "nobody acted", { .fired = 9, .incidents = 9, .called = 9 },
		    "fired 9, nobody acted: drop or fix" },
		{ "two of two said no", { .fired = 2, .incidents = 2, .acted = 2, .no = 2 },
		    "not useful, 2 of 2 said: drop or fix" },
		{ "one alone said no", { .fired = 1, .incidents = 1, .acted = 1, .no = 1 },
		    "" },
		{ "more incidents than flaps",
		    { .fired = 99, .flaps = 40, .incidents = 41, .acted = 41 }, "" },
		{ "by itself, but somebody was called",
		    { .fired = 60, .incidents = 60, .alone = 60, .called = 1, .acted = 1 },
		    "" },
		{ "by itself", { .fired = 60, .incidents = 60, .alone = 60 },
		    "calls nobody and goes by itself: a graph will do" },
		{ "in no incident", { .fired = 3 }, "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct noise_sum sum;
		struct noise_item *items;
		struct noise_row row = rows[i].row;
		test_row = rows[i].name;
		row.alert = STR("Slow");
		noise_sum_begin(&sum, &arena, NOISE_BY_ALERT, 0);
		noise_sum_add(&sum, &row);
		EXPECT_U64(noise_sum_end(&sum, &items), 1);
		EXPECT_STR(items[0].verdict, str_of(rows[i].verdict));
		EXPECT_U64(items[0].acted_percent,
		    row.incidents == 0 ? 0 : UINT64_C(100) * row.acted / row.incidents);
	}
	test_row = NULL;
}

/* What is alike goes by name; nothing is a sum too. */
static void
noise__of_what_is_alike_goes_by_name(void)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct noise_sum sum;
	struct noise_item *items;
	noise_sum_begin(&sum, &arena, NOISE_BY_SERVICE, 0);
	EXPECT_U64(noise_sum_end(&sum, &items), 0);
	static const char *const names[] = { "web", "db", "mail" };
	for (size_t i = 0; i < countof(names); i++) {
		struct noise_row row = { .service = str_of(names[i]), .fired = 1 };
		noise_sum_add(&sum, &row);
	}
	EXPECT_U64(noise_sum_end(&sum, &items), 3);
	EXPECT_STR(items[0].name, STR("db"));
	EXPECT_STR(items[2].name, STR("web"));
}

int
main(void)
{
	RUN(noise__is_summed_by_the_word_that_is_known);
	RUN(noise__says_what_to_do_about_it);
	RUN(noise__of_what_is_alike_goes_by_name);
	TEST_MAIN_END();
}
