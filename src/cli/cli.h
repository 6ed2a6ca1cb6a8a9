#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

/*
 * cli -- the command line: one file per command, one table in main.c.
 *
 * Data goes to stdout, messages to stderr. Every command has --help that leads with an
 * example, and --json where it prints data.
 */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_AUTH = 4,
	EXIT_REFUSED = 5, /* by authority */
	EXIT_NEEDS_APPROVAL = 6,
	EXIT_IN_DOUBT = 7,
	EXIT_TIMEOUT = 8,
	EXIT_CONFLICT = 9,
};

/* A command does something itself (run) or is a group of others (subs). */
struct command_line {
	const char *name;    /* without the group's: "list" of "incident list" */
	const char *summary; /* for `firstline help` */
	const char *help;    /* the whole of --help; its first paragraph is an example */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const struct command_line *const *subs;
	size_t subs_n;
};

/*
 * Options: "--name VALUE", "--name=VALUE", "--flag". What is no option is left in order at
 * the front of argv, and argc counts it; "--" ends options. An unknown option prints what
 * is wrong and the nearest name, and returns false: the caller returns EXIT_USAGE.
 */
struct option_spec {
	const char *name;   /* without dashes */
	const char **value; /* takes a value; or */
	bool *flag;         /* is a flag */
};
bool options_take(int *argc, char **argv, const struct option_spec *specs, size_t n);

/* "firstline: TEXT" on stderr, without control characters. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same without the name: what was done, and what to do next. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

extern const struct command_line command_serve, command_init, command_check, command_status,
    command_incident, command_why, command_run, command_may, command_send, command_stop_all,
    command_resume, command_token, command_handoff, command_gaps, command_noise,
    command_on_call, command_feed, command_journal, command_demo, command_silence,
    command_approve, command_deny, command_withdraw, command_answer, command_undo,
    command_permit, command_veto, command_trust, command_promote, command_drill,
    command_hands_on, command_hands_off, command_import, command_break_glass,
    command_review, command_why_not, command_who_can, command_backup, command_completion,
    command_export, command_login_link, command_override, command_restore, command_session,
    command_what_can, command_heartbeat, command_channel;

#endif
