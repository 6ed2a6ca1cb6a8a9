/*
 * What tools/openapi makes docs/openapi.json of: every route of the gate, and the fields of
 * every record that an answer may hold, from the same tables that the program uses.
 */
#include <stdio.h>

#include "gate/body.h"
#include "gate/route.h"

static void
put_text(const char *text)
{
	struct buf b = BUF(4096);
	json_put_string(&b, str_of(text));
	printf("%.*s", (int)b.n, b.p);
	buf_done(&b);
}

static void
put_field(const struct field *f)
{
	printf("{\"name\":");
	put_text(f->name);
	printf(",\"kind\":%u,\"quiet\":%s,\"type\":", f->kind,
	    (f->flags & FIELD_QUIET) != 0 ? "true" : "false");
	if (f->type != NULL)
		put_text(f->type->name);
	else
		printf("null");
	printf(",\"names\":[");
	bool any = false;
	for (unsigned i = 0; i < f->names_n; i++) {
		if (f->names[i] == NULL)
			continue;
		if (any)
			printf(",");
		any = true;
		put_text(f->names[i]);
	}
	printf("]}");
}

static void
put_type(const struct record_type *type)
{
	bool any = false;
	printf("{\"name\":");
	put_text(type->name);
	printf(",\"fields\":[");
	for (unsigned i = 0; i < type->field_count; i++) {
		if ((type->fields[i].flags & FIELD_SECRET) != 0)
			continue;
		if (any)
			printf(",");
		any = true;
		put_field(&type->fields[i]);
	}
	printf("]}");
}

/* And those that stand within it. */
static void
put_types(const struct record_type *type, unsigned depth)
{
	if (depth > RECORD_DEPTH_MAX)
		return;
	put_type(type);
	for (unsigned i = 0; i < type->field_count; i++) {
		if (type->fields[i].type != NULL) {
			printf(",\n");
			put_types(type->fields[i].type, depth + 1);
		}
	}
}

static void
put_route(const struct route *route)
{
	static const char *const methods[] = { [METHOD_GET] = "get",
		[METHOD_POST] = "post",
		[METHOD_DELETE] = "delete" };
	printf("{\"method\":\"%s\",\"path\":\"%s\",\"open\":%s,\"shape\":%u,\"op\":%u,"
	       "\"tagged\":%s,\"query\":\"%s\",\"body\":",
	    methods[route->method], route->path,
	    route->who == WHO_ANYONE ? "true" : "false", route->shape, route->op,
	    route->tagged ? "true" : "false", route->query != NULL ? route->query : "");
	if (route->body == NULL) {
		printf("null}");
		return;
	}
	printf("[");
	for (const struct body_member *m = route->body; m->name != NULL; m++)
		printf("%s{\"name\":\"%s\",\"kind\":%u,\"required\":%s}",
		    m == route->body ? "" : ",", m->name, m->kind,
		    m->required ? "true" : "false");
	printf("]}");
}

int
main(void)
{
	printf("{\"version\":\"" FIRSTLINE_VERSION "\",\"routes\":[\n");
	for (size_t i = 0; i < gate_routes_n; i++) {
		if (i > 0)
			printf(",\n");
		put_route(&gate_routes[i]);
	}
	printf("],\"types\":[\n");
	const struct record_type *type;
	for (size_t i = 0; (type = record_type_at(i)) != NULL; i++) {
		if (i > 0)
			printf(",\n");
		put_types(type, 0);
	}
	printf("]}\n");
	return 0;
}
