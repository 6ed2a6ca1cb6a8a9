#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The one function of a fuzz target; it asserts properties of what the parser made. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
