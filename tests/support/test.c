#include "support/test.h"

#include <stdio.h>

unsigned test_failures;
const char *test_row;

static void
test_show(const char *label, str s)
{
	printf("    %s: ", label);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '\n' || (c >= 0x20 && c != 0x7f))
			putchar(c);
		else
			printf("\\x%02x", c);
	}
	putchar('\n');
}

void
test_fail(const char *file, int line, const char *func, const char *what)
{
	test_failures++;
	printf("%s:%d: %s%s%s: expected %s\n", file, line, func, test_row ? " / " : "",
	    test_row ? test_row : "", what);
}

void
test_str(const char *file, int line, const char *func, const char *what, str got, str want)
{
	if (str_eq(got, want))
		return;
	test_fail(file, line, func, what);
	test_show(" got", got);
	test_show("want", want);
}

void
test_u64(const char *file, int line, const char *func, const char *what, uint64_t got,
    uint64_t want)
{
	if (got == want)
		return;
	test_fail(file, line, func, what);
	printf("     got: %llu\n    want: %llu\n", (unsigned long long)got,
	    (unsigned long long)want);
}
