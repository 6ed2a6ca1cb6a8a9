/* A small shop: three services, nothing runs by itself. */
export const SHOP = {
	"production.yaml": `
fallback: shop-ops
people:
  ana: {name: Ana Souza, email: ana@example.com, zone: Europe/Lisbon, reach: [pager]}
  piotr: {name: Piotr Nowak, email: piotr@example.com, zone: Europe/Warsaw, reach: [pager]}
channels:
  pager: {webhook: "http://127.0.0.1:9/"}
teams:
  shop-ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations: [{name: primary, people: [ana, piotr], every: 1 week, handover: "Mon 09:00"}]
      escalate: [{to: primary}]
  shop-dev: {kind: development}
services:
  checkout: {owner: shop-ops, developers: shop-dev, tier: 1, journeys: [buy], depends_on: [payments, search]}
  payments: {owner: shop-ops, developers: shop-dev, tier: 2, journeys: [pay]}
  search: {owner: shop-ops, developers: shop-dev, tier: 3, journeys: [find]}
`,
};

/* The same with things to decide: an approval, a permission, a question. */
export const BUSY = {
	"production.yaml": `${SHOP["production.yaml"]}
hosts:
  pay-1: {service: payments, role: worker}
  web-1: {service: checkout, role: web}
actions:
  restart-unit: {verb: restart, run: [/bin/true], timeout: 10s, repeat: safe}
  clear-queue: {verb: clear, run: [/bin/true], timeout: 10s, repeat: safe}
authority:
  - {grant: operators and automation restart and clear, to: [automation, on-duty: shop-ops, person: ana, person: piotr], may: [restart, clear], on: {tier: [1, 2, 3]}, until: 2035-12-31, owner: ana}
  - {approval: clearing needs another person, for: [clear], by: {person: piotr}, expires: 15m}
`,
	"runbooks/permit.md": `---
runbook: checkout-slow
service: checkout
answers: [{alertname: Slow}]
ceiling: plan
---
# Checkout is slow

**Meaning.** Workers wait for each other.

## Put it right

\`\`\`action restart
do: restart-unit
targets: {service: checkout, role: web}
\`\`\`

\`\`\`verify quick
run: [/bin/true]
expect: "exit == 0"
within: 15s
\`\`\`
`,
	"runbooks/ask.md": `---
runbook: search-odd
service: search
answers: [{alertname: Odd}]
---
# Search gives odd answers

\`\`\`ask which
question: Which index was changed?
within: 1h
answer: {type: name}
\`\`\`

\`\`\`verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
\`\`\`
`,
	"runbooks/approve.md": `---
runbook: payments-stuck
service: payments
answers: [{alertname: Stuck}]
---
# The payments queue is stuck

\`\`\`action clear
do: clear-queue
targets: {service: payments, role: worker}
\`\`\`

\`\`\`verify drained
run: [/bin/true]
expect: "exit == 0"
within: 15s
\`\`\`
`,
};
