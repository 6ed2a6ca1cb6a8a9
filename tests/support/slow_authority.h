#ifndef TESTS_SLOW_AUTHORITY_H
#define TESTS_SLOW_AUTHORITY_H

#include "authority/authority.h"

/*
 * slow_authority -- the verdict of authority_decide, said a second time.
 *
 * No index, no early end, no sentences: each of the chain is judged alone and the strictest
 * answer counts; each rule is turned into the set of things that it is about, and the
 * request is looked up in the sets. Knows PARAM_ONE_OF and PARAM_INTEGER, and calendars of
 * spans. `uses` are those of the facts, in any order.
 */
struct slow_uses {
	const struct authority_use *p;
	size_t n;
};
enum verdict slow_verdict(const struct model *model,
    const struct authority_request *request, const struct authority_facts *facts,
    const struct slow_uses *uses);

#endif
