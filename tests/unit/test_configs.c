/* Configurations as the engine has them: those of the store were taken by some version. */
#include "engine/configs.h"

#include "support/test.h"

#define TOP                                                                          \
	"fallback: ops\n"                                                            \
	"people:\n"                                                                  \
	"  ana: {email: ana@example.com, reach: [mail]}\n"                           \
	"channels:\n"                                                                \
	"  mail: {smtp: 'smtp://127.0.0.1:25', from: f@example.com}\n"               \
	"teams:\n"                                                                   \
	"  ops:\n"                                                                   \
	"    kind: operations\n"                                                     \
	"    on_call:\n"                                                             \
	"      zone: UTC\n"                                                          \
	"      rotations: [{name: primary, people: [ana], handover: 'Mon 09:00'}]\n" \
	"      escalate: [{to: primary}]\n"
#define HOLDS(source, target) \
	"  - {source: {severity: " source "}, target: {severity: " target "}}\n"

static const struct config *
add(struct configs *configs, const char *yaml, struct err *err)
{
	struct bundle_file file = { STR("a.yaml"), str_of(yaml) };
	struct bundle bundle = { .files = &file, .n = 1 };
	struct buf bytes = BUF(BUNDLE_FILE_BYTES_MAX);
	bundle_encode(&bundle, &bytes);
	hash32 hash = sha256(buf_str(&bytes));
	const struct config *config = configs_add(configs, &hash, buf_str(&bytes), err);
	buf_done(&bytes);
	return config;
}

/* Earlier versions took rules that hold each other's alerts. The engine reads them at each start,
 * and people hear of one of the two. */
static void
configs__of_an_earlier_version_with_mirrored_inhibition_are_read(void)
{
	static struct configs configs;
	struct err err = { 0 };
	const struct config *config = add(&configs,
	    TOP "inhibit:\n" HOLDS("critical", "warning") HOLDS("info", "debug")
		HOLDS("warning", "critical") HOLDS("page", "info"),
	    &err);
	EXPECT_STR(str_of(err.text), STR(""));
	EXPECT(config != NULL);
	if (config == NULL)
		return;
	EXPECT_U64(config->model->inhibits_n, 3);
	EXPECT_STR(config->model->inhibits[0].source.p[0].value, STR("critical"));
	EXPECT_STR(config->model->inhibits[1].source.p[0].value, STR("info"));
	EXPECT_STR(config->model->inhibits[2].source.p[0].value, STR("page"));
	configs_done(&configs);
}

/* Nothing else is let through by that. */
static void
configs__with_another_mistake_are_none(void)
{
	static struct configs configs;
	struct err err = { 0 };
	EXPECT(add(&configs, TOP "inhibit: [{source: {severity: page}}]\n", &err) == NULL);
	EXPECT(err.text[0] != '\0');
	configs_done(&configs);
}

int
main(void)
{
	RUN(configs__of_an_earlier_version_with_mirrored_inhibition_are_read);
	RUN(configs__with_another_mistake_are_none);
	TEST_MAIN_END();
}
