#include "support/world.h"

#include <stdlib.h>

#include "core/state.h"

/* Of address space, but a sanitizer pays for each byte. */
#define ARENA_BYTES ((size_t)256 << 20)
#define FX_BYTES ((size_t)8 << 20)
#define ROWS_MAX 65536
#define ENTRIES_MAX 65536
#define NOTICES_MAX 65536
#define INCIDENTS_MAX 100

/* ---- comparing cores ---- */

static void
dump_list(const struct link *list, struct buf *out)
{
	list_each(it, list)
	    buf_printf(out, " %u", container_of(it, struct incident, in_state)->row.id);
	buf_char(out, '\n');
}

static void
dump_incident(const struct core *core, const struct incident *incident, struct buf *out)
{
	const struct link *lists[] = { &incident->timeline, &incident->attempts,
		&incident->decisions, &incident->notices, &incident->asked };
	for (size_t i = 0; i < countof(lists); i++) {
		list_each(it, lists[i]) buf_printf(out, " %llu",
		    (unsigned long long)object_of(it, of_incident)->id);
		buf_add(out, STR(" /"));
	}
	uint64_t value = 0;
	if (map_get(&core->closed_keys, incident->row.key, &value))
		buf_printf(out, " closed %u",
		    ((const struct incident *)(uintptr_t)value)->row.id);
	buf_printf(out, " service %u %u run %d\n", incident->counts->counted,
	    incident->counts->open, incident->run != NULL);
}

/* Everything that decides, as text: rows, what they wait for, and what is derived. */
static str
dump(const struct core *core, struct arena *arena)
{
	struct buf out = BUF((size_t)16 << 20);
	for (size_t t = 1; t < TABLE_COUNT; t++) {
		list_each(it, &core->tables[t])
		{
			struct object *o = object_of(it, in_table);
			buf_printf(&out, "%zu %llu due %llu heap %d:", t,
			    (unsigned long long)o->id, (unsigned long long)o->due,
			    o->heap == NULL            ? 0
			    : o->heap == &core->timers ? 1
						       : 2);
			record_encode(table_type((enum table)t), object_row(o), &out);
			buf_char(&out, '\n');
			if (t == TABLE_INCIDENT)
				dump_incident(core, container_of(o, struct incident, o),
				    &out);
		}
	}
	dump_list(&core->open, &out);
	dump_list(&core->closed_firing, &out);
	dump_list(&core->remembered, &out);
	buf_printf(&out, "%u %u %zu", core->counted, core->sending, core->timers.n);
	str s = arena_str(arena, buf_str(&out));
	buf_done(&out);
	return s;
}

static const struct model *
find_model(void *context, const hash32 *hash)
{
	const struct world *w = context;
	for (size_t i = 0; i < w->config_n; i++) {
		if (hash32_eq(&w->configs[i].hash, hash))
			return w->configs[i].model;
	}
	return NULL;
}

static struct core *
fresh(const struct world *w)
{
	struct core *core = w->pool_bytes != 0
	                        ? core_new_within(INCIDENTS_MAX, w->pool_bytes)
	                        : core_new(INCIDENTS_MAX);
	if (w->incidents_max != 0)
		core->incidents_max = w->incidents_max;
	if (w->remembered_max != 0)
		core->remembered_max = w->remembered_max;
	return core;
}

static struct core *
load(struct world *w)
{
	struct core *core = fresh(w);
	struct err err = { 0 };
	/* In any order: the last row first. */
	for (size_t i = w->row_n; i > 0; i--) {
		const struct world_row *row = &w->rows[i - 1];
		if (!row->open)
			continue;
		bool ok = core_load(core, row->table, row->body, &err);
		ASSERT(ok);
	}
	bool ok = core_load_done(core, find_model, w, &err);
	if (!ok)
		printf("load: %s\n", err.text);
	ASSERT(ok);
	core_check(core);
	return core;
}

static void
check_loading(struct world *w)
{
	struct arena mark = w->arena;
	struct core *other = load(w);
	str a = dump(w->core, &w->arena), b = dump(other, &w->arena);
	if (!str_eq(a, b)) {
		size_t at = 0;
		while (at < a.n && at < b.n && a.p[at] == b.p[at])
			at++;
		size_t from = at > 300 ? at - 300 : 0;
		EXPECT_STR(str_take(str_drop(a, from), a.n - from < 600 ? a.n - from : 600),
		    str_take(str_drop(b, from), b.n - from < 600 ? b.n - from : 600));
	}
	core_free(other);
	w->arena = mark;
}

/* ---- stepping ---- */

static struct world_row *
row_find(const struct world *w, enum table table, row_id id)
{
	uint64_t at;
	return map_get(&w->row_at, (uint64_t)table << 48 | id, &at) ? &w->rows[at] : NULL;
}

static struct world_row *
row_slot(struct world *w, enum table table, row_id id)
{
	struct world_row *row = row_find(w, table, id);
	if (row != NULL)
		return row;
	ASSERT(w->row_n < ROWS_MAX);
	map_put(&w->row_at, (uint64_t)table << 48 | id, w->row_n);
	w->rows[w->row_n] = (struct world_row){ .table = table, .id = id };
	return &w->rows[w->row_n++];
}

static void
keep_rows(struct world *w)
{
	size_t n;
	const struct row_ref *refs = core_touched(w->core, &n);
	for (size_t i = 0; i < n; i++) {
		struct world_row *slot = row_slot(w, refs[i].table, refs[i].id);
		if (i > 0)
			ASSERT(refs[i - 1].table < refs[i].table ||
			       refs[i - 1].id < refs[i].id);
		slot->incident = refs[i].incident;
		slot->wall = refs[i].wall;
		slot->open = refs[i].open;
		slot->body = (str){ 0 };
		if (refs[i].row == NULL)
			continue;
		struct buf body = BUF((size_t)4 << 20);
		record_encode(table_type(refs[i].table), refs[i].row, &body);
		ASSERT(!body.overflow);
		slot->body = arena_str(&w->arena, buf_str(&body));
		buf_done(&body);
	}
	core_clean(w->core);
}

static void
keep_entry(struct world *w, const struct event *event, const struct effects *fx)
{
	ASSERT(w->entry_n < ENTRIES_MAX);
	bool alerts = event->kind == EVENT_ALERTS_CHANGED;
	struct step step = { .event = *event,
		.alert_incident = alerts ? fx->alert_incident : NULL,
		.alert_n = alerts ? fx->alert_n : 0,
		.effect = fx->item,
		.effect_n = fx->n };
	struct buf out = BUF((size_t)32 << 20);
	entry_begin(&out, w->entry_n + 1, 1);
	entry_step(&out, &step);
	ASSERT(!out.overflow);
	w->entries[w->entry_n++] = arena_str(&w->arena, buf_str(&out));
	buf_done(&out);
}

static void
note_orders(struct world *w, const struct effects *fx)
{
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *effect = &fx->item[i];
		w->effects[effect->kind]++;
		switch (effect->kind) {
		case EFFECT_START_ATTEMPT:
			ASSERT(w->attempt_n < countof(w->attempts));
			w->attempts[w->attempt_n++] = effect->start_attempt.attempt;
			break;
		case EFFECT_PROBE: {
			row_id id = effect->probe.probe.id;
			size_t at = 0;
			while (at < w->probe_n && w->probes[at] != id)
				at++;
			ASSERT(at < countof(w->probes));
			if (at == w->probe_n)
				w->probes[w->probe_n++] = id;
			break;
		}
		case EFFECT_NOTIFY: {
			ASSERT(w->notice_n < NOTICES_MAX);
			struct world_notice *notice = &w->notices[w->notice_n++];
			record_copy(&notice_row_type, &effect->notify.notice, &w->arena,
			    &notice->row);
			break;
		}
		case EFFECT_REPLY:
			record_copy(effect_type(EFFECT_REPLY), &effect->reply, &w->arena,
			    &w->reply);
			w->replies++;
			break;
		case EFFECT_RECONCILE_ATTEMPT:
			w->reconciled++;
			break;
		case EFFECT_STOP_ATTEMPT:
		case EFFECT_FORGET_ATTEMPT:
		case EFFECT_FILE_HANDOFF:
		case EFFECT_APPEND_TIMELINE:
			break;
		}
	}
}

static void
step(struct world *w, struct event *event)
{
	event->at = w->at;
	event->wall = w->wall;
	struct arena fx_arena = arena_over(w->fx_map.memory, w->fx_map.size);
	struct effects fx = { .arena = &fx_arena };
	core_step(w->core, event, &fx);
	core_check(w->core);
	keep_entry(w, event, &fx);
	keep_rows(w);
	note_orders(w, &fx);
	if (event->kind == EVENT_ALERTS_CHANGED)
		w->last_incident = fx.alert_n > 0 ? fx.alert_incident[0] : 0;
	if (w->reload)
		check_loading(w);
}

void
world_step(struct world *w, struct event *event)
{
	memset(w->effects, 0, sizeof(w->effects));
	step(w, event);
	unsigned made[EFFECT_KIND_COUNT];
	memcpy(made, w->effects, sizeof(made));
	if (w->restart_at != 0 && w->entry_n >= w->restart_at) {
		w->restart_at = 0;
		unsigned before = world_told(w, PURPOSE_OPENED, "ana");
		if (w->restart_engine)
			world_restart(w);
		else
			world_hands_restart(w);
		w->sent_again += world_told(w, PURPOSE_OPENED, "ana") - before;
	}
	for (size_t i = 0; w->deliver && i < w->notice_n; i++) {
		if (w->notices[i].answered)
			continue;
		w->notices[i].answered = true;
		struct event told = { .kind = EVENT_NOTICE_RESULT,
			.notice_result = { .notice = w->notices[i].row.id,
			    .delivered = true } };
		step(w, &told);
	}
	memcpy(w->effects, made, sizeof(made));
}

/* ---- life ---- */

static const struct config *
add_config(struct world *w, const char *yaml, const char *runbook, const char *other)
{
	ASSERT(w->config_n < countof(w->configs));
	struct config *c = &w->configs[w->config_n++];
	config_open(c);
	config_add(c, "production.yaml", yaml);
	if (runbook != NULL)
		config_add(c, "runbooks/a.md", runbook);
	if (other != NULL)
		config_add(c, "runbooks/b.md", other);
	if (config_load(c) == NULL) {
		str faults = config_faults(c);
		fprintf(stderr, "%.*s\n", (int)faults.n, faults.p);
		abort();
	}
	return c;
}

static void
adopt(struct world *w, const struct config *c, str by)
{
	struct event event = { .kind = EVENT_CONFIG_ADOPTED,
		.config_adopted = { .hash = c->hash, .model = c->model, .by = by } };
	world_step(w, &event);
}

static void
started(struct world *w, bool engine)
{
	w->epoch += engine ? 1 : 0;
	struct event event = { .kind = EVENT_STARTED,
		.started = { .epoch = w->epoch, .engine = engine } };
	world_step(w, &event);
}

struct world *
world_new(const char *yaml, const char *runbook, const char *other_runbook)
{
	return world_within(0, yaml, runbook, other_runbook);
}

struct world *
world_within(size_t pool_bytes, const char *yaml, const char *runbook,
    const char *other_runbook)
{
	struct world *w = calloc(1, sizeof(*w));
	ASSERT(w != NULL);
	w->arena = arena_map(&w->map, ARENA_BYTES);
	(void)arena_map(&w->fx_map, FX_BYTES);
	w->rows = arena_fresh(&w->arena, struct world_row, ROWS_MAX);
	w->entries = arena_fresh(&w->arena, str, ENTRIES_MAX);
	w->notices = arena_fresh(&w->arena, struct world_notice, NOTICES_MAX);
	map_init(&w->row_at, 1);
	w->pool_bytes = pool_bytes;
	w->core = fresh(w);
	w->at = 1000;
	w->wall = WORLD_WALL;
	w->next_alert = 1;
	w->reload = true;
	w->deliver = true;
	started(w, true);
	adopt(w, add_config(w, yaml, runbook, other_runbook), (str){ 0 });
	return w;
}

void
world_adopt(struct world *w, const char *yaml, const char *runbook)
{
	adopt(w, add_config(w, yaml, runbook, NULL), (str){ 0 });
}

void
world_adopt_by(struct world *w, const char *yaml, const char *runbook, const char *by)
{
	adopt(w, add_config(w, yaml, runbook, NULL), str_of(by));
}

void
world_adopt_both(struct world *w, const char *yaml, const char *runbook, const char *other,
    const char *by)
{
	adopt(w, add_config(w, yaml, runbook, other), str_of(by));
}

void
world_restart(struct world *w)
{
	core_free(w->core);
	w->core = load(w);
	started(w, true);
}

/* As the engine's clock does: it goes on by at most a day (engine/clock.h). */
void
world_away(struct world *w, msec ms, const char *yaml)
{
	w->wall += ms;
	w->at += ms < DAY ? ms : DAY;
	world_restart(w);
	adopt(w,
	    yaml != NULL ? add_config(w, yaml, NULL, NULL) : &w->configs[w->config_n - 1],
	    (str){ 0 });
}

void
world_hands_restart(struct world *w)
{
	started(w, false);
}

/* ---- replay ---- */

static void
replay_step(struct world *w, struct core *core, struct step *step, str bytes, uint64_t seq)
{
	struct event *event = &step->event;
	if (event->kind == EVENT_CONFIG_ADOPTED)
		event->config_adopted.model = find_model(w, &event->config_adopted.hash);
	struct arena fx_arena = arena_over(w->fx_map.memory, w->fx_map.size);
	struct effects fx = { .arena = &fx_arena };
	core_step(core, event, &fx);
	core_clean(core);
	bool alerts = event->kind == EVENT_ALERTS_CHANGED;
	struct step again = { .event = *event,
		.alert_incident = alerts ? fx.alert_incident : NULL,
		.alert_n = alerts ? fx.alert_n : 0,
		.effect = fx.item,
		.effect_n = fx.n };
	struct buf out = BUF((size_t)32 << 20);
	entry_begin(&out, seq, 1);
	entry_step(&out, &again);
	if (!str_eq(buf_str(&out), bytes))
		printf("entry %llu, %s:\n", (unsigned long long)seq,
		    event_kind_name(event->kind));
	EXPECT(str_eq(buf_str(&out), bytes));
	buf_done(&out);
}

static void
replay(struct world *w)
{
	struct core *core = fresh(w);
	unsigned failures = test_failures;
	for (size_t i = 0; i < w->entry_n && test_failures == failures; i++) {
		struct arena mark = w->arena;
		struct entry entry;
		struct err err;
		bool ok = entry_decode(w->entries[i], &w->arena, &entry, &err);
		ASSERT(ok && entry.step_n == 1);
		replay_step(w, core, &entry.step[0], w->entries[i], i + 1);
		w->arena = mark;
	}
	core_check(core);
	str a = dump(w->core, &w->arena), b = dump(core, &w->arena);
	EXPECT(str_eq(a, b));
	core_free(core);
}

void
world_free(struct world *w)
{
	replay(w);
	core_free(w->core);
	for (size_t i = 0; i < w->config_n; i++)
		config_close(&w->configs[i]);
	map_done(&w->row_at);
	arena_unmap(&w->map);
	arena_unmap(&w->fx_map);
	free(w);
}

/* ---- alerts ---- */

static struct pairs
pairs_of(struct arena *arena, const char *text)
{
	struct pairs pairs = { arena_new(arena, struct pair, 64), 0 };
	str rest = str_of(text);
	while (rest.n > 0) {
		struct str_cut item = str_cut(rest, ',');
		struct str_cut pair = str_cut(item.head, '=');
		rest = item.tail;
		size_t at = pairs.n++;
		while (at > 0 && str_cmp(pairs.p[at - 1].name, pair.head) > 0) {
			pairs.p[at] = pairs.p[at - 1];
			at--;
		}
		pairs.p[at] = (struct pair){ pair.head, pair.tail };
	}
	return pairs;
}

static void
change(struct world *w, struct alert_change *changes, size_t n)
{
	struct event event = { .kind = EVENT_ALERTS_CHANGED,
		.alerts_changed = { .source = STR("prometheus"),
		    .changes = { changes, n } } };
	world_step(w, &event);
}

static uint64_t
fire(struct world *w, const char *labels, bool held)
{
	struct pair summary = { STR("summary"), STR("it does not move") };
	struct alert_body body = { .labels = pairs_of(&w->arena, labels),
		.annotations = { &summary, 1 } };
	struct buf bytes = BUF(ALERT_BODY_MAX);
	record_encode(&alert_body_type, &body, &bytes);
	uint64_t number = w->next_alert++;
	ASSERT(number < countof(w->alert_incident));
	w->alert_body[number] = arena_str(&w->arena, buf_str(&bytes));
	struct alert_change fired = { .alert = number,
		.kind = CHANGE_FIRED,
		.fingerprint = number,
		.starts_wall = w->wall,
		.ends_wall = w->wall + 5 * MINUTE,
		.body = w->alert_body[number],
		.held = held };
	buf_done(&bytes);
	change(w, &fired, 1);
	w->alert_incident[number] = w->last_incident;
	return number;
}

uint64_t
world_fire(struct world *w, const char *labels)
{
	return fire(w, labels, false);
}

uint64_t
world_fire_held(struct world *w, const char *labels)
{
	uint64_t number = fire(w, labels, true);
	EXPECT_U64(w->alert_incident[number], 0);
	return number;
}

void
world_hold(struct world *w, uint64_t alert, row_id silence)
{
	struct alert_change held = { .alert = alert,
		.kind = CHANGE_HELD,
		.incident = w->alert_incident[alert],
		.held = true,
		.silence = silence,
		.inhibitor = silence == 0 ? 0xd0b0f9c089b0ac23 : 0 };
	change(w, &held, 1);
	w->alert_incident[alert] = w->last_incident;
	EXPECT_U64(w->last_incident, 0);
}

void
world_release(struct world *w, uint64_t alert)
{
	struct alert_change released = { .alert = alert,
		.kind = CHANGE_RELEASED,
		.fingerprint = alert,
		.starts_wall = w->wall,
		.ends_wall = w->wall + 5 * MINUTE,
		.body = w->alert_body[alert] };
	change(w, &released, 1);
	w->alert_incident[alert] = w->last_incident;
}

void
world_resolve(struct world *w, uint64_t alert)
{
	struct alert_change resolved = { .alert = alert,
		.kind = CHANGE_RESOLVED,
		.incident = w->alert_incident[alert],
		.ends_wall = w->wall };
	change(w, &resolved, 1);
}

void
world_expire(struct world *w, uint64_t alert)
{
	struct alert_end ended = { .alert = alert, .incident = w->alert_incident[alert] };
	struct event event = { .kind = EVENT_ALERTS_EXPIRED,
		.alerts_expired = { .ends = { &ended, 1 } } };
	world_step(w, &event);
}

/* ---- time and answers ---- */

void
world_after(struct world *w, msec ms)
{
	msec until = w->at + ms;
	for (;;) {
		msec due = core_next_due(w->core);
		if (due == 0 || due > until)
			break;
		if (due > w->at) {
			w->wall += due - w->at;
			w->at = due;
		}
		struct event event = { .kind = EVENT_TIME_PASSED };
		world_step(w, &event);
		if (w->seeing != NULL) {
			while (w->probe_n > 0)
				world_probe(w, w->seeing);
		}
	}
	w->wall += until - w->at;
	w->at = until;
}

static row_id
oldest(row_id *ids, size_t *n)
{
	ASSERT(*n > 0);
	row_id id = ids[0];
	memmove(ids, ids + 1, --*n * sizeof(*ids));
	return id;
}

void
world_probe(struct world *w, const char *value)
{
	struct event event = { .kind = EVENT_PROBE_RESULT,
		.probe_result = { .probe = oldest(w->probes, &w->probe_n),
		    .status = value != NULL ? PROBE_OK : PROBE_FAILED,
		    .value = value != NULL ? str_of(value) : (str){ 0 },
		    .series = value != NULL ? 1 : 0,
		    .error = value != NULL ? (str){ 0 } : STR("connection refused") } };
	world_step(w, &event);
}

void
world_answer(struct world *w, const struct probe_result *seen)
{
	struct event event = { .kind = EVENT_PROBE_RESULT, .probe_result = *seen };
	event.probe_result.probe = oldest(w->probes, &w->probe_n);
	world_step(w, &event);
}

void
world_see(struct world *w, const char *value, msec ms)
{
	w->seeing = value;
	while (w->probe_n > 0)
		world_probe(w, value);
	world_after(w, ms);
	w->seeing = NULL;
}

void
world_news(struct world *w, enum attempt_news news)
{
	ASSERT(w->attempt_n > 0);
	bool last = news != NEWS_CLAIMED && news != NEWS_STARTED;
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = w->attempts[0],
		    .news = news,
		    .why = STR("because"),
		    .ended_wall = last ? w->wall : 0 } };
	if (last)
		(void)oldest(w->attempts, &w->attempt_n);
	world_step(w, &event);
}

void
world_exit(struct world *w, int code)
{
	struct event event = { .kind = EVENT_ATTEMPT_RESULT,
		.attempt_result = { .attempt = oldest(w->attempts, &w->attempt_n),
		    .news = NEWS_EXITED,
		    .exit_code = code,
		    .output = STR("restarted\n"),
		    .output_bytes = 10,
		    .started_wall = w->wall,
		    .ended_wall = w->wall } };
	world_step(w, &event);
}

struct reply
world_command(struct world *w, const struct command *command)
{
	struct event event = { .kind = EVENT_COMMAND, .command = *command };
	if (event.command.principal.n == 0)
		event.command.principal = STR("person:ana");
	event.command.request = 77;
	uint64_t before = w->replies;
	world_step(w, &event);
	EXPECT(w->replies == before + 1);
	EXPECT_U64(w->reply.request, 77);
	return w->reply;
}

struct silence_row
world_silence(struct world *w, const char *alertname, msec ms)
{
	static unsigned drawn;
	struct silence_matcher matcher = { STR("alertname"), str_of(alertname), false,
		true };
	struct command command = { .kind = COMMAND_SILENCE_SET,
		.silence = { .matchers = { &matcher, 1 },
		    .starts_wall = w->wall,
		    .ends_wall = w->wall + ms,
		    .created_by = STR("ana"),
		    .comment = STR("new disks") },
		.fresh = arena_printf(&w->arena, "uuid-%u", ++drawn) };
	struct reply reply = world_command(w, &command);
	EXPECT_U64(reply.status, 200);
	struct silence_row row = { .id = 0 };
	bool found = world_row_get(w, TABLE_SILENCE, reply.row, &row);
	EXPECT(found);
	return row;
}

struct reply
world_ask(struct world *w, enum command_kind kind, incident_id incident, const char *who)
{
	struct command command = { .kind = kind,
		.incident = incident,
		.principal = str_of(who) };
	return world_command(w, &command);
}

/* ---- looking ---- */

bool
world_row_get(struct world *w, enum table table, row_id id, void *ret)
{
	const struct world_row *row = row_find(w, table, id);
	if (row == NULL || row->body.n == 0)
		return false;
	struct err err;
	bool ok = record_decode_all(table_type(table), row->body, &w->arena, ret, &err);
	ASSERT(ok);
	return true;
}

struct incident_row
world_incident(struct world *w, incident_id id)
{
	struct incident_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_INCIDENT, id, &row));
	return row;
}

enum incident_state
world_state(struct world *w, incident_id id)
{
	return world_incident(w, id).state;
}

struct attempt_row
world_attempt(struct world *w, row_id id)
{
	struct attempt_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_ATTEMPT, id, &row));
	return row;
}

row_id
world_last(const struct world *w, enum table table)
{
	row_id last = 0;
	for (size_t i = 0; i < w->row_n; i++) {
		if (w->rows[i].table == table && w->rows[i].id > last)
			last = w->rows[i].id;
	}
	return last;
}

unsigned
world_count(const struct world *w, enum table table)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->row_n; i++)
		n += w->rows[i].table == table && w->rows[i].body.n > 0 ? 1 : 0;
	return n;
}

unsigned
world_told(const struct world *w, enum notice_purpose purpose, const char *whom)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->notice_n; i++) {
		const struct notice_row *row = &w->notices[i].row;
		str to = row->person.n > 0 ? row->person : row->channel;
		if (row->purpose == purpose && (whom == NULL || str_eq(to, str_of(whom))))
			n++;
	}
	return n;
}

const struct notice_row *
world_last_notice(const struct world *w)
{
	ASSERT(w->notice_n > 0);
	return &w->notices[w->notice_n - 1].row;
}

bool
world_says(struct world *w, incident_id incident, const char *part)
{
	for (size_t i = 0; i < w->row_n; i++) {
		if (w->rows[i].table != TABLE_TIMELINE || w->rows[i].incident != incident)
			continue;
		struct timeline_row row;
		if (world_row_get(w, TABLE_TIMELINE, w->rows[i].id, &row) &&
		    str_contains(row.text, str_of(part)))
			return true;
	}
	return false;
}

struct gap_row
world_gap(struct world *w, enum gap_kind kind, const char *subject)
{
	for (size_t i = 0; i < w->row_n; i++) {
		struct gap_row row;
		if (w->rows[i].table == TABLE_GAP &&
		    world_row_get(w, TABLE_GAP, w->rows[i].id, &row) && row.kind == kind &&
		    (subject == NULL || str_eq(row.subject, str_of(subject))))
			return row;
	}
	return (struct gap_row){ 0 };
}

unsigned
world_effects(const struct world *w, enum effect_kind kind)
{
	return w->effects[kind];
}
