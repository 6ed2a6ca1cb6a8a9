/*
 * make screenshots: every page, empty, calm, busy and in a storm, light, dark, in high
 * contrast of three kinds and on a phone, printed and without a script, into a folder outside of the
 * repository (default /tmp/firstline-screenshots).
 */
import { mkdirSync } from "node:fs";
import { browser, demo, open, Server, sleep, until } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const out = process.argv[2] ?? "/tmp/firstline-screenshots";
mkdirSync(out, { recursive: true });
const chrome = await browser();
const desk = { viewport: { width: 1280, height: 800 } };
const LOOKS = { light: { colorScheme: "light", ...desk }, dark: { colorScheme: "dark", ...desk }, contrast: { theme: "contrast", ...desk },
	more: { contrast: "more", ...desk }, forced: { forcedColors: "active", ...desk },
	phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } };

async function shoot(state, server, pages) {
	await Promise.all(Object.entries(LOOKS).map(async ([look, { theme, ...options }]) => {
		const context = await chrome.newContext({ ...options, locale: "en-GB" });
		if (theme) await context.addInitScript((t) => localStorage.setItem("firstline.theme", t), theme);
		const page = await open(context, server.page("/"));
		await page.locator("main h1").first().waitFor({ state: "attached" });
		for (const [name, where] of Object.entries(pages)) {
			if (where !== "/") await page.goto(server.url + where);
			await sleep(900);
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
			await sleep(700);
			await page.screenshot({ path: `${out}/${name}-busy-${look}.png`, fullPage: true });
		}
		await context.close();
	}
	console.log("printed: done");
}
const ALL = { board: "/", incidents: "/incidents", alerts: "/alerts", handoffs: "/handoffs", services: "/services", runbooks: "/runbooks", authority: "/authority", schedules: "/schedules", channels: "/channels", ourselves: "/ourselves" };

try {
	const shop = await Server.start(SHOP);
	await shoot("empty", shop, ALL);
	await shop.fire([{ labels: { alertname: "Slow", service: "search" } }]);
	await until(async () => (await shop.get("/v1/incidents")).items.length === 1, "an incident");
	await shop.post("/v1/incidents/1/resolve", { text: "seen" });
	await shoot("calm", shop, { board: "/", incidents: "/incidents" });
	/* One trouble on many hosts of many services, and some others beside it. */
	await shop.stop();
	const many = await Server.start({ "production.yaml": SHOP["production.yaml"] + Array.from({ length: 120 }, (_, i) => `  node-${i}: {owner: shop-ops, developers: shop-dev, tier: ${1 + (i % 4)}}\n`).join("") });
	for (let n = 0; n < 1200; n += 200) await many.fire(Array.from({ length: 200 }, (_, k) => ({ labels: { alertname: k % 17 ? "HostDown" : `Odd${k % 5}`, service: `node-${(n + k) % 120}`, instance: `web-${n + k}` }, annotations: { summary: "it does not answer" } })));
	await until(async () => (await many.get("/v1/status")).incidents_open >= 120, "a storm");
	await shoot("storm", many, { board: "/", incidents: "/incidents", alerts: "/alerts", group: `/alerts?filter=${encodeURIComponent('alertname="HostDown"')}` });
	await many.stop();
	const busy = await demo();
	const handoff = (await busy.get("/v1/handoffs")).items[0];
	await shoot("busy", busy, { ...ALL, incident: "/incidents/3", refused: "/incidents/4", handoff: `/handoffs/${handoff.id}`, service: "/services/shop", runbook: "/runbooks/shop-runbook", may: "/authority?ask=may&service=ledger&action=empty-spool&principal=automation" });
	await plainly(busy, { incident: "/incidents/3", refused: "/incidents/4", handoff: `/handoffs/${handoff.id}` });
	await busy.stop();
} finally {
	await chrome.close();
}
