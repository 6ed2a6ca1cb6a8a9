#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model/read.h"

/*
 * internal -- how model_load is cut into files.
 *
 * 1. load.c parses every *.yaml and hangs the values of each top-level key, over all
 *    files, into a `struct section`.
 * 2. Each *_declare makes the array of its kind and fills the `struct known`, so that
 *    everything can refer to everything, whatever the order of files.
 * 3. Each *_read fills the objects and resolves their references.
 * 4. runbooks_read does both for runbooks, last: it needs all of the others.
 *
 * Objects whose reading failed stay half filled: the model is thrown away when any fault
 * was reported, but references to them must not be reported once more.
 */

enum section_kind {
	SECTION_LISTEN,
	SECTION_TLS,
	SECTION_SOCKET,
	SECTION_ACCESS,
	SECTION_STORE,
	SECTION_URL,
	SECTION_HEARTBEAT_URL,
	SECTION_PROMETHEUS,
	SECTION_PROBE_FILES,
	SECTION_FALLBACK,
	SECTION_LIMITS,
	SECTION_CHANNELS,
	SECTION_PEOPLE,
	SECTION_TEAMS,
	SECTION_SERVICES,
	SECTION_HOSTS,
	SECTION_ALERTS,
	SECTION_INHIBIT,
	SECTION_MAINTENANCE,
	SECTION_ACTIONS,
	SECTION_CALENDARS,
	SECTION_AUTHORITY,
	SECTION_AUTONOMY,
	SECTION_PING_KEY,
	SECTION_HEARTBEATS,
	SECTION_KEEP,
	SECTION_CALENDAR_URLS,
};
#define SECTION_COUNT 27

/* tls, socket, access */
void access_read(struct reader *r, const struct section sections[SECTION_COUNT]);
void server_read(struct reader *r, const struct section sections[SECTION_COUNT]);

void channels_declare(struct reader *r, const struct section *section);
void channels_read(struct reader *r, const struct section *section);
/* The address that `value` names on it, its own where NULL; `node` is the whole reach. */
bool channel_address(struct reader *r, const struct node *node, const struct node *value,
    const struct channel *channel, bool has_email, str *ret);
/* channel_words.c; its kind is known. */
void channel_words_read(struct reader *r, const struct node *node, struct channel *ret);
void people_declare(struct reader *r, const struct section *section);
void people_roles(struct reader *r); /* of a model without faults */
void people_accounts(struct reader *r, const struct section *section);
void people_read(struct reader *r, const struct section *section);
/* The `rotations` of a team; `zone` where they name none. */
void rotations_read(struct reader *r, const struct node *node, struct team *team);
const struct rotation *rotation_find(const struct team *team, str name); /* or NULL */
/* `hours` (a calendar, or the hours of a week in that zone) and `except`; NULL: not written. */
void read_window(struct reader *r, const struct node *hours, const struct node *except,
    const struct zone *zone, struct window *ret);
struct policies_of {
	struct team *team;       /* with its rotations and lead */
	const struct node *lead; /* as it is written */
	const struct node *escalate, *policies;
};
/* Whom it tells: `escalate`, the first rotation where that is NULL, and `policies`. */
void policies_read(struct reader *r, const struct policies_of *of);
void teams_declare(struct reader *r, const struct section *section);
void teams_read(struct reader *r, const struct section *section);
/* Once services are read: whoever answers for something has someone on call. */
void teams_check(struct reader *r, const struct section *section);
void services_declare(struct reader *r, const struct section *section);
void services_read(struct reader *r, const struct section *section);
void hosts_declare(struct reader *r, const struct section *section);
void hosts_read(struct reader *r, const struct section *section);
void alerts_read(struct reader *r, const struct section *section);
void heartbeats_read(struct reader *r, const struct section *key,
    const struct section *section);
void inhibit_read(struct reader *r, const struct section *section);
void maintenance_read(struct reader *r, const struct section *section);
void actions_declare(struct reader *r, const struct section *section);
void actions_read(struct reader *r, const struct section *section);
/* Percent-encoded, and the inside of a JSON string. */
void put_url(struct buf *out, str value);
void put_json_text(struct buf *out, str value);
/* The `undo` of an action, when the params of all are known. */
void undo_read(struct reader *r, const struct node *node, struct action *action);
/* A list of maps, each with `name` and a probe without `expect`, at most EVIDENCE_OF_MAX. */
void read_evidence(struct reader *r, const struct node *node, const struct strs *allowed,
    struct evidence_probe **ret, size_t *ret_n);
void calendar_urls_declare(struct reader *r, const struct section *section);
void calendar_urls_read(struct reader *r, const struct section *section);
/* Reports a calendar of a URL where only what the configuration holds may decide. */
void need_own_times(struct reader *r, const struct node *node,
    const struct calendar *calendar, const char *what);
void calendars_declare(struct reader *r, const struct section *section);
void calendars_read(struct reader *r, const struct section *section);
/* "2026-12-20 18:00" or "2026-12-20", which is the beginning or the end of that day. */
bool read_moment(struct reader *r, const struct node *node, const struct zone *zone,
    enum zone_side side, msec *ret);
/* [{days: mon-fri, from: "22:00", until: "06:00"}] to the calendar's weeks. */
/* Of the bundle; NULL: there is none of that name. */
const struct zone *zone_named(struct reader *r, str name);
void weekly_read(struct reader *r, const struct node *node, struct calendar *calendar);
void authority_read(struct reader *r, const struct section *section);

/* How far runbooks go: after runbooks_read, whose names it needs. */
void autonomy_read(struct reader *r, const struct section *section);

/* runbooks/... .md files of the bundle to model->runbooks and runbook_by_name.
 * Everything else of the model is resolved by then. */
void runbooks_read(struct reader *r);

/* ---- shared by those files ---- */

/* suggest, step, plan, veto, auto */
bool read_autonomy(struct reader *r, const struct node *node, const char *what,
    enum autonomy *ret);
/* {every: 30d, in: staging}, of a runbook. */
void read_drill(struct reader *r, const struct node *node, struct runbook *runbook);

void known_init(struct reader *r, struct known *known, const char *kind,
    const char *section, struct names *by_name, size_t max);
/* Reports a bad name, but knows it nevertheless. The name is new. */
void known_add(struct reader *r, struct known *known, const struct node *node,
    void *object);

/* The probes of read_probe_net.c and read_probe_log.c: each fills in what its kind has. */
void probe_tcp_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe);
void probe_tls_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe);
void probe_dns_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe);
void probe_log_read(struct reader *r, const struct node *node, const struct probe_nodes *n,
    const struct strs *allowed, struct probe *probe);
/* The top-level list of folders. */
void probe_files_read(struct reader *r, const struct section *section, struct strs *ret);

/* A zone of the bundle, or UTC. */
bool read_zone(struct reader *r, const struct node *node, const struct zone **ret);
/* [email, {hook: address}]: channels, each with an address where it needs one. With
 * `has_email`, SMTP needs none: the person's own is used. */
bool read_channels_of(struct reader *r, const struct node *node, struct reaches *ret);
bool read_reaches(struct reader *r, const struct node *node, bool has_email,
    struct reaches *ret);
/* Reports a key that should be a parameter of the action and is not. */
void unknown_param(struct reader *r, const struct node *node, const struct action *action);
const struct observe *observe_find(const struct action *action, str param); /* or NULL */
/* `quiet` of a person whose zone and reach were read. */
void quiet_read(struct reader *r, const struct node *node, bool has_zone,
    struct person *person);
/* Reports a person who is to be told of incidents and cannot be. `node` says where. */
void need_reach(struct reader *r, const struct node *node, const struct person *person);

/* ---- values: small languages of one text (values.c) ---- */

bool text_i64(str text, int64_t *ret);       /* digits with an optional '-' */
bool text_date(str text, int64_t *ret_days); /* 2026-01-05 */
bool text_minute(str text, unsigned *ret);   /* 00:00 to 24:00 */
/* HOST[:PORT] or [V6][:PORT]; numeric: an address, no name */
bool text_endpoint(str text, bool numeric, bool needs_port);
bool read_date(struct reader *r, const struct node *node,
    int64_t *ret_days); /* 2026-01-05 */
bool read_rate(struct reader *r, const struct node *node, struct rate *ret); /* 3 in 1h */
/* "3" or "30%", from 1; "2 in 1h" or "30% in 1h" */
bool read_share(struct reader *r, const struct node *node, struct share *ret);
bool read_share_rate(struct reader *r, const struct node *node, struct share *ret,
    msec *ret_window_ms);
/* "2x", "1.5x" and "50%" in thousandths, "3" as a number; false: none of these, or 0. */
bool text_delta(str text, struct delta *ret);
/* "3 days", "2 weeks": in days, and whether weeks are written. */
bool read_every(struct reader *r, const struct node *node, uint32_t *ret_days,
    bool *ret_weeks);
/* "Mon 09:00", or "09:00" where there is no weekday */
bool read_handover(struct reader *r, const struct node *node, unsigned *ret_weekday,
    unsigned *ret_minute);
bool read_handover_daily(struct reader *r, const struct node *node, unsigned *ret_minute);
bool read_tiers(struct reader *r, const struct node *node, uint32_t *ret); /* [1, 2] */
bool read_bytes(struct reader *r, const struct node *node, uint32_t min, uint32_t max,
    uint32_t *ret); /* 16 MiB */
/* SCHEME://HOST[:PORT][...] with one of these schemes ("http https"), no user information. */
bool read_url(struct reader *r, const struct node *node, const char *schemes, str *ret);
const char *condition_subject_name(enum condition_subject subject);
const char *url_fault(str url, const char *schemes); /* what is wrong with it, or NULL */
str duration_text(msec ms, struct arena *arena);     /* "90s", "2h" */
bool read_email(struct reader *r, const struct node *node, str *ret);
/* "cred:NAME", "file:/path" or "env:NAME" */
bool read_secret(struct reader *r, const struct node *node, str *ret);
/* A URL that lets everybody in who knows it is a secret: it may stand elsewhere. */
void read_secret_url(struct reader *r, const struct node *node, str *ret_url,
    str *ret_secret);
bool read_listen(struct reader *r, const struct node *node, str *ret); /* ADDR:PORT */

#endif
