#include "node/logged.h"

void
logged_put(struct buf *b, str text)
{
	while (text.n > 0) {
		size_t acts = str_acts(text), n = str_utf8_char(text);
		char c = text.p[0];
		bool shown = acts == 0 && n > 0 && c != '\r' && c != '\0';
		size_t taken = acts > 0 ? acts : n > 0 ? n : 1;
		buf_add(b, shown ? str_take(text, taken) : STR("?"));
		if (c == '\n')
			buf_add(b, STR("  "));
		text = str_drop(text, taken);
	}
}
