/* A person on a service. */
#include "core/state.h"

void
lease_timer(struct core *core, struct lease *lease)
{
	object_done(core, &lease->o);
}

struct answering
lease_hands_on(struct core *core, const struct command *command)
{
	(void)command;
	return answer_no(core, 501, 1, "not there yet");
}

struct answering
lease_hands_off(struct core *core, const struct command *command)
{
	(void)command;
	return answer_no(core, 501, 1, "not there yet");
}

struct answering
lease_break_glass(struct core *core, const struct command *command)
{
	(void)command;
	return answer_no(core, 501, 1, "not there yet");
}

struct answering
lease_review(struct core *core, const struct command *command)
{
	(void)command;
	return answer_no(core, 501, 1, "not there yet");
}
