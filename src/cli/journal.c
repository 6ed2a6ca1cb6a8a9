/*
 * journal verify, show: the journal as it is on the disk, read beside a live server or
 * without one. Nothing is written and no lock is taken.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/journal.h"
#include "cli/output.h"
#include "engine/replay.h"
#include "facts/effect.h"
#include "store/checkpoint.h"

#define ARENA_BYTES ((size_t)1 << 30) /* address space; touched as it is used */
#define REPORT_BYTES_MAX ((size_t)1 << 20)

struct journal_options {
	const char *state, *store, *key, *from, *limit, *incident;
	bool replay, json;
};

#define WHERE_HELP                                                                    \
	"  --state DIR        the server's state folder (default $FIRSTLINE_STATE,\n" \
	"                     ./firstline-state)\n"                                   \
	"  --store URL        as serve has it (default " STORE_DEFAULT ")\n"

static bool
open_store(const struct journal_options *o, struct store **ret, int *ret_exit)
{
	struct err err;
	const char *state = client_state_dir(o->state);
	const char *url = o->store != NULL ? o->store : STORE_DEFAULT;
	if (store_open_readonly(url, state, ret, &err))
		return true;
	complain("%s", err.text);
	*ret_exit = err.kind == ERR_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_FAILED;
	return false;
}

/* ---- verify ---- */

struct verified {
	struct store_verdict chain;
	struct base_verdict base;
	bool replays;
	struct replay_verdict replayed;
};

static const char *const base_names[] = {
	[BASE_WHOLE] = "whole",
	[BASE_SIGNED] = "signed",
	[BASE_UNCHECKED] = "unchecked",
};

static void
verdict_json(const struct verified *v, str report)
{
	const struct store_verdict *chain = &v->chain;
	const struct replay_verdict *replayed = v->replays ? &v->replayed : NULL;
	struct buf json = BUF(2 * REPORT_BYTES_MAX);
	buf_printf(&json, "{\"ok\":%s,\"entries\":%llu,\"head\":\"",
	    chain->ok && (replayed == NULL || replayed->same) ? "true" : "false",
	    (unsigned long long)chain->entries);
	buf_hex(&json, (str){ (const char *)chain->head.b, sizeof(chain->head.b) });
	buf_printf(&json, "\",\"let_go\":%llu,\"bad_seq\":%llu,\"text\":",
	    (unsigned long long)chain->let_go, (unsigned long long)chain->bad_seq);
	json_put_string(&json, str_of(chain->text));
	if (chain->ok)
		buf_printf(&json, ",\"begin\":\"%s\"", base_names[v->base.is]);
	if (replayed != NULL) {
		buf_printf(&json,
		    ",\"replay\":{\"same\":%s,\"entries\":%llu,\"steps\":%llu,"
		    "\"effects\":%llu,\"rows\":%llu,\"rows_before\":%llu,\"report\":",
		    replayed->same ? "true" : "false",
		    (unsigned long long)replayed->entries,
		    (unsigned long long)replayed->steps,
		    (unsigned long long)replayed->effects,
		    (unsigned long long)replayed->rows,
		    (unsigned long long)replayed->rows_before);
		json_put_string(&json, report);
		buf_char(&json, '}');
	}
	buf_char(&json, '}');
	(void)client_print_json(buf_str(&json));
	buf_done(&json);
}

/* Where the journal begins, and by whose word. */
static void
base_said(const struct base_verdict *base)
{
	struct buf by = BUF(NOTE_NAME_MAX + 40);
	note_key_name(&base->by, &by);
	printf("entries 1 to %llu were let go of: the chain is walked from there on\n"
	       "%s by %.*s%s\n",
	    (unsigned long long)base->entries,
	    base->is == BASE_SIGNED ? "that is signed" : "that has a signature",
	    STR_ARG(buf_str(&by)),
	    base->is == BASE_SIGNED ? "" : ", which --key FILE would check");
	buf_done(&by);
}

static void
verdict_text(const struct verified *v, str report)
{
	const struct store_verdict *chain = &v->chain;
	const struct replay_verdict *replayed = v->replays ? &v->replayed : NULL;
	struct buf head = BUF(80);
	buf_hex(&head, (str){ (const char *)chain->head.b, 8 });
	if (chain->ok)
		printf("%llu %s, the chain is whole, head %.*s...\n",
		    (unsigned long long)chain->entries,
		    chain->entries == 1 ? "entry" : "entries", STR_ARG(buf_str(&head)));
	else
		printf("damaged: %s\n", chain->text);
	buf_done(&head);
	if (chain->ok && v->base.is != BASE_WHOLE)
		base_said(&v->base);
	if (replayed == NULL)
		return;
	if (replayed->same && replayed->from > 0)
		printf("begun with the state as of entry %llu; %llu row%s closed by then "
		       "%s not decided again\n",
		    (unsigned long long)replayed->from,
		    (unsigned long long)replayed->rows_before,
		    replayed->rows_before == 1 ? " that was" : "s that were",
		    replayed->rows_before == 1 ? "is" : "are");
	if (replayed->same)
		printf("replayed %llu step%s: %llu effect%s and %llu row%s are the same\n",
		    (unsigned long long)replayed->steps, replayed->steps == 1 ? "" : "s",
		    (unsigned long long)replayed->effects,
		    replayed->effects == 1 ? "" : "s", (unsigned long long)replayed->rows,
		    replayed->rows == 1 ? "" : "s");
	else
		(void)fwrite(report.p, 1, report.n, stdout);
}

static int
verify_store(struct store *store, const struct journal_options *o)
{
	struct verified v = { .replays = false };
	struct buf report = BUF(REPORT_BYTES_MAX);
	struct err err;
	bool ok = store_verify(store, &v.chain, &err);
	if (ok && v.chain.ok)
		ok = journal_base(store, client_state_dir(o->state), o->key, &v.base, &err);
	v.replays = o->replay && ok && v.chain.ok;
	if (v.replays)
		ok = replay(store, &report, &v.replayed, &err);
	if (!ok)
		complain("%s", err.text);
	else if (o->json)
		verdict_json(&v, buf_str(&report));
	else
		verdict_text(&v, buf_str(&report));
	buf_done(&report);
	bool good = ok && v.chain.ok && (!v.replays || v.replayed.same);
	int written = out_flush(true);
	return good ? written : EXIT_FAILED;
}

static int
run_verify(int argc, char **argv)
{
	struct journal_options o = { 0 };
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "store", .value = &o.store },
		{ .name = "key", .value = &o.key },
		{ .name = "replay", .flag = &o.replay },
		{ .name = "json", .flag = &o.json },
	};
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain("usage: firstline journal verify [--replay] [--key FILE] [--state "
			 "DIR]");
		return EXIT_USAGE;
	}
	struct store *store;
	int code;
	if (!open_store(&o, &store, &code))
		return code;
	code = verify_store(store, &o);
	store_close(store);
	return code;
}

static const struct command_line command_verify = {
	.name = "verify",
	.summary = "is it whole, and does it replay to the same decisions?",
	.help = "  firstline journal verify --replay --state firstline-state\n"
		"\n"
		"Walks the journal from its first entry: each holds the hash of the one "
		"before\n"
		"it, so whatever was altered, lost or put in between shows. Rows of the "
		"tables\n"
		"are held against their digests. Where old entries were let go of, the "
		"server's\n"
		"key has signed that. Exits 1 when something is wrong.\n"
		"\n"
		"  --replay           also decide everything again, with the "
		"configurations of\n"
		"                     then, and compare each effect and each open row\n"
		"  --key FILE         what 'firstline journal checkpoint --key' said: who "
		"may have\n"
		"                     let go of entries (default: journal.key of the state "
		"folder)\n"
		"  --json             the result as JSON\n" WHERE_HELP,
	.run = run_verify,
};

/* ---- show ---- */

struct showing {
	const struct journal_options *options;
	struct out out;
	struct arena arena; /* for one entry, by value */
	incident_id incident;
	uint64_t left;
	struct err err;
	bool failed;
};

static incident_id
effect_incident(const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_START_ATTEMPT:
	case EFFECT_RECONCILE_ATTEMPT:
		return effect->start_attempt.incident;
	case EFFECT_PROBE:
		return effect->probe.probe.incident;
	case EFFECT_NOTIFY:
		return effect->notify.notice.incident;
	case EFFECT_FILE_HANDOFF:
		return effect->file_handoff.handoff.incident;
	case EFFECT_APPEND_TIMELINE:
		return effect->append_timeline.row.incident;
	case EFFECT_STOP_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
	case EFFECT_REPLY:
		return 0;
	}
	UNREACHABLE();
}

static bool
step_is_about(const struct step *step, incident_id incident)
{
	if (step->event.kind == EVENT_COMMAND && step->event.command.incident == incident)
		return true;
	for (size_t i = 0; i < step->alert_n; i++) {
		if (step->alert_incident[i] == incident)
			return true;
	}
	for (size_t i = 0; i < step->effect_n; i++) {
		if (effect_incident(&step->effect[i]) == incident)
			return true;
	}
	return false;
}

static bool
entry_is_about(const struct entry *entry, incident_id incident)
{
	for (size_t i = 0; i < entry->step_n; i++) {
		if (step_is_about(&entry->step[i], incident))
			return true;
	}
	return false;
}

static void
step_json(struct buf *json, struct step *step)
{
	buf_printf(json, "{\"at\":%llu,\"wall\":\"", (unsigned long long)step->event.at);
	buf_time(json, step->event.wall);
	buf_printf(json,
	    "\",\"kind\":\"%s\",\"event\":", event_kind_name(step->event.kind));
	record_to_json(event_type(step->event.kind), event_record(&step->event), json);
	buf_add(json, STR(",\"incidents\":["));
	for (size_t i = 0; i < step->alert_n; i++)
		buf_printf(json, "%s%u", i > 0 ? "," : "", step->alert_incident[i]);
	buf_add(json, STR("],\"effects\":["));
	for (size_t i = 0; i < step->effect_n; i++) {
		struct effect effect = step->effect[i];
		buf_printf(json, "%s{\"kind\":\"%s\",\"effect\":", i > 0 ? "," : "",
		    effect_kind_name(effect.kind));
		record_to_json(effect_type(effect.kind), effect_record(&effect), json);
		buf_char(json, '}');
	}
	buf_add(json, STR("]}"));
}

void
entry_json(struct buf *json, const struct entry *entry, const hash32 *hash)
{
	buf_printf(json, "{\"seq\":%llu,\"hash\":\"", (unsigned long long)entry->seq);
	buf_hex(json, (str){ (const char *)hash->b, sizeof(hash->b) });
	buf_add(json, STR("\",\"steps\":["));
	for (size_t i = 0; i < entry->step_n; i++) {
		if (i > 0)
			buf_char(json, ',');
		step_json(json, &entry->step[i]);
	}
	buf_add(json, STR("]}"));
}

static str
event_text(struct out *out, const struct event *event)
{
	struct arena *a = out->arena;
	const char *kind = event_kind_name(event->kind);
	switch (event->kind) {
	case EVENT_ALERTS_CHANGED:
		return arena_printf(a, "%s: %zu from %.*s", kind,
		    event->alerts_changed.changes.n,
		    STR_ARG(event->alerts_changed.source.n > 0
				? event->alerts_changed.source
				: STR("a source without a name")));
	case EVENT_ALERTS_EXPIRED:
		return arena_printf(a, "%s: %zu", kind, event->alerts_expired.ends.n);
	case EVENT_COMMAND:
		return arena_printf(a, "%s: %s by %.*s", kind,
		    command_kind_names[event->command.kind],
		    STR_ARG(event->command.principal));
	case EVENT_ATTEMPT_RESULT:
		return arena_printf(a, "%s: attempt %llu", kind,
		    (unsigned long long)event->attempt_result.attempt);
	case EVENT_PROBE_RESULT:
		return arena_printf(a, "%s: probe %llu saw %.*s", kind,
		    (unsigned long long)event->probe_result.probe,
		    STR_ARG(str_trim(event->probe_result.error.n > 0
					 ? event->probe_result.error
					 : event->probe_result.value)));
	case EVENT_NOTICE_RESULT:
		return arena_printf(a, "%s: notice %llu %s", kind,
		    (unsigned long long)event->notice_result.notice,
		    event->notice_result.delivered ? "delivered" : "not delivered");
	case EVENT_HANDOFF_RESULT:
		return arena_printf(a, "%s: handoff %llu", kind,
		    (unsigned long long)event->handoff_result.handoff);
	case EVENT_STARTED:
		return arena_printf(a, "%s: %s, epoch %llu", kind,
		    event->started.engine ? "engine" : "hands",
		    (unsigned long long)event->started.epoch);
	case EVENT_SELF:
		return arena_printf(a, "%s: %.*s", kind, STR_ARG(event->self.text));
	case EVENT_TIME_PASSED:
	case EVENT_CONFIG_ADOPTED:
		return str_of(kind);
	}
	UNREACHABLE();
}

static str
effect_text(struct out *out, const struct effect *effect)
{
	struct arena *a = out->arena;
	const char *kind = effect_kind_name(effect->kind);
	switch (effect->kind) {
	case EFFECT_START_ATTEMPT:
	case EFFECT_RECONCILE_ATTEMPT:
		return arena_printf(a, "%s %llu: %.*s on %.*s", kind,
		    (unsigned long long)effect->start_attempt.attempt,
		    STR_ARG(effect->start_attempt.action),
		    STR_ARG(effect->start_attempt.target));
	case EFFECT_STOP_ATTEMPT:
	case EFFECT_FORGET_ATTEMPT:
		return arena_printf(a, "%s %llu", kind,
		    (unsigned long long)effect->stop_attempt.attempt);
	case EFFECT_PROBE:
		return arena_printf(a, "%s %llu", kind,
		    (unsigned long long)effect->probe.probe.id);
	case EFFECT_NOTIFY:
		return arena_printf(a, "%s %llu: %.*s", kind,
		    (unsigned long long)effect->notify.notice.id,
		    STR_ARG(effect->notify.notice.subject));
	case EFFECT_FILE_HANDOFF:
		return arena_printf(a, "%s %llu: %.*s", kind,
		    (unsigned long long)effect->file_handoff.handoff.id,
		    STR_ARG(effect->file_handoff.handoff.title));
	case EFFECT_REPLY:
		return arena_printf(a, "%s %u", kind, effect->reply.status);
	case EFFECT_APPEND_TIMELINE: {
		const struct timeline_row *row = &effect->append_timeline.row;
		return row->incident > 0 ? arena_printf(a, "incident %u: %.*s",
					       row->incident, STR_ARG(row->text))
		                         : row->text;
	}
	}
	UNREACHABLE();
}

static void
entry_text(struct out *out, const struct entry *entry)
{
	str number = arena_printf(out->arena, "%llu", (unsigned long long)entry->seq);
	for (size_t i = 0; i < entry->step_n; i++) {
		const struct step *step = &entry->step[i];
		out_styled(out, STYLE_BOLD, i == 0 ? number : STR(""));
		out_printf(out, "%*s", (int)(i == 0 ? 2 : number.n + 2), "");
		out_styled(out, STYLE_DIM, text_date_time(out, step->event.wall));
		out_text(out, STR("  "));
		out_wrapped(out, 6, number.n + 27, event_text(out, &step->event));
		for (size_t k = 0; k < step->effect_n; k++) {
			out_text(out, STR("      "));
			out_wrapped(out, 8, 6, effect_text(out, &step->effect[k]));
		}
	}
}

static bool
take_entry(void *context, const struct stored_entry *stored)
{
	struct showing *s = context;
	struct arena scratch = s->arena;
	struct entry entry;
	if (!entry_decode(stored->bytes, &scratch, &entry, &s->err)) {
		s->failed = true;
		return false;
	}
	if (s->incident != 0 && !entry_is_about(&entry, s->incident))
		return true;
	s->out.arena = &scratch;
	if (s->options->json) {
		entry_json(&s->out.text, &entry, &stored->hash);
		buf_char(&s->out.text, '\n');
	} else {
		entry_text(&s->out, &entry);
	}
	/* Each entry goes out by itself: a journal may be far larger than memory. */
	(void)fwrite(s->out.text.p, 1, s->out.text.n, stdout);
	buf_reset(&s->out.text);
	s->out.arena = &s->arena;
	return --s->left > 0 && ferror(stdout) == 0;
}

static int
show_store(struct store *store, const struct journal_options *o, uint64_t from,
    uint64_t limit, incident_id incident)
{
	struct arena_map map;
	struct showing *s;
	struct arena arena = arena_map(&map, ARENA_BYTES);
	struct err err;
	s = arena_new(&arena, struct showing, 1);
	*s = (struct showing){ .options = o, .incident = incident, .left = limit };
	s->out = out_begin(&arena);
	s->arena = arena;
	struct store_base base = { 0 };
	bool ok = store_base(store, NULL, &base, &err) &&
	          store_entries(store, from > 0 ? from : base.mark.seq + 1, UINT64_MAX,
		      take_entry, s, &err);
	if (!ok || s->failed)
		complain("%s", ok ? s->err.text : err.text);
	ok = ok && !s->failed;
	int code = out_end(&s->out);
	arena_unmap(&map);
	return ok ? code : EXIT_FAILED;
}

/* It is looked for here, not asked for: cut to its width it would be another's. */
static bool
incident_take(const char *text, incident_id *ret)
{
	uint64_t number;
	if (!number_take(text, "an incident", &number))
		return false;
	*ret = (incident_id)number;
	if (*ret == number)
		return true;
	complain("'%s' is no number of an incident: they go to %u", text, UINT32_MAX);
	return false;
}

static int
run_show(int argc, char **argv)
{
	struct journal_options o = { 0 };
	uint64_t from = 0, limit = UINT64_MAX;
	incident_id incident = 0;
	const struct option_spec specs[] = {
		{ .name = "state", .value = &o.state },
		{ .name = "store", .value = &o.store },
		{ .name = "from", .value = &o.from },
		{ .name = "limit", .value = &o.limit },
		{ .name = "incident", .value = &o.incident },
		{ .name = "json", .flag = &o.json },
	};
	if (!options_take(&argc, argv, specs, countof(specs)))
		return EXIT_USAGE;
	if (argc > 1) {
		complain(
		    "usage: firstline journal show [--from N] [--limit N] [--incident N]");
		return EXIT_USAGE;
	}
	if ((o.from != NULL && !number_take(o.from, "an entry", &from)) ||
	    (o.limit != NULL && !number_take(o.limit, "entries", &limit)) ||
	    (o.incident != NULL && !incident_take(o.incident, &incident)))
		return EXIT_USAGE;
	struct store *store;
	int code;
	if (!open_store(&o, &store, &code))
		return code;
	code = show_store(store, &o, from, limit, incident);
	store_close(store);
	return code;
}

static const struct command_line command_show = {
	.name = "show",
	.summary = "its entries: what happened, and what was made of it",
	.help = "  firstline journal show --incident 12\n"
		"\n"
		"Each entry with its events and their effects, in order.\n"
		"\n"
		"  --from N           from this entry on\n"
		"  --limit N          at most N entries\n"
		"  --incident N       only entries that have to do with this incident\n"
		"  --json             everything that is in them: a line of JSON "
		"each\n" WHERE_HELP,
	.run = run_show,
};

static const struct command_line *const subs[] = { &command_verify, &command_show,
	&command_journal_checkpoint, &command_journal_prove };

const struct command_line command_journal = {
	.name = "journal",
	.summary = "everything that happened, as it is on the disk: verify, show, prove",
	.help = "  firstline journal verify --replay --state firstline-state\n"
		"\n"
		"The journal holds every event and what was made of it. It can be read "
		"beside a\n"
		"running server and without one.\n",
	.subs = subs,
	.subs_n = countof(subs),
};
