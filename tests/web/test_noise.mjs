/* Was it useful? Said by keys and by a click, and told again; what alerts cost, as a table. */
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

const chrome = await browser();

async function withPage(f) {
	const server = await Server.start(SHOP);
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 } });
	try {
		const token = server.token_for("ana", "operator", "person:ana");
		await server.fire([{ labels: { alertname: "Odd", service: "search" } }]);
		const [incident] = await until(async () => {
			const { items } = await server.get("/v1/incidents");
			return items.length === 1 && items;
		}, "an incident");
		const page = await open(context, `${server.url}/incidents/${incident.id}#token=${token}`);
		await page.getByRole("region", { name: "Was it useful?" }).waitFor();
		await f(server, page, incident.id);
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
		await server.stop();
	}
}
const said = async (server, id) => (await server.get(`/v1/incidents/${id}`)).incident.useful ?? [];

await run({
	async usefulIsSaidByKeysAndByAClick() {
		await withPage(async (server, page, id) => {
			const box = page.getByRole("region", { name: "Was it useful?" });
			await page.keyboard.press("?");
			await page.getByRole("dialog").getByText("Say whether it was useful").waitFor();
			await page.keyboard.press("Escape");
			await page.keyboard.press("w");
			await page.keyboard.press("Enter");
			await until(async () => (await said(server, id)).some((u) => u.yes && u.who === "person:ana"), "yes is kept");
			await box.getByRole("button", { name: "Yes", pressed: true }).waitFor();
			await box.getByRole("button", { name: "No" }).click();
			await box.getByRole("button", { name: "No", pressed: true }).waitFor();
			await box.getByRole("button", { name: "Say why" }).click();
			await page.getByRole("dialog").locator("textarea").fill("it goes by itself");
			await page.getByRole("dialog").getByRole("button", { name: "Note" }).click();
			await box.getByText("ana: no (it goes by itself)").waitFor();
			await page.getByRole("dialog").waitFor({ state: "detached" });
			const kept = await said(server, id);
			check(kept.length === 1 && !kept[0].yes, JSON.stringify(kept));
			/* Closed, it is asked above all else. */
			await page.keyboard.press("r");
			await page.getByRole("dialog").getByRole("button", { name: "Resolve" }).click();
			await page.locator("#useful.callout").waitFor();
			await box.getByRole("button", { name: "Yes" }).click();
			await box.getByRole("button", { name: "Yes", pressed: true }).waitFor();
		});
	},
	async noiseIsATableOnThePageOfAlerts() {
		await withPage(async (_, page) => {
			await page.keyboard.press("g");
			await page.keyboard.press("a");
			await page.getByRole("link", { name: "Noise" }).click();
			await page.getByRole("heading", { name: "Noise" }).waitFor();
			await page.getByRole("cell", { name: "Odd" }).waitFor();
			await page.getByRole("button", { name: "service" }).click();
			await page.getByRole("cell", { name: "search" }).waitFor();
			check(new URL(page.url()).searchParams.get("noise") === "service", page.url());
		});
	},
}, () => chrome.close());
