#include "intake/state.h"
#include "intake/wire.h"

static void
check_alert(const struct intake *intake, uint32_t slot)
{
	const struct alert *alert = &intake->alert[slot];
	struct buf body = BUF(WIRE_BODY_MAX);
	struct wire_parts parts;
	alert_put_body(alert, &body);
	ASSERT(body.n == alert_body_bytes(alert));
	ASSERT(wire_body_measure(buf_str(&body), &parts));
	ASSERT(parts.head_bytes == alert->head.n);
	ASSERT(parts.labels_bytes == alert->labels_bytes);
	buf_done(&body);
	str labels = wire_labels(alert->head, alert->labels_bytes);
	ASSERT(alert_by_labels(intake, alert_tag(intake, labels), labels) != SLOT_NONE);
	ASSERT(alert_by_number(intake, alert->number) == slot);
	ASSERT(alert->source < intake->source_n);
	if (alert->next_in_incident != SLOT_NONE) {
		const struct alert *next = &intake->alert[alert->next_in_incident];
		ASSERT(next->prev_in_incident == slot && alert_used(next));
		ASSERT(next->incident == alert->incident && alert->incident != 0);
	}
	if (alert->incident != 0 && alert->prev_in_incident == SLOT_NONE) {
		uint64_t list = 0;
		uint64_t n = 0;
		bool known = map_get(&intake->incidents, alert->incident, &list);
		ASSERT(known && (uint32_t)list == slot);
		for (uint32_t s = slot; s != SLOT_NONE;
		     s = intake->alert[s].next_in_incident)
			n++;
		ASSERT(n == list >> 32);
	}
}

static void
check_order(const struct intake *intake)
{
	const struct order *o = &intake->order;
	struct order_at at = order_seek(o, 0);
	uint64_t above = 0, most = 0; /* all buckets before; this one so far */
	uint32_t n = 0;
	do {
		for (uint32_t slot; order_next(o, &at, &slot); n++) {
			const struct alert *alert = &intake->alert[slot];
			ASSERT(alert_used(alert));
			ASSERT(n == 0 || above == 0 || alert->fingerprint > above);
			if (most < alert->fingerprint)
				most = alert->fingerprint;
		}
		above = most;
	} while (order_next_bucket(o, &at));
	ASSERT(n == intake->active && n == o->n);
}

static void
check_dirty(const struct intake *intake)
{
	size_t n = 0;
	uint64_t since = 0;
	list_each(it, &intake->dirty)
	{
		const struct pack_state *pack = container_of(it, struct pack_state, dirty);
		ASSERT(pack_find(intake, pack->id) == pack);
		ASSERT(pack->dirty_since >= since);
		ASSERT(pack->n > 0 || pack->stored);
		since = pack->dirty_since;
		n++;
	}
	ASSERT(n == intake->dirty_n);
}

static void
check_bounds(const struct intake *intake)
{
	uint64_t of_all = 0, named = 0;
	for (size_t i = 0; i < intake->source_n; i++)
		of_all += intake->of_source[i].active;
	ASSERT(of_all == intake->active);
	for (uint32_t slot = 0; slot < intake->slots_used; slot++) {
		const struct alert *alert = &intake->alert[slot];
		if (!alert_used(alert))
			continue;
		ASSERT(intake->of_source[alert->source].active > 0);
		uint64_t name = bounds_name(intake, alert->head), n = 0;
		ASSERT(name == 0 || (map_get(&intake->named, name, &n) && n > 0));
		named += name != 0;
	}
	ASSERT((named == 0) == (intake->named.n == 0));
}

/* Each alert has its places under each rule that it matches, and nobody else has one. */
static void
check_held(const struct intake *intake)
{
	uint64_t held = 0, places = 0;
	for (uint32_t slot = 0; slot < intake->slots_used; slot++) {
		const struct alert *alert = &intake->alert[slot];
		if (!alert_used(alert))
			continue;
		ASSERT(!alert->held || alert->incident == 0);
		held += alert->held ? 1 : 0;
		struct pairs labels = labels_of_body(alert->head, intake->pairs);
		places += inhibition_check(&intake->inhibition, slot, &labels);
	}
	ASSERT(held == intake->held);
	ASSERT(places == intake->inhibition.places.n);
}

void
intake_check(const struct intake *intake)
{
	uint32_t active = 0;
	for (uint32_t slot = 0; slot < intake->slots_used; slot++) {
		if (!alert_used(&intake->alert[slot]))
			continue;
		check_alert(intake, slot);
		active++;
	}
	ASSERT(active == intake->active && active == intake->identity.n);
	ASSERT(intake->pending_n == 0);
	check_held(intake);
	check_bounds(intake);
	check_order(intake);
	check_dirty(intake);
}
