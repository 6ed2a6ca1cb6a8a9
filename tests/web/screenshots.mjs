/*
 * make screenshots: every page, calm, busy and in a storm, light, dark and on a phone, into
 * a folder outside of the repository (default /tmp/firstline-screenshots).
 */
import { mkdirSync } from "node:fs";
import { browser, demo, open, Server, sleep } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const out = process.argv[2] ?? "/tmp/firstline-screenshots";
mkdirSync(out, { recursive: true });
const chrome = await browser();
const LOOKS = { light: { colorScheme: "light", viewport: { width: 1280, height: 800 } }, dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
	phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } };

async function shoot(state, server, pages) {
	for (const [look, options] of Object.entries(LOOKS)) {
		const context = await chrome.newContext({ ...options, locale: "en-GB" });
		const page = await open(context, server.page("/"));
		await page.locator("main h1").first().waitFor({ state: "attached" });
		for (const [name, where] of Object.entries(pages)) {
			if (where !== "/") await page.goto(server.url + where);
			await sleep(900);
			await page.screenshot({ path: `${out}/${name}-${state}-${look}.png` });
		}
		await context.close();
	}
	console.log(`${state}: done`);
}
const ALL = { board: "/", incidents: "/incidents", alerts: "/alerts", handoffs: "/handoffs", services: "/services", runbooks: "/runbooks", authority: "/authority", schedules: "/schedules", channels: "/channels", ourselves: "/ourselves" };

try {
	const calm = await Server.start(SHOP);
	await shoot("calm", calm, ALL);
	for (let i = 0; i < 400; i += 100) await calm.fire(Array.from({ length: 100 }, (_, k) => ({ labels: { alertname: k % 7 ? "HostDown" : `Odd${k % 3}`, service: ["checkout", "payments", "search"][k % 3], instance: `web-${i + k}`, fault: `${i + k}` } })));
	await shoot("storm", calm, { board: "/", incidents: "/incidents", alerts: "/alerts" });
	await calm.stop();
	const busy = await demo();
	const handoff = (await busy.get("/v1/handoffs")).items[0];
	await shoot("busy", busy, { ...ALL, incident: "/incidents/3", refused: "/incidents/4", handoff: `/handoffs/${handoff.id}`, service: "/services/shop", runbook: "/runbooks/shop-runbook", may: "/authority?ask=may&service=ledger&action=empty-spool&principal=automation" });
	await busy.stop();
} finally {
	await chrome.close();
}
