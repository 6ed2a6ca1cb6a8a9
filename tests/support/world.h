#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "core/core.h"
#include "support/config.h"
#include "support/test.h"

/*
 * world -- a core with everything around it played by the test: a clock, a store of rows,
 * a journal, and hands that hold what was ordered until the test answers.
 *
 *	struct world *w = world_new(shop_yaml, shop_runbook);
 *	uint64_t alert = world_fire(w, "alertname=QueueStuck,service=payments");
 *	world_probe(w, "812");        // the oldest question is answered
 *	world_after(w, MINUTE);       // timers run
 *	world_exit(w, 0);             // the attempt that is out ends
 *	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
 *	world_free(w);
 *
 * After every step: core_check, the touched rows go to the store, the step to the journal,
 * and (world.reload) a second core is loaded from the rows and must be the same as the
 * first in all that is a row and all that is derived. world_free replays the journal into
 * a fresh core, which must make the same effects.
 */
#define WORLD_WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */

struct world_row {
	enum table table;
	row_id id;
	incident_id incident; /* these two: what it is found by */
	msec wall;
	bool open;
	str body;
};

struct world_out {
	row_id id;
	enum effect_kind kind;
};

struct world_notice {
	struct notice_row row;
	bool answered;
};

struct world {
	struct config configs[4];
	size_t config_n;
	struct core *core;
	struct arena_map map, fx_map;
	struct arena arena;
	size_t pool_bytes;
	uint32_t remembered_max;             /* set together with the core's; 0: its own */
	uint32_t incidents_max;              /* so too */
	unsigned effects[EFFECT_KIND_COUNT]; /* of the last step */
	msec at, wall;

	struct world_row *rows; /* what the store holds */
	size_t row_n;
	struct map row_at;
	str *entries;
	size_t entry_n;

	/* Orders without an answer. */
	row_id probes[64];
	size_t probe_n;
	row_id attempts[64];
	size_t attempt_n;
	struct world_notice *notices; /* every order, also repeated ones */
	size_t notice_n;
	uint64_t next_alert;
	incident_id alert_incident[4096]; /* by number */
	str alert_body[4096];
	struct reply reply; /* the last one */
	uint64_t replies;
	uint64_t epoch;
	incident_id last_incident; /* of the last alert that fired */
	const char *seeing;

	/* When the journal has so many entries, the engine or hands die and come back. */
	size_t restart_at;
	bool restart_engine;
	unsigned sent_again; /* OPENED notices to ana, ordered once more by that */
	unsigned reconciled; /* attempts asked about, in all */
	bool reload;         /* check loading after each step; on at first */
	bool deliver;        /* notices are delivered at once; on at first */
};

/* Runbooks may be NULL. */
struct world *world_new(const char *yaml, const char *runbook, const char *other_runbook);
/* With so much memory for the core's objects; 0: what it takes itself. */
struct world *world_within(size_t pool_bytes, const char *yaml, const char *runbook,
    const char *other_runbook);
void world_free(struct world *w);

void world_step(struct world *w, struct event *event);
/* Another configuration is adopted. */
void world_adopt(struct world *w, const char *yaml, const char *runbook);
/* By somebody who asked for it. */
void world_adopt_by(struct world *w, const char *yaml, const char *runbook, const char *by);
void world_adopt_both(struct world *w, const char *yaml, const char *runbook,
    const char *other, const char *by);
/* The engine dies and comes back: everything from the rows. */
void world_restart(struct world *w);
void world_hands_restart(struct world *w);
/* Firstline is down for so long, and comes back with the configuration that it had; NULL, or
 * with that one. */
void world_away(struct world *w, msec ms, const char *yaml);

/* "name=value,name=value"; the number of the new alert. */
uint64_t world_fire(struct world *w, const char *labels);
void world_resolve(struct world *w, uint64_t alert);
void world_expire(struct world *w, uint64_t alert);
/* A new alert that is held from the start; an active one is held, by the silence or, with
 * 0, by an alert; a held one no longer is. */
uint64_t world_fire_held(struct world *w, const char *labels);
void world_hold(struct world *w, uint64_t alert, row_id silence);
void world_release(struct world *w, uint64_t alert);
/* {alertname="..."} from now for so long; its row. */
struct silence_row world_silence(struct world *w, const char *alertname, msec ms);
/* Time passes, timers run when they are due. */
void world_after(struct world *w, msec ms);
/* The oldest probe is answered: a number, or NULL: it failed. */
void world_probe(struct world *w, const char *value);
/* It is answered with that, whatever probe it is. */
void world_answer(struct world *w, const struct probe_result *seen);
/* For so long, every probe sees this. */
void world_see(struct world *w, const char *value, msec ms);
/* News of the oldest attempt that is out. */
void world_news(struct world *w, enum attempt_news news);
void world_exit(struct world *w, int code);
struct reply world_command(struct world *w, const struct command *command);
struct reply world_ask(struct world *w, enum command_kind kind, incident_id incident,
    const char *who);

/* What the store holds. */
bool world_row_get(struct world *w, enum table table, row_id id, void *ret);
struct incident_row world_incident(struct world *w, incident_id id);
enum incident_state world_state(struct world *w, incident_id id);
struct attempt_row world_attempt(struct world *w, row_id id);
row_id world_last(const struct world *w, enum table table); /* its greatest id; 0: none */
unsigned world_count(const struct world *w, enum table table);
/* Orders of notices so far with that purpose, to that person or channel (NULL: any). */
unsigned world_told(const struct world *w, enum notice_purpose purpose, const char *whom);
const struct notice_row *world_last_notice(const struct world *w);
/* Does the timeline of the incident have an entry with this in it? */
bool world_says(struct world *w, incident_id incident, const char *part);
/* The gap of that kind with that subject; count 0: none. */
struct gap_row world_gap(struct world *w, enum gap_kind kind, const char *subject);
unsigned world_effects(const struct world *w, enum effect_kind kind); /* of the last step */

#endif
