#ifndef MODEL_RUNBOOK_H
#define MODEL_RUNBOOK_H

#include "model/internal.h"

/*
 * runbook -- how a Markdown file becomes a struct runbook.
 *
 * runbook.c	reads the front matter and puts the parts together
 * markdown.c	finds headings and step fences with cmark, each with the bytes it stands in
 * runbook_steps.c	reads the YAML of each step; runbook_look.c that of check, verify and wait
 * runbook_ask.c	that of ask
 * runbook_flow.c	resolves `otherwise` and `then` and proves that the steps lead somewhere
 * runbook_back.c	resolves what `undo` takes back
 * runbook_call.c	reads call, and proves that what runbooks call is there and ends
 * runbook_choose.c	which runbook answers
 */
#define RUNBOOKS_MAX 256
/* The longest of a hundred public runbooks has 5 kB. cmark needs time that grows with the
 * square of some texts: half a second for the worst of this size. */
#define RUNBOOK_BYTES_MAX (64u << 10)
#define RUNBOOK_INPUTS_MAX 32
#define ANNOTATIONS_KEPT_MAX 64 /* of an alert: that inputs of runbooks come from */
#define RUNBOOK_ANSWERS_MAX 64
#define HEADING_BYTES_MAX 200

#define STEP_EVERY_MS_DEFAULT (10 * SECOND)
#define STEP_EVERY_MS_MAX HOUR
#define STEP_FOR_MS_MAX DAY
#define STEP_WITHIN_MS_MAX (7 * DAY)
#define STEP_WITHIN_MS_MORE \
	MINUTE /* a check's `within` beyond its `for`, when not written */
#define STEP_PAUSE_MS_MAX HOUR
#define STEP_FAILURES_MAX 1000
#define STEP_ASK_WITHIN_MS_MAX DAY
#define STEP_RETRIES_MAX 5
#define STEP_RETRY_WAIT_MS_MAX HOUR

/* A step as it stands in the Markdown. */
struct fence {
	enum step_kind kind;
	struct node name; /* text, at the name behind the kind */
	struct span body;
	str heading; /* the heading above it */
};

struct markdown {
	str title; /* the first heading; may be empty */
	struct fence *fences;
	size_t n;
	bool faulty; /* something that wants to be a step is not among them */
};

/*
 * Reads src->text from `off`. Only fences at the start of a line and outside of lists and
 * quotes can be steps: only there do the bytes of the source equal the text of the block.
 * Fences that want to be steps and cannot are reported, so none is passed over in silence.
 */
void markdown_read(struct reader *r, const struct source *src, size_t off,
    struct markdown *ret);

bool step_kind_of(str word, enum step_kind *ret);
/* Is the first word of a fence a kind of step, or so like one that it is a mistake? */
bool markdown_wants_step(struct reader *r, str word);

/* One step in the making. */
struct draft {
	const struct fence *fence;
	/* as written; NULL: the kind's default */
	const struct node *otherwise, *then;
	const struct node *undo; /* what is taken back; NULL: nothing */
};

/* Fills runbook->steps from the fences, but for `otherwise` and `then`. False when a step
 * could not be read far enough for its flow to be judged. */
bool steps_read(struct reader *r, const struct markdown *markdown, struct runbook *runbook,
    struct draft *drafts);

/* Resolves `otherwise` and `then`; then: no cycle, no step that nothing reaches, no action
 * that nothing verifies, no answer that is used without being given. */
void flow_check(struct reader *r, struct runbook *runbook, const struct draft *drafts);

/* A step by its name; RUNBOOK_STEPS_MAX: there is none, which is reported at the node. */
uint32_t flow_step(struct reader *r, const struct node *node, const struct runbook *runbook,
    str name, const str *words, size_t words_n);
/* Can the run come from one step to the other? */
bool flow_leads(const struct runbook *runbook, uint32_t from, uint32_t to);

/* Resolves `undo` and `of`: an earlier step that leads here, whose action has an undo. */
void back_resolve(struct reader *r, struct runbook *runbook, const struct draft *drafts);

/* ---- what reads a step's YAML ---- */

struct step_reader {
	struct reader *r;
	const struct runbook *runbook;
	const struct strs *probe_names; /* what ${} may name in a probe: inputs, service */
	const struct strs *with_names;  /* in a value of `with`: target too */
	const struct node *map;
	struct runbook_step *step;
	struct draft *draft;
};

/* runbook_steps.c: which hosts; one: it may be a single one of them. */
void step_read_targets(struct step_reader *s, const struct node *node, bool one);

/* runbook_look.c */
void step_read_check(struct step_reader *s);
void step_read_verify(struct step_reader *s);
void step_read_wait(struct step_reader *s);
/* Of an action: what must hold between two batches. */
void step_read_gate(struct step_reader *s, const struct node *node);

/* runbook_ask.c */
void step_read_ask(struct step_reader *s);

/* runbook_call.c; the check is of all runbooks, once they are read */
void step_read_call(struct step_reader *s);
void calls_check(struct reader *r);

#endif
