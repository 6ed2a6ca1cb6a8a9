#include "gate/reading.h"

#include "facts/row.h"

/* ---- text ---- */

void
html_put(struct buf *b, str text)
{
	size_t from = 0;
	for (size_t i = 0; i < text.n; i++) {
		str as;
		switch (text.p[i]) {
		case '&':
			as = STR("&amp;");
			break;
		case '<':
			as = STR("&lt;");
			break;
		case '>':
			as = STR("&gt;");
			break;
		case '"':
			as = STR("&quot;");
			break;
		case '\'':
			as = STR("&#39;");
			break;
		default:
			continue;
		}
		buf_put(b, text.p + from, i - from);
		buf_add(b, as);
		from = i + 1;
	}
	if (text.n > from)
		buf_put(b, text.p + from, text.n - from);
}

void
html_time(struct buf *b, msec wall)
{
	struct buf text = BUF(64);
	buf_time(&text, wall);
	str s = buf_str(&text);
	buf_add(b, STR("<time datetime=\""));
	html_put(b, s);
	buf_add(b, STR("\">"));
	if (s.n >= 19) {
		html_put(b, str_take(s, 10));
		buf_char(b, ' ');
		html_put(b, str_take(str_drop(s, 11), 8));
		buf_add(b, STR(" UTC"));
	}
	buf_add(b, STR("</time>"));
	buf_done(&text);
}

static void
put_pairs(struct buf *b, const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		buf_add(b, i > 0 ? STR(" <code>") : STR("<code>"));
		html_put(b, pairs->p[i].name);
		buf_add(b, STR("</code> "));
		html_put(b, pairs->p[i].value);
	}
}

/* "person:ana" is ana. */
static void
put_who(struct buf *b, str principal)
{
	struct str_cut cut = str_cut(principal, ':');
	html_put(b, cut.found && str_eq(cut.head, STR("person")) ? cut.tail : principal);
}

static void
put_term(struct buf *b, const char *name)
{
	buf_printf(b, "<dt>%s</dt><dd>", name);
}

static void
put_text(struct buf *b, const char *name, str text)
{
	if (text.n == 0)
		return;
	put_term(b, name);
	html_put(b, text);
	buf_add(b, STR("</dd>\n"));
}

static void
put_moment(struct buf *b, const char *name, msec wall)
{
	if (wall == 0)
		return;
	put_term(b, name);
	html_time(b, wall);
	buf_add(b, STR("</dd>\n"));
}

/* ---- an incident ---- */

static const char *
end_words(enum incident_end end)
{
	switch (end) {
	case END_VERIFIED:
		return "recovered, and that is verified";
	case END_RESOLVED:
		return "its source says it is over";
	case END_EXPIRED:
		return "its source went quiet";
	case END_PERSON:
		return "a person resolved it";
	case END_NOT_REAL:
		return "a check says it is not so";
	case END_SILENCED:
		return "a silence holds its alerts";
	case END_INHIBITED:
		return "another alert holds its alerts";
	}
	return "";
}

/* Of the engine's clock. */
static msec
wall_of(const struct incident_row *row, msec at)
{
	return at == 0 ? 0 : row->opened_wall + (at - row->opened_at);
}

static void
put_state(struct buf *b, const struct incident_row *row)
{
	put_term(b, "State");
	buf_printf(b, "%s, %s", severity_name(row->severity),
	    incident_state_name(row->state));
	if (row->state == INCIDENT_CLOSED)
		buf_printf(b, ": %s", end_words(row->end));
	buf_add(b, row->drill ? STR(" (a drill)</dd>\n") : STR("</dd>\n"));
}

static void
put_owner(struct buf *b, const struct incident_row *row)
{
	put_text(b, "Owner", row->owner);
	put_term(b, "With");
	if (row->acknowledged)
		put_who(b, row->acknowledged_by);
	else
		buf_add(b, STR("nobody yet"));
	buf_add(b, STR("</dd>\n"));
}

static void
put_times(struct buf *b, const struct incident_row *row)
{
	bool open = row->state != INCIDENT_CLOSED;
	put_moment(b, "Opened", row->opened_wall);
	put_moment(b, "Recovered", row->recovered_wall);
	put_moment(b, "Closed", row->closed_wall);
	if (open && !row->acknowledged && row->muted_by == 0 && row->settle_at == 0)
		put_moment(b, "The next is told", wall_of(row, row->escalate_at));
	if (open)
		put_moment(b, "It closes", wall_of(row, row->settle_at));
}

static void
put_incident(struct buf *b, const struct incident_row *row)
{
	buf_add(b, STR("<p><a href=\"/incidents\">All open incidents</a></p>\n<h1>"));
	html_put(b, row->title);
	buf_add(b, STR("</h1>\n<p class=\"impact\"><b>"));
	html_put(b, row->impact);
	buf_add(b, STR(".</b></p>\n"));
	if (row->needs_person && row->state != INCIDENT_CLOSED) {
		buf_add(b, STR("<p class=\"wrong\">Needs a person: "));
		html_put(b, row->needs_person_why);
		buf_add(b, STR("</p>\n"));
	}
	buf_printf(b, "<dl>\n<dt>Incident</dt><dd>%u</dd>\n", row->id);
	put_state(b, row);
	put_text(b, "Service", row->service);
	put_text(b, "Environment", row->environment);
	put_owner(b, row);
	put_times(b, row);
	put_text(b, "Runbook", row->runbook);
	buf_printf(b, "<dt>Alerts</dt><dd>%u active of %u</dd>\n", row->alerts_active,
	    row->alerts_total);
	if (row->previous != 0)
		buf_printf(b,
		    "<dt>Seen before</dt><dd>last as <a "
		    "href=\"/incidents/%u\">%u</a></dd>\n",
		    row->previous, row->previous);
	buf_add(b, STR("</dl>\n"));
}

static void
put_listed(struct buf *b, const struct incident_row *row)
{
	buf_printf(b, "<li><b>%s</b> %s ", severity_name(row->severity),
	    row->needs_person && !row->acknowledged ? "needs a person"
						    : incident_state_name(row->state));
	buf_printf(b, "<a href=\"/incidents/%u\">", row->id);
	html_put(b, row->service);
	buf_add(b, row->service.n > 0 ? STR(": ") : STR(""));
	html_put(b, row->title);
	buf_add(b, STR("</a><br>"));
	html_put(b, row->impact);
	buf_add(b, STR("; since "));
	html_time(b, row->opened_wall);
	buf_add(b, STR("</li>\n"));
}

/* ---- what belongs to it ---- */

static void
put_timeline(struct buf *b, const struct timeline_row *row)
{
	buf_add(b, STR("<li>"));
	html_time(b, row->wall);
	if (!str_eq(row->who, STR("firstline"))) {
		buf_add(b, STR(" <b>"));
		put_who(b, row->who);
		buf_add(b, STR("</b>"));
	}
	bool note = row->kind == TIMELINE_NOTE;
	buf_add(b, note ? STR(" notes:<pre>") : STR(" "));
	html_put(b, row->text);
	buf_add(b, note ? STR("</pre></li>\n") : STR("</li>\n"));
}

static void
put_run(struct buf *b, const struct run_row *row)
{
	buf_add(b, STR("<li><b>"));
	html_put(b, row->runbook);
	buf_printf(b, "</b> %s", run_state_name(row->state));
	if (row->why.n > 0) {
		buf_add(b, STR(": "));
		html_put(b, row->why);
	}
	if (row->last_value.n > 0) {
		buf_add(b, STR("; last saw "));
		html_put(b, row->last_value);
	}
	buf_add(b, STR("</li>\n"));
}

static void
put_attempt(struct buf *b, const struct attempt_row *row)
{
	buf_add(b, STR("<li>"));
	html_time(b, row->intent_wall);
	buf_add(b, STR(" <b>"));
	html_put(b, row->action);
	buf_add(b, STR("</b> on "));
	html_put(b, row->target.n > 0 ? row->target : row->service);
	buf_add(b, STR(", for "));
	put_who(b, row->principal);
	buf_printf(b, ": %s", attempt_state_name(row->state));
	if (row->state == ATTEMPT_EXITED)
		buf_printf(b, " %lld", (long long)row->exit_code);
	if (row->why.n > 0) {
		buf_add(b, STR(", "));
		html_put(b, row->why);
	}
	if (row->output.n > 0) {
		buf_add(b, STR("<pre>"));
		html_put(b, row->output);
		buf_add(b, STR("</pre>"));
	}
	buf_add(b, STR("</li>\n"));
}

static void
put_decision(struct buf *b, const struct decision_row *row)
{
	const struct reason *reasons = row->reasons.p;
	buf_add(b, STR("<li>"));
	html_time(b, row->wall);
	buf_printf(b, " <b>%s</b> ", verdict_name(row->verdict));
	html_put(b, row->action);
	buf_add(b, STR(" on "));
	html_put(b, row->target.n > 0 ? row->target : row->service);
	buf_add(b, STR(", for "));
	put_who(b, row->principal);
	buf_add(b, STR("<ul>"));
	for (size_t i = 0; i < row->reasons.n; i++) {
		buf_add(b, STR("<li>"));
		html_put(b, reasons[i].text);
		if (reasons[i].file.n > 0) {
			buf_add(b, STR(" <code>"));
			html_put(b, reasons[i].file);
			buf_printf(b, ":%u</code>", reasons[i].line);
		}
		buf_add(b, STR("</li>"));
	}
	buf_add(b, STR("</ul>"));
	if (row->forward.n > 0) {
		buf_add(b, STR("What would change this: "));
		html_put(b, row->forward);
	}
	buf_add(b, STR("</li>\n"));
}

static void
put_asked(struct buf *b, const struct asked_row *row)
{
	buf_add(b, STR("<li>"));
	put_who(b, row->principal);
	buf_add(b, STR(" asks to <b>"));
	html_put(b, row->action);
	buf_add(b, STR("</b> on "));
	html_put(b, row->target.n > 0 ? row->target : row->service);
	buf_printf(b, ": %s", asked_state_name(row->state));
	if (row->why.n > 0) {
		buf_add(b, STR(", "));
		html_put(b, row->why);
	}
	buf_add(b, STR("</li>\n"));
}

static void
put_notice(struct buf *b, const struct notice_row *row)
{
	static const char *const
	    states[] = { [NOTICE_DELIVERED] = "delivered", [NOTICE_GIVEN_UP] = "given up" };
	const char *state = row->state < countof(states) ? states[row->state] : NULL;
	buf_add(b, STR("<li>"));
	html_time(b, row->done_wall > 0 ? row->done_wall : row->made_wall);
	buf_char(b, ' ');
	html_put(b, row->person.n > 0 ? row->person : STR("the team"));
	buf_add(b, STR(" by "));
	html_put(b, row->channel);
	buf_printf(b, ": %s, %s", notice_purpose_name(row->purpose),
	    state != NULL ? state : "on its way");
	buf_add(b, STR("</li>\n"));
}

static void
put_handoff(struct buf *b, const struct handoff_row *row, bool alone)
{
	if (!alone) {
		buf_printf(b, "<li><a href=\"/handoffs/%llu\">",
		    (unsigned long long)row->id);
		html_put(b, row->title);
		buf_add(b, STR("</a> to "));
		html_put(b, row->team);
		buf_add(b, STR(": "));
		html_put(b, row->because);
		buf_add(b, STR("</li>\n"));
		return;
	}
	buf_printf(b, "<p><a href=\"/incidents/%u\">Incident %u</a></p>\n", row->incident,
	    row->incident);
	buf_printf(b,
	    "<p>Handed to the developers for %s: ", handoff_class_name(row->class));
	html_put(b, row->team);
	buf_add(b, STR(", "));
	html_time(b, row->wall);
	/* Its case file begins with a title of its own. */
	buf_add(b, STR("</p>\n<pre class=\"case\">"));
	html_put(b, row->case_file);
	buf_add(b, STR("</pre>\n"));
}

/* ---- in their order ---- */

static const char *
heading_of(enum table table)
{
	static const char *const headings[TABLE_COUNT] = {
		[TABLE_TIMELINE] = "What happened",
		[TABLE_RUN] = "Runbooks",
		[TABLE_ATTEMPT] = "What was done",
		[TABLE_DECISION] = "On whose authority",
		[TABLE_ASKED] = "What was asked for",
		[TABLE_NOTICE] = "Who was told",
		[TABLE_HANDOFF] = "Handed to developers",
	};
	return headings[table];
}

void
reading_close(struct buf *b, struct reading *reading)
{
	if (reading->table != 0 || reading->alerts)
		buf_add(b, STR("</ul>\n"));
	reading->table = (enum table)0;
	reading->alerts = false;
}

static void
open_list(struct buf *b, struct reading *reading, enum table table)
{
	if (reading->table == table)
		return;
	reading_close(b, reading);
	reading->table = table;
	buf_printf(b, "<h2>%s</h2>\n<ul>\n", heading_of(table));
}

void
reading_row(struct buf *b, struct reading *reading, enum table table, const void *row)
{
	bool alone = table == TABLE_HANDOFF && !reading->any;
	reading->any = true;
	if (table == TABLE_INCIDENT) {
		if (reading->listed)
			put_listed(b, row);
		else
			put_incident(b, row);
		return;
	}
	if (heading_of(table) == NULL)
		return;
	if (!alone)
		open_list(b, reading, table);
	if (table == TABLE_TIMELINE)
		put_timeline(b, row);
	else if (table == TABLE_RUN)
		put_run(b, row);
	else if (table == TABLE_ATTEMPT)
		put_attempt(b, row);
	else if (table == TABLE_DECISION)
		put_decision(b, row);
	else if (table == TABLE_ASKED)
		put_asked(b, row);
	else if (table == TABLE_NOTICE)
		put_notice(b, row);
	else if (table == TABLE_HANDOFF)
		put_handoff(b, row, alone);
}

void
reading_alert(struct buf *b, struct reading *reading, const struct alert_item *item,
    const struct alert_body *body)
{
	if (!reading->alerts) {
		reading_close(b, reading);
		reading->alerts = true;
		buf_add(b, STR("<h2>Alerts that fire</h2>\n<ul>\n"));
	}
	buf_add(b, STR("<li>since "));
	html_time(b, item->starts_wall);
	buf_add(b, item->silenced_by.n > 0 ? STR(", silenced: ") : STR(": "));
	put_pairs(b, &body->labels);
	buf_add(b, STR("<br>"));
	put_pairs(b, &body->annotations);
	buf_add(b, STR("</li>\n"));
}
