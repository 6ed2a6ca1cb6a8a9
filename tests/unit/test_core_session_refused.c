/* Who is not signed in and why not, what is set for whom, and words for what is asked. */
#include <stdio.h>

#include "core/state.h"
#include "support/steps_shop.h"
#include "support/world.h"

#define HASH_BYTES_MAX 512 /* more than any hash of a password has */

static struct command
sign_in(const char *who, enum session_how how, const char *cookie)
{
	return (struct command){ .kind = COMMAND_SESSION_ADD,
		.session = { .principal = str_of(who),
		    .how = how,
		    .secret = sha256(str_of(cookie)),
		    .address = STR("192.0.2.1") } };
}

static void
session__needs_a_way_and_a_secret_of_its_own(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command in = sign_in("person:ana", (enum session_how)0, "x");
	EXPECT_U64(world_command(w, &in).status, 401);
	in = sign_in("person:ana", SESSION_PASSWORD, "x");
	in.session.secret = (hash32){ 0 };
	EXPECT_U64(world_command(w, &in).status, 401);
	in = sign_in("person:ana", SESSION_PASSWORD, "x");
	EXPECT_U64(world_command(w, &in).status, 200);
	struct command other = sign_in("person:mei", SESSION_PASSWORD, "x");
	EXPECT_U64(world_command(w, &other).status, 401); /* that cookie is hers */
	EXPECT_U64(world_count(w, TABLE_SESSION), 1);
	world_free(w);
}

static void
session__says_so_much_of_itself_and_no_more(void)
{
	static char agent[SESSION_TEXT_MAX + 1];
	memset(agent, 'm', sizeof(agent));
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command in = sign_in("person:ana", SESSION_PASSWORD, "x");
	in.session.agent = (str){ agent, sizeof(agent) };
	in.session.until_wall = w->wall + MINUTE; /* sooner than others */
	struct reply reply = world_command(w, &in);
	struct session_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_SESSION, reply.row, &row));
	EXPECT_U64(row.agent.n, SESSION_TEXT_MAX);
	EXPECT_U64(row.until_wall, w->wall + MINUTE);
	world_free(w);
}

static void
session__is_shown_again_by_its_own_person_alone(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command in = sign_in("person:ana", SESSION_PASSWORD, "x");
	row_id id = world_command(w, &in).row;
	world_after(w, HOUR);
	struct command again = { .kind = COMMAND_SESSION_AGAIN,
		.row = id,
		.session = { .principal = STR("person:mei"), .how = SESSION_PASSWORD } };
	EXPECT_U64(world_command(w, &again).status, 401);
	again.row = 999;
	again.session.principal = STR("person:ana");
	EXPECT_U64(world_command(w, &again).status, 401);
	/* By a link that nobody made: no. */
	again.row = id;
	again.session.how = SESSION_LINK;
	again.login.link = sha256(STR("guessed"));
	EXPECT_U64(world_command(w, &again).status, 401);
	struct session_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_SESSION, id, &row));
	EXPECT_U64(row.again_wall, w->wall - HOUR);
	/* By her own, and that opens nothing twice. */
	struct command link = { .kind = COMMAND_LOGIN_LINK,
		.login = { .person = STR("ana"), .link = sha256(STR("made")) } };
	EXPECT_U64(world_command(w, &link).status, 201);
	again.login.link = link.login.link;
	EXPECT_U64(world_command(w, &again).status, 200);
	EXPECT_U64(world_command(w, &again).status, 401);
	EXPECT(world_row_get(w, TABLE_SESSION, id, &row));
	EXPECT_U64(row.again_wall, w->wall);
	world_free(w);
}

static void
login__takes_only_what_can_be_one(void)
{
	static char password[HASH_BYTES_MAX + 1];
	memset(password, 'p', sizeof(password));
	const struct {
		const char *name, *person;
		str password;
		bool own;
		uint32_t status;
	} rows[] = {
		{ "nobody", "eve", STR("$argon2id$x"), true, 404 },
		{ "no session", "ana", STR("$argon2id$x"), false, 401 },
		{ "none", "ana", { 0 }, true, 422 },
		{ "too long", "ana", { password, sizeof(password) }, true, 422 },
		{ "a hash", "ana", STR("$argon2id$x"), true, 200 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(SHOP, NULL, NULL);
		struct command in = sign_in("person:ana", SESSION_PASSWORD, "x");
		row_id id = world_command(w, &in).row;
		struct command set = { .kind = COMMAND_PASSWORD_SET,
			.row = rows[i].own ? id : 999,
			.login = { .person = str_of(rows[i].person),
			    .password = rows[i].password } };
		EXPECT_U64(world_command(w, &set).status, rows[i].status);
		const struct login_row *login = core_login(w->core, STR("ana"));
		EXPECT((login != NULL && login->password.n > 0) == (rows[i].status == 200));
		EXPECT_U64(world_told(w, PURPOSE_SELF, "ana"),
		    rows[i].status == 200 ? 1 : 0);
		world_free(w);
	}
	test_row = NULL;
	struct world *w = world_new(SHOP, NULL, NULL);
	struct command link = { .kind = COMMAND_LOGIN_LINK,
		.login = { .person = STR("ana") } };
	EXPECT_U64(world_command(w, &link).status, 422);
	world_free(w);
}

/* Whoever is asked reads what may be answered. */
static void
ask__says_what_may_be_answered(void)
{
	static const struct {
		const char *answer, *says;
	} rows[] = {
		{ "{type: one-of, values: [a, b]}", "a or b" },
		{ "{type: one-of, values: [a, b, c]}", "a, b or c" },
		{ "{type: integer, min: 1, max: 9}", "a number from 1 to 9" },
		{ "{type: string, pattern: '[a-z]+'}", "a text like [a-z]+" },
		{ "{type: name}", "a name of letters, digits, '-', '_' and '.'" },
		{ "{type: host}", "a host" },
		{ "{type: service}", "a service" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[1024];
		test_row = rows[i].says;
		(void)snprintf(book, sizeof(book),
		    STEPS_RUNBOOK("```ask it\nquestion: Which?\nanswer: %s\nwithin: 10m\n"
				  "```\n```handoff hand\nclass: architecture\nbecause: a\n"
				  "ask: b\n```\n"),
		    rows[i].answer);
		struct world *w = world_new(STEPS_CONFIG, book, NULL);
		world_fire(w, ODD);
		EXPECT(last_run(w).phase == PHASE_ANSWER);
		struct command answer = { .kind = COMMAND_ANSWER,
			.row = last_run(w).id,
			.incident = 1,
			.principal = STR("person:ana"),
			.text = STR("-- no --") };
		struct reply reply = world_command(w, &answer);
		EXPECT_U64(reply.status, 422);
		EXPECT(last_run(w).phase == PHASE_ANSWER);
		bool told = false;
		for (size_t k = 0; k < w->notice_n; k++) {
			const struct pairs *fields = &w->notices[k].row.fields;
			for (size_t f = 0; f < fields->n; f++)
				told = told || str_contains(fields->p[f].value,
						   str_of(rows[i].says));
		}
		EXPECT(told);
		world_free(w);
	}
}

static void
text__of_a_verb_as_it_is_done(void)
{
	static const struct {
		const char *verb, *want;
	} rows[] = {
		{ "restart", "restarting" },
		{ "scale", "scaling" },
		{ "stop", "stopping" },
		{ "roll-back", "rolling back" },
		{ "shift-traffic", "shifting traffic" },
		{ "free", "freeing" },
		{ "fix", "fixing" },
		{ "play", "playing" },
		{ "slow", "slowing" },
		{ "add", "adding" },
		{ "drain", "draining" },
		{ "heal", "healing" },
		{ "kill", "killing" },
		{ "do", "doing" },
		{ "x", "doing x" },
	};
	struct world *w = world_new(SHOP, NULL, NULL);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].verb;
		EXPECT_STR(text_verb(w->core, str_of(rows[i].verb)), str_of(rows[i].want));
	}
	world_free(w);
}

int
main(void)
{
	RUN(session__needs_a_way_and_a_secret_of_its_own);
	RUN(session__says_so_much_of_itself_and_no_more);
	RUN(session__is_shown_again_by_its_own_person_alone);
	RUN(login__takes_only_what_can_be_one);
	RUN(ask__says_what_may_be_answered);
	RUN(text__of_a_verb_as_it_is_done);
	TEST_MAIN_END();
}
