#ifndef SHIM_PARTS_H
#define SHIM_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shim/shim.h"

/*
 * parts -- what the files of firstline-shim share: shim.c (from the start to the end),
 * job.c (what is asked for), command.c (becoming the command), cgroup.c, report.c (output and
 * files), small.c. How a command is confined is in confine.h.
 */
#define SHIM_NAME_BYTES_MAX 2048 /* of a service or target */
#define SHIM_WHY_MAX 300

struct job {
	bool probe;
	bool own;  /* a command of our own: it has an input and a verdict */
	bool tidy; /* nothing of it outlives its command */
	const char *id;
	const char *incident;
	const char *service;
	const char *target;
	uint64_t timeout_ms;
	char **argv;
};

/* job.c: the command line of our own spawner: it is right, or nothing is done. */
bool job_read(int argc, char **argv, struct job *ret);

/* What the command wrote: the beginning, the end, and how much in all. */
struct output {
	uint64_t total;
	uint64_t shown; /* the total, when the file last got all there is */
	size_t kept;    /* of the head in the file */
	int fd;         /* of the attempt's file; -1 for a probe */
	char head[SHIM_HEAD_MAX];
	char tail[SHIM_TAIL_MAX]; /* a ring over what did not fit into the head */
	struct redactor *redactor;
};

struct cgroup {
	int base; /* the cgroup we are in ourselves; -1: no cgroup for the command */
	int own;
	char name[64];
};

/* What is told of the end. */
struct ending {
	const char *state; /* SHIM_STATE_ */
	int exit_code;
	int signal;
	uint64_t begun_wall;
	const char *why;
};

/* small.c */
#ifdef CRASH_POINTS
void crash_point(const char *name); /* as os/crash.h says, of libc alone */
#define CRASH_POINT(name) crash_point(name)
#else
#define CRASH_POINT(name) ((void)0)
#endif
uint64_t boot_ms(void);
uint64_t wall_ms(void);
bool write_all(int fd, const char *p, size_t n);
bool parse_u64(const char *text, uint64_t *ret);
/* As much of a small file as fits; 0 when there is none. NUL-terminated. */
size_t read_small(int dir, const char *name, char *ret, size_t size);

/* cgroup.c. All best effort: where it does not work the subreaper has to do. Without a
 * cgroup: errno. */
void cgroup_make(struct cgroup *cgroup, const char *id);
/* How many processes and how much memory: false with errno, as where there is no such
 * controller. */
bool cgroup_limit(const struct cgroup *cgroup);
bool cgroup_take(const struct cgroup *cgroup, pid_t pid);
void cgroup_kill(const struct cgroup *cgroup);
/* What still runs there goes on in our own cgroup; the command's goes away. */
void cgroup_remove(struct cgroup *cgroup);

/* command.c */
struct setup;
struct said;
struct word;
struct started {
	pid_t pid;
	int out;     /* reading end of its output */
	int verdict; /* of its verdict; -1: it gives none */
	int away;    /* ends when it is what it was to be; -1: it is */
	/* Whether it began at all; how it ended, where pid is not the command itself. */
	const struct word *word;
};
/* As fork(), in such namespaces of its own. */
pid_t fork_apart(uint64_t namespaces);
/* False with *ret_said: what kept it from running. True: it runs, or takes its time to. */
bool command_start(const struct job *job, struct setup *setup, struct cgroup *cgroup,
    uint64_t begun_wall, struct started *ret, struct said *ret_said);
/* Is the command what it was to be, or will never be? Then *away is closed, and -1. */
bool command_away(int *away);

/* report.c */
struct redactor;
void output_begin(struct output *out, struct redactor *redactor);
/* At most one large read, so that a flood never keeps us from the clock; closes the pipe
 * at its end. True: there may be more. */
bool output_read(struct output *out, int *pipe_fd);
/* The file gets what the head has no room for, should there be news. */
void output_show(struct output *out);
/* Nothing more will come. */
void output_end(struct output *out);
/* Who it is that may begin, in started.new: false with errno. Then that it runs. */
bool started_note(pid_t child, uint64_t begun_wall, const struct cgroup *cgroup);
void started_tell(void);
/* To the attempt's folder, durable, or to the probe's socket. */
void report(const struct job *job, struct output *out, const struct ending *ending);

#endif
