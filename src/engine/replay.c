#include "engine/replay_state.h"

#include <stdlib.h>

#include "engine/engine.h"

#define ENTRY_ARENA_BYTES ((size_t)1 << 30) /* address space */
#define STEP_ARENA_BYTES ((size_t)1 << 30)
#define BUNDLE_ARENA_BYTES ((size_t)64 << 20)
#define JSON_BYTES_MAX ((size_t)64 << 20)

void
replay_begin(struct replay *r, struct store *store, struct buf *report)
{
	*r = (struct replay){ .store = store, .report = report };
	(void)arena_map(&r->entry_map, ENTRY_ARENA_BYTES);
	r->step_arena = arena_map(&r->step_map, STEP_ARENA_BYTES);
	r->made = BUF(STORE_ENTRY_BYTES_MAX);
	r->row = BUF(STORE_ROW_BYTES_MAX);
	r->watched_text = BUF(JSON_BYTES_MAX);
	r->core = core_new(ENGINE_INCIDENTS_MAX);
	r->verdict.same = true;
}

void
replay_end(struct replay *r)
{
	core_free(r->core);
	configs_done(&r->configs);
	arena_unmap(&r->entry_map);
	arena_unmap(&r->step_map);
	buf_done(&r->made);
	buf_done(&r->row);
	buf_done(&r->watched_text);
	for (size_t t = 0; t < TABLE_COUNT; t++)
		free(r->table[t].row);
}

/* ---- what differs ---- */

bool
replay_differs(struct replay *r)
{
	r->verdict.same = false;
	return false;
}

bool
replay_fails(struct replay *r, const struct err *err)
{
	r->err = *err;
	r->failed = true;
	return false;
}

/* The text of one member of a JSON object; empty when it is not there. */
static str
member(str object, str name, struct arena scratch)
{
	struct json j;
	json_open(&j, object, &scratch);
	str at, value;
	if (!json_object(&j))
		return (str){ 0 };
	while (json_member(&j, &at)) {
		if (!json_raw(&j, &value))
			break;
		if (str_eq(at, name))
			return value;
	}
	return (str){ 0 };
}

/* Two objects, and the path of members that led to them. */
struct pair_of_objects {
	str a, b;
	const struct pair_of_objects *above;
	str name;
};

static void
put_path(struct buf *out, const struct pair_of_objects *at)
{
	if (at->above == NULL)
		return;
	put_path(out, at->above);
	buf_add(out, at->name);
	buf_char(out, '.');
}

/* Appends the names of members of `a` that `b` has otherwise (`missing_only`: does not have
 * at all), down to the innermost objects. */
static void
name_differences(struct buf *out, const struct pair_of_objects *at, bool missing_only,
    struct arena scratch)
{
	struct json j;
	json_open(&j, at->a, &scratch);
	str name, value;
	if (!json_object(&j))
		return;
	while (json_member(&j, &name) && json_raw(&j, &value)) {
		str other = member(at->b, name, scratch);
		if (str_eq(value, other))
			continue;
		if (str_starts(value, STR("{")) && str_starts(other, STR("{"))) {
			struct pair_of_objects below = { value, other, at, name };
			name_differences(out, &below, missing_only, scratch);
		} else if (!missing_only || other.p == NULL) {
			buf_add(out, STR(" '"));
			put_path(out, at);
			buf_add(out, name);
			buf_char(out, '\'');
		}
	}
}

void
replay_report_json(struct replay *r, str recorded, str replayed)
{
	if (recorded.n > 0 && replayed.n > 0) {
		struct arena_map map;
		struct arena scratch = arena_map(&map, recorded.n + replayed.n + 65536);
		buf_add(r->report, STR("  differs in"));
		struct pair_of_objects there = { .a = recorded, .b = replayed };
		struct pair_of_objects back = { .a = replayed, .b = recorded };
		name_differences(r->report, &there, false, scratch);
		name_differences(r->report, &back, true, scratch);
		buf_char(r->report, '\n');
		arena_unmap(&map);
	}
	buf_add(r->report, STR("  recorded  "));
	buf_add(r->report, recorded.n > 0 ? recorded : STR("nothing"));
	buf_add(r->report, STR("\n  replayed  "));
	buf_add(r->report, replayed.n > 0 ? replayed : STR("nothing"));
	buf_char(r->report, '\n');
}

void
replay_report(struct replay *r, const struct record_type *type, const void *recorded,
    const void *replayed)
{
	struct buf a = BUF(JSON_BYTES_MAX);
	struct buf b = BUF(JSON_BYTES_MAX);
	record_to_json(type, recorded, &a);
	record_to_json(type, replayed, &b);
	replay_report_json(r, buf_str(&a), buf_str(&b));
	buf_done(&a);
	buf_done(&b);
}

/* "entry 17, step 2 (probe-result)" */
static void
report_place(struct replay *r, uint64_t seq, size_t i, const struct event *event)
{
	buf_printf(r->report, "entry %llu, step %zu (%s)", (unsigned long long)seq, i + 1,
	    event_kind_name(event->kind));
}

static bool
report_incidents(struct replay *r, const struct step *was, const struct step *now)
{
	if (was->alert_n != now->alert_n) {
		buf_printf(r->report, ": %zu alert%s had incidents, replayed %zu\n",
		    was->alert_n, was->alert_n == 1 ? "" : "s", now->alert_n);
		return true;
	}
	for (size_t i = 0; i < was->alert_n; i++) {
		if (was->alert_incident[i] == now->alert_incident[i])
			continue;
		buf_printf(r->report,
		    ": alert change %zu is in another incident\n"
		    "  recorded  %u\n  replayed  %u\n",
		    i + 1, was->alert_incident[i], now->alert_incident[i]);
		return true;
	}
	return false;
}

static const void *
effect_of(const struct effect *effect)
{
	return effect_record((struct effect *)(uintptr_t)effect);
}

static void
report_alone(struct replay *r, const char *which, const struct effect *effect)
{
	buf_printf(r->report, "  %s %s ", which, effect_kind_name(effect->kind));
	record_to_json(effect_type(effect->kind), effect_of(effect), r->report);
	buf_char(r->report, '\n');
}

static bool
report_effects(struct replay *r, const struct step *was, const struct step *now)
{
	size_t n = was->effect_n > now->effect_n ? was->effect_n : now->effect_n;
	for (size_t i = 0; i < n; i++) {
		const struct effect *a = i < was->effect_n ? &was->effect[i] : NULL;
		const struct effect *b = i < now->effect_n ? &now->effect[i] : NULL;
		if (a != NULL && b != NULL && a->kind == b->kind) {
			const struct record_type *type = effect_type(a->kind);
			if (record_eq(type, effect_of(a), effect_of(b)))
				continue;
			buf_printf(r->report, ": effect %zu, %s\n", i + 1,
			    effect_kind_name(a->kind));
			replay_report(r, type, effect_of(a), effect_of(b));
			return true;
		}
		buf_printf(r->report, ": effect %zu of %zu, replayed %zu\n", i + 1,
		    was->effect_n, now->effect_n);
		if (a != NULL)
			report_alone(r, "recorded ", a);
		if (b != NULL)
			report_alone(r, "replayed ", b);
		return true;
	}
	return false;
}

static bool
report_step(struct replay *r, size_t i, const struct step *was, const struct step *now)
{
	report_place(r, r->seq + 1, i, &was->event);
	if (!report_incidents(r, was, now) && !report_effects(r, was, now))
		buf_add(r->report, STR(": its bytes are not what its event encodes to\n"));
	return replay_differs(r);
}

/* ---- stepping ---- */

/* The engine numbers new alerts before it steps them. */
static void
count_alerts(struct core *core, const struct alerts_changed *changed)
{
	const struct alert_change *change = changed->changes.p;
	uint64_t next = core_next_alert(core);
	for (size_t i = 0; i < changed->changes.n; i++) {
		if (change[i].kind == CHANGE_FIRED && change[i].alert >= next)
			next = change[i].alert + 1;
	}
	core_set_next_alert(core, next);
}

/* What the core would not accept from the engine either, as a sentence; NULL: fine. */
static const char *
refuses(struct replay *r, struct event *event)
{
	const struct control_row *control = core_control(r->core);
	if (event->at == 0 || event->at < control->at)
		return "time runs backwards";
	if (event->kind == EVENT_CONFIG_ADOPTED) {
		struct config_adopted *adopted = &event->config_adopted;
		adopted->model = configs_find(&r->configs, &adopted->hash)->model;
	}
	if (event->kind == EVENT_ALERTS_CHANGED) {
		if (hash32_zero(&control->config))
			return "alerts came before a configuration";
		count_alerts(r->core, &event->alerts_changed);
	}
	return NULL;
}

/* What comes out is appended to r->made and must continue what is recorded. */
static bool
step_again(struct replay *r, size_t i, struct step *was, str recorded)
{
	struct event *event = &was->event;
	const char *refused = refuses(r, event);
	if (refused != NULL) {
		report_place(r, r->seq + 1, i, event);
		buf_printf(r->report, ": %s\n", refused);
		return replay_differs(r);
	}
	struct effects fx = { .arena = &r->step_arena };
	core_step(r->core, event, &fx);
	bool alerts = event->kind == EVENT_ALERTS_CHANGED;
	struct step now = { .event = *event,
		.alert_incident = alerts ? fx.alert_incident : NULL,
		.alert_n = alerts ? fx.alert_n : 0,
		.effect = fx.item,
		.effect_n = fx.n };
	size_t from = r->made.n;
	entry_step(&r->made, &now);
	r->verdict.steps++;
	r->verdict.effects += fx.n;
	bool same = !r->made.overflow && r->made.n <= recorded.n &&
	            memcmp(r->made.p + from, recorded.p + from, r->made.n - from) == 0;
	if (!same)
		(void)report_step(r, i, was, &now);
	r->step_arena.beg = r->step_map.memory;
	return same;
}

/* Does the entry adopt what is not loaded? Then it is not stepped yet. */
static bool
wants_config(struct replay *r, const struct entry *entry)
{
	for (size_t i = 0; i < entry->step_n && !r->wants; i++) {
		const struct event *event = &entry->step[i].event;
		if (event->kind != EVENT_CONFIG_ADOPTED ||
		    configs_find(&r->configs, &event->config_adopted.hash) != NULL)
			continue;
		r->wanted = event->config_adopted.hash;
		r->wants = true;
	}
	return r->wants;
}

static bool
take_entry(void *context, const struct stored_entry *stored)
{
	struct replay *r = context;
	struct arena arena = arena_map_reset(&r->entry_map, ARENA_KEEP);
	struct entry entry;
	struct err err;
	if (!entry_decode(stored->bytes, &arena, &entry, &err))
		return replay_fails(r, &err);
	if (wants_config(r, &entry))
		return false;
	buf_reset(&r->made);
	entry_begin(&r->made, stored->seq, entry.step_n);
	for (size_t i = 0; i < entry.step_n; i++) {
		if (!step_again(r, i, &entry.step[i], stored->bytes))
			return false;
	}
	if (r->made.n != stored->bytes.n) {
		buf_printf(r->report,
		    "entry %llu: its bytes are not what its steps encode to\n",
		    (unsigned long long)stored->seq);
		return replay_differs(r);
	}
	replay_keep_rows(r);
	core_clean(r->core);
	configs_drop_unused(&r->configs, r->core);
	r->step_arena = arena_map_reset(&r->step_map, ARENA_KEEP);
	r->seq = stored->seq;
	r->verdict.entries++;
	return true;
}

static bool
load_wanted(struct replay *r)
{
	struct err err;
	struct arena_map map;
	struct arena arena = arena_map(&map, BUNDLE_ARENA_BYTES);
	str bytes;
	bool ok = store_bundle_get(r->store, &r->wanted, &arena, &bytes, &err) &&
	          configs_add(&r->configs, &r->wanted, bytes, &err) != NULL;
	arena_unmap(&map);
	r->wants = false;
	return ok || replay_fails(r, &err);
}

bool
replay_to(struct replay *r, uint64_t until)
{
	if (!r->begun && !replay_load_base(r))
		return false;
	r->begun = true;
	while (r->seq < until) {
		uint64_t from = r->seq;
		struct err err;
		if (!store_entries(r->store, r->seq + 1, until - r->seq, take_entry, r,
			&err))
			return replay_fails(r, &err);
		if (r->failed || !r->verdict.same)
			return false;
		if (r->wants) {
			if (!load_wanted(r))
				return false;
		} else if (r->seq == from) {
			(void)err_set(&err, ERR_CORRUPT,
			    "the journal ends before entry %llu",
			    (unsigned long long)until);
			return replay_fails(r, &err);
		}
	}
	return true;
}

bool
replay(struct store *store, struct buf *report, struct replay_verdict *ret, struct err *err)
{
	struct replay r;
	replay_begin(&r, store, report);
	bool ok = replay_to(&r, store_head(store).seq) && replay_tables(&r);
	if (!ok && r.failed)
		*err = r.err;
	else
		*ret = r.verdict;
	bool failed = r.failed;
	replay_end(&r);
	return !failed;
}
