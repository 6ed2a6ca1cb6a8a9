#include "hands/spawn_request.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX 1024 /* of a service or target */

const char *
spawn_refuses(const struct spawn_order *order)
{
	const struct strs *argv = order->argv;
	size_t bytes = 0;
	if (argv->n == 0 || argv->p[0].n == 0)
		return "there is no command";
	if (argv->n > SHIM_ARGS_MAX)
		return "the command has too many arguments";
	for (size_t i = 0; i < argv->n; i++) {
		if (argv->p[i].n > 0 && memchr(argv->p[i].p, '\0', argv->p[i].n) != NULL)
			return "an argument holds a NUL";
		bytes += argv->p[i].n + 1;
		if (bytes > SHIM_ARGS_BYTES_MAX)
			return "the arguments are too long";
	}
	if (argv->p[0].p[0] != '/' && str_contains(argv->p[0], STR("/")))
		return "the program is neither an absolute path nor a plain name";
	if (order->timeout_ms == 0 || order->timeout_ms > SHIM_TIMEOUT_MS_MAX)
		return "its timeout is out of range";
	str names[] = { order->service, order->target };
	for (size_t i = 0; i < countof(names); i++) {
		if (names[i].n > NAME_BYTES_MAX)
			return "the name of the service or target is too long";
		for (size_t k = 0; k < names[i].n; k++) {
			if ((unsigned char)names[i].p[k] < 0x20)
				return "the name of the service or target holds a control "
				       "character";
		}
	}
	return NULL;
}

static void
add_arg(char *bytes, size_t *n, str arg)
{
	ASSERT(*n + arg.n + 1 <= SPAWN_REQUEST_MAX);
	if (arg.n > 0)
		memcpy(bytes + *n, arg.p, arg.n);
	bytes[*n + arg.n] = '\0';
	*n += arg.n + 1;
}

static void
add_number(char *bytes, size_t *n, uint64_t value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_arg(bytes, n, (str){ text, (size_t)len });
}

size_t
spawn_request_write(const struct spawn_order *order, char *bytes)
{
	ASSERT(spawn_refuses(order) == NULL);
	struct spawn_head head = {
		.id = order->id,
		.probe = order->probe,
		.own = order->input_fd > 0,
		.argc = (uint32_t)(SPAWN_OWN_ARGS + order->argv->n),
	};
	static const char *const words[2][2] = { { "attempt", "act" }, { "probe", "ask" } };
	size_t n = sizeof(head);
	memcpy(bytes, &head, sizeof(head));
	add_arg(bytes, &n, STR("firstline-shim"));
	add_arg(bytes, &n, str_of(words[head.probe][head.own]));
	add_number(bytes, &n, order->id);
	add_number(bytes, &n, order->incident);
	add_arg(bytes, &n, order->service);
	add_arg(bytes, &n, order->target);
	add_number(bytes, &n, order->timeout_ms);
	for (size_t i = 0; i < order->argv->n; i++)
		add_arg(bytes, &n, order->argv->p[i]);
	return n;
}

bool
spawn_request_read(char *bytes, size_t n, struct spawn_head *head, char **ret_argv)
{
	if (n < sizeof(*head) || n > SPAWN_REQUEST_MAX)
		return false;
	memcpy(head, bytes, sizeof(*head));
	if (head->argc < SPAWN_OWN_ARGS + 1 || head->argc >= SPAWN_ARGV_MAX)
		return false;
	char *at = bytes + sizeof(*head), *end = bytes + n;
	for (uint32_t i = 0; i < head->argc; i++) {
		char *nul = memchr(at, '\0', (size_t)(end - at));
		if (nul == NULL)
			return false;
		ret_argv[i] = at;
		at = nul + 1;
	}
	ret_argv[head->argc] = NULL;
	return at == end;
}
