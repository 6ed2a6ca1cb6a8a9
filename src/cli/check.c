#include <stdio.h>
#include <sys/stat.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "node/adoption.h"
#include "os/clock.h"

#define FOUND_ARENA_BYTES ((size_t)512 << 20) /* of address space */
#define MISTAKES_BYTES_MAX ((size_t)4 << 20)
#define FAULT_BYTES 4096

/* What is at a URL is not fetched to check a folder, unless that is asked for. */
static void
tell_unknown(const struct model *model)
{
	for (size_t i = 0; i < model->calendar_urls_n; i++) {
		const struct calendar_url *url = &model->calendar_urls[i];
		if (!url->known)
			complain("calendar %.*s: there is no copy here, so its times are "
				 "not "
				 "looked at; --fetch fetches it as serve does, and --state "
				 "DIR has "
				 "a server's copies",
			    STR_ARG(url->name));
	}
}

/* What is no mistake at a place of a file: that the folder cannot be read. */
static void
list_fault(struct buf *mistakes, const char *dir, const char *why)
{
	char memory[FAULT_BYTES];
	struct arena arena = arena_over(memory, sizeof(memory));
	struct source src = { .name = str_of(dir) };
	struct diags diags;
	diags_init(&diags, &arena);
	diag_error(&diags, &src, (struct span){ 0 }, STR(""), "%s", why);
	diags_json(mistakes, &diags);
}

/* A folder, or a revision of it. False: said why, and *ret_code is how to end. */
static bool
load_with(const char *dir, const char *revision, const struct copies *copies,
    struct buf *mistakes, struct adoption *ret, int *ret_code)
{
	struct err err;
	struct buf text = BUF(ADOPTION_TEXT_MAX);
	bool ok = adoption_check(dir, revision, copies, ret, &text, mistakes, &err);
	if (text.n > 0)
		(void)fwrite(text.p, 1, text.n, stderr);
	buf_done(&text);
	if (ok)
		return true;
	complain("%s", err.text);
	if (mistakes != NULL && mistakes->n == 0)
		list_fault(mistakes, dir, err.text);
	*ret_code = EXIT_FAILED;
	if (err.kind == ERR_NOT_FOUND)
		*ret_code = EXIT_NOT_FOUND;
	else if (err.kind == ERR_DENIED)
		*ret_code = EXIT_USAGE;
	return false;
}

static bool
load(const char *dir, const char *revision, const struct check_options *o,
    struct adoption *ret, int *ret_code)
{
	const struct copies copies = { .state_dir = o->state };
	bool ok = load_with(dir, revision, &copies, o->mistakes, ret, ret_code);
	if (ok && !o->fetch)
		tell_unknown(ret->model);
	return ok;
}

/* Once more, with what is at the URLs now. False: said why; `adoption` holds nothing. */
static bool
fetch(const char *dir, const struct check_options *o, struct arena *arena,
    struct adoption *adoption)
{
	struct err err;
	struct fetched_copies got;
	struct diags diags;
	diags_init(&diags, arena);
	bool ok = check_fetch(adoption, arena, &diags, &got, &err);
	if (!ok)
		complain("%s", err.text);
	struct buf text = BUF(ADOPTION_TEXT_MAX);
	diags_sort(&diags);
	diags_text(&text, &diags);
	(void)fwrite(text.p, 1, text.n, stderr);
	buf_done(&text);
	if (o->mistakes != NULL)
		diags_json(o->mistakes, &diags);
	adoption_free(adoption);
	int code;
	const struct copies copies = { .state_dir = o->state,
		.given = got.copy,
		.given_n = got.n };
	if (!ok || !load_with(dir, NULL, &copies, o->mistakes, adoption, &code))
		return false;
	if (diags.count == 0)
		return true;
	complain("%u of %zu calendar%s cannot be had", diags.count,
	    adoption->model->calendar_urls_n,
	    adoption->model->calendar_urls_n == 1 ? "" : "s");
	adoption_free(adoption);
	return false;
}

static int
check(const char *dir, const struct check_options *o, struct arena *arena)
{
	struct adoption adoption;
	int code;
	if (!load(dir, NULL, o, &adoption, &code))
		return code;
	if (o->fetch && !fetch(dir, o, arena, &adoption))
		return EXIT_FAILED;
	struct analysis analysis;
	struct tests_tried tried;
	code = EXIT_FAILED;
	if (check_tests(dir, adoption.model, arena, o->mistakes, &tried)) {
		authority_analyse(adoption.model, clock_wall(), arena, &analysis);
		code = check_print(adoption.model, &analysis, &tried, o);
	}
	adoption_free(&adoption);
	return code;
}

/* With another folder, else a revision of this one. */
static bool
load_other(const char *dir, const struct check_options *o, struct adoption *ret,
    int *ret_code)
{
	const char *other = o->diff;
	struct stat st;
	if (other[0] != '-' && stat(other, &st) == 0)
		return load(other, NULL, o, ret, ret_code);
	return load(dir, other, o, ret, ret_code);
}

static int
check_difference(const char *dir, const struct check_options *o, struct arena *arena)
{
	int code;
	struct adoption before, after;
	if (!load(dir, NULL, o, &after, &code))
		return code;
	if (load_other(dir, o, &before, &code)) {
		struct difference difference;
		authority_difference(before.model, after.model, clock_wall(), arena,
		    &difference);
		code = check_print_difference(&difference, o);
		adoption_free(&before);
	}
	adoption_free(&after);
	return code;
}

static int
run(int argc, char **argv)
{
	struct check_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "config", .value = &o.config },
		{ .name = "diff", .value = &o.diff },
		{ .name = "state", .value = &o.state },
		{ .name = "fetch", .flag = &o.fetch },
		{ .name = "strict", .flag = &o.strict },
		{ .name = "json", .flag = &o.json },
		{ .name = "explain", .flag = &o.explain },
	};
	const char *dir = NULL;
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	dir = o.config;
	if (argc == 2 && dir == NULL)
		dir = argv[1];
	else if (argc != 1 || dir == NULL) {
		complain("check needs one folder: firstline check production");
		return EXIT_USAGE;
	}
	if (o.fetch && o.diff != NULL) {
		complain("--fetch is for the folder as it stands, without --diff");
		return EXIT_USAGE;
	}
	struct arena_map map;
	struct arena arena = arena_map(&map, FOUND_ARENA_BYTES);
	struct buf mistakes = BUF(MISTAKES_BYTES_MAX);
	o.mistakes = o.json ? &mistakes : NULL;
	int code =
	    o.diff != NULL ? check_difference(dir, &o, &arena) : check(dir, &o, &arena);
	/* What is looked at and printed else has none. */
	if (mistakes.n > 0)
		check_print_list(&mistakes);
	buf_done(&mistakes);
	arena_unmap(&map);
	return code;
}

const struct command_line command_check = {
	.name = "check",
	.summary = "find every mistake in a configuration folder",
	.help =
	    "  firstline check production\n"
	    "  firstline check --diff HEAD production\n"
	    "\n"
	    "Reads the whole folder as serve would and reports every mistake at once, each "
	    "with\n"
	    "its file, line and column and what to write instead. Where there is none, "
	    "warns of\n"
	    "rules that do nothing, steps that no grant lets through, approvals that "
	    "nobody\n"
	    "could give and grants that end soon, each with a request to try. Exits 0 when "
	    "there\n"
	    "is no mistake. Tests beside runbooks (runbooks/NAME.test.yaml) are played, "
	    "and "
	    "what\n"
	    "is not as expected is a mistake.\n"
	    "\n"
	    "  --diff REV    instead: what became allowed and what no longer is, since a "
	    "Git\n"
	    "                revision of the folder, or in place of another folder\n"
	    "  --state DIR   calendars of URLs as a server with that folder last fetched "
	    "them;\n"
	    "                without it they have no events\n"
	    "  --fetch       calendars of URLs as they are now: each is asked for once, as "
	    "serve\n"
	    "                does, and what cannot be had or does not fit is a mistake\n"
	    "  --strict      exit 1 on a warning; with --diff, when more is allowed or "
	    "something\n"
	    "                that was changed could not be looked at\n"
	    "  --explain     also what is good to know: what a freeze leaves allowed, how\n"
	    "                many hosts can be reached within an hour\n"
	    "  --json        a list, of the mistakes too, with line and column\n",
	.run = run,
};
