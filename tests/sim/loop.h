#ifndef TESTS_SIM_LOOP_H
#define TESTS_SIM_LOOP_H

#include <stdint.h>

/* loop -- the order in which ready descriptors are served is drawn from this seed. */
void sim_uv_init(uint64_t seed);

#endif
