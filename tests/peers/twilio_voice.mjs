// Twilio's own library for who is called back by it: node twilio_voice.mjs TOKEN
// Each line of stdin is JSON. {url, params}: what it would be signed with. {url, params,
// signature}: is that so? {call}: the TwiML of such a call. {said}: of such an answer.
import readline from 'node:readline'
import twilio from 'twilio'

const token = process.argv[2]
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { url, params, signature, call, said } = JSON.parse(line)
  const response = new twilio.twiml.VoiceResponse()
  if (call) {
    const gather = response.gather({ input: 'dtmf', numDigits: 1, timeout: 10, method: 'POST', action: call.action })
    gather.say({ loop: 3 }, call.text)
    response.say(call.after)
    console.log(JSON.stringify(response.toString()))
  } else if (said) {
    const into = said.again ? response.gather({ input: 'dtmf', numDigits: 1, timeout: 10 }) : response
    into.say(said.text)
    console.log(JSON.stringify(response.toString()))
  } else if (signature === undefined) {
    console.log(JSON.stringify(twilio.getExpectedTwilioSignature(token, url, params)))
  } else {
    console.log(JSON.stringify(twilio.validateRequest(token, signature, url, params)))
  }
}
