/*
 * oracles -- what must hold, whatever happened:
 *
 *	acknowledged   each alert that a sender was told is kept stands in the journal, and no
 *	               engine ever starts from an earlier entry than somebody was told of
 *	once           no attempt's command begins twice; what the journal calls never started
 *	               never began; an unsafe action begins again only when its end is known
 *	               and what a probe says did not happen did not
 *	limits         starts per service and hour, and at once, by what really ran
 *	told           whoever was told that an incident opened is told that it ended
 *	moves          in peace, with nobody ill and all answered, every incident closes
 *	replay         the journal stepped again gives the same effects and the same tables
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/replay.h"
#include "facts/effect.h"
#include "sim/house.h"
#include "sim/sim.h"
#include "store/store.h"

#define ARENA_BYTES ((size_t)512 << 20)
#define NUMBERS_MAX 65536
#define ROWS_MAX 4096

static struct arena_map map;
static struct arena arena;

void
oracles_begin(void)
{
	arena = arena_map(&map, ARENA_BYTES);
}

/* ---- as it goes ---- */

void
oracle_started(uint64_t seq)
{
	if (seq < sim.acked_seq)
		sim_fail("acknowledged: the engine starts from entry %llu, but %llu was "
			 "told of",
		    (unsigned long long)seq, (unsigned long long)sim.acked_seq);
}

void
oracle_start(const struct start *start)
{
	for (const struct start *it = sim.starts; it != NULL; it = it->next) {
		if (it != start && it->attempt == start->attempt)
			sim_fail("once: attempt %llu begins a second time",
			    (unsigned long long)start->attempt);
	}
}

/* ---- the journal ---- */

static bool fired[NUMBERS_MAX];

static void
note_fired(str body)
{
	struct arena scratch = arena;
	struct alert_body alert;
	struct err err;
	uint64_t number;
	if (!record_decode_all(&alert_body_type, body, &scratch, &alert, &err))
		sim_fail("an alert of the journal cannot be read: %s", err.text);
	if (str_u64(pairs_get(&alert.labels, STR("n")), NUMBERS_MAX - 1, &number))
		fired[number] = true;
}

static bool
take_entry(void *context, const struct stored_entry *stored)
{
	(void)context;
	struct arena mark = arena;
	struct entry entry;
	struct err err;
	if (!entry_decode(stored->bytes, &arena, &entry, &err))
		sim_fail("entry %llu cannot be read: %s", (unsigned long long)stored->seq,
		    err.text);
	for (size_t i = 0; i < entry.step_n; i++) {
		const struct event *event = &entry.step[i].event;
		if (event->kind != EVENT_ALERTS_CHANGED)
			continue;
		const struct alert_change *changes = event->alerts_changed.changes.p;
		for (size_t k = 0; k < event->alerts_changed.changes.n; k++) {
			if (changes[k].kind == CHANGE_FIRED)
				note_fired(changes[k].body);
		}
	}
	arena = mark;
	sim.n.entries++;
	return true;
}

static uint64_t read_until; /* those before it are gone, or will be */

void
oracle_read(struct store *store, uint64_t until)
{
	struct err err;
	if (until > read_until && !store_entries(store, read_until + 1, until - read_until,
				      take_entry, NULL, &err))
		sim_fail("acknowledged: the journal cannot be read: %s", err.text);
	if (until > read_until)
		read_until = until;
}

static void
check_promises(struct store *store)
{
	oracle_read(store, store_head(store).seq);
	for (const struct promise *p = sim.promises; p != NULL; p = p->next) {
		if (p->number < NUMBERS_MAX && !fired[p->number])
			sim_fail("acknowledged: alert %llu was taken and is nowhere in the "
				 "journal",
			    (unsigned long long)p->number);
	}
}

static void
check_replay(struct store *store)
{
	struct store_verdict verdict;
	struct replay_verdict again;
	struct err err;
	if (!store_verify(store, &verdict, &err))
		sim_fail("replay: the store cannot be read: %s", err.text);
	if (!verdict.ok)
		sim_fail("replay: %s", verdict.text);
	struct buf report = BUF(1 << 20);
	if (!replay(store, &report, &again, &err))
		sim_fail("replay: %s", err.text);
	if (!again.same)
		sim_fail("replay: %.*s", STR_ARG(buf_str(&report)));
	sim.n.replayed += again.steps;
	buf_done(&report);
}

/* ---- the rows ---- */

struct rows {
	enum table table;
	size_t n;
	void *row[ROWS_MAX];
};

static bool
take_row(void *context, const struct stored_row *stored)
{
	struct rows *rows = context;
	struct err err;
	const struct record_type *type = table_type(rows->table);
	if (rows->n == ROWS_MAX)
		return false;
	void *row = arena_new(&arena, char, 4096);
	str body = arena_str(&arena, stored->body);
	if (!record_decode_all(type, body, &arena, row, &err))
		sim_fail("a row cannot be read: %s", err.text);
	rows->row[rows->n++] = row;
	return true;
}

static struct rows *
load(struct store *store, enum table table)
{
	struct rows *rows = arena_new(&arena, struct rows, 1);
	struct row_query query = { .table = table, .limit = 1000 };
	uint64_t seq;
	struct err err;
	rows->table = table;
	for (size_t before = SIZE_MAX; before != rows->n;) {
		before = rows->n;
		if (!store_rows(store, &query, take_row, rows, &seq, &err))
			sim_fail("rows cannot be read: %s", err.text);
		if (rows->n > 0)
			query.after = *(const row_id *)rows->row[rows->n - 1];
	}
	return rows;
}

static const struct start *
start_of(row_id attempt)
{
	const struct start *it = sim.starts;
	while (it != NULL && it->attempt != attempt)
		it = it->next;
	return it;
}

/* By its probe, not by a person, who may err. */
static bool
said_no(const struct attempt_row *row)
{
	return row->state == ATTEMPT_SETTLED && row->happened == HAPPENED_NO &&
	       str_eq(row->settled_by, STR("firstline"));
}

static void
check_attempts(const struct rows *attempts)
{
	for (size_t i = 0; i < attempts->n; i++) {
		const struct attempt_row *row = attempts->row[i];
		const struct start *start = start_of(row->id);
		sim.n.doubts += row->settled_by.n > 0 ? 1 : 0;
		if (row->state == ATTEMPT_LOST && start != NULL)
			sim_fail("once: attempt %llu is said never to have started, and "
				 "ran",
			    (unsigned long long)row->id);
		if (row->state == ATTEMPT_EXITED && start == NULL)
			sim_fail("once: attempt %llu is said to have ended, and never ran",
			    (unsigned long long)row->id);
		if (said_no(row) && start != NULL && !start->cut)
			sim_fail("once: attempt %llu is said not to have happened, and did",
			    (unsigned long long)row->id);
		if (row->state < ATTEMPT_EXITED)
			sim_fail("moves: attempt %llu is %s for ever",
			    (unsigned long long)row->id, attempt_state_name(row->state));
	}
	for (const struct start *it = sim.starts; it != NULL; it = it->next) {
		bool known = sim.days > 0; /* keeping.c knows */
		for (size_t i = 0; i < attempts->n; i++)
			known |= ((const struct attempt_row *)attempts->row[i])->id ==
			         it->attempt;
		if (!known)
			sim_fail("once: attempt %llu ran and is forgotten",
			    (unsigned long long)it->attempt);
	}
}

static bool
counts(const struct attempt_row *row)
{
	return row->state != ATTEMPT_LOST && !said_no(row);
}

/* Whoever says that it did not happen gives back what it used, and a person may err. */
static bool
uses_up(const struct attempt_row *row)
{
	return counts(row) && row->happened != HAPPENED_NO;
}

/* It was in doubt, and a person or its own `repeat: safe` said that there may be another,
 * whatever became of it. */
static bool
let_be(const struct attempt_row *row)
{
	return row->state == ATTEMPT_SETTLED &&
	       (row->repeat_safe || !str_eq(row->settled_by, STR("firstline")));
}

/* By the engine's clock, as the limit is meant. */
static void
check_limits(const struct rows *attempts)
{
	for (size_t i = 0; i < attempts->n; i++) {
		const struct attempt_row *a = attempts->row[i];
		unsigned within = 0;
		const struct start *ran = start_of(a->id);
		bool automatic = a->run != 0;
		for (size_t k = 0; counts(a) && k < attempts->n; k++) {
			const struct attempt_row *b = attempts->row[k];
			if (!counts(b) || (b->run != 0) != automatic)
				continue;
			within += uses_up(b) && str_eq(a->service, b->service) &&
			          b->intent_at <= a->intent_at &&
			          b->intent_at + HOUR > a->intent_at;
			const struct start *other = start_of(b->id);
			if (i != k && ran != NULL && other != NULL && !let_be(b) &&
			    ran->at >= other->at && ran->at < other->ended)
				sim_fail("limits: attempts %llu and %llu ran at once",
				    (unsigned long long)a->id, (unsigned long long)b->id);
		}
		unsigned most = automatic ? LIMIT_HOUR_AUTOMATION : LIMIT_HOUR_ANA;
		if (within > most)
			sim_fail("limits: attempt %llu is number %u of its hour",
			    (unsigned long long)a->id, within);
	}
}

static bool
was_given_up(const struct rows *notices, const struct told *told)
{
	for (size_t i = 0; i < notices->n; i++) {
		const struct notice_row *row = notices->row[i];
		if (row->incident == told->incident && row->purpose == PURPOSE_ENDED &&
		    row->state == NOTICE_GIVEN_UP)
			return true;
	}
	return false;
}

static bool
told_otherwise(const struct told *told)
{
	for (const struct told *it = sim.told; it != NULL; it = it->next) {
		if (it->incident == told->incident && it->ended &&
		    told->person[0] != '\0' && strcmp(it->person, told->person) == 0)
			return true;
	}
	return false;
}

static void
check_incidents(const struct rows *incidents, const struct rows *notices)
{
	for (size_t i = 0; i < incidents->n; i++) {
		const struct incident_row *row = incidents->row[i];
		if (row->state != INCIDENT_CLOSED)
			sim_fail("moves: incident %u is %s, %u of %u alerts active, "
				 "needs a person: %s (%.*s)",
			    row->id, incident_state_name(row->state), row->alerts_active,
			    row->alerts_total, row->needs_person ? "yes" : "no",
			    STR_ARG(row->needs_person_why));
	}
	for (const struct told *it = sim.told; it != NULL; it = it->next) {
		if (it->opened && !it->ended && !told_otherwise(it) &&
		    !was_given_up(notices, it))
			sim_fail("told: '%s' by %s was told that incident %u opened, and "
				 "never that it ended",
			    it->person, it->hook, it->incident);
	}
	for (size_t i = 0; i < notices->n; i++) {
		const struct notice_row *row = notices->row[i];
		if (row->state == NOTICE_PENDING || row->state == NOTICE_SENDING)
			sim_fail("told: notice %llu waits for ever",
			    (unsigned long long)row->id);
	}
}

void
oracles_end(void)
{
	struct store *store;
	struct err err;
	if (!store_open_readonly("sqlite:firstline.db", SIM_STATE, &store, &err))
		sim_fail("the store cannot be opened: %s", err.text);
	check_promises(store);
	check_replay(store);
	const struct rows *attempts = load(store, TABLE_ATTEMPT);
	check_attempts(attempts);
	check_limits(attempts);
	check_incidents(load(store, TABLE_INCIDENT), load(store, TABLE_NOTICE));
	keeping_end(store);
	store_close(store);
}
