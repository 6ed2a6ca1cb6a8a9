#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <uv.h>

#include "core/core.h"
#include "engine/clock.h"
#include "engine/committer.h"
#include "engine/configs.h"
#include "engine/engine.h"
#include "engine/hasher.h"
#include "engine/tries.h"
#include "facts/frame.h"
#include "intake/intake.h"
#include "os/peer.h"
#include "store/store.h"

/*
 * state -- the engine's own parts, shared by its files and nobody else.
 */

/* A connection to another role. `peer` is NULL while that role is away. */
struct wire {
	struct engine *engine;
	enum role_kind role;
	struct peer *peer;
	uv_poll_t poll;
	bool polled;    /* libuv still knows the handle */
	int polled_for; /* UV_READABLE, UV_WRITABLE */
	int next_fd;    /* to be opened once libuv has let go of the old one; -1: none */
	uint64_t pair;  /* which connection it is: FRAME_PEER's id */
	bool taking;    /* a frame of it is being dealt with */
	bool broken;    /* and it could not be sent to meanwhile: closed behind that */
};

#define OVERFLOWS_MAX 64 /* at a time; then the one that is longest ago is forgotten */
#define OVERFLOW_NAME_MAX 256
#define OVERFLOW_OVER_MS (10 * MINUTE)  /* nothing was refused for so long: it is over */
#define OVERFLOW_AGAIN_MS (30 * MINUTE) /* it goes on: its incident is told again */

/* What has been stepped since the last commit. */
struct batch {
	struct arena_map map; /* effects and scratch of one step; reset after each */
	struct arena arena;
	struct buf steps; /* ENTRY_BEGIN_MAX bytes of room, then entry_step of each */
	size_t step_n;
	size_t alert_n;  /* alert changes in it: paces the trailing packs */
	struct buf rows; /* bodies of `row` */
	struct row_write *row;
	size_t row_n, row_cap;
	struct buf to_gate; /* frames that wait for the commit */
	struct buf to_hands;
};

/* The batch before, on its way to the disk: its buffers change places with the batch's. */
struct committing {
	struct commit commit;
	struct buf steps, rows, to_gate, to_hands;
	struct row_write *row;
	size_t row_cap;
};

/* Bodies in quarantine, the newest first. */
struct quarantined {
	struct quarantined_body {
		row_id id;
		hash32 digest;
	} body[QUARANTINE_KEPT_MAX];
	size_t n;
	row_id next_id;
};

/* Since when alerts are refused for what, and who was told of it. */
struct overflows {
	struct overflow {
		enum refusal why;
		char name[OVERFLOW_NAME_MAX]; /* source or alertname; "": all */
		size_t name_n;
		msec told, last; /* boot time */
	} item[OVERFLOWS_MAX];
	size_t n;
};

/* Whose token came with a request. */
struct caller {
	str principal;
	str behalf;     /* the person whom an agent serves: "person:ana"; empty: nobody */
	enum role role; /* 0: nobody */
	/* Of a browser: its session, how it signed in, and until when that is fresh enough
	 * for what is grave. */
	row_id session; /* 0: it came with a token */
	enum session_how how;
	msec fresh_until; /* wall */
};
#define CSRF_TEXT_SIZE 65

struct answer_out;

/* Reloads that were asked for and are not answered yet. The supervisor knows each by a number
 * of its own: a gate counts from 1 again, and an engine before this one may have asked. */
#define RELOADS_MAX 16
struct reloads {
	uint64_t last; /* number that was given; the first is random */
	struct reload {
		uint64_t number;  /* 0: free */
		uint64_t request; /* the gate's; 0: that gate is gone */
		char who[256];
		size_t who_n;
	} item[RELOADS_MAX];
};

/* Who waits for what an attempt has written so far: output.c. */
#define LOOKERS_MAX 256
struct looker {
	uint64_t request;
	row_id attempt;
};

#define DAMAGED_TOLD_MAX 16 /* rows that an incident names; the log names all */

/* Telling people what cannot be kept: aside.c. */
struct aside {
	struct core *core; /* NULL: nothing is to be told, or it is */
	struct self self;
	bool told;      /* somebody was reached */
	bool forgotten; /* what was told lately */
	msec again_at;  /* the engine's clock: said once more then */
};
/* What was told by a part of Firstline while nothing could be kept: selves.c. */
#define HELD_SELVES_MAX 32
struct held_selves {
	struct held_self {
		uint64_t about; /* kind and subject */
		struct buf bytes;
	} item[HELD_SELVES_MAX];
	size_t n;
};

#define ASIDE_TOLD_MS (30 * MINUTE)  /* by a server that is started again: not told again */
#define ASIDE_FORGET_MS (5 * MINUTE) /* of work with the store */

struct engine {
	const struct engine_options *options;
	uv_loop_t loop;
	uv_check_t check;
	struct resolving *resolving; /* resolved.c */
	uv_timer_t timer, sweep, heal, suppress;
	uv_idle_t busy; /* keeps the loop turning while there is work in slices */
	struct wire supervisor, gate, hands;
	struct store *store;
	struct store *look; /* a reader, for single rows that the loop asks for */
	struct core *core;
	struct intake *intake;
	struct engine_clock clock;
	struct configs configs;
	struct batch batch;
	struct committing committing;
	struct committer *committer;
	struct store_head head;
	struct reader *reader;
	struct listings *listings;
	struct ahead *ahead;
	struct quarantined quarantined;
	hash32 local_token;
	hash32 tap_key;      /* with which links are made: taps.c */
	struct dials *dials; /* dialed.c */
	uint64_t epoch;
	msec since_wall, since_boot;
	bool loopback_only; /* only this machine reaches the gate's socket */
	bool ready;    /* a configuration is adopted, or was when last there was room */
	bool begun;    /* this process took its first steps: it has an epoch of its own */
	hash32 unkept; /* !begun: the configuration that found no room */
	bool refusing; /* no room on the disk, it is read-only, or the store is lost */
	char refusing_why[900];
	struct self refusing_self; /* the same, for people */
	bool told_refusing;
	struct aside aside;
	struct held_selves held_selves;
	struct overflows overflows;
	struct reloads reloads;
	msec committed_boot;   /* when the last entry was committed */
	struct beats *beats;   /* heartbeats.c */
	struct sends *sends;   /* channels.c */
	struct keeper *keeper; /* keep_turn.c */
	msec kept_boot;        /* the same, when hands was last told of it */
	struct damage {
		enum table table;
		row_id id;
	} damaged[DAMAGED_TOLD_MAX]; /* rows that were left out at the start */
	size_t damaged_n;            /* of all of them */
	bool stopping;
	int exit_code;
	struct strs sandbox_gaps;
	msec suppress_at;   /* wall: when the next silence starts or ends; 0: none does */
	msec suppress_seen; /* wall, when it was last looked */
	uint64_t secret_request; /* the TOKEN_ADD whose secret waits for its commit */
	struct secret_item secret;
	char secret_text[64];
	uint64_t session_request; /* the same of OP_SESSION_ADD */
	struct hasher *hasher;
	struct tries tries;
	struct looker lookers[LOOKERS_MAX];
	size_t lookers_n;
	struct counters {
		uint64_t alerts_fired, alerts_changed, alerts_resolved, alerts_unchanged,
		    alerts_expired, alerts_refused[REFUSAL_KINDS], batches, commits,
		    commit_us, frames_bad, unauthorized, quarantine_dropped, signin_failed,
		    signin_slowed;
	} n;
};

/* batch.c */
void batch_init(struct engine *engine);
void batch_step(struct engine *engine, struct event *event);
/* A step of that core, which nothing keeps: of all that it brings only notices leave, at
 * once. Of the engine's own core what is in memory is ahead of the store from then on. */
void batch_aside(struct engine *engine, struct core *core, struct event *event);
/* Between two steps: give back what a large one used. A system call, so not for each. */
void batch_trim(struct engine *engine);
/* A row of the engine's own, in the commit of the step that follows; NULL: delete it. */
void batch_row(struct engine *engine, struct row_write row, const void *record);
/* The event that this process has started; and where the store is from a backup (true),
 * that everything is stopped. */
bool restored_begin(struct engine *engine);
/* The same once a configuration is there: without any, nothing could be stopped yet. */
void restored_stop(struct engine *engine);
void restored_forget(struct engine *engine); /* once that is on the disk */
/* After a turn of the loop: hand what was stepped to the committer, or without a step send
 * what waits; then what can wait itself. true: there is more to do at once. A commit that
 * fails ends the process. */
bool batch_turn(struct engine *engine);
/* Make room for more steps: wait for the commit that is under way and begin the next. */
void batch_hand_over(struct engine *engine);
/* Is there room in the batch's entry for what a frame of so many bytes may make? Any has it
 * in an empty batch. */
bool batch_fits(const struct engine *engine, size_t payload);
/* All that was stepped is on the disk and all that waited is sent when this returns. */
void batch_commit(struct engine *engine);
/* The entry that what is stepped now will be in. */
uint64_t batch_seq(const struct engine *engine);
/* Nothing is under way: the store may be asked for something else. */
void batch_wait(struct engine *engine);
/* Answers wait for a commit, and should not grow meanwhile. */
bool batch_crowded(const struct engine *engine);
/* The gate or hands is gone: what waits for it goes nowhere. */
void batch_forget(struct engine *engine, enum role_kind role);
void batch_committed(void *context, const struct committed *result);
void engine_now(struct engine *engine, msec *ret_at, msec *ret_wall);
void engine_log(struct engine *engine, enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* For what the world did, never what a body did: the gate suspects none that is in flight. */
_Noreturn void engine_die(struct engine *engine, int code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The timer for EVENT_TIME_PASSED, after anything may have moved it. */
void timers_arm(struct engine *engine);

/* wires.c */
void wire_open(struct wire *wire, struct engine *engine, enum role_kind role, int fd);
void wire_close(struct wire *wire);
/* A new connection to the role instead of the old; may open a turn later. */
void wire_replace(struct wire *wire, struct engine *engine, enum role_kind role, int fd,
    uint64_t pair);
void wire_send(struct wire *wire); /* flush; closes the wire when it is broken */

/* aside.c: while it refuses. By that configuration; once, until aside_end. */
void aside_begin(struct engine *engine, const hash32 *config, const struct self *self);
void aside_timer(uv_timer_t *timer);
void aside_heard(struct engine *engine, const struct event *result); /* of a notice */
void aside_again(struct engine *engine); /* hands is there anew */
void aside_end(struct engine *engine);
void aside_forget(struct engine *engine); /* what was told lately: all has been well */

/* start.c */
NODISCARD bool engine_load(struct engine *engine, struct err *err);
/* Firstline's own incident tells of what was left out then, at each start anew. */
void engine_tell_damage(struct engine *engine);

/* engine.c: what wires.c calls */
void on_frame(struct wire *wire, const struct frame *frame);
void on_wire_opened(struct wire *wire);
void on_wire_closed(struct wire *wire);
/* Ask the supervisor to read the folder again; the answer follows FRAME_ADOPTED. Whoever
 * asked stands with the configuration that it brings in. */
void engine_ask_reload(struct engine *engine, uint64_t request, struct caller caller);

/* selves.c */
/* EVENT_SELF of another role, now or (while refusing) once there is room. */
void selves_step(struct engine *engine, struct event *event);
/* Nothing is refused any more: what waits is stepped. */
void selves_go_on(struct engine *engine);

/* access.c */
NODISCARD bool access_init(struct engine *engine, struct err *err);
struct caller access_caller(const struct engine *engine, str token);
/* May the caller ask that? 0, or the status to answer: 401 or 403. */
uint32_t access_refuses(const struct engine *engine, struct caller caller,
    const struct request *request);
/* Who asks: by the token, else by the browser's session. */
struct caller access_who(const struct engine *engine, const struct request *request);
/* Which person a proxy means, by id or address of mail; empty: none. */
str access_proxied(const struct engine *engine, str user);
struct caller access_session(const struct engine *engine, const struct session_row *row);
/* A browser's request that its own page may not have made, or that is grave and the person
 * signed in too long ago: why it is refused; NULL: go on. */
const char *access_doubts(const struct request *request, struct caller caller);
uint32_t access_refuses_alerts(const struct engine *engine, struct caller caller);
/* `kind` is what it begins with: "flt_" a token, "fls_" a session, "fll_" a link. */
void access_new_secret(const char kind[static 5], char ret[static 64]);

/* signin.c */
void signin_init(struct engine *engine);
void signin_request(struct engine *engine, uint64_t id, const struct request *request,
    struct caller caller);
void signin_list(struct engine *engine, struct answer_out *a, struct caller caller);
/* The session that was just made, or (tell) the one whose cookie that is. */
void signin_answer(struct engine *engine, struct answer_out *a);
void signin_tell(struct engine *engine, struct answer_out *a, str cookie);
void signin_seen(struct engine *engine, row_id session);
bool signin_csrf_is(str cookie, str given);

#define REQUEST_KEY_MAX 512
/* Its Idempotency-Key, which lives in `key`, for the command; false: refused. */
NODISCARD bool request_key(struct engine *engine, uint64_t id,
    const struct request *request, str principal, char key[static REQUEST_KEY_MAX],
    struct command *command);

/* What is said of an incident that the core may not have any more: its row for the command, as
 * it is in the store; false: it is refused, and that is answered. */
NODISCARD bool read_was(struct engine *engine, uint64_t id, struct command *command);

/* ahead.c */
struct ahead *ahead_new(void);
void ahead_turn(struct engine *engine);

/* quarantine.c */
NODISCARD bool quarantine_load(struct engine *engine, struct err *err);
bool on_quarantine_frame(struct engine *engine, const struct frame *frame);
/* The gate is told what is in quarantine. */
void quarantine_tell(struct engine *engine);

/* alerts.c, requests.c */
void on_alerts_frame(struct engine *engine, const struct frame *frame);
void on_request_frame(struct engine *engine, const struct frame *frame);

/* answers.c: building FRAME_ANSWER into a buf */
struct answer_out {
	struct buf *out;
	struct arena *arena;
	struct arena begin; /* where the arena stood: reset after each frame */
	uint64_t id;
	uint64_t seq;
	struct answer answer;
	struct item *item; /* ANSWER_ITEMS_MAX of them */
	size_t bytes;
};
#define ANSWER_ITEMS_MAX 500
#define ANSWER_BYTES_MAX (512u << 10)
void answer_begin(struct answer_out *a, struct buf *out, struct arena *arena, uint64_t id,
    uint64_t seq);
/* `body` must hold until the frame is written; copied when `copy`. */
void answer_item(struct answer_out *a, enum table table, uint32_t kind, str body,
    bool copy);
void answer_record(struct answer_out *a, enum item_kind kind, const void *record);
#define DOING_BYTES_MAX 4096
void answer_row_record(struct answer_out *a, enum table table, const void *row);
void answer_more(
    struct answer_out *a); /* what is gathered so far, as a frame that is not the last */
void answer_end(struct answer_out *a, uint64_t cursor);
void answer_plain(struct buf *out, uint64_t id, uint64_t seq, uint32_t status,
    uint32_t exit, const char *error);

/* questions.c: authority is asked, nothing is done */
void answer_on_call(struct engine *engine, const struct request *request,
    struct answer_out *a);
void answer_shifts(struct engine *engine, const struct request *request,
    struct answer_out *a);
/* catalogue.c: all of them, or the one that `name` names */
void answer_services(struct engine *engine, const struct request *request,
    struct answer_out *a);
void answer_runbooks(struct engine *engine, const struct request *request,
    struct answer_out *a);
void answer_may(struct engine *engine, struct answer_out *a, const struct request *request,
    struct caller caller);
void answer_who_can(struct engine *engine, struct answer_out *a,
    const struct request *request);
void answer_trust(struct engine *engine, struct answer_out *a, const struct request *r);
void answer_what_can_on(struct engine *engine, struct answer_out *a,
    const struct request *request, struct caller caller);
void answer_plan(struct engine *engine, struct answer_out *a, const struct request *request,
    struct caller caller);
/* Judged by the caller's authority now; for people without a runbook. */
void answer_what_can(struct engine *engine, struct answer_out *a, struct caller caller,
    incident_id incident);

/* reader.c: answers from the store, on another thread */
NODISCARD bool reader_init(struct engine *engine, struct err *err);
/* `first` is what the loop already knows of the answer: complete frames or empty. */
void reader_ask(struct engine *engine, uint64_t id, const struct request *request,
    str first);
bool reader_turn(struct engine *engine);   /* true: more to do */
void reader_forget(struct engine *engine); /* the gate is gone: answers go nowhere */

/* listings.c: answers from memory, in slices */
void listings_init(struct engine *engine);
void listing_add(struct engine *engine, uint64_t id, const struct request *request);
bool listings_turn(struct engine *engine);   /* true: more to do */
void listings_forget(struct engine *engine); /* the gate is gone */
void listings_sweep(struct engine *engine);  /* what nobody asks for is forgotten */
bool listings_time_is_up(const struct engine *engine); /* of this turn */
void listing_put_alert(struct engine *engine, const struct alert *alert,
    struct answer_out *a, msec at, msec wall);

/* output.c */
void output_ask(struct engine *engine, uint64_t request, row_id attempt);
NODISCARD bool output_seen(struct engine *engine, str payload); /* false: a bad frame */
void output_lost(struct engine *engine);                        /* hands is gone */
void output_forget(struct engine *engine);                      /* the gate is gone */

/* silences.c */
void silence_command(struct engine *engine, uint64_t id, const struct request *request,
    struct caller caller);
uint32_t silences_active(struct engine *engine);
/* Is it one of its times? When that changes, in *ret_changes; what has none is always on. */
bool silence_on(const struct engine *engine, const struct silence_row *row, msec wall,
    msec *ret_changes);
void answer_silences(struct engine *engine, struct answer_out *a);
void answer_silence(struct engine *engine, const struct request *request,
    struct answer_out *a);

/* suppress.c: which alerts are held */
/* The silences changed, or time reached the start or end of one. */
void suppress_silences(struct engine *engine);
/* The configuration changed. */
void suppress_rules(struct engine *engine, const struct model *model);
/* Holds and releases alerts, a slice a turn; true: there is more to look at. */
bool suppress_turn(struct engine *engine);

/* resolved.c: silences that end with what they hold; true: there is more to look at */
void resolved_init(struct engine *engine);
bool resolved_turn(struct engine *engine);

/* overflow.c */
/* Answers a batch of which something was refused; an incident tells of it, once. */
void overflow_answer(struct engine *engine, uint64_t id, str source,
    const struct merge *merge);
void overflows_look(struct engine *engine); /* which are over? */

/* channels.c */
#define SENDS_KEPT_MAX 256 /* channels whose last messages are remembered */
void channels_init(struct engine *engine);
/* Before the step of that result. */
void channels_heard(struct engine *engine, const struct notice_result *result, msec wall);
/* It has ended; once for each. */
void channels_over(struct engine *engine, const struct notice_row *notice);
void channels_metrics(struct engine *engine, struct answer_out *a);
void answer_channels(struct engine *engine, struct answer_out *a);
void answer_rules(struct engine *engine, const struct request *request,
    struct answer_out *a);

/* taps.c: links that do one thing for one person */
NODISCARD bool taps_init(struct engine *engine, struct err *err);
/* A notice that goes out: with its link, where it is to have one. */
void taps_add(struct engine *engine, struct notice_row *notice, struct arena *arena);
void tap_request(struct engine *engine, uint64_t id, const struct request *request);
struct tap;
/* What a link is for, done as by its tap; `said` is what the timeline says of how. */
void tap_acknowledge(struct engine *engine, uint64_t id, const struct tap *tap,
    const struct person *person, const char *said);
/* Of a link of ours that is not over, of somebody who may: them; else that is answered. */
const struct person *tap_person(struct engine *engine, uint64_t id, str link,
    struct tap *ret);

/* dialed.c: keys that are pressed on the telephone */
void dials_init(struct engine *engine);
/* false: the supervisor does not speak so. */
bool dials_take(struct engine *engine, str payload);
void dialed_request(struct engine *engine, uint64_t id, const struct request *request);

/* feeds.c: calendars that are read by their link alone */
void feed_request(struct engine *engine, uint64_t id, const struct request *request,
    struct caller caller);
void answer_feeds(struct engine *engine, struct answer_out *a, struct caller caller);
void answer_feed(struct engine *engine, const struct request *request,
    struct answer_out *a);

/* heartbeats.c */
void heartbeats_init(struct engine *engine);
void heartbeat_request(struct engine *engine, uint64_t id, const struct request *request);
void answer_heartbeats(struct engine *engine, struct answer_out *a);
/* Those that are down are alerts that fire: when one went up or down, and now and then. */
void heartbeats_turn(struct engine *engine);
/* The alerts that are pings become pings; what is left of the payload, in *keep. */
str heartbeats_take(struct engine *engine, str wire, struct buf *keep);

/* keep_turn.c: what is over and old is let go of */
void keep_init(struct engine *engine);
void keep_again(struct engine *engine); /* soon: the configuration is another */
/* Nothing is with the committer. `idle`: nothing waits to be committed either. true: the
 * committer has a slice now. */
bool keep_turn(struct engine *engine, bool idle);
uint64_t keep_begins(const struct engine *engine); /* entries that were let go of, ever */

/* kept.c: hands is told that what is stepped gets to the disk */
void kept_tell(struct engine *engine);

/* metrics.c */
void metrics_answer(struct engine *engine, struct answer_out *a);

#endif
