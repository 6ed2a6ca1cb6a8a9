/*
 * The table of heartbeats' rows: as row.c.
 */
#include "facts/heartbeat.h"

static const char *const heartbeat_state_names[] = {
	[HEARTBEAT_NEW] = "new",
	[HEARTBEAT_UP] = "up",
	[HEARTBEAT_DOWN] = "down",
};
const char *const ping_kind_names[PING_KIND_COUNT] = {
	[PING_SUCCESS] = "success",
	[PING_START] = "start",
	[PING_FAIL] = "fail",
	[PING_LOG] = "log",
	[PING_EXIT] = "exit",
};

static const struct field heartbeat_fields[] = {
	F_U64(1, struct heartbeat_row, id),
	F_STR(2, struct heartbeat_row, name),
	F_STR(3, struct heartbeat_row, service),
	F_ENUM(4, struct heartbeat_row, state, heartbeat_state_names),
	F_WALL(5, struct heartbeat_row, since_wall),
	FQ_STR(6, struct heartbeat_row, why),
	F_WALL(7, struct heartbeat_row, made_wall),
	FQ_WALL(8, struct heartbeat_row, heard_wall),
	FQ_WALL(9, struct heartbeat_row, due_wall),
	FQ_ENUM(10, struct heartbeat_row, last, ping_kind_names),
	FQ_WALL(11, struct heartbeat_row, last_wall),
	FQ_U32(12, struct heartbeat_row, exit),
	FQ_STR(13, struct heartbeat_row, text),
	F_U64(14, struct heartbeat_row, pings),
	FQ_WALL(15, struct heartbeat_row, started_wall),
	FQ_STR(16, struct heartbeat_row, run),
	FQ_BOOL(17, struct heartbeat_row, lasted),
	FQ_MSEC(18, struct heartbeat_row, took_ms),
	FQ_MSEC(19, struct heartbeat_row, due_at),
	FQ_MSEC(20, struct heartbeat_row, run_due_at),
};
const struct record_type heartbeat_row_type =
    RECORD(struct heartbeat_row, "heartbeat", heartbeat_fields);
