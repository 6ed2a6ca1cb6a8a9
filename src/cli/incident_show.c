/*
 * incident show -- one incident on a page: what is hit, how it stands, what happened,
 * what was done, on whose authority, and what to use next.
 */
#include "cli/incident.h"
#include "cli/view.h"

static void
heading(struct out *out, const char *text)
{
	out_text(out, STR("\n"));
	out_styled(out, STYLE_BOLD, str_of(text));
	out_text(out, STR("\n"));
}

static void
field_if(struct out *out, const char *name, str text)
{
	if (text.n > 0)
		out_field(out, name, text);
}

static str
service_text(struct out *out, const struct incident_row *row)
{
	if (row->service.n == 0)
		return STR("none matched; the fallback team answers");
	if (row->environment.n == 0)
		return row->service;
	return arena_printf(out->arena, "%.*s, %.*s", STR_ARG(row->service),
	    STR_ARG(row->environment));
}

static str
owner_text(struct out *out, const struct incident_row *row)
{
	if (!row->acknowledged && row->state == INCIDENT_CLOSED)
		return arena_printf(out->arena, "%.*s; nobody had to acknowledge it",
		    STR_ARG(row->owner));
	if (!row->acknowledged)
		return arena_printf(out->arena, "%.*s; not acknowledged",
		    STR_ARG(row->owner));
	msec took = row->acknowledged_wall > row->opened_wall
	                ? row->acknowledged_wall - row->opened_wall
	                : 0;
	return arena_printf(out->arena, "%.*s; acknowledged by %.*s after %.*s",
	    STR_ARG(row->owner), STR_ARG(view_who(row->acknowledged_by)),
	    STR_ARG(text_length(out->arena, took)));
}

static str
alerts_text(struct out *out, const struct incident_row *row)
{
	str base = arena_printf(out->arena, "%u of %u active", row->alerts_active,
	    row->alerts_total);
	if (row->alerts_expired > 0)
		base = arena_printf(out->arena, "%.*s, %u went quiet without a word",
		    STR_ARG(base), row->alerts_expired);
	if (row->alerts_held > 0)
		base = arena_printf(out->arena, "%.*s, %u %.*s", STR_ARG(base),
		    row->alerts_held, STR_ARG(row->held_why));
	if (row->refired > 0)
		base = arena_printf(out->arena, "%.*s; came back %u time%s", STR_ARG(base),
		    row->refired, row->refired == 1 ? "" : "s");
	return base;
}

/* The timer that falls due next, as a sentence. */
static str
timer_text(struct out *out, const struct incident_row *row)
{
	if (row->state == INCIDENT_CLOSED)
		return STR("");
	if (row->settle_at > 0)
		return arena_printf(out->arena, "closes at %.*s unless it comes back",
		    STR_ARG(text_clock(out, view_wall(row, row->settle_at))));
	if (row->escalate_at == 0)
		return STR("");
	if (row->muted_by != 0)
		return arena_printf(out->arena, "nobody is paged while incident %u is open",
		    row->muted_by);
	return arena_printf(out->arena,
	    row->acknowledged ? "told anew at %.*s, unless somebody works on it"
			      : "the next person is told at %.*s",
	    STR_ARG(text_clock(out, view_wall(row, row->escalate_at))));
}

static void
print_times(struct out *out, const struct incident_row *row)
{
	struct arena *a = out->arena;
	str opened = text_date_time(out, row->opened_wall);
	if (row->state != INCIDENT_CLOSED)
		opened = arena_printf(a, "%.*s (%.*s ago)", STR_ARG(opened),
		    STR_ARG(text_ago(out, row->opened_wall)));
	out_field(out, "opened", opened);
	if (row->recovered_wall >= row->opened_wall && row->recovered_wall > 0)
		out_field(out, "recovered",
		    arena_printf(a, "%.*s, %.*s after it opened",
			STR_ARG(text_clock(out, row->recovered_wall)),
			STR_ARG(text_length(a, row->recovered_wall - row->opened_wall))));
	if (row->closed_wall > 0)
		out_field(out, "closed", text_date_time(out, row->closed_wall));
	field_if(out, "timer", timer_text(out, row));
}

/* "yes: ana; no: mei (it goes by itself)" */
static str
useful_text(struct out *out, const struct incident_row *row)
{
	const struct useful *said = row->useful.p;
	struct buf text = BUF((size_t)64 << 10);
	for (size_t i = 0; i < row->useful.n; i++) {
		str who = view_who(said[i].who);
		buf_printf(&text, "%s%.*s: %s", text.n > 0 ? "; " : "", STR_ARG(who),
		    said[i].yes ? "yes" : "no");
		if (said[i].note.n > 0)
			buf_printf(&text, " (%.*s)", STR_ARG(said[i].note));
	}
	str s = arena_str(out->arena, buf_str(&text));
	buf_done(&text);
	return s;
}

static void
print_header(struct out *out, const struct whole *w)
{
	const struct incident_row *row = &w->incident;
	struct arena *a = out->arena;
	view_incident_head(out, row);
	out_text(out, STR("\n"));
	out_styled(out, STYLE_DIM, STR("  state      "));
	str state = view_state(out, row);
	out_styled(out, view_state_style(row), state);
	out_text(out, STR("\n"));
	field_if(out, "now", view_doing(out, row));
	out_field(out, "severity",
	    view_enum(&incident_row_type, "severity", row->severity));
	out_field(out, "service", service_text(out, row));
	out_field(out, "owner", owner_text(out, row));
	out_field(out, "runbook",
	    row->runbook.n > 0 ? row->runbook : STR("none fits; it is a person's"));
	out_field(out, "alerts", alerts_text(out, row));
	print_times(out, row);
	field_if(out, "useful", useful_text(out, row));
	if (row->previous > 0)
		out_field(out, "before",
		    arena_printf(a,
			"occurrence %u; the one before was #%u ('firstline why %u' "
			"says what was done)",
			row->occurrence, row->previous, row->previous));
}

static void
print_timeline(struct out *out, const struct whole *w)
{
	const struct timeline_row *rows = w->timeline.p;
	if (w->timeline.n == 0)
		return;
	heading(out, "Timeline");
	for (size_t i = 0; i < w->timeline.n; i++) {
		const struct timeline_row *row = &rows[i];
		out_text(out, STR("  "));
		out_styled(out, STYLE_DIM, text_clock(out, row->wall));
		out_text(out, STR("  "));
		str who = view_who(row->who);
		bool ours = str_eq(who, STR("firstline")) || who.n == 0;
		str text = ours ? row->text
		                : arena_printf(out->arena, "%.*s: %.*s", STR_ARG(who),
				      STR_ARG(row->text));
		out_wrapped(out, 12, 12, text);
	}
}

/* What it looked like before a runbook changed anything. */
static void
print_evidence(struct out *out, const struct whole *w)
{
	const struct run_row *runs = w->runs.p;
	for (size_t i = 0; i < w->runs.n; i++) {
		const struct evidence *evidence = runs[i].evidence.p;
		if (runs[i].evidence.n > 0)
			heading(out, "Evidence, before anything was changed");
		for (size_t k = 0; k < runs[i].evidence.n; k++) {
			out_text(out, STR("  "));
			out_text(out, evidence[k].name);
			out_text(out, STR(": "));
			out_wrapped(out, 6, evidence[k].name.n + 4,
			    str_trim(evidence[k].value));
		}
	}
}

/* "done: web-1, web-2"; nothing where none is so. */
static void
print_outcome(struct out *out, const struct rolled *p, size_t n, enum rolled_state state,
    bool shadow)
{
	struct buf text = BUF((size_t)64 << 10);
	for (size_t i = 0; i < n; i++) {
		if (p[i].state == state)
			buf_printf(&text, "%s%.*s", text.n > 0 ? ", " : "",
			    STR_ARG(p[i].target));
	}
	if (text.n > 0) {
		str word = shadow && state == ROLLED_DONE
		               ? STR("would have been done")
		               : view_enum(&rolled_type, "state", state);
		out_printf(out, "    %.*s: ", STR_ARG(word));
		out_wrapped(out, 6, 6 + word.n, buf_str(&text));
	}
	buf_done(&text);
}

static void
print_rolled_step(struct out *out, const struct run_row *run, const struct rolled *p,
    size_t n, bool *any)
{
	/* All targets are known of the step in work, or at which the run ended. */
	bool last = p + n == (const struct rolled *)run->rolled.p + run->rolled.n;
	size_t all = last && run->targets.n > n ? run->targets.n : n;
	if (all < 2)
		return;
	if (!*any)
		heading(out, "What became of each target");
	*any = true;
	out_printf(out, "  %.*s of %.*s, %zu targets%s:\n", STR_ARG(p->step),
	    STR_ARG(run->runbook), all, run->shadow ? ", in shadow" : "");
	for (uint32_t state = ROLLED_OUT; state <= ROLLED_INTERRUPTED; state++)
		print_outcome(out, p, n, (enum rolled_state)state, run->shadow);
	if (n == all)
		return;
	struct buf text = BUF((size_t)64 << 10);
	for (size_t i = n; i < all; i++)
		buf_printf(&text, "%s%.*s", text.n > 0 ? ", " : "",
		    STR_ARG(run->targets.p[i]));
	out_text(out, STR("    not begun: "));
	out_wrapped(out, 6, 15, buf_str(&text));
	buf_done(&text);
}

/* What became of each target of steps that have several. */
static void
print_rolled(struct out *out, const struct whole *w)
{
	const struct run_row *runs = w->runs.p;
	bool any = false;
	for (size_t i = 0; i < w->runs.n; i++) {
		const struct rolled *p = runs[i].rolled.p;
		for (size_t from = 0, to = 0; from < runs[i].rolled.n; from = to) {
			while (to < runs[i].rolled.n && str_eq(p[to].step, p[from].step))
				to++;
			print_rolled_step(out, &runs[i], p + from, to - from, &any);
		}
	}
}

static str
undo_text(struct out *out, const struct attempt_row *row)
{
	if (row->undo_of != 0)
		return arena_printf(out->arena, ", takes back %llu",
		    (unsigned long long)row->undo_of);
	if (row->undone_by != 0)
		return arena_printf(out->arena, ", taken back by %llu",
		    (unsigned long long)row->undone_by);
	return STR("");
}

static void
print_attempt(struct out *out, const struct attempt_row *row)
{
	struct arena *a = out->arena;
	str with = row->params.n > 0 ? arena_printf(a, " with %.*s",
					   STR_ARG(view_pairs(out, &row->params)))
	                             : STR("");
	str what = arena_printf(a,
	    "%.*s on %.*s%.*s, as %.*s (attempt %llu%.*s):", STR_ARG(row->action),
	    STR_ARG(row->target), STR_ARG(with), STR_ARG(view_who(row->principal)),
	    (unsigned long long)row->id, STR_ARG(undo_text(out, row)));
	str result = view_attempt_result(out, row);
	out_text(out, STR("  "));
	if (2 + text_columns(what) + 1 + text_columns(result) <= out->width) {
		out_text(out, what);
		out_text(out, STR(" "));
		out_styled(out, view_attempt_style(row), result);
		out_text(out, STR("\n"));
		return;
	}
	out_wrapped(out, 6, 2,
	    arena_printf(a, "%.*s %.*s", STR_ARG(what), STR_ARG(result)));
}

static void
print_attempts(struct out *out, const struct whole *w)
{
	const struct attempt_row *rows = w->attempts.p;
	if (w->attempts.n == 0)
		return;
	heading(out, "What was done");
	for (size_t i = 0; i < w->attempts.n; i++) {
		const struct attempt_row *row = &rows[i];
		print_attempt(out, row);
		str output = str_trim(row->output);
		if (output.n > 0 && (row->state != ATTEMPT_EXITED || row->exit_code != 0)) {
			out_text(out, STR("      "));
			out_wrapped(out, 6, 6, output);
		}
	}
}

static str
decision_text(struct out *out, const struct decision_row *row)
{
	str rule = row->reasons.n > 0 ? view_rule(out, row->reasons.p) : STR("");
	return arena_printf(out->arena, "%.*s on %.*s by %.*s%s: %.*s",
	    STR_ARG(row->action), STR_ARG(row->target.n > 0 ? row->target : row->service),
	    STR_ARG(view_chain(out, row->principal, &row->given.behalf)),
	    row->shadow ? ", in shadow" : "", STR_ARG(rule));
}

/* Each try is decided anew: what was decided alike, one after the other, is one line. */
static void
print_decisions(struct out *out, const struct whole *w)
{
	const struct decision_row *rows = w->decisions.p;
	if (w->decisions.n == 0)
		return;
	heading(out, "On whose authority");
	size_t alike;
	for (size_t i = 0; i < w->decisions.n; i += alike) {
		str text = decision_text(out, &rows[i]);
		alike = 1;
		while (i + alike < w->decisions.n &&
		       rows[i + alike].verdict == rows[i].verdict &&
		       str_eq(decision_text(out, &rows[i + alike]), text))
			alike++;
		str verdict = view_enum(&decision_row_type, "verdict", rows[i].verdict);
		out_text(out, STR("  "));
		out_styled(out, view_verdict_style(rows[i].verdict), verdict);
		if (alike > 1)
			text = arena_printf(out->arena, "%zu times: %.*s", alike,
			    STR_ARG(text));
		out_text(out, STR("  "));
		out_wrapped(out, 6, 4 + verdict.n, text);
	}
}

/* The run that waits for an answer, or NULL. */
static const struct run_row *
asking_run(const struct whole *w)
{
	const struct run_row *runs = w->runs.p;
	for (size_t i = 0; i < w->runs.n; i++) {
		if (runs[i].state == RUN_RUNNING && runs[i].phase == PHASE_ANSWER)
			return &runs[i];
	}
	return NULL;
}

static void
print_question(struct out *out, const struct whole *w)
{
	const struct run_row *run = asking_run(w);
	if (run == NULL)
		return;
	heading(out, "What is asked");
	out_printf(out, "  %.*s asks: ", STR_ARG(run->runbook));
	out_wrapped(out, 6, 9 + run->runbook.n, run->question);
	field_if(out, "of", view_names(out, &run->askees));
	out_field(out, "until", text_date_time(out, view_wall(&w->incident, run->due)));
}

static void
print_told(struct out *out, const struct whole *w)
{
	const struct notice_row *rows = w->notices.p;
	if (w->notices.n == 0)
		return;
	heading(out, "Who was told");
	for (size_t i = 0; i < w->notices.n; i++) {
		const struct notice_row *row = &rows[i];
		msec at = row->done_wall > 0 ? row->done_wall : row->made_wall;
		out_text(out, STR("  "));
		out_styled(out, STYLE_DIM, text_clock(out, at));
		str text = arena_printf(out->arena, "  %.*s by %.*s: %.*s, %.*s",
		    STR_ARG(row->person.n > 0 ? row->person : STR("the team")),
		    STR_ARG(row->channel),
		    STR_ARG(view_enum(&notice_row_type, "purpose", row->purpose)),
		    STR_ARG(view_enum(&notice_row_type, "state", row->state)));
		if (row->held_wall > 0)
			text = arena_printf(out->arena, "%.*s, held until %.*s",
			    STR_ARG(text), STR_ARG(text_date_time(out, row->held_wall)));
		if (row->state != NOTICE_DELIVERED && row->error.n > 0)
			text = arena_printf(out->arena, "%.*s (%.*s)", STR_ARG(text),
			    STR_ARG(row->error));
		out_text(out, STR("  "));
		out_wrapped(out, 12, 12, text);
	}
}

static void
print_handoffs(struct out *out, const struct whole *w)
{
	const struct handoff_row *rows = w->handoffs.p;
	for (size_t i = 0; i < w->handoffs.n; i++) {
		const struct handoff_row *row = &rows[i];
		if (i == 0)
			heading(out, "Handed to developers");
		out_printf(out, "  %llu to %.*s: ", (unsigned long long)row->id,
		    STR_ARG(row->team));
		out_wrapped(out, 6, 20, row->title);
		field_if(out, "because", row->because);
		field_if(out, "ask", row->ask);
		field_if(out, "filed", row->filed);
	}
}

/* The last run, where it ended before it did all: to go on with; or NULL. */
static const struct run_row *
unfinished(const struct whole *w)
{
	const struct run_row *runs = w->runs.p, *last = NULL;
	for (size_t i = 0; i < w->runs.n; i++) {
		if (runs[i].caller == 0 && (last == NULL || runs[i].id > last->id))
			last = &runs[i];
	}
	if (last == NULL || last->state == RUN_RUNNING || last->state == RUN_RECOVERED ||
	    last->shadow)
		return NULL;
	const struct rolled *p = last->rolled.p;
	size_t here = 0;
	bool left = false;
	for (size_t i = last->rolled.n; i-- > 0;) {
		left = left || p[i].state != ROLLED_DONE;
		here += str_eq(p[i].step, p[last->rolled.n - 1].step) ? 1 : 0;
	}
	return left || last->targets.n > here ? last : NULL;
}

static void
say_next(const struct whole *w)
{
	const struct incident_row *row = &w->incident;
	const struct attempt_row *attempts = w->attempts.p;
	for (size_t i = 0; i < w->attempts.n; i++) {
		if (attempts[i].state == ATTEMPT_IN_DOUBT)
			say("firstline incident settle %u %llu yes|no    did it happen?",
			    row->id, (unsigned long long)attempts[i].id);
	}
	if (view_waiting_run(w) != NULL)
		say("firstline permit %u | firstline veto %u    what the runbook would do",
		    row->id, row->id);
	if (asking_run(w) != NULL)
		say("firstline answer %llu VALUE    what the runbook asks",
		    (unsigned long long)asking_run(w)->id);
	const struct asked_row *asked = w->asked.p;
	for (size_t i = 0; i < w->asked.n; i++) {
		if (asked[i].state == ASKED_APPROVAL)
			say("firstline approve %llu | firstline deny %llu",
			    (unsigned long long)asked[i].id,
			    (unsigned long long)asked[i].id);
	}
	const struct run_row *run = unfinished(w);
	if (row->state != INCIDENT_CLOSED && run != NULL)
		say("firstline run %.*s --continue %llu    what it did not do",
		    STR_ARG(run->runbook), (unsigned long long)run->id);
	if (row->state != INCIDENT_CLOSED && !row->acknowledged)
		say("firstline incident ack %u    you have it", row->id);
	if (row->state == INCIDENT_CLOSED && row->useful.n == 0)
		say("firstline incident useful %u yes|no    was it useful to know of?",
		    row->id);
	if (w->handoffs.n > 0)
		say("firstline handoff show %llu    the case file",
		    (unsigned long long)((const struct handoff_row *)w->handoffs.p)->id);
	say("firstline why %u    why each thing was done or refused", row->id);
}

static int
show(struct client *client, void *context, int argc, char **argv)
{
	(void)context, (void)argc;
	uint64_t incident;
	str body;
	struct whole w;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	str path = arena_printf(&client->arena, "/v1/incidents/%llu",
	    (unsigned long long)incident);
	int code = client_get(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	if (!whole_read(client, body, &w))
		return EXIT_FAILED;
	struct out out = out_begin(&client->arena);
	print_header(&out, &w);
	print_timeline(&out, &w);
	print_evidence(&out, &w);
	print_attempts(&out, &w);
	print_rolled(&out, &w);
	print_decisions(&out, &w);
	view_waiting(&out, &w);
	print_question(&out, &w);
	if (view_waiting_run(&w) != NULL) {
		heading(&out, "What waits to be permitted");
		view_plan(&out, view_waiting_run(&w));
	}
	print_told(&out, &w);
	print_handoffs(&out, &w);
	code = out_end(&out);
	say("%s", "");
	say_next(&w);
	return code;
}

static int
run(int argc, char **argv)
{
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "incident show NUMBER",
		.min = 1,
		.max = 1,
		.run = show });
}

const struct command_line command_incident_show = {
	.name = "show",
	.summary = "one incident: how it stands and what happened",
	.help =
	    "  firstline incident show 12\n"
	    "\n"
	    "The impact first; then state, owner, timers; the timeline; what was done, on\n"
	    "whose authority; who was told.\n" CLIENT_HELP,
	.run = run,
};
