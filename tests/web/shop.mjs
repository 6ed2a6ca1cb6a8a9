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
