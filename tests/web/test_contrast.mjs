/* High contrast: the theme, what the system asks for, and the system's own colours. */
// first: it takes longest
import AxeSource from "axe-core";
import { browser, check, demo, run } from "./lib.mjs";

const chrome = await browser();
const live = await demo();
const PAGES = ["/", "/incidents", "/incidents/3", "/alerts", "/alerts?silences=all", "/services/shop", "/runbooks/shop-runbook", "/authority", "/handoffs", "/channels", "/ourselves"];
const LOOKS = {
	"the theme": { theme: "contrast" },
	"more, light": { contrast: "more", colorScheme: "light" },
	"more, dark": { contrast: "more", colorScheme: "dark" },
	"more, and dark was chosen": { contrast: "more", theme: "dark" },
};

async function each(options, f) {
	const { theme, ...rest } = options;
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true, locale: "en-GB", ...rest });
	try {
		if (theme) await context.addInitScript((t) => localStorage.setItem("firstline.theme", t), theme);
		const page = await context.newPage();
		await page.goto(live.page("/"));
		await page.locator("main h1").first().waitFor({ state: "attached" });
		for (const where of PAGES) {
			await page.goto(live.url + where);
			await page.locator("main h1, main h2").first().waitFor({ state: "attached" });
			await page.locator(".loading").first().waitFor({ state: "detached" });
			// The board comes in pieces; its last 24 hours are the last of them.
			if (where === "/") await page.locator(".strip > i").first().waitFor();
			await f(page, where);
		}
	} finally {
		await context.close();
	}
}

await run({
	"text is at least 7:1 wherever more contrast is asked for": async () => {
		const found = [];
		for (const [look, options] of Object.entries(LOOKS)) {
			await each(options, async (page, where) => {
				await page.evaluate(AxeSource.source);
				const { violations, passes } = await page.evaluate(() => window.axe.run({ runOnly: { type: "rule", values: ["color-contrast-enhanced"] }, rules: { "color-contrast-enhanced": { enabled: true } } }));
				check(passes.length > 0, `${look} ${where}: nothing was looked at`);
				for (const v of violations) for (const n of v.nodes) found.push(`${look} ${where}: ${n.html.slice(0, 120)} ${n.any[0]?.message.slice(0, 120)}`);
			});
		}
		check(found.length === 0, found.slice(0, 20).join("\n"));
	},
	"in the system's colours what is chosen and what is drawn can be seen": async () => {
		const seen = { current: 0, history: 0, strip: 0, meter: 0, pressed: 0, graph: 0 };
		await each({ forcedColors: "active" }, async (page, where) => {
			const style = (selector, pseudo) => page.evaluate(([s]) => [...document.querySelectorAll(s)].slice(0, 30).map((e) => { const c = getComputedStyle(e); return { background: c.backgroundColor, outline: c.outlineStyle, border: c.borderStyle, stroke: c.stroke }; }), [selector, pseudo]);
			const [{ background: ground }] = await style("body");
			for (const c of await style("nav.rail a[aria-current]")) { check(c.outline === "solid", `${where}: the page that is open`); seen.current++; }
			for (const c of await style(".tabs [aria-pressed=true]")) { check(c.outline === "solid", `${where}: what is chosen`); seen.pressed++; }
			for (const [name, mark] of [["history", ".history i.on"], ["strip", ".strip > i"], ["meter", ".meter > i"]]) {
				for (const c of await style(mark)) { check(c.background !== ground && c.background !== "rgba(0, 0, 0, 0)", `${where}: ${mark} is ${c.background}`); seen[name]++; }
			}
			for (const c of await style(".graph line")) { check(c.stroke !== ground && c.stroke !== "none", `${where}: the graph`); seen.graph++; }
		});
		check(Object.values(seen).every((n) => n > 0), `looked at ${JSON.stringify(seen)}`);
	},
}, async () => {
	await chrome.close();
	await live.stop();
});
