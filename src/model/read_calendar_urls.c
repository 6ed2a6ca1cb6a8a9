/*
 * calendar_urls: calendars that are fetched (calendar_url.h).
 */
#include "model/calendar_url.h"

#include <assert.h>

#include "model/internal.h"

static_assert(CALENDAR_NAME_MAX == NAME_BYTES_MAX, "so that each name fits");

void
calendar_urls_declare(struct reader *r, const struct section *section)
{
	struct model *m = r->model;
	size_t n = section->n;
	if (n > CALENDAR_URLS_MAX) {
		read_error_key(r, section->nodes[CALENDAR_URLS_MAX], STR(""),
		    "more than %d calendars of URLs", CALENDAR_URLS_MAX);
		n = CALENDAR_URLS_MAX;
	}
	m->calendar_urls = arena_new(r->arena, struct calendar_url, n);
	m->calendar_urls_n = n;
	known_init(r, &r->calendar_urls, "calendar of a URL", "calendar_urls",
	    &r->calendar_url_by_name, n);
	for (size_t i = 0; i < n; i++) {
		const struct node *node = section->nodes[i];
		m->calendar_urls[i] = (struct calendar_url){ .name = node->key,
			.every_ms = CALENDAR_EVERY_MS_DEFAULT,
			.place = node_place(node) };
		known_add(r, &r->calendar_urls, node, &m->calendar_urls[i]);
		if (str_ends(node->key, STR(".ics")))
			read_error_key(r, node, STR("leave '.ics' out: that is for files"),
			    "'%.*s' is called like a file", STR_ARG(node->key));
	}
}

static void
calendar_url_read(struct reader *r, const struct node *node, struct calendar_url *ret)
{
	const struct node *url = NULL, *every = NULL;
	const struct key keys[] = {
		{ "url", &url, .required = true },
		{ "every", &every },
	};
	(void)read_map(r, node, "calendar", keys, countof(keys));
	if (url != NULL)
		read_secret_url(r, url, &ret->url, &ret->url_secret);
	if (every != NULL)
		(void)read_duration(r, every, CALENDAR_EVERY_MS_MIN, CALENDAR_EVERY_MS_MAX,
		    &ret->every_ms);
	ret->known = r->bundle != NULL &&
	             bundle_find(r->bundle, calendar_url_path(ret->name, r->arena)) != NULL;
}

void
calendar_urls_read(struct reader *r, const struct section *section)
{
	for (size_t i = 0; i < r->model->calendar_urls_n; i++)
		calendar_url_read(r, section->nodes[i], &r->model->calendar_urls[i]);
}

str
calendar_url_path(str name, struct arena *arena)
{
	return arena_printf(arena, CALENDAR_URL_PREFIX "%.*s.ics", STR_ARG(name));
}

const struct calendar_url *
model_calendar_url(const struct model *model, str name)
{
	for (size_t i = 0; i < model->calendar_urls_n; i++) {
		if (str_eq(model->calendar_urls[i].name, name))
			return &model->calendar_urls[i];
	}
	return NULL;
}

/* ---- which there are, before the rest is read ---- */

static void
add_name(struct strs *names, str name, struct arena *keep)
{
	for (size_t i = 0; i < names->n; i++) {
		if (str_eq(names->p[i], name))
			return;
	}
	if (names->n < CALENDAR_URLS_MAX && name_is(name))
		names->p[names->n++] = arena_str(keep, name);
}

/* Names go to `keep`, which is not what the tree of the file is in. */
static void
names_of_file(struct strs *names, const struct bundle_file *file, struct arena *keep,
    struct arena scratch)
{
	struct source src = { .name = file->path, .text = file->bytes };
	struct diags unheard;
	diags_init(&unheard, &scratch);
	const struct node *root =
	    yaml_parse(&src, (struct span){ 0, src.text.n }, &scratch, &unheard);
	for (const struct node *it = root != NULL ? root->first : NULL; it != NULL;
	     it = it->next) {
		if (!str_eq(it->key, STR("calendar_urls")))
			continue;
		for (const struct node *url = it->first; url != NULL; url = url->next)
			add_name(names, url->key, keep);
	}
}

struct strs
model_calendar_url_names(const struct bundle *bundle, struct arena *arena)
{
	static const size_t bytes = (size_t)CALENDAR_URLS_MAX * (NAME_BYTES_MAX + 16);
	char *memory = arena_alloc(arena, 1, 1, bytes);
	struct arena keep = arena_over(memory, bytes);
	struct strs names = { arena_new(arena, str, CALENDAR_URLS_MAX), 0 };
	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *file = &bundle->files[i];
		bool yaml =
		    str_ends(file->path, STR(".yaml")) || str_ends(file->path, STR(".yml"));
		if (yaml && str_contains(file->bytes, STR("calendar_urls")))
			names_of_file(&names, file, &keep, *arena);
	}
	return names;
}
