/* Browsers that are signed in, on simulated time. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static hash32
link_of(struct world *w, const char *person, const char *secret)
{
	hash32 link = sha256(str_of(secret));
	struct command command = { .kind = COMMAND_LOGIN_LINK,
		.principal = STR("person:mei"),
		.login = { .person = str_of(person), .link = link } };
	EXPECT_U64(world_command(w, &command).status, 201);
	return link;
}

static struct command
sign_in(const char *who, enum session_how how, const char *cookie)
{
	return (struct command){ .kind = COMMAND_SESSION_ADD,
		.session = { .principal = str_of(who),
		    .how = how,
		    .secret = sha256(str_of(cookie)),
		    .address = STR("192.0.2.1") } };
}

static const struct session_row *
found(struct world *w, const char *cookie)
{
	hash32 hash = sha256(str_of(cookie));
	return core_session(w->core, &hash);
}

static void
session__a_link_opens_once_and_not_for_long(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command in = sign_in("person:ana", SESSION_LINK, "one");
	in.login.link = link_of(w, "ana", "secret");
	world_restart(w);
	in.session.principal = STR("person:mei"); /* it is not hers */
	EXPECT_U64(world_command(w, &in).status, 401);
	in.session.principal = STR("person:ana");
	EXPECT_U64(world_command(w, &in).status, 200);
	EXPECT(found(w, "one") != NULL && found(w, "two") == NULL);
	struct command again = sign_in("person:ana", SESSION_LINK, "two");
	again.login.link = in.login.link;
	EXPECT_U64(world_command(w, &again).status, 401);
	again.login.link = link_of(w, "ana", "later");
	world_after(w, LOGIN_LINK_MS);
	EXPECT_U64(world_command(w, &again).status, 401);
	/* No link is the link of nobody who has none. */
	again.login.link = (hash32){ { 0 } };
	EXPECT_U64(world_command(w, &again).status, 401);
	struct command nobody = { .kind = COMMAND_LOGIN_LINK,
		.login = { .person = STR("eve"), .link = sha256(STR("x")) } };
	EXPECT_U64(world_command(w, &nobody).status, 404);
	world_free(w);
}

static void
session__ends_by_time_or_when_nothing_is_asked(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command in = sign_in("person:ana", SESSION_PASSWORD, "idle");
	in.session.until_wall = UINT64_MAX; /* no longer than all others */
	struct reply reply = world_command(w, &in);
	struct command busy = sign_in("person:ana", SESSION_PASSWORD, "busy");
	struct command seen = { .kind = COMMAND_SESSION_SEEN,
		.row = world_command(w, &busy).row };
	for (msec ms = 0; ms < SESSION_KEEP_MS; ms += SESSION_IDLE_MS / 2) {
		EXPECT(!session_ended(found(w, "busy"), w->wall));
		EXPECT(session_ended(found(w, "idle"), w->wall) == (ms >= SESSION_IDLE_MS));
		world_after(w, SESSION_IDLE_MS / 2);
		EXPECT_U64(world_command(w, &seen).status, 200);
	}
	EXPECT(session_ended(found(w, "busy"), w->wall));
	/* They are let go of when the next signs in. */
	struct command next = sign_in("person:mei", SESSION_PROXY, "next");
	EXPECT_U64(world_command(w, &next).status, 200);
	EXPECT(found(w, "busy") == NULL && found(w, "idle") == NULL);
	struct session_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_SESSION, reply.row, &row) && row.over);
	world_free(w);
}

static void
session__there_are_only_so_many(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	char cookie[16];
	for (unsigned i = 0; i <= SESSIONS_PER_PRINCIPAL_MAX; i++) {
		(void)snprintf(cookie, sizeof(cookie), "%u", i);
		struct command in = sign_in("person:ana", SESSION_PASSWORD, cookie);
		EXPECT_U64(world_command(w, &in).status, 200);
		world_after(w, SECOND);
	}
	EXPECT(found(w, "0") == NULL && found(w, "1") != NULL);
	const struct session_row *rows[SESSIONS_PER_PRINCIPAL_MAX + 1];
	EXPECT_U64(core_sessions(w->core, rows, countof(rows)), SESSIONS_PER_PRINCIPAL_MAX);
	world_free(w);
}

static void
session__who_is_no_longer_known_signs_in_no_more(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	static const struct {
		const char *who;
		enum session_how how;
	} rows[] = {
		{ "person:eve", SESSION_PASSWORD },
		{ "agent:helper", SESSION_PROXY },
		{ "person:", SESSION_PROXY },
		{ "", SESSION_PASSWORD },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct command in = sign_in(rows[i].who, rows[i].how, "x");
		EXPECT_U64(world_command(w, &in).status, 401);
	}
	struct command by_token = sign_in("person:eve", SESSION_TOKEN, "x");
	by_token.session.token = 12345;
	EXPECT_U64(world_command(w, &by_token).status, 401);
	world_free(w);
}

static void
session__ends_with_its_token(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command add = { .kind = COMMAND_TOKEN_ADD,
		.token = { .name = STR("eve"),
		    .secret = sha256(STR("secret")),
		    .principal = STR("person:eve"),
		    .role = ROLE_OPERATOR } };
	struct command in = sign_in("person:eve", SESSION_TOKEN, "x");
	in.session.token = world_command(w, &add).row;
	EXPECT_U64(world_command(w, &in).status, 200);
	struct command local = sign_in("local-admin", SESSION_TOKEN, "y");
	EXPECT_U64(world_command(w, &local).status, 200);
	struct command revoke = { .kind = COMMAND_TOKEN_REVOKE, .name = STR("eve") };
	EXPECT_U64(world_command(w, &revoke).status, 200);
	EXPECT(found(w, "x") == NULL && found(w, "y") != NULL);
	world_free(w);
}

static void
session__a_new_password_ends_the_others(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command one = sign_in("person:ana", SESSION_PASSWORD, "one");
	struct command two = sign_in("person:ana", SESSION_PASSWORD, "two");
	struct command mei = sign_in("person:mei", SESSION_PASSWORD, "mei");
	row_id own = world_command(w, &one).row;
	EXPECT_U64(world_command(w, &two).status, 200);
	row_id hers = world_command(w, &mei).row;
	struct command set = { .kind = COMMAND_PASSWORD_SET,
		.principal = STR("person:ana"),
		.row = hers,
		.login = { .person = STR("ana"), .password = STR("$argon2id$...") } };
	EXPECT_U64(world_command(w, &set).status, 401);
	set.row = own;
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 0);
	EXPECT_U64(world_command(w, &set).status, 200);
	world_after(w, MINUTE);
	EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"), 1);
	EXPECT_U64(world_told(w, PURPOSE_SELF, NULL), 1);
	EXPECT(found(w, "one") != NULL && found(w, "two") == NULL);
	EXPECT(found(w, "mei") != NULL);
	world_restart(w);
	const struct login_row *login = core_login(w->core, STR("ana"));
	EXPECT(login != NULL);
	EXPECT_STR(login->password, STR("$argon2id$..."));
	EXPECT(core_login(w->core, STR("mei")) == NULL);
	struct command end = { .kind = COMMAND_SESSION_END,
		.principal = STR("person:ana"),
		.row = own };
	EXPECT_U64(world_command(w, &end).status, 200);
	EXPECT_U64(world_command(w, &end).status, 404);
	world_free(w);
}

int
main(void)
{
	RUN(session__a_link_opens_once_and_not_for_long);
	RUN(session__ends_by_time_or_when_nothing_is_asked);
	RUN(session__there_are_only_so_many);
	RUN(session__who_is_no_longer_known_signs_in_no_more);
	RUN(session__ends_with_its_token);
	RUN(session__a_new_password_ends_the_others);
	TEST_MAIN_END();
}
