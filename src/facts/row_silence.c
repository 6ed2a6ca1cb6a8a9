/*
 * The tables of silences' rows: as row.c.
 */
#include "facts/row.h"

static const struct field silence_matcher_fields[] = {
	F_STR_MAX(1, struct silence_matcher, name, SILENCE_TEXT_MAX),
	F_STR_MAX(2, struct silence_matcher, value, SILENCE_TEXT_MAX),
	F_BOOL(3, struct silence_matcher, regex),
	F_BOOL(4, struct silence_matcher, equal),
};
static const struct record_type silence_matcher_type =
    RECORD(struct silence_matcher, "silence-matcher", silence_matcher_fields);

static const struct field silence_fields[] = {
	F_U64(1, struct silence_row, id),
	F_STR(2, struct silence_row, uuid),
	F_RECORDS(3, struct silence_row, matchers, &silence_matcher_type,
	    SILENCE_MATCHERS_MAX),
	F_WALL(4, struct silence_row, starts_wall),
	F_WALL(5, struct silence_row, ends_wall),
	F_WALL(6, struct silence_row, updated_wall),
	F_STR_MAX(7, struct silence_row, created_by, SILENCE_TEXT_MAX),
	F_STR(8, struct silence_row, principal),
	F_STR_MAX(9, struct silence_row, comment, SILENCE_TEXT_MAX),
	FQ_MSEC(10, struct silence_row, forget_at),
	FQ_STR(11, struct silence_row, during),
	FQ_BOOL(12, struct silence_row, until_resolved),
	FQ_BOOL(13, struct silence_row, held_any),
	FQ_STR(14, struct silence_row, window),
	FQ_BOOL(15, struct silence_row, off),
};
const struct record_type silence_row_type =
    RECORD(struct silence_row, "silence", silence_fields);

enum silence_state
silence_state(const struct silence_row *row, msec wall)
{
	if (wall >= row->ends_wall)
		return SILENCE_EXPIRED;
	return wall < row->starts_wall ? SILENCE_PENDING : SILENCE_ACTIVE;
}

const char *
silence_state_name(enum silence_state state)
{
	static const char *const names[] = {
		[SILENCE_ACTIVE] = "active",
		[SILENCE_PENDING] = "pending",
		[SILENCE_EXPIRED] = "expired",
	};
	ASSERT(state < countof(names) && names[state] != NULL);
	return names[state];
}
