#include "model/policy.h"

static const struct policy of_nobody = { 0 };

const struct policy *
policy_general(const struct team *team)
{
	return team->policies_n > 0 ? &team->policies[team->policies_n - 1] : &of_nobody;
}

const struct policy *
policy_for(const struct team *team, enum severity severity, msec wall)
{
	for (size_t i = 0; i + 1 < team->policies_n; i++) {
		const struct policy *policy = &team->policies[i];
		if ((policy->severities >> severity & 1) != 0 &&
		    (policy->waits || window_has(&policy->when, wall)))
			return policy;
	}
	return policy_general(team);
}

bool
tier_open(const struct tier *tier, msec wall)
{
	return window_has(&tier->when, wall) &&
	       (tier->exception == NULL || wall < tier->exception->until_wall);
}

msec
tier_until(const struct tier *tier, msec wall)
{
	msec until = window_until(&tier->when, wall);
	msec ends = tier->exception != NULL ? tier->exception->until_wall : 0;
	return ends > wall && ends < until ? ends : until;
}
