#include "os/memory.h"

#include <stdint.h>
#include <sys/mman.h>

void
memory_touch(void *p, size_t n)
{
	uintptr_t page = 4096;
	uintptr_t from = ((uintptr_t)p + page - 1) & ~(page - 1);
	uintptr_t until = ((uintptr_t)p + n) & ~(page - 1);
#ifdef MADV_POPULATE_WRITE
	if (until > from)
		(void)madvise((void *)from, until - from, MADV_POPULATE_WRITE);
#else
	(void)from, (void)until;
#endif
}
