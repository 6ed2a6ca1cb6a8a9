#ifndef OS_MEMORY_H
#define OS_MEMORY_H

#include <stddef.h>

/*
 * memory -- pages, before they are needed.
 */

/* Make the kernel find pages for what was reserved but never touched. A hint: where the kernel
 * does not know it, nothing happens. From any thread. */
void memory_touch(void *p, size_t n);

#endif
