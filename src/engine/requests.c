/*
 * requests -- what the API asks: commands become events, questions are answered from
 * memory here, from memory in slices (listings.c) or from the store (reader.c).
 */
#include <stdio.h>

#include "engine/state.h"
#include "os/clock.h"

struct asked {
	uint64_t id;
	struct request request;
	struct caller caller;
};

static void
refuse(struct engine *engine, uint64_t id, uint32_t status, uint32_t exit,
    const char *error)
{
	answer_plain(&engine->batch.to_gate, id, engine->head.seq, status, exit, error);
}

/* ---- commands ---- */

/* What was asked, apart from who waits for it and how long, from where, and by what they
 * showed who they are. That is the principal, who is part of the key. */
static hash32
request_hash(const struct request *request)
{
	struct request same = *request;
	same.token = same.session = same.csrf = same.user = STR("");
	same.from = same.agent = same.idempotency_key = STR("");
	same.deadline_ms = 0;
	struct buf bytes = BUF(FRAME_PAYLOAD_MAX);
	record_encode(&request_type, &same, &bytes);
	hash32 hash = sha256(buf_str(&bytes));
	buf_done(&bytes);
	return hash;
}

bool
request_key(struct engine *engine, uint64_t id, const struct request *request,
    str principal, char key[static REQUEST_KEY_MAX], struct command *command)
{
	if (request->idempotency_key.n == 0)
		return true;
	int n = snprintf(key, REQUEST_KEY_MAX, "%.*s\n%.*s", STR_ARG(principal),
	    STR_ARG(request->idempotency_key));
	if (n < 0 || n >= REQUEST_KEY_MAX) {
		refuse(engine, id, 400, 2, "the Idempotency-Key is too long");
		return false;
	}
	command->idempotency_key = (str){ key, (size_t)n };
	command->request_hash = request_hash(request);
	return true;
}

/* What promote and drill are told as params: service, level, in, with.NAME. */
static bool
read_own(struct engine *engine, const struct asked *asked, struct command *command)
{
	const struct pairs *given = &asked->request.params;
	if (command->kind != COMMAND_PROMOTE && command->kind != COMMAND_DRILL)
		return true;
	command->target = pairs_get(given, STR("service"));
	command->environment = pairs_get(given, STR("in"));
	str level = pairs_get(given, STR("level"));
	for (enum autonomy i = AUTONOMY_SUGGEST; i <= AUTONOMY_AUTO; i++) {
		if (str_eq(level, str_of(autonomy_name(i))))
			command->level = i;
	}
	if (level.n > 0 && command->level == 0) {
		refuse(engine, asked->id, 422, 2,
		    "a level is suggest, step, plan, veto or auto");
		return false;
	}
	struct pair *p = arena_new(&engine->batch.arena, struct pair, given->n + 1);
	command->params = (struct pairs){ p, 0 };
	for (size_t i = 0; i < given->n; i++) {
		if (str_starts(given->p[i].name, STR("with.")))
			p[command->params.n++] =
			    (struct pair){ str_drop(given->p[i].name, 5),
				    given->p[i].value };
	}
	return true;
}

/* The run that is to go on is over, so it is in the store alone. */
static bool
read_before(struct engine *engine, const struct asked *asked, struct command *command)
{
	struct arena *arena = &engine->batch.arena;
	struct run_row *before = arena_new(arena, struct run_row, 1);
	struct stored_row row;
	struct err err = { 0 };
	if (command->kind != COMMAND_CONTINUE)
		return true;
	if (store_row(engine->look, TABLE_RUN, command->row, arena, &row, &err) &&
	    record_decode_all(&run_row_type, row.body, arena, before, &err)) {
		command->before = (struct records){ before, 1 };
		command->incident = before->incident;
		return true;
	}
	if (err.kind == ERR_NOT_FOUND)
		refuse(engine, asked->id, 404, 3, "there is no run with that number");
	else
		refuse(engine, asked->id, 503, 1, "that run cannot be read: ask again");
	return false;
}

bool
read_was(struct engine *engine, uint64_t id, struct command *command)
{
	struct arena *arena = &engine->batch.arena;
	struct incident_row *was = arena_new(arena, struct incident_row, 1);
	struct stored_row row;
	struct err err = { 0 };
	if (core_incident(engine->core, command->incident) != NULL)
		return true;
	/* It may be what is being written at this moment. */
	batch_wait(engine);
	if (store_row(engine->look, TABLE_INCIDENT, command->incident, arena, &row, &err) &&
	    record_decode_all(&incident_row_type, row.body, arena, was, &err)) {
		command->was = (struct records){ was, 1 };
		return true;
	}
	if (err.kind != ERR_NOT_FOUND)
		refuse(engine, id, 503, 1, "that incident cannot be read: ask again");
	else if (command->incident < core_control(engine->core)->next_incident &&
		 command->incident != 0)
		refuse(engine, id, 410, 3,
		    "that incident is not kept any more: it was over for longer than "
		    "keep.history says");
	else
		refuse(engine, id, 404, 3, "there is no incident with that number");
	return false;
}

/* By OP_COMMAND. What has an operation of its own, or is the engine's own word, is not: each
 * looks at other things first, and a gate may be hostile. */
static bool
is_asked_for(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_ACKNOWLEDGE:
	case COMMAND_NOTE:
	case COMMAND_RESOLVE:
	case COMMAND_RUN:
	case COMMAND_CANCEL:
	case COMMAND_SETTLE:
	case COMMAND_STOP_ALL:
	case COMMAND_RESUME:
	case COMMAND_TOKEN_REVOKE:
	case COMMAND_APPROVE:
	case COMMAND_DENY:
	case COMMAND_WITHDRAW:
	case COMMAND_HANDS_ON:
	case COMMAND_HANDS_OFF:
	case COMMAND_BREAK_GLASS:
	case COMMAND_REVIEW:
	case COMMAND_UNDO:
	case COMMAND_ANSWER:
	case COMMAND_PERMIT:
	case COMMAND_PROMOTE:
	case COMMAND_DRILL:
	case COMMAND_VETO:
	case COMMAND_OVERRIDE_SET:
	case COMMAND_OVERRIDE_COVER:
	case COMMAND_OVERRIDE_SWAP:
	case COMMAND_OVERRIDE_ACCEPT:
	case COMMAND_OVERRIDE_DECLINE:
	case COMMAND_OVERRIDE_END:
	case COMMAND_CONTINUE:
	case COMMAND_UNACKNOWLEDGE:
	case COMMAND_HAND_OVER:
	case COMMAND_CHANNEL_TEST:
	case COMMAND_CHANNEL_PREVIEW:
	case COMMAND_USEFUL:
		return true;
	case COMMAND_TOKEN_ADD:
	case COMMAND_SILENCE_SET:
	case COMMAND_SILENCE_EXPIRE:
	case COMMAND_SESSION_ADD:
	case COMMAND_SESSION_AGAIN:
	case COMMAND_SESSION_SEEN:
	case COMMAND_SESSION_END:
	case COMMAND_LOGIN_LINK:
	case COMMAND_PASSWORD_SET:
	case COMMAND_PING:
	case COMMAND_FEED_ADD:
	case COMMAND_FEED_END:
	case COMMAND_ESCALATE:
		return false;
	}
	UNREACHABLE();
}

/* Here and not in the core: what an earlier version took is in the journal, and is stepped
 * again as it was. */
static bool
says_too_much(struct engine *engine, const struct asked *asked)
{
	const struct request *r = &asked->request;
	size_t max = core_words_max(r->command);
	if (max == 0 || r->text.n <= max)
		return false;
	str why = arena_printf(&engine->batch.arena,
	    "what is said with it has at most %zu bytes, and this is %zu: nothing was "
	    "done; "
	    "say it in fewer words, and the rest in a note of an incident, which takes %u",
	    max, r->text.n, NOTE_MAX);
	refuse(engine, asked->id, 413, 2, arena_cstr(&engine->batch.arena, why));
	return true;
}

static void
on_command(struct engine *engine, const struct asked *asked)
{
	const struct request *r = &asked->request;
	if (says_too_much(engine, asked))
		return;
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){
		.kind = r->command,
		.request = asked->id,
		.principal = asked->caller.principal,
		.behalf = asked->caller.behalf,
		.incident = r->incident,
		.row = r->row,
		.name = r->name,
		.text = r->text,
		.target = r->target,
		.params = r->params,
		.action = r->action,
		.happened = r->happened,
		.digest = r->digest,
		.span_ms = r->span_ms,
		.admin = asked->caller.role == ROLE_ADMIN,
		.role = asked->caller.role,
	};
	if (!read_own(engine, asked, &event.command) ||
	    !read_before(engine, asked, &event.command))
		return;
	if (r->command == COMMAND_USEFUL && !read_was(engine, asked->id, &event.command))
		return;
	char key[REQUEST_KEY_MAX];
	if (!request_key(engine, asked->id, r, asked->caller.principal, key,
		&event.command))
		return;
	if (r->command == 0) {
		refuse(engine, asked->id, 422, 2, "this asks for nothing: name a command");
		return;
	}
	if (!is_asked_for(r->command)) {
		refuse(engine, asked->id, 403, 4, "this is no command that is asked for");
		return;
	}
	if (r->command == COMMAND_TOKEN_REVOKE && asked->caller.role != ROLE_ADMIN) {
		refuse(engine, asked->id, 403, 4, "this needs the role admin");
		return;
	}
	batch_step(engine, &event);
}

/* params: principal, role, behalf (the person whom an agent serves), until (milliseconds since
 * 1970; absent: no end) */
static void
on_token_add(struct engine *engine, const struct asked *asked)
{
	const struct request *r = &asked->request;
	if (engine->secret_request != 0) {
		refuse(engine, asked->id, 503, 1, "another token is being made: ask again");
		return;
	}
	struct token_row token = { .name = r->name,
		.principal = pairs_get(&r->params, STR("principal")),
		.behalf = pairs_get(&r->params, STR("behalf")) };
	str until = pairs_get(&r->params, STR("until"));
	if (!role_by_name(pairs_get(&r->params, STR("role")), &token.role) ||
	    token.role == ROLE_FEED) {
		refuse(engine, asked->id, 422, 2,
		    "role is one of viewer, operator, lead, admin, source");
		return;
	}
	if (until.n > 0 && !str_u64(until, UINT64_MAX, &token.until_wall)) {
		refuse(engine, asked->id, 422, 2,
		    "until is a time in milliseconds since 1970");
		return;
	}
	access_new_secret("flt_", engine->secret_text);
	token.secret = sha256(str_of(engine->secret_text));
	engine->secret_request = asked->id;
	engine->secret = (struct secret_item){ .name = token.name,
		.secret = str_of(engine->secret_text) };
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){
		.kind = COMMAND_TOKEN_ADD,
		.request = asked->id,
		.principal = asked->caller.principal,
		.name = token.name,
		.token = token,
	};
	batch_step(engine, &event);
	explicit_bzero(engine->secret_text, sizeof(engine->secret_text));
	engine->secret_request = 0;
}

/* A gate that says so of a channel that has no buttons lies. */
static bool
has_buttons(const struct model *model, str name)
{
	for (size_t i = 0; i < model->channels_n; i++) {
		if (str_eq(model->channels[i].name, name))
			return model->channels[i].callback.n > 0;
	}
	return false;
}

/* A button in Slack: whose account is that, and may they? */
static void
on_pressed(struct engine *engine, const struct asked *asked)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	const struct request *r = &asked->request;
	const struct person *person = NULL;
	for (size_t i = 0; has_buttons(model, r->name) && i < model->people_n; i++) {
		if (r->target.n > 0 && str_eq(model->people[i].slack, r->target))
			person = &model->people[i];
	}
	if (person == NULL || !role_reaches(person->role, ROLE_OPERATOR)) {
		engine->n.unauthorized++;
		refuse(engine, asked->id, 403, 4,
		    person == NULL ? "nobody of the configuration has that account of Slack"
				   : "this role does not reach that far");
		return;
	}
	struct event event = { .kind = EVENT_COMMAND };
	event.command = (struct command){ .kind = COMMAND_ACKNOWLEDGE,
		.request = asked->id,
		.principal =
		    arena_printf(&engine->batch.arena, "person:%.*s", STR_ARG(person->id)),
		.incident = r->incident,
		.role = person->role,
		.text = STR("by a button in Slack") };
	batch_step(engine, &event);
}

/* ---- questions ---- */

static void
on_status(struct engine *engine, const struct asked *asked, struct answer_out *a)
{
	const struct control_row *control = core_control(engine->core);
	struct core_counts counts = core_counts(engine->core);
	struct status_item status = {
		.version = STR(FIRSTLINE_VERSION),
		.epoch = engine->epoch,
		.seq = engine->head.seq,
		.since_wall = engine->since_wall,
		.now_wall = clock_wall(),
		.config = control->config,
		.refusing = engine->refusing,
		.refusing_why = str_of(engine->refusing_why),
		.stopped = control->stopped,
		.stopped_by = control->stopped_by,
		.stopped_why = control->stopped_why,
		.hands_up = engine->hands.peer != NULL,
		.incidents_open = counts.incidents_open,
		.incidents_needing_person = counts.needing_person,
		.alerts_active = intake_active(engine->intake),
		.alerts_held = intake_held(engine->intake),
		.silences_active = silences_active(engine),
		.gaps = counts.gaps,
		.approvals_waiting = counts.approvals,
		.hands_on = counts.hands_on,
		.glass = counts.glass,
		.unreviewed = counts.unreviewed,
		.sandbox_gaps = engine->sandbox_gaps,
		.principal = asked->caller.principal,
		.loopback_only = engine->loopback_only,
	};
	answer_record(a, ITEM_STATUS, &status);
}

static void
on_tokens(struct engine *engine, struct answer_out *a)
{
	const struct token_row **tokens =
	    arena_new(a->arena, const struct token_row *, CORE_TOKENS_MAX);
	a->begin = *a->arena; /* they outlive each frame */
	size_t n = core_tokens(engine->core, tokens, CORE_TOKENS_MAX);
	for (size_t i = 0; i < n; i++)
		answer_row_record(a, TABLE_TOKEN, tokens[i]);
}

static void
on_who(const struct asked *asked, struct answer_out *a)
{
	struct token_row row = { .principal = asked->caller.principal,
		.role = asked->caller.role };
	answer_row_record(a, TABLE_TOKEN, &row);
}

/* Whom Alertmanager would call a receiver: the teams that answer. */
static void
on_receivers(struct engine *engine, struct answer_out *a)
{
	const struct model *model = configs_newest(&engine->configs, engine->core);
	struct strs names = { arena_new(a->arena, str, RECEIVERS_MAX), 0 };
	for (size_t i = 0; i < model->teams_n && names.n < RECEIVERS_MAX; i++) {
		if (model->teams[i].kind == TEAM_OPERATIONS)
			names.p[names.n++] = model->teams[i].name;
	}
	struct receivers_item item = { .names = names,
		.since_wall = engine->since_wall,
		.version = STR(FIRSTLINE_VERSION) };
	answer_record(a, ITEM_RECEIVERS, &item);
}

/* Small answers that the loop gives at once. */
static void
answer_now(struct engine *engine, const struct asked *asked)
{
	struct arena scratch = engine->batch.arena;
	struct answer_out a;
	answer_begin(&a, &engine->batch.to_gate, &scratch, asked->id, engine->head.seq);
	switch ((int)asked->request.op) {
	case OP_STATUS:
		on_status(engine, asked, &a);
		break;
	case OP_METRICS:
		metrics_answer(engine, &a);
		break;
	case OP_ON_CALL:
		answer_on_call(engine, &asked->request, &a);
		break;
	case OP_SHIFTS:
		answer_shifts(engine, &asked->request, &a);
		break;
	case OP_SERVICES:
		answer_services(engine, &asked->request, &a);
		break;
	case OP_RUNBOOKS:
		answer_runbooks(engine, &asked->request, &a);
		break;
	case OP_CHANNELS:
		answer_channels(engine, &a);
		break;
	case OP_RULES:
		answer_rules(engine, &asked->request, &a);
		break;
	case OP_HEARTBEATS:
		answer_heartbeats(engine, &a);
		break;
	case OP_MAY:
		answer_may(engine, &a, &asked->request, asked->caller);
		break;
	case OP_WHO_CAN:
		answer_who_can(engine, &a, &asked->request);
		break;
	case OP_TRUST:
		answer_trust(engine, &a, &asked->request);
		break;
	case OP_WHAT_CAN:
		answer_what_can_on(engine, &a, &asked->request, asked->caller);
		break;
	case OP_PLAN:
		answer_plan(engine, &a, &asked->request, asked->caller);
		break;
	case OP_TOKENS:
		on_tokens(engine, &a);
		break;
	case OP_WHO:
		on_who(asked, &a);
		break;
	case OP_RECEIVERS:
		on_receivers(engine, &a);
		break;
	case OP_SESSION:
		signin_tell(engine, &a, asked->request.session);
		break;
	case OP_SESSIONS:
		signin_list(engine, &a, asked->caller);
		break;
	case OP_SILENCE:
		answer_silence(engine, &asked->request, &a);
		break;
	case OP_FEED:
		answer_feed(engine, &asked->request, &a);
		break;
	case OP_FEEDS:
		answer_feeds(engine, &a, asked->caller);
		break;
	default:
		UNREACHABLE();
	}
	answer_end(&a, 0);
}

static void
ask_reader(struct engine *engine, const struct asked *asked)
{
	struct buf first = BUF(FRAME_PAYLOAD_MAX);
	/* What can be done stands before all else, so in the first part. */
	if (asked->request.op == OP_WHY && asked->request.cursor == 0) {
		struct arena scratch = engine->batch.arena;
		struct answer_out a;
		answer_begin(&a, &first, &scratch, asked->id, engine->head.seq);
		answer_what_can(engine, &a, asked->caller, asked->request.incident);
		answer_more(&a);
	}
	reader_ask(engine, asked->id, &asked->request, buf_str(&first));
	buf_done(&first);
}

static bool
wants_closed(const struct request *r)
{
	str state = pairs_get(&r->params, STR("state"));
	return str_eq(state, STR("closed")) || str_eq(state, STR("all"));
}

/* Of one that was, none is active: that is an answer. */
static bool
is_no_incident(struct engine *engine, const struct asked *asked)
{
	uint64_t number = asked->request.incident;
	if (number < core_control(engine->core)->next_incident)
		return false;
	refuse(engine, asked->id, 404, 3, "there is no incident with that number");
	return true;
}

static void
dispatch(struct engine *engine, const struct asked *asked)
{
	switch (asked->request.op) {
	case OP_COMMAND:
		on_command(engine, asked);
		return;
	case OP_TOKEN_ADD:
		on_token_add(engine, asked);
		return;
	case OP_RELOAD:
		engine_ask_reload(engine, asked->id, asked->caller);
		return;
	case OP_ALERTS:
	case OP_ALERT_GROUPS:
		if (is_no_incident(engine, asked))
			return;
		listing_add(engine, asked->id, &asked->request);
		return;
	case OP_INCIDENTS:
		if (wants_closed(&asked->request))
			ask_reader(engine, asked);
		else
			listing_add(engine, asked->id, &asked->request);
		return;
	case OP_ASKED:
	case OP_LEASES:
	case OP_OVERRIDES:
		if (str_eq(pairs_get(&asked->request.params, STR("state")), STR("all")))
			ask_reader(engine, asked);
		else
			listing_add(engine, asked->id, &asked->request);
		return;
	case OP_INCIDENT:
	case OP_WHY:
	case OP_HANDOFFS:
	case OP_HANDOFF:
	case OP_GAPS:
	case OP_ASKED_ONE:
	case OP_JOURNAL:
	case OP_EVENTS:
	case OP_SILENCES:
	case OP_NOTICE:
	case OP_NOISE:
		ask_reader(engine, asked);
		return;
	case OP_STATUS:
	case OP_METRICS:
	case OP_ON_CALL:
	case OP_SHIFTS:
	case OP_SERVICES:
	case OP_RUNBOOKS:
	case OP_CHANNELS:
	case OP_RULES:
	case OP_HEARTBEATS:
	case OP_MAY:
	case OP_WHO_CAN:
	case OP_TRUST:
	case OP_WHAT_CAN:
	case OP_PLAN:
	case OP_TOKENS:
	case OP_WHO:
	case OP_SILENCE:
	case OP_RECEIVERS:
	case OP_SESSION:
	case OP_SESSIONS:
	case OP_FEED:
	case OP_FEEDS:
		answer_now(engine, asked);
		return;
	case OP_OUTPUT:
		output_ask(engine, asked->id, asked->request.row);
		return;
	case OP_FEED_ADD:
	case OP_FEED_END:
		feed_request(engine, asked->id, &asked->request, asked->caller);
		return;
	case OP_PRESSED:
		on_pressed(engine, asked);
		return;
	case OP_TAPPED:
		tap_request(engine, asked->id, &asked->request);
		return;
	case OP_DIALED:
		dialed_request(engine, asked->id, &asked->request);
		return;
	case OP_PING:
		heartbeat_request(engine, asked->id, &asked->request);
		return;
	case OP_SESSION_ADD:
	case OP_SESSION_AGAIN:
	case OP_SESSION_END:
	case OP_PASSWORD:
	case OP_LOGIN_LINK:
		signin_request(engine, asked->id, &asked->request, asked->caller);
		return;
	case OP_SILENCE_SET:
	case OP_SILENCE_EXPIRE:
		silence_command(engine, asked->id, &asked->request, asked->caller);
		return;
	}
	UNREACHABLE();
}

static bool
works_meanwhile(const struct engine *engine, enum op op)
{
	/* Without the store nothing is known: an empty answer would be a wrong one. */
	if (engine->options->lost.why != NULL)
		return op == OP_STATUS || op == OP_METRICS;
	return op != OP_PRESSED && op != OP_PING && op != OP_TAPPED && op != OP_DIALED &&
	       op != OP_SESSION_ADD && op != OP_SESSION_AGAIN && op != OP_SESSION_END &&
	       op != OP_PASSWORD && op != OP_LOGIN_LINK && op != OP_COMMAND &&
	       op != OP_TOKEN_ADD && op != OP_RELOAD && op != OP_SILENCE_SET &&
	       op != OP_SILENCE_EXPIRE && op != OP_FEED_ADD && op != OP_FEED_END;
}

void
on_request_frame(struct engine *engine, const struct frame *frame)
{
	struct asked asked = { .id = frame->id };
	struct err err;
	/* A step that follows takes its memory behind what was decoded, and resets both. */
	if (!record_decode_all(&request_type, frame->payload, &engine->batch.arena,
		&asked.request, &err)) {
		engine->n.frames_bad++;
		wire_close(&engine->gate);
		return;
	}
	asked.caller = access_who(engine, &asked.request);
	uint32_t refused = access_refuses(engine, asked.caller, &asked.request);
	/* Nor who anybody is: to send them away would be to say that they are not known. */
	if (refused == 401 && engine->ready && engine->options->lost.why != NULL) {
		refuse(engine, asked.id, 507, 1, engine->refusing_why);
		return;
	}
	if (refused != 0) {
		engine->n.unauthorized++;
		refuse(engine, asked.id, refused, 4,
		    refused == 401 ? "a token is needed: Authorization: Bearer TOKEN"
				   : "this role does not reach that far");
		return;
	}
	const char *doubt = access_doubts(&asked.request, asked.caller);
	if (doubt != NULL) {
		engine->n.unauthorized++;
		refuse(engine, asked.id, 403, 4, doubt);
		return;
	}
	if (!engine->ready) {
		refuse(engine, asked.id, 503, 1, "starting");
		return;
	}
	if (engine->refusing && !works_meanwhile(engine, asked.request.op)) {
		refuse(engine, asked.id, 507, 1, engine->refusing_why);
		return;
	}
	/* An open stream is nobody at the keyboard. */
	bool seen = asked.caller.session != 0 && asked.request.op != OP_WHO &&
	            asked.request.op != OP_EVENTS;
	dispatch(engine, &asked);
	/* Last: a step gives back what the request was decoded into. */
	if (seen && !engine->refusing)
		signin_seen(engine, asked.caller.session);
}
