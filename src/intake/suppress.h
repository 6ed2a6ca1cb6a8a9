#ifndef INTAKE_SUPPRESS_H
#define INTAKE_SUPPRESS_H

#include <assert.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "intake/matchers.h"

/*
 * suppress -- what holds an alert: silences (silenced.c) and other alerts (inhibit.c).
 * hold.c asks both.
 */

/* ---- silences, compiled ---- */

struct silenced_by {
	row_id id;
	str uuid;
	msec starts_wall, ends_wall;
	struct label_matcher *matcher;
	size_t n;
	uint32_t next; /* of its bucket, + 1; 0: none */
};

/*
 * A silence with a matcher like job="db" is only looked at for alerts that have that very
 * label: it stands in the bucket of name and value. The others are all looked at.
 */
struct silenced {
	struct arena_map map; /* all of it */
	struct siphash_key key;
	struct silenced_by *p;
	size_t n;
	uint32_t *bucket; /* index + 1 of the first */
	size_t buckets;   /* a power of two; the last + 1: the others */
	size_t open;      /* that are in the last: every alert is held against them */
};

void silenced_done(struct silenced *silenced);
/* Those of `rows`, which ascend by id, that have not ended by `wall`, instead of those
 * before; copied. What both have is not compiled again. */
void silenced_renew(struct silenced *silenced, const struct siphash_key *key,
    const struct silence_row *const *rows, size_t n, msec wall);
/* Those that hold an alert with these labels at that time: at most `max`, in no order. */
size_t silenced_find(const struct silenced *silenced, const struct pairs *labels, msec wall,
    const struct silenced_by **ret, size_t max);

/* ---- inhibition ---- */

struct inhibit_rule;

struct inhibit_side {
	struct label_matcher *matcher;
	size_t n;
};

struct inhibiting {
	struct inhibit_side source, target;
	str *equal;
	size_t equal_n;
};

/* By which lists an alert stands under a key: the values of a rule's equal labels. */
enum inhibit_part {
	PART_SOURCE, /* matches the rule's source alone */
	PART_BOTH,   /* its source, and its target too: inhibits only what is no source */
	PART_TARGET,
	PART_COUNT,
};

struct inhibit_key {
	uint64_t hash;
	struct link part[PART_COUNT]; /* struct inhibit_place */
};

struct inhibit_place {
	struct link in_key;
	struct link in_again; /* targets: to be looked at again */
	struct inhibit_key *key;
	uint32_t slot;
	uint32_t rule;
	enum inhibit_part part;
};

struct inhibition {
	struct arena_map map; /* rules */
	struct siphash_key siphash_key;
	struct pool *pool;
	struct inhibiting *rule;
	size_t n;
	struct map keys;   /* hash of rule and values to struct inhibit_key */
	struct map places; /* rule, side and slot to struct inhibit_place */
	struct link again; /* targets whose sources came or went */
};

void inhibition_init(struct inhibition *inhibition, struct pool *pool,
    const struct siphash_key *key);
/* All places must have been left, but when everything is given back. */
void inhibition_done(struct inhibition *inhibition);
void inhibition_rules(struct inhibition *inhibition, const struct inhibit_rule *rules,
    size_t n);
/* These very rules are in force. */
bool inhibition_has(const struct inhibition *inhibition, const struct inhibit_rule *rules,
    size_t n);
void inhibition_add(struct inhibition *inhibition, uint32_t slot,
    const struct pairs *labels);
/* It fires no more: nobody's source from now on. */
void inhibition_source_gone(struct inhibition *inhibition, uint32_t slot);
void inhibition_remove(struct inhibition *inhibition, uint32_t slot);
/* Slots of alerts that inhibit this one now: at most `max`. */
size_t inhibition_find(const struct inhibition *inhibition, uint32_t slot, uint32_t *ret,
    size_t max);
/* ASSERTs that its places are right; how many. */
size_t inhibition_check(const struct inhibition *inhibition, uint32_t slot,
    const struct pairs *labels);
/* The next target to be looked at again; false: none. */
bool inhibition_again(struct inhibition *inhibition, uint32_t *ret);

#endif
