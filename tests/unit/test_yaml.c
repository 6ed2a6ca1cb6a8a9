#include <stdio.h>

#include "model/yaml.h"

#include "support/test.h"

static char memory[1 << 20];
static struct arena arena;
static struct diags diags;
static struct source src;

static struct node *
parse(const char *text)
{
	arena = arena_over(memory, sizeof(memory));
	diags_init(&diags, &arena);
	src = (struct source){ .name = STR("a.yaml"), .text = str_of(text) };
	return yaml_parse(&src, (struct span){ 0, src.text.n }, &arena, &diags);
}

static str
written(struct span at)
{
	return str_take(str_drop(src.text, at.off), at.len);
}

static void
yaml__keeps_order_kinds_and_text(void)
{
	const struct node *root = parse("b: [x, 'y z', \"q\\n\"]\n"
					"a:\n"
					"  k: v\n"
					"  none:\n"
					"list:\n"
					"- one\n"
					"- {two: 2}\n");
	EXPECT(root != NULL && root->kind == NODE_MAP && root->n == 3);
	EXPECT_U64(diags.count, 0);
	const struct node *b = root->first;
	EXPECT_STR(b->key, STR("b"));
	EXPECT(b->kind == NODE_LIST && b->n == 3);
	EXPECT_STR(b->first->text, STR("x"));
	EXPECT_STR(b->first->next->text, STR("y z"));
	EXPECT_STR(b->first->next->next->text, STR("q\n"));
	EXPECT(!b->first->next->next->verbatim);
	const struct node *a = node_get(root, STR("a"));
	EXPECT(a->kind == NODE_MAP && a->n == 2);
	EXPECT(node_get(a, STR("none"))->kind == NODE_EMPTY);
	EXPECT(node_get(a, STR("nothing")) == NULL);
	const struct node *list = node_get(root, STR("list"));
	EXPECT_STR(node_get(list->first->next, STR("two"))->text, STR("2"));
	EXPECT_U64(list->line, 5);
}

static void
yaml__types_nothing(void)
{
	const struct node *root = parse("[yes, ~, null, 1.0, 0x10, 2026-01-05, true]");
	EXPECT(root->n == 7);
	for (const struct node *node = root->first; node != NULL; node = node->next)
		EXPECT(node->kind == NODE_TEXT);
	EXPECT_STR(root->first->next->text, STR("~"));
}

static void
yaml__spans_are_the_bytes_as_written(void)
{
	const struct node *root =
	    parse("name: Jo\xc3\xa3o  # \xe2\x82\xac\n"
		  "\xc3\xa9t\xc3\xa9: [\xf0\x9f\x94\xa5, 'd\xc3\xa9j\xc3\xa0', x y]\n"
		  "deep: {a: [1,\n 2]}\n"
		  "last: caf\xc3\xa9\n");
	EXPECT(root != NULL);
	const struct node *name = root->first;
	EXPECT_STR(written(name->at), STR("Jo\xc3\xa3o"));
	EXPECT_STR(written(name->key_at), STR("name"));
	const struct node *ete = name->next;
	EXPECT_STR(written(ete->key_at), STR("\xc3\xa9t\xc3\xa9"));
	EXPECT_STR(written(ete->at), STR("[\xf0\x9f\x94\xa5, 'd\xc3\xa9j\xc3\xa0', x y]"));
	EXPECT_STR(written(ete->first->at), STR("\xf0\x9f\x94\xa5"));
	const struct node *deja = ete->first->next;
	EXPECT_STR(written(deja->at), STR("'d\xc3\xa9j\xc3\xa0'"));
	EXPECT(deja->verbatim);
	EXPECT_STR(written(node_part(deja, 3, 1)), STR("j"));
	EXPECT_STR(written(deja->next->at), STR("x y"));
	EXPECT_STR(written(ete->next->at), STR("{a: [1,\n 2]}"));
	EXPECT_STR(written(ete->next->next->at), STR("caf\xc3\xa9"));
	EXPECT_U64(ete->next->next->line, 5);
}

/* A text long enough for several entries of the table of marks. */
static void
yaml__spans_are_right_far_into_a_text_of_many_bytes_a_character(void)
{
	static char text[20000];
	size_t n = 0;
	for (unsigned i = 0; i < 400; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "k%u: \"\xe2\x82\xac\xc3\xa9%u\"\n", i, i);
	const struct node *root = parse(text);
	EXPECT(root->n == 400);
	for (const struct node *node = root->first; node != NULL; node = node->next) {
		EXPECT_STR(written(node->key_at), node->key);
		EXPECT_STR(written(node_part(node, 5, 10)),
		    str_drop(node->key, 1)); /* behind both characters */
	}
}

static void
yaml__part_of_a_text_with_escapes_is_all_of_it(void)
{
	const struct node *root = parse("a: \"x\\ty\"\nb: |\n  one\n  two\n");
	EXPECT_STR(written(node_part(root->first, 2, 1)), STR("\"x\\ty\""));
	EXPECT_STR(root->first->next->text, STR("one\ntwo\n"));
}

static void
yaml__parses_a_part_of_a_text_with_its_own_places(void)
{
	src = (struct source){ .name = STR("a.md"),
		.text = STR("# h\n```\na: b\nc: \xc3\xa9 d\n```\n") };
	arena = arena_over(memory, sizeof(memory));
	diags_init(&diags, &arena);
	const struct node *root = yaml_parse(&src, (struct span){ 8, 13 }, &arena, &diags);
	EXPECT(root != NULL && root->n == 2);
	EXPECT_STR(written(root->first->at), STR("b"));
	EXPECT_U64(root->first->line, 3);
	EXPECT_STR(written(root->first->next->at), STR("\xc3\xa9 d"));
	EXPECT_U64(root->first->next->line, 4);
}

static void
yaml__nothing_but_comments_is_empty(void)
{
	const struct node *root = parse("# nothing\n\n");
	EXPECT(root != NULL && root->kind == NODE_EMPTY);
	root = parse("");
	EXPECT(root != NULL && root->kind == NODE_EMPTY);
	root = parse("---\n");
	EXPECT(root != NULL && root->kind == NODE_EMPTY);
	EXPECT_U64(diags.count, 0);
}

static void
yaml__refuses_what_is_outside_the_subset(void)
{
	static const struct {
		const char *name;
		const char *text;
		const char *message;
		size_t off;
		bool fatal;
	} rows[] = {
		{ "duplicate key", "a: 1\nb: 2\na: 3\n",
		    "'a' is here twice, first in line 1", 10, false },
		{ "tag", "a: !!int 3\n", "tags are not allowed", 3, false },
		{ "tag of a map", "a: !x {b: c}\n", "tags are not allowed", 3, false },
		{ "anchor", "a: &x 3\n", "anchors are not allowed", 3, false },
		{ "anchor of a list", "a: &x [3]\n", "anchors are not allowed", 3, false },
		{ "alias", "a: *x\n", "aliases are not allowed", 3, false },
		{ "alias as a key", "*x : b\n", "aliases are not allowed", 0, false },
		{ "directive", "%YAML 1.1\n---\na: b\n", "directives are not allowed", 0,
		    false },
		{ "two documents", "a: b\n---\nc: d\n", "only one document a file", 5,
		    false },
		{ "a list as a key", "[a]: b\n", "a key must be text", 0, false },
		{ "no key", "\"\": b\n", "a key must be text", 0, false },
		{ "byte order mark",
		    "\xef\xbb\xbf"
		    "a: b\n",
		    "a byte order mark is not allowed", 0, true },
		{ "bad UTF-8", "a: \xff\n", "this is not UTF-8", 3, true },
		{ "cut UTF-8", "a: \xc3", "this is not UTF-8", 3, true },
		{ "control character", "a: \x01\n", "control characters are not allowed", 3,
		    true },
		{ "C1 control", "a: \xc2\x9b\n", "control characters are not allowed", 3,
		    true },
		{ "escaped control", "a: \"\\x01\"\n", "control characters are not allowed",
		    3, false },
		{ "tab for indentation", "a:\n\tb: c\n",
		    "found character that cannot start any token", 3, true },
		{ "open list", "a: [1, 2\n",
		    "this '[' is neither closed nor continued with ',' in line 2", 3,
		    true },
		{ "colon in plain text", "a: b: c\n",
		    "mapping values are not allowed in this context", 4, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		test_row = rows[i].name;
		const struct node *root = parse(rows[i].text);
		EXPECT((root == NULL) == rows[i].fatal);
		EXPECT_U64(diags.count, 1);
		EXPECT_STR(diags.first->message, str_of(rows[i].message));
		EXPECT_U64(diags.first->at.off, rows[i].off);
	}
}

/* T3: a text that grows when it is read, or that names a class to make, is refused as text:
 * nothing is expanded, and no type but text, list and map comes of any of it. */
static void
t3__nothing_is_expanded_and_nothing_is_made(void)
{
	static const char *const hostile[] = {
		"a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
		"c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c]\n",
		"a: &a {<<: *a}\n",
		"a: !!python/object/apply:os.system [reboot]\n",
		"a: !!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]\n",
		"!!binary Zm9v: bar\n",
	};
	for (size_t i = 0; i < countof(hostile); i++) {
		test_row = hostile[i];
		(void)parse(hostile[i]);
		EXPECT(diags.count > 0);
	}
	/* What other readers make a type of is text here. */
	static const char *const plain[] = { "no", "null", "~", "1e3", "0x10", "2026-11-23",
		".inf", "<<" };
	for (size_t i = 0; i < countof(plain); i++) {
		char text[32];
		(void)snprintf(text, sizeof(text), "a: %s\n", plain[i]);
		test_row = plain[i];
		const struct node *root = parse(text);
		EXPECT(root != NULL && diags.count == 0);
		EXPECT(root->first->kind == NODE_TEXT);
		EXPECT_STR(root->first->text, str_of(plain[i]));
	}
	test_row = NULL;
}

static void
yaml__is_bounded_in_depth(void)
{
	char text[200] = { 0 };
	memset(text, '[', YAML_DEPTH_MAX);
	memset(text + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
	EXPECT(parse(text) != NULL);
	memset(text, '[', 90);
	EXPECT(parse(text) == NULL);
	EXPECT_U64(diags.count, 1);
	EXPECT_STR(diags.first->message, STR("nested deeper than 32"));
}

static void
yaml__what_is_left_of_a_bad_map_can_be_read(void)
{
	const struct node *root = parse("a: *x\nb: 2\nb: 3\nc: !!str 4\n");
	EXPECT_U64(diags.count, 3);
	EXPECT(root->n == 2);
	EXPECT_STR(node_get(root, STR("b"))->text, STR("2"));
	EXPECT_STR(node_get(root, STR("c"))->text, STR("4"));
}

int
main(void)
{
	RUN(yaml__keeps_order_kinds_and_text);
	RUN(yaml__types_nothing);
	RUN(yaml__spans_are_the_bytes_as_written);
	RUN(yaml__spans_are_right_far_into_a_text_of_many_bytes_a_character);
	RUN(yaml__part_of_a_text_with_escapes_is_all_of_it);
	RUN(yaml__parses_a_part_of_a_text_with_its_own_places);
	RUN(yaml__nothing_but_comments_is_empty);
	RUN(yaml__refuses_what_is_outside_the_subset);
	RUN(t3__nothing_is_expanded_and_nothing_is_made);
	RUN(yaml__is_bounded_in_depth);
	RUN(yaml__what_is_left_of_a_bad_map_can_be_read);
	TEST_MAIN_END();
}
