#include "gate/head.h"

#include "gate/limits.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* RFC 9110's token: what a header's name is made of. */
static bool
is_token(str s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    memchr(marks, c, sizeof(marks) - 1) == NULL)
			return false;
	}
	return s.n > 0;
}

static bool
is_value(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	}
	return true;
}

static void
fault(struct head *head, enum head_fault fault, const char *why)
{
	if (head->fault != HEAD_FINE)
		return;
	head->fault = fault;
	head->why = why;
}

/* A header that may stand once. */
static void
take_once(struct head *head, str *to, str value, const char *twice)
{
	if (to->p != NULL)
		fault(head, HEAD_BROKEN, twice);
	*to = value.n > 0 ? value : STR("");
}

static void
take_length(struct head *head, str value)
{
	if (head->has_length)
		fault(head, HEAD_BROKEN, "Content-Length stands twice");
	else if (!str_u64(value, UINT64_MAX, &head->length))
		fault(head, HEAD_BROKEN, "Content-Length is no number");
	head->has_length = true;
}

static void
take_transfer(struct head *head, str value)
{
	/* The library wants the word alone; a blank behind it makes the body endless. */
	bool alone = value.n > 0 && lower(value.p[value.n - 1]) == 'd';
	if (head->chunked || !alone || !str_eq_caseless(str_trim(value), STR("chunked")))
		fault(head, HEAD_BROKEN, "Transfer-Encoding can only be 'chunked', once");
	head->chunked = true;
}

/* Does this part begin where the one before ended? */
static void
follows(struct head *head, const char *at, const char *after)
{
	if (at != after)
		fault(head, HEAD_BROKEN,
		    "a line does not end in CRLF, goes on in the next, or has a NUL or a "
		    "blank too many in it");
}

void
head_begin(struct head *head, str method, str target, const char *target_at, str version)
{
	head->begin = method.p;
	head->next = version.p + version.n + strlen("\r\n");
	if (!is_token(method))
		fault(head, HEAD_BROKEN, "the method is none");
	if (str_eq(method, STR("CONNECT")))
		fault(head, HEAD_BROKEN, "this server is no proxy");
	follows(head, target_at, method.p + method.n + 1);
	follows(head, version.p, target_at + target.n + 1);
	if (memchr(target.p, ' ', target.n) != NULL)
		fault(head, HEAD_BROKEN, "a blank in the request target");
}

void
head_add(struct head *head, str name, str value)
{
	if (head->next != NULL) {
		follows(head, name.p, head->next);
		head->next = value.p + value.n + strlen("\r\n");
	}
	head->n++;
	head->bytes += name.n + value.n;
	if (head->n > GATE_HEADERS_MAX || head->bytes > GATE_HEADER_BYTES_MAX) {
		fault(head, HEAD_TOO_MUCH,
		    "too many or too long headers: at most 100, of 16 KiB in all");
		return;
	}
	if (!is_token(name) || !is_value(value)) {
		fault(head, HEAD_BROKEN, "a header is malformed");
		return;
	}
	if (str_eq_caseless(name, STR("Transfer-Encoding")))
		take_transfer(head, value);
	value = str_trim(value);
	if (str_eq_caseless(name, STR("Content-Length")))
		take_length(head, value);
	else if (str_eq_caseless(name, STR("Host"))) {
		take_once(head, &head->host, value, "Host stands twice");
		head->has_host = true;
	} else if (str_eq_caseless(name, STR("Authorization")))
		take_once(head, &head->authorization, value, "Authorization stands twice");
	else if (str_eq_caseless(name, STR("Content-Type")))
		take_once(head, &head->content_type, value, "Content-Type stands twice");
	else if (str_eq_caseless(name, STR("Content-Encoding")))
		head->content_encoding = value;
	else if (str_eq_caseless(name, STR("Idempotency-Key")))
		take_once(head, &head->idempotency_key, value,
		    "Idempotency-Key stands twice");
	else if (str_eq_caseless(name, STR("If-None-Match")))
		head->if_none_match = value;
	else if (str_eq_caseless(name, STR("Last-Event-ID")))
		head->last_event_id = value;
	else if (str_eq_caseless(name, STR("Cookie")))
		take_once(head, &head->cookie, value, "Cookie stands twice");
	else if (str_eq_caseless(name, STR("X-Firstline-CSRF")))
		take_once(head, &head->csrf, value, "X-Firstline-CSRF stands twice");
	else if (str_eq_caseless(name, STR("Origin")))
		take_once(head, &head->origin, value, "Origin stands twice");
	else if (str_eq_caseless(name, STR("Sec-Fetch-Site")))
		take_once(head, &head->fetch_site, value, "Sec-Fetch-Site stands twice");
	else if (str_eq_caseless(name, STR("User-Agent")))
		head->agent = value;
	else if (str_eq_caseless(name, STR("X-Forwarded-For")))
		head->forwarded_for = value;
	else if (str_eq_caseless(name, STR("X-Forwarded-Proto")))
		head->forwarded_proto = value;
	else if (str_eq_caseless(name, STR("X-Slack-Signature")))
		take_once(head, &head->slack_signature, value, "a signature stands twice");
	else if (str_eq_caseless(name, STR("X-Slack-Request-Timestamp")))
		take_once(head, &head->slack_timestamp, value, "a timestamp stands twice");
	else if (str_eq_caseless(name, STR("X-Twilio-Signature")))
		take_once(head, &head->twilio_signature, value, "a signature stands twice");
	else if (head->user_header.n > 0 && str_eq_caseless(name, head->user_header))
		take_once(head, &head->user, value, "who asks is named twice");
	else if (str_eq_caseless(name, STR("Accept-Encoding")))
		head->accept_encoding = value;
	else if (str_eq_caseless(name, STR("Accept")))
		head->accept = value;
	else if (str_eq_caseless(name, STR("Expect")))
		head->expects = true;
}

void
head_end(struct head *head, bool http_1_1, size_t bytes)
{
	if (head->next != NULL)
		follows(head, head->next + strlen("\r\n"), head->begin + bytes);
	if (head->expects && !head->chunked && head->length == 0)
		fault(head, HEAD_BROKEN, "Expect without a body");
	if (head->has_length && head->chunked)
		fault(head, HEAD_BROKEN, "Content-Length beside Transfer-Encoding");
	if (head->chunked && !http_1_1)
		fault(head, HEAD_BROKEN, "Transfer-Encoding needs HTTP/1.1");
	if (!head->has_host)
		fault(head, HEAD_BROKEN, "a Host header is needed");
}

str
head_token(const struct head *head)
{
	static const str scheme = { "bearer", 6 };
	str value = head->authorization;
	if (value.n <= scheme.n || !str_eq_caseless(str_take(value, scheme.n), scheme) ||
	    value.p[scheme.n] != ' ')
		return STR("");
	return str_trim(str_drop(value, scheme.n));
}

str
head_cookie(const struct head *head, str name)
{
	str found = STR("");
	for (str rest = head->cookie; rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ';');
		struct str_cut pair = str_cut(str_trim(cut.head), '=');
		rest = cut.tail;
		if (!pair.found || !str_eq(pair.head, name))
			continue;
		if (found.n > 0)
			return STR(
			    ""); /* one of them is not ours, and nobody knows which */
		found = pair.tail;
	}
	return found;
}

bool
head_same_origin(const struct head *head)
{
	if (head->fetch_site.n > 0 && !str_eq(head->fetch_site, STR("same-origin")))
		return false;
	if (head->origin.n == 0)
		return true;
	str host = head->origin;
	if (str_starts(host, STR("https://")))
		host = str_drop(host, strlen("https://"));
	else if (str_starts(host, STR("http://")))
		host = str_drop(host, strlen("http://"));
	else
		return false;
	return str_eq_caseless(host, head->host);
}

bool
head_is_json(const struct head *head)
{
	return str_eq_caseless(str_trim(str_cut(head->content_type, ';').head),
	    STR("application/json"));
}

bool
head_is_form(const struct head *head)
{
	return str_eq_caseless(str_trim(str_cut(head->content_type, ';').head),
	    STR("application/x-www-form-urlencoded"));
}

bool
head_etag_matches(const struct head *head, str etag)
{
	for (str rest = head->if_none_match; rest.n > 0;) {
		struct str_cut cut = str_cut(rest, ',');
		str tag = str_trim(cut.head);
		if (str_starts(tag, STR("W/")))
			tag = str_drop(tag, 2);
		if (str_eq(tag, etag) || str_eq(tag, STR("*")))
			return true;
		rest = cut.tail;
	}
	return false;
}

/* ---- Host ---- */

static bool
is_port(str s) /* with its colon; or nothing */
{
	uint64_t port;
	return s.n == 0 ||
	       (s.p[0] == ':' && (s.n == 1 || str_u64(str_drop(s, 1), 65535, &port)));
}

/* Without port and brackets: "[::1]:9911" gives "::1". Empty when it is none. */
static str
host_name(str host)
{
	if (host.n > 0 && host.p[0] == '[') {
		struct str_cut cut = str_cut(str_drop(host, 1), ']');
		return cut.found && is_port(cut.tail) ? cut.head : STR("");
	}
	str name = str_cut(host, ':').head;
	if (!is_port(str_drop(host, name.n)))
		return STR("");
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

static bool
is_ipv4(str s)
{
	size_t parts = 0;
	for (str rest = s;;) {
		struct str_cut cut = str_cut(rest, '.');
		uint64_t part;
		if (cut.head.n > 3 || !str_u64(cut.head, 255, &part))
			return false;
		parts++;
		if (!cut.found)
			return parts == 4;
		rest = cut.tail;
	}
}

static bool
is_ipv6(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f') && c != ':' && c != '.')
			return false;
	}
	return memchr(s.p, ':', s.n) != NULL;
}

static bool
is_loopback(str name)
{
	return str_eq_caseless(name, STR("localhost")) || str_eq(name, STR("::1")) ||
	       (str_starts(name, STR("127.")) && is_ipv4(name));
}

void
hosts_add(struct hosts *hosts, str host)
{
	str name = host_name(host);
	if (name.n > 0 && hosts->n < HOSTS_MAX)
		hosts->name[hosts->n++] = name;
}

void
hosts_init(struct hosts *hosts, str listen)
{
	*hosts = (struct hosts){ .n = 0 };
	str name = host_name(listen);
	hosts->any_address = str_eq(name, STR("0.0.0.0")) || str_eq(name, STR("::"));
	hosts_add(hosts, listen);
}

bool
hosts_allow(const struct hosts *hosts, str host)
{
	str name = host_name(host);
	if (name.n == 0)
		return false;
	if (is_loopback(name))
		return true;
	/* A name can be made to point here; an address cannot. */
	if (hosts->any_address && (is_ipv4(name) || is_ipv6(name)))
		return true;
	for (size_t i = 0; i < hosts->n; i++) {
		if (str_eq_caseless(name, hosts->name[i]))
			return true;
	}
	return false;
}
