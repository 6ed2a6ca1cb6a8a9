#include "hands/webhook.h"

#include "base/hash.h"

static const str own_names[] = {
	{ "address", 7 },
	{ "incident", 8 },
	{ "notice", 6 },
	{ "person", 6 },
	{ "subject", 7 },
	{ "text", 4 },
	{ "told", 4 },
};

const char *
webhook_type(enum notice_purpose purpose)
{
	switch (purpose) {
	case PURPOSE_OPENED:
		return "incident.opened";
	case PURPOSE_NEEDS_PERSON:
		return "incident.needs_person";
	case PURPOSE_ESCALATED:
		return "incident.escalated";
	case PURPOSE_REFIRED:
		return "incident.refired";
	case PURPOSE_HANDED_OFF:
		return "incident.handed_off";
	case PURPOSE_ENDED:
		return "incident.ended";
	case PURPOSE_SELF:
		return "firstline.self";
	case PURPOSE_APPROVAL:
		return "incident.approval";
	case PURPOSE_APPROVAL_ENDED:
		return "incident.approval_ended";
	case PURPOSE_QUESTION:
		return "incident.question";
	case PURPOSE_QUESTION_ENDED:
		return "incident.question_ended";
	case PURPOSE_VETO:
		return "incident.veto";
	case PURPOSE_ACKNOWLEDGED:
		return "incident.acknowledged";
	case PURPOSE_DIGEST:
		return "firstline.digest";
	case PURPOSE_TEST:
		return "firstline.test";
	}
	UNREACHABLE();
}

static void
member(struct buf *out, str name, str value)
{
	buf_char(out, ',');
	json_put_string(out, name);
	buf_char(out, ':');
	json_put_string(out, value);
}

/* Of a digest: what it tells, one by one as far as they are written down. */
static void
told(struct buf *out, const struct notice_row *notice)
{
	const struct digest_line *lines = notice->told.p;
	buf_add(out, STR(",\"told\":["));
	for (size_t i = 0; i < notice->told.n; i++) {
		const struct digest_line *line = &lines[i];
		buf_printf(out, "%s{\"type\":\"%s\",\"notice\":\"notice-", i > 0 ? "," : "",
		    webhook_type(line->about));
		buf_u64(out, line->notice);
		buf_char(out, '"');
		if (line->incident != 0) {
			buf_add(out, STR(",\"incident\":"));
			buf_u64(out, line->incident);
		}
		if (line->severity != 0)
			buf_printf(out, ",\"severity\":\"%s\"",
			    severity_name(line->severity));
		if (line->service.n > 0)
			member(out, STR("service"), line->service);
		member(out, STR("subject"), line->subject);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

void
webhook_body(struct buf *out, const struct notice_row *notice)
{
	buf_printf(out, "{\"type\":\"%s\",\"timestamp\":\"", webhook_type(notice->purpose));
	buf_time(out, notice->made_wall);
	buf_add(out, STR("\",\"data\":{\"notice\":\"notice-"));
	buf_u64(out, notice->id);
	buf_char(out, '"');
	if (notice->incident != 0) {
		buf_add(out, STR(",\"incident\":"));
		buf_u64(out, notice->incident);
	}
	if (notice->person.n > 0)
		member(out, STR("person"), notice->person);
	if (notice->address.n > 0)
		member(out, STR("address"), notice->address);
	member(out, STR("subject"), notice->subject);
	member(out, STR("text"), notice->text);
	for (size_t i = 0; i < notice->fields.n; i++) {
		const struct pair *field = &notice->fields.p[i];
		bool own = false;
		for (size_t k = 0; k < countof(own_names); k++)
			own |= str_eq(field->name, own_names[k]);
		if (!own)
			member(out, field->name, field->value);
	}
	if (notice->purpose == PURPOSE_DIGEST)
		told(out, notice);
	buf_add(out, STR("}}"));
}

bool
webhook_sign(struct buf *out, str secret, str id, uint64_t timestamp, str body,
    struct err *err)
{
	uint8_t decoded[WEBHOOK_SECRET_MAX];
	str key = secret;
	if (secret.n > WEBHOOK_SECRET_MAX)
		return err_set(err, ERR_LIMIT, "the secret is over %d bytes",
		    WEBHOOK_SECRET_MAX);
	if (str_starts(secret, STR("whsec_"))) {
		size_t n;
		if (!base64_decode(str_drop(secret, 6), decoded, &n))
			return err_set(err, ERR_INVALID,
			    "the secret has no base64 after 'whsec_'");
		key = (str){ (const char *)decoded, n };
	}
	if (key.n == 0)
		return err_set(err, ERR_INVALID, "the secret is empty");

	struct buf text = BUF(id.n + body.n + 32);
	buf_add(&text, id);
	buf_char(&text, '.');
	buf_u64(&text, timestamp);
	buf_char(&text, '.');
	buf_add(&text, body);
	ASSERT(!text.overflow);
	hash32 mac = hmac_sha256(key, buf_str(&text));
	buf_done(&text);
	explicit_bzero(decoded, sizeof(decoded));

	buf_add(out, STR("v1,"));
	buf_base64(out, (str){ (const char *)mac.b, sizeof(mac.b) });
	return true;
}
