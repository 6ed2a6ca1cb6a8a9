/*
 * Makes what the gate embeds: one bundle, hashed names, each file as it is, as gzip and as
 * brotli, all in one blob, and a C file that says where in it each of them lies.
 *
 *	build.mjs OUT.c BLOB DEPFILE     names as the caller's folder sees them
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { build } from "esbuild";

const here = import.meta.dirname;
const [out, blob, depfile] = process.argv.slice(2);
const from = (name) => path.resolve(process.env.WEB_CWD ?? process.cwd(), name);

const types = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".html": "text/html; charset=utf-8", ".json": "application/json" };

const result = await build({
	entryPoints: { app: path.join(here, "src/main.tsx") },
	bundle: true, splitting: true, minify: true, format: "esm", target: "es2022", write: false, metafile: true,
	jsx: "automatic", jsxImportSource: "preact", legalComments: "none",
	outdir: path.join(here, "dist"), entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]", logLevel: "warning",
	absWorkingDir: here,
});

const assets = result.outputFiles.map((f) => ({ path: "/assets/" + path.basename(f.path),
	bytes: Buffer.from(f.contents), kept: true }));
const named = (end) => assets.find((a) => path.basename(a.path).startsWith("app-") && a.path.endsWith(end)).path;
/* What the script needs at once, and what it reads later: so that the browser asks for both with the page. */
const outputs = Object.entries(result.metafile.outputs).map(([name, o]) => ({ path: "/assets/" + path.basename(name), ...o }));
const imported = (of, kind) => outputs.find((o) => o.path === of).imports.filter((i) => i.kind === kind).map((i) => "/assets/" + path.basename(i.path));
const soon = imported(named(".js"), "import-statement"), late = [...new Set([named(".js"), ...soon].flatMap((f) => imported(f, "dynamic-import")))];
const preload = (files) => files.map((f) => `<link rel="modulepreload" href="${f}">\n`).join("");
function own(name) {
	const bytes = readFileSync(path.join(here, name));
	const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
	const [stem, end] = name.split("/").pop().split(".");
	const asset = { path: `/assets/${stem}-${hash}.${end}`, bytes, kept: true };
	assets.push(asset);
	return asset.path;
}
const icon = own("icon.svg");
const page = readFileSync(path.join(here, "index.html"), "utf8")
	.replace("@ICON@", icon).replace("@STYLE@", named(".css")).replace("@SCRIPT@", named(".js"));
const forBoard = preload(soon), forOthers = preload([...soon, ...late]);
/* What stands there until the script has drawn; who has none does not see it. */
const boot = readFileSync(path.join(here, "boot.html"), "utf8");
/* The gate puts what can be read without a script where the mark is; else the form stands there. */
const [board, tail] = page.replace("@BOOT@", boot).replace("@SOON@", forBoard).split("@BODY@");
const head = board.replace(forBoard, forOthers);
const [before, after] = readFileSync(path.join(here, "sign_in.html"), "utf8").trim().split("@WRONG@");
assets.push({ path: "/", bytes: Buffer.from(board + before + after + tail), kept: false });
assets.push({ path: "page", bytes: Buffer.from(head + before + after + tail), kept: false });
assets.push({ path: "form-head", bytes: Buffer.from(before), kept: false });
assets.push({ path: "form-tail", bytes: Buffer.from(after), kept: false });
assets.push({ path: "head", bytes: Buffer.from(head), kept: false });
/* A page of its own, without the script: what one tap does. */
assets.push({ path: "act-head", bytes: Buffer.from(head.replace(/<script.*<\/script>\n/, "").replace(forOthers, "").replace('<div id="app">' + boot, '<main class="act">')), kept: false });
assets.push({ path: "tail", bytes: Buffer.from(tail), kept: false });
assets.push({ path: "/v1/openapi.json", bytes: Buffer.from(JSON.stringify(JSON.parse(readFileSync(path.join(here, "../docs/openapi.json"), "utf8")))), kept: false });
assets.sort((a, b) => (a.path < b.path ? -1 : 1));

const pieces = [];
let at = 0;
function place(bytes) {
	pieces.push(bytes);
	at += bytes.length;
	return `{ web_blob + ${at - bytes.length}, ${bytes.length} }`;
}
const rows = assets.map((a) => {
	const tag = createHash("sha256").update(a.bytes).digest("hex").slice(0, 16);
	const gzip = zlib.gzipSync(a.bytes, { level: 9 });
	const brotli = zlib.brotliCompressSync(a.bytes, { params: {
		[zlib.constants.BROTLI_PARAM_QUALITY]: 11,
		[zlib.constants.BROTLI_PARAM_SIZE_HINT]: a.bytes.length } });
	const type = types[path.extname(a.path)] ?? types[".html"];
	return `\t{ "${a.path}", "${type}", "${tag}", ${a.kept},\n` +
		`\t    { ${place(a.bytes)},\n\t\t${place(gzip)},\n\t\t${place(brotli)} } },\n`;
});

const all = Buffer.concat(pieces);
const digest = createHash("sha256").update(all).digest("hex");
writeFileSync(from(blob), all);
writeFileSync(from(out), `/* Made by web/build.mjs; ${digest}. */
#include "gate/pages.h"

__asm__(".section .rodata\\n"
	"\\t.balign 16\\n"
	"\\t.globl web_blob\\n"
	"\\t.hidden web_blob\\n"
	"web_blob:\\n"
	"\\t.incbin \\"${from(blob)}\\"\\n"
	"\\t.previous\\n");
extern const char web_blob[] __attribute__((visibility("hidden")));

const struct page_file page_files[] = {
${rows.join("")}};
const size_t page_files_n = ${assets.length};
`);
const inputs = [...Object.keys(result.metafile.inputs), "index.html", "sign_in.html", "icon.svg", "boot.html", "build.mjs",
	"package-lock.json", "../docs/openapi.json"].map((name) => path.join(here, name).replaceAll(" ", "\\ "));
writeFileSync(from(depfile), `${out}: ${inputs.join(" ")}\n`);
