#ifndef HANDS_SSH_SCRIPT_H
#define HANDS_SSH_SCRIPT_H

#include "base/buf.h"
#include "facts/record.h"

/*
 * ssh_script -- what the far side of an ssh action runs, and what it answers.
 *
 * The login shell there, whatever it is, is given one fixed line (SSH_REMOTE); the script
 * comes on stdin once that said it is ready, to a POSIX sh. It is one compound command, so
 * half of it is nothing. In it every argument stands in single quotes, so it arrives byte
 * for byte.
 *
 * The record there, ~/.local/state/firstline/ATTEMPT-WALL/, answers "did it happen?":
 *
 *	the folder   made before anything else; who makes it has the attempt, for ever
 *	run          what is run
 *	pid          who runs it, and since when (the kernel's start time)
 *	output       its beginning
 *	code         its exit code, once it ended; "never": it shall never begin
 *
 * Asking makes the folder where it is not there yet: so "never" stays true, whatever is
 * still on its way. Records go after 30 days.
 *
 * Answers are lines, the first that begins with "firstline-" counts:
 *
 *	firstline-done CODE    and then the output
 *	firstline-running | firstline-never | firstline-lost | firstline-taken
 *	firstline-cannot WHY   it surely did not begin
 */
#define SSH_REMOTE "echo firstline-ready; exec /bin/sh -s"
#define SSH_READY "firstline-ready"
#define SSH_GREETING_MAX ((size_t)64 << 10) /* of what a login says before it is ready */
#define SSH_OUTPUT_MAX 8000 /* of a command's output, kept on the far side */
#define SSH_SCRIPT_MAX ((size_t)512 << 10)

void ssh_script_do(struct buf *out, uint64_t attempt, msec wall, const struct strs *argv);
void ssh_script_ask(struct buf *out, uint64_t attempt, msec wall);
/* A probe: no record; ends with a line "firstline-end MARK CODE". */
void ssh_script_look(struct buf *out, uint64_t mark, const struct strs *argv);

/* The text in single quotes, as sh reads it. */
void ssh_quote(struct buf *out, str text);

enum ssh_answer {
	SSH_NOTHING = 1, /* none, or not a whole one */
	SSH_DONE,
	SSH_RUNNING,
	SSH_NEVER,
	SSH_LOST, /* it began, and whoever watched it there is gone */
	SSH_TAKEN,
	SSH_CANNOT,
};

struct ssh_said {
	enum ssh_answer answer;
	int code;
	str text; /* DONE: the output; CANNOT: why */
};

/* What came from the far side after it was ready. */
struct ssh_said ssh_script_read(str bytes);
/* The end of a look; false: it is not whole. */
bool ssh_look_read(str bytes, uint64_t mark, int *ret_code, str *ret_output);

#endif
