/*
 * Answers to what waits: yes, no, and "never mind" by who asked. A person counts once, however
 * many tokens they have; whose answer counts is authority's to say, at this instant.
 */
#include "core/state.h"

#define DIGEST_BYTES_MAX ((size_t)1 << 20)

/* What a yes is for: any of it different is another request. false: too long. */
bool
asked_digest(const struct asked_row *row, hash32 *ret)
{
	struct buf out = BUF(DIGEST_BYTES_MAX);
	cbor_put_array(&out, 9);
	cbor_put_text(&out, row->principal);
	cbor_put_array(&out, row->given.behalf.n);
	for (size_t i = 0; i < row->given.behalf.n; i++)
		cbor_put_text(&out, row->given.behalf.p[i]);
	cbor_put_text(&out, row->action);
	cbor_put_array(&out, 2 * row->params.n);
	for (size_t i = 0; i < row->params.n; i++) {
		cbor_put_text(&out, row->params.p[i].name);
		cbor_put_text(&out, row->params.p[i].value);
	}
	cbor_put_text(&out, row->service);
	cbor_put_text(&out, row->target);
	cbor_put_u64(&out, row->given.targets_n);
	cbor_put_bytes(&out, (str){ (const char *)row->runbook_hash.b, 32 });
	cbor_put_bytes(&out, (str){ (const char *)row->config.b, 32 });
	bool ok = !out.overflow;
	if (ok)
		*ret = sha256(buf_str(&out));
	buf_done(&out);
	return ok;
}

/* NULL: *ret_answer says why not. */
static struct asked *
asked_named(struct core *core, const struct command *command, struct answering *ret_answer)
{
	unsigned long long id = command->row;
	struct asked *asked = object_find(core, TABLE_ASKED, command->row);
	if (asked == NULL) {
		*ret_answer = answer_no(core, 404, EXIT_NOT_FOUND,
		    "nothing waits for an answer as number %llu", id);
		return NULL;
	}
	const struct asked_row *row = &asked->row;
	/* Its timer is due, and others come first. */
	if (asked_open(asked) && row->ends_at != 0 && core->at >= row->ends_at)
		asked_timer(core, asked);
	if (asked_open(asked)) {
		if (hash32_zero(&command->digest) ||
		    hash32_eq(&command->digest, &row->digest))
			return asked;
		*ret_answer = answer_no(core, 409, EXIT_CONFLICT,
		    "%.*s on %.*s is not what you saw any more: look at it again",
		    STR_ARG(row->action), STR_ARG(row->target));
		return NULL;
	}
	*ret_answer = answer_no(core, 409, EXIT_CONFLICT,
	    "%.*s on %.*s does not wait any more, it is %s: %.*s", STR_ARG(row->action),
	    STR_ARG(row->target), asked_state_name(row->state), STR_ARG(row->why));
	return NULL;
}

static const struct vote *
vote_of(const struct asked *asked, str principal)
{
	const struct vote *votes = asked->row.given.votes.p;
	for (size_t i = 0; i < asked->row.given.votes.n; i++) {
		if (str_eq(votes[i].principal, principal))
			return &votes[i];
	}
	return NULL;
}

/* The last word of a person counts. false: no room. */
static bool
vote_put(struct core *core, struct asked *asked, const struct vote *vote)
{
	struct records *votes = &asked->row.given.votes;
	const struct vote *old = votes->p;
	struct vote *p = arena_new(&core->scratch, struct vote, votes->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < votes->n; i++) {
		if (!str_eq(old[i].principal, vote->principal))
			p[n++] = old[i];
	}
	if (n == VOTES_MAX)
		return false;
	p[n++] = *vote;
	struct records more = { p, n };
	if (!own_records(&vote_type, core->pool, votes, more)) {
		core->control->row.shed++;
		return false;
	}
	object_touch(core, &asked->o);
	return true;
}

static bool
was_asked(const struct asked *asked, str principal)
{
	return str_starts(principal, STR("person:")) &&
	       strs_has(&asked->row.approvers, text_who(principal));
}

/* Why this answer counts for nothing; status 0: it counts. */
static struct answering
vote_refuses(struct core *core, const struct command *command, const struct asked *asked,
    bool yes)
{
	const struct asked_row *row = &asked->row;
	struct answering counts = { .status = 0 };
	if (row->ends_at == 0)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "it is not known yet whether %.*s on %.*s needs approval",
		    STR_ARG(row->action), STR_ARG(row->target));
	/* Who was asked may say no, whatever has become of it. */
	if (!yes && was_asked(asked, command->principal))
		return counts;
	struct asking asking = asked_asking(core, asked);
	str why = { 0 };
	switch (core_yes(core, &asking, command->principal, &core->scratch, &why)) {
	case YES_COUNTS:
		return counts;
	case YES_REFUSED:
		return answer_no(core, 403, EXIT_REFUSED, "%.*s", STR_ARG(why));
	case YES_NOT_NEEDED:
		return answer_no(core, 409, EXIT_CONFLICT,
		    "%.*s on %.*s is approved already%s%.*s", STR_ARG(row->action),
		    STR_ARG(row->target), row->why.n > 0 ? ", and waits: " : "",
		    STR_ARG(row->why));
	}
	UNREACHABLE();
}

static struct answering
vote_no(struct core *core, struct asked *asked, const struct vote *vote)
{
	str who = text_who(vote->principal);
	str why = text_make(core, "%.*s said no%s%.*s", STR_ARG(who),
	    vote->why.n > 0 ? ": " : "", STR_ARG(vote->why));
	asked_end(core, asked, ASKED_REFUSED, vote->principal, why);
	return answer_yes(200, &asked->o);
}

static void
say_yes(struct core *core, const struct asked_row *row, const struct vote *vote)
{
	timeline_add(core, row->incident, TIMELINE_ASKED, vote->principal, row->id,
	    "approved %.*s on %.*s%s%.*s", STR_ARG(row->action), STR_ARG(row->target),
	    vote->why.n > 0 ? ": " : "", STR_ARG(vote->why));
}

struct answering
asked_vote(struct core *core, const struct command *command, bool yes)
{
	struct answering answer;
	struct asked *asked = asked_named(core, command, &answer);
	if (asked == NULL)
		return answer;
	const struct vote *before = vote_of(asked, command->principal);
	answer = before == NULL ? vote_refuses(core, command, asked, yes)
	                        : (struct answering){ .status = 0 };
	if (answer.status != 0)
		return answer;
	if (yes && before != NULL)
		return answer_yes(200, &asked->o); /* counted already */
	struct vote vote = { .principal = command->principal,
		.yes = yes,
		.why = text_line(core, command->text, TIMELINE_TEXT_MAX / 2),
		.wall = core->wall };
	bool kept = vote_put(core, asked, &vote);
	if (!yes)
		return vote_no(core, asked, &vote); /* also without room */
	if (!kept)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "there is no room for another answer");
	say_yes(core, &asked->row, &vote);
	if (asked->row.state == ASKED_APPROVAL) /* else facts are on their way */
		asked_again(core, asked);
	return answer_yes(200, &asked->o);
}

struct answering
asked_withdraw(struct core *core, const struct command *command)
{
	struct answering answer;
	struct asked *asked = asked_named(core, command, &answer);
	if (asked == NULL)
		return answer;
	const struct asked_row *row = &asked->row;
	bool own = str_eq(row->principal, command->principal);
	for (size_t i = 0; i < row->given.behalf.n; i++)
		own = own || str_eq(row->given.behalf.p[i], command->principal);
	if (!own) {
		str who = text_who(row->principal);
		return answer_no(core, 403, EXIT_REFUSED,
		    "%.*s asked for it, who alone withdraws it; `firstline incident "
		    "cancel %u` ends a runbook",
		    STR_ARG(who), row->incident);
	}
	str who = text_who(command->principal);
	str said = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	str why = text_make(core, "%.*s withdrew it%s%.*s", STR_ARG(who),
	    said.n > 0 ? ": " : "", STR_ARG(said));
	asked_end(core, asked, ASKED_VOID, command->principal, why);
	return answer_yes(200, &asked->o);
}
