/*
 * The tests beside runbooks: read, played, and what is not as expected told like any other
 * mistake.
 */
#include <stdio.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "core/rehearse.h"
#include "node/folder.h"
#include "os/clock.h"

#define TEXT_MAX (1u << 20)

/* One file; its memory is gone on return. */
static unsigned
try_file(const struct model *model, const struct bundle_file *file, struct arena scratch,
    struct buf *out, struct buf *mistakes, struct tests_tried *tried)
{
	struct diags diags;
	diags_init(&diags, &scratch);
	struct source src = { .name = file->path, .text = file->bytes };
	const struct rehearsal *rehearsal = rehearsal_read(model, &src, &scratch, &diags);
	if (rehearsal != NULL) {
		tried->cases += rehearsal->n;
		(void)rehearse(model, rehearsal, clock_wall(), &scratch, &diags);
	}
	diags_sort(&diags);
	diags_text(out, &diags);
	if (mistakes != NULL)
		diags_json(mistakes, &diags);
	return diags.count;
}

bool
check_tests(const char *dir, const struct model *model, struct arena *arena,
    struct buf *mistakes, struct tests_tried *ret)
{
	struct err err;
	struct bundle bundle;
	struct diags diags;
	struct buf out = BUF(TEXT_MAX);
	diags_init(&diags, arena);
	if (!folder_read_tests(dir, arena, &diags, &bundle, &err)) {
		complain("%s", err.text);
		return false;
	}
	diags_sort(&diags);
	diags_text(&out, &diags);
	if (mistakes != NULL)
		diags_json(mistakes, &diags);
	unsigned faults = diags.count;
	*ret = (struct tests_tried){ 0 };
	for (size_t i = 0; i < bundle.n; i++)
		faults += try_file(model, &bundle.files[i], *arena, &out, mistakes, ret);
	if (out.n > 0)
		(void)fwrite(out.p, 1, out.n, stderr);
	buf_done(&out);
	if (faults > 0)
		complain("%u mistake%s in the tests of '%s'", faults,
		    faults == 1 ? "" : "s", dir);
	return faults == 0;
}
