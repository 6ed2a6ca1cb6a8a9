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

int
main(void)
{
	RUN(batch__nothing_follows_a_commit_that_failed);
	TEST_MAIN_END();
}
