#include "gate/head.h"

#include "gate/limits.h"
#include "support/test.h"

/* "Name: value" lines up to NULL. */
static struct head
head_of(const char *const *lines, bool http_1_1)
{
	struct head head = { .n = 0 };
	for (; *lines != NULL; lines++) {
		struct str_cut cut = str_cut(str_of(*lines), ':');
		head_add(&head, cut.head, cut.tail);
	}
	head_end(&head, http_1_1, 0);
	return head;
}

static void
head__refuses_what_can_be_read_in_two_ways(void)
{
	static const struct {
		const char *name;
		const char *lines[4];
		bool http_1_0;
		enum head_fault fault;
	} rows[] = {
		{ "plain", { "Host: a", "Content-Length: 3" }, false, HEAD_FINE },
		{ "chunked", { "Host: a", "transfer-encoding: CHUNKED" }, false,
		    HEAD_FINE },
		{ "two lengths", { "Host: a", "Content-Length: 3", "Content-Length: 4" },
		    false, HEAD_BROKEN },
		{ "the same twice", { "Host: a", "Content-Length: 3", "content-length: 3" },
		    false, HEAD_BROKEN },
		{ "both", { "Host: a", "Content-Length: 3", "Transfer-Encoding: chunked" },
		    false, HEAD_BROKEN },
		{ "both, the other way",
		    { "Host: a", "Transfer-Encoding: chunked", "Content-Length: 3" }, false,
		    HEAD_BROKEN },
		{ "chunked twice",
		    { "Host: a", "Transfer-Encoding: chunked",
			"Transfer-Encoding: chunked" },
		    false, HEAD_BROKEN },
		{ "another coding", { "Host: a", "Transfer-Encoding: gzip, chunked" },
		    false, HEAD_BROKEN },
		{ "chunked in 1.0", { "Host: a", "Transfer-Encoding: chunked" }, true,
		    HEAD_BROKEN },
		{ "signed", { "Host: a", "Content-Length: +3" }, false, HEAD_BROKEN },
		{ "too large", { "Host: a", "Content-Length: 18446744073709551616" }, false,
		    HEAD_BROKEN },
		{ "no host", { "Accept: */*" }, false, HEAD_BROKEN },
		{ "two hosts", { "Host: a", "Host: a" }, false, HEAD_BROKEN },
		{ "an empty and another host", { "Host:", "Host: a" }, false, HEAD_BROKEN },
		{ "blank in a name", { "Host: a", "X : y" }, false, HEAD_BROKEN },
		{ "no name", { "Host: a", ": y" }, false, HEAD_BROKEN },
		{ "control character", { "Host: a", "X: y\x01z" }, false, HEAD_BROKEN },
		{ "two tokens",
		    { "Host: a", "Authorization: Bearer a", "Authorization: b" }, false,
		    HEAD_BROKEN },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct head head = head_of(rows[i].lines, !rows[i].http_1_0);
		EXPECT_U64(head.fault, rows[i].fault);
		EXPECT((head.why == NULL) == (rows[i].fault == HEAD_FINE));
	}
}

/* As libmicrohttpd reads: lines end at LF, with or without CR, texts at a NUL. */
static char *
cut_line(char **at, char *end)
{
	char *line = *at;
	char *lf = memchr(line, '\n', (size_t)(end - line));
	ASSERT(lf != NULL);
	*at = lf + 1;
	*lf = '\0';
	if (lf > line && lf[-1] == '\r')
		lf[-1] = '\0';
	return line;
}

static struct head
head_in(const char *text, size_t n)
{
	static char memory[512];
	struct head head = { .n = 0 };
	memcpy(memory, text, n);
	char *at = memory, *line = cut_line(&at, memory + n);
	char *target = strchr(line, ' ');
	*target++ = '\0';
	while (*target == ' ')
		target++;
	char *version = strrchr(target, ' ');
	if (version == NULL) /* behind a NUL */
		version =
		    target + strlen(target) + strcspn(target + strlen(target) + 1, " ") + 1;
	*version++ = '\0';
	head_begin(&head, str_of(line), str_of(target), target, str_of(version));
	while (*(line = cut_line(&at, memory + n)) != '\0') {
		char *value = strchr(line, ':');
		ASSERT(value != NULL);
		*value++ = '\0';
		while (*value == ' ' || *value == '\t')
			value++;
		head_add(&head, str_of(line), str_of(value));
	}
	head_end(&head, true, (size_t)(at - memory));
	return head;
}

static void
head__sees_what_the_library_hides(void)
{
#define ROW(name, text, fault)                      \
	{                                           \
		name, text, sizeof(text) - 1, fault \
	}
	static const struct {
		const char *name;
		const char *text;
		size_t n;
		enum head_fault fault;
	} rows[] = {
		ROW("plain", "GET / HTTP/1.1\r\nHost: a\r\nX:y\r\nZ:\r\n\r\n", HEAD_FINE),
		ROW("blanks around", "GET / HTTP/1.1\r\nHost: \t a \r\n\r\n", HEAD_FINE),
		ROW("LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n",
		    HEAD_BROKEN),
		ROW("LF after a header", "GET / HTTP/1.1\r\nX: y\nHost: a\r\n\r\n",
		    HEAD_BROKEN),
		ROW("LF after the last", "GET / HTTP/1.1\r\nHost: a\n\r\n", HEAD_BROKEN),
		ROW("LF alone at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", HEAD_BROKEN),
		ROW("NUL in a value", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", HEAD_BROKEN),
		ROW("NUL in the target", "GET /\0b HTTP/1.1\r\nHost: a\r\n\r\n",
		    HEAD_BROKEN),
		ROW("two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", HEAD_BROKEN),
		ROW("a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
		    HEAD_BROKEN),
		ROW("no method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", HEAD_BROKEN),
		ROW("a tunnel", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", HEAD_BROKEN),
	};
#undef ROW
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct head head = head_in(rows[i].text, rows[i].n);
		EXPECT_U64(head.fault, rows[i].fault);
	}
	test_row = "a line that goes on: its name is a copy";
	struct head head = { .n = 0 };
	static char memory[] = "GET\0/\0HTTP/1.1\0\0X\0y\0\0 z\0\0\0\0";
	head_begin(&head, (str){ memory, 3 }, (str){ memory + 4, 1 }, memory + 4,
	    (str){ memory + 6, 8 });
	head_add(&head, STR("X"), (str){ memory + 18, 1 });
	EXPECT_U64(head.fault, HEAD_BROKEN);
	test_row = "the target was decoded in place";
	head = (struct head){ .n = 0 };
	static char decoded[] = "GET\0/?a b\0HTTP/1.1\0\0X\0y\0\0";
	head_begin(&head, (str){ decoded, 3 }, STR("/?a+b"), decoded + 4,
	    (str){ decoded + 10, 8 });
	EXPECT_U64(head.fault, HEAD_FINE);
}

static void
head__has_limits(void)
{
	struct head head = { .n = 0 };
	for (size_t i = 0; i < GATE_HEADERS_MAX; i++)
		head_add(&head, STR("X"), STR("y"));
	EXPECT_U64(head.fault, HEAD_FINE);
	head_add(&head, STR("X"), STR("y"));
	EXPECT_U64(head.fault, HEAD_TOO_MUCH);

	static char many[GATE_HEADER_BYTES_MAX];
	memset(many, 'a', sizeof(many));
	head = (struct head){ .n = 0 };
	head_add(&head, STR("X"), (str){ many, sizeof(many) - 1 });
	EXPECT_U64(head.fault, HEAD_FINE);
	head_add(&head, STR("X"), STR(""));
	EXPECT_U64(head.fault, HEAD_TOO_MUCH);
}

static void
head__finds_the_token(void)
{
	static const struct {
		const char *value;
		const char *token;
	} rows[] = {
		{ "Bearer flt_x", "flt_x" },
		{ "bearer  flt_x ", "flt_x" },
		{ "Basic dXNlcjpwYXNz", "" },
		{ "Bearer", "" },
		{ "Bearerflt_x", "" },
		{ "", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].value;
		struct head head = { .authorization = str_of(rows[i].value) };
		EXPECT_STR(head_token(&head), str_of(rows[i].token));
	}
}

static void
head__knows_json_and_tags(void)
{
	struct head head = { .content_type = STR("Application/JSON ; charset=utf-8") };
	EXPECT(head_is_json(&head));
	head.content_type = STR("application/jsonp");
	EXPECT(!head_is_json(&head));
	head.content_type = STR("");
	EXPECT(!head_is_json(&head));

	head.if_none_match = STR("\"a\", W/\"b\"");
	EXPECT(head_etag_matches(&head, STR("\"a\"")));
	EXPECT(head_etag_matches(&head, STR("\"b\"")));
	EXPECT(!head_etag_matches(&head, STR("\"c\"")));
	head.if_none_match = STR("*");
	EXPECT(head_etag_matches(&head, STR("\"c\"")));
}

static void
hosts__are_loopback_or_our_own(void)
{
	static const struct {
		const char *listen;
		const char *host;
		bool allowed;
	} rows[] = {
		{ "127.0.0.1:9911", "localhost", true },
		{ "127.0.0.1:9911", "LocalHost:80", true },
		{ "127.0.0.1:9911", "127.3.2.1:9911", true },
		{ "127.0.0.1:9911", "[::1]:9911", true },
		{ "127.0.0.1:9911", "firstline.example.com", true },
		{ "127.0.0.1:9911", "FIRSTLINE.example.com.", true },
		{ "127.0.0.1:9911", "example.com", false },
		{ "127.0.0.1:9911", "xfirstline.example.com", false },
		{ "127.0.0.1:9911", "localhost.evil.com", false },
		{ "127.0.0.1:9911", "127.0.0.1.evil.com", false },
		{ "127.0.0.1:9911", "127.0.0.256", false },
		{ "127.0.0.1:9911", "127.1", false },
		{ "127.0.0.1:9911", "10.0.0.1", false },
		{ "127.0.0.1:9911", "", false },
		{ "127.0.0.1:9911", ":80", false },
		{ "127.0.0.1:9911", "[::1", false },
		{ "10.0.0.1:9911", "10.0.0.1", true },
		{ "10.0.0.1:9911", "10.0.0.2", false },
		{ "0.0.0.0:9911", "10.0.0.2:9911", true },
		{ "0.0.0.0:9911", "[2001:db8::1]", true },
		{ "0.0.0.0:9911", "10.0.0.2.evil.com", false },
		{ "[::]:9911", "10.0.0.2", true },
		{ "[2001:db8::1]:9911", "[2001:DB8::1]:9911", true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct hosts hosts;
		test_row = rows[i].host;
		hosts_init(&hosts, str_of(rows[i].listen));
		hosts_add(&hosts, STR("firstline.example.com:8443"));
		EXPECT(hosts_allow(&hosts, str_of(rows[i].host)) == rows[i].allowed);
	}
}

static void
head__finds_the_one_cookie(void)
{
	static const struct {
		const char *cookie, *value;
	} rows[] = {
		{ "Cookie: firstline=abc", "abc" },
		{ "Cookie: a=b; firstline=abc; c=d", "abc" },
		{ "cookie:  a=b;firstline=abc ", "abc" },
		{ "Cookie: firstline=abc; firstline=abd", "" },
		{ "Cookie: firstlines=abc", "" },
		{ "Cookie: xfirstline=abc", "" },
		{ "Cookie: firstline", "" },
		{ "Cookie: firstline=", "" },
		{ "Cookie: ;;=; =firstline", "" },
		{ "X: firstline=abc", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].cookie;
		const char *lines[] = { "Host: a", rows[i].cookie, NULL };
		struct head head = head_of(lines, true);
		EXPECT(head.fault == HEAD_FINE);
		EXPECT_STR(head_cookie(&head, STR("firstline")), str_of(rows[i].value));
	}
	const char *twice[] = { "Host: a", "Cookie: firstline=a", "Cookie: b=c", NULL };
	EXPECT(head_of(twice, true).fault == HEAD_BROKEN);
}

static void
head__knows_a_page_of_another_site(void)
{
	static const struct {
		const char *name;
		const char *lines[4];
		bool same;
	} rows[] = {
		{ "no browser", { "Host: a:1" }, true },
		{ "own",
		    { "Host: a:1", "Origin: http://a:1", "Sec-Fetch-Site: same-origin" },
		    true },
		{ "own, over TLS in front", { "Host: a", "Origin: https://a" }, true },
		{ "own, in capitals", { "Host: A", "Origin: https://a" }, true },
		{ "another host", { "Host: a", "Origin: https://b" }, false },
		{ "another port", { "Host: a:1", "Origin: http://a:2" }, false },
		{ "a longer name", { "Host: a", "Origin: https://a.b" }, false },
		{ "null", { "Host: null", "Origin: null" }, false },
		{ "another scheme", { "Host: a", "Origin: ftp://a" }, false },
		{ "same site", { "Host: a", "Sec-Fetch-Site: same-site" }, false },
		{ "cross site", { "Host: a", "Sec-Fetch-Site: cross-site" }, false },
		{ "typed in", { "Host: a", "Sec-Fetch-Site: none" }, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct head head = head_of(rows[i].lines, true);
		EXPECT(head_same_origin(&head) == rows[i].same);
	}
}

int
main(void)
{
	RUN(head__refuses_what_can_be_read_in_two_ways);
	RUN(head__sees_what_the_library_hides);
	RUN(head__has_limits);
	RUN(head__finds_the_token);
	RUN(head__knows_json_and_tags);
	RUN(head__finds_the_one_cookie);
	RUN(head__knows_a_page_of_another_site);
	RUN(hosts__are_loopback_or_our_own);
	TEST_MAIN_END();
}
