/*
 * How much may be new: of all, of one source, of one alertname, and how fast.
 *
 * A sender that runs away brings new alerts (a request's id became a label) or the same
 * ones with another text each time. It must not take the places of all the others, so each
 * source has a bound and, where one is written, a rate: a bucket that holds `burst` alerts
 * and fills by `rate` a second. Who was there before and who ends pays nothing. What is
 * refused changes nothing and will be sent again.
 */
#include "intake/state.h"

/* ---- sources ---- */

static uint64_t
tokens_now(const struct intake *intake, const struct source_state *source, msec at)
{
	const struct intake_bounds *b = &intake->bounds;
	uint64_t full = b->burst * TOKENS_AN_ALERT, gained;
	if (source->at == 0 || __builtin_mul_overflow(at - source->at, b->rate, &gained) ||
	    gained >= full || source->tokens >= full - gained)
		return full;
	return source->tokens + gained;
}

struct room
bounds_room(const struct intake *intake, uint16_t source, msec at)
{
	const struct intake_bounds *b = &intake->bounds;
	const struct source_state *of = &intake->of_source[source];
	struct room room = { .tokens = UINT64_MAX };
	room.all = intake->active < b->alerts ? b->alerts - intake->active : 0;
	room.source = room.all;
	if (b->alerts_per_source > 0)
		room.source = of->active < b->alerts_per_source
		                  ? b->alerts_per_source - of->active
		                  : 0;
	if (b->rate > 0)
		room.tokens = tokens_now(intake, of, at);
	return room;
}

void
bounds_took(struct intake *intake, uint16_t source, const struct room *room, msec at)
{
	if (room->tokens == UINT64_MAX)
		return;
	intake->of_source[source].tokens = room->tokens;
	intake->of_source[source].at = at;
}

uint64_t
intake_active_of(const struct intake *intake, str source)
{
	for (size_t i = 0; i < intake->source_n; i++) {
		if (str_eq(intake->source[i], source))
			return intake->of_source[i].active;
	}
	return 0;
}

/* ---- alertnames ---- */

str
alertname_of(const struct intake *intake, str body)
{
	struct pairs labels = labels_of_body(body, intake->pairs);
	return pairs_get(&labels, STR("alertname"));
}

static uint64_t
name_key(const struct intake *intake, str name)
{
	return name.n > 0 ? siphash(&intake->key, name) : 0;
}

uint64_t
bounds_name(const struct intake *intake, str body)
{
	if (intake->bounds.alerts_per_alertname == 0)
		return 0;
	return name_key(intake, alertname_of(intake, body));
}

static uint64_t
named(const struct intake *intake, uint64_t name)
{
	uint64_t n = 0;
	(void)map_get(&intake->named, name, &n);
	return n;
}

uint64_t
intake_active_named(const struct intake *intake, str alertname)
{
	return named(intake, name_key(intake, alertname));
}

bool
bounds_name_full(const struct intake *intake, uint64_t name)
{
	return name != 0 && named(intake, name) >= intake->bounds.alerts_per_alertname;
}

void
bounds_name_count(struct intake *intake, uint64_t name, int by)
{
	if (name == 0)
		return;
	uint64_t n = named(intake, name);
	ASSERT(by > 0 || n > 0);
	if (by > 0)
		map_put(&intake->named, name, n + 1);
	else if (n > 1)
		map_put(&intake->named, name, n - 1);
	else
		(void)map_remove(&intake->named, name);
}

/* ---- both ---- */

void
bounds_count(struct intake *intake, const struct alert *alert, int by)
{
	struct source_state *source = &intake->of_source[alert->source];
	ASSERT(by > 0 || source->active > 0);
	if (by > 0)
		source->active++;
	else
		source->active--;
	bounds_name_count(intake, bounds_name(intake, alert->head), by);
}

void
intake_bound(struct intake *intake, const struct intake_bounds *bounds)
{
	bool counted = intake->bounds.alerts_per_alertname > 0;
	ASSERT(bounds->rate == 0 || bounds->burst > 0);
	intake->bounds = *bounds;
	if (bounds->alerts > intake->alerts_max)
		intake->bounds.alerts = intake->alerts_max;
	bool counts = bounds->alerts_per_alertname > 0;
	if (counted && !counts)
		map_done(&intake->named);
	for (uint32_t slot = 0; counts && !counted && slot < intake->slots_used; slot++) {
		const struct alert *alert = &intake->alert[slot];
		if (alert_used(alert))
			bounds_name_count(intake, bounds_name(intake, alert->head), 1);
	}
}
