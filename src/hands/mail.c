#include "hands/mail.h"

#include "base/zone.h"
#include "hands/clean.h"

#define LINE_MAX_BYTES 76 /* of quoted-printable, and of a folded header */
#define WORD_BYTES 45     /* bytes of text in an encoded word: 60 of base64 */
#define PLAIN_SUBJECT_MAX 66

bool
mail_address_ok(str address)
{
	struct str_cut at = str_cut(address, '@');
	if (!at.found || at.head.n == 0 || at.tail.n == 0 || address.n > MAIL_ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < address.n; i++) {
		char c = address.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';
		bool local = i < at.head.n && memchr("!#$%&'*+/=?^_`{|}~", c, 18) != NULL;
		bool the_at = i == at.head.n;
		if (!letter && !digit && !local && !the_at && c != '.' && c != '-')
			return false;
	}
	return true;
}

/* ---- headers ---- */

static bool
plain(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	}
	return s.n <= PLAIN_SUBJECT_MAX && !str_contains(s, STR("=?"));
}

/* One line of at most MAIL_SUBJECT_MAX bytes without control characters. */
static str
one_line(str s, char *ret)
{
	s = clean_cut(s, MAIL_SUBJECT_MAX);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		ret[i] = s.p[i];
		if (c < 0x20 || c == 0x7f)
			ret[i] = ' ';
	}
	return (str){ ret, s.n };
}

static void
write_subject(struct buf *out, str subject)
{
	char line[MAIL_SUBJECT_MAX];
	subject = one_line(subject, line);
	buf_add(out, STR("Subject:"));
	if (plain(subject)) {
		buf_char(out, ' ');
		buf_add(out, subject);
		subject.n = 0;
	}
	for (const char *fold = " "; subject.n > 0; fold = "\r\n ") {
		/* each word is whole characters by itself; what is no UTF-8 goes byte by byte */
		size_t n = clean_cut(subject, WORD_BYTES).n;
		if (n == 0)
			n = subject.n < WORD_BYTES ? subject.n : WORD_BYTES;
		buf_printf(out, "%s=?UTF-8?B?", fold);
		buf_base64(out, str_take(subject, n));
		buf_add(out, STR("?="));
		subject = str_drop(subject, n);
	}
	buf_add(out, STR("\r\n"));
}

static void
write_date(struct buf *out, msec wall)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil t = zone_civil(zone_utc(), (int64_t)(wall / SECOND));
	buf_printf(out, "Date: %s, %u %s %d %02u:%02u:%02u +0000\r\n", days[t.weekday],
	    t.day, months[t.month - 1], t.year, t.hour, t.minute, t.second);
}

static void
write_ids(struct buf *out, const struct mail *mail)
{
	str host = str_cut(mail->from, '@').tail;
	buf_add(out, STR("Message-ID: <notice-"));
	buf_u64(out, mail->notice);
	buf_char(out, '.');
	buf_u64(out, mail->incident);
	buf_printf(out, "@%.*s>\r\n", STR_ARG(host));
	if (mail->incident == 0)
		return;
	static const char *const names[] = { "In-Reply-To", "References" };
	for (size_t i = 0; i < countof(names); i++) {
		buf_printf(out, "%s: <incident-", names[i]);
		buf_u64(out, mail->incident);
		buf_printf(out, "@%.*s>\r\n", STR_ARG(host));
	}
}

/* ---- text ---- */

#define BOUNDARY "=_firstline"

/* Quoted-printable (RFC 2045 section 6.7): lines of at most 76, soft breaks, blanks at the
 * end of a line encoded. */
static void
write_text(struct buf *out, str text)
{
	size_t column = 0;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '\r')
			continue;
		if (c == '\n') {
			buf_add(out, STR("\r\n"));
			column = 0;
			continue;
		}
		bool last =
		    i + 1 == text.n || text.p[i + 1] == '\n' || text.p[i + 1] == '\r';
		bool blank = c == ' ' || c == '\t';
		bool direct = (c > 0x20 && c < 0x7f && c != '=') || (blank && !last);
		size_t n = direct ? 1 : 3;
		if (column + n > LINE_MAX_BYTES - (last ? 0 : 1)) {
			buf_add(out, STR("=\r\n"));
			column = 0;
		}
		if (direct)
			buf_char(out, (char)c);
		else
			buf_printf(out, "=%02X", c);
		column += n;
	}
	if (column > 0)
		buf_add(out, STR("\r\n"));
}

static void
write_part(struct buf *out, const char *kind, str text)
{
	buf_printf(out,
	    "Content-Type: text/%s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n",
	    kind);
	write_text(out, text);
}

void
mail_write(struct buf *out, const struct mail *mail)
{
	ASSERT(mail_address_ok(mail->from));
	ASSERT(mail_address_ok(mail->to));
	write_date(out, mail->wall);
	buf_printf(out, "From: Firstline <%.*s>\r\n", STR_ARG(mail->from));
	buf_printf(out, "To: <%.*s>\r\n", STR_ARG(mail->to));
	write_subject(out, mail->subject);
	write_ids(out, mail);
	buf_add(out, STR("Auto-Submitted: auto-generated\r\n"
			 "MIME-Version: 1.0\r\n"));
	if (mail->html.n == 0) {
		write_part(out, "plain", mail->text);
		return;
	}
	/* No line of quoted-printable has "=_" in it. */
	buf_add(out,
	    STR("Content-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n"
		"--" BOUNDARY "\r\n"));
	write_part(out, "plain", mail->text);
	buf_add(out, STR("\r\n--" BOUNDARY "\r\n"));
	write_part(out, "html", mail->html);
	buf_add(out, STR("\r\n--" BOUNDARY "--\r\n"));
}
