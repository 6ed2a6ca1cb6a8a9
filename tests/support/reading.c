#include "support/reading.h"

struct reader reader;
struct diags reading_diags;

static char memory[4 << 20];
static struct arena arena;
static struct source src;
static struct node node;
static struct model model;
static const struct section sections[SECTION_COUNT];

struct node *
reading(const char *text)
{
	arena = arena_over(memory, sizeof(memory));
	diags_init(&reading_diags, &arena);
	src = (struct source){ .name = STR("text"), .text = str_of(text) };
	node = node_of_source(&src);
	model = (struct model){ .hash = { { 0 } } };
	reader = (struct reader){
		.arena = &arena,
		.diags = &reading_diags,
		.model = &model,
		.sections = sections,
	};
	return &node;
}
