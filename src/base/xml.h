#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"

/* Text for within an element or a quoted attribute of XML 1.0, whatever it holds: what has no
 * place there (control characters, U+FFFE, U+FFFF, bytes that are no UTF-8) is '?'. Stops
 * before a character that would take more than `max` bytes of `out` in all. */
void xml_put(struct buf *out, str text, size_t max);

#endif
