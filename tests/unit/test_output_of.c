/* What another program says, and that nobody waits for one that says nothing. */
#include "node/output.h"

#include "os/clock.h"
#include "support/test.h"

static char sh[] = "/bin/sh", c[] = "-c";
static char *none[] = { NULL };

static bool
run(char *script, msec timeout_ms, struct buf *out, bool *ret_well, struct err *err)
{
	char *argv[] = { sh, c, script, NULL };
	struct output_order order = { sh, argv, none, -1, timeout_ms };
	return output_of(&order, out, ret_well, err);
}

static void
output_of__says_how_it_ended(void)
{
	struct buf out = BUF(8);
	struct err err = { 0 };
	bool well;
	char words[] = "echo so", fails[] = "echo so; exit 3", much[] = "echo 0123456789";
	EXPECT(run(words, 0, &out, &well, &err) && well);
	EXPECT_STR(buf_str(&out), STR("so\n"));
	buf_reset(&out);
	EXPECT(run(fails, 20 * SECOND, &out, &well, &err) && !well);
	buf_reset(&out);
	EXPECT(run(much, 20 * SECOND, &out, &well, &err) && well && out.overflow);
	buf_done(&out);
}

static void
output_of__ends_what_takes_too_long(void)
{
	struct buf out = BUF(100);
	struct err err = { 0 };
	bool well = true;
	char hangs[] = "echo so; exec sleep 600",
	     silent[] = "echo so; exec >&-; exec sleep 600";
	msec before = clock_boot();
	EXPECT(!run(hangs, 200, &out, &well, &err));
	EXPECT(err.kind == ERR_LIMIT && !well);
	err = (struct err){ 0 };
	EXPECT(!run(silent, 200, &out, &well, &err));
	EXPECT(err.kind == ERR_LIMIT && !well);
	EXPECT(clock_boot() - before < 300 * SECOND);
	buf_done(&out);
}

int
main(void)
{
	RUN(output_of__says_how_it_ended);
	RUN(output_of__ends_what_takes_too_long);
	TEST_MAIN_END();
}
