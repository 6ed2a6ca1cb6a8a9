/* Stands in until leases.c has it. */
#include "core/state.h"

const struct lease *
lease_find(const struct core *core, enum lease_kind kind, str service, str principal)
{
	(void)core;
	(void)kind;
	(void)service;
	(void)principal;
	return NULL;
}
