#include "gate/route.h"

#include "support/test.h"

static char memory[1024];

static enum route_status
find(const char *method, const char *path, struct route_match *ret)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct target target;
	EXPECT(target_parse(str_of(path), &arena, &target) == NULL);
	return route_find(gate_routes, gate_routes_n, str_of(method), &target, ret);
}

static void
routes__all_say_who_may(void)
{
	for (size_t i = 0; i < gate_routes_n; i++) {
		const struct route *route = &gate_routes[i];
		test_row = route->path;
		EXPECT(route->who >= WHO_ANYONE && route->who <= WHO_TOKEN);
		EXPECT(route->face >= FACE_PLAIN && route->face <= FACE_V1);
		EXPECT(route->serve != NULL);
		EXPECT(route->path[0] == '/');
		/* what anyone may use changes nothing */
		EXPECT(route->who != WHO_ANYONE || route->method == METHOD_GET ||
		       str_starts(str_of(route->path), STR("/api/v1/")));
		/* all of /v1 needs a token, but for signing in and its description */
		EXPECT(route->who == WHO_TOKEN || route->op == OP_SESSION_ADD ||
		       str_eq(str_of(route->path), STR("/v1/openapi.json")) ||
		       !str_starts(str_of(route->path), STR("/v1")));
		EXPECT(route->op != OP_COMMAND || route->command != 0);
		EXPECT(!route->open_cors || route->method == METHOD_GET);
		for (size_t k = 0; k < i; k++)
			EXPECT(gate_routes[k].method != route->method ||
			       !str_eq(str_of(gate_routes[k].path), str_of(route->path)));
	}
}

static void
route__is_found_by_method_and_path(void)
{
	struct route_match match;
	EXPECT_U64(find("GET", "/v1/incidents/12/why", &match), ROUTE_FOUND);
	EXPECT_U64(match.number, 12);
	EXPECT_U64(match.route->op, OP_WHY);
	EXPECT_U64(find("DELETE", "/v1/tokens/a%20b", &match), ROUTE_FOUND);
	EXPECT_STR(match.name, STR("a b"));
	EXPECT_U64(find("HEAD", "/-/ready", &match), ROUTE_FOUND);
	EXPECT_U64(find("GET", "/api/v2/alerts/", &match), ROUTE_FOUND);
	EXPECT_U64(find("GET", "/api/v2/silence/x/", &match), ROUTE_FOUND);
	EXPECT_STR(match.name, STR("x"));
	static const char *const none[] = { "//", "/v1", "/v1/", "/v1/incidents/",
		"/api/v2/", "/api/v2/alerts//", "/api/v2/silence/", "/api/v2//alerts",
		"/v1/tokens/", "/v1/incidents/0", "/v1/incidents/-1", "/v1/incidents/1x",
		"/v1/incidents/1/why/", "/v1/incidents/18446744073709551616",
		"/-/healthy/x", "/V1/status" };
	for (size_t i = 0; i < countof(none); i++) {
		test_row = none[i];
		EXPECT_U64(find("GET", none[i], &match), ROUTE_NO_PATH);
		EXPECT(match.route == NULL);
	}
}

static void
route__names_the_methods_there_are(void)
{
	static const struct {
		const char *method, *path, *allow;
	} rows[] = {
		{ "PUT", "/api/v2/alerts", "POST,GET" },
		{ "POST", "/-/healthy", "GET,HEAD" },
		{ "GET", "/v1/stop-all", "POST" },
		{ "HEAD", "/v1/status", "GET" },
		{ "get", "/v1/tokens", "GET,POST" },
		{ "", "/v1/tokens/x", "DELETE" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct route_match match;
		test_row = rows[i].path;
		EXPECT_U64(find(rows[i].method, rows[i].path, &match), ROUTE_NO_METHOD);
		EXPECT_STR(str_of(match.allow), str_of(rows[i].allow));
	}
}

int
main(void)
{
	RUN(routes__all_say_who_may);
	RUN(route__is_found_by_method_and_path);
	RUN(route__names_the_methods_there_are);
	TEST_MAIN_END();
}
