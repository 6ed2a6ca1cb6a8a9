/*
 * A bundle to a model.
 *
 * First every *.yaml becomes a tree and the values of each top-level key are hung
 * together over all files (maps merge, lists are joined). Then names are declared, then
 * everything is read with every name known. A file that does not parse is left out, and
 * from then on (or when one could not even be read) what is unknown is only reported where
 * it looks like a slip of the pen.
 */
#include "model/ics.h"
#include "model/internal.h"
#include "model/matcher.h"

/* What a model can take at most, for whatever text: test_load.c has the worst shapes. */
#define ARENA_BYTES_FIXED ((size_t)4 << 20)
#define ARENA_BYTES_EACH 128 /* for each byte of text */
#define ZONE_NAME_MAX 64

enum section_form { FORM_VALUE, FORM_MAP, FORM_LIST };

static const struct {
	const char *name;
	enum section_form form;
} section_types[SECTION_COUNT] = {
	[SECTION_LISTEN] = { "listen", FORM_VALUE },
	[SECTION_TLS] = { "tls", FORM_VALUE },
	[SECTION_SOCKET] = { "socket", FORM_VALUE },
	[SECTION_ACCESS] = { "access", FORM_VALUE },
	[SECTION_STORE] = { "store", FORM_VALUE },
	[SECTION_URL] = { "url", FORM_VALUE },
	[SECTION_HEARTBEAT_URL] = { "heartbeat_url", FORM_VALUE },
	[SECTION_PROMETHEUS] = { "prometheus", FORM_VALUE },
	[SECTION_PROBE_FILES] = { "probe_files", FORM_LIST },
	[SECTION_FALLBACK] = { "fallback", FORM_VALUE },
	[SECTION_LIMITS] = { "limits", FORM_MAP },
	[SECTION_CHANNELS] = { "channels", FORM_MAP },
	[SECTION_PEOPLE] = { "people", FORM_MAP },
	[SECTION_TEAMS] = { "teams", FORM_MAP },
	[SECTION_SERVICES] = { "services", FORM_MAP },
	[SECTION_HOSTS] = { "hosts", FORM_MAP },
	[SECTION_ALERTS] = { "alerts", FORM_LIST },
	[SECTION_INHIBIT] = { "inhibit", FORM_LIST },
	[SECTION_MAINTENANCE] = { "maintenance", FORM_LIST },
	[SECTION_ACTIONS] = { "actions", FORM_MAP },
	[SECTION_CALENDARS] = { "calendars", FORM_MAP },
	[SECTION_AUTHORITY] = { "authority", FORM_LIST },
	[SECTION_AUTONOMY] = { "autonomy", FORM_LIST },
	[SECTION_PING_KEY] = { "ping_key", FORM_VALUE },
	[SECTION_HEARTBEATS] = { "heartbeats", FORM_MAP },
	[SECTION_KEEP] = { "keep", FORM_VALUE },
	[SECTION_CALENDAR_URLS] = { "calendar_urls", FORM_MAP },
};

size_t
model_arena_bytes(size_t bundle_bytes)
{
	return 2 * (ARENA_BYTES_FIXED + ARENA_BYTES_EACH * bundle_bytes);
}

/* ---- files to sections ---- */

static bool
is_yaml(str path)
{
	return str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml"));
}

/* The trees of all files, and what is known of them. */
struct gather {
	struct reader *r;
	struct node **roots; /* of the files that hold a map, in order of path */
	size_t roots_n;
	struct section sections[SECTION_COUNT];
	struct names taken[SECTION_COUNT]; /* name to node */
	bool written[SECTION_COUNT];       /* well or badly */
};

static int
section_find(str name)
{
	for (int i = 0; i < SECTION_COUNT; i++)
		if (str_eq(name, str_of(section_types[i].name)))
			return i;
	return -1;
}

static void
report_unknown_section(struct reader *r, const struct node *node)
{
	str names[SECTION_COUNT];
	for (size_t i = 0; i < SECTION_COUNT; i++)
		names[i] = str_of(section_types[i].name);
	str hint = read_suggest(r, node->key, names, SECTION_COUNT);
	if (hint.n == 0) {
		str all = read_join(r, names, SECTION_COUNT);
		hint = read_hint(r, "the top-level keys are %.*s", STR_ARG(all));
	}
	read_error_key(r, node, hint, "unknown key '%.*s'", STR_ARG(node->key));
}

/* False when the name is already written elsewhere; both places are named. */
static bool
claim(struct gather *g, int section, struct node *node)
{
	void **slot = names_slot(&g->taken[section], g->r->arena, node->key);
	const struct node *first = *slot;
	if (first == NULL) {
		*slot = node;
		return true;
	}
	read_error_key(g->r, node, STR("keep one of the two"),
	    "'%.*s' is already written at %.*s:%u", STR_ARG(node->key),
	    STR_ARG(first->src->name), first->line);
	return false;
}

/* What one top-level key of one file adds to its section; counts only while nodes is NULL. */
static void
section_add(struct gather *g, int kind, struct node *node)
{
	struct section *section = &g->sections[kind];
	enum section_form form = section_types[kind].form;
	if (form == FORM_VALUE) {
		if (section->nodes == NULL)
			section->n++;
		else if (claim(g, kind, node))
			section->nodes[section->n++] = node;
		return;
	}
	for (struct node *child = node->first; child != NULL; child = child->next) {
		if (section->nodes == NULL)
			section->n++;
		else if (form == FORM_LIST || claim(g, kind, child))
			section->nodes[section->n++] = child;
	}
}

/* Whether the value of a top-level key can be used; reports it if not. */
static bool
section_usable(struct reader *r, int kind, const struct node *node)
{
	if (node->kind == NODE_EMPTY) {
		read_error_key(r, node, STR("write a value, or remove the key"),
		    "'%.*s' has no value", STR_ARG(node->key));
		return false;
	}
	switch (section_types[kind].form) {
	case FORM_VALUE:
		return true;
	case FORM_MAP:
		return read_is_map(r, node, NULL);
	case FORM_LIST:
		return read_is_list(r, node, NULL);
	}
	UNREACHABLE();
}

static struct node *
parse_file(struct reader *r, const struct bundle_file *file)
{
	struct source *src = arena_new(r->arena, struct source, 1);
	*src = (struct source){ .name = file->path, .text = file->bytes };
	struct node *root =
	    yaml_parse(src, (struct span){ 0, src->text.n }, r->arena, r->diags);
	if (root == NULL) {
		r->incomplete = true;
		return NULL;
	}
	if (root->kind == NODE_EMPTY)
		return NULL;
	if (root->kind != NODE_MAP) {
		read_error(r, root, STR("begin with a key such as 'services:'"),
		    "a configuration file is a map of top-level keys");
		return NULL;
	}
	return root;
}

static void
parse_files(struct gather *g)
{
	const struct bundle *bundle = g->r->bundle;
	g->roots = arena_new(g->r->arena, struct node *, bundle->n);
	for (size_t i = 0; i < bundle->n; i++) {
		struct node *root = is_yaml(bundle->files[i].path)
		                        ? parse_file(g->r, &bundle->files[i])
		                        : NULL;
		if (root != NULL)
			g->roots[g->roots_n++] = root;
	}
}

/* Twice over all files: to count, then to fill. Faults are reported once. */
static void
gather_sections(struct gather *g)
{
	struct reader *r = g->r;
	for (size_t i = 0; i < g->roots_n; i++) {
		for (struct node *node = g->roots[i]->first; node != NULL;
		     node = node->next) {
			int kind = section_find(node->key);
			if (kind < 0) {
				report_unknown_section(r, node);
				continue;
			}
			g->written[kind] = true;
			if (section_usable(r, kind, node))
				section_add(g, kind, node);
			else
				node->key =
				    STR(""); /* names no section: passed over below */
		}
	}
	for (int kind = 0; kind < SECTION_COUNT; kind++) {
		struct section *section = &g->sections[kind];
		section->nodes = arena_new(r->arena, const struct node *, section->n);
		section->n = 0;
	}
	for (size_t i = 0; i < g->roots_n; i++) {
		for (struct node *node = g->roots[i]->first; node != NULL;
		     node = node->next) {
			int kind = section_find(node->key);
			if (kind >= 0)
				section_add(g, kind, node);
		}
	}
}

/* ---- zones ---- */

/* Such as "Europe/Lisbon"; also what keeps "zone:NAME" a proper path. */
static bool
zone_name_is(str name)
{
	if (name.n == 0 || name.n > ZONE_NAME_MAX || !name_is(str_take(name, 1)))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool mark = c == '/' || c == '+' || c == '_' || c == '-';
		if (!mark && !name_is((str){ &c, 1 }))
			return false;
	}
	return !str_contains(name, STR("//")) && !str_ends(name, STR("/"));
}

/* Of the bundle; NULL: it is not there, or what is there cannot be read. */
static const struct zone *
zone_find(struct reader *r, str name, struct err *err)
{
	if (str_eq(name, STR("UTC")))
		return zone_utc();
	void **slot = names_slot(&r->zones, r->arena, name);
	struct zone *zone = *slot;
	if (zone != NULL)
		return zone;
	str path = arena_printf(r->arena, "zone:%.*s", STR_ARG(name));
	const struct bundle_file *file = bundle_find(r->bundle, path);
	if (file == NULL) {
		(void)err_set(err, ERR_NOT_FOUND, "no such zone");
		return NULL;
	}
	if (!zone_parse(r->arena, name, file->bytes, &zone, err))
		return NULL;
	*slot = zone;
	return zone;
}

bool
read_zone(struct reader *r, const struct node *node, const struct zone **ret)
{
	str name;
	if (!read_text(r, node, &name))
		return false;
	str hint = STR("write a name of the time zone database, as in Europe/Lisbon");
	if (!str_eq(name, STR("UTC")) && !zone_name_is(name)) {
		read_error(r, node, hint, "'%.*s' is not a time zone", STR_ARG(name));
		return false;
	}
	struct err err = { 0 };
	const struct zone *zone = zone_find(r, name, &err);
	if (zone == NULL && err.kind == ERR_NOT_FOUND)
		read_error(r, node, hint, "unknown time zone '%.*s'", STR_ARG(name));
	else if (zone == NULL)
		read_error(r, node, STR("reinstall the tzdata package"),
		    "the time zone '%.*s' cannot be read: %s", STR_ARG(name), err.text);
	else
		*ret = zone;
	return zone != NULL;
}

const struct zone *
zone_named(struct reader *r, str name)
{
	struct err err;
	return zone_name_is(name) ? zone_find(r, name, &err) : NULL;
}

struct zone_names {
	struct strs list;
	char (*copies)[ZONE_NAME_MAX];
};

static void
add_zone(struct zone_names *z, str name)
{
	for (size_t i = 0; i < z->list.n; i++)
		if (str_eq(z->list.p[i], name))
			return;
	if (z->list.n == MODEL_ZONES_MAX)
		return;
	memcpy(z->copies[z->list.n], name.p, name.n);
	z->list.p[z->list.n] = (str){ z->copies[z->list.n], name.n };
	z->list.n++;
}

static void
collect_zones(struct zone_names *z, const struct node *node)
{
	if (node->kind == NODE_TEXT && str_eq(node->key, STR("zone")) &&
	    zone_name_is(node->text))
		add_zone(z, node->text);
	for (const struct node *child = node->first; child != NULL; child = child->next)
		collect_zones(z, child);
}

/* The tree of one file is only looked at: it is gone on return. */
static void
zones_of_file(struct zone_names *z, const struct bundle_file *file, struct arena scratch)
{
	struct source src = { .name = file->path, .text = file->bytes };
	struct diags unheard;
	diags_init(&unheard, &scratch);
	const struct node *root =
	    yaml_parse(&src, (struct span){ 0, src.text.n }, &scratch, &unheard);
	if (root != NULL)
		collect_zones(z, root);
}

/* Those of a calendar that was spelled out: "event LINE FROM ZONE UNTIL ZONE ...". */
static void
zones_of_calendar(struct zone_names *z, str text)
{
	for (str rest = text; rest.n > 0;) {
		struct str_cut cut = str_cut(rest, '\n');
		rest = cut.tail;
		if (!str_starts(cut.head, STR("event ")))
			continue;
		str words = cut.head;
		for (unsigned i = 0; i < 6; i++) {
			struct str_cut next = str_cut(words, ' ');
			bool zone = i == 3 || i == 5;
			words = next.tail;
			if (zone && zone_name_is(next.head) &&
			    !str_eq(next.head, STR("UTC")))
				add_zone(z, next.head);
		}
	}
}

struct strs
model_zone_names(const struct bundle *bundle, struct arena *arena)
{
	struct zone_names z = { .list = { arena_new(arena, str, MODEL_ZONES_MAX), 0 } };
	z.copies = arena_alloc(arena, sizeof(*z.copies), 1, MODEL_ZONES_MAX);
	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *file = &bundle->files[i];
		if (is_yaml(file->path))
			zones_of_file(&z, file, *arena);
		else if (str_starts(file->path, STR(ICS_PREFIX)))
			zones_of_calendar(&z, file->bytes);
	}
	return z.list;
}

/* ---- the whole ---- */

static const struct source nowhere = { .name = { "configuration", 13 }, .text = { "", 0 } };

static bool
fits(const struct bundle *bundle, const struct arena *arena, struct diags *diags)
{
	size_t bytes = 0;
	for (size_t i = 0; i < bundle->n; i++)
		bytes += bundle->files[i].path.n + bundle->files[i].bytes.n;
	size_t room = (size_t)(arena->end - arena->beg);
	if (bytes <= BUNDLE_BYTES_MAX &&
	    room >= ARENA_BYTES_FIXED + ARENA_BYTES_EACH * bytes)
		return true;
	diag_error(diags, &nowhere, (struct span){ 0, 0 },
	    STR("keep notes, samples and generated files out of the folder"),
	    "%zu bytes of configuration are too many", bytes);
	return false;
}

static bool
has_yaml(const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->n; i++)
		if (is_yaml(bundle->files[i].path))
			return true;
	return false;
}

static void
require_fallback(struct reader *r, const struct gather *g)
{
	if (g->written[SECTION_FALLBACK] || r->incomplete)
		return;
	if (!has_yaml(r->bundle)) {
		diag_error(r->diags, &nowhere, (struct span){ 0, 0 },
		    STR("name the folder that holds it, or write a new one with "
			"'firstline init FOLDER'"),
		    "there is no *.yaml in this folder");
		return;
	}
	const struct source *src = g->roots_n > 0 ? g->roots[0]->src : &nowhere;
	diag_error(r->diags, src, (struct span){ 0, 0 },
	    STR("add 'fallback: TEAM': who answers what matches no service"),
	    "missing top-level key 'fallback'");
}

struct model *
model_load(const struct bundle *bundle, const hash32 *hash, struct arena *arena,
    struct diags *diags)
{
	if (!fits(bundle, arena, diags))
		return NULL;
	struct model *m = arena_new(arena, struct model, 1);
	m->hash = *hash;
	struct reader r = { .arena = arena,
		.diags = diags,
		.bundle = bundle,
		.model = m,
		.incomplete = bundle->incomplete };
	struct gather g = { .r = &r };
	parse_files(&g);
	gather_sections(&g);
	r.sections = g.sections;

	const struct section *s = g.sections;
	channels_declare(&r, &s[SECTION_CHANNELS]);
	people_declare(&r, &s[SECTION_PEOPLE]);
	teams_declare(&r, &s[SECTION_TEAMS]);
	services_declare(&r, &s[SECTION_SERVICES]);
	hosts_declare(&r, &s[SECTION_HOSTS]);
	actions_declare(&r, &s[SECTION_ACTIONS]);
	calendar_urls_declare(&r, &s[SECTION_CALENDAR_URLS]);
	calendars_declare(&r, &s[SECTION_CALENDARS]);

	require_fallback(&r, &g);
	server_read(&r, s);
	access_read(&r, s);
	calendar_urls_read(&r, &s[SECTION_CALENDAR_URLS]);
	channels_read(&r, &s[SECTION_CHANNELS]);
	people_read(&r, &s[SECTION_PEOPLE]);
	people_accounts(&r, &s[SECTION_PEOPLE]);
	teams_read(&r, &s[SECTION_TEAMS]);
	services_read(&r, &s[SECTION_SERVICES]);
	teams_check(&r, &s[SECTION_TEAMS]);
	hosts_read(&r, &s[SECTION_HOSTS]);
	alerts_read(&r, &s[SECTION_ALERTS]);
	inhibit_read(&r, &s[SECTION_INHIBIT]);
	heartbeats_read(&r, &s[SECTION_PING_KEY], &s[SECTION_HEARTBEATS]);
	actions_read(&r, &s[SECTION_ACTIONS]);
	calendars_read(&r, &s[SECTION_CALENDARS]);
	maintenance_read(&r, &s[SECTION_MAINTENANCE]);
	authority_read(&r, &s[SECTION_AUTHORITY]);
	runbooks_read(&r);
	autonomy_read(&r, &s[SECTION_AUTONOMY]);
	if (diags->count == 0)
		people_roles(&r);

	m->regexes = r.regexes;
	if (diags->count == 0)
		return m;
	model_done(m);
	return NULL;
}
