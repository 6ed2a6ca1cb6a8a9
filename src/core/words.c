/*
 * How much of what is said with a command is kept. Whoever takes commands from outside refuses
 * more; the core itself takes any, because commands of earlier versions, which cut them, are
 * stepped again from the journal.
 */
#include "core/state.h"

static_assert(COMMAND_WORDS_MAX <= TIMELINE_TEXT_MAX / 2, "command_words would cut it");
static_assert(LEASE_WORDS_MAX <= LEASE_WHY_MAX, "leases would refuse it");

size_t
core_words_max(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_ACKNOWLEDGE:
	case COMMAND_UNACKNOWLEDGE:
	case COMMAND_HAND_OVER:
	case COMMAND_ESCALATE:
	case COMMAND_RESOLVE:
	case COMMAND_RESUME:
	case COMMAND_APPROVE:
	case COMMAND_PERMIT:
	case COMMAND_UNDO:
	case COMMAND_PROMOTE:
	case COMMAND_USEFUL:
		return COMMAND_WORDS_MAX;
	case COMMAND_HANDS_ON:
	case COMMAND_HANDS_OFF:
	case COMMAND_BREAK_GLASS:
	case COMMAND_REVIEW:
		return LEASE_WORDS_MAX;
	case COMMAND_OVERRIDE_DECLINE:
	case COMMAND_OVERRIDE_END:
		return OVERRIDE_WHY_MAX;
	/* Nothing that stops is refused for its words; docs/api.md says that they are cut. */
	case COMMAND_STOP_ALL:
	case COMMAND_CANCEL:
	case COMMAND_VETO:
	case COMMAND_DENY:
	case COMMAND_WITHDRAW:
	/* These bound their text themselves, or keep none. */
	case COMMAND_NOTE:
	case COMMAND_RUN:
	case COMMAND_SETTLE:
	case COMMAND_TOKEN_ADD:
	case COMMAND_TOKEN_REVOKE:
	case COMMAND_SILENCE_SET:
	case COMMAND_SILENCE_EXPIRE:
	case COMMAND_ANSWER:
	case COMMAND_DRILL:
	case COMMAND_SESSION_ADD:
	case COMMAND_SESSION_AGAIN:
	case COMMAND_SESSION_SEEN:
	case COMMAND_SESSION_END:
	case COMMAND_LOGIN_LINK:
	case COMMAND_PASSWORD_SET:
	case COMMAND_OVERRIDE_SET:
	case COMMAND_OVERRIDE_COVER:
	case COMMAND_OVERRIDE_SWAP:
	case COMMAND_OVERRIDE_ACCEPT:
	case COMMAND_CONTINUE:
	case COMMAND_PING:
	case COMMAND_CHANNEL_TEST:
	case COMMAND_CHANNEL_PREVIEW:
	case COMMAND_FEED_ADD:
	case COMMAND_FEED_END:
		return 0;
	}
	return 0; /* the gate's number: no command */
}
