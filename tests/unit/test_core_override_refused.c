/* What is asked about who stands in for whom and is not done, and why not; and its fringes. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* ana and mei by turns, ana first; kim backs them up; rui is of no team, deaf hears nothing. */
#define DESK                                                                        \
	SHOP_TOP "people:\n"                                                        \
		 "  ana: {email: ana@example.com, reach: [mail]}\n"                 \
		 "  mei: {email: mei@example.com, reach: [mail]}\n"                 \
		 "  kim: {email: kim@example.com, reach: [mail]}\n"                 \
		 "  rui: {email: rui@example.com, reach: [mail]}\n"                 \
		 "  deaf: {email: deaf@example.com}\n"                              \
		 "teams:\n"                                                         \
		 "  platform-ops:\n"                                                \
		 "    kind: operations\n"                                           \
		 "    notify: [ops-hook]\n"                                         \
		 "    on_call:\n"                                                   \
		 "      zone: UTC\n"                                                \
		 "      rotations:\n"                                               \
		 "        - {name: primary, people: [ana, mei], every: 1 week,"     \
		 " handover: 'Mon 09:00', start: 2026-11-23}\n"                     \
		 "        - {name: backup, people: [kim, ana], every: 1 week,"      \
		 " handover: 'Mon 09:00', start: 2026-11-23}\n"                     \
		 "      escalate: [{to: primary}]\n"                                \
		 "  checkout-dev: {kind: development}\n" SHOP_SERVICES SHOP_ACTIONS \
		     SHOP_AUTHORITY_OF_ANA
#define SHOP_AUTHORITY_OF_ANA                                                     \
	"authority:\n  - {grant: a, to: [ana], may: [restart], on: {tier: [1]}, " \
	"until: 2030-01-01, owner: mei}\n"

#define HOURS(n) (WORLD_WALL + (n)*HOUR)
#define AGO(n) (WORLD_WALL - (n)*HOUR)

struct asked_for {
	const char *team, *rotation, *person;
	msec from, to, back_from, back_to;
	const char *raw_to; /* instead of `to` */
};

static struct command
command_of(struct world *w, enum command_kind kind, const char *who,
    const struct asked_for *asked)
{
	struct pair *p = arena_new(&w->arena, struct pair, 8);
	size_t n = 0;
	const struct {
		const char *name;
		msec at;
	} times[] = { { "back_from", asked->back_from }, { "back_to", asked->back_to },
		{ "from", asked->from }, { "to", asked->to } };
	const struct {
		const char *name, *value;
	} texts[] = { { "person", asked->person }, { "rotation", asked->rotation },
		{ "team", asked->team }, { "to", asked->raw_to } };
	for (size_t i = 0; i < countof(times); i++) {
		if (times[i].at != 0)
			p[n++] = (struct pair){ str_of(times[i].name),
				arena_printf(&w->arena, "%llu",
				    (unsigned long long)times[i].at) };
	}
	for (size_t i = 0; i < countof(texts); i++) {
		if (texts[i].value != NULL)
			p[n++] =
			    (struct pair){ str_of(texts[i].name), str_of(texts[i].value) };
	}
	struct pairs params = { p, n };
	EXPECT(pairs_sort(&params));
	return (struct command){ .kind = kind, .principal = str_of(who), .params = params };
}

static struct reply
ask(struct world *w, enum command_kind kind, const char *who, struct asked_for asked)
{
	asked.team = asked.team != NULL ? asked.team : "platform-ops";
	struct command command = command_of(w, kind, who, &asked);
	return world_command(w, &command);
}

static struct reply
word(struct world *w, enum command_kind kind, const char *who, row_id row)
{
	struct command command = { .kind = kind, .principal = str_of(who), .row = row };
	return world_command(w, &command);
}

static struct override_row
row_of(struct world *w, row_id id)
{
	struct override_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_OVERRIDE, id, &row));
	return row;
}

static void
override__is_refused_with_the_reason(void)
{
	static const struct {
		const char *name;
		enum command_kind kind;
		const char *who;
		struct asked_for asked;
		uint32_t status;
		const char *says;
	} rows[] = {
		{ "no such team", COMMAND_OVERRIDE_SET, "person:ana",
		    { .team = "none", .person = "mei", .to = HOURS(4) }, 404,
		    "there is no team 'none' with a rotation" },
		{ "a team without a rotation", COMMAND_OVERRIDE_SET, "person:ana",
		    { .team = "checkout-dev", .person = "mei", .to = HOURS(4) }, 404,
		    "there is no team 'checkout-dev' with a rotation" },
		{ "no such rotation", COMMAND_OVERRIDE_SET, "person:ana",
		    { .rotation = "night", .person = "mei", .to = HOURS(4) }, 404,
		    "team platform-ops has no rotation 'night'" },
		{ "until no time at all", COMMAND_OVERRIDE_SET, "person:ana",
		    { .person = "mei", .raw_to = "noon" }, 422, "say until when: 'to'" },
		{ "without an end", COMMAND_OVERRIDE_SET, "person:ana", { .person = "mei" },
		    422, "it ends before it begins" },
		{ "all of it is over", COMMAND_OVERRIDE_SET, "person:ana",
		    { .person = "mei", .from = AGO(4), .to = AGO(2) }, 422,
		    "it is in the past" },
		{ "for years", COMMAND_OVERRIDE_SET, "person:ana",
		    { .person = "mei", .to = HOURS(24 * 400) }, 422,
		    "it is longer than a year: change the rotation itself" },
		{ "by an agent", COMMAND_OVERRIDE_SET, "agent:helper",
		    { .person = "mei", .to = HOURS(4) }, 403,
		    "only people say who is on duty; agent:helper is an agent" },
		{ "by somebody of no team", COMMAND_OVERRIDE_SET, "person:rui",
		    { .person = "mei", .to = HOURS(4) }, 403,
		    "only people of platform-ops, or the role admin, say who stands in "
		    "there" },
		{ "by nobody of the desk", COMMAND_OVERRIDE_SET, "local-admin",
		    { .person = "mei", .to = HOURS(4) }, 403,
		    "only people of platform-ops, or the role admin, say who stands in "
		    "there" },
		{ "of nobody", COMMAND_OVERRIDE_SET, "person:ana",
		    { .person = "zoe", .to = HOURS(4) }, 404,
		    "there is nobody called 'zoe'" },
		{ "of whom nothing reaches", COMMAND_OVERRIDE_SET, "person:ana",
		    { .person = "deaf", .to = HOURS(4) }, 422,
		    "deaf cannot be reached: no 'reach' is written" },
		{ "a stranger", COMMAND_OVERRIDE_SET, "person:ana",
		    { .person = "rui", .to = HOURS(4) }, 403,
		    "rui is not of platform-ops: only the role admin puts others on duty "
		    "there" },
		{ "cover for no person", COMMAND_OVERRIDE_COVER, "local-admin",
		    { .to = HOURS(4) }, 403, "only people of platform-ops" },
		{ "cover without a turn", COMMAND_OVERRIDE_COVER, "person:mei",
		    { .to = HOURS(4) }, 422, "you have no turn of platform-ops" },
		{ "a swap for no time", COMMAND_OVERRIDE_SWAP, "person:ana",
		    { .person = "mei", .to = HOURS(4) }, 422,
		    "the turn that you take ends before it begins" },
		{ "a swap with oneself", COMMAND_OVERRIDE_SWAP, "person:ana",
		    { .person = "ana",
			.to = HOURS(4),
			.back_from = HOURS(24 * 9),
			.back_to = HOURS(24 * 10) },
		    422, "a swap is with somebody else" },
		{ "a swap with who has no turn then", COMMAND_OVERRIDE_SWAP, "person:ana",
		    { .person = "mei",
			.rotation = "primary",
			.to = HOURS(4),
			.back_from = HOURS(5),
			.back_to = HOURS(6) },
		    422, "mei has no turn of platform-ops" },
	};
	struct world *w = world_new(DESK, NULL, NULL);
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct reply reply = ask(w, rows[i].kind, rows[i].who, rows[i].asked);
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT(str_contains(reply.error, str_of(rows[i].says)));
		EXPECT_U64(world_count(w, TABLE_OVERRIDE), 0);
	}
	world_free(w);
}

static void
override__for_somebody_else_and_with_long_reasons_is_refused(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct asked_for asked = { .team = "platform-ops",
		.person = "mei",
		.to = HOURS(4) };
	struct command set = command_of(w, COMMAND_OVERRIDE_SET, "person:ana", &asked);
	set.behalf = STR("person:mei");
	EXPECT_U64(world_command(w, &set).status, 403);
	static char why[OVERRIDE_WHY_MAX + 1];
	memset(why, 'x', sizeof(why));
	set.behalf = (str){ 0 };
	set.text = (str){ why, sizeof(why) };
	EXPECT_U64(world_command(w, &set).status, 413);
	set.text = (str){ why, sizeof(why) - 1 };
	EXPECT_U64(world_command(w, &set).status, 201);
	world_free(w);
}

/* Which of them lie over each other: of one team, one person's turns, one rotation. */
static void
override__stands_alone_where_it_holds(void)
{
	static const struct {
		const char *name, *rotation;
		msec from, to;
		uint32_t status;
	} rows[] = {
		{ "the same time", "primary", 2, 4, 409 },
		{ "all rotations", NULL, 2, 4, 409 },
		{ "another rotation", "backup", 2, 4, 201 },
		{ "before it", "primary", 1, 2, 201 },
		{ "after it", "primary", 4, 5, 201 },
		{ "its end", "primary", 3, 6, 409 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(DESK, NULL, NULL);
		struct reply first = ask(w, COMMAND_OVERRIDE_SET, "person:ana",
		    (struct asked_for){ .person = "mei",
			.rotation = "primary",
			.from = HOURS(2),
			.to = HOURS(4) });
		EXPECT_U64(first.status, 201);
		struct reply reply = ask(w, COMMAND_OVERRIDE_SET, "person:ana",
		    (struct asked_for){ .person = "kim",
			.rotation = rows[i].rotation,
			.from = HOURS(rows[i].from),
			.to = HOURS(rows[i].to) });
		EXPECT_U64(reply.status, rows[i].status);
		if (reply.status == 409)
			EXPECT(str_contains(reply.error, STR("lies over it: mei, ")));
		world_free(w);
	}
}

static void
override__is_answered_by_who_was_asked(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct reply cover = ask(w, COMMAND_OVERRIDE_COVER, "person:ana",
	    (struct asked_for){ .rotation = "primary", .to = HOURS(4) });
	EXPECT_U64(cover.status, 202);
	/* mei has turns too, kim of the other rotation as well. */
	EXPECT_U64(row_of(w, cover.row).asked.n, 2);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:mei", 999).status, 404);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:rui", cover.row).status, 403);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "agent:mei", cover.row).status, 403);
	struct command accept = { .kind = COMMAND_OVERRIDE_ACCEPT,
		.principal = STR("person:mei"),
		.behalf = STR("person:ana"),
		.row = cover.row };
	EXPECT_U64(world_command(w, &accept).status, 403);
	EXPECT(row_of(w, cover.row).state == OVERRIDE_ASKED);
	/* A no with its reason, and then one without: nobody takes it. */
	struct command decline = { .kind = COMMAND_OVERRIDE_DECLINE,
		.principal = STR("person:mei"),
		.text = STR("I am away"),
		.row = cover.row };
	EXPECT_U64(world_command(w, &decline).status, 200);
	EXPECT(world_says(w, 0, ": I am away"));
	EXPECT(row_of(w, cover.row).state == OVERRIDE_ASKED);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:mei", cover.row).status, 403);
	decline.principal = STR("person:kim");
	decline.text = STR("neither can I");
	EXPECT_U64(world_command(w, &decline).status, 200);
	EXPECT(row_of(w, cover.row).state == OVERRIDE_DECLINED);
	EXPECT(world_told(w, PURPOSE_SELF, "ana") > 0);
	world_free(w);
}

static void
override__by_who_cannot_be_reached_any_more_is_refused(void)
{
	struct world *w = world_new(DESK, NULL, NULL);
	struct reply cover = ask(w, COMMAND_OVERRIDE_COVER, "person:ana",
	    (struct asked_for){ .rotation = "primary", .to = HOURS(4) });
	EXPECT_U64(cover.status, 202);
	world_adopt(w, SHOP, NULL); /* kim is no longer there */
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:kim", cover.row).status, 403);
	EXPECT(row_of(w, cover.row).state == OVERRIDE_ASKED);
	world_free(w);
}

static void
override__is_ended_by_its_people_or_an_admin(void)
{
	static const struct {
		const char *name, *who, *behalf, *text;
		bool admin;
		uint32_t status;
	} rows[] = {
		{ "a stranger", "person:rui", NULL, NULL, false, 403 },
		{ "an agent", "agent:helper", NULL, NULL, false, 403 },
		{ "for somebody", "person:ana", "person:mei", NULL, false, 403 },
		{ "who stands in", "person:mei", NULL, NULL, false, 200 },
		{ "whoever is of the team", "person:kim", NULL, "a mistake", false, 200 },
		{ "an admin", "local-admin", NULL, NULL, true, 200 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(DESK, NULL, NULL);
		struct reply set = ask(w, COMMAND_OVERRIDE_SET, "person:ana",
		    (struct asked_for){ .person = "mei", .to = HOURS(4) });
		struct command end = { .kind = COMMAND_OVERRIDE_END,
			.row = set.row,
			.principal = str_of(rows[i].who),
			.behalf =
			    rows[i].behalf != NULL ? str_of(rows[i].behalf) : (str){ 0 },
			.text = rows[i].text != NULL ? str_of(rows[i].text) : (str){ 0 },
			.admin = rows[i].admin };
		EXPECT_U64(world_command(w, &end).status, rows[i].status);
		bool holds = row_of(w, set.row).state == OVERRIDE_HOLDS;
		EXPECT(holds == (rows[i].status != 200));
		if (rows[i].text != NULL)
			EXPECT(world_says(w, 0, ": a mistake"));
		EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:ana", 999).status, 404);
		world_free(w);
	}
}

int
main(void)
{
	RUN(override__is_refused_with_the_reason);
	RUN(override__for_somebody_else_and_with_long_reasons_is_refused);
	RUN(override__stands_alone_where_it_holds);
	RUN(override__is_answered_by_who_was_asked);
	RUN(override__by_who_cannot_be_reached_any_more_is_refused);
	RUN(override__is_ended_by_its_people_or_an_admin);
	TEST_MAIN_END();
}
