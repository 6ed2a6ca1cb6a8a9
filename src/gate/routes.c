#include "gate/body.h"
#include "gate/state.h"

static const struct body_member body_text[] = { { "text", BODY_TEXT, false },
	{ .name = NULL } };
static const struct body_member body_hand_over[] = {
	{ "person", BODY_NAME, true },
	{ "text", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_note[] = { { "text", BODY_TEXT, true },
	{ .name = NULL } };
static const struct body_member body_useful[] = {
	{ "useful", BODY_NAME, true },
	{ "text", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_run[] = {
	{ "runbook", BODY_NAME, false },
	{ "action", BODY_ACTION, false },
	{ "target", BODY_TARGET, false },
	{ "with", BODY_WITH, false },
	{ .name = NULL },
};
static const struct body_member body_settle[] = {
	{ "happened", BODY_HAPPENED, true },
	{ .name = NULL },
};
static const struct body_member body_approve[] = {
	{ "why", BODY_TEXT, false },
	{ "digest", BODY_DIGEST, false },
	{ .name = NULL },
};
static const struct body_member body_answer[] = { { "value", BODY_TEXT, true },
	{ .name = NULL } };
static const struct body_member body_continue[] = { { "runbook", BODY_NAME, false },
	{ .name = NULL } };
static const struct body_member body_promote[] = {
	{ "service", BODY_PARAM, true },
	{ "level", BODY_PARAM, true },
	{ "digest", BODY_DIGEST, true },
	{ "why", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_drill[] = {
	{ "runbook", BODY_NAME, true },
	{ "service", BODY_PARAM, false },
	{ "in", BODY_PARAM, false },
	{ "with", BODY_WITH_MAY, false },
	{ .name = NULL },
};
static const struct body_member body_permit[] = {
	{ "why", BODY_TEXT, false },
	{ "digest", BODY_DIGEST, true },
	{ .name = NULL },
};
static const struct body_member body_why[] = { { "why", BODY_TEXT, false },
	{ .name = NULL } };
static const struct body_member body_hands_on[] = {
	{ "for", BODY_SPAN, false },
	{ "why", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_hands_off[] = {
	{ "why", BODY_TEXT, false },
	{ "lease", BODY_ROW, false },
	{ .name = NULL },
};
static const struct body_member body_break_glass[] = {
	{ "for", BODY_SPAN, true },
	{ "why", BODY_TEXT, true },
	{ .name = NULL },
};
static const struct body_member body_override[] = {
	{ "team", BODY_PARAM, true },
	{ "rotation", BODY_PARAM, false },
	{ "person", BODY_PARAM, true },
	{ "from", BODY_TIME, false },
	{ "to", BODY_TIME, true },
	{ "why", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_cover[] = {
	{ "team", BODY_PARAM, true },
	{ "rotation", BODY_PARAM, false },
	{ "from", BODY_TIME, false },
	{ "to", BODY_TIME, true },
	{ "why", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_swap[] = {
	{ "team", BODY_PARAM, true },
	{ "rotation", BODY_PARAM, false },
	{ "person", BODY_PARAM, true },
	{ "from", BODY_TIME, true },
	{ "to", BODY_TIME, true },
	{ "back_from", BODY_TIME, true },
	{ "back_to", BODY_TIME, true },
	{ "why", BODY_TEXT, false },
	{ .name = NULL },
};
static const struct body_member body_feed[] = {
	{ "person", BODY_PARAM, false },
	{ "team", BODY_PARAM, false },
	{ "rotation", BODY_PARAM, false },
	{ .name = NULL },
};
static const struct body_member body_channel_test[] = {
	{ "to", BODY_PARAM, false },
	{ .name = NULL },
};
static const struct body_member body_channel_preview[] = {
	{ "to", BODY_PARAM, false },
	{ "incident", BODY_INCIDENT, false },
	{ .name = NULL },
};
static const struct body_member body_may[] = {
	{ "principal", BODY_TEXT, false },
	{ "behalf", BODY_BEHALF, false },
	{ "action", BODY_NAME, true },
	{ "service", BODY_PARAM, false },
	{ "target", BODY_TARGET, false },
	{ "targets", BODY_COUNT, false },
	{ "with", BODY_WITH_MAY, false },
	{ "live", BODY_LIVE, false },
	{ "at", BODY_TIME, false },
	{ "incident", BODY_INCIDENT, false },
	{ .name = NULL },
};
static const struct body_member body_who_can[] = {
	{ "action", BODY_NAME, true },
	{ "service", BODY_PARAM, true },
	{ "target", BODY_TARGET, false },
	{ "targets", BODY_COUNT, false },
	{ "with", BODY_WITH_MAY, false },
	{ "live", BODY_LIVE, false },
	{ "at", BODY_TIME, false },
	{ "incident", BODY_INCIDENT, false },
	{ .name = NULL },
};
static const struct body_member body_what_can[] = {
	{ "principal", BODY_TEXT, false },
	{ "behalf", BODY_BEHALF, false },
	{ "service", BODY_PARAM, true },
	{ "at", BODY_TIME, false },
	{ "incident", BODY_INCIDENT, false },
	{ .name = NULL },
};
static const struct body_member body_plan[] = {
	{ "principal", BODY_TEXT, false },
	{ "behalf", BODY_BEHALF, false },
	{ "incident", BODY_ROW, false },
	{ "service", BODY_PARAM, false },
	{ "with", BODY_WITH_MAY, false },
	{ .name = NULL },
};
static const struct body_member body_token[] = {
	{ "name", BODY_NAME, true },
	{ "principal", BODY_PARAM, true },
	{ "role", BODY_PARAM, true },
	{ "until", BODY_TIME, false },
	{ "behalf", BODY_PARAM, false },
	{ .name = NULL },
};

static const struct body_member body_session[] = {
	{ "link", BODY_SECRET, false },
	{ "person", BODY_NAME, false },
	{ "password", BODY_SECRET, false },
	{ "token", BODY_SECRET, false },
	{ .name = NULL },
};
static const struct body_member body_password[] = {
	{ "password", BODY_SECRET, true },
	{ .name = NULL },
};

#define GET_V1(p, o, s, q)                                                            \
	{                                                                             \
		.method = METHOD_GET, .path = (p), .who = WHO_TOKEN, .face = FACE_V1, \
		.serve = serve_api, .op = (o), .shape = (s), .query = (q)             \
	}
#define POST_V1(p, o, s, b)                                                            \
	{                                                                              \
		.method = METHOD_POST, .path = (p), .who = WHO_TOKEN, .face = FACE_V1, \
		.serve = serve_api, .op = (o), .shape = (s), .body = (b)               \
	}
#define COMMAND_V1(p, c, b)                                                                \
	{                                                                                  \
		.method = METHOD_POST, .path = (p), .who = WHO_TOKEN, .face = FACE_V1,     \
		.serve = serve_api, .op = OP_COMMAND, .command = (c), .shape = SHAPE_DONE, \
		.body = (b)                                                                \
	}

#define GONE_V1(m, p)                                                                     \
	{                                                                                 \
		.method = (m), .path = (p), .who = WHO_ANYONE, .face = FACE_ALERTMANAGER, \
		.serve = serve_v1_gone                                                    \
	}

#define PING(m, p)                                                                         \
	{                                                                                  \
		.method = (m), .path = (p), .who = WHO_ENGINE, .face = FACE_PLAIN,         \
		.serve = serve_ping, .op = OP_PING, .head = (m) == METHOD_GET, .raw = true \
	}

/* A page, and its form for browsers that run no script. */
#define SIGN_IN_AT(p)                                                                      \
	{                                                                                  \
		.method = METHOD_POST, .path = (p), .who = WHO_ENGINE, .face = FACE_PLAIN, \
		.serve = serve_sign_in_form, .op = OP_SESSION_ADD, .form = true,           \
		.page = true                                                               \
	}
#define PAGE(p)                      \
	{ .method = METHOD_GET,      \
		.path = (p),         \
		.who = WHO_ANYONE,   \
		.face = FACE_PLAIN,  \
		.serve = serve_page, \
		.head = true },      \
	    SIGN_IN_AT(p)
/* The same, that tells what it can without a script. */
#define READ_PAGE(p, o)                 \
	{ .method = METHOD_GET,         \
		.path = (p),            \
		.who = WHO_ENGINE,      \
		.face = FACE_PLAIN,     \
		.serve = serve_reading, \
		.op = (o),              \
		.head = true,           \
		.page = true },         \
	    SIGN_IN_AT(p)

const struct route gate_routes[] = {
	/* One page, whatever the address: it holds no data, and asks /v1 as who looks at it. */
	READ_PAGE("/", OP_INCIDENTS),
	READ_PAGE("/incidents", OP_INCIDENTS),
	READ_PAGE("/incidents/#", OP_INCIDENT),
	PAGE("/alerts"),
	PAGE("/handoffs"),
	READ_PAGE("/handoffs/#", OP_HANDOFF),
	PAGE("/services"),
	PAGE("/services/*"),
	PAGE("/runbooks"),
	PAGE("/runbooks/*"),
	PAGE("/authority"),
	PAGE("/schedules"),
	PAGE("/channels"),
	PAGE("/ourselves"),
	{ .method = METHOD_GET,
	    .path = "/assets/*",
	    .who = WHO_ANYONE,
	    .face = FACE_PLAIN,
	    .serve = serve_asset,
	    .head = true },

	/* Alertmanager's: open while no token was made, as the engine decides */
	{ .method = METHOD_POST,
	    .path = "/api/v2/alerts",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_alerts_post },
	{ .method = METHOD_GET,
	    .path = "/api/v2/alerts",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_alerts_get,
	    .open_cors = true },
	{ .method = METHOD_GET,
	    .path = "/api/v2/silences",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_silences_get,
	    .open_cors = true },
	{ .method = METHOD_POST,
	    .path = "/api/v2/silences",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_silence_post },
	{ .method = METHOD_GET,
	    .path = "/api/v2/silence/*",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_silence_get,
	    .open_cors = true },
	{ .method = METHOD_DELETE,
	    .path = "/api/v2/silence/*",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_silence_delete },
	{ .method = METHOD_GET,
	    .path = "/api/v2/alerts/groups",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_groups,
	    .open_cors = true },
	{ .method = METHOD_GET,
	    .path = "/api/v2/status",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_am_status,
	    .open_cors = true },
	{ .method = METHOD_GET,
	    .path = "/api/v2/receivers",
	    .who = WHO_ENGINE,
	    .face = FACE_ALERTMANAGER,
	    .serve = serve_receivers,
	    .open_cors = true },
	GONE_V1(METHOD_GET, "/api/v1/*"),
	GONE_V1(METHOD_POST, "/api/v1/*"),
	GONE_V1(METHOD_GET, "/api/v1/alerts/groups"),
	GONE_V1(METHOD_GET, "/api/v1/silence/*"),
	GONE_V1(METHOD_DELETE, "/api/v1/silence/*"),
	{ .method = METHOD_POST,
	    .path = "/-/reload",
	    .who = WHO_TOKEN,
	    .face = FACE_PLAIN,
	    .serve = serve_reload },
	{ .method = METHOD_GET,
	    .path = "/-/healthy",
	    .who = WHO_ANYONE,
	    .face = FACE_PLAIN,
	    .serve = serve_healthy,
	    .head = true },
	{ .method = METHOD_GET,
	    .path = "/-/ready",
	    .who = WHO_ANYONE,
	    .face = FACE_PLAIN,
	    .serve = serve_ready,
	    .head = true },
	{ .method = METHOD_GET,
	    .path = "/metrics",
	    .who = WHO_ENGINE,
	    .face = FACE_PLAIN,
	    .serve = serve_metrics },

	{ .method = METHOD_GET,
	    .path = "/v1/openapi.json",
	    .who = WHO_ANYONE,
	    .face = FACE_V1,
	    .serve = serve_openapi },
	GET_V1("/v1/status", OP_STATUS, SHAPE_ONE, NULL),
	GET_V1("/v1/incidents", OP_INCIDENTS, SHAPE_LIST,
	    "state service owner limit cursor"),
	{ .method = METHOD_GET,
	    .path = "/v1/incidents/#",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_api,
	    .op = OP_INCIDENT,
	    .shape = SHAPE_WHOLE,
	    .tagged = true },
	GET_V1("/v1/incidents/#/why", OP_WHY, SHAPE_WHY, NULL),
	COMMAND_V1("/v1/incidents/#/acknowledge", COMMAND_ACKNOWLEDGE, body_text),
	COMMAND_V1("/v1/incidents/#/unacknowledge", COMMAND_UNACKNOWLEDGE, body_text),
	COMMAND_V1("/v1/incidents/#/hand-over", COMMAND_HAND_OVER, body_hand_over),
	COMMAND_V1("/v1/incidents/#/notes", COMMAND_NOTE, body_note),
	COMMAND_V1("/v1/incidents/#/resolve", COMMAND_RESOLVE, body_text),
	COMMAND_V1("/v1/incidents/#/useful", COMMAND_USEFUL, body_useful),
	COMMAND_V1("/v1/incidents/#/run", COMMAND_RUN, body_run),
	COMMAND_V1("/v1/incidents/#/cancel", COMMAND_CANCEL, body_text),
	COMMAND_V1("/v1/incidents/#/permit", COMMAND_PERMIT, body_permit),
	COMMAND_V1("/v1/incidents/#/veto", COMMAND_VETO, body_why),
	COMMAND_V1("/v1/attempts/#/settle", COMMAND_SETTLE, body_settle),
	GET_V1("/v1/attempts/#/output", OP_OUTPUT, SHAPE_ONE, NULL),
	GET_V1("/v1/handoffs", OP_HANDOFFS, SHAPE_LIST, "limit cursor"),
	{ .method = METHOD_GET,
	    .path = "/v1/handoffs/#",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_handoff,
	    .op = OP_HANDOFF,
	    .shape = SHAPE_ONE,
	    .query = "format",
	    .tagged = true },
	GET_V1("/v1/gaps", OP_GAPS, SHAPE_LIST, "limit cursor"),
	GET_V1("/v1/noise", OP_NOISE, SHAPE_LIST, "by since"),
	GET_V1("/v1/services", OP_SERVICES, SHAPE_LIST, NULL),
	GET_V1("/v1/services/*", OP_SERVICES, SHAPE_ONE, NULL),
	GET_V1("/v1/runbooks", OP_RUNBOOKS, SHAPE_LIST, NULL),
	GET_V1("/v1/runbooks/*", OP_RUNBOOKS, SHAPE_ONE, NULL),
	GET_V1("/v1/channels", OP_CHANNELS, SHAPE_LIST, NULL),
	GET_V1("/v1/rules", OP_RULES, SHAPE_LIST, "service file line"),
	COMMAND_V1("/v1/channels/*/test", COMMAND_CHANNEL_TEST, body_channel_test),
	COMMAND_V1("/v1/channels/*/preview", COMMAND_CHANNEL_PREVIEW, body_channel_preview),
	GET_V1("/v1/notices/#", OP_NOTICE, SHAPE_ONE, NULL),
	{ .method = METHOD_GET,
	    .path = "/v1/incidents/#/alerts",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_incident_alerts },
	{ .method = METHOD_GET,
	    .path = "/v1/alerts",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_alert_list,
	    .query = "filter state text limit cursor" },
	{ .method = METHOD_GET,
	    .path = "/v1/alerts/groups",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_alert_groups,
	    .query = "by filter state text first limit cursor" },
	GET_V1("/v1/on-call", OP_ON_CALL, SHAPE_LIST, "team at"),
	GET_V1("/v1/on-call/shifts", OP_SHIFTS, SHAPE_LIST, "team from to"),
	GET_V1("/v1/overrides", OP_OVERRIDES, SHAPE_LIST, "state limit cursor"),
	COMMAND_V1("/v1/overrides", COMMAND_OVERRIDE_SET, body_override),
	COMMAND_V1("/v1/overrides/cover", COMMAND_OVERRIDE_COVER, body_cover),
	COMMAND_V1("/v1/overrides/swap", COMMAND_OVERRIDE_SWAP, body_swap),
	COMMAND_V1("/v1/overrides/#/accept", COMMAND_OVERRIDE_ACCEPT, body_why),
	COMMAND_V1("/v1/overrides/#/decline", COMMAND_OVERRIDE_DECLINE, body_why),
	{ .method = METHOD_DELETE,
	    .path = "/v1/overrides/#",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_api,
	    .op = OP_COMMAND,
	    .command = COMMAND_OVERRIDE_END,
	    .shape = SHAPE_DONE },
	GET_V1("/v1/asked", OP_ASKED, SHAPE_LIST, "state limit cursor"),
	GET_V1("/v1/asked/#", OP_ASKED_ONE, SHAPE_ASKED, NULL),
	COMMAND_V1("/v1/asked/#/approve", COMMAND_APPROVE, body_approve),
	COMMAND_V1("/v1/asked/#/deny", COMMAND_DENY, body_approve),
	COMMAND_V1("/v1/asked/#/withdraw", COMMAND_WITHDRAW, body_why),
	COMMAND_V1("/v1/attempts/#/undo", COMMAND_UNDO, body_why),
	COMMAND_V1("/v1/runs/#/answer", COMMAND_ANSWER, body_answer),
	COMMAND_V1("/v1/runs/#/continue", COMMAND_CONTINUE, body_continue),
	GET_V1("/v1/leases", OP_LEASES, SHAPE_LIST, "state limit cursor"),
	COMMAND_V1("/v1/leases/#/review", COMMAND_REVIEW, body_note),
	COMMAND_V1("/v1/services/*/hands-on", COMMAND_HANDS_ON, body_hands_on),
	COMMAND_V1("/v1/services/*/hands-off", COMMAND_HANDS_OFF, body_hands_off),
	COMMAND_V1("/v1/services/*/break-glass", COMMAND_BREAK_GLASS, body_break_glass),
	POST_V1("/v1/may", OP_MAY, SHAPE_DONE, body_may),
	POST_V1("/v1/who-can", OP_WHO_CAN, SHAPE_LIST, body_who_can),
	POST_V1("/v1/what-can", OP_WHAT_CAN, SHAPE_LIST, body_what_can),
	POST_V1("/v1/runbooks/*/plan", OP_PLAN, SHAPE_LIST, body_plan),
	GET_V1("/v1/trust", OP_TRUST, SHAPE_LIST, "runbook"),
	COMMAND_V1("/v1/trust/*/promote", COMMAND_PROMOTE, body_promote),
	COMMAND_V1("/v1/drills", COMMAND_DRILL, body_drill),
	COMMAND_V1("/v1/stop-all", COMMAND_STOP_ALL, body_text),
	COMMAND_V1("/v1/resume", COMMAND_RESUME, body_text),
	GET_V1("/v1/tokens", OP_TOKENS, SHAPE_LIST, NULL),
	{ .method = METHOD_POST,
	    .path = "/v1/tokens",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_token_add,
	    .op = OP_TOKEN_ADD,
	    .body = body_token },
	{ .method = METHOD_DELETE,
	    .path = "/v1/tokens/*",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_api,
	    .op = OP_COMMAND,
	    .command = COMMAND_TOKEN_REVOKE,
	    .shape = SHAPE_DONE },
	GET_V1("/v1/silences", OP_SILENCES, SHAPE_LIST, NULL),
	{ .method = METHOD_POST,
	    .path = "/v1/silences",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_silence_post },
	GET_V1("/v1/silences/*", OP_SILENCE, SHAPE_ONE, NULL),
	{ .method = METHOD_DELETE,
	    .path = "/v1/silences/*",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_api,
	    .op = OP_SILENCE_EXPIRE,
	    .shape = SHAPE_DONE },
	PING(METHOD_GET, "/ping/*"),
	PING(METHOD_POST, "/ping/*"),
	PING(METHOD_GET, "/ping/*/*"),
	PING(METHOD_POST, "/ping/*/*"),
	PING(METHOD_GET, "/ping/*/*/*"),
	PING(METHOD_POST, "/ping/*/*/*"),
	GET_V1("/v1/heartbeats", OP_HEARTBEATS, SHAPE_LIST, NULL),
	{ .method = METHOD_GET,
	    .path = "/act/*",
	    .who = WHO_ANYONE,
	    .face = FACE_PLAIN,
	    .serve = serve_tap_page,
	    .head = true,
	    .page = true },
	{ .method = METHOD_POST,
	    .path = "/act/*",
	    .who = WHO_ENGINE,
	    .face = FACE_PLAIN,
	    .serve = serve_tap,
	    .op = OP_TAPPED,
	    .form = true,
	    .page = true },
	/* A calendar, to whoever has its link. */
	{ .method = METHOD_GET,
	    .path = "/feed/*",
	    .who = WHO_ENGINE,
	    .face = FACE_PLAIN,
	    .serve = serve_feed,
	    .op = OP_FEED,
	    .head = true },
	GET_V1("/v1/feeds", OP_FEEDS, SHAPE_LIST, NULL),
	{ .method = METHOD_POST,
	    .path = "/v1/feeds",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_token_add,
	    .op = OP_FEED_ADD,
	    .body = body_feed },
	{ .method = METHOD_DELETE,
	    .path = "/v1/feeds/#",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_api,
	    .op = OP_FEED_END,
	    .shape = SHAPE_DONE },
	{ .method = METHOD_POST,
	    .path = "/in/slack/*",
	    .who = WHO_ENGINE,
	    .face = FACE_PLAIN,
	    .serve = serve_slack,
	    .op = OP_PRESSED,
	    .form = true },
	{ .method = METHOD_POST,
	    .path = "/in/twilio/*",
	    .who = WHO_ENGINE,
	    .face = FACE_PLAIN,
	    .serve = serve_twilio,
	    .op = OP_DIALED,
	    .form = true },
	{ .method = METHOD_POST,
	    .path = "/v1/session",
	    .who = WHO_ENGINE,
	    .face = FACE_V1,
	    .serve = serve_session,
	    .op = OP_SESSION_ADD,
	    .body = body_session },
	{ .method = METHOD_GET,
	    .path = "/v1/session",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_session,
	    .op = OP_SESSION },
	{ .method = METHOD_DELETE,
	    .path = "/v1/session",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_session_end,
	    .op = OP_SESSION_END,
	    .shape = SHAPE_DONE },
	POST_V1("/v1/session/again", OP_SESSION_AGAIN, SHAPE_DONE, body_session),
	POST_V1("/v1/session/password", OP_PASSWORD, SHAPE_DONE, body_password),
	GET_V1("/v1/sessions", OP_SESSIONS, SHAPE_LIST, NULL),
	{ .method = METHOD_DELETE,
	    .path = "/v1/sessions/#",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_api,
	    .op = OP_SESSION_END,
	    .shape = SHAPE_DONE },
	{ .method = METHOD_POST,
	    .path = "/v1/people/*/link",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_token_add,
	    .op = OP_LOGIN_LINK },
	GET_V1("/v1/journal", OP_JOURNAL, SHAPE_LIST, "limit cursor"),
	POST_V1("/v1/reload", OP_RELOAD, SHAPE_DONE, NULL),
	{ .method = METHOD_GET,
	    .path = "/v1/whoami",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_whoami,
	    .op = OP_WHO },
	{ .method = METHOD_GET,
	    .path = "/v1/events",
	    .who = WHO_TOKEN,
	    .face = FACE_V1,
	    .serve = serve_events },
};
const size_t gate_routes_n = countof(gate_routes);
