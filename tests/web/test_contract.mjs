/* The description of /v1 is one that others' tools take without a word. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { check, ROOT, run } from "./lib.mjs";

await run({
	"redocly finds nothing in openapi.json": async () => {
		const cli = path.join(import.meta.dirname, "node_modules/@redocly/cli/bin/cli.js");
		const said = execFileSync(process.execPath, [cli, "lint", "--format=json", path.join(ROOT, "docs/openapi.json")], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, REDOCLY_TELEMETRY: "off", CI: "1" } });
		const { totals } = JSON.parse(said);
		check(totals.errors === 0 && totals.warnings === 0, said.slice(0, 2000));
	},
});
