#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/zone.h"
#include "cli/cli.h"
#include "facts/record.h"

/*
 * client -- asks a running server over HTTP.
 *
 * Where: --url, else $FIRSTLINE_URL, else STATE/endpoint (which serve writes), else
 * http://127.0.0.1:9911. STATE: --state, else $FIRSTLINE_STATE, else ./firstline-state.
 * As whom: --token-file, else $FIRSTLINE_TOKEN_FILE, else STATE/local.token, which is only
 * ever sent to this machine.
 *
 * Every function that asks returns EXIT_OK, or the exit code after having said on stderr
 * what went wrong. A change carries an Idempotency-Key, so it is safely asked again when
 * the server was just starting or the answer was lost.
 */
struct client_options {
	const char *state, *url, *token_file;
	bool json;
};

#define CLIENT_HELP                                                                      \
	"\n"                                                                             \
	"  --json             the server's answer as it is; a list with all its pages\n" \
	"  --url URL          the server (default $FIRSTLINE_URL, STATE/endpoint,\n"     \
	"                     http://127.0.0.1:9911)\n"                                  \
	"  --state DIR        its state folder (default $FIRSTLINE_STATE,\n"             \
	"                     ./firstline-state)\n"                                      \
	"  --token-file FILE  who asks (default $FIRSTLINE_TOKEN_FILE,\n"                \
	"                     STATE/local.token)\n"

struct client {
	struct arena_map map;
	struct arena arena; /* lives as long as the command */
	struct client_options options;
	const char *url;   /* without a '/' at its end */
	const char *token; /* NULL: none */
	uint32_t status;   /* HTTP's, of the last answer */
	bool ours;         /* that answer has what Firstline's gate gives with each */
};

/*
 * A command that asks: client_run takes its options and the common ones, counts what is
 * left, and calls `run` with an open client and the arguments after the command's name.
 */
struct client_command {
	const char *usage; /* "incident show NUMBER" */
	int min, max;      /* arguments; max < 0: any number */
	const struct option_spec *specs;
	size_t specs_n;
	int (*run)(struct client *client, void *context, int argc, char **argv);
	void *context;
	/* What to write instead, where --state was meant for the state of what is listed;
	 * NULL: nothing is known. */
	const char *(*instead_of_state)(str word);
};
int client_run(int argc, char **argv, const struct client_command *command);

/* For whoever has no command line. Nothing is asked yet; EXIT_OK, or a complaint about a
 * token file and nothing to close. */
int client_open(struct client *client, const struct client_options *options);
void client_close(struct client *client);

int client_get(struct client *client, const char *path, str *ret_body);
/* A list to its end, page after page, as one answer of which `cursor` is null; one that is
 * a single page as the server wrote it. Memory for 256 MiB of it. */
int client_get_all(struct client *client, const char *path, str *ret_body);
/* Is there such a service, such a team? EXIT_NOT_FOUND, and said: a name that is mistyped would
 * else read as one of which there is nothing to tell. */
int service_known(struct client *client, const char *name);
int team_known(struct client *client, const char *name);
int client_post(struct client *client, const char *path, str json, str *ret_body);
int client_delete(struct client *client, const char *path, str *ret_body);

/* The state folder: the option if given, else $FIRSTLINE_STATE, else ./firstline-state. */
const char *client_state_dir(const char *option);
/* Percent-encoded, for a part of a path or of a query. */
str client_escape(struct client *client, const char *text);
/* The answer on stdout as the server wrote it, with one line end. */
int client_print_json(str body);

/* ---- what is in an answer ---- */

/* The object under `member`; the answer itself where it has no such member. Members and
 * names that a newer server added are skipped. */
NODISCARD bool reply_one(struct client *client, str body, const char *member,
    const struct record_type *type, void *ret);
/* Is there such a member, and not null? */
bool reply_has(struct client *client, str body, const char *member);
/* What reply_one makes of an object before it is read: the same without unknown members,
 * nulls and names that no enumerator has. NULL, or what is wrong with the text. */
const char *reply_known(const struct record_type *type, str object, struct arena scratch,
    struct buf *out);
/* What a server refuses with: {"error": {"status": 403, "message": "...", "exit": 5}} below
 * /v1; below /api/v2, as Alertmanager does, a bare "..." or {"code": 602, "message": "..."}.
 * false: this is no such answer. *ret_exit stays where there is none. */
NODISCARD bool reply_error(str body, struct arena *arena, str *ret_message,
    uint64_t *ret_exit);
/* Of an element of a list of alerts: its name, "alert" where it has none, and its other labels
 * as text, `job="db", instance="db-1"`, added to `ret`. false: this is no alert. */
NODISCARD bool reply_alert(struct json *j, str *ret_name, struct buf *ret);
/* A page of a list, its members as they are written; both may be empty. */
struct reply_page {
	str items, seq;  /* `items` with its brackets */
	char cursor[32]; /* of the next page; empty: this is the last */
};
/* false: this is none, or its cursor is longer than any of ours. */
NODISCARD bool reply_page(str body, struct arena *arena, struct reply_page *ret);
/* The objects of the list under `member`; none where it has no such member. */
NODISCARD bool reply_list(struct client *client, str body, const char *member,
    const struct record_type *type, struct records *ret);
/* A text member of the answer itself; empty where there is none. */
str reply_text(struct client *client, str body, const char *member);

/* ---- bodies ---- */

/* {"NAME":"TEXT",...} from pairs of C strings up to a NULL name; NULL texts are left out.
 * `params` is added as an object under "with" unless NULL or empty. */
str body_of(struct client *client, const char *const *texts, const struct pairs *params);
/* Arguments NAME=VALUE as pairs, sorted; complains about any other. */
NODISCARD bool params_take(struct client *client, int argc, char **argv, struct pairs *ret);
/* An incident's or a row's number: "12" or "#12". Complains. */
NODISCARD bool number_take(const char *text, const char *what, uint64_t *ret);
/* "90s", "5m", "2h", "1d". The second complains. */
NODISCARD bool length_read(str text, msec *ret);
NODISCARD bool length_take(const char *text, msec *ret);
/* "2026-11-23", "2026-11-23T18:30" or with a blank, in local time; "18:30": the next one.
 * Complains. */
NODISCARD bool time_take(const struct zone *zone, const char *text, msec *ret);
/* "18:30": the first instant behind `wall` at which clocks there show it. */
NODISCARD bool time_next(const struct zone *zone, msec wall, str text, msec *ret);
/* "2026-11-23" as the start of that day. */
NODISCARD bool date_take(str text, struct civil *ret);
/* Of what stops something, which is never refused for its words: says that they are cut, where
 * they are. NULL: there are none. */
void say_cut(const char *words);
/* The words with blanks between them. */
str words_of(struct client *client, int argc, char **argv);

#endif
