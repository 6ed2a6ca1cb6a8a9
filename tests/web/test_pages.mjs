/* Every page: axe in both themes at three widths, and what outsiders write stays text. */
// first: it takes longest
import http from "node:http";
import AxeSource from "axe-core";
import { browser, check, demo, open, run, Server, sleep } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const chrome = await browser();

const EVIL = [
	"<script>window.xss=1</script>", "<img src=x onerror=window.xss=1>", "<svg onload=window.xss=1>", "\"><script>window.xss=1</script>",
	"' onmouseover='window.xss=1", "javascript:window.xss=1", "<iframe srcdoc='<script>parent.xss=1</script>'>", "<a href=javascript:window.xss=1>x</a>",
	"[x](javascript:window.xss=1)", "[x](data:text/html,<script>window.xss=1</script>)", "![x](x\" onerror=\"window.xss=1)", "<style>*{display:none}</style>",
	"`<b>x</b>`", "**<img src=x onerror=window.xss=1>**", "<details open ontoggle=window.xss=1>", "<math><mtext><img src onerror=window.xss=1>", "&lt;script&gt;window.xss=1&lt;/script&gt;",
	"<form action=//evil.example><input name=token>", "<base href=//evil.example/>", "<meta http-equiv=refresh content=0;url=//evil.example>", "<javascript:window.xss=1>", "[x](\tjavascript:window.xss=1)", "[x](JaVaScRiPt:window.xss=1)", "\u202Eevil\u202C",
];
const RUNBOOK = `---
runbook: evil
service: checkout
answers: [{alertname: Evil}]
---
# ${EVIL[0]}

${EVIL.join("\n\n")}

> ${EVIL[1]}

- ${EVIL[2]}
- [${EVIL[1]}](https://example.com/"onmouseover="window.xss=1)

| ${EVIL[0]} | x |
|---|---|
| ${EVIL[1]} | [x](javascript:window.xss=1) |

\`\`\`html ${EVIL[0].replace(/[`]/g, "")}
${EVIL.join("\n")}
\`\`\`

\`\`\`check evil
run: [/bin/echo, "<img src=x onerror=window.xss=1>"]
expect: "exit == 3"
otherwise: stop
\`\`\`
`;

/* Nothing but what we make: no foreign element, no handler, no address of another kind. */
// first: it takes longest
function foreign() {
	const out = [];
	for (const e of document.querySelectorAll("#app *")) {
		if (/^(script|img|iframe|object|embed|base|meta|link|style|video|audio|math|foreignobject)$/i.test(e.tagName)) out.push(e.outerHTML);
		for (const a of e.attributes) if (/^on|^srcdoc$|^formaction$/i.test(a.name)) out.push(`${e.tagName} ${a.name}`);
		const href = e.getAttribute("href");
		if (href !== null && !/^(\/|#|https?:|mailto:)/.test(href)) out.push(`href ${href}`);
		if (href && /^https?:|^mailto:/.test(href) && !/noopener/.test(e.rel)) out.push(`rel ${href}`);
	}
	if (window.xss) out.push("a script ran");
	return out;
}

await run({
	"T5: what outsiders write is text everywhere": async () => {
		const server = await Server.start({ ...SHOP, "runbooks/evil.md": RUNBOOK });
		const context = await chrome.newContext();
		try {
			await server.fire(EVIL.map((evil, i) => ({ labels: { alertname: i % 3 ? "Evil" : evil, service: "checkout", severity: "critical", instance: evil }, annotations: { summary: evil, description: evil, runbook: evil },
				generatorURL: i % 2 ? "javascript:window.xss=1" : "https://example.com/\"onclick=window.xss=1" })));
			const { items } = await server.get("/v1/incidents");
			const evil = items.find((i) => i.title.startsWith("Evil"));
			for (const text of EVIL) await server.post(`/v1/incidents/${evil.id}/notes`, { text });
			await server.as(server.token_for("ana", "operator", "person:ana")).post(`/v1/services/checkout/hands-on`, { for: "10m", why: EVIL[1] });
			await server.post("/v1/stop-all", { text: EVIL[0] });
			const page = await open(context, server.page("/"));
			await page.locator(".card, .row").first().waitFor();
			for (const where of ["/", "/incidents", `/incidents/${evil.id}?trail=all`, `/incidents/${items[0].id}`, "/alerts", "/runbooks", "/runbooks/evil", "/services/checkout", "/ourselves", `/authority?service=${encodeURIComponent(EVIL[1])}`, `/incidents?q=${encodeURIComponent(EVIL[0])}`, `/services/${encodeURIComponent(EVIL[2])}`]) {
				await page.goto(server.url + where);
				await page.locator("main h1, main .failed").first().waitFor({ state: "attached" });
				await sleep(400);
				const found = await page.evaluate(foreign);
				check(found.length === 0, `${where}: ${found.join("\n")}`);
				const failed = await page.locator(".failed").allTextContents();
				check(!failed.some((t) => t.includes("CSRF")), `${where} asked before it knew who is here: ${failed}`);
			}
			check(page.wrong.length === 0, page.wrong.join("\n"));
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"without a script an incident is read, and what outsiders write is text": async () => {
		const server = await Server.start(SHOP);
		const context = await chrome.newContext({ javaScriptEnabled: false });
		try {
			const page = await context.newPage();
			await server.fire(EVIL.map((evil) => ({ labels: { alertname: "Evil", service: "checkout", severity: "critical", instance: evil }, annotations: { summary: evil } })));
			const { items: [evil] } = await server.get("/v1/incidents");
			for (const text of EVIL) await server.post(`/v1/incidents/${evil.id}/notes`, { text });
			await page.goto(`${server.url}/incidents/${evil.id}`);
			check(!(await page.content()).includes("checkout"), "somebody who is not signed in is told of it");
			await page.getByLabel("or a token").fill("flt_wrong");
			await page.getByRole("button", { name: "Sign in" }).click();
			await page.locator(".wrong").waitFor();
			await page.getByLabel("or a token").fill(server.token);
			await page.getByRole("button", { name: "Sign in" }).click();
			await page.getByRole("heading", { name: "What happened" }).waitFor();
			check(new URL(page.url()).pathname === `/incidents/${evil.id}`, `it came back to ${page.url()}`);
			const text = await page.locator("main").textContent();
			for (const part of ["Evil", "checkout", "ops", "Opened", "Alerts that fire", ...EVIL]) check(text.includes(part), `it does not tell '${part}'`);
			const found = await page.evaluate(foreign);
			check(found.length === 0, found.join("\n"));
			await page.getByRole("link", { name: "All open incidents" }).click();
			await page.getByRole("link", { name: /Evil/ }).first().waitFor();
			check((await page.evaluate(foreign)).length === 0, "the list has foreign parts");
			const missing = await page.goto(`${server.url}/incidents/999`);
			check(missing.status() === 404, `999 is ${missing.status()}`);
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"a channel is tried, and what its provider answers is text": async () => {
		const sent = [];
		const provider = http.createServer((request, response) => {
			request.resume().on("end", () => { sent.push(request.url); response.end(EVIL.slice(0, 12).join("\n")); });
		});
		await new Promise((done) => provider.listen(0, "127.0.0.1", done));
		const server = await Server.start({ ...SHOP, "production.yaml": SHOP["production.yaml"].replace("127.0.0.1:9/", `127.0.0.1:${provider.address().port}/hook`) });
		const context = await chrome.newContext({ viewport: { width: 360, height: 740 } });
		try {
			const page = await open(context, server.page("/channels"));
			await page.getByRole("button", { name: "Preview" }).click();
			await page.getByRole("button", { name: "Show" }).click();
			await page.getByText("What would go out").waitFor();
			check(/QueueStuck/.test(await page.locator(".tried pre").first().textContent()), "a preview shows the sample");
			check(sent.length === 0, "a preview sends nothing");
			await page.getByRole("button", { name: "Test" }).click();
			await page.getByLabel("To whom").fill("ana");
			await page.getByRole("button", { name: "Send it" }).click();
			await page.getByText("What was answered").waitFor();
			check(sent.length === 1 && sent[0] === "/hook", `it sent ${sent}`);
			const text = await page.locator(".tried").textContent();
			check(text.includes("taken") && text.includes("status 200") && text.includes(EVIL[0]), `it shows ${text}`);
			const found = await page.evaluate(foreign);
			check(found.length === 0, found.join("\n"));
			check(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), "it scrolls sideways");
		} finally {
			await context.close();
			await server.stop();
			provider.close();
		}
	},

	"one tap acknowledges, without a script, on a phone": async () => {
		let link = "";
		const provider = http.createServer((request, response) => {
			let body = "";
			request.on("data", (part) => { body += part; }).on("end", () => { link ||= JSON.parse(body).data.acknowledge ?? ""; response.end(); });
		});
		await new Promise((done) => provider.listen(0, "127.0.0.1", done));
		const server = await Server.start({ ...SHOP, "production.yaml": SHOP["production.yaml"].replace("127.0.0.1:9/", `127.0.0.1:${provider.address().port}/hook`) });
		const context = await chrome.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 }, hasTouch: true });
		try {
			await server.fire([{ labels: { alertname: "Slow", service: "search" } }]);
			for (let i = 0; i < 100 && !link; i++) await sleep(100);
			check(link, "no link was sent");
			const page = await context.newPage();
			await page.goto(server.url + new URL(link).pathname);
			const button = page.getByRole("button", { name: "Acknowledge" });
			const box = await button.boundingBox();
			check(box.height >= 48 && box.width >= 280 && box.x >= 0 && box.x + box.width <= 360, `the button is ${JSON.stringify(box)}`);
			const at = async () => (await server.get("/v1/incidents")).items[0];
			check(!(await at()).acknowledged, "looking at it acknowledged");
			await button.tap();
			await page.getByRole("heading", { name: "It is yours" }).waitFor();
			check((await at()).acknowledged_by.startsWith("person:"), `it is ${(await at()).acknowledged_by}'s`);
		} finally {
			await context.close();
			await server.stop();
			provider.close();
		}
	},

	"axe finds nothing on any page, in both themes, at three widths": async () => {
		const live = await demo();
		const found = [];
		try {
			const handoff = (await live.get("/v1/handoffs")).items[0];
			const pages = ["/incidents/3", "/incidents/4?trail=all", "/alerts", "/alerts?silences=all", "/handoffs", `/handoffs/${handoff.id}`, "/services", "/services/shop", "/runbooks", "/runbooks/shop-runbook",
				"/authority?service=shop&ask=who-can&action=restart-shop", "/authority?ask=may&service=ledger&action=empty-spool&principal=automation", "/authority", "/authority?rule=production.yaml%3A65", "/schedules", "/channels", "/ourselves", "/incidents/999"];
			for (const colorScheme of ["light", "dark"]) {
				const context = await chrome.newContext({ colorScheme, bypassCSP: true, viewport: { width: 1280, height: 800 } });
				const page = await open(context, live.page("/"));
				await page.locator(".card").first().waitFor();
				for (const where of pages) {
					await page.goto(live.url + where);
					await page.locator("main h1, main h2").first().waitFor({ state: "attached" }).catch(() => found.push(`${where} ${colorScheme}: has no heading`));
					await sleep(250);
					await page.evaluate(AxeSource.source);
					for (const width of [1280, 800, 360]) {
						await page.setViewportSize({ width, height: 800 });
						const { violations } = await page.evaluate(() => window.axe.run());
						for (const v of violations) found.push(`${where} ${colorScheme} ${width}: ${v.id}: ${v.nodes.map((n) => n.html).join(" | ").slice(0, 300)}`);
						if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${where} at ${width} scrolls sideways`);
					}
				}
				await context.close();
			}
		} finally {
			await live.stop();
		}
		check(found.length === 0, found.join("\n"));
	},
}, () => chrome.close());
