/*
 * People are asked for their approval, each by a notice that says all they need to know,
 * and are told when they need not answer any more. Whose yes counts is authority's to say;
 * whoever's begins to count while it waits (a handover) is asked then.
 *
 * Where nobody of them can be reached the incident needs a person: it is no time to wait.
 */
#include "core/state.h"

#define TEXT_MAX (16 * 1024)

/* "automation", "ana", "helper for ana" */
static str
asking_text(struct core *core, const struct asked_row *row)
{
	str who = text_who(row->principal);
	for (size_t i = 0; i < row->given.behalf.n; i++) {
		str for_whom = text_who(row->given.behalf.p[i]);
		who = text_make(core, "%.*s for %.*s", STR_ARG(who), STR_ARG(for_whom));
	}
	return who;
}

static void
add_what(const struct asked_row *row, struct buf *out)
{
	buf_printf(out, "action:    %.*s (%.*s)\n", STR_ARG(row->action),
	    STR_ARG(row->verb));
	for (size_t i = 0; i < row->params.n; i++) {
		const struct pair *param = &row->params.p[i];
		str live = pairs_get(&row->given.observed, param->name);
		buf_printf(out, "with:      %.*s = %.*s%s%.*s%s\n", STR_ARG(param->name),
		    STR_ARG(param->value), live.n > 0 ? " (it is " : "", STR_ARG(live),
		    live.n > 0 ? " now)" : "");
	}
	buf_printf(out, "on:        %.*s of service %.*s", STR_ARG(row->target),
	    STR_ARG(row->service));
	if (row->given.targets_n > 1)
		buf_printf(out, ", one of %u targets", row->given.targets_n);
	buf_char(out, '\n');
}

static void
add_why(const struct judged *judged, struct buf *out)
{
	const struct reason *reasons = judged->row.reasons.p;
	for (size_t i = 0; i < judged->row.reasons.n; i++) {
		const struct reason *reason = &reasons[i];
		if (reason->kind == REASON_APPROVAL)
			buf_printf(out, "because:   %.*s (%.*s:%u)\n",
			    STR_ARG(reason->text), STR_ARG(reason->file), reason->line);
	}
}

static void
add_asked_by(struct core *core, const struct asked_row *row, struct buf *out)
{
	str who = asking_text(core, row);
	buf_printf(out, "asked by:  %.*s", STR_ARG(who));
	const struct run *run = object_find(core, TABLE_RUN, row->run);
	if (run != NULL)
		buf_printf(out, ", step %.*s of runbook %.*s", STR_ARG(row->step),
		    STR_ARG(run->row.runbook));
	buf_char(out, '\n');
}

static str
may_text(struct core *core, const struct asked_row *row)
{
	unsigned long long id = row->id;
	return text_make(core,
	    "firstline approve %llu    (start it)\n"
	    "firstline deny %llu    (it is not started)\n"
	    "firstline incident show %u    (all about it)\n",
	    id, id, row->incident);
}

static void
add_may(str may, struct buf *out)
{
	buf_add(out, STR("\nYou may:\n"));
	while (may.n > 0) {
		struct str_cut line = str_cut(may, '\n');
		buf_printf(out, "  %.*s\n", STR_ARG(line.head));
		may = line.tail;
	}
}

static str
subject_of(struct core *core, const struct incident *incident, const struct asked_row *row,
    str state)
{
	return text_line(core,
	    text_make(core, "[%s] %.*s: %.*s on %.*s (incident %u): %.*s",
		severity_name(incident->row.severity), STR_ARG(row->service),
		STR_ARG(row->action), STR_ARG(row->target), incident->row.id,
		STR_ARG(state)),
	    400);
}

static struct pairs
fields_of(struct core *core, const struct incident *incident, const struct asked_row *row,
    str doing, str may)
{
	const struct incident_row *of = &incident->row;
	const struct pair fields[] = {
		{ STR("action"), row->action },
		{ STR("asked"), text_make(core, "%llu", (unsigned long long)row->id) },
		{ STR("doing"), doing },
		{ STR("impact"), of->impact },
		{ STR("incident"), text_make(core, "%u", of->id) },
		{ STR("owner"), of->owner },
		{ STR("service"), row->service },
		{ STR("severity"), str_of(severity_name(of->severity)) },
		{ STR("state"), str_of(incident_state_name(of->state)) },
		{ STR("target"), row->target },
		{ STR("until"), text_wall(core, row->ends_wall) },
		{ STR("url"), text_url(core, of->id) },
		{ STR("you_can"), may },
	};
	struct pair *p = arena_new(&core->scratch, struct pair, countof(fields));
	memcpy(p, fields, sizeof(fields));
	return (struct pairs){ p, countof(fields) };
}

static struct notice_words
words_asking(struct core *core, const struct incident *incident,
    const struct asked_row *row, const struct judged *judged)
{
	str who = asking_text(core, row);
	str may = may_text(core, row);
	str until = text_when(core, row->ends_wall);
	str left = text_ms(core, row->ends_at - core->at);
	str url = text_url(core, incident->row.id);
	struct buf out = BUF(TEXT_MAX);
	buf_printf(&out, "%.*s asks for %.*s on %.*s. It needs your approval.\n\n",
	    STR_ARG(who), STR_ARG(row->action), STR_ARG(row->target));
	add_what(row, &out);
	add_asked_by(core, row, &out);
	add_why(judged, &out);
	if (row->yes_missing > 1)
		buf_printf(&out, "needs:     %u people\n", row->yes_missing);
	buf_printf(&out, "until:     %.*s (%.*s)\n", STR_ARG(until), STR_ARG(left));
	buf_printf(&out, "\nincident %u: %.*s\n%.*s.\n", incident->row.id,
	    STR_ARG(incident->row.title), STR_ARG(incident->row.impact));
	add_may(may, &out);
	buf_printf(&out, "\n%.*s\n", STR_ARG(url));
	str doing = text_make(core, "waiting for approval of %.*s on %.*s",
	    STR_ARG(row->action), STR_ARG(row->target));
	str state = STR("needs your approval");
	struct notice_words words = { .subject = subject_of(core, incident, row, state),
		.text = arena_str(&core->scratch, buf_str(&out)),
		.fields = fields_of(core, incident, row, doing, may),
		.asked = row->id };
	buf_done(&out);
	return words;
}

/* ---- asking ---- */

/* Compared with why the incident needs a person: it is made of the row alone. */
static str
unreachable_text(struct core *core, const struct asked_row *row)
{
	str who = text_list(core, &row->approvers, 5);
	return text_make(core,
	    "%.*s on %.*s waits for approval by %.*s, whom no notice reaches: `firstline "
	    "approve %llu` or `firstline deny %llu`",
	    STR_ARG(row->action), STR_ARG(row->target), STR_ARG(who),
	    (unsigned long long)row->id, (unsigned long long)row->id);
}

static void
say_waits(struct core *core, const struct asked_row *row)
{
	str until = text_when(core, row->ends_wall);
	str who = text_list(core, &row->approvers, VOTES_MAX);
	timeline_add(core, row->incident, TIMELINE_ASKED, FIRSTLINE, row->id,
	    "%.*s on %.*s waits for approval until %.*s, by %.*s (firstline approve %llu)",
	    STR_ARG(row->action), STR_ARG(row->target), STR_ARG(until), STR_ARG(who),
	    (unsigned long long)row->id);
}

void
asked_tell(struct core *core, struct asked *asked, const struct judged *judged, bool first)
{
	struct asked_row *row = &asked->row;
	struct incident *incident = incident_find(core, row->incident);
	ASSERT(incident != NULL);
	const struct strs *may = &judged->approvers;
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	struct strs all = { arena_new(&core->scratch, str, row->approvers.n + may->n),
		row->approvers.n };
	for (size_t i = 0; i < row->approvers.n; i++)
		all.p[i] = row->approvers.p[i];
	for (size_t i = 0; i < may->n && all.n < VOTES_MAX; i++) {
		if (strs_has(&all, may->p[i]))
			continue;
		all.p[all.n++] = may->p[i];
		const struct person *person = model_person(core->newest->model, may->p[i]);
		if (person != NULL)
			recipients_person(to, person);
	}
	if (all.n > row->approvers.n)
		row_set_strs(core, &row->approvers, all);
	if (first)
		say_waits(core, row);
	struct notice_words words = words_asking(core, incident, row, judged);
	notices_make(core, incident, PURPOSE_APPROVAL, to, &words);
	if (first && to->n == 0) {
		gap_add(core, GAP_NOBODY, row->action, incident->row.owner, incident,
		    text_make(core, "nobody who may approve %.*s can be reached",
			STR_ARG(row->action)));
		person_need(core, incident, unreachable_text(core, row));
	}
}

/* ---- the end ---- */

static str
end_text(const struct asked_row *row)
{
	switch (row->state) {
	case ASKED_STARTED:
		return STR("approved and started");
	case ASKED_REFUSED:
		return STR("refused");
	case ASKED_EXPIRED:
		return STR("expired");
	case ASKED_VOID:
		return STR("not wanted any more");
	case ASKED_FACTS:
	case ASKED_APPROVAL:
		break;
	}
	UNREACHABLE();
}

static struct notice_words
words_end(struct core *core, const struct incident *incident, const struct asked_row *row)
{
	str how = end_text(row);
	str may = text_make(core, "firstline incident show %u    (all about it)\n",
	    incident->row.id);
	str url = text_url(core, incident->row.id);
	struct buf out = BUF(TEXT_MAX);
	buf_printf(&out, "%.*s on %.*s is %.*s: %.*s. Nobody need answer any more.\n\n",
	    STR_ARG(row->action), STR_ARG(row->target), STR_ARG(how), STR_ARG(row->why));
	add_what(row, &out);
	add_asked_by(core, row, &out);
	add_may(may, &out);
	buf_printf(&out, "\n%.*s\n", STR_ARG(url));
	struct notice_words words = { .subject = subject_of(core, incident, row, how),
		.text = arena_str(&core->scratch, buf_str(&out)),
		.fields = fields_of(core, incident, row, how, may),
		.asked = row->id };
	buf_done(&out);
	return words;
}

/* Whoever may have read that they are asked, by the way that reached them. */
static void
keep_asked(struct recipients *to, const struct asked_row *row, const struct strs *not_yet,
    str by)
{
	size_t n = 0;
	for (size_t i = 0; i < to->n; i++) {
		str person = to->p[i].person;
		if (person.n > 0 && strs_has(&row->approvers, person) &&
		    !strs_has(not_yet, person) && !str_eq(person, text_who(by)))
			to->p[n++] = to->p[i];
	}
	to->n = n;
}

/* A person who asked by hand, and does not see it start, hears of it. */
static void
add_asking(const struct core *core, struct recipients *to, const struct asked_row *row,
    str by)
{
	if (row->run != 0 || row->state == ASKED_STARTED)
		return;
	for (size_t i = 0; i <= row->given.behalf.n; i++) {
		str who = i == 0 ? row->principal : row->given.behalf.p[i - 1];
		const struct person *person =
		    str_starts(who, STR("person:")) && !str_eq(who, by)
			? model_person(core->newest->model, text_who(who))
			: NULL;
		if (person != NULL)
			recipients_person(to, person);
	}
}

void
asked_tell_end(struct core *core, struct asked *asked, str by)
{
	const struct asked_row *row = &asked->row;
	struct incident *incident = incident_find(core, row->incident);
	if (incident == NULL)
		return;
	struct strs not_yet = notices_unask(core, incident, PURPOSE_APPROVAL, row->id);
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_told(to, incident);
	keep_asked(to, row, &not_yet, by);
	add_asking(core, to, row, by);
	struct notice_words words = words_end(core, incident, row);
	notices_make(core, incident, PURPOSE_APPROVAL_ENDED, to, &words);
	if (incident->row.needs_person &&
	    str_eq(incident->row.needs_person_why,
		text_line(core, unreachable_text(core, row), TIMELINE_TEXT_MAX)))
		person_clear(core, incident);
}
