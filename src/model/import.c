/*
 * The text of somebody's runbook, made fit to be one of ours, with what was found in it.
 *
 *	---
 *	runbook: node-disk-full
 *	answers: [{alertname: NodeDiskFull}]
 *	ceiling: suggest
 *	---
 *	> Imported from NodeDiskFull.md. ...
 *
 *	(the text)
 *
 *	## Proposals
 *	...
 *
 * Whatever is made is read once more by markdown_read: what would not load becomes a fence.
 */
#include "model/importing.h"
#include "model/runbook.h"

#define OUT_MAX (4 * RUNBOOK_BYTES_MAX) /* while it is made; then RUNBOOK_BYTES_MAX */
#define PATH_SHOWN_MAX 100
#define NAME_MADE_MAX 100
#define ALERT_BYTES_MIN 4

/* ---- names ---- */

static const char *const aspects[IMPORT_ASPECTS] = { "owner", "check", "action", "verify",
	"undo", "handoff" };

const char *
import_aspect_name(enum import_aspect aspect)
{
	ASSERT(aspect < IMPORT_ASPECTS);
	return aspects[aspect];
}

const char *
import_from_name(enum import_from from)
{
	switch (from) {
	case IMPORT_UNKNOWN:
		return "";
	case IMPORT_TEXT:
		return "text";
	case IMPORT_HEADING:
		return "heading";
	case IMPORT_FILE:
		return "file name";
	}
	UNREACHABLE();
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Without its folders and its ending. */
static str
stem_of(str path)
{
	for (struct str_cut cut = str_cut(path, '/'); cut.found; cut = str_cut(path, '/'))
		path = cut.tail;
	if (str_ends(path, STR(".markdown")))
		return str_take(path, path.n - strlen(".markdown"));
	return str_ends(path, STR(".md")) ? str_take(path, path.n - strlen(".md")) : path;
}

/* Does a word begin at i? "KubeAPIDown": K, A, D. */
static bool
begins_word(str s, size_t i)
{
	if (i == 0 || !is_upper(s.p[i]))
		return false;
	return is_lower(s.p[i - 1]) || is_digit(s.p[i - 1]) ||
	       (is_upper(s.p[i - 1]) && i + 1 < s.n && is_lower(s.p[i + 1]));
}

str
import_name(str path, struct arena *arena)
{
	str stem = stem_of(path);
	struct buf name = BUF(NAME_MADE_MAX);
	for (size_t i = 0; i < stem.n; i++) {
		char c = stem.p[i];
		bool plain = is_upper(c) || is_lower(c) || is_digit(c);
		bool gap = name.n > 0 && name.p[name.n - 1] != '-';
		if ((!plain || begins_word(stem, i)) && gap)
			buf_char(&name, '-');
		if (plain)
			buf_char(&name, is_upper(c) ? (char)(c - 'A' + 'a') : c);
	}
	str made = buf_str(&name);
	while (str_ends(made, STR("-")))
		made = str_take(made, made.n - 1);
	made = arena_str(arena, made.n > 0 ? made : STR("imported"));
	buf_done(&name);
	ASSERT(name_is(made));
	return made;
}

bool
import_is_alert(str word)
{
	size_t upper = 0, lower = 0;
	for (size_t i = 0; i < word.n; i++) {
		if (!is_upper(word.p[i]) && !is_lower(word.p[i]) && !is_digit(word.p[i]))
			return false;
		upper += is_upper(word.p[i]) ? 1 : 0;
		lower += is_lower(word.p[i]) ? 1 : 0;
	}
	return word.n >= ALERT_BYTES_MIN && word.n <= NAME_BYTES_MAX && upper > 0 &&
	       lower > 0 && !is_digit(word.p[0]) && (upper > 1 || is_lower(word.p[0]));
}

/* ---- the text ---- */

/* UTF-8 with LF alone, and nothing that no editor would show. */
static str
clean(str bytes, struct arena *arena)
{
	struct buf out = BUF(OUT_MAX);
	if (str_starts(bytes, STR("\xef\xbb\xbf")))
		bytes = str_drop(bytes, 3);
	while (bytes.n > 0) {
		size_t n = str_utf8_char(bytes);
		char c = bytes.p[0];
		if (n == 0 || c == 0) {
			buf_add(&out, STR("\xef\xbf\xbd"));
			n = 1;
		} else if (c == '\r') {
			n = bytes.n > 1 && bytes.p[1] == '\n' ? 2 : 1;
			buf_char(&out, '\n');
		} else {
			buf_add(&out, str_take(bytes, n));
		}
		bytes = str_drop(bytes, n);
	}
	str text = arena_str(arena, buf_str(&out));
	buf_done(&out);
	return text;
}

/* Front matter of other programs: between lines of --- (YAML) or +++ (TOML). */
static str
cut_front(str *text, uint32_t *ret_line)
{
	str first = str_trim(str_cut(*text, '\n').head);
	*ret_line = 1;
	if (!str_eq(first, STR("---")) && !str_eq(first, STR("+++")))
		return STR("");
	str rest = str_cut(*text, '\n').tail;
	size_t from = (size_t)(rest.p - text->p);
	for (uint32_t line = 2; rest.n > 0; line++) {
		struct str_cut cut = str_cut(rest, '\n');
		if (str_eq(str_trim(cut.head), first)) {
			str front = str_drop(*text, from);
			front = str_take(front, (size_t)(rest.p - front.p));
			*text = cut.tail;
			*ret_line = line + 1;
			return front;
		}
		rest = cut.tail;
	}
	return STR("");
}

static size_t
run_of(str s, char c)
{
	size_t n = 0;
	while (n < s.n && s.p[n] == c)
		n++;
	return n;
}

/* The marks of a fence that may begin in this line, behind blanks and, `nested`, marks of
 * lists and quotes; empty: none. */
static str
fence_marks(str line, bool nested)
{
	const char *before = nested ? " \t>-*+0123456789.)" : " ";
	size_t i = 0;
	while (i < line.n && line.p[i] != 0 && strchr(before, line.p[i]) != NULL)
		i++;
	str rest = str_drop(line, i);
	if (rest.n == 0 || (rest.p[0] != '`' && rest.p[0] != '~'))
		return STR("");
	size_t n = run_of(rest, rest.p[0]);
	return n >= 3 ? str_take(rest, n) : STR("");
}

/* Fences that are steps, or want to be, become text. */
static void
put_tamed(struct buf *out, str text, struct reader *r)
{
	while (text.n > 0) {
		struct str_cut cut = str_cut(text, '\n');
		str marks = fence_marks(cut.head, true);
		size_t at = marks.n > 0 ? (size_t)(marks.p - cut.head.p) + marks.n : 0;
		str info = str_trim(str_drop(cut.head, at));
		size_t n = 0;
		while (n < info.n && info.p[n] != ' ' && info.p[n] != '\t')
			n++;
		bool step =
		    marks.n > 0 && n > 0 && markdown_wants_step(r, str_take(info, n));
		buf_add(out, str_take(cut.head, at));
		buf_add(out, step ? STR("text ") : STR(""));
		buf_add(out, str_drop(cut.head, at));
		buf_char(out, '\n');
		text = cut.tail;
	}
}

/* What closes a fence that is left open at the end; empty: none is. */
static str
open_fence(str text)
{
	str open = STR("");
	while (text.n > 0) {
		struct str_cut cut = str_cut(text, '\n');
		str marks = fence_marks(cut.head, false);
		text = cut.tail;
		if (marks.n == 0 || marks.p - cut.head.p > 3)
			continue;
		str behind =
		    str_trim(str_drop(cut.head, (size_t)(marks.p - cut.head.p) + marks.n));
		bool tick = marks.p[0] == '`';
		if (open.n == 0 && !(tick && str_contains(behind, STR("`"))))
			open = marks;
		else if (open.n > 0 && marks.p[0] == open.p[0] && marks.n >= open.n &&
			 behind.n == 0)
			open = STR("");
	}
	return open;
}

/* ---- putting it together ---- */

static void
put_times(struct buf *out, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(out, c);
}

/* As a fence that nothing in the text can close. */
static void
put_fenced(struct buf *out, str text)
{
	size_t most = 2;
	for (size_t i = 0; i < text.n; i++) {
		size_t n = run_of(str_drop(text, i), '`');
		most = n > most ? n : most;
		i += n;
	}
	put_times(out, '`', most + 1);
	buf_add(out, STR("text\n"));
	buf_add(out, text);
	if (!str_ends(text, STR("\n")))
		buf_char(out, '\n');
	put_times(out, '`', most + 1);
	buf_char(out, '\n');
}

/* Within a line of Markdown, behind other text, meaning itself. */
static void
put_plain(struct buf *out, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < 0x20)
			buf_char(out, ' ');
		else if (strchr("\\`*_{}[]<>#|~&", (int)c) != NULL)
			buf_printf(out, "\\%c", c);
		else
			buf_char(out, (char)c);
	}
}

static void
put_front(struct buf *out, str name, const struct imported *got)
{
	buf_printf(out, "---\nrunbook: %.*s\n", STR_ARG(name));
	if (got->alert.n > 0)
		buf_printf(out, "answers: [{alertname: %.*s}]\n", STR_ARG(got->alert));
	buf_add(out, STR("ceiling: suggest\n---\n"));
}

static void
put_note(struct buf *out, str path, const struct imported *got)
{
	buf_add(out, STR("> Imported from "));
	put_plain(out, path);
	buf_add(out, STR("; nothing of it runs by itself.\n"));
	if (got->alert.n > 0)
		buf_printf(out,
		    "> That it answers %.*s was guessed from its %s: see `answers` "
		    "above.\n",
		    STR_ARG(got->alert), import_from_name(got->alert_from));
	else
		buf_add(out,
		    STR("> Which alert it answers is unknown: write `answers` above.\n"));
	buf_char(out, '\n');
}

static void
put_proposal(struct buf *out, const struct import_command *command)
{
	if (command->heading.n > 0) {
		buf_add(out, STR("Under \""));
		put_plain(out, command->heading);
		buf_add(out, STR("\", line "));
	} else {
		buf_add(out, STR("Line "));
	}
	buf_printf(out, "%u: %s\n\n", command->line,
	    command->query     ? "a query, for a `check` or `verify` with `promql`"
	    : command->changes ? "it changes something, so an `action` for it"
			       : "it looks, for a `check` with `run`");
	put_fenced(out, command->text);
	buf_char(out, '\n');
}

static void
put_proposals(struct buf *out, const struct imported *got, bool listed)
{
	size_t all = got->commands_n + got->commands_more;
	if (all == 0)
		return;
	buf_add(out, STR("\n## Proposals\n\nCommands of the text above. Nothing runs them: "
			 "make steps of those that help.\n\n"));
	for (size_t i = 0; listed && i < got->commands_n; i++)
		put_proposal(out, &got->commands[i]);
	size_t more = listed ? got->commands_more : all;
	if (more > 0)
		buf_printf(out, "%zu %s not listed here.\n", more,
		    more == 1 ? "command is" : "commands are");
}

/* Would it be read without a fault, and without a step? */
static bool
loads(str text, struct arena arena)
{
	struct diags diags;
	diags_init(&diags, &arena);
	struct reader r = { .arena = &arena, .diags = &diags };
	struct source src = { .name = STR("import"), .text = text };
	struct markdown markdown;
	markdown_read(&r, &src, 0, &markdown);
	return diags.count == 0 && markdown.n == 0 && !markdown.faulty;
}

static str
body_of(str text, bool as_text, struct arena *arena)
{
	struct buf out = BUF(OUT_MAX);
	struct diags diags;
	diags_init(&diags, arena);
	struct reader r = { .arena = arena, .diags = &diags };
	if (as_text) {
		put_fenced(&out, text);
	} else {
		put_tamed(&out, text, &r);
		str open = open_fence(buf_str(&out));
		if (open.n > 0) {
			char mark = open.p[0];
			put_times(&out, mark, open.n);
			buf_char(&out, '\n');
		}
	}
	str body = arena_str(arena, buf_str(&out));
	buf_done(&out);
	return body;
}

struct import_parts {
	str name, path, body, front;
	bool headless, listed;
};

/* The whole file. */
static str
compose(const struct import_parts *parts, const struct imported *got, struct arena *arena)
{
	struct buf out = BUF(OUT_MAX);
	put_front(&out, parts->name, got);
	put_note(&out, parts->path, got);
	if (parts->headless) {
		buf_add(&out, STR("# "));
		put_plain(&out, got->title);
		buf_add(&out, STR("\n\n"));
	}
	buf_add(&out, parts->body);
	put_proposals(&out, got, parts->listed);
	if (parts->front.n > 0) {
		buf_add(&out, STR("\n## Front matter of the original\n\n"));
		put_fenced(&out, parts->front);
	}
	str text = out.overflow ? STR("") : arena_str(arena, buf_str(&out));
	buf_done(&out);
	return text;
}

/* Behind its own front matter. */
static str
prose_of(str text)
{
	for (int rules = 0; rules < 2;) {
		struct str_cut cut = str_cut(text, '\n');
		rules += str_eq(cut.head, STR("---"));
		text = cut.tail;
	}
	return text;
}

static void
guess_alert(const struct import_parsed *parsed, str path, struct imported *ret)
{
	str stem = stem_of(path);
	ret->alert_from = IMPORT_UNKNOWN;
	/* Where both could be one and differ, the heading is the one that was copied. */
	bool differs = import_is_alert(stem) && !str_eq(stem, parsed->title);
	if (import_is_alert(parsed->title) && !differs) {
		ret->alert = parsed->title;
		ret->alert_from = IMPORT_HEADING;
	} else if (import_is_alert(stem)) {
		ret->alert = stem;
		ret->alert_from = IMPORT_FILE;
	} else if (parsed->alertname.n > 0) {
		ret->alert = parsed->alertname;
		ret->alert_from = IMPORT_TEXT;
	}
}

/* What people see of where it came from: no folders of somebody's machine. */
static str
shown_path(str path, struct arena *arena)
{
	for (struct str_cut cut = str_cut(path, '/'); cut.found; cut = str_cut(path, '/'))
		path = cut.tail;
	str text =
	    clean(str_take(path, path.n < PATH_SHOWN_MAX ? path.n : PATH_SHOWN_MAX), arena);
	return text.n > 0 ? text : STR("a file");
}

bool
import_runbook(str bytes, str path, str name, struct arena *arena, struct imported *ret,
    struct err *err)
{
	ASSERT(name_is(name));
	if (bytes.n > RUNBOOK_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "it is over %u kB: split it first",
		    RUNBOOK_BYTES_MAX / 1024);
	struct imported got = { .grade = 0 };
	struct import_parsed parsed;
	uint32_t line;
	str text = clean(bytes, arena);
	str front = cut_front(&text, &line);
	import_parse(text, line, arena, &parsed);
	got.title = parsed.title.n > 0 ? parsed.title : stem_of(shown_path(path, arena));
	got.commands = parsed.commands;
	got.commands_n = parsed.commands_n;
	got.commands_more = parsed.commands_more;
	guess_alert(&parsed, path, &got);
	import_grade(&parsed, front, arena, &got);

	struct import_parts parts = { .name = name,
		.path = shown_path(path, arena),
		.front = front,
		.headless = parsed.title.n == 0,
		.listed = true };
	for (int try = 0; try < 4; try++) {
		got.as_text = try >= 2;
		parts.listed = try % 2 == 0;
		parts.headless = parsed.title.n == 0 || got.as_text;
		parts.body = body_of(text, got.as_text, arena);
		got.text = compose(&parts, &got, arena);
		if (got.text.n == 0 || got.text.n > RUNBOOK_BYTES_MAX ||
		    !loads(prose_of(got.text), *arena))
			continue;
		*ret = got;
		return true;
	}
	return err_set(err, ERR_LIMIT,
	    "it is over %u kB with what is added: split it first",
	    RUNBOOK_BYTES_MAX / 1024);
}
