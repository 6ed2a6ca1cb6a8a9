#include "base/network.h"
#include "gate/head.h"

#include "support/fuzz.h"

#define LINES_MAX 64

static const char *const names[] = { "Cookie", "Authorization", "Content-Type",
	"Content-Length", "Transfer-Encoding", "Host", "X-Forwarded-For",
	"X-Forwarded-Proto", "Origin", "Sec-Fetch-Site", "If-None-Match", "Last-Event-ID",
	"Idempotency-Key", "Expect", "Content-Encoding", "X-Firstline-CSRF" };

static bool
is_within(str part, str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
read_addresses(str list)
{
	while (list.n > 0) {
		struct str_cut cut = str_cut(list, ',');
		struct network network;
		if (network_parse(str_trim(cut.head), &network))
			ASSERT(network.bits <= 128);
		list = cut.tail;
	}
}

/* A line is a header: its first byte says which, where it has no name of its own. What is told
 * of all of them is a part of what came. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str raw = { (const char *)data, size }, rest = raw;
	struct head head = { .n = 0, .user_header = STR("X-User") };
	for (size_t i = 0; i < LINES_MAX && rest.n > 0; i++) {
		struct str_cut line = str_cut(rest, '\n');
		struct str_cut cut = str_cut(line.head, ':');
		if (cut.found)
			head_add(&head, cut.head, str_trim(cut.tail));
		else if (line.head.n > 0)
			head_add(&head,
			    str_of(names[(unsigned char)line.head.p[0] % countof(names)]),
			    str_drop(line.head, 1));
		rest = line.tail;
	}
	head_end(&head, true, size);
	ASSERT((head.fault == HEAD_FINE) == (head.why == NULL));
	ASSERT(head.fault != HEAD_FINE || !(head.has_length && head.chunked));

	str cookie = head_cookie(&head, STR("session")), token = head_token(&head);
	ASSERT(is_within(cookie, raw) && is_within(token, raw));
	ASSERT(!(head_is_json(&head) && head_is_form(&head)));
	if (head.origin.n == 0 && head.fetch_site.n == 0)
		ASSERT(head_same_origin(&head)); /* no browser */
	(void)head_etag_matches(&head, STR("\"a\""));
	read_addresses(head.forwarded_for);
	return 0;
}
