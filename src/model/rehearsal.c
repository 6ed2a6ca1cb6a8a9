#include "model/rehearsal.h"

#include "model/internal.h"

const char *const rehearsal_became[] = { "holds", "does not hold", "unknown", "done",
	"failed", "refused", "timed out", "in doubt", "not started", "handed off",
	"not possible", "answered", "unanswered", "cancelled" };
const size_t rehearsal_became_n = countof(rehearsal_became);
const char *const rehearsal_ends[] = { "recovered", "stopped", "person", "handed off",
	"cancelled", "in doubt" };
const size_t rehearsal_ends_n = countof(rehearsal_ends);

struct case_reader {
	struct reader *r;
	const struct runbook *runbook;
	str *steps; /* their names, for did-you-mean */
	struct rehearsal_case *c;
};

/* ---- names ---- */

static bool
is_step(const struct runbook *runbook, str name)
{
	for (size_t i = 0; i < runbook->steps_n; i++) {
		if (str_eq(runbook->steps[i].name, name))
			return true;
	}
	return false;
}

/* A step, or "STEP.PART" for one of several things that it asks. */
static bool
names_step(const struct runbook *runbook, str name)
{
	if (is_step(runbook, name))
		return true;
	for (size_t i = name.n; i > 0; i--) {
		if (name.p[i - 1] == '.')
			return is_step(runbook, str_take(name, i - 1));
	}
	return false;
}

static bool
check_step(struct case_reader *s, const struct node *node, str name, bool key)
{
	if (names_step(s->runbook, name))
		return true;
	str hint = read_suggest(s->r, name, s->steps, s->runbook->steps_n);
	if (hint.n == 0)
		hint = read_hint(s->r, "its steps are %.*s",
		    STR_ARG(read_join(s->r, s->steps, s->runbook->steps_n)));
	if (key)
		read_error_key(s->r, node, hint, "runbook '%.*s' has no step '%.*s'",
		    STR_ARG(s->runbook->name), STR_ARG(name));
	else
		read_error(s->r, node, hint, "runbook '%.*s' has no step '%.*s'",
		    STR_ARG(s->runbook->name), STR_ARG(name));
	return false;
}

/* ---- what the world answers ---- */

static bool
read_seen(struct case_reader *s, const struct node *node, struct script *script)
{
	str text;
	if (!read_text(s->r, node, &text))
		return false;
	struct seen seen = { .kind = SEEN_VALUE, .value = text };
	if (str_eq(text, STR("fails")))
		seen.kind = SEEN_FAILS;
	else if (str_eq(text, STR("no data")))
		seen.kind = SEEN_NO_DATA;
	script->seen[script->n++] = seen;
	return true;
}

static bool
read_tried(struct case_reader *s, const struct node *node, struct script *script)
{
	static const struct {
		const char *word;
		enum tried_kind kind;
	} words[] = {
		{ "timeout", TRIED_TIMEOUT },
		{ "not started", TRIED_NOT_STARTED },
		{ "in doubt", TRIED_IN_DOUBT },
		{ "in doubt: happened", TRIED_HAPPENED },
		{ "in doubt: did not happen", TRIED_NOT_HAPPENED },
	};
	str text, exit = STR("exit ");
	uint64_t code;
	if (!read_text(s->r, node, &text))
		return false;
	struct tried *tried = &script->tried[script->n];
	for (size_t i = 0; i < countof(words); i++) {
		if (str_eq(text, str_of(words[i].word))) {
			*tried = (struct tried){ .kind = words[i].kind };
			script->n++;
			return true;
		}
	}
	if (str_starts(text, exit) && str_u64(str_drop(text, exit.n), 255, &code)) {
		*tried = (struct tried){ TRIED_EXIT, (int64_t)code };
		script->n++;
		return true;
	}
	read_error(s->r, node,
	    STR("write 'exit 0' to 'exit 255', 'timeout', 'not started', 'in doubt', "
		"'in doubt: happened' or 'in doubt: did not happen'"),
	    "'%.*s' is not how an attempt ends", STR_ARG(text));
	return false;
}

static bool
read_word(struct case_reader *s, const struct node *node, struct script *script)
{
	str text;
	if (!read_text(s->r, node, &text))
		return false;
	script->words.p[script->n++] = text;
	script->words.n = script->n;
	return true;
}

typedef bool read_one(struct case_reader *s, const struct node *node,
    struct script *script);

/* NAME: one, or a list of them, each of which `one` reads. */
static void
read_script(struct case_reader *s, const struct node *node, read_one *one,
    struct scripts *ret)
{
	struct reader *r = s->r;
	struct script *script = &ret->p[ret->n];
	*script = (struct script){ .name = node->key, .node = node };
	bool list = node->kind == NODE_LIST;
	size_t n = list ? node->n : 1;
	if (list && !read_at_most(r, node, REHEARSAL_WORDS_MAX))
		return;
	if (one == read_seen)
		script->seen = arena_new(r->arena, struct seen, n + 1);
	else if (one == read_tried)
		script->tried = arena_new(r->arena, struct tried, n + 1);
	else
		script->words.p = arena_new(r->arena, str, n + 1);
	if (!list)
		(void)one(s, node, script);
	else
		for (const struct node *item = node->first; item != NULL; item = item->next)
			(void)one(s, item, script);
	if (list && node->n == 0)
		read_error(r, node, STR("write what it answers, or remove it"),
		    "'%.*s' answers nothing", STR_ARG(node->key));
	if (script->n > 0)
		ret->n++;
}

static void
read_scripts(struct case_reader *s, const struct node *node, bool of_steps, read_one *one,
    struct scripts *ret)
{
	if (node == NULL || !read_is_map(s->r, node, NULL) ||
	    !read_at_most(s->r, node, REHEARSAL_NAMES_MAX))
		return;
	ret->p = arena_new(s->r->arena, struct script, node->n + 1);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		if (child->kind == NODE_EMPTY)
			read_error_key(s->r, child, STR("write a value, or remove the key"),
			    "'%.*s' has no value", STR_ARG(child->key));
		else if (!of_steps || check_step(s, child, child->key, true))
			read_script(s, child, one, ret);
	}
}

/* ---- how it begins ---- */

static void
read_pairs(struct case_reader *s, const struct node *node, struct pairs *ret)
{
	if (node == NULL || !read_is_map(s->r, node, NULL) ||
	    !read_at_most(s->r, node, REHEARSAL_NAMES_MAX))
		return;
	ret->p = arena_new(s->r->arena, struct pair, node->n + 1);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		str text;
		if (read_text(s->r, child, &text))
			ret->p[ret->n++] = (struct pair){ child->key, text };
	}
	bool unique = pairs_sort(ret);
	ASSERT(unique); /* the YAML saw to it */
}

/* A service alone: an alert of the runbook's name, with that label. */
static void
read_service(struct case_reader *s, const struct node *node)
{
	const struct service *service = read_ref(s->r, &s->r->services, node);
	if (service == NULL)
		return;
	struct pair *pairs = arena_new(s->r->arena, struct pair, 2);
	pairs[0] = (struct pair){ STR("alertname"), s->runbook->name };
	pairs[1] = (struct pair){ STR("service"), service->name };
	s->c->labels = (struct pairs){ pairs, 2 };
}

static void
read_by(struct case_reader *s, const struct node *node)
{
	str text, agent = STR("agent:");
	s->c->by = STR("automation");
	if (node == NULL || !read_text(s->r, node, &text) ||
	    str_eq(text, STR("automation")))
		return;
	if (str_starts(text, agent) && name_is(str_drop(text, agent.n)))
		s->c->by = text;
	else if (read_ref(s->r, &s->r->people, node) != NULL)
		s->c->by = arena_printf(s->r->arena, "person:%.*s", STR_ARG(text));
}

/* "2026-11-23 14:00", in UTC */
static void
read_at(struct case_reader *s, const struct node *node)
{
	str text;
	int64_t days;
	unsigned minute;
	if (node == NULL || !read_text(s->r, node, &text))
		return;
	struct str_cut cut = str_cut(text, ' ');
	if (!cut.found || !text_date(cut.head, &days) || days < 0 ||
	    !text_minute(cut.tail, &minute))
		read_error(s->r, node,
		    STR("write a day and a time in UTC: 2026-11-23 14:00"),
		    "'%.*s' is not a time", STR_ARG(text));
	else
		s->c->wall = (msec)days * DAY + (msec)minute * MINUTE;
}

/* ---- what is expected ---- */

static void
read_step_expected(struct case_reader *s, const struct node *node)
{
	struct expected_step step = { .node = node };
	const struct node *became = NULL;
	unsigned choice;
	if (!read_item(s->r, node, "step", &step.name, &became))
		return;
	if (!check_step(s, became != NULL ? became : node, step.name, became != NULL))
		return;
	if (became != NULL) {
		step.node = became;
		if (!read_choice(s->r, became, "outcome", rehearsal_became,
			rehearsal_became_n, &choice))
			return;
		step.became = str_of(rehearsal_became[choice]);
	}
	s->c->path[s->c->path_n++] = step;
}

static bool
read_verdict(struct case_reader *s, const struct node *node, struct script *script)
{
	static const char *const verdicts[] = { "allow", "allow-after-approval", "deny" };
	unsigned choice;
	return read_choice(s->r, node, "verdict", verdicts, countof(verdicts), &choice) &&
	       read_word(s, node, script);
}

static void
read_expect(struct case_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	const struct node *path = NULL, *end = NULL, *decisions = NULL;
	const struct key keys[] = {
		{ "path", &path },
		{ "end", &end, .required = true },
		{ "decisions", &decisions },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	unsigned choice;
	if (read_choice(r, end, "end", rehearsal_ends, rehearsal_ends_n, &choice)) {
		s->c->end = str_of(rehearsal_ends[choice]);
		s->c->end_node = end;
	}
	read_scripts(s, decisions, true, read_verdict, &s->c->decisions);
	if (path == NULL || !read_is_list(r, path, NULL) ||
	    !read_at_most(r, path, REHEARSAL_WORDS_MAX))
		return;
	s->c->path_node = path;
	s->c->path = arena_new(r->arena, struct expected_step, path->n + 1);
	for (const struct node *item = path->first; item != NULL; item = item->next)
		read_step_expected(s, item);
}

/* ---- a case, and all of them ---- */

static void
read_begin(struct case_reader *s, const struct node *map, const struct node *alert,
    const struct node *service)
{
	if ((alert == NULL) == (service == NULL)) {
		read_error_key(s->r, map,
		    STR("'alert: {alertname: ..., ...}' fires one; 'service: NAME' is an "
			"incident on it"),
		    "a case begins with an 'alert' or on a 'service', one of them");
		return;
	}
	s->c->alert = alert != NULL ? alert : service;
	if (alert != NULL)
		read_pairs(s, alert, &s->c->labels);
	else
		read_service(s, service);
}

/* What is asked for when a run begins has no step by which its answer could be told. */
static void
needs_inputs(struct case_reader *s)
{
	for (size_t i = 0; i < s->runbook->inputs_n; i++) {
		const struct input *input = &s->runbook->inputs[i];
		str name = input->param.name;
		if (input->from == INPUT_PROBE && !pairs_has(&s->c->inputs, name))
			read_error(s->r, s->c->node,
			    read_hint(s->r, "add 'inputs: {%.*s: ...}'", STR_ARG(name)),
			    "the case does not give the input '%.*s', which is asked for "
			    "when a run begins",
			    STR_ARG(name));
	}
}

/* What fails is told by its name. */
static void
read_case_name(struct case_reader *s, const struct node *node,
    const struct rehearsal_case *cases)
{
	if (!read_text(s->r, node, &s->c->name))
		return;
	const struct rehearsal_case *before = cases;
	while (before != s->c && !str_eq(before->name, s->c->name))
		before++;
	if (before != s->c)
		read_error(s->r, node, STR("give each case a name of its own"),
		    "the case '%.*s' is already written in line %u", STR_ARG(s->c->name),
		    before->node->line);
}

static void
read_case(struct case_reader *s, const struct node *map, const struct rehearsal_case *cases)
{
	struct reader *r = s->r;
	const struct node *name = NULL, *alert = NULL, *service = NULL, *by = NULL,
			  *inputs = NULL, *at = NULL, *probes = NULL, *attempts = NULL,
			  *approve = NULL, *deny = NULL, *live = NULL, *well = NULL,
			  *expect = NULL, *answers = NULL;
	const struct key keys[] = {
		{ "case", &name, .required = true },
		{ "alert", &alert },
		{ "service", &service },
		{ "by", &by },
		{ "inputs", &inputs },
		{ "at", &at },
		{ "probes", &probes },
		{ "attempts", &attempts },
		{ "answers", &answers },
		{ "approve", &approve },
		{ "deny", &deny },
		{ "live", &live },
		{ "well", &well },
		{ "expect", &expect, .required = true },
	};
	s->c->node = map;
	if (!read_map(r, map, "case", keys, countof(keys)))
		return;
	read_case_name(s, name, cases);
	s->c->node = name;
	read_begin(s, map, alert, service);
	read_by(s, by);
	read_pairs(s, inputs, &s->c->inputs);
	needs_inputs(s);
	read_at(s, at);
	read_scripts(s, probes, true, read_seen, &s->c->probes);
	read_scripts(s, attempts, true, read_tried, &s->c->attempts);
	read_scripts(s, answers, true, read_word, &s->c->answers);
	read_scripts(s, approve, true, read_word, &s->c->approve);
	read_scripts(s, deny, true, read_word, &s->c->deny);
	read_scripts(s, live, false, read_word, &s->c->live);
	s->c->well_known = well != NULL && read_strs(r, well, true, &s->c->well);
	read_expect(s, expect);
}

static void
read_cases(struct case_reader *s, const struct node *list, struct rehearsal *ret)
{
	struct reader *r = s->r;
	if (!read_is_list(r, list, NULL) || !read_at_most(r, list, REHEARSAL_CASES_MAX))
		return;
	if (list->n == 0)
		read_error(r, list, STR("write one, or remove the file"),
		    "there is no case");
	s->steps = arena_new(r->arena, str, s->runbook->steps_n + 1);
	for (size_t i = 0; i < s->runbook->steps_n; i++)
		s->steps[i] = s->runbook->steps[i].name;
	ret->cases = arena_new(r->arena, struct rehearsal_case, list->n + 1);
	for (const struct node *item = list->first; item != NULL; item = item->next) {
		s->c = &ret->cases[ret->n++];
		read_case(s, item, ret->cases);
	}
}

static void
known_of(struct reader *r, struct known *known, const char *kind, const char *section,
    struct names *by_name, size_t n)
{
	known->kind = kind;
	known->section = section;
	known->by_name = by_name;
	known->list = arena_new(r->arena, str, n + 1);
}

/* What a reader needs to look names up that are in the model already. */
static void
reader_of(struct reader *r, struct model *model)
{
	known_of(r, &r->services, "service", "services", &model->service_by_name,
	    model->services_n);
	for (size_t i = 0; i < model->services_n; i++)
		r->services.list[r->services.n++] = model->services[i].name;
	known_of(r, &r->people, "person", "people", &model->person_by_name,
	    model->people_n);
	for (size_t i = 0; i < model->people_n; i++)
		r->people.list[r->people.n++] = model->people[i].id;
}

static const struct runbook *
read_runbook(struct reader *r, const struct model *model, const struct node *node)
{
	str name;
	if (!read_name(r, node, &name))
		return NULL;
	const struct runbook *runbook = model_runbook(model, name);
	if (runbook != NULL && runbook->steps_n > 0)
		return runbook;
	str *names = arena_new(r->arena, str, model->runbooks_n + 1);
	for (size_t i = 0; i < model->runbooks_n; i++)
		names[i] = model->runbooks[i].name;
	if (runbook != NULL)
		read_error(r, node, STR(""), "runbook '%.*s' has no steps to try",
		    STR_ARG(name));
	else
		read_error(r, node, read_suggest(r, name, names, model->runbooks_n),
		    "there is no runbook '%.*s'", STR_ARG(name));
	return NULL;
}

struct rehearsal *
rehearsal_read(const struct model *model, const struct source *src, struct arena *arena,
    struct diags *diags)
{
	unsigned faults = diags->count;
	struct bundle nothing = { 0 };
	struct model *looked_at = arena_new(arena, struct model, 1);
	*looked_at = *model;
	struct reader r = { .arena = arena,
		.diags = diags,
		.bundle = &nothing,
		.model = looked_at };
	const struct node *root =
	    yaml_parse(src, (struct span){ 0, src->text.n }, arena, diags);
	if (root == NULL)
		return NULL;
	const struct node *name = NULL, *cases = NULL;
	const struct key keys[] = {
		{ "runbook", &name, .required = true },
		{ "cases", &cases, .required = true },
	};
	if (!read_map(&r, root, "file", keys, countof(keys)))
		return NULL;
	reader_of(&r, looked_at);
	struct rehearsal *ret = arena_new(arena, struct rehearsal, 1);
	ret->runbook = read_runbook(&r, model, name);
	struct case_reader s = { .r = &r, .runbook = ret->runbook };
	for (size_t i = 0; ret->runbook != NULL && i < ret->runbook->steps_n; i++) {
		if (ret->runbook->steps[i].kind != STEP_CALL)
			continue;
		read_error(&r, name, STR("test the runbook that it calls"),
		    "a runbook that calls another ('%.*s') cannot be tested beside it yet",
		    STR_ARG(ret->runbook->steps[i].name));
		break;
	}
	if (ret->runbook != NULL)
		read_cases(&s, cases, ret);
	return diags->count == faults ? ret : NULL;
}
