/*
 * Probes of a file on this machine, and the folders they may look into.
 *
 *	probe_files: [/var/log/apps]
 *
 *	{log: {file: "/var/log/apps/${unit}.log", lines: 500, match: ERROR}, expect: matches < 5}
 *
 * The folder is always written out, so a placeholder chooses among the files of one folder
 * that somebody allowed, and no more.
 */
#include "model/internal.h"

#define PROBE_FILES_MAX 64
#define LOG_LINES_DEFAULT 200
#define LOG_LINES_MAX 10000
#define LOG_MATCH_BYTES_MAX 256
#define LOG_PATH_BYTES_MAX 1024

/* Absolute, of plain parts: no "", "." or "..", no control characters. */
static bool
plain_path(str path)
{
	if (!str_starts(path, STR("/")) || path.n < 2 || path.n > LOG_PATH_BYTES_MAX)
		return false;
	for (size_t i = 0; i < path.n; i++) {
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f)
			return false;
	}
	for (str rest = str_drop(path, 1);;) {
		struct str_cut cut = str_cut(rest, '/');
		if (cut.head.n == 0 || str_eq(cut.head, STR(".")) ||
		    str_eq(cut.head, STR("..")))
			return false;
		if (!cut.found)
			return true;
		rest = cut.tail;
	}
}

void
probe_files_read(struct reader *r, const struct section *section, struct strs *ret)
{
	ret->p = arena_new(r->arena, str, section->n);
	for (size_t i = 0; i < section->n; i++) {
		const struct node *node = section->nodes[i];
		str text;
		if (i >= PROBE_FILES_MAX) {
			read_error(r, node, STR("name the folder above several of them"),
			    "more than %d folders for logs", PROBE_FILES_MAX);
			return;
		}
		if (!read_text(r, node, &text))
			continue;
		if (plain_path(text))
			ret->p[ret->n++] = text;
		else
			read_error(r, node,
			    STR("as in /var/log/apps, without / at the end"),
			    "'%.*s' is no folder's plain path", STR_ARG(text));
	}
}

static bool
is_below(str path, str folder)
{
	return path.n > folder.n + 1 && str_starts(path, folder) && path.p[folder.n] == '/';
}

static bool
allowed_folder(const struct model *model, str literal)
{
	for (size_t i = 0; i < model->probe_files.n; i++) {
		str folder = model->probe_files.p[i];
		/* A placeholder may follow the slash at once. */
		if (is_below(literal, folder) ||
		    (literal.n == folder.n + 1 && str_starts(literal, folder) &&
			str_ends(literal, STR("/"))))
			return true;
	}
	return false;
}

static void
file_read_path(struct reader *r, const struct node *node, const struct strs *allowed,
    struct template *ret)
{
	if (!read_template(r, node, QUOTE_NAME, allowed, ret))
		return;
	struct buf tried = BUF(LOG_PATH_BYTES_MAX + 1);
	for (size_t i = 0; i < ret->n; i++)
		buf_add(&tried,
		    ret->pieces[i].placeholder ? STR("x") : ret->pieces[i].text);
	bool plain = !tried.overflow && plain_path(buf_str(&tried));
	buf_done(&tried);
	const struct piece *first = &ret->pieces[0];
	if (!plain)
		read_error(r, node, STR("as in /var/log/apps/shop.log"),
		    "'%.*s' is no file's plain path", STR_ARG(node->text));
	else if (!r->incomplete &&
		 (first->placeholder || !allowed_folder(r->model, first->text)))
		read_error(r, node,
		    STR("allow it by a top-level 'probe_files: [/folder]', and write the "
			"folder out here"),
		    "'%.*s' is not below a folder that 'probe_files' names",
		    STR_ARG(node->text));
}

void
probe_log_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe)
{
	const struct node *file = NULL, *lines = NULL, *match = NULL;
	const struct key keys[] = {
		{ "file", &file, .required = true },
		{ "lines", &lines },
		{ "match", &match },
	};
	(void)n;
	probe->lines = LOG_LINES_DEFAULT;
	(void)read_map(r, node, NULL, keys, countof(keys));
	if (file != NULL)
		file_read_path(r, file, allowed, &probe->where);
	if (lines != NULL)
		(void)read_u32(r, lines, 1, LOG_LINES_MAX, &probe->lines);
	if (match == NULL || !read_text(r, match, &probe->text))
		return;
	if (probe->text.n > LOG_MATCH_BYTES_MAX || str_contains(probe->text, STR("\n")))
		read_error(r, match, STR("write a short part of a line"),
		    "no line could hold this text");
}
