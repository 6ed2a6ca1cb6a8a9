/*
 * promote -- a person says how far a runbook goes, with the evidence on the screen.
 */
#include <stdio.h>

#include "cli/confirm.h"
#include "cli/trust.h"
#include "cli/view.h"

#define DIGEST_CHARS_MIN 8 /* of one that is cut short */

struct promote_options {
	const char *on, *to, *why, *digest;
};

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
post(struct client *client, const char *runbook, const char *digest,
    const struct promote_options *o)
{
	const char *texts[] = { "service", o->on, "level", o->to, "digest", digest, "why",
		o->why, NULL };
	str body;
	str path = arena_printf(&client->arena, "/v1/trust/%.*s/promote",
	    STR_ARG(client_escape(client, runbook)));
	int code = client_post(client, arena_cstr(&client->arena, path),
	    body_of(client, texts, NULL), &body);
	if (code != EXIT_OK)
		return code;
	if (client->options.json)
		return client_print_json(body);
	say("%s may go as far as %s on %s.", runbook, o->to, o->on);
	return EXIT_OK;
}

/* The evidence was shown. */
static int
answer(struct client *client, const char *runbook, const struct trust_item *item,
    const struct promote_options *o)
{
	const char *digest = hex_of(client, &item->digest);
	if (o->digest != NULL) {
		if (strlen(o->digest) < DIGEST_CHARS_MIN) {
			complain("give at least %d characters of the digest",
			    DIGEST_CHARS_MIN);
			return EXIT_USAGE;
		}
		if (strncmp(digest, o->digest, strlen(o->digest)) != 0) {
			complain("what it has proved is not what you saw: its digest is "
				 "%.16s...",
			    digest);
			return EXIT_CONFLICT;
		}
		return post(client, runbook, digest, o);
	}
	if (!confirm_can()) {
		say("firstline promote %s --on %s --to %s --digest %.16s    say yes to it",
		    runbook, o->on, o->to, digest);
		return EXIT_NEEDS_APPROVAL;
	}
	str question =
	    arena_printf(&client->arena, "Let it go as far as %s on %s?", o->to, o->on);
	if (confirm(arena_cstr(&client->arena, question)))
		return post(client, runbook, digest, o);
	say("It stays as it is.");
	return EXIT_NEEDS_APPROVAL;
}

/* 0: the server says that it is none. */
static enum autonomy
level_of(str word)
{
	for (uint32_t level = AUTONOMY_SUGGEST; level <= AUTONOMY_AUTO; level++) {
		if (str_eq(word, view_enum(&trust_item_type, "level", level)))
			return (enum autonomy)level;
	}
	return 0;
}

static int
promote(struct client *client, void *context, int argc, char **argv)
{
	(void)argc;
	const struct promote_options *o = context;
	str body;
	struct records items;
	if (o->on == NULL || o->to == NULL) {
		complain("say on which service and to which level: --on SERVICE --to "
			 "LEVEL");
		return EXIT_USAGE;
	}
	int code = trust_get_items(client, argv[0], &body, &items);
	if (code != EXIT_OK)
		return code;
	struct trust_item *p = items.p;
	size_t i = 0;
	while (i < items.n && !str_eq(p[i].service, str_of(o->on)) &&
	       !(p[i].service.n == 0 && items.n == 1))
		i++;
	if (i == items.n) {
		complain("runbook %s is not known for %s", argv[0], o->on);
		return EXIT_NOT_FOUND;
	}
	if (!client->options.json) {
		struct out out = out_begin(&client->arena);
		view_trust(&out, &p[i]);
		code = out_end(&out);
		if (code != EXIT_OK)
			return code;
	}
	enum autonomy may = trust_may(&p[i]);
	if (level_of(str_of(o->to)) > may) {
		str most = view_enum(&trust_item_type, "level", may);
		complain("%s goes no further than %.*s on %s now: 'ceiling', 'drill' and "
			 "'next' above say why",
		    argv[0], STR_ARG(most), o->on);
		return EXIT_CONFLICT;
	}
	return answer(client, argv[0], &p[i], o);
}

static int
run(int argc, char **argv)
{
	struct promote_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "on", .value = &o.on },
		{ .name = "to", .value = &o.to },
		{ .name = "why", .value = &o.why },
		{ .name = "digest", .value = &o.digest },
	};
	return client_run(argc, argv,
	    &(struct client_command){ .usage = "promote RUNBOOK --on SERVICE --to LEVEL",
		.min = 1,
		.max = 1,
		.specs = specs,
		.specs_n = countof(specs),
		.run = promote,
		.context = &o });
}

const struct command_line command_promote = {
	.name = "promote",
	.summary = "say how far a runbook goes, with its evidence on the screen",
	.help =
	    "  firstline promote queue-not-draining --on payments --to auto\n"
	    "\n"
	    "Shows what it has proved there, and asks for your yes. For a person of the\n"
	    "service's team or the role lead, never for an agent. It goes no further "
	    "than\n"
	    "its ceiling and its owner say; where trust must be earned, no further than "
	    "its\n"
	    "evidence. A lower level is held as well.\n"
	    "\n"
	    "  --on SERVICE       of the incidents\n"
	    "  --to LEVEL         suggest, step, plan, veto or auto\n"
	    "  --why TEXT         stands with it; at most 500 bytes\n"
	    "  --digest DIGEST    of the evidence that you saw, 8 characters or more: "
	    "your\n"
	    "                     yes, without being asked; anything else exits "
	    "9\n" CLIENT_HELP,
	.run = run,
};
