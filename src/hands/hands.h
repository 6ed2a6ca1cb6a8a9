#ifndef HANDS_HANDS_H
#define HANDS_HANDS_H

/*
 * hands -- the role that touches the world: orders in, attempts, probes, notices and case
 * files out, results back. README.md says what is where.
 *
 * One loop. It connects out, writes STATE/attempts and STATE/handoffs, reads what its user
 * may read (secrets may be anywhere), and neither listens nor starts a process: its
 * spawner, forked before the confinement, does that.
 *
 * Frames
 *	supervisor	PEER (role engine): a new connection replaces the old; what waited
 *			for the old is dropped, what is out is told to the new
 *			BUNDLE: adopted, answered by ADOPTED; all is judged by the newest
 *			STOP: takes no more orders, lets notices that are out end (at most
 *			HANDS_STOP_MS), leaves; running actions run on
 *			READY and LOG go to it
 *	engine		EPOCH, first: older than the newest seen closes the connection
 *			ORDER: each is answered by one or more RESULTs; a start with an older
 *			epoch than the newest seen is refused, one that names a configuration
 *			not adopted here waits HANDS_CONFIG_WAIT_MS for it, then is refused
 *			OUTPUT: what an attempt has written so far, answered at once
 */
#define HANDS_CONFIG_WAIT_MS (10 * SECOND)
#define HANDS_STOP_MS (2 * SECOND)
#define HANDS_WAITING_MAX 4096
#define HANDS_WAITING_BYTES_MAX ((size_t)32 << 20)

struct hands_options {
	int supervisor_fd;
	const char *state_dir; /* absolute; attempts/ and handoffs/ are made if need be */
	const char *shim;      /* NULL: beside this program, or in ../libexec/firstline */
	const char *program;   /* firstline itself; NULL: this program */
};

/* The role's main; returns the process's exit code. 0: it was told to stop, or the
 * supervisor is gone. 1: it cannot work, also when its spawner died: start it again. */
int hands_main(const struct hands_options *options);

#endif
