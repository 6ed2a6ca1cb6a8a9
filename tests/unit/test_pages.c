#include "gate/pages.h"

#include "support/test.h"

static void
pages__take_the_shortest_coding_that_is_accepted(void)
{
	static const struct {
		const char *accept;
		enum page_coding coding;
	} rows[] = {
		{ "", PAGE_PLAIN },
		{ "identity", PAGE_PLAIN },
		{ "gzip", PAGE_GZIP },
		{ "gzip, deflate, br, zstd", PAGE_BROTLI },
		{ "br;q=0, gzip;q=0.5", PAGE_GZIP },
		{ "BR", PAGE_BROTLI },
		{ "br; q=0.001", PAGE_BROTLI },
		{ "br; q=0.000, gzip; q=0", PAGE_PLAIN },
		{ "brotli, xgzip", PAGE_PLAIN },
		{ ",,gzip", PAGE_GZIP },
		{ "gzip;", PAGE_GZIP },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].accept;
		EXPECT_U64(page_coding_of(str_of(rows[i].accept)), rows[i].coding);
	}
}

static void
pages__are_all_there_in_every_coding(void)
{
	if (page_files_n == 0)
		return; /* a build without them */
	EXPECT(page_find(STR("/")) != NULL);
	EXPECT(page_find(STR("/none")) == NULL);
	for (size_t i = 0; i < page_files_n; i++) {
		const struct page_file *file = &page_files[i];
		test_row = file->path;
		EXPECT(file->body[PAGE_PLAIN].n > 0);
		for (size_t coding = 0; coding < PAGE_CODINGS; coding++)
			EXPECT(file->body[coding].n > 0);
		EXPECT(!file->kept || str_starts(str_of(file->path), STR("/assets/")));
		/* gzip's mark */
		EXPECT(str_starts(file->body[PAGE_GZIP], (str){ "\x1f\x8b", 2 }));
	}
}

int
main(void)
{
	RUN(pages__take_the_shortest_coding_that_is_accepted);
	RUN(pages__are_all_there_in_every_coding);
	TEST_MAIN_END();
}
