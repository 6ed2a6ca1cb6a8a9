/* Taking back what an attempt did. */
#include "core/state.h"

struct answering
undo_attempt(struct core *core, const struct command *command)
{
	(void)command;
	return answer_no(core, 501, 1, "not there yet");
}
