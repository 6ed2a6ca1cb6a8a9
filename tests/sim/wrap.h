#ifndef TESTS_SIM_WRAP_H
#define TESTS_SIM_WRAP_H

/*
 * wrap -- functions that the linker puts in place of others (--wrap=NAME, meson.build): what
 * calls NAME comes to WRAP(NAME), and REAL(NAME) is the one that was meant.
 */
#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name

#endif
