#include "gate/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 8
#define KEEP_MS MINUTE /* handshakes that began with the older ones are over by then */
#define OLD_MAX 16

struct credentials {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_n;
	gnutls_privkey_t key;
	gnutls_x509_trust_list_t clients; /* NULL: none is asked of them */
	msec since;                       /* it was replaced */
};

static struct credentials *in_force;
static struct credentials *old[OLD_MAX];
static size_t old_n;

static void
credentials_free(struct credentials *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->chain_n; i++)
		gnutls_pcert_deinit(&c->chain[i]);
	if (c->key != NULL)
		gnutls_privkey_deinit(c->key);
	if (c->clients != NULL)
		gnutls_x509_trust_list_deinit(c->clients, 1);
	free(c);
}

static gnutls_datum_t
datum(str text)
{
	gnutls_datum_t d = { NULL, (unsigned)text.n };
	memcpy(&d.data, &text.p, sizeof(d.data)); /* it is only read */
	return d;
}

/* Does the key belong to the first certificate of the chain? */
static bool
is_pair(struct credentials *c)
{
	gnutls_pubkey_t public;
	unsigned char a[64], b[64];
	size_t a_n = sizeof(a), b_n = sizeof(b);
	if (gnutls_pubkey_init(&public) < 0)
		return false;
	bool ok = gnutls_pubkey_import_privkey(public, c->key, 0, 0) >= 0 &&
	          gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, a, &a_n) >= 0 &&
	          gnutls_pubkey_get_key_id(c->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, b,
		      &b_n) >= 0 &&
	          a_n == b_n && memcmp(a, b, a_n) == 0;
	gnutls_pubkey_deinit(public);
	return ok;
}

static bool
read_all(struct credentials *c, str certificate, str key, str clients, struct err *err)
{
	gnutls_datum_t d = datum(certificate);
	unsigned n = CHAIN_MAX;
	int code = gnutls_pcert_list_import_x509_raw(c->chain, &n, &d, GNUTLS_X509_FMT_PEM,
	    GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	if (code < 0)
		return err_set(err, ERR_INVALID, "the certificate: %s",
		    gnutls_strerror(code));
	c->chain_n = n;
	d = datum(key);
	code = gnutls_privkey_init(&c->key);
	if (code >= 0)
		code = gnutls_privkey_import_x509_raw(c->key, &d, GNUTLS_X509_FMT_PEM, NULL,
		    0);
	if (code < 0)
		return err_set(err, ERR_INVALID, "the key: %s", gnutls_strerror(code));
	if (n == 0 || !is_pair(c))
		return err_set(err, ERR_INVALID, "the key is not the certificate's");
	if (clients.n == 0)
		return true;
	d = datum(clients);
	code = gnutls_x509_trust_list_init(&c->clients, 0);
	if (code >= 0)
		code = gnutls_x509_trust_list_add_trust_mem(c->clients, &d, NULL,
		    GNUTLS_X509_FMT_PEM, 0, 0);
	return code > 0 || err_set(err, ERR_INVALID, "the clients' authorities: %s",
			       code < 0 ? gnutls_strerror(code) : "there is none");
}

static void
drop_old(msec now)
{
	size_t kept = 0;
	for (size_t i = 0; i < old_n; i++) {
		if (now - old[i]->since >= KEEP_MS)
			credentials_free(old[i]);
		else
			old[kept++] = old[i];
	}
	old_n = kept;
}

bool
tls_take(str certificate, str key, str clients, msec now, struct err *err)
{
	drop_old(now);
	if (old_n == OLD_MAX)
		return err_set(err, ERR_LIMIT, "the certificate changed too often: later");
	struct credentials *c = calloc(1, sizeof(*c));
	ASSERT(c != NULL);
	if (!read_all(c, certificate, key, clients, err)) {
		credentials_free(c);
		return false;
	}
	if (in_force != NULL) {
		in_force->since = now;
		old[old_n++] = in_force;
	}
	in_force = c;
	return true;
}

bool
tls_ready(void)
{
	return in_force != NULL;
}

static int
retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **ret_chain, unsigned *ret_chain_n, gnutls_ocsp_data_st **ret_ocsp,
    unsigned *ret_ocsp_n, gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
	(void)session, (void)info;
	if (in_force == NULL)
		return -1;
	*ret_chain = in_force->chain;
	*ret_chain_n = in_force->chain_n;
	*ret_ocsp = NULL;
	*ret_ocsp_n = 0;
	*ret_key = in_force->key;
	*ret_flags = 0; /* they stay ours */
	return 0;
}

void *
tls_retrieve(void)
{
	gnutls_certificate_retrieve_function3 *function = retrieve;
	void *pointer;
	memcpy(&pointer, &function, sizeof(pointer));
	return pointer;
}

/* ---- clients ---- */

/* 0: a certificate for a client, by one of the authorities that are in force now. */
static int
verify_client(gnutls_session_t session)
{
	unsigned n = 0, wrong = ~0u;
	const gnutls_datum_t *raw = gnutls_certificate_get_peers(session, &n);
	gnutls_x509_crt_t chain[CHAIN_MAX];
	unsigned read = 0;
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID };
	char oid[] = GNUTLS_KP_TLS_WWW_CLIENT;
	purpose.data = (unsigned char *)oid;
	if (in_force == NULL || in_force->clients == NULL)
		return 0;
	while (raw != NULL && read < n && read < CHAIN_MAX &&
	       gnutls_x509_crt_init(&chain[read]) >= 0) {
		read++;
		if (gnutls_x509_crt_import(chain[read - 1], &raw[read - 1],
			GNUTLS_X509_FMT_DER) < 0)
			break;
	}
	if (read == n && n > 0)
		(void)gnutls_x509_trust_list_verify_crt2(in_force->clients, chain, n,
		    &purpose, 1, 0, &wrong, NULL);
	for (unsigned i = 0; i < read; i++)
		gnutls_x509_crt_deinit(chain[i]);
	return wrong == 0 ? 0 : -1;
}

void
tls_expect(void *session)
{
	if (in_force == NULL || in_force->clients == NULL)
		return;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(session, verify_client);
}
