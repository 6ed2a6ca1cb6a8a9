/* What reads as a checkpoint says the same when it is written again. */
#include "store/checkpoint.h"
#include "support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checkpoint at, again;
	if (!checkpoint_read((str){ (const char *)data, size }, &at))
		return 0;
	struct note_key key;
	struct err err;
	str text;
	struct buf note = BUF(NOTE_BYTES_MAX);
	ASSERT(note_key_new(STR("fuzz"), &key, &err));
	ASSERT(checkpoint_sign(&key, &at, 0, &note, &err));
	ASSERT(note_open(&key, buf_str(&note), &text, &err));
	ASSERT(checkpoint_read(text, &again));
	ASSERT(again.entries == at.entries && hash32_eq(&again.head, &at.head));
	buf_done(&note);
	return 0;
}
