#include "intake/needle.h"

#include "intake/intake.h"
#include "intake/wire.h"

static_assert(NEEDLE_WORDS_MAX <= 32, "a bit for each word");

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

const char *
needle_read(str text, struct needle *ret)
{
	struct needle needle = { .n = 0 };
	size_t at = 0;
	if (text.n > NEEDLE_BYTES_MAX)
		return "'text' is at most 256 bytes";
	for (str rest = text; rest.n > 0;) {
		struct str_cut word = str_cut(rest, ' ');
		rest = word.tail;
		if (word.head.n == 0)
			continue;
		if (needle.n == NEEDLE_WORDS_MAX)
			return "'text' is at most 8 words";
		for (size_t i = 0; i < word.head.n; i++)
			needle.text[at++] = lower(word.head.p[i]);
		needle.end[needle.n++] = at;
	}
	*ret = needle;
	return NULL;
}

static bool
stands_in(str word, str value)
{
	for (size_t i = 0; i + word.n <= value.n; i++) {
		size_t k = 0;
		while (k < word.n && lower(value.p[i + k]) == word.p[k])
			k++;
		if (k == word.n)
			return true;
	}
	return false;
}

/* Which of the words that are missing, a bit each, are still missing behind these pairs. */
static uint32_t
look_in(const struct needle *needle, str pairs, uint32_t missing)
{
	struct wire_pairs left = wire_pairs(pairs);
	struct pair pair;
	while (missing != 0 && wire_next_pair(&left, &pair)) {
		for (size_t i = 0; i < needle->n; i++) {
			size_t begin = i > 0 ? needle->end[i - 1] : 0;
			str word = { needle->text + begin, needle->end[i] - begin };
			if ((missing & 1u << i) != 0 && stands_in(word, pair.value))
				missing &= ~(1u << i);
		}
	}
	return missing;
}

bool
needle_in(const struct needle *needle, const struct alert *alert)
{
	uint32_t missing = (1u << needle->n) - 1;
	str labels = wire_labels(alert->head, alert->labels_bytes);
	missing = look_in(needle, labels, missing);
	/* Behind them the annotations, in the same form, where there are any. */
	str annotations = str_drop(alert->head, alert->labels_bytes);
	return (annotations.n > 0 ? look_in(needle, annotations, missing) : missing) == 0;
}
