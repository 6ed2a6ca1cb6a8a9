/*
 * The step `ask`: a question to the people on duty, whose answer is a value from then on.
 *
 *	asked -> PHASE_ANSWER --answered--> then (the next step)
 *	                      --its time is over--> otherwise (a person)
 *
 * The question and who was asked stand in the run's row, so both are there after a restart.
 * Whoever was asked is told when nobody need answer any more. Any person of the
 * configuration with the role operator may answer, not only who was asked; an agent never
 * (commands.c).
 */
#include "core/state.h"

#define TEXT_MAX (16 * 1024)

/* "left or right", "a number from 1 to 9" */
static str
answer_text(struct core *core, const struct param *param)
{
	str text = { 0 };
	switch (param->kind) {
	case PARAM_ONE_OF:
		for (size_t i = 0; i < param->values.n; i++)
			text = text_make(core, "%.*s%s%.*s", STR_ARG(text),
			    i == 0                     ? ""
			    : i + 1 == param->values.n ? " or "
						       : ", ",
			    STR_ARG(param->values.p[i]));
		return text_short(core, text, TIMELINE_TEXT_MAX / 4);
	case PARAM_INTEGER:
		if (param->min != INT64_MIN && param->max != INT64_MAX)
			return text_make(core, "a number from %lld to %lld",
			    (long long)param->min, (long long)param->max);
		return STR("a whole number");
	case PARAM_STRING:
		return text_make(core, "a text like %.*s",
		    STR_ARG(text_short(core, param->pattern_text, TIMELINE_TEXT_MAX / 4)));
	case PARAM_NAME:
		return STR("a name of letters, digits, '-', '_' and '.'");
	case PARAM_HOST:
		return STR("a host");
	case PARAM_SERVICE:
		return STR("a service");
	}
	UNREACHABLE();
}

/* ---- what people read ---- */

static str
subject_of(struct core *core, const struct incident *incident, const struct run *run,
    const char *state)
{
	const struct incident_row *row = &incident->row;
	return text_line(core,
	    text_make(core, "[%s] %.*s: %.*s asks: %.*s (incident %u): %s",
		severity_name(row->severity),
		STR_ARG(row->service.n > 0 ? row->service : row->owner),
		STR_ARG(run->row.runbook),
		STR_ARG(text_short(core, run->row.question, 160)), row->id, state),
	    400);
}

static struct pairs
fields_of(struct core *core, const struct incident *incident, const struct run *run,
    str doing, str may)
{
	const struct incident_row *of = &incident->row;
	const struct pair fields[] = {
		{ STR("doing"), doing },
		{ STR("impact"), of->impact },
		{ STR("incident"), text_make(core, "%u", of->id) },
		{ STR("owner"), of->owner },
		{ STR("question"), run->row.question },
		{ STR("run"), text_make(core, "%llu", (unsigned long long)run->row.id) },
		{ STR("service"), of->service },
		{ STR("severity"), str_of(severity_name(of->severity)) },
		{ STR("state"), str_of(incident_state_name(of->state)) },
		{ STR("url"), text_url(core, of->id) },
		{ STR("you_can"), may },
	};
	struct pair *p = arena_new(&core->scratch, struct pair, countof(fields));
	memcpy(p, fields, sizeof(fields));
	return (struct pairs){ p, countof(fields) };
}

static struct notice_words
words_of(struct core *core, const struct incident *incident, const struct run *run,
    const char *state, str lead, str doing, str may)
{
	str url = text_url(core, incident->row.id);
	struct buf out = BUF(TEXT_MAX);
	buf_printf(&out, "%.*s\n\nincident %u: %.*s\n%.*s.\n\nYou may:\n", STR_ARG(lead),
	    incident->row.id, STR_ARG(incident->row.title), STR_ARG(incident->row.impact));
	for (str rest = may; rest.n > 0;) {
		struct str_cut line = str_cut(rest, '\n');
		buf_printf(&out, "  %.*s\n", STR_ARG(line.head));
		rest = line.tail;
	}
	buf_printf(&out, "\n%.*s\n", STR_ARG(url));
	struct notice_words words = { .subject = subject_of(core, incident, run, state),
		.text = arena_str(&core->scratch, buf_str(&out)),
		.fields = fields_of(core, incident, run, doing, may),
		.asked = run->row.id };
	buf_done(&out);
	return words;
}

static struct notice_words
words_asking(struct core *core, const struct incident *incident, const struct run *run)
{
	const struct runbook_step *step = run_step(run);
	str left = text_ms(core, run->row.deadline - core->at);
	str until = text_when(core, core->wall + (run->row.deadline - core->at));
	str answers = answer_text(core, &step->answer);
	str lead = text_make(core,
	    "Runbook %.*s asks: %.*s\n\nanswer:    %.*s\nuntil:     %.*s (%.*s)",
	    STR_ARG(run->row.runbook), STR_ARG(run->row.question), STR_ARG(answers),
	    STR_ARG(until), STR_ARG(left));
	str may = text_make(core,
	    "firstline answer %llu VALUE    (%.*s)\n"
	    "firstline incident show %u    (all about it)\n"
	    "firstline incident cancel %u    (stop the runbook)\n",
	    (unsigned long long)run->row.id, STR_ARG(answers), incident->row.id,
	    incident->row.id);
	str doing = text_make(core, "waiting for an answer (%.*s)", STR_ARG(step->name));
	return words_of(core, incident, run, "needs your answer", lead, doing, may);
}

/* ---- asking ---- */

/* Compared with why the incident needs a person: it is made of the row alone. */
static str
unreachable_text(struct core *core, const struct run *run)
{
	return text_make(core,
	    "runbook %.*s asks, and no notice reaches whom it asks: %.*s (`firstline "
	    "answer "
	    "%llu VALUE`)",
	    STR_ARG(run->row.runbook), STR_ARG(run->row.question),
	    (unsigned long long)run->row.id);
}

static const struct team *
team_of(const struct core *core, const struct incident *incident,
    const struct runbook_step *step)
{
	const struct team *team =
	    step->ask_team != NULL ? model_team(core->newest->model, step->ask_team->name)
				   : NULL;
	return team != NULL ? team : people_team(core, incident);
}

/* Whoever is on duty; of a drill, whoever drills. */
static void
recipients_asked(const struct core *core, const struct incident *incident,
    const struct team *team, struct recipients *ret)
{
	str by = incident->row.drill_by;
	const struct person *person = str_starts(by, STR("person:"))
	                                  ? model_person(core->newest->model, text_who(by))
	                                  : NULL;
	if (!incident->row.drill)
		recipients_duty(core, ret, team);
	else if (person != NULL)
		recipients_person(ret, person);
}

static void
tell(struct core *core, struct run *run, const struct team *team)
{
	struct incident *incident = run_incident(core, run);
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_asked(core, incident, team, to);
	struct strs askees = { arena_new(&core->scratch, str, to->n), 0 };
	for (size_t i = 0; i < to->n && askees.n < TOLD_MAX; i++)
		askees.p[askees.n++] = to->p[i].person;
	row_set_strs(core, &run->row.askees, askees);
	struct notice_words words = words_asking(core, incident, run);
	notices_make(core, incident, PURPOSE_QUESTION, to, &words);
	if (to->n > 0)
		return;
	gap_add(core, GAP_NOBODY, team->name, team->name, incident,
	    text_make(core, "nobody of %.*s can be asked", STR_ARG(team->name)));
	person_need(core, incident, unreachable_text(core, run));
}

void
ask_enter(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	const struct team *team = team_of(core, run_incident(core, run), step);
	struct pairs values = run_values(core, run);
	str question;
	struct err err;
	if (!template_fill(&step->question, &values, &core->scratch, &question, &err)) {
		run_goto(core, run, STEP_PERSON,
		    text_make(core, "%.*s cannot be asked: %s", STR_ARG(step->name),
			err.text));
		return;
	}
	question = text_line(core, str_trim(question), TIMELINE_TEXT_MAX / 2);
	row_set_str(core, &run->row.question, question);
	run->row.deadline = core->at + step->within_ms;
	run_wait(core, run, PHASE_ANSWER, run->row.deadline, 0);
	str until = text_when(core, core->wall + step->within_ms);
	str answers = answer_text(core, &step->answer);
	timeline_add(core, run->row.incident, TIMELINE_ASKED, FIRSTLINE, run->row.id,
	    "%.*s: asks %.*s until %.*s: %.*s (firstline answer %llu VALUE: %.*s)",
	    STR_ARG(step->name), STR_ARG(team->name), STR_ARG(until), STR_ARG(question),
	    (unsigned long long)run->row.id, STR_ARG(answers));
	tell(core, run, team);
}

/* ---- the end ---- */

void
ask_end(struct core *core, struct run *run, str by, str why)
{
	struct incident *incident = run_incident(core, run);
	str unreachable = text_line(core, unreachable_text(core, run), TIMELINE_TEXT_MAX);
	struct strs not_yet = notices_unask(core, incident, PURPOSE_QUESTION, run->row.id);
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_told(to, incident);
	size_t n = 0;
	for (size_t i = 0; i < to->n; i++) {
		str person = to->p[i].person;
		if (person.n > 0 && strs_has(&run->row.askees, person) &&
		    !strs_has(&not_yet, person) && !str_eq(person, text_who(by)))
			to->p[n++] = to->p[i];
	}
	to->n = n;
	str lead = text_make(core,
	    "Nobody need answer any more what runbook %.*s asked: %.*s\n"
	    "%.*s.",
	    STR_ARG(run->row.runbook), STR_ARG(run->row.question), STR_ARG(why));
	str may = text_make(core, "firstline incident show %u    (all about it)\n",
	    incident->row.id);
	struct notice_words words =
	    words_of(core, incident, run, "needs no answer any more", lead, why, may);
	notices_make(core, incident, PURPOSE_QUESTION_ENDED, to, &words);
	row_set_str(core, &run->row.question, (str){ 0 });
	row_set_strs(core, &run->row.askees, (struct strs){ 0 });
	object_touch(core, &run->o);
	if (incident->row.needs_person &&
	    str_eq(incident->row.needs_person_why, unreachable))
		person_clear(core, incident);
}

void
ask_due(struct core *core, struct run *run)
{
	const struct runbook_step *step = run_step(run);
	str lasted = text_ms(core, step->within_ms);
	str why = text_make(core, "nobody answered %.*s within %.*s: %.*s",
	    STR_ARG(step->name), STR_ARG(lasted), STR_ARG(run->row.question));
	timeline_add(core, run->row.incident, TIMELINE_ASKED, FIRSTLINE, run->row.id,
	    "%.*s", STR_ARG(why));
	ask_end(core, run, FIRSTLINE, why);
	run_goto(core, run, step->otherwise, why);
}

static uint32_t
leads_to(const struct runbook_step *step, str value)
{
	for (size_t i = 0; i < step->answers_n; i++) {
		if (str_eq(step->answers[i].value, value))
			return step->answers[i].to;
	}
	return STEP_NEXT;
}

/* false: there is no room for it. */
static bool
keep(struct core *core, struct run *run, str name, str value)
{
	struct pairs answers = pairs_with(core, &run->row.answers, name, value);
	if (own_pairs(core->pool, &run->row.answers, answers))
		return true;
	core->control->row.shed++;
	return false;
}

/* Two were asked, and one was first: the other is told who, what and when. */
static struct answering
asks_nothing(struct core *core, const struct run *run)
{
	unsigned long long id = run->row.id;
	if (run->row.answered.n == 0)
		return answer_no(core, 409, EXIT_CONFLICT, "run %llu asks nothing now", id);
	return answer_no(core, 409, EXIT_CONFLICT,
	    "run %llu asks nothing now: %.*s, on %.*s", id, STR_ARG(run->row.answered),
	    STR_ARG(text_when(core, run->row.answered_wall)));
}

struct answering
ask_answer(struct core *core, const struct command *command)
{
	unsigned long long id = command->row;
	struct run *run = object_find(core, TABLE_RUN, command->row);
	if (run == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "no run %llu is in work: it has ended, or there is none", id);
	/* Its timer is due, and others come first. */
	if (run->row.phase == PHASE_ANSWER && core->at >= run->row.due)
		run_timer(core, run);
	if (run->row.state != RUN_RUNNING || run->row.phase != PHASE_ANSWER)
		return asks_nothing(core, run);
	const struct runbook_step *step = run_step(run);
	str value = command->text;
	str refused = param_refuses(&step->answer, value, &core->scratch);
	if (refused.n > 0)
		return answer_no(core, 422, EXIT_USAGE, "%.*s; answer with %.*s",
		    STR_ARG(refused), STR_ARG(answer_text(core, &step->answer)));
	if (!keep(core, run, step->name, value))
		return answer_no(core, 503, 1, "there is no memory for the answer");
	timeline_add(core, run->row.incident, TIMELINE_COMMAND, command->principal,
	    run->row.id, "answered %.*s: %.*s", STR_ARG(step->name), STR_ARG(value));
	str who = text_who(command->principal);
	str why = text_make(core, "%.*s answered %.*s: %.*s", STR_ARG(who),
	    STR_ARG(step->name), STR_ARG(value));
	row_set_str(core, &run->row.answered, text_line(core, why, TIMELINE_TEXT_MAX));
	run->row.answered_wall = core->wall;
	ask_end(core, run, command->principal, why);
	run_wait(core, run, PHASE_WAITING, 0, 0); /* whatever follows says for what */
	run_goto(core, run, leads_to(step, value), why);
	run_walk(core, run);
	return answer_yes(200, &run->o);
}
