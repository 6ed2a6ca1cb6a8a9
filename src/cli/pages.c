/*
 * A list of more than one page, asked for until its end: nobody who asks for a list expects
 * the first hundred of it. And an empty one, of a name that nobody has.
 */
#include <stdio.h>

#include "cli/client.h"

#define ALL_BYTES_MAX ((size_t)256 << 20) /* of one list, as JSON */

/* What stands between the brackets of a list. */
static void
add_items(struct buf *all, str list)
{
	str items = list.n > 2 ? str_trim(str_take(str_drop(list, 1), list.n - 2)) : list;
	if (list.n <= 2 || items.n == 0)
		return;
	if (all->p[all->n - 1] != '[')
		buf_char(all, ',');
	buf_add(all, items);
}

static const char *
next_path(struct client *client, const char *path, const struct reply_page *page)
{
	return arena_cstr(&client->arena,
	    arena_printf(&client->arena, "%s%ccursor=%.*s", path,
		strchr(path, '?') != NULL ? '&' : '?',
		STR_ARG(client_escape(client, page->cursor))));
}

/* What follows the first page; each is forgotten when its elements are taken. */
static int
add_rest(struct client *client, const char *path, struct reply_page page, struct buf *all)
{
	while (page.cursor[0] != '\0' && !all->overflow) {
		struct arena mark = client->arena;
		struct reply_page before = page;
		str body;
		int code = client_get(client, next_path(client, path, &page), &body);
		if (code != EXIT_OK)
			return code;
		/* Whoever says that the same follows again would be asked for ever. */
		if (!reply_page(body, &client->arena, &page) ||
		    strcmp(page.cursor, before.cursor) == 0) {
			complain("the server's answer was not understood: it is no list");
			return EXIT_FAILED;
		}
		add_items(all, page.items);
		client->arena = mark;
	}
	return EXIT_OK;
}

int
client_get_all(struct client *client, const char *path, str *ret_body)
{
	struct reply_page first;
	int code = client_get(client, path, ret_body);
	/* One page, or no list: as the server wrote it. */
	if (code != EXIT_OK || !reply_page(*ret_body, &client->arena, &first) ||
	    first.cursor[0] == '\0')
		return code;
	struct buf all = BUF(ALL_BYTES_MAX);
	buf_add(&all, STR("{\"items\":["));
	add_items(&all, first.items);
	code = add_rest(client, path, first, &all);
	buf_add(&all, STR("],\"cursor\":null,\"seq\":"));
	buf_add(&all, first.seq.n > 0 ? first.seq : STR("null"));
	buf_char(&all, '}');
	bool whole = !all.overflow;
	if (code == EXIT_OK && whole)
		*ret_body = arena_str(&client->arena, buf_str(&all));
	buf_done(&all);
	if (code != EXIT_OK || whole)
		return code;
	complain("the list is over %zu MiB: ask for it page by page, at %s",
	    ALL_BYTES_MAX >> 20, path);
	return EXIT_FAILED;
}

/* ---- names in a filter ---- */

static int
known(struct client *client, const char *path, const char *name)
{
	str body;
	return client_get(client,
	    arena_cstr(&client->arena, arena_printf(&client->arena, "%s%.*s", path,
					   STR_ARG(client_escape(client, name)))),
	    &body);
}

int
service_known(struct client *client, const char *name)
{
	return known(client, "/v1/services/", name);
}

int
team_known(struct client *client, const char *name)
{
	return known(client, "/v1/on-call?team=", name);
}
