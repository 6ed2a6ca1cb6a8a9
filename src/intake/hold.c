/*
 * Which alerts are held: found when they fire, and again when something that holds alerts
 * came or went. The answer becomes a fact of the event; the core never works it out.
 *
 *	a silence was made, changed, starts or ends      all alerts, a slice at a time
 *	the rules of inhibition changed                  the same
 *	an alert that inhibits others came or went       those that it may inhibit
 */
#include "intake/state.h"

#define RELEASED_BYTES_MAX ((size_t)1 << 20) /* bodies in one event */
#define HOLD_CHANGES_MAX 1024                /* alerts in one event */
#define OPEN_AN_ALERT 4 /* open silences that cost what an alert does */

static bool
is_suppressing(const struct intake *intake)
{
	return intake->silenced.n > 0 || intake->inhibition.n > 0;
}

/* ---- asking ---- */

/* The one that holds it for longest, so that what is said of it lasts. */
static const struct silenced_by *
silence_of(const struct intake *intake, const struct pairs *labels, msec wall)
{
	const struct silenced_by *all[ALERT_HOLDERS_MAX];
	size_t n = silenced_find(&intake->silenced, labels, wall, all, countof(all));
	const struct silenced_by *last = NULL;
	for (size_t i = 0; i < n; i++) {
		if (last == NULL || all[i]->ends_wall > last->ends_wall ||
		    (all[i]->ends_wall == last->ends_wall && all[i]->id < last->id))
			last = all[i];
	}
	return last;
}

/* Is it held, and by what? */
static bool
look(const struct intake *intake, uint32_t slot, msec wall, struct alert_change *ret)
{
	const struct alert *alert = &intake->alert[slot];
	if (intake->silenced.n > 0) {
		struct pairs labels = labels_of_body(alert->head, intake->pairs);
		const struct silenced_by *by = silence_of(intake, &labels, wall);
		ret->silence = by != NULL ? by->id : 0;
		if (by != NULL)
			return true;
	}
	uint32_t inhibitor;
	if (inhibition_find(&intake->inhibition, slot, &inhibitor, 1) == 0)
		return false;
	ret->inhibitor = intake->alert[inhibitor].fingerprint;
	return true;
}

void
intake_holders(const struct intake *intake, const struct alert *alert, msec wall,
    struct holders *ret)
{
	*ret = (struct holders){ .silence_n = 0 };
	/* Once all were looked at, what is not held has nobody who holds it. */
	if (!is_suppressing(intake) || (!alert->held && !intake_hold_waits(intake)))
		return;
	struct pairs labels = labels_of_body(alert->head, intake->pairs);
	const struct silenced_by *all[ALERT_HOLDERS_MAX];
	ret->silence_n = silenced_find(&intake->silenced, &labels, wall, all, countof(all));
	for (size_t i = 0; i < ret->silence_n; i++) {
		size_t at = i; /* sorted: they come in no order */
		for (; at > 0 && str_cmp(ret->silence[at - 1], all[i]->uuid) > 0; at--)
			ret->silence[at] = ret->silence[at - 1];
		ret->silence[at] = all[i]->uuid;
	}
	uint32_t slots[ALERT_HOLDERS_MAX];
	ret->inhibitor_n = inhibition_find(&intake->inhibition,
	    (uint32_t)(alert - intake->alert), slots, countof(slots));
	for (size_t i = 0; i < ret->inhibitor_n; i++)
		ret->inhibitor[i] = intake->alert[slots[i]].fingerprint;
}

/* ---- what holds alerts changes ---- */

/* All alerts are to be looked at, from where the walk stands once around. */
static void
look_at_all(struct intake *intake)
{
	intake->hold_left = intake->slots_used;
}

void
intake_silences(struct intake *intake, const struct silence_row *const *rows, size_t n,
    msec wall)
{
	bool any = intake->silenced.n > 0;
	silenced_renew(&intake->silenced, &intake->key, rows, n, wall);
	if (any || intake->silenced.n > 0 || intake->held > 0)
		look_at_all(intake);
}

void
intake_inhibit(struct intake *intake, const struct inhibit_rule *rules, size_t n)
{
	struct inhibition *inhibition = &intake->inhibition;
	if (inhibition_has(inhibition, rules, n)) {
		if (intake->held > 0)
			look_at_all(intake); /* after a start: held by rules that went */
		return;
	}
	for (uint32_t slot = 0; slot < intake->slots_used && inhibition->n > 0; slot++) {
		if (alert_used(&intake->alert[slot]))
			inhibition_remove(inhibition, slot);
	}
	inhibition_rules(inhibition, rules, n);
	for (uint32_t slot = 0; slot < intake->slots_used && inhibition->n > 0; slot++) {
		if (alert_used(&intake->alert[slot]))
			hold_alert_added(intake, slot);
	}
	look_at_all(intake);
}

void
hold_alert_added(struct intake *intake, uint32_t slot)
{
	if (intake->inhibition.n == 0)
		return;
	struct pairs labels = labels_of_body(intake->alert[slot].head, intake->pairs);
	inhibition_add(&intake->inhibition, slot, &labels);
}

void
hold_set(struct intake *intake, uint32_t slot, bool held)
{
	struct alert *alert = &intake->alert[slot];
	intake->held += held && !alert->held ? 1 : 0;
	intake->held -= !held && alert->held ? 1 : 0;
	alert->held = held;
}

/* ---- events ---- */

void
hold_fired(struct intake *intake, struct alert_change *changes, size_t n, msec wall)
{
	if (!is_suppressing(intake))
		return;
	for (size_t i = 0; i < n; i++) {
		if (changes[i].kind != CHANGE_FIRED)
			continue;
		changes[i].held = look(intake, intake->pending[i], wall, &changes[i]);
		hold_set(intake, intake->pending[i], changes[i].held);
	}
}

static bool
next_slot(struct intake *intake, uint32_t *ret)
{
	if (inhibition_again(&intake->inhibition, ret))
		return true;
	if (intake->hold_left == 0)
		return false;
	intake->hold_left--;
	if (intake->hold_at >= intake->slots_used)
		intake->hold_at = 0;
	*ret = intake->hold_at++;
	return true;
}

/* The slot is in the event already: it was waiting twice. */
static bool
is_pending(const struct intake *intake, uint32_t slot)
{
	for (size_t i = 0; i < intake->pending_n; i++) {
		if (intake->pending[i] == slot)
			return true;
	}
	return false;
}

static bool
add_change(struct intake *intake, uint32_t slot, msec wall, struct arena *arena,
    struct alert_change *ret, size_t *bytes)
{
	const struct alert *alert = &intake->alert[slot];
	struct alert_change change = { .alert = alert->number,
		.incident = alert->incident,
		.fingerprint = alert->fingerprint,
		.starts_wall = alert->starts_wall,
		.ends_wall = alert->ends_wall };
	change.held = look(intake, slot, wall, &change);
	if (change.held == alert->held || is_pending(intake, slot))
		return false;
	change.kind = change.held ? CHANGE_HELD : CHANGE_RELEASED;
	if (!change.held) {
		size_t n = alert_body_bytes(alert);
		struct buf body = { .p = arena_new(arena, char, n), .cap = n, .max = n };
		alert_put_body(alert, &body);
		change.body = buf_str(&body);
		*bytes += n;
	}
	*ret = change;
	return true;
}

bool
intake_hold(struct intake *intake, msec wall, size_t n, struct arena *arena,
    struct alerts_changed *ret)
{
	ASSERT(intake->pending_n == 0);
	struct alert_change *changes = NULL;
	size_t bytes = 0;
	uint32_t slot;
	size_t cost = 1 + intake->silenced.open / OPEN_AN_ALERT;
	for (size_t i = 0; i < n && intake->pending_n < HOLD_CHANGES_MAX &&
			   bytes < RELEASED_BYTES_MAX && next_slot(intake, &slot);
	     i += cost) {
		if (!alert_used(&intake->alert[slot]))
			continue;
		if (changes == NULL)
			changes = arena_new(arena, struct alert_change, HOLD_CHANGES_MAX);
		if (add_change(intake, slot, wall, arena, &changes[intake->pending_n],
			&bytes))
			intake->pending[intake->pending_n++] = slot;
	}
	if (intake->pending_n == 0)
		return false;
	*ret = (struct alerts_changed){ .source = STR("firstline"),
		.changes = { changes, intake->pending_n } };
	return true;
}

bool
intake_hold_waits(const struct intake *intake)
{
	return intake->hold_left > 0 || !list_empty(&intake->inhibition.again);
}

uint64_t
intake_held(const struct intake *intake)
{
	return intake->held;
}
