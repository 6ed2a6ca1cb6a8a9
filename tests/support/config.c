#include "support/config.h"

#include <dirent.h>
#include <stdio.h>

#include "ics/ics.h"
#include "model/ics.h"

#define CONFIG_ARENA_BYTES ((size_t)64 << 20)

void
config_open(struct config *c)
{
	memset(c, 0, sizeof(*c));
	c->arena = arena_map(&c->map, CONFIG_ARENA_BYTES);
	diags_init(&c->diags, &c->arena);
	c->bundle.files = c->files;
}

static void
add(struct config *c, str path, str bytes)
{
	if (str_ends(path, STR(".test.yaml"))) {
		ASSERT(c->tests_n < CONFIG_TESTS_MAX);
		c->tests[c->tests_n++] = (struct bundle_file){
			.path = arena_str(&c->arena, path),
			.bytes = arena_str(&c->arena, bytes),
		};
		return;
	}
	ASSERT(c->bundle.n < CONFIG_FILES_MAX);
	c->files[c->bundle.n++] = (struct bundle_file){
		.path = arena_str(&c->arena, path),
		.bytes = arena_str(&c->arena, bytes),
	};
}

void
config_add(struct config *c, const char *path, const char *text)
{
	add(c, str_of(path), str_of(text));
}

static bool
add_file(struct config *c, const char *path, str name)
{
	static char bytes[BUNDLE_FILE_BYTES_MAX];
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return false;
	size_t n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	add(c, name, (str){ bytes, n });
	return true;
}

static bool
add_below(struct config *c, const char *top, const char *below)
{
	char path[1024], name[512];
	(void)snprintf(path, sizeof(path), "%s/%s", top, below);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return false;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		str file = str_of(entry->d_name);
		if (file.p[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s%s%s", below, below[0] ? "/" : "",
		    entry->d_name);
		if (add_below(c, top, name))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", top, name);
		if (str_ends(file, STR(".yaml")) || str_ends(file, STR(".yml")) ||
		    str_ends(file, STR(".md")) || str_ends(file, STR(".ics")))
			(void)add_file(c, path, str_of(name));
	}
	(void)closedir(dir);
	return true;
}

bool
config_add_folder(struct config *c, const char *folder)
{
	return add_below(c, folder, "");
}

static void
sort_and_hash(struct config *c)
{
	struct buf bytes = BUF(BUNDLE_BYTES_MAX);
	bundle_encode(&c->bundle, &bytes);
	c->hash = sha256(buf_str(&bytes));
	buf_done(&bytes);
}

/* As firstline-ics does. */
static void
spell_calendars(struct config *c)
{
	size_t n = c->bundle.n;
	for (size_t i = 0; i < n; i++) {
		struct arena_map map;
		struct arena arena = arena_map(&map, ICS_ARENA_BYTES);
		struct buf out = BUF(ICS_OUT_MAX);
		/* the one that it could not read */
		bool unread = str_eq(c->files[i].path, STR("unread.ics"));
		if (str_ends(c->files[i].path, STR(".ics")) && !unread) {
			ics_read(c->files[i].bytes, &arena, &out);
			add(c,
			    arena_printf(&c->arena, ICS_PREFIX "%.*s",
				STR_ARG(c->files[i].path)),
			    buf_str(&out));
		}
		buf_done(&out);
		arena_unmap(&map);
	}
}

struct model *
config_load(struct config *c)
{
	spell_calendars(c);
	sort_and_hash(c);
	struct strs zones = model_zone_names(&c->bundle, &c->arena);
	for (size_t i = 0; i < zones.n; i++) {
		char path[256], name[256];
		(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s",
		    STR_ARG(zones.p[i]));
		(void)snprintf(name, sizeof(name), "zone:%.*s", STR_ARG(zones.p[i]));
		(void)add_file(c, path, str_of(name));
	}
	sort_and_hash(c);
	c->model = model_load(&c->bundle, &c->hash, &c->arena, &c->diags);
	diags_sort(&c->diags);
	return c->model;
}

str
config_faults(struct config *c)
{
	struct buf text = BUF(1 << 20);
	diags_text(&text, &c->diags);
	str copy = arena_str(&c->arena, buf_str(&text));
	buf_done(&text);
	return copy;
}

void
config_close(struct config *c)
{
	model_done(c->model);
	arena_unmap(&c->map);
}
