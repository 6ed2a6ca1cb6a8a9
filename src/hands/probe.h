#ifndef HANDS_PROBE_H
#define HANDS_PROBE_H

#include "base/list.h"
#include "hands/probes.h"

/*
 * probe -- one probe that is out; shared by probes.c and the file of each kind.
 */
struct probe_out {
	struct link link;
	struct probes *probes;
	row_id id;
	void *run; /* probe_run's own */
	void *own; /* that of the kinds below; gone with the answer */
	void (*drop)(struct probe_out *out); /* own: without an answer */
};

/* Each starts its kind; false when it could not, with err. Else probe_done, later, once. */
NODISCARD bool probe_promql_start(struct probe_out *out, struct net *net,
    const struct probe_row *row, struct err *err);
NODISCARD bool probe_http_start(struct probe_out *out, struct net *net,
    const struct probe_row *row, struct err *err);
NODISCARD bool probe_run_start(struct probe_out *out, uv_loop_t *loop,
    struct spawner *spawner, const struct probe_row *row, struct err *err);

/* What `firstline act` looks at: SSH, SYSTEMD. */
NODISCARD bool probe_act_start(struct probe_out *out, uv_loop_t *loop,
    struct spawner *spawner, const struct probe_row *row, struct err *err);
NODISCARD bool probe_tcp_start(struct probe_out *out, uv_loop_t *loop,
    const struct probe_row *row, struct err *err);
NODISCARD bool probe_tls_start(struct probe_out *out, uv_loop_t *loop,
    const struct probe_row *row, struct err *err);
NODISCARD bool probe_dns_start(struct probe_out *out, uv_loop_t *loop,
    const struct probe_row *row, struct err *err);
/* Only below one of the folders. */
NODISCARD bool probe_log_start(struct probe_out *out, uv_loop_t *loop,
    const struct strs *folders, const struct probe_row *row, struct err *err);

void probe_run_spawned(struct probe_out *out, int error);
void probe_run_drop(struct probe_out *out); /* without an answer */

/* Answers and frees it. result->probe is filled in here; value and error are cleaned. */
void probe_done(struct probe_out *out, struct probe_result *result);
void probe_failed(struct probe_out *out, str error);

#endif
