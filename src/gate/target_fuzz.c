#include "gate/head.h"
#include "gate/route.h"
#include "gate/target.h"

#include "support/fuzz.h"

/* Any bytes as a request target, and as a header: what is accepted is decoded text, and
 * is shown to the real table of routes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[TARGET_BYTES_MAX];
	if (size > TARGET_BYTES_MAX)
		return 0;
	str raw = { (const char *)data, size };
	struct arena arena = arena_over(memory, sizeof(memory));
	struct target target;
	if (target_parse(raw, &arena, &target) == NULL) {
		ASSERT(target.segment_n <= TARGET_SEGMENTS_MAX);
		ASSERT(target.path.n > 0 && target.path.p[0] == '/');
		for (size_t i = 0; i < target.segment_n; i++) {
			ASSERT(str_utf8(target.segment[i]));
			ASSERT(!str_eq(target.segment[i], STR("..")));
		}
		for (size_t i = 0; i < target.query_n; i++) {
			ASSERT(str_utf8(target.query[i].name));
			ASSERT(str_utf8(target.query[i].value));
		}
		struct route_match match;
		enum route_status status =
		    route_find(gate_routes, gate_routes_n, STR("GET"), &target, &match);
		ASSERT((status == ROUTE_NO_PATH) == (match.route == NULL));
		ASSERT(status != ROUTE_NO_METHOD || match.allow[0] != '\0');
		str unknown = target_query_unknown(&target, "limit cursor");
		ASSERT(unknown.n > 0 || target.query_n <= 2);
	}

	struct head head = { .n = 0 };
	struct str_cut cut = str_cut(raw, ':');
	head_add(&head, cut.head, cut.tail);
	head_add(&head, STR("Host"), cut.tail);
	head_add(&head, STR("Transfer-Encoding"), cut.head);
	head_end(&head, true, 0);
	ASSERT((head.fault == HEAD_FINE) == (head.why == NULL));
	ASSERT(head.fault != HEAD_FINE || !(head.has_length && head.chunked));
	struct hosts hosts;
	hosts_init(&hosts, STR("127.0.0.1:9911"));
	(void)hosts_allow(&hosts, cut.tail);
	(void)head_token(&head);
	(void)head_etag_matches(&head, STR("\"a\""));
	arena_release(memory, sizeof(memory));
	return 0;
}
