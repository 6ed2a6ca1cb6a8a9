#include "gate/route.h"

#include <stdio.h>

static const char *
method_text(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
	case METHOD_HEAD:
		return "HEAD";
	case METHOD_POST:
		return "POST";
	case METHOD_DELETE:
		return "DELETE";
	}
	UNREACHABLE();
}

static bool
fits(const char *path, const struct target *target, struct route_match *ret)
{
	str rest = str_drop(str_of(path), 1);
	size_t n = target->segment_n;
	/* Alertmanager's paths may end in a slash. */
	if (n > 0 && target->segment[n - 1].n == 0 &&
	    route_face(target) == FACE_ALERTMANAGER)
		n--;
	for (size_t i = 0; i < n; i++) {
		if (rest.n == 0)
			return false;
		struct str_cut cut = str_cut(rest, '/');
		str segment = target->segment[i];
		if (str_eq(cut.head, STR("#"))) {
			if (!str_u64(segment, UINT64_MAX, &ret->number) || ret->number == 0)
				return false;
		} else if (str_eq(cut.head, STR("*"))) {
			if (segment.n == 0)
				return false;
			ret->name = segment;
		} else if (!str_eq(cut.head, segment)) {
			return false;
		}
		rest = cut.tail;
	}
	return rest.n == 0;
}

static bool
answers(const struct route *route, str method)
{
	return str_eq(method, str_of(method_text(route->method))) ||
	       (route->head && str_eq(method, STR("HEAD")));
}

static void
add_allow(char *allow, size_t size, const char *method)
{
	size_t have = strlen(allow);
	(void)snprintf(allow + have, size - have, "%s%s", have > 0 ? "," : "", method);
}

enum route_status
route_find(const struct route *table, size_t n, str method, const struct target *target,
    struct route_match *ret)
{
	struct route_match other = { .route = NULL };
	for (size_t i = 0; i < n; i++) {
		struct route_match match = { .route = &table[i] };
		if (!fits(table[i].path, target, &match))
			continue;
		if (answers(&table[i], method)) {
			*ret = match;
			return ROUTE_FOUND;
		}
		add_allow(other.allow, sizeof(other.allow), method_text(table[i].method));
		if (table[i].head)
			add_allow(other.allow, sizeof(other.allow), "HEAD");
		other.route = &table[i];
	}
	*ret = other;
	return other.route != NULL ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}

enum face
route_face_of(str raw)
{
	return str_starts(raw, STR("/api/v2/")) ? FACE_ALERTMANAGER
	       : str_starts(raw, STR("/v1/"))   ? FACE_V1
	                                        : FACE_PLAIN;
}

enum face
route_face(const struct target *target)
{
	if (target->segment_n >= 2 && str_eq(target->segment[0], STR("api")) &&
	    str_eq(target->segment[1], STR("v2")))
		return FACE_ALERTMANAGER;
	if (target->segment_n >= 1 && str_eq(target->segment[0], STR("v1")))
		return FACE_V1;
	return FACE_PLAIN;
}
