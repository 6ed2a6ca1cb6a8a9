/*
 * Whether the time of a refusal tells where a signature is wrong.
 *
 *	bench_compare [SAMPLES]		default: 200,000 of each kind
 *
 * Each sample is refused: of one kind the first byte is wrong, of the other the last. Kinds are
 * drawn at random, so that what else the machine does meets both alike; of each a tenth, the
 * slowest, is left out. Welch's t over what is left: below 4.5 no difference is measured (as
 * dudect has it). A loop that stops at the first difference is the control: a run in which it
 * shows none says nothing. Exits 1 where a difference is measured, 2 where the control has none.
 */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/hmac_sha1.h"
#include "bench.h"
#include "intake/slack.h"
#include "intake/tap.h"
#include "intake/twilio.h"

#define T_MAX 4.5
#define CALLS \
	64 /* of a comparison alone in a sample: one would be shorter than the clock */
#define WALL (UINT64_C(1790000000) * SECOND)
#define STAMP "1790000000"
#define BODY "payload=%7B%22type%22%3A%22block_actions%22%7D"

/* Wrong in the first byte, and in the last. */
static struct {
	uint8_t right[32], wrong[2][32];
	char text[2][TAP_BYTES_MAX];
	char now[TAP_BYTES_MAX]; /* either of them, in one place */
	size_t n;
} given;
static struct hmac_sha1_key twilio_key;
static const struct pairs no_params;

static __attribute__((noinline)) bool
equal_until(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;
	while (i < n && a[i] == b[i])
		i++;
	return i == n;
}

static bool
by_first_difference(unsigned kind)
{
	bool same = false;
	for (unsigned i = 0; i < CALLS; i++)
		same |= equal_until(given.right, given.wrong[kind], sizeof(hash32));
	return same;
}

static str
given_now(unsigned kind)
{
	memcpy(given.now, given.text[kind], sizeof(given.now));
	return (str){ given.now, given.n };
}

static bool
by_hash(unsigned kind)
{
	bool same = false;
	for (unsigned i = 0; i < CALLS; i++) {
		hash32 a, b;
		memcpy(a.b, given.right, sizeof(a.b));
		memcpy(b.b, given.wrong[kind], sizeof(b.b));
		same |= hash32_eq_secret(&a, &b);
	}
	return same;
}

static bool
by_slack(unsigned kind)
{
	return slack_signed(STR("key"), STR(STAMP), given_now(kind), STR(BODY), WALL);
}

static bool
by_tap(unsigned kind)
{
	struct tap tap;
	return tap_read(given_now(kind), STR("key"), &tap);
}

static bool
by_twilio(unsigned kind)
{
	return twilio_signed(&twilio_key, STR("https://example.com/voice"), &no_params,
	    given_now(kind));
}

/* ---- what is given ---- */

static void
spoil(const char *right, size_t first, size_t last)
{
	given.n = strlen(right);
	ASSERT(given.n < sizeof(given.text[0]) && last < given.n);
	for (unsigned kind = 0; kind < 2; kind++) {
		memcpy(given.text[kind], right, given.n);
		char *at = &given.text[kind][kind == 0 ? first : last];
		/* A digit stays one, and a letter. */
		*at = (char)(*at == '9' || *at == 'f' ? *at - 1 : *at + 1);
	}
}

static void
give_bytes(void)
{
	for (size_t i = 0; i < sizeof(given.right); i++)
		given.right[i] = (uint8_t)(i * 37);
	for (unsigned kind = 0; kind < 2; kind++)
		memcpy(given.wrong[kind], given.right, sizeof(given.right));
	given.wrong[0][0] ^= 1;
	given.wrong[1][sizeof(hash32) - 1] ^= 1;
}

static void
give_slack(void)
{
	hash32 right = hmac_sha256(STR("key"), STR("v0:" STAMP ":" BODY));
	struct buf text = BUF(80);
	buf_printf(&text, "v0=");
	buf_hex(&text, (str){ (const char *)right.b, sizeof(right.b) });
	buf_char(&text, '\0');
	spoil(text.p, 3, text.n - 2);
	buf_done(&text);
}

static void
give_tap(void)
{
	struct tap tap = { .act = TAP_ACKNOWLEDGE,
		.incident = { 17 },
		.incident_n = 1,
		.notice = 42,
		.until_s = 1795456684,
		.person = STR("ana") };
	struct buf text = BUF(TAP_BYTES_MAX);
	tap_write(&text, &tap, STR("key"));
	buf_char(&text, '\0');
	/* The code stands before who, of which "ana" is three letters. */
	spoil(text.p, text.n - 1 - 4 - 32, text.n - 1 - 4 - 1);
	buf_done(&text);
}

static void
give_twilio(void)
{
	static char text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	hmac_sha1_key(STR("token"), &twilio_key);
	spoil(text, 0,
	    sizeof(text) - 4); /* the bits of the one behind it are not all used */
}

/* ---- samples ---- */

static uint64_t
draw(void)
{
	static uint64_t word = 88172645463325252;
	word ^= word << 13;
	word ^= word >> 7;
	word ^= word << 17;
	return word;
}

/* Without the slowest tenth: what else the machine did. */
static void
mean_of(double *sample, size_t n, double *ret_mean, double *ret_variance)
{
	qsort(sample, n, sizeof(sample[0]), bench_order);
	size_t kept = n - n / 10;
	double sum = 0, squares = 0;
	for (size_t i = 0; i < kept; i++)
		sum += sample[i];
	*ret_mean = sum / (double)kept;
	for (size_t i = 0; i < kept; i++)
		squares += (sample[i] - *ret_mean) * (sample[i] - *ret_mean);
	*ret_variance = squares / (double)(kept - 1) / (double)kept;
}

static double
measure(const char *name, bool (*refuse)(unsigned kind), size_t samples)
{
	double *took[2], mean[2], variance[2];
	size_t n[2] = { 0, 0 };
	for (unsigned kind = 0; kind < 2; kind++) {
		took[kind] = calloc(samples, sizeof(double));
		ASSERT(took[kind] != NULL);
	}
	while (n[0] < samples || n[1] < samples) {
		unsigned kind = draw() >> 32 & 1;
		double from = bench_now();
		bool taken = refuse(kind);
		double until = bench_now();
		ASSERT(!taken);
		if (n[kind] < samples)
			took[kind][n[kind]++] = (until - from) * 1e9;
	}
	for (unsigned kind = 0; kind < 2; kind++) {
		mean_of(took[kind], n[kind], &mean[kind], &variance[kind]);
		free(took[kind]);
	}
	double t = (mean[0] - mean[1]) / sqrt(variance[0] + variance[1]);
	printf("%-18s %9.1f ns, %9.1f ns: t = %.2f\n", name, mean[0], mean[1], t);
	return fabs(t);
}

int
main(int argc, char **argv)
{
	size_t samples = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	static const struct {
		const char *name;
		void (*give)(void);
		bool (*refuse)(unsigned kind);
	} rows[] = {
		{ "hash32_eq_secret", give_bytes, by_hash },
		{ "slack_signed", give_slack, by_slack },
		{ "twilio_signed", give_twilio, by_twilio },
		{ "tap_read", give_tap, by_tap },
	};
	ASSERT(samples >= 1000);
	bool differs = false;
	for (size_t i = 0; i < countof(rows); i++) {
		rows[i].give();
		differs |= measure(rows[i].name, rows[i].refuse, samples) >= T_MAX;
	}
	give_bytes();
	bool control = measure("a loop (control)", by_first_difference, samples) >= T_MAX;
	return !control ? 2 : differs ? 1 : 0;
}
