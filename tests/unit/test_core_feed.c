/* Links of calendars: who makes, sees and ends one, and that it is nothing else. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

static struct command
making(const char *who, enum role role, const char *feed, const char *secret)
{
	return (struct command){ .kind = COMMAND_FEED_ADD,
		.principal = str_of(who),
		.role = role,
		.token = { .feed = str_of(feed), .secret = sha256(str_of(secret)) } };
}

static const struct token_row *
opened(struct world *w, const char *secret)
{
	hash32 hash = sha256(str_of(secret));
	return core_feed(w->core, &hash);
}

static void
feed__is_made_by_whose_it_is_by_the_team_or_by_a_lead(void)
{
	static const struct {
		const char *name, *who, *behalf, *feed;
		enum role role;
		uint32_t status;
	} rows[] = {
		{ "her own", "person:ana", "", "person:ana", ROLE_VIEWER, 201 },
		{ "another's", "person:ana", "", "person:mei", ROLE_OPERATOR, 403 },
		{ "a lead's", "person:ana", "", "person:mei", ROLE_LEAD, 201 },
		{ "the local token's", "local-admin", "", "person:mei", ROLE_ADMIN, 201 },
		{ "her team's", "person:ana", "", "team:platform-ops", ROLE_VIEWER, 201 },
		{ "one rotation of it", "person:ana", "", "rotation:platform-ops/primary",
		    ROLE_VIEWER, 201 },
		{ "a stranger's team", "person:eve", "", "team:platform-ops", ROLE_OPERATOR,
		    403 },
		{ "a source's", "source:prometheus", "", "team:platform-ops", ROLE_SOURCE,
		    403 },
		{ "an agent's", "agent:helper", "person:ana", "person:ana", ROLE_LEAD,
		    403 },
		{ "an agent's own", "agent:ana", "", "person:ana", ROLE_ADMIN, 403 },
		{ "a person's by an agent", "person:ana", "person:ana", "person:ana",
		    ROLE_LEAD, 403 },
		{ "nobody's", "person:ana", "", "person:zoe", ROLE_ADMIN, 404 },
		{ "no team's", "person:ana", "", "team:none", ROLE_ADMIN, 404 },
		{ "no rotation's", "person:ana", "", "rotation:platform-ops/none",
		    ROLE_ADMIN, 404 },
		{ "no word's", "person:ana", "", "ana", ROLE_ADMIN, 404 },
		{ "of nothing", "person:ana", "", "", ROLE_ADMIN, 422 },
	};
	struct world *w = world_new(SHOP, NULL, NULL);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct command add =
		    making(rows[i].who, rows[i].role, rows[i].feed, rows[i].name);
		add.behalf = str_of(rows[i].behalf);
		EXPECT_U64(world_command(w, &add).status, rows[i].status);
		EXPECT((opened(w, rows[i].name) != NULL) == (rows[i].status == 201));
	}
	test_row = NULL;
	world_free(w);
}

/* It is a token of nobody: none of those lists, names or ends it, and it closes nothing. */
static void
feed__is_no_token(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command add = making("person:ana", ROLE_VIEWER, "person:ana", "one");
	row_id id = world_command(w, &add).row;
	EXPECT_U64(world_command(w, &add).status, 409); /* the same secret */
	const struct token_row *rows[4];
	EXPECT_U64(core_tokens(w->core, rows, countof(rows)), 0);
	EXPECT_U64(core_control(w->core)->tokens_made, 0);
	struct command revoke = { .kind = COMMAND_TOKEN_REVOKE, .name = STR("feed") };
	EXPECT_U64(world_command(w, &revoke).status, 404);
	revoke = (struct command){ .kind = COMMAND_TOKEN_REVOKE, .row = id };
	EXPECT_U64(world_command(w, &revoke).status, 404);
	struct command token = { .kind = COMMAND_TOKEN_ADD,
		.token = { .name = STR("feed"),
		    .secret = sha256(STR("two")),
		    .principal = STR("person:mei"),
		    .role = ROLE_FEED } };
	EXPECT_U64(world_command(w, &token).status, 422);
	token.token.role = ROLE_VIEWER;
	row_id other = world_command(w, &token).row;
	EXPECT(other != 0 && opened(w, "two") == NULL);
	struct command end = { .kind = COMMAND_FEED_END,
		.principal = STR("local-admin"),
		.role = ROLE_ADMIN,
		.row = other };
	EXPECT_U64(world_command(w, &end).status, 404);
	world_free(w);
}

static void
feed__is_ended_by_whose_it_is_by_who_made_it_or_by_a_lead(void)
{
	static const struct {
		const char *name, *who;
		enum role role;
		uint32_t status;
	} rows[] = {
		{ "hers", "person:ana", ROLE_VIEWER, 200 },
		{ "who made it", "person:mei", ROLE_VIEWER, 200 },
		{ "a lead", "person:zoe", ROLE_LEAD, 200 },
		{ "another", "person:zoe", ROLE_OPERATOR, 404 },
	};
	struct world *w = world_new(SHOP, NULL, NULL);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct command add =
		    making("person:mei", ROLE_LEAD, "person:ana", rows[i].name);
		struct command end = { .kind = COMMAND_FEED_END,
			.principal = str_of(rows[i].who),
			.role = rows[i].role,
			.row = world_command(w, &add).row };
		world_restart(w);
		EXPECT(core_feed_is_theirs(w->core, opened(w, rows[i].name), end.principal,
			   end.role) == (rows[i].status == 200));
		EXPECT_U64(world_command(w, &end).status, rows[i].status);
		EXPECT((opened(w, rows[i].name) == NULL) == (rows[i].status == 200));
		if (rows[i].status == 200)
			EXPECT_U64(world_command(w, &end).status, 404);
	}
	test_row = NULL;
	EXPECT(world_says(w, 0, "ended a link to the calendar of person:ana"));
	world_free(w);
}

static void
feed__there_are_only_so_many_of_one(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	char secret[8] = "a";
	for (unsigned i = 0; i <= FEEDS_PER_SUBJECT_MAX; i++) {
		secret[0] = (char)('a' + i);
		struct command add =
		    making("person:ana", ROLE_VIEWER, "person:ana", secret);
		EXPECT_U64(world_command(w, &add).status,
		    i < FEEDS_PER_SUBJECT_MAX ? 201 : 409);
	}
	struct command add = making("person:mei", ROLE_VIEWER, "person:mei", "mei");
	EXPECT_U64(world_command(w, &add).status, 201);
	/* A token is no link. */
	struct command token = { .kind = COMMAND_TOKEN_ADD,
		.principal = STR("local-admin"),
		.token = { .name = STR("ci"),
		    .principal = STR("person:ana"),
		    .role = ROLE_OPERATOR,
		    .secret = sha256(STR("ci")),
		    .until_wall = w->wall + DAY } };
	EXPECT_U64(world_command(w, &token).status, 201);
	EXPECT(opened(w, "ci") == NULL);
	const struct token_row *rows[FEEDS_PER_SUBJECT_MAX + 2];
	EXPECT_U64(core_feeds(w->core, rows, countof(rows)), FEEDS_PER_SUBJECT_MAX + 1);
	world_free(w);
}

int
main(void)
{
	RUN(feed__is_made_by_whose_it_is_by_the_team_or_by_a_lead);
	RUN(feed__is_no_token);
	RUN(feed__is_ended_by_whose_it_is_by_who_made_it_or_by_a_lead);
	RUN(feed__there_are_only_so_many_of_one);
	TEST_MAIN_END();
}
