#ifndef GATE_TLS_H
#define GATE_TLS_H

#include "base/err.h"
#include "base/str.h"

/*
 * tls -- the certificate by which the gate is known, and those that it asks of its clients.
 *
 * TLS 1.2 and 1.3 alone, with forward secrecy and authenticated ciphers. What is in force is
 * asked for at each handshake, so new files are taken without a connection ending; those
 * that began with the older ones go on. There is one gate in a process, and one of these.
 */

/* All as PEM; `clients` empty: none is asked of them. On failure what was in force stays. */
NODISCARD bool tls_take(str certificate, str key, str clients, msec now, struct err *err);
bool tls_ready(void);
/* GnuTLS' header and the model's do not go together, so its types stay out of this one. */

/* Before the handshake of a connection: its gnutls_session_t. */
void tls_expect(void *session);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK2. */
void *tls_retrieve(void);

#define TLS_PRIORITIES                                                                  \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-AES-128-CBC:-AES-256-CBC:" \
	"-AES-128-CCM:-AES-256-CCM:-SHA1:%SERVER_PRECEDENCE"

#endif
