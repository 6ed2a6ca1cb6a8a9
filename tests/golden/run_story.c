/*
 * Golden tests of incidents: what happens, and all that is kept and ordered of it.
 *
 *	run_story tests/golden/stories            prints what differs; exit 1 if anything
 *	run_story --update tests/golden/stories   writes each story.txt anew
 *
 * One folder a story: the *.yaml and *.md of its configuration, and story.txt, in which a
 * line `> ...` is something that happens and the lines below it are what came of it: each
 * effect, of each row what is another now (of a new one, what is not empty, and by which
 * incident and time it is found), and what whoever looks is told now and was not before.
 *
 *	> fire alertname=Down,service=shop     an alert; also `fire-held`
 *	> resolve 1, expire 1, hold 1, hold 1 2 (by that silence), release 1
 *	> after 5m, after 10ms                 time passes, and timers run
 *	> probe 812, probe                     the oldest question is answered, or fails
 *	> see 3m 812                           for so long, that is every answer
 *	> answer {"status": "ok", "code": 503} the same, in full
 *	> exit 0, news started                 of the oldest attempt that is out
 *	> ana {"kind": "note", "incident": 1}  a command of hers; `automation`, `agent:x` too
 *	> deliver off, fail mail 421 wait        messages wait; the oldest by that channel fails
 *	> event handoff-result {"handoff": 1}  any event
 *	> ana {"kind": "undo", "row": $attempt}     the last one; "digest": $plan of the last run
 *	> ana {"kind": "session-add", ...} cookie=a link=b     with what no JSON has in it
 *	> restart, hands-restart               the engine dies and comes back, or hands
 *	> away 5m                              it comes back after so long, with the same folder
 *	> adopt newer.yaml                     that, with newer.md or else a.md, and b.md
 *	> adopt newer.yaml ana                 the same, brought in by her
 *	> plan automation r payments where=here    what a run of that runbook would do; also `plan ana r 1`
 *	> may ana restart-unit payments pay-1 n=3  what she would be answered, and who may;
 *	                                           `live.n=2`: where that is so
 *	> what-can ana payments, what-can ana 1    on the service; for the incident
 *	> # why this is here
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/noise_sum.h"
#include "facts/event.h"
#include "support/world.h"

#define STORY_BYTES_MAX ((size_t)1 << 20)
#define FILES_MAX 64
#define STORIES_MAX 256
#define TEXTS_MAX 4096
#define WORDS_MAX 24

/* ---- what came of it ---- */

/* The next member of a JSON object: `"name":value`. */
static bool
member_next(str *rest, str *ret)
{
	size_t at = 0, depth = 0;
	bool quoted = false;
	for (; at < rest->n; at++) {
		char c = rest->p[at];
		if (quoted) {
			at += c == '\\' ? 1 : 0;
			quoted = c != '"';
			continue;
		}
		quoted = c == '"';
		if (depth == 0 && (c == ',' || c == '}'))
			break;
		depth += c == '{' || c == '[' ? 1 : 0;
		depth -= c == '}' || c == ']' ? 1 : 0;
	}
	*ret = str_take(*rest, at);
	*rest = at < rest->n ? str_drop(*rest, at + 1) : (str){ 0 };
	return ret->n > 0;
}

static bool
is_empty(str value)
{
	static const char *const empty[] = { "null", "0", "false", "\"\"", "[]", "{}" };
	for (size_t i = 0; i < countof(empty); i++) {
		if (str_eq(value, str_of(empty[i])))
			return true;
	}
	return false;
}

/* A hash is of files, zones among them: that there is one is all that is told. */
static void
put_value(struct buf *out, str value)
{
	for (size_t at = 0; at < value.n; at++) {
		size_t end = at + 1;
		while (value.p[at] == '"' && end < value.n &&
		       strchr("0123456789abcdef", value.p[end]) != NULL)
			end++;
		bool hash = end - at == 65 && end < value.n && value.p[end] == '"';
		buf_add(out, hash ? STR("#") : (str){ value.p + at, 1 });
		at += hash ? 65 : 0;
	}
}

struct story {
	struct world *w;
	const char *folder;
	struct buf out;
	struct world_row *rows; /* as they were */
	size_t row_n, entry_n;
	str texts[TEXTS_MAX]; /* of notices: most say what another has said */
	size_t texts_n;
	str view;               /* what whoever looks was told last */
	char *files[FILES_MAX]; /* of the configuration, which the world goes on reading */
	size_t files_n;
};

/* Said before, or of what the store writes beside it. */
static bool
is_known(struct story *s, str member)
{
	if (str_starts(member, STR("\"body\":")) || str_starts(member, STR("\"request\":")))
		return true;
	if (!str_starts(member, STR("\"text\":")))
		return false;
	for (size_t i = 0; i < s->texts_n; i++) {
		if (str_eq(s->texts[i], member))
			return true;
	}
	ASSERT(s->texts_n < TEXTS_MAX);
	s->texts[s->texts_n++] = member;
	return false;
}

/* Members of `json` that are not the same in `was`, or are not empty where that is. */
static void
show_members(struct story *s, str json, str was)
{
	struct buf *out = &s->out;
	str rest = str_drop(json, 1), member;
	while (member_next(&rest, &member)) {
		struct str_cut cut = str_cut(member, ':');
		str old = str_drop(was, was.n > 0 ? 1 : 0), before = { 0 };
		while (member_next(&old, &before) && !str_starts(before, cut.head))
			continue;
		if (was.n > 0 ? str_eq(before, member) : is_empty(cut.tail))
			continue;
		if (is_known(s, member))
			continue;
		buf_printf(out, " %.*s=", (int)cut.head.n - 2, cut.head.p + 1);
		put_value(out, cut.tail);
	}
	buf_char(out, '\n');
}

static str
json_of(struct world *w, const struct record_type *type, const void *record)
{
	struct buf json = BUF((size_t)1 << 20);
	record_to_json(type, record, &json);
	ASSERT(!json.overflow);
	str s = arena_str(&w->arena, buf_str(&json));
	buf_done(&json);
	return s;
}

static str
json_of_row(struct world *w, enum table table, str body)
{
	struct err err;
	void *row = arena_alloc(&w->arena, table_type(table)->size, 16, 1);
	if (body.n == 0)
		return (str){ 0 };
	bool ok = record_decode_all(table_type(table), body, &w->arena, row, &err);
	ASSERT(ok);
	return json_of(w, table_type(table), row);
}

static void
show_row(struct story *s, const struct world_row *row, const struct world_row *was)
{
	bool found = row->incident == was->incident && row->wall == was->wall;
	bool same = found && row->open == was->open && str_eq(row->body, was->body);
	if (same)
		return;
	buf_printf(&s->out, "%s %llu", table_names[row->table],
	    (unsigned long long)row->id);
	if (row->body.n == 0) {
		buf_add(&s->out, STR(" is gone\n"));
		return;
	}
	if (!found && row->incident != 0)
		buf_printf(&s->out, " of %u", row->incident);
	if (!found && row->wall != 0) {
		buf_add(&s->out, STR(" at "));
		buf_time(&s->out, row->wall);
	}
	buf_add(&s->out, row->open == (was->body.n == 0 || was->open) ? STR(":")
			 : row->open                                  ? STR(" opens:")
								      : STR(" ends:"));
	show_members(s, json_of_row(s->w, row->table, row->body),
	    json_of_row(s->w, was->table, was->body));
}

static void
show_effect(struct story *s, const struct effect *effect)
{
	/* Rows, in full. */
	if (effect->kind == EFFECT_NOTIFY || effect->kind == EFFECT_APPEND_TIMELINE)
		return;
	str json = json_of(s->w, effect_type(effect->kind),
	    effect_record((struct effect *)(uintptr_t)effect));
	buf_printf(&s->out, "%s:", effect_kind_name(effect->kind));
	show_members(s, json, (str){ 0 });
}

static str
principal_of(struct arena *arena, str who)
{
	bool person = !str_eq(who, STR("automation")) && !str_contains(who, STR(":"));
	return person ? arena_printf(arena, "person:%.*s", STR_ARG(who)) : who;
}

static struct pairs
pairs_of(struct arena *arena, const str *words, size_t n)
{
	struct pairs pairs = { arena_new(arena, struct pair, n), n };
	for (size_t i = 0; i < n; i++) {
		struct str_cut cut = str_cut(words[i], '=');
		pairs.p[i] = (struct pair){ cut.head, cut.tail };
	}
	bool ok = pairs_sort(&pairs);
	ASSERT(ok);
	return pairs;
}

/* ---- what whoever looks is told ---- */

static void
view_counts(const struct core *core, struct buf *out)
{
	struct core_counts c = core_counts(core);
	buf_printf(out,
	    "counts: open=%u needing_person=%u runs=%u attempts=%u notices=%u gaps=%u "
	    "hands_on=%u glass=%u unreviewed=%u approvals=%u\n",
	    c.incidents_open, c.needing_person, c.runs, c.attempts_open, c.notices_open,
	    c.gaps, c.hands_on, c.glass, c.unreviewed, c.approvals);
}

static void
view_incidents(struct core *core, struct buf *out)
{
	const struct incident_row *rows[64];
	size_t n = core_incidents(core, 0, rows, countof(rows));
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "doing %u: ", rows[i]->id);
		core_doing(core, rows[i]->id, out);
		row_id run = core_waiting_run(core, rows[i]->id);
		if (run != 0)
			buf_printf(out, " (run %llu waits)", (unsigned long long)run);
		buf_char(out, '\n');
	}
}

static void
view_trust(struct world *w, struct buf *out)
{
	struct trust_item items[16];
	size_t n =
	    core_trust(w->core, (str){ 0 }, w->wall, &w->arena, items, countof(items));
	for (size_t i = 0; i < n; i++) {
		const struct trust_item *item = &items[i];
		buf_printf(out,
		    "trust %.*s on %.*s: level %u said %u held %u earns %u%s%s%s; %.*s; "
		    "%.*s; next: %.*s; %u/%u, %u drills, %u since, %u over, %u undone\n",
		    STR_ARG(item->runbook), STR_ARG(item->service), item->level, item->said,
		    item->held, item->earns, item->earned ? " earned" : "",
		    item->shadow ? " shadow" : "", item->stale ? " stale" : "",
		    STR_ARG(item->why), STR_ARG(item->arithmetic), STR_ARG(item->next),
		    item->verified, item->outcomes, item->drills, item->since_change,
		    item->overridden, item->undone);
		if (item->drill_due_wall != 0) {
			buf_add(out, STR("the next drill: "));
			buf_time(out, item->drill_due_wall);
			buf_char(out, '\n');
		}
	}
}

static void
view_noise(struct world *w, struct buf *out)
{
	static const char *const words[] = { "", "alert", "source", "service" };
	for (unsigned by = NOISE_BY_ALERT; by <= NOISE_BY_SERVICE; by++) {
		struct noise_sum sum;
		struct noise_item *items;
		noise_sum_begin(&sum, &w->arena, (enum noise_by)by, WORLD_WALL);
		for (row_id id = 1; id <= world_last(w, TABLE_NOISE); id++) {
			struct noise_row row;
			if (world_row_get(w, TABLE_NOISE, id, &row))
				noise_sum_add(&sum, &row);
		}
		size_t n = noise_sum_end(&sum, &items);
		for (size_t i = 0; i < n; i++)
			buf_printf(out,
			    "noise of %s %.*s: fired %llu flaps %u incidents %u called %u "
			    "acted %u (%u %%) alone %u wasted %u yes %u no %u: %.*s\n",
			    words[by], STR_ARG(items[i].name),
			    (unsigned long long)items[i].fired, items[i].flaps,
			    items[i].incidents, items[i].called, items[i].acted,
			    items[i].acted_percent, items[i].alone, items[i].wasted,
			    items[i].yes, items[i].no, STR_ARG(items[i].verdict));
	}
}

/* Those that have something to send, or are down. */
static void
view_channels(struct world *w, struct buf *out)
{
	const struct model *model = w->configs[w->config_n - 1].model;
	for (size_t i = 0; i < model->channels_n; i++) {
		str name = model->channels[i].name;
		struct core_channel channel = core_channel(w->core, name);
		if (channel.waiting == 0 && channel.down_wall == 0)
			continue;
		buf_printf(out, "channel %.*s: %zu wait", STR_ARG(name),
		    (size_t)channel.waiting);
		if (channel.down_wall != 0) {
			buf_add(out, STR(", down since "));
			buf_time(out, channel.down_wall);
		}
		buf_char(out, '\n');
	}
}

static bool
has_line(str text, str line)
{
	while (text.n > 0) {
		struct str_cut cut = str_cut(text, '\n');
		if (str_eq(cut.head, line))
			return true;
		text = cut.tail;
	}
	return false;
}

static void
show_view(struct story *s)
{
	struct buf view = BUF((size_t)1 << 20);
	view_counts(s->w->core, &view);
	view_incidents(s->w->core, &view);
	view_channels(s->w, &view);
	view_trust(s->w, &view);
	view_noise(s->w, &view);
	ASSERT(!view.overflow);
	str now = arena_str(&s->w->arena, buf_str(&view));
	buf_done(&view);
	for (str rest = now; rest.n > 0;) {
		struct str_cut cut = str_cut(rest, '\n');
		rest = cut.tail;
		if (!has_line(s->view, cut.head))
			buf_printf(&s->out, "%.*s\n", STR_ARG(cut.head));
	}
	s->view = now;
}

/* WHO RUNBOOK SERVICE [INPUT=VALUE...], or an incident instead of the service */
static void
plan(struct story *s, const str *words, size_t n)
{
	struct world *w = s->w;
	struct core_planned planned;
	struct pairs inputs = pairs_of(&w->arena, words + 3, n - 3);
	struct core_plan asked = { .runbook = words[1],
		.principal = principal_of(&w->arena, words[0]),
		.service = words[2],
		.inputs = &inputs,
		.at = w->at,
		.wall = w->wall };
	uint64_t incident;
	if (str_u64(asked.service, UINT32_MAX, &incident)) {
		asked.incident = (incident_id)incident;
		asked.service = (str){ 0 };
	}
	core_plan(w->core, &asked, &w->arena, &planned);
	buf_printf(&s->out, "status %u exit %u%s%.*s%s%.*s\n", planned.status, planned.exit,
	    planned.error.n > 0 ? ": " : "", STR_ARG(planned.error),
	    planned.note.n > 0 ? "; " : "", STR_ARG(planned.note));
	for (size_t i = 0; i < planned.n; i++) {
		buf_add(&s->out, STR(" "));
		show_members(s, json_of(w, &plan_item_type, &planned.steps[i]), (str){ 0 });
	}
}

/* WHO ACTION SERVICE TARGET [PARAM=VALUE...] [live.PARAM=VALUE...] */
static void
may(struct story *s, const str *words, size_t n)
{
	struct world *w = s->w;
	struct decision_row decision = { 0 };
	size_t end = 4;
	while (end < n && !str_starts(words[end], STR("live.")))
		end++;
	struct pairs params = pairs_of(&w->arena, words + 4, end - 4);
	struct pairs live = pairs_of(&w->arena, words + end, n - end);
	for (size_t i = 0; i < live.n; i++)
		live.p[i].name = str_drop(live.p[i].name, 5);
	struct core_may asked = { .principal = principal_of(&w->arena, words[0]),
		.action = words[1],
		.service = words[2],
		.target = words[3],
		.params = &params,
		.live = live,
		.at = w->at,
		.wall = w->wall };
	str lacks = core_judge(w->core, &asked, &w->arena, &decision);
	buf_add(&s->out, STR("decision:"));
	show_members(s, json_of(w, table_type(TABLE_DECISION), &decision), (str){ 0 });
	if (lacks.n > 0)
		buf_printf(&s->out, "not asked: %.*s\n", STR_ARG(lacks));
	struct who_view who[16];
	size_t who_n = core_who_can(w->core, &asked, &w->arena, who, countof(who));
	for (size_t i = 0; i < who_n; i++)
		buf_printf(&s->out, "%.*s: %s: %.*s\n", STR_ARG(who[i].principal),
		    verdict_name(who[i].verdict), STR_ARG(who[i].text));
}

/* WHO INCIDENT, or WHO SERVICE */
static void
what_can(struct story *s, const str *words)
{
	struct world *w = s->w;
	struct can_view views[16];
	str principal = principal_of(&w->arena, words[0]);
	uint64_t incident;
	size_t n;
	if (str_u64(words[1], UINT32_MAX, &incident)) {
		n = core_what_can(w->core, principal, (str){ 0 }, (incident_id)incident,
		    w->at, w->wall, &w->arena, views, countof(views));
	} else {
		struct core_may asked = { .principal = principal,
			.service = words[1],
			.at = w->at,
			.wall = w->wall };
		n = core_what_can_on(w->core, &asked, &w->arena, views, countof(views));
	}
	for (size_t i = 0; i < n; i++)
		buf_printf(&s->out, "%.*s (%.*s): %s: %.*s; %.*s\n",
		    STR_ARG(views[i].action), STR_ARG(views[i].verb),
		    verdict_name(views[i].verdict), STR_ARG(views[i].text),
		    STR_ARG(views[i].needs));
}

static void
show(struct story *s)
{
	struct world *w = s->w;
	for (; s->entry_n < w->entry_n; s->entry_n++) {
		struct entry entry;
		struct err err;
		bool ok = entry_decode(w->entries[s->entry_n], &w->arena, &entry, &err);
		ASSERT(ok);
		for (size_t i = 0; i < entry.step[0].effect_n; i++)
			show_effect(s, &entry.step[0].effect[i]);
	}
	static const struct world_row none;
	for (size_t i = 0; i < w->row_n; i++) {
		struct world_row was = i < s->row_n ? s->rows[i] : none;
		was.table = w->rows[i].table;
		show_row(s, &w->rows[i], &was);
	}
	s->rows = arena_new(&w->arena, struct world_row, w->row_n);
	memcpy(s->rows, w->rows, w->row_n * sizeof(*w->rows));
	s->row_n = w->row_n;
	show_view(s);
}

/* ---- what happens ---- */

static char *
file_text(const char *folder, const char *name)
{
	char path[600];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return NULL;
	char *text = calloc(1, STORY_BYTES_MAX);
	ASSERT(text != NULL);
	size_t n = fread(text, 1, STORY_BYTES_MAX - 1, f);
	ASSERT(n < STORY_BYTES_MAX - 1);
	(void)fclose(f);
	return text;
}

/* The story's own, else what all share; it is there until the story is over. */
static char *
config_text(struct story *s, const char *name)
{
	char shared[600];
	(void)snprintf(shared, sizeof(shared), "%s/../_shop", s->folder);
	char *text = file_text(s->folder, name);
	if (text == NULL)
		text = file_text(shared, name);
	ASSERT(s->files_n < FILES_MAX);
	s->files[s->files_n++] = text;
	return text;
}

static uint64_t
number(str text)
{
	uint64_t n = 0;
	bool ok = str_u64(text, UINT64_MAX, &n);
	ASSERT(ok);
	return n;
}

static msec
span(str text)
{
	static const char units[] = "smhd";
	static const msec ms[] = { SECOND, MINUTE, HOUR, DAY };
	if (str_ends(text, STR("ms")))
		return number(str_take(text, text.n - 2));
	const char *unit = strchr(units, text.p[text.n - 1]);
	ASSERT(unit != NULL);
	return number(str_take(text, text.n - 1)) * ms[unit - units];
}

static void
read_json(struct story *s, const struct record_type *type, str json, void *ret)
{
	struct err err = { 0 };
	if (record_from_json(type, json, &s->w->arena, ret, &err))
		return;
	fprintf(stderr, "%s: %.*s: %s\n", s->folder, STR_ARG(json), err.text);
	abort();
}

static void
put_digest(struct buf *out, const hash32 *digest)
{
	buf_char(out, '"');
	buf_hex(out, (str){ (const char *)digest->b, 32 });
	buf_char(out, '"');
}

/* "$asked" is the last row of that table, "$plan" the digest of what the last run plans,
 * "$evidence" that of what the first runbook has proved. */
static str
filled(struct story *s, str json)
{
	struct buf out = BUF((size_t)1 << 16);
	struct run_row run = { 0 };
	(void)world_row_get(s->w, TABLE_RUN, world_last(s->w, TABLE_RUN), &run);
	for (struct str_cut cut = str_cut(json, '$');; cut = str_cut(cut.tail, '$')) {
		buf_add(&out, cut.head);
		if (!cut.found)
			break;
		if (str_starts(cut.tail, STR("plan"))) {
			put_digest(&out, &run.plan_digest);
			cut.tail = str_drop(cut.tail, 4);
		} else if (str_starts(cut.tail, STR("evidence"))) {
			struct trust_item item = { 0 };
			(void)core_trust(s->w->core, (str){ 0 }, s->w->wall, &s->w->arena,
			    &item, 1);
			put_digest(&out, &item.digest);
			cut.tail = str_drop(cut.tail, 8);
		}
		for (size_t t = 1; t < TABLE_COUNT; t++) {
			str name = str_of(table_names[t]);
			if (!str_starts(cut.tail, name))
				continue;
			buf_printf(&out, "%llu",
			    (unsigned long long)world_last(s->w, (enum table)t));
			cut.tail = str_drop(cut.tail, name.n);
			break;
		}
	}
	str text = arena_str(&s->w->arena, buf_str(&out));
	buf_done(&out);
	return text;
}

static void
any_event(struct story *s, str kind, str json)
{
	for (unsigned k = 1; k < EVENT_KIND_COUNT; k++) {
		struct event event = { .kind = (enum event_kind)k };
		if (!str_eq(kind, str_of(event_kind_name(event.kind))))
			continue;
		read_json(s, event_type(event.kind), filled(s, json), event_record(&event));
		world_step(s->w, &event);
		return;
	}
	fprintf(stderr, "%s: there is no event %.*s\n", s->folder, STR_ARG(kind));
	abort();
}

static void
of_alert(struct story *s, str verb, str text)
{
	struct str_cut cut = str_cut(text, ' ');
	uint64_t alert = number(cut.head);
	if (str_eq(verb, STR("resolve")))
		world_resolve(s->w, alert);
	else if (str_eq(verb, STR("expire")))
		world_expire(s->w, alert);
	else if (str_eq(verb, STR("hold")))
		world_hold(s->w, alert, cut.tail.n > 0 ? number(cut.tail) : 0);
	else
		world_release(s->w, alert);
}

static void
fail(struct story *s, str channel, str error)
{
	for (size_t i = 0; i < s->w->notice_n; i++) {
		struct world_notice *notice = &s->w->notices[i];
		if (notice->answered || !str_eq(notice->row.channel, channel))
			continue;
		notice->answered = true;
		struct event event = { .kind = EVENT_NOTICE_RESULT,
			.notice_result = { .notice = notice->row.id, .error = error } };
		world_step(s->w, &event);
		return;
	}
	buf_add(&s->out, STR("nothing waits for that\n"));
}

static void
news(struct story *s, str what)
{
	static const char *const names[] = { "", "claimed", "started", "exited",
		"timed-out", "killed", "never-started", "refused", "unknown" };
	for (unsigned i = 1; i < countof(names); i++) {
		if (str_eq(what, str_of(names[i])))
			world_news(s->w, (enum attempt_news)i);
	}
}

/* What no JSON has in it, "cookie=one token=two link=three password=four" behind it: their hashes. */
static void
secrets(struct story *s, str words, struct command *ret)
{
	for (struct str_cut word = { .tail = words }; word.tail.n > 0;) {
		word = str_cut(word.tail, ' ');
		struct str_cut pair = str_cut(word.head, '=');
		if (str_eq(pair.head, STR("cookie")))
			ret->session.secret = sha256(pair.tail);
		else if (str_eq(pair.head, STR("token")))
			ret->token.secret = sha256(pair.tail);
		else if (str_eq(pair.head, STR("link")))
			ret->login.link = sha256(pair.tail);
		else if (str_eq(pair.head, STR("password")))
			ret->login.password = arena_str(&s->w->arena, pair.tail);
	}
}

static void
command(struct story *s, str who, str text)
{
	struct command command = { 0 };
	size_t end = text.n;
	while (end > 0 && text.p[end - 1] != '}')
		end--;
	str json = str_take(text, end);
	read_json(s, event_type(EVENT_COMMAND), filled(s, json), &command);
	secrets(s, str_drop(text, end), &command);
	bool person = !str_eq(who, STR("automation")) && !str_starts(who, STR("agent:"));
	command.principal =
	    person ? arena_printf(&s->w->arena, "person:%.*s", STR_ARG(who)) : who;
	struct run_row before; /* as the store has it, which the engine asks */
	if (command.kind == COMMAND_CONTINUE && command.incident == 0 &&
	    world_row_get(s->w, TABLE_RUN, command.row, &before)) {
		command.incident = before.incident;
		command.before = (struct records){ &before, 1 };
	}
	(void)world_command(s->w, &command);
}

static void
adopt(struct story *s, str text)
{
	struct str_cut cut = str_cut(text, ' ');
	str stem = str_take(cut.head, cut.head.n - strlen(".yaml"));
	char *yaml = config_text(s, arena_cstr(&s->w->arena, cut.head));
	char *a =
	    config_text(s, arena_printf(&s->w->arena, "%.*s.md%c", STR_ARG(stem), 0).p);
	ASSERT(yaml != NULL);
	if (a == NULL)
		a = config_text(s, "a.md");
	world_adopt_both(s->w, yaml, a, config_text(s, "b.md"),
	    cut.tail.n > 0 ? arena_cstr(&s->w->arena, cut.tail) : "");
}

static void
happens(struct story *s, str line)
{
	struct world *w = s->w;
	bool probe = str_starts(line, STR("probe")) || str_starts(line, STR("answer "));
	bool attempt = str_starts(line, STR("exit ")) || str_starts(line, STR("news "));
	bool nothing_is_out = (probe && w->probe_n == 0) || (attempt && w->attempt_n == 0);
	if (nothing_is_out) {
		buf_add(&s->out, STR("nothing waits for that\n"));
		return;
	}
	struct str_cut cut = str_cut(line, ' ');
	str verb = cut.head, rest = cut.tail;
	str words[WORDS_MAX];
	size_t n = 0;
	for (struct str_cut word = { .tail = rest, .found = true };
	     word.found && n < WORDS_MAX; n++) {
		word = str_cut(word.tail, ' ');
		words[n] = word.head;
	}
	if (str_eq(verb, STR("#")))
		return;
	if (str_eq(verb, STR("plan")) && n >= 3)
		plan(s, words, n);
	else if (str_eq(verb, STR("may")) && n >= 4)
		may(s, words, n);
	else if (str_eq(verb, STR("what-can")) && n == 2)
		what_can(s, words);
	else if (str_eq(verb, STR("fire")))
		(void)world_fire(w, arena_cstr(&w->arena, rest));
	else if (str_eq(verb, STR("fire-held")))
		(void)world_fire_held(w, arena_cstr(&w->arena, rest));
	else if (str_eq(verb, STR("resolve")) || str_eq(verb, STR("expire")) ||
		 str_eq(verb, STR("hold")) || str_eq(verb, STR("release")))
		of_alert(s, verb, rest);
	else if (str_eq(verb, STR("after")))
		world_after(w, span(rest));
	else if (str_eq(verb, STR("probe")))
		world_probe(w, rest.n > 0 ? arena_cstr(&w->arena, rest) : NULL);
	else if (str_eq(verb, STR("see")))
		world_see(w, arena_cstr(&w->arena, str_cut(rest, ' ').tail),
		    span(str_cut(rest, ' ').head));
	else if (str_eq(verb, STR("exit")))
		world_exit(w, (int)number(rest));
	else if (str_eq(verb, STR("news")))
		news(s, rest);
	else if (str_eq(verb, STR("restart")))
		world_restart(w);
	else if (str_eq(verb, STR("away")))
		world_away(w, span(rest), NULL);
	else if (str_eq(verb, STR("hands-restart")))
		world_hands_restart(w);
	else if (str_eq(verb, STR("adopt")))
		adopt(s, rest);
	else if (str_eq(verb, STR("deliver")))
		w->deliver = str_eq(rest, STR("on"));
	else if (str_eq(verb, STR("fail")))
		fail(s, str_cut(rest, ' ').head, str_cut(rest, ' ').tail);
	else if (str_eq(verb, STR("event")))
		any_event(s, str_cut(rest, ' ').head, str_cut(rest, ' ').tail);
	else if (str_eq(verb, STR("answer"))) {
		struct probe_result seen = { 0 };
		read_json(s, event_type(EVENT_PROBE_RESULT), rest, &seen);
		world_answer(w, &seen);
	} else
		command(s, verb, rest);
}

/* ---- all of them ---- */

/* The story told anew, out of its lines `> ...`. */
static void
tell(struct story *s, str text)
{
	char *yaml = config_text(s, "production.yaml");
	ASSERT(yaml != NULL);
	s->w = world_new(yaml, config_text(s, "a.md"), config_text(s, "b.md"));
	show(s);
	buf_reset(&s->out); /* what a first start keeps is the same in each */
	while (text.n > 0) {
		struct str_cut cut = str_cut(text, '\n');
		text = cut.tail;
		if (!str_starts(cut.head, STR("> ")))
			continue;
		buf_add(&s->out, cut.head); /* whole, however long */
		buf_char(&s->out, '\n');
		happens(s, str_drop(cut.head, 2));
		show(s);
	}
	world_free(s->w);
	for (size_t i = 0; i < s->files_n; i++)
		free(s->files[i]);
}

static void
first_difference(const char *path, str got, str want)
{
	unsigned line = 1;
	while (got.n > 0 && want.n > 0) {
		struct str_cut a = str_cut(got, '\n'), b = str_cut(want, '\n');
		if (!str_eq(a.head, b.head))
			break;
		got = a.tail;
		want = b.tail;
		line++;
	}
	got = str_cut(got, '\n').head;
	want = str_cut(want, '\n').head;
	printf("%s:%u:\n     got: %.*s\n    want: %.*s\n", path, line, STR_ARG(got),
	    STR_ARG(want));
}

static bool
run_story(const char *top, const char *name, bool update)
{
	char folder[512], path[600];
	(void)snprintf(folder, sizeof(folder), "%s/%s", top, name);
	(void)snprintf(path, sizeof(path), "%s/story.txt", folder);
	char *text = file_text(folder, "story.txt");
	if (text == NULL) {
		perror(path);
		return false;
	}
	static struct story s;
	s = (struct story){ .folder = folder, .out = BUF((size_t)4 << 20) };
	tell(&s, str_of(text));
	bool ok = test_failures == 0 && !s.out.overflow;
	str got = buf_str(&s.out);
	if (update) {
		FILE *f = fopen(path, "wb");
		ok = ok && f != NULL && fwrite(got.p, 1, got.n, f) == got.n;
		ok = f != NULL && fclose(f) == 0 && ok;
	} else if (!str_eq(got, str_of(text))) {
		first_difference(path, got, str_of(text));
		ok = false;
	}
	buf_done(&s.out);
	free(text);
	return ok;
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;
	return strcmp(*x, *y);
}

int
main(int argc, char **argv)
{
	bool update = argc == 3 && strcmp(argv[1], "--update") == 0;
	if (argc != (update ? 3 : 2)) {
		printf("usage: run_story [--update] FOLDER\n");
		return 2;
	}
	const char *top = argv[argc - 1];
	DIR *dir = opendir(top);
	if (dir == NULL) {
		perror(top);
		return 1;
	}
	static char *names[STORIES_MAX];
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.' && entry->d_name[0] != '_' && n < STORIES_MAX)
			names[n++] = strdup(entry->d_name);
	(void)closedir(dir);
	qsort(names, n, sizeof(names[0]), compare_names);

	unsigned failed = 0;
	for (size_t i = 0; i < n; i++) {
		failed += !run_story(top, names[i], update);
		free(names[i]);
	}
	printf("%zu stories, %u failed\n", n, failed);
	if (failed > 0)
		printf("if that is meant: build/tests/golden/run_story --update %s\n", top);
	return failed || n == 0 ? 1 : 0;
}
