#ifndef MODEL_READ_H
#define MODEL_READ_H

#include "model/model.h"
#include "model/yaml.h"

/*
 * read -- from nodes to typed values, every mistake reported.
 *
 * Each function reports what is wrong with the node and returns false (or NULL) with
 * *ret untouched; the caller carries on with the next key. A NULL node is the caller's
 * bug: absent keys stay NULL after read_map and are simply not read.
 */

/* Names of one kind that may be referred to; made by the first pass. */
struct known {
	const char *kind;    /* "service", for messages */
	const char *section; /* "services": the top-level key to write it under */
	struct names *by_name;
	str *list; /* in order of (file, position), for did-you-mean */
	size_t n;
};

/* What all files together hold under one top-level key: entries of a map (unique names)
 * or items of a list, in the order of (file, position). */
struct section {
	const struct node **nodes;
	size_t n;
};

struct reader {
	struct arena *arena;
	struct diags *diags;
	const struct bundle *bundle;
	struct model *model;
	const struct section *sections; /* by enum section_kind */
	/* A file could not be read or parsed: what seems unknown or missing may be written
	 * there, so only names that look misspelt are reported. */
	bool incomplete;
	struct known services, teams, people, channels, hosts, actions, calendars,
	    calendar_urls;
	struct names calendar_url_by_name;
	struct names zones;    /* name to struct zone, as they are asked for */
	struct regex *regexes; /* all that were compiled, to be released */
	size_t regexes_n;
	struct called *called; /* what runbooks call, the last first: runbook_call.c */
};

/* ---- reporting ---- */

/* The whole value, its key, or bytes of its text. `hint` lives as long as the arena. */
void read_error(struct reader *r, const struct node *node, str hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void read_error_key(struct reader *r, const struct node *node, str hint, const char *fmt,
    ...) PRINTF_LIKE(4, 5);
void read_error_part(struct reader *r, const struct node *node, size_t off, size_t len,
    str hint, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Text in the arena; empty once the list of faults is full, when nobody will see it. */
str read_hint(struct reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "did you mean 'x'?" or empty. */
str read_suggest(struct reader *r, str wanted, const str *candidates, size_t n);
/* "a, b, c", for hints; cut when long. */
str read_join(struct reader *r, const str *texts, size_t n);

struct place node_place(const struct node *node);

/* ---- maps ---- */

struct key {
	const char *name;
	const struct node **ret; /* stays NULL when absent or empty */
	bool required;
};

/*
 * Cut a map into its keys. `what` names the thing in messages: "service" gives "service
 * 'checkout'" where the map has a key of its own, else "this service"; NULL: the key
 * itself is what to say ("'on_call'"). Reports what is not a map, unknown keys (with did-you-mean), keys without a value and missing required
 * ones. False only when it is no map at all or a required key is missing.
 */
bool read_map(struct reader *r, const struct node *node, const char *what,
    const struct key *keys, size_t n);
/* Any keys: only checks that it is a map. */
bool read_is_map(struct reader *r, const struct node *node, const char *what);
bool read_is_list(struct reader *r, const struct node *node, const char *what);
/* Reports a list or map with more than `max` entries. */
bool read_at_most(struct reader *r, const struct node *node, size_t max);

/* A list item of the form "name" or "name: value" (a map of one pair).
 * `ret_value` is NULL for the first form. */
bool read_item(struct reader *r, const struct node *node, const char *what, str *ret_name,
    const struct node **ret_value);

/* ---- scalars ---- */

#define NAME_BYTES_MAX 128
#define DURATION_MS_MAX (400 * DAY)

/* [A-Za-z0-9][A-Za-z0-9_.-]{0,127} */
bool name_is(str s);

bool read_text(struct reader *r, const struct node *node, str *ret); /* not empty */
bool read_name(struct reader *r, const struct node *node, str *ret);
bool read_bool(struct reader *r, const struct node *node, bool *ret); /* true, false */
bool read_u64(struct reader *r, const struct node *node, uint64_t min, uint64_t max,
    uint64_t *ret);
bool read_u32(struct reader *r, const struct node *node, uint32_t min, uint32_t max,
    uint32_t *ret);
bool read_i64(struct reader *r, const struct node *node, int64_t *ret);
/* "90s", "5m", "2h", "7d": from min to max. */
bool read_duration(struct reader *r, const struct node *node, msec min, msec max,
    msec *ret);
/* One of the texts; *ret is its index. `what` as in "unknown severity 'sev9'". */
bool read_choice(struct reader *r, const struct node *node, const char *what,
    const char *const *texts, size_t n, unsigned *ret);
/* http(s):// with a host and without user information. */
bool read_http_url(struct reader *r, const struct node *node, str *ret);

/* A list of texts; with `one`, a single text is a list of one. */
bool read_strs(struct reader *r, const struct node *node, bool one, struct strs *ret);

/* ---- names ---- */

/* The thing of that name; reports "unknown service 'x'" with did-you-mean and returns
 * NULL when there is none. The second form: the name is a part of the node, or its key. */
void *read_ref(struct reader *r, const struct known *known, const struct node *node);
void *read_ref_name(struct reader *r, const struct known *known, const struct node *node,
    str name);

/* ---- small languages ---- */

/* A map of label: pattern, not empty. */
bool read_matchers(struct reader *r, const struct node *node, struct matchers *ret);
/* A pattern that starts at byte `off` of the text. NULL when it does not compile. */
struct regex *read_regex(struct reader *r, const struct node *node, size_t off);
/* About the answer of that kind of probe; 0: of any. */
bool read_condition(struct reader *r, const struct node *node, enum probe_kind kind,
    struct condition *ret);

/*
 * Text with placeholders out of `allowed`. QUOTE_WHOLE: a placeholder must be the whole
 * text; QUOTE_PROMQL: must stand inside quotes; QUOTE_URL: anywhere after the host,
 * target and service in it too;
 * QUOTE_ENDPOINT: HOST:PORT, target and service in the host; QUOTE_NAME and QUOTE_NONE:
 * anywhere. "$${" is a literal "${".
 */
bool read_template(struct reader *r, const struct node *node, enum quote quote,
    const struct strs *allowed, struct template *ret);
/* A list of QUOTE_WHOLE templates whose first is a literal. */
bool read_argv(struct reader *r, const struct node *node, const struct strs *allowed,
    struct templates *ret);

/* How a command is confined, and its secrets: keys of whatever has a `run`. */
struct sandbox_nodes {
	const struct node *sandbox, *user, *paths, *secrets;
};
#define SANDBOX_KEYS(nodes)                                           \
	{ "sandbox", &(nodes)->sandbox }, { "user", &(nodes)->user }, \
	    { "paths", &(nodes)->paths },                             \
	{                                                             \
		"secrets", &(nodes)->secrets                          \
	}
/* Reports all of them where what is done is of another kind; 0: of none of actions'. */
void read_sandbox(struct reader *r, const struct sandbox_nodes *nodes,
    enum action_kind kind, struct sandbox *ret);

/*
 * A probe is some keys of a map (a step, or `happened:`). List them for read_map with
 * PROBE_KEYS, then let read_probe say what they mean. Exactly one of the kinds must be
 * there, and `expect`. A new kind: its key in PROBE_ASK_KEYS, its row in read_probe.c.
 */
struct probe_nodes {
	const struct node *promql, *http, *run, *tcp, *dns, *tls, *log, *ssh, *systemd;
	const struct node *server;      /* promql */
	const struct node *send;        /* tcp */
	const struct node *server_name; /* tls */
	const struct node *expect, *timeout;
	struct sandbox_nodes sandbox; /* run */
};
/* clang-format off */
#define PROBE_KEYS(nodes) \
	PROBE_ASK_KEYS(nodes), { "expect", &(nodes)->expect }
/* The same without `expect`, for read_observation. */
#define PROBE_ASK_KEYS(nodes) \
	{ "promql", &(nodes)->promql }, \
	{ "http", &(nodes)->http }, \
	{ "run", &(nodes)->run }, \
	{ "tcp", &(nodes)->tcp }, \
	{ "dns", &(nodes)->dns }, \
	{ "tls", &(nodes)->tls }, \
	{ "log", &(nodes)->log }, \
	{ "ssh", &(nodes)->ssh }, \
	{ "systemd", &(nodes)->systemd }, \
	{ "server", &(nodes)->server }, \
	{ "send", &(nodes)->send }, \
	{ "server_name", &(nodes)->server_name }, \
	{ "timeout", &(nodes)->timeout }, \
	SANDBOX_KEYS(&(nodes)->sandbox)
/* clang-format on */
#define PROBE_TIMEOUT_MS_DEFAULT (10 * SECOND)
#define PROBE_TIMEOUT_MS_MAX (5 * MINUTE)

/* `map` is what the keys stand in, for "needs promql, http or run". */
bool read_probe(struct reader *r, const struct node *map, const char *what,
    const struct probe_nodes *nodes, const struct strs *allowed, struct probe *ret);

/* A probe whose answer is itself what is wanted: it has no `expect`. On faults *ret holds
 * what could be read. */
bool read_observation(struct reader *r, const struct node *map, const char *what,
    const struct probe_nodes *nodes, const struct strs *allowed, struct probe *ret);

/* The same for a parameter (of an action, or an input of a runbook, which adds `from`). */
struct param_nodes {
	const struct node *type, *pattern, *min, *max, *values, *dash, *optional,
	    *otherwise;
};
#define PARAM_KEYS(nodes)                                                               \
	{ "type", &(nodes)->type, .required = true }, { "pattern", &(nodes)->pattern }, \
	    { "min", &(nodes)->min }, { "max", &(nodes)->max },                         \
	    { "values", &(nodes)->values }, { "dash", &(nodes)->dash },                 \
	    { "optional", &(nodes)->optional },                                         \
	{                                                                               \
		"default", &(nodes)->otherwise                                          \
	}
#define PARAMS_MAX 32 /* of one action */
/* The parameter's name is the map's key. */
bool read_param(struct reader *r, const struct node *map, const struct param_nodes *nodes,
    struct param *ret);

/* Values for an action's parameters: a map of texts with placeholders out of `names`. A
 * literal is checked against its type. `action` NULL: one that could not be read. */
void read_with(struct reader *r, const struct node *node, const struct action *action,
    const struct strs *names, struct with **ret, size_t *ret_n);
/* Reports a parameter that must have a value and is not in `with`: at `node`, the map they
 * are in, or, where there is none (NULL), at `where`. */
void with_complete(struct reader *r, const struct node *where, const struct node *node,
    const struct action *action, const struct with *with, size_t with_n);

#endif
