#ifndef FACTS_ROW_ACCESS_H
#define FACTS_ROW_ACCESS_H

#include "facts/row_limits.h"

/* Rows: tokens, browser sessions, how people sign in. */

enum role {
	ROLE_VIEWER = 1,
	ROLE_OPERATOR,
	ROLE_ADMIN,
	ROLE_SOURCE,
	ROLE_LEAD,
	ROLE_FEED, /* of one calendar, by its link; of nothing else */
};
#define ROLE_COUNT 7 /* one more than the last */

struct token_row {
	row_id id;
	str name;
	hash32 secret; /* SHA-256 of the secret part */
	str principal; /* "person:ana", "source:prometheus", "agent:helper", "local-admin" */
	enum role role;
	msec made_wall;
	msec until_wall; /* 0: no end */
	bool revoked;
	str behalf; /* the person whom an agent serves: "person:ana"; empty: nobody */
	/* ROLE_FEED: whose duty it tells, "person:ana", "team:ops" or "rotation:ops/primary";
	 * `principal` is who made it. */
	str feed;
};

#define FEEDS_MAX 1024u
#define FEEDS_PER_SUBJECT_MAX 16u

enum session_how { SESSION_LINK = 1, SESSION_PASSWORD, SESSION_TOKEN, SESSION_PROXY };
#define SESSION_HOW_COUNT 5 /* one more than the last */

/* A browser that is signed in. What its principal may do is looked up at each request: a
 * token's role, or the person's in the configuration. */
struct session_row {
	row_id id;
	hash32 secret; /* SHA-256 of the cookie's value */
	str principal; /* "person:ana", "local-admin" */
	enum session_how how;
	row_id token; /* SESSION_TOKEN: by which; 0: the local one */
	msec made_wall;
	msec until_wall; /* whatever happens */
	msec seen_wall;  /* last asked by it, give or take SESSION_SEEN_MS */
	msec again_wall; /* last proved who it is */
	str address;     /* where it signed in from */
	str agent;       /* the browser, as it called itself */
	bool over;
};
#define SESSION_KEEP_MS (7 * DAY)      /* from sign-in to end */
#define SESSION_IDLE_MS (12 * HOUR)    /* nothing asked for so long: it ends */
#define SESSION_SEEN_MS (10 * MINUTE)  /* so often that something was asked is kept */
#define SESSION_AGAIN_MS (5 * MINUTE)  /* signed in longer ago: again, for what is grave */
#define SESSIONS_MAX 1024u             /* beyond, the one that is longest idle ends */
#define SESSIONS_PER_PRINCIPAL_MAX 16u /* alike */
#define LOGIN_LINK_MS (10 * MINUTE)    /* a one-time link opens for so long */
#define SESSION_TEXT_MAX 120u          /* bytes of address and agent */

/* Over, or ended by time. */
bool session_ended(const struct session_row *row, msec wall);

/* What a person signs in with. */
struct login_row {
	row_id id;
	str person;      /* "ana" */
	hash32 link;     /* SHA-256 of its secret; zero: none, or it was used */
	msec link_until; /* wall */
	str password;    /* Argon2id in its usual text form; empty: none was set */
	msec password_wall;
};

#endif
