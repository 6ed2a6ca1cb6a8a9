/*
 * The tables of the effects, and the list that a step appends them to. Like events they
 * are in the journal: append fields and kinds, never renumber.
 */
#include "facts/effect.h"

static const char *const effect_kind_names[EFFECT_KIND_COUNT] = {
	[EFFECT_START_ATTEMPT] = "start-attempt",
	[EFFECT_STOP_ATTEMPT] = "stop-attempt",
	[EFFECT_RECONCILE_ATTEMPT] = "reconcile-attempt",
	[EFFECT_FORGET_ATTEMPT] = "forget-attempt",
	[EFFECT_PROBE] = "probe",
	[EFFECT_NOTIFY] = "notify",
	[EFFECT_FILE_HANDOFF] = "file-handoff",
	[EFFECT_REPLY] = "reply",
	[EFFECT_APPEND_TIMELINE] = "append-timeline",
};

static const struct field attempt_order_fields[] = {
	F_U64(1, struct attempt_order, attempt),
	F_U64(2, struct attempt_order, epoch),
	F_HASH(3, struct attempt_order, config),
	F_STR(4, struct attempt_order, action),
	F_STR(5, struct attempt_order, verb),
	F_STR(6, struct attempt_order, service),
	F_STR(7, struct attempt_order, target),
	F_STR(8, struct attempt_order, principal),
	F_PAIRS(9, struct attempt_order, params, PAIRS_MAX),
	F_STRS(10, struct attempt_order, argv, ARGV_MAX),
	F_MSEC(11, struct attempt_order, timeout_ms),
	F_HASH(12, struct attempt_order, runbook_hash),
	F_U32(13, struct attempt_order, incident),
	{ F_(14, FIELD_RECORD, struct attempt_order, given, FIELD_QUIET, 0),
	    .type = &given_type },
	FQ_ENUM(15, struct attempt_order, kind, action_kind_names),
	FQ_PAIRS(16, struct attempt_order, parts, PARTS_MAX),
	{ F_(22, FIELD_WALL, struct attempt_order, intent_wall, FIELD_QUIET, 0) },
};
static const struct record_type attempt_order_type =
    RECORD(struct attempt_order, "attempt-order", attempt_order_fields);

static const struct field attempt_ref_fields[] = {
	F_U64(1, struct attempt_ref, attempt),
	F_U64(2, struct attempt_ref, epoch),
	FQ_STR(3, struct attempt_ref, why),
};
static const struct record_type attempt_ref_type =
    RECORD(struct attempt_ref, "attempt-ref", attempt_ref_fields);

static const struct field probe_order_fields[] = {
	F_RECORD(1, struct probe_order, probe, &probe_row_type),
};
static const struct record_type probe_order_type =
    RECORD(struct probe_order, "probe-order", probe_order_fields);

static const struct field notice_order_fields[] = {
	F_RECORD(1, struct notice_order, notice, &notice_row_type),
};
static const struct record_type notice_order_type =
    RECORD(struct notice_order, "notice-order", notice_order_fields);

static const struct field handoff_order_fields[] = {
	F_RECORD(1, struct handoff_order, handoff, &handoff_row_type),
};
static const struct record_type handoff_order_type =
    RECORD(struct handoff_order, "handoff-order", handoff_order_fields);

static const struct field reply_fields[] = {
	F_U64(1, struct reply, request),
	F_U32(2, struct reply, status),
	F_U32(3, struct reply, exit),
	F_STR(4, struct reply, error),
	F_ENUM(5, struct reply, table, table_names),
	F_U64(6, struct reply, row),
	/* A row as it is stored, hashes and all, which stands in JSON as that row. */
	{ F_(7, FIELD_BYTES, struct reply, body, FIELD_SECRET, ANSWER_BODY_MAX) },
};
static const struct record_type reply_type = RECORD(struct reply, "reply", reply_fields);

static const struct field append_timeline_fields[] = {
	F_RECORD(1, struct append_timeline, row, &timeline_row_type),
};
static const struct record_type append_timeline_type =
    RECORD(struct append_timeline, "append-timeline", append_timeline_fields);

const struct record_type *
effect_type(enum effect_kind kind)
{
	switch (kind) {
	case EFFECT_START_ATTEMPT:
	case EFFECT_RECONCILE_ATTEMPT:
		return &attempt_order_type;
	case EFFECT_STOP_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
		return &attempt_ref_type;
	case EFFECT_PROBE:
		return &probe_order_type;
	case EFFECT_NOTIFY:
		return &notice_order_type;
	case EFFECT_FILE_HANDOFF:
		return &handoff_order_type;
	case EFFECT_REPLY:
		return &reply_type;
	case EFFECT_APPEND_TIMELINE:
		return &append_timeline_type;
	}
	UNREACHABLE();
}

const char *
effect_kind_name(enum effect_kind kind)
{
	ASSERT(kind < EFFECT_KIND_COUNT);
	ASSERT(effect_kind_names[kind] != NULL);
	return effect_kind_names[kind];
}

void *
effect_record(struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_START_ATTEMPT:
		return &effect->start_attempt;
	case EFFECT_STOP_ATTEMPT:
		return &effect->stop_attempt;
	case EFFECT_RECONCILE_ATTEMPT:
		return &effect->reconcile_attempt;
	case EFFECT_FORGET_ATTEMPT:
		return &effect->forget_attempt;
	case EFFECT_PROBE:
		return &effect->probe;
	case EFFECT_NOTIFY:
		return &effect->notify;
	case EFFECT_FILE_HANDOFF:
		return &effect->file_handoff;
	case EFFECT_REPLY:
		return &effect->reply;
	case EFFECT_APPEND_TIMELINE:
		return &effect->append_timeline;
	}
	UNREACHABLE();
}

struct effect *
effects_add(struct effects *fx, enum effect_kind kind)
{
	if (fx->n == fx->cap) {
		size_t cap = fx->cap ? 2 * fx->cap : 16;
		struct effect *item = arena_new(fx->arena, struct effect, cap);
		if (fx->n > 0)
			memcpy(item, fx->item, fx->n * sizeof(*item));
		fx->item = item;
		fx->cap = cap;
	}
	struct effect *effect = &fx->item[fx->n++];
	ASSERT(effect_type(kind) != NULL);
	*effect = (struct effect){ .kind = kind };
	return effect;
}
