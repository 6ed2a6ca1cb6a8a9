#include "gate/pages.h"

#include <stdio.h>

#include "gate/state.h"

const struct page_file *
page_find(str path)
{
	for (size_t i = 0; i < page_files_n; i++) {
		if (str_eq(path, str_of(page_files[i].path)))
			return &page_files[i];
	}
	return NULL;
}

/* "br;q=0.5" takes it, "br;q=0" and "br; q=0.000" do not. */
static bool
takes(str accept, str coding)
{
	for (str rest = accept; rest.n > 0;) {
		struct str_cut item = str_cut(rest, ',');
		struct str_cut parts = str_cut(item.head, ';');
		rest = item.tail;
		if (!str_eq_caseless(str_trim(parts.head), coding))
			continue;
		str q = str_trim(parts.tail);
		if (!parts.found || q.n < 3 || !str_eq_caseless(str_take(q, 2), STR("q=")))
			return true;
		for (size_t i = 2; i < q.n; i++) {
			if (q.p[i] >= '1' && q.p[i] <= '9')
				return true;
		}
		return false;
	}
	return false;
}

enum page_coding
page_coding_of(str accept)
{
	if (takes(accept, STR("br")))
		return PAGE_BROTLI;
	return takes(accept, STR("gzip")) ? PAGE_GZIP : PAGE_PLAIN;
}

static void
serve(struct call *call, const struct page_file *file)
{
	static const char *const names[PAGE_CODINGS] = { NULL, "gzip", "br" };
	enum page_coding coding = page_coding_of(call->head.accept_encoding);
	char tag[40];
	/* One for each coding: a cache between us and them may keep them all. */
	(void)snprintf(tag, sizeof(tag), "\"%s%s%s\"", file->tag,
	    coding == PAGE_PLAIN ? "" : "-", coding == PAGE_PLAIN ? "" : names[coding]);
	const char *keep = file->kept ? "public, max-age=31536000, immutable" : "no-cache";
	if (head_etag_matches(&call->head, str_of(tag))) {
		respond_kept(call, 304, NULL, STR(""), keep);
	} else {
		respond_kept(call, 200, file->type, file->body[coding], keep);
		if (coding != PAGE_PLAIN)
			response_header(call->response, "Content-Encoding", names[coding]);
	}
	response_header(call->response, "ETag", tag);
	response_header(call->response, "Vary", "Accept-Encoding");
}

void
serve_page(struct call *call)
{
	/* The board's own; the others want more of the script at once. */
	const struct page_file *file =
	    page_find(str_eq(call->target.path, STR("/")) ? STR("/") : STR("page"));
	if (file != NULL)
		serve(call, file);
	else
		respond_error(call, 404, 3, "this server was built without pages");
}

void
serve_asset(struct call *call)
{
	const struct page_file *file = page_find(call->target.path);
	if (file != NULL && file->kept)
		serve(call, file);
	else
		respond_error(call, 404, 3, "path %.*s was not found",
		    STR_ARG(call->target.path));
}

void
serve_openapi(struct call *call)
{
	const struct page_file *file = page_find(STR("/v1/openapi.json"));
	if (file != NULL)
		serve(call, file);
	else
		respond_error(call, 404, 3, "this server was built without pages");
}
