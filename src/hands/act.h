#ifndef HANDS_ACT_H
#define HANDS_ACT_H

#include "facts/effect.h"

/*
 * act -- actions that no outside command does: `firstline act KIND`, a hidden command.
 *
 * It runs beneath firstline-shim like every other command, so what a crash leaves behind
 * means the same for every kind. It reads its request from stdin, a sealed memfd made by
 * act_input: strict CBOR, at most ACT_REQUEST_MAX bytes, the only place where the secrets
 * it needs ever stand. It writes its output to stdout and exits with the code that says how
 * it went; where that does not say it, the outcome goes to the shim as a verdict (shim.h):
 *
 *	ACT_EXITED   it was done, or surely failed: exit_code, as a command's
 *	ACT_NEVER    nothing left this machine: it may be tried again
 *	ACT_REFUSED  nothing left this machine, and must not: the host key is another one
 *	ACT_UNKNOWN  it may have happened, and nobody can know
 *
 * A kind is a function below and a row in act.c.
 */
#define ACT_REQUEST_MAX ((size_t)512 << 10)
#define ACT_WHY_MAX 280

struct act_request {
	enum action_kind kind;
	bool ask; /* a probe: it looks and changes nothing */
	row_id attempt;
	msec intent_wall;
	msec timeout_ms;
	struct strs argv;
	struct pairs parts;   /* as the kind's file in model says */
	struct pairs secrets; /* by what they are for: "header.Authorization", "identity" */
	str bus; /* D-Bus address, of serve's DBUS_SYSTEM_BUS_ADDRESS; empty: the system's */
};
extern const struct record_type act_request_type;

enum act_end { ACT_EXITED = 1, ACT_NEVER, ACT_REFUSED, ACT_UNKNOWN };

struct act_outcome {
	enum act_end end;
	int exit_code;
	char why[ACT_WHY_MAX]; /* one line; not of ACT_EXITED */
};

/* ---- hands' side ---- */

/*
 * The request with its secrets resolved, in a sealed memfd: each part "secret.X" becomes
 * the secret X, behind what the part "prefix.X" says. False: a secret cannot be had.
 */
NODISCARD bool act_input(const struct act_request *request, int *ret_fd, struct err *err);

/* "PROGRAM act KIND", for the shim; `ret` has room for it. */
struct strs act_argv(const char *program, enum action_kind kind, str ret[3]);

/* ---- the process ---- */

/* The kind of that word, that acts by itself; 0: there is none. */
enum action_kind act_kind_of(str word);
/* Strict: exactly what act_input wrote. */
NODISCARD bool act_request_read(str bytes, struct arena *arena, struct act_request *ret,
    struct err *err);
/* The command's main; returns its exit code. */
int act_main(const char *word);

/* Each may block, and is ended by a TERM at any time. Nothing of a secret goes to stdout. */
struct act_outcome act_http(const struct act_request *request, struct arena *arena);
struct act_outcome act_ssh(const struct act_request *request, struct arena *arena);
struct act_outcome act_systemd(const struct act_request *request, struct arena *arena);

/* For their use. */
struct act_outcome act_exited(int code);
struct act_outcome act_ended(enum act_end end, const char *fmt, ...) PRINTF_LIKE(2, 3);
void act_say(str text); /* to stdout */
void act_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
