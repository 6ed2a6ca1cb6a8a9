/*
 * What a runbook becomes, and which one answers. The messages about bad ones are golden
 * tests: tests/golden/config/runbook-*.
 */
#include "base/hash.h"
#include "model/runbook.h"
#include "support/config.h"
#include "support/test.h"

#define CATALOGUE                                                                         \
	"fallback: ops\n"                                                                 \
	"prometheus: http://localhost:9090\n"                                             \
	"channels: {email: {smtp: smtp://mail.example:25, from: a@example.com}}\n"        \
	"people: {ana: {email: ana@example.com, reach: [email]}}\n"                       \
	"teams:\n"                                                                        \
	"  ops:\n"                                                                        \
	"    kind: operations\n"                                                          \
	"    on_call:\n"                                                                  \
	"      zone: UTC\n"                                                               \
	"      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon " \
	"09:00'}]\n"                                                                      \
	"services: {checkout: {owner: ops}, payments: {owner: ops}}\n"                    \
	"hosts: {web-1: {service: checkout, role: web}}\n"                                \
	"actions:\n"                                                                      \
	"  restart-unit:\n"                                                               \
	"    verb: restart\n"                                                             \
	"    params: {unit: {type: string, pattern: '[a-z-]+'}}\n"                        \
	"    run: [systemctl, restart, '${unit}']\n"

static const char drain[] = "---\n"
			    "runbook: drain\n"
			    "service: payments\n"
			    "answers: [{alertname: QueueStuck}]\n"
			    "ceiling: plan\n"
			    "inputs: {queue: {type: name, from: alert.labels.queue}}\n"
			    "---\n"
			    "# The *queue* of `payments` is größer\n"
			    "Prose.\n"
			    "## Is it this?\n"
			    "```check backlog\n"
			    "promql: depth{queue=\"${queue}\"}\n"
			    "expect: \"> 500\"\n"
			    "for: 1m\n"
			    "```\n"
			    "## Put it right\n"
			    "~~~~ action restart-workers\n"
			    "do: restart-unit\n"
			    "with: {unit: \"${queue}-worker\"}\n"
			    "targets: {service: checkout, role: web}\n"
			    "rolling: {pause: 45s, stop_after_failures: 2}\n"
			    "otherwise: poison\n"
			    "~~~~\n"
			    "```verify drained\n"
			    "promql: depth{queue=\"${queue}\"}\n"
			    "expect: \"< 50\"\n"
			    "every: 5s\n"
			    "for: 3m\n"
			    "within: 10m\n"
			    "otherwise: handoff poison\n"
			    "```\n"
			    "```handoff poison\n"
			    "class: architecture\n"
			    "because: no safe action\n"
			    "attach: [logs, attempts]\n"
			    "ask: decide\n"
			    "```\n";

static struct config config;

static const struct model *
load(const char *runbook)
{
	config_open(&config);
	config_add(&config, "a.yaml", CATALOGUE);
	config_add(&config, "runbooks/deep/er/x.md", runbook);
	return config_load(&config);
}

static void
expect_drain(const struct model *model, str text)
{
	EXPECT(model != NULL);
	if (model == NULL) {
		EXPECT_STR(config_faults(&config), STR(""));
		return;
	}
	const struct runbook *runbook = model_runbook(model, STR("drain"));
	EXPECT(model->runbooks_n == 1 && runbook == &model->runbooks[0]);
	EXPECT_STR(runbook->path, STR("runbooks/deep/er/x.md"));
	EXPECT_STR(runbook->text, text);
	hash32 hash = sha256(text);
	EXPECT(hash32_eq(&runbook->hash, &hash));
	EXPECT_STR(runbook->title, STR("The queue of payments is größer"));
	EXPECT(runbook->services_n == 1 &&
	       runbook->services[0] == model_service(model, STR("payments")));
	EXPECT(runbook->answers_n == 1 && runbook->answers[0].n == 1);
	EXPECT_U64(runbook->ceiling, AUTONOMY_PLAN);
	EXPECT_U64(runbook->place.line, 2);
	EXPECT(runbook->inputs_n == 1);
	EXPECT_STR(runbook->inputs[0].param.name, STR("queue"));
	EXPECT_STR(runbook->inputs[0].label, STR("queue"));
	EXPECT_U64(runbook->steps_n, 4);

	const struct runbook_step *check = &runbook->steps[0];
	EXPECT_U64(check->kind, STEP_CHECK);
	EXPECT_STR(check->name, STR("backlog"));
	EXPECT_STR(check->heading, STR("Is it this?"));
	EXPECT_U64(check->place.line, 11);
	EXPECT_U64(check->for_ms, MINUTE);
	EXPECT_U64(check->every_ms, STEP_EVERY_MS_DEFAULT);
	EXPECT_U64(check->within_ms, 2 * MINUTE);
	EXPECT_U64(check->otherwise, STEP_STOP);
	EXPECT_STR(check->probe.server, STR("http://localhost:9090"));

	const struct runbook_step *action = &runbook->steps[1];
	EXPECT_U64(action->kind, STEP_ACTION);
	EXPECT_STR(action->heading, STR("Put it right"));
	EXPECT_U64(action->place.line, 17);
	EXPECT(action->action == model_action(model, STR("restart-unit")));
	EXPECT(action->with_n == 1 && action->with[0].value.n == 2);
	EXPECT(action->target_service == model_service(model, STR("checkout")));
	EXPECT_STR(action->target_role, STR("web"));
	EXPECT_U64(action->pause_ms, 45 * SECOND);
	EXPECT_U64(action->stop_after_failures, 2);
	EXPECT_U64(action->otherwise, 3);

	const struct runbook_step *verify = &runbook->steps[2];
	EXPECT_U64(verify->kind, STEP_VERIFY);
	EXPECT_U64(verify->every_ms, 5 * SECOND);
	EXPECT_U64(verify->within_ms, 10 * MINUTE);
	EXPECT_U64(verify->otherwise, 3);

	const struct runbook_step *handoff = &runbook->steps[3];
	EXPECT_U64(handoff->kind, STEP_HANDOFF);
	EXPECT_U64(handoff->class, HANDOFF_ARCHITECTURE);
	EXPECT_STR(handoff->because, STR("no safe action"));
	EXPECT_STR(handoff->ask, STR("decide"));
	EXPECT(handoff->attach.n == 2);
	EXPECT_STR(handoff->attach.p[1], STR("attempts"));
}

static void
runbook__is_read_whole(void)
{
	expect_drain(load(drain), str_of(drain));
	config_close(&config);
}

static void
runbook__may_have_carriage_returns(void)
{
	static char text[sizeof(drain) * 2];
	size_t n = 0;
	for (size_t i = 0; drain[i] != 0; i++) {
		if (drain[i] == '\n')
			text[n++] = '\r';
		text[n++] = drain[i];
	}
	text[n] = 0;
	expect_drain(load(text), (str){ text, n });
	config_close(&config);
}

#define FRONT "---\nrunbook: x\n---\n"

static void
runbook__has_defaults(void)
{
	const struct model *model = load(FRONT "```action go\n"
					       "do: restart-unit\n"
					       "with: {unit: web}\n"
					       "```\n"
					       "```verify up\n"
					       "promql: up\n"
					       "expect: \"== 1\"\n"
					       "within: 1m\n"
					       "```\n");
	EXPECT(model != NULL);
	if (model != NULL) {
		const struct runbook *runbook = &model->runbooks[0];
		EXPECT_U64(runbook->ceiling, AUTONOMY_AUTO);
		EXPECT_STR(runbook->title, STR("x"));
		EXPECT(runbook->services_n == 0 && runbook->answers_n == 0);
		EXPECT_STR(runbook->steps[0].heading, STR(""));
		EXPECT(runbook->steps[0].target_service == NULL);
		EXPECT_U64(runbook->steps[0].stop_after_failures, 1);
		EXPECT_U64(runbook->steps[0].otherwise, STEP_PERSON);
		EXPECT_U64(runbook->steps[1].otherwise, STEP_PERSON);
		EXPECT_U64(runbook->steps[1].for_ms, 0);
	}
	config_close(&config);
}

/* What a golden file could not hold well: bytes that are no text, and sizes. */
static void
runbook__refuses_bytes_that_are_no_text(void)
{
	static const struct {
		const char *name;
		const char *text;
		const char *message;
		struct span at;
	} rows[] = {
		{ "byte order mark", "\xef\xbb\xbf" FRONT,
		    "a byte order mark is not allowed", { 0, 3 } },
		{ "not UTF-8", FRONT "# \xc3(", "this is not UTF-8", { 21, 1 } },
		{ "surrogate", FRONT "\xed\xa0\x80", "this is not UTF-8", { 19, 1 } },
		{ "lone carriage return", FRONT "a\rb",
		    "a carriage return without a line feed", { 20, 1 } },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		EXPECT(load(rows[i].text) == NULL);
		EXPECT_U64(config.diags.count, 1);
		EXPECT_STR(config.diags.first->message, str_of(rows[i].message));
		EXPECT_U64(config.diags.first->at.off, rows[i].at.off);
		EXPECT_U64(config.diags.first->at.len, rows[i].at.len);
		config_close(&config);
	}
}

static void
runbook__has_limits(void)
{
	struct buf text = BUF(RUNBOOK_BYTES_MAX + 2);
	buf_add(&text, STR("---\nrunbook: x\nceiling: suggest\n---\n"));
	while (text.n < RUNBOOK_BYTES_MAX)
		buf_char(&text, 'x');
	buf_char(&text, 0);
	text.p[RUNBOOK_BYTES_MAX] = 0;
	EXPECT(load(text.p) != NULL);
	config_close(&config);
	text.p[RUNBOOK_BYTES_MAX] = 'x';
	buf_char(&text, 0);
	EXPECT(load(text.p) == NULL);
	EXPECT_STR(config.diags.first->message, STR("a runbook is at most 64 kB"));
	config_close(&config);

	buf_reset(&text);
	buf_add(&text, STR(FRONT));
	for (unsigned i = 0; i < RUNBOOK_STEPS_MAX; i++)
		buf_printf(&text, "```check c%u\npromql: up\nexpect: '== 1'\n```\n", i);
	buf_char(&text, 0);
	EXPECT(load(text.p) != NULL);
	config_close(&config);
	text.n--;
	buf_add(&text, STR("```check one-more\n```\n```check two-more\n```\n"));
	buf_char(&text, 0);
	EXPECT(load(text.p) == NULL);
	EXPECT_U64(config.diags.count, 1);
	EXPECT_STR(config.diags.first->message, STR("more than 64 steps in one runbook"));
	config_close(&config);
	buf_done(&text);
}

static void
runbooks__are_at_most_so_many(void)
{
	config_open(&config);
	config_add(&config, "a.yaml", CATALOGUE);
	for (unsigned i = 0; i <= RUNBOOKS_MAX; i++) {
		char path[64], text[128];
		(void)snprintf(path, sizeof(path), "runbooks/%03u.md", i);
		(void)snprintf(text, sizeof(text),
		    "---\nrunbook: r%u\nceiling: suggest\n---\n", i);
		config_add(&config, path, text);
	}
	EXPECT(config_load(&config) == NULL);
	EXPECT_U64(config.diags.count, 1);
	EXPECT_STR(config.diags.first->src->name, STR("runbooks/256.md"));
	EXPECT_STR(config.diags.first->message, STR("more than 256 runbooks"));
	config_close(&config);
}

/* Markdown elsewhere is somebody else's. */
static void
runbooks__stand_under_runbooks_only(void)
{
	config_open(&config);
	config_add(&config, "a.yaml", CATALOGUE);
	config_add(&config, "README.md", "# Ours\n");
	config_add(&config, "docs/runbooks/x.md", "# Ours\n");
	const struct model *model = config_load(&config);
	EXPECT(model != NULL && model->runbooks_n == 0);
	config_close(&config);
}

/* A file that does not parse may hold what a runbook names. */
static void
runbook__does_not_miss_what_another_file_may_hold(void)
{
	config_open(&config);
	config_add(&config, "a.yaml", CATALOGUE);
	config_add(&config, "b.yaml", "services: {x\n");
	config_add(&config, "runbooks/x.md",
	    "---\nrunbook: x\nservice: shipping\n---\n"
	    "```action go\ndo: flush\ntargets: {service: payments}\n```\n"
	    "```handoff y\nclass: investigation\nbecause: a\nask: b\n```\n");
	EXPECT(config_load(&config) == NULL);
	EXPECT_U64(config.diags.count, 1);
	EXPECT_STR(config.diags.first->src->name, STR("b.yaml"));
	config_close(&config);
}

/* ---- which one answers ---- */

#define ANSWERING(name, keys) "---\nrunbook: " name "\nceiling: suggest\n" keys "---\n"

static void
choose__takes_the_most_matchers_then_the_first_name(void)
{
	config_open(&config);
	config_add(&config, "a.yaml", CATALOGUE);
	config_add(&config, "runbooks/1.md",
	    ANSWERING("z-any", "answers: [{alertname: Down}]\n"));
	config_add(&config, "runbooks/2.md",
	    ANSWERING("b-two",
		"service: checkout\nanswers: [{alertname: Slow}, {alertname: Down, zone: "
		"\"~eu-.*\"}]\n"));
	config_add(&config, "runbooks/3.md",
	    ANSWERING("a-two", "answers: [{alertname: Down, severity: \"!info\"}]\n"));
	config_add(&config, "runbooks/4.md", ANSWERING("by-hand", ""));
	config_add(&config, "runbooks/5.md",
	    ANSWERING("pay", "service: payments\nanswers: [{alertname: Down, zone: eu-1, "
			     "severity: page}]\n"));
	const struct model *model = config_load(&config);
	EXPECT(model != NULL);
	if (model == NULL)
		return;

	static const struct {
		const char *name, *service, *alert, *zone, *severity, *skip, *want;
	} rows[] = {
		{ "first name of equals", "checkout", "Down", "eu-1", "page", "", "a-two" },
		{ "fewer match", "checkout", "Down", "us-1", "info", "", "z-any" },
		{ "a pattern", "checkout", "Down", "eu-9", "info", "", "b-two" },
		{ "the other answer", "checkout", "Slow", "eu-9", "info", "", "b-two" },
		{ "another service", "payments", "Slow", "", "", "", NULL },
		{ "most matchers", "payments", "Down", "eu-1", "page", "", "pay" },
		{ "the next after one", "payments", "Down", "eu-1", "page", "pay",
		    "a-two" },
		{ "no service", NULL, "Down", "eu-1", "info", "", "z-any" },
		{ "nothing answers", "checkout", "Up", "eu-1", "info", "", NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		struct pair pairs[] = {
			{ STR("alertname"), str_of(rows[i].alert) },
			{ STR("severity"), str_of(rows[i].severity) },
			{ STR("zone"), str_of(rows[i].zone) },
		};
		struct pairs labels = { pairs, countof(pairs) };
		str skipped = str_of(rows[i].skip);
		struct strs skip = { &skipped, 1 };
		const struct service *service =
		    rows[i].service ? model_service(model, str_of(rows[i].service)) : NULL;
		const struct runbook *got =
		    model_choose_runbook(model, service, &labels, &skip);
		EXPECT_STR(got ? got->name : STR("none"),
		    rows[i].want ? str_of(rows[i].want) : STR("none"));
		if (skipped.n == 0)
			EXPECT(model_choose_runbook(model, service, &labels, NULL) == got);
	}
	config_close(&config);
}

int
main(void)
{
	RUN(runbook__is_read_whole);
	RUN(runbook__may_have_carriage_returns);
	RUN(runbook__has_defaults);
	RUN(runbook__refuses_bytes_that_are_no_text);
	RUN(runbook__has_limits);
	RUN(runbooks__are_at_most_so_many);
	RUN(runbooks__stand_under_runbooks_only);
	RUN(runbook__does_not_miss_what_another_file_may_hold);
	RUN(choose__takes_the_most_matchers_then_the_first_name);
	TEST_MAIN_END();
}
