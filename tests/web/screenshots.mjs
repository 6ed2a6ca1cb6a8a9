/*
 * make screenshots: every page, empty, calm, busy, at work, in a storm and where clocks change, light, dark, in high
 * contrast of three kinds and on a phone, printed and without a script, into a folder outside of the
 * repository (default /tmp/firstline-screenshots). A second argument names the states to look at, a
 * third in which looks: screenshots.mjs FOLDER empty,work light,phone
 */
import { mkdirSync } from "node:fs";
import http from "node:http";
import { browser, demo, open, Server, sleep, until } from "./lib.mjs";
import { BUSY, SHOP } from "./shop.mjs";

const out = process.argv[2] ?? "/tmp/firstline-screenshots";
const only = process.argv[3]?.split(",");
const wanted = (...states) => !only || states.some((s) => only.includes(s));
mkdirSync(out, { recursive: true });
const chrome = await browser();
const desk = { viewport: { width: 1280, height: 800 } };
const LOOKS = { light: { colorScheme: "light", ...desk }, dark: { colorScheme: "dark", ...desk }, contrast: { theme: "contrast", ...desk },
	more: { contrast: "more", ...desk }, forced: { forcedColors: "active", ...desk },
	phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } };

/* Once nothing is being read, and what was drawn stands. */
async function still(page) {
	await page.locator("main h1, main h2").first().waitFor({ state: "attached", timeout: 10_000 }).catch(() => {});
	await page.locator(".loading").first().waitFor({ state: "detached", timeout: 10_000 }).catch(() => {});
	await sleep(500);
}

const looks = process.argv[4]?.split(",");
for (const look of Object.keys(LOOKS)) if (looks && !looks.includes(look)) delete LOOKS[look];

/* A page: an address, or {at, after}: what is done there before it is looked at. */
async function shoot(state, server, pages, token, more = {}) {
	await Promise.all(Object.entries(LOOKS).map(async ([look, { theme, ...options }]) => {
		const context = await chrome.newContext({ ...options, ...more, locale: "en-GB" });
		if (theme) await context.addInitScript((t) => localStorage.setItem("firstline.theme", t), theme);
		const page = await open(context, token ? `${server.url}/#token=${token}` : server.page("/"));
		await page.locator("main h1").first().waitFor({ state: "attached" });
		for (const [name, where] of Object.entries(pages)) {
			const { at, after } = typeof where === "string" ? { at: where } : where;
			await page.goto(server.url + at);
			await still(page);
			if (after) {
				await after(page);
				await still(page);
			}
			await page.screenshot({ path: `${out}/${name}-${state}-${look}.png` });
		}
		await context.close();
	}));
	console.log(`${state}: done`);
}

/* As it leaves the printer, and as it is read without a script. */
async function plainly(server, pages) {
	for (const [look, javaScriptEnabled] of [["print", true], ["plain", false]]) {
		const context = await chrome.newContext({ javaScriptEnabled, viewport: { width: 794, height: 1123 }, locale: "en-GB" });
		const page = await context.newPage();
		await page.goto(server.page(javaScriptEnabled ? "/" : "/incidents"));
		if (!javaScriptEnabled) {
			await page.screenshot({ path: `${out}/sign-in-busy-plain.png` });
			await page.getByLabel("or a token").fill(server.token);
			await page.getByRole("button", { name: "Sign in" }).click();
		} else {
			await page.locator("main h1").first().waitFor({ state: "attached" });
			await page.emulateMedia({ media: "print" });
		}
		for (const [name, where] of Object.entries(pages)) {
			await page.goto(server.url + where);
			await still(page);
			await page.screenshot({ path: `${out}/${name}-busy-${look}.png`, fullPage: true });
		}
		await context.close();
	}
	console.log("printed: done");
}
const ALL = { board: "/", incidents: "/incidents", alerts: "/alerts", silences: "/alerts?silences=all", handoffs: "/handoffs", services: "/services", runbooks: "/runbooks", authority: "/authority", schedules: "/schedules", channels: "/channels", ourselves: "/ourselves" };

const press = (...keys) => async (page) => { for (const key of keys) await page.keyboard.press(key); };
const click = (name) => async (page) => page.getByRole("button", { name, exact: true }).first().click();

/* Rotations in layers with a gap, a swap that is asked for, somebody who stands in. */
const LAYERS = BUSY["production.yaml"].replace("people:", "people:\n  mei: {name: Mei Lin, email: mei@example.com, zone: Asia/Singapore, reach: [pager]}").replace("escalate: [{to: primary}]", "escalate: [{to: primary, after: 10m}, {to: secondary}]")
	.replace(`rotations: [{name: primary, people: [ana, piotr], every: 1 week, handover: "Mon 09:00"}]`, `rotations:
        - {name: primary, people: [ana, piotr, mei], every: 1 week, handover: "Mon 09:00"}
        - {name: secondary, people: [mei, ana], every: 2 days, handover: "09:00"}
        - {name: nights, people: [piotr, mei], every: 1 week, handover: "Mon 09:00", hours: [{days: mon-thu, from: "22:00", until: "06:00"}]}`);

async function empty() {
	const shop = await Server.start(SHOP);
	if (wanted("empty")) await shoot("empty", shop, ALL);
	await shop.fire([{ labels: { alertname: "Slow", service: "search" } }]);
	await until(async () => (await shop.get("/v1/incidents")).items.length === 1, "an incident");
	await shop.post("/v1/incidents/1/resolve", { text: "seen" });
	if (wanted("calm")) await shoot("calm", shop, { board: "/", incidents: "/incidents", closed: "/incidents/1" });
	await shop.stop();
}

/* One trouble on many hosts of many services, and some others beside it. */
async function storm() {
	const many = await Server.start({ "production.yaml": SHOP["production.yaml"] + Array.from({ length: 120 }, (_, i) => `  node-${i}: {owner: shop-ops, developers: shop-dev, tier: ${1 + (i % 4)}}\n`).join("") });
	for (let n = 0; n < 20_000; n += 1000) await many.fire(Array.from({ length: 1000 }, (_, k) => ({ labels: { alertname: k % 17 || n ? "HostDown" : `Odd${k % 5}`, service: `node-${(n + k) % 120}`, instance: `web-${n + k}` }, annotations: { summary: "it does not answer" } })));
	await until(async () => (await many.get("/v1/status")).incidents_open >= 120, "a storm");
	await shoot("storm", many, { board: "/", unfolded: { at: "/", after: click("Show all") }, incidents: "/incidents", alerts: "/alerts", group: `/alerts?filter=${encodeURIComponent('alertname="HostDown"')}` });
	await many.stop();
}

/* The week in which New York has changed its clocks and Lisbon has not: from there, and from Lisbon. */
async function clocks() {
	const later = Math.round((Date.parse("2027-03-10T12:00:00Z") - Date.now()) / 1000);
	const shop = await Server.start({ ...BUSY, "production.yaml": LAYERS }, { later: later < 0 ? `${later}s` : `+${later}s` });
	const piotr = shop.token_for("piotr", "admin", "person:piotr");
	await shoot("clocks", shop, { schedules: "/schedules", weeks: "/schedules?weeks=12" }, piotr, { timezoneId: "Europe/Lisbon" });
	await shoot("clocks", shop, { abroad: "/schedules" }, piotr, { timezoneId: "America/New_York" });
	await shop.stop();
}

async function busy() {
	const live = await demo();
	const handoff = (await live.get("/v1/handoffs")).items[0];
	if (wanted("busy")) await shoot("busy", live, { ...ALL, incident: "/incidents/3", refused: "/incidents/4", handoff: `/handoffs/${handoff.id}`, service: "/services/shop", runbook: "/runbooks/shop-runbook", may: "/authority?ask=may&service=ledger&action=empty-spool&principal=automation&target=ledger-1", rule: "/authority?rule=production.yaml%3A65" });
	if (wanted("print", "plain", "busy")) await plainly(live, { incident: "/incidents/3", refused: "/incidents/4", handoff: `/handoffs/${handoff.id}` });
	await live.stop();
}

/* What waits for people, what they ask, what is lost; and the page that a link in a message leads to. */
async function work() {
	let link = "";
	const provider = http.createServer((request, response) => {
		let body = "";
		request.on("data", (part) => { body += part; }).on("end", () => { link ||= JSON.parse(body).data?.acknowledge ?? ""; response.end(); });
	});
	await new Promise((done) => provider.listen(0, "127.0.0.1", done));
	const shop = await Server.start({ ...BUSY, "production.yaml": LAYERS.replace(`"http://127.0.0.1:9/"`, `"http://127.0.0.1:${provider.address().port}/hook", digest: never`) });
	const piotr = shop.token_for("piotr", "admin", "person:piotr");
	const long = "a name that nobody shortened-".repeat(6), word = "Unbroken".repeat(14);
	await shop.fire([{ labels: { alertname: "Slow", service: "checkout", instance: "web-1", zone: "eu-1" }, annotations: { summary: "p99 is 4 s" } },
		{ labels: { alertname: "Slow", service: "checkout", instance: "web-2", zone: "eu-2" }, annotations: { summary: "p99 is 4 s" } },
		{ labels: { alertname: "Odd", service: "search" } }, { labels: { alertname: "Stuck", service: "payments" } },
		{ labels: { alertname: word, service: "search", path: `/${word}/${word}`, text: long }, annotations: { summary: long } }]);
	const items = await until(async () => {
		const all = (await shop.get("/v1/incidents")).items;
		return all.length === 4 && all.filter((i) => i.runbook).length === 3 && link && all;
	}, "four incidents, and a message");
	const of = (name) => items.find((i) => i.title.startsWith(name)).id;
	await until(async () => (await shop.get("/v1/asked")).items.length > 0, "an approval");
	await shop.as(piotr).post("/v1/services/checkout/hands-on", { for: "2h", why: "I look at its workers" });
	await shop.post(`/v1/incidents/${of("Odd")}/notes`, { text: "Seen **before**: see [the index](https://example.com/index).\n\n- reindexed\n- waited" });
	const shifts = (await shop.get("/v1/on-call/shifts?from=" + new Date().toISOString().slice(0, 19) + "Z&to=" + new Date(Date.now() + 28 * 86_400_000).toISOString().slice(0, 19) + "Z")).items.filter((s) => s.rotation === "primary");
	const mine = shifts.filter((s) => s.person === "piotr").at(-1), theirs = shifts.filter((s) => s.person === "ana").at(-1);
	await shop.as(piotr).post("/v1/overrides/swap", { team: "shop-ops", rotation: "primary", person: "ana", from: mine.from_wall, to: mine.until_wall, back_from: theirs.from_wall, back_to: theirs.until_wall, why: "a wedding" });
	await shoot("work", shop, { board: "/", permit: `/incidents/${of("Slow")}`, approval: `/incidents/${of("Stuck")}`, question: `/incidents/${of("Odd")}?trail=all`, long: `/incidents/${of("Unbroken")}`,
		deny: { at: `/incidents/${of("Stuck")}`, after: click("Deny") }, over: { at: `/incidents/${of("Odd")}`, after: press("h") }, glass: { at: "/services/checkout", after: click("Break the glass") }, drill: { at: "/runbooks/checkout-slow", after: click("Drill") }, cover: { at: "/schedules", after: click("Cover me") }, silence: { at: "/alerts", after: press("s") }, alerts: "/alerts", schedules: "/schedules", service: "/services/checkout", authority: "/authority", runbook: { at: "/runbooks/checkout-slow", after: click("Dry run") },
		channels: "/channels", palette: { at: "/", after: press("Control+k") }, keys: { at: `/incidents/${of("Odd")}`, after: press("?") }, missing: "/incidents/999", nowhere: "/nowhere" }, piotr);
	const context = await chrome.newContext({ javaScriptEnabled: false, ...LOOKS.phone });
	const page = await context.newPage();
	await page.goto(shop.url + new URL(link).pathname);
	await page.screenshot({ path: `${out}/tap-work-phone.png` });
	await page.getByRole("button", { name: "Acknowledge" }).tap();
	await page.getByRole("heading", { name: "It is yours" }).waitFor();
	await page.screenshot({ path: `${out}/tapped-work-phone.png` });
	await context.close();
	/* Who is not signed in; then the server goes while people look. */
	const watching = await Promise.all(["light", "dark", "phone"].map(async (look) => {
		const there = await open(await chrome.newContext({ ...LOOKS[look], locale: "en-GB" }), `${shop.url}/`);
		await there.getByLabel("Name").waitFor();
		await there.screenshot({ path: `${out}/sign-in-work-${look}.png` });
		await there.goto(`${shop.url}/#token=${piotr}`);
		await there.reload();
		await there.locator(".card").first().waitFor();
		return [look, there];
	}));
	await shop.down();
	for (const [look, there] of watching) {
		await there.locator(".lost").waitFor();
		await there.screenshot({ path: `${out}/lost-work-${look}.png` });
		await there.context().close();
	}
	await shop.up();
	await shop.stop();
	provider.close();
}

try {
	if (wanted("empty", "calm")) await empty();
	if (wanted("storm")) await storm();
	if (wanted("clocks")) await clocks();
	if (wanted("work")) await work();
	if (wanted("busy", "print", "plain")) await busy();
} finally {
	await chrome.close();
}
