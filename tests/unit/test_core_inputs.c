/* Inputs: from the first alert and the catalogue, and never from a guess. */
#include <stdio.h>

#include "support/steps_shop.h"

#define BOOK(service, inputs)                                                       \
	"---\nrunbook: r\nservice: " service                                        \
	"\nanswers: [{alertname: Odd}]\ninputs:\n" inputs                           \
	"---\n# R\n```wait a\nfor: 1m\n```\n```handoff hand\nclass: architecture\n" \
	"because: a\nask: b\n```\n"

static str
input(struct world *w, const char *name)
{
	struct run_row row = last_run(w);
	return pairs_get(&row.inputs, str_of(name));
}

static void
inputs__come_from_the_catalogue(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    BOOK("payments", "  name: {type: service, from: service.name}\n"
			     "  owner: {type: name, from: service.owner}\n"
			     "  tier: {type: integer, min: 1, max: 4, from: service.tier}\n"
			     "  where: {type: name, from: service.environment}\n"
			     "  system: {type: name, from: service.system}\n"
			     "  dev: {type: name, from: service.developers}\n"),
	    NULL);
	world_fire(w, ODD);
	EXPECT_STR(input(w, "name"), STR("payments"));
	EXPECT_STR(input(w, "owner"), STR("platform-ops"));
	EXPECT_STR(input(w, "tier"), STR("2"));
	EXPECT_STR(input(w, "where"), STR("production"));
	EXPECT_STR(input(w, "system"), STR("payments"));
	EXPECT_STR(input(w, "dev"), STR("checkout-dev"));
	world_free(w);
}

static void
inputs__come_from_an_annotation_of_the_first_alert(void)
{
	const char *book = BOOK("payments", "  what: {type: string, pattern: '[a-z ]+', "
					    "from: alert.annotations.summary}\n");
	struct world *w = world_new(STEPS_CONFIG, book, NULL);
	world_fire(w, ODD);
	EXPECT_STR(input(w, "what"), STR("it does not move"));
	/* It is a row: there for a later run, after a restart. */
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	world_restart(w);
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("r"),
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_STR(input(w, "what"), STR("it does not move"));
	world_free(w);
}

static void
inputs__that_are_not_known_need_a_person(void)
{
	static const struct {
		const char *name, *service, *input, *why;
	} rows[] = {
		{ "no developers", "ledger",
		    "  x: {type: name, from: service.developers}\n",
		    "its input x is not usable: 'x': it is empty" },
		{ "no such annotation", "ledger",
		    "  x: {type: name, from: alert.annotations.nothing}\n",
		    "its input x is not usable: 'x': it is empty" },
		/* What comes from outside is checked like anything else. */
		{ "not of its type", "ledger",
		    "  x: {type: name, from: alert.annotations.summary}\n",
		    "'it does not move' is not a name" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char book[1024];
		test_row = rows[i].name;
		(void)snprintf(book, sizeof(book), BOOK("%s", "%s"), rows[i].service,
		    rows[i].input);
		struct world *w = world_new(STEPS_CONFIG, book, NULL);
		world_fire(w, "alertname=Odd,service=ledger");
		EXPECT_U64(world_count(w, TABLE_RUN), 0);
		EXPECT(str_contains(needs_person(w), str_of(rows[i].why)));
		world_free(w);
	}
	test_row = NULL;
}

static void
inputs__not_known_take_their_default_or_what_is_given(void)
{
	struct world *w = world_new(STEPS_CONFIG,
	    BOOK("ledger",
		"  x: {type: name, from: service.developers, default: nobody}\n"),
	    NULL);
	world_fire(w, "alertname=Odd,service=ledger");
	EXPECT_STR(input(w, "x"), STR("nobody"));
	EXPECT_U64(world_ask(w, COMMAND_CANCEL, 1, "person:ana").status, 200);
	struct pair given = { STR("x"), STR("somebody") };
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("r"),
		.params = { &given, 1 },
		.principal = STR("person:ana") };
	EXPECT_U64(world_command(w, &run).status, 202);
	EXPECT_STR(input(w, "x"), STR("somebody"));
	world_free(w);
}

int
main(void)
{
	RUN(inputs__come_from_the_catalogue);
	RUN(inputs__come_from_an_annotation_of_the_first_alert);
	RUN(inputs__that_are_not_known_need_a_person);
	RUN(inputs__not_known_take_their_default_or_what_is_given);
	TEST_MAIN_END();
}
