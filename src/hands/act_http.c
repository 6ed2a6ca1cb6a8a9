/*
 * act_http -- one HTTP request as an action. model/kind_http.c says what its parts are.
 *
 * Sent once. What is said of it follows from how far it came:
 *
 *	no connection, no TLS, a refused address      surely not sent
 *	sent, and no whole answer                     nobody can know
 *	502 or 504, of a gateway                      nor then
 *	an answer that does not tell                  the same
 *	an answer                                     exit 0 where it is as expected, else 1
 *
 * The address is looked up once, and what is connected to is judged, not its name: never
 * the link's own addresses, where clouds hand out credentials, and never this machine unless
 * the action's own text says so. No redirect is followed, no proxy used.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hands/act.h"
#include "hands/address.h"
#include "hands/clean.h"
#include "model/internal.h"

#define CONNECT_MS_MAX (10 * SECOND)
#define BODY_MAX 7000 /* of the answer, that is kept: an output holds it whole */
#define URL_MAX 8192

struct exchange {
	const struct act_request *request;
	CURL *easy;
	struct curl_slist *headers;
	bool loopback_meant;
	bool refused; /* an address */
	char address[INET6_ADDRSTRLEN];
	struct buf body;
	bool cut;
	char error[CURL_ERROR_SIZE];
};

/* ---- connecting ---- */

static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct exchange *x = ctx;
	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	enum address_kind kind = address_kind(&to->addr);
	if (kind == ADDRESS_FORBIDDEN || (kind == ADDRESS_LOOPBACK && !x->loopback_meant)) {
		x->refused = true;
		address_text(&to->addr, x->address, sizeof(x->address));
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	n *= size;
	size_t room = x->body.max - x->body.n;
	buf_put(&x->body, bytes, n < room ? n : room);
	if (n <= room)
		return n;
	x->cut = true;
	return 0; /* enough */
}

/* ---- the request ---- */

static bool
add_header(struct exchange *x, str name, str value, struct arena *arena)
{
	for (size_t i = 0; i < value.n; i++) {
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return false;
	}
	/* "Name;" is how curl is told to send a header that is empty */
	str line = value.n > 0
	               ? arena_printf(arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(value))
	               : arena_printf(arena, "%.*s;", STR_ARG(name));
	struct curl_slist *more = curl_slist_append(x->headers, arena_cstr(arena, line));
	if (more != NULL)
		x->headers = more;
	return more != NULL;
}

static bool
add_headers(struct exchange *x, const struct pairs *from, struct arena *arena)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct pair *pair = &from->p[i];
		if (str_starts(pair->name, STR("header.")) &&
		    !add_header(x, str_drop(pair->name, strlen("header.")), pair->value,
			arena))
			return false;
	}
	return true;
}

static void
set_options(struct exchange *x, struct arena *arena)
{
	const struct act_request *request = x->request;
	CURL *easy = x->easy;
	str method = pairs_get(&request->parts, STR("method"));
	msec connect_ms = request->timeout_ms * 4 / 5;
	if (connect_ms > CONNECT_MS_MAX)
		connect_ms = CONNECT_MS_MAX;
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "firstline/" FIRSTLINE_VERSION);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	if (!str_eq(method, STR("GET"))) {
		str body = pairs_get(&request->parts, STR("body"));
		(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)body.n);
		(void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
		    body.n > 0 ? body.p : "");
		(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
		    arena_cstr(arena, method));
	}
}

static bool
prepare(struct exchange *x, struct arena *arena, struct act_outcome *ret)
{
	const struct act_request *request = x->request;
	str url = pairs_get(&request->parts, STR("url"));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (x->easy = curl_easy_init()) == NULL) {
		*ret = act_ended(ACT_NEVER, "libcurl does not start");
		return false;
	}
	if (url.n > URL_MAX || url_fault(url, "http https") != NULL) {
		*ret = act_ended(ACT_NEVER, "its URL is none");
		return false;
	}
	(void)curl_easy_setopt(x->easy, CURLOPT_URL, arena_cstr(arena, url));
	str key =
	    arena_printf(arena, "firstline-%llu", (unsigned long long)request->attempt);
	bool ok = add_header(x, STR("Idempotency-Key"), key, arena) &&
	          add_headers(x, &request->parts, arena) &&
	          add_headers(x, &request->secrets, arena);
	if (!ok) {
		*ret = act_ended(ACT_NEVER, "a header holds a control character");
		return false;
	}
	/* else curl asks the server whether it may, and waits a second; and no type of body
	 * but the one that is written */
	x->headers = curl_slist_append(x->headers, "Expect:");
	if (!pairs_has(&request->parts, STR("header.Content-Type")))
		x->headers = curl_slist_append(x->headers, "Content-Type:");
	(void)curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	set_options(x, arena);
	return true;
}

/* ---- the answer ---- */

static enum holds
as_expected(const struct act_request *request, const struct probe_result *seen,
    struct arena *arena)
{
	str written = pairs_get(&request->parts, STR("expect"));
	if (written.n == 0)
		return seen->code >= 200 && seen->code < 300 ? HOLDS_YES : HOLDS_NO;
	struct diags diags;
	struct condition condition;
	struct source src = { .name = STR("expect"), .text = written };
	struct node node = node_of_source(&src);
	struct reader reader = { .arena = arena, .diags = &diags };
	diags_init(&diags, arena);
	if (!read_condition(&reader, &node, PROBE_HTTP, &condition))
		return HOLDS_UNKNOWN; /* check has read it before */
	return condition_holds(&condition, seen);
}

static struct act_outcome
answered(struct exchange *x, struct arena *arena)
{
	long status = 0;
	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	str body = buf_str(&x->body);
	struct probe_result seen = { .status = PROBE_OK,
		.code = status,
		.value =
		    clean_text(arena, clean_cut(body, PROBE_VALUE_MAX), PROBE_VALUE_MAX) };
	str written = pairs_get(&x->request->parts, STR("expect"));
	if (written.n == 0)
		written = STR("a status from 200 to 299");
	enum holds holds = as_expected(x->request, &seen, arena);
	bool gateway = holds == HOLDS_NO && (status == 502 || status == 504);
	act_printf("HTTP %ld\n", status);
	if (holds == HOLDS_NO && !gateway)
		act_printf("expected: %.*s\n", STR_ARG(written));
	if (x->cut)
		act_printf("the first %d bytes of its answer:\n", BODY_MAX);
	/* Nothing behind it: where it was cut a secret may stand in part, and a beginning of
	 * one is known as such only at the end of all. */
	act_say(body);
	if (gateway)
		return act_ended(ACT_UNKNOWN,
		    "a gateway answered %ld: what is behind it may have done it", status);
	if (holds == HOLDS_UNKNOWN)
		return act_ended(ACT_UNKNOWN,
		    "it was answered with %ld, and that does not tell whether %.*s", status,
		    (int)(written.n < 200 ? written.n : 200), written.p);
	return act_exited(holds == HOLDS_YES ? 0 : 1);
}

static struct act_outcome
conclude(struct exchange *x, CURLcode code, struct arena *arena)
{
	long sent = 0;
	(void)curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &sent);
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && x->cut))
		return answered(x, arena);
	const char *error = x->error[0] != '\0' ? x->error : curl_easy_strerror(code);
	if (sent > 0)
		return act_ended(ACT_UNKNOWN, "it was sent, and no whole answer came: %s",
		    error);
	if (x->refused)
		return act_ended(ACT_REFUSED, "its URL leads to %s, where no action goes",
		    x->address);
	return act_ended(ACT_NEVER, "%s", error);
}

struct act_outcome
act_http(const struct act_request *request, struct arena *arena)
{
	struct exchange x = {
		.request = request,
		.loopback_meant = pairs_has(&request->parts, STR("loopback")),
		.body = BUF(BODY_MAX),
	};
	struct act_outcome ret;
	if (request->ask)
		ret = act_ended(ACT_NEVER, "http is asked in another way");
	else if (prepare(&x, arena, &ret))
		ret = conclude(&x, curl_easy_perform(x.easy), arena);
	if (x.easy != NULL)
		curl_easy_cleanup(x.easy);
	curl_slist_free_all(x.headers);
	buf_done(&x.body);
	return ret;
}
