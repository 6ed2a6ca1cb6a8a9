/* Sessions at their edges: whose door a link opens, which go when there are too many. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static struct reply
sign_in(struct world *w, const char *who, enum session_how how, const char *cookie)
{
	struct command command = { .kind = COMMAND_SESSION_ADD,
		.session = { .principal = str_of(who),
		    .how = how,
		    .secret = sha256(str_of(cookie)),
		    .address = STR("192.0.2.1") } };
	return world_command(w, &command);
}

static bool
is_in(struct world *w, const char *cookie)
{
	hash32 hash = sha256(str_of(cookie));
	return core_session(w->core, &hash) != NULL;
}

static hash32
link_for(struct world *w, const char *person)
{
	hash32 link = sha256(str_of(person));
	struct command command = { .kind = COMMAND_LOGIN_LINK,
		.principal = STR("person:mei"),
		.login = { .person = str_of(person), .link = link } };
	EXPECT_U64(world_command(w, &command).status, 201);
	return link;
}

/* Of two links each opens its own door, and none a door that is no person's. */
static void
session__a_link_opens_the_door_of_its_person(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	hash32 ana = link_for(w, "ana");
	(void)link_for(w, "mei");
	struct reply local = sign_in(w, "local-admin", SESSION_TOKEN, "local");
	EXPECT_U64(local.status, 200);
	struct command again = { .kind = COMMAND_SESSION_AGAIN,
		.row = local.row,
		.session = { .principal = STR("local-admin"), .how = SESSION_LINK },
		.login = { .link = ana } };
	EXPECT_U64(world_command(w, &again).status, 401);
	struct reply anas = sign_in(w, "person:ana", SESSION_PASSWORD, "ana");
	again.row = anas.row;
	again.session.principal = STR("person:ana");
	EXPECT_U64(world_command(w, &again).status, 200);
	EXPECT_U64(world_command(w, &again).status, 401); /* it is used up */
	again.session.how = SESSION_PASSWORD;
	EXPECT_U64(world_command(w, &again).status, 200);
	world_free(w);
}

/* Who is longest idle goes, wherever it stands. */
static void
session__of_too_many_the_longest_idle_ends(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	w->reload = false;
	char cookie[16], who[32];
	row_id first = 0;
	for (unsigned i = 0; i < SESSIONS_MAX; i++) {
		(void)snprintf(cookie, sizeof(cookie), "c-%u", i);
		(void)snprintf(who, sizeof(who), "token-%u", i / 8);
		struct reply reply = sign_in(w, who, SESSION_TOKEN, cookie);
		EXPECT_U64(reply.status, 200);
		first = i == 0 ? reply.row : first;
	}
	world_after(w, SECOND);
	struct command seen = { .kind = COMMAND_SESSION_SEEN, .row = first };
	EXPECT_U64(world_command(w, &seen).status, 200);
	EXPECT_U64(sign_in(w, "person:ana", SESSION_PASSWORD, "one more").status, 200);
	EXPECT(is_in(w, "one more") && is_in(w, "c-0") && !is_in(w, "c-1"));
	const struct session_row *rows[4];
	EXPECT_U64(core_sessions(w->core, rows, 4), 4);
	world_free(w);
}

static void
session__ended_by_another_is_told_so(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct reply anas = sign_in(w, "person:ana", SESSION_PASSWORD, "ana");
	struct command end = { .kind = COMMAND_SESSION_END,
		.row = anas.row,
		.principal = STR("person:mei") };
	EXPECT_U64(world_command(w, &end).status, 200);
	EXPECT(world_says(w, 0, "ended a session of ana"));
	EXPECT(!is_in(w, "ana"));
	EXPECT_U64(world_command(w, &end).status, 404);
	struct reply own = sign_in(w, "person:mei", SESSION_PASSWORD, "mei");
	end.row = own.row;
	EXPECT_U64(world_command(w, &end).status, 200);
	EXPECT(world_says(w, 0, "ended a session of their own"));
	world_free(w);
}

int
main(void)
{
	RUN(session__a_link_opens_the_door_of_its_person);
	RUN(session__of_too_many_the_longest_idle_ends);
	RUN(session__ended_by_another_is_told_so);
	TEST_MAIN_END();
}
