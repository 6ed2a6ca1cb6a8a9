#include "hands/ceiling.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/temp.h"
#include "support/test.h"

#define WALL ((msec)1795456684403)
#define BOOT (5 * MINUTE) /* the machine is younger than the window */

static char folder[TEMP_PATH_MAX];

static int
open_folder(void)
{
	temp_folder(folder);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
put_file(int dir, const char *text)
{
	int fd = openat(dir, CEILING_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	EXPECT(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static void
ceiling__gives_each_target_its_share_in_an_hour(void)
{
	struct err err;
	int dir = open_folder();
	struct ceiling *c = ceiling_open(dir, WALL, BOOT, &err);
	for (unsigned i = 0; i < CEILING_PER_TARGET; i++) {
		msec later = i * SECOND;
		EXPECT(ceiling_allows(c, STR("web-1"), BOOT + later));
		EXPECT(ceiling_count(c, STR("web-1"), WALL + later, BOOT + later, &err));
	}
	EXPECT(!ceiling_allows(c, STR("web-1"), BOOT + MINUTE));
	EXPECT(ceiling_allows(c, STR("web-2"), BOOT + MINUTE));
	EXPECT(!ceiling_allows(c, STR("web-1"), BOOT + HOUR - 1));
	EXPECT(ceiling_allows(c, STR("web-1"), BOOT + HOUR));
	ceiling_close(c);
	(void)close(dir);
	temp_remove(folder);
}

static void
ceiling__is_remembered_over_restarts(void)
{
	struct err err;
	int dir = open_folder();
	struct ceiling *c = ceiling_open(dir, WALL, BOOT, &err);
	for (unsigned i = 0; i < CEILING_PER_TARGET; i++)
		EXPECT(ceiling_count(c, STR("web-1"), WALL, BOOT, &err));
	ceiling_close(c);

	/* another boot, half an hour later by the wall clock */
	c = ceiling_open(dir, WALL + 30 * MINUTE, SECOND, &err);
	EXPECT(!ceiling_allows(c, STR("web-1"), SECOND));
	EXPECT(!ceiling_allows(c, STR("web-1"), 30 * MINUTE));
	EXPECT(ceiling_allows(c, STR("web-1"), 30 * MINUTE + SECOND));
	ceiling_close(c);

	/* a clock that was put back forgives nothing */
	c = ceiling_open(dir, WALL - DAY, SECOND, &err);
	EXPECT(!ceiling_allows(c, STR("web-1"), SECOND));
	ceiling_close(c);
	c = ceiling_open(dir, WALL + HOUR, SECOND, &err);
	EXPECT(ceiling_allows(c, STR("web-1"), SECOND));
	ceiling_close(c);
	(void)close(dir);
	temp_remove(folder);
}

static void
ceiling__passes_over_lines_that_are_damaged(void)
{
	struct err err;
	int dir = open_folder();
	struct buf text = BUF(100000);
	buf_add(&text, STR("nonsense\n\n-1 web-1\n 12\n99999999999999999999999 web-1\n"));
	for (unsigned i = 0; i < CEILING_PER_TARGET - 1; i++) {
		buf_u64(&text, WALL);
		buf_add(&text, STR(" web-1\n"));
	}
	buf_u64(&text, WALL);
	buf_add(&text, STR(" web-1")); /* torn: no newline */
	buf_char(&text, '\0');
	put_file(dir, text.p);
	buf_done(&text);
	struct ceiling *c = ceiling_open(dir, WALL, BOOT, &err);
	EXPECT(c != NULL && ceiling_allows(c, STR("web-1"), BOOT));
	EXPECT(ceiling_count(c, STR("web-1"), WALL, BOOT, &err));
	EXPECT(!ceiling_allows(c, STR("web-1"), BOOT));
	ceiling_close(c);
	(void)close(dir);
	temp_remove(folder);
}

static void
ceiling__has_an_end_over_all_targets(void)
{
	struct err err;
	int dir = open_folder();
	struct ceiling *c = ceiling_open(dir, WALL, BOOT, &err);
	char name[32];
	for (unsigned i = 0; i < CEILING_TARGETS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "host-%u", i);
		EXPECT(ceiling_count(c, str_of(name), WALL, BOOT, &err));
	}
	EXPECT(!ceiling_allows(c, STR("another"), BOOT));
	EXPECT(ceiling_allows(c, STR("another"), BOOT + HOUR));
	EXPECT(ceiling_count(c, STR("another"), WALL + HOUR, BOOT + HOUR, &err));
	ceiling_close(c);
	(void)close(dir);
	temp_remove(folder);
}

int
main(void)
{
	RUN(ceiling__gives_each_target_its_share_in_an_hour);
	RUN(ceiling__is_remembered_over_restarts);
	RUN(ceiling__passes_over_lines_that_are_damaged);
	RUN(ceiling__has_an_end_over_all_targets);
	TEST_MAIN_END();
}
