/*
 * approve, deny, withdraw: what waits for a person's yes.
 */
#include <stdio.h>

#include "cli/view.h"

#define DIGEST_CHARS_MIN 8 /* of one that is cut short */

struct vote_options {
	const char *why, *digest;
};

/* ---- the list of what waits ---- */

static str
asked_path(struct client *client, uint64_t number, const char *verb)
{
	return arena_printf(&client->arena, "/v1/asked/%llu%s%s",
	    (unsigned long long)number, verb[0] != '\0' ? "/" : "", verb);
}

/* With the decision that asks for people; one that is over meanwhile is left out. */
static int
print_one(struct client *client, const struct asked_row *row, struct out *out, size_t *n)
{
	str body;
	struct asked_row now;
	struct decision_row decision;
	int code = client_get(client,
	    arena_cstr(&client->arena, asked_path(client, row->id, "")), &body);
	if (code != EXIT_OK)
		return code;
	bool decided = reply_has(client, body, "decision");
	if (!reply_one(client, body, "asked", &asked_row_type, &now) ||
	    (decided &&
		!reply_one(client, body, "decision", &decision_row_type, &decision)))
		return EXIT_FAILED;
	if (!view_asked_open(&now))
		return EXIT_OK;
	if ((*n)++ > 0)
		out_text(out, STR("\n"));
	view_asked(out, &now, decided ? &decision : NULL);
	return EXIT_OK;
}

static int
print_page(struct client *client, const struct records *page, struct out *out, size_t *n)
{
	const struct asked_row *rows = page->p;
	int code = EXIT_OK;
	for (size_t i = 0; i < page->n && code == EXIT_OK; i++)
		code = print_one(client, &rows[i], out, n);
	return code;
}

static const char *
page_path(struct client *client, str cursor)
{
	return arena_cstr(&client->arena,
	    arena_printf(&client->arena, "/v1/asked?cursor=%.*s", STR_ARG(cursor)));
}

static int
print_all(struct client *client, str body, struct out *out)
{
	size_t n = 0;
	for (;;) {
		struct records page;
		if (!reply_list(client, body, "items", &asked_row_type, &page))
			return EXIT_FAILED;
		int code = print_page(client, &page, out, &n);
		if (code != EXIT_OK)
			return code;
		str cursor = reply_text(client, body, "cursor");
		if (cursor.n == 0)
			break;
		code = client_get(client, page_path(client, cursor), &body);
		if (code != EXIT_OK)
			return code;
	}
	if (n == 0)
		say("Nothing waits for approval.");
	else
		say("\nfirstline approve NUMBER | firstline deny NUMBER");
	return EXIT_OK;
}

static int
list(struct client *client)
{
	str body;
	int code = client->options.json ? client_get_all(client, "/v1/asked", &body)
	                                : client_get(client, "/v1/asked", &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	struct out out = out_begin(&client->arena);
	code = print_all(client, body, &out);
	int written = out_end(&out);
	return code != EXIT_OK ? code : written;
}

/* ---- what becomes of it ---- */

static int
say_approved(const struct asked_row *row)
{
	unsigned long long n = row->id, attempt = row->attempt;
	switch (row->state) {
	case ASKED_APPROVAL:
		if (row->why.n > 0) {
			say("%llu is approved, and waits for its turn: %.*s", n,
			    STR_ARG(row->why));
			return EXIT_OK;
		}
		say("Your yes to %llu counts; %u more must say yes.", n, row->yes_missing);
		return EXIT_OK;
	case ASKED_FACTS:
		say("Your yes to %llu counts. What is live is looked at once more, then it "
		    "is decided.",
		    n);
		say("firstline incident show %u    what becomes of it", row->incident);
		return EXIT_OK;
	case ASKED_STARTED:
		say("Approved: attempt %llu, %.*s on %.*s, is on its way.", attempt,
		    STR_ARG(row->action), STR_ARG(row->target));
		say("firstline incident show %u    how it goes", row->incident);
		return EXIT_OK;
	case ASKED_REFUSED:
	case ASKED_EXPIRED:
	case ASKED_VOID:
		break;
	}
	complain("%llu was approved, but not done: %.*s", n, STR_ARG(row->why));
	return row->state == ASKED_REFUSED ? EXIT_REFUSED : EXIT_CONFLICT;
}

static int
post(struct client *client, uint64_t number, const char *verb, const char *digest,
    const char *why, str *ret_body, struct asked_row *ret)
{
	const char *texts[] = { "why", why, "digest", digest, NULL };
	str path = asked_path(client, number, verb);
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, NULL), ret_body);
	if (code != EXIT_OK)
		return code;
	return reply_one(client, *ret_body, "asked", &asked_row_type, ret) ? EXIT_OK
	                                                                   : EXIT_FAILED;
}

/* The whole of a digest of which the beginning was given, if it is what waits now. */
static int
whole_digest(struct client *client, uint64_t number, const char *given, const char **ret)
{
	str body;
	struct asked_row row;
	str path = asked_path(client, number, "");
	if (strlen(given) < DIGEST_CHARS_MIN) {
		complain("give at least %d characters of the digest", DIGEST_CHARS_MIN);
		return EXIT_USAGE;
	}
	int code = client_get(client, arena_cstr(&client->arena, path), &body);
	if (code != EXIT_OK)
		return code;
	if (!reply_one(client, body, "asked", &asked_row_type, &row))
		return EXIT_FAILED;
	struct buf hex = BUF(80);
	buf_hex(&hex, (str){ (const char *)row.digest.b, sizeof(row.digest.b) });
	const char *text = arena_cstr(&client->arena, buf_str(&hex));
	buf_done(&hex);
	if (strncmp(text, given, strlen(given)) != 0) {
		complain("%llu is not what it was when you saw it: its digest is %.16s...",
		    (unsigned long long)number, text);
		say("firstline approve    what waits now");
		return EXIT_CONFLICT;
	}
	*ret = text;
	return EXIT_OK;
}

/* ---- approve ---- */

static int
approve(struct client *client, void *context, int argc, char **argv)
{
	const struct vote_options *o = context;
	const char *digest = NULL;
	uint64_t number;
	str body = STR("");
	struct asked_row row;
	if (argc == 0)
		return list(client);
	if (!number_take(argv[0], "what waits", &number))
		return EXIT_USAGE;
	int code =
	    o->digest != NULL ? whole_digest(client, number, o->digest, &digest) : EXIT_OK;
	if (code == EXIT_OK)
		code = post(client, number, "approve", digest, o->why, &body, &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	return say_approved(&row);
}

static int
run_approve(int argc, char **argv)
{
	struct vote_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "why", .value = &o.why },
		{ .name = "digest", .value = &o.digest },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "approve [NUMBER]",
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = approve,
		.context = &o });
}

const struct command_line command_approve = {
	.name = "approve",
	.summary = "what waits for a person's yes; or say yes",
	.help =
	    "  firstline approve\n"
	    "  firstline approve 17 --why \"the load is real\"\n"
	    "\n"
	    "Without a number: what waits, with what, on what, who asks, why, until when, "
	    "and\n"
	    "who may approve it. With a number: your yes to exactly that. Nobody approves "
	    "what\n"
	    "he asked for himself. Before it is done it is decided once more, as things "
	    "are\n"
	    "then; what changed meanwhile is asked for anew.\n"
	    "\n"
	    "  --why TEXT         stands in the timeline and with the decision; at most "
	    "500 bytes\n"
	    "  --digest DIGEST    of what you saw, 8 characters or more: anything else is "
	    "not\n"
	    "                     approved, and exits 9\n" CLIENT_HELP,
	.run = run_approve,
};

/* ---- deny, withdraw ---- */

static int
end_it(struct client *client, const char *verb, const char *why, const char *text,
    const char *did)
{
	uint64_t number;
	str body;
	struct asked_row row;
	if (!number_take(text, "what waits", &number))
		return EXIT_USAGE;
	int code = post(client, number, verb, NULL, why, &body, &row);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say_cut(why);
	say("%s: %.*s on %.*s is not done.", did, STR_ARG(row.action), STR_ARG(row.target));
	if (row.incident > 0)
		say("firstline incident show %u    what becomes of it", row.incident);
	return EXIT_OK;
}

static int
deny(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct vote_options *o = context;
	return end_it(client, "deny", o->why, argv[0], "Denied");
}

static int
run_deny(int argc, char **argv)
{
	struct vote_options o = { 0 };
	const struct option_spec specs[] = { { .name = "why", .value = &o.why } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "deny NUMBER",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = deny,
		.context = &o });
}

const struct command_line command_deny = {
	.name = "deny",
	.summary = "say no to what waits for approval",
	.help = "  firstline deny 17 --why \"the database cannot take it\"\n"
		"\n"
		"One no is enough: it is not done, and whoever asked is told. Who may "
		"approve may\n"
		"deny.\n"
		"\n"
		"  --why TEXT         stands in the timeline and with the "
		"decision\n" CLIENT_HELP,
	.run = run_deny,
};

static int
withdraw(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct vote_options *o = context;
	return end_it(client, "withdraw", o->why, argv[0], "Withdrawn");
}

static int
run_withdraw(int argc, char **argv)
{
	struct vote_options o = { 0 };
	const struct option_spec specs[] = { { .name = "why", .value = &o.why } };
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "withdraw NUMBER",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = withdraw,
		.context = &o });
}

const struct command_line command_withdraw = {
	.name = "withdraw",
	.summary = "take back what you asked for, while it waits",
	.help = "  firstline withdraw 17\n"
		"\n"
		"Ends what you asked for while it waits for approval.\n"
		"\n"
		"  --why TEXT         stands in the timeline\n" CLIENT_HELP,
	.run = run_withdraw,
};
