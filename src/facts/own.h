#ifndef FACTS_OWN_H
#define FACTS_OWN_H

#include "base/pool.h"
#include "facts/record.h"

/*
 * own -- records that keep their strings and lists themselves, in a pool.
 *
 * A decoded record borrows from its input and an arena. An object that lives on owns what
 * it points at: every string, list, string in a list and nested record's is a pool block of
 * its own, and an empty one is { NULL, 0 }. So each can be replaced by itself, and all be
 * freed by the table.
 *
 * Each function either does all of it or nothing: false means that the pool is full (or a
 * string is over POOL_SIZE_MAX) and that nothing changed.
 */

/* Replace all that *record points at by copies in the pool. What it pointed at before is
 * not freed: it was borrowed. */
NODISCARD bool record_own(const struct record_type *type, struct pool *pool, void *record);
/* Free all that an owned record points at and make those fields empty; the others stay. */
void record_disown(const struct record_type *type, struct pool *pool, void *record);

/* Replace one owned field by a copy of `value`, which may point into the old one. */
NODISCARD bool own_str(struct pool *pool, str *field, str value);
NODISCARD bool own_strs(struct pool *pool, struct strs *field, struct strs value);
NODISCARD bool own_pairs(struct pool *pool, struct pairs *field, struct pairs value);
NODISCARD bool own_records(const struct record_type *type, struct pool *pool,
    struct records *field, struct records value);

#endif
