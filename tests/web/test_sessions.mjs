/* A page that is open for long: its session ends, somebody else signs in beside it, others act first, the server goes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { browser, check, held, open, run, Server, until } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const chrome = await browser();

/* Piotr on the page of an incident, in a browser that others may use too. */
async function shift(f) {
	const server = await Server.start(SHOP);
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
	try {
		const piotr = server.token_for("piotr", "operator", "person:piotr"), ana = server.token_for("ana", "operator", "person:ana");
		await server.fire([{ labels: { alertname: "Odd", service: "search" } }]);
		await until(async () => (await server.get("/v1/incidents")).items.length === 1, "an incident");
		const page = await open(context, `${server.url}/incidents/1#token=${piotr}`);
		await page.locator("article.incident").waitFor();
		await f({ server, context, page, piotr, ana });
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
		await server.stop();
	}
}
const notes = async (server) => (await server.get("/v1/incidents/1")).timeline.filter((t) => t.kind === "note").map((t) => `${t.who}: ${t.text}`).join();
const again = (page) => page.getByRole("dialog", { name: "Sign in again" });
/* As from a tab that is closed since. */
async function endSession(page) {
	await page.evaluate(async () => {
		const { csrf } = await (await fetch("/v1/session")).json();
		await fetch("/v1/session", { method: "DELETE", headers: { "X-Firstline-CSRF": csrf } });
	});
}
async function written(page) {
	await page.keyboard.press("n");
	await page.locator("dialog textarea").fill("the index was swapped");
}

await run({
	"who writes while the session ends signs in over it, and what was written is sent": () => shift(async ({ server, page, piotr }) => {
		await written(page);
		await endSession(page);
		await page.keyboard.press("Control+Enter");
		await again(page).getByText("The session of piotr has ended").waitFor();
		await again(page).getByLabel("Token").fill("flt_wrong");
		await page.keyboard.press("Control+Enter");
		await again(page).getByRole("alert").waitFor();
		await again(page).getByLabel("Token").fill(piotr);
		await page.keyboard.press("Control+Enter");
		await page.locator("dialog").first().waitFor({ state: "detached" });
		check(await notes(server) === "person:piotr: the index was swapped", await notes(server));
		/* And it goes on by itself. */
		await server.fire([{ labels: { alertname: "Later", service: "payments" } }]);
		await page.getByLabel("2 need a person").waitFor();
	}),

	"a page says why nothing can be shown, and goes on by itself": () => shift(async ({ server, page, context }) => {
		await server.down();
		const files = ["firstline.db", "firstline.db-wal"].map((name) => path.join(server.dir, "state", name)).filter(existsSync);
		const kept = files.map((file) => readFileSync(file));
		for (const file of files) writeFileSync(file, "damaged ".repeat(100));
		await server.up({ lost: true });
		await page.getByText("the store is damaged").first().waitFor();
		const other = await open(context, `${server.url}/`);
		await other.getByText("the store is damaged").first().waitFor();
		await server.down();
		files.forEach((file, i) => writeFileSync(file, kept[i]));
		await server.up();
		for (const back of [page, other]) await back.getByText("the store is damaged").first().waitFor({ state: "detached" });
		await page.getByText("Odd").first().waitFor();
		check(other.wrong.length === 0, other.wrong.join("\n"));
	}),

	"who only looks is asked as well, and who leaves it is signed out": () => shift(async ({ server, page, piotr }) => {
		await written(page);
		await endSession(page);
		await server.fire([{ labels: { alertname: "Later", service: "payments" } }]);
		await again(page).waitFor();
		await again(page).getByRole("button", { name: "Leave it" }).click();
		await page.locator("main.login").waitFor();
		await page.getByRole("button", { name: "With a token" }).click();
		await page.getByLabel("Token").fill(piotr);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.locator("article.incident").waitFor();
		check(await page.locator("dialog").count() === 0, "whoever comes next finds what was asked of somebody else");
	}),

	"an answer that was on its way since before asks nobody again": () => shift(async ({ server, page, piotr }) => {
		let ended, refused, go;
		const over = new Promise((done) => { ended = done; }), answer = new Promise((done) => { refused = done; }), released = new Promise((done) => { go = done; });
		await held(page, /\/v1\/alerts\/groups/, async (route) => {
			await over;
			const response = await route.fetch();
			refused(response.status());
			await released;
			await route.fulfill({ response });
		}, { times: 1 });
		await page.getByRole("link", { name: "Alerts", exact: true }).click();
		await endSession(page);
		ended();
		check(await answer === 401, "it was asked as nobody");
		await server.fire([{ labels: { alertname: "Later", service: "payments" } }]);
		await again(page).getByLabel("Token").fill(piotr);
		await page.keyboard.press("Control+Enter");
		await again(page).waitFor({ state: "detached" });
		go();
		await page.locator("main").getByText("Odd").first().waitFor();
		check(await again(page).count() === 0, "it asks once more");
	}),

	"somebody else who signs in goes on with nothing of it": () => shift(async ({ server, page, ana }) => {
		await written(page);
		await endSession(page);
		await page.keyboard.press("Control+Enter");
		await again(page).getByLabel("Token").fill(ana);
		await page.evaluate(() => { window.kept = 1; });
		await page.keyboard.press("Control+Enter");
		await until(async () => !(await page.evaluate(() => window.kept)) && (await page.locator(".me").innerText()).startsWith("ana"), "the page is Ana's");
		check(await notes(server) === "", await notes(server));
	}),

	"another tab of the same person changes nothing; one of somebody else is told of, and nothing is done": () => shift(async ({ server, context, page, piotr, ana }) => {
		await (await open(context, `${server.url}/#token=${piotr}`)).locator(".card").first().waitFor();
		await written(page);
		await page.keyboard.press("Control+Enter");
		await page.locator("dialog").waitFor({ state: "detached" });
		check(await notes(server) === "person:piotr: the index was swapped", await notes(server));
		await (await open(context, `${server.url}/#token=${ana}`)).locator(".card").first().waitFor();
		await page.bringToFront();
		await page.keyboard.press("a");
		await page.getByRole("alert").getByText("ana has signed in in another tab: nothing was done").waitFor();
		check(!(await server.get("/v1/incidents/1")).incident.acknowledged, "it was done as somebody else");
	}),

	"what somebody else has is not said to be yours": () => shift(async ({ server, page, ana }) => {
		await held(page, "**/acknowledge", async (route) => {
			await server.as(ana).post("/v1/incidents/1/acknowledge");
			await route.continue();
		});
		await page.keyboard.press("a");
		await page.getByRole("alert").getByText("ana has incident 1").waitFor();
		await page.getByRole("definition").getByText("ana", { exact: true }).waitFor();
		await page.keyboard.press("a");
		await until(async () => await page.getByRole("alert").getByText("ana has incident 1").count() === 2, "it is told again");
		check(await page.getByText("is yours").count() === 0, "it is said to be Piotr's");
	}),

	"a page that could not be read while the server was away is there when it is back": () => shift(async ({ server, page }) => {
		await server.down();
		await page.locator(".lost").waitFor();
		await page.getByRole("link", { name: "Services" }).click();
		await page.getByRole("heading", { name: "This could not be read" }).waitFor();
		await server.up();
		await page.getByRole("link", { name: "checkout" }).first().waitFor();
	}),
}, () => chrome.close());
