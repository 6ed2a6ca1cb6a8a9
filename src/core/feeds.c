/*
 * Feeds: calendars of who is on duty, read by their link alone.
 *
 *	feed_add -> (read by programs that show calendars, for as long as it is there) -> feed_end
 *
 * A feed is a token of a role of its own (ROLE_FEED), and opens one thing: the shifts of one
 * person, of one team, or of one of its rotations. It counts among no tokens: with it nobody
 * asks anything, so the first of them closes nothing either.
 */
#include "core/state.h"
#include "model/duty.h"

/* ---- whose ---- */

bool
feed_subject(const struct model *model, str feed, struct feed_subject *ret)
{
	struct str_cut cut = str_cut(feed, ':');
	struct feed_subject found = { 0 };
	if (str_eq(cut.head, STR("person")))
		found.person = model_person(model, cut.tail);
	bool one = str_eq(cut.head, STR("rotation"));
	struct str_cut parts = str_cut(cut.tail, '/');
	if (one || str_eq(cut.head, STR("team")))
		found.team = model_team(model, one ? parts.head : cut.tail);
	for (size_t i = 0; one && found.team != NULL && i < found.team->rotation_n; i++) {
		if (str_eq(found.team->rotations[i].name, parts.tail))
			found.rotation = &found.team->rotations[i];
	}
	bool on_duty = found.team != NULL && found.team->rotation_n > 0;
	if (found.person == NULL && (!on_duty || (one && found.rotation == NULL)))
		return false;
	*ret = found;
	return true;
}

/* One's own, that of a team one is in, or as a lead any; never for an agent. */
static bool
is_theirs(const struct feed_subject *subject, str principal, enum role role)
{
	if (str_starts(principal, STR("agent:")))
		return false;
	if (role_reaches(role, ROLE_LEAD))
		return true;
	if (!str_starts(principal, STR("person:")))
		return false;
	str id = str_drop(principal, 7);
	if (subject->person != NULL)
		return str_eq(subject->person->id, id);
	return subject->team != NULL && duty_member(subject->team, id);
}

/* ---- made, ended ---- */

static struct token *
feed_of(struct link *it)
{
	return container_of(object_of(it, in_table), struct token, o);
}

uint32_t
feeds_count(const struct core *core, str subject)
{
	uint32_t n = 0;
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		const struct token_row *row = &feed_of(it)->row;
		n += row->role == ROLE_FEED &&
		     (subject.n == 0 || str_eq(row->feed, subject));
	}
	return n;
}

struct answering
feed_add(struct core *core, const struct command *command)
{
	const struct token_row *asked = &command->token;
	struct feed_subject subject;
	if (asked->feed.n == 0 || hash32_zero(&asked->secret))
		return answer_no(core, 422, EXIT_USAGE,
		    "whose? give a 'person', or a 'team' and perhaps its 'rotation'");
	if (!feed_subject(core->newest->model, asked->feed, &subject))
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "the configuration has no %.*s that is ever on duty",
		    STR_ARG(asked->feed));
	if (!is_theirs(&subject, command->principal, command->role) ||
	    command->behalf.n > 0)
		return answer_no(core, 403, EXIT_AUTH,
		    "a calendar's link is made by the person whose it is, by people of "
		    "the team, or by a lead");
	if (core_token(core, &asked->secret) != NULL)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "there is a token with that secret");
	if (feeds_count(core, asked->feed) >= FEEDS_PER_SUBJECT_MAX)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "there are %u links for %.*s already: end one first",
		    FEEDS_PER_SUBJECT_MAX, STR_ARG(asked->feed));
	if (feeds_count(core, STR("")) >= FEEDS_MAX)
		return answer_no(core, 409, EXIT_CONFLICT, "there are %u links already",
		    FEEDS_MAX);
	struct token_row row = { .id = row_next(core),
		.name = STR("feed"),
		.secret = asked->secret,
		.principal = command->principal,
		.role = ROLE_FEED,
		.made_wall = core->wall,
		.feed = asked->feed };
	struct token *token = object_add(core, TABLE_TOKEN, &row);
	if (token == NULL)
		return answer_no(core, 503, 1, "there is no memory for another link");
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, row.id,
	    "made a link to the calendar of %.*s", STR_ARG(row.feed));
	return answer_yes(201, &token->o);
}

bool
core_feed_is_theirs(const struct core *core, const struct token_row *row, str principal,
    enum role role)
{
	struct feed_subject subject;
	if (!feed_subject(core->newest->model, row->feed, &subject))
		subject = (struct feed_subject){ 0 };
	return str_eq(row->principal, principal) || is_theirs(&subject, principal, role);
}

struct answering
feed_end(struct core *core, const struct command *command)
{
	struct object *o = object_find(core, TABLE_TOKEN, command->row);
	struct token *token = o != NULL ? container_of(o, struct token, o) : NULL;
	if (token == NULL || token->row.role != ROLE_FEED ||
	    !core_feed_is_theirs(core, &token->row, command->principal, command->role))
		return answer_no(core, 404, EXIT_NOT_FOUND,
		    "there is no such link, or it is not yours to end");
	token->row.revoked = true;
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, token->row.id,
	    "ended a link to the calendar of %.*s", STR_ARG(token->row.feed));
	object_done(core, &token->o);
	return answer_yes(200, &token->o);
}

/* ---- looking ---- */

const struct token_row *
core_feed(const struct core *core, const hash32 *secret)
{
	const struct token_row *found = NULL;
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		const struct token_row *row = &feed_of(it)->row;
		bool same = hash32_eq_secret(&row->secret, secret);
		if (same && row->role == ROLE_FEED && !row->revoked)
			found = row;
	}
	return found;
}

size_t
core_feeds(const struct core *core, const struct token_row **ret, size_t n)
{
	size_t count = 0;
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		const struct token_row *row = &feed_of(it)->row;
		if (count < n && row->role == ROLE_FEED)
			ret[count++] = row;
	}
	return count;
}
