#ifndef TESTS_AUTHORITY_ANSWER_H
#define TESTS_AUTHORITY_ANSWER_H

#include "authority/authority.h"

/* A decision with its words, side by side. */
struct decided {
	enum verdict verdict;
	bool only_at_once, hands_on;
	uint32_t yes_missing;
	msec expires_ms;
	struct reason *reasons;
	size_t reasons_n;
	str forward;
	struct strs approvers;
};

static inline void
decide_and_explain(const struct authority *authority,
    const struct authority_request *request, const struct authority_facts *facts,
    struct arena *arena, struct decided *ret)
{
	struct authority_decision decision;
	struct authority_answer answer;
	authority_decide(authority, request, facts, &decision);
	authority_explain(authority, request, facts, &decision, arena, &answer);
	*ret = (struct decided){ decision.verdict, decision.only_at_once, decision.hands_on,
		decision.yes_missing, decision.expires_ms, answer.reasons, answer.reasons_n,
		answer.forward, answer.approvers };
}

#endif
