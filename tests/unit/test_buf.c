#include "base/buf.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static void
buf__grows_as_text_is_added(void)
{
	struct buf b = BUF(100000);
	for (int i = 0; i < 1000; i++)
		buf_add(&b, STR("0123456789"));
	buf_char(&b, '!');
	EXPECT_U64(b.n, 10001);
	EXPECT_STR(str_take(str_drop(buf_str(&b), 9995), 6), STR("56789!"));
	EXPECT(!b.overflow);
	buf_done(&b);
	EXPECT(b.p == NULL && b.max == 100000);
}

static void
buf__holds_its_maximum_and_not_a_byte_more(void)
{
	struct buf b = BUF(4);
	buf_add(&b, STR("abcd"));
	EXPECT(!b.overflow);
	buf_char(&b, 'e');
	EXPECT(b.overflow);
	EXPECT_STR(buf_str(&b), STR("abcd"));
	buf_done(&b);
}

static void
buf__adds_nothing_after_an_overflow(void)
{
	struct buf b = BUF(4);
	buf_add(&b, STR("ab"));
	buf_add(&b, STR("toolong"));
	buf_char(&b, 'c');
	buf_printf(&b, "%d", 1);
	EXPECT(buf_room(&b, 1) == NULL);
	EXPECT_STR(buf_str(&b), STR("ab"));

	buf_reset(&b);
	EXPECT(!b.overflow);
	buf_add(&b, STR("abcd"));
	EXPECT_STR(buf_str(&b), STR("abcd"));
	buf_done(&b);
}

/* Kept as it is, the text would be told as if it were whole. */
static void
buf__without_memory_ends_the_process(void)
{
#ifndef __SANITIZE_ADDRESS__
	pid_t child = fork();
	if (child == 0) {
		struct rlimit none = { 0 };
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)setrlimit(RLIMIT_AS, &none);
		(void)dup2(open("/dev/null", O_WRONLY), 2);
		struct buf b = BUF((size_t)64 << 20);
		(void)buf_room(&b, (size_t)32 << 20);
		_exit(0);
	}
	int status = 0;
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
}

static void
buf_printf__fits_exactly_or_not_at_all(void)
{
	struct buf b = BUF(600);
	buf_printf(&b, "%0*d", 600, 7);
	EXPECT(!b.overflow && b.n == 600 && b.p[599] == '7');
	buf_reset(&b);
	buf_printf(&b, "%0*d", 601, 7);
	EXPECT(b.overflow && b.n == 0);
	buf_done(&b);
}

static void
buf_room__is_counted_by_the_caller(void)
{
	struct buf b = BUF(100);
	char *room = buf_room(&b, 3);
	memcpy(room, "abc", 3);
	EXPECT_U64(b.n, 0);
	b.n += 3;
	EXPECT_STR(buf_str(&b), STR("abc"));
	buf_drop(&b, 2);
	EXPECT_STR(buf_str(&b), STR("c"));
	buf_drop(&b, 1);
	EXPECT_STR(buf_str(&b), STR(""));
	buf_done(&b);
}

static void
buf_u64__writes_decimal(void)
{
	struct buf b = BUF(100);
	buf_u64(&b, 0);
	buf_char(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	EXPECT_STR(buf_str(&b), STR("0 18446744073709551615"));
	buf_done(&b);
}

static void
buf_time__writes_rfc_3339(void)
{
	static const struct {
		msec wall;
		const char *want;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1795418302380, "2026-11-23T07:18:22.380Z" },
		{ 951782399999, "2000-02-28T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ UINT64_MAX, "9999-12-31T23:59:59.999Z" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].want;
		struct buf b = BUF(100);
		buf_time(&b, rows[i].wall);
		EXPECT_STR(buf_str(&b), str_of(rows[i].want));
		buf_done(&b);
	}
}

int
main(void)
{
	RUN(buf__grows_as_text_is_added);
	RUN(buf__holds_its_maximum_and_not_a_byte_more);
	RUN(buf__adds_nothing_after_an_overflow);
	RUN(buf__without_memory_ends_the_process);
	RUN(buf_printf__fits_exactly_or_not_at_all);
	RUN(buf_room__is_counted_by_the_caller);
	RUN(buf_u64__writes_decimal);
	RUN(buf_time__writes_rfc_3339);
	TEST_MAIN_END();
}
