/* The scripts, run by the sh of this machine as the far side would. */
#include "hands/ssh_script.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp.h"
#include "support/test.h"

static char folder[64];

/* What sh says when it is given these bytes; the answer holds until the next. */
static str
sh(str script)
{
	static char bytes[1 << 16];
	int in[2], out[2];
	size_t n = 0;
	EXPECT(pipe(in) == 0 && pipe(out) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close_range(3, ~0u, 0);
		(void)setenv("XDG_STATE_HOME", folder, 1);
		(void)execl("/bin/sh", "sh", "-s", (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	EXPECT(write(in[1], script.p, script.n) == (ssize_t)script.n);
	(void)close(in[1]);
	for (ssize_t got; (got = read(out[0], bytes + n, sizeof(bytes) - n)) > 0;)
		n += (size_t)got;
	(void)close(out[0]);
	(void)waitpid(pid, NULL, 0);
	return (str){ bytes, n };
}

static struct ssh_said
run(void (*make)(struct buf *, uint64_t, msec, const struct strs *), uint64_t attempt,
    const struct strs *argv)
{
	struct buf script = BUF(SSH_SCRIPT_MAX);
	if (make != NULL)
		make(&script, attempt, 7, argv);
	else
		ssh_script_ask(&script, attempt, 7);
	EXPECT(!script.overflow);
	struct ssh_said said = ssh_script_read(sh(buf_str(&script)));
	buf_done(&script);
	return said;
}

static void
script__does_it_once_and_remembers(void)
{
	str argv[] = { STR("printf"), STR("%s|"), STR("it's"), STR("a\nb"), STR(""),
		STR("$HOME"), STR("\\") };
	struct strs all = { argv, countof(argv) };
	struct ssh_said said = run(ssh_script_do, 1, &all);
	EXPECT(said.answer == SSH_DONE && said.code == 0);
	EXPECT_STR(said.text, STR("it's|a\nb||$HOME|\\|"));
	EXPECT(run(ssh_script_do, 1, &all).answer == SSH_TAKEN);
	said = run(NULL, 1, NULL);
	EXPECT(said.answer == SSH_DONE);
	EXPECT_STR(said.text, STR("it's|a\nb||$HOME|\\|"));
}

static void
script__what_was_asked_about_first_never_begins(void)
{
	str argv[] = { STR("echo"), STR("x") };
	struct strs all = { argv, countof(argv) };
	EXPECT(run(NULL, 2, NULL).answer == SSH_NEVER);
	EXPECT(run(NULL, 2, NULL).answer == SSH_NEVER);
	EXPECT(run(ssh_script_do, 2, &all).answer == SSH_TAKEN);
	EXPECT(run(NULL, 2, NULL).answer == SSH_NEVER);
}

/* Half of a script, as a cut link leaves it, does nothing at all. */
static void
script__half_of_it_is_nothing(void)
{
	str argv[] = { STR("echo"), STR("x") };
	struct strs all = { argv, countof(argv) };
	struct buf script = BUF(SSH_SCRIPT_MAX);
	ssh_script_do(&script, 3, 7, &all);
	for (size_t n = 1; n < script.n - 2; n += 1 + script.n / 40) {
		struct ssh_said said = ssh_script_read(sh((str){ script.p, n }));
		EXPECT(said.answer == SSH_NOTHING);
	}
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/firstline/3-7", folder);
	EXPECT(access(path, F_OK) != 0);
	buf_done(&script);
}

/* It was said that it never began: one that begins late, by whoever starts units there,
 * does not begin any more. */
static void
script__what_was_called_never_does_not_begin_late(void)
{
	char mark[128], path[128];
	(void)snprintf(mark, sizeof(mark), "%s/late", folder);
	(void)snprintf(path, sizeof(path), "%s/firstline/6-7", folder);
	str argv[] = { STR("touch"), str_of(mark) };
	struct strs all = { argv, countof(argv) };
	EXPECT(run(ssh_script_do, 6, &all).answer == SSH_DONE && access(mark, F_OK) == 0);
	EXPECT(unlink(mark) == 0);
	char script[512];
	(void)snprintf(script, sizeof(script),
	    "cd %s; rm pid output; echo never >code; sh ./run %s\n", path, path);
	(void)sh(str_of(script));
	EXPECT(access(mark, F_OK) != 0);
	EXPECT(run(NULL, 6, NULL).answer == SSH_NEVER);
}

static void
script__never_calls_what_is_the_shells_own(void)
{
	str argv[] = { STR("eval"), STR("echo x") };
	struct strs all = { argv, countof(argv) };
	struct ssh_said said = run(ssh_script_do, 4, &all);
	EXPECT(said.answer == SSH_DONE && said.code == 127);
}

static void
script__keeps_only_the_beginning_of_an_output(void)
{
	str argv[] = { STR("head"), STR("-c"), STR("3000000"), STR("/dev/zero") };
	struct strs all = { argv, countof(argv) };
	struct ssh_said said = run(ssh_script_do, 5, &all);
	EXPECT(said.answer == SSH_DONE && said.code == 0);
	EXPECT_U64(said.text.n, SSH_OUTPUT_MAX);
}

static void
look__ends_with_its_own_mark_only(void)
{
	str argv[] = { STR("sh"), STR("-c"),
		STR("printf 'firstline-end 0 0\nno newline'; exit 4") };
	struct strs all = { argv, countof(argv) };
	struct buf script = BUF(SSH_SCRIPT_MAX);
	int code;
	str output;
	ssh_script_look(&script, 0xabcdef, &all);
	str said = sh(buf_str(&script));
	EXPECT(ssh_look_read(said, 0xabcdef, &code, &output));
	EXPECT(code == 4);
	EXPECT_STR(output, STR("firstline-end 0 0\nno newline"));
	EXPECT(!ssh_look_read(said, 0xabcdee, &code, &output));
	EXPECT(!ssh_look_read(str_take(said, said.n - 1), 0xabcdef, &code, &output));
	buf_done(&script);
}

static void
answers__are_whole_lines_or_none(void)
{
	static const struct {
		const char *in;
		enum ssh_answer answer;
	} rows[] = {
		{ "", SSH_NOTHING },
		{ "firstline-done 0", SSH_NOTHING },
		{ "firstline-done 0\n", SSH_DONE },
		{ "firstline-done 256\n", SSH_NOTHING },
		{ "firstline-done \n", SSH_NOTHING },
		{ "firstline-done 0 0\n", SSH_NOTHING },
		{ "welcome\nfirstline-running\n", SSH_RUNNING },
		{ "firstline-odd\nfirstline-done 0\n", SSH_NOTHING },
		{ "firstline-never\nfirstline-done 0\n", SSH_NEVER },
		{ "firstline-cannot make a folder\n", SSH_CANNOT },
		{ " firstline-never\n", SSH_NOTHING },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].in;
		EXPECT_U64(ssh_script_read(str_of(rows[i].in)).answer, rows[i].answer);
	}
}

int
main(void)
{
	temp_folder(folder);
	RUN(script__does_it_once_and_remembers);
	RUN(script__what_was_asked_about_first_never_begins);
	RUN(script__half_of_it_is_nothing);
	RUN(script__what_was_called_never_does_not_begin_late);
	RUN(script__never_calls_what_is_the_shells_own);
	RUN(script__keeps_only_the_beginning_of_an_output);
	RUN(look__ends_with_its_own_mark_only);
	RUN(answers__are_whole_lines_or_none);
	temp_remove(folder);
	TEST_MAIN_END();
}
