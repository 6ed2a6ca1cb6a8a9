/* Tokens: which are made and which not, and what goes when one is revoked. */
#include "core/state.h"
#include "support/asked_shop.h"

#define LONGEST_NAME 200 /* bytes */

static struct token_row
token(const char *name, const char *principal, enum role role)
{
	return (struct token_row){ .name = str_of(name),
		.principal = str_of(principal),
		.role = role,
		.secret = sha256(str_of(name)) };
}

static struct reply
add(struct world *w, const struct token_row *row)
{
	struct command command = { .kind = COMMAND_TOKEN_ADD,
		.token = *row,
		.principal = STR("local-admin") };
	return world_command(w, &command);
}

static void
token__is_for_somebody_who_can_have_one(void)
{
	static char long_name[LONGEST_NAME + 2];
	memset(long_name, 'x', sizeof(long_name) - 1);
	const struct {
		const char *what, *name, *principal, *behalf;
		enum role role;
		uint32_t status;
		const char *says;
	} rows[] = {
		{ "a person", "t", "person:ana", "", ROLE_OPERATOR, 201, "" },
		{ "a program", "t", "backup-script", "", ROLE_VIEWER, 201, "" },
		{ "a source", "t", "source:prometheus", "", ROLE_SOURCE, 201, "" },
		{ "an agent that looks", "t", "agent:x", "", ROLE_VIEWER, 201, "" },
		{ "an agent that sends", "t", "agent:x", "", ROLE_SOURCE, 201, "" },
		{ "an agent of somebody", "t", "agent:x", "person:ana", ROLE_OPERATOR, 201,
		    "" },
		{ "without a name", "", "person:ana", "", ROLE_VIEWER, 422,
		    "needs a name, a principal, a role and a secret" },
		{ "with a long name", long_name, "person:ana", "", ROLE_VIEWER, 422,
		    "a token's name has at most 200 bytes; this one has 201" },
		{ "of nobody", "t", "", "", ROLE_VIEWER, 422,
		    "needs a name, a principal, a role and a secret" },
		{ "of a long principal", "t", long_name, "", ROLE_VIEWER, 422,
		    "a token's principal has at most 200 bytes; this one has 201" },
		{ "without a role", "t", "person:ana", "", (enum role)0, 422,
		    "needs a name, a principal, a role and a secret" },
		{ "of a calendar's role", "t", "person:ana", "", ROLE_FEED, 422,
		    "needs a name, a principal, a role and a secret" },
		{ "of a kind alone", "t", "person:", "", ROLE_VIEWER, 422,
		    "written without blanks" },
		{ "with a line end", "t", "person:ana\n", "", ROLE_VIEWER, 422,
		    "written without blanks" },
		{ "with a byte that nobody types", "t", "person:a\x7f", "", ROLE_VIEWER,
		    422, "written without blanks" },
		{ "a person who serves", "t", "person:ana", "person:mei", ROLE_VIEWER, 422,
		    "person:ana is no agent: only an agent serves a person" },
		{ "an agent that acts for nobody", "t", "agent:x", "", ROLE_OPERATOR, 422,
		    "needs the person it serves" },
		{ "an agent of an agent", "t", "agent:x", "agent:y", ROLE_VIEWER, 422,
		    "there is no agent:y" },
		{ "an agent of nobody known", "t", "agent:x", "person:zoe", ROLE_VIEWER,
		    422, "there is no person:zoe" },
		{ "Firstline itself", "t", "firstline", "", ROLE_VIEWER, 422,
		    "no token stands for 'firstline'" },
		{ "automation", "t", "automation", "", ROLE_VIEWER, 422,
		    "no token stands for 'automation'" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].what;
		struct world *w = world_new(CONFIG(""), NULL, NULL);
		struct token_row row = token(rows[i].name, rows[i].principal, rows[i].role);
		row.behalf = str_of(rows[i].behalf);
		struct reply reply = add(w, &row);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT(str_contains(reply.error, str_of(rows[i].says)));
		EXPECT(
		    (core_token(w->core, &row.secret) != NULL) == (rows[i].status == 201));
		world_free(w);
	}
}

static void
token__has_a_name_and_a_secret_of_its_own(void)
{
	struct world *w = world_new(CONFIG(""), NULL, NULL);
	struct token_row row = token("laptop", "person:ana", ROLE_OPERATOR);
	EXPECT_U64(add(w, &row).status, 201);
	struct token_row other = row;
	other.secret = sha256(STR("another"));
	EXPECT_U64(add(w, &other).status, 409); /* that name */
	other = row;
	other.name = STR("phone");
	EXPECT_U64(add(w, &other).status, 409); /* that secret */
	other.secret = (hash32){ 0 };
	EXPECT_U64(add(w, &other).status, 422); /* none */
	EXPECT_U64(world_count(w, TABLE_TOKEN), 1);
	/* Once revoked, its name is free. */
	struct command revoke = { .kind = COMMAND_TOKEN_REVOKE,
		.name = STR("laptop"),
		.principal = STR("local-admin") };
	EXPECT_U64(world_command(w, &revoke).status, 200);
	EXPECT_U64(world_command(w, &revoke).status, 404);
	EXPECT(core_token(w->core, &row.secret) == NULL);
	other = row;
	other.secret = sha256(STR("third"));
	EXPECT_U64(add(w, &other).status, 201);
	world_free(w);
}

static void
token__there_are_never_more_than_the_limit(void)
{
	struct world *w = world_new(CONFIG(""), NULL, NULL);
	w->reload = false;
	char name[32];
	for (unsigned i = 0; i < CORE_TOKENS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "t%u", i);
		struct token_row row = token(name, "person:ana", ROLE_VIEWER);
		EXPECT_U64(add(w, &row).status, 201);
	}
	struct token_row row = token("more", "person:ana", ROLE_VIEWER);
	struct reply reply = add(w, &row);
	EXPECT_U64(reply.status, 409);
	EXPECT_STR(reply.error, STR("there are 1024 tokens already"));
	world_free(w);
}

/* Who lost the only one has asked for nothing any more; who has another still has. */
static void
token__takes_with_it_what_was_asked_by_it_alone(void)
{
	static const struct {
		const char *name, *principal, *behalf;
		bool still;
	} rows[] = {
		{ "the only one", NULL, NULL, false },
		{ "another of the same", "agent:helper", "person:ana", true },
		{ "another for somebody else", "agent:helper", "person:mei", false },
		{ "another's", "agent:other", "person:ana", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
		world_fire(w, DOWN);
		struct token_row row = token("laptop", "agent:helper", ROLE_OPERATOR);
		row.behalf = STR("person:ana");
		EXPECT_U64(add(w, &row).status, 201);
		if (rows[i].principal != NULL) {
			struct token_row other =
			    token("phone", rows[i].principal, ROLE_OPERATOR);
			other.behalf = str_of(rows[i].behalf);
			EXPECT_U64(add(w, &other).status, 201);
		}
		struct command run = { .kind = COMMAND_RUN,
			.incident = 1,
			.name = STR("restart-unit"),
			.action = true,
			.target = STR("checkout"),
			.principal = STR("agent:helper"),
			.behalf = STR("person:ana") };
		EXPECT_U64(world_command(w, &run).status, 202);
		EXPECT(last_asked(w).state == ASKED_APPROVAL);
		struct command revoke = { .kind = COMMAND_TOKEN_REVOKE,
			.name = STR("laptop"),
			.principal = STR("local-admin") };
		EXPECT_U64(world_command(w, &revoke).status, 200);
		EXPECT((last_asked(w).state == ASKED_APPROVAL) == rows[i].still);
		world_free(w);
	}
}

int
main(void)
{
	RUN(token__is_for_somebody_who_can_have_one);
	RUN(token__has_a_name_and_a_secret_of_its_own);
	RUN(token__there_are_never_more_than_the_limit);
	RUN(token__takes_with_it_what_was_asked_by_it_alone);
	TEST_MAIN_END();
}
