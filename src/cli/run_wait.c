/*
 * run --wait: how a runbook or an action ends, as an exit code for scripts.
 */
#include "cli/run_wait.h"

#include <time.h>

#include "cli/view.h"
#include "os/clock.h"

#define LOOK_EVERY_MS 300

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

/* false: the answer cannot be read, which was said */
static bool
look(struct client *client, str body, row_id wanted, struct end *ret)
{
	struct records runs, attempts, decisions;
	if (!reply_list(client, body, "runs", &run_row_type, &runs) ||
	    !reply_list(client, body, "attempts", &attempt_row_type, &attempts) ||
	    !reply_list(client, body, "decisions", &decision_row_type, &decisions))
		return false;
	const struct attempt_row *attempt = attempts.p;
	for (size_t i = 0; wanted != 0 && i < attempts.n; i++) {
		if (attempt[i].id == wanted)
			*ret = attempt_end(&attempt[i], &client->arena);
	}
	if (wanted == 0 && runs.n > 0)
		*ret = run_end_of((const struct run_row *)runs.p + runs.n - 1, &attempts,
		    &decisions, &client->arena);
	return true;
}

static void
pause_between(void)
{
	struct timespec left = { .tv_nsec = LOOK_EVERY_MS * 1000000L };
	(void)nanosleep(&left, NULL);
}

int
await_run(struct client *client, uint64_t incident, row_id attempt, msec timeout)
{
	const char *path =
	    arena_cstr(&client->arena, arena_printf(&client->arena, "/v1/incidents/%llu",
					   (unsigned long long)incident));
	msec until = clock_boot() + timeout;
	struct arena mark = client->arena;
	for (;;) {
		struct end end = { .over = false };
		str body;
		client->arena = mark; /* each look takes the memory of the last */
		int code = client_get(client, path, &body);
		if (code != EXIT_OK)
			return code;
		if (!look(client, body, attempt, &end))
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
