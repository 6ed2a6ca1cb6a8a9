/*
 * A secret, how the stream is cut, and the stream, in which 0x01 FORM HOW stands for the
 * secret in that form. What comes out must be byte for byte what the slow way makes of it.
 */
#include "shim/redact.h"

#include "support/fuzz.h"
#include "support/redact_oracle.h"

#define TEXT_MAX 8192

struct collected {
	size_t n;
	char bytes[TEXT_MAX * 12];
};

static void
collect(void *ctx, const char *p, size_t n)
{
	struct collected *out = ctx;
	ASSERT(n > 0 && n <= sizeof(out->bytes) - out->n);
	memcpy(out->bytes + out->n, p, n);
	out->n += n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct collected got, want;
	static char text[TEXT_MAX];
	size_t secret_n = size > 0 ? REDACT_MIN + data[0] % 48u : 0, n = 0;
	if (size < 2 + secret_n)
		return 0;
	const uint8_t *secret = data + 2;
	size_t step = 1u + data[1];
	for (size_t i = 2 + secret_n; i < size; i++) {
		if (data[i] == 1 && size - i > 2) {
			oracle_write(secret, secret_n, data[i + 1], data[i + 2], text, &n,
			    sizeof(text));
			i += 2;
		} else {
			oracle_put(text, &n, sizeof(text), data[i]);
		}
	}

	struct redactor *r = calloc(1, sizeof(*r));
	ASSERT(r != NULL);
	got.n = 0;
	redact_init(r, collect, &got);
	ASSERT(redact_add(r, (const char *)secret, secret_n));
	redact_ready(r);
	for (size_t at = 0; at < n; at += step)
		redact_put(r, text + at, n - at < step ? n - at : step);
	redact_end(r);
	free(r);
	want.n = oracle_redact(secret, secret_n, (const uint8_t *)text, n, want.bytes);
	ASSERT(got.n == want.n);
	ASSERT(memcmp(got.bytes, want.bytes, got.n) == 0);
	return 0;
}
