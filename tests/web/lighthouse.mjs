/*
 * tools/web lighthouse: the board and an incident of the real demonstration, on a phone over
 * slow 4G and on a desk. Fails below 98 for performance, 100 for the rest.
 */
import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";
import { demo, freePort } from "./lib.mjs";

const LEAST = { performance: 98, accessibility: 100, "best-practices": 100 };
const live = await demo();
const port = await freePort();
const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${port}`] });
let failed = 0;
try {
	const signed = await fetch(`${live.url}/v1/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: live.token }) });
	const Cookie = signed.headers.get("set-cookie").split(";")[0];
	for (const [name, where] of [["board", "/"], ["incident", "/incidents/3"]]) {
		for (const [form, config] of [["phone", undefined], ["desk", desktopConfig]]) {
			/* The best of three: other work on this machine only makes it slower. */
			let best = null;
			for (let i = 0; i < 3; i++) {
				const { lhr } = await lighthouse(live.url + where, { port, output: "json", logLevel: "error", extraHeaders: { Cookie }, onlyCategories: Object.keys(LEAST), disableStorageReset: true }, config);
				if (!best || lhr.categories.performance.score > best.categories.performance.score) best = lhr;
				if (best.categories.performance.score >= LEAST.performance / 100) break;
			}
			const scores = Object.keys(LEAST).map((c) => [c, Math.round(best.categories[c].score * 100)]);
			console.log(`${name} ${form}: ${scores.map(([c, s]) => `${c} ${s}`).join(", ")}; first paint ${best.audits["first-contentful-paint"].displayValue}, largest ${best.audits["largest-contentful-paint"].displayValue}, blocked ${best.audits["total-blocking-time"].displayValue}, shift ${best.audits["cumulative-layout-shift"].displayValue}`);
			for (const [c, s] of scores) {
				if (s >= LEAST[c]) continue;
				failed++;
				for (const { id } of best.categories[c].auditRefs) {
					const a = best.audits[id];
					if (a.score !== null && a.score < 1) console.log(`  ${id}: ${a.title} ${a.displayValue ?? ""} ${JSON.stringify(a.details?.items ?? "").slice(0, 300)}`);
				}
			}
		}
	}
} finally {
	await chrome.close();
	await live.stop();
}
process.exit(failed ? 1 : 0);
