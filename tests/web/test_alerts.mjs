/* Alerts: groups that the server counts, page by page, live, by filters that stand in the address. */
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const chrome = await browser();
const config = { "production.yaml": SHOP["production.yaml"] };
const alert = (alertname, n, more = {}) => ({ labels: { alertname, n: String(n), service: ["checkout", "payments", "search"][n % 3], env: "production", ...more }, annotations: { summary: `${alertname} it is` } });
const many = (name, n, more) => Array.from({ length: n }, (_, i) => alert(name, i, more));
const head = (page) => page.locator(".page-head .muted").innerText();
const headed = (page, text) => until(async () => (await head(page)).startsWith(text), text).catch(async () => { throw new Error(`${await head(page)}, not ${text}`); });
const groups = (page) => page.locator("article.alert-group h2").allTextContents();

async function on(fired, f) {
	const server = await Server.start(config);
	for (let i = 0; i < fired.length; i += 1000) await server.fire(fired.slice(i, i + 1000));
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
	try {
		const page = await open(context, server.page("/alerts"));
		page.answers = [];
		page.on("response", async (r) => page.answers.push({ url: r.url(), bytes: (await r.body().catch(() => "")).length }));
		await page.locator(".page-head .muted").waitFor();
		await f(page, server);
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
		await server.stop();
	}
}

await run({
	"A1: groups say what their alerts share once, and what differs in each": () => on([...many("Disk", 30), ...many("Slow", 5, { zone: "b" })], async (page) => {
		await headed(page, "35 alerts in 2 groups");
		check((await groups(page)).join() === "Disk,Slow", "the larger of one severity first");
		const slow = page.locator("article.alert-group", { hasText: "Slow" });
		check((await slow.locator("> .labels .label").allInnerTexts()).join() === "env: production,zone: b", "shared");
		check((await slow.locator(".alert-row").count()) === 3, "the first three");
		check((await slow.locator(".alert-row .label").first().innerText()).startsWith("n: "), "what differs");
		check((await slow.getByRole("link", { name: "All 5" }).count()) === 1, "and all of them are a click away");
	}),
	"A2: filters, words, state and grouping stand in the address": () => on([...many("Disk", 6), ...many("Slow", 3)], async (page, server) => {
		await page.getByLabel("Group by another label").selectOption({ label: "service" });
		await headed(page, "9 alerts in 6 groups");
		await page.getByRole("button", { name: "Do not group by alertname" }).click();
		await headed(page, "9 alerts in 3 groups");
		await page.locator("article.alert-group", { hasText: "payments" }).getByRole("button", { name: "alertname: Disk" }).first().click();
		await headed(page, "6 alerts in 3 groups");
		await page.getByLabel("Words in labels").fill("disk SEARCH");
		await page.getByRole("button", { name: "Filter", exact: true }).click();
		await headed(page, "2 alerts in 1 group");
		await page.getByRole("button", { name: "all", exact: true }).click();
		const address = page.url();
		check(/filter=alertname.*Disk/.test(decodeURIComponent(address)) && /by=service/.test(address) && /q=disk/.test(address) && /state=all/.test(address), address);
		const other = await open(page.context(), server.page(new URL(address).pathname + new URL(address).search));
		await headed(other, "2 alerts in 1 group");
		await until(async () => (await other.locator(".alert-row").count()) === 2, "one group is open");
		await page.getByRole("button", { name: "Clear" }).click();
		await headed(page, "9 alerts in 3 groups");
		await page.goBack();
		await headed(page, "2 alerts in 1 group");
	}),
	"A3: of thousands only what is shown is read, and more by scrolling": () => on([...many("Many", 3000), ...Array.from({ length: 60 }, (_, i) => alert(`Odd${i}`, i))], async (page, server) => {
		await headed(page, "3,060 alerts in 61 groups");
		check((await groups(page)).length === 20, "a page of groups");
		check((await groups(page))[0] === "Many", "the largest first");
		await until(async () => { await page.locator(".more").scrollIntoViewIfNeeded({ timeout: 500 }).catch(() => {}); return (await groups(page)).length === 61; }, "all groups");
		check(new Set(await groups(page)).size === 61, "each once");
		await page.getByRole("link", { name: "All 3,000" }).click();
		await headed(page, "3,000 alerts in 1 group");
		await page.getByText("200 of 3,000 are here").waitFor();
		const list = page.getByRole("list", { name: "Alerts" });
		await until(async () => { await page.locator("main").evaluate((m) => m.scrollTo(0, m.scrollHeight)); return page.getByText("600 of 3,000").isVisible(); }, "more of them");
		check((await list.getByRole("listitem").count()) < 120, "only what is in view is drawn");
		const largest = Math.max(...page.answers.map((a) => a.bytes));
		check(largest < 400_000, `an answer has ${largest} bytes`);
		check(!page.answers.some((a) => a.url.includes("/api/v2/")), "not all of them at once");
		await server.fire([alert("Many", 5000)]);
		await headed(page, "3,001 alerts in 1 group");
	}),
	"A4: what fires, is held and ends is seen without a reload": () => on([...many("Disk", 6), ...many("Slow", 3)], async (page, server) => {
		await headed(page, "9 alerts in 2 groups");
		await server.fire([alert("Fresh", 1)]);
		await headed(page, "10 alerts in 3 groups");
		await page.locator("article.alert-group a", { hasText: "Slow" }).focus();
		await page.keyboard.press("s");
		const dialog = page.getByRole("dialog");
		await dialog.getByText("It would hold 3 alerts").waitFor();
		await dialog.getByText("Slow (3)").waitFor();
		await dialog.getByLabel("Why").fill("known");
		await dialog.getByRole("button", { name: "Silence" }).click();
		await headed(page, "7 alerts in 2 groups");
		await page.getByRole("button", { name: "held", exact: true }).click();
		await headed(page, "3 alerts in 1 group");
		await until(async () => (await page.locator(".alert-row", { hasText: "held" }).count()) === 3, "they say so");
		await page.keyboard.press("z");
		await headed(page, "0 alerts in 0 groups");
		await page.getByText("No alert is held").waitFor();
		await page.getByRole("button", { name: "active", exact: true }).click();
		await server.post("/api/v2/alerts", many("Slow", 3).map((a) => ({ ...a, endsAt: new Date(Date.now() - 1000).toISOString() })));
		await headed(page, "7 alerts in 2 groups");
	}),
	"A5: a question that cannot be asked says why, and the last day is shown": () => on([...many("Disk", 3), ...many("Slow", 2)], async (page) => {
		await page.locator("article .history .on").first().waitFor();
		check(/Open in \d+ of the last 24 hours/.test(await page.getByRole("img").first().getAttribute("aria-label")), "told in words");
		await page.getByLabel("Filter by labels").fill("severity");
		await page.getByRole("button", { name: "Filter", exact: true }).click();
		await page.getByText("'severity' is no matcher").waitFor();
		await page.getByRole("button", { name: "Clear" }).click();
		await headed(page, "5 alerts in 2 groups");
		await page.getByText("'severity' is no matcher").waitFor({ state: "detached" });
	}),
	"A6: whatever is silenced is listed with who and why, and anybody ends it": () => on([...many("Disk", 3), ...many("Slow", 2)], async (page, server) => {
		const made = (name, value, more = {}) => server.post("/v1/silences", { matchers: [{ name, value, isRegex: true, isEqual: true }],
			startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 720 * 3_600_000).toISOString(), createdBy: "amtool", comment: "<b>for a month</b>, by mistake", ...more });
		const { silence } = await made("alertname", "Di.*");
		await made("n", "7", { startsAt: new Date(Date.now() + 3_600_000).toISOString() });
		await headed(page, "2 alerts in 1 group");
		await page.getByRole("link", { name: "Silences" }).click();
		await headed(page, "1 holds now");
		const row = page.getByRole("listitem").filter({ hasText: 'alertname=~"Di.*"' });
		await row.getByText("amtool (local-admin): <b>for a month</b>, by mistake").waitFor();
		await page.getByRole("listitem").filter({ hasText: 'n=~"7"' }).getByText("begins later").waitFor();
		await row.getByRole("link").click();
		await headed(page, "3 alerts in 1 group");
		await page.goBack();
		await row.getByRole("button").click();
		await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
		await headed(page, "0 hold now");
		await page.getByText("1 over").click();
		await row.getByText("over", { exact: true }).waitFor();
		check(Date.parse((await server.get(`/v1/silences/${silence.uuid}`)).ends_wall) <= Date.now() + 1000, "it holds still");
		/* Somebody makes one elsewhere: it is there. */
		await made("alertname", "Slow");
		await headed(page, "1 holds now");
		await page.getByRole("link", { name: "Alerts", exact: true }).last().click();
		await headed(page, "3 alerts in 1 group");
	}),
}, () => chrome.close());
