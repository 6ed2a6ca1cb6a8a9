#ifndef MODEL_REHEARSAL_H
#define MODEL_REHEARSAL_H

#include "model/model.h"
#include "model/yaml.h"

/*
 * rehearsal -- the tests beside a runbook: runbooks/NAME.test.yaml.
 *
 *	runbook: queue-not-draining
 *	cases:
 *	  - case: it drains after the restart
 *	    alert: {alertname: PaymentsQueueStuck, queue: payments}
 *	    at: 2026-11-23 14:00
 *	    probes:
 *	      backlog: 812              every look sees it
 *	      drained: [812, fails, 40] one look each; the last goes on
 *	    attempts: {restart-workers: [exit 0, timeout]}
 *	    expect:
 *	      path: [backlog, restart-workers: done, drained: holds]
 *	      end: recovered
 *	      decisions: {restart-workers: allow}
 *
 * What the world says is given by the name of the step that asks; what is not given:
 * probes fail, attempts exit with 0, nobody answers or approves. The strict YAML of the
 * configuration, read by the same reader. Nodes are kept: what is not as expected is shown
 * where it is written.
 */
#define REHEARSAL_CASES_MAX 256
#define REHEARSAL_WORDS_MAX 1000 /* answers to one step; steps of a path */
#define REHEARSAL_NAMES_MAX 128  /* steps that are answered; labels; inputs */

enum seen_kind { SEEN_VALUE = 1, SEEN_FAILS, SEEN_NO_DATA };
/* What a look sees: the number of a query; "503", "200 body" of HTTP; "exit 1", "exit 0
 * output" or just the output of a command. */
struct seen {
	enum seen_kind kind;
	str value;
};

enum tried_kind {
	TRIED_EXIT = 1,
	TRIED_TIMEOUT,
	TRIED_NOT_STARTED, /* it surely did not happen */
	TRIED_IN_DOUBT,    /* and its `happened` probe cannot tell, nor anybody else */
	TRIED_HAPPENED,    /* in doubt, then known that it did */
	TRIED_NOT_HAPPENED,
};
struct tried {
	enum tried_kind kind;
	int64_t code;
};

/* What the world answers to a step (or, of `live`, about a parameter), in turn. */
struct script {
	str name;
	const struct node *node;
	struct seen *seen;   /* of probes */
	struct tried *tried; /* of attempts */
	struct strs words;   /* answers, approvals, values */
	size_t n, used;      /* of them, how many were given */
};

struct scripts {
	struct script *p;
	size_t n;
};

struct expected_step {
	str name;
	str became; /* empty: whatever */
	const struct node *node;
};

struct rehearsal_case {
	str name;
	const struct node *node;
	struct pairs labels;      /* of the alert; service alone: its label */
	const struct node *alert; /* or the service */
	str by;                   /* who starts it, as a principal */
	struct pairs inputs;
	msec wall; /* when; 0: now */
	struct scripts probes, attempts, answers, approve, deny, live;
	struct strs well; /* hosts that are */
	bool well_known;
	struct expected_step *path;
	size_t path_n;
	const struct node *path_node; /* NULL: any path will do */
	str end;
	const struct node *end_node;
	struct scripts decisions;
};

struct rehearsal {
	const struct runbook *runbook;
	struct rehearsal_case *cases;
	size_t n;
};

/* Reads all of src, which outlives it. Faults are reported; NULL after any. */
struct rehearsal *rehearsal_read(const struct model *model, const struct source *src,
    struct arena *arena, struct diags *diags);

/* How a step or a run may have ended, as it is written. */
extern const char *const rehearsal_became[];
extern const size_t rehearsal_became_n;
extern const char *const rehearsal_ends[];
extern const size_t rehearsal_ends_n;

#endif
