/* How the pages are served, and the frame around them. */
// first: it takes longest
import AxeSource from "axe-core";
import { execFileSync } from "node:child_process";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import http from "node:http";
import { browser, check, demo, held, open, run, sleep, until, Server } from "./lib.mjs";
import { SHOP } from "./shop.mjs";

/* As they come: fetch would decode them. */
// first: it takes longest
function raw(url, headers = {}, method = "GET") {
	return new Promise((done, fail) => http.request(url, { headers, method }, (answer) => {
		const pieces = [];
		answer.on("data", (p) => pieces.push(p));
		answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
	}).on("error", fail).end());
}

const live = await demo();
const chrome = await browser();

async function onPage(f, options = {}, where = "/") {
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", timezoneId: "Europe/Lisbon", ...options });
	try {
		const page = await open(context, live.page(where));
		await f(page, context);
		check(page.wrong.length === 0, page.wrong.join("\n"));
	} finally {
		await context.close();
	}
}

await run({
	"files come in three codings, with tags, and nothing of them is inline": async () => {
		const page = await raw(`${live.url}/`);
		check(page.status === 200 && page.headers["cache-control"] === "no-cache", JSON.stringify(page.headers));
		const policy = page.headers["content-security-policy"];
		check(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'") && !policy.includes("unsafe"), policy);
		check(page.headers["x-content-type-options"] === "nosniff", "nosniff");
		const html = page.body.toString();
		check(!/<script(?![^>]*src=)|<style|\son\w+=|style=/.test(html), html);
		const namesIn = (text) => [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]);
		/* The other pages have what the board reads later as well. */
		const atOnce = namesIn(html), names = namesIn((await raw(`${live.url}/services`)).body.toString());
		check(atOnce.length === 4 && names.length === 5 && atOnce.every((n) => names.includes(n)), `${atOnce} ${names}`);
		const zipped = async (all) => (await Promise.all(all.map((n) => raw(live.url + n, { "Accept-Encoding": "gzip" })))).reduce((sum, a) => sum + a.body.length, 0);
		const first = await zipped([...atOnce, "/"]);
		check(first <= 40 * 1024, `the board is ${first} bytes as gzip`);
		let gz = 0;
		for (const name of [...names, "/"]) {
			const plain = await raw(live.url + name), zip = await raw(live.url + name, { "Accept-Encoding": "gzip" }), br = await raw(live.url + name, { "Accept-Encoding": "gzip, br" });
			check(gunzipSync(zip.body).equals(plain.body) && brotliDecompressSync(br.body).equals(plain.body), `${name}: the codings differ`);
			check(br.headers["content-encoding"] === "br" && br.headers.vary === "Accept-Encoding" && plain.headers["content-encoding"] === undefined, name);
			check(new Set([plain, zip, br].map((a) => a.headers.etag)).size === 3, "a tag for each coding");
			check((await raw(live.url + name, { "Accept-Encoding": "br", "If-None-Match": br.headers.etag })).status === 304, name);
			if (name !== "/") check(plain.headers["cache-control"].includes("immutable"), name);
			const head = await raw(live.url + name, {}, "HEAD");
			check(head.status === 200 && head.body.length === 0, name);
			gz += zip.body.length;
		}
		check(gz <= 180 * 1024, `all files are ${gz} bytes as gzip`);
		for (const wrong of ["/assets/none.js", "/assets/", "/assets/..%2f", "/head", "/incidents/x"]) {
			const answer = await raw(live.url + wrong);
			check(answer.status === 404 || answer.status === 400, `${wrong}: ${answer.status}`);
		}
		console.log(`  ${gz} bytes as gzip, ${first} of them for the board`);
	},

	"the board shows what needs a person, what is handled, and who is on duty": () => onPage(async (page) => {
		await page.getByRole("heading", { name: /Needs a person now/ }).waitFor();
		const person = page.locator(".lane.person");
		await person.getByText("SpoolFull: ledger cannot take any more").waitFor();
		await person.getByText(/is never thrown away/).first().waitFor();
		await page.locator(".lane.watching").getByText("ServiceDown: payments does not answer").waitFor();
		await page.getByText("On duty").first().waitFor();
		check(!(await page.content()).includes(live.token), "the token is in the page");
		check(!page.url().includes("token"), page.url());
		const time = page.locator(".card time[title]").first();
		check(/UTC/.test(await time.getAttribute("title")) && /(WET|GMT)/.test(await time.getAttribute("title")), await time.getAttribute("title"));
	}),

	"keys go everywhere": () => onPage(async (page) => {
		await page.locator(".card").first().waitFor();
		await page.keyboard.press("?");
		await page.getByRole("dialog", { name: "Keys" }).waitFor();
		await page.keyboard.press("Escape");
		await page.keyboard.press("g");
		await page.keyboard.press("i");
		await page.waitForURL(/\/incidents$/);
		await page.keyboard.press("Control+k");
		await page.keyboard.type("ledger");
		await page.getByRole("option", { name: /SpoolFull/ }).waitFor();
		await page.keyboard.press("Enter");
		await page.waitForURL(/\/incidents\/\d+/);
		await page.goBack();
		await page.waitForURL(/\/incidents$/);
		await page.keyboard.press("g");
		await page.keyboard.press("b");
		await page.locator(".card").first().waitFor();
		await page.keyboard.press("j");
		check(await page.evaluate(() => document.activeElement.matches(".card a.cover")), "j moves to a card");
	}),

	"who is not signed in is asked to, what is wrong is not taken, and the address stays": async () => {
		const context = await chrome.newContext();
		const page = await open(context, `${live.url}/incidents?state=closed`);
		await page.getByLabel("Name").fill("ana");
		await page.getByLabel("Password").fill("not hers at all");
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("alert").getByText(/./).waitFor();
		await page.getByRole("button", { name: "With a token" }).click();
		await page.getByLabel("Token").fill(live.token);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("heading", { name: "Incidents" }).waitFor();
		check(page.url().endsWith("?state=closed"), page.url());
		/* The cookie signs in another tab; no script sees it. */
		const other = await open(context, `${live.url}/`);
		await other.locator(".card").first().waitFor();
		check(await other.evaluate(() => document.cookie + JSON.stringify(sessionStorage)) === "{}", "a script sees a secret");
		await other.getByRole("button", { name: "Sign out" }).click();
		await other.getByLabel("Name").waitFor();
		await context.close();
	},

	"an answer that comes before the first drawing is over is not lost": async () => {
		const context = await chrome.newContext();
		await context.addInitScript(() => {
			const real = window.fetch;
			window.fetch = (where, ...rest) => where === "/v1/session" ? Promise.resolve(new Response("{}", { status: 401 })) : real(where, ...rest);
		});
		const page = await open(context, `${live.url}/incidents`);
		await page.getByLabel("Name").waitFor();
		await context.close();
	},

	"a page whose own file comes between its drawing and what follows that is drawn": () => onPage(async (page) => {
		await page.locator(".card").first().waitFor();
		let late = 0;
		await page.route(/\/assets\/rest-/, async (route) => { await sleep(late); await route.continue(); });
		for (late = 0; late < 40; late++) {
			await page.goto(`${live.url}/incidents/3`);
			await page.locator("main h1").first().waitFor({ timeout: 10_000 });
		}
	}),

	"the link that the demonstration shows signs Ana in, once": async () => {
		const context = await chrome.newContext();
		const page = await open(context, live.link);
		await page.locator(".card").first().waitFor();
		await page.getByTitle(/Role: operator/).waitFor();
		await context.close();
		const late = await chrome.newContext();
		const second = await open(late, live.link);
		await second.getByRole("alert").waitFor();
		await late.close();
	},

	"a link that is slightly broken leads to its page, or to one that says what is wrong and where to go": async () => {
		const html = { Accept: "text/html,application/xhtml+xml" };
		for (const [from, to] of [["/incidents/1/", "/incidents/1"], ["/incidents/?state=closed", "/incidents?state=closed"], ["/services/payments//", "/services/payments"], ["/authority/", "/authority"]]) {
			const moved = await raw(live.url + from);
			check(moved.status === 301 && moved.headers.location === to, `${from}: ${moved.status} ${moved.headers.location}`);
		}
		/* Nothing else is led on, nobody else is told in HTML, and what stood in the address is text. */
		for (const wrong of ["//example.com/", "/v1/incidents/", "/nowhere/", "/incidents/x/"]) check((await raw(live.url + wrong, html)).status !== 301, wrong);
		check(!(await raw(`${live.url}/nowhere`)).body.includes("<"), "a program is told in a line");
		check((await raw(`${live.url}/v1/nowhere`, html)).headers["content-type"].startsWith("application/json"), "the API");
		check((await raw(`${live.url}/nowhere`, html, "POST")).status === 404, "POST");
		const shown = await raw(`${live.url}/%3Cb%3E`, html);
		check(shown.status === 404 && shown.body.includes("There is no such page") && !shown.body.includes("<b>"), shown.body.toString());
		for (const [where, said, name, to] of [
			["/incidents/%E0%A4%A", "This address is broken", "Incidents", "/incidents"],
			["/incidents/0", "There is no incident '0'", "The incidents that are open", "/incidents"],
			["/incidents/1/more", "There is no incident '1/more'", "The incidents that are open", "/incidents"],
			["/handoffs/0", "There is no handoff '0'", "All handoffs", "/handoffs"],
			["/nowhere", "There is no such page", "The duty board", "/"],
			["/authority/nowhere", "There is no such page", "The duty board", "/"],
			["/incidents?state=foo", "There is no state 'foo'", "closed", "/incidents?state=closed"],
		]) {
			await onPage(async (page) => {
				await page.locator("main").getByRole("heading", { name: said, exact: true }).waitFor();
				await page.locator("main").getByRole("link", { name, exact: true }).click();
				await until(async () => page.url() === live.url + to, `${where} leads to ${to}`);
				await page.locator(to === "/" ? "main .board" : "main .page").waitFor();
				check(await page.locator(".astray").count() === 0, `${where}: it stays astray`);
			}, {}, where);
		}
		await onPage(async (page) => {
			await page.getByText(/'garbage' is no time: a time is as \d{4}-\d\d-\d\dT\d\d:\d\d/).waitFor();
		}, {}, "/authority?service=payments&at=garbage");
		await onPage(async (page) => {
			await page.getByText("'whatever' is no question: there are what-can, may, who-can").waitFor();
		}, {}, "/authority?service=payments&ask=whatever");
		/* Without a script too. */
		await onPage(async (page) => {
			await page.getByRole("heading", { name: "There is no such page" }).waitFor();
			await page.getByRole("link", { name: "To the duty board" }).waitFor();
		}, { javaScriptEnabled: false }, "/incidents/%E0%A4%A");
	},

	"a lost server is told of, with the age of what is seen, and comes back without a reload": async () => {
		const server = await Server.start(SHOP);
		const context = await chrome.newContext();
		try {
			const page = await open(context, server.page("/"));
			await page.getByText(/^Quiet since the start/).waitFor();
			await page.evaluate(() => { window.kept = 1; });
			await server.fire([{ labels: { alertname: "First", service: "checkout" } }]);
			await page.locator(".card").getByText("First").first().waitFor();
			await server.down();
			await page.getByText(/What you see is \d+ s old/).waitFor();
			await page.locator(".card").getByText("First").first().waitFor();
			await sleep(1500);
			await server.up();
			await page.getByText("Live", { exact: true }).waitFor();
			await server.fire([{ labels: { alertname: "Second", service: "payments" } }]);
			await page.locator(".card").getByText("Second").first().waitFor();
			check(await page.evaluate(() => window.kept) === 1, "the page was loaded again");
			check(await page.locator(".lost").count() === 0, "the banner goes");
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"who was here before is shown the board at once, and what happens until the stream is open too": async () => {
		const server = await Server.start(SHOP);
		const context = await chrome.newContext();
		try {
			await server.fire([{ labels: { alertname: "First", service: "checkout" } }]);
			const before = await open(context, server.page("/"));
			await before.locator(".card").getByText("First").first().waitFor();
			await before.close();
			const page = await context.newPage();
			let here, asked = [], opened = false;
			await page.route("**/v1/session", async (route) => { await new Promise((go) => { here = go; }); await route.continue(); });
			page.on("request", (r) => { if (r.url().includes("/v1/incidents?state=open")) asked.push(opened); if (r.url().endsWith("/v1/events")) opened = true; });
			await page.goto(server.url + "/");
			await until(async () => asked.length > 0 && here, "it asks before it knows who is here");
			await sleep(500);
			/* After what was looked at, before the stream. */
			await server.fire([{ labels: { alertname: "Between", service: "payments" } }]);
			await server.post("/v1/incidents/1/acknowledge");
			here();
			await page.locator(".card").getByText("Between").first().waitFor();
			await page.locator(".card", { hasText: "First" }).getByText("has it").waitFor();
			check(asked.length === 1 && !asked[0], `asked ${asked.length} times`);
			/* Nobody is here: nothing is asked but that. */
			await page.evaluate(() => localStorage.clear());
			await context.clearCookies();
			asked = [];
			here = null;
			await page.reload();
			await until(async () => here, "it asks who is here");
			here();
			await page.getByRole("button", { name: "Sign in" }).waitFor();
			check(asked.length === 0, "asked for nobody");
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"who goes back finds a list where it was left": async () => {
		const server = await Server.start(SHOP);
		const context = await chrome.newContext({ viewport: { width: 1280, height: 600 } });
		try {
			await server.fire(Array.from({ length: 60 }, (_, n) => ({ labels: { alertname: `Thing${n}`, service: ["checkout", "payments", "search"][n % 3] } })));
			await until(async () => (await server.get("/v1/status")).incidents_open === 60, "sixty");
			const page = await open(context, server.page("/incidents"));
			const main = page.locator("main"), top = () => main.evaluate((m) => m.scrollTop);
			await page.getByText("60 incidents", { exact: true }).waitFor();
			/* All of them are read anew on the way back. */
			await page.getByRole("button", { name: "all", exact: true }).click();
			await page.getByText("60 incidents", { exact: true }).waitFor();
			await main.evaluate((m) => m.scrollTo(0, 1200));
			const link = page.getByRole("link", { name: "Thing20", exact: true });
			await link.scrollIntoViewIfNeeded();
			const was = await top();
			check(was > 1000, `it is at ${was}`);
			await link.click();
			await page.locator("article.incident").waitFor();
			check(await top() === 0, "another page begins at its top");
			await page.goBack();
			await link.waitFor();
			await until(async () => Math.abs(await top() - was) < 2, "where it was left").catch(async (error) => { throw new Error(`${error.message}: ${await top()}, not ${was}`); });
			check(page.wrong.length === 0, page.wrong.join("\n"));
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"what the stream tells while something is read stays, however long that takes": async () => {
		const server = await Server.start(SHOP);
		const context = await chrome.newContext();
		try {
			await server.fire([{ labels: { alertname: "First", service: "checkout" } }]);
			const page = await open(context, server.page("/"));
			await page.locator(".card").getByText("First").first().waitFor();
			let release, began;
			const released = new Promise((go) => { release = go; }), read = new Promise((go) => { began = go; });
			await held(page, "**/v1/incidents/1", async (route) => {
				const answer = await route.fetch();
				began();
				await released;
				await route.fulfill({ response: answer });
			});
			await page.locator('.card a.cover[href="/incidents/1"]').click();
			await read;
			await server.post("/v1/incidents/1/acknowledge");
			await server.post("/v1/incidents/1/notes", { text: "written meanwhile" });
			await server.fire(["payments", "search"].map((service) => ({ labels: { alertname: "Later", service } })));
			/* It has come: the stream is in order, and two others need a person. */
			await until(async () => await page.evaluate(() => document.querySelector("nav.rail .count")?.textContent) === "2", "the stream has told");
			release();
			await page.locator(".incident-head").waitFor();
			await page.locator(".said").getByText("written meanwhile").waitFor();
			await page.locator(".incident-head .facts div", { hasText: "With" }).getByText("local-admin").waitFor();
		} finally {
			await context.close();
			await server.stop();
		}
	},

	"a server of the tests that is not ready in time is not left running": async () => {
		const running = () => execFileSync("ps", ["-o", "args=", "--ppid", String(process.pid)], { encoding: "utf8" }).split("\n").filter((line) => line.includes(" serve ")).length;
		const before = running();
		const error = await Server.start(SHOP, { patience: 0 }).then(() => null, (e) => e);
		check(/not within 0 ms: the server is ready/.test(error?.message), String(error));
		check(running() === before, "it runs on");
	},

	"axe finds nothing, in both themes, at three widths": async () => {
		const found = [];
		for (const colorScheme of ["light", "dark"]) {
			for (const width of [360, 800, 1280]) {
				for (const where of ["/", "/incidents"]) {
					await onPage(async (page) => {
						/* The board comes in pieces; its last 24 hours are the last of them. */
						await page.locator(where === "/" ? ".strip > i" : ".list-row").first().waitFor();
						check(where !== "/" || await page.locator(".card").count() > 0, "there is a card to look at");
						await page.evaluate(AxeSource.source);
						const { violations } = await page.evaluate(() => window.axe.run());
						for (const v of violations) found.push(`${where} ${colorScheme} ${width}: ${v.id}: ${v.nodes.map((n) => n.html).join(" | ").slice(0, 400)}`);
					}, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true }, where);
				}
			}
		}
		check(found.length === 0, found.join("\n"));
	},
}, async () => {
	await chrome.close();
	await live.stop();
});
