#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/state.h"
#include "support/test.h"

/* In a child: a commit fails while the supervisor is gone, which the engine learns from the
 * log message that goes nowhere, and steps wait for the next commit. Ends as the engine does. */
static void
fail_a_commit(void)
{
	static struct engine engine;
	int pair[2];
	if (uv_loop_init(&engine.loop) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		_exit(100);
	wire_open(&engine.supervisor, &engine, ROLE_KIND_SUPERVISOR, pair[0]);
	(void)close(pair[1]);
	/* There is nothing that these could be committed with: to try ends by a signal. */
	engine.batch.step_n = 1;
	struct committed result = { .ok = false, .err.kind = ERR_NO_SPACE };
	batch_committed(&engine, &result);
	_exit(101);
}

static void
batch__nothing_follows_a_commit_that_failed(void)
{
	pid_t pid = fork();
	if (pid == 0)
		fail_a_commit();
	int status = 0;
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	EXPECT(WIFEXITED(status));
	EXPECT_U64((uint64_t)WEXITSTATUS(status), ENGINE_EXIT_NO_ROOM);
}

/* In a child: the same with a gate, whose end of the wire is the parent's. */
static void
fail_before_a_gate(int gate, const struct err *err)
{
	static struct engine engine;
	if (uv_loop_init(&engine.loop) != 0)
		_exit(100);
	wire_open(&engine.gate, &engine, ROLE_KIND_GATE, gate);
	struct committed result = { .ok = false, .err = *err };
	batch_committed(&engine, &result);
	_exit(101);
}

/* What the gate hears; 0: nothing. */
static enum frame_kind
last_word(const struct err *err)
{
	int pair[2];
	char bytes[100];
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	pid_t pid = fork();
	if (pid == 0)
		fail_before_a_gate(pair[0], err);
	(void)close(pair[0]);
	EXPECT(pid > 0 && waitpid(pid, NULL, 0) == pid);
	ssize_t n = read(pair[1], bytes, sizeof(bytes));
	(void)close(pair[1]);
	str heard = { bytes, n > 0 ? (size_t)n : 0 };
	struct frame frame;
	return frame_cut(&heard, &frame) == FRAME_WHOLE ? frame.kind : 0;
}

/* A body that no commit will take goes into quarantine, or it would end the engine for ever. */
static void
batch__the_gate_hears_that_it_was_the_disk_and_nothing_else(void)
{
	static const struct {
		struct err err;
		enum frame_kind heard;
	} rows[] = {
		{ { .kind = ERR_NO_SPACE }, FRAME_BLAMELESS },
		{ { .kind = ERR_CORRUPT }, FRAME_BLAMELESS },
		{ { .kind = ERR_DENIED }, FRAME_BLAMELESS }, /* it is read-only by now */
		{ { .kind = ERR_BUSY }, FRAME_BLAMELESS },
		{ { .kind = ERR_IO, .sys = EIO }, FRAME_BLAMELESS },
		{ { .kind = ERR_IO }, 0 }, /* SQLite will not have it */
		{ { .kind = ERR_LIMIT }, 0 },
	};
	for (size_t i = 0; i < countof(rows); i++)
		EXPECT_U64(last_word(&rows[i].err), rows[i].heard);
}

int
main(void)
{
	RUN(batch__nothing_follows_a_commit_that_failed);
	RUN(batch__the_gate_hears_that_it_was_the_disk_and_nothing_else);
	TEST_MAIN_END();
}
