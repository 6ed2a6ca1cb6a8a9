/*
 * What was asked for and waits, and what a decision rests on besides the rules.
 */
#include "cli/view.h"
#include "facts/override.h"

str
view_names(struct out *out, const struct strs *names)
{
	struct buf text = BUF(64 << 10);
	for (size_t i = 0; i < names->n; i++)
		buf_printf(&text, "%s%.*s", i > 0 ? ", " : "",
		    STR_ARG(view_who(names->p[i])));
	str s = arena_str(out->arena, buf_str(&text));
	buf_done(&text);
	return s;
}

str
view_chain(struct out *out, str principal, const struct strs *behalf)
{
	if (behalf->n == 0)
		return view_who(principal);
	return arena_printf(out->arena, "%.*s for %.*s", STR_ARG(view_who(principal)),
	    STR_ARG(view_names(out, behalf)));
}

str
view_pairs(struct out *out, const struct pairs *pairs)
{
	struct buf text = BUF(64 << 10);
	for (size_t i = 0; i < pairs->n; i++)
		buf_printf(&text, "%s%.*s=%.*s", i > 0 ? ", " : "",
		    STR_ARG(pairs->p[i].name), STR_ARG(pairs->p[i].value));
	str s = arena_str(out->arena, buf_str(&text));
	buf_done(&text);
	return s;
}

static str
vote_text(struct out *out, const struct vote *vote)
{
	str who = view_who(vote->principal), clock = text_clock(out, vote->wall);
	if (vote->why.n == 0)
		return arena_printf(out->arena, "%.*s at %.*s", STR_ARG(who),
		    STR_ARG(clock));
	return arena_printf(out->arena, "%.*s at %.*s: %.*s", STR_ARG(who), STR_ARG(clock),
	    STR_ARG(vote->why));
}

void
view_given(struct out *out, const struct given *given,
    void (*put)(struct out *out, const char *name, str text))
{
	const struct vote *votes = given->votes.p;
	if (given->observed.n > 0)
		put(out, "live", view_pairs(out, &given->observed));
	if (given->health_known)
		put(out, "well",
		    given->healthy.n > 0 ? view_names(out, &given->healthy)
					 : STR("no host"));
	for (size_t i = 0; i < given->votes.n; i++)
		put(out, votes[i].yes ? "yes" : "no", vote_text(out, &votes[i]));
	const struct stand_in *in = given->stand_ins.p;
	for (size_t i = 0; i < given->stand_ins.n; i++)
		put(out, "on duty",
		    arena_printf(out->arena, "%.*s stands in at %.*s until %.*s",
			STR_ARG(in[i].person), STR_ARG(in[i].team),
			STR_ARG(text_date_time(out, in[i].until_wall))));
	if (given->glass_by.n > 0)
		put(out, "glass",
		    arena_printf(out->arena, "broken by %.*s",
			STR_ARG(view_who(given->glass_by))));
}

bool
view_asked_open(const struct asked_row *row)
{
	return row->state == ASKED_FACTS || row->state == ASKED_APPROVAL;
}

enum style
view_asked_style(const struct asked_row *row)
{
	switch (row->state) {
	case ASKED_FACTS:
	case ASKED_APPROVAL:
		return STYLE_WARN;
	case ASKED_STARTED:
		return STYLE_GOOD;
	case ASKED_REFUSED:
	case ASKED_EXPIRED:
		return STYLE_BAD;
	case ASKED_VOID:
		break;
	}
	return STYLE_PLAIN;
}

str
view_asked_state(struct out *out, const struct asked_row *row)
{
	struct arena *a = out->arena;
	if (row->state == ASKED_FACTS)
		return STR("looks at what is live, then it is decided");
	if (row->state == ASKED_APPROVAL) {
		msec left = row->ends_wall > out->now ? row->ends_wall - out->now : 0;
		return arena_printf(a, "waits for %s, %.*s left",
		    row->why.n == 0 ? "approval" : "its turn",
		    STR_ARG(text_length(a, left)));
	}
	if (row->state == ASKED_STARTED)
		return arena_printf(a, "started: attempt %llu",
		    (unsigned long long)row->attempt);
	return arena_printf(a, "%.*s%s%.*s",
	    STR_ARG(view_enum(&asked_row_type, "state", row->state)),
	    row->why.n > 0 ? ": " : "", STR_ARG(row->why));
}

static str
by_whom(struct out *out, const struct asked_row *row)
{
	str names = row->approvers.n > 0 ? view_names(out, &row->approvers)
	                                 : STR("nobody who could is on duty");
	return arena_printf(out->arena, "%.*s (%u more must say yes)", STR_ARG(names),
	    row->yes_missing);
}

/* Why people are asked, by the rules that ask. */
static void
put_because(struct out *out, const struct decision_row *decision)
{
	const struct reason *reasons = decision->reasons.p;
	for (size_t i = 0; i < decision->reasons.n; i++) {
		if (reasons[i].kind == REASON_APPROVAL)
			out_field(out, "because", view_reason(out, &reasons[i]));
	}
}

void
view_asked(struct out *out, const struct asked_row *row,
    const struct decision_row *decision)
{
	struct arena *a = out->arena;
	out_styled(out, STYLE_BOLD,
	    arena_printf(a, "%llu  %.*s on %.*s", (unsigned long long)row->id,
		STR_ARG(row->action),
		STR_ARG(row->target.n > 0 ? row->target : row->service)));
	out_text(out, STR("  "));
	out_styled(out, view_asked_style(row), view_asked_state(out, row));
	out_text(out, STR("\n"));
	if (row->params.n > 0)
		out_field(out, "with", view_pairs(out, &row->params));
	if (row->target.n > 0 && !str_eq(row->target, row->service))
		out_field(out, "service", row->service);
	out_field(out, "asked by", view_chain(out, row->principal, &row->given.behalf));
	if (row->incident > 0)
		out_field(out, "for",
		    row->step.n > 0
			? arena_printf(a, "incident #%u, step %.*s of its runbook",
			      row->incident, STR_ARG(row->step))
			: arena_printf(a, "incident #%u", row->incident));
	if (decision != NULL)
		put_because(out, decision);
	if (view_asked_open(row) && row->why.n > 0)
		out_field(out, "now", row->why);
	view_given(out, &row->given, out_field);
	if (row->state == ASKED_APPROVAL) {
		if (row->why.n == 0) /* else it is approved, and waits for its turn */
			out_field(out, "by", by_whom(out, row));
		out_field(out, "until", text_date_time(out, row->ends_wall));
	}
	if (view_asked_open(row) && !hash32_zero(&row->digest)) {
		struct buf hex = BUF(80);
		buf_hex(&hex, (str){ (const char *)row->digest.b, sizeof(row->digest.b) });
		out_field(out, "digest", arena_str(a, buf_str(&hex)));
		buf_done(&hex);
	}
}

static const struct decision_row *
decision_of(const struct whole *w, const struct asked_row *row)
{
	const struct decision_row *rows = w->decisions.p;
	for (size_t i = 0; i < w->decisions.n; i++) {
		if (rows[i].id == row->decision)
			return &rows[i];
	}
	return NULL;
}

void
view_waiting(struct out *out, const struct whole *w)
{
	const struct asked_row *rows = w->asked.p;
	bool headed = false;
	for (size_t i = 0; i < w->asked.n; i++) {
		if (!view_asked_open(&rows[i]))
			continue;
		out_text(out, STR("\n"));
		if (!headed) {
			out_styled(out, STYLE_BOLD, STR("What waits"));
			out_text(out, STR("\n"));
		}
		headed = true;
		view_asked(out, &rows[i], decision_of(w, &rows[i]));
	}
}
