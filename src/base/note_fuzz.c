#include "base/note.h"

#include "support/fuzz.h"

/* A key and a note, one behind the other; and whatever a key reads as is written so again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str input = { (const char *)data, size };
	struct str_cut cut = str_cut(input, '\n');
	struct note_key key;
	struct err err = { .kind = ERR_NONE };
	if (note_key_read(cut.head, &key, &err)) {
		struct buf again = BUF(NOTE_KEY_TEXT_MAX);
		note_key_write(&key, key.signs, &again);
		struct note_key same;
		ASSERT(note_key_read(buf_str(&again), &same, &err));
		ASSERT(memcmp(same.public, key.public, sizeof(key.public)) == 0);
		buf_done(&again);
	} else {
		ASSERT(err.kind == ERR_INVALID);
		key = (struct note_key){ .name = "fuzz" };
	}
	str text, looked;
	struct note_key by;
	bool look = note_look(cut.tail, &looked, &by);
	if (look)
		ASSERT(strlen(by.name) > 0 && looked.n > 0);
	if (note_open(&key, cut.tail, &text, &err))
		ASSERT(text.n > 0 && text.p[text.n - 1] == '\n' &&
		       (!look || str_eq(text, looked)));
	return 0;
}
