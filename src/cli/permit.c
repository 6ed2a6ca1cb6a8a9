/*
 * permit -- what a runbook waits to do, and a person's yes to exactly that.
 */
#include <stdio.h>

#include "cli/confirm.h"
#include "cli/view.h"

#define DIGEST_CHARS_MIN 8 /* of one that is cut short */

struct permit_options {
	const char *digest, *why;
};

const struct run_row *
view_waiting_run(const struct whole *w)
{
	const struct run_row *runs = w->runs.p;
	for (size_t i = 0; i < w->runs.n; i++) {
		if (runs[i].state == RUN_RUNNING && runs[i].phase == PHASE_PERMIT)
			return &runs[i];
	}
	return NULL;
}

/* The same on another target, and as much of it allowed. */
static bool
is_alike(const struct permit_item *a, const struct permit_item *b)
{
	bool same = str_eq(a->step, b->step) && str_eq(a->action, b->action) &&
	            a->verdict == b->verdict && str_eq(a->text, b->text) &&
	            a->params.n == b->params.n;
	for (size_t i = 0; same && i < a->params.n; i++)
		same = str_eq(a->params.p[i].name, b->params.p[i].name) &&
		       str_eq(a->params.p[i].value, b->params.p[i].value);
	return same;
}

/* The first `n` items, which are alike but for their targets. */
static void
view_items(struct out *out, const struct permit_item *item, size_t n)
{
	struct arena *a = out->arena;
	str verdict = item->verdict != 0
	                  ? view_enum(&permit_item_type, "verdict", item->verdict)
	                  : STR("decided then");
	str with = item->params.n > 0 ? arena_printf(a, " with %.*s",
					    STR_ARG(view_pairs(out, &item->params)))
	                              : STR("");
	struct strs targets = { arena_new(a, str, n), n };
	for (size_t i = 0; i < n; i++)
		targets.p[i] = item[i].target;
	str text = arena_printf(a, "%.*s on %.*s%.*s", STR_ARG(item->action),
	    STR_ARG(view_names(out, &targets)), STR_ARG(with));
	out_printf(out, "  %-16.*s ", STR_ARG(item->step));
	out_wrapped(out, 19, 19, text);
	out_text(out, STR("                   "));
	out_styled(out, item->verdict != 0 ? view_verdict_style(item->verdict) : STYLE_DIM,
	    verdict);
	out_text(out, STR(": "));
	out_wrapped(out, 21, 21 + verdict.n, item->text.n > 0 ? item->text : STR("-"));
}

void
view_plan(struct out *out, const struct run_row *run)
{
	struct arena *a = out->arena;
	const struct permit_item *items = run->plan.p;
	str digest;
	struct buf hex = BUF(80);
	buf_hex(&hex, (str){ (const char *)run->plan_digest.b, 8 });
	digest = arena_str(a, buf_str(&hex));
	buf_done(&hex);
	str level = view_enum(&run_row_type, "level", run->level);
	out_printf(out, "Runbook %.*s (%.*s), asked for by %.*s, would do:\n",
	    STR_ARG(run->runbook), STR_ARG(level), STR_ARG(view_who(run->started_by)));
	for (size_t from = 0, to = 0; from < run->plan.n; from = to) {
		while (to < run->plan.n && is_alike(&items[from], &items[to]))
			to++;
		view_items(out, &items[from], to - from);
	}
	out_field(out, run->level == AUTONOMY_VETO ? "does it at" : "until",
	    text_date_time(out, run->permit_wall));
	out_field(out, "digest", digest);
}

static str
path_of(struct client *client, uint64_t incident, const char *verb)
{
	return arena_printf(&client->arena, "/v1/incidents/%llu%s",
	    (unsigned long long)incident, verb);
}

static const char *
hex_of(struct client *client, const hash32 *hash)
{
	struct buf hex = BUF(80);
	buf_hex(&hex, (str){ (const char *)hash->b, sizeof(hash->b) });
	const char *text = arena_cstr(&client->arena, buf_str(&hex));
	buf_done(&hex);
	return text;
}

static int
post(struct client *client, uint64_t incident, const char *digest, const char *why)
{
	const char *texts[] = { "why", why, "digest", digest, NULL };
	str body;
	int code = client_post(client,
	    arena_cstr(&client->arena, path_of(client, incident, "/permit")),
	    body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("Permitted. firstline incident show %llu    how it goes",
	    (unsigned long long)incident);
	return EXIT_OK;
}

/* It was shown: a yes is by the digest that was named, or at the terminal. */
static int
answer(struct client *client, const struct run_row *run, uint64_t incident,
    const struct permit_options *o)
{
	const char *digest = hex_of(client, &run->plan_digest);
	if (o->digest != NULL) {
		if (strlen(o->digest) < DIGEST_CHARS_MIN) {
			complain("give at least %d characters of the digest",
			    DIGEST_CHARS_MIN);
			return EXIT_USAGE;
		}
		if (strncmp(digest, o->digest, strlen(o->digest)) != 0) {
			complain("what it would do is not what you saw: its digest is "
				 "%.16s...",
			    digest);
			return EXIT_CONFLICT;
		}
		return post(client, incident, digest, o->why);
	}
	if (!confirm_can()) {
		say("firstline permit %llu --digest %.16s    say yes to it",
		    (unsigned long long)incident, digest);
		return EXIT_NEEDS_APPROVAL;
	}
	if (confirm("Permit it?"))
		return post(client, incident, digest, o->why);
	say("Not permitted. firstline veto %llu    it is not done",
	    (unsigned long long)incident);
	return EXIT_NEEDS_APPROVAL;
}

static int
permit(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct permit_options *o = context;
	uint64_t incident;
	str body;
	struct whole w;
	if (!number_take(argv[0], "an incident", &incident))
		return EXIT_USAGE;
	int code = client_get(client,
	    arena_cstr(&client->arena, path_of(client, incident, "")), &body);
	if (code != EXIT_OK)
		return code;
	if (!whole_read(client, body, &w))
		return EXIT_FAILED;
	const struct run_row *run = view_waiting_run(&w);
	if (run == NULL) {
		complain("no runbook waits for a person's permission on incident %llu",
		    (unsigned long long)incident);
		return EXIT_CONFLICT;
	}
	if (!client->options.json) {
		struct out out = out_begin(&client->arena);
		view_plan(&out, run);
		code = out_end(&out);
		if (code != EXIT_OK)
			return code;
	}
	return answer(client, run, incident, o);
}

static int
run(int argc, char **argv)
{
	struct permit_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "digest", .value = &o.digest },
		{ .name = "why", .value = &o.why },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "permit INCIDENT",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = permit,
		.context = &o });
}

const struct command_line command_permit = {
	.name = "permit",
	.summary = "what a runbook waits to do, and your yes to it",
	.help =
	    "  firstline permit 12\n"
	    "  firstline permit 12 --digest 9f86d081884c7d65\n"
	    "\n"
	    "Shows each action that the runbook would do, on what, with what, and what\n"
	    "authority says of it; then asks for your yes. A yes is for exactly that: "
	    "when\n"
	    "anything of it changes you are asked anew. Whoever is on duty for the "
	    "incident,\n"
	    "its team's lead, or a person who may do all of it, permits it; an agent "
	    "never.\n"
	    "\n"
	    "  --digest DIGEST    of what you saw, 8 characters or more: your yes, "
	    "without\n"
	    "                     being asked; anything else is not permitted, and exits "
	    "9\n"
	    "  --why TEXT         stands in the timeline; at most 500 bytes\n" CLIENT_HELP,
	.run = run,
};
