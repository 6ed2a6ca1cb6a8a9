#include <stdio.h>

#include "cli/cli.h"
#include "model/model.h"
#include "node/adoption.h"

static int
check(const char *dir)
{
	struct adoption adoption;
	struct err err;
	struct buf text = BUF(ADOPTION_TEXT_MAX);
	bool ok = adoption_read(dir, &adoption, &text, &err);
	if (text.n > 0)
		(void)fwrite(text.p, 1, text.n, stderr);
	buf_done(&text);
	if (!ok) {
		complain("%s", err.text);
		return err.kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
	}
	const struct model *model = adoption.model;
	printf("checked %zu services, %zu teams, %zu people, %zu actions, %zu rules, "
	       "%zu runbooks: no mistakes\n",
	    model->services_n, model->teams_n, model->people_n, model->actions_n,
	    model->rules_n, model->runbooks_n);
	adoption_free(&adoption);
	if (fflush(stdout) != 0) {
		complain("could not write all of the answer to stdout");
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	const char *dir = NULL;
	const struct option_spec specs[] = { { .name = "config", .value = &dir } };
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc == 2 && dir == NULL)
		dir = argv[1];
	else if (argc != 1 || dir == NULL) {
		complain("check needs one folder: firstline check production");
		return EXIT_USAGE;
	}
	return check(dir);
}

const struct command_line command_check = {
	.name = "check",
	.summary = "find every mistake in a configuration folder",
	.help = "  firstline check production\n"
		"\n"
		"Reads the whole folder as serve would and reports every mistake at once, "
		"each with\n"
		"its file, line and column and what to write instead. Exits 0 when there "
		"is none.\n",
	.run = run,
};
