#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "cli/client.h"
#include "cli/output.h"
#include "facts/frame.h"

/* What a runbook has proved on each service, as the server says; empty: all runbooks. */
int trust_get_items(struct client *client, const char *runbook, str *ret_body,
    struct records *ret);
/* The most that a person may let it go now. */
enum autonomy trust_may(const struct trust_item *item);
/* One of them, with its arithmetic. */
void view_trust(struct out *out, const struct trust_item *item);

#endif
