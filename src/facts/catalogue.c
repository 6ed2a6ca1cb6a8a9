#include "facts/catalogue.h"

#include "facts/field.h"

static const struct field service_fields[] = {
	F_STR(1, struct service_item, name),
	FQ_STR(2, struct service_item, description),
	F_STR(3, struct service_item, owner),
	F_STR(4, struct service_item, developers),
	F_STR(5, struct service_item, system),
	F_U32(6, struct service_item, tier),
	F_STR(7, struct service_item, environment),
	F_STRS(8, struct service_item, journeys, CATALOGUE_NAMES_MAX),
	F_STRS(9, struct service_item, depends_on, CATALOGUE_NAMES_MAX),
	F_STRS(10, struct service_item, dependents, CATALOGUE_NAMES_MAX),
	F_STRS(11, struct service_item, dashboards, CATALOGUE_NAMES_MAX),
	F_STRS(12, struct service_item, logs, CATALOGUE_NAMES_MAX),
	F_STRS(13, struct service_item, hosts, CATALOGUE_NAMES_MAX),
	F_STRS(14, struct service_item, runbooks, CATALOGUE_NAMES_MAX),
	F_STR(15, struct service_item, file),
	F_U32(16, struct service_item, line),
};
const struct record_type service_item_type =
    RECORD(struct service_item, "service", service_fields);

static const struct field runbook_fields[] = {
	F_STR(1, struct runbook_item, name),
	F_STR(2, struct runbook_item, path),
	F_STR(3, struct runbook_item, title),
	FQ_STR(4, struct runbook_item, text),
	F_HASH(5, struct runbook_item, hash),
	F_STRS(6, struct runbook_item, services, CATALOGUE_NAMES_MAX),
	F_U32(7, struct runbook_item, answers),
	{ F_(8, FIELD_ENUM, struct runbook_item, ceiling, 0, 0), .names = autonomy_names,
	    .names_n = AUTONOMY_COUNT },
	F_BOOL(9, struct runbook_item, shadow),
	F_MSEC(10, struct runbook_item, drill_every_ms),
	F_STR(11, struct runbook_item, drill_in),
	F_U32(12, struct runbook_item, steps),
	F_U32(13, struct runbook_item, line),
};
const struct record_type runbook_item_type =
    RECORD(struct runbook_item, "runbook", runbook_fields);

static const struct field channel_fields[] = {
	F_STR(1, struct channel_item, name),
	F_STR(2, struct channel_item, kind),
	F_STRS(3, struct channel_item, people, CATALOGUE_NAMES_MAX),
	F_STRS(4, struct channel_item, teams, CATALOGUE_NAMES_MAX),
	F_STR(5, struct channel_item, file),
	F_U32(6, struct channel_item, line),
	FQ_WALL(7, struct channel_item, last_wall),
	FQ_MSEC(8, struct channel_item, took_ms),
	FQ_WALL(9, struct channel_item, failed_wall),
	FQ_STR(10, struct channel_item, error),
	F_U64(11, struct channel_item, accepted),
	F_U64(12, struct channel_item, in_time),
	F_U64(13, struct channel_item, given_up),
	F_U32(14, struct channel_item, waiting),
	FQ_WALL(15, struct channel_item, down_wall),
};
const struct record_type channel_item_type =
    RECORD(struct channel_item, "channel", channel_fields);

static const struct field rule_fields[] = {
	F_STR(1, struct rule_item, kind),
	F_STR(2, struct rule_item, name),
	FQ_STR(3, struct rule_item, text),
	F_STRS(4, struct rule_item, to, CATALOGUE_NAMES_MAX),
	F_BOOL(5, struct rule_item, any),
	F_STRS(6, struct rule_item, may, CATALOGUE_NAMES_MAX),
	F_BOOL(7, struct rule_item, in_force),
	FQ_WALL(8, struct rule_item, until_wall),
	F_BOOL(9, struct rule_item, liftable),
	FQ_STR(10, struct rule_item, because),
	FQ_STR(11, struct rule_item, owner),
	F_STR(12, struct rule_item, file),
	F_U32(13, struct rule_item, line),
};
const struct record_type rule_item_type = RECORD(struct rule_item, "rule", rule_fields);
