/*
 * Frames: heads, the tables of what is inside, and the two kinds that carry an effect or
 * an event. The head's 16 bytes, little endian:
 *
 *	0        4     6     8                16
 *	| length | kind| zero| id             | payload ...
 */
#include "facts/frame.h"

static const char *const frame_kind_names[] = {
	[FRAME_ALERTS] = "alerts",
	[FRAME_REQUEST] = "request",
	[FRAME_ANSWER] = "answer",
	[FRAME_PUBLISH] = "publish",
	[FRAME_ORDER] = "order",
	[FRAME_RESULT] = "result",
	[FRAME_EPOCH] = "epoch",
	[FRAME_PEER] = "peer",
	[FRAME_BUNDLE] = "bundle",
	[FRAME_ADOPTED] = "adopted",
	[FRAME_READY] = "ready",
	[FRAME_LOG] = "log",
	[FRAME_RELOAD] = "reload",
	[FRAME_SELF] = "self",
	[FRAME_STOP] = "stop",
	[FRAME_SETTINGS] = "settings",
	[FRAME_QUARANTINE] = "quarantine",
	[FRAME_PING] = "ping",
	[FRAME_PONG] = "pong",
	[FRAME_QUARANTINED] = "quarantined",
	[FRAME_KEPT] = "kept",
	[FRAME_CALENDAR] = "calendar",
	[FRAME_OUTPUT] = "output",
	[FRAME_PARTED] = "parted",
	[FRAME_BLAMELESS] = "blameless",
};

static const char *const role_kind_names[] = {
	[ROLE_KIND_SUPERVISOR] = "supervisor",
	[ROLE_KIND_GATE] = "gate",
	[ROLE_KIND_ENGINE] = "engine",
	[ROLE_KIND_HANDS] = "hands",
};

/* ---- heads ---- */

static void
put_little(char *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++, value >>= 8)
		p[i] = (char)(value & 0xff);
}

static uint64_t
get_little(const char *p, size_t n)
{
	uint64_t value = 0;
	while (n-- > 0)
		value = value << 8 | (unsigned char)p[n];
	return value;
}

size_t
frame_begin(struct buf *out, enum frame_kind kind, uint64_t id)
{
	ASSERT(kind < countof(frame_kind_names) && frame_kind_names[kind] != NULL);

	char head[FRAME_HEAD_BYTES] = { 0 };
	put_little(head + 4, kind, 2);
	put_little(head + 8, id, 8);
	size_t begin = out->n;
	buf_put(out, head, sizeof(head));
	return begin;
}

void
frame_end(struct buf *out, size_t begin)
{
	ASSERT(begin <= out->n);
	size_t length = out->n - begin;
	if (out->overflow || length > FRAME_HEAD_BYTES + (size_t)FRAME_PAYLOAD_MAX) {
		out->overflow = true;
		out->n = begin;
		return;
	}
	ASSERT(length >= FRAME_HEAD_BYTES);
	put_little(out->p + begin, length - FRAME_HEAD_BYTES, 4);
}

void
frame_empty(struct buf *out, enum frame_kind kind, uint64_t id)
{
	frame_end(out, frame_begin(out, kind, id));
}

void
frame_record(struct buf *out, enum frame_kind kind, uint64_t id,
    const struct record_type *type, const void *record)
{
	size_t begin = frame_begin(out, kind, id);
	record_encode(type, record, out);
	frame_end(out, begin);
}

enum frame_status
frame_cut(str *in, struct frame *ret)
{
	if (in->n < FRAME_HEAD_BYTES)
		return FRAME_PARTIAL;
	uint64_t length = get_little(in->p, 4);
	uint64_t kind = get_little(in->p + 4, 2);
	uint64_t zero = get_little(in->p + 6, 2);
	if (length > FRAME_PAYLOAD_MAX || zero != 0)
		return FRAME_BAD;
	if (kind >= countof(frame_kind_names) || frame_kind_names[kind] == NULL)
		return FRAME_BAD;
	if (in->n - FRAME_HEAD_BYTES < length)
		return FRAME_PARTIAL;

	*ret = (struct frame){
		.kind = (enum frame_kind)kind,
		.id = get_little(in->p + 8, 8),
		.payload = { in->p + FRAME_HEAD_BYTES, (size_t)length },
		.fd = -1,
	};
	*in = str_drop(*in, FRAME_HEAD_BYTES + (size_t)length);
	return FRAME_WHOLE;
}

const char *
frame_kind_name(enum frame_kind kind)
{
	ASSERT(kind < countof(frame_kind_names) && frame_kind_names[kind] != NULL);
	return frame_kind_names[kind];
}

/* ---- gate to engine ---- */

const char *const op_names[OP_COUNT] = {
	[OP_STATUS] = "status",
	[OP_METRICS] = "metrics",
	[OP_ALERTS] = "alerts",
	[OP_INCIDENTS] = "incidents",
	[OP_INCIDENT] = "incident",
	[OP_WHY] = "why",
	[OP_HANDOFFS] = "handoffs",
	[OP_HANDOFF] = "handoff",
	[OP_GAPS] = "gaps",
	[OP_ON_CALL] = "on-call",
	[OP_SHIFTS] = "shifts",
	[OP_OVERRIDES] = "overrides",
	[OP_MAY] = "may",
	[OP_JOURNAL] = "journal",
	[OP_EVENTS] = "events",
	[OP_TOKENS] = "tokens",
	[OP_COMMAND] = "command",
	[OP_TOKEN_ADD] = "token-add",
	[OP_RELOAD] = "reload",
	[OP_WHO] = "who",
	[OP_SILENCES] = "silences",
	[OP_SILENCE] = "silence",
	[OP_SILENCE_SET] = "silence-set",
	[OP_SILENCE_EXPIRE] = "silence-expire",
	[OP_RECEIVERS] = "receivers",
	[OP_ASKED] = "asked",
	[OP_ASKED_ONE] = "asked-one",
	[OP_LEASES] = "leases",
	[OP_WHO_CAN] = "who-can",
	[OP_WHAT_CAN] = "what-can",
	[OP_PLAN] = "plan",
	[OP_TRUST] = "trust",
	[OP_NOISE] = "noise",
	[OP_OUTPUT] = "output",
	[OP_SESSION] = "session",
	[OP_SESSION_ADD] = "session-add",
	[OP_SESSION_AGAIN] = "session-again",
	[OP_SESSION_END] = "session-end",
	[OP_SESSIONS] = "sessions",
	[OP_PASSWORD] = "password",
	[OP_LOGIN_LINK] = "login-link",
	[OP_SERVICES] = "services",
	[OP_RUNBOOKS] = "runbooks",
	[OP_CHANNELS] = "channels",
	[OP_PRESSED] = "pressed",
	[OP_PING] = "ping",
	[OP_HEARTBEATS] = "heartbeats",
	[OP_NOTICE] = "notice",
	[OP_TAPPED] = "tapped",
	[OP_FEED] = "feed",
	[OP_FEEDS] = "feeds",
	[OP_FEED_ADD] = "feed-add",
	[OP_FEED_END] = "feed-end",
	[OP_DIALED] = "dialed",
	[OP_RULES] = "rules",
	[OP_ALERT_GROUPS] = "alert-groups",
};

static const struct field request_fields[] = {
	F_ENUM(1, struct request, op, op_names),
	{ F_(2, FIELD_STR, struct request, token, FIELD_SECRET, 0) },
	FQ_STR(3, struct request, idempotency_key),
	FQ_U32(4, struct request, incident),
	FQ_U64(5, struct request, row),
	FQ_U64(6, struct request, cursor),
	FQ_U32(7, struct request, limit),
	FQ_STR(8, struct request, name),
	FQ_STR(9, struct request, text),
	FQ_STR(10, struct request, target),
	FQ_PAIRS(11, struct request, params, PAIRS_MAX),
	FQ_ENUM(12, struct request, command, command_kind_names),
	FQ_ENUM(13, struct request, happened, happened_names),
	FQ_BOOL(14, struct request, action),
	FQ_MSEC(15, struct request, deadline_ms),
	{ F_(16, FIELD_RECORD, struct request, silence, FIELD_QUIET, 0),
	    .type = &silence_row_type },
	FQ_HASH(17, struct request, digest),
	FQ_MSEC(18, struct request, span_ms),
	{ F_(50, FIELD_STR, struct request, session, FIELD_SECRET, 0) },
	{ F_(51, FIELD_STR, struct request, csrf, FIELD_SECRET, 0) },
	FQ_BOOL(52, struct request, changes),
	{ F_(53, FIELD_STR, struct request, secret, FIELD_SECRET, 0) },
	FQ_STR(54, struct request, from),
	FQ_STR(55, struct request, agent),
	FQ_STR(56, struct request, user),
};
const struct record_type request_type = RECORD(struct request, "request", request_fields);

static const struct field item_fields[] = {
	F_ENUM(1, struct item, table, table_names),
	FQ_U32(2, struct item, kind),
	F_BYTES(3, struct item, body, FRAME_PAYLOAD_MAX),
};
const struct record_type item_type = RECORD(struct item, "item", item_fields);

static const struct field answer_fields[] = {
	F_U32(1, struct answer, status),
	F_U32(2, struct answer, exit),
	FQ_STR(3, struct answer, error),
	F_U64(4, struct answer, cursor),
	F_U64(5, struct answer, seq),
	F_BOOL(6, struct answer, more),
	F_RECORDS(7, struct answer, items, &item_type, ITEMS_PER_FRAME_MAX),
	F_U32(8, struct answer, again_s),
	FQ_STR(9, struct answer, note),
};
const struct record_type answer_type = RECORD(struct answer, "answer", answer_fields);

static const struct field publish_fields[] = {
	F_U64(1, struct publish, seq),
	F_WALL(2, struct publish, wall),
	F_RECORDS(3, struct publish, items, &item_type, ITEMS_PER_FRAME_MAX),
};
const struct record_type publish_type = RECORD(struct publish, "publish", publish_fields);

/* ---- plain records in answers ---- */

static const struct field status_fields[] = {
	F_STR(1, struct status_item, version),
	F_U64(2, struct status_item, epoch),
	F_U64(3, struct status_item, seq),
	F_WALL(4, struct status_item, since_wall),
	F_WALL(5, struct status_item, now_wall),
	F_HASH(6, struct status_item, config),
	F_BOOL(7, struct status_item, refusing),
	FQ_STR(8, struct status_item, refusing_why),
	F_BOOL(9, struct status_item, stopped),
	FQ_STR(10, struct status_item, stopped_by),
	FQ_STR(11, struct status_item, stopped_why),
	F_BOOL(12, struct status_item, hands_up),
	F_U32(13, struct status_item, incidents_open),
	F_U32(14, struct status_item, incidents_needing_person),
	F_U64(15, struct status_item, alerts_active),
	F_U32(16, struct status_item, gaps),
	F_STRS(17, struct status_item, sandbox_gaps, SANDBOX_GAPS_MAX),
	F_STR(18, struct status_item, principal),
	F_BOOL(19, struct status_item, loopback_only),
	F_U64(20, struct status_item, alerts_held),
	F_U32(21, struct status_item, silences_active),
	F_U32(22, struct status_item, approvals_waiting),
	F_U32(23, struct status_item, hands_on),
	F_U32(24, struct status_item, glass),
	F_U32(25, struct status_item, unreviewed),
};
const struct record_type status_item_type =
    RECORD(struct status_item, "status", status_fields);

static const struct field metric_fields[] = {
	F_STR(1, struct metric_item, name),
	F_STR(2, struct metric_item, help),
	F_BOOL(3, struct metric_item, counter),
	F_PAIRS(4, struct metric_item, labels, PAIRS_MAX),
	F_U64(5, struct metric_item, value),
};
const struct record_type metric_item_type =
    RECORD(struct metric_item, "metric", metric_fields);

static const struct field alert_fields[] = {
	F_U64(1, struct alert_item, alert),
	F_HEX64(2, struct alert_item, fingerprint),
	F_U32(3, struct alert_item, incident),
	F_BYTES(4, struct alert_item, body, ALERT_BODY_MAX),
	F_WALL(5, struct alert_item, starts_wall),
	F_WALL(6, struct alert_item, ends_wall),
	F_WALL(7, struct alert_item, updated_wall),
	F_STR(8, struct alert_item, source),
	F_STR(9, struct alert_item, owner),
	F_STRS(10, struct alert_item, silenced_by, ALERT_HOLDERS_MAX),
	F_STRS(11, struct alert_item, inhibited_by, ALERT_HOLDERS_MAX),
	F_PAIRS(12, struct alert_item, group, LABELS_MAX),
	F_BOOL(13, struct alert_item, begins_group),
};
const struct record_type alert_item_type = RECORD(struct alert_item, "alert", alert_fields);

static const struct field alert_group_fields[] = {
	F_PAIRS(1, struct alert_group_item, labels, LABELS_MAX),
	F_PAIRS(2, struct alert_group_item, shared, LABELS_MAX),
	F_U32(3, struct alert_group_item, alerts),
	F_U32(4, struct alert_group_item, held),
	F_U32(5, struct alert_group_item, sev1),
	F_U32(6, struct alert_group_item, sev2),
	F_U32(7, struct alert_group_item, sev3),
	F_U32(8, struct alert_group_item, sev4),
	F_WALL(9, struct alert_group_item, oldest_wall),
	F_WALL(10, struct alert_group_item, newest_wall),
};
const struct record_type alert_group_item_type =
    RECORD(struct alert_group_item, "alert-group", alert_group_fields);

static const struct field alert_total_fields[] = {
	F_U32(1, struct alert_total_item, groups),
	F_U32(2, struct alert_total_item, alerts),
	F_U32(3, struct alert_total_item, held),
};
const struct record_type alert_total_item_type =
    RECORD(struct alert_total_item, "alert-total", alert_total_fields);

static const struct field receivers_fields[] = {
	F_STRS(1, struct receivers_item, names, RECEIVERS_MAX),
	F_WALL(2, struct receivers_item, since_wall),
	F_STR(3, struct receivers_item, version),
};
const struct record_type receivers_item_type =
    RECORD(struct receivers_item, "receivers", receivers_fields);

static const struct field duty_fields[] = {
	F_STR(1, struct duty_item, team),
	F_STR(2, struct duty_item, rotation),
	F_STR(3, struct duty_item, person),
	F_WALL(4, struct duty_item, from_wall),
	F_WALL(5, struct duty_item, until_wall),
	FQ_WALL(6, struct duty_item, quiet_wall),
	FQ_STR(7, struct duty_item, name),
};
const struct record_type duty_item_type = RECORD(struct duty_item, "duty", duty_fields);

static const struct field shift_fields[] = {
	F_STR(1, struct shift_item, team),
	F_STR(2, struct shift_item, rotation),
	F_U32(3, struct shift_item, tier),
	F_STR(4, struct shift_item, person),
	F_WALL(5, struct shift_item, from_wall),
	F_WALL(6, struct shift_item, until_wall),
	F_BOOL(7, struct shift_item, gap),
	F_STR(8, struct shift_item, zone),
};
const struct record_type shift_item_type = RECORD(struct shift_item, "shift", shift_fields);

static const struct field entry_fields[] = {
	F_U64(1, struct entry_item, seq),
	F_HASH(2, struct entry_item, hash),
	F_BYTES(3, struct entry_item, bytes, FRAME_PAYLOAD_MAX),
};
const struct record_type entry_item_type = RECORD(struct entry_item, "entry", entry_fields);

static const struct field secret_fields[] = {
	F_U64(1, struct secret_item, id),
	F_STR(2, struct secret_item, name),
	F_STR(3, struct secret_item, secret),
	FQ_STR(4, struct secret_item, url),
};
const struct record_type secret_item_type =
    RECORD(struct secret_item, "secret", secret_fields);

static const struct field session_item_fields[] = {
	F_U64(1, struct session_item, id),
	F_STR(2, struct session_item, principal),
	F_ENUM(3, struct session_item, role, role_names),
	F_STR(4, struct session_item, csrf),
	F_WALL(5, struct session_item, until_wall),
	F_ENUM(6, struct session_item, how, session_how_names),
	{ F_(7, FIELD_STR, struct session_item, secret, FIELD_SECRET, 0) },
};
const struct record_type session_item_type =
    RECORD(struct session_item, "session", session_item_fields);

static const struct field can_fields[] = {
	F_STR(1, struct can_item, action),
	F_STR(2, struct can_item, verb),
	F_STR(3, struct can_item, service),
	F_ENUM(4, struct can_item, verdict, verdict_names),
	F_STR(5, struct can_item, text),
	FQ_STR(6, struct can_item, needs),
};
const struct record_type can_item_type = RECORD(struct can_item, "can", can_fields);

static const struct field output_item_fields[] = {
	F_U64(1, struct output_item, attempt),
	F_BOOL(2, struct output_item, at_work),
	F_STR_MAX(3, struct output_item, output, ATTEMPT_OUTPUT_MAX),
};
const struct record_type output_item_type =
    RECORD(struct output_item, "output-item", output_item_fields);

static const struct field who_fields[] = {
	F_STR(1, struct who_item, principal),
	F_ENUM(2, struct who_item, verdict, verdict_names),
	F_STR(3, struct who_item, text),
};
const struct record_type who_item_type = RECORD(struct who_item, "who", who_fields);

static const struct field trust_item_fields[] = {
	F_STR(1, struct trust_item, runbook),
	F_STR(2, struct trust_item, service),
	F_STR(3, struct trust_item, owner),
	F_ENUM(4, struct trust_item, level, autonomy_names),
	F_ENUM(5, struct trust_item, ceiling, autonomy_names),
	F_ENUM(6, struct trust_item, said, autonomy_names),
	F_ENUM(7, struct trust_item, held, autonomy_names),
	F_ENUM(8, struct trust_item, earns, autonomy_names),
	F_BOOL(9, struct trust_item, earned),
	F_BOOL(10, struct trust_item, shadow),
	F_STR(11, struct trust_item, why),
	F_STR(12, struct trust_item, arithmetic),
	F_STR(13, struct trust_item, next),
	F_U32(14, struct trust_item, bound),
	F_U32(15, struct trust_item, verified),
	F_U32(16, struct trust_item, outcomes),
	F_U32(17, struct trust_item, drills),
	F_U32(18, struct trust_item, since_change),
	F_U32(19, struct trust_item, overridden),
	F_U32(20, struct trust_item, undone),
	F_WALL(21, struct trust_item, last_wall),
	F_WALL(22, struct trust_item, drill_due_wall),
	F_BOOL(23, struct trust_item, stale),
	F_HASH(24, struct trust_item, digest),
	F_RECORD(25, struct trust_item, row, &trust_row_type),
};
const struct record_type trust_item_type =
    RECORD(struct trust_item, "trust-item", trust_item_fields);

static const struct field noise_item_fields[] = {
	F_STR(1, struct noise_item, name),
	F_U64(2, struct noise_item, fired),
	F_U32(3, struct noise_item, flaps),
	F_U32(4, struct noise_item, incidents),
	F_U32(5, struct noise_item, called),
	F_U32(6, struct noise_item, acted),
	F_U32(7, struct noise_item, alone),
	F_U32(8, struct noise_item, wasted),
	F_U32(9, struct noise_item, yes),
	F_U32(10, struct noise_item, no),
	F_U32(11, struct noise_item, acted_percent),
	F_STR(12, struct noise_item, verdict),
	F_WALL(13, struct noise_item, since_wall),
};
const struct record_type noise_item_type =
    RECORD(struct noise_item, "noise-item", noise_item_fields);

const struct record_type *
item_body_type(const struct item *item)
{
	static const struct record_type *const plain[] = {
		[ITEM_STATUS] = &status_item_type,
		[ITEM_METRIC] = &metric_item_type,
		[ITEM_ALERT] = &alert_item_type,
		[ITEM_DUTY] = &duty_item_type,
		[ITEM_ENTRY] = &entry_item_type,
		[ITEM_SECRET] = &secret_item_type,
		[ITEM_SESSION] = &session_item_type,
		[ITEM_CAN] = &can_item_type,
		[ITEM_RECEIVERS] = &receivers_item_type,
		[ITEM_WHO] = &who_item_type,
		[ITEM_PLAN] = &plan_item_type,
		[ITEM_TRUST] = &trust_item_type,
		[ITEM_NOISE] = &noise_item_type,
		[ITEM_OUTPUT] = &output_item_type,
		[ITEM_SHIFT] = &shift_item_type,
		[ITEM_SERVICE] = &service_item_type,
		[ITEM_RUNBOOK] = &runbook_item_type,
		[ITEM_CHANNEL] = &channel_item_type,
		[ITEM_RULE] = &rule_item_type,
		[ITEM_ALERT_GROUP] = &alert_group_item_type,
		[ITEM_ALERT_TOTAL] = &alert_total_item_type,
	};
	if (item->table != 0)
		return table_type(item->table);
	return item->kind < countof(plain) ? plain[item->kind] : NULL;
}

/* ---- supervisor ---- */

static const struct field epoch_fields[] = {
	F_U64(1, struct epoch_frame, epoch),
};
const struct record_type epoch_frame_type =
    RECORD(struct epoch_frame, "epoch", epoch_fields);

static const struct field peer_fields[] = {
	F_ENUM(1, struct peer_frame, role, role_kind_names),
	F_BOOL(2, struct peer_frame, loopback_only),
};
const struct record_type peer_frame_type = RECORD(struct peer_frame, "peer", peer_fields);

static const struct field bundle_fields[] = {
	F_HASH(1, struct bundle_frame, hash),
	F_U64(2, struct bundle_frame, bytes),
};
const struct record_type bundle_frame_type =
    RECORD(struct bundle_frame, "bundle", bundle_fields);

static const struct field adopted_fields[] = {
	F_HASH(1, struct adopted_frame, hash),
	F_BOOL(2, struct adopted_frame, ok),
	F_STR(3, struct adopted_frame, text),
};
const struct record_type adopted_frame_type =
    RECORD(struct adopted_frame, "adopted", adopted_fields);

static const struct field quarantined_fields[] = {
	F_BYTES(1, struct quarantined_frame, digests, QUARANTINE_KEPT_MAX * sizeof(hash32)),
};
const struct record_type quarantined_frame_type =
    RECORD(struct quarantined_frame, "quarantined", quarantined_fields);

static const struct field ready_fields[] = {
	F_STRS(1, struct ready_frame, sandbox_gaps, SANDBOX_GAPS_MAX),
	F_U32(2, struct ready_frame, port),
	F_BOOL(3, struct ready_frame, tokens),
};
const struct record_type ready_frame_type =
    RECORD(struct ready_frame, "ready", ready_fields);

static const struct field hook_fields[] = {
	F_STR(1, struct hook, channel),
	{ F_(2, FIELD_STR, struct hook, key, FIELD_SECRET, HOOK_KEY_MAX) },
};
const struct record_type hook_type = RECORD(struct hook, "hook", hook_fields);

static const struct field settings_fields[] = {
	F_STR(1, struct settings_frame, listen),
	F_STRS(2, struct settings_frame, hosts, 64),
	F_U64(3, struct settings_frame, body_bytes_max),
	F_MSEC(4, struct settings_frame, alert_timeout_ms),
	F_BOOL(5, struct settings_frame, loopback_only),
	F_BYTES(6, struct settings_frame, certificate, TLS_FILE_MAX),
	{ F_(7, FIELD_BYTES, struct settings_frame, key, FIELD_SECRET, TLS_FILE_MAX) },
	F_BYTES(8, struct settings_frame, clients, TLS_FILE_MAX),
	F_STRS(9, struct settings_frame, proxies, 64),
	FQ_STR(10, struct settings_frame, user_header),
	{ F_(11, FIELD_RECORDS, struct settings_frame, hooks, FIELD_SECRET, HOOKS_MAX),
	    .type = &hook_type },
	{ F_(12, FIELD_RECORDS, struct settings_frame, pings, FIELD_SECRET, PINGS_MAX),
	    .type = &hook_type },
	FQ_STR(13, struct settings_frame, tls_unread),
};
const struct record_type settings_frame_type =
    RECORD(struct settings_frame, "settings", settings_fields);

static const struct field dials_fields[] = {
	{ F_(1, FIELD_RECORDS, struct dials_frame, dials, FIELD_SECRET, HOOKS_MAX),
	    .type = &hook_type },
};
const struct record_type dials_frame_type =
    RECORD(struct dials_frame, "dials", dials_fields);

static const char *const log_level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
};

static const struct field log_fields[] = {
	F_ENUM(1, struct log_frame, level, log_level_names),
	F_STR(2, struct log_frame, text),
};
const struct record_type log_frame_type = RECORD(struct log_frame, "log", log_fields);

static const char *const fetched_names[] = {
	[FETCHED_NEW] = "new",
	[FETCHED_SAME] = "same",
	[FETCHED_FAILED] = "failed",
};

static const struct field calendar_fields[] = {
	F_STR(1, struct calendar_frame, name),
	F_ENUM(2, struct calendar_frame, what, fetched_names),
	F_STR(3, struct calendar_frame, bytes),
	F_STR(4, struct calendar_frame, text),
};
const struct record_type calendar_frame_type =
    RECORD(struct calendar_frame, "calendar", calendar_fields);

/* ---- orders and results ---- */

static bool
effect_travels(enum effect_kind kind)
{
	switch (kind) {
	case EFFECT_START_ATTEMPT:
	case EFFECT_STOP_ATTEMPT:
	case EFFECT_RECONCILE_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
	case EFFECT_PROBE:
	case EFFECT_NOTIFY:
	case EFFECT_FILE_HANDOFF:
		return true;
	case EFFECT_REPLY:
	case EFFECT_APPEND_TIMELINE:
		return false;
	}
	UNREACHABLE();
}

static bool
event_travels(enum event_kind kind)
{
	switch (kind) {
	case EVENT_ATTEMPT_RESULT:
	case EVENT_PROBE_RESULT:
	case EVENT_NOTICE_RESULT:
	case EVENT_HANDOFF_RESULT:
	case EVENT_SELF: /* is_of_hands */
		return true;
	case EVENT_ALERTS_CHANGED:
	case EVENT_ALERTS_EXPIRED:
	case EVENT_COMMAND:
	case EVENT_TIME_PASSED:
	case EVENT_CONFIG_ADOPTED:
	case EVENT_STARTED:
		return false;
	}
	UNREACHABLE();
}

static void
put_kind(struct buf *out, uint32_t kind)
{
	cbor_put_array(out, 2);
	cbor_put_u64(out, kind);
}

/* The kind in [kind, record], 1..count-1; false with err. */
static bool
read_kind(struct cbor *in, uint64_t count, const char *what, uint64_t *ret, struct err *err)
{
	size_t n;
	if (cbor_array(in, &n) && n != 2)
		cbor_fail(in, "not [kind, record]");
	if (cbor_u64(in, ret) && (*ret == 0 || *ret >= count))
		cbor_fail(in, "unknown kind");
	return in->error == NULL || err_set(err, ERR_CORRUPT, "%s: %s", what, in->error);
}

static bool
close_frame(struct cbor *in, const char *what, struct err *err)
{
	return cbor_close(in) || err_set(err, ERR_CORRUPT, "%s: %s", what, in->error);
}

void
order_encode(struct buf *out, const struct effect *effect)
{
	ASSERT(effect_travels(effect->kind));
	struct effect order = *effect;
	put_kind(out, order.kind);
	record_encode(effect_type(order.kind), effect_record(&order), out);
}

bool
order_decode(str bytes, struct arena *arena, struct effect *ret, struct err *err)
{
	struct cbor in;
	uint64_t kind;
	cbor_open(&in, bytes);
	if (!read_kind(&in, EFFECT_KIND_COUNT, "order", &kind, err))
		return false;
	struct effect order = { .kind = (enum effect_kind)kind };
	if (!effect_travels(order.kind))
		return err_set(err, ERR_CORRUPT, "order: '%s' is not for hands",
		    effect_kind_name(order.kind));
	if (!record_decode(effect_type(order.kind), &in, arena, effect_record(&order), err))
		return false;
	if (!close_frame(&in, "order", err))
		return false;
	*ret = order;
	return true;
}

void
result_encode(struct buf *out, const struct event *event)
{
	ASSERT(event_travels(event->kind));
	struct event result = *event;
	put_kind(out, result.kind);
	record_encode(event_type(result.kind), event_record(&result), out);
}

/* What its commands do without, and that it cannot read its own folder. */
static bool
is_of_hands(const struct self *self)
{
	return self->kind == SELF_SANDBOX_GAP ||
	       (self->kind == SELF_DAMAGED && str_eq(self->subject, STR(HANDS_DAMAGED)));
}

bool
result_decode(str bytes, struct arena *arena, struct event *ret, struct err *err)
{
	struct cbor in;
	uint64_t kind;
	cbor_open(&in, bytes);
	if (!read_kind(&in, EVENT_KIND_COUNT, "result", &kind, err))
		return false;
	struct event result = { .kind = (enum event_kind)kind };
	if (!event_travels(result.kind))
		return err_set(err, ERR_CORRUPT, "result: '%s' is not from hands",
		    event_kind_name(result.kind));
	if (!record_decode(event_type(result.kind), &in, arena, event_record(&result), err))
		return false;
	if (!close_frame(&in, "result", err))
		return false;
	if (result.kind == EVENT_SELF && !is_of_hands(&result.self))
		return err_set(err, ERR_CORRUPT, "result: that is not for hands to say");
	*ret = result;
	return true;
}

/* ---- all types ---- */

const struct record_type *
record_type_at(size_t i)
{
	static const struct record_type *const plain[] = {
		&alert_body_type,
		&request_type,
		&item_type,
		&answer_type,
		&publish_type,
		&status_item_type,
		&metric_item_type,
		&alert_item_type,
		&duty_item_type,
		&shift_item_type,
		&service_item_type,
		&runbook_item_type,
		&channel_item_type,
		&rule_item_type,
		&entry_item_type,
		&secret_item_type,
		&session_item_type,
		&can_item_type,
		&who_item_type,
		&trust_item_type,
		&noise_item_type,
		&useful_type,
		&plan_target_type,
		&plan_item_type,
		&receivers_item_type,
		&epoch_frame_type,
		&peer_frame_type,
		&bundle_frame_type,
		&adopted_frame_type,
		&quarantined_frame_type,
		&ready_frame_type,
		&log_frame_type,
		&settings_frame_type,
		&dials_frame_type,
		&hook_type,
		&notice_thread_type,
		&alert_group_item_type,
		&alert_total_item_type,
		&calendar_frame_type,
		&output_item_type,
	};
	if (i < TABLE_COUNT - 2) /* there is none of alerts */
		return table_type((enum table)(i + (i < TABLE_ALERTS - 1 ? 1 : 2)));
	i -= TABLE_COUNT - 2;
	if (i < EVENT_KIND_COUNT - 1)
		return event_type((enum event_kind)(i + 1));
	i -= EVENT_KIND_COUNT - 1;
	if (i < EFFECT_KIND_COUNT - 1)
		return effect_type((enum effect_kind)(i + 1));
	i -= EFFECT_KIND_COUNT - 1;
	return i < countof(plain) ? plain[i] : NULL;
}
