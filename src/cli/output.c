#include "cli/output.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "os/clock.h"
#include "os/env.h"
#include "os/file.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MIN 40
#define WIDTH_MAX 120 /* longer lines are hard to read, whatever the terminal has */

static const char *const style_codes[] = {
	[STYLE_PLAIN] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_BAD] = "\033[31m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_GOOD] = "\033[32m",
};

/* ---- the terminal ---- */

static bool
wants_colour(void)
{
	const char *term = env_get("TERM");
	return isatty(STDOUT_FILENO) && env_get("NO_COLOR") == NULL &&
	       env_get("FIRSTLINE_NO_COLOR") == NULL &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

static size_t
terminal_width(void)
{
	struct winsize size;
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
	    size.ws_col == 0)
		return WIDTH_DEFAULT;
	if (size.ws_col < WIDTH_MIN)
		return WIDTH_MIN;
	return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

/* UTC where the zone cannot be told: what is printed then says so. */
static const struct zone *
local_zone(struct arena *arena)
{
	const char *tz = env_get("TZ");
	char path[300] = "/etc/localtime";
	if (tz != NULL) {
		tz += tz[0] == ':';
		int n = snprintf(path, sizeof(path), "%s%s",
		    tz[0] == '/' ? "" : "/usr/share/zoneinfo/", tz);
		if (n < 0 || (size_t)n >= sizeof(path))
			return zone_utc();
	}
	str file;
	struct err err;
	struct zone *zone;
	if (!file_read(arena, path, ZONE_FILE_MAX, &file, &err) ||
	    !zone_parse(arena, str_of("local"), file, &zone, &err))
		return zone_utc();
	return zone;
}

/* ---- writing ---- */

struct out
out_begin(struct arena *arena)
{
	return (struct out){
		.text = BUF(OUT_BYTES_MAX),
		.arena = arena,
		.zone = local_zone(arena),
		.colour = wants_colour(),
		.width = terminal_width(),
		.now = clock_wall(),
	};
}

int
out_flush(bool all)
{
	static bool said;
	bool ok = fflush(stdout) == 0 && all;
	ok = ferror(stdout) == 0 && ok; /* earlier, and forgotten by fflush */
	if (!ok && !said)
		complain("could not write all of the answer to stdout");
	said = said || !ok;
	return ok ? EXIT_OK : EXIT_FAILED;
}

int
out_end(struct out *out)
{
	bool all = !out->text.overflow;
	if (out->text.n > 0)
		(void)fwrite(out->text.p, 1, out->text.n, stdout);
	buf_done(&out->text);
	return out_flush(all);
}

void
buf_shown(struct buf *out, str s)
{
	while (s.n > 0) {
		size_t plain = 0;
		while (plain < s.n && str_acts(str_drop(s, plain)) == 0)
			plain++;
		buf_add(out, str_take(s, plain));
		s = str_drop(s, plain);
		if (s.n > 0) {
			buf_char(out, '?');
			s = str_drop(s, str_acts(s));
		}
	}
}

void
out_text(struct out *out, str s)
{
	buf_shown(&out->text, s);
}

void
out_printf(struct out *out, const char *fmt, ...)
{
	struct arena scratch = *out->arena;
	va_list args;
	va_start(args, fmt);
	out_text(out, arena_vprintf(&scratch, fmt, args));
	va_end(args);
}

void
out_styled(struct out *out, enum style style, str s)
{
	bool coloured = out->colour && style != STYLE_PLAIN;
	if (coloured)
		buf_add(&out->text, str_of(style_codes[style]));
	out_text(out, s);
	if (coloured)
		buf_add(&out->text, STR("\033[0m"));
}

size_t
text_columns(str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static size_t
new_line(struct out *out, str prefix)
{
	buf_char(&out->text, '\n');
	buf_add(&out->text, prefix);
	return text_columns(prefix);
}

void
out_lines(struct out *out, str prefix, size_t column, str s)
{
	bool first = true; /* word of its line */
	s = str_trim(s);
	while (s.n > 0) {
		struct str_cut line = str_cut(s, '\n');
		struct str_cut cut = str_cut(line.head, ' ');
		str word = cut.head;
		s = cut.found ? str_drop(s, word.n + 1) : line.tail;
		size_t n = text_columns(word);
		if (n > 0 && !first && column + 1 + n > out->width) {
			column = new_line(out, prefix);
		} else if (n > 0 && !first) {
			buf_char(&out->text, ' ');
			column++;
		}
		out_text(out, word);
		column += n;
		first = first && n == 0;
		if (!cut.found && s.n > 0) {
			column = new_line(out, prefix);
			first = true;
		}
	}
	buf_char(&out->text, '\n');
}

void
out_wrapped(struct out *out, size_t indent, size_t column, str s)
{
	static const char blanks[] = "                                        ";
	ASSERT(indent < sizeof(blanks));
	out_lines(out, (str){ blanks, indent }, column, s);
}

void
out_field(struct out *out, const char *name, str text)
{
	struct arena scratch = *out->arena;
	out_styled(out, STYLE_DIM, arena_printf(&scratch, "  %-10s ", name));
	out_wrapped(out, OUT_FIELD_INDENT, OUT_FIELD_INDENT, text);
}

/* ---- pieces of text ---- */

static struct civil
local_time(const struct out *out, msec wall)
{
	return zone_civil(out->zone, (int64_t)(wall / SECOND));
}

str
text_date_time(struct out *out, msec wall)
{
	struct civil t = local_time(out, wall);
	str zone = zone_abbreviation(out->zone, (int64_t)(wall / SECOND));
	return arena_printf(out->arena, "%04d-%02u-%02u %02u:%02u:%02u %.*s", t.year,
	    t.month, t.day, t.hour, t.minute, t.second, STR_ARG(zone));
}

str
text_clock(struct out *out, msec wall)
{
	struct civil t = local_time(out, wall);
	return arena_printf(out->arena, "%02u:%02u:%02u", t.hour, t.minute, t.second);
}

str
text_length(struct arena *arena, msec ms)
{
	unsigned long long s = ms / SECOND;
	if (ms < SECOND)
		return arena_printf(arena, "%llums", (unsigned long long)ms);
	if (ms < 10 * SECOND)
		return arena_printf(arena, "%llu.%llus",
		    (unsigned long long)(ms + 50) / 1000,
		    (unsigned long long)(ms + 50) % 1000 / 100);
	if (ms < MINUTE)
		return arena_printf(arena, "%llus", s);
	if (ms < HOUR)
		return arena_printf(arena, "%llum %llus", s / 60, s % 60);
	if (ms < DAY)
		return arena_printf(arena, "%lluh %llum", s / 3600, s / 60 % 60);
	return arena_printf(arena, "%llud %lluh", s / 86400, s / 3600 % 24);
}

str
text_ago(struct out *out, msec wall)
{
	return text_length(out->arena, out->now > wall ? out->now - wall : 0);
}

str
text_number(struct arena *arena, uint64_t n, const char *one, const char *many)
{
	return arena_printf(arena, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}
