#include "cli/run_wait.h"

#include <time.h>

#include "cli/view.h"
#include "os/clock.h"

#define LOOK_EVERY_MS 300

static void
pause_between(void)
{
	struct timespec left = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
	(void)nanosleep(&left, NULL);
}

/* The rules that ask for people. */
static void
say_rules(struct client *client, const struct asked_row *row)
{
	str body, path = arena_printf(&client->arena, "/v1/asked/%llu",
		      (unsigned long long)row->id);
	struct decision_row decision;
	if (client_get(client, arena_cstr(&client->arena, path), &body) != EXIT_OK ||
	    !reply_has(client, body, "decision") ||
	    !reply_one(client, body, "decision", &decision_row_type, &decision))
		return;
	const struct reason *reasons = decision.reasons.p;
	for (size_t i = 0; i < decision.reasons.n; i++) {
		if (reasons[i].kind == REASON_APPROVAL)
			say("  '%.*s' %.*s:%u: %.*s", STR_ARG(reasons[i].rule),
			    STR_ARG(reasons[i].file), reasons[i].line,
			    STR_ARG(reasons[i].text));
	}
}

static void
say_needs_approval(struct client *client, const struct asked_row *row)
{
	struct out out = out_begin(&client->arena);
	unsigned long long n = row->id;
	str until = text_clock(&out, row->ends_wall);
	buf_done(&out.text);
	if (row->why.n > 0) {
		say("It is approved, and waits for its turn until %.*s: %.*s",
		    STR_ARG(until), STR_ARG(row->why));
		return;
	}
	say_rules(client, row);
	if (row->approvers.n > 0)
		say("Until %.*s it waits for the yes of %u of: %.*s.", STR_ARG(until),
		    row->yes_missing, STR_ARG(view_names(&out, &row->approvers)));
	else
		say("It waits for approval until %.*s, but nobody who could approve it is "
		    "there.",
		    STR_ARG(until));
	say("firstline approve %llu    for one of them", n);
}

struct end {
	bool over;
	int exit;
	str text;
};

static struct end
attempt_end(const struct attempt_row *row, struct arena *arena)
{
	switch (row->state) {
	case ATTEMPT_PLANNED:
	case ATTEMPT_AUTHORIZED:
	case ATTEMPT_INTENT:
	case ATTEMPT_CLAIMED:
	case ATTEMPT_STARTED:
		return (struct end){ .over = false };
	case ATTEMPT_EXITED:
		return (struct end){ true, row->exit_code == 0 ? EXIT_OK : EXIT_FAILED,
			arena_printf(arena, "exit %lld", (long long)row->exit_code) };
	case ATTEMPT_TIMED_OUT:
		return (struct end){ true, EXIT_FAILED, STR("stopped by its timeout") };
	case ATTEMPT_KILLED:
		return (struct end){ true, EXIT_FAILED, STR("killed") };
	case ATTEMPT_LOST:
		return (struct end){ true, EXIT_FAILED,
			arena_printf(arena, "not started: %.*s", STR_ARG(row->why)) };
	case ATTEMPT_IN_DOUBT: /* for good when nothing is being asked about it */
		return (struct end){ row->probe == 0, EXIT_IN_DOUBT,
			arena_printf(arena, "in doubt: %.*s", STR_ARG(row->why)) };
	case ATTEMPT_SETTLED:
		return (struct end){ true,
			row->happened == HAPPENED_YES ? EXIT_OK : EXIT_FAILED,
			row->happened == HAPPENED_YES ? STR("it happened")
						      : STR("it did not happen") };
	}
	UNREACHABLE();
}

/* Why a run stopped at a person: what it did is in doubt, or it was refused something. */
static int
person_exit(const struct run_row *run, const struct records *attempts,
    const struct records *decisions)
{
	const struct attempt_row *attempt = attempts->p;
	for (size_t i = 0; i < attempts->n; i++) {
		if (attempt[i].run == run->id && attempt[i].state == ATTEMPT_IN_DOUBT)
			return EXIT_IN_DOUBT;
	}
	const struct decision_row *decision = decisions->p;
	const struct decision_row *last = NULL;
	for (size_t i = 0; i < decisions->n; i++) {
		if (decision[i].run == run->id)
			last = &decision[i];
	}
	if (last == NULL || last->verdict == VERDICT_ALLOW)
		return EXIT_FAILED;
	return last->verdict == VERDICT_DENY ? EXIT_REFUSED : EXIT_NEEDS_APPROVAL;
}

/* A run that waits for a person to say what happened is not over, but may be for long:
 * whoever waits for it hears why. */
static struct end
doubt_of(const struct run_row *run, const struct records *attempts, struct arena *arena)
{
	const struct attempt_row *attempt = attempts->p;
	for (size_t i = 0; i < attempts->n; i++) {
		if (attempt[i].run == run->id && attempt[i].state == ATTEMPT_IN_DOUBT)
			return attempt_end(&attempt[i], arena);
	}
	return (struct end){ .over = false };
}

static struct end
run_end_of(const struct run_row *run, const struct records *attempts,
    const struct records *decisions, struct arena *arena)
{
	struct end end = { true, EXIT_FAILED, run->why };
	switch (run->state) {
	case RUN_RUNNING:
		return doubt_of(run, attempts, arena);
	case RUN_RECOVERED:
	case RUN_STOPPED:
		end.exit = EXIT_OK;
		return end;
	case RUN_NEEDS_PERSON:
		end.exit = person_exit(run, attempts, decisions);
		return end;
	case RUN_HANDED_OFF:
	case RUN_CANCELLED:
		return end;
	}
	UNREACHABLE();
}

/* What the run waits for people to say yes to, once. */
static void
say_waits(struct client *client, const struct records *asked, row_id run, row_id *told)
{
	const struct asked_row *rows = asked->p;
	for (size_t i = 0; i < asked->n; i++) {
		if (rows[i].run == run && rows[i].state == ASKED_APPROVAL &&
		    rows[i].id > *told) {
			say_needs_approval(client, &rows[i]);
			*told = rows[i].id;
		}
	}
}

/* false: the answer cannot be read, which was said */
static bool
look(struct client *client, str body, row_id wanted, row_id *told, struct end *ret)
{
	struct records runs, attempts, decisions, asked;
	if (!reply_list(client, body, "asked", &asked_row_type, &asked) ||
	    !reply_list(client, body, "runs", &run_row_type, &runs) ||
	    !reply_list(client, body, "attempts", &attempt_row_type, &attempts) ||
	    !reply_list(client, body, "decisions", &decision_row_type, &decisions))
		return false;
	const struct attempt_row *attempt = attempts.p;
	for (size_t i = 0; wanted != 0 && i < attempts.n; i++) {
		if (attempt[i].id == wanted)
			*ret = attempt_end(&attempt[i], &client->arena);
	}
	if (wanted == 0 && runs.n > 0) {
		const struct run_row *run = (const struct run_row *)runs.p + runs.n - 1;
		*ret = run_end_of(run, &attempts, &decisions, &client->arena);
		say_waits(client, &asked, run->id, told);
	}
	return true;
}

int
await_run(struct client *client, uint64_t incident, row_id attempt, msec timeout)
{
	const char *path =
	    arena_cstr(&client->arena, arena_printf(&client->arena, "/v1/incidents/%llu",
					   (unsigned long long)incident));
	msec until = clock_boot() + timeout;
	struct arena mark = client->arena;
	row_id told = 0;
	for (;;) {
		struct end end = { .over = false };
		str body;
		client->arena = mark; /* each look takes the memory of the last */
		int code = client_get(client, path, &body);
		if (code != EXIT_OK)
			return code;
		if (!look(client, body, attempt, &told, &end))
			return EXIT_FAILED;
		if (end.over) {
			say("%s%.*s", end.exit == EXIT_OK ? "Done: " : "Not done: ",
			    STR_ARG(end.text));
			return end.exit;
		}
		if (clock_boot() >= until) {
			complain("it is not over yet, and goes on");
			return EXIT_TIMEOUT;
		}
		pause_between();
	}
}

/* ---- one action ---- */

static int
allowed(struct client *client, const struct attempt_row *attempt, incident_id incident,
    const struct awaiting *awaiting)
{
	say("Allowed: attempt %llu, %.*s on %.*s, is on its way.",
	    (unsigned long long)attempt->id, STR_ARG(attempt->action),
	    STR_ARG(attempt->target));
	if (awaiting->wait && incident != 0)
		return await_run(client, incident, attempt->id, awaiting->timeout_ms);
	if (incident != 0)
		say("firstline incident show %u    how it goes", incident);
	return EXIT_OK;
}

/* Of what waits no more, or waits for people. */
static int
decided(struct client *client, const struct asked_row *row, const struct awaiting *awaiting)
{
	struct attempt_row attempt = { .id = row->attempt,
		.action = row->action,
		.target = row->target };
	switch (row->state) {
	case ASKED_STARTED:
		return allowed(client, &attempt, row->incident, awaiting);
	case ASKED_REFUSED:
		complain("refused: %.*s", STR_ARG(row->why));
		if (row->incident != 0)
			say("firstline why %u    the rules, and what would change it",
			    row->incident);
		return EXIT_REFUSED;
	case ASKED_EXPIRED:
		complain("not done: %.*s", STR_ARG(row->why));
		return EXIT_TIMEOUT;
	case ASKED_VOID:
		complain("not done: %.*s", STR_ARG(row->why));
		return EXIT_CONFLICT;
	case ASKED_APPROVAL:
		complain("%.*s on %.*s needs approval: it is number %llu",
		    STR_ARG(row->action), STR_ARG(row->target),
		    (unsigned long long)row->id);
		say_needs_approval(client, row);
		return EXIT_NEEDS_APPROVAL;
	case ASKED_FACTS:
		break;
	}
	complain("it is not decided yet, and goes on");
	return EXIT_TIMEOUT;
}

static bool
is_over(const struct asked_row *row, const struct awaiting *awaiting)
{
	if (row->state == ASKED_FACTS)
		return false;
	return row->state != ASKED_APPROVAL || !awaiting->wait;
}

/* Looks at what waits until there is something to say. *ret_told: whose yes it waits for was
 * said meanwhile. */
static int
await_asked(struct client *client, struct asked_row *row, str *body,
    const struct awaiting *awaiting, bool *ret_told)
{
	str path =
	    arena_printf(&client->arena, "/v1/asked/%llu", (unsigned long long)row->id);
	const char *name = arena_cstr(&client->arena, path);
	msec until = clock_boot() +
	             (awaiting->wait ? awaiting->timeout_ms : ASKED_FACTS_MS + 10 * SECOND);
	struct arena mark = client->arena;
	*ret_told = false;
	while (!is_over(row, awaiting) && clock_boot() < until) {
		if (row->state == ASKED_APPROVAL && !*ret_told) {
			(void)decided(client, row, awaiting);
			*ret_told = true;
		}
		pause_between();
		client->arena = mark; /* each look takes the memory of the last */
		int code = client_get(client, name, body);
		if (code != EXIT_OK)
			return code;
		if (!reply_one(client, *body, "asked", &asked_row_type, row))
			return EXIT_FAILED;
	}
	return EXIT_OK;
}

static int
exit_of(const struct asked_row *row)
{
	switch (row->state) {
	case ASKED_STARTED:
		return EXIT_OK;
	case ASKED_APPROVAL:
		return EXIT_NEEDS_APPROVAL;
	case ASKED_REFUSED:
		return EXIT_REFUSED;
	case ASKED_FACTS:
	case ASKED_EXPIRED:
		return EXIT_TIMEOUT;
	case ASKED_VOID:
		return EXIT_CONFLICT;
	}
	return EXIT_FAILED;
}

int
await_action(struct client *client, str body, const struct awaiting *awaiting)
{
	struct attempt_row attempt;
	struct asked_row row;
	bool json = client->options.json && !awaiting->wait;
	if (!reply_has(client, body, "asked")) {
		if (json)
			return client_print_json(body);
		if (!reply_one(client, body, "attempt", &attempt_row_type, &attempt))
			return EXIT_FAILED;
		return allowed(client, &attempt, attempt.incident, awaiting);
	}
	if (!reply_one(client, body, "asked", &asked_row_type, &row))
		return EXIT_FAILED;
	bool told;
	int code = await_asked(client, &row, &body, awaiting, &told);
	if (code != EXIT_OK)
		return code;
	if (told && row.state == ASKED_APPROVAL) {
		say("Nobody has said so in time: it waits on, and is done when they do.");
		return EXIT_NEEDS_APPROVAL;
	}
	if (!json)
		return decided(client, &row, awaiting);
	code = client_print_json(body);
	return code != EXIT_OK ? code : exit_of(&row);
}
