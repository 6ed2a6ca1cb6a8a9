#ifndef INTAKE_TWILIO_H
#define INTAKE_TWILIO_H

#include "base/err.h"
#include "base/hmac_sha1.h"
#include "facts/record.h"

/*
 * twilio -- what Twilio sends when somebody who was called presses a key.
 *
 * Pure. A form (AccountSid=AC123&CallSid=CA1&Digits=4&From=%2B1...), and a header,
 * X-Twilio-Signature: base64 of HMAC-SHA1 over the URL as it was given to Twilio and, in the
 * order of their names, each parameter's name and value, with nothing between. The key is
 * the account's token. https://www.twilio.com/docs/usage/security
 */
#define TWILIO_BODY_MAX (16u << 10)
#define TWILIO_PARAMS_MAX 64

/* The parameters, in the arena. None is there twice. */
NODISCARD bool twilio_read(str body, struct arena *arena, struct pairs *ret,
    struct err *err);
/* Signed for that URL, with that key? */
bool twilio_signed(const struct hmac_sha1_key *key, str url, const struct pairs *params,
    str signature);

#endif
