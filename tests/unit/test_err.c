#include "base/err.h"

#include <errno.h>

#include "support/test.h"

static void
err_sys__appends_what_errno_says(void)
{
	struct err err = { 0 };
	errno = ENOENT;
	EXPECT(!err_sys(&err, ERR_IO, "open '%s'", "x"));
	EXPECT(err.kind == ERR_IO && err.sys == ENOENT);
	EXPECT_STR(str_of(err.text), STR("open 'x': No such file or directory"));
}

static void
err_set__is_cut_to_its_room(void)
{
	struct err err = { 0 };
	EXPECT(!err_set(&err, ERR_LIMIT, "%0*d", 500, 1));
	EXPECT(err.kind == ERR_LIMIT && err.sys == 0);
	EXPECT_U64(strlen(err.text), sizeof(err.text) - 1);
	errno = EIO;
	EXPECT(!err_sys(&err, ERR_IO, "%0*d", 500, 1));
	EXPECT_U64(strlen(err.text), sizeof(err.text) - 1);
	EXPECT(str_ends(str_of(err.text), STR("000: Input/output error")));
}

int
main(void)
{
	RUN(err_sys__appends_what_errno_says);
	RUN(err_set__is_cut_to_its_room);
	TEST_MAIN_END();
}
