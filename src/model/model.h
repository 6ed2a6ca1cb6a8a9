#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/diag.h"
#include "base/map.h"
#include "base/mustache.h"
#include "base/zone.h"
#include "facts/event.h"
#include "model/bundle.h"
#include "model/cron.h"

/*
 * model -- what is written down: services, teams, people, hosts, actions, authority and
 * runbooks, read from a bundle, checked, with every name resolved.
 *
 * Pure and immutable once loaded: pointers into it hold until the arena goes. Arrays are
 * in the order of (file, position); names are unique within their kind. `place` says
 * where a thing is written, for explanations and links.
 */

struct place {
	str file;
	uint32_t line; /* from 1 */
};

/* ---- small languages ---- */

/* "~x" is a regular expression, anchored at both ends (PCRE2, bounded); "!x" and "!~x" negate.
 * A label that is absent counts as empty, as in Prometheus. */
enum match_op { MATCH_EQ = 1, MATCH_NE, MATCH_RE, MATCH_NOT_RE };
#define REGEX_BYTES_MAX 512

struct matcher {
	str label;
	enum match_op op;
	str value;
	struct regex *regex; /* MATCH_RE, MATCH_NOT_RE */
};

struct matchers {
	struct matcher *p;
	size_t n;
};

bool matchers_match(const struct matchers *matchers, const struct pairs *labels);
/* Compiled, JIT where there is one; the whole of `s` must match; a match that needs more
 * than a fixed number of steps counts as no match. */
bool regex_match(const struct regex *regex, str s);

/*
 * "> 500", "status == 200", "exit == 0", "output contains ready", "body lacks error"
 * "open", "ms < 50", "valid", "days > 14", "answers >= 2", "matches == 0"
 *
 * The subject `value` (of a query) may be left out. `contains` and `lacks` are for texts
 * and `answers`; == and != compare texts as they are, blanks around them aside. Quotes
 * around the operand keep its blanks.
 */
enum condition_subject {
	SUBJECT_VALUE = 1,
	SUBJECT_STATUS,
	SUBJECT_BODY,
	SUBJECT_EXIT,
	SUBJECT_OUTPUT,
	SUBJECT_OPEN, /* alone: "open", "closed" */
	SUBJECT_MS,   /* until it was open; endless when it is closed */
	SUBJECT_BANNER,
	SUBJECT_VALID, /* alone: "valid", "invalid" */
	SUBJECT_DAYS,
	SUBJECT_ANSWERS, /* a number of them; contains: one of them is that, whole */
	SUBJECT_TEXT,    /* of a DNS answer or a log */
	SUBJECT_LINES,
	SUBJECT_MATCHES,
	SUBJECT_STATE, /* also written "value" */
};
enum condition_op {
	OP_LT = 1,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_EQ,
	OP_NE,
	OP_CONTAINS,
	OP_CONTAINS_NOT
};

struct condition {
	enum condition_subject subject;
	enum condition_op op;
	bool numeric;
	double number;
	str text;
	str written; /* as the author wrote it */
};

enum holds { HOLDS_NO = 1, HOLDS_YES, HOLDS_UNKNOWN };
/* PROBE_FAILED, PROBE_NO_DATA, what is no number where one is compared, and what a cut-off
 * output may have said further on are HOLDS_UNKNOWN: neither proof nor disproof. */
enum holds condition_holds(const struct condition *condition,
    const struct probe_result *seen);

/* Text with ${name} in it, cut at load. A placeholder in an argv element is the whole
 * element; in a query or URL it stands for one quoted or percent-encoded value; in a
 * query's =~ or !~ it stands for exactly itself, not for a pattern. */
enum quote {
	QUOTE_WHOLE = 1,
	QUOTE_PROMQL,
	QUOTE_URL,
	QUOTE_NONE,
	QUOTE_PROMQL_REGEX,
	QUOTE_HOST, /* ${target} and ${service} in a URL's host: a name, or it is not filled */
	QUOTE_JSON,        /* a JSON string, with its quotes */
	QUOTE_JSON_TEXT,   /* within one */
	QUOTE_JSON_NUMBER, /* a whole number, or it is not filled */
	QUOTE_FORM,        /* percent-encoded, whatever it is */
	QUOTE_LINE,        /* without control characters, or it is not filled */
	QUOTE_ENDPOINT, /* HOST:PORT, ${target} and ${service} in the host; as QUOTE_HOST */
	QUOTE_NAME,     /* anywhere, but a name, or it is not filled */
};

struct piece {
	str text; /* literal, or the placeholder's name */
	bool placeholder;
	enum quote quote; /* how the value is written in its place */
};

struct template
{
	struct piece *pieces;
	size_t n;
	str written;
};

struct templates {
	struct template *p;
	size_t n;
};

/* One named text of a request, "url" or "header.Accept"; names ascend. */
struct part {
	str name;
	struct template value;
};

struct parts {
	struct part *p;
	size_t n;
};

/* Fill from `values`. false with err when a name has no value, when a value cannot stand
 * there at all ("..", as a piece of a path) and when the arena is full. */
NODISCARD bool template_fill(const struct template *t, const struct pairs *values,
    struct arena *arena, str *ret, struct err *err);
/* All of a request: the one way from what is written to what is done, for whoever orders it
 * and for whoever judges the order. */
NODISCARD bool request_fill(const struct templates *argv, const struct parts *parts,
    const struct pairs *values, struct arena *arena, struct strs *ret_argv,
    struct pairs *ret_parts, struct err *err);

enum param_kind {
	PARAM_STRING = 1,
	PARAM_NAME,
	PARAM_INTEGER,
	PARAM_ONE_OF,
	PARAM_HOST,
	PARAM_SERVICE
};

/* PARAM_STRING must have a pattern; PARAM_NAME is [A-Za-z0-9][A-Za-z0-9_.-]{0,127}. A value
 * with a leading '-' is refused unless `dash` says it may have one; control characters always. */
struct param {
	str name;
	enum param_kind kind;
	struct regex *pattern; /* NULL: none */
	str pattern_text;
	int64_t min, max;   /* PARAM_INTEGER */
	struct strs values; /* PARAM_ONE_OF */
	bool dash;
	bool optional;
	str otherwise;             /* default */
	const struct names *among; /* PARAM_HOST, PARAM_SERVICE: the names there are */
	struct place place;
};
#define PARAM_VALUE_BYTES_MAX 1024

struct params {
	struct param *p;
	size_t n;
};

const struct param *param_find(const struct params *params, str name); /* or NULL */

bool param_takes(const struct param *param, str value);
/* A sentence saying why `value` is not one, or empty when it is: never empty otherwise, however
 * full the arena is. */
str param_refuses(const struct param *param, str value, struct arena *arena);

/* ---- calendars: spans of time that rules name ---- */

/* "mon-fri 22:00-06:00": on those local days, from one minute of the day until another; one
 * that is not later lies on the next day. */
struct calendar_week {
	unsigned days;                      /* bit d set: 0 Sunday */
	unsigned from_minute, until_minute; /* 0..1440, not the same */
};

struct calendar_span {
	/* In whole seconds; until: the first instant at which it is over. */
	msec from_wall, until_wall;
	struct place place;
};

/*
 * The union of its spans and weeks. Where a local time happens twice a span begins at the
 * first and ends at the last; where it does not exist, at the instant of the change.
 */
struct calendar {
	str name;
	const struct zone *zone;
	struct calendar_span *spans; /* by from_wall; may overlap */
	size_t spans_n;
	struct calendar_week *weeks;
	size_t weeks_n;
	bool fetched; /* some of its times are of a URL */
	struct place place;
};
#define CALENDAR_SPANS_MAX 512
#define CALENDAR_WEEKS_MAX 64

bool calendar_has(const struct calendar *calendar, msec wall);
/* When what calendar_has says next changes after `wall`, at most 400 days ahead; 0: not. */
msec calendar_changes(const struct calendar *calendar, msec wall);

/* Only while the one is on, and not while the other is; NULL: no such bound. */
struct window {
	const struct calendar *only, *except;
};
bool window_has(const struct window *window, msec wall);
/* Until when what window_has says surely holds; UINT64_MAX: for 400 days at least. */
msec window_until(const struct window *window, msec wall);
/* The first instant from `wall` on that it has, at most so far ahead; 0: none. */
msec window_next(const struct window *window, msec wall, msec ahead_ms);

/* ---- people and teams ---- */

/* A kind is a row in model/read_channels.c and, how it is spoken, in hands/notices.c. */
enum channel_kind {
	CHANNEL_SMTP = 1,
	CHANNEL_WEBHOOK,
	CHANNEL_NTFY,
	CHANNEL_MATTERMOST,
	CHANNEL_TEAMS,
	CHANNEL_PAGERDUTY,
	CHANNEL_TWILIO,
	CHANNEL_SLACK,
	CHANNEL_TWILIO_VOICE,
};
#define CHANNEL_KIND_COUNT 10 /* one more than the last */
/* As the configuration calls it: "smtp". */
const char *channel_kind_word(enum channel_kind kind);

/* What it says instead of what we would; without nodes: what we would. */
struct channel_words {
	struct mustache subject, text;
	struct mustache html; /* SMTP */
	struct mustache body; /* WEBHOOK: all of it, as JSON */
};
#define CHANNEL_BODY_MAX (64 * 1024) /* of what is made of one */
/* Appends the body; false, with why: it is no JSON, or too long. */
bool words_json(const struct mustache *body, const struct mustache_data *data,
    struct buf *out, struct arena scratch, str *ret_error);

/* How much goes by it. All messages: `rate_n` in each `rate_ms`; 0: as they come. Each of
 * its readers: `digest_n` at once, then one each `digest_ms`, which tells all that wait by
 * then; 0: one by one. */
struct pace {
	uint32_t rate_n, digest_n;
	msec rate_ms, digest_ms;
};

struct channel {
	str name;
	enum channel_kind kind;
	str url;        /* smtp://host:port, smtps://, http(s)://; empty: `url_secret` */
	str url_secret; /* a reference to the URL, which is itself a secret */
	str from;       /* SMTP: address; TWILIO, TWILIO_VOICE: number */
	str username;   /* SMTP; TWILIO, TWILIO_VOICE: the account */
	str secret; /* a reference, "cred:NAME", "file:/path" or "env:NAME"; resolved by hands only */
	str callback; /* SLACK: a reference to what it signs its calls to us with; or empty */
	str address; /* its own, where a reach names none; empty: it has none */
	struct channel_words words;
	struct pace pace;
	struct place place;
};

struct reach {
	const struct channel *channel;
	/* Empty where neither the reach nor the channel names one; for SMTP the person's
	 * e-mail is meant then. */
	str address;
	msec
	    within_ms; /* not delivered for so long: the next reach too; 0: none is written */
};

struct reaches {
	struct reach *p;
	size_t n;
};

/* While `when` is on, only what is urgent is told: by `reach`, those of `by` first. */
struct quiet {
	struct window when; /* `only` NULL: they have none */
	struct reaches reach;
};
#define QUIET_MS_MAX (7 * DAY) /* longer than that nothing is held */

struct person {
	str id;   /* the key: "ana" */
	str name; /* "Ana Souza" */
	str email;
	const struct zone *zone;
	struct reaches reach;
	struct quiet quiet;
	str slack;      /* their account there: "U0123ABC"; empty: none is known */
	enum role role; /* what of Firstline itself they may use */
	struct place place;
};

/* One way of taking turns: people after each other, each for so many days. */
struct layer {
	const struct zone *zone;
	const struct person **people;
	size_t people_n;
	uint32_t days;            /* each turn lasts */
	unsigned handover_minute; /* of the local day */
	int64_t anchor_days;      /* civil day of a handover at which people[0] began */
	struct window when;
	struct place place;
};
#define LAYERS_MAX 16
#define OVERRIDES_MAX 256

/*
 * Whose turn it is: of the layers that have somebody then, the last says who. An override
 * is a layer of one person, on for its span. Where no layer has anybody, nobody is there.
 */
struct rotation {
	str name;
	struct layer *layers;
	size_t layers_n;
	const struct person **people; /* of all layers, each once */
	size_t people_n;
	/* The last of them, whom overrides alone name: on duty for that time, and no members
	 * of the team. */
	size_t guests_n;
	struct place place;
};

enum team_kind { TEAM_OPERATIONS = 1, TEAM_DEVELOPMENT };

struct team {
	str name;
	enum team_kind kind;
	const struct zone *zone;
	struct rotation *rotations;
	size_t rotation_n;
	struct policy *policies; /* policy.h: who is told; the last is that of `escalate` */
	size_t policies_n;
	/* Acknowledged, and for so long nobody has worked on it: it comes back. */
	msec acknowledge_timeout_ms;
	const struct person *lead; /* NULL: none */
	struct reaches notify;     /* the team's own channels: told of everything */
	str tracker;               /* development teams: where handoffs go, as text */
	struct place place;
};

/*
 * Who has the rotation at that instant, and since and until when it is surely so: the
 * bounds are those of the turn, or of the hours, holidays and overrides that cut it.
 */
struct turn {
	const struct person *person; /* NULL: nobody */
	msec from_wall, until_wall;
};
struct turn rotation_at(const struct rotation *rotation, msec wall);

/* ---- services, hosts, alerts ---- */

/* "3" or "30%" of a group of hosts: those of one service, role and environment. */
struct share {
	uint32_t count;
	uint32_t percent; /* 1..100; both 0: not written */
};

/* Something to see before anything is changed: what a probe without `expect` answers. */
struct evidence_probe {
	str name;
	struct probe *probe;
};
#define EVIDENCE_OF_MAX 8 /* of a service, and of a runbook */

struct service {
	str name;
	str description;
	const struct team *owner;
	const struct team *developers; /* NULL: none */
	str system;                    /* its own name when not written */
	uint32_t tier;                 /* 1..4 */
	struct strs journeys;
	const struct service **depends_on;
	size_t depends_on_n;
	const struct service **dependents; /* derived, direct */
	bool page_always; /* also for what an incident of a dependency explains */
	size_t dependents_n;
	str environment;
	struct strs dashboards;
	struct strs logs;
	struct evidence_probe *evidence; /* asked with ${service} */
	size_t evidence_n;
	/* Is a host of it well? Asked with ${target} and ${service}; NULL: nobody can tell. */
	struct probe *healthy;
	/* So many of its hosts one principal may reach in an hour: `check` warns where rules
	 * let more. Decides nothing; 0: not said. */
	struct share blast;
	struct place place;
};

struct host {
	str name;
	const struct service *service;
	str role;
	str environment;
	struct place place;
};

struct alert_rule {
	struct matchers match;
	const struct service *service;
	enum severity severity; /* 0: from tier and the alert's severity label */
	struct strs recurrence; /* label names; empty: alertname */
	struct place place;
};

/* While an alert that matches `source` fires, those that match `target` and have the same
 * values of the `equal` labels are held. */
/* Alerts that are held at the times of a calendar: a silence that is written. */
struct maintenance {
	str name;
	struct matchers match;
	const struct calendar *during;
	const struct person *owner;
	str because;
	msec until_wall; /* 0: no end */
	struct place place;
};
#define MAINTENANCE_MAX 256

struct inhibit {
	struct matchers source, target;
	struct strs equal; /* label names; empty: any source will do */
	struct place place;
};
#define INHIBITS_MAX 256
#define INHIBIT_EQUAL_MAX 32

/* ---- actions and probes ---- */

struct probe {
	enum probe_kind kind;
	struct template url;    /* HTTP */
	struct template query;  /* PROMQL */
	struct templates argv;  /* RUN, SSH */
	struct sandbox sandbox; /* RUN */
	struct parts parts;     /* SSH, SYSTEMD: as an action's */
	str server;             /* PROMQL: base URL; DNS: ADDRESS[:PORT] or empty */
	struct template where;  /* TCP, TLS: HOST:PORT; LOG: the file */
	struct template name;   /* DNS; TLS: empty: the host */
	enum dns_type dns;      /* DNS */
	uint32_t lines;         /* LOG */
	str text;               /* TCP: to send; LOG: to look for */
	struct condition expect;
	msec timeout_ms;
};

struct with {
	str name;
	struct template value;
};

/* The live value of a parameter, before the action: a number, the first of the answer.
 * Asked with the action's other parameters, ${target} and ${service}. */
struct observe {
	str param;          /* PARAM_INTEGER */
	struct probe probe; /* no `expect` */
};

struct action {
	str name;
	str verb;
	struct params params;
	enum action_kind kind;
	/* ${target} and ${service} are always there */
	struct templates argv;  /* RUN, SSH */
	struct sandbox sandbox; /* RUN */
	struct parts parts;     /* the rest, by the kind's own file (kind_http.c, ...) */
	struct probe *happened; /* NULL: no way to ask */
	struct observe *observe;
	size_t observe_n;
	/*
	 * What takes it back, on the same target, with these values; NULL: nothing does. For
	 * so long after it, by who did it, whatever rules say.
	 *
	 * A value's placeholders are this one's params, target, service, and observed.PARAM:
	 * the live value when this one was done. Every param of the undo that this one has
	 * too is here ("${unit}"), unless another value is written. One whose placeholder has
	 * no value (an optional parameter that was left out) is left out.
	 */
	const struct action *undo;
	struct with *undo_with;
	size_t undo_with_n;
	msec undo_within_ms; /* default 1 h */
	msec timeout_ms;
	bool repeat_safe;
	struct place place;
};

/* ---- authority ---- */

enum rule_kind { RULE_GRANT = 1, RULE_PROHIBITION, RULE_LIMIT, RULE_APPROVAL };

enum principal_kind {
	PRINCIPAL_PERSON = 1, /* name */
	PRINCIPAL_TEAM,       /* name: any member of its rotations, or its lead */
	PRINCIPAL_ON_DUTY,    /* name: whoever has a rotation of that team now */
	PRINCIPAL_AUTOMATION,
	PRINCIPAL_AGENT, /* name */
};

struct principal {
	enum principal_kind kind;
	str name;
	const struct team *team; /* TEAM, ON_DUTY */
};

/* All lists empty: everything. A list that is there must match. */
struct scope {
	struct strs services;
	struct strs systems;
	struct strs environments;
	uint32_t tiers; /* bit t set: tier t; 0: any */
};

struct rate {
	uint32_t count; /* 0: no such limit */
	msec window_ms;
};

/* How far from the live value: "2x" up to the double and down to the half, "50%" of it to
 * either side, "3" more or less. Exact: no floating point. */
enum delta_kind { DELTA_FACTOR = 1, DELTA_PERCENT, DELTA_NUMBER };
struct delta {
	enum delta_kind kind; /* 0: not written */
	/* FACTOR, PERCENT: of the live value. "1.5x" is 1500, "50%" is 500. */
	uint64_t thousandths;
	uint64_t number; /* NUMBER */
};

/* * is any run of characters, ? any one; the whole of `value` must match. */
bool like_matches(str like, str value);

/* What a grant lets a parameter be: all that is written must hold. A parameter of the
 * request that is absent and has no default, or no number where one is compared, is outside. */
struct param_bound {
	str param;
	bool has_min, has_max;
	int64_t min, max;
	struct strs values; /* one of these; empty: any */
	str like;           /* as like_matches; empty: any */
	struct delta change;
};

/* One condition under which an approval is asked for: "> 10", "> 2x" (more than the double
 * of the live value), "< 50%", "is db-1". All of a rule's must hold. */
enum when_op { WHEN_GT = 1, WHEN_GE, WHEN_LT, WHEN_LE, WHEN_IS };
struct when {
	str param; /* "targets": how many the plan has */
	enum when_op op;
	int64_t number;
	struct delta times; /* FACTOR or PERCENT ("< 0.5x" too), instead of the number */
	struct strs values; /* WHEN_IS: one of them */
};

#define RULE_TEXT_MAX 4096 /* of what is kept of it */
struct rule {
	enum rule_kind kind;
	str name; /* the sentence after `grant:`, `prohibit:`, `limit:` or `approval:` */
	struct principal *to; /* grants; else whom it is about, none: everyone */
	size_t to_n;
	bool any;        /* may: any; not in grants */
	struct strs may; /* verbs and action names */
	struct scope on;
	/* grants and limits; 0: not written */
	struct rate per_service, per_target, per_actor;
	uint32_t at_once;
	struct share targets; /* distinct targets of a group within the window */
	msec targets_window_ms;
	struct share keep_healthy; /* of the group, afterwards; a percent is rounded up */
	msec spacing_ms;           /* on one service, after the last one */
	struct strs not_beside;    /* verbs and actions: none of them held on the service */
	/* grants */
	struct param_bound *with;
	size_t with_n;
	bool while_incident;
	/* approvals */
	struct when *when; /* none: always */
	size_t when_n;
	struct principal *by;
	size_t by_n;
	uint32_t need;     /* different people, default 1 */
	bool not_reloader; /* nor whoever brought in the configuration in force,
	                   * or the runbook as it is */
	msec expires_ms;   /* default 15 min */
	/* all: it is in force from, until (first instant at which it is over; grants always
	 * have an end), and at the times of a calendar */
	msec from_wall, until_wall;
	bool has_end;
	const struct calendar *during; /* NULL: always */
	bool liftable;                 /* prohibitions, limits, approvals: by break-glass */
	str because;                   /* prohibitions: the reason people are shown */
	const struct person *owner;    /* grants always have one */
	struct place place;
	str text; /* as it is written there, with the lines that belong to it */
};

/* ---- runbooks ---- */

enum step_kind {
	STEP_CHECK = 1,
	STEP_ACTION,
	STEP_VERIFY,
	STEP_HANDOFF,
	STEP_WAIT = 5,
	STEP_ASK = 6,
	STEP_UNDO = 7,
	STEP_CALL = 9,
};
#define STEP_KIND_COUNT 10 /* one more than the last */

#define STEP_NEXT UINT32_MAX         /* go on with the step that follows */
#define STEP_STOP (UINT32_MAX - 1)   /* end the run: it is not this, or it is over */
#define STEP_PERSON (UINT32_MAX - 2) /* end the run: a person must look */
#define STEP_ALL (UINT32_MAX - 3)    /* undo_of: every step of the run */
#define RUNBOOK_STEPS_MAX 64
#define BATCH_MAX 16     /* targets of a step at once */
#define CALLS_DEEP_MAX 4 /* runbooks called, the one by the other */

const char *step_kind_name(enum step_kind kind); /* "check" */

/* Where an answer to a question leads. */
struct step_answer {
	str value;
	uint32_t to; /* a later step, STEP_NEXT, STEP_STOP or STEP_PERSON */
};

/* One of several probes at once. */
struct step_probe {
	str name;
	struct probe probe;
};
#define STEP_PROBES_MIN 2
#define STEP_PROBES_MAX 8

struct runbook_step {
	enum step_kind kind;
	str name;
	str heading; /* the Markdown heading it stands under */
	/* check, verify; wait: no `kind`: only for a time; action: between two batches, no
	 * `kind`: nothing is asked */
	struct probe probe;
	/* Several at once: all must hold, or any; `probe` is the first. Else none. */
	struct step_probe *probes;
	size_t probes_n;
	bool any;
	msec every_ms;  /* between looks, default 10 s */
	msec for_ms;    /* must hold so long without a break; wait: or the time itself */
	msec within_ms; /* verify: or it has not recovered; check: default for_ms + 1 min */
	/* check: where to go when it holds; call: when what it called stopped; a later step, STEP_NEXT, STEP_STOP or STEP_PERSON */
	uint32_t then;
	/* action */
	const struct action *action;
	struct with *with;
	size_t with_n;
	const struct service
	    *target_service; /* NULL: the incident's service itself is the target */
	str target_role;
	struct template target_host; /* that one of them alone; empty: all */
	/* So many targets at once, at least one; 0 both: one. A percent of all is rounded down. */
	struct share batch;
	msec pause_ms; /* between two batches; then the gate, if there is one: */
	/* each that was done last must be well by the `healthy` of its service, or `probe`
	 * (`probes`) must hold, for_ms long within within_ms */
	bool gate_hosts;
	uint32_t stop_after_failures; /* default 1 */
	uint32_t retry_times;         /* further tries on a target, after one that failed */
	msec retry_wait_ms;           /* before each of them */
	/* ask; its answer is ${NAME} from then on, `within_ms` the time to give it */
	struct template question;
	const struct team *ask_team; /* NULL: the one that answers for the incident */
	struct param answer;         /* called as the step */
	struct step_answer *answers; /* other values lead to the next step */
	size_t answers_n;
	/* Bit i: it uses the answer to step i. */
	uint64_t uses_answers;
	uint32_t uses_asked; /* bit k: input k, which is asked for when the run begins */
	str calls; /* call: another runbook, which is there; `with` are its inputs */
	bool each; /* call: for each of target_service's hosts, with target_role */
	/* handoff */
	enum handoff_class class;
	str because, ask;
	struct strs attach; /* logs, changes, attempts, alerts, timeline */
	/* undo, and a verify that fails with `undo`: what that earlier step did is taken
	 * back; or STEP_ALL */
	bool undoes;
	uint32_t undo_of;
	/* where to go when it does not hold, fails or is refused; a later step, STEP_STOP or STEP_PERSON */
	uint32_t otherwise;
	struct place place;
};

/* Where the value of an input comes from; 0: only its default. */
enum input_from {
	INPUT_LABEL = 1,  /* alert.labels.NAME, of the incident's first alert */
	INPUT_ANNOTATION, /* alert.annotations.NAME, alike */
	INPUT_SERVICE,    /* service.name, of the incident's service; the others alike */
	INPUT_OWNER,
	INPUT_TIER,
	INPUT_ENVIRONMENT,
	INPUT_SYSTEM,
	INPUT_DEVELOPERS,
	INPUT_PROBE, /* what a probe sees, when the run begins */
};

struct input {
	struct param param;
	enum input_from from;
	str label; /* INPUT_LABEL, INPUT_ANNOTATION: which */
	/* INPUT_PROBE, without `expect`: asked with ${service} and the inputs that are not
	 * asked for. */
	struct probe *probe;
};

struct runbook {
	str name;
	str path;
	hash32 hash;                     /* SHA-256 of the file */
	str title;                       /* first heading */
	str text;                        /* the file */
	const struct service **services; /* empty: any */
	size_t services_n;
	struct matchers *answers; /* any of them; empty: only by hand */
	size_t answers_n;
	enum autonomy ceiling; /* default auto */
	msec veto_ms;          /* how long a veto is waited for, default 5 min */
	bool shadow;           /* it decides, and does nothing */
	msec drill_every_ms;   /* 0: no drills are wanted of it */
	str drill_in;          /* environment */
	struct input *inputs;
	size_t inputs_n;
	struct evidence_probe *evidence; /* asked with the inputs and ${service} */
	size_t evidence_n;
	struct runbook_step *steps;
	size_t steps_n;
	struct place place;
};

/* Steps that may follow this one, each once. */
#define STEPS_AFTER_MAX RUNBOOK_STEPS_MAX
size_t runbook_after(const struct runbook *runbook, uint32_t step,
    uint32_t ret[STEPS_AFTER_MAX]);

/* The step, of it or of one that it calls (*ret_of), that acts on the service itself; or NULL. */
struct model;
const struct runbook_step *runbook_acts_on_itself(const struct model *model,
    const struct runbook *runbook, const struct runbook **ret_of);

/* What the owner of services says of how far runbooks go there. Of all that match the least
 * holds, and order never matters. */
struct autonomy_rule {
	struct strs runbooks; /* empty: any */
	struct strs services; /* empty: any */
	enum autonomy level;  /* at most; 0: says nothing of it */
	bool earned;          /* what it may, it must have proved: else it is as declared */
	bool shadow;
	const struct person *owner;
	struct place place;
};
#define AUTONOMY_RULES_MAX 1024
#define DRILL_EVERY_MS_MIN DAY
#define VETO_MS_DEFAULT (5 * MINUTE)
#define VETO_MS_MIN (10 * SECOND)
#define VETO_MS_MAX (4 * HOUR)

/* ---- the whole ---- */

struct limits {
	uint32_t
	    incidents_max; /* open at once; beyond: overflow incidents. default 10,000 */
	uint32_t incidents_per_service_max; /* default 500 */
	uint64_t
	    alerts_max; /* active at once; beyond: 503 and counted. default 2,000,000 */
	/* For one source, or alertname; beyond: 429 and counted. 0: no bound of its own */
	uint64_t alerts_per_source_max, alerts_per_alertname_max;
	uint64_t alert_rate_per_source;  /* new or changed a second; 0: any */
	uint64_t alert_burst_per_source; /* at once; default ten seconds of the rate */
	uint32_t body_bytes_max;         /* of a request, default 16 MiB */
	msec alert_timeout_ms; /* endsAt of an alert that names none, default 5 min */
};

/* A further listener, with TLS; files are read where they are used, not here. */
struct tls_paths {
	str listen; /* empty: there is none */
	str certificate, key;
	str clients; /* authorities of the certificates that clients must show; empty: none */
};

/* Who may stand between a client and us, and what is believed of it. */
struct proxy {
	struct strs from; /* networks, and "socket" for whoever comes by that */
	str user_header;  /* names who asks; empty: none does */
};
#define PROXIES_MAX 16
#define PROXY_SOCKET "socket"

/* What must be heard of again and again. */
struct heartbeat {
	str name; /* a slug */
	const struct service *service;
	enum severity severity; /* 0: by the service's tier */
	msec period_ms;         /* or: */
	bool by_cron;
	struct cron cron;
	const struct zone *zone;
	msec grace_ms;      /* later than due by so much: it is missing */
	msec longest_ms;    /* a run may take, from its start to its end */
	str key;            /* a secret: of its own URL; empty: none */
	struct pairs alert; /* alerts with these labels are its pings; none: no alert is */
	struct place place;
};
#define HEARTBEATS_MAX 1000
#define HEARTBEAT_NAME_MAX 64
/* A name as it stands in its URL: healthchecks.io's slug. */
bool heartbeat_slug(str name);
#define HEARTBEAT_LABELS_MAX 8

#define HEARTBEAT_EVERY_MS_MIN MINUTE
#define HEARTBEAT_EVERY_MS_MAX HOUR

/* How long what is over is kept; 0: for ever. History is kept no shorter than the journal. */
#define KEEP_MS_MIN (7 * DAY)
#define KEEP_MS_MAX (400 * DAY)
struct keep {
	msec journal_ms, history_ms; /* default KEEP_MS_MAX */
};

/* A secret that is read from the environment: what `check` warns of. */
struct env_secret {
	const struct env_secret *next;
	str reference; /* "env:PAGER_SECRET" */
	struct place place;
};

struct model {
	hash32 hash; /* of the bundle */
	str listen;  /* ADDR:PORT, default 127.0.0.1:9911 */
	str store;   /* URL; empty: sqlite:firstline.db in the state folder */
	str url;     /* how people reach it, for links; empty: http://LISTEN */
	/* Asked while all is well; both empty: nobody. The second is a secret that says it. */
	str heartbeat_url, heartbeat_url_secret;
	msec heartbeat_every_ms; /* default 1 min */
	str ping_key;            /* a secret: of /ping/KEY/NAME; empty: none */
	struct heartbeat *heartbeats;
	size_t heartbeats_n;
	str prometheus; /* base URL for promql; empty: none */
	struct strs
	    probe_files; /* folders that log probes may read below: absolute, plain */
	const struct team *fallback;
	struct limits limits;
	struct keep keep;
	struct tls_paths tls;
	str socket; /* path of a listening socket; empty: none */
	struct proxy proxy;
	struct person *people;
	size_t people_n;
	struct team *teams;
	size_t teams_n;
	struct channel *channels;
	size_t channels_n;
	struct service *services;
	size_t services_n;
	struct host *hosts;
	size_t hosts_n;
	struct alert_rule *alert_rules;
	size_t alert_rules_n;
	struct inhibit *inhibits;
	size_t inhibits_n;
	struct maintenance *maintenance;
	size_t maintenance_n;
	struct action *actions;
	size_t actions_n;
	struct rule *rules;
	size_t rules_n;
	struct calendar *calendars;
	size_t calendars_n;
	struct calendar_url *calendar_urls; /* calendar_url.h */
	size_t calendar_urls_n;
	struct autonomy_rule *autonomy;
	size_t autonomy_n;
	struct runbook *runbooks;
	size_t runbooks_n;
	unsigned sandboxes;      /* bit p set: some command asks for profile p */
	struct strs annotations; /* names of those that inputs come from, each once */
	const struct env_secret *env_secrets; /* the last one first */
	struct regex *regexes;                /* all of them, for model_done */
	struct names service_by_name, team_by_name, person_by_name, action_by_name,
	    runbook_by_name, host_by_name, channel_by_name, calendar_by_name;
};

/* Address space to reserve for a model of a bundle of that many bytes (as encoded, or of its
 * files together): twice what it can take, so that the bundle itself fits as well. */
size_t model_arena_bytes(size_t bundle_bytes);

/*
 * Read everything of a bundle whose files are in order (as bundle_encode and bundle_decode
 * leave it) and outlive the model and the diags. Reports every mistake of every file; a
 * syntax error ends only its own file. NULL when there is any, also one that diags held
 * before. An arena that may be too small for so much text is a mistake too, never an
 * abort.
 */
struct model *model_load(const struct bundle *bundle, const hash32 *hash,
    struct arena *arena, struct diags *diags);

/* Gives back what is not in the arena (compiled regular expressions). Before
 * the arena goes; the model is then unusable. NULL is allowed. */
void model_done(const struct model *model);

/* Zone names that the folder's files mention, each once and fit to be a path, at most
 * MODEL_ZONES_MAX; for whoever reads the zone files. A light pass that reports nothing. */
#define MODEL_ZONES_MAX 512
struct strs model_zone_names(const struct bundle *bundle, struct arena *arena);

/* "memory:" or "sqlite:FILE"? And is that file one outside the state folder, where it could
 * not be opened? */
bool model_store_is_one(str url);
bool model_store_is_elsewhere(str url);

/* Lookups; NULL when absent. */
const struct service *model_service(const struct model *model, str name);
const struct team *model_team(const struct model *model, str name);
const struct person *model_person(const struct model *model, str id);
/* As people speak of them: by id, else by name, in whatever case. *ret_n: how many it could
 * be; NULL unless it is one. */
const struct person *model_person_called(const struct model *model, str words,
    size_t *ret_n);
/* When their quiet hours, which are on then, end; 0: they are not on. */
msec person_quiet_until(const struct person *person, msec wall);
const struct action *model_action(const struct model *model, str name);
const struct runbook *model_runbook(const struct model *model, str name);

/* The least of the runbook's ceiling and of what its owner says for it on that service (or
 * with an empty name, on none). *ret_rule: the rule that holds it down; NULL: the ceiling. */
enum autonomy model_autonomy(const struct model *model, const struct runbook *runbook,
    str service, const struct autonomy_rule **ret_rule);
/* Does the owner say that it must be earned there; that it only shadows? */
bool model_must_earn(const struct model *model, const struct runbook *runbook, str service);
bool model_shadows(const struct model *model, const struct runbook *runbook, str service);

/* First rule that matches, or NULL. */
const struct alert_rule *model_alert_rule(const struct model *model,
    const struct pairs *labels);

/* Has it no services, or is that one of them? Empty: an incident of no service. */
bool runbook_is_for(const struct runbook *runbook, str service);

/* The runbook that answers: among those whose services and matchers fit, the one with the
 * most matchers, then the first by name; `skip` names those already tried. */
const struct runbook *model_choose_runbook(const struct model *model,
    const struct service *service, const struct pairs *labels, const struct strs *skip);

/* NULL: there is none. */
const struct heartbeat *model_heartbeat(const struct model *model, str name);
/* When it is heard of next, after it was at that time. */
msec heartbeat_due(const struct heartbeat *heartbeat, msec heard_wall);

#endif
