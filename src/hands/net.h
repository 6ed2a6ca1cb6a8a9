#ifndef HANDS_NET_H
#define HANDS_NET_H

#include <uv.h>

#include "base/err.h"
#include "base/str.h"

/*
 * net -- requests to the world: HTTP(S) and SMTP(S) by libcurl's multi interface on a
 * libuv loop. One try each; whoever asks decides whether there is another.
 *
 * Redirects are never followed, other protocols never spoken. HTTPS and SMTPS are always
 * verified. Connections are kept and used again.
 */
struct net;
struct net_request;

/* What came of it. Holds during the call of `done` only. */
struct net_answer {
	bool answered; /* the other side said something whole: status, and body for HTTP */
	uint32_t status; /* HTTP's; SMTP: the last reply's code, 0 when there was none */
	str body;
	bool body_cut; /* there was more than body_max */
	str etag,
	    modified; /* HTTP: ETag and Last-Modified; empty: none of printable ASCII */
	bool refused; /* not answered, for certain: nothing listens there */
	str error;    /* not answered: a sentence; holds no secret */
};

enum net_kind { NET_GET = 1, NET_POST, NET_MAIL };
#define NET_HEADERS_MAX 8

struct net_order {
	enum net_kind kind;
	const char *url;
	const char *headers[NET_HEADERS_MAX]; /* "name: value"; NULL ends them */
	str body;                             /* POST, MAIL; copied */
	size_t body_max;                      /* of the answer's body, HTTP */
	bool guarded;     /* HTTP: not to what address.h calls forbidden */
	bool direct;      /* use no proxy, whatever the environment says */
	const char *from; /* MAIL: bare addresses */
	const char *to;
	const char *user; /* MAIL: NULL: no login. A login needs TLS unless `loopback` */
	const char *password;
	bool loopback; /* MAIL: the server is on this machine */
	msec timeout_ms;
	void (*done)(void *ctx, const struct net_answer *answer);
	void *ctx;
};

/* NULL with err where libcurl does not start. */
struct net *net_new(uv_loop_t *loop, struct err *err);
/* Ends what is in flight without calling `done`. The loop must run once more. */
void net_free(struct net *net);

/* `done` is called later, from the loop, exactly once. */
NODISCARD bool net_start(struct net *net, const struct net_order *order, struct err *err);

#endif
