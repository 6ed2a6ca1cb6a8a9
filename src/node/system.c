/*
 * system -- what systemd is told: ready, reloading, stopping, and while all is well that it
 * is. It starts us again when it no longer hears so.
 *
 * A role that hangs is the supervisor's to end (role.c). This is for when that does not
 * help, or when the supervisor itself hangs.
 */
#include <stdio.h>

#include "node/supervisor.h"
#include "os/clock.h"

/* A start may load a million alerts, and a hung engine has its half minute before. */
#define ENGINE_SILENT_MAX_MS (2 * MINUTE)

static void
on_watchdog(uv_timer_t *timer)
{
	struct supervisor *s = timer->data;
	if (clock_boot() - s->engine_answered < ENGINE_SILENT_MAX_MS)
		notify_tell(&s->system, "WATCHDOG=1");
}

void
system_begin(struct supervisor *s)
{
	s->system = notify_begin();
	s->engine_answered = clock_boot();
	ASSERT(uv_timer_init(&s->loop, &s->watchdog) == 0);
	s->watchdog.data = s;
	msec every = s->system.watchdog_ms / 2;
	if (every > 0)
		(void)uv_timer_start(&s->watchdog, on_watchdog, 0, every);
}

void
model_counts(const struct model *model, char ret[static COUNTS_MAX])
{
	(void)snprintf(ret, COUNTS_MAX, "%zu service%s, %zu runbook%s, %zu rule%s",
	    model->services_n, model->services_n == 1 ? "" : "s", model->runbooks_n,
	    model->runbooks_n == 1 ? "" : "s", model->rules_n,
	    model->rules_n == 1 ? "" : "s");
}

void
system_ready(struct supervisor *s)
{
	char text[300], counts[COUNTS_MAX];
	if (!s->announced)
		return; /* a reload before anything is served */
	model_counts(s->now.model, counts);
	(void)snprintf(text, sizeof(text), "READY=1\nSTATUS=Serving on http://%s: %s",
	    s->listen, counts);
	notify_tell(&s->system, text);
}

void
system_reloading(struct supervisor *s)
{
	char text[100];
	if (!s->announced)
		return;
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)clock_monotonic_us());
	notify_tell(&s->system, text);
}

void
system_stopping(struct supervisor *s)
{
	notify_tell(&s->system, "STOPPING=1\nSTATUS=Stopping; running actions go on");
}
