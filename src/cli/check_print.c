#include "cli/check.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/output.h"

#define TEXT_MAX (4u << 20)

static int
print(struct buf *text)
{
	bool all = !text->overflow;
	(void)fwrite(text->p, 1, text->n, stdout);
	buf_done(text);
	return out_flush(all);
}

/* "checked 1 service, 2 teams, ..." */
static void
put_checked(struct buf *text, const struct model *model, size_t cases)
{
	const struct {
		size_t n;
		const char *one, *many;
	} counts[] = {
		{ model->services_n, "service", "services" },
		{ model->teams_n, "team", "teams" },
		{ model->people_n, "person", "people" },
		{ model->actions_n, "action", "actions" },
		{ model->rules_n, "rule", "rules" },
		{ model->runbooks_n, "runbook", "runbooks" },
		{ cases, "test", "tests" },
	};
	for (size_t i = 0; i < countof(counts); i++) {
		if (i + 1 == countof(counts) && cases == 0)
			return;
		buf_printf(text, "%s%zu %s", i == 0 ? "checked " : ", ", counts[i].n,
		    counts[i].n == 1 ? counts[i].one : counts[i].many);
	}
}

static void
member(struct buf *text, const char *name, str value)
{
	buf_printf(text, ",\"%s\":", name);
	json_put_string(text, value);
}

static void
put_json(struct buf *text, const struct found *found)
{
	buf_printf(text, "{\"kind\":\"%s\",\"note\":%s,\"error\":%s",
	    found_kind_name(found->kind), found->note ? "true" : "false",
	    found->error ? "true" : "false");
	member(text, "file", found->place.file);
	buf_printf(text, ",\"line\":%u", found->place.line);
	member(text, "text", found->text);
	member(text, "example", found->example);
	member(text, "hint", found->mend);
	buf_char(text, '}');
}

static void
put_lines(struct buf *text, const struct found *found)
{
	if (found->place.file.n > 0)
		buf_printf(text, "%.*s:%u: ", STR_ARG(found->place.file),
		    found->place.line);
	buf_printf(text, "%s: ", found->note ? "note" : found->error ? "error" : "warning");
	buf_add(text, found->text);
	buf_char(text, '\n');
	if (found->example.n > 0) {
		buf_add(text, STR("    for example: "));
		buf_add(text, found->example);
		buf_char(text, '\n');
	}
	if (found->mend.n > 0) {
		buf_add(text, STR("    hint: "));
		buf_add(text, found->mend);
		buf_char(text, '\n');
	}
}

int
check_print(const struct model *model, const struct analysis *analysis,
    const struct tests_tried *tried, const struct check_options *o)
{
	struct buf text = BUF(TEXT_MAX);
	size_t warnings = analysis->dropped, errors = 0, shown = 0;
	if (o->json)
		buf_char(&text, '[');
	for (size_t i = 0; i < analysis->n; i++) {
		const struct found *found = &analysis->found[i];
		errors += found->error;
		warnings += !found->note && !found->error;
		if (found->note && !o->explain && found->kind != FOUND_LIMIT)
			continue;
		if (o->json && shown++ > 0)
			buf_char(&text, ',');
		if (o->json)
			put_json(&text, found);
		else
			put_lines(&text, found);
	}
	if (o->json) {
		buf_add(&text, STR("]\n"));
	} else {
		if (analysis->dropped > 0)
			buf_printf(&text, "and %zu more\n", analysis->dropped);
		put_checked(&text, model, tried->cases);
		if (errors == 0)
			buf_add(&text, STR(": no mistakes"));
		else
			buf_printf(&text, ": %zu mistake%s", errors,
			    errors == 1 ? "" : "s");
		if (warnings > 0)
			buf_printf(&text, ", %zu warning%s", warnings,
			    warnings == 1 ? "" : "s");
		buf_char(&text, '\n');
	}
	int code = print(&text);
	return errors > 0 || (warnings > 0 && o->strict) ? EXIT_FAILED : code;
}

void
check_print_list(const struct buf *mistakes)
{
	struct buf text = BUF(TEXT_MAX + 16);
	buf_char(&text, '[');
	buf_add(&text, buf_str(mistakes));
	buf_add(&text, STR("]\n"));
	(void)print(&text);
}

/* ---- --diff ---- */

static bool
widens(const struct differs *differs)
{
	return differs->after < differs->before;
}

static void
put_differs_json(struct buf *text, const struct differs *differs)
{
	buf_printf(text, "{\"widens\":%s", widens(differs) ? "true" : "false");
	member(text, "request", differs->request);
	member(text, "before", str_of(verdict_name(differs->before)));
	member(text, "after", str_of(verdict_name(differs->after)));
	member(text, "because", differs->because);
	member(text, "file", differs->place.file);
	buf_printf(text, ",\"line\":%u}", differs->place.line);
}

static void
put_differs(struct buf *text, const struct differs *differs)
{
	buf_printf(text, "  %s (was %s)  ", verdict_name(differs->after),
	    verdict_name(differs->before));
	buf_add(text, differs->request);
	buf_add(text, STR("\n    "));
	buf_add(text, differs->because);
	if (differs->place.file.n > 0)
		buf_printf(text, " (%.*s:%u)", STR_ARG(differs->place.file),
		    differs->place.line);
	buf_char(text, '\n');
}

static void
put_unseen_json(struct buf *text, const struct unseen *unseen)
{
	buf_add(text, STR("{\"unseen\":true"));
	member(text, "because", unseen->text);
	member(text, "file", unseen->place.file);
	buf_printf(text, ",\"line\":%u}", unseen->place.line);
}

static void
put_unseen(struct buf *text, const struct difference *difference)
{
	size_t n = difference->unseen_n + difference->unseen_dropped;
	if (n == 0)
		return;
	buf_printf(text, "not looked at, %zu:\n", n);
	for (size_t i = 0; i < difference->unseen_n; i++) {
		const struct unseen *unseen = &difference->unseen[i];
		buf_add(text, STR("  "));
		buf_add(text, unseen->text);
		if (unseen->place.file.n > 0)
			buf_printf(text, " (%.*s:%u)", STR_ARG(unseen->place.file),
			    unseen->place.line);
		buf_char(text, '\n');
	}
	if (difference->unseen_dropped > 0)
		buf_printf(text, "and %zu more\n", difference->unseen_dropped);
}

static void
put_all(struct buf *text, const struct difference *difference, size_t wider)
{
	if (difference->n == 0)
		buf_add(text, difference->unseen_n == 0
				  ? STR("nothing that was asked is answered differently\n")
				  : STR("no difference was found, but not everything was "
					"looked at\n"));
	for (size_t i = 0; i < difference->n; i++) {
		if (i == 0 && wider > 0)
			buf_printf(text, "more is allowed, %zu:\n", wider);
		if (i == wider)
			buf_printf(text, "less is allowed, %zu:\n", difference->n - wider);
		put_differs(text, &difference->p[i]);
	}
	if (difference->dropped > 0)
		buf_printf(text, "and %zu more\n", difference->dropped);
	put_unseen(text, difference);
	if (difference->of > 0)
		buf_printf(text,
		    "looked at %zu of %zu combinations of who, what and where, with %zu "
		    "made-up decisions: a sample, no proof\n",
		    difference->looked_at, difference->of, difference->decisions);
}

int
check_print_difference(const struct difference *difference, const struct check_options *o)
{
	struct buf text = BUF(TEXT_MAX);
	size_t wider = 0;
	while (wider < difference->n && widens(&difference->p[wider]))
		wider++;
	if (o->json) {
		buf_char(&text, '[');
		for (size_t i = 0; i < difference->n; i++) {
			if (i > 0)
				buf_char(&text, ',');
			put_differs_json(&text, &difference->p[i]);
		}
		for (size_t i = 0; i < difference->unseen_n; i++) {
			if (i + difference->n > 0)
				buf_char(&text, ',');
			put_unseen_json(&text, &difference->unseen[i]);
		}
		buf_add(&text, STR("]\n"));
	} else {
		put_all(&text, difference, wider);
	}
	int code = print(&text);
	bool sure = wider == 0 && difference->unseen_n == 0;
	return code == EXIT_OK && !sure && o->strict ? EXIT_FAILED : code;
}
