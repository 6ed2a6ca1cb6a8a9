/*
 * The tables of overrides' rows: as row.c.
 */
#include "facts/override.h"

static const struct field stand_in_fields[] = {
	F_STR(1, struct stand_in, team),
	FQ_STR(2, struct stand_in, rotation),
	FQ_STR(3, struct stand_in, instead),
	F_STR(4, struct stand_in, person),
	F_WALL(5, struct stand_in, from_wall),
	F_WALL(6, struct stand_in, until_wall),
};
const struct record_type stand_in_type =
    RECORD(struct stand_in, "stand-in", stand_in_fields);

static const char *const override_kind_names[] = {
	[OVERRIDE_SET] = "set",
	[OVERRIDE_COVER] = "cover",
	[OVERRIDE_SWAP] = "swap",
};
static const char *const override_state_names[] = {
	[OVERRIDE_ASKED] = "asked",
	[OVERRIDE_HOLDS] = "holds",
	[OVERRIDE_OVER] = "over",
	[OVERRIDE_ENDED] = "ended",
	[OVERRIDE_DECLINED] = "declined",
	[OVERRIDE_EXPIRED] = "expired",
};
static const struct field override_fields[] = {
	F_U64(1, struct override_row, id),
	F_ENUM(2, struct override_row, kind, override_kind_names),
	F_ENUM(3, struct override_row, state, override_state_names),
	F_STR(4, struct override_row, team),
	F_STR(5, struct override_row, rotation),
	F_STR(6, struct override_row, instead),
	F_STR(7, struct override_row, person),
	F_WALL(8, struct override_row, from_wall),
	F_WALL(9, struct override_row, until_wall),
	FQ_WALL(10, struct override_row, back_from_wall),
	FQ_WALL(11, struct override_row, back_until_wall),
	F_STR(12, struct override_row, why),
	F_STR(13, struct override_row, by),
	F_WALL(14, struct override_row, made_wall),
	F_STRS(15, struct override_row, asked, OVERRIDE_ASKED_MAX),
	FQ_WALL(16, struct override_row, accepted_wall),
	FQ_STR(17, struct override_row, over_by),
	FQ_STR(18, struct override_row, over_why),
	FQ_WALL(19, struct override_row, over_wall),
	FQ_MSEC(20, struct override_row, due_at),
	FQ_BOOL(21, struct override_row, reminded),
};
const struct record_type override_row_type =
    RECORD(struct override_row, "override", override_fields);

const char *
override_state_name(enum override_state state)
{
	ASSERT(
	    state < countof(override_state_names) && override_state_names[state] != NULL);
	return override_state_names[state];
}
