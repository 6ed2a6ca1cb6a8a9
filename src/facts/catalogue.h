#ifndef FACTS_CATALOGUE_H
#define FACTS_CATALOGUE_H

#include "facts/record.h"
#include "facts/row.h"

/*
 * catalogue -- what the configuration says of services, runbooks and channels, as it is
 * told to people. Names of secrets and addresses of channels are not in it.
 */
struct service_item {
	str name, description;
	str owner, developers; /* teams; the second may be empty */
	str system;
	uint32_t tier;
	str environment;
	struct strs journeys, depends_on, dependents, dashboards, logs;
	struct strs hosts;    /* "web-1 (web)" */
	struct strs runbooks; /* that are for it by name */
	str file;
	uint32_t line;
};
#define CATALOGUE_NAMES_MAX 4096 /* of one list */

struct runbook_item {
	str name, path, title;
	str text; /* the file; where one runbook is asked for */
	hash32 hash;
	struct strs services; /* empty: any */
	uint32_t answers;     /* kinds of alerts; 0: only by hand */
	enum autonomy ceiling;
	bool shadow;
	msec drill_every_ms;
	str drill_in;
	uint32_t steps;
	uint32_t line;
};

struct channel_item {
	str name;
	str kind;
	struct strs people, teams; /* who is reached by it */
	str file;
	uint32_t line;
	/* Since the engine started: the last that was delivered, the last that was not. */
	msec last_wall, took_ms;
	msec failed_wall;
	str error;
	/* Messages since then: taken by its provider, of them within CHANNEL_IN_TIME_MS of being
	 * made, and given up at a try. Now: waiting for a place. */
	uint64_t accepted, in_time, given_up;
	uint32_t waiting;
	msec down_wall; /* since when it is down; 0: it is not */
};
#define CHANNEL_IN_TIME_MS (10 * SECOND)

/* A rule of authority. */
struct rule_item {
	str kind; /* "grant", "limit", "approval" or "prohibition" */
	str name;
	str text;       /* as it is written */
	struct strs to; /* whom it is about; empty: everyone */
	bool any;
	struct strs may; /* verbs and actions */
	bool in_force;   /* from and until; what a calendar says is not looked at */
	msec until_wall; /* 0: it has no end */
	bool liftable;
	str because, owner;
	str file;
	uint32_t line;
};
#define RULE_ITEMS_TEXT_MAX (1u << 20) /* of all of one answer */

extern const struct record_type service_item_type, runbook_item_type, channel_item_type,
    rule_item_type;

#endif
