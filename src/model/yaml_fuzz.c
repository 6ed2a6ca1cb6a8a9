/* Any bytes are a tree whose spans lie in the text, or a fault that says where. */
#include "model/yaml.h"
#include "support/fuzz.h"

static char memory[32 << 20];

static size_t
check_node(const struct node *node, const struct source *src, unsigned depth)
{
	ASSERT(depth <= YAML_DEPTH_MAX + 1);
	ASSERT(node->src == src);
	ASSERT(node->at.off <= src->text.n);
	ASSERT(node->at.len <= src->text.n - node->at.off);
	ASSERT(node->line >= 1);
	if (node->key.n > 0)
		ASSERT(node->key_at.off + node->key_at.len <= src->text.n);
	if (node->kind == NODE_TEXT && node->verbatim) {
		struct span at = node_part(node, 0, node->text.n);
		ASSERT(str_eq(str_take(str_drop(src->text, at.off), at.len), node->text));
	}

	size_t n = 0, all = 1;
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		all += check_node(child, src, depth + 1);
		ASSERT((node->kind == NODE_MAP) == (child->key.n > 0));
		n++;
	}
	ASSERT(n == node->n);
	return all;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	struct diags diags;
	diags_init(&diags, &arena);
	struct source src = { .name = STR("fuzz"), .text = { (const char *)data, size } };
	const struct node *root =
	    yaml_parse(&src, (struct span){ 0, size }, &arena, &diags);

	ASSERT(root != NULL || diags.count > 0);
	if (root != NULL)
		ASSERT(check_node(root, &src, 0) <= size + 2);
	struct buf text = BUF(1 << 20);
	diags_text(&text, &diags);
	ASSERT(str_utf8(buf_str(&text)));
	buf_done(&text);
	return 0;
}
