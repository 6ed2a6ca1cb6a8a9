/* What the tests of the pages share: real servers, a real browser. */
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync, readdirSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

export const ROOT = path.resolve(import.meta.dirname, "../..");
export const BUILD = path.resolve(ROOT, process.env.BUILD ?? "build");
const BINARY = path.join(BUILD, "firstline");
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
export async function until(f, what, ms = 20_000) {
	const end = Date.now() + ms;
	for (;;) {
		const found = await f().catch(() => null);
		if (found) return found;
		if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
		await sleep(30);
	}
}

export async function freePort() {
	const server = net.createServer().listen(0, "127.0.0.1");
	await new Promise((done) => server.once("listening", done));
	const { port } = server.address();
	await new Promise((done) => server.close(done));
	return port;
}

class Api {
	constructor(url, token) {
		this.url = url;
		this.token = token;
	}
	/* As somebody else. */
	as(token) {
		return new Api(this.url, token);
	}
	async ask(method, where, body) {
		const answer = await fetch(this.url + where, { method, body: body === undefined ? undefined : JSON.stringify(body),
			headers: { Authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) } });
		const text = await answer.text();
		if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
		return text ? JSON.parse(text) : null;
	}
	get(where) { return this.ask("GET", where); }
	post(where, body = {}) { return this.ask("POST", where, body); }
	fire(alerts) {
		const now = Date.now();
		return this.post("/api/v2/alerts", alerts.map((a) => ({ annotations: {}, startsAt: new Date(now - 1000).toISOString(),
			endsAt: new Date(now + 3_600_000).toISOString(), ...a })));
	}
	/* The page, signed in. */
	page(where = "/") {
		return `${this.url}${where}#token=${this.token}`;
	}
}

/* `firstline demo`, all four acts, and it goes on serving. */
export async function demo() {
	const log = [];
	const child = spawn("script", ["-qfec", `${BINARY} demo`, "/dev/null"], { stdio: ["ignore", "pipe", "ignore"], detached: true });
	child.stdout.on("data", (b) => log.push(b.toString()));
	let folder = "";
	try {
		await until(async () => child.exitCode !== null || log.join("").includes("Still serving"), "the demo has played", 60_000);
		check(child.exitCode === null, "the demo has ended");
		folder = /--state (\S+)\/state/.exec(log.join("").replace(/\s+/g, " "))[1];
	} catch (error) {
		child.kill("SIGTERM");
		throw new Error(`${error.message}\n${log.join("")}`);
	}
	const api = new Api(readFileSync(path.join(folder, "state/endpoint"), "utf8").trim(), readFileSync(path.join(folder, "state/local.token"), "utf8").trim());
	const link = /http:\S+#login=\S+/.exec(log.join(""))[0];
	return Object.assign(api, { folder, link, async stop() {
		const gone = new Promise((done) => child.once("exit", done));
		/* The demonstration itself, by its id: it clears up behind it. */
		const ids = execFileSync("ps", ["-o", "pid=", "--ppid", String(child.pid)], { encoding: "utf8" }).split(/\s+/).filter(Boolean);
		for (const id of ids) process.kill(Number(id), "SIGTERM");
		await gone;
	} });
}

/* A server of our own over `files`: {name: text}. */
export class Server extends Api {
	static async start(files, { port, later, patience } = {}) {
		const dir = mkdtempSync(path.join(os.tmpdir(), "firstline-web-"));
		for (const [name, text] of Object.entries(files)) {
			mkdirSync(path.dirname(path.join(dir, "config", name)), { recursive: true });
			writeFileSync(path.join(dir, "config", name), text, { mode: 0o644 });
		}
		const server = new Server("", "");
		Object.assign(server, { dir, port: port ?? await freePort(), child: null });
		await server.up({ later, patience }).catch((error) => {
			rmSync(dir, { recursive: true, force: true });
			throw error;
		});
		return server;
	}
	/* `lost`: without its store it does not get ready. `later`: as "+6m", on a clock that is so much later. `patience`: how long it may take to be ready. */
	async up({ later, patience, lost } = {}) {
		const clock = later ? { LD_PRELOAD: FAKETIME, FAKETIME: later, FAKETIME_DONT_FAKE_MONOTONIC: "1" } : {};
		this.child = spawn(BINARY, ["serve", "--config", path.join(this.dir, "config"), "--state", path.join(this.dir, "state"),
			"--listen", `127.0.0.1:${this.port}`], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...clock } });
		const log = [];
		for (const s of [this.child.stdout, this.child.stderr]) s.on("data", (b) => log.push(b.toString()));
		this.url = `http://127.0.0.1:${this.port}`;
		try {
			await until(async () => this.child.exitCode !== null || (await fetch(`${this.url}${lost ? "/-/healthy" : "/-/ready"}`)).ok, "the server is ready", patience);
			check(this.child.exitCode === null, "the server has ended");
		} catch (error) {
			await this.down();
			throw new Error(`${error.message}\n${log.join("")}`);
		}
		this.token = readFileSync(path.join(this.dir, "state/local.token"), "utf8").trim();
	}
	async down() {
		if (this.child.exitCode !== null || this.child.signalCode !== null) return;
		const gone = new Promise((done) => this.child.once("exit", done));
		this.child.kill("SIGTERM");
		await gone;
	}
	async stop() {
		await this.down();
		rmSync(this.dir, { recursive: true, force: true });
	}
	token_for(name, role, principal) {
		const made = execFileSync(BINARY, ["token", "add", name, "--role", role, ...(principal ? ["--principal", principal] : []), "--json", "--state", path.join(this.dir, "state")], { encoding: "utf8" });
		return JSON.parse(made).secret;
	}
}

export function browser() {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });
}

/* What was on the screen when a test left it: who reads that it failed wants to see that. */
let left = "";
function remembered(context, page) {
	const close = context.close.bind(context);
	context.close = async () => {
		try { left = `${page.url()}: ${(await page.locator("body").innerText({ timeout: 1000 })).slice(0, 800)}`; } catch { left = ""; }
		await close();
	};
}

/* A page that must not say anything wrong: errors and refused content end the test. */
export async function open(context, url) {
	const page = await context.newPage();
	remembered(context, page);
	page.wrong = [];
	page.on("pageerror", (error) => page.wrong.push(`error: ${error.message}`));
	page.on("console", (m) => {
		if (m.type() === "error" && !/net::ERR_|status of (4|5)\d\d/.test(m.text())) page.wrong.push(`console: ${m.text()}`);
	});
	if (SLOW > 1) await slowed(page);
	await page.goto(url);
	return page;
}

/* As page.route, of a page that is open: its own process follows a moment later, and what it asks for until
 * then passes by the handler and is told to nobody. So it asks until it is held. */
export async function held(page, pattern, handler, options) {
	const PROBE = "/-/is-it-held";
	let seen = false;
	await page.route(pattern, handler, options);
	await page.route(`**${PROBE}`, (route) => {
		seen = true;
		return route.fulfill({ status: 204 });
	});
	await until(async () => {
		await page.evaluate((where) => fetch(where).then(() => {}), PROBE);
		return seen;
	}, "what the page asks for is held");
	await page.unroute(`**${PROBE}`);
}

/* SLOW=6: a browser on a machine that is so many times slower, far from the server. A test that looks
 * at what is not drawn yet fails then, and not once in a hundred runs. */
const SLOW = Number(process.env.SLOW ?? 1);
async function slowed(page) {
	const session = await page.context().newCDPSession(page);
	await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW });
	await session.send("Network.enable");
	await session.send("Network.emulateNetworkConditions", { offline: false, latency: 40 * SLOW, downloadThroughput: -1, uploadThroughput: -1 });
}

export async function run(tests, end = async () => {}) {
	let failed = 0;
	for (const [name, f] of Object.entries(tests)) {
		if (process.argv[2] && !name.includes(process.argv[2])) continue;
		const began = Date.now();
		left = "";
		try {
			await f();
			console.log(`ok ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
		} catch (error) {
			failed++;
			console.log(`not ok ${name}\n${`${error.stack ?? error}\n${left}`.replace(/^/gm, "  ")}`);
		}
	}
	await end();
	process.exit(failed ? 1 : 0);
}

export function check(condition, what) {
	if (!condition) throw new Error(what);
}
export { existsSync, readdirSync, path };
