// Slack's own framework for apps as the receiver of a press: node slack_bolt.mjs SECRET
// Says where it listens; each press it takes for Slack's is a line of JSON.
import { App, HTTPReceiver, LogLevel } from '@slack/bolt'

const receiver = new HTTPReceiver({ signingSecret: process.argv[2], endpoints: ['/in/slack/talk'], logLevel: LogLevel.ERROR })
const authorize = async () => ({ botToken: 'xoxb-none', botId: 'B1', botUserId: 'U0BOT' })
const app = new App({ receiver, authorize, logLevel: LogLevel.ERROR })
app.action('firstline_acknowledge', async ({ ack, body, action }) => {
  await ack()
  console.log(JSON.stringify({ user: body.user.id, value: action.value, type: action.type }))
})
const server = await app.start({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify({ port: server.address().port }))
