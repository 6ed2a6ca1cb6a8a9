/* Questions to the core: what would be decided, what would be asked first, and what there is. */
#include "core/state.h"
#include "support/asked_shop.h"

#define TUNE                                                         \
	"  tune:\n"                                                  \
	"    verb: restart\n"                                        \
	"    params:\n"                                              \
	"      size: {type: integer, min: 1, max: 100}\n"            \
	"      cache: {type: integer, min: 1, max: 100}\n"           \
	"      zone: {type: name, optional: true}\n"                 \
	"      speed: {type: integer, min: 1, max: 9, default: 3}\n" \
	"    run: [tune, '${size}', '${cache}', '${speed}']\n"       \
	"    observe: {size: {promql: size}, cache: {promql: cache}}\n"
#define TUNED                                                                    \
	"  - {approval: much, for: [tune], when: {size: '> 2x', cache: '> 2x'}," \
	" by: [mei]}\n"
#define TWO_OF_TWO                                                                 \
	"  - {limit: one stays, for: [restart], on: {service: [ledger]}, within: " \
	"{keep_healthy: 1}}\n"
#define LEDGER                                                      \
	"  ledger: {owner: platform-ops, tier: 2, healthy: {http: " \
	"'http://127.0.0.1/${target}', expect: status == 200}}\n"
#define HOSTS "  led-1: {service: ledger, role: worker}\n"
#define PLACES                                                                      \
	"services:\n"                                                               \
	"  checkout: {owner: platform-ops, tier: 1}\n"                              \
	"  payments: {owner: platform-ops, tier: 2, healthy: {http: "               \
	"'http://127.0.0.1/${target}', expect: status == 200}}\n" LEDGER "hosts:\n" \
	"  pay-1: {service: payments, role: worker}\n"                              \
	"  pay-2: {service: payments, role: worker}\n"                              \
	"  pay-3: {service: payments, role: worker}\n" HOSTS
#define ASKING_MUCH SHOP_TOP PEOPLE PLACES ACTIONS TUNE GRANTS TUNED KEEP_HEALTHY TWO_OF_TWO

static void
question__says_what_would_be_asked_of_the_world_first(void)
{
	static const struct {
		const char *name, *action, *service, *target;
		struct pair params[2];
		const char *needs;
	} rows[] = {
		{ "nothing", "restart-unit", "checkout", "checkout", { { { 0 } } }, "" },
		{ "values", "tune", "checkout", "checkout",
		    { { { "cache", 5 }, { "9", 1 } }, { { "size", 4 }, { "9", 1 } } },
		    "the live value of size, the live value of cache" },
		{ "health", "restart-unit", "payments", "pay-1", { { { 0 } } },
		    "which of 3 hosts are well" },
		{ "of one", "restart-unit", "ledger", "led-1", { { { 0 } } },
		    "which of 1 host are well" },
		{ "both", "tune", "payments", "pay-1",
		    { { { "cache", 5 }, { "9", 1 } }, { { "size", 4 }, { "9", 1 } } },
		    "the live value of size, the live value of cache, which of 3 hosts are "
		    "well" },
	};
	struct world *w = world_new(ASKING_MUCH, NULL, NULL);
	world_fire(w, DOWN);
	world_fire(w, "alertname=Down,service=payments");
	world_fire(w, "alertname=Down,service=ledger");
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct pair params[2] = { rows[i].params[0], rows[i].params[1] };
		struct pairs given = { params, params[0].name.n > 0 ? 2 : 0 };
		struct core_may may = { .principal = STR("person:ana"),
			.action = str_of(rows[i].action),
			.service = str_of(rows[i].service),
			.target = str_of(rows[i].target),
			.params = given.n > 0 ? &given : NULL,
			.at = w->at,
			.wall = w->wall };
		struct decision_row decision;
		str needs = core_judge(w->core, &may, &w->arena, &decision);
		EXPECT_STR(needs, str_of(rows[i].needs));
		EXPECT((decision.verdict == VERDICT_DENY) == (needs.n > 0));
	}
	EXPECT_U64(w->probe_n, 0);
	world_free(w);
}

static void
question__says_what_whoever_asks_has_to_say_besides(void)
{
	struct world *w = world_new(ASKING_MUCH, NULL, NULL);
	world_fire(w, "alertname=Down,service=payments");
	struct can_view can[8];
	size_t n = core_what_can(w->core, STR("person:ana"), (str){ 0 }, 1, w->at, w->wall,
	    &w->arena, can, countof(can));
	EXPECT(n >= 2);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(can[i].action, STR("tune")))
			EXPECT_STR(can[i].needs,
			    STR("--target HOST size=VALUE cache=VALUE"));
		if (str_eq(can[i].action, STR("restart-unit")))
			EXPECT_STR(can[i].needs, STR("--target HOST"));
	}
	/* Of no incident nothing. */
	EXPECT_U64(core_what_can(w->core, STR("person:ana"), (str){ 0 }, 9, w->at, w->wall,
		       &w->arena, can, countof(can)),
	    0);
	struct buf doing = BUF(1024);
	core_doing(w->core, 9, &doing);
	EXPECT_U64(doing.n, 0);
	buf_done(&doing);
	EXPECT_U64(core_waiting_run(w->core, 9), 0);
	EXPECT(core_incident(w->core, 9) == NULL);
	world_free(w);
}

static void
question__lists_as_many_as_there_is_room_for(void)
{
	struct world *w = world_new(CONFIG(RESTART_ASKS), NULL, NULL);
	(void)world_silence(w, "One", HOUR);
	struct silence_row two = world_silence(w, "Two", HOUR);
	const struct silence_row *silences[4];
	EXPECT_U64(core_silences(w->core, silences, 4), 2);
	EXPECT_U64(core_silences(w->core, silences, 1), 1);
	EXPECT_STR(core_silence(w->core, two.uuid)->uuid, two.uuid);
	EXPECT(core_silence(w->core, STR("none")) == NULL);

	for (unsigned i = 0; i < 2; i++) {
		struct command add = { .kind = COMMAND_TOKEN_ADD,
			.token = { .name = i == 0 ? STR("a") : STR("b"),
			    .principal = STR("person:ana"),
			    .role = ROLE_VIEWER,
			    .secret = sha256(i == 0 ? STR("a") : STR("b")) } };
		EXPECT_U64(world_command(w, &add).status, 201);
	}
	const struct token_row *tokens[4];
	EXPECT_U64(core_tokens(w->core, tokens, 4), 2);
	EXPECT_U64(core_tokens(w->core, tokens, 1), 1);
	EXPECT_STR(core_token_by_id(w->core, tokens[0]->id)->name, STR("a"));
	EXPECT(core_token_by_id(w->core, 999) == NULL);

	/* One waits for people; one is over, and kept with its incident. */
	world_fire(w, DOWN);
	EXPECT_U64(restart(w, "checkout", "person:ana").status, 202);
	EXPECT_U64(deny(w, "person:mei").status, 200);
	EXPECT_U64(restart(w, "checkout", "person:ana").status, 202);
	const void *waiting[4];
	EXPECT_U64(core_waiting(w->core, TABLE_ASKED, 0, waiting, 4), 1);
	row_id id = ((const struct asked_row *)waiting[0])->id;
	EXPECT_U64(id, world_last(w, TABLE_ASKED));
	EXPECT_U64(core_waiting(w->core, TABLE_ASKED, id, waiting, 4), 0);
	EXPECT_U64(core_waiting(w->core, TABLE_ASKED, 0, waiting, 0), 0);
	world_free(w);
}

int
main(void)
{
	RUN(question__says_what_would_be_asked_of_the_world_first);
	RUN(question__says_what_whoever_asks_has_to_say_besides);
	RUN(question__lists_as_many_as_there_is_room_for);
	TEST_MAIN_END();
}
