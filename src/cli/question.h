#ifndef CLI_QUESTION_H
#define CLI_QUESTION_H

#include "cli/client.h"
#include "facts/row.h"

/*
 * question -- what authority is asked, by may, why-not, who-can and what-can alike.
 */
struct question_options {
	const char *target, *at, *behalf, *live, *targets, *incident;
};

/* The principal of the words: "ana" is a person; "automation", "person:ana" and "agent:x"
 * stand as they are; NULL for "me", which is whoever asks. */
const char *question_who(struct client *client, const char *who);

/* The body of the question; NULLs are left out. EXIT_OK, or a complaint. */
int question_body(struct client *client, const char *who, const char *action,
    const char *service, const struct question_options *o, const struct pairs *params,
    str *ret);

/* Says what else to know of the answer: its "note". */
void question_say_note(struct client *client, str body);

int question_exit(enum verdict verdict);

#define QUESTION_AT_HELP                                                              \
	"  --at TIME          at that time, local: schedules, calendars and ends of " \
	"rules as\n"                                                                  \
	"                     of then, what has been used as of now\n"
#define QUESTION_INCIDENT_HELP                                                         \
	"  --incident N       as 'firstline run' would ask from that incident; else\n" \
	"                     from one of the service's own, where one is open\n"
#define QUESTION_TARGET_HELP                                                             \
	"  --target HOST      on this host of the service\n"                             \
	"  --targets N        as one of so many in the same plan\n"                      \
	"  --live NAME=VALUE  as if that were the live value: nothing is asked of the\n" \
	"                     world for a question\n"
#define QUESTION_BEHALF_HELP                                                        \
	"  --behalf WHO       for this person: who acts and for whom must both be " \
	"allowed\n"
#define QUESTION_PARAMS_HELP "  name=value         parameters of the action\n"

#endif
