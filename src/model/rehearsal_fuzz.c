/*
 * Any bytes as the tests beside a runbook: what is read keeps what the core that plays it
 * takes for granted, what is refused says why and where.
 */
#include "model/rehearsal.h"
#include "model/runbook.h"
#include "support/fuzz.h"

static const char config[] =
    "fallback: ops\n"
    "prometheus: http://localhost:9090\n"
    "channels: {email: {smtp: smtp://mail.example:25, from: a@example.com}}\n"
    "people: {ana: {email: ana@example.com, reach: [email]}}\n"
    "teams:\n"
    "  ops:\n"
    "    kind: operations\n"
    "    on_call:\n"
    "      zone: UTC\n"
    "      rotations: [{name: primary, people: [ana], every: 1 week, handover: 'Mon "
    "09:00'}]\n"
    "services: {checkout: {owner: ops}}\n"
    "actions: {restart-unit: {verb: restart, run: [systemctl, restart, web.service]}}\n";

static const char runbook[] = "---\nrunbook: down\nanswers: [{alertname: Down}]\n---\n"
			      "# Down\n"
			      "```check down\npromql: up\nexpect: '== 0'\n```\n"
			      "```action restart\ndo: restart-unit\n```\n"
			      "```verify up\npromql: up\nexpect: '== 1'\nwithin: 5m\n```\n";

static const struct model *
model(void)
{
	static const struct model *made;
	static struct arena_map map;
	if (made != NULL)
		return made;
	struct arena arena = arena_map(&map, model_arena_bytes(sizeof(config) + 4096));
	struct bundle_file files[] = {
		{ STR("a.yaml"), { config, sizeof(config) - 1 } },
		{ STR("runbooks/down.md"), { runbook, sizeof(runbook) - 1 } },
	};
	struct bundle bundle = { files, countof(files), false };
	struct diags diags;
	diags_init(&diags, &arena);
	hash32 hash = { { 0 } };
	made = model_load(&bundle, &hash, &arena, &diags);
	ASSERT(made != NULL);
	return made;
}

static void
check_scripts(const struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->n; i++) {
		const struct script *script = &scripts->p[i];
		ASSERT(script->node != NULL && script->used == 0);
		ASSERT(script->n > 0 && script->n <= REHEARSAL_WORDS_MAX);
		ASSERT((script->seen != NULL) + (script->tried != NULL) +
			   (script->words.p != NULL) ==
		       1);
	}
}

static void
check_case(const struct rehearsal_case *c)
{
	ASSERT(c->node != NULL && c->alert != NULL && c->end_node != NULL);
	ASSERT(c->end.n > 0 && c->by.n > 0);
	ASSERT(c->path_n <= REHEARSAL_WORDS_MAX);
	for (size_t i = 0; i < c->path_n; i++)
		ASSERT(c->path[i].node != NULL && c->path[i].name.n > 0);
	for (size_t i = 1; i < c->labels.n; i++)
		ASSERT(str_cmp(c->labels.p[i - 1].name, c->labels.p[i].name) < 0);
	const struct scripts *all[] = { &c->probes, &c->attempts, &c->answers, &c->approve,
		&c->deny, &c->live, &c->decisions };
	for (size_t i = 0; i < countof(all); i++)
		check_scripts(all[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena_map map;
	static struct arena arena;
	if (size > 65536)
		return 0;
	if (map.memory == NULL)
		arena = arena_map(&map, (size_t)256 << 20);
	struct diags diags;
	diags_init(&diags, &arena);
	struct source src = { .name = STR("x.test.yaml"),
		.text = { (const char *)data, size } };
	const struct rehearsal *read = rehearsal_read(model(), &src, &arena, &diags);
	ASSERT((read == NULL) == (diags.count > 0));
	for (const struct diag *diag = diags.first; diag != NULL; diag = diag->next) {
		ASSERT(diag->at.off <= size);
		ASSERT(diag->at.len <= size - diag->at.off);
	}
	struct buf text = BUF(1 << 20);
	diags_text(&text, &diags);
	ASSERT(str_utf8(buf_str(&text)));
	buf_done(&text);
	if (read != NULL) {
		ASSERT(
		    read->runbook != NULL && read->n > 0 && read->n <= REHEARSAL_CASES_MAX);
		for (size_t i = 0; i < read->n; i++)
			check_case(&read->cases[i]);
	}
	arena = arena_map_reset(&map, 1 << 20);
	return 0;
}
