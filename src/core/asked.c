/* What waits for facts or approval. */
#include "core/state.h"

struct beginning
asked_begin(struct core *core, struct incident *incident, struct run *run,
    const struct asking *asking, str step)
{
	struct judged judged;
	attempt_judge(core, asking, &judged);
	struct beginning beginning = { .how = BEGUN_REFUSED,
		.only_at_once = judged.by.only_at_once };
	if (!judged.by.only_at_once || !asking->waits)
		beginning.attempt =
		    attempt_start(core, incident, run, asking, step, &judged);
	if (beginning.attempt != NULL)
		beginning.how = BEGUN_STARTED;
	else
		beginning.why = judged_why(core, &judged);
	return beginning;
}

struct answering
asked_answer(struct core *core, const struct beginning *beginning)
{
	if (beginning->how == BEGUN_STARTED)
		return answer_yes(202, &beginning->attempt->o);
	return answer_no(core, 403, EXIT_REFUSED, "%.*s", STR_ARG(beginning->why));
}

bool
asked_open(const struct asked *asked)
{
	return asked->row.state == ASKED_FACTS || asked->row.state == ASKED_APPROVAL;
}

void
asked_timer(struct core *core, struct asked *asked)
{
	object_done(core, &asked->o);
}

struct answering
asked_vote(struct core *core, const struct command *command, bool yes)
{
	(void)command;
	(void)yes;
	return answer_no(core, 501, 1, "not there yet");
}

struct answering
asked_withdraw(struct core *core, const struct command *command)
{
	(void)command;
	return answer_no(core, 501, 1, "not there yet");
}
