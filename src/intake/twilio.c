#include "intake/twilio.h"

#include "base/hash.h"
#include "intake/form.h"

#define URL_BYTES_MAX 4096

bool
twilio_read(str body, struct arena *arena, struct pairs *ret, struct err *err)
{
	struct pairs params = { arena_try(arena, struct pair, TWILIO_PARAMS_MAX), 0 };
	if (body.n > TWILIO_BODY_MAX || params.p == NULL)
		return err_set(err, ERR_LIMIT, "the form is too long");
	for (str rest = body; rest.n > 0;) {
		struct str_cut part = str_cut(rest, '&');
		struct str_cut pair = str_cut(part.head, '=');
		struct pair *p = &params.p[params.n];
		rest = part.tail;
		if (params.n == TWILIO_PARAMS_MAX)
			return err_set(err, ERR_LIMIT, "the form has over %d parameters",
			    TWILIO_PARAMS_MAX);
		if (!form_decode(pair.head, arena, &p->name) ||
		    !form_decode(pair.tail, arena, &p->value))
			return err_set(err, ERR_INVALID, "the form is not encoded as one");
		params.n++;
	}
	if (!pairs_sort(&params))
		return err_set(err, ERR_INVALID, "a parameter is there twice");
	*ret = params;
	return true;
}

bool
twilio_signed(const struct hmac_sha1_key *key, str url, const struct pairs *params,
    str signature)
{
	uint8_t given[32] = { 0 }, right[HMAC_SHA1_BYTES];
	size_t given_n = 0;
	if (signature.n != 28 || !base64_decode(signature, given, &given_n) ||
	    given_n != sizeof(right))
		return false;
	struct buf text = BUF(URL_BYTES_MAX + TWILIO_BODY_MAX);
	buf_add(&text, url);
	for (size_t i = 0; i < params->n; i++) {
		buf_add(&text, params->p[i].name);
		buf_add(&text, params->p[i].value);
	}
	hmac_sha1(key, buf_str(&text), right);
	bool ok = !text.overflow;
	buf_done(&text);
	unsigned differs = 0;
	for (size_t i = 0; i < sizeof(right); i++)
		differs |= (unsigned)(given[i] ^ right[i]);
	return ok && differs == 0;
}
