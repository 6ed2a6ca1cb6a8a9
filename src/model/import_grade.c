/*
 * What a prose runbook says and what it leaves to whoever reads it at night: by headings
 * first, then by words. Words alone never count as a command.
 */
#include "model/importing.h"

#define TEXT_ENOUGH 20 /* bytes under a heading that say anything */
#define OWNER_BYTES_MAX 100

static const char *const check_headings[] = { "diagnos", "investigat", "triage", "check",
	"symptom", "verify the", "is it", "debug", "analysis", "troubleshoot", "detect",
	NULL };
static const char *const action_headings[] = { "mitigat", "remediat", "resol", "fix",
	"action", "recover", "repair", "solution", "steps", "what to do", "put it right",
	"procedure", "response", "restor", NULL };
static const char *const verify_headings[] = { "verif", "validat", "confirm", "did it work",
	"post-check", "check that", "success", NULL };
static const char *const undo_headings[] = { "rollback", "roll back", "roll-back", "undo",
	"revert", "back out", "backout", NULL };
static const char *const handoff_headings[] = { "escalat", "hand over", "handover",
	"handoff", "hand off", "contact", "if it does not", "it did not", "support", NULL };

static const char *const verify_words[] = { "verify that", "verify the", "confirm that",
	"make sure that the alert", "should recover", "should resolve", "alert resolves",
	"alert should", "until it is", "wait until", "wait for", "check that it", NULL };
static const char *const undo_words[] = { "rollback", "roll back", "rolling back", "undo",
	"revert", "restore the previous", "back out", NULL };
static const char *const handoff_words[] = { "escalate", "hand over", "contact the",
	"contact ", "reach out", "page the", "open an issue", "open a ticket", "file a bug",
	"support case", "notify the", "ask the", NULL };
static const char *const owner_keys[] = { "owner", "owners", "owned by", "team", "on-call",
	"responsible", "maintainer", "contact", NULL };

static bool
starts_word(str lower, size_t at)
{
	if (at == 0)
		return true;
	char before = lower.p[at - 1];
	return !(before >= 'a' && before <= 'z') && !(before >= '0' && before <= '9');
}

bool
import_says(str lower, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		str word = str_of(words[i]);
		for (size_t at = 0; at + word.n <= lower.n; at++) {
			if (lower.p[at] == word.p[0] && starts_word(lower, at) &&
			    memcmp(lower.p + at, word.p, word.n) == 0)
				return true;
		}
	}
	return false;
}

str
import_lower(str s, size_t max, struct arena *arena)
{
	size_t n = s.n < max ? s.n : max;
	char *p = arena_new(arena, char, n);
	for (size_t i = 0; i < n; i++)
		p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
	return (str){ p, n };
}

/* ---- aspects ---- */

static bool
is_under(const struct import_section *section, const char *const *headings,
    struct arena *arena)
{
	return import_says(import_lower(section->heading, 200, arena), headings);
}

static void
raise(struct imported *ret, enum import_aspect aspect, bool words, bool commands)
{
	enum import_level level = commands ? IMPORT_COMMANDS
	                          : words  ? IMPORT_WORDS
	                                   : IMPORT_NOTHING;
	if (level > ret->levels[aspect])
		ret->levels[aspect] = level;
}

static void
judge_section(const struct import_section *s, struct arena *arena, struct imported *ret)
{
	bool any = s->queries || s->looks || s->changes;
	bool says = s->text.n >= TEXT_ENOUGH;
	bool verifies = is_under(s, verify_headings, arena);
	bool checks = !verifies && is_under(s, check_headings, arena);
	bool acts = is_under(s, action_headings, arena);
	raise(ret, IMPORT_CHECK, checks && says,
	    !verifies && !acts && (s->queries || s->looks));
	raise(ret, IMPORT_ACTION, acts && says, s->changes);
	raise(ret, IMPORT_VERIFY, (verifies && says) || import_says(s->text, verify_words),
	    verifies && any);
	bool undoes = is_under(s, undo_headings, arena);
	raise(ret, IMPORT_UNDO, (undoes && says) || import_says(s->text, undo_words),
	    undoes && any);
	raise(ret, IMPORT_HANDOFF,
	    (is_under(s, handoff_headings, arena) && says) ||
		import_says(s->text, handoff_words),
	    false);
}

/* "owner: payments-ops" on a line of front matter. */
static str
front_owner(str front, struct arena *arena)
{
	for (str rest = front; rest.n > 0;) {
		struct str_cut line = str_cut(rest, '\n');
		rest = line.tail;
		struct str_cut key = str_cut(line.head, ':');
		str value = str_trim(key.tail);
		if (!key.found || value.n == 0 || value.n > OWNER_BYTES_MAX)
			continue;
		str lower = import_lower(str_trim(key.head), 40, arena);
		for (size_t i = 0; owner_keys[i] != NULL; i++) {
			if (str_eq(lower, str_of(owner_keys[i])))
				return value;
		}
	}
	return STR("");
}

/* "Owner: payments-ops" in the text. It is in lower case here, which is enough to show. */
static str
said_owner(const struct import_section *section)
{
	static const char *const said[] = { "owner:", "owned by",
		"owning team:", "responsible team:", "on-call:", NULL };
	for (size_t i = 0; said[i] != NULL; i++) {
		str word = str_of(said[i]);
		for (size_t at = 0; at + word.n <= section->text.n; at++) {
			if (!starts_word(section->text, at) ||
			    memcmp(section->text.p + at, word.p, word.n) != 0)
				continue;
			str rest = str_trim(str_drop(section->text, at + word.n));
			size_t n = 0;
			while (n < rest.n && n < OWNER_BYTES_MAX &&
			       strchr(" ,;\n\t", rest.p[n] ? rest.p[n] : ' ') == NULL)
				n++;
			if (n > 1)
				return str_take(rest, n);
		}
	}
	return STR("");
}

void
import_grade(const struct import_parsed *parsed, str front, struct arena *arena,
    struct imported *ret)
{
	for (size_t i = 0; i < IMPORT_ASPECTS; i++)
		ret->levels[i] = IMPORT_NOTHING;
	ret->owner = front_owner(front, arena);
	for (size_t i = 0; i < parsed->sections_n; i++) {
		judge_section(&parsed->sections[i], arena, ret);
		if (ret->owner.n == 0)
			ret->owner = said_owner(&parsed->sections[i]);
	}
	raise(ret, IMPORT_OWNER, ret->owner.n > 0, false);
	ret->grade = 0;
	for (size_t i = 0; i < IMPORT_ASPECTS; i++)
		ret->grade += ret->levels[i] != IMPORT_NOTHING;
}
