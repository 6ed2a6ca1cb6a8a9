// Slack's own client against a server that stands for Slack: node slack_web_api.mjs URL TOKEN
// Prints what came of each call, as JSON.
import { WebClient } from '@slack/web-api'

const [url, token] = process.argv.slice(2)
const quiet = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel() { return 'error' }, setName() {} }
const options = { slackApiUrl: url + '/', retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logger: quiet }
const client = new WebClient(token, options)
const out = {}
const blocks = [{ type: 'section', text: { type: 'plain_text', text: 'one' } }]
out.posted = await client.chat.postMessage({ channel: 'C0DUTY', text: 'one', attachments: [{ color: '#fff', blocks }] })
out.reply = await client.chat.postMessage({ channel: 'C0DUTY', text: 'two', thread_ts: out.posted.ts })
out.updated = await client.chat.update({ channel: out.posted.channel, ts: out.posted.ts, text: 'three' })
const failing = async (what, use) => {
  try {
    await use()
    out[what] = 'no error'
  } catch (error) {
    out[what] = error.data?.error ?? error.code
  }
}
await failing('no_channel', () => client.chat.postMessage({ channel: 'C0NONE', text: 'x' }))
await failing('no_message', () => client.chat.update({ channel: 'C0DUTY', ts: '1.000001', text: 'x' }))
await failing('no_token', () => new WebClient('xoxb-wrong', options).chat.postMessage({ channel: 'C0DUTY', text: 'x' }))
await failing('no_text', () => client.apiCall('chat.postMessage', { channel: 'C0DUTY' }))
await failing('bad_blocks', () => client.chat.postMessage({ channel: 'C0DUTY', text: 'x', blocks: [{ type: 'section' }] }))
console.log(JSON.stringify(out))
