#include "os/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"
#include "support/test.h"

static pid_t
child_that_waits(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	EXPECT(pid > 0);
	return pid;
}

static uint64_t
start_of(pid_t pid)
{
	char path[64], stat[1024];
	uint64_t start = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, stat, sizeof(stat) - 1);
	EXPECT(n > 0);
	stat[n > 0 ? n : 0] = '\0';
	/* Its name, in brackets, has no blank here. */
	str rest = str_of(stat);
	for (int i = 1; i < 22; i++)
		rest = str_cut(rest, ' ').tail;
	EXPECT(str_u64(str_cut(rest, ' ').head, UINT64_MAX, &start));
	return start;
}

static void
process__is_there_until_it_ended(void)
{
	pid_t pid = child_that_waits();
	uint64_t start = start_of(pid);
	EXPECT(start > 0);
	EXPECT(process_there((uint64_t)pid, start));
	EXPECT(process_there((uint64_t)pid, 0));          /* its start is not known */
	EXPECT(!process_there((uint64_t)pid, start + 1)); /* another one's number now */
	EXPECT(kill(pid, SIGKILL) == 0);
	siginfo_t info;
	EXPECT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	EXPECT(!process_there((uint64_t)pid, start)); /* ended, and not reaped yet */
	EXPECT(waitpid(pid, NULL, 0) == pid);
	EXPECT(!process_there((uint64_t)pid, start));
}

static void
process__a_number_that_can_be_nobodys_counts_as_there(void)
{
	EXPECT(process_there(0, 1));
	EXPECT(process_there(UINT64_C(1) << 40, 1));
}

int
main(void)
{
	RUN(process__is_there_until_it_ended);
	RUN(process__a_number_that_can_be_nobodys_counts_as_there);
	TEST_MAIN_END();
}
