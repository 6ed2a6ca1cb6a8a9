#ifndef INTAKE_SLACK_H
#define INTAKE_SLACK_H

#include "base/err.h"
#include "base/hash.h"

/*
 * slack -- what Slack sends when somebody presses a button of ours.
 *
 * Pure. A form with one field, whose value is JSON:
 *
 *	payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U1%22...
 *
 * and two headers: X-Slack-Request-Timestamp, and X-Slack-Signature, "v0=" and HMAC-SHA256 of
 * "v0:TIMESTAMP:BODY" in hexadecimal.
 */
#define SLACK_BODY_MAX (256u << 10)
#define SLACK_WINDOW_MS (5 * MINUTE) /* before and after now */

struct slack_press {
	str user;   /* "U0123": who pressed */
	str action; /* of the button; empty: it was something else */
	str value;
};

/* Of that key, and made within the window? */
bool slack_signed(str key, str timestamp, str signature, str body, msec wall);
/* The press in the form; texts in the arena. */
NODISCARD bool slack_read(str body, struct arena *arena, struct slack_press *ret,
    struct err *err);

#endif
