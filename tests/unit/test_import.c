#include "model/import.h"

#include "base/buf.h"
#include "support/test.h"

static char memory[IMPORT_ARENA_BYTES];

static struct imported
take(const char *path, const char *text)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct imported got = { .grade = 99 };
	struct err err = { .text = "" };
	EXPECT(import_runbook(str_of(text), str_of(path), import_name(str_of(path), &arena),
	    &arena, &got, &err));
	return got;
}

static void
import_name__makes_a_name_of_any_file(void)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{ "node/NodeFilesystemFilesFillingUp.md",
		    "node-filesystem-files-filling-up" },
		{ "KubeAPIDown.md", "kube-api-down" },
		{ "etcdNoLeader.markdown", "etcd-no-leader" },
		{ "How to restart (v2).md", "how-to-restart-v2" },
		{ "a__b--c.md", "a-b-c" },
		{ "---.md", "imported" },
		{ "\xc3\xa9.md", "imported" },
		{ "", "imported" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena arena = arena_over(memory, sizeof(memory));
		test_row = rows[i].path;
		EXPECT_STR(import_name(str_of(rows[i].path), &arena), str_of(rows[i].name));
	}
}

static void
import__guesses_the_alert_and_says_from_what(void)
{
	static const struct {
		const char *path, *text, *alert;
		enum import_from from;
	} rows[] = {
		{ "x.md", "# KubePodCrashLooping\n", "KubePodCrashLooping",
		    IMPORT_HEADING },
		{ "x.md", "# etcdNoLeader\n", "etcdNoLeader", IMPORT_HEADING },
		{ "NodeDiskFull.md", "# The disk is full\n", "NodeDiskFull", IMPORT_FILE },
		{ "NodeDiskFull.md", "# NodeDiskFull\n", "NodeDiskFull", IMPORT_HEADING },
		{ "NodeDiskFull.md", "# NodeMemoryFull\n", "NodeDiskFull", IMPORT_FILE },
		{ "disk.md", "# Disk\n`ALERTS{alertname=\"DiskFull\"}`\n", "DiskFull",
		    IMPORT_TEXT },
		{ "disk.md", "# Disk\n", "", IMPORT_UNKNOWN },
		{ "Disk.md", "# Disk\n", "", IMPORT_UNKNOWN }, /* a word, no alert */
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].text;
		struct imported got = take(rows[i].path, rows[i].text);
		EXPECT_STR(got.alert, str_of(rows[i].alert));
		EXPECT_U64(got.alert_from, rows[i].from);
		EXPECT(str_contains(got.text, STR("\nanswers: [{alertname: ")) ==
		       (got.alert.n > 0));
		EXPECT(str_contains(got.text,
		    got.alert.n > 0 ? STR("was guessed from its")
				    : STR("Which alert it answers is unknown")));
	}
}

static void
import__keeps_the_text_and_lists_its_commands(void)
{
	struct imported got = take("NodeDiskFull.md",
	    "---\ntitle: Disk\nweight: 20\n---\n# NodeDiskFull\n\n## Diagnosis\n\n"
	    "Look with `df -h` first.\n\n```shell\n$ du -sh /var \\\n    "
	    "/srv\n120G\n```\n\n"
	    "```promql\nnode_filesystem_avail_bytes\n```\n\n## Mitigation\n\n"
	    "```\nkubectl delete pod x\n# a comment\n```\n\n```yaml\nkill: me\n```\n");
	EXPECT(str_starts(got.text, STR("---\nrunbook: node-disk-full\n"
					"answers: [{alertname: NodeDiskFull}]\n"
					"ceiling: suggest\n---\n> Imported from "
					"NodeDiskFull.md; nothing of it runs")));
	EXPECT(
	    str_contains(got.text, STR("\n# NodeDiskFull\n\n## Diagnosis\n\nLook with")));
	EXPECT(str_contains(got.text, STR("## Front matter of the original\n\n```text\n"
					  "title: Disk\nweight: 20\n```\n")));
	EXPECT(!got.as_text);
	static const struct {
		const char *text, *heading;
		uint32_t line;
		bool query, changes;
	} rows[] = {
		{ "df -h", "Diagnosis", 9, false, false },
		{ "du -sh /var \\\n    /srv", "Diagnosis", 12, false, false },
		{ "node_filesystem_avail_bytes", "Diagnosis", 18, true, false },
		{ "kubectl delete pod x", "Mitigation", 24, false, true },
	};
	EXPECT_U64(got.commands_n, countof(rows));
	for (size_t i = 0; i < countof(rows) && i < got.commands_n; i++) {
		const struct import_command *command = &got.commands[i];
		test_row = rows[i].text;
		EXPECT_STR(command->text, str_of(rows[i].text));
		EXPECT_STR(command->heading, str_of(rows[i].heading));
		EXPECT_U64(command->line, rows[i].line);
		EXPECT(command->query == rows[i].query);
		EXPECT(command->changes == rows[i].changes);
	}
	EXPECT(str_contains(got.text, STR("Under \"Mitigation\", line 24: it changes "
					  "something, so an `action` for it\n\n"
					  "```text\nkubectl delete pod x\n```\n")));
}

/* T7: what is imported brings no step, so no right and no command. */
static void
import__makes_text_of_what_looks_like_a_step(void)
{
	struct imported got = take("a.md",
	    "# A\n```check backlog\nexpect: 1\n```\n\n- x\n  ```action go\n  ```\n\n"
	    "> ```verify\n> ```\n\n```checks\n```\n```bash\nls\n");
	EXPECT(!got.as_text);
	EXPECT(str_contains(got.text, STR("\n```text check backlog\n")));
	EXPECT(str_contains(got.text, STR("\n  ```text action go\n")));
	EXPECT(str_contains(got.text, STR("\n> ```text verify\n")));
	EXPECT(str_contains(got.text, STR("\n```text checks\n")));
	EXPECT(str_contains(got.text, STR("\n```bash\nls\n```\n"))); /* closed */
}

static void
import__grades_what_is_there(void)
{
	static const struct {
		const char *name, *text;
		enum import_level levels[IMPORT_ASPECTS];
		unsigned grade;
	} rows[] = {
		{ "nothing", "# A\n",
		    { IMPORT_NOTHING, IMPORT_NOTHING, IMPORT_NOTHING, IMPORT_NOTHING,
			IMPORT_NOTHING, IMPORT_NOTHING },
		    0 },
		{ "words",
		    "# A\nOwner: platform-ops\n## Diagnosis\nLook at the dashboard of the "
		    "node.\n"
		    "## Mitigation\nGive the node more memory, or less to do.\n"
		    "## Verification\nThe queue should be empty again soon.\n"
		    "## Rollback\nTake the memory away again from the node.\n"
		    "## Escalation\nContact the developers of the node.\n",
		    { IMPORT_WORDS, IMPORT_WORDS, IMPORT_WORDS, IMPORT_WORDS, IMPORT_WORDS,
			IMPORT_WORDS },
		    6 },
		{ "commands",
		    "---\nteam: ops\n---\n# A\n## Diagnosis\n`kubectl get pods -A`\n"
		    "## Mitigation\n`kubectl rollout restart deploy/x`\n"
		    "## Verify\n`kubectl rollout status deploy/x`\n"
		    "## Undo\n`kubectl rollout undo deploy/x`\n",
		    { IMPORT_WORDS, IMPORT_COMMANDS, IMPORT_COMMANDS, IMPORT_COMMANDS,
			IMPORT_COMMANDS, IMPORT_NOTHING },
		    5 },
		{ "an empty heading is nothing", "# A\n## Diagnosis\n## Mitigation\nTBD\n",
		    { IMPORT_NOTHING, IMPORT_NOTHING, IMPORT_NOTHING, IMPORT_NOTHING,
			IMPORT_NOTHING, IMPORT_NOTHING },
		    0 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct imported got = take("a.md", rows[i].text);
		EXPECT_U64(got.grade, rows[i].grade);
		for (size_t k = 0; k < IMPORT_ASPECTS; k++)
			EXPECT_U64(got.levels[k], rows[i].levels[k]);
	}
}

static void
import__repairs_bytes_and_refuses_what_is_too_long(void)
{
	struct imported got = take("a.md", "\xef\xbb\xbf# A\r\nb\rc \xff d\r\n");
	EXPECT(str_contains(got.text, STR("# A\nb\nc \xef\xbf\xbd d\n")));

	static char big[70000];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct err err = { .text = "" };
	memset(big, 'x', sizeof(big));
	EXPECT(!import_runbook((str){ big, sizeof(big) }, STR("a.md"), STR("a"), &arena,
	    &got, &err));
	EXPECT_STR(str_of(err.text), STR("it is over 64 kB: split it first"));
	/* Many commands are not listed rather than refused. */
	struct buf text = BUF(60000);
	buf_add(&text, STR("# A\n```sh\n"));
	for (int i = 0; text.n < 50000; i++)
		buf_printf(&text, "kubectl get pods -n a-rather-long-namespace-%d%060d\n",
		    i, i);
	buf_add(&text, STR("```\n"));
	arena = arena_over(memory, sizeof(memory));
	EXPECT(import_runbook(buf_str(&text), STR("a.md"), STR("a"), &arena, &got, &err));
	EXPECT(got.commands_n == IMPORT_COMMANDS_MAX && got.commands_more > 100);
	buf_done(&text);
}

int
main(void)
{
	RUN(import_name__makes_a_name_of_any_file);
	RUN(import__guesses_the_alert_and_says_from_what);
	RUN(import__keeps_the_text_and_lists_its_commands);
	RUN(import__makes_text_of_what_looks_like_a_step);
	RUN(import__grades_what_is_there);
	RUN(import__repairs_bytes_and_refuses_what_is_too_long);
	TEST_MAIN_END();
}
