/* The page of schedules, by keyboard and by mouse: links of calendars, swaps. */
import AxeSource from "axe-core";
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const chrome = await browser();

/* A server and somebody's page of schedules. */
async function stage(who, role, f) {
	const server = await Server.start(SHOP);
	const context = await chrome.newContext({ bypassCSP: true, viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"] });
	try {
		const page = await open(context, `${server.url}/schedules#token=${server.token_for(who, role, `person:${who}`)}`);
		await page.locator(".shift").first().waitFor();
		await f({ server, page, k: page.keyboard });
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
		await server.stop();
	}
}

/* By Tab alone, as somebody without a mouse would. */
async function tabTo(page, target) {
	for (let i = 0; i < 80; i++) {
		if (await target.evaluate((e) => e === document.activeElement)) return;
		await page.keyboard.press("Tab");
	}
	throw new Error("Tab does not get there");
}

/* The last whole turn of each within the four weeks that the page shows. */
async function turns(server, ...people) {
	const day = Math.floor(Date.now() / 86_400_000) * 86_400_000, iso = (ms) => new Date(ms).toISOString().slice(0, 19) + "Z";
	const { items } = await server.get(`/v1/on-call/shifts?from=${iso(day)}&to=${iso(day + 28 * 86_400_000)}`);
	return people.map((p) => items.filter((s) => s.person === p && Date.parse(s.until_wall) < day + 28 * 86_400_000).at(-1));
}

/* Is their last one cut where the page ends? */
const cut = (page, who) => page.evaluate((w) => [...document.querySelectorAll(".shift")].some((e) => e.textContent === w && Math.abs(parseFloat(e.style.left) + parseFloat(e.style.width) - 100) < 0.01), who);

async function axe(page, where) {
	await page.evaluate(AxeSource.source);
	const { violations } = await page.evaluate(() => window.axe.run());
	check(violations.length === 0, violations.map((v) => `${where}: ${v.id}: ${v.nodes.map((n) => n.html).join(" | ").slice(0, 300)}`).join("\n"));
}

await run({
	"a calendar's link is made, copied and ended by keyboard": () => stage("ana", "viewer", async ({ server, page, k }) => {
		await tabTo(page, page.getByRole("button", { name: "Subscribe" }));
		await k.press("Enter");
		const dialog = page.getByRole("dialog");
		const what = dialog.getByLabel("What");
		await what.waitFor();
		check((await what.locator("option").allTextContents()).join() === "my shifts (ana),all of shop-ops,the rotation primary", await what.locator("option").allTextContents());
		await axe(page, "what to subscribe to");
		await k.press("Control+Enter");
		const link = dialog.getByLabel("Link");
		await link.waitFor();
		await axe(page, "the link");
		const shown = await link.inputValue();
		check(new RegExp(`^${server.url}/feed/flc_[0-9A-Za-z]{43}\\.ics$`).test(shown), shown);
		check(await dialog.getByRole("link").getAttribute("href") === shown.replace("http:", "webcal:"), "it opens in a calendar program");
		await k.press("Control+Enter");
		await dialog.waitFor({ state: "detached" });
		check(await page.evaluate(() => navigator.clipboard.readText()) === shown, "it was copied");
		const calendar = await fetch(shown);
		check(calendar.status === 200 && (await calendar.text()).includes("SUMMARY:ana: primary of shop-ops"), "it is read without signing in");
		/* Again from its row, then its end. */
		const row = page.getByRole("button", { name: "Copy the link of ana" });
		await tabTo(page, row);
		await k.press("Enter");
		await link.waitFor();
		check(await link.inputValue() === shown, "its row has it too");
		await k.press("Escape");
		await tabTo(page, page.getByRole("button", { name: "End the link of ana" }));
		await k.press("Enter");
		await dialog.waitFor();
		await k.press("Enter");
		await row.waitFor({ state: "detached" });
		check((await fetch(shown)).status === 403, "it opens nothing any more");
		check((await server.get("/v1/feeds")).items.length === 0, "none is left");
		await axe(page, "schedules");
	}),

	"a lead makes links for others, and a page that is opened again knows none of them": () => stage("piotr", "lead", async ({ page }) => {
		await page.getByRole("button", { name: "Subscribe" }).click();
		const what = page.getByRole("dialog").getByLabel("What");
		await what.selectOption("the shifts of ana");
		await page.getByRole("button", { name: "Make a link" }).click();
		const shown = await page.getByRole("dialog").getByLabel("Link").inputValue();
		await page.keyboard.press("Escape");
		await page.getByText("made by piotr").waitFor();
		check(!(await page.content()).includes(shown.split("/").pop()), "the link is in the page for as long as it is shown");
		await page.reload();
		await page.getByText("made by piotr").waitFor();
		check(await page.getByRole("button", { name: "Copy the link of ana" }).count() === 0, "it is shown once");
	}),

	"a turn is swapped by dragging it onto another's": () => stage("ana", "operator", async ({ server, page }) => {
		const mine = page.getByRole("button", { name: /^ana, primary, .*: swap$/ });
		const [give, take] = await turns(server, "ana", "piotr");
		const theirs = page.locator(`.shift[title*="until"]`, { hasText: "piotr" });
		const last = (await theirs.count()) - ((await cut(page, "piotr")) ? 2 : 1);
		await mine.last().dragTo(theirs.nth(last));
		const dialog = page.getByRole("dialog", { name: "Swap with piotr?" });
		await dialog.waitFor();
		check((await dialog.locator("tbody").innerText()).replace(/\s+/g, " ").match(/ana piotr.* piotr ana/), await dialog.locator("tbody").innerText());
		check((await server.get("/v1/overrides")).items.length === 0, "nothing is asked before it is confirmed");
		await dialog.getByRole("button", { name: "Ask piotr" }).click();
		const asked = await until(async () => (await server.get("/v1/overrides")).items[0], "it is asked for");
		check(asked.kind === "swap" && asked.state === "asked" && asked.instead === "ana" && asked.asked.join() === "piotr", JSON.stringify(asked));
		check(asked.from_wall === give.from_wall && asked.until_wall === give.until_wall && asked.back_from_wall === take.from_wall && asked.back_until_wall === take.until_wall, JSON.stringify([asked, give, take]));
		/* Onto a gap, onto one's own, or let go: nothing. */
		await mine.first().dragTo(mine.last());
		check(await page.getByRole("dialog").count() === 0, "one's own is no turn to take");
	}),

	"a turn is swapped by keyboard, and who is asked accepts on the page": () => stage("ana", "operator", async ({ server, page, k }) => {
		const mine = page.getByRole("button", { name: /^ana, primary, .*: swap$/ }).last();
		await tabTo(page, mine);
		await k.press("Enter");
		await page.getByRole("status").getByText("Choose whose turn you take for it").waitFor();
		await axe(page, "a turn is picked");
		await k.press("Escape");
		check(await page.getByText("Choose whose turn").count() === 0, "Escape leaves it");
		await k.press("Enter");
		const theirs = page.getByRole("button", { name: /^piotr, primary, .*: take this for it$/ }).first();
		for (let i = 0; i < 40 && !(await theirs.evaluate((e) => e === document.activeElement)); i++) await k.press("Shift+Tab");
		await k.press("Enter");
		await page.getByRole("dialog", { name: "Swap with piotr?" }).waitFor();
		await axe(page, "the swap before it is asked for");
		await k.press("Control+Enter");
		await until(async () => (await server.get("/v1/overrides")).items[0]?.state === "asked", "it is asked for");
		const context = await chrome.newContext();
		const other = await open(context, `${server.url}/schedules#token=${server.token_for("piotr", "operator", "person:piotr")}`);
		const accept = other.getByRole("button", { name: "Accept" });
		await accept.waitFor();
		await tabTo(other, accept);
		await other.keyboard.press("Enter");
		await until(async () => (await server.get("/v1/overrides")).items[0]?.state === "holds", "it holds");
		await context.close();
	}),

	"who has no turn picks none": () => stage("eve", "operator", async ({ page }) => {
		check(await page.locator("button.shift").count() === 0 && await page.getByText("Drag a turn").count() === 0, "none of these is hers");
	}),
}, () => chrome.close());
