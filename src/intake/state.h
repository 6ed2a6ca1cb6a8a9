#ifndef INTAKE_STATE_H
#define INTAKE_STATE_H

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "intake/identity.h"
#include "intake/intake.h"
#include "intake/order.h"
#include "intake/signature.h"
#include "intake/suppress.h"
#include "intake/texts.h"
#include "intake/wire.h"

/*
 * state -- intake's own parts, shared by its files and nobody else.
 *
 * An alert lies in a slot. Four things lead to it: its labels (identity), its fingerprint
 * (order), its number (packs: 64 slots each) and its incident (a list through the alerts).
 * alert_add and alert_drop keep the four together.
 */
#define SOURCES_MAX 1024
#define SOURCE_BYTES_MAX 256

/* The alerts of one row, whether they are there or not. In the pool. */
struct pack_state {
	uint64_t id;
	uint64_t as_of;       /* loaded row: complete as of this entry */
	uint64_t dirty_since; /* on intake->dirty: complete on disk as of this entry */
	struct link dirty;    /* changed since it was last written */
	uint32_t n;           /* active alerts in it */
	bool stored;          /* there is a row of it */
	uint32_t slot_1[PACK_ALERTS]; /* slot + 1; 0: not active */
};

struct intake {
	struct arena_map memory; /* of this struct */
	struct arena_map alerts; /* of its alerts */
	struct siphash_key key;
	struct pool *pool; /* bodies, packs */
	struct texts urls;
	struct alert *alert;
	struct arena_map signatures; /* of the next */
	struct signature *signature; /* by slot */
	uint32_t alerts_max;         /* places there are */
	struct intake_bounds bounds;
	struct map named;    /* hashed alertname to alerts; only while that is bounded */
	uint32_t slots_used; /* slots that ever held an alert */
	uint32_t slot_free;  /* list through next_in_incident; SLOT_NONE: none */
	uint32_t active;
	struct identity identity;
	struct order order;
	struct map packs;     /* id to struct pack_state */
	struct map incidents; /* id to first slot | alerts << 32 */
	struct link dirty;    /* packs, the oldest change first */
	size_t dirty_n;
	uint64_t seq;   /* the newest entry known to be committed */
	msec grace_at;  /* what was not heard since waits from then for its horizon */
	uint8_t graces; /* never 0 */
	uint32_t sweep; /* the slot to look at next */
	uint32_t
	    pending[ALERTS_PER_EVENT_MAX]; /* slots of the event that is to be settled */
	size_t pending_n;
	struct silenced silenced;
	struct inhibition inhibition;
	struct pair *pairs; /* LABELS_MAX: of the alert that is looked at */
	uint32_t held;      /* alerts */
	uint32_t hold_at;   /* the slot to look at next */
	uint32_t hold_left; /* slots to look at, from there around */
	str source[SOURCES_MAX];
	struct source_state {
		uint32_t active;
		msec at;         /* `tokens` is as of then; 0: never asked */
		uint64_t tokens; /* thousandths of an alert it may still bring */
	} of_source[SOURCES_MAX];
	size_t source_n;
	char source_text[SOURCES_MAX][SOURCE_BYTES_MAX];
};

/* ---- table.c: one alert in, one out ---- */

static inline bool
alert_used(const struct alert *alert)
{
	return alert->head.n > 0;
}

static inline uint32_t
alert_tag(const struct intake *intake, str labels)
{
	return (uint32_t)siphash(&intake->key, labels);
}

/* A body as the table keeps it. */
struct kept_body {
	str head;
	const struct text *url;
};
/* Copies; false when the pool is full. */
NODISCARD bool body_keep(struct intake *intake, str body, size_t head_bytes,
    struct kept_body *ret);
void body_let_go(struct intake *intake, struct kept_body body);

/* The body is the table's own from now on, the pack that of its number, and there is a slot
 * left. Sets the links. Returns the slot. */
uint32_t alert_add(struct intake *intake, struct pack_state *pack,
    const struct alert *alert, uint32_t tag);
void alert_drop(struct intake *intake, uint32_t slot); /* its body goes too */
uint32_t alert_by_number(const struct intake *intake, uint64_t number); /* or SLOT_NONE */
void alert_move(struct intake *intake, uint32_t slot, incident_id incident);
/* A slot with these labels, or SLOT_NONE. */
uint32_t alert_by_labels(const struct intake *intake, uint32_t tag, str labels);

/* endsAt minus reception: how long its sender meant a silence to be no end. */
static inline msec
alert_horizon(const struct alert *alert)
{
	msec promised = alert->ends_wall > alert->updated_wall
	                    ? alert->ends_wall - alert->updated_wall
	                    : 0;
	return promised > HORIZON_MIN_MS ? promised : HORIZON_MIN_MS;
}

uint16_t source_index(struct intake *intake, str source);

/* ---- bounds.c ---- */

/* What is still free for something new of one source. */
struct room {
	uint64_t all, source;
	uint64_t tokens; /* UINT64_MAX: no rate */
};
struct room bounds_room(const struct intake *intake, uint16_t source, msec at);
/* So many tokens are left. */
void bounds_took(struct intake *intake, uint16_t source, const struct room *room, msec at);
#define TOKENS_AN_ALERT 1000
/* The alertname's hash; 0: it has none, or they are not bounded. */
uint64_t bounds_name(const struct intake *intake, str body);
str alertname_of(const struct intake *intake, str body);
bool bounds_name_full(const struct intake *intake, uint64_t name);
void bounds_name_count(struct intake *intake, uint64_t name, int by);
/* An alert came or goes: counted for its source and its alertname. */
void bounds_count(struct intake *intake, const struct alert *alert, int by);

/* ---- hold.c ---- */

void hold_alert_added(struct intake *intake, uint32_t slot);
void hold_set(struct intake *intake, uint32_t slot, bool held);
/* Those of the changes that fired: are they held from the start? */
void hold_fired(struct intake *intake, struct alert_change *changes, size_t n, msec wall);

/* ---- packs.c ---- */

struct pack_state *pack_find(const struct intake *intake, uint64_t id);
/* Finds or makes it; NULL when the pool is full. */
NODISCARD struct pack_state *pack_make(struct intake *intake, uint64_t id);
/* It changed in an entry after `since`. */
void pack_touch(struct intake *intake, struct pack_state *pack, uint64_t since);
/* Let go of a pack that holds nothing and owes nothing to the disk. */
void pack_drop_unused(struct intake *intake, struct pack_state *pack);

/* ASSERTs every invariant. Walks everything: for tests. */
void intake_check(const struct intake *intake);

#endif
