#include "hands/act.h"

#include <stdlib.h>
#include <unistd.h>

#include "os/file.h"
#include "support/temp.h"
#include "support/test.h"

static char folder[64], memory[1 << 20];

static struct act_request
example(void)
{
	static str argv[] = { { "restart", 7 } };
	static struct pair parts[] = {
		{ { "method", 6 }, { "POST", 4 } },
		{ { "prefix.header.A", 15 }, { "Bearer ", 7 } },
		{ { "secret.header.A", 15 }, { "env:ACT_SECRET", 14 } },
		{ { "url", 3 }, { "http://h.example/", 17 } },
	};
	return (struct act_request){ .kind = ACTION_HTTP,
		.attempt = 17,
		.intent_wall = 1764344444000,
		.timeout_ms = 5000,
		.argv = { argv, countof(argv) },
		.parts = { parts, countof(parts) } };
}

static void
act_input__hands_over_secrets_and_nothing_else_has_them(void)
{
	struct act_request request = example(), seen;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err;
	str bytes;
	int fd = -1;
	(void)setenv("ACT_SECRET", "hunter2", 1);
	EXPECT(act_input(&request, &fd, &err));
	EXPECT(file_read_fd(&arena, fd, ACT_REQUEST_MAX, &bytes, &err));
	EXPECT(write(fd, "x", 1) < 0); /* sealed */
	EXPECT(act_request_read(bytes, &arena, &seen, &err));
	EXPECT_STR(pairs_get(&seen.secrets, STR("header.A")), STR("Bearer hunter2"));
	EXPECT_U64(seen.attempt, 17);
	struct buf json = BUF(1 << 16);
	record_to_json(&act_request_type, &seen, &json);
	EXPECT(!str_contains(buf_str(&json), STR("hunter2")));
	buf_done(&json);
	(void)close(fd);
	(void)unsetenv("ACT_SECRET");
	EXPECT(!act_input(&request, &fd, &err));
	EXPECT(str_contains(str_of(err.text), STR("env:ACT_SECRET")));
}

static void
act_request__is_read_strictly(void)
{
	struct act_request request = example(), seen;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct buf bytes = BUF(ACT_REQUEST_MAX);
	struct err err;
	record_encode(&act_request_type, &request, &bytes);
	EXPECT(act_request_read(buf_str(&bytes), &arena, &seen, &err));
	for (size_t n = 0; n < bytes.n; n++)
		EXPECT(!act_request_read((str){ bytes.p, n }, &arena, &seen, &err));
	buf_char(&bytes, 0);
	EXPECT(!act_request_read(buf_str(&bytes), &arena, &seen, &err));
	buf_reset(&bytes);
	request.kind = 0;
	record_encode(&act_request_type, &request, &bytes);
	EXPECT(!act_request_read(buf_str(&bytes), &arena, &seen, &err));
	buf_done(&bytes);
}

static void
act_ended__is_one_line(void)
{
	struct act_outcome outcome = act_ended(ACT_NEVER, "a\nb%s\x1b", "\r");
	EXPECT_STR(str_of(outcome.why), STR("a b  "));
	EXPECT(outcome.exit_code != 0);
}

int
main(void)
{
	temp_folder(folder);
	RUN(act_input__hands_over_secrets_and_nothing_else_has_them);
	RUN(act_request__is_read_strictly);
	RUN(act_ended__is_one_line);
	temp_remove(folder);
	TEST_MAIN_END();
}
