/* What pages tell: the rule that decided, what became of each step, a storm in one card, names of any length. */
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { BUSY, SHOP } from "./shop.mjs";

const chrome = await browser();

const SHAKY = `---
runbook: search-lost
service: search
answers: [{alertname: Lost}]
---
# Search is lost

\`\`\`action restart
do: clear-queue
targets: {service: payments, role: worker}
\`\`\`

\`\`\`verify found
run: [/bin/false]
expect: "exit == 0"
within: 1s
every: 1s
\`\`\`
`;

async function withPage(files, f, options) {
	const server = await Server.start(files);
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	try {
		await f(server, context);
	} finally {
		await context.close();
		await server.stop();
	}
}
const incidents = (server, n) => until(async () => {
	const { items } = await server.get("/v1/incidents");
	return items.length === n && items;
}, `${n} incidents`);

await run({
	"the rule that decided is a click away, as it is written, and a service has all that cover it": () => withPage({ ...BUSY }, async (server, context) => {
		await server.fire([{ labels: { alertname: "Stuck", service: "payments" } }]);
		await incidents(server, 1);
		await until(async () => (await server.get("/v1/asked")).items.length === 1, "an approval");
		const page = await open(context, server.page("/incidents/1"));
		await page.locator(".step.decision .place").first().click();
		const rule = page.getByRole("region", { name: "The rule" });
		await rule.getByText("clearing needs another person", { exact: true }).waitFor();
		const written = BUSY["production.yaml"].split("\n").find((l) => l.includes("approval:")).trim();
		check((await rule.locator("pre").innerText()).trim() === written, await rule.locator("pre").innerText());
		await rule.getByRole("button", { name: "All rules" }).click();
		const all = page.getByRole("region", { name: "What is written" });
		await all.getByText("operators and automation restart and clear", { exact: true }).waitFor();
		await page.goto(`${server.url}/authority?rule=production.yaml%3A1`);
		await page.getByText("it was changed since").waitFor();
		await page.goto(`${server.url}/services/payments`);
		await page.getByRole("region", { name: "Authority in force" }).locator("li").nth(1).waitFor();
		await page.goto(`${server.url}/runbooks/payments-stuck`);
		await page.locator("section", { has: page.getByRole("heading", { name: "Runs and drills" }) }).getByRole("link", { name: "Stuck" }).waitFor();
		check(page.wrong.length === 0, page.wrong.join("\n"));
	}),

	"a step that did not go well does not look as if it had": () => withPage({ ...BUSY, "runbooks/lost.md": SHAKY.replace("action restart\ndo: clear-queue\ntargets: {service: payments, role: worker}", "check there\nrun: [/bin/true]\nexpect: \"exit == 0\"") }, async (server, context) => {
		await server.fire([{ labels: { alertname: "Lost", service: "search" } }]);
		await until(async () => (await server.get("/v1/incidents")).items[0]?.needs_person, "it needs a person");
		const page = await open(context, server.page("/incidents/1"));
		await page.locator(".runstep.verify.bad").waitFor();
		check(await page.locator(".runstep.check.past").count() === 1 && await page.locator(".runstep.bad").count() === 1, "one went well, one did not");
	}),

	"a storm of one trouble is one card: all of it is taken, and given back": () => withPage({ "production.yaml": SHOP["production.yaml"] + Array.from({ length: 8 }, (_, i) => `  node-${i}: {owner: shop-ops, tier: 3}\n`).join("") }, async (server, context) => {
		await server.fire(Array.from({ length: 8 }, (_, i) => ({ labels: { alertname: "HostDown", service: `node-${i}` }, annotations: { summary: "it does not answer" } })));
		await incidents(server, 8);
		const page = await open(context, server.page("/"));
		const card = page.locator(".card.storm");
		await card.getByRole("heading", { name: "HostDown: it does not answer" }).waitFor();
		await card.getByText("and 4 more").waitFor();
		check(await page.locator(".card").count() === 1, "one card");
		await card.getByRole("button", { name: "Acknowledge all 8" }).click();
		await page.getByRole("button", { name: "They are mine" }).click();
		const taken = async (n) => until(async () => (await server.get("/v1/incidents")).items.filter((i) => i.acknowledged).length === n, `${n} are taken`);
		await taken(8);
		await page.getByText("8 incidents are yours").waitFor();
		await page.keyboard.press("z");
		await taken(0);
		check(page.wrong.length === 0, page.wrong.join("\n"));
	}),

	"nothing is wider than its page, whatever it is called": async () => {
		const word = "Unbroken".repeat(16);
		for (const width of [1280, 360]) {
			await withPage({ ...SHOP }, async (server, context) => {
				await server.fire([{ labels: { alertname: word, service: "search", path: `/${word}`, [`l${word}`.slice(0, 100)]: word }, annotations: { summary: word } }]);
				await incidents(server, 1);
				await server.post("/v1/incidents/1/notes", { text: `${word} \`${word}\`\n\n    ${word}` });
				const page = await open(context, server.page("/"));
				await page.locator(".card").first().waitFor();
				for (const where of ["/", "/incidents", "/incidents/1", "/incidents/1?trail=all", "/alerts", "/services/search"]) {
					await page.goto(server.url + where);
					await page.locator(`main :text("${word}")`).first().waitFor();
					const wide = await page.evaluate(() => { const main = document.querySelector("main"); return [main.scrollWidth, main.clientWidth]; });
					check(wide[0] <= wide[1], `${where} at ${width}: ${wide[0]} in ${wide[1]} px`);
				}
			}, { viewport: { width, height: 740 } });
		}
	},

	"what a rotation leaves to others outside of its hours is no gap": () => withPage({ "production.yaml": SHOP["production.yaml"].replace(`handover: "Mon 09:00"}]`, `handover: "Mon 09:00"}, {name: nights, people: [piotr], every: 1 week, handover: "Mon 09:00", hours: [{days: mon-fri, from: "22:00", until: "06:00"}]}]`) }, async (server, context) => {
		const page = await open(context, server.page("/schedules"));
		await page.locator(".shift.off").first().waitFor();
		check(await page.locator(".shift.gap-here").count() === 0 && await page.getByText(/\d+ gaps?/).count() === 0, "no gap is told");
		await page.locator(".load").getByText("piotr").waitFor();
	}),
}, () => chrome.close());
