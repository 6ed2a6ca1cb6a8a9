#include "hands/act.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hands/secrets.h"
#include "os/env.h"
#include "os/file.h"
#include "shim/shim.h"

#define MEMORY_BYTES ((size_t)16 << 20)

static const struct field act_request_fields[] = {
	F_ENUM(1, struct act_request, kind, action_kind_names),
	F_BOOL(2, struct act_request, ask),
	F_U64(3, struct act_request, attempt),
	F_WALL(4, struct act_request, intent_wall),
	F_MSEC(5, struct act_request, timeout_ms),
	F_STRS(6, struct act_request, argv, ARGV_MAX),
	F_PAIRS(7, struct act_request, parts, PARTS_MAX),
	{ F_(8, FIELD_PAIRS, struct act_request, secrets, FIELD_SECRET, PARTS_MAX) },
	F_STR(9, struct act_request, bus),
};
const struct record_type act_request_type =
    RECORD(struct act_request, "act-request", act_request_fields);

static const struct {
	enum action_kind kind;
	struct act_outcome (*act)(const struct act_request *request, struct arena *arena);
} kinds[] = {
	{ ACTION_HTTP, act_http },
	{ ACTION_SSH, act_ssh },
	{ ACTION_SYSTEMD, act_systemd },
};

enum action_kind
act_kind_of(str word)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (str_eq(word, str_of(action_kind_names[kinds[i].kind])))
			return kinds[i].kind;
	}
	return 0;
}

bool
act_request_read(str bytes, struct arena *arena, struct act_request *ret, struct err *err)
{
	if (!record_decode_all(&act_request_type, bytes, arena, ret, err))
		return false;
	return ret->kind != 0 || err_set(err, ERR_INVALID, "a request without a kind");
}

/* ---- hands' side ---- */

/* A secret's value behind its prefix, in the arena. */
static bool
resolve(const struct act_request *request, str what, str reference, struct arena *arena,
    str *ret, struct err *err)
{
	struct secret secret;
	if (!secret_get(reference, &secret, err))
		return false;
	str name = arena_printf(arena, "prefix.%.*s", STR_ARG(what));
	str prefix = pairs_get(&request->parts, name);
	*ret =
	    arena_printf(arena, "%.*s%.*s", STR_ARG(prefix), (int)secret.n, secret.bytes);
	secret_wipe(&secret);
	return str_utf8(*ret) || err_set(err, ERR_INVALID, "the secret '%.*s' is no text",
				     STR_ARG(reference));
}

bool
act_input(const struct act_request *request, int *ret_fd, struct err *err)
{
	static char memory[SECRET_MAX * 20];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct act_request whole = *request;
	bool ok = true;
	whole.secrets.p = arena_new(&arena, struct pair, request->parts.n);
	for (size_t i = 0; ok && i < request->parts.n; i++) {
		const struct pair *part = &request->parts.p[i];
		if (!str_starts(part->name, STR("secret.")))
			continue;
		struct pair *secret = &whole.secrets.p[whole.secrets.n++];
		secret->name = str_drop(part->name, strlen("secret."));
		ok = (size_t)(arena.end - arena.beg) > 3 * SECRET_MAX
		         ? resolve(request, secret->name, part->value, &arena,
			       &secret->value, err)
		         : err_set(err, ERR_LIMIT, "it needs too many secrets");
	}
	const char *bus =
	    request->kind == ACTION_SYSTEMD ? env_get("DBUS_SYSTEM_BUS_ADDRESS") : NULL;
	if (bus != NULL)
		whole.bus = str_of(bus);
	struct buf bytes = BUF(ACT_REQUEST_MAX);
	if (ok) {
		record_encode(&act_request_type, &whole, &bytes);
		ok = bytes.overflow ? err_set(err, ERR_LIMIT, "its request is too long")
		                    : memfd_sealed("request", buf_str(&bytes), ret_fd, err);
	}
	explicit_bzero(memory, sizeof(memory));
	buf_wipe(&bytes);
	return ok;
}

struct strs
act_argv(const char *program, enum action_kind kind, str ret[3])
{
	const char *word =
	    kind > 0 && kind < ACTION_KIND_COUNT ? action_kind_names[kind] : "";
	ret[0] = str_of(program);
	ret[1] = STR("act");
	ret[2] = str_of(word);
	return (struct strs){ ret, 3 };
}

/* ---- the process ---- */

struct act_outcome
act_exited(int code)
{
	return (struct act_outcome){ .end = ACT_EXITED, .exit_code = code };
}

struct act_outcome
act_ended(enum act_end end, const char *fmt, ...)
{
	struct act_outcome ret = { .end = end, .exit_code = 1 };
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(ret.why, sizeof(ret.why), fmt, args);
	va_end(args);
	for (char *at = ret.why; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	}
	return ret;
}

static void
write_all(int fd, str text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text = str_drop(text, (size_t)n);
	}
}

void
act_say(str text)
{
	write_all(STDOUT_FILENO, text);
}

void
act_printf(const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n > 0)
		act_say(
		    (str){ text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 });
}

static const char *
state_of(enum act_end end)
{
	switch (end) {
	case ACT_EXITED:
		return SHIM_STATE_EXITED;
	case ACT_NEVER:
		return SHIM_STATE_NEVER_STARTED;
	case ACT_REFUSED:
		return SHIM_STATE_REFUSED;
	case ACT_UNKNOWN:
		return SHIM_STATE_UNKNOWN;
	}
	UNREACHABLE();
}

/* Always: without one nobody can know what became of it. */
static void
give_verdict(const struct act_outcome *outcome)
{
	char line[ACT_WHY_MAX + 32];
	int n = snprintf(line, sizeof(line), "%s %s", state_of(outcome->end), outcome->why);
	write_all(SHIM_FD_VERDICT, (str){ line, (size_t)n });
}

static struct act_outcome
act_by_kind(enum action_kind kind, struct arena *arena)
{
	struct act_request request;
	struct err err;
	str bytes;
	if (!file_read_fd(arena, STDIN_FILENO, ACT_REQUEST_MAX, &bytes, &err) ||
	    !act_request_read(bytes, arena, &request, &err))
		return act_ended(ACT_NEVER, "its request cannot be read: %s", err.text);
	if (request.kind != kind)
		return act_ended(ACT_NEVER, "its request is of another kind");
	for (size_t i = 0; i < countof(kinds); i++) {
		if (kinds[i].kind == kind)
			return kinds[i].act(&request, arena);
	}
	UNREACHABLE();
}

int
act_main(const char *word)
{
	enum action_kind kind = act_kind_of(str_of(word));
	if (kind == 0 || fcntl(SHIM_FD_VERDICT, F_SETFD, FD_CLOEXEC) < 0) {
		write_all(STDERR_FILENO,
		    STR("firstline: 'act' is how actions are done; see 'firstline run'\n"));
		return 2;
	}
	/* It holds secrets. */
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)signal(SIGPIPE, SIG_IGN);
	struct arena_map map;
	struct arena arena = arena_map(&map, MEMORY_BYTES);
	struct act_outcome outcome = act_by_kind(kind, &arena);
	give_verdict(&outcome);
	return outcome.exit_code;
}
