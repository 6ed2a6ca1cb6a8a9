// Each line of stdin is a card, as JSON. Parsed and validated by the maker's own library: what
// it complains of, for each, as a line of JSON.
import readline from 'node:readline'
import { createRequire } from 'node:module'

// What it calls its module names files without their ending: this is the same as one file.
const AC = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js')

for await (const line of readline.createInterface({ input: process.stdin })) {
  const context = new AC.SerializationContext(AC.Versions.v1_4)
  const card = new AC.AdaptiveCard()
  card.parse(JSON.parse(line), context)
  const wrong = []
  for (let i = 0; i < context.eventCount; i++) wrong.push(context.getEventAt(i).message)
  for (const event of card.validateProperties().validationEvents) wrong.push(event.message)
  const texts = []
  const walk = (element) => {
    if (element instanceof AC.TextRun) texts.push(element.text)
    for (let i = 0; i < (element.getInlineCount?.() ?? 0); i++) walk(element.getInlineAt(i))
    for (let i = 0; i < (element.getItemCount?.() ?? 0); i++) walk(element.getItemAt(i))
  }
  walk(card)
  const actions = []
  for (let i = 0; i < card.getActionCount(); i++) actions.push([card.getActionAt(i).title, card.getActionAt(i).url])
  console.log(JSON.stringify({ wrong, texts, actions, version: String(card.version) }))
}
