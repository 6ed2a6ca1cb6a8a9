/*
 * signin -- browsers: who signs in by what, and what they sign in with.
 *
 *	link, token, proxy   looked up here, kept by the core in the same step
 *	password             compared by the hasher's thread first; then the same
 *
 * A cookie's value and what its page has to send beside it are known here only while they
 * are made. Guessing is slowed down by address, by person, and by both together: the last is
 * the narrowest, so that nobody locks another out.
 */
#include <stdio.h>

#include "engine/password.h"
#include "engine/state.h"
#include "os/clock.h"

#define PERSON "person:"

static const struct tries_rule by_address = { 30, 2 * SECOND };
static const struct tries_rule by_person = { 30, 2 * SECOND };
static const struct tries_rule by_both = { 5, 12 * SECOND };

/* ---- answers ---- */

static void
refuse(struct engine *engine, uint64_t id, uint32_t status, uint32_t exit,
    const char *error)
{
	answer_plain(&engine->batch.to_gate, id, engine->head.seq, status, exit, error);
}

static void
refuse_for(struct engine *engine, uint64_t id, msec wait)
{
	struct arena scratch = engine->batch.arena;
	struct answer_out a;
	engine->n.signin_slowed++;
	answer_begin(&a, &engine->batch.to_gate, &scratch, id, engine->head.seq);
	a.answer.status = 429;
	a.answer.exit = 4;
	a.answer.error = STR("too many tries: wait before the next");
	a.answer.again_s = (uint32_t)((wait + SECOND - 1) / SECOND);
	answer_end(&a, 0);
}

static void
wrong(struct engine *engine, uint64_t id, str from)
{
	engine->n.signin_failed++;
	engine_log(engine, LOG_WARNING, "a sign-in from %.*s failed", STR_ARG(from));
	refuse(engine, id, 401, 4, "that opens nothing, or does no longer");
}

/* What the page sends to show that it is ours: another site can neither read nor make it. */
static void
csrf_of(str cookie, char ret[static CSRF_TEXT_SIZE])
{
	struct buf hex = BUF(CSRF_TEXT_SIZE);
	hash32 mac = hmac_sha256(cookie, STR("firstline: this page is ours"));
	buf_hex(&hex, (str){ (const char *)mac.b, sizeof(mac.b) });
	ASSERT(hex.n == CSRF_TEXT_SIZE - 1);
	memcpy(ret, hex.p, hex.n);
	ret[hex.n] = '\0';
	buf_done(&hex);
}

bool
signin_csrf_is(str cookie, str given)
{
	char right[CSRF_TEXT_SIZE];
	csrf_of(cookie, right);
	hash32 a = sha256(str_of(right)), b = sha256(given);
	return hash32_eq_secret(&a, &b);
}

static void
put_session(struct engine *engine, struct answer_out *a, const struct session_row *row,
    str cookie, bool first)
{
	char csrf[CSRF_TEXT_SIZE];
	struct caller caller = access_session(engine, row);
	csrf_of(cookie, csrf);
	struct session_item item = { .id = row->id,
		.principal = row->principal,
		.role = caller.role,
		.csrf = str_of(csrf),
		.until_wall = row->until_wall,
		.how = row->how,
		.secret = first ? cookie : STR("") };
	answer_record(a, ITEM_SESSION, &item);
}

void
signin_answer(struct engine *engine, struct answer_out *a)
{
	str cookie = str_of(engine->secret_text);
	hash32 hash = sha256(cookie);
	const struct session_row *row = core_session(engine->core, &hash);
	ASSERT(row != NULL);
	put_session(engine, a, row, cookie, true);
}

void
signin_tell(struct engine *engine, struct answer_out *a, str cookie)
{
	hash32 hash = sha256(cookie);
	const struct session_row *row = core_session(engine->core, &hash);
	ASSERT(row != NULL); /* it is who asks */
	put_session(engine, a, row, cookie, false);
}

/* ---- signing in ---- */

/* It is them: `command->session` has principal, how, token, address, agent. */
static void
let_in(struct engine *engine, uint64_t id, struct command *command)
{
	struct event event = { .kind = EVENT_COMMAND };
	command->request = id;
	command->principal = command->session.principal;
	if (command->kind == COMMAND_SESSION_ADD) {
		access_new_secret("fls_", engine->secret_text);
		command->session.secret = sha256(str_of(engine->secret_text));
		engine->session_request = id;
	}
	event.command = *command;
	batch_step(engine, &event);
	engine->session_request = 0;
	explicit_bzero(engine->secret_text, sizeof(engine->secret_text));
}

static str
person_principal(struct arena *arena, str person)
{
	return arena_printf(arena, PERSON "%.*s", STR_ARG(person));
}

static bool
by_link(struct engine *engine, const struct request *r, struct command *command)
{
	command->login.link = sha256(r->secret);
	const struct login_row *login =
	    core_login_link(engine->core, &command->login.link, clock_wall());
	if (login == NULL)
		return false;
	command->session.how = SESSION_LINK;
	command->session.principal = person_principal(&engine->batch.arena, login->person);
	return true;
}

/* A token that stands for a person, or for whoever owns this machine's state folder. */
static bool
by_token(struct engine *engine, const struct request *r, struct command *command)
{
	struct caller caller = access_caller(engine, r->secret);
	if (caller.role == 0 || caller.role == ROLE_SOURCE || caller.behalf.n > 0 ||
	    str_starts(caller.principal, STR("agent:")))
		return false;
	hash32 hash = sha256(r->secret);
	const struct token_row *row = core_token(engine->core, &hash);
	command->session.how = SESSION_TOKEN;
	command->session.token = row != NULL ? row->id : 0;
	command->session.until_wall = row != NULL ? row->until_wall : 0;
	command->session.principal = arena_str(&engine->batch.arena, caller.principal);
	return true;
}

/* A proxy that may says who it is. */
static bool
by_proxy(struct engine *engine, const struct request *r, struct command *command)
{
	str person = access_proxied(engine, r->user);
	command->session.how = SESSION_PROXY;
	command->session.principal = person_principal(&engine->batch.arena, person);
	return person.n > 0;
}

static void
copy_text(char *to, size_t size, str from)
{
	size_t n = from.n < size - 1 ? from.n : size - 1;
	if (n > 0)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

/* The person's password, or one that nobody has, so that both take as long. */
static void
by_password(struct engine *engine, uint64_t id, const struct request *r,
    struct caller caller)
{
	struct hashing job = { .request = id, .op = r->op, .session = caller.session };
	const struct login_row *login = core_login(engine->core, r->name);
	const char *nobody = hash_of_nobody;
	bool has = login != NULL && login->password.n > 0 && r->secret.n > 0 &&
	           r->secret.n <= sizeof(job.password) && r->name.n < sizeof(job.person);
	copy_text(job.text, sizeof(job.text), has ? login->password : str_of(nobody));
	copy_text(job.person, sizeof(job.person), has ? r->name : STR(""));
	copy_text(job.from, sizeof(job.from), r->from);
	copy_text(job.agent, sizeof(job.agent), r->agent);
	job.password_n =
	    r->secret.n < sizeof(job.password) ? r->secret.n : sizeof(job.password);
	if (job.password_n > 0)
		memcpy(job.password, r->secret.p, job.password_n);
	if (!hasher_ask(engine->hasher, &job))
		refuse_for(engine, id, SECOND);
	explicit_bzero(job.password, sizeof(job.password));
}

static str
both_key(struct arena *arena, str from, str person)
{
	return arena_printf(arena, "%.*s\n%.*s", STR_ARG(from), STR_ARG(person));
}

/* 0: go on. */
static msec
slowed(struct engine *engine, const struct request *r)
{
	msec now = clock_boot();
	msec wait = tries_take(&engine->tries, r->from, by_address, now);
	if (wait > 0 || !str_eq(r->text, STR("password")))
		return wait;
	wait = tries_take(&engine->tries, both_key(&engine->batch.arena, r->from, r->name),
	    by_both, now);
	if (wait > 0)
		return wait;
	return tries_take(&engine->tries, person_principal(&engine->batch.arena, r->name),
	    by_person, now);
}

/* `text` says what `secret` is. */
static void
sign_in(struct engine *engine, uint64_t id, const struct request *r, struct caller caller)
{
	struct command command = { .kind = r->op == OP_SESSION_ADD ? COMMAND_SESSION_ADD
		                                                   : COMMAND_SESSION_AGAIN,
		.row = caller.session,
		.session = { .address = r->from, .agent = r->agent } };
	bool ok = false;
	if (r->text.n == 0 && r->user.n == 0) {
		refuse(engine, id, 422, 2,
		    "give a link, a person and a password, or a token");
		return;
	}
	msec wait = slowed(engine, r);
	if (wait > 0) {
		refuse_for(engine, id, wait);
		return;
	}
	if (str_eq(r->text, STR("password"))) {
		by_password(engine, id, r, caller);
		return;
	}
	if (str_eq(r->text, STR("link")))
		ok = by_link(engine, r, &command);
	else if (r->text.n == 0)
		ok = by_proxy(engine, r, &command);
	else if (str_eq(r->text, STR("token")))
		ok = by_token(engine, r, &command);
	if (ok)
		let_in(engine, id, &command);
	else
		wrong(engine, id, r->from);
}

/* ---- passwords ---- */

static void
set_password(struct engine *engine, uint64_t id, const struct request *r,
    struct caller caller)
{
	struct hashing job = { .request = id, .op = r->op, .session = caller.session };
	if (caller.how == SESSION_TOKEN || !str_starts(caller.principal, STR(PERSON))) {
		refuse(engine, id, 403, 4,
		    "a password is set by the person, signed in by a link or the password "
		    "before: firstline login-link PERSON makes a link");
		return;
	}
	str person = str_drop(caller.principal, strlen(PERSON));
	const char *fault = password_fault(r->secret, person);
	if (fault != NULL) {
		refuse(engine, id, 422, 2, fault);
		return;
	}
	copy_text(job.person, sizeof(job.person), person);
	random_bytes(job.salt, sizeof(job.salt));
	memcpy(job.password, r->secret.p, r->secret.n);
	job.password_n = r->secret.n;
	if (!hasher_ask(engine->hasher, &job))
		refuse_for(engine, id, SECOND);
	explicit_bzero(job.password, sizeof(job.password));
}

static void
password_made(struct engine *engine, struct hashing *job)
{
	struct event event = { .kind = EVENT_COMMAND };
	struct arena *arena = &engine->batch.arena;
	event.command = (struct command){ .kind = COMMAND_PASSWORD_SET,
		.request = job->request,
		.row = job->session,
		.principal = person_principal(arena, str_of(job->person)),
		.login = { .person = str_of(job->person), .password = str_of(job->text) } };
	batch_step(engine, &event);
}

static void
password_compared(struct engine *engine, struct hashing *job)
{
	struct arena *arena = &engine->batch.arena;
	str person = str_of(job->person), from = str_of(job->from);
	if (!job->ok || person.n == 0) {
		wrong(engine, job->request, from);
		return;
	}
	tries_forget(&engine->tries, both_key(arena, from, person));
	struct command command = { .kind = job->op == OP_SESSION_ADD
		                               ? COMMAND_SESSION_ADD
		                               : COMMAND_SESSION_AGAIN,
		.row = job->session,
		.session = { .how = SESSION_PASSWORD,
		    .principal = person_principal(arena, person),
		    .address = from,
		    .agent = str_of(job->agent) } };
	let_in(engine, job->request, &command);
}

static void
on_hashed(void *context, struct hashing *job)
{
	struct engine *engine = context;
	if (engine->refusing)
		refuse(engine, job->request, 507, 1, engine->refusing_why);
	else if (job->op != OP_PASSWORD)
		password_compared(engine, job);
	else if (job->ok)
		password_made(engine, job);
	else
		refuse(engine, job->request, 503, 1, "there is no memory to hash it");
}

/* ---- links ---- */

/* The link's secret goes to whoever asked for it, once. */
static void
make_link(struct engine *engine, uint64_t id, const struct request *r, struct caller caller)
{
	if (engine->secret_request != 0) {
		refuse(engine, id, 503, 1, "another secret is being made: ask again");
		return;
	}
	access_new_secret("fll_", engine->secret_text);
	engine->secret_request = id;
	engine->secret = (struct secret_item){ .name = r->name,
		.secret = str_of(engine->secret_text),
		.url = arena_str(&engine->batch.arena,
		    configs_newest(&engine->configs, engine->core)->url) };
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_LOGIN_LINK,
		.request = id,
		.principal = caller.principal,
		.login = { .person = r->name,
		    .link = sha256(str_of(engine->secret_text)) } };
	batch_step(engine, &event);
	explicit_bzero(engine->secret_text, sizeof(engine->secret_text));
	engine->secret_request = 0;
}

/* ---- in ---- */

/* One's own, or by an admin any. */
static void
end_session(struct engine *engine, uint64_t id, const struct request *r,
    struct caller caller)
{
	row_id session = r->row != 0 ? r->row : caller.session;
	const struct session_row *rows[SESSIONS_MAX];
	size_t n = core_sessions(engine->core, rows, countof(rows));
	bool may = false;
	for (size_t i = 0; i < n; i++)
		may |= rows[i]->id == session &&
		       (caller.role == ROLE_ADMIN ||
			   str_eq(rows[i]->principal, caller.principal));
	if (!may) {
		refuse(engine, id, 404, 3, "there is no such session");
		return;
	}
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_SESSION_END,
		.request = id,
		.principal = caller.principal,
		.row = session };
	batch_step(engine, &event);
}

void
signin_request(struct engine *engine, uint64_t id, const struct request *r,
    struct caller caller)
{
	switch ((int)r->op) {
	case OP_SESSION_ADD:
	case OP_SESSION_AGAIN:
		sign_in(engine, id, r, caller);
		return;
	case OP_SESSION_END:
		end_session(engine, id, r, caller);
		return;
	case OP_PASSWORD:
		set_password(engine, id, r, caller);
		return;
	case OP_LOGIN_LINK:
		make_link(engine, id, r, caller);
		return;
	default:
		UNREACHABLE();
	}
}

void
signin_list(struct engine *engine, struct answer_out *a, struct caller caller)
{
	const struct session_row **rows =
	    arena_new(a->arena, const struct session_row *, SESSIONS_MAX);
	a->begin = *a->arena; /* they outlive each frame */
	size_t n = core_sessions(engine->core, rows, SESSIONS_MAX);
	msec wall = clock_wall();
	for (size_t i = 0; i < n; i++) {
		if (!session_ended(rows[i], wall) &&
		    (caller.role == ROLE_ADMIN ||
			str_eq(rows[i]->principal, caller.principal)))
			answer_row_record(a, TABLE_SESSION, rows[i]);
	}
}

/* Something was asked by it: kept now and then, as it ends when nothing is. */
void
signin_seen(struct engine *engine, row_id session)
{
	const struct session_row *rows[SESSIONS_MAX];
	size_t n = core_sessions(engine->core, rows, countof(rows));
	msec wall = clock_wall();
	for (size_t i = 0; i < n; i++) {
		if (rows[i]->id != session || wall < rows[i]->seen_wall + SESSION_SEEN_MS)
			continue;
		struct event event = { .kind = EVENT_COMMAND };
		event.command = (struct command){ .kind = COMMAND_SESSION_SEEN,
			.principal = rows[i]->principal,
			.row = session };
		batch_step(engine, &event);
		return;
	}
}

void
signin_init(struct engine *engine)
{
	engine->tries.key = (struct siphash_key){ { random_u64(), random_u64() } };
	engine->hasher = hasher_new(&engine->loop, on_hashed, engine);
}
