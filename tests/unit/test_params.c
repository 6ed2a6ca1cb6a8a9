#include "model/matcher.h"
#include "support/reading.h"
#include "support/test.h"

/* The one parameter of a map such as "unit: {type: name}". */
static bool
param(const char *yaml, struct param *ret)
{
	static struct names hosts;
	struct node *node = reading(yaml);
	hosts = (struct names){ 0 };
	*names_slot(&hosts, reader.arena, STR("web-1")) = node;
	reader.hosts.by_name = &hosts;
	reader.services.by_name = &hosts;

	const struct node *root =
	    yaml_parse(node->src, node->at, reader.arena, reader.diags);
	struct param_nodes n = { 0 };
	const struct key keys[] = { PARAM_KEYS(&n) };
	return root != NULL &&
	       read_map(&reader, root->first, "parameter", keys, countof(keys)) &&
	       read_param(&reader, root->first, &n, ret);
}

static void
param__takes_values_of_its_type_only(void)
{
	static const struct {
		const char *yaml;
		const char *value;
		const char *why; /* "": taken */
	} rows[] = {
		{ "u: {type: string, pattern: '[a-z]+\\.service'}", "a.service", "" },
		{ "u: {type: string, pattern: '[a-z]+\\.service'}", "a.service.d",
		    "'u': 'a.service.d' does not match '[a-z]+\\.service'" },
		{ "u: {type: string, pattern: '.*'}", "-x", "'u': '-x' begins with '-'" },
		{ "u: {type: string, pattern: '.*', dash: true}", "-x", "" },
		{ "u: {type: string, pattern: '.*'}", "a\nb",
		    "'u': it holds a control character" },
		{ "u: {type: string, pattern: '.*'}", "", "'u': it is empty" },
		{ "u: {type: string, pattern: '.*'}", "\xff", "'u': it is not UTF-8" },
		{ "u: {type: name}", "web-1.eu_2", "" },
		{ "u: {type: name}", "a/b", "'u': 'a/b' is not a name" },
		{ "u: {type: name}", "-a", "'u': '-a' begins with '-'" },
		{ "u: {type: integer}", "-5", "'u': '-5' begins with '-'" },
		{ "u: {type: integer, min: -5}", "-5", "" },
		{ "u: {type: integer, min: 1, max: 9}", "9", "" },
		{ "u: {type: integer, min: 1, max: 9}", "10",
		    "'u': '10' is not a whole number from 1 to 9" },
		{ "u: {type: integer, min: 1}", "0",
		    "'u': '0' is not a whole number from 1 up" },
		{ "u: {type: integer, max: 9}", "10",
		    "'u': '10' is not a whole number up to 9" },
		{ "u: {type: integer}", "1e3", "'u': '1e3' is not a whole number" },
		{ "u: {type: integer}", "0", "" },
		{ "u: {type: integer}", "010",
		    "'u': '010' is written with a needless zero: 10" },
		{ "u: {type: integer, max: 5}", "00",
		    "'u': '00' is written with a needless zero: 0" },
		{ "u: {type: integer, min: -5}", "-0",
		    "'u': '-0' is written with a needless zero: 0" },
		{ "u: {type: integer, min: -5}", "-05",
		    "'u': '-05' is written with a needless zero: -5" },
		{ "u: {type: one-of, values: [blue, green]}", "green", "" },
		{ "u: {type: one-of, values: [blue, green]}", "gree",
		    "'u': 'gree' is not one of the values it may have" },
		{ "u: {type: host}", "web-1", "" },
		{ "u: {type: host}", "web-2", "'u': there is no host 'web-2'" },
		{ "u: {type: service}", "web-2", "'u': there is no service 'web-2'" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct param p = { 0 };
		test_row = rows[i].yaml;
		EXPECT(param(rows[i].yaml, &p));
		str value = str_of(rows[i].value);
		EXPECT_STR(param_refuses(&p, value, reader.arena), str_of(rows[i].why));
		EXPECT(param_takes(&p, value) == (rows[i].why[0] == '\0'));
		/* Without room for a sentence it is refused all the same. */
		char none[1];
		struct arena full = arena_over(none, 0);
		EXPECT((param_refuses(&p, value, &full).n == 0) == param_takes(&p, value));
		regex_release(reader.regexes);
	}
}

static void
param__default_makes_it_optional(void)
{
	struct param p = { 0 };
	EXPECT(param("n: {type: integer, default: 3}", &p));
	EXPECT(p.optional);
	EXPECT_STR(p.otherwise, STR("3"));
	EXPECT_STR(p.name, STR("n"));
	EXPECT_U64(p.place.line, 1);
}

static void
param__refuses_a_declaration_that_contradicts_itself(void)
{
	static const struct {
		const char *yaml;
		const char *message;
	} rows[] = {
		{ "u: {type: strng, pattern: a}", "unknown type 'strng'" },
		{ "u: {type: string}", "the string 'u' has no pattern" },
		{ "u: {type: name, pattern: a}", "'pattern' means nothing for type: name" },
		{ "u: {type: string, pattern: a, min: 1}",
		    "'min' means nothing for type: string" },
		{ "u: {type: one-of}", "'u' has no values to choose from" },
		{ "u: {type: one-of, values: []}", "'u' has no values to choose from" },
		{ "u: {type: integer, min: 5, max: 4}", "max is below min" },
		{ "u: {type: integer, max: 4, default: 5}",
		    "a bad default for 'u': '5' is not a whole number up to 4" },
		{ "u: {type: string, pattern: '('}",
		    "bad pattern: missing closing parenthesis" },
		{ "u: {type: name, optional: yes}", "expected true or false, not 'yes'" },
		{ "a b: {type: name}", "'a b' cannot be the name of a parameter" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct param p = { .min = 77 };
		test_row = rows[i].yaml;
		EXPECT(!param(rows[i].yaml, &p));
		EXPECT(p.min == 77);
		EXPECT_U64(reading_diags.count, 1);
		EXPECT_STR(reading_diags.first->message, str_of(rows[i].message));
		regex_release(reader.regexes);
	}
}

int
main(void)
{
	RUN(param__takes_values_of_its_type_only);
	RUN(param__default_makes_it_optional);
	RUN(param__refuses_a_declaration_that_contradicts_itself);
	TEST_MAIN_END();
}
