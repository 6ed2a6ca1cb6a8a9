/*
 * Commands: what a person or an agent asked for. Each is answered once, and stands in a
 * timeline with who asked. The exit codes are the command line's (design section 6).
 *
 * With an Idempotency-Key the answer is kept for a day: the same request again gets the
 * same answer and does nothing, another request under that key is refused.
 */
#include "core/sessions.h"

#define ANSWER_BYTES_MAX (ANSWER_BODY_MAX / 2) /* of a reply's record */

struct answering
answer_no(struct core *core, uint32_t status, uint32_t exit, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	str error = arena_vprintf(&core->scratch, fmt, args);
	va_end(args);
	return (struct answering){ .status = status, .exit = exit, .error = error };
}

struct answering
answer_yes(uint32_t status, struct object *o)
{
	return (struct answering){ .status = status, .exit = EXIT_OK, .o = o };
}

/* What was said with a command, to stand behind what was done: ": why", or nothing. */
str
command_words(struct core *core, const struct command *command)
{
	str words = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	return words.n > 0 ? text_make(core, ": %.*s", STR_ARG(words)) : words;
}

/* ---- about one incident ---- */

static struct answering
note(struct core *core, const struct command *command, struct incident *incident)
{
	if (str_trim(command->text).n == 0)
		return answer_no(core, 422, EXIT_USAGE, "a note needs text");
	if (command->text.n > NOTE_MAX)
		return answer_no(core, 413, EXIT_USAGE, "a note has at most %u bytes",
		    NOTE_MAX);
	timeline_text(core, incident->row.id, TIMELINE_NOTE, command->principal, 0,
	    command->text);
	return answer_yes(200, &incident->o);
}

static struct answering
resolve(struct core *core, const struct command *command, struct incident *incident)
{
	struct incident_row *row = &incident->row;
	str words = command_words(core, command);
	timeline_add(core, row->id, TIMELINE_COMMAND, command->principal, 0, "resolved%.*s",
	    STR_ARG(words));
	if (!row->acknowledged) {
		row->acknowledged = true;
		row->acknowledged_wall = core->wall;
	}
	row_set_str(core, &row->acknowledged_by, command->principal);
	incident_close(core, incident, END_PERSON, command->principal);
	return answer_yes(200, &incident->o);
}

static struct answering
cancel(struct core *core, const struct command *command, struct incident *incident)
{
	struct run *run = incident->run;
	if (run == NULL)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "incident %u has no runbook in work", incident->row.id);
	str who = text_who(command->principal);
	str words = command_words(core, command);
	str why = text_make(core, "%.*s cancelled runbook %.*s%.*s", STR_ARG(who),
	    STR_ARG(run->row.runbook), STR_ARG(words));
	timeline_add(core, incident->row.id, TIMELINE_COMMAND, command->principal,
	    run->row.id, "cancelled runbook %.*s%.*s", STR_ARG(run->row.runbook),
	    STR_ARG(words));
	runs_overridden(core, run);
	runs_end(core, incident, RUN_CANCELLED, why);
	incident_set_state(core, incident, INCIDENT_OPEN);
	person_need(core, incident, why);
	incident_quiet(core, incident);
	return answer_yes(200, &incident->o);
}

struct answering
run_asked_for(struct core *core, struct incident *incident, const struct starting *starting)
{
	str why;
	const struct run *run = run_start(core, incident, starting, &why);
	if (run == NULL)
		return answer_no(core, 422, EXIT_USAGE, "runbook %.*s cannot start: %.*s",
		    STR_ARG(starting->runbook->name), STR_ARG(why));
	if (run->row.state != RUN_RUNNING && run->row.refused && !run->row.acted)
		return answer_no(core, 403, EXIT_REFUSED, "%.*s", STR_ARG(run->row.why));
	return answer_yes(202, &incident->o);
}

static struct answering
run_runbook(struct core *core, const struct command *command, struct incident *incident)
{
	const struct runbook *runbook = model_runbook(core->newest->model, command->name);
	if (runbook == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "%.*s",
		    STR_ARG(unknown_runbook(core, command->name, &core->scratch)));
	if (incident->run != NULL)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "runbook %.*s is in work on incident %u",
		    STR_ARG(incident->run->row.runbook), incident->row.id);
	if (core->control->row.stopped)
		return answer_no(core, 403, EXIT_REFUSED, "everything is stopped, by %.*s",
		    STR_ARG(text_who(core->control->row.stopped_by)));
	timeline_add(core, incident->row.id, TIMELINE_COMMAND, command->principal, 0,
	    "asked to run runbook %.*s", STR_ARG(runbook->name));
	return run_asked_for(core, incident,
	    &(struct starting){ .model = core->newest,
		.runbook = runbook,
		.principal = command->principal,
		.behalf = command->behalf,
		.given = &command->params });
}

/* Without a target: the service itself, where it has no hosts to choose from. */
static str
target_of(const struct core *core, const struct command *command, str service)
{
	if (command->target.n > 0)
		return command->target;
	return service_has_hosts(core, service) ? (str){ 0 } : service;
}

str
service_of_target(const struct core *core, const struct incident *incident, str target)
{
	const struct host *host = names_get(&core->newest->model->host_by_name, target);
	return host != NULL ? host->service->name : incident->row.service;
}

static struct answering
run_action(struct core *core, const struct command *command, struct incident *incident)
{
	const struct action *action = model_action(core->newest->model, command->name);
	if (action == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no action %.*s",
		    STR_ARG(command->name));
	str target = target_of(core, command, incident->row.service);
	str behalf = command->behalf;
	str service = service_of_target(core, incident, target);
	struct asking asking = { .principal = command->principal,
		.behalf = { &behalf, behalf.n > 0 ? 1 : 0 },
		.action = action->name,
		.service = service,
		.target = target,
		.params = command->params,
		.incident = incident->row.id,
		.incident_open = incident_asks_for(incident, service),
		.at = core->at,
		.wall = core->wall };
	for (size_t i = 0; i < action->params.n; i++) {
		const struct param *param = &action->params.p[i];
		if (param->otherwise.n > 0 && !pairs_has(&asking.params, param->name))
			asking.params =
			    pairs_with(core, &asking.params, param->name, param->otherwise);
	}
	timeline_add(core, incident->row.id, TIMELINE_COMMAND, command->principal, 0,
	    "asked for %.*s on %.*s", STR_ARG(action->name), STR_ARG(target));
	struct beginning beginning = asked_begin(core, incident, NULL, &asking, (str){ 0 });
	return asked_answer(core, &beginning);
}

static struct answering
about_incident(struct core *core, const struct command *command)
{
	struct incident *incident = incident_find(core, command->incident);
	if (incident == NULL) {
		if (command->incident != 0 &&
		    command->incident < core->control->row.next_incident)
			return answer_no(core, 409, EXIT_CONFLICT, "incident %u is closed",
			    command->incident);
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no incident %u",
		    command->incident);
	}
	if (command->kind == COMMAND_NOTE)
		return note(core, command, incident);
	if (incident->row.state == INCIDENT_CLOSED)
		return answer_no(core, 409, EXIT_CONFLICT, "incident %u is closed",
		    incident->row.id);
	switch (command->kind) {
	case COMMAND_ACKNOWLEDGE:
		return acknowledge(core, command, incident);
	case COMMAND_UNACKNOWLEDGE:
		return unacknowledge(core, command, incident);
	case COMMAND_HAND_OVER:
		return hand_over(core, command, incident);
	case COMMAND_ESCALATE:
		return escalate_command(core, command, incident);
	case COMMAND_RESOLVE:
		return resolve(core, command, incident);
	case COMMAND_RUN:
		return command->action ? run_action(core, command, incident)
		                       : run_runbook(core, command, incident);
	case COMMAND_CONTINUE:
		return run_continue(core, command, incident);
	case COMMAND_CANCEL:
		return cancel(core, command, incident);
	case COMMAND_PERMIT:
		return permit_give(core, command, incident);
	case COMMAND_VETO:
		return permit_veto(core, command, incident);
	case COMMAND_NOTE:
	case COMMAND_SETTLE:
	case COMMAND_STOP_ALL:
	case COMMAND_RESUME:
	case COMMAND_TOKEN_ADD:
	case COMMAND_TOKEN_REVOKE:
	case COMMAND_SILENCE_SET:
	case COMMAND_SILENCE_EXPIRE:
	case COMMAND_APPROVE:
	case COMMAND_DENY:
	case COMMAND_WITHDRAW:
	case COMMAND_HANDS_ON:
	case COMMAND_HANDS_OFF:
	case COMMAND_BREAK_GLASS:
	case COMMAND_REVIEW:
	case COMMAND_UNDO:
	case COMMAND_ANSWER:
	case COMMAND_PROMOTE:
	case COMMAND_DRILL:
	case COMMAND_SESSION_ADD:
	case COMMAND_SESSION_AGAIN:
	case COMMAND_SESSION_SEEN:
	case COMMAND_SESSION_END:
	case COMMAND_LOGIN_LINK:
	case COMMAND_PASSWORD_SET:
	case COMMAND_OVERRIDE_SET:
	case COMMAND_OVERRIDE_COVER:
	case COMMAND_OVERRIDE_SWAP:
	case COMMAND_OVERRIDE_ACCEPT:
	case COMMAND_OVERRIDE_DECLINE:
	case COMMAND_OVERRIDE_END:
	case COMMAND_PING:
	case COMMAND_CHANNEL_TEST:
	case COMMAND_CHANNEL_PREVIEW:
	case COMMAND_FEED_ADD:
	case COMMAND_FEED_END:
	case COMMAND_USEFUL:
		break;
	}
	UNREACHABLE();
}

/* ---- others ---- */

/* What an agent does not say for the person it serves: that what is held may go on. */
static bool
from_agent(struct core *core, const struct command *command, const char *what,
    struct answering *ret)
{
	if (command->behalf.n == 0 && !str_starts(command->principal, STR("agent:")))
		return false;
	*ret = answer_no(core, 403, EXIT_REFUSED, "only a person may %s; %.*s is an agent",
	    what, STR_ARG(command->principal));
	return true;
}

static bool
asked_for_it(const struct attempt_row *row, str who)
{
	bool asked = str_eq(row->principal, who);
	for (size_t i = 0; i < row->behalf.n; i++)
		asked |= str_eq(row->behalf.p[i], who);
	return asked;
}

/* A "no" gives back what was used and lets it be done again: whoever asked for it does not
 * say that alone while somebody else is on duty for the service. Empty: they may. */
static str
other_on_duty(const struct core *core, const struct attempt_row *row, str who)
{
	const struct service *service = model_service(core->newest->model, row->service);
	const struct team *team =
	    service != NULL ? service->owner : core->newest->model->fallback;
	if (!str_starts(who, STR("person:")) || !asked_for_it(row, who))
		return (str){ 0 };
	for (size_t i = 0; i < team->rotation_n; i++) {
		const struct person *person = duty_at(core->newest->model, team,
		    &team->rotations[i], &core->over, core->wall)
		                                  .person;
		if (person != NULL && !str_eq(person->id, text_who(who)))
			return person->id;
	}
	return (str){ 0 };
}

static struct answering
settle(struct core *core, const struct command *command)
{
	struct answering no;
	if (from_agent(core, command, "say whether it happened", &no))
		return no;
	struct attempt *attempt = object_find(core, TABLE_ATTEMPT, command->row);
	if (attempt == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no open attempt %llu",
		    (unsigned long long)command->row);
	if (attempt->row.state != ATTEMPT_IN_DOUBT)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "attempt %llu is %s, not in doubt", (unsigned long long)command->row,
		    attempt_state_name(attempt->row.state));
	if (command->happened == HAPPENED_UNKNOWN)
		return answer_no(core, 422, EXIT_USAGE,
		    "say whether it happened: yes or no");
	str other = command->happened == HAPPENED_NO
	                ? other_on_duty(core, &attempt->row, command->principal)
	                : (str){ 0 };
	if (other.n > 0)
		return answer_no(core, 403, EXIT_REFUSED,
		    "you asked for it: that it did not happen somebody else must say, such "
		    "as %.*s, who is on duty",
		    STR_ARG(other));
	timeline_add(core, attempt->row.incident, TIMELINE_COMMAND, command->principal,
	    attempt->row.id, "said that %.*s on %.*s %s", STR_ARG(attempt->row.action),
	    STR_ARG(attempt->row.target),
	    command->happened == HAPPENED_YES ? "happened" : "did not happen");
	attempt_settle(core, attempt, command->happened, command->principal);
	return answer_yes(200, &attempt->o);
}

/* With what is answered the runbook acts: not who has left, nor what is no person. Whoever
 * has the machine may drill, and is asked then. */
static struct answering
answer_question(struct core *core, const struct command *command)
{
	struct answering no;
	str who = command->principal;
	if (from_agent(core, command, "answer what the people on duty are asked", &no))
		return no;
	bool person = str_starts(who, STR("person:")) &&
	              model_person(core->newest->model, text_who(who)) != NULL;
	if (!person && !str_eq(who, STR("local-admin")))
		return answer_no(core, 403, EXIT_REFUSED,
		    "only a person of the configuration answers what a runbook asks; %.*s "
		    "is none",
		    STR_ARG(who));
	return ask_answer(core, command);
}

static struct answering
stop_all(struct core *core, const struct command *command)
{
	struct control_row *control = &core->control->row;
	str who = text_who(command->principal);
	str said = text_line(core, command->text, TIMELINE_TEXT_MAX / 2);
	str why = text_make(core, "%.*s stopped everything%s%.*s", STR_ARG(who),
	    said.n > 0 ? ": " : "", STR_ARG(said));
	control->stopped = true;
	control->stopped_wall = core->wall;
	row_set_str(core, &control->stopped_by, command->principal);
	row_set_str(core, &control->stopped_why, said);
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, 0, "%.*s",
	    STR_ARG(why));
	/* Runs first: their attempts are stopped with them. */
	while (core->tables[TABLE_RUN].next != &core->tables[TABLE_RUN]) {
		/* The first one is called by nobody; those that it called end with it. */
		struct run *run =
		    container_of(object_of(core->tables[TABLE_RUN].next, in_table),
			struct run, o);
		struct incident *incident = run_incident(core, run);
		struct arena mark = core->scratch;
		while (incident->run != run)
			run_end(core, incident->run, RUN_CANCELLED, why);
		run_person(core, run, why);
		core->scratch = mark;
	}
	asked_void_all(core, why);
	list_each(it, &core->tables[TABLE_ATTEMPT])
	{
		struct attempt *attempt =
		    container_of(object_of(it, in_table), struct attempt, o);
		if (attempt_open(attempt))
			attempt_stop(core, attempt, why);
	}
	return answer_yes(200, &core->control->o);
}

static struct answering
resume(struct core *core, const struct command *command)
{
	struct answering no;
	if (from_agent(core, command, "lift the stop of everything", &no))
		return no;
	struct control_row *control = &core->control->row;
	if (!control->stopped)
		return answer_yes(200, &core->control->o);
	control->stopped = false;
	control->stopped_wall = 0;
	row_set_str(core, &control->stopped_by, (str){ 0 });
	row_set_str(core, &control->stopped_why, (str){ 0 });
	str words = command_words(core, command);
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, 0,
	    "lifted the stop of everything%.*s", STR_ARG(words));
	return answer_yes(200, &core->control->o);
}

static struct token *
token_named(const struct core *core, row_id id, str name)
{
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		struct token *token =
		    container_of(object_of(it, in_table), struct token, o);
		if (token->row.revoked || token->row.role == ROLE_FEED)
			continue;
		if (id != 0 ? token->row.id == id : str_eq(token->row.name, name))
			return token;
	}
	return NULL;
}

/* An agent acts for a person, and may never do more than that person. */
static bool
serves(struct core *core, const struct token_row *asked, struct answering *ret)
{
	bool agent = str_starts(asked->principal, STR("agent:"));
	str person = asked->behalf;
	if (!agent && person.n > 0)
		*ret = answer_no(core, 422, EXIT_USAGE,
		    "%.*s is no agent: only an agent serves a person",
		    STR_ARG(asked->principal));
	else if (agent && person.n == 0 && asked->role != ROLE_VIEWER &&
		 asked->role != ROLE_SOURCE)
		*ret = answer_no(core, 422, EXIT_USAGE,
		    "an agent with the role %s needs the person it serves: whatever it "
		    "asks for, that person must be allowed too",
		    role_name(asked->role));
	else if (person.n > 0 &&
		 (!str_starts(person, STR("person:")) ||
		     model_person(core->newest->model, str_drop(person, 7)) == NULL))
		*ret = answer_no(core, 422, EXIT_USAGE,
		    "an agent serves a person of the configuration, as in person:ana; "
		    "there is no %.*s",
		    STR_ARG(person));
	else
		return true;
	return false;
}

/* "person:", "person:ana\n", " ": nobody is called so. */
static bool
is_principal(str text)
{
	str name = text;
	static const char *const kinds[] = { "person:", "agent:", "source:" };
	for (size_t i = 0; i < countof(kinds); i++) {
		if (str_starts(text, str_of(kinds[i])))
			name = str_drop(text, strlen(kinds[i]));
	}
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c <= ' ' || c == 0x7f)
			return false;
	}
	return name.n > 0;
}

static struct answering
token_add(struct core *core, const struct command *command)
{
	struct answering no;
	const struct token_row *asked = &command->token;
	if (asked->name.n == 0 || asked->principal.n == 0 || asked->role == 0 ||
	    asked->role == ROLE_FEED || hash32_zero(&asked->secret))
		return answer_no(core, 422, EXIT_USAGE,
		    "a token needs a name, a principal, a role and a secret");
	bool long_name = asked->name.n > CORE_TOKEN_NAME_MAX;
	if (long_name || asked->principal.n > CORE_TOKEN_NAME_MAX)
		return answer_no(core, 422, EXIT_USAGE,
		    "a token's %s has at most %u bytes; this one has %zu",
		    long_name ? "name" : "principal", CORE_TOKEN_NAME_MAX,
		    long_name ? asked->name.n : asked->principal.n);
	if (!is_principal(asked->principal))
		return answer_no(core, 422, EXIT_USAGE,
		    "a principal is written without blanks, as in person:ana");
	if (!serves(core, asked, &no))
		return no;
	/* Whoever asked as one of these could also agree to it, as themselves. */
	if (str_eq(asked->principal, AUTOMATION) || str_eq(asked->principal, FIRSTLINE))
		return answer_no(core, 422, EXIT_USAGE,
		    "no token stands for '%.*s': that is Firstline itself; name a person, "
		    "or an agent and the person it serves",
		    STR_ARG(asked->principal));
	if (token_named(core, 0, asked->name) != NULL)
		return answer_no(core, 409, EXIT_CONFLICT, "there is a token named %.*s",
		    STR_ARG(asked->name));
	if (core_token(core, &asked->secret) != NULL)
		return answer_no(core, 409, EXIT_CONFLICT,
		    "there is a token with that secret");
	if (core->counts[TABLE_TOKEN] - feeds_count(core, STR("")) >= TOKENS_MAX)
		return answer_no(core, 409, EXIT_CONFLICT, "there are %u tokens already",
		    TOKENS_MAX);
	struct token_row row = *asked;
	row.id = row_next(core);
	row.made_wall = core->wall;
	row.revoked = false;
	struct token *token = object_add(core, TABLE_TOKEN, &row);
	if (token == NULL)
		return answer_no(core, 503, 1, "there is no memory for another token");
	object_touch(core, &core->control->o);
	core->control->row.tokens_made++;
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, row.id,
	    "added token %.*s for %.*s%s%.*s", STR_ARG(row.name), STR_ARG(row.principal),
	    row.behalf.n > 0 ? ", who serves " : "", STR_ARG(text_who(row.behalf)));
	return answer_yes(201, &token->o);
}

/* Can they still ask, by another one? */
static bool
has_token(const struct core *core, const struct token_row *as)
{
	list_each(it, &core->tables[TABLE_TOKEN])
	{
		const struct token_row *row =
		    &container_of(object_of(it, in_table), struct token, o)->row;
		if (!row->revoked && row->role != ROLE_FEED &&
		    str_eq(row->principal, as->principal) &&
		    str_eq(row->behalf, as->behalf))
			return true;
	}
	return false;
}

static struct answering
token_revoke(struct core *core, const struct command *command)
{
	struct token *token = token_named(core, command->row, command->name);
	if (token == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "there is no such token");
	token->row.revoked = true;
	sessions_of_token_end(core, token->row.id);
	/* What it asked for and nobody has allowed yet goes with it. */
	if (!has_token(core, &token->row))
		asked_void_by(core, token->row.principal, token->row.behalf,
		    command->principal,
		    text_make(core, "the token of %.*s was revoked",
			STR_ARG(text_who(token->row.principal))));
	timeline_add(core, 0, TIMELINE_COMMAND, command->principal, token->row.id,
	    "revoked token %.*s of %.*s", STR_ARG(token->row.name),
	    STR_ARG(token->row.principal));
	object_done(core, &token->o);
	return answer_yes(200, &token->o);
}

/* In Alertmanager's words: amtool shows them. */
static struct answering
set_silence(struct core *core, const struct command *command)
{
	struct silence *silence;
	switch (silence_set(core, command, &silence)) {
	case SILENCE_DONE:
		return answer_yes(200, &silence->o);
	case SILENCE_UNKNOWN:
		return answer_no(core, 404, EXIT_NOT_FOUND, "silence not found");
	case SILENCE_BACKWARDS:
		return answer_no(core, 400, EXIT_USAGE,
		    "Failed to create silence: start time must be before end time");
	case SILENCE_OVER:
		return answer_no(core, 400, EXIT_USAGE,
		    "Failed to create silence: end time can't be in the past");
	case SILENCE_MATCHES_ALL:
		return answer_no(core, 400, EXIT_USAGE,
		    "silence invalid: at least one matcher required");
	case SILENCE_OTHERS:
		return answer_no(core, 403, EXIT_AUTH,
		    "this silence is another's: ending it needs no more than the role "
		    "operator, changing it the role lead");
	case SILENCE_NO_CALENDAR:
		return answer_no(core, 400, EXIT_USAGE,
		    "Failed to create silence: the configuration has no such calendar, or "
		    "it is "
		    "fetched from a URL");
	case SILENCE_TOO_MANY:
		if (core->counts[TABLE_SILENCE] < SILENCES_MAX)
			return answer_no(core, 503, 1,
			    "there is no memory for another silence");
		return answer_no(core, 400, EXIT_CONFLICT,
		    "Failed to create silence: there are %u already, and none of them has "
		    "expired; expire some first",
		    core->counts[TABLE_SILENCE]);
	}
	UNREACHABLE();
}

static struct answering
end_silence(struct core *core, const struct command *command)
{
	struct silence *silence = silence_expire(core, command);
	if (silence == NULL)
		return answer_no(core, 404, EXIT_NOT_FOUND, "silence not found");
	return answer_yes(200, &silence->o);
}

static struct answering
apply(struct core *core, const struct command *command)
{
	if (core->newest == NULL)
		return answer_no(core, 503, 1, "there is no configuration yet");
	switch (command->kind) {
	case COMMAND_ACKNOWLEDGE:
	case COMMAND_UNACKNOWLEDGE:
	case COMMAND_HAND_OVER:
	case COMMAND_ESCALATE:
	case COMMAND_NOTE:
	case COMMAND_RESOLVE:
	case COMMAND_RUN:
	case COMMAND_CONTINUE:
	case COMMAND_CANCEL:
	case COMMAND_PERMIT:
	case COMMAND_VETO:
		return about_incident(core, command);
	case COMMAND_SETTLE:
		return settle(core, command);
	case COMMAND_STOP_ALL:
		return stop_all(core, command);
	case COMMAND_RESUME:
		return resume(core, command);
	case COMMAND_TOKEN_ADD:
		return token_add(core, command);
	case COMMAND_TOKEN_REVOKE:
		return token_revoke(core, command);
	case COMMAND_SILENCE_SET:
		return set_silence(core, command);
	case COMMAND_SILENCE_EXPIRE:
		return end_silence(core, command);
	case COMMAND_APPROVE:
		return asked_vote(core, command, true);
	case COMMAND_DENY:
		return asked_vote(core, command, false);
	case COMMAND_WITHDRAW:
		return asked_withdraw(core, command);
	case COMMAND_HANDS_ON:
		return lease_hands_on(core, command);
	case COMMAND_HANDS_OFF:
		return lease_hands_off(core, command);
	case COMMAND_BREAK_GLASS:
		return lease_break_glass(core, command);
	case COMMAND_REVIEW:
		return lease_review(core, command);
	case COMMAND_UNDO:
		return undo_attempt(core, command);
	case COMMAND_ANSWER:
		return answer_question(core, command);
	case COMMAND_PROMOTE:
		return trust_promote(core, command);
	case COMMAND_DRILL:
		return drill_begin(core, command);
	case COMMAND_SESSION_ADD:
		return session_add(core, command);
	case COMMAND_SESSION_AGAIN:
		return session_again(core, command);
	case COMMAND_SESSION_SEEN:
		return session_seen(core, command);
	case COMMAND_SESSION_END:
		return session_end(core, command);
	case COMMAND_LOGIN_LINK:
		return login_link(core, command);
	case COMMAND_PASSWORD_SET:
		return password_set(core, command);
	case COMMAND_OVERRIDE_SET:
		return override_set(core, command);
	case COMMAND_OVERRIDE_COVER:
		return override_cover(core, command);
	case COMMAND_OVERRIDE_SWAP:
		return override_swap(core, command);
	case COMMAND_OVERRIDE_ACCEPT:
		return override_accept(core, command);
	case COMMAND_OVERRIDE_DECLINE:
		return override_decline(core, command);
	case COMMAND_OVERRIDE_END:
		return override_end(core, command);
	case COMMAND_PING:
		return heartbeat_ping(core, command);
	case COMMAND_CHANNEL_TEST:
	case COMMAND_CHANNEL_PREVIEW:
		return channel_try(core, command);
	case COMMAND_FEED_ADD:
		return feed_add(core, command);
	case COMMAND_FEED_END:
		return feed_end(core, command);
	case COMMAND_USEFUL:
		return useful_command(core, command);
	}
	UNREACHABLE();
}

/* ---- answering ---- */

uint64_t
answer_hash(str key)
{
	return fnv64(FNV64_BASIS, key);
}

static void
answer_drop(struct core *core, struct answer *answer)
{
	uint64_t hash = answer_hash(answer->row.key), value;
	if (map_get(&core->answer_keys, hash, &value) && value == (uintptr_t)answer)
		map_remove(&core->answer_keys, hash);
	object_erase(core, &answer->o);
}

static struct answer *
oldest_answer(const struct core *core)
{
	const struct link *list = &core->tables[TABLE_ANSWER];
	return list_empty(list)
	           ? NULL
	           : container_of(object_of(list->next, in_table), struct answer, o);
}

/* A few at each step: what is over by the wall, or over the limit. */
void
answers_expire(struct core *core)
{
	for (unsigned i = 0; i < 4; i++) {
		struct answer *answer = oldest_answer(core);
		if (answer == NULL || (core->wall < answer->row.wall + ANSWER_KEEP_MS &&
					  core->counts[TABLE_ANSWER] <= ANSWERS_MAX))
			return;
		answer_drop(core, answer);
	}
}

static void
reply_fill(struct core *core, const struct answering *answering, struct reply *ret)
{
	*ret = (struct reply){ .status = answering->status,
		.exit = answering->exit,
		.error = text_line(core, answering->error, TIMELINE_TEXT_MAX) };
	if (answering->o == NULL)
		return;
	enum table table = answering->o->table;
	struct buf body = BUF(ANSWER_BYTES_MAX);
	record_encode(table_type(table), object_row(answering->o), &body);
	ret->table = table;
	ret->row = answering->o->id;
	ret->body = body.overflow ? (str){ 0 } : arena_str(&core->scratch, buf_str(&body));
	buf_done(&body);
}

static void
send(struct core *core, uint64_t request, struct reply *reply)
{
	if (request == 0)
		return; /* nobody waits */
	reply->request = request;
	struct effect *effect = effects_add(core->fx, EFFECT_REPLY);
	record_copy(effect_type(EFFECT_REPLY), reply, core->fx->arena, &effect->reply);
	reply->request = 0;
}

static void
keep(struct core *core, const struct command *command, const struct reply *reply)
{
	struct buf body = BUF(ANSWER_BODY_MAX);
	record_encode(effect_type(EFFECT_REPLY), reply, &body);
	struct answer_row row = { .id = row_next(core),
		.key = command->idempotency_key,
		.request = command->request_hash,
		.status = reply->status,
		.body = buf_str(&body),
		.wall = core->wall };
	struct answer *answer = body.overflow ? NULL : object_add(core, TABLE_ANSWER, &row);
	buf_done(&body);
	if (answer != NULL)
		map_put(&core->answer_keys, answer_hash(row.key), (uintptr_t)answer);
}

/* false: this key was not used before. */
static bool
answered_before(struct core *core, const struct command *command)
{
	uint64_t value;
	if (command->idempotency_key.n == 0 ||
	    !map_get(&core->answer_keys, answer_hash(command->idempotency_key), &value))
		return false;
	struct answer *answer = (struct answer *)(uintptr_t)value;
	if (!str_eq(answer->row.key, command->idempotency_key)) {
		answer_drop(core, answer); /* another key with that hash: as if evicted */
		return false;
	}
	struct reply reply;
	struct err err;
	if (!hash32_eq(&answer->row.request, &command->request_hash))
		reply = (struct reply){ .status = 422,
			.exit = EXIT_USAGE,
			.error = STR("this Idempotency-Key was used for another request") };
	else if (!record_decode_all(effect_type(EFFECT_REPLY), answer->row.body,
		     &core->scratch, &reply, &err))
		return false;
	send(core, command->request, &reply);
	return true;
}

void
on_command(struct core *core, const struct command *command)
{
	if (answered_before(core, command))
		return;
	struct answering answering = apply(core, command);
	struct reply reply;
	reply_fill(core, &answering, &reply);
	send(core, command->request, &reply);
	if (command->idempotency_key.n > 0)
		keep(core, command, &reply);
}
