/* What people do to an incident, a runbook and a service, and what becomes of it on the page. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { browser, check, open, run, Server, until } from "./lib.mjs";
import { BUSY } from "./shop.mjs";

const chrome = await browser();

/* Steps that wait for a file, an action that can be taken back, a runbook that is drilled elsewhere. */
function deeds(dir) {
	const text = BUSY["production.yaml"]
		.replace("  web-1: {service: checkout, role: web}", `  web-1: {service: checkout, role: web}
  pay-9: {service: payments, role: worker, environment: staging}
  find-1: {service: search, role: index}`)
		.replace("authority:", `  scale:
    verb: scale
    params: {replicas: {type: integer, min: 1, max: 9}}
    run: [/bin/sh, "${dir}/scale", "\${replicas}"]
    observe: {replicas: {run: [/bin/cat, "${dir}/replicas"]}}
    undo: {do: scale, with: {replicas: "\${observed.replicas}"}, within: 30m}
  look: {verb: look, run: [/bin/echo, "1200 messages wait in mail"], timeout: 10s, repeat: safe}
  move: {verb: look, run: [/bin/sh, "${dir}/move"], timeout: 60s}
authority:
  - {grant: all scale, to: [person: ana, person: piotr], may: [scale], on: {tier: [1, 2, 3]}, until: 2035-12-31, owner: ana}
  - {grant: automation looks, to: [automation, person: ana, person: piotr], may: [look], on: {tier: [1, 2, 3]}, until: 2035-12-31, owner: ana}
  - {prohibit: search is frozen, may: [restart], on: {service: search}, during: always, liftable: true}`)
		.replace("authority:", `calendars:\n  always: {zone: UTC, weekly: [{days: any}]}\nauthority:`);
	writeFileSync(path.join(dir, "scale"), `echo "$1" >${dir}/replicas\necho "$1 of them"\n`);
	writeFileSync(path.join(dir, "replicas"), "3\n");
	writeFileSync(path.join(dir, "move"), `echo '<b onclick=x>moving</b>'\nwhile [ ! -e ${dir}/go ]; do sleep 0.05; done\necho moved\n`);
	return { ...BUSY, "production.yaml": text,
		"runbooks/steps.md": `---
runbook: mail-waits
service: search
answers: [{alertname: MailWaits}]
---
# Mail waits

\`\`\`action count
do: look
targets: {service: search, role: index}
\`\`\`

\`\`\`action empty
do: move
targets: {service: search, role: index}
\`\`\`

\`\`\`verify gone
run: [/bin/echo, "0"]
expect: "output contains 0"
within: 15s
\`\`\`
`,
		"runbooks/drilled.md": `---
runbook: payments-slow
service: payments
answers: [{alertname: PaySlow}]
ceiling: auto
drill: {every: 30d, in: staging}
---
# Payments are slow

\`\`\`action restart
do: restart-unit
targets: {service: payments, role: worker}
\`\`\`

\`\`\`verify well
run: [/bin/true]
expect: "exit == 0"
within: 15s
\`\`\`
` };
}

/* A server with that, Piotr's page, and who his messages go to. */
async function stage(f, role = "admin") {
	const dir = mkdtempSync(path.join(os.tmpdir(), "firstline-deeds-"));
	const sent = [];
	const provider = http.createServer((request, response) => {
		let body = "";
		request.on("data", (part) => { body += part; }).on("end", () => { sent.push(body); response.end(); });
	});
	await new Promise((done) => provider.listen(0, "127.0.0.1", done));
	const files = deeds(dir);
	files["production.yaml"] = files["production.yaml"].replace("127.0.0.1:9/", `127.0.0.1:${provider.address().port}/hook`);
	const server = await Server.start(files);
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
	try {
		const token = server.token_for("piotr", role, "person:piotr");
		const fire = async (name, service, more = [{}]) => {
			await server.fire(more.map((labels) => ({ labels: { alertname: name, service, ...labels }, annotations: { summary: "it is so" } })));
			return (await until(async () => (await server.get("/v1/incidents")).items.find((i) => i.title.startsWith(name)), name)).id;
		};
		const at = async (where, as) => {
			const page = await open(context, `${server.url}${where}#token=${as}`);
			await page.locator("main h1").first().waitFor({ state: "attached" });
			page.kept = await page.evaluate(() => (window.kept = Math.random()));
			return page;
		};
		const said = async (page, text) => {
			const dialog = page.getByRole("dialog");
			await dialog.locator("textarea").first().fill(text);
			await page.keyboard.press("Control+Enter");
			await dialog.waitFor({ state: "detached" });
		};
		const pages = [];
		await f({ server, dir, sent, token, fire, said, at: async (where, as = token) => { const page = await at(where, as); pages.push(page); return page; }, whole: (id) => server.get(`/v1/incidents/${id}`) });
		for (const page of pages) {
			check(page.wrong.length === 0, page.wrong.join("\n"));
			check(page.reloads || await page.evaluate(() => window.kept) === page.kept, "a page was loaded again");
		}
	} finally {
		await context.close();
		await server.stop();
		provider.close();
		rmSync(dir, { recursive: true, force: true });
	}
}

await run({
	"a no is given with its reason, which stands in the trail, and nothing is done": () => stage(async ({ server, fire, at, said, whole }) => {
		const id = await fire("Stuck", "payments");
		await until(async () => (await server.get("/v1/asked")).items.length === 1, "an approval");
		const page = await at(`/incidents/${id}`);
		await page.getByText("asks to clear-queue").waitFor();
		await page.keyboard.press("x");
		await said(page, "there is money in it");
		await until(async () => (await whole(id)).asked[0].state === "refused", "it is refused");
		await page.getByText("asks to clear-queue").waitFor({ state: "detached" });
		await page.locator(".trail .step").getByText("there is money in it").first().waitFor();
		await page.locator(".callout").getByText("there is money in it").first().waitFor();
		check((await whole(id)).attempts.length === 0, "it was done all the same");
	}),

	"a plan is refused with a reason, and nothing is done": () => stage(async ({ fire, at, said, whole }) => {
		const id = await fire("Slow", "checkout");
		const page = await at(`/incidents/${id}`);
		await page.getByText("waits for permission").waitFor();
		await page.getByRole("button", { name: "Say no", exact: true }).click();
		await said(page, "a sale is on");
		await until(async () => (await whole(id)).runs[0].state === "cancelled", "it is cancelled");
		await page.locator(".trail .step").getByText("a sale is on").first().waitFor();
		check((await whole(id)).attempts.length === 0, "it was done all the same");
	}),

	"who it is handed to has it, and is told what they should know": () => stage(async ({ fire, at, said, sent, whole }) => {
		const id = await fire("Odder", "search");
		const page = await at(`/incidents/${id}`);
		await page.keyboard.press("h");
		const to = page.getByRole("dialog").getByLabel("To whom");
		await to.fill("nobody-here");
		await page.keyboard.press("Control+Enter");
		await page.getByRole("alert").getByText("there is no person 'nobody-here'").waitFor();
		await to.fill("ana");
		const before = sent.length;
		await said(page, "I moved half of the index");
		await until(async () => (await whole(id)).incident.acknowledged_by === "person:ana", "it is hers");
		await page.locator(".incident-head .facts div", { hasText: "With" }).getByText("ana").waitFor();
		await page.locator(".trail").getByRole("button", { name: "all" }).click();
		await page.locator(".trail .step").getByText("I moved half of the index").waitFor();
		await until(async () => sent.slice(before).some((m) => m.includes("I moved half of the index")), "she is told");
	}),

	"an action is started with what it wants, and taken back to what was before": () => stage(async ({ fire, at, said, dir, whole }) => {
		const id = await fire("Odder", "search");
		const page = await at(`/incidents/${id}`);
		await page.locator("#you-may").getByRole("button", { name: "scale", exact: true }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("replicas").fill("7");
		await dialog.getByLabel("Target").fill("find-1");
		await page.keyboard.press("Control+Enter");
		await page.locator(".trail div.attempt .output").getByText("7 of them").waitFor();
		check(readFileSync(path.join(dir, "replicas"), "utf8") === "7\n", "it was not done");
		await page.locator(".trail div.attempt", { hasText: "7 of them" }).getByRole("button", { name: "Undo" }).click();
		await said(page, "it made it worse");
		await page.locator(".trail div.attempt .output").getByText("3 of them").waitFor();
		await page.locator(".trail div.attempt", { hasText: "7 of them" }).getByText("taken back").waitFor();
		check(readFileSync(path.join(dir, "replicas"), "utf8") === "3\n", "it was not taken back");
		const [first, second] = (await whole(id)).attempts;
		check(first.undone_by === second.id, JSON.stringify([first, second]));
		check(await page.locator(".trail div.attempt", { hasText: "7 of them" }).getByRole("button", { name: "Undo" }).count() === 0, "it is offered twice");
	}),

	"z takes back for thirty seconds, and no longer": () => stage(async ({ fire, at, whole }) => {
		const id = await fire("Odder", "search");
		const page = await at(`/incidents/${id}`);
		const toast = page.locator(".toast", { hasText: `Incident ${id} is yours` });
		await page.clock.install();
		await page.keyboard.press("a");
		await toast.waitFor();
		await page.clock.fastForward(28_000);
		await toast.waitFor();
		await page.keyboard.press("z");
		await until(async () => !(await whole(id)).incident.acknowledged, "it is taken back");
		await page.locator(".actions").getByRole("button", { name: /Acknowledge/ }).waitFor();
		await page.keyboard.press("a");
		await toast.waitFor();
		await page.clock.fastForward(31_000);
		await toast.waitFor({ state: "detached" });
		await page.keyboard.press("z");
		await page.getByText("There is nothing to take back").waitFor();
		check((await whole(id)).incident.acknowledged, "it was taken back all the same");
	}),

	"who asked for an approval withdraws it; a runbook that was stopped goes on with what it did not do": () => stage(async ({ server, fire, at, said, dir, whole }) => {
		const stuck = await fire("Stuck", "payments");
		await until(async () => (await server.get("/v1/asked")).items.length === 1, "automation asks");
		/* Piotr alone may say yes, and nobody says it to themselves. */
		const ana = server.token_for("ana", "operator", "person:ana");
		let page = await at(`/incidents/${stuck}`, ana);
		await page.getByText("automation asks to clear-queue").waitFor();
		check(await page.getByRole("button", { name: "Withdraw" }).count() === 0, "what another asked is not one's own");
		await page.locator("#you-may").getByRole("button", { name: "clear-queue", exact: true }).click();
		await page.getByRole("dialog").getByLabel("Target").fill("pay-1");
		await page.keyboard.press("Control+Enter");
		await page.getByRole("button", { name: "Withdraw" }).click();
		await said(page, "not needed any more");
		await until(async () => (await whole(stuck)).asked.some((a) => a.principal === "person:ana" && a.state === "void"), "it is withdrawn");
		await page.getByRole("button", { name: "Withdraw" }).waitFor({ state: "detached" });
		/* Stopped in its second step: the first is not done again. */
		const id = await fire("MailWaits", "search");
		page = await at(`/incidents/${id}`, ana);
		await page.getByRole("region", { name: "Runbook" }).locator("[aria-current=step]", { hasText: "empty" }).getByText("running").waitFor();
		await page.keyboard.press("c");
		await said(page, "let me look");
		await page.getByRole("button", { name: "Go on with mail-waits" }).click();
		writeFileSync(path.join(dir, "go"), "");
		await page.keyboard.press("Enter");
		const runs = await until(async () => { const all = (await whole(id)).runs; return all.length === 2 && all[1].state === "recovered" && all; }, "it went on");
		check(runs[1].continues === runs[0].id, JSON.stringify(runs[1]));
		check((await whole(id)).attempts.filter((a) => a.action === "look").length === 1, "the first step was done again");
	}),

	"an incident is handed over to a name as to an id, and both are offered": () => stage(async ({ server, fire, at, whole }) => {
		const id = await fire("Disk", "payments"), page = await at(`/incidents/${id}`);
		await page.getByText("On duty").first().waitFor();
		const give = async (to) => {
			await page.keyboard.press("h");
			const dialog = page.getByRole("dialog"), field = dialog.getByLabel("To whom");
			await dialog.getByText(/on duty: (Ana Souza \(ana\)|Piotr Nowak \(piotr\))/).waitFor();
			const offered = await dialog.locator("datalist option").evaluateAll((all) => all.map((o) => `${o.value}: ${o.textContent}`));
			check(offered.length === 1 && /^(ana: Ana Souza|piotr: Piotr Nowak), shop-ops primary$/.test(offered[0]), offered.join("\n"));
			await field.fill(to);
			await page.keyboard.press("Enter");
			return dialog;
		};
		let dialog = await give("Ana Suza");
		await dialog.getByRole("alert").getByText("there is no person 'Ana Suza'").waitFor();
		await page.keyboard.press("Escape");
		await give("Ana Souza");
		await page.getByText(`Incident ${id} is with ana`).waitFor();
		check((await whole(id)).incident.acknowledged_by === "person:ana", "it is hers");
		await give("piotr");
		await page.getByText(`Incident ${id} is with piotr`).waitFor();
		check((await server.get(`/v1/incidents/${id}`)).incident.acknowledged_by === "person:piotr", "it is his");
	}),

	"what each step put out is seen while the run goes on": () => stage(async ({ fire, at, dir, whole }) => {
		const page = await at("/");
		const id = await fire("MailWaits", "search");
		await page.locator(`.card a.cover[href="/incidents/${id}"]`).click();
		const book = page.getByRole("region", { name: "Runbook" });
		await book.locator(".runstep", { hasText: "count" }).locator(".output").getByText("1200 messages wait in mail").waitFor();
		const now = book.locator("[aria-current=step]");
		await now.getByText("running").waitFor();
		check((await now.textContent()).includes("empty"), "it is at the second step");
		await page.locator(".trail div.attempt", { hasText: "1200 messages" }).waitFor();
		/* What it has written so far, as it is; both where the step stands and in the trail. */
		const so = ".output[aria-label='Output of move so far']";
		await now.locator(so).getByText("<b onclick=x>moving</b>", { exact: true }).waitFor();
		await page.locator(`.trail ${so}`).getByText("<b onclick=x>moving</b>", { exact: true }).waitFor();
		check((await whole(id)).runs[0].state === "running" && !existsSync(path.join(dir, "go")), "it was over before");
		check((await whole(id)).attempts.every((a) => a.action !== "move" || a.output === ""), "it is kept before its end");
		writeFileSync(path.join(dir, "go"), "");
		await book.locator(".runstep", { hasText: "empty" }).locator(".output").getByText("moved").waitFor();
		await page.locator(so).first().waitFor({ state: "detached" });
		await book.locator(".runstep.verify .seen").waitFor();
	}),

	"what an action writes is asked for once, each second, by a page that is looked at": () => stage(async ({ fire, at, dir, whole }) => {
		const page = await at("/");
		const asked = [];
		page.on("request", (r) => { if (r.url().endsWith("/output")) asked.push(Date.now()); });
		const id = await fire("MailWaits", "search");
		await page.locator(`.card a.cover[href="/incidents/${id}"]`).click();
		await page.locator(".runstep .output").getByText("moving").waitFor();
		await page.locator(".trail .output").getByText("moving").waitFor();
		await until(async () => asked.length > 3, "it is asked again");
		check(asked.slice(1).every((t, i) => t - asked[i] > 900), `asked after ${asked.slice(1).map((t, i) => t - asked[i])} ms`);
		/* The page is left: nobody looks any more. */
		await page.keyboard.press("u");
		await page.waitForURL((url) => url.pathname === "/");
		const then = asked.length;
		writeFileSync(path.join(dir, "go"), "");
		await until(async () => (await whole(id)).runs[0].state === "recovered", "it is over");
		check(asked.length <= then + 1, "it is asked for nobody");
	}),

	"an incident that was handed over is taken back, and who was told is told": () => stage(async ({ fire, at, sent, whole }) => {
		const id = await fire("Odder", "search");
		const page = await at(`/incidents/${id}`);
		await page.keyboard.press("a");
		await until(async () => (await whole(id)).incident.acknowledged_by === "person:piotr", "it is his");
		await page.keyboard.press("h");
		await page.getByRole("dialog").getByLabel("To whom").fill("ana");
		await page.keyboard.press("Control+Enter");
		await page.locator(".toast", { hasText: `Incident ${id} is with ana` }).getByRole("button", { name: /Take back/ }).waitFor();
		await page.keyboard.press("z");
		await until(async () => (await whole(id)).incident.acknowledged_by === "person:piotr", "it is his again");
		await page.locator(".incident-head .facts div", { hasText: "With" }).getByText("piotr").waitFor();
		await until(async () => sent.some((m) => m.includes("piotr takes it back: it is not with you any more")), "she is told");
	}),

	"a drill is started from the runbook's page, which tells what came of it": () => stage(async ({ server, at }) => {
		const page = await at("/runbooks/payments-slow");
		await page.getByRole("button", { name: "Drill", exact: true }).click();
		const dialog = page.getByRole("dialog");
		check(await dialog.getByLabel("Environment").inputValue() === "staging", "it is drilled where it says");
		await page.keyboard.press("Control+Enter");
		await dialog.waitFor({ state: "detached" });
		const row = page.locator("section", { has: page.getByRole("heading", { name: "Runs and drills" }) }).getByRole("listitem");
		await row.getByText("drill by piotr").waitFor();
		await row.getByText("recovered", { exact: true }).waitFor();
		await page.locator(".letters").getByText("D", { exact: true }).waitFor();
		await row.getByRole("link").click();
		await page.locator(".trail div.attempt", { hasText: "pay-9" }).first().waitFor();
		check((await server.get("/v1/trust?runbook=payments-slow")).items[0].row.history === "D", "it is no evidence");
	}),

	"what was proved is seen before it is promoted, and other evidence than that is refused": () => stage(async ({ server, token, at }) => {
		const trust = async () => (await server.get("/v1/trust?runbook=payments-slow")).items[0];
		await server.as(token).post("/v1/trust/payments-slow/promote", { service: "payments", level: "step", digest: (await trust()).digest, why: "slowly" });
		const page = await at("/runbooks/payments-slow");
		await page.getByRole("button", { name: "Promote to plan" }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByText((await trust()).arithmetic).waitFor();
		await server.as(token).post("/v1/drills", { runbook: "payments-slow" });
		await until(async () => (await trust()).row.history === "D", "there is more of it");
		await dialog.locator("textarea").fill("it was drilled");
		await page.keyboard.press("Control+Enter");
		await dialog.getByRole("alert").getByText(/not what you saw any more/).waitFor();
		check((await trust()).level === "step", "it was promoted on what nobody saw");
		await page.keyboard.press("Escape");
		await page.locator(".letters").getByText("D", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Promote to plan" }).click();
		await dialog.getByText((await trust()).arithmetic).waitFor();
		await dialog.locator("textarea").fill("it was drilled");
		await page.keyboard.press("Control+Enter");
		await until(async () => (await trust()).level === "plan", "it is promoted");
		await page.getByText("it was drilled").waitFor();
	}),

	"labels that all alerts of an incident have stand there once, and of each what differs": () => stage(async ({ fire, at }) => {
		const id = await fire("Odder", "search", [{ instance: "find-1", zone: "a" }, { instance: "find-2", zone: "a" }, { instance: "find-3", disk: "sda", zone: "a" }]);
		const page = await at(`/incidents/${id}`);
		const alerts = page.getByRole("region", { name: "Alerts" });
		await until(async () => await alerts.locator(".alert-list li").count() === 3, "three alerts");
		const pairs = (of) => of.locator(".pairs > span").allInnerTexts();
		check((await pairs(alerts.locator(".shared"))).toSorted().join() === "alertname Odder,service search,zone a", await alerts.locator(".shared").innerText());
		const rows = await Promise.all((await alerts.locator(".alert-list li").all()).map(pairs));
		check(rows.map(String).toSorted().join(" | ") === "disk sda,instance find-3 | disk –,instance find-1 | disk –,instance find-2", JSON.stringify(rows));
	}),

	"the glass is broken only by who says once more who they are": () => stage(async ({ server, at, token }) => {
		const page = await at("/services/search");
		page.reloads = true;
		/* Signed in six minutes ago. */
		await server.down();
		await server.up({ later: "+6m" });
		await page.getByText("Live", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Break the glass" }).click();
		const sheet = page.getByRole("dialog", { name: /Break the glass/ }), again = page.getByRole("dialog", { name: "Sign in once more" });
		await sheet.locator("textarea").fill("it must be restarted now");
		await page.keyboard.press("Control+Enter");
		await again.waitFor();
		check((await server.get("/v1/leases")).items.length === 0, "it was broken without asking");
		await again.getByLabel("Token").fill("flt_wrong");
		await page.keyboard.press("Control+Enter");
		await again.getByRole("alert").waitFor();
		/* Left: nothing was done, and what was written is still there. */
		await again.getByRole("button", { name: "Leave it" }).click();
		await sheet.getByRole("alert").getByText("nothing was done").waitFor();
		check(await sheet.locator("textarea").inputValue() === "it must be restarted now", "what was written is lost");
		check((await server.get("/v1/leases")).items.length === 0, "it was broken all the same");
		await page.keyboard.press("Control+Enter");
		await again.getByLabel("Token").fill(token);
		await page.keyboard.press("Control+Enter");
		const [lease] = await until(async () => { const { items } = await server.get("/v1/leases"); return items.length === 1 && items; }, "it is broken");
		check(lease.kind === "break-glass" && lease.principal === "person:piotr" && lease.why === "it must be restarted now", JSON.stringify(lease));
		await page.locator("dialog[open]").first().waitFor({ state: "detached" });
		await page.getByText("The glass is broken on search").waitFor();
	}),
}, () => chrome.close());
