/* A build without pages: -Dweb=false. */
#include "gate/pages.h"

const struct page_file page_files[1] = { { .path = "" } };
const size_t page_files_n = 0;
