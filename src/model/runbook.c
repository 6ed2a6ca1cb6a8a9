/*
 * runbooks/... .md of the bundle: front matter, then prose with steps in it.
 *
 *	---
 *	runbook: queue-not-draining
 *	service: payments
 *	answers: [{alertname: PaymentsQueueStuck}]
 *	ceiling: auto
 *	inputs: {queue: {type: name, from: alert.labels.queue}}
 *	---
 *	# The payments queue is not draining
 *
 * Identity is path and content hash; nothing is ever written back.
 */
#include "model/runbook.h"

#include "base/hash.h"

/* ---- the file as text ---- */

/* The text can be shown, and its lines are the same to everyone who counts them. */
static bool
check_text(struct reader *r, const struct source *src)
{
	str text = src->text;
	if (text.n > RUNBOOK_BYTES_MAX) {
		diag_error(r->diags, src, (struct span){ 0, 0 },
		    STR("keep what people need at night, and link the rest"),
		    "a runbook is at most %u kB", RUNBOOK_BYTES_MAX / 1024);
		return false;
	}
	if (str_starts(text, STR("\xef\xbb\xbf"))) {
		diag_error(r->diags, src, (struct span){ 0, 3 }, STR("remove it"),
		    "a byte order mark is not allowed");
		return false;
	}
	for (size_t i = 0; i < text.n;) {
		size_t n = str_utf8_char(str_drop(text, i));
		if (n == 0 || text.p[i] == 0) {
			diag_error(r->diags, src, (struct span){ i, 1 },
			    STR("save the file as UTF-8"), "this is not UTF-8");
			return false;
		}
		if (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n')) {
			diag_error(r->diags, src, (struct span){ i, 1 },
			    STR("save the file with LF line ends"),
			    "a carriage return without a line feed");
			return false;
		}
		i += n;
	}
	return true;
}

/* The line that begins at *off, without its end; *off moves to the next. */
static str
take_line(str text, size_t *off)
{
	struct str_cut cut = str_cut(str_drop(text, *off), '\n');
	*off += cut.head.n + cut.found;
	return cut.head;
}

static bool
is_rule(str line)
{
	return str_starts(line, STR("---")) && str_trim(line).n == 3;
}

/* Where the YAML between the '---' lines stands, and where the prose begins. */
static bool
cut_front(struct reader *r, const struct source *src, struct span *ret, size_t *ret_prose)
{
	size_t off = 0;
	if (!is_rule(take_line(src->text, &off))) {
		diag_error(r->diags, src, (struct span){ 0, 0 },
		    STR("begin with three lines: --- then runbook: NAME then ---"),
		    "a runbook begins with front matter");
		return false;
	}
	size_t from = off;
	while (off < src->text.n) {
		size_t line = off;
		if (is_rule(take_line(src->text, &off))) {
			*ret = (struct span){ from, line - from };
			*ret_prose = off;
			return true;
		}
	}
	diag_error(r->diags, src, (struct span){ 0, 3 }, STR("end it with a line '---'"),
	    "this front matter is never closed");
	return false;
}

/* ---- front matter ---- */

static void
read_name_key(struct reader *r, const struct node *node, struct runbook *runbook)
{
	if (!read_name(r, node, &runbook->name))
		return;
	runbook->place = node_place(node);
	void **slot = names_slot(&r->model->runbook_by_name, r->arena, runbook->name);
	const struct runbook *first = *slot;
	if (first == NULL) {
		*slot = runbook;
		return;
	}
	read_error(r, node, STR("keep one of the two"),
	    "the runbook '%.*s' is already written at %.*s:%u", STR_ARG(runbook->name),
	    STR_ARG(first->place.file), first->place.line);
}

/* Nothing must never come to mean everything: an empty list is not a missing key. */
static bool
refuse_empty(struct reader *r, const struct node *node, const char *meaning)
{
	if (node->kind != NODE_LIST || node->n > 0)
		return false;
	read_error(r, node, read_hint(r, "remove the key if you mean %s", meaning),
	    "'%.*s' is empty", STR_ARG(node->key));
	return true;
}

static void
read_services(struct reader *r, const struct node *node, struct runbook *runbook)
{
	if (refuse_empty(r, node, "any service"))
		return;
	bool one = node->kind == NODE_TEXT;
	if (!one && !read_is_list(r, node, NULL))
		return;
	size_t n = one ? 1 : node->n;
	runbook->services = arena_new(r->arena, const struct service *, n);
	for (const struct node *item = one ? node : node->first; item != NULL;
	     item = one ? NULL : item->next) {
		const struct service *service = read_ref(r, &r->services, item);
		if (service != NULL)
			runbook->services[runbook->services_n++] = service;
	}
}

static void
read_answers(struct reader *r, const struct node *node, struct runbook *runbook)
{
	if (refuse_empty(r, node, "that it is run by hand only") ||
	    !read_is_list(r, node, NULL) || !read_at_most(r, node, RUNBOOK_ANSWERS_MAX))
		return;
	runbook->answers = arena_new(r->arena, struct matchers, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		if (read_is_map(r, item, "answer") &&
		    read_matchers(r, item, &runbook->answers[runbook->answers_n]))
			runbook->answers_n++;
	}
}

static bool
is_label(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return s.n > 0 && s.n <= NAME_BYTES_MAX;
}

static const struct {
	const char *text;
	enum input_from from;
} catalogue[] = {
	{ "service.name", INPUT_SERVICE },
	{ "service.owner", INPUT_OWNER },
	{ "service.tier", INPUT_TIER },
	{ "service.environment", INPUT_ENVIRONMENT },
	{ "service.system", INPUT_SYSTEM },
	{ "service.developers", INPUT_DEVELOPERS },
};

/* "alert.labels.queue" of "alert.labels." */
static bool
is_of_alert(str text, str prefix, str *ret)
{
	if (!str_starts(text, prefix) || !is_label(str_drop(text, prefix.n)))
		return false;
	*ret = str_drop(text, prefix.n);
	return true;
}

static void
read_from(struct reader *r, const struct node *node, struct input *input)
{
	str text;
	str names[countof(catalogue)];
	if (!read_text(r, node, &text))
		return;
	if (is_of_alert(text, STR("alert.labels."), &input->label))
		input->from = INPUT_LABEL;
	else if (is_of_alert(text, STR("alert.annotations."), &input->label))
		input->from = INPUT_ANNOTATION;
	for (size_t i = 0; i < countof(catalogue); i++) {
		names[i] = str_of(catalogue[i].text);
		if (str_eq(text, names[i]))
			input->from = catalogue[i].from;
	}
	if (input->from != 0)
		return;
	str hint = read_suggest(r, text, names, countof(names));
	if (hint.n == 0)
		hint = read_hint(r,
		    "write alert.labels.NAME, alert.annotations.NAME, a probe such as "
		    "{promql: ...}, or one of %.*s",
		    STR_ARG(read_join(r, names, countof(names))));
	read_error(r, node, hint, "an input cannot come from '%.*s'", STR_ARG(text));
}

/* {promql: ...}: asked when the run begins. What is not known then is not made up. */
static void
read_from_probe(struct reader *r, const struct node *node, const struct node *otherwise,
    const struct runbook *runbook, struct input *input)
{
	struct probe_nodes n = { 0 };
	const struct key keys[] = { PROBE_ASK_KEYS(&n) };
	str names[RUNBOOK_INPUTS_MAX + 1];
	size_t count = 0;
	for (size_t i = 0; i < runbook->inputs_n; i++) {
		if (runbook->inputs[i].from != INPUT_PROBE)
			names[count++] = runbook->inputs[i].param.name;
	}
	names[count++] = STR("service");
	const struct strs allowed = { names, count };
	input->from = INPUT_PROBE;
	input->probe = arena_new(r->arena, struct probe, 1);
	if (read_map(r, node, NULL, keys, countof(keys)))
		(void)read_observation(r, node, "this 'from'", &n, &allowed, input->probe);
	if (otherwise != NULL)
		read_error_key(r, otherwise,
		    STR("remove it: a run whose input is not known does not begin"),
		    "an input that is asked for has no default");
}

static void
read_input(struct reader *r, const struct node *node, const struct runbook *runbook,
    struct input *input)
{
	struct param_nodes n = { 0 };
	const struct node *from = NULL;
	const struct key keys[] = { PARAM_KEYS(&n), { "from", &from } };
	if (str_eq(node->key, STR("target")) || str_eq(node->key, STR("service")))
		read_error_key(r, node, STR("it is always there; use another name"),
		    "'%.*s' cannot be an input", STR_ARG(node->key));
	/* An input that is wrong is known all the same, by its name. */
	input->param.name = node->key;
	if (!read_map(r, node, "input", keys, countof(keys)))
		return;
	if (n.optional != NULL)
		read_error_key(r, n.optional, STR("give it a default instead"),
		    "an input is never optional");
	(void)read_param(r, node, &n, &input->param);
	if (from != NULL && from->kind == NODE_MAP)
		read_from_probe(r, from, n.otherwise, runbook, input);
	else if (from != NULL)
		read_from(r, from, input);
	else if (n.otherwise == NULL)
		read_error_key(r, node,
		    STR("add 'from: alert.labels.NAME' or 'default: ...'"),
		    "the input '%.*s' never has a value", STR_ARG(node->key));
}

static void
read_inputs(struct reader *r, const struct node *node, struct runbook *runbook)
{
	if (!read_is_map(r, node, NULL) || !read_at_most(r, node, RUNBOOK_INPUTS_MAX))
		return;
	runbook->inputs = arena_new(r->arena, struct input, node->n);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		read_input(r, child, runbook, &runbook->inputs[runbook->inputs_n]);
		runbook->inputs_n++;
	}
}

/* ---- the whole ---- */

/* Without steps there is nothing to be autonomous about: the author must say so, lest a
 * fence that is no fence goes unnoticed. */
static void
check_stepless(struct reader *r, const struct node *name, const struct node *ceiling,
    const struct runbook *runbook)
{
	if (runbook->ceiling == AUTONOMY_SUGGEST || runbook->name.n == 0)
		return; /* what has no name was told of already */
	str hint = STR("add steps, or 'ceiling: suggest' if it is for people only");
	if (ceiling != NULL)
		read_error(r, ceiling, hint, "this runbook has no steps");
	else
		read_error(r, name, hint, "the runbook '%.*s' has no steps",
		    STR_ARG(runbook->name));
}

static void
read_prose(struct reader *r, const struct source *src, size_t off, const struct node *name,
    const struct node *ceiling, struct runbook *runbook)
{
	struct markdown markdown;
	markdown_read(r, src, off, &markdown);
	runbook->title = markdown.title.n > 0 ? markdown.title : runbook->name;
	if (markdown.n == 0 && !markdown.faulty)
		check_stepless(r, name, ceiling, runbook);

	struct draft *drafts = arena_new(r->arena, struct draft, markdown.n);
	if (steps_read(r, &markdown, runbook, drafts) && !markdown.faulty)
		flow_check(r, runbook, drafts);
}

static void
read_seen(struct reader *r, const struct node *node, struct runbook *runbook)
{
	str *names = arena_new(r->arena, str, runbook->inputs_n + 1);
	size_t n = 0;
	for (; n < runbook->inputs_n; n++)
		names[n] = runbook->inputs[n].param.name;
	names[n++] = STR("service");
	const struct strs allowed = { names, n };
	read_evidence(r, node, &allowed, &runbook->evidence, &runbook->evidence_n);
}

static void
runbook_read(struct reader *r, const struct bundle_file *file, struct runbook *runbook)
{
	struct source *src = arena_new(r->arena, struct source, 1);
	*src = (struct source){ .name = file->path, .text = file->bytes };
	*runbook = (struct runbook){
		.path = file->path,
		.hash = sha256(file->bytes),
		.text = file->bytes,
		.ceiling = AUTONOMY_AUTO,
		.veto_ms = VETO_MS_DEFAULT,
		.place = { file->path, 1 },
	};
	struct span front;
	size_t prose;
	if (!check_text(r, src) || !cut_front(r, src, &front, &prose))
		return;
	const struct node *root = yaml_parse(src, front, r->arena, r->diags);
	if (root == NULL)
		return;

	const struct node *name = NULL, *service = NULL, *answers = NULL, *ceiling = NULL,
			  *inputs = NULL, *evidence = NULL, *veto = NULL, *shadow = NULL,
			  *drill = NULL;
	const struct key keys[] = {
		{ "runbook", &name, .required = true },
		{ "service", &service },
		{ "answers", &answers },
		{ "ceiling", &ceiling },
		{ "inputs", &inputs },
		{ "evidence", &evidence },
		{ "veto", &veto },
		{ "shadow", &shadow },
		{ "drill", &drill },
	};
	if (!read_map(r, root, "front matter", keys, countof(keys)))
		return;
	read_name_key(r, name, runbook);
	if (service != NULL)
		read_services(r, service, runbook);
	if (answers != NULL)
		read_answers(r, answers, runbook);
	if (ceiling != NULL)
		(void)read_autonomy(r, ceiling, "ceiling", &runbook->ceiling);
	if (veto != NULL)
		(void)read_duration(r, veto, VETO_MS_MIN, VETO_MS_MAX, &runbook->veto_ms);
	if (shadow != NULL)
		(void)read_bool(r, shadow, &runbook->shadow);
	if (drill != NULL)
		read_drill(r, drill, runbook);
	if (inputs != NULL)
		read_inputs(r, inputs, runbook);
	if (evidence != NULL)
		read_seen(r, evidence, runbook);
	read_prose(r, src, prose, name, ceiling, runbook);
}

static bool
is_runbook(const struct bundle_file *file)
{
	return str_starts(file->path, STR("runbooks/")) && str_ends(file->path, STR(".md"));
}

/* Of an alert those annotations are kept that some input comes from. */
static void
gather_annotations(struct reader *r)
{
	struct model *m = r->model;
	size_t most = 0;
	for (size_t i = 0; i < m->runbooks_n; i++)
		most += m->runbooks[i].inputs_n;
	m->annotations.p = arena_new(r->arena, str, most);
	for (size_t i = 0; i < m->runbooks_n; i++) {
		for (size_t k = 0; k < m->runbooks[i].inputs_n; k++) {
			const struct input *input = &m->runbooks[i].inputs[k];
			if (input->from == INPUT_ANNOTATION &&
			    m->annotations.n < ANNOTATIONS_KEPT_MAX &&
			    !strs_has(&m->annotations, input->label))
				m->annotations.p[m->annotations.n++] = input->label;
		}
	}
}

void
runbooks_read(struct reader *r)
{
	const struct bundle *bundle = r->bundle;
	struct model *m = r->model;
	m->runbooks = arena_new(r->arena, struct runbook, RUNBOOKS_MAX);
	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *file = &bundle->files[i];
		if (!is_runbook(file))
			continue;
		if (m->runbooks_n == RUNBOOKS_MAX) {
			struct source *src = arena_new(r->arena, struct source, 1);
			*src = (struct source){ .name = file->path, .text = file->bytes };
			diag_error(r->diags, src, (struct span){ 0, 0 },
			    STR("remove what nobody uses"), "more than %d runbooks",
			    RUNBOOKS_MAX);
			return;
		}
		runbook_read(r, file, &m->runbooks[m->runbooks_n++]);
	}
	gather_annotations(r);
	calls_check(r);
}
