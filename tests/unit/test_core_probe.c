/* A runbook's steps that look by tcp, dns, tls and log: what is asked, and what follows. */
#include "support/shop.h"
#include "support/world.h"

#define CONFIG                                                                           \
	SHOP_TOP "probe_files: [/var/log/apps]\n" SHOP_PEOPLE SHOP_SERVICES "actions:\n" \
		 "  restart-unit: {verb: restart, run: [restart, '${target}'],"          \
		 " happened: {tcp: '${target}:80', expect: open}}\n"                     \
		 "authority:\n"                                                          \
		 "  - {grant: anything, to: [automation, ana], may: [restart],"          \
		 " on: {tier: [1, 2, 3]}, until: 2030-01-01, owner: mei}\n"

#define RUNBOOK(check)                                                          \
	"---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n"     \
	"inputs: {unit: {type: name, from: alert.labels.unit, default: app}}\n" \
	"---\n# R\n```check look\n" check                                       \
	"otherwise: stop\n```\n```action go\ndo: restart-unit\n```\n"           \
	"```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n"

#define ODD "alertname=Odd,service=payments"

static struct probe_row
asked(struct world *w)
{
	struct probe_row row = { 0 };
	EXPECT(world_row_get(w, TABLE_PROBE, w->probes[0], &row));
	return row;
}

static void
probe__each_kind_asks_with_its_values_and_decides(void)
{
	const struct {
		const char *check;
		struct probe_row row; /* kind, where, name, dns, lines, text, listen */
		struct probe_result yes, no;
		const char *says_yes, *says_no;
	} rows[] = {
		{ "tcp: '${service}:5432'\nexpect: closed\n",
		    { .kind = PROBE_TCP, .where = STR("payments:5432") }, { .code = 0 },
		    { .code = 1, .number = 3 },
		    "look: saw closed (connection refused), wanted closed: holds",
		    "look: saw open after 3 ms, wanted closed: does not hold" },
		{ "tcp: db.example:25\nsend: QUIT\nexpect: banner lacks ESMTP\n",
		    { .kind = PROBE_TCP,
			.where = STR("db.example:25"),
			.text = STR("QUIT"),
			.listen = true },
		    { .code = 1, .value = STR("421 no") },
		    { .code = 1, .value = STR("220 ESMTP") }, "look: saw 421 no, wanted",
		    "look: saw 220 ESMTP, wanted" },
		{ "dns: {name: '${unit}.example', type: MX, server: 192.0.2.53}\n"
		  "expect: answers < 2\n",
		    { .kind = PROBE_DNS,
			.where = STR("192.0.2.53"),
			.name = STR("app.example"),
			.dns = DNS_MX },
		    { .number = 1, .value = STR("10 m.example") },
		    { .number = 2, .value = STR("10 m.example\n20 n.example") },
		    "look: saw 1 answer: 10 m.example, wanted answers < 2",
		    "look: saw 2 answers: 10 m.example 20 n.example, wanted" },
		{ "tls: shop.example:443\nserver_name: www.shop.example\n"
		  "expect: days < 14\n",
		    { .kind = PROBE_TLS,
			.where = STR("shop.example:443"),
			.name = STR("www.shop.example") },
		    { .number = -3, .value = STR("certificate has expired") },
		    { .code = 1, .number = 90 },
		    "look: saw not valid (certificate has expired), -3 days left, wanted",
		    "look: saw valid, 90 days left, wanted" },
		{ "log: {file: '/var/log/apps/${unit}.log', lines: 50, match: ERROR}\n"
		  "expect: matches > 3\n",
		    { .kind = PROBE_LOG,
			.where = STR("/var/log/apps/app.log"),
			.lines = 50,
			.text = STR("ERROR") },
		    { .code = 4, .number = 50 }, { .code = 3, .number = 50 },
		    "look: saw 4 of 50 lines, wanted matches > 3",
		    "look: saw 3 of 50 lines, wanted matches > 3: does not hold" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char runbook[2048];
		test_row = rows[i].check;
		(void)snprintf(runbook, sizeof(runbook), RUNBOOK("%s"), rows[i].check);
		for (int yes = 0; yes < 2; yes++) {
			struct world *w = world_new(CONFIG, runbook, NULL);
			world_fire(w, ODD);
			struct probe_row row = asked(w);
			EXPECT(row.kind == rows[i].row.kind && row.dns == rows[i].row.dns);
			EXPECT(row.lines == rows[i].row.lines);
			EXPECT(row.listen == rows[i].row.listen);
			EXPECT_STR(row.where, rows[i].row.where);
			EXPECT_STR(row.name, rows[i].row.name);
			EXPECT_STR(row.text, rows[i].row.text);
			struct probe_result seen = yes ? rows[i].yes : rows[i].no;
			seen.status = PROBE_OK;
			world_answer(w, &seen);
			EXPECT(world_says(w, 1, yes ? rows[i].says_yes : rows[i].says_no));
			EXPECT_U64(w->attempt_n, yes ? 1 : 0);
			world_free(w);
		}
	}
}

static void
probe__doubt_calls_a_person_and_acts_on_nothing(void)
{
	struct world *w = world_new(CONFIG,
	    RUNBOOK("dns: {name: shop.example}\nexpect: answers == 0\n"), NULL);
	world_fire(w, ODD);
	world_see(w, NULL, 3 * MINUTE);
	EXPECT_U64(w->attempt_n, 0);
	EXPECT(world_incident(w, 1).needs_person);
	EXPECT(world_says(w, 1, "could not tell"));
	world_free(w);
}

/* A label is data from outside: it can name a file of the folder, and nothing else. */
static void
probe__a_value_that_is_no_name_asks_nothing(void)
{
	const char *runbook =
	    "---\nrunbook: r\nservice: payments\nanswers: [{alertname: Odd}]\n"
	    "inputs: {unit: {type: string, pattern: '.*', from: alert.labels.unit}}\n"
	    "---\n# R\n```check look\n"
	    "log: {file: '/var/log/apps/${unit}', match: x}\nexpect: matches > 0\n"
	    "```\n```action go\ndo: restart-unit\n```\n"
	    "```verify up\npromql: up\nexpect: '== 1'\nwithin: 2m\n```\n";
	static const char *const labels[] = { ODD ",unit=../../etc/shadow", ODD ",unit=..",
		ODD ",unit=a/b", ODD ",unit=.hidden" };
	for (size_t i = 0; i < countof(labels); i++) {
		struct world *w = world_new(CONFIG, runbook, NULL);
		test_row = labels[i];
		world_fire(w, labels[i]);
		EXPECT_U64(w->probe_n, 0);
		EXPECT(str_contains(world_incident(w, 1).needs_person_why,
		    STR("is not a name")));
		world_free(w);
	}
}

static void
probe__tcp_says_whether_an_action_happened(void)
{
	struct world *w =
	    world_new(CONFIG, RUNBOOK("tcp: '${service}:80'\nexpect: closed\n"), NULL);
	world_fire(w, ODD);
	world_answer(w, &(struct probe_result){ .status = PROBE_OK });
	world_news(w, NEWS_UNKNOWN);
	struct probe_row row = asked(w);
	EXPECT(row.kind == PROBE_TCP && row.attempt != 0);
	EXPECT_STR(row.where, STR("payments:80"));
	world_answer(w, &(struct probe_result){ .status = PROBE_OK, .code = 1 });
	EXPECT(world_state(w, 1) == INCIDENT_VERIFYING);
	world_free(w);
}

int
main(void)
{
	RUN(probe__each_kind_asks_with_its_values_and_decides);
	RUN(probe__doubt_calls_a_person_and_acts_on_nothing);
	RUN(probe__a_value_that_is_no_name_asks_nothing);
	RUN(probe__tcp_says_whether_an_action_happened);
	TEST_MAIN_END();
}
