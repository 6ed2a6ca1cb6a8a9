#ifndef GATE_HEAD_H
#define GATE_HEAD_H

#include "base/str.h"

/*
 * head -- the headers of one request, looked at once, before anything else is done.
 *
 * Pure. libmicrohttpd lets two differing Content-Length headers, and Content-Length beside
 * Transfer-Encoding, pass: with a proxy in front of us that is how one request is smuggled
 * inside another. So whatever is not plain is refused here, and the connection with it.
 *
 * It also takes lines that end in a bare LF or go on in the next, reads only up to a NUL,
 * and tells of none of that. But names and values lie where they came, in one piece:
 *
 *	METHOD 0 TARGET 0 VERSION 0 0 NAME 0 blanks VALUE 0 0 NAME ... VALUE 0 0 0 0
 *	                          (the zeros stand where blanks, colons and CRLF were)
 *
 * so whatever was hidden shows as a part that is not where the one before it ends.
 */
enum head_fault {
	HEAD_FINE = 0,
	HEAD_BROKEN,   /* 400, and the connection is closed */
	HEAD_TOO_MUCH, /* 431 */
};

struct head {
	str host;
	str authorization;
	str content_type;
	str content_encoding;
	str idempotency_key;
	str if_none_match;
	str last_event_id;
	str cookie;
	str csrf;   /* X-Firstline-CSRF */
	str origin; /* of the page that asks */
	str fetch_site;
	str agent;                          /* User-Agent */
	str forwarded_for, forwarded_proto; /* the last of each */
	str user_header; /* set before: the name of one by which a proxy names who asks */
	str user;        /* its value */
	str accept, accept_encoding;
	str slack_signature, slack_timestamp, twilio_signature;
	bool has_host;
	bool has_length;
	bool chunked;
	bool expects; /* the body is sent only after "100 Continue" */
	const char *begin,
	    *next; /* of the request; of the next line in it. NULL: not known */
	uint64_t length;
	size_t n, bytes;
	enum head_fault fault;
	const char *why; /* a sentence when there is a fault */
};

/* Before the first header: the parts of the request line, where they lie in memory; the
 * target as it came, since libmicrohttpd decodes it in place (of '+' it makes a blank). Left
 * out where the headers do not lie in one piece behind them. */
void head_begin(struct head *head, str method, str target, const char *target_at,
    str version);
/* One header, in the order they came; the slices must outlive the head. */
void head_add(struct head *head, str name, str value);
/* After the last: what can only be said of them together. `bytes` from the method to the
 * end of the empty line, when head_begin was called. */
void head_end(struct head *head, bool http_1_1, size_t bytes);

/* The token of "Authorization: Bearer TOKEN"; empty when there is none of that kind. */
str head_token(const struct head *head);
/* Of the cookies the one of that name; empty where there is none, or more than one. */
str head_cookie(const struct head *head, str name);
/* As far as browsers tell (Origin, Sec-Fetch-Site), is it a page of this server that asks?
 * Who tells nothing is no browser. */
bool head_same_origin(const struct head *head);
/* "application/json", whatever parameters follow. */
bool head_is_json(const struct head *head);
bool head_is_form(const struct head *head); /* "application/x-www-form-urlencoded", alike */
/* Does If-None-Match name this tag (with its quotes)? */
bool head_etag_matches(const struct head *head, str etag);

/* Names by which this server may be addressed: against DNS rebinding. */
#define HOSTS_MAX 16
struct hosts {
	str name[HOSTS_MAX];
	size_t n;
	bool any_address; /* it listens on all addresses: any IP literal will do */
};
/* `listen` as bound, "ADDR:PORT"; its address, and whether it stands for all. */
void hosts_init(struct hosts *hosts, str listen);
void hosts_add(struct hosts *hosts, str host); /* "name" or "name:port" */
bool hosts_allow(const struct hosts *hosts, str host);

#endif
