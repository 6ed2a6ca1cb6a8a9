/*
 * why -- each decision of an incident as a small tree:
 *
 *	1  07:18:24  restart-nginx on web-1, asked by automation
 *	   facts     down: saw 0, wanted == 0: holds
 *	   rule      'automation restarts web' production.yaml:31
 *	             1 of 5 restarts of web in 1h are used
 *	   verdict   allow
 *	   action    attempt 34: /usr/local/bin/restart-nginx
 *	   result    exited 0 after 0.2s
 *	   verified  answers: saw status 200, wanted status == 200; held for 2s
 *
 * A refusal ends with what would change it.
 */
#include "cli/view.h"
#include "facts/frame.h"

/* "   ├─ name       text"; the columns before the text: */
#define BRANCH_COLUMNS 17

static void
branch(struct out *out, const char *name, bool last, enum style style, str text)
{
	out_text(out, last ? STR("   └─ ") : STR("   ├─ "));
	out_styled(out, STYLE_DIM, arena_printf(out->arena, "%-9s", name));
	out_text(out, STR("  "));
	if (style != STYLE_PLAIN && text_columns(text) + BRANCH_COLUMNS <= out->width) {
		out_styled(out, style, text);
		out_text(out, STR("\n"));
		return;
	}
	out_lines(out, last ? STR("                 ") : STR("   │             "),
	    BRANCH_COLUMNS, text);
}

/* ---- what stands around a decision ---- */

/* The row numbers of everything run upwards together: what was known at a decision is what
 * the timeline says between the decision before and it. */
static const struct timeline_row *
check_between(const struct whole *w, row_id after, row_id before)
{
	const struct timeline_row *rows = w->timeline.p, *found = NULL;
	for (size_t i = 0; i < w->timeline.n; i++) {
		if (rows[i].kind == TIMELINE_CHECK && rows[i].id > after &&
		    rows[i].id < before)
			found = &rows[i];
	}
	return found;
}

static const struct attempt_row *
attempt_of(const struct whole *w, const struct decision_row *decision)
{
	const struct attempt_row *rows = w->attempts.p;
	for (size_t i = 0; i < w->attempts.n; i++) {
		if (rows[i].decision == decision->id || rows[i].id == decision->attempt)
			return &rows[i];
	}
	return NULL;
}

static const struct run_row *
run_of(const struct whole *w, row_id id)
{
	const struct run_row *rows = w->runs.p;
	for (size_t i = 0; id != 0 && i < w->runs.n; i++) {
		if (rows[i].id == id)
			return &rows[i];
	}
	return NULL;
}

/* ---- the tree ---- */

static str
argv_text(struct out *out, const struct attempt_row *attempt)
{
	struct buf text = BUF(4096);
	buf_printf(&text, "attempt %llu:", (unsigned long long)attempt->id);
	for (size_t i = 0; i < attempt->argv.n && !text.overflow; i++) {
		buf_char(&text, ' ');
		buf_add(&text, attempt->argv.p[i]);
	}
	str s = arena_str(out->arena, buf_str(&text));
	buf_done(&text);
	return s;
}

static void
print_reasons(struct out *out, const struct decision_row *decision)
{
	const struct reason *reasons = decision->reasons.p;
	for (size_t i = 0; i < decision->reasons.n; i++) {
		branch(out, i == 0 ? "rule" : "and", false, STYLE_PLAIN,
		    view_reason(out, &reasons[i]));
	}
}

static void
put_branch(struct out *out, const char *name, str text)
{
	branch(out, name, false, STYLE_PLAIN, text);
}

static const struct asked_row *
asked_of(const struct whole *w, const struct decision_row *decision)
{
	const struct asked_row *rows = w->asked.p;
	for (size_t i = 0; i < w->asked.n; i++) {
		if (rows[i].id == decision->asked || rows[i].decision == decision->id)
			return &rows[i];
	}
	return NULL;
}

static void
print_outcome(struct out *out, const struct whole *w, const struct decision_row *decision,
    row_id next)
{
	const struct attempt_row *attempt = attempt_of(w, decision);
	str verdict = view_enum(&decision_row_type, "verdict", decision->verdict);
	enum style style = view_verdict_style(decision->verdict);
	if (decision->shadow)
		verdict = arena_printf(out->arena, "%.*s, in shadow: nothing was done",
		    STR_ARG(verdict));
	if (attempt == NULL) {
		bool forward = decision->forward.n > 0;
		/* One that waited for people says what became of it. */
		const struct asked_row *asked = decision->verdict == VERDICT_AFTER_APPROVAL
		                                    ? asked_of(w, decision)
		                                    : NULL;
		branch(out, "verdict", !forward && asked == NULL, style, verdict);
		if (asked != NULL)
			branch(out, "asked", !forward, view_asked_style(asked),
			    arena_printf(out->arena, "%llu %.*s",
				(unsigned long long)asked->id,
				STR_ARG(view_asked_state(out, asked))));
		if (forward)
			branch(out, "to change", true, STYLE_PLAIN, decision->forward);
		return;
	}
	branch(out, "verdict", false, style, verdict);
	branch(out, "action", false, STYLE_PLAIN, argv_text(out, attempt));
	const struct timeline_row *verified = check_between(w, decision->id, next);
	branch(out, "result", verified == NULL, view_attempt_style(attempt),
	    view_attempt_result(out, attempt));
	if (verified != NULL)
		branch(out, "verified", true, STYLE_PLAIN, verified->text);
}

static void
print_decision(struct out *out, const struct whole *w, size_t i)
{
	const struct decision_row *rows = w->decisions.p, *decision = &rows[i];
	row_id before = i > 0 ? rows[i - 1].id : 0;
	row_id next = i + 1 < w->decisions.n ? rows[i + 1].id : UINT64_MAX;
	out_printf(out, "\n%zu  ", i + 1);
	out_styled(out, STYLE_DIM, text_clock(out, decision->wall));
	out_text(out, STR("  "));
	str on = decision->target.n > 0 ? decision->target : decision->service;
	out_styled(out, STYLE_BOLD,
	    arena_printf(out->arena, "%.*s on %.*s", STR_ARG(decision->action),
		STR_ARG(on)));
	out_printf(out, ", asked by %.*s\n",
	    STR_ARG(view_chain(out, decision->principal, &decision->given.behalf)));
	if (decision->params.n > 0)
		branch(out, "with", false, STYLE_PLAIN, view_pairs(out, &decision->params));

	const struct run_row *run = run_of(w, decision->run);
	const struct timeline_row *fact = check_between(w, before, decision->id);
	if (run != NULL)
		branch(out, "within", false, STYLE_PLAIN,
		    arena_printf(out->arena, "runbook %.*s", STR_ARG(run->runbook)));
	if (fact != NULL)
		branch(out, "facts", false, STYLE_PLAIN, fact->text);
	view_given(out, &decision->given, put_branch);
	print_reasons(out, decision);
	print_outcome(out, w, decision, next);
}

static void
print_runs(struct out *out, const struct whole *w)
{
	const struct run_row *rows = w->runs.p;
	for (size_t i = 0; i < w->runs.n; i++) {
		const struct run_row *run = &rows[i];
		str state = view_enum(&run_row_type, "state", run->state);
		if (i == 0)
			out_text(out, STR("\n"));
		str text =
		    arena_printf(out->arena, "Runbook %.*s, started by %.*s: %.*s%s%.*s",
			STR_ARG(run->runbook), STR_ARG(view_who(run->started_by)),
			STR_ARG(state), run->why.n > 0 ? ": " : "", STR_ARG(run->why));
		out_wrapped(out, 2, 0, text);
	}
}

static void
print_can(struct out *out, const struct incident_row *incident, const struct records *can)
{
	const struct can_item *rows = can->p;
	if (incident->state == INCIDENT_CLOSED || can->n == 0)
		return;
	out_text(out, STR("\n"));
	out_styled(out, STYLE_BOLD, STR("What you may do now"));
	out_text(out, STR("\n"));
	for (size_t i = 0; i < can->n; i++) {
		out_text(out, STR("  "));
		out_styled(out, view_verdict_style(rows[i].verdict),
		    view_enum(&can_item_type, "verdict", rows[i].verdict));
		str text = arena_printf(out->arena,
		    "firstline run --action %.*s --on %.*s --incident %u%s%.*s",
		    STR_ARG(rows[i].action), STR_ARG(rows[i].service), incident->id,
		    rows[i].needs.n > 0 ? " " : "", STR_ARG(rows[i].needs));
		out_text(out, STR("  "));
		out_wrapped(out, 6, 16, text);
		if (rows[i].text.n > 0) {
			out_text(out, STR("      "));
			out_wrapped(out, 6, 6, rows[i].text);
		}
	}
}

static int
why(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	uint64_t incident;
	str body;
	struct whole w;
	struct records can;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	str path = arena_printf(&client->arena, "/v1/incidents/%llu/why",
	    (unsigned long long)incident);
	int code = client_get(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!whole_read(client, body, &w) ||
	    !reply_list(client, body, "can", &can_item_type, &can))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	view_incident_head(&out, &w.incident);
	if (w.decisions.n == 0)
		out_text(&out,
		    STR("\nNothing had to be decided: no action was asked for.\n"));
	for (size_t i = 0; i < w.decisions.n; i++)
		print_decision(&out, &w, i);
	print_runs(&out, &w);
	view_waiting(&out, &w);
	print_can(&out, &w.incident, &can);
	return out_end(&out);
}

static int
run(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "why NUMBER",
		.min = 1,
		.max = 1,
		.run = why });
}

const struct command_line command_why = {
	.name = "why",
	.summary = "why each thing was done or refused in an incident",
	.help = "  firstline why 12\n"
		"\n"
		"Each decision of the incident: the facts it began with, the rule that "
		"decided\n"
		"and where it is written, the verdict, the action, its result, and what "
		"proved\n"
		"that it helped. A refusal says what would change it.\n" CLIENT_HELP,
	.run = run,
};
