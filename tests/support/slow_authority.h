#ifndef TESTS_SLOW_AUTHORITY_H
#define TESTS_SLOW_AUTHORITY_H

#include "authority/authority.h"

/*
 * slow_authority -- the verdict of authority_decide, said a second time.
 *
 * No index, no early end, no sentences: each rule is turned into the set of things that
 * it is about, and the request is looked up in the sets. Knows PARAM_ONE_OF only.
 */
enum verdict slow_verdict(const struct model *model,
    const struct authority_request *request, const struct authority_facts *facts);

#endif
