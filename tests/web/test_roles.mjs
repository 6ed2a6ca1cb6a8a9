/* What a role does not reach is not offered: neither as a button nor by a key. */
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { BUSY } from "./shop.mjs";

const chrome = await browser();

/* Something of each kind that people do: what waits for a yes, an answer or a permission; what is held, stopped, silenced, stood in for. */
async function busy() {
	const server = await Server.start(BUSY);
	const ana = server.as(server.token_for("ana", "operator", "person:ana"));
	await server.fire([{ labels: { alertname: "Slow", service: "checkout" } }, { labels: { alertname: "Odd", service: "search" } }, { labels: { alertname: "Stuck", service: "payments" } }]);
	const ids = {};
	await until(async () => {
		for (const i of (await server.get("/v1/incidents")).items) ids[i.title.split(/[^A-Za-z]/)[0]] = i.id;
		const whole = await Promise.all(Object.values(ids).map((id) => server.get(`/v1/incidents/${id}`)));
		return whole.length === 3 && whole.filter((w) => w.asked.some((a) => a.state === "approval") || w.runs.some((r) => r.phase === "permit" || r.phase === "answer")).length === 3;
	}, "all three wait for somebody");
	await ana.post("/v1/services/search/hands-on", { for: "1h" });
	await ana.post("/v1/silences", { matchers: [{ name: "alertname", value: "Quiet", isRegex: false }], createdBy: "ana", comment: "known", startsAt: new Date(Date.now() - 1000).toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() });
	await server.post("/v1/overrides", { team: "shop-ops", person: "piotr", to: new Date(Date.now() + 86_400_000).toISOString().slice(0, 19) + "Z" });
	return { server, ids };
}

const PAGES = (ids) => ["/", ...Object.values(ids).map((id) => `/incidents/${id}`), "/incidents", "/alerts", "/alerts?silences=all", "/handoffs", "/services", "/services/search", "/runbooks", "/runbooks/checkout-slow", "/authority", "/schedules", "/channels", "/ourselves"];
const buttons = (page) => page.locator("header.top .stopped:visible, main button:visible");
/* When all of the page has come: the board and an incident come in pieces. */
async function names(page) {
	await page.locator("main h1").first().waitFor({ state: "attached" });
	const where = new URL(page.url()).pathname;
	if (where === "/") {
		await page.locator(".strip").waitFor();
		for (const what of ["Asks you", "Permission", "Approval"]) await page.locator(".why", { hasText: what }).first().waitFor();
	}
	if (where.startsWith("/incidents/")) await page.locator("aside:not([hidden])").waitFor();
	await until(async () => await page.locator("main .loading").count() === 0, "all of it is here").catch(async (error) => { throw new Error(`${error.message}: ${page.url()} ${await page.locator("main").innerText()}`); });
	return buttons(page).evaluateAll((all) => all.map((b) => (b.getAttribute("aria-label") ?? b.textContent).trim()));
}

async function pageOf(server, token) {
	const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
	const page = await open(context, `${server.url}/#token=${token}`);
	await page.locator(".card").first().waitFor();
	page.on("response", (r) => { if (r.status() === 403) page.wrong.push(`${r.request().method()} ${r.url()} was refused`); });
	return page;
}

await run({
	"a viewer finds nothing to press that is refused, and reads why; an operator has all of it": async () => {
		const { server, ids } = await busy();
		try {
			const viewer = await pageOf(server, server.token_for("look", "viewer", "person:piotr")), operator = await pageOf(server, server.token_for("piotr", "operator", "person:piotr"));
			const missed = new Set();
			for (const where of PAGES(ids)) {
				await operator.goto(server.url + where);
				const all = await names(operator);
				check(await operator.getByText(/looks only/).count() === 0, `${where}: an operator is told of a role`);
				await viewer.goto(server.url + where);
				const some = await names(viewer);
				all.filter((n) => !some.includes(n)).forEach((n) => missed.add(n));
				check(some.every((n) => all.includes(n)), `${where}: ${some} but ${all}`);
				for (let n = 0; n < some.length; n++) {
					const button = buttons(viewer).nth(n), name = some[n];
					if (!(await button.isVisible().catch(() => false)) || await button.isDisabled()) continue;
					await button.click();
					await viewer.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))); /* it is drawn */
					const dialog = viewer.locator("dialog[open]");
					check(await dialog.count() === 0 || name === "Subscribe", `${where}: '${name}' asks something`);
					if (await dialog.count() > 0) await viewer.keyboard.press("Escape");
					if (viewer.url() !== server.url + where) { await viewer.goto(server.url + where); await names(viewer); }
				}
				check(viewer.wrong.length === 0, `${where}: ${viewer.wrong.join("\n")}`);
			}
			for (const what of ["Acknowledge", "Acknowledge a", "Take in hand", "Hand over h", "Note n", "Resolve r", "Stop runbook c", "Approve", "Deny", "Permit", "Say no", "Answer", "Let go", "Break the glass", "Drill", "Preview", "Test", "Stop everything", "Stand in", "Cover me", "Yes", "No", "End"])
				check([...missed].some((n) => n === what || n.replace(/\s+/g, "") === what.replace(/\s+/g, "")), `an operator has no '${what}', or a viewer has: ${[...missed].join(" | ")}`);
			check([...missed].some((n) => n.startsWith("Silence ")) && [...missed].some((n) => n.startsWith("End the silence")), [...missed].join(" | "));
			await operator.context().close();
			await viewer.context().close();
		} finally {
			await server.stop();
		}
	},

	"a key that a viewer's role does not reach says so, and asks nothing": async () => {
		const { server, ids } = await busy();
		try {
			const viewer = await pageOf(server, server.token_for("look", "viewer", "person:piotr"));
			const press = async (where, keys) => {
				await viewer.goto(server.url + where);
				await names(viewer);
				for (const key of keys) {
					const before = await viewer.locator(".toast.bad").count();
					await viewer.keyboard.press(key);
					const toast = viewer.locator(".toast.bad").getByText("Your role, viewer, looks only: this is done by an operator");
					await until(async () => await toast.count() > Math.min(before, 3) || (before === 4 && await toast.count() === 4), `${where}: ${key} says why not`, 3000);
					check(await viewer.locator("dialog[open]").count() === 0, `${where}: ${key} asks`);
				}
			};
			await press("/", ["a", "t", "h"]);
			await press("/", ["n", "r", "."]);
			await press(`/incidents/${ids.Stuck}`, ["a", "y", "x"]);
			await press(`/incidents/${ids.Slow}`, ["c", "w", "r"]);
			await press("/alerts", ["s"]);
			await press("/services/search", ["t"]);
			/* Nor does the palette offer it, or the list of keys. */
			await viewer.goto(server.url + "/");
			await names(viewer);
			await viewer.keyboard.press("Control+k");
			await viewer.keyboard.type("stop everything");
			await viewer.getByText("Nothing is called that.").waitFor();
			await viewer.keyboard.press("Escape");
			await viewer.keyboard.press("?");
			const keys = viewer.getByRole("dialog", { name: "Keys" });
			await keys.getByText("Duty board").waitFor();
			check(await keys.getByText("Acknowledge").count() === 0, "a key is offered in vain");
			await viewer.keyboard.press("Escape");
			/* All of it stands as it was. */
			const { items } = await server.get("/v1/incidents");
			check(items.every((i) => !i.acknowledged && i.state !== "closed"), JSON.stringify(items));
			/* What is stopped is told, without a button. */
			await server.post("/v1/stop-all", { text: "a test" });
			await viewer.locator("header span.stopped").getByText(/All is stopped by/).waitFor();
			check(await viewer.getByRole("button", { name: /resume/i }).count() === 0, "resume is offered");
			check(viewer.wrong.length === 0, viewer.wrong.join("\n"));
			await viewer.context().close();
		} finally {
			await server.stop();
		}
	},
}, () => chrome.close());
