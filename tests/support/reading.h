#ifndef TESTS_READING_H
#define TESTS_READING_H

#include "model/internal.h"

/*
 * reading -- one text and a reader that knows nothing else, for tests of small languages.
 *
 *	struct node *node = reading("5m");
 *	EXPECT(read_duration(&reader, node, 0, DAY, &ms));
 *
 * Everything is gone at the next call.
 */
extern struct reader reader;
extern struct diags reading_diags;

struct node *reading(const char *text);

#endif
