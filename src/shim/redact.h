#ifndef SHIM_REDACT_H
#define SHIM_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * redact -- takes secrets out of a stream of bytes, as it passes.
 *
 * What goes in comes out unchanged but for the places where a secret stands, in any of
 * these forms, however the stream is cut into pieces: each run of such places becomes
 * REDACT_INSTEAD.
 *
 *	as it is
 *	percent-encoded    any of its bytes as %XX; a blank also as '+'
 *	JSON               any of its characters escaped: \" \\ \/ \n \u00e9 ...
 *	hexadecimal        either case; line breaks in between
 *	base64             standard or URL alphabet, wherever in a longer text it begins;
 *	                   line breaks in between. The at most four bits that share a digit
 *	                   with its neighbours stay.
 *
 * Each line of a secret of several lines counts as a secret where it has REDACT_LINE_MIN
 * bytes; so does, at the very end of the stream, the beginning of one, of REDACT_MIN bytes.
 *
 * Linear: an Aho-Corasick automaton for bytes, one for hex digits and one for base64's, and
 * a reader for each form. Bounded: it holds back at most REDACT_HOLD bytes. Of libc alone:
 * the shim has it, and hands.
 */
#define REDACT_MIN 8        /* a shorter secret would redact half of every text */
#define REDACT_LINE_MIN 16  /* of a line of one */
#define REDACT_ONE_MAX 4096 /* bytes of a secret */
#define REDACT_ALL_MAX 8192 /* of all together */
#define REDACT_HOLD 32768   /* over 6 * REDACT_ONE_MAX: all of it as \u00XX */
#define REDACT_INSTEAD "[redacted]"

/* Themselves and their lines; a node is a digit of one of the forms: 1 byte, 2 hex digits,
 * at most 3 * 4/3 base64 digits. */
#define REDACT_NODES (2 * REDACT_ALL_MAX * 7 + 3)
#define REDACT_RING 8192 /* digits of the longest pattern: REDACT_ONE_MAX in hex */

enum redact_form {
	REDACT_PLAIN,
	REDACT_PERCENT,
	REDACT_PLUS,
	REDACT_JSON,
	REDACT_HEX,
	REDACT_BASE64,
};
#define REDACT_FORMS 6

struct redact_node {
	uint32_t fail, child, sibling, queue;
	uint16_t depth;
	uint16_t match; /* digits of the longest pattern that ends here; 0: none */
	uint8_t digit;
};

/* Positions in the stream wrap around; only distances below 2^31 matter. */
struct redact_view {
	uint32_t root, node;
	uint32_t count;               /* digits seen */
	uint32_t starts[REDACT_RING]; /* where each of the last ones begins */
	uint32_t pending_at;          /* the escape that is not whole yet */
	uint8_t pending;              /* how much of it is there */
	uint8_t breaks;               /* line breaks in a row */
	uint16_t value;
	uint16_t high; /* the first half of a surrogate pair; 0: none */
	uint32_t high_at;
};

typedef void redact_sink(void *ctx, const char *p, size_t n);

/* Some MB, most of which nothing touches: static, or of zeroed pages. */
struct redactor {
	redact_sink *sink;
	void *ctx;
	unsigned patterns;
	size_t bytes;
	bool blanks; /* one of the secrets has a blank */
	uint32_t nodes_n;
	struct redact_node nodes[REDACT_NODES];
	uint32_t first[3][256]; /* the children of each root */
	bool starter[256];      /* a byte that takes some view from its root */
	struct redact_view views[REDACT_FORMS];
	uint32_t base, pos; /* held back: from base to pos */
	bool marked;        /* the byte before base was one of a secret */
	uint8_t held[REDACT_HOLD];
	bool mark[REDACT_HOLD];
	size_t out_n;
	char out[4096];
};

/* The redactor is zeroed. */
void redact_init(struct redactor *r, redact_sink *sink, void *ctx);
/* Before the first byte. False: shorter than REDACT_MIN, or over the limits. */
bool redact_add(struct redactor *r, const char *secret, size_t n);
/* After the last secret. */
void redact_ready(struct redactor *r);

void redact_put(struct redactor *r, const char *p, size_t n);
/* What was held back comes out; nothing may follow. */
void redact_end(struct redactor *r);
/* After an end: another stream, with the same secrets. */
void redact_again(struct redactor *r, redact_sink *sink, void *ctx);

#endif
