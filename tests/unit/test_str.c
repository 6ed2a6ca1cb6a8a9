#include "base/str.h"
#include "support/test.h"

static void
str_cut__splits_at_the_first_separator(void)
{
	struct str_cut cut = str_cut(STR("a=b=c"), '=');
	EXPECT(cut.found);
	EXPECT_STR(cut.head, STR("a"));
	EXPECT_STR(cut.tail, STR("b=c"));
}

static void
str_cut__without_a_separator_is_all_head(void)
{
	struct str_cut cut = str_cut(STR("abc"), '=');
	EXPECT(!cut.found);
	EXPECT_STR(cut.head, STR("abc"));
	EXPECT_STR(cut.tail, STR(""));
}

int
main(void)
{
	RUN(str_cut__splits_at_the_first_separator);
	RUN(str_cut__without_a_separator_is_all_head);
	TEST_MAIN_END();
}
