#ifndef NODE_SUPERVISOR_H
#define NODE_SUPERVISOR_H

#include <uv.h>

#include "facts/frame.h"
#include "model/model.h"
#include "node/adoption.h"
#include "node/copies.h"
#include "node/serve.h"
#include "node/watch.h"
#include "os/notify.h"
#include "os/peer.h"

/*
 * supervisor -- the parts of serve.h's implementation: serve.c (start and end), role.c (one
 * role's process and connection), reading.c and adopt.c (configurations).
 */
#define ROLE_FD_SUPERVISOR 3
#define ROLE_FD_LISTEN 4
#define ROLE_FD_TLS 5    /* where there is one */
#define ROLE_FD_SOCKET 6 /* alike */

/* A role is asked whether its loop turns; one that leaves so many in a row unanswered, half
 * a minute of them, is killed and started again. */
#define PING_EVERY_MS (5 * SECOND)
#define PINGS_UNANSWERED_MAX 6

enum role_state {
	ROLE_DOWN = 1, /* not running; may be due to start again */
	ROLE_STARTING, /* running, has not adopted the configuration yet */
	ROLE_READY,
};

struct supervisor;

struct role_process {
	struct supervisor *supervisor;
	enum role_kind kind;
	const char *name;
	enum role_state state;
	uv_process_t process;
	uv_poll_t poll;
	uv_timer_t again, ping;
	struct peer *peer; /* NULL: no connection */
	bool process_open; /* libuv still holds process */
	bool poll_open;
	unsigned deaths; /* in a row, without a quiet minute between */
	msec started_boot;
	char died[500]; /* how, for the engine to record; empty: nothing to tell */
	bool died_told; /* to the engine that runs, which may not be able to keep it */
	char said[300]; /* the last mistake that it logged */
	bool adopting;  /* a newer bundle is on its way to it */
	unsigned bundles_out;  /* given to it and not answered yet: they are in order */
	hash32 given, adopted; /* the configurations that it was given, and adopted, last */
	unsigned unanswered;   /* pings in a row */
	bool hung;             /* killed for that */
	uint64_t pair;         /* its newest connection with the engine: FRAME_PEER's id */
};

/* One of `calendar_urls`. */
struct kept_calendar {
	char name[CALENDAR_NAME_MAX + 1]; /* empty: there is none here */
	struct watch watch;
	struct buf waits; /* a copy that came while another configuration was on its way */
	char unfit[400];  /* why what came last does not fit; empty: it does */
	/* What is still to be told to the engine, when there is one. */
	bool over_waits, bad_waits;
};

#define RELOAD_TEXT_MAX (60u << 10) /* of complaints: with the rest, a frame's text */

/* A configuration that is being read, on a thread: the folder's, or with one calendar anew. */
struct reading {
	uv_thread_t thread;
	uv_async_t ended; /* the thread is */
	struct supervisor *supervisor;
	bool out;                         /* it is on its thread */
	char name[CALENDAR_NAME_MAX + 1]; /* of the calendar; empty: the folder */
	struct buf bytes;                 /* of the calendar */
	uint64_t request;                 /* who asked for the reload; 0: a signal */
	/* What came of it, of which the adoption is whose who takes it. */
	bool ok, same; /* the calendar says what the one in force says */
	struct adoption adoption;
	struct buf text; /* mistakes */
	struct err err;
};

/*
 * The store is lost when it is damaged, or when the engine ended LOST_AFTER_ENDS times before it
 * was ready with it (engine/engine.h). Then it is started without, so that people are told, and tries it again by ending.
 */
struct lost_store {
	unsigned ends; /* in a row, without being ready with the store between */
	bool without;  /* the engine runs, or is started next, without it */
	msec wall;     /* since when; 0: it is not lost */
	char why[400];
	char since[24]; /* `wall` in digits */
	bool unlooked;  /* whose the state folder is could not be read yet */
};

struct supervisor {
	const struct serve_options *options;
	uv_loop_t loop;
	uv_signal_t on_term, on_int, on_hup;
	uv_timer_t patience; /* at the end: then kill */
	struct role_process hands, engine, gate;
	struct lost_store lost;
	uint64_t pairs;          /* connections of two roles so far */
	struct adoption now;     /* what all roles have, or are being given at the start */
	struct adoption next;    /* being given out by a reload; memfd -1: none */
	bool next_fetched;       /* a calendar's, not the folder's */
	uint64_t reload_request; /* of the engine's client that asked; 0: a signal */
	struct reading reading;
	bool reload_waits;       /* for what is being read or given out */
	uint64_t reload_waiting; /* as reload_request */
	bool reload_again;       /* it waits, or is given out, since a role ended of it */
	struct kept_calendar fetched[CALENDAR_URLS_MAX];
	char state_dir[4096];
	char store_url[4096];
	char exe[4096];
	int listen_fd, tls_fd, socket_fd; /* -1: none */
	uv_timer_t files_look;            /* did the files of the TLS listener change? */
	uint64_t files_seen;              /* what they were like */
	char listen[128];                 /* ADDR:PORT as bound */
	uint16_t port;
	bool loopback_only;
	bool announced;
	bool stopping;
	struct notify system; /* systemd */
	uv_timer_t watchdog;
	msec engine_answered; /* boot clock */
	int exit_code;
};

void node_log(const struct supervisor *s, enum log_level level, const char *who,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* role.c */
void role_init(struct role_process *role, struct supervisor *s, enum role_kind kind,
    const char *name);
void role_start(struct role_process *role);
void role_send(struct role_process *role, enum frame_kind kind, uint64_t id,
    const struct record_type *type, const void *record, int fd);
void role_stop(struct role_process *role);
void role_kill(struct role_process *role);
bool role_running(const struct role_process *role);
void role_answered(struct role_process *role);

/* reading.c */
void reading_init(struct supervisor *s);
/* A configuration is being read, or given out: no other may begin. */
bool reading_busy(const struct supervisor *s);
void reading_folder(struct supervisor *s, uint64_t request);
void reading_calendar(struct supervisor *s, const char *name, str bytes);
/* What had to wait may go on: roles are ready, or nothing else is on its way. */
void reading_go_on(struct supervisor *s);

/* adopt.c */
/* `request` of the engine's client that asked for the reload; 0: nobody, or a start. */
void adoption_give(struct role_process *role, const struct adoption *adoption,
    uint64_t request);
/* Read the folder again and give it out: hands, then engine, then gate. */
void reload_begin(struct supervisor *s, uint64_t request);
void reload_read(struct supervisor *s, struct reading *r);
/* It answered for a bundle. True: for the last that it was given. */
bool adoption_answered(struct role_process *role, const struct adopted_frame *adopted);
void reload_adopted(struct role_process *role, const struct adopted_frame *adopted);
/* It ended, perhaps in the middle of one. */
void reload_abandon(const struct role_process *role);

/* fetched.c */
/* What hands says came of fetching one. */
void fetched_frame(struct supervisor *s, const struct calendar_frame *frame);
/* `now` is another, or the first one. */
void fetched_adopted(struct supervisor *s);
void fetched_read(struct supervisor *s, struct reading *r);
void fetched_go_on(struct supervisor *s);

/* tls_files.c */
/* The files of the TLS listener, where there is one; false: one cannot be read, or
 * is empty. */
NODISCARD bool tls_files_read(const struct model *model, struct arena *arena,
    struct settings_frame *ret, struct err *err);
void tls_files_watch(struct supervisor *s);

/* system.c */
void system_begin(struct supervisor *s);
#define COUNTS_MAX 120
/* "12 services, 1 runbook, 3 rules" */
void model_counts(const struct model *model, char ret[static COUNTS_MAX]);
void system_ready(struct supervisor *s);
void system_reloading(struct supervisor *s);
void system_stopping(struct supervisor *s);

/* serve.c: what roles tell */
void on_role_frame(struct role_process *role, const struct frame *frame);
void on_role_ended(struct role_process *role, int64_t status, int signal);

#endif
