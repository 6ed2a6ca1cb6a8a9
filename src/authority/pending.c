/* Stands in until judge.c has it. */
#include "authority/authority.h"

void
authority_needs(const struct authority *authority, const struct authority_request *request,
    const struct authority_facts *facts, struct arena *arena, struct authority_needs *ret)
{
	(void)authority;
	(void)request;
	(void)facts;
	(void)arena;
	*ret = (struct authority_needs){ 0 };
}

size_t
authority_who_can(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct authority_who *ret, size_t max)
{
	(void)authority;
	(void)request;
	(void)facts;
	(void)arena;
	(void)ret;
	(void)max;
	return 0;
}

str
authority_yes_refuses(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    str principal, struct arena *arena)
{
	(void)authority;
	(void)request;
	(void)facts;
	(void)principal;
	(void)arena;
	return STR("not there yet");
}
