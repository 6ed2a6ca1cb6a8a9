/*
 * Golden tests of authority: what a configuration's rules answer, and what is said of them.
 *
 *	run_rules tests/golden/rules            prints what differs; exit 1 if anything
 *	run_rules --update tests/golden/rules   writes each rules.txt anew
 *	run_rules tests/golden/rules duty       that one alone
 *
 * One folder a case: production.yaml and a.md, else those of _shop, and rules.txt, in which
 * a line `> ...` asks or says how things are, and the lines below it are the answer.
 *
 *	> check                              what `firstline check` finds
 *	> check + {limit: ...}               with that rule besides: what is found more, or less
 *	> check max: 40 -> max: 60           with that text changed, alike
 *	> diff max: 40 -> max: 60            what `check --diff` tells of what is as it is, and was so
 *	> may ana restart-unit web-1 unit=a.service [behalf=person:mei] [targets=3] [undo=1]
 *	> yes mei ana restart-unit web-1     would mei's yes count for that?
 *	> who-can restart-unit web-1 [unit=a.service], what-can ana web-1
 *	> tried ana restart-unit checkout [plain]   which requests and facts analyses make up
 *	> values restart-unit                with which values
 *	> moments 2 max: 40 -> max: 60       at which moments, the first two rules having changed
 *	> texts [a-z]+ w*                    which texts a pattern and a `like` make
 *	> use automation restart-unit web-1 20m [held] [behalf=person:ana]   was done so long ago
 *	> incident on, after 2h, healthy web-1 web-2, live replicas=10, agreed mei piotr,
 *	  stopped ana, hands-on ana, glass ana, reloaded ana, nothing (all that is forgotten)
 *	> # why this is here
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "authority/analyse.h"
#include "rules_beside.h"
#include "rules_tried.h"
#include "support/config.h"
#include "support/test.h"

#define WALL UINT64_C(1795439520000) /* Monday 2026-11-23 13:12 UTC */
#define AT (100 * DAY)
#define TEXT_BYTES_MAX ((size_t)1 << 20)
#define CASES_MAX 256
#define WORDS_MAX 24
#define USES_MAX 64
#define MOMENTS_SHOWN 8 /* of those at which nothing changed */

struct rules {
	const char *folder;
	struct config config;
	struct arena_map map;
	struct arena arena;
	const struct authority *authority;
	struct authority_facts facts;
	struct authority_uses uses;
	bool incident;
	msec later;
	struct buf out;
};

static char *
file_text(const char *folder, const char *name)
{
	char path[600];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return NULL;
	char *text = calloc(1, TEXT_BYTES_MAX);
	ASSERT(text != NULL);
	size_t n = fread(text, 1, TEXT_BYTES_MAX - 1, f);
	ASSERT(n < TEXT_BYTES_MAX - 1);
	(void)fclose(f);
	return text;
}

/* The case's own, else what all share. */
static char *
config_text(const struct rules *r, const char *name)
{
	char shared[600];
	(void)snprintf(shared, sizeof(shared), "%s/../_shop", r->folder);
	char *text = file_text(r->folder, name);
	return text != NULL ? text : file_text(shared, name);
}

/* production.yaml, with one rule more ("+ RULE") or one text for another ("OLD -> NEW"). */
static char *
edited(struct rules *r, str edit)
{
	char *yaml = config_text(r, "production.yaml");
	ASSERT(yaml != NULL);
	if (edit.n == 0)
		return yaml;
	struct buf out = BUF(TEXT_BYTES_MAX);
	if (str_starts(edit, STR("+ "))) {
		str rule = str_drop(edit, 2);
		buf_printf(&out, "%s  - %.*s\n", yaml, STR_ARG(rule));
	} else {
		char *arrow = strstr(edit.p, " -> ");
		ASSERT(arrow != NULL && arrow < edit.p + edit.n);
		str old = { edit.p, (size_t)(arrow - edit.p) };
		str new = str_drop(edit, old.n + 4);
		char *at = strstr(yaml, arena_cstr(&r->arena, old));
		if (at == NULL) {
			fprintf(stderr, "%s: %.*s is not there\n", r->folder, STR_ARG(old));
			abort();
		}
		buf_printf(&out, "%.*s%.*s%s", (int)(at - yaml), yaml, STR_ARG(new),
		    at + old.n);
	}
	free(yaml);
	yaml = strndup(out.p, out.n);
	buf_done(&out);
	return yaml;
}

static const struct model *
load(struct rules *r, struct config *c, str edit)
{
	char *yaml = edited(r, edit), *runbook = config_text(r, "a.md");
	config_open(c);
	config_add(c, "production.yaml", yaml);
	if (runbook != NULL)
		config_add(c, "runbooks/a.md", runbook);
	config_add(c, "z.yaml", beside_yaml);
	config_add(c, "runbooks/z.md", beside_runbook);
	struct model *model = config_load(c);
	if (model != NULL) {
		beside_cut(model);
	} else {
		str faults = config_faults(c);
		buf_printf(&r->out, "it does not load: %.*s", STR_ARG(faults));
	}
	free(yaml);
	free(runbook);
	return model;
}

/* ---- how things are ---- */

static size_t
words_of(str line, str *ret)
{
	size_t n = 0;
	for (struct str_cut cut = { .tail = line, .found = true };
	     cut.found && n < WORDS_MAX; n++) {
		cut = str_cut(cut.tail, ' ');
		ret[n] = cut.head;
	}
	return n;
}

static uint64_t
number(str text)
{
	uint64_t n = 0;
	bool ok = str_u64(text, UINT64_MAX, &n);
	ASSERT(ok);
	return n;
}

static msec
span(str text)
{
	static const char units[] = "smhd";
	static const msec ms[] = { SECOND, MINUTE, HOUR, DAY };
	const char *unit = strchr(units, text.p[text.n - 1]);
	ASSERT(unit != NULL);
	return number(str_take(text, text.n - 1)) * ms[unit - units];
}

static str
who(struct rules *r, str word)
{
	bool person = !str_eq(word, STR("automation")) && !str_contains(word, STR(":"));
	return person ? arena_printf(&r->arena, "person:%.*s", STR_ARG(word)) : word;
}

static struct strs
all_who(struct rules *r, const str *words, size_t n)
{
	struct strs list = { arena_new(&r->arena, str, n), n };
	for (size_t i = 0; i < n; i++)
		list.p[i] = who(r, words[i]);
	return list;
}

static struct pairs
pairs_of(struct rules *r, const str *words, size_t n)
{
	struct pairs pairs = { arena_new(&r->arena, struct pair, n), n };
	for (size_t i = 0; i < n; i++) {
		struct str_cut cut = str_cut(words[i], '=');
		pairs.p[i] = (struct pair){ cut.head, cut.tail };
	}
	bool ok = pairs_sort(&pairs);
	ASSERT(ok);
	return pairs;
}

/* Of a host, or a service by itself. */
static const struct service *
service_of(const struct rules *r, str target)
{
	const struct host *host = names_get(&r->config.model->host_by_name, target);
	return host != NULL ? host->service : model_service(r->config.model, target);
}

static void
add_use(struct rules *r, const str *words, size_t n)
{
	ASSERT(n >= 4);
	const struct action *action = model_action(r->config.model, words[1]);
	const struct service *service = service_of(r, words[2]);
	ASSERT(action != NULL && service != NULL);
	struct authority_use *use = arena_new(&r->arena, struct authority_use, 1);
	*use = (struct authority_use){ .at = AT + r->later - span(words[3]),
		.service = service->name,
		.target = words[2],
		.action = action->name,
		.verb = action->verb,
		.principal = who(r, words[0]) };
	for (size_t i = 4; i < n; i++) {
		use->held = use->held || str_eq(words[i], STR("held"));
		if (str_starts(words[i], STR("behalf=")))
			use->behalf =
			    all_who(r, &(str){ words[i].p + 7, words[i].n - 7 }, 1);
	}
	use->chain =
	    arena_new(&r->arena, struct authority_actor, authority_chain_n(use->behalf.n));
	authority_uses_add(&r->uses, use);
}

static void
agreed(struct rules *r, const str *words, size_t n)
{
	struct authority_yes *yes = arena_new(&r->arena, struct authority_yes, n);
	for (size_t i = 0; i < n; i++)
		yes[i] = (struct authority_yes){ who(r, words[i]), WALL };
	r->facts.yes = yes;
	r->facts.yes_n = n;
}

static void
nothing(struct rules *r)
{
	authority_uses_init(&r->uses);
	r->facts = (struct authority_facts){ .uses = &r->uses };
	r->incident = true;
	r->later = 0;
}

/* false: that is no such word. */
static bool
is_so(struct rules *r, const str *words, size_t n)
{
	str verb = words[0], first = n > 1 ? who(r, words[1]) : (str){ 0 };
	if (str_eq(verb, STR("nothing")))
		nothing(r);
	else if (str_eq(verb, STR("incident")))
		r->incident = str_eq(words[1], STR("on"));
	else if (str_eq(verb, STR("after")))
		r->later += span(words[1]);
	else if (str_eq(verb, STR("use")))
		add_use(r, words + 1, n - 1);
	else if (str_eq(verb, STR("healthy"))) {
		r->facts.health_known = true;
		r->facts.healthy = (struct strs){ arena_new(&r->arena, str, n), n - 1 };
		memcpy(r->facts.healthy.p, words + 1, (n - 1) * sizeof(*words));
	} else if (str_eq(verb, STR("live")))
		r->facts.observed = pairs_of(r, words + 1, n - 1);
	else if (str_eq(verb, STR("agreed")))
		agreed(r, words + 1, n - 1);
	else if (str_eq(verb, STR("stopped"))) {
		r->facts.stopped = true;
		r->facts.stopped_by = first;
		r->facts.stopped_why = STR("the network is being changed");
	} else if (str_eq(verb, STR("hands-on")))
		r->facts.hands_on_by = first;
	else if (str_eq(verb, STR("glass"))) {
		r->facts.glass_by = first;
		r->facts.glass_all = all_who(r, words + 1, n - 1);
	} else if (str_eq(verb, STR("reloaded")))
		r->facts.reloaded_by = first;
	else
		return false;
	return true;
}

/* ---- what is answered ---- */

static struct authority_request
request_of(struct rules *r, str principal, str action, str target)
{
	return (struct authority_request){ .principal = who(r, principal),
		.action = model_action(r->config.model, action),
		.action_name = action,
		.service = service_of(r, target),
		.service_name = target,
		.target = target,
		.incident_open = r->incident,
		.wall = WALL + r->later,
		.at = AT + r->later };
}

/* WHO ACTION TARGET [name=value...] */
static struct authority_request
read_request(struct rules *r, const str *words, size_t n)
{
	ASSERT(n >= 3);
	struct authority_request request = request_of(r, words[0], words[1], words[2]);
	struct pairs *params = arena_new(&r->arena, struct pairs, 1);
	str given[WORDS_MAX];
	size_t given_n = 0;
	for (size_t i = 3; i < n; i++) {
		struct str_cut cut = str_cut(words[i], '=');
		if (str_eq(cut.head, STR("behalf")))
			request.behalf = all_who(r, &cut.tail, 1);
		else if (str_eq(cut.head, STR("targets")))
			request.targets_n = (uint32_t)number(cut.tail);
		else if (str_eq(cut.head, STR("undo")))
			request.undo = true;
		else
			given[given_n++] = words[i];
	}
	*params = pairs_of(r, given, given_n);
	request.params = params;
	return request;
}

static void
put_strs(struct rules *r, const char *name, const struct strs *list)
{
	if (list->n > 0)
		buf_printf(&r->out, "  %s:", name);
	for (size_t i = 0; i < list->n; i++)
		buf_printf(&r->out, " %.*s", STR_ARG(list->p[i]));
	if (list->n > 0)
		buf_char(&r->out, '\n');
}

static void
put_needs(struct rules *r, const struct authority_request *request)
{
	struct authority_needs needs;
	authority_needs(r->authority, request, &r->facts, &r->arena, &needs);
	if (needs.observe_n + needs.health_n > 0)
		buf_add(&r->out, STR("  needs:"));
	for (size_t i = 0; i < needs.observe_n; i++)
		buf_printf(&r->out, " live %.*s", STR_ARG(needs.observe[i]->param));
	for (size_t i = 0; i < needs.health_n; i++)
		buf_printf(&r->out, " health of %.*s", STR_ARG(needs.health[i]->name));
	if (needs.observe_n + needs.health_n > 0)
		buf_char(&r->out, '\n');
}

static void
put_number(struct rules *r, const char *name, uint64_t value)
{
	if (value != 0)
		buf_printf(&r->out, "%s %llu", name, (unsigned long long)value);
}

static void
may(struct rules *r, const str *words, size_t n)
{
	struct authority_request request = read_request(r, words, n);
	struct authority_decision d;
	struct authority_answer answer;
	authority_decide(r->authority, &request, &r->facts, &d);
	EXPECT(authority_verdict(r->authority, &request, &r->facts) == d.verdict);
	authority_explain(r->authority, &request, &r->facts, &d, &r->arena, &answer);
	buf_printf(&r->out, "%s", verdict_name(d.verdict));
	put_number(r, ", yes missing", d.yes_missing);
	put_number(r, ", waits ms", d.expires_ms);
	put_number(r, ", free in ms", d.free_at == 0 ? 0 : d.free_at - request.wall);
	put_number(r, ", dropped", d.dropped);
	put_number(r, ", no grant of", d.no_grant);
	buf_printf(&r->out, "%s%s%s%s\n", d.only_at_once ? ", only at once" : "",
	    d.hands_on ? ", only hands-on" : "", d.lacks_facts ? ", lacks facts" : "",
	    answer.too_few ? ", too few" : "");
	for (size_t i = 0; i < answer.reasons_n; i++) {
		const struct reason *reason = &answer.reasons[i];
		buf_printf(&r->out, "  %u: %.*s", reason->line, STR_ARG(reason->text));
		put_number(r, "; value", reason->value);
		put_number(r, "; limit", reason->limit);
		put_number(r, "; free in ms",
		    reason->free_at == 0 ? 0 : reason->free_at - request.wall);
		buf_char(&r->out, '\n');
	}
	if (answer.forward.n > 0)
		buf_printf(&r->out, "  forward: %.*s\n", STR_ARG(answer.forward));
	put_strs(r, "approvers", &answer.approvers);
	put_needs(r, &request);
}

static void
yes(struct rules *r, const str *words, size_t n)
{
	struct authority_request request = read_request(r, words + 1, n - 1);
	str why = authority_yes_refuses(r->authority, &request, &r->facts, who(r, words[0]),
	    &r->arena);
	buf_printf(&r->out, "%.*s\n", STR_ARG(why.n > 0 ? why : STR("it counts")));
}

static void
who_can(struct rules *r, const str *words, size_t n)
{
	str asking[WORDS_MAX] = { STR("automation") };
	memcpy(asking + 1, words, n * sizeof(*words));
	struct authority_request request = read_request(r, asking, n + 1);
	struct authority_who list[32];
	size_t list_n = authority_who_can(r->authority, &request, &r->facts, &r->arena,
	    list, countof(list));
	for (size_t i = 0; i < list_n; i++)
		buf_printf(&r->out, "%.*s: %s: %.*s\n", STR_ARG(list[i].principal),
		    verdict_name(list[i].verdict), STR_ARG(list[i].text));
}

static void
what_can(struct rules *r, const str *words)
{
	struct authority_request request = request_of(r, words[0], (str){ 0 }, words[1]);
	struct authority_can list[32];
	size_t n = authority_what_can(r->authority, &request, &r->facts, &r->arena, list,
	    countof(list));
	for (size_t i = 0; i < n; i++)
		buf_printf(&r->out, "%.*s: %s: %.*s\n", STR_ARG(list[i].action->name),
		    verdict_name(list[i].verdict), STR_ARG(list[i].text));
}

static bool
is_found(const struct analysis *analysis, const struct found *found)
{
	for (size_t i = 0; analysis != NULL && i < analysis->n; i++) {
		const struct found *other = &analysis->found[i];
		if (other->kind == found->kind && str_eq(other->text, found->text) &&
		    str_eq(other->example, found->example))
			return true;
	}
	return false;
}

static void
put_found(struct rules *r, const struct found *found)
{
	buf_printf(&r->out, "%s%s %.*s:%u: %.*s\n", found_kind_name(found->kind),
	    found->error  ? " (a mistake)"
	    : found->note ? " (a note)"
			  : "",
	    STR_ARG(found->place.file), found->place.line, STR_ARG(found->text));
	if (found->example.n > 0)
		buf_printf(&r->out, "  %.*s\n", STR_ARG(found->example));
	if (found->mend.n > 0)
		buf_printf(&r->out, "  mend: %.*s\n", STR_ARG(found->mend));
}

static void
check(struct rules *r, str edit)
{
	static struct config other;
	struct arena mark = r->arena;
	struct analysis usual, now;
	authority_analyse(r->config.model, WALL, &r->arena, &usual);
	now = usual;
	const struct model *model = edit.n > 0 ? load(r, &other, edit) : NULL;
	if (model != NULL)
		authority_analyse(model, WALL, &r->arena, &now);
	for (size_t i = 0; i < now.n; i++) {
		if (edit.n == 0 || !is_found(&usual, &now.found[i]))
			put_found(r, &now.found[i]);
	}
	for (size_t i = 0; i < usual.n; i++) {
		if (!is_found(&now, &usual.found[i]))
			buf_printf(&r->out, "no more: %.*s\n",
			    STR_ARG(usual.found[i].text));
	}
	put_number(r, "dropped", now.dropped);
	if (edit.n > 0)
		config_close(&other);
	r->arena = mark;
}

static void
difference(struct rules *r, str edit)
{
	static struct config other;
	struct arena mark = r->arena;
	struct difference d;
	const struct model *before = load(r, &other, edit);
	if (before == NULL)
		return;
	authority_difference(before, r->config.model, WALL, &r->arena, &d);
	for (size_t i = 0; i < d.n; i++) {
		const struct differs *one = &d.p[i];
		buf_printf(&r->out, "%s to %s: %.*s\n  %u: %.*s\n",
		    verdict_name(one->before), verdict_name(one->after),
		    STR_ARG(one->request), one->place.line, STR_ARG(one->because));
	}
	for (size_t i = 0; i < d.unseen_n; i++)
		buf_printf(&r->out, "unseen %u: %.*s\n", d.unseen[i].place.line,
		    STR_ARG(d.unseen[i].text));
	buf_printf(&r->out, "%zu of %zu looked at", d.looked_at, d.of);
	put_number(r, ", decisions", d.decisions);
	put_number(r, ", dropped", d.dropped);
	put_number(r, ", unseen dropped", d.unseen_dropped);
	buf_char(&r->out, '\n');
	config_close(&other);
	r->arena = mark;
}

/* N OLD -> NEW; without an edit, all that there are. */
static void
moments(struct rules *r, str line)
{
	static struct config other;
	struct str_cut cut = str_cut(line, ' ');
	const struct model *before = load(r, &other, cut.tail);
	if (before == NULL)
		return;
	tried_moments(&r->out, before, r->config.model, number(cut.head), WALL,
	    cut.tail.n == 0 ? SIZE_MAX : MOMENTS_SHOWN);
	config_close(&other);
}

/* What analyses make up. False: that is no such word. */
static bool
made_up(struct rules *r, str line, const str *words, size_t n)
{
	const struct model *model = r->config.model;
	if (str_eq(words[0], STR("tried")))
		tried_samples(&r->out, model, WALL, who(r, words[1]),
		    model_action(model, words[2]), model_service(model, words[3]), n > 4);
	else if (str_eq(words[0], STR("values")))
		tried_values(&r->out, model, model_action(model, words[1]));
	else if (str_eq(words[0], STR("moments")))
		moments(r, str_cut(line, ' ').tail);
	else if (str_eq(words[0], STR("texts")))
		tried_texts(&r->out, words[1], n > 2 ? words[2] : STR("*"));
	else
		return false;
	return true;
}

static void
ask(struct rules *r, str line)
{
	str words[WORDS_MAX];
	size_t n = words_of(line, words);
	if (str_eq(words[0], STR("#")) || is_so(r, words, n) || made_up(r, line, words, n))
		return;
	if (str_eq(words[0], STR("check")))
		check(r, str_cut(line, ' ').tail);
	else if (str_eq(words[0], STR("diff")))
		difference(r, str_cut(line, ' ').tail);
	else if (str_eq(words[0], STR("may")))
		may(r, words + 1, n - 1);
	else if (str_eq(words[0], STR("yes")))
		yes(r, words + 1, n - 1);
	else if (str_eq(words[0], STR("who-can")))
		who_can(r, words + 1, n - 1);
	else if (str_eq(words[0], STR("what-can")))
		what_can(r, words + 1);
	else {
		fprintf(stderr, "%s: %.*s: there is no such word\n", r->folder,
		    STR_ARG(line));
		abort();
	}
}

/* ---- all of them ---- */

static void
answer_all(struct rules *r, str text)
{
	r->arena = arena_map(&r->map, (size_t)1 << 30);
	const struct model *model = load(r, &r->config, (str){ 0 });
	if (model == NULL) {
		fprintf(stderr, "%s: %.*s", r->folder, STR_ARG(buf_str(&r->out)));
		abort();
	}
	r->authority = authority_new(model, &r->arena);
	nothing(r);
	while (text.n > 0) {
		struct str_cut cut = str_cut(text, '\n');
		text = cut.tail;
		if (!str_starts(cut.head, STR("> ")))
			continue;
		buf_printf(&r->out, "%.*s\n", STR_ARG(cut.head));
		ask(r, str_drop(cut.head, 2));
	}
	config_close(&r->config);
	arena_unmap(&r->map);
}

static void
first_difference(const char *path, str got, str want)
{
	unsigned line = 1;
	while (got.n > 0 && want.n > 0) {
		struct str_cut a = str_cut(got, '\n'), b = str_cut(want, '\n');
		if (!str_eq(a.head, b.head))
			break;
		got = a.tail;
		want = b.tail;
		line++;
	}
	got = str_cut(got, '\n').head;
	want = str_cut(want, '\n').head;
	printf("%s:%u:\n     got: %.*s\n    want: %.*s\n", path, line, STR_ARG(got),
	    STR_ARG(want));
}

static bool
run_case(const char *top, const char *name, bool update)
{
	static struct rules r;
	char folder[512], path[600];
	(void)snprintf(folder, sizeof(folder), "%s/%s", top, name);
	(void)snprintf(path, sizeof(path), "%s/rules.txt", folder);
	char *text = file_text(folder, "rules.txt");
	if (text == NULL) {
		perror(path);
		return false;
	}
	r = (struct rules){ .folder = folder, .out = BUF((size_t)4 << 20) };
	answer_all(&r, str_of(text));
	bool ok = test_failures == 0 && !r.out.overflow;
	str got = buf_str(&r.out);
	if (update) {
		FILE *f = fopen(path, "wb");
		ok = ok && f != NULL && fwrite(got.p, 1, got.n, f) == got.n;
		ok = f != NULL && fclose(f) == 0 && ok;
	} else if (!str_eq(got, str_of(text))) {
		first_difference(path, got, str_of(text));
		ok = false;
	}
	buf_done(&r.out);
	free(text);
	return ok;
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;
	return strcmp(*x, *y);
}

int
main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	int first = update ? 2 : 1;
	if (argc != first + 1 && argc != first + 2) {
		printf("usage: run_rules [--update] FOLDER [CASE]\n");
		return 2;
	}
	const char *top = argv[first], *only = argv[first + 1]; /* NULL: all */
	DIR *dir = opendir(top);
	if (dir == NULL) {
		perror(top);
		return 1;
	}
	static char *names[CASES_MAX];
	size_t n = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.' && entry->d_name[0] != '_' && n < CASES_MAX &&
		    (only == NULL || strcmp(entry->d_name, only) == 0))
			names[n++] = strdup(entry->d_name);
	(void)closedir(dir);
	qsort(names, n, sizeof(names[0]), compare_names);

	unsigned failed = 0;
	for (size_t i = 0; i < n; i++) {
		failed += !run_case(top, names[i], update);
		free(names[i]);
	}
	printf("%zu cases, %u failed\n", n, failed);
	if (failed > 0)
		printf("if that is meant: build/tests/golden/run_rules --update %s\n", top);
	return failed || n == 0 ? 1 : 0;
}
