/*
 * The tables of the events. The journal keeps them for ever: append fields and kinds,
 * never renumber. event.at and event.wall are no fields: they are the step's (effect.h).
 */
#include "facts/event.h"

static const char *const event_kind_names[EVENT_KIND_COUNT] = {
	[EVENT_ALERTS_CHANGED] = "alerts-changed",
	[EVENT_ALERTS_EXPIRED] = "alerts-expired",
	[EVENT_COMMAND] = "command",
	[EVENT_ATTEMPT_RESULT] = "attempt-result",
	[EVENT_PROBE_RESULT] = "probe-result",
	[EVENT_NOTICE_RESULT] = "notice-result",
	[EVENT_HANDOFF_RESULT] = "handoff-result",
	[EVENT_TIME_PASSED] = "time-passed",
	[EVENT_CONFIG_ADOPTED] = "config-adopted",
	[EVENT_STARTED] = "started",
	[EVENT_SELF] = "self",
};

/* ---- alerts ---- */

static const char *const change_kind_names[] = {
	[CHANGE_FIRED] = "fired",
	[CHANGE_CHANGED] = "changed",
	[CHANGE_RESOLVED] = "resolved",
	[CHANGE_HELD] = "held",
	[CHANGE_RELEASED] = "released",
};

static const struct field alert_change_fields[] = {
	F_U64(1, struct alert_change, alert),
	F_ENUM(2, struct alert_change, kind, change_kind_names),
	F_U32(3, struct alert_change, incident),
	F_HEX64(4, struct alert_change, fingerprint),
	F_WALL(5, struct alert_change, starts_wall),
	F_WALL(6, struct alert_change, ends_wall),
	FQ_BYTES(7, struct alert_change, body, ALERT_BODY_MAX),
	FQ_BOOL(8, struct alert_change, held),
	FQ_U64(9, struct alert_change, silence),
	{ F_(10, FIELD_HEX64, struct alert_change, inhibitor, FIELD_QUIET, 0) },
};
static const struct record_type alert_change_type =
    RECORD(struct alert_change, "alert-change", alert_change_fields);

static const struct field alert_body_fields[] = {
	F_PAIRS(1, struct alert_body, labels, LABELS_MAX),
	F_PAIRS(2, struct alert_body, annotations, LABELS_MAX),
	F_STR(3, struct alert_body, url),
};
const struct record_type alert_body_type =
    RECORD(struct alert_body, "alert-body", alert_body_fields);

static const struct field alerts_changed_fields[] = {
	F_STR(1, struct alerts_changed, source),
	F_RECORDS(2, struct alerts_changed, changes, &alert_change_type,
	    ALERTS_PER_EVENT_MAX),
};
static const struct record_type alerts_changed_type =
    RECORD(struct alerts_changed, "alerts-changed", alerts_changed_fields);

static const struct field alert_end_fields[] = {
	F_U64(1, struct alert_end, alert),
	F_U32(2, struct alert_end, incident),
};
static const struct record_type alert_end_type =
    RECORD(struct alert_end, "alert-end", alert_end_fields);

static const struct field alerts_expired_fields[] = {
	F_RECORDS(1, struct alerts_expired, ends, &alert_end_type, ALERTS_PER_EVENT_MAX),
};
static const struct record_type alerts_expired_type =
    RECORD(struct alerts_expired, "alerts-expired", alerts_expired_fields);

/* ---- commands ---- */

const char *const command_kind_names[COMMAND_KIND_COUNT] = {
	[COMMAND_ACKNOWLEDGE] = "acknowledge",
	[COMMAND_NOTE] = "note",
	[COMMAND_RESOLVE] = "resolve",
	[COMMAND_RUN] = "run",
	[COMMAND_CANCEL] = "cancel",
	[COMMAND_SETTLE] = "settle",
	[COMMAND_STOP_ALL] = "stop-all",
	[COMMAND_RESUME] = "resume",
	[COMMAND_TOKEN_ADD] = "token-add",
	[COMMAND_TOKEN_REVOKE] = "token-revoke",
	[COMMAND_SILENCE_SET] = "silence-set",
	[COMMAND_SILENCE_EXPIRE] = "silence-expire",
	[COMMAND_APPROVE] = "approve",
	[COMMAND_DENY] = "deny",
	[COMMAND_WITHDRAW] = "withdraw",
	[COMMAND_HANDS_ON] = "hands-on",
	[COMMAND_HANDS_OFF] = "hands-off",
	[COMMAND_BREAK_GLASS] = "break-glass",
	[COMMAND_REVIEW] = "review",
	[COMMAND_UNDO] = "undo",
	[COMMAND_ANSWER] = "answer",
	[COMMAND_PERMIT] = "permit",
	[COMMAND_PROMOTE] = "promote",
	[COMMAND_DRILL] = "drill",
	[COMMAND_VETO] = "veto",
	[COMMAND_SESSION_ADD] = "session-add",
	[COMMAND_SESSION_AGAIN] = "session-again",
	[COMMAND_SESSION_SEEN] = "session-seen",
	[COMMAND_SESSION_END] = "session-end",
	[COMMAND_LOGIN_LINK] = "login-link",
	[COMMAND_PASSWORD_SET] = "password-set",
	[COMMAND_OVERRIDE_SET] = "override-set",
	[COMMAND_OVERRIDE_COVER] = "override-cover",
	[COMMAND_OVERRIDE_SWAP] = "override-swap",
	[COMMAND_OVERRIDE_ACCEPT] = "override-accept",
	[COMMAND_OVERRIDE_DECLINE] = "override-decline",
	[COMMAND_OVERRIDE_END] = "override-end",
	[COMMAND_CONTINUE] = "continue",
	[COMMAND_PING] = "ping",
	[COMMAND_UNACKNOWLEDGE] = "unacknowledge",
	[COMMAND_HAND_OVER] = "hand-over",
	[COMMAND_CHANNEL_TEST] = "channel-test",
	[COMMAND_CHANNEL_PREVIEW] = "channel-preview",
	[COMMAND_FEED_ADD] = "feed-add",
	[COMMAND_FEED_END] = "feed-end",
	[COMMAND_ESCALATE] = "escalate",
	[COMMAND_USEFUL] = "useful",
};

static const struct field command_fields[] = {
	F_ENUM(1, struct command, kind, command_kind_names),
	FQ_U64(2, struct command, request),
	F_STR(3, struct command, principal),
	F_U32(4, struct command, incident),
	FQ_U64(5, struct command, row),
	FQ_STR(6, struct command, name),
	FQ_STR(7, struct command, text),
	FQ_PAIRS(8, struct command, params, PAIRS_MAX),
	FQ_BOOL(9, struct command, action),
	FQ_STR(10, struct command, target),
	FQ_ENUM(11, struct command, happened, happened_names),
	{ F_(12, FIELD_RECORD, struct command, token, FIELD_QUIET, 0),
	    .type = &token_row_type },
	FQ_STR(13, struct command, idempotency_key),
	FQ_HASH(14, struct command, request_hash),
	{ F_(15, FIELD_RECORD, struct command, silence, FIELD_QUIET, 0),
	    .type = &silence_row_type },
	FQ_STR(16, struct command, fresh),
	FQ_STR(17, struct command, behalf),
	FQ_HASH(18, struct command, digest),
	FQ_MSEC(19, struct command, span_ms),
	FQ_ENUM(45, struct command, level, autonomy_names),
	FQ_BOOL(46, struct command, admin),
	FQ_STR(47, struct command, environment),
	{ F_(48, FIELD_RECORD, struct command, session, FIELD_QUIET, 0),
	    .type = &session_row_type },
	{ F_(49, FIELD_RECORD, struct command, login, FIELD_QUIET, 0),
	    .type = &login_row_type },
	FQ_ENUM(50, struct command, role, role_names),
	FQ_RECORDS(51, struct command, before, &run_row_type, 4),
	FQ_RECORDS(140, struct command, was, &incident_row_type, 4),
};
static const struct record_type command_type =
    RECORD(struct command, "command", command_fields);

/* ---- the world answered ---- */

static const char *const attempt_news_names[] = {
	[NEWS_CLAIMED] = "claimed",
	[NEWS_STARTED] = "started",
	[NEWS_EXITED] = "exited",
	[NEWS_TIMED_OUT] = "timed-out",
	[NEWS_KILLED] = "killed",
	[NEWS_NEVER_STARTED] = "never-started",
	[NEWS_REFUSED] = "refused",
	[NEWS_UNKNOWN] = "unknown",
};

static const struct field attempt_result_fields[] = {
	F_U64(1, struct attempt_result, attempt),
	F_ENUM(2, struct attempt_result, news, attempt_news_names),
	F_I64(3, struct attempt_result, exit_code),
	F_U32(4, struct attempt_result, signal),
	F_STR_MAX(5, struct attempt_result, output, ATTEMPT_OUTPUT_MAX),
	F_U64(6, struct attempt_result, output_bytes),
	FQ_STR(7, struct attempt_result, why),
	F_WALL(8, struct attempt_result, started_wall),
	F_WALL(9, struct attempt_result, ended_wall),
	FQ_STR(10, struct attempt_result, judged),
	FQ_ENUM(11, struct attempt_result, alive, alive_names),
};
static const struct record_type attempt_result_type =
    RECORD(struct attempt_result, "attempt-result", attempt_result_fields);

static const char *const probe_status_names[] = {
	[PROBE_OK] = "ok",
	[PROBE_NO_DATA] = "no-data",
	[PROBE_FAILED] = "failed",
};

static const struct field probe_result_fields[] = {
	F_U64(1, struct probe_result, probe),
	F_ENUM(2, struct probe_result, status, probe_status_names),
	F_STR_MAX(3, struct probe_result, value, PROBE_VALUE_MAX),
	F_I64(4, struct probe_result, code),
	FQ_STR(5, struct probe_result, error),
	F_U32(6, struct probe_result, series),
	FQ_I64(20, struct probe_result, number),
	FQ_BOOL(21, struct probe_result, cut),
	FQ_BOOL(22, struct probe_result, least),
};
static const struct record_type probe_result_type =
    RECORD(struct probe_result, "probe-result", probe_result_fields);

static const struct field notice_result_fields[] = {
	F_U64(1, struct notice_result, notice),
	F_BOOL(2, struct notice_result, delivered),
	F_BOOL(3, struct notice_result, permanent),
	FQ_STR(4, struct notice_result, error),
	FQ_STR(5, struct notice_result, ref),
	FQ_MSEC(6, struct notice_result, took_ms),
	FQ_STR(7, struct notice_result, request),
	FQ_STR(8, struct notice_result, answer),
};
static const struct record_type notice_result_type =
    RECORD(struct notice_result, "notice-result", notice_result_fields);

static const struct field handoff_result_fields[] = {
	F_U64(1, struct handoff_result, handoff),
	F_BOOL(2, struct handoff_result, filed),
	F_STR(3, struct handoff_result, where),
	FQ_STR(4, struct handoff_result, error),
};
static const struct record_type handoff_result_type =
    RECORD(struct handoff_result, "handoff-result", handoff_result_fields);

/* ---- time, configuration, Firstline itself ---- */

static const struct field time_passed_fields[] = {
	FQ_U32(1, struct time_passed, unused),
};
static const struct record_type time_passed_type =
    RECORD(struct time_passed, "time-passed", time_passed_fields);

/* The model is no field: a decoded event has NULL there, and its reader the hash. */
static const struct field config_adopted_fields[] = {
	F_HASH(1, struct config_adopted, hash),
	FQ_STR(2, struct config_adopted, by),
};
static const struct record_type config_adopted_type =
    RECORD(struct config_adopted, "config-adopted", config_adopted_fields);

static const struct field started_fields[] = {
	F_U64(1, struct started, epoch),
	F_BOOL(2, struct started, engine),
	F_BOOL(3, struct started, restored),
};
static const struct record_type started_type =
    RECORD(struct started, "started", started_fields);

static const char *const self_kind_names[] = {
	[SELF_ROLE_DIED] = "role-died",
	[SELF_QUARANTINED] = "quarantined",
	[SELF_SANDBOX_GAP] = "sandbox-gap",
	[SELF_OVERFLOW] = "overflow",
	[SELF_DISK_FULL] = "disk-full",
	[SELF_SOURCE_BAD] = "source-bad",
	[SELF_TLS] = "tls",
	[SELF_CALENDAR] = "calendar",
	[SELF_DAMAGED] = "damaged",
};

static const struct field self_fields[] = {
	F_ENUM(1, struct self, kind, self_kind_names),
	F_STR(2, struct self, text),
	F_STR(3, struct self, subject),
	F_BOOL(4, struct self, over),
};
const struct record_type self_frame_type = RECORD(struct self, "self", self_fields);

/* ---- looking up ---- */

const struct record_type *
event_type(enum event_kind kind)
{
	switch (kind) {
	case EVENT_ALERTS_CHANGED:
		return &alerts_changed_type;
	case EVENT_ALERTS_EXPIRED:
		return &alerts_expired_type;
	case EVENT_COMMAND:
		return &command_type;
	case EVENT_ATTEMPT_RESULT:
		return &attempt_result_type;
	case EVENT_PROBE_RESULT:
		return &probe_result_type;
	case EVENT_NOTICE_RESULT:
		return &notice_result_type;
	case EVENT_HANDOFF_RESULT:
		return &handoff_result_type;
	case EVENT_TIME_PASSED:
		return &time_passed_type;
	case EVENT_CONFIG_ADOPTED:
		return &config_adopted_type;
	case EVENT_STARTED:
		return &started_type;
	case EVENT_SELF:
		return &self_frame_type;
	}
	UNREACHABLE();
}

const char *
event_kind_name(enum event_kind kind)
{
	ASSERT(kind < EVENT_KIND_COUNT);
	ASSERT(event_kind_names[kind] != NULL);
	return event_kind_names[kind];
}

void *
event_record(struct event *event)
{
	switch (event->kind) {
	case EVENT_ALERTS_CHANGED:
		return &event->alerts_changed;
	case EVENT_ALERTS_EXPIRED:
		return &event->alerts_expired;
	case EVENT_COMMAND:
		return &event->command;
	case EVENT_ATTEMPT_RESULT:
		return &event->attempt_result;
	case EVENT_PROBE_RESULT:
		return &event->probe_result;
	case EVENT_NOTICE_RESULT:
		return &event->notice_result;
	case EVENT_HANDOFF_RESULT:
		return &event->handoff_result;
	case EVENT_TIME_PASSED:
		return &event->time_passed;
	case EVENT_CONFIG_ADOPTED:
		return &event->config_adopted;
	case EVENT_STARTED:
		return &event->started;
	case EVENT_SELF:
		return &event->self;
	}
	UNREACHABLE();
}
