/* The page of schedules, by keyboard and by mouse: links of calendars. */
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
}, () => chrome.close());
