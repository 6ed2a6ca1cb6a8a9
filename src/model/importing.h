#ifndef MODEL_IMPORTING_H
#define MODEL_IMPORTING_H

#include "base/buf.h"
#include "model/import.h"

/*
 * importing -- shared by the files of import: import.c puts the parts together,
 * import_parse.c finds headings, commands and words, import_grade.c judges them.
 */
#define IMPORT_SECTIONS_MAX 128
#define IMPORT_HEADING_MAX 200

/* What stands under one heading, up to the next. */
struct import_section {
	str heading;                  /* empty: before the first */
	str text;                     /* of its paragraphs, in lower case, cut at a bound */
	bool queries, looks, changes; /* there are such commands in it */
};

struct import_parsed {
	str title; /* first heading */
	struct import_section *sections;
	size_t sections_n;
	struct import_command *commands;
	size_t commands_n, commands_more;
	str alertname; /* from alertname="..." somewhere; empty: none */
};

/* `markdown` is UTF-8 without front matter; its first line is line `line` of the original. */
void import_parse(str markdown, uint32_t line, struct arena *arena,
    struct import_parsed *ret);
/* `front`: front matter of the original, as text. Fills in owner, levels and grade. */
void import_grade(const struct import_parsed *parsed, str front, struct arena *arena,
    struct imported *ret);

bool import_is_alert(str word); /* could be the name of an alert: KubePodCrashLooping */
/* Does the lower-case text have one of these, ended by NULL, at the start of a word? */
bool import_says(str lower, const char *const *words);
str import_lower(str s, size_t max, struct arena *arena);

#endif
