/*
 * run -- a runbook or a single action, within an incident. Authority decides as for
 * anyone: a refusal says why and ends with 5.
 */
#include <stdio.h>

#include "cli/run_plan.h"
#include "cli/run_wait.h"
#include "cli/view.h"

#define LISTED_MAX 10 /* incidents of a service, of which one is to be named */

struct run_options {
	const char *incident, *action, *on, *target, *timeout, *service, *as, *before;
	bool dry;
	struct awaiting awaiting;
};

/* What opens one is of no use for a service that is mistyped. */
static int
no_incident(struct client *client, const char *service)
{
	int code = service_known(client, service);
	if (code != EXIT_OK)
		return code;
	complain("no incident is open on '%s'", service);
	say("Actions are done within an incident. 'firstline send alertname=... "
	    "service=%s' opens one;\n'firstline incident list' shows others to name "
	    "with --incident.",
	    service);
	return EXIT_NOT_FOUND;
}

static int
several_incidents(const char *service, const struct records *open)
{
	const struct incident_row *rows = open->p;
	complain("%zu incidents are open on '%s': say which with --incident", open->n,
	    service);
	size_t i = 0;
	for (; i < open->n && i < LISTED_MAX; i++)
		say("  --incident %u    %.*s", rows[i].id, STR_ARG(rows[i].title));
	if (i < open->n)
		say("and %zu more: firstline incident list --service %s", open->n - i,
		    service);
	return EXIT_CONFLICT;
}

/* The one open incident of a service. */
static int
find_incident(struct client *client, const char *service, uint64_t *ret)
{
	str path = arena_printf(&client->arena, "/v1/incidents?state=open&service=%.*s",
	    STR_ARG(client_escape(client, service)));
	str body;
	struct records open;
	int code = client_get_all(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_list(client, body, "items", &incident_row_type, &open))
		return EXIT_FAILED;
	if (open.n != 1)
		return open.n == 0 ? no_incident(client, service)
		                   : several_incidents(service, &open);
	*ret = ((const struct incident_row *)open.p)->id;
	return EXIT_OK;
}

/* Both are named: what is done is on the incident, so that service must be its own. */
static int
check_service(struct client *client, uint64_t incident, const char *service)
{
	str path = arena_printf(&client->arena, "/v1/incidents/%llu",
	    (unsigned long long)incident);
	str body;
	struct incident_row row;
	int code = client_get(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_one(client, body, "incident", &incident_row_type, &row))
		return EXIT_FAILED;
	if (str_eq(row.service, str_of(service)))
		return EXIT_OK;
	complain("incident %u is of '%.*s', not of '%s': nothing is done; leave out --on, "
		 "or "
		 "name another incident",
	    row.id, STR_ARG(row.service), service);
	return EXIT_USAGE;
}

static int
say_started(struct client *client, str body, uint64_t incident, const struct run_options *o)
{
	if (o->action != NULL)
		return await_action(client, body, &o->awaiting);
	if (client->options.json && !o->awaiting.wait)
		return client_print_json(body);
	say("The runbook is at work on incident %llu.", (unsigned long long)incident);
	if (o->awaiting.wait)
		return await_run(client, incident, 0, o->awaiting.timeout_ms);
	say("firstline incident show %llu    how it goes", (unsigned long long)incident);
	return EXIT_OK;
}

static int
start(struct client *client, uint64_t incident, const struct run_options *o,
    const char *runbook, const struct pairs *params)
{
	const char *texts[] = { "runbook", runbook, "action", o->action, "target",
		o->target, NULL };
	str path = arena_printf(&client->arena, "/v1/incidents/%llu/run",
	    (unsigned long long)incident);
	str body;
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, params), &body);
	if (code == EXIT_OK)
		return say_started(client, body, incident, o);
	if (code == EXIT_REFUSED)
		say("firstline why %llu    the rules, and what would change it",
		    (unsigned long long)incident);
	return code;
}

/* What a run that has ended did not do. */
static int
go_on(struct client *client, const struct run_options *o, int argc, char **argv)
{
	uint64_t before;
	struct incident_row row;
	const char *texts[] = { "runbook", argc > 0 ? argv[0] : NULL, NULL };
	if (argc > 1 || (argc == 1 && strchr(argv[0], '=') != NULL) || o->dry ||
	    o->action != NULL || o->incident != NULL || o->on != NULL ||
	    o->target != NULL || o->service != NULL || o->as != NULL) {
		complain("a run goes on as it was, with its inputs, on its incident: "
			 "'firstline run RUNBOOK --continue RUN'");
		return EXIT_USAGE;
	}
	if (!number_take(o->before, "a run", &before))
		return EXIT_USAGE;
	str path = arena_printf(&client->arena, "/v1/runs/%llu/continue",
	    (unsigned long long)before);
	str body;
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, &(struct pairs){ 0 }), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_one(client, body, "incident", &incident_row_type, &row))
		return EXIT_FAILED;
	return say_started(client, body, row.id, o);
}

/* false: options that do not go together, which is said. */
static bool
fit(const struct run_options *o)
{
	if (!o->dry && (o->service != NULL || o->as != NULL)) {
		complain(
		    "--service and --as are for --dry-run; a run is on --incident or --on");
		return false;
	}
	if (o->dry && (o->action != NULL || o->awaiting.wait)) {
		complain(
		    "--dry-run is for a runbook: 'firstline may' asks about one action");
		return false;
	}
	if (o->service != NULL && (o->incident != NULL || o->on != NULL)) {
		complain("--service is instead of an incident: name one of them");
		return false;
	}
	return true;
}

static int
run_it(struct client *client, void *context, int argc, char **argv)
{
	struct run_options *o = context;
	const char *runbook = NULL;
	if (o->before != NULL) {
		if (o->timeout != NULL && !length_take(o->timeout, &o->awaiting.timeout_ms))
			return EXIT_USAGE;
		return go_on(client, o, argc, argv);
	}
	if (o->action == NULL) {
		if (argc == 0 || strchr(argv[0], '=') != NULL) {
			complain("run what? name a runbook, or an action with --action");
			return EXIT_USAGE;
		}
		runbook = argv[0];
		argc--;
		argv++;
		if (o->target != NULL) {
			complain(
			    "a runbook finds its targets itself; --target is for --action");
			return EXIT_USAGE;
		}
	}
	if (!fit(o))
		return EXIT_USAGE;
	if (o->incident == NULL && o->on == NULL && o->service == NULL) {
		complain(
		    "run where? --incident NUMBER, or --on SERVICE for its open incident");
		return EXIT_USAGE;
	}
	struct pairs params;
	uint64_t incident = 0;
	if (!params_take(client, argc, argv, &params) ||
	    (o->timeout != NULL && !length_take(o->timeout, &o->awaiting.timeout_ms)) ||
	    (o->incident != NULL && !number_take(o->incident, "an incident", &incident)))
		return EXIT_USAGE;
	int code = EXIT_OK;
	if (o->on != NULL)
		code = o->incident != NULL ? check_service(client, incident, o->on)
		                           : find_incident(client, o->on, &incident);
	if (code != EXIT_OK)
		return code;
	if (!o->dry)
		return start(client, incident, o, runbook, &params);
	struct plan_options plan = { incident, o->service, o->as };
	return plan_show(client, runbook, &plan, &params);
}

static int
run(int argc, char **argv)
{
	struct run_options o = { .awaiting = { .timeout_ms = AWAIT_DEFAULT_MS } };
	const struct option_spec specs[] = {
		{ .name = "incident", .value = &o.incident },
		{ .name = "action", .value = &o.action },
		{ .name = "on", .value = &o.on },
		{ .name = "target", .value = &o.target },
		{ .name = "timeout", .value = &o.timeout },
		{ .name = "service", .value = &o.service },
		{ .name = "as", .value = &o.as },
		{ .name = "continue", .value = &o.before },
		{ .name = "dry-run", .flag = &o.dry },
		{ .name = "wait", .flag = &o.awaiting.wait },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage =
					  "run RUNBOOK --incident NUMBER [name=value...]",
		.max = -1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = run_it,
		.context = &o });
}

const struct command_line command_run = {
	.name = "run",
	.summary = "a runbook, or one action, within an incident",
	.help =
	    "  firstline run restart-web --incident 12\n"
	    "  firstline run --action restart-unit --on checkout --target web-1 "
	    "unit=web.service\n"
	    "  firstline run restart-web --continue 41\n"
	    "  firstline run restart-web --dry-run --service checkout --as automation\n"
	    "\n"
	    "Starts a runbook on an incident, or a single action. Authority decides: a "
	    "refusal\n"
	    "says which rule, and exits 5; what needs another person's approval says "
	    "whose, "
	    "and\n"
	    "exits 6: it waits on and is done when they say yes.\n"
	    "\n"
	    "  --incident NUMBER  the incident it is for\n"
	    "  --on SERVICE       instead: the one incident that is open on this service\n"
	    "  --action NAME      one action of the configuration, not a runbook\n"
	    "  --target HOST      the host that the action is done to; left out, the "
	    "service\n"
	    "                     itself, where that has no hosts\n"
	    "  --continue RUN     go on where that run ended: what it did is left alone, "
	    "the "
	    "rest\n"
	    "                     is decided anew. 'incident show' tells its number\n"
	    "  --dry-run          do nothing: say for each step whether it would run, "
	    "would "
	    "ask,\n"
	    "                     would be refused (and by which rule), or cannot be known "
	    "before\n"
	    "                     another. Exits 5 and 6 as a run would\n"
	    "  --service NAME     with it: as if an incident were open on this service\n"
	    "  --as WHO           with it: for this person, or automation\n" AWAIT_HELP
	    "  name=value         inputs of the runbook, parameters of the "
	    "action\n" CLIENT_HELP,
	.run = run,
};
