/*
 * The tables of notices, and of the threads they belong to. The rules of row.c hold here too.
 */
#include "facts/row.h"

static const struct field notice_thread_fields[] = {
	FQ_STR(1, struct notice_thread, person),
	F_STR(2, struct notice_thread, channel),
	FQ_STR(3, struct notice_thread, address),
	F_STR(4, struct notice_thread, ref),
};
const struct record_type notice_thread_type =
    RECORD(struct notice_thread, "notice-thread", notice_thread_fields);

static const char *const notice_purpose_names[] = {
	[PURPOSE_OPENED] = "opened",
	[PURPOSE_NEEDS_PERSON] = "needs-person",
	[PURPOSE_ESCALATED] = "escalated",
	[PURPOSE_REFIRED] = "refired",
	[PURPOSE_HANDED_OFF] = "handed-off",
	[PURPOSE_ENDED] = "ended",
	[PURPOSE_SELF] = "self",
	[PURPOSE_APPROVAL] = "approval",
	[PURPOSE_APPROVAL_ENDED] = "approval-ended",
	[PURPOSE_QUESTION] = "question",
	[PURPOSE_QUESTION_ENDED] = "question-ended",
	[PURPOSE_VETO] = "veto",
	[PURPOSE_ACKNOWLEDGED] = "acknowledged",
	[PURPOSE_DIGEST] = "digest",
	[PURPOSE_TEST] = "test",
};

static const char *const notice_state_names[] = {
	[NOTICE_PENDING] = "pending",
	[NOTICE_SENDING] = "sending",
	[NOTICE_DELIVERED] = "delivered",
	[NOTICE_GIVEN_UP] = "given-up",
	[NOTICE_FOLDED] = "folded",
};

static const struct field digest_line_fields[] = {
	F_U64(1, struct digest_line, notice),
	FQ_U32(2, struct digest_line, incident),
	F_ENUM(3, struct digest_line, about, notice_purpose_names),
	FQ_ENUM(4, struct digest_line, severity, severity_names),
	FQ_STR(5, struct digest_line, service),
	F_STR(6, struct digest_line, subject),
};
const struct record_type digest_line_type =
    RECORD(struct digest_line, "digest-line", digest_line_fields);

static const struct field notice_turn_fields[] = {
	F_HEX64(1, struct notice_turn, key),
	F_MSEC(2, struct notice_turn, until),
	{ F_(3, FIELD_HEX64, struct notice_turn, of, FIELD_QUIET, 0) },
};
const struct record_type notice_turn_type =
    RECORD(struct notice_turn, "notice-turn", notice_turn_fields);

static const struct field notice_fields[] = {
	F_U64(1, struct notice_row, id),
	F_U32(2, struct notice_row, incident),
	F_ENUM(3, struct notice_row, purpose, notice_purpose_names),
	F_ENUM(4, struct notice_row, state, notice_state_names),
	F_STR(5, struct notice_row, person),
	F_STR(6, struct notice_row, channel),
	FQ_STR(7, struct notice_row, address),
	F_STR(8, struct notice_row, subject),
	F_STR(9, struct notice_row, text),
	F_PAIRS(10, struct notice_row, fields, PAIRS_MAX),
	F_U32(11, struct notice_row, tries),
	FQ_MSEC(12, struct notice_row, next_at),
	F_WALL(13, struct notice_row, made_wall),
	F_WALL(14, struct notice_row, done_wall),
	FQ_STR(15, struct notice_row, error),
	FQ_MSEC(16, struct notice_row, first_at),
	FQ_BOOL(17, struct notice_row, fell_back),
	FQ_U64(18, struct notice_row, first),
	FQ_U64(19, struct notice_row, asked),
	FQ_STR(50, struct notice_row, ref),
	FQ_STR(51, struct notice_row, thread),
	FQ_MSEC(52, struct notice_row, within_ms),
	FQ_ENUM(60, struct notice_row, severity, severity_names),
	FQ_MSEC(70, struct notice_row, took_ms),
	FQ_STR(71, struct notice_row, request),
	FQ_STR(72, struct notice_row, answer),
	FQ_ENUM(73, struct notice_row, shows_as, notice_purpose_names),
	FQ_U32(74, struct notice_row, shows),
	FQ_U64(80, struct notice_row, digest),
	FQ_BOOL(81, struct notice_row, alone),
	FQ_RECORDS(82, struct notice_row, told, &digest_line_type, DIGEST_LINES_MAX),
	FQ_U32(83, struct notice_row, told_n),
	FQ_BOOL(84, struct notice_row, moot),
	FQ_MSEC(85, struct notice_row, turn_at),
	FQ_WALL(90, struct notice_row, held_wall),
	FQ_BOOL(91, struct notice_row, was_held),
	FQ_BOOL(92, struct notice_row, night),
	FQ_BOOL(93, struct notice_row, urgent),
};
const struct record_type notice_row_type =
    RECORD(struct notice_row, "notice", notice_fields);

static const struct field channel_trouble_fields[] = {
	F_STR(1, struct channel_trouble, name),
	F_U32(2, struct channel_trouble, failed),
	F_MSEC(3, struct channel_trouble, failed_at),
	FQ_STR(4, struct channel_trouble, error),
	FQ_MSEC(5, struct channel_trouble, down_at),
	FQ_WALL(6, struct channel_trouble, down_wall),
	FQ_U64(7, struct channel_trouble, probe),
	FQ_U32(8, struct channel_trouble, probes),
	FQ_MSEC(9, struct channel_trouble, probe_at),
	FQ_MSEC(10, struct channel_trouble, look_at),
	FQ_BOOL(11, struct channel_trouble, told),
};
const struct record_type channel_trouble_type =
    RECORD(struct channel_trouble, "channel-trouble", channel_trouble_fields);

const char *
notice_purpose_name(enum notice_purpose purpose)
{
	ASSERT(purpose > 0 && purpose < countof(notice_purpose_names));
	return notice_purpose_names[purpose];
}
