#ifndef GATE_ROUTE_H
#define GATE_ROUTE_H

#include "facts/frame.h"
#include "gate/target.h"

/*
 * route -- which request is for whom: one table, and the only way in.
 *
 * Pure. A route says its method, its path, who may use it, and what is asked of the
 * engine. There is no default for `who`: a row without it does not pass the unit test.
 */
struct call;
struct body_member;

enum method { METHOD_GET = 1, METHOD_HEAD, METHOD_POST, METHOD_DELETE };

/* Who may use a route. The gate knows nobody: it only turns away who shows no token where
 * one is always needed; whose a token is, and what it opens, is the engine's to say. */
enum who {
	WHO_ANYONE = 1, /* the token is not even looked at */
	WHO_ENGINE,     /* the engine decides; without a token too, while none was made */
	WHO_TOKEN,      /* a token must be there, then the engine decides */
};

/* How answers and errors look. */
enum face {
	FACE_PLAIN = 1, /* text */
	FACE_ALERTMANAGER,
	FACE_V1,
};

/* What an answer's items become. */
enum shape {
	SHAPE_NONE = 0, /* the route's own business */
	SHAPE_ONE,      /* the first item as an object */
	SHAPE_LIST,     /* {"items": [...], "cursor": "..."} */
	SHAPE_WHOLE,    /* an incident with all that belongs to it */
	SHAPE_WHY,      /* an incident, what was decided, and what may be done */
	SHAPE_DONE,     /* {"exit": 0, "incident": {...}} */
	SHAPE_ASKED,    /* what was asked for, and what was decided about it last */
};

struct route {
	enum method method;
	const char *path; /* "/v1/incidents/#/why": # a number, * any part */
	enum who who;
	enum face face;
	void (*serve)(struct call *call); /* once the request is read */
	const char *query;                /* names it knows; NULL: others are ignored */
	enum shape shape;
	enum op op;
	enum command_kind command;
	const struct body_member
	    *body;   /* members of a POST's body, ends with a NULL name */
	bool head;   /* HEAD is answered too */
	bool form;   /* its body is a form, not JSON */
	bool raw;    /* its body is whatever it is */
	bool tagged; /* ETag and If-None-Match */
	bool open_cors;
	bool page; /* what is shown wrongly is as nothing shown: it has a form to sign in */
};

enum route_status { ROUTE_FOUND = 1, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct route_match {
	const struct route *route;
	uint64_t number; /* of '#' */
	str name;        /* of '*' */
	char allow[64];  /* ROUTE_NO_METHOD: "GET, POST" */
};

/* `method` as in the request line. */
enum route_status route_find(const struct route *table, size_t n, str method,
    const struct target *target, struct route_match *ret);
/* The face of errors for a path that has no route. */
enum face route_face(const struct target *target);
/* Of one that could not be read. */
enum face route_face_of(str raw);

extern const struct route gate_routes[];
extern const size_t gate_routes_n;

#endif
