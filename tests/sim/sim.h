#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/str.h"
#include "facts/row.h"
#include "sim/tasks.h"

/*
 * sim -- one simulated machine that runs Firstline, the world around it, and what of both is
 * known for certain: the truth that the oracles hold the store against.
 */
#define SIM_STATE "/sim/state"
#define SERVICES 3
#define HOOKS 3
#define CLAIMED_MAX 4096

/* How much of each trouble a seed has. Zero: none of it. */
struct troubles {
	unsigned kills;      /* of one role, an hour */
	unsigned power_cuts; /* in a hundred hours */
	unsigned stops;      /* SIGSTOP, an hour */
	unsigned jumps;      /* of the wall clock, in a hundred hours */
	unsigned reloads;    /* an hour */
	unsigned storms;     /* in a hundred hours */
	unsigned commands;   /* an hour */
	unsigned incidents;  /* troubles of services, in a hundred hours */
	bool flapping;
	unsigned outages;     /* of a provider of notices, in a hundred hours */
	unsigned lossy;       /* percent of requests that fail, or whose answer is lost */
	unsigned bad_actions; /* percent that fail, hang, or lose their shim */
	unsigned disk_full;   /* in a hundred hours */
	unsigned io_errors;   /* in a hundred hours */
	unsigned disk_lost;   /* no write succeeds for a while: in a hundred hours */
	msec sync_ms;         /* a sync takes up to so long */
};

/* One start of a command, as the world saw it. */
struct start {
	struct start *next;
	row_id attempt;
	char action[32], service[32];
	msec at;    /* boot time */
	msec ended; /* 0: it runs */
	bool cut;   /* by the power */
};

struct told {
	struct told *next;
	char hook[24];
	char person[24];
	incident_id incident;
	bool opened, ended;
};

/* What a sender was promised. */
struct promise {
	struct promise *next;
	uint64_t number; /* the label n of the alert */
	bool resolved;
};

struct store;
struct commit;

struct sim {
	uint64_t seed;
	bool loud;
	unsigned days;   /* that long, and old things are let go of (keeping.c); 0: hours */
	const char *bug; /* a mistake made on purpose; NULL: none */
	struct rng rng;
	struct troubles troubles;
	msec peace_at; /* from then on nothing fails any more */
	msec end_at;

	/* What is. */
	bool sick[SERVICES];
	msec outage_until[HOOKS];
	struct start *starts;
	struct told *told;
	struct promise *promises;
	row_id claimed[CLAIMED_MAX]; /* attempts that hands made a folder for */
	size_t claimed_n;
	uint64_t acked_seq; /* the highest entry that an answer or order named */

	/* Counted. */
	struct {
		uint64_t alerts, acked, commands, starts, notices, digests, kills,
		    power_cuts, restarts, entries, replayed, refused, doubts, let_go;
	} n;
};
extern struct sim sim;

/* Says what broke, and ends the process; the command that repeats it is printed. */
_Noreturn void sim_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
void sim_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
bool sim_bug(const char *name);
bool sim_peace(void);
/* By chance, `n` times in that time on average, asked once a simulated second. */
bool sim_now_and_then(unsigned n, msec in_ms);

/* ---- events of the world ---- */

void later(msec ms, void (*run)(void *), void *arg);
msec later_next(void);
void later_run(void); /* what is due */

/* ---- outside.c: commands, queries, providers ---- */

void outside_init(uint64_t seed);
void outside_power_cut(void);
void outside_turn(void); /* each second */
const char *service_name(size_t i);
size_t service_at(const char *name); /* SERVICES: none */
bool outside_running(void);          /* a command runs */

/* ---- gate.c: the supervisor and the gate ---- */

void gate_init(void);
bool gate_turn(void); /* frames that came, roles that died; true: there was something */
/* Sent once; `taken` is called for it when it is acknowledged. False: nobody listens. */
bool gate_alerts(str json, void (*taken)(void *arg), void *arg);
/* Sent until it is answered; by a person with a token. */
struct request;
void gate_command(const struct request *request);
void gate_reload(void);
void gate_stop(void);
bool gate_ready(void); /* the engine serves */
bool gate_quiet(void); /* every request is answered */
struct process *gate_engine(void);
struct process *gate_hands(void);
void gate_power_cut(void);

/* ---- workload.c ---- */

void workload_init(void);
void workload_turn(void); /* each second */
void workload_peace(void);

/* ---- oracles.c ---- */

void oracle_started(uint64_t seq); /* an engine is there: what does its store know? */
void oracle_start(const struct start *start);
void oracles_begin(void);
/* Entries up to that one will go: what they say is remembered. */
void oracle_read(struct store *store, uint64_t until);
void oracles_end(void);

/* ---- keeping.c: what is over is let go of, and nothing else ---- */

void keeping_committing(const struct commit *commit);
void keeping_committed(const struct commit *commit, uint64_t seq);
void keeping_started(struct store *store); /* an engine begins with that */
void keeping_sample(void);                 /* each second */
void keeping_end(struct store *store);

#endif
