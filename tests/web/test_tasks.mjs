/* What people come for, twelve things: by keyboard alone, and by touch at 360 px. */
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { BUSY } from "./shop.mjs";

const chrome = await browser();

/* A server on which something of each kind waits, and Piotr's page. */
async function stage(f, options) {
	const server = await Server.start(BUSY);
	const context = await chrome.newContext(options);
	try {
		const token = server.token_for("piotr", "admin", "person:piotr");
		await server.fire([{ labels: { alertname: "Slow", service: "checkout" }, annotations: { summary: "p99 is 4 s" } },
			{ labels: { alertname: "Odd", service: "search" } }, { labels: { alertname: "Stuck", service: "payments" } },
			{ labels: { alertname: "Alone", service: "search" } }]);
		const incidents = await until(async () => {
			const { items } = await server.get("/v1/incidents");
			return items.length === 4 && items.every((i) => i.runbook || i.needs_person || i.title.startsWith("Alone")) ? items : null;
		}, "four incidents");
		const of = (name) => incidents.find((i) => i.title.startsWith(name)).id;
		const page = await open(context, `${server.url}/#token=${token}`);
		await page.locator(".card").first().waitFor();
		await f({ server, page, of, whole: (name) => server.get(`/v1/incidents/${of(name)}`) });
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
		await server.stop();
	}
}

async function byKeys({ server, page, of, whole }) {
	const k = page.keyboard;
	const press = async (...keys) => { for (const key of keys) await k.press(key); };
	const write = async (text) => { await page.getByRole("dialog").locator("input, textarea").first().waitFor(); await k.type(text); };
	const gone = () => page.locator("dialog[open]").waitFor({ state: "detached" });
	const visit = async (what) => {
		await press("Control+k");
		await k.type(String(what));
		await page.getByRole("option").first().waitFor();
		await press("Enter");
		await page.waitForURL(new RegExp(`/incidents/${what}$`));
		await page.locator(".incident-head").waitFor();
	};

	/* What asks, and what waits for a yes, waits for a person: from the list, and as it comes. */
	for (const name of ["Odd", "Slow"]) {
		const card = page.locator(".lane.person .card", { has: page.locator(`a.cover[href="/incidents/${of(name)}"]`) });
		await card.getByRole("button", { name: name === "Odd" ? "Answer" : "Permit", exact: true }).waitFor();
		check((await server.get("/v1/incidents")).items.find((i) => i.id === of(name)).waiting_run > 0, `${name} has no run that waits`);
	}
	await page.locator(".lane.person").getByText("Which index was changed?").waitFor();
	/* 1 acknowledge what needs a person, on the board */
	await press("j");
	const first = await page.evaluate(() => Number(document.activeElement.pathname.split("/").pop()));
	await press("a");
	await until(async () => (await server.get(`/v1/incidents/${first}`)).incident.acknowledged_by === "person:piotr", "acknowledged");
	/* Once the page knows it too: a key before that takes back what was before. */
	await page.getByRole("button", { name: /Undo|Take back/ }).first().waitFor();
	await press("z");
	await until(async () => !(await server.get(`/v1/incidents/${first}`)).incident.acknowledged, "taken back");
	await page.locator(".card", { has: page.locator(`a.cover[href="/incidents/${first}"]`) }).getByRole("button", { name: "Acknowledge" }).waitFor();
	await press("a");
	await until(async () => (await server.get(`/v1/incidents/${first}`)).incident.acknowledged_by === "person:piotr", "acknowledged again");
	/* 2 open an incident */
	await press("Enter");
	await page.waitForURL(new RegExp(`/incidents/${first}$`));
	/* 3 note */
	await page.locator(".incident-head").waitFor();
	await press("n");
	await write("seen it **before**");
	await press("Control+Enter");
	await gone();
	await page.locator(".said strong").getByText("before").waitFor();
	/* 4 permit a plan, with a reason */
	await visit(of("Slow"));
	await page.getByText("waits for permission").waitFor();
	await press("y");
	await write("it helped last week");
	await press("Control+Enter");
	await gone();
	await until(async () => (await whole("Slow")).attempts.length > 0, "the plan was done");
	/* 5 approve, with a reason */
	await visit(of("Stuck"));
	await page.getByText("asks to clear-queue").waitFor();
	await press("y");
	await write("nothing in it is money");
	await press("Control+Enter");
	await gone();
	await until(async () => (await whole("Stuck")).attempts.length > 0, "the approved action was done");
	/* 6 answer a question */
	await visit(of("Odd"));
	await page.getByRole("heading", { name: "Which index was changed?" }).waitFor();
	await press("y");
	await write("products");
	await press("Control+Enter");
	await gone();
	await until(async () => (await whole("Odd")).runs[0].phase !== "answer", "answered");
	/* 7 take in hand, and take that back */
	await visit(of("Alone"));
	await press("t");
	await page.getByRole("dialog").waitFor();
	await press("Control+Enter");
	await gone();
	await until(async () => (await server.get("/v1/leases")).items.length === 1, "in hand");
	await page.getByText("is in your hands").waitFor();
	await press("z");
	await until(async () => (await server.get("/v1/leases")).items.length === 0, "taken back");
	/* 8 resolve */
	await press("r");
	await write("a test");
	await press("Control+Enter");
	await gone();
	await until(async () => (await whole("Alone")).incident.state === "closed", "resolved");
	/* 9 find it among the closed */
	await press("g", "i");
	await page.getByRole("heading", { name: "Incidents", exact: true }).waitFor();
	const closed = page.getByRole("button", { name: "closed", exact: true });
	for (let i = 0; i < 60 && !(await closed.evaluate((b) => b === document.activeElement)); i++) await press("Tab");
	await press("Enter");
	await page.locator(".list-row").getByText("Alone").waitFor();
	/* 10 ask who may */
	await press("g", "y");
	await page.getByRole("heading", { name: "Authority", exact: true }).waitFor();
	const service = page.getByLabel("On service");
	for (let i = 0; i < 60 && !(await service.evaluate((b) => b === document.activeElement)); i++) await press("Tab");
	await k.type("payments");
	await press("Enter");
	await page.locator("section.panel").getByText("clear-queue").waitFor();
	/* 11 dry run of a runbook */
	await press("g", "r");
	await page.locator("article.card").first().waitFor();
	await press("j", "Enter");
	const dry = page.getByRole("button", { name: "Dry run" });
	await dry.waitFor();
	for (let i = 0; i < 60 && !(await dry.evaluate((b) => b === document.activeElement)); i++) await press("Tab");
	await press("Enter");
	await page.locator("section.panel ol li").first().waitFor();
	/* 12 stop everything, and take that back */
	await press("Control+k");
	await k.type("stop everything");
	await page.getByRole("option", { name: /Stop everything/ }).waitFor();
	await press("Enter");
	await write("a test");
	await press("Control+Enter");
	await until(async () => (await server.get("/v1/status")).stopped, "stopped");
	await page.getByText("All is stopped by").first().waitFor();
	await gone();
	await press("z");
	await until(async () => !(await server.get("/v1/status")).stopped, "resumed");
}

async function byTouch({ server, page, of, whole }) {
	const sheet = page.getByRole("dialog");
	const tap = (name) => page.getByRole("button", { name, exact: true }).first().tap();
	const send = async (text, button) => {
		if (text) await sheet.locator("textarea, input").last().fill(text);
		await sheet.getByRole("button", { name: button, exact: true }).tap();
		await page.locator("dialog[open]").waitFor({ state: "detached" });
	};
	/* 1 one tap */
	const first = await page.locator(".lane.person .card", { has: page.getByRole("button", { name: "Acknowledge" }) }).first().locator("a.cover").getAttribute("href");
	await tap("Acknowledge");
	await until(async () => (await server.get(`/v1${first}`)).incident.acknowledged, "acknowledged in one tap");
	/* 2 */
	await page.locator(`.card a.cover[href="${first}"]`).first().tap();
	await page.locator(".incident-head").waitFor();
	/* 3 */
	await page.locator(".actions").getByRole("button", { name: "Note" }).tap();
	await send("seen it", "Add note");
	await page.locator(".said").waitFor();
	const visit = async (name) => { await page.goto(`${server.url}/incidents/${of(name)}`); await page.locator(".incident-head").waitFor(); };
	/* 4 */
	await visit("Slow");
	await tap("Permit");
	await send("it helped", "Permit");
	await until(async () => (await whole("Slow")).attempts.length > 0, "the plan was done");
	/* 5 */
	await visit("Stuck");
	await tap("Approve");
	await send("fine", "Approve");
	await until(async () => (await whole("Stuck")).attempts.length > 0, "the approved action was done");
	/* 6 */
	await visit("Odd");
	await tap("Answer");
	await send("products", "Answer");
	await until(async () => (await whole("Odd")).runs[0].phase !== "answer", "answered");
	/* 7 */
	await visit("Alone");
	await page.locator(".actions").getByRole("button", { name: "Take in hand" }).tap();
	await send("", "Take it");
	await until(async () => (await server.get("/v1/leases")).items.length === 1, "in hand");
	await page.getByRole("button", { name: /Take back/ }).tap();
	await until(async () => (await server.get("/v1/leases")).items.length === 0, "taken back");
	/* 8 */
	await page.locator(".actions").getByRole("button", { name: "Resolve" }).tap();
	await send("a test", "Resolve");
	await until(async () => (await whole("Alone")).incident.state === "closed", "resolved");
	/* 9 */
	await page.locator("nav.rail").getByRole("link", { name: /Incidents/ }).tap();
	await page.getByRole("button", { name: "closed", exact: true }).tap();
	await page.locator(".list-row").getByText("Alone").waitFor();
	/* 10 */
	await tap("More");
	await page.locator("nav.rail").getByRole("link", { name: /Authority/ }).tap();
	await page.getByLabel("On service").fill("payments");
	await tap("Ask");
	await page.locator("section.panel").getByText("clear-queue").waitFor();
	/* 11 */
	await tap("More");
	await page.locator("nav.rail").getByRole("link", { name: /Runbooks/ }).tap();
	await page.locator("article.card a.cover").first().tap();
	await tap("Dry run");
	await page.locator("section.panel ol li").first().waitFor();
	/* 12 */
	await tap("More");
	await page.locator("nav.rail").getByRole("link", { name: /Ourselves/ }).tap();
	await tap("Stop everything");
	await send("a test", "Stop all");
	await until(async () => (await server.get("/v1/status")).stopped, "stopped");
	await page.getByRole("button", { name: /Take back/ }).tap();
	await until(async () => !(await server.get("/v1/status")).stopped, "resumed");
	check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
}

/* A name of digits is a name: the card leads to it, and what is promoted is it. */
async function numbered() {
	const server = await Server.start({ ...BUSY, "runbooks/12.md": BUSY["runbooks/permit.md"].replace("checkout-slow", "12").replace("Slow", "Slower").replace("ceiling: plan", "ceiling: auto").replace("# Checkout is slow", "# Number twelve") });
	const context = await chrome.newContext();
	try {
		const token = server.token_for("piotr", "lead", "person:piotr");
		const trust = async () => (await server.get("/v1/trust?runbook=12")).items[0];
		await server.as(token).post("/v1/trust/12/promote", { service: "checkout", level: "step", digest: (await trust()).digest, why: "slowly" });
		const page = await open(context, `${server.url}/runbooks#token=${token}`);
		await page.getByRole("link", { name: "Number twelve" }).click();
		await page.waitForURL(/\/runbooks\/12$/);
		await page.getByRole("button", { name: "Promote to plan" }).click();
		await page.getByRole("dialog").locator("textarea").fill("it helped");
		await page.getByRole("dialog").getByRole("button", { name: "Promote" }).click();
		await until(async () => (await trust()).level === "plan", "promoted");
		await page.getByRole("button", { name: "Promote to veto" }).waitFor();
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
		await server.stop();
	}
}

await run({
	"a runbook whose name is a number is promoted": numbered,
	"twelve tasks by keyboard alone": () => stage(byKeys, { viewport: { width: 1280, height: 800 } }),
	"twelve tasks by touch at 360 px": () => stage(byTouch, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }),
}, () => chrome.close());
