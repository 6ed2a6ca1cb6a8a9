/*
 * Alert rows: 64 alerts a row, by number, written after the journal.
 *
 *	[1, as of this entry, [source...],
 *	 [[number % 64, incident, index of the source, starts, ends, updated,
 *	   ends is a default, body, (true, if it is held)]...]]
 *
 * in ascending order of numbers; deterministic CBOR. Fingerprints and where the labels end
 * follow from the body. A row per alert would cost more than the rest of a commit.
 *
 * What the rows owe to the journal is one number: the entry up to which all are complete.
 * At a start the entries after it are applied again, to rows that may be newer than some of
 * them: each row knows its own entry and ignores what came before.
 */
#include "intake/moment.h"
#include "intake/state.h"
#include "intake/wire.h"

#define VERSION 1
#define FIELDS 8          /* one more of an alert that is held */
#define ALERT_OVERHEAD 64 /* bytes beside the body, at most */
#define PACK_OVERHEAD 64

static_assert(PACK_ALERTS * (WIRE_BODY_MAX + ALERT_OVERHEAD + SOURCE_BYTES_MAX + 8) +
		      PACK_OVERHEAD <=
		  PACK_BYTES_MAX,
    "a full pack fits its row");

/* ---- which packs there are, and which are dirty ---- */

static_assert(sizeof(uint64_t) >= sizeof(uintptr_t), "maps hold pointers");

struct pack_state *
pack_find(const struct intake *intake, uint64_t id)
{
	uint64_t value = 0;
	return map_get(&intake->packs, id, &value) ? (void *)(uintptr_t)value : NULL;
}

struct pack_state *
pack_make(struct intake *intake, uint64_t id)
{
	struct pack_state *pack = pack_find(intake, id);
	if (pack != NULL)
		return pack;
	pack = pool_alloc(intake->pool, sizeof(*pack));
	if (pack == NULL)
		return NULL;
	pack->id = id;
	map_put(&intake->packs, id, (uintptr_t)pack);
	return pack;
}

static void
pack_clean(struct intake *intake, struct pack_state *pack)
{
	link_remove(&pack->dirty);
	intake->dirty_n--;
}

void
pack_drop_unused(struct intake *intake, struct pack_state *pack)
{
	if (pack->n > 0 || pack->stored || link_on(&pack->dirty))
		return;
	(void)map_remove(&intake->packs, pack->id);
	pool_free(intake->pool, pack, sizeof(*pack));
}

void
pack_touch(struct intake *intake, struct pack_state *pack, uint64_t since)
{
	if (!link_on(&pack->dirty)) {
		pack->dirty_since = since;
		list_append(&intake->dirty, &pack->dirty);
		intake->dirty_n++;
	}
	/* What came and went between two writes was never on the disk. */
	if (pack->n == 0 && !pack->stored) {
		pack_clean(intake, pack);
		pack_drop_unused(intake, pack);
	}
}

size_t
intake_packs_dirty(const struct intake *intake)
{
	return intake->dirty_n;
}

static struct pack_state *
first_dirty(const struct intake *intake)
{
	return list_empty(&intake->dirty)
	           ? NULL
	           : container_of(intake->dirty.next, struct pack_state, dirty);
}

uint64_t
intake_packs_as_of(struct intake *intake, uint64_t seq)
{
	ASSERT(intake->pending_n == 0);
	if (seq > intake->seq)
		intake->seq = seq;
	const struct pack_state *first = first_dirty(intake);
	return first != NULL ? first->dirty_since : intake->seq;
}

/* ---- writing ---- */

/* The sources that a pack names. */
struct sources {
	uint16_t index[PACK_ALERTS];
	size_t n;
};

static size_t
local_source(struct sources *sources, uint16_t index)
{
	size_t i = 0;
	while (i < sources->n && sources->index[i] != index)
		i++;
	if (i == sources->n)
		sources->index[sources->n++] = index;
	return i;
}

/* One byte string of two pieces; lengths below 65,536. */
static void
put_body(struct buf *b, const struct alert *alert)
{
	size_t n = alert_body_bytes(alert);
	if (n < 24) {
		buf_char(b, (char)(0x40 + n));
	} else if (n < 256) {
		buf_char(b, 0x58);
		buf_char(b, (char)n);
	} else {
		buf_char(b, 0x59);
		buf_char(b, (char)(n >> 8));
		buf_char(b, (char)n);
	}
	alert_put_body(alert, b);
}

static void
put_alert(struct buf *b, const struct alert *alert, size_t source)
{
	cbor_put_array(b, alert->held ? FIELDS + 1 : FIELDS);
	cbor_put_u64(b, alert->number % PACK_ALERTS);
	cbor_put_u64(b, alert->incident);
	cbor_put_u64(b, source);
	cbor_put_u64(b, alert->starts_wall);
	cbor_put_u64(b, alert->ends_wall);
	cbor_put_u64(b, alert->updated_wall);
	cbor_put_bool(b, alert->timeout);
	put_body(b, alert);
	if (alert->held)
		cbor_put_bool(b, true);
}

/* false when the arena has no room for it. */
static bool
encode(const struct intake *intake, const struct pack_state *pack, struct arena *arena,
    str *ret)
{
	struct sources sources = { .n = 0 };
	size_t most = PACK_OVERHEAD;
	for (size_t i = 0; i < PACK_ALERTS; i++) {
		if (pack->slot_1[i] == 0)
			continue;
		const struct alert *alert = &intake->alert[pack->slot_1[i] - 1];
		(void)local_source(&sources, alert->source);
		most += ALERT_OVERHEAD + alert_body_bytes(alert);
	}
	for (size_t i = 0; i < sources.n; i++)
		most += intake->source[sources.index[i]].n + 8;
	char *memory = arena_try(arena, char, most);
	if (memory == NULL)
		return false;

	struct buf b = { .p = memory, .cap = most, .max = most }; /* never grows */
	cbor_put_array(&b, 4);
	cbor_put_u64(&b, VERSION);
	cbor_put_u64(&b, intake->seq);
	cbor_put_array(&b, sources.n);
	for (size_t i = 0; i < sources.n; i++)
		cbor_put_text_repaired(&b, intake->source[sources.index[i]]);
	cbor_put_array(&b, pack->n);
	for (size_t i = 0; i < PACK_ALERTS; i++) {
		if (pack->slot_1[i] == 0)
			continue;
		const struct alert *alert = &intake->alert[pack->slot_1[i] - 1];
		put_alert(&b, alert, local_source(&sources, alert->source));
	}
	ASSERT(!b.overflow && b.p == memory);
	*ret = buf_str(&b);
	return true;
}

size_t
intake_packs(struct intake *intake, uint64_t seq, struct pack *ret, size_t n,
    struct arena *arena)
{
	ASSERT(intake->pending_n == 0);
	if (seq > intake->seq)
		intake->seq = seq;
	size_t made = 0;
	for (struct pack_state *pack; made < n && (pack = first_dirty(intake)) != NULL;) {
		struct pack out = { .id = pack->id };
		if (pack->n > 0 && !encode(intake, pack, arena, &out.body)) {
			ASSERT(made > 0); /* else: there was no room for even one */
			break;
		}
		ret[made++] = out;
		pack->stored = pack->n > 0;
		pack_clean(intake, pack);
		pack_drop_unused(intake, pack);
	}
	return made;
}

/* ---- loading ---- */

/* What an alert is made of when it does not come by the wire. */
struct kept {
	uint64_t number, fingerprint;
	incident_id incident;
	msec starts_wall, ends_wall, updated_wall;
	uint16_t source;
	bool timeout;
	bool held;
	str body;
};

static bool
full(struct err *err)
{
	return err_set(err, ERR_LIMIT, "more alerts are kept than this table may hold");
}

/* No loaded alert expires before its horizon. */
static bool
put_kept(struct intake *intake, struct pack_state *pack, const struct kept *kept, msec at,
    struct err *err)
{
	struct alert alert = {
		.number = kept->number,
		.fingerprint = kept->fingerprint,
		.incident = kept->incident,
		.starts_wall = kept->starts_wall,
		.ends_wall = kept->ends_wall,
		.updated_wall = kept->updated_wall,
		.source = kept->source,
		.timeout = kept->timeout,
		.held = kept->held,
	};
	struct wire_parts parts;
	if (!wire_body_measure(kept->body, &parts))
		return err_set(err, ERR_CORRUPT, "alert %llu has no proper body",
		    (unsigned long long)kept->number);
	struct kept_body body;
	if (intake->active == intake->alerts_max ||
	    !body_keep(intake, kept->body, parts.head_bytes, &body))
		return full(err);
	alert.head = body.head;
	alert.url = body.url;
	alert.labels_bytes = parts.labels_bytes;
	alert.expires_at = at + alert_horizon(&alert);
	(void)alert_add(intake, pack, &alert,
	    alert_tag(intake, wire_labels(alert.head, alert.labels_bytes)));
	return true;
}

static bool
take_wall(struct cbor *c, msec *ret)
{
	return cbor_u64(c, ret) &&
	       (*ret <= MOMENT_MAX || cbor_fail(c, "time out of range"));
}

static bool
take_limited(struct cbor *c, uint64_t limit, uint64_t *ret)
{
	return cbor_u64(c, ret) && (*ret < limit || cbor_fail(c, "number out of range"));
}

static bool
take_kept(struct cbor *c, uint64_t id, const uint16_t *sources, size_t source_n,
    struct kept *ret)
{
	size_t fields = 0;
	uint64_t number = 0;
	uint64_t incident = 0;
	uint64_t source = 0;
	if (!cbor_array(c, &fields) || (fields != FIELDS && fields != FIELDS + 1) ||
	    !take_limited(c, PACK_ALERTS, &number) ||
	    !take_limited(c, (uint64_t)UINT32_MAX + 1, &incident) ||
	    !take_limited(c, source_n, &source) || !take_wall(c, &ret->starts_wall) ||
	    !take_wall(c, &ret->ends_wall) || !take_wall(c, &ret->updated_wall) ||
	    !cbor_bool(c, &ret->timeout) || !cbor_bytes(c, &ret->body))
		return false;
	ret->held = false;
	if (fields > FIELDS && (!cbor_bool(c, &ret->held) || !ret->held || incident != 0))
		return false;
	ret->number = id * PACK_ALERTS + number;
	ret->incident = (incident_id)incident;
	ret->source = sources[source];
	return true;
}

static bool
corrupt(uint64_t id, const struct cbor *c, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "alert pack %llu: %s", (unsigned long long)id,
	    c->error ? c->error : "not what was written");
}

/* What stands before its alerts. */
struct pack_head {
	uint64_t as_of;
	str source[PACK_ALERTS];
	size_t source_n;
	size_t n; /* alerts */
};

static bool
take_sources(struct cbor *c, struct pack_head *head)
{
	if (!cbor_array(c, &head->source_n) || head->source_n > PACK_ALERTS)
		return false;
	for (size_t i = 0; i < head->source_n; i++) {
		if (!cbor_text(c, &head->source[i]) || head->source[i].n > SOURCE_BYTES_MAX)
			return false;
	}
	return true;
}

static bool
take_head(struct cbor *c, uint64_t id, struct pack_head *ret, struct err *err)
{
	size_t fields = 0;
	uint64_t version = 0;
	if (!cbor_array(c, &fields) || fields != 4 || !cbor_u64(c, &version) ||
	    version != VERSION || !cbor_u64(c, &ret->as_of) || !take_sources(c, ret) ||
	    !cbor_array(c, &ret->n) || ret->n == 0 || ret->n > PACK_ALERTS ||
	    id > UINT64_MAX / PACK_ALERTS - 1)
		return corrupt(id, c, err);
	return true;
}

bool
intake_load_pack(struct intake *intake, uint64_t id, str body, msec at, struct err *err)
{
	struct cbor c;
	struct pack_head head = { 0 };
	uint16_t sources[PACK_ALERTS];
	cbor_open(&c, body);
	if (!take_head(&c, id, &head, err))
		return false;
	for (size_t i = 0; i < head.source_n; i++)
		sources[i] = source_index(intake, head.source[i]);
	if (pack_find(intake, id) != NULL)
		return err_set(err, ERR_CORRUPT, "alert pack %llu is there twice",
		    (unsigned long long)id);
	struct pack_state *pack = pack_make(intake, id);
	if (pack == NULL)
		return full(err);
	pack->stored = true;
	pack->as_of = head.as_of;

	uint64_t before = 0;
	for (size_t i = 0; i < head.n; i++) {
		struct kept kept;
		if (!take_kept(&c, id, sources, head.source_n, &kept) ||
		    (i > 0 && kept.number <= before))
			return corrupt(id, &c, err);
		before = kept.number;
		struct wire_parts unused;
		kept.fingerprint =
		    wire_body_measure(kept.body, &unused) ? wire_fingerprint(kept.body) : 0;
		if (!put_kept(intake, pack, &kept, at, err))
			return false;
	}
	return cbor_close(&c) || corrupt(id, &c, err);
}

bool
intake_read_pack(uint64_t id, str body,
    bool (*take)(void *context, const struct packed_alert *alert), void *context,
    struct err *err)
{
	struct cbor c;
	struct pack_head head = { 0 };
	uint16_t sources[PACK_ALERTS];
	cbor_open(&c, body);
	if (!take_head(&c, id, &head, err))
		return false;
	for (size_t i = 0; i < head.source_n; i++)
		sources[i] = (uint16_t)i; /* its own */
	for (size_t i = 0; i < head.n; i++) {
		struct kept kept;
		if (!take_kept(&c, id, sources, head.source_n, &kept))
			return corrupt(id, &c, err);
		struct packed_alert alert = { .number = kept.number,
			.incident = kept.incident,
			.source = head.source[kept.source],
			.starts_wall = kept.starts_wall,
			.ends_wall = kept.ends_wall,
			.updated_wall = kept.updated_wall,
			.held = kept.held,
			.body = kept.body };
		if (!take(context, &alert))
			return true;
	}
	return cbor_close(&c) || corrupt(id, &c, err);
}

/* ---- applying entries ---- */

static bool
is_newer(const struct pack_state *pack, uint64_t seq)
{
	return pack != NULL && pack->as_of >= seq;
}

static void
end_alert(struct intake *intake, uint64_t number, uint64_t seq)
{
	struct pack_state *pack = pack_find(intake, number / PACK_ALERTS);
	uint32_t slot = alert_by_number(intake, number);
	if (slot == SLOT_NONE || is_newer(pack, seq))
		return;
	alert_drop(intake, slot);
	pack_touch(intake, pack, seq - 1);
}

/* Whatever the table held of it, afterwards it holds this. */
static bool
put_change(struct intake *intake, uint64_t seq, const struct kept *kept, bool fired,
    msec at, struct err *err)
{
	uint64_t id = kept->number / PACK_ALERTS;
	uint32_t slot = alert_by_number(intake, kept->number);
	if (is_newer(pack_find(intake, id), seq) || (slot == SLOT_NONE && !fired))
		return true;
	struct pack_state *pack = pack_make(intake, id);
	if (pack == NULL)
		return full(err);
	if (slot != SLOT_NONE)
		alert_drop(intake, slot);
	if (!put_kept(intake, pack, kept, at, err))
		return false;
	pack_touch(intake, pack, seq - 1);
	return true;
}

/* Held or released: nothing else of it changed. */
static void
hold_again(struct intake *intake, uint64_t seq, const struct alert_change *change,
    incident_id incident)
{
	struct pack_state *pack = pack_find(intake, change->alert / PACK_ALERTS);
	uint32_t slot = alert_by_number(intake, change->alert);
	if (slot == SLOT_NONE || is_newer(pack, seq))
		return;
	hold_set(intake, slot, change->held);
	alert_move(intake, slot, incident);
	pack_touch(intake, pack, seq - 1);
}

static bool
apply_changes(struct intake *intake, uint64_t seq, const struct step *step, msec at,
    struct err *err)
{
	const struct alerts_changed *event = &step->event.alerts_changed;
	const struct alert_change *changes = event->changes.p;
	uint16_t source = source_index(intake, event->source);
	if (step->alert_n != event->changes.n)
		return err_set(err, ERR_CORRUPT,
		    "entry %llu: %zu alert%s, but incidents of %zu",
		    (unsigned long long)seq, event->changes.n,
		    event->changes.n == 1 ? "" : "s", step->alert_n);
	for (size_t i = 0; i < event->changes.n; i++) {
		const struct alert_change *change = &changes[i];
		struct kept kept = {
			.number = change->alert,
			.fingerprint = change->fingerprint,
			.incident = step->alert_incident[i],
			.starts_wall = change->starts_wall,
			.ends_wall = change->ends_wall,
			.updated_wall = step->event.wall,
			.source = source,
			.body = change->body,
			.held = change->held,
		};
		if (change->kind == CHANGE_RESOLVED)
			end_alert(intake, change->alert, seq);
		else if (change->kind == CHANGE_HELD || change->kind == CHANGE_RELEASED)
			hold_again(intake, seq, change, step->alert_incident[i]);
		else if (!put_change(intake, seq, &kept, change->kind == CHANGE_FIRED, at,
			     err))
			return false;
	}
	return true;
}

bool
intake_apply(struct intake *intake, uint64_t seq, const struct step *step, msec at,
    struct err *err)
{
	ASSERT(seq > 0);
	if (step->event.kind == EVENT_ALERTS_CHANGED)
		return apply_changes(intake, seq, step, at, err);
	if (step->event.kind == EVENT_ALERTS_EXPIRED) {
		const struct alert_end *ends = step->event.alerts_expired.ends.p;
		for (size_t i = 0; i < step->event.alerts_expired.ends.n; i++)
			end_alert(intake, ends[i].alert, seq);
	}
	return true;
}
