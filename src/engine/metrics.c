#include "engine/state.h"
#include "os/clock.h"

static void
add(struct answer_out *a, const char *name, bool counter, uint64_t value, const char *help)
{
	struct metric_item item = { .name = str_of(name),
		.help = str_of(help),
		.counter = counter,
		.value = value };
	answer_record(a, ITEM_METRIC, &item);
}

static void
add_silences(struct engine *engine, struct answer_out *a)
{
	uint64_t
	    n[] = { [SILENCE_ACTIVE] = 0, [SILENCE_PENDING] = 0, [SILENCE_EXPIRED] = 0 };
	struct arena scratch = *a->arena;
	const struct silence_row **rows =
	    arena_new(&scratch, const struct silence_row *, CORE_SILENCES_MAX);
	size_t count = core_silences(engine->core, rows, CORE_SILENCES_MAX);
	msec wall = clock_wall();
	for (size_t i = 0; i < count; i++)
		n[silence_state(rows[i], wall)]++;
	add(a, "silences_active", false, n[SILENCE_ACTIVE], "Silences in force");
	add(a, "silences_pending", false, n[SILENCE_PENDING],
	    "Silences that are yet to start");
	add(a, "silences_expired", false, n[SILENCE_EXPIRED],
	    "Silences that ended less than 120 hours ago");
}

static void
add_refused(struct answer_out *a, const struct counters *n)
{
	static const char *const names[REFUSAL_KINDS] = { "full", "source", "alertname",
		"rate" };
	for (size_t i = 0; i < REFUSAL_KINDS; i++) {
		struct pair why = { STR("why"), str_of(names[i]) };
		struct metric_item item = { .name = STR("alerts_refused"),
			.help = STR("New or changed alerts refused at a limit, by which"),
			.counter = true,
			.labels = { &why, 1 },
			.value = n->alerts_refused[i] };
		answer_record(a, ITEM_METRIC, &item);
	}
}

void
metrics_answer(struct engine *engine, struct answer_out *a)
{
	const struct counters *n = &engine->n;
	struct core_counts now = core_counts(engine->core);
	const struct control_row *control = core_control(engine->core);

	add(a, "alerts_fired", true, n->alerts_fired, "New alerts taken, since start");
	add(a, "alerts_changed", true, n->alerts_changed, "Alerts whose text changed");
	add(a, "alerts_resolved", true, n->alerts_resolved,
	    "Alerts resolved by their source");
	add(a, "alerts_unchanged", true, n->alerts_unchanged,
	    "Alerts re-sent with no news");
	add(a, "alerts_expired", true, n->alerts_expired, "Alerts whose source went quiet");
	add_refused(a, n);
	add(a, "alert_batches", true, n->batches, "Batches of alerts taken");
	add(a, "commits", true, n->commits, "Journal entries committed");
	add(a, "commit_microseconds", true, n->commit_us, "Time spent committing");
	add(a, "frames_bad", true, n->frames_bad, "Malformed messages from another role");
	add(a, "rows_damaged", false, engine->damaged_n,
	    "Rows of the store that were damaged and left out at the start");
	add(a, "quarantine_dropped", true, n->quarantine_dropped,
	    "Bodies let go of because the quarantine was full");
	add(a, "unauthorized", true, n->unauthorized,
	    "Requests refused for want of a token or role");
	add(a, "signins_failed", true, n->signin_failed,
	    "Sign-ins with a wrong or used link, password or token");
	add(a, "signins_slowed", true, n->signin_slowed,
	    "Sign-ins refused because there were too many tries");
	add(a, "incidents_opened", true, control->incidents_opened,
	    "Incidents opened, ever");
	add(a, "incidents_closed", true, control->incidents_closed,
	    "Incidents closed, ever");
	add(a, "attempts_started", true, control->attempts_started,
	    "Attempts ordered, ever");
	add(a, "notices_delivered", true, control->notices_delivered,
	    "Notices a provider took, ever");
	add(a, "alerts_overflowed", true, control->overflowed,
	    "Alerts put into overflow incidents, ever");
	add(a, "alerts_active", false, intake_active(engine->intake), "Alerts active now");
	add(a, "alerts_held", false, intake_held(engine->intake),
	    "Active alerts that are silenced or inhibited");
	add_silences(engine, a);
	add(a, "alert_packs_trailing", false, intake_packs_dirty(engine->intake),
	    "Alert packs not yet written; their alerts are in the journal");
	add(a, "incidents_open", false, now.incidents_open, "Incidents open now");
	add(a, "incidents_needing_person", false, now.needing_person,
	    "Of those, waiting for a person");
	add(a, "runs_active", false, now.runs, "Runbooks running now");
	add(a, "attempts_open", false, now.attempts_open, "Attempts without a known end");
	add(a, "notices_waiting", false, now.notices_open, "Notices not yet delivered");
	channels_metrics(engine, a);
	add(a, "approvals_waiting", false, now.approvals,
	    "Actions that wait for a person's yes");
	add(a, "services_in_hand", false, now.hands_on,
	    "Services that a person has in hand");
	add(a, "glass_broken", false, now.glass, "Broken glass in force now");
	add(a, "glass_unreviewed", false, now.unreviewed,
	    "Broken glass that is over and that nobody has reviewed");
	add(a, "glasses_broken", true, control->glasses_broken,
	    "Times that somebody broke the glass, ever");
	add(a, "permits_asked", true, control->permits_asked,
	    "Times that a person was asked to permit what a runbook would do, ever");
	add(a, "permits_given", true, control->permits_given, "Of those, permitted");
	add(a, "vetoes_offered", true, control->vetoes_offered,
	    "Times that what a runbook would do was announced for a veto, ever");
	add(a, "vetoes_said", true, control->vetoes_said,
	    "Times that a person vetoed what a runbook would do, ever");
	add(a, "approvals_asked", true, control->approvals_asked,
	    "Times that people were asked to approve an action, ever");
	add(a, "promotions", true, control->promotions,
	    "Times that a person let a runbook go further, ever");
	add(a, "demotions", true, control->demotions,
	    "Times that a runbook was held back by what it did, ever");
	add(a, "drills", true, control->drills, "Drills begun, ever");
	add(a, "shadow_runs", true, control->shadow_runs,
	    "Runs in shadow that would have acted, ever");
	add(a, "gaps_open", false, now.gaps, "Operational gaps on record");
	add(a, "starts_remembered", false, now.uses,
	    "Starts of actions that limits count, or would");
	add(a, "core_bytes", false, now.bytes, "Memory of all that is open or remembered");
	add(a, "journal_entries", true, engine->head.seq, "Entries in the journal");
	add(a, "journal_let_go", true, keep_begins(engine),
	    "Of those, let go of because they were old");
	add(a, "refusing", false, engine->refusing,
	    "1 while there is no room on the disk, or it is read-only");
	add(a, "stopped", false, control->stopped, "1 while stop-all is in force");
	add(a, "hands_up", false, engine->hands.peer != NULL,
	    "1 while the hands role is there");
	add(a, "epoch", true, engine->epoch, "Starts of the engine");
}
