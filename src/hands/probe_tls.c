/*
 * probe_tls -- a handshake, and nothing said afterwards: until when is the certificate,
 * and would a client that expects that name accept it?
 *
 * The system's own certificates are trusted (SSL_CERT_FILE and SSL_CERT_DIR as for every
 * OpenSSL). One that is not valid is an answer with its reason; a handshake that fails, or
 * nobody who listens, is doubt: then nothing is known of any certificate.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hands/dial.h"
#include "hands/probe.h"
#include "os/clock.h"

#define NAME_MAX_BYTES 256

struct tls {
	struct probe_out *out;
	uv_loop_t *loop;
	struct dial *dial; /* NULL: over */
	char name[NAME_MAX_BYTES];
	msec until;
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open; /* handles */
};

static void
tls_free(struct tls *tls)
{
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	if (tls->fd >= 0)
		(void)close(tls->fd);
	free(tls);
}

static void
on_closed(uv_handle_t *handle)
{
	struct tls *tls = handle->data;
	if (--tls->open == 0)
		tls_free(tls);
}

static void
tls_close(struct tls *tls)
{
	tls->out->own = NULL;
	tls->out->drop = NULL;
	dial_drop(tls->dial);
	if (tls->open == 0) {
		tls_free(tls);
		return;
	}
	uv_close((uv_handle_t *)&tls->poll, on_closed);
	uv_close((uv_handle_t *)&tls->timer, on_closed);
}

static void
tls_drop(struct probe_out *out)
{
	tls_close(out->own);
}

static void
fail(struct tls *tls, const char *error)
{
	struct probe_out *out = tls->out;
	char text[200];
	(void)snprintf(text, sizeof(text), "%s", error);
	tls_close(tls);
	probe_failed(out, str_of(text));
}

/* ---- the certificate ---- */

/* Whole days from now, rounded down: behind its end they are negative. */
static bool
days_left(const X509 *certificate, int64_t *ret)
{
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(clock_wall() / 1000));
	int days = 0, seconds = 0;
	bool ok = now != NULL && ASN1_TIME_diff(&days, &seconds, now,
				     X509_get0_notAfter(certificate)) == 1;
	ASN1_TIME_free(now);
	if (ok)
		*ret = days - (seconds < 0 ? 1 : 0);
	return ok;
}

static void
answer(struct tls *tls)
{
	struct probe_out *out = tls->out;
	const X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
	struct probe_result result = { .status = PROBE_OK };
	if (certificate == NULL || !days_left(certificate, &result.number)) {
		fail(tls, "it shows no certificate that can be read");
		return;
	}
	long verdict = SSL_get_verify_result(tls->ssl);
	result.code = verdict == X509_V_OK;
	if (verdict != X509_V_OK)
		result.value = str_of(X509_verify_cert_error_string(verdict));
	(void)SSL_shutdown(tls->ssl); /* a good-bye, not waited for */
	tls_close(tls);
	probe_done(out, &result);
}

/* ---- the handshake ---- */

static void
broken(struct tls *tls)
{
	char text[160];
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
	(void)snprintf(text, sizeof(text), "the handshake failed: %s",
	    reason != NULL ? reason : "the connection ended");
	fail(tls, text);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct tls *tls = poll->data;
	(void)status;
	(void)events;
	ERR_clear_error();
	int code = SSL_connect(tls->ssl);
	if (code == 1) {
		answer(tls);
		return;
	}
	int wants = SSL_get_error(tls->ssl, code);
	if (wants == SSL_ERROR_WANT_READ)
		(void)uv_poll_start(&tls->poll, UV_READABLE, on_ready);
	else if (wants == SSL_ERROR_WANT_WRITE)
		(void)uv_poll_start(&tls->poll, UV_WRITABLE, on_ready);
	else
		broken(tls);
}

static void
on_time_over(uv_timer_t *timer)
{
	fail(timer->data, "the handshake did not end in time");
}

/* An address is looked for as such in a certificate, and not told to the server. */
static bool
expect_name(struct tls *tls)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, tls->name) == 1)
		return true;
	ERR_clear_error();
	return SSL_set_tlsext_host_name(tls->ssl, tls->name) == 1 &&
	       SSL_set1_host(tls->ssl, tls->name) == 1;
}

static bool
prepare(struct tls *tls)
{
	tls->context = SSL_CTX_new(TLS_client_method());
	if (tls->context == NULL || SSL_CTX_set_default_verify_paths(tls->context) != 1)
		return false;
	/* The chain is judged all the same: see SSL_get_verify_result. */
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_NONE, NULL);
	tls->ssl = SSL_new(tls->context);
	return tls->ssl != NULL && expect_name(tls) && SSL_set_fd(tls->ssl, tls->fd) == 1;
}

static void
on_dialled(void *ctx, const struct dial_answer *dialled)
{
	struct tls *tls = ctx;
	tls->dial = NULL;
	tls->fd = dialled->fd;
	if (tls->name[0] == '\0')
		(void)snprintf(tls->name, sizeof(tls->name), "%.*s",
		    STR_ARG(dialled->host));
	if (tls->fd < 0) {
		char text[200];
		(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(dialled->error));
		fail(tls, dialled->refused ? "connection refused" : text);
		return;
	}
	tls->poll.data = tls->timer.data = tls;
	if (!prepare(tls) || uv_poll_init(tls->loop, &tls->poll, tls->fd) != 0) {
		fail(tls, "no handshake can be made with that name");
		return;
	}
	ASSERT(uv_timer_init(tls->loop, &tls->timer) == 0);
	tls->open = 2;
	msec now = clock_boot();
	(void)uv_timer_start(&tls->timer, on_time_over,
	    tls->until > now ? tls->until - now : 0, 0);
	(void)uv_poll_start(&tls->poll, UV_WRITABLE, on_ready);
}

bool
probe_tls_start(struct probe_out *out, uv_loop_t *loop, const struct probe_row *row,
    struct err *err)
{
	if (row->name.n >= NAME_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "its name is too long");
	struct tls *tls = calloc(1, sizeof(*tls));
	ASSERT(tls != NULL);
	tls->out = out;
	tls->loop = loop;
	tls->fd = -1;
	tls->until = clock_boot() + row->timeout_ms;
	(void)snprintf(tls->name, sizeof(tls->name), "%.*s", STR_ARG(row->name));
	tls->dial = dial_start(loop, row->where, row->timeout_ms, on_dialled, tls, err);
	if (tls->dial == NULL) {
		tls_free(tls);
		return false;
	}
	out->own = tls;
	out->drop = tls_drop;
	return true;
}
