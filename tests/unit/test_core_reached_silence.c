/* Silences at their edges: whose they are, during which calendar, until what is resolved. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

#define CALENDARS                                                                 \
	"calendars:\n"                                                            \
	"  nights: {zone: UTC, spans: [{from: 2026-01-01, until: 2027-12-31}]}\n" \
	"  moves: {zone: UTC, spans: [{from: 2026-06-01, until: 2026-06-30}]}\n"
#define CONFIG SHOP CALENDARS

struct wanted {
	str uuid;
	const char *during, *who, *fresh;
	enum role role;
	bool until_resolved;
};

static struct reply
set(struct world *w, const struct wanted *asked)
{
	static struct silence_matcher matcher = { { "alertname", 9 }, { "A", 1 }, false,
		true };
	static unsigned drawn;
	struct command command = { .kind = COMMAND_SILENCE_SET,
		.principal = str_of(asked->who != NULL ? asked->who : "person:ana"),
		.role = asked->role,
		.silence = { .uuid = asked->uuid,
		    .matchers = { &matcher, 1 },
		    .starts_wall = w->wall,
		    .ends_wall = w->wall + HOUR,
		    .created_by = STR("ana"),
		    .comment = STR("it is known"),
		    .until_resolved = asked->until_resolved },
		.fresh = asked->fresh != NULL
		             ? str_of(asked->fresh)
		             : arena_printf(&w->arena, "fresh-%u", ++drawn) };
	if (asked->during != NULL)
		command.silence.during = str_of(asked->during);
	return world_command(w, &command);
}

static struct silence_row
silence(struct world *w, row_id id)
{
	struct silence_row row = { .id = 0 };
	EXPECT(world_row_get(w, TABLE_SILENCE, id, &row));
	return row;
}

/* Another calendar is another silence: the first ends, and the second begins. */
static void
silence__of_another_calendar_is_another(void)
{
	struct world *w = world_new(CONFIG, NULL, NULL);
	struct reply first = set(w, &(struct wanted){ .during = "nights" });
	EXPECT_U64(first.status, 200);
	str uuid = arena_str(&w->arena, silence(w, first.row).uuid);
	struct reply same = set(w, &(struct wanted){ .uuid = uuid, .during = "nights" });
	EXPECT_U64(same.row, first.row);
	struct reply second = set(w, &(struct wanted){ .uuid = uuid, .during = "moves" });
	EXPECT_U64(second.status, 200);
	EXPECT(second.row != first.row);
	EXPECT_STR(silence(w, second.row).during, STR("moves"));
	struct silence_row ended = silence(w, first.row);
	EXPECT(silence_state(&ended, w->wall) == SILENCE_EXPIRED);
	world_free(w);
}

/* Changed by who made it, by a lead, by anybody where nobody in particular did. */
static void
silence__is_changed_by_whose_it_is(void)
{
	static const struct {
		const char *name, *maker, *who;
		enum role role;
		uint32_t status;
	} rows[] = {
		{ "its maker", "person:ana", "person:ana", ROLE_OPERATOR, 200 },
		{ "another", "person:ana", "person:mei", ROLE_OPERATOR, 403 },
		{ "a lead", "person:ana", "person:mei", ROLE_LEAD, 200 },
		{ "before there were roles", "person:ana", "person:mei", 0, 200 },
		{ "of nobody in particular", "anonymous", "person:mei", ROLE_OPERATOR,
		    200 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(CONFIG, NULL, NULL);
		struct reply first = set(w, &(struct wanted){ .who = rows[i].maker });
		str uuid = arena_str(&w->arena, silence(w, first.row).uuid);
		struct reply reply = set(w, &(struct wanted){ .uuid = uuid,
						.who = rows[i].who,
						.role = rows[i].role });
		EXPECT_U64(reply.status, rows[i].status);
		EXPECT_STR(silence(w, first.row).principal,
		    str_of(rows[i].status == 200 ? rows[i].who : rows[i].maker));
		world_free(w);
	}
	test_row = NULL;
}

/* It stays until nothing of it fires, also when who changes it does not know of that. */
static void
silence__until_it_is_resolved_stays_so(void)
{
	struct world *w = world_new(CONFIG, NULL, NULL);
	struct reply first = set(w, &(struct wanted){ .until_resolved = true });
	EXPECT(silence(w, first.row).until_resolved && !silence(w, first.row).held_any);
	str uuid = arena_str(&w->arena, silence(w, first.row).uuid);
	EXPECT_U64(set(w, &(struct wanted){ .uuid = uuid }).row, first.row);
	EXPECT(silence(w, first.row).until_resolved);
	for (unsigned i = 0; i < 2; i++) { /* known from the first on */
		uint64_t alert = world_fire(w, "alertname=A,service=ledger");
		world_hold(w, alert, first.row);
		EXPECT(silence(w, first.row).held_any);
	}
	world_free(w);
}

static void
silence__without_a_name_of_its_own_is_refused(void)
{
	struct world *w = world_new(CONFIG, NULL, NULL);
	EXPECT_U64(set(w, &(struct wanted){ .fresh = "" }).status, 400);
	EXPECT_U64(world_count(w, TABLE_SILENCE), 0);
	world_free(w);
}

int
main(void)
{
	RUN(silence__of_another_calendar_is_another);
	RUN(silence__is_changed_by_whose_it_is);
	RUN(silence__until_it_is_resolved_stays_so);
	RUN(silence__without_a_name_of_its_own_is_refused);
	TEST_MAIN_END();
}
