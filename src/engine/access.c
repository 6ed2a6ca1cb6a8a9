/*
 * access -- whose token is this, and what may they ask of Firstline.
 *
 * Access roles govern Firstline's own data; authority governs production. Both must
 * agree. Until the first token is made, alerts and Alertmanager's reads are open to whoever
 * is on this machine; taking that token back does not open them again.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/file.h"

#define LOCAL_TOKEN_FILE "local.token"
#define SECRET_CHARS 43 /* of 62: 256 bits */

void
access_new_secret(char ret[static 64])
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	memcpy(ret, "flt_", 4);
	for (size_t i = 0; i < SECRET_CHARS;) {
		uint8_t byte;
		random_bytes(&byte, 1);
		if (byte < 248) /* 4 * 62: each digit as likely as the others */
			ret[4 + i++] = digits[byte % 62];
	}
	ret[4 + SECRET_CHARS] = '\0';
}

bool
access_init(struct engine *engine, struct err *err)
{
	AUTO_CLOSE int dir =
	    open(engine->options->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, ERR_IO, "open '%s'", engine->options->state_dir);
	static char memory[512]; /* one thread; not poisoned for the next frame */
	struct arena arena = arena_over(memory, sizeof(memory));
	str text;
	if (file_read_at(&arena, dir, LOCAL_TOKEN_FILE, 200, &text, err)) {
		engine->local_token = sha256(str_trim(text));
		return true;
	}
	if (err->kind != ERR_NOT_FOUND)
		return false;
	char secret[64];
	access_new_secret(secret);
	engine->local_token = sha256(str_of(secret));
	return file_write_durable(dir, LOCAL_TOKEN_FILE, str_of(secret), 0600, err);
}

struct caller
access_caller(const struct engine *engine, str token)
{
	if (token.n == 0)
		return (struct caller){ 0 };
	hash32 hash = sha256(token);
	if (hash32_eq_secret(&hash, &engine->local_token))
		return (
		    struct caller){ .principal = STR("local-admin"), .role = ROLE_ADMIN };
	const struct token_row *row = core_token(engine->core, &hash);
	if (row == NULL || row->revoked ||
	    (row->until_wall != 0 && row->until_wall <= clock_wall()))
		return (struct caller){ 0 };
	struct caller caller = { row->principal, row->behalf, row->role };
	/* Made before agents had to serve somebody: nobody answers for what it asks. */
	if (str_starts(row->principal, STR("agent:")) && row->behalf.n == 0 &&
	    row->role != ROLE_SOURCE)
		caller.role = ROLE_VIEWER;
	return caller;
}

static bool
is_open(const struct engine *engine)
{
	const struct token_row *any;
	return engine->loopback_only && core_control(engine->core)->tokens_made == 0 &&
	       core_tokens(engine->core, &any, 1) == 0;
}

static enum role
needs(enum op op)
{
	switch (op) {
	case OP_STATUS:
	case OP_METRICS:
	case OP_ALERTS:
	case OP_INCIDENTS:
	case OP_INCIDENT:
	case OP_WHY:
	case OP_HANDOFFS:
	case OP_HANDOFF:
	case OP_GAPS:
	case OP_ON_CALL:
	case OP_SHIFTS:
	case OP_MAY:
	case OP_EVENTS:
	case OP_WHO:
	case OP_SILENCES:
	case OP_SILENCE:
	case OP_RECEIVERS:
	case OP_ASKED:
	case OP_ASKED_ONE:
	case OP_LEASES:
	case OP_WHO_CAN:
	case OP_WHAT_CAN:
	case OP_TRUST:
	case OP_PLAN:
		return ROLE_VIEWER;
	case OP_COMMAND:
	case OP_SILENCE_SET:
	case OP_SILENCE_EXPIRE:
		return ROLE_OPERATOR;
	case OP_JOURNAL:
	case OP_TOKENS:
	case OP_TOKEN_ADD:
	case OP_RELOAD:
		return ROLE_ADMIN;
	}
	UNREACHABLE();
}

/* What Alertmanager leaves open to all, and its tools expect to be. */
static bool
is_alertmanagers(enum op op)
{
	return op == OP_ALERTS || op == OP_METRICS || op == OP_RECEIVERS ||
	       op == OP_SILENCES || op == OP_SILENCE || op == OP_SILENCE_SET ||
	       op == OP_SILENCE_EXPIRE;
}

/* A source's token opens the alerts route and nothing else. */
static bool
role_reaches(enum role has, enum role wanted)
{
	return has != ROLE_SOURCE && has >= wanted;
}

uint32_t
access_refuses(const struct engine *engine, struct caller caller, enum op op)
{
	if (is_alertmanagers(op) && is_open(engine))
		return 0;
	if (caller.role == 0)
		return 401;
	if (op == OP_ALERTS && caller.role == ROLE_SOURCE)
		return 0; /* a sender may see what it sent: amtool with one token */
	return role_reaches(caller.role, needs(op)) ? 0 : 403;
}

uint32_t
access_refuses_alerts(const struct engine *engine, struct caller caller)
{
	if (is_open(engine))
		return 0;
	if (caller.role == 0)
		return 401;
	return caller.role == ROLE_SOURCE || role_reaches(caller.role, ROLE_OPERATOR) ? 0
	                                                                              : 403;
}
