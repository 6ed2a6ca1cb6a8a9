/*
 * tools/web lighthouse: the board and an incident of the real demonstration, on a phone over
 * slow 4G and on a desk. Fails below 98 for performance, 100 for the rest.
 *
 * What is loaded once is judged twice for the phone: with the four times slower processor that
 * Lighthouse takes for granted, which fits a fast desk, and with what its calculator says for
 * the machine at hand. The latter counts; on a machine with other work to do the former tells
 * of that work.
 */
import lighthouse, { auditFlowArtifacts, desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";
import { demo, freePort, sleep } from "./lib.mjs";

const LEAST = { performance: 98, accessibility: 100, "best-practices": 100 };
const RUNS = 5; /* the best counts: other work on this machine only makes it slower */
const PATIENCE_MS = 100_000; /* for one of them; Lighthouse's own for a page is 45 s */

/* Lighthouse's docs/throttling.md and the calculator that it names: how many times slower than a
 * machine of this benchmarkIndex its mid-tier phone is. */
function slowdown(index) {
	if (index >= 1300) return 3 + (index - 1300) / 233;
	if (index >= 800) return 2 + (index - 800) / 500;
	return 1 + Math.max(0, index - 150) / 650;
}

async function once(url, Cookie, config) {
	const port = await freePort();
	const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${port}`] });
	try {
		const flags = { port, output: "json", logLevel: "error", extraHeaders: { Cookie }, onlyCategories: Object.keys(LEAST), disableStorageReset: true };
		const run = lighthouse(url, flags, config);
		run.catch(() => {}); /* it may come after its time */
		const found = await Promise.race([run, sleep(PATIENCE_MS).then(() => null)]);
		if (!found) throw new Error(`no answer within ${PATIENCE_MS / 1000} s`);
		const { lhr, artifacts } = found, index = lhr.environment.benchmarkIndex;
		if (config) return { plain: lhr, judged: lhr, index, times: 1 };
		const times = Math.round(slowdown(index) * 10) / 10, throttling = { ...lhr.configSettings.throttling, cpuSlowdownMultiplier: times };
		const again = await auditFlowArtifacts({ name: url, gatherSteps: [{ name: url, flags: { ...flags, throttling }, artifacts: { ...artifacts, settings: { ...artifacts.settings, throttling } } }] });
		return { plain: lhr, judged: again.steps[0].lhr, index, times };
	} finally {
		await Promise.race([chrome.close(), sleep(5000)]);
	}
}

const score = (lhr, category = "performance") => Math.round(lhr.categories[category].score * 100);
const said = ({ audits: a }) => `first paint ${a["first-contentful-paint"].displayValue}, largest ${a["largest-contentful-paint"].displayValue}, blocked ${a["total-blocking-time"].displayValue}, shift ${a["cumulative-layout-shift"].displayValue}`;

async function best(url, Cookie, config) {
	let kept = null;
	for (let i = 0; i < RUNS; i++) {
		const found = await once(url, Cookie, config).catch((error) => console.log(`  (${error.message})`));
		if (!found) continue;
		if (!kept || score(found.judged) > score(kept.judged) || (score(found.judged) === score(kept.judged) && score(found.plain) > score(kept.plain))) kept = found;
		if (score(kept.plain) >= LEAST.performance && score(kept.judged) >= LEAST.performance) break;
	}
	return kept;
}

/* What lacks, one line each. */
function lacks({ judged }) {
	const wrong = [];
	for (const c of Object.keys(LEAST).filter((c) => score(judged, c) < LEAST[c])) {
		for (const { id } of judged.categories[c].auditRefs) {
			const a = judged.audits[id];
			if (a.score !== null && a.score < 1) wrong.push(`  ${id}: ${a.title} ${a.displayValue ?? ""} ${JSON.stringify(a.details?.items ?? "").slice(0, 300)}`);
		}
	}
	return wrong;
}

let failed = 0;
const live = await demo();
try {
	const signed = await fetch(`${live.url}/v1/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: live.token }) });
	const Cookie = signed.headers.get("set-cookie").split(";")[0];
	for (const [name, where] of [["board", "/"], ["incident", "/incidents/3"]]) {
		for (const [form, config] of [["phone", undefined], ["desk", desktopConfig]]) {
			const found = await best(live.url + where, Cookie, config);
			if (!found) {
				failed++;
				console.log(`${name} ${form}: no run of ${RUNS} ended`);
				continue;
			}
			const { plain, judged, index, times } = found;
			console.log(`${name} ${form}: ${Object.keys(LEAST).map((c) => `${c} ${score(judged, c)}`).join(", ")}; ${said(judged)}; benchmarkIndex ${Math.round(index)}, a processor ${times} times slower`);
			if (plain !== judged) console.log(`  with 4 times: performance ${score(plain)}; ${said(plain)}`);
			const wrong = lacks(found);
			if (wrong.length > 0) failed++;
			for (const line of wrong) console.log(line);
		}
	}
} finally {
	await live.stop();
}
process.exit(failed ? 1 : 0);
