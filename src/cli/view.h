#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/client.h"
#include "cli/output.h"
#include "facts/row.h"

/*
 * view -- the parts that several commands show alike.
 */

/* An incident with all that belongs to it, as the API gives it. */
struct whole {
	struct incident_row incident;
	struct records timeline;  /* struct timeline_row */
	struct records runs;      /* struct run_row */
	struct records attempts;  /* struct attempt_row */
	struct records decisions; /* struct decision_row */
	struct records asked;     /* struct asked_row */
	struct records notices;   /* struct notice_row */
	struct records handoffs;  /* struct handoff_row */
};

NODISCARD bool whole_read(struct client *client, str body, struct whole *ret);

/* Three lines at most: number, severity and impact; then state, service, time and owner;
 * then what is being done or wanted. */
void view_incident_short(struct out *out, const struct incident_row *row);
/* "#12 sev1  IMPACT" in bold and its title below. */
void view_incident_head(struct out *out, const struct incident_row *row);
enum style view_state_style(const struct incident_row *row);
str view_doing(struct out *out, const struct incident_row *row); /* may be empty */
/* "closed, verified"; "acting" */
str view_state(struct out *out, const struct incident_row *row);
/* When the engine's time `at` is on the wall, by the incident's own two clocks. */
msec view_wall(const struct incident_row *row, msec at);

/* "exited 0 after 1.2s", "in doubt: WHY" */
str view_attempt_result(struct out *out, const struct attempt_row *row);
enum style view_attempt_style(const struct attempt_row *row);
enum style view_verdict_style(enum verdict verdict);
/* "'restart web' production.yaml:31"; the reason's kind where no rule stands behind it */
str view_rule(struct out *out, const struct reason *reason);
/* The rule, where there is one, and below it what it says. */
str view_reason(struct out *out, const struct reason *reason);
/* "person:ana" as "ana"; other kinds as they are. */
str view_who(str principal);
/* One question to authority and its answer. */
void view_decision(struct out *out, const struct decision_row *row);

/* "agent:helper for ana": who asks, and for whom. */
str view_chain(struct out *out, str principal, const struct strs *behalf);
/* "replicas=30, unit=web.service" */
str view_pairs(struct out *out, const struct pairs *pairs);
/* Names with commas; those of people without their kind. */
str view_names(struct out *out, const struct strs *names);
/* What a decision rested on, besides the rules, line by line: live values, health, who said
 * yes or no. `put` is called for each with a word that names it. */
void view_given(struct out *out, const struct given *given,
    void (*put)(struct out *out, const char *name, str text));
/* "waits for approval, 12m left"; "started: attempt 34"; "refused: WHY" */
str view_asked_state(struct out *out, const struct asked_row *row);
enum style view_asked_style(const struct asked_row *row);
bool view_asked_open(const struct asked_row *row);
/* What waits, with all that somebody who is to approve it wants to know; the decision that
 * asks for people, or NULL. */
void view_asked(struct out *out, const struct asked_row *row,
    const struct decision_row *decision);
/* All of an incident that are not over, under a heading; nothing where there is none. */
void view_waiting(struct out *out, const struct whole *w);

/* The run that waits for a person's permission, or NULL. */
const struct run_row *view_waiting_run(const struct whole *w);
/* What a run waits to do: each action, on what, with what, and what authority says. */
void view_plan(struct out *out, const struct run_row *run);

/* The name of an enumerator by its record's table. */
str view_enum(const struct record_type *type, const char *field, uint32_t value);

#endif
