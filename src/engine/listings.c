/*
 * listings -- long answers from memory, a slice a turn, so that no listing holds up a
 * commit. The cursor is a key of the order (fingerprint, incident number), so what comes
 * and goes between slices moves nothing else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/grouped.h"
#include "engine/state.h"
#include "engine/tallies.h"
#include "os/clock.h"

#define LISTINGS_MAX 1024
/* That come while those are gathered which were there before. */
#define GROUPED_NEW_ALERTS 1024
/* All of them, in one turn of the loop: another step of a search, or another object, may
 * pass it by as much again. */
#define LISTINGS_TURN_US 1000
/* On the way to the gate before a slice more is made: what else is answered waits behind it. */
#define LISTINGS_AHEAD_BYTES ((size_t)1 << 20)

struct listing {
	uint64_t id;
	enum op op;
	incident_id incident;
	uint64_t cursor;
	uint64_t left; /* objects still wanted */
	bool once;     /* the asker pages by itself: end after `left` with a cursor */
	char service[128], owner[128];
	size_t service_n, owner_n;
	/* NULL: all. First they are searched for, then they are answered. Where a receiver is
	 * all that is asked for there is nothing to search by. */
	struct filtered *filtered;
	bool no_active, no_silenced, no_inhibited;
	struct grouped *grouped; /* NULL: by fingerprint */
	struct shown *shown;     /* of OP_ALERT_GROUPS */
	uint64_t until_us;       /* after that nobody waits for what a search finds */
};

struct listings {
	struct listing item[LISTINGS_MAX];
	size_t n;
	uint64_t turn_until_us;
	/* Every other turn. In a flood the newest is still waited for; but who asks again as
	 * soon as he is answered is not to keep the others out. */
	bool oldest_first;
	struct grouped_list grouped;
	struct tallies tallies;
};

bool
listings_time_is_up(const struct engine *engine)
{
	return clock_boot_us() >= engine->listings->turn_until_us;
}

void
listings_init(struct engine *engine)
{
	engine->listings = calloc(1, sizeof(*engine->listings));
	ASSERT(engine->listings != NULL);
}

void
listings_forget(struct engine *engine)
{
	for (size_t i = 0; i < engine->listings->n; i++) {
		filtered_free(engine->listings->item[i].filtered);
		shown_free(engine->listings->item[i].shown);
	}
	engine->listings->n = 0;
	grouped_forget(&engine->listings->grouped, true);
	tallies_forget(&engine->listings->tallies, true);
}

void
listings_sweep(struct engine *engine)
{
	grouped_forget(&engine->listings->grouped, false);
	tallies_forget(&engine->listings->tallies, false);
}

static bool
is_set(const struct request *request, str name)
{
	return pairs_get(&request->params, name).n > 0;
}

static bool
keep_text(char *to, size_t max, size_t *ret_n, str text)
{
	if (text.n > max)
		return false;
	if (text.n > 0)
		memcpy(to, text.p, text.n);
	*ret_n = text.n;
	return true;
}

/* false: there is no place for it. */
static bool
begin_groups(struct engine *engine, struct listing *l)
{
	struct grouped_list *list = &engine->listings->grouped;
	if (l->cursor != 0)
		l->grouped = grouped_resume(list, l->cursor);
	else
		l->grouped =
		    grouped_begin(list, l->filtered != NULL ? &l->filtered->matchers : NULL,
			intake_active(engine->intake) + GROUPED_NEW_ALERTS);
	return l->grouped != NULL;
}

/* Of a page of what matches. */
static size_t
found_places(const struct request *request)
{
	bool fits = request->limit > 0 && request->limit < ENGINE_FOUND_MAX;
	return fits ? request->limit : ENGINE_FOUND_MAX;
}

void
listing_add(struct engine *engine, uint64_t id, const struct request *request)
{
	struct listings *all = engine->listings;
	struct listing l = { .id = id,
		.op = request->op,
		.incident = request->incident,
		.cursor = request->cursor,
		.left = request->limit > 0 ? request->limit : UINT64_MAX,
		.once = request->limit > 0,
		.no_active = is_set(request, STR("no-active")),
		.no_silenced = is_set(request, STR("no-silenced")),
		.no_inhibited = is_set(request, STR("no-inhibited")),
		.until_us = request->deadline_ms > 0
		                ? clock_boot_us() + request->deadline_ms * 1000
		                : UINT64_MAX };
	const char *wrong = NULL;
	if (l.op == OP_ALERT_GROUPS)
		l.shown = shown_new(request, &wrong);
	else if (l.op == OP_ALERTS)
		l.filtered = filtered_new(request, found_places(request), &wrong);
	if (wrong != NULL) {
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 400, 2, wrong);
		return;
	}
	if (all->n == LISTINGS_MAX) {
		shown_free(l.shown);
		filtered_free(l.filtered);
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 503, 1,
		    "too many listings at once: ask again");
		return;
	}
	if (!keep_text(l.service, sizeof(l.service), &l.service_n,
		pairs_get(&request->params, STR("service"))) ||
	    !keep_text(l.owner, sizeof(l.owner), &l.owner_n,
		pairs_get(&request->params, STR("owner")))) {
		shown_free(l.shown);
		filtered_free(l.filtered);
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 400, 2,
		    "a filter is too long");
		return;
	}
	if (is_set(request, STR("groups")) && !begin_groups(engine, &l)) {
		shown_free(l.shown);
		filtered_free(l.filtered);
		answer_plain(&engine->batch.to_gate, id, engine->head.seq, 503, 1,
		    "too many listings in groups at once, or no page of this one was asked "
		    "for in a long time: ask again");
		return;
	}
	all->item[all->n++] = l;
}

/* Of those that are looked at: where most are left out, the page may get longer by it. */
static size_t
slice_size(const struct listing *l)
{
	bool all = l->filtered == NULL && !l->no_active;
	return all && l->left < ENGINE_LIST_SLICE ? (size_t)l->left : ENGINE_LIST_SLICE;
}

/* When the sender promised to be heard again. After a restart the promise on record may be
 * long past while the alert still has its time: then when that ends. */
static msec
ends_shown(const struct alert *alert, msec at, msec wall)
{
	if (alert->ends_wall > wall || alert->expires_at <= at)
		return alert->ends_wall;
	return wall + (alert->expires_at - at);
}

/* Who would answer, of an alert that is in no incident: by the rules that it would go by. */
static str
owner_of(struct engine *engine, const struct alert *alert)
{
	static struct pair pair[LABELS_MAX]; /* the loop's */
	const struct model *model = configs_newest(&engine->configs, engine->core);
	if (!alert->held || model == NULL)
		return STR("");
	struct pairs labels = labels_of_body(alert->head, pair);
	const struct alert_rule *rule = model_alert_rule(model, &labels);
	const struct service *service =
	    rule != NULL ? rule->service
			 : model_service(model, pairs_get(&labels, STR("service")));
	return service != NULL ? service->owner->name : model->fallback->name;
}

struct hold_texts {
	str text[ALERT_HOLDERS_MAX];
	char hex[ALERT_HOLDERS_MAX][17];
};

static struct strs
inhibitors_of(const struct holders *holders, struct hold_texts *texts)
{
	for (size_t i = 0; i < holders->inhibitor_n; i++) {
		(void)snprintf(texts->hex[i], sizeof(texts->hex[i]), "%016llx",
		    (unsigned long long)holders->inhibitor[i]);
		texts->text[i] = str_of(texts->hex[i]);
	}
	return (struct strs){ texts->text, holders->inhibitor_n };
}

/* What makes it "the same trouble" again, as an incident would be opened for it. */
static struct pairs
group_of(struct engine *engine, const struct alert *alert, struct arena *arena)
{
	static const str alertname = { "alertname", 9 };
	static struct pair pair[LABELS_MAX]; /* the loop's */
	const struct model *model = configs_newest(&engine->configs, engine->core);
	struct pairs labels = labels_of_body(alert->head, pair);
	const struct alert_rule *rule = model_alert_rule(model, &labels);
	bool named = rule != NULL && rule->recurrence.n > 0;
	const str *names = named ? rule->recurrence.p : &alertname;
	size_t n = named ? rule->recurrence.n : 1;
	struct pairs group = { arena_new(arena, struct pair, n), 0 };
	/* Labels ascend, whatever order the rule names them in. */
	for (size_t i = 0; i < labels.n; i++) {
		bool wanted = false;
		for (size_t k = 0; k < n && !wanted; k++)
			wanted = str_eq(labels.p[i].name, names[k]);
		if (wanted && group.n < n)
			group.p[group.n++] = labels.p[i];
	}
	return group;
}

static bool
is_left_out(const struct listing *l, const struct holders *holders)
{
	bool held = holders->silence_n > 0 || holders->inhibitor_n > 0;
	return (l->no_active && !held) || (l->no_silenced && holders->silence_n > 0) ||
	       (l->no_inhibited && holders->inhibitor_n > 0);
}

/* false: it is none of those that were asked for */
static bool
is_wanted(struct engine *engine, struct listing *l, const struct alert *alert, msec wall,
    struct holders *ret_holders, str *ret_owner)
{
	const struct incident_row *incident = core_incident(engine->core, alert->incident);
	*ret_owner = incident != NULL ? incident->owner : owner_of(engine, alert);
	if (l->filtered != NULL && l->filtered->receiver.n > 0 &&
	    !label_scan_value(&l->filtered->owner, 0, *ret_owner))
		return false;
	intake_holders(engine->intake, alert, wall, ret_holders);
	return !is_left_out(l, ret_holders);
}

/* false: it was left out */
static bool
put_alert(struct engine *engine, struct listing *l, const struct alert *alert,
    struct answer_out *a, msec at, msec wall)
{
	struct holders holders;
	str owner;
	if (!is_wanted(engine, l, alert, wall, &holders, &owner))
		return false;
	struct arena scratch = *a->arena;
	struct buf text = BUF(ALERT_BODY_MAX);
	text.cap = alert_body_bytes(alert);
	text.p = arena_new(&scratch, char, text.cap + 1);
	alert_put_body(alert, &text);
	struct hold_texts held;
	struct alert_item item = { .alert = alert->number,
		.fingerprint = alert->fingerprint,
		.incident = alert->incident,
		.body = buf_str(&text),
		.starts_wall = alert->starts_wall,
		.ends_wall = ends_shown(alert, at, wall),
		.updated_wall = alert->updated_wall,
		.source = intake_source(engine->intake, alert->source),
		.owner = owner,
		.silenced_by = { holders.silence, holders.silence_n },
		.inhibited_by = inhibitors_of(&holders, &held) };
	const struct group *group =
	    l->grouped != NULL ? groups_now(l->grouped->groups) : NULL;
	if (group != NULL) {
		item.owner = group->owner; /* as it was when all were looked at */
		item.begins_group = l->grouped->told != group;
		if (item.begins_group)
			item.group = group->labels;
		l->grouped->told = group;
	}
	answer_record(a, ITEM_ALERT, &item);
	return true;
}

void
listing_put_alert(struct engine *engine, const struct alert *alert, struct answer_out *a,
    msec at, msec wall)
{
	struct listing all = { .op = OP_ALERTS };
	(void)put_alert(engine, &all, alert, a, at, wall);
}

/* Each puts one slice into `a`, as far as the time of the turn goes; false when that was the
 * last. */
static bool
alerts_slice(struct engine *engine, struct listing *l, struct answer_out *a)
{
	const struct alert *alerts[ENGINE_LIST_SLICE];
	size_t n =
	    intake_list(engine->intake, l->incident, l->cursor, alerts, slice_size(l));
	msec at, wall;
	engine_now(engine, &at, &wall);
	for (size_t i = 0; i < n; i++) {
		/* The cursor cannot part those that are equal. */
		if (i > 0 && alerts[i]->fingerprint != l->cursor &&
		    listings_time_is_up(engine))
			break;
		if (put_alert(engine, l, alerts[i], a, at, wall) && l->left > 0)
			l->left--;
		l->cursor = alerts[i]->fingerprint;
	}
	return n > 0 && l->left > 0;
}

/* The same of those that match. When it is through, `left` says whether there are more. */
static bool
found_slice(struct engine *engine, struct listing *l, struct answer_out *a)
{
	struct filtered *f = l->filtered;
	if (!f->searched) {
		while (search_step(engine->intake, &f->search)) {
			if (listings_time_is_up(engine))
				return true;
		}
		search_end(&f->search);
		f->searched = true;
		return true;
	}
	msec at, wall;
	engine_now(engine, &at, &wall);
	for (; f->at < f->search.n && !listings_time_is_up(engine); f->at++) {
		const struct found *found = &f->search.found[f->at];
		const struct alert *alert = intake_find(engine->intake, found->number);
		if (alert != NULL)
			(void)put_alert(engine, l, alert, a, at, wall);
		l->cursor = found->fingerprint;
	}
	if (f->at < f->search.n)
		return true;
	l->left = f->search.more ? 0 : 1;
	return false;
}

/* false: there is no room for them. */
static bool
gather(struct engine *engine, struct listing *l, struct arena scratch)
{
	struct grouped *grouped = l->grouped;
	msec at, wall;
	engine_now(engine, &at, &wall);
	while (!grouped->gathered && !listings_time_is_up(engine)) {
		const struct alert *alert;
		while ((alert = search_next(engine->intake, &grouped->search)) != NULL) {
			struct arena arena = scratch;
			struct holders holders;
			str owner;
			if (!is_wanted(engine, l, alert, wall, &holders, &owner))
				continue;
			struct pairs labels = group_of(engine, alert, &arena);
			if (!groups_add(grouped->groups, &labels, owner, alert->number))
				return false;
		}
		grouped->gathered = grouped->search.slot == grouped->search.end;
	}
	return grouped_fit(&engine->listings->grouped);
}

static bool
groups_slice(struct engine *engine, struct listing *l, struct answer_out *a)
{
	uint64_t number = 0;
	msec at, wall;
	engine_now(engine, &at, &wall);
	while (!listings_time_is_up(engine)) {
		if (!groups_step(l->grouped->groups, engine->intake, &number)) {
			l->left = 1; /* that was all */
			return false;
		}
		const struct alert *alert =
		    number != 0 ? intake_find(engine->intake, number) : NULL;
		if (alert != NULL && put_alert(engine, l, alert, a, at, wall) &&
		    --l->left == 0) {
			l->cursor = l->grouped->number;
			return false;
		}
	}
	return true;
}

static bool
incident_wanted(const struct listing *l, const struct incident_row *row)
{
	return (l->service_n == 0 ||
		   str_eq(row->service, (str){ l->service, l->service_n })) &&
	       (l->owner_n == 0 || str_eq(row->owner, (str){ l->owner, l->owner_n }));
}

static void
put_incident(struct engine *engine, const struct incident_row *incident,
    struct answer_out *a)
{
	struct incident_row row = *incident;
	struct buf doing = BUF(DOING_BYTES_MAX);
	core_doing(engine->core, row.id, &doing);
	row.doing = buf_str(&doing);
	row.waiting_run = core_waiting_run(engine->core, row.id);
	answer_row_record(a, TABLE_INCIDENT, &row);
	buf_done(&doing);
}

static bool
incidents_slice(struct engine *engine, struct listing *l, struct answer_out *a)
{
	const struct incident_row *rows[ENGINE_LIST_SLICE];
	size_t n =
	    core_incidents(engine->core, (incident_id)l->cursor, rows, ENGINE_LIST_SLICE);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && listings_time_is_up(engine))
			return true;
		l->cursor = rows[i]->id;
		if (!incident_wanted(l, rows[i]))
			continue;
		put_incident(engine, rows[i], a);
		if (--l->left == 0)
			return false;
	}
	return n == ENGINE_LIST_SLICE;
}

static bool
waiting_slice(struct engine *engine, struct listing *l, struct answer_out *a)
{
	enum table table = l->op == OP_ASKED       ? TABLE_ASKED
	                   : l->op == OP_OVERRIDES ? TABLE_OVERRIDE
	                                           : TABLE_LEASE;
	const void *rows[ENGINE_LIST_SLICE];
	size_t n = core_waiting(engine->core, table, l->cursor, rows, slice_size(l));
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && listings_time_is_up(engine))
			return true;
		l->cursor = *(const row_id *)rows[i]; /* all begin with it */
		answer_row_record(a, table, rows[i]);
		l->left--;
	}
	return n > 0 && l->left > 0;
}

/* Why it ends before it is through; 0: it does not. */
static uint32_t
fault_of(const struct listing *l, const char **ret_why)
{
	const struct filtered *f = l->filtered;
	bool exceeded = (f != NULL && (f->search.scan.exceeded || f->owner.exceeded)) ||
	                (l->grouped != NULL && l->grouped->search.scan.exceeded);
	if (exceeded) {
		*ret_why = "a regular expression takes too many steps: make it simpler, or "
			   "name another label with = beside it";
		return 400;
	}
	*ret_why = "the search took too long: name a label with = in a filter";
	bool searching = f != NULL && filtered_searches(f) && !f->searched;
	if (l->grouped != NULL)
		searching = !l->grouped->gathered;
	if (l->shown != NULL)
		searching = shown_waits(l->shown);
	return searching && clock_boot_us() > l->until_us ? 504 : 0;
}

static bool
slice(struct engine *engine, struct listing *l, struct answer_out *a)
{
	if (l->grouped != NULL)
		return groups_slice(engine, l, a);
	if (l->filtered != NULL && filtered_searches(l->filtered))
		return found_slice(engine, l, a);
	if (l->op == OP_ASKED || l->op == OP_LEASES || l->op == OP_OVERRIDES)
		return waiting_slice(engine, l, a);
	return l->op == OP_ALERTS ? alerts_slice(engine, l, a)
	                          : incidents_slice(engine, l, a);
}

static void
refuse(struct engine *engine, const struct listing *l, uint32_t status, const char *why)
{
	uint32_t exit = status == 400 || status == 422 ? 2 : status == 503 ? 1 : 8;
	answer_plain(&engine->batch.to_gate, l->id, engine->head.seq, status, exit, why);
}

/* true: there is more of this one */
static bool
groups_counted(struct engine *engine, struct listing *l, struct answer_out *a)
{
	uint64_t cursor = 0;
	uint32_t status = 0;
	const char *why = NULL;
	enum shown_news news = shown_slice(engine, &engine->listings->tallies, l->shown, a,
	    &cursor, &status, &why);
	if (news != SHOWN_FAILED)
		status = fault_of(l, &why);
	if (status != 0) {
		refuse(engine, l, status, why);
		return false;
	}
	if (news == SHOWN_MORE)
		answer_more(a);
	else
		answer_end(a, cursor);
	return news == SHOWN_MORE;
}

/* true: there is more of this one */
static bool
listing_slice(struct engine *engine, struct listing *l)
{
	struct arena scratch = engine->batch.arena;
	struct answer_out a;
	answer_begin(&a, &engine->batch.to_gate, &scratch, l->id, engine->head.seq);
	if (l->shown != NULL)
		return groups_counted(engine, l, &a);
	bool room = true, more = true;
	if (l->grouped != NULL && !l->grouped->gathered)
		room = gather(engine, l, scratch);
	else
		more = slice(engine, l, &a);
	const char *why;
	char text[200];
	uint32_t fault = fault_of(l, &why);
	if (!room) {
		(void)snprintf(text, sizeof(text),
		    "these alerts take more memory than there is for groups (%zu MiB "
		    "for all who ask at once, %zu MiB for the labels of one's groups): "
		    "name a filter, so that there are fewer",
		    GROUPED_BYTES_MAX >> 20, GROUPS_TEXT_MAX >> 20);
		why = text;
		fault = 503;
	}
	if (fault != 0) {
		refuse(engine, l, fault, why);
		return false;
	}
	if (more)
		answer_more(&a);
	else
		answer_end(&a, l->once && l->left == 0 ? l->cursor : 0);
	return more;
}

/* What was gathered waits for who asks for the next page. */
static void
listing_remove(struct listings *all, size_t i)
{
	struct grouped *grouped = all->item[i].grouped;
	if (grouped != NULL && grouped->gathered && all->item[i].left == 0)
		grouped_leave(grouped);
	else
		grouped_end(grouped);
	filtered_free(all->item[i].filtered);
	shown_free(all->item[i].shown);
	all->n--;
	memmove(&all->item[i], &all->item[i + 1], (all->n - i) * sizeof(all->item[0]));
}

bool
listings_turn(struct engine *engine)
{
	struct listings *all = engine->listings;
	struct buf *out = &engine->batch.to_gate;
	if (engine->gate.peer == NULL || batch_crowded(engine))
		return false;
	/* The gate takes its time: make no more than it is about to take. */
	size_t ahead = peer_waiting(engine->gate.peer);
	if (ahead > LISTINGS_AHEAD_BYTES)
		return false;
	all->turn_until_us = clock_boot_us() + LISTINGS_TURN_US;
	while (all->n > 0 && ahead + out->n <= LISTINGS_AHEAD_BYTES &&
	       !listings_time_is_up(engine)) {
		size_t i = all->oldest_first ? 0 : all->n - 1;
		if (!listing_slice(engine, &all->item[i]))
			listing_remove(all, i);
	}
	all->oldest_first = !all->oldest_first;
	return all->n > 0;
}
