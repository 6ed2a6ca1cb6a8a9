/*
 * firstline -- finds the command and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "node/serve.h"

static const struct command_line *const commands[] = {
	&command_serve,
	&command_check,
};

static const char exit_codes[] = "Exit codes\n"
				 "  0  ok\n"
				 "  1  failed\n"
				 "  2  usage: the command line was not understood\n"
				 "  3  not found\n"
				 "  4  a token is missing or not enough\n"
				 "  5  refused by authority\n"
				 "  6  needs another person's approval\n"
				 "  7  in doubt: nobody knows whether it happened\n"
				 "  8  timeout\n"
				 "  9  conflict\n";

static const struct command_line *
find(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int
print_overview(FILE *out)
{
	fprintf(out,
	    "Firstline handles production problems so that developers need not be "
	    "called.\n\n"
	    "  firstline demo                     watch it work, nothing to set up\n"
	    "  firstline init production          write a small configuration\n"
	    "  firstline serve --config production\n\n"
	    "Commands\n");
	for (size_t i = 0; i < countof(commands); i++)
		fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
	    "  %-12s %s\n  %-12s %s\n\n"
	    "'firstline COMMAND --help' leads with an example.\n",
	    "help", "this page, a command's page, or 'exit-codes'", "version",
	    "its version");
	return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int
unknown(const char *name)
{
	const char *nearest = NULL;
	unsigned best = 4;
	for (size_t i = 0; i < countof(commands); i++) {
		unsigned distance =
		    str_distance(str_of(name), str_of(commands[i]->name), 3);
		if (distance < best) {
			best = distance;
			nearest = commands[i]->name;
		}
	}
	if (nearest != NULL)
		complain("no command '%s'; did you mean '%s'?", name, nearest);
	else
		complain("no command '%s'; 'firstline help' lists them", name);
	return EXIT_USAGE;
}

static int
print_help(const char *name)
{
	if (strcmp(name, "exit-codes") == 0) {
		printf("%s", exit_codes);
		return EXIT_OK;
	}
	const struct command_line *command = find(name);
	if (command == NULL)
		return unknown(name);
	printf("%s", command->help);
	return EXIT_OK;
}

static bool
wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return false;
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return print_overview(stderr);
	const char *name = argv[1];
	if (strcmp(name, "role") == 0)
		return node_role(argc, argv);
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 ||
	    strcmp(name, "-h") == 0)
		return argc > 2 ? print_help(argv[2]) : print_overview(stdout);
	if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
		printf("firstline %s\n", FIRSTLINE_VERSION);
		return EXIT_OK;
	}
	const struct command_line *command = find(name);
	if (command == NULL)
		return unknown(name);
	if (wants_help(argc - 1, argv + 1)) {
		printf("%s", command->help);
		return EXIT_OK;
	}
	return command->run(argc - 1, argv + 1);
}
