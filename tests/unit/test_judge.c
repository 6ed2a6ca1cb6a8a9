#include "hands/judge.h"

#include "support/config.h"
#include "support/test.h"

static const char text[] =
    "fallback: ops\n"
    "channels:\n"
    "  mail: {smtp: 'smtp://127.0.0.1:25', from: f@example.com}\n"
    "people:\n"
    "  ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [mail]}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "      escalate: [{to: primary}]\n"
    "services:\n"
    "  checkout: {owner: ops, tier: 1}\n"
    "  ledger: {owner: ops, tier: 2}\n"
    "hosts:\n"
    "  web-1: {service: checkout, role: web}\n"
    "actions:\n"
    "  restart-unit:\n"
    "    verb: restart\n"
    "    params:\n"
    "      unit: {type: string, pattern: '[a-z-]+\\.service'}\n"
    "      mode: {type: one-of, values: [soft, hard], default: soft}\n"
    "    run: [systemctl, restart, \"${unit}\", \"${mode}\", \"${target}\", "
    "\"${service}\"]\n"
    "authority:\n"
    "  - {grant: automation restarts tier 1, to: [automation], may: [restart],\n"
    "     on: {tier: [1]}, while: incident, until: 2027-06-30, owner: ana}\n";

#define WALL ((msec)1795456684403) /* November 2026 */

static struct config config;
static const struct authority *authority;
static char memory[1 << 18];
static str judged; /* of the last refusal */

static str argv[] = { { "systemctl", 9 }, { "restart", 7 }, { "web.service", 11 },
	{ "soft", 4 }, { "web-1", 5 }, { "checkout", 8 } };
static struct pair params[] = { { { "unit", 4 }, { "web.service", 11 } } };

static struct attempt_order
an_order(void)
{
	return (struct attempt_order){
		.attempt = 17,
		.action = STR("restart-unit"),
		.verb = STR("restart"),
		.service = STR("checkout"),
		.target = STR("web-1"),
		.principal = STR("automation"),
		.params = { params, countof(params) },
		.argv = { argv, countof(argv) },
		.incident = 3,
		.config = config.hash,
		.timeout_ms = config.model->actions[0].timeout_ms,
	};
}

static bool
allowed(const struct attempt_order *order, msec wall, str *ret_why)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct order_refusal refusal = { 0 };
	bool ok =
	    order_allowed(config.model, authority, order, wall, MINUTE, &arena, &refusal);
	*ret_why = refusal.why;
	judged = refusal.judged;
	return ok;
}

static void
order_allowed__allows_what_is_written(void)
{
	struct attempt_order order = an_order();
	str why;
	EXPECT(allowed(&order, WALL, &why));
	/* the core may send defaults along or leave them out */
	struct pair both[] = { { STR("mode"), STR("soft") },
		{ STR("unit"), STR("web.service") } };
	order.params = (struct pairs){ both, countof(both) };
	EXPECT(allowed(&order, WALL, &why));
}

static void
order_allowed__refuses_a_command_that_is_another(void)
{
	struct attempt_order order = an_order();
	str why, other[countof(argv)];
	memcpy(other, argv, sizeof(argv));
	order.argv.p = other;
	for (size_t i = 0; i < countof(argv); i++) {
		other[i] = STR("x");
		EXPECT(!allowed(&order, WALL, &why));
		EXPECT(str_contains(why, STR("not what action 'restart-unit' runs")));
		other[i] = argv[i];
	}
	order.argv.n--;
	EXPECT(!allowed(&order, WALL, &why));
}

static void
order_allowed__refuses_what_authority_does_not_grant(void)
{
	str why;
	struct attempt_order order = an_order();
	order.principal = STR("agent:helper");
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT(why.n > 0);
	order = an_order();
	order.incident = 0; /* the grant asks for one */
	EXPECT(!allowed(&order, WALL, &why));
	order = an_order();
	EXPECT(!allowed(&order, WALL + 365 * DAY, &why)); /* it has ended */
	order = an_order();
	order.action = STR("reboot");
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT_STR(why, STR("the configuration has no action 'reboot'"));
}

static void
order_allowed__refuses_values_that_are_not_allowed(void)
{
	static struct pair bad[] = { { { "unit", 4 }, { "web.service; rm", 15 } } };
	str why, filled[countof(argv)];
	struct attempt_order order = an_order();
	memcpy(filled, argv, sizeof(argv));
	filled[2] = bad[0].value;
	order.argv.p = filled;
	order.params.p = bad;
	EXPECT(!allowed(&order, WALL, &why));
	order = an_order();
	order.target = STR("web-2");
	memcpy(filled, argv, sizeof(argv));
	filled[4] = STR("web-2");
	order.argv.p = filled;
	EXPECT(!allowed(&order, WALL, &why));
	EXPECT(why.n > 0);
}

int
main(void)
{
	config_open(&config);
	config_add(&config, "a.yaml", text);
	if (config_load(&config) == NULL) {
		str faults = config_faults(&config);
		printf("%.*s", (int)faults.n, faults.p);
		return 1;
	}
	authority = authority_new(config.model, &config.arena);
	RUN(order_allowed__allows_what_is_written);
	RUN(order_allowed__refuses_a_command_that_is_another);
	RUN(order_allowed__refuses_what_authority_does_not_grant);
	RUN(order_allowed__refuses_values_that_are_not_allowed);
	config_close(&config);
	TEST_MAIN_END();
}
