/* The rules of authority as they are written: all, those that cover a service, or the one at a line. */
import { useState } from "preact/hooks";
import { get, type List } from "./api";
import { setQuery } from "./router";
import { At, Empty, Failed, Loading, cx, person, plural, useFetched } from "./ui";
import type { Rule } from "./v1";

const KINDS = ["grant", "limit", "approval", "prohibition"];
const tone: Record<string, string> = { grant: "good", approval: "warn", prohibition: "bad" };
const SHOWN = 60;

/* As far to the left as it goes. */
function dedent(text: string) {
	const lines = text.split("\n");
	const deep = Math.min(...lines.filter((l) => l.trim()).map((l) => l.length - l.trimStart().length));
	return lines.map((l) => l.slice(deep)).join("\n");
}
const whom = (r: Rule) => r.to.map(person).join(", ") || "everyone";
const what = (r: Rule) => (r.any ? "anything" : r.may.join(", "));
export const placeOf = (r: { file: string; line: number }) => `/authority?rule=${encodeURIComponent(`${r.file}:${r.line}`)}`;

function RuleHead({ r }: { r: Rule }) {
	return <><span class={cx("chip", tone[r.kind])}>{r.kind}</span><b>{r.name}</b>
		{!r.in_force && <span class="chip warn">not in force</span>}{r.liftable && <span class="chip">liftable</span>}</>;
}

function RuleFacts({ r }: { r: Rule }) {
	return <p class="muted">{whom(r)}{what(r) && `: ${what(r)}`}{r.because && `; because ${r.because}`}{r.owner && `; ${r.owner} answers for it`}{r.until_wall && <>; until <At at={r.until_wall} /></>}</p>;
}

/* One, with the lines that a link led to. */
export function RuleAt({ place }: { place: string }) {
	const [, file = "", line = ""] = /^(.*):(\d+)$/.exec(place) ?? [];
	const read = useFetched(async () => (await get<List<Rule>>(`/v1/rules?file=${encodeURIComponent(file)}&line=${line}`)).items, [file, line]);
	if (!file) return <Empty title="That is no place of a rule" />;
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="The rule" />;
	const r = read.value[0];
	return <section class="panel rule-here" aria-label="The rule">
		{r ? <><div class="line"><RuleHead r={r} /><span class="gap" /><code>{r.file}:{r.line}</code></div><RuleFacts r={r} />
			{r.text && <pre class="code" tabIndex={0}>{dedent(r.text)}</pre>}</>
			: <p>In the configuration in force no rule begins at <code>{place}</code>: it was changed since.</p>}
		<p><button type="button" class="plain" onClick={() => setQuery({ rule: "" }, false)}>All rules</button></p></section>;
}

export function Rules({ service, title }: { service?: string; title: string }) {
	const read = useFetched(async () => (await get<List<Rule>>(`/v1/rules${service ? `?service=${encodeURIComponent(service)}` : ""}`)).items, [service]);
	const [kind, setKind] = useState(""), [words, setWords] = useState(""), [all, setAll] = useState(false);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what={title} />;
	const found = read.value.filter((r) => (!kind || r.kind === kind) && (!words || `${r.name} ${r.text ?? ""} ${whom(r)} ${r.file}`.toLowerCase().includes(words.toLowerCase())));
	const shown = all ? found : found.slice(0, SHOWN);
	const many = read.value.length > 6;
	return <section class={cx(!service && "panel")} aria-label={title}><h2>{title} <span class="muted">{plural(read.value.length, "rule")}</span></h2>
		{many && <div class="filters"><div class="tabs" role="group" aria-label="Kind">{["", ...KINDS].map((k) => <button type="button" key={k} aria-pressed={kind === k} onClick={() => setKind(k)}>{k || "all"}</button>)}</div>
			<input type="search" placeholder="Filter" aria-label="Filter rules" value={words} onInput={(e) => setWords(e.currentTarget.value)} /></div>}
		{read.value.length === 0 ? <p class="muted">{service ? "No rule covers it: nobody may do anything there." : "None is written: nobody may do anything."}</p> : shown.length === 0 && <p class="muted">None fits.</p>}
		<ul class="rule-list">{shown.map((r) => <li key={`${r.file}:${r.line}`}><div class="line"><RuleHead r={r} /><span class="gap" /><a class="place" href={placeOf(r)}>{r.file.split("/").pop()}:{r.line}</a></div><RuleFacts r={r} />
			{!service && r.text && <details><summary class="muted">As it is written</summary><pre class="code" tabIndex={0}>{dedent(r.text)}</pre></details>}</li>)}</ul>
		{found.length > shown.length && <p><button type="button" onClick={() => setAll(true)}>All {found.length.toLocaleString()}</button></p>}</section>;
}
