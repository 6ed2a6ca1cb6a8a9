#include "engine/tallies.h"

#include <stdlib.h>

#include "os/clock.h"

/* ---- what is asked for ---- */

static bool
read_number(const struct request *request, str name, uint64_t max, size_t *number)
{
	uint64_t given;
	str text = pairs_get(&request->params, name);
	if (text.n == 0)
		return true;
	if (!str_u64(text, max, &given))
		return false;
	*number = (size_t)given;
	return true;
}

/* The labels to group by: "by.0" and up, which ascend. */
static size_t
read_by(const struct request *request, str by[static TALLY_BY_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < request->params.n; i++) {
		const struct pair *param = &request->params.p[i];
		if (!str_starts(param->name, STR("by.")))
			continue;
		if (n == TALLY_BY_MAX || param->value.n == 0 ||
		    (n > 0 && str_cmp(by[n - 1], param->value) >= 0))
			return 0;
		by[n++] = param->value;
	}
	return n;
}

/* Which alerts, in which groups; not how many of them are shown. */
static hash32
what_of(const struct request *request)
{
	struct buf text = BUF(FRAME_PAYLOAD_MAX);
	for (size_t i = 0; i < request->params.n; i++) {
		const struct pair *param = &request->params.p[i];
		if (str_eq(param->name, STR("first")))
			continue;
		cbor_put_text(&text, param->name);
		cbor_put_text(&text, param->value);
	}
	hash32 what = sha256(buf_str(&text));
	buf_done(&text);
	return what;
}

static struct request *
copy_request(const struct request *request, struct arena *arena)
{
	struct request *copy = arena_new(arena, struct request, 1);
	copy->params.n = request->params.n;
	copy->params.p = arena_new(arena, struct pair, request->params.n);
	for (size_t i = 0; i < request->params.n; i++)
		copy->params.p[i] =
		    (struct pair){ arena_str(arena, request->params.p[i].name),
			    arena_str(arena, request->params.p[i].value) };
	return copy;
}

struct shown *
shown_new(const struct request *request, const char **ret_why)
{
	str by[TALLY_BY_MAX];
	size_t first = TALLIES_FIRST, groups = request->limit, bytes = 0;
	if (read_by(request, by) == 0) {
		*ret_why = "group by 1 to 8 labels, each once";
		return NULL;
	}
	if (groups == 0)
		groups = TALLIES_GROUPS;
	if (groups > TALLY_PAGE_GROUPS_MAX)
		groups = TALLY_PAGE_GROUPS_MAX;
	if (!read_number(request, STR("first"), TALLY_FIRST_MAX, &first)) {
		*ret_why = "at most 20 alerts of each group are shown";
		return NULL;
	}
	struct filtered *filtered = filtered_new(request, 0, ret_why);
	filtered_free(filtered);
	if (*ret_why != NULL)
		return NULL;
	for (size_t i = 0; i < request->params.n; i++)
		bytes += sizeof(struct pair) + request->params.p[i].name.n +
		         request->params.p[i].value.n;
	struct arena_map map;
	struct arena arena =
	    arena_map(&map, sizeof(struct shown) + sizeof(struct request) + bytes + 1024);
	struct shown *shown = arena_new(&arena, struct shown, 1);
	*shown = (struct shown){ .what = what_of(request),
		.asked_us = clock_boot_us(),
		.after = request->cursor,
		.groups_max = groups,
		.first_max = first,
		.request = copy_request(request, &arena),
		.map = map };
	return shown;
}

void
shown_free(struct shown *shown)
{
	if (shown == NULL)
		return;
	tally_page_free(shown->page);
	if (shown->of != NULL && --shown->of->users == 0)
		shown->of->left_us = clock_boot_us();
	struct arena_map map = shown->map;
	arena_unmap(&map);
}

bool
shown_waits(const struct shown *shown)
{
	return shown->of == NULL || !shown->of->done;
}

/* ---- places ---- */

static void
end(struct tallied *t)
{
	ASSERT(t->users == 0);
	tally_free(t->tally);
	filtered_free(t->filtered);
	*t = (struct tallied){ .users = 0 };
}

void
tallies_forget(struct tallies *tallies, bool all)
{
	for (size_t i = 0; i < TALLIES_MAX; i++) {
		struct tallied *t = &tallies->item[i];
		bool idle = t->users == 0 &&
		            clock_boot_us() - t->left_us > TALLIES_IDLE_MS * UINT64_C(1000);
		if (t->tally != NULL && (all || idle))
			end(t);
	}
}

static size_t
bytes_of(const struct tallies *tallies)
{
	size_t bytes = 0;
	for (size_t i = 0; i < TALLIES_MAX; i++) {
		if (tallies->item[i].tally != NULL)
			bytes += tally_bytes(tallies->item[i].tally);
	}
	return bytes;
}

/* One that is shown to nobody ends; false: there is none. */
static bool
make_room(struct tallies *tallies)
{
	struct tallied *oldest = NULL;
	for (size_t i = 0; i < TALLIES_MAX; i++) {
		struct tallied *t = &tallies->item[i];
		if (t->tally != NULL && t->users == 0 &&
		    (oldest == NULL || t->left_us < oldest->left_us))
			oldest = t;
	}
	if (oldest != NULL)
		end(oldest);
	return oldest != NULL;
}

static bool
fit(struct tallies *tallies)
{
	while (bytes_of(tallies) > TALLIES_BYTES_MAX) {
		if (!make_room(tallies))
			return false;
	}
	return true;
}

/* One that knows all that this asker may have written or read before. */
static struct tallied *
find(const struct engine *engine, struct tallies *tallies, const struct shown *shown)
{
	for (size_t i = 0; i < TALLIES_MAX; i++) {
		struct tallied *t = &tallies->item[i];
		if (t->tally != NULL && t->failed == 0 &&
		    hash32_eq(&t->what, &shown->what) &&
		    (t->began_us > shown->asked_us || t->seq == engine->head.seq))
			return t;
	}
	return NULL;
}

/* NULL: there is no place for it. */
static struct tallied *
begin(struct engine *engine, struct tallies *tallies, const struct shown *shown)
{
	struct tallied *free = NULL;
	for (int tries = 0; tries < 2 && free == NULL; tries++) {
		for (size_t i = 0; i < TALLIES_MAX && free == NULL; i++) {
			if (tallies->item[i].tally == NULL)
				free = &tallies->item[i];
		}
		if (free == NULL && !make_room(tallies))
			return NULL;
	}
	if (tallies->seed == 0)
		tallies->seed = random_u64();
	str by[TALLY_BY_MAX];
	const char *wrong;
	struct strs names = { by, read_by(shown->request, by) };
	*free = (struct tallied){ .what = shown->what,
		.tally = tally_new(&names,
		    (size_t)intake_active(engine->intake) + TALLIES_NEW_ALERTS,
		    tallies->seed),
		.filtered = filtered_new(shown->request, 0, &wrong),
		.began_us = clock_boot_us(),
		.seq = engine->head.seq };
	if (free->filtered == NULL)
		search_begin(&free->all, &free->none, 0, NULL, 0);
	return free;
}

/* ---- counting ---- */

static enum severity
severity_of(const struct engine *engine, const struct alert *alert)
{
	const struct incident_row *row = core_incident(engine->core, alert->incident);
	return row != NULL ? row->severity : 0;
}

static void
fail(struct tallied *t, uint32_t status, const char *why)
{
	t->failed = status;
	t->why = why;
}

static void
gather(struct engine *engine, struct tallies *tallies, struct tallied *t)
{
	struct search *search = t->filtered != NULL ? &t->filtered->search : &t->all;
	while (!t->done && !listings_time_is_up(engine)) {
		const struct alert *alert;
		while ((alert = search_next(engine->intake, search)) != NULL) {
			if (!tally_add(t->tally, alert, severity_of(engine, alert))) {
				fail(t, 422,
				    "these are over 500,000 groups: group by other labels, "
				    "or name a filter");
				return;
			}
		}
		t->done = search->slot == search->end;
	}
	if (search->scan.exceeded)
		fail(t, 400,
		    "a regular expression takes too many steps: make it simpler, or name "
		    "another label with = beside it");
	else if (!fit(tallies))
		fail(t, 503,
		    "these alerts take more memory than there is to count them: name a "
		    "filter, so that there are fewer");
}

/* ---- showing ---- */

static void
put_total(const struct tallied *t, struct answer_out *a)
{
	struct tally_count all = tally_all(t->tally);
	struct alert_total_item item = { .groups = (uint32_t)tally_groups(t->tally),
		.alerts = all.alerts,
		.held = all.held };
	answer_record(a, ITEM_ALERT_TOTAL, &item);
}

static void
put_group(struct engine *engine, struct shown *shown, struct answer_out *a)
{
	const struct tally_shown *group = tally_page_shown(shown->page);
	const struct tally_count *count = &group->count;
	struct alert_group_item item = { .labels = group->by,
		.shared = group->shared,
		.alerts = count->alerts,
		.held = count->held,
		.sev1 = count->severity[SEV1],
		.sev2 = count->severity[SEV2],
		.sev3 = count->severity[SEV3],
		.sev4 = count->severity[SEV4],
		.oldest_wall = group->oldest,
		.newest_wall = group->newest };
	msec at, wall;
	engine_now(engine, &at, &wall);
	answer_record(a, ITEM_ALERT_GROUP, &item);
	for (size_t i = 0; i < group->first_n; i++) {
		const struct alert *alert = intake_find(engine->intake, group->first[i]);
		if (alert == NULL)
			continue;
		listing_put_alert(engine, alert, a, at, wall);
		shown->bytes += alert_body_bytes(alert);
	}
}

static enum shown_news
show(struct engine *engine, struct shown *shown, struct answer_out *a, uint64_t *ret_cursor)
{
	if (shown->page == NULL) {
		shown->page = tally_page_new(shown->of->tally, shown->after,
		    shown->groups_max, shown->first_max);
		put_total(shown->of, a);
	}
	while (!listings_time_is_up(engine)) {
		enum tally_news news = tally_page_step(shown->page, engine->intake);
		uint64_t place = tally_page_shown(shown->page)->place;
		if (news == TALLY_END) {
			*ret_cursor = tally_page_more(shown->page) ? place : 0;
			return SHOWN_END;
		}
		if (news != TALLY_GROUP)
			continue;
		put_group(engine, shown, a);
		if (shown->bytes > TALLIES_PAGE_BYTES) {
			*ret_cursor = place;
			return SHOWN_END;
		}
	}
	return SHOWN_MORE;
}

enum shown_news
shown_slice(struct engine *engine, struct tallies *tallies, struct shown *shown,
    struct answer_out *a, uint64_t *ret_cursor, uint32_t *ret_status, const char **ret_why)
{
	if (shown->of == NULL) {
		shown->of = find(engine, tallies, shown);
		if (shown->of == NULL)
			shown->of = begin(engine, tallies, shown);
		if (shown->of == NULL) {
			*ret_status = 503;
			*ret_why = "too many count alerts at once: ask again";
			return SHOWN_FAILED;
		}
		shown->of->users++;
	}
	struct tallied *t = shown->of;
	if (!t->done && t->failed == 0)
		gather(engine, tallies, t);
	if (t->failed != 0) {
		*ret_status = t->failed;
		*ret_why = t->why;
		return SHOWN_FAILED;
	}
	return t->done ? show(engine, shown, a, ret_cursor) : SHOWN_MORE;
}
