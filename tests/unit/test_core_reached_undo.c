/* Taking back at its edges: what is filled in, what is told to whoever may not. */
#include "support/shop.h"
#include "support/world.h"

#define STUCK "alertname=QueueStuck,queue=payments"

/* What `back` gets: as it was, what was left out, what it has of its own. */
#define ACTIONS                                                                      \
	"actions:\n"                                                                 \
	"  set-up:\n"                                                                \
	"    verb: stop\n"                                                           \
	"    params: {unit: {type: string, pattern: '.*'},"                          \
	" mode: {type: name, optional: true}}\n"                                     \
	"    run: [set, '${unit}']\n"                                                \
	"    undo: {do: back, with: {unit: '${unit}', mode: '${mode}',"              \
	" note: 'was-${service}', sort: plain}}\n"                                   \
	"  back:\n"                                                                  \
	"    verb: start\n"                                                          \
	"    params: {unit: {type: string, pattern: '.*'},"                          \
	" mode: {type: name, optional: true}, note: {type: name, optional: true},"   \
	" sort: {type: name, optional: true}, depth: {type: integer, default: 3}}\n" \
	"    run: [back, '${unit}', '${depth}']\n"
#define OTHER_ACTIONS "actions:\n  back: {verb: start, run: [back]}\n"
#define AUTHORITY                                                    \
	"authority:\n"                                               \
	"  - {grant: ana stops, to: [ana, automation], may: [stop]," \
	" on: {service: [payments]}, until: 2030-01-01, owner: mei}\n"
#define CONFIG SHOP_TOP SHOP_PEOPLE SHOP_SERVICES ACTIONS AUTHORITY

static struct reply
undo(struct world *w, row_id attempt, const char *who)
{
	struct command command = { .kind = COMMAND_UNDO,
		.row = attempt,
		.principal = str_of(who),
		.text = STR("it was the wrong one") };
	return world_command(w, &command);
}

/* It was done, with these parameters: the attempt. */
static row_id
set_up(struct world *w, const char *who, const char *unit, const char *mode)
{
	struct pair params[] = { { STR("mode"), str_of(mode) },
		{ STR("unit"), str_of(unit) } };
	size_t from = mode[0] == '\0' ? 1 : 0;
	struct command run = { .kind = COMMAND_RUN,
		.incident = 1,
		.name = STR("set-up"),
		.action = true,
		.target = STR("pay-1"),
		.params = { params + from, 2 - from },
		.principal = str_of(who) };
	struct reply reply = world_command(w, &run);
	EXPECT_U64(reply.status, 202);
	world_exit(w, 0);
	return reply.row;
}

static void
undo__fills_in_what_was_given_and_what_is_written(void)
{
	static const struct {
		const char *mode;
		size_t n;
	} rows[] = { { "", 4 }, { "fast", 5 } };
	for (size_t i = 0; i < countof(rows); i++) {
		struct world *w = world_new(CONFIG, NULL, NULL);
		world_fire(w, STUCK);
		row_id id = set_up(w, "person:ana", "one", rows[i].mode);
		struct reply reply = undo(w, id, "person:ana");
		EXPECT_U64(reply.status, 202);
		struct attempt_row row = world_attempt(w, reply.row);
		EXPECT_U64(row.params.n, rows[i].n);
		EXPECT_STR(pairs_get(&row.params, STR("depth")), STR("3"));
		EXPECT_STR(pairs_get(&row.params, STR("mode")), str_of(rows[i].mode));
		EXPECT_STR(pairs_get(&row.params, STR("note")), STR("was-payments"));
		EXPECT_STR(pairs_get(&row.params, STR("sort")), STR("plain"));
		EXPECT(world_says(w, 1, "(attempt 1): it was the wrong one") ||
		       world_says(w, 1, ": it was the wrong one"));
		world_free(w);
	}
}

/* Whoever may not is told the command, with what is safe to copy into a shell. */
static void
undo__tells_values_that_may_stand_on_a_command_line(void)
{
	static const struct {
		const char *unit, *told;
	} rows[] = {
		{ "worker-2", " unit=worker-2" },
		{ "A1._/:@Z", " unit=A1._/:@Z" },
		{ "two words", " unit=VALUE" },
		{ "a;b", " unit=VALUE" },
		{ "$HOME", " unit=VALUE" },
		{ "a`b", " unit=VALUE" },
		{ "{a", " unit=VALUE" },
		{ "[a", " unit=VALUE" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].unit;
		struct world *w = world_new(CONFIG, NULL, NULL);
		world_fire(w, STUCK);
		row_id id = set_up(w, "person:ana", rows[i].unit, "");
		struct reply reply = undo(w, id, "person:mei");
		EXPECT_U64(reply.status, 403);
		EXPECT(str_contains(reply.error, str_of(rows[i].told)));
		EXPECT_U64(world_attempt(w, id).undone_by, 0);
		world_free(w);
	}
	test_row = NULL;
}

static void
undo__needs_its_action_and_its_service_still(void)
{
	struct world *w = world_new(CONFIG, NULL, NULL);
	world_fire(w, STUCK);
	row_id id = set_up(w, "automation", "one", "");
	/* Nobody is on duty for a service that is gone. */
	world_adopt(w,
	    SHOP_TOP SHOP_PEOPLE
	    "services:\n  checkout: {owner: platform-ops, tier: 1}\n" ACTIONS,
	    NULL);
	EXPECT_U64(undo(w, id, "person:ana").status, 403);
	world_adopt(w, SHOP_TOP SHOP_PEOPLE SHOP_SERVICES OTHER_ACTIONS, NULL);
	struct reply reply = undo(w, id, "person:ana");
	EXPECT_U64(reply.status, 409);
	EXPECT_STR(reply.error, STR("nothing takes set-up back: the action has no `undo`"));
	EXPECT_U64(world_attempt(w, id).undone_by, 0);
	world_free(w);
}

int
main(void)
{
	RUN(undo__fills_in_what_was_given_and_what_is_written);
	RUN(undo__tells_values_that_may_stand_on_a_command_line);
	RUN(undo__needs_its_action_and_its_service_still);
	TEST_MAIN_END();
}
