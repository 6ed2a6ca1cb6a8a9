#include "cli/view.h"

#include "facts/frame.h"

/* ---- reading ---- */

bool
whole_read(struct client *client, str body, struct whole *ret)
{
	struct whole w = { 0 };
	if (!reply_one(client, body, "incident", &incident_row_type, &w.incident) ||
	    !reply_list(client, body, "timeline", &timeline_row_type, &w.timeline) ||
	    !reply_list(client, body, "runs", &run_row_type, &w.runs) ||
	    !reply_list(client, body, "attempts", &attempt_row_type, &w.attempts) ||
	    !reply_list(client, body, "decisions", &decision_row_type, &w.decisions) ||
	    !reply_list(client, body, "asked", &asked_row_type, &w.asked) ||
	    !reply_list(client, body, "notices", &notice_row_type, &w.notices) ||
	    !reply_list(client, body, "handoffs", &handoff_row_type, &w.handoffs))
		return false;
	*ret = w;
	return true;
}

str
view_enum(const struct record_type *type, const char *field, uint32_t value)
{
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct field *f = &type->fields[i];
		if (f->kind == FIELD_ENUM && str_eq(str_of(f->name), str_of(field)) &&
		    value < f->names_n && f->names[value] != NULL)
			return str_of(f->names[value]);
	}
	return STR("?");
}

str
view_who(str principal)
{
	str person = STR("person:");
	return str_starts(principal, person) ? str_drop(principal, person.n) : principal;
}

/* ---- incidents ---- */

msec
view_wall(const struct incident_row *row, msec at)
{
	return row->opened_wall + (at > row->opened_at ? at - row->opened_at : 0);
}

enum style
view_state_style(const struct incident_row *row)
{
	if (row->needs_person && row->state != INCIDENT_CLOSED)
		return STYLE_BAD;
	switch (row->state) {
	case INCIDENT_OPEN:
	case INCIDENT_ACTING:
	case INCIDENT_VERIFYING:
	case INCIDENT_HANDED_OFF:
		return STYLE_WARN;
	case INCIDENT_RECOVERED:
		return STYLE_GOOD;
	case INCIDENT_CLOSED:
		break;
	}
	return STYLE_PLAIN;
}

str
view_state(struct out *out, const struct incident_row *row)
{
	str state = view_enum(&incident_row_type, "state", row->state);
	if (row->state != INCIDENT_CLOSED)
		return state;
	switch (row->end) {
	case END_VERIFIED:
		return STR("closed: recovery verified");
	case END_RESOLVED:
		return STR("closed: the alerts resolved by themselves");
	case END_EXPIRED:
		return STR("closed: the alerts went quiet; nothing proved recovery");
	case END_PERSON:
		return arena_printf(out->arena, "closed by %.*s",
		    STR_ARG(view_who(row->acknowledged_by)));
	case END_NOT_REAL:
		return STR("closed: a check found that it was over already");
	case END_SILENCED:
	case END_INHIBITED:
		return arena_printf(out->arena, "closed: %.*s", STR_ARG(row->held_why));
	}
	return state;
}

str
view_doing(struct out *out, const struct incident_row *row)
{
	struct arena *a = out->arena;
	if (row->state == INCIDENT_CLOSED)
		return STR("");
	if (row->needs_person && row->waits_wall != 0) {
		str until = text_date_time(out, row->waits_wall);
		return arena_printf(a, "waits until %.*s, when a person is told",
		    STR_ARG(until));
	}
	if (row->needs_person)
		return row->needs_person_why.n > 0 ? arena_printf(a, "needs a person: %.*s",
							 STR_ARG(row->needs_person_why))
		                                   : STR("needs a person");
	if (row->doing.n > 0 &&
	    (row->state == INCIDENT_ACTING || row->state == INCIDENT_VERIFYING))
		return arena_printf(a, "runbook %.*s: %.*s", STR_ARG(row->runbook),
		    STR_ARG(row->doing));
	switch (row->state) {
	case INCIDENT_ACTING:
		return arena_printf(a, "runbook %.*s is at work", STR_ARG(row->runbook));
	case INCIDENT_VERIFYING:
		return arena_printf(a, "runbook %.*s looks whether it helped",
		    STR_ARG(row->runbook));
	case INCIDENT_HANDED_OFF:
		return arena_printf(a, "with %.*s (handoff %llu)", STR_ARG(row->developers),
		    (unsigned long long)row->handoff);
	case INCIDENT_RECOVERED:
		return row->alerts_active > 0
		           ? arena_printf(a, "waits for %s to clear",
				 row->alerts_active == 1 ? "1 alert" : "its alerts")
		           : STR("closes when it stays so");
	case INCIDENT_OPEN:
	case INCIDENT_CLOSED:
		break;
	}
	return row->acknowledged ? STR("") : STR("nothing is being done by Firstline");
}

static str
impact_of(const struct incident_row *row)
{
	if (row->impact.n > 0)
		return row->impact;
	return row->title.n > 0 ? row->title : row->signature;
}

/* An impact says whom it hurts; that of two incidents may be the same, which alert it was
 * says only the title. */
static bool
has_title_beside(const struct incident_row *row)
{
	return row->impact.n > 0 && row->title.n > 0;
}

static enum style
severity_style(enum severity severity)
{
	if (severity == SEV1)
		return STYLE_BAD;
	return severity == SEV2 ? STYLE_WARN : STYLE_PLAIN;
}

void
view_incident_short(struct out *out, const struct incident_row *row)
{
	struct arena *a = out->arena;
	str number = arena_printf(a, "#%u", row->id);
	str severity = view_enum(&incident_row_type, "severity", row->severity);
	out_styled(out, STYLE_BOLD, number);
	out_printf(out, "%*s", number.n < 5 ? 6 - (int)number.n : 1, "");
	out_styled(out, severity_style(row->severity), severity);
	out_text(out, STR("  "));
	out_wrapped(out, 12, (number.n < 5 ? 6 : number.n + 1) + severity.n + 2,
	    impact_of(row));
	if (has_title_beside(row)) {
		out_text(out, STR("            "));
		out_wrapped(out, 12, 12, row->title);
	}
	out_text(out, STR("            "));
	msec until = row->state == INCIDENT_CLOSED && row->closed_wall > row->opened_wall
	                 ? row->closed_wall
	                 : out->now;
	str age = text_length(a, until > row->opened_wall ? until - row->opened_wall : 0);
	str state = view_state(out, row);
	out_styled(out, view_state_style(row), state);
	str rest = arena_printf(a, "%s, %.*s%s%.*s, owner %.*s, %s%.*s",
	    row->flapping && row->state != INCIDENT_CLOSED ? ", flapping" : "",
	    STR_ARG(row->service), row->service.n > 0 ? ", " : "", STR_ARG(age),
	    STR_ARG(row->owner),
	    row->acknowledged ? "acknowledged by " : "not acknowledged",
	    STR_ARG(view_who(row->acknowledged_by)));
	out_wrapped(out, 12, 12 + state.n, rest);
	str doing = view_doing(out, row);
	if (doing.n > 0) {
		out_text(out, STR("            "));
		out_wrapped(out, 12, 12, doing);
	}
}

void
view_incident_head(struct out *out, const struct incident_row *row)
{
	struct arena *a = out->arena;
	str number = arena_printf(a, "#%u", row->id);
	out_styled(out, STYLE_BOLD, number);
	out_text(out, STR("  "));
	out_wrapped(out, number.n + 2, number.n + 2, impact_of(row));
	if (has_title_beside(row)) {
		out_printf(out, "%*s", (int)number.n + 2, "");
		out_wrapped(out, number.n + 2, number.n + 2, row->title);
	}
}

/* ---- attempts and decisions ---- */

enum style
view_attempt_style(const struct attempt_row *row)
{
	switch (row->state) {
	case ATTEMPT_EXITED:
		return row->exit_code == 0 ? STYLE_GOOD : STYLE_BAD;
	case ATTEMPT_TIMED_OUT:
	case ATTEMPT_KILLED:
	case ATTEMPT_IN_DOUBT:
		return STYLE_BAD;
	case ATTEMPT_PLANNED:
	case ATTEMPT_AUTHORIZED:
	case ATTEMPT_INTENT:
	case ATTEMPT_CLAIMED:
	case ATTEMPT_STARTED:
		return STYLE_WARN;
	case ATTEMPT_LOST:
	case ATTEMPT_SETTLED:
		break;
	}
	return STYLE_PLAIN;
}

static str
after(struct out *out, const struct attempt_row *row)
{
	msec from = row->started_wall > 0 ? row->started_wall : row->intent_wall;
	if (from == 0 || row->ended_wall < from)
		return STR("");
	return arena_printf(out->arena, " after %.*s",
	    STR_ARG(text_length(out->arena, row->ended_wall - from)));
}

/* Firstline says what the probe says. */
static str
settled_by(const struct attempt_row *row)
{
	str who = view_who(row->settled_by);
	return who.n == 0 || str_eq(who, STR("firstline")) ? STR("its probe") : who;
}

str
view_attempt_result(struct out *out, const struct attempt_row *row)
{
	struct arena *a = out->arena;
	str time = after(out, row);
	const char *colon = row->why.n > 0 ? ": " : "";
	switch (row->state) {
	case ATTEMPT_EXITED:
		return arena_printf(a, "exited %lld%.*s%s%.*s", (long long)row->exit_code,
		    STR_ARG(time), colon, STR_ARG(row->why));
	case ATTEMPT_TIMED_OUT:
		return arena_printf(a, "stopped by its timeout%.*s%s%.*s", STR_ARG(time),
		    colon, STR_ARG(row->why));
	case ATTEMPT_KILLED:
		return arena_printf(a, "ended by signal %u%.*s%s%.*s", row->signal,
		    STR_ARG(time), colon, STR_ARG(row->why));
	case ATTEMPT_LOST:
		return arena_printf(a, "never started%s%.*s", colon, STR_ARG(row->why));
	case ATTEMPT_IN_DOUBT:
		return arena_printf(a, "in doubt%s%.*s", colon, STR_ARG(row->why));
	case ATTEMPT_SETTLED:
		return arena_printf(a, "%s, says %.*s",
		    row->happened == HAPPENED_YES ? "it happened" : "it did not happen",
		    STR_ARG(settled_by(row)));
	case ATTEMPT_PLANNED:
	case ATTEMPT_AUTHORIZED:
	case ATTEMPT_INTENT:
	case ATTEMPT_CLAIMED:
	case ATTEMPT_STARTED:
		break;
	}
	return arena_printf(a, "%.*s, still out",
	    STR_ARG(view_enum(&attempt_row_type, "state", row->state)));
}

enum style
view_verdict_style(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ALLOW:
		return STYLE_GOOD;
	case VERDICT_AFTER_APPROVAL:
		return STYLE_WARN;
	case VERDICT_DENY:
		return STYLE_BAD;
	}
	return STYLE_PLAIN;
}

str
view_rule(struct out *out, const struct reason *reason)
{
	if (reason->rule.n == 0)
		return view_enum(&reason_type, "kind", reason->kind);
	if (reason->file.n == 0)
		return arena_printf(out->arena, "'%.*s'", STR_ARG(reason->rule));
	return arena_printf(out->arena, "'%.*s' %.*s:%u", STR_ARG(reason->rule),
	    STR_ARG(reason->file), reason->line);
}

/* Sentences are complete in themselves; below the rule's name it need not stand again. */
static str
without_rule(struct out *out, const struct reason *reason)
{
	str again = arena_printf(out->arena, "'%.*s' covers it", STR_ARG(reason->rule));
	if (str_eq(reason->text, again))
		return (str){ 0 };
	again = arena_printf(out->arena, "%.*s: ", STR_ARG(again));
	return str_starts(reason->text, again) ? str_drop(reason->text, again.n)
	                                       : reason->text;
}

str
view_reason(struct out *out, const struct reason *reason)
{
	if (reason->text.n == 0)
		return view_rule(out, reason);
	if (reason->rule.n == 0)
		return reason->text;
	str rest = without_rule(out, reason);
	return arena_printf(out->arena, "%.*s%s%.*s", STR_ARG(view_rule(out, reason)),
	    rest.n > 0 ? "\n" : "", STR_ARG(rest));
}

void
view_decision(struct out *out, const struct decision_row *row)
{
	struct arena *a = out->arena;
	out_styled(out, view_verdict_style(row->verdict),
	    view_enum(&decision_row_type, "verdict", row->verdict));
	str on = row->service;
	if (row->target.n > 0 && !str_eq(row->target, row->service))
		on = row->service.n > 0 ? arena_printf(a, "%.*s (%.*s)",
					      STR_ARG(row->service), STR_ARG(row->target))
		                        : row->target;
	out_printf(out, "  %.*s: %.*s on %.*s\n",
	    STR_ARG(view_chain(out, row->principal, &row->given.behalf)),
	    STR_ARG(row->action), STR_ARG(on));
	const struct reason *reasons = row->reasons.p;
	for (size_t i = 0; i < row->reasons.n; i++)
		out_field(out, "because", view_reason(out, &reasons[i]));
	view_given(out, &row->given, out_field);
	if (row->forward.n > 0)
		out_field(out, row->verdict == VERDICT_ALLOW ? "then" : "to change",
		    row->forward);
}
