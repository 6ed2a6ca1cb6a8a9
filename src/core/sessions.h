#ifndef CORE_SESSIONS_H
#define CORE_SESSIONS_H

#include "core/state.h"

/* sessions -- browsers that are signed in; of the core's own files alone. */

struct session {
	struct object o;
	struct session_row row;
};

struct login {
	struct object o;
	struct login_row row;
};

struct answering session_add(struct core *core, const struct command *command);
struct answering session_again(struct core *core, const struct command *command);
struct answering session_seen(struct core *core, const struct command *command);
struct answering session_end(struct core *core, const struct command *command);
struct answering login_link(struct core *core, const struct command *command);
struct answering password_set(struct core *core, const struct command *command);
/* The token was revoked: whoever signed in by it is out. */
void sessions_of_token_end(struct core *core, row_id token);

#endif
