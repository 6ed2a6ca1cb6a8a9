/*
 * act_systemd -- start, stop, restart or reload a unit of this machine, over D-Bus.
 * model/kind_systemd.c says what its parts are.
 *
 *	subscribe --> RestartUnit --job--> wait for JobRemoved of that job --> its result
 *	    |             |                        |
 *	    `-- no bus:   `-- an error: it         `-- the bus is gone: nobody can know
 *	        not begun     failed, and says why
 *
 * systemd says what became of a job in one word: done is exit code 0; failed, timeout,
 * dependency, canceled, skipped and the others are 1.
 *
 * libsystemd is loaded when it is needed: its libraries would cost every other process of
 * Firstline a start.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "hands/act.h"
#include "os/clock.h"

#define LIBRARY "libsystemd.so.0"
#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"
#define UNIT_IFACE "org.freedesktop.systemd1.Unit"
#define UNIT_NAME_MAX 255 /* systemd's own */
#define RESULT_MAX 64

#define FUNCTIONS(F)                      \
	F(sd_bus_new)                     \
	F(sd_bus_set_address)             \
	F(sd_bus_set_bus_client)          \
	F(sd_bus_start)                   \
	F(sd_bus_open_system)             \
	F(sd_bus_set_method_call_timeout) \
	F(sd_bus_call_method)             \
	F(sd_bus_message_read)            \
	F(sd_bus_message_unref)           \
	F(sd_bus_match_signal)            \
	F(sd_bus_process)                 \
	F(sd_bus_wait)                    \
	F(sd_bus_get_property)            \
	F(sd_bus_error_free)              \
	F(sd_bus_error_get_errno)         \
	F(sd_bus_close)                   \
	F(sd_bus_unref)

/* The functions of the library, each under its own name. */
struct api {
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

struct unit_call {
	struct api api;
	sd_bus *bus;
	const char *unit;
	const char *job; /* its path, once it is known */
	char result[RESULT_MAX];
};

static bool
load(struct api *api)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return false;
		/* POSIX lets a void * be a function; C does not know it */
#define FIND(name)                                             \
	{                                                      \
		void *found = dlsym(library, #name);           \
		if (found == NULL)                             \
			return false;                          \
		memcpy(&api->name, &found, sizeof(api->name)); \
	}
	FUNCTIONS(FIND)
#undef FIND
	return true;
}

/* As systemd has it: characters that can stand in one, and a type. */
static bool
unit_name_is(str name)
{
	static const char *const types[] = { ".service", ".socket", ".timer", ".target",
		".mount", ".automount", ".path", ".slice", ".scope", ".swap", ".device" };
	if (name.n == 0 || name.n > UNIT_NAME_MAX || name.p[0] == '-' || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		              (c >= '0' && c <= '9');
		if (!letter && (c == '\0' || strchr(":-_.\\@", c) == NULL))
			return false;
	}
	for (size_t i = 0; i < countof(types); i++) {
		if (str_ends(name, str_of(types[i])) && name.n > strlen(types[i]))
			return true;
	}
	return false;
}

/* ---- the bus ---- */

static int
connect_bus(struct unit_call *c, const struct act_request *request, struct arena *arena)
{
	const struct api *api = &c->api;
	if (request->bus.n == 0)
		return api->sd_bus_open_system(&c->bus);
	int error = api->sd_bus_new(&c->bus);
	if (error >= 0)
		error = api->sd_bus_set_address(c->bus, arena_cstr(arena, request->bus));
	if (error >= 0)
		error = api->sd_bus_set_bus_client(c->bus, 1);
	return error >= 0 ? api->sd_bus_start(c->bus) : error;
}

/* True: it surely was not done. An answer that never came says nothing. */
static bool
surely_refused(int error)
{
	return error != -ETIMEDOUT && error != -ECONNRESET && error != -ENOTCONN &&
	       error != -EPIPE && error != -EIO && error != -ESHUTDOWN;
}

static int
on_job_removed(sd_bus_message *message, void *ctx, sd_bus_error *error)
{
	struct unit_call *c = ctx;
	const char *job, *unit, *result;
	uint32_t id;
	(void)error;
	if (c->api.sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) < 0)
		return 0;
	if (c->job != NULL && strcmp(job, c->job) == 0)
		(void)snprintf(c->result, sizeof(c->result), "%s", result);
	return 0;
}

static struct act_outcome
wait_for_job(struct unit_call *c)
{
	for (;;) {
		int n = c->api.sd_bus_process(c->bus, NULL);
		if (c->result[0] != '\0') {
			act_printf("%s: %s\n", c->unit, c->result);
			return act_exited(strcmp(c->result, "done") == 0 ? 0 : 1);
		}
		if (n == 0)
			n = c->api.sd_bus_wait(c->bus, UINT64_MAX);
		if (n < 0 && n != -EINTR)
			return act_ended(ACT_UNKNOWN,
			    "the job began, and the bus is gone: %s", strerror(-n));
	}
}

/* ---- what is done ---- */

static const char *
method_of(str what)
{
	static const struct {
		const char *what;
		const char *method;
	} methods[] = {
		{ "start", "StartUnit" },
		{ "stop", "StopUnit" },
		{ "restart", "RestartUnit" },
		{ "reload", "ReloadUnit" },
	};
	for (size_t i = 0; i < countof(methods); i++) {
		if (str_eq(what, str_of(methods[i].what)))
			return methods[i].method;
	}
	return NULL;
}

static struct act_outcome
failed(const struct unit_call *c, int error, sd_bus_error *said)
{
	const char *text = said->message != NULL ? said->message : strerror(-error);
	struct act_outcome ret;
	if (surely_refused(error)) {
		act_printf("%s: %s (%s)\n", c->unit, text,
		    said->name != NULL ? said->name : "error");
		ret = act_exited(1);
	} else {
		ret = act_ended(ACT_UNKNOWN, "systemd was asked, and did not answer: %s",
		    text);
	}
	c->api.sd_bus_error_free(said);
	return ret;
}

static struct act_outcome
do_job(struct unit_call *c, const struct act_request *request)
{
	const struct api *api = &c->api;
	const char *method = method_of(pairs_get(&request->parts, STR("do")));
	sd_bus_error said = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	if (method == NULL)
		return act_ended(ACT_NEVER, "its request does not say what to do");
	int error = api->sd_bus_match_signal(c->bus, NULL, MANAGER, MANAGER_PATH,
	    MANAGER_IFACE, "JobRemoved", on_job_removed, c);
	if (error >= 0)
		error = api->sd_bus_call_method(c->bus, MANAGER, MANAGER_PATH,
		    MANAGER_IFACE, "Subscribe", &said, NULL, NULL);
	if (error < 0) {
		struct act_outcome ret = act_ended(ACT_NEVER, "systemd does not answer: %s",
		    said.message != NULL ? said.message : strerror(-error));
		api->sd_bus_error_free(&said);
		return ret;
	}
	error = api->sd_bus_call_method(c->bus, MANAGER, MANAGER_PATH, MANAGER_IFACE,
	    method, &said, &answer, "ss", c->unit, "replace");
	if (error < 0)
		return failed(c, error, &said);
	struct act_outcome ret;
	if (api->sd_bus_message_read(answer, "o", &c->job) < 0)
		ret = act_ended(ACT_UNKNOWN, "systemd's answer cannot be read");
	else
		ret = wait_for_job(c);
	(void)api->sd_bus_message_unref(answer);
	return ret;
}

/* ---- a probe ---- */

/* One text of the unit; NULL with the error said. */
static const char *
property(struct unit_call *c, const char *path, const char *name, sd_bus_message **keep,
    sd_bus_error *said)
{
	const char *value = NULL;
	if (c->api.sd_bus_get_property(c->bus, MANAGER, path, UNIT_IFACE, name, said, keep,
		"s") < 0 ||
	    c->api.sd_bus_message_read(*keep, "s", &value) < 0)
		return NULL;
	return value;
}

static struct act_outcome
look(struct unit_call *c, const struct act_request *request)
{
	const struct api *api = &c->api;
	bool sub = str_eq(pairs_get(&request->parts, STR("value")), STR("sub"));
	sd_bus_error said = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL, *load_state = NULL, *state = NULL;
	const char *path = NULL, *loaded = NULL, *value = NULL;
	struct act_outcome ret;
	if (api->sd_bus_call_method(c->bus, MANAGER, MANAGER_PATH, MANAGER_IFACE,
		"LoadUnit", &said, &answer, "s", c->unit) >= 0 &&
	    api->sd_bus_message_read(answer, "o", &path) >= 0)
		loaded = property(c, path, "LoadState", &load_state, &said);
	if (loaded != NULL)
		value = property(c, path, sub ? "SubState" : "ActiveState", &state, &said);
	if (loaded != NULL && strcmp(loaded, "not-found") == 0) {
		ret = act_ended(ACT_NEVER, "there is no unit %s", c->unit);
	} else if (value == NULL) {
		ret = act_ended(ACT_NEVER, "systemd does not tell: %s",
		    said.message != NULL ? said.message : "no answer");
	} else {
		act_printf("%s\n", value);
		ret = act_exited(0);
	}
	api->sd_bus_error_free(&said);
	(void)api->sd_bus_message_unref(answer);
	(void)api->sd_bus_message_unref(load_state);
	(void)api->sd_bus_message_unref(state);
	return ret;
}

struct act_outcome
act_systemd(const struct act_request *request, struct arena *arena)
{
	struct unit_call c = { 0 };
	str unit = pairs_get(&request->parts, STR("unit"));
	if (!unit_name_is(unit))
		return act_ended(ACT_NEVER, "'%.*s' is not the name of a unit",
		    (int)(unit.n < 100 ? unit.n : 100), unit.p);
	if (!load(&c.api))
		return act_ended(ACT_NEVER, "there is no " LIBRARY);
	c.unit = arena_cstr(arena, unit);
	int error = connect_bus(&c, request, arena);
	if (error < 0) {
		(void)c.api.sd_bus_unref(c.bus);
		return act_ended(ACT_NEVER, "the system's bus cannot be reached: %s",
		    strerror(-error));
	}
	(void)c.api.sd_bus_set_method_call_timeout(c.bus, request->timeout_ms * 1000);
	struct act_outcome ret = request->ask ? look(&c, request) : do_job(&c, request);
	c.api.sd_bus_close(c.bus);
	(void)c.api.sd_bus_unref(c.bus);
	return ret;
}
