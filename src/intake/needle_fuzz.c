#include "intake/needle.h"

#include <stdlib.h>

#include "intake/intake.h"
#include "intake/wire.h"
#include "support/fuzz.h"

/* Lower case of A to Z, and nothing that CBOR's text could not hold. */
static size_t
plain(str from, char *to, bool lower)
{
	for (size_t i = 0; i < from.n; i++) {
		char c = from.p[i];
		if (c < ' ' || c > '~')
			c = '.';
		to[i] = lower && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return from.n;
}

/* Every word, cut and looked for once more. */
static bool
slowly(str text, str first, str second)
{
	for (size_t i = 0; i < text.n;) {
		size_t end = i;
		while (end < text.n && text.p[end] != ' ')
			end++;
		str word = { text.p + i, end - i };
		bool found = word.n == 0 ||
		             (first.n >= word.n &&
				 memmem(first.p, first.n, word.p, word.n) != NULL) ||
		             (second.n >= word.n &&
				 memmem(second.p, second.n, word.p, word.n) != NULL);
		if (!found)
			return false;
		i = end + 1;
	}
	return true;
}

/* A text, a label's value and an annotation's, each behind a new line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char texts[3][4096], lowered[3][4096];
	struct str_cut first = str_cut((str){ (const char *)data, size }, '\n');
	struct str_cut second = str_cut(first.tail, '\n');
	str part[3] = { first.head, second.head, second.tail }, low[3];
	for (size_t i = 0; i < countof(part); i++) {
		if (part[i].n > sizeof(texts[i]))
			return 0;
		low[i] = (str){ lowered[i], plain(part[i], lowered[i], true) };
		part[i] = (str){ texts[i], plain(part[i], texts[i], false) };
	}
	struct needle needle;
	const char *wrong = needle_read(part[0], &needle);
	if (wrong != NULL) {
		ASSERT(part[0].n > NEEDLE_BYTES_MAX || part[0].n > 2 * NEEDLE_WORDS_MAX);
		return 0;
	}
	ASSERT(part[0].n <= NEEDLE_BYTES_MAX && needle.n <= NEEDLE_WORDS_MAX);
	struct pair label = { STR("a"), part[1].n > 0 ? part[1] : STR("none") };
	struct pair said = { STR("b"), part[2] };
	struct alert_body body = { .labels = { &label, 1 }, .annotations = { &said, 1 } };
	struct buf text = BUF(WIRE_BODY_MAX);
	struct wire_parts parts;
	record_encode(&alert_body_type, &body, &text);
	ASSERT(wire_body_measure(buf_str(&text), &parts));
	struct alert alert = { .head = { text.p, parts.head_bytes },
		.labels_bytes = parts.labels_bytes };
	ASSERT(needle_in(&needle, &alert) ==
	       slowly(low[0], part[1].n > 0 ? low[1] : STR("none"), low[2]));
	buf_done(&text);
	return 0;
}
