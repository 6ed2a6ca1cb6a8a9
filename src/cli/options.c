#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/output.h"

#define MESSAGE_BYTES_MAX 65536
#define NEAR_MAX 3 /* edits between what was typed and what is suggested */

static void message(const char *head, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

/* What it quotes may come from file names, alerts or another server. */
static void
message(const char *head, const char *fmt, va_list args)
{
	static char memory[MESSAGE_BYTES_MAX];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct buf line = BUF(sizeof(memory) + 32);
	buf_add(&line, str_of(head));
	buf_shown(&line, arena_vprintf(&arena, fmt, args));
	buf_char(&line, '\n');
	(void)fwrite(line.p, 1, line.n, stderr);
	buf_done(&line);
}

void
complain(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	message("firstline: ", fmt, args);
	va_end(args);
}

void
say(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	message("", fmt, args);
	va_end(args);
}

static void
complain_unknown(str name, const struct option_spec *specs, size_t n)
{
	const char *nearest = NULL;
	unsigned best = NEAR_MAX + 1;
	for (size_t i = 0; i < n; i++) {
		unsigned distance = str_distance(name, str_of(specs[i].name), NEAR_MAX);
		if (distance < best) {
			best = distance;
			nearest = specs[i].name;
		}
	}
	if (nearest != NULL)
		complain("unknown option '--%.*s'; did you mean '--%s'?", STR_ARG(name),
		    nearest);
	else
		complain("unknown option '--%.*s'; try --help", STR_ARG(name));
}

static const struct option_spec *
find(const struct option_spec *specs, size_t n, str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(name, str_of(specs[i].name)))
			return &specs[i];
	}
	return NULL;
}

/* One option at argv[*i]; moves *i past a value of its own. */
static bool
take_one(int argc, char **argv, int *i, const struct option_spec *specs, size_t n)
{
	str text = str_drop(str_of(argv[*i]), 2);
	struct str_cut parts = str_cut(text, '=');
	const struct option_spec *spec = find(specs, n, parts.head);
	if (spec == NULL) {
		complain_unknown(parts.head, specs, n);
		return false;
	}
	if (spec->flag != NULL) {
		if (parts.found) {
			complain("'--%s' takes no value", spec->name);
			return false;
		}
		*spec->flag = true;
		return true;
	}
	if (parts.found) {
		*spec->value = parts.tail.p;
		return true;
	}
	if (*i + 1 >= argc) {
		complain("'--%s' needs a value", spec->name);
		return false;
	}
	*spec->value = argv[++*i];
	return true;
}

bool
options_take(int *argc, char **argv, const struct option_spec *specs, size_t n)
{
	int kept = 0;
	bool options = true;
	for (int i = 0; i < *argc; i++) {
		str text = str_of(argv[i]);
		if (options && str_eq(text, STR("--"))) {
			options = false;
			continue;
		}
		if (options && str_starts(text, STR("--"))) {
			if (!take_one(*argc, argv, &i, specs, n))
				return false;
			continue;
		}
		argv[kept++] = argv[i];
	}
	*argc = kept;
	return true;
}
