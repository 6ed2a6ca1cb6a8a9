#ifndef TESTS_REDACT_ORACLE_H
#define TESTS_REDACT_ORACLE_H

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "shim/redact.h"

/*
 * redact_oracle -- what the redactor should make of a whole text, found the slow way: the
 * text is read into each form's digits at once, and every place is compared with every
 * pattern.
 */
#define ORACLE_MAX 65536

struct oracle_digits {
	size_t n;
	int digit[ORACLE_MAX]; /* -1: what no secret has */
	uint32_t start[ORACLE_MAX], end[ORACLE_MAX];
};

static inline void
oracle_add(struct oracle_digits *d, int digit, size_t start, size_t end)
{
	d->digit[d->n] = digit;
	d->start[d->n] = (uint32_t)start;
	d->end[d->n++] = (uint32_t)end;
}

static inline int
oracle_hex(int c)
{
	const char *all = "0123456789abcdef";
	c = c >= 'A' && c <= 'F' ? c + 32 : c;
	const char *at = c != 0 ? strchr(all, c) : NULL;
	return at != NULL ? (int)(at - all) : -1;
}

static inline int
oracle_base64(int c)
{
	const char *all =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	c = c == '-' ? '+' : c == '_' ? '/' : c;
	const char *at = c != 0 ? strchr(all, c) : NULL;
	return at != NULL ? (int)(at - all) : -1;
}

static inline void
oracle_percent(struct oracle_digits *d, const uint8_t *p, size_t n, bool plus)
{
	for (size_t i = 0; i < n;) {
		if (p[i] == '%' && (i + 1 == n || oracle_hex(p[i + 1]) >= 0)) {
			if (i + 2 >= n)
				return; /* not whole yet */
			if (oracle_hex(p[i + 2]) >= 0) {
				oracle_add(d,
				    oracle_hex(p[i + 1]) * 16 + oracle_hex(p[i + 2]), i,
				    i + 3);
				i += 3;
				continue;
			}
		}
		oracle_add(d, plus && p[i] == '+' ? ' ' : p[i], i, i + 1);
		i++;
	}
}

/* The value of \uXXXX at p; -1: it is none, -2: not whole yet. */
static inline int
oracle_unit(const uint8_t *p, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < 6; i++) {
		if (i == n)
			return -2;
		int hex = oracle_hex(p[i]);
		if (i < 2 ? p[i] != (i == 0 ? '\\' : 'u') : hex < 0)
			return -1;
		value = i < 2 ? 0 : value * 16 + hex;
	}
	return value;
}

static inline void
oracle_utf8(struct oracle_digits *d, int code, size_t start, size_t end)
{
	if (code >= 0x10000)
		oracle_add(d, 0xf0 | code >> 18, start, end);
	else if (code >= 0x800)
		oracle_add(d, 0xe0 | code >> 12, start, end);
	else if (code >= 0x80)
		oracle_add(d, 0xc0 | code >> 6, start, end);
	else
		oracle_add(d, code, start, end);
	if (code >= 0x10000)
		oracle_add(d, 0x80 | (code >> 12 & 63), start, end);
	if (code >= 0x800)
		oracle_add(d, 0x80 | (code >> 6 & 63), start, end);
	if (code >= 0x80)
		oracle_add(d, 0x80 | (code & 63), start, end);
}

static inline void
oracle_json(struct oracle_digits *d, const uint8_t *p, size_t n)
{
	const char *names = "\"\\/bfnrt", *values = "\"\\/\b\f\n\r\t";
	for (size_t i = 0; i < n;) {
		int unit = oracle_unit(p + i, n - i);
		const char *name = p[i] == '\\' && i + 1 < n && p[i + 1] != 0
		                       ? strchr(names, p[i + 1])
		                       : NULL;
		if (p[i] == '\\' && unit == -2)
			return;
		if (unit >= 0xd800 && unit < 0xdc00) {
			int low = oracle_unit(p + i + 6, n - i - 6);
			if (low == -2)
				return;
			bool pair = low >= 0xdc00 && low < 0xe000;
			if (pair)
				oracle_utf8(d,
				    0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), i,
				    i + 12);
			else
				oracle_add(d, -1, i, i + 6);
			i += pair ? 12 : 6;
		} else if (unit >= 0xdc00 && unit < 0xe000) {
			oracle_add(d, -1, i, i + 6);
			i += 6;
		} else if (unit >= 0) {
			oracle_utf8(d, unit, i, i + 6);
			i += 6;
		} else if (name != NULL) {
			oracle_add(d, (uint8_t)values[name - names], i, i + 2);
			i += 2;
		} else {
			oracle_add(d, p[i], i, i + 1);
			i++;
		}
	}
}

static inline void
oracle_read(struct oracle_digits *d, enum redact_form form, const uint8_t *p, size_t n)
{
	d->n = 0;
	if (form == REDACT_PERCENT || form == REDACT_PLUS) {
		oracle_percent(d, p, n, form == REDACT_PLUS);
		return;
	}
	if (form == REDACT_JSON) {
		oracle_json(d, p, n);
		return;
	}
	unsigned breaks = 0;
	for (size_t i = 0; i < n; i++) {
		int digit = form == REDACT_PLAIN ? p[i]
		            : form == REDACT_HEX ? oracle_hex(p[i])
		                                 : oracle_base64(p[i]);
		bool line = form != REDACT_PLAIN && (p[i] == '\n' || p[i] == '\r');
		if (line && breaks++ < 2)
			continue;
		breaks = digit >= 0 ? 0 : breaks;
		oracle_add(d, digit, i, i + 1);
	}
}

/* The digits of a pattern; `before` is for base64. */
static inline size_t
oracle_pattern(int *ret, enum redact_form form, const uint8_t *p, size_t n, size_t before)
{
	size_t count = 0;
	if (form == REDACT_BASE64) {
		for (size_t bit = 0; bit + 6 <= 8 * (before + n); bit += 6) {
			int digit = 0;
			for (size_t b = bit; b < bit + 6 && bit >= 8 * before; b++)
				digit = digit * 2 + (p[b / 8 - before] >> (7 - b % 8) & 1);
			if (bit >= 8 * before)
				ret[count++] = digit;
		}
		return count;
	}
	for (size_t i = 0; i < n; i++) {
		if (form == REDACT_HEX)
			ret[count++] = p[i] >> 4;
		ret[count++] = form == REDACT_HEX ? p[i] & 15 : p[i];
	}
	return count;
}

static inline void
oracle_mark(const struct oracle_digits *d, const int *pattern, size_t n, size_t telling,
    size_t end, bool *mark)
{
	for (size_t i = 0; i < d->n; i++) {
		size_t k = 0;
		while (k < n && i + k < d->n && d->digit[i + k] == pattern[k])
			k++;
		if (k == n)
			memset(mark + d->start[i], 1, d->end[i + k - 1] - d->start[i]);
		else if (i + k == d->n && k >= telling)
			memset(mark + d->start[i], 1, end - d->start[i]);
	}
}

static inline void
oracle_mark_pattern(const uint8_t *p, size_t n, const uint8_t *text, size_t text_n,
    bool blanks, bool *mark)
{
	static struct oracle_digits digits;
	static int pattern[2 * REDACT_ONE_MAX];
	for (int form = 0; form < REDACT_FORMS; form++) {
		if (form == REDACT_PLUS && !blanks)
			continue;
		size_t telling = form == REDACT_HEX ? 16 : form == REDACT_BASE64 ? 11 : 8;
		oracle_read(&digits, (enum redact_form)form, text, text_n);
		for (size_t before = 0; before < (form == REDACT_BASE64 ? 3 : 1);
		     before++) {
			size_t count =
			    oracle_pattern(pattern, (enum redact_form)form, p, n, before);
			oracle_mark(&digits, pattern, count, telling, text_n, mark);
		}
	}
}

/* What should come out; returns its length. `ret` has room for text_n times the longest
 * REDACT_INSTEAD. */
static inline size_t
oracle_redact(const uint8_t *secret, size_t n, const uint8_t *text, size_t text_n,
    char *ret)
{
	static bool mark[ORACLE_MAX];
	bool blanks = memchr(secret, ' ', n) != NULL;
	size_t out = 0;
	memset(mark, 0, sizeof(mark));
	oracle_mark_pattern(secret, n, text, text_n, blanks, mark);
	for (size_t at = 0; at < n;) {
		const uint8_t *line_end = memchr(secret + at, '\n', n - at);
		size_t length =
		    line_end != NULL ? (size_t)(line_end - secret) - at : n - at;
		size_t line = length;
		if (line > 0 && secret[at + line - 1] == '\r')
			line--;
		if (line >= REDACT_LINE_MIN && line < n)
			oracle_mark_pattern(secret + at, line, text, text_n, blanks, mark);
		at += length + 1;
	}
	for (size_t i = 0; i < text_n; i++) {
		if (!mark[i]) {
			ret[out++] = (char)text[i];
		} else if (i == 0 || !mark[i - 1]) {
			memcpy(ret + out, REDACT_INSTEAD, strlen(REDACT_INSTEAD));
			out += strlen(REDACT_INSTEAD);
		}
	}
	return out;
}

/* ---- a secret in one of its forms, for texts to be made of ---- */

static inline void
oracle_put(char *ret, size_t *n, size_t max, int c)
{
	if (*n < max)
		ret[(*n)++] = (char)c;
}

static inline void
oracle_write_base64(const uint8_t *p, size_t n, unsigned how, char *ret, size_t *at,
    size_t max)
{
	const char *all =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t before = how % 3;
	for (size_t bit = 0; bit < 8 * (before + n); bit += 6) {
		int digit = 0;
		for (size_t b = bit; b < bit + 6; b++) {
			size_t byte = b / 8;
			int value = byte < before       ? (int)(how * 37 + byte) & 255
			            : byte < before + n ? p[byte - before]
			                                : 0x5a;
			digit = digit * 2 + (value >> (7 - b % 8) & 1);
		}
		int c = all[digit];
		if (how & 64)
			c = c == '+' ? '-' : c == '/' ? '_' : c;
		oracle_put(ret, at, max, c);
		if ((how & 128) && bit / 6 % 19 == 18)
			oracle_put(ret, at, max, '\n');
	}
}

/* `how` says which form, and how it is written where there is a choice. */
static inline void
oracle_write(const uint8_t *p, size_t n, unsigned form, unsigned how, char *ret, size_t *at,
    size_t max)
{
	const char *digits = how & 1 ? "0123456789ABCDEF" : "0123456789abcdef";
	if (form % REDACT_FORMS == REDACT_BASE64) {
		oracle_write_base64(p, n, how, ret, at, max);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		bool all = (how & 2) || (how >> 2 & i & 7);
		static const char escapes[] = "\"\"\\\\//\bb\ff\nn\rr\tt";
		const char *escape = NULL;
		for (size_t k = 0; k + 1 < sizeof(escapes); k += 2) {
			if ((uint8_t)escapes[k] == p[i])
				escape = &escapes[k];
		}
		switch (form % REDACT_FORMS) {
		case REDACT_PERCENT:
		case REDACT_PLUS:
			if (form % REDACT_FORMS == REDACT_PLUS && p[i] == ' ') {
				oracle_put(ret, at, max, '+');
				continue;
			}
			if (!all && p[i] != '%' && p[i] != '+' && p[i] != ' ')
				break;
			oracle_put(ret, at, max, '%');
			oracle_put(ret, at, max, digits[p[i] >> 4]);
			oracle_put(ret, at, max, digits[p[i] & 15]);
			continue;
		case REDACT_JSON:
			if (escape != NULL && (how & 32)) {
				oracle_put(ret, at, max, '\\');
				oracle_put(ret, at, max, escape[1]);
				continue;
			}
			if (p[i] >= 0x80 || (!all && escape == NULL && p[i] >= 0x20))
				break;
			for (const char *u = "\\u00"; *u != 0; u++)
				oracle_put(ret, at, max, *u);
			oracle_put(ret, at, max, digits[p[i] >> 4]);
			oracle_put(ret, at, max, digits[p[i] & 15]);
			continue;
		case REDACT_HEX:
			oracle_put(ret, at, max, digits[p[i] >> 4]);
			oracle_put(ret, at, max, digits[p[i] & 15]);
			if ((how & 128) && i % 30 == 29)
				oracle_put(ret, at, max, '\n');
			continue;
		default:
			break;
		}
		oracle_put(ret, at, max, p[i]);
	}
}

#endif
