/*
 * The tables of the rows about who may ask: tokens, sessions of browsers, and what people sign
 * in with. The rules of row.c hold here too.
 */
#include "facts/row.h"

const char *const role_names[ROLE_COUNT] = {
	[ROLE_VIEWER] = "viewer",
	[ROLE_OPERATOR] = "operator",
	[ROLE_ADMIN] = "admin",
	[ROLE_SOURCE] = "source",
	[ROLE_LEAD] = "lead",
	[ROLE_FEED] = "feed",
};

static const struct field token_fields[] = {
	F_U64(1, struct token_row, id),
	F_STR(2, struct token_row, name),
	{ F_(3, FIELD_HASH, struct token_row, secret, FIELD_SECRET, 0) },
	F_STR(4, struct token_row, principal),
	F_ENUM(5, struct token_row, role, role_names),
	F_WALL(6, struct token_row, made_wall),
	F_WALL(7, struct token_row, until_wall),
	F_BOOL(8, struct token_row, revoked),
	FQ_STR(9, struct token_row, behalf),
	FQ_STR(10, struct token_row, feed),
};
const struct record_type token_row_type = RECORD(struct token_row, "token", token_fields);

const char *const session_how_names[SESSION_HOW_COUNT] = {
	[SESSION_LINK] = "link",
	[SESSION_PASSWORD] = "password",
	[SESSION_TOKEN] = "token",
	[SESSION_PROXY] = "proxy",
};

static const struct field session_fields[] = {
	F_U64(1, struct session_row, id),
	{ F_(2, FIELD_HASH, struct session_row, secret, FIELD_SECRET, 0) },
	F_STR(3, struct session_row, principal),
	F_ENUM(4, struct session_row, how, session_how_names),
	FQ_U64(5, struct session_row, token),
	F_WALL(6, struct session_row, made_wall),
	F_WALL(7, struct session_row, until_wall),
	F_WALL(8, struct session_row, seen_wall),
	F_WALL(9, struct session_row, again_wall),
	F_STR(10, struct session_row, address),
	F_STR(11, struct session_row, agent),
	FQ_BOOL(12, struct session_row, over),
};
const struct record_type session_row_type =
    RECORD(struct session_row, "session", session_fields);

static const struct field login_fields[] = {
	F_U64(1, struct login_row, id),
	F_STR(2, struct login_row, person),
	{ F_(3, FIELD_HASH, struct login_row, link, FIELD_SECRET, 0) },
	F_WALL(4, struct login_row, link_until),
	{ F_(5, FIELD_STR, struct login_row, password, FIELD_SECRET, 0) },
	F_WALL(6, struct login_row, password_wall),
};
const struct record_type login_row_type = RECORD(struct login_row, "login", login_fields);

const char *
role_name(enum role role)
{
	ASSERT(role > 0 && role < ROLE_COUNT);
	return role_names[role];
}

bool
role_by_name(str name, enum role *ret)
{
	for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
		if (str_eq(name, str_of(role_names[role]))) {
			*ret = role;
			return true;
		}
	}
	return false;
}

bool
role_reaches(enum role has, enum role wanted)
{
	static const unsigned rank[ROLE_COUNT] = {
		[ROLE_VIEWER] = 1,
		[ROLE_OPERATOR] = 2,
		[ROLE_LEAD] = 3,
		[ROLE_ADMIN] = 4,
	};
	return rank[has] > 0 && rank[has] >= rank[wanted];
}

const char *
session_how_name(enum session_how how)
{
	ASSERT(how > 0 && how < SESSION_HOW_COUNT);
	return session_how_names[how];
}

bool
session_ended(const struct session_row *row, msec wall)
{
	return row->over || wall >= row->until_wall ||
	       wall >= row->seen_wall + SESSION_IDLE_MS;
}
