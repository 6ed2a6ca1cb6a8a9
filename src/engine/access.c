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
access_new_secret(const char kind[static 5], char ret[static 64])
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	memcpy(ret, kind, 4);
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
	access_new_secret("flt_", secret);
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
	if (row == NULL || row->revoked || row->role == ROLE_FEED ||
	    (row->until_wall != 0 && row->until_wall <= clock_wall()))
		return (struct caller){ 0 };
	struct caller caller = { .principal = row->principal,
		.behalf = row->behalf,
		.role = row->role };
	/* Made before agents had to serve somebody: nobody answers for what it asks. */
	if (str_starts(row->principal, STR("agent:")) && row->behalf.n == 0 &&
	    row->role != ROLE_SOURCE)
		caller.role = ROLE_VIEWER;
	return caller;
}

/* What the configuration says of that person; 0: it knows nobody of that name. */
static enum role
person_role(const struct engine *engine, str principal)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	if (model == NULL || !str_starts(principal, STR("person:")))
		return 0;
	const struct person *person = model_person(model, str_drop(principal, 7));
	return person != NULL ? person->role : 0;
}

static enum role
token_role(const struct engine *engine, const struct session_row *row)
{
	if (row->token == 0)
		return ROLE_ADMIN;
	const struct token_row *token = core_token_by_id(engine->core, row->token);
	bool ended =
	    token == NULL || (token->until_wall != 0 && token->until_wall <= clock_wall());
	return ended ? 0 : token->role;
}

struct caller
access_session(const struct engine *engine, const struct session_row *row)
{
	if (session_ended(row, clock_wall()))
		return (struct caller){ 0 };
	enum role role = row->how == SESSION_TOKEN ? token_role(engine, row)
	                                           : person_role(engine, row->principal);
	if (role == 0)
		return (struct caller){ 0 };
	return (struct caller){ .principal = row->principal,
		.role = role,
		.session = row->id,
		.how = row->how,
		.fresh_until = row->again_wall + SESSION_AGAIN_MS };
}

str
access_proxied(const struct engine *engine, str user)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	/* A gate that says so where no proxy may name anybody lies. */
	if (model == NULL || user.n == 0 || model->proxy.user_header.n == 0)
		return STR("");
	const struct person *person = model_person(model, user);
	for (size_t i = 0; person == NULL && i < model->people_n; i++) {
		if (str_eq_caseless(model->people[i].email, user))
			person = &model->people[i];
	}
	return person != NULL ? person->id : STR("");
}

struct caller
access_who(const struct engine *engine, const struct request *request)
{
	if (request->token.n > 0 || request->session.n == 0)
		return access_caller(engine, request->token);
	hash32 hash = sha256(request->session);
	const struct session_row *row = core_session(engine->core, &hash);
	/* Its proxy must still say so: it may be another at the same browser by now. */
	if (row != NULL && row->how == SESSION_PROXY &&
	    (request->user.n == 0 || !str_eq(access_proxied(engine, request->user),
					 str_drop(row->principal, 7))))
		return (struct caller){ 0 };
	return row != NULL ? access_session(engine, row) : (struct caller){ 0 };
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
	case OP_ALERT_GROUPS:
	case OP_INCIDENTS:
	case OP_INCIDENT:
	case OP_WHY:
	case OP_HANDOFFS:
	case OP_HANDOFF:
	case OP_GAPS:
	case OP_NOISE:
	case OP_OUTPUT:
	case OP_ON_CALL:
	case OP_SHIFTS:
	case OP_OVERRIDES:
	case OP_SERVICES:
	case OP_RUNBOOKS:
	case OP_CHANNELS:
	case OP_RULES:
	case OP_HEARTBEATS:
	case OP_NOTICE:
	case OP_PING: /* the gate has seen its key */
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
	case OP_SESSION:
	case OP_SESSION_ADD: /* whoever proves who they are: signin.c */
	case OP_SESSION_AGAIN:
	case OP_SESSION_END:
	case OP_SESSIONS:
	case OP_PASSWORD:
	case OP_PRESSED: /* alike: it names who pressed */
	case OP_DIALED:  /* alike, and its provider signs it: dialed.c */
	case OP_TAPPED:  /* whom its link names, which the engine made: taps.c */
	case OP_FEED:    /* whoever has its link: feeds.c */
	case OP_FEEDS:
	case OP_FEED_ADD: /* whoever it is about, and leads: the core says so */
	case OP_FEED_END:
		return ROLE_VIEWER;
	case OP_COMMAND:
	case OP_SILENCE_SET:
	case OP_SILENCE_EXPIRE:
		return ROLE_OPERATOR;
	case OP_JOURNAL:
	case OP_TOKENS:
	case OP_TOKEN_ADD:
	case OP_LOGIN_LINK:
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

/* Asked by a browser about itself: a token has no part in it. */
static bool
is_browsers(const struct request *request)
{
	return request->op == OP_SESSION || request->op == OP_SESSION_AGAIN ||
	       request->op == OP_PASSWORD ||
	       (request->op == OP_SESSION_END && request->row == 0);
}

static bool
is_grave(const struct request *request)
{
	return (request->op == OP_COMMAND && request->command == COMMAND_BREAK_GLASS) ||
	       request->op == OP_TOKEN_ADD || request->op == OP_LOGIN_LINK ||
	       request->op == OP_PASSWORD;
}

const char *
access_doubts(const struct request *request, struct caller caller)
{
	bool changes = request->changes || needs(request->op) != ROLE_VIEWER;
	if (caller.session == 0)
		return NULL;
	if (changes && request->op != OP_SESSION_ADD && request->op != OP_PRESSED &&
	    request->op != OP_PING && request->op != OP_TAPPED &&
	    request->op != OP_DIALED && !signin_csrf_is(request->session, request->csrf))
		return "a browser's page sends what it was told with X-Firstline-CSRF: GET "
		       "/v1/session tells it";
	if (is_grave(request) && clock_wall() >= caller.fresh_until)
		return "sign in once more first: POST /v1/session/again";
	return NULL;
}

uint32_t
access_refuses(const struct engine *engine, struct caller caller,
    const struct request *request)
{
	enum op op = request->op;
	if (is_alertmanagers(op) && is_open(engine))
		return 0;
	if (op == OP_SESSION_ADD || op == OP_PRESSED || op == OP_PING || op == OP_TAPPED ||
	    op == OP_DIALED || op == OP_FEED)
		return 0;
	if (caller.role == 0 || (is_browsers(request) && caller.session == 0))
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
