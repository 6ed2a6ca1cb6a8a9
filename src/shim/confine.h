#ifndef SHIM_CONFINE_H
#define SHIM_CONFINE_H

#include "shim/parts.h"
#include "shim/redact.h"

/*
 * confine -- how a command is held, from the setup to its first instruction.
 *
 *	shim           outside: watches, captures, kills
 *	  `- init      first process of the command's namespaces: makes its files, gives up
 *	     |         user, rights and limits, then only reaps; when it ends, so does all
 *	     `- command   behind the seccomp filter
 *
 * Each step puts on what this machine has (setup.pillars), or fails; a failure means that
 * the command never started.
 */
/* Above all numbers that a command is given (5 and SHIM_SECRETS_MAX), and with as many again
 * within a limit of 64 descriptors. */
#define SETUP_FDS 32

struct secret_view {
	const char *name, *value; /* within setup.bytes */
	int fd;                   /* memfd, sealed */
};

struct setup {
	bool has_profile, confined, offline;
	bool has_user, shared;
	uint32_t pillars;
	unsigned uid, gid;
	unsigned shim_uid, shim_gid; /* ours */
	const char *program; /* its file, where that is an absolute path; else NULL */
	const char *paths[SHIM_PATHS_MAX]; /* shorter ones first */
	bool writable[SHIM_PATHS_MAX];
	size_t paths_n;
	struct secret_view secrets[SHIM_SECRETS_MAX];
	size_t secrets_n;
	const char
	    *hidden[SHIM_SECRETS_MAX]; /* not handed to it, but kept out of its output */
	size_t hidden_n;
	size_t n;
	char bytes[SHIM_SETUP_MAX];
};

/* What failed. */
struct said {
	int value; /* errno */
	bool failed;
	char what[123];
};

/* From the inside to the shim, in memory that both see: saying it cannot fail, and who dies
 * without a word has said nothing. The command itself has it no more: exec takes it away. */
struct word {
	struct said said; /* what kept it from running */
	bool leaving;     /* to exec now: from here on it may have begun */
	bool ended;       /* init saw its end, with this wait status */
	int status;
};

/* setup.c: from SHIM_FD_SETUP; false when it is not whole. Makes the secrets' memfds. */
bool setup_read(struct setup *setup);
/* The same from setup->bytes, which it cuts. */
bool setup_take(struct setup *setup);
/* The redactor learns the secrets, and the setup forgets them. */
void setup_teach(struct setup *setup, struct redactor *redactor);
void setup_forget(struct setup *setup);

/* The rest is called in the command's own processes; false with *ret. */

/* init.c: the namespaces to be born in, as flags of clone3. */
uint64_t init_namespaces(const struct setup *setup);
/* Everything but the filter. */
bool init_confine(const struct setup *setup, struct said *ret);
/* Never returns: waits for the command, ends with it, says how. */
_Noreturn void init_main(pid_t command, struct word *word);

/* files.c: a root of its own with what it may see. */
bool files_make(const struct setup *setup, struct said *ret);
extern const char *const files_system[]; /* folders of the system; NULL at the end */
extern const char *const files_etc[];
extern const char *const files_dev[];

bool limits_set(const struct setup *setup, struct said *ret); /* limits.c */
long landlock_version(void); /* landlock.c; 0: none; -1 with errno: not known */
bool landlock_put_on(const struct setup *setup, struct said *ret);
bool seccomp_works(void); /* seccomp.c */
bool seccomp_put_on(bool offline, struct said *ret);

/* check.c */
int check_main(void);

bool say(struct said *ret, int error, const char *what); /* returns false */

#endif
