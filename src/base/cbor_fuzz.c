#include "base/cbor.h"

#include "support/fuzz.h"

#define TEXT_MAX (1 << 20)

static void copy_item(struct cbor *c, struct buf *out);

static void
copy_map(struct cbor *c, struct buf *out)
{
	size_t n;
	if (!cbor_map(c, &n))
		return;
	cbor_put_map(out, n);
	for (size_t i = 0; i < 2 * n && c->error == NULL; i++)
		copy_item(c, out);
}

static void
copy_array(struct cbor *c, struct buf *out)
{
	size_t n;
	if (!cbor_array(c, &n))
		return;
	cbor_put_array(out, n);
	for (size_t i = 0; i < n && c->error == NULL; i++)
		copy_item(c, out);
}

/* Reads an item of any kind, already known to be well formed, and writes it again. */
static void
copy_item(struct cbor *c, struct buf *out)
{
	str s;
	uint64_t number;
	int64_t negative;
	bool flag;
	switch (cbor_peek(c)) {
	case CBOR_UINT:
		if (cbor_u64(c, &number))
			cbor_put_u64(out, number);
		return;
	case CBOR_NINT:
		if (cbor_i64(c, &negative)) {
			ASSERT(negative < 0);
			cbor_put_i64(out, negative);
		}
		return;
	case CBOR_BYTES:
		if (cbor_bytes(c, &s))
			cbor_put_bytes(out, s);
		return;
	case CBOR_TEXT:
		if (cbor_text(c, &s))
			cbor_put_text(out, s);
		return;
	case CBOR_ARRAY:
		copy_array(c, out);
		return;
	case CBOR_MAP:
		copy_map(c, out);
		return;
	case CBOR_BOOL:
		if (cbor_bool(c, &flag))
			cbor_put_bool(out, flag);
		return;
	case CBOR_NULL:
		if (cbor_null(c))
			cbor_put_null(out);
		return;
	case CBOR_NONE:
		(void)cbor_fail(c, "unknown item");
		return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > TEXT_MAX / 2)
		return 0;
	str bytes = { (const char *)data, size };
	struct cbor c;
	cbor_open(&c, bytes);
	str raw = { NULL, 0 };
	bool ok = cbor_raw(&c, &raw);
	ASSERT(ok == (c.error == NULL));
	ASSERT(!ok || (raw.n > 0 && raw.n <= size));
	if (!ok)
		return 0;

	/* There is one way to write what we accept: reading and writing gives it back. */
	struct buf out = BUF(TEXT_MAX);
	cbor_open(&c, raw);
	copy_item(&c, &out);
	bool closed = cbor_close(&c);
	ASSERT(closed);
	ASSERT(str_eq(buf_str(&out), raw));
	buf_done(&out);
	return 0;
}
