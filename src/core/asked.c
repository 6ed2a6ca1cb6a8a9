/* What waits for facts or approval. */
#include "core/state.h"

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
