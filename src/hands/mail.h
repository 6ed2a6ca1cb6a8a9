#ifndef HANDS_MAIL_H
#define HANDS_MAIL_H

#include "base/buf.h"
#include "facts/row.h"

/*
 * mail -- a notice as the text of a message (RFC 5322), lines ending in CR LF.
 *
 * The text is UTF-8 in quoted-printable (with HTML: both, as multipart/alternative), the subject RFC 2047 where it is not plain ASCII.
 * All that depends on the notice alone is the same at each try, Message-ID included, so a
 * receiver can tell a repetition. Messages of one incident refer to one identifier, which
 * no message carries: mail programs thread by it.
 *
 * Values that come from outside (labels in a subject) reach no header unfiltered: control
 * characters, CR and LF among them, become blanks.
 */
struct mail {
	row_id notice;
	incident_id incident; /* 0: about none */
	msec wall;            /* when the notice was made */
	str from, to;         /* bare addresses, mail_address_ok */
	str subject;
	str text; /* lines end in LF */
	str html; /* the same, as HTML; or empty */
};

#define MAIL_SUBJECT_MAX 400 /* bytes; more is cut */
#define MAIL_ADDRESS_MAX 254

/* local@domain in the characters of everyday addresses: nothing that could end a header
 * or an SMTP command. */
bool mail_address_ok(str address);

void mail_write(struct buf *out, const struct mail *mail);

#endif
