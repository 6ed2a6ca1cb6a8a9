/*
 * Trying a channel: one message that a person asked for, or a look at what it would send.
 *
 * Both are notices, so hands makes them as it makes all others: one try, whose row then
 * holds what went out and what was answered. Whom a test goes to the configuration says:
 * nobody is written to who is not reached by that channel anyway.
 */
#include "core/state.h"

#define SAMPLE 17 /* the incident of a sample */

static uint32_t
tried_n(const struct core *core)
{
	uint32_t n = 0;
	list_each(it, &core->tables[TABLE_NOTICE]) n +=
	    container_of(object_of(it, in_table), struct notice, o)->row.purpose ==
	    PURPOSE_TEST;
	return n;
}

/* ---- whom ---- */

static bool
has_own_address(const struct channel *channel)
{
	return channel->address.n > 0 ||
	       (channel->kind != CHANNEL_SMTP && channel->kind != CHANNEL_TWILIO &&
		   channel->kind != CHANNEL_TWILIO_VOICE && channel->kind != CHANNEL_NTFY);
}

static bool
find_whom(struct core *core, const struct command *command, const struct channel *channel,
    struct recipient *ret)
{
	str to = pairs_get(&command->params, STR("to"));
	if (to.n > 0)
		return people_by_channel(core, channel, to, ret);
	if (str_starts(command->principal, STR("person:")) &&
	    people_by_channel(core, channel, text_who(command->principal), ret))
		return true;
	*ret = (struct recipient){ .channel = channel->name, .address = channel->address };
	if (has_own_address(channel))
		return true;
	return command->kind == COMMAND_CHANNEL_PREVIEW &&
	       people_by_channel(core, channel, (str){ 0 }, ret);
}

/* ---- what is said ---- */

static void
set_fields(struct core *core, struct notice_words *words, const struct pair *fields,
    size_t n)
{
	struct pair *p = arena_new(&core->scratch, struct pair, n);
	memcpy(p, fields, n * sizeof(*fields));
	words->fields = (struct pairs){ p, n };
}

static void
test_words(struct core *core, const struct command *command, const struct channel *channel,
    struct notice_words *ret)
{
	str who = text_who(command->principal);
	ret->subject = text_make(core, "[test] Firstline by channel %.*s: nothing is wrong",
	    STR_ARG(channel->name));
	ret->text = text_make(core,
	    "%.*s asked for a test of channel %.*s.\n\n"
	    "Nothing has happened, and there is nothing to do.\n",
	    STR_ARG(who), STR_ARG(channel->name));
	const struct pair fields[] = {
		{ STR("doing"), STR("a test of this channel") },
		{ STR("severity"), STR("sev4") },
	};
	set_fields(core, ret, fields, countof(fields));
}

static void
sample_words(struct core *core, struct notice_words *ret)
{
	static const char can[] = "firstline incident ack 17    (you have it; stops the "
				  "escalation)\n"
				  "firstline incident show 17    (all about it)\n";
	str url = text_url(core, SAMPLE);
	str impact = STR("customers may be unable to buy; checkout (tier 1) is affected");
	ret->subject = STR("[sev2] checkout: QueueStuck (incident 17): needs a person");
	ret->text = text_make(core,
	    "A person is needed: no runbook answers it.\n\nQueueStuck\n\n%.*s.\n\n"
	    "severity:  sev2\nowner:     platform-ops\nservice:   checkout\n"
	    "state:     open\nalerts:    3 active, 3 in all\n\n"
	    "Firstline: waiting for a person\n\nYou may:\n  %s\n%.*s\n",
	    STR_ARG(impact), can, STR_ARG(url));
	const struct pair fields[] = {
		{ STR("doing"), STR("waiting for a person") },
		{ STR("impact"), impact },
		{ STR("incident"), STR("17") },
		{ STR("owner"), STR("platform-ops") },
		{ STR("service"), STR("checkout") },
		{ STR("severity"), STR("sev2") },
		{ STR("state"), STR("open") },
		{ STR("title"), STR("QueueStuck") },
		{ STR("url"), url },
		{ STR("you_can"), str_of(can) },
	};
	set_fields(core, ret, fields, countof(fields));
}

/* What it would say of that incident now. */
static enum notice_purpose
incident_words(struct core *core, const struct incident *incident,
    const struct recipient *to, struct notice_words *ret)
{
	enum notice_purpose purpose = PURPOSE_OPENED;
	if (incident->row.state == INCIDENT_CLOSED)
		purpose = PURPOSE_ENDED;
	else if (incident->row.needs_person)
		purpose = PURPOSE_NEEDS_PERSON;
	/* A team's channel is told what the person at the incident's tier may do. */
	uint32_t tier = 0;
	const struct person *person =
	    to->person.n > 0
		? model_person(core->newest->model, to->person)
		: people_to_tell(core, incident, incident->row.escalate_tier, &tier);
	notice_words(core, incident, purpose, person, ret);
	return purpose;
}

/* ---- the commands ---- */

static struct answering
try_channel(struct core *core, const struct command *command, struct notice_row *row)
{
	if (tried_n(core) >= TRIED_MAX)
		return answer_no(core, 429, EXIT_CONFLICT,
		    "%d messages that were asked for are still on their way: ask again "
		    "later",
		    TRIED_MAX);
	row->id = row_next(core);
	row->purpose = PURPOSE_TEST;
	row->state = NOTICE_PENDING;
	row->next_at = core->at;
	row->made_wall = core->wall;
	row->fell_back = true; /* nobody else is told instead */
	struct notice *notice = object_add(core, TABLE_NOTICE, row);
	if (notice == NULL)
		return answer_no(core, 503, 1, "there is no memory for another notice");
	notice_arm(core, notice);
	if (command->kind == COMMAND_CHANNEL_TEST)
		timeline_add(core, 0, TIMELINE_COMMAND, command->principal, row->id,
		    "asked for a test of channel %.*s", STR_ARG(row->channel));
	return answer_yes(202, &notice->o);
}

struct answering
channel_try(struct core *core, const struct command *command)
{
	const struct channel *channel =
	    names_get(&core->newest->model->channel_by_name, command->name);
	struct recipient to;
	struct notice_words words = { 0 };
	if (channel == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no channel %.*s",
		    STR_ARG(text_short(core, command->name, 128)));
	if (!find_whom(core, command, channel, &to))
		return answer_no(core, 422, EXIT_USAGE,
		    "say whom: a person or a team that channel %.*s reaches",
		    STR_ARG(channel->name));
	struct notice_row row = { .person = to.person,
		.channel = to.channel,
		.address = to.address };
	if (command->kind == COMMAND_CHANNEL_TEST) {
		test_words(core, command, channel, &words);
	} else if (command->incident == 0) {
		sample_words(core, &words);
		row.shows_as = PURPOSE_NEEDS_PERSON;
		row.shows = SAMPLE;
	} else {
		const struct incident *incident = incident_find(core, command->incident);
		if (incident == NULL)
			return answer_no(core, 404, EXIT_NOT_FOUND,
			    "there is no incident %u that is open, or closed of late",
			    command->incident);
		row.shows_as = incident_words(core, incident, &to, &words);
		row.shows = incident->row.id;
	}
	row.subject = words.subject;
	row.text = words.text;
	row.fields = words.fields;
	return try_channel(core, command, &row);
}

void
channel_tried(struct core *core, struct notice *notice, const struct notice_result *result)
{
	struct notice_row *row = &notice->row;
	row_set_str(core, &row->request, text_cut(result->request, NOTICE_REQUEST_MAX));
	row_set_str(core, &row->answer, text_cut(result->answer, NOTICE_ANSWER_MAX));
	row_set_str(core, &row->error, text_line(core, result->error, TIMELINE_TEXT_MAX));
	if (row->shows_as != 0)
		return;
	if (result->delivered)
		timeline_add(core, 0, TIMELINE_NOTICE, FIRSTLINE, row->id,
		    "the test of channel %.*s was taken", STR_ARG(row->channel));
	else
		timeline_add(core, 0, TIMELINE_NOTICE, FIRSTLINE, row->id,
		    "the test of channel %.*s failed: %.*s", STR_ARG(row->channel),
		    STR_ARG(row->error));
}

const struct notice_row *
core_notice(const struct core *core, row_id id)
{
	const struct notice *notice = object_find(core, TABLE_NOTICE, id);
	return notice != NULL ? &notice->row : NULL;
}
