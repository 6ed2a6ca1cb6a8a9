#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/zone.h"

/*
 * output -- what people read on stdout, made whole and then written at once.
 *
 * Colour only on a terminal and without NO_COLOR (nor FIRSTLINE_NO_COLOR, nor TERM=dumb).
 * Lines are wrapped to the terminal, to 80 columns where there is none. Texts come from
 * alerts and other people: control characters in them never reach the terminal. Times are
 * local ($TZ, else /etc/localtime).
 */
enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_BAD,  /* red */
	STYLE_WARN, /* yellow */
	STYLE_GOOD, /* green */
};

struct out {
	struct buf text;
	struct arena *arena;
	const struct zone *zone;
	bool colour;
	size_t width; /* columns */
	msec now;
};
#define OUT_BYTES_MAX ((size_t)64 << 20)

struct out out_begin(struct arena *arena);
/* Writes it all. EXIT_OK, or EXIT_FAILED having said why. */
int out_end(struct out *out);

/* Is all of it out that was written to stdout, and was it all that there is to write?
 * EXIT_FAILED says on stderr that it is not, once. */
int out_flush(bool all);

void buf_shown(struct buf *out, str s); /* as it is, but for control characters */
void out_text(struct out *out, str s);  /* as it is, but for control characters */
void out_printf(struct out *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
void out_styled(struct out *out, enum style style, str s);
/* The text with lines no longer than the width, but for longer words; lines after the first
 * begin with `prefix`. `column` is where the first line already is. Ends the line. */
void out_lines(struct out *out, str prefix, size_t column, str s);
/* The same with a prefix of `indent` (less than 40) blanks. */
void out_wrapped(struct out *out, size_t indent, size_t column, str s);
/* "  name      text" with the text wrapped below itself. */
#define OUT_FIELD_INDENT 13
void out_field(struct out *out, const char *name, str text);

/* ---- pieces of text, in the arena ---- */

str text_date_time(struct out *out, msec wall); /* "2026-11-23 08:18:22 CET" */
str text_clock(struct out *out, msec wall);     /* "08:18:22" */
str text_length(struct arena *arena,
    msec ms); /* "290ms", "4.2s", "12s", "2m 5s", "3h 12m", "4d 2h" */
str text_ago(struct out *out, msec wall); /* text_length of now - wall */
size_t text_columns(str s);               /* characters, which is columns in most scripts */
str text_number(struct arena *arena, uint64_t n, const char *one, const char *many);

#endif
