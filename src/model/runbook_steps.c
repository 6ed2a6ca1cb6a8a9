/*
 * The YAML inside a step's fence.
 *
 *	check, verify	promql | http | run, expect, for, every, within, otherwise, timeout
 *	wait		for | until: {...}, within, otherwise
 *	ask		question, to, answer, within, then, otherwise
 *	action		do, with, targets, rolling, retry, otherwise
 *	undo		of
 *	call		runbook, with, each, rolling, then, otherwise
 *	handoff		class, because, attach, ask
 */
#include "model/runbook.h"

static const char *const classes[] = { "code-change", "architecture", "investigation" };
static const char *const attachments[] = { "logs", "changes", "attempts", "alerts",
	"timeline" };

/* ---- action ---- */

#define ROLES_NAMED_MAX 64
#define HOSTS_NAMED_MAX 256

/* A host whose own service could not be read may be any service's: that is reported there. */
static bool
is_host_of(const struct host *host, const struct service *service)
{
	return host->service == NULL || host->service == service;
}

static void
add_role(str *roles, size_t *n, str role)
{
	for (size_t i = 0; i < *n; i++) {
		if (str_eq(roles[i], role))
			return;
	}
	if (role.n > 0 && *n < ROLES_NAMED_MAX)
		roles[(*n)++] = role;
}

/* The role must be one that a host of the service has: no host is an empty target set. */
static void
check_role(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	const struct model *m = r->model;
	str roles[ROLES_NAMED_MAX];
	size_t n = 0;
	for (size_t i = 0; i < m->hosts_n; i++) {
		const struct host *host = &m->hosts[i];
		if (!is_host_of(host, s->step->target_service))
			continue;
		if (str_eq(host->role, s->step->target_role))
			return;
		add_role(roles, &n, host->role);
	}
	str hint = read_suggest(r, s->step->target_role, roles, n);
	if (hint.n == 0 && r->incomplete)
		return;
	if (hint.n == 0 && n > 0)
		hint = read_hint(r, "the roles of its hosts are %.*s",
		    STR_ARG(read_join(r, roles, n)));
	else if (hint.n == 0)
		hint = STR("give its hosts a role, or leave 'role' out");
	read_error(r, node, hint, "no host of '%.*s' has the role '%.*s'",
	    STR_ARG(s->step->target_service->name), STR_ARG(s->step->target_role));
}

static bool
has_hosts(const struct model *m, const struct service *service)
{
	for (size_t i = 0; i < m->hosts_n; i++) {
		if (is_host_of(&m->hosts[i], service))
			return true;
	}
	return false;
}

/* One host: written as it is, it must be one of them; by an input, when it is due. */
static void
read_host(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	struct template *host = &s->step->target_host;
	if (!read_template(r, node, QUOTE_WHOLE, s->probe_names, host) || host->n != 1 ||
	    host->pieces[0].placeholder || s->step->target_service == NULL)
		return;
	str names[HOSTS_NAMED_MAX];
	size_t n = 0;
	for (size_t i = 0; i < r->model->hosts_n; i++) {
		const struct host *one = &r->model->hosts[i];
		if (!is_host_of(one, s->step->target_service))
			continue;
		if (str_eq(one->name, node->text))
			return;
		if (n < HOSTS_NAMED_MAX)
			names[n++] = one->name;
	}
	str hint = read_suggest(r, node->text, names, n);
	if (hint.n == 0 && r->incomplete)
		return;
	read_error(r, node,
	    hint.n > 0 ? hint : STR("name one of its hosts, or an input: \"${host}\""),
	    "'%.*s' has no host '%.*s'", STR_ARG(s->step->target_service->name),
	    STR_ARG(node->text));
}

void
step_read_targets(struct step_reader *s, const struct node *node, bool one)
{
	struct reader *r = s->r;
	const struct node *service = NULL, *role = NULL, *host = NULL;
	const struct key keys[] = {
		{ "service", &service, .required = true },
		{ "role", &role },
		{ "host", &host },
	};
	bool complete = read_map(r, node, NULL, keys, countof(keys) - (one ? 0 : 1));
	if (role != NULL && !read_name(r, role, &s->step->target_role))
		return;
	if (!complete)
		return;
	s->step->target_service = read_ref(r, &r->services, service);
	if (s->step->target_service == NULL)
		return;
	if (!has_hosts(r->model, s->step->target_service)) {
		if (!r->incomplete)
			read_error(r, service,
			    STR("add its hosts under 'hosts', or leave 'targets' out to "
				"act "
				"on the service itself"),
			    "'%.*s' has no hosts", STR_ARG(service->text));
		return;
	}
	if (role != NULL)
		check_role(s, role);
	if (host != NULL)
		read_host(s, host);
}

/* How many targets at once: one, a number of them, or a share of all. */
static void
read_batch(struct step_reader *s, const struct node *one, const struct node *batch)
{
	struct reader *r = s->r;
	bool one_at_a_time = true;
	struct share *share = &s->step->batch;
	if (one != NULL && read_bool(r, one, &one_at_a_time) && !one_at_a_time)
		read_error(r, one, STR("write 'batch: 2', or 'batch: 25%', instead"),
		    "'one_at_a_time' is true, or is not written");
	if (batch == NULL)
		return;
	if (one != NULL)
		read_error_key(r, batch, STR("keep one of the two"),
		    "'batch' beside 'one_at_a_time'");
	if (read_share(r, batch, share) &&
	    (share->count > BATCH_MAX || share->percent == 100))
		read_error(r, batch,
		    share->count > 0
			? read_hint(r, "write a number up to %d, or a share", BATCH_MAX)
			: STR("write a share under 100%"),
		    share->count > 0 ? "at most %d targets at once"
				     : "that is all of them at once",
		    BATCH_MAX);
}

static void
read_rolling(struct step_reader *s, const struct node *node, const struct node *targets)
{
	struct reader *r = s->r;
	const struct node *one = NULL, *batch = NULL, *pause = NULL, *failures = NULL,
			  *healthy = NULL;
	const struct key keys[] = {
		{ "one_at_a_time", &one },
		{ "batch", &batch },
		{ "pause", &pause },
		{ "stop_after_failures", &failures },
		{ "healthy", &healthy },
	};
	if (!read_map(r, node, NULL, keys, countof(keys)))
		return;
	read_batch(s, one, batch);
	if (pause != NULL)
		(void)read_duration(r, pause, 0, STEP_PAUSE_MS_MAX, &s->step->pause_ms);
	if (failures != NULL)
		(void)read_u32(r, failures, 1, STEP_FAILURES_MAX,
		    &s->step->stop_after_failures);
	if (healthy != NULL)
		step_read_gate(s, healthy);
	if (targets == NULL)
		read_error_key(r, node, STR("add 'targets: {service: ...}'"),
		    "'rolling' means nothing without 'targets'");
}

static void
read_retry(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	const struct node *times = NULL, *wait = NULL;
	const struct key keys[] = {
		{ "times", &times, .required = true },
		{ "wait", &wait, .required = true },
	};
	(void)read_map(r, node, NULL, keys, countof(keys));
	if (times != NULL)
		(void)read_u32(r, times, 1, STEP_RETRIES_MAX, &s->step->retry_times);
	if (wait != NULL)
		(void)read_duration(r, wait, SECOND, STEP_RETRY_WAIT_MS_MAX,
		    &s->step->retry_wait_ms);
}

static void
read_action(struct step_reader *s)
{
	struct reader *r = s->r;
	const struct node *action = NULL, *with = NULL, *targets = NULL, *rolling = NULL,
			  *retry = NULL;
	const struct key keys[] = {
		{ "do", &action, .required = true },
		{ "with", &with },
		{ "targets", &targets },
		{ "rolling", &rolling },
		{ "retry", &retry },
		{ "otherwise", &s->draft->otherwise },
	};
	(void)read_map(r, s->map, "action", keys, countof(keys));
	s->step->stop_after_failures = 1;
	if (action != NULL)
		s->step->action = read_ref(r, &r->actions, action);
	if (with != NULL)
		read_with(r, with, s->step->action, s->with_names, &s->step->with,
		    &s->step->with_n);
	if (s->step->action != NULL)
		with_complete(r, action, with, s->step->action, s->step->with,
		    s->step->with_n);
	if (targets != NULL)
		step_read_targets(s, targets, true);
	if (rolling != NULL)
		read_rolling(s, rolling, targets);
	if (retry != NULL)
		read_retry(s, retry);
}

/* ---- undo ---- */

static void
read_undo(struct step_reader *s)
{
	const struct key keys[] = { { "of", &s->draft->undo, .required = true } };
	(void)read_map(s->r, s->map, "undo", keys, countof(keys));
}

/* ---- handoff ---- */

static void
read_attach(struct step_reader *s, const struct node *node)
{
	struct reader *r = s->r;
	if (!read_is_list(r, node, NULL) || !read_at_most(r, node, countof(attachments)))
		return;
	s->step->attach.p = arena_new(r->arena, str, node->n);
	for (const struct node *item = node->first; item != NULL; item = item->next) {
		unsigned choice;
		if (read_choice(r, item, "attachment", attachments, countof(attachments),
			&choice))
			s->step->attach.p[s->step->attach.n++] =
			    str_of(attachments[choice]);
	}
}

static void
read_handoff(struct step_reader *s)
{
	struct reader *r = s->r;
	const struct node *class = NULL, *because = NULL, *attach = NULL, *ask = NULL;
	const struct key keys[] = {
		{ "class", &class, .required = true },
		{ "because", &because, .required = true },
		{ "attach", &attach },
		{ "ask", &ask, .required = true },
	};
	(void)read_map(r, s->map, "handoff", keys, countof(keys));
	unsigned choice;
	if (class != NULL &&
	    read_choice(r, class, "class", classes, countof(classes), &choice))
		s->step->class = (enum handoff_class)(HANDOFF_CODE_CHANGE + choice);
	if (because != NULL)
		(void)read_text(r, because, &s->step->because);
	if (ask != NULL)
		(void)read_text(r, ask, &s->step->ask);
	if (attach != NULL)
		read_attach(s, attach);
}

/* ---- all of them ---- */

static uint32_t
default_otherwise(enum step_kind kind)
{
	switch (kind) {
	case STEP_CHECK:
	case STEP_HANDOFF:
		return STEP_STOP;
	case STEP_ACTION:
	case STEP_VERIFY:
	case STEP_WAIT:
	case STEP_ASK:
	case STEP_UNDO:
	case STEP_CALL:
		return STEP_PERSON;
	}
	UNREACHABLE();
}

static void
read_step(struct step_reader *s)
{
	switch (s->step->kind) {
	case STEP_CHECK:
		step_read_check(s);
		return;
	case STEP_VERIFY:
		step_read_verify(s);
		return;
	case STEP_ACTION:
		read_action(s);
		return;
	case STEP_UNDO:
		read_undo(s);
		return;
	case STEP_HANDOFF:
		read_handoff(s);
		return;
	case STEP_WAIT:
		step_read_wait(s);
		return;
	case STEP_ASK:
		step_read_ask(s);
		return;
	case STEP_CALL:
		step_read_call(s);
		return;
	}
	UNREACHABLE();
}

bool
steps_read(struct reader *r, const struct markdown *markdown, struct runbook *runbook,
    struct draft *drafts)
{
	/* Inputs, then the answers to what was asked before, then what is always there. */
	str *names = arena_new(r->arena, str, runbook->inputs_n + markdown->n + 2);
	size_t n = 0;
	while (n < runbook->inputs_n) {
		names[n] = runbook->inputs[n].param.name;
		n++;
	}

	bool whole = true;
	runbook->steps = arena_new(r->arena, struct runbook_step, markdown->n);
	runbook->steps_n = markdown->n;
	for (size_t i = 0; i < markdown->n; i++) {
		const struct fence *fence = &markdown->fences[i];
		struct runbook_step *step = &runbook->steps[i];
		step->kind = fence->kind;
		step->name = fence->name.text;
		step->heading = fence->heading;
		step->place = node_place(&fence->name);
		step->otherwise = default_otherwise(fence->kind);
		step->then = STEP_NEXT;
		drafts[i].fence = fence;

		struct node *map =
		    yaml_parse(fence->name.src, fence->body, r->arena, r->diags);
		if (map == NULL || map->kind != NODE_MAP)
			whole = false;
		if (map == NULL)
			continue;
		map->key = fence->name.text;
		map->key_at = fence->name.at;
		map->line = fence->name.line;
		names[n] = STR("service");
		names[n + 1] = STR("target");
		const struct strs probe_names = { names, n + 1 };
		const struct strs with_names = { names, n + 2 };
		struct step_reader s = {
			.r = r,
			.runbook = runbook,
			.probe_names = &probe_names,
			.with_names = &with_names,
			.map = map,
			.step = step,
			.draft = &drafts[i],
		};
		read_step(&s);
		if (step->kind == STEP_ASK)
			names[n++] = step->name;
	}
	return whole;
}
