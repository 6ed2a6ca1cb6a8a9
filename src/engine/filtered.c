#include "engine/filtered.h"

static bool
is_filter(const struct pair *param)
{
	return str_starts(param->name, STR("filter.")) ||
	       str_eq(param->name, STR("receiver"));
}

static bool
is_narrower(const struct pair *param)
{
	return str_eq(param->name, STR("state")) || str_eq(param->name, STR("text"));
}

/* What is wrong with it, or NULL. */
static const char *
take_filter(struct filtered *f, const struct pair *param, struct arena *arena)
{
	static const char *const no_matcher = "a filter is no matcher";
	if (param->value.n > LABEL_MATCHERS_BYTES_MAX)
		return no_matcher;
	str text = arena_str(arena, param->value);
	bool ok = str_starts(param->name, STR("filter."))
	              ? label_matchers_add_filter(&f->matchers, text, arena)
	              : label_matchers_add_pattern(&f->receiver, text);
	return ok ? NULL : no_matcher;
}

static const char *
narrow(struct filtered *f, const struct pair *param)
{
	if (str_eq(param->name, STR("text")))
		return needle_read(param->value, &f->needle);
	if (str_eq(param->value, STR("active")))
		f->held = SEARCH_ACTIVE;
	else if (str_eq(param->value, STR("held")))
		f->held = SEARCH_HELD;
	else if (!str_eq(param->value, STR("all")))
		return "'state' is active, held or all";
	return NULL;
}

void
filtered_free(struct filtered *filtered)
{
	if (filtered == NULL)
		return;
	label_matchers_done(&filtered->matchers);
	label_matchers_done(&filtered->receiver);
	struct arena_map map = filtered->map;
	arena_unmap(&map);
}

bool
filtered_searches(const struct filtered *f)
{
	return f->matchers.n > 0 || f->needle.n > 0 || f->held != SEARCH_ANY;
}

struct filtered *
filtered_new(const struct request *request, size_t places, const char **ret_wrong)
{
	const struct pairs *params = &request->params;
	size_t text_bytes = 0, n = 0;
	for (size_t i = 0; i < params->n; i++) {
		bool filter = is_filter(&params->p[i]);
		text_bytes += filter ? 2 * (params->p[i].value.n + 1) : 0;
		n += filter || is_narrower(&params->p[i]);
	}
	*ret_wrong = NULL;
	if (n == 0)
		return NULL;
	struct arena_map map;
	struct arena arena = arena_map(&map,
	    sizeof(struct filtered) + text_bytes + places * sizeof(struct found) + 1024);
	struct filtered *f = arena_new(&arena, struct filtered, 1);
	f->map = map;
	for (size_t i = 0; i < params->n && *ret_wrong == NULL; i++) {
		if (is_filter(&params->p[i]))
			*ret_wrong = take_filter(f, &params->p[i], &arena);
		else if (is_narrower(&params->p[i]))
			*ret_wrong = narrow(f, &params->p[i]);
	}
	if (*ret_wrong != NULL) {
		filtered_free(f);
		return NULL;
	}
	label_scan_begin(&f->owner, &f->receiver);
	struct found *found = places > 0 ? arena_fresh(&arena, struct found, places) : NULL;
	search_begin(&f->search, &f->matchers, places > 0 ? request->cursor : 0, found,
	    places);
	search_narrow(&f->search, &f->needle, f->held);
	return f;
}
