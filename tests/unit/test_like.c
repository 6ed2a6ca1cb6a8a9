#include "model/model.h"
#include "support/test.h"

static void
like__matches_the_whole_of_a_value(void)
{
	static const struct {
		const char *like;
		const char *value;
		bool matches;
	} rows[] = {
		{ "web", "web", true },
		{ "web", "web-1", false },
		{ "web", "a-web", false },
		{ "web-*", "web-1", true },
		{ "web-*", "web-", true },
		{ "web-*", "web", false },
		{ "*", "", true },
		{ "*", "any", true },
		{ "**", "any", true },
		{ "*.service", "nginx.service", true },
		{ "*.service", "nginx.service.d", false },
		{ "a*b*c", "a-b-b-c", true },
		{ "a*b*c", "a-c-b", false },
		{ "a*b?", "abab1", true },
		{ "a*b?", "abab", false },
		{ "a*b?", "ab", false },
		{ "?", "a", true },
		{ "?", "", false },
		{ "??", "a", false },
		{ "[a]", "a", false },
		{ "a.c", "abc", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].like;
		EXPECT(like_matches(str_of(rows[i].like), str_of(rows[i].value)) ==
		       rows[i].matches);
	}
}

/* What makes a search that goes back to every star take for ever. */
static void
like__takes_no_longer_than_pattern_by_value(void)
{
	static char like[200], value[1000];
	for (size_t i = 0; i < sizeof(like); i += 2)
		memcpy(like + i, "a*", 2);
	like[sizeof(like) - 1] = 'b';
	memset(value, 'a', sizeof(value));
	str all = { value, sizeof(value) };
	EXPECT(!like_matches((str){ like, sizeof(like) }, all));
	EXPECT(like_matches((str){ like, sizeof(like) - 1 }, all));
}

int
main(void)
{
	RUN(like__matches_the_whole_of_a_value);
	RUN(like__takes_no_longer_than_pattern_by_value);
	TEST_MAIN_END();
}
