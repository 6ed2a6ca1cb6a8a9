#include "support/reading.h"

#include <malloc.h>
#include <pthread.h>

#include "model/matcher.h"
#include "support/test.h"

static char text_memory[1 << 16];

/* The matchers of a map written in YAML. */
static bool
matchers(const char *yaml, struct matchers *ret)
{
	struct node *node = reading(yaml);
	const struct node *root =
	    yaml_parse(node->src, node->at, reader.arena, reader.diags);
	EXPECT(root != NULL);
	return root != NULL && read_matchers(&reader, root, ret);
}

static bool
matches(const struct matchers *m, const char *job, const char *zone)
{
	struct pair pairs[2];
	size_t n = 0;
	if (job != NULL)
		pairs[n++] = (struct pair){ STR("job"), str_of(job) };
	if (zone != NULL)
		pairs[n++] = (struct pair){ STR("zone"), str_of(zone) };
	struct pairs labels = { pairs, n };
	return matchers_match(m, &labels);
}

static void
matcher__compares_and_negates(void)
{
	static const struct {
		const char *yaml;
		const char *job;
		const char *zone;
		bool yes;
	} rows[] = {
		{ "{job: api}", "api", NULL, true },
		{ "{job: api}", "api2", NULL, false },
		{ "{job: '!api'}", "api2", NULL, true },
		{ "{job: '!api'}", NULL, NULL, true },
		{ "{job: '~api-.*'}", "api-1", NULL, true },
		{ "{job: '~api-.*'}", "xapi-1", NULL, false },
		{ "{job: '~api'}", "api-1", NULL, false },
		{ "{job: '!~api-.*'}", "api-1", NULL, false },
		{ "{job: '!~api-.*'}", "db", NULL, true },
		{ "{job: ''}", NULL, NULL, true },
		{ "{job: ''}", "x", NULL, false },
		{ "{job: '~.+'}", NULL, NULL, false },
		{ "{job: '~a|b'}", "b", NULL, true },
		{ "{job: '~a|b'}", "ab", NULL, false },
		{ "{job: '~a.b'}", "a\nb", NULL, true },
		{ "{job: '~a$'}", "a\n", NULL, false },
		{ "{job: '~\xc3\xa9.'}", "\xc3\xa9\xc3\xa0", NULL, true },
		{ "{job: '~.'}", "\xff", NULL, false },
		{ "{job: api, zone: eu}", "api", "eu", true },
		{ "{job: api, zone: eu}", "api", "us", false },
		{ "{job: api, zone: eu}", "api", NULL, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct matchers m = { 0 };
		test_row = rows[i].yaml;
		EXPECT(matchers(rows[i].yaml, &m));
		EXPECT(matches(&m, rows[i].job, rows[i].zone) == rows[i].yes);
		regex_release(reader.regexes);
	}
}

/* T22: work is bounded, and what would take for ever is no match. */
static void
matcher__gives_up_on_a_pattern_that_explodes(void)
{
	struct matchers m = { 0 };
	EXPECT(matchers("{job: '~(a+)+(a+)+b'}", &m));
	memset(text_memory, 'a', sizeof(text_memory) - 1);
	EXPECT(!matches(&m, text_memory, NULL));
	regex_release(reader.regexes);
}

static void
matcher__reports_a_bad_pattern_where_it_is_bad(void)
{
	struct matchers m = { 0 };
	EXPECT(!matchers("{job: '~a(b'}", &m));
	EXPECT_U64(reading_diags.count, 1);
	EXPECT_STR(reading_diags.first->message,
	    STR("bad pattern: missing closing parenthesis"));
	EXPECT_U64(reading_diags.first->at.off, 11);

	EXPECT(!matchers("{job: '~a[z-a]'}", &m));
	EXPECT_STR(reading_diags.first->message,
	    STR("bad pattern: range out of order in character class"));
	EXPECT(!matchers("{}", &m));
	EXPECT(!matchers("{job: [a]}", &m));
	EXPECT_U64(reading_diags.count, 1);

	static char yaml[REGEX_BYTES_MAX + 32];
	(void)snprintf(yaml, sizeof(yaml), "{job: '~%0*d'}", REGEX_BYTES_MAX + 1, 0);
	EXPECT(!matchers(yaml, &m));
	EXPECT_STR(reading_diags.first->message, STR("a pattern is at most 512 bytes"));
}

static void *
match_something(void *m)
{
	bool matched = matches(m, "api-1", NULL);
	regex_thread_ends();
	return matched ? m : NULL;
}

/* Under ASan the counter is 0, and its leak checker looks instead. */
static void
matcher__leaves_nothing_of_a_thread_that_ended(void)
{
	struct matchers m = { 0 };
	size_t before = 0;
	EXPECT(matchers("{job: '~api-.*'}", &m));
	for (int i = 0; i < 300; i++) {
		pthread_t thread;
		void *matched;
		ASSERT(pthread_create(&thread, NULL, match_something, &m) == 0);
		ASSERT(pthread_join(thread, &matched) == 0 && matched != NULL);
		if (i == 100)
			before = mallinfo2().uordblks;
	}
	EXPECT(mallinfo2().uordblks < before + 4096);
	regex_release(reader.regexes);
}

int
main(void)
{
	RUN(matcher__compares_and_negates);
	RUN(matcher__gives_up_on_a_pattern_that_explodes);
	RUN(matcher__leaves_nothing_of_a_thread_that_ended);
	RUN(matcher__reports_a_bad_pattern_where_it_is_bad);
	TEST_MAIN_END();
}
