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

async function onPaper(server, token, zone) {
	const context = await chrome.newContext({ timezoneId: zone, locale: "en-GB", viewport: { width: 900, height: 800 } });
	try {
		const page = await open(context, `${server.url}/schedules?weeks=2#token=${token}`);
		await page.locator("button.shift").first().waitFor();
		/* Turns begin at nine in Lisbon, which is half past here. */
		const { items } = await server.get(`/v1/on-call/shifts?from=${new Date().toISOString().slice(0, 19)}Z`);
		const local = await page.evaluate((at) => new Date(at).toTimeString().slice(0, 5), items[0].until_wall);
		await page.getByText("As a list").click();
		const list = await page.locator("details tbody").innerText();
		check(/:30$/.test(local) && list.includes(local), `${zone}: ${local} in ${list}`);
		const dates = await page.locator(".dates span").allInnerTexts();
		const midnights = await page.evaluate(() => [0, 7, 14].map((d) => { const t = new Date(); return new Date(t.getFullYear(), t.getMonth(), t.getDate() + d).toLocaleDateString("en-GB", { day: "numeric", month: "short" }); }));
		check(dates.join() === midnights.join(), `${dates}, not ${midnights}`);
		const before = await page.locator(".shift:visible").count();
		await page.pdf();
		await page.emulateMedia({ media: "print" });
		check(await page.locator(".shift:visible").count() === before && await page.locator("button.shift:visible").count() > 0, "one's own turns are not on paper");
		check(await page.locator("button:not(.shift):visible, .picked:visible, header.top:visible").count() === 0, "what is pressed is on paper");
		const said = await page.locator(".printed:visible").innerText();
		check(said.includes(`${server.url}/schedules?weeks=2`) && /GMT[+-]\d+:30, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; times in (Asia\/(Kolkata|Calcutta)|America\/St_Johns);/.test(said), said);
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
	}
}

await run({
	"what does not fit a bar is not cut: a letter stands for a name, or nothing, and its title says who": () => stage("ana", "operator", async ({ server, page }) => {
		const iso = (ms) => new Date(ms).toISOString().slice(0, 19) + "Z", start = Date.now() + 86_400_000;
		/* Of an hour up to a day and a half, apart from each other. */
		const hours = [1, 6, 9, 12, 15, 18, 24, 36];
		const who = (await turns(server, "ana", "piotr")).toSorted((a, b) => Date.parse(a.from_wall) - Date.parse(b.from_wall))[0].person === "ana" ? "piotr" : "ana";
		for (const [n, h] of hours.entries()) await server.post("/v1/overrides", { team: "shop-ops", person: who, from: iso(start + n * 3 * 86_400_000), to: iso(start + n * 3 * 86_400_000 + h * 3_600_000) });
		for (const [width, weeks] of [[1280, 2], [1280, 12], [700, 12], [390, 2], [390, 12]]) {
			await page.setViewportSize({ width, height: 800 });
			await page.goto(`${server.url}/schedules?weeks=${weeks}`);
			await page.locator(".shift").first().waitFor();
			const bars = await page.locator(".shift").evaluateAll((all) => all.map((bar) => {
				const range = document.createRange(), box = bar.getBoundingClientRect();
				range.selectNodeContents(bar);
				const shown = [...range.getClientRects()].filter((r) => r.width > 0);
				return { px: box.width, text: bar.textContent, title: bar.title, narrow: bar.matches(".narrow"), shown: shown.length > 0, over: Math.max(0, ...shown.map((r) => r.right - box.right)) };
			}));
			const narrow = bars.filter((b) => b.narrow);
			check(narrow.length > 0, `${width} ${weeks}: no bar is narrow`);
			for (const b of narrow) check(b.over <= 0 && /^(ana|piotr)\n/.test(b.title) && b.title.startsWith(b.text), `${width} ${weeks}: ${JSON.stringify(b)}`);
			/* Where a letter has room it stands there; where it has none it does not. */
			check(narrow.every((b) => b.shown === (b.px > 18) || (b.px > 17 && b.px < 20)), `${width} ${weeks}: ${JSON.stringify(narrow)}`);
		}
	}),

	"on paper all turns stand, one's own too, and when, where and in which zone it was so": async () => {
		const server = await Server.start(SHOP), token = server.token_for("ana", "operator", "person:ana");
		try {
			/* Half an hour beside all others. */
			for (const zone of ["Asia/Kolkata", "America/St_Johns"]) await onPaper(server, token, zone);
		} finally {
			await server.stop();
		}
	},

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

	"where clocks change it is marked, in the zone of who looks and in that of the turns": async () => {
		/* The spring of 2027: New York on 14 March at 07:00 UTC, Lisbon on the 28th at 01:00. */
		const rows = [
			{ day: "2027-03-24", zone: "Europe/Lisbon", marks: [["2027-03-28T01:00:00Z", "Sun 28 Mar, 02:00: clocks in Europe/Lisbon go 1 h forward."]], turns: ["Mon 29 Mar, 09:00"] },
			{ day: "2027-03-24", zone: "Asia/Tokyo", marks: [["2027-03-28T01:00:00Z", "Sun 28 Mar, 10:00: clocks in Europe/Lisbon go 1 h forward."]], turns: ["Mon 29 Mar, 17:00"] },
			{ day: "2027-03-10", zone: "America/New_York", marks: [["2027-03-14T07:00:00Z", "Sun 14 Mar, 03:00: clocks in America/New_York go 1 h forward."], ["2027-03-28T01:00:00Z", "Sat 27 Mar, 21:00: clocks in Europe/Lisbon go 1 h forward."]], turns: ["Mon 15 Mar, 05:00", "Mon 29 Mar, 04:00"] },
			{ day: "2027-10-25", zone: "Europe/Warsaw", marks: [["2027-10-31T01:00:00Z", "Sun 31 Oct, 02:00: clocks in Europe/Warsaw and Europe/Lisbon go 1 h back."]], turns: ["Mon 1 Nov, 10:00"] },
			{ day: "2027-06-02", zone: "Europe/Lisbon", marks: [], turns: ["Mon 7 Jun, 09:00"] },
		];
		for (const { day, zone, marks, turns: begin } of rows) {
			const noon = Date.parse(`${day}T12:00:00Z`);
			const server = await Server.start(SHOP, { later: `${Math.round((noon - Date.now()) / 1000)}s`.replace(/^(?!-)/, "+") });
			const context = await chrome.newContext({ timezoneId: zone, locale: "en-GB", viewport: { width: 1280, height: 800 } });
			try {
				const page = await open(context, server.page("/schedules"));
				/* The browser's clock is months behind: the page is drawn anew when the server has told the day. */
				const today = new Date(noon).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: zone });
				await page.locator(".dates span").first().getByText(today, { exact: true }).waitFor();
				const said = async () => (await page.locator(".clock-change").allInnerTexts()).join();
				await until(async () => await said() === marks.map(([, text]) => text).join(), `${day} in ${zone} is marked`).catch(async (error) => { throw new Error(`${error.message}: ${await said()}`); });
				const at = await page.locator(".clock-change time").evaluateAll((all) => all.map((t) => t.dateTime));
				check(at.join() === marks.map(([when]) => when).join(), `${day} in ${zone}: ${at}`);
				/* Each line stands where it is: as far from the left as its time from the viewer's midnight. */
				const left = await page.locator(".now-line.clock").evaluateAll((all) => all.map((e) => parseFloat(e.style.left)));
				const [from, to] = await page.evaluate(([y, m, d]) => [new Date(y, m - 1, d).getTime(), new Date(y, m - 1, d + 28).getTime()], day.split("-").map(Number));
				check(left.length === marks.length && marks.every(([when], i) => Math.abs(left[i] - (Date.parse(when) - from) / (to - from) * 100) < 0.01), `${day} in ${zone}: ${left}`);
				await page.getByText("As a list").click();
				const list = page.locator("details tbody");
				for (const b of begin) await list.getByText(b).first().waitFor();
				check(page.wrong.length === 0, page.wrong.join("\n"));
			} finally {
				await context.close();
				await server.stop();
			}
		}
	},

	"who stands in is written in the time of who writes it; who wants cover asks the others": async () => {
		const server = await Server.start(SHOP);
		const context = await chrome.newContext({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
		try {
			const page = await open(context, `${server.url}/schedules#token=${server.token_for("ana", "operator", "person:ana")}`);
			await page.getByRole("button", { name: "Stand in" }).click();
			const dialog = page.getByRole("dialog");
			await dialog.getByLabel("Who stands in").fill("piotr");
			const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
			await dialog.getByLabel("From").fill(`${day}T09:00`);
			await dialog.getByLabel("Until").fill(`${day}T18:30`);
			await page.keyboard.press("Control+Enter");
			await page.getByText("piotr stands in").waitFor();
			const [set] = (await server.get("/v1/overrides")).items;
			check(set.person === "piotr" && set.from_wall.startsWith(`${day}T00:00:00`) && set.until_wall.startsWith(`${day}T09:30:00`), JSON.stringify(set));
			/* It stands on the page at once, and is taken back from there. */
			const listed = page.locator("section", { has: page.getByRole("heading", { name: "Swaps, and who stands in" }) });
			await listed.getByText("piotr").waitFor();
			await page.keyboard.press("z");
			await until(async () => (await server.get("/v1/overrides")).items.length === 0, "it is taken back");
			await listed.waitFor({ state: "detached" });
			await page.getByRole("button", { name: "Cover me" }).click();
			await dialog.getByLabel("Until").fill(`${new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)}T09:00`);
			await dialog.getByLabel("Why").fill("a wedding");
			await page.keyboard.press("Control+Enter");
			const asked = await until(async () => (await server.get("/v1/overrides")).items.find((o) => o.kind === "cover"), "the others are asked");
			check(asked.state === "asked" && asked.instead === "ana" && asked.why === "a wedding", JSON.stringify(asked));
			await listed.getByText("a wedding").waitFor();
			check(page.wrong.length === 0, page.wrong.join("\n"));
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"who has no turn picks none": () => stage("eve", "operator", async ({ page }) => {
		check(await page.locator("button.shift").count() === 0 && await page.getByText("Drag a turn").count() === 0, "none of these is hers");
	}),
}, () => chrome.close());
