#ifndef GATE_STATE_H
#define GATE_STATE_H

#include <microhttpd.h>

#include "base/list.h"
#include "base/map.h"
#include "base/network.h"
#include "facts/frame.h"
#include "gate/gate.h"
#include "gate/head.h"
#include "gate/limits.h"
#include "gate/quarantine.h"
#include "gate/route.h"
#include "model/model.h"
#include "os/peer.h"

/*
 * state -- the gate's own parts, shared by its files and nobody else.
 *
 * One thread, one loop (gate.c): libmicrohttpd runs inside it, on its epoll descriptor.
 *
 *	visit   one TCP connection
 *	call    one HTTP request on it:  READ -> (WAIT <-> engine) -> READY -> SEND
 *	link    the engine's connection (link.c)
 *
 * A call that waits is suspended in libmicrohttpd; whoever has news for it sets what is to
 * be answered and wakes it (call_wake).
 */
struct gate;
struct call;

enum call_phase {
	CALL_READ = 1, /* headers, then body */
	CALL_DRAIN,    /* refused; its body is read and dropped first */
	CALL_WAIT,     /* for the engine */
	CALL_READY,    /* `response` is to be queued */
	CALL_SEND,     /* queued; a long one is still being made */
};

/* One listening socket: plain, with TLS, or in the file system. */
enum door_kind { DOOR_PLAIN = 1, DOOR_TLS, DOOR_SOCKET };
struct door {
	enum door_kind kind;
	int fd;                    /* -1: there is none */
	struct MHD_Daemon *daemon; /* NULL: not open */
};
#define DOORS 3

struct visit {
	struct link link;
	struct gate *gate;
	struct MHD_Connection *connection;
	int fd;
	uint64_t address; /* hashed */
	char from[48];    /* the same as text */
	const struct door *door;
	bool proxy;       /* what it says of the client before it is believed */
	msec deadline;    /* of what it is in; 0: none */
	struct link turn; /* gate->fresh or gate->served: it is the client's turn */
	msec since;       /* of that turn */
	struct call *call;
	bool cut;     /* shut down by us */
	bool bounded; /* what the kernel takes for it */
	bool counted; /* towards the limits */
	bool served;  /* it was given an answer that was no refusal */
};

/* The answer to a call as it is made, in pieces; see stream.c. */
struct stream {
	struct buf out;
	size_t taken;                   /* of out, already sent */
	bool started;                   /* status and headers are decided */
	bool ended;                     /* nothing will follow */
	bool broken;                    /* cannot be ended well: the connection is closed */
	bool endless;                   /* an event stream */
	void (*low)(struct call *call); /* little is left: more may be made; or NULL */
	msec began;
};

struct call {
	struct gate *gate;
	struct visit *visit;
	struct MHD_Connection *connection;
	enum call_phase phase;
	bool headed;  /* its headers were looked at */
	bool settled; /* the library knows that all of it was read */
	bool suspended;
	bool head_only;

	char *memory; /* the request target and what is decoded from it */
	struct arena arena;
	str raw;            /* request target */
	const char *raw_at; /* where it came; only to compare with */
	struct target target;
	struct route_match match;
	enum face face;
	struct head head; /* slices of libmicrohttpd's memory, which holds until the end */
	str token;
	char from[48]; /* the client: who is connected, or whom a proxy named */
	bool secure;   /* it came by TLS, to us or to a proxy before us */
	str session;   /* a browser's cookie; only where there is no token */
	struct buf body;
	uint64_t drained;
	uint64_t began_us;
	msec read_boot, read_wall; /* when a body of alerts was read first */
	msec began, body_began;

	uint64_t id; /* of the frame it waits for; 0: none */
	/* Frames of the answer, as they come. NULL answer: the engine is gone. */
	void (*on_answer)(struct call *call, const struct answer *answer);
	void (*on_late)(struct call *call); /* the engine took too long */
	void (*on_end)(struct call *call);  /* gives back `own` */
	void *own;                          /* of whoever serves it */

	struct stream stream;
	size_t answer_bytes; /* of `response`, when it is whole */
	size_t kept_bytes;   /* counted in gate->answers_bytes */
	struct MHD_Response *response;
	unsigned status;

	/* alerts */
	struct link held; /* waits until it may be sent alone */
	hash32 digest;    /* zero: not computed */
	char *problems;   /* of alerts that were refused while others were taken */
	size_t alerts_taken;
};

struct settings {
	char memory[4096];
	char listen[128];
	struct hosts hosts;
	uint64_t body_bytes_max;
	msec alert_timeout_ms;
	struct network proxy[PROXIES_MAX];
	size_t proxy_n;
	bool proxy_socket;     /* whoever comes by DOOR_SOCKET is one */
	char user_header[128]; /* empty: none names who asks */
};

#define PRESSES_KEPT 1024
struct pressed {
	hash32 mac;
	msec wall; /* when it was signed */
};
#define LATENCY_BUCKETS 12
extern const uint64_t latency_bucket_us[LATENCY_BUCKETS]; /* upper ends */
#define STATUS_CLASSES 600

struct counters {
	uint64_t requests, bytes_in, answers[STATUS_CLASSES];
	uint64_t alerts_accepted, alerts_refused, alert_bodies;
	uint64_t latency[LATENCY_BUCKETS + 1], latency_n, latency_us;
	uint64_t connections, refused_connections, refused_address, cut_slow, cut_for_room;
	uint64_t refused_signature, refused_host, refused_head, refused_body,
	    refused_memory, refused_engine_full, refused_no_engine, refused_quarantine,
	    late, engine_lost, frames_bad, events, events_cut, reports_dropped;
};

struct hooks {
	size_t n;
	struct hook_key {
		char channel[256];
		size_t key_n;
		char key[HOOK_KEY_MAX];
	} hook[HOOKS_MAX];
};

/* Whose key that is: a heartbeat's, or (no name) the one of all. Keys as SHA-256. */
struct pings {
	size_t n;
	struct ping_key {
		hash32 key;
		char name[65];
	} key[PINGS_MAX];
};

struct events;

/* The certificate that came last could not be used, and people are to know. */
struct tls_trouble {
	char text[400]; /* empty: it can be used */
	bool over;      /* that it can be used again is still to be told to an engine */
	msec again;     /* when it is told once more; 0: there is none */
};

struct gate {
	struct hooks hooks;
	struct pings pings;
	const struct gate_options *options;
	int epoll;
	struct door door[DOORS];
	struct peer *supervisor;
	struct peer *engine;                       /* NULL: there is none */
	uint64_t engines;                          /* that came so far */
	uint64_t engine_events, supervisor_events; /* what epoll watches for */
	bool engine_blameless; /* it said that it ends, and not by what it was given */
	struct map calls;      /* frame id to call */
	uint64_t last_id;
	struct link visits;
	struct link fresh, served; /* those whose clients' turn it is, the longest first */
	size_t visit_n;            /* not shut down */
	size_t visit_max, visit_max_address, stream_max;
	struct {
		uint64_t n;
		msec last, told;
	} cuts;               /* for room, with no rest between */
	struct map addresses; /* hashed address to number of visits */
	struct siphash_key key;
	size_t bodies_bytes, answers_bytes;
	struct settings settings;
	struct strs sandbox_gaps;
	struct arena_map answer_map, scratch_map;
	struct arena answers, scratch; /* for one frame; for one item or one body */
	struct events *events;
	msec now;       /* as of this turn of the loop */
	msec next_look; /* no deadline falls due before */
	msec ask_again; /* for an engine */
	struct pressed
	    pressed[PRESSES_KEPT]; /* signatures that came: none is taken twice */
	size_t pressed_n;
	msec pressed_since_wall; /* of what was signed before nothing is known */
	bool started;            /* the doors are open, but for those that lack something */
	struct tls_trouble tls;
	bool stopping;
	msec stop_by;
	int exit_code;
	bool ended;
	/* alerts.c */
	struct quarantine quarantine;
	struct link held;
	size_t alerts_in_flight;
	bool alone;     /* the one in flight is a suspect */
	struct report { /* until the engine keeps it */
		hash32 digest;
		struct buf frame; /* FRAME_QUARANTINE */
		bool told;        /* to this engine */
	} report[GATE_REPORTS_MAX];
	size_t report_n;
	struct MHD_Response *taken;      /* the empty 200 */
	struct MHD_Response *taken_last; /* the same, and the connection ends */
	struct buf spare[16];
	size_t spare_n;
	struct counters n;
};

/* gate.c */
/* What is to be told of the certificate, where there is an engine. */
void gate_tell_tls(struct gate *gate);
void gate_log(struct gate *gate, enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* visits.c */
#define LOOK_NEVER UINT64_MAX
void visits_init(struct gate *gate);
void visits_look(struct gate *gate); /* whose time is over? */
NODISCARD bool visit_may_come(struct gate *gate, const struct sockaddr *address);
bool visits_is_proxy(const struct gate *gate, str from); /* an address */
struct visit *visit_new(struct gate *gate, struct MHD_Connection *connection);
void visit_free(struct visit *visit);
void visit_waits(struct visit *visit); /* it is the client's turn, from now on */
void visit_busy(struct visit *visit);  /* it is ours */
/* What the client does not read waits here, where it is counted, not in the kernel. */
void visit_bound(struct visit *visit);
/* Others' bodies go until there is room for so many bytes; false: there is none. */
NODISCARD bool visit_make_room(struct gate *gate, size_t bytes, const struct visit *but);
/* After its answer grew: those who read theirs most slowly go where all together are too much. */
void visit_count_answer(struct call *call);
void visit_forget_answer(struct call *call);
void deadline_set(struct visit *visit, msec at); /* 0: none */
void deadline_body(struct call *call);           /* after each piece of it */
void web_cut(struct visit *visit);

/* web.c */
/* The doors that can be opened and are not open yet. */
NODISCARD bool web_start(struct gate *gate, struct err *err);
void web_stop(struct gate *gate);
void web_turn(struct gate *gate);
msec web_wait_ms(const struct gate *gate, msec most); /* until its next turn */
void body_give_back(struct call *call);
void call_wake(struct call *call);

/* respond.c: each decides the answer and wakes the call */
void respond(struct call *call, unsigned status, const char *type, str text);
void respond_error(struct call *call, unsigned status, unsigned exit, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Alertmanager's errors carry a code of their own. */
void respond_coded(struct call *call, unsigned status, uint32_t code, const char *text);
void respond_answer_error(struct call *call, const struct answer *answer);
void respond_no_engine(struct call *call);
/* Bytes that live as long as the program; `keep` is the Cache-Control. */
void respond_kept(struct call *call, unsigned status, const char *type, str bytes,
    const char *keep);
void respond_taken(struct call *call); /* the empty 200 */
void response_common(struct MHD_Response *response);
void response_header(struct MHD_Response *response, const char *name, const char *value);
/* The text in call->stream is all of it, or its beginning. */
void stream_whole(struct call *call, unsigned status, const char *type);
void stream_start(struct call *call, unsigned status, const char *type);
void stream_end(struct call *call);
void stream_break(struct call *call);
size_t stream_waiting(const struct call *call);

/* link.c */
void link_open(struct gate *gate, int fd);
void link_close(struct gate *gate, const char *why);
void link_read(struct gate *gate);
NODISCARD bool link_ready(struct call *call); /* false: it is answered already */
/* The call waits for the answer to the next frame: its id. */
uint64_t link_wait(struct call *call,
    void (*on_answer)(struct call *call, const struct answer *answer));
void link_ask(struct call *call, const struct request *request,
    void (*on_answer)(struct call *call, const struct answer *answer));
void link_forget(struct call *call);

/* alerts.c, listing.c */
void serve_alerts_post(struct call *call);
void serve_alerts_get(struct call *call);
void serve_groups(struct call *call);
void serve_incident_alerts(struct call *call); /* one page of those it has now */
void serve_alert_list(struct call *call);      /* one page of those that are asked for */
/* ITEM_ALERT as Alertmanager has it; false when it is none. */
NODISCARD bool listing_put_item(struct call *call, const struct item *item);
/* alert_groups.c */
void serve_alert_groups(struct call *call);

/* alertmanager.c */
void serve_am_status(struct call *call);
void serve_receivers(struct call *call);
void serve_v1_gone(struct call *call);
void serve_reload(struct call *call);

void alerts_lost(struct gate *gate);   /* the engine died: who was with it? */
void alerts_engine(struct gate *gate); /* another came: it was told nothing yet */
bool alerts_quarantined(struct gate *gate, const struct frame *frame);

/* silences.c */
void serve_silences_get(struct call *call);
void serve_silence_post(struct call *call);
void serve_silence_get(struct call *call);
void serve_silence_delete(struct call *call);

/* pages.c */
void serve_page(struct call *call);
void serve_asset(struct call *call);
void serve_openapi(struct call *call); /* docs/openapi.json */

/* session.c: the cookie, and on to another address (the caller's); false: it is none */
NODISCARD bool session_give(struct call *call, const struct answer *answer);

/* reading.c */
void serve_reading(struct call *call); /* a page, and what it tells without a script */
/* Where there is no page: to whoever reads pages, one that says why. false: they do not. */
bool reading_lost(struct call *call, unsigned status, str why);
/* One way of the form's two; which of them, the engine is told by name. */
NODISCARD bool sign_in_read(str body, struct arena *arena, struct request *request);
void serve_sign_in_form(struct call *call); /* a form that such a page had */

/* health.c */
void serve_healthy(struct call *call);
void serve_ready(struct call *call);
void serve_metrics(struct call *call);

/* api.c */
void serve_api(struct call *call);
/* The engine is asked what the route, path, query and body say. */
void api_ask(struct call *call,
    void (*answered)(struct call *call, const struct answer *answer));
void api_answer(struct call *call, const struct answer *answer); /* in the route's shape */
/* The Idempotency-Key; false: it is none, and that is answered. */
NODISCARD bool api_read_key(struct call *call, struct request *request);
NODISCARD bool item_decode(struct gate *gate, const struct item *item, struct arena *arena,
    void **ret, const struct record_type **ret_type);

/* api_other.c */
void serve_handoff(struct call *call);
void serve_whoami(struct call *call);
void serve_token_add(struct call *call);

/* slack.c */
void serve_slack(struct call *call);
/* twilio.c */
void serve_twilio(struct call *call);
/* tap.c */
void serve_tap_page(struct call *call);
void serve_tap(struct call *call);

/* feed.c */
void serve_feed(struct call *call);

/* ping.c */
void serve_ping(struct call *call);

/* session.c */
void serve_session(struct call *call);     /* asks, signs in, or again */
void serve_session_end(struct call *call); /* the cookie goes with it */

/* events.c */
void events_init(struct gate *gate);
void serve_events(struct call *call);
/* Does anybody listen, or may come back? Else what is published need not be looked at. */
bool events_wanted(struct gate *gate);
void events_publish(struct gate *gate, const struct publish *publish);
void events_engine(struct gate *gate, bool there);
void events_look(struct gate *gate);
void events_stop(struct gate *gate);
size_t events_streams(const struct gate *gate);

#endif
