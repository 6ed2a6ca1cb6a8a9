/* Which silence is the same with another end, and which is another one. */
#include "core/state.h"
#include "support/shop.h"
#include "support/world.h"

struct wanted {
	struct silence_matcher matchers[2];
	size_t n;
	msec starts, ends;
};

static struct reply
set(struct world *w, str uuid, const struct wanted *asked)
{
	static unsigned drawn;
	struct silence_matcher matchers[2] = { asked->matchers[0], asked->matchers[1] };
	struct command command = { .kind = COMMAND_SILENCE_SET,
		.silence = { .uuid = uuid,
		    .matchers = { matchers, asked->n },
		    .starts_wall = asked->starts,
		    .ends_wall = asked->ends,
		    .created_by = STR("ana"),
		    .comment = STR("because") },
		.fresh = arena_printf(&w->arena, "fresh-%u", ++drawn) };
	return world_command(w, &command);
}

static struct silence_row
row_of(struct world *w, row_id id)
{
	struct silence_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_SILENCE, id, &row));
	return row;
}

#define EQ(name, value)                                                               \
	{                                                                             \
		{ name, sizeof(name) - 1 }, { value, sizeof(value) - 1 }, false, true \
	}
#define NOT(name, value)                                                               \
	{                                                                              \
		{ name, sizeof(name) - 1 }, { value, sizeof(value) - 1 }, false, false \
	}
#define LIKE(name, value)                                                            \
	{                                                                            \
		{ name, sizeof(name) - 1 }, { value, sizeof(value) - 1 }, true, true \
	}
#define UNLIKE(name, value)                                                           \
	{                                                                             \
		{ name, sizeof(name) - 1 }, { value, sizeof(value) - 1 }, true, false \
	}

static void
silence__is_another_when_it_matches_other_alerts(void)
{
	static const struct {
		const char *name;
		struct wanted asked; /* times: from now, in hours */
		bool same;
	} rows[] = {
		{ "a later end", { { EQ("a", "1"), EQ("b", "2") }, 2, 0, 5 }, true },
		{ "an earlier end", { { EQ("a", "1"), EQ("b", "2") }, 2, 0, 1 }, true },
		{ "another start", { { EQ("a", "1"), EQ("b", "2") }, 2, 1, 5 }, false },
		{ "one matcher less", { { EQ("a", "1") }, 1, 0, 5 }, false },
		{ "another name", { { EQ("c", "1"), EQ("b", "2") }, 2, 0, 5 }, false },
		{ "another value", { { EQ("a", "1"), EQ("b", "3") }, 2, 0, 5 }, false },
		{ "not that", { { EQ("a", "1"), NOT("b", "2") }, 2, 0, 5 }, false },
		{ "like that", { { EQ("a", "1"), LIKE("b", "2") }, 2, 0, 5 }, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct world *w = world_new(SHOP, NULL, NULL);
		struct wanted first = { { EQ("a", "1"), EQ("b", "2") }, 2, w->wall,
			w->wall + 3 * HOUR };
		row_id id = set(w, (str){ 0 }, &first).row;
		struct wanted asked = rows[i].asked;
		asked.starts = w->wall + asked.starts * HOUR;
		asked.ends = w->wall + asked.ends * HOUR;
		struct reply reply = set(w, row_of(w, id).uuid, &asked);
		EXPECT_U64(reply.status, 200);
		EXPECT((reply.row == id) == rows[i].same);
		if (rows[i].same)
			EXPECT_U64(row_of(w, id).ends_wall, asked.ends);
		else /* the old one ended */
			EXPECT_U64(row_of(w, id).ends_wall, w->wall);
		world_free(w);
	}
}

/* One that has not begun may begin at another time; never in the past. */
static void
silence__that_waits_may_begin_at_another_time(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct wanted asked = { { EQ("a", "1") }, 1, w->wall + HOUR, w->wall + 3 * HOUR };
	row_id id = set(w, (str){ 0 }, &asked).row;
	asked.starts = w->wall + 2 * HOUR;
	EXPECT_U64(set(w, row_of(w, id).uuid, &asked).row, id);
	EXPECT_U64(row_of(w, id).starts_wall, w->wall + 2 * HOUR);
	asked.starts = w->wall - HOUR;
	struct reply reply = set(w, row_of(w, id).uuid, &asked);
	EXPECT(reply.row != id);
	EXPECT_U64(row_of(w, reply.row).starts_wall, w->wall);
	world_free(w);
}

static void
silence__without_matchers_or_after_its_end_is_none(void)
{
	struct world *w = world_new(SHOP, NULL, NULL);
	struct wanted asked = { { EQ("a", "1") }, 0, w->wall, w->wall + HOUR };
	struct reply reply = set(w, (str){ 0 }, &asked);
	EXPECT_U64(reply.status, 400);
	EXPECT_STR(reply.error, STR("silence invalid: at least one matcher required"));
	asked = (struct wanted){ { EQ("a", "1") }, 1, w->wall, w->wall };
	EXPECT_U64(set(w, (str){ 0 }, &asked).status, 400);
	asked = (struct wanted){ { EQ("a", "1") }, 1, w->wall - HOUR, w->wall - 1 };
	EXPECT_U64(set(w, (str){ 0 }, &asked).status, 400);
	asked = (struct wanted){ { EQ("a", "1") }, 1, w->wall, w->wall + HOUR };
	EXPECT_U64(set(w, STR("nobody-knows-it"), &asked).status, 404);
	EXPECT_U64(world_count(w, TABLE_SILENCE), 0);
	world_free(w);
}

static void
silence__is_told_by_its_matchers(void)
{
	static const struct wanted rows[] = {
		{ { EQ("a", "1"), NOT("b", "2") }, 2, 0, 1 },
		{ { LIKE("a", "1.*"), UNLIKE("b", "2|3") }, 2, 0, 1 },
	};
	static const char *const says[] = { "a=\"1\", b!=\"2\"", "a=~\"1.*\", b!~\"2|3\"" };
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = says[i];
		struct world *w = world_new(SHOP, NULL, NULL);
		struct wanted asked = rows[i];
		asked.starts = w->wall;
		asked.ends = w->wall + HOUR;
		EXPECT_U64(set(w, (str){ 0 }, &asked).status, 200);
		EXPECT(world_says(w, 0, says[i]));
		world_free(w);
	}
}

int
main(void)
{
	RUN(silence__is_another_when_it_matches_other_alerts);
	RUN(silence__that_waits_may_begin_at_another_time);
	RUN(silence__without_matchers_or_after_its_end_is_none);
	RUN(silence__is_told_by_its_matchers);
	TEST_MAIN_END();
}
