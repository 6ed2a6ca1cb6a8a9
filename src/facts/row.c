/*
 * The tables of the rows: which field has which number, and what enumerators are called.
 * To add a field: append it with the next free number. Numbers, names of enumerators and
 * their values are stored; they never change.
 */
#include "facts/row.h"
#include "facts/heartbeat.h"

const char *const table_names[TABLE_COUNT] = {
	[TABLE_INCIDENT] = "incident",
	[TABLE_TIMELINE] = "timeline",
	[TABLE_RUN] = "run",
	[TABLE_ATTEMPT] = "attempt",
	[TABLE_PROBE] = "probe",
	[TABLE_DECISION] = "decision",
	[TABLE_GRANT_USE] = "grant-use",
	[TABLE_NOTICE] = "notice",
	[TABLE_HANDOFF] = "handoff",
	[TABLE_GAP] = "gap",
	[TABLE_TOKEN] = "token",
	[TABLE_ANSWER] = "answer",
	[TABLE_QUARANTINE] = "quarantine",
	[TABLE_CONTROL] = "control",
	[TABLE_ALERTS] = "alerts",
	[TABLE_SILENCE] = "silence",
	[TABLE_ASKED] = "asked",
	[TABLE_LEASE] = "lease",
	[TABLE_TRUST] = "trust",
	[TABLE_SESSION] = "session",
	[TABLE_LOGIN] = "login",
	[TABLE_OVERRIDE] = "override",
	[TABLE_HEARTBEAT] = "heartbeat",
	[TABLE_NOISE] = "noise",
};

/* ---- incident ---- */

static const char *const incident_state_names[] = {
	[INCIDENT_OPEN] = "open",
	[INCIDENT_ACTING] = "acting",
	[INCIDENT_VERIFYING] = "verifying",
	[INCIDENT_RECOVERED] = "recovered",
	[INCIDENT_HANDED_OFF] = "handed-off",
	[INCIDENT_CLOSED] = "closed",
};

static const char *const incident_end_names[] = {
	[END_VERIFIED] = "verified",
	[END_RESOLVED] = "resolved",
	[END_EXPIRED] = "expired",
	[END_PERSON] = "person",
	[END_NOT_REAL] = "not-real",
	[END_SILENCED] = "silenced",
	[END_INHIBITED] = "inhibited",
};

const char *const severity_names[SEV4 + 1] = {
	[SEV1] = "sev1",
	[SEV2] = "sev2",
	[SEV3] = "sev3",
	[SEV4] = "sev4",
};

static const struct field remedy_fields[] = {
	F_U32(1, struct remedy, incident),
	F_STR(2, struct remedy, runbook),
	F_WALL(3, struct remedy, wall),
	F_MSEC(4, struct remedy, took),
};
const struct record_type remedy_type = RECORD(struct remedy, "remedy", remedy_fields);

static const struct field cleared_fields[] = {
	F_MSEC(1, struct cleared, at),
};
const struct record_type cleared_type = RECORD(struct cleared, "cleared", cleared_fields);

static const struct field incident_fields[] = {
	F_U32(1, struct incident_row, id),
	F_ENUM(2, struct incident_row, state, incident_state_names),
	F_ENUM(3, struct incident_row, severity, severity_names),
	F_STR(4, struct incident_row, service),
	F_STR(5, struct incident_row, owner),
	F_STR(6, struct incident_row, developers),
	F_STR(7, struct incident_row, environment),
	F_STR(8, struct incident_row, title),
	F_STR(9, struct incident_row, impact),
	F_STR(10, struct incident_row, recurrence),
	F_HEX64(11, struct incident_row, key),
	FQ_BOOL(12, struct incident_row, overflow),
	F_BOOL(13, struct incident_row, acknowledged),
	FQ_STR(14, struct incident_row, acknowledged_by),
	F_BOOL(15, struct incident_row, needs_person),
	FQ_STR(16, struct incident_row, needs_person_why),
	F_U32(17, struct incident_row, alerts_active),
	F_U32(18, struct incident_row, alerts_total),
	F_U32(19, struct incident_row, alerts_expired),
	F_U32(20, struct incident_row, refired),
	F_U32(21, struct incident_row, occurrence),
	FQ_U32(22, struct incident_row, previous),
	FQ_U64(23, struct incident_row, run),
	F_STR(24, struct incident_row, runbook),
	FQ_U64(25, struct incident_row, handoff),
	F_HASH(26, struct incident_row, config),
	F_MSEC(27, struct incident_row, opened_at),
	F_WALL(28, struct incident_row, opened_wall),
	F_WALL(29, struct incident_row, acknowledged_wall),
	FQ_MSEC(30, struct incident_row, recovered_at),
	F_WALL(31, struct incident_row, recovered_wall),
	F_WALL(32, struct incident_row, closed_wall),
	F_ENUM(33, struct incident_row, end, incident_end_names),
	FQ_MSEC(34, struct incident_row, escalate_at),
	FQ_U32(35, struct incident_row, escalate_tier),
	FQ_MSEC(36, struct incident_row, settle_at),
	FQ_MSEC(37, struct incident_row, look_again_at),
	F_U32(38, struct incident_row, told),
	FQ_STRS(39, struct incident_row, told_people, TOLD_MAX),
	F_STR(40, struct incident_row, signature),
	FQ_PAIRS(41, struct incident_row, labels, LABELS_MAX),
	FQ_STRS(42, struct incident_row, tried, TARGETS_MAX),
	FQ_BOOL(43, struct incident_row, not_real),
	FQ_MSEC(44, struct incident_row, closed_at),
	FQ_U32(45, struct incident_row, alerts_held),
	FQ_ENUM(46, struct incident_row, held, incident_end_names),
	FQ_STR(47, struct incident_row, held_why),
	FQ_BOOL(60, struct incident_row, drill),
	FQ_STR(61, struct incident_row, drill_by),
	FQ_STR(62, struct incident_row, shadow),
	FQ_RECORDS(70, struct incident_row, remedies, &remedy_type, REMEDIES_MAX),
	FQ_U32(71, struct incident_row, muted_by),
	FQ_MSEC(80, struct incident_row, worked_at),
	FQ_PAIRS(85, struct incident_row, annotations, LABELS_MAX),
	FQ_RECORDS(90, struct incident_row, threads, &notice_thread_type,
	    NOTICE_THREADS_MAX),
	FQ_MSEC(95, struct incident_row, acknowledged_at),
	FQ_MSEC(96, struct incident_row, escalate_kept),
	FQ_MSEC(100, struct incident_row, waits_at),
	FQ_WALL(101, struct incident_row, waits_wall),
	FQ_BOOL(102, struct incident_row, flapping),
	FQ_RECORDS(103, struct incident_row, cleared, &cleared_type, CLEARED_MAX),
	FQ_STR(104, struct incident_row, doing),
	FQ_STRS(105, struct incident_row, taps, TAPS_MAX),
	FQ_U64(106, struct incident_row, waiting_run),
	FQ_STRS(107, struct incident_row, woken, TOLD_MAX),
	FQ_STR(140, struct incident_row, source),
	FQ_U64(141, struct incident_row, noise),
	FQ_BOOL(142, struct incident_row, called),
	FQ_BOOL(143, struct incident_row, acted),
	FQ_RECORDS(144, struct incident_row, useful, &useful_type, USEFUL_MAX),
	FQ_STR(145, struct incident_row, tier_person),
	FQ_STR(150, struct incident_row, handed_by),
	FQ_STR(151, struct incident_row, handed_from),
	FQ_WALL(152, struct incident_row, handed_from_wall),
	FQ_MSEC(153, struct incident_row, handed_from_at),
};
const struct record_type incident_row_type =
    RECORD(struct incident_row, "incident", incident_fields);

/* ---- timeline ---- */

static const char *const timeline_kind_names[] = {
	[TIMELINE_OPENED] = "opened",
	[TIMELINE_ALERT] = "alert",
	[TIMELINE_STATE] = "state",
	[TIMELINE_RUNBOOK] = "runbook",
	[TIMELINE_CHECK] = "check",
	[TIMELINE_DECISION] = "decision",
	[TIMELINE_ATTEMPT] = "attempt",
	[TIMELINE_NOTICE] = "notice",
	[TIMELINE_COMMAND] = "command",
	[TIMELINE_NOTE] = "note",
	[TIMELINE_HANDOFF] = "handoff",
	[TIMELINE_GAP] = "gap",
	[TIMELINE_SELF] = "self",
	[TIMELINE_ASKED] = "asked",
	[TIMELINE_USEFUL] = "useful",
};

static const struct field timeline_fields[] = {
	F_U64(1, struct timeline_row, id),
	F_U32(2, struct timeline_row, incident),
	FQ_MSEC(3, struct timeline_row, at),
	F_WALL(4, struct timeline_row, wall),
	F_ENUM(5, struct timeline_row, kind, timeline_kind_names),
	F_STR(6, struct timeline_row, who),
	F_STR(7, struct timeline_row, text),
	FQ_U64(8, struct timeline_row, ref),
};
const struct record_type timeline_row_type =
    RECORD(struct timeline_row, "timeline", timeline_fields);

/* ---- runs, attempts, probes ---- */

static const char *const run_state_names[] = {
	[RUN_RUNNING] = "running",
	[RUN_RECOVERED] = "recovered",
	[RUN_STOPPED] = "stopped",
	[RUN_NEEDS_PERSON] = "needs-person",
	[RUN_HANDED_OFF] = "handed-off",
	[RUN_CANCELLED] = "cancelled",
};

static const char *const step_phase_names[] = {
	[PHASE_ENTER] = "enter",
	[PHASE_PROBING] = "probing",
	[PHASE_WAITING] = "waiting",
	[PHASE_ATTEMPT] = "attempt",
	[PHASE_ASKED] = "asked",
	[PHASE_ANSWER] = "answer",
	[PHASE_EVIDENCE] = "evidence",
	[PHASE_CALLED] = "called",
	[PHASE_PERMIT] = "permit",
	[PHASE_INPUTS] = "inputs",
};

static const char *const look_answer_names[] = {
	[LOOK_NO] = "no",
	[LOOK_YES] = "yes",
	[LOOK_UNKNOWN] = "unknown",
};

static const struct field look_fields[] = {
	F_U64(1, struct look, probe),
	F_ENUM(2, struct look, answer, look_answer_names),
	F_STR(3, struct look, value),
};
const struct record_type look_type = RECORD(struct look, "look", look_fields);

static const struct field evidence_fields[] = {
	FQ_U64(1, struct evidence, probe),
	F_STR(2, struct evidence, name),
	F_BOOL(3, struct evidence, seen),
	F_STR_MAX(4, struct evidence, value, EVIDENCE_VALUE_MAX),
	F_WALL(5, struct evidence, wall),
};
const struct record_type evidence_type =
    RECORD(struct evidence, "evidence", evidence_fields);

const char *const autonomy_names[AUTONOMY_COUNT] = {
	[AUTONOMY_SUGGEST] = "suggest",
	[AUTONOMY_STEP] = "step",
	[AUTONOMY_PLAN] = "plan",
	[AUTONOMY_VETO] = "veto",
	[AUTONOMY_AUTO] = "auto",
};

static const struct field permit_item_fields[] = {
	F_STR(1, struct permit_item, step),
	F_STR(2, struct permit_item, action),
	F_STR(3, struct permit_item, service),
	F_STR(4, struct permit_item, target),
	F_PAIRS(5, struct permit_item, params, PAIRS_MAX),
	F_ENUM(6, struct permit_item, verdict, verdict_names),
	F_STR(7, struct permit_item, text),
	FQ_BOOL(8, struct permit_item, later),
};
const struct record_type permit_item_type =
    RECORD(struct permit_item, "permit-item", permit_item_fields);

static const char *const rolled_state_names[] = {
	[ROLLED_OUT] = "under-way",
	[ROLLED_ASKED] = "asked",
	[ROLLED_WAITS] = "waits",
	[ROLLED_DONE] = "done",
	[ROLLED_FAILED] = "failed",
	[ROLLED_TIMED_OUT] = "timed-out",
	[ROLLED_REFUSED] = "refused",
	[ROLLED_LEFT] = "not-done",
	[ROLLED_STOPPED] = "stopped",
	[ROLLED_INTERRUPTED] = "interrupted",
};

static const struct field rolled_fields[] = {
	F_STR(1, struct rolled, step),
	F_STR(2, struct rolled, target),
	F_ENUM(3, struct rolled, state, rolled_state_names),
	FQ_U32(4, struct rolled, batch),
	FQ_U64(5, struct rolled, waiting_for),
	FQ_MSEC(6, struct rolled, due),
	FQ_MSEC(7, struct rolled, deadline),
	FQ_U32(8, struct rolled, tries),
	FQ_U32(9, struct rolled, retries),
	FQ_U64(10, struct rolled, attempt),
	FQ_WALL(11, struct rolled, wall),
};
const struct record_type rolled_type = RECORD(struct rolled, "rolled", rolled_fields);

static const char *const between_names[] = {
	[BETWEEN_PAUSE] = "pause",
	[BETWEEN_GATE] = "gate",
	[BETWEEN_OVER] = "over",
};

static const struct field run_fields[] = {
	F_U64(1, struct run_row, id),
	F_U32(2, struct run_row, incident),
	F_ENUM(3, struct run_row, state, run_state_names),
	F_STR(4, struct run_row, runbook),
	F_HASH(5, struct run_row, runbook_hash),
	F_HASH(6, struct run_row, config),
	F_STR(7, struct run_row, started_by),
	F_U32(8, struct run_row, step),
	F_ENUM(9, struct run_row, phase, step_phase_names),
	F_U32(10, struct run_row, steps_done),
	FQ_MSEC(11, struct run_row, step_at),
	FQ_MSEC(12, struct run_row, held_since),
	FQ_MSEC(13, struct run_row, due),
	FQ_MSEC(14, struct run_row, deadline),
	FQ_U64(15, struct run_row, waiting_for),
	FQ_U32(16, struct run_row, target),
	F_U32(17, struct run_row, failures),
	F_STRS(18, struct run_row, targets, TARGETS_MAX),
	F_PAIRS(19, struct run_row, inputs, PAIRS_MAX),
	F_BOOL(20, struct run_row, acted),
	F_STR(21, struct run_row, last_value),
	F_STR(22, struct run_row, why),
	F_WALL(23, struct run_row, begun_wall),
	F_WALL(24, struct run_row, ended_wall),
	FQ_U32(25, struct run_row, tries),
	FQ_BOOL(26, struct run_row, unknown),
	FQ_BOOL(27, struct run_row, refused),
	FQ_STR(28, struct run_row, behalf),
	FQ_U32(29, struct run_row, retries),
	{ F_(30, FIELD_RECORDS, struct run_row, looks, FIELD_QUIET, LOOKS_MAX),
	    .type = &look_type },
	FQ_PAIRS(31, struct run_row, answers, PAIRS_MAX),
	FQ_STR(32, struct run_row, question),
	FQ_STRS(33, struct run_row, askees, TOLD_MAX),
	FQ_BOOL(40, struct run_row, undoing),
	FQ_STR(41, struct run_row, undo_why),
	FQ_BOOL(42, struct run_row, forgot),
	F_RECORDS(43, struct run_row, evidence, &evidence_type, EVIDENCE_MAX),
	FQ_U64(44, struct run_row, caller),
	FQ_ENUM(50, struct run_row, level, autonomy_names),
	FQ_RECORDS(51, struct run_row, plan, &permit_item_type, PERMIT_ITEMS_MAX),
	FQ_HASH(52, struct run_row, plan_digest),
	FQ_STR(53, struct run_row, permitted_by),
	FQ_MSEC(54, struct run_row, permit_at),
	FQ_WALL(55, struct run_row, permit_wall),
	FQ_BOOL(56, struct run_row, shadow),
	FQ_BOOL(57, struct run_row, drill),
	FQ_U32(58, struct run_row, would_act),
	FQ_BOOL(59, struct run_row, verify_failed),
	FQ_RECORDS(60, struct run_row, rolled, &rolled_type, ROLLED_MAX),
	FQ_ENUM(61, struct run_row, between, between_names),
	FQ_STR(62, struct run_row, roll_why),
	FQ_U32(63, struct run_row, roll_to),
	FQ_BOOL(64, struct run_row, veto_told),
	FQ_U64(65, struct run_row, continues),
	FQ_RECORDS(66, struct run_row, passed, &rolled_type, ROLLED_MAX),
	FQ_STR(67, struct run_row, answered),
	FQ_WALL(68, struct run_row, answered_wall),
};
const struct record_type run_row_type = RECORD(struct run_row, "run", run_fields);

static const char *const attempt_state_names[] = {
	[ATTEMPT_PLANNED] = "planned",
	[ATTEMPT_AUTHORIZED] = "authorized",
	[ATTEMPT_INTENT] = "intent",
	[ATTEMPT_CLAIMED] = "claimed",
	[ATTEMPT_STARTED] = "started",
	[ATTEMPT_EXITED] = "exited",
	[ATTEMPT_TIMED_OUT] = "timed-out",
	[ATTEMPT_KILLED] = "killed",
	[ATTEMPT_LOST] = "lost",
	[ATTEMPT_IN_DOUBT] = "in-doubt",
	[ATTEMPT_SETTLED] = "settled",
};

const char *const alive_names[3] = {
	[ALIVE_NO] = "no",
	[ALIVE_MAYBE] = "maybe",
};

const char *const happened_names[HAPPENED_COUNT] = {
	[HAPPENED_UNKNOWN] = "unknown",
	[HAPPENED_YES] = "yes",
	[HAPPENED_NO] = "no",
};

const char *const action_kind_names[ACTION_KIND_COUNT] = {
	[ACTION_RUN] = "run",
	[ACTION_HTTP] = "http",
	[ACTION_SSH] = "ssh",
	[ACTION_SYSTEMD] = "systemd",
};

static const struct field attempt_fields[] = {
	F_U64(1, struct attempt_row, id),
	F_U32(2, struct attempt_row, incident),
	FQ_U64(3, struct attempt_row, run),
	F_U64(4, struct attempt_row, decision),
	F_ENUM(5, struct attempt_row, state, attempt_state_names),
	F_STR(6, struct attempt_row, step),
	F_STR(7, struct attempt_row, action),
	F_STR(8, struct attempt_row, verb),
	F_STR(9, struct attempt_row, service),
	F_STR(10, struct attempt_row, target),
	F_STR(11, struct attempt_row, principal),
	F_PAIRS(12, struct attempt_row, params, PAIRS_MAX),
	F_STRS(13, struct attempt_row, argv, ARGV_MAX),
	F_HASH(14, struct attempt_row, config),
	F_HASH(15, struct attempt_row, runbook_hash),
	F_U64(16, struct attempt_row, epoch),
	F_MSEC(17, struct attempt_row, timeout_ms),
	F_BOOL(18, struct attempt_row, repeat_safe),
	F_ENUM(19, struct attempt_row, happened, happened_names),
	F_I64(20, struct attempt_row, exit_code),
	F_U32(21, struct attempt_row, signal),
	F_STR_MAX(22, struct attempt_row, output, ATTEMPT_OUTPUT_MAX),
	F_U64(23, struct attempt_row, output_bytes),
	FQ_STR(24, struct attempt_row, why),
	FQ_MSEC(25, struct attempt_row, intent_at),
	F_WALL(26, struct attempt_row, intent_wall),
	F_WALL(27, struct attempt_row, started_wall),
	F_WALL(28, struct attempt_row, ended_wall),
	FQ_BOOL(29, struct attempt_row, stop_asked),
	FQ_STR(30, struct attempt_row, settled_by),
	FQ_U64(31, struct attempt_row, probe),
	FQ_MSEC(32, struct attempt_row, ask_at),
	FQ_U64(33, struct attempt_row, asked),
	FQ_U64(34, struct attempt_row, undo_of),
	FQ_U64(35, struct attempt_row, undone_by),
	FQ_MSEC(36, struct attempt_row, undo_until_at),
	FQ_PAIRS(37, struct attempt_row, observed, PAIRS_MAX),
	FQ_STRS(38, struct attempt_row, behalf, BEHALF_MAX),
	FQ_U64(39, struct attempt_row, takes_back),
	FQ_ENUM(40, struct attempt_row, kind, action_kind_names),
	FQ_PAIRS(41, struct attempt_row, parts, PARTS_MAX),
	FQ_U64(50, struct attempt_row, plan),
	FQ_STR(55, struct attempt_row, runbook),
	FQ_ENUM(56, struct attempt_row, alive, alive_names),
};
const struct record_type attempt_row_type =
    RECORD(struct attempt_row, "attempt", attempt_fields);

static const char *const sandbox_profile_names[] = {
	[SANDBOX_NONE] = "none",
	[SANDBOX_CONTAINED] = "contained",
	[SANDBOX_OFFLINE] = "offline",
};

static const struct field sandbox_fields[] = {
	F_ENUM(1, struct sandbox, profile, sandbox_profile_names),
	FQ_STR(2, struct sandbox, user),
	FQ_STRS(3, struct sandbox, read, SANDBOX_PATHS_MAX),
	FQ_STRS(4, struct sandbox, write, SANDBOX_PATHS_MAX),
	FQ_PAIRS(5, struct sandbox, secrets, SANDBOX_SECRETS_MAX),
};
static const struct record_type sandbox_type =
    RECORD(struct sandbox, "sandbox", sandbox_fields);

static const char *const probe_kind_names[] = {
	[PROBE_PROMQL] = "promql",
	[PROBE_HTTP] = "http",
	[PROBE_RUN] = "run",
	[PROBE_TCP] = "tcp",
	[PROBE_DNS] = "dns",
	[PROBE_TLS] = "tls",
	[PROBE_LOG] = "log",
	[PROBE_SSH] = "ssh",
	[PROBE_SYSTEMD] = "systemd",
};

const char *const dns_type_names[DNS_TYPE_COUNT] = {
	[DNS_A] = "A",
	[DNS_AAAA] = "AAAA",
	[DNS_CNAME] = "CNAME",
	[DNS_MX] = "MX",
	[DNS_TXT] = "TXT",
	[DNS_SRV] = "SRV",
	[DNS_NS] = "NS",
};
static const struct field probe_fields[] = {
	F_U64(1, struct probe_row, id),
	F_U32(2, struct probe_row, incident),
	FQ_U64(3, struct probe_row, run),
	FQ_U64(4, struct probe_row, attempt),
	F_ENUM(5, struct probe_row, kind, probe_kind_names),
	FQ_STR(6, struct probe_row, url),
	FQ_STR(7, struct probe_row, query),
	FQ_STRS(8, struct probe_row, argv, ARGV_MAX),
	F_MSEC(9, struct probe_row, timeout_ms),
	F_MSEC(10, struct probe_row, asked_at),
	F_HASH(11, struct probe_row, config),
	F_BOOL(12, struct probe_row, answered),
	FQ_U64(13, struct probe_row, asked),
	FQ_STR(20, struct probe_row, where),
	FQ_STR(21, struct probe_row, name),
	FQ_ENUM(22, struct probe_row, dns, dns_type_names),
	FQ_U32(23, struct probe_row, lines),
	FQ_STR(24, struct probe_row, text),
	FQ_BOOL(25, struct probe_row, listen),
	FQ_PAIRS(30, struct probe_row, parts, PARTS_MAX),
	{ F_(35, FIELD_RECORD, struct probe_row, sandbox, FIELD_QUIET, 0),
	    .type = &sandbox_type },
};
const struct record_type probe_row_type = RECORD(struct probe_row, "probe", probe_fields);

/* ---- authority ---- */

const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_ALLOW] = "allow",
	[VERDICT_AFTER_APPROVAL] = "allow-after-approval",
	[VERDICT_DENY] = "deny",
};

static const char *const reason_kind_names[] = {
	[REASON_GRANT] = "grant",
	[REASON_PROHIBITED] = "prohibited",
	[REASON_LIMIT] = "limit",
	[REASON_NO_GRANT] = "no-grant",
	[REASON_NOT_NOW] = "not-now",
	[REASON_UNKNOWN] = "unknown",
	[REASON_STOPPED] = "stopped",
	[REASON_ERROR] = "error",
	[REASON_APPROVAL] = "approval",
	[REASON_BOUND] = "bound",
	[REASON_HANDS_ON] = "hands-on",
	[REASON_APPROVED] = "approved",
	[REASON_LIFTED] = "lifted",
	[REASON_UNDO] = "undo",
};

static const struct field reason_fields[] = {
	F_ENUM(1, struct reason, kind, reason_kind_names),
	F_STR(2, struct reason, rule),
	F_STR(3, struct reason, file),
	F_U32(4, struct reason, line),
	F_STR(5, struct reason, text),
	FQ_U64(6, struct reason, value),
	FQ_U64(7, struct reason, limit),
	FQ_WALL(8, struct reason, free_at),
};
const struct record_type reason_type = RECORD(struct reason, "reason", reason_fields);

static const struct field vote_fields[] = {
	F_STR(1, struct vote, principal),
	F_BOOL(2, struct vote, yes),
	F_STR(3, struct vote, why),
	F_WALL(4, struct vote, wall),
};
const struct record_type vote_type = RECORD(struct vote, "vote", vote_fields);

static const struct field given_fields[] = {
	F_STRS(1, struct given, behalf, BEHALF_MAX),
	F_PAIRS(2, struct given, observed, PAIRS_MAX),
	F_BOOL(3, struct given, health_known),
	F_STRS(4, struct given, healthy, TARGETS_MAX),
	F_RECORDS(5, struct given, votes, &vote_type, VOTES_MAX),
	FQ_BOOL(6, struct given, undo),
	FQ_U64(7, struct given, undo_of),
	FQ_STR(8, struct given, glass_by),
	FQ_STR(9, struct given, reloaded_by),
	FQ_U32(10, struct given, targets_n),
	FQ_BOOL(11, struct given, incident_open),
	FQ_RECORDS(12, struct given, stand_ins, &stand_in_type, STAND_INS_MAX),
	FQ_STR(13, struct given, runbook_by),
	FQ_RECORDS(14, struct given, callers, &brought_type, CALLERS_MAX),
};
const struct record_type given_type = RECORD(struct given, "given", given_fields);

static const struct field decision_fields[] = {
	F_U64(1, struct decision_row, id),
	F_U32(2, struct decision_row, incident),
	FQ_U64(3, struct decision_row, run),
	FQ_U64(4, struct decision_row, attempt),
	FQ_MSEC(5, struct decision_row, at),
	F_WALL(6, struct decision_row, wall),
	F_STR(7, struct decision_row, principal),
	F_STR(8, struct decision_row, action),
	F_STR(9, struct decision_row, verb),
	F_STR(10, struct decision_row, service),
	F_STR(11, struct decision_row, target),
	F_PAIRS(12, struct decision_row, params, PAIRS_MAX),
	F_HASH(13, struct decision_row, config),
	F_ENUM(14, struct decision_row, verdict, verdict_names),
	F_RECORDS(15, struct decision_row, reasons, &reason_type, REASONS_MAX),
	F_STR(16, struct decision_row, forward),
	{ F_(17, FIELD_RECORD, struct decision_row, given, FIELD_QUIET, 0),
	    .type = &given_type },
	FQ_U64(18, struct decision_row, asked),
	FQ_BOOL(40, struct decision_row, shadow),
};
const struct record_type decision_row_type =
    RECORD(struct decision_row, "decision", decision_fields);

/* ---- what waits, and who holds ---- */

static const char *const asked_state_names[] = {
	[ASKED_FACTS] = "facts",
	[ASKED_APPROVAL] = "approval",
	[ASKED_STARTED] = "started",
	[ASKED_REFUSED] = "refused",
	[ASKED_EXPIRED] = "expired",
	[ASKED_VOID] = "void",
};

static const struct field asked_probe_fields[] = {
	F_U64(1, struct asked_probe, probe),
	F_STR(2, struct asked_probe, subject),
	F_BOOL(3, struct asked_probe, health),
	F_BOOL(4, struct asked_probe, known),
};
const struct record_type asked_probe_type =
    RECORD(struct asked_probe, "asked-probe", asked_probe_fields);

static const struct field asked_fields[] = {
	F_U64(1, struct asked_row, id),
	F_U32(2, struct asked_row, incident),
	FQ_U64(3, struct asked_row, run),
	F_ENUM(4, struct asked_row, state, asked_state_names),
	FQ_STR(5, struct asked_row, step),
	F_STR(6, struct asked_row, principal),
	F_STR(7, struct asked_row, action),
	F_STR(8, struct asked_row, verb),
	F_STR(9, struct asked_row, service),
	F_STR(10, struct asked_row, target),
	F_PAIRS(11, struct asked_row, params, PAIRS_MAX),
	F_HASH(12, struct asked_row, config),
	F_HASH(13, struct asked_row, runbook_hash),
	F_HASH(14, struct asked_row, digest),
	F_RECORD(15, struct asked_row, given, &given_type),
	{ F_(16, FIELD_RECORDS, struct asked_row, probes, FIELD_QUIET, ASKED_PROBES_MAX),
	    .type = &asked_probe_type },
	FQ_MSEC(17, struct asked_row, facts_at),
	F_STRS(18, struct asked_row, approvers, VOTES_MAX),
	F_U32(19, struct asked_row, yes_missing),
	FQ_MSEC(20, struct asked_row, asked_at),
	F_WALL(21, struct asked_row, asked_wall),
	FQ_MSEC(22, struct asked_row, ends_at),
	F_WALL(23, struct asked_row, ends_wall),
	F_WALL(24, struct asked_row, over_wall),
	F_U64(25, struct asked_row, decision),
	F_U64(26, struct asked_row, attempt),
	F_STR(27, struct asked_row, why),
	FQ_MSEC(28, struct asked_row, due),
	FQ_U64(29, struct asked_row, takes_back),
	FQ_U64(30, struct asked_row, facts_moved),
	FQ_U32(31, struct asked_row, facts_rounds),
};
const struct record_type asked_row_type = RECORD(struct asked_row, "asked", asked_fields);

static const char *const lease_kind_names[] = {
	[LEASE_HANDS_ON] = "hands-on",
	[LEASE_BREAK_GLASS] = "break-glass",
};

static const struct field lease_fields[] = {
	F_U64(1, struct lease_row, id),
	F_ENUM(2, struct lease_row, kind, lease_kind_names),
	F_STR(3, struct lease_row, service),
	F_STR(4, struct lease_row, principal),
	F_STR(5, struct lease_row, why),
	F_WALL(6, struct lease_row, from_wall),
	F_WALL(7, struct lease_row, until_wall),
	FQ_MSEC(8, struct lease_row, until_at),
	F_BOOL(9, struct lease_row, over),
	F_WALL(10, struct lease_row, over_wall),
	F_STR(11, struct lease_row, over_by),
	F_U32(12, struct lease_row, uses),
	F_STR(13, struct lease_row, reviewed_by),
	F_STR(14, struct lease_row, review),
	F_WALL(15, struct lease_row, reviewed_wall),
	FQ_MSEC(16, struct lease_row, warn_at),
};
const struct record_type lease_row_type = RECORD(struct lease_row, "lease", lease_fields);

static const char *const use_state_names[] = {
	[USE_HELD] = "held",
	[USE_CONSUMED] = "consumed",
	[USE_RELEASED] = "released",
};

static const struct field grant_use_fields[] = {
	F_U64(1, struct grant_use_row, id),
	F_U64(2, struct grant_use_row, decision),
	F_U64(3, struct grant_use_row, attempt),
	F_ENUM(4, struct grant_use_row, state, use_state_names),
	F_STR(5, struct grant_use_row, service),
	F_STR(6, struct grant_use_row, target),
	F_STR(7, struct grant_use_row, action),
	F_STR(8, struct grant_use_row, verb),
	F_STR(9, struct grant_use_row, principal),
	F_MSEC(10, struct grant_use_row, at),
	F_WALL(11, struct grant_use_row, wall),
	F_STRS(12, struct grant_use_row, behalf, BEHALF_MAX),
};
const struct record_type grant_use_row_type =
    RECORD(struct grant_use_row, "grant-use", grant_use_fields);

/* ---- telling people ---- */

static const char *const handoff_class_names[] = {
	[HANDOFF_CODE_CHANGE] = "code-change",
	[HANDOFF_ARCHITECTURE] = "architecture",
	[HANDOFF_INVESTIGATION] = "investigation",
};

static const char *const handoff_state_names[] = {
	[HANDOFF_FILING] = "filing",
	[HANDOFF_FILED] = "filed",
};

static const struct field handoff_fields[] = {
	F_U64(1, struct handoff_row, id),
	F_U32(2, struct handoff_row, incident),
	F_ENUM(3, struct handoff_row, class, handoff_class_names),
	F_ENUM(4, struct handoff_row, state, handoff_state_names),
	F_STR(5, struct handoff_row, team),
	F_STR(6, struct handoff_row, title),
	F_STR(7, struct handoff_row, because),
	F_STR(8, struct handoff_row, ask),
	F_STR_MAX(9, struct handoff_row, case_file, CASE_FILE_MAX),
	F_WALL(10, struct handoff_row, wall),
	F_STR(11, struct handoff_row, filed),
	FQ_U32(12, struct handoff_row, tries),
	FQ_MSEC(13, struct handoff_row, next_at),
};
const struct record_type handoff_row_type =
    RECORD(struct handoff_row, "handoff", handoff_fields);

static const char *const gap_kind_names[] = {
	[GAP_NO_SERVICE] = "no-service",
	[GAP_NO_RUNBOOK] = "no-runbook",
	[GAP_REFUSED] = "refused",
	[GAP_NOBODY] = "nobody",
	[GAP_NOT_TOLD] = "not-told",
	[GAP_OVERFLOW] = "overflow",
	[GAP_SANDBOX] = "sandbox",
	[GAP_HANDOFF_INCOMPLETE] = "handoff-incomplete",
	[GAP_GRANT_ENDS] = "grant-ends",
	[GAP_EXCEPTION_ENDS] = "exception-ends",
	[GAP_CALENDAR] = "calendar",
	[GAP_UNREVIEWED] = "unreviewed",
	[GAP_DRILL] = "drill",
	[GAP_RECURS] = "recurs",
	[GAP_NO_CALENDAR] = "no-calendar",
};

static const struct field gap_fields[] = {
	F_U64(1, struct gap_row, id),
	F_ENUM(2, struct gap_row, kind, gap_kind_names),
	F_STR(3, struct gap_row, subject),
	F_STR(4, struct gap_row, text),
	F_STR(5, struct gap_row, owner),
	F_U32(6, struct gap_row, count),
	F_U32(7, struct gap_row, incident),
	F_WALL(8, struct gap_row, first_wall),
	F_WALL(9, struct gap_row, last_wall),
};
const struct record_type gap_row_type = RECORD(struct gap_row, "gap", gap_fields);

/* ---- access ---- */

static const struct field answer_fields[] = {
	F_U64(1, struct answer_row, id),
	F_STR(2, struct answer_row, key),
	F_HASH(3, struct answer_row, request),
	F_U32(4, struct answer_row, status),
	{ F_(5, FIELD_BYTES, struct answer_row, body, FIELD_SECRET, ANSWER_BODY_MAX) },
	F_WALL(6, struct answer_row, wall),
};
const struct record_type answer_row_type =
    RECORD(struct answer_row, "answer", answer_fields);

static const struct field trust_fields[] = {
	F_U64(1, struct trust_row, id),
	F_STR(2, struct trust_row, runbook),
	F_STR(3, struct trust_row, service),
	F_HASH(4, struct trust_row, runbook_hash),
	FQ_ENUM(5, struct trust_row, level, autonomy_names),
	FQ_STR(6, struct trust_row, level_by),
	FQ_STR(7, struct trust_row, level_why),
	FQ_WALL(8, struct trust_row, level_wall),
	F_STR(9, struct trust_row, history),
	F_WALL(10, struct trust_row, last_wall),
	F_WALL(11, struct trust_row, drill_wall),
	F_WALL(12, struct trust_row, since_wall),
	FQ_MSEC(13, struct trust_row, due_at),
	FQ_BOOL(14, struct trust_row, told_due),
	FQ_BOOL(15, struct trust_row, stale),
	F_U32(16, struct trust_row, verified),
	F_U32(17, struct trust_row, failed),
	F_U32(18, struct trust_row, drills),
	F_U32(19, struct trust_row, drills_failed),
	F_U32(20, struct trust_row, overridden),
	F_U32(21, struct trust_row, undone),
	F_U32(22, struct trust_row, demotions),
	F_U32(23, struct trust_row, shadow_runs),
	F_U32(24, struct trust_row, shadow_alone),
	F_U32(25, struct trust_row, shadow_person),
};
const struct record_type trust_row_type = RECORD(struct trust_row, "trust", trust_fields);

static const struct field quarantine_fields[] = {
	F_U64(1, struct quarantine_row, id),
	F_HASH(2, struct quarantine_row, body_hash),
	F_BYTES(3, struct quarantine_row, body, QUARANTINE_BODY_MAX),
	F_STR(4, struct quarantine_row, source),
	F_U32(5, struct quarantine_row, deaths),
	F_WALL(6, struct quarantine_row, wall),
};
const struct record_type quarantine_row_type =
    RECORD(struct quarantine_row, "quarantine", quarantine_fields);

static const struct field brought_fields[] = {
	F_HASH(1, struct brought, runbook),
	F_STR(2, struct brought, by),
};
const struct record_type brought_type = RECORD(struct brought, "brought", brought_fields);

static const struct field control_fields[] = {
	F_U64(1, struct control_row, id),
	F_U64(2, struct control_row, next_row),
	F_U32(3, struct control_row, next_incident),
	F_U64(4, struct control_row, next_alert),
	F_U64(5, struct control_row, epoch),
	F_HEX64(6, struct control_row, jitter),
	F_BOOL(7, struct control_row, stopped),
	F_STR(8, struct control_row, stopped_by),
	F_STR(9, struct control_row, stopped_why),
	F_WALL(10, struct control_row, stopped_wall),
	F_HASH(11, struct control_row, config),
	F_MSEC(12, struct control_row, at),
	F_WALL(13, struct control_row, wall),
	F_U64(14, struct control_row, overflowed),
	F_U64(15, struct control_row, incidents_opened),
	F_U64(16, struct control_row, incidents_closed),
	F_U64(17, struct control_row, attempts_started),
	F_U64(18, struct control_row, notices_delivered),
	F_U64(19, struct control_row, shed),
	F_U64(20, struct control_row, tokens_made),
	FQ_STR(21, struct control_row, reloaded_by),
	FQ_MSEC(22, struct control_row, grants_at),
	FQ_U64(23, struct control_row, glasses_broken),
	FQ_U64(60, struct control_row, permits_asked),
	FQ_U64(61, struct control_row, vetoes_offered),
	FQ_U64(62, struct control_row, approvals_asked),
	FQ_U64(63, struct control_row, permits_given),
	FQ_U64(64, struct control_row, vetoes_said),
	FQ_U64(65, struct control_row, promotions),
	FQ_U64(66, struct control_row, demotions),
	FQ_U64(67, struct control_row, drills),
	FQ_U64(68, struct control_row, shadow_runs),
	FQ_WALL(69, struct control_row, duty_wall),
	FQ_MSEC(70, struct control_row, duty_at),
	FQ_RECORDS(80, struct control_row, channels, &channel_trouble_type,
	    CHANNEL_TROUBLES_MAX),
	FQ_RECORDS(81, struct control_row, brought, &brought_type, BROUGHT_MAX),
	FQ_RECORDS(82, struct control_row, turns, &notice_turn_type, NOTICE_TURNS_MAX),
	FQ_U64(140, struct control_row, noise_rows),
};
const struct record_type control_row_type =
    RECORD(struct control_row, "control", control_fields);

/* ---- looking up ---- */

const struct record_type *
table_type(enum table table)
{
	switch (table) {
	case TABLE_INCIDENT:
		return &incident_row_type;
	case TABLE_TIMELINE:
		return &timeline_row_type;
	case TABLE_RUN:
		return &run_row_type;
	case TABLE_ATTEMPT:
		return &attempt_row_type;
	case TABLE_PROBE:
		return &probe_row_type;
	case TABLE_DECISION:
		return &decision_row_type;
	case TABLE_GRANT_USE:
		return &grant_use_row_type;
	case TABLE_NOTICE:
		return &notice_row_type;
	case TABLE_HANDOFF:
		return &handoff_row_type;
	case TABLE_GAP:
		return &gap_row_type;
	case TABLE_TOKEN:
		return &token_row_type;
	case TABLE_ANSWER:
		return &answer_row_type;
	case TABLE_QUARANTINE:
		return &quarantine_row_type;
	case TABLE_CONTROL:
		return &control_row_type;
	case TABLE_SILENCE:
		return &silence_row_type;
	case TABLE_ASKED:
		return &asked_row_type;
	case TABLE_LEASE:
		return &lease_row_type;
	case TABLE_TRUST:
		return &trust_row_type;
	case TABLE_SESSION:
		return &session_row_type;
	case TABLE_LOGIN:
		return &login_row_type;
	case TABLE_OVERRIDE:
		return &override_row_type;
	case TABLE_HEARTBEAT:
		return &heartbeat_row_type;
	case TABLE_NOISE:
		return &noise_row_type;
	case TABLE_ALERTS:
		return NULL;
	}
	UNREACHABLE();
}

static const char *
name_of(const char *const *names, size_t n, size_t value)
{
	ASSERT(value < n);
	ASSERT(names[value] != NULL);
	return names[value];
}

const char *
incident_state_name(enum incident_state state)
{
	return name_of(incident_state_names, countof(incident_state_names), state);
}

const char *
severity_name(enum severity severity)
{
	return name_of(severity_names, countof(severity_names), severity);
}

const char *
run_state_name(enum run_state state)
{
	return name_of(run_state_names, countof(run_state_names), state);
}

const char *
attempt_state_name(enum attempt_state state)
{
	return name_of(attempt_state_names, countof(attempt_state_names), state);
}

const char *
verdict_name(enum verdict verdict)
{
	return name_of(verdict_names, countof(verdict_names), verdict);
}

const char *
asked_state_name(enum asked_state state)
{
	return name_of(asked_state_names, countof(asked_state_names), state);
}

const char *
autonomy_name(enum autonomy level)
{
	return name_of(autonomy_names, countof(autonomy_names), level);
}

const char *handoff_class_name(enum handoff_class class)
{
	return name_of(handoff_class_names, countof(handoff_class_names), class);
}
