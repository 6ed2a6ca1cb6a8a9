#include "hands/tail.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp.h"
#include "support/test.h"

static void
tail_lines__counts_the_last_ones(void)
{
	static const struct {
		const char *in;
		bool whole;
		uint32_t wanted;
		uint64_t lines, matches;
		bool least, cut;
		const char *text;
	} rows[] = {
		{ "", true, 5, 0, 0, false, false, "" },
		{ "a ERR\nb\n", true, 5, 2, 1, false, false, "a ERR\nb\n" },
		{ "a ERR\nb", true, 5, 2, 1, false, false, "a ERR\nb" },
		{ "a ERR\nb ERR\nc\n", true, 2, 2, 1, false, false, "b ERR\nc\n" },
		{ "\n\n\n", true, 2, 2, 0, false, false, "\n\n" },
		{ "ERR half\nx\n", false, 5, 1, 0, true, true, "x\n" },
		{ "ERR half\nx\n", false, 1, 1, 0, false, false, "x\n" },
		{ "one long line without an end", false, 5, 0, 0, true, true, "" },
		{ "12345678901234567890 ERR\n", true, 5, 1, 1, false, true,
		    "34567890 ERR\n" + 0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct tail tail;
		test_row = rows[i].in;
		tail_lines(str_of(rows[i].in), rows[i].whole, rows[i].wanted, STR("ERR"),
		    20, &tail);
		EXPECT_U64(tail.lines, rows[i].lines);
		EXPECT_U64(tail.matches, rows[i].matches);
		EXPECT(tail.least == rows[i].least);
		EXPECT(tail.cut == rows[i].cut);
		EXPECT(str_ends(tail.text, str_of(rows[i].text)));
		EXPECT(tail.text.n <= 20);
	}
}

static void
write_at(const char *top, const char *name, const char *text)
{
	char path[300];
	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	FILE *f = fopen(path, "w");
	ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* The same with and without openat2. */
static void
tail_open__stays_below_its_folder(void)
{
	static const struct {
		const char *below;
		enum err_kind kind; /* ERR_NONE: it opens */
	} rows[] = {
		{ "app.log", ERR_NONE },
		{ "deep/er.log", ERR_NONE },
		{ "../secret", ERR_DENIED },
		{ "deep/../../secret", ERR_DENIED },
		{ "/etc/passwd", ERR_DENIED },
		{ "link.log", ERR_DENIED },
		{ "linked/er.log", ERR_DENIED },
		{ "app.log/x", ERR_DENIED },
		{ "deep", ERR_INVALID },
		{ "pipe", ERR_INVALID },
		{ "missing.log", ERR_IO },
	};
	char top[TEMP_PATH_MAX], folder[200], path[300], to[300];
	temp_folder(top);
	(void)snprintf(folder, sizeof(folder), "%s/logs", top);
	(void)snprintf(path, sizeof(path), "%s/logs/deep", top);
	ASSERT(mkdir(folder, 0700) == 0 && mkdir(path, 0700) == 0);
	write_at(top, "secret", "s");
	write_at(folder, "app.log", "a");
	write_at(folder, "deep/er.log", "b");
	(void)snprintf(path, sizeof(path), "%s/link.log", folder);
	(void)snprintf(to, sizeof(to), "%s/secret", top);
	ASSERT(symlink(to, path) == 0);
	(void)snprintf(path, sizeof(path), "%s/linked", folder);
	ASSERT(symlink("deep", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/pipe", folder);
	ASSERT(mkfifo(path, 0600) == 0);

	for (size_t i = 0; i < 2 * countof(rows); i++) {
		struct err err = { .kind = ERR_NONE };
		int fd = -1;
		test_row = rows[i / 2].below;
		bool ok = tail_open(folder, rows[i / 2].below, i % 2 == 1, &fd, &err);
		EXPECT(ok == (rows[i / 2].kind == ERR_NONE));
		EXPECT_U64(err.kind, rows[i / 2].kind);
		if (ok)
			(void)close(fd);
	}
}

static void
tail_folder__is_one_that_is_named(void)
{
	str p[] = { STR("/var/log/apps"), STR("/srv") };
	const struct strs folders = { p, countof(p) };
	EXPECT_STR(tail_folder(&folders, STR("/var/log/apps/a.log")), p[0]);
	EXPECT_STR(tail_folder(&folders, STR("/srv/x/y")), p[1]);
	EXPECT_STR(tail_folder(&folders, STR("/var/log/apps")), STR(""));
	EXPECT_STR(tail_folder(&folders, STR("/var/log/apps/")), STR(""));
	EXPECT_STR(tail_folder(&folders, STR("/var/log/apps2/a")), STR(""));
	EXPECT_STR(tail_folder(&folders, STR("relative")), STR(""));
}

static void
tail_read__sees_the_end_of_a_large_file(void)
{
	char top[TEMP_PATH_MAX], path[200];
	static char memory[TAIL_BYTES_MAX];
	temp_folder(top);
	(void)snprintf(path, sizeof(path), "%s/big", top);
	FILE *f = fopen(path, "w");
	ASSERT(f != NULL);
	for (int i = 0; i < 30000; i++)
		(void)fprintf(f, "%05d %s line with some more text in it\n", i,
		    i % 100 == 0 ? "ERROR" : "fine");
	ASSERT(fclose(f) == 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct tail tail;
	struct err err;
	EXPECT(tail_read(fd, memory, 1000, STR("ERROR"), 4096, &tail, &err));
	EXPECT(tail.lines == 1000 && tail.matches == 10 && !tail.least && tail.cut);
	EXPECT(str_ends(tail.text, STR("29999 fine line with some more text in it\n")));
	EXPECT_U64(tail.text.n, 4096);
	/* More than is looked at. */
	EXPECT(tail_read(fd, memory, 30000, STR("ERROR"), 4096, &tail, &err));
	EXPECT(tail.least && tail.lines > 20000 && tail.lines < 30000);
	/* It is truncated: what is there now counts. */
	ASSERT(truncate(path, 0) == 0);
	EXPECT(tail_read(fd, memory, 10, STR("ERROR"), 4096, &tail, &err));
	EXPECT(tail.lines == 0 && !tail.least && !tail.cut);
	(void)close(fd);
}

int
main(void)
{
	RUN(tail_lines__counts_the_last_ones);
	RUN(tail_open__stays_below_its_folder);
	RUN(tail_folder__is_one_that_is_named);
	RUN(tail_read__sees_the_end_of_a_large_file);
	TEST_MAIN_END();
}
