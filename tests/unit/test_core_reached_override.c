/* Who stands in for whom, when the team or the person is no longer what it was. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

/* ana and mei by turns; kim backs them up, of whom with `reach` something is heard. */
#define DESK(reach, teams)                                                      \
	SHOP_TOP "people:\n"                                                    \
		 "  ana: {email: ana@example.com, reach: [mail]}\n"             \
		 "  mei: {email: mei@example.com, reach: [mail]}\n"             \
		 "  kim: {email: kim@example.com" reach "}\n"                   \
		 "teams:\n" teams "  platform-ops:\n"                           \
		 "    kind: operations\n"                                       \
		 "    notify: [ops-hook]\n"                                     \
		 "    on_call:\n"                                               \
		 "      zone: UTC\n"                                            \
		 "      rotations:\n"                                           \
		 "        - {name: primary, people: [ana, mei], every: 1 week," \
		 " handover: 'Mon 09:00', start: 2026-11-23}\n"                 \
		 "      escalate: [{to: primary}]\n"                            \
		 "  checkout-dev: {kind: development}\n" SHOP_SERVICES
#define NETWORK NETWORK_OF("ana, kim, mei", "mei, kim")
#define NETWORK_OF(first, second)                                       \
	"  network:\n"                                                  \
	"    kind: operations\n"                                        \
	"    on_call:\n"                                                \
	"      zone: UTC\n"                                             \
	"      rotations:\n"                                            \
	"        - {name: primary, people: [" first "], every: 1 week," \
	" handover: 'Mon 09:00', start: 2026-11-23}\n"                  \
	"        - {name: second, people: [" second "], every: 1 week," \
	" handover: 'Mon 09:00', start: 2026-11-23}\n"                  \
	"      escalate: [{to: primary}]\n"
#define HEARD ", reach: [mail]"
#define WITHOUT_KIM DESK("", NETWORK_OF("ana, mei", "mei"))

static struct reply
ask(struct world *w, enum command_kind kind, const char *team, const char *person,
    const char *from)
{
	str until =
	    arena_printf(&w->arena, "%llu", (unsigned long long)(w->wall + 4 * HOUR));
	struct pair params[4];
	size_t n = 0;
	if (from != NULL)
		params[n++] = (struct pair){ STR("from"), str_of(from) };
	if (person != NULL)
		params[n++] = (struct pair){ STR("person"), str_of(person) };
	params[n++] = (struct pair){ STR("team"), str_of(team) };
	params[n++] = (struct pair){ STR("to"), until };
	struct command command = { .kind = kind,
		.principal = STR("person:ana"),
		.params = { params, n } };
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
override__begins_at_a_time_that_can_be_read(void)
{
	struct world *w = world_new(DESK(HEARD, ""), NULL, NULL);
	EXPECT_U64(ask(w, COMMAND_OVERRIDE_SET, "platform-ops", "mei", "noon").status, 422);
	EXPECT_U64(world_count(w, TABLE_OVERRIDE), 0);
	world_free(w);
}

/* The same hours of another team are not in the way; its own, that nobody took yet, are. */
static void
override__lies_only_over_one_of_its_own_team(void)
{
	struct world *w = world_new(DESK(HEARD, NETWORK), NULL, NULL);
	struct reply cover = ask(w, COMMAND_OVERRIDE_COVER, "platform-ops", NULL, NULL);
	EXPECT_U64(cover.status, 202);
	EXPECT_U64(ask(w, COMMAND_OVERRIDE_COVER, "network", NULL, NULL).status, 202);
	struct reply again = ask(w, COMMAND_OVERRIDE_COVER, "platform-ops", NULL, NULL);
	EXPECT_U64(again.status, 409);
	EXPECT(str_contains(again.error, STR("lies over it: nobody yet, ")));
	/* Each of network is asked once, in whichever rotations they are. */
	EXPECT_U64(row_of(w, world_last(w, TABLE_OVERRIDE)).asked.n, 2);
	world_free(w);
}

/* Asked while something reached her, she cannot take it when nothing does any more. */
static void
override__is_not_taken_by_whom_nothing_reaches_any_more(void)
{
	struct world *w = world_new(DESK(HEARD, NETWORK), NULL, NULL);
	struct reply cover = ask(w, COMMAND_OVERRIDE_COVER, "network", NULL, NULL);
	world_adopt(w, WITHOUT_KIM, NULL);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_ACCEPT, "person:kim", cover.row).status, 403);
	EXPECT(row_of(w, cover.row).state == OVERRIDE_ASKED);
	/* One that only waits is ended as well: whoever was asked is told. */
	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:ana", cover.row).status, 200);
	EXPECT(row_of(w, cover.row).state == OVERRIDE_ENDED);
	world_free(w);
}

/* Its team is gone: it holds nowhere, and whoever asked for it ends it. */
static void
override__of_a_team_that_is_gone_holds_nowhere(void)
{
	struct world *w = world_new(DESK(HEARD, NETWORK), NULL, NULL);
	struct reply set = ask(w, COMMAND_OVERRIDE_SET, "network", "kim", NULL);
	EXPECT_U64(set.status, 201);
	EXPECT_U64(w->core->over.n, 1);
	world_adopt(w, WITHOUT_KIM, NULL);
	EXPECT_U64(w->core->over.n, 0); /* nothing reaches kim */
	world_adopt(w, DESK(HEARD, ""), NULL);
	EXPECT_U64(w->core->over.n, 0);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:mei", set.row).status, 403);
	EXPECT_U64(word(w, COMMAND_OVERRIDE_END, "person:ana", set.row).status, 200);
	EXPECT(row_of(w, set.row).state == OVERRIDE_ENDED);
	world_free(w);
}

int
main(void)
{
	RUN(override__begins_at_a_time_that_can_be_read);
	RUN(override__lies_only_over_one_of_its_own_team);
	RUN(override__is_not_taken_by_whom_nothing_reaches_any_more);
	RUN(override__of_a_team_that_is_gone_holds_nowhere);
	TEST_MAIN_END();
}
