/* How we are ourselves, what we lack, and the brake. */
import type { ComponentChildren } from "preact";
import { act, get, getText, type List } from "./api";
import * as todo from "./do";
import { live } from "./live";
import { seconds, useStore } from "./store";
import { now, span } from "./time";
import type { Gap } from "./types";
import { Ago, At, Deed, Failed, Loading, LooksOnly, cx, person, plural, question, say, useFetched } from "./ui";

function metric(text: string, name: string) {
	let sum = 0, any = false;
	for (const line of text.split("\n")) {
		const m = /^firstline_([a-z_]+)(?:\{[^}]*\})? ([0-9.e+-]+)$/.exec(line);
		if (m && (m[1] === name || m[1] === `${name}_total`)) { sum += Number(m[2]); any = true; }
	}
	return any ? sum : null;
}
type Row = [name: string, label: string];
const TAKEN: Row[] = [["alerts_fired", "Alerts taken"], ["alerts_unchanged", "Sent again, no news"], ["gate_requests", "Requests"], ["notices_delivered", "Messages delivered"], ["attempts_started", "Actions started"]];
const STORE: Row[] = [["journal_entries", "Entries of the journal"], ["commits", "Commits"], ["journal_let_go", "Entries let go of"], ["alert_packs_trailing", "Alert rows that trail"]];
/* What met a limit, and did not pass without a word. */
const LIMITS: Row[] = [["alerts_refused", "Alerts refused"], ["alerts_overflowed", "Alerts in overflow incidents"], ["gate_refused", "Connections turned away"], ["gate_cut_for_room", "Connections ended for room"], ["gate_events_cut", "Event streams ended"], ["unauthorized", "Asked without the right"], ["frames_bad", "Malformed messages"]];

function Counted({ title, rows, of, children }: { title: string; rows: Row[]; of: { value?: string; error?: unknown }; children?: ComponentChildren }) {
	return <section class="panel"><h2>{title}</h2>{of.error ? <Failed error={of.error} /> : !of.value ? <Loading what={title} /> : <dl>
		{rows.map(([n, label]) => [n, label, metric(of.value!, n)] as const).filter((r) => r[2] !== null).map(([n, label, v]) => [<dt key={n}>{label}</dt>, <dd key={`${n}v`}>{v!.toLocaleString()}</dd>])}{children}</dl>}</section>;
}

export function Ourselves() {
	useStore(live);
	useStore(seconds);
	const gaps = useFetched(async () => (await get<List<Gap>>("/v1/gaps?limit=500")).items, [live.status?.gaps]);
	const metrics = useFetched(() => getText("/metrics"), []);
	const commits = metric(metrics.value ?? "", "commits"), spent = metric(metrics.value ?? "", "commit_microseconds");
	const each = commits && spent !== null ? spent / commits / 1000 : null;
	const s = live.status;
	if (!s) return <Loading what="Ourselves" />;
	const parts: [string, boolean, string][] = [["Gate", live.link === "live", live.link === "live" ? "answers" : "does not answer"], ["Engine", !s.refusing, s.refusing ? s.refusing_why ?? "refuses" : `entry ${s.seq}, epoch ${s.epoch}`], ["Hands", s.hands_up, s.hands_up ? "ready" : "down: nothing can be done or told"]];
	return <div class="page"><div class="page-head"><h1>Ourselves</h1><span class="muted">Firstline {s.version}, up {span(now() - Date.parse(s.since_wall))}</span></div>
		<section class={cx("callout", s.stopped ? "bad" : "")}><div class="line"><h2>{s.stopped ? `All is stopped by ${person(s.stopped_by ?? "")}` : "Actions run within authority"}</h2><span class="gap" />{s.stopped ? <Deed class="primary" onClick={todo.resume}>Resume</Deed> : <Deed class="danger" onClick={todo.stopAll}>Stop everything</Deed>}</div>
			{s.stopped && <p>{s.stopped_why}</p>}<LooksOnly /></section>
		<div class="grid four">
			<section class="panel"><h2>Roles</h2><ul class="rows">{parts.map(([n, ok, t]) => <li key={n}><span class={cx("chip", ok ? "good" : "bad")}>{n}</span><span>{t}</span></li>)}</ul><p class="muted">configuration <code>{s.config.slice(0, 12)}</code>{s.loopback_only && "; listens on this machine alone"}</p></section>
			<section class="panel"><h2>Now</h2><dl><dt>Incidents open</dt><dd>{s.incidents_open.toLocaleString()}</dd><dt>Need a person</dt><dd>{s.incidents_needing_person.toLocaleString()}</dd><dt>Alerts</dt><dd>{s.alerts_active.toLocaleString()} active, {s.alerts_held.toLocaleString()} held</dd><dt>Silences</dt><dd>{s.silences_active}</dd><dt>Approvals</dt><dd>{s.approvals_waiting} wait</dd><dt>Hands-on</dt><dd>{s.hands_on}</dd><dt>Glass broken</dt><dd>{s.glass}, {s.unreviewed} to review</dd></dl></section>
			<Counted title="Since the start" rows={TAKEN} of={metrics} />
			<Counted title="Store" rows={STORE} of={metrics}>{each !== null && <><dt>A commit takes</dt><dd>{each < 10 ? each.toFixed(1) : Math.round(each)} ms</dd></>}</Counted>
			<Counted title="At a limit" rows={LIMITS} of={metrics} />
			<section class="panel"><h2>Sandbox</h2>{s.sandbox_gaps.length === 0 ? <p>The kernel has all that it is asked for.</p> : <ul>{s.sandbox_gaps.map((g) => <li key={g}>{g}</li>)}</ul>}</section>
		</div>
		{live.leases.size > 0 && <section class="panel"><h2>Hands-on, and broken glass</h2><ul class="rows">{[...live.leases.values()].map((l) => <li key={l.id}><span class={cx("chip", l.kind === "break-glass" ? "bad" : "info")}>{l.kind}</span><b>{l.service}</b><span>{person(l.principal)}{l.why && `: ${l.why}`}</span><span class="muted">{l.over ? "over" : <>until <At at={l.until_wall} /></>}</span><span class="gap" />
			{!l.over ? <Deed onClick={() => todo.handsOff(l)}>End</Deed> : l.kind === "break-glass" && !l.reviewed_by && <Deed onClick={() => question({ title: "Review", yes: "Reviewed", fields: [{ name: "text", label: "What was found", area: true, need: true }], run: (v) => act(`/v1/leases/${l.id}/review`, v).then(() => say("Reviewed")) })}>Review</Deed>}</li>)}</ul></section>}
		<section class="panel"><h2>Gaps <span class="muted">{gaps.value?.length}</span></h2>{gaps.error ? <Failed error={gaps.error} /> : !gaps.value ? <Loading what="Gaps" /> : gaps.value.length === 0 ? <p>None is known.</p>
			: <ul class="rows">{gaps.value.toSorted((a, b) => b.count - a.count).slice(0, 100).map((g) => <li key={g.id}><span class="chip warn">{g.kind.replaceAll("-", " ")}</span><b>{g.subject}</b><span class="muted">{g.text}</span><span class="gap" /><span class="muted">{g.owner}, {plural(g.count, "time")}, <Ago at={g.last_wall} />{g.incident ? <>, <a href={`/incidents/${g.incident}`}>incident {g.incident}</a></> : null}</span></li>)}</ul>}</section></div>;
}
