#ifndef INTAKE_NEEDLE_H
#define INTAKE_NEEDLE_H

#include "base/str.h"

struct alert;

/*
 * needle -- words that somebody looks for in the alerts.
 *
 * An alert has them when each stands somewhere in a value of its labels or annotations. A to
 * Z are as a to z; all other characters are themselves. Looking through an alert costs about
 * a nanosecond a byte and word.
 */
#define NEEDLE_BYTES_MAX 256
#define NEEDLE_WORDS_MAX 8

struct needle {
	size_t n;                     /* 0: every alert has them */
	size_t end[NEEDLE_WORDS_MAX]; /* of each word in `text` */
	char text[NEEDLE_BYTES_MAX];
};

/* Words are parted by blanks. NULL, or what is wrong with them; *ret is then untouched. */
NODISCARD const char *needle_read(str text, struct needle *ret);
bool needle_in(const struct needle *needle, const struct alert *alert);

#endif
