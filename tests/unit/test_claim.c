#include "hands/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hands/folder.h"
#include "os/fd.h"
#include "os/file.h"
#include "support/temp.h"
#include "support/test.h"

static char folder[TEMP_PATH_MAX];
static int dir;

static const struct attempt_order order = {
	.attempt = 17,
	.epoch = 5,
	.action = { "restart-unit", 12 },
	.service = { "checkout", 8 },
	.target = { "web-1", 5 },
	.incident = 3,
};

static bool
there(const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

static void
claim_make__leaves_a_whole_folder(void)
{
	static char memory[16384];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct claimed claimed;
	struct claim claim;
	struct err err;
	str text;
	EXPECT(claim_make(dir, &order, &claimed, &err));
	EXPECT(there("17") && !there(".17"));
	EXPECT(
	    file_read_at(&arena, claimed.dir_fd, SHIM_CLAIMED, SHIM_TEXT_MAX, &text, &err));
	EXPECT(claim_read(text, &arena, &claim, &err));
	EXPECT_U64(claim.attempt, 17);
	EXPECT_STR(claim.target, STR("web-1"));

	/* room is reserved, nothing is in it yet */
	struct stat st;
	EXPECT(fstatat(claimed.dir_fd, SHIM_RESULT_NEW, &st, 0) == 0 && st.st_size == 0);
	EXPECT(fstatat(claimed.dir_fd, SHIM_OUTPUT, &st, 0) == 0 && st.st_size == 0);
	EXPECT(faccessat(claimed.dir_fd, SHIM_RESULT, F_OK, 0) < 0);
	fd_close(&claimed.dir_fd);
	fd_close(&claimed.lock_fd);
	fd_close(&claimed.look_fd);
	arena_release(memory, sizeof(memory));
}

static void
claim_make__never_takes_a_folder_that_is_there(void)
{
	struct claimed claimed;
	struct err err;
	EXPECT(there("17"));
	EXPECT(!claim_make(dir, &order, &claimed, &err));
	EXPECT(there("17") && !there(".17"));
}

static void
claim_locked__holds_while_any_duplicate_lives(void)
{
	struct attempt_order other = order;
	struct claimed claimed;
	struct err err;
	other.attempt = 18;
	EXPECT(claim_make(dir, &other, &claimed, &err));
	EXPECT(claim_locked(claimed.look_fd));
	int inherited = dup(claimed.lock_fd);
	fd_close(&claimed.lock_fd);
	EXPECT(claim_locked(claimed.look_fd));
	fd_close(&inherited);
	EXPECT(!claim_locked(claimed.look_fd));
	EXPECT(!claim_locked(claimed.look_fd)); /* looking takes nothing */
	fd_close(&claimed.look_fd);
	fd_close(&claimed.dir_fd);
}

static unsigned logged;

static void
on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
	logged++;
}

static void
claim_sweep__removes_what_never_was(void)
{
	struct err err;
	EXPECT(mkdirat(dir, ".19", 0700) == 0);
	EXPECT(close(openat(dir, ".19/claimed", O_WRONLY | O_CREAT, 0600)) == 0);
	EXPECT(close(openat(dir, ".spawns.0123", O_WRONLY | O_CREAT, 0600)) == 0);
	EXPECT(mkdirat(dir, ".snapshot", 0700) == 0);
	EXPECT(mkdirat(dir, ".snapshot/hourly.0", 0700) == 0);
	EXPECT(mkdirat(dir, ".20", 0700) == 0 && mkdirat(dir, ".20/full", 0700) == 0);
	struct tell tell = { .log = on_log };
	EXPECT(claim_sweep(dir, &tell, &err));
	EXPECT(!there(".19") && !there(".spawns.0123"));
	EXPECT(there(".snapshot/hourly.0")); /* not ours */
	EXPECT(there(".20") && logged == 1); /* cannot be removed */
	(void)unlinkat(dir, ".20/full", AT_REMOVEDIR);
	(void)unlinkat(dir, ".20", AT_REMOVEDIR);
	(void)unlinkat(dir, ".snapshot/hourly.0", AT_REMOVEDIR);
	(void)unlinkat(dir, ".snapshot", AT_REMOVEDIR);
	EXPECT(there("17") && there("18"));
}

static void
claim_name__is_the_number(void)
{
	char name[CLAIM_NAME_BYTES];
	EXPECT_STR(str_of(claim_name(UINT64_MAX, true, name)),
	    STR(".18446744073709551615"));
	EXPECT_STR(str_of(claim_name(7, false, name)), STR("7"));
}

int
main(void)
{
	temp_folder(folder);
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RUN(claim_make__leaves_a_whole_folder);
	RUN(claim_make__never_takes_a_folder_that_is_there);
	RUN(claim_locked__holds_while_any_duplicate_lives);
	RUN(claim_sweep__removes_what_never_was);
	RUN(claim_name__is_the_number);
	(void)close(dir);
	temp_remove(folder);
	TEST_MAIN_END();
}
