#ifndef MODEL_IMPORT_H
#define MODEL_IMPORT_H

#include "base/arena.h"
#include "base/err.h"

/*
 * import -- somebody's Markdown runbook as one of ours, and how good it is.
 *
 * The text is kept as it is, but for what would be no runbook: front matter of another kind
 * goes to the end, fences that look like steps become text, and what is no UTF-8 becomes
 * U+FFFD. Commands found in it are listed as proposals, in fences that nothing runs; the
 * ceiling is `suggest`. What comes out is a runbook that loads, whatever went in: text that
 * cannot be kept as Markdown is kept as a fence of its own.
 *
 * Pure. Everything returned lives in the arena.
 */
#define IMPORT_COMMANDS_MAX 64
#define IMPORT_COMMAND_BYTES_MAX 1024
#define IMPORT_ARENA_BYTES ((size_t)16 << 20) /* for one runbook */

/* What a runbook should say, and how it says it. */
enum import_aspect {
	IMPORT_OWNER,
	IMPORT_CHECK,
	IMPORT_ACTION,
	IMPORT_VERIFY,
	IMPORT_UNDO,
	IMPORT_HANDOFF,
};
#define IMPORT_ASPECTS 6
enum import_level {
	IMPORT_NOTHING = 1,
	IMPORT_WORDS,    /* a person can follow it */
	IMPORT_COMMANDS, /* there is a command or query that could become a step */
};

/* Where the alert's name was found. */
enum import_from { IMPORT_UNKNOWN = 1, IMPORT_TEXT, IMPORT_HEADING, IMPORT_FILE };

struct import_command {
	str heading;   /* it stands under; may be empty */
	uint32_t line; /* of the original, from 1 */
	bool query;    /* for a Prometheus */
	bool changes;  /* a command that does more than look */
	str text;
};

struct imported {
	str title;
	str alert; /* empty: unknown */
	enum import_from alert_from;
	str owner; /* as it is written there; empty: nobody is named */
	enum import_level levels[IMPORT_ASPECTS];
	unsigned grade; /* aspects that are there at all, 0..IMPORT_ASPECTS */
	struct import_command *commands;
	size_t commands_n, commands_more; /* more: found and not kept */
	bool
	    as_text; /* the original stands in one fence: it would not have been a runbook */
	str text;    /* the file to write */
};

/* "NodeDiskFull.md" in whatever folder: "node-disk-full", always a name. */
str import_name(str path, struct arena *arena);
const char *import_aspect_name(enum import_aspect aspect);
const char *import_from_name(enum import_from from); /* "heading"; empty: unknown */

/* `name` is what the runbook will be called, `path` where it came from. False with err where
 * it is too long to be a runbook. */
NODISCARD bool import_runbook(str bytes, str path, str name, struct arena *arena,
    struct imported *ret, struct err *err);

#endif
