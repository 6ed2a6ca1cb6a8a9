/*
 * All analyses, one after the other; what they find, by place.
 */
#include <stdlib.h>

#include "authority/analysing.h"

const char *
found_kind_name(enum found_kind kind)
{
	switch (kind) {
	case FOUND_DEAD:
		return "dead";
	case FOUND_SHADOWED:
		return "shadowed";
	case FOUND_FIT:
		return "fit";
	case FOUND_UNDO:
		return "undo";
	case FOUND_APPROVERS:
		return "approvers";
	case FOUND_SEPARATION:
		return "separation";
	case FOUND_BLAST:
		return "blast";
	case FOUND_FREEZE:
		return "freeze";
	case FOUND_ENDING:
		return "ending";
	case FOUND_LIMIT:
		return "limit";
	case FOUND_HOLE:
		return "hole";
	case FOUND_SECRET:
		return "secret";
	case FOUND_DRILL:
		return "drill";
	case FOUND_OVERLAP:
		return "overlap";
	}
	UNREACHABLE();
}

const struct authority *
authority_mapped(const struct model *model, struct arena_map *map)
{
	struct arena arena = arena_map(map, authority_arena_bytes(model));
	return authority_new(model, &arena);
}

void
found_add(struct analysing *a, const struct found *found)
{
	if (a->ret->n == ANALYSE_FOUND_MAX)
		a->ret->dropped++;
	else
		a->ret->found[a->ret->n++] = *found;
}

void
decisions_begin(struct analysing *a)
{
	a->decisions = a->looked_at = 0;
	a->told = false;
}

void
left_out(struct analysing *a, str text)
{
	found_add(a, &(struct found){ .kind = FOUND_LIMIT, .text = text, .note = true });
}

bool
decisions_left(struct analysing *a, const char *what)
{
	if (a->decisions < ANALYSE_DECISIONS_MAX) {
		a->decisions++;
		a->looked_at++;
		return true;
	}
	if (!a->told)
		left_out(a, arena_printf(a->arena,
				"looked at %zu combinations %s and left out the rest",
				a->looked_at, what));
	a->told = true;
	return false;
}

static int
by_place(const void *x, const void *y)
{
	const struct found *a = x, *b = y;
	int order = str_cmp(a->place.file, b->place.file);
	if (order == 0)
		order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
	if (order == 0)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	return order != 0 ? order : str_cmp(a->text, b->text);
}

void
authority_analyse(const struct model *model, msec wall, struct arena *arena,
    struct analysis *ret)
{
	static void (*const analyses[])(struct analysing *) = { analyse_rules,
		analyse_steps, analyse_people, analyse_spans, analyse_duty,
		analyse_written };
	struct analysing a = { .model = model, .wall = wall, .arena = arena, .ret = ret };
	*ret = (struct analysis){ arena_new(arena, struct found, ANALYSE_FOUND_MAX), 0, 0 };
	a.gone = arena_new(arena, bool, model->rules_n + 1);
	for (size_t i = 0; i < countof(analyses); i++) {
		decisions_begin(&a);
		analyses[i](&a);
	}
	qsort(ret->found, ret->n, sizeof(ret->found[0]), by_place);
}
