#ifndef GATE_LIMITS_H
#define GATE_LIMITS_H

#include "base/base.h"

/* Every limit of the gate. What goes over one is refused, and counted. */

#define GATE_CONNECTIONS_MAX 2600         /* at once */
#define GATE_CONNECTIONS_PER_ADDRESS 2000 /* of them, from one address */
#define GATE_POOL_BYTES (32u << 10)       /* libmicrohttpd's memory, a connection */
#define GATE_SOCKET_BYTES (64 << 10)      /* of an answer in the kernel; it doubles that */
#define GATE_CUTS_TOLD 1000               /* ended for room before a person is told */
#define GATE_CUTS_OVER_MS (10 * MINUTE)   /* without one: it is over */
#define GATE_CUTS_AGAIN_MS (30 * MINUTE)  /* it goes on: told again */
#define GATE_STREAMS_MAX 1000             /* event streams at once */

#define GATE_HEADERS_MAX 100
#define GATE_HEADER_BYTES_MAX (16u << 10) /* names and values of one request */
#define GATE_TOKEN_MAX 512
#define SESSION_COOKIE "firstline"
/* Over TLS: no other host, port or path can put one of that name into a browser. */
#define SESSION_COOKIE_TLS "__Host-firstline"
#define GATE_KEY_MAX 255 /* Idempotency-Key */

#define GATE_BODIES_BYTES_MAX ((size_t)256 << 20) /* all bodies in memory */
#define GATE_API_BODY_MAX (256u << 10)            /* a POST to /v1 */
#define GATE_DRAIN_BYTES_MAX (1u << 20) /* a refused request's body is read up to here */
#define GATE_ENGINE_BYTES_MAX ((size_t)64 << 20)  /* waiting for the engine */
#define GATE_ANSWER_BYTES_MAX ((size_t)64 << 20)  /* waiting for one client */
#define GATE_ANSWERS_BYTES_MAX ((size_t)64 << 20) /* waiting for all clients */
#define GATE_STREAM_AT (256u << 10) /* an answer that grows over this is streamed */
#define GATE_LISTING_AT (64u << 10) /* the same of alerts */
#define GATE_STREAM_LOW (16u << 10) /* less waiting than this: ask for the next page */
#define GATE_FIRST_PAGE_ALERTS 100  /* who does not read costs no more */
#define GATE_PAGE_ALERTS 1000       /* asked of the engine at a time */
#define GATE_FOUND_ALERTS 5000      /* the same, of those that match a filter */
#define GATE_GROUP_BYTES (4u << 20) /* of the labels of a group, as JSON */
#define GATE_RING_BYTES (8u << 20)  /* published events kept for those who resume */

#define GATE_IDLE_MS (120 * SECOND)  /* between the requests of a connection */
#define GATE_HEAD_MS (10 * SECOND)   /* accepted to request line; that to the last header */
#define GATE_BODY_MS (10 * SECOND)   /* a body, besides a second for each */
#define GATE_BODY_RATE (64u << 10)   /* bytes of it */
#define GATE_READ_MS (30 * SECOND)   /* request line to end of body, whatever comes */
#define GATE_FRESH_MS (1 * SECOND)   /* a new connection is let be while others can go */
#define GATE_ENGINE_MS (10 * SECOND) /* for the engine's answer */
#define GATE_SEND_MS (60 * SECOND)   /* an answer, or one piece of a long one */
#define GATE_SEND_ALL_MS (10 * MINUTE) /* all pieces of a long one */
#define GATE_PING_MS (15 * SECOND)     /* event streams */
#define GATE_STOP_MS (5 * SECOND)      /* to finish what is in flight */
#define GATE_AGAIN_MS (2 * SECOND)     /* asking for an engine while there is none */

#define GATE_REPORTS_MAX \
	8 /* bodies on their way into quarantine; beyond, the oldest is not told */

#endif
