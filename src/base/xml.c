#include "base/xml.h"

static str
shown(str c)
{
	switch (c.p[0]) {
	case '&':
		return STR("&amp;");
	case '<':
		return STR("&lt;");
	case '>':
		return STR("&gt;");
	case '"':
		return STR("&quot;");
	case '\'':
		return STR("&#39;");
	default:
		break;
	}
	bool none = str_acts(c) > 0 || str_eq(c, STR("\xef\xbf\xbe")) ||
	            str_eq(c, STR("\xef\xbf\xbf"));
	return none ? STR("?") : c;
}

void
xml_put(struct buf *out, str text, size_t max)
{
	size_t until = out->n + max;
	while (text.n > 0) {
		size_t wide = str_utf8_char(text);
		str as = wide > 0 ? shown(str_take(text, wide)) : STR("?");
		if (out->n + as.n > until)
			return;
		buf_add(out, as);
		text = str_drop(text, wide > 0 ? wide : 1);
	}
}
