/*
 * The step `ask`: a question to the people on duty.
 *
 *	question: Which side is behind?
 *	to: {on-duty: platform-ops}	default: on-duty, of whoever answers for the incident
 *	answer: {type: one-of, values: [left, right]}	as a parameter
 *	within: 30m
 *	then: {left: drain-left}	of a one-of; other answers lead to the next step
 *	otherwise: person		nobody answered
 */
#include "model/runbook.h"

static void
read_to(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	str name;
	const struct node *value;
	str hint = STR("write on-duty, or {on-duty: TEAM}");
	if (!read_item(r, node, "'to'", &name, &value))
		return;
	if (!str_eq(name, STR("on-duty"))) {
		read_error(r, node, hint, "nobody is asked as '%.*s'", STR_ARG(name));
		return;
	}
	if (value == NULL)
		return;
	s->step->ask_team = read_ref(r, &r->teams, value);
	if (s->step->ask_team != NULL && s->step->ask_team->kind == TEAM_DEVELOPMENT)
		read_error(r, value, STR("name a team that operates"),
		    "'%.*s' is a development team: it is never on duty",
		    STR_ARG(s->step->ask_team->name));
}

static void
read_answer(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	struct param_nodes n = { 0 };
	const struct key keys[] = { PARAM_KEYS(&n) };
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	const struct node *const not_of_answers[] = { n.otherwise, n.optional };
	for (size_t i = 0; i < countof(not_of_answers); i++) {
		if (not_of_answers[i] != NULL)
			read_error_key(r, not_of_answers[i],
			    STR("remove it: 'otherwise' is where it leads without an "
				"answer"),
			    "an answer is given, or it is not");
	}
	(void)read_param(r, node, &n, &s->step->answer);
	s->step->answer.name = s->step->name;
}

static void
read_then(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	struct runbook_step *step = s->step;
	const struct strs *values = &step->answer.values;
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, RUNBOOK_STEPS_MAX))
		return;
	if (step->answer.kind != PARAM_ONE_OF && step->answer.kind != 0)
		read_error_key(r, node,
		    STR("use 'answer: {type: one-of, values: [...]}', or remove it"),
		    "'then' needs answers to choose from");
	step->answers = arena_new(r->arena, struct step_answer, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		step->answers[step->answers_n++] =
		    (struct step_answer){ child->key, STEP_NEXT };
		bool known = step->answer.kind != PARAM_ONE_OF;
		for (size_t i = 0; i < values->n; i++)
			known = known || str_eq(values->p[i], child->key);
		if (!known)
			read_error_key(r, child,
			    read_suggest(r, child->key, values->p, values->n),
			    "'%.*s' is no answer to this question", STR_ARG(child->key));
	}
	s->draft->then = node;
}

static void
check_name(struct step_reader *s)
{
	const struct node *name = &s->draft->fence->name;
	const struct strs *names = s->with_names; /* inputs, answers, service, target */
	for (size_t i = 0; i < names->n; i++) {
		if (str_eq(names->p[i], name->text))
			read_error(s->r, name, STR("give the question another name"),
			    "'${%.*s}' means something already", STR_ARG(name->text));
	}
}

void
step_read_ask(struct step_reader *s)
{
	struct reader *r = s->r;
	const struct node *question = NULL, *to = NULL, *answer = NULL, *within = NULL,
			  *then = NULL;
	const struct key keys[] = {
		{ "question", &question, .required = true },
		{ "to", &to },
		{ "answer", &answer, .required = true },
		{ "within", &within, .required = true },
		{ "then", &then },
		{ "otherwise", &s->draft->otherwise },
	};
	check_name(s);
	if (!read_is_map(r, s->map, "ask"))
		return;
	(void)read_map(r, s->map, "ask", keys, countof(keys));
	if (question != NULL)
		(void)read_template(r, question, QUOTE_NONE, s->probe_names,
		    &s->step->question);
	if (to != NULL)
		read_to(s, to);
	if (answer != NULL)
		read_answer(s, answer);
	if (within != NULL)
		(void)read_duration(r, within, SECOND, STEP_ASK_WITHIN_MS_MAX,
		    &s->step->within_ms);
	if (then != NULL)
		read_then(s, then);
}
