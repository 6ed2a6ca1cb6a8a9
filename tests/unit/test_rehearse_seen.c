/* What a case says in words is what hands would have told. */
#include "core/rehearse_seen.h"

#include "support/test.h"

static char memory[4096];

static void
rehearse_seen__reads_what_each_kind_of_probe_says(void)
{
	static const struct {
		enum probe_kind kind;
		const char *text;
		int64_t code, number;
		const char *value;
	} rows[] = {
		{ PROBE_PROMQL, "812", 0, 0, "812" },
		{ PROBE_HTTP, "503 gone", 503, 0, "gone" },
		{ PROBE_HTTP, "999", 999, 0, "" },
		{ PROBE_HTTP, "1000 times", 200, 0, "1000 times" },
		{ PROBE_HTTP, "refused", 0, 0, "" },
		{ PROBE_HTTP, "all well", 200, 0, "all well" },
		{ PROBE_RUN, "exit 3 out", 3, 0, "out" },
		{ PROBE_RUN, "ok", 0, 0, "ok" },
		{ PROBE_RUN, "exit 255", 255, 0, "" },
		{ PROBE_RUN, "exit 256", 0, 0, "exit 256" },
		{ PROBE_SSH, "exit ok", 0, 0, "exit ok" },
		{ PROBE_SYSTEMD, "active", 0, 0, "active" },
		{ PROBE_TCP, "open", 1, 1, "" },
		{ PROBE_TCP, "open 12", 1, 12, "" },
		{ PROBE_TCP, "open ", 1, 1, "open " },
		{ PROBE_TCP, "open door", 1, 1, "open door" },
		{ PROBE_TCP, "closed", 0, 0, "" },
		{ PROBE_TCP, "220 mail ESMTP", 1, 1, "220 mail ESMTP" },
		{ PROBE_DNS, "192.0.2.7 192.0.2.8", 0, 2, "192.0.2.7\n192.0.2.8" },
		{ PROBE_DNS, "none", 0, 0, "" },
		{ PROBE_DNS, "no such name", 3, 0, "" },
		{ PROBE_TLS, "valid 30", 1, 30, "" },
		{ PROBE_TLS, "invalid -3 it has expired", 0, -3, "it has expired" },
		{ PROBE_LOG, "3 of 200", 3, 200, "" },
		{ PROBE_LOG, "3 off 200", 0, 1, "3 off 200" },
		{ PROBE_LOG, "3 of many", 0, 1, "3 of many" },
		{ PROBE_LOG, "out of memory", 0, 1, "out of memory" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		struct probe_result seen = { .status = PROBE_OK };
		test_row = rows[i].text;
		rehearse_seen(rows[i].kind, str_of(rows[i].text), &arena, &seen);
		EXPECT(seen.code == rows[i].code);
		EXPECT(seen.number == rows[i].number);
		EXPECT_STR(seen.value, str_of(rows[i].value));
	}
}

int
main(void)
{
	RUN(rehearse_seen__reads_what_each_kind_of_probe_says);
	TEST_MAIN_END();
}
