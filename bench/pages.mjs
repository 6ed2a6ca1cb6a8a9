/*
 * pages board|alerts URL TOKEN -- what somebody waits for on the pages of a busy server, in
 * Debian's Chromium. Prints one JSON object, all figures in ms:
 *
 *	board: paint, board   from asking for the board to its first paint, to its first incident
 *	       key            from a key to the frame that shows what came of it, p95
 *	       live           from the answer that an alert is durable to the frame that counts it, p95
 *	alerts: alerts        from asking for all alerts to the first that are shown
 *	       filtered       from asking for one group of them to its first line
 *	       scrolled       from a turn of the wheel to its frame, p95
 */
import { chromium } from "../tests/web/node_modules/playwright-core/index.mjs";

const [what, url, token] = process.argv.slice(2);
const KEYS = 60, FRESH = 20, OPENED = 5, TURNS = 40;
/* The browser tells of no event that took less. */
const TOLD_MS = 16;
const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/* Runs in the page. */
function watch() {
	/* When what is looked for stands in a frame: by the page's clock, by the wall's. */
	window.shown = (find) => new Promise((done) => {
		const look = () => {
			if (!find()) return false;
			changes.disconnect();
			requestAnimationFrame(() => setTimeout(() => done({ since: performance.now(), at: Date.now() }), 0));
			return true;
		};
		const changes = new MutationObserver(look);
		if (!look()) changes.observe(document, { subtree: true, childList: true, characterData: true });
	});
	window.told = [];
	new PerformanceObserver((list) => {
		for (const e of list.getEntries()) if (e.name === "keydown" || e.name === "wheel") window.told.push(e.duration);
	}).observe({ type: "event", durationThreshold: 16 });
}

/* The p95 of n events, each begun by act(i). */
async function events(page, n, act) {
	await page.evaluate(() => { window.told.length = 0; });
	for (let i = 0; i < n; i++) {
		await act(i);
		await sleep(40);
	}
	await sleep(300);
	const told = await page.evaluate(() => window.told);
	return quantile([...told, ...Array.from({ length: Math.max(0, n - told.length) }, () => TOLD_MS)], 0.95);
}

async function fire(name) {
	const now = Date.now();
	const answer = await fetch(`${url}/api/v2/alerts`, { method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
		body: JSON.stringify([{ labels: { alertname: name, service: "bench", severity: "critical", id: name }, annotations: {},
			startsAt: new Date(now).toISOString(), endsAt: new Date(now + 3_600_000).toISOString() }]) });
	if (!answer.ok) throw new Error(`an alert was answered with ${answer.status}`);
	return Date.now();
}

const shownOf = (page, selector) => page.evaluate((s) => window.shown(() => document.querySelector(s)), selector);

async function board(page) {
	/* As somebody comes back to it: signed in, the scripts in the browser's store. */
	const opened = [];
	for (let i = 0; i < OPENED; i++) {
		await page.goto(`${url}/`);
		const { since } = await shownOf(page, "[data-item]");
		opened.push({ since, paint: await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime) });
	}
	/* None of them folded. */
	for (const more of await page.getByRole("button", { name: "Show all" }).all()) await more.click();
	const drawn = await page.locator("[data-item]").count();
	const key = await events(page, KEYS, (i) => page.keyboard.press("jjjjjk"[i % 6]));
	/* The number beside the page's name counts them, wherever the new one is drawn. */
	const live = [], count = () => page.locator("nav b.count").first().innerText().then(Number);
	for (let i = 0; i < FRESH; i++) {
		const before = await count();
		const seen = page.evaluate((n) => window.shown(() => Number(document.querySelector("nav b.count").textContent) > n), before);
		const durable = await fire(`Fresh${i}`);
		live.push(Math.max(0, (await seen).at - durable));
	}
	return { paint: quantile(opened.map((o) => o.paint), 0.5), board: quantile(opened.map((o) => o.since), 0.5), key, live: quantile(live, 0.95), drawn };
}

async function alerts(page) {
	await page.goto(`${url}/alerts`);
	const { since } = await shownOf(page, ".alert-group");
	await page.goto(`${url}/alerts?filter=${encodeURIComponent('alertname="LoadTest01"')}`);
	const filtered = await shownOf(page, "section .alert-row");
	await page.mouse.move(700, 600);
	const scrolled = await events(page, TURNS, () => page.mouse.wheel(0, 900));
	return { alerts: since, filtered: filtered.since, scrolled, head: await page.locator(".page-head .muted").innerText() };
}

const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
	const context = await chrome.newContext({ viewport: { width: 1440, height: 900 } });
	await context.addInitScript(watch);
	const page = await context.newPage();
	await page.goto(`${url}/#token=${token}`);
	await page.locator(".ribbon, .calm, [data-item]").first().waitFor({ timeout: 60_000 });
	console.log(JSON.stringify(await (what === "board" ? board : alerts)(page)));
} finally {
	await chrome.close();
}
