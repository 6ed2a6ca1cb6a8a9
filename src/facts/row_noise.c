/*
 * The tables of what is counted of alerts: as row.c.
 */
#include "facts/row_noise.h"

static const struct field noise_fields[] = {
	F_U64(1, struct noise_row, id),
	F_U32(2, struct noise_row, day),
	F_STR(3, struct noise_row, alert),
	F_STR(4, struct noise_row, source),
	F_STR(5, struct noise_row, service),
	FQ_MSEC(6, struct noise_row, made_at),
	F_U64(7, struct noise_row, fired),
	F_U32(8, struct noise_row, flaps),
	F_U32(9, struct noise_row, incidents),
	F_U32(10, struct noise_row, called),
	F_U32(11, struct noise_row, acted),
	F_U32(12, struct noise_row, alone),
	F_U32(13, struct noise_row, wasted),
	F_U32(14, struct noise_row, yes),
	F_U32(15, struct noise_row, no),
};
const struct record_type noise_row_type = RECORD(struct noise_row, "noise", noise_fields);

static const struct field useful_fields[] = {
	F_STR(1, struct useful, who),
	F_BOOL(2, struct useful, yes),
	F_WALL(3, struct useful, wall),
	FQ_STR(4, struct useful, note),
};
const struct record_type useful_type = RECORD(struct useful, "useful", useful_fields);
