/*
 * Browsers that are signed in, and what people sign in with.
 *
 *	login_link -> session_add (which uses the link up) -> password_set, if they like
 *
 * Who may ask for which of these, and whether a password or a token is right, the engine has
 * found out (engine/access.c, engine/signin.c); here is kept what came of it. Nothing of it is
 * a secret: links and cookies are kept as SHA-256, passwords as Argon2id.
 */
#include "core/sessions.h"

#define PERSON "person:"
#define PASSWORD_TEXT_MAX 200u /* of Argon2id's text form */

static struct session *
session_of(struct link *link)
{
	return container_of(object_of(link, in_table), struct session, o);
}

static struct session *
session_find(const struct core *core, row_id id)
{
	struct object *o = object_find(core, TABLE_SESSION, id);
	return o != NULL ? container_of(o, struct session, o) : NULL;
}

static struct login *
login_find(const struct core *core, str person)
{
	list_each(it, &core->tables[TABLE_LOGIN])
	{
		struct login *login =
		    container_of(object_of(it, in_table), struct login, o);
		if (str_eq(login->row.person, person))
			return login;
	}
	return NULL;
}

/* ---- sessions ---- */

static void
end_it(struct core *core, struct session *session)
{
	session->row.over = true;
	object_done(core, &session->o);
}

/* Those that ended by time; nothing waits for it, so it is done when another begins. */
static void
drop_ended(struct core *core)
{
	list_each_safe(it, &core->tables[TABLE_SESSION])
	{
		if (session_ended(&session_of(it)->row, core->wall))
			end_it(core, session_of(it));
	}
}

/* The longest idle of that principal, or (empty) of all, and how many there are. */
static struct session *
longest_idle(const struct core *core, str principal, uint32_t *ret_n)
{
	struct session *found = NULL;
	*ret_n = 0;
	list_each(it, &core->tables[TABLE_SESSION])
	{
		struct session *session = session_of(it);
		if (principal.n > 0 && !str_eq(session->row.principal, principal))
			continue;
		++*ret_n;
		if (found == NULL || session->row.seen_wall < found->row.seen_wall)
			found = session;
	}
	return found;
}

static void
make_room(struct core *core, str principal)
{
	uint32_t n;
	struct session *idle = longest_idle(core, principal, &n);
	if (n >= SESSIONS_PER_PRINCIPAL_MAX) {
		end_it(core, idle);
		return;
	}
	idle = longest_idle(core, STR(""), &n);
	if (n >= SESSIONS_MAX)
		end_it(core, idle);
}

/* The link is used up; false: it opens nothing, or another's door. */
static bool
take_link(struct core *core, const struct command *command)
{
	const hash32 *link = &command->login.link;
	const struct login_row *row = core_login_link(core, link, core->wall);
	if (row == NULL)
		return false;
	struct login *login = login_find(core, row->person);
	str who = command->session.principal;
	if (!str_starts(who, STR(PERSON)) ||
	    !str_eq(str_drop(who, strlen(PERSON)), row->person))
		return false;
	login->row.link = (hash32){ { 0 } };
	login->row.link_until = 0;
	object_touch(core, &login->o);
	return true;
}

static bool
is_known(const struct core *core, const struct session_row *row)
{
	if (row->how == SESSION_TOKEN)
		return row->token == 0 ||
		       object_find(core, TABLE_TOKEN, row->token) != NULL;
	return str_starts(row->principal, STR(PERSON)) &&
	       model_person(core->newest->model,
		   str_drop(row->principal, strlen(PERSON))) != NULL;
}

static struct answering
no_such_login(struct core *core)
{
	return answer_no(core, 401, EXIT_AUTH, "that opens nothing, or does no longer");
}

static str
at_most(str s)
{
	return str_take(s, s.n < SESSION_TEXT_MAX ? s.n : SESSION_TEXT_MAX);
}

struct answering
session_add(struct core *core, const struct command *command)
{
	struct session_row row = command->session;
	if (row.how == 0 || hash32_zero(&row.secret) || row.principal.n == 0 ||
	    !is_known(core, &row) || core_session(core, &row.secret) != NULL)
		return no_such_login(core);
	if (row.how == SESSION_LINK && !take_link(core, command))
		return no_such_login(core);
	drop_ended(core);
	make_room(core, row.principal);
	row.id = row_next(core);
	row.made_wall = row.seen_wall = row.again_wall = core->wall;
	msec most = core->wall + SESSION_KEEP_MS;
	if (row.until_wall == 0 || row.until_wall > most)
		row.until_wall = most;
	row.address = at_most(row.address);
	row.agent = at_most(row.agent);
	row.over = false;
	struct session *session = object_add(core, TABLE_SESSION, &row);
	if (session == NULL)
		return answer_no(core, 503, 1, "there is no memory for another session");
	timeline_add(core, 0, TIMELINE_COMMAND, row.principal, row.id,
	    "signed in by %s from %.*s", session_how_name(row.how), STR_ARG(row.address));
	return answer_yes(200, &session->o);
}

struct answering
session_again(struct core *core, const struct command *command)
{
	struct session *session = session_find(core, command->row);
	if (session == NULL || !str_eq(session->row.principal, command->session.principal))
		return no_such_login(core);
	if (command->session.how == SESSION_LINK && !take_link(core, command))
		return no_such_login(core);
	session->row.again_wall = session->row.seen_wall = core->wall;
	object_touch(core, &session->o);
	timeline_add(core, 0, TIMELINE_COMMAND, session->row.principal, session->row.id,
	    "signed in again by %s", session_how_name(command->session.how));
	return answer_yes(200, &session->o);
}

struct answering
session_seen(struct core *core, const struct command *command)
{
	struct session *session = session_find(core, command->row);
	if (session == NULL)
		return no_such_login(core);
	session->row.seen_wall = core->wall;
	object_touch(core, &session->o);
	return answer_yes(200, &session->o);
}

struct answering
session_end(struct core *core, const struct command *command)
{
	struct session *session = session_find(core, command->row);
	if (session == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no such session");
	bool own = str_eq(session->row.principal, command->principal);
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, session->row.id,
	    "ended a session of %s%.*s", own ? "their own" : "",
	    STR_ARG(own ? STR("") : text_who(session->row.principal)));
	end_it(core, session);
	return answer_yes(200, &session->o);
}

void
sessions_of_token_end(struct core *core, row_id token)
{
	list_each_safe(it, &core->tables[TABLE_SESSION])
	{
		struct session *session = session_of(it);
		if (session->row.how == SESSION_TOKEN && session->row.token == token)
			end_it(core, session);
	}
}

/* ---- what people sign in with ---- */

/* Of a person of the configuration; NULL: there is no memory for it. */
static struct login *
login_get(struct core *core, str person)
{
	struct login *login = login_find(core, person);
	if (login != NULL)
		return login;
	struct login_row row = { .id = row_next(core), .person = person };
	return object_add(core, TABLE_LOGIN, &row);
}

struct answering
login_link(struct core *core, const struct command *command)
{
	str person = command->login.person;
	if (model_person(core->newest->model, person) == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no person '%.*s' in the configuration", STR_ARG(person));
	if (hash32_zero(&command->login.link))
		return answer_no(core, 422, EXIT_USAGE, "a link needs a secret");
	struct login *login = login_get(core, person);
	if (login == NULL)
		return answer_no(core, 503, 1, "there is no memory for it");
	login->row.link = command->login.link;
	login->row.link_until = core->wall + LOGIN_LINK_MS;
	object_touch(core, &login->o);
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, login->row.id,
	    "made a link by which %.*s signs in", STR_ARG(person));
	return answer_yes(201, &login->o);
}

/* To whom it belongs: if it was somebody else, they hear of it elsewhere than here. */
static void
tell_of_password(struct core *core, const struct person *whom, const struct session *by)
{
	struct recipients *to = arena_new(&core->scratch, struct recipients, 1);
	recipients_person(to, whom);
	notices_tell(core, to,
	    &(struct notice_words){ .subject = STR("[sign-in] your password was set"),
		.text = text_make(core,
		    "Your password was set at %.*s UTC, from %.*s. Your other browsers are "
		    "signed out.\n\nIf that was not you, ask an admin at once:\n  "
		    "firstline "
		    "login-link %.*s    (sign in, and set another)\n",
		    STR_ARG(str_take(text_when(core, core->wall), 16)),
		    STR_ARG(by->row.address), STR_ARG(whom->id)) });
}

struct answering
password_set(struct core *core, const struct command *command)
{
	str person = command->login.person;
	str password = command->login.password;
	const struct person *whom = model_person(core->newest->model, person);
	if (whom == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no person '%.*s' in the configuration", STR_ARG(person));
	const struct session *own = session_find(core, command->row);
	if (own == NULL || !str_eq(own->row.principal, command->principal))
		return no_such_login(core);
	if (password.n == 0 || password.n > PASSWORD_TEXT_MAX)
		return answer_no(core, 422, EXIT_USAGE, "that is no hash of a password");
	struct login *login = login_get(core, person);
	if (login == NULL)
		return answer_no(core, 503, 1, "there is no memory for it");
	row_set_str(core, &login->row.password, password);
	login->row.password_wall = core->wall;
	object_touch(core, &login->o);
	/* Whoever got in by the old one is out. */
	list_each_safe(it, &core->tables[TABLE_SESSION])
	{
		struct session *session = session_of(it);
		if (session->row.id != command->row &&
		    str_eq(session->row.principal, command->principal))
			end_it(core, session);
	}
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, login->row.id,
	    "set a password");
	tell_of_password(core, whom, own);
	return answer_yes(200, &login->o);
}

/* ---- looking ---- */

const struct session_row *
core_session(const struct core *core, const hash32 *secret)
{
	const struct session_row *found = NULL;
	list_each(it, &core->tables[TABLE_SESSION])
	{
		const struct session_row *row = &session_of(it)->row;
		if (hash32_eq_secret(&row->secret, secret))
			found = row;
	}
	return found;
}

size_t
core_sessions(const struct core *core, const struct session_row **ret, size_t n)
{
	size_t count = 0;
	list_each(it, &core->tables[TABLE_SESSION])
	{
		if (count < n)
			ret[count++] = &session_of(it)->row;
	}
	return count;
}

const struct login_row *
core_login(const struct core *core, str person)
{
	const struct login *login = login_find(core, person);
	return login != NULL ? &login->row : NULL;
}

const struct login_row *
core_login_link(const struct core *core, const hash32 *link, msec wall)
{
	const struct login_row *found = NULL;
	list_each(it, &core->tables[TABLE_LOGIN])
	{
		const struct login_row *row =
		    &container_of(object_of(it, in_table), struct login, o)->row;
		if (!hash32_zero(&row->link) && wall < row->link_until &&
		    hash32_eq_secret(&row->link, link))
			found = row;
	}
	return found;
}
