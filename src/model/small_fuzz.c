/*
 * The first byte picks a small language, the rest up to a newline is its text. For
 * templates what follows is the value, and no value may leave the place it stands in.
 */
#include "model/internal.h"
#include "model/matcher.h"
#include "support/fuzz.h"

static char memory[4 << 20];

/* Whether the query is the same outside its strings whatever stood in them. */
static void
check_promql(const struct template *t, struct arena *arena, str value)
{
	struct pair pair = { STR("x"), value };
	struct pair plain = { STR("x"), STR("v") };
	struct pairs values = { &pair, 1 }, plains = { &plain, 1 };
	struct err err;
	str texts[2];
	if (!template_fill(t, &values, arena, &texts[0], &err))
		return;
	if (!template_fill(t, &plains, arena, &texts[1], &err))
		return;

	struct buf outside[2] = { BUF(1 << 16), BUF(1 << 16) };
	for (size_t i = 0; i < 2; i++) {
		char quote = 0;
		for (size_t k = 0; k < texts[i].n; k++) {
			char c = texts[i].p[k];
			if (quote == 0 || quote == '#')
				buf_char(&outside[i], c);
			if (quote != 0 && quote != '#' && quote != '`' && c == '\\')
				k++;
			else if (quote == 0 &&
				 (c == '"' || c == '\'' || c == '`' || c == '#'))
				quote = c;
			else if (quote == '#' ? c == '\n' : c == quote)
				quote = 0;
		}
		ASSERT(quote == 0 || quote == '#');
	}
	ASSERT(str_eq(buf_str(&outside[0]), buf_str(&outside[1])));
	buf_done(&outside[0]);
	buf_done(&outside[1]);
}

static bool
template_case(struct reader *r, const struct node *node, enum quote quote, str value)
{
	str name = STR("x");
	struct strs allowed = { &name, 1 };
	struct template t;
	if (!read_template(r, node, quote, &allowed, &t))
		return false;
	struct pair pair = { name, value };
	struct pairs values = { &pair, 1 };
	struct err err;
	str filled;
	if (quote == QUOTE_PROMQL)
		check_promql(&t, r->arena, value);
	if (template_fill(&t, &values, r->arena, &filled, &err) && quote == QUOTE_WHOLE &&
	    t.pieces[0].placeholder)
		ASSERT(str_eq(filled, value));
	return true;
}

/* Shares and changes are never nothing. */
static bool
share_case(struct reader *r, const struct node *node, unsigned what)
{
	struct share share = { 0 };
	struct delta delta = { 0 };
	msec ms = 0;
	bool ok =
	    what % 2 ? read_share(r, node, &share) : read_share_rate(r, node, &share, &ms);
	ASSERT(!ok || (share.count > 0) != (share.percent > 0));
	ASSERT(!ok || share.percent <= 100);
	ASSERT(!ok || what % 2 || ms > 0);
	if (text_delta(node->text, &delta))
		ASSERT((delta.kind == DELTA_NUMBER) == (delta.number > 0) &&
		       (delta.thousandths > 0) != (delta.number > 0));
	return ok;
}

static bool
small_case(struct reader *r, const struct node *node, unsigned what, str value)
{
	msec ms = 77;
	int64_t number = 0;
	uint32_t n = 0;
	unsigned weekday = 0, minute = 0;
	bool weeks = false;
	struct rate rate;
	str text;
	bool ok;
	if (what >= 128)
		return share_case(r, node, what);
	switch (what % 14) {
	case 0:
		ok = read_duration(r, node, 0, DURATION_MS_MAX, &ms);
		ASSERT(ok ? ms <= DURATION_MS_MAX : ms == 77);
		return ok;
	case 1:
		ok = read_rate(r, node, &rate);
		ASSERT(!ok || (rate.count > 0 && rate.window_ms > 0));
		return ok;
	case 2:
		ok = read_date(r, node, &number);
		ASSERT(!ok || (number >= 0 && number < civil_days(9999, 1, 1)));
		return ok;
	case 3:
		ok = read_every(r, node, &n, &weeks);

		ASSERT(n == 0 || (n <= 364 && (!weeks || n % 7 == 0)));
		return ok;
	case 4:
		ok = node->kind == NODE_TEXT && !str_contains(node->text, STR(" "))
		         ? read_handover_daily(r, node, &minute)
		         : read_handover(r, node, &weekday, &minute);
		ASSERT(!ok || (weekday < 7 && minute < 24 * 60));
		return ok;
	case 5:
		return read_bytes(r, node, 1024, 1 << 20, &n);
	case 6:
		return read_url(r, node, "http https", &text);
	case 7:
		return read_email(r, node, &text);
	case 8:
		return read_listen(r, node, &text);
	case 9:
		ok = read_regex(r, node, 0) != NULL;
		if (ok)
			(void)regex_match(r->regexes, value);
		regex_release(r->regexes);
		return ok;
	case 10:
		return template_case(r, node, QUOTE_WHOLE, value);
	case 11:
		return template_case(r, node, QUOTE_PROMQL, value);
	case 12:
		return template_case(r, node, QUOTE_URL, value);
	default:
		return template_case(r, node, QUOTE_NONE, value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct arena arena = arena_over(memory, sizeof(memory));
	struct diags diags;
	diags_init(&diags, &arena);
	struct reader r = { .arena = &arena, .diags = &diags };
	struct str_cut cut = str_cut((str){ (const char *)data + 1, size - 1 }, '\n');
	struct source src = { .name = STR("fuzz"), .text = cut.head };
	struct node node = node_of_source(&src);
	bool ok = small_case(&r, &node, data[0], cut.tail);
	ASSERT(ok == (diags.count == 0));
	return 0;
}
