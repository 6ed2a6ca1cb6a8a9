#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stddef.h>

/*
 * poison -- memory that must not be touched, told to AddressSanitizer. Without it these
 * do nothing. A region may begin anywhere; what it shares with an 8-byte granule whose
 * start is in use stays usable at that start only.
 */
#if defined(__SANITIZE_ADDRESS__)
#define POISON_ON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_ON 1
#endif
#endif

#ifdef POISON_ON
#include <sanitizer/asan_interface.h>
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#define POISONED(p) (__asan_address_is_poisoned(p) != 0)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define POISONED(p) ((void)(p), true)
#endif

#endif
