/* Which alerts are held, by whom, why and until when: what holds now first. A part of the page of alerts. */
import { useEffect } from "preact/hooks";
import { act, get, type List } from "./api";
import { live, onRow } from "./live";
import { useStore } from "./store";
import { now } from "./time";
import { At, Deed, Empty, Failed, Loading, LooksOnly, cx, person, plural, question, say, useFetched } from "./ui";
import type { Silence, SilenceMatcher } from "./v1";

const STATES = ["holds now", "begins later", "off", "over"] as const;
type State = (typeof STATES)[number];

const written = (m: SilenceMatcher) => `${m.name}${m.equal ? (m.regex ? "=~" : "=") : m.regex ? "!~" : "!="}${JSON.stringify(m.value)}`;
const matchersOf = (s: Silence) => s.matchers.map(written).join(",");

function stateOf(s: Silence): State {
	if (s.ends_wall && Date.parse(s.ends_wall) <= now()) return "over";
	if (s.off) return "off";
	return s.starts_wall && Date.parse(s.starts_wall) > now() ? "begins later" : "holds now";
}

function end(s: Silence, again: () => void) {
	question({ title: `End the silence ${matchersOf(s)}`, yes: "End it", text: `${s.created_by}: ${s.comment}. What still fires is told of as if it fired now.`,
		run: () => act(`/v1/silences/${encodeURIComponent(s.uuid)}`, {}, "DELETE").then(() => { say("The silence is over"); again(); }) });
}

function Row({ s, state, again }: { s: Silence; state: State; again: () => void }) {
	const by = person(s.principal), over = state === "over" || state === "off";
	return <li><span class={cx("chip", state === "holds now" && "info")}>{s.during && !over ? `while ${s.during} is on` : state}</span>
		<span class="two"><a data-item href={`/alerts?${new URLSearchParams({ state: over ? "active" : "held", filter: matchersOf(s) })}`}><code>{matchersOf(s)}</code></a>
			<small class="muted">{s.window && `${s.window}, `}{s.created_by}{by && by !== person(s.created_by) && ` (${by})`}: {s.comment}</small></span>
		<span class="gap" /><span class="muted">{state === "begins later" && s.starts_wall && <>from <At at={s.starts_wall} /> </>}{s.ends_wall ? <>until <At at={s.ends_wall} /></> : "without an end"}{s.until_resolved && ", or until it is resolved"}</span>
		{!over && <Deed aria-label={`End the silence ${matchersOf(s)}`} onClick={() => end(s, again)}>End</Deed>}</li>;
}

export function Silences() {
	useStore(live, () => live.status?.silences_active);
	const read = useFetched(async () => (await get<List<Silence>>("/v1/silences")).items, [live.status?.silences_active]);
	useEffect(() => onRow((kind) => { if (kind === "silence") read.again(); }), []);
	useEffect(() => { document.title = "Silences · Firstline"; }, []);
	const of = Map.groupBy(read.value ?? [], stateOf), holding = of.get("holds now")?.length ?? 0;
	const list = (states: readonly State[]) => <ul class="rows">{states.flatMap((state) => of.get(state)?.map((s) => <Row key={s.uuid} s={s} state={state} again={read.again} />) ?? [])}</ul>;
	const past = (of.get("over")?.length ?? 0) + (of.get("off")?.length ?? 0);
	return <div class="page"><div class="page-head"><h1>Silences</h1>{read.value && <span class="muted">{plural(holding, "holds", "hold")} now</span>}<span class="gap" /><a href="/alerts">Alerts</a></div>
		<LooksOnly />
		{read.error ? <Failed error={read.error} again={read.again} /> : !read.value ? <Loading what="Silences" /> : <>
			{read.value.length === past ? <Empty title="Nothing is silenced"><p>Every alert is told of.</p></Empty> : <section class="panel">{list(["holds now", "begins later"])}</section>}
			{past > 0 && <details><summary class="muted">{past} over</summary><section class="panel">{list(["off", "over"])}</section></details>}</>}</div>;
}
