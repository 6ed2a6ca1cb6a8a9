/*
 * Firstline about itself: its own faults are incidents, one for each kind of fault, which
 * close when nothing of the kind happened for an hour, or soon after who told of it says that
 * it is over. What the kernel lacks is a gap: it comes back with every start, and nobody needs
 * to be woken for it again. So is a calendar that cannot be fetched: its last copy stands.
 */
#include "core/state.h"

static const char *
kind_text(enum self_kind kind)
{
	switch (kind) {
	case SELF_ROLE_DIED:
		return "role-died";
	case SELF_QUARANTINED:
		return "quarantined";
	case SELF_SANDBOX_GAP:
		return "sandbox-gap";
	case SELF_OVERFLOW:
		return "overflow";
	case SELF_DISK_FULL:
		return "disk-full";
	case SELF_SOURCE_BAD:
		return "source-bad";
	case SELF_TLS:
		return "tls";
	case SELF_CALENDAR:
		return "calendar";
	case SELF_DAMAGED:
		return "damaged";
	}
	UNREACHABLE();
}

static str
recurrence_of(struct core *core, const struct self *self)
{
	return text_make(core, "firstline=%s", kind_text(self->kind));
}

static struct incident *
incident_of(struct core *core, str recurrence, str text, bool *ret_new)
{
	uint64_t key = incident_key((str){ 0 }, recurrence);
	struct incident *incident =
	    incident_by_key(core, &key, (str){ 0 }, recurrence, false);
	*ret_new = incident == NULL;
	if (incident != NULL)
		return incident;
	struct opening opening = { .severity = SEV3,
		.recurrence = recurrence,
		.title = text_make(core, "Firstline itself: %.*s", STR_ARG(text)),
		.impact =
		    STR("Firstline itself is affected; production is not known to be"),
		.key = key };
	return incident_open(core, &opening);
}

/* Once more: the incident of its kind, which is opened the first time. */
static void
happened(struct core *core, str recurrence, str title, str subject, str text)
{
	bool is_new;
	struct incident *incident = incident_of(core, recurrence, title, &is_new);
	if (incident == NULL)
		return;
	uint32_t n = ++incident->row.alerts_total;
	if (n <= ALERTS_TOLD || n % 100 == 0)
		timeline_add(core, incident->row.id, TIMELINE_SELF, FIRSTLINE, 0,
		    "%.*s%s%.*s", STR_ARG(subject), subject.n > 0 ? ": " : "",
		    STR_ARG(text));
	incident->row.settle_at = core->at + SELF_SETTLE_MS;
	object_touch(core, &incident->o);
	if (is_new)
		incident_begin(core, incident);
	incident_arm(core, incident);
}

/* All that its incident told of has ended: it need not wait for the hour. */
static void
end_told(struct core *core, str recurrence, str subject, str text)
{
	uint64_t key = incident_key((str){ 0 }, recurrence);
	struct incident *incident =
	    incident_by_key(core, &key, (str){ 0 }, recurrence, false);
	if (incident == NULL)
		return;
	timeline_add(core, incident->row.id, TIMELINE_SELF, FIRSTLINE, 0, "%.*s: %.*s",
	    STR_ARG(subject), STR_ARG(text));
	incident->row.settle_at = core->at + SETTLE_MS;
	object_touch(core, &incident->o);
	incident_arm(core, incident);
}

void
on_self(struct core *core, const struct self *self)
{
	if (core->newest == NULL) {
		/* Nobody to tell yet. */
		timeline_add(core, 0, TIMELINE_SELF, FIRSTLINE, 0, "%.*s",
		    STR_ARG(self->text));
		return;
	}
	if (self->kind == SELF_SANDBOX_GAP) {
		gap_add(core, GAP_SANDBOX, self->subject.n > 0 ? self->subject : self->text,
		    core->newest->model->fallback->name, NULL, self->text);
		return;
	}
	if (self->kind == SELF_CALENDAR) {
		if (self->over)
			gap_close(core, GAP_CALENDAR, self->subject);
		else
			gap_add(core, GAP_CALENDAR, self->subject,
			    core->newest->model->fallback->name, NULL, self->text);
		return;
	}
	if (self->over) {
		end_told(core, recurrence_of(core, self), self->subject, self->text);
		return;
	}
	happened(core, recurrence_of(core, self), self->text, self->subject, self->text);
}

static str
channel_recurrence(struct core *core, str channel)
{
	return text_make(core, "firstline=channel-down %.*s", STR_ARG(channel));
}

void
self_channel_down(struct core *core, str channel, str text)
{
	happened(core, channel_recurrence(core, channel),
	    text_make(core, "channel %.*s is down", STR_ARG(channel)), (str){ 0 }, text);
}

void
self_channel_up(struct core *core, str channel, str text)
{
	end_told(core, channel_recurrence(core, channel),
	    text_make(core, "channel %.*s", STR_ARG(channel)), text);
}

void
self_refused(struct core *core, const struct attempt_row *attempt, str judged)
{
	judged = text_line(core, judged, TITLE_MAX / 2);
	str of =
	    text_make(core, "attempt %llu, %.*s on %.*s of %.*s for incident %u by %.*s",
		(unsigned long long)attempt->id, STR_ARG(attempt->action),
		STR_ARG(attempt->target), STR_ARG(attempt->service), attempt->incident,
		STR_ARG(attempt->principal));
	happened(core, text_make(core, "firstline=order-refused %.*s", STR_ARG(judged)),
	    text_make(core,
		"hands refused an order that was allowed, by the same configuration (%.*s)",
		STR_ARG(judged)),
	    of, attempt->why);
}
