/*
 * Alerts that went quiet. An alert expires when what its sender promised has passed. If that
 * was promised before we were deaf (the engine starts, the gate is back), its horizon has to
 * pass too since then: nobody could have told us otherwise.
 *
 * The slots are looked at in turn, a slice at a time. That is a walk through memory with a
 * few nanoseconds an alert; a queue by time would have to be moved at every re-send.
 */
#include "intake/state.h"

static bool
is_over(const struct intake *intake, const struct alert *alert, msec at)
{
	if (!alert_used(alert) || alert->expires_at > at)
		return false;
	return alert->heard == intake->graces || intake->grace_at == 0 ||
	       intake->grace_at + alert_horizon(alert) <= at;
}

bool
intake_sweep(struct intake *intake, msec at, size_t n, struct arena *arena,
    struct alerts_expired *ret)
{
	ASSERT(intake->pending_n == 0);
	if (n > intake->slots_used)
		n = intake->slots_used;
	struct alert_end *ends = NULL;
	size_t found = 0;
	for (size_t i = 0; i < n && found < ALERTS_PER_EVENT_MAX; i++) {
		if (intake->sweep >= intake->slots_used)
			intake->sweep = 0;
		const struct alert *alert = &intake->alert[intake->sweep++];
		if (!is_over(intake, alert, at))
			continue;
		if (ends == NULL)
			ends = arena_new(arena, struct alert_end, ALERTS_PER_EVENT_MAX);
		ends[found++] = (struct alert_end){ alert->number, alert->incident };
	}
	if (found == 0)
		return false;
	*ret = (struct alerts_expired){ .ends = { ends, found } };
	return true;
}

void
intake_expired(struct intake *intake, const struct alerts_expired *event)
{
	const struct alert_end *ends = event->ends.p;
	ASSERT(intake->pending_n == 0);
	for (size_t i = 0; i < event->ends.n; i++) {
		uint32_t slot = alert_by_number(intake, ends[i].alert);
		ASSERT(slot != SLOT_NONE);
		alert_drop(intake, slot);
		pack_touch(intake, pack_find(intake, ends[i].alert / PACK_ALERTS),
		    intake->seq);
	}
}

void
intake_grace(struct intake *intake, msec at)
{
	if (at > intake->grace_at)
		intake->grace_at = at;
	if (++intake->graces != 0)
		return;
	/* The numbers begin anew: nobody may still carry one of them. */
	for (uint32_t slot = 0; slot < intake->slots_used; slot++)
		intake->alert[slot].heard = 0;
	intake->graces = 1;
}
