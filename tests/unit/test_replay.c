#include "engine/replay.h"

#include <stdlib.h>

#include "support/shop.h"
#include "support/world.h"

/*
 * A story is played once, in a world; then its events are stepped again as the engine does,
 * several to an entry, into a store. Each test tells the store's replay something else about
 * what was recorded.
 */
#define ARENA_BYTES ((size_t)256 << 20)

static struct world *world; /* knows the configurations */
static struct arena_map map;
static struct arena arena;
static str events[512]; /* the story: entries of one step each */
static size_t event_n;

/* ---- the story ---- */

static void
play(void)
{
	world = world_new(SHOP, SHOP_QUEUE("restart-unit"), NULL);
	world->reload = false;
	uint64_t stuck = world_fire(world, "alertname=QueueStuck,queue=mail");
	world_see(world, "812", MINUTE);
	world_exit(world, 0);
	world_after(world, 45 * SECOND);
	world_exit(world, 0);
	world_restart(world);
	(void)world_fire(world, "alertname=Slow,service=checkout,severity=critical");
	world_see(world, "12", 5 * MINUTE);
	world_resolve(world, stuck);
	world_adopt(world, SHOP, NULL);
	(void)world_fire(world, "alertname=Strange");
	(void)world_ask(world, COMMAND_ACKNOWLEDGE, 2, "person:ana");
	world_after(world, HOUR);
	for (size_t i = 0; i < world->entry_n; i++) {
		ASSERT(event_n < countof(events));
		events[event_n++] = world->entries[i];
	}
}

/* ---- the engine's part ---- */

struct recorder {
	struct store *store;
	struct core *core;
	struct buf steps, entry;
	size_t step_n;
	uint64_t entries;
};

static const struct model *
model_of(void *context, const hash32 *hash)
{
	(void)context;
	for (size_t i = 0; i < world->config_n; i++) {
		if (hash32_eq(&world->configs[i].hash, hash))
			return world->configs[i].model;
	}
	return NULL;
}

static bool
load_row(void *context, const struct stored_row *row)
{
	struct err err;
	ASSERT(core_load(context, row->table, row->body, &err));
	return true;
}

static void
restart(struct recorder *r)
{
	core_free(r->core);
	r->core = core_new(1000);
	struct err err;
	uint64_t seq;
	for (enum table table = 1; table < TABLE_COUNT; table++) {
		struct row_query query = { .table = table,
			.open_only = true,
			.limit = STORE_ROWS_MAX };
		ASSERT(store_rows(r->store, &query, load_row, r->core, &seq, &err));
	}
	ASSERT(core_load_done(r->core, model_of, NULL, &err));
}

static uint64_t mark_at; /* a mark is made when that entry is the last; 0: none */

static void
commit(struct recorder *r)
{
	if (r->step_n == 0)
		return;
	size_t n;
	const struct row_ref *touched = core_touched(r->core, &n);
	struct arena scratch = arena;
	struct row_write *rows = arena_new(&scratch, struct row_write, n);
	for (size_t i = 0; i < n; i++) {
		struct buf body = BUF(STORE_ROW_BYTES_MAX);
		if (touched[i].row != NULL)
			record_encode(table_type(touched[i].table), touched[i].row, &body);
		rows[i] = (struct row_write){ .table = touched[i].table,
			.id = touched[i].id,
			.incident = touched[i].incident,
			.open = touched[i].open,
			.wall = touched[i].wall,
			.body = arena_str(&scratch, buf_str(&body)) };
		buf_done(&body);
	}
	uint64_t seq = store_head(r->store).seq + 1;
	buf_reset(&r->entry);
	entry_begin(&r->entry, seq, r->step_n);
	buf_add(&r->entry, buf_str(&r->steps));
	struct commit commit = { .seq = seq,
		.entry = buf_str(&r->entry),
		.rows = rows,
		.row_n = n };
	struct err err;
	ASSERT(store_commit(r->store, &commit, &err));
	bool done;
	if (seq == mark_at)
		ASSERT(store_mark_begin(r->store, 1, 1, &err) &&
		       store_mark_some(r->store, &done, &err));
	core_clean(r->core);
	r->step_n = 0;
	buf_reset(&r->steps);
}

/* `change`, if any, is what a test does to the record of step `at`, counted from 0. */
static void
record_step(struct recorder *r, struct event *event, struct arena scratch,
    void (*change)(struct step *))
{
	if (event->kind == EVENT_CONFIG_ADOPTED)
		event->config_adopted.model = model_of(NULL, &event->config_adopted.hash);
	if (event->kind == EVENT_STARTED && event->started.engine &&
	    store_head(r->store).seq > 0) {
		commit(r);
		restart(r);
	}
	if (event->kind == EVENT_ALERTS_CHANGED) {
		const struct alert_change *fired = event->alerts_changed.changes.p;
		if (fired->kind == CHANGE_FIRED)
			core_set_next_alert(r->core, fired->alert + 1);
	}
	struct effects fx = { .arena = &scratch };
	core_step(r->core, event, &fx);
	bool alerts = event->kind == EVENT_ALERTS_CHANGED;
	struct step step = { .event = *event,
		.alert_incident = alerts ? fx.alert_incident : NULL,
		.alert_n = alerts ? fx.alert_n : 0,
		.effect = fx.item,
		.effect_n = fx.n };
	if (change != NULL)
		change(&step);
	entry_step(&r->steps, &step);
	r->step_n++;
}

static void
keep_bundles(struct store *store)
{
	for (size_t i = 0; i < world->config_n; i++) {
		struct config *c = &world->configs[i];
		struct buf bytes = BUF(BUNDLE_BYTES_MAX);
		struct err err;
		bundle_encode(&c->bundle, &bytes);
		ASSERT(store_bundle_put(store, &c->hash, buf_str(&bytes), 1, &err));
		buf_done(&bytes);
	}
}

/* The story in a store, `batch` steps to an entry; `change` goes to the first step whose
 * event is of kind `of`. */
static struct store *
record_story(size_t batch, enum event_kind of, void (*change)(struct step *))
{
	struct recorder r = { .steps = BUF(STORE_ENTRY_BYTES_MAX),
		.entry = BUF(STORE_ENTRY_BYTES_MAX) };
	struct err err;
	ASSERT(store_open("memory:", ".", &r.store, &err));
	r.core = core_new(1000);
	for (size_t i = 0; i < event_n; i++) {
		struct arena scratch = arena;
		struct entry entry;
		ASSERT(entry_decode(events[i], &scratch, &entry, &err));
		struct event *event = &entry.step[0].event;
		bool here = change != NULL && event->kind == of;
		record_step(&r, event, scratch, here ? change : NULL);
		if (here)
			change = NULL;
		if (r.step_n == batch)
			commit(&r);
	}
	commit(&r);
	core_free(r.core);
	buf_done(&r.steps);
	buf_done(&r.entry);
	return r.store;
}

/* ---- replays ---- */

static struct buf report = { .max = 1 << 20 };

static struct replay_verdict
replay_now(struct store *store)
{
	struct replay_verdict verdict = { 0 };
	struct err err = { 0 };
	buf_reset(&report);
	bool ok = replay(store, &report, &verdict, &err);
	if (!ok)
		printf("%s\n", err.text);
	EXPECT(ok);
	return verdict;
}

/* The report begins and goes on like this. */
static void
expect_report(const char *begins, const char *differs)
{
	str text = buf_str(&report);
	bool so = str_starts(text, str_of(begins)) && str_contains(text, str_of(differs));
	EXPECT(so);
	if (!so)
		printf("%.*s\n", STR_ARG(text));
}

static void
replay__makes_the_same_decisions(void)
{
	static const size_t batches[] = { 1, 3, 1000 };
	for (size_t i = 0; i < countof(batches); i++) {
		struct store *store = record_story(batches[i], 0, NULL);
		keep_bundles(store);
		struct replay_verdict verdict = replay_now(store);
		EXPECT(verdict.same);
		EXPECT_STR(buf_str(&report), STR(""));
		EXPECT_U64(verdict.steps, event_n);
		EXPECT_U64(verdict.entries, store_head(store).seq);
		EXPECT(verdict.effects > 20 && verdict.rows > 30);
		store_close(store);
	}
}

static void
replay__empty_journal_is_the_same(void)
{
	struct store *store = NULL;
	struct err err;
	ASSERT(store_open("memory:", ".", &store, &err));
	struct replay_verdict verdict = replay_now(store);
	/* A core of no events has a control row; so far the store has none. */
	EXPECT(verdict.same && verdict.entries == 0);
	store_close(store);
}

static void
change_text(struct step *step)
{
	static struct effect effect[64];
	ASSERT(step->effect_n <= countof(effect));
	memcpy(effect, step->effect, step->effect_n * sizeof(*effect));
	for (size_t i = 0; i < step->effect_n; i++) {
		if (effect[i].kind == EFFECT_NOTIFY) {
			effect[i].notify.notice.subject = STR("all is well");
			break;
		}
	}
	step->effect = effect;
}

static void
drop_effect(struct step *step)
{
	step->effect_n--;
}

static void
change_incident(struct step *step)
{
	static const incident_id other = 77;
	step->alert_incident = &other;
}

static void
replay__tells_what_was_recorded_otherwise(void)
{
	static const struct {
		const char *name;
		enum event_kind of;
		void (*change)(struct step *);
		const char *begins;
		const char *differs;
	} rows[] = {
		{ .name = "a field of an effect",
		    .of = EVENT_ALERTS_CHANGED,
		    .change = change_text,
		    .begins = "entry 1, step 3 (alerts-changed): effect ",
		    .differs = ", notify\n  differs in 'notice.subject'\n  recorded  {" },
		{ .name = "an effect too few",
		    .of = EVENT_ATTEMPT_RESULT,
		    .change = drop_effect,
		    .begins = "entry ",
		    .differs =
			" (attempt-result): effect 2 of 1, replayed 2\n  replayed  " },
		{ .name = "an alert's incident",
		    .of = EVENT_ALERTS_CHANGED,
		    .change = change_incident,
		    .begins =
			"entry 1, step 3 (alerts-changed): alert change 1 is in another "
			"incident",
		    .differs = "\n  recorded  77\n  replayed  1\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct store *store = record_story(3, rows[i].of, rows[i].change);
		keep_bundles(store);
		EXPECT(!replay_now(store).same);
		expect_report(rows[i].begins, rows[i].differs);
		store_close(store);
	}
}

static bool
copy_row(void *context, const struct stored_row *row)
{
	struct stored_row *copy = context;
	*copy = *row;
	copy->body = arena_str(&arena, row->body);
	return false;
}

static struct stored_row
first_row(struct store *store, enum table table)
{
	struct stored_row row = { 0 };
	struct row_query query = { .table = table, .limit = 1 };
	struct err err;
	uint64_t seq;
	ASSERT(store_rows(store, &query, copy_row, &row, &seq, &err) && row.id != 0);
	return row;
}

static void
put_row(struct store *store, const struct stored_row *row)
{
	struct row_write write = { .table = row->table,
		.id = row->id,
		.incident = row->incident,
		.open = row->open,
		.wall = row->wall,
		.body = row->body };
	struct err err;
	ASSERT(store_commit(store, &(struct commit){ .rows = &write, .row_n = 1 }, &err));
}

static void
replay__tells_which_row_is_not_as_decided(void)
{
	struct store *store = record_story(3, 0, NULL);
	keep_bundles(store);
	struct stored_row incident = first_row(store, TABLE_INCIDENT);
	struct stored_row changed = incident;

	changed.open = !incident.open;
	put_row(store, &changed);
	EXPECT(!replay_now(store).same);
	expect_report("incident 1, as of entry ", "\n  differs in '(open)'\n  recorded  {");

	struct incident_row row;
	struct err err;
	ASSERT(record_decode_all(&incident_row_type, incident.body, &arena, &row, &err));
	row.severity = SEV1;
	struct buf body = BUF(STORE_ROW_BYTES_MAX);
	record_encode(&incident_row_type, &row, &body);
	changed = incident;
	changed.body = buf_str(&body);
	put_row(store, &changed);
	EXPECT(!replay_now(store).same);
	expect_report("incident 1, as of entry ", "\n  differs in 'severity'\n");
	buf_done(&body);

	changed.body = (str){ 0 };
	put_row(store, &changed);
	EXPECT(!replay_now(store).same);
	expect_report("incident 1, as of entry ", "\n  recorded  nothing\n  replayed  {");

	put_row(store, &incident);
	EXPECT(replay_now(store).same);
	changed = incident;
	changed.id = 12345;
	put_row(store, &changed);
	EXPECT(!replay_now(store).same);
	expect_report("incident 12345, as of entry ", "}\n  replayed  nothing\n");
	store_close(store);
}

static void
replay__needs_the_configurations(void)
{
	struct store *store = record_story(3, 0, NULL);
	struct replay_verdict verdict;
	struct err err = { 0 };
	EXPECT(!replay(store, &report, &verdict, &err));
	EXPECT(err.kind == ERR_NOT_FOUND);
	store_close(store);
}

static void
replay__goes_on_beside_a_writer(void)
{
	/* The reader knew the store when it was empty. */
	struct store *whole = record_story(3, 0, NULL);
	struct store *reader = NULL;
	struct err err;
	keep_bundles(whole);
	ASSERT(store_reader(whole, &reader, &err));
	struct stored_row control = first_row(whole, TABLE_CONTROL);
	put_row(whole, &control);
	EXPECT(replay_now(reader).same);
	store_close(reader);
	store_close(whole);
}

static bool
last_mark(void *context, const struct store_mark *mark)
{
	*(struct store_mark *)context = *mark;
	return true;
}

/* From wherever the journal begins, the rest is decided as it was. */
static void
replay__begins_where_the_journal_does(void)
{
	bool before = false;
	for (mark_at = 1;; mark_at++) {
		struct store *store = record_story(3, 0, NULL);
		struct store_base base = { 0 };
		struct err err = { 0 };
		bool done = false;
		uint64_t head = store_head(store).seq;
		if (mark_at >= head) {
			store_close(store);
			break;
		}
		keep_bundles(store);
		EXPECT(store_marks(store, last_mark, &base.mark, &err));
		EXPECT_U64(base.mark.seq, mark_at);
		EXPECT(store_commit(store, &(struct commit){ .alerts_as_of = head }, &err));
		EXPECT(store_let_go(store, &base, &err) && store_trim(store, &done, &err));
		struct replay_verdict verdict = replay_now(store);
		EXPECT(verdict.same && verdict.from == mark_at);
		EXPECT_U64(verdict.entries, head - mark_at);
		before |= verdict.rows_before > 0;
		if (!verdict.same)
			printf("from %llu: %.*s\n", (unsigned long long)mark_at,
			    STR_ARG(buf_str(&report)));
		store_close(store);
	}
	EXPECT(mark_at > 5 && before);
	mark_at = 0;
}

int
main(void)
{
	arena = arena_map(&map, ARENA_BYTES);
	play();
	RUN(replay__makes_the_same_decisions);
	RUN(replay__empty_journal_is_the_same);
	RUN(replay__tells_what_was_recorded_otherwise);
	RUN(replay__tells_which_row_is_not_as_decided);
	RUN(replay__needs_the_configurations);
	RUN(replay__goes_on_beside_a_writer);
	RUN(replay__begins_where_the_journal_does);
	world_free(world);
	buf_done(&report);
	arena_unmap(&map);
	TEST_MAIN_END();
}
