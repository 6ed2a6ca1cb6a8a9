/* Each kind of action as it is written, and the request that it comes to. */
#include "model/kinds.h"
#include "support/config.h"
#include "support/test.h"

static struct config c;
static char memory[1 << 18];

static const char base[] =
    "fallback: ops\n"
    "channels: {mail: {smtp: \"smtp://127.0.0.1:25\", from: f@example.com}}\n"
    "people: {ana: {name: Ana, email: a@example.com, reach: [mail]}}\n"
    "teams: {ops: {kind: operations, on_call: {zone: UTC, rotations: [{name: p, people: "
    "[ana], "
    "every: 1 week, handover: \"Mon 09:00\"}]}}}\n"
    "services: {checkout: {owner: ops}}\n";

static const struct action *
load(const char *action)
{
	static char text[4096];
	(void)snprintf(text, sizeof(text),
	    "actions:\n  act:\n    verb: act\n    params:\n"
	    "      pool: {type: string, pattern: '.*'}\n"
	    "      n: {type: integer}\n%s",
	    action);
	config_open(&c);
	config_add(&c, "base.yaml", base);
	config_add(&c, "a.yaml", text);
	const struct model *m = config_load(&c);
	EXPECT(m != NULL);
	if (m == NULL) {
		str faults = config_faults(&c);
		fprintf(stderr, "%.*s\n", STR_ARG(faults));
	}
	return m != NULL ? model_action(m, STR("act")) : NULL;
}

/* One part of the action's request; "?" where it cannot be made. */
static str
part(const struct action *action, const char *name, const char *pool, const char *n)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct pair all[] = { { STR("n"), str_of(n) }, { STR("pool"), str_of(pool) },
		{ STR("service"), STR("checkout") }, { STR("target"), STR("web-1") } };
	struct pairs values = { all, countof(all) };
	struct strs argv;
	struct pairs parts;
	struct err err;
	if (action == NULL || !request_fill(&action->argv, &action->parts, &values, &arena,
				  &argv, &parts, &err))
		return STR("?");
	return pairs_get(&parts, str_of(name));
}

static void
http__values_stay_what_they_are(void)
{
	const struct action *a =
	    load("    http:\n      url: https://lb.example/${pool}\n"
		 "      headers: {X-Pool: \"${pool}\"}\n"
		 "      json: {p: \"${pool}\", n: \"${n}\", t: \"a ${pool} b\", list: [1, "
		 "-2.5e3, "
		 "01, \"1\", true, 'true', null, yes, ~, \"\"], e: {}}\n");
	EXPECT_STR(part(a, "body", "a", "-4"),
	    STR("{\"p\":\"a\",\"n\":-4,\"t\":\"a a "
		"b\",\"list\":[1,-2.5e3,\"01\",\"1\",true,"
		"\"true\",null,\"yes\",\"~\",\"\"],\"e\":{}}"));
	EXPECT_STR(part(a, "body", "\",\"n\":1,\"x\":\"\\", "4"),
	    STR("{\"p\":\"\\\",\\\"n\\\":1,\\\"x\\\":\\\"\\\\\",\"n\":4,\"t\":\"a "
		"\\\",\\\"n\\\":1,\\\"x\\\":\\\"\\\\ "
		"b\",\"list\":[1,-2.5e3,\"01\",\"1\",true,"
		"\"true\",null,\"yes\",\"~\",\"\"],\"e\":{}}"));
	EXPECT_STR(part(a, "url", "a/../b?c#d@e", "4"),
	    STR("https://lb.example/a%2F..%2Fb%3Fc%23d%40e"));
	EXPECT_STR(part(a, "header.X-Pool", "a: b", "4"), STR("a: b"));
	EXPECT_STR(part(a, "header.Content-Type", "a", "4"), STR("application/json"));
	EXPECT_STR(part(a, "method", "a", "4"), STR("POST"));
	EXPECT_STR(part(a, "loopback", "a", "4"), STR(""));
	/* nor does a value become a number that is none, or a second line of a header */
	EXPECT_STR(part(a, "body", "a", "4,\"x\":1"), STR("?"));
	EXPECT_STR(part(a, "header.X-Pool", "a\r\nX: y", "4"), STR("?"));
	config_close(&c);
}

static void
http__forms_and_texts(void)
{
	const struct action *a = load(
	    "    http:\n      url: http://localhost:8080/x\n"
	    "      form: {pool: \"${pool}\", fixed: \"a b&c\", n: \"${n}\"}\n"
	    "      headers: {Authorization: {secret: \"env:TOKEN\", prefix: \"Bearer \"}}\n"
	    "      method: PUT\n      expect: body contains ok\n");
	EXPECT_STR(part(a, "body", "x&y=..", "4"),
	    STR("pool=x%26y%3D..&fixed=a%20b%26c&n=4"));
	EXPECT_STR(part(a, "loopback", "a", "4"), STR("yes"));
	EXPECT_STR(part(a, "secret.header.Authorization", "a", "4"), STR("env:TOKEN"));
	EXPECT_STR(part(a, "prefix.header.Authorization", "a", "4"), STR("Bearer "));
	EXPECT_STR(part(a, "expect", "a", "4"), STR("body contains ok"));
	EXPECT_STR(part(a, "method", "a", "4"), STR("PUT"));
	config_close(&c);

	a = load("    http: {url: \"http://${target}/x\", text: \"drain ${pool}\"}\n");
	EXPECT_STR(part(a, "body", "a\"b", "4"), STR("drain a\"b"));
	EXPECT_STR(part(a, "url", "a", "4"), STR("http://web-1/x"));
	EXPECT_STR(part(a, "loopback", "a", "4"), STR(""));
	config_close(&c);
}

/* A host that only a value makes this machine is not written there. */
static void
http__names_this_machine_only_literally(void)
{
	static const struct {
		const char *url;
		const char *loopback;
	} rows[] = {
		{ "http://127.0.0.1/", "yes" },
		{ "http://127.0.0.1:80/${pool}", "yes" },
		{ "http://[::1]:80/", "yes" },
		{ "https://localhost", "yes" },
		{ "http://localhost?x=${pool}", "yes" },
		{ "http://${target}:80/", "" },
		{ "http://localhost.example/", "" },
		{ "http://localhost${target}/", "" },
		{ "http://127.0.0.2/", "" },
		{ "http://x.example/localhost", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char text[256];
		test_row = rows[i].url;
		(void)snprintf(text, sizeof(text), "    http: {url: \"%s\"}\n",
		    rows[i].url);
		const struct action *a = load(text);
		EXPECT_STR(part(a, "loopback", "a", "4"), str_of(rows[i].loopback));
		config_close(&c);
	}
}

static void
kinds__parts_are_in_order_whatever_was_written_first(void)
{
	const struct action *a =
	    load("    http: {text: x, method: POST, headers: {Z: z, A: a}, url: "
		 "\"http://h.example\"}\n");
	for (size_t i = 1; a != NULL && i < a->parts.n; i++)
		EXPECT(str_cmp(a->parts.p[i - 1].name, a->parts.p[i].name) < 0);
	EXPECT(a != NULL && a->kind == ACTION_HTTP && a->argv.n == 0);
	config_close(&c);
}

int
main(void)
{
	RUN(http__values_stay_what_they_are);
	RUN(http__forms_and_texts);
	RUN(http__names_this_machine_only_literally);
	RUN(kinds__parts_are_in_order_whatever_was_written_first);
	TEST_MAIN_END();
}
