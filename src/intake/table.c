/*
 * One alert into the table and out of it, with everything that leads to it.
 */
#include "intake/state.h"
#include "intake/wire.h"

#define BITS_OF_SLOT 32

/* ---- the list of an incident's alerts ---- */

static void
link_incident(struct intake *intake, uint32_t slot)
{
	struct alert *alert = &intake->alert[slot];
	uint64_t list = 0;
	alert->next_in_incident = alert->prev_in_incident = SLOT_NONE;
	if (alert->incident == 0)
		return;
	if (map_get(&intake->incidents, alert->incident, &list)) {
		uint32_t first = (uint32_t)list;
		alert->next_in_incident = first;
		intake->alert[first].prev_in_incident = slot;
	}
	uint64_t n = (list >> BITS_OF_SLOT) + 1;
	map_put(&intake->incidents, alert->incident, n << BITS_OF_SLOT | slot);
}

static void
unlink_incident(struct intake *intake, uint32_t slot)
{
	struct alert *alert = &intake->alert[slot];
	if (alert->incident == 0)
		return;
	uint64_t list = 0;
	bool known = map_get(&intake->incidents, alert->incident, &list);
	ASSERT(known);
	uint32_t first = (uint32_t)list;
	uint64_t n = (list >> BITS_OF_SLOT) - 1;
	if (alert->next_in_incident != SLOT_NONE)
		intake->alert[alert->next_in_incident].prev_in_incident =
		    alert->prev_in_incident;
	if (alert->prev_in_incident != SLOT_NONE)
		intake->alert[alert->prev_in_incident].next_in_incident =
		    alert->next_in_incident;
	else
		first = alert->next_in_incident;
	if (n == 0)
		(void)map_remove(&intake->incidents, alert->incident);
	else
		map_put(&intake->incidents, alert->incident, n << BITS_OF_SLOT | first);
}

void
alert_move(struct intake *intake, uint32_t slot, incident_id incident)
{
	struct alert *alert = &intake->alert[slot];
	if (alert->incident == incident)
		return;
	unlink_incident(intake, slot);
	alert->incident = incident;
	link_incident(intake, slot);
}

/* ---- bodies ---- */

bool
body_keep(struct intake *intake, str body, size_t head_bytes, struct kept_body *ret)
{
	str url = str_drop(body, head_bytes);
	struct kept_body kept = { .url = NULL };
	if (!pool_str(intake->pool, str_take(body, head_bytes), &kept.head))
		return false;
	if (url.n > 0)
		kept.url = texts_take(&intake->urls, url);
	if (url.n > 0 && kept.url == NULL) {
		pool_str_free(intake->pool, kept.head);
		return false;
	}
	*ret = kept;
	return true;
}

void
body_let_go(struct intake *intake, struct kept_body body)
{
	pool_str_free(intake->pool, body.head);
	texts_give(&intake->urls, body.url);
}

size_t
alert_body_bytes(const struct alert *alert)
{
	return alert->head.n + text_str(alert->url).n;
}

void
alert_put_body(const struct alert *alert, struct buf *out)
{
	buf_add(out, alert->head);
	buf_add(out, text_str(alert->url));
}

/* ---- in and out ---- */

static uint32_t
take_slot(struct intake *intake)
{
	uint32_t slot = intake->slot_free;
	if (slot != SLOT_NONE) {
		intake->slot_free = intake->alert[slot].next_in_incident;
		return slot;
	}
	ASSERT(intake->slots_used < intake->alerts_max);
	return intake->slots_used++;
}

uint32_t
alert_add(struct intake *intake, struct pack_state *pack, const struct alert *alert,
    uint32_t tag)
{
	ASSERT(intake->active < intake->alerts_max);
	ASSERT(alert_used(alert));
	uint32_t slot = take_slot(intake);
	intake->alert[slot] = *alert;
	intake->active++;

	identity_add(&intake->identity, tag, slot);
	intake->signature[slot] =
	    signature_of_labels(wire_labels(alert->head, alert->labels_bytes));
	order_add(&intake->order, slot);
	link_incident(intake, slot);
	bounds_count(intake, alert, 1);
	uint32_t *place = &pack->slot_1[alert->number % PACK_ALERTS];
	ASSERT(pack->id == alert->number / PACK_ALERTS && *place == 0);
	*place = slot + 1;
	pack->n++;
	intake->held += alert->held ? 1 : 0;
	hold_alert_added(intake, slot);
	return slot;
}

void
alert_drop(struct intake *intake, uint32_t slot)
{
	struct alert *alert = &intake->alert[slot];
	inhibition_remove(&intake->inhibition, slot);
	hold_set(intake, slot, false);
	str labels = wire_labels(alert->head, alert->labels_bytes);
	identity_remove(&intake->identity, alert_tag(intake, labels), slot);
	order_remove(&intake->order, slot);
	unlink_incident(intake, slot);
	bounds_count(intake, alert, -1);
	struct pack_state *pack = pack_find(intake, alert->number / PACK_ALERTS);
	uint32_t *place = &pack->slot_1[alert->number % PACK_ALERTS];
	ASSERT(*place == slot + 1);
	*place = 0;
	pack->n--;

	body_let_go(intake, (struct kept_body){ alert->head, alert->url });
	*alert = (struct alert){ .next_in_incident = intake->slot_free };
	intake->slot_free = slot;
	intake->active--;
}

/* ---- finding ---- */

uint32_t
alert_by_number(const struct intake *intake, uint64_t number)
{
	const struct pack_state *pack = pack_find(intake, number / PACK_ALERTS);
	uint32_t slot_1 = pack ? pack->slot_1[number % PACK_ALERTS] : 0;
	return slot_1 ? slot_1 - 1 : SLOT_NONE;
}

uint32_t
alert_by_labels(const struct intake *intake, uint32_t tag, str labels)
{
	uint32_t at = tag;
	for (uint32_t slot;
	     (slot = identity_next(&intake->identity, tag, &at)) != SLOT_NONE;) {
		const struct alert *alert = &intake->alert[slot];
		if (str_eq(wire_labels(alert->head, alert->labels_bytes), labels))
			return slot;
	}
	return SLOT_NONE;
}

uint16_t
source_index(struct intake *intake, str source)
{
	if (source.n > SOURCE_BYTES_MAX)
		source = str_take(source, SOURCE_BYTES_MAX);
	for (size_t i = 0; i < intake->source_n; i++) {
		if (str_eq(intake->source[i], source))
			return (uint16_t)i;
	}
	/* The last place stands for all that found none. */
	if (intake->source_n == SOURCES_MAX)
		return SOURCES_MAX - 1;
	if (intake->source_n == SOURCES_MAX - 1)
		source = STR("other sources");
	char *text = intake->source_text[intake->source_n];
	if (source.n > 0)
		memcpy(text, source.p, source.n);
	intake->source[intake->source_n] = (str){ text, source.n };
	return (uint16_t)intake->source_n++;
}
