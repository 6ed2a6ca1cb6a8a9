/*
 * The case file of a handoff: Markdown, complete in itself, for people who were not there.
 * What came from outside stands indented by four blanks, so that nothing in it is markup.
 *
 * It never grows over CASE_FILE_MAX: the most telling parts come first, and what finds no
 * room is counted at the end.
 */
#include "core/state.h"

#define TAIL_BYTES 400 /* kept free for the closing count */

struct file {
	struct buf *out;
	unsigned left_out;
};

static void
add(struct file *file, str s)
{
	if (file->out->n + s.n + TAIL_BYTES > CASE_FILE_MAX) {
		file->left_out++;
		return;
	}
	buf_add(file->out, s);
}

PRINTF_LIKE(3, 4)
static void
line(struct core *core, struct file *file, const char *fmt, ...)
{
	struct arena mark = core->scratch;
	va_list args;
	va_start(args, fmt);
	add(file, arena_vprintf(&core->scratch, fmt, args));
	va_end(args);
	core->scratch = mark;
}

static void
quoted(struct core *core, struct file *file, str s)
{
	while (s.n > 0) {
		struct arena mark = core->scratch;
		struct str_cut cut = str_cut(s, '\n');
		str one = text_line(core, cut.head, 4096);
		add(file, STR("    "));
		add(file, one);
		add(file, STR("\n"));
		s = cut.found ? cut.tail : (str){ 0 };
		core->scratch = mark;
	}
	add(file, STR("\n"));
}

static str
when(struct core *core, msec wall)
{
	struct buf b = BUF(64);
	buf_time(&b, wall);
	str s = arena_str(&core->scratch, buf_str(&b));
	buf_done(&b);
	return s;
}

/* "useful to know of: ana yes, mei no (it goes by itself)" */
static void
useful_part(struct core *core, struct file *file, const struct incident_row *row)
{
	const struct useful *said = row->useful.p;
	for (size_t i = 0; i < row->useful.n; i++) {
		str who = text_who(said[i].who);
		line(core, file, "%s%.*s %s%s%.*s%s",
		    i == 0 ? "- useful to know of: " : ", ", STR_ARG(who),
		    said[i].yes ? "yes" : "no", said[i].note.n > 0 ? " (" : "",
		    STR_ARG(said[i].note), said[i].note.n > 0 ? ")" : "");
	}
	if (row->useful.n > 0)
		add(file, STR("\n"));
}

static void
head(struct core *core, struct file *file, const struct incident *incident,
    const struct run *run, const struct runbook_step *step)
{
	const struct incident_row *row = &incident->row;
	str opened = when(core, row->opened_wall);
	str now = when(core, core->wall);
	line(core, file, "# %.*s\n\n", STR_ARG(row->title));
	line(core, file, "%.*s.\n\n", STR_ARG(row->impact));
	line(core, file,
	    "- incident: %u, %s, opened %.*s, handed off %.*s\n- service: %.*s, owned by "
	    "%.*s\n- class: %s\n- runbook: %.*s, step %.*s\n",
	    row->id, severity_name(row->severity), STR_ARG(opened), STR_ARG(now),
	    STR_ARG(row->service), STR_ARG(row->owner), handoff_class_name(step->class),
	    STR_ARG(run->row.runbook), STR_ARG(step->name));
	if (row->previous != 0)
		line(core, file,
		    "- the same trouble before: incident %u, this is time %u\n",
		    row->previous, row->occurrence);
	useful_part(core, file, row);
	str url = text_url(core, row->id);
	line(core, file, "- %.*s\n\n", STR_ARG(url));
	line(core, file, "## What is asked\n\n");
	add(file, step->ask);
	line(core, file, "\n\n## Why operators cannot\n\n");
	add(file, step->because);
	add(file, STR("\n\n"));
}

static void
links(struct core *core, struct file *file, const struct incident *incident)
{
	const struct service *service = incident_service(incident);
	if (service == NULL || (service->dashboards.n == 0 && service->logs.n == 0))
		return;
	line(core, file, "## Where to look\n\n");
	for (size_t i = 0; i < service->dashboards.n; i++)
		line(core, file, "- dashboard: %.*s\n", STR_ARG(service->dashboards.p[i]));
	for (size_t i = 0; i < service->logs.n; i++)
		line(core, file, "- logs: %.*s\n", STR_ARG(service->logs.p[i]));
	add(file, STR("\n"));
}

/* What it looked like before anything was changed. */
static void
evidence_part(struct core *core, struct file *file, const struct run *run)
{
	const struct evidence *evidence = run->row.evidence.p;
	if (run->row.evidence.n == 0)
		return;
	line(core, file, "## Evidence, before anything was changed\n\n");
	for (size_t i = 0; i < run->row.evidence.n; i++) {
		line(core, file, "%.*s:\n\n", STR_ARG(evidence[i].name));
		quoted(core, file, evidence[i].value);
	}
}

static void
attempt_part(struct core *core, struct file *file, const struct attempt *attempt)
{
	const struct attempt_row *row = &attempt->row;
	str at = when(core, row->intent_wall);
	line(core, file, "### %.*s on %.*s: %s\n\n", STR_ARG(row->action),
	    STR_ARG(row->target), attempt_state_name(row->state));
	line(core, file, "%.*s, attempt %llu, by %.*s", STR_ARG(at),
	    (unsigned long long)row->id, STR_ARG(row->principal));
	if (row->state == ATTEMPT_EXITED)
		line(core, file, ", exit %lld", (long long)row->exit_code);
	if (row->why.n > 0)
		line(core, file, ", %.*s", STR_ARG(row->why));
	add(file, STR("\n\n"));
	for (size_t i = 0; i < row->argv.n; i++)
		line(core, file, "%s%.*s", i == 0 ? "    " : " ",
		    STR_ARG(text_line(core, row->argv.p[i], 400)));
	add(file, STR("\n\n"));
	if (row->output.n > 0) {
		line(core, file, "Output (%llu byte%s in all):\n\n",
		    (unsigned long long)row->output_bytes,
		    row->output_bytes == 1 ? "" : "s");
		quoted(core, file, row->output);
	}
}

static void
decision_part(struct core *core, struct file *file, const struct decision *decision)
{
	const struct decision_row *row = &decision->row;
	str at = when(core, row->wall);
	line(core, file, "- %.*s %s: %.*s on %.*s for %.*s\n", STR_ARG(at),
	    verdict_name(row->verdict), STR_ARG(row->action), STR_ARG(row->target),
	    STR_ARG(row->principal));
	const struct reason *reasons = row->reasons.p;
	for (size_t i = 0; i < row->reasons.n; i++) {
		line(core, file, "  - %.*s", STR_ARG(reasons[i].text));
		if (reasons[i].file.n > 0)
			line(core, file, " (%.*s:%u)", STR_ARG(reasons[i].file),
			    reasons[i].line);
		add(file, STR("\n"));
	}
}

static void
tried(struct core *core, struct file *file, const struct incident *incident)
{
	if (!list_empty(&incident->attempts))
		line(core, file, "## What was done\n\n");
	list_each(it, &incident->attempts) attempt_part(core, file,
	    container_of(object_of(it, of_incident), struct attempt, o));
	if (!list_empty(&incident->decisions))
		line(core, file, "## What authority decided\n\n");
	list_each(it, &incident->decisions) decision_part(core, file,
	    container_of(object_of(it, of_incident), struct decision, o));
	add(file, STR("\n"));
}

static void
timeline_part(struct core *core, struct file *file, const struct incident *incident,
    const char *title, bool alerts)
{
	line(core, file, "## %s\n\n", title);
	list_each(it, &incident->timeline)
	{
		const struct timeline *entry =
		    container_of(object_of(it, of_incident), struct timeline, o);
		if (alerts && entry->row.kind != TIMELINE_ALERT)
			continue;
		struct arena mark = core->scratch;
		str at = when(core, entry->row.wall);
		str words =
		    text_make(core, "%.*s %.*s: ", STR_ARG(at), STR_ARG(entry->row.who));
		char *both = arena_new(&core->scratch, char, words.n + entry->row.text.n);
		memcpy(both, words.p, words.n);
		memcpy(both + words.n, entry->row.text.p, entry->row.text.n);
		quoted(core, file, (str){ both, words.n + entry->row.text.n });
		core->scratch = mark;
	}
}

void
case_file_write(struct core *core, const struct incident *incident, const struct run *run,
    const struct runbook_step *step, struct buf *out)
{
	struct file file = { .out = out };
	head(core, &file, incident, run, step);
	links(core, &file, incident);
	evidence_part(core, &file, run);
	tried(core, &file, incident);
	line(core, &file, "## Alerts\n\nLabels of the first: \n\n");
	quoted(core, &file, incident->row.signature);
	line(core, &file, "%u active, %u in all.\n\n", incident->row.alerts_active,
	    incident->row.alerts_total);
	timeline_part(core, &file, incident, "Alerts in order", true);
	timeline_part(core, &file, incident, "Timeline", false);
	if (file.left_out > 0)
		buf_printf(out,
		    "\n%u part%s found no room here: see the incident itself.\n",
		    file.left_out, file.left_out == 1 ? "" : "s");
	ASSERT(!out->overflow);
}
