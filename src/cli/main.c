/*
 * firstline -- finds the command and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/output.h"
#include "hands/act.h"
#include "node/serve.h"

#define NEAR_MAX 3 /* edits between what was typed and what is suggested */

static const struct command_line *const commands[] = {
	&command_demo,
	&command_init,
	&command_import,
	&command_check,
	&command_serve,
	&command_status,
	&command_incident,
	&command_why,
	&command_run,
	&command_undo,
	&command_answer,
	&command_permit,
	&command_veto,
	&command_trust,
	&command_promote,
	&command_drill,
	&command_approve,
	&command_deny,
	&command_withdraw,
	&command_may,
	&command_why_not,
	&command_who_can,
	&command_what_can,
	&command_hands_on,
	&command_hands_off,
	&command_break_glass,
	&command_review,
	&command_stop_all,
	&command_resume,
	&command_handoff,
	&command_gaps,
	&command_noise,
	&command_on_call,
	&command_override,
	&command_feed,
	&command_heartbeat,
	&command_channel,
	&command_silence,
	&command_send,
	&command_token,
	&command_login_link,
	&command_session,
	&command_journal,
	&command_backup,
	&command_restore,
	&command_export,
	&command_completion,
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

/* A table of commands: the program's own, or a group's. */
struct commands {
	const char *group; /* "" or "incident " */
	const struct command_line *const *p;
	size_t n;
};

static const struct command_line *
find(const struct commands *in, const char *name)
{
	for (size_t i = 0; i < in->n; i++) {
		if (strcmp(in->p[i]->name, name) == 0)
			return in->p[i];
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
	    "  firstline serve --config production\n"
	    "  firstline status                   what is wrong, and what is being done\n\n"
	    "Commands\n");
	for (size_t i = 0; i < countof(commands); i++)
		fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
	    "  %-11s %s\n  %-11s %s\n\n"
	    "'firstline COMMAND --help' leads with an example.\n",
	    "help", "this page, a command's page, or 'exit-codes'", "version",
	    "its version");
	return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int
unknown(const struct commands *in, const char *name)
{
	const char *nearest = NULL;
	unsigned best = NEAR_MAX + 1;
	for (size_t i = 0; i < in->n; i++) {
		unsigned distance =
		    str_distance(str_of(name), str_of(in->p[i]->name), NEAR_MAX);
		if (distance < best) {
			best = distance;
			nearest = in->p[i]->name;
		}
	}
	if (nearest != NULL)
		complain("no command '%s%s'; did you mean '%s%s'?", in->group, name,
		    in->group, nearest);
	else
		complain("no command '%s%s'; 'firstline help%s%s' lists them", in->group,
		    name, in->group[0] != '\0' ? " " : "", in->group);
	return EXIT_USAGE;
}

static void
print_page(FILE *out, const struct command_line *command)
{
	fprintf(out, "%s", command->help);
	if (command->subs_n == 0)
		return;
	fprintf(out, "\n");
	for (size_t i = 0; i < command->subs_n; i++)
		fprintf(out, "  %s %-8s %s\n", command->name, command->subs[i]->name,
		    command->subs[i]->summary);
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

/* argv[0] is the name of a command in this table, or of one below it. */
static int
dispatch(const struct commands *in, int argc, char **argv, bool help)
{
	const struct command_line *command = find(in, argv[0]);
	if (command == NULL)
		return unknown(in, argv[0]);
	bool group = command->subs_n > 0;
	if (group && argc > 1 && argv[1][0] != '-') {
		char name[64];
		(void)snprintf(name, sizeof(name), "%s ", command->name);
		struct commands below = { name, command->subs, command->subs_n };
		return dispatch(&below, argc - 1, argv + 1, help);
	}
	if (help || wants_help(argc, argv)) {
		print_page(stdout, command);
		return EXIT_OK;
	}
	if (group) {
		print_page(stderr, command);
		return EXIT_USAGE;
	}
	return command->run(argc, argv);
}

static bool
is_help(const char *name)
{
	return strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 ||
	       strcmp(name, "-h") == 0;
}

static bool
is_version(const char *name)
{
	return strcmp(name, "version") == 0 || strcmp(name, "--version") == 0;
}

/* firstline help [COMMAND...] */
static int
print_help(const struct commands *all, int argc, char **argv)
{
	if (argc == 0 || is_help(argv[0]))
		return print_overview(stdout);
	if (strcmp(argv[0], "exit-codes") == 0) {
		printf("%s", exit_codes);
		return EXIT_OK;
	}
	if (is_version(argv[0])) {
		printf("  firstline version\n\nPrints the version of this program.\n");
		return EXIT_OK;
	}
	return dispatch(all, argc, argv, true);
}

static int
command(int argc, char **argv)
{
	static const struct commands all = { "", commands, countof(commands) };
	if (argc < 2)
		return print_overview(stderr);
	const char *name = argv[1];
	if (strcmp(name, "complete") == 0) {
		struct command_line root = { .subs = commands,
			.subs_n = countof(commands) };
		return complete_main(&root, argc - 2, argv + 2);
	}
	if (is_version(name)) {
		printf("firstline %s\n", FIRSTLINE_VERSION);
		return EXIT_OK;
	}
	if (is_help(name))
		return print_help(&all, argc - 2, argv + 2);
	return dispatch(&all, argc - 1, argv + 1, false);
}

int
main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "role") == 0)
		return node_role(argc, argv);
	if (argc >= 2 && strcmp(argv[1], "act") == 0)
		return act_main(argc == 3 ? argv[2] : "");
	int code = command(argc, argv);
	/* Whatever it did: nobody takes half an answer for a whole one. */
	int written = out_flush(true);
	return code == EXIT_OK ? written : code;
}
