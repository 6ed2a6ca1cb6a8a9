/* Patterns of grants: "web-*", where a regular expression would say more than one means. */
#include "model/model.h"

/* Goes back to the latest * alone: what an earlier one could still take, this one can too.
 * So it is at most like.n * value.n steps. */
bool
like_matches(str like, str value)
{
	size_t i = 0, k = 0;
	size_t star = SIZE_MAX, resume = 0;
	while (k < value.n) {
		if (i < like.n && like.p[i] == '*') {
			star = i++;
			resume = k;
		} else if (i < like.n && (like.p[i] == '?' || like.p[i] == value.p[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++resume;
		} else {
			return false;
		}
	}
	while (i < like.n && like.p[i] == '*')
		i++;
	return i == like.n;
}
